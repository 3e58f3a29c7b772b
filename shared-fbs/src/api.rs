//! What a tile server and a page say to each other: addresses and messages.
//!
//! Addresses are relative to the root of the server's page and have no leading slash.

use std::{borrow::Cow, str::Utf8Error};

use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, percent_decode_str, utf8_percent_encode};
use serde::{Deserialize, Serialize};

use crate::{
    manifest::{Manifest, Poster, PosterTheme},
    path::{CATALOG, DATA_ROUTE, EMBED_MOVING, EMBED_ROUTE, TILES_ROUTE},
};

/// The first name in the addresses of what the server says of itself.
pub const API_ROUTE: &str = "api";

/// The first name in the addresses of the page on a dataset.
pub const PAGE_ROUTE: &str = "d";

/// The first name in the addresses of documents on datasets: plain files, so that any static host has them.
pub const ABOUT_ROUTE: &str = "about";

/// The first name in the addresses of documents on collections.
pub const COLLECTION_ROUTE: &str = "collections";

/// The first name in the addresses of the catalog's genes.
pub const GENES_ROUTE: &str = "genes";

/// Where the pages of Gene Expression over corpora begin.
pub const EXPRESSION_ROUTE: &str = "expression";

/// Where corpora begin.
pub const CORPUS_ROUTE: &str = "corpora";

/// How the names of files of the catalog's genes end.
const GENES_SUFFIX: &str = ".tsg";

/// How the names of documents end.
const HTML: &str = ".html";

/// How the names of files end that say how a dataset is embedded.
const OEMBED: &str = ".oembed.json";

/// The list of all documents.
const SITEMAP: &str = "sitemap.xml";

/// Where the server says that it runs.
pub const HEALTH_ROUTE: &str = "healthz";

/// What the address of a page in a frame has beside its dataset: `?embed=1`.
pub const EMBED_QUERY: &str = "embed";

/// What names the origin of the page around the frame in the same address: `&host=ORIGIN`.
pub const HOST_QUERY: &str = "host";

/// What stands there in place of a dataset that the page around the frame supplies: `&bytes=NAME`.
pub const BYTES_QUERY: &str = "bytes";

/// The name of the page's `<meta>` that lists the corpora of gene expression that its dataset is in: the addresses of their
/// pages, with spaces between them.
pub const CORPORA_META: &str = "tessera-corpora";

/// The name of the page's `<meta>` that lists the origins whose data it may show, with spaces between them.
pub const DATA_ORIGINS_META: &str = "tessera-data-origins";

/// The name of the page's `<meta>` that lists the origins whose pages may talk to the page in a frame of theirs.
pub const EMBED_ORIGINS_META: &str = "tessera-embed-origins";

/// The name of the `<meta>` that says where the data of a static site's page lies, as seen from `<base>`.
pub const DATA_META: &str = "tessera-data";

/// The name of the `<meta>` that says [`PLAIN_FILES`] where no program serves the page.
pub const HOST_META: &str = "tessera-host";

/// What the `<meta>` of [`HOST_META`] says in a static site, which stays as it is while its page is open.
pub const PLAIN_FILES: &str = "files";

/// How a file that is for other sites to load is named.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum EmbedFile {
    /// The newest of its version of the protocol.
    Moving,
    /// That of one release.
    Release,
}

impl EmbedFile {
    /// How the file at an address is named; `None` for what is not for other sites.
    pub fn of_address(address: &str) -> Option<Self> {
        let name = address.strip_prefix(EMBED_ROUTE)?.strip_prefix('/')?;
        let is_moving = name.strip_prefix(EMBED_MOVING).is_some_and(|rest| rest.starts_with('.'));
        Some(if is_moving { Self::Moving } else { Self::Release })
    }
}

/// A picture of a dataset, as the address of its page with a file's name after it has it: of the default embedding, on the
/// page's background in a theme.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum PosterName {
    /// The largest on light.
    Light,
    /// The largest on dark.
    Dark,
    /// One for lists, on light.
    LightSmall,
    /// One for lists, on dark.
    DarkSmall,
}

