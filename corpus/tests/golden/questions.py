"""Writes `questions.json` beside this file: what numpy and scipy make of two made-up datasets together.

    cargo run -p synthetic -- --cells 1500 --genes 600 --seed 3 --raw --out A.h5ad
    cargo run -p synthetic -- --cells 900 --genes 800 --seed 4 --raw --format csc --out B.h5ad
    python -m venv venv && venv/bin/pip install anndata==0.12.19 pandas scipy==1.17.1
    venv/bin/python corpus/tests/golden/questions.py A.h5ad B.h5ad

Independent of the program: whole matrices in memory, float64. Cells and values are those of `expression.py`; a gene that a
dataset does not have is none in its cells. Donors of one id in two datasets are two.
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
    """Cohen's d of every gene, variances pooled without bias; one cell has none."""
    squares = sum(((side - side.mean(axis=0)) ** 2).sum(axis=0) for side in (a, b))
    with np.errstate(invalid="ignore"):
        return np.nan_to_num((a.mean(axis=0) - b.mean(axis=0)) / np.sqrt(squares / (len(a) + len(b) - 2)))


def compared(genes, x, group, reference):
    """All genes that either expresses, between cells."""
    a, b = x[group], x[reference]
    expressed = np.flatnonzero((a > 0).any(axis=0) | (b > 0).any(axis=0))
    a, b = a[:, expressed], b[:, expressed]
    test = stats.ttest_ind(a, b, equal_var=False)
    columns = {
        "difference": a.mean(axis=0) - b.mean(axis=0),
        "d": d(a, b),
        "t": test.statistic,
        "pval": test.pvalue,
        "pval_adj": stats.false_discovery_control(test.pvalue),
        "log2_fold_change": np.log2((np.expm1(a.mean(axis=0)) + 1e-9) / (np.expm1(b.mean(axis=0)) + 1e-9)),
    }
    rows = {genes[gene]: {name: float(column[at]) for name, column in columns.items()} for at, gene in enumerate(expressed)}
    some = {gene: rows[gene] for gene in sorted(rows)[::EVERY]}
    return {"n_cells": [int(group.sum()), int(reference.sum())], "n_genes": len(rows), "genes": some}


def by_donor(genes, x, obs, group, reference, is_paired):
    """The same between the means of donors with ten cells or more."""
    donors = obs["dataset"] + "/" + obs["donor_id"]
    means = []
    for side in (group, reference):
        of_side = {name: x[side & (donors == name).to_numpy()] for name in sorted(set(donors))}
        means.append({name: cells.mean(axis=0) for name, cells in of_side.items() if len(cells) >= 10})
    both = sorted(set(means[0]) & set(means[1]))
    expressed = (x[group] > 0).any(axis=0) | (x[reference] > 0).any(axis=0)
    with np.errstate(invalid="ignore", divide="ignore"):
        if is_paired:
            a, b = (np.array([side[name] for name in both]) for side in means)
            test, difference = stats.ttest_rel(a, b), (a - b).mean(axis=0)
            n = [len(both), len(both)]
        else:
            assert len(both) < 2
            a, b = (np.array(list(side.values())) for side in means)
            test, difference = stats.ttest_ind(a, b, equal_var=False), a.mean(axis=0) - b.mean(axis=0)
            n = [len(a), len(b)]
    pvals = np.where(np.isnan(test.pvalue), 1.0, test.pvalue)
    adjusted = np.ones(len(pvals))
    adjusted[expressed] = stats.false_discovery_control(pvals[expressed])
    rows = {
        genes[gene]: {"difference": difference[gene], "t": float(np.nan_to_num(test.statistic[gene])), "pval": pvals[gene], "pval_adj": adjusted[gene]}
        for gene in np.flatnonzero(expressed)
    }
    return {"n": n, "genes": {gene: rows[gene] for gene in sorted(rows)[::EVERY]}}


