//! Colors for labels.

use std::sync::{Mutex, PoisonError};

use super::contrast::legible;
use super::oklab::{DEUTERANOPIA, Oklab, PROTANOPIA, distance, linear, linear_from_oklch, oklab, seen, srgb};
use super::parse::opaque;
use super::{ColorTable, MISSING, MISSING_GRAY, Rgb, Rgba};
use crate::data::{Categorical, Codes};

/// Labels that get colors of their own; later ones begin anew.
pub const MAX_LABEL_COLORS: usize = 254;

/// The first colors, worked out beforehand, since a page wants them before its first picture: Okabe & Ito's (2008) six
/// without black and yellow, which do not show on dark and on light, and what [`Sequence`] makes of them. The six stay
/// apart for people without red or green cones (tested below).
const KNOWN: [u32; 64] = [
    0x0072b2, 0xe69f00, 0x009e73, 0xcc79a7, 0x56b4e9, 0xd55e00, 0x23df84, 0x735e41, 0xac3499, 0x9268ec, 0xf88dff,
    0xdbb0b2, 0xc32749, 0x8faa8f, 0x86728f, 0x0a7168, 0x978748, 0x4ad5c6, 0xf1566e, 0x6385d0, 0x535bd9, 0x1d842c,
    0x5bba61, 0xa1d025, 0x9991fd, 0xbe56c5, 0xef7e47, 0xa76858, 0xfe81a2, 0x4094a7, 0x98a0c1, 0xa24d72, 0xdb71e2,
    0xb18985, 0x8947c4, 0x1fb9ab, 0xd6b97c, 0xd594d9, 0x545d92, 0xadbdde, 0x63846e, 0x729607, 0xd9498d, 0x9d5d02,
    0x1f86f6, 0x9acb9b, 0x7e5aa5, 0xab6daf, 0xf068bc, 0x399fd3, 0x57ccf6, 0xa087bf, 0x68bfc8, 0xf25d39, 0xcb936e,
    0x5cac11, 0x7369d1, 0xbab351, 0x4b7680, 0x427022, 0xf49cce, 0x709e9e, 0x4d80aa, 0xf29088,
];

/// Colors of `n_labels` labels, those of the file (0xRRGGBBAA) if it has one for each, else
/// generated. A color of the file that would not show on dark is lightened. From label [`MAX_LABEL_COLORS`] on they repeat.
pub fn label_colors(n_labels: usize, from_file: Option<&[u32]>) -> Vec<Rgba> {
    let n_distinct = n_labels.min(MAX_LABEL_COLORS);
    let distinct: Vec<Rgba> = match from_file {
        Some(colors) if colors.len() >= n_labels => {
            colors[..n_distinct].iter().map(|color| legible(color.to_be_bytes())).collect()
        }
        _ => generate(n_distinct),
    };
    distinct.iter().copied().cycle().take(n_labels).collect()
}

/// Colors of labels, some of which have one: the others get generated ones that none has yet. 0xRRGGBBAA.
pub fn completed_colors(some: &[Option<Rgb>]) -> Vec<u32> {
    let opaque = |[red, green, blue]: Rgb| u32::from_be_bytes([red, green, blue, u8::MAX]);
    let given: Vec<u32> = some.iter().flatten().copied().map(opaque).collect();
    let mut free = generate(some.len().min(MAX_LABEL_COLORS)).into_iter().map(u32::from_be_bytes);
    let mut next = || free.find(|color| !given.contains(color)).unwrap_or(u32::from_be_bytes(MISSING_GRAY));
    some.iter().map(|color| color.map_or_else(&mut next, opaque)).collect()
}

