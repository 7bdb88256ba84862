//! Lines about people, in one order over all shards: what scores, audience and persona files are made of.
//!
//! Each shard sorts its own people once ([`Sort`]) and hands out pages of finished lines ([`Page`]); the desk merges the
//! pages by their order numbers ([`lines`]). IDs leave a shard only inside such lines.

use super::desk::Desk;
use super::job::{self, Opener};
use super::{Shard, Task};
use crate::audience::{Expr, rank};
use crate::error::Result;
use crate::id::{Ids, TokenKey, Writer};
use crate::table::store::{Which, packed};
use serde::{Deserialize, Serialize};

/// Lines a shard hands out at once.
const PAGE: usize = 1 << 14;

/// Registry lines.
pub const QUESTIONS: [(&str, Opener); 2] = [job::task::<Sort>(), job::task::<Page>()];

/// Which line comes first.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub enum Order {
    /// As the tag file has them.
    File,
    /// Highest rank by this measure first.
    Best(String),
    /// By token under this key: an order that tells nothing.
    Token(TokenKey),
}

/// One column of the lines.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub enum Cell {
    /// The ID as the tag file writes it, quoted if it must be.
    Id,
    /// The ID as a platform wants it, from the file that holds it; nothing if it has no form there.
    As(Writer, Which),
    /// The ID as the tag file writes it, of those who have one as a platform wants it.
    Held(Writer, Which),
    /// The ID as the first-party file writes it, quoted if it must be; only if a translation is wanted.
    Own,
    /// A token under this key for the ID as the tag file writes it.
    Token(TokenKey),
    /// 1 for members of this crowd, else 0.
    Member(Expr),
    /// The number of the first of these crowds a person is in, from 1; 0 for none.
    First(Vec<Expr>),
    /// The words of all of these crowds a person is in, in this order with `|` between them; empty words are left out.
    Words(Vec<(Expr, String)>),
    /// The measure as a whole number.
    Measure(String),
    /// The measure read as a logit in 1/4096 and written as a probability.
    Probability(String),
}

/// Which lines.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Listing {
    /// About whom.
    pub crowd: Expr,
    /// In which order.
    pub order: Order,
    /// Columns, comma separated.
    pub cells: Vec<Cell>,
}

/// Sorted people of one shard: order number and position.
pub type Sorted = Vec<(u64, u32)>;

/// Sorts a shard's people; answers how many there are.
#[derive(Serialize, Deserialize)]
struct Sort {
    crowd: Expr,
    order: Order,
}

impl Task for Sort {
    const NAME: &'static str = "sort";
    type Reply = u64;
    fn run(self, shard: &mut Shard, _: Vec<u8>) -> Result<u64> {
        let crowd = shard.crowd(&self.crowd)?;
        let mut sorted: Sorted = match &self.order {
            Order::File => crowd.iter().map(|i| (u64::from(shard.people.rows[i]), i as u32)).collect(),
            Order::Best(measure) => {
                let values = shard.known(measure)?;
                crowd.iter().map(|i| (!rank(values[i], shard.people.keys[i]), i as u32)).collect()
            }
            Order::Token(key) => {
                crowd.iter().map(|i| (key.order(&plain(&shard.people.ids, i)), i as u32)).collect()
            }
        };
        sorted.sort_unstable();
        shard.sorted = sorted;
        Ok(shard.sorted.len() as u64)
    }
}

/// The lines of the sorted people from this position on.
#[derive(Serialize, Deserialize)]
struct Page {
    from: usize,
    cells: Vec<Cell>,
}

/// Finished lines with their order numbers.
#[derive(Default, Serialize, Deserialize)]
struct Lines {
    #[serde(with = "packed")]
    order: Vec<u64>,
    #[serde(with = "packed")]
    ends: Vec<u32>,
    #[serde(with = "packed")]
    text: Vec<u8>,
}

impl Task for Page {
    const NAME: &'static str = "page";
    type Reply = Lines;
    fn run(self, shard: &mut Shard, _: Vec<u8>) -> Result<Lines> {
        let to = shard.sorted.len().min(self.from + PAGE);
        let crowds = self.cells.iter().map(|cell| members(shard, cell)).collect::<Result<Vec<_>>>()?;
        let mut lines = Lines::default();
        for &(order, person) in &shard.sorted[self.from.min(to)..to] {
            for (c, cell) in self.cells.iter().enumerate() {
                if c > 0 {
                    lines.text.push(b',');
                }
                write(shard, cell, &crowds[c], person as usize, &mut lines.text)?;
            }
            lines.text.push(b'\n');
            lines.order.push(order);
            lines.ends.push(lines.text.len() as u32);
        }
        Ok(lines)
    }
}

fn members(shard: &Shard, cell: &Cell) -> Result<Vec<crate::table::bits::Bits>> {
    match cell {
        Cell::Member(crowd) => Ok(vec![shard.crowd(crowd)?]),
        Cell::First(crowds) => crowds.iter().map(|c| shard.crowd(c)).collect(),
        Cell::Words(words) => words.iter().map(|word| shard.crowd(&word.0)).collect(),
        _ => Ok(vec![]),
    }
}

