"""Statistics of genes."""
