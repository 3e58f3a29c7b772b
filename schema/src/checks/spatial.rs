//! Spatial assays: `uns.spatial`, positions of spots.

use h5ad::{RawValue, Scalar};

use super::{Context, Outcome, thrown, type_name};
use crate::column::Column;
use crate::definition::{ASSAY, BEADS, CELL_TYPE, IN_TISSUE, PRIMARY, UNKNOWN, VISIUM, VISIUM_11};
use crate::document::{Entries, dictionary, get};
use crate::finding::Finding;
use crate::python::{self, Value};

const ANY_SPATIAL: &str = "obs['assay_ontology_term_id'] is either a descendant of 'EFO:0010961' (Visium Spatial Gene \
Expression) or a descendant of 'EFO:0920001' (bead-based spatial transcriptomics)";
const IS_VISIUM: &str =
    "obs['assay_ontology_term_id'] is a descendant of 'EFO:0010961' (Visium Spatial Gene Expression)";
const IS_VISIUM_11: &str =
    "obs['assay_ontology_term_id'] is 'EFO:0022860 (Visium CytAssist Spatial Gene Expression, 11mm)";
const IS_VISIUM_SINGLE: &str = "obs['assay_ontology_term_id'] is a descendant of 'EFO:0010961' (Visium Spatial Gene \
Expression) and uns['spatial']['is_single'] is True";

/// What is spatial about a dataset.
pub(crate) struct Spatial {
    /// Whether any cell's assay is below Visium.
    pub(crate) is_visium: bool,
    /// Whether any cell's assay is below Visium, or below those of beads.
    pub(crate) is_supported: bool,
    /// `uns.spatial.is_single`, if it is a truth value.
    pub(crate) is_single: Option<bool>,
    /// Whether any cell's assay is Visium of 11 mm.
    is_11: bool,
}

impl Spatial {
    pub(super) fn of(context: &Context<'_>) -> Self {
        let assays = context.document.obs.column(ASSAY);
        let any = |is: &dyn Fn(&str) -> bool| assays.is_some_and(|assays| mapped(context, assays, is).contains(&true));
        let is_below = |id: &str| context.reference.is_below(id, &[VISIUM]);
        let is_visium = assays.is_some_and(|assays| assays.any(|value| value.text().is_some_and(is_below)));
        let is_11 = any(&|id| context.reference.is_within(id, &[VISIUM_11]));
        let is_of_beads = any(&|id| context.reference.is_below(id, &[BEADS]));
        let is_single =
            context.document.key("spatial").and_then(dictionary).and_then(|spatial| get(spatial, "is_single"));
        let is_single = match is_single {
            Some(RawValue::Scalar(Scalar::Bool(truth))) => Some(*truth),
            Some(_) | None => None,
        };
        Self { is_visium, is_supported: is_visium || is_of_beads, is_single, is_11 }
    }

    pub(crate) fn is_visium_single(&self) -> bool {
        self.is_visium && self.is_single == Some(true)
    }

    /// How many spots a slide has.
    pub(super) fn n_spots(&self) -> usize {
        if self.is_11 { 14_336 } else { 4_992 }
    }

    /// How messages put the assay.
    pub(super) fn condition(&self) -> &'static str {
        if self.is_11 { IS_VISIUM_11 } else { IS_VISIUM }
    }

    fn hires_side(&self) -> usize {
        if self.is_11 { 4000 } else { 2000 }
    }

    /// The last row and column of spots.
    fn last_spot(&self) -> (i64, i64) {
        if self.is_11 { (127, 223) } else { (77, 127) }
    }
}

/// Whether a value is the number 0, or false.
pub(super) fn is_zero(value: &Value) -> bool {
    is_number(value, 0)
}

/// Whether a value is the number 1, or true.
pub(super) fn is_one(value: &Value) -> bool {
    is_number(value, 1)
}

