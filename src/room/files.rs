//! What can be saved: every file `atoll run` writes, and audiences. Reports are made from released answers only.

use super::analyze::{need_past, past_rows};
use super::call::{AllMade, Call, Export, Made};
use super::run::{need_digests, run};
use super::{Opened, Room, lists, personas as stages, platform};
use crate::analysis::crowds::{self, SplitPlan};
use crate::analysis::lookalike::{MODEL, Model, SCORE};
use crate::analysis::personas::PERSONA;
use crate::analysis::profile::{Against, Contrast};
use crate::analysis::{lookalike, personas};
use crate::audience::Expr;
use crate::error::{Error, Kind, Result};
use crate::export::lint::{Context, Lint, Linted, held_against, mark};
use crate::export::model::model_json;
use crate::export::report::{Input, Language, ReportInput, card_html, report_html};
use crate::export::zip::Archive;
use crate::export::{csv, json};
use crate::gate::{SMALL, release, release_from};
use crate::hex;
use crate::id::{self, Kind as IdKind, TokenKey};
use crate::sample;
use crate::shard::listing::{self, Cell, Listing, Order};
use sha2::{Digest, Sha256};

/// Lines shown before saving.
const HEAD: usize = 5;
/// Lists that later ones are held against: the newest.
const LISTS: usize = 256;

/// Makes the synthetic city's files.
pub fn sample(room: &mut Room, people: u32, seed: u64, year: bool) -> Result<Vec<Made>> {
    if !(100..=5_000_000).contains(&people) {
        return Err(Error::new(Kind::OutOfRange).column("people"));
    }
    let files = sample::files(people, seed, year);
    Ok(files.into_iter().map(|(name, bytes)| keep(room, name, bytes, 0)).collect())
}

/// Makes one file; what it needs and is not known yet is computed first, as the recipe says.
pub async fn make(room: &mut Room, what: Export) -> Result<Made> {
    let (name, bytes, rows) = match what {
        Export::Audience { name, crowd, header } => audience(room, name, crowd, header).await?,
        Export::Match => ("match.json".into(), json::match_json(&room.opened()?.matched), 0),
        Export::OneId => ("oneid.json".into(), json::oneid_json(&room.opened()?.matched), 0),
        Export::Conflicts => ("conflicts.csv".into(), csv::conflicts_csv(&room.opened()?.matched), 0),
        Export::Translated => translated(room).await?,
        Export::Profile => {
            ("profile.csv".into(), csv::profile_csv(need_profile(room).await?.known_profile()?), 0)
        }
        Export::Features => {
            ("features.csv".into(), csv::features_csv(need_profile(room).await?.known_profile()?), 0)
        }
        Export::Lookalike => {
            ("lookalike.json".into(), json::lookalike_json(need_lookalike(room).await?.known_lookalike()?), 0)
        }
        Export::Model => {
            if need_lookalike(room).await?.known_lookalike()?.get().kept.parts.is_empty() {
                return Err(Kind::ModelNotKept.into());
            }
            let saved = release_from(super::model::saved(room).await?, room.opened()?.least())?;
            ("model.json".into(), model_json(&saved), 0)
        }
        Export::Card { language } => {
            need_lookalike(room).await?;
            ("card.html".into(), card(room, &language).await?, 0)
        }
        Export::ModelScores { best } => model_scores(room, best).await?,
        Export::Tokens { key, tiers, ids } => tokens(room, &key, &tiers, ids).await?,
        Export::Drift => {
            let loaded = room.loaded.as_ref().ok_or(Error::new(Kind::TooEarly))?;
            ("drift.csv".into(), csv::drift_csv(&loaded.report), 0)
        }
        Export::Comparison => {
            let compared = room.compared.as_ref().ok_or(Error::new(Kind::TooEarly))?;
            ("comparison.csv".into(), csv::comparison_csv(&release(compared.clone())), 0)
        }
        Export::Leaderboard => {
            let report = need_lookalike(room).await?.known_lookalike()?;
            ("leaderboard.csv".into(), csv::leaderboard_csv(report), 0)
        }
        Export::Scores => scores(room).await?,
        Export::Tiers => tiers(room).await?,
        Export::Personas => {
            ("personas.json".into(), json::personas_json(need_personas(room).await?.known_personas()?), 0)
        }
        Export::PersonaIds => persona_ids(room).await?,
        Export::Report { language } => ("report.html".into(), report(room, &language).await?, 0),
        Export::Recipe => ("room.toml".into(), room.recipe_text()?.into_bytes(), 0),
        Export::Run => ("run.json".into(), run(room, &[]).await?, 0),
        Export::Packs { plan } => ("packs.zip".into(), packs(room, plan).await?, 0),
        Export::List { name } => lists::list(room, &name).await?,
        Export::Chain => {
            ("chain.json".into(), json::chain_json(need_personas(room).await?.known_personas()?), 0)
        }
        Export::ChainIds => {
            need_personas(room).await?;
            stages::chain_ids(room, room.opened()?).await?
        }
        Export::Portraits => {
            ("portraits.json".into(), json::portraits_json(&stages::portraits(room).await?), 0)
        }
        Export::PortraitIds { name } => stages::portrait_ids(room, &name).await?,
    };
    Ok(keep(room, &name, bytes, rows))
}

