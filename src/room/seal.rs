//! Rows that are all in: labels agreed on over all shards, what is known of products joined, rows sealed.

use super::bring::last_day;
use super::past::PastRecipe;
use crate::analysis::feedback;
use crate::analysis::intake::{Ahead, Joined};
use crate::error::Result;
use crate::shard::desk::Desk;
use crate::shard::history::{FoundPast, SealPast};
use crate::table::dates;
use crate::table::history::moment::DAY;
use crate::table::history::products::{Join, Joining, Products};
use crate::table::history::settle::Settled;
use crate::table::history::{PastSchema, Source};
use std::collections::{BTreeMap, BTreeSet};

/// Agrees on the labels of all shards, and seals; how tables found their products. `counted` is the last day of what
/// somebody else counted.
pub(super) async fn seal(
    desk: &Desk,
    recipe: &PastRecipe,
    schema: &mut PastSchema,
    products: &Products,
    counted: Option<u32>,
) -> Result<(Vec<Joined>, Settled, Option<Ahead>)> {
    desk.progress("seal", 0, 0, "rows");
    let mut last = counted.unwrap_or(0) * DAY;
    let mut words: [Vec<BTreeSet<String>>; 3] =
        Source::ALL.map(|source| vec![BTreeSet::from([String::new()]); schema.table(source).dims.len()]);
    for held in desk.all(&FoundPast).await? {
        last = last.max(held.last.unwrap_or(0));
        for ((table, columns), (to, rows)) in
            words.iter_mut().zip(held.labels).zip(schema.tables.iter_mut().zip(held.rows))
        {
            table.iter_mut().zip(columns).for_each(|(all, labels)| all.extend(labels));
            to.rows += rows;
        }
    }
    let labels =
        words.map(|table| table.into_iter().map(|l| l.into_iter().collect()).collect::<Vec<Vec<String>>>());
    for (table, columns) in schema.tables.iter_mut().zip(&labels) {
        table.dims.iter_mut().zip(columns).for_each(|(dim, labels)| dim.labels.clone_from(labels));
    }
    let mut joined = [None, None, None];
    let joins = Source::ALL.map(|source| join(schema, source, products, &mut joined[source.at()]));
    let mut texts = [None, None, None];
    for source in Source::ALL {
        texts[source.at()] = said(desk, schema, source, recipe).await?;
    }
    let (mut settled, mut days) = (Settled::default(), BTreeMap::new());
    for sealed in desk.all(&SealPast { labels, joins, texts }).await? {
        schema.people += sealed.people;
        settled += sealed.settled;
        sealed.days.into_iter().for_each(|(day, rows)| *days.entry(day).or_insert(0) += rows);
        for (of, [rows, unknown]) in joined.iter_mut().zip(sealed.joined) {
            of.iter_mut().for_each(|of| (of.rows, of.unknown) = (of.rows + rows, of.unknown + unknown));
        }
    }
    schema.end = (last_day(recipe)?.unwrap_or(last / DAY) + 1) * DAY;
    let ahead = ahead(&days, schema).filter(|_| recipe.time.as_of.is_none());
    Ok((joined.into_iter().flatten().collect(), settled, ahead))
}

/// A month between the last day and the one before it, and less than one row in a hundred on it: a slip of the pen, rather than
/// the last day there is.
fn ahead(days: &BTreeMap<u32, u64>, schema: &PastSchema) -> Option<Ahead> {
    let mut last = days.iter().rev();
    let ((day, rows), (before, _)) = last.next().zip(last.next())?;
    let all: u64 = schema.tables.iter().map(|table| table.rows).sum();
    let text = |day: u32| dates::text(f64::from(day));
    let odd = day - before > 31 && rows * 100 < all;
    odd.then(|| Ahead { day: text(*day), rows: *rows, before: text(*before) })
}

/// Unknown products that are named.
const EXAMPLES: usize = 10;

/// How a table is joined with its products, whose columns become columns of the table.
fn join(
    schema: &mut PastSchema,
    source: Source,
    products: &Products,
    joined: &mut Option<Joined>,
) -> Option<Join> {
    let table = &mut schema.tables[source.at()];
    let some = !products.columns.is_empty() && table.rows > 0;
    let (join, columns) = some.then(|| products.join(table)).flatten()?;
    let labels = &table.dims[join.by as usize].labels;
    let unknown = labels.iter().zip(&join.known).skip(1).filter(|(_, known)| **known == 0);
    let examples = unknown.map(|(label, _)| label.clone()).take(EXAMPLES).collect();
    *joined = Some(Joined { table: source.name(), rows: 0, unknown: 0, examples });
    table.dims.extend(columns);
    Some(join)
}

/// What the texts of a table say, as columns of it, but for those it has a column of that name itself.
async fn said(
    desk: &Desk,
    schema: &mut PastSchema,
    source: Source,
    recipe: &PastRecipe,
) -> Result<Option<Join>> {
    let table = &mut schema.tables[source.at()];
    let Some((text, texts)) = table.dim(feedback::TEXT).filter(|_| table.rows > 0) else { return Ok(None) };
    let said = feedback::columns(desk, &recipe.text, &texts.labels).await?;
    let mut columns = Vec::new();
    for (name, words) in said {
        if table.dim(name).is_none() {
            let (column, dim) = Joining::of(name, &words);
            table.dims.push(dim);
            columns.push(column);
        }
    }
    Ok(Some(Join { by: text as u32, known: vec![], columns }))
}
