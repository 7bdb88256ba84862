//! A year of the synthetic city: events, orders, two experiments and a coupon of its people, its products, what media
//! counted of campaigns and a platform by stage, with what was planted in them.
//!
//! Everyone the brand knows, and some who only came by, have a life of their own, drawn from a stream of their own; files
//! stand in the order of people and, within one, of time. What was drawn is known exactly: `planted.csv` has the rates,
//! and counts of what came of them.

mod basket; // a second product of an order
mod coupon; // messages and what came of them
mod life; // one person's year
mod media; // campaigns counted by others
mod plan; // what is planted
mod recipe; // how it is read
mod review; // what buyers write
mod standing; // people by stage as a platform counts them

use super::row::{date, money};
use super::{STREAM_BASKET, STREAM_COUPON, STREAM_REVIEW, STREAM_YEAR, Town, phone};
use life::{Did, Fate, Life};
use plan::{
    ABOUT, AGAIN, ARMS, CHANNELS, DAY, FAIR, GOODS, LIFT, LOST, NEW, PAIR, PAIR_GAP, PAIRED, SPREAD, STAGES,
    STEPS, STOCK, TOGETHER, WITH, WORTH,
};
pub use recipe::{BROKEN, RECIPE};
use std::io::Write;

/// The files of a year.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Year {
    /// `events.csv`: what people did and where.
    pub events: Vec<u8>,
    /// `orders.csv`: what they bought, and what became of it.
    pub orders: Vec<u8>,
    /// `assign.csv`: the arms of an experiment that worked.
    pub assign: Vec<u8>,
    /// `broken.csv`: the arms of one that lost rows.
    pub broken: Vec<u8>,
    /// `response.csv`: a coupon that was sent, and what came of it.
    pub response: Vec<u8>,
    /// `products.csv`: what products are.
    pub products: Vec<u8>,
    /// `campaign.csv`: what media counted.
    pub campaign: Vec<u8>,
    /// `reviews.csv`: what buyers wrote.
    pub reviews: Vec<u8>,
    /// `standing.csv`: who stands in each stage, as a platform counts them.
    pub standing: Vec<u8>,
    /// `standing-flow.csv`: and who moved between them.
    pub flow: Vec<u8>,
    /// `planted.csv`: `what,of,value`, shares as such, money in yuan.
    pub planted: Vec<u8>,
}

/// What came of the draws.
#[derive(Default)]
struct Came {
    stages: [u64; 5],
    buyers: u64,
    orders: u64,
    fen: u64,
}

/// Of those the brand does not know, who comes by.
const VISITORS: u16 = 300;

impl Town {
    /// Draws the year of everyone.
    pub fn year(&self) -> Year {
        let (mut year, mut came) = (Year::default(), Came::default());
        year.events.extend_from_slice(b"phone,time,event,channel\n");
        year.orders.extend_from_slice(b"phone,time,order,product,category,paid,status\n");
        for file in [&mut year.assign, &mut year.broken] {
            file.extend_from_slice(b"phone,time,arm\n");
        }
        year.response.extend_from_slice(coupon::HEADER);
        year.reviews.extend_from_slice(review::HEADER);
        for number in 0..self.people + self.strangers {
            let mut draw = self.source.stream(STREAM_YEAR + u64::from(number));
            let member = number >= self.people || self.is_ours(number);
            if member || draw.chance(VISITORS) {
                let mut life = life::live(member, &mut draw);
                basket::fill(&mut self.source.stream(STREAM_BASKET + u64::from(number)), &mut life);
                let digits = self.phones.digits(u64::from(number));
                year.write(&digits, number, &life);
                came.count(&life);
                let mut draw = self.source.stream(STREAM_REVIEW + u64::from(number));
                review::write(&mut draw, &digits, &life, &mut year.reviews);
                if member {
                    let mut draw = self.source.stream(STREAM_COUPON + u64::from(number));
                    let messages = coupon::messages(&mut draw);
                    messages.iter().for_each(|message| coupon::write(&digits, message, &mut year.response));
                }
            }
        }
        products(&mut year.products);
        media::write(&self.source, &mut year.campaign);
        standing::write(&self.source, &mut year.standing, &mut year.flow);
        came.write(&mut year.planted);
        year
    }
}

