//! The legend beside a saved picture: what is written and painted where.

use super::{LegendModel, NO_VALUE, fitted, range_text, scale_texts};
use crate::color::Rgb;

/// Sizes in CSS pixels.
const MARGIN_PX: f64 = 16.0;
const ROW_PX: f64 = 20.0;
const SWATCH_PX: f64 = 12.0;
const GRADIENT_PX: [f64; 2] = [176.0, 12.0];
/// A side of the square of two numbers' colors, nearly.
const PLANE_PX: f64 = 96.0;
/// The widest a text may be: names of cell types are seldom longer, and are cut in the middle.
const MOST_TEXT_PX: f64 = 400.0;
/// Columns of labels; what does not fit is counted.
const MOST_COLUMNS: usize = 3;

/// Something drawn, at CSS pixels from the caption's upper left corner.
#[derive(Clone, Debug, PartialEq)]
pub enum Mark {
    /// A line of text, its baseline midway between the rows' edges.
    Text {
        /// Where it is.
        x: f64,
        /// Downwards.
        y: f64,
        /// What it says.
        text: String,
        /// How it looks.
        style: TextStyle,
        /// Which part of it is at `x`.
        align: Align,
    },
    /// A square of a label's color.
    Swatch {
        /// Its left edge.
        x: f64,
        /// Its upper edge.
        y: f64,
        /// Its width and height.
        size: f64,
        /// Its color.
        color: Rgb,
    },
    /// Colors from left to right, at equal steps.
    Gradient {
        /// Its left edge.
        x: f64,
        /// Its upper edge.
        y: f64,
        /// Width and height.
        size: [f64; 2],
        /// The colors.
        stops: Vec<Rgb>,
    },
}

/// How a text looks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TextStyle {
    /// A heading.
    Title,
    /// All else.
    Plain,
}

impl TextStyle {
    /// Weight and size in CSS pixels.
    pub fn font(self) -> (u32, f64) {
        match self {
            Self::Title => (600, 13.0),
            Self::Plain => (400, 12.0),
        }
    }
}

/// Which part of a text is at its place.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Align {
    /// Its start.
    Start,
    /// Its middle.
    Middle,
    /// Its end.
    End,
}

/// The legend of a picture.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Caption {
    /// Width in CSS pixels: 0 where there is nothing to explain.
    pub width_px: f64,
    /// What is drawn.
    pub marks: Vec<Mark>,
}

impl Caption {
    /// The caption beside a picture of that height; `width` says how wide a text is.
    pub fn new(model: &LegendModel, height_px: f64, width: impl Fn(&str, TextStyle) -> f64) -> Self {
        match model {
            LegendModel::Plain => Self::default(),
            LegendModel::Continuous { title, subtitle, min, middle, max, stops, missing } => {
                let mut caption = Self::titled(title, &width);
                let mut y = MARGIN_PX + 1.5 * ROW_PX;
                if !subtitle.is_empty() {
                    caption.text(MARGIN_PX, y, subtitle, &width);
                    y += ROW_PX;
                }
                if stops.is_empty() {
                    caption.text(MARGIN_PX, y, NO_VALUE, &width);
                    if let Some(entry) = missing {
                        caption.entry(MARGIN_PX, y + ROW_PX, &entry.label, entry.color, &width);
                    }
                    return caption;
                }
                let [length, thickness] = GRADIENT_PX;
                y -= thickness / 2.0;
                caption.marks.push(Mark::Gradient { x: MARGIN_PX, y, size: GRADIENT_PX, stops: stops.clone() });
                y += thickness + ROW_PX / 2.0;
                let ticks = [(0.0, Align::Start), (0.5, Align::Middle), (1.0, Align::End)];
                let texts = scale_texts([*min, *middle, *max]);
                caption.marks.extend(ticks.into_iter().zip(texts).map(|((place, align), text)| Mark::Text {
                    x: MARGIN_PX + place * length,
                    y,
                    text,
                    style: TextStyle::Plain,
                    align,
                }));
                if let Some(entry) = missing {
                    caption.entry(MARGIN_PX, y + ROW_PX, &entry.label, entry.color, &width);
                }
                caption.widen(MARGIN_PX + length);
                caption
            }
            LegendModel::TwoNumbers { titles: [first, second], subtitle, ranges, colors, missing } => {
                let mut caption = Self::titled(&format!("{first} and {second}"), &width);
                let mut y = MARGIN_PX + 1.5 * ROW_PX;
                if !subtitle.is_empty() {
                    caption.text(MARGIN_PX, y, subtitle, &width);
                    y += ROW_PX;
                }
                let range = |name: &str, range| format!("{name}: {}", range_text(range));
                caption.text(MARGIN_PX, y, &format!("↑ {}", range(first, ranges[0])), &width);
                y += ROW_PX / 2.0;
                // The first upwards, the second to the right.
                let steps = colors.len().isqrt().max(1);
                // Whole pixels, or there are seams between the colors.
                let size = (PLANE_PX / steps as f64).round().max(1.0);
                let side = size * steps as f64;
                for (at, color) in colors.iter().enumerate() {
                    let (up, right) = ((at / steps) as f64, (at % steps) as f64);
                    let (x, y) = (MARGIN_PX + right * size, y + side - (up + 1.0) * size);
                    caption.marks.push(Mark::Swatch { x, y, size, color: *color });
                }
                y += side + ROW_PX / 2.0;
                caption.text(MARGIN_PX, y, &format!("→ {}", range(second, ranges[1])), &width);
                y += ROW_PX;
                if let Some(entry) = missing {
                    caption.entry(MARGIN_PX, y, &entry.label, entry.color, &width);
                }
                caption
            }
            LegendModel::Categorical { title, entries } => {
                let mut caption = Self::titled(title, &width);
                let top = MARGIN_PX + 1.5 * ROW_PX;
                let n_rows = (((height_px - top - MARGIN_PX) / ROW_PX).floor() as usize + 1).max(1);
                let n_places = n_rows * MOST_COLUMNS;
                let n_shown = if entries.len() <= n_places { entries.len() } else { n_places - 1 };
                let mut left = MARGIN_PX;
                for (column, rows) in entries[..n_shown].chunks(n_rows).enumerate() {
                    if column > 0 {
                        left = caption.width_px;
                    }
                    for (row, entry) in rows.iter().enumerate() {
                        caption.entry(left, top + row as f64 * ROW_PX, &entry.label, entry.color, &width);
                    }
                }
                if n_shown < entries.len() {
                    let y = top + (n_rows - 1) as f64 * ROW_PX;
                    caption.text(left, y, &format!("and {} more", entries.len() - n_shown), &width);
                }
                caption
            }
        }
    }

