//! Composition: what the cells of each group are made of, and whether that differs between groups.

use std::f64::consts::LN_10;

use serde::{Deserialize, Serialize};

use super::{Hypergeometric, chi_squared_ln_p};
use crate::{
    data::Categorical,
    de::{
        Adjustment, Design, LEAST_CELLS, LeftOut, Method, adjust_with_log10, caution_of_samples, paired_t,
        sample_summary, welch,
    },
    filter::CellMask,
    format::cells_without_label,
};

/// Cells by their part (a label of one column) and their group (a label of another). Cells without either are left out.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Composition {
    n_parts: usize,
    n_groups: usize,
    /// Group after group, part after part.
    counts: Vec<u64>,
    n_unlabeled: u64,
}

impl Composition {
    /// Counts the cells of a set.
    ///
    /// # Panics
    /// When the columns and the set are of different datasets.
    pub fn count(parts: &Categorical, groups: &Categorical, cells: &CellMask) -> Self {
        assert!(parts.codes.len() == cells.len() && groups.codes.len() == cells.len(), "columns of different datasets");
        let mut counts = Self::empty(parts, groups);
        for cell in cells.iter() {
            counts.add(parts.codes.get(cell), groups.codes.get(cell));
        }
        counts
    }

    fn empty(parts: &Categorical, groups: &Categorical) -> Self {
        let (n_parts, n_groups) = (parts.categories.len(), groups.categories.len());
        Self { n_parts, n_groups, counts: vec![0; n_parts * n_groups], n_unlabeled: 0 }
    }

    fn add(&mut self, part: u32, group: u32) {
        let (part, group) = (part as usize, group as usize);
        if part < self.n_parts && group < self.n_groups {
            self.counts[group * self.n_parts + part] += 1;
        } else {
            self.n_unlabeled += 1;
        }
    }

    /// Cells that are left out, since they have no part or no group.
    pub fn n_unlabeled(&self) -> u64 {
        self.n_unlabeled
    }

    /// Number of groups.
    pub fn n_groups(&self) -> usize {
        self.n_groups
    }

    /// Cells of each part in a group.
    ///
    /// # Panics
    /// When there is no such group.
    pub fn of_group(&self, group: usize) -> &[u64] {
        &self.counts[group * self.n_parts..(group + 1) * self.n_parts]
    }

    /// Cells of a group.
    ///
    /// # Panics
    /// When there is no such group.
    pub fn n_cells(&self, group: usize) -> u64 {
        self.of_group(group).iter().sum()
    }

    /// Cells of each part in all groups but one.
    fn of_others(&self, group: usize) -> Vec<u64> {
        let mut sums = vec![0; self.n_parts];
        for other in (0..self.n_groups).filter(|&other| other != group) {
            sums.iter_mut().zip(self.of_group(other)).for_each(|(sum, count)| *sum += count);
        }
        sums
    }

    /// A part's share of the cells of a group, and of those of all other groups; 0 of no cells.
    ///
    /// # Panics
    /// When there is no such group or part.
    pub fn shares(&self, group: usize, part: usize) -> [f64; 2] {
        [self.of_group(group), &self.of_others(group)].map(|counts| share_of(counts[part], counts.iter().sum()))
    }

    /// Whether any cell is of each part.
    pub fn are_there(&self) -> Vec<bool> {
        self.of_others(self.n_groups).into_iter().map(|count| count > 0).collect()
    }

    /// Pearson's test of independence of parts and groups over cells; `None` where there are fewer than two of either with a cell.
    /// Without a correction for continuity: scipy's `chi2_contingency(correction=False)`.
    pub fn chi_squared(&self) -> Option<ChiSquared> {
        let of_parts = self.of_others(self.n_groups);
        let of_groups: Vec<u64> = (0..self.n_groups).map(|group| self.n_cells(group)).collect();
        let n = of_parts.iter().sum::<u64>() as f64;
        let n_there = |counts: &[u64]| counts.iter().filter(|&&count| count > 0).count();
        let df = (n_there(&of_parts).checked_sub(1)? * n_there(&of_groups).checked_sub(1)?) as u64;
        let mut statistic = 0.0;
        for (group, &of_group) in of_groups.iter().enumerate() {
            for (&count, &of_part) in self.of_group(group).iter().zip(&of_parts) {
                let expected = of_group as f64 * of_part as f64 / n;
                if expected > 0.0 {
                    statistic += (count as f64 - expected).powi(2) / expected;
                }
            }
        }
        (df > 0).then(|| {
            let ln_p = chi_squared_ln_p(statistic, df as f64);
            ChiSquared { statistic, df, pval: libm::exp(ln_p), log10_pval: ln_p / LN_10 }
        })
    }

