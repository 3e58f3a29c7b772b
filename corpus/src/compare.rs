//! Differential expression between two groups of cells of a corpus.

use std::collections::{BTreeMap, BTreeSet};

use explorer_core::{
    dataset::Tiles,
    de::{PseudobulkError, PseudobulkTable},
};
use expression::{Cells, Comparison, Contrast, ContrastError, Membership, Mode, Ontology, Overlap, Sides, Sums as _};

use crate::{Corpus, Dimension, Filters, Gene, Groups, QueryError, Values, query::passing, sums::ClassSums};

/// What stands for what is not known of cells.
pub(crate) const UNKNOWN: &str = "unknown";

/// Ids of donors that are none.
pub(crate) const NO_DONORS: [&str; 5] = [UNKNOWN, "pooled", "na", "nan", ""];

/// What differences are tested over.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Replicates {
    /// Cells.
    #[default]
    Cells,
    /// Cells, and donors too.
    Donors,
}

/// A question for the difference between two groups of cells.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct CompareQuery {
    /// Id of the organism.
    pub organism: String,
    /// The cells of the group.
    pub group: Filters,
    /// The cells that it is compared with. Without filters they are all; where overlapping cells are taken from them, all
    /// others.
    pub reference: Filters,
    /// What happens to cells that are in both.
    pub overlap: Overlap,
    /// What is tested over.
    pub replicates: Replicates,
}

/// A donor. One id may be that of several donors in different publications, and is taken for one in the datasets of a
/// publication. As text it is the id that [`Dimension::Donor`] has.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Donor {
    /// Id of the publication; of the dataset where that is not known.
    pub of: String,
    /// Id of the donor there.
    pub id: String,
}

/// Two groups of cells compared.
#[derive(Clone, Debug, PartialEq)]
pub struct CorpusComparison {
    /// The genes that cells of either group express and cells of both measured, in the order of the columns.
    pub genes: Vec<Gene>,
    /// Genes that cells of one group express and none of the other measured, so that they cannot be compared.
    pub n_unmeasured: usize,
    /// Cells that are in both.
    pub n_shared: u64,
    /// Tested over cells.
    pub cells: Comparison,
    /// Tested over donors, where that was asked for; or why it cannot be.
    pub donors: Option<Result<PseudobulkTable, PseudobulkError>>,
}

/// Cells that are alike for a comparison: on which sides they are, and their donor.
type Key = ([bool; 2], Option<Donor>);

impl<T: Tiles> Corpus<T> {
    /// Compares two groups of cells in all genes that either expresses and both measured.
    ///
    /// # Errors
    /// [`QueryError`]; [`QueryError::NoCells`] where a group has none.
    pub async fn compare(
        &self,
        query: &CompareQuery,
        ontology: &Ontology,
    ) -> Result<CorpusComparison, QueryError<T::Error>> {
        let parts = self.parts_asked(&query.organism)?;
        let mut dimensions = BTreeSet::new();
        for filters in [&query.group, &query.reference] {
            self.check_filters(&query.organism, filters, &parts, ontology).await?;
            dimensions.extend(filters.keys());
        }
        if query.replicates == Replicates::Donors {
            dimensions.extend([Dimension::Dataset, Dimension::Donor, Dimension::Publication]);
        }
        let keys_of = |groups: &Groups, values: &[Values]| -> Vec<Option<Key>> {
            let [first, second] =
                [&query.group, &query.reference].map(|filters| passing(&[filters], groups, values, ontology));
            let key = |group: usize| {
                let sides = [first[group], second[group]];
                let donor = || match query.replicates {
                    Replicates::Cells => None,
                    Replicates::Donors => donor(groups, values, group),
                };
                sides.contains(&true).then(|| (sides, donor()))
            };
            (0..groups.len()).map(key).collect()
        };
        let ClassSums { genes, coverage, classes } = self.class_sums(&parts, &dimensions, keys_of).await?;
        let on = |side: usize| {
            let classes = classes.keys().zip(0..);
            classes.filter(move |((sides, _), _)| sides[side]).map(|(_, number)| number).collect::<Vec<u32>>()
        };
        let sides = Sides::new(on(0), on(1), query.overlap, Mode::Exact);
        let mut cells = <[Cells; 2]>::default();
        for (class, (_, counts)) in classes.values().zip(sides.groups()) {
            for (of_side, counts) in cells.iter_mut().zip(counts) {
                if counts != Membership::None {
                    of_side.add(&class.cells);
                }
            }
        }
        // Genes that no cell of either group expresses have nothing to tell.
        let expressed: BTreeSet<u32> = classes.values().flat_map(|class| &class.genes).map(|&(gene, _)| gene).collect();
        let is_measured: Vec<bool> = (0..coverage.n_patterns() as u32)
            .map(|pattern| cells.iter().all(|of_side| of_side.n() == 0 || coverage.n_measured(pattern, of_side) > 0))
            .collect();
        let compared: Vec<u32> = expressed
            .iter()
            .copied()
            .filter(|&gene| is_measured[coverage.pattern_of()[gene as usize] as usize])
            .collect();
        let n_unmeasured = expressed.len() - compared.len();
        let number: BTreeMap<u32, u32> = compared.iter().copied().zip(0..).collect();
        let genes: Vec<Gene> = compared.iter().map(|&gene| genes[gene as usize].clone()).collect();
        let donors: BTreeSet<Donor> = classes.keys().filter_map(|(_, donor)| donor.clone()).collect();
        let donors: Vec<Donor> = donors.into_iter().collect();
        let make = match query.replicates {
            Replicates::Cells => Contrast::new,
            Replicates::Donors => Contrast::by_donor,
        };
        let mut contrast = make(coverage.of_some(compared), self.fixed_point(), Mode::Exact);
        let mut n_shared = 0;
        for (((sides, donor), class), (_, counts)) in classes.into_iter().zip(sides.groups()) {
            n_shared += if sides == [true; 2] { class.cells.n() } else { 0 };
            let donor = donor.and_then(|donor| donors.binary_search(&donor).ok()).map(|at| at as u32);
            let sums = class.genes.into_iter().filter_map(|(gene, moments)| Some((*number.get(&gene)?, moments)));
            let pushed = contrast.push(counts, donor, &class.cells, &sums.collect::<Vec<_>>());
            pushed.expect("genes were numbered here");
        }
        let cells = contrast.compare();
        for (n_cells, of) in cells.n_cells.iter().zip(["in the group", "in the reference"]) {
            if *n_cells == 0 {
                return Err(QueryError::NoCells { organism: query.organism.clone(), of });
            }
        }
        let donors = match query.replicates {
            Replicates::Cells => None,
            Replicates::Donors => Some(compared_donors(&contrast, &donors)),
        };
        Ok(CorpusComparison { genes, n_unmeasured, n_shared, cells, donors })
    }