/// Makes every file `atoll run` writes; `run.json` comes last and names the digests of the others. What an ad
/// platform does not take is no reason to keep the rest.
pub async fn make_all(room: &mut Room) -> Result<AllMade> {
    lists::check(&room.opened()?.recipe)?;
    // What was saved before is no part of the run.
    let before = std::mem::take(&mut room.lists);
    let recipe = room.opened()?.recipe.clone();
    need_past(room, &recipe.all_crowds()).await?;
    let mut files = vec![Export::Match, Export::Profile, Export::Features, Export::Lookalike];
    if room.opened()?.matched.get().one_id.is_some() {
        files.extend([Export::OneId, Export::Conflicts]);
        files.extend(room.opened()?.recipe.oneid.translate.then_some(Export::Translated));
    }
    if room.opened()?.recipe.lookalike.model == Model::Auto {
        files.push(Export::Leaderboard);
    }
    if room.opened()?.recipe.output.scores {
        files.push(Export::Scores);
    }
    if room.opened()?.recipe.lookalike.model != Model::Nearest {
        files.push(Export::Model);
    }
    files.extend([Export::Card { language: "zh".into() }]);
    files.extend([Export::Tiers, Export::Personas, Export::PersonaIds]);
    if room.opened()?.recipe.personas.staged() {
        files.extend([Export::Chain, Export::ChainIds]);
    }
    if !room.opened()?.recipe.portraits.is_empty() {
        files.push(Export::Portraits);
        let plans = &room.opened()?.recipe.portraits;
        files.extend(plans.iter().map(|plan| Export::PortraitIds { name: plan.name.clone() }));
    }
    files.push(Export::Report { language: "zh".into() });
    if room.opened()?.recipe.packs.is_some() {
        files.push(Export::Packs { plan: None });
    }
    files.extend(lists::names(&room.opened()?.recipe).into_iter().map(|name| Export::List { name }));
    files.retain(|file| room.opened().is_ok_and(|opened| opened.allows(file)));
    let mut made = Vec::with_capacity(files.len() + 2);
    for file in files {
        made.push(make(room, file).await?);
    }
    // Where the rows over time went that crowds stand on.
    if let Some(rows) = past_rows(room).filter(|_| recipe.leans_on_past()) {
        made.push(keep(room, "rows.json", rows, 0));
    }
    let mut refused = None;
    if let Some(plan) = room.opened()?.recipe.export.clone()
        && room.allow(&Call::Platform { plan: Box::new(plan.clone()) }).is_ok()
    {
        match platform::export(room, plan).await {
            Ok(exported) => made.extend(exported.files),
            Err(error) if matches!(error.kind, Kind::Cancelled | Kind::WorkerLost) => return Err(error),
            Err(error) => refused = Some(error.into()),
        }
    }
    // A list of nobody is no file.
    made.retain(|file| file.size > 0 || room.made.remove(&file.name).is_none());
    let bytes = run(room, &made).await?;
    made.push(keep(room, "run.json", bytes, 0));
    room.lists.extend(before);
    Ok(AllMade { files: made, refused })
}

