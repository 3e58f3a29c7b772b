//! `/corpora/{id}/{file}`: corpora of gene expression, each a directory with a manifest and the packs that it names.

use std::{
    collections::HashMap,
    path::{Path, PathBuf},
    sync::Arc,
};

use http::{Response, request};
use shared_fbs::path::{CORPUS, content_hash, is_pack_file};

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
                Ok(root)
            });
            let root = root.map_err(|source| ServeError::Corpus { directory, source })?;
            let corpus = Arc::new(Corpus { root, threads: DiskThreads::default() });
            if opened.insert(id.clone(), corpus).is_some() {
                return Err(ServeError::DuplicateCorpus { id });
            }
        }
        Ok(Self(opened))
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
