//! Statistics of genes.

use explorer_core::{
    data::GeneIdx,
    de::{Adjustment, DeOptions, DeTable, Direction, Effect, Method, SortKey, Test, Ties},
};
use numpy::{IntoPyArray, PyArray1, PyReadonlyArray1};
use pyo3::prelude::*;
use pyo3_arrow::PyRecordBatch;
use shared_fbs::manifest::Layer;
use tessera::{
    dataset::Dataset,
    groups::{clipped_sums, compare_groups, compare_to, largest_values},
    selection::CellSelection,
};

use crate::{
    arrow,
    cells::Cells,
    dataset::{NativeDataset, layer},
    errors::Failure,
    moments::LayerMoments,
    pool,
};

/// By gene in the order of the input: mean, variance with ddof 1, number of values other than zero.
type Summaries<'py> = (Bound<'py, PyArray1<f64>>, Bound<'py, PyArray1<f64>>, Bound<'py, PyArray1<i64>>);

/// Sums of values and of their squares.
type Sums<'py> = (Bound<'py, PyArray1<f64>>, Bound<'py, PyArray1<f64>>);

/// How two sets are compared, by the names that scanpy has for it.
fn options(layer: &Layer, method: &str, tie_correct: bool, corr_method: &str) -> Result<(DeOptions, Test), Failure> {
    let ties = if tie_correct { Ties::Corrected } else { Ties::Ignored };
    let (method, test) = match method {
        "t-test" => (Method::Welch, Test::T),
        "t-test_overestim_var" => (Method::OverestimatedVariance, Test::T),
        "wilcoxon" => (Method::Welch, Test::Wilcoxon(ties)),
        other => {
            let problem =
                format!("there is no method {other:?}; there are 't-test', 't-test_overestim_var' and 'wilcoxon'");
            return Err(Failure::Value(problem));
        }
    };
    let adjustment = match corr_method {
        "benjamini-hochberg" => Adjustment::BenjaminiHochberg,
        "bonferroni" => Adjustment::Bonferroni,
        other => {
            let problem = format!("there is no correction {other:?}; there are 'benjamini-hochberg' and 'bonferroni'");
            return Err(Failure::Value(problem));
        }
    };
    Ok((DeOptions { method, adjustment, ..DeOptions::of_layer(layer) }, test))
}

/// The best genes of a comparison, with scanpy's names.
fn best_genes(dataset: &Dataset, layer: &Layer, table: &DeTable, most: usize) -> Result<PyRecordBatch, Failure> {
    let names = dataset.gene_names(layer)?;
    let genes: Vec<u32> = table.order(SortKey::Score, Direction::Descending).into_iter().take(most).collect();
    let of = |column: &[f64]| genes.iter().map(|&gene| column[gene as usize]).collect::<Vec<_>>();
    let effect = match table.options.effect {
        Effect::Log2FoldChange => "logfoldchanges",
        Effect::MeanDifference => "mean_differences",
    };
    let columns = vec![
        arrow::texts("names", genes.iter().map(|&gene| names.label(GeneIdx(gene)))),
        arrow::doubles("scores", of(&table.score)),
        arrow::doubles(effect, of(&table.effect)),
        arrow::doubles("pvals", of(&table.pval)),
        arrow::doubles("pvals_adj", of(&table.pval_adj)),
        arrow::doubles("pct_group", of(&table.pct_group)),
        arrow::doubles("pct_reference", of(&table.pct_reference)),
        arrow::texts("gene_ids", genes.iter().map(|&gene| names.id(GeneIdx(gene)))),
    ];
    let table = arrow::table(columns, genes.len()).map_err(|error| Failure::Value(error.to_string()))?;
    Ok(PyRecordBatch::new(table))
}

/// The best genes of several comparisons.
fn best_of_each(
    dataset: &Dataset,
    layer: &Layer,
    tables: &[DeTable],
    most: usize,
) -> Result<Vec<PyRecordBatch>, Failure> {
    tables.iter().map(|table| best_genes(dataset, layer, table, most)).collect()
}

