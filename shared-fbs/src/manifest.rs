//! The manifest: what a dataset holds and where every tile lies.
//!
//! The types are those of `schemas/manifest.fbs`, which documents every field.

use std::ops::Range;

use flatbuffers::VerifierOptions;

use crate::{
    DecodeError, frame,
    generated::manifest_generated::tessera::manifest as wire,
    order, path, segments,
    tile::{self, WantedCells},
};

pub use wire::{
    BlockLevelT as BlockLevel, BoundsT as Bounds, ColumnKind, ColumnMomentsT as ColumnMoments, ColumnT as Column,
    CubeMomentsT as CubeMoments, EmbeddingT as Embedding, LayerT as Layer, ManifestT as Manifest, NumberKind,
    PackT as Pack, PageT as Page, PosterT as Poster, PosterTheme, ScaleFactorT as ScaleFactor,
    SchemaVerdictT as SchemaVerdict, SegmentT as Segment, SpatialImageT as SpatialImage,
    SpatialLibraryT as SpatialLibrary, TileRangeT as TileRange, ValueKind, ValueRangeT as ValueRange, VarT as Var,
    WarningT as Warning,
};

/// The version of the format that this crate writes and reads.
pub const FORMAT_VERSION: u32 = 3;

/// What errors call it, and what is done about an older format.
const WHAT: &str = "dataset";
const REMEDY: &str = "build the dataset again from its file with `tile-server build`";

/// The content id of a dataset that is only looked at while it is being built, by which nothing may be known.
pub const UNKNOWN_CONTENT: &str = "00000000000000000000000000000000";

/// Packs of at most this many tiles have their directory in the manifest; others in pages of as
/// many tiles each.
pub const TILES_PER_PAGE: u32 = 4096;

/// Cells a tile of a column of labels or numbers.
pub const CELLS_PER_COLUMN_TILE: u32 = 1 << 18;

/// Cells a tile of cell ids, of rows, and of other text: small, since they are asked for a cell at a time.
pub const CELLS_PER_TEXT_TILE: u32 = 1 << 14;

/// Cells a tile of one gene's expression.
pub const CELLS_PER_EXPRESSION_TILE: u32 = 1 << 16;

/// Cells a tile of whole cells.
pub const CELLS_PER_CELLS_TILE: u32 = 64;

/// Digits of a content id that tell datasets apart in a link.
pub const SHORT_ID_DIGITS: usize = 12;

/// Where a tile lies in its pack's file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Slot {
    /// First byte of the frame.
    pub offset: u64,
    /// Bytes of the frame.
    pub length: u32,
    /// Checksum of the inflated tile.
    pub checksum: u32,
}

impl Slot {
    /// The bytes of the frame within the pack's file.
    pub fn range(&self) -> Range<u64> {
        self.offset..self.offset + u64::from(self.length)
    }
}

/// The places of consecutive tiles of a pack: a whole small directory, or one page of a large one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Slots {
    first: u32,
    offsets: Vec<u64>,
    checksums: Vec<u32>,
}

impl Slots {
    fn new(first: u32, start: u64, lengths: &[u32], checksums: &[u32]) -> Self {
        let mut offset = start;
        let mut offsets = Vec::with_capacity(lengths.len() + 1);
        offsets.push(offset);
        for &length in lengths {
            offset = offset.saturating_add(u64::from(length));
            offsets.push(offset);
        }
        Self { first, offsets, checksums: checksums.to_vec() }
    }

    /// The place of a tile, by its number in the pack; `None` when it is not among these.
    pub fn get(&self, index: u32) -> Option<Slot> {
        let at = index.checked_sub(self.first)? as usize;
        let checksum = *self.checksums.get(at)?;
        let (offset, end) = (self.offsets[at], self.offsets[at + 1]);
        Some(Slot { offset, length: u32::try_from(end - offset).ok()?, checksum })
    }

    /// The place of the tile that has the byte at an offset of the pack; `None` when it is none of these.
    pub fn at(&self, offset: u64) -> Option<Slot> {
        // The last of those that begin there: tiles without bytes have none there.
        let at = self.offsets.partition_point(|&start| start <= offset).checked_sub(1)?;
        self.get(self.first.checked_add(u32::try_from(at).ok()?)?)
    }
}

/// Where a pack's directory has the entry of a tile.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum DirectoryPlace {
    /// In the manifest.
    Inline(Slots),
    /// In this page, which lies in the pack at this slot.
    Page {
        /// Number of the page.
        page: u32,
        /// Where its own frame lies.
        slot: Slot,
    },
}

