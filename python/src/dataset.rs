//! An open dataset.

use std::sync::Arc;

use explorer_core::{
    data::{CellIdx, CellRows, FileColumn, Numbers},
    filter::CellMask,
};
use numpy::{IntoPyArray, PyArray1, PyArrayMethods, PyReadonlyArray1};
use pyo3::{
    prelude::*,
    types::{PyDict, PyList},
};
use pyo3_arrow::PyRecordBatch;
use shared_fbs::manifest::{Column, ColumnKind, Layer, NumberKind, ValueKind};
use tessera::{
    dataset::Dataset,
    selection::{CellSelection, genes_of_filter},
    slice::{self, GeneColumns},
};
use value_filter::Filter;

use crate::{
    arrow, cells::Cells, errors::Failure, moments::LayerMoments, place::OpenPlace, pool, slices::Slice, terms::TERMS,
};

/// An open dataset.
#[pyclass(frozen, module = "tessera._tessera", name = "Dataset")]
pub struct NativeDataset {
    pub open: OpenPlace,
    pub rows: Arc<CellRows>,
}

impl NativeDataset {
    pub fn dataset(&self) -> Result<Arc<Dataset>, Failure> {
        self.open.dataset()
    }
}

/// The layer of a name, or the first choice for values.
pub fn layer<'a>(dataset: &'a Dataset, name: &str) -> Result<&'a Layer, Failure> {
    Ok(dataset.manifest().layer_named(name)?.1)
}

fn columns_of(dataset: &Dataset, layer: &Layer, genes: Option<&[u32]>) -> Result<GeneColumns, Failure> {
    let all = dataset.genes(layer)?;
    let Some(rows) = genes else { return Ok(GeneColumns::all(&all)) };
    let wrong =
        || Failure::Value(format!("layer `{}` has {} genes, and each is asked for once", layer.name, all.ids.len()));
    GeneColumns::of_rows(&all, rows).ok_or_else(wrong)
}

fn kind_of(column: &Column) -> &'static str {
    match (column.kind, column.number) {
        (_, NumberKind::Bool) => "bool",
        (ColumnKind::Categorical, _) => "categorical",
        (ColumnKind::Continuous, NumberKind::Int) => "int64",
        (ColumnKind::Continuous, NumberKind::Uint) => "uint64",
        (ColumnKind::Continuous, NumberKind::Float64) => "float64",
        (ColumnKind::Continuous, _) => "float32",
        (_, _) => "text",
    }
}

#[pymethods]
impl NativeDataset {
    /// Opens the dataset at a place.
    #[new]
    fn new(py: Python<'_>, place: &str) -> PyResult<Self> {
        let opened = py.detach(|| {
            let open = OpenPlace::open(place)?;
            let rows = open.dataset()?.rows()?;
            Ok::<_, Failure>(Self { open, rows: Arc::new(rows) })
        });
        Ok(opened?)
    }

    /// Where it lies.
    #[getter]
    fn place(&self) -> &str {
        self.open.place()
    }

    /// What it holds, from the manifest.
    fn facts<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyDict>> {
        let dataset = self.dataset()?;
        let manifest = dataset.manifest();
        let facts = PyDict::new(py);
        facts.set_item("n_obs", manifest.n_obs)?;
        facts.set_item("content_id", &manifest.content_id)?;
        facts.set_item("title", &manifest.title)?;
        facts.set_item("main_label", &manifest.main_label)?;
        let columns = |columns: &[Column]| {
            let facts = PyDict::new(py);
            columns.iter().try_for_each(|column| facts.set_item(&column.name, kind_of(column)))?;
            Ok::<_, PyErr>(facts)
        };
        facts.set_item("obs", columns(&manifest.columns)?)?;
        facts.set_item("obs_index", &manifest.index_name)?;
        let layers = PyList::empty(py);
        for layer in &manifest.layers {
            let facts = PyDict::new(py);
            facts.set_item("name", &layer.name)?;
            facts.set_item("var", layer.var)?;
            facts.set_item("n_nonzero", layer.n_nonzero)?;
            facts.set_item("has_counts", layer.kind == ValueKind::Counts)?;
            facts.set_item("description", &layer.description)?;
            facts.set_item("cautions", &layer.cautions)?;
            layers.append(facts)?;
        }
        facts.set_item("layers", layers)?;
        let vars = PyList::empty(py);
        for var in &manifest.vars {
            let facts = PyDict::new(py);
            facts.set_item("name", &var.name)?;
            facts.set_item("n_vars", var.n_vars)?;
            facts.set_item("index", &var.index_name)?;
            facts.set_item("symbols", &var.symbols)?;
            facts.set_item("columns", columns(&var.columns)?)?;
            vars.append(facts)?;
        }
        facts.set_item("vars", vars)?;
        facts.set_item(
            "obsm",
            manifest.embeddings.iter().map(|entry| (&entry.key, entry.n_columns)).collect::<Vec<_>>(),
        )?;
        Ok(facts)
    }

