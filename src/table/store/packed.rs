//! `#[serde(with = "packed")]` for vectors of numbers: one block of little-endian bytes instead of one call per
//! number. Parcels are most of what workers send each other.

use serde::de::Error as _;
use serde::{Deserializer, Serializer};

/// A number of fixed width.
pub trait Word: Copy {
    /// Bytes of one.
    const WIDTH: usize;
    /// Appends its bytes.
    fn put(self, to: &mut Vec<u8>);
    /// Reads it from exactly `WIDTH` bytes.
    fn take(from: &[u8]) -> Option<Self>;
}

macro_rules! word {
    ($($kind:ty),*) => {$(
        impl Word for $kind {
            const WIDTH: usize = size_of::<$kind>();
            fn put(self, to: &mut Vec<u8>) {
                to.extend_from_slice(&self.to_le_bytes());
            }
            fn take(from: &[u8]) -> Option<Self> {
                from.try_into().ok().map(<$kind>::from_le_bytes)
            }
        }
    )*};
}
word!(u8, u16, u32, u64, i32, i64, f64);

impl Word for crate::id::Key {
    const WIDTH: usize = 16;
    fn put(self, to: &mut Vec<u8>) {
        to.extend_from_slice(&self.0);
    }
    fn take(from: &[u8]) -> Option<Self> {
        from.try_into().ok().map(crate::id::Key)
    }
}

/// Writes the block.
pub fn serialize<T: Word, S: Serializer>(words: &[T], to: S) -> Result<S::Ok, S::Error> {
    let mut bytes = Vec::with_capacity(words.len() * T::WIDTH);
    words.iter().for_each(|w| w.put(&mut bytes));
    to.serialize_bytes(&bytes)
}

/// Reads the block.
pub fn deserialize<'de, T: Word, D: Deserializer<'de>>(from: D) -> Result<Vec<T>, D::Error> {
    let bytes = from.deserialize_bytes(Block)?;
    if bytes.len() % T::WIDTH != 0 {
        return Err(D::Error::custom("a block of another width"));
    }
    bytes.chunks_exact(T::WIDTH).map(|c| T::take(c).ok_or(D::Error::custom("a word"))).collect()
}

struct Block;

impl<'de> serde::de::Visitor<'de> for Block {
    type Value = &'de [u8];
    fn expecting(&self, f: &mut std::fmt::Formatter) -> std::fmt::Result {
        f.write_str("a block of bytes")
    }
    fn visit_borrowed_bytes<E: serde::de::Error>(self, bytes: &'de [u8]) -> Result<Self::Value, E> {
        Ok(bytes)
    }
}
