//! Bytes of partials and messages between the desk and its shards.
//!
//! A message is `version (1) · plan digest (8) · postcard body`. The header makes a partial of another build
//! or another plan a clear refusal instead of a wrong sum; postcard refuses truncated input, and
//! [`open`] refuses what stands behind the body.

use crate::error::{Error, Kind, Result};
use serde::{Serialize, de::DeserializeOwned};

/// Version of the message layout. Raise it with every change of a message type.
pub const VERSION: u8 = 1;
const HEADER: usize = 9;

/// Names the plan a message belongs to; messages of other plans are refused.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct PlanDigest(pub [u8; 8]);

/// Packs a body under a plan.
pub fn seal<T: Serialize>(plan: PlanDigest, body: &T) -> Vec<u8> {
    let mut head = Vec::with_capacity(64);
    head.push(VERSION);
    head.extend_from_slice(&plan.0);
    // postcard fails only for types that cannot know their length; ours all do.
    postcard::to_extend(body, head).unwrap_or_default()
}

/// Unpacks a body, refusing other versions, other plans, truncated and trailing bytes.
pub fn open<T: DeserializeOwned>(plan: PlanDigest, bytes: &[u8]) -> Result<T> {
    if bytes.len() < HEADER {
        return Err(Error::new(Kind::WireBroken));
    }
    let (head, body) = bytes.split_at(HEADER);
    if head[0] != VERSION || head[1..] != plan.0 {
        return Err(Error::new(Kind::WireForeign));
    }
    match postcard::take_from_bytes(body) {
        Ok((value, [])) => Ok(value),
        _ => Err(Error::new(Kind::WireBroken)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_truncation_and_every_tail_is_refused() {
        let plan = PlanDigest(*b"plan-one");
        let sent = (7u32, "手机号".to_string(), vec![1u64, 300, 70_000]);
        let bytes = seal(plan, &sent);
        assert_eq!(open::<(u32, String, Vec<u64>)>(plan, &bytes).as_ref(), Ok(&sent));
        for cut in 0..bytes.len() {
            assert!(open::<(u32, String, Vec<u64>)>(plan, &bytes[..cut]).is_err(), "cut at {cut}");
        }
        let mut longer = bytes.clone();
        longer.push(0);
        assert_eq!(open::<(u32, String, Vec<u64>)>(plan, &longer).map_err(|e| e.kind), Err(Kind::WireBroken));
        let other = PlanDigest(*b"plan-two");
        assert_eq!(
            open::<(u32, String, Vec<u64>)>(other, &bytes).map_err(|e| e.kind),
            Err(Kind::WireForeign)
        );
    }
}
