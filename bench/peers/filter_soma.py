"""Compares filters with tiledbsoma's `value_filter`, on random expressions over columns of every kind.

    python bench/peers/filter_soma.py TILE_SERVER [N] [SEED]

Takes `tiledbsoma`, `anndata` and the wheel of this repository. Expressions are those on which the two are meant to agree:
without an order of labels that have none, which tiledbsoma refuses, and without fractions compared with whole numbers, which it
cuts off. tiledbsoma runs in processes of its own, since some expressions abort it (2.3.0: mostly negations of what is
joined); those are counted, and others taken, until N were compared. `python/tests/test_filters.py` holds such expressions
against three-valued logic.
"""

import json
import random
import subprocess
import sys
import tempfile
import warnings
from pathlib import Path

import numpy as np
import pandas as pd

N_OBS = 2000
LABELS = ["B cell", "T cell", "NK cell", "it's", "a || b", ""]
GRADES = ["low", "mid", "high"]


def obs(seed):
    rng = np.random.default_rng(seed)
    missing = lambda values: [None if rng.random() < 0.1 else value for value in values]
    return pd.DataFrame(
        {
            "label": pd.Categorical(missing(rng.choice(LABELS, N_OBS)), categories=LABELS),
            "grade": pd.Categorical(missing(rng.choice(GRADES, N_OBS)), categories=GRADES, ordered=True),
            "cluster": pd.Categorical(rng.integers(0, 9, N_OBS)),
            "is_primary": rng.random(N_OBS) < 0.7,
            "count": rng.integers(-5, 20, N_OBS),
            "wide": rng.integers(2**60, 2**60 + 9, N_OBS),
            "share": rng.integers(0, 50, N_OBS).astype("float32") / np.float32(50),
            "score": np.where(rng.random(N_OBS) < 0.1, np.nan, rng.normal(size=N_OBS).round(2) + 0.0),
            "donor": [f"d{number}" for number in rng.integers(0, 1500, N_OBS)],
        },
        index=[f"cell{number}" for number in range(N_OBS)],
    )


#: By column: values to compare it with, and the comparisons that both know.
EQUAL = ["==", "!="]
ALL = [*EQUAL, "<", "<=", ">", ">="]
COLUMNS = {
    "label": ([*LABELS[:5], "no such label"], EQUAL),
    "grade": (GRADES, ALL),
    "cluster": ([0, 3, 8, 77], EQUAL),
    "is_primary": ([True, False], EQUAL),
    "count": ([-5, -1, 0, 7, 100], ALL),
    "wide": ([2**60, 2**60 + 1, 2**60 + 8], ALL),
    "share": ([0.0, 0.1, 0.3, 0.5, 1.0], ALL),
    "score": ([-1.5, -0.01, 0.0, 0.37, 9.0], ALL),
    "donor": (["d0", "d77", "d1499", "e"], ALL),
}
MISSING = ["label", "grade", "score"]


def test(random):
    name = random.choice(list(COLUMNS))
    values, signs = COLUMNS[name]
    column = random.choice([name, f"attr({name!r})"])
    value = lambda: (lambda v: random.choice([v, f"val({v})"]) if not v.startswith("-") else v)(
        repr(random.choice(values))
    )
    kind = random.random()
    if kind < 0.1 and name in MISSING:
        return f"{column} {random.choice(EQUAL)} None"
    if kind < 0.35 and name not in ("is_primary", "grade"):
        # tiledbsoma takes no negative numbers in lists.
        listed = [value for value in values if not str(value).startswith("-")]
        picked = ", ".join(map(repr, random.sample(listed, random.randint(1, min(3, len(listed))))))
        return f"{column} {random.choice(['in', 'not in'])} [{picked}]"
    if kind < 0.45 and "<" in signs:
        return f"{value()} {random.choice(['<', '<='])} {column} {random.choice(['<', '<='])} {value()}"
    if kind < 0.55:
        return f"{value()} {random.choice(signs)} {column}"
    return f"{column} {random.choice(signs)} {value()}"


def expression(random, depth=0):
    kind = random.random()
    if depth == 3 or kind < 0.35:
        return test(random)
    if kind < 0.5:
        return f"not ({expression(random, depth + 1)})"
    if kind < 0.65:
        return f"({expression(random, depth + 1)}) {random.choice('&|')} ({expression(random, depth + 1)})"
    return f"({expression(random, depth + 1)} {random.choice(['and', 'or'])} {expression(random, depth + 1)})"


SOMA = """
import json, sys, tiledbsoma
experiment = tiledbsoma.Experiment.open(sys.argv[1])
for line in sys.stdin:
    number, text = json.loads(line)
    try:
        rows = experiment.obs.read(value_filter=text, column_names=["soma_joinid"]).concat()["soma_joinid"].to_pylist()
        answer = {"rows": rows}
    except Exception as error:
        answer = {"error": str(error).splitlines()[0]}
    print(json.dumps([number, answer]), flush=True)
"""


def soma_answers(place, texts):
    """By number: rows, or an error; nothing where tiledbsoma aborted."""
    answers, first = {}, 0
    while first < len(texts):
        lines = "".join(json.dumps([number, texts[number]]) + "\n" for number in range(first, len(texts)))
        process = subprocess.run([sys.executable, "-c", SOMA, place], input=lines, capture_output=True, text=True)
        told = [json.loads(line) for line in process.stdout.splitlines()]
        answers.update(told)
        first = (told[-1][0] if told else first - 1) + 2
    return answers


def main():
    tile_server, n, seed = sys.argv[1], int((sys.argv[2:] or ["200"])[0]), int((sys.argv[3:] or ["0"])[0])
    import anndata
    import tiledbsoma.io

    import tessera

    warnings.simplefilter("ignore")
    folder = Path(tempfile.mkdtemp())
    adata = anndata.AnnData(np.ones((N_OBS, 3), dtype="float32"), obs=obs(seed), var=pd.DataFrame(index=list("abc")))
    adata.copy().write_h5ad(folder / "made.h5ad")
    subprocess.run(
        [tile_server, "build", folder / "made.h5ad", "--out", folder / "made", "--allow-no-embedding"],
        check=True,
        capture_output=True,
    )
    tiledbsoma.io.from_anndata(str(folder / "soma"), adata, measurement_name="RNA")
    dataset = tessera.open(folder / "made")
    generator = random.Random(seed)
    counts = {"agree": 0, "differ": 0, "refused by tiledbsoma": 0, "aborted tiledbsoma": 0}
    while (missing := n - counts["agree"] - counts["differ"]) > 0:
        texts = [expression(generator) for _ in range(missing)]
        answers = soma_answers(str(folder / "soma"), texts)
        for number, text in enumerate(texts):
            rows = dataset.query(obs=text).obs_joinids.tolist()
            answer = answers.get(number)
            if answer is None:
                counts["aborted tiledbsoma"] += 1
            elif "error" in answer:
                counts["refused by tiledbsoma"] += 1
                print(f"refused: {text}: {answer['error']}")
            elif answer["rows"] == rows:
                counts["agree"] += 1
            else:
                counts["differ"] += 1
                odd = sorted(set(rows) ^ set(answer["rows"]))[:3]
                print(f"differ: {text}\n{adata.obs.iloc[odd]}\n  ours: {[row in set(rows) for row in odd]}")
    print(", ".join(f"{count} {what}" for what, count in counts.items()))
    sys.exit(counts["differ"] > 0)


main()
