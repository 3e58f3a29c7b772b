//! The rules. Each function is about one part of a file and follows the original's function of the same purpose; what it
//! finds goes to a list, and where the original would throw an exception, so does it, as [`Thrown`].

mod frame;
mod genes;
mod matrix;
mod names;
mod obsm;
mod perturbations;
mod prefix;
mod raw;
mod spatial;
mod strict;
mod terms;
mod uns;

use std::cell::OnceCell;

use h5ad::{H5adError, RawValue, Scalar};

use crate::allowed::ORGANISMS;
use crate::document::{Document, is_lazy};
use crate::finding::{Finding, Rows};
use crate::gene_names::GeneNames;
use crate::matrices::Summary;
use crate::python;
use crate::reference::Reference;
use crate::validate::{Event, Options, Watch};

pub(crate) use names::is_perturbation_id;
pub(crate) use spatial::Spatial;

/// What every check is given.
pub(crate) struct Context<'a> {
    pub(crate) document: &'a Document,
    pub(crate) reference: &'a Reference,
    pub(crate) options: Options,
    pub(crate) watch: &'a dyn Watch,
    pub(crate) spatial: OnceCell<Spatial>,
    pub(crate) of_x: OnceCell<Summary>,
    pub(crate) of_raw: OnceCell<Summary>,
    pub(crate) gene_names: OnceCell<GeneNames<'a>>,
}

/// An exception of the original: its text.
#[derive(Debug)]
pub(crate) enum Thrown {
    /// An exception, and the place that it is about.
    Exception { text: String, place: String },
    /// The file cannot be read on.
    Unreadable(H5adError),
    /// The watcher wants no more.
    Stopped,
}

pub(crate) type Outcome = Result<(), Thrown>;

impl From<H5adError> for Thrown {
    fn from(error: H5adError) -> Self {
        Self::Unreadable(error)
    }
}

pub(crate) fn thrown(place: &str, text: impl Into<String>) -> Thrown {
    Thrown::Exception { text: text.into(), place: place.to_owned() }
}

/// The parts of the validation, in the order of the original.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Step {
    PreAnalysis,
    Repeats,
    Names,
    Sparsity,
    Spatial,
    Prefixes,
    Duplicates,
    Uns,
    Var,
    Filtered,
    Varm,
    Obsm,
    Obsp,
    RawVar,
    Obs,
    Perturbations,
    Strict,
    StrictRaw,
    Raw,
}

impl Step {
    /// All, those that read no matrix first.
    pub(crate) const ALL: [Self; 19] = [
        Self::PreAnalysis,
        Self::Repeats,
        Self::Names,
        Self::Spatial,
        Self::Prefixes,
        Self::Uns,
        Self::Obs,
        Self::Var,
        Self::Varm,
        Self::Obsm,
        Self::Obsp,
        Self::RawVar,
        Self::Perturbations,
        Self::Strict,
        Self::Sparsity,
        Self::Duplicates,
        Self::Filtered,
        Self::StrictRaw,
        Self::Raw,
    ];

    /// Whether it takes the values of matrices.
    pub(crate) fn reads_matrices(self) -> bool {
        matches!(self, Self::Sparsity | Self::Duplicates | Self::Filtered | Self::StrictRaw | Self::Raw)
    }

    /// Whether it is of our own.
    pub(crate) fn is_own(self) -> bool {
        matches!(self, Self::Strict | Self::StrictRaw)
    }

    pub(crate) fn run(self, context: &Context<'_>, out: &mut Vec<Finding>) -> Outcome {
        match self {
            Self::PreAnalysis => names::pre_analysis(context, out),
            Self::Repeats => names::repeats(context, out),
            Self::Names => names::names(context, out),
            Self::Sparsity => matrix::sparsity(context, out),
            Self::Spatial => spatial::check(context, out),
            Self::Prefixes => prefix::check(context, out),
            Self::Duplicates => matrix::duplicates(context, out),
            Self::Uns => uns::check(context, out),
            Self::Var => genes::frame(context, out, "var"),
            Self::Filtered => genes::filtered(context, out),
            Self::Varm => {
                obsm::sizes(context, out, "varm");
                obsm::sizes(context, out, "varp");
                Ok(())
            }
            Self::Obsm => obsm::check(context, out),
            Self::Obsp => {
                obsm::sizes(context, out, "obsp");
                Ok(())
            }
            Self::RawVar => genes::frame(context, out, "raw.var"),
            Self::Obs => frame::obs(context, out),
            Self::Perturbations => perturbations::check(context, out),
            Self::Strict => {
                strict::check(context, out);
                Ok(())
            }
            Self::StrictRaw => strict::counts(context, out),
            Self::Raw => raw::check(context, out),
        }
    }
}

