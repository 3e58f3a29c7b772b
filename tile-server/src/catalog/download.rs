//! The file that a dataset was built from, where its makers offer it.

use std::path::{Path, PathBuf};

use serde::{Deserialize, Deserializer, de::Error as _};
use shared_fbs::path::{MANIFEST, OBS_CSV, OBS_PLAIN_CSV, is_pack_file};

use super::{Collection, SiteUrl, snippets::file_url};

/// The file that a dataset was built from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Download {
    /// A file in the collection's folder, by its name.
    Here(String),
    /// An address of another host.
    Elsewhere(String),
}

/// A file of a folder.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Original {
    /// Its folder.
    pub folder: PathBuf,
    /// Its name.
    pub name: String,
}

impl Download {
    /// Reads the name of a file, or an address; `None` for what is neither.
    pub fn parse(text: &str) -> Option<Self> {
        let is_address = text.starts_with("https://") || text.starts_with("http://");
        if is_address {
            let is_plain = !text.contains(|c: char| c.is_control() || c.is_whitespace() || "\"'<>`$\\".contains(c));
            return is_plain.then(|| Self::Elsewhere(text.to_owned()));
        }
        let is_kept = |c: char| c.is_ascii_alphanumeric() || "-_.".contains(c);
        let is_name = !text.is_empty() && !text.starts_with('.') && text.chars().all(is_kept);
        let is_own = [MANIFEST, OBS_CSV, OBS_PLAIN_CSV].contains(&text) || is_pack_file(text);
        (is_name && !is_own).then(|| Self::Here(text.to_owned()))
    }

    /// What the file is called.
    pub fn file_name(&self) -> &str {
        match self {
            Self::Here(name) => name,
            Self::Elsewhere(url) => {
                let path = url.split(['?', '#']).next().unwrap_or_default();
                path.rsplit('/').find(|part| !part.is_empty()).unwrap_or("dataset.h5ad")
            }
        }
    }

    /// Its address, of the dataset of this id.
    pub fn url(&self, site: Option<&SiteUrl>, id: &str) -> String {
        match self {
            Self::Here(name) => file_url(site, id, name),
            Self::Elsewhere(url) => url.clone(),
        }
    }
}

impl Original {
    /// The file that the dataset in this directory was built from, where its collection says that it lies beside it.
    pub fn of(collection: Option<&Collection>, directory: &Path) -> Option<Self> {
        let name = directory.file_name()?.to_string_lossy();
        match collection?.datasets.get(&*name)?.file.as_ref()? {
            Download::Here(file) => Some(Self { folder: directory.parent()?.to_owned(), name: file.clone() }),
            Download::Elsewhere(_) => None,
        }
    }

    /// Where it lies.
    pub fn path(&self) -> PathBuf {
        self.folder.join(&self.name)
    }
}

impl<'de> Deserialize<'de> for Download {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        Self::parse(&text).ok_or_else(|| {
            D::Error::custom(format!(
                "`{text}` is neither the name of a file beside {}, of letters, digits, `-`, `_` and `.`, nor an address",
                super::COLLECTION
            ))
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_files_beside_the_collection_and_addresses_are_taken() {
        assert_eq!(Download::parse("a-1.h5ad"), Some(Download::Here("a-1.h5ad".to_owned())));
        for text in [
            "",
            ".hidden",
            "../a.h5ad",
            "x/a.h5ad",
            "a b",
            "manifest.tsm",
            "obs.csv",
            "obs-plain.csv",
            "https://a/\"b",
            "ftp://a",
        ] {
            assert_eq!(Download::parse(text), None, "{text}");
        }
        let toml = "title = 'Lung'\n[datasets.first]\nfile = 'first.h5ad'\n[datasets.second]\nfile = 'https://a.org/b'";
        let collection = Collection::parse(toml, "lung").unwrap();
        let original = Original::of(Some(&collection), Path::new("/x/first")).unwrap();
        assert_eq!(original.path(), Path::new("/x/first.h5ad"));
        assert_eq!(Original::of(Some(&collection), Path::new("/x/second")), None);
        assert_eq!(Original::of(Some(&collection), Path::new("/x/third")), None);
        let refused = Collection::parse("title = 'Lung'\n[datasets.first]\nfile = '../x'", "lung").unwrap_err();
        assert!(refused.to_string().contains("../x"), "{refused}");
    }
}