fn selections(cells: &[PyRef<'_, Cells>]) -> Vec<CellSelection> {
    cells.iter().map(|cells| cells.selection.clone()).collect()
}

#[pymethods]
impl NativeDataset {
    /// What moments say of each gene, in the order of the input: over all their cells, or over those alone that have a
    /// value other than zero.
    fn summaries<'py>(&self, py: Python<'py>, moments: &LayerMoments, nnz_only: bool) -> PyResult<Summaries<'py>> {
        let dataset = self.dataset()?;
        let entry = layer(&dataset, &moments.layer)?;
        if dataset.manifest().content_id != moments.content_id {
            return Err(Failure::Value("these moments are of another dataset".to_owned()).into());
        }
        let rows = dataset.genes(entry).map_err(Failure::from)?.rows;
        let fixed = dataset.fixed_points(entry).map_err(Failure::from)?;
        let mut of_cells = moments.moments.clone();
        let n_genes = rows.len();
        let (mut mean, mut variance, mut n_nonzero) = (vec![0.0; n_genes], vec![0.0; n_genes], vec![0; n_genes]);
        for (gene, &row) in rows.iter().enumerate() {
            let n = fixed.n_nonzero(&of_cells, gene);
            if nnz_only {
                of_cells.n_cells = n;
            }
            let summary = fixed.summary(&of_cells, gene);
            let row = row as usize;
            (mean[row], variance[row], n_nonzero[row]) = (summary.mean, summary.variance, n as i64);
        }
        Ok((mean.into_pyarray(py), variance.into_pyarray(py), n_nonzero.into_pyarray(py)))
    }

    /// The largest value of each gene over all cells, in the order of the input; `None` where the dataset does not tell.
    fn largest_values<'py>(&self, py: Python<'py>, layer: &str) -> PyResult<Option<Bound<'py, PyArray1<f32>>>> {
        let dataset = self.dataset()?;
        let entry = self::layer(&dataset, layer)?;
        let rows = dataset.genes(entry).map_err(Failure::from)?.rows;
        let largest = largest_values(&dataset, entry).map_err(Failure::from)?;
        Ok(largest.map(|largest| {
            let mut by_row = vec![0.0; rows.len()];
            rows.iter().zip(largest).for_each(|(&row, value)| by_row[row as usize] = value);
            by_row.into_pyarray(py)
        }))
    }

    /// Σ min(x, limit) and Σ min(x, limit)² of some genes, by their rows, over some cells.
    fn clipped_sums<'py>(
        &self,
        py: Python<'py>,
        layer: &str,
        cells: &Cells,
        genes: PyReadonlyArray1<'_, i64>,
        limits: PyReadonlyArray1<'_, f64>,
    ) -> PyResult<Sums<'py>> {
        let dataset = self.dataset()?;
        let entry = self::layer(&dataset, layer)?;
        let rows = dataset.genes(entry).map_err(Failure::from)?.rows;
        let mut gene_of_row = vec![0; rows.len()];
        (0..).zip(&rows).for_each(|(gene, &row)| gene_of_row[row as usize] = gene);
        let gene = |(&row, &limit): (&i64, &f64)| {
            let gene = usize::try_from(row).ok().and_then(|row| gene_of_row.get(row));
            let unknown = || Failure::Value(format!("layer `{}` has no gene {row}", entry.name));
            Ok((GeneIdx(*gene.ok_or_else(unknown)?), limit))
        };
        let genes = genes.as_slice()?.iter().zip(limits.as_slice()?).map(gene).collect::<Result<Vec<_>, Failure>>()?;
        let sums = py.detach(|| pool::run(|| clipped_sums(&dataset, entry, cells.selection.cells(), &genes)));
        let (sum, sum_sq): (Vec<f64>, Vec<f64>) =
            sums.map_err(Failure::from)?.into_iter().map(|sums| (sums.sum, sums.sum_sq)).unzip();
        Ok((sum.into_pyarray(py), sum_sq.into_pyarray(py)))
    }

    /// The layer that statistics are computed on unless the user says otherwise.
    fn statistics_layer(&self) -> PyResult<String> {
        let dataset = self.dataset()?;
        let (_, layer) = dataset.manifest().statistics_layer_named(None).map_err(Failure::from)?;
        Ok(layer.name.clone())
    }

    /// Compares groups, which have no cell in common, each with all other cells of a universe; a table of the best genes
    /// for each group.
    #[allow(clippy::too_many_arguments, reason = "they are those of scanpy's function")]
    fn compare_groups(
        &self,
        py: Python<'_>,
        layer: &str,
        groups: Vec<PyRef<'_, Cells>>,
        universe: &Cells,
        method: &str,
        tie_correct: bool,
        corr_method: &str,
        n_genes: usize,
    ) -> PyResult<Vec<PyRecordBatch>> {
        let dataset = self.dataset()?;
        let entry = self::layer(&dataset, layer)?;
        let options = options(entry, method, tie_correct, corr_method)?;
        let groups = selections(&groups);
        let tables = py.detach(|| {
            let tables = pool::run(|| compare_groups(&dataset, entry, &groups, &universe.selection, options))?;
            best_of_each(&dataset, entry, &tables, n_genes)
        });
        Ok(tables?)
    }

    /// Compares groups each with the same other cells; a table of the best genes for each group.
    #[allow(clippy::too_many_arguments, reason = "they are those of scanpy's function")]
    fn compare_to(
        &self,
        py: Python<'_>,
        layer: &str,
        groups: Vec<PyRef<'_, Cells>>,
        reference: &Cells,
        method: &str,
        tie_correct: bool,
        corr_method: &str,
        n_genes: usize,
    ) -> PyResult<Vec<PyRecordBatch>> {
        let dataset = self.dataset()?;
        let entry = self::layer(&dataset, layer)?;
        let options = options(entry, method, tie_correct, corr_method)?;
        let groups = selections(&groups);
        let tables = py.detach(|| {
            let tables = pool::run(|| compare_to(&dataset, entry, &groups, &reference.selection, options))?;
            best_of_each(&dataset, entry, &tables, n_genes)
        });
        Ok(tables?)
    }
}
