"""Measures slices, statistics and batches beside others, in one run: CPU seconds (user and system) and peak memory.

    python bench/peers/census_soma.py FILE.h5ad DATASET --column cell_type --batch donor_id [--soma DIR] [--only WORD]

FILE has counts in `X`; DATASET was built of it. Takes the wheel of this repository (`cargo xtask python --release`),
anndata, tiledbsoma, for statistics cellxgene-census, for batches annbatch (with zarrs, Python 3.12) and scDataset (with
torch); what is not installed is left out, and `--only batches` runs these steps alone. Every step runs in a process of its
own, so that memory is its own, after one that reads the files once, so that they are in the page cache. SOMA's experiment
is written once beside FILE, or where --soma says, with Census's filters and tile extents; annbatch's shuffled collection
beside FILE.
"""

import argparse
import contextlib
import importlib
import importlib.util
import json
import resource
import subprocess
import sys
import time
from pathlib import Path

STEPS = {}


def step(name, peer):
    def keep(function):
        STEPS[f"{name} · {peer}"] = (function, peer)
        return function

    return keep


def tessera_query(arguments, filter=None):
    import tessera

    return tessera.open(arguments.dataset).query(obs=filter)


def soma_query(arguments, filter=None):
    import tiledbsoma

    context = tiledbsoma.SOMATileDBContext(tiledb_config={"soma.init_buffer_bytes": 1 << 30})
    experiment = tiledbsoma.Experiment.open(arguments.soma, context=context)
    return experiment.axis_query("RNA", obs_query=tiledbsoma.AxisQuery(value_filter=filter))


def of_type(arguments):
    return f"attr({arguments.column!r}) == {arguments.label!r}"


@step("slice of a label", "tessera")
def slice_tessera(arguments):
    matrix = tessera_query(arguments, of_type(arguments)).X().csr()
    return {"cells": matrix.shape[0], "nnz": int(matrix.nnz), "sum": float(matrix.sum(dtype="float64"))}


@step("slice of a label", "tiledbsoma")
def slice_soma(arguments):
    cells, nnz, total = soma_query(arguments, of_type(arguments)), 0, 0.0
    for table in cells.X("data").tables():
        values = table["soma_data"].to_numpy()
        nnz, total = nnz + len(values), total + float(values.sum(dtype="float64"))
    return {"cells": cells.n_obs, "nnz": nnz, "sum": total}


@step("slice of a label", "anndata in memory")
def slice_anndata(arguments):
    import anndata

    adata = anndata.read_h5ad(arguments.file)
    matrix = adata.X[(adata.obs[arguments.column] == arguments.label).to_numpy()]
    return {"cells": matrix.shape[0], "nnz": int(matrix.nnz), "sum": float(matrix.sum(dtype="float64"))}


@step("whole matrix, block by block", "tessera")
def scan_tessera(arguments):
    return {"nnz": sum(int(block.nnz) for block, _ in tessera_query(arguments).X().blocks(4096))}


@step("whole matrix, block by block", "tiledbsoma")
def scan_soma(arguments):
    return {"nnz": sum(table.num_rows for table in soma_query(arguments).X("data").tables())}


@step("mean and variance, all", "tessera")
def moments_tessera(arguments):
    return {"sum": float(tessera_query(arguments).mean_variance()["variance"].sum())}


@step("mean and variance, a label", "tessera")
def moments_label_tessera(arguments):
    return {"sum": float(tessera_query(arguments, of_type(arguments)).mean_variance()["variance"].sum())}


@step("mean and variance, all", "cellxgene-census")
def moments_census(arguments):
    from cellxgene_census.experimental.pp import mean_variance

    frame = mean_variance(soma_query(arguments), layer="data", calculate_mean=True, calculate_variance=True)
    return {"sum": float(frame["variance"].sum())}


@step("mean and variance, a label", "cellxgene-census")
def moments_label_census(arguments):
    from cellxgene_census.experimental.pp import mean_variance

    query = soma_query(arguments, of_type(arguments))
    frame = mean_variance(query, layer="data", calculate_mean=True, calculate_variance=True)
    return {"sum": float(frame["variance"].sum())}


