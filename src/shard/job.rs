//! Questions as jobs: opened from bytes, stepped in slices, answered in bytes. Between two steps the owner of
//! the shard can report progress, or drop the job to cancel it.

use super::{Analysis, Partial, Shard, Task};
use crate::error::{Error, Kind, Result};
use crate::wire::{self, PlanDigest};

/// People per step: a few milliseconds of work, so that a cancel is heard quickly.
const SLICE: usize = 1 << 14;

/// How far a job is.
pub enum Step {
    /// Not done yet: people walked, people in all.
    More(u64, u64),
    /// The answer.
    Done(Vec<u8>),
}

/// A question on its way through one shard.
pub trait Job {
    /// Does a little.
    fn step(&mut self, shard: &mut Shard) -> Result<Step>;
}

/// Opens a job from the plan, the question's bytes and its file input.
pub type Opener = fn(PlanDigest, &[u8], Vec<u8>) -> Result<Box<dyn Job>>;

/// A line of the registry for an analysis.
pub const fn analysis<A: Analysis>() -> (&'static str, Opener) {
    (A::NAME, |plan, question, _| {
        Ok(Box::new(Walk::<A> { plan, ask: wire::open(plan, question)?, walk: None }))
    })
}

/// A line of the registry for a task.
pub const fn task<T: Task>() -> (&'static str, Opener) {
    (T::NAME, |plan, question, input| {
        Ok(Box::new(Once { plan, task: Some((wire::open::<T>(plan, question)?, input)) }))
    })
}

/// Lines of a registry, one slice per module that asks.
pub type Registry<'a> = [&'a [(&'static str, Opener)]];

/// Opens the job of that name.
pub fn open(
    registry: &Registry,
    name: &str,
    plan: PlanDigest,
    question: &[u8],
    input: Vec<u8>,
) -> Result<Box<dyn Job>> {
    let (_, opener) = registry
        .iter()
        .copied()
        .flatten()
        .find(|(known, _)| *known == name)
        .ok_or(Error::new(Kind::WireForeign).column(name))?;
    opener(plan, question, input)
}

struct Walk<A: Analysis> {
    plan: PlanDigest,
    ask: A,
    walk: Option<(A::Work, A::Partial, usize)>,
}

impl<A: Analysis> Job for Walk<A> {
    fn step(&mut self, shard: &mut Shard) -> Result<Step> {
        let people = A::walked(shard);
        let (mut work, mut sum, from) = match self.walk.take() {
            Some(walk) => walk,
            None => (self.ask.begin(shard)?, A::Partial::default(), 0),
        };
        let to = people.min(from + SLICE);
        if from < to {
            self.ask.add(&mut work, shard, from..to, &mut sum);
        }
        if to == people {
            return Ok(Step::Done(wire::seal(self.plan, &sum)));
        }
        self.walk = Some((work, sum, to));
        Ok(Step::More(to as u64, people as u64))
    }
}

struct Once<T: Task> {
    plan: PlanDigest,
    task: Option<(T, Vec<u8>)>,
}

impl<T: Task> Job for Once<T> {
    fn step(&mut self, shard: &mut Shard) -> Result<Step> {
        let (task, input) = self.task.take().ok_or(Kind::WireBroken)?;
        Ok(Step::Done(wire::seal(self.plan, &task.run(shard, input)?)))
    }
}

/// Merges the answers of all shards.
pub fn total<P: Partial>(plan: PlanDigest, answers: &[Vec<u8>]) -> Result<P> {
    let mut sum = P::default();
    for answer in answers {
        sum.merge(wire::open(plan, answer)?);
    }
    Ok(sum)
}
