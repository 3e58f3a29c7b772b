//! The result of a comparison: every statistic of every gene.

use std::f64::consts::LN_2;

use shared_fbs::manifest::{Layer, ValueKind};

use super::{
    Adjustment, Degenerate, FixedPoints, Method, Moments, MomentsError, Summary, Ties, adjust_with_log10, total_order,
    welch,
};
use crate::{data::GeneNames, sorting::order_by};

/// What the size of an effect is called, by what the layer holds.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Effect {
    /// For `log1p` data: `log2((expm1(mean_group) + 1e-9) / (expm1(mean_reference) + 1e-9))`, as scanpy; of other
    /// logarithms than the natural one `expm1(mean · ln(base))` ([`LogBase`]).
    #[default]
    Log2FoldChange,
    /// For all other data: `mean_group − mean_reference`.
    MeanDifference,
}

impl Effect {
    /// What an axis of effects is called.
    pub fn title(self) -> &'static str {
        match self {
            Self::Log2FoldChange => "log₂ fold change",
            Self::MeanDifference => "mean difference",
        }
    }
}

/// The base of the logarithms that a layer's values are.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct LogBase {
    /// Its natural logarithm; exactly 1 for natural logarithms.
    ln: f64,
}

impl LogBase {
    /// That of natural logarithms.
    pub const NATURAL: Self = Self { ln: 1.0 };

    /// The base that a file or a manifest states; `None` for what is no base.
    pub fn new(base: f64) -> Option<Self> {
        (base.is_finite() && base > 1.0).then(|| Self { ln: libm::log(base) })
    }
}

impl Default for LogBase {
    fn default() -> Self {
        Self::NATURAL
    }
}

/// What a table's scores are.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Test {
    /// t, by the options' method.
    #[default]
    T,
    /// z of the Wilcoxon rank-sum test.
    Wilcoxon(Ties),
}

/// How to compare.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct DeOptions {
    /// How the t-test takes the standard error.
    pub method: Method,
    /// The correction for many tests.
    pub adjustment: Adjustment,
    /// The size of the effect.
    pub effect: Effect,
    /// The base of the logarithms that fold changes undo.
    pub log_base: LogBase,
}

/// One row a gene, in gene order, as columns of equal length. No value is NaN.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct DeTable {
    /// How it was made.
    pub options: DeOptions,
    /// What the scores are.
    pub test: Test,
    /// Cells of the group.
    pub n_group: u64,
    /// Cells of the reference.
    pub n_reference: u64,
    /// Log2 fold change or mean difference, by `options.effect`.
    pub effect: Vec<f64>,
    /// Standard error of the effect, each variance over its own number of cells; that of a fold change to first order
    /// (delta method), and infinite where a set does not express the gene.
    pub effect_error: Vec<f64>,
    /// t, or z.
    pub score: Vec<f64>,
    /// Degrees of freedom; infinite where the score is z.
    pub df: Vec<f64>,
    /// Two-sided p-value; 0 where it is below the smallest `f64`.
    pub pval: Vec<f64>,
    /// Its decimal logarithm, which does not underflow.
    pub log10_pval: Vec<f64>,
    /// Adjusted p-value.
    pub pval_adj: Vec<f64>,
    /// Its decimal logarithm, which does not underflow.
    pub log10_pval_adj: Vec<f64>,
    /// Mean over the group, zeros included.
    pub mean_group: Vec<f64>,
    /// Mean over the reference, zeros included.
    pub mean_reference: Vec<f64>,
    /// Percentage of the group's cells with a value other than zero, 0 to 100.
    pub pct_group: Vec<f64>,
    /// The same of the reference.
    pub pct_reference: Vec<f64>,
    /// Where the test has a conventional result.
    pub degenerate: Vec<Option<Degenerate>>,
}

