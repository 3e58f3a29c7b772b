"""Datasets, and queries of them."""

from __future__ import annotations

import os
import warnings
from collections.abc import Iterator, Sequence
from functools import cached_property
from typing import TYPE_CHECKING, Any, Literal

import numpy as np
import pandas as pd
import pyarrow as pa
import scipy.sparse as sp

from . import _statistics
from ._names import check_names
from ._tessera import Cells
from ._tessera import Dataset as Native

if TYPE_CHECKING:
    import anndata

    from ._batches import Batches
    from ._fragment import Fragment
    from ._tessera import ArrowTable, LayerMoments

#: Cells of a table or block, unless the caller says otherwise.
BLOCK_CELLS = 65_536

Frames = Literal["pandas", "arrow", "polars"]


def open(place: str | os.PathLike[str]) -> Dataset:
    """Open a dataset.

    Parameters
    ----------
    place
        The dataset's directory, or its place on another host: ``s3://BUCKET/PREFIX``, ``gs://…``, ``az://…``,
        ``https://HOST/PATH/``. Credentials come from the environment, as ``tile-server serve --help`` tells.

    Raises
    ------
    FileNotFoundError
        There is no dataset at the place.
    DatasetError
        Its manifest is broken, or of another version of the format.
    """
    return Dataset(Native(os.fspath(place)))


def _frame(batch: Any, index: pd.Index | None, as_: Frames) -> Any:
    """An Arrow table in the form asked for; ``index`` is that of a pandas frame."""
    table = pa.table(batch)
    if as_ == "arrow":
        return table
    if as_ == "polars":
        import polars

        return polars.from_arrow(table)
    if as_ != "pandas":
        raise ValueError(f"`as_` is 'pandas', 'arrow' or 'polars', and not {as_!r}")
    frame = pd.DataFrame({name: _series(table.column(name)) for name in table.column_names}, index=None)
    if index is not None:
        if not len(frame.columns):
            return pd.DataFrame(index=index)
        frame.index = index
    return frame


def _series(column: pa.ChunkedArray) -> pd.Series:
    """A column as anndata reads it: nullable where whole numbers or truth values are missing."""
    if column.null_count and pa.types.is_boolean(column.type):
        return pd.Series(pd.BooleanDtype().__from_arrow__(column))
    if column.null_count and pa.types.is_integer(column.type):
        dtype = pd.UInt64Dtype() if pa.types.is_unsigned_integer(column.type) else pd.Int64Dtype()
        return pd.Series(dtype.__from_arrow__(column))
    return column.to_pandas()


