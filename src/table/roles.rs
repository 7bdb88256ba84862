//! From what a survey counted to what the page shows: a role for every column with its reason, what is odd, a
//! masked preview, and the memory loading will take. Every role is a proposal that the recipe can overrule.

use crate::error::{Kind, Result};
use crate::id::{self, Digest, Guess, Reason, Recipe, Shape};
use crate::num::Order;
use crate::table::column::{Column, Oddity, SEPARATORS, Separated};
use crate::table::inspection::{ColumnFound, Inspection, Problem};
use crate::table::layout::Layout;
use crate::table::schema::{Encoding, Role};
use crate::table::sketch::K;
use crate::table::survey::Survey;
use crate::table::{dates, values};

/// Whole numbers of at most this many values are codes.
const FEW: u64 = 12;
/// A text column of more values than this that hardly repeats is no tag.
const MANY: u64 = 5_000;
/// Labels a column can have for certain: the limit of 65,000 less the error of the estimate.
const MOST: u64 = 55_000;

impl Inspection {
    /// Sums a survey up. `size` is that of the file on disk.
    pub fn of(survey: &Survey, layout: &Layout, size: u64) -> Result<Inspection> {
        if survey.rows == 0 {
            return Err(Kind::NoRows.into());
        }
        Ok(sum_up(survey, layout, size))
    }
}

fn sum_up(survey: &Survey, layout: &Layout, size: u64) -> Inspection {
    let guesses: Vec<Option<Guess>> = layout.names.iter().zip(&survey.columns).map(guess).collect();
    let chosen = choose(survey, &guesses);
    let found = |i: usize| -> (Role, &'static str) {
        let (column, guess) = (&survey.columns[i], guesses[i].as_ref());
        if chosen == Some(i) {
            let recipe = guess.map_or(Recipe { kind: id::Kind::Opaque, digest: Digest::None }, |g| g.recipe);
            return (Role::Id(recipe), "id");
        }
        role(column, guess, survey.rows)
    };
    let roles: Vec<_> = (0..layout.width()).map(found).collect();
    let problems = problems(survey, layout, &roles, &guesses, chosen);
    let columns = layout.names.iter().zip(&survey.columns).zip(&roles).zip(&guesses);
    Inspection {
        size,
        dialect: layout.dialect.clone(),
        rows: survey.rows,
        columns: columns
            .map(|(((name, column), role), guess)| shown_column(name, column, role, guess))
            .collect(),
        preview: preview(survey, &guesses),
        problems,
        memory: memory(survey, &roles),
    }
}

/// Different values, never more than there are cells.
fn distinct(column: &Column) -> u64 {
    column.distinct.distinct().min(column.filled)
}

fn guess((name, column): (&String, &Column)) -> Option<Guess> {
    // Within two standard errors of "all different", all are taken for different.
    let estimate = column.distinct.distinct();
    let unique = estimate > K as u64 && estimate * 113 >= column.filled * 100;
    let ratio = if unique { 1.0 } else { distinct(column) as f64 / column.filled.max(1) as f64 };
    let guess = id::guess(name, &column.shapes, ratio)?;
    let opaque = matches!(guess.reason, Reason::NameSaysId | Reason::Unique);
    let measure = column.dates * 100 >= column.filled * 95
        || column.numbers * 100 >= column.filled * 95 && column.whole < column.numbers;
    let repeats = distinct(column) <= FEW && ratio < 0.5;
    (!(opaque && (measure && guess.reason == Reason::Unique || repeats))).then_some(guess)
}

/// The ID column: the surest guess, the first of equals; the only column, whatever it holds.
fn choose(survey: &Survey, guesses: &[Option<Guess>]) -> Option<usize> {
    let sure = |i: usize| guesses[i].as_ref().map_or(-1.0, |g| g.confidence);
    let dated = |c: &Column| c.dates * 100 >= c.filled * 95;
    let candidates = (0..guesses.len()).filter(|&i| guesses[i].is_some() && !dated(&survey.columns[i]));
    let best = candidates.reduce(|best, i| if sure(i) > sure(best) { i } else { best });
    best.or((survey.columns.len() == 1).then_some(0))
}

