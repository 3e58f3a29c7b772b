//! `uns`.

use h5ad::{RawValue, Scalar};

use super::genes;
use super::terms::{self, Site};
use super::{Context, Outcome, Thrown, is_dask, thrown, type_name};
use crate::allowed::ORGANISMS;
use crate::colors;
use crate::definition::{EMBEDDING, NA, ORGANISM, PERTURBATIONS, RESERVED_PERTURBATION};
use crate::document::{Entries, dictionary, get, text};
use crate::finding::{At, Finding, Fix};
use crate::python::{self, Value};
use crate::suggest;

const COLORS: &str = "_colors";
const REQUIRED: [&str; 2] = [ORGANISM, "title"];

/// Columns that submission writes, whose colors are those of the identifiers.
const LABELLED: [&str; 8] =
    ["assay", "cell_type", "development_stage", "disease", "organism", "self_reported_ethnicity", "sex", "tissue"];

pub(super) fn check(context: &Context<'_>, out: &mut Vec<Finding>) -> Outcome {
    let document = context.document;
    if let Some(value) = document.key("X_approximate_distribution")
        && let Some(value) = string(context, out, value, "uns", "uns", "X_approximate_distribution")?
    {
        one_of(out, value, &["count", "normal"], ("uns", "uns"), "X_approximate_distribution");
    }
    if let Some(value) = document.key(EMBEDDING)
        && let Some(value) = string(context, out, value, "uns", "uns", EMBEDDING)?
        && get(&document.obsm, value).is_none()
    {
        let text = format!("'{value}' in 'uns['{EMBEDDING}']' is not valid, it must be a key of 'adata.obsm'.");
        let prefixed = format!("X_{value}");
        let known = document.obsm.iter().map(|(key, _)| key.as_str());
        let meant = known.clone().find(|key| *key == prefixed || key.eq_ignore_ascii_case(value));
        let meant = meant.or_else(|| suggest::closest(value, known));
        let suggestion = meant.map(|meant| format!("perhaps `{meant}` is meant"));
        out.push(Finding::new(93, format!("uns.{EMBEDDING}"), text).value(value).suggest(suggestion));
    }
    batch_condition(context, out)?;
    perturbations(context, out)?;
    if let Some(title) = document.key("title") {
        string(context, out, title, "uns", "uns", "title")?;
    }
    for key in REQUIRED {
        required(out, &document.uns, key, "uns", "uns");
    }
    for (key, value) in &document.uns {
        entry(context, out, key, value)?;
    }
    Ok(())
}

fn required(out: &mut Vec<Finding>, entries: &Entries, key: &str, name: &str, place: &str) {
    if get(entries, key).is_none() {
        out.push(Finding::new(86, format!("{place}.{key}"), format!("'{key}' in '{name}' is not present.")));
    }
}

/// The text that a value is, if it has no blanks where none belong.
fn string<'a>(
    context: &Context<'_>,
    out: &mut Vec<Finding>,
    value: &'a RawValue,
    name: &str,
    place: &str,
    key: &str,
) -> Result<Option<&'a str>, Thrown> {
    let is_top = place == "uns";
    let place = format!("{place}.{key}");
    let Some(text) = text(value) else {
        let shown = context.str(value)?;
        let message = format!("'{shown}' in '{name}['{key}']' is not valid, it must be a string.");
        out.push(Finding::new(87, place, message).value(shown));
        return Ok(None);
    };
    let clean = text.split_whitespace().collect::<Vec<_>>().join(" ");
    let fix = |finding: Finding| {
        let fix = (is_top && !clean.is_empty()).then(|| Fix::Replace {
            at: At::Uns(key.to_owned()),
            from: text.to_owned(),
            to: clean.clone(),
        });
        let suggestion =
            if clean.is_empty() { "it is blank: write a text".to_owned() } else { format!("write `{clean}`") };
        finding.value(text).suggest(Some(suggestion)).fix(fix)
    };
    let mut is_clean = true;
    let problems = [
        (88, text != text.trim_end(), "trailing"),
        (89, text != text.trim_start(), "leading"),
        (90, text.trim() != clean, "double"),
    ];
    for (rule, is_wrong, kind) in problems {
        if is_wrong {
            is_clean = false;
            let message = format!("'{text}' in '{name}['{key}']' is not valid, it contains {kind} spaces.");
            out.push(fix(Finding::new(rule, &place, message)));
        }
    }
    Ok(is_clean.then_some(text))
}

fn one_of(out: &mut Vec<Finding>, value: &str, allowed: &[&str], (name, place): (&str, &str), key: &str) {
    if !allowed.contains(&value) {
        let listed = python::texts(allowed);
        let text = format!("'{value}' in '{name}['{key}']' is not valid. Allowed terms: {listed}.");
        let better = suggest::word(value, allowed).map(|better| better.text);
        let suggestion = better.or_else(|| Some(format!("allowed are {}", allowed.join(", "))));
        out.push(Finding::new(91, format!("{place}.{key}"), text).value(value).suggest(suggestion));
    }
}

