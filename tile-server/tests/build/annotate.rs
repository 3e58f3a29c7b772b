//! Labels written into a copy of an AnnData file.

use std::{
    fs,
    io::Read as _,
    path::Path,
    process::{Command, Output},
};

use flate2::read::GzDecoder;
use h5ad::{FrameColumn, H5ad, RawFile};

use crate::{
    fixtures::{Fixture, labels},
    input::{demo, with_columns},
};

fn annotate(data: &Path, labels: &Path, out: &Path, more: &[&str]) -> Output {
    let mut command = Command::new(env!("CARGO_BIN_EXE_tile-server"));
    command.arg("annotate").arg(data).arg("--labels").arg(labels).arg("--out").arg(out);
    command.args(more).output().unwrap()
}

fn said(output: &Output) -> (i32, String) {
    (output.status.code().unwrap(), String::from_utf8_lossy(&output.stderr).into_owned())
}

/// The text of each cell's label in a column.
fn labels_of(path: &Path, column: &str) -> Vec<Option<String>> {
    let obs = H5ad::open(path).unwrap().obs().unwrap();
    let (_, values) = obs.columns.iter().find(|(name, _)| name == column).unwrap();
    let FrameColumn::Categorical { codes, categories, .. } = values else { panic!("{values:?} has no labels") };
    codes.iter().map(|&code| usize::try_from(code).ok().map(|code| categories[code].clone())).collect()
}

#[test]
fn a_copy_has_the_labels_and_all_that_the_file_had() {
    let directory = tempfile::tempdir().unwrap();
    let (table, out) = (directory.path().join("labels.csv"), directory.path().join("new.h5ad"));
    let input = with_columns(700, 3).write();
    let before = input.open().unwrap();
    let obs = before.obs().unwrap();
    let lines: Vec<String> = (obs.index.iter().enumerate())
        .map(|(cell, id)| {
            format!("{id},{},{}", ["T cell", "", "B, or é"][cell % 3].replace("B, or é", "\"B, or é\""), cell % 200)
        })
        .collect();
    fs::write(&table, format!("cell_id,mine,many\n{}\n", lines.join("\n"))).unwrap();
    let bytes = fs::read(input.path()).unwrap();
    let (code, message) = said(&annotate(&input.path(), &table, &out, &[]));
    assert_eq!(code, 0, "{message}");
    assert_eq!(fs::read(input.path()).unwrap(), bytes, "the input has changed");

    let after = H5ad::open(&out).unwrap();
    assert_eq!((after.n_obs(), after.n_vars()), (before.n_obs(), before.n_vars()));
    let mine = labels_of(&out, "mine");
    let expected = |cell: usize| [Some("T cell"), None, Some("B, or é")][cell % 3].map(str::to_owned);
    assert!((0..obs.index.len()).all(|cell| mine[cell] == expected(cell)));
    let many = labels_of(&out, "many");
    assert!((0..obs.index.len()).all(|cell| many[cell] == Some((cell % 200).to_string())));
    let names = |frame: &h5ad::Frame| frame.columns.iter().map(|(name, _)| name.clone()).collect::<Vec<_>>();
    let mut all = names(&obs);
    all.extend(["mine", "many"].map(str::to_owned));
    assert_eq!(names(&after.obs().unwrap()), all, "columns keep their order");
    assert_eq!(format!("{:?}", after.var().unwrap()), format!("{:?}", before.var().unwrap()));

    // It is not written over, and a column is only if that is asked for.
    let (code, message) = said(&annotate(&input.path(), &table, &out, &[]));
    assert!(code == 2 && message.contains("exists"), "{code} {message}");
    let again = directory.path().join("again.h5ad");
    fs::write(&table, format!("cell_id,mine\n{},NK\n", obs.index[5])).unwrap();
    let (code, message) = said(&annotate(&out, &table, &again, &[]));
    assert!(code == 2 && message.contains("`mine`") && message.contains("--replace") && !again.exists(), "{message}");
    let (code, message) = said(&annotate(&out, &table, &again, &["--replace"]));
    assert_eq!(code, 0, "{message}");
    assert_eq!(names(&H5ad::open(&again).unwrap().obs().unwrap()), all);
    let mine = labels_of(&again, "mine");
    assert_eq!(mine.iter().flatten().collect::<Vec<_>>(), ["NK"]);
    assert_eq!(mine[5].as_deref(), Some("NK"));
    assert_eq!(labels_of(&again, "many"), many);
    assert_eq!(fs::read_dir(directory.path()).unwrap().count(), 3, "nothing is left beside");
}

/// Where attributes of this name lie in headers of the oldest form: the places of their flags.
fn flags_of(bytes: &[u8], name: &str) -> Vec<usize> {
    const ATTRIBUTE: [u8; 2] = [0x0c, 0];
    let name = format!("{name}\0");
    let found = bytes.windows(name.len()).enumerate().filter(|(_, window)| *window == name.as_bytes());
    // Before the name are the message's head of 8 bytes, and 8 or 9 of the attribute.
    let head = |at: usize| [16, 17].into_iter().filter_map(move |back| at.checked_sub(back));
    found.flat_map(|(at, _)| head(at)).filter(|&at| bytes[at..].starts_with(&ATTRIBUTE)).map(|at| at + 4).collect()
}

