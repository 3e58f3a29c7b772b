//! Genetic perturbations: `obs` against `uns`.

use std::collections::BTreeSet;

use h5ad::{RawValue, Scalar};

use super::frame::N_SEARCHED;
use super::{Context, Outcome, type_name};
use crate::definition::{DELIMITER, NA, PERTURBATION_ID, PERTURBATIONS, STRATEGY};
use crate::document::{dictionary, get, text};
use crate::finding::{Finding, Rows};
use crate::suggest;

pub(super) fn check(context: &Context<'_>, out: &mut Vec<Finding>) -> Outcome {
    let document = context.document;
    let ids = document.obs.column(PERTURBATION_ID);
    let place = format!("obs.{PERTURBATION_ID}");
    let Some(described) = document.key(PERTURBATIONS) else {
        if ids.is_some() {
            let text = "obs['genetic_perturbation_id'] is present but adata.uns['genetic_perturbations'] is missing. When \
                        genetic perturbation columns exist in obs, uns['genetic_perturbations'] must be present.";
            out.push(Finding::new(135, format!("uns.{PERTURBATIONS}"), text));
        }
        return Ok(());
    };
    let (Some(ids), Some(strategies)) = (ids, document.obs.column(STRATEGY)) else {
        let text = "When adata.uns['genetic_perturbations'] is present, obs must contain 'genetic_perturbation_id' and \
                    'genetic_perturbation_strategy'.";
        out.push(Finding::new(136, "obs", text));
        return Ok(());
    };
    let failed = |text: String| {
        let text = format!("Unexpected error during genetic perturbation cross-check: {text}");
        Finding::new(142, format!("uns.{PERTURBATIONS}"), text)
    };
    let mut pairs = BTreeSet::new();
    let entries = dictionary(described);
    // Sets are extended, not collected: that would sort first, by a sort of their own, which the page would load.
    let (mut listed, mut keys) = (BTreeSet::new(), BTreeSet::new());
    if let RawValue::Array(array) = described
        && array.shape.len() == 1
    {
        listed.extend(document.file.texts(&array.place)?.texts);
    }
    keys.extend(entries.into_iter().flatten().map(|(key, _)| key.as_str()));
    let mut n_unknown = 0;
    let mut rows_of = vec![Rows::default(); ids.values.len()];
    for row in 0..ids.n_rows() {
        rows_of[ids.codes[row] as usize].add(&document.obs.raw.index, row);
    }
    for row in 0..ids.n_rows() {
        if !pairs.insert((ids.codes[row], strategies.codes[row])) {
            continue;
        }
        let id = ids.row(row).str();
        if id == NA {
            continue;
        }
        let rows = || rows_of[ids.codes[row] as usize].clone();
        let parts: Vec<&str> = id.split(DELIMITER).collect();
        if !parts.is_sorted() {
            let mut sorted = parts.clone();
            sorted.sort_unstable();
            let text = format!("'{id}' in '{PERTURBATION_ID}' is not in ascending lexical order.");
            let suggestion = format!("write `{}`", sorted.join(DELIMITER));
            out.push(Finding::new(137, &place, text).value(&id).rows(rows()).suggest(Some(suggestion)));
        }
        let mut distinct = BTreeSet::new();
        distinct.extend(parts.iter().copied());
        if distinct.len() != parts.len() {
            let text = format!("'{id}' in '{PERTURBATION_ID}' contains duplicates.");
            out.push(Finding::new(138, &place, text).value(&id).rows(rows()));
        }
        for part in &parts {
            let is_known = match described {
                RawValue::Dict(_) => keys.contains(part),
                RawValue::Scalar(Scalar::Text(text)) => text.contains(part),
                RawValue::Array(array) if array.shape.len() == 1 => listed.contains(*part),
                other => {
                    let name = type_name(other, "uns", "");
                    out.push(failed(format!("argument of type '{name}' is not iterable")));
                    return Ok(());
                }
            };
            if !is_known {
                let text =
                    format!("'{part}' in '{PERTURBATION_ID}' does not match any key in uns['genetic_perturbations'].");
                n_unknown += 1;
                let closest = if n_unknown <= N_SEARCHED { suggest::closest(part, keys.iter().copied()) } else { None };
                let suggestion = closest.map(|closest| format!("perhaps `{closest}` is meant"));
                out.push(Finding::new(139, &place, text).value(*part).rows(rows()).suggest(suggestion));
            }
        }
        let strategy = strategies.row(row).text();
        if strategy == Some("no perturbations") {
            let text = "When obs['genetic_perturbation_id'] is not 'na', 'genetic_perturbation_strategy' cannot be 'no \
                        perturbations'.";
            out.push(Finding::new(140, format!("obs.{STRATEGY}"), text).rows(rows()));
        }
        if strategy != Some("control") {
            continue;
        }
        let Some(entries) = entries else {
            out.push(failed(format!("'{}' object has no attribute 'get'", type_name(described, "uns", ""))));
            return Ok(());
        };
        for part in &parts {
            let entry = get(entries, part);
            let role = match entry {
                None => None,
                Some(entry) => match dictionary(entry) {
                    Some(entry) => get(entry, "role").and_then(text),
                    None => {
                        let name = type_name(entry, "uns", "");
                        out.push(failed(format!("'{name}' object has no attribute 'get'")));
                        return Ok(());
                    }
                },
            };
            if role != Some("control") {
                let text = format!(
                    "genetic_perturbation_strategy is 'control' but uns['genetic_perturbations']['{part}']['role'] != \
                     'control'."
                );
                out.push(Finding::new(141, format!("uns.{PERTURBATIONS}.{part}"), text).rows(rows()));
            }
        }
    }
    Ok(())
}
