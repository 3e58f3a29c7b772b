//! Differential expression between two sets of groups of cells.

use std::{cmp::Ordering, collections::BTreeMap};

use explorer_core::de::{
    Adjustment, DeOptions, Degenerate, Design, Dispersion, FixedPoint, FixedPoints, GeneMoments, LEFT_OUT, Method,
    Moments, PseudobulkError, PseudobulkTable, SampleMoments, Summary, adjust_with_log10, cohens_d, pseudobulk,
    t_quantile, welch,
};

use crate::{Cells, Coverage, Mode, Sums};

/// What happens to cells that both sides ask for.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Overlap {
    /// They count on both.
    #[default]
    Keep,
    /// They count in the second alone.
    TakeFromFirst,
    /// They count in the first alone.
    TakeFromSecond,
}

/// What of a group counts on a side.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Membership {
    /// Nothing.
    #[default]
    None,
    /// Its cells, but not what they express: what the original leaves of groups that it takes away.
    CellsAlone,
    /// All of it.
    Whole,
}

/// The finest groups of two sides.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Sides {
    memberships: BTreeMap<u32, [Membership; 2]>,
    n_shared: usize,
}

impl Sides {
    /// Two sides by the numbers of their groups.
    pub fn new(
        first: impl IntoIterator<Item = u32>,
        second: impl IntoIterator<Item = u32>,
        overlap: Overlap,
        mode: Mode,
    ) -> Self {
        let mut sides = Self::default();
        first.into_iter().for_each(|group| sides.memberships.entry(group).or_default()[0] = Membership::Whole);
        second.into_iter().for_each(|group| sides.memberships.entry(group).or_default()[1] = Membership::Whole);
        let taken = match mode {
            Mode::Exact => Membership::None,
            Mode::Compatible => Membership::CellsAlone,
        };
        for membership in sides.memberships.values_mut().filter(|sides| **sides == [Membership::Whole; 2]) {
            sides.n_shared += 1;
            match overlap {
                Overlap::Keep => {}
                Overlap::TakeFromFirst => membership[0] = taken,
                Overlap::TakeFromSecond => membership[1] = taken,
            }
        }
        sides
    }

    /// Groups that both sides ask for.
    pub fn n_shared(&self) -> usize {
        self.n_shared
    }

    /// The groups to [push](Contrast::push), in ascending order, and what of each counts on the first side and the second.
    pub fn groups(&self) -> impl Iterator<Item = (u32, [Membership; 2])> {
        self.memberships.iter().map(|(&group, &sides)| (group, sides))
    }
}

/// Two sides of a comparison, group after group.
#[derive(Clone, Debug)]
pub struct Contrast {
    fixed: FixedPoint,
    mode: Mode,
    /// Of the genes compared.
    coverage: Coverage,
    cells: [Cells; 2],
    /// What each gene adds up to on either side.
    sides: [Vec<GeneMoments>; 2],
    /// Of each donor the two sides; `None` where cells alone are compared.
    donors: Option<BTreeMap<u32, [DonorSide; 2]>>,
}

/// Genes whose donors are compared at one time, so that memory does not grow with donors times genes.
const GENES_AT_ONCE: usize = 512;

/// The cells of a donor on a side.
#[derive(Clone, Debug, Default)]
struct DonorSide {
    cells: Cells,
    /// Genes that they express, ascending.
    genes: Vec<(u32, GeneMoments)>,
}

impl DonorSide {
    fn add(&mut self, cells: &Cells, genes: &[(u32, GeneMoments)]) {
        self.cells.add(cells);
        self.genes = added(&self.genes, genes);
    }

    /// What some genes, ascending, add up to over so many cells that measured them.
    fn moments(&self, n_cells: u64, genes: &[u32]) -> Moments {
        let mut moments = Moments { n_cells, ..Moments::empty(genes.len()) };
        for (gene, entry) in genes.iter().zip(&mut moments.entries) {
            if let Ok(at) = self.genes.binary_search_by_key(gene, |of| of.0) {
                *entry = self.genes[at].1;
            }
        }
        moments
    }
}

