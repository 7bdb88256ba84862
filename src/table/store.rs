//! Files on their way in: parcels of rows are kept per person until the columns can be binned.

/// Both files while they load.
#[derive(Default)]
pub struct Store {}
