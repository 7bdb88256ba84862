//! The house rule of ARCHITECTURE.md: imports go down only. Reads the sources as text, so that a wrong import
//! fails here with its file and line, whatever the compiler thinks of it.
//!
//! A rank is (layer, step). A module may name modules of a lower rank and its own files, nothing else. Steps
//! exist where one module of a layer is made of another; every such pair stands in `RANKS` with its reason.

use std::fs;
use std::path::{Path, PathBuf};

const RANKS: &[(&str, u8, u8)] = &[
    // L0 values: everything may fail (error), be sent (wire) or be counted (num); IDs are values made of these.
    ("error", 0, 0),
    ("wire", 0, 1),
    ("hex", 0, 0),
    ("json", 0, 1),
    ("num", 0, 1),
    ("id", 0, 2),
    // L1 data: an audience is an expression over the columns and people of a table.
    ("table", 1, 0),
    ("audience", 1, 1),
    ("sample", 1, 1),
    // L2 engine
    ("shard", 2, 0),
    ("gate", 2, 0),
    // L3 people
    // What an ID map made one is part of what matched.
    ("oneid", 3, 0),
    ("matching", 3, 1),
    ("exchange", 3, 0),
    // L4 analyses
    ("analysis", 4, 0),
    // L5 files made from released answers
    ("export", 5, 0),
    // L6 the room
    ("room", 6, 0),
    // L7 the edges
    ("wasm", 7, 0),
];

/// Paths with an owner: who names them, and nobody else.
const OWNED: &[(&[&str], &str)] = &[
    (&["wasm_bindgen"], "src/wasm.rs"),
    (&["js_sys"], "src/wasm.rs"),
    (&["web_sys"], "src/wasm.rs"),
    (&["serde_wasm_bindgen"], "src/wasm.rs"),
    (&["std", "fs"], "src/bin/"),
    (&["std", "env"], "src/bin/"),
    (&["std", "net"], "src/bin/"),
    (&["std", "process"], "src/bin/"),
    // The clock is an argument.
    (&["std", "time", "Instant"], "src/bin/"),
    (&["std", "time", "SystemTime"], "src/bin/"),
];

#[test]
fn imports_go_down_only() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let mut files = Vec::new();
    rust_files(&root.join("src"), &mut files);
    assert!(files.len() > 5, "the sources were not found");
    let mut faults = Vec::new();
    for file in files {
        let name = file.strip_prefix(root).unwrap_or(&file).display().to_string();
        faults.extend(check(&name, &fs::read_to_string(&file).unwrap_or_default()));
    }
    assert!(faults.is_empty(), "\n{}", faults.join("\n"));
}

#[test]
fn every_module_has_a_layer_and_lib_lists_them_in_order() {
    let lib =
        fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join("src/lib.rs")).unwrap_or_default();
    let modules = lib.lines().filter_map(|l| l.strip_prefix("pub mod ")?.split(';').next());
    let layers: Vec<_> = modules.map(|m| rank(m).map(|(layer, _)| layer).ok_or(m)).collect();
    assert!(layers.len() > 5 && layers.iter().all(Result::is_ok), "{layers:?}");
    assert!(layers.is_sorted(), "lib.rs is not in layer order: {layers:?}");
}

