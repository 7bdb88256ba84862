//! How many people expressions name.

use super::desk::Desk;
use super::job::{self, Opener};
use super::{Shard, Task};
use crate::audience::Expr;
use crate::error::Result;
use serde::{Deserialize, Serialize};

/// Registry lines.
pub const QUESTIONS: [(&str, Opener); 1] = [job::task::<Count>()];

/// Counts people, one number per expression.
#[derive(Serialize, Deserialize)]
struct Count {
    of: Vec<Expr>,
}

impl Task for Count {
    const NAME: &'static str = "count";
    type Reply = Vec<u64>;
    fn run(self, shard: &mut Shard, _: Vec<u8>) -> Result<Vec<u64>> {
        self.of.iter().map(|e| Ok(shard.crowd(e)?.count())).collect()
    }
}

/// How many people each expression names, over all shards.
pub async fn count(desk: &Desk, of: Vec<Expr>) -> Result<Vec<u64>> {
    let mut total = vec![0; of.len()];
    for counts in desk.all(&Count { of }).await? {
        total.iter_mut().zip(counts).for_each(|(t, n)| *t += n);
    }
    Ok(total)
}