fn is_number(value: &Value, wanted: i64) -> bool {
    match value {
        Value::Integer(number) => *number == wanted,
        Value::Unsigned(number) => i64::try_from(*number) == Ok(wanted),
        Value::Real(number) => number.parse() == Ok(wanted as f64),
        Value::Bool(truth) => i64::from(*truth) == wanted,
        Value::Text(_) | Value::Nan | Value::Missing => false,
    }
}

/// Checks what is spatial.
pub(super) fn check(context: &Context<'_>, out: &mut Vec<Finding>) -> Outcome {
    let document = context.document;
    let assays = document.obs.column(ASSAY);
    if let Some(assays) = assays {
        if assays.dtype == "string" && assays.any(Value::is_null) {
            return Err(thrown(&format!("obs.{ASSAY}"), "boolean value of NA is ambiguous"));
        }
        if mapped(context, assays, &|id| id == VISIUM).contains(&true) {
            let text = format!(
                "Invalid spatial assay. obs['assay_ontology_term_id'] must be a descendant of {VISIUM} but NOT {VISIUM} \
                 itself. "
            );
            let rows = assays.all().rows(&document.obs.raw.index, |value| value.text() == Some(VISIUM));
            let suggestion =
                "write the kind of Visium, such as EFO:0022857 (V1), EFO:0022858 (V2) or EFO:0022859 (CytAssist)";
            let place = format!("obs.{ASSAY}");
            out.push(Finding::new(126, place, text).rows(rows).suggest(Some(suggestion.to_owned())));
        }
        uns(context, out);
        if context.spatial().is_supported && assays.n_unique() > 1 {
            let text = format!("When {ANY_SPATIAL}, all observations must contain the same value.");
            out.push(Finding::new(127, format!("obs.{ASSAY}"), text));
        }
    }
    let (last_row, last_column) = context.spatial().last_spot();
    for (name, last) in [("array_col", last_column), ("array_row", last_row), (IN_TISSUE, 1)] {
        position(context, out, name, last)?;
    }
    off_tissue(context, out);
    if context.spatial().is_single == Some(false)
        && let Some(primary) = document.obs.column(PRIMARY)
        && (primary.any(is_true) || primary.dtype == "category")
    {
        if primary.dtype == "category" {
            let text = "'Categorical' with dtype category does not support reduction 'any'";
            return Err(thrown(&format!("obs.{PRIMARY}"), text));
        }
        let text = "When uns['spatial']['is_single'] is False, obs['is_primary_data'] must be False for all rows.";
        let rows = primary.all().rows(&document.obs.raw.index, is_true);
        out.push(Finding::new(134, format!("obs.{PRIMARY}"), text).rows(rows));
    }
    Ok(())
}

fn is_true(value: &Value) -> bool {
    match value {
        Value::Bool(truth) => *truth,
        Value::Text(text) => !text.is_empty(),
        Value::Integer(_) | Value::Unsigned(_) | Value::Real(_) => !is_zero(value),
        Value::Nan | Value::Missing => false,
    }
}

fn visium_rows(context: &Context<'_>, assays: &Column) -> Vec<bool> {
    mapped(context, assays, &|id| context.reference.is_below(id, &[VISIUM]))
}

/// For each row whether its text is one for which `is` holds. In the original's eyes that holds of missing values, too, where
/// categories that are mapped to truth values are no longer told apart.
fn mapped(context: &Context<'_>, column: &Column, is: &dyn Fn(&str) -> bool) -> Vec<bool> {
    let of_missing = context.options.compat
        && column.categories.as_ref().is_some_and(|categories| {
            let truths = column.values[..categories.n].iter().map(|value| value.text().is_some_and(is));
            let n_true = truths.filter(|truth| *truth).count();
            categories.n == 0 || n_true > 1 || categories.n - n_true > 1
        });
    column.rows_where(|value| value.text().map_or(of_missing && value.is_null(), is))
}

