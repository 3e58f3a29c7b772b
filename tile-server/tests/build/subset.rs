//! Cells written as an AnnData file: what the input has of them, in its order, bit for bit.

use std::{
    fs,
    path::Path,
    process::{Command, Output},
};

use explorer_core::{
    filter::CellMask,
    session::SubsetAdditions,
    state::{CellList, OwnColumn, OwnLabel},
};
use h5ad::{CategoryKind, Frame, FrameColumn, H5ad, MatrixLocation, Storage as Stored};
use hdf5_pure::File;
use tessera::dataset::{Dataset, wait};

use crate::{
    fixtures::{Fixture, fill_frame, labels, subgroup},
    input::{Noise, Storage, build, counts, demo, log_normalized, matrix, with_x, written_and_built},
};

fn subset(dataset: &Path, out: &Path, more: &[&str]) -> Output {
    let mut command = Command::new(env!("CARGO_BIN_EXE_tile-server"));
    command.arg("subset").arg(dataset).arg("--out").arg(out).args(more).output().unwrap()
}

fn said(output: &Output) -> (i32, String) {
    (output.status.code().unwrap(), String::from_utf8_lossy(&output.stderr).into_owned())
}

/// Checks that a file is `input` but for cells that are not among `rows`.
fn is_subset(found: &Path, input: &Path, rows: &[usize]) {
    let (found, input) = (H5ad::open(found).unwrap(), H5ad::open(input).unwrap());
    assert_eq!((found.n_obs(), found.n_vars()), (rows.len(), input.n_vars()));
    assert!(found.warnings().is_empty(), "{:?}", found.warnings());
    are_frames_equal(&found.obs().unwrap(), &input.obs().unwrap(), rows);
    let all_genes: Vec<usize> = (0..input.n_vars()).collect();
    are_frames_equal(&found.var().unwrap(), &input.var().unwrap(), &all_genes);
    match (found.raw_var().unwrap(), input.raw_var().unwrap()) {
        (Some(found), Some(input)) => {
            are_frames_equal(&found, &input, &(0..input.index.len()).collect::<Vec<_>>());
        }
        (found, input) => assert_eq!(found, input),
    }
    let keys = |file: &H5ad| file.obsm().iter().map(|entry| entry.key.clone()).collect::<Vec<_>>();
    assert_eq!(keys(&found), keys(&input));
    for key in keys(&input) {
        let read = |file: &H5ad| {
            let entry = file.read_obsm(&key, 0..usize::MAX).unwrap();
            (entry.n_columns, entry.values.into_doubles())
        };
        let ((n_columns, found), (n_expected, values)) = (read(&found), read(&input));
        let bits = |values: &[f64]| values.iter().map(|value| value.to_bits()).collect::<Vec<_>>();
        let expected: Vec<f64> =
            rows.iter().flat_map(|row| values[row * n_expected..][..n_expected].to_vec()).collect();
        assert_eq!((n_columns, bits(&found)), (n_expected, bits(&expected)), "{key}");
    }
    let locations = |file: &H5ad| file.matrices().iter().map(|info| info.location.clone()).collect::<Vec<_>>();
    assert_eq!(locations(&found), locations(&input));
    for location in locations(&input) {
        let (found, all) = (dense(&found, &location), dense(&input, &location));
        assert!(rows.iter().zip(&found).all(|(&row, found)| all[row] == *found), "{location}");
    }
}

/// Compares columns by the values that they show; labels that no row has are left out.
fn are_frames_equal(found: &Frame, input: &Frame, rows: &[usize]) {
    let expected: Vec<&String> = rows.iter().map(|&row| &input.index[row]).collect();
    assert!(found.index.iter().eq(expected));
    assert_eq!(found.index_name, input.index_name);
    assert_eq!(found.columns.len(), input.columns.len());
    for ((name, found), (expected_name, expected)) in found.columns.iter().zip(&input.columns) {
        assert_eq!(name, expected_name);
        let (found_rows, all) = (shown(found), shown(expected));
        assert!(rows.iter().zip(&found_rows).all(|(&row, found)| all[row] == *found), "{name}");
        if let FrameColumn::Categorical { categories, ordered, kind, .. } = found {
            assert!(categories.iter().all(|label| found_rows.contains(&Some(label.clone()))), "{name}");
            if let FrameColumn::Categorical { categories: all, ordered: of_input, kind: of, .. } = expected {
                assert_eq!((ordered, kind), (of_input, of), "{name}");
                let kept = all.iter().filter(|label| categories.contains(label));
                assert!(kept.eq(categories), "{name}: the order of labels");
            }
        }
    }
}

