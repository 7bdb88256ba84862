//! The synthetic city: two files to try Atoll with, and the truth behind them.
//!
//! Six planted personas live in it, and a brand that draws some of them more than others; a few tags draw people
//! to the brand whoever they are. Nothing in it comes from a real person or a real file. The same seed gives the
//! same bytes on every target, and any range of rows can be made alone, so a city of a million needs no more
//! memory than its keys.

mod draw; // seeded draws
mod person; // one person
mod phone; // phones and how they are written
mod row; // rows of the files
mod tables; // labels, places, personas
mod year; // events and orders of its people

use draw::Source;
use person::{Cast, Person};
use phone::Phones;
use std::ops::Range;
pub use year::Year;

/// The files of a city in memory.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct City {
    /// `first_party.csv`: raw phones as many hands wrote them, and a few attributes.
    pub first_party: Vec<u8>,
    /// `tags.csv`: SHA-256 phones and 21 tags, one row per person.
    pub tags: Vec<u8>,
    /// `truth.csv`: `id,persona,propensity,in_first_party` for every person of `tags.csv`.
    pub truth: Vec<u8>,
    /// `room.toml`: the recipe of a run over the two files.
    pub recipe: String,
}

/// Makes the whole city: `people` rows of tags, and an eighth as many of the brand's own.
pub fn city(people: u32, seed: u64) -> City {
    Town::new(people, seed).city()
}

/// The files of a city by name; with `year` also what its people did and bought over time.
pub fn files(people: u32, seed: u64, year: bool) -> Vec<(&'static str, Vec<u8>)> {
    let town = Town::new(people, seed);
    let City { first_party, tags, truth, recipe } = town.city();
    let recipe = recipe + if year { year::RECIPE } else { "" };
    let mut files = vec![
        ("first_party.csv", first_party),
        ("tags.csv", tags),
        ("truth.csv", truth),
        ("room.toml", recipe.into_bytes()),
    ];
    if year {
        let Year {
            events,
            orders,
            assign,
            broken,
            response,
            products,
            campaign,
            reviews,
            standing,
            flow,
            planted,
        } = town.year();
        files.extend([("events.csv", events), ("orders.csv", orders), ("assign.csv", assign)]);
        files.extend([("response.csv", response), ("products.csv", products), ("campaign.csv", campaign)]);
        files.extend([("standing.csv", standing), ("standing-flow.csv", flow)]);
        files.extend([
            ("reviews.csv", reviews),
            ("broken.csv", broken),
            ("broken.toml", year::BROKEN.into()),
            ("planted.csv", planted),
        ]);
    }
    files
}

/// A city that writes any range of its rows. Range 0 starts with the header.
pub struct Town {
    people: u32,
    source: Source,
    cast: Cast,
    phones: Phones,
    /// Persona and pull of everyone in the tag file.
    souls: Vec<(u8, f32)>,
    /// Log-odds at which the brand has a person as likely as not.
    cut: f64,
    /// One bit per person of the tag file: is the brand's.
    ours: Vec<u64>,
    rows: Vec<row::Ours>,
    /// The brand's people who are not in the tag file; their numbers follow.
    strangers: u32,
}

/// Streams beside those of people, whose number is below 2^33.
const STREAM_PHONES: u64 = 1 << 40;
const STREAM_ROWS: u64 = 2 << 40;
const STREAM_LUCK: u64 = 3 << 40;
const STREAM_HANDS: u64 = 4 << 40;
const STREAM_YEAR: u64 = 5 << 40;
const STREAM_COUPON: u64 = 6 << 40;
const STREAM_MEDIA: u64 = 7 << 40;
const STREAM_REVIEW: u64 = 8 << 40;
const STREAM_STANDING: u64 = 9 << 40;
const STREAM_BASKET: u64 = 10 << 40;

impl Town {
    /// Settles who lives there and whom the brand knows. About 2 µs a person.
    pub fn new(people: u32, seed: u64) -> Town {
        let source = Source::new(seed);
        let (cast, phones) = (Cast::new(), Phones::new(&mut source.stream(STREAM_PHONES)));
        let mut town = Town {
            people,
            source,
            cast,
            phones,
            souls: Vec::new(),
            cut: 0.0,
            ours: Vec::new(),
            rows: Vec::new(),
            strangers: 0,
        };
        town.souls =
            (0..people).map(|i| town.person(u64::from(i))).map(|p| (p.persona, p.pull as f32)).collect();
        let counts = row::Counts::of(people);
        town.settle(counts.matched);
        town.strangers = counts.strangers;
        town.rows = row::rows(&counts, &town.ours, people, &mut town.source.stream(STREAM_ROWS));
        town
    }

