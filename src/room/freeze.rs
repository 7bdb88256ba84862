//! A table as it was known on a day: what the recipe says of it, checked against what the file holds.

use super::recipe::FileRecipe;
use crate::error::{Error, Kind, Result};
use crate::table::dates;
use crate::table::inspection::ColumnFound;
use crate::table::schema::{FeatureKind, Role};
use crate::table::store::parcel::Reading;

/// The reading of the file frozen as the recipe says.
pub fn frozen(mut reading: Reading, recipe: &FileRecipe, found: &[ColumnFound]) -> Result<Reading> {
    let refuse = |kind: Kind, column: &str| Error::new(kind).file(&recipe.file).column(column);
    let no_day = || refuse(Kind::FreezeInvalid, "as_of");
    reading.late =
        recipe.as_of.as_deref().map(|text| day(text).map(|day| day + 1.0).ok_or_else(no_day)).transpose()?;
    if reading.late.is_none() && !recipe.dated.is_empty() {
        return Err(no_day());
    }
    let position = |name: &String| {
        let at = found.iter().position(|c| c.name == *name);
        at.ok_or_else(|| refuse(Kind::ColumnMissing, name))
    };
    for (name, clock) in &recipe.dated {
        let (at, clock_at) = (position(name)?, position(clock)?);
        let aside = |at: usize| at == reading.id || Some(at) == reading.folds;
        if aside(at) || aside(clock_at) || !is_date(recipe, &found[clock_at]) {
            return Err(refuse(Kind::FreezeInvalid, if aside(at) { name } else { clock }));
        }
        reading.columns.iter_mut().filter(|c| c.at == at).for_each(|c| c.clock = Some(clock_at));
    }
    Ok(reading)
}

/// A day in its one form, `2026-06-01`, as days since 1970-01-01.
pub fn day(text: &str) -> Option<f64> {
    dates::date(text.as_bytes()).filter(|&day| day.fract() == 0.0 && dates::text(day) == text)
}

/// The same as days of rows of many per person are counted: those from 1970 on, for as long as seconds hold.
pub fn past_day(text: &str) -> Option<u32> {
    day(text).filter(|day| (0.0..40_000.0).contains(day)).map(|day| day as u32)
}

/// Whether a column holds dates; one that is left out can still say when others were known.
fn is_date(recipe: &FileRecipe, found: &ColumnFound) -> bool {
    match super::load::column(recipe, 0, found) {
        Some(column) => column.kind == FeatureKind::Date,
        None => found.role == Role::Date,
    }
}
