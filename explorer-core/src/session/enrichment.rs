//! Gene sets against a comparison, as the worker that answers is asked for it.

use serde::{Deserialize, Serialize};

use super::{
    Answer, DeResult,
    table_bytes::{table_from_bytes, table_to_bytes},
};
use crate::{
    de::{Adjustment, DeOptions, DeRecord, DeTable},
    state::{Enrichment, GeneSet, TestMode},
};

/// Gene sets against a comparison.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct EnrichmentQuestion {
    /// How they are tested.
    pub enrichment: Enrichment,
    /// The sets.
    pub sets: SetsSource,
    /// The test of the comparison.
    pub mode: TestMode,
    /// Its adjustment of p-values.
    pub adjustment: Adjustment,
    /// The layer, by its index.
    pub layer: u32,
    /// What was compared.
    pub record: DeRecord,
    /// The order of the table.
    pub sort: SetSort,
}

/// Where gene sets come from.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum SetsSource {
    /// The user's own.
    Own(Vec<GeneSet>),
    /// A GMT or CSV file.
    File {
        /// Its name.
        name: String,
        /// What it holds.
        text: String,
    },
}

/// The order of a table of gene sets.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct SetSort {
    /// What it goes by.
    pub column: SetColumn,
    /// Whether the largest come first.
    pub is_descending: bool,
}

/// A column of a table of gene sets.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum SetColumn {
    /// The name.
    Name,
    /// Genes that were tested, or are in the ranking.
    Genes,
    /// Those that are among the chosen; or the enrichment score.
    Score,
    /// How many times as many as by chance; or the normalized score.
    Normalized,
    /// The p-value.
    Pval,
    /// The p-value, adjusted.
    PvalAdj,
}

impl Default for SetSort {
    fn default() -> Self {
        Self { column: SetColumn::Pval, is_descending: false }
    }
}

impl SetColumn {
    /// All columns, from left to right.
    pub const ALL: [Self; 6] = [Self::Name, Self::Genes, Self::Score, Self::Normalized, Self::Pval, Self::PvalAdj];

    /// Its name in what the worker writes.
    pub fn name(self) -> &'static str {
        match self {
            Self::Name => "name",
            Self::Genes => "genes",
            Self::Score => "score",
            Self::Normalized => "normalized",
            Self::Pval => "pval",
            Self::PvalAdj => "pval_adj",
        }
    }

    /// The column of a name.
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|column| column.name() == name)
    }
}

impl SetSort {
    /// The order after a press on a heading.
    #[must_use]
    pub fn pressed(self, column: SetColumn) -> Self {
        let is_descending = match column {
            _ if column == self.column => !self.is_descending,
            SetColumn::Name | SetColumn::Pval | SetColumn::PvalAdj => false,
            SetColumn::Genes | SetColumn::Score | SetColumn::Normalized => true,
        };
        Self { column, is_descending }
    }
}

impl EnrichmentQuestion {
    /// The question of a comparison of cells, with the bytes of its table; `None` of samples, whose genes have no common
    /// universe. `layer` is the index of its layer.
    pub fn new(
        enrichment: Enrichment,
        sets: SetsSource,
        (result, layer): (&DeResult, u32),
        record: DeRecord,
        sort: SetSort,
    ) -> Option<(Self, Vec<u8>)> {
        let Answer::Cells(table) = &result.answer else { return None };
        let (mode, adjustment) = (result.comparison.mode, table.options.adjustment);
        Some((Self { enrichment, sets, mode, adjustment, layer, record, sort }, table_to_bytes(table)))
    }

    /// The comparison out of the bytes that go with the question, whose effects are of no layer; `None` where they are others.
    pub fn table(&self, bytes: &[u8]) -> Option<DeTable> {
        let (method, test) = self.mode.test()?;
        let options = DeOptions { method, adjustment: self.adjustment, ..DeOptions::default() };
        table_from_bytes(bytes, (options, test), [self.record.group.n_cells, self.record.reference.n_cells])
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        de::{CellSetRecord, Method, Test, Ties},
        session::WorkerQuestion,
    };

    #[test]
    fn a_question_survives_the_way() {
        let set = |n_cells| CellSetRecord { name: String::new(), n_cells };
        let question = EnrichmentQuestion {
            enrichment: Enrichment::default(),
            sets: SetsSource::Own(Vec::new()),
            mode: TestMode::Wilcoxon,
            adjustment: Adjustment::Bonferroni,
            layer: 0,
            record: DeRecord {
                dataset: String::new(),
                group: set(3),
                reference: set(4),
                layer: String::new(),
                within: String::new(),
                cautions: Vec::new(),
            },
            sort: SetSort::default(),
        };
        let options = DeOptions { method: Method::Welch, adjustment: Adjustment::Bonferroni, ..DeOptions::default() };
        let test = Test::Wilcoxon(Ties::Corrected);
        let expected = DeTable { options, test, n_group: 3, n_reference: 4, ..DeTable::default() };
        assert_eq!(question.table(&[]), Some(expected));
        let text = serde_json::to_string(&WorkerQuestion::Enrichment(Box::new(question.clone()))).unwrap();
        assert_eq!(
            serde_json::from_str::<WorkerQuestion>(&text).unwrap(),
            WorkerQuestion::Enrichment(Box::new(question))
        );
    }

    #[test]
    fn a_heading_pressed_again_turns_the_order_round() {
        let sort = SetSort::default().pressed(SetColumn::Genes);
        assert_eq!(sort, SetSort { column: SetColumn::Genes, is_descending: true });
        assert!(!sort.pressed(SetColumn::Genes).is_descending && !sort.pressed(SetColumn::Name).is_descending);
        assert!(SetSort::default().pressed(SetColumn::Pval).is_descending);
    }
}
