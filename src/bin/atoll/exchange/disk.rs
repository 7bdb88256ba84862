//! Files, the clock, the system's randomness and its cores, for the exchange.

use super::with;
use atoll::error::{Error, Kind, Result};
use atoll::exchange::group::{Dalek, Encoded, Points, Scalars};
use atoll::exchange::publish::{Published, Publisher, Spill};
use atoll::exchange::secret::Random;
use atoll::table::dates;
use std::fs::File;
use std::io::{Read, Seek, SeekFrom, Write};
use std::path::{Path, PathBuf};
use std::time::{SystemTime, UNIX_EPOCH};

/// Bytes that are read at a time.
const SLICE: usize = 4 << 20;
/// Rows below which a second core is not worth a thread.
const FEW: usize = 256;

/// A stream of random bytes from the operating system.
pub fn random() -> Result<Random> {
    let mut seed = [0; 32];
    getrandom::fill(&mut seed).map_err(|_| Error::new(Kind::WorkerLost).column("getrandom"))?;
    Ok(Random::new(seed))
}

/// Today, `2026-09-01`, in UTC.
pub fn today() -> String {
    let seconds = SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |d| d.as_secs());
    dates::text((seconds / 86_400) as f64)
}

/// The plain group on every core.
pub struct Cores(usize);

impl Cores {
    pub fn all() -> Cores {
        Cores(std::thread::available_parallelism().map_or(1, usize::from))
    }
    /// Runs `work` on equal parts side by side, and puts the results in order.
    fn split<T: Send>(&self, rows: usize, work: impl Fn(usize, usize) -> Vec<T> + Sync) -> Vec<T> {
        let part = rows.div_ceil(self.0).max(FEW);
        let starts: Vec<usize> = (0..rows).step_by(part).collect();
        if starts.len() < 2 {
            return work(0, rows);
        }
        let work = &work;
        std::thread::scope(|scope| {
            let parts = starts.iter().map(|&from| scope.spawn(move || work(from, rows.min(from + part))));
            let parts: Vec<_> = parts.collect();
            parts.into_iter().flat_map(|part| part.join().unwrap_or_default()).collect()
        })
    }
}

impl Points for Cores {
    fn map_mul(&self, uniform: &[[u8; 64]], scalars: &[Encoded]) -> Vec<Encoded> {
        self.split(uniform.len(), |from, to| Dalek.map_mul(&uniform[from..to], &scalars[from..to]))
    }
    fn mul(&self, points: &[Encoded], scalars: Scalars<'_>) -> Vec<Option<Encoded>> {
        self.split(points.len(), |from, to| match scalars {
            Scalars::Each(scalars) => Dalek.mul(&points[from..to], Scalars::Each(&scalars[from..to])),
            Scalars::One(_) => Dalek.mul(&points[from..to], scalars),
        })
    }
    fn sum(&self, points: &[Encoded], weights: &[Encoded]) -> Option<Encoded> {
        let part = |from, to| vec![Dalek.sum(&points[from..to], &weights[from..to])];
        let parts = self.split(points.len(), part).into_iter().collect::<Option<Vec<_>>>()?;
        let mut one = [0; 32];
        one[0] = 1;
        Dalek.sum(&parts, &vec![one; parts.len()])
    }
}

fn unreadable(path: &Path) -> impl Fn(std::io::Error) -> Error {
    move |_| Error::new(Kind::FileUnreadable).file(path.display().to_string())
}

fn unwritable(path: &Path) -> impl Fn(std::io::Error) -> Error {
    move |_| Error::new(Kind::OutputUnwritable).file(path.display().to_string())
}

pub fn read(path: &Path) -> Result<Vec<u8>> {
    std::fs::read(path).map_err(unreadable(path))
}

/// Writes a file whole or not at all.
pub fn save(path: &Path, bytes: &[u8]) -> Result<()> {
    if let Some(parent) = path.parent().filter(|parent| !parent.as_os_str().is_empty()) {
        std::fs::create_dir_all(parent).map_err(unwritable(path))?;
    }
    let part = with(path, ".part");
    let write = || {
        let mut file = File::create(&part)?;
        file.write_all(bytes)?;
        file.sync_all()?;
        std::fs::rename(&part, path)
    };
    write().map_err(unwritable(path))
}

