//! A year of the synthetic city: events, orders and two experiments of its people, with what was planted in them.
//!
//! Everyone the brand knows, and some who only came by, have a life of their own, drawn from a stream of their own; files
//! stand in the order of people and, within one, of time. What was drawn is known exactly: `planted.csv` has the rates,
//! and counts of what came of them.

mod life; // one person's year
mod plan; // what is planted

use super::row::{date, money};
use super::{STREAM_YEAR, Town, phone};
use life::{Did, Fate, Life};
use plan::{
    AGAIN, ARMS, CHANNELS, DAY, FAIR, GOODS, LIFT, LOST, NEW, PAIR, PAIR_GAP, PAIRED, SPREAD, STAGES, STEPS,
    STOCK, WORTH,
};
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

/// What `room.toml` says of the files.
pub const RECIPE: &str = r#"
[time]
as_of = "2026-06-30"

[[events]]
file = "events.csv"
id = "phone"
kind = "phone"
time = "time"
event = "event"
channel = "channel"

[[orders]]
file = "orders.csv"
id = "phone"
kind = "phone"
time = "time"
amount = "paid"
order = "order"
product = "product"
category = "category"
status = "status"
refunds = ["refunded"]
cancelled = ["cancelled"]

[[assign]]
file = "assign.csv"
id = "phone"
kind = "phone"
time = "time"
arm = "arm"

[rfm]
abandoned = ["cart"]

[stages]
preset = "4a"

[funnel]
by = "channel"
window = 1440
steps = [{ event = ["trial-open"] }, { event = ["trial-form"] }, { event = ["trial-verify"] }, { event = ["trial-done"] }]

[experiment]
days = 14
metrics = [{ name = "subscribed", event = "subscribe" }, { name = "money", kind = "mean" }]
"#;

/// `broken.toml`: the experiment that lost rows.
pub const BROKEN: &str = r#"[time]
as_of = "2026-06-30"

[[orders]]
file = "orders.csv"
id = "phone"
kind = "phone"
time = "time"
amount = "paid"
order = "order"
status = "status"
refunds = ["refunded"]
cancelled = ["cancelled"]

[[assign]]
file = "broken.csv"
id = "phone"
kind = "phone"
time = "time"
arm = "arm"
"#;

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
        for number in 0..self.people + self.strangers {
            let mut draw = self.source.stream(STREAM_YEAR + u64::from(number));
            let member = number >= self.people || self.is_ours(number);
            if member || draw.chance(VISITORS) {
                let life = life::live(member, &mut draw);
                year.write(&self.phones.digits(u64::from(number)), number, &life);
                came.count(&life);
            }
        }
        came.write(&mut year.planted);
        year
    }
}

impl Year {
    fn write(&mut self, digits: &phone::Digits, number: u32, life: &Life) {
        life.events.iter().for_each(|event| did(digits, event, &mut self.events));
        for (at, order) in (0..).zip(&life.orders) {
            let mut row = |at: u32, status: &str, number: String| {
                begin(digits, at, &mut self.orders);
                let (product, category, _) = GOODS[order.good];
                let _ = write!(self.orders, ",{number},{product},{category},");
                money(order.paid, &mut self.orders);
                let _ = writeln!(self.orders, ",{status}");
            };
            let number = || format!("{number:08}{at:02}");
            row(order.at, if order.fate == Fate::Cancelled { "cancelled" } else { "paid" }, number());
            if let Fate::Returned(back) = order.fate {
                row(back, "refunded", number());
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

/// Who and when.
fn begin(digits: &phone::Digits, at: u32, out: &mut Vec<u8>) {
    out.extend_from_slice(digits);
    out.push(b',');
    date(at / DAY, out);
    let second = at % DAY;
    let _ = write!(out, " {:02}:{:02}:{:02}", second / 3_600, second / 60 % 60, second % 60);
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
        let share = |permille: u16| f64::from(permille) / 1_000.0;
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
            ("buyers", "", self.buyers as f64),
            ("orders", "", self.orders as f64),
            ("money", "", self.fen as f64 / 100.0),
            ("money per order", "anybody", mean),
        ]);
        rows
    }
    fn write(&self, out: &mut Vec<u8>) {
        out.extend_from_slice(b"what,of,value\n");
        for (what, of, value) in self.rows() {
            let _ = writeln!(out, "{what},{of},{value}");
        }
    }
}
