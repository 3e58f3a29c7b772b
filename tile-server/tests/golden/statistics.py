"""Writes `wilcoxon.txt`, `statistics.txt` and `sets.gmt` beside this file: what scanpy, scipy, statsmodels and gseapy make
of the demo file, and, for the Wilcoxon test, of two more files.

    python -m venv venv && venv/bin/pip install scanpy==1.11.5 statsmodels gseapy
    venv/bin/python tile-server/tests/golden/statistics.py [FOLDER_OF_MORE_FILES]

Made with scanpy 1.11.5, anndata 0.12.19, scipy 1.17.1, numpy 2.4.6, statsmodels 0.15.0, gseapy 1.3.1.

The tests state their tolerances; what the references get wrong or do otherwise:

* scanpy stores `scores` and `logfoldchanges` as float32. scipy's `mannwhitneyu` on float64 is the exact reference of the
  p-value corrected for ties.
* gseapy's p-values and normalized scores are by random permutations of its own generator; those of 10 000 permutations are
  within a few percent of the limit. Its p-value is b / m where ours is (b + 1) / (m + 1). Its enrichment scores are exact.
* gseapy's `enrich` adjusts over the sets with a hit alone; here statsmodels adjusts over all sets.
* scanpy's `score_genes` draws control genes by numpy's generator. With more control genes than a bin has, it takes all,
  and nothing is left to chance.
"""

from pathlib import Path
import sys
import warnings

import anndata as ad
import gseapy
import numpy as np
import pandas as pd
import scanpy as sc
from scipy import stats
from statsmodels.stats.multitest import multipletests

warnings.filterwarnings("ignore")
HERE = Path(__file__).parent
# File, layer, column, group, reference.
WILCOXON = [
    ("pbmc68k_reduced", "raw/X", "louvain", "1", None),
    ("pbmc68k_reduced", "raw/X", "louvain", "0", "3"),
    ("pbmc68k_reduced", "X", "bulk_labels", "Dendritic", None),
    ("merfish_mousePOA_6509x155_csc", "X", "celltype", "Astrocyte", None),
    ("merfish_mousePOA_6509x155_csc", "X", "celltype", "Inhibitory", "Excitatory"),
    ("soma_bruce-spatial", "X", "louvain", "1", None),
    ("soma_bruce-spatial", "X", "louvain", "0", "3"),
]
MARKERS = {
    "T_CELLS": "CD3D CD3E CD3G IL32 IL7R LTB CD2 CD27 TRAF3IP3 CD7",
    "B_CELLS": "CD79A CD79B MS4A1 CD74 HLA-DQA1 HLA-DQB1 TCL1A BANK1 VPREB3",
    "MONOCYTES": "LYZ S100A8 S100A9 CST3 FCN1 TYROBP FCER1G AIF1 LST1 CD14 FCGR3A",
    "NK_CELLS": "NKG7 GNLY GZMB PRF1 CST7 CTSW KLRD1 FGFBP2 GZMA KLRB1",
    "UNKNOWN": "NOT_A_GENE NEITHER",
}


def number(value):
    return f"{float(value):.9g}"


def row(*values):
    return "row " + " ".join(number(value) for value in values)


def matrix(file, layer):
    data = file.raw.to_adata() if layer == "raw/X" else file.copy()
    data.uns = {}
    if not isinstance(data.X, np.ndarray):
        data.X = data.X.toarray()
    # As a dataset has the values; what is missing counts as zero.
    data.X = np.nan_to_num(data.X.astype(np.float32))
    return data


def rank_genes(data, column, group, reference, method, **options):
    sc.tl.rank_genes_groups(
        data, column, groups=[group], reference=reference or "rest", method=method, use_raw=False, **options
    )
    return sc.get.rank_genes_groups_df(data, group).set_index("names").loc[data.var_names]


