//! The moments of two sets of cells by a given plan, as the page's workers go about it, but natively.

use anyhow::{Result, ensure};
use explorer_core::{
    data::assemble::Rebuild,
    de::{FixedPoints, Moments, Plan, Summing},
};
use rayon::prelude::*;
use shared_fbs::{
    manifest::{Layer, ValueKind},
    tile::{self, Cells},
};
use tessera::{compare::fixed_points, dataset::Dataset};

/// Reads the tiles that a plan names and sums them up, a share in every thread.
///
/// # Errors
/// When tiles are broken, or the layer holds no log-normalised counts, as made-up data does.
pub fn follow(dataset: &Dataset, layer: &Layer, plan: &Plan) -> Result<([Moments; 2], FixedPoints)> {
    ensure!(layer.kind == ValueKind::LogNormalizedCounts, "layer `{}` is no log-normalised counts", layer.name);
    let n_genes = dataset.manifest().vars[layer.var as usize].n_vars;
    let fixed = fixed_points(dataset, layer)?;
    let divisors = if plan.cells.is_empty() { Vec::new() } else { dataset.divisors(layer)? };
    let [cells_pack, moments_pack] =
        [&layer.cells_pack, &layer.moments_pack].map(|pack| pack.as_deref().unwrap_or_default());
    let sum = |share: &Plan| -> Result<Summing> {
        let mut summing = Summing::new(n_genes as usize);
        for part in &share.moments {
            let tile = dataset.decode(moments_pack, part.tile, tile::Moments::decode)?;
            summing.take_moments(&tile, part.signs)?;
        }
        for part in &share.cells {
            let decode = |bytes: &[u8]| Cells::decode_counts(bytes, part.wanted(), n_genes);
            let cells = dataset.decode(cells_pack, part.tile, decode)?;
            summing.take_cells(&cells, part, Rebuild::LogNormalized(&divisors), &fixed)?;
        }
        Ok(summing)
    };
    let sums = plan.shares(rayon::current_num_threads()).par_iter().map(sum).try_reduce(
        || Summing::new(n_genes as usize),
        |mut sums, other| {
            sums.merge(&other);
            Ok(sums)
        },
    )?;
    Ok((sums.finish(plan.n_cells)?, fixed))
}
