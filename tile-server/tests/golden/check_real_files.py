"""Compares differential expression of real files with scipy and scanpy, gene by gene.

    python -m venv venv && venv/bin/pip install scanpy==1.11.5
    cargo build --release -p tile-server
    venv/bin/python tile-server/tests/golden/check_real_files.py H5AD_DIR [--server target/release/tile-server]

Every .h5ad file of the folder is built by `tile-server build --allow-no-embedding`; then `tile-server de` compares
labels of a categorical column with the rest, in every layer, the one that the page would take first. Two labels a
file: the largest that leaves a rest, and the smallest of at least 3 cells. The references are computed here from the
file as anndata reads it, on a dense matrix:

* t, degrees of freedom and log10 p: scipy's `ttest_ind(equal_var=False)` in float64;
* log2 fold change: scanpy's formula in float64, where the layer is log-normalized, with the base of the logarithm that
  `uns/log1p/base` states; else the difference of means;
* scores: scanpy's `rank_genes_groups(method="t-test")`.

What is allowed, for every gene:

* t: 1e-6 relative to scipy, with a floor of |t| = 0.1. Values are summed exactly, but for the last bits of squares of
  log-normalized counts; where the means nearly agree t is what scipy's own sums round off, and nothing can be asked
  relative to it.
* df: 1e-5 relative; in the smallest sets it feels the rounding of a variance, squared. log10 p: 1e-5 relative, with a
  floor of 1 (the logarithm doubles t's relative error).
* log2 fold change or difference of means: 1e-6 relative, with a floor of 1 for the former and of the larger mean for
  the latter, since both are differences.
* scores: 1e-4 relative to scanpy, with a floor of |t| = 0.01 (scanpy keeps float32, and squares in float32). A gene
  beyond that is put down to scanpy when scanpy is beyond that from scipy, too; such genes are counted in the line.
* Genes that vary in neither set are left to convention, since t = 0/0 or x/0: scipy gives NaN or whatever rounding
  leaves, so here t = 0, p = 1, df = 1 for equal means and t = ±inf, p = 0 for others is asked, as scanpy has it for the
  former. A gene is constant when its smallest value in a set is its largest, which no rounding blurs.
* Missing values count as zero in Tessera, so they do in the references.
* Tessera keeps values as f32. Of a float64 file the references take the values rounded to f32; how much that rounding
  moves t by itself is printed as "t by f64" and not judged.
"""

import argparse
import csv
import io
import json
import subprocess
import sys
import tempfile
import warnings
from collections import defaultdict
from pathlib import Path

import anndata as ad
import numpy as np
import pandas as pd
import scanpy as sc
from scipy import sparse, stats

T_RTOL, T_FLOOR = 1e-6, 1e-1
DF_RTOL = 1e-5
LOG_P_RTOL, LOG_P_FLOOR = 1e-5, 1.0
EFFECT_RTOL = 1e-6
SCANPY_RTOL, SCANPY_FLOOR = 1e-4, 1e-2


class Skip(Exception):
    """Why a file cannot be compared."""


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("folder", type=Path)
    parser.add_argument("--server", type=Path, default=Path("target/release/tile-server"))
    arguments = parser.parse_args()
    warnings.filterwarnings("ignore")
    sc.settings.verbosity = 0
    worst, n_compared, n_failed = defaultdict(lambda: (0.0, "")), 0, 0
    files = sorted(arguments.folder.glob("*.h5ad"))
    for file in files:
        try:
            lines, failures = check_file(arguments.server, file, worst)
        except Skip as reason:
            print(f"{file.name}: not compared: {reason}", flush=True)
            continue
        n_compared += 1
        for line in lines:
            print(f"{file.name}: {line}", flush=True)
        for failure in failures:
            print(f"{file.name}: FAILED: {failure}", flush=True)
        n_failed += bool(failures)
    print(f"\n{n_compared} of {len(files)} files compared, {n_failed} failed. Largest deviations:")
    for what, (deviation, where) in sorted(worst.items()):
        print(f"  {what}: {deviation:.2e} ({where})")
    sys.exit(1 if n_failed else 0)


