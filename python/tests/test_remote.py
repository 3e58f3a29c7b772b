"""A dataset that a server of files holds is read as one on the disk."""

import os
import subprocess

import numpy as np
import pytest
from conftest import assert_same_bits

import tessera


@pytest.fixture(scope="module")
def address(made_dataset):
    command = [os.environ["TESSERA_SERVER"], "serve", made_dataset.place, "--port", "0", "--no-open"]
    server = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
    try:
        said = next((line for line in server.stdout if "listening on " in line), None)
        assert said, "the server tells its address"
        yield said.split("listening on ")[1].split()[0].rstrip("/")
    finally:
        server.terminate()
        server.wait(20)


def test_a_dataset_on_another_host_is_the_same(made_dataset, address):
    far = tessera.open(f"{address}/d/{os.path.basename(made_dataset.place)}")
    assert far.content_id == made_dataset.content_id
    filter = "cell_type == 'NK cell' and share > 0.5"
    ours, theirs = far.query(obs=filter), made_dataset.query(obs=filter)
    np.testing.assert_array_equal(ours.obs_joinids, theirs.obs_joinids)
    assert_same_bits(ours.X().csr(), theirs.X().csr())
    assert ours.moments() == theirs.moments()
    rows = np.concatenate([batch.rows for batch in ours.batches(64)])
    np.testing.assert_array_equal(np.sort(rows), theirs.obs_joinids)


def test_what_is_not_there_is_told(address):
    with pytest.raises(FileNotFoundError, match="none"):
        tessera.open(f"{address}/data/none")
    with pytest.raises(ValueError, match="s3"):
        tessera.open("ftp://host/x")
