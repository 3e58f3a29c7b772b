//! Legends: colors of numbers, sizes of dots, colors of labels.

use explorer_core::color::linear_ticks;

use crate::{
    figure::{Align, Figure, LINE_PX, Paint, Shape},
    grid::MARGIN_PX,
    palette::Palette,
    text,
};

/// Width and height of the colors.
const BAR_PX: [f64; 2] = [150.0, 12.0];

/// Colors from the lowest number to the highest; the height where what follows begins.
pub fn colors(figure: &mut Figure, [x, y]: [f64; 2], title: &str, palette: Palette, [least, largest]: [f64; 2]) -> f64 {
    figure.heading([x, y + LINE_PX / 2.0], title, Align::Start);
    let [width, height] = BAR_PX;
    let top = y + LINE_PX + 4.0;
    figure.push(Shape::Gradient { area: [x, top, width, height], stops: palette.stops() });
    for tick in linear_ticks(least, largest, 4) {
        let place = x + width * tick.place;
        figure.line([place, top + height], [place, top + height + 4.0], Paint::Muted);
        figure.text([place, top + height + 13.0], tick.label, Align::Middle, Paint::Muted);
    }
    widen(figure, [x + width.max(text::width(title) * 1.06) + MARGIN_PX, top + height + LINE_PX + MARGIN_PX]);
    top + height + LINE_PX + 12.0
}

/// Dots of some shares, each of its radius.
pub fn dots(figure: &mut Figure, [x, y]: [f64; 2], title: &str, dots: &[(f64, f64)]) -> f64 {
    figure.heading([x, y + LINE_PX / 2.0], title, Align::Start);
    let most = dots.iter().map(|(_, radius)| *radius).fold(0.0, f64::max);
    let middle = y + LINE_PX + 4.0 + most;
    for (at, &(share, radius)) in dots.iter().enumerate() {
        let place = x + most + at as f64 * (2.0 * most + 12.0);
        figure.push(Shape::Circle { at: [place, middle], radius, fill: Paint::Muted, edge: Paint::Muted });
        figure.text([place, middle + most + 11.0], format!("{:.0}", share * 100.0), Align::Middle, Paint::Muted);
    }
    let width = (dots.len() as f64 * (2.0 * most + 12.0)).max(text::width(title) * 1.06);
    let below = middle + most + LINE_PX + 12.0;
    widen(figure, [x + width + MARGIN_PX, below]);
    below
}

/// Labels with their colors, below a title if there is one.
pub fn labels(figure: &mut Figure, [x, y]: [f64; 2], title: &str, labels: &[(String, Paint)]) {
    let (mut width, mut top) = (0.0, y);
    if !title.is_empty() {
        figure.heading([x, y + LINE_PX / 2.0], text::label(title), Align::Start);
        width = text::width(title).min(240.0) * 1.06;
        top += LINE_PX;
    }
    for (at, (label, fill)) in labels.iter().enumerate() {
        let middle = top + (at as f64 + 0.5) * LINE_PX;
        figure.push(Shape::Rect { area: [x, middle - 6.0, 12.0, 12.0], fill: *fill });
        let label = text::label(label);
        width = width.max(20.0 + text::width(&label));
        figure.text([x + 20.0, middle], label, Align::Start, Paint::Text);
    }
    widen(figure, [x + width + MARGIN_PX, top + labels.len() as f64 * LINE_PX + MARGIN_PX]);
}

/// Makes room for what ends there.
pub fn widen(figure: &mut Figure, [right, bottom]: [f64; 2]) {
    figure.size = [figure.size[0].max(right), figure.size[1].max(bottom)];
}
