//! `model.json`: a model with everything it takes to score another tag file with it. One column, one part and one tree
//! stand on a line each.
//!
//! Log-odds are multiples of 2^-20 (of leaves 2^-17, of scores 2^-12), written with as many decimals as tell them apart, so that they
//! read back to the last bit; edges of bins are text, since a number in JSON is not read to the last bit everywhere.
//! The last line is the SHA-256 of all bytes before it: a file that was edited is refused.

use crate::analysis::lookalike::{Form, Grove, Kept, Link, Part, Saved, SavedColumn, Scorecard};
use crate::analysis::lookalike::{Split, Test, Tree};
use crate::error::{Error, Kind, Result};
use crate::gate::Released;
use crate::hex;
use crate::json;
use crate::table::schema::{Feature, FeatureKind, Namespace};
use serde::{Deserialize, Serialize};
use serde_json::ser::{Formatter, Serializer};
use sha2::{Digest, Sha256};
use std::io::{self, Write};

/// Names the kind of file.
const FORMAT: &str = "atoll-model";
/// The version of the format that is written and read.
const VERSION: u32 = 1;
/// What stands before the digest.
const SEAL: &str = ",\n  \"sha256\": \"";

/// Enough to know what a file is.
#[derive(Deserialize)]
struct Head {
    format: String,
    version: u32,
}

#[derive(Serialize, Deserialize)]
struct Document {
    format: String,
    version: u32,
    model: String,
    seed_people: u64,
    rest_people: u64,
    base_rate: f64,
    auc: f64,
    auc_interval: (f64, f64),
    /// Cells that stand for fewer than 50 people.
    small_cells: u64,
    /// SHA-256 of the columns: two models with the same one look at the same bins.
    schema_sha256: String,
    missing: Vec<String>,
    score: Tenths,
    columns: Vec<Column>,
    parts: Vec<Piece>,
    weights: Vec<Weights>,
    trees: Vec<Wood>,
}

#[derive(Serialize, Deserialize)]
struct Tenths {
    from: Vec<f64>,
    people: Vec<u64>,
}

#[derive(Serialize, Deserialize)]
struct Column {
    column: String,
    kind: FeatureKind,
    #[serde(default, skip_serializing_if = "String::is_empty")]
    separator: String,
    /// The first is "missing", also of labels that were never seen.
    labels: Vec<String>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    edges: Vec<String>,
    people: Vec<u64>,
    effects: Vec<f64>,
    noise: Vec<f64>,
}

/// A part: a card with its intercept, or trees with their margin.
#[derive(Serialize, Deserialize)]
struct Piece {
    name: String,
    share: u32,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    intercept: Option<f64>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    margin: Option<f64>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    groups: Option<usize>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    link: Option<Link>,
}

#[derive(Serialize, Deserialize)]
struct Weights {
    part: usize,
    column: String,
    weights: Vec<f64>,
}

#[derive(Serialize, Deserialize)]
struct Wood {
    part: usize,
    group: usize,
    splits: Vec<Fork>,
    leaves: Vec<f64>,
    covers: Vec<u64>,
}

/// A leaf parted in two: who passes goes to a new leaf.
#[derive(Serialize, Deserialize)]
struct Fork {
    leaf: u8,
    column: String,
    /// Codes that pass; `last` is the code of all later ones, too.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    codes: Option<Vec<usize>>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    last: Option<usize>,
    /// The label that passes.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    label: Option<u16>,
}

/// A whole number of steps of 2^-`bits` in decimals that tell it from its neighbours.
fn decimal(steps: i32, bits: u32) -> f64 {
    libm::round(f64::from(steps) / f64::from(1u32 << bits) * 1e7) / 1e7
}

/// The steps again; nothing if there are none as large.
fn steps(value: f64, bits: u32) -> Option<i32> {
    let steps = libm::round(value * f64::from(1u32 << bits));
    (steps.abs() < f64::from(i32::MAX)).then_some(steps as i32)
}

