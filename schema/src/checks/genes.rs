//! The data frames of genes.

use std::collections::BTreeSet;

use h5ad::{RawValue, Scalar};

use super::{Context, Outcome, Thrown, frame, thrown};
use crate::definition::{EXEMPT_ORGANISMS, IS_FILTERED, ORGANISM};
use crate::finding::{Finding, Fix, Rows};
use crate::reference::Reference;
use crate::suggest;

/// Fewer genes are taken for a choice of some.
const FEW_GENES: usize = 20_000;

/// Checks `var` or `raw.var`, but for what takes the values of matrices.
pub(super) fn frame(context: &Context<'_>, out: &mut Vec<Finding>, name: &str) -> Outcome {
    let document = context.document;
    let frame = match name {
        "var" => Some(&document.var),
        _ => document.raw_var.as_ref(),
    };
    let Some(frame) = frame else { return Ok(()) };
    frame::unique(out, name, &frame.raw.index, || repeated(context, name));
    let index: Vec<&str> = frame.raw.index.iter().map(String::as_str).collect();
    features(context, out, &index, name, &format!("{name}.index"))?;
    if name == "var" && frame.n_rows() < FEW_GENES {
        let text = format!(
            "Dataframe 'var' only has {} rows. Features SHOULD NOT be filtered from expression matrix.",
            frame.n_rows()
        );
        out.push(Finding::new(38, "var", text).value(frame.n_rows().to_string()));
    }
    frame::kinds(out, name, frame);
    if name == "var" && !frame.has(IS_FILTERED) {
        frame::missing(out, name, IS_FILTERED, frame);
    }
    Ok(())
}

/// What to do about names of genes that repeat.
fn repeated(context: &Context<'_>, frame: &str) -> String {
    let columns = if context.options.compat { &[] } else { context.gene_names().columns.as_slice() };
    match columns.iter().find(|column| column.strip_prefix(frame).is_some_and(|rest| rest.starts_with('.'))) {
        Some(column) => format!("{column} has identifiers of genes: write these as names"),
        None => "add up the genes of one identifier, or leave out all but one of them: names with a number at the end \
                 (`adata.var_names_make_unique()`) are no identifiers"
            .to_owned(),
    }
}

/// Checks identifiers of genes; `path` is what messages call their place.
pub(super) fn features(
    context: &Context<'_>,
    out: &mut Vec<Finding>,
    ids: &[&str],
    path: &str,
    place: &str,
) -> Outcome {
    let reference = context.reference;
    let organism = context.document.key(ORGANISM);
    let organism_text = context.document.organism();
    let mut foreign = BTreeSet::new();
    let mut foreign_genes = Vec::new();
    for id in ids {
        let Some(gene) = reference.gene(id) else {
            let text =
                format!("Could not infer organism from feature ID '{id}' in '{path}', make sure it is a valid ID.");
            let is_of_frame = !path.contains('[');
            let better = match (context.options.compat, is_of_frame) {
                (true, _) => None,
                (false, true) => context.gene_names().better(id),
                (false, false) => suggest::gene(reference, id, organism_text),
            };
            let exact = better.as_ref().and_then(|better| better.exact.clone());
            let fix = exact.filter(|_| is_of_frame).map(|to| Fix::RenameGene { from: (*id).to_owned(), to });
            let mut finding =
                Finding::new(61, place, text).value(*id).suggest(better.map(|better| better.text)).fix(fix);
            if is_of_frame {
                finding = finding.column(format!("{path}.index"));
            }
            out.push(finding);
            continue;
        };
        let Some(organism) = organism else { continue };
        if !is_of_organism(context, organism, gene)? {
            foreign.insert(Reference::organism_name(gene));
            foreign_genes.push((*id).to_owned());
        }
    }
    if !foreign.is_empty() {
        let listed: Vec<String> =
            foreign.iter().map(|(name, id)| format!("<SupportedOrganisms.{name}: '{id}'>")).collect();
        let organism = match organism {
            Some(organism) => context.str(organism)?,
            None => String::new(),
        };
        let text = format!(
            "uns['organism_ontology_term_id'] is '{organism}' but feature_ids are from [{}].",
            listed.join(", ")
        );
        let n = foreign_genes.len();
        let rows = Rows { n, first: foreign_genes.into_iter().take(Rows::N_FIRST).collect() };
        let organisms: Vec<&str> = foreign.iter().map(|(_, id)| *id).collect();
        let organisms = organisms.iter().map(|id| suggest::named(reference, id)).collect::<Vec<_>>().join(", ");
        let suggestion = format!("the genes are of {organisms}: check uns.organism_ontology_term_id");
        out.push(Finding::new(62, place, text).column("var.index").rows(rows).suggest(Some(suggestion)));
    }
    Ok(())
}

