//! Made-up datasets: one that comes in several levels of detail and several chunks a gene, one of many columns, and one in
//! three dimensions and on a tissue.

use std::{fs, ops::ControlFlow, path::Path};

use anyhow::Result;
use synthetic::{
    Model, Spec,
    h5ad::{self, Compression, Layout, Options, Raw, Views},
};
use tokio::sync::Mutex;

use crate::{Environment, Graphics, Visit};

/// The large dataset's id on the server.
pub const LARGE: &str = "made-up-600k";

/// Its cells.
pub const N_LARGE_CELLS: usize = 600_000;

/// The id of the small made-up dataset on the server.
pub const SMALL: &str = "made-up-3k";

/// Its cells.
pub const N_SMALL_CELLS: usize = 3_000;

/// The id of the dataset in three dimensions and on a tissue.
pub const VIEWS: &str = "made-up-views";

/// One test at a time makes file and tiles; the others then find them.
static MAKING: Mutex<()> = Mutex::const_new(());

/// A server with the large dataset and a browser beside it. The file and its tiles are made once and kept
/// in the target directory.
///
/// # Errors
/// When they cannot be made, or one of both does not start.
pub async fn large_visit(name: &'static str) -> Result<Visit> {
    made_visit(LARGE, N_LARGE_CELLS, Views::Flat, name).await
}

/// The same with a small dataset, whose columns are of every kind.
///
/// # Errors
/// As [`large_visit`].
pub async fn small_visit(name: &'static str) -> Result<Visit> {
    made_visit(SMALL, N_SMALL_CELLS, Views::Flat, name).await
}

/// The same with a dataset of as many cells, in three dimensions and as spots of a tissue.
///
/// # Errors
/// As [`large_visit`].
pub async fn views_visit(name: &'static str) -> Result<Visit> {
    made_visit(VIEWS, N_SMALL_CELLS, Views::SpaceAndTissue, name).await
}

async fn made_visit(id: &str, n_cells: usize, views: Views, name: &'static str) -> Result<Visit> {
    // Few genes, since these tests are about cells.
    let spec = Spec { n_cells, n_genes: 60, seed: 4 };
    let environment = Environment::read()?;
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../target/e2e-data");
    let file = folder.join(format!("{id}.h5ad"));
    let _making = MAKING.lock().await;
    if !file.is_file() {
        fs::create_dir_all(&folder)?;
        let options = Options { layout: Layout::Csr, compression: Compression::None, raw: Raw::Absent, views };
        h5ad::write(&Model::new(spec)?, &file, options, |_| ControlFlow::Continue(()))?;
    }
    Visit::keeping(environment, &file, &folder.join("tiles"), Graphics::WebGpu, name).await
}
