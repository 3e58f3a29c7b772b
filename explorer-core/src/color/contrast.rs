//! Contrast with the picture's background, as WCAG 2.2 measures it: every cell reaches [`LEAST_CONTRAST`].
//!
//! Labels have the same colors in both themes, so their luminance lies in the band that shows on both backgrounds.
//! Scales need more room from dark to light than that band has, so they are fitted to one background.

use super::oklab::{linear, linear_from_oklab, oklab, srgb};
use super::{Rgb, Rgba};

/// The least contrast of what must be seen to be understood (WCAG 2.2, 1.4.11).
pub const LEAST_CONTRAST: f64 = 3.0;

/// Of the luminances that show on both backgrounds, the lowest and the highest: with what rounding takes, somewhat more
/// than [`LEAST_CONTRAST`] asks for.
const BAND: [f64; 2] = [0.119, 0.297];

/// The highest luminance of a scale on white and the lowest on black: cells of its middle, which may be gray, are told
/// from those that are not selected.
const SCALE_ENDS: [f64; 2] = [0.2, 0.18];

/// How much of its own color a cell loses that is not selected.
const UNSELECTED_SHARE: f32 = 0.85;

/// What cells are drawn on.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Ground {
    /// The light theme's white.
    #[default]
    Light,
    /// The dark theme's near black.
    Dark,
}

impl Ground {
    /// Both.
    pub const ALL: [Self; 2] = [Self::Light, Self::Dark];

    /// Which of them a background is like.
    pub fn like(background: Rgb) -> Self {
        if luminance(background) > BAND[0] { Self::Light } else { Self::Dark }
    }

    /// The background, as the style sheet has it.
    pub fn background(self) -> Rgb {
        match self {
            Self::Light => [255, 255, 255],
            Self::Dark => [14, 17, 19],
        }
    }

    /// The color of text, as the style sheet has it.
    pub fn text(self) -> Rgb {
        match self {
            Self::Light => [24, 32, 36],
            Self::Dark => [231, 235, 237],
        }
    }

    /// What the color of a cell that is not selected is mixed with: a gray, and its share from 0 to 1.
    pub fn unselected(self) -> (Rgb, f32) {
        match self {
            Self::Light => ([148; 3], UNSELECTED_SHARE),
            Self::Dark => ([106; 3], UNSELECTED_SHARE),
        }
    }

    /// Fits lightness (the cube root of luminance) that goes from `low` to `high` to what shows here.
    pub(super) fn fitted_range(self, [low, high]: [f64; 2]) -> [f64; 2] {
        match self {
            Self::Light => [low, high.min(libm::cbrt(SCALE_ENDS[0]))],
            Self::Dark => [low.max(libm::cbrt(SCALE_ENDS[1])), high],
        }
    }
}

/// Relative luminance, 0 (black) to 1 (white).
pub fn luminance(color: Rgb) -> f64 {
    luminance_of(linear(color))
}

/// The contrast of two colors, 1 to 21.
pub fn contrast(a: Rgb, b: Rgb) -> f64 {
    let (a, b) = (luminance(a), luminance(b));
    (a.max(b) + 0.05) / (a.min(b) + 0.05)
}

/// The color, darkened or lightened until it shows on both backgrounds; as it is where it does.
pub(super) fn legible([red, green, blue, alpha]: Rgba) -> Rgba {
    let color = [red, green, blue];
    let now = luminance(color);
    let asked = now.clamp(BAND[0], BAND[1]);
    let [red, green, blue] = if asked == now { color } else { with_luminance(color, asked) };
    [red, green, blue, alpha]
}

/// The color of the same hue and of that luminance; less of its chroma where the gamut has none such.
pub(super) fn with_luminance(color: Rgb, asked: f64) -> Rgb {
    let [_, a, b] = oklab(linear(color));
    let of_chroma = |share: f64| {
        let light = |lightness: f64| linear_from_oklab([lightness, share * a, share * b]);
        let (mut low, mut high) = (0.0, 1.0);
        for _ in 0..24 {
            let middle = f64::midpoint(low, high);
            if luminance_of(light(middle)) < asked { low = middle } else { high = middle }
        }
        srgb(light(high))
    };
    // A gray is always in the gamut.
    (0..=20).rev().find_map(|twentieths| of_chroma(f64::from(twentieths) / 20.0)).unwrap_or(color)
}

