//! A matrix of means.

use crate::{
    figure::{Figure, Mark, Paint, Shape},
    grid::Grid,
    legend,
    means::Means,
    palette::Palette,
};

pub fn draw(means: &Means<'_>) -> Figure {
    let mut figure = Figure::new(means.question.plot.title(), means.question.ground);
    let grid = Grid::new(&mut figure, means);
    for (row, &group) in means.groups.iter().enumerate() {
        for (column, &gene) in means.genes.iter().enumerate() {
            let area = grid.place(row, column);
            let [x, y, width, height] = area;
            // A hair of the ground between places.
            let inner = [x + 0.25, y + 0.25, width - 0.5, height - 0.5];
            let is_known = means.value(group, gene).is_finite();
            let fill = Paint::Color(Palette::Viridis.color(means.place(group, gene)));
            figure.mark(Mark {
                row,
                column,
                tip: means.tip(group, gene),
                area,
                shapes: if is_known { vec![Shape::Rect { area: inner, fill }] } else { Vec::new() },
            });
        }
    }
    grid.frame(&mut figure);
    legend::colors(&mut figure, grid.beside(), means.legend(), Palette::Viridis, means.domain());
    figure
}
