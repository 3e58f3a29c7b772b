//! Names of columns and keys: repeated, of older schemas, reserved.

use std::collections::BTreeSet;

use super::{Context, Outcome, thrown};
use crate::definition::{
    CELL_TYPE, DEPRECATED_OBS, DEPRECATED_UNS, EMBEDDING, GENE_LABELS, IS_FILTERED, NA, ORGANISM, PERTURBATIONS,
    RESERVED_OBS, RESERVED_PERTURBATION, RESERVED_UNS, label_columns,
};
use crate::document::{Document, Entries, Frame, dictionary, get, text};
use crate::finding::{Finding, Fix};
use crate::labels;

const ETHNICITY: &str = "self_reported_ethnicity_ontology_term_id";
const DISTRIBUTION: &str = "X_approximate_distribution";

/// What must not be in a dataset before analysis.
pub(super) fn pre_analysis(context: &Context<'_>, out: &mut Vec<Finding>) -> Outcome {
    if !context.options.pre_analysis {
        return Ok(());
    }
    let document = context.document;
    let tell = |name: &str, part: &str| {
        let text = format!(
            "[PRE ANALYSIS COMPONENT CONTENT] {name} is not allowed to exist in {part} during pre analysis validation"
        );
        // What the author wrote is not taken out because of how the file was validated.
        let suggestion = "leave it out, or validate the file as one that was analyzed".to_owned();
        Finding::new(143, format!("{part}.{name}"), text).suggest(Some(suggestion))
    };
    if document.key(EMBEDDING).is_some() {
        out.push(tell(EMBEDDING, "uns"));
    }
    if document.obs.has(CELL_TYPE) {
        out.push(tell(CELL_TYPE, "obs"));
    }
    Ok(())
}

/// Columns of the same name.
pub(super) fn repeats(context: &Context<'_>, out: &mut Vec<Finding>) -> Outcome {
    let document = context.document;
    let frames = [("obs", Some(&document.obs)), ("var", Some(&document.var)), ("raw.var", document.raw_var.as_ref())];
    for (frame, columns) in frames {
        let mut known = BTreeSet::new();
        for name in columns.into_iter().flat_map(Frame::names) {
            if !known.insert(name) {
                // The original throws it, so that nothing else is told.
                let text = format!(
                    "Duplicate column name '{name}' detected in 'adata.{frame}' DataFrame. All DataFrame column names must \
                     be unique."
                );
                out.push(Finding::new(5, format!("{frame}.{name}"), format!("Unexpected validation error: {text}")));
                return Err(thrown(frame, text));
            }
        }
    }
    Ok(())
}

