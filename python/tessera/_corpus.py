"""Several datasets asked as one."""

from __future__ import annotations

import os
import warnings
from collections.abc import Iterable, Iterator, Sequence
from functools import cached_property, reduce
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
import scipy.sparse as sp

from ._dataset import BLOCK_CELLS, Dataset, Query, open
from ._names import check_names
from ._tessera import filter_columns

if TYPE_CHECKING:
    import anndata

#: Names that the index of cells goes by in filters of every dataset.
INDEX_NAMES = ("obs_id", "index")


def open_corpus(places: str | os.PathLike[str] | Iterable[str | os.PathLike[str]]) -> Corpus:
    """Open several datasets to ask them as one.

    Parameters
    ----------
    places
        The datasets' places, each as :func:`tessera.open` takes it, in the order of their cells; or a directory, whose
        datasets come by name.

    Raises
    ------
    FileNotFoundError
        There is no dataset at a place, or none in the directory.
    ValueError
        A dataset comes twice, or has a gene twice.
    """
    if not isinstance(places, (str, os.PathLike)):
        return Corpus([open(place) for place in places])
    folder = Path(places)
    if not folder.is_dir():
        raise FileNotFoundError(f"there is no directory {folder}: give a directory of datasets, or a list of places")
    datasets = []
    for place in sorted(folder.iterdir()):
        try:
            datasets.append(open(place))
        except FileNotFoundError:  # Something else.
            continue
    if not datasets:
        raise FileNotFoundError(
            f"no folder in {folder} is a dataset: `tile-server build FILE.h5ad --out {folder / 'NAME'}` makes one"
        )
    return Corpus(datasets)


class Corpus:
    """Datasets with the union of their genes. A cell goes by its joinid: its row in the input of its dataset, counted
    on from the cells of the datasets before."""

    def __init__(self, datasets: Sequence[Dataset]) -> None:
        if not datasets:
            raise ValueError("a corpus has at least one dataset")
        seen: dict[str, str] = {}
        for dataset in datasets:
            if dataset.content_id in seen:
                raise ValueError(f"{dataset.place} has the same content as {seen[dataset.content_id]}: leave one out")
            seen[dataset.content_id] = dataset.place
        self._datasets = tuple(datasets)

    def __repr__(self) -> str:
        return f"Corpus of {len(self._datasets)} datasets: {self.n_obs} × {self.n_vars}"

    @property
    def n_obs(self) -> int:
        """Number of cells."""
        return sum(dataset.n_obs for dataset in self._datasets)

    @property
    def n_vars(self) -> int:
        """Number of genes that any dataset has."""
        return len(self._everything.var_names())

    @cached_property
    def datasets(self) -> pd.DataFrame:
        """The datasets in order: place, content_id, n_obs, n_vars, and the joinid of the first cell (joinid_start)."""
        facts = [(each.place, each.content_id, each.n_obs, each.n_vars) for each in self._datasets]
        frame = pd.DataFrame(facts, columns=["place", "content_id", "n_obs", "n_vars"])
        return frame.assign(joinid_start=frame["n_obs"].cumsum() - frame["n_obs"])

    @property
    def var(self) -> pd.DataFrame:
        """All genes; see :meth:`CorpusQuery.var`."""
        return self._everything.var()

    @cached_property
    def _everything(self) -> CorpusQuery:
        return self.query()

    def presence(self, layer: str | None = None) -> pd.DataFrame:
        """Which genes have a value other than zero in some cell of which dataset, from sums that are stored.

        Returns
        -------
        A frame of truth values: a row for each dataset, by place, and a column for each gene.
        """
        everything = self._everything
        n_values = everything._nnz(layer)
        places = [dataset.place for dataset in self._datasets]
        return pd.DataFrame(n_values > 0, index=pd.Index(places, name="place"), columns=everything.var_names(layer))

    def query(self, obs: str | None = None, var: str | None = None, **options: Any) -> CorpusQuery:
        """Ask all datasets for some cells and genes; arguments as those of :meth:`Dataset.query`, but for rows.

        Parameters
        ----------
        obs, var
            Filters of cells and of genes. Where a dataset has no column of the name, none of its cells pass, of which a
            warning tells; at least one must have it.
        sample, seed, limit
            As there, of each dataset.

        Raises
        ------
        FilterError
            A filter cannot be read, or no dataset has what it names.
        """
        unknown = {"rows", "var_rows"} & set(options)
        if unknown:
            raise ValueError(f"rows are those of one dataset: ask that with {', '.join(sorted(unknown))}")
        asked = set() if obs is None else set(filter_columns(obs)).difference(INDEX_NAMES)
        lacking = [
            dataset for dataset in self._datasets if not asked <= {*dataset.obs_columns, dataset._facts["obs_index"]}
        ]
        if len(lacking) == len(self._datasets):
            lacking = []  # Their own error tells of the column.
        elif lacking:
            places = ", ".join(dataset.place for dataset in lacking)
            warnings.warn(
                f"{len(lacking)} of {len(self._datasets)} datasets have no such column as the filter asks of, and none "
                f"of their cells pass: {places}",
                stacklevel=2,
            )
        queries, notes = [], []
        for dataset in self._datasets:
            with warnings.catch_warnings(record=True) as noted:
                warnings.simplefilter("always")
                if dataset in lacking:
                    queries.append(dataset.query(var=var, rows=[]))
                    continue
                queries.append(dataset.query(obs, var, **options))
            # Without what is nearest, which is another label in each.
            notes.append({str(note.message).partition(";")[0]: str(note.message) for note in noted})
        # A label that one dataset does not have, another may.
        for note in reduce(lambda a, b: [key for key in a if key in b], notes):
            warnings.warn(notes[0][note], stacklevel=2)
        return CorpusQuery(self, queries)