/// The sums of genes that either of two sets of cells expresses, each in ascending order of genes.
fn added(some: &[(u32, GeneMoments)], others: &[(u32, GeneMoments)]) -> Vec<(u32, GeneMoments)> {
    let mut all = Vec::with_capacity(some.len().max(others.len()));
    let (mut some, mut others) = (some, others);
    while let ([a, rest_of_some @ ..], [b, rest_of_others @ ..]) = (some, others) {
        match a.0.cmp(&b.0) {
            Ordering::Less => {
                all.push(*a);
                some = rest_of_some;
            }
            Ordering::Greater => {
                all.push(*b);
                others = rest_of_others;
            }
            Ordering::Equal => {
                let mut sum = a.1;
                sum.add(&b.1);
                all.push((a.0, sum));
                (some, others) = (rest_of_some, rest_of_others);
            }
        }
    }
    all.extend(some);
    all.extend(others);
    all
}

/// Why a comparison fails.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ContrastError {
    /// A group has a gene that the comparison does not.
    #[error("a group has the gene of number {gene}, but the comparison is of {n_genes} genes; it is of another corpus")]
    Gene {
        /// Its number.
        gene: u32,
        /// Genes compared.
        n_genes: usize,
    },
    /// Donors were not noted.
    #[error("donors cannot be compared, since they were not noted; begin with Contrast::by_donor")]
    NoDonors,
    /// Donors cannot be compared.
    #[error(transparent)]
    Pseudobulk(#[from] PseudobulkError),
}

/// The test of a gene.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Tested {
    /// Welch's t.
    pub t: f64,
    /// Degrees of freedom.
    pub df: f64,
    /// Two-sided p-value; 0 where it is below the smallest `f64`.
    pub pval: f64,
    /// Its decimal logarithm, which does not underflow.
    pub log10_pval: f64,
    /// Adjusted by Benjamini-Hochberg over all genes with a test; NaN where [`Mode::Compatible`] spoils it.
    pub pval_adj: f64,
    /// Its decimal logarithm, which does not underflow.
    pub log10_pval_adj: f64,
}

/// Every gene compared, in gene order, as columns of equal length.
#[derive(Clone, Debug, PartialEq)]
pub struct Comparison {
    /// Cells of the first side and of the second.
    pub n_cells: [u64; 2],
    /// Those of each side that measured the gene, which all other columns are of.
    pub n_measured: Vec<[u64; 2]>,
    /// Mean of ln(CPTT + 1) over all of these.
    pub means: Vec<[f64; 2]>,
    /// Percentage of these that express the gene.
    pub percentages: Vec<[f64; 2]>,
    /// The first mean less the second.
    pub difference: Vec<f64>,
    /// The 95 % confidence interval of the difference; `None` without a test.
    pub interval: Vec<Option<[f64; 2]>>,
    /// Cohen's d; infinite where neither side varies and the means differ, 0 where a side has no cells.
    pub effect_size: Vec<f64>,
    /// `None` where nothing can be tested: a side has fewer than two cells, or neither varies.
    pub tests: Vec<Option<Tested>>,
}

impl Contrast {
    /// A comparison of the genes that datasets cover, cells being the replicates. In [`Mode::Compatible`] every cell counts as
    /// one that measured each gene.
    pub fn new(coverage: Coverage, fixed: FixedPoint, mode: Mode) -> Self {
        let n_genes = coverage.pattern_of().len();
        let coverage = match mode {
            Mode::Exact => coverage,
            Mode::Compatible => Coverage::whole(n_genes),
        };
        let sides = [vec![GeneMoments::default(); n_genes], vec![GeneMoments::default(); n_genes]];
        Self { fixed, mode, coverage, cells: <[Cells; 2]>::default(), sides, donors: None }
    }

    /// The same, donors being noted too.
    pub fn by_donor(coverage: Coverage, fixed: FixedPoint, mode: Mode) -> Self {
        Self { donors: Some(BTreeMap::new()), ..Self::new(coverage, fixed, mode) }
    }

    /// Adds a group: what of it counts on each side, its donor's number where it is known, cells, and its genes in ascending
    /// order.
    ///
    /// # Errors
    /// [`ContrastError::Gene`]; the comparison is then of no use.
    pub fn push(
        &mut self,
        counts: [Membership; 2],
        donor: Option<u32>,
        cells: &Cells,
        genes: &[(u32, GeneMoments)],
    ) -> Result<(), ContrastError> {
        let n_genes = self.sides[0].len();
        if let Some(&(gene, _)) = genes.iter().find(|(gene, _)| *gene as usize >= n_genes) {
            return Err(ContrastError::Gene { gene, n_genes });
        }
        let of_donor = self.donors.as_mut().zip(donor).map(|(donors, donor)| donors.entry(donor).or_default());
        let mut of_donor = of_donor.map_or([None, None], |[first, second]| [Some(first), Some(second)]);
        let sides = self.sides.iter_mut().zip(&mut self.cells);
        for (((side, of_side), of_donor), counts) in sides.zip(&mut of_donor).zip(counts) {
            let genes = match counts {
                Membership::None => continue,
                Membership::CellsAlone => &[],
                Membership::Whole => genes,
            };
            of_side.add(cells);
            genes.iter().for_each(|(gene, moments)| side[*gene as usize].add(moments));
            if let Some(of_donor) = of_donor {
                of_donor.add(cells, genes);
            }
        }
        Ok(())
    }

