//! How matrices are stored, and cells with the same raw counts.

use h5ad::RawMatrix;

use super::{Context, Outcome, Thrown, thrown};
use crate::definition::IN_TISSUE;
use crate::document::format;
use crate::finding::{Finding, Fix};
use crate::matrices::{NO_SINGLES, Summary, Wanted};
use crate::python;

/// A dense matrix with more zeros must be sparse.
const MAX_SPARSITY: f64 = 0.5;

const SUFFIX: &str = "Please ensure it is either a dense array or one of the supported sparse matrix encodings (csr)";

/// Whether the original cannot tell how a matrix is stored.
pub(super) fn is_unknown(matrix: &RawMatrix) -> bool {
    format(matrix) == "unknown"
}

/// Matrices that are neither CSR nor dense enough.
pub(super) fn sparsity(context: &Context<'_>, out: &mut Vec<Finding>) -> Outcome {
    let document = context.document;
    let Some(x) = &document.x else {
        return Err(thrown("X", "'NoneType' object is not subscriptable"));
    };
    let raw = document.raw_x.iter().map(|matrix| ("raw.X".to_owned(), matrix));
    let layers = document.layers.iter().map(|(name, matrix)| (format!("layers['{name}']"), matrix));
    for (name, matrix) in std::iter::once(("X".to_owned(), x)).chain(raw).chain(layers) {
        let place = matrix.place.replace('/', ".");
        match format(matrix) {
            "csr" => {}
            "csc" => {
                let fix = as_csr(context, matrix, None)?;
                let text = format!(
                    "Invalid sparse encoding for {name} with encoding csc. Only csr sparse encodings are supported."
                );
                out.push(with(Finding::new(14, place, text), fix));
            }
            "dense" => {
                let n: u64 = matrix.n_stored();
                let (n_nonzero, are_singles) = seen(context, matrix)?;
                let sparsity = 1.0 - n_nonzero as f64 / n as f64;
                if sparsity > MAX_SPARSITY {
                    let sparsity = python::float(sparsity);
                    let text = format!(
                        "Sparsity of '{name}' is {sparsity} which is greater than {MAX_SPARSITY}, and it is not a \
                         'scipy.sparse.csr_matrix'. The matrix MUST use this type of matrix for the given sparsity."
                    );
                    let fix = as_csr(context, matrix, Some(are_singles))?;
                    out.push(with(Finding::new(16, place, text), fix));
                }
            }
            _ => {
                let fix = as_csr(context, matrix, None)?;
                out.push(with(Finding::new(15, place, format!("Unknown encoding for matrix {name}. {SUFFIX}")), fix));
            }
        }
    }
    Ok(())
}

/// How many values of a matrix are not zero, and whether all are those of 32-bit floats.
fn seen(context: &Context<'_>, matrix: &RawMatrix) -> Result<(u64, bool), Thrown> {
    let of = |summary: &Summary| (summary.n_nonzero, summary.are_singles);
    Ok(match matrix.place.as_str() {
        "X" => of(context.x()?),
        "raw/X" => of(context.raw()?),
        _ => of(&context.read(matrix, Wanted::default())?),
    })
}

/// The change of a matrix to CSR; what is to be decided first where that would lose something. Only integers of many digits
/// are read for it: floats of 64 bits stay such.
fn as_csr(context: &Context<'_>, matrix: &RawMatrix, are_singles: Option<bool>) -> Result<Result<Fix, String>, Thrown> {
    let is_asked = matches!(matrix.dtype.as_str(), "int32" | "uint32" | "int64" | "uint64");
    let is_right = match (matrix.storage(), are_singles) {
        (None, _) => return Ok(Err("it is no matrix of numbers: write it anew".to_owned())),
        _ if !is_asked || context.options.compat => true,
        (Some(_), Some(are_singles)) => are_singles,
        (Some(_), None) => seen(context, matrix)?.1,
    };
    Ok(if is_right { Ok(Fix::Csr { place: matrix.place.clone() }) } else { Err(NO_SINGLES.to_owned()) })
}

fn with(finding: Finding, fix: Result<Fix, String>) -> Finding {
    match fix {
        Ok(fix) => finding.fix(Some(fix)),
        Err(suggestion) => finding.suggest(Some(suggestion)),
    }
}

/// Cells that have the same raw counts.
pub(super) fn duplicates(context: &Context<'_>, out: &mut Vec<Finding>) -> Outcome {
    let document = context.document;
    let (Some(matrix), name) = document.raw() else { return Ok(()) };
    let (n_obs, n_rows) = (document.obs.n_rows(), matrix.shape.first().copied().unwrap_or_default());
    if !matches!(format(matrix), "csr" | "dense") {
        return Ok(());
    }
    if n_rows != n_obs {
        let text = format!("Length of values ({n_rows}) does not match length of index ({n_obs})");
        return Err(thrown("raw.X", text));
    }
    let raw = context.raw()?;
    let off_tissue = document.obs.column(IN_TISSUE).map(|column| column.rows_where(super::spatial::is_zero));
    let kept = (0..n_rows).filter(|row| off_tissue.as_ref().is_none_or(|off| !off[*row]));
    let alike = raw.alike(kept);
    if !alike.is_empty() {
        let text = format!("Found {} duplicated raw counts in obs adata.{name}.", alike.len());
        let rows = context.cells(alike.into_iter());
        out.push(Finding::new(17, name, text).rows(rows).suggest(Some(
            "leave out all but one of the cells that are alike, and look how they came to be twice".to_owned(),
        )));
    }
    Ok(())
}
