use std::{io, path::Path};

use builder::native::{Contents, Kind, LITTER, UNFINISHED, contents_of, remove_own};
use shared_fbs::path::{CORPUS, is_pack_file};

/// How the names of files end that engines read.
pub const PARQUET_SUFFIX: &str = ".parquet";

/// Corpora and summaries: a manifest, packs and Parquet files, and nothing else.
pub struct CorpusKind;

impl Kind for CorpusKind {
    const PREFIX: &'static str = ".tessera-corpus-";

    fn contents(path: &Path) -> io::Result<Contents> {
        contents_of(path, CORPUS, is_own, "a corpus")
    }

    fn remove(directory: &Path) -> io::Result<()> {
        remove_own(directory, is_own)
    }
}

/// Whether a file of this name in the directory of a corpus is the corpus's.
fn is_own(name: &str) -> bool {
    [CORPUS, LITTER].contains(&name)
        || name.ends_with(UNFINISHED)
        || name.ends_with(PARQUET_SUFFIX)
        || is_pack_file(name)
}