impl PosterName {
    /// All of them.
    pub const ALL: [Self; 4] = [Self::Light, Self::Dark, Self::LightSmall, Self::DarkSmall];

    /// The name of the file.
    pub fn file(self) -> &'static str {
        match self {
            Self::Light => "poster-light.png",
            Self::Dark => "poster-dark.png",
            Self::LightSmall => "poster-light-small.png",
            Self::DarkSmall => "poster-dark-small.png",
        }
    }

    /// What a dataset has of that name; `None` where it has no posters.
    pub fn of(self, manifest: &Manifest) -> Option<&Poster> {
        match self {
            Self::Light => manifest.poster(PosterTheme::Light, u32::MAX),
            Self::Dark => manifest.poster(PosterTheme::Dark, u32::MAX),
            Self::LightSmall => manifest.poster(PosterTheme::Light, SMALL_PX),
            Self::DarkSmall => manifest.poster(PosterTheme::Dark, SMALL_PX),
        }
    }
}

/// What a poster for lists measures at least, in pixels.
pub const SMALL_PX: u32 = 240;

/// What stands as it is in a part of an address, as in JavaScript's `encodeURIComponent`.
const PLAIN: &AsciiSet = &NON_ALPHANUMERIC
    .remove(b'-')
    .remove(b'_')
    .remove(b'.')
    .remove(b'!')
    .remove(b'~')
    .remove(b'*')
    .remove(b'\'')
    .remove(b'(')
    .remove(b')');

/// What a tile server answers, apart from the files of its page.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Endpoint<'a> {
    /// Whether the server runs.
    Health,
    /// What datasets there are and what they are of: a [catalog](crate::catalog).
    Catalog,
    /// The [genes](crate::genes) of a state of the catalog, one of several files.
    Genes {
        /// What the catalog calls its genes.
        state: Cow<'a, str>,
        /// The number of the file.
        file: u32,
    },
    /// A list of [`DatasetDescription`].
    Datasets,
    /// The [`DatasetDescription`] of one dataset.
    Dataset {
        /// The dataset's name.
        id: Cow<'a, str>,
    },
    /// Moments of two sets of cells: both as roaring bitmaps in, their tiles out. What they are of is in the
    /// [query](moments_query).
    Moments {
        /// The dataset's name.
        id: Cow<'a, str>,
    },
    /// The manifest or a pack.
    File {
        /// The dataset's name.
        id: Cow<'a, str>,
        /// The file's name.
        file: Cow<'a, str>,
    },
    /// Tiles of a pack.
    Tiles {
        /// The dataset's name.
        id: Cow<'a, str>,
        /// The name of the pack's file without `.pack`.
        pack: Cow<'a, str>,
        /// A [`TileList`](crate::path::TileList).
        list: Cow<'a, str>,
    },
    /// A picture of a dataset.
    Poster {
        /// The dataset's name.
        id: Cow<'a, str>,
        /// Which one.
        name: PosterName,
    },
    /// What there is to say of a dataset, as a document.
    About {
        /// The dataset's name.
        id: Cow<'a, str>,
    },
    /// How a dataset is embedded in other pages: <https://oembed.com>.
    Oembed {
        /// The dataset's name.
        id: Cow<'a, str>,
    },
    /// All documents, for search engines.
    Sitemap,
    /// All collections, as a document.
    Collections,
    /// What there is to say of a collection, as a document.
    Collection {
        /// The collection's id.
        id: Cow<'a, str>,
    },
    /// The page on a dataset.
    Page {
        /// The dataset's name.
        id: Cow<'a, str>,
    },
    /// The manifest or a pack of a corpus.
    CorpusFile {
        /// The corpus's name.
        id: Cow<'a, str>,
        /// The file's name.
        file: Cow<'a, str>,
    },
    /// Gene Expression over a corpus.
    CorpusPage {
        /// The corpus's name.
        id: Cow<'a, str>,
    },
    /// What a corpus answers.
    CorpusAnswer {
        /// The corpus's name.
        id: Cow<'a, str>,
        /// The question's name.
        question: Cow<'a, str>,
    },
}