/// Fixed point of cards.
const FINE: u32 = 20;
/// Fixed point of leaves.
const LEAF: u32 = 17;
/// Fixed point of scores.
const COARSE: u32 = 12;

/// `model.json`.
pub fn model_json(model: &Released<Saved>) -> Vec<u8> {
    let mut bytes = lines(&document(model.get(), model.small()));
    bytes.truncate(bytes.len().saturating_sub("\n}".len()));
    let digest = sha256(&bytes);
    bytes.extend_from_slice(format!("{SEAL}{digest}\"\n}}\n").as_bytes());
    bytes
}

fn sha256(bytes: &[u8]) -> String {
    hex::text(&Sha256::digest(bytes))
}

fn document(saved: &Saved, small_cells: u64) -> Document {
    let columns: Vec<Column> = saved.columns.iter().map(Column::of).collect();
    let people = saved.seed_people + saved.rest_people;
    let rate = saved.seed_people as f64 / people.max(1) as f64;
    let names: Vec<&str> = saved.columns.iter().map(|c| c.feature.column.as_str()).collect();
    let mut document = Document {
        format: FORMAT.into(),
        version: VERSION,
        model: saved.model.clone(),
        seed_people: saved.seed_people,
        rest_people: saved.rest_people,
        base_rate: libm::round(rate * 1e6) / 1e6,
        auc: saved.auc,
        auc_interval: saved.auc_interval,
        small_cells,
        schema_sha256: schema_sha256(saved),
        missing: saved.missing.clone(),
        score: Tenths {
            from: saved.starts.iter().map(|&s| decimal(s, COARSE)).collect(),
            people: saved.people.clone(),
        },
        columns,
        parts: vec![],
        weights: vec![],
        trees: vec![],
    };
    saved.kept.parts.iter().enumerate().for_each(|(at, part)| document.add(at, part, saved, &names));
    document
}

/// Names the bins a model looks at.
fn schema_sha256(saved: &Saved) -> String {
    let line = |c: &SavedColumn| {
        let Feature { column, kind, labels, edges, .. } = &c.feature;
        json::text(&(column, kind, &c.separator, labels, texts(edges))) + "\n"
    };
    sha256(saved.columns.iter().map(line).collect::<String>().as_bytes())
}

fn texts(edges: &[f64]) -> Vec<String> {
    edges.iter().map(f64::to_string).collect()
}

impl Document {
    fn add(&mut self, at: usize, part: &Part, saved: &Saved, names: &[&str]) {
        let (name, share) = (part.name.clone(), part.share);
        let piece = Piece { name, share, intercept: None, margin: None, groups: None, link: None };
        match &part.form {
            Form::Card(card) => {
                self.parts.push(Piece { intercept: Some(decimal(card.intercept, FINE)), ..piece });
                let mut weights = card.weights.iter().map(|&w| decimal(w, FINE));
                for column in &saved.columns {
                    let weights = weights.by_ref().take(column.people.len()).collect();
                    self.weights.push(Weights { part: at, column: column.feature.column.clone(), weights });
                }
            }
            Form::Trees(grove) => {
                let (margin, groups) = (Some(decimal(grove.margin, LEAF)), Some(grove.groups.len()));
                self.parts.push(Piece { margin, groups, link: Some(grove.link), ..piece });
                for (group, trees) in grove.groups.iter().enumerate() {
                    self.trees.extend(trees.iter().map(|tree| Wood::of(at, group, tree, names)));
                }
            }
        }
    }
    fn saved(self) -> Option<Saved> {
        let names: Vec<String> = self.columns.iter().map(|c| c.column.clone()).collect();
        let forms: Vec<Form> = (0..self.parts.len())
            .map(|at| self.card(at).or_else(|| self.grove(at, &names)))
            .collect::<Option<_>>()?;
        let part = |(piece, form): (Piece, Form)| Part { name: piece.name, share: piece.share, form };
        Some(Saved {
            model: self.model,
            seed_people: self.seed_people,
            rest_people: self.rest_people,
            auc: self.auc,
            auc_interval: self.auc_interval,
            missing: self.missing,
            starts: self.score.from.iter().map(|&s| steps(s, COARSE)).collect::<Option<_>>()?,
            people: self.score.people,
            columns: self.columns.into_iter().map(Column::saved).collect::<Option<_>>()?,
            kept: Kept { parts: self.parts.into_iter().zip(forms).map(part).collect() },
        })
    }
    fn card(&self, at: usize) -> Option<Form> {
        let intercept = steps(self.parts[at].intercept?, FINE)?;
        let mine: Vec<&Weights> = self.weights.iter().filter(|w| w.part == at).collect();
        let named = mine.iter().map(|w| &w.column).eq(self.columns.iter().map(|c| &c.column));
        let fits = mine.iter().zip(&self.columns).all(|(w, c)| w.weights.len() == c.labels.len());
        let weights = mine.iter().flat_map(|w| &w.weights).map(|&w| steps(w, FINE)).collect::<Option<_>>()?;
        (named && fits).then_some(Form::Card(Scorecard { intercept, weights }))
    }
    fn grove(&self, at: usize, names: &[String]) -> Option<Form> {
        let piece = &self.parts[at];
        let mut groups = vec![vec![]; piece.groups.filter(|&groups| groups <= 64)?];
        for wood in self.trees.iter().filter(|wood| wood.part == at) {
            groups.get_mut(wood.group)?.push(wood.tree(names)?);
        }
        Some(Form::Trees(Grove { margin: steps(piece.margin?, LEAF)?, groups, link: piece.link? }))
    }
}