/// The role of a column that is not the chosen ID, and the code of the reason.
fn role(column: &Column, guess: Option<&Guess>, rows: u64) -> (Role, &'static str) {
    let (filled, different) = (column.filled, distinct(column));
    let most = |count: u64| count * 100 >= filled * 95;
    if filled * 200 < rows.max(1) {
        return (Role::Ignore, "mostly-empty");
    }
    if different == 1 && filled == rows {
        return (Role::Ignore, "constant");
    }
    if most(column.dates) {
        return (Role::Date, "dates");
    }
    if guess.is_some_and(|g| g.reason != Reason::Unique) {
        return (Role::Ignore, "second-id");
    }
    let free = different > MANY && different * 2 > filled || different > MOST;
    if most(column.ambiguous) {
        return (if free { Role::Ignore } else { Role::Category }, "ambiguous-date");
    }
    let coded = column.zero_led * 200 > filled;
    if most(column.numbers) && !coded {
        let codes = different <= FEW && column.whole * 100 >= column.numbers * 95;
        return if codes { (Role::Category, "few-values") } else { (Role::Number, "numbers") };
    }
    match separator(column) {
        Some((separator, _)) => (Role::Multi { separator: separator.into() }, "separator"),
        None if free => (Role::Ignore, "free-text"),
        None => (Role::Category, if coded { "codes" } else { "few-values" }),
    }
}

/// The separator that stands in at least a fifth of the cells and makes few labels of many texts.
///
/// Commas, slashes and spaces also stand in single labels (`Doe, John`, `18-24 male`): there the labels must be
/// half as many as the texts, and their number must vary.
fn separator(column: &Column) -> Option<(&'static str, &Separated)> {
    let different = distinct(column);
    let fits = |(i, counts): &(usize, &Separated)| {
        let labels = counts.distinct.distinct();
        let weak = matches!(SEPARATORS[*i], "," | "，" | "/" | " ");
        let varies = counts.cells < column.filled || counts.fewest < counts.most;
        let few = if weak { labels * 2 <= different && varies } else { labels < different };
        counts.cells * 5 >= column.filled && few && labels <= MOST
    };
    let mut best: Option<(usize, &Separated)> = None;
    for found in column.separated.iter().enumerate().filter(fits) {
        if best.is_none_or(|(_, counts)| found.1.cells > counts.cells) {
            best = Some(found);
        }
    }
    best.map(|(i, counts)| (SEPARATORS[i], counts))
}

fn shown_column(name: &str, column: &Column, role: &(Role, &str), guess: &Option<Guess>) -> ColumnFound {
    ColumnFound {
        name: name.into(),
        role: role.0.clone(),
        reason: role.1.into(),
        id: *guess,
        filled: column.filled,
        distinct: distinct(column),
        examples: column.examples.iter().map(|cell| masked(cell, guess.as_ref())).collect(),
    }
}

fn preview(survey: &Survey, guesses: &[Option<Guess>]) -> Vec<Vec<String>> {
    let row = |(_, cells): &(_, Vec<String>)| {
        cells.iter().zip(guesses).map(|(cell, guess)| masked(cell, guess.as_ref())).collect()
    };
    survey.preview.iter().map(row).collect()
}

/// A cell as the page may show it. IDs are masked wherever they stand: a phone in a remark is a phone.
fn masked(cell: &str, guess: Option<&Guess>) -> String {
    let kind = match guess.filter(|g| g.reason != Reason::Unique) {
        Some(guess) => Some(guess.recipe.kind),
        None => id_like(values::trim(cell.as_bytes())),
    };
    kind.map_or_else(|| cell.to_string(), |kind| id::mask(cell, kind))
}

/// The kind to mask a cell by, if it may name somebody.
fn id_like(cell: &[u8]) -> Option<id::Kind> {
    match id::shape(cell) {
        Shape::CnPhone | Shape::CnPhone86 | Shape::E164 => Some(id::Kind::Phone),
        Shape::Email => Some(id::Kind::Email),
        _ if dates::date(cell).is_some() => None,
        Shape::Empty | Shape::Scientific => None,
        Shape::Digits => (cell.len() >= 11).then_some(id::Kind::Opaque),
        Shape::Text if values::number(cell).is_some() => None,
        Shape::Text => (cell.contains(&b'@') || long_run(cell)).then_some(id::Kind::Opaque),
        _ => Some(id::Kind::Opaque),
    }
}

