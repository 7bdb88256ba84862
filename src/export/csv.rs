//! Tables as CSV (RFC 4180, lines end in LF).
//!
//! Numbers are written without thousands signs and with a point, the same on every target: shares, IV and q with
//! six decimals, TGI with two; what is absent is empty. Labels that a spreadsheet would run as a formula get an
//! apostrophe before them, as OWASP advises ("CSV Injection"); the full-width forms are what Excel takes for the
//! same signs under an East Asian keyboard.

use crate::analysis::crowds::SplitReport;
use crate::analysis::lookalike::{Comparison, LookalikeReport, ModelReport};
use crate::analysis::profile::{ProfileColumn, ProfileReport, ProfileValue};
use crate::gate::Released;
use crate::matching::MatchReport;
use crate::table::schema::FeatureKind;
use std::fmt::Write;

/// What Excel needs to read UTF-8.
const BOM: &str = "\u{feff}";
/// Signs that start a formula.
const FORMULA: &[char] = &['=', '+', '-', '@', '\t', '\r', '＝', '＋', '－', '＠'];

/// `profile.csv`: every value of every column, the columns by information value.
pub fn profile_csv(report: &Released<ProfileReport>) -> Vec<u8> {
    let mut table =
        Table::new("column,value,seed_count,seed_share,base_count,base_share,tgi,tgi_low,tgi_high,q");
    for column in &report.get().columns {
        column.values.iter().for_each(|value| profile_row(&mut table, &column.column, value));
    }
    table.bytes()
}

/// `conflicts.csv`: pairs of IDs, masked, that were not joined, the surest first.
pub fn conflicts_csv(report: &Released<MatchReport>) -> Vec<u8> {
    let mut table = Table::new("rule,type,id,other_type,other_id,confidence,source");
    for conflict in report.get().one_id.iter().flat_map(|one| &one.conflicts) {
        table.text(conflict.rule);
        conflict.ids.iter().for_each(|(of, id)| {
            table.label(of).label(id);
        });
        table.number(conflict.confidence, 6).label(&conflict.source).end();
    }
    table.bytes()
}

/// `features.csv`: what each column is worth.
pub fn features_csv(report: &Released<ProfileReport>) -> Vec<u8> {
    let mut table = Table::new("column,kind,coverage_seed,coverage_base,iv,iv_noise");
    for ProfileColumn { column, kind, coverage_seed, coverage_base, iv, iv_noise, .. } in
        &report.get().columns
    {
        table.label(column).text(kind_name(*kind));
        table.number(*coverage_seed, 6).number(*coverage_base, 6).number(*iv, 6).number(*iv_noise, 6).end();
    }
    table.bytes()
}

/// `leaderboard.csv`: what each model is worth out of fold, and its share in the blend of everyone.
pub fn leaderboard_csv(report: &Released<LookalikeReport>) -> Vec<u8> {
    let mut table = Table::new("model,auc,auc_low,auc_high,log_loss,share");
    for row in &report.get().leaderboard {
        table
            .label(&row.model)
            .number(row.auc, 6)
            .number(row.auc_interval.0, 6)
            .number(row.auc_interval.1, 6);
        table.number(row.log_loss, 6).number(row.share, 2).end();
    }
    table.bytes()
}

/// `drift.csv`: how far the score (first, without a column) and each column have moved, and bin by bin.
pub fn drift_csv(report: &Released<ModelReport>) -> Vec<u8> {
    let mut table = Table::new("column,psi,noise,band,unseen_cells,value,share_then,share_now");
    let report = report.get();
    for drift in std::iter::once(&report.score).chain(&report.columns) {
        for bin in &drift.bins {
            table.label(&drift.feature).number(drift.psi, 6).number(drift.noise, 6).label(&drift.band);
            table.count(drift.unseen);
            // Of the score the value is a number, which may have a minus in front.
            match bin.value.parse() {
                Ok(score) if drift.feature.is_empty() => table.number(score, 2),
                _ => table.label(&bin.value),
            };
            table.number(bin.then, 6).number(bin.now, 6).end();
        }
    }
    table.bytes()
}