    /// Compares every gene between cells.
    pub fn compare(&self) -> Comparison {
        let n_genes = self.sides[0].len();
        let mut comparison = Comparison {
            n_cells: [self.cells[0].n(), self.cells[1].n()],
            n_measured: Vec::with_capacity(n_genes),
            means: Vec::with_capacity(n_genes),
            percentages: Vec::with_capacity(n_genes),
            difference: Vec::with_capacity(n_genes),
            interval: Vec::with_capacity(n_genes),
            effect_size: Vec::with_capacity(n_genes),
            tests: Vec::with_capacity(n_genes),
        };
        let of_pattern = |pattern| [0, 1].map(|side| self.coverage.n_measured(pattern, &self.cells[side]));
        let n_measured: Vec<[u64; 2]> = (0..self.coverage.n_patterns() as u32).map(of_pattern).collect();
        for (gene, &pattern) in self.coverage.pattern_of().iter().enumerate() {
            let n_cells = n_measured[pattern as usize];
            let summary = |side: usize| self.fixed.summary(self.sides[side][gene], n_cells[side]);
            comparison.push([0, 1].map(summary), self.mode);
        }
        self.adjust(&mut comparison.tests);
        comparison
    }

    /// Compares every gene between donors, each counting once ([`pseudobulk`]), by the mean over its cells that measured the
    /// gene. The design is that of all cells; a gene that too few of these donors measured for it has no result, and NaN in
    /// every column. Genes without one, and those that no cell of either side expresses, are not among those that p-values
    /// are adjusted for.
    ///
    /// # Errors
    /// [`ContrastError::NoDonors`], or [`ContrastError::Pseudobulk`] where too few donors have enough cells.
    pub fn compare_donors(&self, names: impl Fn(u32) -> String) -> Result<PseudobulkTable, ContrastError> {
        let donors = self.donors.as_ref().ok_or(ContrastError::NoDonors)?;
        // Of both sides of every donor the cells that measured some genes.
        let compared = |n_cells: &[u64], genes: &[u32]| {
            let sample = |((&donor, [first, second]), n_cells): ((&u32, &[DonorSide; 2]), &[u64])| SampleMoments {
                name: names(donor),
                group: first.moments(n_cells[0], genes),
                reference: second.moments(n_cells[1], genes),
            };
            let samples: Vec<SampleMoments> = donors.iter().zip(n_cells.chunks(2)).map(sample).collect();
            pseudobulk(&samples, &FixedPoints::Uniform(self.fixed), Adjustment::BenjaminiHochberg)
        };
        let cells: Vec<&Cells> = donors.values().flatten().map(|side| &side.cells).collect();
        let mut table = compared(&cells.iter().map(|cells| cells.n()).collect::<Vec<_>>(), &[])?;
        without_results(&mut table, self.sides[0].len());
        for (n_cells, genes) in self.coverage.genes_by_measured(&cells) {
            for genes in genes.chunks(GENES_AT_ONCE) {
                match compared(&n_cells, genes) {
                    Ok(found) if found.design == table.design => take_results(&mut table, genes, found),
                    // Too few donors measured them, or too few on both sides.
                    Ok(_) | Err(PseudobulkError::TooFewSamples { .. }) => {}
                    Err(error) => return Err(error.into()),
                }
            }
        }
        let is_tested =
            |gene: &usize| !table.pval[*gene].is_nan() && self.sides.iter().any(|side| side[*gene].n_nonzero > 0);
        let tested: Vec<usize> = (0..table.pval.len()).filter(is_tested).collect();
        let of = |column: &[f64]| tested.iter().map(|&gene| column[gene]).collect::<Vec<f64>>();
        let [adjusted, log10] = adjust_with_log10(&of(&table.pval), &of(&table.log10_pval), table.adjustment);
        for (gene, pval) in table.pval.iter().enumerate() {
            (table.pval_adj[gene], table.log10_pval_adj[gene]) =
                if pval.is_nan() { (f64::NAN, f64::NAN) } else { (1.0, 0.0) };
        }
        for ((gene, adjusted), log10) in tested.into_iter().zip(adjusted).zip(log10) {
            (table.pval_adj[gene], table.log10_pval_adj[gene]) = (adjusted, log10);
        }
        Ok(table)
    }

