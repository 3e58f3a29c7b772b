//! What the worker tells the page.

use h5ad::{Patches, Piece};
use js_sys::{Array, Object, Reflect, Uint8Array};
use schema::{Report, groups_to_json};
use wasm_bindgen::{JsCast, JsValue};
use web_sys::DedicatedWorkerGlobalScope;

/// A message to the page: an object with `kind` and what belongs to it.
pub enum Reply<'a> {
    /// What is found in metadata.
    Metadata(&'a Report),
    /// A matrix begins to be read.
    Matrix {
        /// Where it lies.
        place: &'a str,
        /// How many cells it has, or genes where it is stored by genes.
        n: usize,
    },
    /// So many more of them were read.
    Read(usize),
    /// All that is found.
    Done {
        /// What the state of the file means for who wants to submit it.
        note: Option<String>,
        /// The report.
        report: &'a Report,
    },
    /// A copy of the file with changes.
    Mended {
        /// What it has other than the file.
        patches: &'a Patches,
        /// How many bytes the file has.
        n_bytes: u64,
        /// The changes that could not be made.
        left_out: Vec<String>,
    },
    /// There is no report, or no copy.
    Failed(String),
}

impl Reply<'_> {
    /// Sends it.
    pub fn post(self) {
        let message = Object::new();
        let set = |key: &str, value: JsValue| {
            // Only frozen objects refuse.
            drop(Reflect::set(&message, &key.into(), &value));
        };
        let set_report = |report: &Report| {
            set("report", report.to_json().to_string().into());
            set("groups", groups_to_json(&report.findings).to_string().into());
        };
        match self {
            Self::Metadata(report) => {
                set("kind", "metadata".into());
                set_report(report);
            }
            Self::Matrix { place, n } => {
                set("kind", "matrix".into());
                set("place", place.into());
                set("n", (n as f64).into());
            }
            Self::Read(n) => {
                set("kind", "read".into());
                set("n", (n as f64).into());
            }
            Self::Done { note, report } => {
                set("kind", "done".into());
                set("note", note.map_or(JsValue::NULL, Into::into));
                set_report(report);
            }
            Self::Mended { patches, n_bytes, left_out } => {
                set("kind", "mended".into());
                let pieces = patches.pieces(n_bytes).into_iter().map(|piece| match piece {
                    Piece::Old(range) => Array::of2(&(range.start as f64).into(), &(range.end as f64).into()).into(),
                    Piece::New(bytes) => JsValue::from(Uint8Array::from(bytes)),
                });
                set("pieces", pieces.collect::<Array>().into());
                set("leftOut", left_out.iter().map(|fix| JsValue::from_str(fix)).collect::<Array>().into());
            }
            Self::Failed(message) => {
                set("kind", "failed".into());
                set("message", message.into());
            }
        }
        let scope: DedicatedWorkerGlobalScope = js_sys::global().unchecked_into();
        // It refuses what cannot be copied, and nothing here is of that kind.
        drop(scope.post_message(&message));
    }
}
