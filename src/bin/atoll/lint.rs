//! A look at files before they leave, and what it says on the terminal.

use crate::exchange::{read, slices};
use atoll::error::{Error, Kind, Result};
use atoll::exchange::frame::MAGIC;
use atoll::export::lint::{self as look, Code, Context, Finding, Known, Linted, Mark, held_against, mark};
use atoll::json;
use atoll::room::call::Made;
use atoll::table::decode::{Decoder, next_guess, sniff_bom};
use atoll::table::schema::{Container, Encoding};
use atoll::table::xlsx::xlsx_to_csv;
use clap::Args;
use std::collections::BTreeSet;
use std::io::{Read, Write};
use std::path::{Path, PathBuf};

/// Bytes by which a file is known for what it is.
const HEAD: u64 = 64;

#[derive(Args)]
pub struct Lint {
    /// The files: tables, .gz, .xlsx, .zip, JSON, pages, files of the exchange.
    #[arg(required = true)]
    files: Vec<PathBuf>,
    /// A list that was handed out before: are they so few apart that the difference names people?
    #[arg(long, value_name = "FILE")]
    earlier: Vec<PathBuf>,
    /// Raw IDs to try on digests, from any column. Without, 65,536 phone numbers are tried.
    #[arg(long, value_name = "FILE")]
    known: Option<PathBuf>,
    /// Fewest people behind a number.
    #[arg(long, default_value_t = atoll::gate::SMALL)]
    k: u64,
    /// Print findings as JSON.
    #[arg(long)]
    json: bool,
}

pub fn run(lint: &Lint) -> Result<Mark> {
    let known = known(lint.known.as_deref())?;
    let context = Context { k: lint.k, known: Some(&known), ..Context::default() };
    let earlier: Vec<(&PathBuf, Linted)> =
        lint.earlier.iter().map(|path| Ok((path, looked(path, &context)?))).collect::<Result<_>>()?;
    let mut all = Vec::new();
    for path in &lint.files {
        let mut linted = looked(path, &context)?;
        for (before, then) in &earlier {
            let both = linted.sketch.as_ref().zip(then.sketch.as_ref());
            let apart = both.and_then(|(here, there)| held_against(here, &name(before), there, lint.k));
            linted.findings.extend(apart);
        }
        all.push((name(path), mark(&linted.findings), linted.findings));
    }
    let text = if lint.json { listed(&all) } else { all.iter().map(|(n, m, f)| told(n, *m, f)).collect() };
    let _ = std::io::stdout().write_all(text.as_bytes());
    Ok(all.iter().map(|(_, mark, _)| *mark).max().unwrap_or_default())
}

fn name(path: &Path) -> String {
    path.display().to_string()
}

/// Raw IDs to try: those of a file, else a block of phone numbers.
fn known(path: Option<&Path>) -> Result<Known> {
    let mut known = if path.is_some() { Known::default() } else { Known::block() };
    if let Some(path) = path {
        let mut rest = Vec::new();
        text(path, &mut |bytes, last| {
            rest.extend_from_slice(bytes);
            let end =
                if last { rest.len() } else { rest.iter().rposition(|b| *b == b'\n').map_or(0, |at| at + 1) };
            rest.drain(..end)
                .collect::<Vec<_>>()
                .split(|b| b",;\t\n\r|\"".contains(b))
                .for_each(|cell| known.add(cell));
            Ok(())
        })?;
    }
    known.sort();
    Ok(known)
}

fn looked(path: &Path, context: &Context) -> Result<Linted> {
    let mut lint = look::Lint::default();
    text(path, &mut |bytes, last| lint.feed(bytes, last, context)).map_err(|e| e.file(name(path)))?;
    Ok(lint.finish(context))
}

