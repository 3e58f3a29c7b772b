"""Writes `questions.json` beside this file: what numpy and scipy make of two made-up datasets together.

    cargo run -p synthetic -- --cells 1500 --genes 600 --seed 3 --raw --out A.h5ad
    cargo run -p synthetic -- --cells 900 --genes 800 --seed 4 --raw --format csc --out B.h5ad
    python -m venv venv && venv/bin/pip install anndata==0.12.19 pandas scipy==1.17.1
    venv/bin/python corpus/tests/golden/questions.py A.h5ad B.h5ad

Independent of the program: whole matrices in memory, float64. Cells and values are those of `expression.py`; a gene that a
dataset does not have is not measured (NaN) in its cells, which count in no number of the gene. Donors of one id in two datasets are two.
"""

import json
from pathlib import Path
import sys

import anndata as ad
import numpy as np
import pandas as pd
from scipy import stats

LEAST_GENES = 120
LEAST_CPTT = 3.0
MONOCYTE, MACROPHAGE, MEMORY_T, NAIVE_B = "CL:0000860", "CL:0000235", "CL:0000897", "CL:0000788"
# A gene that A does not have.
ONLY_IN_B = "SYN00603"
# Rows of a comparison that are written, of those in the order of ids.
EVERY = 9


def values(path, dataset):
    """The cells that are taken, and their values of all genes."""
    data = ad.read_h5ad(path)
    counts = data.raw.X
    counts = np.asarray(counts.todense() if hasattr(counts, "todense") else counts, dtype=np.float64)
    obs = data.obs.copy()
    taken = obs["is_primary_data"].to_numpy(bool) & ((counts > 0).sum(axis=1) >= LEAST_GENES)
    cptt = counts / counts.sum(axis=1, keepdims=True) * 1e4
    # Values are 32-bit floats, as those of the program.
    x = np.where(cptt >= LEAST_CPTT, np.log1p(cptt), 0.0).astype(np.float32).astype(np.float64)
    x = pd.DataFrame(x, index=obs.index, columns=data.raw.var_names)
    obs = obs.astype(str).assign(dataset=dataset)
    return obs[taken], x[taken]


def d(a, b):
    """Cohen's d of values of one gene, variances pooled without bias; one cell has none."""
    squares = sum(((side - side.mean()) ** 2).sum() for side in (a, b))
    freedom = len(a) + len(b) - 2
    return float(np.nan_to_num((a.mean() - b.mean()) / np.sqrt(squares / freedom))) if freedom > 0 and squares > 0 else 0.0


def measured(x, cells, gene):
    """The values of the cells that measured a gene."""
    of_gene = x[cells, gene]
    return of_gene[~np.isnan(of_gene)]


def compared(genes, x, group, reference):
    """All genes that either expresses and both measured, between cells."""
    rows, n_unmeasured = {}, 0
    for gene, name in enumerate(genes):
        a, b = measured(x, group, gene), measured(x, reference, gene)
        if not (a > 0).any() and not (b > 0).any():
            continue
        if not len(a) or not len(b):
            n_unmeasured += 1
            continue
        test = stats.ttest_ind(a, b, equal_var=False)
        rows[name] = {
            "difference": a.mean() - b.mean(),
            "d": d(a, b),
            "t": test.statistic,
            "pval": test.pvalue,
            "log2_fold_change": np.log2((np.expm1(a.mean()) + 1e-9) / (np.expm1(b.mean()) + 1e-9)),
            "n_measured": [len(a), len(b)],
        }
    adjusted = stats.false_discovery_control([row["pval"] for row in rows.values()])
    for row, pval_adj in zip(rows.values(), adjusted):
        row["pval_adj"] = pval_adj
    some = {gene: rows[gene] for gene in sorted(rows)[::EVERY]}
    return {"n_cells": [int(group.sum()), int(reference.sum())], "n_genes": len(rows), "n_unmeasured": n_unmeasured, "genes": some}


def by_donor(genes, x, obs, group, reference, is_paired):
    """The same between the means of donors with ten cells or more that measured the gene."""
    donors = obs["dataset"] + "/" + obs["donor_id"]
    cells = [{name: side & (donors == name).to_numpy() for name in sorted(set(donors))} for side in (group, reference)]
    taken = [{name for name, of in side.items() if of.sum() >= 10} for side in cells]
    assert is_paired == (len(taken[0] & taken[1]) >= 2)
    if is_paired:
        taken = [taken[0] & taken[1]] * 2
    rows = {}
    for gene, name in enumerate(genes):
        means = []
        for of_donors, names in zip(cells, taken):
            values = {donor: measured(x, of_donors[donor], gene) for donor in sorted(names)}
            means.append({donor: of.mean() for donor, of in values.items() if len(of) >= 10})
        both = sorted(set(means[0]) & set(means[1]))
        a, b = (np.array([side[donor] for donor in (both if is_paired else side)]) for side in means)
        is_expressed = any((measured(x, side, gene) > 0).any() for side in (group, reference))
        if len(a) < 2 or len(b) < 2 or not is_expressed:
            continue
        with np.errstate(invalid="ignore", divide="ignore"):
            test = stats.ttest_rel(a, b) if is_paired else stats.ttest_ind(a, b, equal_var=False)
        pval = 1.0 if np.isnan(test.pvalue) else float(test.pvalue)
        rows[name] = {"difference": a.mean() - b.mean(), "t": float(np.nan_to_num(test.statistic)), "pval": pval}
    adjusted = stats.false_discovery_control([row["pval"] for row in rows.values()])
    for row, pval_adj in zip(rows.values(), adjusted):
        row["pval_adj"] = pval_adj
    return {
        "n": [len(side) for side in taken],
        "n_genes": len(rows),
        "genes": {gene: rows[gene] for gene in sorted(rows)[::EVERY]},
    }


