//! The stages.

use crate::error::{self, Result};
use serde::{Deserialize, Serialize};

/// Lists of stages to start from. The events of each are those whose names hold a word that the field uses; edit them to what
/// the files say.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS), ts(export_to = "api.d.ts", rename = "StagePreset"))]
#[serde(rename_all = "kebab-case")]
pub enum Preset {
    /// Aware, interest, purchase, loyal (Alibaba).
    #[default]
    Aipl,
    /// Aware, appeal, act, advocate (JD).
    #[serde(rename = "4a")]
    FourA,
    /// Aware, appeal, ask, act, advocate; opportunity is outside (Ocean Engine).
    #[serde(rename = "o-5a")]
    FiveA,
    /// Acquisition, activation, retention, revenue, referral.
    Aarrr,
    /// Basic, active, loyal interaction.
    Layers,
}

/// Stages, and the two days that are compared.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS), ts(export_to = "api.d.ts"))]
#[serde(default, deny_unknown_fields)]
pub struct StagePlan {
    /// The list to start from, if no stages are given.
    pub preset: Preset,
    /// From the lowest up; the preset's if there are none.
    pub stages: Vec<StageRule>,
    /// Days between the two days.
    pub days: u32,
    /// Days within which old and new people are compared fairly; as many as `days` at most.
    pub fair: u32,
    /// How many earlier days, each as far apart, the trend shows.
    pub trend: u32,
    /// Column of the events whose values are touchpoints; the channel if there is one.
    pub touch: Option<String>,
    /// Days before a move up in which touchpoints count.
    pub touch_days: u32,
    /// A touchpoint whose people are marked.
    pub met: Option<String>,
    /// A stage of which it is marked who stood there, who came, and who of both went higher.
    pub went: Option<String>,
    /// Column whose values are categories: distribution and moves once more for the events and orders of each.
    pub category: Option<String>,
}

impl Default for StagePlan {
    fn default() -> Self {
        let (touch, met, went, category) = Default::default();
        let preset = Preset::Aipl;
        StagePlan {
            preset,
            stages: vec![],
            days: 30,
            fair: 14,
            trend: 6,
            touch,
            touch_days: 7,
            met,
            went,
            category,
        }
    }
}

/// A stage: who did one of the events, or bought, as often as this within the window.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS), ts(export_to = "api.d.ts"))]
#[serde(default, deny_unknown_fields)]
pub struct StageRule {
    /// Its name.
    pub name: String,
    /// Any of these events.
    pub event: Vec<String>,
    /// How many of them; 1 if not given.
    pub least: u32,
    /// Or this many orders; 0 if orders do not matter.
    pub orders: u32,
    /// Days it holds for.
    pub window: u32,
}

impl Default for StageRule {
    fn default() -> Self {
        StageRule { name: String::new(), event: vec![], least: 1, orders: 0, window: 30 }
    }
}