    /// Each part's share of a group against its share of all other groups, over cells: Fisher's exact test, two-sided, as scipy's
    /// `fisher_exact`. Cells of one sample are alike, so p-values are far too small where there are samples; then
    /// [`compare_samples`] is the test.
    ///
    /// # Panics
    /// When there is no such group.
    pub fn by_cells(&self, group: usize) -> Vec<PartTest> {
        let (of_group, others) = (self.of_group(group), self.of_others(group));
        let (n_group, n_others) = (of_group.iter().sum::<u64>(), others.iter().sum::<u64>());
        let mut tests: Vec<PartTest> = of_group
            .iter()
            .zip(&others)
            .map(|(&count, &other)| {
                let test = Hypergeometric::new(n_group + n_others, count + other, n_group);
                let ln_p = test.map_or(0.0, |test| test.ln_two_sided(count));
                let shares = [share_of(count, n_group), share_of(other, n_others)];
                PartTest { shares, ..PartTest::new(0.0, 0.0, ln_p) }
            })
            .collect();
        adjust(&mut tests, &self.are_there());
        tests
    }
}

fn share_of(count: u64, n: u64) -> f64 {
    if n == 0 { 0.0 } else { count as f64 / n as f64 }
}

/// Pearson's χ² test.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct ChiSquared {
    /// χ².
    pub statistic: f64,
    /// Degrees of freedom.
    pub df: u64,
    /// p-value.
    pub pval: f64,
    /// Its decimal logarithm, which does not underflow.
    pub log10_pval: f64,
}

/// A part's share of a group against its share of a reference.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct PartTest {
    /// Of the group and of the reference, 0 to 1: of the cells, or the mean over samples.
    pub shares: [f64; 2],
    /// t of the samples' logit shares; 0 where cells were tested.
    pub score: f64,
    /// Degrees of freedom; 0 where cells were tested.
    pub df: f64,
    /// Two-sided p-value.
    pub pval: f64,
    /// Its decimal logarithm, which does not underflow.
    pub log10_pval: f64,
    /// Adjusted over the parts that any cell is of (Benjamini–Hochberg).
    pub pval_adj: f64,
    /// Its decimal logarithm.
    pub log10_pval_adj: f64,
}

impl PartTest {
    fn new(score: f64, df: f64, ln_p: f64) -> Self {
        let (pval, log10_pval) = (libm::exp(ln_p), ln_p / LN_10);
        Self { shares: [0.0; 2], score, df, pval, log10_pval, pval_adj: pval, log10_pval_adj: log10_pval }
    }
}

/// Adjusts over the parts that are there.
fn adjust(tests: &mut [PartTest], are_there: &[bool]) {
    let mut tests: Vec<&mut PartTest> =
        tests.iter_mut().zip(are_there).filter(|(_, is_there)| **is_there).map(|(test, _)| test).collect();
    let pvals: Vec<f64> = tests.iter().map(|test| test.pval).collect();
    let log10_pvals: Vec<f64> = tests.iter().map(|test| test.log10_pval).collect();
    let [adjusted, log10] = adjust_with_log10(&pvals, &log10_pvals, Adjustment::BenjaminiHochberg);
    for (test, (adjusted, log10)) in tests.iter_mut().zip(adjusted.into_iter().zip(log10)) {
        (test.pval_adj, test.log10_pval_adj) = (adjusted, log10);
    }
}

/// A sample: its cells of each part in the group and in the reference.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SampleParts {
    /// What the sample is called.
    pub name: String,
    /// Cells of each part in the group.
    pub group: Vec<u64>,
    /// In the reference.
    pub reference: Vec<u64>,
}

