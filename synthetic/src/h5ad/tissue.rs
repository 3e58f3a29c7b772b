//! Spots on a tissue with its image, as Space Ranger and scanpy have them.

use std::io::{self, Seek, Write};

use super::{empty_group, encoding};
use crate::h5::{Address, Datatype, Scalar, Writer};

/// Spots in rows, every other one shifted by half a spot, on an image that tells its own places: red grows to the right
/// and green downwards, from 0 to 1.
///
/// `uns/spatial` has one library of it with the images `hires` and `lowres`. Coordinates are pixels of an image in full
/// resolution, which is not kept.
#[derive(Clone, Copy, Debug)]
pub struct Tissue {
    columns: usize,
    rows: usize,
}

impl Tissue {
    /// Pixels in full resolution from a spot to the next one of its row.
    pub const PITCH: f64 = 100.0;
    /// Pixels in full resolution across a spot.
    pub const SPOT_DIAMETER: f64 = 55.0;
    /// Pixels of `hires` a pixel in full resolution.
    pub const HIRES_SCALE: f64 = 0.1;
    /// Pixels of `lowres` a pixel in full resolution.
    pub const LOWRES_SCALE: f64 = 0.03;
    /// Blue of the image.
    pub const BLUE: f32 = 0.5;
    /// Pixels in full resolution from an edge to the nearest spots.
    const MARGIN: f64 = 300.0;

    /// The tissue of so many spots.
    pub fn of(n_spots: usize) -> Self {
        let columns = (n_spots as f64).sqrt().ceil().max(1.0) as usize;
        Self { columns, rows: n_spots.div_ceil(columns) }
    }

    /// Where the middle of a spot is, in pixels in full resolution: to the right and downwards.
    pub fn spot(&self, spot: usize) -> [f32; 2] {
        let (row, column) = (spot / self.columns, spot % self.columns);
        let shift = (row % 2) as f64 / 2.0;
        let place = [column as f64 + shift, row as f64];
        place.map(|steps| (Self::MARGIN + Self::PITCH * steps) as f32)
    }

    /// Width and height in full resolution.
    pub fn extent(&self) -> [f64; 2] {
        [self.columns, self.rows].map(|spots| 2.0 * Self::MARGIN + Self::PITCH * spots as f64)
    }

    /// Width and height of an image of that scale.
    pub fn image_size(&self, scale: f64) -> [u64; 2] {
        self.extent().map(|side| (side * scale).round() as u64)
    }

    /// Writes `uns/spatial`.
    pub(super) fn write<W: Write + Seek>(&self, file: &mut Writer<W>) -> io::Result<Address> {
        let dict = || encoding("dict", "0.1.0");
        let images =
            [("hires", self.image(file, Self::HIRES_SCALE)?), ("lowres", self.image(file, Self::LOWRES_SCALE)?)];
        let images = file.group(&images, &dict())?;
        let mut factor = |factor: f64| {
            file.dataset(Datatype::F64, None, &f64::bytes_of(&[factor]), &encoding("numeric-scalar", "0.2.0"))
        };
        let factors = [
            ("fiducial_diameter_fullres", factor(Self::SPOT_DIAMETER * 1.6)?),
            ("spot_diameter_fullres", factor(Self::SPOT_DIAMETER)?),
            ("tissue_hires_scalef", factor(Self::HIRES_SCALE)?),
            ("tissue_lowres_scalef", factor(Self::LOWRES_SCALE)?),
        ];
        let factors = file.group(&factors, &dict())?;
        let metadata = empty_group(file)?;
        let library = file.group(&[("images", images), ("metadata", metadata), ("scalefactors", factors)], &dict())?;
        file.group(&[("synthetic_tissue", library)], &dict())
    }

    fn image<W: Write + Seek>(&self, file: &mut Writer<W>, scale: f64) -> io::Result<Address> {
        let [width, height] = self.image_size(scale);
        let share = |at: u64, of: u64| at as f32 / (of - 1).max(1) as f32;
        let row = |y: u64| (0..width).flat_map(move |x| [share(x, width), share(y, height), Self::BLUE]);
        let intensities: Vec<f32> = (0..height).flat_map(row).collect();
        file.dataset(
            Datatype::F32,
            Some(&[height, width, 3]),
            &f32::bytes_of(&intensities),
            &encoding("array", "0.2.0"),
        )
    }
}
