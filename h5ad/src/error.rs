//! What can go wrong while an AnnData file is read.

use thiserror::Error;

use super::read_error::ReadError;

/// An AnnData file could not be read.
///
/// Every message says what is wrong, where in the file (an HDF5 path such as `obs/cell_type/codes`), and what would
/// help.
#[derive(Debug, Error)]
pub enum H5adError {
    /// The file could not be opened or read at all.
    #[error("cannot read {file}: {source}; check that the file exists and may be read")]
    Io {
        /// Path or name of the file.
        file: String,
        /// What the operating system, or whatever else gives the bytes, said.
        source: std::io::Error,
    },

    /// The file does not begin as an HDF5 file does.
    #[error("not an HDF5 file: {file} ({bytes} bytes); {hint}")]
    NotHdf5 {
        /// Path or name of the file.
        file: String,
        /// Its length in bytes.
        bytes: u64,
        /// What it may be instead, and the way out.
        hint: String,
    },

    /// The file ends before the length that it states.
    #[error("{file} is cut short: it has {bytes} of the {stated} bytes that it states; copy or download it again")]
    CutShort {
        /// Path or name of the file.
        file: String,
        /// Its length in bytes.
        bytes: u64,
        /// The length that it states.
        stated: u64,
    },

    /// The file is marked as open in a program that writes to it.
    #[error(
        "{file} is marked as being written: close the program that writes it, or, if that has crashed, clear the mark \
         with `h5clear -s`"
    )]
    InUse {
        /// Path or name of the file.
        file: String,
    },

    /// The file holds something other than AnnData.
    #[error("{file} is not AnnData: {reason}")]
    NotAnnData {
        /// Path or name of the file.
        file: String,
        /// What was found instead, and how to turn it into AnnData.
        reason: String,
    },

    /// A file of several modalities was given without the choice of one, or a choice that it does not have.
    #[error("{file} {}", modality(wanted.as_deref(), known.as_deref()))]
    Modality {
        /// Path or name of the file.
        file: String,
        /// The modality that was asked for.
        wanted: Option<String>,
        /// The modalities that there are; none when the file is not MuData.
        known: Option<Vec<String>>,
    },

    /// Something that must be there is not.
    #[error("`{place}` is missing: {help}")]
    Missing {
        /// HDF5 path of what is missing.
        place: String,
        /// What it is needed for, or what would help.
        help: String,
    },

    /// Something is there, but not as AnnData writes it.
    #[error("`{place}` {problem}")]
    Malformed {
        /// HDF5 path of what is wrong.
        place: String,
        /// What is wrong with it and what would help.
        problem: String,
    },

    /// An object is stored in a way that is not read.
    #[error(
        "cannot read `{place}`: {reason}; this is not read here: write the file anew from Python with \
         `anndata.read_h5ad(…).write_h5ad(…, compression=\"gzip\")`"
    )]
    Unsupported {
        /// HDF5 path of the object.
        place: String,
        /// What is the matter with it.
        reason: String,
    },

    /// The bytes of an object could not be read or decoded.
    #[error(
        "cannot read `{place}`: {reason}; the file may be damaged or cut short: copy it again, or write it anew with \
         anndata"
    )]
    Unreadable {
        /// HDF5 path of the object.
        place: String,
        /// What is the matter with it.
        reason: String,
    },
}

impl H5adError {
    pub(super) fn missing(place: impl Into<String>, help: impl Into<String>) -> Self {
        Self::Missing { place: place.into(), help: help.into() }
    }

    pub(super) fn malformed(place: impl Into<String>, problem: impl Into<String>) -> Self {
        Self::Malformed { place: place.into(), problem: problem.into() }
    }

    pub(super) fn unreadable(place: impl Into<String>, error: ReadError) -> Self {
        let mut place = place.into();
        if place.is_empty() {
            place.push('/');
        }
        match error {
            ReadError::Unsupported(reason) => Self::Unsupported { place, reason },
            ReadError::Io(error) => Self::Unreadable { place, reason: error.to_string() },
            ReadError::Damaged(reason) => Self::Unreadable { place, reason },
        }
    }
}

fn modality(wanted: Option<&str>, known: Option<&[String]>) -> String {
    match (wanted, known) {
        (Some(wanted), None) => format!("is not MuData, so it has no modality `{wanted}`; leave `--modality` out"),
        (Some(wanted), Some(known)) => {
            format!("is MuData without the modality `{wanted}`; its modalities are: {}", known.join(", "))
        }
        (None, known) => {
            let known = known.unwrap_or_default();
            let example = known.first().map_or("NAME", String::as_str);
            format!(
                "is MuData with the modalities {}; choose one with `--modality {example}`, or write it alone with \
                 `mudata[\"{example}\"].write_h5ad(…)`",
                known.join(", ")
            )
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_not_read_is_told_from_damage() {
        let unsupported = ReadError::Unsupported("it is compressed by the filter szip".to_owned());
        assert!(
            H5adError::unreadable("X/data", unsupported).to_string().contains("filter szip; this is not read here")
        );
        let damaged = ReadError::damaged("a chunk is damaged");
        assert!(H5adError::unreadable("X/data", damaged).to_string().contains("damaged or cut short"));
    }
}