#[test]
fn control_forbidden_imports_are_found() {
    for (file, text, why) in [
        ("src/table/csv.rs", "use crate::room::Room;", "up"),
        ("src/id/mod.rs", "use crate::{error::Result, shard::{Partial, desk}};", "up, in a group"),
        ("src/table/mod.rs", "fn f() { crate::analysis::profile::run() }", "up, in an expression"),
        ("src/error.rs", "use crate::wire::Writer;", "up a step"),
        ("src/wire.rs", "use crate::num::Fixed;", "inside a layer"),
        ("src/shard/desk.rs", "use crate::gate::Released;", "inside a layer"),
        ("src/matching.rs", "use super::analysis::Plan;", "up, by super"),
        ("src/shard/desk.rs", "use super::super::room::Call;", "up, by super twice"),
        ("src/analysis/profile.rs", "use crate::analysis::lookalike::Tier;", "an analysis names another"),
        ("src/analysis/profile.rs", "use super::lookalike::Tier;", "an analysis names another, by super"),
        (
            "src/analysis/personas/report.rs",
            "use super::super::profile::Base;",
            "an analysis names another, deep",
        ),
        ("src/room/mod.rs", "use wasm_bindgen::prelude::*;", "the boundary"),
        ("src/table/mod.rs", "use std::{fmt, fs::File};", "the file system"),
        ("src/table/mod.rs", "let t = std::time::Instant::now();", "the clock"),
        ("src/helpers.rs", "", "a module without a layer"),
    ] {
        assert!(!check(file, text).is_empty(), "not found: {why}: {text}");
    }
}

#[test]
fn control_allowed_imports_pass() {
    for (file, text) in [
        (
            "src/table/csv.rs",
            "use crate::error::{Error, Kind};\nuse crate::id::Key;\nuse crate::table::schema;",
        ),
        ("src/table/csv.rs", "use super::schema::Role;"),
        ("src/analysis/lookalike/fit.rs", "use super::plan::Plan;\nuse crate::analysis::lookalike::report;"),
        ("src/analysis/mod.rs", "pub mod profile;\nuse profile::Base;"),
        ("src/audience.rs", "use crate::table::bits::Bits; // not crate::room"),
        ("src/room/call.rs", "use crate::error::Kind;\n#[cfg(test)]\nmod tests { use std::fs; }"),
        ("src/shard/mod.rs", "/// See [`crate::room::Room`].\nuse std::time::Duration;"),
        ("src/wasm.rs", "use wasm_bindgen::prelude::*;\nuse crate::room::call;"),
        ("src/bin/atoll/main.rs", "use std::fs;\nuse atoll::room::recipe;\nuse crate::serve;"),
    ] {
        assert_eq!(check(file, text), Vec::<String>::new(), "{file}: {text}");
    }
}

fn rank(module: &str) -> Option<(u8, u8)> {
    RANKS.iter().find(|(name, ..)| *name == module).map(|&(_, layer, step)| (layer, step))
}

fn rust_files(folder: &Path, found: &mut Vec<PathBuf>) {
    for entry in fs::read_dir(folder).into_iter().flatten().flatten() {
        let path = entry.path();
        if path.is_dir() {
            rust_files(&path, found);
        } else if path.extension().is_some_and(|e| e == "rs") {
            found.push(path);
        }
    }
}

/// What is wrong with one source file, a line each.
fn check(file: &str, text: &str) -> Vec<String> {
    let module = module_of(file);
    let mut faults = Vec::new();
    if !matches!(module.first().map(String::as_str), None | Some("bin")) && rank(&module[0]).is_none() {
        faults.push(format!("{file}: give `{}` a layer in tests/layers.rs", module[0]));
    }
    // Unit tests stand at the bottom or in files of their own; they may touch the disk, but not climb.
    let tests = module.iter().any(|part| part == "tests");
    let shipped = if tests { Some(0) } else { text.lines().position(|l| l == "#[cfg(test)]") };
    let shipped = shipped.unwrap_or(usize::MAX);
    for (line, path) in paths(text) {
        let owned = || (line <= shipped).then(|| misused(file, &path)).flatten();
        if let Some(why) = owned().or_else(|| climbs(&module, &path)) {
            faults.push(format!("{file}:{line}: `{}`: {why}", path.join("::")));
        }
    }
    faults
}

/// `src/a/b.rs` and `src/a/b/mod.rs` are `a::b`; `src/lib.rs` is the root.
fn module_of(file: &str) -> Vec<String> {
    let inner = file.trim_start_matches("src/").trim_end_matches(".rs");
    inner.split('/').filter(|part| *part != "mod" && *part != "lib").map(str::to_owned).collect()
}

