//! Tessera datasets for native programs: opens, selects, slices, compares, finds markers, ranks, correlates and verifies.

pub mod compare;
pub mod dataset;
pub mod files;
pub mod fragment;
pub mod gene_passes;
pub mod groups;
pub mod markers;
pub mod obs_csv;
pub mod packs;
pub mod plain_file;
pub mod portrait;
pub mod selection;
pub mod slice;
pub mod tiles;
pub mod verify;
