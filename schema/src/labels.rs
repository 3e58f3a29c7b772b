//! The columns and keys that submission writes into a valid file.

use std::collections::{BTreeSet, HashMap, HashSet};

use h5ad::{CategoryKind, FrameColumn, RawFile, RawFrame, by_label};
use xxhash_rust::xxh3::xxh3_64;

use crate::column::Column;
use crate::definition::{
    CELL_TYPE, CONDITION, DELIMITER, GENE_LABELS, NA, OBS, ORGANISM, PERTURBATION_ID, PERTURBATIONS, REFERENCE,
    UNKNOWN, VERSION,
};
use crate::document::{Document, Entries, Frame, dictionary};
use crate::reference::Reference;

/// What stands before the identifier of a protein that was blocked.
const ANTI: &str = "anti-";

/// The labels of a file.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Labels {
    /// Columns of `obs`, in their order.
    pub obs: Vec<(String, FrameColumn)>,
    /// Columns of `var`.
    pub var: Vec<(String, FrameColumn)>,
    /// Columns of `raw/var`, if there is a `raw`.
    pub raw_var: Option<Vec<(String, FrameColumn)>>,
    /// Entries of `uns`, by their keys, one in another.
    pub uns: Vec<(Vec<String>, LabelValue)>,
    /// Columns of `obs` as they are without the categories that no cell has.
    pub trimmed: Vec<(String, FrameColumn)>,
    /// What cannot be labeled here.
    pub notes: Vec<String>,
}

/// A value that labels put into `uns`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum LabelValue {
    /// A text.
    Text(String),
    /// A truth value.
    Boolean(bool),
}

/// Why a file cannot be labeled: a place, and what is wrong there.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LabelError {
    /// Where.
    pub place: String,
    /// What is wrong, as the end of a sentence.
    pub problem: String,
}

impl std::fmt::Display for LabelError {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{} {}; validate the file first", self.place, self.problem)
    }
}

impl std::error::Error for LabelError {}

fn error(place: impl Into<String>, problem: impl Into<String>) -> LabelError {
    LabelError { place: place.into(), problem: problem.into() }
}

/// The labels of a valid file; of one before analysis, those that do not take an analysis.
///
/// # Errors
/// When a column is missing that labels are of, or an identifier is no term or gene.
pub fn labels(file: &RawFile, reference: &Reference, pre_analysis: bool) -> Result<Labels, LabelError> {
    let document = Document::read(file).map_err(|unread| error("the file", unread.text))?;
    let mut labels = Labels::default();
    let obs = &document.obs;
    for column in &OBS {
        let Some(label) = column.label else { continue };
        if pre_analysis && column.name == CELL_TYPE {
            continue;
        }
        let Some(ids) = obs.column(column.name) else {
            if column.name == CONDITION {
                continue;
            }
            return Err(error(format!("obs.{}", column.name), "is missing, and labels are of it"));
        };
        let is_ordered = is_ordered(&obs.raw, column.name);
        labels.obs.push((label.to_owned(), of_terms(reference, column.name, ids, is_ordered)?));
    }
    labels.obs.extend(perturbation_types(reference, obs));
    let ids = obs.raw.index.iter().map(|name| Some(join_id(name))).collect();
    labels.obs.push(("observation_joinid".to_owned(), FrameColumn::Strings(ids)));

    labels.var = of_genes(reference, &document.var, "var")?;
    labels.raw_var = document.raw_var.as_ref().map(|frame| of_genes(reference, frame, "raw.var")).transpose()?;

    let organism = document.organism().ok_or_else(|| error(format!("uns.{ORGANISM}"), "is missing or no text"))?;
    let mut put = |key: &str, value: LabelValue| labels.uns.push((vec![key.to_owned()], value));
    put("organism", LabelValue::Text(label(reference, organism, &format!("uns.{ORGANISM}"))?));
    put("schema_version", LabelValue::Text(VERSION.to_owned()));
    put("schema_reference", LabelValue::Text(REFERENCE.to_owned()));
    put("is_pre_analysis", LabelValue::Boolean(pre_analysis));
    if let Some(perturbations) = document.key(PERTURBATIONS).and_then(dictionary) {
        features(reference, perturbations, &mut labels)?;
        labels.notes.push(
            "uns.genetic_perturbations gets no derived_genomic_regions and derived_features: they take the genome and an \
             index of it (guidescan2)"
                .to_owned(),
        );
    }
    labels.trimmed = trimmed(&obs.raw);
    Ok(labels)
}

