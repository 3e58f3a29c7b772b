//! Fragments of queries.

use std::sync::Arc;

use pyo3::prelude::*;
use tessera::fragment::Fragment;

use crate::{cells::Cells, dataset::NativeDataset, errors::Failure, pool, terms::TERMS};

#[pymethods]
impl NativeDataset {
    /// Cuts cells into at most `n` fragments, as JSON; `is_filtered` says that `obs` alone tells the cells.
    fn cut(
        &self,
        cells: &Cells,
        obs: Option<String>,
        var: Option<String>,
        is_filtered: bool,
        n: usize,
    ) -> PyResult<Vec<String>> {
        let dataset = self.dataset()?;
        let whole = Fragment {
            place: self.open.place().to_owned(),
            content_id: dataset.manifest().content_id.clone(),
            obs,
            var,
            cells: 0..dataset.manifest().n_obs,
            listed: (!is_filtered).then(String::new),
        };
        Ok(whole.cut(&cells.selection, n).iter().map(Fragment::to_json).collect())
    }

    /// The cells of a fragment.
    fn cells_of_fragment(&self, py: Python<'_>, text: &str) -> PyResult<Cells> {
        let dataset = self.dataset()?;
        let no_fragment = |error| Failure::Value(format!("this is no fragment of a query: {error}"));
        let fragment = Fragment::from_json(text).map_err(no_fragment)?;
        let selection = py.detach(|| pool::run(|| fragment.cells(&dataset, &TERMS))).map_err(Failure::from)?;
        Ok(Cells { selection, rows: Arc::clone(&self.rows) })
    }
}
