//! Microseconds per ID and core of each step of the blinded exchange: `cargo bench --bench exchange [rows]`.

use atoll::exchange::group::{Dalek, Encoded};
use atoll::exchange::keys::Opening;
use atoll::exchange::oprf::{self, Mode, SecretKey};
use atoll::exchange::proof;
use atoll::exchange::secret::Random;
use std::time::Instant;

/// Rows, if not said.
const ROWS: usize = 20_000;

/// Nanoseconds on a processor, where the system tells: others may be working on it too.
fn worked() -> Option<f64> {
    std::fs::read_to_string("/proc/thread-self/schedstat").ok()?.split(' ').next()?.parse().ok()
}

fn timed<T>(name: &str, rows: usize, work: impl FnOnce() -> T) -> T {
    let (started, before) = (Instant::now(), worked());
    let done = work();
    let wall = started.elapsed().as_secs_f64() * 1e9;
    let spent = worked().zip(before).map_or(wall, |(after, before)| after - before);
    println!("{name:10} {:7.1} µs per ID", spent / 1e3 / rows as f64);
    done
}

fn main() -> Result<(), atoll::error::Error> {
    let rows = std::env::args().filter_map(|a| a.parse().ok()).next().unwrap_or(ROWS);
    let mut random = Random::new([1; 32]);
    let key = SecretKey::derive(Mode::Voprf, &[2; 32], b"bench")?;
    let ids: Vec<Vec<u8>> = (0..rows).map(|i| format!("138{i:08}").into_bytes()).collect();
    let ids: Vec<&[u8]> = ids.iter().map(Vec::as_slice).collect();
    let blind = |_| -> Encoded {
        let mut blind = random.bytes();
        blind[31] = 0;
        blind
    };
    let blinds: Vec<Encoded> = (0..rows).map(blind).collect();
    timed("publish", rows, || -> Result<Vec<Opening>, _> {
        Mode::Voprf.evaluate(&Dalek, &key, &ids).iter().map(|output| Opening::of(output)).collect()
    })?;
    let blinded = timed("blind", rows, || Mode::Voprf.blind(&Dalek, &ids, &blinds))?;
    let evaluated = timed("evaluate", rows, || oprf::answer(&Dalek, &key, &blinded))?;
    let proofs = timed("prove", rows, || proof::prove(&Dalek, &key, &blinded, &evaluated, || [7; 64]))?;
    timed("verify", rows, || proof::verify(&Dalek, &key.public(), &blinded, &evaluated, &proofs))?;
    timed("open", rows, || -> Result<Vec<Opening>, _> {
        let outputs = oprf::finalize(&Dalek, &ids, blinds.into(), &evaluated)?;
        outputs.iter().map(|output| Opening::of(output)).collect()
    })?;
    Ok(())
}
