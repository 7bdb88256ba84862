//! What one person does in a year, so that every rate of [`super::plan`] is met by one draw.
//!
//! The year has twelve blocks; the last eleven are 30 days, as long as a stage of interest holds. Who stands in a stage
//! when a block begins is its stock, who comes in it is new; both have the same 14 days to go on, and what would happen
//! behind the block's end does not, so that late comers are seen for less time, as anywhere.

use super::super::draw::Draw;
use super::plan::{
    AGAIN, CASUAL, CHANNELS, DAY, END, Event, FAIR, GOODS, LIFT, LOST, NEW, PAIR, PAIR_GAP, PAIRED, SPREAD,
    START, STEPS, STOCK, TRIAL, WORTH,
};

/// Everything of one person, each list in order of time.
#[derive(Default)]
pub(super) struct Life {
    pub events: Vec<Did>,
    pub orders: Vec<Bought>,
    /// Outside, then A1 to A4 (`plan::STAGES`), on the last day.
    pub stage: usize,
    /// The arm of the experiment, and since when.
    pub arm: (usize, u32),
    /// The arm of the broken one; none if the row was lost.
    pub broken: Option<usize>,
}

pub(super) struct Did {
    pub at: u32,
    pub what: Event,
    pub channel: usize,
}

pub(super) struct Bought {
    pub at: u32,
    pub good: usize,
    /// Fen, for all of it.
    pub paid: u32,
    /// What lies beside it, and the part of those fen that it costs.
    pub beside: Option<(usize, u32)>,
    pub fate: Fate,
}

#[derive(Clone, Copy, PartialEq)]
pub(super) enum Fate {
    Kept,
    Cancelled,
    /// All of it given back at this second.
    Returned(u32),
}

/// A life under way.
struct Living<'a> {
    life: Life,
    draw: &'a mut Draw,
    member: bool,
    channel: usize,
    /// What an order is worth to them: fen over a draw of the order's own.
    worth: f64,
    /// Orders per second, and the chance that one is the last.
    rate: f64,
    ends: f64,
}

/// Draws a year. Members of the brand come more often; whoever came goes on as often as anybody.
pub(super) fn live(member: bool, draw: &mut Draw) -> Life {
    let channel = draw.pick(&CHANNELS.map(|channel| channel.1));
    let worth = WORTH / gamma(draw, SPREAD[1]);
    let [r, alpha, a, b] = AGAIN;
    let rate = gamma(draw, r) / f64::from(alpha * 7 * DAY);
    let [ends, stays] = [a, b].map(|shape| gamma(draw, shape));
    let ends = ends / (ends + stays);
    let mut living = Living { life: Life::default(), draw, member, channel, worth, rate, ends };
    living.life.stage = if living.draw.chance(if member { 600 } else { 250 }) { 1 } else { 0 };
    let blocks = (0..12).map(|left| END - (12 - left) * 30 * DAY);
    for (at, from) in blocks.enumerate() {
        living.block(if at == 0 { START } else { from }, from + 30 * DAY);
    }
    living.trial();
    living.experiments();
    let mut life = living.life;
    life.events.sort_by_key(|event| event.at);
    life.orders.sort_by_key(|order| order.at);
    life
}

