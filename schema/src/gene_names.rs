//! What genes are to be called whose names are no identifiers.

use std::collections::{BTreeMap, HashMap};

use h5ad::{CategoryKind, FrameColumn, RawColumn, RawFrame};

use crate::definition::EXEMPT_ORGANISMS;
use crate::document::Document;
use crate::reference::Reference;
use crate::suggest::{self, Better, N_LISTED, bare_gene, some_of};

/// What to write for the names in `var` and `raw.var` that are no identifiers. What columns of identifiers beside the names
/// say (`gene_ids` of 10x Genomics) comes before what the names say: a name is given to other genes in time, an identifier
/// is not.
#[derive(Default)]
pub(crate) struct GeneNames<'a> {
    better: HashMap<&'a str, Better>,
    /// Where columns of identifiers are: `var.gene_ids`.
    pub(crate) columns: Vec<String>,
}

/// What a column says of a gene.
struct Statement<'a> {
    place: &'a str,
    value: &'a str,
    /// The identifier that it is, if it is one of the organism.
    id: Option<String>,
}

/// A column of identifiers.
struct Column<'a> {
    place: String,
    of_rows: Vec<Option<&'a str>>,
    /// The identifier that each value is, if it is one of the organism.
    ids: HashMap<&'a str, Option<String>>,
    /// Whether most names say the same, where they say anything.
    is_trusted: bool,
}

