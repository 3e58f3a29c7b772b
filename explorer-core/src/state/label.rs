//! Labels of a column, and which of them pass.

use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};

use crate::sorting::set_of;

/// A label of a categorical column.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(from = "Option<String>", into = "Option<String>")]
pub enum Label {
    /// A category, by its text.
    Named(String),
    /// Cells that have no label.
    Missing,
}

impl Label {
    /// The label with this text.
    pub fn named(text: impl Into<String>) -> Self {
        Self::Named(text.into())
    }
}

/// A label is its text; cells without one are `null`.
impl From<Option<String>> for Label {
    fn from(text: Option<String>) -> Self {
        text.map_or(Self::Missing, Self::Named)
    }
}

impl From<Label> for Option<String> {
    fn from(label: Label) -> Self {
        match label {
            Label::Named(text) => Some(text),
            Label::Missing => None,
        }
    }
}

/// A label of a column.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct ColumnLabel {
    /// The column.
    pub column: String,
    /// The label.
    pub label: Label,
}

/// Which labels of a column a cell may have. Labels that the column does not have match no cell.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum LabelFilter {
    /// Every label but these, those that the link's writer never saw included.
    Hide(BTreeSet<Label>),
    /// These labels alone; none at all when empty.
    Only(BTreeSet<Label>),
}

impl LabelFilter {
    /// Whether cells with this label pass.
    pub fn allows(&self, label: &Label) -> bool {
        match self {
            Self::Hide(labels) => !labels.contains(label),
            Self::Only(labels) => labels.contains(label),
        }
    }

    /// Whether every cell passes, whatever the labels are.
    pub fn is_trivial(&self) -> bool {
        matches!(self, Self::Hide(labels) if labels.is_empty())
    }

    /// What passes both filters.
    #[must_use]
    pub fn and(&self, other: &Self) -> Self {
        match (self, other) {
            (Self::Hide(ours), Self::Hide(theirs)) => Self::Hide(set_of(ours.iter().chain(theirs).cloned())),
            (Self::Only(labels), filter) | (filter, Self::Only(labels)) => {
                Self::Only(set_of(labels.iter().filter(|label| filter.allows(label)).cloned()))
            }
        }
    }

    /// Lets a label pass, or not.
    pub fn set(&mut self, label: Label, passes: bool) {
        if self.allows(&label) != passes {
            self.toggle(label);
        }
    }

    /// Lets a label pass that did not, or the other way round.
    pub fn toggle(&mut self, label: Label) {
        let (Self::Hide(labels) | Self::Only(labels)) = self;
        if !labels.remove(&label) {
            labels.insert(label);
        }
    }

    /// The filter with the same effect on a column with these labels ([`Label::Missing`] among
    /// them if cells lack one), in the form that names fewer labels.
    pub fn shortest<'a>(&self, labels: impl IntoIterator<Item = &'a Label>) -> Self {
        let (allowed, hidden): (BTreeSet<Label>, BTreeSet<Label>) =
            labels.into_iter().cloned().partition(|label| self.allows(label));
        if hidden.len() <= allowed.len() { Self::Hide(hidden) } else { Self::Only(allowed) }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn a_label_that_is_set_passes_or_not_and_no_other_changes(hide: bool, listed: BTreeSet<u8>, set: u8, passes: bool) {
            let label = |number: u8| Label::named(number.to_string());
            let listed = listed.into_iter().map(label).collect();
            let before = if hide { LabelFilter::Hide(listed) } else { LabelFilter::Only(listed) };
            let mut after = before.clone();
            after.set(label(set), passes);
            for other in 0..=u8::MAX {
                let expected = if other == set { passes } else { before.allows(&label(other)) };
                prop_assert_eq!(after.allows(&label(other)), expected);
            }
        }

        #[test]
        fn the_shortest_form_has_the_same_effect(
            hide in any::<bool>(),
            listed in prop::collection::btree_set(0_u8..12, 0..12),
            labels in prop::collection::btree_set(0_u8..10, 0..10),
        ) {
            let label = |number: u8| match number {
                0 => Label::Missing,
                _ => Label::named(number.to_string()),
            };
            let listed: BTreeSet<_> = listed.into_iter().map(label).collect();
            let labels: Vec<_> = labels.into_iter().map(label).collect();
            let filter = if hide { LabelFilter::Hide(listed) } else { LabelFilter::Only(listed) };
            let shortest = filter.shortest(&labels);
            for label in &labels {
                prop_assert_eq!(filter.allows(label), shortest.allows(label));
            }
            let (LabelFilter::Hide(named) | LabelFilter::Only(named)) = shortest;
            prop_assert!(2 * named.len() <= labels.len());
        }
    }
}
