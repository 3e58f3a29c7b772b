//! `tile-server submit`: what follows the schema is in a private collection, and what does not is told beside it.

use std::{
    fs,
    path::Path,
    process::{Command, Output},
};

use h5ad::{RawFile, UnsValue};
use serde_json::Value;

use crate::{
    serve::Server,
    valid_file::{changed, same, valid},
};

fn submit(inbox: &Path, to: &Path) -> Output {
    let mut command = Command::new(env!("CARGO_BIN_EXE_tile-server"));
    command.arg("submit").arg(inbox).arg("--to").arg(to).args(["--once", "--quiet"]).output().unwrap()
}

fn answer(file: &Path) -> Value {
    let text = fs::read_to_string(format!("{}.submission.json", file.display())).unwrap();
    serde_json::from_str(&text).unwrap()
}

/// A title that only the file has.
fn titled(title: &str) -> Vec<u8> {
    changed(&valid(), |revision| revision.set_uns(&["title"], &UnsValue::Text(title.to_owned())).unwrap())
}

#[test]
fn valid_files_become_datasets_of_a_private_collection_and_others_are_told() {
    let folder = tempfile::tempdir().unwrap();
    let [inbox, site] = ["inbox", "site"].map(|name| folder.path().join(name));
    let to = site.join("lung");
    fs::create_dir(&inbox).unwrap();
    let [right, wrong, broken] = ["my cells.h5ad", "wrong.h5ad", "broken.h5ad"].map(|name| inbox.join(name));
    fs::write(&right, titled("first")).unwrap();
    let is_wrong = |revision: &mut h5ad::Revision<_>| revision.set_column("obs", "suspension_type", &same("cells"));
    fs::write(&wrong, changed(&valid(), |revision| is_wrong(revision).unwrap())).unwrap();
    fs::write(&broken, &valid()[..2000]).unwrap();
    fs::write(inbox.join("notes.txt"), "").unwrap();

    let output = submit(&inbox, &to);
    assert_eq!(output.status.code(), Some(5), "{output:?}");
    let outcomes = [&right, &wrong, &broken].map(|file| answer(file)["outcome"].as_str().unwrap().to_owned());
    assert_eq!(outcomes, ["taken", "refused", "failed"]);
    let findings = answer(&wrong)["report"]["findings"].as_array().unwrap().clone();
    assert!(findings.iter().any(|finding| finding["rule"] == "R46"), "{findings:?}");
    let told = fs::read_to_string(inbox.join("wrong.h5ad.submission.txt")).unwrap();
    assert!(told.contains("obs.suspension_type") && told.contains("`cells` (3 cells"), "{told}");

    // The copy has labels, the dataset its verdict; what was put in is as it was.
    let labeled = RawFile::open(&to.join("my-cells.h5ad")).unwrap();
    assert!(labeled.frame("obs").unwrap().columns.iter().any(|column| column.name == "cell_type"));
    assert_eq!(fs::read(&right).unwrap(), titled("first"));
    let left: Vec<_> = fs::read_dir(to.join(".tessera-submissions")).unwrap().collect();
    assert_eq!(left.len(), 1, "the lock alone: {left:?}");

    // Nobody finds it who does not know its address.
    let server = Server::start(&[&site], &[]);
    assert!(!server.get("/api/datasets").contains("my-cells"));
    let message = answer(&right)["message"].as_str().unwrap().to_owned();
    let id = message.rsplit_once("d/").unwrap().1;
    let manifest = server.get(&format!("/data/{id}/manifest.tsm"));
    assert!(manifest.starts_with("HTTP/1.1 200"), "{manifest}");
    let original = server.get(&format!("/data/{id}/my-cells.h5ad"));
    assert!(original.starts_with("HTTP/1.1 200"), "{original}");

    // A file that stays as it is stays untouched; one that changes replaces its dataset; one that became wrong does not.
    let built = |name: &str| fs::metadata(to.join("my-cells").join(name)).unwrap().modified().unwrap();
    let before = built("manifest.tsm");
    submit(&inbox, &to);
    assert_eq!(built("manifest.tsm"), before);
    fs::write(&right, titled("second")).unwrap();
    submit(&inbox, &to);
    assert_ne!(built("manifest.tsm"), before);
    fs::write(&right, changed(&titled("third"), |revision| is_wrong(revision).unwrap())).unwrap();
    submit(&inbox, &to);
    assert_eq!(answer(&right)["outcome"], "refused");
    assert!(answer(&right)["message"].as_str().unwrap().contains("last valid state"));
    assert!(to.join("my-cells/manifest.tsm").exists());
    fs::write(&right, titled("fourth")).unwrap();
    submit(&inbox, &to);
    assert_eq!(answer(&right)["outcome"], "taken");
}