/// What to sort a table by.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SortKey {
    /// t, or z.
    Score,
    /// Log2 fold change or mean difference.
    Effect,
    /// p, also where it underflows.
    Pval,
    /// Adjusted p, also where it underflows; where those are equal, p.
    PvalAdj,
    /// Mean over the group.
    MeanGroup,
    /// Mean over the reference.
    MeanReference,
    /// Percentage of the group.
    PctGroup,
    /// Percentage of the reference.
    PctReference,
}

/// Smallest or largest first.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Direction {
    /// Smallest first.
    Ascending,
    /// Largest first.
    Descending,
}

/// Which way expression differs in the group.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Regulation {
    /// Higher.
    Up,
    /// Lower.
    Down,
}

/// Which genes of a table to show. The default shows all.
#[derive(Clone, Debug, PartialEq)]
pub struct DeFilter {
    /// Least |effect|.
    pub min_abs_effect: f64,
    /// Largest adjusted p-value.
    pub max_pval_adj: f64,
    /// Least percentage of expressing cells, in either set.
    pub min_pct: f64,
    /// Text that the label or the id must contain, in any case.
    pub name: String,
    /// Where on a plot.
    pub region: Option<Region>,
}

/// What the axes of a plot of genes are of.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum GeneAxes {
    /// The effect across, −log10 of the adjusted p-value upright.
    #[default]
    Volcano,
    /// The mean of both sets' means across, the effect upright.
    Ma,
    /// The effect across, that in another comparison upright.
    Effects,
}

/// A rectangle of a plot of genes: least and greatest, both ends included.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Region {
    /// What it is a rectangle of; of effects in two comparisons it holds all genes.
    pub axes: GeneAxes,
    /// From left to right.
    pub x: [f64; 2],
    /// From below to above.
    pub y: [f64; 2],
}

impl Region {
    fn holds(self, table: &DeTable, gene: usize) -> bool {
        let within = |[least, greatest]: [f64; 2], value: f64| least <= value && value <= greatest;
        table.place(self.axes, gene).is_none_or(|(x, y)| within(self.x, x) && within(self.y, y))
    }
}

impl Default for DeFilter {
    fn default() -> Self {
        Self { min_abs_effect: 0.0, max_pval_adj: 1.0, min_pct: 0.0, name: String::new(), region: None }
    }
}

/// Compares every gene between two sets of cells, given their moments in one layer.
///
/// # Errors
/// [`MomentsError::Entries`] when the two are of different layers.
pub fn compare(
    group: &Moments,
    reference: &Moments,
    fixed: &FixedPoints,
    options: DeOptions,
) -> Result<DeTable, MomentsError> {
    let mut table = TableInParts::new(group, reference, fixed, options)?;
    table.add(usize::MAX);
    Ok(table.finish())
}

/// A [`compare`] of some genes at a time, for those who must do something else in between.
pub struct TableInParts<'a> {
    group: &'a Moments,
    reference: &'a Moments,
    fixed: &'a FixedPoints,
    table: DeTable,
}

impl<'a> TableInParts<'a> {
    /// A table without a gene yet.
    ///
    /// # Errors
    /// [`MomentsError::Entries`] when the two are of different layers.
    pub fn new(
        group: &'a Moments,
        reference: &'a Moments,
        fixed: &'a FixedPoints,
        options: DeOptions,
    ) -> Result<Self, MomentsError> {
        if group.entries.len() != reference.entries.len() {
            return Err(MomentsError::Entries { found: reference.entries.len(), expected: group.entries.len() });
        }
        let table = DeTable { options, n_group: group.n_cells, n_reference: reference.n_cells, ..DeTable::default() };
        Ok(Self { group, reference, fixed, table })
    }

