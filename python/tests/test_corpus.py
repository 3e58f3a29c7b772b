"""Several datasets answer as anndata's concatenation of their inputs does."""

import anndata
import numpy as np
import pandas as pd
import pytest
from conftest import assert_same_bits, build, dense

import tessera


@pytest.fixture(scope="module")
def inputs(made, real):
    """Three datasets that share some genes and columns; the last has dense values and neither in common."""
    first, second, third = made[:600, :300].copy(), made[600:1100, 150:].copy(), real[:, :200].copy()
    first.var["only_here"] = np.arange(300)
    del second.obs["score"], second.layers["shares"]
    second.obs["extra"] = np.arange(500)
    second.obs["batch"] = second.obs["batch"].cat.rename_categories({"b2": "b2 again"})
    del third.raw
    return [first, second, third]


@pytest.fixture(scope="module")
def folder(inputs, tmp_path_factory):
    folder = tmp_path_factory.mktemp("corpus")
    for name, adata in zip("abc", inputs):
        adata.copy().write_h5ad(folder / f"{name}.h5ad")
        build(folder / f"{name}.h5ad", folder / name)
    return folder


@pytest.fixture(scope="module")
def corpus(folder):
    return tessera.open_corpus(folder)


def concat(parts):
    return anndata.concat(parts, join="outer", fill_value=0)


def test_the_union_of_genes_and_joinids_are_told(inputs, corpus, folder):
    assert (corpus.n_obs, corpus.n_vars) == (1800, 600) and "3 datasets: 1800 × 600" in repr(corpus)
    assert corpus.datasets["joinid_start"].tolist() == [0, 600, 1100]
    assert corpus.datasets["n_vars"].tolist() == [300, 250, 200]
    assert list(corpus.var.index) == list(concat(inputs).var_names)
    merged = corpus.var
    assert merged.loc[inputs[1].var_names, "length"].tolist() == inputs[1].var["length"].tolist()
    assert merged.loc[inputs[0].var_names, "only_here"].tolist() == list(range(300))
    assert merged.loc[inputs[2].var_names, "length"].isna().all()
    given = tessera.open_corpus([folder / "b", folder / "a"])
    assert given.datasets["joinid_start"].tolist() == [0, 500] and given.n_vars == 400


def test_all_cells_are_those_of_concat(inputs, corpus):
    ours, theirs = corpus.query().to_anndata(), concat(inputs)
    assert list(ours.obs_names) == list(theirs.obs_names) and list(ours.var_names) == list(theirs.var_names)
    assert_same_bits(ours.X, theirs.X)
    assert list(ours.layers) == list(theirs.layers)
    assert_same_bits(ours.layers["shares"], theirs.layers["shares"])
    assert list(ours.obs.columns) == list(theirs.obs.columns)
    for name in ("n_umis", "score", "extra", "is_primary_data"):
        pd.testing.assert_series_equal(ours.obs[name], theirs.obs[name], check_dtype=False)
    assert_same_bits(corpus.query().csr(), theirs.X)


def test_cells_of_a_filter_are_those_of_concat(inputs, corpus):
    with pytest.warns(UserWarning, match="1 of 3 datasets have no such column"):
        query = corpus.query(obs="cell_type == 'B cell'")
    parts = [inputs[0][inputs[0].obs["cell_type"] == "B cell"], inputs[1][inputs[1].obs["cell_type"] == "B cell"]]
    theirs = concat([*parts, inputs[2][:0]])
    assert query.n_obs == theirs.n_obs > 0
    assert_same_bits(query.csr(), theirs.X)
    assert_same_bits(query.to_anndata().X, theirs.X)
    rows = np.flatnonzero(np.concatenate([each.obs["cell_type"] == "B cell" for each in inputs[:2]]))
    np.testing.assert_array_equal(query.obs_joinids, rows)
    blocks = list(query.blocks(50))
    joinids = np.concatenate([joinids for _, joinids in blocks])
    places = np.argsort(joinids)
    np.testing.assert_array_equal(joinids[places], rows)
    assert_same_bits(np.concatenate([dense(block) for block, _ in blocks])[places], theirs.X)


