//! A corpus, read over whatever has its tiles.

use std::sync::OnceLock;

use explorer_core::{
    data::assemble::wide,
    dataset::{Damage, DatasetError, Priority, Tiles},
    de::{FixedPoint, GeneMoments},
};
use expression::Coverage;
use shared_fbs::{
    DecodeError, TileKey,
    corpus::{Corpus as Manifest, Part, TABLES, genes_pack, groups_pack},
    manifest::Pack,
    tile::{Categories, Codes, Genes, Moments, Strings},
};

use crate::{Dimension, Entry, Groups, Term, Values, value};

/// An open corpus, or summary. What was read of genes and groups is kept.
pub struct Corpus<T> {
    manifest: Manifest,
    tiles: T,
    parts: Vec<OpenPart>,
}

struct OpenPart {
    /// By their names. For whoever has the tiles, a pack goes by its file: two parts have packs of one name.
    packs: Vec<(String, Pack)>,
    genes: OnceLock<Genes>,
    values: OnceLock<Vec<Values>>,
    groups: Vec<OnceLock<Groups>>,
    presence: OnceLock<Coverage>,
}

impl<T: Tiles> Corpus<T> {
    /// The corpus of this manifest, with packs among these tiles.
    pub fn new(manifest: Manifest, tiles: T) -> Self {
        let parts = manifest
            .parts
            .iter()
            .map(|part| OpenPart {
                packs: part.dataset_packs().into_iter().map(by_file).collect(),
                genes: OnceLock::new(),
                values: OnceLock::new(),
                groups: part.levels.iter().map(|_| OnceLock::new()).collect(),
                presence: OnceLock::new(),
            })
            .collect();
        Self { manifest, tiles, parts }
    }

    /// Its manifest.
    pub fn manifest(&self) -> &Manifest {
        &self.manifest
    }

    /// Its tiles.
    pub fn tiles(&self) -> &T {
        &self.tiles
    }

    /// The parts of an organism, by their numbers.
    pub fn parts_of(&self, organism: &str) -> Vec<usize> {
        let parts = self.manifest.parts.iter().enumerate();
        parts.filter(|(_, part)| part.organism == organism).map(|(number, _)| number).collect()
    }

    /// The dimensions that groups of a level of a part agree in.
    pub fn dimensions(&self, part: usize, level: usize) -> Vec<Dimension> {
        let level = &self.manifest.parts[part].levels[level];
        level.dimensions.iter().filter_map(|&wire| Dimension::from_wire(wire)).collect()
    }

    /// The level with the fewest groups of those that agree in all of these dimensions.
    pub fn level_with(&self, part: usize, dimensions: &[Dimension]) -> usize {
        let levels = &self.manifest.parts[part].levels;
        let has_all = |level: &usize| {
            let of_level = self.dimensions(part, *level);
            dimensions.iter().all(|dimension| of_level.contains(dimension))
        };
        (0..levels.len()).filter(has_all).min_by_key(|&level| levels[level].n_groups).unwrap_or_default()
    }

    /// The genes of a part, by ascending id.
    ///
    /// # Errors
    /// When they cannot be read.
    pub async fn genes(&self, part: usize) -> Result<&Genes, T::Error> {
        let kept = &self.parts[part].genes;
        if let Some(genes) = kept.get() {
            return Ok(genes);
        }
        let mut tiles = self.read(part, TABLES, &[0], Genes::decode).await?;
        let genes = tiles.pop().unwrap_or_default();
        if genes.ids.len() != self.manifest.parts[part].n_genes as usize {
            return Err(damaged(TABLES, 0, Damage::Genes).into());
        }
        Ok(kept.get_or_init(|| genes))
    }

    /// The terms that cells of a part have, dimension by dimension.
    ///
    /// # Errors
    /// When they cannot be read.
    pub async fn values(&self, part: usize) -> Result<&[Values], T::Error> {
        let kept = &self.parts[part].values;
        if let Some(values) = kept.get() {
            return Ok(values);
        }
        let ids: Vec<u32> = (0..Dimension::ALL.len()).map(Part::ids_tile).collect();
        let labels: Vec<u32> = ids.iter().map(|tile| tile + 1).collect();
        let ids = self.read(part, TABLES, &ids, Categories::decode).await?;
        let labels = self.read(part, TABLES, &labels, Strings::decode).await?;
        let mut values = Vec::new();
        for (dimension, (ids, labels)) in ids.into_iter().zip(labels).enumerate() {
            let ids = ids.labels;
            if labels.0.len() != ids.len() || !ids.is_sorted_by(|a, b| a < b) {
                let reason = "there is not one label an id, or ids do not ascend";
                let error = DecodeError::Inconsistent { table: "Strings", reason };
                return Err(damaged(TABLES, Part::ids_tile(dimension), error).into());
            }
            let term = |(id, label): (String, Option<String>)| Term { label: label.unwrap_or_else(|| id.clone()), id };
            values.push(Values { terms: ids.into_iter().zip(labels.0).map(term).collect() });
        }
        Ok(kept.get_or_init(|| values))
    }

