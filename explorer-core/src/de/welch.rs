//! Welch's t-test from means and variances.

use std::f64::consts::LN_10;

use super::{Summary, two_sided_ln_p};

/// How the standard error is taken.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Method {
    /// Welch: each variance over its own number of cells. scanpy's `t-test`, scipy's
    /// `ttest_ind(equal_var=False)`.
    #[default]
    Welch,
    /// As CELLxGENE does: both variances over the smaller number of cells, which overstates the
    /// standard error of the larger set.
    CellxgeneCompatible,
    /// scanpy's `t-test_overestim_var`: both variances over the group's number of cells, which is also taken for that of
    /// the reference's in the degrees of freedom.
    OverestimatedVariance,
}

/// The result of one test.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Welch {
    /// Positive where the group's mean is the larger. Infinite where the means differ and neither
    /// set varies.
    pub t: f64,
    /// Welch–Satterthwaite degrees of freedom; 1 where they are not defined.
    pub df: f64,
    /// Two-sided p-value; 0 where it is below the smallest `f64`.
    pub pval: f64,
    /// Its decimal logarithm, which does not underflow.
    pub log10_pval: f64,
}

/// Why a test has a conventional result rather than a computed one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Degenerate {
    /// A set has fewer than two cells, so no variance: t = 0, p = 1 for every gene.
    TooFewCells,
    /// Neither set varies. Means that are equal give t = 0, p = 1; means that differ t = ±∞, p = 0.
    NoVariance,
}

impl Welch {
    const NO_EVIDENCE: Self = Self { t: 0.0, df: 1.0, pval: 1.0, log10_pval: 0.0 };
}

/// Tests whether two sets have the same mean; never NaN.
///
/// Zero variance follows scipy and scanpy 1.11: no difference gives t = 0, p = 1, a difference
/// gives t = ±∞, p = 0. With fewer than two cells in a set, where scanpy refuses and scipy gives
/// NaN, t = 0, p = 1.
pub fn welch(group: &Summary, reference: &Summary, method: Method) -> (Welch, Option<Degenerate>) {
    if group.n_cells < 2 || reference.n_cells < 2 {
        return (Welch::NO_EVIDENCE, Some(Degenerate::TooFewCells));
    }
    let (n_group, n_reference) = (group.n_cells as f64, reference.n_cells as f64);
    let (over_group, over_reference, n_reference) = match method {
        Method::Welch => (n_group, n_reference, n_reference),
        Method::CellxgeneCompatible => {
            let smaller = n_group.min(n_reference);
            (smaller, smaller, n_reference)
        }
        Method::OverestimatedVariance => (n_group, n_group, n_group),
    };
    let squared_error_group = group.variance / over_group;
    let squared_error_reference = reference.variance / over_reference;
    let squared_error = squared_error_group + squared_error_reference;
    let difference = group.mean - reference.mean;
    if squared_error <= 0.0 {
        let welch = if difference == 0.0 {
            Welch::NO_EVIDENCE
        } else {
            Welch { t: f64::INFINITY.copysign(difference), df: 1.0, pval: 0.0, log10_pval: f64::NEG_INFINITY }
        };
        return (welch, Some(Degenerate::NoVariance));
    }
    let t = difference / squared_error.sqrt();
    // As shares of the whole, so that no square underflows.
    let (share_group, share_reference) = (squared_error_group / squared_error, squared_error_reference / squared_error);
    let df =
        1.0 / (share_group * share_group / (n_group - 1.0) + share_reference * share_reference / (n_reference - 1.0));
    let ln_p = two_sided_ln_p(t, df);
    let welch = Welch { t, df, pval: libm::exp(ln_p), log10_pval: ln_p / LN_10 };
    (welch, None)
}
