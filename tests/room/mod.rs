//! A room over shards in this thread and files in memory: the smallest driver there is.

use atoll::error::{Error, Kind, Result};
use atoll::room::REGISTRY;
use atoll::room::call::{Call, FileRef, Reply};
use atoll::room::session::Session;
use atoll::shard::Shard;
use atoll::shard::desk::Ask;
use atoll::shard::job::{self, Step};
use atoll::wire::PlanDigest;

/// A session and its shards.
pub struct Bench {
    session: Session,
    shards: Vec<Shard>,
    files: Vec<(String, Vec<u8>)>,
}

impl Bench {
    /// Shards over these files.
    #[allow(dead_code, reason = "not every test that shares this driver has no limit")]
    pub fn new(shards: usize, files: Vec<(&str, Vec<u8>)>) -> Self {
        Self::limited(shards, files, u64::MAX)
    }
    /// The same under a memory limit.
    pub fn limited(shards: usize, files: Vec<(&str, Vec<u8>)>, limit: u64) -> Self {
        Bench {
            session: Session::new(shards, limit),
            shards: (0..shards).map(|index| Shard::new(index, shards)).collect(),
            files: files.into_iter().map(|(name, bytes)| (name.to_string(), bytes)).collect(),
        }
    }
    /// Puts other bytes in the place of a file.
    #[allow(dead_code, reason = "not every test that shares this driver changes files")]
    pub fn replace(&mut self, index: usize, bytes: Vec<u8>) {
        self.files[index].1 = bytes;
    }
    /// How the room names a file.
    pub fn file(&self, index: usize) -> FileRef {
        let (name, bytes) = &self.files[index];
        FileRef { index: index as u32, name: name.clone(), size: bytes.len() as u64 }
    }
    /// Asks and waits.
    pub fn call(&mut self, call: Call) -> Result<Reply> {
        self.session.start(call)?;
        loop {
            if let Some(reply) = self.session.drive() {
                return reply;
            }
            for ask in self.session.asks() {
                let id = ask.id;
                let answer = answer(&mut self.shards[ask.shard], &self.files, self.session.plan(), ask);
                self.session.answer(id, answer);
            }
        }
    }
    /// The bytes of a made file.
    #[allow(dead_code, reason = "not every test that shares this driver takes files")]
    pub fn take(&mut self, name: &str) -> Vec<u8> {
        self.session.take(name).unwrap_or_default()
    }
}

fn answer(shard: &mut Shard, files: &[(String, Vec<u8>)], plan: PlanDigest, ask: Ask) -> Result<Vec<u8>> {
    let input = match ask.input {
        None => Vec::new(),
        Some(range) => files[range.file as usize]
            .1
            .get(range.from as usize..range.to as usize)
            .ok_or(Error::new(Kind::FileChanged))?
            .to_vec(),
    };
    let mut job = job::open(REGISTRY, ask.name, plan, &ask.question, input)?;
    loop {
        if let Step::Done(answer) = job.step(shard)? {
            return Ok(answer);
        }
    }
}
