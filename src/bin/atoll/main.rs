//! The command line of Atoll.

fn main() {}
