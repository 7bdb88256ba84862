//! A table of IDs, one side's own, as both roles read it: looked at before, then in slices from start to end.

use super::feed::{Account, Feed, People, carried, sources};
use super::keys::KeyFile;
use super::publish::Publisher;
use super::secret::Random;
use super::tags::{Census, Coder};
use super::terms::{Reader, Terms};
use crate::error::{Kind, Result};
use crate::id;
use crate::table::csv::Fields;
use crate::table::inspection::Inspection;
use crate::table::values::{MISSING, Missing};
use serde::{Deserialize, Serialize};

/// Takes the next bytes of a file; `true` says that no more come.
pub type Take<'a> = dyn FnMut(&[u8], bool) -> Result<()> + 'a;
/// Reads the file once, from start to end.
pub type Slices<'a> = dyn FnMut(&mut Take<'_>) -> Result<()> + 'a;

/// What is known of the table.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS), ts(export_to = "api.d.ts", rename = "OwnTable"))]
pub struct Table {
    /// What inspecting it found.
    pub found: Inspection,
    /// Which column holds the ID, from 0.
    pub at: usize,
    /// What the ID is.
    pub id: id::Recipe,
}

/// Every person once, the row each stands in, and what became of all rows.
pub type Listed = (Vec<Vec<u8>>, Vec<u64>, Account);

/// Rows of a background sample, at most.
const BACKGROUND: u64 = 50_000;

impl Table {
    /// Rows of the background sample if nobody says how many: a tenth of the table.
    pub fn background(&self) -> usize {
        BACKGROUND.min(self.found.rows / 10) as usize
    }
    /// Name of the ID column.
    pub fn name(&self) -> &str {
        self.found.columns.get(self.at).map_or("id", |column| column.name.as_str())
    }
    fn walk(
        &self,
        slices: &mut Slices<'_>,
        see: &mut dyn FnMut(u64, Option<&Fields<'_>>) -> Result<()>,
    ) -> Result<()> {
        let mut feed = Feed::new(&self.found);
        slices(&mut |raw, last| feed.feed(raw, last, see))
    }
    /// The brand's people.
    pub fn people(&self, terms: &Terms, slices: &mut Slices<'_>) -> Result<Listed> {
        let mut people = People::new(self.at, self.id, terms)?;
        self.walk(slices, &mut |line, fields| {
            people.see(line, fields);
            Ok(())
        })?;
        people.finish()
    }
    /// The ID cells of these rows, 1-based and ascending, as they stand there.
    pub fn cells(&self, rows: &[u64], slices: &mut Slices<'_>) -> Result<Vec<String>> {
        let mut out = Vec::with_capacity(rows.len());
        self.walk(slices, &mut |line, fields| {
            if rows.get(out.len()) == Some(&line) {
                let cell = fields.and_then(|fields| fields.get(self.at)).unwrap_or_default();
                out.push(String::from_utf8_lossy(cell).into_owned());
            }
            Ok(())
        })?;
        if out.len() == rows.len() { Ok(out) } else { Err(Kind::FileChanged.into()) }
    }
    /// The provider's first pass: what stands in the columns. With IDs to `carry` these, else the tags.
    pub fn census(
        &self,
        carry: &[String],
        ignore: &[String],
        k: u64,
        random: Random,
        slices: &mut Slices<'_>,
    ) -> Result<Coder> {
        let tags = carry.is_empty();
        let mut columns = if tags { sources(&self.found) } else { carried(&self.found, carry)? };
        columns.retain(|source| source.at != self.at && !(tags && ignore.contains(&source.name)));
        if columns.is_empty() {
            return Err(Kind::NoTags.into());
        }
        let mut census = Census::new(columns, Missing::new(MISSING), random);
        self.walk(slices, &mut |_, fields| fields.map_or(Ok(()), |fields| census.see(|at| fields.get(at))))?;
        census.finish(k)
    }
    /// The second pass: rows to labels. Answers how many had no usable ID.
    pub fn publish(
        &self,
        key: &KeyFile,
        coder: &Coder,
        publisher: &mut Publisher<'_>,
        slices: &mut Slices<'_>,
    ) -> Result<u64> {
        let (mut reader, mut invalid) = (Reader::new(self.id, key.terms())?, 0);
        self.walk(slices, &mut |_, fields| {
            let id = fields.and_then(|fields| reader.read(fields.get(self.at).unwrap_or_default()).ok());
            let tags = fields.map(|fields| coder.code(|at| fields.get(at)));
            // A match that translates to nothing would tell that somebody is here, and no more.
            let told = |tags: &Vec<u8>| !coder.columns().translates() || tags.iter().any(|byte| *byte != 0);
            match (tags.filter(told), id) {
                (Some(tags), Some(id)) => publisher.push(id, &tags),
                _ => {
                    invalid += 1;
                    Ok(())
                }
            }
        })?;
        Ok(invalid)
    }
}
