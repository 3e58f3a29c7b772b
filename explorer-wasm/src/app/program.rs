//! Parts of the program that are loaded when they are first needed: dialogs, and results.
//!
//! The release page has each in a file of its own (feature `parts`; `xtask/src/front_end/parts.rs` cuts them out of the
//! program); elsewhere they are in the program, and there at once.

use super::{dialogs::Dialogs, later::Loading, results::Results};

/// How the parts of the program are loaded.
#[derive(Clone, Copy)]
pub struct Parts {
    /// The dialogs.
    pub dialogs: fn() -> Loading<Dialogs>,
    /// The results.
    pub results: fn() -> Loading<Results>,
}

impl Parts {
    /// Within the program, and there at once.
    pub const WITHIN: Self =
        Self { dialogs: || Box::pin(async { Ok(Dialogs::ALL) }), results: || Box::pin(async { Ok(Results::ALL) }) };
}

/// The parts of the program that evaluates this: only programs of an Explorer do, since all that is in a part is in every
/// program that names it.
#[cfg(feature = "parts")]
#[macro_export]
macro_rules! parts {
    () => {{
        use ::leptos::wasm_split::{SplitLoaderError, wasm_split};
        use $crate::app::{Dialogs, Parts, Results};

        #[wasm_split(dialogs, wasm_split_path = ::leptos::wasm_split, fallible)]
        fn dialogs() -> Result<Dialogs, SplitLoaderError> {
            Ok(Dialogs::ALL)
        }

        #[wasm_split(results, wasm_split_path = ::leptos::wasm_split, fallible)]
        fn results() -> Result<Results, SplitLoaderError> {
            Ok(Results::ALL)
        }

        Parts { dialogs: || Box::pin(dialogs()), results: || Box::pin(results()) }
    }};
}

/// The parts of the program that evaluates this, which are in it.
#[cfg(not(feature = "parts"))]
#[macro_export]
macro_rules! parts {
    () => {
        $crate::app::Parts::WITHIN
    };
}