impl<'a> Endpoint<'a> {
    /// The address.
    pub fn address(&self) -> String {
        let part = |text: &str| utf8_percent_encode(text, PLAIN).to_string();
        match self {
            Self::Health => HEALTH_ROUTE.to_owned(),
            Self::Catalog => CATALOG.to_owned(),
            Self::Genes { state, file } => format!("{GENES_ROUTE}/{}/{file}{GENES_SUFFIX}", part(state)),
            Self::Datasets => format!("{API_ROUTE}/datasets"),
            Self::Dataset { id } => format!("{API_ROUTE}/datasets/{}", part(id)),
            Self::Moments { id } => format!("{API_ROUTE}/datasets/{}/moments", part(id)),
            Self::File { id, file } => format!("{DATA_ROUTE}/{}/{}", part(id), part(file)),
            Self::Tiles { id, pack, list } => {
                // A list is made of digits, `-` and `,`, which stand in addresses as they are.
                format!("{DATA_ROUTE}/{}/{TILES_ROUTE}/{}/{list}", part(id), part(pack))
            }
            Self::Poster { id, name } => format!("{PAGE_ROUTE}/{}/{}", part(id), name.file()),
            Self::About { id } => format!("{ABOUT_ROUTE}/{}{HTML}", part(id)),
            Self::Oembed { id } => format!("{ABOUT_ROUTE}/{}{OEMBED}", part(id)),
            Self::Sitemap => SITEMAP.to_owned(),
            Self::Collections => format!("{COLLECTION_ROUTE}/"),
            Self::Collection { id } => format!("{COLLECTION_ROUTE}/{}{HTML}", part(id)),
            Self::Page { id } => format!("{PAGE_ROUTE}/{}", part(id)),
            Self::CorpusFile { id, file } => format!("{CORPUS_ROUTE}/{}/{}", part(id), part(file)),
            Self::CorpusPage { id } => format!("{EXPRESSION_ROUTE}/{}", part(id)),
            Self::CorpusAnswer { id, question } => {
                format!("{API_ROUTE}/{CORPUS_ROUTE}/{}/{}", part(id), part(question))
            }
        }
    }

