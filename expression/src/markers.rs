//! Marker genes: what tells a cell type of a tissue from every other there.

use std::collections::BTreeMap;

use explorer_core::de::{
    BootstrapPercentile, CELLXGENE_PERCENTILE, Dispersion, FixedPoint, GeneMoments, LEAST_EXPRESSING, Summary, cohens_d,
};

use crate::{Hierarchy, Mode, Sums};

/// The score that a marker exceeds.
pub const LEAST_SCORE: f64 = 0.5;

/// Markers of a type that are kept.
pub const N_KEPT: usize = 100;

/// Markers of a type that are shown first.
pub const N_SHOWN: usize = 25;

/// What one type is compared with another by.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Measure {
    /// Cohen's d over all cells.
    #[default]
    CohensD,
    /// t of Welch's test, as in the paper.
    WelchT,
}

/// How markers are found. The default is CELLxGENE's.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct MarkerOptions {
    /// By whose rules.
    pub mode: Mode,
    /// What types are compared by.
    pub measure: Measure,
    /// Which percentile of the comparisons with other types is a type's score, 0 to 100.
    pub percentile: f64,
    /// Cells of a type, those below it included, that have to express a gene.
    pub least_expressing: u64,
    /// The score that a marker exceeds.
    pub least_score: f64,
    /// Markers of a type that are kept.
    pub n_kept: usize,
}

impl Default for MarkerOptions {
    fn default() -> Self {
        Self {
            mode: Mode::default(),
            measure: Measure::default(),
            percentile: CELLXGENE_PERCENTILE,
            least_expressing: LEAST_EXPRESSING,
            least_score: LEAST_SCORE,
            n_kept: N_KEPT,
        }
    }
}

impl MarkerOptions {
    /// The best of some markers of a type, in order, as many as are kept.
    pub fn best(&self, markers: &mut Vec<Marker>) {
        markers.sort_unstable_by(|a, b| b.score.total_cmp(&a.score).then(a.gene.cmp(&b.gene)));
        markers.truncate(self.n_kept);
    }
}

/// Finds the markers of the cell types of one organism and tissue, or of the cells of them that a filter leaves.
///
/// The types are all terms of the hierarchy that have cells, themselves or below. A type is compared with each other that is
/// neither above nor below it; what is below both is taken from the other, so that no cell stands on both sides. Its score
/// for a gene is the 10th percentile of these comparisons, averaged over bootstrap samples of the other types in closed form
/// ([`BootstrapPercentile`]).
///
/// Genes are independent of each other: a finder is made once, and threads or workers share them out. Genes that other cells
/// measured take another finder, of those cells: a type of which none did is not compared.
#[derive(Clone, Debug)]
pub struct MarkerFinder {
    hierarchy: Hierarchy,
    fixed: FixedPoint,
    options: MarkerOptions,
    /// The types, by their terms.
    terms: Vec<usize>,
    /// Rolled-up cells of each type.
    n_cells: Vec<u64>,
    /// Terms that are below both of two types and have cells, each set once.
    commons: Vec<Vec<usize>>,
    /// A type without what is common with another: the type, the number of the common set, and cells left.
    remainders: Vec<(usize, usize, u64)>,
    /// Of each type what it is compared with.
    rivals: Vec<Rivals>,
}

/// The number of no set.
const NO_SET: u32 = u32::MAX;

/// Which scores are computed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Wanted {
    /// All of them.
    All,
    /// Those over the least score of markers; those of the other candidates are −∞.
    OverLeast,
}

/// A set of cells, as it is compared with others.
trait Compared: Copy {
    /// From means and variances.
    fn of(summary: Summary, mode: Mode) -> Self;

    /// The mean.
    fn mean(&self) -> f64;

    /// How much larger this is than another.
    fn effect(self, other: Self, mode: Mode) -> f64;

    /// Whether that is at most a threshold from 0 on, beyond rounding.
    fn is_at_most(self, other: Self, threshold: f64, mode: Mode) -> bool;
}

/// What rounding may come to, relative to a number.
const ROUNDING: f64 = 1e-12;

impl Compared for Dispersion {
    fn of(summary: Summary, mode: Mode) -> Self {
        Self::of(&summary, mode.pooling())
    }

    fn mean(&self) -> f64 {
        self.mean
    }

    fn effect(self, other: Self, mode: Mode) -> f64 {
        cohens_d(self, other, mode.pooling())
    }