def wilcoxon(folder):
    lines = [
        "# row, a gene each: z p adjusted-p (scanpy, tie_correct=True), z p (scanpy, tie_correct=False), p (scipy), score p "
        "(scanpy, t-test_overestim_var)",
    ]
    for name, layer, column, group, reference in WILCOXON:
        path = HERE / "../../../data" / f"{name}.h5ad"
        path = path if path.exists() else Path(folder) / f"{name}.h5ad"
        data = matrix(ad.read_h5ad(path), layer)
        data.obs[column] = data.obs[column].astype(str).astype("category")
        in_group = (data.obs[column] == group).to_numpy()
        in_reference = (data.obs[column] == reference).to_numpy() if reference else ~in_group
        exact = data.X.astype(np.float64)
        scipy = stats.mannwhitneyu(
            exact[in_group], exact[in_reference], use_continuity=False, method="asymptotic"
        ).pvalue
        corrected = rank_genes(data, column, group, reference, "wilcoxon", tie_correct=True)
        plain = rank_genes(data, column, group, reference, "wilcoxon", tie_correct=False)
        overestimated = rank_genes(data, column, group, reference, "t-test_overestim_var")
        lines.append(f"comparison {name}|{layer}|{column}|{group}|{reference or ''}")
        lines.append("genes " + " ".join(data.var_names))
        for i, gene in enumerate(data.var_names):
            c, p, o = corrected.loc[gene], plain.loc[gene], overestimated.loc[gene]
            lines.append(row(
                c["scores"], c["pvals"], c["pvals_adj"], p["scores"], p["pvals"], np.nan_to_num(scipy[i], nan=1.0),
                o["scores"], o["pvals"],
            ))
    (HERE / "wilcoxon.txt").write_text("\n".join(lines) + "\n")


def gene_sets(genes):
    """Marker genes of types, and sets without a meaning."""
    sets = {name: text.split(" ") for name, text in MARKERS.items()}
    for k in range(12):
        sets[f"EVERY_{17 + 4 * k}"] = [gene for i, gene in enumerate(genes) if (i * 7919 + k) % (17 + 4 * k) == 0]
    lines = ["\t".join([name, "", *of_set]) for name, of_set in sets.items()]
    (HERE / "sets.gmt").write_text("\n".join(lines) + "\n")
    return sets


def enrichment(data, sets):
    table = rank_genes(data, "louvain", "1", None, "t-test")
    values = data.X.astype(np.float64)
    in_group = (data.obs["louvain"] == "1").to_numpy()
    t = stats.ttest_ind(values[in_group], values[~in_group], equal_var=False).statistic
    tested = set(data.var_names[values.any(axis=0)])
    chosen = set(table.index[(table["pvals_adj"] <= 0.05) & (table["logfoldchanges"] > 0)]) & tested
    rows = []
    for name, of_set in sets.items():
        of_set = set(of_set) & tested
        p = stats.hypergeom.sf(len(of_set & chosen) - 1, len(tested), len(of_set), len(chosen))
        rows.append((name, len(of_set), len(of_set & chosen), p))
    with_genes = [r for r in rows if r[1] > 0]
    adjusted = dict(zip((r[0] for r in with_genes), multipletests([r[3] for r in with_genes], method="fdr_bh")[1]))
    theirs = gseapy.enrich(
        sorted(chosen), {name: of_set for name, of_set in sets.items()}, background=sorted(tested), outdir=None
    ).results.set_index("Term")
    lines = ["enrichment louvain|1|"]
    for name, n_genes, n_hits, p in rows:
        if n_hits:
            assert abs(theirs.loc[name, "P-value"] / p - 1) < 1e-9, "gseapy has another p-value"
        lines.append(f"set {name} {n_genes} {n_hits} {p:.12g} {adjusted.get(name, 1.0):.12g}")

    ranking = pd.Series(t, index=data.var_names).sort_values(ascending=False)
    prerank = gseapy.prerank(
        rnk=ranking, gene_sets=sets, min_size=5, max_size=500, permutation_num=10000, seed=1, outdir=None, threads=1
    ).res2d.set_index("Term")
    lines.append("prerank louvain|1|")
    for name, found in prerank.iterrows():
        edge = found["Lead_genes"].replace(";", " ")
        lines.append(f"set {name} {number(found['ES'])} {number(found['NES'])} {number(found['NOM p-val'])} {edge}")
    return lines


