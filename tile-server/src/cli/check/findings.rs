//! What was found at a host.

use std::collections::HashSet;

use serde::Serialize;

use super::fixes::Fix;

/// How much something matters.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Severity {
    /// It is as it should be.
    Good,
    /// The page works, and could load sooner.
    Advice,
    /// The page does not work, or not reliably.
    Problem,
}

/// Something that was looked at.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Finding {
    /// How much it matters.
    pub severity: Severity,
    /// The address that it was found at.
    pub url: String,
    /// What was found, as a sentence without its end.
    pub text: String,
    /// How it is mended.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub fixes: Vec<Fix>,
}

impl Finding {
    /// Something that is as it should be.
    pub fn good(url: &str, text: impl Into<String>) -> Self {
        Self { severity: Severity::Good, url: url.to_owned(), text: text.into(), fixes: Vec::new() }
    }

    /// Something that costs time.
    pub fn advice(url: &str, text: impl Into<String>, fixes: &[Fix]) -> Self {
        Self { severity: Severity::Advice, fixes: fixes.to_vec(), ..Self::good(url, text) }
    }

    /// Something that is to be mended.
    pub fn problem(url: &str, text: impl Into<String>, fixes: &[Fix]) -> Self {
        Self { severity: Severity::Problem, fixes: fixes.to_vec(), ..Self::good(url, text) }
    }

    /// The lines that tell it, with the fixes that were not told before.
    pub fn lines(&self, told: &mut HashSet<Fix>) -> Vec<String> {
        let word = match self.severity {
            Severity::Good => "good   ",
            Severity::Advice => "advice ",
            Severity::Problem => "problem",
        };
        let mut lines = vec![format!("{word}  {}: {}", self.url, self.text)];
        let fixes = self.fixes.iter().filter(|fix| told.insert(**fix));
        lines.extend(fixes.map(|fix| format!("           {}: {}", fix.host, fix.text)));
        lines
    }
}
