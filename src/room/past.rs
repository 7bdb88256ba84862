//! The part of `room.toml` about files of many rows per person, and what is asked of them.

use super::call::Overrule;
use super::recipe::ColumnRef;
use super::small::{CampaignFile, CountsRecipe, SkuRecipe, SmallFile, StandingRecipe};
use super::toml::{self, Document};
use crate::analysis::campaigns::CampaignPlan;
use crate::analysis::clv::ClvPlan;
use crate::analysis::cohorts::CohortPlan;
use crate::analysis::experiment::ExperimentPlan;
use crate::analysis::features::FeaturePlan;
use crate::analysis::feedback::{FeedbackPlan, TEXT, TextPlan};
use crate::analysis::figures::FiguresPlan;
use crate::analysis::funnel::FunnelPlan;
use crate::analysis::paths::PathPlan;
use crate::analysis::pivot::PivotPlan;
use crate::analysis::rfm::RfmPlan;
use crate::analysis::rules::RulePlan;
use crate::analysis::stages::StagePlan;
use crate::analysis::standings::StandingPlan;
use crate::analysis::traffic::TrafficPlan;
use crate::error::{self, Error, Kind, Result};
use crate::id;
use crate::json;
use crate::table::history::Source;
use crate::table::history::moment::{self, Format};
use crate::table::schema::Encoding;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use std::collections::BTreeMap;

/// Sections of `room.toml` that are read here; the others are [`super::recipe::Recipe`]'s.
pub const SECTIONS: &[&str] = &[
    "time",
    "events",
    "orders",
    "response",
    "assign",
    "sku",
    "campaign",
    "campaigns",
    "standing",
    "standings",
    "rfm",
    "clv",
    "funnel",
    "experiment",
    "traffic",
    "stages",
    "pivot",
    "cohorts",
    "paths",
    "rules",
    "figures",
    "features",
    "text",
    "feedback",
];

/// Files of many rows per person, and what is asked of them.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS), ts(export_to = "api.d.ts"))]
#[serde(default, deny_unknown_fields)]
pub struct PastRecipe {
    /// The room's calendar.
    pub time: Calendar,
    /// What people did.
    pub events: Vec<RowsRecipe>,
    /// Contacts of several steps, each of them an event.
    pub response: Vec<RowsRecipe>,
    /// Campaigns: who saw them, or what somebody else counted.
    pub campaign: Vec<CampaignFile>,
    /// What they bought.
    pub orders: Vec<RowsRecipe>,
    /// The arms they were put into.
    pub assign: Vec<RowsRecipe>,
    /// What products are.
    pub sku: Vec<SkuRecipe>,
    /// People by stage as platforms count them.
    pub standing: Vec<StandingRecipe>,
    /// Recency, frequency, money.
    pub rfm: RfmPlan,
    /// Customer lifetime value.
    pub clv: ClvPlan,
    /// Stages and flow.
    pub stages: StagePlan,
    /// Steps.
    pub funnel: FunnelPlan,
    /// Arms.
    pub experiment: ExperimentPlan,
    /// Who is put into which arm.
    pub traffic: TrafficPlan,
    /// What goes with what.
    pub pivot: PivotPlan,
    /// Who came when, and who came back.
    pub cohorts: CohortPlan,
    /// What comes first, next and together.
    pub paths: PathPlan,
    /// Who did, or did not do, what rules name.
    pub rules: RulePlan,
    /// What campaigns came to.
    pub campaigns: CampaignPlan,
    /// What people by stage came to.
    pub standings: StandingPlan,
    /// What was printed elsewhere.
    pub figures: FiguresPlan,
    /// What foretells.
    pub features: FeaturePlan,
    /// How texts are read.
    pub text: TextPlan,
    /// What people write.
    pub feedback: FeedbackPlan,
}

/// On which calendar days count, and until when.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS), ts(export_to = "api.d.ts"))]
#[serde(default, deny_unknown_fields)]
pub struct Calendar {
    /// Zone in which days begin and end, as a fixed offset: `+08:00`.
    pub zone: Option<String>,
    /// The last day that counts, as in `2026-06-01`; the day of the last row if not given.
    pub as_of: Option<String>,
}