impl Living<'_> {
    fn block(&mut self, from: u32, to: u32) {
        match self.life.stage {
            0 => {
                if self.draw.chance(if self.member { 350 } else { 180 }) {
                    let at = self.within(from, to);
                    self.aware(at, to);
                }
            }
            stage @ 1..=2 if self.draw.chance(STOCK[stage - 1]) => {
                let at = from + self.soon();
                if stage == 1 { self.liked(at, to) } else { self.bought(at, to) }
            }
            stage @ 1..=2 => self.linger(stage, from, to),
            _ => {
                if self.draw.chance(CASUAL) {
                    self.views(from, to);
                    let at = self.within(from, to);
                    self.like(at);
                }
            }
        }
    }
    /// Stays, comes down a stage, or is not seen.
    fn linger(&mut self, stage: usize, from: u32, to: u32) {
        self.life.stage = [stage, 1, 0][self.draw.pick(&[400, 200, 400])];
        if self.life.stage > 0 {
            self.views(from, to);
        }
        if self.life.stage == 2 {
            let at = self.within(from, to);
            self.like(at);
        }
    }
    fn aware(&mut self, at: u32, to: u32) {
        self.life.stage = 1;
        self.did(at, Event::View);
        self.views(at, to);
        if self.draw.chance(NEW[0]) {
            let then = at + self.soon();
            self.liked(then, to);
        }
    }
    fn liked(&mut self, at: u32, to: u32) {
        if at >= to {
            return;
        }
        self.life.stage = 2;
        self.like(at);
        self.views(at, to);
        if self.draw.chance(NEW[1]) {
            let then = at + self.soon();
            self.bought(then, to);
        }
    }
    /// The first order, and what follows it in the year.
    fn bought(&mut self, at: u32, to: u32) {
        if at >= to {
            return;
        }
        let (mut at, mut good) = (at, self.draw.pick(&GOODS.map(|good| good.2)));
        self.life.stage = 3;
        self.order(at, good);
        while let Some((gap, next)) = self.next(good).filter(|(gap, _)| *gap < END - at) {
            (at, good, self.life.stage) = (at + gap, next, 4);
            self.order(at, good);
        }
    }
    /// What is bought behind a product, and seconds until then.
    fn next(&mut self, good: usize) -> Option<(u32, usize)> {
        let paired = good == PAIR[0];
        if paired && self.draw.chance(PAIRED) {
            return Some((self.within(PAIR_GAP[0] * DAY, PAIR_GAP[1] * DAY), PAIR[1]));
        }
        let mut weights = GOODS.map(|good| good.2);
        weights[PAIR[1]] *= u16::from(!paired);
        let gap = (gamma(self.draw, 1) / self.rate).min(f64::from(END)) as u32;
        // The model ends nobody before a second order.
        let more = self.life.stage == 3 || even(self.draw) > self.ends;
        more.then(|| (gap, self.draw.pick(&weights)))
    }
    /// An order that is kept, and sometimes one that is not beside it: pressed twice, or sent back.
    fn order(&mut self, at: u32, good: usize) {
        let mut add = |draw: &mut Draw, at, fate| {
            let paid = (self.worth * gamma(draw, SPREAD[0])) as u32 + 1;
            self.life.orders.push(Bought { at, good, paid, beside: None, fate });
        };
        add(self.draw, at, Fate::Kept);
        let other = at + 60 + self.draw.below(1_800);
        match self.draw.below(100) {
            0..3 if other < END => add(self.draw, other, Fate::Cancelled),
            3..5 if other + 6 * DAY < END => {
                let back = other + DAY + self.draw.below(5 * DAY);
                add(self.draw, other, Fate::Returned(back));
            }
            _ => {}
        }
    }
    /// Once for some: asking for a trial pack, step by step.
    fn trial(&mut self) {
        if !self.draw.chance(TRIAL) {
            return;
        }
        let mut at = self.within(START, END - DAY);
        for (what, rates) in STEPS {
            if !self.draw.chance(rates[self.channel]) {
                return;
            }
            self.did(at, what);
            at += 20 + self.draw.below(580);
        }
    }
    fn experiments(&mut self) {
        let at = self.within(END - 120 * DAY, END - 60 * DAY);
        let [arm, other] = [0, 1].map(|_| self.draw.below(2) as usize);
        self.life.arm = (arm, at);
        if self.draw.chance(LIFT[arm]) {
            let then = at + self.soon();
            self.did(then, Event::Subscribe);
        }
        let lost = other == 1 && self.draw.chance(LOST);
        self.life.broken = (!lost).then_some(other);
    }
    fn views(&mut self, from: u32, to: u32) {
        for _ in 0..1 + self.draw.below(3) {
            let at = self.within(from, to);
            let what = if self.draw.chance(150) { Event::Impression } else { Event::View };
            self.did(at, what);
        }
    }
    fn like(&mut self, at: u32) {
        let what = [Event::Click, Event::Search, Event::Cart, Event::Favorite];
        let what = what[self.draw.pick(&[50, 20, 20, 10])];
        self.did(at, what);
    }
    fn did(&mut self, at: u32, what: Event) {
        self.life.events.push(Did { at, what, channel: self.channel });
    }
    fn within(&mut self, from: u32, to: u32) -> u32 {
        from + self.draw.below(to - from)
    }
    /// A second within the days in which old and new people are compared.
    fn soon(&mut self) -> u32 {
        1 + self.draw.below(FAIR * DAY - 1)
    }
}

/// Between 0 and 1.
fn even(draw: &mut Draw) -> f64 {
    ((draw.word() >> 11) as f64 + 0.5) / 9_007_199_254_740_992.0
}

/// Gamma with a whole shape and scale 1: minus the logarithm of a product of even draws.
fn gamma(draw: &mut Draw, shape: u32) -> f64 {
    -libm::log((0..shape).map(|_| even(draw)).product())
}
