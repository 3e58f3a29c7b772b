//! A comparison as a volcano: effects across, p-values up.

use explorer_core::{
    color::Ground,
    de::GeneAxes,
    format::{integer, p_value, signed},
    screen::GeneLayout,
};

use super::compared::{MOST_PVAL, Outcome, title};
use crate::{
    figure::{Figure, Paint},
    gene_dots::{GeneClass, GeneDots, ROOM_PX, SIZE_PX},
};

/// Draws the genes of a comparison that have a test.
pub(super) fn draw(outcome: &Outcome<'_>, ground: Ground) -> Figure {
    let places: Vec<(f64, f64)> = (0..outcome.of.genes.len())
        .map(|gene| (outcome.effect(gene), outcome.log10_pvals(gene).map_or(f64::NAN, |pvals| -pvals[0])))
        .collect();
    let finite = |number: &f64| number.is_finite();
    let highest = places.iter().map(|(_, height)| *height).filter(finite).fold(1.0, f64::max);
    let widest = places.iter().map(|(effect, _)| effect.abs()).filter(finite).fold(0.1, f64::max) * 1.05;
    let ends = [[-widest, widest], [0.0, highest * 1.05]];
    // Those without a test have no place, and what is beyond all is at the upper edge.
    let layout = GeneLayout::of_places(GeneAxes::Volcano, ends, places, SIZE_PX, ROOM_PX);
    let has_place = |gene: &usize| layout.points[*gene].0.is_finite() && layout.points[*gene].1.is_finite();
    let told = |sign: f64| -> Vec<usize> {
        outcome.order(sign).into_iter().filter(|&gene| outcome.is_told(gene)).filter(has_place).collect()
    };
    let class = |label: &str, paint: Paint, genes: Vec<usize>| GeneClass {
        label: format!("{label}: {}", integer(genes.len() as u64)),
        paint,
        genes,
    };
    let others = (0..outcome.of.genes.len()).filter(|&gene| !outcome.is_told(gene)).filter(has_place).collect();
    let names: Vec<String> = outcome.of.genes.iter().map(|gene| gene.symbol.clone()).collect();
    let dots = GeneDots {
        layout: &layout,
        titles: ["Cohen’s d".to_owned(), title(outcome.of).to_owned()],
        classes: vec![
            class("not significant", Paint::Rest, others),
            class("higher in group 2", Paint::Lower, told(-1.0)),
            class("higher in group 1", Paint::Higher, told(1.0)),
        ],
        thresholds: Vec::new(),
        chosen: &[],
        names: &names,
    };
    let mut figure = Figure::new("Effects and p-values of two groups".to_owned(), ground);
    dots.draw(&mut figure, |gene| {
        let [log10_pval, log10_pval_adj] = outcome.log10_pvals(gene).unwrap_or([f64::NAN; 2]);
        let (effect, p, adjusted) = (signed(outcome.effect(gene)), p_value(log10_pval), p_value(log10_pval_adj));
        format!("{}: d {effect}, p {p}, adjusted {adjusted}", names[gene])
    });
    let [first, second] = outcome.of.cells.n_cells.map(integer);
    let colored = format!("Colored: adjusted p of at most {MOST_PVAL}; {first} cells against {second}");
    figure.frame("Group 1 against group 2", [colored]);
    figure
}

#[cfg(test)]
mod tests {
    use corpus::{CorpusComparison, Gene};
    use explorer_core::de::{FixedPoint, GeneMoments};
    use expression::{Cells, Contrast, Coverage, Membership, Mode};

    use super::*;
    use crate::figure::{Part, Shape};

    /// The values of a gene over so many cells: some ones, some twos, the others none.
    fn moments(ones: i64, twos: i64) -> GeneMoments {
        let (sum, sum_sq) = (ones + 2 * twos, (ones + 4 * twos) as u128);
        GeneMoments { n_nonzero: (ones + twos) as u32, sum, sum_sq }
    }

    #[test]
    fn genes_that_differ_are_named_on_their_side_and_the_others_are_dots() {
        let mut contrast = Contrast::new(Coverage::whole(4), FixedPoint::of_bits(0, 0).unwrap(), Mode::Exact);
        let (first, second) = ([Membership::Whole, Membership::None], [Membership::None, Membership::Whole]);
        // Higher in the first, in the second, alike, in no cell.
        let of_first = [(0, moments(40, 40)), (1, moments(5, 0)), (2, moments(20, 20))];
        let of_second = [(0, moments(5, 1)), (1, moments(40, 30)), (2, moments(21, 20))];
        contrast.push(first, None, &Cells::of(0, 100), &of_first).unwrap();
        contrast.push(second, None, &Cells::of(0, 100), &of_second).unwrap();
        let gene = |id: &str| Gene { id: id.to_owned(), symbol: id.to_lowercase() };
        let found = CorpusComparison {
            genes: ["UP", "DOWN", "ALIKE", "NONE"].map(gene).to_vec(),
            n_unmeasured: 0,
            n_shared: 0,
            cells: contrast.compare(),
            donors: None,
        };
        let outcome = Outcome::of(&found);
        assert_eq!((outcome.order(1.0), outcome.order(-1.0)), (vec![0], vec![1, 2]));
        assert_eq!([0, 1, 2, 3].map(|gene| outcome.is_told(gene)), [true, true, false, false]);
        let [low, high] = found.cells.interval[0].unwrap().map(signed);
        assert_eq!([0, 3].map(|gene| outcome.interval_text(gene)), [format!("{low} to {high}"), "–".to_owned()]);
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
            matches!(tips[..], [down, up] if up.starts_with("up: d +") && down.starts_with("down: d −")),
            "{tips:?}"
        );
        let paths = |fill: Paint| {
            let of = |part: &Part| matches!(part, Part::Shape(Shape::Path { stroke: Some((other, 3.0 | 4.0)), .. }) if *other == fill);
            figure.parts.iter().filter(|part| of(part)).count()
        };
        assert_eq!([Paint::Rest, Paint::Higher, Paint::Lower].map(paths), [1, 1, 1]);
    }
}