class Dataset:
    """An open dataset. Cheap to pickle: another process opens it again at its place."""

    def __init__(self, native: Native) -> None:
        self._native = native
        self._facts: dict[str, Any] = native.facts()

    def __reduce__(self) -> tuple[Any, ...]:
        return (open, (self.place,))

    def __repr__(self) -> str:
        layers = ", ".join(layer["name"] for layer in self._facts["layers"]) or "none"
        return (
            f"Dataset at {self.place}: {self.n_obs} × {self.n_vars}\n"
            f"    obs: {', '.join(self._facts['obs']) or 'none'}\n"
            f"    layers: {layers}\n"
            f"    obsm: {', '.join(key for key, _ in self._facts['obsm']) or 'none'}"
        )

    @property
    def place(self) -> str:
        """Where the dataset lies."""
        return self._native.place

    @property
    def content_id(self) -> str:
        """What the dataset holds, as 32 hexadecimal digits: another build of the same file has the same."""
        return self._facts["content_id"]

    @property
    def n_obs(self) -> int:
        """Number of cells."""
        return self._facts["n_obs"]

    @property
    def n_vars(self) -> int:
        """Number of genes of ``X``, or of the first layer."""
        return self._facts["vars"][self._var_of(None)]["n_vars"] if self._facts["vars"] else 0

    @property
    def obs_columns(self) -> dict[str, str]:
        """The columns of ``obs``: their names and kinds."""
        return dict(self._facts["obs"])

    @property
    def layers(self) -> list[str]:
        """The matrices by their places in the file: ``X``, ``raw/X``, ``layers/KEY``."""
        return [layer["name"] for layer in self._facts["layers"]]

    @property
    def obsm_keys(self) -> list[str]:
        """The entries of ``obsm``."""
        return [key for key, _ in self._facts["obsm"]]

    @property
    def var(self) -> pd.DataFrame:
        """The genes of ``X`` (n_vars rows)."""
        return self.query().var()

    def obs(self, columns: Sequence[str] | None = None, *, as_: Frames = "pandas") -> Any:
        """Columns of all cells, in the order of the input; see :meth:`Query.obs`."""
        return self.query().obs(columns, as_=as_)

    def query(
        self,
        obs: str | None = None,
        var: str | None = None,
        *,
        rows: Any = None,
        var_rows: Any = None,
        limit: int | None = None,
        sample: int | None = None,
        seed: int = 0,
    ) -> Query:
        """Ask for some cells and genes. Nothing but the filtered columns is read yet.

        Parameters
        ----------
        obs, var
            Filters of cells and of genes, in the grammar of SOMA's ``value_filter``, with ``like``, ``contains`` and
            ``descendants`` besides. The index goes by its own name, or by ``obs_id`` and ``var_id``.
        rows
            Rows of the input among which the cells are.
        var_rows
            Rows of the input among which the genes are, in the table of genes of whatever layer is read.
        limit
            Take the first cells alone, so many.
        sample
            Take so many cells at random, by ``seed``.

        Raises
        ------
        FilterError
            A filter cannot be read, or names what the dataset has not: it says where, and what is nearest.
        ValueError
            The dataset has no such row.
        """
        cells, notes = self._native.select(obs)
        for note in notes:
            warnings.warn(note, stacklevel=2)
        if rows is not None:
            cells = cells.of_rows(np.asarray(rows, dtype=np.int64))
        if sample is not None and sample < len(cells):
            of_input = cells.input_rows()
            picked = np.random.default_rng(seed).choice(len(of_input), size=sample, replace=False)
            cells = cells.of_rows(of_input[np.sort(picked)])
        if limit is not None and limit < len(cells):
            cells = cells.of_rows(cells.input_rows()[:limit])
        is_filtered = rows is None and sample is None and limit is None
        if var_rows is not None:
            var_rows = np.unique(np.asarray(var_rows, dtype=np.int64))
            n_vars = max((facts["n_vars"] for facts in self._facts["vars"]), default=0)
            unknown = var_rows[(var_rows < 0) | (var_rows >= n_vars)]
            if len(unknown):
                raise ValueError(f"there is no gene {unknown[0]}: the dataset has {n_vars}")
        return Query(self, cells, obs, var, is_filtered=is_filtered, var_rows=var_rows)

    def _layer(self, name: str | None) -> dict[str, Any]:
        """What the manifest says of a layer; ``None`` is ``X``, or the first."""
        layers = self._facts["layers"]
        if not layers:
            raise ValueError("the dataset has no matrix: it was built of a file without values")
        if name is None:
            return next((layer for layer in layers if layer["name"] == "X"), layers[0])
        return layers[self._native.layer_index(name)]

    def _var_of(self, layer: str | None) -> int:
        return self._layer(layer)["var"] if self._facts["layers"] else 0


