"""Writes `pbmc68k_de.txt` beside this file: differential expression of every gene of the demo file.

    python -m venv venv && venv/bin/pip install scanpy==1.11.5
    venv/bin/python tile-server/tests/golden/generate.py

Made with scanpy 1.11.5, scipy 1.17.1, numpy 2.4.6. The comparisons are of `raw`, which holds log-normalized
values. The tests state their tolerances; what the references get wrong:

* scanpy stores `scores` and `logfoldchanges` as float32 (rtol 1e-4 asked), and squares float32 values in float32
  before it sums them in float64.
* scipy's `ttest_ind(equal_var=False)` on float64 copies of the same values is the exact reference (rtol 1e-6
  asked); where neither group varies it gives NaN, which stands here as t = 0, df = 1, p = 1.

The explorer-core goldens (60 genes, CELLxGENE's variant, tails far below 1e-308) test the statistics alone; these
test the whole road from the file over the tiles.
"""

from pathlib import Path
import warnings

import anndata as ad
import numpy as np
import scanpy as sc
from scipy import stats

warnings.filterwarnings("ignore")
HERE = Path(__file__).parent
COMPARISONS = [
    ("louvain", "1", None),
    ("louvain", "0", "3"),
    ("bulk_labels", "Dendritic", None),
    ("scattered", "in", None),
]


def main():
    file = ad.read_h5ad(HERE / "../../../data/pbmc68k_reduced.h5ad")
    data = file.raw.to_adata()
    data.uns = {}
    rows = np.arange(data.n_obs)
    data.obs["scattered"] = np.where(rows * 7919 % 700 < 120, "in", "out")
    data.obs["scattered"] = data.obs["scattered"].astype("category")
    exact = data.X.toarray().astype(np.float64)
    assert (exact.astype(np.float32) == data.X.toarray()).all()
    lines = [
        "# gene: score logfoldchange pval_adj (scanpy), t df pval (scipy), in the order of raw.var; see generate.py",
        "genes " + " ".join(data.var_names),
    ]
    for column, group, reference in COMPARISONS:
        sc.tl.rank_genes_groups(
            data, column, groups=[group], reference=reference or "rest", method="t-test", use_raw=False
        )
        scanpy = sc.get.rank_genes_groups_df(data, group).set_index("names").loc[data.var_names]
        labels = data.obs[column].astype(str)
        in_group = (labels == group).to_numpy()
        in_reference = (labels == reference).to_numpy() if reference else ~in_group
        scipy = stats.ttest_ind(exact[in_group], exact[in_reference], equal_var=False)
        table = np.column_stack([
            scanpy["scores"], scanpy["logfoldchanges"], scanpy["pvals_adj"],
            np.nan_to_num(scipy.statistic), np.nan_to_num(scipy.df, nan=1.0), np.nan_to_num(scipy.pvalue, nan=1.0),
        ])
        lines.append(f"comparison {column}|{group}|{reference or ''}")
        lines += [" ".join(f"{number:.9g}" for number in row) for row in table]
    (HERE / "pbmc68k_de.txt").write_text("\n".join(lines) + "\n")


if __name__ == "__main__":
    main()
