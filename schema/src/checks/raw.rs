//! The raw matrix.

use super::{Context, Outcome};
use crate::definition::{ASSAY, ATAC, IN_TISSUE, NOT_COUNTED, RNA};
use crate::document::Document;
use crate::finding::{Finding, Fix, Rows};
use crate::matrices::NO_SINGLES;

/// Whether the raw matrix of such a dataset must be counts.
pub(super) fn applies(context: &Context<'_>) -> bool {
    let Some(assays) = context.document.obs.column(ASSAY) else { return true };
    let is_within = |id: &str, ancestors: &[&str]| {
        context.reference.term(id).is_some() && context.reference.is_within(id, ancestors)
    };
    let is_both = |id: &str| context.reference.is_within(id, &[ATAC]) && context.reference.is_within(id, &[RNA]);
    assays.any(|value| value.text().is_some_and(is_both))
        || !assays.any(|value| value.text().is_some_and(|id| is_within(id, &NOT_COUNTED)))
}

/// Checks that the raw matrix is of the same cells and genes, and holds counts.
pub(super) fn check(context: &Context<'_>, out: &mut Vec<Finding>) -> Outcome {
    let document = context.document;
    axes(document, out);
    if !applies(context) {
        return Ok(());
    }
    let (Some(matrix), name) = document.raw() else { return Ok(()) };
    if !context.has_known_cells(matrix) {
        // That its cells are not those of `obs` is told already.
        return Ok(());
    }
    let n_before = out.len();
    if matrix.dtype == "float32" {
        values(context, out, name)?;
    } else {
        let finding = Finding::new(21, name, "Raw matrix values must have type numpy.float32.").value(&matrix.dtype);
        out.push(match context.options.compat || context.raw()?.are_singles {
            true => finding.fix(Some(Fix::Singles { place: matrix.place.clone() })),
            false => finding.suggest(Some(NO_SINGLES.to_owned())),
        });
    }
    match (out.len() > n_before, name) {
        (true, "raw.X") => {
            let text = "Raw data may be missing: data in 'raw.X' does not meet schema requirements.";
            out.push(Finding::new(28, name, text));
        }
        (true, _) => {
            let text = "Raw data is missing: there is only a normalized matrix in X and no raw.X";
            out.push(Finding::new(29, name, text));
        }
        (false, "X") => {
            let text = "Only raw data was found, i.e. there is no 'raw.X'. It is STRONGLY RECOMMENDED that 'final' \
                        (normalized) data is provided.";
            out.push(Finding::new(30, name, text));
        }
        (false, _) => {}
    }
    Ok(())
}

fn axes(document: &Document, out: &mut Vec<Finding>) {
    let (Some(raw), Some(raw_var)) = (&document.raw_x, &document.raw_var) else { return };
    let (n_vars, n_raw) = (document.var.n_rows(), raw_var.n_rows());
    if n_vars != n_raw {
        let text = format!("Number of genes in X ({n_vars}) is different than raw.X ({n_raw}).");
        out.push(Finding::new(18, "raw.X", text));
    } else if document.var.raw.index != raw_var.raw.index {
        let (own, other) = (&document.var.raw.index, &raw_var.raw.index);
        let rows = Rows::of(own, (0..n_vars).filter(|gene| own[*gene] != other[*gene]));
        out.push(Finding::new(19, "raw.var", "Index of 'raw.var' is not identical to index of 'var'.").rows(rows));
    }
    let (n_obs, n_rows) = (document.obs.n_rows(), raw.shape.first().copied().unwrap_or_default());
    if n_obs != n_rows {
        // The original has thrown by then.
        let text = format!("Length of values ({n_rows}) does not match length of index ({n_obs})");
        out.push(Finding::new(3, "raw.X", text));
    }
}

fn values(context: &Context<'_>, out: &mut Vec<Finding>, name: &str) -> Outcome {
    let document = context.document;
    let raw = context.raw()?;
    let spatial = context.spatial();
    let n_rows = raw.is_empty.len();
    let is_single = spatial.is_visium_single();
    if is_single && n_rows != spatial.n_spots() {
        let text = format!(
            "When {} and uns['spatial']['is_single'] is True, the raw matrix must be the unfiltered feature-barcode \
             matrix 'raw_feature_bc_matrix'. It must have exactly {} rows. Raw matrix row count is {n_rows}.",
            spatial.condition(),
            spatial.n_spots()
        );
        out.push(Finding::new(23, name, text).value(n_rows.to_string()));
    }
    let in_tissue = document.obs.column(IN_TISSUE).filter(|_| is_single);
    let off = in_tissue.map(|column| column.rows_where(super::spatial::is_zero)).filter(|off| off.contains(&true));
    match (off, in_tissue) {
        (Some(off), Some(in_tissue)) => {
            let is_off_and_counted = |row: usize| off.get(row) == Some(&true) && !raw.is_empty[row];
            if !(0..n_rows).any(is_off_and_counted) {
                let text = "If obs['in_tissue'] contains at least one value 0, then there must be at least one row with \
                            obs['in_tissue'] == 0 that has a non-zero value in the raw matrix.";
                out.push(Finding::new(26, name, text));
            }
            let on = in_tissue.rows_where(super::spatial::is_one);
            let empty: Vec<usize> =
                (0..n_rows).filter(|row| on.get(*row) == Some(&true) && raw.is_empty[*row]).collect();
            if !empty.is_empty() {
                let text = "Each observation with obs['in_tissue'] == 1 must have at least one non-zero value in its row \
                            in the raw matrix.";
                out.push(Finding::new(27, name, text).rows(context.cells(empty.into_iter())));
            }
        }
        (Some(_) | None, _) => {
            let empty: Vec<usize> = (0..n_rows).filter(|row| raw.is_empty[*row]).collect();
            if !empty.is_empty() {
                let text = "Each cell must have at least one non-zero value in its row in the raw matrix.";
                out.push(Finding::new(24, name, text).rows(context.cells(empty.into_iter())));
            }
        }
    }
    if raw.n_not_counts > 0 {
        let text = "All non-zero values in raw matrix must be positive integers of type numpy.float32.";
        let mut finding = Finding::new(25, name, text);
        if let Some(value) = raw.first_not_count {
            let values = match raw.n_not_counts {
                1 => format!("{value}"),
                2 => format!("{value} and 1 other value"),
                n => format!("{value} and {} other values", n - 1),
            };
            finding = finding.value(values).rows(context.cells((0..n_rows).filter(|row| raw.has_not_counts[*row])));
        }
        out.push(finding);
    }
    Ok(())
}
