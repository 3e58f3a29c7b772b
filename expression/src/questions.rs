//! Questions to a whole corpus.

use explorer_core::de::{
    Dispersion, FixedPoint, GeneMoments, LEAST_CELLS, LEFT_OUT, Summary, cohens_d, sample_summary, t_quantile,
};

use crate::{Dot, Mode};

/// What a dot is judged by.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Quantity {
    /// The mean of ln(CPTT + 1) over all cells that measured the gene.
    #[default]
    Mean,
    /// The mean over cells that express the gene: a dot's color.
    Expression,
    /// The share of these that express the gene, 0 to 1: a dot's size.
    Share,
}

impl Quantity {
    /// Of a dot; `None` where no cell measured the gene, and of the expression where none expresses it.
    pub fn of(self, dot: &Dot) -> Option<f64> {
        match self {
            Self::Mean => dot.mean(),
            Self::Expression => dot.expression(),
            Self::Share => dot.share(),
        }
    }
}

/// Which cell types of which tissues express a gene the most: the places of rows and their quantity, the largest first, equal
/// ones in order. Rows with fewer cells that measured the gene, or fewer that express it, say too little and are left out.
pub fn rank_rows(rows: &[Dot], by: Quantity, least_cells: u64, least_expressing: u64) -> Vec<(usize, f64)> {
    let says_enough = |dot: &Dot| dot.n_measured >= least_cells && dot.n_expressing >= least_expressing.max(1);
    let quantity = |(row, dot): (usize, &Dot)| Some((row, by.of(dot).filter(|_| says_enough(dot))?));
    let mut ranked: Vec<(usize, f64)> = rows.iter().enumerate().filter_map(quantity).collect();
    ranked.sort_by(|a, b| b.1.total_cmp(&a.1));
    ranked
}

/// What makes a gene high here and low there.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Specificity {
    /// The share of cells that express it here, at least, 0 to 1.
    pub least_share_here: f64,
    /// The same in every row there, at most.
    pub most_share_there: f64,
    /// Cohen's d against every row there, at least.
    pub least_effect: f64,
}

impl Default for Specificity {
    fn default() -> Self {
        Self { least_share_here: 0.25, most_share_there: 0.1, least_effect: 0.5 }
    }
}

/// A gene that is high here and low there.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct SpecificGene {
    /// Its number.
    pub gene: u32,
    /// The share of cells that express it here, 0 to 1.
    pub share_here: f64,
    /// The largest share in a row there.
    pub share_there: f64,
    /// The mean over all cells here.
    pub mean_here: f64,
    /// The largest mean over all cells of a row there.
    pub mean_there: f64,
    /// The least Cohen's d against a row there.
    pub effect: f64,
}

/// The genes that are high in one row and low in all others: those with the largest least effect first. Each gene comes with
/// what it adds up to here, and in every row there; `n_here` and `n_there` are their cells, of those that measured the genes.
/// A row without cells is none.
///
/// # Panics
/// When a gene has not as many sums as there are rows there.
pub fn specific_genes<S: AsRef<[GeneMoments]>>(
    genes: impl IntoIterator<Item = (u32, GeneMoments, S)>,
    n_here: u64,
    n_there: &[u64],
    fixed: FixedPoint,
    asked: Specificity,
) -> Vec<SpecificGene> {
    let pooling = Mode::Exact.pooling();
    let mut specific: Vec<SpecificGene> = Vec::new();
    for (gene, moments, there) in genes {
        let there = there.as_ref();
        assert_eq!(there.len(), n_there.len(), "sums of each row");
        let here = fixed.summary(moments, n_here);
        if here.n_cells == 0 || here.nonzero_share < asked.least_share_here {
            continue;
        }
        let there: Vec<Summary> = there
            .iter()
            .zip(n_there)
            .filter(|(_, n_cells)| **n_cells > 0)
            .map(|(&moments, &n_cells)| fixed.summary(moments, n_cells))
            .collect();
        let most = |of: fn(&Summary) -> f64| there.iter().map(of).fold(0.0, f64::max);
        let effect =
            |other: &Summary| cohens_d(Dispersion::of(&here, pooling), Dispersion::of(other, pooling), pooling);
        let found = SpecificGene {
            gene,
            share_here: here.nonzero_share,
            share_there: most(|summary| summary.nonzero_share),
            mean_here: here.mean,
            mean_there: most(|summary| summary.mean),
            effect: there.iter().map(effect).fold(f64::INFINITY, f64::min),
        };
        if found.share_there <= asked.most_share_there && found.effect >= asked.least_effect {
            specific.push(found);
        }
    }
    specific.sort_by(|a, b| b.effect.total_cmp(&a.effect).then(a.gene.cmp(&b.gene)));
    specific
}

/// What the donors behind a dot come to.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct DonorInterval {
    /// Donors that count.
    pub n_donors: usize,
    /// Donors with cells that are too few to count.
    pub n_left_out: usize,
    /// The mean over donors, each counting once.
    pub mean: f64,
    /// The ends of its 95 % confidence interval, by t of n − 1 degrees of freedom; `None` for one donor.
    pub interval: Option<[f64; 2]>,
}