fn is_ordered(frame: &RawFrame, name: &str) -> bool {
    let values = frame.column(name).map(|column| &column.values);
    matches!(values, Some(FrameColumn::Categorical { ordered: true, .. }))
}

/// The label of one identifier.
fn label(reference: &Reference, id: &str, place: &str) -> Result<String, LabelError> {
    let (prefix, bare) = match id.strip_prefix(ANTI) {
        Some(bare) => (ANTI, bare),
        None => ("", id),
    };
    let label = reference.term(bare).and_then(|term| reference.label(term));
    let label = label.ok_or_else(|| error(place, format!("holds `{id}`, which is no term")))?;
    Ok(format!("{prefix}{label}"))
}

/// The first value of a column of labels that is not the label of the identifier in its row. Missing ones say nothing.
pub(crate) fn first_other(reference: &Reference, ids: &Column, labels: &Column) -> Option<String> {
    let mut seen = HashSet::new();
    (0..ids.n_rows()).filter(|row| seen.insert((ids.codes[*row], labels.codes[*row]))).find_map(|row| {
        let (id, said) = (ids.row(row), labels.row(row));
        let own = id.text().map(|id| match id {
            UNKNOWN | NA => Ok(id.to_owned()),
            _ => label_of_list(reference, id, ""),
        });
        let is_own = said.text().is_some_and(|said| own.and_then(Result::ok).as_deref() == Some(said));
        (!said.is_null() && !is_own).then(|| said.str())
    })
}

/// The labels of a value, which may list identifiers.
fn label_of_list(reference: &Reference, ids: &str, place: &str) -> Result<String, LabelError> {
    let labels = ids.split(DELIMITER).map(|id| label(reference, id, place));
    Ok(labels.collect::<Result<Vec<_>, _>>()?.join(DELIMITER))
}

/// The labels of a column of identifiers. Where every category has a label of its own, they have the order of the
/// categories, else that of the alphabet.
fn of_terms(reference: &Reference, name: &str, ids: &Column, is_ordered: bool) -> Result<FrameColumn, LabelError> {
    let place = format!("obs.{name}");
    let mut of_values: Vec<Option<String>> = vec![None; ids.values.len()];
    for at in ids.all().values() {
        let id = ids.values[at].text().ok_or_else(|| error(&place, "holds values that are no texts"))?;
        of_values[at] = Some(match id {
            UNKNOWN | NA => id.to_owned(),
            _ => label_of_list(reference, id, &place)?,
        });
    }
    if let Some(categories) = &ids.categories {
        let own: Option<Vec<String>> = of_values[..categories.n].iter().cloned().collect();
        let mut distinct = BTreeSet::new();
        distinct.extend(own.iter().flatten().map(String::as_str));
        let n_distinct = distinct.len();
        let own = own.filter(|own| own.len() == n_distinct);
        if let Some(categories) = own {
            let codes = ids.codes.iter().map(|code| *code as i32).collect();
            return Ok(FrameColumn::Categorical { codes, categories, ordered: is_ordered, kind: CategoryKind::Text });
        }
    }
    let of_rows = ids.codes.iter().map(|code| of_values[*code as usize].as_deref().unwrap_or_default());
    Ok(sorted(of_rows.collect::<Vec<_>>().as_slice()))
}

