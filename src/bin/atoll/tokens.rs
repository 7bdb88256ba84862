//! Tokens: the key they are made under, and back from a token to an ID.

use crate::commands::{Bar, Engine, file_ref};
use crate::exchange::{create, random, read, save, slices};
use crate::models::id_column;
use atoll::error::{Error, Kind, Result};
use atoll::exchange::feed::Feed;
use atoll::export::csv::quoted;
use atoll::id::{TokenKey, trim};
use atoll::room::call::{Call, Overrule, Reply};
use atoll::table::inspection::Inspection;
use clap::Args;
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

#[derive(Args)]
pub struct Resolve {
    /// The audience: CSV whose first column holds the tokens; what stands behind is kept.
    audience: PathBuf,
    /// The tag file the tokens were made of.
    tags: PathBuf,
    /// Their key.
    #[arg(long, value_name = "FILE")]
    token_key: PathBuf,
    /// File to write: the audience with the ID in the place of each token.
    #[arg(long, value_name = "FILE")]
    out: PathBuf,
    /// ID column: its name, or its 1-based number. Default: the one that looks like an ID.
    #[arg(long, value_name = "COLUMN")]
    id: Option<String>,
    #[command(flatten)]
    engine: Engine,
}

/// The key in a file; a fresh one if there is none.
pub fn key(path: &Path) -> Result<TokenKey> {
    if path.exists() {
        return open(path);
    }
    let key = TokenKey::new(random()?.bytes());
    create(path, key.file().as_bytes())?;
    Ok(key)
}

fn open(path: &Path) -> Result<TokenKey> {
    let text = String::from_utf8(read(path)?).unwrap_or_default();
    TokenKey::read(&text).map_err(|e| e.file(path.display().to_string()))
}

/// Lines of an audience by token; what is no token stands in no line of people.
fn wanted(audience: &str) -> BTreeMap<&str, &str> {
    audience
        .lines()
        .map(|line| line.split_at(line.find(',').unwrap_or(line.len())))
        .filter(|(token, _)| token.starts_with("t_"))
        .collect()
}

fn inspected(resolve: &Resolve) -> Result<Inspection> {
    let mut threads = resolve.engine.start(vec![resolve.tags.clone()])?;
    let mut bar = Bar::new(resolve.engine.quiet);
    let call = Call::Inspect { file: file_ref(0, &resolve.tags)?, overrule: Overrule::default() };
    let reply = threads.call(call, |p| bar.show(p));
    bar.clear();
    match reply? {
        Reply::Inspection(found) => Ok(found),
        _ => Err(Kind::NoIdColumn.into()),
    }
}

pub fn resolve(resolve: &Resolve) -> Result<()> {
    let key = open(&resolve.token_key)?;
    let audience = String::from_utf8_lossy(&read(&resolve.audience)?).into_owned();
    let (mut wanted, found) = (wanted(&audience), inspected(resolve)?);
    let at = id_column(&found, resolve.id.as_deref(), &resolve.tags.display().to_string())?;
    let all = wanted.len();
    let head = audience.lines().next().filter(|head| !head.starts_with("t_"));
    let mut out = head.map_or(String::new(), |head| head.replacen("token", "id", 1) + "\n");
    let (mut feed, mut token) = (Feed::new(&found), Vec::new());
    slices(&resolve.tags, &mut |raw, last| {
        feed.feed(raw, last, &mut |_, fields| {
            let id = trim(fields.and_then(|fields| fields.get(at)).unwrap_or_default());
            token.clear();
            key.write(id, &mut token);
            // The first row of a person is whose spelling the token was made of; later ones find nothing.
            if let Some(rest) = std::str::from_utf8(&token).ok().and_then(|token| wanted.remove(token)) {
                quoted(&String::from_utf8_lossy(id), &mut out);
                out.push_str(rest);
                out.push('\n');
            }
            Ok(())
        })
    })?;
    if wanted.len() == all {
        return Err(Error::new(Kind::TokensForeign).file(resolve.audience.display().to_string()));
    }
    save(&resolve.out, out.as_bytes())?;
    println!("{} of {all} tokens are people of the tag file.", all - wanted.len());
    Ok(())
}
