//! Images of tissues, and where they lie under the spots.

use shared_fbs::{
    manifest::{self, Manifest},
    tile::Image,
};

use super::{Dataset, Priority, Tiles, points::is_spatial};

/// The pack of images.
const IMAGES: &str = "images";

/// Images from the one to show first: by their keys, as Space Ranger and scanpy have them.
const KEYS: [&str; 2] = ["hires", "lowres"];

/// An image of a tissue: of a library in `uns/spatial`, the finest that the file has.
#[derive(Clone, Debug, PartialEq)]
pub struct Tissue {
    /// The library's name.
    pub library: String,
    /// Pixels a row, and rows.
    pub size: [u32; 2],
    /// Pixels of the image per unit of the coordinates: `tissue_hires_scalef`.
    pub scale: f64,
    /// Width of a spot in the units of the coordinates: `spot_diameter_fullres`.
    pub spot_diameter: Option<f64>,
    tile: u32,
}

impl Tissue {
    /// The libraries of a dataset that have an image whose scale is known, in the file's order.
    pub fn all_of(manifest: &Manifest) -> Vec<Self> {
        manifest.spatial.iter().filter_map(Self::of).collect()
    }

    /// Those that lie under an embedding: none unless its coordinates are places in an image, over more than a pixel of
    /// which they extend. A spot wider than all of them is a mistake of the file's and has no diameter.
    pub fn all_under(manifest: &Manifest, embedding: &manifest::Embedding) -> Vec<Self> {
        if !is_spatial(&embedding.key) || embedding.n_dims != 2 {
            return Vec::new();
        }
        let span = embedding.step * f64::from(u16::MAX);
        let mut tissues = Self::all_of(manifest);
        tissues.retain(|tissue| span * tissue.scale >= 1.0);
        for tissue in &mut tissues {
            tissue.spot_diameter = tissue.spot_diameter.filter(|&diameter| diameter <= span);
        }
        tissues
    }

    fn of(library: &manifest::SpatialLibrary) -> Option<Self> {
        let factor = |name: &str| {
            let factor = library.scale_factors.iter().find(|factor| factor.name == name)?;
            Some(factor.value).filter(|value| value.is_finite() && *value > 0.0)
        };
        let known = KEYS.iter().filter_map(|key| library.images.iter().find(|image| image.key == *key));
        let mut images = known.filter(|image| image.width > 0 && image.height > 0);
        let (image, scale) =
            images.find_map(|image| Some((image, factor(&format!("tissue_{}_scalef", image.key))?)))?;
        Some(Self {
            library: library.name.clone(),
            size: [image.width, image.height],
            scale,
            spot_diameter: factor("spot_diameter_fullres"),
            tile: image.tile,
        })
    }

    /// Where the image's edges are in coordinates: the least of x and y, then the greatest. A whole number of pixels is the
    /// middle of one, as matplotlib draws an image, and so scanpy's `sc.pl.spatial`.
    pub fn edges(&self) -> [[f64; 2]; 2] {
        let edge = |pixels: f64| (pixels - 0.5) / self.scale;
        [[edge(0.0); 2], self.size.map(|side| edge(f64::from(side)))]
    }
}

impl<T: Tiles> Dataset<T> {
    /// The pixels of an image of a library, as they are in the file.
    ///
    /// # Errors
    /// When its tile cannot be read.
    pub async fn library_image(&self, image: &manifest::SpatialImage) -> Result<Option<Image>, T::Error> {
        Ok(self.read(IMAGES, &[image.tile], Priority::Background, Image::decode).await?.into_iter().next())
    }

    /// The pixels of a tissue's image, no more than so many a side: of a larger one each is the mean of some.
    ///
    /// # Errors
    /// When its tile cannot be read.
    pub async fn tissue_pixels(&self, tissue: &Tissue, most: u32) -> Result<RgbaImage, T::Error> {
        let images = self.read(IMAGES, &[tissue.tile], Priority::Soon, Image::decode).await?;
        let mut image = images.first().map(RgbaImage::of).unwrap_or_default();
        while image.size.iter().any(|&side| side > most.max(1)) {
            self.breathe().await;
            image = image.halved();
        }
        Ok(image)
    }
}

/// An image of red, green, blue and opacity, a byte each, row by row.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct RgbaImage {
    /// Pixels a row, and rows.
    pub size: [u32; 2],
    /// Four bytes a pixel.
    pub bytes: Vec<u8>,
}

impl RgbaImage {
    /// The image of a tile.
    pub fn of(image: &Image) -> Self {
        let pixels = image.data.chunks_exact(usize::from(image.channels.max(1)));
        let bytes = pixels.flat_map(|pixel| match *pixel {
            [gray] => [gray, gray, gray, u8::MAX],
            [red, green, blue] => [red, green, blue, u8::MAX],
            [red, green, blue, opacity] => [red, green, blue, opacity],
            _ => [0; 4],
        });
        Self { size: [image.width, image.height], bytes: bytes.collect() }
    }

