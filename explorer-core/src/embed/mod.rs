//! What a host page and the Explorer in a frame of it say to each other: requests, answers and events, without a browser.
//!
//! The frame posts [`Hello`] to the one origin that its address names, the host answers with [`Init`] and hands over a
//! port; all else goes over that. A request is `{id, type, …}` and is answered by `{id, ok}` or `{id, error}`; an event is
//! `{event, seq, …}`. Names stay; minor versions only add: who reads passes over what it does not know. The form of every
//! message is in `www/embed/embed.schema.json`.
//!
//! A request is read by [`Incoming::read`], waits its turn in a [`Gate`], and becomes a [`Plan`] by [`Request::plan`]: the
//! same [`Action`](crate::state::Action)s that the page itself dispatches, or what only the page can do. Cells are named by
//! rows of the input or by labels, together with the dataset's content id, never by their place in storage.

// A new request must be thought of everywhere: no match passes over what it does not know.
#![warn(clippy::wildcard_enum_match_arm)]

#[cfg(test)]
mod documented;
mod gate;
mod message;
mod patch;
mod plan;
mod request;
mod settings;
mod snippet;
mod summary;
#[cfg(test)]
mod tests;

pub use gate::{Admission, Gate};
pub use message::{
    Answer, Cause, DatasetInfo, ErrorCode, Event, EventMessage, Failure, Hello, Incoming, Init, ResultSummary,
    SelectionInfo, Style,
};
pub use patch::{json_of, patch_between, patched};
pub use plan::Plan;
pub use request::{CellChoice, CellNames, HistoryMode, LabelChoice, Request, SetChoice};
pub use settings::{Gestures, Panel, Settings, SettingsChange, Storage, ThemeChoice, Ui};
pub use snippet::snippet;
pub use summary::{description_of, found_genes, found_markers, no_ids, selected_rows};

/// The version of the protocol.
pub const VERSION: u32 = 1;

/// The most bytes that the text of a message may have, in either direction. Lists of cells travel beside it.
pub const MAX_MESSAGE_BYTES: usize = 64 << 10;

/// The most bytes that such a list may have.
pub const MAX_LIST_BYTES: u32 = 16 << 20;

/// The most requests that are carried out in a second.
pub const MAX_REQUESTS_PER_SECOND: usize = 60;

/// How long a view or a selection rests before the host is told of it.
pub const REST_MILLIS: u32 = 250;

/// The least time between two events of the pointer.
pub const HOVER_MILLIS: u32 = 100;
