//! Embeddings, and the sizes of other arrays.

use h5ad::{RawArray, RawValue};

use super::{Context, Outcome, is_dask, type_name};
use crate::document::is_lazy;
use crate::finding::{Finding, Severity};

const PATTERN: &str = "^[a-zA-Z][a-zA-Z0-9_.-]*$";

/// Arrays of `part` that are empty.
pub(super) fn sizes(context: &Context<'_>, out: &mut Vec<Finding>, part: &str) {
    let document = context.document;
    let entries = match part {
        "obsm" => &document.obsm,
        "obsp" => &document.obsp,
        "varm" => &document.varm,
        _ => &document.varp,
    };
    for (key, value) in entries {
        if as_array(part, key, value).is_some_and(|array| array.n_elements() == 0) {
            let text = format!("The size of the ndarray stored for a 'adata.{part}['{key}']' MUST NOT be zero.");
            out.push(Finding::new(85, format!("{part}.{key}"), text));
        }
    }
}

/// The array that an entry is in the eyes of the original.
fn as_array<'a>(part: &str, key: &str, value: &'a RawValue) -> Option<&'a RawArray> {
    match value {
        RawValue::Array(array) if !(is_lazy(part, key) && is_dask(value)) => Some(array),
        _ => None,
    }
}

fn fits_pattern(name: &str) -> bool {
    let name = name.strip_suffix('\n').unwrap_or(name);
    name.starts_with(|letter: char| letter.is_ascii_alphabetic())
        && name.chars().all(|letter| letter.is_ascii_alphanumeric() || "_.-".contains(letter))
}

/// Checks `obsm`.
pub(super) fn check(context: &Context<'_>, out: &mut Vec<Finding>) -> Outcome {
    sizes(context, out, "obsm");
    let document = context.document;
    if document.obsm.is_empty() {
        if !context.options.pre_analysis {
            let suggestion = "compute one, for example by `scanpy.tl.umap`, and write it as obsm['X_umap']".to_owned();
            out.push(Finding::new(68, "obsm", "No embeddings found in 'adata.obsm'.").suggest(Some(suggestion)));
        }
        return Ok(());
    }
    let mut n_with_x = 0;
    for (key, value) in &document.obsm {
        let place = format!("obsm.{key}");
        let is_spatial = key.to_lowercase() == "spatial";
        let mut is_other = false;
        if let Some(name) = key.strip_prefix("X_") {
            n_with_x += 1;
            if key.to_lowercase() == "x_spatial" {
                let text = format!("Embedding key in 'adata.obsm' {key} cannot be used.");
                out.push(Finding::new(69, &place, text).suggest(Some(as_spatial(context))));
            } else if !fits_pattern(name) {
                let text = format!(
                    "Suffix for embedding key in 'adata.obsm' {key} does not match the regex pattern {PATTERN}."
                );
                out.push(Finding::new(70, &place, text).suggest(renamed(context, key)));
            }
        } else if !is_spatial {
            is_other = true;
            if !fits_pattern(key) {
                let text = format!("Embedding key in 'adata.obsm' {key} does not match the regex pattern {PATTERN}.");
                out.push(Finding::new(71, &place, text).suggest(renamed(context, key)));
            }
            let text = format!(
                "Embedding key in 'adata.obsm' {key} is not 'spatial' nor does it start with 'X_'. Thus, it will not be \
                 available in Explorer"
            );
            out.push(
                Finding::new(72, &place, text)
                    .suggest(renamed(context, key).map(|text| format!("{text} to have it shown"))),
            );
        }
        let Some(array) = as_array("obsm", key, value) else {
            let name = type_name(value, "obsm", key);
            let text = format!(
                "All embeddings have to be of 'numpy.ndarray' type, 'adata.obsm['{key}']' is <class '{name}'>')."
            );
            out.push(Finding::new(73, &place, text).value(name));
            continue;
        };
        embedding(context, out, key, array, is_other)?;
    }
    if !context.spatial().is_supported && n_with_x == 0 {
        let text = "At least one embedding in 'obsm' has to have a key with an 'X_' prefix.";
        out.push(Finding::new(82, "obsm", text));
    }
    let is_single = context.spatial().is_single;
    let has_spatial = document.obsm.iter().any(|(key, _)| key == "spatial");
    if is_single == Some(true) && !has_spatial {
        let text = "'spatial' embedding is required in 'adata.obsm' if adata.uns['spatial']['is_single'] is True.";
        out.push(Finding::new(83, "obsm.spatial", text));
    } else if is_single.is_none() && has_spatial {
        let text = "'spatial' embedding is forbidden in 'adata.obsm' if adata.uns['spatial']['is_single'] is not set.";
        out.push(
            Finding::new(84, "obsm.spatial", text)
                .suggest(Some("set uns.spatial.is_single, or call the embedding by another name".to_owned())),
        );
    }
    Ok(())
}

