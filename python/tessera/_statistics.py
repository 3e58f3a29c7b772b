"""Statistics of genes, from exact sums."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
import pyarrow as pa

from ._names import check_names, nearest

if TYPE_CHECKING:
    from ._dataset import Dataset, Query
    from ._tessera import Cells, LayerMoments

#: The first noise that means are moved by where the fit of variances fails.
LEAST_JITTER = 1e-18


def mean_variance_of(dataset: Dataset, moments: LayerMoments, *, nnz_only: bool = False, ddof: int = 1) -> pd.DataFrame:
    """Mean, variance and number of values other than zero of each gene, from moments.

    Parameters
    ----------
    dataset
        The dataset that the moments are of.
    moments
        As :meth:`Query.moments` gives them, added up or not.
    nnz_only
        Whether zeros are left out.
    ddof
        What is taken from the number of values that squared deviations are divided by.

    Returns
    -------
    A frame of all genes of the layer, in the order of the input: mean, variance (NaN for too few values), nnz.
    """
    mean, variance, nnz = dataset._native.summaries(moments, nnz_only)
    n = nnz.astype(float) if nnz_only else np.full(len(nnz), float(moments.n_cells))
    with np.errstate(invalid="ignore", divide="ignore"):
        if ddof != 1:
            variance = variance * (n - 1) / (n - ddof)
        mean = np.where(n > 0, mean, np.nan)
        variance = np.where(n > ddof, variance, np.nan)
    index = dataset.query().var([], layer=moments.layer).index
    return pd.DataFrame({"mean": mean, "variance": variance, "nnz": nnz}, index=index)


def mean_variance(query: Query, layer: str | None, *, nnz_only: bool, ddof: int) -> pd.DataFrame:
    if query.n_obs == 0:
        raise ValueError("the query has no cells, so that genes have no mean")
    frame = mean_variance_of(query.dataset, query.moments(layer), nnz_only=nnz_only, ddof=ddof)
    rows = query._rows_of_genes(layer)
    return frame if rows is None else frame.iloc[rows]


def highly_variable_genes(
    query: Query, n_top_genes: int, layer: str | None, batch_key: str | None, span: float, max_loess_jitter: float
) -> pd.DataFrame:
    name = _counts_layer(query.dataset, layer)
    largest = query.dataset._native.largest_values(name)
    batches = [query._cells] if batch_key is None else [cells for _, cells in _cells_of_labels(query, batch_key)]
    if not batches or query.n_obs < 2:
        raise ValueError("genes have a variance over two cells or more, and the query has fewer")
    whole = query.moments(name)
    moments_of = lambda cells: whole if batch_key is None else query.dataset._native.moments(name, cells)
    by_batch = np.array(
        [
            _normalized_variances(query.dataset, moments_of(cells), cells, largest, span, max_loess_jitter)
            for cells in batches
        ]
    )
    frame = mean_variance_of(query.dataset, whole).rename(columns={"mean": "means", "variance": "variances"})
    frame = frame.drop(columns="nnz")
    genes = query._rows_of_genes(name)
    if genes is not None:
        by_batch, frame = by_batch[:, genes], frame.iloc[genes]
    # Stable, as scanpy sorts: ranks are those of the order by falling variance.
    ranks = np.argsort(np.argsort(-by_batch, axis=1), axis=1).astype(np.float32)
    n_batches = (ranks < n_top_genes).sum(axis=0)
    ranks[ranks >= n_top_genes] = np.nan
    median = np.ma.median(np.ma.masked_invalid(ranks), axis=0).filled(np.nan)
    frame["variances_norm"] = by_batch.mean(axis=0)
    frame["highly_variable_rank"] = median
    order = np.lexsort((-n_batches, np.where(np.isnan(median), np.inf, median)))
    is_chosen = np.zeros(len(frame), dtype=bool)
    is_chosen[order[: int(n_top_genes)]] = True
    frame["highly_variable"] = is_chosen
    if batch_key is not None:
        frame["highly_variable_nbatches"] = n_batches
    return frame


def _counts_layer(dataset: Dataset, layer: str | None) -> str:
    if layer is not None:
        return dataset._layer(layer)["name"]
    counts = next((facts["name"] for facts in dataset._facts["layers"] if facts["has_counts"]), None)
    if counts is None:
        raise ValueError("no layer has counts, which the flavor seurat_v3 takes; name the layer to use")
    return counts


def _normalized_variances(
    dataset: Dataset,
    moments: LayerMoments,
    cells: Cells,
    largest: np.ndarray | None,
    span: float,
    max_loess_jitter: float,
) -> np.ndarray:
    """The variance of each gene over what is expected of its mean, large values being clipped."""
    n = len(cells)
    mean, variance, _ = dataset._native.summaries(moments, False)
    varies = variance > 0
    expected = np.zeros(len(mean))
    if varies.any():
        expected[varies] = _fitted(np.log10(mean[varies]), np.log10(variance[varies]), span, max_loess_jitter)
    deviation = np.sqrt(10**expected)
    limits = deviation * np.sqrt(n) + mean
    normalized = variance / deviation**2
    may_be_clipped = varies if largest is None else varies & (largest > limits)
    genes = np.flatnonzero(may_be_clipped)
    if len(genes):
        sums, squares = dataset._native.clipped_sums(moments.layer, cells, genes, limits[genes])
        of_genes, spread = mean[genes], deviation[genes]
        scatter = n * of_genes**2 + squares - 2 * sums * of_genes
        normalized[genes] = scatter / ((n - 1) * spread**2)
    return normalized


def _fitted(x: np.ndarray, y: np.ndarray, span: float, max_jitter: float) -> np.ndarray:
    """Local regression of degree 2, as scanpy fits it; where it fails, x is moved by as little noise as helps."""
    try:
        from skmisc.loess import loess
    except ImportError as error:
        raise ImportError("highly variable genes take scikit-misc: pip install scikit-misc") from error
    jitter, moved = LEAST_JITTER, x
    while True:
        try:
            model = loess(moved, y, span=span, degree=2)
            model.fit()
            return model.outputs.fitted_values
        except ValueError:
            if jitter > max_jitter:
                raise
            moved = x + np.random.default_rng(0).uniform(-jitter, jitter, len(x))
            jitter *= 10


def count_by(query: Query, columns: Sequence[str]) -> pd.DataFrame:
    if not columns:
        raise ValueError("name at least one column to count by")
    check_names(columns, query.dataset._facts["obs"], "column of obs", "columns")
    table = pa.table(query.obs(columns, as_="arrow"))
    counts = table.group_by(list(columns), use_threads=False).aggregate([([], "count_all")])
    frame = counts.to_pandas().rename(columns={"count_all": "n_obs"})[[*columns, "n_obs"]]
    return frame.sort_values("n_obs", ascending=False, kind="stable").reset_index(drop=True)


def _cells_of_labels(query: Query, column: str) -> list[tuple[object, Cells]]:
    """The query's cells of each label of a column, without labels that no cell has."""
    check_names([column], query.dataset._facts["obs"], "column of obs", "columns")
    values = query._obs([column])[column]
    if isinstance(values.dtype, pd.CategoricalDtype):
        labels = list(values.cat.categories)
    else:
        labels = sorted(values.dropna().unique().tolist())
    cells = []
    for label in labels:
        literal = repr(label.item() if isinstance(label, np.generic) else label)
        of_label, _ = query.dataset._native.select(f"attr({column!r}) == {literal}")
        both = of_label.both(query._cells)
        if len(both):
            cells.append((label, both))
    return cells


