//! `seed DATASET CORPUS`: the manifest and some tiles of every pack of a dataset, as inputs of `decode`.

use std::{collections::BTreeMap, env, error::Error, fs, path::Path};

use shared_fbs::{
    frame,
    manifest::{ColumnKind, DirectoryPlace, Manifest, NumberKind, TileRange, ValueKind},
    path::MANIFEST,
};

/// Tiles taken of every range.
const TILES: u32 = 4;

fn main() -> Result<(), Box<dyn Error>> {
    let arguments: Vec<String> = env::args().skip(1).collect();
    let [dataset, corpus] = &arguments[..] else { return Err("usage: seed DATASET CORPUS".into()) };
    let (dataset, corpus) = (Path::new(dataset), Path::new(corpus));
    fs::create_dir_all(corpus)?;
    let bytes = fs::read(dataset.join(MANIFEST))?;
    let manifest = Manifest::decode(&bytes)?;
    let mut seeds: BTreeMap<String, Vec<u8>> = BTreeMap::new();
    let mut add = |name: String, kind: u8, bytes: &[u8]| seeds.insert(name, [&[kind], bytes].concat());
    add("manifest".to_owned(), 16, &frame::inflate(&bytes)?);
    add("manifest-frame".to_owned(), 16, &bytes);
    add("tiles".to_owned(), 18, b"5-9,12");
    for (pack, range, kind) in ranges(&manifest) {
        let Some(pack) = manifest.pack_named(pack) else { continue };
        let file = fs::read(dataset.join(&pack.file))?;
        for index in range.iter().take(TILES as usize) {
            let Some(DirectoryPlace::Inline(slots)) = pack.directory_of(index) else { continue };
            let slot = slots.get(index).ok_or("the directory is short")?.range();
            let tile = &file[slot.start as usize..slot.end as usize];
            add(format!("{}-{index}", pack.name), kind, &frame::inflate(tile)?);
            add(format!("{}-{index}-frame", pack.name), 12, tile);
        }
    }
    for (name, bytes) in &seeds {
        fs::write(corpus.join(name), bytes)?;
    }
    println!("{} seeds", seeds.len());
    Ok(())
}

/// Ranges of tiles with their pack and the number that `decode` knows their kind by.
fn ranges(manifest: &Manifest) -> Vec<(&str, TileRange, u8)> {
    let mut ranges: Vec<(&str, TileRange, u8)> = Vec::new();
    let mut add = |pack, range: Option<&TileRange>, kind| ranges.extend(range.map(|range| (pack, range.clone(), kind)));
    for embedding in &manifest.embeddings {
        add("points", embedding.tiles.as_ref(), 8);
        add("obsm", embedding.columns.as_ref(), if embedding.number == NumberKind::Float64 { 17 } else { 11 });
    }
    let of_cells = manifest.columns.iter().map(|column| ("obs", column));
    let of_genes = manifest.vars.iter().flat_map(|var| var.columns.iter().map(|column| ("var", column)));
    for (pack, column) in of_cells.chain(of_genes) {
        match column.kind {
            ColumnKind::Categorical => {
                let Some((first, codes)) = column.label_tiles() else { continue };
                add(pack, Some(&TileRange { first, count: 1 }), 0);
                add(pack, Some(&codes), 1);
            }
            ColumnKind::Continuous => add(pack, column.tiles.as_ref(), 11),
            _ => add(pack, column.tiles.as_ref(), 10),
        }
        add(pack, column.exact.as_ref(), 17);
        add("postings", column.postings.as_ref(), 9);
    }
    add("obs", manifest.cell_ids.as_ref(), 10);
    for var in &manifest.vars {
        add("var", Some(&TileRange { first: var.tile, count: 1 }), 5);
    }
    for layer in &manifest.layers {
        let kind = if layer.kind == ValueKind::Float { 4 } else { 3 };
        add(&layer.pack, Some(&TileRange { first: 0, count: TILES }), kind);
        if let Some(pack) = &layer.cells_pack {
            add(pack, Some(&TileRange { first: 0, count: TILES }), kind + 11);
        }
        if let Some(pack) = &layer.moments_pack {
            add(pack, layer.total_moments.as_ref(), 7);
        }
    }
    for image in manifest.spatial.iter().flat_map(|library| &library.images) {
        add("images", Some(&TileRange { first: image.tile, count: 1 }), 6);
    }
    ranges
}
