"""Slices are those of anndata, bit for bit."""

import pickle

import numpy as np
import pandas as pd
import pyarrow as pa
import pytest
import scipy.sparse as sp
from conftest import assert_same_bits, build

import tessera


def test_cells_of_a_label_are_those_of_anndata(real, real_dataset):
    query = real_dataset.query(obs="bulk_labels == 'CD19+ B'")
    expected = real[real.obs["bulk_labels"] == "CD19+ B"]
    assert query.n_obs == expected.n_obs == 95
    assert list(query.obs_names) == list(expected.obs_names)
    assert_same_bits(query.X().csr(), expected.X)
    assert_same_bits(query.X().dense(), expected.X)
    assert_same_bits(query.X("raw").csr(), expected.raw.X)


def test_an_anndata_object_is_that_of_indexing(real, real_dataset):
    ours = real_dataset.query(obs="n_genes > 800 and percent_mito < 0.02").to_anndata()
    theirs = real[(real.obs["n_genes"] > 800) & (real.obs["percent_mito"] < np.float32(0.02))].copy()
    assert 0 < theirs.n_obs < real.n_obs
    assert_same_bits(ours.X, theirs.X)
    assert_same_bits(ours.raw.X, theirs.raw.X)
    pd.testing.assert_frame_equal(ours.obs, theirs.obs, check_categorical=True)
    pd.testing.assert_frame_equal(ours.var, theirs.var)
    pd.testing.assert_frame_equal(ours.raw.var, theirs.raw.var)
    assert list(ours.obsm) == list(theirs.obsm)
    for key in theirs.obsm:
        np.testing.assert_array_equal(ours.obsm[key], theirs.obsm[key])


def test_columns_of_every_kind_come_back(made, made_dataset):
    ours = made_dataset.obs()
    assert list(ours.columns) == list(made.obs.columns)
    for name in made.obs:
        expected = made.obs[name]
        if isinstance(expected.dtype, pd.CategoricalDtype):
            assert ours[name].cat.ordered == expected.cat.ordered
            assert list(ours[name].cat.categories) == list(expected.cat.categories)
            expected, got = expected.astype(object), ours[name].astype(object)
            pd.testing.assert_series_equal(got, expected, check_index_type=False, check_names=False)
        else:
            pd.testing.assert_series_equal(ours[name], expected, check_dtype=name != "donor")


def test_genes_are_taken_by_a_filter_in_the_order_of_the_input(made, made_dataset):
    query = made_dataset.query(obs="cell_type == 'NK cell'", var="length > 5000 or feature_name in ['GENE7', 'GENE3']")
    wanted = (made.var["length"] > 5000) | made.var["feature_name"].isin(["GENE7", "GENE3"])
    expected = made[made.obs["cell_type"] == "NK cell", wanted]
    assert list(query.var().index) == list(expected.var_names)
    np.testing.assert_array_equal(query.var_joinids, np.flatnonzero(wanted))
    ours = query.to_anndata()
    assert_same_bits(ours.X, expected.X)
    assert_same_bits(ours.layers["shares"], expected.layers["shares"])
    np.testing.assert_array_equal(ours.obsm["X_wide"], expected.obsm["X_wide"])
    assert ours.obsm["X_wide"].dtype == np.float64


@pytest.mark.parametrize("genes", [1, 12, 400])
def test_few_genes_and_many_are_the_same_by_either_route(made, made_dataset, genes):
    # Of one gene the tiles of genes are read, of all those of cells.
    names = ", ".join(f"'GENE{number}'" for number in range(genes))
    query = made_dataset.query(obs="share < 0.7", var=f"feature_name in [{names}]")
    expected = made[made.obs["share"] < np.float32(0.7), :genes].X
    matrix = query.X().csr()
    assert_same_bits(matrix, expected)
    assert matrix.has_canonical_format and sp.csr_matrix(matrix, copy=True).has_sorted_indices
    assert all(np.all(np.diff(row.indices) > 0) for row in matrix)
    assert_same_bits(query.X().dense(), expected)


def test_blocks_and_tables_are_the_whole(made, made_dataset):
    query = made_dataset.query(obs="batch != 'b2'", var="length > 8000")
    whole = query.X().csr()
    parts = list(query.X().blocks(700))
    assert [len(rows) for _, rows in parts[:-1]] == [700] * (len(parts) - 1)
    rows = np.concatenate([rows for _, rows in parts])
    np.testing.assert_array_equal(np.sort(rows), query.obs_joinids)
    assert_same_bits(sp.vstack([part for part, _ in parts]).tocsr()[np.argsort(rows)], whole)
    table = pa.concat_tables(query.X().tables(700))
    again = sp.coo_matrix((table["value"], (table["cell"], table["gene"])), shape=made.shape, dtype="float32")
    assert_same_bits(again.tocsr()[query.obs_joinids][:, query.var_joinids], whole)