/// Eight digits or more in a row.
fn long_run(cell: &[u8]) -> bool {
    cell.split(|b| !b.is_ascii_digit()).any(|digits| digits.len() >= 8)
}

fn problems(
    survey: &Survey,
    layout: &Layout,
    roles: &[(Role, &str)],
    guesses: &[Option<Guess>],
    chosen: Option<usize>,
) -> Vec<Problem> {
    let mut found = Problems { survey, list: Vec::new() };
    if layout.dialect.encoding == Encoding::Windows1252 {
        found.note("encoding-guessed", survey.rows, None);
    }
    if let Some(mark) = survey.malformed {
        found.odd(Kind::EncodingWrong.code(), &Oddity { count: 1, first: Some(mark) }, None);
    }
    found.odd("blank-line", &survey.blanks, None);
    found.odd("short-row", &survey.short, None);
    found.odd("long-row", &survey.long, None);
    twice(&layout.names).for_each(|name| found.note(Kind::ColumnTwice.code(), 1, Some(name)));
    if chosen.is_none() {
        found.note(Kind::NoIdColumn.code(), survey.rows, None);
    }
    for (i, (name, column)) in layout.names.iter().zip(&survey.columns).enumerate() {
        match &roles[i].0 {
            Role::Category => found.odd(Kind::FormulaLabel.code(), &column.formulas, Some(name)),
            Role::Multi { .. } => {
                let odd = separator(column).map_or(column.formulas, |(_, s)| s.formulas);
                found.odd(Kind::FormulaLabel.code(), &odd, Some(name));
            }
            _ => {}
        }
        if roles[i].1 == "ambiguous-date" {
            found.note("ambiguous-date", column.ambiguous, Some(name));
        }
        if guesses[i].as_ref().is_some_and(|g| g.reason == Reason::Rounded) {
            found.note(Kind::IdScientific.code(), column.shapes[Shape::Scientific.index()], Some(name));
        }
    }
    found.list
}

struct Problems<'a> {
    survey: &'a Survey,
    list: Vec<Problem>,
}

impl Problems<'_> {
    fn odd(&mut self, code: &str, oddity: &Oddity, column: Option<&str>) {
        let first_row = oddity.first.map(|mark| self.survey.row(mark));
        if oddity.count > 0 {
            let column = column.map(str::to_string);
            self.list.push(Problem { code: code.into(), count: oddity.count, first_row, column });
        }
    }
    fn note(&mut self, code: &str, count: u64, column: Option<&str>) {
        self.odd(code, &Oddity { count, first: None }, column);
    }
}

/// Names that more than one column has, each once.
fn twice(names: &[String]) -> impl Iterator<Item = &str> {
    let mut sorted: Vec<&str> = names.iter().map(String::as_str).collect();
    sorted.order();
    let mut again: Vec<&str> =
        sorted.windows(2).filter(|pair| pair[0] == pair[1]).map(|pair| pair[0]).collect();
    again.dedup();
    again.into_iter()
}

/// Buffers for stretches of the file, dictionaries and messages, whatever the file.
const FIXED: u64 = 32 << 20;

/// Bytes to load a file with these roles, while its cells still wait to be binned.
///
/// Per row: 16 for the key of the person, 4 for the row number, and the ID as it is written (33 for 64 hex
/// characters, 17 for 32, else its text and 2; `id::Ids`). Per cell: 8 for a number or date, 4 for a category, 4
/// and 4 per label for several. And 2 per cell for the codes it becomes.
fn memory(survey: &Survey, roles: &[(Role, &str)]) -> u64 {
    let cells: u64 =
        roles.iter().zip(&survey.columns).map(|((role, _), column)| cost(role, column, survey.rows)).sum();
    FIXED + 20 * survey.rows + cells
}

