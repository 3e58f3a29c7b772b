//! `collection.toml`: what the makers of datasets say of them all.

use std::{collections::BTreeMap, fs, io, path::Path};

use explorer_core::{catalog::Day, format::listed};
use serde::{Deserialize, Deserializer, de::Error as _};
use toml::value::Datetime;

use super::{COLLECTION, Download};

/// The shortest id of a private collection: so many of 64 characters make 130 bits.
const PRIVATE_ID_CHARS: usize = 22;

/// The longest file, in bytes.
const MOST_BYTES: u64 = 1 << 20;

/// A collection of datasets.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Collection {
    /// Its id in addresses, which stays the same when a private collection is published; else the name of the folder.
    #[serde(default)]
    pub id: String,
    /// Its title.
    pub title: String,
    /// What it is about, in paragraphs of plain text.
    #[serde(default)]
    pub description: Option<String>,
    /// Who published it, when and where, in a line: `Travaglini et al. (2020) Nature`.
    #[serde(default)]
    pub publication: Option<String>,
    /// The digital object identifier of the publication: `10.1038/s41586-020-2922-4`.
    #[serde(default)]
    pub doi: Option<String>,
    /// When it was published: `2020-11-18`.
    #[serde(default, deserialize_with = "day")]
    pub published: Option<Day>,
    /// Whose project it is: `["HCA"]`.
    #[serde(default)]
    pub consortia: Vec<String>,
    /// Under which archives have its data: `["GSE123456"]`.
    #[serde(default)]
    pub accessions: Vec<String>,
    /// Whom to ask.
    #[serde(default)]
    pub contact: Option<Contact>,
    /// Where more is to be found.
    #[serde(default)]
    pub links: Vec<Link>,
    /// What others may do with the data: an SPDX identifier such as `CC-BY-4.0`, or a sentence.
    #[serde(default)]
    pub license: Option<String>,
    /// Who may find it; where the file does not say, everybody, unless it was private before.
    #[serde(default)]
    pub visibility: Option<Visibility>,
    /// Why it is no longer served; its page then says so.
    #[serde(default)]
    pub withdrawn: Option<String>,
    /// What changed when, newest first.
    #[serde(default)]
    pub versions: Vec<Version>,
    /// What is said of single datasets, by the names of their directories.
    #[serde(default)]
    pub datasets: BTreeMap<String, DatasetNote>,
}

/// Who may find a collection.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Visibility {
    /// Everybody.
    Public,
    /// Who knows its address.
    Private,
}

/// Whom to ask.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Contact {
    /// Their name.
    pub name: String,
    /// Their address for mail.
    #[serde(default)]
    pub email: Option<String>,
}

/// A link.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Link {
    /// What it is called.
    pub label: String,
    /// Where it leads: an address of http or https.
    pub url: String,
}

/// A version.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Version {
    /// What it is called: `2`, `2024-05`.
    pub version: String,
    /// When it was published.
    #[serde(default, deserialize_with = "day")]
    pub date: Option<Day>,
    /// What changed.
    #[serde(default)]
    pub note: Option<String>,
    /// Where it is to be found, if no longer here.
    #[serde(default)]
    pub url: Option<String>,
}

/// What is said of one dataset.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct DatasetNote {
    /// What it is about.
    #[serde(default)]
    pub description: Option<String>,
    /// Why it is no longer served; its page then says so.
    #[serde(default)]
    pub withdrawn: Option<String>,
    /// The file that it was built from, for others to download.
    #[serde(default)]
    pub file: Option<Download>,
}

/// Why a collection cannot be taken as its file describes it.
#[derive(Debug, thiserror::Error)]
pub enum CollectionError {
    /// The file cannot be read.
    #[error("{COLLECTION} cannot be read: {0}")]
    Read(#[from] io::Error),
    /// It is no TOML, or does not say what a collection must say.
    #[error("{COLLECTION}: {0}")]
    Content(String),
    /// Its id cannot stand in an address.
    #[error(
        "{COLLECTION}: the id `{0}` must be made of letters, digits, `-`, `_` and `.`, not begin with a dot, and not be `index`"
    )]
    Id(String),
    /// Its id could be guessed.
    #[error(
        "{COLLECTION}: a private collection needs an `id` that cannot be guessed, of {PRIVATE_ID_CHARS} letters and digits \
         or more; `openssl rand -hex 16` makes one"
    )]
    GuessableId,
    /// It was private, and nothing says that it is not any more.
    #[error(
        "{COLLECTION} {0}, and the collection was private: it stays so, as it was, until the file says \
         `visibility = \"public\"`"
    )]
    StillPrivate(&'static str),
    /// A link leads elsewhere than to a page.
    #[error("{COLLECTION}: the address `{0}` must begin with https:// or http://")]
    Link(String),
}