def check_file(server, file, worst):
    with tempfile.TemporaryDirectory() as folder:
        dataset = Path(folder) / "dataset"
        built = run(server, "build", file, "--out", dataset, "--allow-no-embedding", "--quiet")
        if built.returncode != 0:
            raise Skip(f"it does not build: {built.stderr.strip()}")
        about = json.loads(run(server, "inspect", dataset, "--json").stdout)
        layers = [layer["name"] for layer in about["layers"]]
        if not layers:
            raise Skip("it has no expression")
        kinds = {column["name"]: column["kind"] for column in about["columns"]}
        columns = [name for name, kind in kinds.items() if kind == "categorical"]
        if not columns:
            raise Skip("it has no categorical column")
        try:
            data = ad.read_h5ad(file)
        except Exception as error:
            raise Skip(f"anndata {ad.__version__} cannot read it: {str(error).splitlines()[0]}") from error
        main_label = about["main_label"]
        column, labels = pick_labels(data, ([main_label] if main_label else []) + columns)
        found = run(server, "de", dataset, "--group", f"{column}={labels[0]}")
        if found.returncode != 0:
            raise Skip(f"no comparison of {column}={labels[0]}: {found.stderr.strip()}")
        layers.sort(key=lambda layer: layer != record(found.stdout)["layer"])
        lines, failures = [], []
        for layer in layers:
            report = defaultdict(float)
            for label in labels:
                found = run(server, "de", dataset, "--group", f"{column}={label}", "--layer", layer)
                if found.returncode != 0:
                    failures.append(f"{layer}, {column}={label}: {found.stderr.strip()}")
                    continue
                failures += compare(data, layer, column, label, found.stdout, report)
            for what, deviation in report.items():
                if not what.startswith("n_") and deviation > worst[what][0]:
                    worst[what] = (deviation, f"{file.name}, {layer}")
            deviations = ", ".join(f"{what} {value:.1e}" for what, value in report.items() if not what.startswith("n_"))
            of_scanpy = f", {report['n_scanpy']:.0f} genes where scanpy is off" if report["n_scanpy"] else ""
            names = " and ".join(f"{column}={label}" for label in labels)
            lines.append(
                f"{layer}: {report['n_genes']:.0f} genes x {data.n_obs} cells, {names}: {deviations}; "
                f"{report['n_constant']:.0f} constant{of_scanpy}"
            )
        return lines, failures


def run(server, *arguments):
    return subprocess.run([server, *arguments], capture_output=True, text=True, check=False)


def record(text):
    """What the lines that begin with # say."""
    lines = [line[1:].strip() for line in text.splitlines() if line.startswith("#")]
    return dict(line.split(": ", 1) for line in lines if ": " in line)


def pick_labels(data, columns):
    """The first column that has a label of at least 2 cells and a rest of as many; two of its labels."""
    for column in columns:
        if column not in data.obs:
            continue
        counts = data.obs[column].value_counts()
        counts = counts[(counts >= 2) & (counts <= data.n_obs - 2)]
        if len(counts) == 0:
            continue
        rare = counts[counts >= 3].index[-1:]
        return column, list(dict.fromkeys([text_of(label) for label in [counts.index[0], *rare]]))
    raise Skip("no categorical column has a label of at least 2 cells and a rest of as many")


def text_of(label):
    """A category as the builder writes it."""
    if isinstance(label, (float, np.floating)) and float(label).is_integer():
        return str(int(label))
    return str(label)


def matrix_of(data, layer):
    """Values and names of genes."""
    if layer == "raw/X":
        return data.raw.X, data.raw.var
    return (data.X if layer == "X" else data.layers[layer.removeprefix("layers/")]), data.var


