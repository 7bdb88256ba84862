//! What rules are made of.

use super::MOST;
use crate::error::{self, Result};
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, BTreeSet};

/// A list of rules.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS), ts(export_to = "api.d.ts"))]
#[serde(default, deny_unknown_fields)]
pub struct RulePlan {
    /// The rules, the first one that holds first; the preset's if not given.
    pub rules: Vec<TagRule>,
    /// Four rules that go before them: everyone who was contacted, in one list for the next wave.
    pub response: Option<ResponsePlan>,
}

/// Who was contacted, by what came of it. The first of the four rules that holds is somebody's list: `converted`, who goes on
/// to the next rung; `drop`, who never answered; `rest`, who had enough of late; `retry`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS), ts(export_to = "api.d.ts"))]
#[serde(default, deny_unknown_fields)]
pub struct ResponsePlan {
    /// Events that are contacts.
    pub contact: Vec<String>,
    /// Events that answer one.
    pub answer: Vec<String>,
    /// Events that are the aim; an order if not given.
    pub aim: Vec<String>,
    /// Days behind a contact in which the aim counts.
    pub within: u32,
    /// So many contacts are enough
    pub cap: u32,
    /// in the last so many days.
    pub days: u32,
    /// Behind so many contacts without any answer nobody tries again.
    pub tries: u32,
}

impl Default for ResponsePlan {
    fn default() -> Self {
        let (contact, answer, aim) = Default::default();
        ResponsePlan { contact, answer, aim, within: 30, cap: 3, days: 7, tries: 5 }
    }
}

/// Its rules.
pub(super) const RESPONSES: usize = 4;

impl ResponsePlan {
    fn rules(&self) -> Vec<TagRule> {
        let contact =
            |least| Predicate { event: self.contact.clone(), least: Some(least), ..Predicate::default() };
        let next = RuleNext { event: self.aim.clone(), within: self.within, never: false };
        let converted = Predicate { then: Some(next), ..contact(1) };
        let silent = Predicate { event: self.answer.clone(), most: Some(0), ..Predicate::default() };
        let silent = (!self.answer.is_empty()).then_some(silent);
        let rest = Predicate { days: self.days, ..contact(self.cap) };
        let few = Predicate { days: self.days, most: Some(self.cap - 1), ..contact(0) };
        let rules: [(&str, Vec<Predicate>); RESPONSES] = [
            ("converted", vec![converted]),
            ("drop", std::iter::once(contact(self.tries)).chain(silent).collect()),
            ("rest", vec![rest]),
            ("retry", vec![contact(1), few]),
        ];
        rules.into_iter().map(|(name, all)| TagRule { name: name.into(), all }).collect()
    }
    fn fine(&self) -> bool {
        !self.contact.is_empty()
            && self.cap.min(self.tries) >= 1
            && [self.within, self.days].iter().all(|days| (1..=40_000).contains(days))
    }
}

/// A rule: all its tests hold.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS), ts(export_to = "api.d.ts"))]
#[serde(default, deny_unknown_fields)]
pub struct TagRule {
    /// The tag it gives.
    pub name: String,
    /// Its tests.
    pub all: Vec<Predicate>,
}

/// What became of the orders that are meant.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS), ts(export_to = "api.d.ts"))]
#[serde(rename_all = "kebab-case")]
pub enum RuleFate {
    /// Bought.
    #[default]
    Bought,
    /// Cancelled.
    Cancelled,
    /// All given back.
    Returned,
}

/// A test of a person's events, or of their orders if no event is named.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS), ts(export_to = "api.d.ts"))]
#[serde(default, deny_unknown_fields)]
pub struct Predicate {
    /// Any of these events.
    pub event: Vec<String>,
    /// Columns of which the row (or a row of the order) has any of the values.
    #[serde(rename = "where")]
    pub filter: BTreeMap<String, Vec<String>>,
    /// What became of the orders.
    pub fate: RuleFate,
    /// Only the last so many days; 0 for all.
    pub days: u32,
    /// As many of them as this; 1, or 0 where `most` is 0.
    pub least: Option<u32>,
    /// And no more than this.
    pub most: Option<u32>,
    /// Column of numbers that is added up.
    pub sum: Option<String>,
    /// To at least this, in whole units.
    pub sum_least: Option<i64>,
    /// And to no more than this.
    pub sum_most: Option<i64>,
    /// Seconds spent on these events, to the next of the person's; a pause of over half an hour is none.
    pub dwell: u32,
    /// Only the person's first event or order of all.
    pub first: bool,
    /// Only the last of all.
    pub last: bool,
    /// The last of them lies at least so many days back.
    pub quiet: u32,
    /// Only those followed by this, or never followed by it.
    pub then: Option<RuleNext>,
    /// Due again: days since the last order, in percent of the mean of the person's own intervals; 100 is due.
    pub due: Option<u32>,
}

