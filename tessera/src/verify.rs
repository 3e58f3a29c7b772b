//! Checks a dataset: every file against its name, every tile against its checksum and its schema.

use std::{
    fs::File,
    io::{self, Read},
    path::Path,
};

use rayon::prelude::*;
use shared_fbs::{
    DecodeError,
    manifest::{ColumnKind, Layer, Manifest, TileRange, ValueKind},
    path::pack_file,
    tile::{
        Categories, Cells, Codes, Expression, Genes, Image, Moments, Points, Posting, Strings, Values, WantedCells,
    },
};
use xxhash_rust::xxh64::Xxh64;

use crate::dataset::Dataset;

/// What was found.
#[derive(Clone, Debug, Default)]
pub struct VerifyReport {
    /// Tiles that were checked.
    pub n_tiles: u64,
    /// What is damaged, a sentence each.
    pub damage: Vec<String>,
}

/// How the tiles of a range are decoded; the number is that of the genes of their layer.
type Decode = fn(&[u8], u32) -> Result<(), DecodeError>;

/// Tiles of a pack that are all decoded in one way.
struct Contents<'a> {
    pack: &'a str,
    tiles: TileRange,
    n_genes: u32,
    decode: Decode,
}

/// Checks every pack and every tile of a dataset.
pub fn verify(dataset: &Dataset, directory: &Path) -> VerifyReport {
    let manifest = dataset.manifest();
    let mut damage: Vec<String> = manifest
        .packs
        .par_iter()
        .filter_map(|pack| match content_name(&directory.join(&pack.file), &pack.name) {
            Ok(name) if name == pack.file => None,
            Ok(_) => Some(format!("{}: its content is not the one that its name was made from", pack.file)),
            Err(error) => Some(format!("{}: {error}", pack.file)),
        })
        .collect();
    let contents = contents(manifest);
    let tiles: Vec<(&Contents<'_>, u32)> =
        contents.iter().flat_map(|contents| contents.tiles.iter().map(move |index| (contents, index))).collect();
    damage.extend(
        tiles
            .par_iter()
            .filter_map(|&(contents, index)| {
                let decode = |bytes: &[u8]| (contents.decode)(bytes, contents.n_genes);
                dataset.decode(contents.pack, index, decode).err()
            })
            .map(|error| error.to_string())
            .collect::<Vec<_>>(),
    );
    VerifyReport { n_tiles: tiles.len() as u64, damage }
}

/// The file name that a pack's content asks for.
fn content_name(path: &Path, pack: &str) -> io::Result<String> {
    let mut file = File::open(path)?;
    let mut hash = Xxh64::new(0);
    let mut buffer = vec![0; 1 << 18];
    loop {
        match file.read(&mut buffer)? {
            0 => return Ok(pack_file(pack, hash.digest())),
            n => hash.update(&buffer[..n]),
        }
    }
}

/// Every range of tiles that the manifest names, with what the tiles must be.
fn contents(manifest: &Manifest) -> Vec<Contents<'_>> {
    let mut contents = Vec::new();
    let mut add = |pack, tiles: Option<&TileRange>, decode: Decode| {
        contents.extend(tiles.map(|tiles| Contents { pack, tiles: tiles.clone(), n_genes: 0, decode }));
    };
    for embedding in &manifest.embeddings {
        add("points", embedding.tiles.as_ref(), |bytes, _| Points::decode(bytes).map(drop));
    }
    for column in &manifest.columns {
        let tiles = column.tiles.as_ref();
        match column.kind {
            ColumnKind::Categorical => {
                let head = tiles.map(|tiles| TileRange { first: tiles.first, count: 1 });
                let codes =
                    tiles.map(|tiles| TileRange { first: tiles.first + 1, count: tiles.count.saturating_sub(1) });
                add("obs", head.as_ref(), |bytes, _| Categories::decode(bytes).map(drop));
                add("obs", codes.as_ref(), |bytes, _| Codes::decode(bytes).map(drop));
            }
            ColumnKind::Continuous => add("obs", tiles, |bytes, _| Values::decode(bytes).map(drop)),
            _ => add("obs", tiles, |bytes, _| Strings::decode(bytes).map(drop)),
        }
        add("postings", column.postings.as_ref(), |bytes, _| Posting::decode(bytes).map(drop));
    }
    add("obs", manifest.cell_ids.as_ref(), |bytes, _| Strings::decode(bytes).map(drop));
    add("obs", manifest.row.as_ref(), |bytes, _| Codes::decode(bytes).map(drop));
    for var in &manifest.vars {
        let tile = TileRange { first: var.tile, count: 1 };
        add("var", Some(&tile), |bytes, _| Genes::decode(bytes).map(drop));
    }
    for image in manifest.spatial.iter().flat_map(|library| &library.images) {
        let tile = TileRange { first: image.tile, count: 1 };
        add("images", Some(&tile), |bytes, _| Image::decode(bytes).map(drop));
    }
    contents.extend(manifest.layers.iter().flat_map(|layer| contents_of_layer(manifest, layer)));
    contents
}

fn contents_of_layer<'a>(manifest: &'a Manifest, layer: &'a Layer) -> Vec<Contents<'a>> {
    let n_genes = manifest.vars[layer.var as usize].n_vars;
    let mut contents = Vec::new();
    let mut add = |pack, tiles: Option<&TileRange>, decode: Decode| {
        contents.extend(tiles.map(|tiles| Contents { pack, tiles: tiles.clone(), n_genes, decode }));
    };
    let all = |pack: &str| manifest.pack_named(pack).map(|pack| TileRange { first: 0, count: pack.n_tiles });
    let (genes, cells): (Decode, Decode) = match layer.kind {
        ValueKind::Float => (
            |bytes, _| Expression::decode_floats(bytes).map(drop),
            |bytes, n_genes| Cells::decode_floats(bytes, WantedCells::MAX, n_genes).map(drop),
        ),
        _ => (
            |bytes, _| Expression::decode_counts(bytes).map(drop),
            |bytes, n_genes| Cells::decode_counts(bytes, WantedCells::MAX, n_genes).map(drop),
        ),
    };
    add(&layer.pack, all(&layer.pack).as_ref(), genes);
    if let Some(pack) = &layer.cells_pack {
        add(pack, all(pack).as_ref(), cells);
    }
    add("obs", layer.divisor.as_ref(), |bytes, _| Values::decode(bytes).map(drop));
    if let Some(pack) = &layer.moments_pack {
        let columns = layer.column_moments.iter().map(|column| column.tiles.as_ref());
        let cube = layer.cube.iter().map(|cube| cube.tiles.as_ref());
        let blocks = layer.block_levels.iter().map(|level| level.tiles.as_ref());
        for tiles in [layer.total_moments.as_ref()].into_iter().chain(columns).chain(cube).chain(blocks) {
            add(pack, tiles, |bytes, _| Moments::decode(bytes).map(drop));
        }
    }
    contents
}