    fn is_at_most(self, other: Self, threshold: f64, mode: Mode) -> bool {
        // Without a root and a division, which are most of the work.
        let difference = self.mean - other.mean;
        let freedom = mode.pooling().freedom(&self, &other);
        let most = threshold * threshold * (self.scatter + other.scatter) * (1.0 - ROUNDING);
        difference <= 0.0 || difference * difference * freedom <= most
    }
}

impl Compared for Summary {
    fn of(summary: Summary, mode: Mode) -> Self {
        mode.summary(summary)
    }

    fn mean(&self) -> f64 {
        self.mean
    }

    /// Welch's t, as [`explorer_core::de::welch`] has it.
    fn effect(self, other: Self, _: Mode) -> f64 {
        if self.n_cells < 2 || other.n_cells < 2 {
            return 0.0;
        }
        let squared_error = self.variance / self.n_cells as f64 + other.variance / other.n_cells as f64;
        let t = (self.mean - other.mean) / squared_error.sqrt();
        if t.is_nan() { 0.0 } else { t }
    }

    fn is_at_most(self, other: Self, threshold: f64, mode: Mode) -> bool {
        self.effect(other, mode) <= threshold * (1.0 - ROUNDING)
    }
}

/// The sets of cells of one gene, remainders as they are needed.
struct GeneSets<'a, C> {
    finder: &'a MarkerFinder,
    own: &'a [GeneMoments],
    rolled: &'a [GeneMoments],
    types: Vec<C>,
    remainders: Vec<Option<C>>,
}

impl<'a, C: Compared> GeneSets<'a, C> {
    fn new(finder: &'a MarkerFinder, own: &'a [GeneMoments], rolled: &'a [GeneMoments]) -> Self {
        let of_type = |(&term, &n_cells): (&usize, &u64)| finder.compared(rolled[term], n_cells);
        let types = finder.terms.iter().zip(&finder.n_cells).map(of_type).collect();
        Self { finder, own, rolled, types, remainders: vec![None; finder.remainders.len()] }
    }

    fn set(&mut self, number: usize) -> C {
        let Some(remainder) = number.checked_sub(self.types.len()) else { return self.types[number] };
        let Self { finder, own, rolled, .. } = *self;
        *self.remainders[remainder].get_or_insert_with(|| {
            let (of_type, common, n_cells) = finder.remainders[remainder];
            let mut left = rolled[finder.terms[of_type]];
            finder.commons[common].iter().for_each(|&term| left.subtract(&own[term]));
            finder.compared(left, n_cells)
        })
    }
}

/// What a type is compared with.
#[derive(Clone, Debug)]
struct Rivals {
    /// Types that are neither above nor below it.
    types: Vec<usize>,
    /// Of every type the set of its cells that this is compared with, the type whole or the number of types and a remainder;
    /// [`NO_SET`] where there is none.
    set_of: Vec<u32>,
    /// Those of them with no cells left, which count as no difference: the original's.
    n_empty: usize,
    bootstrap: Option<BootstrapPercentile>,
}

impl Rivals {
    /// The sets of cells that it is compared with.
    fn sets(&self) -> impl Iterator<Item = usize> {
        self.set_of.iter().filter(|&&set| set != NO_SET).map(|&set| set as usize)
    }
}

/// The scores of one gene in every type.
#[derive(Clone, Debug, PartialEq)]
pub struct GeneScores {
    /// Of each type, by its place in [`MarkerFinder::terms`]; `None` where too few cells express the gene, or where there is
    /// no other type to compare with.
    pub scores: Vec<Option<f64>>,
    /// Of each type the share of types, neither above nor below it, with a lower score, 0 to 1; 0 without a score. A type
    /// without a score counts as lower, and in [`Mode::Compatible`] not at all.
    pub specificities: Vec<f64>,
}

/// A marker of a type.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Marker {
    /// The gene's number.
    pub gene: u32,
    /// What it is ranked by.
    pub score: f64,
    /// The share of types with a lower score, 0 to 1.
    pub specificity: f64,
}

