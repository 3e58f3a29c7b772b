//! Tessera datasets for native programs: opens, compares, finds markers and verifies.

pub mod compare;
pub mod dataset;
pub mod files;
pub mod markers;
pub mod obs_csv;
pub mod packs;
pub mod plain_file;
pub mod tiles;
pub mod verify;
