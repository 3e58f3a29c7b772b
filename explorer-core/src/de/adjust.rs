//! Corrections for testing many genes at once.

use serde::{Deserialize, Serialize};

/// How p-values are adjusted.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub enum Adjustment {
    /// Benjamini–Hochberg: the false discovery rate. scanpy's default.
    #[default]
    #[serde(rename = "bh")]
    BenjaminiHochberg,
    /// Bonferroni: the family-wise error. CELLxGENE's.
    #[serde(rename = "bonferroni")]
    Bonferroni,
}

impl Adjustment {
    /// Every adjustment, in the order of a menu.
    pub const ALL: [Self; 2] = [Self::BenjaminiHochberg, Self::Bonferroni];

    /// Its name in links and on the command line.
    pub fn name(self) -> &'static str {
        match self {
            Self::BenjaminiHochberg => "bh",
            Self::Bonferroni => "bonferroni",
        }
    }

    /// The adjustment of a name.
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|adjustment| adjustment.name() == name)
    }

    /// Its name on the page and in files.
    pub fn title(self) -> &'static str {
        match self {
            Self::BenjaminiHochberg => "Benjamini-Hochberg",
            Self::Bonferroni => "Bonferroni",
        }
    }
}

/// Adjusted p-values and their decimal logarithms, which do not underflow, in the order of `pvals` (each 0 to 1, none
/// NaN), which are given both ways, too.
///
/// Benjamini–Hochberg as `statsmodels.stats.multitest.multipletests(method="fdr_bh")`: of the
/// i-th smallest, the least `p · n / rank` from rank i on, at most 1.
pub fn adjust_with_log10(pvals: &[f64], log10_pvals: &[f64], adjustment: Adjustment) -> [Vec<f64>; 2] {
    // Where p-values underflow, their logarithms still tell which is smaller.
    let order = ascending(log10_pvals);
    [
        step_up(pvals, &order, adjustment, 1.0, |p, factor| p * factor),
        step_up(log10_pvals, &order, adjustment, 0.0, |log10_p, factor| log10_p + libm::log10(factor)),
    ]
}

/// Where the smallest value stands, then the next.
fn ascending(values: &[f64]) -> Vec<u32> {
    let mut keyed: Vec<(u64, u32)> = values.iter().map(|&value| total_order(value)).zip(0..).collect();
    keyed.sort_unstable();
    keyed.into_iter().map(|(_, index)| index).collect()
}

/// Numbers whose order is that of `f64::total_cmp`: quicker to sort by.
pub(super) fn total_order(value: f64) -> u64 {
    let bits = value.to_bits();
    if value.is_sign_negative() { !bits } else { bits | 1 << 63 }
}

/// `scaled` multiplies a p-value, however it is written, by a factor; `one` is how 1 is written.
fn step_up(
    pvals: &[f64],
    order: &[u32],
    adjustment: Adjustment,
    one: f64,
    scaled: impl Fn(f64, f64) -> f64,
) -> Vec<f64> {
    let n = pvals.len() as f64;
    match adjustment {
        Adjustment::Bonferroni => pvals.iter().map(|&p| scaled(p, n).min(one)).collect(),
        Adjustment::BenjaminiHochberg => {
            let mut adjusted = vec![one; pvals.len()];
            let mut least = one;
            for (index, &gene) in order.iter().enumerate().rev() {
                least = least.min(scaled(pvals[gene as usize], n / (index + 1) as f64));
                adjusted[gene as usize] = least;
            }
            adjusted
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::collection::vec;
    use proptest::prelude::*;

    use super::*;

    fn adjust(pvals: &[f64], adjustment: Adjustment) -> Vec<f64> {
        let log10_pvals: Vec<f64> = pvals.iter().map(|p| p.log10()).collect();
        let [adjusted, _] = adjust_with_log10(pvals, &log10_pvals, adjustment);
        adjusted
    }

    #[test]
    fn as_statsmodels() {
        let adjusted = adjust(&[0.01, 0.04, 0.03, 0.005, 0.9], Adjustment::BenjaminiHochberg);
        let expected = [0.025, 0.05, 0.05, 0.025, 0.9];
        for (found, expected) in adjusted.iter().zip(expected) {
            assert!((found - expected).abs() < 1e-15, "{adjusted:?}");
        }
        assert_eq!(adjust(&[0.4, 0.01], Adjustment::Bonferroni), [0.8, 0.02]);
        assert_eq!(adjust(&[], Adjustment::BenjaminiHochberg), [0.0; 0]);
    }

    #[test]
    fn logarithms_do_not_underflow() {
        let [_, adjusted] =
            adjust_with_log10(&[0.0, 0.0, 1.0, 1.0], &[-1000.0, -400.0, 0.0, 0.0], Adjustment::BenjaminiHochberg);
        assert!((adjusted[0] + 1000.0 - 4f64.log10()).abs() < 1e-12, "{adjusted:?}");
        assert!((adjusted[1] + 400.0 - 2f64.log10()).abs() < 1e-12, "{adjusted:?}");
        assert_eq!(adjusted[2..], [0.0, 0.0]);
    }

    proptest! {
        #[test]
        fn numbers_have_the_total_order(a: f64, b: f64) {
            prop_assert_eq!(total_order(a).cmp(&total_order(b)), a.total_cmp(&b));
        }

        #[test]
        fn adjusted_keeps_the_order(pvals in vec(0f64..=1.0, 1..200)) {
            for adjustment in [Adjustment::BenjaminiHochberg, Adjustment::Bonferroni] {
                let adjusted = adjust(&pvals, adjustment);
                let mut order: Vec<usize> = (0..pvals.len()).collect();
                order.sort_by(|&a, &b| pvals[a].total_cmp(&pvals[b]));
                prop_assert!(order.is_sorted_by_key(|&gene| adjusted[gene]));
                for (adjusted, p) in adjusted.iter().zip(&pvals) {
                    prop_assert!(adjusted >= p && *adjusted <= 1.0);
                }
                let log10: Vec<f64> = pvals.iter().map(|p| p.log10()).collect();
                let [same, log10] = adjust_with_log10(&pvals, &log10, adjustment);
                prop_assert_eq!(&same, &adjusted);
                for (log10, adjusted) in log10.iter().zip(&adjusted) {
                    prop_assert!((10f64.powf(*log10) - adjusted).abs() <= 1e-12 * adjusted);
                }
            }
        }
    }
}
