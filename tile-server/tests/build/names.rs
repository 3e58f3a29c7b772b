//! Layers by their place in the file, genes by their id; what two layers hold alike is stored once.

use std::process::Command;

use builder::{BuildError, Options};
use explorer_core::{
    data::GeneIdx,
    de::{Choice, DeOptions, LayerTiles, Speed},
    filter::CellMask,
};
use tessera::{
    compare::{cells_with_label, compare_cells},
    dataset::Dataset,
};

use crate::{
    check,
    fixtures::{Fixture, fill_frame, labels, subgroup},
    input::{Noise, Storage, build, build_with, counts, log_normalized, matrix, with_x, written_and_built},
};

const N_OBS: usize = 300;
const N_VARS: usize = 40;

/// Runs `tile-server de` on B cells: the exit code, the table and the message.
fn de(dataset: &Dataset, path: &std::path::Path, more: &[&str]) -> (i32, String, String) {
    assert!(dataset.manifest().column("cell_type").is_some());
    let mut command = Command::new(env!("CARGO_BIN_EXE_tile-server"));
    let output = command.arg("de").arg(path).args(["--group", "cell_type=B"]).args(more).output().unwrap();
    let text = |bytes| String::from_utf8(bytes).unwrap();
    (output.status.code().unwrap(), text(output.stdout), text(output.stderr))
}

fn scaled(rows: &[Vec<f32>]) -> Vec<Vec<f32>> {
    let mean = rows.iter().flatten().sum::<f32>() / (rows.len() * rows[0].len()) as f32;
    rows.iter().map(|row| row.iter().map(|value| (value - mean) * 0.7).collect()).collect()
}

#[test]
fn four_layers_called_x_and_raw_are_told_apart() {
    let values: Vec<_> = (0..4).map(|seed| counts(N_OBS, N_VARS, seed)).collect();
    let fixture = with_x(&values[0], N_VARS, Storage::Csr)
        .group("raw", |group| {
            matrix(group, "X", &values[1], N_VARS, Storage::Csr);
            subgroup(group, "var", |var| fill_frame(var, &labels("gene", N_VARS), |_| ()));
        })
        .group("layers", |group| {
            matrix(group, "X", &values[2], N_VARS, Storage::Csr);
            matrix(group, "raw", &values[3], N_VARS, Storage::Csr);
            matrix(group, "counts", &values[1], N_VARS, Storage::Dense);
        });
    let (written, built) = written_and_built(fixture);
    check::content(&written.path(), &built.path());
    let dataset = Dataset::open(&built.path()).unwrap();
    let places: Vec<&str> = dataset.manifest().layers.iter().map(|layer| layer.name.as_str()).collect();
    assert_eq!(places, ["X", "raw/X", "layers/X", "layers/counts", "layers/raw"]);
    let mut tables = Vec::new();
    for place in &places {
        let (code, table, message) = de(&dataset, &built.path(), &["--layer", place]);
        assert!(code == 0 && table.contains(&format!("# layer: {place}\n")), "{message}");
        tables.push(table.lines().filter(|line| !line.starts_with('#')).map(str::to_owned).collect::<Vec<_>>());
    }
    for (at, table) in tables.iter().enumerate() {
        let twins: Vec<usize> = (0..tables.len()).filter(|&other| tables[other] == *table).collect();
        assert_eq!(twins, if at % 2 == 1 { vec![1, 3] } else { vec![at] }, "{}", places[at]);
    }
    let (code, table, _) = de(&dataset, &built.path(), &["--layer", "counts"]);
    assert!(code == 0 && table.contains("# layer: layers/counts\n"));
    let (code, _, message) = de(&dataset, &built.path(), &["--layer", "raw"]);
    assert!(code == 2 && message.contains("give one of these names: raw/X, layers/raw"), "{message}");
}

