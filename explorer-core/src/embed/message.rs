//! The messages, as they travel.

use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::{CellChoice, MAX_MESSAGE_BYTES, Request, SettingsChange, VERSION};
use crate::state::{CellList, Hover};

/// The frame's first word, to the one origin that its address names.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Hello {
    /// Always 1: that this is the protocol.
    pub tessera: u32,
    /// The versions that the frame speaks.
    pub versions: Vec<u32>,
    /// The program's version.
    pub app: String,
    /// What the dataset is called in the frame's address.
    pub dataset: String,
    /// What the answer must repeat.
    pub nonce: String,
}

impl Hello {
    /// The first word of this program about a dataset.
    pub fn new(dataset: &str, nonce: &str) -> Self {
        Self {
            tessera: 1,
            versions: vec![VERSION],
            app: env!("CARGO_PKG_VERSION").to_owned(),
            dataset: dataset.to_owned(),
            nonce: nonce.to_owned(),
        }
    }
}

/// The host's answer, with which it hands over a port.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Init {
    /// Always 1.
    pub tessera: u32,
    /// The version that both speak from now on.
    pub version: u32,
    /// That of the [`Hello`].
    pub nonce: String,
    /// The view to show in place of the address's, as the text of a link.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub view: Option<String>,
    /// How the Explorer presents itself.
    #[serde(default)]
    pub settings: SettingsChange,
    /// Colors and such, after the host's.
    #[serde(default)]
    pub style: Style,
    /// The events that are told only if they are asked for: `hover`, `share`.
    #[serde(default)]
    pub listen: Vec<String>,
}

impl Init {
    /// Whether this answers a [`Hello`] with that nonce, in a version that is spoken here.
    pub fn answers(&self, nonce: &str) -> bool {
        self.tessera == 1 && self.version == VERSION && self.nonce == nonce
    }
}

/// What the Explorer takes over of the host's looks.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Style {
    /// The color of what is active, as CSS writes it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub accent: Option<String>,
    /// The family of fonts, as CSS writes it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub font: Option<String>,
    /// The radius of corners, as CSS writes it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub radius: Option<String>,
}

/// A request as it came.
#[derive(Clone, Debug, PartialEq)]
pub struct Incoming {
    /// The number by which it is answered.
    pub id: u64,
    /// What is asked.
    pub request: Result<Request, Failure>,
}

impl Incoming {
    /// Reads a message of the port; `None` for one that cannot be answered since it has no number.
    pub fn read(text: &str) -> Option<Self> {
        let is_too_large = text.len() > MAX_MESSAGE_BYTES;
        let value: Value = serde_json::from_str(text).ok()?;
        let id = value.get("id")?.as_u64()?;
        let request = if is_too_large {
            let message = format!("a message has at most {MAX_MESSAGE_BYTES} bytes, this one has {}", text.len());
            Err(Failure::new(ErrorCode::TooLarge, message))
        } else {
            Request::read(value)
        };
        Some(Self { id, request })
    }

    /// The same with the rows that came beside its text: a roaring bitmap in its portable format.
    #[must_use]
    pub fn with_rows(mut self, bytes: &[u8]) -> Self {
        if let Ok(Request::Select { cells: CellChoice::Cells(cells), .. }) = &mut self.request {
            cells.rows = CellList::from_bytes(bytes);
            if cells.rows.is_none() {
                let message = "`select`: the rows are no roaring bitmap in its portable format, or longer than 16 MiB";
                self.request = Err(Failure::new(ErrorCode::Invalid, message));
            }
        }
        self
    }
}

/// An answer to the request of that number.
#[derive(Clone, Debug, PartialEq)]
pub struct Answer {
    /// The request's number.
    pub id: u64,
    /// What it asked for, `true` where it asked for nothing; or why it was not carried out.
    pub outcome: Result<Value, Failure>,
}

impl Answer {
    /// The answer's text. One that is longer than a message may be is the error that says so.
    pub fn text(self) -> String {
        let Self { id, outcome } = self;
        let text = match outcome {
            Ok(value) => json!({ "id": id, "ok": value }),
            Err(failure) => json!({ "id": id, "error": failure }),
        }
        .to_string();
        if text.len() <= MAX_MESSAGE_BYTES {
            return text;
        }
        let message = format!("the answer has {} bytes, a message has at most {MAX_MESSAGE_BYTES}", text.len());
        Self { id, outcome: Err(Failure::new(ErrorCode::TooLarge, message)) }.text()
    }
}

/// Why a request was not carried out.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, thiserror::Error)]
#[error("{message}")]
pub struct Failure {
    /// For programs.
    pub code: ErrorCode,
    /// For people: what is wrong, and with what.
    pub message: String,
}

impl Failure {
    /// A failure of that kind.
    pub fn new(code: ErrorCode, message: impl Into<String>) -> Self {
        Self { code, message: message.into() }
    }
}