    /// The endpoint at an address whose parts are decoded; none when there is none. What follows the name of
    /// a dataset in the address of its page is the page's own.
    pub fn of_parts(parts: &[&'a str]) -> Option<Self> {
        Some(match *parts {
            [HEALTH_ROUTE] => Self::Health,
            [CATALOG] => Self::Catalog,
            [GENES_ROUTE, state, file] => {
                Self::Genes { state: state.into(), file: file.strip_suffix(GENES_SUFFIX)?.parse().ok()? }
            }
            [API_ROUTE, "datasets"] => Self::Datasets,
            [API_ROUTE, "datasets", id] => Self::Dataset { id: id.into() },
            [API_ROUTE, "datasets", id, "moments"] => Self::Moments { id: id.into() },
            [DATA_ROUTE, id, file] => Self::File { id: id.into(), file: file.into() },
            [DATA_ROUTE, id, TILES_ROUTE, pack, list] => {
                Self::Tiles { id: id.into(), pack: pack.into(), list: list.into() }
            }
            [ABOUT_ROUTE, file] => match file.strip_suffix(OEMBED) {
                Some(id) => Self::Oembed { id: id.into() },
                None => Self::About { id: file.strip_suffix(HTML)?.into() },
            },
            [SITEMAP] => Self::Sitemap,
            [COLLECTION_ROUTE, "" | "index.html"] => Self::Collections,
            [COLLECTION_ROUTE, file] => Self::Collection { id: file.strip_suffix(HTML)?.into() },
            [PAGE_ROUTE, id, file] => match PosterName::ALL.into_iter().find(|name| name.file() == file) {
                Some(name) => Self::Poster { id: id.into(), name },
                None => Self::Page { id: id.into() },
            },
            [PAGE_ROUTE, id, ..] => Self::Page { id: id.into() },
            [CORPUS_ROUTE, id, file] => Self::CorpusFile { id: id.into(), file: file.into() },
            [EXPRESSION_ROUTE, id] => Self::CorpusPage { id: id.into() },
            [API_ROUTE, CORPUS_ROUTE, id, question] => Self::CorpusAnswer { id: id.into(), question: question.into() },
            _ => return None,
        })
    }

    /// The same, with names of its own.
    pub fn into_owned(self) -> Endpoint<'static> {
        let owned = |name: Cow<'a, str>| Cow::Owned(name.into_owned());
        match self {
            Self::Health => Endpoint::Health,
            Self::Catalog => Endpoint::Catalog,
            Self::Genes { state, file } => Endpoint::Genes { state: owned(state), file },
            Self::Datasets => Endpoint::Datasets,
            Self::Dataset { id } => Endpoint::Dataset { id: owned(id) },
            Self::Moments { id } => Endpoint::Moments { id: owned(id) },
            Self::File { id, file } => Endpoint::File { id: owned(id), file: owned(file) },
            Self::Tiles { id, pack, list } => Endpoint::Tiles { id: owned(id), pack: owned(pack), list: owned(list) },
            Self::Poster { id, name } => Endpoint::Poster { id: owned(id), name },
            Self::About { id } => Endpoint::About { id: owned(id) },
            Self::Oembed { id } => Endpoint::Oembed { id: owned(id) },
            Self::Sitemap => Endpoint::Sitemap,
            Self::Collections => Endpoint::Collections,
            Self::Collection { id } => Endpoint::Collection { id: owned(id) },
            Self::Page { id } => Endpoint::Page { id: owned(id) },
            Self::CorpusFile { id, file } => Endpoint::CorpusFile { id: owned(id), file: owned(file) },
            Self::CorpusPage { id } => Endpoint::CorpusPage { id: owned(id) },
            Self::CorpusAnswer { id, question } => Endpoint::CorpusAnswer { id: owned(id), question: owned(question) },
        }
    }
}

/// The query of [`Endpoint::Moments`], with its `?`: the content id of the dataset whose cells the sets are of, since
/// cells go by their number, and the layer; [`Manifest::layer_named`] says which names a layer has.
///
/// [`Manifest::layer_named`]: crate::manifest::Manifest::layer_named
pub fn moments_query(content_id: &str, layer: &str) -> String {
    format!("?content={content_id}&layer={}", utf8_percent_encode(layer, PLAIN))
}

/// What the query of [`Endpoint::Moments`] says.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct MomentsQuery {
    /// The content id of the dataset whose cells the sets are of.
    pub content_id: Option<String>,
    /// The name of the layer.
    pub layer: Option<String>,
}

impl MomentsQuery {
    /// Reads a query without its `?`.
    ///
    /// # Errors
    /// When a value is not UTF-8.
    pub fn parse(query: &str) -> Result<Self, Utf8Error> {
        let value = |name: &str| {
            let value = query.split('&').find_map(|pair| pair.strip_prefix(name)?.strip_prefix('='));
            let decoded = |value: &str| percent_decode_str(&value.replace('+', " ")).decode_utf8().map(Cow::into_owned);
            value.map(decoded).transpose()
        };
        Ok(Self { content_id: value("content")?, layer: value("layer")? })
    }
}

/// A dataset, and what the server does for it.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct DatasetDescription {
    /// The dataset's name in addresses.
    pub id: String,
    /// The dataset's title, for people.
    pub title: String,
    /// How many cells.
    pub n_obs: u64,
    /// How many genes.
    pub n_vars: u64,
    /// Bytes of all packs.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub n_bytes: Option<u64>,
    /// The file that it was built from.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub source: Option<String>,
    /// The program that built it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub generator: Option<String>,
    /// Keys of the embeddings.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub embeddings: Vec<String>,
    /// Places of the layers in the file: `X`, `raw/X`, `layers/counts`.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub layers: Vec<String>,
    /// What is computed at [`Endpoint::Moments`]; absent where nothing is.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub moments: Option<MomentsOffer>,
}

