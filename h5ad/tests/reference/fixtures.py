"""Writes the files in h5ad/tests/fixtures, which the tests read: one matrix in every form that libraries in C write.

    python fixtures.py DIRECTORY

Needs: anndata 0.12, h5py 3.16 (HDF5 2.0), hdf5plugin 7, zarr 3, numcodecs. The same versions write the same matrices,
though not the same bytes. HDF5 files are kept in gzip, since most of them is empty.
"""

import gzip
import os
import sys

import anndata
import h5py
import hdf5plugin as plugin
import numcodecs
import numpy as np
import pandas as pd
import scipy.sparse as sp
import zarr
import zarr.codecs
from zarr.storage import ZipStore

N_OBS, N_VARS = 64, 20
ENCODING = {"encoding-type": "array", "encoding-version": "0.2.0"}


def matrix():
    row, column = np.indices((N_OBS, N_VARS))
    return (((row * 7 + column * 3) % 11) * 0.25 * ((row + column) % 3 == 0)).astype("f4")


def data(x=None):
    obs = pd.DataFrame(
        {
            "type": pd.Categorical(["T", "B", "µ", "T"] * (N_OBS // 4)),
            "count": np.arange(N_OBS),
            "score": np.arange(N_OBS) / 8,
            "flag": np.arange(N_OBS) % 3 == 0,
            "text": [f"text {row} µ" for row in range(N_OBS)],
            "gaps": pd.array([None if row % 7 == 0 else row for row in range(N_OBS)], dtype="Int64"),
        },
        index=[f"cell{row}" for row in range(N_OBS)],
    )
    adata = anndata.AnnData(x, obs=obs, var=pd.DataFrame(index=[f"gene{column}" for column in range(N_VARS)]))
    adata.obsm["X_umap"] = matrix()[:, :2].astype("f8")
    adata.uns["title"] = "fixture"
    return adata


def filters(path):
    kinds = {
        "gzip": dict(compression="gzip", shuffle=True, fletcher32=True),
        "lzf": dict(compression="lzf", shuffle=True),
        "fletcher32": dict(fletcher32=True),
        "zstd": plugin.Zstd(),
        "lz4": plugin.LZ4(nbytes=512),
        "bitshuffle": plugin.Bitshuffle(cname="none"),
        "bitshuffle-lz4": plugin.Bitshuffle(cname="lz4", nelems=64),
        "bitshuffle-zstd": plugin.Bitshuffle(cname="zstd"),
    }
    for codec in ["blosclz", "lz4", "zlib", "zstd"]:
        for shuffle, name in enumerate(["plain", "shuffle", "bitshuffle"]):
            kinds[f"blosc-{codec}-{name}"] = plugin.Blosc(cname=codec, clevel=5, shuffle=shuffle)
    data().write_h5ad(path)
    with h5py.File(path, "a") as file:
        for name, options in kinds.items():
            dataset = file.require_group("layers").create_dataset(name, data=matrix(), chunks=(50, 20), **options)
            dataset.attrs.update(ENCODING)


def layouts(path, libver):
    unlimited = h5py.h5s.UNLIMITED
    data().write_h5ad(f"{path}.part")
    with h5py.File(f"{path}.part") as old, h5py.File(path, "w", libver=libver) as file:
        for name in old:
            old.copy(name, file)
        layers = file.require_group("layers")

        def add(name, chunk, most=None, compressed=False, early=False, plain_edges=False):
            properties = h5py.h5p.create(h5py.h5p.DATASET_CREATE)
            properties.set_chunk(chunk)
            if compressed:
                properties.set_deflate(4)
            if early:
                properties.set_alloc_time(h5py.h5d.ALLOC_TIME_EARLY)
            if plain_edges:
                properties.set_chunk_opts(2)
            space = h5py.h5s.create_simple((N_OBS, N_VARS), most)
            dataset = h5py.h5d.create(layers.id, name.encode(), h5py.h5t.IEEE_F32LE, space, properties)
            dataset = h5py.Dataset(dataset)
            dataset[...] = matrix()
            dataset.attrs.update(ENCODING)

        for compressed in [False, True]:
            suffix = "-compressed" if compressed else ""
            add(f"single{suffix}", (N_OBS, N_VARS), compressed=compressed)
            add(f"fixed{suffix}", (10, 7), compressed=compressed)
            add(f"fixed-bounded{suffix}", (10, 7), (200, 50), compressed=compressed)
            add(f"growing-rows{suffix}", (10, 7), (unlimited, N_VARS), compressed=compressed)
            add(f"growing-columns{suffix}", (10, 7), (N_OBS, unlimited), compressed=compressed)
            add(f"growing-bounded{suffix}", (10, 7), (unlimited, 60), compressed=compressed)
            add(f"growing-both{suffix}", (10, 7), (unlimited, unlimited), compressed=compressed)
        if libver == "v200":
            add("fixed-paged", (1, 1))
            add("growing-far", (1, 2), (N_OBS, unlimited))
        add("implicit", (10, 7), early=True)
        if hasattr(h5py.h5p.PropDCID, "set_chunk_opts"):
            add("plain-edges", (10, 7), compressed=True, plain_edges=True)
        layers.create_dataset("contiguous", data=matrix()).attrs.update(ENCODING)
        file["layers/soft"] = h5py.SoftLink("/layers/contiguous")
        file["layers/soft-beside"] = h5py.SoftLink("soft")
        file["layers/dangling"] = h5py.SoftLink("/nowhere")
        file["layers/circle"] = h5py.SoftLink("circle")
        file["layers/external"] = h5py.ExternalLink("other.h5", "/X")
        for number in range(30):
            file["obs"].attrs[f"note {number}"] = "x" * (number * 60)
    os.remove(f"{path}.part")


def claims(path):
    """Arrays that were never written, and claim more than any file holds."""
    data().write_h5ad(path)
    with h5py.File(path, "a") as file:
        file["obsm"].create_dataset("wide", shape=(N_OBS, 2**33), dtype="f4", chunks=(N_OBS, 64), compression="gzip")
        group = file.create_group("layers/sparse")
        group.attrs.update({"encoding-type": "csr_matrix", "encoding-version": "0.1.0", "shape": [N_OBS, N_VARS]})
        group.create_dataset("indptr", data=np.arange(N_OBS + 1) * 2**30)
        for name, dtype in [("indices", "i4"), ("data", "f4")]:
            group.create_dataset(name, shape=(N_OBS * 2**30,), dtype=dtype, chunks=(1024,), compression="gzip")


def zarr_store(path, version, compression=0):
    adata = data(sp.csr_matrix(matrix()))
    adata.layers["csc"] = sp.csc_matrix(matrix())
    adata.raw = adata
    anndata.settings.zarr_write_format = version
    store = ZipStore(path, mode="w", compression=compression)
    root = zarr.open_group(store, mode="w", zarr_format=version)
    anndata.io.write_elem(root, "/", adata)
    codecs = zarr.codecs
    if version == 2:
        kinds = {
            "plain": dict(compressors=None),
            "zlib": dict(compressors=numcodecs.Zlib()),
            "gzip": dict(compressors=numcodecs.GZip()),
            "lz4": dict(compressors=numcodecs.LZ4()),
            "zstd": dict(compressors=numcodecs.Zstd()),
            "shuffle": dict(filters=[numcodecs.Shuffle(4)], compressors=numcodecs.Zlib()),
            "blosc-lz4": dict(compressors=numcodecs.Blosc("lz4", shuffle=1)),
            "blosc-zstd": dict(compressors=numcodecs.Blosc("zstd", shuffle=2)),
            "columns-first": dict(order="F"),
            "big-endian": dict(dtype=">f4"),
        }
    else:
        kinds = {
            "plain": dict(compressors=None),
            "gzip": dict(compressors=[codecs.GzipCodec()]),
            "zstd": dict(compressors=[codecs.ZstdCodec(checksum=True)]),
            "blosc": dict(compressors=[codecs.BloscCodec(cname="zstd", shuffle="bitshuffle")]),
            "crc32c": dict(compressors=[codecs.ZstdCodec(), codecs.Crc32cCodec()]),
            "big-endian": dict(serializer=codecs.BytesCodec(endian="big")),
            "transposed": dict(filters=[codecs.TransposeCodec(order=(1, 0))]),
            "sharded": dict(shards=(34, 14), filters=[codecs.TransposeCodec(order=(1, 0))]),
        }
    for name, options in kinds.items():
        options = {"dtype": "f4", **options}
        array = root.create_array(f"layers/{name}", shape=(N_OBS, N_VARS), chunks=(17, 7), **options)
        array[...] = matrix()
        array.attrs.update(ENCODING)
    store.close()


def pack(path, write, *arguments):
    write(path, *arguments)
    with open(path, "rb") as file, gzip.GzipFile(f"{path}.gz", "wb", mtime=0) as packed:
        packed.write(file.read())
    os.remove(path)


def main(directory):
    os.makedirs(directory, exist_ok=True)
    pack(os.path.join(directory, "filters.h5ad"), filters)
    pack(os.path.join(directory, "claims.h5ad"), claims)
    for libver in ["earliest", "v110", "v200"]:
        pack(os.path.join(directory, f"{libver}.h5ad"), layouts, libver)
    zarr_store(os.path.join(directory, "v2.zarr.zip"), 2)
    zarr_store(os.path.join(directory, "v3.zarr.zip"), 3, compression=8)


if __name__ == "__main__":
    main(sys.argv[1])
