//! What the original accepts though the schema's text does not, or though it does harm later.

use super::{Context, Outcome, raw};
use crate::definition::{CELL_TYPE, NA, PERTURBATION_ID, PERTURBATIONS, PERTURBED_ORGANISMS};
use crate::document::dictionary;
use crate::finding::Finding;

/// What can be told without the values of matrices.
pub(super) fn check(context: &Context<'_>, out: &mut Vec<Finding>) {
    let document = context.document;
    if !document.obs.has(CELL_TYPE) && !context.options.pre_analysis {
        let text = format!("obs has no {CELL_TYPE}, which only a dataset before analysis may lack");
        let suggestion = super::frame::from_labels(&document.obs, CELL_TYPE).or_else(|| {
            let closest = document.obs.names().find(|name| name.to_ascii_lowercase().contains("cell_type"))?;
            Some(format!("perhaps the column `{closest}` is meant; rename it"))
        });
        out.push(Finding::new(201, format!("obs.{CELL_TYPE}"), text).suggest(suggestion));
    }
    for (id, _) in document.key(PERTURBATIONS).and_then(dictionary).into_iter().flatten() {
        if !super::names::is_perturbation_id(id) {
            let text = format!("`{id}` has blanks, a comma, a quote or a slash, so its entry is not checked");
            out.push(Finding::new(203, format!("uns.{PERTURBATIONS}.{id}"), text).value(id));
        }
    }
    if let Some(ids) = document.obs.column(PERTURBATION_ID) {
        let place = format!("obs.{PERTURBATION_ID}");
        if !ids.any(|value| value.text() != Some(NA)) {
            out.push(Finding::new(204, &place, "every perturbation is `na`"));
        }
        let organism = document.organism().unwrap_or_default();
        if !PERTURBED_ORGANISMS.contains(&organism) {
            let text = format!("the organism `{organism}` is not one of those whose perturbations are supported");
            out.push(Finding::new(205, place, text).value(organism));
        }
    }
    for (key, _) in document.obsm.iter().filter(|(key, _)| key != "spatial" && key.to_lowercase() == "spatial") {
        let text = format!("obsm['{key}'] is checked as spatial coordinates, but not taken for them");
        out.push(Finding::new(206, format!("obsm.{key}"), text).suggest(Some(super::obsm::as_spatial(context))));
    }
}

/// Raw values that are no numbers.
pub(super) fn counts(context: &Context<'_>, out: &mut Vec<Finding>) -> Outcome {
    let (matrix, name) = context.document.raw();
    if matrix.is_none() || !raw::applies(context) {
        return Ok(());
    }
    let raw = context.raw()?;
    let n = raw.n_not_finite;
    if n > 0 {
        let values = if n == 1 { "1 value".to_owned() } else { format!("{n} values") };
        let is = if n == 1 { "is" } else { "are" };
        let rows = context.cells((0..raw.has_not_finite.len()).filter(|row| raw.has_not_finite[*row]));
        out.push(Finding::new(202, name, format!("{values} {is} NaN or infinite")).value(values).rows(rows));
    }
    Ok(())
}
