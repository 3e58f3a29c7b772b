//! Ridges: a column for each gene, and in it the density of each group's values, one above another. All ridges of a
//! gene go by one scale, so that areas are equal.

use explorer_core::{color::linear_ticks, grouping::N_DENSITIES};

use crate::{
    figure::{Align, Figure, Mark, Paint, Shape},
    grid::MARGIN_PX,
    spreads::Spreads,
    text,
    violin::path,
};

/// Height from one ridge to the next, and of the highest ridge.
const STEP_PX: f64 = 26.0;
const HIGHEST_PX: f64 = 44.0;

/// Width of a gene's column, and room beside it.
const COLUMN_PX: f64 = 180.0;
const GAP_PX: f64 = 24.0;

pub fn draw(spreads: &Spreads<'_>) -> Figure {
    let question = spreads.question;
    let grouping = &question.grouping;
    let mut figure = Figure::new(question.plot.title(), question.ground);
    let n_groups = grouping.groups.len();
    let names: Vec<String> = (0..n_groups).map(|group| text::label(&grouping.name(group))).collect();
    let left = MARGIN_PX + text::widest(&names) + 8.0;
    let top = MARGIN_PX + 20.0 + HIGHEST_PX - STEP_PX;
    let base = |group: usize| top + (group as f64 + 1.0) * STEP_PX;
    for (group, name) in names.into_iter().enumerate() {
        figure.text([left - 8.0, base(group) - 6.0], name, Align::End, Paint::Text);
    }
    for (gene, of_gene) in spreads.genes.iter().enumerate() {
        let x = left + gene as f64 * (COLUMN_PX + GAP_PX);
        let label = text::label(&question.genes[gene].label);
        figure.heading([x + COLUMN_PX / 2.0, MARGIN_PX + 6.0], label, Align::Middle);
        let [least, largest] = spreads.extent(gene);
        let at = |value: f64| x + COLUMN_PX * (value - least) / (largest - least);
        let peak = of_gene.iter().flat_map(|spread| &spread.density).copied().fold(f64::MIN_POSITIVE, f64::max);
        for (group, spread) in of_gene.iter().enumerate() {
            let [low, .., high] = spread.quartiles;
            let value = |place: usize| low + (high - low) * place as f64 / (N_DENSITIES - 1) as f64;
            let bottom = base(group);
            let mut outline = vec![(at(low), bottom)];
            let ridge = spread.density.iter().enumerate();
            outline.extend(ridge.map(|(place, density)| (at(value(place)), bottom - HIGHEST_PX * density / peak)));
            outline.push((at(high), bottom));
            let color = Paint::Color(grouping.color(group));
            let line = Shape::Path {
                d: format!("M{x:.1} {bottom:.1}h{COLUMN_PX:.1}"),
                fill: None,
                stroke: Some((Paint::Line, 1.0)),
            };
            let d = path(&outline);
            figure.mark(Mark {
                row: group,
                column: gene,
                tip: spreads.tip(gene, group),
                area: [x, bottom - STEP_PX, COLUMN_PX, STEP_PX],
                shapes: vec![line, Shape::Path { d, fill: Some(color), stroke: Some((Paint::Ground, 1.2)) }],
            });
        }
        for tick in linear_ticks(least, largest, 4) {
            let (place, bottom) = (at(tick.value), base(n_groups - 1));
            figure.line([place, bottom], [place, bottom + 4.0], Paint::Muted);
            figure.text([place, bottom + 14.0], tick.label, Align::Middle, Paint::Muted);
        }
    }
    let right = left + spreads.genes.len() as f64 * (COLUMN_PX + GAP_PX);
    figure.size = [right, base(n_groups.saturating_sub(1)) + 24.0 + MARGIN_PX];
    figure
}
