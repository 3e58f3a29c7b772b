//! The order of a comparison's table of genes.

use crate::{
    data::GeneNames,
    de::{DeTable, Direction, Effect, SortKey, Test},
};

/// A column of the table of results.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum DeColumn {
    /// The gene's name.
    Gene,
    /// The size of the effect.
    Effect,
    /// t, or z of ranks.
    Score,
    /// The p-value.
    Pval,
    /// The p-value, adjusted.
    PvalAdj,
    /// Share of the group's cells that express the gene.
    PctGroup,
    /// Share of the reference's cells.
    PctReference,
    /// Mean over the group.
    MeanGroup,
    /// Mean over the reference.
    MeanReference,
}

impl DeColumn {
    /// Every column, in the table's order.
    pub const ALL: [Self; 9] = [
        Self::Gene,
        Self::Effect,
        Self::Score,
        Self::Pval,
        Self::PvalAdj,
        Self::PctGroup,
        Self::PctReference,
        Self::MeanGroup,
        Self::MeanReference,
    ];

    /// The heading, and what it means.
    pub fn heading(self, effect: Effect, test: Test) -> (&'static str, &'static str) {
        match self {
            Self::Gene => ("Gene", "Name of the gene"),
            Self::Effect => match effect {
                Effect::Log2FoldChange => ("log₂ FC", "Log2 fold change of the mean expression"),
                Effect::MeanDifference => ("Mean diff.", "Difference of the means, group less reference"),
            },
            Self::Score => match test {
                Test::T => ("t", "Welch’s t"),
                Test::Wilcoxon(_) => ("z", "z of the Wilcoxon rank-sum test"),
            },
            Self::Pval => ("p", "Two-sided p-value"),
            Self::PvalAdj => ("adj. p", "p-value, adjusted for the number of genes"),
            Self::PctGroup => ("% in", "Cells of the group that express the gene"),
            Self::PctReference => ("% ref", "Cells of the reference that express the gene"),
            Self::MeanGroup => ("mean in", "Mean over the group, zeros included"),
            Self::MeanReference => ("mean ref", "Mean over the reference, zeros included"),
        }
    }

    /// What tests know its heading by.
    pub fn test_id(self) -> &'static str {
        match self {
            Self::Gene => "de-sort-gene",
            Self::Effect => "de-sort-effect",
            Self::Score => "de-sort-score",
            Self::Pval => "de-sort-pval",
            Self::PvalAdj => "de-sort-pval_adj",
            Self::PctGroup => "de-sort-pct_group",
            Self::PctReference => "de-sort-pct_reference",
            Self::MeanGroup => "de-sort-mean_group",
            Self::MeanReference => "de-sort-mean_reference",
        }
    }

    /// The direction in which one most likely wants it first.
    fn first_direction(self) -> Direction {
        match self {
            Self::Gene | Self::Pval | Self::PvalAdj => Direction::Ascending,
            Self::Effect
            | Self::Score
            | Self::PctGroup
            | Self::PctReference
            | Self::MeanGroup
            | Self::MeanReference => Direction::Descending,
        }
    }
}

/// The order of the table.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct DeSort {
    /// The column that the table is sorted by.
    pub column: DeColumn,
    /// Which way.
    pub direction: Direction,
}

impl Default for DeSort {
    fn default() -> Self {
        Self { column: DeColumn::Score, direction: Direction::Descending }
    }
}

impl DeSort {
    /// The order after a press on a column's heading.
    pub fn pressed(self, column: DeColumn) -> Self {
        let direction = match self.direction {
            _ if self.column != column => column.first_direction(),
            Direction::Ascending => Direction::Descending,
            Direction::Descending => Direction::Ascending,
        };
        Self { column, direction }
    }

    /// The genes in this order.
    pub fn order(self, table: &DeTable, names: &GeneNames) -> Vec<u32> {
        let key = match self.column {
            DeColumn::Gene => return table.order_by_name(names.labels(), self.direction),
            DeColumn::Effect => SortKey::Effect,
            DeColumn::Score => SortKey::Score,
            DeColumn::Pval => SortKey::Pval,
            DeColumn::PvalAdj => SortKey::PvalAdj,
            DeColumn::PctGroup => SortKey::PctGroup,
            DeColumn::PctReference => SortKey::PctReference,
            DeColumn::MeanGroup => SortKey::MeanGroup,
            DeColumn::MeanReference => SortKey::MeanReference,
        };
        table.order(key, self.direction)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_heading_pressed_again_turns_the_order_round() {
        let sort = DeSort::default().pressed(DeColumn::PvalAdj);
        assert_eq!(sort, DeSort { column: DeColumn::PvalAdj, direction: Direction::Ascending });
        assert_eq!(sort.pressed(DeColumn::PvalAdj).direction, Direction::Descending);
        assert_eq!(sort.pressed(DeColumn::Effect).direction, Direction::Descending);
    }
}