#[test]
fn layers_that_hold_the_same_share_their_packs() {
    let counts = counts(N_OBS, N_VARS, 5);
    let x = log_normalized(&counts);
    let of_raw = |group: &mut hdf5_pure::GroupBuilder, genes: &[String]| {
        matrix(group, "X", &x, N_VARS, Storage::Csr);
        subgroup(group, "var", |var| fill_frame(var, genes, |_| ()));
    };
    let fixture = with_x(&x, N_VARS, Storage::Dense)
        .group("raw", |group| of_raw(group, &labels("gene", N_VARS)))
        .group("layers", |group| {
            matrix(group, "counts", &counts, N_VARS, Storage::Csr);
            matrix(group, "other", &crate::input::counts(N_OBS, N_VARS, 6), N_VARS, Storage::Csr);
        });
    let (written, built) = written_and_built(fixture);
    check::content(&written.path(), &built.path());
    check::moments(&built.path());
    let manifest = &built.report.manifest;
    let packs: Vec<_> = manifest
        .layers
        .iter()
        .map(|layer| [Some(&layer.pack), layer.cells_pack.as_ref(), layer.moments_pack.as_ref()].map(Option::unwrap))
        .collect();
    let [x, raw, counts, other] = packs[..] else { panic!("{packs:?}") };
    assert_eq!(x, raw);
    // The counts that X is rebuilt from, summed up otherwise.
    assert_eq!((counts[0], counts[1]), (x[0], x[1]));
    assert_ne!(counts[2], x[2]);
    assert!((0..3).all(|pack| other[pack] != x[pack] && other[pack] != counts[pack]));
    // Files are those that the manifest names, and nothing else.
    let files = std::fs::read_dir(built.path()).unwrap().map(|entry| entry.unwrap().file_name().into_string().unwrap());
    let mut files: Vec<String> = files.filter(|file| file != "manifest.tsm").collect();
    let posters = manifest.all_posters().iter().map(|poster| poster.file.clone());
    let mut named: Vec<String> = manifest.packs.iter().map(|pack| pack.file.clone()).chain(posters).collect();
    files.sort();
    named.sort();
    // Pictures that are the same have one file.
    named.dedup();
    assert_eq!(files, named);
}

#[test]
fn scaled_cells_are_stored_once_and_compared_all_the_same() {
    let rows = counts(N_OBS, N_VARS, 5);
    let x = scaled(&rows);
    let with_raw = with_x(&x, N_VARS, Storage::Dense).group("raw", |group| {
        matrix(group, "X", &rows, N_VARS, Storage::Csr);
        subgroup(group, "var", |var| fill_frame(var, &labels("gene", N_VARS), |_| ()));
    });
    let (written, built) = written_and_built(with_raw);
    check::content(&written.path(), &built.path());
    check::moments(&built.path());
    let dataset = Dataset::open(&built.path()).unwrap();
    let manifest = dataset.manifest();
    let stored: Vec<bool> = manifest.layers.iter().map(|layer| layer.cells_pack.is_some()).collect();
    assert_eq!((stored, manifest.statistics_layer().unwrap().name.as_str()), (vec![false, true], "raw/X"));

    // Where X is the only layer, it is the one that is compared in, and has its cells.
    let (_written, alone) = written_and_built(with_x(&x, N_VARS, Storage::Dense));
    let alone = Dataset::open(&alone.path()).unwrap();
    assert!(alone.manifest().layers[0].cells_pack.is_some());
    let mut noise = Noise::new(3);
    let scattered = CellMask::from_fn(N_OBS, |_| noise.below(3) == 0);
    let labeled = cells_with_label(&dataset, "cell_type", "B").unwrap().unwrap();
    for group in [scattered, labeled] {
        let mut rest = group.clone();
        rest.invert();
        let table = |dataset: &Dataset| {
            compare_cells(dataset, &dataset.manifest().layers[0], &group, &rest, DeOptions::default()).unwrap()
        };
        assert_eq!(table(&dataset), table(&alone));
    }
    let layer = &manifest.layers[0];
    assert_eq!(LayerTiles::of(manifest, layer), None);
    assert!(Choice::of(Speed::default().offers(manifest, layer, None)).is_some());
    let (code, _, message) = de(&dataset, &built.path(), &["--layer", "X"]);
    assert_eq!(code, 0, "{message}");
}

