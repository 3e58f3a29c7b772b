"""R reads what `tile-server slice` writes, by the code of docs/python.md; run by its name:

    TESSERA_SERVER=target/debug/tile-server python -m pytest python/tests/slices_in_r.py

Takes the wheel and R with rhdf5 and Matrix: on Debian `apt-get install -y r-base-core r-bioc-rhdf5 r-cran-matrix`.
"""

import os
import re
import shutil
import subprocess
from pathlib import Path

import numpy as np
import pandas as pd
import scipy.sparse as sp
from conftest import assert_same_bits

DOCS = Path(__file__).parents[2] / "docs" / "python.md"

#: What the code made, as text with all digits.
WRITES = """
entries <- summary(X)
write.table(data.frame(entries$i, entries$j, sprintf("%.17g", entries$x)), "x.tsv", row.names = FALSE, col.names = FALSE, quote = FALSE)
writeLines(rownames(X), "genes.txt")
writeLines(colnames(X), "cells.txt")
writeLines(as.character(cell_type), "cell_type.txt")
"""


def test_the_code_of_the_docs_gives_the_slice(made_dataset, tmp_path):
    rscript = os.environ.get("RSCRIPT") or shutil.which("Rscript")
    assert rscript, "there is no Rscript: on Debian `apt-get install -y r-base-core r-bioc-rhdf5 r-cran-matrix`"
    filter = "cell_type == 'B cell' and n_umis > 150"
    command = [os.environ["TESSERA_SERVER"], "slice", made_dataset.place, "--obs", filter, "--out", tmp_path / "b.h5ad"]
    subprocess.run(command, check=True, capture_output=True)
    (code,) = re.findall(r"```r\n(.*?)```", DOCS.read_text(), re.DOTALL)
    (tmp_path / "slice.R").write_text(code + WRITES)
    run = subprocess.run([rscript, "slice.R"], cwd=tmp_path, capture_output=True, text=True)
    assert run.returncode == 0, run.stderr
    query = made_dataset.query(obs=filter)
    assert 0 < query.n_obs < made_dataset.n_obs
    lines = lambda name: (tmp_path / name).read_text().splitlines()
    assert lines("genes.txt") == list(query.var().index)
    assert lines("cells.txt") == list(query.obs_names)
    assert lines("cell_type.txt") == list(query.obs(["cell_type"])["cell_type"])
    entries = pd.read_csv(tmp_path / "x.tsv", sep=" ", header=None, names=["gene", "cell", "value"])
    values = entries["value"].to_numpy(np.float32)
    matrix = sp.coo_matrix((values, (entries["cell"] - 1, entries["gene"] - 1)), shape=query.X().shape)
    assert_same_bits(matrix.tocsr(), query.X().csr())