/// `comparison.csv`: two models side by side, bin by bin; flips first.
pub fn comparison_csv(compared: &Released<Comparison>) -> Vec<u8> {
    let mut table = Table::new("column,value,effect_a,noise_a,effect_b,noise_b,flip");
    for row in &compared.get().rows {
        table.label(&row.feature).label(&row.value);
        for side in [row.one, row.other] {
            table.maybe(side.map(|s| s.0), 6).maybe(side.map(|s| s.1), 6);
        }
        table.count(u64::from(row.flip)).end();
    }
    table.bytes()
}

/// `index.csv` of packs: file, name, people, share, digest; a last line without a file for those in no pack, so that
/// the people add up to the crowd.
pub fn packs_csv(report: &Released<SplitReport>, files: &[(&str, &str)]) -> Vec<u8> {
    let mut table = Table::new("file,name,people,share,sha256");
    let SplitReport { packs, people, left, .. } = report.get();
    for (pack, (file, digest)) in packs.iter().zip(files) {
        table.label(file).label(&pack.name).count(pack.people).number(pack.share, 6).label(digest).end();
    }
    if *left > 0 {
        table.text("").text("left out").count(*left).number(*left as f64 / *people as f64, 6).text("").end();
    }
    table.bytes()
}

fn profile_row(table: &mut Table, column: &str, value: &ProfileValue) {
    table.label(column).label(&value.value);
    table.count(value.seed_count).number(value.seed_share, 6);
    table.count(value.base_count).number(value.base_share, 6);
    table.maybe(value.tgi, 2).maybe(value.tgi_low, 2).maybe(value.tgi_high, 2).maybe(value.q, 6).end();
}

/// The word for a kind of feature in files; the same as in JSON.
fn kind_name(kind: FeatureKind) -> &'static str {
    match kind {
        FeatureKind::Category => "category",
        FeatureKind::Number => "number",
        FeatureKind::Date => "date",
        FeatureKind::Multi => "multi",
    }
}

/// A table for people under way.
pub(super) struct Table {
    text: String,
    started: bool,
}

impl Table {
    /// With this first line.
    pub(super) fn new(header: &str) -> Table {
        Table { text: format!("{BOM}{header}\n"), started: false }
    }
    fn cell(&mut self) -> &mut String {
        if std::mem::replace(&mut self.started, true) {
            self.text.push(',');
        }
        &mut self.text
    }
    /// A word of ours.
    pub(super) fn text(&mut self, text: &'static str) -> &mut Table {
        self.cell().push_str(text);
        self
    }
    /// A word of theirs: kept from running, quoted if needed.
    pub(super) fn label(&mut self, label: &str) -> &mut Table {
        let cell = self.cell();
        if label.starts_with(FORMULA) {
            quoted(&format!("'{label}"), cell);
        } else {
            quoted(label, cell);
        }
        self
    }
    /// A number as it is written.
    pub(super) fn written(&mut self, number: &str) -> &mut Table {
        self.cell().push_str(number);
        self
    }
    /// A whole number.
    pub(super) fn count(&mut self, count: u64) -> &mut Table {
        let _ = write!(self.cell(), "{count}");
        self
    }
    /// A number with so many decimals.
    pub(super) fn number(&mut self, number: f64, decimals: usize) -> &mut Table {
        plain(number, decimals, self.cell());
        self
    }
    /// A number, or nothing.
    pub(super) fn maybe(&mut self, number: Option<f64>, decimals: usize) -> &mut Table {
        self.number(number.unwrap_or(f64::NAN), decimals)
    }
    /// Ends the line.
    pub(super) fn end(&mut self) {
        self.text.push('\n');
        self.started = false;
    }
    /// The file.
    pub(super) fn bytes(self) -> Vec<u8> {
        self.text.into_bytes()
    }
}