/// A comparison of compositions with samples for replicates.
#[derive(Clone, Debug, PartialEq)]
pub struct SampleComparison {
    /// How samples were compared.
    pub design: Design,
    /// Samples of the group and of the reference; as many of both where the design is paired.
    pub n_samples: [usize; 2],
    /// Samples that were not taken, on a side at least, for too few cells.
    pub left_out: Vec<LeftOut>,
    /// Samples on both sides of an unpaired test.
    pub on_both: Vec<String>,
    /// One per part.
    pub tests: Vec<PartTest>,
}

/// Fewer than two samples on a side.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error(
    "a comparison of compositions needs two samples or more on each side with {LEAST_CELLS} cells or more; the group \
     has {n_group}, the reference {n_reference}"
)]
pub struct TooFewSamples {
    /// Samples with enough cells of the group.
    pub n_group: usize,
    /// Samples with enough cells of the reference.
    pub n_reference: usize,
}

/// Compares each part's share between samples: a t-test of logit shares, `ln(p / (1 − p))` with
/// `p = (cells of the part + ½) / (cells + ½ · parts)`, as propeller transforms them (Phipson et al. 2022); parts are those
/// that any cell is of, and others have p = 1. Samples with [`LEAST_CELLS`] on both sides are paired where there are two
/// or more of them; else it is Welch's test between samples.
///
/// # Errors
/// [`TooFewSamples`].
pub fn compare_samples(samples: &[SampleParts]) -> Result<SampleComparison, TooFewSamples> {
    let is_enough = |parts: &[u64]| parts.iter().sum::<u64>() >= LEAST_CELLS;
    let of_group: Vec<&SampleParts> = samples.iter().filter(|sample| is_enough(&sample.group)).collect();
    let of_reference: Vec<&SampleParts> = samples.iter().filter(|sample| is_enough(&sample.reference)).collect();
    let both: Vec<&SampleParts> = of_group.iter().copied().filter(|sample| is_enough(&sample.reference)).collect();
    let (design, of_group, of_reference) = match (both.len(), of_group.len(), of_reference.len()) {
        (2.., _, _) => (Design::Paired, both.clone(), both.clone()),
        (_, 2.., 2..) => (Design::Unpaired, of_group, of_reference),
        (_, n_group, n_reference) => return Err(TooFewSamples { n_group, n_reference }),
    };
    let left_out = |sample: &SampleParts| {
        let cells = [&sample.group, &sample.reference].map(|counts| counts.iter().sum());
        LeftOut::of(&sample.name, cells, design)
    };
    let left_out = samples.iter().filter_map(left_out).collect();
    let on_both = match design {
        Design::Paired => Vec::new(),
        Design::Unpaired => both.iter().map(|sample| sample.name.clone()).collect(),
    };
    let n_parts = of_group.first().map_or(0, |sample| sample.group.len());
    let are_there: Vec<bool> =
        (0..n_parts).map(|part| samples.iter().any(|sample| sample.group[part] + sample.reference[part] > 0)).collect();
    let n_there = are_there.iter().filter(|&&is_there| is_there).count();
    let group: Vec<&[u64]> = of_group.iter().map(|sample| sample.group.as_slice()).collect();
    let reference: Vec<&[u64]> = of_reference.iter().map(|sample| sample.reference.as_slice()).collect();
    let test = |(part, &is_there): (usize, &bool)| match is_there {
        true => test_part([&group, &reference], part, n_there, design),
        false => PartTest::new(0.0, 0.0, 0.0),
    };
    let mut tests: Vec<PartTest> = are_there.iter().enumerate().map(test).collect();
    adjust(&mut tests, &are_there);
    Ok(SampleComparison { design, n_samples: [of_group.len(), of_reference.len()], left_out, on_both, tests })
}

fn test_part([group, reference]: [&[&[u64]]; 2], part: usize, n_parts: usize, design: Design) -> PartTest {
    let logits = |samples: &[&[u64]]| -> Vec<f64> {
        samples.iter().map(|counts| logit_share(counts[part], counts.iter().sum(), n_parts)).collect()
    };
    let (of_group, of_reference) = (logits(group), logits(reference));
    let test = match design {
        Design::Paired => paired_t(&of_group.iter().zip(&of_reference).map(|(a, b)| a - b).collect::<Vec<_>>()).1,
        Design::Unpaired => welch(&sample_summary(&of_group), &sample_summary(&of_reference), Method::Welch).0,
    };
    let share = |counts: &&[u64]| counts[part] as f64 / counts.iter().sum::<u64>() as f64;
    let mean = |samples: &[&[u64]]| samples.iter().map(share).sum::<f64>() / samples.len() as f64;
    PartTest { shares: [mean(group), mean(reference)], ..PartTest::new(test.t, test.df, test.log10_pval * LN_10) }
}

