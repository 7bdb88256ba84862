//! Writes the GB18030 tables of the WHATWG Encoding Standard, as `encoding_rs` knows them, for
//! `src/table/charset.rs`, which says how they are laid out. Nothing is downloaded.

use std::collections::HashSet;
use std::path::PathBuf;
use std::{env, error, fs};

type Made<T> = Result<T, Box<dyn error::Error>>;

/// Two-byte sequences: 126 lead bytes, 190 trail bytes.
const PAIRS: usize = 126 * 190;
/// Four-byte sequences up to U+FFFF.
const QUADS: usize = 39_420;

fn main() -> Made<()> {
    println!("cargo::rerun-if-changed=build.rs");
    let out = PathBuf::from(env::var("OUT_DIR")?);
    let pairs = (0..PAIRS).map(|p| code(&pair(p))).collect::<Made<Vec<_>>>()?;
    fs::write(out.join("gb18030.pairs"), planes(&pair_steps(&pairs)))?;
    let quads = (0..QUADS).map(|p| code(&quad(p))).collect::<Made<Vec<_>>>()?;
    fs::write(out.join("gb18030.quads"), planes(&quad_steps(&quads)))?;
    Ok(())
}

fn pair(pointer: usize) -> [u8; 2] {
    let trail = pointer % 190;
    [(pointer / 190 + 0x81) as u8, (trail + if trail < 0x3f { 0x40 } else { 0x41 }) as u8]
}

fn quad(pointer: usize) -> [u8; 4] {
    let digit = |value: usize| (value % 10 + 0x30) as u8;
    let third = (pointer / 10 % 126 + 0x81) as u8;
    [(pointer / 12_600 + 0x81) as u8, digit(pointer / 1_260), third, digit(pointer)]
}

/// The one character, of the basic plane, that a sequence stands for.
fn code(sequence: &[u8]) -> Made<u16> {
    let text = encoding_rs::GB18030.decode_without_bom_handling_and_without_replacement(sequence);
    let mut units = text.as_deref().unwrap_or_default().encode_utf16();
    match (units.next(), units.next()) {
        (Some(unit), None) => Ok(unit),
        _ => Err(format!("{sequence:02x?} is no character of the basic plane").into()),
    }
}

/// Steps of the two-byte table: first the corner of GB 2312, each from the one before; then the rest, each
/// from the next code that the corner does not have.
fn pair_steps(codes: &[u16]) -> Vec<u16> {
    let (corner, rest): (Vec<usize>, _) = (0..PAIRS).partition(|&p| pair(p).iter().all(|&b| b >= 0xa1));
    let taken: HashSet<u16> = corner.iter().map(|&p| codes[p]).collect();
    let (mut steps, mut at) = (Vec::new(), 0u16);
    for p in corner {
        steps.push(codes[p].wrapping_sub(at));
        at = codes[p];
    }
    at = 0;
    for p in rest {
        at = at.wrapping_add(1);
        while taken.contains(&at) {
            at = at.wrapping_add(1);
        }
        steps.push(codes[p].wrapping_sub(at));
        at = codes[p];
    }
    steps
}

/// Runs of following codes: how many pointers and how many codes behind the start of the run before.
fn quad_steps(codes: &[u16]) -> Vec<u16> {
    let starts = (0..QUADS).filter(|&p| p == 0 || codes[p] != codes[p - 1].wrapping_add(1));
    let (mut pointers, mut firsts, mut last) = (Vec::new(), Vec::new(), (0, 0));
    for p in starts {
        pointers.push((p - last.0) as u16);
        firsts.push(codes[p].wrapping_sub(last.1));
        last = (p, codes[p]);
    }
    [pointers, firsts].concat()
}

/// All high bytes, then all low bytes: the high ones are few and repeat.
fn planes(values: &[u16]) -> Vec<u8> {
    let high = values.iter().map(|v| (v >> 8) as u8);
    high.chain(values.iter().map(|v| *v as u8)).collect()
}
