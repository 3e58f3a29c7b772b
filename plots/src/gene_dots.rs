//! A dot for each gene between two axes: volcano and MA plots, the effects of two comparisons.

use explorer_core::screen::{GeneLabel, GeneLayout, GeneTick, Point, Rect};

use crate::{
    figure::{Align, Figure, Mark, Paint, Shape},
    legend, text,
};

/// Width and height of a plot with its axes, in CSS pixels.
pub const SIZE_PX: (f64, f64) = (600.0, 470.0);

/// Room in it: at the left, above, at the right, below.
pub const ROOM_PX: [f64; 4] = [78.0, 52.0, 14.0, 50.0];

/// Width of dots that stand out, and of the others.
const DOTS_PX: [f64; 2] = [4.0, 3.0];

/// Genes of a class that have their numbers at the pointer.
const MOST_MARKS: usize = 150;

/// Numbers on an axis, of either sign.
const MOST_TICKS: usize = 5;

/// Genes that stand for the same.
pub struct GeneClass {
    /// What they stand for, in the legend.
    pub label: String,
    /// Their color.
    pub paint: Paint,
    /// The genes, by their numbers, the foremost first.
    pub genes: Vec<usize>,
}

/// A plot of genes.
pub struct GeneDots<'a> {
    /// Where they lie.
    pub layout: &'a GeneLayout,
    /// What both axes are called, that from left to right first.
    pub titles: [String; 2],
    /// All genes that are drawn; first those that do not stand out.
    pub classes: Vec<GeneClass>,
    /// Lines where genes begin to stand out.
    pub thresholds: Vec<[Point; 2]>,
    /// Genes that have their names in any case.
    pub chosen: &'a [usize],
    /// The names of all genes.
    pub names: &'a [String],
}

impl GeneDots<'_> {
    /// Draws them into the upper left corner of a figure, with a legend beside them. `tip` says what a gene's dot stands
    /// for.
    pub fn draw(&self, figure: &mut Figure, tip: impl Fn(usize) -> String) {
        let layout = self.layout;
        let (width, height) = layout.size_px;
        figure.size = [width, height];
        self.axes(figure);
        for (at, class) in self.classes.iter().enumerate() {
            let width = DOTS_PX[usize::from(at == 0)];
            for (d, width) in [(layout.dots(&class.genes), width), (layout.arrows(&class.genes), 1.5)] {
                if !d.is_empty() {
                    figure.push(Shape::Path { d, fill: None, stroke: Some((class.paint, width)) });
                }
            }
        }
        self.thresholds.iter().for_each(|&[from, to]| figure.dashed([from.0, from.1], [to.0, to.1], Paint::Muted));
        let out: Vec<usize> = self.classes[1..].iter().flat_map(|class| class.genes.iter().copied()).collect();
        for GeneLabel { gene, at: (x, base) } in layout.labels(self.chosen, &out, self.names) {
            figure.text_over([x, base - text::SIZE_PX / 3.0], &text::label(&self.names[gene]), Align::Start);
        }
        for (row, class) in self.classes[1..].iter().enumerate() {
            for (column, &gene) in class.genes.iter().take(MOST_MARKS).enumerate() {
                let (x, y) = layout.points[gene];
                let area = [x - 4.0, y - 4.0, 8.0, 8.0];
                figure.mark(Mark { row, column, tip: tip(gene), area, shapes: Vec::new() });
            }
        }
        let class = |class: &GeneClass| (class.label.clone(), class.paint);
        // As they lie: what is higher above what is lower.
        let labels: Vec<_> = self.classes.iter().rev().map(class).collect();
        let Rect([_, top, right, _]) = layout.plot();
        legend::labels(figure, [right + ROOM_PX[2], top], "", &labels);
    }

    fn axes(&self, figure: &mut Figure) {
        let Rect([left, top, right, bottom]) = self.layout.plot();
        // Zero parts what is lower from what is higher.
        let grid = |value: f64| if value == 0.0 { Paint::Line } else { Paint::Grid };
        for GeneTick { at_px: x, text, value } in self.layout.x_ticks(MOST_TICKS) {
            figure.line([x, top], [x, bottom], grid(value));
            figure.text([x, bottom + 14.0], text, Align::Middle, Paint::Muted);
        }
        for GeneTick { at_px: y, text, value } in self.layout.y_ticks(MOST_TICKS) {
            figure.line([left, y], [right, y], grid(value));
            figure.text([left - 8.0, y], text, Align::End, Paint::Muted);
        }
        let [of_x, of_y] = &self.titles;
        figure.text([f64::midpoint(left, right), bottom + 36.0], of_x.clone(), Align::Middle, Paint::Text);
        let of_y = text::cut(of_y, bottom - top);
        figure.text_up([left - ROOM_PX[0] + 26.0, f64::midpoint(top, bottom)], of_y, Align::Middle);
        // Both axes.
        figure.line([left, bottom], [right, bottom], Paint::Line);
        figure.line([left, top], [left, bottom], Paint::Line);
    }
}
