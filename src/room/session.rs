//! A session: one room, one call at a time. The driver (threads or web workers) starts a call, drives it, carries its
//! asks to the shards and brings the answers; the room itself is moved through the running program and comes back with
//! the reply, so a refused or cancelled call leaves it as usable as before.

use super::Room;
use super::call::{Call, Reply};
use crate::error::{Error, Kind, Result};
use crate::shard::desk::{Ask, Desk, Program, Progress};
use crate::wire::PlanDigest;
use sha2::{Digest, Sha256};

/// A room and the call that is running.
pub struct Session {
    desk: Desk,
    plan: PlanDigest,
    room: Option<Room>,
    running: Option<Program<(Room, Result<Reply>)>>,
}

impl Session {
    /// A session over this many shards; loading is refused above `limit` bytes.
    pub fn new(shards: usize, limit: u64) -> Self {
        let plan = Session::plan_of(shards);
        let desk = Desk::new(shards, plan);
        Session { room: Some(Room::new(desk.clone(), limit)), desk, plan, running: None }
    }
    /// Names the messages of this session; shards need it to open and seal theirs.
    pub fn plan(&self) -> PlanDigest {
        self.plan
    }
    /// The plan of every session of this build over this many shards.
    pub fn plan_of(shards: usize) -> PlanDigest {
        let digest = Sha256::digest(format!("atoll {} {shards}", env!("CARGO_PKG_VERSION")));
        let mut plan = [0; 8];
        plan.copy_from_slice(&digest[..8]);
        PlanDigest(plan)
    }
    /// Starts a call. A call that is still running is an error of the driver.
    pub fn start(&mut self, call: Call) -> Result<()> {
        let mut room = self.room.take().ok_or(Kind::TooEarly)?;
        self.running = Some(Program::new(&self.desk, async move {
            let reply = room.call(call).await;
            (room, reply)
        }));
        Ok(())
    }
    /// Runs until the call waits for answers (`None`) or ends.
    pub fn drive(&mut self) -> Option<Result<Reply>> {
        let (room, reply) = self.running.as_mut()?.drive()?;
        self.running = None;
        self.room = Some(room);
        Some(reply)
    }
    /// Asks to carry out.
    pub fn asks(&mut self) -> Vec<Ask> {
        self.running.as_mut().map(Program::asks).unwrap_or_default()
    }
    /// Brings an answer in. Answers to a call that ended are dropped.
    pub fn answer(&mut self, id: u32, answer: std::result::Result<Vec<u8>, Error>) {
        if let Some(running) = &mut self.running {
            running.answer(id, answer);
        }
    }
    /// How far the call is.
    pub fn progress(&self) -> Progress {
        self.running.as_ref().map(Program::progress).unwrap_or_default()
    }
    /// Cancels the running call: the next drive ends it. The driver drops the shards' jobs.
    pub fn cancel(&mut self) {
        if let Some(running) = &mut self.running {
            running.cancel();
        }
    }
    /// The bytes of a file that was made; they are forgotten here.
    pub fn take(&mut self, name: &str) -> Option<Vec<u8>> {
        self.room.as_mut()?.made.remove(name)
    }
}
