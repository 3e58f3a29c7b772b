//! Addresses of folders in object stores and on web hosts.

use std::fmt;

use percent_encoding::percent_decode_str;
use url::Url;

/// How a place is reached.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Scheme {
    /// S3, or a store that speaks as it does.
    S3,
    /// Google Cloud Storage.
    Gcs,
    /// Azure Blob Storage.
    Azure,
    /// A web host without TLS.
    Http,
    /// A web host.
    Https,
}

/// A folder of an object store or a web host: `s3://bucket/prefix`, `https://host/path/`.
#[derive(Clone, PartialEq, Eq, Hash)]
pub struct Place {
    scheme: Scheme,
    /// The bucket or container, or the host with its port.
    host: String,
    /// Names between slashes, without one at either end.
    path: String,
    /// What a web host is told after `?`; may be a secret.
    query: Option<String>,
}

/// A text is no place.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum PlaceError {
    /// It is no address.
    #[error("`{0}` is no address; write one like s3://bucket/prefix or https://host/path/")]
    Malformed(String),
    /// Its scheme leads to nothing that can be read.
    #[error("`{0}://` cannot be read; places are s3://, gs://, az://, https:// and http://")]
    Scheme(String),
    /// It has a password in it.
    #[error("an address with a user's name in it is not taken, since it is written to logs")]
    Credentials,
}

impl Scheme {
    fn parse(text: &str) -> Option<Self> {
        match text {
            "s3" | "s3a" => Some(Self::S3),
            "gs" => Some(Self::Gcs),
            "az" | "azure" => Some(Self::Azure),
            "http" => Some(Self::Http),
            "https" => Some(Self::Https),
            _ => None,
        }
    }

    fn name(self) -> &'static str {
        match self {
            Self::S3 => "s3",
            Self::Gcs => "gs",
            Self::Azure => "az",
            Self::Http => "http",
            Self::Https => "https",
        }
    }

    /// Whether it is a web host, whose files nothing lists.
    pub fn is_web(self) -> bool {
        match self {
            Self::S3 | Self::Gcs | Self::Azure => false,
            Self::Http | Self::Https => true,
        }
    }
}

impl Place {
    /// Whether a text is meant as a place, rather than as a path.
    pub fn is_meant_by(text: &str) -> bool {
        let scheme = text.split_once("://").map_or("", |(scheme, _)| scheme);
        !scheme.is_empty() && scheme.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"+-.".contains(&byte))
    }

    /// Reads an address. Pages of files on Hugging Face and of records on Zenodo stand for the files.
    ///
    /// # Errors
    /// When it is no address of a place.
    pub fn parse(text: &str) -> Result<Self, PlaceError> {
        let malformed = || PlaceError::Malformed(without_secrets(text).to_owned());
        let url = Url::parse(text).map_err(|_| malformed())?;
        let scheme = Scheme::parse(url.scheme()).ok_or_else(|| PlaceError::Scheme(url.scheme().to_owned()))?;
        if !url.username().is_empty() || url.password().is_some() {
            return Err(PlaceError::Credentials);
        }
        let name = url.host_str().filter(|host| !host.is_empty()).ok_or_else(malformed)?;
        let host = url.port().map_or_else(|| name.to_owned(), |port| format!("{name}:{port}"));
        let path = percent_decode_str(url.path()).decode_utf8().map_err(|_| malformed())?;
        let mut names: Vec<&str> = path.split('/').filter(|name| !name.is_empty()).collect();
        let mut query = url.query().filter(|_| scheme.is_web()).map(str::to_owned);
        match name {
            "huggingface.co" | "hf.co" => files_of_hugging_face(&mut names),
            "zenodo.org" => files_of_zenodo(&mut names),
            _ => {}
        }
        query.take_if(|query| query.starts_with("download="));
        Ok(Self { scheme, host, path: names.join("/"), query })
    }

    /// How it is reached.
    pub fn scheme(&self) -> Scheme {
        self.scheme
    }

    /// The bucket or container, or the host with its port.
    pub fn host(&self) -> &str {
        &self.host
    }

    /// Names between slashes, decoded, without a slash at either end.
    pub fn path(&self) -> &str {
        &self.path
    }

    /// The last name of its path, or else the host.
    pub fn name(&self) -> &str {
        match self.path.rsplit('/').next() {
            Some("") | None => &self.host,
            Some(name) => name,
        }
    }

    /// The folder or file of this name, which may have slashes in it, below this one.
    #[must_use]
    pub fn below(&self, name: &str) -> Self {
        let path = if self.path.is_empty() { name.to_owned() } else { format!("{}/{name}", self.path) };
        Self { path, ..self.clone() }
    }

    /// The folder that it is in; none for the topmost.
    pub fn parent(&self) -> Option<Self> {
        if self.path.is_empty() {
            return None;
        }
        let path = self.path.rsplit_once('/').map_or("", |(parent, _)| parent).to_owned();
        Some(Self { path, ..self.clone() })
    }

    /// The address of a web host's root, with what is told after `?`.
    pub(crate) fn origin(&self) -> String {
        let query = self.query.as_deref().map(|query| format!("?{query}")).unwrap_or_default();
        format!("{}://{}/{query}", self.scheme.name(), self.host)
    }
}

