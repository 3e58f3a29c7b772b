//! What is wrong with a filter, and where.

use std::{fmt, ops::Range};

/// The most columns that a message names.
const MOST_NAMES: usize = 20;

/// A filter that cannot be read, or does not suit the columns.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub struct FilterError {
    /// What is wrong, and what to do.
    pub problem: String,
    /// The filter.
    pub text: String,
    /// Where it is wrong, in bytes of the text.
    pub at: Range<usize>,
}

impl FilterError {
    pub(crate) fn new(problem: impl Into<String>, text: &str, at: Range<usize>) -> Self {
        Self { problem: problem.into(), text: text.to_owned(), at }
    }
}

impl fmt::Display for FilterError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let start = self.at.start.min(self.text.len());
        let line_start = self.text[..start].rfind('\n').map_or(0, |end| end + 1);
        let line = self.text[line_start..].lines().next().unwrap_or_default();
        let before = self.text[line_start..start].chars().count();
        let end = self.at.end.clamp(start, line_start + line.len()).max(start);
        let marks = self.text[start..end].chars().count().max(1);
        let number = self.text[..start].chars().count() + 1;
        write!(
            f,
            "{} (character {number} of the filter)\n  {line}\n  {}{}",
            self.problem,
            " ".repeat(before),
            "^".repeat(marks)
        )
    }
}

/// "; did you mean `x`?", where one of the names is near, or else what names there are, as a clause after a semicolon.
pub(crate) fn instead<'a>(name: &str, known: impl Iterator<Item = &'a str> + Clone, what: &str) -> String {
    match nearest(name, known.clone()) {
        Some(near) => format!("; did you mean `{near}`?"),
        None => {
            let mut names: Vec<String> = known.clone().take(MOST_NAMES).map(|name| format!("`{name}`")).collect();
            if known.count() > MOST_NAMES {
                names.push("…".to_owned());
            }
            if names.is_empty() {
                format!("; there are no {what}")
            } else {
                format!("; the {what} are {}", names.join(", "))
            }
        }
    }
}

/// The name that is most like another, whatever their case; `None` where none is like it.
pub(crate) fn nearest<'a>(name: &str, known: impl Iterator<Item = &'a str>) -> Option<&'a str> {
    const LEAST_LIKENESS: f64 = 0.6;
    let wanted = name.to_lowercase();
    let likeness = |other: &str| strsim::normalized_damerau_levenshtein(&wanted, &other.to_lowercase());
    let best = known.map(|other| (likeness(other), other)).max_by(|(a, _), (b, _)| a.total_cmp(b));
    best.filter(|(likeness, _)| *likeness >= LEAST_LIKENESS).map(|(_, name)| name)
}