    fn titled(title: &str, width: &impl Fn(&str, TextStyle) -> f64) -> Self {
        let mut caption = Self::default();
        let style = TextStyle::Title;
        let text = fitted(title, MOST_TEXT_PX, |text| width(text, style));
        caption.widen(MARGIN_PX + width(&text, style));
        caption.marks.push(Mark::Text { x: MARGIN_PX, y: MARGIN_PX + ROW_PX / 2.0, text, style, align: Align::Start });
        caption
    }

    fn text(&mut self, x: f64, y: f64, text: &str, width: &impl Fn(&str, TextStyle) -> f64) {
        let style = TextStyle::Plain;
        let text = fitted(text, MOST_TEXT_PX, |text| width(text, style));
        self.widen(x + width(&text, style));
        self.marks.push(Mark::Text { x, y, text, style, align: Align::Start });
    }

    fn entry(&mut self, x: f64, y: f64, label: &str, color: Rgb, width: &impl Fn(&str, TextStyle) -> f64) {
        self.marks.push(Mark::Swatch { x, y: y - SWATCH_PX / 2.0, size: SWATCH_PX, color });
        self.text(x + SWATCH_PX + 8.0, y, label, width);
    }

    fn widen(&mut self, right_px: f64) {
        self.width_px = self.width_px.max((right_px + MARGIN_PX).ceil());
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::screen::LegendEntry;

    fn width(text: &str, _: TextStyle) -> f64 {
        text.chars().count() as f64 * 7.0
    }

    fn labels(count: usize) -> LegendModel {
        let entry = |at| LegendEntry { label: format!("label {at}"), color: [at as u8, 0, 0] };
        LegendModel::Categorical { title: "louvain".to_owned(), entries: (0..count).map(entry).collect() }
    }

    fn swatches(caption: &Caption) -> Vec<(f64, f64, Rgb)> {
        let swatch = |mark: &Mark| match mark {
            Mark::Swatch { x, y, color, .. } => Some((*x, *y, *color)),
            _ => None,
        };
        caption.marks.iter().filter_map(swatch).collect()
    }

    #[test]
    fn every_label_has_its_color_in_a_place_of_its_own() {
        for count in [1, 11, 40, 70] {
            let caption = Caption::new(&labels(count), 600.0, width);
            let mut found = swatches(&caption);
            assert_eq!(found.len(), count);
            assert!(found.iter().all(|&(x, y, _)| x + SWATCH_PX < caption.width_px && y + SWATCH_PX <= 600.0));
            found.sort_by(|a, b| a.0.total_cmp(&b.0).then(a.1.total_cmp(&b.1)));
            assert!(found.iter().zip(0..).all(|(swatch, at)| swatch.2 == [at, 0, 0]), "in the order of the legend");
            found.dedup_by(|a, b| (a.0 - b.0).abs() < 1.0 && (a.1 - b.1).abs() < ROW_PX - 1.0);
            assert_eq!(found.len(), count);
        }
    }

    #[test]
    fn labels_that_do_not_fit_are_counted() {
        let caption = Caption::new(&labels(200), 300.0, width);
        let n_shown = swatches(&caption).len();
        let rest = format!("and {} more", 200 - n_shown);
        assert!(caption.marks.iter().any(|mark| matches!(mark, Mark::Text { text, .. } if *text == rest)), "{rest}");
    }

    #[test]
    fn numbers_have_their_scale_and_nothing_has_no_caption() {
        assert_eq!(Caption::new(&LegendModel::Plain, 300.0, width), Caption::default());
        let model = LegendModel::Continuous {
            title: "LYZ".to_owned(),
            subtitle: "layer raw".to_owned(),
            min: 0.0,
            middle: 2.5,
            max: 5.0,
            stops: vec![[0; 3], [255; 3]],
            missing: Some(LegendEntry { label: "no value".to_owned(), color: [9; 3] }),
        };
        let caption = Caption::new(&model, 300.0, width);
        let texts = caption.marks.iter().filter_map(|mark| match mark {
            Mark::Text { text, .. } => Some(text.as_str()),
            _ => None,
        });
        assert_eq!(texts.collect::<Vec<_>>(), ["LYZ", "layer raw", "0", "2.5", "5", "no value"]);
        assert_eq!(swatches(&caption).len(), 1);
    }

    #[test]
    fn a_scale_of_nothing_says_so() {
        let model = LegendModel::Continuous {
            title: "score".to_owned(),
            subtitle: String::new(),
            min: 0.0,
            middle: 0.0,
            max: 0.0,
            stops: Vec::new(),
            missing: Some(LegendEntry { label: "no value".to_owned(), color: [9; 3] }),
        };
        let caption = Caption::new(&model, 300.0, width);
        let texts = caption.marks.iter().filter_map(|mark| match mark {
            Mark::Text { text, .. } => Some(text.as_str()),
            Mark::Swatch { .. } => None,
            Mark::Gradient { .. } => panic!("there are no colors"),
        });
        assert_eq!(texts.collect::<Vec<_>>(), ["score", NO_VALUE, "no value"]);
    }

    #[test]
    fn long_labels_stand_whole_beside_a_saved_picture() {
        let label = "CD4-positive, CD25-positive, alpha-beta regulatory T";
        let entries = vec![LegendEntry { label: label.to_owned(), color: [1; 3] }];
        let caption = Caption::new(&LegendModel::Categorical { title: "cell_type".to_owned(), entries }, 300.0, width);
        assert!(caption.marks.iter().any(|mark| matches!(mark, Mark::Text { text, .. } if text == label)));
        assert!(caption.width_px > label.len() as f64 * 7.0);
    }

    #[test]
    fn two_numbers_have_their_square_and_their_ranges() {
        let colors: Vec<Rgb> = (0..16).map(|at| [at; 3]).collect();
        let model = LegendModel::TwoNumbers {
            titles: ["LYZ".to_owned(), "CD79A".to_owned()],
            subtitle: "layer raw".to_owned(),
            ranges: [Some([-0.5, 3.0]), Some([0.0, 8.0])],
            colors: colors.clone(),
            missing: None,
        };
        let caption = Caption::new(&model, 300.0, width);
        let texts = caption.marks.iter().filter_map(|mark| match mark {
            Mark::Text { text, .. } => Some(text.as_str()),
            _ => None,
        });
        let expected = ["LYZ and CD79A", "layer raw", "↑ LYZ: −0.5 to 3", "→ CD79A: 0 to 8"];
        assert_eq!(texts.collect::<Vec<_>>(), expected);
        let place = |wanted: Rgb| {
            caption.marks.iter().find_map(|mark| match mark {
                Mark::Swatch { x, y, color, .. } if *color == wanted => Some((*x, *y)),
                _ => None,
            })
        };
        let [neither, first, second] = [0, 12, 3].map(|at| place(colors[at]).unwrap());
        assert!(first.0 == neither.0 && first.1 < neither.1, "the first goes up");
        assert!(second.1 == neither.1 && second.0 > neither.0, "the second goes to the right");
    }
}