    /// Compares the next genes, as many as there are but no more than `most`; says whether some are left.
    pub fn add(&mut self, most: usize) -> bool {
        let Self { group, reference, fixed, table } = self;
        let first = table.len();
        let n_genes = fixed.n_genes(group.entries.len());
        for gene in first..n_genes.min(first.saturating_add(most)) {
            let (of_group, of_reference) = (fixed.summary(group, gene), fixed.summary(reference, gene));
            let (test, degenerate) = welch(&of_group, &of_reference, table.options.method);
            table.effect.push(table.options.effect_of(of_group.mean, of_reference.mean));
            table.effect_error.push(table.options.error_of(&of_group, &of_reference));
            table.score.push(test.t);
            table.df.push(test.df);
            table.pval.push(test.pval);
            table.log10_pval.push(test.log10_pval);
            table.mean_group.push(of_group.mean);
            table.mean_reference.push(of_reference.mean);
            table.pct_group.push(100.0 * of_group.nonzero_share);
            table.pct_reference.push(100.0 * of_reference.nonzero_share);
            table.degenerate.push(degenerate);
        }
        table.len() < n_genes
    }

    /// The table of the genes compared, which should be all: p-values are adjusted for their number.
    pub fn finish(self) -> DeTable {
        let mut table = self.table;
        [table.pval_adj, table.log10_pval_adj] =
            adjust_with_log10(&table.pval, &table.log10_pval, table.options.adjustment);
        table
    }
}

/// Logarithms of expression stay below this: e^20 counts of one gene is more than a cell has.
const MAX_LOG_VALUE: f32 = 20.0;

impl Effect {
    /// The size of effect that fits what a layer holds: fold changes where its values are, or by sign
    /// and size can be, logarithms of expression.
    pub fn of_layer(layer: &Layer) -> Self {
        let is_log = match layer.kind {
            ValueKind::LogNormalizedCounts => true,
            ValueKind::Counts => false,
            _ => !layer.has_negative && layer.max_abs <= MAX_LOG_VALUE,
        };
        if is_log { Self::Log2FoldChange } else { Self::MeanDifference }
    }
}

impl DeOptions {
    /// What fits a layer: Welch's test, and the size of effect that its values have.
    pub fn of_layer(layer: &Layer) -> Self {
        let log_base = LogBase::new(layer.log_base).unwrap_or_default();
        Self { effect: Effect::of_layer(layer), log_base, ..Self::default() }
    }

    /// The size of the effect between two means: [`Effect`] tells how.
    pub fn effect_of(&self, mean_group: f64, mean_reference: f64) -> f64 {
        match self.effect {
            Effect::MeanDifference => mean_group - mean_reference,
            Effect::Log2FoldChange => libm::log2(self.linear(mean_group) / self.linear(mean_reference)),
        }
    }

    /// A mean without its logarithm. Below zero, where log1p data cannot be, it counts as no expression.
    fn linear(&self, mean: f64) -> f64 {
        libm::expm1(mean.max(0.0) * self.log_base.ln) + 1e-9
    }

    fn error_of(&self, group: &Summary, reference: &Summary) -> f64 {
        let squared = |summary: &Summary| {
            let slope = match self.effect {
                Effect::MeanDifference => 1.0,
                Effect::Log2FoldChange if summary.mean <= 0.0 => return f64::INFINITY,
                Effect::Log2FoldChange => {
                    let linear = self.linear(summary.mean);
                    self.log_base.ln * (linear + 1.0) / linear / LN_2
                }
            };
            slope * slope * summary.variance / summary.n_cells as f64
        };
        if group.n_cells < 2 || reference.n_cells < 2 {
            return f64::INFINITY;
        }
        (squared(group) + squared(reference)).sqrt()
    }
}

impl DeTable {
    /// The same table, its p-values adjusted otherwise.
    #[must_use]
    pub fn adjusted(&self, adjustment: Adjustment) -> Self {
        let [pval_adj, log10_pval_adj] = adjust_with_log10(&self.pval, &self.log10_pval, adjustment);
        let options = DeOptions { adjustment, ..self.options };
        Self { options, pval_adj, log10_pval_adj, ..self.clone() }
    }

    /// The mean of a gene's means over both sets.
    pub fn mean(&self, gene: usize) -> f64 {
        f64::midpoint(self.mean_group[gene], self.mean_reference[gene])
    }