impl Opened {
    fn known_profile(&self) -> Result<&crate::gate::Released<crate::analysis::profile::ProfileReport>> {
        self.profile.as_ref().ok_or(Error::new(Kind::TooEarly))
    }
    pub(super) fn known_lookalike(&self) -> Result<&crate::gate::Released<lookalike::LookalikeReport>> {
        self.lookalike.as_ref().ok_or(Error::new(Kind::TooEarly))
    }
    fn known_personas(&self) -> Result<&crate::gate::Released<personas::PersonasReport>> {
        self.personas.as_ref().ok_or(Error::new(Kind::TooEarly))
    }
}

async fn need_profile(room: &mut Room) -> Result<&Opened> {
    if room.opened()?.profile.is_none() {
        let base = room.opened()?.recipe.profile.base;
        room.profile(Contrast { crowd: Expr::Seed, against: Against::Base(base) }).await?;
    }
    room.opened()
}

/// Makes what these crowds lean on: scores, personas, portraits of the recipe.
pub(super) async fn need(room: &mut Room, of: &[&Expr]) -> Result<()> {
    let uses = |measure: &str| of.iter().any(|crowd| crowd.uses(measure));
    if uses(SCORE) {
        need_lookalike(room).await?;
    }
    if uses(PERSONA) {
        need_personas(room).await?;
    }
    for plan in room.opened()?.recipe.portraits.clone() {
        if uses(&format!("portrait.{}", plan.name)) {
            room.portrait(plan).await?;
        }
    }
    need_past(room, of).await
}

pub(super) async fn need_lookalike(room: &mut Room) -> Result<&Opened> {
    let samples = room.opened()?.recipe.lookalike.samples.clone();
    if samples.uses(personas::PERSONA) {
        Box::pin(need_personas(room)).await?;
    }
    need_past(room, &samples.crowds().collect::<Vec<_>>()).await?;
    if room.opened()?.lookalike.is_none() {
        let report =
            lookalike::lookalike(&room.desk, &room.opened()?.schema, &room.opened()?.recipe.lookalike)
                .await?;
        let least = room.opened()?.least();
        room.opened_mut()?.lookalike = Some(release_from(report, least)?);
    }
    room.opened()
}

async fn need_personas(room: &mut Room) -> Result<&Opened> {
    if room.opened()?.personas.is_none() {
        let plan = room.opened()?.recipe.personas.clone();
        room.personas(plan).await?;
    }
    room.opened()
}

/// Name, bytes and rows of a file.
pub(super) type Named = (String, Vec<u8>, u64);

/// A table of people.
pub(super) async fn table(room: &Room, name: &str, header: &str, listing: Listing) -> Result<Named> {
    let mut bytes = header.as_bytes().to_vec();
    let rows = listing::lines(&room.desk, &listing, &mut bytes).await?;
    Ok((name.into(), bytes, rows))
}

async fn scores(room: &mut Room) -> Result<Named> {
    need_lookalike(room).await?;
    let samples = room.opened()?.recipe.lookalike.samples.clone();
    let mut header = "id,seed,fold,score".to_string();
    let mut cells = vec![
        Cell::Id,
        Cell::Member(Expr::Seed),
        Cell::Measure(lookalike::FOLD.into()),
        Cell::Probability(SCORE.into()),
    ];
    if !samples.usual() {
        header += ",positive,negative";
        let negatives = samples.negatives.unwrap_or(Expr::Everyone).minus(samples.positives.clone());
        cells.extend([Cell::Member(samples.positives), Cell::Member(negatives)]);
    }
    let listing = Listing { crowd: Expr::Everyone, order: Order::File, cells };
    table(room, "scores.csv", &(header + "\n"), listing).await
}

async fn translated(room: &Room) -> Result<Named> {
    if !room.opened()?.recipe.oneid.translate {
        return Err(Kind::TooEarly.into());
    }
    let listing = Listing { crowd: Expr::Seed, order: Order::File, cells: vec![Cell::Own, Cell::Id] };
    table(room, "translated.csv", "id,tag_id\n", listing).await
}

async fn model_scores(room: &Room, best: bool) -> Result<Named> {
    if room.loaded.is_none() {
        return Err(Kind::TooEarly.into());
    }
    let order = if best { Order::Best(MODEL.into()) } else { Order::File };
    let cells = vec![Cell::Id, Cell::Probability(MODEL.into())];
    let listing = Listing { crowd: Expr::Everyone, order, cells };
    table(room, "model_scores.csv", "id,score\n", listing).await
}