    /// The groups of a level of a part.
    ///
    /// # Errors
    /// When they cannot be read.
    pub async fn groups(&self, part: usize, level: usize) -> Result<&Groups, T::Error> {
        let kept = &self.parts[part].groups[level];
        if let Some(groups) = kept.get() {
            return Ok(groups);
        }
        let of_part = &self.manifest.parts[part];
        let first = of_part.groups_tile(level);
        let tiles: Vec<u32> = (first..of_part.groups_tile(level + 1)).collect();
        let mut codes: Vec<Vec<u32>> = self.read(part, TABLES, &tiles, Codes::decode).await?.iter().map(wide).collect();
        let n_cells = codes.pop().unwrap_or_default();
        let dimensions = self.dimensions(part, level);
        let values = self.values(part).await?;
        let n_groups = of_part.levels[level].n_groups as usize;
        let is_sound = |(codes, &dimension): (&Vec<u32>, &Dimension)| {
            let n_terms = values[dimension as usize].terms.len();
            codes.len() == n_groups && codes.iter().all(|&code| (code as usize) < n_terms)
        };
        if n_cells.len() != n_groups || !codes.iter().zip(&dimensions).all(is_sound) {
            let reason = "a column of groups has another length, or codes that lead to no term";
            return Err(damaged(TABLES, first, DecodeError::Inconsistent { table: "Codes", reason }).into());
        }
        Ok(kept.get_or_init(|| Groups { dimensions, codes, n_cells }))
    }

    /// What genes of a part, by their numbers, add up to over groups of a level: of every gene the groups that have a value.
    ///
    /// # Errors
    /// When a tile cannot be read.
    pub async fn moments(&self, part: usize, level: usize, genes: &[u32]) -> Result<Vec<Vec<Entry>>, T::Error> {
        let pack = genes_pack(level);
        self.entries(part, &pack, genes, self.manifest.parts[part].levels[level].n_groups).await
    }

    /// What all genes of a part add up to over groups of a level that has tiles by group, by their numbers: of every group the
    /// genes that have a value. The finest level has such tiles.
    ///
    /// # Errors
    /// When a tile cannot be read.
    pub async fn moments_of_groups(
        &self,
        part: usize,
        level: usize,
        groups: &[u32],
    ) -> Result<Vec<Vec<Entry>>, T::Error> {
        self.entries(part, &groups_pack(level), groups, self.manifest.parts[part].n_genes).await
    }

    /// Where what was read of a part's presence is kept.
    pub(crate) fn kept_presence(&self, part: usize) -> &OnceLock<Coverage> {
        &self.parts[part].presence
    }

    /// Bytes of a pack of a part; `None` where it has none of this name.
    pub(crate) fn pack_bytes(&self, part: usize, pack: &str) -> Option<u64> {
        let (_, pack) = self.parts[part].packs.iter().find(|(name, _)| name == pack)?;
        Some(pack.n_bytes)
    }

    /// From sums to numbers.
    pub fn fixed_point(&self) -> FixedPoint {
        value::fixed_point(&self.manifest)
    }

    async fn entries(&self, part: usize, pack: &str, tiles: &[u32], limit: u32) -> Result<Vec<Vec<Entry>>, T::Error> {
        let decode = |bytes: &[u8]| {
            let tile = Moments::decode(bytes)?;
            match tile.entries.last() {
                Some(&last) if last >= limit => {
                    let reason = "an entry leads to no group or gene";
                    Err(DecodeError::Inconsistent { table: "Moments", reason })
                }
                Some(_) | None => Ok(unpack(&tile)),
            }
        };
        self.read(part, pack, tiles, decode).await
    }

    /// Tiles of a pack of a part.
    pub(crate) async fn read<R>(
        &self,
        part: usize,
        pack: &str,
        tiles: &[u32],
        decode: impl Fn(&[u8]) -> Result<R, DecodeError>,
    ) -> Result<Vec<R>, T::Error> {
        let unknown = || DatasetError::Unknown { kind: "pack", name: pack.to_owned() };
        let (_, file) = self.parts[part].packs.iter().find(|(name, _)| name == pack).ok_or_else(unknown)?;
        let answers = self.tiles.tiles(file, tiles, Priority::Now).await;
        let mut decoded = Vec::with_capacity(tiles.len());
        for (answer, &tile) in answers.into_iter().zip(tiles) {
            self.tiles.breathe().await;
            let bytes = answer?;
            decoded.push(decode(bytes.as_ref()).map_err(|error| damaged(pack, tile, error))?);
        }
        Ok(decoded)
    }
}

fn by_file(pack: Pack) -> (String, Pack) {
    (pack.name, Pack { name: pack.file.clone(), ..pack })
}

/// The error of a tile that contradicts others.
pub(crate) fn damaged(pack: &str, index: u32, damage: impl Into<Damage>) -> DatasetError {
    DatasetError::Tile { tile: TileKey { pack: pack.into(), index }, damage: damage.into() }
}

fn unpack(tile: &Moments) -> Vec<Entry> {
    let columns = tile.n_nonzero.iter().zip(&tile.sums).zip(&tile.sums_sq);
    let moments = columns.map(|((&n_nonzero, &sum), &sum_sq)| GeneMoments { n_nonzero, sum, sum_sq });
    tile.entries.iter().copied().zip(moments).collect()
}

/// The tile of entries that ascend, out of so many cells.
#[cfg(feature = "build")]
pub(crate) fn pack(entries: &[Entry], n_cells: u64) -> Moments {
    let mut tile = Moments { n_cells, ..Moments::default() };
    for &(number, moments) in entries {
        tile.entries.push(number);
        tile.n_nonzero.push(moments.n_nonzero);
        tile.sums.push(moments.sum);
        tile.sums_sq.push(moments.sum_sq);
    }
    tile
}