    /// The index of the layer of a name among the facts.
    fn layer_index(&self, name: &str) -> PyResult<usize> {
        let dataset = self.dataset()?;
        let (index, _) = dataset.manifest().layer_named(name).map_err(Failure::from)?;
        Ok(index)
    }

    /// The cells that pass a filter, or all; and what its writer may not have meant, a sentence each.
    #[pyo3(signature = (filter=None))]
    fn select(&self, py: Python<'_>, filter: Option<&str>) -> PyResult<(Cells, Vec<String>)> {
        let dataset = self.dataset()?;
        let selected = py.detach(|| match filter {
            None => Ok((CellSelection::all(&dataset), Vec::new())),
            Some(text) => {
                let filter = Filter::parse(text)?;
                Ok(pool::run(|| CellSelection::of_filter(&dataset, &filter, &TERMS))?)
            }
        });
        let (selection, notes) = selected.map_err(|error: Failure| error)?;
        Ok((Cells { selection, rows: Arc::clone(&self.rows) }, notes))
    }

    /// The rows of the genes of a layer that pass a filter; and what its writer may not have meant, a sentence each.
    fn select_genes<'py>(
        &self,
        py: Python<'py>,
        layer: &str,
        filter: &str,
    ) -> PyResult<(Bound<'py, PyArray1<u32>>, Vec<String>)> {
        let dataset = self.dataset()?;
        let entry = self::layer(&dataset, layer)?;
        let filter = Filter::parse(filter).map_err(Failure::from)?;
        let (rows, notes) = py.detach(|| genes_of_filter(&dataset, entry, &filter, &TERMS)).map_err(Failure::from)?;
        Ok((rows.into_pyarray(py), notes))
    }

    /// The rows in the input of some cells, by their numbers, in this order.
    fn rows_of<'py>(&self, py: Python<'py>, numbers: PyReadonlyArray1<'_, u32>) -> PyResult<Bound<'py, PyArray1<i64>>> {
        let row = |&number: &u32| self.rows.row_of(CellIdx(number)).map_or(-1, |row| i64::from(row.0));
        Ok(numbers.as_slice()?.iter().map(row).collect::<Vec<_>>().into_pyarray(py))
    }

    /// Columns of `obs` of some cells, by their numbers, as an Arrow table.
    fn obs(&self, py: Python<'_>, numbers: PyReadonlyArray1<'_, u32>, columns: Vec<String>) -> PyResult<PyRecordBatch> {
        let dataset = self.dataset()?;
        let numbers = numbers.as_slice()?;
        let n_obs = dataset.manifest().n_obs;
        if let Some(number) = numbers.iter().find(|number| **number >= n_obs) {
            return Err(Failure::Value(format!("there is no cell number {number}: the dataset has {n_obs}")).into());
        }
        let table = py.detach(|| {
            let column = |name: &String| {
                let kind = dataset.manifest().column(name).map_or(NumberKind::None, |column| column.number);
                Ok(arrow::column(name, &dataset.file_column(name)?, kind, numbers))
            };
            let columns = columns.iter().map(column).collect::<Result<Vec<_>, Failure>>()?;
            arrow::table(columns, numbers.len()).map_err(|error| Failure::Value(error.to_string()))
        });
        Ok(PyRecordBatch::new(table?))
    }

    /// The ids of some cells, by their numbers, as an Arrow table of one column; a cell without one has its row.
    fn obs_names(&self, py: Python<'_>, numbers: PyReadonlyArray1<'_, u32>) -> PyResult<PyRecordBatch> {
        let dataset = self.dataset()?;
        let numbers = numbers.as_slice()?;
        let table = py.detach(|| {
            let ids = dataset.cell_ids()?;
            let id = |&number: &u32| match ids.get(number as usize) {
                Some(Some(id)) => Some(id.clone()),
                Some(None) | None => self.rows.row_of(CellIdx(number)).map(|row| row.0.to_string()),
            };
            let places: Vec<u32> = (0..numbers.len() as u32).collect();
            let ids = FileColumn::Text(numbers.iter().map(id).collect());
            let columns = vec![arrow::column("obs_names", &ids, NumberKind::None, &places)];
            arrow::table(columns, numbers.len()).map_err(|error| Failure::Value(error.to_string()))
        });
        Ok(PyRecordBatch::new(table?))
    }

    /// A table of genes, in the order of the input, as an Arrow table whose first column are the ids.
    fn var(&self, py: Python<'_>, var: usize, columns: Option<Vec<String>>) -> PyResult<PyRecordBatch> {
        let dataset = self.dataset()?;
        let table = py.detach(|| {
            let Some(entry) = dataset.manifest().vars.get(var) else {
                return Err(Failure::Value(format!("there is no table of genes of number {var}")));
            };
            let genes = tessera::dataset::wait(dataset.reader().genes_of_table(var))?;
            let mut order: Vec<u32> = (0..genes.rows.len() as u32).collect();
            order.sort_by_key(|&gene| genes.rows[gene as usize]);
            let ids = order.iter().map(|&gene| genes.ids[gene as usize].as_str());
            let mut table = vec![arrow::texts("var_names", ids)];
            let is_wanted = |column: &&Column| columns.as_ref().is_none_or(|wanted| wanted.contains(&column.name));
            for column in entry.columns.iter().filter(is_wanted) {
                table.push(arrow::column(
                    &column.name,
                    &dataset.gene_column(var, &column.name)?,
                    column.number,
                    &order,
                ));
            }
            arrow::table(table, order.len()).map_err(|error| Failure::Value(error.to_string()))
        });
        Ok(PyRecordBatch::new(table?))
    }

    /// Reads the values of some cells, by their numbers, of all genes or those of some rows.
    #[pyo3(signature = (layer, numbers, genes=None))]
    fn slice(
        &self,
        py: Python<'_>,
        layer: &str,
        numbers: PyReadonlyArray1<'_, u32>,
        genes: Option<PyReadonlyArray1<'_, u32>>,
    ) -> PyResult<Slice> {
        let dataset = self.dataset()?;
        let entry = self::layer(&dataset, layer)?;
        let (numbers, genes) = (numbers.as_slice()?, genes.as_ref().map(PyReadonlyArray1::as_slice).transpose()?);
        let slice = py.detach(|| {
            let columns = columns_of(&dataset, entry, genes)?;
            Ok::<_, Failure>(pool::run(|| slice::Slice::read(&dataset, entry, numbers, columns))?)
        });
        Ok(Slice(slice?))
    }

    /// An entry of `obsm` of some cells, by their numbers, in 64 bits where the file has them.
    fn obsm<'py>(&self, py: Python<'py>, key: &str, numbers: PyReadonlyArray1<'_, u32>) -> PyResult<Bound<'py, PyAny>> {
        let dataset = self.dataset()?;
        let numbers = numbers.as_slice()?;
        let entries = &dataset.manifest().embeddings;
        let Some(at) = entries.iter().position(|entry| entry.key == key) else {
            let known: Vec<&str> = entries.iter().map(|entry| entry.key.as_str()).collect();
            return Err(Failure::Value(format!("obsm has no `{key}`; it has: {}", known.join(", "))).into());
        };
        let n_columns = entries[at].n_columns as usize;
        let is_wide = entries[at].number == NumberKind::Float64;
        let columns: Result<Vec<Numbers>, Failure> = py.detach(|| {
            (0..n_columns as u32).map(|column| Ok(dataset.obsm_column(at, column)?.arranged(numbers))).collect()
        });
        let columns = columns?;
        let shape = [numbers.len(), n_columns];
        if is_wide {
            let mut values = vec![0.0_f64; numbers.len() * n_columns];
            for (at, column) in columns.iter().enumerate() {
                let Numbers::Float64(column) = column else { continue };
                column.iter().enumerate().for_each(|(row, &value)| values[row * n_columns + at] = value);
            }
            return Ok(values.into_pyarray(py).reshape(shape)?.into_any());
        }
        let mut values = vec![0.0_f32; numbers.len() * n_columns];
        for (at, column) in columns.iter().enumerate() {
            column.to_f32().into_iter().enumerate().for_each(|(row, value)| values[row * n_columns + at] = value);
        }
        Ok(values.into_pyarray(py).reshape(shape)?.into_any())
    }

    /// The exact moments of a layer over some cells.
    fn moments(&self, py: Python<'_>, layer: &str, cells: &Cells) -> PyResult<LayerMoments> {
        let dataset = self.dataset()?;
        let entry = self::layer(&dataset, layer)?;
        let moments = py.detach(|| pool::run(|| cells.selection.moments(&dataset, entry)));
        let (moments, _) = moments.map_err(Failure::from)?;
        Ok(LayerMoments { content_id: dataset.manifest().content_id.clone(), layer: entry.name.clone(), moments })
    }

    /// All cells whose byte is not 0, by number.
    fn cells_of_mask(&self, mask: PyReadonlyArray1<'_, u8>) -> PyResult<Cells> {
        let mask = CellMask::from_bytes(mask.as_slice()?.to_vec());
        if mask.len() != self.rows.n_obs() {
            return Err(Failure::Value(format!("a mask has one byte per cell, {} in all", self.rows.n_obs())).into());
        }
        Ok(Cells { selection: CellSelection::of_mask(mask), rows: Arc::clone(&self.rows) })
    }
}