/// Without what may be a secret.
impl fmt::Display for Place {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{}://{}/{}", self.scheme.name(), self.host, self.path)
    }
}

impl fmt::Debug for Place {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, formatter)
    }
}

fn without_secrets(text: &str) -> &str {
    let text = text.split_once('?').map_or(text, |(before, _)| before);
    text.split_once('@').map_or(text, |(_, after)| after)
}

/// `datasets/USER/REPO/tree/main/DIR` is a page; the files are below `resolve`.
fn files_of_hugging_face(names: &mut Vec<&str>) {
    let kind = if matches!(names.first(), Some(&("datasets" | "spaces"))) { 3 } else { 2 };
    if names.len() == kind {
        names.extend(["resolve", "main"]);
    } else if let Some(page @ &mut ("tree" | "blob")) = names.get_mut(kind) {
        *page = "resolve";
    }
}

/// `records/NUMBER` is a page; the files are below `files`.
fn files_of_zenodo(names: &mut Vec<&str>) {
    if let Some(page @ &mut "record") = names.first_mut() {
        *page = "records";
    }
    if names.len() == 2 && names[0] == "records" {
        names.push("files");
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn said(text: &str) -> String {
        Place::parse(text).map_or_else(|error| error.to_string(), |place| place.to_string())
    }

    #[test]
    fn places_are_told_from_paths() {
        for text in ["s3://bucket/a", "https://host", "ftp://host/a", "file:///a"] {
            assert!(Place::is_meant_by(text), "{text}");
        }
        for text in ["a/b", "/a:b//c", "C:\\data", "./s3:/x", "://x", "my data://x"] {
            assert!(!Place::is_meant_by(text), "{text}");
        }
    }

    #[test]
    fn an_address_is_read_and_said_without_secrets() {
        for (text, expected) in [
            ("s3://bucket", "s3://bucket/"),
            ("s3a://my_bucket//a//b/", "s3://my_bucket/a/b"),
            ("gs://bucket/a", "gs://bucket/a"),
            ("az://container/a%20b", "az://container/a b"),
            ("http://127.0.0.1:8080/a/", "http://127.0.0.1:8080/a"),
            ("https://host/a/?sig=secret", "https://host/a"),
        ] {
            assert_eq!(said(text), expected, "{text}");
        }
        assert_eq!(Place::parse("https://host/a/?sig=secret").unwrap().origin(), "https://host/?sig=secret");
        assert!(said("ftp://host/a").contains("`ftp://` cannot be read"));
        assert!(
            said("https://me:pass@host/a").contains("user's name") && !said("https://me:pass@host/a").contains("pass@")
        );
        assert!(said("s3:///a").contains("no address") && said("https://").contains("no address"));
        assert_eq!(said("s3://bucket/%2e%2e/a"), "s3://bucket/a");
    }

    #[test]
    fn pages_of_hugging_face_and_zenodo_stand_for_their_files() {
        for (text, expected) in [
            ("https://huggingface.co/datasets/me/cells", "https://huggingface.co/datasets/me/cells/resolve/main"),
            (
                "https://huggingface.co/datasets/me/cells/tree/main/a",
                "https://huggingface.co/datasets/me/cells/resolve/main/a",
            ),
            ("https://huggingface.co/me/cells/blob/v1/a/m", "https://huggingface.co/me/cells/resolve/v1/a/m"),
            ("https://zenodo.org/records/42", "https://zenodo.org/records/42/files"),
            ("https://zenodo.org/record/42/files/m?download=1", "https://zenodo.org/records/42/files/m"),
        ] {
            assert_eq!(said(text), expected);
        }
        assert_eq!(
            Place::parse("https://zenodo.org/records/42/files/m?download=1").unwrap().origin(),
            "https://zenodo.org/"
        );
    }

    #[test]
    fn folders_lie_in_folders() {
        let place = Place::parse("s3://bucket/a").unwrap();
        assert_eq!((place.name(), place.below("b/c").name()), ("a", "c"));
        assert_eq!(place.below("b").parent(), Some(place.clone()));
        let top = place.parent().unwrap();
        assert_eq!((top.name(), top.parent(), top.below("a")), ("bucket", None, place));
    }
}