/// The column of a position of spots.
fn position(context: &Context<'_>, out: &mut Vec<Finding>, name: &str, last: i64) -> Outcome {
    let obs = &context.document.obs;
    let place = format!("obs.{name}");
    let is_single = context.spatial().is_visium_single();
    let column = obs.column(name);
    let visium = obs.column(ASSAY).map(|assays| visium_rows(context, assays));
    if let Some(column) = column {
        let is_null = column.rows_where(Value::is_null);
        let elsewhere = |visium: &Vec<bool>| visium.iter().zip(&is_null).any(|(visium, null)| !visium && !null);
        if !is_single || visium.as_ref().is_some_and(elsewhere) {
            let text = format!("obs['{name}'] is only allowed for {IS_VISIUM_SINGLE}.");
            out.push(Finding::new(128, &place, text));
            return Ok(());
        }
    }
    if !is_single {
        return Ok(());
    }
    let Some(column) = column else {
        out.push(Finding::new(129, &place, format!("obs['{name}'] is required for {IS_VISIUM_SINGLE}.")));
        return Ok(());
    };
    if column.any(Value::is_null) {
        let text = format!("obs['{name}'] cannot have missing or NaN values when {IS_VISIUM_SINGLE}.");
        out.push(Finding::new(130, &place, text).rows(column.all().rows(&obs.raw.index, Value::is_null)));
        return Ok(());
    }
    let dtype = column.dtype.as_str();
    if dtype == "category" || dtype.starts_with(char::is_uppercase) || matches!(dtype, "boolean" | "string") {
        let name = if dtype == "category" { "CategoricalDtype".to_owned() } else { format!("{dtype}Dtype()") };
        return Err(thrown(&place, format!("Cannot interpret '{name}' as a data type")));
    }
    if !dtype.starts_with("int") && !dtype.starts_with("uint") {
        let text = format!("obs['{name}'] must be of int type, it is {dtype}.");
        out.push(Finding::new(131, &place, text).value(dtype));
        return Ok(());
    }
    let numbers: Vec<i64> = column.values.iter().filter_map(integer).collect();
    let (low, high) = (numbers.iter().min().copied().unwrap_or(0), numbers.iter().max().copied().unwrap_or(0));
    if low < 0 || high > last {
        let range = if name == IN_TISSUE { "0 or 1".to_owned() } else { format!("between 0 and {last}") };
        let text = format!(
            "obs['{name}'] must be {range}, the min and max are {low} and {high}. This must be the value of the column \
             tissue_positions_in_tissue from the tissue_positions_list.csv or tissue_positions.csv."
        );
        let is_off = |value: &Value| integer(value).is_some_and(|number| number < 0 || number > last);
        out.push(Finding::new(132, &place, text).rows(column.all().rows(&obs.raw.index, is_off)));
    }
    Ok(())
}

fn integer(value: &Value) -> Option<i64> {
    match value {
        Value::Integer(number) => Some(*number),
        Value::Unsigned(number) => Some(i64::try_from(*number).unwrap_or(i64::MAX)),
        Value::Text(_) | Value::Real(_) | Value::Bool(_) | Value::Nan | Value::Missing => None,
    }
}

/// Spots off the tissue have no cell type.
fn off_tissue(context: &Context<'_>, out: &mut Vec<Finding>) {
    let obs = &context.document.obs;
    if !context.spatial().is_visium_single() {
        return;
    }
    let (Some(in_tissue), Some(cell_types), Some(assays)) =
        (obs.column(IN_TISSUE), obs.column(CELL_TYPE), obs.column(ASSAY))
    else {
        return;
    };
    let visium = visium_rows(context, assays);
    let is_off = in_tissue.rows_where(is_zero);
    let is_known = cell_types.rows_where(|value| value.text() != Some(UNKNOWN));
    let wrong: Vec<usize> = (0..obs.n_rows()).filter(|row| visium[*row] && is_off[*row] && is_known[*row]).collect();
    if !wrong.is_empty() {
        let text =
            format!("obs['cell_type_ontology_term_id'] must be 'unknown' when {IS_VISIUM_SINGLE} and in_tissue is 0.");
        let rows = context.cells(wrong.into_iter());
        let suggestion = Some("write `unknown` for spots off the tissue".to_owned());
        out.push(Finding::new(133, format!("obs.{CELL_TYPE}"), text).rows(rows).suggest(suggestion));
    }
}