/// Writes a file that must not be there yet: a key is never written over.
pub fn create(path: &Path, bytes: &[u8]) -> Result<()> {
    match path.exists() {
        true => Err(Error::new(Kind::OutputUnwritable).file(path.display().to_string())),
        false => save(path, bytes),
    }
}

/// Hands on a file in slices.
pub fn slices(path: &Path, take: &mut dyn FnMut(&[u8], bool) -> Result<()>) -> Result<()> {
    let mut file = File::open(path).map_err(unreadable(path))?;
    let (mut slice, mut next) = (piece(&mut file, path)?, piece(&mut file, path)?);
    loop {
        let named = |e: Error| if e.at.file.is_none() { e.file(path.display().to_string()) } else { e };
        take(&slice, next.is_empty()).map_err(named)?;
        if next.is_empty() {
            return Ok(());
        }
        slice = std::mem::replace(&mut next, piece(&mut file, path)?);
    }
}

fn piece(file: &mut File, path: &Path) -> Result<Vec<u8>> {
    let mut bytes = Vec::new();
    file.take(SLICE as u64).read_to_end(&mut bytes).map_err(unreadable(path))?;
    Ok(bytes)
}

/// The head of a file, whose length its prefix tells, and the size of the file.
pub fn head(path: &Path, prefix: usize, length: fn(&[u8]) -> Result<usize>) -> Result<(Vec<u8>, u64)> {
    let mut file = File::open(path).map_err(unreadable(path))?;
    let size = file.metadata().map_err(unreadable(path))?.len();
    let mut head = Vec::new();
    (&mut file).take(prefix as u64).read_to_end(&mut head).map_err(unreadable(path))?;
    let rest = length(&head)?.saturating_sub(head.len());
    file.take(rest as u64).read_to_end(&mut head).map_err(unreadable(path))?;
    Ok((head, size))
}

/// What stands behind the head, in slices.
pub fn body(path: &Path, start: u64, take: &mut dyn FnMut(&[u8]) -> Result<()>) -> Result<()> {
    let mut file = File::open(path).map_err(unreadable(path))?;
    file.seek(SeekFrom::Start(start)).map_err(unreadable(path))?;
    loop {
        match piece(&mut file, path)? {
            bytes if bytes.is_empty() => return Ok(()),
            bytes => take(&bytes)?,
        }
    }
}

/// Writes a tag file: its body first, since the head is known last.
pub fn assemble(out: &Path, body: &Path, publisher: Publisher<'_>) -> Result<Published> {
    let mut file = Temporary(body.to_path_buf(), File::create(body).map_err(unwritable(body))?);
    let (head, done) = publisher.finish(&mut |bytes| file.1.write_all(bytes).map_err(unwritable(body)))?;
    let part = with(out, ".part");
    let copy = || {
        let mut whole = File::create(&part)?;
        whole.write_all(&head)?;
        std::io::copy(&mut File::open(body)?, &mut whole)?;
        whole.sync_all()?;
        std::fs::rename(&part, out)
    };
    copy().map_err(unwritable(out))?;
    Ok(done)
}

/// A file that goes when it is dropped.
struct Temporary(PathBuf, File);

impl Drop for Temporary {
    fn drop(&mut self) {
        let _ = std::fs::remove_file(&self.0);
    }
}

/// Sorted runs in temporary files beside the output. They hold labels and sealed tags only.
pub struct Runs {
    beside: PathBuf,
    files: Vec<Temporary>,
}

impl Runs {
    pub fn beside(out: &Path) -> Runs {
        Runs { beside: out.to_path_buf(), files: Vec::new() }
    }
}

impl Spill for Runs {
    fn keep(&mut self, run: &[u8]) -> Result<()> {
        let path = with(&self.beside, &format!(".run-{}", self.files.len()));
        std::fs::write(&path, run).map_err(unwritable(&path))?;
        let file = File::open(&path).map_err(unreadable(&path))?;
        self.files.push(Temporary(path, file));
        Ok(())
    }
    fn read(&mut self, run: usize, from: u64, to: u64) -> Result<Vec<u8>> {
        let Temporary(path, file) = self.files.get_mut(run).ok_or(Kind::FileChanged)?;
        let mut bytes = vec![0; (to - from) as usize];
        let mut read = || {
            file.seek(SeekFrom::Start(from))?;
            file.read_exact(&mut bytes)
        };
        read().map_err(unreadable(path))?;
        Ok(bytes)
    }
}
