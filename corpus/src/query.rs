//! Questions to a corpus: what genes add up to in the cell types of tissues.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use explorer_core::{
    data::label_order,
    dataset::Tiles,
    de::{FixedPoint, GeneMoments},
};
use expression::{Dot, Hierarchy, Ontology};

use crate::{Corpus, Dimension, Groups, Term, Values, genes::GenesFound};

/// Which tissues have a row for each cell type.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum Tissues {
    /// None: each tissue is one row.
    #[default]
    Collapsed,
    /// All.
    All,
    /// Those of these ids.
    Expanded(BTreeSet<String>),
}

/// Ids that cells may have, by dimension; one without an entry admits all. A cell type stands for those below it as well.
pub type Filters = BTreeMap<Dimension, BTreeSet<String>>;

/// A question to a corpus.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Query {
    /// Id of the organism.
    pub organism: String,
    /// Genes, by id or symbol.
    pub genes: Vec<String>,
    /// Which cells count.
    pub filters: Filters,
    /// What the rows of cell types are divided by.
    pub group_by: Option<Dimension>,
    /// Which tissues have rows of cell types.
    pub tissues: Tissues,
    /// Cells that the row of a cell type has at least.
    pub least_cells: u64,
}

/// Why a question has no answer; `E` is why a tile cannot be read.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum QueryError<E> {
    /// The corpus has no cell of the organism.
    #[error("the corpus has no cells of organism `{organism}`; it has {known}")]
    Organism {
        /// The id.
        organism: String,
        /// What it has.
        known: String,
    },
    /// No cell of the organism has the term.
    #[error("no cell of {organism} has the {dimension} `{id}`; filters go by ids, such as `{example}`")]
    Term {
        /// The organism.
        organism: String,
        /// The dimension.
        dimension: Dimension,
        /// The id.
        id: String,
        /// An id that cells have.
        example: String,
    },
    /// No cell passes filters.
    #[error("no cell of {organism} is {of}: its filters leave none")]
    NoCells {
        /// The organism.
        organism: String,
        /// What the cells would be.
        of: &'static str,
    },
    /// No dataset has the gene.
    #[error("no dataset has a gene `{gene}` of {organism}")]
    Gene {
        /// The organism.
        organism: String,
        /// Its name.
        gene: String,
    },
    /// The sums of a row leave their range.
    #[error("the sums of a row overflow: the corpus has the same cells many times")]
    Overflow,
    /// A tile cannot be read.
    #[error(transparent)]
    Read(#[from] E),
}

/// A gene of an answer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Gene {
    /// Its id.
    pub id: String,
    /// Its symbol; the id where there is none.
    pub symbol: String,
}

/// What genes add up to, row by row.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct DotPlot {
    /// The genes, in the order of the question.
    pub genes: Vec<Gene>,
    /// What the question names that is no gene of the organism.
    pub unknown: Vec<String>,
    /// Tissues by label, each followed by its cell types as the ontology has them, each of which has the row of all its cells
    /// before those of options, by label. Of cell types with the same cells the lowest has the row.
    pub rows: Vec<DotRow>,
}

/// Answers gene by gene.
#[derive(Clone, Debug, PartialEq)]
pub struct ByGene<A> {
    /// Of each gene that there is, in the order of the question.
    pub genes: Vec<A>,
    /// What the question names that is no gene of the organism.
    pub unknown: Vec<String>,
}

/// A tissue, a cell type in a tissue, or an option of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DotRow {
    /// The tissue.
    pub tissue: Term,
    /// The cell type with all below it; none: the whole tissue.
    pub cell_type: Option<Term>,
    /// How many rows of cell types it is below.
    pub depth: usize,
    /// What the cells agree in of the dimension that the question groups by; none: all.
    pub option: Option<Term>,
    /// Cells of the row, whether they express a gene or not.
    pub n_cells: u64,
    /// Those of them that measured each gene, whose dataset has it.
    pub n_measured: Vec<u64>,
    /// What each gene adds up to over the cells of the row.
    pub moments: Vec<GeneMoments>,
}

