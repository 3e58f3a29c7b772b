"""Writes a file as cellxgene takes it: without columns of a kind it does not know, and column by column, as it advises."""

import sys

import anndata
import pandas as pd

source, target = sys.argv[1:]
data = anndata.read_h5ad(source)
unknown = [name for name in data.obs if isinstance(data.obs[name].dtype, pd.api.extensions.ExtensionDtype)]
data.obs = data.obs.drop(columns=[name for name in unknown if data.obs[name].dtype != "category"])
data.X = data.X.tocsc()
data.write_h5ad(target)
