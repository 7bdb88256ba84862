//! Tokens: names of people that only who made them can turn back.
//!
//! `t_` and 32 letters of base32 (RFC 4648, lower case): the first 160 bits of HMAC-SHA-256 (RFC 2104) over
//! `atoll/token/v1`, a zero byte and the ID as the tag file writes it, under a key of 32 random bytes.

use crate::error::{Error, Kind, Result};
use crate::hex;
use hmac::{Hmac, KeyInit, Mac};
use serde::{Deserialize, Serialize};
use sha2::Sha256;

const ALPHABET: &[u8; 32] = b"abcdefghijklmnopqrstuvwxyz234567";
/// What a token starts with.
pub const TOKEN: &[u8] = b"t_";
/// What stands before the key in its file.
const FORMAT: &str = "atoll-token-key-1 ";

/// The key of tokens.
#[derive(Clone, Serialize, Deserialize)]
pub struct TokenKey([u8; 32]);

/// Secrets are not printed.
impl std::fmt::Debug for TokenKey {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("TokenKey")
    }
}

impl TokenKey {
    /// Of 32 random bytes.
    pub fn new(bytes: [u8; 32]) -> TokenKey {
        TokenKey(bytes)
    }
    /// Reads a key file.
    pub fn read(text: &str) -> Result<TokenKey> {
        let key = text.trim_end().strip_prefix(FORMAT).and_then(hex::bytes);
        Ok(TokenKey(key.ok_or(Error::new(Kind::TokenKeyBroken))?))
    }
    /// The text of its file.
    pub fn file(&self) -> String {
        format!("{FORMAT}{}\n", hex::text(&self.0))
    }
    fn mac(&self, id: &[u8]) -> [u8; 32] {
        // A key of 32 bytes is always taken.
        let Ok(mut mac) = Hmac::<Sha256>::new_from_slice(&self.0) else { return [0; 32] };
        mac.update(b"atoll/token/v1\0");
        mac.update(id);
        mac.finalize().into_bytes().into()
    }
    /// Appends the token of an ID.
    pub fn write(&self, id: &[u8], to: &mut Vec<u8>) {
        to.extend_from_slice(TOKEN);
        for five in self.mac(id)[..20].chunks_exact(5) {
            let bits = five.iter().fold(0u64, |bits, byte| bits << 8 | u64::from(*byte));
            to.extend((0..8).rev().map(|at| ALPHABET[(bits >> (5 * at)) as usize & 31]));
        }
    }
    /// The place of an ID among tokens in order of their text.
    pub fn order(&self, id: &[u8]) -> u64 {
        self.mac(id)[..8].iter().fold(0, |bits, byte| bits << 8 | u64::from(*byte))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn token(key: &TokenKey, id: &str) -> String {
        let mut text = Vec::new();
        key.write(id.as_bytes(), &mut text);
        String::from_utf8(text).unwrap()
    }

    #[test]
    fn tokens_are_the_first_160_bits_in_base32_and_stand_in_order() {
        let key = TokenKey::new([7; 32]);
        // python3: base64.b32encode(hmac.new(b"\x07"*32, b"atoll/token/v1\0" + b"13800138000", "sha256").digest()[:20])
        assert_eq!(token(&key, "13800138000"), "t_qpkwymoyh6fd46yajjtzd32refzlncz2");
        let mut ids: Vec<String> = (0..500).map(|i| format!("139{i:08}")).collect();
        ids.sort_by_key(|id| key.order(id.as_bytes()));
        let tokens: Vec<String> = ids.iter().map(|id| token(&key, id)).collect();
        // The digits come after the letters in base32 and before them in ASCII.
        let placed = |token: &String| {
            token.bytes().map(|b| if b.is_ascii_digit() { b + 100 } else { b }).collect::<Vec<_>>()
        };
        assert!(tokens.is_sorted_by_key(placed));
        assert_ne!(token(&TokenKey::new([8; 32]), "13800138000"), token(&key, "13800138000"), "another key");
    }

    #[test]
    fn key_files_come_back_and_broken_ones_are_refused() {
        let key = TokenKey::new(*b"0123456789abcdef0123456789abcdef");
        assert_eq!(TokenKey::read(&key.file()).unwrap().file(), key.file());
        for broken in [
            "",
            "atoll-token-key-1 ",
            &key.file().replace('3', "g"),
            &key.file().replace('1', "+"),
            &key.file()[1..],
        ] {
            assert_eq!(TokenKey::read(broken).unwrap_err().code(), "token-key-broken", "{broken}");
        }
    }
}
