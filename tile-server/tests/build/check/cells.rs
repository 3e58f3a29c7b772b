//! The tiles of cells hold what those of genes hold.

use shared_fbs::{
    manifest::{CELLS_PER_CELLS_TILE, CELLS_PER_EXPRESSION_TILE, Layer, TileRange, ValueKind},
    tile::{Cells, Expression, ExpressionValues, WantedCells},
};
use tessera::dataset::Dataset;

/// Every gene's (cell, bits) from the tiles of cells are those from its own tiles.
pub fn are_genes_transposed(dataset: &Dataset, layer: &Layer) {
    let manifest = dataset.manifest();
    let n_genes = manifest.vars[layer.var as usize].n_vars;
    let Some(pack) = layer.cells_pack.as_deref() else {
        assert!(layer.has_negative, "{} has no tiles of cells", layer.name);
        return;
    };
    let all = TileRange { first: 0, count: manifest.pack_named(pack).unwrap().n_tiles };
    let decode = |bytes: &[u8]| match layer.kind {
        ValueKind::Float => Cells::decode_floats(bytes, WantedCells::MAX, n_genes),
        _ => Cells::decode_counts(bytes, WantedCells::MAX, n_genes),
    };
    let mut genes = vec![Vec::new(); n_genes as usize];
    let mut cell = 0;
    for (tile, index) in dataset.decode_range(pack, Some(&all), decode).unwrap().iter().zip(0..) {
        assert_eq!(cell, index * CELLS_PER_CELLS_TILE);
        let bits = bits(&tile.values);
        for ends in tile.indptr.windows(2) {
            for at in ends[0] as usize..ends[1] as usize {
                genes[tile.genes[at] as usize].push((cell, bits[at]));
            }
            cell += 1;
        }
    }
    assert_eq!(cell, manifest.n_obs);
    for (gene, found) in (0..).zip(genes) {
        let tiles = dataset.expression(layer, gene).unwrap();
        let expected: Vec<(u32, u32)> =
            (0..).step_by(CELLS_PER_EXPRESSION_TILE as usize).zip(&tiles).flat_map(of_tile).collect();
        assert_eq!(found, expected, "{} gene {gene}", layer.name);
    }
}

fn of_tile((first, tile): (u32, &Expression)) -> impl Iterator<Item = (u32, u32)> {
    tile.cells.iter().map(move |&cell| first + u32::from(cell)).zip(bits(&tile.values))
}

fn bits(values: &ExpressionValues) -> Vec<u32> {
    match values {
        ExpressionValues::Counts(counts) => counts.to_u32(),
        ExpressionValues::Floats(values) => values.iter().map(|value| value.to_bits()).collect(),
    }
}
