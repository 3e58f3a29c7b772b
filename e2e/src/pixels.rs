//! What is on the screen.

use std::{collections::HashSet, io::Cursor};

use anyhow::{Context as _, Result, ensure};

/// A color.
pub type Rgb = [u8; 3];

/// How far apart two colors are: 0 to 441, Euclidean.
pub fn distance(a: Rgb, b: Rgb) -> f64 {
    let square = |channel: usize| (f64::from(a[channel]) - f64::from(b[channel])).powi(2);
    (square(0) + square(1) + square(2)).sqrt()
}

/// A screenshot.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Pixels {
    /// Pixels a row.
    pub width: usize,
    /// Rows.
    pub height: usize,
    colors: Vec<Rgb>,
}

impl Pixels {
    /// Reads a PNG of 8 bits a channel.
    ///
    /// # Errors
    /// When it is none.
    pub fn decode(png: &[u8]) -> Result<Self> {
        let mut reader = png::Decoder::new(Cursor::new(png)).read_info()?;
        let n_bytes = reader.output_buffer_size().context("the screenshot is too large")?;
        let mut bytes = vec![0; n_bytes];
        let frame = reader.next_frame(&mut bytes)?;
        ensure!(frame.bit_depth == png::BitDepth::Eight, "a screenshot has 8 bits a channel");
        let n_channels = frame.color_type.samples();
        ensure!(n_channels >= 3, "a screenshot is in color");
        let pixels = bytes[..frame.buffer_size()].chunks_exact(n_channels);
        let colors = pixels.map(|pixel| [pixel[0], pixel[1], pixel[2]]).collect();
        Ok(Self { width: frame.width as usize, height: frame.height as usize, colors })
    }

    /// The color at a place; the nearest one for places outside.
    pub fn at(&self, [x, y]: [f64; 2]) -> Rgb {
        let clamp = |place: f64, size: usize| (place.max(0.0) as usize).min(size.saturating_sub(1));
        self.colors[clamp(y, self.height) * self.width + clamp(x, self.width)]
    }

    /// How many clearly different colors there are.
    pub fn n_colors(&self) -> usize {
        let coarse = |color: &Rgb| color.map(|channel| channel / 32);
        self.colors.iter().map(coarse).collect::<HashSet<_>>().len()
    }

    /// The share of pixels that differ clearly from the one near the lower left corner, where there
    /// is background.
    pub fn coverage(&self) -> f64 {
        let background = self.at([2.0, self.height as f64 - 3.0]);
        let covered = self.colors.iter().filter(|&&color| distance(color, background) > 24.0).count();
        covered as f64 / self.colors.len().max(1) as f64
    }

    /// The mean color of each block of `size` × `size` pixels: what the eye sees from afar.
    #[must_use]
    pub fn blocks(&self, size: usize) -> Self {
        let (width, height) = (self.width / size, self.height / size);
        let mean = |block_x: usize, block_y: usize| -> Rgb {
            let mut sums = [0_usize; 3];
            for y in 0..size {
                for x in 0..size {
                    let color = self.colors[(block_y * size + y) * self.width + block_x * size + x];
                    for (sum, channel) in sums.iter_mut().zip(color) {
                        *sum += usize::from(channel);
                    }
                }
            }
            sums.map(|sum| (sum / (size * size)) as u8)
        };
        let colors = (0..height).flat_map(|y| (0..width).map(move |x| (x, y))).map(|(x, y)| mean(x, y)).collect();
        Self { width, height, colors }
    }

    /// The mean and the greatest [`distance`] between pixels of two pictures of one size.
    ///
    /// # Errors
    /// When their sizes differ.
    pub fn differences(&self, other: &Self) -> Result<(f64, f64)> {
        let (size, other_size) = ((self.width, self.height), (other.width, other.height));
        ensure!(size == other_size, "the pictures are {size:?} and {other_size:?}");
        let distances = self.colors.iter().zip(&other.colors).map(|(&a, &b)| distance(a, b));
        let (sum, most) = distances.fold((0.0, 0.0_f64), |(sum, most), d| (sum + d, most.max(d)));
        Ok((sum / self.colors.len().max(1) as f64, most))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn pixels(width: usize, colors: &[Rgb]) -> Pixels {
        Pixels { width, height: colors.len() / width, colors: colors.to_vec() }
    }

    #[test]
    fn blocks_are_means_and_their_differences_are_those_of_the_eye() {
        let checkered = pixels(2, &[[0; 3], [200; 3], [200; 3], [0; 3]]);
        let gray = pixels(2, &[[100; 3]; 4]);
        assert_eq!(checkered.blocks(2), gray.blocks(2));
        let (mean, most) = checkered.differences(&gray).unwrap();
        assert!((mean - distance([0; 3], [100; 3])).abs() < 1e-9 && (most - mean).abs() < 1e-9);
        assert!(checkered.differences(&gray.blocks(2)).is_err());
    }

    #[test]
    fn coverage_is_what_is_not_background() {
        let picture = pixels(4, &[[[255; 3]; 12].as_slice(), &[[9; 3]; 4]].concat());
        assert_eq!(picture.coverage(), 0.25);
        assert_eq!(picture.n_colors(), 2);
        assert_eq!(picture.at([-5.0, 99.0]), [9; 3]);
    }
}
