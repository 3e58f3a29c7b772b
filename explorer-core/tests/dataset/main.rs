//! The reader of datasets, on a small one in memory.

#![expect(clippy::unwrap_used, reason = "a helper of a test may panic as the test may")]

mod made;
mod reading;
mod summing;
