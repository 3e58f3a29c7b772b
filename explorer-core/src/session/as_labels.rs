//! Columns of numbers that are shown as labels.

use std::{
    collections::{BTreeSet, HashMap},
    sync::Arc,
};

use shared_fbs::tile::Categories;

use super::LabelColumn;
use crate::data::{Categorical, Continuous, NumberLabels};

/// Columns of numbers, as far as their values have come: which can be labels, and those that are shown so.
#[derive(Debug, Default)]
pub(super) struct AsLabels {
    /// The labels that the numbers of a column would be; `None` where they cannot be. Values may be let go of meanwhile.
    known: HashMap<String, Option<NumberLabels>>,
    shown: HashMap<String, (Arc<Categorical>, Arc<Categories>)>,
    /// Those that are to be shown so, as soon as their values come.
    asked: BTreeSet<String>,
    /// Those that are shown so since they were last followed.
    fresh: Vec<String>,
}

impl AsLabels {
    /// The numbers of a column have come; where they are to be labels, they are so at once.
    pub fn arrive(&mut self, column: &str, values: &Continuous) {
        if !self.known.contains_key(column) {
            self.known.insert(column.to_owned(), NumberLabels::of(values));
        }
        if self.asked.contains(column) {
            self.show(column, values);
        }
    }

    fn show(&mut self, column: &str, values: &Continuous) {
        let labels = self.known.get(column).and_then(Option::as_ref).filter(|_| !self.shown.contains_key(column));
        if let Some(labels) = labels {
            let labels = labels.column(values);
            let own = LabelColumn::new(column, labels.clone());
            self.shown.insert(column.to_owned(), (Arc::new(labels), Arc::clone(own.categories())));
            self.fresh.push(column.to_owned());
        }
    }

    /// Whether the numbers of a column can be labels; `None` before they have come.
    pub fn can_be(&self, column: &str) -> Option<bool> {
        self.known.get(column).map(Option::is_some)
    }

    /// The labels of a column that is shown so.
    pub fn get(&self, column: &str) -> Option<(&Categorical, &Arc<Categories>)> {
        self.shown.get(column).map(|(labels, categories)| (labels.as_ref(), categories))
    }

    /// Shows these columns as labels, where `numbers` has them, and no others; returns those that were shown otherwise
    /// before.
    pub fn follow<'a>(
        &mut self,
        asked: &BTreeSet<String>,
        numbers: impl Fn(&str) -> Option<&'a Continuous>,
    ) -> Vec<String> {
        let mut changed: Vec<String> = self.shown.keys().filter(|name| !asked.contains(*name)).cloned().collect();
        self.shown.retain(|name, _| asked.contains(name));
        for name in asked {
            if let Some(values) = numbers(name) {
                self.show(name, values);
            }
        }
        self.asked.clone_from(asked);
        changed.append(&mut self.fresh);
        changed
    }
}