def markers(genes, x, obs, taken):
    """The best markers of each type among the cells that are taken, by the mean of bootstrap samples in closed form."""
    types = sorted(set(obs["cell_type_ontology_term_id"][taken]))
    cells = {of: x[taken & (obs["cell_type_ontology_term_id"] == of).to_numpy()] for of in types}
    n = len(types) - 1
    k = int(np.round(0.1 * n))
    lower = stats.binom.sf(k, n, np.arange(n + 1) / n)
    weigh = lambda effects: np.diff(lower) @ np.sort(effects, axis=0)
    scores = {of: weigh([d(cells[of], cells[other]) for other in types if other != of]) for of in types}
    for of in types:
        scores[of][np.count_nonzero(cells[of], axis=0) < 25] = -np.inf
    found = {}
    for of in types:
        others = np.array([scores[other] for other in types if other != of])
        best = [gene for gene in np.argsort(-scores[of])[:10] if scores[of][gene] > 0.5]
        found[of] = [
            {
                "gene": genes[gene],
                "score": scores[of][gene],
                "specificity": float((others[:, gene] < scores[of][gene]).mean()),
                "n_expressing": int((cells[of][:, gene] > 0).sum()),
            }
            for gene in best
        ]
    return found


def specific(genes, x, obs, here):
    """Genes that a quarter of the cells here express, a tenth of those of no tissue and type elsewhere, with d of 0.5 or more."""
    places = obs["tissue_ontology_term_id"] + " " + obs["cell_type_ontology_term_id"]
    there = [x[cells] for cells in ((places == name).to_numpy() & ~here for name in sorted(set(places))) if cells.sum() >= 20]
    least = np.min([d(x[here], cells) for cells in there], axis=0)
    most = np.max([(cells > 0).mean(axis=0) for cells in there], axis=0)
    found = np.flatnonzero(((x[here] > 0).mean(axis=0) >= 0.25) & (most <= 0.1) & (least >= 0.5))
    order = found[np.argsort(-least[found])]
    return {"n_there": len(there), "genes": [{"gene": genes[gene], "effect": least[gene], "share_there": most[gene]} for gene in order]}


def behind(genes, x, obs, cells, gene):
    """The means of donors with ten cells or more, and the interval of their mean."""
    donors = obs["dataset"] + "/" + obs["donor_id"]
    of_gene = x[:, genes.index(gene)]
    means = [of_gene[cells & (donors == name).to_numpy()] for name in sorted(set(donors))]
    means = [values.mean() for values in means if len(values) >= 10]
    low, high = stats.t.interval(0.95, len(means) - 1, np.mean(means), stats.sem(means))
    return {"n": len(means), "mean": float(np.mean(means)), "interval": [max(float(low), 0.0), float(high)]}


def main():
    (obs_a, x_a), (obs_b, x_b) = (values(path, name) for path, name in zip(sys.argv[1:], "AB"))
    frame = pd.concat([x_a, x_b]).fillna(0.0)
    obs = pd.concat([obs_a, obs_b])
    genes, x = list(frame.columns), frame.to_numpy()
    has = lambda column, *names: obs[column].isin(names).to_numpy()
    types = "cell_type_ontology_term_id"
    lung = obs["tissue"].eq("lung").to_numpy()
    sick = has("disease", "COVID-19", "influenza")
    golden = {
        "types": compared(genes, x, lung & has(types, MONOCYTE, MACROPHAGE), has(types, MEMORY_T)),
        "rest": compared(genes, x, has(types, NAIVE_B), ~has(types, NAIVE_B)),
        "paired": by_donor(genes, x, obs, has(types, MACROPHAGE), has(types, MEMORY_T), True),
        "unpaired": by_donor(genes, x, obs, sick, ~sick, False),
        "markers": markers(genes, x, obs, lung),
        "markers_of_women": markers(genes, x, obs, lung & has("sex", "female")),
        "specific": specific(genes, x, obs, has(types, NAIVE_B)),
        "behind": behind(genes, x, obs, has(types, MEMORY_T), "IL7R"),
        "lung": obs["tissue_ontology_term_id"][lung].iloc[0],
    }
    (Path(__file__).parent / "questions.json").write_text(json.dumps(golden, separators=(",", ":")) + "\n")


main()