fn shown(column: &FrameColumn) -> Vec<Option<String>> {
    fn all<T: ToString>(values: &[Option<T>]) -> Vec<Option<String>> {
        values.iter().map(|value| value.as_ref().map(T::to_string)).collect()
    }
    match column {
        FrameColumn::Categorical { codes, categories, .. } => {
            codes.iter().map(|&code| categories.get(code as usize).cloned()).collect()
        }
        FrameColumn::Strings(values) => values.clone(),
        FrameColumn::Booleans(values) => all(values),
        FrameColumn::Integers(values) => all(values),
        FrameColumn::Unsigned(values) => all(values),
        FrameColumn::Singles(values) => values.iter().map(|value| Some(format!("f32 {:x}", value.to_bits()))).collect(),
        FrameColumn::Doubles(values) => values.iter().map(|value| Some(format!("f64 {:x}", value.to_bits()))).collect(),
        FrameColumn::Unsupported { reason } => panic!("{reason}"),
    }
}

/// The bits of every value, row after row; those of 0 where none is stored.
fn dense(file: &H5ad, location: &MatrixLocation) -> Vec<Vec<u32>> {
    let matrix = file.matrix(location).unwrap();
    let info = matrix.info();
    let mut rows = vec![vec![0; info.n_cols]; info.n_rows];
    for range in matrix.slabs(10_000) {
        let slab = matrix.read(range.clone()).unwrap();
        for (major, bounds) in range.zip(slab.indptr.windows(2)) {
            for at in bounds[0]..bounds[1] {
                let minor = slab.indices[at] as usize;
                let (row, column) = if info.storage == Stored::Csc { (minor, major) } else { (major, minor) };
                rows[row][column] = slab.data[at].to_bits();
            }
        }
    }
    rows
}

#[test]
fn cells_with_a_label_are_what_the_demo_has_of_them() {
    let directory = tempfile::tempdir().unwrap();
    let (dataset, out) = (build(&demo()), directory.path().join("new.h5ad"));
    let (code, message) = said(&subset(&dataset.path(), &out, &["--label", "louvain=1", "--label", "louvain=0"]));
    assert_eq!(code, 0, "{message}");
    let obs = H5ad::open(&demo()).unwrap().obs().unwrap();
    let (_, louvain) = obs.columns.iter().find(|(name, _)| name == "louvain").unwrap();
    let is_wanted = |label: &Option<String>| label.as_deref().is_some_and(|label| ["0", "1"].contains(&label));
    let rows: Vec<usize> =
        shown(louvain).iter().enumerate().filter(|(_, label)| is_wanted(label)).map(|(row, _)| row).collect();
    assert!(message.contains(&format!("{} cells of 700 cells", rows.len())), "{message}");
    is_subset(&out, &demo(), &rows);
    // Colors of labels that none of the cells has are gone with the labels.
    let [all, kept] = [&demo(), &out].map(|path| H5ad::open(path).unwrap().uns().colors["louvain"].clone());
    assert_eq!(kept, all[..2]);
    let file = File::open(&out).unwrap();
    let note = |name: &str| file.dataset(&format!("uns/tessera/{name}")).unwrap().read_string().unwrap();
    assert_eq!(note("filter"), ["louvain=1 or louvain=0"]);
    assert_eq!((note("n_obs"), note("source")), (vec!["700".to_owned()], vec!["pbmc68k_reduced.h5ad".to_owned()]));

    let (code, message) = said(&subset(&dataset.path(), &out, &["--label", "louvain=1"]));
    assert!(code == 2 && message.contains("exists"), "{code} {message}");
    assert_eq!(fs::read_dir(directory.path()).unwrap().count(), 1, "nothing is left beside");
}