impl DotRow {
    /// The dot of a gene, by its place among those of the answer; `tissue` is the row of the whole tissue.
    pub fn dot(&self, gene: usize, tissue: &Self, fixed: FixedPoint) -> Dot {
        Dot::of(self.moments[gene], [self.n_cells, self.n_measured[gene]], tissue.n_measured[gene], fixed)
    }
}

/// Terms that a filter may take, with the cells that would be left of each.
pub type Options = BTreeMap<Dimension, Vec<(Term, u64)>>;

/// The place of a row: numbers of tissue, cell type and option.
pub(crate) type Key = (u32, Option<u32>, Option<u32>);

/// Terms of several parts, by common numbers.
#[derive(Default)]
pub(crate) struct Terms {
    numbers: HashMap<String, u32>,
    /// By their numbers.
    pub(crate) terms: Vec<Term>,
}

impl Terms {
    fn number(&mut self, term: &Term) -> u32 {
        if let Some(&number) = self.numbers.get(&term.id) {
            return number;
        }
        let number = self.terms.len() as u32;
        self.numbers.insert(term.id.clone(), number);
        self.terms.push(term.clone());
        number
    }

    /// All numbers, by label.
    pub(crate) fn by_label(&self) -> Vec<u32> {
        let mut numbers: Vec<u32> = (0..self.terms.len() as u32).collect();
        // Of one label by id, whatever part came first.
        numbers.sort_unstable_by_key(|&number| &self.terms[number as usize].id);
        let labels: Vec<String> = numbers.iter().map(|&number| self.terms[number as usize].label.clone()).collect();
        label_order(&labels, false).into_iter().map(|at| numbers[at as usize]).collect()
    }

    /// The common number of each code of a part.
    fn numbers_of(&mut self, values: &Values) -> Vec<u32> {
        values.terms.iter().map(|term| self.number(term)).collect()
    }
}

/// A row in the making.
#[derive(Clone)]
pub(crate) struct Row {
    /// Its cells.
    pub(crate) n_cells: u64,
    /// Those that measured each gene.
    pub(crate) n_measured: Vec<u64>,
    /// What each gene adds up to over them.
    pub(crate) moments: Vec<GeneMoments>,
}

impl Row {
    fn new(n_genes: usize) -> Self {
        Self { n_cells: 0, n_measured: vec![0; n_genes], moments: vec![GeneMoments::default(); n_genes] }
    }

    /// Adds other cells; none on overflow.
    fn add(&mut self, other: &Self) -> Option<()> {
        self.n_cells = self.n_cells.checked_add(other.n_cells)?;
        // They are no more than cells.
        self.n_measured.iter_mut().zip(&other.n_measured).for_each(|(mine, theirs)| *mine += theirs);
        for (mine, theirs) in self.moments.iter_mut().zip(&other.moments) {
            *mine = mine.checked_add(*theirs)?;
        }
        Some(())
    }
}

impl<T: Tiles> Corpus<T> {
    /// Answers a question.
    ///
    /// # Errors
    /// [`QueryError`].
    pub async fn dot_plot(&self, query: &Query, ontology: &Ontology) -> Result<DotPlot, QueryError<T::Error>> {
        let Annotated { genes, unknown, rows } = self.annotated(query, ontology).await?;
        let rows = rows.rolled_up(query, ontology).ok_or(QueryError::Overflow)?;
        Ok(DotPlot { genes, unknown, rows })
    }

