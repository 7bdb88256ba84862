//! Tables about crowds: their quality, waves, contrasts, deciles and overlaps.

use super::csv::Table;
use crate::analysis::crowds::{
    MatrixReport, NamedCrowd, QualityReport, SignReport, SignSide, SimilarityReport, WavePlan, WaveReport,
};
use crate::gate::Released;
use crate::num::Order;
use std::cmp::Reverse;

/// `crowds.csv`: the quality line of every crowd; those of nobody have no file.
pub fn crowds_csv(report: &Released<QualityReport>, of: &[NamedCrowd], files: &[String]) -> Vec<u8> {
    let mut table = Table::new("file,name,people,share,target_share,tgi");
    for ((row, NamedCrowd { name, .. }), file) in report.get().0.iter().zip(of).zip(files) {
        table.label(if row.people > 0 { file } else { "" }).label(name);
        table.count(row.people).number(row.of_base, 6).maybe(row.target_share, 6).maybe(row.tgi, 2).end();
    }
    table.bytes()
}

/// `waves.csv`: what becomes of whom; the last line is the crowd.
pub fn waves_csv(report: &Released<WaveReport>, plan: &WavePlan) -> Vec<u8> {
    let mut table = Table::new("wave,people,share,timing,touchpoint,offer");
    let WaveReport { people, rows } = report.get();
    for row in rows {
        table.label(&row.wave).count(row.people).number(row.share, 6);
        for said in [&plan.timing, &plan.touchpoint, &plan.offer] {
            table.label(said.get(&row.wave).map_or("", String::as_str));
        }
        table.end();
    }
    table.text("all").count(*people).number(1.0, 6).text("").text("").text("").end();
    table.bytes()
}

/// `signs.csv`: every value under both contrasts.
pub fn signs_csv(report: &Released<SignReport>) -> Vec<u8> {
    let side = "sign,count,share,against_count,against_share,tgi,tgi_low,tgi_high,q";
    let heads = |n: &str| side.split(',').map(|head| format!(",{head}_{n}")).collect::<String>();
    let mut table = Table::new(&format!("column,value{}{}", heads("1"), heads("2")));
    for row in &report.get().rows {
        table.label(&row.column).label(&row.value);
        row.sides.iter().for_each(|side| sign_cells(&mut table, side));
        table.end();
    }
    table.bytes()
}

fn sign_cells(table: &mut Table, side: &SignSide) {
    let [crowd, other] = side.people;
    table.text(match side {
        side if side.q >= 0.05 => "even",
        side if side.share > side.against => "up",
        _ => "down",
    });
    table.count(crowd).number(side.share, 6).count(other).number(side.against, 6);
    table.maybe(side.tgi, 2).maybe(side.tgi_low, 2).maybe(side.tgi_high, 2).number(side.q, 6);
}

/// `matrix.csv`: people of each crowd by decile of the score, below the density of the seed there.
pub fn matrix_csv(report: &Released<MatrixReport>, of: &[NamedCrowd]) -> Vec<u8> {
    let MatrixReport { columns, rows } = report.get();
    let deciles: String = (1..=columns.len()).map(|decile| format!(",D{decile}")).collect();
    let mut table = Table::new(&format!("crowd{deciles}"));
    table.text("rate");
    for column in columns {
        table.number(column.rate, 6);
    }
    table.end();
    for (row, NamedCrowd { name, .. }) in rows.iter().zip(of) {
        table.label(name);
        for &people in row {
            table.count(people);
        }
        table.end();
    }
    table.bytes()
}

/// `overlap.csv`: how many are in exactly which crowds, the most first.
pub fn overlap_csv(report: &Released<SimilarityReport>, of: &[NamedCrowd]) -> Vec<u8> {
    let mut table = Table::new("crowds,people");
    let mut regions: Vec<(usize, u64)> = report.get().regions.iter().copied().enumerate().skip(1).collect();
    regions.retain(|(_, people)| *people > 0);
    regions.order_by_key(|&(mask, people)| (Reverse(people), mask));
    for (mask, people) in regions {
        let inside = of.iter().enumerate().filter(|(k, _)| mask >> k & 1 == 1);
        let names: Vec<&str> = inside.map(|(_, crowd)| &*crowd.name).collect();
        table.label(&names.join(" ∧ ")).count(people).end();
    }
    table.bytes()
}

/// `similarity.csv`: every crowd beside every other.
pub fn similarity_csv(report: &Released<SimilarityReport>, of: &[NamedCrowd]) -> Vec<u8> {
    let heads = "crowd,other,both,jaccard,containment,cosine,distance,alike,concentration,index";
    let mut table = Table::new(heads);
    for (a, row) in report.get().pairs.iter().enumerate() {
        for (b, pair) in row.iter().enumerate().filter(|(b, _)| *b != a) {
            table.label(&of[a].name).label(&of[b].name).count(pair.both);
            table.number(pair.jaccard, 6).number(pair.containment, 6).number(pair.cosine, 6);
            table.maybe(pair.distance, 6).label(pair.alike.as_deref().unwrap_or(""));
            table.number(pair.concentration, 6).maybe(pair.index, 2).end();
        }
    }
    table.bytes()
}
