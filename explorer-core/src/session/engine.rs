//! The cross-filter kept in step with the state: it follows the query by its differences.

use std::{
    collections::{BTreeSet, HashMap},
    sync::Arc,
};

use super::{Loaded, Repaint};
use crate::{
    color::clipped_domain,
    data::Continuous,
    filter::{
        Aside, Beyond, BinRule, Binned, CellMask, Change, CrossFilter, Domain, GROUPS_BESIDE, Groups, Tally, ValueScale,
    },
    screen::{BarCount, Bars},
    state::{CellList, CellQuery, Clip, DimensionFilter, DimensionKey, Filters, LabelFilter, Range, Selection},
};

/// Bins of a histogram.
const N_BINS: u8 = 40;

/// Filters as they were last carried out.
#[derive(Clone, Debug, PartialEq)]
enum Applied {
    Labels(LabelFilter),
    Range(Range),
    Selection(Selection),
    Cells(CellList),
    /// One on a column that is another by now.
    Stale,
}

impl Applied {
    fn new(filter: DimensionFilter<'_>) -> Option<Self> {
        match filter {
            DimensionFilter::Labels(labels) => Some(Self::Labels(labels.clone())),
            DimensionFilter::Range(range) => Some(Self::Range(range)),
            DimensionFilter::Selection(selection) => Some(Self::Selection(selection.clone())),
            DimensionFilter::Cells(list) => Some(Self::Cells(list.clone())),
            DimensionFilter::Subset(_) => None,
        }
    }
}

/// Counts of one group of cells after another: a label's or a bin's.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct GroupCounts {
    /// Cells in view, missing last.
    pub total: Vec<u32>,
    /// The selected ones among them, all filters but the group's own applied.
    pub selected: Vec<u32>,
}

/// A histogram: its span and its counts.
#[derive(Clone, Debug, PartialEq)]
pub struct BinCounts {
    /// Values that the bins span; `None` where no cell in view has a finite number.
    pub domain: Option<Domain>,
    /// Counts by bin; then of values aside, of those beyond the bins, and of cells without one.
    pub counts: GroupCounts,
    /// How the bins run.
    pub scale: ValueScale,
    /// What is counted aside.
    pub aside: Aside,
}

impl From<BinCounts> for Bars {
    fn from(BinCounts { domain, counts, scale, aside }: BinCounts) -> Self {
        let GroupCounts { mut total, mut selected } = counts;
        let n_bins = total.len().saturating_sub(usize::from(GROUPS_BESIDE));
        let beside: Vec<BarCount> = (total.drain(n_bins..))
            .zip(selected.drain(n_bins..))
            .map(|(total, selected)| BarCount { total, selected })
            .collect();
        let beside = |at: usize| beside.get(at).copied().unwrap_or_default();
        let beside = Self { in_aside: beside(0), beyond: beside(1), missing: beside(2), ..Self::default() };
        match domain {
            Some(Domain { min, max }) => {
                Self { min: f64::from(min), max: f64::from(max), total, selected, scale, aside, ..beside }
            }
            None => Self { scale, aside, ..beside },
        }
    }
}

struct Counted {
    tally: Tally<DimensionKey>,
    total: Vec<u32>,
    bins: Option<Arc<Binned>>,
    /// What the bins span, where there are numbers.
    domain: Option<Domain>,
    scale: ValueScale,
    aside: Aside,
}

/// Masks and counts of one dataset.
pub struct Engine {
    filter: CrossFilter<DimensionKey>,
    applied: HashMap<DimensionKey, Applied>,
    subset: Vec<Filters>,
    /// Whether a column that the subset goes by is another by now.
    is_subset_stale: bool,
    counted: HashMap<DimensionKey, Counted>,
    /// The percentiles outside which histograms count no value.
    clip: Clip,
    /// Histograms whose bins run in equal ratios.
    log: BTreeSet<DimensionKey>,
}

impl Engine {
    /// No filter over `n_obs` cells.
    pub fn new(n_obs: usize) -> Self {
        Self {
            filter: CrossFilter::new(n_obs),
            applied: HashMap::new(),
            subset: Vec::new(),
            is_subset_stale: false,
            counted: HashMap::new(),
            clip: Clip::NONE,
            log: BTreeSet::new(),
        }
    }

    /// How the bins of a histogram run.
    pub fn value_scale(&self, key: &DimensionKey) -> ValueScale {
        if self.log.contains(key) { ValueScale::Log } else { ValueScale::Linear }
    }

    /// Lets the bins of a histogram run otherwise.
    pub fn set_value_scale(&mut self, key: &DimensionKey, scale: ValueScale) {
        let is_new = match scale {
            ValueScale::Linear => self.log.remove(key),
            ValueScale::Log => self.log.insert(key.clone()),
        };
        if is_new {
            self.counted.remove(key);
        }
    }

    /// Clips histograms at other percentiles; whether they are others.
    pub fn set_clip(&mut self, clip: Clip) -> bool {
        let is_new = self.clip != clip;
        if is_new {
            self.clip = clip;
            self.counted.retain(|_, counted| counted.bins.is_none());
        }
        is_new
    }

