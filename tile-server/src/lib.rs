//! Builds, serves, inspects and verifies Tessera datasets.

pub mod build;
pub mod serve;
