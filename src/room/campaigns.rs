//! Files of campaigns without IDs: read by the desk in order.

use super::counted::columns;
use super::past::PastRecipe;
use super::products::Small;
use super::small::{Counted, CountsRecipe};
use crate::analysis::intake::PastAccount;
use crate::error::{Error, Kind, Result};
use crate::shard::desk::Desk;
use crate::table::history::counts::{Counts, CountsReading, NUMBERS};
use crate::table::store::parcel::Tally;

/// Reads all files of counted campaigns.
pub(super) async fn counts_of(
    desk: &Desk,
    files: &[Small<'_, CountsRecipe>],
    recipe: &PastRecipe,
) -> Result<(Counts, Vec<PastAccount>)> {
    let names = columns(files.iter().flat_map(|file| file.recipe.labels()).map(|(name, _)| name));
    let decimals = files.first().map_or(2, |file| file.recipe.decimals);
    let all = files.iter().map(|file| file.recipe.file.clone()).collect();
    let (mut counts, mut accounts) = (Counts::new(names, decimals, all), Vec::new());
    for (number, file) in (0..).zip(files) {
        let reading = reading(file, number, &counts, recipe)?;
        let mut tally = Tally::default();
        file.read(desk, |text, span| counts.read(&reading, text, span, &mut tally)).await?;
        file.clear(&counts.rows)?;
        accounts.push(file.account(&tally)?);
    }
    counts.rows.seal();
    Ok((counts, accounts))
}

fn reading(
    file: &Small<CountsRecipe>,
    number: u32,
    counts: &Counts,
    recipe: &PastRecipe,
) -> Result<CountsReading> {
    let own = file.recipe;
    // Two files in different units would be added up as if they were one.
    if own.decimals != counts.decimals || own.decimals > 6 {
        return Err(file.refuse(Kind::OutOfRange, "decimals"));
    }
    if own.numbers().iter().all(Option::is_none) {
        return Err(file.refuse(Kind::ColumnMissing, &NUMBERS.join(", ")));
    }
    let mut numbers = [const { None }; 5];
    for ((to, name), column) in numbers.iter_mut().zip(NUMBERS).zip(own.numbers()) {
        let decimals = if matches!(name, "cost" | "revenue") { own.decimals } else { 0 };
        *to = column.map(|c| Ok::<_, Error>((file.place(c)?, c.to_string(), decimals))).transpose()?;
    }
    Ok(CountsReading {
        rows: file.rows(),
        file: number,
        time: own.time.as_ref().map(|name| file.day(name, recipe)).transpose()?,
        labels: file.labels(&counts.rows)?,
        numbers,
    })
}