impl MarkerFinder {
    /// A finder over types with these numbers of cells, of the cells annotated with exactly each term.
    ///
    /// # Panics
    /// When there are not as many counts as terms.
    pub fn new(hierarchy: &Hierarchy, own_cells: &[u64], fixed: FixedPoint, options: MarkerOptions) -> Self {
        let rolled = hierarchy.roll_up(own_cells);
        let terms: Vec<usize> = (0..hierarchy.len()).filter(|&term| rolled[term] > 0).collect();
        let n_cells: Vec<u64> = terms.iter().map(|&term| rolled[term]).collect();
        let mut numbers_of_commons = BTreeMap::new();
        let mut number_of_remainder = BTreeMap::new();
        let (mut remainders, mut rivals) = (Vec::new(), Vec::new());
        for &term in &terms {
            let mut of_type =
                Rivals { types: Vec::new(), set_of: vec![NO_SET; terms.len()], n_empty: 0, bootstrap: None };
            for (other, &other_term) in terms.iter().enumerate() {
                if hierarchy.are_colinear(term, other_term) {
                    continue;
                }
                of_type.types.push(other);
                let mut common = hierarchy.common_descendants(term, other_term);
                common.retain(|&below| own_cells[below] > 0);
                if common.is_empty() {
                    of_type.set_of[other] = other as u32;
                    continue;
                }
                let n_common: u64 = common.iter().map(|&below| own_cells[below]).sum();
                let n_left = n_cells[other].saturating_sub(n_common);
                if n_left == 0 {
                    of_type.n_empty += 1;
                    continue;
                }
                let next = numbers_of_commons.len();
                let common = *numbers_of_commons.entry(common).or_insert(next);
                let remainder = *number_of_remainder.entry((other, common)).or_insert_with(|| {
                    remainders.push((other, common, n_left));
                    remainders.len() - 1
                });
                of_type.set_of[other] = (terms.len() + remainder) as u32;
            }
            if options.mode == Mode::Exact {
                of_type.n_empty = 0;
            }
            let n = of_type.sets().count() + of_type.n_empty;
            of_type.bootstrap = (n > 0).then(|| BootstrapPercentile::new(n, options.percentile));
            rivals.push(of_type);
        }
        let mut commons = vec![Vec::new(); numbers_of_commons.len()];
        numbers_of_commons.into_iter().for_each(|(common, number)| commons[number] = common);
        Self { hierarchy: hierarchy.clone(), fixed, options, terms, n_cells, commons, remainders, rivals }
    }

    /// The types, by their terms' numbers in the hierarchy.
    pub fn terms(&self) -> &[usize] {
        &self.terms
    }

    /// The scores of a gene, from what it adds up to over the cells annotated with exactly each term.
    ///
    /// # Panics
    /// When there are not as many sums as terms in the hierarchy.
    pub fn scores(&self, own: &[GeneMoments]) -> GeneScores {
        let all: Vec<usize> = (0..self.terms.len()).collect();
        let scores = self.scores_of(&all, own, Wanted::All);
        let specificities = all.iter().map(|&of_type| self.specificity(of_type, &scores)).collect();
        GeneScores { scores, specificities }
    }

    /// The scores of a gene in some types; none in all others.
    fn scores_of(&self, types: &[usize], own: &[GeneMoments], wanted: Wanted) -> Vec<Option<f64>> {
        let rolled = self.hierarchy.roll_up(own);
        let is_candidate = |of_type: &usize| {
            u64::from(rolled[self.terms[*of_type]].n_nonzero) >= self.options.least_expressing
                && self.rivals[*of_type].bootstrap.is_some()
        };
        let candidates: Vec<usize> = types.iter().copied().filter(is_candidate).collect();
        let mut scores = vec![None; self.terms.len()];
        if !candidates.is_empty() {
            match self.options.measure {
                Measure::CohensD => {
                    self.score(&candidates, GeneSets::<Dispersion>::new(self, own, &rolled), wanted, &mut scores);
                }
                Measure::WelchT => {
                    self.score(&candidates, GeneSets::<Summary>::new(self, own, &rolled), wanted, &mut scores);
                }
            }
        }
        scores
    }

    /// The markers of every type, by its place in [`Self::terms`], best first: genes in ascending order, each with what it adds
    /// up to over the cells annotated with exactly each term.
    ///
    /// # Panics
    /// When a gene has not as many sums as there are terms in the hierarchy.
    pub fn markers<S: AsRef<[GeneMoments]>>(&self, genes: impl IntoIterator<Item = (u32, S)>) -> Vec<Vec<Marker>> {
        let mut markers = vec![Vec::new(); self.terms.len()];
        for (gene, own) in genes {
            let scores = self.scores_over_least(own.as_ref());
            for (of_type, markers) in markers.iter_mut().enumerate() {
                if scores[of_type].is_some_and(|score| score > self.options.least_score) {
                    self.note(gene, scores[of_type], self.specificity(of_type, &scores), markers);
                }
            }
        }
        markers.iter_mut().for_each(|markers| self.options.best(markers));
        markers
    }

