//! The order of the table of genes of a comparison of samples.

use std::cmp::Ordering;

use crate::{
    data::GeneNames,
    de::{Direction, PseudobulkTable},
    sorting::sort_by,
};

/// A column of the table of genes of a comparison of samples.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SampleColumn {
    /// The gene's name.
    Gene,
    /// The difference of the means.
    Difference,
    /// t.
    Score,
    /// The p-value.
    Pval,
    /// The p-value, adjusted.
    PvalAdj,
    /// How many samples agree in the sign.
    Agreeing,
}

impl SampleColumn {
    /// Every column, in the table's order.
    pub const ALL: [Self; 6] = [Self::Gene, Self::Difference, Self::Score, Self::Pval, Self::PvalAdj, Self::Agreeing];

    /// Its heading and what that means.
    pub fn heading(self) -> (&'static str, &'static str) {
        match self {
            Self::Gene => ("Gene", "The gene"),
            Self::Difference => ("Difference", "Mean over samples of the group's mean less the reference's"),
            Self::Score => ("t", "t of the samples"),
            Self::Pval => ("p", "Two-sided p-value"),
            Self::PvalAdj => ("p adjusted", "p-value adjusted for the number of genes (Benjamini–Hochberg)"),
            Self::Agreeing => ("Agreeing", "Samples whose difference has the sign of the mean difference"),
        }
    }

    /// What tests know its heading by.
    pub fn test_id(self) -> &'static str {
        match self {
            Self::Gene => "samples-sort-gene",
            Self::Difference => "samples-sort-difference",
            Self::Score => "samples-sort-score",
            Self::Pval => "samples-sort-pval",
            Self::PvalAdj => "samples-sort-pval_adj",
            Self::Agreeing => "samples-sort-agreeing",
        }
    }

    /// Genes as this column ranks them: names and p-values ascending, all else descending.
    fn compare(self, table: &PseudobulkTable, names: &GeneNames, a: usize, b: usize) -> Ordering {
        let numbers = |values: &[f64]| values[a].total_cmp(&values[b]);
        match self {
            Self::Gene => names.labels()[a].to_lowercase().cmp(&names.labels()[b].to_lowercase()),
            Self::Difference => numbers(&table.difference).reverse(),
            Self::Score => numbers(&table.score).reverse(),
            // Equal p-values by the size of t.
            Self::Pval => numbers(&table.log10_pval).then(table.score[b].abs().total_cmp(&table.score[a].abs())),
            Self::PvalAdj => numbers(&table.log10_pval_adj).then(table.score[b].abs().total_cmp(&table.score[a].abs())),
            Self::Agreeing => table.n_agreeing.get(b).cmp(&table.n_agreeing.get(a)),
        }
    }
}

/// The order of the table.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SampleSort {
    /// The column that the table is sorted by.
    pub column: SampleColumn,
    /// Whether the other way round than the column ranks genes.
    pub is_reversed: bool,
}

impl Default for SampleSort {
    fn default() -> Self {
        Self { column: SampleColumn::Pval, is_reversed: false }
    }
}

impl SampleSort {
    /// The order after a press on a column's heading.
    #[must_use]
    pub fn pressed(self, column: SampleColumn) -> Self {
        Self { column, is_reversed: self.column == column && !self.is_reversed }
    }

    /// Which way a column is sorted; `None` where the table is by another.
    pub fn direction(self, column: SampleColumn) -> Option<Direction> {
        let is_ascending = match column {
            SampleColumn::Gene | SampleColumn::Pval | SampleColumn::PvalAdj => true,
            SampleColumn::Difference | SampleColumn::Score | SampleColumn::Agreeing => false,
        };
        let is_sorted = self.column == column;
        is_sorted.then_some(if is_ascending == self.is_reversed { Direction::Descending } else { Direction::Ascending })
    }

    /// The genes in this order whose labels or ids contain `query`, which is in lower case; none before all have names.
    pub fn order(self, table: &PseudobulkTable, names: &GeneNames, query: &str) -> Vec<u32> {
        if table.score.len() > names.len() {
            return Vec::new();
        }
        let matches = |gene: &u32| names.contain(*gene as usize, query);
        let mut genes: Vec<u32> = (0..table.score.len() as u32).filter(matches).collect();
        sort_by(&mut genes, |&a, &b| {
            let order = self.column.compare(table, names, a as usize, b as usize);
            if self.is_reversed { order.reverse() } else { order }
        });
        genes
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::de::{Adjustment, Design};

    fn table() -> PseudobulkTable {
        PseudobulkTable {
            design: Design::Paired,
            adjustment: Adjustment::default(),
            samples: vec!["d1".to_owned(), "d2".to_owned()],
            n_group: 2,
            left_out: Vec::new(),
            difference: vec![0.5, -2.0, 1.0],
            score: vec![1.0, -9.0, 3.0],
            df: vec![1.0; 3],
            pval: vec![0.5, 0.01, 0.01],
            log10_pval: vec![-0.3, -2.0, -2.0],
            pval_adj: vec![0.5, 0.03, 0.03],
            log10_pval_adj: vec![-0.3, -1.5, -1.5],
            n_agreeing: vec![1, 2, 2],
        }
    }

    fn sorted(sort: SampleSort, query: &str) -> Vec<u32> {
        sort.order(&table(), &GeneNames::new(["LYZ", "cd3d", "CD8A"].map(str::to_owned).to_vec(), None), query)
    }

    #[test]
    fn equal_p_values_go_by_the_size_of_t() {
        assert_eq!(sorted(SampleSort::default(), ""), [1, 2, 0]);
    }

    #[test]
    fn a_heading_pressed_again_turns_the_order_round() {
        let by_name = SampleSort::default().pressed(SampleColumn::Gene);
        assert_eq!(sorted(by_name, ""), [1, 2, 0]);
        let reversed = by_name.pressed(SampleColumn::Gene);
        assert_eq!(sorted(reversed, ""), [0, 2, 1]);
        let directions = [by_name, reversed].map(|sort| sort.direction(SampleColumn::Gene));
        assert_eq!(directions, [Some(Direction::Ascending), Some(Direction::Descending)]);
        assert_eq!(reversed.direction(SampleColumn::Pval), None);
    }

    #[test]
    fn a_search_is_in_any_case() {
        assert_eq!(sorted(SampleSort::default(), "cd"), [1, 2]);
    }

    #[test]
    fn a_table_waits_for_the_names_of_its_genes() {
        assert!(SampleSort::default().order(&table(), &GeneNames::default(), "").is_empty());
    }
}