    /// Sums over the cells that are annotated with the very cell type of each row.
    pub(crate) async fn annotated(
        &self,
        query: &Query,
        ontology: &Ontology,
    ) -> Result<Annotated, QueryError<T::Error>> {
        let parts = self.parts_asked(&query.organism)?;
        let genes = self.genes_asked(&query.genes, &parts).await?;
        self.check_filters(&query.organism, &query.filters, &parts, ontology).await?;
        let mut dimensions = vec![Dimension::Tissue, Dimension::CellType];
        dimensions.extend(query.filters.keys().copied());
        dimensions.extend(query.group_by);
        let [mut tissues, mut cell_types, mut options] = [(); 3].map(|()| Terms::default());
        let mut annotated: BTreeMap<Key, Row> = BTreeMap::new();
        for &part in &parts {
            let values = self.values(part).await?;
            // Before groups are filtered: what is annotated anywhere has a row.
            let numbers = [
                tissues.numbers_of(&values[Dimension::Tissue as usize]),
                cell_types.numbers_of(&values[Dimension::CellType as usize]),
                query.group_by.map_or_else(Vec::new, |by| options.numbers_of(&values[by as usize])),
            ];
            let level = self.level_with(part, &dimensions);
            let groups = self.groups(part, level).await?;
            let keys_of = |groups: &Groups, values: &[Values]| -> Vec<Option<Key>> {
                let is_taken = passing(&[&query.filters], groups, values, ontology);
                let key_of = |group: usize| -> Option<Key> {
                    let number =
                        |dimension, numbers: &[u32]| Some(numbers[groups.codes_of(dimension)?[group] as usize]);
                    let tissue = number(Dimension::Tissue, &numbers[0])?;
                    let option = query.group_by.and_then(|by| number(by, &numbers[2]));
                    is_taken[group].then_some((tissue, number(Dimension::CellType, &numbers[1]), option))
                };
                (0..groups.len()).map(key_of).collect()
            };
            let keys = keys_of(groups, values);
            let wanted: Vec<(usize, u32)> = genes.numbers_in(part).collect();
            let presence = self.presence(part).await?;
            let pattern = |number: u32| presence.pattern_of()[number as usize];
            let (whole, partly): (Vec<_>, Vec<_>) =
                wanted.iter().copied().partition(|&(_, number)| presence.is_whole(pattern(number)));
            for (key, &n_cells) in keys.iter().zip(&groups.n_cells) {
                if let Some(key) = key {
                    let row = annotated.entry(*key).or_insert_with(|| Row::new(genes.genes.len()));
                    row.n_cells += u64::from(n_cells);
                    whole.iter().for_each(|&(gene, _)| row.n_measured[gene] += u64::from(n_cells));
                }
            }
            // Only the finest groups tell datasets.
            if !partly.is_empty() {
                for (key, cells) in self.cells_of(part, 0, &keys_of).await? {
                    let Some(row) = annotated.get_mut(&key) else { continue };
                    for &(gene, number) in &partly {
                        row.n_measured[gene] += presence.n_measured(pattern(number), &cells);
                    }
                }
            }
            let tiles: Vec<u32> = wanted.iter().map(|&(_, number)| number).collect();
            for (&(gene, _), entries) in wanted.iter().zip(self.moments(part, level, &tiles).await?) {
                for (group, moments) in entries {
                    let Some(row) = keys[group as usize].and_then(|key| annotated.get_mut(&key)) else { continue };
                    row.moments[gene] = row.moments[gene].checked_add(moments).ok_or(QueryError::Overflow)?;
                }
            }
        }
        let GenesFound { genes, unknown, .. } = genes;
        Ok(Annotated { genes, unknown, rows: Rows { annotated, tissues, cell_types, options } })
    }

