//! How a page answers to gestures: tasks that keep it from answering, and the time from an input to the next frame.

use anyhow::Result;
use serde::Deserialize;

use super::{
    measures::{Measures, Reaction},
    visit::Visit,
};

/// What the probe noted, in milliseconds.
#[derive(Deserialize)]
struct Noted {
    task: Option<f64>,
    input: Option<f64>,
}

/// Begins to note how the page answers.
///
/// # Errors
/// When the page cannot be asked.
pub async fn begin(visit: &Visit<'_>) -> Result<()> {
    visit.evaluate("p.attend()").await?;
    Ok(())
}

/// Keeps how the page answered since [`begin`] or the gesture before, and begins anew.
///
/// # Errors
/// When the page cannot be asked.
pub async fn end(visit: &Visit<'_>, gesture: &'static str, measures: &mut Measures) -> Result<()> {
    let noted: Noted = serde_json::from_value(visit.evaluate("p.attended()").await?)?;
    let seconds = |millis: Option<f64>| millis.map(|millis| millis / 1e3);
    let (longest_task, slowest_input) = (seconds(noted.task), seconds(noted.input));
    measures.reactions.push(Reaction { gesture, longest_task, slowest_input });
    begin(visit).await
}
