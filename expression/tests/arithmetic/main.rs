//! Comparisons and markers, against scipy, brute force and chance; and how the two modes differ.

#![expect(clippy::unwrap_used, reason = "a helper of a test may panic as the test may")]

mod bootstrap;
mod common;
mod compare;
mod markers;
mod modes;