/// The color index of every cell: its code, over again from [`MAX_LABEL_COLORS`] on, or
/// [`MISSING`].
pub fn label_indices(column: &Categorical) -> Vec<u8> {
    let missing = column.missing_code();
    let index = |code: u32| if code >= missing { MISSING } else { (code % MAX_LABEL_COLORS as u32) as u8 };
    match &column.codes {
        Codes::U8(codes) => codes.iter().map(|&code| index(u32::from(code))).collect(),
        Codes::U16(codes) => codes.iter().map(|&code| index(u32::from(code))).collect(),
        Codes::U32(codes) => codes.iter().map(|&code| index(code)).collect(),
    }
}

/// The table for [`label_indices`], from [`label_colors`] and the color of missing labels.
pub fn label_table(colors: &[Rgba], missing: Rgba) -> ColorTable {
    let mut table = [missing; 256];
    for (entry, &color) in table.iter_mut().zip(colors.iter().take(MAX_LABEL_COLORS)) {
        *entry = color;
    }
    table
}

/// A color as people with all cones, without red ones, and without green ones see it.
#[derive(Clone, Copy)]
struct Looks {
    color: Rgba,
    views: [Oklab; 3],
}

impl Looks {
    fn new(color: Rgba) -> Self {
        let [red, green, blue, _] = color;
        let light = linear([red, green, blue]);
        let views = [light, seen(light, &PROTANOPIA), seen(light, &DEUTERANOPIA)].map(oklab);
        Self { color, views }
    }

    /// What those see who see least counts twice, until it would outweigh what most people see.
    fn distance(&self, other: &Self) -> f64 {
        let [all, no_red, no_green] = [0, 1, 2].map(|view| distance(self.views[view], other.views[view]));
        all.min(2.0 * no_red.min(no_green)) + 0.5 * all
    }
}

/// One fixed sequence of colors, as far as it was needed so far: [`KNOWN`], then always the candidate farthest from
/// all colors before it.
struct Sequence {
    colors: Vec<Rgba>,
    /// Each with its distance from the nearest of the colors; none until one is needed.
    candidates: Vec<(f64, Looks)>,
}

/// Every column of labels asks for it, and each color takes a look at all candidates.
static SEQUENCE: Mutex<Sequence> = Mutex::new(Sequence::new());

impl Sequence {
    const fn new() -> Self {
        Self { colors: Vec::new(), candidates: Vec::new() }
    }

    /// The first `n` colors; fewer when the candidates run out.
    fn first(&mut self, n: usize) -> &[Rgba] {
        if self.colors.is_empty() {
            self.colors = KNOWN.map(opaque).to_vec();
        }
        if n > self.colors.len() && self.candidates.is_empty() {
            let chosen: Vec<Looks> = self.colors.iter().map(|&color| Looks::new(color)).collect();
            let nearest =
                |candidate: &Looks| chosen.iter().map(|color| candidate.distance(color)).fold(f64::INFINITY, f64::min);
            self.candidates = candidates().map(|looks| (nearest(&looks), looks)).collect();
        }
        while self.colors.len() < n {
            let farthest = self.candidates.iter().max_by(|(a, _), (b, _)| a.total_cmp(b));
            let Some(&(_, next)) = farthest else { break };
            self.colors.push(next.color);
            for (nearest, candidate) in &mut self.candidates {
                *nearest = nearest.min(candidate.distance(&next));
            }
        }
        &self.colors[..n.min(self.colors.len())]
    }
}

fn generate(n: usize) -> Vec<Rgba> {
    // What a panic elsewhere left is a sequence as good as any.
    SEQUENCE.lock().unwrap_or_else(PoisonError::into_inner).first(n).to_vec()
}

