//! Questions to a whole corpus: where genes are expressed the most, which are high here and low there, and which donors are
//! behind a dot.

use std::collections::{BTreeMap, BTreeSet};

use explorer_core::{dataset::Tiles, de::GeneMoments};
use expression::{
    Cells, DonorInterval, Dot, Ontology, Quantity, SpecificGene, Specificity, donor_interval, rank_rows, specific_genes,
};

use crate::{
    ByGene, Corpus, Dimension, Donor, DotRow, Filters, Gene, Groups, Query, QueryError, Term, Tissues, Values,
    compare::donor,
    query::passing,
    sums::{ClassSums, GeneSums},
};

/// What rows need to say something.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Least {
    /// Cells.
    pub cells: u64,
    /// Cells that express the gene.
    pub expressing: u64,
}

impl Default for Least {
    fn default() -> Self {
        Self { cells: 10, expressing: 10 }
    }
}

/// The rows that express a gene the most.
#[derive(Clone, Debug, PartialEq)]
pub struct Ranking {
    /// The gene.
    pub gene: Gene,
    /// The rows, the largest first.
    pub rows: Vec<RankedRow>,
}

/// A row that expresses a gene.
#[derive(Clone, Debug, PartialEq)]
pub struct RankedRow {
    /// The tissue.
    pub tissue: Term,
    /// The cell type with all below it.
    pub cell_type: Term,
    /// The gene there.
    pub dot: Dot,
    /// What it is ranked by.
    pub value: f64,
}

/// A question for genes that are high here and low there.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct SpecificQuery {
    /// Id of the organism.
    pub organism: String,
    /// The cells here.
    pub here: Filters,
    /// The cells there, by tissue and annotated cell type; those here are not among them.
    pub there: Filters,
    /// Cells of a tissue and type there, at least; smaller ones say too little.
    pub least_cells: u64,
    /// What is high and low.
    pub asked: Specificity,
}

/// Genes that are high here and low there.
#[derive(Clone, Debug, PartialEq)]
pub struct SpecificGenes {
    /// Cells here.
    pub n_here: u64,
    /// The rows there.
    pub there: Vec<RowThere>,
    /// Rows there with too few cells.
    pub n_left_out: usize,
    /// The genes, that of the largest least effect first.
    pub genes: Vec<SpecificFound>,
    /// Genes that cells here express and too few cells of any row there measured, so that nothing is known of them there.
    pub n_unmeasured: usize,
}

/// A gene that is high here and low there, and which cells say so.
#[derive(Clone, Debug, PartialEq)]
pub struct SpecificFound {
    /// The gene.
    pub gene: Gene,
    /// What it is here and there.
    pub of: SpecificGene,
    /// Cells here that measured it.
    pub n_measured_here: u64,
    /// Rows there of which enough cells measured it; the others say nothing of it.
    pub n_rows_measured: usize,
}

/// A row in which genes are low.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RowThere {
    /// The tissue.
    pub tissue: Term,
    /// The very cell type that cells are annotated with.
    pub cell_type: Term,
    /// Its cells.
    pub n_cells: u64,
}

/// A question for the donors behind a dot.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct DonorQuery {
    /// Id of the organism.
    pub organism: String,
    /// The gene, by id or symbol.
    pub gene: String,
    /// The filters of the plot.
    pub filters: Filters,
    /// What the cells of the row have besides: a tissue, a cell type, an option.
    pub row: Filters,
}

/// The donors behind a dot.
#[derive(Clone, Debug, PartialEq)]
pub struct Behind {
    /// The gene.
    pub gene: Gene,
    /// The donors, by publication or dataset and id.
    pub donors: Vec<DonorDot>,
    /// Cells of no known donor.
    pub n_without_donor: u64,
    /// Mean over all cells.
    pub mean: Option<DonorInterval>,
    /// Mean over cells that express the gene.
    pub expression: Option<DonorInterval>,
    /// Share of cells that express the gene.
    pub share: Option<DonorInterval>,
}

/// A donor's part of a dot.
#[derive(Clone, Debug, PartialEq)]
pub struct DonorDot {
    /// The donor.
    pub donor: Donor,
    /// The dot of its cells, of which those of all donors take the place of the tissue's.
    pub dot: Dot,
}

