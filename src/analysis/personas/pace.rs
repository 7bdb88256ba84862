//! Progress and cancel while the desk computes.

use crate::error::Result;
use crate::shard::desk::Desk;

/// Look-ups between two breaths: a few milliseconds.
const BREATH: usize = 1 << 20;

/// Counts steps of a run and look-ups between breaths.
pub(super) struct Pace<'a> {
    desk: &'a Desk,
    done: u64,
    total: u64,
    spent: usize,
}

impl<'a> Pace<'a> {
    /// A run of about `total` steps.
    pub fn new(desk: &'a Desk, total: u64) -> Self {
        desk.progress("cluster", 0, total, "rounds");
        Pace { desk, done: 0, total, spent: 0 }
    }
    /// One step more.
    pub fn step(&mut self) {
        self.done = (self.done + 1).min(self.total);
        self.desk.progress("cluster", self.done, self.total, "rounds");
    }
    /// So many look-ups more; breathes when it is time.
    pub async fn spend(&mut self, cells: usize) -> Result<()> {
        self.spent += cells;
        if self.spent < BREATH {
            return Ok(());
        }
        self.spent = 0;
        self.desk.breathe().await
    }
}
