//! Colormaps: from 0..1 to a color.

use super::contrast::{Ground, luminance, with_luminance};
use super::parse::opaque;
use super::{ColorTable, Rgba};

/// A perceptual colormap.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum Colormap {
    /// Violet over green to yellow (Smith & van der Walt, 2015).
    #[default]
    Viridis,
    /// Black over purple to cream (Smith & van der Walt, 2015).
    Magma,
    /// Blue over gray to yellow, made for color-blind readers (Nuñez, Anderton & Renslow, 2018).
    Cividis,
    /// Blue over gray to red, for values on both sides of zero (Moreland, 2009).
    Coolwarm,
}

impl Colormap {
    /// All colormaps, in the order of a menu.
    pub const ALL: [Self; 4] = [Self::Viridis, Self::Magma, Self::Cividis, Self::Coolwarm];

    /// The name in menus and links.
    pub fn name(self) -> &'static str {
        match self {
            Self::Viridis => "viridis",
            Self::Magma => "magma",
            Self::Cividis => "cividis",
            Self::Coolwarm => "coolwarm",
        }
    }

    /// The colormap of a name.
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|colormap| colormap.name() == name)
    }

    /// Whether its middle stands for zero.
    pub fn is_diverging(self) -> bool {
        self == Self::Coolwarm
    }

    /// Colors of the indices 0 to 254, lowest first, and of missing values.
    pub fn table(self, missing: Rgba, ground: Ground) -> ColorTable {
        let mut table = [missing; 256];
        for (entry, color) in table.iter_mut().zip(self.colors(255, ground)) {
            *entry = color;
        }
        table
    }

    /// So many colors at even places from 0 to 1, as they show on a background: where the darkest would not, lightness
    /// goes evenly over what is left.
    pub fn colors(self, n_colors: usize, ground: Ground) -> Vec<Rgba> {
        let lightness = |[red, green, blue, _]: Rgba| libm::cbrt(luminance([red, green, blue]));
        let points = (0..POINTS).map(|point| lightness(self.color(point as f64 / (POINTS - 1) as f64)));
        let [low, high] = points.fold([f64::INFINITY, f64::NEG_INFINITY], |[low, high], lightness| {
            [low.min(lightness), high.max(lightness)]
        });
        let lowest = low.max(ground.lowest_lightness());
        let per_lightness = (high - lowest) / (high - low);
        let shown = |place: f64| {
            let color = self.color(place);
            if lowest == low {
                return color;
            }
            let fitted = lowest + (lightness(color) - low) * per_lightness;
            let [red, green, blue, alpha] = color;
            let [red, green, blue] = with_luminance([red, green, blue], fitted * fitted * fitted);
            [red, green, blue, alpha]
        };
        (0..n_colors).map(|at| shown(at as f64 / (n_colors - 1) as f64)).collect()
    }

    /// The color at a place from 0 to 1, whatever it is seen on: linear in sRGB between the two control points beside it,
    /// within 5 of 255 of matplotlib's colormap of the same name.
    pub fn color(self, place: f64) -> Rgba {
        let points = match self {
            Self::Viridis => &VIRIDIS,
            Self::Magma => &MAGMA,
            Self::Cividis => &CIVIDIS,
            Self::Coolwarm => &COOLWARM,
        };
        let place = place.clamp(0.0, 1.0) * (POINTS - 1) as f64;
        let below = (place as usize).min(POINTS - 2);
        let part = place - below as f64;
        let (from, to) = (opaque(points[below]), opaque(points[below + 1]));
        std::array::from_fn(|channel| {
            let (from, to) = (f64::from(from[channel]), f64::from(to[channel]));
            libm::round(from + (to - from) * part) as u8
        })
    }
}

