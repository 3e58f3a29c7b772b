//! What page and worker say to each other: arrays that begin with the kind of message. Large byte
//! arrays are transferred, not copied.

use std::{ops::Range, sync::Arc};

use explorer_core::{
    color::Ground,
    dataset::{MarkerShare, Share},
    de::{CellsPart, MomentsPart, Sign},
    embed::Storage,
    state::MarkerOrder,
};
use js_sys::{Array, Uint8Array};
use wasm_bindgen::{JsCast, JsValue};
use web_sys::{Blob, MessagePort};

use crate::fetch::Address;

/// Parts that a file of cells is taken to have, for progress.
pub const SUBSET_PARTS: u32 = 1000;

/// From the page to a worker.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Request {
    /// Which dataset all that follows is about.
    Open {
        /// Where it is.
        address: Address,
        /// The address of the page's root.
        root: String,
        /// Whether tiles may stay in the browser after the visit.
        storage: Storage,
        /// What its bytes come over, where the page around the frame supplies them.
        bytes: Option<MessagePort>,
    },
    /// Sum up a layer over two sets of cells, as far as the share goes.
    Moments {
        /// Number of the job, for answers and canceling.
        job: u32,
        /// Index of the layer.
        layer: u32,
        /// What to read.
        share: Share,
    },
    /// Rank the genes of labels.
    Markers {
        /// Number of the job.
        job: u32,
        /// Index of the layer.
        layer: u32,
        /// Which labels, and by what.
        share: MarkerShare,
    },
    /// Rank the cells of two sets by genes.
    Ranks {
        /// Number of the job.
        job: u32,
        /// Index of the layer.
        layer: u32,
        /// The genes.
        genes: Range<u32>,
        /// One label per cell: bit 0 the group, bit 1 the reference.
        labels: Arc<[u8]>,
    },
    /// Write cells as an AnnData file.
    Subset {
        /// Number of the job.
        job: u32,
        /// One byte a cell: 1 for those that are written.
        cells: Vec<u8>,
        /// What else the file holds, as JSON.
        additions: String,
    },
    /// Correlate consecutive genes with one number per cell.
    Correlate {
        /// Number of the job.
        job: u32,
        /// Index of the layer.
        layer: u32,
        /// The genes.
        genes: Range<u32>,
        /// Four bytes a cell, the lowest first: its number; NaN for cells that do not count.
        numbers: Vec<u8>,
    },
    /// Draw a plot, or answer a question about some cells.
    Plot {
        /// Number of the job.
        job: u32,
        /// What is asked, as JSON.
        question: String,
        /// What comes with the question, as `explorer_core::session::WorkerQuestion` says.
        payload: Vec<u8>,
        /// Pixels of a PNG file for each CSS pixel along a side; 0 asks for the texts.
        scale: u32,
    },
    /// Answer a question to the corpus that lies at the address.
    Corpus {
        /// Its number.
        job: u32,
        /// What is asked, as `corpus::view::View` has it in an address.
        asked: String,
        /// What figures are drawn on.
        ground: Ground,
        /// Pixels of a PNG file for each CSS pixel along a side; 0 asks for the texts.
        scale: u32,
    },
    /// Stop a job, whatever it has come to.
    Cancel {
        /// Its number.
        job: u32,
    },
}

