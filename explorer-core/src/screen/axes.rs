//! The axes of a scatter plot: lines and texts along the left and lower edges of its picture.

use crate::color::linear_ticks;

/// CSS pixels between ticks, about.
const TICK_PX: f64 = 90.0;

/// Where a text of an axis stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum AxisPlace {
    /// A number below its tick: its middle, on its baseline.
    Below,
    /// A number beside its tick: its beginning, at its middle height.
    Beside,
    /// What lies to the right: its middle, on its baseline.
    TitleX,
    /// What lies upwards, written upwards: its middle, at its middle height.
    TitleY,
}

/// A text of an axis.
#[derive(Clone, Debug, PartialEq)]
pub struct AxisText {
    /// From the left edge, in CSS pixels.
    pub x: f64,
    /// From the upper edge.
    pub y: f64,
    /// What is written.
    pub text: String,
    /// Where.
    pub place: AxisPlace,
}

/// Both axes of a plot; nothing of an embedding.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct AxisMarks {
    /// Ticks: x and y of both ends, in CSS pixels.
    pub lines: Vec<[f64; 4]>,
    /// Numbers and titles.
    pub texts: Vec<AxisText>,
}

impl AxisMarks {
    /// The axes of a picture of this size that shows these values, least and greatest of x, then y.
    pub fn new([width, height]: [f64; 2], [x, y]: [(f64, f64); 2], titles: [String; 2]) -> Self {
        let ticks = |(min, max): (f64, f64), px: f64| linear_ticks(min, max, (px / TICK_PX) as usize);
        let mut marks = Self::default();
        for tick in ticks(x, width) {
            let at = tick.place * width;
            if (40.0..width - 20.0).contains(&at) {
                marks.lines.push([at, height - 20.0, at, height - 15.0]);
                marks.texts.push(AxisText { x: at, y: height - 4.0, text: tick.label, place: AxisPlace::Below });
            }
        }
        for tick in ticks(y, height) {
            let at = (1.0 - tick.place) * height;
            if (40.0..height - 26.0).contains(&at) {
                marks.lines.push([0.0, at, 5.0, at]);
                marks.texts.push(AxisText { x: 8.0, y: at, text: tick.label, place: AxisPlace::Beside });
            }
        }
        let [title_x, title_y] = titles;
        marks.texts.push(AxisText { x: width / 2.0, y: height - 22.0, text: title_x, place: AxisPlace::TitleX });
        marks.texts.push(AxisText { x: 40.0, y: height / 2.0, text: title_y, place: AxisPlace::TitleY });
        marks
    }
}

impl AxisPlace {
    /// The weight and the size of the text in CSS pixels.
    pub fn font(self) -> (u32, f64) {
        match self {
            Self::Below | Self::Beside => (400, 11.0),
            Self::TitleX | Self::TitleY => (600, 12.0),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ticks_stand_along_the_edges_and_titles_in_the_middle() {
        let titles = ["CD3D".to_owned(), "n_genes".to_owned()];
        let marks = AxisMarks::new([400.0, 300.0], [(0.0, 4.0), (0.0, 3000.0)], titles);
        let told = |place| {
            let texts = marks.texts.iter().filter(move |text| text.place == place);
            texts.map(|text| (text.x, text.y.round(), text.text.as_str())).collect::<Vec<_>>()
        };
        assert_eq!(told(AxisPlace::Below), [(100.0, 296.0, "1"), (200.0, 296.0, "2"), (300.0, 296.0, "3")]);
        assert_eq!(told(AxisPlace::Beside), [(8.0, 200.0, "1000"), (8.0, 100.0, "2000")]);
        assert_eq!(told(AxisPlace::TitleX), [(200.0, 278.0, "CD3D")]);
        assert_eq!(told(AxisPlace::TitleY), [(40.0, 150.0, "n_genes")]);
        assert_eq!(marks.lines.len(), 5);
        assert_eq!(marks.lines[0], [100.0, 280.0, 100.0, 285.0]);
    }
}