    /// The terms that each filter may take: those that cells have which pass all *other* filters, with their numbers of
    /// cells, by label. Cell types count those below them; one that no cell is annotated with is there where it stands for
    /// more than any one below it.
    ///
    /// # Errors
    /// [`QueryError`].
    pub async fn options(&self, query: &Query, ontology: &Ontology) -> Result<Options, QueryError<T::Error>> {
        let parts = self.parts_asked(&query.organism)?;
        self.check_filters(&query.organism, &query.filters, &parts, ontology).await?;
        let mut counts: Vec<BTreeMap<Term, u64>> = vec![BTreeMap::new(); Dimension::ALL.len()];
        for &part in &parts {
            let (values, groups) = (self.values(part).await?, self.groups(part, 0).await?);
            let refused = refusals(&[&query.filters], groups, values, ontology);
            for dimension in Dimension::ALL {
                let is_left = refused.iter().map(|refused| refused.is_by_none_but(dimension));
                let mut n_cells = vec![0; values[dimension as usize].terms.len()];
                let codes = groups.codes_of(dimension).unwrap_or_default();
                for ((&code, &n), is_left) in codes.iter().zip(&groups.n_cells).zip(is_left) {
                    n_cells[code as usize] += u64::from(n) * u64::from(is_left);
                }
                for (term, n) in values[dimension as usize].terms.iter().zip(n_cells).filter(|&(_, n)| n > 0) {
                    *counts[dimension as usize].entry(term.clone()).or_default() += n;
                }
            }
        }
        let of_types = &mut counts[Dimension::CellType as usize];
        *of_types = rolled_up(of_types, ontology);
        let by_label = |counts: &BTreeMap<Term, u64>| {
            let options: Vec<(&Term, u64)> = counts.iter().map(|(term, &n)| (term, n)).collect();
            let labels: Vec<String> = options.iter().map(|(term, _)| term.label.clone()).collect();
            let option = |at: u32| (options[at as usize].0.clone(), options[at as usize].1);
            label_order(&labels, false).into_iter().map(option).collect::<Vec<_>>()
        };
        Ok(Dimension::ALL.into_iter().zip(counts.iter().map(by_label)).collect())
    }

    /// The parts of an organism, of which there must be one.
    pub(crate) fn parts_asked(&self, organism: &str) -> Result<Vec<usize>, QueryError<T::Error>> {
        let parts = self.parts_of(organism);
        if parts.is_empty() {
            let known: BTreeSet<&str> = self.manifest().parts.iter().map(|part| part.organism.as_str()).collect();
            let known = known.into_iter().collect::<Vec<_>>().join(", ");
            return Err(QueryError::Organism { organism: organism.to_owned(), known });
        }
        Ok(parts)
    }

    /// Refuses ids that no cell has.
    pub(crate) async fn check_filters(
        &self,
        organism: &str,
        filters: &Filters,
        parts: &[usize],
        ontology: &Ontology,
    ) -> Result<(), QueryError<T::Error>> {
        for (&dimension, ids) in filters {
            let mut unknown: BTreeSet<&String> = ids.iter().collect();
            if dimension == Dimension::CellType {
                // One that no cell is annotated with may stand for others.
                unknown.retain(|id| ontology.label(id).is_none());
            }
            let mut example = None;
            for &part in parts {
                let values = &self.values(part).await?[dimension as usize];
                unknown.retain(|id| values.code(id).is_none());
                example = example.or_else(|| values.terms.first().map(|term| term.id.clone()));
            }
            if let Some(id) = unknown.into_iter().next() {
                return Err(QueryError::Term {
                    organism: organism.to_owned(),
                    dimension,
                    id: id.clone(),
                    example: example.unwrap_or_default(),
                });
            }
        }
        Ok(())
    }
}

/// The filters that do not let a group pass.
#[derive(Clone, Copy, Default)]
struct Refused {
    n_filters: u32,
    /// One of them.
    by: Option<Dimension>,
}

impl Refused {
    /// Whether all let it pass.
    fn is_by_none(self) -> bool {
        self.n_filters == 0
    }

    /// Whether all but that of one dimension let it pass.
    fn is_by_none_but(self, dimension: Dimension) -> bool {
        self.is_by_none() || self.n_filters == 1 && self.by == Some(dimension)
    }
}

