//! A table as it was known on a day: freezing a file gives, byte for byte, what the same file gives with the late cells
//! blanked by hand, over any number of shards; what was frozen is counted; a leak of what came after the day is gone.

mod room;

use atoll::analysis::lookalike::{LookalikePlan, LookalikeReport, Model};
use atoll::error::Error;
use atoll::matching::{Account, MatchReport};
use atoll::room::call::{AllMade, Call, Export, Reply};
use atoll::room::recipe::{FileRecipe, Recipe};
use atoll::sample::city;
use room::Bench;
use std::collections::BTreeMap;
use std::io::Write;

const DAY: &str = "2026-06-27";

/// The sample city with two columns more: when a row was brought up to date, and a second date that nothing uses.
struct City {
    ours: Vec<u8>,
    rows: Vec<Vec<String>>,
    recipe: Recipe,
}

impl City {
    fn new() -> City {
        let made = city(500, 12);
        let text = String::from_utf8(made.tags).expect("UTF-8");
        let mut rows: Vec<Vec<String>> =
            text.lines().map(|line| line.split(',').map(str::to_owned).collect()).collect();
        rows[0].push("updated".into());
        for (i, row) in rows.iter_mut().enumerate().skip(1) {
            row.push(match i % 11 {
                0 => String::new(),
                1 => "some day".into(),
                2 => "NA".into(),
                3 => format!("{DAY} 23:59:59"),
                4 => "2026-06-28 00:00".into(),
                n => format!("2026-06-{:02}T08:30:00Z", 18 + n),
            });
        }
        // A person's second row fills what the first left empty, also where freezing emptied it.
        for i in (5..60).step_by(5) {
            let mut again = rows[i].clone();
            *again.last_mut().expect("a cell") = "2026-01-02".into();
            rows.push(again);
        }
        let mut recipe = Recipe::parse(&made.recipe).expect("a recipe");
        recipe.tags.dates.push("updated".into());
        let used = ["id", "年龄", "省份", "月收入", "手机品牌", "最近活跃", "兴趣", "updated"];
        let left_out = rows[0].iter().filter(|name| !used.contains(&name.as_str()));
        recipe.tags.ignore = left_out.cloned().collect();
        recipe.lookalike.model = Model::Scorecard;
        recipe.lookalike.folds = 2;
        City { ours: made.first_party, rows, recipe }
    }
    fn at(&self, column: &str) -> usize {
        self.rows[0].iter().position(|name| name == column).expect("a column")
    }
    /// Cells that are dates later than [`DAY`], found by their text: year first, so letters order as days do.
    fn late(&self, row: &[String], column: &str) -> bool {
        let cell = &row[self.at(column)];
        cell.starts_with("2026-") && cell.as_str() > DAY && !cell.starts_with(DAY)
    }
    /// Blanks by hand what freezing leaves out, and counts it.
    fn blanked(&self, dated: &[(&str, &str)]) -> (Vec<Vec<String>>, BTreeMap<String, u64>) {
        let (mut rows, mut counts) = (self.rows.clone(), BTreeMap::new());
        let dates = ["最近活跃", "updated"].map(|column| (column, column));
        for (row, before) in rows.iter_mut().zip(&self.rows).skip(1) {
            for (column, clock) in dates.iter().chain(dated) {
                let cell = &mut row[self.at(column)];
                if self.late(before, clock) && !cell.is_empty() && cell != "未知" {
                    cell.clear();
                    *counts.entry((*column).to_owned()).or_insert(0) += 1;
                }
            }
        }
        (rows, counts)
    }
}

fn csv(rows: &[Vec<String>]) -> Vec<u8> {
    rows.iter().map(|row| row.join(",") + "\n").collect::<String>().into_bytes()
}

/// Every file of a whole run, and the account of the tag file.
fn run(shards: usize, ours: &[u8], tags: Vec<u8>, recipe: &Recipe) -> (BTreeMap<String, Vec<u8>>, Account) {
    let mut bench = Bench::new(shards, vec![("first_party.csv", ours.to_vec()), ("tags.csv", tags)]);
    let (first_party, tags) = (bench.file(0), bench.file(1));
    let open = Call::Open { recipe: Box::new(recipe.clone()), first_party, tags };
    let Ok(Reply::Match(matched)) = bench.call(open) else { panic!("a match") };
    bench.call(Call::Profile { base: recipe.profile.base, crowd: None, against: None }).expect("a profile");
    bench.call(Call::Lookalike { plan: recipe.lookalike.clone() }).expect("a lookalike");
    let Ok(Reply::All(AllMade { files: made, .. })) = bench.call(Call::ExportAll) else { panic!("files") };
    (made.iter().map(|m| (m.name.clone(), bench.take(&m.name))).collect(), matched.tags)
}

