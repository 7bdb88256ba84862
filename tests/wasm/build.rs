//! Published vectors that are too large for the repository: those that stand beside it go into the tests.

use std::path::{Path, PathBuf};
use std::{env, fs, io};

const FOLDERS: [&str; 3] = ["rfc9380", "nist-cavp", "wycheproof"];

fn main() -> io::Result<()> {
    let beside = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../shared/vectors");
    let mut files = Vec::new();
    for folder in FOLDERS.map(|folder| beside.join(folder)).iter().filter(|folder| folder.is_dir()) {
        println!("cargo::rerun-if-changed={}", folder.display());
        for entry in fs::read_dir(folder)? {
            files.push(entry?.path().canonicalize()?);
        }
    }
    println!("cargo::rerun-if-changed=build.rs");
    files.sort();
    let out = PathBuf::from(env::var_os("OUT_DIR").unwrap_or_default());
    let lines: String = files.iter().map(|file| line(file)).collect();
    fs::write(out.join("files.rs"), format!("const FILES: &[(&str, &str)] = &[\n{lines}];\n"))
}

/// Folder and name, and the text.
fn line(file: &Path) -> String {
    let name: PathBuf = file.components().rev().take(2).collect::<Vec<_>>().into_iter().rev().collect();
    format!("    ({:?}, include_str!({file:?})),\n", name)
}