fn luminance_of([red, green, blue]: [f64; 3]) -> f64 {
    0.2126 * red + 0.7152 * green + 0.0722 * blue
}

#[cfg(test)]
mod tests {
    use super::super::{Colormap, MAX_LABEL_COLORS, MISSING_GRAY, label_colors, opaque};
    use super::*;
    use proptest::prelude::*;

    /// The least contrast of a color with a background, selected and not.
    fn least(color: Rgba, ground: Ground) -> f64 {
        let ([gray, ..], share) = ground.unselected();
        let color = opaque(color);
        // As `point_color` of the renderer mixes them.
        let faded = color.map(|own| (f32::from(own) * (1.0 - share) + f32::from(gray) * share).round() as u8);
        [color, faded].map(|color| contrast(color, ground.background())).into_iter().fold(f64::INFINITY, f64::min)
    }

    #[test]
    fn contrast_is_that_of_wcag() {
        assert!((contrast([0; 3], [255; 3]) - 21.0).abs() < 1e-9);
        assert!((contrast([119; 3], [255; 3]) - 4.478).abs() < 1e-3);
    }

    #[test]
    fn background_and_text_are_those_of_the_style_sheet() {
        let tokens = include_str!("../../../www/style/tokens.css");
        for (name, color) in [("picture", Ground::background as fn(Ground) -> Rgb), ("text", Ground::text)] {
            let [light, dark] = Ground::ALL.map(|ground| super::super::css_color(color(ground)));
            assert!(tokens.contains(&format!("--{name}: light-dark({light}, {dark});")), "{name}");
        }
        assert_eq!(Ground::ALL.map(|ground| Ground::like(ground.background())), Ground::ALL);
    }

    #[test]
    fn every_cell_shows_on_both_backgrounds() {
        for ground in Ground::ALL {
            let shows = |what: &str, color| {
                let least = least(color, ground);
                assert!(least >= LEAST_CONTRAST, "{what}, {ground:?}, {color:?}: {least}");
            };
            shows("no value", MISSING_GRAY);
            shows("not colored", crate::session::PLAIN);
            // A longer palette continues a shorter one, so this is every number of labels.
            label_colors(MAX_LABEL_COLORS + 1, None).into_iter().for_each(|color| shows("a label", color));
            for colormap in Colormap::ALL {
                for &color in &colormap.table(MISSING_GRAY, ground) {
                    shows(colormap.name(), color);
                }
            }
        }
    }

    #[test]
    fn scales_keep_their_order_on_both_backgrounds() {
        for ground in Ground::ALL {
            for colormap in Colormap::ALL.into_iter().filter(|colormap| !colormap.is_diverging()) {
                let table = colormap.table(MISSING_GRAY, ground);
                let steps: Vec<f64> = table[..255].iter().step_by(10).map(|&color| luminance(opaque(color))).collect();
                assert!(steps.is_sorted_by(|a, b| a < b), "{colormap:?} on {ground:?}: {steps:?}");
                assert!(steps[25] > 2.0 * steps[0], "{colormap:?} on {ground:?}: {steps:?}");
            }
        }
    }

    proptest! {
        #[test]
        fn every_color_of_a_file_shows_and_those_that_did_stay(color: u32) {
            let [found] = label_colors(1, Some(&[color]))[..] else { panic!("one label has one color") };
            for ground in Ground::ALL {
                prop_assert!(least(found, ground) >= LEAST_CONTRAST, "{found:?} on {ground:?}: {}", least(found, ground));
            }
            let own = color.to_be_bytes();
            let is_within = (BAND[0]..=BAND[1]).contains(&luminance(opaque(own)));
            prop_assert!(!is_within || found == own);
            prop_assert_eq!(found[3], own[3]);
        }
    }
}
