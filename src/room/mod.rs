//! The room: a recipe in, answers out.

pub mod call; // what can be asked
pub mod recipe; // room.toml
