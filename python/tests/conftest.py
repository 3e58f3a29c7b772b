"""Datasets that the tests ask, each built of an AnnData file by the tile server that `TESSERA_SERVER` names."""

import os
import subprocess
from pathlib import Path

import anndata
import numpy as np
import pandas as pd
import pytest
import scipy.sparse as sp

import tessera

DATA = Path(__file__).parents[2] / "data"


def build(file, out):
    command = [os.environ["TESSERA_SERVER"], "build", file, "--out", out, "--allow-no-embedding"]
    subprocess.run(command, check=True, capture_output=True)
    return tessera.open(out)


@pytest.fixture(scope="session")
def real():
    """700 cells of 10x's PBMC 68k, as the file has them: scaled `X`, log-normalized `raw`."""
    return anndata.read_h5ad(DATA / "pbmc68k_reduced.h5ad")


@pytest.fixture(scope="session")
def real_dataset(tmp_path_factory):
    return build(DATA / "pbmc68k_reduced.h5ad", tmp_path_factory.mktemp("real") / "real")


@pytest.fixture(scope="session")
def made():
    """3000 made cells of 400 genes: counts in `X`, columns of every kind, labels as CELLxGENE has them."""
    rng = np.random.default_rng(7)
    n_obs, n_vars = 3000, 400
    types = rng.choice(["B cell", "T cell", "T cell || B cell", "NK cell"], n_obs, p=[0.2, 0.5, 0.05, 0.25])
    terms = {"B cell": "CL:0000236", "T cell": "CL:0000084", "NK cell": "CL:0000623"}
    means = rng.gamma(0.5, 0.6, n_vars) * np.where(rng.random(n_vars) < 0.1, 8, 1)
    shift = {label: rng.gamma(4, 0.25, n_vars) for label in np.unique(types)}
    counts = np.stack([rng.poisson(rng.gamma(2, means * shift[label] / 2)) for label in types])
    missing = lambda values, share=0.1: [None if rng.random() < share else value for value in values]
    obs = pd.DataFrame(
        {
            "cell_type": pd.Categorical(types),
            "cell_type_ontology_term_id": pd.Categorical(
                [" || ".join(terms[label] for label in joined.split(" || ")) for joined in types]
            ),
            "grade": pd.Categorical(
                missing(rng.choice(["low", "mid", "high"], n_obs)), categories=["low", "mid", "high"], ordered=True
            ),
            "batch": pd.Categorical(rng.choice(["b1", "b2", "b3"], n_obs)),
            "cluster": pd.Categorical(rng.integers(0, 12, n_obs)),
            "is_primary_data": rng.random(n_obs) < 0.8,
            "flag": pd.array(missing(rng.random(n_obs) < 0.5), dtype="boolean"),
            "n_umis": counts.sum(axis=1),
            "rank": pd.array(missing(range(n_obs)), dtype="Int64"),
            "share": rng.random(n_obs).astype("float32"),
            "score": np.where(rng.random(n_obs) < 0.1, np.nan, rng.normal(size=n_obs)),
            "donor": [f"donor {number}" for number in range(n_obs)],
        },
        index=[f"cell{number}" for number in range(n_obs)],
    )
    var = pd.DataFrame(
        {"feature_name": [f"GENE{number}" for number in range(n_vars)], "length": rng.integers(100, 9000, n_vars)},
        index=[f"ENSG{number:011}" for number in range(n_vars)],
    )
    adata = anndata.AnnData(sp.csr_matrix(counts, dtype="float32"), obs=obs, var=var)
    adata.layers["shares"] = sp.csr_matrix(counts / counts.sum(axis=1, keepdims=True), dtype="float32")
    adata.obsm["X_pca"] = rng.normal(size=(n_obs, 5)).astype("float32")
    adata.obsm["X_wide"] = rng.normal(size=(n_obs, 2))
    return adata


@pytest.fixture(scope="session")
def made_dataset(made, tmp_path_factory):
    folder = tmp_path_factory.mktemp("made")
    made.copy().write_h5ad(folder / "made.h5ad")
    return build(folder / "made.h5ad", folder / "made")


def dense(matrix):
    """A matrix as an array."""
    return matrix.toarray() if sp.issparse(matrix) else np.asarray(matrix)


def assert_same_bits(ours, theirs):
    ours, theirs = dense(ours), dense(theirs).astype("float32")
    assert ours.dtype == np.float32
    # A zero has no sign where it is not stored.
    np.testing.assert_array_equal(ours.view("uint32"), (theirs + np.float32(0)).view("uint32"))