impl Collection {
    /// Reads the file in a folder; `None` where the folder has none.
    ///
    /// # Errors
    /// [`CollectionError`].
    pub fn read(folder: &Path) -> Result<Option<Self>, CollectionError> {
        let path = folder.join(COLLECTION);
        let metadata = match fs::metadata(&path) {
            Ok(metadata) => metadata,
            // A link that leads nowhere is there.
            Err(error) if error.kind() == io::ErrorKind::NotFound && fs::symlink_metadata(&path).is_err() => {
                return Ok(None);
            }
            Err(error) => return Err(error.into()),
        };
        if !metadata.is_file() || metadata.len() > MOST_BYTES {
            return Err(CollectionError::Content("it is no plain file of at most 1 MiB".to_owned()));
        }
        let name = folder.file_name().unwrap_or_default().to_string_lossy();
        Self::parse(&fs::read_to_string(&path)?, &name).map(Some)
    }

    /// Reads the text of the file in the folder of this name.
    ///
    /// # Errors
    /// [`CollectionError`].
    pub fn parse(text: &str, folder: &str) -> Result<Self, CollectionError> {
        let mut collection: Self =
            toml::from_str(text).map_err(|error| CollectionError::Content(in_a_line(&error, text)))?;
        let has_own_id = !collection.id.is_empty();
        if !has_own_id {
            let is_kept = |c: char| c.is_ascii_alphanumeric() || "-_.".contains(c);
            collection.id = folder.trim_start_matches('.').chars().map(|c| if is_kept(c) { c } else { '-' }).collect();
        }
        if !is_id(&collection.id) {
            return Err(CollectionError::Id(collection.id));
        }
        if collection.is_private() && !(has_own_id && collection.id.len() >= PRIVATE_ID_CHARS) {
            return Err(CollectionError::GuessableId);
        }
        let links = collection.links.iter().map(|link| &link.url);
        let mut links = links.chain(collection.versions.iter().filter_map(|version| version.url.as_ref()));
        if let Some(url) = links.find(|url| !["https://", "http://"].iter().any(|scheme| url.starts_with(scheme))) {
            return Err(CollectionError::Link(url.clone()));
        }
        Ok(collection)
    }

    /// The collection of a folder whose file was read again, and what it was `before`: one that was private stays so until
    /// its file says otherwise.
    ///
    /// # Errors
    /// [`CollectionError::StillPrivate`].
    pub fn following(before: Option<&Self>, read: Option<Self>) -> Result<Option<Self>, CollectionError> {
        if !before.is_some_and(Self::is_private) {
            return Ok(read);
        }
        match read {
            None => Err(CollectionError::StillPrivate("is gone")),
            Some(Self { visibility: None, .. }) => Err(CollectionError::StillPrivate("does not say who may find it")),
            Some(_) => Ok(read),
        }
    }

    /// What it says of datasets that its folder does not have, as a sentence; `has` tells by the name of a directory.
    pub fn unknown_datasets(&self, has: impl Fn(&str) -> bool) -> Option<String> {
        let unknown: Vec<String> =
            self.datasets.keys().filter(|name| !has(name)).map(|name| format!("[datasets.{name}]")).collect();
        if unknown.is_empty() {
            return None;
        }
        let (unknown, names) = (listed(&unknown), if unknown.len() == 1 { "names" } else { "name" });
        Some(format!("{COLLECTION}: {unknown} {names} no directory beside it, so that nothing is said by it"))
    }

    /// Whether lists leave it out.
    pub fn is_private(&self) -> bool {
        self.visibility == Some(Visibility::Private)
    }

    /// Why a dataset of it is no longer served, by the name of its directory; `None` where it is.
    pub fn withdrawal(&self, directory: &str) -> Option<&str> {
        let note = self.datasets.get(directory).and_then(|note| note.withdrawn.as_deref());
        note.or(self.withdrawn.as_deref())
    }
}

/// What is wrong with a text, and where, in one line: logs are read line by line.
fn in_a_line(error: &toml::de::Error, text: &str) -> String {
    let message = error.message().trim_end().replace('\n', "; ");
    let Some(before) = error.span().and_then(|span| text.get(..span.start)) else { return message };
    let line = before.split('\n').count();
    let column = before.rsplit('\n').next().unwrap_or_default().chars().count() + 1;
    format!("line {line}, column {column}: {message}")
}