def rank_genes_groups(
    query: Query,
    groupby: str,
    groups: Sequence[str] | None,
    reference: str,
    layer: str | None,
    method: str,
    tie_correct: bool,
    corr_method: str,
    n_genes: int | None,
) -> pd.DataFrame:
    native = query.dataset._native
    name = native.statistics_layer() if layer is None else query.dataset._layer(layer)["name"]
    by_label = dict(_cells_of_labels(query, groupby))
    wanted = list(by_label) if groups is None else list(groups)
    for label in [*wanted, *([] if reference == "rest" else [reference])]:
        if label not in by_label:
            raise ValueError(
                f"no cell of the query has the label {label!r} of {groupby!r}{nearest(str(label), map(str, by_label), 'labels')}"
            )
    wanted = [label for label in wanted if label != reference]
    how = (method, tie_correct, corr_method, np.iinfo(np.int32).max if n_genes is None else n_genes)
    if reference == "rest":
        tables = native.compare_groups(name, [by_label[label] for label in wanted], query._cells, *how)
    else:
        tables = native.compare_to(name, [by_label[label] for label in wanted], by_label[reference], *how)
    frames = [pa.table(table).to_pandas().assign(group=label) for label, table in zip(wanted, tables)]
    if not frames:
        return pd.DataFrame(columns=["group", "names", "scores", "pvals", "pvals_adj"])
    frame = pd.concat(frames, ignore_index=True)
    return frame[["group", *(column for column in frame.columns if column != "group")]]
