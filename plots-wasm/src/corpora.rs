//! Questions to a corpus.

use std::{cell::RefCell, rc::Rc};

use corpus::{Corpus, view::View};
use explorer_wasm::{
    fetch::{Fetcher, catalog_bytes, open_corpus},
    worker::{CorpusTask, PlotAnswer},
};
use expression::Ontology;
use futures_util::future::{FutureExt as _, LocalBoxFuture, join};
use plots::{
    Figure,
    of_corpus::{self, Served},
};
use shared_fbs::{api::Endpoint, catalog::Catalog, dataset_id::name_of};

use crate::raster;

thread_local! {
    /// The corpus that was asked: the worker is of one.
    static OPENED: RefCell<Option<Rc<Opened>>> = const { RefCell::new(None) };
}

struct Opened {
    corpus: Corpus<Fetcher>,
    ontology: Ontology,
    served: Served,
}

/// Answers a question to a corpus.
pub fn answer(task: CorpusTask) -> LocalBoxFuture<'static, Result<PlotAnswer, String>> {
    async move {
        let CorpusTask { source, root, asked, ground, scale } = task;
        let known = OPENED.with_borrow(Clone::clone);
        let opened = match known {
            Some(opened) => opened,
            None => {
                let (corpus, served) = join(open_corpus(source), served(&root)).await;
                let corpus = corpus.map_err(|error| error.to_string())?;
                let ontology = corpus::ontology(corpus.manifest());
                let opened = Rc::new(Opened { corpus, ontology, served });
                OPENED.set(Some(Rc::clone(&opened)));
                opened
            }
        };
        let view = View::of_address(&asked);
        let answer = of_corpus::answer(&opened.corpus, &opened.ontology, &view, ground, &opened.served).await;
        let of_corpus::CorpusAnswer { html, figure, csv } = answer.map_err(|error| error.to_string())?;
        match scale {
            0 => Ok(PlotAnswer::Texts([html, figure.as_ref().map(Figure::to_svg).unwrap_or_default(), csv])),
            scale => {
                let figure = figure.ok_or("the answer to this question is no figure")?;
                raster::png(&figure, scale.into()).await.map(PlotAnswer::Picture)
            }
        }
    }
    .boxed_local()
}

/// The datasets that the host lists, by name; none where it lists none.
async fn served(root: &str) -> Served {
    let Ok(bytes) = catalog_bytes(root).await else { return Served::new() };
    let catalog = Catalog::decode(&bytes).unwrap_or_default();
    let page = |id: &String| format!("{root}{}", Endpoint::Page { id: id.into() }.address());
    // A corpus knows datasets by their names, and an id has a code of the dataset's place.
    catalog.datasets.iter().map(|dataset| (name_of(&dataset.id).to_owned(), page(&dataset.id))).collect()
}
