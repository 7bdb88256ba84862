//! `run.json`: what a run was made of, what it made, and who can tell from each file who is in it.

use super::call::{FileRef, Made};
use super::inspect::range;
use super::{Room, SLICE};
use crate::error::Result;
use crate::exchange::keys::fingerprint as fingerprint_of;
use crate::exchange::tagfile::Policy;
use crate::export::lint::{Finding, Mark};
use crate::hex;
use crate::json;
use crate::shard::desk::Desk;
use crate::shard::load::Fingerprint;
use serde::Serialize;
use sha2::{Digest, Sha256};

/// What a run was made of and what it made: enough to check it again. No clock stands in it.
#[derive(Serialize)]
struct Run<'a> {
    version: &'a str,
    plan_sha256: String,
    inputs: Vec<RunFile<'a>>,
    first_party: &'a crate::matching::Account,
    tags: &'a crate::matching::Account,
    small_cells: u64,
    /// What a partner asked, and who signed it; absent from a room of one's own files.
    #[serde(skip_serializing_if = "Option::is_none")]
    policy: Option<Asked<'a>>,
    outputs: Vec<Output<'a>>,
}

#[derive(Serialize)]
struct Asked<'a> {
    signer: String,
    #[serde(flatten)]
    policy: &'a Policy,
}

#[derive(Serialize)]
struct Output<'a> {
    #[serde(flatten)]
    file: RunFile<'a>,
    mark: Mark,
    #[serde(skip_serializing_if = "<[Finding]>::is_empty")]
    findings: &'a [Finding],
}

impl<'a> Output<'a> {
    fn of(made: &'a Made) -> Output<'a> {
        let file = RunFile { name: &made.name, size: made.size, sha256: &made.sha256 };
        Output { file, mark: made.mark, findings: &made.findings }
    }
}

#[derive(Serialize)]
struct RunFile<'a> {
    name: &'a str,
    size: u64,
    sha256: &'a str,
}

/// `run.json`, for these files.
pub(super) async fn run(room: &mut Room, made: &[Made]) -> Result<Vec<u8>> {
    need_digests(room).await?;
    let opened = room.opened()?;
    let digests = opened.digests.clone().unwrap_or_default();
    let matched = opened.matched.get();
    let signed = opened.recipe.policy.as_ref().and_then(|signed| signed.read().ok());
    let signer = signed.map(|header| fingerprint_of(&header.signer.0));
    let run = Run {
        version: env!("CARGO_PKG_VERSION"),
        plan_sha256: hex::text(&Sha256::digest(opened.recipe.text())),
        inputs: opened
            .inputs
            .iter()
            .zip(&digests)
            .map(|(file, sha256)| RunFile { name: &file.name, size: file.size, sha256 })
            .collect(),
        first_party: &matched.first_party,
        tags: &matched.tags,
        small_cells: opened.matched.small()
            + opened.profile.as_ref().map_or(0, |r| r.small())
            + opened.lookalike.as_ref().map_or(0, |r| r.small())
            + opened.personas.as_ref().map_or(0, |r| r.small())
            + opened.small.values().sum::<u64>(),
        policy: opened.policy.as_ref().zip(signer).map(|(policy, signer)| Asked { signer, policy }),
        outputs: made.iter().map(Output::of).collect(),
    };
    Ok(json::pretty(&run))
}

/// Fingerprints all inputs, once.
pub(super) async fn need_digests(room: &mut Room) -> Result<()> {
    if room.opened()?.digests.is_none() {
        let mut digests = Vec::new();
        for file in &room.opened()?.inputs {
            digests.push(fingerprint(&room.desk, file).await?);
        }
        room.opened_mut()?.digests = Some(digests);
    }
    Ok(())
}

async fn fingerprint(desk: &Desk, file: &FileRef) -> Result<String> {
    let mut at = 0;
    loop {
        let to = file.size.min(at + SLICE);
        let question = Fingerprint { first: at == 0, last: to == file.size };
        desk.progress("fingerprint", at, file.size, "bytes");
        if let Some(digest) = desk.ask(0, &question, Some(range(file, at, to))).await? {
            return Ok(hex::text(&digest));
        }
        at = to;
    }
}