fn embedding(context: &Context<'_>, out: &mut Vec<Finding>, key: &str, array: &RawArray, is_other: bool) -> Outcome {
    let place = format!("obsm.{key}");
    match array.shape[..] {
        [] | [_] => {
            let text = format!(
                "All embeddings must at least two dimensions. 'adata.obsm['{key}']' has a shape length of '{}'.",
                array.shape.len()
            );
            out.push(Finding::new(74, &place, text));
        }
        [_, n, ..] if is_other && n < 1 => {
            let text = format!(
                "All unspecified embeddings must have at least one column. 'adata.obsm['{key}']' has columns='{n}'."
            );
            out.push(Finding::new(76, &place, text));
        }
        [_, n, ..] if !is_other && n < 2 => {
            let text = format!(
                "All 'X_' and 'spatial' embeddings must have at least two columns. 'adata.obsm['{key}']' has columns='{n}'."
            );
            out.push(Finding::new(77, &place, text));
        }
        [_, _, ..] => {}
    }
    let severity = if is_other { Severity::Warning } else { Severity::Error };
    let is_number = ["int", "uint", "float"].iter().any(|kind| array.dtype.starts_with(kind));
    if !is_number {
        let text = format!(
            "adata.obsm['{key}'] has an invalid data type. It should be float, integer, or unsigned integer of any \
             precision (8, 16, 32, or 64 bits)."
        );
        out.push(Finding::new(78, &place, text).severity(severity).value(&array.dtype));
        return Ok(());
    }
    let (mut any_infinite, mut any_nan, mut all_nan) = (false, false, true);
    let n_columns = array.shape[1..].iter().fold(1_usize, |n, extent| n.saturating_mul(*extent)).max(1);
    let mut lacking = Vec::new();
    let mut at = 0;
    context.document.file.each_number(&array.place, |numbers| {
        for number in numbers {
            any_infinite |= number.is_infinite();
            all_nan &= number.is_nan();
            if number.is_nan() {
                any_nan = true;
                if lacking.last() != Some(&(at / n_columns)) {
                    lacking.push(at / n_columns);
                }
            }
            at += 1;
        }
    })?;
    if any_infinite {
        let text = format!("adata.obsm['{key}'] contains positive infinity or negative infinity values.");
        out.push(Finding::new(79, &place, text).severity(severity));
    }
    if key.to_lowercase() == "spatial" && any_nan {
        let text = "adata.obsm['spatial'] contains at least one NaN value.";
        out.push(Finding::new(80, &place, text).severity(severity).rows(context.cells(lacking.into_iter())));
    } else if all_nan {
        let text = format!("adata.obsm['{key}'] contains all NaN values.");
        out.push(Finding::new(81, &place, text).severity(severity));
    }
    Ok(())
}

/// What to do about coordinates that are called otherwise than `spatial`.
pub(super) fn as_spatial(context: &Context<'_>) -> String {
    match context.document.obsm.iter().any(|(key, _)| key == "spatial") {
        true => "leave it out: obsm['spatial'] is there".to_owned(),
        false => "call it `spatial`".to_owned(),
    }
}

/// A name that an embedding may have, and no other has.
fn renamed(context: &Context<'_>, key: &str) -> Option<String> {
    let clean: String = key
        .chars()
        .map(|letter| if letter.is_ascii_alphanumeric() || "_.-".contains(letter) { letter } else { '_' })
        .collect();
    let name = clean.strip_prefix("X_").unwrap_or(&clean).trim_start_matches(|l: char| !l.is_ascii_alphabetic());
    let name = (!name.is_empty()).then(|| format!("X_{name}"))?;
    let is_free = |name: &String| context.document.obsm.iter().all(|(known, _)| known != name);
    let free = std::iter::once(name.clone()).chain((2..).map(|n| format!("{name}_{n}"))).find(is_free)?;
    Some(format!("call it `{free}`"))
}