    /// The image at half its width and height, rounded up: each pixel the mean of four.
    #[must_use]
    fn halved(&self) -> Self {
        let [width, height] = self.size;
        let size = self.size.map(|side| side.div_ceil(2));
        let at = |x: u32, y: u32| 4 * (y.min(height - 1) as usize * width as usize + x.min(width - 1) as usize);
        let mean = |x: u32, y: u32| {
            let four = [at(2 * x, 2 * y), at(2 * x + 1, 2 * y), at(2 * x, 2 * y + 1), at(2 * x + 1, 2 * y + 1)];
            [0, 1, 2, 3].map(|channel| {
                let sum: u32 = four.iter().map(|pixel| u32::from(self.bytes[pixel + channel])).sum();
                ((sum + 2) / 4) as u8
            })
        };
        let bytes = (0..size[1]).flat_map(|y| (0..size[0]).map(move |x| (x, y))).flat_map(|(x, y)| mean(x, y));
        Self { size, bytes: bytes.collect() }
    }
}

#[cfg(test)]
mod tests {
    use shared_fbs::manifest::{ScaleFactor, SpatialImage, SpatialLibrary};

    use super::*;

    fn library(images: &[&str], factors: &[(&str, f64)]) -> SpatialLibrary {
        let image = |(tile, key): (u32, &&str)| SpatialImage { key: (*key).to_owned(), width: 200, height: 100, tile };
        let factor = |&(name, value): &(&str, f64)| ScaleFactor { name: name.to_owned(), value };
        SpatialLibrary {
            name: "slice".to_owned(),
            images: (0..).zip(images).map(image).collect(),
            scale_factors: factors.iter().map(factor).collect(),
        }
    }

    #[test]
    fn the_finest_image_whose_scale_is_known_is_shown() {
        let scales = [("tissue_hires_scalef", 0.5), ("tissue_lowres_scalef", 0.1), ("spot_diameter_fullres", 80.0)];
        let both = Tissue::of(&library(&["hires", "lowres"], &scales)).unwrap();
        assert_eq!((both.tile, both.scale, both.spot_diameter), (0, 0.5, Some(80.0)));
        let low = Tissue::of(&library(&["hires", "lowres"], &scales[1..])).unwrap();
        assert_eq!((low.tile, low.scale), (1, 0.1));
        assert_eq!(Tissue::of(&library(&["hires"], &scales[1..])), None);
        assert_eq!(Tissue::of(&library(&["hires"], &[("tissue_hires_scalef", 0.0)])), None);
        assert_eq!(Tissue::of(&library(&[], &scales)), None);
    }

    #[test]
    fn what_cannot_lie_under_an_embedding_is_passed_over() {
        let under = |step: f64, scale: f64, diameter: f64| {
            let factors = [("tissue_hires_scalef", scale), ("spot_diameter_fullres", diameter)];
            let manifest = Manifest { spatial: vec![library(&["hires"], &factors)], ..Manifest::default() };
            let embedding =
                manifest::Embedding { key: "X_spatial".to_owned(), n_dims: 2, step, ..manifest::Embedding::default() };
            Tissue::all_under(&manifest, &embedding).first().map(|tissue| tissue.spot_diameter)
        };
        assert_eq!(under(1.0, 0.5, 80.0), Some(Some(80.0)));
        assert_eq!(under(1.0, 0.5, 1e30), Some(None));
        assert_eq!(under(1.0, 1e-300, 80.0), None);
        assert_eq!(under(1e-310, 0.5, 80.0), None);
    }

    #[test]
    fn pixels_lie_where_scanpy_draws_them() {
        // sc.pl.spatial draws a spot at coordinate × scale over imshow, whose pixel 0 spans −0.5 to 0.5.
        let tissue = Tissue::of(&library(&["hires"], &[("tissue_hires_scalef", 0.25)])).unwrap();
        let [[left, top], [right, bottom]] = tissue.edges();
        assert_eq!([left * 0.25, top * 0.25], [-0.5, -0.5]);
        assert_eq!([right * 0.25, bottom * 0.25], [199.5, 99.5]);
    }

    #[test]
    fn an_image_is_halved_by_means_and_every_kind_has_four_channels() {
        let gray = Image { width: 3, height: 1, channels: 1, data: vec![0, 100, 50] };
        let image = RgbaImage::of(&gray);
        assert_eq!(image.bytes[4..8], [100, 100, 100, 255]);
        let half = image.halved();
        assert_eq!((half.size, &half.bytes[..]), ([2, 1], &[50, 50, 50, 255, 50, 50, 50, 255][..]));
        let rgba = Image { width: 1, height: 1, channels: 4, data: vec![1, 2, 3, 4] };
        assert_eq!(RgbaImage::of(&rgba).bytes, [1, 2, 3, 4]);
    }
}
