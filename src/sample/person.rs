//! One person of the city: drawn from a persona, coherent within (wealth buys phones, idle people order nothing),
//! with the gaps a real tag file has.

use super::draw::{Draw, threshold};
use super::tables::{
    BRANDS, CITIES, CONTENT, CONTENT_PULL, GOODS, GOODS_PULL, INTEREST_PULL, INTERESTS, LEVEL_PULL, PERSONAS,
    Persona, SPENDING_PULL, TIER_PULL, TIERS,
};

/// Columns of `tags.csv` besides the ID, and how many of 1,000 people have no value there.
pub(super) const COLUMNS: [(&str, u16); 21] = [
    ("性别", 30),
    ("年龄", 60),
    ("城市等级", 20),
    ("省份", 20),
    ("职业", 110),
    ("学历", 120),
    ("婚育状态", 130),
    ("月收入", 380),
    ("消费水平", 70),
    ("手机品牌", 25),
    ("手机价位", 60),
    ("活跃天数", 0),
    ("近30天下单数", 0),
    ("客单价", 40),
    ("最近活跃", 8),
    ("兴趣", 40),
    ("常购品类", 60),
    ("会员等级", 45),
    ("居住类型", 160),
    ("有车", 120),
    ("内容偏好", 80),
];

/// Everything about a person but the phone. Small numbers are places in the lists of `tables`.
pub(super) struct Person {
    pub persona: u8,
    /// How much the brand draws them, in log-odds before the cut.
    pub pull: f64,
    pub gender: u8,
    pub age: u8,
    pub city: u8,
    pub job: u8,
    pub school: u8,
    pub family: u8,
    pub income: u32,
    pub spending: u8,
    pub brand: u8,
    pub price: u32,
    pub active_days: u8,
    pub orders: u32,
    /// Average basket in fen; absent for people who order nothing.
    pub basket: Option<u32>,
    /// Days since the last visit.
    pub idle: u32,
    pub interests: u64,
    pub goods: u64,
    pub content: u64,
    pub level: u8,
    pub home: u8,
    pub car: u8,
    /// Bit `c`: the tag file has no value in column `c`.
    pub hidden: u64,
    /// Bit `c`: such a gap is written 未知 instead of left empty.
    pub told: u64,
}

/// The personas with their label shares as thresholds.
pub(super) struct Cast {
    personas: Vec<Tastes>,
    shares: Vec<u16>,
    cities: Vec<Vec<u8>>,
    interest_pull: Vec<f64>,
    goods_pull: Vec<f64>,
    content_pull: Vec<f64>,
    gaps: Vec<u16>,
}

struct Tastes {
    persona: &'static Persona,
    interests: Vec<u16>,
    goods: Vec<u16>,
    content: Vec<u16>,
}

impl Cast {
    pub(super) fn new() -> Cast {
        let tier = |t| (0..CITIES.len() as u8).filter(|&c| CITIES[usize::from(c)].2 == t).collect();
        Cast {
            personas: PERSONAS.iter().map(Tastes::of).collect(),
            shares: PERSONAS.iter().map(|p| p.share).collect(),
            cities: (0..TIERS.len() as u8).map(tier).collect(),
            interest_pull: pulls(&INTERESTS, &INTEREST_PULL),
            goods_pull: pulls(&GOODS, &GOODS_PULL),
            content_pull: pulls(&CONTENT, &CONTENT_PULL),
            gaps: COLUMNS.iter().map(|c| threshold(c.1)).collect(),
        }
    }

