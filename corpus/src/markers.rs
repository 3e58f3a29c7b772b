//! Marker genes of the cell types of a tissue, and the rows that a gene is a marker of.

use std::collections::{BTreeMap, BTreeSet};

use explorer_core::{dataset::Tiles, de::GeneMoments};
use expression::{Cells, Coverage, Hierarchy, Marker, MarkerFinder, MarkerOptions, Mode, Ontology, Sums as _};

use crate::{
    ByGene, Corpus, Dimension, Filters, Gene, Groups, Query, QueryError, Term, Values,
    query::{Row, passing},
    sums::{Class, ClassSums, Entry, GeneSums},
};

/// A question for the markers of the cell types of a tissue.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct MarkerQuery {
    /// Id of the organism.
    pub organism: String,
    /// Id of the tissue.
    pub tissue: String,
    /// Which of its cells count.
    pub filters: Filters,
    /// Id of the cell type, which stands for all below it; none: every one that has a row.
    pub cell_type: Option<String>,
    /// How markers are found.
    pub options: MarkerOptions,
}

/// The markers of a cell type of a tissue.
#[derive(Clone, Debug, PartialEq)]
pub struct RowMarkers {
    /// The cell type with all below it.
    pub cell_type: Term,
    /// Its cells.
    pub n_cells: u64,
    /// Its markers, best first.
    pub markers: Vec<GeneMarker>,
}

/// A gene as a marker of a cell type.
#[derive(Clone, Debug, PartialEq)]
pub struct GeneMarker {
    /// The gene.
    pub gene: Gene,
    /// What markers are ranked by: the 10th percentile of effect sizes against the other types.
    pub score: f64,
    /// The share of other types with a lower score, 0 to 1.
    pub specificity: f64,
    /// Cells of the type that measured the gene.
    pub n_measured: u64,
    /// Those of them that express it.
    pub n_expressing: u64,
    /// The mean of ln(CPTT + 1) over all that measured it.
    pub mean: f64,
}

/// A row that a gene is a marker of.
#[derive(Clone, Debug, PartialEq)]
pub struct MarkedRow {
    /// The tissue.
    pub tissue: Term,
    /// The cell type with all below it.
    pub cell_type: Term,
    /// Its cells.
    pub n_cells: u64,
    /// The gene there.
    pub marker: GeneMarker,
}

/// The cell types of a tissue.
struct Types {
    terms: Vec<Term>,
    hierarchy: Hierarchy,
}

