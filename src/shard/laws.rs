//! The laws every partial obeys, checked for any question in one line of test.

use super::testing::{Village, answer, total};
use super::{Analysis, Partial, Shard};
use crate::wire::{self, PlanDigest};

const PLAN: PlanDigest = PlanDigest(*b"law-plan");

/// Panics unless the partials of this question over this village obey the laws: a neutral element, any order
/// and grouping of merges, any split into shards and slices, and a wire form that comes back and refuses cuts.
pub fn hold<A: Analysis>(question: &A, village: &Village) {
    hold_over(question, |count| village.shards(count));
}

/// The same for a question about what earlier ones left behind: `shards` gives the village with it.
pub fn hold_over<A: Analysis>(question: &A, shards: impl Fn(usize) -> Vec<Shard>) {
    let seal = |partial: &A::Partial| wire::seal(PLAN, partial);
    let again = |bytes: &[u8]| wire::open::<A::Partial>(PLAN, bytes).expect("a partial reads back");
    let whole = seal(&total(question, &mut shards(1), 1 << 14));
    splits(question, &shards, &whole);
    let parts: Vec<Vec<u8>> = shards(3).iter_mut().map(|shard| seal(&answer(question, shard, 100))).collect();
    let merged = |order: &[usize]| {
        let mut sum = again(&parts[order[0]]);
        order[1..].iter().for_each(|&i| sum.merge(again(&parts[i])));
        seal(&sum)
    };
    for order in [[0, 1, 2], [0, 2, 1], [1, 0, 2], [1, 2, 0], [2, 0, 1], [2, 1, 0]] {
        assert_eq!(merged(&order), whole, "merging in the order {order:?}");
    }
    let mut right = again(&parts[1]);
    right.merge(again(&parts[2]));
    let mut left = again(&parts[0]);
    left.merge(right);
    assert_eq!(seal(&left), whole, "merging the last two first");
    let mut neutral = A::Partial::default();
    neutral.merge(again(&whole));
    assert_eq!(seal(&neutral), whole, "nothing and a partial");
    neutral.merge(A::Partial::default());
    assert_eq!(seal(&neutral), whole, "a partial and nothing");
    refuses_cuts::<A>(&whole);
    refuses_cuts::<A>(&parts[0]);
    let asked = wire::seal(PLAN, question);
    let read: A = wire::open(PLAN, &asked).expect("a question reads back");
    assert_eq!(wire::seal(PLAN, &read), asked, "the question reads back as sent");
}

/// The same for partials that are no answer to a walk: three of them, merged in every order, and on the wire.
pub fn hold_for<P: Partial>(parts: [P; 3]) {
    let bytes = parts.map(|part| wire::seal(PLAN, &part));
    let again = |at: usize| wire::open::<P>(PLAN, &bytes[at]).expect("a partial reads back");
    let merged = |order: [usize; 3]| {
        let mut sum = P::default();
        order.into_iter().for_each(|at| sum.merge(again(at)));
        sum.merge(P::default());
        wire::seal(PLAN, &sum)
    };
    for order in [[0, 2, 1], [1, 0, 2], [1, 2, 0], [2, 0, 1], [2, 1, 0]] {
        assert_eq!(merged(order), merged([0, 1, 2]), "merging in the order {order:?}");
    }
    for part in &bytes {
        (0..part.len()).for_each(|cut| assert!(wire::open::<P>(PLAN, &part[..cut]).is_err(), "cut at {cut}"));
    }
}

fn splits<A: Analysis>(question: &A, shards: &impl Fn(usize) -> Vec<Shard>, whole: &[u8]) {
    for count in [1, 2, 3, 7, 16] {
        for slice in [1 << 14, 1_000, 61] {
            let sum = total(question, &mut shards(count), slice);
            assert_eq!(wire::seal(PLAN, &sum), whole, "{count} shards in slices of {slice}");
        }
    }
}

/// Cuts at the first and last bytes, and at a spread of others.
fn refuses_cuts<A: Analysis>(bytes: &[u8]) {
    let near = (0..bytes.len().min(64)).chain(bytes.len().saturating_sub(64)..bytes.len());
    for cut in near.chain((0..bytes.len()).step_by(bytes.len() / 64 + 1)) {
        assert!(wire::open::<A::Partial>(PLAN, &bytes[..cut]).is_err(), "cut at {cut} of {}", bytes.len());
    }
}