#[test]
fn cells_that_pass_a_filter_are_what_the_demo_has_of_them() {
    let directory = tempfile::tempdir().unwrap();
    let (dataset, out) = (build(&demo()), directory.path().join("new.h5ad"));
    let slice = |filter: &str| {
        let mut command = Command::new(env!("CARGO_BIN_EXE_tile-server"));
        command.arg("slice").arg(dataset.path()).args(["--obs", filter, "--out"]).arg(&out);
        said(&command.output().unwrap())
    };
    let (code, message) = slice("louvain in ['0', '1'] and n_genes > 1000");
    assert_eq!(code, 0, "{message}");
    let obs = H5ad::open(&demo()).unwrap().obs().unwrap();
    let column = |wanted: &str| shown(&obs.columns.iter().find(|(name, _)| name == wanted).unwrap().1);
    let cells = column("louvain").into_iter().zip(column("n_genes")).enumerate();
    let rows: Vec<usize> = cells
        .filter(|(_, (louvain, n_genes))| {
            let n_genes: u32 = n_genes.as_deref().unwrap().parse().unwrap();
            n_genes > 1000 && matches!(louvain.as_deref(), Some("0" | "1"))
        })
        .map(|(row, _)| row)
        .collect();
    assert!((10..600).contains(&rows.len()));
    is_subset(&out, &demo(), &rows);
    let note = File::open(&out).unwrap().dataset("uns/tessera/filter").unwrap().read_string().unwrap();
    assert_eq!(note, ["louvain in ['0', '1'] and n_genes > 1000"]);

    fs::remove_file(&out).unwrap();
    for (filter, expected) in [
        ("louvein == '0'", "did you mean `louvain`?"),
        ("louvain = '0'", "character 9 of the filter"),
        ("n_genes < 0", "no cell in the subset"),
    ] {
        let (code, message) = slice(filter);
        assert!(code == 2 && message.contains(expected), "{filter}: {code} {message}");
    }
    let (_, message) = slice("louvain in ['0', 'none']");
    assert!(message.contains("warning: `louvain` has no label 'none'"), "{message}");
}

/// Columns of every kind, with and without missing values.
fn every_kind(n: usize) -> Fixture {
    let some = |cell: usize| cell.is_multiple_of(5);
    let mask: Vec<bool> = (0..n).map(some).collect();
    let numbers: Vec<i64> = (0..n as i64).map(|cell| i64::MAX - cell).collect();
    let unsigned: Vec<u64> = (0..n as u64).map(|cell| u64::MAX - cell).collect();
    let truths: Vec<bool> = (0..n).map(|cell| cell.is_multiple_of(3)).collect();
    let doubles: Vec<f64> = (0..n).map(|cell| if some(cell) { f64::NAN } else { cell as f64 / 7.0 }).collect();
    let codes: Vec<i8> = (0..n).map(|cell| (cell % 5) as i8 - 1).collect();
    let texts: Vec<String> = (0..n).map(|cell| format!("barcode {cell} é")).collect();
    let spatial: Vec<f64> = (0..3 * n).map(|at| at as f64 * 1e9 / 7.0).collect();
    Fixture::new()
        .frame("obs", &labels("cell", n), |obs| {
            obs.integers("whole", &numbers);
            obs.masked("gaps", "nullable-integer", &mask, |group| {
                group.create_dataset("values").with_i64_data(&numbers);
            });
            let name = obs.add("unsigned");
            obs.group.create_dataset(name).with_u64_data(&unsigned);
            obs.booleans("truth", &truths);
            obs.masked("truth gaps", "nullable-boolean", &mask, |group| {
                let bytes = truths.iter().map(|&truth| u8::from(truth)).collect();
                group.create_dataset("values").with_raw_data(crate::fixtures::boolean_type(), bytes, n as u64);
            });
            obs.floats("double", &doubles);
            let name = obs.add("single");
            obs.group
                .create_dataset(name)
                .with_f32_data(&doubles.iter().map(|&value| value as f32).collect::<Vec<_>>());
            obs.categorical("type", &codes, &["B", "T", "", "NK, ß"]);
            obs.strings("text", &texts.iter().map(String::as_str).collect::<Vec<_>>());
        })
        .frame("var", &labels("gene", 40), |var| {
            var.booleans("variable", &(0..40).map(|gene| gene % 2 == 0).collect::<Vec<_>>());
            var.floats("mean", &(0..40).map(|gene| f64::from(gene) / 3.0).collect::<Vec<_>>());
        })
        .group("obsm", |obsm| {
            obsm.create_dataset("X_wide").with_f64_data(&spatial).with_shape(&[n as u64, 3]);
        })
}

