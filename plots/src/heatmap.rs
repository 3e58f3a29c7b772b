//! A heat map: a column of colors for each cell, a row for each gene. Of many cells a sample of each group is drawn.

use explorer_core::{
    color::Rgb,
    data::{CellIdx, GeneIdx},
    dataset::{Dataset, Priority, Tiles},
    format::{integer, plural, significant},
    grouping::GroupedCells,
    session::PlotQuestion,
    state::PlotScale,
};

use crate::{
    figure::{Align, Figure, Mark, Paint, Shape},
    grid::MARGIN_PX,
    legend,
    palette::Palette,
    table::Table,
    text,
};

/// Cells that are drawn of all groups together, about.
const MOST_CELLS: u64 = 700;

/// Width of all cells together, about, height of a gene, and height of the strip of the groups' colors.
const WIDTH_PX: u64 = 700;
const ROW_PX: f64 = 18.0;
const STRIP_PX: f64 = 8.0;

/// The least room of a group, so that labels do not lie over each other.
const LEAST_GROUP_PX: f64 = 14.0;

/// Between two groups.
const GAP_PX: f64 = 2.0;

/// Colors that are told apart: cells of one color next to each other are one shape.
const N_COLORS: usize = 48;

/// The cells of a group that are drawn.
pub struct GroupCells {
    /// Their places in storage order, ascending.
    cells: Vec<u32>,
    /// Their rows in the input.
    pub rows: Vec<u32>,
    /// Of each gene, their values.
    pub values: Vec<Vec<f32>>,
}

/// The cells that are drawn of each group, and their values.
pub struct CellValues<'a> {
    pub question: &'a PlotQuestion,
    pub cells: Vec<GroupCells>,
}

/// Of each group as many cells as of it are among all, at least one, evenly over their storage order, in which cells that are
/// alike lie together: the same cells at every drawing.
fn sample(cells: &GroupedCells) -> Vec<Vec<u32>> {
    let n_all = cells.grouping.n_cells().max(1);
    let n_of: Vec<u64> = (cells.grouping.groups.iter())
        .map(|group| match n_all {
            ..=MOST_CELLS => group.n_cells,
            _ => (group.n_cells * MOST_CELLS).div_ceil(n_all),
        })
        .collect();
    let mut drawn: Vec<Vec<u32>> = n_of.iter().map(|&n| Vec::with_capacity(n as usize)).collect();
    let mut n_seen = vec![0_u64; n_of.len()];
    for (cell, &group) in (0..).zip(&cells.codes) {
        let group = usize::from(group);
        let (Some(drawn), Some(entry)) = (drawn.get_mut(group), cells.grouping.groups.get(group)) else { continue };
        // The cell in the middle of every part of the group.
        let next = (2 * drawn.len() as u64 + 1) * entry.n_cells / (2 * n_of[group]);
        if n_seen[group] == next {
            drawn.push(cell);
        }
        n_seen[group] += 1;
    }
    drawn
}

/// Reads the values of the cells that are drawn. `report` hears of every gene.
pub async fn read<'a, T: Tiles>(
    dataset: &Dataset<T>,
    question: &'a PlotQuestion,
    cells: &GroupedCells,
    mut report: impl FnMut(usize) -> Result<(), T::Error>,
) -> Result<CellValues<'a>, T::Error> {
    let rows = dataset.rows(Priority::Now).await?;
    let row = |&cell: &u32| rows.row_of(CellIdx(cell)).map_or(0, |row| row.0);
    let group = |cells: Vec<u32>| GroupCells {
        rows: cells.iter().map(row).collect(),
        values: Vec::with_capacity(question.genes.len()),
        cells,
    };
    let mut groups: Vec<GroupCells> = sample(cells).into_iter().map(group).collect();
    for gene in &question.genes {
        let values = dataset.gene(question.layer as usize, GeneIdx(gene.index), Priority::Now).await?;
        for group in &mut groups {
            let value = |cell: &u32| values.indices.binary_search(cell).map_or(0.0, |at| values.data[at]);
            group.values.push(group.cells.iter().map(value).collect());
        }
        report(1)?;
    }
    Ok(CellValues { question, cells: groups })
}

