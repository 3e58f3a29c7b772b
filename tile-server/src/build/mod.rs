//! Builds a dataset directory from an AnnData file.

pub mod h5ad;