    /// Cells of the group and of the reference as [`Self::compare`] counts them, without reading what they express; 0 where
    /// there are none.
    ///
    /// # Errors
    /// [`QueryError`].
    pub async fn cells_compared(
        &self,
        query: &CompareQuery,
        ontology: &Ontology,
    ) -> Result<[u64; 2], QueryError<T::Error>> {
        let parts = self.parts_asked(&query.organism)?;
        for filters in [&query.group, &query.reference] {
            self.check_filters(&query.organism, filters, &parts, ontology).await?;
        }
        let mut n_cells = [0; 2];
        for &part in &parts {
            let (groups, values) = (self.groups(part, 0).await?, self.values(part).await?);
            let [first, second] = [&query.group, &query.reference].map(|filters| {
                let is_in = passing(&[filters], groups, values, ontology);
                (0..groups.len() as u32).filter(move |&group| is_in[group as usize])
            });
            for (group, counts) in Sides::new(first, second, query.overlap, Mode::Exact).groups() {
                for (n_cells, counts) in n_cells.iter_mut().zip(counts) {
                    *n_cells += match counts {
                        Membership::None => 0,
                        Membership::CellsAlone | Membership::Whole => u64::from(groups.n_cells[group as usize]),
                    };
                }
            }
        }
        Ok(n_cells)
    }
}

fn compared_donors(contrast: &Contrast, donors: &[Donor]) -> Result<PseudobulkTable, PseudobulkError> {
    match contrast.compare_donors(|donor| donors[donor as usize].to_string()) {
        Ok(table) => Ok(table),
        Err(ContrastError::Pseudobulk(error)) => Err(error),
        Err(ContrastError::NoDonors | ContrastError::Gene { .. }) => unreachable!("donors were noted, genes numbered"),
    }
}

/// The donor of a group's cells; none where it is not known.
pub(crate) fn donor(groups: &Groups, values: &[Values], group: usize) -> Option<Donor> {
    let id = |dimension: Dimension| {
        let code = groups.codes_of(dimension)?[group];
        Some(values[dimension as usize].terms[code as usize].id.as_str())
    };
    let donor = id(Dimension::Donor).filter(|id| !NO_DONORS.contains(id))?;
    let publication = id(Dimension::Publication).filter(|&id| id != UNKNOWN);
    let of = publication.or_else(|| id(Dimension::Dataset))?;
    Some(Donor { of: of.to_owned(), id: donor.strip_suffix(&Donor::suffix(of)).unwrap_or(donor).to_owned() })
}

impl Donor {
    /// What follows the id in the id that no other donor has.
    fn suffix(of: &str) -> String {
        format!(" of {of}")
    }
}

impl std::fmt::Display for Donor {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}{}", self.id, Self::suffix(&self.of))
    }
}
