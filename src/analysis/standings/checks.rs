//! What does not fit: counts held to other rows, to printed sums, to moves.

use super::book::{Book, Frame};
use super::parts::Rivals;
use super::report::{StandingOdd, StandingPlace};
use crate::table::history::standing::{Clash, What};

impl StandingOdd {
    fn of(code: &'static str, of: String, day: u32) -> StandingOdd {
        let (since, stage, found, expected) = (None, None, None, None);
        StandingOdd { code, of, since, day: Book::day(day), stage, found, expected, places: vec![] }
    }
    fn since(self, day: u32) -> StandingOdd {
        StandingOdd { since: Some(Book::day(day)), ..self }
    }
    fn stage(self, stage: String) -> StandingOdd {
        StandingOdd { stage: Some(stage), ..self }
    }
    fn said(self, found: i64, expected: i64) -> StandingOdd {
        StandingOdd { found: Some(found), expected: Some(expected), ..self }
    }
    fn at(self, places: Vec<StandingPlace>) -> StandingOdd {
        StandingOdd { places, ..self }
    }
}

impl Book<'_> {
    fn place(&self, (file, row): (u32, u64)) -> StandingPlace {
        StandingPlace { file: self.of.rows.files[file as usize].clone(), row }
    }
    fn places(&self, rows: &[Option<usize>]) -> Vec<StandingPlace> {
        rows.iter().flatten().map(|row| self.place(self.of.rows.places[*row])).collect()
    }
    /// The labels of some who are counted, as words.
    fn words(&self, frame: &Frame) -> String {
        let labels = self.of.rows.dims.iter().zip(frame).filter(|(_, code)| **code > 0);
        labels.map(|(dim, code)| dim.labels[*code as usize].as_str()).collect::<Vec<_>>().join(" · ")
    }
}

/// All of it: rows against rows, then day by day, then between days, then between groups.
pub(super) fn odd(book: &Book, compare: Option<[u32; 2]>, groups: &[Option<u32>]) -> Vec<StandingOdd> {
    let mut odd = clashes(book);
    for &day in &book.days {
        book.standing(day).for_each(|frame| within(book, day, frame, &mut odd));
        book.standing(day).for_each(|frame| above(book, day, frame, &mut odd));
        book.parts(day, None).rivals.iter().for_each(|rivals| odd.extend(differ(book, day, rivals)));
    }
    for day in book.naming() {
        book.untold(day).for_each(|frame| nothing(book, day, frame, &mut odd));
    }
    for period in book.periods() {
        book.moving(period).for_each(|frame| between(book, period, frame, &mut odd));
    }
    if let Some(days) = compare.filter(|_| !book.days.is_empty()) {
        groups.iter().for_each(|group| apart(book, days, *group, &mut odd));
    }
    odd
}

fn clashes(book: &Book) -> Vec<StandingOdd> {
    let one = |clash: &Clash| {
        let what = book.of.whats[clash.first];
        let frame = book.of.rows.codes.iter().map(|codes| codes[clash.first]).collect();
        let odd = StandingOdd::of("contradicting-count", book.words(&frame), what.day());
        let odd = match what {
            What::Stood(_, stage) => odd.stage(book.name(stage)),
            What::Total(_) => odd,
            What::Moved([since, _], [from, to]) => {
                odd.since(since).stage(format!("{} → {}", book.name(from), book.name(to)))
            }
        };
        let stands = book.of.counts[clash.first].unwrap_or_default().people as i64;
        let places = vec![book.place(book.of.rows.places[clash.first]), book.place(clash.place)];
        odd.said(clash.people as i64, stands).at(places)
    };
    book.of.clashes.iter().map(one).collect()
}

/// A snapshot: stages that are missing, a printed sum that is none.
fn within(book: &Book, day: u32, frame: &Frame, odd: &mut Vec<StandingOdd>) {
    let Some(stock) = book.stock(day, std::slice::from_ref(frame)) else { return };
    let there: Vec<Option<usize>> =
        book.stages.iter().map(|stage| book.row(What::Stood(day, *stage), frame)).collect();
    let first = there.iter().flatten().min().copied();
    for stage in book.absent(day, frame) {
        let own = book.row(What::Stood(day, stage), frame);
        odd.push(missing(book, day, frame, stage, own.or(first)));
    }
    let slack: u64 = stock.stages.iter().flatten().chain(&stock.printed).map(|count| count.slack).sum();
    let Some(printed) = stock.printed.filter(|_| stock.complete) else { return };
    if printed.people.abs_diff(stock.total()) > slack {
        let apart = StandingOdd::of("total-apart", book.words(frame), day);
        let place = book.places(&[book.row(What::Total(day), frame)]);
        odd.push(apart.said(printed.people as i64, stock.total() as i64).at(place));
    }
}