fn is_of_organism(context: &Context<'_>, organism: &RawValue, gene: crate::reference::Gene) -> Result<bool, Thrown> {
    let place = format!("uns.{ORGANISM}");
    let own = Reference::gene_organism(gene);
    let RawValue::Scalar(Scalar::Text(organism)) = organism else {
        let text = match organism {
            RawValue::Array(_) | RawValue::Scalar(_) => "cannot use a string pattern on a bytes-like object".to_owned(),
            _ => format!("expected string or bytes-like object, got '{}'", super::type_name(organism, "uns", ORGANISM)),
        };
        return Err(thrown(&place, text));
    };
    if EXEMPT_ORGANISMS.contains(&own) && context.reference.term(organism).is_some() {
        return Ok(true);
    }
    if matches!(organism.as_str(), crate::definition::UNKNOWN | crate::definition::NA) {
        return Ok(EXEMPT_ORGANISMS.contains(&own));
    }
    if context.reference.term(organism).is_none() {
        return Err(thrown(&place, no_term(organism)));
    }
    Ok(context.reference.is_within(organism, &[own]))
}

/// What the original throws for an identifier that is no term.
fn no_term(id: &str) -> String {
    const PATTERN: &str = "([A-Za-z]+):[A-Za-z0-9]+|([A-Za-z]+)_[A-Za-z0-9]+";
    let end = id.find(|letter: char| !letter.is_ascii_alphabetic()).unwrap_or(id.len());
    let mut rest = id[end..].chars();
    let is_separated = matches!(rest.next(), Some(':' | '_')) && rest.next().is_some_and(|l| l.is_ascii_alphanumeric());
    if end == 0 || !is_separated {
        return format!("{id} does not conform to expected regex pattern {PATTERN} and cannot be queried.");
    }
    if crate::reference::Ontology::of(id).is_none() {
        return format!("{id} is not part of a supported ontology, its metadata cannot be fetched.");
    }
    crate::python::quoted(id)
}

/// Checks the flags of genes that were left out of `X`.
pub(super) fn filtered(context: &Context<'_>, out: &mut Vec<Finding>) -> Outcome {
    let document = context.document;
    let Some(column) = document.var.column(IS_FILTERED) else { return Ok(()) };
    let place = format!("var.{IS_FILTERED}");
    if column.dtype != "bool" {
        let text = format!("Column '{IS_FILTERED}' in dataframe 'var' must be boolean, not '{}'.", column.dtype);
        out.push(Finding::new(63, &place, text).column(&place));
        return Ok(());
    }
    let flags = column.rows_where(|value| *value == crate::python::Value::Bool(true));
    let genes = &document.var.raw.index;
    if document.raw_x.is_none() {
        if flags.contains(&true) {
            let text = "'feature_is_filtered' must be False for all features if 'adata.raw' is not present.";
            let rows = Rows::of(genes, (0..flags.len()).filter(|gene| flags[*gene]));
            out.push(Finding::new(64, &place, text).column(&place).rows(rows));
        }
        return Ok(());
    }
    let Some(matrix) = &document.x else {
        return Err(thrown("X", "'NoneType' object has no attribute 'sum'"));
    };
    let (x, raw) = (context.x()?, context.raw()?);
    if x.sums.len() > raw.sums.len() {
        let text = "Could not complete full validation of feature_is_filtered because of size differences between var \
                    and raw.var.";
        out.push(Finding::new(66, &place, text).column(&place));
        return Ok(());
    }
    let is_zero = |gene: &usize| x.sums[*gene] == 0.0 && !flags[*gene] && raw.sums[*gene] != 0.0;
    let zero: Vec<usize> = (0..x.sums.len()).filter(is_zero).collect();
    if !zero.is_empty() {
        let names: Vec<&str> = zero.iter().filter_map(|gene| genes.get(*gene).map(String::as_str)).collect();
        let text = format!(
            "Genes '{}' have all-zero values in adata.X. Either feature_is_filtered should be set to True or \
             adata.raw.X should be set to all-zero values.",
            names.join(", ")
        );
        let fix = Fix::Flag { genes: names.iter().map(|name| (*name).to_owned()).collect() };
        let rows = Rows::of(genes, zero.iter().copied());
        out.push(Finding::new(65, &place, text).column(&place).rows(rows).fix(Some(fix)));
    }
    if flags.contains(&true) {
        if super::matrix::is_unknown(matrix) {
            return Err(thrown("X", "'numpy.ndarray' object has no attribute 'chunks'"));
        }
        let n: u64 = flags.iter().zip(&x.n_entries).filter(|(flag, _)| **flag).map(|(_, n)| n).sum();
        if n > 0 {
            let text = format!(
                "Some features are 'True' in '{IS_FILTERED}' of dataframe 'var', but there are {n} non-zero values in the \
                 corresponding columns of the matrix 'X'. All values for these features must be 0."
            );
            let wrong = (0..flags.len()).filter(|gene| flags[*gene] && x.n_entries[*gene] > 0);
            out.push(Finding::new(67, &place, text).column(&place).rows(Rows::of(genes, wrong)));
        }
    }
    Ok(())
}