    /// Adjusts the p-values that there are.
    fn adjust(&self, tests: &mut [Option<Tested>]) {
        let is_expressed = |gene: usize| self.sides.iter().any(|side| side[gene].n_nonzero > 0);
        // The original sorts a p-value that is none behind all others, from where it runs through every adjusted one.
        let is_spoilt = self.mode == Mode::Compatible
            && tests.iter().enumerate().any(|(gene, test)| test.is_none() && is_expressed(gene));
        let (pvals, log10_pvals): (Vec<f64>, Vec<f64>) =
            tests.iter().flatten().map(|test| (test.pval, test.log10_pval)).unzip();
        let [adjusted, log10] = adjust_with_log10(&pvals, &log10_pvals, Adjustment::BenjaminiHochberg);
        for ((test, adjusted), log10) in tests.iter_mut().flatten().zip(adjusted).zip(log10) {
            (test.pval_adj, test.log10_pval_adj) = if is_spoilt { (f64::NAN, f64::NAN) } else { (adjusted, log10) };
        }
    }
}

/// A table of so many genes, none of which has a result.
fn without_results(table: &mut PseudobulkTable, n_genes: usize) {
    columns_of(table).into_iter().for_each(|column| *column = vec![f64::NAN; n_genes]);
    table.n_agreeing = match table.design {
        Design::Paired => vec![0; n_genes],
        Design::Unpaired => Vec::new(),
    };
}

/// Takes the results of some genes into a table of all.
fn take_results(table: &mut PseudobulkTable, genes: &[u32], mut found: PseudobulkTable) {
    for (column, of_some) in columns_of(table).into_iter().zip(columns_of(&mut found)) {
        genes.iter().zip(of_some).for_each(|(&gene, value)| column[gene as usize] = *value);
    }
    genes.iter().zip(found.n_agreeing).for_each(|(&gene, n)| table.n_agreeing[gene as usize] = n);
}

fn columns_of(table: &mut PseudobulkTable) -> [&mut Vec<f64>; 7] {
    let PseudobulkTable { difference, score, df, pval, log10_pval, pval_adj, log10_pval_adj, .. } = table;
    [difference, score, df, pval, log10_pval, pval_adj, log10_pval_adj]
}

impl Comparison {
    /// log2 of the ratio of the sides' mean counts per ten thousand, as scanpy has it: of the means of logarithms, each without
    /// its logarithm, and 1e-9 more.
    ///
    /// # Panics
    /// When there is no such gene.
    pub fn log2_fold_change(&self, gene: usize) -> f64 {
        let [first, second] = self.means[gene];
        DeOptions::default().effect_of(first, second)
    }

    fn push(&mut self, sides: [Summary; 2], mode: Mode) {
        let [first, second] = sides;
        let difference = first.mean - second.mean;
        let pooling = mode.pooling();
        let [group, reference] = sides.map(|side| Dispersion::of(&side, pooling));
        let (test, degenerate) = welch(&mode.summary(first), &mode.summary(second), Method::Welch);
        let is_tested = match (degenerate, mode) {
            (None, _) => true,
            (Some(Degenerate::TooFewCells), _) | (Some(Degenerate::NoVariance), Mode::Compatible) => false,
            (Some(Degenerate::NoVariance), Mode::Exact) => difference != 0.0,
        };
        let squared_error = |side: &Summary| mode.summary(*side).variance / side.n_cells as f64;
        let error = sides.iter().map(squared_error).sum::<f64>().sqrt();
        let half = if error > 0.0 { error * t_quantile(LEFT_OUT, test.df) } else { 0.0 };
        self.n_measured.push([first.n_cells, second.n_cells]);
        self.means.push([first.mean, second.mean]);
        self.percentages.push([100.0 * first.nonzero_share, 100.0 * second.nonzero_share]);
        self.difference.push(difference);
        self.interval.push(is_tested.then_some([difference - half, difference + half]));
        let has_cells = sides.iter().all(|side| side.n_cells > 0);
        self.effect_size.push(if has_cells { cohens_d(group, reference, pooling) } else { 0.0 });
        self.tests.push(is_tested.then_some(Tested {
            t: test.t,
            df: test.df,
            pval: test.pval,
            log10_pval: test.log10_pval,
            pval_adj: 1.0,
            log10_pval_adj: 0.0,
        }));
    }
}
