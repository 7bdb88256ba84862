//! A folder in which the command line is used as anybody would, gone with its test.
#![allow(dead_code, reason = "each test uses what it needs")]

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
