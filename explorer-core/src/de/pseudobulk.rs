//! Pseudobulk: samples instead of cells as replicates.
//!
//! Cells of one sample are alike, so a test that takes every cell for a replicate finds differences between donors
//! everywhere (Squair et al., *Nature Communications* 12, 5692, 2021). Here each sample counts once: its mean over
//! its cells of the group, and over its cells of the reference.

use std::f64::consts::LN_10;

use super::{
    Adjustment, FixedPoints, Method, Moments, MomentsError, Summary, Welch, adjust_with_log10, two_sided_ln_p, welch,
};
use crate::format;

/// A sample: the moments of its cells in the group and in the reference.
#[derive(Clone, Debug)]
pub struct SampleMoments {
    /// What the sample is called.
    pub name: String,
    /// Its cells of the group.
    pub group: Moments,
    /// Its cells of the reference.
    pub reference: Moments,
}

/// How samples are compared.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Design {
    /// Samples have cells on both sides: a t-test of the differences within samples.
    Paired,
    /// Each sample has cells on one side: Welch's test between the samples' means.
    Unpaired,
}

/// One row a gene, in gene order, as columns of equal length. No value is NaN.
#[derive(Clone, Debug, PartialEq)]
pub struct PseudobulkTable {
    /// How samples were compared.
    pub design: Design,
    /// How p-values are adjusted.
    pub adjustment: Adjustment,
    /// Samples that were taken, by name; of an unpaired design first those of the group.
    pub samples: Vec<String>,
    /// How many of these are samples of the group; all, when the design is paired.
    pub n_group: usize,
    /// Samples that were not taken, on a side at least, for too few cells.
    pub left_out: Vec<LeftOut>,
    /// Mean over samples of the group's mean less that of the reference.
    pub difference: Vec<f64>,
    /// t, of the differences or of Welch.
    pub score: Vec<f64>,
    /// Degrees of freedom.
    pub df: Vec<f64>,
    /// Two-sided p-value; 0 where it is below the smallest `f64`.
    pub pval: Vec<f64>,
    /// Its decimal logarithm, which does not underflow.
    pub log10_pval: Vec<f64>,
    /// Adjusted p-value.
    pub pval_adj: Vec<f64>,
    /// Its decimal logarithm, which does not underflow.
    pub log10_pval_adj: Vec<f64>,
    /// Samples whose difference has the sign of the mean difference, paired designs alone.
    pub n_agreeing: Vec<u32>,
}

/// Cells of a sample that do not count.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LeftOut {
    /// What the sample is called.
    pub name: String,
    /// How many cells of the group; `None` where they count after all.
    pub n_group: Option<u64>,
    /// The same of the reference.
    pub n_reference: Option<u64>,
}

/// Why samples cannot be compared.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum PseudobulkError {
    /// Fewer than two samples on a side.
    #[error(
        "pseudobulk needs two samples or more on each side with {least_cells} cells or more; the group has \
         {n_group}, the reference {n_reference}"
    )]
    TooFewSamples {
        /// Samples with enough cells of the group.
        n_group: usize,
        /// Samples with enough cells of the reference.
        n_reference: usize,
        /// Cells that are enough.
        least_cells: u64,
    },
    /// Samples are of different layers.
    #[error(transparent)]
    Moments(#[from] MomentsError),
}

/// Samples with fewer cells on a side say little of it.
pub const LEAST_CELLS: u64 = 10;