impl CellValues<'_> {
    /// How many cells are drawn, of how many.
    pub fn drawn_text(&self) -> String {
        let n_drawn: usize = self.cells.iter().map(|group| group.cells.len()).sum();
        match self.question.grouping.n_cells() {
            n_all if n_all == n_drawn as u64 => format!("all {}", plural(n_drawn, "cell", "cells")),
            n_all => {
                format!("{} of {} cells, a sample of each group by its size", integer(n_drawn as u64), integer(n_all))
            }
        }
    }

    /// The least and the largest value of some genes.
    fn extent(&self, genes: std::ops::Range<usize>) -> [f64; 2] {
        let values = self.cells.iter().flat_map(|group| &group.values[genes.clone()]).flatten();
        let finite = values.map(|&value| f64::from(value)).filter(|value| value.is_finite());
        let [least, largest] = finite
            .fold([f64::INFINITY, f64::NEG_INFINITY], |[least, largest], value| [least.min(value), largest.max(value)]);
        if least < largest { [least, largest] } else { [least.min(0.0), least.max(0.0) + 1.0] }
    }

    fn mean(&self, group: usize, gene: usize) -> f64 {
        let values = &self.cells[group].values[gene];
        values.iter().map(|&value| f64::from(value)).sum::<f64>() / values.len().max(1) as f64
    }

    fn tip(&self, group: usize, gene: usize) -> String {
        let grouping = &self.question.grouping;
        format!(
            "{} in {}: mean {} of the {} drawn of {} cells",
            self.question.genes[gene].label,
            grouping.name(group),
            significant(self.mean(group, gene), 3),
            integer(self.cells[group].cells.len() as u64),
            integer(grouping.groups[group].n_cells)
        )
    }

    pub fn table(&self) -> Table {
        let grouping = &self.question.grouping;
        let genes = self.question.genes.iter().map(|gene| gene.label.clone());
        let row = |group: usize| {
            let [n_drawn, n_cells] =
                [self.cells[group].cells.len() as u64, grouping.groups[group].n_cells].map(integer);
            let means = (0..self.question.genes.len()).map(|gene| significant(self.mean(group, gene), 3));
            [grouping.name(group), n_drawn, n_cells].into_iter().chain(means).collect()
        };
        Table {
            caption: format!("Mean of the cells drawn: {}", self.drawn_text()),
            header: [grouping.title(), "drawn".to_owned(), "cells".to_owned()].into_iter().chain(genes).collect(),
            rows: (0..grouping.groups.len()).map(row).collect(),
        }
    }
}

pub fn draw(values: &CellValues<'_>) -> Figure {
    let question = values.question;
    let grouping = &question.grouping;
    let mut figure = Figure::new(question.plot.title(), question.ground);
    let genes: Vec<String> = question.genes.iter().map(|gene| text::label(&gene.label)).collect();
    let names: Vec<String> = (0..grouping.groups.len()).map(|group| text::label(&grouping.name(group))).collect();
    let left = MARGIN_PX + text::widest(&genes) + 8.0;
    let top = MARGIN_PX + STRIP_PX + 4.0;
    let bottom = top + genes.len() as f64 * ROW_PX;
    let n_drawn: u64 = values.cells.iter().map(|group| group.cells.len() as u64).sum();
    let cell_px = (WIDTH_PX / n_drawn.max(1)).clamp(1, 12) as f64;
    let all = values.extent(0..genes.len());
    let mut x = left;
    for (group, name) in names.iter().enumerate() {
        let width = values.cells[group].cells.len() as f64 * cell_px;
        let room = width.max(LEAST_GROUP_PX);
        let strip = [x, MARGIN_PX, width, STRIP_PX];
        figure.push(Shape::Rect { area: strip, fill: Paint::Color(grouping.color(group)) });
        for gene in 0..genes.len() {
            let [least, largest] = match question.plot.scale {
                PlotScale::Values => all,
                PlotScale::PerGene => values.extent(gene..gene + 1),
            };
            let y = top + gene as f64 * ROW_PX;
            let shade = |value: f32| {
                let place = (f64::from(value) - least) / (largest - least);
                (place.clamp(0.0, 1.0) * (N_COLORS - 1) as f64).round() as usize
            };
            let shades: Vec<usize> = values.cells[group].values[gene].iter().map(|&value| shade(value)).collect();
            figure.mark(Mark {
                row: gene,
                column: group,
                tip: values.tip(group, gene),
                area: [x, y, width, ROW_PX],
                shapes: stripes(&shades, [x, y], cell_px),
            });
        }
        figure.text_up([x + width / 2.0, bottom + 4.0], name.clone(), Align::End);
        x += room + GAP_PX;
    }
    for (gene, name) in genes.into_iter().enumerate() {
        figure.text([left - 8.0, top + (gene as f64 + 0.5) * ROW_PX], name, Align::End, Paint::Text);
    }
    let below = bottom + 4.0 + text::widest(&names) + MARGIN_PX;
    figure.text([left, below], values.drawn_text(), Align::Start, Paint::Muted);
    figure.size = [x + MARGIN_PX, below];
    legend::widen(&mut figure, [left + text::width(&values.drawn_text()) + MARGIN_PX, 0.0]);
    let (title, domain) = match question.plot.scale {
        PlotScale::Values => ("Expression", all),
        PlotScale::PerGene => ("Scaled by gene", [0.0, 1.0]),
    };
    legend::colors(&mut figure, [left, below + 14.0], title, Palette::Viridis, domain);
    figure
}

