//! What a link's reader has to say to the user.

use std::fmt;

use crate::state::Reference;

use super::{LINK_VERSION, MOST_PARTS};
use crate::state::limits::{MOST_LEVELS, MOST_NAMES};
use crate::{
    format::{integer, plural},
    state::Comparison,
};

/// Something about a link that the user should know; `Display` writes it as a plain sentence.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Notice {
    /// The link's version is newer than the one read here.
    NewerVersion(u32),
    /// The link was made for a dataset that held something else.
    OtherContent,
    /// A value made no sense and was left out.
    Unreadable {
        /// What it was to be: "the camera".
        what: String,
        /// Its text.
        value: String,
    },
    /// A number is none that there can be; the nearest is taken.
    OutOfRange {
        /// What it is of: "a size of dots".
        what: String,
        /// Its text.
        value: String,
        /// What is taken.
        kept: String,
    },
    /// It has more parts than are read.
    TooManyParts {
        /// All of them.
        n_parts: usize,
    },
    /// It lists more names than are read.
    TooManyNames {
        /// What they are of: "genes".
        what: &'static str,
        /// All of them.
        n_names: usize,
    },
    /// It has more levels of subsetting than are read.
    TooManyLevels,
    /// Something of the user's own is larger than any that a link is written with.
    TooLarge {
        /// What it is: "column".
        kind: &'static str,
        /// What it is called.
        name: String,
    },
    /// There is more to say than is told.
    More {
        /// What is not told.
        n_notices: usize,
    },
    /// A cell or gene set has no name, or one that is taken.
    UnnamedSet {
        /// The key that its name should have had: `set0`.
        key: String,
    },
    /// A comparison names a cell set that the link does not hold.
    MissingSet(Comparison),
}

impl fmt::Display for Notice {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NewerVersion(version) => write!(
                f,
                "This link was made by a newer version of the Explorer (link format {version}, \
                 this page reads {LINK_VERSION}): parts of the view may be missing.",
            ),
            Self::OtherContent => f.write_str(
                "This link was made when the dataset held something else: columns, genes and labels are found by their \
                 names, and listed cells by their rows in the file.",
            ),
            Self::Unreadable { what, value } => {
                write!(f, "The link says something unreadable about {what} (“{}”): it was left out.", shortened(value),)
            }
            Self::OutOfRange { what, value, kept } => {
                let value = shortened(value);
                write!(f, "The link asks for {what} of {value}, which cannot be: it is {kept}.")
            }
            Self::TooManyParts { n_parts } => write!(
                f,
                "The link has {} parts, more than a view can have: those after the first {} were left out.",
                integer(*n_parts as u64),
                integer(MOST_PARTS as u64),
            ),
            Self::TooManyNames { what, n_names } => write!(
                f,
                "The link lists {} names of {what}, more than a view can have: those after the first {} were left out.",
                integer(*n_names as u64),
                integer(MOST_NAMES as u64),
            ),
            Self::TooManyLevels => write!(
                f,
                "The link has more levels of subsetting than a view can have: those after the first {MOST_LEVELS} were \
                 left out.",
            ),
            Self::TooLarge { kind, name } => write!(
                f,
                "The {kind} “{}” of the link is larger than a link can bring: it was left out. Pass it on as a file.",
                shortened(name),
            ),
            Self::More { n_notices } => {
                let things = plural(*n_notices, "thing", "things");
                write!(f, "The link says {things} more that cannot be read or shown.")
            }
            Self::UnnamedSet { key } => {
                write!(f, "The set “{key}” of the link has no name of its own: it was left out.",)
            }
            Self::MissingSet(comparison) => {
                write!(f, "The link compares “{}” with ", comparison.group)?;
                match &comparison.reference {
                    Reference::Rest => f.write_str("the rest")?,
                    Reference::Set(name) => write!(f, "“{name}”")?,
                }
                f.write_str(", but does not hold these as two cell sets: it was left out.")
            }
        }
    }
}

/// The beginning of a text that may be long.
fn shortened(text: &str) -> String {
    const SHOWN: usize = 40;
    match text.char_indices().nth(SHOWN) {
        Some((end, _)) => format!("{}…", &text[..end]),
        None => text.to_owned(),
    }
}