/// Compares samples: paired where at least two have [`LEAST_CELLS`] on both sides, else unpaired.
///
/// # Errors
/// [`PseudobulkError`].
pub fn pseudobulk(
    samples: &[SampleMoments],
    fixed: &FixedPoints,
    adjustment: Adjustment,
) -> Result<PseudobulkTable, PseudobulkError> {
    let n_entries = samples.first().map_or(0, |sample| sample.group.entries.len());
    let n_genes = fixed.n_genes(n_entries);
    for moments in samples.iter().flat_map(|sample| [&sample.group, &sample.reference]) {
        if moments.entries.len() != n_entries {
            return Err(MomentsError::Entries { found: moments.entries.len(), expected: n_entries }.into());
        }
    }
    let has_group = |sample: &&SampleMoments| sample.group.n_cells >= LEAST_CELLS;
    let has_reference = |sample: &&SampleMoments| sample.reference.n_cells >= LEAST_CELLS;
    let of_group: Vec<&SampleMoments> = samples.iter().filter(has_group).collect();
    let of_reference: Vec<&SampleMoments> = samples.iter().filter(has_reference).collect();
    let both: Vec<&SampleMoments> = samples.iter().filter(has_group).filter(has_reference).collect();
    let mean = |moments: &Moments, gene: usize| fixed.summary(moments, gene).mean;
    let mut table = PseudobulkTable {
        design: Design::Paired,
        adjustment,
        samples: names(&both),
        n_group: both.len(),
        left_out: Vec::new(),
        difference: Vec::with_capacity(n_genes),
        score: Vec::with_capacity(n_genes),
        df: Vec::with_capacity(n_genes),
        pval: Vec::with_capacity(n_genes),
        log10_pval: Vec::with_capacity(n_genes),
        pval_adj: Vec::new(),
        log10_pval_adj: Vec::new(),
        n_agreeing: Vec::new(),
    };
    if both.len() >= 2 {
        for gene in 0..n_genes {
            let differences: Vec<f64> =
                both.iter().map(|sample| mean(&sample.group, gene) - mean(&sample.reference, gene)).collect();
            table.push_paired(&differences);
        }
    } else if of_group.len() >= 2 && of_reference.len() >= 2 {
        table.design = Design::Unpaired;
        table.samples = [names(&of_group), names(&of_reference)].concat();
        table.n_group = of_group.len();
        for gene in 0..n_genes {
            let group = sample_summary(&of_group.iter().map(|sample| mean(&sample.group, gene)).collect::<Vec<_>>());
            let reference =
                sample_summary(&of_reference.iter().map(|sample| mean(&sample.reference, gene)).collect::<Vec<_>>());
            let (test, _) = welch(&group, &reference, Method::Welch);
            table.push(group.mean - reference.mean, test);
        }
    } else {
        return Err(PseudobulkError::TooFewSamples {
            n_group: of_group.len(),
            n_reference: of_reference.len(),
            least_cells: LEAST_CELLS,
        });
    }
    let left_out = |sample: &SampleMoments| {
        LeftOut::of(&sample.name, [sample.group.n_cells, sample.reference.n_cells], table.design)
    };
    table.left_out = samples.iter().filter_map(left_out).collect();
    [table.pval_adj, table.log10_pval_adj] = adjust_with_log10(&table.pval, &table.log10_pval, adjustment);
    Ok(table)
}

fn names(samples: &[&SampleMoments]) -> Vec<String> {
    samples.iter().map(|sample| sample.name.clone()).collect()
}

impl LeftOut {
    /// What does not count of a sample with so many cells in the group and in the reference; `None` where all do.
    pub(crate) fn of(name: &str, cells: [u64; 2], design: Design) -> Option<Self> {
        let [n_group, n_reference] = match design {
            Design::Paired if cells.iter().all(|&n| n >= LEAST_CELLS) || cells == [0, 0] => return None,
            Design::Paired => cells.map(Some),
            Design::Unpaired => cells.map(|n| (1..LEAST_CELLS).contains(&n).then_some(n)),
        };
        (n_group.is_some() || n_reference.is_some()).then(|| Self { name: name.to_owned(), n_group, n_reference })
    }

    /// "d3 (4 in the group, 0 in the reference)".
    fn text(&self) -> String {
        let sides = [(self.n_group, "group"), (self.n_reference, "reference")];
        let sides = sides.into_iter().filter_map(|(n, side)| Some(format!("{} in the {side}", format::integer(n?))));
        format!("{} ({})", self.name, format::listed(sides))
    }
}

/// What is to be said of the samples of a comparison: those that do not count, or not on a side, and those that are on both
/// sides of an unpaired test. `None` where there is nothing.
pub(crate) fn caution_of_samples(left_out: &[LeftOut], on_both: &[&str], design: Design) -> Option<String> {
    const MOST_NAMED: usize = 5;
    let are = |n: usize| if n == 1 { "is" } else { "are" };
    let few = (!left_out.is_empty()).then(|| {
        let (samples, are) = (format::plural(left_out.len(), "sample", "samples"), are(left_out.len()));
        let of = match design {
            Design::Paired => format!("in the group or in the reference {are} left out"),
            Design::Unpaired => format!("in a set {are} left out of it"),
        };
        let names: Vec<String> = left_out.iter().map(LeftOut::text).collect();
        let names = format::first_of(&names, MOST_NAMED);
        format!("{samples} with fewer than {LEAST_CELLS} cells {of}: {names}.")
    });
    let twice = (!on_both.is_empty()).then(|| {
        let (samples, are) = (format::plural(on_both.len(), "sample", "samples"), are(on_both.len()));
        let names = format::first_of(on_both, MOST_NAMED);
        format!("{samples} {are} on both sides, which the unpaired test takes for different samples: {names}.")
    });
    let said: Vec<String> = few.into_iter().chain(twice).collect();
    (!said.is_empty()).then(|| said.join(" "))
}

