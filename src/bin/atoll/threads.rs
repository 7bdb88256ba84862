//! Shards as threads: carries the asks of a session to them and the answers back, the same loop as in the page.

use atoll::error::{Error, Kind, Result};
use atoll::room::call::{Call, Reply};
use atoll::room::{REGISTRY, session::Session};
use atoll::shard::Shard;
use atoll::shard::desk::{Ask, FileRange, Progress};
use atoll::shard::job::{self, Step};
use atoll::wire::PlanDigest;
use std::fs::File;
use std::io::{Read, Seek, SeekFrom};
use std::path::PathBuf;
use std::sync::mpsc::{Receiver, Sender, channel};

/// A session with its shards on threads.
pub struct Threads {
    session: Session,
    shards: Vec<Sender<Ask>>,
    answers: Receiver<(u32, Result<Vec<u8>>)>,
}

impl Threads {
    /// Starts `shards` threads that can read these files; a [`FileRange`] names them by position.
    pub fn start(shards: usize, limit: u64, files: Vec<PathBuf>) -> Self {
        let session = Session::new(shards, limit);
        let plan = session.plan();
        let (answer, answers) = channel();
        let shards = (0..shards)
            .map(|index| {
                let (ask, asks) = channel();
                let (answer, files) = (answer.clone(), files.clone());
                std::thread::spawn(move || work(Shard::new(index, shards), plan, &files, &asks, &answer));
                ask
            })
            .collect();
        Threads { session, shards, answers }
    }
    /// Asks the session and waits for its reply.
    pub fn call(&mut self, call: Call, mut progress: impl FnMut(&Progress)) -> Result<Reply> {
        self.session.start(call)?;
        let mut waiting = 0usize;
        loop {
            if let Some(reply) = self.session.drive() {
                return reply;
            }
            for ask in self.session.asks() {
                waiting += 1;
                let shard = ask.shard;
                self.shards[shard].send(ask).map_err(|_| Error::new(Kind::WorkerLost))?;
            }
            progress(&self.session.progress());
            // Nothing under way: the program only let us look. Otherwise take one answer, then all that wait.
            if waiting > 0 {
                let first = self.answers.recv().map_err(|_| Error::new(Kind::WorkerLost))?;
                for (id, answer) in std::iter::once(first).chain(self.answers.try_iter()) {
                    waiting -= 1;
                    self.session.answer(id, answer);
                }
            }
        }
    }
    /// The bytes of a file the session made.
    pub fn take(&mut self, name: &str) -> Option<Vec<u8>> {
        self.session.take(name)
    }
}

fn work(
    mut shard: Shard,
    plan: PlanDigest,
    files: &[PathBuf],
    asks: &Receiver<Ask>,
    answers: &Sender<(u32, Result<Vec<u8>>)>,
) {
    while let Ok(ask) = asks.recv() {
        let id = ask.id;
        let answer = answer(&mut shard, plan, files, ask);
        if answers.send((id, answer)).is_err() {
            return;
        }
    }
}

fn answer(shard: &mut Shard, plan: PlanDigest, files: &[PathBuf], ask: Ask) -> Result<Vec<u8>> {
    let input = ask.input.map(|range| read(files, range)).transpose()?.unwrap_or_default();
    let mut job = job::open(REGISTRY, ask.name, plan, &ask.question, input)?;
    loop {
        if let Step::Done(answer) = job.step(shard)? {
            return Ok(answer);
        }
    }
}

fn read(files: &[PathBuf], range: FileRange) -> Result<Vec<u8>> {
    let path = files.get(range.file as usize).ok_or(Kind::FileUnreadable)?;
    let name = path.file_name().map_or_else(String::new, |n| n.to_string_lossy().into_owned());
    let unreadable = |_| Error::new(Kind::FileUnreadable).file(&name);
    let mut file = File::open(path).map_err(unreadable)?;
    file.seek(SeekFrom::Start(range.from)).map_err(unreadable)?;
    let wanted = (range.to - range.from) as usize;
    let mut bytes = Vec::new();
    bytes.try_reserve_exact(wanted).map_err(|_| Kind::MemoryLimit)?;
    file.take(wanted as u64).read_to_end(&mut bytes).map_err(unreadable)?;
    if bytes.len() == wanted { Ok(bytes) } else { Err(Error::new(Kind::FileChanged).file(&name)) }
}
