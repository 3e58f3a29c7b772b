"""Random batches of cells, for training."""

from __future__ import annotations

import warnings
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Literal

import numpy as np
import pandas as pd
import scipy.sparse as sp

from ._dataset import Query, _frame, matrix_of
from ._names import check_names

try:  # torch is optional: without it, batches are iterated as they are.
    from torch.utils.data import IterableDataset as _Iterable
    from torch.utils.data import get_worker_info
except ImportError:
    _Iterable = object

    def get_worker_info() -> None:
        """Without torch there are no workers."""


if TYPE_CHECKING:
    from ._tessera import Slice

#: Cells of a tile, which are read together.
TILE_CELLS = 64


@dataclass(frozen=True)
class Batch:
    """Some cells."""

    #: Cells × genes, float32: an array, or a scipy matrix in compressed rows.
    X: np.ndarray | sp.csr_matrix
    #: The columns of obs that were asked for, one row a cell.
    obs: pd.DataFrame
    #: Rows of the cells in the input (int64).
    rows: np.ndarray


class Batches(_Iterable):
    """The cells of a query in random batches; with torch an ``IterableDataset``, to be given to a ``DataLoader`` with
    ``batch_size=None``.

    Cells lie in tiles of 64, sorted by label. Tiles are dealt out to buffers, each of which has tiles of every part of the
    dataset; within a buffer cells are shuffled. Every epoch has an order of its own. The same seed, epoch and number of
    consumers give the same batches, whatever the number of threads.

    Parameters
    ----------
    query
        Cells and genes: only the genes asked for are decoded.
    batch_size
        Cells of a batch.
    layer
        The layer; ``X`` unless said otherwise.
    obs_columns
        Columns of ``obs`` that come with the cells.
    dense
        Whether ``X`` is an array; otherwise a scipy matrix.
    shuffle
        Whether the order is random; otherwise it is that of the dataset's tiles.
    buffer_cells
        Cells of a buffer, or fewer where consumers would have none: more give batches more like those of a perfect
        shuffle, and take more memory, twice about 5 bytes a value.
    seed
        What random orders begin with.
    rank, world_size
        Which consumer this is, and how many there are; those of ``torch.distributed`` where it runs. Consumers have no cell
        in common, and together all.
    uneven
        What becomes of consumers with more cells than others: ``"keep"`` gives every cell once; ``"drop"`` gives all the
        same number of whole batches; ``"pad"`` too, cells coming a second time where there are too few.
    """

    def __init__(
        self,
        query: Query,
        batch_size: int = 128,
        *,
        layer: str | None = None,
        obs_columns: Sequence[str] = (),
        dense: bool = True,
        shuffle: bool = True,
        buffer_cells: int = 16_384,
        seed: int = 0,
        rank: int | None = None,
        world_size: int | None = None,
        uneven: Literal["keep", "drop", "pad"] = "keep",
    ) -> None:
        if batch_size < 1 or buffer_cells < 1:
            raise ValueError("a batch and a buffer have at least one cell")
        if uneven not in ("keep", "drop", "pad"):
            raise ValueError(f"`uneven` is 'keep', 'drop' or 'pad', and not {uneven!r}")
        check_names(obs_columns, query.dataset.obs_columns, "column of obs", "columns")
        self.query = query
        self.batch_size = batch_size
        self.layer = query.X(layer).layer
        self.obs_columns = list(obs_columns)
        self.dense = dense
        self.shuffle = shuffle
        self.seed = seed
        self.uneven = uneven
        #: The epoch, which grows by one whenever the batches were iterated to their end.
        self.epoch = 0
        self._is_epoch_set = False
        self._done = 0
        self._rank, self._world_size = rank, world_size
        self._tiles_per_buffer = -(-buffer_cells // TILE_CELLS)
        self._numbers = np.sort(query._numbers)

    def set_epoch(self, epoch: int) -> None:
        """Begin an epoch: its order is its own.

        Workers of a ``DataLoader`` cannot tell how many epochs there were. For one rank they take a new order each epoch
        from torch's seed; with several, call this before each epoch, as for torch's ``DistributedSampler``.
        """
        self.epoch, self._done, self._is_epoch_set = epoch, 0, True

    def state_dict(self) -> dict[str, int]:
        """Where this consumer is: the epoch, and the batches of it that were given out."""
        return {"epoch": self.epoch, "batches": self._done, "seed": self.seed}

    def load_state_dict(self, state: dict[str, int]) -> None:
        """Go on where another was: the next batch is the one that it would have given."""
        self.set_epoch(state["epoch"])
        self._done, self.seed = state["batches"], state["seed"]

    def __len__(self) -> int:
        """Batches of this consumer in this epoch, all its workers' together where there are none."""
        consumer, n_consumers = self._consumer()
        return self._n_batches(self._buffers(), consumer, n_consumers)

    def __iter__(self) -> Iterator[Batch]:
        consumer, n_consumers = self._consumer()
        buffers = self._buffers()
        n_batches = self._n_batches(buffers, consumer, n_consumers)
        numbers = range(consumer, len(buffers), n_consumers)
        if self.uneven == "pad" and buffers and not numbers:
            # There are fewer tiles than consumers.
            numbers = range(consumer % len(buffers), len(buffers), len(buffers))
        mine = [self._shuffled(number, buffers[number]) for number in numbers]
        cells = np.concatenate(mine) if mine else np.empty(0, dtype=np.uint32)
        cut = np.cumsum([len(buffer) for buffer in mine])
        if self.uneven == "pad" and len(cells):
            wanted = n_batches * self.batch_size
            again = np.resize(cells, wanted)[len(cells) :]
            cells, cut = np.concatenate([cells, again]), np.append(cut, wanted)
        elif self.uneven == "drop":
            cells = cells[: n_batches * self.batch_size]
        yield from self._batches_of(cells, cut)
        self.epoch, self._done = self.epoch + 1, 0

    def _batches_of(self, cells: np.ndarray, cut: np.ndarray) -> Iterator[Batch]:
        """Batches of cells in this order, read a buffer at a time, the next while one is used."""
        ends = [int(end) for end in np.unique(np.minimum(self._whole_batches(cut), len(cells))) if end > 0]
        if not ends or ends[-1] < len(cells):
            ends.append(len(cells))
        first_cell = self._done * self.batch_size
        parts = [(max(first, first_cell), end) for first, end in zip([0, *ends], ends) if end > first_cell]
        n_columns = self.query.X(self.layer).shape[1]
        with ThreadPoolExecutor(1, thread_name_prefix="tessera-batches") as reader:
            following = [reader.submit(self._read, cells[first:end]) for first, end in parts[:1]]
            for number, (first, end) in enumerate(parts):
                part, obs, rows = following.pop().result()
                following += [reader.submit(self._read, cells[a:b]) for a, b in parts[number + 1 : number + 2]]
                for start in range(0, end - first, self.batch_size):
                    stop = min(start + self.batch_size, end - first)
                    X = part.dense(start, stop) if self.dense else matrix_of(part.csr(start, stop), n_columns)
                    self._done += 1
                    yield Batch(X, obs.iloc[start:stop].reset_index(drop=True), rows[start:stop])

    def _whole_batches(self, cut: np.ndarray) -> np.ndarray:
        """Where buffers end, moved to the ends of batches, so that no batch is of two."""
        return -(-cut // self.batch_size) * self.batch_size

    def _read(self, cells: np.ndarray) -> tuple[Slice | _Repeated, pd.DataFrame, np.ndarray]:
        native, n_columns = self.query.dataset._native, self.query.X(self.layer).shape[1]
        genes = self.query._rows_of_genes(self.layer)
        once, places = np.unique(cells, return_inverse=True)
        part: Slice | _Repeated
        if len(once) == len(cells):
            part = native.slice(self.layer, cells, genes)
        else:
            part = _Repeated(matrix_of(native.slice(self.layer, once, genes).csr(0, len(once)), n_columns)[places])
        return part, self._obs.iloc[np.searchsorted(self._numbers, cells)], native.rows_of(cells)

    @cached_property
    def _obs(self) -> pd.DataFrame:
        """The columns of all the query's cells, in the order of their numbers: read once, they have the same types and
        categories in every batch."""
        batch = self.query.dataset._native.obs(self._numbers, self.obs_columns)
        return _frame(batch, pd.RangeIndex(len(self._numbers)), "pandas")

    def _consumer(self) -> tuple[int, int]:
        """Which consumer of cells this is, and how many there are: ranks, and workers of each."""
        rank, world_size = self._ranks()
        worker = get_worker_info()
        if worker is None:
            return rank, world_size
        return rank * worker.num_workers + worker.id, world_size * worker.num_workers

    def _ranks(self) -> tuple[int, int]:
        if self._rank is None or self._world_size is None:
            return _distributed()
        return self._rank, self._world_size

    def _buffers(self) -> list[np.ndarray]:
        """The cells of every buffer of this epoch, in the order of the tiles."""
        if not len(self._numbers):
            return []
        tiles = np.split(self._numbers, np.flatnonzero(np.diff(self._numbers // TILE_CELLS)) + 1)
        # At least one for each consumer, as long as there are tiles.
        _, n_consumers = self._consumer()
        n_buffers = min(len(tiles), max(-(-len(tiles) // self._tiles_per_buffer), n_consumers))
        if not self.shuffle:
            ends = [len(tiles) * at // n_buffers for at in range(n_buffers + 1)]
            return [np.concatenate(tiles[first:end]) for first, end in zip(ends, ends[1:])]
        # Each buffer has one tile of every stretch of so many consecutive tiles as there are buffers.
        generator = np.random.default_rng(self._order())
        dealt: list[list[int]] = [[] for _ in range(n_buffers)]
        for first in range(0, len(tiles), n_buffers):
            stretch = range(first, min(first + n_buffers, len(tiles)))
            for buffer, tile in zip(generator.permutation(n_buffers), stretch):
                dealt[buffer].append(tile)
        return [np.concatenate([tiles[tile] for tile in buffer]) for buffer in dealt]

    def _shuffled(self, number: int, buffer: np.ndarray) -> np.ndarray:
        if not self.shuffle:
            return buffer
        return np.random.default_rng([*self._order(), number]).permutation(buffer)

    def _order(self) -> list[int]:
        """What the order of this epoch follows from."""
        worker = get_worker_info()
        if worker is None or self._is_epoch_set:
            return [self.seed, self.epoch]
        if self._ranks()[1] > 1:
            warnings.warn(
                "all epochs have one order: workers of several ranks cannot tell how many there were; call "
                "set_epoch(epoch) before each",
                stacklevel=2,
            )
            return [self.seed, self.epoch]
        # The seed of all workers, which torch draws for each epoch.
        return [self.seed, self.epoch, worker.seed - worker.id]

    def _n_batches(self, buffers: list[np.ndarray], consumer: int, n_consumers: int) -> int:
        n_cells = [sum(map(len, buffers[number::n_consumers])) for number in range(n_consumers)]
        if self.uneven == "drop":
            return min(n_cells) // self.batch_size
        return -(-(max(n_cells) if self.uneven == "pad" else n_cells[consumer]) // self.batch_size)


class _Repeated:
    """Cells of which some come more than once."""

    def __init__(self, matrix: sp.csr_matrix) -> None:
        self._matrix = matrix

    def csr(self, first: int, end: int) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        part = self._matrix[first:end]
        return part.indptr, part.indices, part.data

    def dense(self, first: int, end: int) -> np.ndarray:
        return self._matrix[first:end].toarray()


def _distributed() -> tuple[int, int]:
    """Rank and number of processes of torch.distributed, where it runs."""
    try:
        import torch.distributed as distributed
    except ImportError:
        return 0, 1
    if not (distributed.is_available() and distributed.is_initialized()):
        return 0, 1
    return distributed.get_rank(), distributed.get_world_size()
