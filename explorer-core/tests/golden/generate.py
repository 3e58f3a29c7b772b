"""Writes the goldens of the statistics: `student.txt` and `pbmc68k.txt`, beside this file.

    python -m venv venv && venv/bin/pip install scanpy==1.11.5 mpmath
    venv/bin/python explorer-core/tests/golden/generate.py

Made with scanpy 1.11.5, scipy 1.17.1, numpy 2.4.6, statsmodels 0.15.0, mpmath 1.4.1. The tests state
their tolerances; why they are not tighter, that is, what the references get wrong:

* scanpy stores `scores` and `logfoldchanges` as float32 (rtol 1e-4 asked, 1e-6 seen), and squares
  float32 values in float32 before it sums them in float64, which moves variances by about 1e-8.
* scipy's `ttest_ind` on float64 copies of the same values is the exact reference (rtol 1e-6 asked;
  ours differs by the rounding of values to 24 bits of fraction and of squares).
* mpmath is exact here. scipy's own `t.logsf` underflows below about 1e-308, so it is not used.

Variances have ddof 1 in all of them. scanpy's reference "rest" is all cells outside the group, and its
fold change is `log2((expm1(mean_group) + 1e-9) / (expm1(mean_rest) + 1e-9))`.
"""

from pathlib import Path
import warnings

import mpmath as mp
import numpy as np
import scanpy as sc
from scipy import stats

warnings.filterwarnings("ignore")
HERE = Path(__file__).parent
N_GENES = 60
COMPARISONS = [
    ("louvain", "0", None),
    ("louvain", "10", None),
    ("louvain", "1", "3"),
    ("bulk_labels", "CD14+ Monocyte", None),
    ("bulk_labels", "Dendritic", "CD19+ B"),
]


def student():
    """log10 of the two-sided p of t with df degrees of freedom."""
    mp.mp.dps = 60

    def series(a, b, x):
        """I_x(a, b) without its front factor: sum of (1 - b)_n / n! a / (a + n) x^n."""
        total, term, n = mp.mpf(0), mp.mpf(1), 0
        while n < 100 or abs(term) > mp.mpf(10) ** -45 * abs(total):
            total += term * a / (a + n)
            term *= (n + 1 - b) / (n + 1) * x
            n += 1
        return total

    def log10_p(t, df):
        t, df = mp.mpf(t), mp.mpf(df)
        a, half, ratio = df / 2, mp.mpf(1) / 2, t * t / df
        x, y = 1 / (1 + ratio), ratio / (1 + ratio)
        ln_beta = mp.loggamma(a) + mp.loggamma(half) - mp.loggamma(a + half)
        if ratio > mp.mpf("1e-3"):
            return (a * mp.log(x) - mp.log(a) - ln_beta + mp.log(series(a, half, x))) / mp.log(10)
        if t * t < 60:
            return mp.log10(1 - mp.sqrt(y) / half * mp.exp(-ln_beta) * series(half, a, y))
        # Nearly normal, far out: the density from t on, scaled by its value at t.
        scale = -(df + 1) / 2 * mp.log1p(ratio)
        density = lambda s: mp.exp(-(df + 1) / 2 * mp.log1p(s * s / df) - scale)
        tail = mp.quad(density, [t + k / t for k in range(0, 160, 4)])
        norm = -ln_beta - mp.log(df) / 2
        return (mp.log(2) + norm + scale + mp.log(tail)) / mp.log(10)

    rng = np.random.default_rng(7)
    lines = ["# t df log10_p, by mpmath with 60 digits"]
    dfs = [1.0, 1.5, 2.0, 3.7, 9.0, 20.0, 39.0, 39.9, 40.1, 41.0, 75.5, 300.0, 1234.5, 1e4, 1e5, 1e6, 1e7]
    for df in dfs:
        ts = {0.01, 0.5, 1.0, 1.7, 1.74, 2.0, 3.0, 5.0, 8.0, 12.0, 25.0, 60.0, 140.0, 214.0}
        ts |= {round(float(t), 4) for t in rng.uniform(0.1, 40, 4)}
        if df < 50:
            ts |= {1e3, 1e6, 1e12}
        if df > 1000:
            # x = 0.7, where the method changes, and beyond.
            ts |= {round((df * r) ** 0.5, 3) for r in (0.42, 0.428, 0.43) if df * r < 5e4}
        for t in sorted(ts):
            value = log10_p(t, df)
            if value > -12000:
                lines.append(f"{t!r} {df!r} {mp.nstr(value, 20)}")
    (HERE / "student.txt").write_text("\n".join(lines) + "\n")


