//! A coupon for a trial pack, sent to people the brand knows in three waves. Nobody had to buy anything for it, so their
//! orders are what they would have been without.

use super::super::draw::Draw;
use super::super::phone;
use super::plan::{ASTRAY, BY, CONTACTED, DAY, WAVES};
use super::{moment, share};
use std::io::Write;

/// The first line of `response.csv`.
pub(super) const HEADER: &[u8] = b"phone,channel,wave,sent,delivered,clicked,redeemed\n";

/// One message: when it was sent, arrived, was clicked, and its coupon redeemed, as far as that happened.
pub(super) struct Message {
    channel: usize,
    wave: usize,
    at: [Option<u32>; 4],
}

/// Draws what somebody was sent, always by the same channel.
pub(super) fn messages(draw: &mut Draw) -> Vec<Message> {
    let channel = draw.pick(&BY.map(|by| by.1));
    let mut sent = Vec::new();
    for (wave, (_, day)) in WAVES.iter().enumerate() {
        if draw.chance(CONTACTED) {
            sent.push(Message { channel, wave, at: follow(channel, *day, draw) });
        }
    }
    sent
}

/// Every step only behind the one before; the last wave has all the time it needs before the year ends.
fn follow(channel: usize, day: u32, draw: &mut Draw) -> [Option<u32>; 4] {
    let (_, _, [clicks, redeems]) = BY[channel];
    let sent = day + 10 * 3_600 + draw.below(2 * 3_600);
    let mut then = |from: Option<u32>, rate, within| {
        from.filter(|_| draw.chance(rate)).map(|from| from + 1 + draw.below(within))
    };
    let delivered = then(Some(sent), 1_000 - ASTRAY, 90);
    let clicked = then(delivered, clicks, DAY);
    [Some(sent), delivered, clicked, then(clicked, redeems, 3 * DAY)]
}

/// A row of `response.csv`.
pub(super) fn write(digits: &phone::Digits, message: &Message, out: &mut Vec<u8>) {
    out.extend_from_slice(digits);
    let _ = write!(out, ",{},{}", BY[message.channel].0, WAVES[message.wave].0);
    for at in message.at {
        out.push(b',');
        if let Some(at) = at {
            moment(at, out);
        }
    }
    out.push(b'\n');
}

/// What was planted, for `planted.csv`.
pub(super) fn planted() -> Vec<(&'static str, &'static str, f64)> {
    let mut rows = vec![("does not arrive", "", share(ASTRAY))];
    rows.extend(BY.map(|(channel, _, [clicks, _])| ("clicks what arrived", channel, share(clicks))));
    let both = |[one, other]: [u16; 2]| f64::from(u32::from(one) * u32::from(other)) / 1e6;
    rows.extend(BY.map(|(channel, _, rates)| ("redeems what arrived", channel, both(rates))));
    rows
}