fn cost(role: &Role, column: &Column, rows: u64) -> u64 {
    match role {
        Role::Id(_) => {
            let count = |shape: Shape| column.shapes[shape.index()];
            let (long, short) = (count(Shape::Hex64), count(Shape::Md5));
            let text = column.bytes.saturating_sub(64 * long + 32 * short);
            33 * long + 17 * short + text + 2 * (column.filled - long - short)
        }
        Role::Category => (4 + 2) * rows,
        Role::Number | Role::Date => (8 + 2) * rows,
        Role::Multi { .. } => {
            let labels = separator(column).map_or(column.filled, |(_, s)| s.labels + column.filled - s.cells);
            4 * rows + (4 + 2) * labels
        }
        Role::Fold => rows,
        Role::Ignore => 0,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::table::survey::tests::{layout, whole};

    fn inspect(text: &str) -> Inspection {
        let layout = layout(text.as_bytes(), None).unwrap();
        let survey = whole(text.as_bytes(), &layout).unwrap();
        Inspection::of(&survey, &layout, text.len() as u64).unwrap()
    }

    /// A column `x` of these cells beside a column of phones.
    fn beside(cells: impl IntoIterator<Item = String>) -> Inspection {
        let row = |(i, cell): (usize, String)| format!("{},\"{cell}\"\n", 13_800_138_000 + i as u64);
        inspect(&format!("phone,x\n{}", cells.into_iter().enumerate().map(row).collect::<String>()))
    }

    fn role_of(cells: impl IntoIterator<Item = String>) -> String {
        let found = beside(cells);
        let column = &found.columns[1];
        let separator = match &column.role {
            Role::Multi { separator } => separator.as_str(),
            _ => "",
        };
        let role = serde_json::to_value(&column.role).unwrap();
        format!("{}{separator} {}", role["role"].as_str().unwrap(), column.reason)
    }

    fn cycle(cells: &[&str], n: usize) -> Vec<String> {
        (0..n).map(|i| cells[i % cells.len()].to_string()).collect()
    }

    #[test]
    fn roles_and_reasons() {
        let text = |n: u64, f: fn(u64) -> String| (0..n).map(f).collect::<Vec<_>>();
        assert_eq!(role_of(cycle(&["上海", "北京", "New York"], 100)), "category few-values");
        assert_eq!(role_of(cycle(&["1", "2", "3", "NA"], 100)), "category few-values");
        assert_eq!(role_of(cycle(&["1.5", "2", "3"], 100)), "number numbers");
        assert_eq!(role_of(text(100, |i| (i % 40 * 1000).to_string())), "number numbers");
        assert_eq!(role_of(text(100, |i| format!("{},{:03}", 1 + i, i))), "number numbers");
        assert_eq!(role_of(text(400, |i| format!("{:06}", i % 300 * 7))), "category codes");
        assert_eq!(role_of(text(100, |i| format!("2024-01-{:02}", 1 + i % 28))), "date dates");
        assert_eq!(role_of(text(100, |i| format!("202401{:02}", 1 + i % 28))), "date dates");
        assert_eq!(role_of(text(100, |i| format!("202401{:02}1230{:02}", 1 + i % 28, i % 60))), "date dates");
        assert_eq!(role_of(text(100, |i| format!("{:02}/02/2024", 1 + i % 28))), "category ambiguous-date");
        assert_eq!(role_of(cycle(&["x"], 100)), "ignore constant");
        assert_eq!(role_of(cycle(&["x", ""], 100)), "category few-values");
        assert_eq!(
            role_of(text(1000, |i| if i == 0 { "x".into() } else { "".into() })),
            "ignore mostly-empty"
        );
        assert_eq!(role_of(text(6000, |i| format!("说明 {i}"))), "ignore free-text");
        assert_eq!(role_of(text(100, |i| format!("user{}@a.cn", i))), "ignore second-id");
    }

    #[test]
    fn separators() {
        let tags = ["母婴", "汽车", "美妆", "数码", "旅行"];
        let pairs = |separator: &'static str| {
            (0..200usize).map(move |i| match i % 4 {
                0 => tags[i / 4 % 5].to_string(),
                1 => [tags[i / 4 % 5], tags[i / 20 % 5]].join(separator),
                _ => [tags[i % 5], tags[i / 5 % 5], tags[i / 25 % 5]].join(separator),
            })
        };
        for separator in ["|", ";", "、", "；", "#", ",", "，", "/", " "] {
            assert_eq!(role_of(pairs(separator)), format!("multi{separator} separator"));
        }
        let array = |cell: String| {
            format!("[{}]", cell.split('|').map(|t| format!("'{t}'")).collect::<Vec<_>>().join(","))
        };
        assert_eq!(role_of(pairs("|").map(array)), "multi, separator");
        assert_eq!(
            role_of(cycle(&["18-24 male", "18-24 female", "25-34 male", "25-34 female"], 100)),
            "category few-values"
        );
        assert_eq!(role_of(cycle(&["Doe, John", "Doe, Jane", "Li, Lei"], 100)), "category few-values");
        assert_eq!(
            role_of(cycle(&["high school", "university degree", "basic 4y", "basic 6y"], 100)),
            "category few-values"
        );
    }

    #[test]
    fn the_surest_column_is_the_id() {
        let hash = "a6942f9771d67f34034d2f1926988ed3fad3bf1b4e7cedb9a31f31398dea43bc";
        let row = |i: u64| format!("{i},{:04x}{},{}\n", i, &hash[4..], i % 2);
        let found = inspect(&format!("row_id,id,label\n{}", (0..300).map(row).collect::<String>()));
        let roles: Vec<_> = found.columns.iter().map(|c| c.reason.as_str()).collect();
        assert_eq!(roles, ["second-id", "id", "few-values"]);
        assert_eq!(found.rows, 300);
        assert!(
            found.columns[1].examples.iter().all(|e| e.chars().count() < 20),
            "{:?}",
            found.columns[1].examples
        );
        assert!(found.memory > FIXED + 300 * (20 + 33));
    }

    #[test]
    fn one_column_is_the_id_whatever_it_holds() {
        let found = inspect("V0012\nV0013\nV0012\n");
        assert!(matches!(found.columns[0].role, Role::Id(Recipe { kind: id::Kind::Opaque, .. })));
        assert_eq!((found.columns[0].name.as_str(), found.rows), ("1", 3));
        let found = inspect("13800138000\n13800138001\n");
        assert!(matches!(
            found.columns[0].role,
            Role::Id(Recipe { kind: id::Kind::Phone, digest: Digest::None })
        ));
    }

    #[test]
    fn no_raw_id_is_shown() {
        let found = inspect(
            "id,phone,note\n1,13800138000,call 13912345678\n2,13800138001,me@example.com\n3,NA,fine\n",
        );
        let shown = serde_json::to_string(&(found.preview, found.columns)).unwrap();
        for raw in ["13800138000", "13800138001", "13912345678", "me@example.com"] {
            assert!(!shown.contains(raw), "{shown}");
        }
        assert!(shown.contains("fine") && shown.contains("138****8000"));
    }

    fn told(found: &Inspection) -> Vec<String> {
        let line = |p: &Problem| {
            format!(
                "{} {} {:?} {}",
                p.code,
                p.count,
                p.first_row.unwrap_or(0),
                p.column.as_deref().unwrap_or("")
            )
        };
        found.problems.iter().map(line).collect()
    }

    #[test]
    fn problems_have_codes_and_places() {
        let found =
            inspect("phone,x,x\n13800138000,=1+1,a\n\n13800138001,b\n13800138002,c,d,e\n13800138003,b,c\n");
        let want = [
            "blank-line 1 3 ",
            "short-row 1 4 ",
            "long-row 1 5 ",
            "column-twice 1 0 x",
            "formula-label 1 2 x",
        ];
        assert_eq!(told(&found), want);
        let found = inspect("imei,x\n8.68186E+14,a\n8.68186E+14,b\n");
        assert_eq!(told(&found), ["id-scientific 2 0 imei"]);
        let found = inspect("city,x\n上海,a\n北京,b\n上海,b\n");
        assert_eq!(told(&found), ["no-id-column 3 0 "]);
    }

    #[test]
    fn a_header_alone_is_refused() {
        let layout = layout(b"phone,age\n", None).unwrap();
        let survey = whole(b"phone,age\n", &layout).unwrap();
        assert_eq!(Inspection::of(&survey, &layout, 10).map_err(|e| e.kind), Err(Kind::NoRows));
    }
}