impl<'a> GeneNames<'a> {
    pub(crate) fn of(document: &'a Document, reference: &Reference) -> Self {
        let organism = document.organism();
        let frames = [("var", Some(&document.var)), ("raw.var", document.raw_var.as_ref())];
        let frames: Vec<(&str, &RawFrame)> =
            frames.into_iter().filter_map(|(place, frame)| Some((place, &frame?.raw))).collect();
        let mut by_name: HashMap<&str, Option<Better>> = HashMap::new();
        for name in frames.iter().flat_map(|(_, frame)| &frame.index) {
            if reference.gene(name).is_none() {
                by_name.entry(name).or_insert_with(|| suggest::gene(reference, name, organism));
            }
        }
        if by_name.is_empty() {
            return Self::default();
        }
        let columns: Vec<(&RawFrame, Column<'_>)> = frames
            .iter()
            .flat_map(|(place, frame)| frame.columns.iter().map(move |column| (*place, *frame, column)))
            .filter_map(|(place, frame, column)| {
                Some((frame, Column::of(reference, organism, &by_name, (place, frame), column)?))
            })
            .collect();
        let mut statements: HashMap<&str, Vec<(Statement<'_>, bool)>> = HashMap::new();
        for (frame, column) in &columns {
            for (name, value) in frame.index.iter().zip(&column.of_rows) {
                let (Some(value), true) = (value, by_name.contains_key(name.as_str())) else { continue };
                let id = column.ids.get(value).cloned().flatten();
                if id.is_some() || Reference::is_like_gene(value) {
                    let statement = Statement { place: &column.place, value, id };
                    statements.entry(name).or_default().push((statement, column.is_trusted));
                }
            }
        }
        let mut better: HashMap<&str, Better> = by_name
            .into_iter()
            .filter_map(|(name, own)| {
                let is_identifier = bare_gene(reference, name).is_some();
                let said = statements.get(name).map(Vec::as_slice).unwrap_or_default();
                Some((name, settled(name, own, is_identifier, said)?))
            })
            .collect();
        keep_apart(&frames, &mut better);
        let columns = columns.into_iter().filter(|(_, column)| column.is_trusted);
        Self { better, columns: columns.map(|(_, column)| column.place).collect() }
    }

    /// What to write for this name.
    pub(crate) fn better(&self, name: &str) -> Option<Better> {
        self.better.get(name).cloned()
    }
}

impl<'a> Column<'a> {
    /// The column, if it is one of identifiers: at least half of its values are those of genes of the organism.
    fn of(
        reference: &Reference,
        organism: Option<&str>,
        by_name: &HashMap<&str, Option<Better>>,
        (frame_place, frame): (&str, &RawFrame),
        column: &'a RawColumn,
    ) -> Option<Self> {
        let of_rows = texts(&column.values)?;
        let mut ids: HashMap<&str, Option<String>> = HashMap::new();
        let (mut n_values, mut n_ids) = (0, 0);
        for value in of_rows.iter().flatten() {
            let id = ids.entry(value).or_insert_with(|| identifier(reference, organism, value));
            n_values += 1;
            n_ids += usize::from(id.is_some());
        }
        if n_ids == 0 || n_ids * 2 < n_values {
            return None;
        }
        let (mut n_same, mut n_other) = (0, 0);
        for (name, value) in frame.index.iter().zip(&of_rows) {
            let own = match by_name.get(name.as_str()) {
                Some(own) => own.as_ref().and_then(|better| better.exact.as_deref()),
                None => Some(name.as_str()),
            };
            let stated = value.and_then(|value| ids.get(value)?.as_deref());
            if let (Some(own), Some(stated)) = (own, stated) {
                *if own == stated { &mut n_same } else { &mut n_other } += 1;
            }
        }
        Some(Self { place: format!("{frame_place}.{}", column.name), of_rows, ids, is_trusted: n_same >= n_other })
    }
}

/// The texts of a column, blank ones left out.
fn texts(values: &FrameColumn) -> Option<Vec<Option<&str>>> {
    let there = |text: &&str| !text.trim().is_empty();
    match values {
        FrameColumn::Strings(values) => Some(values.iter().map(|value| value.as_deref().filter(there)).collect()),
        FrameColumn::Categorical { codes, categories, kind: CategoryKind::Text, .. } => {
            let text = |code: &i32| categories.get(usize::try_from(*code).ok()?).map(String::as_str).filter(there);
            Some(codes.iter().map(text).collect())
        }
        FrameColumn::Categorical { .. }
        | FrameColumn::Booleans(_)
        | FrameColumn::Integers(_)
        | FrameColumn::Unsigned(_)
        | FrameColumn::Singles(_)
        | FrameColumn::Doubles(_)
        | FrameColumn::Unsupported { .. } => None,
    }
}

/// The identifier of a gene of the organism that a value is, but for its version.
fn identifier(reference: &Reference, organism: Option<&str>, value: &str) -> Option<String> {
    let id = bare_gene(reference, value)?;
    let own = Reference::gene_organism(reference.gene(&id)?);
    let fits = |organism: &str| EXEMPT_ORGANISMS.contains(&own) || reference.is_within(organism, &[own]);
    organism.is_none_or(fits).then_some(id)
}

/// What to write for a name, of which it says `own` by itself, and columns these, trusted or not.
fn settled(name: &str, own: Option<Better>, is_identifier: bool, said: &[(Statement<'_>, bool)]) -> Option<Better> {
    let to_decide = |text: String| Some(Better { text, exact: None });
    let own_id = own.as_ref().and_then(|better| better.exact.clone());
    let differs = |id: &str| own_id.as_ref().is_some_and(|own| own != id);
    let contradiction = |Statement { place, value, .. }: &Statement<'_>, own: &str| {
        let what = if is_identifier { "the name says" } else { "it is the name of" };
        to_decide(format!("{place} says {value}, but {what} {own}: decide which it is"))
    };
    // By id, each once: of few statements.
    let mut trusted: Vec<(&str, &Statement<'_>)> = Vec::new();
    for (statement, is_trusted) in said {
        if let (Some(id), true) = (statement.id.as_deref(), *is_trusted) {
            match trusted.iter_mut().find(|(other, _)| *other == id) {
                Some(known) => known.1 = statement,
                None => trusted.push((id, statement)),
            }
        }
    }
    let mut ids = trusted.into_iter();
    match (ids.next(), ids.next()) {
        (Some((id, statement)), None) => {
            let own = own_id.as_deref().filter(|_| differs(id));
            if let (Some(own), true) = (own, is_identifier) {
                return contradiction(statement, own);
            }
            let beside = own.map(|own| format!(" ({name} is the name of {own} by now)")).unwrap_or_default();
            Some(Better {
                text: format!("write {id}, which {} says{beside}", statement.place),
                exact: Some(id.to_owned()),
            })
        }
        (Some((id, statement)), Some((other_id, other))) => {
            to_decide(format!("{} says {id}, but {} says {other_id}: decide which it is", statement.place, other.place))
        }
        (None, _) => {
            let other = said.iter().map(|(statement, _)| statement);
            let mut other = other.filter(|statement| statement.id.as_deref().is_none_or(differs));
            match (other.next(), &own_id, &own) {
                (Some(statement), Some(own), _) => contradiction(statement, own),
                (Some(Statement { place, value, id: None }), None, None) => {
                    to_decide(format!("{place} says {value}, which the list of genes does not have"))
                }
                (Some(_) | None, _, _) => own,
            }
        }
    }
}

/// Leaves to a person what would give two genes of a frame the same identifier.
fn keep_apart<'a>(frames: &[(&str, &'a RawFrame)], better: &mut HashMap<&'a str, Better>) {
    let mut clashes: BTreeMap<String, Vec<Vec<&str>>> = BTreeMap::new();
    for (_, frame) in frames {
        let mut by_id: HashMap<&str, Vec<&str>> = HashMap::new();
        for name in &frame.index {
            let id = better.get(name.as_str()).and_then(|better| better.exact.as_deref());
            by_id.entry(id.unwrap_or(name)).or_default().push(name);
        }
        let several = by_id.into_iter().filter(|(_, names)| names.len() > 1);
        several.for_each(|(id, names)| clashes.entry(id.to_owned()).or_default().push(names));
    }
    for (id, of_frames) in clashes {
        let names = of_frames.iter().max_by_key(|names| names.len()).cloned().unwrap_or_default();
        let listed = some_of(names.iter().map(|name| format!("`{name}`")), N_LISTED);
        let text =
            format!("{id} would be the name of {} genes, {listed}: add them up, or leave out all but one", names.len());
        for name in of_frames.iter().flatten() {
            if let Some(better) = better.get_mut(name).filter(|better| better.exact.is_some()) {
                *better = Better { text: text.clone(), exact: None };
            }
        }
    }
}
