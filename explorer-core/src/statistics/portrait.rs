//! What some cells are: the labels that most of them have, the genes that set them apart, the labels that they are most
//! like.

use std::cmp::Reverse;

use serde::{Deserialize, Serialize};

use crate::{
    data::Categorical,
    de::{FixedPoints, Marker, Moments},
    filter::CellMask,
    names::MISSING_LABEL,
    sorting::{sort_by, sort_by_key},
};

/// What some cells are.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Portrait {
    /// How many cells.
    pub n_cells: u64,
    /// Of each column, by name, the labels that they have.
    pub labels: Vec<(String, Vec<LabelShare>)>,
    /// Genes that they express more than all other cells, best first.
    pub markers: Vec<Marker>,
    /// The column of the labels below; empty where there is none.
    pub nearest_of: String,
    /// The labels whose mean expression is most like theirs, most like first.
    pub nearest: Vec<NearestLabel>,
}

impl Portrait {
    /// The columns that tell something of the cells: one of a single label says nothing of any.
    pub fn tell_tale_labels(&self) -> impl Iterator<Item = &(String, Vec<LabelShare>)> {
        let tells = |labels: &[LabelShare]| !matches!(labels, [one] if one.fold == 1.0) && !labels.is_empty();
        self.labels.iter().filter(move |(_, labels)| tells(labels))
    }
}

/// How many of some cells have a label.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct LabelShare {
    /// The label's number; the number of labels stands for "missing".
    pub label: usize,
    /// What it is called.
    pub name: String,
    /// Cells of the set with it.
    pub n_cells: u64,
    /// Their share of the set, 0 to 1.
    pub share: f64,
    /// Cells with it in all.
    pub n_all: u64,
    /// The share of the set over the share of all cells: above 1 where the label is enriched.
    pub fold: f64,
}

/// How alike the mean expression of some cells and of a label is.
#[derive(Clone, Debug, PartialEq)]
pub struct NearestLabel {
    /// The label's number.
    pub label: usize,
    /// What it is called.
    pub name: String,
    /// Pearson's correlation of the means over all genes, −1 to 1.
    pub correlation: f64,
}

/// The labels of a column that some cells have, most frequent first, at most so many; equally frequent ones in the
/// column's order.
///
/// # Panics
/// When column and sets are of different datasets.
pub fn label_shares(column: &Categorical, cells: &CellMask, universe: &CellMask, most: usize) -> Vec<LabelShare> {
    // The last is of cells without a label.
    let count = |cells: &CellMask| {
        let mut counts = vec![0_u64; column.categories.len() + 1];
        cells.iter().for_each(|cell| counts[column.codes.get(cell) as usize] += 1);
        counts
    };
    let (inside, all) = (count(cells), count(universe));
    let (n_cells, n_all) = (cells.count() as f64, universe.count() as f64);
    let mut shares: Vec<LabelShare> = inside
        .iter()
        .zip(&all)
        .enumerate()
        .filter(|(_, (inside, _))| **inside > 0)
        .map(|(label, (&inside, &all))| {
            let share = inside as f64 / n_cells;
            LabelShare {
                label,
                name: name_of(&column.categories, label),
                n_cells: inside,
                share,
                n_all: all,
                fold: share / (all as f64 / n_all),
            }
        })
        .collect();
    sort_by_key(&mut shares, |label| Reverse(label.n_cells));
    shares.truncate(most);
    shares
}

/// The labels most like some cells by the means of all genes, most like first, at most so many. Labels without a cell are
/// left out. `names` are the labels', of which the moments may have one more, of "missing".
///
/// # Panics
/// When the moments are of different layers.
pub fn nearest_labels(
    cells: &Moments,
    (labels, names): (&[Moments], &[String]),
    fixed: &FixedPoints,
    most: usize,
) -> Vec<NearestLabel> {
    let deviations = |moments: &Moments| -> Vec<f64> {
        let n_genes = fixed.n_genes(moments.entries.len());
        let means: Vec<f64> = (0..n_genes).map(|gene| fixed.summary(moments, gene).mean).collect();
        let mean = means.iter().sum::<f64>() / n_genes as f64;
        means.into_iter().map(|value| value - mean).collect()
    };
    let product = |a: &[f64], b: &[f64]| a.iter().zip(b).map(|(a, b)| a * b).sum::<f64>();
    let of_cells = deviations(cells);
    let length = product(&of_cells, &of_cells).sqrt();
    let mut nearest: Vec<NearestLabel> = labels
        .iter()
        .enumerate()
        .filter(|(_, moments)| moments.n_cells > 0)
        .map(|(label, moments)| {
            let of_label = deviations(moments);
            let both = length * product(&of_label, &of_label).sqrt();
            let correlation = if both > 0.0 { product(&of_cells, &of_label) / both } else { 0.0 };
            NearestLabel { label, name: name_of(names, label), correlation: correlation.clamp(-1.0, 1.0) }
        })
        .collect();
    sort_by(&mut nearest, |a, b| b.correlation.total_cmp(&a.correlation));
    nearest.truncate(most);
    nearest
}

fn name_of(names: &[String], label: usize) -> String {
    names.get(label).cloned().unwrap_or_else(|| MISSING_LABEL.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        data::Codes,
        de::{FixedPoint, GeneMoments},
    };

    #[test]
    fn labels_are_told_with_share_and_enrichment() {
        let categories = ["B", "T"].map(str::to_owned).into();
        let column = Categorical { codes: Codes::U8(vec![0, 0, 0, 1, 1, 1, 1, 2]), categories, ordered: false };
        let cells = CellMask::from_bytes(vec![1, 1, 1, 1, 0, 0, 0, 0]);
        let shares = label_shares(&column, &cells, &CellMask::all(8), 5);
        let told: Vec<(usize, u64, f64, u64, f64)> =
            shares.iter().map(|label| (label.label, label.n_cells, label.share, label.n_all, label.fold)).collect();
        assert_eq!(told, [(0, 3, 0.75, 3, 2.0), (1, 1, 0.25, 4, 0.5)]);
        assert_eq!(label_shares(&column, &cells, &CellMask::all(8), 1).len(), 1);
        assert!(label_shares(&column, &CellMask::none(8), &CellMask::all(8), 5).is_empty());
    }

    #[test]
    fn the_nearest_label_has_the_same_profile_whatever_its_size() {
        let fixed = FixedPoint::COUNTS;
        let moments = |n_cells: u64, sums: [i64; 4]| Moments {
            n_cells,
            entries: sums.map(|sum| GeneMoments { n_nonzero: 1, sum, sum_sq: fixed.square(sum) }).to_vec(),
        };
        let cells = moments(2, [2, 4, 0, 8]);
        let labels =
            [moments(5, [9, 1, 7, 0]), moments(20, [20, 40, 0, 80]), moments(0, [0; 4]), moments(3, [3, 3, 3, 3])];
        let nearest = nearest_labels(&cells, (&labels, &["a".to_owned()]), &FixedPoints::Uniform(fixed), 9);
        let order: Vec<usize> = nearest.iter().map(|label| label.label).collect();
        assert_eq!(order, [1, 3, 0]);
        assert_eq!((nearest[2].name.as_str(), nearest[0].name.as_str()), ("a", "missing"));
        assert!((nearest[0].correlation - 1.0).abs() < 1e-12 && nearest[1].correlation == 0.0);
        assert!(nearest[2].correlation < 0.0);
    }
}