#[test]
fn a_dataset_that_was_not_built_of_the_file_stays() {
    let folder = tempfile::tempdir().unwrap();
    let [one, other, to] = ["one", "other", "to"].map(|name| folder.path().join(name));
    for (inbox, title) in [(&one, "one"), (&other, "other")] {
        fs::create_dir(inbox).unwrap();
        fs::write(inbox.join("lung.h5ad"), titled(title)).unwrap();
    }
    assert!(submit(&one, &to).status.success());
    let before = fs::read(to.join("lung/manifest.tsm")).unwrap();
    let refused = submit(&other, &to);
    assert!(!refused.status.success());
    let message = answer(&other.join("lung.h5ad"))["message"].as_str().unwrap().to_owned();
    assert!(message.contains("another name"), "{message}");
    assert_eq!(fs::read(to.join("lung/manifest.tsm")).unwrap(), before);
    // A collection that people wrote stays theirs, but for the file that is offered.
    let text = fs::read_to_string(to.join("collection.toml")).unwrap();
    assert!(text.contains("visibility = \"private\"") && text.contains("[datasets.\"lung\"]"), "{text}");
}

#[test]
fn a_file_of_others_stays_and_what_failed_is_tried_again() {
    let folder = tempfile::tempdir().unwrap();
    let [inbox, site] = ["inbox", "site"].map(|name| folder.path().join(name));
    let to = site.join("lung");
    fs::create_dir_all(&to).unwrap();
    fs::create_dir(&inbox).unwrap();
    fs::write(to.join("collection.toml"), "title = 'Lung'\nvisibility = 'public'").unwrap();
    fs::write(to.join("cells.h5ad"), "of others").unwrap();
    let file = inbox.join("cells.h5ad");
    fs::write(&file, titled("cells")).unwrap();

    assert!(!submit(&inbox, &to).status.success());
    assert_eq!(answer(&file)["outcome"], "failed");
    assert_eq!(fs::read(to.join("cells.h5ad")).unwrap(), b"of others");
    assert!(!to.join("cells").exists());
    fs::remove_file(to.join("cells.h5ad")).unwrap();
    let output = submit(&inbox, &to);
    assert!(output.status.success(), "{output:?}");

    // Of a collection that is not private the address is that of any dataset.
    let message = answer(&file)["message"].as_str().unwrap().to_owned();
    let id = message.rsplit_once("d/").unwrap().1;
    let server = Server::start(&[&site], &[]);
    assert!(server.get("/api/datasets").contains(&format!("\"{id}\"")));

    // Where collection.toml cannot be read, nothing is begun; what was built stays the file's own.
    fs::write(to.join("collection.toml"), "titel = 'Lung'").unwrap();
    fs::write(&file, titled("again")).unwrap();
    assert!(!submit(&inbox, &to).status.success());
    fs::write(to.join("collection.toml"), "title = 'Lung'").unwrap();
    assert!(submit(&inbox, &to).status.success());
    assert_eq!(answer(&file)["outcome"], "taken");
}
