//! What the page and the command line can ask of a room, and what comes back. One `Call`, one `Reply`.

use crate::analysis::crowds::{
    MatrixReport, Pairing, SignReport, SimilarityReport, SplitPlan, SplitReport, WavePlan, WaveReport,
};
use crate::analysis::lookalike::{Comparison, LookalikePlan, LookalikeReport, ModelReport};
use crate::analysis::personas::{PersonasPlan, PersonasReport, PortraitPlan, PortraitReport};
use crate::analysis::profile::{Base, ProfileReport};
use crate::audience::Expr;
use crate::error::{Error, Kind, Place};
use crate::export::lint::{Finding, Mark};
use crate::matching::MatchReport;
use crate::room::analyze::{Tables, Topic};
use crate::room::past::PastRecipe;
use crate::room::platform::{ExportPlan, Exported, Offer};
use crate::room::recipe::{FileRecipe, Recipe};
use crate::table::inspection::Inspection;
use crate::table::schema::Encoding;
use serde::{Deserialize, Serialize};

/// A file the driver can read by ranges.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS), ts(export_to = "api.d.ts"))]
pub struct FileRef {
    /// The driver's index of it.
    pub index: u32,
    /// Name as the user knows it.
    pub name: String,
    /// Bytes.
    #[cfg_attr(test, ts(type = "number"))]
    pub size: u64,
}

/// What the user says about a file, overruling detection.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS), ts(export_to = "api.d.ts"))]
#[serde(default)]
pub struct Overrule {
    /// Text encoding.
    pub encoding: Option<Encoding>,
    /// Column separator: one character.
    pub delimiter: Option<String>,
    /// Whether the first row names the columns.
    pub header: Option<bool>,
    /// Cells that mean "no value".
    pub missing: Option<Vec<String>>,
}