impl PseudobulkTable {
    /// Which samples do not count, and which count twice; `None` where each counts once.
    pub fn caution(&self) -> Option<String> {
        let (of_group, of_reference) = self.samples.split_at(self.n_group);
        let on_both: Vec<&str> = match self.design {
            Design::Paired => Vec::new(),
            Design::Unpaired => {
                of_group.iter().filter(|name| of_reference.contains(name)).map(String::as_str).collect()
            }
        };
        caution_of_samples(&self.left_out, &on_both, self.design)
    }

    /// The same table, its p-values adjusted otherwise.
    #[must_use]
    pub fn adjusted(&self, adjustment: Adjustment) -> Self {
        let [pval_adj, log10_pval_adj] = adjust_with_log10(&self.pval, &self.log10_pval, adjustment);
        Self { adjustment, pval_adj, log10_pval_adj, ..self.clone() }
    }

    fn push(&mut self, difference: f64, test: Welch) {
        self.difference.push(difference);
        self.score.push(test.t);
        self.df.push(test.df);
        self.pval.push(test.pval);
        self.log10_pval.push(test.log10_pval);
    }

    /// The paired t-test of one gene.
    fn push_paired(&mut self, differences: &[f64]) {
        let (mean, test) = paired_t(differences);
        self.push(mean, test);
        let agrees = |difference: &&f64| **difference * mean > 0.0;
        self.n_agreeing.push(differences.iter().filter(agrees).count() as u32);
    }
}

/// The mean of differences within pairs, of which there are two or more, and its t-test (scipy's `ttest_rel`); without
/// any variance as [`welch()`].
pub fn paired_t(differences: &[f64]) -> (f64, Welch) {
    let Summary { mean, variance, .. } = sample_summary(differences);
    let n = differences.len() as f64;
    let df = n - 1.0;
    let (t, ln_p) = if variance > 0.0 {
        let t = mean / (variance / n).sqrt();
        (t, two_sided_ln_p(t, df))
    } else if mean == 0.0 {
        (0.0, 0.0)
    } else {
        (f64::INFINITY.copysign(mean), f64::NEG_INFINITY)
    };
    (mean, Welch { t, df, pval: libm::exp(ln_p), log10_pval: ln_p / LN_10 })
}