def logit_shares(counts):
    """propeller's, of an array of samples by parts."""
    shares = (counts + 0.5) / (counts + 0.5).sum(axis=1, keepdims=True)
    return np.log(shares / (1 - shares))


def composition(data):
    lines = ["# part: share of the group, of the reference, p of Fisher's exact test over cells"]
    table = pd.crosstab(data.obs["bulk_labels"], data.obs["phase"])
    test = stats.chi2_contingency(table, correction=False)
    lines.append(f"chi_squared bulk_labels|phase {number(test.statistic)} {test.dof} {number(test.pvalue)}")
    group, others = table["G1"], table.drop(columns="G1").sum(axis=1)
    for part in table.index:
        a, b = group[part], others[part]
        p = stats.fisher_exact([[a, group.sum() - a], [b, others.sum() - b]]).pvalue
        lines.append(f"cells {part}|{number(a / group.sum())} {number(b / others.sum())} {p:.12g}")

    lines.append("# paired: t p of logit shares over the samples of louvain with at least 10 cells on both sides")
    in_group = data.obs["phase"] == "G1"
    parts = table.index
    count = lambda cells: pd.crosstab(data.obs["louvain"][cells], data.obs["bulk_labels"][cells]).reindex(
        index=data.obs["louvain"].cat.categories, columns=parts, fill_value=0
    ).to_numpy()
    a, b = count(in_group), count(~in_group)
    taken = (a.sum(axis=1) >= 10) & (b.sum(axis=1) >= 10)
    lines.append(f"samples {taken.sum()}")
    test = stats.ttest_rel(logit_shares(a[taken]), logit_shares(b[taken]))
    for i, part in enumerate(parts):
        lines.append(f"paired {part}|{number(test.statistic[i])} {number(test.pvalue[i])}")

    lines.append("# unpaired: samples of made-up counts, then t df p of Welch's test of logit shares")
    rng = np.random.default_rng(5)
    group = rng.multinomial(500, [0.5, 0.3, 0.15, 0.05], size=5)
    reference = rng.multinomial(800, [0.4, 0.3, 0.25, 0.05], size=4)
    lines += ["of_group " + " ".join(map(str, counts)) for counts in group]
    lines += ["of_reference " + " ".join(map(str, counts)) for counts in reference]
    test = stats.ttest_ind(logit_shares(group), logit_shares(reference), equal_var=False)
    lines += [f"unpaired {number(t)} {number(df)} {number(p)}" for t, df, p in zip(test.statistic, test.df, test.pvalue)]
    return lines


def correlation(data):
    values = data.X.astype(np.float64)
    lines = []
    for name, numbers, cells in [
        ("LYZ", values[:, data.var_names.get_loc("LYZ")], np.ones(data.n_obs, bool)),
        ("obs/percent_mito", data.obs["percent_mito"].to_numpy(), (data.obs["louvain"] == "1").to_numpy()),
    ]:
        lines.append(f"correlation {name}")
        for gene in values.T:
            r, p = stats.pearsonr(gene[cells], numbers.astype(np.float32).astype(np.float64)[cells])
            lines.append(row(*((0, 1) if np.isnan(r) else (r, p))))
    return lines


def scores(data, sets):
    lines = []
    for name in ("MONOCYTES", "EVERY_17"):
        genes = [gene for gene in sets[name] if gene in data.var_names]
        sc.tl.score_genes(data, genes, ctrl_size=10000, use_raw=False)
        lines.append(f"score {name}")
        lines += [row(score) for score in data.obs["score"]]
    return lines


def main():
    wilcoxon(sys.argv[1] if len(sys.argv) > 1 else HERE)
    data = matrix(ad.read_h5ad(HERE / "../../../data/pbmc68k_reduced.h5ad"), "raw/X")
    sets = gene_sets(data.var_names)
    lines = ["# see statistics.py", "genes " + " ".join(data.var_names)]
    lines += enrichment(data, sets) + composition(data) + correlation(data) + scores(data, sets)
    (HERE / "statistics.txt").write_text("\n".join(lines) + "\n")


if __name__ == "__main__":
    main()