impl<'a> Context<'a> {
    /// What is spatial about the dataset.
    pub(crate) fn spatial(&self) -> &Spatial {
        self.spatial.get_or_init(|| Spatial::of(self))
    }

    /// What the genes are to be called whose names are no identifiers.
    pub(crate) fn gene_names(&self) -> &GeneNames<'a> {
        self.gene_names.get_or_init(|| GeneNames::of(self.document, self.reference))
    }

    /// Whether the dataset states an organism that the schema knows.
    pub(crate) fn has_organism(&self) -> bool {
        self.document.organism().is_some_and(|organism| ORGANISMS.allow(self.reference, organism, organism))
    }

    /// What a pass over `X` finds; it is made once.
    pub(crate) fn x(&self) -> Result<&Summary, Thrown> {
        let wanted = crate::matrices::Wanted { genes: true, cells: self.document.raw_x.is_none() };
        self.pass(&self.of_x, self.document.x.as_ref(), wanted)
    }

    /// What a pass over the raw matrix finds; it is made once.
    pub(crate) fn raw(&self) -> Result<&Summary, Thrown> {
        match &self.document.raw_x {
            Some(raw) => {
                let wanted = crate::matrices::Wanted { genes: true, cells: self.has_known_cells(raw) };
                self.pass(&self.of_raw, Some(raw), wanted)
            }
            None => self.x(),
        }
    }

    /// Whether the number of cells of a raw matrix is that of `obs`, or of what is stored of it.
    pub(crate) fn has_known_cells(&self, raw: &h5ad::RawMatrix) -> bool {
        raw.storage() != Some(h5ad::Storage::Csc) || raw.shape.first() == Some(&self.document.obs.n_rows())
    }

    fn pass<'s>(
        &self,
        summary: &'s OnceCell<Summary>,
        matrix: Option<&h5ad::RawMatrix>,
        wanted: crate::matrices::Wanted,
    ) -> Result<&'s Summary, Thrown> {
        if let Some(summary) = summary.get() {
            return Ok(summary);
        }
        let made = match matrix {
            Some(matrix) => self.read(matrix, wanted)?,
            None => Summary::default(),
        };
        Ok(summary.get_or_init(|| made))
    }

    /// Reads a matrix once, and tells who watches.
    pub(crate) fn read(&self, matrix: &h5ad::RawMatrix, wanted: crate::matrices::Wanted) -> Result<Summary, Thrown> {
        self.watch.event(Event::Matrix { place: &matrix.place, n: matrix.n_majors() });
        let summary = crate::matrices::pass(matrix, wanted, &mut |n| {
            self.watch.event(Event::Read { n });
            if self.watch.is_stopped() { std::ops::ControlFlow::Break(()) } else { std::ops::ControlFlow::Continue(()) }
        })?;
        if self.watch.is_stopped() { Err(Thrown::Stopped) } else { Ok(summary) }
    }

    /// Cells by number.
    pub(crate) fn cells(&self, rows: impl Iterator<Item = usize>) -> Rows {
        Rows::of(&self.document.obs.raw.index, rows)
    }

    /// A value as Python's `str` prints it.
    pub(crate) fn str(&self, value: &RawValue) -> Result<String, H5adError> {
        Ok(match value {
            RawValue::Scalar(Scalar::Text(text)) => text.clone(),
            RawValue::Scalar(Scalar::Bool(truth)) => python::boolean(*truth).to_owned(),
            RawValue::Scalar(Scalar::Integer(number, _)) => number.to_string(),
            RawValue::Scalar(Scalar::Float(number, dtype)) => float(*number, dtype),
            RawValue::Array(array) if is_dask(value) => dask(&array.shape, &array.dtype, 0, "numpy.ndarray"),
            RawValue::Array(array) => {
                let texts = self.document.file.texts(&array.place)?;
                python::array(&texts.texts, &array.shape, texts.is_text)
            }
            RawValue::Dict(_) => self.repr(value)?,
            RawValue::Null => "None".to_owned(),
            RawValue::Sparse { format, dtype, shape: (n_rows, n_columns) } => {
                let axis = usize::from(*format == "csc");
                dask(&[*n_rows, *n_columns], dtype, axis, &format!("scipy.{format}_matrix"))
            }
            RawValue::Frame { .. }
            | RawValue::Categorical { .. }
            | RawValue::Masked { .. }
            | RawValue::Other { .. } => format!("<{}>", type_name(value, "uns", "")),
        })
    }

    /// A value as Python's `repr` prints it.
    pub(crate) fn repr(&self, value: &RawValue) -> Result<String, H5adError> {
        Ok(match value {
            RawValue::Scalar(Scalar::Text(text)) => python::quoted(text),
            RawValue::Scalar(Scalar::Bool(truth)) => format!("np.{}", python::boolean(*truth)),
            RawValue::Scalar(Scalar::Integer(number, dtype)) => format!("np.{dtype}({number})"),
            RawValue::Scalar(Scalar::Float(number, dtype)) => format!("np.{dtype}({})", float(*number, dtype)),
            RawValue::Array(array) if !is_dask(value) => {
                let texts = self.document.file.texts(&array.place)?;
                let elements = match texts.is_text {
                    true => python::texts(&texts.texts),
                    false => python::list(&texts.texts),
                };
                let dtype = if texts.is_text { ", dtype=object" } else { "" };
                format!("array({elements}{dtype})")
            }
            RawValue::Dict(entries) => {
                let entries =
                    entries.iter().map(|(key, value)| Ok(format!("{}: {}", python::quoted(key), self.repr(value)?)));
                format!("{{{}}}", entries.collect::<Result<Vec<_>, H5adError>>()?.join(", "))
            }
            RawValue::Array(_)
            | RawValue::Sparse { .. }
            | RawValue::Frame { .. }
            | RawValue::Categorical { .. }
            | RawValue::Masked { .. }
            | RawValue::Null
            | RawValue::Other { .. } => self.str(value)?,
        })
    }
}