/// Mean and variance (ddof 1) of samples' values, as [`welch()`] takes them.
pub fn sample_summary(values: &[f64]) -> Summary {
    let n = values.len() as f64;
    let mean = values.iter().sum::<f64>() / n;
    let scatter: f64 = values.iter().map(|value| (value - mean) * (value - mean)).sum();
    // Equal values leave a trace of rounding, which is no variance.
    let largest = values.iter().fold(0f64, |largest, value| largest.max(value.abs()));
    let is_noise = scatter <= n * (4.0 * f64::EPSILON * largest).powi(2);
    let variance = if values.len() < 2 || is_noise { 0.0 } else { scatter / (n - 1.0) };
    Summary { n_cells: values.len() as u64, mean, variance, nonzero_share: 1.0 }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::de::{FixedPoint, GeneMoments};

    /// A sample in which every cell of the group has one value of the only gene, and every cell of the reference
    /// another.
    fn sample(name: &str, group: (u64, f32), reference: (u64, f32)) -> SampleMoments {
        let fixed = FixedPoint::for_log_counts(1000);
        let moments = |(n_cells, value): (u64, f32)| {
            let x = fixed.encode(value);
            let gene = GeneMoments { n_nonzero: n_cells as u32, sum: x * n_cells as i64, sum_sq: 0 };
            Moments { n_cells, entries: vec![gene] }
        };
        SampleMoments { name: name.to_owned(), group: moments(group), reference: moments(reference) }
    }

    fn run(samples: &[SampleMoments]) -> Result<PseudobulkTable, PseudobulkError> {
        let fixed = FixedPoints::Uniform(FixedPoint::for_log_counts(1000));
        pseudobulk(samples, &fixed, Adjustment::default())
    }

    #[test]
    fn pairs_are_tested_by_their_differences() {
        let samples = [
            sample("a", (50, 2.0), (500, 1.0)),
            sample("b", (10, 2.5), (20, 1.0)),
            sample("c", (90, 1.25), (30, 1.0)),
            sample("too few", (9, 9.0), (30, 1.0)),
        ];
        let table = run(&samples).unwrap();
        // scipy.stats.ttest_rel([2, 2.5, 1.25], [1, 1, 1]): t 2.523573, p 0.127643.
        assert_eq!((table.design, table.samples.len(), table.df[0]), (Design::Paired, 3, 2.0));
        assert!((table.difference[0] - 0.916_666_7).abs() < 1e-6);
        assert!((table.score[0] - 2.523_573).abs() < 1e-5, "{}", table.score[0]);
        assert!((table.pval[0] - 0.127_643).abs() < 1e-5, "{}", table.pval[0]);
        assert_eq!(table.n_agreeing[0], 3);
        assert!((table.log10_pval[0] - table.pval[0].log10()).abs() < 1e-12);
        assert_eq!((table.pval_adj[0], table.log10_pval_adj[0]), (table.pval[0], table.log10_pval[0]));
        assert_eq!(
            table.caution().unwrap(),
            "1 sample with fewer than 10 cells in the group or in the reference is left out: too few (9 in the group, \
             30 in the reference)."
        );
    }

    #[test]
    fn samples_of_one_side_each_are_tested_between() {
        let samples = [
            sample("a", (50, 2.0), (0, 0.0)),
            sample("b", (50, 3.0), (0, 0.0)),
            sample("c", (0, 0.0), (50, 1.0)),
            sample("d", (0, 0.0), (50, 1.5)),
            sample("e", (0, 0.0), (50, 0.5)),
            sample("f", (3, 9.0), (4, 9.0)),
        ];
        let table = run(&samples).unwrap();
        assert_eq!((table.design, table.n_group, table.samples.len()), (Design::Unpaired, 2, 5));
        // scipy.stats.ttest_ind([2, 3], [1, 1.5, .5], equal_var=False): t 2.598076, p 0.144366.
        assert!((table.score[0] - 2.598_076).abs() < 1e-5, "{}", table.score[0]);
        assert!((table.pval[0] - 0.144_366).abs() < 1e-5, "{}", table.pval[0]);
        assert_eq!(
            table.caution().unwrap(),
            "1 sample with fewer than 10 cells in a set is left out of it: f (3 in the group, 4 in the reference)."
        );
    }

    #[test]
    fn samples_that_are_left_out_are_counted_and_some_named() {
        let whole = ["a", "b"].map(|name| sample(name, (50, 2.0), (50, 1.0)));
        assert_eq!(run(&whole).unwrap().caution(), None);
        let without_cells = sample("none", (0, 0.0), (0, 0.0));
        let few = (0..1200).map(|n| sample(&format!("s{n}"), (0, 0.0), (60, 1.0)));
        let samples: Vec<SampleMoments> = whole.into_iter().chain([without_cells]).chain(few).collect();
        let caution = run(&samples).unwrap().caution().unwrap();
        assert!(caution.starts_with("1,200 samples with fewer than 10 cells"), "{caution}");
        assert!(caution.ends_with("s4 (0 in the group, 60 in the reference) and 1,195 more."), "{caution}");
    }

    #[test]
    fn p_values_below_the_smallest_number_have_logarithms() {
        let one = |n: u32| sample(&n.to_string(), (10, 2.0 + f32::from((n % 2) as u8) * 1e-6), (10, 1.0));
        let table = run(&(0..400).map(one).collect::<Vec<_>>()).unwrap();
        assert_eq!(table.pval[0], 0.0);
        assert!(table.log10_pval[0] < -320.0 && table.log10_pval[0].is_finite(), "{}", table.log10_pval[0]);
        assert_eq!(table.log10_pval_adj[0], table.log10_pval[0]);
    }

    #[test]
    fn one_sample_is_not_enough() {
        let error = run(&[sample("a", (50, 2.0), (50, 1.0))]).unwrap_err();
        assert!(error.to_string().contains("the group has 1, the reference 1"), "{error}");
        assert!(run(&[]).is_err());
    }

    #[test]
    fn equal_differences_have_no_variance() {
        let samples = [sample("a", (50, 2.0), (50, 1.0)), sample("b", (60, 3.0), (50, 2.0))];
        let table = run(&samples).unwrap();
        assert_eq!((table.score[0], table.pval[0]), (f64::INFINITY, 0.0));
        let none = run(&[sample("a", (50, 1.0), (50, 1.0)), sample("b", (60, 0.0), (50, 0.0))]).unwrap();
        assert_eq!((none.score[0], none.pval[0]), (0.0, 1.0));
    }
}