#[test]
fn columns_layers_and_raw_of_every_kind_come_through() {
    let n = 2100;
    let values = counts(n, 40, 3);
    let mut noise = Noise::new(11);
    let scaled: Vec<Vec<f32>> = (0..n).map(|_| (0..40).map(|_| noise.unit() as f32 - 0.5).collect()).collect();
    let fixture = every_kind(n)
        .x(&log_normalized(&values), 40, Storage::Csr)
        .group("layers", |layers| {
            matrix(layers, "counts", &values, 40, Storage::Csc);
            matrix(layers, "scaled", &scaled, 40, Storage::Dense);
        })
        .group("raw", |raw| {
            matrix(raw, "X", &counts(n, 9, 4), 9, Storage::Csr);
            subgroup(raw, "var", |var| fill_frame(var, &labels("raw", 9), |var| var.floats("mean", &[0.1; 9])));
        });
    let (input, dataset) = written_and_built(fixture);
    let directory = tempfile::tempdir().unwrap();
    // One cell, some, nearly all: by tiles of cells and by those of genes.
    for (at, rows) in
        [vec![1700], (0..n).filter(|row| row % 90 < 4).collect(), (1..n).collect::<Vec<_>>()].iter().enumerate()
    {
        let (list, out) = (directory.path().join("ids.txt"), directory.path().join(format!("{at}.h5ad")));
        fs::write(&list, rows.iter().map(|row| format!("cell{row}\n")).collect::<String>()).unwrap();
        let (code, message) = said(&subset(&dataset.path(), &out, &["--cells-file", list.to_str().unwrap()]));
        assert_eq!(code, 0, "{message}");
        is_subset(&out, &input.path(), rows);
        // What was written is a file like any other.
        let again = build(&out);
        crate::check::content(&out, &again.path());
    }
}

#[test]
fn a_column_of_ones_own_is_written_as_labels() {
    let (input, dataset) = written_and_built(with_x(&counts(300, 20, 5), 20, Storage::Csr));
    let dataset = Dataset::open(&dataset.path()).unwrap();
    let rows = dataset.rows().unwrap();
    let label = |name: &str, rows: std::ops::Range<u32>| OwnLabel {
        name: name.to_owned(),
        cells: CellList::new(rows.collect()),
        color: None,
    };
    let mine = OwnColumn::new("mine", [label("T", 0..50), label("B", 50..90), label("elsewhere", 250..300)]);
    let cells: Vec<u32> = (20..120).collect();
    let is_in =
        |cell: usize| rows.row_of(explorer_core::data::CellIdx(cell as u32)).is_some_and(|row| cells.contains(&row.0));
    let mask = CellMask::from_fn(300, is_in);
    let additions = SubsetAdditions { filter: "a lasso".to_owned(), own_columns: vec![mine] };
    let mut file = Vec::new();
    let differences = wait(subset::write(dataset.reader(), mask.clone(), &additions, &mut file, |_| Ok(()))).unwrap();
    assert!(differences.changes.is_empty(), "{differences:?}");
    let obs = H5ad::from_bytes(file, "subset").unwrap().obs().unwrap();
    let (name, column) = obs.columns.last().unwrap();
    let expected = (20..120).map(|row| match row {
        ..50 => 1,
        50..90 => 0,
        _ => -1,
    });
    let categories = vec!["B".to_owned(), "T".to_owned()];
    let expected =
        FrameColumn::Categorical { codes: expected.collect(), categories, ordered: false, kind: CategoryKind::Text };
    assert_eq!((name.as_str(), column), ("mine", &expected));
    let input = H5ad::open(&input.path()).unwrap().obs().unwrap();
    assert_eq!(obs.index, input.index[20..120]);

    // A name that HDF5 would take for a path is written as another.
    let odd = OwnColumn::new("a/b", [label("T", 20..50)]);
    let additions = SubsetAdditions { own_columns: vec![odd], ..SubsetAdditions::default() };
    let mut file = Vec::new();
    let differences = wait(subset::write(dataset.reader(), mask, &additions, &mut file, |_| Ok(()))).unwrap();
    assert!(differences.changes[0].starts_with("obs: `a/b` is written as `a_b`"), "{differences:?}");
    assert_eq!(H5ad::from_bytes(file, "subset").unwrap().obs().unwrap().columns.last().unwrap().0, "a_b");
    let none = CellMask::none(300);
    let refused = wait(subset::write(dataset.reader(), none, &additions, Vec::new(), |_| Ok(())));
    assert_eq!(refused.unwrap_err().to_string(), "there is no cell to write");
}