/// Files that say how the tag file was read, and so differ between a frozen file and a blanked one.
const ACCOUNTS: [&str; 5] = ["card.html", "match.json", "report.html", "room.toml", "run.json"];

#[test]
fn a_frozen_file_is_the_file_blanked_by_hand_byte_for_byte_over_any_shards() {
    let city = City::new();
    let dated = [("兴趣", "updated"), ("省份", "updated"), ("月收入", "updated"), ("手机品牌", "最近活跃")];
    let (rows, counts) = city.blanked(&dated);
    assert!(counts.len() == 6 && counts.values().all(|&n| n > 40), "{counts:?}");
    let (by_hand, plain) = run(2, &city.ours, csv(&rows), &city.recipe);
    assert!(plain.notes.iter().all(|note| note.code != "frozen") && plain.as_of.is_none());
    // The control: left as it is, the file gives other answers.
    let (open, _) = run(2, &city.ours, csv(&city.rows), &city.recipe);
    for name in ["profile.csv", "scores.csv", "features.csv"] {
        assert!(open[name] != by_hand[name], "{name}");
    }
    let mut recipe = city.recipe.clone();
    recipe.tags.as_of = Some(DAY.into());
    recipe.tags.dated = dated.map(|(column, clock)| (column.into(), clock.into())).into();
    // Packed, the file is read in one stretch by one shard.
    let mut packer = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::default());
    packer.write_all(&csv(&city.rows)).expect("memory");
    let packed = packer.finish().expect("memory");
    for (shards, tags) in [(1, csv(&city.rows)), (2, packed), (3, csv(&city.rows)), (7, csv(&city.rows))] {
        let (frozen, account) = run(shards, &city.ours, tags, &recipe);
        assert!(frozen.len() > 8 && frozen.keys().eq(by_hand.keys()));
        for (name, bytes) in frozen.iter().filter(|(name, _)| !ACCOUNTS.contains(&name.as_str())) {
            assert!(*bytes == by_hand[name], "{name}, {shards} shards");
        }
        let notes: BTreeMap<String, u64> = account
            .notes
            .iter()
            .filter(|note| note.code == "frozen")
            .map(|note| (note.column.clone().expect("a column"), note.count))
            .collect();
        assert_eq!((notes, account.as_of.as_deref()), (counts.clone(), Some(DAY)));
        let report = String::from_utf8_lossy(&frozen["report.html"]);
        assert!(report.contains(&format!("日期晚于 {DAY} <bdi>兴趣</bdi>")), "told in the report");
    }
}

/// Opens two small files; `settings` are further lines of `[tags]`, `first` of `[first_party]`.
fn open(ours: &str, theirs: &str, first: &str, settings: &str) -> Result<(Bench, MatchReport), Error> {
    let mut bench = Bench::new(2, vec![("ours.csv", ours.into()), ("theirs.csv", theirs.into())]);
    let text = format!(
        "[first_party]\nfile = \"ours.csv\"\nid = 1\nkind = \"phone\"\n{first}\n\
         [tags]\nfile = \"theirs.csv\"\nid = 1\nkind = \"phone\"\n{settings}\n",
    );
    let recipe = Box::new(Recipe::parse(&text)?);
    let (first_party, tags) = (bench.file(0), bench.file(1));
    match bench.call(Call::Open { recipe, first_party, tags })? {
        Reply::Match(report) => Ok((bench, report)),
        _ => panic!("a match"),
    }
}

/// Phones with one more row of cells each.
fn table(header: &str, rows: impl IntoIterator<Item = String>) -> String {
    let rows = rows.into_iter().enumerate().map(|(i, cells)| format!("138{i:08},{cells}\n"));
    format!("phone,{header}\n{}", rows.collect::<String>())
}