impl<T: Tiles> Corpus<T> {
    /// The rows of all tissues that express each gene the most.
    ///
    /// # Errors
    /// [`QueryError`].
    pub async fn rankings(
        &self,
        query: &Query,
        by: Quantity,
        least: Least,
        ontology: &Ontology,
    ) -> Result<ByGene<Ranking>, QueryError<T::Error>> {
        let asked = Query { group_by: None, tissues: Tissues::All, least_cells: least.cells, ..query.clone() };
        let plot = self.dot_plot(&asked, ontology).await?;
        let mut rows: Vec<(&DotRow, &Term, &DotRow)> = Vec::new();
        let mut tissue = None;
        for row in &plot.rows {
            match (&row.cell_type, tissue) {
                (Some(cell_type), Some(tissue)) => rows.push((row, cell_type, tissue)),
                (Some(_), None) | (None, _) => tissue = Some(row),
            }
        }
        let ranking = |(at, gene): (usize, &Gene)| {
            let dots: Vec<Dot> = rows.iter().map(|&(row, _, tissue)| row.dot(at, tissue, self.fixed_point())).collect();
            let ranked = rank_rows(&dots, by, least.cells, least.expressing).into_iter();
            let row = |(at, value): (usize, f64)| RankedRow {
                tissue: rows[at].0.tissue.clone(),
                cell_type: rows[at].1.clone(),
                dot: dots[at],
                value,
            };
            Ranking { gene: gene.clone(), rows: ranked.map(row).collect() }
        };
        Ok(ByGene { genes: plot.genes.iter().enumerate().map(ranking).collect(), unknown: plot.unknown.clone() })
    }

    /// The genes that are high in the cells here and low in every tissue and cell type there.
    ///
    /// # Errors
    /// [`QueryError`]; [`QueryError::NoCells`] where there are none here.
    pub async fn specific_genes(
        &self,
        query: &SpecificQuery,
        ontology: &Ontology,
    ) -> Result<SpecificGenes, QueryError<T::Error>> {
        let parts = self.parts_asked(&query.organism)?;
        let mut dimensions = BTreeSet::from([Dimension::Tissue, Dimension::CellType]);
        for filters in [&query.here, &query.there] {
            self.check_filters(&query.organism, filters, &parts, ontology).await?;
            dimensions.extend(filters.keys());
        }
        // None: here.
        type Place = Option<(Term, Term)>;
        let ClassSums { genes, coverage, classes } = self
            .class_sums(&parts, &dimensions, |groups: &Groups, values: &[Values]| -> Vec<Option<Place>> {
                let [here, there] =
                    [&query.here, &query.there].map(|filters| passing(&[filters], groups, values, ontology));
                let term = |dimension: Dimension, group: usize| {
                    let code = groups.codes_of(dimension).expect("it was asked for")[group];
                    values[dimension as usize].terms[code as usize].clone()
                };
                let place = |group: usize| match (here[group], there[group]) {
                    (true, _) => Some(None),
                    (false, true) => Some(Some((term(Dimension::Tissue, group), term(Dimension::CellType, group)))),
                    (false, false) => None,
                };
                (0..groups.len()).map(place).collect()
            })
            .await?;
        let n_here = classes.get(&None).map_or(0, |class| class.cells.n());
        if n_here == 0 {
            return Err(QueryError::NoCells { organism: query.organism.clone(), of: "here" });
        }
        let n_places = classes.len();
        let kept: BTreeMap<Place, _> = classes
            .into_iter()
            .filter(|(place, class)| place.is_none() || class.cells.n() >= query.least_cells)
            .collect();
        // Here comes first.
        let lists = (0..).zip(kept.values()).map(|(number, class)| (number, class.genes.as_slice()));
        let sums = GeneSums::of(lists, genes.len());
        let of_gene = |gene: u32| {
            let mut all = sums.spread(gene, kept.len());
            let here = all.remove(0);
            (gene, here, all)
        };
        let is_expressed = |gene: &u32| sums.of_gene(*gene).first().is_some_and(|&(at, _)| at == 0);
        let cells: Vec<&Cells> = kept.values().map(|class| &class.cells).collect();
        let (mut found, mut n_unmeasured) = (Vec::new(), 0);
        for (n_measured, of_cells) in coverage.genes_by_measured(&cells) {
            let expressed = of_cells.into_iter().filter(is_expressed);
            let Some((&n_here, there)) = n_measured.split_first() else { continue };
            // Of a row that few cells measured it in nothing is known, as of a row of few cells.
            let n_there: Vec<u64> = there.iter().map(|&n| if n >= query.least_cells { n } else { 0 }).collect();
            let n_rows_measured = n_there.iter().filter(|&&n| n > 0).count();
            if n_rows_measured == 0 && !there.is_empty() {
                n_unmeasured += expressed.count();
                continue;
            }
            let of_these =
                specific_genes(expressed.map(of_gene), n_here, &n_there, self.fixed_point(), query.asked).into_iter();
            found.extend(of_these.map(|of| SpecificFound {
                gene: genes[of.gene as usize].clone(),
                of,
                n_measured_here: n_here,
                n_rows_measured,
            }));
        }
        found.sort_by(|a, b| b.of.effect.total_cmp(&a.of.effect).then(a.of.gene.cmp(&b.of.gene)));
        let row = |(place, class): (&Place, &crate::sums::Class)| {
            let (tissue, cell_type) = place.clone()?;
            Some(RowThere { tissue, cell_type, n_cells: class.cells.n() })
        };
        Ok(SpecificGenes {
            n_here,
            there: kept.iter().filter_map(row).collect(),
            n_left_out: n_places - kept.len(),
            genes: found,
            n_unmeasured,
        })
    }

