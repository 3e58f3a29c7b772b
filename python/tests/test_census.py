"""Census's names give what Census gives."""

import pickle

import numpy as np
import pandas as pd
import pytest
from conftest import assert_same_bits, build, dense

import tessera.census as cellxgene_census
from tessera.census.experimental import pp


@pytest.fixture
def census(made_dataset):
    with cellxgene_census.open_soma(uri=made_dataset.place) as census:
        yield census


def test_anndata_goes_by_numbers_and_has_joinids(made, census):
    adata = cellxgene_census.get_anndata(
        census,
        organism="Homo sapiens",
        obs_value_filter="cell_type == 'B cell' and is_primary_data == True",
        obs_coords=slice(100, 1999),
        var_value_filter="feature_name in ['GENE5', 'GENE50', 'GENE399']",
        obs_column_names=["soma_joinid", "donor"],
        X_layers=["shares"],
        obsm_layers=["X_pca"],
    )
    mask = ((made.obs["cell_type"] == "B cell") & made.obs["is_primary_data"]).to_numpy()
    rows = np.flatnonzero(mask)
    rows = rows[(rows >= 100) & (rows <= 1999)]
    assert adata.obs["soma_joinid"].tolist() == rows.tolist() and adata.obs_names[0] == "0"
    # The columns of the filter come along.
    assert list(adata.obs.columns) == ["soma_joinid", "donor", "cell_type", "is_primary_data"]
    assert adata.var["feature_id"].tolist() == [f"ENSG{number:011}" for number in (5, 50, 399)]
    assert_same_bits(adata.X, made.X[rows][:, [5, 50, 399]])
    assert_same_bits(adata.layers["shares"], made.layers["shares"][rows][:, [5, 50, 399]])
    np.testing.assert_array_equal(adata.obsm["X_pca"], made.obsm["X_pca"][rows])


def test_coordinates_are_joinids_and_a_slice_has_its_end(census):
    joinids = lambda coords: cellxgene_census.get_obs(census, "mus_musculus", coords=coords)["soma_joinid"].tolist()
    assert joinids(7) == [7]
    assert joinids([9, 3]) == [3, 9]
    assert joinids(slice(2990, 2995)) == list(range(2990, 2996))
    assert joinids(slice(None, 2)) == [0, 1, 2]
    assert joinids(slice(2998, None)) == [2998, 2999]


def test_var_is_filtered(made, census):
    var = cellxgene_census.get_var(census, "homo_sapiens", value_filter="length > 5000", coords=slice(0, 200))
    expected = [row for row in np.flatnonzero(made.var["length"] > 5000) if row <= 200]
    assert var["soma_joinid"].tolist() == expected
    assert var["feature_name"].tolist() == [f"GENE{row}" for row in expected]
    names = cellxgene_census.get_var(census, "homo_sapiens", column_names=["feature_name"])
    assert list(names.columns) == ["feature_name"] and len(names) == 400


def test_coordinates_of_genes_are_among_those_of_a_filter_wherever_the_query_is_read(made, census):
    experiment = census["census_data"]["homo_sapiens"]
    expected = np.flatnonzero(made.var["length"] > 5000)
    for value_filter, rows in ((None, np.arange(31)), ("length > 5000", expected[expected <= 30])):
        var_query = cellxgene_census.AxisQuery(value_filter=value_filter, coords=(slice(0, 30),))
        query = experiment.axis_query(var_query=var_query)
        assert query.var_joinids().to_pylist() == rows.tolist() and query.n_vars == len(rows)
        again = pickle.loads(pickle.dumps(query.query))
        assert again.var_joinids.tolist() == rows.tolist()
        with pytest.raises(ValueError, match="filter alone"):
            query.query.fragments(2)