/// How one file is read.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS), ts(export_to = "api.d.ts"))]
#[serde(deny_unknown_fields)]
pub struct RowsRecipe {
    /// File name, beside the recipe.
    pub file: String,
    /// ID column: its name, or its 1-based number. 0 where every row of the only file is of somebody else: their numbers are
    /// the IDs then, and the kind is opaque.
    pub id: ColumnRef,
    /// Kind of ID.
    pub kind: id::Kind,
    /// Digest of the IDs as they stand in the file.
    #[serde(default)]
    pub digest: id::Digest,
    /// Column of the time. Without one an assignment has no time, and others need a day.
    #[serde(default)]
    pub time: Option<String>,
    /// The day of every row, where no column says when.
    #[serde(default)]
    pub day: Option<String>,
    /// How its cells are written; only what can be read one way if not said.
    #[serde(default)]
    pub format: Option<Format>,
    /// Zone of bare times; the room's if not said.
    #[serde(default)]
    pub zone: Option<String>,
    /// What every row of the file is, where no column says so.
    #[serde(default)]
    pub name: Option<String>,
    /// Column of the event.
    #[serde(default)]
    pub event: Option<String>,
    /// Of a response: events by name, and the column that says when each happened; with a time of the row, whether it did.
    #[serde(default)]
    pub steps: BTreeMap<String, String>,
    /// Column of the product.
    #[serde(default)]
    pub product: Option<String>,
    /// Column of the category.
    #[serde(default)]
    pub category: Option<String>,
    /// Column of the channel.
    #[serde(default)]
    pub channel: Option<String>,
    /// Column of the experiment's arm.
    #[serde(default)]
    pub arm: Option<String>,
    /// Column of what people wrote.
    #[serde(default)]
    pub text: Option<String>,
    /// Other columns of labels.
    #[serde(default)]
    pub columns: Vec<String>,
    /// Column of the amount.
    #[serde(default)]
    pub amount: Option<String>,
    /// Decimals of the amount's unit: 2 for yuan and fen.
    #[serde(default = "cents")]
    pub decimals: u8,
    /// Other columns of numbers, with their decimals.
    #[serde(default)]
    pub numbers: BTreeMap<String, u8>,
    /// Column of the order's number; every row is an order if not given.
    #[serde(default)]
    pub order: Option<String>,
    /// Column of what became of an order.
    #[serde(default)]
    pub status: Option<String>,
    /// Its values that mean money given back.
    #[serde(default)]
    pub refunds: Vec<String>,
    /// Its values that mean the order never became one.
    #[serde(default)]
    pub cancelled: Vec<String>,
    /// Whether every row says what became of itself alone, as lines of an order that have a status each: one that was given
    /// back is worth nothing then, and takes nothing off the others.
    #[serde(default)]
    pub lines: bool,
    /// Cells that mean "no value".
    #[serde(default)]
    pub missing: Option<Vec<String>>,
    /// Overrules of what was detected.
    #[serde(default)]
    pub encoding: Option<Encoding>,
    /// Column separator: one character.
    #[serde(default)]
    pub delimiter: Option<String>,
    /// Whether the first row names the columns.
    #[serde(default)]
    pub header: Option<bool>,
}

/// Columns of labels by the name they have in the table: that of their role, or their own.
pub(super) fn named<'a>(
    roles: &[(&'a str, &'a Option<String>)],
    columns: &'a [String],
) -> Vec<(&'a str, &'a str)> {
    let roles = roles.iter().filter_map(|(role, column)| Some((*role, column.as_deref()?)));
    roles.chain(columns.iter().map(|column| (column.as_str(), column.as_str()))).collect()
}

/// Decimals of money if nothing is said.
pub(super) fn cents() -> u8 {
    2
}

impl RowsRecipe {
    /// What is said of how the file is written.
    pub fn overrule(&self) -> Overrule {
        let RowsRecipe { encoding, delimiter, header, missing, .. } = self.clone();
        Overrule { encoding, delimiter, header, missing }
    }
    /// Columns of labels by the name they have in the table.
    pub fn labels(&self) -> Vec<(&str, &str)> {
        let roles = [
            ("event", &self.event),
            ("product", &self.product),
            ("category", &self.category),
            ("channel", &self.channel),
            ("arm", &self.arm),
            (TEXT, &self.text),
        ];
        named(&roles, &self.columns)
    }
    /// Columns of numbers by the name they have in the table, with their decimals.
    pub fn measures(&self) -> Vec<(&str, &str, u8)> {
        let amount = self.amount.iter().map(|column| ("amount", column.as_str(), self.decimals));
        amount.chain(self.numbers.iter().map(|(c, d)| (c.as_str(), c.as_str(), *d))).collect()
    }
}

/// A zone of the recipe in seconds.
pub fn offset(text: &Option<String>, setting: &str) -> Result<Option<i32>> {
    let refuse = || Error::new(Kind::OutOfRange).file("room.toml").column(setting);
    text.as_ref().map(|text| moment::zone(text).ok_or_else(refuse)).transpose()
}

fn refused((why, row): toml::Fault) -> Error {
    Error::new(Kind::RecipeInvalid).file("room.toml").row(row).column(why)
}

