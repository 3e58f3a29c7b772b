//! Made-up datasets.

use std::{
    fs,
    ops::ControlFlow,
    path::{Path, PathBuf},
};

use anyhow::{Context, Result};
use clap::Args;
use explorer_core::format;
use shared_fbs::path::MANIFEST;
use synthetic::{
    Model, Spec,
    h5ad::{self, Compression, Layout, Options, Raw, Views},
};

use crate::build;

/// The seed of all datasets.
const SEED: u64 = 1;

/// Genes of datasets that are there for their cells: so they stay small on disk.
pub const FEW_GENES: usize = 100;

/// The size of a dataset.
#[derive(Args, Clone, Copy)]
pub struct Size {
    /// Number of cells
    #[arg(long, default_value_t = 100_000)]
    pub cells: usize,
    /// Number of genes
    #[arg(long, default_value_t = 20_000)]
    pub genes: usize,
}

impl Size {
    /// In words.
    pub fn title(self) -> String {
        format!("{} cells × {} genes", format::integer(self.cells as u64), format::integer(self.genes as u64))
    }

    /// Where its file lies.
    pub fn h5ad(self, folder: &Path) -> PathBuf {
        folder.join(format!("{}x{}.h5ad", self.cells, self.genes))
    }

    /// Where its tiles lie.
    pub fn tiles(self, folder: &Path) -> PathBuf {
        folder.join(format!("{}x{}", self.cells, self.genes))
    }
}

/// The directory of tiles, built if it is not there.
pub fn tiles_of(size: Size, folder: &Path) -> Result<PathBuf> {
    let tiles = size.tiles(folder);
    if !tiles.join(MANIFEST).is_file() {
        let h5ad = size.h5ad(folder);
        generate(size, &h5ad)?;
        build::in_fresh_process(&h5ad, &tiles)?;
    }
    Ok(tiles)
}

/// Writes the file, unless it is there.
pub fn generate(size: Size, path: &Path) -> Result<()> {
    if path.is_file() {
        return Ok(());
    }
    eprintln!("generating {}", path.display());
    let folder = path.parent().unwrap_or(Path::new("."));
    fs::create_dir_all(folder).with_context(|| format!("cannot create {}", folder.display()))?;
    let model = Model::new(Spec { n_cells: size.cells, n_genes: size.genes, seed: SEED })?;
    let options = Options { layout: Layout::Csr, compression: Compression::None, raw: Raw::Absent, views: Views::Flat };
    h5ad::write(&model, path, options, |_| ControlFlow::Continue(()))?;
    Ok(())
}