/// Writes a cell, in quotes only if it holds a comma, a quote or a line end.
pub fn quoted(cell: &str, out: &mut String) {
    if cell.contains([',', '"', '\n', '\r']) {
        out.push('"');
        out.push_str(&cell.replace('"', "\"\""));
        out.push('"');
    } else {
        out.push_str(cell);
    }
}

/// Writes a number with so many decimals; nothing for what is no number; never a negative zero.
pub fn plain(number: f64, decimals: usize, out: &mut String) {
    if number.is_finite() {
        let start = out.len();
        let _ = write!(out, "{number:.decimals$}");
        if out[start..].starts_with('-') && out[start + 1..].bytes().all(|b| b == b'0' || b == b'.') {
            out.remove(start);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::analysis::profile::Base;
    use crate::gate::release;
    use crate::table::schema::Namespace;

    fn report(labels: &[&str]) -> Released<ProfileReport> {
        let value = |label: &&str| ProfileValue {
            value: (*label).to_owned(),
            labels: vec![(*label).to_owned()],
            seed_count: 3,
            seed_share: 0.5,
            base_count: 1_234_567,
            base_share: 1.0 / 3.0,
            tgi: Some(150.0),
            tgi_low: Some(99.999),
            tgi_high: None,
            q: Some(0.000_000_1),
            woe: 0.1,
        };
        let column = ProfileColumn {
            column: "有车".to_owned(),
            namespace: Namespace::Tags,
            kind: FeatureKind::Category,
            coverage_seed: 1.0,
            coverage_base: 0.875,
            iv: f64::INFINITY,
            iv_noise: -0.000_000_01,
            band: "weak".to_owned(),
            values: labels.iter().map(value).collect(),
            folded: 0,
        };
        release(ProfileReport { base: Base::Everyone, seed_people: 6, base_people: 9, columns: vec![column] })
    }

    fn rows(csv: Vec<u8>) -> Vec<String> {
        String::from_utf8(csv).expect("UTF-8").lines().map(str::to_owned).collect()
    }

    #[test]
    fn profile_rows_have_the_promised_columns() {
        let rows = rows(profile_csv(&report(&["有"])));
        let header =
            "\u{feff}column,value,seed_count,seed_share,base_count,base_share,tgi,tgi_low,tgi_high,q";
        assert_eq!(rows, [header, "有车,有,3,0.500000,1234567,0.333333,150.00,100.00,,0.000000"]);
    }

    #[test]
    fn feature_rows_have_the_promised_columns() {
        let rows = rows(features_csv(&report(&[])));
        let header = "\u{feff}column,kind,coverage_seed,coverage_base,iv,iv_noise";
        assert_eq!(rows, [header, "有车,category,1.000000,0.875000,,0.000000"]);
    }

    #[test]
    fn labels_do_not_run_and_cells_do_not_break() {
        for (label, cell) in [
            ("", ""),
            ("a b", "a b"),
            ("a,b", "\"a,b\""),
            ("\"", "\"\"\"\""),
            ("=1+1", "'=1+1"),
            ("+86", "'+86"),
            ("-1", "'-1"),
            ("@sum", "'@sum"),
            ("\tx", "'\tx"),
            ("＝1", "'＝1"),
            ("=A1,\"x\"", "\"'=A1,\"\"x\"\"\""),
            ("1-2", "1-2"),
            ("[-5, 3)", "\"[-5, 3)\""),
        ] {
            let rows = rows(profile_csv(&report(&[label])));
            assert_eq!(rows[1], format!("有车,{cell},3,0.500000,1234567,0.333333,150.00,100.00,,0.000000"));
        }
        assert!(
            profile_csv(&report(&["a\nb"]))
                .ends_with(b",\"a\nb\",3,0.500000,1234567,0.333333,150.00,100.00,,0.000000\n")
        );
    }
}