def cellxgene(group, reference):
    """backend/common/compute/diffexp_generic.py of cellxgene 1.3.0."""
    n_group, n_reference = len(group), len(reference)
    smaller = min(n_group, n_reference)
    vn_group = group.var(axis=0, ddof=1) / smaller
    vn_reference = reference.var(axis=0, ddof=1) / smaller
    total = vn_group + vn_reference
    df = total**2 / (vn_group**2 / (n_group - 1) + vn_reference**2 / (n_reference - 1))
    t = (group.mean(axis=0) - reference.mean(axis=0)) / np.sqrt(total)
    return np.nan_to_num(t), np.nan_to_num(stats.t.sf(np.abs(t), df) * 2, nan=1.0)


def pbmc68k():
    full = sc.datasets.pbmc68k_reduced()
    raw = full.raw.to_adata()
    means = np.asarray(raw.X.mean(axis=0)).ravel()
    # From the most to the least expressed, evenly.
    genes = np.argsort(-means, kind="stable")[np.linspace(0, raw.n_vars - 1, N_GENES).astype(int)]
    data = raw[:, genes].copy()
    data.uns.pop("log1p", None)
    dense = data.X.toarray()
    assert dense.dtype == np.float32
    lines = ["# expression: 'gene NAME cell:value …', f32 log1p values of raw.X; see generate.py"]
    lines.append(f"cells {data.n_obs}")
    for column in ("louvain", "bulk_labels"):
        labels = data.obs[column].cat
        lines.append(f"column {column} " + "|".join(labels.categories))
        lines.append("codes " + " ".join(map(str, labels.codes)))
    for name, values in zip(data.var_names, dense.T):
        entries = (f"{cell}:{np.format_float_positional(values[cell], unique=True)}" for cell in values.nonzero()[0])
        lines.append(f"gene {name} " + " ".join(entries))
    header = (
        "# row: score logfoldchange pval pval_adj pct pct_rest (scanpy), mean_group mean_reference t df pval (scipy, "
        "float64), t pval (cellxgene)"
    )
    lines.append(header)
    for column, group, reference in COMPARISONS:
        sc.tl.rank_genes_groups(
            data, column, groups=[group], reference=reference or "rest", method="t-test", use_raw=False, pts=True
        )
        result = sc.get.rank_genes_groups_df(data, group).set_index("names").loc[data.var_names]
        pts = data.uns["rank_genes_groups"]["pts"]
        in_group = (data.obs[column] == group).to_numpy()
        in_reference = (data.obs[column] == reference).to_numpy() if reference else ~in_group
        pct_rest = pts[reference] if reference else data.uns["rank_genes_groups"]["pts_rest"][group]
        exact = dense.astype(np.float64)
        test = stats.ttest_ind(exact[in_group], exact[in_reference], equal_var=False)
        t_cellxgene, p_cellxgene = cellxgene(exact[in_group], exact[in_reference])
        lines.append(f"comparison {column}|{group}|{reference or ''}")
        for i, name in enumerate(data.var_names):
            row = result.loc[name]
            numbers = [
                row["scores"], row["logfoldchanges"], row["pvals"], row["pvals_adj"],
                pts[group].loc[name], pct_rest.loc[name],
                exact[in_group, i].mean(), exact[in_reference, i].mean(),
                np.nan_to_num(test.statistic[i]), np.nan_to_num(test.df[i], nan=1.0),
                np.nan_to_num(test.pvalue[i], nan=1.0), t_cellxgene[i], p_cellxgene[i],
            ]
            lines.append("row " + " ".join(f"{float(n):.12g}" for n in numbers))
    (HERE / "pbmc68k.txt").write_text("\n".join(lines) + "\n")


if __name__ == "__main__":
    student()
    pbmc68k()
