"""Writes the goldens of the arithmetic over a corpus: `compare.json`, `markers.json` and `pbmc.json`, beside this file.

    python -m venv venv && venv/bin/pip install scipy==1.17.1 numpy==2.4.6 h5py==3.16.0
    venv/bin/python expression/tests/golden/generate.py

Values are multiples of 2^-20, so that they are exact in the fixed point of the tests; what is left is the rounding of
squares. Exact references are scipy's, of the values themselves. What CELLxGENE computes is written down here from its
published source (single-cell-data-portal, backend/common/marker_genes and backend/de), from sums as there, in float64.
"""

import json
from pathlib import Path

import h5py
import numpy as np
from scipy import sparse, stats

HERE = Path(__file__).parent
rng = np.random.default_rng(18)


def values(n, share, level):
    """Expression of one gene in n cells: zero, or a logarithm of counts."""
    expressed = rng.random(n) < share
    counts = 3 + rng.poisson(level, n)
    return np.round(np.where(expressed, np.log1p(counts), 0.0) * 2**20) / 2**20


def sums(x):
    return len(x), x.sum(), (x**2).sum()


def original(a, b):
    """d, t and p as CELLxGENE computes them from sums."""
    (n1, s1, q1), (n2, s2, q2) = sums(a), sums(b)
    with np.errstate(divide="ignore", invalid="ignore"):
        m1, m2 = np.float64(s1) / n1, np.float64(s2) / n2
        v1, v2 = max(q1 / n1 - m1**2, 0.0), max(q2 / n2 - m2**2, 0.0)
        d = (m1 - m2) / np.sqrt(((n1 - 1) * v1 + (n2 - 1) * v2) / (n1 + n2 - 1))
        e1, e2 = v1 / n1, v2 / n2
        df = (e1 + e2) ** 2 / (e1**2 / (n1 - 1) + e2**2 / (n2 - 1))
        t = (m1 - m2) / np.sqrt(e1 + e2)
        return d, t, 2 * stats.t.sf(abs(t), df)


def adjusted(pvals):
    """Benjamini and Hochberg, over the p-values that are numbers."""
    result = np.full(len(pvals), np.nan)
    is_number = ~np.isnan(pvals)
    result[is_number] = stats.false_discovery_control(np.asarray(pvals)[is_number])
    return result


def none(column):
    return [None if np.isnan(number) else float(number) for number in column]


def compare():
    n1, n2 = 37, 52
    genes = [(values(n1, rng.random(), rng.integers(0, 30)), values(n2, rng.random(), rng.integers(0, 30))) for _ in range(40)]
    genes[3] = (np.zeros(n1), np.zeros(n2))  # expressed nowhere
    genes[5] = (values(n1, 0.9, 200), np.zeros(n2))
    exact = [stats.ttest_ind(a, b, equal_var=False) for a, b in genes]
    pooled = [stats.ttest_ind(a, b).statistic * np.sqrt(1 / n1 + 1 / n2) for a, b in genes]
    is_tested = [not np.isnan(test.pvalue) for test in exact]
    ends = [test.confidence_interval(0.95) if tested else (np.nan, np.nan) for test, tested in zip(exact, is_tested)]
    theirs = np.array([original(a, b) for a, b in genes])
    columns = {
        "t": [test.statistic for test in exact],
        "df": [test.df if tested else np.nan for test, tested in zip(exact, is_tested)],
        "pval": [test.pvalue for test in exact],
        "pval_adj": adjusted([test.pvalue for test in exact]),
        "low": [low for low, _ in ends],
        "high": [high for _, high in ends],
        "d": np.nan_to_num(pooled),
        "original_d": np.nan_to_num(theirs[:, 0]),
        "original_t": theirs[:, 1],
        "original_pval": theirs[:, 2],
    }
    cells = [[a.tolist(), b.tolist()] for a, b in genes]
    return {"cells": cells} | {name: none(column) for name, column in columns.items()}


# Terms of the markers' ontology, with their parents and numbers of cells of their own. P is below both A and B.
PARENTS = {"CL:0000000": [], "A": ["CL:0000000"], "B": ["CL:0000000"], "C": ["CL:0000000"], "A1": ["A"], "A2": ["A"], "P": ["A", "B"], "B1": ["B"], "C1": ["C"], "C2": ["C"], "E": ["CL:0000000"], "Q": ["E", "C"]}
CELLS = {"CL:0000000": 0, "A": 12, "B": 0, "C": 9, "A1": 40, "A2": 31, "P": 28, "B1": 45, "C1": 33, "C2": 27, "E": 0, "Q": 30}


def ancestors(term):
    """All above a term, and itself."""
    return {term}.union(*[ancestors(parent) for parent in PARENTS[term]])


