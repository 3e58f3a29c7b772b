//! Why there is no picture, in words for the page.

use explorer_render::RenderError;

/// Why nothing can be drawn.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PictureFailure {
    /// What it is and what would help, for people.
    pub text: String,
    /// What the browser says, for a report; may be empty.
    pub detail: String,
}

impl PictureFailure {
    pub(super) fn new(error: &RenderError) -> Self {
        match error {
            RenderError::NoDevice { tried } => Self {
                text: "This browser offers no way to draw it. Turn on hardware acceleration in its settings, or use a \
                       recent Chrome, Edge, Firefox or Safari. Counts, filters and comparisons work without it."
                    .to_owned(),
                detail: tried.clone(),
            },
            other => Self {
                text: "Reload the page to try again. Counts, filters and comparisons work without it.".to_owned(),
                detail: other.to_string(),
            },
        }
    }
}

#[cfg(test)]
mod tests {
    use wasm_bindgen_test::wasm_bindgen_test as test;

    use super::*;

    #[test]
    fn what_the_browser_says_is_for_the_report_alone() {
        let failure = PictureFailure::new(&RenderError::NoDevice { tried: "InstanceError { .. }".to_owned() });
        assert_eq!(failure.text.matches("hardware acceleration").count(), 1);
        assert!(!failure.text.contains("InstanceError"));
        assert_eq!(failure.detail, "InstanceError { .. }");
    }
}