    /// Draws one person. The order of the draws is part of the promise "same seed, same bytes".
    pub(super) fn person(&self, draw: &mut Draw) -> Person {
        let number = draw.pick(&self.shares);
        let tastes = &self.personas[number];
        let kind = tastes.persona;
        let (wealth, activity) = (kind.wealth + 0.8 * draw.bell(), kind.activity + draw.bell());
        let cities = &self.cities[draw.pick(&kind.tiers)];
        let idle = idle_days(draw, activity);
        let active_days = active_days(draw, activity, idle);
        let orders = orders(draw, activity, active_days);
        let brand = draw.pick(&kind.brands);
        let mut person = Person {
            persona: number as u8,
            pull: kind.pull,
            gender: u8::from(!draw.chance(kind.women)),
            age: age(draw, kind.age),
            city: cities[draw.below(cities.len() as u32) as usize],
            job: draw.pick(&kind.jobs) as u8,
            school: draw.pick(&kind.schools) as u8,
            family: draw.pick(&kind.families) as u8,
            income: scaled(draw, 8.75 + 0.45 * wealth, 0.28) as u32 / 100 * 100,
            spending: grade(wealth + 0.5 * draw.bell(), &[-1.3, -0.4, 0.5, 1.4]),
            brand: brand as u8,
            price: price(draw, BRANDS[brand].1, wealth),
            active_days,
            orders,
            basket: (orders > 0).then(|| scaled(draw, 9.1 + 0.45 * wealth, 0.6) as u32),
            idle,
            interests: draw.mask(&tastes.interests),
            goods: draw.mask(&tastes.goods),
            content: draw.mask(&tastes.content),
            level: grade(0.6 * activity + 0.4 * wealth + 0.7 * draw.bell(), &[-0.7, 0.4, 1.1, 1.9]),
            home: draw.pick(&kind.homes) as u8,
            car: u8::from(draw.chance(kind.cars)),
            hidden: draw.mask(&self.gaps),
            told: draw.word(),
        };
        person.pull += self.pull(&person) + 0.35 * draw.bell();
        person
    }

    /// The planted signal: what draws a person to the brand besides the persona.
    fn pull(&self, person: &Person) -> f64 {
        let orders = match person.orders {
            0 => -0.5,
            1..=2 => 0.0,
            3..=5 => 0.4,
            _ => 0.8,
        };
        orders
            + LEVEL_PULL[usize::from(person.level)]
            + SPENDING_PULL[usize::from(person.spending)]
            + TIER_PULL[usize::from(CITIES[usize::from(person.city)].2)]
            + sum(&self.interest_pull, person.interests)
            + sum(&self.goods_pull, person.goods)
            + sum(&self.content_pull, person.content)
    }
}

impl Tastes {
    fn of(persona: &'static Persona) -> Tastes {
        Tastes {
            persona,
            interests: tastes(&INTERESTS, persona.interests),
            goods: tastes(&GOODS, persona.goods),
            content: tastes(&CONTENT, persona.content),
        }
    }
}

/// Thresholds of all labels: everybody's share, or the persona's own where it has one.
fn tastes(all: &[(&str, u16)], own: &[(&str, u16)]) -> Vec<u16> {
    let share = |&(label, usual): &(&str, u16)| own.iter().find(|o| o.0 == label).map_or(usual, |o| o.1);
    all.iter().map(|label| threshold(share(label))).collect()
}

fn pulls(all: &[(&str, u16)], some: &[(&str, f64)]) -> Vec<f64> {
    all.iter().map(|a| some.iter().find(|s| s.0 == a.0).map_or(0.0, |s| s.1)).collect()
}

fn sum(pulls: &[f64], mask: u64) -> f64 {
    pulls.iter().enumerate().filter(|(i, _)| mask >> i & 1 == 1).map(|(_, pull)| pull).sum()
}

/// `e^(mean + deviation · z)`: the heavy tail of money.
fn scaled(draw: &mut Draw, mean: f64, deviation: f64) -> f64 {
    libm::exp(mean + deviation * draw.bell())
}

/// How many of the ascending cuts lie below.
fn grade(value: f64, cuts: &[f64]) -> u8 {
    cuts.iter().filter(|&&cut| value > cut).count() as u8
}

fn age(draw: &mut Draw, (mean, deviation, youngest, oldest): (f64, f64, f64, f64)) -> u8 {
    (mean + deviation * draw.bell()).clamp(youngest, oldest) as u8
}

/// Prices end in 99, as in shops.
fn price(draw: &mut Draw, usual: u32, wealth: f64) -> u32 {
    let price = f64::from(usual) * libm::exp(0.18 * wealth + 0.15 * draw.bell());
    (price as u32 / 100).max(4) * 100 + 99
}

fn idle_days(draw: &mut Draw, activity: f64) -> u32 {
    (scaled(draw, 1.1 - 1.1 * activity, 0.9) as u32).min(720)
}

/// Days with a visit among the last 30: none for people who were not seen that long.
fn active_days(draw: &mut Draw, activity: f64, idle: u32) -> u8 {
    let days = 13.0 + 7.0 * activity + 3.0 * draw.bell();
    if idle >= 30 { 0 } else { (days as i32).clamp(1, 30 - idle as i32) as u8 }
}

fn orders(draw: &mut Draw, activity: f64, active_days: u8) -> u32 {
    let orders = scaled(draw, 0.35 + 0.65 * activity, 0.75);
    if active_days == 0 { 0 } else { (orders - 0.4).max(0.0) as u32 }
}
