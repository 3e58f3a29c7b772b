//! Checks a dataset: every file against its name, every tile against its checksum and its schema.

use std::{fmt, io};

use rayon::prelude::*;
use shared_fbs::{
    DecodeError,
    manifest::{ColumnKind, Layer, Manifest, NumberKind, Pack, Poster, TileRange},
    path::{MANIFEST, pack_file, poster_file},
    tile::{
        Categories, Codes, Corrections, Genes, Image, Moments, Numbers, Points, Posting, Strings, Values, WantedCells,
    },
};
use xxhash_rust::xxh64::{Xxh64, xxh64};

use crate::{
    dataset::{Dataset, DatasetError},
    files::{Files, read_all},
};

/// How every PNG file begins.
const PNG_SIGNATURE: &[u8] = b"\x89PNG\r\n\x1a\n";

const OTHER_CONTENT: &str = "its content is not the one that its name was made from";

/// What was found.
#[derive(Clone, Debug, Default)]
pub struct VerifyReport {
    /// Tiles that were checked.
    pub n_tiles: u64,
    /// What is damaged: files first, then tiles, those of each pack in order.
    pub damage: Vec<Damage>,
}

/// A file or a tile that is damaged.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Damage {
    /// The file; of a tile, that of its pack.
    pub file: String,
    /// The number of the tile in its pack; `None` where the file as a whole is meant.
    pub tile: Option<u32>,
    /// What is wrong.
    pub kind: DamageKind,
    /// The same in a sentence that names file or tile.
    pub message: String,
}

/// What is wrong with a file or a tile.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum DamageKind {
    /// It is gone, too short, or cannot be read.
    Unreadable,
    /// A file has another content than its name or the manifest says.
    OtherContent,
    /// A tile does not have its checksum.
    Checksum,
    /// A tile is not of the form that it must have.
    Malformed,
}

impl fmt::Display for Damage {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.message)
    }
}

impl Damage {
    /// Of a file as a whole, with what is wrong of it.
    pub fn of_file(file: &str, kind: DamageKind, what: &str) -> Self {
        Self { file: file.to_owned(), tile: None, kind, message: format!("{file}: {what}") }
    }

    /// Of a tile of a file, with why it cannot be read or decoded.
    pub fn of_tile(file: &str, index: u32, error: &DatasetError) -> Self {
        let kind = match error {
            DatasetError::NoManifest { .. }
            | DatasetError::LongManifest { .. }
            | DatasetError::NoTile(_)
            | DatasetError::Read { .. } => DamageKind::Unreadable,
            DatasetError::Tile { source: DecodeError::Checksum { .. }, .. } => DamageKind::Checksum,
            DatasetError::Manifest { .. }
            | DatasetError::Tile { .. }
            | DatasetError::Content(_)
            | DatasetError::Stopped => DamageKind::Malformed,
        };
        Self { file: file.to_owned(), tile: Some(index), kind, message: error.to_string() }
    }
}

/// How the tiles of a range are decoded.
type Decode<'a> = Box<dyn Fn(&[u8]) -> Result<(), DecodeError> + Sync + 'a>;

/// Tiles of a pack that are all decoded in one way.
struct Contents<'a> {
    pack: &'a str,
    tiles: TileRange,
    decode: Decode<'a>,
}

/// Posters whose files are not what their names and the manifest say.
fn damaged_posters(manifest: &Manifest, files: &dyn Files) -> Vec<Damage> {
    let check = |poster: &Poster| {
        let damaged = |kind, what: &str| Damage::of_file(&poster.file, kind, what);
        let mut bytes = Vec::new();
        let read = files.open_poster(&poster.file, poster.n_bytes.into()).and_then(|file| {
            read_all(&*file, |piece| {
                bytes.extend_from_slice(piece);
                Ok(())
            })
        });
        read.map_err(|error| damaged(DamageKind::Unreadable, &error.to_string()))?;
        let is_named = poster_file(xxh64(&bytes, 0)) == poster.file;
        // Signature, then the length and the name of the first chunk, which begins with width and height.
        let size = |at: usize| Some(u32::from_be_bytes(*bytes.get(at..)?.first_chunk()?));
        let is_sized =
            bytes.starts_with(PNG_SIGNATURE) && [size(16), size(20)] == [poster.width, poster.height].map(Some);
        match (is_named, is_sized && bytes.len() as u64 == u64::from(poster.n_bytes)) {
            (true, true) => Ok(()),
            (false, _) => Err(damaged(DamageKind::OtherContent, OTHER_CONTENT)),
            (true, false) => {
                Err(damaged(DamageKind::OtherContent, "it is no picture of the size that the manifest says"))
            }
        }
    };
    manifest.all_posters().par_iter().filter_map(|poster| check(poster).err()).collect()
}

/// Packs whose content is not that which the names of their files tell.
pub fn damaged_packs(packs: &[&Pack], files: &dyn Files) -> Vec<Damage> {
    let check = |pack: &&Pack| match content_name(files, pack) {
        Ok(name) if name == pack.file => None,
        Ok(_) => Some(Damage::of_file(&pack.file, DamageKind::OtherContent, OTHER_CONTENT)),
        Err(error) => Some(Damage::of_file(&pack.file, DamageKind::Unreadable, &error.to_string())),
    };
    packs.par_iter().filter_map(check).collect()
}