    /// The markers of one type, by its place in [`Self::terms`], best first, as [`Self::markers`] has them: of ascending genes
    /// that `own` gives the sums of. It scores that type alone, and the others for its markers' specificities.
    ///
    /// # Panics
    /// When there is no such type, or a gene has not as many sums as there are terms in the hierarchy.
    pub fn markers_of<S: AsRef<[GeneMoments]>>(
        &self,
        of_type: usize,
        genes: impl IntoIterator<Item = u32>,
        own: impl Fn(u32) -> S,
    ) -> Vec<Marker> {
        let mut found = Vec::new();
        for gene in genes {
            let score = self.scores_of(&[of_type], own(gene).as_ref(), Wanted::OverLeast)[of_type];
            self.note(gene, score, 0.0, &mut found);
        }
        self.options.best(&mut found);
        for marker in &mut found {
            marker.specificity = self.specificity(of_type, &self.scores_over_least(own(marker.gene).as_ref()));
        }
        found
    }

    /// The markers of all genes, from those of some and of the others, as [`Self::markers`] has them.
    ///
    /// # Panics
    /// When either is of another finder.
    pub fn merge(&self, mut some: Vec<Vec<Marker>>, others: Vec<Vec<Marker>>) -> Vec<Vec<Marker>> {
        assert_eq!(some.len(), others.len(), "markers of the same types");
        for (markers, others) in some.iter_mut().zip(others) {
            markers.extend(others);
            self.options.best(markers);
        }
        some
    }

    fn note(&self, gene: u32, score: Option<f64>, specificity: f64, markers: &mut Vec<Marker>) {
        let Some(score) = score.filter(|&score| score > self.options.least_score) else { return };
        markers.push(Marker { gene, score, specificity });
        // Now and then, so that no more are kept than a few times as many as are wanted.
        if markers.len() >= self.options.n_kept.max(N_KEPT).saturating_mul(4) {
            self.options.best(markers);
        }
    }

    fn compared<C: Compared>(&self, moments: GeneMoments, n_cells: u64) -> C {
        // Most genes are in few types: what is not there needs no arithmetic.
        let summary = match moments.n_nonzero {
            0 => Summary { n_cells, ..Summary::default() },
            _ => self.fixed.summary(moments, n_cells),
        };
        C::of(summary, self.options.mode)
    }

    /// The scores that a marker may have, and −∞ for the other candidates.
    fn scores_over_least(&self, own: &[GeneMoments]) -> Vec<Option<f64>> {
        let all: Vec<usize> = (0..self.terms.len()).collect();
        self.scores_of(&all, own, Wanted::OverLeast)
    }

    /// Writes the scores of some types, which have others to compare with.
    fn score<C: Compared>(
        &self,
        candidates: &[usize],
        mut sets: GeneSets<'_, C>,
        wanted: Wanted,
        scores: &mut [Option<f64>],
    ) {
        // Those of the largest mean first: a type that is not above them is soon known to be no marker's.
        let mut largest_first: Vec<usize> = (0..self.terms.len()).collect();
        if wanted == Wanted::OverLeast {
            largest_first.sort_unstable_by(|&a, &b| sets.types[b].mean().total_cmp(&sets.types[a].mean()));
        }
        let mut effects = Vec::new();
        for &of_type in candidates {
            let rivals = &self.rivals[of_type];
            let Some(bootstrap) = &rivals.bootstrap else { continue };
            if wanted == Wanted::OverLeast && self.is_at_most_least(of_type, bootstrap, &largest_first, &mut sets) {
                scores[of_type] = Some(f64::NEG_INFINITY);
                continue;
            }
            effects.clear();
            let group = sets.types[of_type];
            effects.extend(rivals.sets().map(|set| group.effect(sets.set(set), self.options.mode)));
            effects.resize(effects.len() + rivals.n_empty, 0.0);
            scores[of_type] = Some(bootstrap.mean(&mut effects));
        }
    }

