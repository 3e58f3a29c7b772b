//! Real files, where they are at hand.

use std::{env, path::PathBuf};

use tessera::{dataset::Dataset, files::Directory, verify::verify};

use crate::{check, input::build};

/// Names a directory of `.h5ad` files that must all build.
const DIRECTORY: &str = "TESSERA_H5AD_FILES";

#[test]
fn real_files_are_built_and_come_back() {
    let Some(directory) = env::var_os(DIRECTORY).map(PathBuf::from) else {
        eprintln!("not checked: set {DIRECTORY} to a directory of .h5ad files to have them all built");
        return;
    };
    let mut paths: Vec<PathBuf> = directory.read_dir().unwrap().map(|entry| entry.unwrap().path()).collect();
    paths.retain(|path| path.extension().is_some_and(|extension| extension == "h5ad"));
    paths.sort();
    for path in &paths {
        eprintln!("{}", path.display());
        let built = build(path);
        let report = verify(&Dataset::open(&built.path()).unwrap(), &Directory(built.path()));
        assert_eq!(report.damage, [], "{}", path.display());
        check::content(path, &built.path());
        check::moments(&built.path());
    }
    eprintln!("{} files built", paths.len());
}
