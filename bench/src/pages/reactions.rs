//! How a page answers to gestures: tasks that keep it from answering, and the time from an input to the next frame.

use anyhow::Result;
use serde::Deserialize;

use super::{measures::Measures, visit::Visit};

/// How a page answered while something was done in it.
#[derive(Clone, Debug, PartialEq)]
pub struct Reaction {
    /// What was done.
    pub gesture: &'static str,
    /// Seconds of the longest task of the main thread; browsers tell of tasks over 50 ms alone.
    pub longest_task: Option<f64>,
    /// Seconds from the slowest press, release or key to the next frame; browsers tell of 16 ms or more.
    pub slowest_input: Option<f64>,
}

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
