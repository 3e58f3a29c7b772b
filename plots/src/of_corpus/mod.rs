//! Answers of a corpus, drawn and written: its dots, and what is asked beside them.
//!
//! In the HTML a button has `data-view`: what it adds to the [address of a view](corpus::view::View::add_address). Links to
//! datasets have `data-dataset`, the id of the dataset, and whoever shows them knows where it lies.

mod dots;
mod sources;

use corpus::{
    Corpus, QueryError,
    view::{Panel, Table, View},
};
use explorer_core::{color::Ground, dataset::Tiles, screen::xml_escaped};
use expression::Ontology;

use crate::Figure;

pub use dots::TooManyDots;

/// An answer.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct CorpusAnswer {
    /// As HTML; empty where the figure is all.
    pub html: String,
    /// A figure, where there is one.
    pub figure: Option<Figure>,
    /// All numbers, with a record of how they were made.
    pub csv: String,
}

/// Why there is no answer; `E` is why a tile cannot be read.
#[derive(Debug, thiserror::Error)]
pub enum CorpusAnswerError<E> {
    /// The corpus cannot answer.
    #[error(transparent)]
    Query(#[from] QueryError<E>),
    /// There is more than anybody could read.
    #[error(transparent)]
    TooMany(#[from] TooManyDots),
    /// The gene is none of the organism's.
    #[error("no dataset of the corpus has the gene `{0}`; choose another by the search for genes")]
    UnknownGene(String),
}

/// What a view shows beside its dots ([`View::of_panel`]), or the dots themselves ([`View::of_dots`]). The view says what the
/// organism is.
///
/// # Errors
/// [`CorpusAnswerError`].
pub async fn answer<T: Tiles>(
    corpus: &Corpus<T>,
    ontology: &Ontology,
    view: &View,
    ground: Ground,
) -> Result<CorpusAnswer, CorpusAnswerError<T::Error>> {
    match &view.panel {
        None => {
            let (query, manifest) = (view.query(""), corpus.manifest());
            let plot = corpus.dot_plot(&query, ontology).await?;
            let table = Table::new(&plot, view, manifest.frac_bits);
            let figure = dots::draw(&table, &query, view.scaling, manifest, ground)?;
            let csv = corpus::dot_plot_csv(&plot, &query, manifest);
            Ok(CorpusAnswer { html: String::new(), figure: Some(figure), csv })
        }
        Some(Panel::Sources) => sources::answer(corpus, ontology, view).await,
        Some(Panel::Gene(_) | Panel::MarkerOf(_) | Panel::Markers(_) | Panel::Specific(_) | Panel::Donors(..) | Panel::Table) => todo!(),
    }
}

/// A button that adds to the view.
fn button(adds: &str, title: &str, text: &str) -> String {
    let [adds, title, text] = [adds, title, text].map(xml_escaped);
    format!("<button type=\"button\" data-view=\"{adds}\" title=\"{title}\">{text}</button>")
}