impl PastRecipe {
    /// Reads these sections of `room.toml`.
    pub fn parse(text: &str) -> Result<PastRecipe> {
        let make = |value: Value| {
            let Value::Object(entries) = value else { return Err("no table".into()) };
            let ours = |name: &String| !super::recipe::SECTIONS.contains(&name.as_str());
            let ours = entries.into_iter().filter(|(name, _)| ours(name)).collect();
            json::from_value(Value::Object(ours)).map_err(|e| e.to_string())
        };
        Document::new(text).and_then(|document| document.read(make)).map_err(refused)
    }
    /// Whether a recipe has something that tells whose rows may count, and under whom: an ID map, or who agreed. Its room
    /// has to be open then, for rows of many per person, too.
    pub fn needs_room(text: &str) -> Result<bool> {
        let told = |recipe: Value| {
            let has = |section: &str| recipe.get(section).is_some();
            Ok(has("idmap") || has("consent") || recipe["first_party"].get("consent").is_some())
        };
        Document::new(text).and_then(|document| document.read(told)).map_err(refused)
    }
    /// These sections of `room.toml`, but for what is as it would be without them; nothing if there are no files.
    pub fn text(&self) -> Option<String> {
        self.names().first()?;
        let tree = |of: &PastRecipe| json::read::<Value>(&json::compact(of)).unwrap_or_default();
        let said = said(tree(self), &tree(&PastRecipe::default()));
        Some(toml::written(&String::from_utf8_lossy(&json::compact(&said))))
    }
    /// All files by name, each once.
    pub fn names(&self) -> Vec<&str> {
        let rows = self.files().map(|(_, file)| file.file.as_str());
        let mut names: Vec<&str> = Vec::new();
        let small = self.sku.iter().map(SmallFile::name).chain(self.counts().map(SmallFile::name));
        for name in rows.chain(small).chain(self.standing.iter().map(SmallFile::name)) {
            if !names.contains(&name) {
                names.push(name);
            }
        }
        names
    }
    /// Takes over how another recipe's files are read.
    pub fn reading(self, of: &PastRecipe) -> PastRecipe {
        let PastRecipe { time, events, response, campaign, orders, assign, sku, text, standing, .. } =
            of.clone();
        PastRecipe { time, events, response, campaign, orders, assign, sku, text, standing, ..self }
    }
    /// All files of rows of people, in the order in which their rows stand where times are equal.
    pub fn files<'a>(&'a self) -> impl Iterator<Item = (Section, &'a RowsRecipe)> {
        use Section::{Assign, Campaign, Events, Orders, Response};
        let of = |section: Section, files: &'a [RowsRecipe]| files.iter().map(move |file| (section, file));
        let exposed = self.campaign.iter().filter_map(CampaignFile::people).map(|file| (Campaign, file));
        let events = of(Events, &self.events).chain(of(Response, &self.response)).chain(exposed);
        events.chain(of(Orders, &self.orders)).chain(of(Assign, &self.assign))
    }
    /// Campaigns that somebody else counted.
    pub fn counts(&self) -> impl Iterator<Item = &CountsRecipe> {
        self.campaign.iter().filter_map(CampaignFile::counts)
    }
}

/// Sections of files of rows of people.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Section {
    /// Events.
    Events,
    /// Contacts of several steps.
    Response,
    /// Who saw a campaign.
    Campaign,
    /// Orders.
    Orders,
    /// Arms.
    Assign,
}

impl Section {
    /// The table its rows are part of.
    pub fn source(self) -> Source {
        match self {
            Section::Events | Section::Response | Section::Campaign => Source::Events,
            Section::Orders => Source::Orders,
            Section::Assign => Source::Assign,
        }
    }
    /// Its name in the recipe.
    pub fn name(self) -> &'static str {
        match self {
            Section::Response => "response",
            Section::Campaign => "campaign",
            other => other.source().name(),
        }
    }
    /// Refuses what a file of it cannot say, by name.
    pub fn check(self, rows: &RowsRecipe) -> Result<()> {
        let named = rows.steps.keys().all(|step| !step.trim().is_empty());
        let steps = self == Section::Response;
        // An event for every step: one name would be said twice, and a number counted as often as there are steps.
        let event = rows.event.is_none() && rows.name.is_none();
        let plain = rows.measures().is_empty() && rows.order.is_none() && rows.status.is_none();
        error::settings(&[
            (&format!("{}.steps", self.name()), rows.steps.is_empty() != steps && named),
            ("response.event", !steps || event),
            ("response.amount", !steps || plain),
            ("response.text", !steps || rows.text.is_none()),
        ])
        .map_err(|e| e.file("room.toml"))
    }
}

