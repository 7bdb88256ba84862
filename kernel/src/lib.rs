//! Batches of ristretto255 (RFC 9496), two points at a time in the two lanes of a 128-bit vector.
//!
//! The same source gives two wasm modules: with `relaxed-simd` field elements are [`fused`], else [`plain`]. Natively
//! both exist over emulated lanes, and the tests hold both against curve25519-dalek.
//!
//! Scalars and what is hashed to the group are secret: no branch and no address depends on them. The one exception is
//! [`sum`], for points and scalars that both sides know.

#![cfg_attr(all(target_arch = "wasm32", not(test)), no_std)]
#![deny(unsafe_code)]

pub mod field;
#[cfg(any(not(target_arch = "wasm32"), target_feature = "relaxed-simd"))]
pub mod fused;
pub mod lane;
#[cfg(any(not(target_arch = "wasm32"), not(target_feature = "relaxed-simd")))]
pub mod plain;
pub mod point;
#[cfg(target_arch = "wasm32")]
mod port;
pub mod ristretto;
pub mod scalar;
pub mod sum;
