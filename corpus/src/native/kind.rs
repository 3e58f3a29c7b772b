use std::{io, path::Path};

use builder::native::{Contents, Kind, LITTER, UNFINISHED, contents_of, remove_own};
use shared_fbs::path::{CORPUS, is_pack_file};

use super::parquet::{FEATURES, GROUPS, SUMS};

/// Corpora and summaries: a manifest, packs and the Parquet files of a summary, and nothing else.
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
    [CORPUS, LITTER, SUMS, GROUPS, FEATURES].contains(&name) || name.ends_with(UNFINISHED) || is_pack_file(name)
}
