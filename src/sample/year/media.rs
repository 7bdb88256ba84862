//! What media say of the year: a row per day and channel, of people nobody knows.
//!
//! Clicks are a share of impressions that belongs to the channel, conversions a share of clicks that belongs to the content,
//! as binomial as [`Draw::bell`] makes them. Contents take turns, so each meets every channel as often as the others.

use super::super::STREAM_MEDIA;
use super::super::draw::{Draw, Source};
use super::super::row::{date, money};
use super::plan::{CONTENTS, DAY, END, LATE, MEDIA, START};
use super::share;
use std::io::Write;

/// Draws `campaign.csv`, each day from a stream of its own.
pub(super) fn write(source: &Source, out: &mut Vec<u8>) {
    out.extend_from_slice(b"day,channel,content,impressions,clicks,cost,conversions,revenue\n");
    for day in START / DAY..END / DAY {
        let draw = &mut source.stream(STREAM_MEDIA + u64::from(day));
        for (at, media) in MEDIA.iter().enumerate() {
            let (content, converts, worth) = CONTENTS[(day as usize + at) % CONTENTS.len()];
            let impressions = media.shown * (800 + draw.below(400)) / 1_000;
            let rate = share(media.clicks[usize::from(day * DAY >= LATE)]);
            let clicks = some(impressions, rate, draw);
            let cost = u64::from(impressions) * u64::from(media.price) / 1_000;
            let conversions = some(clicks, share(converts), draw);
            date(day, out);
            let _ = write!(out, ",{},{content},{impressions},{clicks},", media.channel);
            money(cost as u32, out);
            let _ = write!(out, ",{conversions},");
            money(earned(conversions, worth, draw), out);
            out.push(b'\n');
        }
    }
}

/// How many of `n`, each with this chance: by mean and deviation.
pub(super) fn some(n: u32, rate: f64, draw: &mut Draw) -> u32 {
    let (n, most) = (f64::from(n), n);
    let came = n * rate + libm::sqrt(n * rate * (1.0 - rate)) * draw.bell();
    (libm::round(came).max(0.0) as u32).min(most)
}

/// What so many conversions bring, each give or take 40 %.
fn earned(conversions: u32, worth: u32, draw: &mut Draw) -> u32 {
    let (n, worth) = (f64::from(conversions), f64::from(worth));
    libm::round(n * worth + libm::sqrt(n) * 0.4 * worth * draw.bell()).max(0.0) as u32
}

/// What was planted, for `planted.csv`: shares, and money in yuan.
pub(super) fn planted() -> Vec<(&'static str, &'static str, f64)> {
    let mut rows = Vec::new();
    for (at, what) in ["clicks before the last quarter", "clicks in the last quarter"].into_iter().enumerate()
    {
        rows.extend(MEDIA.iter().map(|media| (what, media.channel, share(media.clicks[at]))));
    }
    let yuan = |fen: u32| f64::from(fen) / 100.0;
    rows.extend(MEDIA.iter().map(|media| ("cost of 1000 impressions", media.channel, yuan(media.price))));
    rows.extend(
        CONTENTS.map(|(content, converts, _)| ("converts what was clicked", content, share(converts))),
    );
    rows.extend(CONTENTS.map(|(content, _, worth)| ("money per conversion", content, yuan(worth))));
    rows
}
