//! Markers: the genes that tell each label of a column from all others, from label moments alone.

use super::{
    BootstrapPercentile, DeOptions, DeTable, Dispersion, FixedPoints, Moments, MomentsError, Pooling, RankSums, Ties,
    cohens_d, compare,
};
use crate::state::MarkerOrder;

/// How the markers of a label are ranked.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub enum MarkerRank {
    /// By the score against all other labels together, t or z: scanpy's `rank_genes_groups`.
    #[default]
    Score,
    /// By a low percentile of the effect sizes against each other label: a gene is only as good a marker as it is
    /// against the labels most like this one. CELLxGENE's Gene Expression takes the 10th percentile.
    EffectPercentile(f64),
}

/// CELLxGENE's percentile.
pub const CELLXGENE_PERCENTILE: f64 = 10.0;

impl MarkerRank {
    /// What the page ranks genes by.
    pub fn of(order: MarkerOrder) -> Self {
        match order {
            MarkerOrder::Score => Self::Score,
            MarkerOrder::Effect => Self::EffectPercentile(CELLXGENE_PERCENTILE),
        }
    }
}

/// Genes with fewer expressing cells in the label are no candidates for [`MarkerRank::EffectPercentile`], as CELLxGENE
/// has it.
pub const LEAST_EXPRESSING: u64 = 25;

/// One marker of a label.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Marker {
    /// The gene.
    pub gene: u32,
    /// What it is ranked by: t or z, or the percentile of effect sizes (Cohen's d).
    pub rank: f64,
    /// t or z against the rest.
    pub score: f64,
    /// Log2 fold change or mean difference against the rest, by the options.
    pub effect: f64,
    /// Decimal logarithm of the p-value.
    pub log10_pval: f64,
    /// Adjusted p-value.
    pub pval_adj: f64,
    /// Percentage of the label's cells that express it.
    pub pct_group: f64,
    /// Percentage of all other cells that express it.
    pub pct_reference: f64,
}

impl Marker {
    /// A gene of a comparison, by its number, and what it is ranked by.
    ///
    /// # Panics
    /// When there is no such gene.
    pub fn of(table: &DeTable, gene: u32, rank: f64) -> Self {
        let at = gene as usize;
        Self {
            gene,
            rank,
            score: table.score[at],
            effect: table.effect[at],
            log10_pval: table.log10_pval[at],
            pval_adj: table.pval_adj[at],
            pct_group: table.pct_group[at],
            pct_reference: table.pct_reference[at],
        }
    }
}

/// Finds the markers of the labels of one column.
pub struct MarkerFinder<'a> {
    labels: &'a [Moments],
    total: &'a Moments,
    fixed: &'a FixedPoints,
    options: DeOptions,
    rank: MarkerRank,
    ranks: Option<(&'a RankSums, Ties)>,
    /// Of every label and gene; empty unless effects against each other label are asked for.
    dispersions: Vec<Vec<Dispersion>>,
}

impl<'a> MarkerFinder<'a> {
    /// `labels` holds the moments of every label of the column (missing among them, if cells lack one), `total` those
    /// of all cells.
    pub fn new(
        labels: &'a [Moments],
        total: &'a Moments,
        fixed: &'a FixedPoints,
        options: DeOptions,
        rank: MarkerRank,
    ) -> Self {
        let dispersions = match rank {
            MarkerRank::Score => Vec::new(),
            MarkerRank::EffectPercentile(_) => labels.iter().map(|label| dispersions(label, fixed)).collect(),
        };
        Self { labels, total, fixed, options, rank, ranks: None, dispersions }
    }

    /// The same with genes tested by their ranks. The groups of the ranks are the labels.
    #[must_use]
    pub fn by_ranks(self, ranks: &'a RankSums, ties: Ties) -> Self {
        Self { ranks: Some((ranks, ties)), ..self }
    }

    /// The `n_top` best markers of one label against all other cells, best first; none where one of the two has fewer than
    /// two cells, so that nothing can be tested, and of a ranking by effects where no gene has [`LEAST_EXPRESSING`] cells.
    ///
    /// # Errors
    /// [`MomentsError`] when the moments do not belong together.
    ///
    /// # Panics
    /// When there is no label of that number.
    pub fn markers_of(&self, label: usize, n_top: usize) -> Result<Vec<Marker>, MomentsError> {
        let group = &self.labels[label];
        let mut rest = self.total.clone();
        rest.subtract(group)?;
        if group.n_cells.min(rest.n_cells) < 2 {
            return Ok(Vec::new());
        }
        let mut table = compare(group, &rest, self.fixed, self.options)?;
        if let Some((ranks, ties)) = self.ranks {
            table = table.with_ranks(ranks, label, ties);
        }
        let mut ranks: Vec<(f64, u32)> = match self.rank {
            MarkerRank::Score => (0..).zip(&table.score).map(|(gene, &score)| (score, gene)).collect(),
            MarkerRank::EffectPercentile(percentile) => self.effect_percentiles(label, percentile),
        };
        let best = |a: &(f64, u32), b: &(f64, u32)| b.0.total_cmp(&a.0).then(a.1.cmp(&b.1));
        if n_top < ranks.len() {
            ranks.select_nth_unstable_by(n_top, best);
            ranks.truncate(n_top);
        }
        ranks.sort_unstable_by(best);
        Ok(ranks.into_iter().map(|(rank, gene)| Marker::of(&table, gene, rank)).collect())
    }

    /// The percentile of Cohen's d against each other label that has cells ([`BootstrapPercentile`]), with the gene's
    /// number.
    fn effect_percentiles(&self, label: usize, percentile: f64) -> Vec<(f64, u32)> {
        let others: Vec<&[Dispersion]> = self
            .labels
            .iter()
            .zip(&self.dispersions)
            .enumerate()
            .filter(|(other, (moments, _))| *other != label && moments.n_cells > 0)
            .map(|(_, (_, dispersions))| dispersions.as_slice())
            .collect();
        if others.is_empty() {
            return Vec::new();
        }
        let bootstrap = BootstrapPercentile::new(others.len(), percentile);
        let (group, dispersions) = (&self.labels[label], &self.dispersions[label]);
        let mut effects = Vec::with_capacity(others.len());
        let genes = (0..dispersions.len()).filter(|&gene| self.fixed.n_nonzero(group, gene) >= LEAST_EXPRESSING);
        genes
            .map(|gene| {
                effects.clear();
                let d = |other: &&[Dispersion]| cohens_d(dispersions[gene], other[gene], Pooling::Cellxgene);
                effects.extend(others.iter().map(d));
                (bootstrap.mean(&mut effects), gene as u32)
            })
            .collect()
    }
}

/// The dispersion of every gene in a label.
fn dispersions(label: &Moments, fixed: &FixedPoints) -> Vec<Dispersion> {
    let dispersion = |gene: usize| Dispersion::of(&fixed.summary(label, gene), Pooling::Cellxgene);
    (0..fixed.n_genes(label.entries.len())).map(dispersion).collect()
}