/// A file whose genes have symbols: two the same, one missing.
fn with_symbols() -> Fixture {
    let ids = ["E0", "E1", "E2", "E3"].map(str::to_owned);
    let codes: Vec<i8> = (0..N_OBS).map(|cell| (cell % 2) as i8).collect();
    Fixture::new()
        .frame("obs", &labels("cell", N_OBS), |obs| obs.categorical("cell_type", &codes, &["B", "T"]))
        .frame("var", &ids, |var| {
            var.strings("Gene_Short_Name", &["LYZ", "TBCE", "TBCE", "nan"]);
            var.strings("other", &["a", "b", "c", "E0"]);
            var.floats("mean", &[0.0; 4]);
        })
        .x(&counts(N_OBS, 4, 1), 4, Storage::Csr)
}

#[test]
fn symbols_come_of_a_usual_column_or_of_the_one_asked_for() {
    let written = with_symbols().write();
    let labels_of = |options: &Options| {
        let built = build_with(&written.path(), options);
        let dataset = Dataset::open(&built.path()).unwrap();
        let layer = &dataset.manifest().layers[0];
        let names = dataset.gene_names(layer).unwrap();
        let mut labels: Vec<(String, String)> =
            (0..4).map(GeneIdx).map(|gene| (names.id(gene).to_owned(), names.label(gene).to_owned())).collect();
        labels.sort();
        (dataset.manifest().vars[0].symbols.clone().unwrap(), labels.into_iter().map(|(_, label)| label).collect())
    };
    let usual: (String, Vec<String>) = labels_of(&Options { allow_no_embedding: true, ..Options::default() });
    assert_eq!(usual.0, "Gene_Short_Name");
    assert_eq!(usual.1, ["LYZ", "TBCE (E1)", "TBCE (E2)", "E3"]);
    let asked = Options { symbols: Some("other".to_owned()), allow_no_embedding: true, ..Options::default() };
    let (column, labels) = labels_of(&asked);
    assert_eq!(column, "other");
    // A symbol that is another gene's id does not pass for that gene.
    assert_eq!(labels, ["a", "b", "c", "E0 (E3)"]);
    let absent = Options { symbols: Some("mean".to_owned()), allow_no_embedding: true, ..Options::default() };
    let directory = tempfile::tempdir().unwrap();
    let error = builder::native::build(
        &written.path(),
        &directory.path().join("out"),
        builder::native::Existing::Keep,
        &absent,
        &builder::Quiet::default(),
    );
    let Err(error @ BuildError::NoSuchSymbols { .. }) = error else { panic!("{error:?}") };
    assert!(error.to_string().ends_with("its columns of text are: Gene_Short_Name, other"), "{error}");
}

#[test]
fn tables_tell_genes_of_one_symbol_apart() {
    let built = build(&with_symbols().write().path());
    let dataset = Dataset::open(&built.path()).unwrap();
    let (code, table, message) = de(&dataset, &built.path(), &[]);
    assert_eq!(code, 0, "{message}");
    let mut rows = table.lines().filter(|line| !line.starts_with('#')).map(|line| line.split(',').collect::<Vec<_>>());
    let head = rows.next().unwrap();
    assert_eq!((head[0], head.last().copied()), ("names", Some("gene_ids")));
    let mut names: Vec<(&str, &str)> = rows.map(|row| (row[row.len() - 1], row[0])).collect();
    names.sort_unstable();
    assert_eq!(names, [("E0", "LYZ"), ("E1", "TBCE (E1)"), ("E2", "TBCE (E2)"), ("E3", "E3")]);
}
