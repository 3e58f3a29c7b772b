//! Cells by their ids, and sets of cells one by one.

use std::collections::BTreeSet;

use explorer_core::{
    data::CellIdx,
    dataset::FoundCells,
    embed::Cause,
    session::SetOperation,
    state::{Action, DataKey, DimensionKey},
};

use super::Store;
use crate::fetch::FetchError;

impl Store {
    /// The cells that have one of these ids; none before the dataset is open.
    ///
    /// # Errors
    /// When the ids of the dataset cannot be loaded.
    pub async fn find_cells(self, ids: &[String]) -> Result<FoundCells, FetchError> {
        let Some(access) = self.access() else { return Ok(FoundCells::default()) };
        access.dataset.find_cells(ids).await
    }

    /// The cells that a list names as people paste it; none before the dataset is open.
    ///
    /// # Errors
    /// When the ids of the dataset cannot be loaded.
    pub async fn find_pasted_cells(self, text: &str) -> Result<FoundCells, FetchError> {
        let Some(access) = self.access() else { return Ok(FoundCells::default()) };
        access.dataset.find_pasted_cells(text).await
    }

    /// Makes a set of these cells and selects them, for whom that is.
    ///
    /// # Errors
    /// When their rows in the input cannot be loaded.
    pub async fn select_as_set(self, name: &str, cells: &[CellIdx], cause: Cause) -> Result<(), FetchError> {
        let Some(access) = self.access() else { return Ok(()) };
        access.rows().await?;
        let set = self.peek(|state| access.read(|session| session.set_of_cells(name, cells, &state.view.analysis)));
        if let Some(set) = set.flatten() {
            self.on_behalf_of(cause, || self.dispatch(Action::AddAndSelectCellSet(set)));
        }
        Ok(())
    }

    /// Selects the cells in view that have no value of a dimension, as a new set.
    ///
    /// # Errors
    /// When what it takes cannot be loaded.
    pub async fn select_missing(self, key: &DimensionKey) -> Result<(), FetchError> {
        let (Some(access), Some(data)) = (self.access(), key.data()) else { return Ok(()) };
        access.ready(data).await?;
        let cells = access.read(|session| session.cells_without(key)).flatten().unwrap_or_default();
        let name = match key {
            DimensionKey::Obs(column) => format!("{column} missing"),
            DimensionKey::Gene(gene) => format!("{} missing", self.gene_label(gene)),
            DimensionKey::Mean(_) | DimensionKey::Selection(_) | DimensionKey::Cells | DimensionKey::Subset(_) => {
                "missing".to_owned()
            }
        };
        self.select_as_set(&name, &cells, Cause::User).await
    }

    /// Makes a new set of two, where there are such sets.
    ///
    /// # Errors
    /// When what the sets are made of cannot be loaded.
    pub async fn combine_sets(self, first: &str, operation: SetOperation, second: &str) -> Result<(), FetchError> {
        let Some(access) = self.access() else { return Ok(()) };
        let needs = |name: &str| {
            self.peek(|state| state.view.analysis.cell_set(name).map(|set| set.source.needs())).unwrap_or_default()
        };
        let needs: BTreeSet<DataKey> = needs(first).into_iter().chain(needs(second)).chain([DataKey::Rows]).collect();
        for key in needs {
            access.ready(key).await?;
        }
        let set = self.peek(|state| {
            access.read(|session| session.combined_set(first, operation, second, &state.view.analysis)).flatten()
        });
        if let Some(set) = set {
            self.dispatch(Action::AddCellSet(set));
        }
        Ok(())
    }
}