    fn city(&self) -> City {
        let people = self.people as usize;
        let mut tags = Vec::with_capacity(people * row::TAGS_BYTES);
        let mut truth = Vec::with_capacity(people * row::TRUTH_BYTES);
        let mut first_party = Vec::new();
        self.tags(0..self.people, &mut tags);
        self.truth(0..self.people, &mut truth);
        self.first_party(0..self.first_party_rows(), &mut first_party);
        City { first_party, tags, truth, recipe: recipe() }
    }

    /// Rows of `first_party.csv` without the header.
    pub fn first_party_rows(&self) -> u32 {
        self.rows.len() as u32
    }

    /// Writes rows of `tags.csv`.
    pub fn tags(&self, range: Range<u32>, out: &mut Vec<u8>) {
        if range.start == 0 {
            row::tags_header(out);
        }
        for i in range.start..range.end.min(self.people) {
            row::id(&self.phones.digits(u64::from(i)), out);
            row::tags(&self.person(u64::from(i)), out);
        }
    }

    /// Writes rows of `truth.csv`.
    pub fn truth(&self, range: Range<u32>, out: &mut Vec<u8>) {
        if range.start == 0 {
            out.extend_from_slice(b"id,persona,propensity,in_first_party\n");
        }
        for i in range.start..range.end.min(self.people) {
            let (persona, pull) = self.souls[i as usize];
            let propensity = 1.0 / (1.0 + libm::exp(self.cut - f64::from(pull)));
            row::id(&self.phones.digits(u64::from(i)), out);
            row::truth(persona, propensity, self.is_ours(i), out);
        }
    }

    /// Writes rows of `first_party.csv`.
    pub fn first_party(&self, range: Range<u32>, out: &mut Vec<u8>) {
        if range.start == 0 {
            row::first_party_header(out);
        }
        for at in range.start..range.end.min(self.first_party_rows()) {
            let ours = &self.rows[at as usize];
            let person = self.person(u64::from(ours.person));
            let mut hands = self.source.stream(STREAM_HANDS + u64::from(at));
            row::first_party(ours, &self.phones.digits(u64::from(ours.person)), &person, &mut hands, out);
        }
    }

    fn person(&self, number: u64) -> Person {
        self.cast.person(&mut self.source.stream(number))
    }

    fn is_ours(&self, person: u32) -> bool {
        self.ours[person as usize / 64] >> (person % 64) & 1 == 1
    }

    /// Gives the brand the `count` people with the highest pull after logistic luck: exactly as many as wanted,
    /// each with the odds that its pull says.
    fn settle(&mut self, count: u32) {
        self.ours = vec![0; (self.people as usize).div_ceil(64)];
        let mut luck = self.source.stream(STREAM_LUCK);
        let mut keys: Vec<(f64, u32)> =
            (0u32..).zip(&self.souls).map(|(i, soul)| (f64::from(soul.1) + luck.logistic(), i)).collect();
        let Some(last) = (count as usize).checked_sub(1).filter(|&last| last < keys.len()) else { return };
        let best_first = |a: &(f64, u32), b: &(f64, u32)| b.0.total_cmp(&a.0).then(a.1.cmp(&b.1));
        let (_, &mut (cut, _), _) = keys.select_nth_unstable_by(last, best_first);
        self.cut = cut;
        for &(_, person) in &keys[..=last] {
            self.ours[person as usize / 64] |= 1 << (person % 64);
        }
    }
}

/// `room.toml` of every city.
pub fn recipe() -> String {
    RECIPE.to_owned()
}

const RECIPE: &str = r#"[first_party]
file = "first_party.csv"
id = "phone"
kind = "phone"
digest = "none"
numbers = ["spend"]
categories = ["member_level", "city"]
dates = ["last_order"]

[tags]
file = "tags.csv"
id = "id"
kind = "phone"
digest = "sha256"
numbers = ["年龄", "月收入", "手机价位", "活跃天数", "近30天下单数", "客单价"]
dates = ["最近活跃"]
multi = { "兴趣" = "|", "常购品类" = "|", "内容偏好" = "|" }

[lookalike]
seed = 7

[personas]
k = 6
seed = 7

[output]
scores = true
"#;