impl Pack {
    /// Whether the directory describes every tile; why not.
    pub(crate) fn check_directory(&self) -> Result<(), &'static str> {
        let is_inline = self.page_tiles == 0;
        if is_inline && self.lengths.len() != self.n_tiles as usize || self.lengths.len() != self.checksums.len() {
            return Err("an inline directory does not describe every tile");
        }
        if !is_inline && self.pages.len() != self.n_tiles.div_ceil(self.page_tiles) as usize {
            return Err("a paged directory does not have every page");
        }
        Ok(())
    }

    /// Where the directory entry of a tile is to be found; `None` when the pack has no such tile.
    pub fn directory_of(&self, index: u32) -> Option<DirectoryPlace> {
        if index >= self.n_tiles {
            return None;
        }
        if self.page_tiles == 0 {
            return Some(DirectoryPlace::Inline(Slots::new(0, 0, &self.lengths, &self.checksums)));
        }
        let page = index / self.page_tiles;
        let entry = self.pages.get(page as usize)?;
        let slot = Slot { offset: entry.offset, length: entry.length, checksum: entry.checksum };
        Some(DirectoryPlace::Page { page, slot })
    }

    /// The slots that a page holds, from the page's inflated tile.
    ///
    /// # Errors
    /// When the bytes are not a directory of as many tiles as the manifest says.
    pub fn read_page(&self, page: u32, inflated: &[u8]) -> Result<Slots, DecodeError> {
        let wrong = |reason| DecodeError::Inconsistent { table: "Directory", reason };
        let directory = tile::Directory::decode(inflated)?;
        let entry = self.pages.get(page as usize).ok_or(wrong("the pack has no such page"))?;
        let first = page * self.page_tiles;
        let expected = self.page_tiles.min(self.n_tiles.saturating_sub(first));
        if directory.lengths.len() != expected as usize {
            return Err(wrong("the page describes another number of tiles than the manifest says"));
        }
        Ok(Slots::new(first, entry.tiles_offset, &directory.lengths, &directory.checksums))
    }
}

impl Layer {
    /// Reads a tile of a gene's expression, whichever kind of values the layer has.
    ///
    /// # Errors
    /// When the bytes are no such tile.
    pub fn decode_expression(&self, bytes: &[u8]) -> Result<tile::Expression, DecodeError> {
        match self.kind {
            ValueKind::Float => tile::Expression::decode_floats(bytes),
            _ => tile::Expression::decode_counts(bytes),
        }
    }

    /// Reads the wanted cells of a tile of cells, whichever kind of values the layer has.
    ///
    /// # Errors
    /// When the bytes are no such tile of a layer of `n_genes` genes.
    pub fn decode_cells(&self, bytes: &[u8], wanted: WantedCells, n_genes: u32) -> Result<tile::Cells, DecodeError> {
        match self.kind {
            ValueKind::Float => tile::Cells::decode_floats(bytes, wanted, n_genes),
            _ => tile::Cells::decode_counts(bytes, wanted, n_genes),
        }
    }
}

impl TileRange {
    /// The numbers of the tiles.
    pub fn iter(&self) -> Range<u32> {
        self.first..self.first.saturating_add(self.count)
    }
}

impl Column {
    /// Whether its numbers are kept beside the drawn ones, since those are rounded.
    pub fn has_exact(&self) -> bool {
        self.exact.as_ref().is_some_and(|exact| exact.count > 0)
    }

    /// The first tile of a categorical column, which holds its labels, and those of its codes.
    pub fn label_tiles(&self) -> Option<(u32, TileRange)> {
        let tiles = self.tiles.as_ref()?;
        let codes = TileRange { first: tiles.first.saturating_add(1), count: tiles.count.checked_sub(1)? };
        Some((tiles.first, codes))
    }

    /// Whether its tiles are as many as `n` values take.
    fn is_sound(&self, n: u32) -> bool {
        let count = |range: &Option<TileRange>| range.as_ref().map_or(0, |range| range.count);
        let n_tiles = n.div_ceil(CELLS_PER_COLUMN_TILE);
        let exact = count(&self.exact);
        match self.kind {
            ColumnKind::Categorical => count(&self.tiles) == n_tiles + 1 && self.ranges.is_empty() && exact == 0,
            ColumnKind::Continuous => {
                count(&self.tiles) == n_tiles
                    && self.ranges.len() == n_tiles as usize
                    && (exact == 0 || exact == n_tiles && is_wide(self.number))
            }
            _ => count(&self.tiles) == n.div_ceil(CELLS_PER_TEXT_TILE) && self.ranges.is_empty() && exact == 0,
        }
    }
}

