//! Statistics of genes.

use numpy::{IntoPyArray, PyArray1};
use pyo3::prelude::*;

use crate::{
    dataset::{NativeDataset, layer},
    errors::Failure,
    moments::LayerMoments,
};

/// By gene in the order of the input: mean, variance with ddof 1, number of values other than zero.
type Summaries<'py> = (Bound<'py, PyArray1<f64>>, Bound<'py, PyArray1<f64>>, Bound<'py, PyArray1<i64>>);

#[pymethods]
impl NativeDataset {
    /// What moments say of each gene, in the order of the input.
    fn summaries<'py>(&self, py: Python<'py>, moments: &LayerMoments) -> PyResult<Summaries<'py>> {
        let dataset = self.dataset()?;
        let entry = layer(&dataset, &moments.layer)?;
        if dataset.manifest().content_id != moments.content_id {
            return Err(Failure::Value("these moments are of another dataset".to_owned()).into());
        }
        let rows = dataset.genes(entry).map_err(Failure::from)?.rows;
        let fixed = dataset.fixed_points(entry).map_err(Failure::from)?;
        let (mut mean, mut variance, mut n_nonzero) =
            (vec![0.0; rows.len()], vec![0.0; rows.len()], vec![0; rows.len()]);
        for (gene, &row) in rows.iter().enumerate() {
            let summary = fixed.summary(&moments.moments, gene);
            let row = row as usize;
            (mean[row], variance[row]) = (summary.mean, summary.variance);
            n_nonzero[row] = fixed.n_nonzero(&moments.moments, gene) as i64;
        }
        Ok((mean.into_pyarray(py), variance.into_pyarray(py), n_nonzero.into_pyarray(py)))
    }
}