fn batch_condition(context: &Context<'_>, out: &mut Vec<Finding>) -> Outcome {
    let key = "batch_condition";
    let Some(value) = context.document.key(key) else { return Ok(()) };
    let place = format!("uns.{key}");
    let array = match value {
        RawValue::Array(array) if !is_dask(value) => array,
        other => {
            let shown = context.str(other)?;
            let text = format!("'{shown}' in 'uns['{key}']' is not valid, it must be a list or numpy array.");
            out.push(Finding::new(94, place, text).value(shown));
            return Ok(());
        }
    };
    let obs = &context.document.obs;
    if array.shape.len() > 1 && array.n_elements() > 0 {
        return Err(thrown(&place, "unhashable type: 'numpy.ndarray'"));
    }
    for name in context.document.file.texts(&array.place)?.texts {
        if !obs.has(&name) {
            let text = format!("Value '{name}' of list '{key}' is not a column in 'adata.obs'.");
            let closest = suggest::closest(&name, obs.names());
            let suggestion = closest.map(|closest| format!("perhaps `{closest}` is meant"));
            out.push(Finding::new(95, &place, text).value(&name).suggest(suggestion));
        }
    }
    Ok(())
}

fn not_a_dictionary(
    context: &Context<'_>,
    value: &RawValue,
    name: &str,
    place: &str,
    key: &str,
) -> Result<Finding, Thrown> {
    let shown = context.str(value)?;
    let text = format!("'{shown}' in '{name}['{key}']' is not valid, it must be a dictionary.");
    Ok(Finding::new(96, format!("{place}.{key}"), text).value(shown))
}

/// Checks the description of perturbations.
fn perturbations(context: &Context<'_>, out: &mut Vec<Finding>) -> Outcome {
    let Some(value) = context.document.key(PERTURBATIONS) else { return Ok(()) };
    let Some(entries) = dictionary(value) else {
        out.push(not_a_dictionary(context, value, "uns", "uns", PERTURBATIONS)?);
        return Ok(());
    };
    let name = format!("uns['{PERTURBATIONS}']");
    let place = format!("uns.{PERTURBATIONS}");
    if get(entries, NA).is_some() {
        let text = format!("Key '{NA}' MUST NOT be present in '{name}'. Remove it from the h5ad and try again.");
        out.push(Finding::new(97, format!("{place}.{NA}"), text));
    }
    for (id, entry) in entries.iter().filter(|(id, _)| super::names::is_perturbation_id(id)) {
        match dictionary(entry) {
            Some(entry) => perturbation(context, out, entry, &format!("{name}['{id}']"), &format!("{place}.{id}"))?,
            None => out.push(not_a_dictionary(context, entry, &name, &place, id)?),
        }
    }
    Ok(())
}

/// Whether a text is of a form.
type Form = fn(&str) -> bool;

fn perturbation(context: &Context<'_>, out: &mut Vec<Finding>, entry: &Entries, name: &str, place: &str) -> Outcome {
    const FEATURES: &str = "intended_features";
    const FORMS: [(&str, Form); 3] =
        [("role", |_| true), ("protospacer_sequence", is_protospacer), ("protospacer_adjacent_motif", is_motif)];
    if let Some(value) = get(entry, FEATURES) {
        let inner = format!("{name}['{FEATURES}']");
        let inner_place = format!("{place}.{FEATURES}");
        match dictionary(value) {
            None => out.push(not_a_dictionary(context, value, name, place, FEATURES)?),
            Some(features) => {
                for (key, value) in features.iter().filter(|(key, _)| !key.contains(char::is_whitespace)) {
                    string(context, out, value, &inner, &inner_place, key)?;
                }
                extra_keys(out, features, &inner, &inner_place, |key| !key.contains(char::is_whitespace));
                let ids: Vec<&str> = features.iter().map(|(key, _)| key.as_str()).collect();
                genes::features(context, out, &ids, &inner, &inner_place)?;
            }
        }
    }
    for (key, is_formed) in FORMS {
        let Some(value) = get(entry, key) else {
            required(out, entry, key, name, place);
            continue;
        };
        let Some(value) = string(context, out, value, name, place, key)? else { continue };
        if key == "role" {
            one_of(out, value, &["control", "targeting"], (name, place), key);
        } else if !is_formed(value) {
            let text = format!("'{value}' in '{name}['{key}']' does not match the required pattern.");
            let form = match key {
                "protospacer_sequence" => "14 to 22 of the letters A, C, G and T",
                _ => "`3' NGG`: 3', a blank, and letters of bases",
            };
            let suggestion = Some(format!("write {form}"));
            out.push(Finding::new(92, format!("{place}.{key}"), text).value(value).suggest(suggestion));
        }
    }
    let is_known = |key: &str| {
        FORMS.iter().any(|(known, _)| *known == key) || key == FEATURES || RESERVED_PERTURBATION.contains(&key)
    };
    extra_keys(out, entry, name, place, is_known);
    Ok(())
}