/// The mean over the donors behind a dot, and its confidence interval, from the dot that each donor's cells would make. Donors
/// with fewer than [`LEAST_CELLS`] cells that measured the gene (of [`Quantity::Expression`]: of expressing cells) do not count; `None` where none
/// does. The interval ends where values do: at 0, and shares at 1.
pub fn donor_interval(donors: &[Dot], of: Quantity) -> Option<DonorInterval> {
    let n_behind = |donor: &Dot| match of {
        Quantity::Mean | Quantity::Share => donor.n_measured,
        Quantity::Expression => donor.n_expressing,
    };
    let counting = donors.iter().filter(|donor| n_behind(donor) >= LEAST_CELLS);
    let values: Vec<f64> = counting.filter_map(|donor| of.of(donor)).collect();
    if values.is_empty() {
        return None;
    }
    let Summary { mean, variance, .. } = sample_summary(&values);
    let n = values.len() as f64;
    let most = match of {
        Quantity::Mean | Quantity::Expression => f64::INFINITY,
        Quantity::Share => 1.0,
    };
    let interval = (values.len() >= 2).then(|| {
        let half = t_quantile(LEFT_OUT, n - 1.0) * (variance / n).sqrt();
        [(mean - half).max(0.0), (mean + half).min(most)]
    });
    let n_with_cells = donors.iter().filter(|donor| donor.n_cells > 0).count();
    Some(DonorInterval { n_donors: values.len(), n_left_out: n_with_cells - values.len(), mean, interval })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn dot(n_expressing: u64, n_cells: u64, sum: f64) -> Dot {
        Dot { n_expressing, sum, n_cells, n_measured: n_cells, n_tissue: 1000 }
    }

    #[test]
    fn rows_are_ranked_by_what_is_asked() {
        let rows = [dot(10, 100, 40.0), dot(50, 100, 60.0), dot(1, 100, 9.0), dot(5, 5, 50.0), dot(0, 100, 0.0)];
        let places = |by| rank_rows(&rows, by, 10, 5).into_iter().map(|(row, _)| row).collect::<Vec<_>>();
        assert_eq!(places(Quantity::Mean), [1, 0]);
        assert_eq!(places(Quantity::Expression), [0, 1]);
        assert_eq!(rank_rows(&rows, Quantity::Share, 1, 1)[0], (3, 1.0));
        assert_eq!(
            rank_rows(&rows, Quantity::Mean, 0, 0).len(),
            4,
            "a row that does not express the gene is no answer"
        );
        let hardly_measured = Dot { n_measured: 60, ..rows[1] };
        assert!(rank_rows(&[hardly_measured], Quantity::Share, 61, 5).is_empty());
        assert_eq!(rank_rows(&[hardly_measured], Quantity::Mean, 60, 5), [(0, 1.0)]);
    }

    #[test]
    fn genes_that_are_high_here_and_low_there() {
        let fixed = FixedPoint::for_log_counts(1000);
        // So many cells with a value of 1.
        let of = |n: u32| {
            let x = fixed.encode(1.0);
            GeneMoments { n_nonzero: n, sum: x * i64::from(n), sum_sq: fixed.square(x) * u128::from(n) }
        };
        let [none, few, many, some] = [0, 2, 40, 20].map(of);
        let there = [[none, few], [few, none], [some, none], [none, none]];
        let here = [many, some, many, few];
        let genes = (0..).zip(here).zip(&there).map(|((gene, here), there)| (gene, here, there));
        let found = specific_genes(genes, 50, &[100, 100], fixed, Specificity::default());
        assert_eq!(found.iter().map(|gene| gene.gene).collect::<Vec<_>>(), [0, 1]);
        assert_eq!((found[0].share_here, found[0].share_there, found[0].mean_there), (0.8, 0.02, 0.02));
        // With 40 of 50 ones here and 2 of 100 there: d = (0.8 - 0.02) / sqrt((50 * 0.8 * 0.2 + 100 * 0.02 * 0.98) / 148).
        assert!((found[0].effect - 0.78 / ((8.0 + 1.96) / 148.0_f64).sqrt()).abs() < 1e-6, "{}", found[0].effect);
    }

    #[test]
    fn donors_count_once_each() {
        let donors = [dot(5, 10, 10.0), dot(100, 200, 400.0), dot(20, 20, 60.0), dot(1, 9, 1.0)];
        let of = |quantity| donor_interval(&donors, quantity).unwrap();
        // scipy.stats.t.interval(0.95, 2, np.mean([1, 2, 3]), scipy.stats.sem([1, 2, 3])): -0.484138, 4.484138.
        let mean = of(Quantity::Mean);
        assert_eq!((mean.n_donors, mean.n_left_out, mean.mean), (3, 1, 2.0));
        let [low, high] = mean.interval.unwrap();
        assert_eq!(low, 0.0);
        assert!((high - 4.484_138).abs() < 1e-6, "{high}");
        assert_eq!(of(Quantity::Share).interval.unwrap()[1], 1.0);
        let expression = of(Quantity::Expression);
        assert_eq!((expression.n_donors, expression.n_left_out, expression.mean), (2, 2, 3.5));
        assert_eq!(donor_interval(&donors[..1], Quantity::Mean).unwrap().interval, None);
        assert_eq!(donor_interval(&donors[3..], Quantity::Mean), None);
        // A donor whose cells did not measure the gene has no mean of 0.
        let unmeasured = Dot { n_measured: 0, ..dot(0, 500, 0.0) };
        let with_another = [donors[0], donors[1], donors[2], unmeasured];
        let mean = donor_interval(&with_another, Quantity::Mean).unwrap();
        assert_eq!((mean.n_donors, mean.n_left_out, mean.mean), (3, 1, 2.0));
    }
}