/// What follows.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS), ts(export_to = "api.d.ts"))]
#[serde(default, deny_unknown_fields)]
pub struct RuleNext {
    /// Any of these events; an order if not given.
    pub event: Vec<String>,
    /// Within so many days.
    pub within: u32,
    /// Or rather does not, and the days are over.
    pub never: bool,
}

impl Default for RuleNext {
    fn default() -> Self {
        RuleNext { event: vec![], within: 30, never: false }
    }
}

const CAME: &[&str] = &["register", "signup", "install", "member", "注册", "安装", "入会"];
const SEEN: &[&str] = &["view", "visit", "browse", "home_page", "浏览", "访问", "首页"];
const CLAIMED: &[&str] = &["coupon", "claim", "coupon_claim", "领券"];
const USED: &[&str] = &["redeem", "coupon_use", "核销", "用券"];
const CAMPAIGN: &[&str] = &["campaign", "campaign_page", "活动页"];
const JOINED: &[&str] = &["campaign_signup", "join", "报名"];
const LOGIN: &[&str] = &["login", "login_page", "登录", "登录页"];
const CART: &[&str] = &["cart", "add_to_cart", "checkout", "加购", "结算"];

fn words(all: &[&str]) -> Vec<String> {
    all.iter().map(|word| (*word).into()).collect()
}

fn on(event: &[&str]) -> Predicate {
    Predicate { event: words(event), ..Predicate::default() }
}

/// No order within so many days behind one of these events.
fn unsold(event: &[&str], within: u32) -> Vec<Predicate> {
    let then = Some(RuleNext { within, never: true, ..RuleNext::default() });
    vec![Predicate { then, ..on(event) }]
}

/// The rules whose events the trade knows; those that the files do not have are named in the report.
fn preset() -> Vec<TagRule> {
    let none = |days: u32| Predicate { days, most: Some(0), ..Predicate::default() };
    let used = Some(RuleNext { event: words(USED), within: 30, never: true });
    let cancelled = Predicate { fate: RuleFate::Cancelled, first: true, ..Predicate::default() };
    let rules: [(&str, Vec<Predicate>); 9] = [
        ("registered-not-bought", unsold(CAME, 7)),
        ("many-visits-not-bought", vec![Predicate { least: Some(5), days: 30, ..on(SEEN) }, none(30)]),
        ("coupon-claimed-not-used", vec![Predicate { then: used, ..on(CLAIMED) }]),
        ("campaign-opened-not-bought", unsold(CAMPAIGN, 7)),
        ("campaign-joined-not-bought", unsold(JOINED, 7)),
        ("cart-left", unsold(CART, 3)),
        ("first-order-cancelled", vec![cancelled, none(0)]),
        ("left-at-login", vec![Predicate { last: true, ..on(LOGIN) }]),
        ("due-for-repurchase", vec![Predicate { due: Some(100), ..Predicate::default() }]),
    ];
    rules.into_iter().map(|(name, all)| TagRule { name: name.into(), all }).collect()
}

impl Predicate {
    /// As many as this.
    pub fn least(&self) -> u32 {
        self.least.unwrap_or(u32::from(self.most != Some(0)))
    }
    fn fine(&self) -> bool {
        let rising = self.sum_least.is_none_or(|least| self.sum_most.is_none_or(|most| least <= most));
        let orders = self.event.is_empty();
        self.most.is_none_or(|most| self.least() <= most)
            && self.sum.is_some() == (self.sum_least.is_some() || self.sum_most.is_some())
            && rising
            && self.days.max(self.quiet) <= 40_000
            && self.then.as_ref().is_none_or(|next| (1..=40_000).contains(&next.within))
            && (orders || self.due.is_none() && self.fate == RuleFate::Bought)
            && (!orders || self.dwell == 0)
    }
}

impl RulePlan {
    /// The rules that are meant.
    pub fn list(&self) -> Vec<TagRule> {
        match &self.response {
            None if self.rules.is_empty() => preset(),
            None => self.rules.clone(),
            Some(response) => response.rules().into_iter().chain(self.rules.clone()).collect(),
        }
    }
    /// Whether nothing is asked for by name.
    pub(super) fn preset(&self) -> bool {
        self.rules.is_empty() && self.response.is_none()
    }
    /// Refuses settings out of range, by name.
    pub fn check(&self) -> Result<()> {
        error::settings(&[("rules.response", self.response.as_ref().is_none_or(ResponsePlan::fine))])?;
        let rules = self.list();
        let names: BTreeSet<&String> = rules.iter().map(|rule| &rule.name).collect();
        let named = names.len() == rules.len() && names.iter().all(|name| !name.is_empty());
        let fine = |rule: &TagRule| !rule.all.is_empty() && rule.all.iter().all(Predicate::fine);
        error::settings(&[
            ("rules.rules", rules.len() <= MOST && named),
            ("rules.rules.all", rules.iter().all(fine)),
        ])
    }
}
