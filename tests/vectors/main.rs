//! Published vectors: values other people printed, which ours must equal.

mod ids;