/// A part that counts more than the whole it is of: all of it, or all of one of its columns.
fn above(book: &Book, day: u32, frame: &Frame, odd: &mut Vec<StandingOdd>) {
    let without = |dim: usize| {
        let mut whole = frame.clone();
        whole[dim] = 0;
        whole
    };
    let mut wholes: Vec<Frame> = (0..frame.len()).filter(|dim| frame[*dim] > 0).map(without).collect();
    wholes.push(vec![0; frame.len()]);
    wholes.sort();
    wholes.dedup();
    for (whole, &stage) in
        wholes.iter().filter(|whole| *whole != frame).flat_map(|w| book.stages.iter().map(move |s| (w, s)))
    {
        let what = What::Stood(day, stage);
        let (Some(part), Some(all)) = (book.count(what, frame), book.count(what, whole)) else { continue };
        if part.people > all.people.saturating_add(part.slack).saturating_add(all.slack) {
            let above = StandingOdd::of("part-above-whole", book.words(frame), day).stage(book.name(stage));
            let places = book.places(&[frame, whole].map(|of| book.row(what, of)));
            odd.push(above.said(part.people as i64, all.people as i64).at(places));
        }
    }
}

/// Parts by two columns that do not add up to the same people: not both are everyone.
fn differ(book: &Book, day: u32, rivals: &Rivals) -> Option<StandingOdd> {
    let stocks = [&rivals.left, &rivals.taken].map(|frames| book.stock(day, frames));
    let [Some(left), Some(taken)] = &stocks else { return None };
    let slack: u64 = left.stages.iter().chain(&taken.stages).flatten().map(|count| count.slack).sum();
    if !left.complete || !taken.complete || left.total().abs_diff(taken.total()) <= slack {
        return None;
    }
    let first = |frames: &[Frame]| {
        let rows =
            |frame: &Frame| book.stages.iter().find_map(|stage| book.row(What::Stood(day, *stage), frame));
        frames.iter().filter_map(rows).min()
    };
    let columns = rivals.columns.map(|dim| book.of.rows.dims[dim].name.as_str());
    let all = |dim: usize| rivals.left.iter().chain(&rivals.taken).all(|of| of[dim] == rivals.left[0][dim]);
    let common = (0..book.of.rows.dims.len()).map(|dim| if all(dim) { rivals.left[0][dim] } else { 0 });
    let odd = StandingOdd::of("wholes-differ", book.words(&common.collect()), day).stage(columns.join(" / "));
    let places = book.places(&[first(&rivals.left), first(&rivals.taken)]);
    Some(odd.said(left.total() as i64, taken.total() as i64).at(places))
}

/// A snapshot of which nothing is told, but which stages it would have.
fn nothing(book: &Book, day: u32, frame: &Frame, odd: &mut Vec<StandingOdd>) {
    for &stage in &book.stages {
        if let Some(row) = book.row(What::Stood(day, stage), frame) {
            odd.push(missing(book, day, frame, stage, Some(row)));
        }
    }
}

fn missing(book: &Book, day: u32, frame: &Frame, stage: u32, row: Option<usize>) -> StandingOdd {
    let missing = StandingOdd::of("stage-missing", book.words(frame), day).stage(book.name(stage));
    missing.at(book.places(&[row]))
}

/// Moves against the stocks of both days.
fn between(book: &Book, period: [u32; 2], frame: &Frame, odd: &mut Vec<StandingOdd>) {
    let frames = std::slice::from_ref(frame);
    let Some(moves) = book.moves(period, frames) else { return };
    let stocks = period.map(|day| book.stock(day, frames));
    let begin = |code: &'static str| StandingOdd::of(code, book.words(frame), period[1]).since(period[0]);
    if stocks.iter().all(Option::is_none) {
        odd.push(begin("flow-without-stock"));
        return;
    }
    for (at, &stage) in book.stages.iter().enumerate() {
        let rows = period.map(|day| book.row(What::Stood(day, stage), frame));
        let [inflow, outflow] = moves.net(stage);
        let net = inflow.people as i64 - outflow.people as i64;
        if let Some((gap, slack)) = book.gap(at, stocks[0].as_ref(), stocks[1].as_ref(), Some(&moves))
            && gap.unsigned_abs() > slack
        {
            let apart = begin("does-not-add-up").stage(book.name(stage));
            odd.push(apart.said(gap + net, net).at(book.places(&rows)));
        }
        let left = moves.left(stage);
        if let Some(stood) = stocks[0].as_ref().and_then(|stock| stock.stages[at])
            && left.people > stood.people + stood.slack + left.slack
        {
            let above = begin("moved-above-stood").stage(book.name(stage));
            odd.push(above.said(left.people as i64, stood.people as i64).at(book.places(&rows[..1])));
        }
    }
}

/// A group on the two days: one of them missing, or other parts on each.
fn apart(book: &Book, [before, day]: [u32; 2], group: Option<u32>, odd: &mut Vec<StandingOdd>) {
    let picked = [before, day].map(|day| book.picked(day, group));
    let of = || group.map_or(String::new(), |code| book.label(code));
    match &picked {
        [one, other] if one.is_empty() && other.is_empty() => {}
        [one, other] if one.is_empty() || other.is_empty() => {
            odd.push(StandingOdd::of("day-missing", of(), if one.is_empty() { before } else { day }));
        }
        [one, other] if one != other => {
            let name = |frame: &Frame| Some(book.words(frame)).filter(|words| !words.is_empty());
            let only = |these: &[Frame], those: &[Frame]| -> Vec<String> {
                let own = these.iter().filter(|frame| !those.contains(frame));
                own.map(|frame| name(frame).unwrap_or_else(|| "*".into())).collect()
            };
            let names = [only(one, other), only(other, one)].concat().join(", ");
            odd.push(StandingOdd::of("parts-differ", of(), day).since(before).stage(names));
        }
        _ => {}
    }
}
