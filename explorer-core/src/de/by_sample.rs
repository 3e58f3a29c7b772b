//! Group and reference cut by samples, which then are replicates.

use std::sync::Arc;

use super::{FixedPoints, LEAST_CELLS, Moments};
use crate::{
    data::{CellRows, Codes},
    filter::CellMask,
    state::{CellList, CellQuery, CellSource, Label, LabelFilter, ObsFilter},
};

/// Group and reference, to be cut by samples.
pub enum SampleSides {
    /// By filters on labels: stored sums of pairs of labels may answer.
    Queries([CellQuery; 2]),
    /// Cell by cell, with each cell's sample and row of the input.
    Masks([CellMask; 2], Codes, Arc<CellRows>),
}

impl SampleSides {
    /// Group and reference as filters on the labels of columns other than that of the samples; `None` where they are not
    /// that.
    pub fn of_labels(group: &CellSource, reference: Option<&CellSource>, by: &str) -> Option<Self> {
        let of_labels = |source: &CellSource| {
            let query = source.query()?;
            let filters = query.only_labels()?;
            filters.iter().all(|(column, _)| *column != by).then(|| query.clone())
        };
        Some(Self::Queries([of_labels(group)?, of_labels(reference?)?]))
    }

    /// Group and reference within a sample; `None` where neither has a cell, as far as that is known.
    pub fn of_sample(&self, by: &str, name: &str, code: u32) -> Option<[CellSource; 2]> {
        match self {
            Self::Queries(queries) => Some(queries.clone().map(|mut query| {
                let only = LabelFilter::Only([Label::named(name)].into());
                query.filters.obs.insert(by.to_owned(), ObsFilter::Labels(only));
                CellSource::Query(query)
            })),
            Self::Masks(masks, codes, rows) => {
                let [group, reference] = masks
                    .each_ref()
                    .map(|mask| CellList::new(rows.rows_of(mask.iter().filter(|&cell| codes.get(cell) == code))));
                let is_empty = group.rows().is_empty() && reference.rows().is_empty();
                (!is_empty).then_some([CellSource::Cells(group), CellSource::Cells(reference)])
            }
        }
    }
}

/// The means of a sample's cells, one per gene; `None` where it has too few cells.
pub fn sample_means(moments: &Moments, fixed: &FixedPoints) -> Option<Vec<f32>> {
    let mean = |gene: usize| fixed.summary(moments, gene).mean as f32;
    (moments.n_cells >= LEAST_CELLS).then(|| (0..fixed.n_genes(moments.entries.len())).map(mean).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn labels(pairs: &[(&str, LabelFilter)]) -> CellSource {
        let mut query = CellQuery::default();
        for (column, filter) in pairs {
            query.filters.obs.insert((*column).to_owned(), ObsFilter::Labels(filter.clone()));
        }
        CellSource::Query(query)
    }

    fn only(label: &str) -> LabelFilter {
        LabelFilter::Only([Label::named(label)].into())
    }

    #[test]
    fn a_set_of_labels_and_the_rest_are_cut_by_filters() {
        let hide = |label: &str| LabelFilter::Hide([Label::named(label)].into());
        let b = labels(&[("type", only("B"))]);
        let rest = labels(&[("type", hide("B"))]);
        let sides = SampleSides::of_labels(&b, Some(&rest), "donor").unwrap();
        let expected = [
            labels(&[("donor", only("d1")), ("type", only("B"))]),
            labels(&[("donor", only("d1")), ("type", hide("B"))]),
        ];
        assert_eq!(sides.of_sample("donor", "d1", 0), Some(expected));
        let two = labels(&[("type", only("B")), ("phase", only("S"))]);
        assert!(SampleSides::of_labels(&two, Some(&b), "donor").is_some());
    }

    #[test]
    fn a_set_of_samples_and_a_rest_that_is_no_filter_are_cut_cell_by_cell() {
        let of_samples = labels(&[("donor", only("d1"))]);
        assert!(SampleSides::of_labels(&of_samples, Some(&of_samples), "donor").is_none());
        assert!(SampleSides::of_labels(&labels(&[("type", only("B"))]), None, "donor").is_none());
    }

    #[test]
    fn masks_are_cut_cell_by_cell() {
        let masks = [vec![1, 1, 0, 0], vec![0, 0, 1, 0]].map(CellMask::from_bytes);
        let rows = CellRows::new(vec![3, 2, 1, 0]).expect("each row is there once");
        let sides = SampleSides::Masks(masks, Codes::U8(vec![0, 1, 0, 2]), Arc::new(rows));
        let rows = |rows: &[u32]| CellSource::Cells(CellList::new(rows.iter().copied().collect()));
        assert_eq!(sides.of_sample("donor", "d0", 0), Some([rows(&[3]), rows(&[1])]));
        assert_eq!(sides.of_sample("donor", "d1", 1), Some([rows(&[2]), rows(&[])]));
        assert_eq!(sides.of_sample("donor", "d2", 2), None);
    }
}