fn write(
    shard: &Shard,
    cell: &Cell,
    crowds: &[crate::table::bits::Bits],
    person: usize,
    to: &mut Vec<u8>,
) -> Result<()> {
    match cell {
        Cell::Id => id(&shard.people.ids, person, to),
        Cell::As(writer, which) => written(shard, *writer, *which, person, to),
        Cell::Held(writer, which) => {
            let mut form = Vec::new();
            written(shard, *writer, *which, person, &mut form);
            if !form.is_empty() {
                id(&shard.people.ids, person, to);
            }
        }
        Cell::Own => id(&shard.people.ours, person, to),
        Cell::Token(key) => key.write(&plain(&shard.people.ids, person), to),
        Cell::Member(_) => to.push(b'0' + u8::from(crowds.iter().any(|c| c.has(person)))),
        Cell::First(_) => {
            let first = crowds.iter().position(|c| c.has(person)).map_or(0, |at| at + 1);
            to.extend_from_slice(first.to_string().as_bytes());
        }
        Cell::Words(words) => {
            let of = words.iter().zip(crowds).filter(|(_, crowd)| crowd.has(person));
            let said: Vec<&str> = of.map(|(word, _)| &*word.1).filter(|word| !word.is_empty()).collect();
            to.extend_from_slice(said.join("|").as_bytes());
        }
        Cell::Measure(name) => to.extend_from_slice(shard.known(name)?[person].to_string().as_bytes()),
        Cell::Probability(name) => {
            to.extend_from_slice(crate::num::probability_text(shard.known(name)?[person]).as_bytes())
        }
    }
    Ok(())
}

/// The ID as a platform wants it, if it has a form there.
fn written(shard: &Shard, writer: Writer, which: Which, person: usize, to: &mut Vec<u8>) {
    let ids = if which == Which::Tags { &shard.people.ids } else { &shard.people.ours };
    let mut cell = Vec::new();
    ids.get(person, &mut cell);
    if !cell.is_empty() {
        writer.write(&cell, to);
    }
}

/// The ID as the tag file writes it.
fn plain(ids: &Ids, person: usize) -> Vec<u8> {
    let mut id = Vec::new();
    ids.get(person, &mut id);
    id
}

/// The ID as written; in quotes only if it holds a comma, a quote or a line end.
fn id(ids: &Ids, person: usize, to: &mut Vec<u8>) {
    let from = to.len();
    ids.get(person, to);
    if to[from..].iter().any(|b| matches!(b, b',' | b'"' | b'\n' | b'\r')) {
        let plain = to.split_off(from);
        to.push(b'"');
        for byte in plain {
            to.extend_from_slice(if byte == b'"' { b"\"\"" } else { std::slice::from_ref(&byte) });
        }
        to.push(b'"');
    }
}

/// Appends the lines of all shards to `to`, merged by their order; returns how many there are.
pub async fn lines(desk: &Desk, listing: &Listing, to: &mut Vec<u8>) -> Result<u64> {
    let sort = Sort { crowd: listing.crowd.clone(), order: listing.order.clone() };
    let counts = desk.all(&sort).await?;
    let total = counts.iter().sum();
    let mut streams = Vec::with_capacity(desk.shards);
    for shard in 0..desk.shards {
        streams.push(Stream { shard, next: 0, at: 0, page: Lines::default() });
    }
    let mut done = 0u64;
    loop {
        for stream in &mut streams {
            stream.refill(desk, &listing.cells).await?;
        }
        desk.progress("export", done, total, "rows");
        // Whoever runs dry first ends the round: what others still hold may come after its next page.
        let before = done;
        while let Some(best) =
            (0..streams.len()).filter(|&s| !streams[s].dry()).min_by_key(|&s| streams[s].head())
        {
            streams[best].take(to);
            done += 1;
            if streams[best].dry() {
                break;
            }
        }
        if done == before {
            return Ok(done);
        }
    }
}

struct Stream {
    shard: usize,
    next: usize,
    at: usize,
    page: Lines,
}

impl Stream {
    fn dry(&self) -> bool {
        self.at == self.page.order.len()
    }
    fn head(&self) -> u64 {
        self.page.order[self.at]
    }
    fn take(&mut self, to: &mut Vec<u8>) {
        let from = if self.at == 0 { 0 } else { self.page.ends[self.at - 1] as usize };
        to.extend_from_slice(&self.page.text[from..self.page.ends[self.at] as usize]);
        self.at += 1;
    }
    async fn refill(&mut self, desk: &Desk, cells: &[Cell]) -> Result<()> {
        if self.dry() {
            let page = Page { from: self.next, cells: cells.to_vec() };
            self.page = desk.ask(self.shard, &page, None).await?;
            self.at = 0;
            self.next += self.page.order.len();
        }
        Ok(())
    }
}