/// Kinds of failure.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ErrorCode {
    /// This Explorer knows no such request; a newer one may.
    Unsupported,
    /// The request's content makes no sense.
    Invalid,
    /// A message is above [`MAX_MESSAGE_BYTES`].
    TooLarge,
    /// A newer request of the same type came before this one's turn.
    Superseded,
    /// The dataset has nothing of that name.
    UnknownName,
    /// The dataset is not open yet, or another one than the request is about.
    NotReady,
    /// It was tried, and did not work.
    Failed,
}

/// An event, numbered.
#[derive(Clone, Debug, PartialEq)]
pub struct EventMessage {
    /// Ascends by one from one event to the next.
    pub seq: u64,
    /// What happened.
    pub event: Event,
}

impl EventMessage {
    /// The event's text; a view that is larger than a message may be is left out of it.
    pub fn text(mut self) -> String {
        let text = self.json().to_string();
        if text.len() > MAX_MESSAGE_BYTES
            && let Event::Viewchange { view, link, patch, cause: _ } = &mut self.event
        {
            (*view, *link, *patch) = (None, None, None);
            return self.json().to_string();
        }
        text
    }

    fn json(&self) -> Value {
        let mut message = serde_json::to_value(&self.event).expect("messages have texts as keys");
        message["seq"] = self.seq.into();
        message
    }
}

/// What happened in the Explorer.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(tag = "event", rename_all = "lowercase")]
pub enum Event {
    /// The dataset is open.
    Ready {
        /// Which one.
        dataset: DatasetInfo,
    },
    /// The picture has all its cells.
    Load,
    /// More cells of the picture have come.
    Progress {
        /// Cells placed.
        n: u64,
        /// Cells of the dataset.
        total: u64,
    },
    /// The view is another one and rests.
    Viewchange {
        /// The view; `None` where it is larger than a message may be.
        #[serde(skip_serializing_if = "Option::is_none")]
        view: Option<Value>,
        /// The same as the text of a link.
        #[serde(skip_serializing_if = "Option::is_none")]
        link: Option<String>,
        /// What changed since the last that was told: see [`patched`](super::patched).
        #[serde(skip_serializing_if = "Option::is_none")]
        patch: Option<Value>,
        /// Who changed it last.
        cause: Cause,
    },
    /// Other cells are selected, and that rests.
    Selectionchange {
        /// How many.
        n: u64,
        /// Of how many in the dataset.
        total: u64,
        /// The filters in force, in a few words.
        description: String,
        /// Who changed it last.
        cause: Cause,
    },
    /// The pointer is over something else: told only if the host listens.
    Hover {
        /// What it is over; `null` over nothing.
        over: Option<Hover>,
    },
    /// A comparison or markers are done.
    Result(ResultSummary),
    /// The user asks for a link to the view: told only if the host listens, who then makes it.
    Share {
        /// The view, as the text of a link.
        link: String,
        /// The address that the Explorer would copy.
        url: String,
    },
    /// Something failed.
    Error {
        /// For programs.
        code: ErrorCode,
        /// For people.
        message: String,
        /// The tile that it is about, where it is about one.
        #[serde(skip_serializing_if = "Option::is_none")]
        tile: Option<String>,
        /// Whether trying again may help.
        recoverable: bool,
    },
}

/// Who changed something.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Cause {
    /// The user, in the Explorer.
    #[default]
    User,
    /// The host, by a request.
    Host,
    /// A link in the frame's address.
    Link,
    /// The view that the host handed over with [`Init`].
    Restore,
}

/// What a dataset is called, and what is in it.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct DatasetInfo {
    /// Its id in the frame's address.
    pub id: String,
    /// Its title.
    pub title: String,
    /// What it holds, as a hash: rows are those of this dataset. Empty while that is being built.
    pub content: String,
    /// How many cells.
    pub n_obs: u64,
    /// How many genes; 0 where there is no expression.
    pub n_vars: u64,
    /// Keys of the embeddings.
    pub embeddings: Vec<String>,
}

/// Which cells are selected, without naming them.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct SelectionInfo {
    /// How many.
    pub n: u64,
    /// Of how many in the dataset.
    pub total: u64,
    /// The filters in force, in a few words; empty where there are none.
    pub description: String,
}

/// What a comparison or a search for markers came to.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum ResultSummary {
    /// A comparison of two sets of cells.
    Comparison {
        /// The set in question.
        group: String,
        /// What it was compared with; `null` for the rest.
        reference: Option<String>,
        /// Cells of both.
        n: [u64; 2],
        /// The genes by falling score, as many as were found worth telling.
        genes: Vec<Value>,
    },
    /// The markers of every label of a column.
    Markers {
        /// The column.
        column: String,
        /// Each label with its genes, best first.
        labels: Vec<Value>,
    },
}
