//! Where the passphrase of a key or run file comes from: a file, the environment, the terminal.

use super::disk::read;
use atoll::error::{Error, Kind, Result};
use clap::Args;
use std::io::IsTerminal;
use std::path::PathBuf;
use zeroize::Zeroizing;

/// Shortest passphrase that is taken for a new file.
const SHORTEST: usize = 8;

#[derive(Args)]
pub struct Passphrase {
    /// File whose first line is the passphrase. Default: ATOLL_PASSPHRASE, else it is asked for.
    #[arg(long = "passphrase-file", value_name = "FILE")]
    file: Option<PathBuf>,
}

impl Passphrase {
    /// The passphrase of a file that exists.
    pub fn ask(&self) -> Result<Zeroizing<String>> {
        match self.given()? {
            Some(given) => Ok(given),
            None => typed("Passphrase: "),
        }
    }
    /// A passphrase for a new file, typed twice.
    pub fn choose(&self) -> Result<Zeroizing<String>> {
        let chosen = match self.given()? {
            Some(given) => given,
            None => {
                let first = typed("New passphrase (at least 8 characters): ")?;
                if *first != *typed("Once more: ")? {
                    return Err(Kind::PassphraseWrong.into());
                }
                first
            }
        };
        match chosen.chars().count() < SHORTEST {
            true => Err(Error::new(Kind::OutOfRange).column("passphrase")),
            false => Ok(chosen),
        }
    }
    fn given(&self) -> Result<Option<Zeroizing<String>>> {
        let Some(path) = &self.file else {
            return Ok(std::env::var("ATOLL_PASSPHRASE").ok().map(Zeroizing::new));
        };
        let bytes = Zeroizing::new(read(path)?);
        let unreadable = |_| Error::new(Kind::FileUnreadable).file(path.display().to_string());
        let text = std::str::from_utf8(&bytes).map_err(unreadable)?;
        Ok(Some(Zeroizing::new(text.lines().next().unwrap_or_default().to_string())))
    }
}

fn typed(prompt: &str) -> Result<Zeroizing<String>> {
    let none = || Error::new(Kind::PassphraseWrong).column("ATOLL_PASSPHRASE");
    if !std::io::stdin().is_terminal() {
        return Err(none());
    }
    rpassword::prompt_password(prompt).map(Zeroizing::new).map_err(|_| none())
}
