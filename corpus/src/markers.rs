//! Marker genes of the cell types of a tissue, and the rows that a gene is a marker of.

use std::collections::{BTreeMap, BTreeSet};

use explorer_core::{dataset::Tiles, de::GeneMoments};
use expression::{Hierarchy, Marker, MarkerFinder, MarkerOptions, Ontology, Sums as _};

use crate::{
    ByGene, Corpus, Dimension, Filters, Gene, Query, QueryError, Term,
    query::passing,
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
    /// Id of the cell type; none: every one that has a row.
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
    /// Cells of the type that express the gene.
    pub n_expressing: u64,
    /// The mean of ln(CPTT + 1) over all its cells.
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
    /// Cells that are annotated with the very type.
    own_cells: Vec<u64>,
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
            self.check_filters(&query.organism, filters, &parts).await?;
        }
        let terms = self.cell_types(&parts).await?;
        let mut dimensions = BTreeSet::from([Dimension::Tissue, Dimension::CellType]);
        dimensions.extend(query.filters.keys());
        let number: BTreeMap<&str, u32> = terms.iter().map(|term| term.id.as_str()).zip(0..).collect();
        let ClassSums { genes, classes } = self
            .class_sums(&parts, &dimensions, |groups, values| {
                let is_taken = passing(&[&of_tissue, &query.filters], groups, values, ontology);
                let types = &values[Dimension::CellType as usize].terms;
                let numbers: Vec<u32> = types.iter().map(|term| number[term.id.as_str()]).collect();
                let codes = groups.codes_of(Dimension::CellType).unwrap_or_default();
                codes.iter().zip(is_taken).map(|(&code, taken)| taken.then_some(numbers[code as usize])).collect()
            })
            .await?;
        let mut own_cells = vec![0; terms.len()];
        classes.iter().for_each(|(&of_type, class)| own_cells[of_type as usize] = class.n_cells);
        let lists = classes.iter().map(|(&of_type, Class { genes, .. })| (of_type, genes.as_slice()));
        let sums = GeneSums::of(lists, genes.len());
        drop(classes);
        let types = Types::new(terms, own_cells, ontology);
        let finder = MarkerFinder::new(&types.hierarchy, &types.own_cells, self.fixed_point(), query.options);
        let n_types = types.terms.len();
        let numbers = 0..genes.len() as u32;
        let n_cells = types.hierarchy.roll_up(&types.own_cells);
        let found: Vec<(usize, Vec<Marker>)> = match &query.cell_type {
            Some(id) => {
                let term = types.terms.iter().position(|term| term.id == *id);
                let term = term.ok_or_else(|| QueryError::Term {
                    organism: query.organism.clone(),
                    dimension: Dimension::CellType,
                    id: id.clone(),
                    example: types.terms.first().map(|term| term.id.clone()).unwrap_or_default(),
                })?;
                let of_type = finder.terms().iter().position(|&other| other == term);
                let of = |of_type| finder.markers_of(of_type, numbers, |gene| sums.spread(gene, n_types));
                vec![(term, of_type.map_or_else(Vec::new, of))]
            }
            None => {
                let mut of_types = all_markers(&finder, numbers, |gene| sums.spread(gene, n_types));
                let rows = types.hierarchy.rows(&n_cells, 1).into_iter();
                rows.filter_map(|row| {
                    let of_type = finder.terms().iter().position(|&term| term == row.term)?;
                    Some((row.term, std::mem::take(&mut of_types[of_type])))
                })
                .collect()
            }
        };
        let of_row = |(term, markers): (usize, Vec<Marker>)| RowMarkers {
            cell_type: types.terms[term].clone(),
            n_cells: n_cells[term],
            markers: markers
                .into_iter()
                .map(|marker| {
                    let gene = genes[marker.gene as usize].clone();
                    self.gene_marker(gene, &marker, types.rolled(term, sums.of_gene(marker.gene)), n_cells[term])
                })
                .collect(),
        };
        Ok(found.into_iter().map(of_row).collect())
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
        let mut types = Types::new(rows.cell_types.terms.clone(), Vec::new(), ontology);
        let n_types = types.terms.len();
        for tissue in rows.tissues.by_label() {
            types.own_cells = vec![0; n_types];
            let of_tissue = (tissue, None, None)..=(tissue, Some(u32::MAX), Some(u32::MAX));
            let own: Vec<_> = rows.annotated.range(of_tissue).filter_map(|(key, row)| Some((key.1?, row))).collect();
            own.iter().for_each(|(of_type, row)| types.own_cells[*of_type as usize] = row.n_cells);
            let finder = MarkerFinder::new(&types.hierarchy, &types.own_cells, self.fixed_point(), options);
            let n_cells = types.hierarchy.roll_up(&types.own_cells);
            let redundant = types.hierarchy.redundant(&n_cells);
            for (at, (gene, found)) in found.iter_mut().enumerate() {
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
                        marker: self.gene_marker(gene.clone(), &marker, types.rolled(term, &entries), n_cells[term]),
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
        Ok(crate::Values::of(terms).terms)
    }

    fn gene_marker(&self, gene: Gene, marker: &Marker, sums: GeneMoments, n_cells: u64) -> GeneMarker {
        GeneMarker {
            gene,
            score: marker.score,
            specificity: marker.specificity,
            n_expressing: sums.n_nonzero.into(),
            mean: self.fixed_point().summary(sums, n_cells).mean,
        }
    }
}

impl Types {
    fn new(terms: Vec<Term>, own_cells: Vec<u64>, ontology: &Ontology) -> Self {
        let ids: Vec<&str> = terms.iter().map(|term| term.id.as_str()).collect();
        let hierarchy = Hierarchy::new(ontology, &ids);
        Self { terms, hierarchy, own_cells }
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

/// The markers of all types, on all threads where there are several.
fn all_markers(
    finder: &MarkerFinder,
    genes: std::ops::Range<u32>,
    own: impl Fn(u32) -> Vec<GeneMoments> + Sync,
) -> Vec<Vec<Marker>> {
    #[cfg(feature = "build")]
    {
        use rayon::prelude::*;
        let none = || vec![Vec::new(); finder.terms().len()];
        let ranges: Vec<_> = genes.clone().step_by(GENES_AT_ONCE).collect();
        let of_range = |first: &u32| {
            finder.markers((*first..genes.end.min(first + GENES_AT_ONCE as u32)).map(|gene| (gene, own(gene))))
        };
        ranges.par_iter().map(of_range).reduce(none, |some, others| finder.merge(some, others))
    }
    #[cfg(not(feature = "build"))]
    finder.markers(genes.map(|gene| (gene, own(gene))))
}

/// Genes that a thread scores at one time.
#[cfg(feature = "build")]
const GENES_AT_ONCE: usize = 256;