@step("highly variable genes", "tessera")
def hvg_tessera(arguments):
    return {"genes": int(tessera_query(arguments).highly_variable_genes(1000)["highly_variable"].sum())}


@step("highly variable genes by batch", "tessera")
def hvg_batch_tessera(arguments):
    frame = tessera_query(arguments).highly_variable_genes(1000, batch_key=arguments.batch)
    return {"genes": int(frame["highly_variable"].sum())}


@step("highly variable genes", "cellxgene-census")
def hvg_census(arguments):
    from cellxgene_census.experimental.pp import highly_variable_genes

    return {"genes": int(highly_variable_genes(soma_query(arguments), 1000, "data")["highly_variable"].sum())}


def measured(batches, shares):
    """Speed and quality of batches, each given as the codes of its cells' labels."""
    import numpy as np

    began, cells, chi, first = time.process_time(), 0, [], None
    waited = time.perf_counter()
    for codes in batches:
        first = first or time.perf_counter() - waited
        n = len(codes)
        cells += n
        if n == 128:
            chi.append((((np.bincount(codes, minlength=len(shares)) - n * shares) ** 2) / (n * shares)).sum())
    return {
        "cells": cells,
        "cells per CPU-second": round(cells / (time.process_time() - began)),
        "seconds to the first batch": round(first, 2),
        "chi² per df": round(float(np.mean(chi) / (len(shares) - 1)), 2),
    }


def batches(arguments, **options):
    import numpy as np
    import pandas as pd

    import tessera

    query = tessera.open(arguments.dataset).query()
    codes = pd.Categorical(query.obs([arguments.column])[arguments.column]).codes
    return measured(
        (codes[batch.rows] for batch in query.batches(128, **options)), np.bincount(codes) / len(codes)
    )


def peer_codes(arguments):
    """Each cell's code of the label, in the order of the file."""
    import h5py
    from anndata.io import read_elem

    with h5py.File(arguments.file) as file:
        return read_elem(file["obs"])[arguments.column].astype("category").cat.codes.to_numpy()


@step("batches of 128, CSR, 4 096 cells a buffer", "tessera")
def batches_csr_small(arguments):
    return batches(arguments, dense=False, buffer_cells=4096)


@step("batches of 128, CSR, 16 384 cells a buffer", "tessera")
def batches_csr(arguments):
    return batches(arguments, dense=False)


@step("batches of 128, dense, 16 384 cells a buffer", "tessera")
def batches_dense(arguments):
    return batches(arguments, dense=True)


def of_annbatch(arguments, dense):
    import numpy as np
    import zarr
    from annbatch import DatasetCollection, Loader

    if importlib.util.find_spec("zarrs"):
        zarr.config.set({"codec_pipeline.path": "zarrs.ZarrsCodecPipeline"})
    loader = Loader(batch_size=128, shuffle=True, preload_to_gpu=False)
    loader.use_collection(DatasetCollection(arguments.annbatch, mode="r"))
    codes = peer_codes(arguments)

    def labels():
        for batch in loader:
            if dense:
                batch["X"].toarray()
            yield batch["obs"][arguments.column].cat.codes.to_numpy()

    return measured(labels(), np.bincount(codes) / len(codes))


@step("batches of 128, CSR, 16 384 cells a buffer", "annbatch")
def batches_csr_annbatch(arguments):
    return of_annbatch(arguments, dense=False)


@step("batches of 128, dense, 16 384 cells a buffer", "annbatch")
def batches_dense_annbatch(arguments):
    return of_annbatch(arguments, dense=True)


def of_scdataset(arguments, dense):
    import anndata
    import numpy as np
    from scdataset import BlockShuffling, scDataset

    codes = peer_codes(arguments)

    def fetch(adata, cells):
        # Backed matrices take ascending rows alone.
        order = np.argsort(cells)
        return adata.X[cells[order]], codes[cells[order]]

    def batch(fetched, places):
        matrix, labels = fetched
        return matrix[places].toarray() if dense else matrix[places], labels[places]

    loader = scDataset(
        anndata.read_h5ad(arguments.file, backed="r"),
        BlockShuffling(block_size=16),
        batch_size=128,
        fetch_factor=128,
        fetch_callback=fetch,
        batch_callback=batch,
    )
    return measured((labels for _, labels in loader), np.bincount(codes) / len(codes))


