//! From matches to a room: files that the rest of Atoll reads as any other. Matched tags are the positives, the
//! background the base. Of a file that translates IDs, an ID map.

use super::table::{Slices, Table};
use super::tagfile::{Header, Match, TagFile};
use crate::error::{Error, Kind, Result};
use crate::json;
use crate::table::schema::FeatureKind;
use serde_json::Value;
use std::fmt::Write;

/// `first_party.csv`, `tags.csv` and `room.toml`: what stands in each.
pub struct Room {
    /// Tokens of the matched.
    pub first_party: String,
    /// Tags of the matched (`t_…`) and of the background (`bg_…`).
    pub tags: String,
    /// The recipe.
    pub recipe: String,
    /// Token and place in the list of IDs that was looked up: stays with the brand.
    pub members: Vec<(String, usize)>,
}

impl Room {
    /// Its files. `rows` are the 1-based rows of the IDs: `members.csv` says which row of the brand's table a token
    /// is, and stays with the brand.
    pub fn files(self, rows: &[u64]) -> [(&'static str, String); 4] {
        let mut members = String::from("token,row\n");
        for (token, id) in &self.members {
            let _ = writeln!(members, "{token},{}", rows[*id]);
        }
        [
            ("first_party.csv", self.first_party),
            ("tags.csv", self.tags),
            ("room.toml", self.recipe),
            ("members.csv", members),
        ]
    }
}

/// Makes the room. Tokens count the matches in the order of the IDs and say nothing to anybody else.
pub fn room(file: &TagFile, matches: &[Match], background: &[u8]) -> Result<Room> {
    let header = enough(file, matches)?;
    let names: Vec<String> = header.columns.0.iter().map(|c| c.name.clone()).collect();
    let id = unlike("token", &names);
    let (mut first_party, mut tags) = (format!("{id}\n"), line(std::iter::once(id.clone()).chain(names)));
    let mut members = Vec::new();
    let mut row = |token: &str, row: &[u8]| {
        let cells = header.columns.cells(row).ok_or(Kind::RowBroken)?;
        tags += &line(std::iter::once(token.to_string()).chain(cells));
        Ok::<_, Error>(())
    };
    for (i, found) in matches.iter().enumerate() {
        let token = format!("t_{:09}", i + 1);
        row(&token, &found.tags)?;
        first_party += &format!("{token}\n");
        members.push((token, found.id));
    }
    for (i, tags) in background.chunks(header.width).enumerate() {
        row(&format!("bg_{:09}", i + 1), tags)?;
    }
    Ok(Room { first_party, tags, recipe: recipe(file, &id), members })
}

/// What a brand writes of its matches: the files of a room, or an ID map. `rows` are the 1-based rows of all its IDs.
pub fn files(
    file: &TagFile,
    table: &Table,
    (matches, background): (&[Match], &[u8]),
    rows: &[u64],
    slices: &mut Slices<'_>,
) -> Result<Vec<(&'static str, String)>> {
    if !file.header().columns.translates() {
        return Ok(room(file, matches, background)?.files(rows).into());
    }
    let of: Vec<u64> = matches.iter().map(|found| rows[found.id]).collect();
    let cells = table.cells(&of, slices)?;
    Ok(vec![("idmap.csv", translation(file, matches, table.name(), &cells)?)])
}

/// Refused where fewer people matched than the provider lets anybody look at.
fn enough<'a>(file: &'a TagFile, matches: &[Match]) -> Result<&'a Header> {
    let header = file.header();
    if (matches.len() as u64) < header.policy.k { Err(Kind::FewMatched.into()) } else { Ok(header) }
}

/// `idmap.csv` of a file that translates: a line per match, its own ID as it stands in the brand's table (`name`,
/// `cells`: one per match) before the provider's. An `[[idmap]]` of any room.
pub fn translation(file: &TagFile, matches: &[Match], name: &str, cells: &[String]) -> Result<String> {
    let header = enough(file, matches)?;
    let names: Vec<String> = header.columns.0.iter().map(|c| c.name.clone()).collect();
    let own = unlike(name, &names);
    let mut out = line(std::iter::once(own).chain(names));
    for (found, cell) in matches.iter().zip(cells) {
        let theirs = header.columns.cells(&found.tags).ok_or(Kind::RowBroken)?;
        out += &line(std::iter::once(cell.clone()).chain(theirs));
    }
    Ok(out)
}

/// A name that none of these is.
fn unlike(name: &str, names: &[String]) -> String {
    let mut id = name.to_string();
    while names.contains(&id) {
        id.push('_');
    }
    id
}

fn line(cells: impl Iterator<Item = String>) -> String {
    let quoted = |cell: String| match cell.contains([',', '"', '\n', '\r']) {
        true => format!("\"{}\"", cell.replace('"', "\"\"")),
        false => cell,
    };
    cells.map(quoted).collect::<Vec<_>>().join(",") + "\n"
}

/// The recipe. Bins of numbers are labels here: the borders are the provider's.
fn recipe(file: &TagFile, id: &str) -> String {
    let header = file.header();
    let text = |text: &str| Value::from(text).to_string();
    let of = |multi: bool| header.columns.0.iter().filter(move |c| (c.kind == FeatureKind::Multi) == multi);
    let single: Vec<String> = of(false).map(|c| text(&c.name)).collect();
    let multi: Vec<String> =
        of(true).map(|c| format!("{} = {}", text(&c.name), text(&c.separator))).collect();
    let way = format!("id = {}\nkind = \"opaque\"\ndigest = \"none\"\nmissing = [\"\"]\n", text(id));
    let policy = &header.policy;
    let outputs = json::text(&policy.outputs);
    let signed = file.signed();
    format!(
        "[first_party]\nfile = \"first_party.csv\"\n{way}\n[tags]\nfile = \"tags.csv\"\n{way}categories = [{}]\nmulti = {{ {} }}\n\n\
         # What the provider asks, signed: allowed {outputs}, no number about fewer than {} people, until {}.\n\
         # An edit is refused. Without this section nothing made here can show the provider's leave: run.json says so.\n\
         [policy]\nheader = {}\nsignature = \"{}\"\n",
        single.join(", "),
        multi.join(", "),
        policy.k,
        policy.expires,
        text(&signed.header),
        signed.signature
    )
}