fn logit_share(of_part: u64, n_cells: u64, n_parts: usize) -> f64 {
    let of_part = of_part as f64 + 0.5;
    let total = n_cells as f64 + 0.5 * n_parts as f64;
    libm::log(of_part / (total - of_part))
}

/// Cells by their sample, their group and their part. Cells without a sample are left out.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct SampleCounts {
    /// The column of the samples.
    pub column: String,
    /// What the samples are called.
    names: Vec<String>,
    /// Of each sample.
    counts: Vec<Composition>,
    /// Cells with a part and a group, and without a sample.
    n_without: u64,
}

impl SampleCounts {
    /// Counts the cells of a set.
    ///
    /// # Panics
    /// When the columns and the set are of different datasets.
    pub fn count(
        [parts, groups]: [&Categorical; 2],
        (column, samples): (&str, &Categorical),
        cells: &CellMask,
    ) -> Self {
        // The last is of cells without a sample.
        let mut counts = vec![Composition::empty(parts, groups); samples.categories.len() + 1];
        for cell in cells.iter() {
            let sample = samples.codes.get(cell) as usize;
            counts[sample].add(parts.codes.get(cell), groups.codes.get(cell));
        }
        let n_without = counts.pop().map_or(0, |without| without.counts.iter().sum());
        Self { column: column.to_owned(), names: samples.categories.to_vec(), counts, n_without }
    }

    /// The samples that have cells, with their parts in a group and in all other groups.
    ///
    /// # Panics
    /// When there is no such group.
    pub fn of_group(&self, group: usize) -> Vec<SampleParts> {
        let sample = |(name, counts): (&String, &Composition)| SampleParts {
            name: name.clone(),
            group: counts.of_group(group).to_vec(),
            reference: counts.of_others(group),
        };
        let has_cells = |sample: &SampleParts| sample.group.iter().chain(&sample.reference).any(|&count| count > 0);
        self.names.iter().zip(&self.counts).map(sample).filter(has_cells).collect()
    }
}

/// A composition with what its parts and groups are called, and with the samples of its cells where these are replicates.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct NamedComposition {
    /// The column of the parts.
    pub of: String,
    /// Its labels.
    part_labels: Vec<String>,
    /// The column of the groups.
    pub by: String,
    /// Its labels.
    group_labels: Vec<String>,
    /// Cells by part and group.
    pub counts: Composition,
    /// The same by sample.
    pub samples: Option<SampleCounts>,
}

/// How the parts of a group compare with those of all other groups.
#[derive(Clone, Debug, PartialEq)]
pub enum GroupTest {
    /// By cells: of each part.
    Cells(Vec<PartTest>),
    /// By samples.
    Samples(SampleComparison),
    /// There are too few samples to tell.
    TooFew(TooFewSamples),
}

impl GroupTest {
    /// The test of a part, where there is one.
    pub fn of_part(&self, part: usize) -> Option<&PartTest> {
        match self {
            Self::Cells(tests) | Self::Samples(SampleComparison { tests, .. }) => tests.get(part),
            Self::TooFew(_) => None,
        }
    }
}

impl NamedComposition {
    /// Counts the cells of a set: the parts and the groups are labels of the columns of these names, and so are the samples.
    ///
    /// # Panics
    /// When the columns and the set are of different datasets.
    pub fn count(
        [(of, parts), (by, groups)]: [(&str, &Categorical); 2],
        samples: Option<(&str, &Categorical)>,
        cells: &CellMask,
    ) -> Self {
        Self {
            of: of.to_owned(),
            part_labels: parts.categories.to_vec(),
            by: by.to_owned(),
            group_labels: groups.categories.to_vec(),
            counts: Composition::count(parts, groups, cells),
            samples: samples.map(|samples| SampleCounts::count([parts, groups], samples, cells)),
        }
    }