@step("batches of 128, CSR, 16 384 cells a buffer", "scDataset")
def batches_csr_scdataset(arguments):
    return of_scdataset(arguments, dense=False)


@step("batches of 128, dense, 16 384 cells a buffer", "scDataset")
def batches_dense_scdataset(arguments):
    return of_scdataset(arguments, dense=True)


def ingest_soma(arguments):
    import anndata
    import tiledbsoma.io

    adata = anndata.read_h5ad(arguments.file)
    tiledbsoma.io.from_anndata(arguments.soma, adata, measurement_name="RNA", X_layer_name="data")


def ingest_annbatch(arguments):
    from annbatch import DatasetCollection

    DatasetCollection(arguments.annbatch, mode="a").add_adatas([arguments.file])


#: What peers read, written once: its argument and how it is made.
INGESTS = {"tiledbsoma": ("soma", ingest_soma), "annbatch": ("annbatch", ingest_annbatch)}


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("file")
    parser.add_argument("dataset")
    parser.add_argument("--column", default="cell_type")
    parser.add_argument("--label")
    parser.add_argument("--batch", default="donor_id")
    parser.add_argument("--soma")
    parser.add_argument("--only", default="")
    parser.add_argument("--step")
    arguments = parser.parse_args()
    arguments.soma = arguments.soma or str(Path(arguments.file).with_suffix(".soma"))
    arguments.annbatch = str(Path(arguments.file).with_suffix(".annbatch.zarr"))
    if arguments.step:
        # What it takes to import is not measured.
        for module in (
            "anndata",
            "tessera",
            "tiledbsoma",
            "cellxgene_census.experimental.pp",
            "skmisc.loess",
            "annbatch",
            "scdataset",
        ):
            with contextlib.suppress(ImportError):
                importlib.import_module(module)
        began = resource.getrusage(resource.RUSAGE_SELF)
        peer = arguments.step.removeprefix("ingest · ")
        answer = INGESTS[peer][1](arguments) if peer != arguments.step else STEPS[arguments.step][0](arguments)
        used = resource.getrusage(resource.RUSAGE_SELF)
        cpu = used.ru_utime + used.ru_stime - began.ru_utime - began.ru_stime
        print(json.dumps({"cpu": round(cpu, 3), "peak_mb": used.ru_maxrss // 1024, "answer": answer}))
        return
    if arguments.label is None:
        import tessera

        arguments.label = tessera.open(arguments.dataset).query().count_by(arguments.column)[arguments.column][0]
    modules = {
        "cellxgene-census": ["cellxgene_census"],
        "scDataset": ["scdataset", "torch"],
        "anndata in memory": ["anndata"],
    }
    is_here = lambda peer: all(map(importlib.util.find_spec, modules.get(peer, [peer])))
    command = [sys.executable, __file__, arguments.file, arguments.dataset, "--column", arguments.column]
    command += ["--label", str(arguments.label), "--batch", arguments.batch, "--soma", arguments.soma, "--step"]
    for peer, (place, _) in INGESTS.items():
        is_asked = any(arguments.only in name for name, (_, reader) in STEPS.items() if reader == peer)
        if is_asked and is_here(peer) and not Path(getattr(arguments, place)).exists():
            told = subprocess.run([*command, f"ingest · {peer}"], capture_output=True, text=True).stdout.strip()
            print(f"ingest · {peer}: {told}", flush=True)
    for name, (_, peer) in STEPS.items():
        if arguments.only not in name or not is_here(peer):
            continue
        runs = [subprocess.run([*command, name], capture_output=True, text=True) for _ in range(2)]
        told = runs[1].stdout.strip() or (runs[1].stderr.strip().splitlines() or ["no answer"])[-1]
        print(f"{name}: {told}", flush=True)


main()