/// Name, events, orders, days.
type Given = (&'static str, &'static [&'static str], u32, u32);

const SEEN: &[&str] = &["impression", "view", "pageview", "visit", "browse", "曝光", "浏览", "访问"];
const LIKED: &[&str] = &[
    "click",
    "search",
    "follow",
    "member",
    "favorite",
    "favourite",
    "cart",
    "点击",
    "搜索",
    "关注",
    "入会",
    "收藏",
    "加购",
    "购物车",
];
const PAID: &[&str] = &["pay", "paid", "payment", "purchase", "buy", "支付", "付款", "购买"];
/// What did not come about, or was taken back, whatever else its name says.
const UNDONE: &[&str] = &[
    "fail",
    "failed",
    "failure",
    "cancel",
    "cancelled",
    "canceled",
    "refund",
    "refunded",
    "unpaid",
    "失败",
    "取消",
    "退款",
    "待付",
    "待支付",
    "未付",
    "未支付",
    "拒付",
    "须知",
];
const PRAISED: &[&str] = &["review", "share", "praise", "recommend", "评价", "分享", "好评", "推荐"];
const ASKED: &[&str] = &["search", "cart", "consult", "coupon", "搜索", "加购", "购物车", "咨询", "领券"];
const JOINED: &[&str] = &["click", "follow", "member", "like", "点击", "关注", "入会", "点赞"];
const CAME: &[&str] = &["register", "install", "注册", "安装"];

impl Preset {
    /// All.
    pub const ALL: [Preset; 5] = [Preset::Aipl, Preset::FourA, Preset::FiveA, Preset::Aarrr, Preset::Layers];
    fn given(self) -> &'static [Given] {
        match self {
            Preset::Aipl => {
                &[("A", SEEN, 0, 30), ("I", LIKED, 0, 30), ("P", PAID, 1, 365), ("L", PRAISED, 2, 365)]
            }
            Preset::FourA => {
                &[("A1", SEEN, 0, 30), ("A2", LIKED, 0, 30), ("A3", PAID, 1, 365), ("A4", PRAISED, 2, 365)]
            }
            Preset::FiveA => &[
                ("A1", SEEN, 0, 30),
                ("A2", JOINED, 0, 30),
                ("A3", ASKED, 0, 30),
                ("A4", PAID, 1, 365),
                ("A5", PRAISED, 2, 365),
            ],
            Preset::Aarrr => &[
                ("acquisition", SEEN, 0, 30),
                ("activation", CAME, 0, 90),
                ("retention", LIKED, 0, 30),
                ("revenue", PAID, 1, 365),
                ("referral", PRAISED, 0, 365),
            ],
            Preset::Layers => &[("basic", SEEN, 0, 30), ("active", LIKED, 1, 90), ("loyal", PRAISED, 2, 365)],
        }
    }
}

/// Whether the name of an event holds one of these words: letters as whole words, others anywhere.
fn speaks_of(event: &str, words: &[&str]) -> bool {
    let (mut apart, mut last) = (String::new(), ' ');
    for letter in event.chars() {
        if letter.is_uppercase() && !last.is_uppercase() {
            apart.push(' ');
        }
        apart.extend(letter.to_lowercase());
        last = letter;
    }
    let named: Vec<&str> = apart.split(|letter: char| !letter.is_ascii_alphanumeric()).collect();
    // Also `views`; `clicked` is mostly a step of a message.
    let holds = |word: &str| {
        let ending = |name: &&str| name.strip_prefix(word).is_some_and(|rest| matches!(rest, "" | "s"));
        named.iter().any(ending)
    };
    let whole = event.to_lowercase();
    words
        .iter()
        .any(|word| whole == *word || if word.is_ascii() { holds(word) } else { whole.contains(word) })
}

impl StagePlan {
    /// The stages that are meant, where these are the events: a preset's are those its words are found in.
    pub fn rules_in(&self, events: &[String]) -> Vec<StageRule> {
        let mut rules = self.rules();
        if self.stages.is_empty() {
            let found = |words: &[String]| {
                let words: Vec<&str> = words.iter().map(String::as_str).collect();
                let fits = |event: &&String| speaks_of(event, &words) && !speaks_of(event, UNDONE);
                events.iter().filter(fits).cloned().collect()
            };
            rules.iter_mut().for_each(|rule| rule.event = found(&rule.event));
        }
        rules
    }
    /// The stages that are meant, a preset's with the words of its events.
    pub fn rules(&self) -> Vec<StageRule> {
        if !self.stages.is_empty() {
            return self.stages.clone();
        }
        let rule = |(name, event, orders, window): &Given| StageRule {
            name: (*name).into(),
            event: event.iter().map(|e| (*e).into()).collect(),
            least: 1,
            orders: *orders,
            window: *window,
        };
        self.preset.given().iter().map(rule).collect()
    }
    /// Refuses settings out of range, by name.
    pub fn check(&self) -> Result<()> {
        let names: std::collections::BTreeSet<&String> = self.stages.iter().map(|s| &s.name).collect();
        let fine = |rule: &StageRule| {
            !rule.name.is_empty()
                && (1..=3_650).contains(&rule.window)
                && (rule.orders > 0 || !rule.event.is_empty())
        };
        error::settings(&[
            ("stages.stages", self.stages.len() <= 20 && names.len() == self.stages.len()),
            ("stages.stages.window", self.stages.iter().all(fine)),
            ("stages.stages.least", self.stages.iter().all(|rule| rule.least > 0)),
            ("stages.days", (1..=365).contains(&self.days)),
            ("stages.fair", (1..=365).contains(&self.fair)),
            ("stages.trend", self.trend <= 60),
            ("stages.touch_days", (1..=365).contains(&self.touch_days)),
        ])
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_preset_finds_its_events_by_the_words_in_their_names() {
        let events: Vec<String> = [
            "",
            "首页浏览",
            "搜索",
            "加入购物车",
            "提交订单",
            "支付成功",
            "支付失败",
            "page_view",
            "addToCart",
            "review",
            "Search",
            "PAGE_VIEW",
            "PAY_SUCCESS",
            "views",
            "purchase_canceled",
            "待付款",
        ]
        .map(Into::into)
        .into();
        let rules = StagePlan::default().rules_in(&events);
        let of = |name: &str| rules.iter().find(|rule| rule.name == name).map(|rule| rule.event.join(" "));
        assert_eq!(of("A").as_deref(), Some("首页浏览 page_view PAGE_VIEW views"));
        assert_eq!(of("I").as_deref(), Some("搜索 加入购物车 addToCart Search"));
        assert_eq!(of("P").as_deref(), Some("支付成功 PAY_SUCCESS"), "what failed or waits is no purchase");
        assert_eq!(of("L").as_deref(), Some("review"), "and no view");
        // The control: one's own stages are as they were written.
        let own = StagePlan {
            stages: vec![StageRule { name: "x".into(), event: vec!["look".into()], ..StageRule::default() }],
            ..StagePlan::default()
        };
        assert_eq!(own.rules_in(&events), own.stages);
    }
}
