//! Whether the ontologies of tissues and cell types fit the kind of tissue and the organism.

use std::collections::BTreeSet;

use h5ad::RawValue;

use super::{Context, Outcome, type_name};
use crate::allowed::anatomy_of;
use crate::column::Column;
use crate::definition::{CELL_TYPE, NA, ORGANISM, TISSUE, TISSUE_TYPE, UNKNOWN};
use crate::document::text;
use crate::finding::Finding;
use crate::python::Value;

const TISSUE_TEXT: &str = "When tissue_type is tissue or organoid, tissue_ontology_term_id must be a valid UBERON term. \
If organism is NCBITaxon:6239, it can be a valid UBERON term or a valid WBbt term. If organism is NCBITaxon:7955, it can \
be a valid UBERON term or a valid ZFA term. If organism is NCBITaxon:7227, it can be a valid UBERON term or a valid FBbt \
term. When tissue_type is primary cell culture, tissue_ontology_term_id must follow the validation rules for \
cell_type_ontology_term_id.";

const CELL_TYPE_TEXT: &str = "cell_type_ontology_term_id must be a valid CL term. If organism is NCBITaxon:6239, it can be \
a valid CL term or a valid WBbt term. If organism is NCBITaxon:7955, it can be a valid CL term or a valid ZFA term. If \
organism is NCBITaxon:7227, it can be a valid CL term or a valid FBbt term.";

const CELL_LINE_TEXT: &str = "When tissue_type is 'cell line', 'na' is allowed for 'cell_type_ontology_term_id' but then \
all observations where tissue_type is 'cell line' MUST be 'na'.";

/// What to do about terms whose rules depend on an organism that is wrong or missing.
pub(super) const AFTER_ORGANISM: &str =
    "which terms are allowed depends on uns.organism_ontology_term_id, which is wrong: put that right first";

/// What comes of a row.
enum Verdict {
    Fits,
    Wrong,
    /// The original throws this.
    Thrown(String),
}

pub(super) fn check(context: &Context<'_>, out: &mut Vec<Finding>) -> Outcome {
    let obs = &context.document.obs;
    let (Some(organism), Some(tissue_type)) = (context.document.key(ORGANISM), obs.column(TISSUE_TYPE)) else {
        return Ok(());
    };
    if let Some(tissue) = obs.column(TISSUE) {
        let verdict = |kind: &Value, tissue: &Value| match kind.text() {
            None if *kind == Value::Missing => ambiguous(),
            Some("primary cell culture") if tissue.text() == Some(UNKNOWN) => Verdict::Fits,
            Some("primary cell culture") => starts(organism, tissue, "CL"),
            Some("cell line") => Verdict::Fits,
            Some(_) | None => starts(organism, tissue, "UBERON"),
        };
        report(context, out, 58, TISSUE, TISSUE_TEXT, (tissue_type, tissue), &verdict);
    }
    if let Some(cell_type) = obs.column(CELL_TYPE) {
        let verdict = |kind: &Value, cell_type: &Value| match cell_type.text() {
            Some(_) | None if *kind == Value::Missing => ambiguous(),
            None if *cell_type == Value::Missing => ambiguous(),
            Some(UNKNOWN | NA) => Verdict::Fits,
            Some(_) | None => starts(organism, cell_type, "CL"),
        };
        let n_before = out.len();
        report(context, out, 60, CELL_TYPE, CELL_TYPE_TEXT, (tissue_type, cell_type), &verdict);
        let is_thrown = out[n_before..].iter().any(|finding| finding.text != CELL_TYPE_TEXT);
        let lines = tissue_type.rows_where(|value| value.text() == Some("cell line"));
        let na = cell_type.rows_where(|value| value.text() == Some(NA));
        let n_lines = lines.iter().filter(|line| **line).count();
        let others: Vec<usize> = (0..lines.len()).filter(|row| lines[*row] && !na[*row]).collect();
        if !is_thrown && !others.is_empty() && others.len() < n_lines {
            let rows = context.cells(others.into_iter());
            out.push(Finding::new(59, format!("obs.{CELL_TYPE}"), CELL_LINE_TEXT).rows(rows));
        }
    }
    Ok(())
}

fn ambiguous() -> Verdict {
    Verdict::Thrown("boolean value of NA is ambiguous".to_owned())
}

/// Checks the rows by what they hold in both columns.
fn report(
    context: &Context<'_>,
    out: &mut Vec<Finding>,
    rule: u16,
    name: &str,
    text: &str,
    (kinds, terms): (&Column, &Column),
    verdict: &dyn Fn(&Value, &Value) -> Verdict,
) {
    let place = format!("obs.{name}");
    let mut known = std::collections::HashMap::new();
    let mut wrong = Vec::new();
    let mut values = BTreeSet::new();
    for row in 0..terms.n_rows() {
        let verdict = known
            .entry((kinds.codes[row], terms.codes[row]))
            .or_insert_with(|| verdict(kinds.row(row), terms.row(row)));
        match verdict {
            Verdict::Fits => {}
            Verdict::Wrong => {
                wrong.push(row);
                values.insert(terms.row(row).str());
            }
            Verdict::Thrown(thrown) => {
                let text = format!("Unexpected error validating {name}: {thrown}");
                let rows = context.cells(std::iter::once(row));
                out.push(Finding::new(rule, place, text).value(terms.row(row).str()).rows(rows));
                return;
            }
        }
    }
    if !wrong.is_empty() {
        let values: Vec<String> = values.into_iter().collect();
        let rows = context.cells(wrong.into_iter());
        let is_after = !context.options.compat && !context.has_organism();
        let suggestion = is_after.then(|| AFTER_ORGANISM.to_owned());
        out.push(Finding::new(rule, place, text).value(values.join(", ")).rows(rows).suggest(suggestion));
    }
}

/// Whether a term is of the ontology that is always allowed, or of that of the organism.
fn starts(organism: &RawValue, term: &Value, always: &str) -> Verdict {
    if let RawValue::Array(_) | RawValue::Dict(_) | RawValue::Frame { .. } = organism {
        return Verdict::Thrown(format!("unhashable type: '{}'", type_name(organism, "uns", ORGANISM)));
    }
    let Some(term) = term.text() else {
        return Verdict::Thrown(format!("'{}' object has no attribute 'startswith'", term.type_name()));
    };
    let own = text(organism).and_then(anatomy_of);
    match term.starts_with(always) || own.is_some_and(|own| term.starts_with(own)) {
        true => Verdict::Fits,
        false => Verdict::Wrong,
    }
}