    /// Where a gene lies on axes; `None` where these take another comparison too.
    pub fn place(&self, axes: GeneAxes, gene: usize) -> Option<(f64, f64)> {
        match axes {
            GeneAxes::Volcano => Some((self.effect[gene], -self.log10_pval_adj[gene])),
            GeneAxes::Ma => Some((self.mean(gene), self.effect[gene])),
            GeneAxes::Effects => None,
        }
    }

    /// Number of genes.
    pub fn len(&self) -> usize {
        self.score.len()
    }

    /// Whether there is no gene.
    pub fn is_empty(&self) -> bool {
        self.score.is_empty()
    }

    /// Genes in the order of export: by score, largest first, equal ones by index.
    pub fn ranked(&self) -> Vec<u32> {
        self.order(SortKey::Score, Direction::Descending)
    }

    /// Genes sorted by a column; equal ones by index.
    pub fn order(&self, key: SortKey, direction: Direction) -> Vec<u32> {
        let keys = |gene: usize| -> [f64; 2] {
            match key {
                SortKey::Score => [self.score[gene], 0.0],
                SortKey::Effect => [self.effect[gene], 0.0],
                SortKey::Pval => [self.log10_pval[gene], 0.0],
                SortKey::PvalAdj => [self.log10_pval_adj[gene], self.log10_pval[gene]],
                SortKey::MeanGroup => [self.mean_group[gene], 0.0],
                SortKey::MeanReference => [self.mean_reference[gene], 0.0],
                SortKey::PctGroup => [self.pct_group[gene], 0.0],
                SortKey::PctReference => [self.pct_reference[gene], 0.0],
            }
        };
        let turned = match direction {
            Direction::Ascending => 0,
            Direction::Descending => u64::MAX,
        };
        let mut keyed: Vec<([u64; 2], u32)> =
            (0..self.len()).map(|gene| (keys(gene).map(|number| total_order(number) ^ turned), gene as u32)).collect();
        keyed.sort_unstable();
        keyed.into_iter().map(|(_, gene)| gene).collect()
    }

    /// Genes sorted by name, in any case; equal ones by index. `names` holds one a gene.
    ///
    /// # Panics
    /// When there are fewer names than genes.
    pub fn order_by_name<S: AsRef<str>>(&self, names: &[S], direction: Direction) -> Vec<u32> {
        let names: Vec<String> = names[..self.len()].iter().map(|name| name.as_ref().to_lowercase()).collect();
        let order = order_by(names.len(), |a, b| match direction {
            Direction::Ascending => names[a].cmp(&names[b]),
            Direction::Descending => names[b].cmp(&names[a]),
        });
        order.into_iter().map(|gene| gene as u32).collect()
    }

    /// The genes of some whose expression is higher in the group, or lower, at most so many: by |score|, largest
    /// first.
    pub fn top(&self, genes: &[u32], side: Regulation, most: usize) -> Vec<u32> {
        let mut is_among = vec![false; self.len()];
        genes.iter().for_each(|&gene| is_among[gene as usize] = true);
        let direction = match side {
            Regulation::Up => Direction::Descending,
            Regulation::Down => Direction::Ascending,
        };
        let is_on_side = |score: f64| match side {
            Regulation::Up => score > 0.0,
            Regulation::Down => score < 0.0,
        };
        let mut top = self.order(SortKey::Score, direction);
        top.retain(|&gene| is_among[gene as usize] && is_on_side(self.score[gene as usize]));
        top.truncate(most);
        top
    }

    /// Takes the genes that a filter hides out of an order.
    ///
    /// # Panics
    /// When there are fewer names than genes.
    pub fn retain(&self, order: &mut Vec<u32>, names: &GeneNames, filter: &DeFilter) {
        let text = filter.name.trim().to_lowercase();
        order.retain(|&gene| {
            let gene = gene as usize;
            self.effect[gene].abs() >= filter.min_abs_effect
                && self.pval_adj[gene] <= filter.max_pval_adj
                && filter.region.is_none_or(|region| region.holds(self, gene))
                && self.pct_group[gene].max(self.pct_reference[gene]) >= filter.min_pct
                && names.contain(gene, &text)
        });
    }
}
