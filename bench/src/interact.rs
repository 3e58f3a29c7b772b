//! What a drag, a lasso and a change of color cost, without a page: on the columns of made-up datasets of growing size.

use std::{convert::Infallible, f64::consts::TAU, path::Path};

use anyhow::{Context, Result, ensure};
use explorer_core::{
    color::{ColorScale, label_indices},
    data::{Categorical, Column, Continuous, Embedding, GeneIdx},
    filter::{Binned, CellMask, CrossFilter, Domain, Groups, Polygon, Predicate, Source, Tally},
    format,
    state::ColorOptions,
};
use shared_fbs::manifest::{ColumnKind, Layer};
use tessera::dataset::Dataset;

use crate::{
    clock::{self, timed},
    data::{FEW_GENES, Size, tiles_of},
    table::{self, Table},
};

/// How often each thing is done.
const REPEATS: usize = 7;
/// Vertices of the lasso.
const VERTICES: usize = 64;
/// Bins of a histogram, as in the page.
const BINS: u8 = 40;

/// All that the sidebar of a dataset counts, and what cells are colored by.
struct Sidebar {
    numbers: Vec<Continuous>,
    bins: Vec<Binned>,
    categories: Vec<Categorical>,
    embedding: Embedding,
}

/// The best times of one size, in seconds of all threads.
struct Measured {
    brush: f64,
    drag: f64,
    lasso: f64,
    labels: f64,
    values: f64,
    gene: f64,
}

/// Prints a table with a row for each number of cells.
pub fn print(folder: &Path, sizes: &[usize]) -> Result<()> {
    println!("## A drag, a lasso, a color\n");
    let unit = clock::calibrate();
    println!("Calibration loop: {}.\n", table::time(unit));
    let mut rows = Table::new([
        "cells",
        "brush, all counts",
        "×",
        "drag, all counts",
        "×",
        "lasso",
        "×",
        "color by labels",
        "by values",
        "by gene, from tiles",
        "×",
    ]);
    let mut n_columns = [0; 2];
    for &cells in sizes {
        let dataset = Dataset::open(&tiles_of(Size { cells, genes: FEW_GENES }, folder)?)?;
        let sidebar = Sidebar::read(&dataset)?;
        n_columns = [sidebar.bins.len(), sidebar.categories.len()];
        let found = sidebar.measure(&dataset)?;
        let times = |seconds: f64| [table::time(seconds), table::ratio(seconds / unit)];
        let [brush, drag, lasso, gene] = [found.brush, found.drag, found.lasso, found.gene].map(times);
        rows.push_row(
            [
                vec![format::integer(cells as u64)],
                Vec::from(brush),
                Vec::from(drag),
                Vec::from(lasso),
                vec![table::time(found.labels), table::time(found.values)],
                Vec::from(gene),
            ]
            .concat(),
        );
    }
    rows.print();
    println!(
        "\nSeconds of one thread, the best of {REPEATS}; × is the multiple of the calibration loop. All counts: {} histograms \
         and {} categories, selected and in view; a drag moves the brush by a hundredth of its width.",
        n_columns[0], n_columns[1],
    );
    Ok(())
}

impl Sidebar {
    fn read(dataset: &Dataset) -> Result<Self> {
        let manifest = dataset.manifest();
        let (mut numbers, mut categories) = (Vec::new(), Vec::new());
        for column in manifest.columns.iter().filter(|column| !column.hidden) {
            match column.kind {
                ColumnKind::Categorical | ColumnKind::Continuous => match dataset.column(&column.name)? {
                    Column::Categorical(column) => categories.push(column),
                    Column::Continuous(column) => numbers.push(column),
                },
                _ => {}
            }
        }
        let bins = numbers.iter().filter_map(|column| Some(Binned::new(column, Domain::of(column, None)?, BINS)));
        let bins: Vec<Binned> = bins.collect();
        ensure!(!bins.is_empty() && !categories.is_empty(), "the dataset has no columns to count");
        Ok(Self { bins, numbers, categories, embedding: dataset.embedding(None)? })
    }

    fn groups(&self) -> impl Iterator<Item = (usize, Groups<'_>)> {
        let bins = self.bins.iter().map(Groups::Bins);
        bins.chain(self.categories.iter().map(Groups::Categories)).enumerate()
    }

    fn measure(&self, dataset: &Dataset) -> Result<Measured> {
        let brushed = &self.numbers[0];
        let domain = self.bins[0].domain();
        let width = domain.max - domain.min;
        let brush = |filter: &mut CrossFilter<usize>, at: f32| {
            let min = domain.min + at * width;
            let range = Predicate::Range { min, max: min + 0.3 * width };
            filter.set(0, &range, Source::Continuous(brushed))
        };
        let mut filter = CrossFilter::new(brushed.values.len());
        let others = CellMask::from_fn(brushed.values.len(), |cell| cell % 3 != 0);
        filter.set_mask(usize::MAX, others)?;

        let mut at = 0.1;
        let (_, from_scratch) = timed(REPEATS, || {
            at = 0.6 - at;
            brush(&mut filter, at)?;
            let counts = self.groups().map(|(key, groups)| filter.count(Some(&key), groups));
            anyhow::Ok(counts.collect::<Vec<_>>())
        })?;
        let mut tallies: Vec<Tally<usize>> =
            self.groups().map(|(key, groups)| Tally::new(&filter, Some(key), groups)).collect();
        let (_, drag) = timed(REPEATS, || {
            at += 0.003;
            let change = brush(&mut filter, at)?;
            for ((_, groups), tally) in self.groups().zip(&mut tallies) {
                tally.update(&filter, &change, groups);
            }
            anyhow::Ok(())
        })?;

        let lasso = Polygon { vertices: lasso(&self.embedding) };
        let (selected, lasso) = timed(REPEATS, || Ok::<_, Infallible>(lasso.mask(&self.embedding)))?;
        ensure!((1..selected.len()).contains(&selected.count()), "the lasso holds no cell, or all");
        let (_, labels) = timed(REPEATS, || Ok::<_, Infallible>(label_indices(&self.categories[0])))?;
        let (_, values) = timed(REPEATS, || Ok::<_, Infallible>(colors(brushed)))?;
        let layer = dataset.manifest().statistics_layer().context("the dataset has no layer")?;
        let (_, gene) = timed(REPEATS, || gene_colors(dataset, layer))?;
        Ok(Measured {
            brush: from_scratch.cpu_min(),
            drag: drag.cpu_min(),
            lasso: lasso.cpu_min(),
            labels: labels.cpu_min(),
            values: values.cpu_min(),
            gene: gene.cpu_min(),
        })
    }
}

fn colors(column: &Continuous) -> Vec<u8> {
    ColorScale::fit(column, None, &ColorOptions::default()).indices(column)
}

/// Reads the first gene from its tiles and colors all cells by it.
fn gene_colors(dataset: &Dataset, layer: &Layer) -> Result<Vec<u8>> {
    Ok(colors(&dataset.gene(layer, GeneIdx(0))?.to_continuous()))
}

/// A star of seven points about the middle.
fn lasso(embedding: &Embedding) -> Vec<[f64; 2]> {
    let vertex = |vertex: usize| {
        let angle = TAU * vertex as f64 / VERTICES as f64;
        let radius = 16_000.0 * (1.0 + 0.2 * (7.0 * angle).sin());
        embedding.frame.coordinates(32_000.0 + radius * angle.cos(), 32_000.0 + radius * angle.sin()).into()
    };
    (0..VERTICES).map(vertex).collect()
}
