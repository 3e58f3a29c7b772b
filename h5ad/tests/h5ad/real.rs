//! The demo file, and real files where they are at hand.

use std::env;
use std::path::{Path, PathBuf};

use h5ad::{FrameColumn, H5ad, MatrixLocation, Storage};

use crate::fixtures::column;

/// Names a directory of `.h5ad` files that must all be read.
const DIRECTORY: &str = "TESSERA_H5AD_FILES";

fn sum(file: &H5ad, location: &MatrixLocation) -> (usize, f64) {
    let matrix = file.matrix(location).unwrap();
    let (mut nonzero, mut sum) = (0, 0.0);
    for range in matrix.slabs(50_000) {
        let slab = matrix.read(range).unwrap();
        nonzero += slab.data.len();
        sum += slab.data.iter().map(|value| f64::from(*value)).sum::<f64>();
    }
    (nonzero, sum)
}

/// The numbers are anndata's, by `tests/reference/h5ad_summary.py`.
#[test]
fn the_demo_file_is_read_as_anndata_reads_it() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../data/pbmc68k_reduced.h5ad");
    let file = H5ad::open(&path).unwrap();
    assert_eq!((file.n_obs(), file.n_vars()), (700, 765));

    let obs = file.obs().unwrap();
    assert_eq!(obs.index[0], "AAAGCCTGGCTAAC-1");
    let names: Vec<_> = obs.columns.iter().map(|(name, _)| name.as_str()).collect();
    let expected = ["bulk_labels", "n_genes", "percent_mito", "n_counts", "S_score", "G2M_score", "phase", "louvain"];
    assert_eq!(names, expected);
    let FrameColumn::Categorical { codes, categories, ordered, .. } = column(&obs, "bulk_labels") else { panic!() };
    assert_eq!((codes.len(), categories.len(), *ordered), (700, 10, false));
    assert_eq!(categories[0], "CD4+/CD25 T Reg");
    assert!(matches!(column(&obs, "n_genes"), FrameColumn::Integers(_)));
    assert!(matches!(column(&obs, "percent_mito"), FrameColumn::Singles(_)));
    assert_eq!(file.var().unwrap().index[0], "HES4");
    assert!(matches!(column(&file.var().unwrap(), "highly_variable"), FrameColumn::Booleans(_)));
    assert_eq!(file.raw_var().unwrap().unwrap().index.len(), 765);

    let listed: Vec<_> =
        file.matrices().iter().map(|info| (info.location.to_string(), info.storage, info.nnz)).collect();
    assert_eq!(listed, [("X".to_owned(), Storage::Dense, None), ("raw/X".to_owned(), Storage::Csr, Some(174_400))]);
    let (nonzero, x) = sum(&file, &MatrixLocation::X);
    assert_eq!(nonzero, 535_433);
    assert!((x - -243.681_057_988_666).abs() < 1e-6, "{x}");
    let (nonzero, raw) = sum(&file, &MatrixLocation::Raw);
    assert_eq!(nonzero, 174_400);
    assert!((raw - 319_044.238_241_076_47).abs() < 1e-6, "{raw}");

    let keys: Vec<_> = file.obsm().iter().map(|info| (info.key.as_str(), info.n_columns)).collect();
    assert_eq!(keys, [("X_pca", 50), ("X_umap", 2)]);
    assert_eq!(file.uns().colors["louvain"].len(), 11);
    assert_eq!(file.warnings(), []);
}

/// The real files, where they are at hand.
pub fn files() -> Vec<PathBuf> {
    let Some(directory) = env::var_os(DIRECTORY).map(PathBuf::from) else {
        eprintln!("not checked: set {DIRECTORY} to a directory of .h5ad files to have them all tried");
        return Vec::new();
    };
    let mut paths: Vec<PathBuf> = directory.read_dir().unwrap().map(|entry| entry.unwrap().path()).collect();
    paths.retain(|path| path.extension().is_some_and(|extension| extension == "h5ad"));
    paths.sort();
    paths
}

#[test]
fn real_files_are_read() {
    let paths = files();
    for path in &paths {
        let file = H5ad::open(path).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
        assert_eq!(file.obs().unwrap().index.len(), file.n_obs(), "{}", path.display());
        assert_eq!(file.var().unwrap().index.len(), file.n_vars(), "{}", path.display());
        file.raw_var().unwrap();
        for info in file.obsm() {
            let array = file.read_obsm(&info.key, 0..2).unwrap();
            assert_eq!(
                array.values.into_singles().len(),
                file.n_obs() * array.n_columns,
                "{} {}",
                path.display(),
                info.key
            );
        }
        for info in file.matrices() {
            sum(&file, &info.location);
        }
    }
    eprintln!("{} files read", paths.len());
}