/// A categorical of these texts, categories in order of the alphabet.
pub(crate) fn sorted(of_rows: &[&str]) -> FrameColumn {
    let (codes, categories) = by_label(of_rows.iter().map(|text| Some(*text)));
    FrameColumn::Categorical { codes, categories, ordered: false, kind: CategoryKind::Text }
}

/// What kinds of perturbations each cell has.
fn perturbation_types(reference: &Reference, obs: &Frame) -> Option<(String, FrameColumn)> {
    let (conditions, perturbations) = (obs.column(CONDITION), obs.column(PERTURBATION_ID));
    if conditions.is_none() && perturbations.is_none() {
        return None;
    }
    let text = |column: Option<&Column>, row: usize| column.map_or(NA.to_owned(), |column| column.row(row).str());
    let code = |column: Option<&Column>, row: usize| column.map_or(0, |column| column.codes[row]);
    let mut known: HashMap<(u32, u32), String> = HashMap::new();
    let of_rows: Vec<String> = (0..obs.n_rows())
        .map(|row| {
            let pair = (code(conditions, row), code(perturbations, row));
            let types = || types(reference, &text(conditions, row), &text(perturbations, row));
            known.entry(pair).or_insert_with(types).clone()
        })
        .collect();
    let of_rows: Vec<&str> = of_rows.iter().map(String::as_str).collect();
    Some(("perturbation_types".to_owned(), sorted(&of_rows)))
}

fn types(reference: &Reference, condition: &str, perturbation: &str) -> String {
    let mut types = BTreeSet::new();
    for id in condition.split(DELIMITER).filter(|_| condition != NA) {
        if id.starts_with("CHEBI:") {
            types.insert("chemical");
        } else if id.starts_with("uniprot:") || id.starts_with("anti-uniprot:") {
            types.insert("protein");
        } else if id == "EFO:0001702" {
            types.insert("temperature");
        } else if id == "EFO:0002756" || reference.is_within(id, &["EFO:0002755"]) {
            types.insert("diet");
        }
    }
    if perturbation != NA {
        types.insert("genetic");
    }
    if types.is_empty() { "no perturbations".to_owned() } else { Vec::from_iter(types).join(DELIMITER) }
}

/// The five columns of labels of genes.
fn of_genes(reference: &Reference, frame: &Frame, place: &str) -> Result<Vec<(String, FrameColumn)>, LabelError> {
    let ids = &frame.raw.index;
    let mut genes = Vec::with_capacity(ids.len());
    for id in ids {
        let gene = reference.gene(id).ok_or_else(|| error(place, format!("holds `{id}`, which is no gene")))?;
        genes.push((id.as_str(), gene));
    }
    let texts = |of: &dyn Fn(&str, crate::reference::Gene) -> String| {
        let texts: Vec<String> = genes.iter().map(|(id, gene)| of(id, *gene)).collect();
        sorted(&texts.iter().map(String::as_str).collect::<Vec<_>>())
    };
    let lengths: Vec<u32> = genes.iter().map(|(_, gene)| reference.gene_length(*gene)).collect();
    let columns = [
        texts(&|id, gene| reference.gene_name(gene, id).to_owned()),
        texts(&|_, gene| Reference::gene_organism(gene).to_owned()),
        texts(&|id, _| if id.starts_with("ERCC") { "spike-in" } else { "gene" }.to_owned()),
        numbers(&lengths),
        texts(&|_, gene| reference.gene_type(gene).to_owned()),
    ];
    Ok(GENE_LABELS.iter().map(|name| (*name).to_owned()).zip(columns).collect())
}

/// A categorical of these numbers, smallest first.
fn numbers(of_rows: &[u32]) -> FrameColumn {
    let mut different = of_rows.to_vec();
    different.sort_unstable();
    different.dedup();
    let code = |number: &u32| different.partition_point(|other| other < number) as i32;
    let codes = of_rows.iter().map(code).collect();
    let categories = different.iter().map(ToString::to_string).collect();
    FrameColumn::Categorical { codes, categories, ordered: false, kind: CategoryKind::Integers }
}