/// Whose path this is, if not this file's.
fn misused(file: &str, path: &[String]) -> Option<String> {
    let names = |owned: &[&str]| path.len() >= owned.len() && path.iter().zip(owned).all(|(a, b)| a == b);
    let (_, owner) = OWNED.iter().find(|(owned, _)| names(owned))?;
    (!file.starts_with(owner)).then(|| format!("only {owner} names it"))
}

/// Why a path may not be imported here, if so.
fn climbs(module: &[String], path: &[String]) -> Option<String> {
    let own = module.first().filter(|m| *m != "bin")?;
    let target = resolve(module, path)?;
    let named = target.first()?;
    if named != own {
        let (here, there) = (rank(own)?, rank(named)?);
        return (there >= here)
            .then(|| format!("`{own}` is L{}, `{named}` is L{}: imports go down", here.0, there.0));
    }
    let sibling = own == "analysis" && module.len() > 1 && target.len() > 1 && target[1] != module[1];
    (sibling && starts_lower(&target[1])).then(|| "analyses never import each other".to_owned())
}

/// The path from the crate root, for paths that start at `crate` or climb by `super`. In an inline module
/// (`mod tests`) one `super` more is needed than counted here, so a climb that overshoots the root is at it.
fn resolve(module: &[String], path: &[String]) -> Option<Vec<String>> {
    let climbs = path.iter().take_while(|p| *p == "super").count();
    let rest = path.get(climbs.max(1)..)?;
    match path.first()?.as_str() {
        "crate" => Some(rest.to_vec()),
        "super" => {
            let base = module.len().saturating_sub(climbs);
            Some(module.iter().take(base).chain(rest).cloned().collect())
        }
        _ => None,
    }
}

fn starts_lower(name: &str) -> bool {
    name.starts_with(|c: char| c.is_ascii_lowercase())
}

/// Every `a::b::c` of the text with its line, groups (`a::{b, c::d}`) taken apart; comments are left out.
fn paths(text: &str) -> Vec<(usize, Vec<String>)> {
    let mut found = Vec::new();
    let tokens = tokens(text);
    let mut at = 0;
    while at < tokens.len() {
        at = if starts_lower(&tokens[at].1) { tree(&tokens, at, &[], &mut found) } else { at + 1 };
    }
    found.retain(|(_, path)| path.len() > 1);
    found
}

/// Reads one path or group from `at`; gives the position after it.
fn tree(
    tokens: &[(usize, String)],
    at: usize,
    prefix: &[String],
    found: &mut Vec<(usize, Vec<String>)>,
) -> usize {
    let is = |at: usize, what: &str| tokens.get(at).is_some_and(|t| t.1 == what);
    let (mut at, mut path, line) = (at, prefix.to_vec(), tokens[at].0);
    loop {
        if is(at, "{") {
            at += 1;
            while at < tokens.len() && !is(at, "}") {
                at = tree(tokens, at, &path, found);
            }
            return at + 1;
        }
        path.extend(tokens.get(at).map(|t| t.1.clone()));
        at += 1;
        if !is(at, "::") {
            found.push((line, path));
            return at;
        }
        at += 1;
    }
}

/// Names, `::`, braces and other marks, with their lines.
fn tokens(text: &str) -> Vec<(usize, String)> {
    let mut out = Vec::new();
    for (number, line) in text.lines().enumerate() {
        let mut rest = line.split("//").next().unwrap_or_default();
        while let Some(first) = rest.chars().next() {
            let name = rest.find(|c: char| !(c.is_alphanumeric() || c == '_')).unwrap_or(rest.len());
            let length = if name > 0 {
                name
            } else if rest.starts_with("::") {
                2
            } else {
                first.len_utf8()
            };
            if !first.is_whitespace() {
                out.push((number + 1, rest[..length].to_owned()));
            }
            rest = &rest[length..];
        }
    }
    out
}