    /// Whether a type's score is at most the least of markers, since all effects that have weight are. It may also be where
    /// this says nothing.
    fn is_at_most_least<C: Compared>(
        &self,
        of_type: usize,
        bootstrap: &BootstrapPercentile,
        largest_first: &[usize],
        sets: &mut GeneSets<'_, C>,
    ) -> bool {
        let MarkerOptions { least_score, mode, .. } = self.options;
        if least_score < 0.0 {
            return false;
        }
        let (group, rivals) = (sets.types[of_type], &self.rivals[of_type]);
        let mut n_left = bootstrap.n_weights().saturating_sub(rivals.n_empty);
        for &other in largest_first {
            if n_left == 0 {
                break;
            }
            let set = rivals.set_of[other];
            if set != NO_SET && group.is_at_most(sets.set(set as usize), least_score, mode) {
                n_left -= 1;
            }
        }
        n_left == 0
    }

    fn specificity(&self, of_type: usize, scores: &[Option<f64>]) -> f64 {
        let Some(score) = scores[of_type] else { return 0.0 };
        let rivals = self.rivals[of_type].types.iter().map(|&rival| scores[rival]);
        let (mut n, mut n_lower) = (0, 0);
        for rival in rivals {
            let is_lower = match (rival, self.options.mode) {
                (Some(rival), _) => score > rival,
                (None, Mode::Exact) => true,
                (None, Mode::Compatible) => continue,
            };
            n += 1;
            n_lower += u32::from(is_lower);
        }
        if n == 0 { 1.0 } else { f64::from(n_lower) / f64::from(n) }
    }
}

/// A marker of a type of a tissue.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct TypeMarker {
    /// The tissue's number.
    pub tissue: u32,
    /// The cell type's number.
    pub cell_type: u32,
    /// The marker.
    pub marker: Marker,
}

/// The markers of all types of all tissues of an organism, to be asked by type or by gene.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct MarkerTable {
    /// By tissue, type, and then the best first.
    markers: Vec<TypeMarker>,
    /// Numbers of markers by gene, and then the best first.
    by_gene: Vec<usize>,
}

impl MarkerTable {
    /// A table of markers in any order.
    pub fn new(markers: impl IntoIterator<Item = TypeMarker>) -> Self {
        let mut markers: Vec<TypeMarker> = markers.into_iter().collect();
        let best = |a: &TypeMarker, b: &TypeMarker| b.marker.score.total_cmp(&a.marker.score);
        let row = |of: &TypeMarker| (of.tissue, of.cell_type);
        markers.sort_by(|a, b| row(a).cmp(&row(b)).then(best(a, b)).then(a.marker.gene.cmp(&b.marker.gene)));
        let mut by_gene: Vec<usize> = (0..markers.len()).collect();
        by_gene.sort_by(|&a, &b| {
            let (a, b) = (&markers[a], &markers[b]);
            a.marker.gene.cmp(&b.marker.gene).then(best(a, b)).then(row(a).cmp(&row(b)))
        });
        Self { markers, by_gene }
    }

    /// All markers, by tissue, type, and then the best first.
    pub fn all(&self) -> &[TypeMarker] {
        &self.markers
    }

    /// The markers of a type of a tissue, best first.
    pub fn of_type(&self, tissue: u32, cell_type: u32) -> &[TypeMarker] {
        let row = |of: &TypeMarker| (of.tissue, of.cell_type);
        let start = self.markers.partition_point(|marker| row(marker) < (tissue, cell_type));
        let end = self.markers.partition_point(|marker| row(marker) <= (tissue, cell_type));
        &self.markers[start..end]
    }

    /// What types of which tissues a gene is a marker of, best first.
    pub fn of_gene(&self, gene: u32) -> impl Iterator<Item = &TypeMarker> {
        let start = self.by_gene.partition_point(|&at| self.markers[at].marker.gene < gene);
        let end = self.by_gene.partition_point(|&at| self.markers[at].marker.gene <= gene);
        self.by_gene[start..end].iter().map(|&at| &self.markers[at])
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn markers_are_found_by_type_and_by_gene() {
        let marker = |tissue, cell_type, gene, score| TypeMarker {
            tissue,
            cell_type,
            marker: Marker { gene, score, specificity: 1.0 },
        };
        let [a, b, c, d] = [marker(1, 0, 7, 2.0), marker(0, 3, 7, 3.0), marker(0, 3, 8, 4.0), marker(0, 1, 7, 0.6)];
        let table = MarkerTable::new([a, b, c, d]);
        assert_eq!(table.of_type(0, 3), [c, b]);
        assert_eq!(table.of_type(0, 2), []);
        assert_eq!(table.of_gene(7).copied().collect::<Vec<_>>(), [b, a, d]);
        assert_eq!(table.of_gene(9).count(), 0);
        assert_eq!(table.all(), [d, c, b, a]);
    }
}