impl Embedding {
    /// The tiles of one column of the whole entry; `None` where it has no such column.
    pub fn column_tiles(&self, column: u32) -> Option<TileRange> {
        let tiles = self.columns.as_ref().filter(|_| column < self.n_columns)?;
        let count = tiles.count / self.n_columns;
        Some(TileRange { first: tiles.first + column * count, count })
    }

    /// Whether its parts agree in a dataset of `n_obs` cells.
    fn is_sound(&self, n_obs: u32) -> bool {
        let count = |range: &Option<TileRange>| range.as_ref().map_or(0, |range| u64::from(range.count));
        let n_column_tiles = u64::from(self.n_columns) * u64::from(n_obs.div_ceil(CELLS_PER_COLUMN_TILE));
        count(&self.tiles) == self.bounds.len() as u64
            && matches!(self.n_dims, 2 | 3)
            && is_step(self.step)
            && (self.n_dims == 2 || is_step(self.step_z))
            && [self.origin_x, self.origin_y, self.origin_z].iter().all(|origin| origin.is_finite())
            && matches!(self.number, NumberKind::Float32 | NumberKind::Float64)
            && count(&self.columns) == n_column_tiles
    }
}

/// Whether coordinates can be so far apart that are a unit apart.
fn is_step(step: f64) -> bool {
    step.is_finite() && step > 0.0
}

/// Whether numbers of this kind take a `Numbers` tile.
fn is_wide(number: NumberKind) -> bool {
    matches!(number, NumberKind::Int | NumberKind::Uint | NumberKind::Float64)
}

impl Manifest {
    /// What the dataset holds as 32 hexadecimal digits: XXH3-128 of the manifest without what only describes it (title,
    /// source, generator, warnings, the verdict of the schema), without posters, and without how packs are hosted. The
    /// manifest names every pack by its content, so packs that differ give another id.
    pub fn content_id_of(&self) -> String {
        let content = Self {
            packs: self.packs.iter().map(|pack| Pack { segments: None, ..pack.clone() }).collect(),
            content_id: String::new(),
            generator: String::new(),
            title: None,
            source: None,
            warnings: Vec::new(),
            posters: None,
            schema: None,
            ..self.clone()
        };
        let mut builder = flatbuffers::FlatBufferBuilder::with_capacity(1 << 14);
        let root = content.pack(&mut builder);
        wire::finish_manifest_buffer(&mut builder, root);
        format!("{:032x}", xxhash_rust::xxh3::xxh3_128(builder.finished_data()))
    }

    /// The content id, unless the dataset is still being built.
    pub fn known_content_id(&self) -> Option<&str> {
        Some(self.content_id.as_str()).filter(|content| *content != UNKNOWN_CONTENT)
    }

    /// The beginning of the content id, which links carry.
    pub fn short_id(&self) -> &str {
        self.content_id.get(..SHORT_ID_DIGITS).unwrap_or_default()
    }

    /// Writes the manifest as the bytes of its file.
    pub fn encode(&self) -> Vec<u8> {
        let mut builder = flatbuffers::FlatBufferBuilder::with_capacity(1 << 14);
        let root = self.pack(&mut builder);
        wire::finish_manifest_buffer(&mut builder, root);
        frame::deflate(builder.finished_data(), 9)
    }

    /// Reads the bytes of a manifest file.
    ///
    /// # Errors
    /// When they are broken, of another format version, or contradict themselves.
    pub fn decode(bytes: &[u8]) -> Result<Self, DecodeError> {
        let content = frame::inflate(bytes)?;
        if content.get(4..8) != Some(wire::MANIFEST_IDENTIFIER.as_bytes()) {
            return Err(DecodeError::Invalid {
                table: "Manifest",
                reason: "the file is not a Tessera manifest".to_owned(),
            });
        }
        // Before all else, since a manifest of another version need not fit the schema of this one.
        let expected = FORMAT_VERSION;
        match stated_version(&content) {
            Some(found) if found < expected => {
                return Err(DecodeError::TooOld { what: WHAT, found, expected, remedy: REMEDY });
            }
            Some(found) if found > expected => return Err(DecodeError::TooNew { what: WHAT, found, expected }),
            // What states none is no manifest, and the verifier says why.
            Some(_) | None => {}
        }
        let options = VerifierOptions { max_tables: 1 << 24, ..VerifierOptions::default() };
        let manifest = wire::root_as_manifest_with_opts(&options, &content)
            .map_err(|error| DecodeError::invalid("Manifest", &error))?
            .unpack();
        manifest.check()?;
        Ok(manifest)
    }

