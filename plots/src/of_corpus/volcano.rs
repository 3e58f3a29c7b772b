//! A comparison as a volcano: effects across, p-values up.

use std::fmt::Write as _;

use explorer_core::{
    color::{Ground, Rgb, linear_ticks},
    format::{p_value, signed},
};

use super::compared::{Outcome, title};
use crate::{
    figure::{Align, Figure, LINE_PX, Mark, Paint, Shape},
    grid::MARGIN_PX,
    text,
};

/// Width and height of the plot.
const SIZE_PX: [f64; 2] = [560.0, 320.0];

/// Room for labels at the left and below.
const LABELS_PX: [f64; 2] = [56.0, 40.0];

/// Half of the side of a gene's point.
const POINT_PX: f64 = 1.6;

/// Genes with words at the pointer, and those that are named, of either sign.
const MOST_MARKS: usize = 150;
const MOST_NAMES: usize = 8;

/// Of what is higher in the first group, and in the second; told apart by all eyes, on light and on dark.
const COLORS: [Rgb; 2] = [[213, 94, 0], [0, 130, 200]];

/// Draws the genes of a comparison that have a test.
pub(super) fn draw(outcome: &Outcome<'_>, ground: Ground) -> Figure {
    let mut figure = Figure::new("Effects and p-values of two groups".to_owned(), ground);
    let tested: Vec<(usize, f64, f64)> = (0..outcome.of.genes.len())
        .filter_map(|gene| Some((gene, outcome.effect(gene), -outcome.log10_pvals(gene)?[0])))
        .filter(|(_, effect, height)| effect.is_finite() && !height.is_nan())
        .collect();
    // What is beyond all is at the upper edge.
    let finite = tested.iter().map(|(_, _, height)| *height).filter(|height| height.is_finite());
    let highest = finite.fold(1.0, f64::max);
    let widest = tested.iter().map(|(_, effect, _)| effect.abs()).fold(0.1, f64::max) * 1.05;
    let [width, height] = SIZE_PX;
    let (left, top) = (MARGIN_PX + LABELS_PX[0], MARGIN_PX);
    let place = |effect: f64, log: f64| {
        let y = top + height - height * (log.min(highest) / (highest * 1.05));
        [left + width * (effect + widest) / (2.0 * widest), y]
    };
    for tick in linear_ticks(-widest, widest, 6) {
        let x = left + width * tick.place;
        figure.line([x, top], [x, top + height], Paint::Line);
        figure.text([x, top + height + 12.0], tick.label, Align::Middle, Paint::Muted);
    }
    for tick in linear_ticks(0.0, highest * 1.05, 5) {
        let y = top + height - height * tick.place;
        figure.line([left, y], [left + width, y], Paint::Line);
        figure.text([left - 8.0, y], tick.label, Align::End, Paint::Muted);
    }
    figure.text([left + width / 2.0, top + height + 30.0], "Cohen’s d", Align::Middle, Paint::Text);
    figure.text_up([MARGIN_PX + LINE_PX / 2.0, top + height / 2.0], title(outcome.of), Align::Middle);
    figure.heading([left + width - 4.0, top + 10.0], "higher in group 1", Align::End);
    figure.heading([left + 4.0, top + 10.0], "higher in group 2", Align::Start);

    let mut points = [const { String::new() }; 3];
    for &(gene, effect, log) in &tested {
        let [x, y] = place(effect, log);
        let of = match (outcome.is_told(gene), effect > 0.0) {
            (false, _) => 2,
            (true, true) => 0,
            (true, false) => 1,
        };
        let side = 2.0 * POINT_PX;
        let _ = write!(points[of], "M{:.1} {:.1}h{side}v{side}h-{side}z", x - POINT_PX, y - POINT_PX);
    }
    let [first, second, others] = points;
    let fills = [(others, Paint::Muted), (first, Paint::Color(COLORS[0])), (second, Paint::Color(COLORS[1]))];
    for (d, fill) in fills.into_iter().filter(|(d, _)| !d.is_empty()) {
        figure.push(Shape::Path { d, fill: Some(fill), stroke: None });
    }
    for (row, sign) in [1.0, -1.0].into_iter().enumerate() {
        let told = outcome.order(sign).into_iter().filter(|&gene| outcome.is_told(gene)).take(MOST_MARKS);
        for (column, gene) in told.enumerate() {
            let Some([log10_pval, log10_pval_adj]) = outcome.log10_pvals(gene) else { continue };
            let effect = outcome.effect(gene);
            if !effect.is_finite() {
                continue;
            }
            let [x, y] = place(effect, -log10_pval);
            let symbol = &outcome.of.genes[gene].symbol;
            if column < MOST_NAMES {
                let align = if sign > 0.0 { Align::End } else { Align::Start };
                figure.text([x - sign * 4.0, y - 6.0], text::label(symbol), align, Paint::Text);
            }
            figure.mark(Mark {
                row,
                column,
                tip: format!(
                    "{symbol}: d {}, p {}, adjusted {}",
                    signed(effect),
                    p_value(log10_pval),
                    p_value(log10_pval_adj)
                ),
                area: [x - 4.0, y - 4.0, 8.0, 8.0],
                shapes: Vec::new(),
            });
        }
    }
    figure.size = [left + width + MARGIN_PX, top + height + LABELS_PX[1] + MARGIN_PX];
    figure
}

