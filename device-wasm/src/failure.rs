//! Why a file is not opened.

use wasm_bindgen::JsValue;

use crate::js;

/// Why a file is not opened.
#[derive(Debug)]
pub enum Failure {
    /// In words, with the way out.
    Told(String),
    /// What the browser says.
    Browser(JsValue),
}

impl Failure {
    /// In words.
    pub fn message(&self) -> String {
        match self {
            Self::Told(message) => message.clone(),
            Self::Browser(error) => {
                let message = js::text(error, "message").unwrap_or_else(|| format!("{error:?}"));
                format!("The browser cannot read it: {message}")
            }
        }
    }
}

impl From<JsValue> for Failure {
    fn from(error: JsValue) -> Self {
        Self::Browser(error)
    }
}
