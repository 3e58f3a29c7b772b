//! A dot plot: a dot for each gene and group, its size the share of cells that express the gene, its color the mean.
//!
//! Sizes are scanpy's: areas go by the share to the power of 1.5, the largest by the largest share, rounded up to tenths.

use crate::{
    figure::{Figure, Mark, Paint, Shape},
    grid::{Grid, PLACE_PX},
    legend,
    means::Means,
    palette::Palette,
};

/// Of the largest dot.
const MOST_RADIUS_PX: f64 = PLACE_PX / 2.0 - 1.0;

/// What the radius goes by: the share to this power.
const RADIUS_EXPONENT: f64 = 0.75;

pub fn draw(means: &Means<'_>) -> Figure {
    let ground = means.question.ground;
    let mut figure = Figure::new(means.question.plot.title(), ground);
    let grid = Grid::new(&mut figure, means);
    let shares = (0..means.numbers.n_groups())
        .flat_map(|group| (0..means.numbers.n_genes()).map(move |gene| (group, gene)))
        .map(|(group, gene)| means.numbers.get(group, gene).nonzero_share);
    // A tenth of a tenth is what rounding may add.
    let tenths = ((shares.fold(0.0, f64::max) * 10.0 - 1e-9).ceil()).max(1.0);
    let radius = |share: f64| MOST_RADIUS_PX * (share * 10.0 / tenths).clamp(0.0, 1.0).powf(RADIUS_EXPONENT);
    let palette = Palette::Reds(ground);
    grid.frame(&mut figure);
    for (row, &group) in means.groups.iter().enumerate() {
        for (column, &gene) in means.genes.iter().enumerate() {
            let (share, value) = (means.numbers.get(group, gene).nonzero_share, means.value(group, gene));
            let fill = Paint::Color(palette.color(means.place(group, gene)));
            let dot = Shape::Circle { at: grid.middle(row, column), radius: radius(share), fill, edge: Paint::Muted };
            figure.mark(Mark {
                row,
                column,
                tip: means.tip(group, gene),
                area: grid.place(row, column),
                shapes: if share > 0.0 && value.is_finite() { vec![dot] } else { Vec::new() },
            });
        }
    }
    let [x, y] = grid.beside();
    let step = if tenths > 5.0 { 2.0 } else { 1.0 };
    let mut shown: Vec<f64> = (0..5).map(|at| tenths - f64::from(at) * step).filter(|&tenth| tenth > 0.0).collect();
    shown.reverse();
    let dots: Vec<(f64, f64)> = shown.into_iter().map(|tenth| (tenth / 10.0, radius(tenth / 10.0))).collect();
    let below = legend::dots(&mut figure, [x, y], "Cells that express it (%)", &dots);
    legend::colors(&mut figure, [x, below], means.legend(), palette, means.domain());
    figure
}