/// What differs from what would be there anyway. An empty list is no list, but for cells that mean "no value": none do.
fn said(value: Value, usual: &Value) -> Value {
    match value {
        Value::Object(entries) => {
            let empty = |value: &Value| value.as_array().is_some_and(Vec::is_empty) || *value == json!({});
            let kept = entries.into_iter().filter_map(|(name, value)| {
                let nothing =
                    value.is_null() || usual.get(&name) == Some(&value) || empty(&value) && name != "missing";
                (!nothing).then(|| (said(value, &usual[&name]), name))
            });
            Value::Object(kept.map(|(value, name)| (name, value)).collect())
        }
        Value::Array(all) => Value::Array(all.into_iter().map(|value| said(value, &Value::Null)).collect()),
        plain => plain,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::room::recipe::Recipe;

    const ORDERS: &str = "[[orders]]\nfile = \"o.csv\"\nid = \"who\"\nkind = \"opaque\"\ntime = \"when\"\n";
    const BESIDE: &str = "[[sku]]\nfile = \"p.csv\"\nproduct = \"sku\"\ncolumns = [\"series\"]\n\
        [[response]]\nfile = \"r.csv\"\nid = 1\nkind = \"phone\"\n[response.steps]\nsent = \"sent_at\"\n\
        [[campaign]]\nfile = \"c.csv\"\ncost = \"spend\"\n[[campaign]]\nfile = \"e.csv\"\nid = \"who\"\nkind = \"phone\"\ntime = \"at\"\n\
        [[standing]]\nfile = \"s.csv\"\nday = \"2026-06-30\"\nstages = [\"A1\", \"A2\"]\nall = { brand = \"x\" }\n[standings]\norder = [\"A1\"]\n\
        [campaigns]\nby = [\"week\"]\n[campaigns.goal]\nroas = 1.5\n";
    const FILES: &str = "[first_party]\nfile = \"a\"\nid = 1\nkind = \"phone\"\n[tags]\nfile = \"b\"\nid = 1\nkind = \"phone\"\n";

    #[test]
    fn one_recipe_serves_both_and_is_kept_by_either() {
        let text = format!("{FILES}{ORDERS}amount = \"paid\"\n[rfm]\nwindow = 365\n");
        let past = PastRecipe::parse(&text).expect("the part over time");
        assert_eq!((past.orders[0].amount.as_deref(), past.rfm.window), (Some("paid"), 365));
        let recipe = Recipe::parse(&text).expect("the other part");
        let again = recipe.text();
        assert_eq!(PastRecipe::parse(&again), Ok(past), "{again}");
        assert_eq!(Recipe::parse(&again), Ok(recipe), "{again}");
    }

    #[test]
    fn what_is_written_is_read_back_and_says_no_more_than_was_said() {
        let stage = "[[stages.stages]]\nname = \"a\"\nevent = [\"view\"]\n";
        let funnel = "[funnel]\nmode = \"any\"\n[[funnel.steps]]\nevent = [\"a\"]\n[funnel.steps.where]\nchannel = [\"app\"]\n";
        let text = format!(
            "{ORDERS}missing = []\n{BESIDE}[time]\nzone = \"+08:00\"\n{stage}{funnel}[rfm]\nprevious = 0\n"
        );
        let past = PastRecipe::parse(&text).expect("a recipe");
        let written = past.text().expect("files");
        assert_eq!(PastRecipe::parse(&written), Ok(past), "{written}");
        assert!(!written.contains("clv") && !written.contains("grid"), "{written}");
        assert_eq!(PastRecipe::default().text(), None);
        // In a room's recipe it stands as it would be written again: one text, one digest.
        let recipe = Recipe::parse(&format!("{FILES}{written}")).expect("a recipe");
        assert_eq!(recipe.over_time, Some(written));
    }

    #[test]
    fn a_room_is_needed_for_who_agreed_and_who_is_one() {
        let needs = |text: &str| PastRecipe::needs_room(text).expect("TOML");
        assert!(!needs(&format!("{FILES}{ORDERS}")));
        assert!(!needs("# consent = \"yes\"\n[rfm]\nconsent = 1\n"), "a word is no section");
        assert!(needs(&FILES.replace("[tags]", "consent = \"ok\"\n[tags]")));
        assert!(needs("[ consent ]\nfile = \"c\"\n") && needs("[[idmap]]\nfile = \"m\"\n"));
    }

    #[test]
    fn control_faults_are_found_with_their_row() {
        let row = |text: &str| PastRecipe::parse(text).err().and_then(|e| e.at.row);
        assert_eq!(row(&format!("{FILES}{ORDERS}colour = 1\n")), Some(14), "an unknown entry");
        assert_eq!(row(&format!("{ORDERS}[order]\nx = 1\n")), Some(6), "an unknown section");
        assert_eq!(row("[[orders]]\nfile = \"o.csv\"\n"), Some(1), "an entry is missing");
        let sections = serde_json::to_value(Recipe::parse(FILES).expect("a recipe")).expect("JSON");
        let known = |name: &String| super::super::recipe::SECTIONS.contains(&name.as_str());
        assert!(sections.as_object().expect("an object").keys().all(known), "every section is in the list");
    }
}
