//! What a user asks of a catalog.

use std::collections::{BTreeMap, BTreeSet};

use super::{
    facet::{LabelFacet, NumberFacet, Since},
    sort::{Sort, SortKey},
};

/// Which datasets to show, and in which order.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct CatalogQuery {
    /// The labels chosen; a dataset must have one of each facet's. No facet is there without a label.
    pub labels: BTreeMap<LabelFacet, BTreeSet<String>>,
    /// The ranges that numbers must be in.
    pub numbers: BTreeMap<NumberFacet, NumberRange>,
    /// How long ago it was published at most.
    pub since: Option<Since>,
    /// Words to be found.
    pub text: String,
    /// The order.
    pub sort: Sort,
}

/// Numbers from `min` to `max`, both included; `None` is no bound.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct NumberRange {
    /// The least.
    pub min: Option<u32>,
    /// The largest.
    pub max: Option<u32>,
}

/// What a user does to a query.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum CatalogEdit {
    /// Chooses a label, or no longer.
    Toggle(LabelFacet, String),
    /// Bounds a number, or no longer where the range is open.
    Bound(NumberFacet, NumberRange),
    /// Asks for what is so new, or for all.
    Since(Option<Since>),
    /// Searches for words.
    Text(String),
    /// Sorts by this, or the other way round.
    Sort(SortKey),
    /// Lets all datasets pass, in the same order.
    Clear,
}

impl NumberRange {
    /// Whether it bounds nothing.
    pub fn is_open(self) -> bool {
        self == Self::default()
    }

    /// Whether a number is in it.
    pub fn contains(self, number: f64) -> bool {
        self.min.is_none_or(|min| number >= f64::from(min)) && self.max.is_none_or(|max| number <= f64::from(max))
    }
}

impl CatalogQuery {
    /// Does what a user asks for.
    pub fn apply(&mut self, edit: CatalogEdit) {
        match edit {
            CatalogEdit::Toggle(facet, label) => self.toggle(facet, &label),
            CatalogEdit::Bound(facet, range) => self.set_range(facet, range),
            CatalogEdit::Since(since) => self.since = since,
            CatalogEdit::Text(text) => self.text = text,
            CatalogEdit::Sort(key) => self.sort = self.sort.pressed(key),
            CatalogEdit::Clear => *self = Self { sort: self.sort, ..Self::default() },
        }
    }

    /// Chooses a label, or no longer.
    pub fn toggle(&mut self, facet: LabelFacet, label: &str) {
        let labels = self.labels.entry(facet).or_default();
        if !labels.remove(label) {
            labels.insert(label.to_owned());
        }
        if labels.is_empty() {
            self.labels.remove(&facet);
        }
    }

    /// Bounds a number, or no longer where the range is open.
    pub fn set_range(&mut self, facet: NumberFacet, range: NumberRange) {
        if range.is_open() {
            self.numbers.remove(&facet);
        } else {
            self.numbers.insert(facet, range);
        }
    }

    /// Whether a label is chosen.
    pub fn has(&self, facet: LabelFacet, label: &str) -> bool {
        self.labels.get(&facet).is_some_and(|labels| labels.contains(label))
    }

    /// Whether it lets all datasets pass.
    pub fn is_unfiltered(&self) -> bool {
        self.labels.is_empty() && self.numbers.is_empty() && self.since.is_none() && self.text.trim().is_empty()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_chosen_twice_is_not_chosen() {
        let mut query = CatalogQuery::default();
        let lung = || CatalogEdit::Toggle(LabelFacet::Tissue, "lung".to_owned());
        query.apply(lung());
        assert!(query.has(LabelFacet::Tissue, "lung") && !query.is_unfiltered());
        query.apply(lung());
        assert_eq!(query, CatalogQuery::default());
        query.apply(CatalogEdit::Bound(NumberFacet::Cells, NumberRange { min: Some(1), max: None }));
        query.apply(CatalogEdit::Bound(NumberFacet::Cells, NumberRange::default()));
        assert!(query.is_unfiltered());
    }

    #[test]
    fn clearing_keeps_the_order() {
        let mut query = CatalogQuery::default();
        query.apply(CatalogEdit::Sort(SortKey::Cells));
        query.apply(CatalogEdit::Text("lung".to_owned()));
        query.apply(CatalogEdit::Since(Some(Since::OneYear)));
        let sort = query.sort;
        query.apply(CatalogEdit::Clear);
        assert_eq!(query, CatalogQuery { sort, ..CatalogQuery::default() });
        assert_ne!(sort, sort.pressed(SortKey::Cells));
    }
}