/// Colors of the gamut that show on light and dark backgrounds, on a grid of lightness, chroma
/// and hue.
fn candidates() -> impl Iterator<Item = Looks> {
    let steps = |from: f64, by: f64, n: u32| (0..n).map(move |step| from + by * f64::from(step));
    steps(0.495, 0.043, 8)
        .flat_map(move |lightness| steps(0.05, 0.035, 5).map(move |chroma| (lightness, chroma)))
        .flat_map(move |(lightness, chroma)| steps(5.0, 10.0, 36).map(move |hue| (lightness, chroma, hue)))
        .filter_map(|(lightness, chroma, hue)| srgb(linear_from_oklch(lightness, chroma, hue)))
        .map(|[red, green, blue]| [red, green, blue, u8::MAX])
        .filter(|&color| legible(color) == color)
        .map(Looks::new)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn least_distance(colors: &[Rgba], view: usize) -> f64 {
        let looks: Vec<Looks> = colors.iter().map(|&color| Looks::new(color)).collect();
        let pairs = looks.iter().enumerate().flat_map(|(i, a)| looks[..i].iter().map(move |b| (a, b)));
        pairs.map(|(a, b)| distance(a.views[view], b.views[view])).fold(f64::INFINITY, f64::min)
    }

    #[test]
    fn few_labels_stay_apart_without_red_or_green_cones() {
        for (n, all, without) in
            [(6, 0.15, 0.07), (10, 0.15, 0.06), (16, 0.11, 0.04), (30, 0.09, 0.01), (60, 0.06, 0.0)]
        {
            let colors = label_colors(n, None);
            assert!(least_distance(&colors, 0) > all, "{n}: {}", least_distance(&colors, 0));
            for view in [1, 2] {
                let least = least_distance(&colors, view);
                assert!(least > without, "{n} in view {view}: {least}");
            }
        }
    }

    #[test]
    fn the_known_colors_are_those_that_come_of_the_first_six() {
        let mut sequence =
            Sequence { colors: KNOWN[..6].iter().copied().map(opaque).collect(), candidates: Vec::new() };
        assert_eq!(sequence.first(KNOWN.len()), KNOWN.map(opaque));
    }

    #[test]
    fn colors_show_on_light_and_dark() {
        for color in label_colors(MAX_LABEL_COLORS, None) {
            let lightness = Looks::new(color).views[0][0];
            assert!((0.44..0.84).contains(&lightness), "{color:?} {lightness}");
        }
    }

    #[test]
    fn all_are_distinct_and_a_longer_palette_continues_a_shorter() {
        let all = label_colors(MAX_LABEL_COLORS, None);
        let mut distinct = all.clone();
        distinct.sort_unstable();
        distinct.dedup();
        assert_eq!(distinct.len(), MAX_LABEL_COLORS);
        assert_eq!(label_colors(25, None), all[..25]);
        assert_eq!(label_colors(3, None), all[..3]);
        let more = label_colors(300, None);
        assert_eq!(more[MAX_LABEL_COLORS..], all[..46]);
    }

    #[test]
    fn the_palette_is_the_same_everywhere() {
        let colors = label_colors(MAX_LABEL_COLORS, None);
        let sum =
            colors.as_flattened().iter().fold(0u32, |sum, &byte| sum.wrapping_mul(31).wrapping_add(u32::from(byte)));
        assert_eq!(sum, 4_116_205_453);
    }

    #[test]
    fn colors_of_the_file_are_used_when_there_are_enough() {
        let file = [0x1f77b4ff, 0xd6272880];
        assert_eq!(label_colors(2, Some(&file)), [[0x1f, 0x77, 0xb4, 255], [0xd6, 0x27, 0x28, 0x80]]);
        assert_eq!(label_colors(3, Some(&file)), label_colors(3, None));
    }

    #[test]
    fn indices_fit_the_table() {
        let column = Categorical {
            codes: Codes::U16(vec![0, 253, 254, 300, 301, 302]),
            categories: (0..301).map(|label| label.to_string()).collect(),
            ordered: false,
        };
        assert_eq!(label_indices(&column), [0, 253, 0, 46, MISSING, MISSING]);
        let colors = label_colors(301, None);
        let table = label_table(&colors, [1, 2, 3, 4]);
        assert_eq!((table[0], table[46], table[253]), (colors[254], colors[300], colors[253]));
        assert_eq!(table[usize::from(MISSING)], [1, 2, 3, 4]);
    }
}
