//! Our page, served by our server.

use anyhow::Result;
use e2e::{Environment, Graphics, TileServer};

use super::{
    dataset::{COLUMNS, Data},
    viewer::{Act, Histogram, Mode, Server, Viewer},
};

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
        is_whole: format!(
            "{canvases}.filter(drawn => drawn.state === 'ready' && drawn.nDrawn === '{}').length === {n_panels}",
            data.cells,
        ),
        pan: Mode { button: Some("[data-testid=tool-pan]"), keys: &[] },
        lasso: Mode { button: Some("[data-testid=tool-lasso]"), keys: &[] },
        recolor: [color(COLUMNS[1]), color(COLUMNS[0])],
        count: Some("[data-testid=count-text]"),
        histogram: Some(Histogram {
            brush: "[data-testid=histogram-brush-n_counts]",
            clear: "[data-testid=histogram-clear-n_counts]",
        }),
        server: Server::Tiles { _running: Box::new(server) },
        notes: Vec::new(),
    })
}