#[test]
fn the_day_itself_is_known_to_its_end_and_what_has_no_date_stays() {
    let cells = ["2026-06-01", "2026-06-01 23:59:59", "2026-06-02", "2026-06-02 00:00", "", "NA", "soon"];
    let theirs = table("seen,city", (0..70).map(|i| format!("{},c{}", cells[i % 7], i % 2)));
    let ours = table("spend", (0..30).map(|i| format!("{i}")));
    let settings = "dates = [\"seen\"]\nas_of = \"2026-06-01\"\ndated = { city = \"seen\" }";
    let (_, report) = open(&ours, &theirs, "", settings).expect("opens");
    let notes: Vec<_> = report
        .tags
        .notes
        .iter()
        .map(|n| (n.code.as_str(), n.column.as_deref(), n.count, n.first_row))
        .collect();
    let (city, seen) = (Some("city"), Some("seen"));
    assert_eq!(
        notes,
        [("frozen", city, 20, Some(4)), ("frozen", seen, 20, Some(4)), ("not-a-date", seen, 10, Some(8))]
    );
}

#[test]
fn a_column_left_out_can_date_another_and_the_brands_file_freezes_likewise() {
    let theirs = table("seen,city", (0..70).map(|i| format!("2026-0{}-01,c{}", 1 + i % 9, i % 2)));
    let ours = table("order,spend", (0..30).map(|i| format!("2026-06-{:02},{i}", 1 + i % 3)));
    let settings = "ignore = [\"seen\"]\nas_of = \"2026-06-01\"\ndated = { city = \"seen\" }";
    let (mut bench, report) =
        open(&ours, &theirs, "as_of = \"2026-06-02\"\ndated = { spend = \"order\" }", settings)
            .expect("opens");
    let frozen = |account: &Account| {
        account.notes.iter().map(|n| (n.column.clone().expect("a column"), n.count)).collect::<Vec<_>>()
    };
    assert_eq!(frozen(&report.tags), [("city".to_owned(), 22)]);
    assert_eq!(frozen(&report.first_party), [("order".to_owned(), 10), ("spend".to_owned(), 10)]);
    // The recipe that is saved reads the files the same way.
    let Ok(Reply::Files(made)) = bench.call(Call::Export { what: Export::Recipe }) else { panic!("a file") };
    let saved = String::from_utf8(bench.take(&made[0].name)).expect("UTF-8");
    let FileRecipe { as_of, dated, .. } = Recipe::parse(&saved).expect("a recipe").tags;
    assert_eq!((as_of.as_deref(), dated["city"].as_str()), (Some("2026-06-01"), "seen"));
}

/// Whose last purchase is known: the seed's happened after the seed was chosen.
fn shop(purchases: bool) -> (String, String) {
    // SplitMix64.
    let draw = |i: u64, of: u64| {
        let z = (4 * i + of + 1).wrapping_mul(0x9e37_79b9_7f4a_7c15);
        let z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        (z ^ (z >> 31)) % 1000
    };
    let seed = |i: u64| draw(i, 1) < if draw(i, 2) < 500 { 90 } else { 210 };
    let ours = (0..4000).filter(|&i| seed(i)).map(|i| format!("138{i:08}\n")).collect::<String>();
    let cells = |i: u64| {
        let day = match (seed(i), draw(i, 3)) {
            (true, n) => format!("2026-06-{:02}", 2 + n % 28),
            (false, n @ 0..60) => format!("2026-0{}-11", 1 + n % 5),
            _ => String::new(),
        };
        let shelf = if draw(i, 2) < 500 { "left" } else { "right" };
        format!("{shelf},{}{}", draw(i, 0) % 40, if purchases { format!(",{day}") } else { String::new() })
    };
    let header = if purchases { "shelf,visits,last_purchase" } else { "shelf,visits" };
    (format!("phone\n{ours}"), table(header, (0..4000).map(cells)))
}

fn lookalike(purchases: bool, settings: &str) -> Box<LookalikeReport> {
    let (ours, theirs) = shop(purchases);
    let (mut bench, _) = open(&ours, &theirs, "", settings).expect("opens");
    let plan = LookalikePlan { model: Model::Scorecard, ..LookalikePlan::default() };
    match bench.call(Call::Lookalike { plan }) {
        Ok(Reply::Lookalike(report)) => report,
        other => panic!("{:?}", other.err()),
    }
}

