//! What products are: a small file of one row per product that the desk reads itself, and its columns joined to every row of
//! events or orders that names one of them. A column is looked up once per label, never per row.

use super::past::{Codes, Table};
use super::small::{Left, SmallReading, Words};
use super::{Dim, TableSchema};
use crate::error::Result;
use crate::table::store::packed;
use crate::table::store::parcel::{Span, Tally};
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, BTreeSet};

/// Name of the column that rows and products are joined by.
pub const PRODUCT: &str = "product";

/// How one file of products is read.
#[derive(Clone, Debug, PartialEq)]
pub struct ProductReading {
    /// Its rows.
    pub rows: SmallReading,
    /// Position of the column of the product, and its name.
    pub product: (usize, String),
    /// Positions of its other columns, and the place of each in [`Products::columns`].
    pub columns: Vec<(usize, usize)>,
}

/// Products of all files.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Products {
    /// Names of what is known of them.
    pub columns: Vec<String>,
    words: Vec<Words>,
    of: BTreeMap<String, Vec<u32>>,
}

impl Products {
    /// No products yet, of whom this is to be known.
    pub fn new(columns: Vec<String>) -> Products {
        let words = vec![Words::default(); columns.len()];
        Products { columns, words, of: BTreeMap::new() }
    }
    /// Reads the rows of a piece of text; the first row of a product wins.
    pub fn read(
        &mut self,
        reading: &ProductReading,
        text: &[u8],
        span: Span,
        tally: &mut Tally,
    ) -> Result<(usize, u64)> {
        reading.rows.walk(text, span, tally, |cells, _| {
            let product = cells.text(reading.product.0);
            if product.is_empty() {
                return Err(Left::of("missing-product", &reading.product.1));
            }
            if self.of.contains_key(product) {
                return Err(Left::of("duplicate-product", &reading.product.1));
            }
            let mut known = vec![0; self.columns.len()];
            for (at, column) in &reading.columns {
                known[*column] = self.words[*column].number(cells.text(*at));
            }
            self.of.insert(product.into(), known);
            Ok(())
        })
    }
    /// The columns that join a table: those it has none of by that name; nothing if its rows name no product.
    pub fn joining(&self, table: &TableSchema) -> Vec<usize> {
        match table.dim(PRODUCT) {
            Some(_) => (0..self.columns.len()).filter(|at| table.dim(&self.columns[*at]).is_none()).collect(),
            None => vec![],
        }
    }
    /// How a table is joined whose products have these labels, and its new columns.
    pub fn join(&self, table: &TableSchema) -> Option<(Join, Vec<Dim>)> {
        let (product, dim) = table.dim(PRODUCT)?;
        let of: Vec<Option<&Vec<u32>>> = dim.labels.iter().map(|label| self.of.get(label)).collect();
        let (mut columns, mut named) = (Vec::new(), Vec::new());
        for at in self.joining(table) {
            let word = |known: &Option<&Vec<u32>>| {
                known.map_or("", |known| self.words[at].list[known[at] as usize].as_str())
            };
            let words: Vec<&str> = of.iter().map(word).collect();
            let (column, dim) = Joining::of(&self.columns[at], &words);
            columns.push(column);
            named.push(dim);
        }
        let known = of.iter().map(|known| u8::from(known.is_some())).collect();
        Some((Join { by: product as u32, known, columns }, named))
    }
}

/// What joins the rows of one table.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Join {
    /// The column that is looked up.
    pub by: u32,
    /// By its code, whether a file knows the product; nothing where nobody asks.
    #[serde(with = "packed")]
    pub known: Vec<u8>,
    /// The new columns.
    pub columns: Vec<Joining>,
}

/// A column that joins.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Joining {
    /// How many labels it has.
    pub labels: u32,
    /// Its code by that of the column that is looked up.
    #[serde(with = "packed")]
    pub codes: Vec<u32>,
}

impl Joining {
    /// A column that has these words by the code of the one it is looked up by.
    pub fn of<W: AsRef<str>>(name: &str, words: &[W]) -> (Joining, Dim) {
        let labels: BTreeSet<&str> = words.iter().map(AsRef::as_ref).chain([""]).collect();
        let labels: Vec<&str> = labels.into_iter().collect();
        let code = |word: &W| labels.binary_search(&word.as_ref()).unwrap_or_default() as u32;
        let column = Joining { labels: labels.len() as u32, codes: words.iter().map(code).collect() };
        let labels = labels.into_iter().map(String::from).collect();
        (column, Dim { name: name.into(), labels })
    }
}

impl Join {
    /// Joins the rows of one shard; how many of them name a product, and how many one that no file knows.
    pub fn apply(&self, table: &mut Table) -> [u64; 2] {
        // A shard without rows of the table has no columns of it either.
        let Some(products) = table.dims.get(self.by as usize) else { return [0, 0] };
        let rows = 0..table.times.len();
        let code = |row: usize| products.at(row) as usize;
        let column =
            |of: &Joining| Codes::new(of.labels as usize, rows.clone().map(|row| of.codes[code(row)]));
        let columns: Vec<Codes> = self.columns.iter().map(column).collect();
        let named = rows.clone().filter(|row| code(*row) > 0).count() as u64;
        let unknown =
            rows.filter(|row| code(*row) > 0 && self.known.get(code(*row)) == Some(&0)).count() as u64;
        table.dims.extend(columns);
        [named, unknown]
    }
}