async fn tokens(room: &Room, key: &str, tiers: &[f64], ids: bool) -> Result<Named> {
    let key = TokenKey::read(key)?;
    let people = room.loaded.as_ref().ok_or(Kind::TooEarly)?.report.get().people;
    let crowds = lookalike::slices(&room.desk, people, tiers).await?;
    let (name, header, what) = match ids {
        true => ("crosswalk.csv", "token,id\n", Cell::Id),
        false => ("tokens.csv", "token,tier\n", Cell::First(crowds.clone())),
    };
    let order = Order::Token(key.clone());
    let listing = Listing { crowd: Expr::Or { of: crowds }, order, cells: vec![Cell::Token(key), what] };
    let made = table(room, name, header, listing).await?;
    let least = room.open.as_ref().map_or(0, Opened::least);
    if made.2 < least { Err(Kind::CrowdSmall.into()) } else { Ok(made) }
}

async fn tiers(room: &mut Room) -> Result<Named> {
    let report = need_lookalike(room).await?.known_lookalike()?.get();
    let crowds: Vec<Expr> = report.tiers.iter().map(|tier| tier.crowd.clone()).collect();
    let crowd = Expr::Or { of: crowds.clone() };
    let listing =
        Listing { crowd, order: Order::Best(SCORE.into()), cells: vec![Cell::Id, Cell::First(crowds)] };
    table(room, "audience.csv", "id,tier\n", listing).await
}

async fn persona_ids(room: &mut Room) -> Result<Named> {
    let crowd = need_personas(room).await?.recipe.personas.of.clone();
    let listing = Listing { crowd, order: Order::File, cells: vec![Cell::Id, Cell::Measure(PERSONA.into())] };
    table(room, "personas.csv", "id,cluster\n", listing).await
}

async fn audience(room: &mut Room, name: String, crowd: Expr, header: bool) -> Result<Named> {
    room.opened()?;
    let scored = room.opened()?.lookalike.is_some();
    let order = if scored { Order::Best(SCORE.into()) } else { Order::File };
    let listing = Listing { crowd: crowd.canonical(), order, cells: vec![Cell::Id] };
    let made = table(room, &file_name(&name), if header { "id\n" } else { "" }, listing).await?;
    match made.2 {
        0 => Err(Kind::AudienceEmpty.into()),
        people if people < room.opened()?.least() => Err(Kind::CrowdSmall.into()),
        _ => Ok(made),
    }
}

/// One list per pack, in the order of the tag file, and `index.csv`. What its crowd leans on is computed first.
async fn packs(room: &mut Room, plan: Option<SplitPlan>) -> Result<Vec<u8>> {
    let plan = plan.or_else(|| room.opened().ok()?.recipe.packs.clone()).ok_or(Kind::TooEarly)?;
    need(room, &[&plan.crowd]).await?;
    let report = release(crowds::split(&room.desk, &room.opened()?.schema, &plan).await?);
    let mut lists: Vec<(String, Vec<u8>, String)> = Vec::new();
    for (at, pack) in report.get().packs.iter().enumerate() {
        let listing = Listing { crowd: pack.crowd.clone(), order: Order::File, cells: vec![Cell::Id] };
        // The number in front keeps names apart on every file system, and from those that one reserves.
        let name = file_name(&format!("{:02}_{}", at + 1, pack.name));
        let (name, bytes, _) = table(room, &name, if plan.header { "id\n" } else { "" }, listing).await?;
        let digest = hex::text(&Sha256::digest(&bytes));
        lists.push((name, bytes, digest));
    }
    if lists.is_empty() {
        return Err(Kind::AudienceEmpty.into());
    }
    let names: Vec<(&str, &str)> = lists.iter().map(|(name, _, digest)| (&**name, &**digest)).collect();
    let mut archive = Archive::default();
    archive.add("index.csv", &csv::packs_csv(&report, &names))?;
    for (name, bytes, _) in &lists {
        archive.add(name, bytes)?;
    }
    let bytes = archive.bytes()?;
    room.opened_mut()?.recipe.packs = Some(plan);
    Ok(bytes)
}