/// A row of cells as one shape for each color.
fn stripes(shades: &[usize], [x, y]: [f64; 2], cell_px: f64) -> Vec<Shape> {
    let mut paths: Vec<String> = vec![String::new(); N_COLORS];
    let mut at = 0;
    for run in shades.chunk_by(|a, b| a == b) {
        let (start, width) = (x + at as f64 * cell_px, run.len() as f64 * cell_px);
        paths[run[0]] += &format!("M{start:.1} {y:.1}h{width}v{ROW_PX}h-{width}z");
        at += run.len();
    }
    let color = |shade: usize| -> Rgb { Palette::Viridis.color(shade as f64 / (N_COLORS - 1) as f64) };
    let there = paths.into_iter().enumerate().filter(|(_, d)| !d.is_empty());
    there.map(|(shade, d)| Shape::Path { d, fill: Some(Paint::Color(color(shade))), stroke: None }).collect()
}

#[cfg(test)]
mod tests {
    use explorer_core::grouping::{Group, GroupColumn, Grouping, NO_GROUP};

    use super::*;

    fn grouped(n_of: &[u64]) -> GroupedCells {
        let labels = (0..n_of.len()).map(|label| label.to_string()).collect();
        let column = GroupColumn { name: "type".to_owned(), labels, colors: vec![[0; 3]; n_of.len()] };
        let groups = (0..).zip(n_of).map(|(label, &n_cells)| Group { labels: vec![label], n_cells }).collect();
        let codes = (0..).zip(n_of).flat_map(|(group, &n)| vec![group; n as usize]).chain([NO_GROUP]).collect();
        GroupedCells { grouping: Grouping { columns: vec![column], groups, n_unlabeled: 1 }, codes }
    }

    #[test]
    fn few_cells_are_all_drawn_and_of_many_each_group_by_its_size() {
        assert_eq!(sample(&grouped(&[3, 2])), [vec![0, 1, 2], vec![3, 4]]);
        let many = sample(&grouped(&[50_000, 20_000, 3]));
        assert_eq!(many.iter().map(Vec::len).collect::<Vec<_>>(), [500, 200, 1]);
        // Even, and each a cell of the group.
        assert!(
            many[0].is_sorted_by(|a, b| b - a == 100) && many[1].iter().all(|cell| (50_000..70_000).contains(cell))
        );
        assert_eq!(many[2], [70_001]);
    }

    #[test]
    fn cells_of_one_color_are_one_shape() {
        let shapes = stripes(&[0, 0, 5, 0], [10.0, 2.0], 3.0);
        let Shape::Path { d, .. } = &shapes[0] else { panic!("a path") };
        assert_eq!((shapes.len(), d.as_str()), (2, "M10.0 2.0h6v18h-6zM19.0 2.0h3v18h-3z"));
    }
}