/// A lazy array as Python prints it, cut into blocks along an axis.
fn dask(shape: &[usize], dtype: &str, axis: usize, of: &str) -> String {
    const BLOCK: usize = 5000;
    let block: Vec<usize> =
        shape.iter().enumerate().map(|(at, n)| if at == axis { (*n).min(BLOCK) } else { *n }).collect();
    let (shape, block) = (python::tuple(shape), python::tuple(&block));
    format!("dask.array<make_dask_chunk, shape={shape}, dtype={dtype}, chunksize={block}, chunktype={of}>")
}

fn float(number: f64, dtype: &str) -> String {
    // The digits of a number of 32 bits are those that tell it from others of 32 bits.
    let number = if dtype == "float32" { (number as f32).to_string().parse().unwrap_or(number) } else { number };
    python::float(number)
}

/// Whether the original has this value of `uns` as a lazy array.
pub(crate) fn is_dask(value: &RawValue) -> bool {
    match value {
        RawValue::Array(array) => array.is_encoded && array.dtype != "object" && array.shape.len() == 2,
        RawValue::Sparse { .. } => true,
        RawValue::Dict(_)
        | RawValue::Scalar(_)
        | RawValue::Frame { .. }
        | RawValue::Categorical { .. }
        | RawValue::Masked { .. }
        | RawValue::Null
        | RawValue::Other { .. } => false,
    }
}

/// The type of a value of `part` as Python names it.
pub(crate) fn type_name(value: &RawValue, part: &str, key: &str) -> String {
    const DASK: &str = "dask.array.core.Array";
    match value {
        RawValue::Dict(_) => "dict".to_owned(),
        RawValue::Scalar(Scalar::Text(_)) => "str".to_owned(),
        RawValue::Scalar(Scalar::Bool(_)) => "numpy.bool".to_owned(),
        RawValue::Scalar(Scalar::Integer(_, dtype) | Scalar::Float(_, dtype)) => format!("numpy.{dtype}"),
        RawValue::Array(_) if is_lazy(part, key) && is_dask(value) => DASK.to_owned(),
        RawValue::Array(_) => "numpy.ndarray".to_owned(),
        RawValue::Sparse { .. } if is_lazy(part, key) => DASK.to_owned(),
        RawValue::Sparse { format, .. } => format!("scipy.sparse._{format}.{format}_matrix"),
        RawValue::Frame { .. } => "pandas.core.frame.DataFrame".to_owned(),
        RawValue::Categorical { .. } => "pandas.core.arrays.categorical.Categorical".to_owned(),
        RawValue::Masked { dtype, .. } => match dtype.as_str() {
            "boolean" => "pandas.core.arrays.boolean.BooleanArray",
            "string" => "pandas.core.arrays.string_.StringArray",
            _ => "pandas.core.arrays.integer.IntegerArray",
        }
        .to_owned(),
        RawValue::Null => "NoneType".to_owned(),
        RawValue::Other { encoding } => encoding.clone(),
    }
}
