"""Single-cell datasets in tiles: slices, statistics and loaders, out of core.

A dataset is what ``tile-server build FILE.h5ad --out DIR`` writes. It is opened where it lies, and only the tiles that a
question needs are read::

    import tessera

    ds = tessera.open("pbmc")
    query = ds.query(obs="cell_type == 'B cell' and n_genes > 500")
    query.X().csr()              # scipy, cells × genes
    query.to_anndata()
    query.mean_variance()        # from sums that are stored
"""

from ._batches import Batch, Batches
from ._corpus import Corpus, CorpusQuery, open_corpus
from ._dataset import Dataset, Matrix, Query, open
from ._fragment import Fragment
from ._statistics import mean_variance_of
from ._tessera import DatasetError, FilterError, __version__
from ._tessera import LayerMoments as Moments

__all__ = [
    "Batch",
    "Batches",
    "Corpus",
    "CorpusQuery",
    "Dataset",
    "DatasetError",
    "FilterError",
    "Fragment",
    "Matrix",
    "Moments",
    "Query",
    "__version__",
    "mean_variance_of",
    "open",
    "open_corpus",
]
