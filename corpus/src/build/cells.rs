//! Which cells a profile takes, and what groups they are in.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use h5ad::{Frame, FrameColumn};
use shared_fbs::corpus::Profile;

use super::SummaryError;
use crate::{
    Dimension, Donor, Groups, Term, Values,
    compare::{NO_DONORS, UNKNOWN},
};

/// The code of a cell without a label, and the group of one that is left out.
pub const NONE: u32 = u32::MAX;

/// Ids of cell types that say that it is not known.
const UNKNOWN_TYPES: [&str; 4] = [UNKNOWN, "na", "nan", ""];

const PRIMARY: &str = "is_primary_data";
const ORGANISM: &str = "organism_ontology_term_id";

/// The columns of ethnicity in files of schemas before 3.
const OLD_ETHNICITY: (&str, &str) = ("ethnicity_ontology_term_id", "ethnicity");

/// A column of labels, one a cell.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct CellColumn {
    /// Number of the label of every cell; `u32::MAX` where there is none.
    pub codes: Vec<u32>,
    /// The labels.
    pub labels: Vec<String>,
}

/// The columns of labels of all cells of an input.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct CellTable {
    /// Number of cells.
    pub n_obs: usize,
    /// The columns by name.
    pub columns: BTreeMap<String, CellColumn>,
}

/// What is said about an input, and which of its cells are taken.
#[derive(Clone, Debug)]
pub struct Choices {
    /// Id of the dataset.
    pub id: String,
    /// Its title.
    pub title: Option<String>,
    /// How it is cited.
    pub citation: Option<String>,
    /// Id of its publication, such as a DOI.
    pub publication: Option<String>,
    /// Id of the organism; none: what the input says.
    pub organism: Option<String>,
    /// Which cells and values are taken.
    pub profile: Profile,
    /// Columns of ids of dimensions, in place of the usual.
    pub columns: BTreeMap<Dimension, String>,
    /// What all cells have in a dimension.
    pub constants: BTreeMap<Dimension, Term>,
    /// Whether all cells are primary data where the input does not say.
    pub assume_primary: bool,
}

/// The cells that are taken as far as their labels decide, and their groups.
pub struct GroupedCells {
    /// Terms by dimension.
    pub values: Vec<Values>,
    /// The groups; their numbers of cells are still to be counted.
    pub groups: Groups,
    /// Group of every cell; [`NONE`] where it is left out.
    pub group_of: Vec<u32>,
    /// Why cells were left out, with their numbers.
    pub left_out: Vec<(&'static str, usize)>,
    /// Id of the organism.
    pub organism: String,
}

impl CellColumn {
    /// Labels, one a cell.
    pub fn of<'a>(labels: impl Iterator<Item = Option<&'a str>>) -> Self {
        let mut column = Self::default();
        let mut numbers: HashMap<&str, u32> = HashMap::new();
        for label in labels {
            let code = label.map_or(NONE, |label| {
                *numbers.entry(label).or_insert_with(|| {
                    column.labels.push(label.to_owned());
                    column.labels.len() as u32 - 1
                })
            });
            column.codes.push(code);
        }
        column
    }

    fn label(&self, cell: usize) -> Option<&str> {
        self.labels.get(self.codes[cell] as usize).map(String::as_str)
    }
}

impl CellTable {
    /// The columns of labels of a data frame.
    pub fn of(obs: &Frame) -> Self {
        let column = |column: &FrameColumn| match column {
            FrameColumn::Categorical { codes, categories, .. } => Some(CellColumn {
                codes: codes.iter().map(|&code| u32::try_from(code).unwrap_or(NONE)).collect(),
                labels: categories.clone(),
            }),
            FrameColumn::Strings(labels) => Some(CellColumn::of(labels.iter().map(Option::as_deref))),
            FrameColumn::Booleans(values) => {
                Some(CellColumn::of(values.iter().map(|value| value.map(|value| if value { "True" } else { "False" }))))
            }
            FrameColumn::Integers(_)
            | FrameColumn::Unsigned(_)
            | FrameColumn::Singles(_)
            | FrameColumn::Doubles(_)
            | FrameColumn::Unsupported { .. } => None,
        };
        let columns = obs.columns.iter().filter_map(|(name, values)| Some((name.clone(), column(values)?))).collect();
        Self { n_obs: obs.index.len(), columns }
    }

    fn named(&self, name: &str) -> Result<&CellColumn, SummaryError> {
        self.columns.get(name).ok_or_else(|| SummaryError::NoSuchColumn {
            name: name.to_owned(),
            known: self.columns.keys().map(String::as_str).collect::<Vec<_>>().join(", "),
        })
    }

