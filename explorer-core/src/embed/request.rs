//! What a host may ask for.

use serde::Deserialize;
use serde_json::{Map, Value};

use super::{ErrorCode, Failure, SettingsChange, patch::check_members};
use crate::state::{Camera, CellList, Command, Filters, Hover, SelectMode, TestMode};

/// What a host may ask for, by its `type`.
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum Request {
    /// Shows another view.
    SetView {
        /// What changes of the present one: see [`patched`](super::patched).
        #[serde(default)]
        patch: Option<Value>,
        /// The view as the text of a link, before the patch.
        #[serde(default)]
        link: Option<String>,
        /// Whether that can be undone.
        #[serde(default)]
        history: HistoryMode,
    },
    /// Asks for the view.
    GetView {},
    /// Colors the cells, as a link says it: `obs:louvain`, `gene:CD3D`, `gene:raw/X:CD3D`, `set:T cells`; empty for not
    /// at all.
    ColorBy {
        /// By what.
        color: String,
    },
    /// Shows another embedding.
    SetEmbedding {
        /// Its key in `obsm`; `null` for the dataset's default.
        embedding: Option<String>,
    },
    /// Asks about genes in another layer.
    SetLayer {
        /// The layer; `null` for the dataset's default.
        layer: Option<String>,
    },
    /// Lists these genes and no others.
    SetGenes {
        /// Their ids or symbols.
        genes: Vec<String>,
    },
    /// Puts filters in the place of those there are; the subset stays.
    SetFilter {
        /// The filters.
        filter: FilterChoice,
    },
    /// Selects cells.
    Select {
        /// Which: in a message the member that [`CellChoice`] is read from, beside the others.
        cells: CellChoice,
        /// The embedding of an outline; `null` for the one that is shown.
        #[serde(default)]
        embedding: Option<String>,
        /// What becomes of the selection there is.
        #[serde(default)]
        mode: SelectMode,
    },
    /// Asks which cells are selected.
    GetSelection {
        /// Whether to name the cells by their rows in the input.
        #[serde(default)]
        ids: bool,
        /// The most that are named.
        #[serde(default)]
        max: Option<u64>,
    },
    /// Emphasizes a cell or the cells of a label, as the pointer over them does; `null` ends that.
    Highlight {
        /// What.
        target: Option<Hover>,
    },
    /// Moves the camera.
    FlyTo {
        /// Where it looks from; `null` fits the embedding.
        camera: Option<Camera>,
    },
    /// Compares two sets of cells, and opens the result.
    Compare {
        /// The set in question.
        group: SetChoice,
        /// What it is compared with; `null` for the rest of what is in view.
        #[serde(default)]
        reference: Option<SetChoice>,
        /// The statistic.
        #[serde(default)]
        mode: TestMode,
    },
    /// Finds the markers of every label of a column, and opens them.
    Markers {
        /// The column.
        column: String,
    },
    /// Asks for the picture as a file.
    Picture {
        /// Its media type; PNG unless said otherwise.
        #[serde(default)]
        mime: Option<String>,
        /// The least width in pixels; `null` for that on the screen.
        #[serde(default)]
        width: Option<u32>,
        /// The least height in pixels.
        #[serde(default)]
        height: Option<u32>,
    },
    /// Carries out a command as its button does.
    Run {
        /// The command.
        command: Command,
    },
    /// Takes the last step back.
    Undo {},
    /// Takes an undone step again.
    Redo {},
    /// Gives up what takes memory of the graphics device, until the Explorer is wanted again.
    Suspend {},
    /// The Explorer is wanted again.
    Resume {},
    /// Changes how the Explorer presents itself.
    Configure {
        /// The settings that change.
        settings: SettingsChange,
    },
    /// Says which of the events are told that are told only if they are asked for.
    Listen {
        /// `hover`, `share`; others are passed over.
        events: Vec<String>,
    },
    /// Opens another page of the viewer in the place of this one, which says hello anew.
    Open {
        /// Its address.
        address: String,
    },
    /// Copies a link to the view, as the button does where no host makes the link.
    CopyLink {},
}

