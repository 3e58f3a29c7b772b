"""Batches for training: every cell once, in an order of its own each epoch, by whatever number of consumers."""

import itertools
import multiprocessing
import pickle
from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest
import scipy.sparse as sp
from conftest import assert_same_bits

TYPES = "cell_type in ['T cell', 'NK cell']"


def rows_of(batches):
    return [batch.rows for batch in batches]


def test_every_cell_comes_once_with_its_values(made, made_dataset):
    query = made_dataset.query(obs=TYPES, var="length > 4000")
    wanted = (made.var["length"] > 4000).to_numpy()
    for dense in (True, False):
        batches = query.batches(100, obs_columns=["cell_type", "n_umis"], dense=dense, buffer_cells=512)
        got = list(batches)
        assert [len(batch.rows) for batch in got[:-1]] == [100] * (len(got) - 1) and len(got) == len(batches)
        rows = np.concatenate(rows_of(got))
        np.testing.assert_array_equal(np.sort(rows), query.obs_joinids)
        X = np.concatenate([b.X for b in got]) if dense else sp.vstack([b.X for b in got]).tocsr()
        assert_same_bits(X, made.X[rows][:, wanted])
        assert np.concatenate([b.obs["n_umis"] for b in got]).tolist() == made.obs["n_umis"].iloc[rows].tolist()
        types = list(itertools.chain.from_iterable(batch.obs["cell_type"] for batch in got))
        assert types == made.obs["cell_type"].iloc[rows].tolist()


def test_each_epoch_has_an_order_of_its_own_that_the_seed_gives_again(made_dataset):
    batches = made_dataset.query().batches(128, buffer_cells=640, seed=5)
    epochs = [np.concatenate(rows_of(batches)) for _ in range(3)]
    assert batches.epoch == 3
    for first, second in itertools.combinations(epochs, 2):
        assert not np.array_equal(first, second)
        np.testing.assert_array_equal(np.sort(first), np.sort(second))
    again = made_dataset.query().batches(128, buffer_cells=640, seed=5)
    again.set_epoch(1)
    np.testing.assert_array_equal(np.concatenate(rows_of(again)), epochs[1])
    other = made_dataset.query().batches(128, buffer_cells=640, seed=6)
    assert not np.array_equal(np.concatenate(rows_of(other)), epochs[0])


@pytest.mark.parametrize("world_size", [1, 2, 3, 7])
def test_ranks_are_disjoint_and_complete(made_dataset, world_size):
    query = made_dataset.query(obs=TYPES)
    ranks = [query.batches(64, buffer_cells=256, rank=rank, world_size=world_size) for rank in range(world_size)]
    rows = [np.concatenate(rows_of(rank)) for rank in ranks]
    np.testing.assert_array_equal(np.sort(np.concatenate(rows)), query.obs_joinids)


@pytest.mark.parametrize("uneven", ["drop", "pad"])
@pytest.mark.parametrize("buffer_cells", [256, 100_000])
def test_ranks_may_be_made_even(made_dataset, uneven, buffer_cells):
    query = made_dataset.query(obs=TYPES)
    options = {"buffer_cells": buffer_cells, "world_size": 3, "uneven": uneven, "dense": False}
    ranks = [query.batches(50, rank=rank, **options) for rank in range(3)]
    got = [list(rank) for rank in ranks]
    assert len({len(batches) for batches in got}) == 1
    assert [len(rank) for rank in ranks] == [len(batches) for batches in got]
    assert {len(batch.rows) for batches in got for batch in batches} == {50}
    rows = np.concatenate([batch.rows for batches in got for batch in batches])
    if uneven == "drop":
        assert len(np.unique(rows)) == len(rows)
    else:
        np.testing.assert_array_equal(np.unique(rows), query.obs_joinids)


@pytest.mark.parametrize("shuffle", [False, True])
@pytest.mark.parametrize("world_size", [5, 60])
def test_every_rank_has_cells_where_buffers_are_few(made_dataset, world_size, shuffle):
    query = made_dataset.query()
    # 47 tiles.
    options = {"world_size": world_size, "shuffle": shuffle, "uneven": "pad", "dense": False}
    ranks = [query.batches(32, rank=rank, **options) for rank in range(world_size)]
    got = [[batch.rows for batch in rank] for rank in ranks]
    assert {len(batches) for batches in got} == {len(ranks[0])} and len(ranks[0]) > 0
    np.testing.assert_array_equal(np.unique(np.concatenate([rows for batches in got for rows in batches])), query.obs_joinids)