/// A question to the room.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS), ts(export_to = "api.d.ts"))]
#[serde(rename_all = "kebab-case")]
pub enum Call {
    /// Makes the synthetic city; the reply lists two files (`first_party.csv`, `tags.csv`, also `truth.csv`) to take.
    Sample {
        /// People in the tag file.
        people: u32,
        /// Seed.
        #[cfg_attr(test, ts(type = "number"))]
        seed: u64,
        /// Whether to make a year of events, orders and experiments of its people as well.
        #[serde(default)]
        #[cfg_attr(test, ts(as = "Option<bool>", optional))]
        year: bool,
    },
    /// Reads a saved `room.toml`.
    ReadRecipe {
        /// Its text.
        text: String,
    },
    /// Looks at all of a file.
    Inspect {
        /// Which.
        file: FileRef,
        /// What the user says about it.
        overrule: Overrule,
    },
    /// Gives files a recipe names besides the two: ID maps, a consent file, an earlier export. They are found by name, the
    /// last of a name. The reply lists nothing.
    Attach {
        /// All of them.
        files: Vec<FileRef>,
    },
    /// Loads both files and matches them. Everything asked before is forgotten.
    Open {
        /// How.
        recipe: Box<Recipe>,
        /// The brand's file.
        first_party: FileRef,
        /// The tag file.
        tags: FileRef,
    },
    /// Profiles a crowd (the seed if none is given).
    Profile {
        /// Against whom.
        base: Base,
        /// Who.
        crowd: Option<Expr>,
        /// Another crowd instead of the base: those of it who are not in the first.
        against: Option<Expr>,
    },
    /// Fits the model, scores everyone, cuts tiers.
    Lookalike {
        /// How.
        plan: LookalikePlan,
    },
    /// Finds personas.
    Personas {
        /// How.
        plan: Box<PersonasPlan>,
    },
    /// Scores a tag file with a saved model; a room that is open is closed.
    Score {
        /// Text of `model.json`.
        model: String,
        /// The tag file.
        tags: FileRef,
        /// How its ID stands there; columns are read as the model says.
        recipe: Box<FileRecipe>,
    },
    /// Scores the people of the open room with a saved model, and holds it against the seed.
    Challenge {
        /// Text of `model.json`.
        model: String,
    },
    /// Two models side by side.
    Compare {
        /// One.
        one: ModelSource,
        /// Another.
        other: ModelSource,
    },
    /// How many people each expression names.
    Count {
        /// Which.
        of: Vec<Expr>,
    },
    /// Makes a file to save; its bytes are then taken with `take`.
    Export {
        /// Which.
        what: Export,
    },
    /// Makes every file `atoll run` writes, in one reply.
    ExportAll,
    /// What ad platforms could get from the two files.
    Platforms,
    /// Makes the files for an ad platform; the plan joins the recipe.
    Platform {
        /// Who goes where, and how.
        plan: Box<ExportPlan>,
    },
    /// How many people are in exactly which of up to eight crowds.
    Regions {
        /// The crowds.
        of: Vec<Expr>,
    },
    /// How alike up to eight crowds are.
    Similarity {
        /// The crowds.
        of: Vec<Expr>,
    },
    /// Crowds by decile of the lookalike score.
    Matrix {
        /// The crowds.
        of: Vec<Expr>,
    },
    /// Two contrasts side by side.
    Signs {
        /// The contrasts.
        of: Box<[Pairing; 2]>,
    },
    /// Plans waves over a crowd.
    Waves {
        /// How.
        plan: Box<WavePlan>,
    },
    /// Takes over what no other call brings into the room's recipe: saved crowds, what they are held against, waves,
    /// contrasts, and which crowds are set side by side.
    Keep {
        /// The recipe they stand in.
        recipe: Box<Recipe>,
    },
    /// Splits a crowd into packs.
    Split {
        /// How.
        plan: SplitPlan,
    },
    /// Scores everyone by a portrait or a proxy, and cuts. One with a name is kept in the recipe.
    Portrait {
        /// How.
        plan: PortraitPlan,
    },
    /// Reads the sections of a `room.toml` about events and orders.
    ReadPast {
        /// Its text.
        text: String,
    },
    /// Brings files of many rows per person in; those of an earlier call are forgotten.
    Bring {
        /// How they are read, and what is asked of them.
        recipe: Box<PastRecipe>,
        /// The files it names.
        files: Vec<FileRef>,
    },
    /// Makes the files of an analysis over time, `TOPIC.json` among them: the report itself. Its plan joins the recipe.
    Past {
        /// Which.
        topic: Topic,
        /// Its plan; what says how files are read stays as they were brought in.
        recipe: Box<PastRecipe>,
        /// Whether `TOPIC-people.csv` is made as well: everyone with what was found of them.
        people: bool,
    },
    /// Makes a list of the people of whom an analysis over time found this: their IDs, as their first row has them.
    PastPeople {
        /// File name without ending.
        name: String,
        /// Who: people of whom all of this was found.
        who: Vec<Found>,
    },
    /// The people of the tag file of whom an analysis over time found this, as a crowd.
    PastCrowd {
        /// Who: people of whom all of this was found.
        who: Vec<Found>,
        /// Number of the analysis' run: a later one leaves the crowd as it is.
        run: u32,
    },
}

/// People by what an analysis over time found of them.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS), ts(export_to = "api.d.ts"))]
pub struct Found {
    /// Its measure: `rfm`, `rfm-cell`, `stage`, `funnel`, `arm`, `clv-band`, `lifecycle`.
    pub measure: String,
    /// Lowest value.
    pub from: i32,
    /// Highest value.
    pub to: i32,
}

/// Where a model is.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS), ts(export_to = "api.d.ts"))]
#[serde(tag = "from", rename_all = "kebab-case")]
pub enum ModelSource {
    /// The last run of this room.
    Fitted,
    /// The run before it.
    Before,
    /// The model that was loaded.
    Loaded,
    /// A file.
    File {
        /// Text of `model.json`.
        text: String,
    },
}

