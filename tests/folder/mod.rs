//! A folder in which the command line is used as anybody would, gone with its test.
#![allow(dead_code, reason = "each test uses what it needs")]

use serde_json::Value;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

pub struct Folder(pub PathBuf);

impl Folder {
    pub fn new(name: &str) -> Folder {
        let dir = Path::new(env!("CARGO_TARGET_TMPDIR")).join(name);
        let _ = std::fs::remove_dir_all(&dir);
        std::fs::create_dir_all(&dir).unwrap();
        Folder(dir)
    }
    pub fn write(&self, name: &str, bytes: impl AsRef<[u8]>) {
        std::fs::write(self.0.join(name), bytes).unwrap();
    }
    pub fn read(&self, name: &str) -> String {
        std::fs::read_to_string(self.0.join(name)).unwrap()
    }
    /// Runs atoll in the folder.
    pub fn output(&self, line: &str) -> Output {
        let started = std::time::Instant::now();
        let out = Command::new(env!("CARGO_BIN_EXE_atoll"))
            .args(line.split(' '))
            .current_dir(&self.0)
            .env("ATOLL_PASSPHRASE", "correct horse")
            .output()
            .unwrap();
        println!("{:.1} s: atoll {line}", started.elapsed().as_secs_f64());
        out
    }
    /// What it printed, or what it complained of.
    pub fn atoll(&self, line: &str) -> Result<String, String> {
        let out = self.output(line);
        match out.status.success() {
            true => Ok(String::from_utf8(out.stdout).unwrap()),
            false => Err(String::from_utf8(out.stderr).unwrap()),
        }
    }
    /// The code of its refusal.
    pub fn refused(&self, line: &str) -> String {
        let text = self.atoll(line).unwrap_err();
        text.split(['[', ']']).nth(1).unwrap_or_default().to_string()
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.0);
    }
}

/// Runs an analysis; the bytes of one of its files.
pub fn made(room: &Folder, topics: &str, shards: usize, file: &str) -> String {
    let line = format!("analyze . {topics} --quiet --shards {shards} --out out");
    room.atoll(&line).unwrap_or_else(|e| panic!("{e}"));
    room.read(&format!("out/{file}"))
}

pub fn json(text: &str) -> Value {
    serde_json::from_str(text).unwrap()
}

/// The refusal of an analysis: its code and place.
pub fn refused(room: &Folder, topic: &str) -> String {
    let said = room.atoll(&format!("analyze . {topic} --quiet --out out")).unwrap_err();
    let line = said.lines().next().unwrap_or_default();
    let (code, rest) = line.trim_start_matches("atoll: [").split_once(']').unwrap_or_default();
    let place = rest.rfind(" file ").or(rest.rfind(" column ")).map_or("", |at| &rest[at..]);
    format!("{code}{place}")
}

/// Of a list of reasons or notes: code, column, count, first row.
pub fn counted(list: &Value) -> Vec<(String, String, u64, u64)> {
    let text = |of: &Value| of.as_str().unwrap_or_default().to_string();
    let number = |of: &Value| of.as_u64().unwrap_or_default();
    let one =
        |p: &Value| (text(&p["code"]), text(&p["column"]), number(&p["count"]), number(&p["first_row"]));
    let mut all: Vec<_> = list.as_array().into_iter().flatten().map(one).collect();
    all.sort();
    all
}