fn is_id(id: &str) -> bool {
    !id.is_empty()
        && !id.starts_with('.')
        // The list of all collections is there.
        && id != "index"
        && id.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-_.".contains(&byte))
}

fn day<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<Day>, D::Error> {
    let datetime = Datetime::deserialize(deserializer)?;
    let day = datetime.date.and_then(|date| Day::of_date(date.year, date.month, date.day));
    day.map(Some).ok_or_else(|| D::Error::custom("a day from 1970 on is wanted, such as 2020-11-18"))
}

#[cfg(test)]
mod tests {
    use proptest::{collection::vec, prelude::*};

    use super::*;

    fn parse(text: &str) -> Result<Collection, CollectionError> {
        Collection::parse(text, "Lung atlas")
    }

    #[test]
    fn a_collection_says_what_it_knows() {
        let collection = parse(
            "title = 'Lung'\npublished = 2020-11-18\nconsortia = ['HCA']\n\
             links = [{ label = 'GEO', url = 'https://example.org/x' }]\n[datasets.first]\nwithdrawn = 'wrong genome'",
        )
        .unwrap();
        assert_eq!(collection.id, "Lung-atlas");
        assert_eq!(collection.published.unwrap().to_string(), "2020-11-18");
        assert_eq!(collection.withdrawal("first"), Some("wrong genome"));
        assert_eq!((collection.withdrawal("second"), collection.is_private()), (None, false));
    }

    #[test]
    fn what_is_wrong_is_named() {
        let refused = |text: &str| parse(text).unwrap_err().to_string();
        assert!(refused("titel = 'Lung'").contains("titel"));
        let place = refused("title = 'é'\n\ndoi = 'é' x\n");
        assert!(place.contains("collection.toml: line 3, column 11: ") && !place.contains('\n'), "{place}");
        assert!(refused("id = 'x'").contains("title"));
        assert!(refused("title = 'a'\npublished = 1969-01-01").contains("1970"));
        assert!(refused("title = 'a'\nid = '../x'").contains("../x"));
        assert!(refused("title = 'a'\nlinks = [{ label = 'a', url = 'javascript:alert(1)' }]").contains("javascript"));
    }

    /// What the file is made of, and what it is not.
    const PIECES: [&str; 22] = [
        "title",
        "id",
        "published",
        "visibility",
        "links",
        "versions",
        "[datasets.first]",
        "[[versions]]",
        "withdrawn",
        " = ",
        "'private'",
        "'https://a.org'",
        "'",
        "\"\\u0000\"",
        "2020-11-18",
        "9999-12-31T00:00:00Z",
        "[{ label = 'a', url = 'http://b' }]",
        "[[[[[[",
        "{",
        "\n",
        "\u{202e}",
        "-9223372036854775808",
    ];

    proptest! {
        #[test]
        fn any_text_is_a_collection_or_refused(
            pieces in vec(0..PIECES.len(), 0..24),
            folder in "\\PC{0,12}",
        ) {
            let text: String = pieces.into_iter().map(|piece| PIECES[piece]).collect();
            if let Ok(collection) = Collection::parse(&text, &folder) {
                prop_assert!(is_id(&collection.id));
            }
        }
    }

    #[test]
    fn a_private_collection_has_an_address_that_nobody_guesses() {
        let private = |id: &str| parse(&format!("title = 'a'\nvisibility = 'private'\n{id}"));
        assert!(matches!(private(""), Err(CollectionError::GuessableId)));
        assert!(matches!(private("id = 'lung'"), Err(CollectionError::GuessableId)));
        assert!(private("id = '6f1d0c8e5b7a49321d0c8e5b7a4932f1'").unwrap().is_private());
    }

    #[test]
    fn what_was_private_is_published_only_by_saying_so() {
        let of = |visibility| Collection { visibility, ..Collection::default() };
        let follows = |before: Option<Visibility>, read: Option<Collection>| {
            Collection::following(Some(&of(before)), read).map(|collection| collection.map(|read| read.is_private()))
        };
        let private = Some(Visibility::Private);
        assert!(matches!(follows(private, None), Err(CollectionError::StillPrivate(_))));
        assert!(matches!(follows(private, Some(of(None))), Err(CollectionError::StillPrivate(_))));
        assert_eq!(follows(private, Some(of(private))).unwrap(), Some(true));
        assert_eq!(follows(private, Some(of(Some(Visibility::Public)))).unwrap(), Some(false));
        assert_eq!(follows(None, None).unwrap(), None);
        assert_eq!(follows(None, Some(of(None))).unwrap(), Some(false));
    }
}
