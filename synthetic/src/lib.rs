//! Synthetic single-cell data: realistic, of any size, the same for everybody.
//!
//! A [`Model`] is all that a dataset's parameters are, derived from a [`Spec`]: the number of cells, the number of
//! genes and a seed. Every cell is then a function of the model and its index, so any range of cells can be generated
//! by itself, on any number of threads, with the same result. [`h5ad::write`] streams a whole dataset into a file that
//! anndata reads.
//!
//! What is modeled: cell types of a power-law of sizes, related by descent, each with a program of genes; gene
//! abundances over orders of magnitude; donors and samples with batch effects; log-normal library sizes;
//! mitochondrial content; the cell cycle; doublets, trajectories between related types and outliers, which show in the
//! counts and in the embedding alike.
//!
//! ```
//! use synthetic::{Model, Spec};
//!
//! let model = Model::new(Spec { n_cells: 500, n_genes: 300, seed: 1 })?;
//! let matrix = model.matrix(0..500);
//! let types = model.cell_types(0..500);
//! assert_eq!((matrix.n_obs(), types.len()), (500, 500));
//! assert_eq!(model.matrix(100..101).indices, matrix.row(100).0);
//! # Ok::<(), synthetic::SpecError>(())
//! ```

mod alias;
mod catalog;
mod csr;
mod h5;
pub mod h5ad;
mod model;
mod obs;
mod random;
pub mod shelf;

pub use csr::Csr;
pub use model::{Gene, Model, Spec, SpecError, Traits};
pub use obs::{Column, Values};