/// What a page must know to have moments computed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct MomentsOffer {
    /// The largest body that is read; two sets of the dataset's cells fit unless the server's own limit is
    /// below that.
    pub max_body_bytes: u64,
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn any_endpoint() -> impl Strategy<Value = Endpoint<'static>> {
        let name = || "\\PC{1,12}".prop_map(Cow::<'static, str>::from);
        prop_oneof![
            Just(Endpoint::Health),
            Just(Endpoint::Catalog),
            Just(Endpoint::Datasets),
            (name(), any::<u32>()).prop_map(|(state, file)| Endpoint::Genes { state, file }),
            name().prop_map(|id| Endpoint::Dataset { id }),
            name().prop_map(|id| Endpoint::Moments { id }),
            (name(), name()).prop_map(|(id, file)| Endpoint::File { id, file }),
            (name(), name()).prop_map(|(id, pack)| Endpoint::Tiles { id, pack, list: "5-9,12".into() }),
            (name(), 0..4_usize).prop_map(|(id, at)| Endpoint::Poster { id, name: PosterName::ALL[at] }),
            name().prop_map(|id| Endpoint::About { id }),
            name().prop_map(|id| Endpoint::Oembed { id }),
            Just(Endpoint::Sitemap),
            Just(Endpoint::Collections),
            name().prop_map(|id| Endpoint::Collection { id }),
            name().prop_map(|id| Endpoint::Page { id }),
            (name(), name()).prop_map(|(id, file)| Endpoint::CorpusFile { id, file }),
            name().prop_map(|id| Endpoint::CorpusPage { id }),
            (name(), name()).prop_map(|(id, question)| Endpoint::CorpusAnswer { id, question }),
        ]
    }

    proptest! {
        #[test]
        fn an_address_leads_back_to_its_endpoint(endpoint in any_endpoint()) {
            let address = endpoint.address();
            let parts: Vec<_> = address.split('/').map(|part| percent_decode_str(part).decode_utf8().unwrap()).collect();
            let parts: Vec<&str> = parts.iter().map(AsRef::as_ref).collect();
            prop_assert_eq!(Endpoint::of_parts(&parts), Some(endpoint));
        }

        #[test]
        fn a_layer_comes_back_from_its_query(layer in "\\PC{0,12}") {
            let query = moments_query("0123456789abcdef", &layer);
            let expected = MomentsQuery { content_id: Some("0123456789abcdef".to_owned()), layer: Some(layer) };
            prop_assert_eq!(MomentsQuery::parse(&query[1..]), Ok(expected));
        }
    }

    #[test]
    fn files_for_other_sites_move_or_never_change() {
        for (address, expected) in [
            ("embed/v1.js", Some(EmbedFile::Moving)),
            ("embed/v1.d.ts", Some(EmbedFile::Moving)),
            ("embed/0.1.0.js", Some(EmbedFile::Release)),
            ("embed/v10.js", Some(EmbedFile::Release)),
            ("embed", None),
            ("embedded/v1.js", None),
            ("index.html", None),
        ] {
            assert_eq!(EmbedFile::of_address(address), expected, "{address}");
        }
    }

    #[test]
    fn names_are_encoded_as_browsers_do() {
        let address = Endpoint::Dataset { id: "a b/ü(1)~'!*._-".into() }.address();
        assert_eq!(address, "api/datasets/a%20b%2F%C3%BC(1)~'!*._-");
    }

    #[test]
    fn the_layer_is_taken_from_the_query() {
        for (query, expected) in [
            ("layer=raw", Some("raw")),
            ("a=b&layer=log%20counts%2B1", Some("log counts+1")),
            ("layer=log+counts", Some("log counts")),
            ("layer=", Some("")),
            ("layers=raw", None),
            ("", None),
        ] {
            let layer = MomentsQuery::parse(query).map(|query| query.layer);
            assert_eq!(layer, Ok(expected.map(str::to_owned)), "{query}");
        }
        assert!(MomentsQuery::parse("layer=%ff").is_err() && MomentsQuery::parse("content=%ff").is_err());
    }
}
