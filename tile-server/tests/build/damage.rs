//! `verify` finds damage wherever it is.

use std::{fs, path::Path};

use shared_fbs::{manifest::Manifest, path::MANIFEST};
use tessera::{dataset::Dataset, files::Directory, verify::verify};

use crate::input::{Storage, build, counts, demo, with_x};

fn damage(path: &Path) -> Vec<String> {
    let report = verify(&Dataset::open(path).unwrap(), &Directory(path.to_owned()));
    report.damage.iter().map(ToString::to_string).collect()
}

#[test]
fn a_flipped_byte_of_any_pack_is_found_and_its_tile_named() {
    let built = build(&demo());
    let path = built.path();
    assert_eq!(damage(&path), [""; 0]);
    for pack in &built.report.manifest.packs {
        let file = path.join(&pack.file);
        let whole = fs::read(&file).unwrap();
        for at in [0, whole.len() / 3, whole.len() - 1] {
            let mut bytes = whole.clone();
            bytes[at] ^= 0x10;
            fs::write(&file, &bytes).unwrap();
            let damage = damage(&path);
            assert!(damage.iter().any(|line| line.starts_with(&pack.file)), "{damage:?}");
            let names_tile = |line: &String| line.contains(&format!("tile {}/", pack.name));
            assert!(damage.iter().any(names_tile), "{} at {at}: {damage:?}", pack.name);
        }
        fs::write(&file, &whole[..whole.len() - 1]).unwrap();
        assert!(!damage(&path).is_empty());
        fs::remove_file(&file).unwrap();
        assert!(damage(&path).iter().any(|line| line.starts_with(&pack.file)));
        fs::write(&file, &whole).unwrap();
    }
    assert_eq!(damage(&path), [""; 0]);
}

#[test]
fn a_damaged_poster_is_found() {
    let built = build(&demo());
    let path = built.path();
    let poster = &built.report.manifest.all_posters()[0];
    let file = path.join(&poster.file);
    let whole = fs::read(&file).unwrap();
    let mut flipped = whole.clone();
    flipped[whole.len() / 2] ^= 1;
    for bytes in [&flipped[..], &whole[..whole.len() - 1], &[]] {
        fs::write(&file, bytes).unwrap();
        let damage = damage(&path);
        assert!(damage.len() == 1 && damage[0].starts_with(&poster.file), "{damage:?}");
    }
    fs::remove_file(&file).unwrap();
    assert!(damage(&path)[0].starts_with(&poster.file));
}

#[test]
fn a_dataset_without_posters_is_whole() {
    let built = build(&demo());
    let path = built.path();
    let manifest = Manifest { posters: None, ..built.report.manifest.clone() };
    fs::write(path.join(MANIFEST), manifest.encode()).unwrap();
    assert_eq!(damage(&path), [""; 0]);
    assert_eq!(Dataset::open(&path).unwrap().manifest().content_id, built.report.manifest.content_id);
}

#[test]
fn a_damaged_page_of_a_directory_is_found() {
    let n_vars = 4200;
    let written = with_x(&counts(20, n_vars, 1), n_vars, Storage::Csr).write();
    let built = build(&written.path());
    let pack = built.report.manifest.pack_named("genes0").unwrap().clone();
    assert_eq!(pack.pages.len(), 2);
    let file = built.path().join(&pack.file);
    let mut bytes = fs::read(&file).unwrap();
    bytes[pack.pages[1].offset as usize + 20] ^= 1;
    fs::write(&file, bytes).unwrap();
    let damage = damage(&built.path());
    assert!(damage.iter().any(|line| line.contains("page 1")), "{damage:?}");
}

#[test]
fn a_damaged_manifest_is_refused() {
    let built = build(&demo());
    let path = built.path().join(MANIFEST);
    let whole = fs::read(&path).unwrap();
    for at in (0..whole.len()).step_by(whole.len() / 50) {
        let mut bytes = whole.clone();
        bytes[at] ^= 0x20;
        fs::write(&path, bytes).unwrap();
        let opened = Dataset::open(&built.path());
        assert!(opened.is_err() || opened.is_ok_and(|dataset| *dataset.manifest() == built.report.manifest), "{at}");
    }
}