#[test]
fn what_the_build_changed_and_what_is_named_otherwise_is_said_and_noted() {
    let mut values = counts(60, 5, 7);
    values.iter_mut().flatten().for_each(|value| *value *= 0.3);
    (values[0][1], values[1][1], values[2][2]) = (f32::NAN, f32::INFINITY, f32::NAN);
    let codes: Vec<i8> = (0..60).map(|cell| (cell % 2) as i8).collect();
    let fixture = Fixture::new()
        .frame("obs", &labels("cell", 60), |obs| {
            obs.categorical("type", &codes, &["B", "T"]);
            obs.categorical("a_b", &codes, &["x", "y"]);
            obs.add("a/b");
            subgroup(obs.group, "a", |group| {
                group.create_dataset("b").with_f64_data(&[0.5; 60]);
            });
        })
        .frame("var", &labels("gene", 5), |_| {})
        .x(&values, 5, Storage::Dense);
    let (_, dataset) = written_and_built(fixture);
    let out = dataset.path().with_file_name("new.h5ad");
    let (code, message) = said(&subset(&dataset.path(), &out, &["--label", "type=T"]));
    assert_eq!(code, 0, "{message}");
    let changes = [
        "X: 2 values are not a number (NaN), of the genes `gene1`, `gene2`; they count as zero",
        "X: 1 value is infinite, of the gene `gene1`; it counts as zero",
    ];
    let renamed = "obs: `a/b` is written as `a_b (2)`, since HDF5 cannot hold a member of that name";
    for change in changes.iter().chain([&renamed]) {
        assert!(message.contains(&format!("warning: {change}\n")), "{message}");
    }
    assert!(message.contains("Reading cells: 30 in") && message.contains("30 cells of 60 cells; X as 32-bit floats"));
    let note = File::open(&out).unwrap().dataset("uns/tessera/changes").unwrap().read_string().unwrap();
    let floats = "X: 32-bit floats, to which wider ones were rounded";
    assert_eq!(note, [[changes[0], changes[1], renamed, floats].join("\n")]);
    let columns = H5ad::open(&out).unwrap().obs().unwrap().columns;
    assert_eq!(columns.iter().map(|(name, _)| name.as_str()).collect::<Vec<_>>(), ["type", "a_b", "a_b (2)"]);
    assert_eq!(columns[2].1, FrameColumn::Doubles(vec![0.5; 30]));
}

