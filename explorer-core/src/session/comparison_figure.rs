//! A figure of a comparison of cells, as the worker that draws it is asked for it.

use serde::{Deserialize, Serialize};

use super::table_bytes::{table_from_bytes, table_to_bytes};
use crate::{
    color::Ground,
    de::{Adjustment, DeOptions, DeRecord, DeTable},
    screen::OtherEffects,
    state::TestMode,
};

/// A figure of a comparison of cells.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct ComparisonFigureQuestion {
    /// What is drawn.
    pub kind: ComparisonFigureKind,
    /// Which genes stand out in it.
    pub standing_out: StandingOut,
    /// Ids of genes that have their names in any case.
    pub chosen: Vec<String>,
    /// The comparison that effects are held against.
    pub other: Option<OtherComparison>,
    /// The test.
    pub mode: TestMode,
    /// How p-values are adjusted.
    pub adjustment: Adjustment,
    /// The layer, by its index.
    pub layer: u32,
    /// What was compared.
    pub record: DeRecord,
    /// What it is drawn on.
    pub ground: Ground,
}

/// What a figure of a comparison of cells shows.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ComparisonFigureKind {
    /// The effect of each gene against its evidence.
    #[default]
    Volcano,
    /// The mean expression of each gene against its effect.
    Ma,
    /// The effect of each gene against that in another comparison.
    Effects,
    /// The effects of the leading genes with their confidence intervals.
    Intervals,
}

/// Which genes stand out in a plot.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct StandingOut {
    /// Their adjusted p-value is at most this.
    pub max_pval_adj: f64,
    /// Their effect is at least this, in either direction.
    pub min_abs_effect: f64,
}

/// The comparison that effects are held against.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct OtherComparison {
    /// What it is called.
    pub title: String,
    /// Where the axis of its effects ends.
    pub extent: f64,
}

/// What a figure is drawn of.
#[derive(Clone, Debug, PartialEq)]
pub struct ComparisonFigureData {
    /// The comparison.
    pub table: DeTable,
    /// Of each gene, whether it may stand out.
    pub is_shown: Vec<bool>,
    /// The effects in the other comparison.
    pub other: Option<OtherEffects>,
}

impl Default for StandingOut {
    fn default() -> Self {
        Self { max_pval_adj: 0.05, min_abs_effect: 0.0 }
    }
}

impl ComparisonFigureQuestion {
    /// The bytes that go with the question: a byte for each gene, whether it is among `shown`; the effects in the other
    /// comparison; the table.
    pub fn payload(table: &DeTable, shown: &[u32], other: Option<&OtherEffects>) -> Vec<u8> {
        let mut bytes = vec![0; table.len()];
        for &gene in shown {
            if let Some(byte) = bytes.get_mut(gene as usize) {
                *byte = 1;
            }
        }
        for column in other.iter().flat_map(|other| [&other.effect, &other.log10_pval_adj]) {
            bytes.extend(column.iter().flat_map(|number| number.to_le_bytes()));
        }
        bytes.extend(table_to_bytes(table));
        bytes
    }

    /// What is drawn, out of these bytes; `None` where they are others. `options` are those of the layer, which has so many
    /// genes.
    pub fn read(&self, bytes: &[u8], options: DeOptions, n_genes: usize) -> Option<ComparisonFigureData> {
        let (method, test) = self.mode.test()?;
        let options = DeOptions { method, adjustment: self.adjustment, ..options };
        let (is_shown, bytes) = bytes.split_at_checked(n_genes)?;
        let (of_other, bytes) = bytes.split_at_checked(if self.other.is_some() { 16 * n_genes } else { 0 })?;
        let n_cells = [self.record.group.n_cells, self.record.reference.n_cells];
        let table = table_from_bytes(bytes, (options, test), n_cells).filter(|table| table.len() == n_genes)?;
        let numbers = |bytes: &[u8]| bytes.as_chunks::<8>().0.iter().map(|bytes| f64::from_le_bytes(*bytes)).collect();
        let other = self.other.as_ref().map(|OtherComparison { extent, .. }| {
            let (effect, log10_pval_adj) = of_other.split_at(8 * n_genes);
            OtherEffects { effect: numbers(effect), log10_pval_adj: numbers(log10_pval_adj), extent: *extent }
        });
        Some(ComparisonFigureData { table, is_shown: is_shown.iter().map(|&byte| byte == 1).collect(), other })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::de::{CellSetRecord, Degenerate, Method, Test, Ties};

    #[test]
    fn what_is_drawn_survives_the_way() {
        let column = vec![1.5, f64::NEG_INFINITY];
        let options = DeOptions { adjustment: Adjustment::Bonferroni, ..DeOptions::default() };
        let table = DeTable {
            options,
            test: Test::Wilcoxon(Ties::Corrected),
            n_group: 3,
            n_reference: 4,
            effect: column.clone(),
            effect_error: column.clone(),
            score: column.clone(),
            df: column.clone(),
            pval: column.clone(),
            log10_pval: column.clone(),
            pval_adj: column.clone(),
            log10_pval_adj: column.clone(),
            mean_group: column.clone(),
            mean_reference: column.clone(),
            pct_group: column.clone(),
            pct_reference: column,
            degenerate: vec![None, Some(Degenerate::NoVariance)],
        };
        let other = OtherEffects { effect: vec![2.0, -1.0], log10_pval_adj: vec![-3.0, 0.0], extent: 4.0 };
        let set = |n_cells| CellSetRecord { name: String::new(), n_cells };
        let question = ComparisonFigureQuestion {
            kind: ComparisonFigureKind::Effects,
            standing_out: StandingOut::default(),
            chosen: Vec::new(),
            other: Some(OtherComparison { title: String::new(), extent: 4.0 }),
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
            ground: Ground::Light,
        };
        let bytes = ComparisonFigureQuestion::payload(&table, &[1, 7], Some(&other));
        let of_layer = DeOptions { method: Method::CellxgeneCompatible, ..options };
        let read = question.read(&bytes, of_layer, 2).unwrap();
        assert_eq!(read, ComparisonFigureData { table, is_shown: vec![false, true], other: Some(other) });
        assert_eq!(question.read(&bytes, of_layer, 3), None);
    }
}
