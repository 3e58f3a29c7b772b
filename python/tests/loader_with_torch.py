"""Batches in torch's DataLoader; run by `cargo xtask python --torch`."""

import numpy as np
import torch
from torch.utils.data import DataLoader, IterableDataset


def as_tensor(batch):
    return torch.from_numpy(batch.X), batch.rows


def test_a_loader_with_workers_gives_every_cell_in_a_new_order_each_epoch(made_dataset):
    query = made_dataset.query(obs="cell_type in ['T cell', 'NK cell']")
    batches = query.batches(128, buffer_cells=512)
    assert isinstance(batches, IterableDataset)
    loader = DataLoader(batches, batch_size=None, num_workers=2, collate_fn=as_tensor)
    epochs = [np.concatenate([rows for _, rows in loader]) for _ in range(2)]
    for rows in epochs:
        np.testing.assert_array_equal(np.sort(rows), query.obs_joinids)
    assert not np.array_equal(*epochs)
    assert next(iter(loader))[0].shape == (128, 400)
