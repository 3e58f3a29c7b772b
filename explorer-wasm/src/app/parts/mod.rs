//! What several parts of the page share. It knows none of them.

mod ask;
mod by_pointer;
mod color;
mod gene_set;
mod histogram;
mod layer;
mod page;
mod resolve;
mod save;
mod title;

pub use ask::{compare_with_rest, correlate_genes, describe_cells, open_plot, plot_column, show_markers};
pub use by_pointer::ByPointer;
pub use color::{blend, blended, colored_in, is_colored, toggle_color};
pub use gene_set::add_gene_sets;
pub use histogram::{bars, follow_ask, follow_brush, is_missing_selected};
pub use layer::{layer_name, levels_text};
pub use page::Page;
pub use resolve::resolve;
pub use save::{save_csv, save_figure};
pub use title::title;