impl<T: Tiles> Corpus<T> {
    /// The markers of one cell type of a tissue, or of each that has a row, in the order of rows.
    ///
    /// # Errors
    /// [`QueryError`].
    pub async fn markers(
        &self,
        query: &MarkerQuery,
        ontology: &Ontology,
    ) -> Result<Vec<RowMarkers>, QueryError<T::Error>> {
        let parts = self.parts_asked(&query.organism)?;
        let of_tissue = Filters::from([(Dimension::Tissue, BTreeSet::from([query.tissue.clone()]))]);
        for filters in [&of_tissue, &query.filters] {
            self.check_filters(&query.organism, filters, &parts, ontology).await?;
        }
        let mut terms = self.cell_types(&parts).await?;
        // One that cells are annotated below only stands for these.
        let rolled_only = query.cell_type.as_ref().filter(|id| terms.iter().all(|term| term.id != **id));
        if let Some((id, label)) = rolled_only.and_then(|id| Some((id, ontology.label(id)?))) {
            terms.push(Term { id: id.clone(), label: label.to_owned() });
        }
        let mut dimensions = BTreeSet::from([Dimension::Tissue, Dimension::CellType]);
        dimensions.extend(query.filters.keys());
        let number: BTreeMap<&str, u32> = terms.iter().map(|term| term.id.as_str()).zip(0..).collect();
        let ClassSums { genes, coverage, classes } = self
            .class_sums(&parts, &dimensions, |groups: &Groups, values: &[Values]| {
                let is_taken = passing(&[&of_tissue, &query.filters], groups, values, ontology);
                let types = &values[Dimension::CellType as usize].terms;
                let numbers: Vec<u32> = types.iter().map(|term| number[term.id.as_str()]).collect();
                let codes = groups.codes_of(Dimension::CellType).unwrap_or_default();
                codes.iter().zip(is_taken).map(|(&code, taken)| taken.then_some(numbers[code as usize])).collect()
            })
            .await?;
        let mut own = vec![Cells::default(); terms.len()];
        classes.iter().for_each(|(&of_type, class)| own[of_type as usize] = class.cells.clone());
        let lists = classes.iter().map(|(&of_type, Class { genes, .. })| (of_type, genes.as_slice()));
        let sums = GeneSums::of(lists, genes.len());
        drop(classes);
        let types = Types::new(terms, ontology);
        let n_types = types.terms.len();
        let n_cells = types.hierarchy.roll_up(&own.iter().map(Cells::n).collect::<Vec<u64>>());
        let asked = match &query.cell_type {
            Some(id) => {
                let term = types.terms.iter().position(|term| term.id == *id);
                let term = term.filter(|&term| n_cells[term] > 0 || rolled_only.is_none());
                Some(term.ok_or_else(|| QueryError::Term {
                    organism: query.organism.clone(),
                    dimension: Dimension::CellType,
                    id: id.clone(),
                    example: types.terms.first().map(|term| term.id.clone()).unwrap_or_default(),
                })?)
            }
            None => None,
        };
        let coverage = match query.options.mode {
            Mode::Exact => coverage,
            Mode::Compatible => Coverage::whole(genes.len()),
        };
        let mut found: Vec<Vec<Marker>> = vec![Vec::new(); n_types];
        for (own_cells, of_cells) in coverage.genes_by_measured(&own.iter().collect::<Vec<_>>()) {
            let finder = MarkerFinder::new(&types.hierarchy, &own_cells, self.fixed_point(), query.options);
            let spread = |gene: u32| sums.spread(gene, n_types);
            let of_types = match asked {
                Some(asked) => {
                    // None of its cells may have measured these genes.
                    let of_type = finder.terms().iter().position(|&term| term == asked);
                    of_type.map(|of_type| (asked, finder.markers_of(of_type, of_cells, spread))).into_iter().collect()
                }
                None => finder.terms().iter().copied().zip(all_markers(&finder, &of_cells, spread)).collect::<Vec<_>>(),
            };
            for (term, markers) in of_types {
                found[term].extend(markers);
                query.options.best(&mut found[term]);
            }
        }
        let shown = match asked {
            Some(asked) => vec![asked],
            None => types.hierarchy.rows(&n_cells, 1).into_iter().map(|row| row.term).collect(),
        };
        let of_row = |term: usize| {
            let marker = |marker: Marker| {
                let gene = genes[marker.gene as usize].clone();
                let pattern = coverage.pattern_of()[marker.gene as usize];
                let n_measured = types.rolled_cells(term, |of_type| coverage.n_measured(pattern, &own[of_type]));
                self.gene_marker(gene, &marker, types.rolled(term, sums.of_gene(marker.gene)), n_measured)
            };
            RowMarkers {
                cell_type: types.terms[term].clone(),
                n_cells: n_cells[term],
                markers: std::mem::take(&mut found[term]).into_iter().map(marker).collect(),
            }
        };
        Ok(shown.into_iter().map(of_row).collect())
    }