/// Checks `uns.spatial`.
fn uns(context: &Context<'_>, out: &mut Vec<Finding>) {
    let spatial = context.document.key("spatial").filter(|value| **value != RawValue::Null);
    let is_supported = context.spatial().is_supported;
    let mut tell = |rule: u16, place: &str, text: String| out.push(Finding::new(rule, place, text));
    if spatial.is_some() && !is_supported {
        tell(105, "uns.spatial", format!("uns['spatial'] is only allowed when {ANY_SPATIAL}"));
        return;
    }
    if !is_supported {
        return;
    }
    let Some(spatial) = spatial.and_then(dictionary) else {
        tell(106, "uns.spatial", format!("A dict in uns['spatial'] is required when {ANY_SPATIAL}."));
        return;
    };
    match get(spatial, "is_single") {
        None => {
            tell(107, "uns.spatial.is_single", "uns['spatial'] must contain the key 'is_single'.".to_owned());
            return;
        }
        Some(RawValue::Scalar(Scalar::Bool(_))) => {}
        Some(other) => {
            let name = type_name(other, "uns", "is_single");
            let text = format!("uns['spatial']['is_single'] must be of boolean type, it is <class '{name}'>.");
            tell(108, "uns.spatial.is_single", text);
            return;
        }
    }
    let libraries: Vec<&(String, RawValue)> = spatial.iter().filter(|(key, _)| key != "is_single").collect();
    if libraries.len() > 1 {
        let listed = python::texts(libraries.iter().map(|(key, _)| key));
        let text = format!(
            "uns['spatial'] must contain only two top-level keys: 'is_single' and a library_id. More than two top-level \
             keys detected: {listed}."
        );
        tell(109, "uns.spatial", text);
        return;
    }
    let is_single = context.spatial().is_visium_single();
    let Some((id, library)) = libraries.first() else {
        if is_single {
            let text = format!(
                "uns['spatial'] must contain at least one key representing the library_id when {IS_VISIUM_SINGLE}."
            );
            tell(111, "uns.spatial", text);
        }
        return;
    };
    let place = format!("uns.spatial.{id}");
    if !is_single {
        tell(110, &place, format!("uns['spatial'][library_id] is only allowed for {IS_VISIUM_SINGLE}."));
        return;
    }
    let Some(library) = dictionary(library) else {
        tell(112, &place, "uns['spatial'][library_id] must be a dictionary.".to_owned());
        return;
    };
    if let Some(keys) = other_keys(library, &["images", "scalefactors"]) {
        let text = format!(
            "uns['spatial'][library_id] can only contain the keys 'images' and 'scalefactors'.Detected keys: {keys}."
        );
        tell(113, &place, text);
    }
    images(context, out, library, &format!("{place}.images"));
    scale_factors(out, library, &format!("{place}.scalefactors"));
}

/// All keys, where some are others than these.
fn other_keys(entries: &Entries, allowed: &[&str]) -> Option<String> {
    let has_others = entries.iter().any(|(key, _)| !allowed.contains(&key.as_str()));
    has_others.then(|| python::texts(entries.iter().map(|(key, _)| key)))
}