    /// What a part is called; empty where there is none.
    pub fn part(&self, part: usize) -> &str {
        self.part_labels.get(part).map_or("", String::as_str)
    }

    /// What a group is called; empty where there is none.
    pub fn group(&self, group: usize) -> &str {
        self.group_labels.get(group).map_or("", String::as_str)
    }

    /// The groups with a cell, each with the test of its parts against all other groups: of samples where there are any, else
    /// of cells.
    pub fn tests(&self) -> Vec<(usize, GroupTest)> {
        let groups = (0..self.counts.n_groups()).filter(|&group| self.counts.n_cells(group) > 0);
        let test = |group: usize| match &self.samples {
            None => GroupTest::Cells(self.counts.by_cells(group)),
            Some(samples) => match compare_samples(&samples.of_group(group)) {
                Ok(found) => GroupTest::Samples(found),
                Err(few) => GroupTest::TooFew(few),
            },
        };
        groups.map(|group| (group, test(group))).collect()
    }

    /// Why the [tests](Self::tests) are to be read with care: cells and samples that do not count, and groups that cannot be
    /// tested. A sentence each.
    pub fn cautions(&self, tests: &[(usize, GroupTest)]) -> Vec<String> {
        let of = format!("{} or {}", self.of, self.by);
        let unlabeled = cells_without_label(self.counts.n_unlabeled, &of, "left out");
        let without = self.samples.as_ref().and_then(|samples| {
            cells_without_label(samples.n_without, &samples.column, "in the shares and in no sample of the tests")
        });
        let of_groups = tests.iter().filter_map(|(group, test)| {
            let caution = match test {
                GroupTest::Cells(_) => None,
                GroupTest::Samples(SampleComparison { design, left_out, on_both, .. }) => {
                    let on_both: Vec<&str> = on_both.iter().map(String::as_str).collect();
                    caution_of_samples(left_out, &on_both, *design)
                }
                GroupTest::TooFew(few) => Some(format!("{few}.")),
            };
            Some(format!("{}: {}", self.group(*group), caution?))
        });
        unlabeled.into_iter().chain(without).chain(of_groups).collect()
    }

    /// How the tests are made, in a sentence.
    pub fn method(&self) -> String {
        let test = match &self.samples {
            Some(SampleCounts { column, .. }) => {
                format!("t-test of logit shares of the samples of {column} (at least {LEAST_CELLS} cells)")
            }
            None => "Fisher's exact test of cells, which are not independent within a sample".to_owned(),
        };
        test + "; each group against all others"
    }
}

#[cfg(test)]
mod tests {
    use proptest::{collection::vec, prelude::*};

    use super::*;
    use crate::data::Codes;

    fn column(codes: &[u8], n_categories: usize) -> Categorical {
        let categories = (0..n_categories).map(|label| format!("l{label}")).collect();
        Categorical { codes: Codes::U8(codes.to_vec()), categories, ordered: false }
    }

    #[test]
    fn cells_are_counted_and_those_without_a_label_are_left_out() {
        let (parts, groups) = (column(&[0, 1, 1, 2, 0, 3, 1], 3), column(&[0, 0, 1, 1, 1, 0, 2], 2));
        let cells = CellMask::from_bytes(vec![1, 1, 1, 1, 0, 1, 1]);
        let composition = Composition::count(&parts, &groups, &cells);
        assert_eq!((composition.of_group(0), composition.of_group(1)), (&[1, 1, 0][..], &[0, 1, 1][..]));
        assert_eq!((composition.n_cells(1), composition.n_unlabeled()), (2, 2));
        assert_eq!((composition.shares(0, 1), composition.shares(1, 0)), ([0.5, 0.5], [0.0, 0.5]));
        // chi2_contingency([[1, 1, 0], [0, 1, 1]], correction=False): 2, df 2, p e^-1.
        let test = composition.chi_squared().unwrap();
        assert_eq!((test.statistic, test.df), (2.0, 2));
        assert!((test.pval - (-1.0_f64).exp()).abs() < 1e-12, "{test:?}");
        let one = Composition::count(&parts, &groups, &CellMask::from_bytes(vec![1, 1, 0, 0, 0, 0, 0]));
        assert_eq!(one.chi_squared(), None);
    }