/// The names of the genes that perturbations are meant for.
fn features(reference: &Reference, perturbations: &Entries, labels: &mut Labels) -> Result<(), LabelError> {
    for (id, entry) in perturbations.iter().filter(|(id, _)| crate::checks::is_perturbation_id(id)) {
        let features = dictionary(entry).and_then(|entry| crate::document::get(entry, "intended_features"));
        for (gene, _) in features.and_then(dictionary).into_iter().flatten() {
            let place = format!("uns.{PERTURBATIONS}.{id}.intended_features");
            let found =
                reference.gene(gene).ok_or_else(|| error(place, format!("holds `{gene}`, which is no gene")))?;
            let keys = [PERTURBATIONS, id, "intended_features", gene].map(str::to_owned).to_vec();
            labels.uns.push((keys, LabelValue::Text(reference.gene_name(found, gene).to_owned())));
        }
    }
    Ok(())
}

/// The categorical columns that have categories without a row, without them.
fn trimmed(frame: &RawFrame) -> Vec<(String, FrameColumn)> {
    let columns = frame.columns.iter();
    columns.filter_map(|column| Some((column.name.clone(), trimmed_column(&column.values)?))).collect()
}

/// Which of so many categories some row has.
pub(crate) fn used(codes: &[i32], n_categories: usize) -> Vec<bool> {
    let mut is_used = vec![false; n_categories];
    for code in codes {
        if let Ok(code) = usize::try_from(*code) {
            is_used[code] = true;
        }
    }
    is_used
}

/// A categorical column without the categories that no row has; none where every one has a row.
pub(crate) fn trimmed_column(values: &FrameColumn) -> Option<FrameColumn> {
    let FrameColumn::Categorical { codes, categories, ordered, kind } = values else { return None };
    let is_used = used(codes, categories.len());
    if !is_used.contains(&false) {
        return None;
    }
    let mut next = 0..;
    let new: Vec<i32> = is_used.iter().map(|used| if *used { next.next().unwrap_or(-1) } else { -1 }).collect();
    let code = |code: &i32| usize::try_from(*code).map_or(-1, |code| new[code]);
    let codes = codes.iter().map(code).collect();
    let categories = categories.iter().zip(is_used).filter(|(_, used)| *used).map(|(name, _)| name.clone());
    Some(FrameColumn::Categorical { codes, categories: categories.collect(), ordered: *ordered, kind: *kind })
}

/// The identifier that joins a cell with the census: Python's base 85 of a hash of its name.
fn join_id(name: &str) -> String {
    const LETTERS: &[u8; 85] = b"0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz!#$%&()*+-;<=>?@^_`{|}~";
    let hash = xxh3_64(name.as_bytes());
    let halves = [(hash >> 32) as u32, hash as u32];
    let digits =
        |half: u32| [52_200_625, 614_125, 7225, 85, 1].map(|power| char::from(LETTERS[(half / power % 85) as usize]));
    halves.into_iter().flat_map(digits).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn join_ids_are_those_of_python() {
        // base64.b85encode(xxhash.xxh3_64_intdigest("X").to_bytes(8, "big"))
        assert_eq!(join_id("X"), "ab6yl9v%fZ");
        assert_eq!(join_id("Y"), "f-dZLjjiRl");
    }

    #[test]
    fn categories_without_a_row_are_left_out() {
        let values = FrameColumn::Categorical {
            codes: vec![2, -1, 0],
            categories: ["a", "b", "c"].map(str::to_owned).to_vec(),
            ordered: true,
            kind: CategoryKind::Text,
        };
        let column = h5ad::RawColumn { name: "x".to_owned(), dtype: "category".to_owned(), values };
        let frame = RawFrame { index: Vec::new(), columns: vec![column] };
        let FrameColumn::Categorical { codes, categories, ordered, .. } = &trimmed(&frame)[0].1 else { panic!() };
        assert_eq!((codes.as_slice(), categories.join(","), *ordered), ([1, -1, 0].as_slice(), "a,c".to_owned(), true));
    }
}
