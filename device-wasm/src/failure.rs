//! Why a file is not opened.

use wasm_bindgen::JsValue;

use crate::js;

/// Why a file is not opened.
#[derive(Debug)]
pub enum Failure {
    /// In words, with the way out.
    Told(String),
    /// In words that a command follows, which does the same without this browser.
    Lacking(String),
    /// What the browser says.
    Browser(JsValue),
}

impl Failure {
    /// There is no room, as `message` says.
    pub fn full(message: &str) -> Self {
        Self::Lacking(format!("{message} Delete datasets on this device, or use the command line:"))
    }

    /// In words.
    pub fn message(&self) -> String {
        match self {
            Self::Told(message) | Self::Lacking(message) => message.clone(),
            Self::Browser(error) => {
                let message = js::text(error, "message").unwrap_or_else(|| format!("{error:?}"));
                format!("The browser cannot read it: {message}")
            }
        }
    }
}

impl From<JsValue> for Failure {
    fn from(error: JsValue) -> Self {
        if js::is_named(&error, "QuotaExceededError") {
            Self::full("The browser gives this page no more room.")
        } else {
            Self::Browser(error)
        }
    }
}
