"""Compares files that `tile-server subset` wrote with the same cells taken out of the input by anndata.

    python3 -m venv VENV && VENV/bin/pip install anndata
    VENV/bin/python subset/compare_with_anndata.py TILE_SERVER INPUT.h5ad COLUMN=LABEL...

Builds a dataset of the input, writes the cells with the labels, reads both with anndata and compares all that a dataset
holds: X, raw, layers, obs, var, obsm and the colors of labels. Values must be equal bit for bit.
"""

import subprocess
import sys
import tempfile
from pathlib import Path

import anndata
import numpy as np
import pandas as pd
from scipy import sparse


def dense(matrix):
    return np.asarray(matrix.todense() if sparse.issparse(matrix) else matrix)


def same_values(place, found, expected):
    found, expected = dense(found), dense(expected)
    assert found.shape == expected.shape, f"{place}: {found.shape} and {expected.shape}"
    wanted = expected.astype(found.dtype)
    assert np.array_equal(found, wanted, equal_nan=True), f"{place} differs"
    print(f"{place}: {found.shape[0]} x {found.shape[1]} values are equal")


def same_table(place, found, expected):
    assert list(found.index) == list(expected.index), f"the index of {place}"
    assert list(found.columns) == list(expected.columns), f"the columns of {place}"
    for name in expected.columns:
        a, b = found[name], expected[name]
        if isinstance(b.dtype, pd.CategoricalDtype):
            assert list(a.cat.categories) == list(b.cat.categories), f"the categories of {place}/{name}"
            assert a.cat.ordered == b.cat.ordered, f"the order of {place}/{name}"
            assert (a.cat.codes == b.cat.codes).all(), f"the codes of {place}/{name}"
        elif pd.api.types.is_numeric_dtype(b):
            assert np.array_equal(a.to_numpy(), b.to_numpy(), equal_nan=True), f"{place}/{name}"
        else:
            assert list(a.astype(object)) == list(b.astype(object)), f"{place}/{name}"
    print(f"{place}: {len(expected)} rows and {len(expected.columns)} columns are equal")


def main(tile_server, source, labels):
    with tempfile.TemporaryDirectory() as folder:
        dataset, out = Path(folder, "dataset"), Path(folder, "new.h5ad")
        subprocess.run([tile_server, "build", source, "--out", dataset, "--allow-no-embedding", "--quiet"], check=True)
        named = [word for label in labels for word in ("--label", label)]
        subprocess.run([tile_server, "subset", dataset, *named, "--out", out, "--quiet"], check=True)
        found, everything = anndata.read_h5ad(out), anndata.read_h5ad(source)
    wanted = np.zeros(everything.n_obs, dtype=bool)
    for label in labels:
        column, _, value = label.partition("=")
        wanted |= (everything.obs[column].astype(str) == value).to_numpy()
    expected = everything[wanted].copy()
    same_table("obs", found.obs, expected.obs)
    same_table("var", found.var, expected.var)
    if expected.X is not None:
        same_values("X", found.X, expected.X)
    assert (found.raw is None) == (expected.raw is None)
    if expected.raw is not None:
        same_table("raw/var", found.raw.var, expected.raw.var)
        same_values("raw/X", found.raw.X, expected.raw.X)
    assert sorted(found.layers) == sorted(expected.layers)
    for name in expected.layers:
        same_values(f"layers/{name}", found.layers[name], expected.layers[name])
    assert sorted(found.obsm) == sorted(expected.obsm)
    for key in expected.obsm:
        same_values(f"obsm/{key}", found.obsm[key], expected.obsm[key])
    for key in (key for key in expected.uns if key.endswith("_colors") and key[: -len("_colors")] in expected.obs):
        assert list(found.uns[key]) == list(expected.uns[key]), f"uns/{key}"
        print(f"uns/{key}: {len(expected.uns[key])} colors are equal")
    print("uns/tessera:", {key: str(value) for key, value in found.uns["tessera"].items()})


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2], sys.argv[3:])
