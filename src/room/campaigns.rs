//! Files of campaigns without IDs: read by the desk in order.

use super::bring::last_day;
use super::past::{PastRecipe, offset};
use super::products::Small;
use super::small::CountsRecipe;
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
    let mut names: Vec<String> = Vec::new();
    for (name, _) in files.iter().flat_map(|file| file.recipe.labels()) {
        if !names.iter().any(|known| known == name) {
            names.push(name.into());
        }
    }
    let decimals = files.first().map_or(2, |file| file.recipe.decimals);
    let all = files.iter().map(|file| file.recipe.file.clone()).collect();
    let (mut counts, mut accounts) = (Counts::new(names, decimals, all), Vec::new());
    for (number, file) in (0..).zip(files) {
        let reading = reading(file, number, &counts, recipe)?;
        let mut tally = Tally::default();
        file.read(desk, |text, span| counts.read(&reading, text, span, &mut tally)).await?;
        clear(file, &reading, &counts)?;
        accounts.push(file.account(&tally)?);
    }
    counts.seal();
    Ok((counts, accounts))
}

fn reading(
    file: &Small<CountsRecipe>,
    number: u32,
    counts: &Counts,
    recipe: &PastRecipe,
) -> Result<CountsReading> {
    let own = file.recipe;
    let refuse = |kind: Kind, column: &str| Error::new(kind).file(&own.file).column(column);
    // Two files in different units would be added up as if they were one.
    if own.decimals != counts.decimals || own.decimals > 6 {
        return Err(refuse(Kind::OutOfRange, "decimals"));
    }
    if own.numbers().iter().all(Option::is_none) {
        return Err(refuse(Kind::ColumnMissing, &NUMBERS.join(", ")));
    }
    let label =
        |(name, column): (&str, &str)| Ok((file.place(column)?, counts.dim(name).unwrap_or_default()));
    let mut numbers = [const { None }; 5];
    for ((to, name), column) in numbers.iter_mut().zip(NUMBERS).zip(own.numbers()) {
        let decimals = if matches!(name, "cost" | "revenue") { own.decimals } else { 0 };
        *to = column.map(|c| Ok::<_, Error>((file.place(c)?, c.to_string(), decimals))).transpose()?;
    }
    Ok(CountsReading {
        rows: file.rows(),
        file: number,
        time: own.time.as_ref().map(|c| Ok::<_, Error>((file.place(c)?, c.clone()))).transpose()?,
        format: own.format,
        zone: offset(&recipe.time.zone, "time.zone")?,
        until: last_day(recipe)?.map(|day| day + 1),
        labels: own.labels().into_iter().map(label).collect::<Result<_>>()?,
        numbers,
    })
}

/// Refuses days that can be read two ways, or that need a zone.
fn clear(file: &Small<CountsRecipe>, reading: &CountsReading, counts: &Counts) -> Result<()> {
    let column = reading.time.as_ref().map_or("", |(_, name)| name);
    for (kind, place) in [Kind::DateAmbiguous, Kind::ZoneUnclear].into_iter().zip(counts.unclear) {
        if let Some((_, row)) = place {
            return Err(Error::new(kind).file(&file.recipe.file).row(row).column(column));
        }
    }
    Ok(())
}
