//! People by row: each a run of bins. The tables of [`super::tables`] walk rows, because a person's scores
//! for all clusters then stay in registers; the columns of a shard are turned into rows block by block.

use crate::table::people::{Codes, People};

/// Runs of bins, one per person.
#[derive(Clone, Debug)]
pub(super) struct Rows {
    /// Start of each run, and the end of the last.
    starts: Vec<u32>,
    /// All runs; bins are numbered across features ([`crate::table::schema::Schema::starts`]).
    bins: Vec<u32>,
}

impl Default for Rows {
    fn default() -> Self {
        Rows { starts: vec![0], bins: Vec::new() }
    }
}

impl Rows {
    /// How many people.
    pub fn len(&self) -> usize {
        self.starts.len() - 1
    }
    /// How many bins in all.
    pub fn cells(&self) -> usize {
        self.bins.len()
    }
    /// The bins of person `i`.
    #[inline]
    pub fn of(&self, i: usize) -> &[u32] {
        &self.bins[self.starts[i] as usize..self.starts[i + 1] as usize]
    }
    /// All people, in order.
    pub fn iter(&self) -> impl Iterator<Item = &[u32]> {
        self.starts.windows(2).map(|w| &self.bins[w[0] as usize..w[1] as usize])
    }
    /// One more person.
    pub fn push(&mut self, bins: impl Iterator<Item = u32>) {
        self.bins.extend(bins);
        self.starts.push(self.bins.len() as u32);
    }
    /// Becomes the people `who` of a shard, with these features. Column by column: the codes of a column lie
    /// together, and the kind of a column is asked once.
    pub fn fill(&mut self, people: &People, features: &[u32], who: &[usize]) {
        self.measure(people, features, who);
        // `starts[j + 1]` runs from the start of row j to its end while the columns come in.
        let ends = &mut self.starts[1..];
        let bins = &mut self.bins;
        for &f in features {
            let first = people.schema.starts[f as usize] as u32;
            let mut put = |j: usize, code: u32| {
                bins[ends[j] as usize] = first + code;
                ends[j] += 1;
            };
            match &people.columns[f as usize] {
                Codes::Narrow(codes) => who.iter().enumerate().for_each(|(j, &i)| put(j, codes[i].into())),
                Codes::Wide(codes) => who.iter().enumerate().for_each(|(j, &i)| put(j, codes[i].into())),
                Codes::Many { starts, codes } => {
                    for (j, &i) in who.iter().enumerate() {
                        let run = &codes[starts[i] as usize..starts[i + 1] as usize];
                        run.iter().for_each(|&code| put(j, code.into()));
                    }
                }
            }
        }
    }
    /// Makes room: `starts[j + 1]` becomes the start of row j.
    fn measure(&mut self, people: &People, features: &[u32], who: &[usize]) {
        let many: Vec<&Vec<u32>> = features
            .iter()
            .filter_map(|&f| match &people.columns[f as usize] {
                Codes::Many { starts, .. } => Some(starts),
                _ => None,
            })
            .collect();
        let single = (features.len() - many.len()) as u32;
        self.starts.clear();
        self.starts.push(0);
        let mut at = 0;
        for &i in who {
            self.starts.push(at);
            at += single + many.iter().map(|starts| starts[i + 1] - starts[i]).sum::<u32>();
        }
        self.bins.resize(at as usize, 0);
    }
}