/// A file the room can make.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS), ts(export_to = "api.d.ts"))]
#[serde(rename_all = "kebab-case")]
pub enum Export {
    /// `NAME.csv`: IDs of a crowd as the tag file writes them; one column, no header unless asked.
    Audience {
        /// File name without ending.
        name: String,
        /// Who.
        crowd: Expr,
        /// Whether a header row stands on top.
        header: bool,
    },
    /// `match.json`.
    Match,
    /// `oneid.json`: whose IDs the maps made one person.
    OneId,
    /// `translated.csv`: the brand's ID of everyone in both files beside the tag file's; if the recipe wants it.
    Translated,
    /// `conflicts.csv`: pairs of IDs that were not joined.
    Conflicts,
    /// `profile.csv`.
    Profile,
    /// `features.csv`.
    Features,
    /// `lookalike.json`.
    Lookalike,
    /// `model.json`: the model of everyone, to score other files with.
    Model,
    /// `card.html`: what the model is and what it is worth.
    Card {
        /// `en` or `zh`.
        language: String,
    },
    /// `model_scores.csv`: everyone's score by the model that was loaded.
    ModelScores {
        /// Best first; else as the tag file has them.
        best: bool,
    },
    /// `tokens.csv`: the best by the model that was loaded, by token and tier, in an order that tells nothing; the seed is
    /// not left out. Or `crosswalk.csv`, which turns the tokens back.
    Tokens {
        /// Text of the key's file.
        key: String,
        /// Cumulative shares of everyone in per cent, the best first: where one tier ends and the next begins.
        tiers: Vec<f64>,
        /// Whether each token stands beside its ID, which stays with whoever made them.
        ids: bool,
    },
    /// `drift.csv`: how far the people have moved from those a loaded model learned from.
    Drift,
    /// `comparison.csv`: the two models that were compared, bin by bin.
    Comparison,
    /// `leaderboard.csv`: what each of several models is worth.
    Leaderboard,
    /// `scores.csv`.
    Scores,
    /// `audience.csv`: all tiers.
    Tiers,
    /// `personas.json`.
    Personas,
    /// `personas.csv`.
    PersonaIds,
    /// `report.html`.
    Report {
        /// `en` or `zh`.
        language: String,
    },
    /// `room.toml`.
    Recipe,
    /// `run.json`.
    Run,
    /// `packs.zip`: one list per pack of a split crowd, and their index. The plan joins the recipe.
    Packs {
        /// How; as the recipe says if none is given.
        plan: Option<SplitPlan>,
    },
    /// A list or table the recipe's crowds, waves and comparisons ask for, such as `crowd-NAME.csv` or `signs.csv`.
    List {
        /// Its file name.
        name: String,
    },
    /// `chain.json`: what every stage behind the clusters gave.
    Chain,
    /// `chain.csv`.
    ChainIds,
    /// `portraits.json`.
    Portraits,
    /// `portrait-NAME.csv`.
    PortraitIds {
        /// Which.
        name: String,
    },
}

/// A file ready to be taken.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS), ts(export_to = "api.d.ts"))]
pub struct Made {
    /// File name.
    pub name: String,
    /// Bytes.
    #[cfg_attr(test, ts(type = "number"))]
    pub size: u64,
    /// SHA-256, lower hex.
    pub sha256: String,
    /// First lines, IDs shortened.
    pub head: Vec<String>,
    /// Lines without header; 0 for files that are not tables.
    #[cfg_attr(test, ts(type = "number"))]
    pub rows: u64,
    /// Who can tell from it who is in it.
    pub mark: Mark,
    /// Why, and what to do about it.
    pub findings: Vec<Finding>,
}

/// All files of a run.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS), ts(export_to = "api.d.ts"))]
pub struct AllMade {
    /// What was made.
    pub files: Vec<Made>,
    /// Why there is no file for the ad platform; all others are there.
    pub refused: Option<Refused>,
}

/// A refusal that does not end what it came up in.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS), ts(export_to = "api.d.ts"))]
pub struct Refused {
    /// Its code.
    #[cfg_attr(test, ts(type = "ErrorCode"))]
    pub code: String,
    /// Where.
    pub at: Place,
}

impl From<Refused> for Error {
    fn from(refused: Refused) -> Error {
        Error { kind: Kind::of_code(&refused.code).unwrap_or(Kind::WorkerLost), at: refused.at }
    }
}

impl From<Error> for Refused {
    fn from(error: Error) -> Refused {
        Refused { code: error.code().into(), at: error.at }
    }
}

