//! What the worker tells the page.

use builder::{BuildError, Needs};
use h5ad::H5ad;
use js_sys::{Array, Object, Reflect};
use shared_fbs::manifest::Manifest;
use wasm_bindgen::{JsCast, JsValue};
use web_sys::DedicatedWorkerGlobalScope;

/// A message to the page: an object with `kind` and what belongs to it.
pub enum Reply<'a> {
    /// The worker runs: what is sent before would be lost.
    Started,
    /// The file is one that can be built, as far as its structure tells.
    Opened {
        /// What it takes.
        needs: Needs,
        /// Its matrices by name, with their numbers of entries; none where nothing is to be built.
        matrices: Vec<(String, u64)>,
    },
    /// How far a stage has come.
    Progress {
        /// Its name.
        stage: &'a str,
        /// Steps that are done.
        n_done: u64,
        /// Steps in all.
        total: u64,
    },
    /// The cells can be looked at.
    Look {
        /// The files so far.
        files: Object,
    },
    /// The dataset is complete.
    Done {
        /// Its files.
        files: Object,
        /// Its manifest; none where it was not read.
        manifest: Option<&'a Manifest>,
    },
    /// There is no dataset.
    Failed {
        /// Why not, as the command line says it.
        message: String,
        /// Whether there was no room for it.
        is_full: bool,
        /// Whether there would be one without a picture of the cells.
        lacks_picture: bool,
    },
}

impl Reply<'_> {
    /// A file can be built.
    pub fn opened(file: &H5ad, needs: Needs) -> Self {
        let matrices = file.matrices().iter();
        let matrices = matrices.map(|info| (info.location.to_string(), builder::n_entries(info))).collect();
        Self::Opened { needs, matrices }
    }

    /// There is no dataset, and more room would not help.
    pub fn failed_as(message: String) -> Self {
        Self::Failed { message, is_full: false, lacks_picture: false }
    }

    /// Why a build failed.
    pub fn failed(error: &BuildError) -> Self {
        let is_full = matches!(
            error,
            BuildError::Output { source, .. } if source.kind() == std::io::ErrorKind::StorageFull
        );
        let lacks_picture = matches!(error, BuildError::NoEmbedding { .. });
        Self::Failed { message: error.to_string(), is_full, lacks_picture }
    }

    /// Sends it.
    pub fn post(self) {
        let message = Object::new();
        let set = |key: &str, value: JsValue| {
            // Only frozen objects refuse.
            drop(Reflect::set(&message, &key.into(), &value));
        };
        match self {
            Self::Started => set("kind", "started".into()),
            Self::Opened { needs, matrices } => {
                set("kind", "opened".into());
                set("memoryBytes", (needs.memory_bytes as f64).into());
                set("spaceBytes", (needs.space_bytes as f64).into());
                let entries = matrices.iter();
                let entries = entries.map(|(name, n_entries)| Array::of2(&name.into(), &(*n_entries as f64).into()));
                set("matrices", entries.collect::<Array>().into());
            }
            Self::Progress { stage, n_done, total } => {
                set("kind", "progress".into());
                set("stage", stage.into());
                set("share", (n_done as f64 / total.max(1) as f64).into());
            }
            Self::Look { files } => {
                set("kind", "look".into());
                set("files", files.into());
            }
            Self::Done { files, manifest } => {
                set("kind", "done".into());
                set("files", files.into());
                let title = manifest.and_then(|manifest| manifest.title.as_deref());
                set("title", title.map_or(JsValue::NULL, JsValue::from_str));
                let warnings = manifest.iter().flat_map(|manifest| &manifest.warnings);
                let warnings = warnings.map(|warning| JsValue::from(format!("{}: {}", warning.place, warning.message)));
                set("warnings", warnings.collect::<Array>().into());
            }
            Self::Failed { message, is_full, lacks_picture } => {
                set("kind", "failed".into());
                set("message", message.into());
                set("isFull", is_full.into());
                set("lacksPicture", lacks_picture.into());
            }
        }
        let scope: DedicatedWorkerGlobalScope = js_sys::global().unchecked_into();
        // It refuses what cannot be copied, and nothing here is of that kind.
        drop(scope.post_message(&message));
    }
}
