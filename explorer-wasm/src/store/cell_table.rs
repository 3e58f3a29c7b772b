//! Cells as a table, with values as they are in the file.

use std::sync::Arc;

use explorer_core::{
    data::{CellIdx, CellRows, Column, FileColumn},
    dataset::SubsetEstimate,
    session::{CellTable, CellsFile, CellsInSight, CellsToSave, HtmlView, Progress, SaveExtent, Session, Wanted},
    state::{DataKey, GeneKey, PanelIdx},
};

use web_sys::Blob;

use super::{Store, access::DataAccess};
use crate::{
    bridge::View,
    fetch::{FetchError, Priority},
    json,
    worker::{MadeFile, WorkerError},
};

/// The head of the ids where the file has none.
const INDEX_NAME: &str = "cell";

impl Store {
    /// Cells as CSV.
    ///
    /// # Errors
    /// When what the table holds cannot be loaded.
    pub async fn cells_as_csv(self, asked: &CellsToSave, genes: &[GeneKey]) -> Result<String, FetchError> {
        let Some(access) = self.access() else { return Ok(String::new()) };
        let (mut table, rows) = access.table_of(asked.extent).await?;
        let in_order = |session: &Session| session.columns().iter().map(|column| column.name.clone()).collect();
        let known: Vec<String> = access.read(in_order).unwrap_or_default();
        for name in known.into_iter().filter(|name| asked.columns.contains(name)) {
            let column = access.column_in_full(&name).await?;
            table.columns.push((name, column));
        }
        for key in genes {
            let (layer, gene) = access.find_gene(key).await?;
            let values = access.dataset.gene(layer, gene, Priority::Now).await?.to_continuous();
            table.genes.push((self.gene_label(key), values));
        }
        table.selected = (asked.flag == Wanted::Yes).then(|| access.read(Session::selected)).flatten();
        Ok(table.to_csv(&rows))
    }

    /// What it takes to save cells as an AnnData file, and how long the reading will take, about, in milliseconds.
    pub fn subset_estimate(self, extent: SaveExtent) -> Option<(SubsetEstimate, f64)> {
        let access = self.access()?;
        let estimate = access.read(|session| session.subset_estimate(extent))?;
        Some((estimate, access.speed().millis(estimate.read_bytes)))
    }

    /// Cells as an AnnData file. Dropping the future ends the work.
    ///
    /// # Errors
    /// When the dataset cannot be read or the file not be written.
    pub async fn cells_as_h5ad(
        self,
        extent: SaveExtent,
        on_progress: &dyn Fn(Progress),
    ) -> Result<Option<MadeFile>, WorkerError> {
        let Some(access) = self.access() else { return Ok(None) };
        let analysis = self.peek(|state| state.view.analysis.clone());
        let asked = access.read(|session| (session.cells_to_save(extent), session.subset_additions(&analysis, extent)));
        let Some((cells, additions)) = asked else { return Ok(None) };
        access.pool.subset(cells.into_bytes(), json_of(&CellsFile::H5ad(additions)), on_progress).await.map(Some)
    }

    /// The cells in view that a panel has in sight, and where they are.
    pub fn cells_in_sight(self, panel: PanelIdx, view: &View) -> CellsInSight {
        let in_view = self.with_session(|session| session.in_view().cloned()).flatten();
        let n_obs = self.with_manifest(|manifest| manifest.n_obs).unwrap_or_default();
        let mut found = CellsInSight::default();
        self.with_scene(panel, |scene| {
            let cells = (0..n_obs).map(CellIdx).filter(|&cell| in_view.as_ref().is_none_or(|view| view.contains(cell)));
            for cell in cells {
                if let Some(at_px) = scene.px_of(cell, view) {
                    found.add(cell, at_px, view.size_px());
                }
            }
        });
        found
    }

    /// A view as one HTML file, of the cells in sight; the picture and what surrounds it as `drawn` has them.
    ///
    /// # Errors
    /// When the dataset cannot be read.
    pub async fn view_as_html(self, cells: CellsInSight, drawn: HtmlView) -> Result<Option<Blob>, WorkerError> {
        let Some(access) = self.access() else { return Ok(None) };
        let mask = cells.mask(access.dataset.n_obs());
        let known = self.peek(|state| access.read(|session| session.html_view(state, cells)));
        let Some(HtmlView { filter, columns, own_columns, numbers, places, .. }) = known else { return Ok(None) };
        let view = HtmlView { filter, columns, own_columns, numbers, places, ..drawn };
        let file = json_of(&CellsFile::Html(Box::new(view)));
        access.pool.subset(mask.into_bytes(), file, &|_| ()).await.map(|made| Some(made.file))
    }

    /// The ids of cells, one a line.
    ///
    /// # Errors
    /// When they cannot be loaded.
    pub async fn cells_as_ids(self, extent: SaveExtent) -> Result<String, FetchError> {
        let Some(access) = self.access() else { return Ok(String::new()) };
        let (table, rows) = access.table_of(extent).await?;
        Ok(table.to_id_list(&rows))
    }
}

/// A file as the worker is told of it.
fn json_of(file: &CellsFile) -> String {
    json::text_of(file).expect("texts and numbers have a JSON")
}

impl DataAccess {
    /// A table of the ids alone, and the rows of the input that its cells have.
    async fn table_of(&self, extent: SaveExtent) -> Result<(CellTable, Arc<CellRows>), FetchError> {
        let rows = self.rows().await?;
        let ids = self.dataset.cell_ids().await?;
        let written = self.read(|session| match extent {
            SaveExtent::Selected => Some(session.selected()),
            SaveExtent::InView => session.in_view().cloned(),
        });
        let index_name = self.dataset.manifest().index_name.clone().unwrap_or_else(|| INDEX_NAME.to_owned());
        Ok((CellTable { index_name, ids, written: written.flatten(), ..CellTable::default() }, rows))
    }

    /// A column as it is in the file; one of the user's own as it is here.
    async fn column_in_full(&self, name: &str) -> Result<FileColumn, FetchError> {
        let key = DataKey::Column(name.to_owned());
        let own = self.read(|session| match session.manifest().column(name) {
            Some(_) => None,
            None => match session.loaded().column(&key)?.as_ref() {
                Column::Categorical(labels) => Some(FileColumn::Labels(labels.clone())),
                Column::Continuous(_) => None,
            },
        });
        match own.flatten() {
            Some(own) => Ok(own),
            None => self.dataset.file_column(name).await,
        }
    }
}
