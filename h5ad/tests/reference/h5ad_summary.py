"""Says what anndata finds in .h5ad files and Zarr stores, as the example `h5ad_summary` says what Tessera's reader finds.

    python h5ad_summary.py FILE...                   prints one line of JSON per file
    python h5ad_summary.py --compare OURS FILE...    compares with the example's output, exits 1 on any difference

Needs: anndata 0.12, h5py, hdf5plugin, zarr 3. Text, categories and column values are compared by checksum, floats of columns bit by bit,
sums of matrices and obsm within 1e-9 relative.
"""

import json
import math
import os
import sys
import warnings
import zlib

import anndata
import h5py
import hdf5plugin  # noqa: F401 (registers filters)
import numpy as np
import pandas as pd
import scipy.sparse as sp
import zarr

warnings.filterwarnings("ignore")


def texts(values):
    values = list(values)
    crc = zlib.crc32("".join(v + "\n" for v in values).encode())
    return {"length": len(values), "first": values[0] if values else None, "last": values[-1] if values else None, "crc": crc}


def missing(value):
    return value is None or value is pd.NA or (isinstance(value, float) and math.isnan(value))


def column(series):
    dtype = series.dtype
    if isinstance(dtype, pd.CategoricalDtype):
        # numpy's items print with the fewest digits for their own width; pandas widens float32 first.
        categories = [str(c) for c in dtype.categories.to_numpy()]
        values = [categories[code] if code >= 0 else "<missing>" for code in series.cat.codes]
        return {"kind": "categorical", "ordered": bool(dtype.ordered), "categories": texts(categories), "values": texts(values)}
    if pd.api.types.is_bool_dtype(dtype):
        return {"kind": "booleans", "values": texts("<missing>" if missing(v) else str(bool(v)) for v in series)}
    if pd.api.types.is_integer_dtype(dtype):
        return {"kind": "integers", "values": texts("<missing>" if missing(v) else str(int(v)) for v in series)}
    if pd.api.types.is_float_dtype(dtype):
        values = series.to_numpy(dtype="<f8", copy=True)
        values[np.isnan(values)] = np.nan
        return {"kind": "floats", "values": zlib.crc32(values.tobytes())}
    return {"kind": "strings", "values": texts("<missing>" if missing(v) else str(v) for v in series)}


def frame(df):
    columns = [[name, column(df[name])] for name in df.columns]
    return {"index_name": df.index.name, "index": texts(str(v) for v in df.index), "columns": columns}


def floats(values):
    values = np.asarray(values, dtype=np.float32).ravel()
    finite = np.isfinite(values)
    return {"length": values.size, "sum": float(values[finite].astype(np.float64).sum()), "not_finite": int((~finite).sum())}


def obsm(value):
    if isinstance(value, pd.DataFrame):
        keep = [c for c in value.columns if not isinstance(value[c].dtype, pd.CategoricalDtype) and pd.api.types.is_numeric_dtype(value[c])]
        value = value[keep].to_numpy(dtype=np.float32)
    elif sp.issparse(value):
        value = value.toarray()
    value = np.asarray(value)
    value = value.reshape(value.shape[0], -1)
    return {"n_columns": value.shape[1], "values": floats(value)}


def matrix(value):
    storage, nnz = "dense", None
    dtype = value.dtype.name
    if sp.issparse(value):
        storage, nnz = value.format, int(value.nnz)
        coo = value.tocoo()
        coo.sum_duplicates()
        rows, cols, data = coo.row, coo.col, coo.data
    else:
        value = np.asarray(value)
        rows, cols = np.nonzero(value)
        data = value[rows, cols]
    with np.errstate(over="ignore"):
        data = data.astype(np.float32)
    keep = data != 0
    rows, cols, data = rows[keep], cols[keep], data[keep].astype(np.float64)
    finite = np.isfinite(data)
    weights = (rows % 97 + 1).astype(np.float64) * (cols % 89 + 1)
    return {
        "shape": list(value.shape), "storage": storage, "dtype": dtype, "nnz": nnz, "nonzero": int(data.size),
        "not_finite": int((~finite).sum()), "sum": float(data[finite].sum()), "weighted": float((data * weights)[finite].sum()),
    }


