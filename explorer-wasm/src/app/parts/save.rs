//! Tables and figures saved as files of the user's.

use gloo_file::Blob;

use crate::{
    store::{FigureFile, Store, Tone},
    ui::PlotFile,
};

/// Saves a table as a file of the user's.
pub fn save_csv(store: Store, name: &str, text: &str) {
    if let Some(host) = store.host() {
        host.save_file(name, &Blob::new_with_options(text, Some("text/csv;charset=utf-8")));
    }
}

/// Saves a figure as a file of the user's, whose name is `name` with an ending, or tells why not. `draw` makes the file.
pub fn save_figure<F: Future<Output = Result<Blob, String>> + 'static>(
    store: Store,
    name: String,
    file: PlotFile,
    draw: impl FnOnce(FigureFile) -> F,
) {
    let (file, ending) = match file {
        PlotFile::Csv => return,
        PlotFile::Svg => (FigureFile::Svg, "svg"),
        PlotFile::Png(scale) => (FigureFile::Png(scale), "png"),
    };
    let drawn = draw(file);
    store.spawn(async move {
        match (drawn.await, store.host()) {
            (Ok(figure), Some(host)) => host.save_file(&format!("{name}.{ending}"), &figure),
            (Ok(_), None) => {}
            (Err(reason), _) => store.tell(reason, Tone::Error),
        }
    });
}