    /// Follows the query as far as its data are there. Adds the cells whose selection flipped to `repaint`; says
    /// whether any filter changed.
    pub fn sync(&mut self, query: &CellQuery, loaded: &Loaded, repaint: &mut Repaint) -> bool {
        let mut changed = self.sync_subset(query, loaded);
        if changed {
            *repaint = Repaint::All;
        }
        let gone: Vec<DimensionKey> = self.applied.keys().filter(|key| query.filter(key).is_none()).cloned().collect();
        for key in gone {
            self.applied.remove(&key);
            let change = self.filter.clear(&key);
            self.count_change(&change, loaded);
            repaint.add(self.filter.flipped(&change), self.filter.n_obs() as u32);
            changed = true;
        }
        for dimension in query.filters.active_dimensions() {
            let Some(wanted) = Applied::new(dimension.filter) else { continue };
            if self.applied.get(&dimension.key) == Some(&wanted) {
                continue;
            }
            let Some(mask) = loaded.dimension_mask(&dimension.key, dimension.filter) else { continue };
            // More filters than the cross-filter can hold leave the last ones out.
            if let Ok(change) = self.filter.set_mask(dimension.key.clone(), mask) {
                self.applied.insert(dimension.key, wanted);
                self.count_change(&change, loaded);
                repaint.add(self.filter.flipped(&change), self.filter.n_obs() as u32);
                changed = true;
            }
        }
        changed
    }

    fn sync_subset(&mut self, query: &CellQuery, loaded: &Loaded) -> bool {
        if self.subset == query.subset && !self.is_subset_stale {
            return false;
        }
        let subset = CellQuery { subset: query.subset.clone(), ..CellQuery::default() };
        let Some(mask) = loaded.query_mask(&subset) else { return false };
        let universe = (!query.subset.is_empty()).then_some(mask);
        if self.filter.set_universe(universe).is_ok() {
            self.subset.clone_from(&query.subset);
            self.is_subset_stale = false;
            // Histograms span what is in view.
            self.counted.clear();
        }
        true
    }

    fn count_change(&mut self, change: &Change<DimensionKey>, loaded: &Loaded) {
        for (key, counted) in &mut self.counted {
            if let Some(groups) = groups(key, counted.bins.as_deref(), loaded) {
                counted.tally.update(&self.filter, change, groups);
            }
        }
    }

    /// The filters that the cells in view have passed, level by level.
    pub fn subset(&self) -> &[Filters] {
        &self.subset
    }

    /// Number of cells selected.
    pub fn n_selected(&self) -> u64 {
        self.filter.n_selected() as u64
    }

    /// Number of cells in view.
    pub fn n_visible(&self) -> u64 {
        self.filter.n_visible() as u64
    }

    /// The cells in view, where they are not all.
    pub fn visible(&self) -> Option<&CellMask> {
        self.filter.universe()
    }

    /// The filters, with the number that each cell fails.
    pub fn filter(&self) -> &CrossFilter<DimensionKey> {
        &self.filter
    }

    /// Counts of the labels of a column; `None` while its codes are not there.
    pub fn label_counts(&mut self, column: &str, loaded: &Loaded) -> Option<GroupCounts> {
        loaded.labels(column)?;
        self.counts(&DimensionKey::Obs(column.to_owned()), loaded)
    }

    /// The histogram of a continuous column or a gene; `None` while its values are not there.
    pub fn histogram(&mut self, key: &DimensionKey, loaded: &Loaded) -> Option<BinCounts> {
        let counts = self.counts(key, loaded)?;
        let &Counted { bins: Some(_), domain, scale, aside, .. } = self.counted.get(key)? else { return None };
        Some(BinCounts { domain, counts, scale, aside })
    }

    /// Whether the histogram of a dimension stands, without its values.
    pub fn is_counted(&self, key: &DimensionKey) -> bool {
        self.counted.contains_key(key)
    }

    /// Forgets the histogram of a dimension that is no longer shown.
    pub fn forget(&mut self, key: &DimensionKey) {
        self.counted.remove(key);
    }

    /// A column has other values from now on: what was made of the former ones is made anew. Says whether the subset in
    /// view is among that.
    pub fn renew(&mut self, column: &str) -> bool {
        let key = DimensionKey::Obs(column.to_owned());
        self.counted.remove(&key);
        for (of, applied) in &mut self.applied {
            let goes_by_it =
                *of == key || matches!(applied, Applied::Selection(selection) if selection.uses_column(column));
            if goes_by_it {
                *applied = Applied::Stale;
            }
        }
        let is_of_subset = self.subset.iter().any(|level| level.uses_column(column));
        self.is_subset_stale |= is_of_subset;
        is_of_subset
    }

