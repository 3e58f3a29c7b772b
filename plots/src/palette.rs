//! Colors of means.

use explorer_core::color::{Colormap, Ground, Rgb, opaque};
use expression::dot_color;

/// ColorBrewer's Reds of nine classes, lightest first.
const REDS: [Rgb; 9] = [
    [255, 245, 240],
    [254, 224, 210],
    [252, 187, 161],
    [252, 146, 114],
    [251, 106, 74],
    [239, 59, 44],
    [203, 24, 29],
    [165, 15, 21],
    [103, 0, 13],
];

/// Colors of a legend.
const N_STOPS: usize = 64;

/// A scale from 0 to 1.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Palette {
    /// What is little is near the ground, as of scanpy's dot plot.
    Reds(Ground),
    /// As of scanpy's matrix plot.
    Viridis,
    /// What is little is near the ground, as of CELLxGENE's Gene Expression.
    Magma(Ground),
}

impl Palette {
    /// The color at a place from 0 to 1.
    pub fn color(self, place: f64) -> Rgb {
        let place = if place.is_nan() { 0.0 } else { place.clamp(0.0, 1.0) };
        match self {
            Self::Reds(ground) => {
                // On dark the darkest is near the ground.
                let place = if ground == Ground::Light { place } else { 1.0 - place };
                let place = place * (REDS.len() - 1) as f64;
                let below = (place as usize).min(REDS.len() - 2);
                let part = place - below as f64;
                std::array::from_fn(|channel| {
                    let (from, to) = (f64::from(REDS[below][channel]), f64::from(REDS[below + 1][channel]));
                    (from + (to - from) * part).round() as u8
                })
            }
            Self::Viridis => opaque(Colormap::Viridis.color(place)),
            Self::Magma(ground) => opaque(dot_color(if ground == Ground::Light { place } else { 1.0 - place })),
        }
    }

    /// Colors from the lowest to the highest.
    pub fn stops(self) -> Vec<Rgb> {
        (0..N_STOPS).map(|at| self.color(at as f64 / (N_STOPS - 1) as f64)).collect()
    }
}
