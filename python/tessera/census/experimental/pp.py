"""Statistics of genes, by Census's names. Genes go by their joinids."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from .._query import AxisQuery, Experiment, ExperimentAxisQuery, layer_of

if TYPE_CHECKING:
    from .. import Census

__all__ = ["get_highly_variable_genes", "highly_variable_genes", "mean_variance"]


def mean_variance(
    query: ExperimentAxisQuery,
    layer: str = "raw",
    axis: int = 0,
    calculate_mean: bool = False,
    calculate_variance: bool = False,
    ddof: int = 1,
    nnz_only: bool = False,
) -> pd.DataFrame:
    """Mean and variance along an axis: of each gene (0), out of sums that are stored, or of each cell (1), in one pass."""
    if axis not in (0, 1):
        raise ValueError(f"`axis` is 0 or 1, and not {axis!r}")
    if not (calculate_mean or calculate_variance):
        raise ValueError("ask for `calculate_mean`, `calculate_variance` or both")
    if query.n_obs == 0:
        raise ValueError("the query has no cells")
    name = layer_of(query.query.dataset, layer)
    if axis == 0:
        frame = query.query.mean_variance(name, nnz_only=nnz_only, ddof=ddof)
        frame.index = pd.Index(query.var_joinids().to_numpy(), name="soma_joinid")
    else:
        frame = _of_cells(query, name, ddof, nnz_only)
    return frame[["mean"] * calculate_mean + ["variance"] * calculate_variance]


def _of_cells(query: ExperimentAxisQuery, layer: str, ddof: int, nnz_only: bool) -> pd.DataFrame:
    frames = []
    for block, rows in query.query.X(layer).blocks():
        values = block.astype(np.float64)
        n = np.diff(block.indptr).astype(float) if nnz_only else np.full(block.shape[0], float(block.shape[1]))
        with np.errstate(invalid="ignore", divide="ignore"):
            mean = np.asarray(values.sum(axis=1)).ravel() / n
            # About the mean, so that nothing cancels; each zero is as far off as the mean is.
            values.data = (values.data - np.repeat(mean, np.diff(block.indptr))) ** 2
            squares = np.asarray(values.sum(axis=1)).ravel() + (n - np.diff(block.indptr)) * mean**2
            variance = squares / (n - ddof)
        frames.append(pd.DataFrame({"mean": mean, "variance": variance}, index=pd.Index(rows, name="soma_joinid")))
    return pd.concat(frames).sort_index()


def highly_variable_genes(
    query: ExperimentAxisQuery,
    n_top_genes: int = 1000,
    layer: str = "raw",
    flavor: str = "seurat_v3",
    span: float = 0.3,
    batch_key: str | Sequence[str] | None = None,
    max_loess_jitter: float = 1e-6,
) -> pd.DataFrame:
    """Genes of high variance, as scanpy's flavor ``seurat_v3`` chooses them; see
    :meth:`tessera.Query.highly_variable_genes`."""
    if flavor != "seurat_v3":
        raise ValueError(f"the flavor is 'seurat_v3', and not {flavor!r}")
    if batch_key is not None and not isinstance(batch_key, str):
        if len(batch_key) != 1:
            raise ValueError("batches are those of one column")
        batch_key = batch_key[0]
    frame = query.query.highly_variable_genes(
        n_top_genes,
        layer=layer_of(query.query.dataset, layer),
        batch_key=batch_key,
        span=span,
        max_loess_jitter=max_loess_jitter,
    )
    frame.index = pd.Index(query.var_joinids().to_numpy(), name="soma_joinid")
    return frame


def get_highly_variable_genes(
    census: Census,
    organism: str,
    measurement_name: str = "RNA",
    X_name: str = "raw",
    obs_value_filter: str | None = None,
    obs_coords: Any = None,
    var_value_filter: str | None = None,
    var_coords: Any = None,
    n_top_genes: int = 1000,
    flavor: str = "seurat_v3",
    span: float = 0.3,
    batch_key: str | Sequence[str] | None = None,
    max_loess_jitter: float = 1e-6,
) -> pd.DataFrame:
    """The same for the cells and genes that pass filters."""
    query = Experiment(census.dataset).axis_query(
        measurement_name,
        obs_query=AxisQuery(value_filter=obs_value_filter, coords=() if obs_coords is None else (obs_coords,)),
        var_query=AxisQuery(value_filter=var_value_filter, coords=() if var_coords is None else (var_coords,)),
    )
    return highly_variable_genes(query, n_top_genes, X_name, flavor, span, batch_key, max_loess_jitter)
