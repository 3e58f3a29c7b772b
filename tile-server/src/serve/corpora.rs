//! `/corpora/{id}/{file}`: corpora of gene expression, each a directory with a manifest and the packs that it names.

use std::{
    collections::{BTreeSet, HashMap},
    fs,
    path::{Path, PathBuf},
    sync::Arc,
};

use http::{Response, request};
use shared_fbs::{
    api::Endpoint,
    corpus::Corpus as Manifest,
    dataset_id::name_of,
    path::{CORPUS, content_hash, is_pack_file},
};

use super::{
    answer_file, asked::Asked, body::Body, conditional_requests::EntityTag, confined_file::OpenFile,
    disk_threads::DiskThreads, dispatch::State, error::ServeError, exchange::Exchange, file_reading::Patience,
    responses,
};

/// A corpus to serve.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CorpusAddress {
    /// What it is called in addresses.
    pub id: String,
    /// Where it lies.
    pub directory: PathBuf,
}

/// All corpora that are served.
pub(super) struct Corpora(HashMap<String, Arc<Corpus>>);

/// One of them.
pub(super) struct Corpus {
    /// Canonical.
    root: PathBuf,
    /// The datasets that it was made of when it was opened, by their names.
    datasets: BTreeSet<String>,
    threads: DiskThreads,
}

impl Corpora {
    /// Looks each of them up.
    ///
    /// # Errors
    /// When an id comes twice, or a directory cannot be read.
    pub(super) fn open(corpora: Vec<CorpusAddress>) -> Result<Self, ServeError> {
        let mut opened = HashMap::new();
        for CorpusAddress { id, directory } in corpora {
            let root = directory.canonicalize().and_then(|root| {
                OpenFile::within(&root, Path::new(CORPUS))?;
                let manifest = fs::read(root.join(CORPUS))?;
                Ok((root, manifest))
            });
            let (root, manifest) = root.map_err(|source| ServeError::Corpus { directory, source })?;
            // A manifest that cannot be read is for its own page to tell of.
            let sources = Manifest::decode(&manifest).map(|manifest| manifest.sources).unwrap_or_default();
            let datasets = sources.into_iter().map(|source| name_of(&source.id).to_owned()).collect();
            let corpus = Arc::new(Corpus { root, datasets, threads: DiskThreads::default() });
            if opened.insert(id.clone(), corpus).is_some() {
                return Err(ServeError::DuplicateCorpus { id });
            }
        }
        Ok(Self(opened))
    }

    /// The addresses of the pages of corpora that have a dataset of this id, with spaces between them.
    pub(super) fn with_dataset(&self, dataset: &str) -> String {
        let has_it = self.0.iter().filter(|(_, corpus)| corpus.datasets.contains(name_of(dataset)));
        let pages: BTreeSet<String> = has_it.map(|(id, _)| Endpoint::CorpusPage { id: id.into() }.address()).collect();
        pages.into_iter().collect::<Vec<_>>().join(" ")
    }

    /// The corpus of an id.
    pub(super) fn get(&self, id: &str) -> Option<&Arc<Corpus>> {
        self.0.get(id)
    }
}

/// Answers for a file of a corpus.
pub(super) async fn file(
    state: &Arc<State>,
    request: request::Parts,
    exchange: Arc<Exchange>,
    id: &str,
    name: String,
) -> Response<Body> {
    let Some(corpus) = state.corpora.get(id) else {
        return responses::not_found("No corpus of this name is served.");
    };
    if name != CORPUS && !is_pack_file(&name) {
        return responses::not_found("The corpus has no such file.");
    }
    let (threads, corpus, limits) = (corpus.threads.clone(), Arc::clone(corpus), state.limits.clone());
    let answer = threads.run(state.limits.answer_time, move || {
        let file = match OpenFile::within(&corpus.root, Path::new(&name)) {
            Ok(file) => file,
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => {
                return responses::not_found("The corpus has no such file.");
            }
            Err(error) => return responses::failure("A file of the corpus cannot be opened.", &error),
        };
        let (tag, caching) = match content_hash(&name) {
            Some(hash) => (EntityTag::of_pack(hash, file.n_bytes), responses::IMMUTABLE),
            None => (EntityTag::of_mutable(&file.stamp), responses::REVALIDATE),
        };
        let asked = Asked { request: &request, exchange: &exchange, limits: &limits, patience: Patience::MayWait };
        answer_file::send_octets(&asked, &corpus.threads, &file, &tag, caching)
    });
    answer.await.unwrap_or_else(|error| responses::no_outcome(&error))
}
