"""Differential expression by scanpy, timed: `bench de --peers` starts it.

    python scanpy_de.py FILE.h5ad COLUMN [--label LABEL [--scores FILE.tsv]]

With a label, it is compared with the rest; without, every label of the column is. One line of JSON on standard output:
wall and CPU seconds of `rank_genes_groups` alone, and the largest memory of the process, file included. With
--scores, a table of gene and t, every t is compared with scanpy's.
"""

import argparse
import json
import resource
import time
import warnings

import anndata as ad
import numpy as np
import scanpy as sc


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("file")
    parser.add_argument("column")
    parser.add_argument("--label")
    parser.add_argument("--scores")
    arguments = parser.parse_args()
    warnings.filterwarnings("ignore")
    data = ad.read_h5ad(arguments.file)
    groups = [arguments.label] if arguments.label else "all"

    wall, cpu = time.perf_counter(), time.process_time()
    sc.tl.rank_genes_groups(data, arguments.column, groups=groups, reference="rest", method="t-test")
    report = {
        "scanpy": sc.__version__,
        "wall_seconds": time.perf_counter() - wall,
        "cpu_seconds": time.process_time() - cpu,
        "peak_bytes": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024,
        "n_groups": len(data.uns["rank_genes_groups"]["names"].dtype.names),
    }
    if arguments.scores:
        report.update(compare(data, arguments.label, arguments.scores))
    print(json.dumps(report))


def compare(data, label, path):
    """How far the scores of the file are from scanpy's."""
    result = data.uns["rank_genes_groups"]
    theirs = dict(zip(result["names"][label], result["scores"][label].astype(float)))
    with open(path, encoding="utf-8") as file:
        rows = [line.rstrip("\n").split("\t") for line in file]
    assert len(rows) == len(theirs) == data.n_vars, "not every gene is in both tables"
    ours = np.array([float(score) for _, score in rows])
    scanpy = np.array([theirs[name] for name, _ in rows])
    # Relative to t, or to 0.01 where it is smaller: scanpy keeps float32.
    deviation = np.where(ours == scanpy, 0, np.abs(ours - scanpy) / np.maximum(np.abs(scanpy), 0.01))
    return {"n_genes": len(rows), "largest_deviation": float(deviation.max())}


if __name__ == "__main__":
    main()
