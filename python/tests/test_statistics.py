"""Statistics are those of numpy, scipy and scanpy."""

import json
import pickle
import shutil

import numpy as np
import pandas as pd
import pytest
import scanpy
from conftest import dense

import tessera
from tessera import Fragment


@pytest.mark.parametrize("layer", [None, "shares"])
@pytest.mark.parametrize("filter", [None, "cell_type == 'T cell'", "score > 0 and batch == 'b1'"])
def test_means_and_variances_are_those_of_numpy(made, made_dataset, filter, layer):
    query = made_dataset.query(obs=filter)
    values = dense((made.X if layer is None else made.layers[layer])[query.obs_joinids]).astype("float64")
    ours = query.mean_variance(layer)
    np.testing.assert_allclose(ours["mean"], values.mean(axis=0), rtol=1e-13)
    np.testing.assert_allclose(ours["variance"], values.var(axis=0, ddof=1), rtol=1e-12, atol=1e-300)
    np.testing.assert_array_equal(ours["nnz"], (values != 0).sum(axis=0))
    np.testing.assert_allclose(query.mean_variance(layer, ddof=0)["variance"], values.var(axis=0), rtol=1e-12)
    # pandas leaves out what is missing, and knows no variance of one value.
    present = pd.DataFrame(values).where(values != 0)
    only = query.mean_variance(layer, nnz_only=True)
    np.testing.assert_allclose(only["mean"], present.mean(), rtol=1e-12)
    np.testing.assert_allclose(only["variance"], present.var(), rtol=1e-9, atol=1e-12)


def test_moments_of_fragments_add_up_to_the_same_bits(made_dataset):
    query = made_dataset.query(obs="cell_type == 'T cell' and share > 0.2")
    whole = query.moments()
    fragments = query.fragments(7)
    assert len(fragments) == 7 and all(len(fragment.to_json()) < 1024 for fragment in fragments)
    fragments = [pickle.loads(pickle.dumps(Fragment(fragment.to_json()))) for fragment in fragments]
    parts = [fragment.moments() for fragment in reversed(fragments)]
    total = parts[0]
    for part in parts[1:]:
        total = total + pickle.loads(pickle.dumps(part))
    assert total == whole and total.n_cells == query.n_obs
    cells = np.concatenate([fragment.query().obs_joinids for fragment in fragments])
    np.testing.assert_array_equal(np.sort(cells), query.obs_joinids)

    sampled = made_dataset.query(sample=100)
    cells = np.concatenate([fragment.query().obs_joinids for fragment in sampled.fragments(3)])
    np.testing.assert_array_equal(np.sort(cells), sampled.obs_joinids)

    other = json.loads(fragments[0].to_json()) | {"content_id": "0" * 32}
    with pytest.raises(ValueError, match="another one now"):
        Fragment(json.dumps(other)).query()
    with pytest.raises(ValueError, match="do not add up"):
        whole.merge(query.moments("shares"))


@pytest.mark.parametrize("batch_key", [None, "batch"])
@pytest.mark.parametrize("filter", [None, "cell_type == 'T cell'"])
def test_highly_variable_genes_are_scanpys(made, made_dataset, batch_key, filter):
    query = made_dataset.query(obs=filter)
    ours = query.highly_variable_genes(60, batch_key=batch_key)
    adata = made[query.obs_joinids].copy()
    theirs = scanpy.pp.highly_variable_genes(
        adata, n_top_genes=60, flavor="seurat_v3", batch_key=batch_key, inplace=False
    )
    theirs = theirs.reindex(ours.index)
    assert set(ours.index[ours["highly_variable"]]) == set(theirs.index[theirs["highly_variable"]])
    np.testing.assert_allclose(ours["means"], theirs["means"], rtol=1e-12)
    np.testing.assert_allclose(ours["variances"], theirs["variances"], rtol=1e-10)
    np.testing.assert_allclose(ours["variances_norm"], theirs["variances_norm"], rtol=1e-9)
    np.testing.assert_array_equal(ours["highly_variable_rank"], theirs["highly_variable_rank"])