    /// The term of every label of a column, and the column.
    fn terms(&self, ids: &CellColumn, labels: Option<&CellColumn>) -> Vec<Term> {
        let mut terms: Vec<Term> = ids.labels.iter().map(|id| Term { id: id.clone(), label: id.clone() }).collect();
        let Some(labels) = labels else { return terms };
        let mut is_named = vec![false; terms.len()];
        for (cell, &code) in ids.codes.iter().enumerate() {
            if let (Some(is_named @ false), Some(label)) = (is_named.get_mut(code as usize), labels.label(cell)) {
                *is_named = true;
                label.clone_into(&mut terms[code as usize].label);
            }
        }
        terms
    }

    /// The term of every cell in a dimension: numbers among the terms.
    fn dimension(&self, dimension: Dimension, choices: &Choices) -> Result<(Vec<Term>, Vec<u32>), SummaryError> {
        let constant = |id: &str, label: &str| {
            let term = Term { id: id.to_owned(), label: label.to_owned() };
            Ok((vec![term], vec![0; self.n_obs]))
        };
        if dimension == Dimension::Dataset {
            // Genes are told by the dataset, and it is removed by its id.
            return constant(&choices.id, choices.title.as_deref().unwrap_or(&choices.id));
        }
        if let Some(term) = choices.constants.get(&dimension) {
            return constant(&term.id, &term.label);
        }
        if dimension == Dimension::Publication {
            // Datasets of no publication have nothing in common that one's citation could name.
            let Some(id) = choices.publication.as_deref() else { return constant(UNKNOWN, UNKNOWN) };
            return constant(id, choices.citation.as_deref().unwrap_or(id));
        }
        let usual = dimension.columns().into_iter().chain((dimension == Dimension::Ethnicity).then_some(OLD_ETHNICITY));
        let (ids, labels) = if let Some(name) = choices.columns.get(&dimension) {
            (Some(self.named(name)?), None)
        } else {
            let mut found = (None, None);
            for (ids, labels) in usual.clone() {
                if found.0.is_none() {
                    let labels = self.columns.get(labels);
                    found = (self.columns.get(ids).or(labels), labels);
                }
            }
            found
        };
        let Some(ids) = ids else {
            if matches!(dimension, Dimension::TissueOriginal | Dimension::CellType) {
                let usual = usual.map(|(ids, labels)| format!("{ids} or {labels}")).collect();
                return Err(SummaryError::NoColumn { dimension, usual });
            }
            return constant(UNKNOWN, UNKNOWN);
        };
        let mut terms = self.terms(ids, labels);
        let unknown = terms.len() as u32;
        terms.push(Term { id: UNKNOWN.to_owned(), label: UNKNOWN.to_owned() });
        let codes = ids.codes.iter().map(|&code| code.min(unknown)).collect();
        Ok((terms, codes))
    }

    /// The donors of every cell. One id is that of one donor within a publication, or within a dataset of none, and of another
    /// elsewhere.
    fn donors(&self, choices: &Choices) -> Result<(Vec<Term>, Vec<u32>), SummaryError> {
        let (donors, of_cells) = self.dimension(Dimension::Donor, choices)?;
        let publication = match choices.constants.get(&Dimension::Publication) {
            Some(term) => Some(term.id.as_str()),
            None => choices.publication.as_deref(),
        };
        let of = publication.filter(|&id| id != UNKNOWN).unwrap_or(&choices.id);
        let unique = |Term { id, label }: Term| match NO_DONORS.contains(&id.as_str()) {
            true => Term { id, label },
            false => Term { id: Donor { of: of.to_owned(), id }.to_string(), label },
        };
        Ok((donors.into_iter().map(unique).collect(), of_cells))
    }

    /// The organism, and whether each cell is of it.
    fn organism(&self, stated: Option<&str>, choices: &Choices) -> Result<(String, Option<Vec<bool>>), SummaryError> {
        let column = self.columns.get(ORGANISM);
        match (choices.organism.as_deref(), stated, column) {
            (Some(chosen), _, Some(column)) => {
                let is_of = (0..self.n_obs).map(|cell| column.label(cell) == Some(chosen)).collect();
                Ok((chosen.to_owned(), Some(is_of)))
            }
            (Some(organism), _, None) | (None, Some(organism), None) => Ok((organism.to_owned(), None)),
            (None, _, Some(column)) => {
                let found: BTreeSet<&str> = (0..self.n_obs).filter_map(|cell| column.label(cell)).collect();
                match found.iter().collect::<Vec<_>>()[..] {
                    [organism] => Ok(((*organism).to_owned(), None)),
                    _ => {
                        let found = found.into_iter().collect::<Vec<_>>().join(", ");
                        Err(SummaryError::Organism { found: format!("the cells are of the organisms {found}") })
                    }
                }
            }
            (None, None, None) => {
                Err(SummaryError::Organism { found: "the input does not say which organism it is of".to_owned() })
            }
        }
    }

