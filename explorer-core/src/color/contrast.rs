//! Contrast with the picture's background, as WCAG 2.2 measures it: on dark, every cell reaches [`LEAST_CONTRAST`].
//!
//! On white, pale colors are left as they are: they are few, a figure has them too, and a palette or a scale that must do
//! without them tells less apart. Labels have the same colors in both themes.

use serde::{Deserialize, Serialize};

use super::oklab::{linear, linear_from_oklab, oklab, srgb};
use super::{Rgb, Rgba};

/// The least contrast of what must be seen to be understood (WCAG 2.2, 1.4.11).
pub const LEAST_CONTRAST: f64 = 3.0;

/// The lowest luminance that shows on dark: with what rounding takes, somewhat more than [`LEAST_CONTRAST`] asks for.
const LOWEST_ON_DARK: f64 = 0.119;

/// The lowest luminance of a scale on dark: cells of its middle, which may be gray, are told from those that are not
/// selected.
const LOWEST_OF_SCALES_ON_DARK: f64 = 0.18;

/// How much of its own color a cell loses that is not selected.
const UNSELECTED_SHARE: f32 = 0.85;

/// What cells are drawn on.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
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
        if luminance(background) > LOWEST_ON_DARK { Self::Light } else { Self::Dark }
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
            Self::Light => ([208; 3], UNSELECTED_SHARE),
            Self::Dark => ([106; 3], UNSELECTED_SHARE),
        }
    }

    /// The lowest lightness (the cube root of luminance) of a scale that is seen here.
    pub(super) fn lowest_lightness(self) -> f64 {
        match self {
            Self::Light => 0.0,
            Self::Dark => libm::cbrt(LOWEST_OF_SCALES_ON_DARK),
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

/// The color, lightened until it shows on dark; as it is where it does.
pub(super) fn legible(color: Rgba) -> Rgba {
    let [red, green, blue, alpha] = color;
    if luminance([red, green, blue]) >= LOWEST_ON_DARK {
        return color;
    }
    let [red, green, blue] = with_luminance([red, green, blue], LOWEST_ON_DARK);
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
    use super::super::{Blend, Colormap, MAX_LABEL_COLORS, MISSING_GRAY, label_colors, opaque};
    use super::*;
    use proptest::prelude::*;

    /// The least contrast of a color with the dark background, selected and not.
    fn least_on_dark(color: Rgba) -> f64 {
        let ([gray, ..], share) = Ground::Dark.unselected();
        let color = opaque(color);
        // As `point_color` of the renderer mixes them.
        let faded = color.map(|own| (f32::from(own) * (1.0 - share) + f32::from(gray) * share).round() as u8);
        [color, faded].map(|color| contrast(color, Ground::Dark.background())).into_iter().fold(f64::INFINITY, f64::min)
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
    fn every_cell_shows_on_dark() {
        let shows = |what: &str, color| {
            let least = least_on_dark(color);
            assert!(least >= LEAST_CONTRAST, "{what}, {color:?}: {least}");
        };
        shows("no value", MISSING_GRAY);
        shows("not colored", crate::session::PLAIN);
        // A longer palette continues a shorter one, so this is every number of labels.
        label_colors(MAX_LABEL_COLORS + 1, None).into_iter().for_each(|color| shows("a label", color));
        for colormap in Colormap::ALL {
            colormap.table(MISSING_GRAY, Ground::Dark).into_iter().for_each(|color| shows(colormap.name(), color));
        }
        Blend::table(MISSING_GRAY, Ground::Dark).into_iter().for_each(|color| shows("two genes", color));
    }

    #[test]
    fn scales_are_those_that_people_know_on_light() {
        for colormap in Colormap::ALL {
            let table = colormap.table(MISSING_GRAY, Ground::Light);
            assert!((0..255).all(|index| table[index] == colormap.color(index as f64 / 254.0)), "{colormap:?}");
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
        fn every_color_of_a_file_shows_on_dark_and_those_that_did_stay(color: u32) {
            let [found] = label_colors(1, Some(&[color]))[..] else { panic!("one label has one color") };
            prop_assert!(least_on_dark(found) >= LEAST_CONTRAST, "{found:?}: {}", least_on_dark(found));
            let own = color.to_be_bytes();
            prop_assert!(luminance(opaque(own)) < LOWEST_ON_DARK || found == own);
            prop_assert_eq!(found[3], own[3]);
        }
    }
}
