//! Made-up files, their summaries and corpora of these.

use std::{
    collections::{BTreeMap, BTreeSet},
    ops::ControlFlow,
    path::{Path, PathBuf},
    sync::OnceLock,
};

use builder::{Quiet, native::Existing};
use corpus::{
    Dimension, Profile, Query, Term, Tissues,
    build::{CellTable, Choices, H5adCounts, Input, Terms},
    native::{self, FileCorpus, MergeError, open},
};
use h5ad::H5ad;
use synthetic::{
    Model, Spec,
    h5ad::{Compression, Layout, Options, Raw, Views},
};
use tempfile::TempDir;

/// The organism of A and B.
pub const HUMAN: &str = "NCBITaxon:9606";

/// The organism of C.
pub const MOUSE: &str = "NCBITaxon:10090";

/// As `golden/expression.py` has it.
const LEAST_GENES: u32 = 120;

/// Files and their summaries.
pub struct Shelf {
    folder: TempDir,
}

impl Shelf {
    /// Two files of human cells and one of a mouse's, in three layouts, and their summaries: A, B and C.
    pub fn get() -> &'static Self {
        static SHELF: OnceLock<Shelf> = OnceLock::new();
        SHELF.get_or_init(|| {
            let shelf = Self { folder: tempfile::tempdir().unwrap() };
            let files = [
                ("A", (1500, 600, 3), Layout::Csr, HUMAN),
                ("B", (900, 800, 4), Layout::Csc, HUMAN),
                ("C", (700, 600, 5), Layout::Dense, MOUSE),
            ];
            for (name, size, layout, organism) in files {
                write_file(&shelf.file(name), size, layout);
                summarize(&shelf.file(name), &shelf.summary(name), name, organism);
            }
            shelf
        })
    }

    pub fn file(&self, name: &str) -> PathBuf {
        self.folder.path().join(format!("{name}.h5ad"))
    }

    pub fn summary(&self, name: &str) -> PathBuf {
        self.folder.path().join(format!("{name}.summary"))
    }
}

pub fn write_file(path: &Path, (n_cells, n_genes, seed): (usize, usize, u64), layout: Layout) {
    let options = Options { layout, compression: Compression::None, raw: Raw::Counts, views: Views::Flat };
    let model = Model::new(Spec { n_cells, n_genes, seed }).unwrap();
    synthetic::h5ad::write(&model, path, options, |_| ControlFlow::Continue(())).unwrap();
}

pub fn choices(id: &str, organism: &str) -> Choices {
    Choices {
        id: id.to_owned(),
        title: None,
        citation: None,
        publication: None,
        organism: Some(organism.to_owned()),
        profile: Profile { least_genes: LEAST_GENES, ..corpus::current_profile() },
        columns: BTreeMap::new(),
        constants: BTreeMap::new(),
        assume_primary: false,
    }
}

pub fn summarize(file: &Path, out: &Path, id: &str, organism: &str) {
    summarize_with(file, out, &choices(id, organism));
}

/// Every summary is taken for one of another content.
pub fn summarize_with(file: &Path, out: &Path, choices: &Choices) {
    let opened = H5ad::open(file).unwrap();
    let counts = H5adCounts::open(&opened, None).unwrap();
    let cells = CellTable::of(&opened.obs().unwrap());
    let input = Input { cells: &cells, counts: &counts, file: "file", content: &choices.id, organism: None };
    let to = (out, Existing::Keep);
    native::summarize(input, choices, &terms(), to, &Quiet::default()).unwrap();
}

pub fn build(inputs: &[&str], out: &Path) -> FileCorpus {
    build_with(inputs, None, out).unwrap()
}

pub fn build_with(inputs: &[&str], sums: Option<&Path>, out: &Path) -> Result<FileCorpus, MergeError> {
    let inputs: Vec<PathBuf> = inputs.iter().map(|name| Shelf::get().summary(name)).collect();
    let inputs: Vec<&Path> = inputs.iter().map(PathBuf::as_path).collect();
    native::build_corpus(&inputs, sums, (out, Existing::Keep), &nothing, &Quiet::default())?;
    Ok(open(out).unwrap())
}

pub fn query(organism: &str, filters: &[(Dimension, &[&str])], group_by: Option<Dimension>) -> Query {
    let ids = |ids: &[&str]| ids.iter().map(|&id| id.to_owned()).collect::<BTreeSet<_>>();
    Query {
        organism: organism.to_owned(),
        genes: ["LYZ", "MS4A1", "MALAT1", "COL1A1", "NKG7", "GAPDH", "CD4", "XIST"].map(str::to_owned).to_vec(),
        filters: filters.iter().map(|&(dimension, of)| (dimension, ids(of))).collect(),
        group_by,
        tissues: Tissues::All,
        least_cells: 0,
    }
}

/// Tissues stand for themselves.
pub fn terms() -> Terms<'static> {
    Terms { general_tissue: &Term::clone, look_up: &nothing }
}

/// No term of any ontology.
pub fn nothing(_: &str) -> Option<(String, Vec<String>)> {
    None
}