#[cfg(test)]
mod tests {
    use corpus::{CorpusComparison, Gene};
    use explorer_core::de::{FixedPoint, GeneMoments};
    use expression::{Contrast, Membership, Mode};

    use super::*;
    use crate::figure::Part;

    /// The values of a gene over so many cells: some ones, some twos, the others none.
    fn moments(ones: i64, twos: i64) -> GeneMoments {
        let (sum, sum_sq) = (ones + 2 * twos, (ones + 4 * twos) as u128);
        GeneMoments { n_nonzero: (ones + twos) as u32, sum, sum_sq }
    }

    #[test]
    fn genes_that_differ_are_named_on_their_side_and_the_others_are_dots() {
        let mut contrast = Contrast::new(4, FixedPoint::of_bits(0, 0).unwrap(), Mode::Exact);
        let (first, second) = ([Membership::Whole, Membership::None], [Membership::None, Membership::Whole]);
        // Higher in the first, in the second, alike, in no cell.
        let of_first = [(0, moments(40, 40)), (1, moments(5, 0)), (2, moments(20, 20))];
        let of_second = [(0, moments(5, 1)), (1, moments(40, 30)), (2, moments(21, 20))];
        contrast.push(first, None, 100, &of_first).unwrap();
        contrast.push(second, None, 100, &of_second).unwrap();
        let gene = |id: &str| Gene { id: id.to_owned(), symbol: id.to_lowercase() };
        let found = CorpusComparison {
            genes: ["UP", "DOWN", "ALIKE", "NONE"].map(gene).to_vec(),
            n_shared: 0,
            cells: contrast.compare(),
            donors: None,
        };
        let outcome = Outcome::of(&found);
        assert_eq!((outcome.order(1.0), outcome.order(-1.0)), (vec![0], vec![1, 2]));
        assert_eq!([0, 1, 2, 3].map(|gene| outcome.is_told(gene)), [true, true, false, false]);
        let figure = draw(&outcome, Ground::Light);
        let tips: Vec<&str> = figure
            .parts
            .iter()
            .filter_map(|part| match part {
                Part::Mark(mark) => Some(mark.tip.as_str()),
                Part::Shape(_) => None,
            })
            .collect();
        assert!(
            matches!(tips[..], [up, down] if up.starts_with("up: d +") && down.starts_with("down: d −")),
            "{tips:?}"
        );
        let paths = |fill: Paint| {
            let of = |part: &Part| matches!(part, Part::Shape(Shape::Path { fill: Some(other), .. }) if *other == fill);
            figure.parts.iter().filter(|part| of(part)).count()
        };
        assert_eq!([Paint::Muted, Paint::Color(COLORS[0]), Paint::Color(COLORS[1])].map(paths), [1, 1, 1]);
    }
}
