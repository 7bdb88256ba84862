//! What files of counts without IDs have in common: columns of labels over all files, days that can be read.

use super::bring::last_day;
use super::past::{PastRecipe, offset};
use super::products::Small;
use super::small::{Counted, SmallFile};
use crate::error::{Error, Kind, Result};
use crate::table::history::labelled::{DayColumn, Labelled};

/// Columns of labels, in the order they are met, each once.
pub(super) fn columns<'a>(named: impl Iterator<Item = &'a str>) -> Vec<String> {
    let mut names: Vec<String> = Vec::new();
    for name in named {
        if !names.iter().any(|known| known == name) {
            names.push(name.into());
        }
    }
    names
}

impl<R: SmallFile> Small<'_, R> {
    /// A refusal of the file.
    pub fn refuse(&self, kind: Kind, column: &str) -> Error {
        Error::new(kind).file(self.recipe.name()).column(column)
    }
    /// Refuses days that can be read two ways, or that need a zone.
    pub fn clear(&self, rows: &Labelled) -> Result<()> {
        for (kind, place) in [Kind::DateAmbiguous, Kind::ZoneUnclear].into_iter().zip(&rows.unclear) {
            if let Some((row, column)) = place {
                return Err(self.refuse(kind, column).row(*row));
            }
        }
        Ok(())
    }
}

impl<R: Counted> Small<'_, R> {
    /// Positions of its columns of labels, and the place of each among those of all files.
    pub fn labels(&self, rows: &Labelled) -> Result<Vec<(usize, usize)>> {
        let label =
            |(name, column): (&str, &str)| Ok((self.place(column)?, rows.dim(name).unwrap_or_default()));
        self.recipe.labels().into_iter().map(label).collect()
    }
    /// How a column of days is read.
    pub fn day(&self, name: &str, recipe: &PastRecipe) -> Result<DayColumn> {
        Ok(DayColumn {
            at: self.place(name)?,
            name: name.into(),
            format: self.recipe.format(),
            zone: offset(&recipe.time.zone, "time.zone")?,
            until: last_day(recipe)?.map(|day| day + 1),
        })
    }
}