def test_limits_samples_and_rows_narrow_a_query(made, made_dataset):
    all_of_type = made_dataset.query(obs="cell_type == 'B cell'").obs_joinids
    few = made_dataset.query(obs="cell_type == 'B cell'", limit=10)
    np.testing.assert_array_equal(few.obs_joinids, all_of_type[:10])
    sample = made_dataset.query(obs="cell_type == 'B cell'", sample=50, seed=3)
    assert len(np.intersect1d(sample.obs_joinids, all_of_type)) == 50
    again = made_dataset.query(obs="cell_type == 'B cell'", sample=50, seed=3)
    np.testing.assert_array_equal(sample.obs_joinids, again.obs_joinids)
    other = made_dataset.query(obs="cell_type == 'B cell'", sample=50, seed=4)
    assert not np.array_equal(sample.obs_joinids, other.obs_joinids)
    rows = [5, 2999, 17]
    query = made_dataset.query(rows=rows)
    np.testing.assert_array_equal(query.obs_joinids, sorted(rows))
    assert_same_bits(query.X().csr(), made[sorted(rows)].X)
    with pytest.raises(ValueError, match="no cell 3000"):
        made_dataset.query(rows=[3000])


def test_some_cells_of_a_matrix_are_read_by_a_slice(made, made_dataset):
    matrix = made_dataset.query(obs="batch == 'b2'").X()
    expected = made.X[(made.obs["batch"] == "b2").to_numpy()]
    for rows in (slice(5, 90), slice(None, None, 3), slice(None, None, -1), slice(0, 0)):
        assert_same_bits(matrix.csr(rows), expected[rows])
        assert_same_bits(matrix.dense(rows), expected[rows])


def test_genes_are_taken_by_rows_within_a_filter(made, made_dataset):
    rows = [399, 3, 7, 7, 200]
    query = made_dataset.query(obs="batch == 'b1'", var_rows=rows)
    assert query.var_joinids.tolist() == [3, 7, 200, 399] and query.n_vars == 4
    assert list(query.var().index) == list(made.var_names[[3, 7, 200, 399]])
    both = made_dataset.query(var="length > 4000", var_rows=rows)
    expected = [row for row in (3, 7, 200, 399) if made.var["length"].iloc[row] > 4000]
    assert both.var_joinids.tolist() == expected
    for query in (query, both):
        again = pickle.loads(pickle.dumps(query))
        assert again.var_joinids.tolist() == query.var_joinids.tolist()
        assert_same_bits(again.X().csr(), made.X[query.obs_joinids][:, query.var_joinids])
        assert_same_bits(again.X("shares").csr(), made.layers["shares"][query.obs_joinids][:, query.var_joinids])
        with pytest.raises(ValueError, match="var_rows"):
            query.fragments(2)
    for row in (-1, 400):
        with pytest.raises(ValueError, match=f"no gene {row}: the dataset has 400"):
            made_dataset.query(var_rows=[5, row])


def test_layers_go_by_the_names_that_the_command_line_takes(made, tmp_path):
    few = made[:80, :20].copy()
    few.raw = few.copy()
    few.layers["raw"] = few.layers["shares"]
    few.write_h5ad(tmp_path / "few.h5ad")
    query = build(tmp_path / "few.h5ad", tmp_path / "few").query()
    assert [query.X(name).layer for name in ("X", "raw/X", "shares", "layers/raw")] == [
        "X",
        "raw/X",
        "layers/shares",
        "layers/raw",
    ]
    with pytest.raises(ValueError, match="several layers `raw`; give one of these names: raw/X, layers/raw"):
        query.X("raw")


def test_tables_go_to_other_libraries(made_dataset):
    query = made_dataset.query(obs="n_umis > 100")
    arrow, frame = query.obs(["n_umis", "grade"], as_="arrow"), query.obs(["n_umis", "grade"])
    assert isinstance(arrow, pa.Table) and arrow.schema.field("grade").type.ordered
    assert arrow["n_umis"].to_pylist() == frame["n_umis"].tolist()


def test_what_does_not_exist_is_told_with_what_is_nearest(made_dataset, tmp_path):
    with pytest.raises(FileNotFoundError, match="tile-server build"):
        tessera.open(tmp_path)
    with pytest.raises(tessera.FilterError, match="did you mean `cell_type`"):
        made_dataset.query(obs="celltype == 'B cell'")
    with pytest.raises(tessera.FilterError, match=r"character 11 of the filter\)\n  cell_type = 'x'\n            \^"):
        made_dataset.query(obs="cell_type = 'x'")
    with pytest.warns(UserWarning, match="no label 'B cel'; did you mean 'B cell'"):
        assert made_dataset.query(obs="cell_type == 'B cel'").n_obs == 0
    with pytest.raises(ValueError, match="no layer `share`; its layers are: X, layers/shares"):
        made_dataset.query().X("share")
    with pytest.raises(ValueError, match="did you mean 'n_umis'"):
        made_dataset.query().obs(["n_umi"])
    with pytest.raises(ValueError, match="did you mean 'X_pca'"):
        made_dataset.query().obsm("pca")


def test_datasets_and_queries_are_pickled(made_dataset):
    query = made_dataset.query(obs="cell_type == 'B cell' and share > 0.5", var="length > 100")
    again = pickle.loads(pickle.dumps(query))
    np.testing.assert_array_equal(again.obs_joinids, query.obs_joinids)
    assert again.n_vars == query.n_vars
    assert pickle.loads(pickle.dumps(made_dataset)).content_id == made_dataset.content_id


def test_an_empty_query_is_no_error(made_dataset):
    query = made_dataset.query(obs="n_umis < 0")
    assert query.X().csr().shape == (0, 400) and query.X().dense().shape == (0, 400)
    assert query.to_anndata().shape == (0, 400)
    assert list(query.X().tables()) == [] and query.fragments(3) == []
    with pytest.raises(ValueError, match="no cells"):
        query.mean_variance()