/// A name every file system takes.
pub(super) fn file_name(name: &str) -> String {
    let safe = |c: char| if c.is_control() || "/\\:*?\"<>|".contains(c) { '_' } else { c };
    let stem: String = name.trim().trim_start_matches('.').chars().map(safe).take(80).collect();
    format!("{}.csv", if stem.is_empty() { "audience" } else { &stem })
}

async fn report(room: &mut Room, language: &str) -> Result<Vec<u8>> {
    printed(room, language, report_html).await
}

async fn card(room: &mut Room, language: &str) -> Result<Vec<u8>> {
    printed(room, language, card_html).await
}

/// A page to print, of all that is known.
async fn printed(
    room: &mut Room,
    language: &str,
    write: fn(&ReportInput, Language) -> Vec<u8>,
) -> Result<Vec<u8>> {
    need_digests(room).await?;
    let opened = room.opened()?;
    let digests = opened.digests.clone().unwrap_or_default();
    let inputs: Vec<Input> = opened
        .inputs
        .iter()
        .zip(&digests)
        .map(|(file, sha256)| Input { name: file.name.clone(), size: file.size, sha256: sha256.clone() })
        .collect();
    let recipe = opened.recipe.text();
    let input = ReportInput {
        version: env!("CARGO_PKG_VERSION"),
        recipe: &recipe,
        inputs: &inputs,
        matched: &opened.matched,
        profile: opened.profile.as_ref(),
        lookalike: opened.lookalike.as_ref(),
        personas: opened.personas.as_ref(),
    };
    Ok(write(&input, if language == "en" { Language::En } else { Language::Zh }))
}

pub(super) fn keep(room: &mut Room, name: &str, bytes: Vec<u8>, rows: u64) -> Made {
    let ids = room.open.as_ref().map(|opened| opened.recipe.tags.id_recipe());
    keep_of(room, name, bytes, rows, ids)
}

/// Keeps a file that lists such IDs, if it lists people.
pub(super) fn keep_of(
    room: &mut Room,
    name: &str,
    bytes: Vec<u8>,
    rows: u64,
    ids: Option<id::Recipe>,
) -> Made {
    let Linted { mark, findings, .. } = look(room, name, &bytes, rows, ids);
    let made = Made {
        mark,
        findings,
        name: name.into(),
        size: bytes.len() as u64,
        sha256: hex::text(&Sha256::digest(&bytes)),
        head: if rows > 0 { head(&bytes) } else { vec![] },
        rows,
    };
    room.made.insert(name.into(), bytes);
    made
}

/// Looks at a file before it leaves, and holds a list of people against those that were made before it.
fn look(room: &mut Room, name: &str, bytes: &[u8], people: u64, ids: Option<id::Recipe>) -> Linted {
    let k = SMALL.max(room.open.as_ref().map_or(0, Opened::least));
    let mut linted = Lint::all(bytes, &Context { k, ids, people, known: None });
    let Some(sketch) = linted.sketch.take().filter(|_| room.open.is_some()) else { return linted };
    for (other, before) in &room.lists {
        linted.findings.extend(held_against(&sketch, other, before, k));
    }
    linted.mark = mark(&linted.findings);
    room.lists.retain(|(other, _)| other != name);
    room.lists.insert(0, (name.into(), sketch));
    room.lists.truncate(LISTS);
    linted
}

/// Columns of our lists that name people.
const NAMES: [&str; 3] = ["id", "tag_id", "token"];

/// The first lines, with IDs shortened: the page shows that the form is right, not who it is.
fn head(bytes: &[u8]) -> Vec<String> {
    let lines: Vec<_> = bytes.split(|&b| b == b'\n').filter(|line| !line.is_empty()).take(HEAD).collect();
    let lines: Vec<_> = lines.into_iter().map(String::from_utf8_lossy).collect();
    let names: Vec<&str> = lines.first().map_or(vec![], |line| line.split(',').collect());
    let name = |at: usize| at == 0 || names.get(at).is_some_and(|name| NAMES.contains(name));
    let short = |(at, cell): (usize, &str)| match name(at) && !NAMES.contains(&cell) {
        true => masked(cell),
        false => cell.into(),
    };
    lines.iter().map(|line| line.split(',').enumerate().map(short).collect::<Vec<_>>().join(",")).collect()
}

/// An ID that nobody can be reached by.
pub(super) fn masked(id: &str) -> String {
    crate::id::mask(id, IdKind::Opaque)
}