/// Checks every pack, every tile and every poster of a dataset, which are among these files.
pub fn verify(dataset: &Dataset, files: &dyn Files) -> VerifyReport {
    let manifest = dataset.manifest();
    let mut damage = damaged_packs(&manifest.packs.iter().collect::<Vec<_>>(), files);
    if manifest.content_id_of() != manifest.content_id {
        let what = "its content id is not the one of what it names";
        damage.push(Damage::of_file(MANIFEST, DamageKind::OtherContent, what));
    }
    damage.extend(damaged_posters(manifest, files));
    let contents = contents(manifest);
    let tiles: Vec<(&Contents<'_>, u32)> =
        contents.iter().flat_map(|contents| contents.tiles.iter().map(move |index| (contents, index))).collect();
    let file_of = |pack: &str| manifest.pack_named(pack).map_or_else(|| pack.to_owned(), |pack| pack.file.clone());
    damage.extend(
        tiles
            .par_iter()
            .filter_map(|&(Contents { pack, decode, .. }, index)| {
                let error = dataset.decode(pack, index, decode).err()?;
                Some(Damage::of_tile(&file_of(pack), index, &error))
            })
            .collect::<Vec<_>>(),
    );
    VerifyReport { n_tiles: tiles.len() as u64, damage }
}

impl<'a> Contents<'a> {
    fn of(pack: &'a str, tiles: Option<&TileRange>, decode: Decode<'a>) -> Option<Self> {
        Some(Self { pack, tiles: tiles?.clone(), decode })
    }
}

/// Whether bytes can be decoded; what they hold is let go.
fn as_a<T: 'static>(decode: fn(&[u8]) -> Result<T, DecodeError>) -> Decode<'static> {
    Box::new(move |bytes| decode(bytes).map(drop))
}

/// Whether a pack's content is that which the name of its file tells.
///
/// # Errors
/// When it cannot be read.
pub fn is_whole(files: &dyn Files, pack: &Pack) -> io::Result<bool> {
    Ok(content_name(files, pack)? == pack.file)
}

/// The file name that a pack's content asks for.
fn content_name(files: &dyn Files, pack: &Pack) -> io::Result<String> {
    let mut hash = Xxh64::new(0);
    read_all(&*files.open(pack)?, |piece| {
        hash.update(piece);
        Ok(())
    })?;
    Ok(pack_file(&pack.name, hash.digest()))
}

/// Every range of tiles that the manifest names, with what the tiles must be.
fn contents(manifest: &Manifest) -> Vec<Contents<'_>> {
    let mut contents = Vec::new();
    let mut add =
        |pack, tiles: Option<&TileRange>, decode: Decode<'static>| contents.extend(Contents::of(pack, tiles, decode));
    for embedding in &manifest.embeddings {
        add("points", embedding.tiles.as_ref(), as_a(Points::decode));
        let whole = if embedding.number == NumberKind::Float64 { as_a(Numbers::decode) } else { as_a(Values::decode) };
        add("obsm", embedding.columns.as_ref(), whole);
    }
    let of_cells = manifest.columns.iter().map(|column| ("obs", column));
    let of_genes = manifest.vars.iter().flat_map(|var| var.columns.iter().map(|column| ("var", column)));
    for (pack, column) in of_cells.chain(of_genes) {
        let tiles = column.tiles.as_ref();
        match column.kind {
            ColumnKind::Categorical => {
                let Some((first, codes)) = column.label_tiles() else { continue };
                add(pack, Some(&TileRange { first, count: 1 }), as_a(Categories::decode));
                add(pack, Some(&codes), as_a(Codes::decode));
            }
            ColumnKind::Continuous => add(pack, tiles, as_a(Values::decode)),
            _ => add(pack, tiles, as_a(Strings::decode)),
        }
        add(pack, column.exact.as_ref(), as_a(Numbers::decode));
        add("postings", column.postings.as_ref(), as_a(Posting::decode));
    }
    add("obs", manifest.cell_ids.as_ref(), as_a(Strings::decode));
    add("obs", manifest.row.as_ref(), as_a(Codes::decode));
    for var in &manifest.vars {
        let tile = TileRange { first: var.tile, count: 1 };
        add("var", Some(&tile), as_a(Genes::decode));
    }
    for image in manifest.spatial.iter().flat_map(|library| &library.images) {
        let tile = TileRange { first: image.tile, count: 1 };
        add("images", Some(&tile), as_a(Image::decode));
    }
    contents.extend(manifest.layers.iter().flat_map(|layer| contents_of_layer(manifest, layer)));
    contents
}

fn contents_of_layer<'a>(manifest: &'a Manifest, layer: &'a Layer) -> Vec<Contents<'a>> {
    let n_genes = manifest.vars[layer.var as usize].n_vars;
    let mut contents = Vec::new();
    let mut add =
        |pack, tiles: Option<&TileRange>, decode: Decode<'a>| contents.extend(Contents::of(pack, tiles, decode));
    let all = |pack: &str| manifest.pack_named(pack).map(|pack| TileRange { first: 0, count: pack.n_tiles });
    let expression = move |bytes: &[u8]| layer.decode_expression(bytes).map(drop);
    add(&layer.pack, all(&layer.pack).as_ref(), Box::new(expression));
    if let Some(pack) = &layer.cells_pack {
        let cells = move |bytes: &[u8]| layer.decode_cells(bytes, WantedCells::MAX, n_genes).map(drop);
        add(pack, all(pack).as_ref(), Box::new(cells));
    }
    add("obs", layer.divisor.as_ref(), as_a(Values::decode));
    add("obs", layer.corrections.as_ref(), as_a(Corrections::decode));
    if let Some(pack) = &layer.moments_pack {
        let columns = layer.column_moments.iter().map(|column| column.tiles.as_ref());
        let cube = layer.cube.iter().map(|cube| cube.tiles.as_ref());
        let blocks = layer.block_levels.iter().map(|level| level.tiles.as_ref());
        for tiles in [layer.total_moments.as_ref()].into_iter().chain(columns).chain(cube).chain(blocks) {
            add(pack, tiles, as_a(Moments::decode));
        }
    }
    contents
}