def scalar(value):
    value = np.asarray(value).ravel()
    text = str(value[0]) if value.size else ""
    return text if text.strip() else None


def uns(value):
    spatial = {}
    for name, library in (value.get("spatial") or {}).items():
        if isinstance(library, dict) or hasattr(library, "keys"):
            spatial[name] = {
                "images": {k: list(v.shape) for k, v in library.get("images", {}).items()},
                "scalefactors": {k: float(v) for k, v in library.get("scalefactors", {}).items()},
            }
    return {
        "title": scalar(value["title"]) if "title" in value else None,
        "default_embedding": scalar(value["default_embedding"]) if "default_embedding" in value else None,
        "colors": {k[: -len("_colors")]: [c.decode() if isinstance(c, bytes) else str(c) for c in np.asarray(v).ravel()] for k, v in value.items() if k.endswith("_colors")},
        "spatial": spatial,
    }


def summary(path):
    matrices = {}
    # anndata reads an absent X as none, and 0.5's raw without telling its storage apart from X's.
    if path.endswith((".zarr", ".zarr.zip")):
        store = zarr.storage.ZipStore(path, mode="r") if path.endswith(".zip") else path
        adata = anndata.read_zarr(store)
        has_x = "X" in zarr.open_group(store, mode="r")
    else:
        adata = anndata.read_h5ad(path)
        with h5py.File(path) as file:
            has_x = "X" in file
    if has_x and adata.X is not None:
        matrices["X"] = matrix(adata.X)
    if adata.raw is not None:
        matrices["raw/X"] = matrix(adata.raw.X)
    for name, layer in adata.layers.items():
        matrices[f"layers/{name}"] = matrix(layer)
    return {
        "file": os.path.basename(path),
        "shape": list(adata.shape),
        "obs": frame(adata.obs),
        "var": frame(adata.var),
        "raw_var": None if adata.raw is None else frame(adata.raw.var),
        "obsm": {k: obsm(v) for k, v in adata.obsm.items()},
        "matrices": matrices,
        "uns": uns(adata.uns),
    }


def differences(ours, theirs, place=""):
    if isinstance(theirs, dict) and isinstance(ours, dict):
        for key in sorted(set(ours) | set(theirs)):
            if key == "warnings":
                continue
            if key not in ours or key not in theirs:
                yield f"{place}/{key}: only in {'ours' if key in ours else 'anndata'}"
            else:
                yield from differences(ours[key], theirs[key], f"{place}/{key}")
    elif isinstance(theirs, list) and isinstance(ours, list) and len(ours) == len(theirs):
        for at, pair in enumerate(zip(ours, theirs)):
            yield from differences(*pair, f"{place}/{at}")
    elif isinstance(theirs, float) and isinstance(ours, (int, float)):
        if not math.isclose(ours, theirs, rel_tol=1e-9, abs_tol=1e-9):
            yield f"{place}: {ours} but anndata {theirs}"
    elif ours != theirs:
        yield f"{place}: {ours!r} but anndata {theirs!r}"


def main(arguments):
    if arguments[:1] != ["--compare"]:
        for path in arguments:
            print(json.dumps(summary(path)))
        return 0
    with open(arguments[1]) as file:
        ours = {line["file"]: line for line in map(json.loads, file)}
    failed = False
    for path in arguments[2:]:
        name = os.path.basename(path)
        try:
            theirs = summary(path)
        except Exception as error:
            print(f"{name}: anndata cannot read it: {error!r}; ours: {ours[name].get('error', 'read')}")
            continue
        found = list(differences(ours[name], theirs))
        failed |= bool(found)
        print(f"{name}: {'same' if not found else ''}")
        for line in found[:12]:
            print(f"    {line}")
    return int(failed)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