/// Hands on the text of a file in slices: unpacked, and in UTF-8.
fn text(path: &Path, take: &mut dyn FnMut(&[u8], bool) -> Result<()>) -> Result<()> {
    let unreadable = |_| Error::new(Kind::FileUnreadable).file(name(path));
    let mut head = Vec::new();
    std::fs::File::open(path).and_then(|file| file.take(HEAD).read_to_end(&mut head)).map_err(unreadable)?;
    let ends = |end: &str| path.extension().is_some_and(|e| e.eq_ignore_ascii_case(end));
    if head.starts_with(b"PK") && ends("xlsx") {
        return take(&xlsx_to_csv(&read(path)?)?, true);
    }
    if head.starts_with(b"PK") || head.starts_with(MAGIC) {
        return slices(path, take);
    }
    let container = if head.starts_with(&[0x1f, 0x8b]) { Container::Gzip } else { Container::Plain };
    let mut encoding = sniff_bom(&head).map_or(Encoding::Utf8, |(encoding, _)| encoding);
    // One pass finds the encoding, a second hands the text on: nothing is taken twice.
    while let Err(error) = decoded(path, container, encoding, &mut |_, _| Ok(())) {
        encoding = next_guess(encoding).filter(|_| error.kind == Kind::EncodingWrong).ok_or(error)?;
    }
    decoded(path, container, encoding, take)
}

fn decoded(
    path: &Path,
    container: Container,
    encoding: Encoding,
    take: &mut dyn FnMut(&[u8], bool) -> Result<()>,
) -> Result<()> {
    let mut decoder = Decoder::new(container, encoding);
    slices(path, &mut |mut raw, last| {
        loop {
            let mut text = Vec::new();
            let fed = decoder.feed(raw, last, &mut text)?;
            raw = &raw[fed.used..];
            take(&text, last && !fed.more)?;
            if !fed.more {
                return Ok(());
            }
        }
    })
}

fn word(mark: Mark) -> &'static str {
    match mark {
        Mark::Green => "green",
        Mark::Amber => "amber",
        Mark::Red => "red",
    }
}

/// A file with its findings, and what to do in both languages.
fn told(file: &str, mark: Mark, findings: &[Finding]) -> String {
    let mut text = format!("{:5} {file}\n", word(mark));
    for Finding { file, column, row, count, of, solved, example, english, chinese, mark, code } in findings {
        let place =
            [file.clone(), column.clone(), if *row > 0 { format!("line {row}") } else { String::new() }];
        let place: Vec<String> = place.into_iter().filter(|part| !part.is_empty()).collect();
        let numbers = if *of > 0 { format!(", {count} of {of}") } else { String::new() };
        let solved = if *solved > 0 { format!(", {solved} turned back") } else { String::new() };
        let example = if example.is_empty() { String::new() } else { format!(", {example}") };
        text += &format!("  {:5} {code} {}{numbers}{solved}{example}\n", word(*mark), place.join(" "));
        text += &format!("        {english}\n        {chinese}\n");
    }
    text
}

fn listed(all: &[(String, Mark, Vec<Finding>)]) -> String {
    let file = |(file, mark, findings): &(String, Mark, Vec<Finding>)| serde_json::json!({ "file": file, "mark": mark, "findings": findings });
    let all: Vec<serde_json::Value> = all.iter().map(file).collect();
    String::from_utf8_lossy(&json::pretty(&all)).into_owned()
}

/// Says which made files are red or amber, and what to do about them, once each.
pub fn say(files: &[Made]) {
    tell(files.iter().map(|made| (made.name.as_str(), made.findings.as_slice())));
}

/// Looks at a file that came from elsewhere, and says the same of it.
pub fn look(path: &Path, text: &str) {
    tell([(&*name(path), &*look::Lint::all(text.as_bytes(), &Context::default()).findings)].into_iter());
}

fn tell<'a>(files: impl Iterator<Item = (&'a str, &'a [Finding])>) {
    let mut codes = BTreeSet::new();
    for (file, findings) in files.filter(|(_, findings)| !findings.is_empty()) {
        let here: BTreeSet<&str> = findings.iter().map(|found| found.code.as_str()).collect();
        let all: Vec<&str> = here.iter().copied().collect();
        eprintln!("{:5} {file}: {}", word(mark(findings)), all.join(", "));
        codes.extend(here);
    }
    for (code, _, english, chinese) in
        Code::ALL.iter().map(|code| code.words()).filter(|w| codes.contains(w.0))
    {
        eprintln!("  {code}: {english} {chinese}");
    }
}