def test_genes_of_a_filter_are_joined(inputs, corpus):
    wanted = [inputs[0].var_names[5], inputs[0].var_names[200], inputs[1].var_names[240], inputs[2].var_names[7]]
    query = corpus.query(var=f"var_id in {wanted!r}")
    theirs = concat([each[:, [name for name in wanted if name in each.var_names]] for each in inputs])
    assert list(query.var().index) == list(theirs.var_names) and query.n_vars == 4
    assert_same_bits(query.csr(), theirs.X)


def test_columns_are_joined(inputs, corpus):
    query = corpus.query()
    ours = query.obs(["batch", "extra", "n_umis"])
    theirs = concat(inputs).obs
    assert list(ours.index) == list(theirs.index)
    assert ours["batch"].astype(object).fillna("none").tolist() == theirs["batch"].astype(object).fillna("none").tolist()
    assert set(ours["batch"].cat.categories) == {"b1", "b2", "b2 again", "b3"}
    pd.testing.assert_series_equal(ours["extra"], theirs["extra"], check_dtype=False)
    with pytest.raises(ValueError, match="no column of obs 'n_umi'; did you mean 'n_umis'"):
        query.obs(["n_umi"])


def test_cells_are_counted_over_datasets(inputs, corpus):
    with pytest.warns(UserWarning, match="no such column"):
        counts = corpus.query(obs="n_umis > 0").count_by("cell_type")
    both = pd.concat([each.obs["cell_type"].astype(str) for each in inputs[:2]]).value_counts()
    assert dict(zip(counts["cell_type"], counts["n_obs"])) == both.to_dict()


@pytest.mark.parametrize("nnz_only", [False, True])
@pytest.mark.parametrize("ddof", [0, 1])
def test_means_and_variances_are_those_of_all_cells(inputs, corpus, nnz_only, ddof):
    ours = corpus.query().mean_variance(nnz_only=nnz_only, ddof=ddof)
    values = dense(concat(inputs).X).astype("float64")
    assert ours["nnz"].tolist() == (values != 0).sum(axis=0).tolist()
    # Genes that a dataset does not have are not known in its cells.
    known = np.concatenate([np.tile(ours.index.isin(each.var_names), (each.n_obs, 1)) for each in inputs])
    assert ours["n_measured"].tolist() == known.sum(axis=0).tolist() and not known.all()
    masked = np.ma.masked_array(values, mask=~known | ((values == 0) & nnz_only))
    np.testing.assert_allclose(ours["mean"], masked.mean(axis=0).filled(np.nan), rtol=1e-12, atol=1e-15)
    enough = masked.count(axis=0) > ddof
    np.testing.assert_allclose(ours["variance"][enough], masked.var(axis=0, ddof=ddof).filled(np.nan)[enough], rtol=1e-9)
    assert ours["variance"][~enough].isna().all()


def test_presence_tells_which_dataset_has_values_of_a_gene(inputs, corpus):
    presence = corpus.presence()
    assert presence.shape == (3, 600) and list(presence.index) == corpus.datasets["place"].tolist()
    for row, adata in zip(presence.to_numpy(), inputs):
        has = set(adata.var_names[(dense(adata.X) != 0).any(axis=0)])
        assert set(presence.columns[row]) == has


def test_what_makes_no_corpus_is_told(corpus, folder, tmp_path):
    with pytest.raises(FileNotFoundError, match="no folder in .* is a dataset"):
        tessera.open_corpus(tmp_path)
    with pytest.raises(FileNotFoundError, match="no directory"):
        tessera.open_corpus(tmp_path / "none")
    with pytest.raises(ValueError, match="same content"):
        tessera.open_corpus([folder / "a", folder / "a"])
    with pytest.raises(tessera.FilterError, match="no_column"):
        corpus.query(obs="no_column == 1")
    with pytest.raises(ValueError, match="rows are those of one dataset"):
        corpus.query(rows=[1])
    with pytest.warns(UserWarning) as noted:
        assert corpus.query(obs="cell_type == 'B cel'").n_obs == 0
    assert any("did you mean 'B cell'" in str(note.message) for note in noted)
