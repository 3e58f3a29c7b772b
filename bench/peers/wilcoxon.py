#!/usr/bin/env python3
"""The Wilcoxon rank-sum test of one label against the rest: processor time of the tile server, illico and scanpy, in one run.

    cargo build --release -p tile-server -p bench
    target/release/bench de --cells 100000 --genes 20000      # makes target/bench/100000x20000 and its .h5ad
    python -m venv venv && venv/bin/pip install scanpy==1.11.5 illico
    venv/bin/python bench/peers/wilcoxon.py target/release/tile-server target/bench/100000x20000 [--rounds 3] [--scanpy 500]

Ours is the whole command, `de --method wilcoxon`: it reads tiles from disk and writes the table. Theirs is the call alone,
with the matrix in memory; illico is given it by genes (CSC), as it likes best; its kernels are compiled Rust.
Each has all cores; `cpu` is the processor time of all threads. scanpy makes the matrix dense, gene by gene, so that its time
grows in proportion to the genes: `--scanpy N` has it test every so manieth gene that N are tested, and multiplies; without
it, all. z of every gene tested is compared. Prints a table in Markdown.
"""

import argparse
import csv
import os
import resource
import statistics
import subprocess
import tempfile
import time
import warnings

import anndata as ad
import illico
import scanpy as sc


def ours(program, dataset, column, label, out):
    before, wall = resource.getrusage(resource.RUSAGE_CHILDREN), time.perf_counter()
    command = [program, "de", dataset, "--group", f"{column}={label}", "--method", "wilcoxon", "--out", out]
    subprocess.run(command, check=True, stderr=subprocess.DEVNULL)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime, time.perf_counter() - wall


def timed(work):
    cpu, wall = time.process_time(), time.perf_counter()
    found = work()
    return time.process_time() - cpu, time.perf_counter() - wall, found


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("program")
    parser.add_argument("dataset")
    parser.add_argument("--h5ad")
    parser.add_argument("--column", default="cell_type")
    parser.add_argument("--label")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--scanpy", type=int, default=0)
    options = parser.parse_args()
    warnings.filterwarnings("ignore")
    data = ad.read_h5ad(options.h5ad or options.dataset.rstrip("/") + ".h5ad")
    sizes = data.obs[options.column].value_counts()
    label = options.label or str(sizes.index[len(sizes) // 2])
    by_genes = ad.AnnData(data.X.tocsc(), obs=data.obs, var=data.var)
    n_threads = os.cpu_count()

    def by_illico(table):
        return illico.asymptotic_wilcoxon(
            table, group_keys=options.column, reference=None, groups=[label], is_log1p=True, tie_correct=True,
            use_continuity=False, n_threads=n_threads,
        )

    times = {"tile-server": [], "illico": [], "scanpy": []}
    with tempfile.TemporaryDirectory() as folder:
        out = os.path.join(folder, "de.csv")
        for _ in range(options.rounds):
            times["tile-server"].append(ours(options.program, options.dataset, options.column, label, out))
            *spent, theirs = timed(lambda: by_illico(by_genes))
            times["illico"].append(spent)
        with open(out, encoding="utf-8") as file:
            rows = list(csv.DictReader(line for line in file if not line.startswith("#")))
    step = max(1, data.n_vars // options.scanpy) if options.scanpy else 1
    some = data[:, ::step].copy()
    *spent, _ = timed(lambda: sc.tl.rank_genes_groups(
        some, options.column, groups=[label], reference="rest", method="wilcoxon", tie_correct=True
    ))
    factor = data.n_vars / some.n_vars
    times["scanpy"].append([seconds * factor for seconds in spent])

    z = {row["gene_ids"]: float(row["scores"]) for row in rows}
    result = some.uns["rank_genes_groups"]
    scanpy = dict(zip(result["names"][label], result["scores"][label].astype(float)))
    deviation = max(abs(z[gene] - score) / max(abs(score), 0.01) for gene, score in scanpy.items())
    far = max(
        abs(z[gene] - score) / max(abs(score), 0.01)
        for (_, gene), score in theirs["z_score"].items()
    )

    n_group = int(sizes[label])
    print(f"{data.n_obs} cells x {data.n_vars} genes, {data.X.nnz / 1e6:.0f} M values; `{label}` ({n_group} cells) "
          f"against the rest; {n_threads} cores; medians of {options.rounds} rounds, scanpy once over {some.n_vars} genes "
          f"and multiplied. scanpy {sc.__version__}.\n")
    print("| | cpu | wall | cpu over ours |\n| --- | ---: | ---: | ---: |")
    own = statistics.median(cpu for cpu, _ in times["tile-server"])
    for name, spent in times.items():
        cpu, wall = (statistics.median(column) for column in zip(*spent))
        print(f"| {name} | {cpu:.2f} s | {wall:.2f} s | {cpu / own:.1f} |")
    print(f"\nz is within {deviation:.1e} of scanpy's and {far:.1e} of illico's.")


if __name__ == "__main__":
    main()
