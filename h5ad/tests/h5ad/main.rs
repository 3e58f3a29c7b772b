//! The AnnData reader, on files made here, on the demo file, and on real files where they are at hand.

#![allow(clippy::unwrap_used, reason = "a test's helpers fail the test")]

mod broken;
mod fixtures;
mod frames;
mod matrices;
mod obsm_and_uns;
mod other_kinds;
#[path = "../../fuzz/read_all.rs"]
mod read_all;
mod real;
mod references;
#[cfg(feature = "write")]
mod revised;