// Control points: matplotlib 3.11.2 (viridis, magma and cividis are CC0; coolwarm is Moreland's,
// public) at 33 even places.
const POINTS: usize = 33;
const VIRIDIS: [u32; POINTS] = [
    0x440154, 0x470d60, 0x48186a, 0x482374, 0x472d7b, 0x453781, 0x424086, 0x3e4989, 0x3b528b, 0x375b8d, 0x33638d,
    0x2f6b8e, 0x2c728e, 0x297a8e, 0x26828e, 0x23898e, 0x21918c, 0x1f988b, 0x1fa088, 0x22a785, 0x28ae80, 0x32b67a,
    0x3fbc73, 0x4ec36b, 0x5ec962, 0x70cf57, 0x84d44b, 0x98d83e, 0xaddc30, 0xc2df23, 0xd8e219, 0xece51b, 0xfde725,
];
const MAGMA: [u32; POINTS] = [
    0x000004, 0x030312, 0x0a0822, 0x130d34, 0x1d1147, 0x29115a, 0x36106b, 0x440f76, 0x51127c, 0x5d177f, 0x6a1c81,
    0x762181, 0x832681, 0x902a81, 0x9c2e7f, 0xaa337d, 0xb73779, 0xc43c75, 0xd0416f, 0xdc4869, 0xe75263, 0xef5d5e,
    0xf56b5c, 0xf9795d, 0xfc8961, 0xfd9869, 0xfea772, 0xfeb67c, 0xfec488, 0xfed395, 0xfde2a3, 0xfcf0b2, 0xfcfdbf,
];
const CIVIDIS: [u32; POINTS] = [
    0x00224e, 0x00285b, 0x002e6a, 0x053371, 0x1a386f, 0x273e6e, 0x32436d, 0x3b496c, 0x434e6c, 0x4b546c, 0x535a6d,
    0x5a5f6e, 0x61656f, 0x686a71, 0x6f7073, 0x767676, 0x7d7c78, 0x848279, 0x8c8878, 0x938e78, 0x9b9476, 0xa39a74,
    0xaba072, 0xb4a76f, 0xbcae6c, 0xc4b468, 0xcdbb63, 0xd5c25e, 0xdec958, 0xe7d150, 0xf0d846, 0xf9e03a, 0xfee838,
];
const COOLWARM: [u32; POINTS] = [
    0x3b4cc0, 0x445acc, 0x4e68d8, 0x5875e1, 0x6282ea, 0x6c8ff1, 0x779af7, 0x82a6fb, 0x8db0fe, 0x98b9ff, 0xa3c2fe,
    0xaec9fc, 0xb9d0f9, 0xc3d5f4, 0xccd9ed, 0xd5dbe5, 0xdddcdc, 0xe5d8d1, 0xecd3c5, 0xf1ccb8, 0xf5c4ac, 0xf7ba9f,
    0xf7b093, 0xf6a586, 0xf4987a, 0xf08b6e, 0xeb7d62, 0xe46e56, 0xdd5f4b, 0xd44e41, 0xca3b37, 0xbe242e, 0xb40426,
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn colors_are_near_matplotlib() {
        // matplotlib 3.11.2, `colormaps[name](np.array([0, 40, 100, 177, 254]) / 254)`.
        let cases = [
            (Colormap::Viridis, [0x440154, 0x453781, 0x2a768e, 0x42be71, 0xfde725]),
            (Colormap::Magma, [0x000004, 0x29115a, 0x892881, 0xf66e5c, 0xfcfdbf]),
            (Colormap::Cividis, [0x00224e, 0x273e6e, 0x656870, 0xada272, 0xfee838]),
            (Colormap::Coolwarm, [0x3b4cc0, 0x6c8ff1, 0xbed2f6, 0xf7ad90, 0xb40426]),
        ];
        for (colormap, expected) in cases {
            for (index, expected) in [0, 40, 100, 177, 254].into_iter().zip(expected) {
                let color = colormap.color(f64::from(index) / 254.0);
                for (found, expected) in color.iter().zip(opaque(expected)) {
                    assert!(found.abs_diff(expected) <= 5, "{colormap:?} {index}: {color:?}");
                }
            }
            assert_eq!(colormap.table([0; 4], Ground::Dark)[255], [0; 4]);
        }
    }

    #[test]
    fn names_come_back() {
        for colormap in Colormap::ALL {
            assert_eq!(Colormap::from_name(colormap.name()), Some(colormap));
        }
        assert_eq!(Colormap::from_name("jet"), None);
    }
}
