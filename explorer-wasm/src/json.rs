//! JSON as the browser reads and writes it: a program that does so itself is 10 kB of tables for numbers alone.

use js_sys::JSON;
use serde::{Serialize, de::DeserializeOwned};
use serde_wasm_bindgen::{Serializer, from_value};

/// What a text says; `None` where it is no JSON, or that of something else.
pub(crate) fn parsed<T: DeserializeOwned>(text: &str) -> Option<T> {
    from_value(JSON::parse(text).ok()?).ok()
}

/// The text of a value; `None` where it has no JSON.
pub(crate) fn text_of(value: &impl Serialize) -> Option<String> {
    let value = value.serialize(&Serializer::json_compatible()).ok()?;
    JSON::stringify(&value).ok()?.as_string()
}

#[cfg(test)]
mod tests {
    use explorer_core::state::{Preferences, Theme};
    use shared_fbs::api::DatasetDescription;
    use wasm_bindgen_test::wasm_bindgen_test as test;

    use super::*;

    #[test]
    fn the_browser_reads_what_it_writes() {
        let chosen = Preferences {
            theme: Theme::Dark,
            colormap: Some("magma \"\u{1F9EC}\"".to_owned()),
            widths_px: [Some(300), None],
            card: vec!["louvain".to_owned()],
            ..Preferences::default()
        };
        let text = text_of(&chosen).expect("it has a JSON");
        assert_eq!(parsed(&text), Some(chosen.clone()));
        assert_eq!(serde_json::from_str::<Preferences>(&text).ok(), Some(chosen));
    }

    #[test]
    fn it_reads_what_the_server_writes() {
        let description = DatasetDescription { id: "a".to_owned(), n_obs: 1 << 40, ..DatasetDescription::default() };
        let text = serde_json::to_string(&description).expect("it has a JSON");
        assert_eq!(parsed(&text), Some(description));
    }

    #[test]
    fn texts_that_say_something_else_are_told() {
        for text in ["{", "[]", "{\"id\":1}"] {
            assert_eq!(parsed::<DatasetDescription>(text), None, "{text}");
        }
        let newer: Preferences = parsed(r#"{"theme":"dark","new":1}"#).expect("what is not known is passed over");
        assert_eq!(newer.theme, Theme::Dark);
    }
}