def test_coordinates_of_genes_hold_for_a_layer_with_a_table_of_its_own(made, tmp_path):
    few = made[:80, :20].copy()
    few.raw = made[:80].copy()
    few.write_h5ad(tmp_path / "few.h5ad")
    build(tmp_path / "few.h5ad", tmp_path / "few")
    with cellxgene_census.open_soma(uri=tmp_path / "few") as census:
        ask = lambda coords: cellxgene_census.get_anndata(census, "human", X_layers=["X"], var_coords=coords)
        adata = ask([3, 19])
        assert adata.var["feature_id"].tolist() == list(made.var_names[[3, 19]])
        assert_same_bits(adata.X, made.X[:80][:, [3, 19]])
        assert_same_bits(adata.layers["X"], made.X[:80][:, [3, 19]])
        with pytest.raises(ValueError, match="X has other genes than raw/X"):
            ask([3, 20])


def test_an_axis_query_reads_by_somas_calls(made, census):
    experiment = census["census_data"]["homo_sapiens"]
    obs_query = cellxgene_census.AxisQuery(value_filter="batch == 'b2'")
    with experiment.axis_query("RNA", obs_query=obs_query) as query:
        rows = np.flatnonzero(made.obs["batch"] == "b2")
        assert (query.n_obs, query.n_vars) == (len(rows), 400)
        assert query.obs_joinids().to_pylist() == rows.tolist()
        table = query.obs(column_names=["donor"]).concat()
        assert table.column_names == ["donor", "batch"]
        whole = sum(coo.tocsr() for coo in query.X("raw").coos())
        assert_same_bits(whole[rows], made.X[rows])
        sizes = [block.shape[0] for block, _ in query.X("raw").blockwise(size=300).scipy()]
        assert sum(sizes) == len(rows) and set(sizes[:-1]) == {300}
        table = next(iter(query.X("raw").tables()))
        assert table.column_names == ["soma_dim_0", "soma_dim_1", "soma_data"]


@pytest.mark.parametrize("axis", [0, 1])
@pytest.mark.parametrize("nnz_only", [False, True])
@pytest.mark.parametrize("ddof", [0, 1])
def test_means_and_variances(made, census, axis, nnz_only, ddof):
    query = census["census_data"]["homo_sapiens"].axis_query(
        obs_query=cellxgene_census.AxisQuery(value_filter="grade == 'mid'")
    )
    frame = pp.mean_variance(
        query, axis=axis, calculate_mean=True, calculate_variance=True, ddof=ddof, nnz_only=nnz_only
    )
    values = pd.DataFrame(dense(made.X[(made.obs["grade"] == "mid").to_numpy()]).astype("float64"))
    values = values.where(values != 0) if nnz_only else values
    np.testing.assert_allclose(frame["mean"], values.mean(axis=axis), rtol=1e-12)
    np.testing.assert_allclose(frame["variance"], values.var(axis=axis, ddof=ddof), rtol=1e-9, atol=1e-12)
    assert frame.index.name == "soma_joinid" and list(frame.columns) == ["mean", "variance"]


def test_what_makes_no_sense_is_refused(census):
    query = census["census_data"]["homo_sapiens"].axis_query()
    with pytest.raises(ValueError, match="calculate_mean"):
        pp.mean_variance(query)
    with pytest.raises(ValueError, match="axis"):
        pp.mean_variance(query, axis=2, calculate_mean=True)
    with pytest.raises(ValueError, match="seurat_v3"):
        pp.highly_variable_genes(query, flavor="seurat")
    with pytest.raises(ValueError, match="no releases"):
        cellxgene_census.open_soma(census_version="2025-11-08")
    empty = census["census_data"]["homo_sapiens"].axis_query(
        obs_query=cellxgene_census.AxisQuery(value_filter="n_umis < 0")
    )
    with pytest.raises(ValueError, match="no cells"):
        pp.mean_variance(empty, calculate_mean=True)


def test_highly_variable_genes_are_those_of_the_query(made_dataset, census):
    frame = pp.get_highly_variable_genes(
        census, "homo_sapiens", obs_value_filter="cell_type == 'T cell'", n_top_genes=50, batch_key=["batch"]
    )
    expected = made_dataset.query(obs="cell_type == 'T cell'").highly_variable_genes(50, batch_key="batch")
    assert frame.index.name == "soma_joinid" and frame["highly_variable"].sum() == 50
    np.testing.assert_array_equal(frame["highly_variable"], expected["highly_variable"])