    /// The pack of a name.
    pub fn pack_named(&self, name: &str) -> Option<&Pack> {
        self.packs.iter().find(|pack| pack.name == name)
    }

    /// The column of a name.
    pub fn column(&self, name: &str) -> Option<&Column> {
        self.columns.iter().find(|column| column.name == name)
    }

    /// The pictures of the dataset; older programs made none.
    pub fn all_posters(&self) -> &[Poster] {
        self.posters.as_deref().unwrap_or_default()
    }

    /// The picture of the default embedding in a theme that is at least so many pixels wide or high, or the largest one.
    pub fn poster(&self, theme: PosterTheme, least_px: u32) -> Option<&Poster> {
        self.poster_of(self.default_embedding, theme, least_px)
    }

    /// The same of an embedding, by its place among them.
    pub fn poster_of(&self, embedding: u32, theme: PosterTheme, least_px: u32) -> Option<&Poster> {
        let of_embedding = |poster: &&Poster| poster.embedding == embedding && poster.theme == theme;
        let posters = || self.all_posters().iter().filter(of_embedding);
        let size = |poster: &&Poster| poster.width.max(poster.height);
        posters().filter(|poster| size(poster) >= least_px).min_by_key(size).or_else(|| posters().max_by_key(size))
    }

    /// How the cells are dealt out over levels of detail.
    pub fn levels(&self) -> order::Levels {
        order::Levels::from_boundaries(self.n_obs, &self.level_ranks)
            .expect("decode and the builder admit no other boundaries")
    }

    /// Tiles that one gene's expression takes.
    pub fn tiles_per_gene(&self) -> u32 {
        self.n_obs.div_ceil(CELLS_PER_EXPRESSION_TILE)
    }

    /// Whether every level of a layer's blocks covers all cells, in blocks that those of the level before fill.
    fn are_block_levels_sound(&self, layer: &Layer) -> bool {
        let mut below = CELLS_PER_CELLS_TILE;
        layer.block_levels.iter().all(|level| {
            let cells = level.block_cells;
            let is_sound = cells > below
                && cells.is_multiple_of(below)
                && level.tiles.as_ref().is_some_and(|tiles| tiles.count == self.n_obs.div_ceil(cells));
            below = cells.max(1);
            is_sound
        })
    }

