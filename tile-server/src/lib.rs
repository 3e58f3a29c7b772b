//! Builds, serves, inspects and verifies Tessera datasets.

pub mod build;
pub mod compare;
pub mod dataset;
pub mod markers;
mod packs;
pub mod serve;
pub mod verify;
