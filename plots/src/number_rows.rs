//! A number in each row, along a scale: bars from 0, or dots with intervals.

use explorer_core::color::linear_ticks;

use crate::{
    figure::{Align, Figure, Mark, Paint, Shape},
    grid::MARGIN_PX,
    text,
};

/// Height of a bar, and from one row to the next.
const BAR_PX: f64 = 14.0;
const STEP_PX: f64 = 20.0;

/// Width of the scale.
const WIDTH_PX: f64 = 360.0;

/// Between labels and what they are of.
const GAP_PX: f64 = 8.0;

/// How numbers are drawn.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RowForm {
    /// As bars from 0.
    Bars,
    /// As dots, with their intervals.
    Dots,
}

/// A row.
pub struct NumberRow {
    /// What it is of.
    pub label: String,
    /// The number.
    pub value: f64,
    /// Where it lies with some probability, from the lower end; none where that is not known.
    pub interval: Option<[f64; 2]>,
    /// What is written at its end.
    pub note: String,
    /// What it stands for, in words and numbers.
    pub tip: String,
    /// Its color.
    pub paint: Paint,
}

/// Rows of one scale.
pub struct NumberRows {
    /// What stands above them; nothing where it is empty.
    pub heading: String,
    /// What the scale is of.
    pub title: String,
    /// How they are drawn.
    pub form: RowForm,
    /// A number at which a line is drawn.
    pub threshold: Option<f64>,
    /// The rows, the uppermost first.
    pub rows: Vec<NumberRow>,
}

impl NumberRows {
    /// Both ends of the scale: 0 and all numbers are on it; where some have intervals, those with one. Intervals are up to
    /// twice as far.
    fn ends(&self) -> [f64; 2] {
        let has_intervals = self.rows.iter().any(|row| row.interval.is_some());
        let rows = self.rows.iter().filter(|row| !has_intervals || row.interval.is_some());
        let numbers = rows.map(|row| row.value).chain(self.threshold).filter(|number| number.is_finite());
        let around = |[least, greatest]: [f64; 2], number: f64| [least.min(number), greatest.max(number)];
        let inner = numbers.fold([0.0, 0.0], around);
        let most = inner[0].abs().max(inner[1]);
        let intervals = self.rows.iter().filter_map(|row| row.interval).flatten();
        let ends = intervals.map(|end| end.clamp(-2.0 * most, 2.0 * most)).fold(inner, around);
        match ends {
            [least, greatest] if least < greatest => {
                // So that no number is at the very end.
                let room = (greatest - least) * 0.03;
                [if least < 0.0 { least - room } else { 0.0 }, if greatest > 0.0 { greatest + room } else { 0.0 }]
            }
            _ => [0.0, 1.0],
        }
    }
}

/// The width that labels take.
pub fn labels_px<'a>(parts: impl IntoIterator<Item = &'a NumberRows>) -> f64 {
    let labels = parts.into_iter().flat_map(|part| &part.rows).map(|row| text::label(&row.label));
    labels.map(|label| text::width(&label)).fold(0.0, f64::max)
}

/// Draws rows below a height, with so much room for labels; returns where they end. `row` is the number of the first.
pub fn draw(figure: &mut Figure, part: &NumberRows, (top, labels_px, row): (f64, f64, usize)) -> f64 {
    let left = MARGIN_PX + labels_px + GAP_PX;
    let [least, greatest] = part.ends();
    let x = |value: f64| left + WIDTH_PX * ((value - least) / (greatest - least)).clamp(0.0, 1.0);
    let mut y = top;
    if !part.heading.is_empty() {
        figure.heading([MARGIN_PX, y + STEP_PX / 2.0], text::label(&part.heading), Align::Start);
        y += STEP_PX + 2.0;
    }
    let bottom = y + part.rows.len() as f64 * STEP_PX + 2.0;
    for tick in linear_ticks(least, greatest, 5) {
        let place = left + WIDTH_PX * tick.place;
        figure.line([place, y], [place, bottom], Paint::Grid);
        figure.text([place, bottom + 12.0], tick.label, Align::Middle, Paint::Muted);
    }
    let mut right = left + WIDTH_PX;
    for (at, of) in part.rows.iter().enumerate() {
        let middle = y + (at as f64 + 0.5) * STEP_PX;
        figure.text([left - GAP_PX, middle], text::label(&of.label), Align::End, Paint::Text);
        let fill = of.paint;
        let shapes = match part.form {
            RowForm::Bars => {
                let [from, to] = [0.0, of.value].map(x);
                let area = [from.min(to), middle - BAR_PX / 2.0, (to - from).abs().max(1.0), BAR_PX];
                vec![Shape::Rect { area, fill }]
            }
            RowForm::Dots if of.value < least || greatest < of.value => {
                // It lies beyond the scale, there.
                let (end, inward) = if of.value < least { (left, 5.0) } else { (left + WIDTH_PX, -5.0) };
                let d =
                    format!("M{:.1} {:.1}L{end:.1} {middle:.1}L{0:.1} {:.1}", end + inward, middle - 4.0, middle + 4.0);
                vec![Shape::Path { d, fill: None, stroke: Some((fill, 1.5)) }]
            }
            RowForm::Dots => {
                let dot = Shape::Circle { at: [x(of.value), middle], radius: 4.0, fill, edge: fill };
                let d = of.interval.map(|ends| ends.map(x)).map(|[from, to]| {
                    let caps = [from, to].map(|end| format!("M{end:.1} {:.1}v6", middle - 3.0));
                    format!("M{from:.1} {middle:.1}L{to:.1} {middle:.1}{}{}", caps[0], caps[1])
                });
                d.map(|d| Shape::Path { d, fill: None, stroke: Some((fill, 1.5)) }).into_iter().chain([dot]).collect()
            }
        };
        let area = [left, middle - STEP_PX / 2.0, WIDTH_PX, STEP_PX];
        figure.mark(Mark { row: row + at, column: 0, tip: of.tip.clone(), area, shapes });
        figure.text([left + WIDTH_PX + GAP_PX, middle], of.note.clone(), Align::Start, Paint::Muted);
        right = right.max(left + WIDTH_PX + GAP_PX + text::width(&of.note));
    }
    figure.line([x(0.0), y], [x(0.0), bottom], Paint::Line);
    if let Some(threshold) = part.threshold {
        figure.dashed([x(threshold), y], [x(threshold), bottom], Paint::Muted);
    }
    figure.text([left + WIDTH_PX / 2.0, bottom + 31.0], part.title.clone(), Align::Middle, Paint::Text);
    let end = bottom + 44.0;
    figure.size = [figure.size[0].max(right + MARGIN_PX), figure.size[1].max(end)];
    end
}