#[test]
fn files_of_old_hdf5_get_labels_too() {
    let directory = tempfile::tempdir().unwrap();
    let [table, data, out] = ["labels.csv", "old.h5ad", "new.h5ad"].map(|name| directory.path().join(name));
    let fixture = Path::new(env!("CARGO_MANIFEST_DIR")).join("../h5ad/tests/fixtures/earliest.h5ad.gz");
    let mut bytes = Vec::new();
    GzDecoder::new(fs::File::open(fixture).unwrap()).read_to_end(&mut bytes).unwrap();
    // As HDF5 before 1.12 marks every attribute of text.
    let flags: Vec<usize> =
        ["encoding-type", "encoding-version", "_index"].iter().flat_map(|name| flags_of(&bytes, name)).collect();
    assert!(flags.len() > 3, "{flags:?}");
    flags.iter().for_each(|&at| bytes[at] |= 0b100);
    fs::write(&data, &bytes).unwrap();
    let before = H5ad::open(&data).unwrap().obs().unwrap();
    fs::write(&table, format!("cell_id,mine\n{},T\n", before.index[1])).unwrap();
    let (code, message) = said(&annotate(&data, &table, &out, &[]));
    assert_eq!(code, 0, "{message}");
    assert_eq!(labels_of(&out, "mine")[..2], [None, Some("T".to_owned())]);
    assert_eq!(H5ad::open(&out).unwrap().obs().unwrap().columns[..before.columns.len()], before.columns[..]);
    assert_eq!(fs::read(&data).unwrap(), bytes, "the input has changed");
}

#[test]
fn a_file_of_tables_gets_labels_and_keeps_all_it_had() {
    let directory = tempfile::tempdir().unwrap();
    let [table, out, again] = ["labels.csv", "new.h5ad", "again.h5ad"].map(|name| directory.path().join(name));
    // The demo is of anndata 0.6: obs and var are tables, whose categories lie in uns.
    let before = H5ad::open(&demo()).unwrap();
    let obs = before.obs().unwrap();
    fs::write(&table, format!("cell_id,mine\n{},T\n", obs.index[1])).unwrap();
    let (code, message) = said(&annotate(&demo(), &table, &out, &[]));
    assert_eq!(code, 0, "{message}");
    let after = H5ad::open(&out).unwrap();
    assert_eq!(labels_of(&out, "mine")[..3], [None, Some("T".to_owned()), None]);
    assert_eq!(after.obs().unwrap().columns[..obs.columns.len()], obs.columns[..]);
    assert_eq!(format!("{:?}", after.var().unwrap()), format!("{:?}", before.var().unwrap()));
    assert_eq!(format!("{:?}", after.raw_var().unwrap()), format!("{:?}", before.raw_var().unwrap()));
    assert_eq!(after.uns(), before.uns());
    let raw = RawFile::open(&out).unwrap();
    assert_eq!(raw.encoding("obs").unwrap().as_deref(), Some("dataframe"));
    let members = raw.members("uns").unwrap();
    assert!(!members.iter().any(|name| name.ends_with("_categories")), "{members:?}");
    assert!(members.iter().any(|name| name == "louvain_colors") && members.iter().any(|name| name == "neighbors"));

    // Labels that stay keep their colors, a new one gets one that none has.
    fs::write(&table, format!("cell_id,louvain\n{},new\n{},3\n{},0\n", obs.index[0], obs.index[1], obs.index[2]))
        .unwrap();
    for (from, to) in [(&demo(), &again), (&out, &directory.path().join("of new.h5ad"))] {
        let (code, message) = said(&annotate(from, &table, to, &["--replace"]));
        assert_eq!(code, 0, "{message}");
        let after = H5ad::open(to).unwrap();
        let (old, new) = (&before.uns().colors["louvain"], &after.uns().colors["louvain"]);
        assert_eq!(
            labels_of(to, "louvain")[..4],
            ["new", "3", "0", ""].map(|label| Some(label.to_owned()).filter(|label| !label.is_empty()))
        );
        assert_eq!((new.len(), &new[0], &new[1]), (3, &old[0], &old[3]));
        assert!(new[2].starts_with('#') && !old[..4].contains(&new[2]), "{new:?}");
    }
    // Of labels that are all new, none has a color.
    let third = directory.path().join("third.h5ad");
    fs::write(&table, format!("cell_id,louvain\n{},new\n", obs.index[0])).unwrap();
    let (code, message) = said(&annotate(&out, &table, &third, &["--replace"]));
    assert_eq!(code, 0, "{message}");
    let third = H5ad::open(&third).unwrap();
    let colors = &third.uns().colors;
    assert!(!colors.contains_key("louvain") && colors.contains_key("bulk_labels"));
}

#[test]
fn what_cannot_be_written_is_refused_with_a_reason() {
    let directory = tempfile::tempdir().unwrap();
    let (table, out) = (directory.path().join("labels.csv"), directory.path().join("new.h5ad"));
    let input = Fixture::with_axes(3, 2).write();
    let id = labels("cell", 3)[0].clone();
    let refused = |text: &str| {
        fs::write(&table, text).unwrap();
        let (code, message) = said(&annotate(&input.path(), &table, &out, &[]));
        assert!(!out.exists());
        (code, message)
    };
    for (text, expected) in [
        (format!("id,a/b\n{id},x\n"), (2, "`a/b`")),
        (format!("id\n{id}\n"), (3, "no column of labels")),
        ("id,a\nnobody,x\n".to_owned(), (3, "no cell here has such an id")),
        (format!("id,a,a\n{id},x,y\n"), (3, "two columns “a”")),
    ] {
        let (code, message) = refused(&text);
        assert!(code == expected.0 && message.contains(expected.1), "{code} {message}");
    }
    let (code, message) = said(&annotate(&directory.path().join("absent.h5ad"), &table, &out, &[]));
    assert!(code == 4 && message.contains("absent.h5ad"), "{code} {message}");
    let (code, _) = said(&annotate(&input.path(), &directory.path().join("absent.csv"), &out, &[]));
    assert_eq!(code, 4);
}
