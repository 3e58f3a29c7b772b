//! What page and worker say to each other: arrays that begin with the kind of message. Large byte
//! arrays are transferred, not copied.

use std::ops::Range;

use js_sys::{Array, Uint8Array};
use wasm_bindgen::{JsCast, JsValue};

use crate::fetch::Address;

/// From the page to a worker.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Request {
    /// Which dataset all that follows is about.
    Open {
        /// Where it is.
        address: Address,
        /// The address of the page's root.
        root: String,
    },
    /// Sum up some genes over two sets of cells.
    Moments {
        /// Number of the job, for answers and cancelling.
        job: u32,
        /// Index of the layer.
        layer: u32,
        /// The genes.
        genes: Range<u32>,
        /// One label a cell: bit 0 the group, bit 1 the reference.
        labels: Vec<u8>,
    },
    /// Stop a job, whatever it has come to.
    Cancel {
        /// Its number.
        job: u32,
    },
}

/// From a worker to the page.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Reply {
    /// Messages will be heard from now on.
    Ready,
    /// A job has come so far.
    Progress {
        /// Its number.
        job: u32,
        /// Genes done since the last time.
        n_genes: u32,
        /// Bytes fetched since the last time.
        n_bytes: u32,
    },
    /// A job is done: a `Moments` tile of each set.
    Moments {
        /// Its number.
        job: u32,
        /// The group's.
        group: Vec<u8>,
        /// The reference's.
        reference: Vec<u8>,
    },
    /// A job has failed.
    Failed {
        /// Its number.
        job: u32,
        /// Why, as a sentence.
        sentence: String,
    },
}

/// A message ready to post, and what of it is to be transferred.
pub struct Posted {
    /// The message.
    pub message: JsValue,
    /// The buffers that change hands.
    pub transfer: Array,
}

/// Puts a message together.
struct Writer {
    fields: Array,
    transfer: Array,
}

impl Writer {
    fn new(kind: &str) -> Self {
        Self { fields: Array::of1(&kind.into()), transfer: Array::new() }
    }

    fn number(self, number: u32) -> Self {
        self.fields.push(&number.into());
        self
    }

    fn text(self, text: &str) -> Self {
        self.fields.push(&text.into());
        self
    }

    fn bytes(self, bytes: &[u8]) -> Self {
        let bytes = Uint8Array::from(bytes);
        self.transfer.push(&bytes.buffer());
        self.fields.push(&bytes);
        self
    }

    fn post(self) -> Posted {
        Posted { message: self.fields.into(), transfer: self.transfer }
    }
}

/// Takes a message apart.
struct Reader(Array);

impl Reader {
    fn new(message: &JsValue) -> Option<Self> {
        message.dyn_ref::<Array>().cloned().map(Self)
    }

    fn text(&self, at: u32) -> Option<String> {
        self.0.get(at).as_string()
    }

    fn number(&self, at: u32) -> Option<u32> {
        let number = self.0.get(at).as_f64()?;
        (number >= 0.0 && number <= f64::from(u32::MAX) && number.fract() == 0.0).then_some(number as u32)
    }

    fn bytes(&self, at: u32) -> Option<Vec<u8>> {
        self.0.get(at).dyn_ref::<Uint8Array>().map(Uint8Array::to_vec)
    }
}

impl Request {
    /// The message.
    pub fn to_js(&self) -> Posted {
        match self {
            Self::Open { address, root } => Writer::new("open").text(&address.to_text()).text(root),
            Self::Moments { job, layer, genes, labels } => {
                Writer::new("moments").number(*job).number(*layer).number(genes.start).number(genes.end).bytes(labels)
            }
            Self::Cancel { job } => Writer::new("cancel").number(*job),
        }
        .post()
    }

    /// The request that a message holds, if any.
    pub fn from_js(message: &JsValue) -> Option<Self> {
        let reader = Reader::new(message)?;
        match reader.text(0)?.as_str() {
            "open" => Some(Self::Open { address: Address::from_text(&reader.text(1)?)?, root: reader.text(2)? }),
            "moments" => Some(Self::Moments {
                job: reader.number(1)?,
                layer: reader.number(2)?,
                genes: reader.number(3)?..reader.number(4)?,
                labels: reader.bytes(5)?,
            }),
            "cancel" => Some(Self::Cancel { job: reader.number(1)? }),
            _ => None,
        }
    }
}

impl Reply {
    /// The message.
    pub fn to_js(&self) -> Posted {
        match self {
            Self::Ready => Writer::new("ready"),
            Self::Progress { job, n_genes, n_bytes } => {
                Writer::new("progress").number(*job).number(*n_genes).number(*n_bytes)
            }
            Self::Moments { job, group, reference } => {
                Writer::new("moments").number(*job).bytes(group).bytes(reference)
            }
            Self::Failed { job, sentence } => Writer::new("failed").number(*job).text(sentence),
        }
        .post()
    }

    /// The reply that a message holds, if any.
    pub fn from_js(message: &JsValue) -> Option<Self> {
        let reader = Reader::new(message)?;
        match reader.text(0)?.as_str() {
            "ready" => Some(Self::Ready),
            "progress" => {
                Some(Self::Progress { job: reader.number(1)?, n_genes: reader.number(2)?, n_bytes: reader.number(3)? })
            }
            "moments" => {
                Some(Self::Moments { job: reader.number(1)?, group: reader.bytes(2)?, reference: reader.bytes(3)? })
            }
            "failed" => Some(Self::Failed { job: reader.number(1)?, sentence: reader.text(2)? }),
            _ => None,
        }
    }

    /// The job that the reply is about.
    pub fn job(&self) -> Option<u32> {
        match self {
            Self::Ready => None,
            Self::Progress { job, .. } | Self::Moments { job, .. } | Self::Failed { job, .. } => Some(*job),
        }
    }
}
