"""Adds up summaries by DuckDB and by DataFusion, and checks that a corpus of their sums is, byte for byte, the one that the
program adds up itself.

    python -m venv venv && venv/bin/pip install duckdb datafusion pyarrow
    venv/bin/python bench/peers/corpus_engines.py PATH_OF/tile-server SUMMARY...

Summaries are what `tile-server summarize FILE.h5ad --out SUMMARY` writes. Exits with 1 where an engine's corpus differs.
"""

import json
from pathlib import Path
import subprocess
import sys
import tempfile
import time

import datafusion
import duckdb
import pyarrow.parquet

SQL = (Path(__file__).parents[2] / "corpus/sql/sums.sql").read_text()


def by_duckdb(files, out):
    connection = duckdb.connect()
    connection.execute(f"CREATE VIEW sums AS SELECT * FROM read_parquet({[str(file) for file in files]})")
    connection.execute(f"COPY ({SQL}) TO '{out}' (FORMAT parquet, COMPRESSION zstd)")


def by_datafusion(files, out):
    context = datafusion.SessionContext()
    selects = []
    for number, file in enumerate(files):
        context.register_parquet(f"summary{number}", str(file))
        selects.append(f"SELECT * FROM summary{number}")
    context.sql(f"CREATE VIEW sums AS {' UNION ALL '.join(selects)}")
    pyarrow.parquet.write_table(context.sql(SQL).to_arrow_table(), out)


def packs(corpus):
    return {path.name: path.stat().st_size for path in corpus.iterdir() if path.suffix == ".pack"}


def main():
    program, *summaries = sys.argv[1:]
    failed = False
    with tempfile.TemporaryDirectory() as folder:
        folder = Path(folder)

        def build(name, *more):
            started = time.perf_counter()
            out = folder / name
            subprocess.run([program, "corpus", "build", *summaries, "--out", out, "--quiet", *more], check=True)
            return out, time.perf_counter() - started

        own, seconds = build("own")
        print(json.dumps({"engine": "own", "seconds": round(seconds, 2), "packs": packs(own)}))
        files = [Path(summary) / "sums.parquet" for summary in summaries]
        for name, engine in [("duckdb", by_duckdb), ("datafusion", by_datafusion)]:
            started = time.perf_counter()
            sums = folder / f"{name}.parquet"
            engine(files, sums)
            spent = time.perf_counter() - started
            corpus, seconds = build(name, "--from-parquet", sums)
            # The names of packs are hashes of their content.
            is_same = packs(corpus) == packs(own) and (corpus / "corpus.tsq").read_bytes() == (own / "corpus.tsq").read_bytes()
            failed |= not is_same
            print(json.dumps({"engine": name, "seconds": round(spent, 2), "build": round(seconds, 2), "same": is_same}))
    sys.exit(failed)


main()