def test_genes_with_clipped_values_are_read(made_dataset):
    # Otherwise the test above holds for the sums that are stored alone.
    native = made_dataset._native
    cells, _ = native.select(None)
    mean, variance, _ = native.summaries(native.moments("X", cells), False)
    assert (native.largest_values("X") > mean + np.sqrt(variance * len(cells)) * 0.2).any()


def test_sums_of_all_cells_are_read_once(made_dataset):
    class Counted:
        def __init__(self, native):
            self._native, self.n = native, 0

        def __getattr__(self, name):
            self.n += name == "moments"
            return getattr(self._native, name)

    query = made_dataset.query(obs="score > 0")
    query.dataset = tessera.open(made_dataset.place)
    query.dataset._native = Counted(query.dataset._native)
    query.highly_variable_genes(50)
    assert query.dataset._native.n == 1


def test_a_broken_tile_is_an_error_and_no_lack_of_largest_values(made_dataset, tmp_path):
    place = shutil.copytree(made_dataset.place, tmp_path / "broken")
    native = tessera.open(place)._native
    packs = [file for file in place.iterdir() if "moments" in file.name]
    assert packs
    for file in packs:
        file.write_bytes(b"\0" * file.stat().st_size)
    with pytest.raises(tessera.DatasetError, match="moments"):
        native.largest_values("X")


@pytest.mark.parametrize("method", ["t-test", "t-test_overestim_var", "wilcoxon"])
@pytest.mark.parametrize("reference", ["rest", "Dendritic"])
def test_comparisons_are_scanpys(real, real_dataset, method, reference):
    groups = ["CD19+ B", "CD56+ NK"]
    ours = real_dataset.query().rank_genes_groups(
        "bulk_labels", groups=groups, reference=reference, layer="raw", method=method
    )
    adata = real.raw.to_adata()
    adata.uns.pop("log1p", None)
    scanpy.tl.rank_genes_groups(adata, "bulk_labels", groups=groups, reference=reference, method=method)
    for group in groups:
        theirs = scanpy.get.rank_genes_groups_df(adata, group).set_index("names")
        mine = ours[ours["group"] == group].set_index("names").loc[theirs.index]
        # scanpy's scores are of 32 bits.
        np.testing.assert_allclose(mine["scores"], theirs["scores"], rtol=2e-5, atol=1e-5)
        np.testing.assert_allclose(mine["pvals"], theirs["pvals"], rtol=2e-4, atol=1e-290)
        np.testing.assert_allclose(mine["logfoldchanges"], theirs["logfoldchanges"], rtol=2e-4, atol=1e-4)


def test_a_comparison_within_a_query_is_of_its_cells(real, real_dataset):
    query = real_dataset.query(obs="n_genes > 500")
    ours = query.rank_genes_groups("bulk_labels", groups=["CD19+ B"], layer="raw", method="wilcoxon", n_genes=20)
    adata = real.raw.to_adata()[query.obs_joinids].copy()
    scanpy.tl.rank_genes_groups(adata, "bulk_labels", groups=["CD19+ B"], method="wilcoxon")
    theirs = scanpy.get.rank_genes_groups_df(adata, "CD19+ B").head(20)
    assert len(ours) == 20
    np.testing.assert_allclose(ours["scores"], theirs["scores"], rtol=2e-5)
    with pytest.raises(ValueError, match="did you mean 'CD19\\+ B'"):
        query.rank_genes_groups("bulk_labels", groups=["CD19 B"])


def test_cells_are_counted_by_labels(made, made_dataset):
    ours = made_dataset.query(obs="share > 0.5").count_by("cell_type", "batch")
    theirs = made.obs[made.obs["share"] > np.float32(0.5)].groupby(["cell_type", "batch"], observed=True).size()
    assert ours["n_obs"].is_monotonic_decreasing and ours["n_obs"].sum() == theirs.sum()
    assert {(row.cell_type, row.batch): row.n_obs for row in ours.itertuples()} == theirs.to_dict()
