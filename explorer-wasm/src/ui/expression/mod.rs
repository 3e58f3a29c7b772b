//! Gene expression over many datasets: what is asked, and dots for the answer.

mod filters;
mod grid;
mod legend;
mod screen;

pub use screen::{ExpressionScreen, OrganismChoice};
