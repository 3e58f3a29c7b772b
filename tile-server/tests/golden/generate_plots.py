"""Writes `pbmc68k_plots.txt` beside this file: what scanpy plots of the demo file, in numbers.

    python -m venv venv && venv/bin/pip install scanpy==1.11.5
    venv/bin/python tile-server/tests/golden/generate_plots.py

Made with scanpy 1.11.5, scipy 1.17.1, numpy 2.4.6. All of `raw`, which holds log-normalized values. The tests state their tolerances; what the references get wrong:

* `scanpy.pl.dotplot` takes means of float32 values in float32 (rtol 1e-5 asked).
* `scipy.stats.gaussian_kde` is exact; the plots put values in bins first (2 % of the peak asked).

The order is that of `scanpy.tl.dendrogram` of the plotted genes alone: complete linkage over 1 - Pearson's r of the
means. It is asked of a copy with these genes, since `var_names` is passed over where `use_rep` is not given.
"""

from pathlib import Path
import warnings

import anndata as ad
import matplotlib
import numpy as np
import scanpy as sc
from scipy import stats

matplotlib.use("Agg")
warnings.filterwarnings("ignore")
HERE = Path(__file__).parent
GENES = ["CD79A", "MS4A1", "CD8A", "CD8B", "LYZ", "LGALS3", "S100A8", "GNLY", "NKG7", "KLRB1", "FCGR3A", "FCER1A", "CST3"]
VIOLINS = ["LYZ", "GNLY"]


def table(name, frame):
    yield f"table {name}"
    for group, row in frame.iterrows():
        group = ", ".join(group) if isinstance(group, tuple) else group
        yield f"{group}\t" + "\t".join(f"{number:.9g}" for number in row)


def dots(data, by, **options):
    plot = sc.pl.dotplot(data, GENES, by, use_raw=True, return_fig=True, **options)
    return plot.dot_color_df, plot.dot_size_df


def main():
    data = ad.read_h5ad(HERE / "../../../data/pbmc68k_reduced.h5ad")
    lines = ["# Lines of tables are groups, columns are genes; see generate_plots.py", "genes\t" + "\t".join(GENES)]
    means, fractions = dots(data, "louvain")
    lines += [*table("mean louvain", means), *table("fraction louvain", fractions)]
    lines += table("scaled louvain", dots(data, "louvain", standard_scale="var")[0])
    lines += table("expressing louvain", dots(data, "louvain", mean_only_expressed=True)[0])
    pairs, shares = dots(data, ["louvain", "phase"])
    for frame in (pairs, shares):
        frame.index = [", ".join(name.rsplit("_", 1)) for name in frame.index]
    lines += [*table("mean louvain phase", pairs), *table("fraction louvain phase", shares)]
    raw = data.raw.to_adata()
    shown = raw[:, GENES].copy()
    shown.X = shown.X.toarray()
    sc.tl.dendrogram(shown, "louvain", use_rep="X")
    lines.append("order louvain\t" + "\t".join(shown.uns["dendrogram_louvain"]["categories_ordered"]))
    for gene in VIOLINS:
        values = raw[:, gene].X.toarray().ravel().astype(np.float64)
        lines.append(f"violin {gene}")
        for group in data.obs["louvain"].cat.categories:
            own = values[(data.obs["louvain"] == group).to_numpy()]
            quartiles = np.quantile(own, [0, 0.25, 0.5, 0.75, 1])
            density = stats.gaussian_kde(own)(np.linspace(own.min(), own.max(), 11)) if own.std() > 0 else []
            numbers = [*quartiles, own.mean(), *density]
            lines.append(f"{group}\t" + "\t".join(f"{number:.9g}" for number in numbers))
    (HERE / "pbmc68k_plots.txt").write_text("\n".join(lines) + "\n")


if __name__ == "__main__":
    main()