fn images(context: &Context<'_>, out: &mut Vec<Finding>, library: &Entries, place: &str) {
    let Some(images) = get(library, "images") else {
        let text = "uns['spatial'][library_id] must contain the key 'images'.";
        out.push(Finding::new(114, place, text));
        return;
    };
    let Some(images) = dictionary(images) else {
        let text = "uns['spatial'][library_id]['images'] must be a dictionary.";
        out.push(Finding::new(114, place, text));
        return;
    };
    if let Some(keys) = other_keys(images, &["fullres", "hires"]) {
        let text = format!(
            "uns['spatial'][library_id]['images'] can only contain the keys 'fullres' and 'hires'.Detected keys: {keys}."
        );
        out.push(Finding::new(115, place, text));
    }
    match get(images, "hires") {
        None => {
            let text = "uns['spatial'][library_id]['images'] must contain the key 'hires'.";
            out.push(Finding::new(116, format!("{place}.hires"), text));
        }
        Some(image) => shape(out, "hires", image, Some(context.spatial().hires_side()), place),
    }
    match get(images, "fullres") {
        None | Some(RawValue::Null) => {
            let text = "No uns['spatial'][library_id]['images']['fullres'] was found. It is STRONGLY RECOMMENDED that \
                        uns['spatial'][library_id]['images']['fullres'] is provided.";
            out.push(Finding::new(117, format!("{place}.fullres"), text));
        }
        Some(image) => shape(out, "fullres", image, None, place),
    }
}

fn shape(out: &mut Vec<Finding>, name: &str, image: &RawValue, side: Option<usize>, place: &str) {
    let place = format!("{place}.{name}");
    let here = format!("uns['spatial'][library_id]['images']['{name}']");
    let array = match image {
        RawValue::Array(array) if !super::is_dask(image) => array,
        other => {
            let name = type_name(other, "uns", name);
            let text = format!("{here} must be of numpy.ndarray type, it is <class '{name}'>.");
            out.push(Finding::new(118, place, text));
            return;
        }
    };
    if array.dtype != "uint8" {
        let text = format!("{here} must be of type numpy.uint8, it is {}.", array.dtype);
        out.push(Finding::new(119, &place, text));
    }
    if !matches!(array.shape[..], [_, _, 3 | 4]) {
        let shape = python::tuple(&array.shape);
        let text = format!(
            "{here} must have a length of 3 and either 3 (RGB color model for example) or 4 (RGBA color model for example) \
             for its last dimension, it has shape {shape}."
        );
        out.push(Finding::new(120, &place, text));
    }
    let largest = array.shape.iter().copied().max().unwrap_or_default();
    if let Some(side) = side
        && largest != side
    {
        let text = format!(
            "The largest dimension of {here} must be {side} pixels, it has a largest dimension of {largest} pixels."
        );
        out.push(Finding::new(121, &place, text));
    }
}

fn scale_factors(out: &mut Vec<Finding>, library: &Entries, place: &str) {
    let Some(factors) = get(library, "scalefactors") else {
        let text = "uns['spatial'][library_id] must contain the key 'scalefactors'.";
        out.push(Finding::new(122, place, text));
        return;
    };
    let Some(factors) = dictionary(factors) else {
        let text = "uns['spatial'][library_id]['scalefactors'] must be a dictionary.";
        out.push(Finding::new(122, place, text));
        return;
    };
    let here = "uns['spatial'][library_id]['scalefactors']";
    if let Some(keys) = other_keys(factors, &["spot_diameter_fullres", "tissue_hires_scalef"]) {
        let text = format!(
            "{here} can only contain the keys 'spot_diameter_fullres' and 'tissue_hires_scalef'.Detected keys: {keys}."
        );
        out.push(Finding::new(123, place, text));
    }
    for name in ["spot_diameter_fullres", "tissue_hires_scalef"] {
        let place = format!("{place}.{name}");
        match get(factors, name) {
            None => out.push(Finding::new(124, place, format!("{here} must contain the key '{name}'."))),
            Some(RawValue::Scalar(Scalar::Float(_, dtype))) if dtype == "float64" => {}
            Some(other) => {
                let type_name = type_name(other, "uns", name);
                let text = format!(
                    "{here}['{name}'] must be of type float, it is <class '{type_name}'>. This must be the value of the \
                     {name} field from scalefactors_json.json"
                );
                out.push(Finding::new(125, place, text));
            }
        }
    }
}
