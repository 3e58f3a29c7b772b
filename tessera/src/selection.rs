//! Cells and genes that filters select, and what they add up to.

use std::collections::BTreeSet;

use explorer_core::{
    data::CellRows,
    de::{FixedPoints, LabelChoice, LayerTiles, Moments, SetParts, Sets, stored_sums},
    filter::CellMask,
};
use shared_fbs::manifest::{ColumnKind, Layer};
use value_filter::{ChosenLabels, Filter, Obs, SelectError, Selected, Terms, Var};

use crate::{
    compare::{CompareError, follow, is_quicker_than_genes, planned_moments},
    dataset::{Dataset, DatasetError, wait},
};

/// Columns whose labels may make up a set of stored sums.
const MOST_COLUMNS: usize = 2;

/// Some cells of a dataset.
#[derive(Clone, Debug, PartialEq)]
pub struct CellSelection {
    cells: CellMask,
    /// The labels that they are all those with, where that is known.
    labels: Option<Vec<ChosenLabels>>,
}

/// Why a filter selects nothing.
pub type SelectionError = SelectError<DatasetError>;

impl CellSelection {
    /// All cells of a dataset.
    pub fn all(dataset: &Dataset) -> Self {
        Self { cells: CellMask::all(dataset.manifest().n_obs as usize), labels: Some(Vec::new()) }
    }

    /// The cells that pass a filter, and what its writer may not have meant, a sentence each.
    ///
    /// # Errors
    /// When the filter does not suit the columns, or one cannot be read.
    pub fn of_filter(
        dataset: &Dataset,
        filter: &Filter,
        terms: &impl Terms,
    ) -> Result<(Self, Vec<String>), SelectionError> {
        let Selected { rows, notes, labels } = wait(filter.select(&Obs(dataset.reader()), terms))?;
        let cells = CellMask::from_roaring(&rows, dataset.manifest().n_obs as usize).expect("rows of the dataset");
        Ok((Self { cells, labels }, notes))
    }

    /// The cells of a mask.
    pub fn of_mask(cells: CellMask) -> Self {
        Self { cells, labels: None }
    }

    /// The cells.
    pub fn cells(&self) -> &CellMask {
        &self.cells
    }

    /// Those that are in another selection, too.
    #[must_use]
    pub fn and(&self, other: &Self) -> Self {
        let mut cells = self.cells.clone();
        cells.and(&other.cells);
        let labels = match (&self.labels, &other.labels) {
            (Some(labels), Some(none)) | (Some(none), Some(labels)) if none.is_empty() => Some(labels.clone()),
            (_, _) => None,
        };
        Self { cells, labels }
    }

    /// Those of them that lie in some tiles of cells.
    #[must_use]
    pub fn within(&self, cells: &std::ops::Range<u32>) -> Self {
        let bytes = self.cells.as_bytes();
        Self::of_mask(CellMask::from_fn(bytes.len(), |cell| bytes[cell] == 1 && cells.contains(&(cell as u32))))
    }

    /// The cells by their numbers in storage order, in the order of the input.
    pub fn in_order_of_input(&self, rows: &CellRows) -> Vec<u32> {
        rows.cells_of(&rows.rows_of(self.cells.iter())).map(|cell| cell.0).collect()
    }

    /// The exact moments of a layer over the cells: out of stored sums of labels where these make them up, else by the plan
    /// that reads the fewest bytes.
    ///
    /// # Errors
    /// When a tile cannot be read.
    pub fn moments(&self, dataset: &Dataset, layer: &Layer) -> Result<(Moments, FixedPoints), CompareError> {
        let none = CellMask::none(self.cells.len());
        let ways = self.stored_ways(dataset, layer)?;
        let plan = LayerTiles::of(dataset.manifest(), layer).filter(|_| !ways.is_empty()).map(|tiles| {
            let ways: Vec<SetParts<'_>> = ways.into_iter().chain([SetParts::cells(&self.cells)]).collect();
            tiles.plan_of(&ways, Some(&[SetParts::cells(&none)]))
        });
        let ([moments, _], fixed) = match plan {
            Some(plan) if is_quicker_than_genes(dataset.manifest(), layer, &plan) => follow(dataset, layer, &plan)?,
            Some(_) | None => planned_moments(dataset, layer, Sets::Two(&self.cells, &none))?,
        };
        Ok((moments, fixed))
    }

    /// The ways to make the cells up out of what is stored of labels.
    fn stored_ways(&self, dataset: &Dataset, layer: &Layer) -> Result<Vec<SetParts<'static>>, DatasetError> {
        let Some(chosen) = self.labels.as_ref().filter(|labels| labels.len() <= MOST_COLUMNS) else {
            return Ok(Vec::new());
        };
        let mut choices = Vec::with_capacity(chosen.len());
        for ChosenLabels { column, codes } in chosen {
            let is_label = |known: &ColumnKind| *known == ColumnKind::Categorical;
            if !dataset.manifest().column(column).is_some_and(|column| is_label(&column.kind)) {
                return Ok(Vec::new());
            }
            let counts = wait(dataset.reader().categories(column))?.counts;
            let is_in = (0..counts.len() as u32).map(|code| codes.contains(&code)).collect();
            choices.push(LabelChoice { column: column.clone(), is_in, n_cells: counts });
        }
        let ways = stored_sums(dataset.manifest(), layer, &choices);
        // Those that leave single cells over take the codes of all cells; the plan by cells does as well.
        Ok(ways.iter().filter(|way| way.rest.is_none()).map(|way| way.parts(&[])).collect())
    }
}

/// The rows of the genes of a layer that pass a filter, by ascending row of the input, and what its writer may not have
/// meant, a sentence each.
///
/// # Errors
/// When the filter does not suit the columns, or one cannot be read.
pub fn genes_of_filter(
    dataset: &Dataset,
    layer: &Layer,
    filter: &Filter,
    terms: &impl Terms,
) -> Result<(Vec<u32>, Vec<String>), SelectionError> {
    let selected = wait(filter.select(&Var(dataset.reader(), layer.var as usize), terms))?;
    let genes = dataset.genes(layer).map_err(SelectError::Read)?;
    let rows: BTreeSet<u32> = selected.rows.iter().filter_map(|gene| genes.rows.get(gene as usize).copied()).collect();
    Ok((rows.into_iter().collect(), selected.notes))
}