class Query:
    """Some cells and genes of a dataset. What it gives is read when it is asked for."""

    def __init__(
        self,
        dataset: Dataset,
        cells: Cells,
        obs: str | None,
        var: str | None,
        *,
        is_filtered: bool,
        var_rows: np.ndarray | None = None,
    ) -> None:
        self.dataset = dataset
        self._cells = cells
        #: Whether the filter of cells alone tells the cells.
        self._is_filtered = is_filtered
        self._obs_filter = obs
        self._var_filter = var
        #: Rows among which the genes are, beside what the filter says; `None` for all.
        self._var_rows = var_rows
        self._genes: dict[int, np.ndarray | None] = {}
        if var is not None:
            self._rows_of_genes(None)

    def __repr__(self) -> str:
        return f"Query of {self.dataset.place}: {self.n_obs} × {self.n_vars} (obs={self._obs_filter!r}, var={self._var_filter!r})"

    def __reduce__(self) -> tuple[Any, ...]:
        return (_query_of, (self.dataset, self.obs_joinids, self._obs_filter, self._var_filter, self._var_rows))

    @cached_property
    def _numbers(self) -> np.ndarray:
        """The cells by number in storage order, in the order of the input."""
        return self._cells.numbers()

    def _rows_of_genes(self, layer: str | None) -> np.ndarray | None:
        """The rows of the genes asked for among those of a layer; ``None`` for all."""
        if self._var_filter is None and self._var_rows is None:
            return None
        entry = self.dataset._layer(layer)
        if entry["var"] not in self._genes:
            if self._var_filter is None:
                rows = np.arange(self.dataset._facts["vars"][entry["var"]]["n_vars"], dtype=np.uint32)
            else:
                rows, notes = self.dataset._native.select_genes(entry["name"], self._var_filter)
                for note in notes:
                    warnings.warn(note, stacklevel=4)
            if self._var_rows is not None:
                rows = rows[np.isin(rows, self._var_rows)]
            self._genes[entry["var"]] = rows
        return self._genes[entry["var"]]

    @property
    def n_obs(self) -> int:
        """Number of cells."""
        return len(self._cells)

    @property
    def n_vars(self) -> int:
        """Number of genes."""
        rows = self._rows_of_genes(None)
        return self.dataset.n_vars if rows is None else len(rows)

    @cached_property
    def obs_joinids(self) -> np.ndarray:
        """The rows of the cells in the input, ascending (int64)."""
        return self._cells.input_rows()

    @property
    def var_joinids(self) -> np.ndarray:
        """The rows of the genes in the input, ascending (int64)."""
        rows = self._rows_of_genes(None)
        return np.arange(self.dataset.n_vars) if rows is None else rows.astype(np.int64)

    @cached_property
    def obs_names(self) -> pd.Index:
        """The ids of the cells."""
        names = pa.table(self.dataset._native.obs_names(self._numbers)).column(0)
        return pd.Index(names.to_pandas().to_numpy(dtype=object), name=self.dataset._facts["obs_index"])

    def obs(self, columns: Sequence[str] | None = None, *, as_: Frames = "pandas") -> Any:
        """Columns of the cells, in the order of the input.

        Parameters
        ----------
        columns
            Their names; all, unless said otherwise.
        as_
            ``"pandas"`` (indexed by the cells' ids), ``"arrow"`` or ``"polars"``.
        """
        batch = self._columns(columns)
        return _frame(batch, self.obs_names if as_ == "pandas" else None, as_)

    def _obs(self, columns: Sequence[str] | None) -> pd.DataFrame:
        """Columns of the cells by number, without their ids, which are not read."""
        return _frame(self._columns(columns), pd.RangeIndex(self.n_obs), "pandas")

    def _columns(self, columns: Sequence[str] | None) -> ArrowTable:
        known = self.dataset._facts["obs"]
        columns = list(known) if columns is None else list(columns)
        check_names(columns, known, "column of obs", "columns")
        return self.dataset._native.obs(self._numbers, columns)

    def var(self, columns: Sequence[str] | None = None, *, layer: str | None = None, as_: Frames = "pandas") -> Any:
        """The genes of a layer that are asked for, in the order of the input; arguments as those of :meth:`obs`."""
        number = self.dataset._var_of(layer)
        facts = self.dataset._facts["vars"][number]
        if columns is not None:
            columns = list(columns)
            check_names(columns, facts["columns"], "column of var", "columns")
        table = pa.table(self.dataset._native.var(number, columns))
        rows = self._rows_of_genes(layer)
        if rows is not None:
            table = table.take(pa.array(rows))
        if as_ != "pandas":
            return _frame(table, None, as_)
        index = pd.Index(table.column(0).to_pandas().to_numpy(dtype=object), name=facts["index"])
        frame = _frame(table.drop_columns(["var_names"]), index, as_)
        for name in frame.columns:
            if isinstance(frame[name].dtype, pd.CategoricalDtype):
                frame[name] = frame[name].cat.remove_unused_categories()
        return frame

    def X(self, layer: str | None = None) -> Matrix:
        """The values of a layer: ``"X"``, ``"raw"``, or a key of ``layers``; ``X`` unless said otherwise."""
        return Matrix(self, self.dataset._layer(layer)["name"])

    def obsm(self, key: str) -> np.ndarray:
        """An entry of ``obsm`` (cells × columns), in 64 bits where the file's numbers take them."""
        check_names([key], self.dataset.obsm_keys, "entry of obsm", "entries")
        return self.dataset._native.obsm(key, self._numbers)

    def to_anndata(
        self,
        *,
        layers: Sequence[str] | None = None,
        obsm: Sequence[str] | None = None,
        obs_columns: Sequence[str] | None = None,
        raw: bool = True,
    ) -> anndata.AnnData:
        """The cells and genes as an AnnData object in memory, as indexing the input would give it.

        Parameters
        ----------
        layers, obsm
            Keys to take; all, unless said otherwise.
        obs_columns
            Columns of ``obs`` to take; all, unless said otherwise.
        raw
            Whether to take ``raw``, all of whose genes come along.

        Notes
        -----
        Values are 32-bit floats, as the dataset has them. A matrix of which more than half is not zero is dense. What a
        dataset does not hold is missing: ``obsp``, ``varm``, ``varp`` and ``uns``.
        """
        import anndata

        dataset = self.dataset
        names = dataset.layers
        x_name = dataset._layer(None)["name"] if names else None
        in_layers = {
            name.removeprefix("layers/"): name for name in names if name.startswith("layers/") and name != x_name
        }
        layers = list(in_layers) if layers is None else list(layers)
        check_names(layers, in_layers, "layer", "layers")
        adata = anndata.AnnData(
            X=None if x_name is None else self.X(x_name).as_stored(),
            obs=self.obs(obs_columns),
            var=self.var() if dataset._facts["vars"] else pd.DataFrame(),
            layers={key: self.X(in_layers[key]).as_stored() for key in layers},
            obsm={key: self.obsm(key) for key in (dataset.obsm_keys if obsm is None else obsm)},
        )
        if raw and "raw/X" in names and x_name != "raw/X":
            everything = Query(dataset, self._cells, self._obs_filter, None, is_filtered=self._is_filtered)
            adata.raw = anndata.AnnData(
                X=everything.X("raw/X").as_stored(), obs=adata.obs[[]], var=everything.var(layer="raw/X")
            )
        return adata

    def moments(self, layer: str | None = None) -> LayerMoments:
        """Exact sums of all genes over the cells, which add up over disjoint sets of cells to the same bits in any order."""
        return self.dataset._native.moments(self.dataset._layer(layer)["name"], self._cells)

    def mean_variance(self, layer: str | None = None, *, nnz_only: bool = False, ddof: int = 1) -> pd.DataFrame:
        """Mean, variance and number of values other than zero of each gene over the cells; see
        :func:`tessera.mean_variance_of`."""
        return _statistics.mean_variance(self, layer, nnz_only=nnz_only, ddof=ddof)

    def highly_variable_genes(
        self,
        n_top_genes: int = 2000,
        *,
        layer: str | None = None,
        batch_key: str | None = None,
        span: float = 0.3,
        max_loess_jitter: float = 1e-6,
    ) -> pd.DataFrame:
        """Genes of high variance by scanpy's flavor ``seurat_v3``, on a layer of counts.

        Means and variances come from stored sums. Only genes with a value that is clipped are read. The fit is that of
        scikit-misc (``pip install scikit-misc``), as in scanpy.

        Parameters
        ----------
        n_top_genes
            How many genes to choose.
        layer
            A layer of counts; the first one that has counts, unless said otherwise.
        batch_key
            Column of ``obs``: genes are ranked in each of its labels, and the median rank decides.
        span
            Share of the genes that each local fit takes.
        max_loess_jitter
            Noise up to which the logarithms of means are moved, in steps of ten from 1e-18, where the fit fails.

        Returns
        -------
        A frame with scanpy's columns: means, variances, variances_norm, highly_variable, highly_variable_rank, and
        highly_variable_nbatches with a batch key.
        """
        return _statistics.highly_variable_genes(self, n_top_genes, layer, batch_key, span, max_loess_jitter)

    def count_by(self, *columns: str) -> pd.DataFrame:
        """How many of the cells have each combination of labels of some columns, the most frequent first."""
        return _statistics.count_by(self, columns)

    def rank_genes_groups(
        self,
        groupby: str,
        *,
        groups: Sequence[str] | None = None,
        reference: str = "rest",
        layer: str | None = None,
        method: str = "t-test",
        tie_correct: bool = False,
        corr_method: str = "benjamini-hochberg",
        n_genes: int | None = None,
    ) -> pd.DataFrame:
        """Compare each label of a column with a reference, as scanpy's function of that name.

        Parameters
        ----------
        groupby
            Column of ``obs``.
        groups
            Its labels to compare; all that the cells have, unless said otherwise.
        reference
            ``"rest"``, which is all other cells of the query, or a label.
        method
            ``"t-test"``, ``"t-test_overestim_var"`` or ``"wilcoxon"``.
        tie_correct
            Whether the Wilcoxon test is corrected for ties.
        corr_method
            ``"benjamini-hochberg"`` or ``"bonferroni"``.
        n_genes
            Genes of each label; all, unless said otherwise.

        Returns
        -------
        A frame as scanpy's ``get.rank_genes_groups_df`` gives it, with pct_group and pct_reference (0 to 100).
        """
        return _statistics.rank_genes_groups(
            self, groupby, groups, reference, layer, method, tie_correct, corr_method, n_genes
        )

    def batches(self, batch_size: int = 128, **options: Any) -> Batches:
        """The cells in random batches, for training: see :class:`tessera.Batches`."""
        from ._batches import Batches

        return Batches(self, batch_size, **options)

    def fragments(self, n: int) -> list[Fragment]:
        """At most ``n`` parts of the query, which can be pickled or sent as JSON and read in any process.

        Their moments add up to the query's, bit for bit; their cells are the query's, each once. Genes are those of the
        filter: a query with ``var_rows`` has no fragments, and is pickled instead.
        """
        from ._fragment import cut

        return cut(self, n)