/// Cells of cell types with those below them, from the cells annotated with each.
fn rolled_up(annotated: &BTreeMap<Term, u64>, ontology: &Ontology) -> BTreeMap<Term, u64> {
    let known: HashMap<&str, &Term> = annotated.keys().map(|term| (term.id.as_str(), term)).collect();
    let above: Vec<(&Term, BTreeSet<&str>)> =
        annotated.keys().map(|term| (term, ontology.ancestors(&term.id))).collect();
    let mut cells: HashMap<&str, u64> = HashMap::new();
    for (term, above) in &above {
        for id in above.iter().copied().chain([term.id.as_str()]) {
            *cells.entry(id).or_default() += annotated[*term];
        }
    }
    // What has no more cells than one below it says nothing besides.
    let mut told: HashMap<&str, bool> = HashMap::new();
    for &id in cells.keys() {
        for over in ontology.ancestors(id) {
            let adds = cells.get(over).is_some_and(|n_over| *n_over > cells[id]);
            *told.entry(over).or_insert(true) &= adds;
        }
    }
    let term = |id: &str| match known.get(id) {
        Some(&term) => term.clone(),
        None => Term { id: id.to_owned(), label: ontology.label(id).unwrap_or(id).to_owned() },
    };
    let is_shown = |id: &str| known.contains_key(id) || told.get(id).copied().unwrap_or_default();
    cells.iter().filter(|(id, _)| is_shown(id)).map(|(id, &n_cells)| (term(id), n_cells)).collect()
}

/// Whether each group passes all of some filters.
pub(crate) fn passing(filters: &[&Filters], groups: &Groups, values: &[Values], ontology: &Ontology) -> Vec<bool> {
    refusals(filters, groups, values, ontology).into_iter().map(Refused::is_by_none).collect()
}

/// Of each group the filters that do not let it pass.
fn refusals(filters: &[&Filters], groups: &Groups, values: &[Values], ontology: &Ontology) -> Vec<Refused> {
    let mut refused = vec![Refused::default(); groups.len()];
    for (&dimension, ids) in filters.iter().copied().flatten() {
        let admits = |term: &Term| {
            ids.contains(&term.id)
                || dimension == Dimension::CellType
                    && ontology.ancestors(&term.id).into_iter().any(|id| ids.contains(id))
        };
        let admitted: Vec<bool> = values[dimension as usize].terms.iter().map(admits).collect();
        let codes = groups.codes_of(dimension).unwrap_or_default();
        for (refused, &code) in refused.iter_mut().zip(codes) {
            if !admitted[code as usize] {
                *refused = Refused { n_filters: refused.n_filters + 1, by: Some(dimension) };
            }
        }
    }
    refused
}

/// What a question about genes reads.
pub(crate) struct Annotated {
    /// The genes, in the order of the question.
    pub(crate) genes: Vec<Gene>,
    /// What the question names that is no gene of the organism.
    pub(crate) unknown: Vec<String>,
    /// Their sums.
    pub(crate) rows: Rows,
}

/// Sums by what cells are annotated with, and the terms that their numbers are of.
pub(crate) struct Rows {
    pub(crate) annotated: BTreeMap<Key, Row>,
    pub(crate) tissues: Terms,
    pub(crate) cell_types: Terms,
    options: Terms,
}

impl Rows {
    /// The rows to show, each with all cells of its cell type and of those below it; none on overflow.
    fn rolled_up(&self, query: &Query, ontology: &Ontology) -> Option<Vec<DotRow>> {
        let ids: Vec<&str> = self.cell_types.terms.iter().map(|term| term.id.as_str()).collect();
        let hierarchy = Hierarchy::new(ontology, &ids);
        let n_genes = self.annotated.values().next().map_or(0, |row| row.moments.len());
        let mut rolled: BTreeMap<Key, Row> = BTreeMap::new();
        for (&(tissue, cell_type, option), row) in &self.annotated {
            let mut add = |key: Key| rolled.entry(key).or_insert_with(|| Row::new(n_genes)).add(row);
            add((tissue, None, None))?;
            let (Some(cell_type), true) = (cell_type, self.is_expanded(query, tissue)) else { continue };
            let above = hierarchy.ancestors(cell_type as usize).iter().map(|&above| above as u32);
            for target in above.chain([cell_type]) {
                add((tissue, Some(target), None))?;
                if option.is_some() {
                    add((tissue, Some(target), option))?;
                }
            }
        }
        let mut rows = Vec::new();
        for tissue in self.tissues.by_label() {
            let Some(whole) = rolled.get(&(tissue, None, None)) else { continue };
            rows.push(self.row((tissue, None, None), 0, whole));
            if self.is_expanded(query, tissue) {
                self.push_cell_types(query, tissue, &hierarchy, &rolled, &mut rows);
            }
        }
        Some(rows)
    }