def markers():
    terms = list(PARENTS)
    below = {term: {other for other in terms if term in ancestors(other)} for term in terms}
    genes = []
    for _ in range(30):
        of_type = {term: values(n, rng.random() ** 2, rng.integers(0, 40)) for term, n in CELLS.items()}
        genes.append(of_type)
    cells_of = lambda gene, of: np.concatenate([gene[term] for term in terms if term in of])
    n_of = lambda of: sum(CELLS[term] for term in of)
    universe = [term for term in terms if n_of(below[term]) > 0]
    colinear = lambda a, b: a in ancestors(b) or b in ancestors(a)
    scores = np.full((len(genes), len(universe)), np.nan)
    specificity = np.zeros((len(genes), len(universe)))
    effects = {}
    for at, term in enumerate(universe):
        rivals = [other for other in universe if not colinear(term, other)]
        if not rivals:
            continue
        draws = rng.integers(0, len(rivals), (50_000, len(rivals)))
        for number, gene in enumerate(genes):
            group = cells_of(gene, below[term])
            if np.count_nonzero(group) < 25:
                continue
            d = []
            for rival in rivals:
                left = below[rival] - below[term]
                rest = cells_of(gene, left) if n_of(left) else np.array([])
                d.append(np.nan_to_num(original(group, rest)[0]) if len(rest) else 0.0)
            effects[f"{number} {term}"] = [float(effect) for effect in d]
            k = int(np.round(10 / 100 * len(rivals)))
            scores[number, at] = np.sort(np.array(d)[draws], axis=1)[:, k].mean()
    for at, term in enumerate(universe):
        rivals = [place for place, other in enumerate(universe) if not colinear(term, other)]
        for number in range(len(genes)):
            if not np.isnan(scores[number, at]):
                others = scores[number, rivals]
                others = others[~np.isnan(others)]
                specificity[number, at] = (scores[number, at] > others).mean() if len(others) else 1.0
    return {
        "parents": PARENTS,
        "universe": universe,
        "genes": [{term: gene[term].tolist() for term in terms} for gene in genes],
        "effects": effects,
        "scores": [none(row) for row in scores],
        "specificities": specificity.tolist(),
    }


# Labels of the demo file, as terms of the Cell Ontology; and those above, by what is below them.
LABELS = {
    "CD14+ Monocyte": "CL:0001054",
    "CD19+ B": "CL:0000236",
    "CD34+": "CL:0008001",
    "CD4+/CD25 T Reg": "CL:0000792",
    "CD4+/CD45RA+/CD25- Naive T": "CL:0000895",
    "CD4+/CD45RO+ Memory": "CL:0000897",
    "CD56+ NK": "CL:0000623",
    "CD8+ Cytotoxic T": "CL:0000794",
    "CD8+/CD45RA+ Naive Cytotoxic": "CL:0000900",
    "Dendritic": "CL:0000451",
}
T_CELLS = {"CL:0000792", "CL:0000895", "CL:0000897", "CL:0000794", "CL:0000900"}
ABOVE = {"CL:0000084": T_CELLS, "CL:0000542": T_CELLS | {"CL:0000236", "CL:0000623"}}


def pbmc():
    """The eight best genes of each type of the demo file, from the values of its cells, with unbiased variances."""
    with h5py.File(HERE / "../../../data/pbmc68k_reduced.h5ad") as file:
        matrix, names = file["raw.X"], file["raw.var"]["index"]
        x = sparse.csr_matrix((matrix["data"][:], matrix["indices"][:], matrix["indptr"][:])).toarray().astype(float)
        categories, codes = file["uns/bulk_labels_categories"][:], file["obs"]["bulk_labels"]
    annotated = np.array([LABELS[categories[code].decode()] for code in codes])
    types = {term: {term} for term in LABELS.values()} | ABOVE
    cells = lambda terms: x[np.isin(annotated, list(terms))]

    def d(a, b):
        squares = (len(a) - 1) * a.var(axis=0, ddof=1) + (len(b) - 1) * b.var(axis=0, ddof=1)
        with np.errstate(invalid="ignore"):
            return np.nan_to_num((a.mean(axis=0) - b.mean(axis=0)) / np.sqrt(squares / (len(a) + len(b) - 2)))

    best = {}
    for term, below in types.items():
        group = cells(below)
        rivals = [others - below for others in types.values() if not others <= below and not below <= others]
        effects = np.sort([d(group, cells(rival)) for rival in rivals], axis=0)
        n = len(rivals)
        k = int(np.round(0.1 * n))
        lower = stats.binom.sf(k, n, np.arange(n + 1) / n)
        scores = np.diff(lower) @ effects
        scores[np.count_nonzero(group, axis=0) < 25] = -np.inf
        found = [(names[gene].decode(), float(scores[gene])) for gene in np.argsort(-scores)[:8] if scores[gene] > 0.5]
        best[term] = found
    return best


if __name__ == "__main__":
    for name, make in [("compare", compare), ("markers", markers), ("pbmc", pbmc)]:
        (HERE / f"{name}.json").write_text(json.dumps(make(), separators=(",", ":")) + "\n")
