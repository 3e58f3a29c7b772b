//! The builder: what goes in comes back from the tiles, byte for byte the same each time, or a clear refusal.

#![allow(clippy::unwrap_used, reason = "a test's helpers fail the test")]

mod annotate;
mod answers;
mod bytes;
mod check;
mod command;
mod compare;
mod content;
mod damage;
mod deploy;
mod exact;
mod export;
mod faults;
mod figures;
#[path = "../../../h5ad/tests/h5ad/fixtures.rs"]
#[allow(dead_code, reason = "the reader's tests use more of it")]
mod fixtures;
mod fragments;
mod host;
mod hostile;
mod input;
mod log;
mod markers;
mod names;
mod output;
mod plots;
mod ranges;
mod real;
mod schema;
mod selections;
mod serve;
mod sets;
mod site;
mod statistics;
mod submit;
mod subset;
#[path = "../../../schema/tests/fixtures/mod.rs"]
#[allow(dead_code, reason = "the validator's tests use more of it")]
mod valid_file;
