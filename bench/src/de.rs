//! Comparisons and markers of one dataset, from its making to the tables.

use std::path::Path;

use anyhow::Result;
use shared_fbs::path::MANIFEST;
use tessera::dataset::Dataset;

use crate::{
    build, clock, compare,
    data::{Size, generate},
    peers,
    questions::Questions,
    table,
};

/// Build, compare, rank markers; and the same by scanpy.
pub fn print(folder: &Path, size: Size, reuse: bool, with_peers: bool) -> Result<()> {
    println!("## {}\n", size.title());
    let (h5ad, tiles) = (size.h5ad(folder), size.tiles(folder));
    if !reuse || !tiles.join(MANIFEST).is_file() {
        generate(size, &h5ad)?;
        let measures = build::in_fresh_process(&h5ad, &tiles)?;
        build::print(&measures, &Dataset::open(&tiles)?);
    }
    let unit = clock::calibrate();
    println!("Calibration loop: {} (1 × in the tables below).\n", table::time(unit));
    let dataset = Dataset::open(&tiles)?;
    let questions = Questions::ask(&dataset)?;
    compare::print(&questions, unit)?;
    compare::print_markers(&questions, unit)?;
    if with_peers {
        generate(size, &h5ad)?;
        peers::print(&questions, &h5ad, folder)?;
    }
    Ok(())
}