    /// The rows of all tissues that genes are markers of, gene by gene, those of the largest score first.
    ///
    /// # Errors
    /// [`QueryError`].
    pub async fn marked_rows(
        &self,
        query: &Query,
        options: MarkerOptions,
        ontology: &Ontology,
    ) -> Result<ByGene<(Gene, Vec<MarkedRow>)>, QueryError<T::Error>> {
        let asked = Query { group_by: None, ..query.clone() };
        let crate::query::Annotated { genes, unknown, rows } = self.annotated(&asked, ontology).await?;
        let mut found: Vec<(Gene, Vec<MarkedRow>)> = genes.into_iter().map(|gene| (gene, Vec::new())).collect();
        let types = Types::new(rows.cell_types.terms.clone(), ontology);
        let n_types = types.terms.len();
        for tissue in rows.tissues.by_label() {
            let of_tissue = (tissue, None, None)..=(tissue, Some(u32::MAX), Some(u32::MAX));
            let own: Vec<_> = rows.annotated.range(of_tissue).filter_map(|(key, row)| Some((key.1?, row))).collect();
            let cells_by = |n_cells: &dyn Fn(&Row) -> u64| {
                let mut cells = vec![0; n_types];
                own.iter().for_each(|(of_type, row)| cells[*of_type as usize] = n_cells(row));
                cells
            };
            let n_cells = types.hierarchy.roll_up(&cells_by(&|row| row.n_cells));
            let redundant = types.hierarchy.redundant(&n_cells);
            // Most genes are measured by the same cells.
            let mut finders: BTreeMap<Vec<u64>, MarkerFinder> = BTreeMap::new();
            for (at, (gene, found)) in found.iter_mut().enumerate() {
                let measured = match options.mode {
                    Mode::Exact => cells_by(&|row| row.n_measured[at]),
                    Mode::Compatible => cells_by(&|row| row.n_cells),
                };
                let make =
                    |measured: &Vec<u64>| MarkerFinder::new(&types.hierarchy, measured, self.fixed_point(), options);
                let finder = &*finders.entry(measured.clone()).or_insert_with_key(make);
                let entries: Vec<Entry> = own.iter().map(|(of_type, row)| (*of_type, row.moments[at])).collect();
                let mut sums = vec![GeneMoments::default(); n_types];
                entries.iter().for_each(|&(of_type, moments)| sums[of_type as usize] = moments);
                let scores = finder.scores(&sums);
                for ((&term, score), specificity) in finder.terms().iter().zip(scores.scores).zip(scores.specificities)
                {
                    let Some(score) = score.filter(|&score| score > options.least_score && !redundant[term]) else {
                        continue;
                    };
                    let marker = Marker { gene: at as u32, score, specificity };
                    found.push(MarkedRow {
                        tissue: rows.tissues.terms[tissue as usize].clone(),
                        cell_type: types.terms[term].clone(),
                        n_cells: n_cells[term],
                        marker: self.gene_marker(
                            gene.clone(),
                            &marker,
                            types.rolled(term, &entries),
                            types.rolled_cells(term, |of_type| measured[of_type]),
                        ),
                    });
                }
            }
        }
        for (_, rows) in &mut found {
            rows.sort_by(|a, b| b.marker.score.total_cmp(&a.marker.score));
        }
        Ok(ByGene { genes: found, unknown })
    }

    /// The cell types of some parts, by ascending id.
    async fn cell_types(&self, parts: &[usize]) -> Result<Vec<Term>, QueryError<T::Error>> {
        let mut terms = Vec::new();
        for &part in parts {
            terms.extend(self.values(part).await?[Dimension::CellType as usize].terms.iter().cloned());
        }
        Ok(Values::of(terms).terms)
    }

    fn gene_marker(&self, gene: Gene, marker: &Marker, sums: GeneMoments, n_measured: u64) -> GeneMarker {
        GeneMarker {
            gene,
            score: marker.score,
            specificity: marker.specificity,
            n_measured,
            n_expressing: sums.n_nonzero.into(),
            mean: self.fixed_point().summary(sums, n_measured).mean,
        }
    }
}

impl Types {
    fn new(terms: Vec<Term>, ontology: &Ontology) -> Self {
        let ids: Vec<&str> = terms.iter().map(|term| term.id.as_str()).collect();
        let hierarchy = Hierarchy::new(ontology, &ids);
        Self { terms, hierarchy }
    }

    /// Cells of a type and of all below it, from those of types by themselves.
    fn rolled_cells(&self, term: usize, own: impl Fn(usize) -> u64) -> u64 {
        own(term) + self.hierarchy.descendants(term).iter().map(|&below| own(below)).sum::<u64>()
    }

    /// What a gene adds up to over a type and all below it, from its sums over types by themselves.
    fn rolled(&self, term: usize, own: &[Entry]) -> GeneMoments {
        let mut sum = GeneMoments::default();
        let is_of =
            |of_type: usize| of_type == term || self.hierarchy.descendants(term).binary_search(&of_type).is_ok();
        own.iter().filter(|(of_type, _)| is_of(*of_type as usize)).for_each(|(_, moments)| sum.add(moments));
        sum
    }
}

/// The markers of all types among ascending genes, on all threads where there are several.
fn all_markers(finder: &MarkerFinder, genes: &[u32], own: impl Fn(u32) -> Vec<GeneMoments> + Sync) -> Vec<Vec<Marker>> {
    #[cfg(feature = "build")]
    {
        use rayon::prelude::*;
        let none = || vec![Vec::new(); finder.terms().len()];
        let of_some = |genes: &[u32]| finder.markers(genes.iter().map(|&gene| (gene, own(gene))));
        genes.par_chunks(GENES_AT_ONCE).map(of_some).reduce(none, |some, others| finder.merge(some, others))
    }
    #[cfg(not(feature = "build"))]
    finder.markers(genes.iter().map(|&gene| (gene, own(gene))))
}

/// Genes that a thread scores at one time.
#[cfg(feature = "build")]
const GENES_AT_ONCE: usize = 256;
