//! Our page, served by our server.

use std::fmt::Display;

use anyhow::{Context as _, Result};
use e2e::{Environment, Graphics, TileServer};
use explorer_core::session::is_constant;
use shared_fbs::manifest::ColumnKind;
use tessera::dataset::Dataset;

use super::{
    dataset::{COLUMNS, Data},
    viewer::{Act, Histogram, Mode, Server, Viewer},
};

/// How many genes the cells are colored by, one after the other.
const GENES: usize = 10;

/// WebDriver's Ctrl, A and Ctrl's release, and its Enter.
const SELECT_ALL: &str = "\u{e009}a\u{e000}";
const ENTER: &str = "\u{e007}";

/// Starts the server on a dataset's tiles. So many panels show the same embedding, and move together.
///
/// # Errors
/// When it does not start.
pub fn viewer(environment: &Environment, data: &Data, n_panels: usize) -> Result<Viewer> {
    let server = TileServer::start(environment, &data.tiles)?;
    let canvases = "[...document.querySelectorAll('[data-testid=canvas]')].map(canvas => canvas.dataset)";
    let link = match n_panels {
        1 => String::new(),
        several => format!("#c=obs:{}&panels={several}&linked=1&v=1", COLUMNS[0]),
    };
    let color = |column: &str| Act::Press(format!("[data-testid=category-color-{column}]"));
    Ok(Viewer {
        name: "Tessera".to_owned(),
        graphics: Graphics::WebGpu,
        url: format!("{}/d/{}{link}", server.address(), data.id()),
        picture: "[data-testid=picture]",
        pictures: if n_panels == 1 { "[data-testid=picture]" } else { "[data-testid=panels]" },
        is_whole: format!(
            "(all => all.length >= {n_panels} && all.every(drawn => drawn.state === 'ready' && drawn.nDrawn === '{}'))({canvases})",
            data.cells,
        ),
        pan: Mode { button: Some("[data-testid=tool-pan]"), keys: &[] },
        lasso: Mode { button: Some("[data-testid=tool-lasso]"), keys: &[] },
        recolor: [color(COLUMNS[1]), color(COLUMNS[0])],
        colors: colors(&Dataset::open(&data.tiles)?)?,
        panels: ["panels-menu", "add-panel", "panel-close"].map(press).into(),
        count: Some("[data-testid=count-text]"),
        histogram: Some(Histogram {
            brush: "[data-testid=histogram-brush-n_counts]",
            clear: "[data-testid=histogram-clear-n_counts]",
        }),
        server: Server::Tiles { _running: Box::new(server) },
        notes: Vec::new(),
    })
}

fn press(test_id: impl Display) -> Act {
    Act::Press(format!("[data-testid={test_id}]"))
}

/// Colors by every column that the page lists, then by the first genes.
fn colors(dataset: &Dataset) -> Result<Vec<Act>> {
    let mut acts = Vec::new();
    for column in dataset.manifest().columns.iter().filter(|column| !column.hidden && !is_constant(column)) {
        match column.kind {
            ColumnKind::Categorical => acts.push(press(format_args!("category-color-{}", column.name))),
            ColumnKind::Continuous => acts.push(press(format_args!("histogram-color-{}", column.name))),
            _ => {}
        }
    }
    let layer = dataset.manifest().layers.first().context("the dataset has no layer")?;
    for gene in dataset.gene_names(layer)?.labels().iter().take(GENES) {
        acts.push(Act::Type { into: "[data-testid=gene-search]", text: format!("{SELECT_ALL}{gene}") });
        acts.push(Act::Type { into: "[data-testid=gene-search]", text: ENTER.to_owned() });
    }
    Ok(acts)
}
