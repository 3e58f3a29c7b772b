//! Summaries of made-up files, their sums, and questions to them.

#![allow(clippy::unwrap_used, reason = "a test's helpers fail the test")]

mod measured;
mod questions;
mod shelf;
mod sums;
