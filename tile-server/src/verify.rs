//! Checks a dataset: every file against its name, every tile against its checksum and its schema.

use std::{
    fs::File,
    io::{self, Read},
    path::Path,
};

use rayon::prelude::*;
use shared_fbs::{
    DecodeError,
    manifest::{ColumnKind, Manifest, TileRange, ValueKind},
    path::pack_file,
    tile::{Categories, Codes, Expression, Genes, Image, Moments, Points, Posting, Strings, Values},
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

/// How the tiles of a range are decoded.
type Decode = fn(&[u8]) -> Result<(), DecodeError>;

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
    let tiles: Vec<(&str, u32, Decode)> = contents(manifest)
        .into_iter()
        .flat_map(|(pack, range, decode)| range.iter().map(move |index| (pack, index, decode)))
        .collect();
    damage.extend(
        tiles
            .par_iter()
            .filter_map(|&(pack, index, decode)| dataset.decode(pack, index, decode).err())
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
fn contents(manifest: &Manifest) -> Vec<(&str, TileRange, Decode)> {
    let mut contents: Vec<(&str, TileRange, Decode)> = Vec::new();
    let mut add = |pack, range: Option<&TileRange>, decode| {
        contents.extend(range.map(|range| (pack, range.clone(), decode)));
    };
    for embedding in &manifest.embeddings {
        add("points", embedding.tiles.as_ref(), |bytes| Points::decode(bytes).map(drop));
    }
    for column in &manifest.columns {
        let tiles = column.tiles.as_ref();
        match column.kind {
            ColumnKind::Categorical => {
                let head = tiles.map(|tiles| TileRange { first: tiles.first, count: 1 });
                let codes =
                    tiles.map(|tiles| TileRange { first: tiles.first + 1, count: tiles.count.saturating_sub(1) });
                add("obs", head.as_ref(), |bytes| Categories::decode(bytes).map(drop));
                add("obs", codes.as_ref(), |bytes| Codes::decode(bytes).map(drop));
            }
            ColumnKind::Continuous => add("obs", tiles, |bytes| Values::decode(bytes).map(drop)),
            _ => add("obs", tiles, |bytes| Strings::decode(bytes).map(drop)),
        }
        add("postings", column.postings.as_ref(), |bytes| Posting::decode(bytes).map(drop));
    }
    add("obs", manifest.cell_ids.as_ref(), |bytes| Strings::decode(bytes).map(drop));
    add("obs", manifest.row.as_ref(), |bytes| Codes::decode(bytes).map(drop));
    for var in &manifest.vars {
        let tile = TileRange { first: var.tile, count: 1 };
        add("var", Some(&tile), |bytes| Genes::decode(bytes).map(drop));
    }
    for image in manifest.spatial.iter().flat_map(|library| &library.images) {
        let tile = TileRange { first: image.tile, count: 1 };
        add("images", Some(&tile), |bytes| Image::decode(bytes).map(drop));
    }
    for layer in &manifest.layers {
        let n_tiles = manifest.vars[layer.var as usize].n_vars * manifest.tiles_per_gene();
        let genes = TileRange { first: 0, count: n_tiles };
        let decode: Decode = match layer.kind {
            ValueKind::Float => |bytes| Expression::decode_floats(bytes).map(drop),
            _ => |bytes| Expression::decode_counts(bytes).map(drop),
        };
        add(&layer.pack, Some(&genes), decode);
        add("obs", layer.divisor.as_ref(), |bytes| Values::decode(bytes).map(drop));
        if let Some(pack) = &layer.moments_pack {
            let decode: Decode = |bytes| Moments::decode(bytes).map(drop);
            add(pack, layer.total_moments.as_ref(), decode);
            for column in &layer.column_moments {
                add(pack, column.tiles.as_ref(), decode);
            }
        }
    }
    contents
}