def test_columns_are_alike_in_every_batch(made, made_dataset):
    query = made_dataset.query(obs="cell_type != 'B cell'")
    columns = ["cell_type", "grade", "rank", "flag", "donor"]
    # A buffer is a tile, which has cells of few types.
    got = list(query.batches(64, obs_columns=columns, buffer_cells=64))
    for batch in got:
        whole = query.obs(columns)
        assert batch.obs.dtypes.equals(whole.dtypes)
        pd.testing.assert_frame_equal(batch.obs, whole.loc[made.obs_names[batch.rows]].reset_index(drop=True))
    assert any(batch.obs["cell_type"].nunique() == 1 for batch in got)


@pytest.mark.parametrize("given_out", [0, 1, 9, 17])
def test_a_consumer_goes_on_where_another_was(made_dataset, given_out):
    query = made_dataset.query()
    one = query.batches(100, buffer_cells=700, seed=2)
    one.set_epoch(4)
    iterator = iter(one)
    list(itertools.islice(iterator, given_out))
    state = pickle.loads(pickle.dumps(one.state_dict()))
    other = query.batches(100, buffer_cells=700)
    other.load_state_dict(state)
    ours, theirs = rows_of(other), rows_of(iterator)
    assert len(ours) == len(one) - given_out
    for mine, expected in zip(ours, theirs, strict=True):
        np.testing.assert_array_equal(mine, expected)


def test_batches_are_mixed(made, made_dataset):
    # Of label-sorted tiles a sequential reader would give batches of one type.
    codes = made.obs["cell_type"].cat.codes.to_numpy()
    shares = np.bincount(codes) / len(codes)

    def chi_squared(batches):
        per_batch = []
        for batch in batches:
            counts, n = np.bincount(codes[batch.rows], minlength=len(shares)), len(batch.rows)
            per_batch.append(((counts - n * shares) ** 2 / (n * shares)).sum() / (len(shares) - 1))
        return np.mean(per_batch)

    query = made_dataset.query()
    # A perfect shuffle has 1.
    assert chi_squared(query.batches(128, buffer_cells=1024)) < 3
    assert chi_squared(query.batches(128)) < 1.5
    assert chi_squared(query.batches(128, shuffle=False)) > 10


def _read(batches, connection):
    connection.send([batch.X.sum() for batch in batches])


@pytest.mark.parametrize("method", ["fork", "forkserver", "spawn"])
def test_other_processes_read_the_same(made_dataset, method):
    batches = made_dataset.query(obs=TYPES).batches(128, buffer_cells=512)
    # The threads of this process have worked before it is forked.
    expected = [batch.X.sum() for batch in batches]
    batches.set_epoch(0)
    context = multiprocessing.get_context(method)
    receiver, sender = context.Pipe(duplex=False)
    process = context.Process(target=_read, args=(batches, sender))
    process.start()
    assert receiver.poll(60), "the process reads, and does not wait for threads that it has not"
    assert receiver.recv() == expected
    process.join(20)
    assert process.exitcode == 0


@pytest.mark.parametrize("world_size", [1, 2])
def test_workers_share_the_cells_of_their_rank(made_dataset, monkeypatch, world_size):
    query = made_dataset.query(obs=TYPES)

    def epoch(base_seed, set_epoch=None):
        rows = []
        for rank, worker in itertools.product(range(world_size), range(3)):
            info = SimpleNamespace(id=worker, num_workers=3, seed=base_seed + worker)
            monkeypatch.setattr("tessera._batches.get_worker_info", lambda info=info: info)
            batches = query.batches(64, buffer_cells=128, rank=rank, world_size=world_size)
            if set_epoch is not None:
                batches.set_epoch(set_epoch)
            rows += rows_of(batches)
        rows = np.concatenate(rows)
        np.testing.assert_array_equal(np.sort(rows), query.obs_joinids)
        return rows

    assert not np.array_equal(epoch(11, set_epoch=0), epoch(11, set_epoch=1))
    if world_size == 1:
        assert not np.array_equal(epoch(11), epoch(77)), "torch draws a seed for each epoch"
    else:
        with pytest.warns(UserWarning, match="set_epoch"):
            np.testing.assert_array_equal(epoch(11), epoch(77))