    /// Refuses what would lead a reader astray: ranges outside packs, names that leave the directory.
    fn check(&self) -> Result<(), DecodeError> {
        let wrong = |reason| Err(DecodeError::Inconsistent { table: "Manifest", reason });
        if order::Levels::from_boundaries(self.n_obs, &self.level_ranks).is_none() {
            return wrong("the level boundaries do not ascend from 0 to 64");
        }
        for pack in &self.packs {
            if !is_plain_file_name(&pack.file) {
                return wrong("a pack's file name is not a plain name");
            }
            pack.check_directory().or_else(wrong)?;
            if pack.segments.as_ref().is_some_and(|segments| !segments::are_all_of(segments, pack.n_bytes)) {
                return wrong("the segments of a pack do not make it up");
            }
        }
        let within = |pack: &str, range: Option<&TileRange>| {
            range.is_none_or(|range| {
                range.count == 0
                    || self
                        .pack_named(pack)
                        .is_some_and(|pack| u64::from(range.first) + u64::from(range.count) <= u64::from(pack.n_tiles))
            })
        };
        let mut ranges = vec![("obs", self.cell_ids.as_ref()), ("obs", self.row.as_ref())];
        for embedding in &self.embeddings {
            ranges.push(("points", embedding.tiles.as_ref()));
            ranges.push(("obsm", embedding.columns.as_ref()));
        }
        for column in &self.columns {
            ranges.push(("obs", column.tiles.as_ref()));
            ranges.push(("obs", column.exact.as_ref()));
            ranges.push(("postings", column.postings.as_ref()));
        }
        for column in self.vars.iter().flat_map(|var| &var.columns) {
            ranges.push(("var", column.tiles.as_ref()));
            ranges.push(("var", column.exact.as_ref()));
        }
        for layer in &self.layers {
            let Some(var) = self.vars.get(layer.var as usize) else {
                return wrong("a layer names a gene table that does not exist");
            };
            let tiles = u64::from(var.n_vars) * u64::from(self.tiles_per_gene());
            if self.pack_named(&layer.pack).is_none_or(|pack| u64::from(pack.n_tiles) != tiles) {
                return wrong("a layer's pack does not hold every gene");
            }
            ranges.push(("obs", layer.divisor.as_ref()));
            ranges.push(("obs", layer.corrections.as_ref()));
            if layer.kind == ValueKind::LogNormalizedCounts && layer.divisor.is_none() {
                return wrong("a layer of normalized counts has no divisors");
            }
            let tiles_of_cells = self.n_obs.div_ceil(CELLS_PER_COLUMN_TILE);
            if !layer.divisor.iter().chain(&layer.corrections).all(|range| range.count == tiles_of_cells) {
                return wrong("a layer's divisors or corrections are not one a cell");
            }
            if let Some(pack) = &layer.moments_pack {
                ranges.push((pack, layer.total_moments.as_ref()));
                ranges.extend(layer.column_moments.iter().map(|column| (pack.as_str(), column.tiles.as_ref())));
                ranges.extend(layer.cube.iter().map(|cube| (pack.as_str(), cube.tiles.as_ref())));
                ranges.extend(layer.block_levels.iter().map(|level| (pack.as_str(), level.tiles.as_ref())));
            }
            if let Some(pack) = &layer.cells_pack
                && self.pack_named(pack).is_none_or(|pack| pack.n_tiles != self.n_obs.div_ceil(CELLS_PER_CELLS_TILE))
            {
                return wrong("a layer's pack does not hold every cell");
            }
            if !self.are_block_levels_sound(layer) {
                return wrong("a layer's blocks do not cover its cells, level by level");
            }
            if layer.cube.as_ref().is_some_and(|cube| {
                let n_tiles = cube.tiles.as_ref().map_or(0, |tiles| tiles.count) as usize;
                [cube.codes.len(), cube.by_codes.len(), cube.n_cells.len()] != [n_tiles; 3]
            }) {
                return wrong("a layer's pairs of labels are not one a tile");
            }
        }
        if !ranges.into_iter().all(|(pack, range)| within(pack, range)) {
            return wrong("a range of tiles runs past the end of its pack");
        }
        if !self.embeddings.iter().all(|embedding| embedding.is_sound(self.n_obs)) {
            return wrong("an embedding's tiles, bounds, dimensions or step do not agree");
        }
        let of_cells = self.columns.iter().map(|column| (column, self.n_obs));
        let of_genes = self.vars.iter().flat_map(|var| var.columns.iter().map(|column| (column, var.n_vars)));
        if !of_cells.chain(of_genes).all(|(column, n)| column.is_sound(n)) {
            return wrong("a column has another number of tiles than its values take");
        }
        let is_digit = |byte: u8| byte.is_ascii_digit() || matches!(byte, b'a'..=b'f');
        if self.content_id.len() != 32 || !self.content_id.bytes().all(is_digit) {
            return wrong("the content id is not 32 hexadecimal digits");
        }
        let default_is_there = |default: u32, count: usize| count == 0 || (default as usize) < count;
        if !default_is_there(self.default_embedding, self.embeddings.len())
            || !default_is_there(self.default_layer, self.layers.len())
        {
            return wrong("a default does not exist");
        }
        let is_sound = |poster: &Poster| {
            path::is_poster_file(&poster.file)
                && (poster.embedding as usize) < self.embeddings.len()
                && poster.width > 0
                && poster.height > 0
                && matches!(poster.theme, PosterTheme::Light | PosterTheme::Dark)
        };
        if !self.all_posters().iter().all(is_sound) {
            return wrong("a poster has no size, no embedding, or a file name that is none of a poster");
        }
        Ok(())
    }
}

/// The version that a manifest of any version states: the first field of its root table, in every one. `None` where the
/// bytes are too short to hold it.
fn stated_version(content: &[u8]) -> Option<u32> {
    const FIRST_FIELD: usize = 4;
    let bytes = |at: usize| content.get(at..at.checked_add(4)?)?.first_chunk::<4>();
    let table = u32::from_le_bytes(*bytes(0)?) as usize;
    let vtable = i64::try_from(table).ok()? - i64::from(i32::from_le_bytes(*bytes(table)?));
    let slot = usize::try_from(vtable).ok()?.checked_add(FIRST_FIELD)?;
    let offset = u16::from_le_bytes(*content.get(slot..)?.first_chunk()?);
    match offset {
        // A field that is not there has its default.
        0 => Some(0),
        offset => bytes(table.checked_add(usize::from(offset))?).map(|bytes| u32::from_le_bytes(*bytes)),
    }
}

fn is_plain_file_name(name: &str) -> bool {
    name != path::MANIFEST
        && !name.starts_with('.')
        && !name.is_empty()
        && name.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_' | b'.'))
}

#[cfg(test)]
mod tests;
