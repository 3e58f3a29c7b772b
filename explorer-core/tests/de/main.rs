//! Differential expression against its references and its algebra.

#![expect(clippy::unwrap_used, reason = "a helper of a test may panic as the test may")]

mod bits;
mod exact;
mod golden;
mod made;
mod moments;
mod routes;
mod student;
mod synthetic;