def markers(genes, x, obs, taken):
    """The best markers of each type among the cells that are taken, by the mean of bootstrap samples in closed form. Types
    whose cells did not measure a gene are not compared in it."""
    types = sorted(set(obs["cell_type_ontology_term_id"][taken]))
    cells = {of: taken & (obs["cell_type_ontology_term_id"] == of).to_numpy() for of in types}
    found = {of: [] for of in types}
    for gene, name in enumerate(genes):
        values = {of: measured(x, cells[of], gene) for of in types}
        values = {of: some for of, some in values.items() if len(some)}
        n = len(values) - 1
        if n < 1:
            continue
        k = int(np.round(0.1 * n))
        weights = np.diff(stats.binom.sf(k, n, np.arange(n + 1) / n))
        effects = {of: [d(values[of], values[other]) for other in values if other != of] for of in values}
        is_one = {of: np.count_nonzero(values[of]) >= 25 for of in values}
        scores = {of: float(weights @ np.sort(effects[of])) if is_one[of] else -np.inf for of in values}
        for of in values:
            if scores[of] > 0.5:
                others = np.array([scores[other] for other in values if other != of])
                marker = {
                    "gene": name,
                    "score": scores[of],
                    "specificity": float((others < scores[of]).mean()),
                    "n_measured": len(values[of]),
                    "n_expressing": int((values[of] > 0).sum()),
                }
                found[of].append(marker)
    return {of: sorted(of_type, key=lambda marker: -marker["score"])[:10] for of, of_type in found.items()}


def specific(genes, x, obs, here):
    """Genes that a quarter of the cells here express, a tenth of those of no tissue and type elsewhere, with d of 0.5 or more;
    rows of fewer than 20 cells that measured a gene say nothing of it."""
    places = obs["tissue_ontology_term_id"] + " " + obs["cell_type_ontology_term_id"]
    there = [cells for cells in ((places == name).to_numpy() & ~here for name in sorted(set(places))) if cells.sum() >= 20]
    found, n_unmeasured = [], 0
    for gene, name in enumerate(genes):
        of_here = measured(x, here, gene)
        rows = [row for row in (measured(x, cells, gene) for cells in there) if len(row) >= 20]
        if not rows:
            n_unmeasured += int((of_here > 0).any())
        if not rows or not len(of_here):
            continue
        least = min(d(of_here, row) for row in rows)
        most = max((row > 0).mean() for row in rows)
        if (of_here > 0).mean() >= 0.25 and most <= 0.1 and least >= 0.5:
            measured_by = {"n_measured": len(of_here), "n_rows": len(rows)}
            found.append({"gene": name, "effect": least, "share_there": float(most), **measured_by})
    return {"n_there": len(there), "n_unmeasured": n_unmeasured, "genes": sorted(found, key=lambda row: -row["effect"])}


def behind(genes, x, obs, cells, gene):
    """The means of donors with ten cells or more that measured a gene, and the interval of their mean."""
    donors = obs["dataset"] + "/" + obs["donor_id"]
    means = [measured(x, cells & (donors == name).to_numpy(), genes.index(gene)) for name in sorted(set(donors))]
    means = [values.mean() for values in means if len(values) >= 10]
    low, high = stats.t.interval(0.95, len(means) - 1, np.mean(means), stats.sem(means))
    return {"n": len(means), "mean": float(np.mean(means)), "interval": [max(float(low), 0.0), float(high)]}


def main():
    (obs_a, x_a), (obs_b, x_b) = (values(path, name) for path, name in zip(sys.argv[1:], "AB"))
    frame = pd.concat([x_a, x_b])
    obs = pd.concat([obs_a, obs_b])
    genes, x = list(frame.columns), frame.to_numpy()
    has = lambda column, *names: obs[column].isin(names).to_numpy()
    types = "cell_type_ontology_term_id"
    lung = obs["tissue"].eq("lung").to_numpy()
    sick = has("disease", "COVID-19", "influenza")
    golden = {
        "types": compared(genes, x, lung & has(types, MONOCYTE, MACROPHAGE), has(types, MEMORY_T)),
        "rest": compared(genes, x, has(types, NAIVE_B), ~has(types, NAIVE_B)),
        "datasets": compared(genes, x, has("dataset", "A"), has("dataset", "B")),
        "paired": by_donor(genes, x, obs, has(types, MACROPHAGE), has(types, MEMORY_T), True),
        "unpaired": by_donor(genes, x, obs, sick, ~sick, False),
        "markers": markers(genes, x, obs, lung),
        "markers_of_women": markers(genes, x, obs, lung & has("sex", "female")),
        "specific": specific(genes, x, obs, has(types, NAIVE_B)),
        "behind": behind(genes, x, obs, has(types, MEMORY_T), "IL7R"),
        "behind_of_some": behind(genes, x, obs, has(types, MEMORY_T), ONLY_IN_B),
        "only_in_b": ONLY_IN_B,
        "lung": obs["tissue_ontology_term_id"][lung].iloc[0],
    }
    (Path(__file__).parent / "questions.json").write_text(json.dumps(golden, separators=(",", ":")) + "\n")


main()