    /// The donors behind a dot, and what they come to when each counts once.
    ///
    /// # Errors
    /// [`QueryError`]; [`QueryError::Gene`] where no dataset has the gene.
    pub async fn donors_behind(&self, query: &DonorQuery, ontology: &Ontology) -> Result<Behind, QueryError<T::Error>> {
        let parts = self.parts_asked(&query.organism)?;
        for filters in [&query.filters, &query.row] {
            self.check_filters(&query.organism, filters, &parts, ontology).await?;
        }
        let found = self.genes_asked(std::slice::from_ref(&query.gene), &parts).await?;
        let Some(gene) = found.genes.first().cloned() else {
            return Err(QueryError::Gene { organism: query.organism.clone(), gene: query.gene.clone() });
        };
        let mut donors: BTreeMap<Option<Donor>, ([u64; 2], GeneMoments)> = BTreeMap::new();
        for &part in &parts {
            let (groups, values) = (self.groups(part, 0).await?, self.values(part).await?);
            let is_taken = passing(&[&query.filters, &query.row], groups, values, ontology);
            let keys: Vec<Option<Option<Donor>>> =
                (0..groups.len()).map(|group| is_taken[group].then(|| donor(groups, values, group))).collect();
            let tiles: Vec<u32> = found.numbers_in(part).map(|(_, number)| number).collect();
            let (presence, datasets) = (self.presence(part).await?, groups.codes_of(Dimension::Dataset));
            let pattern = tiles.first().map(|&number| presence.pattern_of()[number as usize]);
            for ((key, &n_cells), &dataset) in keys.iter().zip(&groups.n_cells).zip(datasets.unwrap_or_default()) {
                if let Some(key) = key {
                    let is_measured = pattern.is_some_and(|pattern| presence.has(pattern, dataset));
                    let (n, _) = donors.entry(key.clone()).or_default();
                    *n = [n[0] + u64::from(n_cells), n[1] + u64::from(n_cells) * u64::from(is_measured)];
                }
            }
            for (group, moments) in self.moments(part, 0, &tiles).await?.into_iter().flatten() {
                let Some(key) = &keys[group as usize] else { continue };
                let (_, sum) = donors.entry(key.clone()).or_default();
                *sum = sum.checked_add(moments).ok_or(QueryError::Overflow)?;
            }
        }
        let n_without_donor = donors.remove(&None).map_or(0, |([n_cells, _], _)| n_cells);
        let n_all: u64 = donors.values().map(|([_, n_measured], _)| n_measured).sum();
        let dot = |sum, n_cells| Dot::of(sum, n_cells, n_all, self.fixed_point());
        let donors: Vec<DonorDot> = donors
            .into_iter()
            .filter_map(|(donor, (n_cells, sum))| Some(DonorDot { donor: donor?, dot: dot(sum, n_cells) }))
            .collect();
        let dots: Vec<Dot> = donors.iter().map(|donor| donor.dot).collect();
        let interval = |of| donor_interval(&dots, of);
        let [mean, expression, share] = [Quantity::Mean, Quantity::Expression, Quantity::Share].map(interval);
        Ok(Behind { gene, donors, n_without_donor, mean, expression, share })
    }
}