impl Column {
    fn of(column: &SavedColumn) -> Column {
        let Feature { column: name, kind, labels, edges, .. } = column.feature.clone();
        let SavedColumn { separator, people, effects, noise, .. } = column.clone();
        Column { column: name, kind, separator, labels, edges: texts(&edges), people, effects, noise }
    }
    fn saved(self) -> Option<SavedColumn> {
        let edges = self.edges.iter().map(|edge| edge.parse().ok()).collect::<Option<_>>()?;
        let Column { column, kind, separator, labels, people, effects, noise, .. } = self;
        let feature = Feature { namespace: Namespace::Tags, column, kind, labels, edges };
        Some(SavedColumn { feature, separator, people, effects, noise })
    }
}

impl Wood {
    fn of(part: usize, group: usize, tree: &Tree, names: &[&str]) -> Wood {
        Wood {
            part,
            group,
            splits: tree.splits.iter().map(|split| Fork::of(split, names)).collect(),
            leaves: tree.values.iter().map(|&value| decimal(value, LEAF)).collect(),
            covers: tree.covers.clone(),
        }
    }
    fn tree(&self, names: &[String]) -> Option<Tree> {
        let split = |(node, fork): (usize, &Fork)| fork.split(node, names);
        Some(Tree {
            splits: self.splits.iter().enumerate().map(split).collect::<Option<_>>()?,
            values: self.leaves.iter().map(|&value| steps(value, LEAF)).collect::<Option<_>>()?,
            covers: self.covers.clone(),
        })
    }
}

impl Fork {
    fn of(split: &Split, names: &[&str]) -> Fork {
        let column = names.get(split.feature).copied().unwrap_or_default().to_owned();
        let fork = Fork { leaf: split.leaf, column, codes: None, last: None, label: None };
        match &split.test {
            Test::Has(label) => Fork { label: Some(*label), ..fork },
            Test::Among { top, .. } => {
                let codes = (0..=*top).filter(|&code| split.test.takes(code)).collect();
                Fork { codes: Some(codes), last: Some(*top), ..fork }
            }
        }
    }
    fn split(&self, node: usize, names: &[String]) -> Option<Split> {
        let feature = names.iter().position(|name| *name == self.column)?;
        let test = match (&self.codes, self.last, self.label) {
            (None, None, Some(label)) => Test::Has(label),
            (Some(codes), Some(last), None) if last <= 1 << 16 && codes.iter().all(|&c| c <= last) => {
                Test::among(codes.iter().copied(), last)
            }
            _ => return None,
        };
        Some(Split { leaf: self.leaf, new: u8::try_from(node + 1).ok()?, feature, test })
    }
}

