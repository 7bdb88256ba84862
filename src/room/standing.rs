//! Files of people by stage as platforms count them: read by the desk in order.

use super::counted::columns;
use super::freeze;
use super::past::PastRecipe;
use super::products::Small;
use super::small::{Counted, StandingRecipe};
use crate::analysis::intake::PastAccount;
use crate::error::{Error, Kind, Result};
use crate::shard::desk::Desk;
use crate::table::history::standing::{Day, Form, Named, StandingReading, Standings};
use crate::table::store::parcel::Tally;

/// Reads all files of people by stage.
pub(super) async fn standings_of(
    desk: &Desk,
    files: &[Small<'_, StandingRecipe>],
    recipe: &PastRecipe,
) -> Result<(Standings, Vec<PastAccount>)> {
    let named = |file: &Small<'_, StandingRecipe>| {
        let columns = file.recipe.labels().into_iter().map(|(name, _)| name.to_string());
        columns.chain(file.recipe.all.keys().cloned()).collect::<Vec<_>>()
    };
    let names: Vec<String> = files.iter().flat_map(named).collect();
    let all = files.iter().map(|file| file.recipe.file.clone()).collect();
    let mut standings = Standings::new(columns(names.iter().map(String::as_str)), all);
    let mut accounts = Vec::new();
    for (number, file) in (0..).zip(files) {
        let reading = reading(file, number, &standings, recipe)?;
        let mut tally = Tally::default();
        file.read(desk, |text, span| standings.read(&reading, text, span, &mut tally)).await?;
        file.clear(&standings.rows)?;
        // A file that only contradicts others is read all the same: the report says where.
        let clash = standings.clashes.iter().any(|clash| clash.place.0 == number);
        accounts.push(if clash { file.accounted(&tally) } else { file.account(&tally)? });
    }
    standings.seal();
    Ok((standings, accounts))
}

fn reading(
    file: &Small<StandingRecipe>,
    number: u32,
    standings: &Standings,
    recipe: &PastRecipe,
) -> Result<StandingReading> {
    let own = file.recipe;
    let twice = |name: &String| own.labels().iter().any(|(label, _)| label == name);
    let (flow, wide) = (own.from.is_some() || own.to.is_some(), !own.stages.is_empty());
    let plain = !wide || own.stage.is_none() && own.people.is_none();
    let still = flow || own.since.is_none() && own.since_day.is_none();
    let alone = !flow || !wide && own.stage.is_none() && own.total.is_none();
    for (name, fine) in [
        ("standing.all", !own.all.keys().any(twice)),
        ("standing.stages", plain && alone),
        ("standing.since", still),
    ] {
        if !fine {
            return Err(file.refuse(Kind::OutOfRange, name));
        }
    }
    let at = |(name, label): (&String, &String)| {
        Some((standings.rows.dim(name)?, label.trim().to_string())).filter(|(_, label)| !label.is_empty())
    };
    Ok(StandingReading {
        rows: file.rows(),
        file: number,
        time: day(file, &own.time, &own.day, "time", recipe)?,
        labels: file.labels(&standings.rows)?,
        given: own.all.iter().filter_map(at).collect(),
        form: if flow { moves(file, recipe)? } else { stock(file)? },
    })
}

fn named(file: &Small<StandingRecipe>, column: &str) -> Result<Named> {
    Ok((file.place(column)?, column.to_string()))
}

/// A column the recipe has to name.
fn told(file: &Small<StandingRecipe>, column: &Option<String>, role: &str) -> Result<Named> {
    let column = column.as_ref().ok_or_else(|| file.refuse(Kind::ColumnMissing, role))?;
    named(file, column)
}

fn moves(file: &Small<StandingRecipe>, recipe: &PastRecipe) -> Result<Form> {
    let own = file.recipe;
    Ok(Form::Flow {
        since: day(file, &own.since, &own.since_day, "since", recipe)?,
        from: told(file, &own.from, "from")?,
        to: told(file, &own.to, "to")?,
        people: told(file, &own.people, "people")?,
    })
}

fn stock(file: &Small<StandingRecipe>) -> Result<Form> {
    let own = file.recipe;
    if own.stages.is_empty() {
        let stage = told(file, &own.stage, "stage, stages, from")?;
        return Ok(Form::Long {
            stage,
            people: told(file, &own.people, "people")?,
            total: own.total.clone(),
        });
    }
    let column = |(stage, column): (&String, &String)| Ok((stage.clone(), named(file, column)?));
    let mut stages = own.stages.iter().map(column).collect::<Result<Vec<_>>>()?;
    // Stages are met in the order of their columns.
    stages.sort_by_key(|(_, (at, _))| *at);
    Ok(Form::Wide { stages, total: own.total.as_ref().map(|column| named(file, column)).transpose()? })
}

/// Where a file says a day: in a column, or the recipe for all of it; once.
fn day(
    file: &Small<StandingRecipe>,
    column: &Option<String>,
    all: &Option<String>,
    role: &str,
    recipe: &PastRecipe,
) -> Result<Day> {
    match (column, all) {
        (Some(column), None) => Ok(Day::Column(file.day(column, recipe)?)),
        (None, Some(text)) => {
            let refuse = || Error::new(Kind::OutOfRange).file(&file.recipe.file).column(text);
            freeze::past_day(text).map(Day::All).ok_or_else(refuse)
        }
        (None, None) => Err(file.refuse(Kind::ColumnMissing, role)),
        (Some(_), Some(_)) => Err(file.refuse(Kind::OutOfRange, &format!("standing.{role}"))),
    }
}
