"""Writes `expression.txt` beside this file: what anndata and pandas make of three made-up datasets together.

    cargo run -p synthetic -- --cells 1500 --genes 600 --seed 3 --raw --out A.h5ad
    cargo run -p synthetic -- --cells 900 --genes 800 --seed 4 --raw --format csc --out B.h5ad
    cargo run -p synthetic -- --cells 700 --genes 600 --seed 5 --raw --format dense --out C.h5ad
    python -m venv venv && venv/bin/pip install anndata==0.12.19 pandas
    venv/bin/python corpus/tests/golden/expression.py A.h5ad B.h5ad C.h5ad

Independent of the program: whole matrices in memory, float64, pandas' groupby. A and B are human, C is a mouse. Cells are
taken that are primary data and have counts of LEAST_GENES genes; values are ln(1 + counts per ten thousand), and none below
LEAST_CPTT.

A line has the question, the row (tissue, cell type, option), the gene, and cells, cells that express it, their mean and
the mean of squares over all cells.
"""

from pathlib import Path
import sys

import anndata as ad
import numpy as np
import pandas as pd

LEAST_GENES = 120
LEAST_CPTT = 3.0
GENES = ["LYZ", "MS4A1", "MALAT1", "COL1A1", "NKG7", "GAPDH", "CD4", "XIST"]
# Organism, filter, dimension to group by.
QUESTIONS = {
    "human": ("human", None, None),
    "covid": ("human", ("disease", ["COVID-19"]), None),
    "two": ("human", ("disease", ["COVID-19", "influenza"]), "sex"),
    "donors": ("human", ("assay", ["10x 3' v2"]), "donor_id"),
    "mouse": ("mouse", None, "disease"),
}


def values(path, dataset):
    """The cells that are taken, with their values of the genes."""
    data = ad.read_h5ad(path)
    counts = data.raw.X
    counts = np.asarray(counts.todense() if hasattr(counts, "todense") else counts, dtype=np.float64)
    obs = data.obs.copy()
    taken = obs["is_primary_data"].to_numpy(bool) & ((counts > 0).sum(axis=1) >= LEAST_GENES)
    cptt = counts / counts.sum(axis=1, keepdims=True) * 1e4
    x = np.where(cptt >= LEAST_CPTT, np.log1p(cptt), 0.0)
    names = list(data.raw.var_names)
    frame = pd.DataFrame({gene: x[:, names.index(gene)] for gene in GENES if gene in names}, index=obs.index)
    columns = ["tissue", "cell_type", "disease", "sex", "assay", "donor_id"]
    frame = pd.concat([obs[columns].astype(str), frame], axis=1)[taken]
    frame["dataset"] = dataset
    # One donor within a dataset, which is of no publication.
    frame["donor_id"] = frame["donor_id"] + f" of {dataset}"
    return frame


def rows(frame, by):
    """The groups of rows: of tissues, of their cell types, and of what these are divided by."""
    keys = [["tissue"], ["tissue", "cell_type"]] + ([["tissue", "cell_type", by]] if by else [])
    for key in keys:
        for labels, group in frame.groupby(key, observed=True):
            yield (list(labels) + ["", ""])[:3], group


def main():
    a, b, c = (values(path, name) for path, name in zip(sys.argv[1:], "ABC"))
    frames = {"human": pd.concat([a, b]), "mouse": c}
    lines = []
    for name, (organism, where, by) in QUESTIONS.items():
        frame = frames[organism]
        if where:
            frame = frame[frame[where[0]].isin(where[1])]
        for labels, group in rows(frame, by):
            for gene in [gene for gene in GENES if gene in group.columns]:
                x = group[gene].fillna(0.0).to_numpy()
                n = int((x > 0).sum())
                mean = x.sum() / n if n else 0.0
                lines.append("\t".join([name, *labels, gene, str(len(x)), str(n), f"{mean:.12g}", f"{(x * x).mean():.12g}"]))
    (Path(__file__).parent / "expression.txt").write_text("\n".join(lines) + "\n")


main()