    /// Takes the cells that a profile takes, as far as their labels decide, into groups. `stated` is the organism that the
    /// input states for all cells, `general_tissue` gives the tissue that stands for one.
    ///
    /// # Errors
    /// When a column is missing that it takes.
    pub fn grouped(
        &self,
        choices: &Choices,
        stated: Option<&str>,
        general_tissue: &dyn Fn(&Term) -> Term,
    ) -> Result<GroupedCells, SummaryError> {
        let profile = &choices.profile;
        let (organism, is_of_organism) = self.organism(stated, choices)?;
        let mut terms = Vec::new();
        let mut codes = Vec::new();
        for dimension in Dimension::ALL {
            let (of_dimension, of_cells) = match dimension {
                Dimension::Tissue => {
                    let (tissues, of_cells) = self.dimension(Dimension::TissueOriginal, choices)?;
                    match choices.constants.get(&Dimension::Tissue) {
                        Some(term) => (vec![term.clone()], vec![0; self.n_obs]),
                        None => (tissues.iter().map(general_tissue).collect(), of_cells),
                    }
                }
                Dimension::Donor => self.donors(choices)?,
                Dimension::TissueOriginal
                | Dimension::CellType
                | Dimension::Dataset
                | Dimension::Disease
                | Dimension::Ethnicity
                | Dimension::Sex
                | Dimension::Publication
                | Dimension::Assay
                | Dimension::DevelopmentStage => self.dimension(dimension, choices)?,
            };
            terms.push(of_dimension);
            codes.push(of_cells);
        }
        let has = |dimension: Dimension, is_one: &dyn Fn(&str) -> bool| -> Vec<bool> {
            terms[dimension as usize].iter().map(|term| is_one(&term.id)).collect()
        };
        let is_known_type = has(Dimension::CellType, &|id| !UNKNOWN_TYPES.contains(&id));
        let is_shown_tissue = has(Dimension::Tissue, &|id| !profile.left_out_tissues.iter().any(|other| other == id));
        let is_taken_assay = has(Dimension::Assay, &|id| {
            profile.assays.as_ref().is_none_or(|assays| assays.iter().any(|other| other == id))
        });
        let is_primary = match (profile.primary_data_only, self.columns.get(PRIMARY)) {
            (false, _) => None,
            (true, Some(column)) => Some(column),
            (true, None) if choices.assume_primary => None,
            (true, None) => return Err(SummaryError::NoPrimary),
        };
        let reason = |cell: usize| -> Option<usize> {
            let code = |dimension: Dimension| codes[dimension as usize][cell] as usize;
            let is_left_out = [
                is_of_organism.as_ref().is_some_and(|is_of| !is_of[cell]),
                is_primary
                    .is_some_and(|column| !column.label(cell).is_some_and(|label| label.eq_ignore_ascii_case("true"))),
                profile.known_cell_types_only && !is_known_type[code(Dimension::CellType)],
                !is_shown_tissue[code(Dimension::Tissue)],
                !is_taken_assay[code(Dimension::Assay)],
            ];
            is_left_out.into_iter().position(|is_reason| is_reason)
        };
        let mut left_out = vec![
            ("of another organism", 0),
            ("no primary data", 0),
            ("of an unknown cell type", 0),
            ("of a system of organs", 0),
            ("of an assay that the profile leaves out", 0),
        ];
        // Terms of one id are one, and their order is that of ids.
        let values: Vec<Values> = terms.iter().map(|terms| Values::of(terms.iter().cloned())).collect();
        let numbers: Vec<Vec<u32>> = terms
            .iter()
            .zip(&values)
            .map(|(terms, values)| terms.iter().map(|term| values.code(&term.id).unwrap_or(NONE)).collect())
            .collect();
        let (mut keys, mut cells) = (Vec::new(), Vec::new());
        let mut known: HashMap<Vec<u32>, u32> = HashMap::new();
        for cell in 0..self.n_obs {
            if let Some(reason) = reason(cell) {
                left_out[reason].1 += 1;
                cells.push(NONE);
                continue;
            }
            let key: Vec<u32> =
                codes.iter().zip(&numbers).map(|(codes, numbers)| numbers[codes[cell] as usize]).collect();
            let number = *known.entry(key).or_insert_with_key(|key| {
                keys.push(key.clone());
                keys.len() as u32 - 1
            });
            cells.push(number);
        }
        let (groups, number_of) = Groups::of(&Dimension::ALL, &keys, &vec![0; keys.len()]);
        let group_of = cells.into_iter().map(|key| number_of.get(key as usize).copied().unwrap_or(NONE)).collect();
        left_out.retain(|&(_, n)| n > 0);
        Ok(GroupedCells { values, groups, group_of, left_out, organism })
    }
}
