//! Violins: a strip for each gene, and in it the density of each group's values, with their quartiles and some of the
//! values as points. All violins are as wide, as scanpy's are.

use std::fmt::Write as _;

use explorer_core::{
    color::linear_ticks,
    grouping::{N_DENSITIES, Spread},
};

use crate::{
    figure::{Align, Figure, Mark, Paint, Shape},
    grid::MARGIN_PX,
    spreads::Spreads,
    text,
};

/// Height of a gene's strip, and room below it.
const STRIP_PX: f64 = 110.0;
const GAP_PX: f64 = 14.0;

/// Width of a group's place, and of the axis of values.
const PLACE_PX: f64 = 38.0;
const AXIS_PX: f64 = 38.0;

/// Width of a group's place where there are so few.
const WIDE_PLACE_PX: f64 = 72.0;
const FEW_GROUPS: usize = 4;

/// Points of all violins of a figure.
const MOST_POINTS: usize = 12_000;

pub fn draw(spreads: &Spreads<'_>) -> Figure {
    let question = spreads.question;
    let grouping = &question.grouping;
    let mut figure = Figure::new(question.plot.title(), question.ground);
    let labels: Vec<String> = question.genes.iter().map(|gene| text::label(&gene.label)).collect();
    let left = MARGIN_PX + text::widest(&labels) + 8.0 + AXIS_PX;
    let n_groups = grouping.groups.len();
    let place = if n_groups > FEW_GROUPS { PLACE_PX } else { WIDE_PLACE_PX };
    let width = n_groups as f64 * place;
    let n_points = MOST_POINTS / (n_groups * spreads.genes.len()).max(1);
    for (gene, label) in labels.into_iter().enumerate() {
        let top = MARGIN_PX + gene as f64 * (STRIP_PX + GAP_PX);
        let [least, largest] = spreads.extent(gene);
        let y = |value: f64| top + STRIP_PX * (1.0 - (value - least) / (largest - least));
        figure.text([MARGIN_PX, top + STRIP_PX / 2.0], label, Align::Start, Paint::Text);
        for tick in linear_ticks(least, largest, 4) {
            figure.line([left - 4.0, y(tick.value)], [left, y(tick.value)], Paint::Muted);
            figure.text([left - 7.0, y(tick.value)], tick.label, Align::End, Paint::Muted);
        }
        figure.line([left, top], [left, top + STRIP_PX], Paint::Line);
        figure.line([left, top + STRIP_PX], [left + width, top + STRIP_PX], Paint::Line);
        for (group, spread) in spreads.genes[gene].iter().enumerate() {
            let middle = left + (group as f64 + 0.5) * place;
            figure.mark(Mark {
                row: gene,
                column: group,
                tip: spreads.tip(gene, group),
                area: [left + group as f64 * place, top, place, STRIP_PX],
                shapes: violin(spread, [middle, place * 0.45], &y, grouping.color(group), n_points),
            });
        }
    }
    let bottom = MARGIN_PX + spreads.genes.len() as f64 * (STRIP_PX + GAP_PX);
    let names: Vec<String> = (0..n_groups).map(|group| text::label(&grouping.name(group))).collect();
    let below = text::widest(&names);
    for (group, name) in names.into_iter().enumerate() {
        figure.text_up([left + (group as f64 + 0.5) * place, bottom], name, Align::End);
    }
    figure.size = [left + width + MARGIN_PX, bottom + below + MARGIN_PX];
    figure
}

fn violin(
    spread: &Spread,
    [middle, half]: [f64; 2],
    y: &dyn Fn(f64) -> f64,
    color: explorer_core::color::Rgb,
    n_points: usize,
) -> Vec<Shape> {
    let [least, first, median, third, largest] = spread.quartiles;
    let mut shapes = Vec::new();
    let peak = spread.density.iter().copied().fold(0.0, f64::max);
    if peak > 0.0 {
        let at = |place: usize| least + (largest - least) * place as f64 / (N_DENSITIES - 1) as f64;
        let side = |sign: f64| {
            let outline = spread.density.iter().enumerate();
            outline.map(move |(place, density)| (middle + sign * half * density / peak, y(at(place))))
        };
        let outline: Vec<(f64, f64)> = side(-1.0).chain(side(1.0).collect::<Vec<_>>().into_iter().rev()).collect();
        shapes.push(Shape::Path {
            d: path(&outline) + "z",
            fill: Some(Paint::Color(color)),
            stroke: Some((Paint::Muted, 0.6)),
        });
    } else {
        // All values are the same.
        let d = format!("M{:.1} {:.1}h{:.1}", middle - half, y(least), 2.0 * half);
        shapes.push(Shape::Path { d, fill: None, stroke: Some((Paint::Color(color), 2.0)) });
    }
    if n_points > 0 {
        let mut d = String::new();
        for (at, &value) in spread.points.iter().enumerate().take(n_points) {
            // Evenly to both sides, the same at every drawing.
            let aside = ((at as f64 * 0.618_034).fract() - 0.5) * half;
            let _ = write!(d, "M{:.1} {:.1}h0", middle + aside, y(value.into()));
        }
        shapes.push(Shape::Path { d, fill: None, stroke: Some((Paint::Text, 1.4)) });
    }
    let (top, bottom) = (y(third), y(first));
    shapes.push(Shape::Rect { area: [middle - 3.0, top, 6.0, (bottom - top).max(1.0)], fill: Paint::Text });
    let circle = Shape::Circle { at: [middle, y(median)], radius: 2.2, fill: Paint::Ground, edge: Paint::Text };
    shapes.push(circle);
    shapes
}

/// Lines from point to point.
pub fn path(points: &[(f64, f64)]) -> String {
    let mut d = String::with_capacity(points.len() * 12);
    for (at, (x, y)) in points.iter().enumerate() {
        let _ = write!(d, "{}{x:.1} {y:.1}", if at == 0 { 'M' } else { 'L' });
    }
    d
}