class CorpusQuery:
    """Some cells and genes of a corpus, dataset after dataset. What it gives is read when it is asked for."""

    def __init__(self, corpus: Corpus, queries: Sequence[Query]) -> None:
        self.corpus = corpus
        #: What each dataset is asked.
        self.queries = tuple(queries)

    def __repr__(self) -> str:
        return f"Query of {len(self.queries)} datasets: {self.n_obs} × {self.n_vars}"

    @property
    def n_obs(self) -> int:
        """Number of cells."""
        return sum(query.n_obs for query in self.queries)

    @property
    def n_vars(self) -> int:
        """Number of genes that any dataset has of those asked for."""
        return len(self.var_names())

    @property
    def obs_joinids(self) -> np.ndarray:
        """The joinids of the cells, ascending (int64)."""
        starts = self.corpus.datasets["joinid_start"]
        return np.concatenate([start + query.obs_joinids for start, query in zip(starts, self.queries)])

    def var_names(self, layer: str | None = None) -> pd.Index:
        """The union of the datasets' genes by their ids, in the order of ``anndata.concat(join="outer")``."""
        return reduce(lambda a, b: a.union(b), self._names(layer))

    def var(self, columns: Sequence[str] | None = None, *, layer: str | None = None) -> pd.DataFrame:
        """The genes that any dataset has. What several say of a gene is taken from the first of these."""
        frames = [query.var(layer=layer) for query in self.queries]
        if columns is not None:
            known = dict.fromkeys(name for frame in frames for name in frame.columns)
            check_names(columns, known, "column of var", "columns")
            frames = [frame[[name for name in columns if name in frame.columns]] for frame in frames]
        names = self.var_names(layer)
        merged = pd.DataFrame(index=names)
        for name in dict.fromkeys(name for frame in frames for name in frame.columns):
            parts = [frame[name].dropna() for frame in frames if name in frame.columns]
            objects = [part.astype(object) if isinstance(part.dtype, pd.CategoricalDtype) else part for part in parts]
            joined = pd.concat(objects)
            merged[name] = joined[~joined.index.duplicated()].reindex(names)
        return merged

    def obs(self, columns: Sequence[str] | None = None) -> pd.DataFrame:
        """Columns of the cells, by their ids; missing where a dataset has no such column.

        Parameters
        ----------
        columns
            Their names; all that any dataset has, unless said otherwise.
        """
        frames = [query.obs(of) for query, of in zip(self.queries, self._obs_columns(columns))]
        names = list(dict.fromkeys(name for frame in frames for name in frame.columns))
        names = names if columns is None else list(columns)
        index = reduce(lambda a, b: a.append(b), (frame.index for frame in frames))
        joined = {}
        for name in names:
            parts = [frame[name] if name in frame.columns else pd.Series(np.nan, frame.index) for frame in frames]
            of_labels = [frame[name].dtype for frame in frames if name in frame.columns]
            if all(isinstance(dtype, pd.CategoricalDtype) for dtype in of_labels):
                labels = reduce(lambda a, b: a.union(b, sort=False), (dtype.categories for dtype in of_labels))
                parts = [part.astype(pd.CategoricalDtype(labels)) for part in parts]
            some = [part for part in parts if len(part)]
            joined[name] = pd.concat(some or parts[:1], ignore_index=True).array
        return pd.DataFrame(joined, index=index, columns=names)

    def csr(self, layer: str | None = None) -> sp.csr_matrix:
        """The values of a layer that all datasets have (cells × union of genes, float32): zero where a dataset has no
        such gene."""
        n_vars = len(self.var_names(layer))
        return sp.vstack(
            [_wide(query.X(layer).csr(), places, n_vars) for query, places in zip(self.queries, self._places(layer))],
            format="csr",
        )

    def blocks(self, block: int = BLOCK_CELLS, layer: str | None = None) -> Iterator[tuple[sp.csr_matrix, np.ndarray]]:
        """Some cells of a dataset at a time as a scipy matrix of all genes, with their joinids; see
        :meth:`Matrix.blocks`."""
        n_vars, starts = len(self.var_names(layer)), self.corpus.datasets["joinid_start"]
        for query, places, start in zip(self.queries, self._places(layer), starts):
            for part, rows in query.X(layer).blocks(block):
                yield _wide(part, places, n_vars), rows + start

    def to_anndata(
        self,
        *,
        obs_columns: Sequence[str] | None = None,
        label: str | None = None,
        merge: str | None = None,
        **options: Any,
    ) -> anndata.AnnData:
        """The cells with the union of genes, as ``anndata.concat(…, join="outer", fill_value=0)`` gives it of the
        inputs' cells.

        Parameters
        ----------
        obs_columns
            Columns of ``obs`` to take; all that any dataset has, unless said otherwise.
        label
            A column of ``obs`` to make, which tells the place of each cell's dataset.
        merge
            What becomes of columns of ``var``, as anndata tells: ``"first"`` keeps what the first dataset says.
        **options
            Those of :meth:`Query.to_anndata`.
        """
        import anndata

        parts = [
            query.to_anndata(obs_columns=columns, **options)
            for query, columns in zip(self.queries, self._obs_columns(obs_columns))
        ]
        keys = [query.dataset.place for query in self.queries] if label else None
        joined = anndata.concat(parts, join="outer", fill_value=0, label=label, keys=keys, merge=merge)
        for key, values in list(joined.layers.items()):
            # Zeros of a dataset without a dense layer come as 64-bit numbers.
            if values.dtype != np.float32:
                joined.layers[key] = values.astype(np.float32)
        return joined

    def count_by(self, *columns: str) -> pd.DataFrame:
        """How many of the cells have each combination of labels of some columns, the most frequent first."""
        frames = [query.count_by(*columns) for query in self.queries if query.n_obs]
        if not frames:
            return pd.DataFrame(columns=[*columns, "n_obs"])
        plain = [
            frame.astype({name: object for name in columns if isinstance(frame[name].dtype, pd.CategoricalDtype)})
            for frame in frames
        ]
        counts = pd.concat(plain).groupby(list(columns), dropna=False, sort=False, as_index=False)["n_obs"].sum()
        return counts.sort_values("n_obs", ascending=False, kind="stable").reset_index(drop=True)

    def mean_variance(self, layer: str | None = None, *, nnz_only: bool = False, ddof: int = 1) -> pd.DataFrame:
        """Mean, variance and number of values other than zero of each gene over the cells whose dataset has the gene, and
        how many these are (``n_measured``); NaN where there are none. See :func:`tessera.mean_variance_of`.

        A dataset that does not have a gene says nothing of it, whereas :meth:`csr` and :meth:`to_anndata` fill its cells
        with zeros as anndata does. Each dataset's are from its exact sums, and are joined in 64-bit floats.
        """
        if not self.n_obs:
            raise ValueError("the query has no cells, so that genes have no mean")
        names = self.var_names(layer)
        n, mean, squares = self._summaries(layer, nnz_only)
        total = n.sum(axis=0)
        with np.errstate(invalid="ignore", divide="ignore"):
            joined = (n * mean).sum(axis=0) / total
            squares = (squares + n * (mean - joined) ** 2).sum(axis=0)
            variance = np.where(total > ddof, squares / (total - ddof), np.nan)
        return pd.DataFrame(
            {
                "mean": joined,
                "variance": variance,
                "nnz": self._nnz(layer).sum(axis=0),
                "n_measured": self._n_measured(layer),
            },
            index=names,
        )

    def _summaries(self, layer: str | None, nnz_only: bool) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """Of each dataset and gene: the number of values, their mean, and the sum of squared deviations from that."""
        shape = (len(self.queries), len(self.var_names(layer)))
        n, mean, squares = (np.zeros(shape) for _ in range(3))
        for row, (query, places) in enumerate(zip(self.queries, self._places(layer))):
            genes, moments = query._rows_of_genes(layer), query.moments(layer)
            taken = slice(None) if genes is None else genes
            of_mean, variance, nnz = (part[taken] for part in query.dataset._native.summaries(moments, nnz_only))
            values = nnz.astype(float) if nnz_only else np.full(len(nnz), float(query.n_obs))
            n[row, places] = values
            mean[row, places] = np.where(values > 0, of_mean, 0)
            squares[row, places] = np.where(values > 1, variance * (values - 1), 0)
        return n, mean, squares

    def _n_measured(self, layer: str | None) -> np.ndarray:
        """How many of the cells are of a dataset that has each gene."""
        n = np.zeros(len(self.var_names(layer)), dtype=np.int64)
        for query, places in zip(self.queries, self._places(layer)):
            n[places] += query.n_obs
        return n

    def _nnz(self, layer: str | None) -> np.ndarray:
        """How many values of each dataset and gene are not zero."""
        n = np.zeros((len(self.queries), len(self.var_names(layer))), dtype=np.int64)
        for row, (query, places) in enumerate(zip(self.queries, self._places(layer))):
            genes = query._rows_of_genes(layer)
            _, _, nnz = query.dataset._native.summaries(query.moments(layer), False)
            n[row, places] = nnz if genes is None else nnz[genes]
        return n

    def _names(self, layer: str | None) -> list[pd.Index]:
        """The genes of each dataset that are asked for."""
        names = []
        for query in self.queries:
            names.append(query.var([], layer=layer).index)
            if not names[-1].is_unique:
                twice = names[-1][names[-1].duplicated()][0]
                raise ValueError(f"{query.dataset.place} has the gene {twice!r} twice, and cannot be joined with others")
        return names

    def _places(self, layer: str | None) -> list[np.ndarray]:
        """Where the genes of each dataset are in the union."""
        names = self.var_names(layer)
        return [names.get_indexer(of_dataset) for of_dataset in self._names(layer)]

    def _obs_columns(self, columns: Sequence[str] | None) -> list[list[str] | None]:
        """Which of these columns each dataset has."""
        if columns is None:
            return [None] * len(self.queries)
        known = dict.fromkeys(name for query in self.queries for name in query.dataset.obs_columns)
        check_names(columns, known, "column of obs", "columns")
        return [[name for name in columns if name in query.dataset.obs_columns] for query in self.queries]


def _wide(matrix: sp.csr_matrix, places: np.ndarray, n_columns: int) -> sp.csr_matrix:
    """A matrix whose columns are at these places among more."""
    indices = places.astype(np.int32)[matrix.indices]
    wide = sp.csr_matrix((matrix.data, indices, matrix.indptr), shape=(matrix.shape[0], n_columns))
    wide.sort_indices()
    return wide
