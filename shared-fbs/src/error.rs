//! Why bytes could not be read.

/// Broken, foreign or unknown bytes.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum DecodeError {
    /// The bytes are not a FlatBuffer of the expected table.
    #[error("not a valid {table}: {reason}")]
    Invalid {
        /// The table of the schema.
        table: &'static str,
        /// What the verifier found.
        reason: String,
    },
    /// The table is well-formed, but its parts contradict each other.
    #[error("inconsistent {table}: {reason}")]
    Inconsistent {
        /// The table of the schema.
        table: &'static str,
        /// Which parts, and how.
        reason: &'static str,
    },
    /// The zstd frame is broken.
    #[error("cannot inflate: {0}")]
    Inflate(String),
    /// The inflated bytes are not those that were written.
    #[error("checksum is {found:08x}, expected {expected:08x}: the bytes are damaged")]
    Checksum {
        /// What the directory says.
        expected: u32,
        /// What the bytes give.
        found: u32,
    },
    /// It was written by an older Tessera, in a format that is no longer read.
    #[error("the {what} has format {found}, and this program reads format {expected}; {remedy}")]
    TooOld {
        /// What the bytes are of, such as a dataset.
        what: &'static str,
        /// Its version.
        found: u32,
        /// The version that this program reads.
        expected: u32,
        /// What to do, as a clause.
        remedy: &'static str,
    },
    /// It was written by a newer Tessera.
    #[error("the {what} has format {found}, newer than {expected}, the newest this program reads; update Tessera")]
    TooNew {
        /// What the bytes are of, such as a dataset.
        what: &'static str,
        /// Its version.
        found: u32,
        /// The version that this program reads.
        expected: u32,
    },
}

impl DecodeError {
    /// Whether the bytes are whole, and of a format that this program does not read.
    pub fn is_of_another_version(&self) -> bool {
        matches!(self, Self::TooOld { .. } | Self::TooNew { .. })
    }

    pub(crate) fn invalid(table: &'static str, error: &flatbuffers::InvalidFlatbuffer) -> Self {
        Self::Invalid { table, reason: error.to_string().replace('\n', " ") }
    }
}