    fn counts(&mut self, key: &DimensionKey, loaded: &Loaded) -> Option<GroupCounts> {
        if !self.counted.contains_key(key) {
            let is_of_labels = matches!(key, DimensionKey::Obs(column) if loaded.labels(column).is_some());
            let values = if is_of_labels { None } else { loaded.numbers(&key.data()?) };
            let scale = self.value_scale(key);
            let universe = self.filter.universe();
            let aside = values.map_or(Aside::Nothing, |values| aside_of(key, values, universe, scale));
            let domain = values.and_then(|values| {
                let clipped = clipped_domain(values, universe, self.clip)?;
                domain_beside(values, universe, clipped, aside)
            });
            let bins = values.map(|values| {
                let domain = domain.unwrap_or(Domain { min: 0.0, max: 0.0 });
                let beyond = if self.clip == Clip::NONE { Beyond::InEndBins } else { Beyond::InNone };
                Arc::new(Binned::by_rule(values, BinRule { n_bins: N_BINS, domain, scale, aside, beyond }))
            });
            let groups = groups(key, bins.as_deref(), loaded)?;
            let tally = Tally::new(&self.filter, Some(key.clone()), groups);
            let total = self.filter.totals(groups);
            self.counted.insert(key.clone(), Counted { tally, total, bins, domain, scale, aside });
        }
        let counted = self.counted.get(key)?;
        Some(GroupCounts { total: counted.total.clone(), selected: counted.tally.counts().to_vec() })
    }
}

/// The values of the cells in view.
fn in_view<'a>(values: &'a Continuous, universe: Option<&'a CellMask>) -> impl Iterator<Item = f32> + Clone + 'a {
    let is_in = move |cell: usize| universe.is_none_or(|mask| mask.as_bytes()[cell] == 1);
    values.values.iter().enumerate().filter(move |&(cell, _)| is_in(cell)).map(|(_, &value)| value)
}

/// What a histogram counts aside: what has no place on a logarithmic axis; on another one zeros, of expression and of
/// other counts, which are neither negative nor fractions.
fn aside_of(key: &DimensionKey, values: &Continuous, universe: Option<&CellMask>, scale: ValueScale) -> Aside {
    let mut present = in_view(values, universe).filter(|value| !value.is_nan());
    let is_expression = matches!(key, DimensionKey::Gene(_) | DimensionKey::Mean(_));
    match scale {
        ValueScale::Log => Aside::NotPositive,
        ValueScale::Linear => {
            let are_counts = present.clone().all(|value| value >= 0.0 && (is_expression || value.fract() == 0.0));
            if are_counts && present.any(|value| value == 0.0) { Aside::Zeros } else { Aside::Nothing }
        }
    }
}

/// What the values in view span that percentiles leave and that are not aside; `None` where there is none.
fn domain_beside(values: &Continuous, universe: Option<&CellMask>, clipped: Domain, aside: Aside) -> Option<Domain> {
    let kept =
        in_view(values, universe).filter(|&value| (clipped.min..=clipped.max).contains(&value) && !aside.holds(value));
    let none = Domain { min: f32::INFINITY, max: f32::NEG_INFINITY };
    let domain = kept.fold(none, |span, value| Domain { min: span.min.min(value), max: span.max.max(value) });
    (domain.min <= domain.max).then_some(domain)
}

fn groups<'a>(key: &DimensionKey, bins: Option<&'a Binned>, loaded: &'a Loaded) -> Option<Groups<'a>> {
    if let Some(bins) = bins {
        return Some(bins.into());
    }
    match key {
        DimensionKey::Obs(column) => loaded.labels(column).map(Groups::from),
        DimensionKey::Gene(_)
        | DimensionKey::Mean(_)
        | DimensionKey::Selection(_)
        | DimensionKey::Cells
        | DimensionKey::Subset(_) => None,
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn what_is_aside_is_counted_by_hand(
            values in prop::collection::vec(prop_oneof![
                (0_u8..5).prop_map(f32::from),
                (-3_i8..3).prop_map(f32::from),
                0.0_f32..1.0,
                Just(f32::NAN),
            ], 1..60),
            is_gene in any::<bool>(),
        ) {
            let key = if is_gene {
                DimensionKey::Gene(crate::state::GeneKey { layer: None, gene: "A".to_owned() })
            } else {
                DimensionKey::Obs("n".to_owned())
            };
            let column = Continuous { values: values.clone() };
            let found = aside_of(&key, &column, None, ValueScale::Linear);
            let has = |wanted: fn(f32) -> bool| values.iter().any(|&value| wanted(value));
            let expected = has(|value| value == 0.0)
                && !has(|value| value < 0.0)
                && (is_gene || !has(|value| !value.is_nan() && value.fract() != 0.0));
            prop_assert_eq!(found, if expected { Aside::Zeros } else { Aside::Nothing });
            prop_assert_eq!(aside_of(&key, &column, None, ValueScale::Log), Aside::NotPositive);
            let clipped = Domain { min: -3.0, max: 3.0 };
            let domain = domain_beside(&column, None, clipped, Aside::NotPositive);
            let mut kept: Vec<f32> = values.into_iter().filter(|&value| value > 0.0 && value <= 3.0).collect();
            kept.sort_by(f32::total_cmp);
            prop_assert_eq!(domain.map(|domain| (domain.min, domain.max)), kept.first().copied().zip(kept.last().copied()));
        }
    }
}