    #[test]
    fn samples_are_told_by_group_and_the_rest_and_cells_without_one_are_left_out() {
        let (parts, groups) = (column(&[0, 1, 1, 2, 0], 2), column(&[0, 0, 1, 1, 1], 2));
        let samples = column(&[0, 0, 0, 2, 3], 3);
        let counts = SampleCounts::count([&parts, &groups], ("batch", &samples), &CellMask::all(5));
        // The cell of sample l2 has no part.
        assert_eq!(counts.of_group(0), [sample("l0", &[1, 1], &[0, 1])]);
        let named = NamedComposition::count(
            [("type", &parts), ("phase", &groups)],
            Some(("batch", &samples)),
            &CellMask::all(5),
        );
        let few = GroupTest::TooFew(TooFewSamples { n_group: 0, n_reference: 0 });
        assert_eq!(named.tests(), [(0, few.clone()), (1, few)]);
        assert_eq!((named.part(1), named.group(1)), ("l1", "l1"));
        let cautions = named.cautions(&named.tests());
        let start =
            ["1 cell without a label of type or phase is left out", "1 cell without a label of batch is in the"];
        assert!(cautions.iter().zip(start).all(|(caution, start)| caution.starts_with(start)), "{cautions:?}");
        assert!(cautions[3].starts_with("l1: a comparison of compositions needs two samples"), "{cautions:?}");
    }

    fn sample(name: &str, group: &[u64], reference: &[u64]) -> SampleParts {
        SampleParts { name: name.to_owned(), group: group.to_vec(), reference: reference.to_vec() }
    }

    #[test]
    fn samples_on_both_sides_are_paired_and_others_are_left_out() {
        let samples =
            [sample("a", &[30, 70], &[10, 90]), sample("b", &[40, 60], &[25, 75]), sample("few", &[1, 1], &[50, 50])];
        let found = compare_samples(&samples).unwrap();
        let few = LeftOut { name: "few".to_owned(), n_group: Some(2), n_reference: Some(100) };
        assert_eq!((found.design, found.n_samples, found.left_out), (Design::Paired, [2, 2], vec![few]));
        assert!((found.tests[0].shares[0] - 0.35).abs() < 1e-12);
        // Of two parts, one's gain is the other's loss.
        assert!((found.tests[0].score + found.tests[1].score).abs() < 1e-9);
        let refused = compare_samples(&samples[1..]).unwrap_err();
        assert_eq!(refused, TooFewSamples { n_group: 1, n_reference: 2 });
    }

    #[test]
    fn a_sample_on_both_sides_of_an_unpaired_test_is_named() {
        let samples =
            [sample("a", &[30, 70], &[10, 90]), sample("b", &[40, 60], &[2, 1]), sample("c", &[0, 0], &[20, 30])];
        let found = compare_samples(&samples).unwrap();
        assert_eq!((found.design, found.n_samples, found.on_both), (Design::Unpaired, [2, 2], vec!["a".to_owned()]));
        let b = LeftOut { name: "b".to_owned(), n_group: None, n_reference: Some(3) };
        assert_eq!(found.left_out, [b]);
    }

    proptest! {
        #[test]
        fn exchanged_sides_change_signs_alone(counts in vec(vec(1u64..200, 3), 4..9)) {
            let zero = || vec![0; 3];
            let sides = |group_first: usize| -> Vec<SampleParts> {
                counts.iter().enumerate().map(|(at, counts)| {
                    let counts: Vec<u64> = counts.iter().map(|count| count + 10).collect();
                    let name = at.to_string();
                    if at % 2 == group_first {
                        SampleParts { name, group: counts, reference: zero() }
                    } else {
                        SampleParts { name, group: zero(), reference: counts }
                    }
                }).collect()
            };
            let (found, turned) = (compare_samples(&sides(0)).unwrap(), compare_samples(&sides(1)).unwrap());
            for (test, other) in found.tests.iter().zip(&turned.tests) {
                prop_assert_eq!((test.score, test.pval, test.shares[0]), (-other.score, other.pval, other.shares[1]));
            }
        }
    }
}