#[cfg(unix)]
#[test]
fn new_files_have_the_permissions_of_any_other() {
    use std::os::unix::fs::PermissionsExt as _;
    let folder = tempfile::tempdir().unwrap();
    let (dataset, plain) = (build(&demo()), folder.path().join("plain"));
    fs::write(&plain, "").unwrap();
    let mode = |path: &Path| fs::metadata(path).unwrap().permissions().mode();
    let [cells, copy, list] = ["cells.h5ad", "copy.h5ad", "labels.csv"].map(|name| folder.path().join(name));
    assert_eq!(said(&subset(&dataset.path(), &cells, &["--label", "louvain=1"])).0, 0);
    let input = Fixture::with_axes(30, 4).write();
    fs::write(&list, "id,mine\ncell3,T\n").unwrap();
    let mut annotate = Command::new(env!("CARGO_BIN_EXE_tile-server"));
    let annotated = annotate.arg("annotate").arg(input.path()).arg("--labels").arg(&list).arg("--out").arg(&copy);
    let (code, message) = said(&annotated.output().unwrap());
    assert_eq!(code, 0, "{message}");
    assert_eq!([mode(&cells), mode(&copy)], [mode(&plain); 2]);
}

#[test]
fn images_of_tissues_come_through_and_what_is_left_out_is_named() {
    let bytes: Vec<u8> = (0..24).collect();
    let fixture = with_x(&counts(300, 20, 5), 20, Storage::Csr).group("uns", |uns| {
        subgroup(uns, "spatial", |spatial| {
            subgroup(spatial, "left", |library| {
                subgroup(library, "images", |images| {
                    images.create_dataset("hires").with_u8_data(&bytes).with_shape(&[2, 4, 3]);
                    images.create_dataset("lowres").with_u8_data(&bytes[..6]).with_shape(&[3, 2]);
                });
                subgroup(library, "scalefactors", |factors| {
                    factors.create_dataset("tissue_hires_scalef").with_f64_data(&[0.25]).with_shape(&[]);
                    factors.create_dataset("spot_diameter_fullres").with_f64_data(&[89.5]).with_shape(&[]);
                });
            });
        });
    });
    let (input, dataset) = written_and_built(fixture);
    let dataset = Dataset::open(&dataset.path()).unwrap();
    let mut file = Vec::new();
    let mask = CellMask::from_fn(300, |cell| cell < 10);
    let differences =
        wait(subset::write(dataset.reader(), mask, &SubsetAdditions::default(), &mut file, |_| Ok(()))).unwrap();
    assert!(differences.changes.is_empty(), "{differences:?}");
    let note = File::from_bytes(file.clone()).unwrap();
    let left_out = note.dataset("uns/tessera/left_out").unwrap().read_string().unwrap();
    assert_eq!(left_out, [explorer_core::dataset::LEFT_OUT]);
    let (found, input) = (H5ad::from_bytes(file, "subset").unwrap(), H5ad::open(&input.path()).unwrap());
    assert_eq!(found.uns().spatial, input.uns().spatial);
    for (found_image, image) in found.uns().spatial[0].images.iter().zip(&input.uns().spatial[0].images) {
        let pixels = input.read_image(image).unwrap();
        assert!(pixels.is_some() && found.read_image(found_image).unwrap() == pixels, "{}", image.key);
    }
}

#[test]
fn a_dataset_without_x_or_ids_gives_a_file_without_them() {
    let (_, dataset) = written_and_built(Fixture::with_axes(30, 4));
    let out = dataset.path().with_file_name("new.h5ad");
    let list = dataset.path().with_file_name("ids.txt");
    fs::write(&list, "cell7\ncell3\n").unwrap();
    let (code, message) = said(&subset(&dataset.path(), &out, &["--cells-file", list.to_str().unwrap()]));
    assert_eq!(code, 0, "{message}");
    let file = H5ad::open(&out).unwrap();
    assert_eq!((file.n_obs(), file.n_vars(), file.matrices().len()), (2, 4, 0));
    assert_eq!(file.obs().unwrap().index, ["cell3", "cell7"]);
    fs::write(&list, "\n").unwrap();
    let (code, message) =
        said(&subset(&dataset.path(), &out.with_file_name("b"), &["--cells-file", list.to_str().unwrap()]));
    assert!(code == 2 && message.contains("no cell"), "{code} {message}");
}