fn extra_keys(out: &mut Vec<Finding>, entries: &Entries, name: &str, place: &str, is_known: impl Fn(&str) -> bool) {
    let mut extra: Vec<&str> = entries.iter().map(|(key, _)| key.as_str()).filter(|key| !is_known(key)).collect();
    if !extra.is_empty() {
        extra.sort_unstable();
        let listed = python::texts(&extra);
        let text =
            format!("'{name}' contains unexpected key(s) {listed}. Additional key-value pairs MUST NOT be present.");
        out.push(Finding::new(98, place, text).value(extra.join(", ")));
    }
}

fn is_protospacer(text: &str) -> bool {
    (14..=22).contains(&text.len()) && text.bytes().all(|letter| b"ACGT".contains(&letter))
}

fn is_motif(text: &str) -> bool {
    let letters = text.strip_prefix("3' ");
    letters.is_some_and(|letters| !letters.is_empty() && letters.bytes().all(|l| b"ABCDGHKMNRSTVWY".contains(&l)))
}

/// What is asked of any entry of `uns`.
fn entry(context: &Context<'_>, out: &mut Vec<Finding>, key: &str, value: &RawValue) -> Outcome {
    let place = format!("uns.{key}");
    let length = match value {
        RawValue::Scalar(Scalar::Text(text)) => Some(text.len()),
        RawValue::Scalar(_) | RawValue::Null | RawValue::Other { .. } => None,
        RawValue::Dict(entries) => Some(entries.len()),
        RawValue::Array(array) if is_dask(value) => Some(array.n_elements()),
        RawValue::Array(array) => array.shape.first().copied(),
        // Only nothing is asked for, and the product may be any number.
        RawValue::Sparse { shape, .. } => Some(shape.0.min(shape.1)),
        RawValue::Frame { n_rows } => Some(*n_rows),
        RawValue::Categorical { n_values } | RawValue::Masked { n_values, .. } => Some(*n_values),
    };
    if length == Some(0) {
        let finding = Finding::new(99, &place, format!("uns['{key}'] cannot be an empty value."));
        out.push(match REQUIRED.contains(&key) {
            true => finding.suggest(Some(format!("write uns.{key}, which must be there"))),
            false => finding.fix(Some(Fix::Drop { frame: "uns".to_owned(), name: key.to_owned() })),
        });
    }
    if key == ORGANISM {
        let value = match value {
            RawValue::Scalar(Scalar::Text(text)) => Value::Text(text.clone()),
            other => Value::Real(context.str(other)?),
        };
        let site = Site { at: At::Uns(key.to_owned()), column: key, suffix: "", searches_labels: true };
        terms::check(context, out, &ORGANISMS, &value, &site);
    }
    if key != PERTURBATIONS && key.ends_with(COLORS) {
        colors(context, out, key, value)?;
    }
    Ok(())
}

/// Checks the colors of a column's categories.
fn colors(context: &Context<'_>, out: &mut Vec<Finding>, key: &str, value: &RawValue) -> Outcome {
    let obs = &context.document.obs;
    let name = key.replace(COLORS, "");
    let place = format!("uns.{key}");
    let column = obs.column(&name);
    let n = column.filter(|column| column.categories.is_some()).map_or(0, crate::column::Column::n_unique);
    let finding = |rule: u16, text: String| Finding::new(rule, &place, text).column(&name);
    if n == 0 {
        let mut text = format!("Colors field uns[{key}] does not have a corresponding categorical field in obs");
        if let Some(column) = column {
            text += &format!(". {name} is present but is dtype {}", column.dtype);
        }
        if LABELLED.contains(&name.as_str()) {
            text += &format!(". Annotate {name}_ontology_term_id_colors instead");
        }
        out.push(finding(100, text));
        return Ok(());
    }
    let array = match value {
        RawValue::Array(array) if !is_dask(value) => array,
        other => {
            let kind = type_name(other, "uns", key);
            let text = format!("Colors field uns['{key}'] must be of 'numpy.ndarray' type, it is <class '{kind}'>");
            out.push(finding(101, text));
            return Ok(());
        }
    };
    let texts = context.document.file.texts(&array.place)?;
    let shown = python::array(&texts.texts, &array.shape, texts.is_text);
    let colors = &texts.texts;
    if (!texts.is_text || array.shape.len() > 1) && !colors.is_empty() {
        let text = format!("Colors in uns[{key}] must be strings. Found: {shown} which are {}", array.dtype);
        out.push(finding(102, text).value(shown));
        return Ok(());
    }
    if colors.len() < n {
        let text = format!(
            "Annotated categorical field {name} must have at least {n} color options in uns[{key}]. Found: {shown}"
        );
        out.push(finding(103, text).value(&shown));
    }
    let is_hex = |color: &String| {
        let color = color.strip_suffix('\n').unwrap_or(color);
        color.len() == 7 && color.starts_with('#') && color[1..].bytes().all(|digit| digit.is_ascii_hexdigit())
    };
    if !(colors.iter().all(is_hex) || colors.iter().all(|color| colors::is_css(color))) {
        let text =
            format!("Colors in uns[{key}] must be either all hex colors or all CSS4 named colors. Found: {shown}");
        out.push(finding(104, text).value(shown));
    }
    Ok(())
}