#[test]
fn a_purchase_after_the_day_gives_the_seed_away_until_the_table_is_frozen() {
    let honest = lookalike(false, "");
    let leaking = lookalike(true, "");
    let frozen = lookalike(true, "as_of = \"2026-06-01\"");
    let names = |report: &LookalikeReport| report.leaks.iter().map(|l| l.feature.clone()).collect::<Vec<_>>();
    assert!(leaking.auc > 0.95 && names(&leaking) == ["last_purchase"], "{}", leaking.auc);
    assert!((0.55..0.7).contains(&honest.auc), "{}", honest.auc);
    assert!((frozen.auc - honest.auc).abs() < 0.03 && names(&frozen).is_empty(), "{}", frozen.auc);
}

#[test]
fn freezing_that_cannot_be_done_is_refused_by_name() {
    let theirs =
        table("seen,city,fold", (0..70).map(|i| format!("2026-0{}-01,c{},{}", 1 + i % 9, i % 2, i % 3)));
    let ours = table("spend", (0..30).map(|i| format!("{i}")));
    let day = "as_of = \"2026-06-01\"\n";
    for (settings, code, column) in [
        ("as_of = \"June\"", "freeze-invalid", "as_of"),
        ("as_of = \"01/06/2026\"", "freeze-invalid", "as_of"),
        ("as_of = \"2026-06-31\"", "freeze-invalid", "as_of"),
        ("as_of = \"2026/6/1\"", "freeze-invalid", "as_of"),
        ("as_of = \"2026-06-01 00:00\"", "freeze-invalid", "as_of"),
        ("as_of = \"2026-06-01 12:00\"", "freeze-invalid", "as_of"),
        ("as_of = \"\"", "freeze-invalid", "as_of"),
        ("dated = { city = \"seen\" }", "freeze-invalid", "as_of"),
        (&format!("{day}dated = {{ nope = \"seen\" }}"), "column-missing", "nope"),
        (&format!("{day}dated = {{ city = \"nope\" }}"), "column-missing", "nope"),
        (&format!("{day}dated = {{ seen = \"city\" }}"), "freeze-invalid", "city"),
        (&format!("{day}dated = {{ city = \"seen\" }}\ncategories = [\"seen\"]"), "freeze-invalid", "seen"),
        (&format!("{day}dated = {{ phone = \"seen\" }}"), "freeze-invalid", "phone"),
        (&format!("{day}folds = \"fold\"\ndated = {{ fold = \"seen\" }}"), "freeze-invalid", "fold"),
    ] {
        let error = open(&ours, &theirs, "", settings).err().expect(settings);
        let at = (error.at.file.as_deref(), error.at.column.as_deref());
        assert_eq!((error.code(), at), (code, (Some("theirs.csv"), Some(column))), "{settings}");
    }
}

/// A model that was kept scores another table as that table's own recipe freezes it.
#[test]
fn a_saved_model_scores_a_table_as_its_own_recipe_freezes_it() {
    let city = City::new();
    let mut recipe = city.recipe.clone();
    let (made, _) = run(2, &city.ours, csv(&city.rows), &recipe);
    let model = String::from_utf8(made["model.json"].clone()).expect("UTF-8");
    let score = |rows: &[Vec<String>], recipe: &FileRecipe| {
        let mut bench = Bench::new(3, vec![("tags.csv", csv(rows))]);
        let (tags, recipe) = (bench.file(0), Box::new(recipe.clone()));
        let Ok(Reply::Scored(report)) = bench.call(Call::Score { model: model.clone(), tags, recipe }) else {
            panic!("a report")
        };
        let Ok(Reply::Files(made)) = bench.call(Call::Export { what: Export::ModelScores { best: false } })
        else {
            panic!("a file")
        };
        (bench.take(&made[0].name), report.columns)
    };
    let (rows, _) = city.blanked(&[("兴趣", "updated")]);
    let by_hand = score(&rows, &recipe.tags);
    let open = score(&city.rows, &recipe.tags);
    recipe.tags.as_of = Some(DAY.into());
    recipe.tags.dated = BTreeMap::from([("兴趣".into(), "updated".into())]);
    let frozen = score(&city.rows, &recipe.tags);
    assert!(frozen == by_hand, "frozen cells are missing, not unread");
    assert!(frozen.0 != open.0);
}