def _query_of(
    dataset: Dataset, rows: np.ndarray, obs: str | None, var: str | None, var_rows: np.ndarray | None
) -> Query:
    cells, _ = dataset._native.select(None)
    return Query(dataset, cells.of_rows(rows), obs, var, is_filtered=False, var_rows=var_rows)


class Matrix:
    """The values of a layer for the cells and genes of a query. Read when asked for."""

    def __init__(self, query: Query, layer: str) -> None:
        self.query = query
        #: The layer's place in the file.
        self.layer = layer

    @property
    def shape(self) -> tuple[int, int]:
        """Cells and genes."""
        rows = self.query._rows_of_genes(self.layer)
        n_vars = self.query.dataset._facts["vars"][self.query.dataset._var_of(self.layer)]["n_vars"]
        return (self.query.n_obs, n_vars if rows is None else len(rows))

    def __repr__(self) -> str:
        return f"Matrix {self.layer} of {self.shape[0]} × {self.shape[1]}, not read yet: csr(), dense(), tables()"

    def csr(self, rows: slice | None = None) -> sp.csr_matrix:
        """The values as a scipy matrix, float32, without explicit zeros.

        Parameters
        ----------
        rows
            Which of the query's cells, by place; all, unless said otherwise.
        """
        numbers = self._numbers(rows)
        part = self.query.dataset._native.slice(self.layer, numbers, self._genes())
        return matrix_of(part.csr(0, len(numbers)), self.shape[1])

    def dense(self, rows: slice | None = None) -> np.ndarray:
        """The values as an array, float32; ``rows`` as in :meth:`csr`."""
        numbers = self._numbers(rows)
        return self.query.dataset._native.slice(self.layer, numbers, self._genes()).dense(0, len(numbers))

    def tables(self, block: int = BLOCK_CELLS) -> Iterator[pa.Table]:
        """The values other than zero as Arrow tables of (cell, gene, value), some cells at a time.

        Cells and genes are numbered by their rows in the input, as SOMA's joinids are; cells come in the order of
        :meth:`blocks`.
        """
        genes = self._genes()
        for part, cells in self.blocks(block):
            columns = part.indices.astype(np.int64) if genes is None else genes[part.indices].astype(np.int64)
            yield pa.table(
                {"cell": np.repeat(cells, np.diff(part.indptr)), "gene": columns, "value": part.data},
            )

    def blocks(self, block: int = BLOCK_CELLS) -> Iterator[tuple[sp.csr_matrix, np.ndarray]]:
        """Some cells at a time as a scipy matrix, with the rows of these cells in the input.

        Cells come in the order in which they are stored, so that each tile is read once.
        """
        native, stored = self.query.dataset._native, np.sort(self.query._numbers)
        for first in range(0, len(stored), block):
            numbers = stored[first : first + block]
            part = native.slice(self.layer, numbers, self._genes()).csr(0, len(numbers))
            yield matrix_of(part, self.shape[1]), native.rows_of(numbers)

    def as_stored(self) -> sp.csr_matrix | np.ndarray:
        """Dense where more than half of the layer's values are not zero, otherwise sparse."""
        facts = self.query.dataset._layer(self.layer)
        n_all = self.query.dataset.n_obs * self.query.dataset._facts["vars"][facts["var"]]["n_vars"]
        return self.dense() if facts["n_nonzero"] > n_all // 2 else self.csr()

    def _genes(self) -> np.ndarray | None:
        return self.query._rows_of_genes(self.layer)

    def _numbers(self, rows: slice | None) -> np.ndarray:
        # In one piece of memory, also those of a slice with a step.
        return np.ascontiguousarray(self.query._numbers[rows or slice(None)])


def matrix_of(arrays: tuple[np.ndarray, np.ndarray, np.ndarray], n_columns: int) -> sp.csr_matrix:
    """Compressed rows as a scipy matrix: the arrays are taken as they are, without a copy or a second look at their order."""
    indptr, indices, data = arrays
    if len(data) <= np.iinfo(np.int32).max:
        indptr = indptr.astype(np.int32)
    matrix = sp.csr_matrix((len(indptr) - 1, n_columns), dtype=np.float32)
    matrix.indptr, matrix.indices, matrix.data = indptr, indices, data
    matrix.has_sorted_indices = matrix.has_canonical_format = True
    return matrix