/// A file that a worker has made.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MadeFile {
    /// The file, which the browser keeps.
    pub file: Blob,
    /// How a file of cells differs from the one that the dataset was built of, a line each; empty where it does not.
    pub differences: String,
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
        /// Genes, or parts of a plan, done since the last time.
        n_done: u32,
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
    /// A job is done: the markers of its labels, or the correlations of its genes, as bytes.
    Bytes {
        /// Its number.
        job: u32,
        /// Label after label, or gene after gene.
        bytes: Vec<u8>,
    },
    /// A job is done: the rank sums of its genes, as bytes.
    Ranks {
        /// Its number.
        job: u32,
        /// Gene after gene.
        ranks: Vec<u8>,
    },
    /// A job is done: the file, which the browser keeps.
    File {
        /// Its number.
        job: u32,
        /// The file.
        file: MadeFile,
    },
    /// A job is done: a plot or an answer as texts; of a corpus the answer as HTML, its figure as SVG, the numbers as CSV.
    Plot {
        /// Its number.
        job: u32,
        /// The picture as SVG or the answer as HTML, the table of a picture in HTML, the numbers as CSV.
        texts: [String; 3],
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

    /// A port changes hands.
    fn port(self, port: Option<&MessagePort>) -> Self {
        if let Some(port) = port {
            self.transfer.push(port);
            self.fields.push(port);
        }
        self
    }

    fn blob(self, blob: &Blob) -> Self {
        self.fields.push(blob);
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

    fn port(&self, at: u32) -> Option<MessagePort> {
        self.0.get(at).dyn_into().ok()
    }

    fn bytes(&self, at: u32) -> Option<Vec<u8>> {
        self.0.get(at).dyn_ref::<Uint8Array>().map(Uint8Array::to_vec)
    }
}

impl Request {
    /// The message.
    pub fn to_js(&self) -> Posted {
        match self {
            Self::Open { address, root, storage, bytes } => {
                Writer::new("open").text(&address.to_text()).text(root).text(storage.name()).port(bytes.as_ref())
            }
            Self::Moments { job, layer, share: Share::Genes { genes, labels } } => {
                Writer::new("genes").number(*job).number(*layer).number(genes.start).number(genes.end).bytes(labels)
            }
            Self::Moments { job, layer, share: Share::Parts { moments, cells } } => Writer::new("parts")
                .number(*job)
                .number(*layer)
                .bytes(&moments.iter().flat_map(moments_part_to_bytes).collect::<Vec<u8>>())
                .bytes(&cells.iter().flat_map(cells_part_to_bytes).collect::<Vec<u8>>()),
            Self::Markers { job, layer, share: MarkerShare { tiles, labels, order, n_top } } => {
                [tiles.start, tiles.end, labels.start, labels.end, order_to_number(*order), *n_top]
                    .into_iter()
                    .fold(Writer::new("markers").number(*job).number(*layer), Writer::number)
            }
            Self::Ranks { job, layer, genes, labels } => {
                Writer::new("ranks").number(*job).number(*layer).number(genes.start).number(genes.end).bytes(labels)
            }
            Self::Subset { job, cells, additions } => Writer::new("subset").number(*job).bytes(cells).text(additions),
            Self::Correlate { job, layer, genes, numbers } => {
                let writer = Writer::new("correlate").number(*job).number(*layer);
                writer.number(genes.start).number(genes.end).bytes(numbers)
            }
            Self::Plot { job, question, payload, scale } => {
                Writer::new("plot").number(*job).text(question).bytes(payload).number(*scale)
            }
            Self::Corpus { job, asked, ground, scale } => {
                Writer::new("corpus").number(*job).text(asked).number(ground_to_number(*ground)).number(*scale)
            }
            Self::Cancel { job } => Writer::new("cancel").number(*job),
        }
        .post()
    }

    /// The request that a message holds, if any.
    pub fn from_js(message: &JsValue) -> Option<Self> {
        let reader = Reader::new(message)?;
        match reader.text(0)?.as_str() {
            "open" => Some(Self::Open {
                address: Address::from_text(&reader.text(1)?)?,
                root: reader.text(2)?,
                storage: Storage::from_name(&reader.text(3)?)?,
                bytes: reader.port(4),
            }),
            "genes" => Some(Self::Moments {
                job: reader.number(1)?,
                layer: reader.number(2)?,
                share: Share::Genes { genes: reader.number(3)?..reader.number(4)?, labels: reader.bytes(5)?.into() },
            }),
            "parts" => Some(Self::Moments {
                job: reader.number(1)?,
                layer: reader.number(2)?,
                share: Share::Parts {
                    moments: parts_from_bytes(&reader.bytes(3)?, moments_part_from_bytes)?,
                    cells: parts_from_bytes(&reader.bytes(4)?, cells_part_from_bytes)?,
                },
            }),
            "markers" => Some(Self::Markers {
                job: reader.number(1)?,
                layer: reader.number(2)?,
                share: MarkerShare {
                    tiles: reader.number(3)?..reader.number(4)?,
                    labels: reader.number(5)?..reader.number(6)?,
                    order: order_from_number(reader.number(7)?)?,
                    n_top: reader.number(8)?,
                },
            }),
            "ranks" => Some(Self::Ranks {
                job: reader.number(1)?,
                layer: reader.number(2)?,
                genes: reader.number(3)?..reader.number(4)?,
                labels: reader.bytes(5)?.into(),
            }),
            "subset" => {
                Some(Self::Subset { job: reader.number(1)?, cells: reader.bytes(2)?, additions: reader.text(3)? })
            }
            "correlate" => Some(Self::Correlate {
                job: reader.number(1)?,
                layer: reader.number(2)?,
                genes: reader.number(3)?..reader.number(4)?,
                numbers: reader.bytes(5)?,
            }),
            "plot" => Some(Self::Plot {
                job: reader.number(1)?,
                question: reader.text(2)?,
                payload: reader.bytes(3)?,
                scale: reader.number(4)?,
            }),
            "corpus" => Some(Self::Corpus {
                job: reader.number(1)?,
                asked: reader.text(2)?,
                ground: ground_from_number(reader.number(3)?)?,
                scale: reader.number(4)?,
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
            Self::Progress { job, n_done, n_bytes } => {
                Writer::new("progress").number(*job).number(*n_done).number(*n_bytes)
            }
            Self::Moments { job, group, reference } => {
                Writer::new("moments").number(*job).bytes(group).bytes(reference)
            }
            Self::Bytes { job, bytes } => Writer::new("bytes").number(*job).bytes(bytes),
            Self::Ranks { job, ranks } => Writer::new("ranks").number(*job).bytes(ranks),
            Self::File { job, file } => Writer::new("file").number(*job).blob(&file.file).text(&file.differences),
            Self::Plot { job, texts } => texts.iter().fold(Writer::new("plot").number(*job), |to, text| to.text(text)),
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
                Some(Self::Progress { job: reader.number(1)?, n_done: reader.number(2)?, n_bytes: reader.number(3)? })
            }
            "moments" => {
                Some(Self::Moments { job: reader.number(1)?, group: reader.bytes(2)?, reference: reader.bytes(3)? })
            }
            "bytes" => Some(Self::Bytes { job: reader.number(1)?, bytes: reader.bytes(2)? }),
            "ranks" => Some(Self::Ranks { job: reader.number(1)?, ranks: reader.bytes(2)? }),
            "file" => {
                let file = MadeFile { file: reader.0.get(2).dyn_into().ok()?, differences: reader.text(3)? };
                Some(Self::File { job: reader.number(1)?, file })
            }
            "plot" => {
                Some(Self::Plot { job: reader.number(1)?, texts: [reader.text(2)?, reader.text(3)?, reader.text(4)?] })
            }
            "failed" => Some(Self::Failed { job: reader.number(1)?, sentence: reader.text(2)? }),
            _ => None,
        }
    }

    /// The job that the reply is about.
    pub fn job(&self) -> Option<u32> {
        match self {
            Self::Ready => None,
            Self::Progress { job, .. }
            | Self::Moments { job, .. }
            | Self::Bytes { job, .. }
            | Self::Ranks { job, .. }
            | Self::File { job, .. }
            | Self::Plot { job, .. }
            | Self::Failed { job, .. } => Some(*job),
        }
    }
}

fn ground_to_number(ground: Ground) -> u32 {
    match ground {
        Ground::Light => 0,
        Ground::Dark => 1,
    }
}

fn ground_from_number(number: u32) -> Option<Ground> {
    match number {
        0 => Some(Ground::Light),
        1 => Some(Ground::Dark),
        _ => None,
    }
}

fn order_to_number(order: MarkerOrder) -> u32 {
    match order {
        MarkerOrder::Score => 0,
        MarkerOrder::Effect => 1,
    }
}

fn order_from_number(number: u32) -> Option<MarkerOrder> {
    match number {
        0 => Some(MarkerOrder::Score),
        1 => Some(MarkerOrder::Effect),
        _ => None,
    }
}

/// The number of the tile, then the signs in group and reference.
fn moments_part_to_bytes(part: &MomentsPart) -> [u8; 6] {
    let sign = |sign: Option<Sign>| match sign {
        None => 0,
        Some(Sign::Plus) => 1,
        Some(Sign::Minus) => 2,
    };
    let [a, b, c, d] = part.tile.to_le_bytes();
    [a, b, c, d, sign(part.signs[0]), sign(part.signs[1])]
}

fn moments_part_from_bytes(bytes: [u8; 6]) -> Option<MomentsPart> {
    let sign = |byte: u8| match byte {
        0 => Some(None),
        1 => Some(Some(Sign::Plus)),
        2 => Some(Some(Sign::Minus)),
        _ => None,
    };
    let [a, b, c, d, group, reference] = bytes;
    Some(MomentsPart { tile: u32::from_le_bytes([a, b, c, d]), signs: [sign(group)?, sign(reference)?] })
}

/// The number of the tile, then the cells added to group and reference, and those taken away.
fn cells_part_to_bytes(part: &CellsPart) -> [u8; 36] {
    let mut bytes = [0; 36];
    bytes[..4].copy_from_slice(&part.tile.to_le_bytes());
    let words = part.plus.into_iter().chain(part.minus);
    for (place, word) in bytes[4..].chunks_exact_mut(8).zip(words) {
        place.copy_from_slice(&word.to_le_bytes());
    }
    bytes
}

fn cells_part_from_bytes(bytes: [u8; 36]) -> Option<CellsPart> {
    let (tile, words) = bytes.split_first_chunk::<4>()?;
    let (words, _) = words.as_chunks::<8>();
    let word = |at: usize| words.get(at).copied().map(u64::from_le_bytes);
    Some(CellsPart { tile: u32::from_le_bytes(*tile), plus: [word(0)?, word(1)?], minus: [word(2)?, word(3)?] })
}

fn parts_from_bytes<T, const N: usize>(bytes: &[u8], read: fn([u8; N]) -> Option<T>) -> Option<Vec<T>> {
    let (parts, rest) = bytes.as_chunks::<N>();
    rest.is_empty().then(|| parts.iter().map(|&part| read(part)).collect())?
}