/// What comes back.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[cfg_attr(test, derive(ts_rs::TS), ts(export_to = "api.d.ts"))]
#[serde(tag = "reply", content = "with", rename_all = "kebab-case")]
pub enum Reply {
    /// To `ReadRecipe` and `Keep`.
    Recipe(Box<Recipe>),
    /// To `Inspect`.
    Inspection(Inspection),
    /// To `Open`.
    Match(MatchReport),
    /// To `Profile`.
    Profile(ProfileReport),
    /// To `Lookalike`.
    Lookalike(Box<LookalikeReport>),
    /// To `Personas`.
    Personas(Box<PersonasReport>),
    /// To `Score` and `Challenge`.
    Scored(Box<ModelReport>),
    /// To `Compare`.
    Compared(Comparison),
    /// To `Count`.
    Counts(#[cfg_attr(test, ts(type = "Array<number>"))] Vec<u64>),
    /// To `ExportAll`.
    All(AllMade),
    /// To `Sample`, `Export`, `Attach`, `Past` and `PastPeople`.
    Files(Vec<Made>),
    /// To `Regions`: entry `m` counts those in the crowds whose bits are set in `m`, and in no other.
    Regions(#[cfg_attr(test, ts(type = "Array<number>"))] Vec<u64>),
    /// To `Similarity`.
    Similarity(SimilarityReport),
    /// To `Matrix`.
    Matrix(MatrixReport),
    /// To `Signs`.
    Signs(SignReport),
    /// To `Waves`.
    Waves(WaveReport),
    /// To `Split`.
    Split(SplitReport),
    /// To `Platforms`.
    Platforms(Vec<Offer>),
    /// To `Platform`.
    Exported(Box<Exported>),
    /// To `Portrait`.
    Portrait(PortraitReport),
    /// To `ReadPast`.
    PastRecipe(Box<PastRecipe>),
    /// To `Bring`.
    Brought(Box<Tables>),
    /// To `PastCrowd`.
    PastCrowd {
        /// Who.
        crowd: Expr,
        /// How many.
        #[cfg_attr(test, ts(type = "number"))]
        people: u64,
        /// How many there are in all, in the tag file or not.
        #[cfg_attr(test, ts(type = "number"))]
        all: u64,
    },
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::analysis::campaigns::CampaignReport;
    use crate::analysis::clv::ClvReport;
    use crate::analysis::cohorts::CohortReport;
    use crate::analysis::experiment::ExperimentReport;
    use crate::analysis::features::FeaturesReport;
    use crate::analysis::feedback::FeedbackReport;
    use crate::analysis::figures::FiguresReport;
    use crate::analysis::funnel::FunnelReport;
    use crate::analysis::paths::PathsReport;
    use crate::analysis::pivot::PivotReport;
    use crate::analysis::rfm::RfmReport;
    use crate::analysis::rules::RulesReport;
    use crate::analysis::stages::StagesReport;
    use crate::analysis::standings::StandingsReport;
    use crate::analysis::traffic::TrafficReport;
    use crate::error::{Kind, Place};
    use crate::exchange::steps::{Step, Told};
    use crate::shard::desk::Progress;
    use std::fmt::Write;
    use ts_rs::TS;

    /// `tests/api.d.ts` is what the page compiles against; run with `ATOLL_WRITE_API=1` to accept a change.
    #[test]
    fn the_typescript_surface_is_the_reviewed_one() {
        let dir = std::env::temp_dir().join(format!("atoll-api-{}", std::process::id()));
        let config = ts_rs::Config::new().with_out_dir(&dir).with_large_int("number");
        let exports = [
            Call::export_all,
            Reply::export_all,
            Place::export_all,
            Progress::export_all,
            Step::export_all,
            Told::export_all,
            RfmReport::export_all,
            ClvReport::export_all,
            StagesReport::export_all,
            FunnelReport::export_all,
            ExperimentReport::export_all,
            TrafficReport::export_all,
            PivotReport::export_all,
            CohortReport::export_all,
            PathsReport::export_all,
            RulesReport::export_all,
            FiguresReport::export_all,
            FeaturesReport::export_all,
            FeedbackReport::export_all,
            CampaignReport::export_all,
            StandingsReport::export_all,
        ];
        for export in exports {
            export(&config).expect("the types can be written");
        }
        let mut text = std::fs::read_to_string(dir.join("api.d.ts")).expect("the types were written");
        text.push_str("\n/** Every refusal: its code, and one sentence in English and Chinese. */\nexport type ErrorCode =");
        for kind in Kind::ALL {
            let _ = write!(text, "\n  | \"{}\"", kind.code());
        }
        text.push_str(";\n");
        let path = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/api.d.ts");
        if std::env::var_os("ATOLL_WRITE_API").is_some() {
            std::fs::write(path, &text).expect("tests/api.d.ts can be written");
        }
        assert!(
            std::fs::read_to_string(path).unwrap_or_default() == text,
            "the surface changed: review tests/api.d.ts"
        );
    }
}
