"""SOMA's queries of both axes."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
import pyarrow as pa
import scipy.sparse as sp

from .._dataset import Dataset, Matrix, Query
from .._names import check_names
from .._tessera import filter_columns

if TYPE_CHECKING:
    import anndata

#: The column of rows of the input.
JOINID = "soma_joinid"


@dataclass(frozen=True)
class AxisQuery:
    """What is asked of cells or genes: a filter, and coordinates, among which they are."""

    value_filter: str | None = None
    coords: tuple[Any, ...] = ()


def as_rows(coords: Any, n: int) -> np.ndarray | None:
    """Rows that coordinates stand for; the end of a slice is one of them. ``None`` for all."""
    if coords is None:
        return None
    if isinstance(coords, slice):
        if coords.step not in (None, 1):
            raise ValueError("a slice of coordinates has no step")
        first = 0 if coords.start is None else coords.start
        last = n - 1 if coords.stop is None else min(coords.stop, n - 1)
        return np.arange(first, last + 1, dtype=np.int64)
    return np.unique(np.atleast_1d(np.asarray(coords, dtype=np.int64)))


def counts_layer(dataset: Dataset) -> str:
    """The layer of counts that Census calls `raw`: `raw`, or else `X`."""
    return "raw/X" if "raw/X" in dataset.layers else dataset._layer(None)["name"]


def layer_of(dataset: Dataset, name: str) -> str:
    """The layer that a name of Census's stands for."""
    return counts_layer(dataset) if name == "raw" else dataset._layer(name)["name"]


def obs_frame(query: Query, column_names: Sequence[str] | None) -> pd.DataFrame:
    """Columns of cells with their joinids, by number; those that are filtered by come along."""
    columns = list(query.dataset.obs_columns) if column_names is None else [n for n in column_names if n != JOINID]
    if column_names is not None and query._obs_filter is not None:
        filtered = [name for name in filter_columns(query._obs_filter) if name in query.dataset.obs_columns]
        columns += [name for name in filtered if name not in columns]
    frame = query._obs(columns)
    if column_names is None or JOINID in column_names:
        frame.insert(0, JOINID, query.obs_joinids)
    return frame


def var_frame(query: Query, layer: str, column_names: Sequence[str] | None) -> pd.DataFrame:
    """Columns of genes with their joinids and ids, by number."""
    frame = query.var(layer=layer)
    rows = query._rows_of_genes(layer)
    ids = frame.index.to_numpy()
    frame = frame.reset_index(drop=True)
    if "feature_id" not in frame:
        frame.insert(0, "feature_id", ids)
    frame.insert(0, JOINID, np.arange(len(frame)) if rows is None else rows.astype(np.int64))
    if column_names is not None:
        check_names(column_names, frame.columns, "column of var", "columns")
        frame = frame[list(column_names)]
    return frame


class _Read:
    """What was read, by SOMA's calls."""

    def __init__(self, table: pa.Table) -> None:
        self._table = table

    def concat(self) -> pa.Table:
        """All of it."""
        return self._table

    def __iter__(self) -> Iterator[pa.Table]:
        return iter([self._table])


class Experiment:
    """The cells and genes of a dataset."""

    def __init__(self, dataset: Dataset) -> None:
        self.dataset = dataset

    def axis_query(
        self, measurement_name: str = "RNA", *, obs_query: AxisQuery | None = None, var_query: AxisQuery | None = None
    ) -> ExperimentAxisQuery:
        """Ask for some cells and genes."""
        return ExperimentAxisQuery(self.dataset, obs_query or AxisQuery(), var_query or AxisQuery())


