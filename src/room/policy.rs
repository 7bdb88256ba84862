//! A partner's signed policy in the room: which calls and files it allows, and from how many people on. The day until
//! which it may be opened is asked where there is a clock.

use super::call::{Call, Export};
use super::{Opened, Room};
use crate::error::{Error, Kind, Result};
use crate::exchange::tagfile::{Output, Policy};

/// What something takes to be let out.
enum Needs {
    /// No more than the room itself.
    Nothing,
    /// These outputs.
    Outputs(&'static [Output]),
    /// What no policy names.
    More,
}

use Needs::{More, Nothing, Outputs};
use Output::{Audience, Lookalike, Personas, Profile};

/// Counts of crowds are told, too; they are held to K where they are counted.
fn of_call(call: &Call) -> Needs {
    match call {
        Call::Profile { .. } => Outputs(&[Profile]),
        Call::Lookalike { .. } | Call::Challenge { .. } | Call::Compare { .. } => Outputs(&[Lookalike]),
        Call::Personas { .. } => Outputs(&[Personas]),
        Call::Export { what } => of_file(what),
        Call::Platform { .. } => Outputs(&[Audience]),
        Call::Similarity { .. }
        | Call::Matrix { .. }
        | Call::Signs { .. }
        | Call::Waves { .. }
        | Call::Split { .. }
        | Call::Portrait { .. } => More,
        Call::Sample { .. }
        | Call::ReadRecipe { .. }
        | Call::Inspect { .. }
        | Call::Attach { .. }
        | Call::Open { .. }
        | Call::Score { .. }
        | Call::Count { .. }
        | Call::Regions { .. }
        | Call::Keep { .. }
        | Call::Platforms
        | Call::ReadPast { .. }
        | Call::Bring { .. }
        | Call::Past { .. }
        | Call::PastPeople { .. }
        | Call::PastCrowd { .. }
        | Call::ExportAll => Nothing,
    }
}

fn of_file(file: &Export) -> Needs {
    match file {
        Export::Match
        | Export::Recipe
        | Export::Run
        | Export::Report { .. }
        | Export::OneId
        | Export::Conflicts => Nothing,
        Export::Profile | Export::Features => Outputs(&[Profile]),
        Export::Lookalike
        | Export::Model
        | Export::Card { .. }
        | Export::Drift
        | Export::Comparison
        | Export::Leaderboard => Outputs(&[Lookalike]),
        Export::Audience { .. } | Export::Translated => Outputs(&[Audience]),
        Export::Scores | Export::Tiers | Export::ModelScores { .. } | Export::Tokens { .. } => {
            Outputs(&[Lookalike, Audience])
        }
        Export::Personas | Export::Chain => Outputs(&[Personas]),
        Export::PersonaIds | Export::ChainIds => Outputs(&[Personas, Audience]),
        Export::Packs { .. } | Export::List { .. } | Export::Portraits | Export::PortraitIds { .. } => More,
    }
}

fn allows(policy: &Policy, needs: &Needs) -> bool {
    match needs {
        Nothing => true,
        Outputs(all) => all.iter().all(|output| policy.outputs.contains(output)),
        More => false,
    }
}

impl Opened {
    /// Fewest people behind a number; 0 in a brand's own room.
    pub(super) fn least(&self) -> u64 {
        self.policy.as_ref().map_or(0, |policy| policy.k)
    }
    /// Whether a file may be made.
    pub(super) fn allows(&self, file: &Export) -> bool {
        self.policy.as_ref().is_none_or(|policy| allows(policy, &of_file(file)))
    }
}

impl Room {
    /// Refuses what the policy of the open room does not let out.
    pub(super) fn allow(&self, call: &Call) -> Result<()> {
        let policy = self.open.as_ref().and_then(|opened| opened.policy.as_ref());
        match policy.is_none_or(|policy| allows(policy, &of_call(call))) {
            true => Ok(()),
            false => Err(Error::new(Kind::OutputRefused)),
        }
    }
    /// Counts as they may be told: 0 for fewer people than the policy names.
    pub(super) fn counted(&self, counts: Vec<u64>) -> Vec<u64> {
        let least = self.open.as_ref().map_or(0, Opened::least);
        counts.into_iter().map(|people| if people < least { 0 } else { people }).collect()
    }
}