    fn push_cell_types(
        &self,
        query: &Query,
        tissue: u32,
        hierarchy: &Hierarchy,
        rolled: &BTreeMap<Key, Row>,
        rows: &mut Vec<DotRow>,
    ) {
        let cells_of = |option: Option<u32>| -> Vec<u64> {
            let n_cells = |cell_type| rolled.get(&(tissue, Some(cell_type), option)).map_or(0, |row| row.n_cells);
            (0..hierarchy.len() as u32).map(n_cells).collect()
        };
        let options = self.options.by_label();
        let redundant: Vec<Vec<bool>> =
            options.iter().map(|&option| hierarchy.redundant(&cells_of(Some(option)))).collect();
        for shown in hierarchy.rows(&cells_of(None), query.least_cells.max(1)) {
            let cell_type = Some(shown.term as u32);
            let mut push = |option: Option<u32>| {
                let key = (tissue, cell_type, option);
                if let Some(row) = rolled.get(&key).filter(|row| row.n_cells >= query.least_cells) {
                    rows.push(self.row(key, shown.depth, row));
                }
            };
            push(None);
            let kept = options.iter().zip(&redundant).filter(|(_, redundant)| !redundant[shown.term]);
            kept.for_each(|(&option, _)| push(Some(option)));
        }
    }

    fn row(&self, key: Key, depth: usize, row: &Row) -> DotRow {
        let term = |terms: &Terms, number: u32| terms.terms[number as usize].clone();
        DotRow {
            tissue: term(&self.tissues, key.0),
            cell_type: key.1.map(|number| term(&self.cell_types, number)),
            depth,
            option: key.2.map(|number| term(&self.options, number)),
            n_cells: row.n_cells,
            n_measured: row.n_measured.clone(),
            moments: row.moments.clone(),
        }
    }

    fn is_expanded(&self, query: &Query, tissue: u32) -> bool {
        match &query.tissues {
            Tissues::Collapsed => false,
            Tissues::All => true,
            Tissues::Expanded(ids) => ids.contains(&self.tissues.terms[tissue as usize].id),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn cell_types_count_those_below_and_only_what_stands_for_more_is_told_besides() {
        let term = |id: &str, parents: &[&str]| {
            (id.to_owned(), format!("the {id}"), parents.iter().map(|&parent| parent.to_owned()).collect::<Vec<_>>())
        };
        let terms = [term("cell", &[]), term("immune", &["cell"]), term("lymphocyte", &["immune"])];
        let below = [term("B", &["lymphocyte"]), term("T", &["lymphocyte"])];
        let ontology = Ontology::new(terms.into_iter().chain(below)).unwrap();
        let term = |id: &str| Term { id: id.to_owned(), label: id.to_lowercase() };
        let cells = |annotated: &[(&str, u64)]| {
            let annotated = annotated.iter().map(|&(id, n)| (term(id), n)).collect();
            rolled_up(&annotated, &ontology).into_iter().map(|(term, n)| (term.label, n)).collect::<Vec<_>>()
        };
        let told = |cells: &[(&str, u64)]| cells.iter().map(|&(label, n)| (label.to_owned(), n)).collect::<Vec<_>>();
        // What is above lymphocytes has the same cells.
        assert_eq!(cells(&[("B", 3), ("T", 5)]), told(&[("b", 3), ("t", 5), ("the lymphocyte", 8)]));
        assert_eq!(cells(&[("T", 5)]), told(&[("t", 5)]));
        assert_eq!(cells(&[("T", 5), ("cell", 1)]), told(&[("t", 5), ("cell", 6)]));
        assert_eq!(cells(&[("?", 2)]), told(&[("?", 2)]));
    }
}