class ExperimentAxisQuery:
    """Some cells and genes."""

    def __init__(self, dataset: Dataset, obs_query: AxisQuery, var_query: AxisQuery) -> None:
        rows = as_rows(obs_query.coords[0] if obs_query.coords else None, dataset.n_obs)
        self._layer = counts_layer(dataset)
        n_vars = dataset._facts["vars"][dataset._var_of(self._layer)]["n_vars"]
        genes = as_rows(var_query.coords[0] if var_query.coords else None, n_vars)
        self.query = dataset.query(obs=obs_query.value_filter, var=var_query.value_filter, rows=rows, var_rows=genes)

    def __enter__(self) -> ExperimentAxisQuery:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Ask no more; nothing is held open."""

    @property
    def n_obs(self) -> int:
        """Number of cells."""
        return self.query.n_obs

    @property
    def n_vars(self) -> int:
        """Number of genes."""
        return self.query.X(self._layer).shape[1]

    def obs_joinids(self) -> pa.Int64Array:
        """Rows of the cells in the input."""
        return pa.array(self.query.obs_joinids)

    def var_joinids(self) -> pa.Int64Array:
        """Rows of the genes in the input."""
        return pa.array(var_frame(self.query, self._layer, [JOINID])[JOINID])

    def obs(self, *, column_names: Sequence[str] | None = None) -> _Read:
        """Columns of the cells."""
        return _Read(pa.Table.from_pandas(obs_frame(self.query, column_names), preserve_index=False))

    def var(self, *, column_names: Sequence[str] | None = None) -> _Read:
        """Columns of the genes."""
        return _Read(pa.Table.from_pandas(var_frame(self.query, self._layer, column_names), preserve_index=False))

    def X(self, layer_name: str) -> SparseRead:
        """The values of a layer."""
        return SparseRead(self.query, layer_of(self.query.dataset, layer_name))

    def to_anndata(
        self,
        X_name: str = "raw",
        *,
        column_names: dict[str, Sequence[str] | None] | None = None,
        X_layers: Sequence[str] = (),
        obsm_layers: Sequence[str] = (),
    ) -> anndata.AnnData:
        """The cells and genes as an AnnData object, whose rows and columns go by number, as Census has them."""
        import anndata

        names = column_names or {}
        obs = obs_frame(self.query, names.get("obs"))
        var = var_frame(self.query, self._layer, names.get("var"))
        obs.index, var.index = obs.index.astype(str), var.index.astype(str)
        matrix = lambda name: self._matrix(name).csr()
        return anndata.AnnData(
            X=matrix(X_name),
            obs=obs,
            var=var,
            layers={name: matrix(name) for name in X_layers},
            obsm={key: self.query.obsm(key) for key in obsm_layers},
        )


    def _matrix(self, name: str) -> Matrix:
        """The values of a layer that has the genes of `raw`."""
        matrix = self.query.X(layer_of(self.query.dataset, name))
        genes = lambda layer: self.query.var([], layer=layer).index
        if not genes(matrix.layer).equals(genes(self._layer)):
            raise ValueError(f"{matrix.layer} has other genes than {self._layer}, whose genes are asked for")
        return matrix


class SparseRead:
    """The values of a layer, by SOMA's calls."""

    def __init__(self, query: Query, layer: str) -> None:
        self._matrix = query.X(layer)

    def tables(self) -> Iterator[pa.Table]:
        """The values other than zero as Arrow tables of soma_dim_0, soma_dim_1 and soma_data."""
        for table in self._matrix.tables():
            yield table.rename_columns(["soma_dim_0", "soma_dim_1", "soma_data"])

    def coos(self) -> Iterator[sp.coo_matrix]:
        """The same as scipy matrices of the shape of the whole layer."""
        dataset = self._matrix.query.dataset
        n_vars = dataset._facts["vars"][dataset._var_of(self._matrix.layer)]["n_vars"]
        for table in self.tables():
            cells, genes, values = (column.to_numpy() for column in table.columns)
            yield sp.coo_matrix((values, (cells, genes)), shape=(dataset.n_obs, n_vars))

    def blockwise(self, axis: int = 0, *, size: int = 65_536) -> Blockwise:
        """Some cells at a time."""
        if axis != 0:
            raise ValueError("blocks are of cells: axis=0")
        return Blockwise(self._matrix, size)


class Blockwise:
    """Some cells at a time."""

    def __init__(self, matrix: Matrix, size: int) -> None:
        self._matrix, self._size = matrix, size

    def scipy(self) -> Iterator[tuple[sp.csr_matrix, tuple[np.ndarray, np.ndarray]]]:
        """Matrices in compressed rows, each with the joinids of its rows and columns."""
        genes = self._matrix._genes()
        genes = np.arange(self._matrix.shape[1]) if genes is None else genes.astype(np.int64)
        for block, rows in self._matrix.blocks(self._size):
            yield block, (rows, genes)