/// Names that are of older schemas, forbidden, or written on submission.
pub(super) fn names(context: &Context<'_>, out: &mut Vec<Finding>) -> Outcome {
    let document = context.document;
    let drop = |frame: &str, name: &str| Some(Fix::Drop { frame: frame.to_owned(), name: name.to_owned() });
    let mut deprecated = |part: &str, name: &str, is_there: bool| {
        if is_there {
            let text = format!("The field '{name}' is present in '{part}', but it is deprecated.");
            out.push(Finding::new(6, format!("{part}.{name}"), text).suggest(Some(successor(document, name))));
        }
    };
    for name in DEPRECATED_UNS {
        deprecated("uns", name, document.key(name).is_some());
    }
    for name in DEPRECATED_OBS {
        deprecated("obs", name, document.obs.has(name));
    }

    let keys = |entries: &Entries| entries.iter().map(|(key, _)| key.clone()).collect::<Vec<_>>();
    let columns = |frame: &Frame| frame.names().map(str::to_owned).collect::<Vec<_>>();
    let parts = [
        ("uns", keys(&document.uns)),
        ("var", columns(&document.var)),
        ("varm", keys(&document.varm)),
        ("varp", keys(&document.varp)),
        ("obsm", keys(&document.obsm)),
        ("obsp", keys(&document.obsp)),
        ("raw.var", document.raw_var.as_ref().map(columns).unwrap_or_default()),
        ("obs", columns(&document.obs)),
    ];
    for (part, names) in parts {
        for name in names.iter().filter(|name| name.starts_with("__")) {
            let text = format!("The field '{name}' in '{part}' is invalid. Fields that start with '__' are reserved.");
            let fix = if matches!(part, "obs" | "var" | "uns") { drop(part, name) } else { None };
            out.push(Finding::new(7, format!("{part}.{name}"), text).fix(fix));
        }
    }
    if document.raw_var.as_ref().is_some_and(|raw| raw.has(IS_FILTERED)) {
        let text = format!("Column '{IS_FILTERED}' must not be present in 'raw.var'.");
        out.push(Finding::new(8, "raw.var.feature_is_filtered", text).fix(drop("raw/var", IS_FILTERED)));
    }
    if context.options.ignore_labels {
        return Ok(());
    }
    for name in RESERVED_UNS.iter().filter(|name| document.key(name).is_some()) {
        let text = format!("Key '{name}' is a reserved key name of 'uns'. Remove it from h5ad and try again.");
        out.push(Finding::new(10, format!("uns.{name}"), text).fix(drop("uns", name)));
    }
    for name in RESERVED_OBS.iter().filter(|name| document.obs.has(name)) {
        let text = format!("Column '{name}' is a reserved column name of 'obs'. Remove it from h5ad and try again.");
        out.push(Finding::new(9, format!("obs.{name}"), text).fix(drop("obs", name)));
    }
    // What no identifier beside it says is all that the file has of it.
    let mut label = |part: &str, frame: &str, name: &str, only: Option<String>| {
        let text = format!(
            "Add labels error: Column '{name}' is a reserved column name of '{part}'. Remove it from h5ad and try again."
        );
        let finding = Finding::new(11, format!("{part}.{name}"), text);
        out.push(match only {
            Some(suggestion) => finding.suggest(Some(suggestion)),
            None => finding.fix(drop(frame, name)),
        });
    };
    let unwritten =
        |part: &str, name: &str, ids: &str| format!("write its identifiers to {part}.{ids}, then leave `{name}` out");
    let other = |part: &str, name: &str, ids: &str, other: &str| {
        format!("it has `{other}`, which is no label of {part}.{ids}: give `{name}` another name, or leave it out")
    };
    let is_own = !context.options.compat && !is_from_submission(document);
    if let Some(organism) = document.key("organism") {
        let id = document.key(ORGANISM).map(|id| text(id).and_then(|id| context.reference.term(id)));
        let label_of_id = id.flatten().and_then(|term| context.reference.label(term));
        let only = match (id, text(organism)) {
            (None, _) => Some(unwritten("uns", "organism", ORGANISM)),
            (Some(_), Some(organism)) if is_own && Some(organism) != label_of_id => {
                Some(other("uns", "organism", ORGANISM, organism))
            }
            (Some(_), None) if is_own => {
                Some(format!("it is no label of uns.{ORGANISM}: give `organism` another name, or leave it out"))
            }
            (Some(_), _) => None,
        };
        label("uns", "uns", "organism", only);
    }
    let obs = &document.obs;
    for name in label_columns().filter(|name| !RESERVED_OBS.contains(name)) {
        let ids = format!("{name}_ontology_term_id");
        let Some(labels) = obs.column(name) else { continue };
        let only = match obs.column(&ids) {
            None => Some(unwritten("obs", name, &ids)),
            Some(of) if is_own => {
                labels::first_other(context.reference, of, labels).map(|value| other("obs", name, &ids, &value))
            }
            Some(_) => None,
        };
        label("obs", "obs", name, only);
    }
    for name in GENE_LABELS {
        if document.var.has(name) {
            label("var", "var", name, None);
        }
        if document.raw_var.as_ref().is_some_and(|raw| raw.has(name)) {
            label("raw.var", "raw/var", name, None);
        }
    }
    perturbations(context, out);
    Ok(())
}

fn perturbations(context: &Context<'_>, out: &mut Vec<Finding>) {
    let Some(entries) = context.document.key(PERTURBATIONS).and_then(dictionary) else { return };
    if get(entries, NA).is_some() {
        let text = format!("Key '{NA}' must not be present in 'uns.{PERTURBATIONS}'.");
        out.push(Finding::new(13, format!("uns.{PERTURBATIONS}.{NA}"), text));
    }
    for (id, entry) in entries.iter().filter(|(id, _)| is_perturbation_id(id)) {
        let Some(entry) = dictionary(entry) else { continue };
        for key in RESERVED_PERTURBATION.iter().filter(|key| get(entry, key).is_some()) {
            let place = format!("uns.{PERTURBATIONS}.{id}");
            let text = format!("Key '{key}' is a reserved key name of '{place}'. Remove it from h5ad and try again.");
            out.push(Finding::new(12, format!("{place}.{key}"), text));
        }
    }
}

/// Whether submission has written labels into the file.
fn is_from_submission(document: &Document) -> bool {
    document.key("schema_version").is_some() || document.obs.has("observation_joinid")
}

/// Whether a key is of the form of an identifier of perturbations, as the original matches it.
pub(crate) fn is_perturbation_id(id: &str) -> bool {
    let id = id.strip_suffix('\n').unwrap_or(id);
    !id.is_empty() && !id.contains(|letter: char| letter.is_whitespace() || "/,\"'".contains(letter))
}

/// What took the place of a name of an older schema.
fn successor(document: &Document, name: &str) -> String {
    let (column, key) = (|name: &str| document.obs.has(name), |name: &str| document.key(name).is_some());
    let (is_there, place, how) = match name {
        "ethnicity" | "ethnicity_ontology_term_id" => (column(ETHNICITY), format!("obs.{ETHNICITY}"), "instead"),
        "organism" | "organism_ontology_term_id" => {
            (key(ORGANISM), format!("uns.{ORGANISM}"), "instead, one for the dataset")
        }
        "X_normalization" => (key(DISTRIBUTION), format!("uns.{DISTRIBUTION}"), "where it is known, or leave it out"),
        "default_field" => return "leave it out".to_owned(),
        _ => return "leave it out, or name it otherwise".to_owned(),
    };
    match is_there {
        true => format!("leave it out: {place} is there"),
        false => format!("write {place} {how}"),
    }
}