impl Year {
    fn write(&mut self, digits: &phone::Digits, number: u32, life: &Life) {
        life.events.iter().for_each(|event| did(digits, event, &mut self.events));
        for (at, order) in (0..).zip(&life.orders) {
            let number = format!("{number:08}{at:02}");
            let mut row = |at: u32, status: &str, (good, paid): (usize, u32)| {
                begin(digits, at, &mut self.orders);
                let (product, category, _) = GOODS[good];
                let _ = write!(self.orders, ",{number},{product},{category},");
                money(paid, &mut self.orders);
                let _ = writeln!(self.orders, ",{status}");
            };
            let status = if order.fate == Fate::Cancelled { "cancelled" } else { "paid" };
            let beside = order.beside.map_or(0, |(_, part)| part);
            let goods = std::iter::once((order.good, order.paid - beside)).chain(order.beside);
            goods.for_each(|of| row(order.at, status, of));
            if let Fate::Returned(back) = order.fate {
                row(back, "refunded", (order.good, order.paid));
            }
        }
        let (arm, since) = life.arm;
        put(digits, since, arm, &mut self.assign);
        if let Some(arm) = life.broken {
            put(digits, since, arm, &mut self.broken);
        }
    }
}

fn did(digits: &phone::Digits, event: &Did, out: &mut Vec<u8>) {
    begin(digits, event.at, out);
    let _ = writeln!(out, ",{},{}", event.what.name(), CHANNELS[event.channel].0);
}

fn put(digits: &phone::Digits, at: u32, arm: usize, out: &mut Vec<u8>) {
    begin(digits, at, out);
    let _ = writeln!(out, ",{}", ARMS[arm]);
}

fn products(out: &mut Vec<u8>) {
    out.extend_from_slice(b"product,category,series,brand,price_band\n");
    for ((product, category, _), [series, brand, band]) in GOODS.iter().zip(ABOUT) {
        let _ = writeln!(out, "{product},{category},{series},{brand},{band}");
    }
}

/// Who and when.
fn begin(digits: &phone::Digits, at: u32, out: &mut Vec<u8>) {
    out.extend_from_slice(digits);
    out.push(b',');
    moment(at, out);
}

fn moment(at: u32, out: &mut Vec<u8>) {
    date(at / DAY, out);
    let second = at % DAY;
    let _ = write!(out, " {:02}:{:02}:{:02}", second / 3_600, second / 60 % 60, second % 60);
}

/// A rate of 1,000 as a share.
fn share(permille: u16) -> f64 {
    f64::from(permille) / 1_000.0
}

impl Came {
    fn count(&mut self, life: &Life) {
        let kept = life.orders.iter().filter(|order| order.fate == Fate::Kept);
        let (orders, fen) = kept.fold((0, 0), |(n, fen), order| (n + 1, fen + u64::from(order.paid)));
        self.stages[life.stage] += 1;
        self.buyers += u64::from(orders > 0);
        self.orders += orders;
        self.fen += fen;
    }
    /// What, of whom or what, and how much.
    fn rows(&self) -> Vec<(&'static str, &'static str, f64)> {
        let mut rows = vec![("days to go higher", "", f64::from(FAIR))];
        rows.extend(STAGES.iter().zip(self.stages).map(|(stage, n)| ("stage people", *stage, n as f64)));
        let higher = [("stock goes higher", STOCK), ("new goes higher", NEW)];
        for (what, rates) in higher {
            rows.extend(STAGES[1..].iter().zip(rates).map(|(stage, rate)| (what, *stage, share(rate))));
        }
        for (step, rates) in &STEPS[1..] {
            rows.extend(CHANNELS.iter().zip(rates).map(|(of, rate)| (step.name(), of.0, share(*rate))));
        }
        rows.extend(ARMS.iter().zip(LIFT).map(|(arm, rate)| ("subscribes", *arm, share(rate))));
        let model = ["r", "alpha", "a", "b"].iter().zip(AGAIN);
        rows.extend(model.map(|(name, value)| ("BG/NBD in weeks", *name, f64::from(value))));
        let mean = WORTH / 100.0 * f64::from(SPREAD[0]) / f64::from(SPREAD[1] - 1);
        rows.extend([
            ("relative lift", ARMS[1], f64::from(LIFT[1] - LIFT[0]) / f64::from(LIFT[0])),
            ("rows lost in broken.csv", ARMS[1], share(LOST)),
            ("buys the second product next", GOODS[PAIR[0]].0, share(PAIRED)),
            ("days to it", "from", f64::from(PAIR_GAP[0])),
            ("days to it", "to", f64::from(PAIR_GAP[1])),
            ("basket also holds the second product", GOODS[TOGETHER[0]].0, share(WITH)),
            ("buyers", "", self.buyers as f64),
            ("orders", "", self.orders as f64),
            ("money", "", self.fen as f64 / 100.0),
            ("money per order", "anybody", mean),
        ]);
        rows.extend(
            coupon::planted()
                .into_iter()
                .chain(media::planted())
                .chain(review::planted())
                .chain(standing::planted()),
        );
        rows
    }
    fn write(&self, out: &mut Vec<u8>) {
        out.extend_from_slice(b"what,of,value\n");
        for (what, of, value) in self.rows() {
            let _ = writeln!(out, "{what},{of},{value}");
        }
    }
}
