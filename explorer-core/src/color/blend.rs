//! Two numbers at a time as one color, in steps of both.

use super::oklab::{linear, linear_from_oklab, oklab, srgb};
use super::{ColorScale, ColorTable, Colormap, Ground, MISSING, Rgb, Rgba, contrast::legible};
use crate::data::Continuous;
use crate::filter::CellMask;
use crate::state::{ColorOptions, Range};

/// Steps of each of the two: their squares leave an index for cells without a value.
pub const BLEND_STEPS: usize = 15;

/// Colors of two numbers: which pair gets which.
#[derive(Clone, Debug, PartialEq)]
pub struct Blend {
    /// The scale of each; their colormaps are not used.
    pub scales: [ColorScale; 2],
}

impl Blend {
    /// The blend that the options ask for, each number's scale fitted to its own values, also where some are below zero;
    /// what the options say of range and colormap is for one number, and passed over.
    pub fn fit(columns: [&Continuous; 2], within: Option<&CellMask>, options: &ColorOptions) -> Self {
        // A diverging colormap, which signed numbers would get, has zero in its middle.
        let options =
            ColorOptions { range: Range::ALL, colormap: Some(Colormap::Viridis.name().to_owned()), ..options.clone() };
        Self { scales: columns.map(|column| ColorScale::fit(column, within, &options)) }
    }

    /// The color index of every cell.
    pub fn indices(&self, [first, second]: [&Continuous; 2]) -> Vec<u8> {
        first.values.iter().zip(&second.values).map(|(&first, &second)| self.index([first, second])).collect()
    }

    /// The color index of two values: [`MISSING`] where one is missing or clipped, or neither is drawn.
    pub fn index(&self, values: [f32; 2]) -> u8 {
        let indices = [self.scales[0].index(values[0]), self.scales[1].index(values[1])];
        let is_out = |(index, value): (u8, f32)| index == MISSING && value != 0.0;
        if indices.into_iter().zip(values).any(is_out) || indices == [MISSING; 2] {
            return MISSING;
        }
        let [first, second] = indices.map(|index| match index {
            MISSING => 0,
            index => usize::from(index) * BLEND_STEPS / usize::from(MISSING),
        });
        (first * BLEND_STEPS + second) as u8
    }

    /// The colors of all indices.
    pub fn table(missing: Rgba, ground: Ground) -> ColorTable {
        let mut table = [missing; 256];
        for (entry, [red, green, blue]) in table.iter_mut().zip(Self::colors(ground)) {
            *entry = [red, green, blue, 255];
        }
        table
    }

    /// The colors of all steps of the second number for the lowest step of the first, then for the next one.
    pub fn colors(ground: Ground) -> Vec<Rgb> {
        let corners = corners(ground).map(|corner| oklab(linear(corner)));
        let place = |step: usize| step as f64 / (BLEND_STEPS - 1) as f64;
        let color = |at: usize| {
            let (first, second) = (place(at / BLEND_STEPS), place(at % BLEND_STEPS));
            let weights =
                [(1.0 - first) * (1.0 - second), first * (1.0 - second), (1.0 - first) * second, first * second];
            let mixed = std::array::from_fn(|axis| {
                corners.iter().zip(weights).map(|(corner, weight): (&[f64; 3], f64)| corner[axis] * weight).sum()
            });
            let light = linear_from_oklab(mixed).map(|channel| channel.clamp(0.0, 1.0));
            let [red, green, blue] = srgb(light).unwrap_or_default();
            let [red, green, blue, _] = match ground {
                Ground::Light => [red, green, blue, 255],
                Ground::Dark => legible([red, green, blue, 255]),
            };
            [red, green, blue]
        };
        (0..BLEND_STEPS * BLEND_STEPS).map(color).collect()
    }

    /// How high a color index stands above others: the sum of both steps, 0 to 254.
    pub fn height(index: u8) -> u8 {
        let (first, second) = (usize::from(index) / BLEND_STEPS, usize::from(index) % BLEND_STEPS);
        ((first + second) * 254 / (2 * (BLEND_STEPS - 1))).min(254) as u8
    }
}

/// The colors of neither, the first alone, the second alone, and both: orange and blue are told apart without red or
/// green cones, too.
fn corners(ground: Ground) -> [Rgb; 4] {
    match ground {
        Ground::Light => [[214, 214, 214], [230, 97, 1], [26, 115, 190], [45, 10, 70]],
        Ground::Dark => [[104, 104, 104], [240, 120, 20], [60, 150, 245], [255, 255, 255]],
    }
}

#[cfg(test)]
mod tests {
    use super::super::oklab::{DEUTERANOPIA, PROTANOPIA, distance, seen};
    use super::*;
    use crate::state::Clip;

    fn column(values: &[f32]) -> Continuous {
        Continuous { values: values.to_vec() }
    }

    #[test]
    fn each_pair_of_values_has_the_step_of_both() {
        let (first, second) = (column(&[0.0, 10.0, 0.0, 10.0, f32::NAN]), column(&[0.0, 0.0, 2.0, 2.0, 1.0]));
        let blend = Blend::fit([&first, &second], None, &ColorOptions::default());
        let last = BLEND_STEPS - 1;
        let expected = [0, last * BLEND_STEPS, last, BLEND_STEPS * BLEND_STEPS - 1, usize::from(MISSING)];
        assert_eq!(blend.indices([&first, &second]), expected.map(|index| index as u8));
        assert_eq!(
            expected[..4].iter().map(|&index| Blend::height(index as u8)).collect::<Vec<_>>(),
            [0, 127, 127, 254]
        );
    }

    #[test]
    fn the_lowest_value_is_the_lowest_step_whatever_its_sign() {
        let (first, second) = (column(&[-0.5, 8.0]), column(&[-2.0, -1.0]));
        let blend = Blend::fit([&first, &second], None, &ColorOptions::default());
        assert_eq!(blend.indices([&first, &second]), [0, (BLEND_STEPS * BLEND_STEPS - 1) as u8]);
    }

    #[test]
    fn gray_zeros_are_those_of_both_and_what_is_clipped_is_missing() {
        let (first, second) = (column(&[0.0, 0.0, 1.0, 9.0]), column(&[0.0, 1.0, 1.0, 1.0]));
        let options = ColorOptions { zeros_gray: true, ..ColorOptions::default() };
        let indices = Blend::fit([&first, &second], None, &options).indices([&first, &second]);
        assert_eq!((indices[0], indices[1] == MISSING), (MISSING, false));
        let options = ColorOptions { clip: Clip::new(0.0, 70.0).unwrap(), ..ColorOptions::default() };
        assert_eq!(Blend::fit([&first, &second], None, &options).indices([&first, &second])[3], MISSING);
    }

    #[test]
    fn corners_are_told_apart_by_every_eye_on_both_backgrounds() {
        for ground in Ground::ALL {
            let corners = corners(ground).map(linear);
            for vision in [None, Some(&PROTANOPIA), Some(&DEUTERANOPIA)] {
                let seen = corners.map(|corner| oklab(vision.map_or(corner, |vision| seen(corner, vision))));
                for (at, &a) in seen.iter().enumerate() {
                    for &b in &seen[..at] {
                        let apart = distance(a, b);
                        assert!(apart > 0.12, "{ground:?}, {vision:?}: {a:?}, {b:?}: {apart}");
                    }
                }
            }
        }
    }
}
