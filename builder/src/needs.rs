//! What a build takes, told before it begins.

use h5ad::{H5ad, MatrixInfo};

use crate::Options;

/// Bytes that an entry of a matrix takes at most, about, in all packs: half of that for counts.
const BYTES_PER_ENTRY: u64 = 4;

/// Bytes of scratch space that an entry takes at most, about, while its matrix is written.
const SCRATCH_BYTES_PER_ENTRY: u64 = 5;

/// Bytes of a cell in packs without its matrices, about: its id and columns.
const BYTES_PER_CELL: u64 = 64;

/// Bytes of a cell in memory, about: its id, columns, positions and places.
const MEMORY_BYTES_PER_CELL: u64 = 600;

/// Bytes of memory that any build takes, and of each value that it has in memory.
const MEMORY_BYTES: u64 = 128 << 20;
const MEMORY_BYTES_PER_VALUE: u64 = 12;

/// Files of a dataset that each has, with those that a build has meanwhile.
const FILES: usize = 40;

/// The same for every embedding and for every matrix.
const FILES_PER_EMBEDDING: usize = 4;
const FILES_PER_MATRIX: usize = 3;

/// What a build takes, about, and rather too much than too little.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Needs {
    /// The most memory.
    pub memory_bytes: u64,
    /// The most space, for the dataset and for what waits meanwhile.
    pub space_bytes: u64,
}

/// Entries of a matrix that a build reads.
pub fn n_entries(matrix: &MatrixInfo) -> u64 {
    matrix.nnz.unwrap_or_else(|| (matrix.n_rows as u64).saturating_mul(matrix.n_cols as u64))
}

/// What the build of a file takes.
pub fn needs(file: &H5ad, options: &Options) -> Needs {
    let n_obs = file.n_obs() as u64;
    let (mut all, mut largest) = (0u64, 0);
    for n_entries in file.matrices().iter().map(n_entries) {
        all = all.saturating_add(n_entries);
        largest = n_entries.max(largest);
    }
    // What fits in memory does not wait elsewhere.
    let waiting = largest.saturating_sub(options.values_in_memory);
    let in_memory = largest.min(options.values_in_memory);
    let of_cells = n_obs.saturating_mul(BYTES_PER_CELL);
    let of_entries = all.saturating_mul(BYTES_PER_ENTRY);
    let of_waiting = waiting.saturating_mul(SCRATCH_BYTES_PER_ENTRY);
    Needs {
        memory_bytes: MEMORY_BYTES + n_obs.saturating_mul(MEMORY_BYTES_PER_CELL) + in_memory * MEMORY_BYTES_PER_VALUE,
        space_bytes: of_cells.saturating_add(of_entries).saturating_add(of_waiting),
    }
}

/// Files that the build of a file has at most, for who opens them ahead: those of the dataset and those of scratch space.
pub fn most_files(file: &H5ad) -> usize {
    FILES + file.obsm().len() * FILES_PER_EMBEDDING + file.matrices().len() * FILES_PER_MATRIX
}
