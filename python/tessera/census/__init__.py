"""CZ CELLxGENE Census's names over a dataset in tiles, so that a notebook changes one import::

    import tessera.census as cellxgene_census

    with cellxgene_census.open_soma(uri="pbmc") as census:
        adata = cellxgene_census.get_anndata(census, "Homo sapiens", obs_value_filter="cell_type == 'B cell'")

A census here is one dataset: joinids are the rows of its input. `raw` is its counts. What takes a release of many datasets
is missing: versions, mirrors, presence, embeddings.
"""

from __future__ import annotations

from collections.abc import Sequence
from types import TracebackType
from typing import TYPE_CHECKING, Any, Union

import numpy as np
import pandas as pd

from .. import _dataset
from . import experimental
from ._query import AxisQuery, Experiment, ExperimentAxisQuery, as_rows, counts_layer, obs_frame, var_frame

if TYPE_CHECKING:
    import anndata

#: Rows as Census takes them: a row, a list of rows, or a slice, whose end is one of them.
Coords = Union[int, Sequence[int], slice, np.ndarray]

__all__ = [
    "AxisQuery",
    "Census",
    "Experiment",
    "ExperimentAxisQuery",
    "experimental",
    "get_anndata",
    "get_obs",
    "get_var",
    "open_soma",
]


class Census:
    """An open census: one dataset, whatever organism it is asked for."""

    def __init__(self, dataset: _dataset.Dataset) -> None:
        self.dataset = dataset
        self.closed = False

    def __enter__(self) -> Census:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """Ask no more; nothing is held open."""
        self.closed = True

    def __getitem__(self, name: str) -> dict[str, Experiment]:
        if name != "census_data":
            raise KeyError(f"a census of one dataset has 'census_data', and not {name!r}")
        return _AnyOrganism(self.dataset)

    @property
    def uri(self) -> str:
        """Where the dataset lies."""
        return self.dataset.place


class _AnyOrganism(dict[str, Experiment]):
    """The same experiment for each organism, since a dataset is of one."""

    def __init__(self, dataset: _dataset.Dataset) -> None:
        super().__init__()
        self._experiment = Experiment(dataset)

    def __missing__(self, organism: str) -> Experiment:
        return self._experiment


def open_soma(
    *,
    census_version: str | None = "stable",
    mirror: str | None = None,
    uri: str | None = None,
    tiledb_config: dict[str, Any] | None = None,
    context: Any = None,
) -> Census:
    """Open a census.

    Parameters
    ----------
    uri
        Where the dataset lies, as :func:`tessera.open` takes it.
    census_version, mirror, tiledb_config, context
        Taken, so that calls need no change, and without meaning where ``uri`` is given.
    """
    if uri is None:
        raise ValueError(
            f"there are no releases, and so no version {census_version!r}: give the place of a dataset, as uri='pbmc'"
        )
    return Census(_dataset.open(uri))


def get_obs(
    census: Census,
    organism: str,
    *,
    value_filter: str | None = None,
    coords: Coords | None = None,
    column_names: Sequence[str] | None = None,
) -> pd.DataFrame:
    """Columns of the cells that pass a filter and are among the coordinates; the columns of the filter come along."""
    query = census.dataset.query(obs=value_filter, rows=as_rows(coords, census.dataset.n_obs))
    return obs_frame(query, column_names)


def get_var(
    census: Census,
    organism: str,
    *,
    value_filter: str | None = None,
    coords: Coords | None = None,
    column_names: Sequence[str] | None = None,
) -> pd.DataFrame:
    """Columns of the genes that pass a filter and are among the coordinates."""
    query = Experiment(census.dataset).axis_query(
        var_query=AxisQuery(value_filter=value_filter, coords=(coords,) if coords is not None else ())
    )
    return var_frame(query.query, counts_layer(census.dataset), column_names)


def get_anndata(
    census: Census,
    organism: str,
    measurement_name: str = "RNA",
    X_name: str = "raw",
    X_layers: Sequence[str] | None = (),
    obsm_layers: Sequence[str] | None = (),
    obs_value_filter: str | None = None,
    obs_coords: Coords | None = None,
    var_value_filter: str | None = None,
    var_coords: Coords | None = None,
    column_names: dict[str, Sequence[str]] | None = None,
    obs_column_names: Sequence[str] | None = None,
    var_column_names: Sequence[str] | None = None,
    modality: str | None = None,
) -> anndata.AnnData:
    """Cells and genes as an AnnData object, whose ``X`` is a scipy matrix of 32-bit floats."""
    if column_names is not None:
        unknown = [axis for axis in column_names if axis not in ("obs", "var")]
        if unknown:
            raise ValueError(f"`column_names` has 'obs' and 'var', and not {unknown[0]!r}")
        obs_column_names = obs_column_names or column_names.get("obs")
        var_column_names = var_column_names or column_names.get("var")
    experiment = Experiment(census.dataset)
    query = experiment.axis_query(
        measurement_name,
        obs_query=AxisQuery(value_filter=obs_value_filter, coords=(obs_coords,) if obs_coords is not None else ()),
        var_query=AxisQuery(value_filter=var_value_filter, coords=(var_coords,) if var_coords is not None else ()),
    )
    return query.to_anndata(
        X_name,
        column_names={"obs": obs_column_names, "var": var_column_names},
        X_layers=X_layers or (),
        obsm_layers=obsm_layers or (),
    )
