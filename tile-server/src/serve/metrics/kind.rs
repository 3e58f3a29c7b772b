//! What an answer is of, as metrics tell answers apart.

use shared_fbs::{
    api::Endpoint,
    path::{CORPUS, MANIFEST},
};

/// What a request was answered with, or would have been.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(in crate::serve) enum AnswerKind {
    /// Nothing that has an address, or no place for the request.
    #[default]
    None,
    /// A file of the page.
    Page,
    /// `/healthz`.
    Health,
    /// The file that tells of all datasets.
    Catalog,
    /// A document on a dataset or collection.
    Document,
    /// What there is to say of datasets, as JSON.
    Description,
    /// A manifest.
    Manifest,
    /// A pack, or a range of it.
    Pack,
    /// Tiles by name.
    Tiles,
    /// Moments, computed.
    Moments,
    /// An answer of a corpus, computed.
    Question,
}

impl AnswerKind {
    /// All of them, in the order of their numbers.
    pub(super) const ALL: [Self; 11] = [
        Self::None,
        Self::Page,
        Self::Health,
        Self::Catalog,
        Self::Document,
        Self::Description,
        Self::Manifest,
        Self::Pack,
        Self::Tiles,
        Self::Moments,
        Self::Question,
    ];

    /// The kind of an endpoint's answer.
    pub(in crate::serve) fn of(endpoint: &Endpoint<'_>) -> Self {
        match endpoint {
            Endpoint::Health => Self::Health,
            Endpoint::Catalog | Endpoint::Genes { .. } => Self::Catalog,
            Endpoint::About { .. }
            | Endpoint::Oembed { .. }
            | Endpoint::Sitemap
            | Endpoint::Collections
            | Endpoint::Collection { .. } => Self::Document,
            Endpoint::Datasets | Endpoint::Dataset { .. } => Self::Description,
            Endpoint::Moments { .. } => Self::Moments,
            Endpoint::CorpusAnswer { .. } => Self::Question,
            Endpoint::File { file, .. } if file == MANIFEST => Self::Manifest,
            Endpoint::CorpusFile { file, .. } if file == CORPUS => Self::Manifest,
            Endpoint::File { .. } | Endpoint::CorpusFile { .. } => Self::Pack,
            Endpoint::Tiles { .. } => Self::Tiles,
            Endpoint::Page { .. } | Endpoint::CorpusPage { .. } | Endpoint::Poster { .. } => Self::Page,
        }
    }

    /// The kind of this number; one that is none's is [`Self::None`].
    pub(in crate::serve) fn of_number(number: u8) -> Self {
        Self::ALL.get(usize::from(number)).copied().unwrap_or_default()
    }

    /// Its number, which fits an atomic.
    pub(in crate::serve) fn number(self) -> u8 {
        self as u8
    }

    /// Its name in metrics.
    pub(super) fn name(self) -> &'static str {
        match self {
            Self::None => "none",
            Self::Page => "page",
            Self::Health => "health",
            Self::Catalog => "catalog",
            Self::Document => "document",
            Self::Description => "description",
            Self::Manifest => "manifest",
            Self::Pack => "pack",
            Self::Tiles => "tiles",
            Self::Moments => "moments",
            Self::Question => "question",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_kind_comes_back_from_its_number() {
        for kind in AnswerKind::ALL {
            assert_eq!(AnswerKind::of_number(kind.number()), kind);
        }
        assert_eq!(AnswerKind::of_number(u8::MAX), AnswerKind::None);
    }
}
