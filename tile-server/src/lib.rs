//! Builds, serves, inspects and verifies Tessera datasets.

pub mod build;
pub mod compare;
pub mod dataset;
mod packs;
pub mod serve;
pub mod verify;