def compare(data, layer, column, label, text, report):
    table = list(csv.DictReader(io.StringIO("".join(
        line for line in text.splitlines(keepends=True) if not line.startswith("#")))))
    matrix, var = matrix_of(data, layer)
    in_file = np.nan_to_num(matrix.toarray() if sparse.issparse(matrix) else np.asarray(matrix))
    exact = in_file.astype(np.float32).astype(np.float64)
    in_group = np.array([not pd.isna(value) and text_of(value) == label for value in data.obs[column]])
    assert f"({in_group.sum()} cells)" in record(text)["group"].replace(",", ""), "the groups differ"
    group, rest = exact[in_group], exact[~in_group]

    t, df, log_p, constant = reference_test(group, rest)
    if (exact != in_file).any():
        wide = in_file.astype(np.float64)
        of_f64 = deviation(t, reference_test(wide[in_group], wide[~in_group])[0], T_FLOOR)
        report["t by f64"] = max(report["t by f64"], of_f64[~constant].max(initial=0.0))
    is_log = "logfoldchanges" in table[0]
    mean_group, mean_rest = group.mean(0), rest.mean(0)
    if is_log:
        ln_base = np.log(data.uns.get("log1p", {}).get("base") or np.e)
        expressed = [np.expm1(mean * ln_base) + 1e-9 for mean in (mean_group, mean_rest)]
        effect = np.log2(expressed[0] / expressed[1])
        effect_floor = np.ones_like(effect)
    else:
        effect = mean_group - mean_rest
        effect_floor = np.maximum(np.abs(mean_group), np.abs(mean_rest))
    scores = scanpy_scores(exact, in_group)

    rows = align(table, var)
    def ours(name):
        return np.array([float(row[name]) for row in rows])
    effect_name = "logfoldchanges" if is_log else next(name for name in table[0] if "difference" in name)
    deviations = {
        "t": (deviation(ours("scores"), t, T_FLOOR), T_RTOL),
        "df": (deviation(ours("df"), df, 1.0), DF_RTOL),
        "log10 p": (deviation(ours("log10_pvals"), log_p, LOG_P_FLOOR), LOG_P_RTOL),
        "log2 fc" if is_log else "difference": (deviation(ours(effect_name), effect, effect_floor), EFFECT_RTOL),
    }
    failures = []
    report["n_genes"] = len(t)
    report["n_constant"] = max(report["n_constant"], constant.sum())
    for what, (found, allowed) in deviations.items():
        report[what] = max(report[what], found.max())
        failures += describe(what, found, found > allowed, rows, layer, column, label)

    from_scanpy = deviation(ours("scores"), scores, SCANPY_FLOOR)
    # Where neither set varies, scanpy's float32 squares leave some variance or none.
    scanpy_is_off = (deviation(scores, t, SCANPY_FLOOR) > SCANPY_RTOL) | constant
    beyond = from_scanpy > SCANPY_RTOL
    report["n_scanpy"] = max(report["n_scanpy"], (beyond & scanpy_is_off).sum())
    report["scanpy"] = max(report["scanpy"], from_scanpy[~scanpy_is_off].max(initial=0.0))
    return failures + describe("scanpy", from_scanpy, beyond & ~scanpy_is_off, rows, layer, column, label)


def reference_test(group, rest):
    """t, df and log10 p of every gene, with the conventions for genes that vary in neither set."""
    result = stats.ttest_ind(group, rest, equal_var=False)
    t, df = np.array(result.statistic), np.array(result.df)
    # scipy's p underflows where its logarithm does not.
    with np.errstate(divide="ignore"):
        log_p = np.where(result.pvalue > 1e-300, np.log10(result.pvalue), np.nan)
    constant = (np.ptp(group, axis=0) == 0) & (np.ptp(rest, axis=0) == 0)
    difference = group[0] - rest[0]
    same = constant & (difference == 0)
    other = constant & (difference != 0)
    t[same], t[other] = 0.0, np.copysign(np.inf, difference[other])
    df[constant] = 1.0
    log_p[same], log_p[other] = 0.0, -np.inf
    return t, df, log_p, constant


def scanpy_scores(exact, in_group):
    data = ad.AnnData(sparse.csr_matrix(exact.astype(np.float32)))
    data.obs["set"] = pd.Categorical(np.where(in_group, "in", "out"))
    sc.tl.rank_genes_groups(data, "set", groups=["in"], reference="rest", method="t-test")
    result = data.uns["rank_genes_groups"]
    scores = np.zeros(exact.shape[1])
    scores[result["names"]["in"].astype(int)] = result["scores"]["in"]
    return scores


def align(table, var):
    """The rows in the order of the file's genes, whose ids the table holds; repeated ones as anndata makes them unique."""
    rows = {row["gene_ids"]: row for row in table}
    assert len(rows) == len(table), "two rows are of one gene"
    return [rows[str(name)] for name in ad.utils.make_index_unique(var.index.astype(str))]


def deviation(found, expected, floor):
    """|found - expected| relative to expected, or to `floor` where that is larger; 0 where nothing is expected."""
    with np.errstate(invalid="ignore", divide="ignore"):
        relative = np.abs(found - expected) / np.maximum(np.abs(expected), floor)
    relative = np.where(found == expected, 0.0, relative)
    unknown = np.isnan(expected)
    return np.where(unknown, 0.0, np.where(np.isnan(relative), np.inf, relative))


def describe(what, found, beyond, rows, layer, column, label):
    if not beyond.any():
        return []
    at = int(np.argmax(np.where(beyond, found, 0)))
    return [f"{layer}, {column}={label}: {what} of {beyond.sum()} genes, `{rows[at]['names']}` by {found[at]:.1e}"]


if __name__ == "__main__":
    main()