impl Request {
    /// Every `type`.
    pub const TYPES: [&str; 23] = [
        "setView",
        "getView",
        "colorBy",
        "setEmbedding",
        "setLayer",
        "setGenes",
        "setFilter",
        "select",
        "getSelection",
        "highlight",
        "flyTo",
        "compare",
        "markers",
        "picture",
        "run",
        "undo",
        "redo",
        "suspend",
        "resume",
        "configure",
        "listen",
        "open",
        "copyLink",
    ];

    /// Reads a request.
    ///
    /// # Errors
    /// [`ErrorCode::Unsupported`] for a `type` that is not known here, [`ErrorCode::Invalid`] for content that makes no
    /// sense.
    pub fn read(mut value: Value) -> Result<Self, Failure> {
        let mut members = value.as_object_mut().map(std::mem::take).unwrap_or_default();
        let kind = members.remove("type");
        let kind = kind.as_ref().and_then(Value::as_str).unwrap_or_default();
        if !Self::TYPES.contains(&kind) {
            return Err(Failure::new(ErrorCode::Unsupported, format!("there is no request of type `{kind}`")));
        }
        if let Some((name, cells)) = CellChoice::NAMES.into_iter().find_map(|name| members.remove_entry(name)) {
            members.insert("cells".to_owned(), object(name, cells));
        }
        // A tag among the members, as serde reads it, would make the page larger by a third of its protocol.
        let tagged = object(kind.to_owned(), Value::Object(members));
        let invalid = |error: serde_json::Error| Failure::new(ErrorCode::Invalid, format!("`{kind}`: {error}"));
        serde_json::from_value(tagged).map_err(invalid)
    }
}

fn object(name: String, value: Value) -> Value {
    Value::Object(Map::from_iter([(name, value)]))
}

/// Whether a change can be undone.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum HistoryMode {
    /// It is a step.
    #[default]
    Step,
    /// It takes the place of what is there.
    Replace,
}

/// Filters: a text or an object.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(try_from = "Value")]
pub enum FilterChoice {
    /// As a link has them: `f.louvain=B cells&r.n_genes=200..inf`.
    Link(String),
    /// As a view has them.
    Filters(Box<Filters>),
}

impl TryFrom<Value> for FilterChoice {
    type Error = serde_json::Error;

    fn try_from(value: Value) -> Result<Self, Self::Error> {
        match value.as_str() {
            Some(link) => Ok(Self::Link(link.to_owned())),
            None => {
                check_members(&value, &["analysis", "query", "filters"]).map_err(serde::de::Error::custom)?;
                serde_json::from_value(value).map(Self::Filters)
            }
        }
    }
}

/// Which cells to select.
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum CellChoice {
    /// Those inside an outline, in the coordinates of an embedding.
    Polygon(Vec<(f64, f64)>),
    /// Those inside a rectangle: two opposite corners.
    Rect([(f64, f64); 2]),
    /// Those of labels of a column.
    Labels(LabelChoice),
    /// Those of a cell set, by its name.
    Set(String),
    /// Those of a list.
    Cells(CellNames),
}

impl CellChoice {
    const NAMES: [&str; 5] = ["polygon", "rect", "labels", "set", "cells"];
}

/// Cells one by one: by ids or by rows.
#[derive(Clone, Debug, PartialEq, Deserialize)]
pub struct CellNames {
    /// What the dataset that they are of holds, as a hash.
    pub content: String,
    /// Their ids in the index of the input's `obs`.
    #[serde(default)]
    pub ids: Option<Vec<String>>,
    /// Their rows in the input. In a message they travel beside the text: see [`Incoming::with_rows`](super::Incoming::with_rows).
    #[serde(default)]
    pub rows: Option<CellList>,
}

/// Labels of a column; `null` is for the cells without one.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
pub struct LabelChoice {
    /// The column.
    pub column: String,
    /// The labels.
    pub labels: Vec<Option<String>>,
}

/// A set of cells to compare: a text or an object.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(try_from = "Value")]
pub enum SetChoice {
    /// A cell set, by its name.
    Named(String),
    /// The cells of labels of a column, which become a cell set.
    Labels(LabelChoice),
}

impl TryFrom<Value> for SetChoice {
    type Error = serde_json::Error;

    fn try_from(value: Value) -> Result<Self, Self::Error> {
        match value.as_str() {
            Some(name) => Ok(Self::Named(name.to_owned())),
            None => serde_json::from_value(value).map(Self::Labels),
        }
    }
}
