//! Sets of cells that filters on labels make: known from a tile or two, without reading a column.

use shared_fbs::manifest::{ColumnKind, Layer, Manifest};

use super::{Dataset, Tiles};
use crate::{
    data::Codes,
    de::{LabelChoice, LayerTiles, Plan, SetParts, StoredSum, stored_sums, sums_alone},
    filter::CellMask,
    state::{CellQuery, CellSource, Label},
};

/// Columns whose labels may make up a set of stored sums.
const MOST_COLUMNS: usize = 2;

/// What is known of a set from the labels it is made of: nothing, where it is not made of labels.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct LabelSet {
    choices: Vec<LabelChoice>,
    /// The ways to make it up out of stored sums.
    ways: Vec<StoredSum>,
}

impl LabelSet {
    /// The columns whose codes [`Self::parts`] takes, in that order.
    pub fn columns(&self) -> impl Iterator<Item = &str> {
        let takes_codes = self.ways.iter().any(|way| way.rest.is_some());
        self.choices.iter().filter(move |_| takes_codes).map(|choice| choice.column.as_str())
    }

    /// All ways to make the set up: out of what is stored of its labels, and out of its cells.
    ///
    /// # Panics
    /// When the codes are not those of [`Self::columns`].
    pub fn parts<'a>(&self, codes: &[&Codes], cells: &'a CellMask) -> Vec<SetParts<'a>> {
        let mut ways: Vec<SetParts<'a>> = self.ways.iter().map(|way| way.parts(codes)).collect();
        ways.push(SetParts::cells(cells));
        ways
    }

    fn sums_alone(&self) -> Option<SetParts<'static>> {
        Some(SetParts::stored(sums_alone(&self.ways)?.stored.clone()))
    }
}

impl LayerTiles {
    /// The plan that adds up stored sums alone, where both sets have a way to that, even in a layer without tiles of
    /// cells; the reference is the rest when there is none.
    pub fn plan_of_sums(
        manifest: &Manifest,
        layer: &Layer,
        group: &LabelSet,
        reference: Option<&LabelSet>,
    ) -> Option<Plan> {
        let tiles = Self::without_cells(manifest, layer)?;
        let group = group.sums_alone()?;
        match reference {
            Some(reference) => Some(tiles.plan_of(&[group], Some(&[reference.sums_alone()?]))),
            None => Some(tiles.plan_of(&[group], None)),
        }
    }
}

impl<T: Tiles> Dataset<T> {
    /// What is known of a set from the labels it is made of.
    ///
    /// # Errors
    /// When the labels of a column cannot be read.
    pub async fn label_set(&self, layer: &Layer, source: &CellSource) -> Result<LabelSet, T::Error> {
        let has_labels =
            |name: &str| self.manifest().column(name).is_some_and(|column| column.kind == ColumnKind::Categorical);
        let Some(filters) = source
            .query()
            .and_then(CellQuery::only_labels)
            .filter(|filters| filters.len() <= MOST_COLUMNS && filters.iter().all(|(column, _)| has_labels(column)))
        else {
            return Ok(LabelSet::default());
        };
        let mut choices = Vec::with_capacity(filters.len());
        for (column, filter) in filters {
            let categories = self.categories(column).await?;
            let labels = categories.labels.iter().map(|label| Label::named(label.as_str())).chain([Label::Missing]);
            let is_in = labels.map(|label| filter.allows(&label)).collect();
            choices.push(LabelChoice { column: column.to_owned(), is_in, n_cells: categories.counts.clone() });
        }
        let ways = stored_sums(self.manifest(), layer, &choices);
        Ok(LabelSet { choices, ways })
    }
}
