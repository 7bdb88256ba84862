//! People by stage as a platform counts them: a snapshot at the end of each month and the moves between, of everyone and of two
//! categories, without an ID. What stands is what stood, less who left, plus who came, but for one count of the last snapshot.

use super::super::STREAM_STANDING;
use super::super::draw::{Draw, Source};
use super::super::row::date;
use super::media::some;
use super::plan::{DAY, END, GONE, MONTHS, MOVES, OVER, PLATFORM, STAGES};
use super::share;
use std::io::Write;

/// `standing.csv` and `standing-flow.csv`.
pub(super) fn write(source: &Source, stock: &mut Vec<u8>, flow: &mut Vec<u8>) {
    stock.extend_from_slice(b"day,category,stage,people\n");
    flow.extend_from_slice(b"since,day,category,from,to,people\n");
    let draw = &mut source.stream(STREAM_STANDING);
    let mut stands = PLATFORM.map(|of| of.people);
    let mut day = END / DAY - 1 - MONTHS.iter().sum::<u32>();
    stocks(day, &stands, stock);
    for (at, days) in MONTHS.iter().enumerate() {
        let before = day;
        day += days;
        for (of, stands) in PLATFORM.iter().zip(&mut stands) {
            let moves = month(of.up, of.new, stands, draw);
            for (from, to, people) in moves {
                (stands[from], stands[to]) = (stands[from] - people, stands[to] + people);
                date(before, flow);
                flow.push(b',');
                date(day, flow);
                let _ = writeln!(flow, ",{},{},{},{people}", of.category, STAGES[from], STAGES[to]);
            }
        }
        let mut printed = stands;
        if at + 1 == MONTHS.len() {
            printed[OVER.0][OVER.1] += OVER.2;
        }
        stocks(day, &printed, stock);
    }
}

fn stocks(day: u32, stands: &[[u32; 5]; 3], out: &mut Vec<u8>) {
    for (of, stands) in PLATFORM.iter().zip(stands) {
        for (stage, people) in STAGES.iter().zip(stands).skip(1) {
            date(day, out);
            let _ = writeln!(out, ",{},{stage},{people}", of.category);
        }
    }
}

/// The moves of a month: from, to, how many. Outside there is always somebody.
fn month(up: u16, new: u32, stands: &mut [u32; 5], draw: &mut Draw) -> Vec<(usize, usize, u32)> {
    let mut moves = vec![(1, 2, some(stands[1], share(up), draw))];
    moves.extend(MOVES.map(|(from, to, rate)| (from, to, some(stands[from], share(rate), draw))));
    moves.extend([(0, 1, new * (900 + draw.below(200)) / 1_000), (0, 2, new / 8)]);
    stands[0] = GONE;
    moves
}

/// What was planted, for `planted.csv`.
pub(super) fn planted() -> Vec<(&'static str, &'static str, f64)> {
    let on: u16 = MOVES.iter().filter(|(from, to, _)| *from == 1 && *to > 2).map(|(.., rate)| rate).sum();
    let higher = PLATFORM.iter().map(|of| ("moves up from A1 in a month", of.category, share(of.up + on)));
    let over = ("counted too many in A2 on the last day", PLATFORM[OVER.0].category, f64::from(OVER.2));
    higher.chain([over]).collect()
}