/// Reads `model.json`. Refused are: what is no model or ends early (`model-broken`, with the line), another version of
/// the format (`model-version`), and a file whose digest does not agree (`model-edited`).
pub fn read_model(text: &str) -> Result<Saved> {
    let broken = |e: json::Error| Error::new(Kind::ModelBroken).row(e.line() as u64);
    let head: Head = json::read(text.as_bytes()).map_err(broken)?;
    if head.format != FORMAT {
        return Err(Kind::ModelBroken.into());
    }
    if head.version != VERSION {
        return Err(Error::new(Kind::ModelVersion).column(head.version.to_string()));
    }
    let (body, seal) = text.rsplit_once(SEAL).ok_or(Kind::ModelEdited)?;
    if seal.trim_end().trim_end_matches(['"', '\n', '}']) != sha256(body.as_bytes()) {
        return Err(Kind::ModelEdited.into());
    }
    let document: Document = json::read(text.as_bytes()).map_err(broken)?;
    let schema = document.schema_sha256.clone();
    let saved = document.saved().filter(Saved::sound).ok_or(Kind::ModelBroken)?;
    if schema_sha256(&saved) == schema { Ok(saved) } else { Err(Kind::ModelEdited.into()) }
}

/// JSON with a line for each entry of the lists in it.
fn lines(of: &impl Serialize) -> Vec<u8> {
    let mut bytes = Vec::new();
    // Strings, numbers and lists under text keys always write.
    let _ = of.serialize(&mut Serializer::with_formatter(&mut bytes, Lines::default()));
    bytes
}

#[derive(Default)]
struct Lines {
    depth: usize,
    filled: bool,
}

impl Lines {
    fn open<W: ?Sized + Write>(&mut self, to: &mut W, bracket: &[u8]) -> io::Result<()> {
        self.depth += 1;
        self.filled = false;
        to.write_all(bracket)
    }
    fn close<W: ?Sized + Write>(&mut self, to: &mut W, bracket: &[u8]) -> io::Result<()> {
        self.depth -= 1;
        if self.filled && self.depth < 2 {
            self.line(to)?;
        }
        self.filled = true;
        to.write_all(bracket)
    }
    fn next<W: ?Sized + Write>(&mut self, to: &mut W, first: bool) -> io::Result<()> {
        to.write_all(if first { b"" } else { b"," })?;
        self.filled = true;
        if self.depth <= 2 { self.line(to) } else { Ok(()) }
    }
    fn line<W: ?Sized + Write>(&self, to: &mut W) -> io::Result<()> {
        to.write_all(&b"\n    "[..1 + 2 * self.depth])
    }
}

impl Formatter for Lines {
    fn begin_array<W: ?Sized + Write>(&mut self, to: &mut W) -> io::Result<()> {
        self.open(to, b"[")
    }
    fn end_array<W: ?Sized + Write>(&mut self, to: &mut W) -> io::Result<()> {
        self.close(to, b"]")
    }
    fn begin_array_value<W: ?Sized + Write>(&mut self, to: &mut W, first: bool) -> io::Result<()> {
        self.next(to, first)
    }
    fn begin_object<W: ?Sized + Write>(&mut self, to: &mut W) -> io::Result<()> {
        self.open(to, b"{")
    }
    fn end_object<W: ?Sized + Write>(&mut self, to: &mut W) -> io::Result<()> {
        self.close(to, b"}")
    }
    fn begin_object_key<W: ?Sized + Write>(&mut self, to: &mut W, first: bool) -> io::Result<()> {
        self.next(to, first)
    }
    fn begin_object_value<W: ?Sized + Write>(&mut self, to: &mut W) -> io::Result<()> {
        to.write_all(b": ")
    }
}

#[cfg(test)]
mod tests;
