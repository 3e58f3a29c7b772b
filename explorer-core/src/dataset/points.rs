//! Positions of cells.

use shared_fbs::{
    manifest::{self, NumberKind},
    tile::{Points, Values},
};

use super::{Dataset, DatasetError, Priority, Tiles};
use crate::data::{Embedding, Frame, MAX_UNIT, NO_POSITION, Numbers, Space, assemble};

/// The pack of positions.
const POINTS: &str = "points";

/// The pack of whole entries of `obsm`.
const OBSM: &str = "obsm";

/// Whether an embedding's coordinates are places in an image: `spatial`, as squidpy has it, or `X_spatial`.
pub(super) fn is_spatial(key: &str) -> bool {
    key.strip_prefix("X_").unwrap_or(key).to_ascii_lowercase().starts_with("spatial")
}

/// How 16-bit units of an embedding become the file's coordinates. Those of a spatial embedding are of an image, whose
/// first row is the uppermost.
pub fn frame(embedding: &manifest::Embedding) -> Frame {
    let frame = Frame::new(embedding.origin_x, embedding.origin_y, embedding.step);
    if is_spatial(&embedding.key) { frame.turned_over() } else { frame }
}

/// The space of an embedding of three dimensions; `None` where it has two, or no cell a position.
pub fn space(embedding: &manifest::Embedding) -> Option<Space> {
    let mut tiles = embedding.bounds.iter().filter(|tile| tile.min_x <= tile.max_x);
    let first = tiles.next().filter(|_| embedding.n_dims == 3)?;
    let corners =
        |tile: &manifest::Bounds| ([tile.min_x, tile.min_y, tile.min_z], [tile.max_x, tile.max_y, tile.max_z]);
    let (mut min, mut max) = tiles.fold(corners(first), |(min, max), tile| {
        let (lowest, highest) = corners(tile);
        ([0, 1, 2].map(|axis| lowest[axis].min(min[axis])), [0, 1, 2].map(|axis| highest[axis].max(max[axis])))
    });
    let frame = frame(embedding);
    if frame.is_turned_over() {
        (min[1], max[1]) = (MAX_UNIT - max[1], MAX_UNIT - min[1]);
    }
    Some(Space { frame, origin_z: embedding.origin_z, step_z: embedding.step_z, min, max })
}

impl<T: Tiles> Dataset<T> {
    /// Positions of some tiles of an embedding, by their place in [`Dataset::point_tiles`].
    ///
    /// # Errors
    /// The first tile that cannot be read.
    pub async fn points(&self, embedding: usize, tiles: &[usize]) -> Result<Vec<Points>, T::Error> {
        let first = self.first_point_tile(embedding);
        let tiles: Vec<u32> = tiles.iter().map(|&tile| first + tile as u32).collect();
        let is_turned_over = self.manifest().embeddings.get(embedding).is_some_and(|entry| is_spatial(&entry.key));
        let mut points = self.read(POINTS, &tiles, Priority::Now, Points::decode).await?;
        if is_turned_over {
            let ys = points.iter_mut().flat_map(|tile| &mut tile.ys).filter(|y| **y != NO_POSITION);
            ys.for_each(|y| *y = MAX_UNIT - *y);
        }
        Ok(points)
    }

    /// Takes the positions of one tile, by its place in [`Dataset::point_tiles`], into those of all cells.
    ///
    /// # Errors
    /// When the tile is of another number of cells.
    pub fn place(&self, all: &mut Embedding, embedding: usize, tile: usize, points: &Points) -> Result<(), T::Error> {
        let placed = all.place(&self.point_tiles()[tile], points);
        let first = self.first_point_tile(embedding);
        Ok(placed.map_err(|error| DatasetError::damaged(POINTS, first + tile as u32, error))?)
    }

    /// The positions of all cells in an embedding.
    ///
    /// # Errors
    /// When there is no such embedding, or a tile cannot be read.
    pub async fn positions(&self, embedding: usize) -> Result<Embedding, T::Error> {
        let entry = self.manifest().embeddings.get(embedding);
        let entry = entry.ok_or_else(|| DatasetError::unknown("embedding", &embedding.to_string()))?;
        let mut all = Embedding::nowhere(self.n_obs(), frame(entry), space(entry));
        let tiles: Vec<usize> = (0..self.point_tiles().len()).collect();
        for (tile, points) in self.points(embedding, &tiles).await?.iter().enumerate() {
            self.place(&mut all, embedding, tile, points)?;
            self.breathe().await;
        }
        Ok(all)
    }

    /// A column of an entry of `obsm` as it is in the file, in storage order.
    ///
    /// # Errors
    /// When there is no such embedding or column, or a tile cannot be read.
    pub async fn obsm_column(&self, embedding: usize, column: u32) -> Result<Numbers, T::Error> {
        let entry = self.manifest().embeddings.get(embedding);
        let entry = entry.ok_or_else(|| DatasetError::unknown("embedding", &embedding.to_string()))?;
        let tiles = entry.column_tiles(column);
        let tiles = tiles.ok_or_else(|| DatasetError::unknown("column of an embedding", &column.to_string()))?;
        let indices: Vec<u32> = tiles.iter().collect();
        let numbers = if entry.number == NumberKind::Float64 {
            self.read_wide(OBSM, entry.number, &indices, Priority::Soon).await?
        } else {
            let values = self.read(OBSM, &indices, Priority::Soon, Values::decode).await?;
            Numbers::Float32(values.into_iter().flat_map(|tile| tile.0).collect())
        };
        let checked = assemble::check_length(numbers.len(), self.n_obs());
        checked.map_err(|error| DatasetError::damaged(OBSM, tiles.first, error))?;
        Ok(numbers)
    }

    /// The number of an embedding's first tile in its pack.
    fn first_point_tile(&self, embedding: usize) -> u32 {
        let range = self.manifest().embeddings.get(embedding).and_then(|embedding| embedding.tiles.as_ref());
        range.map_or(0, |range| range.first)
    }
}
