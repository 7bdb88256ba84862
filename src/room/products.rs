//! Files of products: read by the desk in order, joined to the rows that name them once their labels are agreed on.

use super::bring::refused_rows;
use super::call::FileRef;
use super::counted::columns;
use super::inspect::{Seen, Text};
use super::recipe::ColumnRef;
use super::small::{SkuRecipe, SmallFile};
use super::{Room, load};
use crate::analysis::intake::PastAccount;
use crate::error::{Error, Kind, Result};
use crate::shard::desk::Desk;
use crate::table::history::products::{PRODUCT, ProductReading, Products};
use crate::table::history::small::{self as limits, SmallReading};
use crate::table::history::{PastSchema, Source};
use crate::table::store::parcel::{Span, Tally};

/// A file that the desk keeps, looked at.
pub(super) struct Small<'a, R> {
    pub recipe: &'a R,
    pub seen: Seen,
}

impl<'a, R: SmallFile> Small<'a, R> {
    /// Looks at the files of a section, and refuses those that are too large.
    pub async fn all(
        room: &Room,
        recipes: impl Iterator<Item = &'a R>,
        files: &[FileRef],
    ) -> Result<Vec<Small<'a, R>>> {
        let (mut all, mut rows) = (Vec::new(), 0);
        for recipe in recipes {
            let name = recipe.name();
            let file = load::given(files, name)?;
            let too_large = || Error::new(Kind::TableTooLarge).file(name);
            if file.size > limits::BYTES {
                return Err(too_large());
            }
            let seen = load::counted(room, &recipe.overrule(), file).await?;
            rows += seen.inspection.rows;
            if rows > limits::ROWS {
                return Err(too_large());
            }
            all.push(Small { recipe, seen });
        }
        Ok(all)
    }
    /// How its rows are read.
    pub fn rows(&self) -> SmallReading {
        let layout = &self.seen.layout;
        SmallReading {
            dialect: layout.dialect.clone(),
            width: self.seen.inspection.columns.len(),
            missing: layout.missing.clone(),
        }
    }
    /// Where a column stands.
    pub fn place(&self, column: &str) -> Result<usize> {
        let missing = || Error::new(Kind::ColumnMissing).file(self.recipe.name()).column(column);
        ColumnRef::Name(column.into()).place(&self.seen.inspection.columns).ok_or_else(missing)
    }
    /// Reads its text piece by piece.
    pub async fn read(
        &self,
        desk: &Desk,
        mut take: impl FnMut(&[u8], Span) -> Result<(usize, u64)>,
    ) -> Result<()> {
        let dialect = &self.seen.layout.dialect;
        let mut text = Text::new(&self.seen.file, dialect.container, dialect.encoding);
        let mut first_row = 1;
        while let Some((chunk, last)) = text.next(desk).await? {
            let span = Span { first_row, end: chunk.len(), last };
            let (read, next_row) = take(&chunk, span).map_err(|e| e.file(self.recipe.name()))?;
            first_row = next_row;
            text.keep(&chunk[read..]);
            desk.progress("load", text.at, self.seen.file.size, "bytes");
        }
        Ok(())
    }
    /// Where its rows went, unless none was of use.
    pub fn account(&self, tally: &Tally) -> Result<PastAccount> {
        let left: u64 = tally.reasons.values().map(|(count, _)| count).sum();
        if left == tally.rows {
            return Err(refused_rows(self.recipe.name(), &tally.problems(false)));
        }
        Ok(self.accounted(tally))
    }
    /// Where its rows went.
    pub fn accounted(&self, tally: &Tally) -> PastAccount {
        let left: u64 = tally.reasons.values().map(|(count, _)| count).sum();
        PastAccount {
            file: self.recipe.name().into(),
            table: R::TABLE,
            rows: tally.rows,
            kept: tally.rows - left,
            reasons: tally.problems(false),
            notes: tally.problems(true),
        }
    }
}

/// Reads all files of products; refused if no table has rows that could name one.
pub(super) async fn products(
    desk: &Desk,
    files: &[Small<'_, SkuRecipe>],
    schema: &PastSchema,
) -> Result<(Products, Vec<PastAccount>)> {
    let columns = columns(files.iter().flat_map(|file| &file.recipe.columns).map(String::as_str));
    let (mut products, mut accounts) = (Products::new(columns), Vec::new());
    for file in files {
        let reading = reading(file, &products.columns)?;
        let mut tally = Tally::default();
        file.read(desk, |text, span| products.read(&reading, text, span, &mut tally)).await?;
        accounts.push(file.account(&tally)?);
    }
    let named = |source: &Source| schema.table(*source).dim(PRODUCT).is_some();
    match files.first() {
        Some(file) if !Source::ALL.iter().any(named) => {
            let refusal = Error::new(Kind::TableMissing).file(&file.recipe.file);
            Err(refusal.column("orders: product, events: product"))
        }
        _ => Ok((products, accounts)),
    }
}

fn reading(file: &Small<SkuRecipe>, columns: &[String]) -> Result<ProductReading> {
    let SkuRecipe { product, columns: own, .. } = file.recipe;
    if own.is_empty() {
        return Err(Error::new(Kind::OutOfRange).file("room.toml").column("sku.columns"));
    }
    let place = |name: &String| {
        let among = columns.iter().position(|column| column == name).unwrap_or_default();
        Ok((file.place(name)?, among))
    };
    Ok(ProductReading {
        rows: file.rows(),
        product: (file.place(product)?, product.clone()),
        columns: own.iter().map(place).collect::<Result<_>>()?,
    })
}
