//! What goes in comes back.

use std::process::Command;

use builder::Options;
use hdf5_pure::AttrValue;
use proptest::prelude::*;
use shared_fbs::manifest::ValueKind;
use tessera::dataset::Dataset;

use crate::{
    check,
    fixtures::{Fixture, encoding, labels, subgroup},
    input::{
        Noise, STORAGES, Storage, build, build_with, counts, demo, fill_sparse, log_normalized, matrix, with_columns,
        with_x, written_and_built,
    },
};

const N_OBS: usize = 210;
const N_VARS: usize = 40;

fn kinds(dataset: &std::path::Path) -> Vec<ValueKind> {
    Dataset::open(dataset).unwrap().manifest().layers.iter().map(|layer| layer.kind).collect()
}

#[test]
fn the_demo_file() {
    let built = build(&demo());
    check::content(&demo(), &built.path());
    check::moments(&built.path());
    assert_eq!(kinds(&built.path()), [ValueKind::Float, ValueKind::Float]);
    let manifest = &built.report.manifest;
    assert_eq!(manifest.main_label.as_deref(), Some("bulk_labels"));
    assert_eq!(manifest.layers[1].column_moments.len(), 3);
    assert_eq!(manifest.warnings.len(), 0);
}

#[test]
fn counts_of_any_storage() {
    let rows = counts(N_OBS, N_VARS, 1);
    for storage in STORAGES {
        let (written, built) = written_and_built(with_x(&rows, N_VARS, storage));
        check::content(&written.path(), &built.path());
        check::moments(&built.path());
        assert_eq!(kinds(&built.path()), [ValueKind::Counts], "{storage:?}");
    }
}

#[test]
fn log_normalized_counts_of_any_storage() {
    let rows = log_normalized(&counts(N_OBS, N_VARS, 2));
    for storage in STORAGES {
        let (written, built) = written_and_built(with_x(&rows, N_VARS, storage));
        check::content(&written.path(), &built.path());
        check::moments(&built.path());
        assert_eq!(kinds(&built.path()), [ValueKind::LogNormalizedCounts], "{storage:?}");
        let layer = &built.report.manifest.layers[0];
        assert_eq!(layer.corrections, None, "{storage:?}");
    }
}

#[test]
fn log_normalized_counts_of_a_program_that_rounds_otherwise() {
    // Vectorized logarithms end one unit higher or lower than the correctly rounded ones, for some quotients.
    let mut rows = log_normalized(&counts(N_OBS, N_VARS, 2));
    for value in rows.iter_mut().flatten().filter(|value| **value > 0.0) {
        let end = match value.to_bits() % 11 {
            0 => 1,
            1 => -1,
            _ => 0,
        };
        *value = f32::from_bits(value.to_bits().wrapping_add_signed(end));
    }
    for storage in STORAGES {
        let (written, built) = written_and_built(with_x(&rows, N_VARS, storage));
        check::content(&written.path(), &built.path());
        check::moments(&built.path());
        assert_eq!(kinds(&built.path()), [ValueKind::LogNormalizedCounts], "{storage:?}");
        assert!(built.report.manifest.layers[0].corrections.is_some(), "{storage:?}");
    }
    // Two values of one count in a cell have no one correction.
    let (cell, first) = (7, rows[7].iter().position(|&value| value > 0.0).unwrap());
    let (value, same) = (rows[cell][first], rows[cell][first + 1..].iter().position(|&value| value > 0.0).unwrap());
    rows[cell][first + 1 + same] = value;
    let last = rows[cell].iter_mut().rfind(|value| **value > 0.0).unwrap();
    *last = f32::from_bits(value.to_bits() + 1);
    for storage in STORAGES {
        let (written, built) = written_and_built(with_x(&rows, N_VARS, storage));
        check::content(&written.path(), &built.path());
        check::moments(&built.path());
        assert_eq!(kinds(&built.path()), [ValueKind::Float], "{storage:?}");
    }
}

#[test]
fn floats_and_negative_values_of_any_storage() {
    let mut noise = Noise::new(3);
    let mut value = || match noise.below(3) {
        0 => 0.0,
        _ => ((noise.unit() - 0.5) * 20.0).powi(3) as f32,
    };
    let rows: Vec<Vec<f32>> = (0..N_OBS).map(|_| (0..N_VARS).map(|_| value()).collect()).collect();
    for storage in STORAGES {
        let (written, built) = written_and_built(with_x(&rows, N_VARS, storage));
        check::content(&written.path(), &built.path());
        check::moments(&built.path());
        assert_eq!(kinds(&built.path()), [ValueKind::Float]);
        assert!(built.report.manifest.layers[0].has_negative);
    }
}

#[test]
fn values_that_are_no_number_count_as_zero_and_are_noted() {
    let mut rows = counts(N_OBS, N_VARS, 4);
    (rows[3][5], rows[100][7], rows[20][0], rows[21][0]) = (f32::NAN, f32::NAN, f32::INFINITY, f32::NEG_INFINITY);
    for storage in STORAGES {
        let (written, built) = written_and_built(with_x(&rows, N_VARS, storage));
        check::content(&written.path(), &built.path());
        check::moments(&built.path());
        let warnings: Vec<_> =
            built.report.manifest.warnings.iter().map(|w| (w.place.as_str(), w.message.as_str())).collect();
        let expected = [
            ("X", "2 values are infinite, of the gene `gene0`; they count as zero"),
            ("X", "2 values are not a number (NaN), of the genes `gene5`, `gene7`; they count as zero"),
        ];
        assert_eq!(warnings, expected, "{storage:?}");
    }
}

/// The warnings of a dataset of 30 cells and three genes whose X has 64 bits; each is the place and the message.
fn warnings_of_doubles(rows: &[[f64; 3]; 30], storage: Storage) -> Vec<(String, String)> {
    let n_stored = rows.as_flattened().len() as i64;
    let mut fixture = with_columns(30, 3);
    fixture = match storage {
        Storage::Dense => {
            fixture.file.create_dataset("X").with_f64_data(rows.as_flattened()).with_shape(&[30, 3]);
            fixture
        }
        // Every entry is stored.
        Storage::Csr | Storage::Csc => fixture.group("X", |group| {
            let by_column = storage == Storage::Csc;
            let (n_major, n_minor) = if by_column { (3, 30) } else { (30, 3) };
            let value = |major: usize, minor: usize| if by_column { rows[minor][major] } else { rows[major][minor] };
            let majors = || (0..n_major).flat_map(|major| (0..n_minor).map(move |minor| (major, minor)));
            encoding(group, if by_column { "csc_matrix" } else { "csr_matrix" });
            group.set_attr("shape", AttrValue::I64Array(vec![30, 3]));
            let indptr: Vec<i64> = (0..=n_stored).step_by(n_minor).collect();
            group.create_dataset("indptr").with_i64_data(&indptr);
            let indices: Vec<i32> = majors().map(|(_, minor)| minor as i32).collect();
            group.create_dataset("indices").with_i32_data(&indices);
            let data: Vec<f64> = majors().map(|(major, minor)| value(major, minor)).collect();
            group.create_dataset("data").with_f64_data(&data);
        }),
    };
    let (written, built) = written_and_built(fixture);
    check::moments(&built.path());
    drop(written);
    let warnings = &built.report.manifest.warnings;
    warnings.iter().map(|warning| (warning.place.clone(), warning.message.clone())).collect()
}

#[test]
fn what_32_bit_floats_cannot_hold_is_told_once_with_its_genes() {
    let mut exact = [[0.0; 3]; 30];
    for (at, row) in exact.iter_mut().enumerate() {
        *row = [at as f64 * 0.25, -1.5, if at == 4 { f64::from(f32::MAX) } else { 0.0 }];
    }
    let mut odd = exact;
    (odd[7][1], odd[9][2], odd[20][2]) = (1e300, -1e39, f64::INFINITY);
    (odd[11][0], odd[12][0], odd[13][0]) = (0.1, 1e-300, 3.0 + 1e-9);
    for storage in STORAGES {
        assert_eq!(warnings_of_doubles(&exact, storage), [], "{storage:?}");
        let expected = [
            "1 value is infinite, of the gene `gene2`; it counts as zero",
            "1 value is smaller than a 32-bit float can be; it counts as zero",
            "2 values are beyond the range of 32-bit floats, up to 1e300, of the genes `gene1`, `gene2`; they count as \
             zero",
            "2 values are rounded to 32-bit floats, each by at most 1.5e-8 of itself",
        ];
        let expected = expected.map(|message| ("X".to_owned(), message.to_owned()));
        assert_eq!(warnings_of_doubles(&odd, storage), expected, "{storage:?}");
    }
}

#[test]
fn values_that_rounding_brings_together_are_told_with_their_genes() {
    let mut far = [[0.0; 3]; 30];
    for (at, row) in far.iter_mut().enumerate() {
        *row = [1e9 + at as f64 * 0.7, 1.0 + at as f64 * 0.1, if at < 9 { 0.0 } else { 1e9 + at as f64 }];
    }
    for storage in STORAGES {
        let warnings = warnings_of_doubles(&far, storage);
        let found: Vec<&str> = warnings.iter().map(|(_, message)| message.as_str()).collect();
        let crowded = "rounding to 32-bit floats moves values of the gene `gene0` by up to 100 % of their range";
        assert!(found.len() == 2 && found[1].starts_with(crowded), "{storage:?}: {found:?}");
    }
}

#[test]
fn results_say_what_the_layer_cannot_give() {
    let mut rows = counts(N_OBS, N_VARS, 4);
    rows[3][5] = f32::NAN;
    let (_written, built) = written_and_built(with_x(&rows, N_VARS, Storage::Csr));
    let directory = built.path();
    let directory = directory.to_str().unwrap();
    let caution = "1 value is not a number (NaN), of the gene `gene5`; it counts as zero";
    for command in [&["de", directory, "--group", "cell_type=B"][..], &["markers", directory, "--column", "cell_type"]]
    {
        let output = Command::new(env!("CARGO_BIN_EXE_tile-server")).args(command).output().unwrap();
        let [table, said] = [output.stdout, output.stderr].map(|bytes| String::from_utf8(bytes).unwrap());
        assert!(output.status.success(), "{said}");
        assert!(said.contains(&format!("warning: X: {caution}\n")), "{command:?}: {said}");
        assert!(table.lines().any(|line| line == format!("# caution: {caution}")), "{command:?}: {table}");
    }
}

#[test]
fn labels_that_cannot_be_tested_have_no_markers() {
    let codes: Vec<i8> = (0..30).map(|cell| if cell == 7 { 1 } else { 2 * (cell % 2) as i8 }).collect();
    let fixture = Fixture::new()
        .frame("obs", &labels("cell", 30), |obs| obs.categorical("cell_type", &codes, &["a", "lone", "b"]))
        .frame("var", &labels("gene", 5), |_| ())
        .x(&counts(30, 5, 3), 5, Storage::Csr);
    let (_written, built) = written_and_built(fixture);
    let output = Command::new(env!("CARGO_BIN_EXE_tile-server")).arg("markers").arg(built.path()).output().unwrap();
    let [table, said] = [output.stdout, output.stderr].map(|bytes| String::from_utf8(bytes).unwrap());
    assert!(said.contains("the label `lone` has no markers"), "{said}");
    assert!(table.contains("\na,gene") && table.contains("\nb,gene") && !table.contains("\nlone,"), "{table}");
}

#[test]
fn entries_of_obsm_that_no_picture_can_show_are_named() {
    let (_written, built) = written_and_built(Fixture::with_axes(30, 2).group("obsm", |obsm| {
        obsm.create_dataset("X_line").with_f32_data(&[0.5; 30]).with_shape(&[30, 1]);
        obsm.create_dataset("flat").with_i64_data(&[7; 30]);
        obsm.create_dataset("X_umap").with_f32_data(&[0.5; 60]).with_shape(&[30, 2]);
        subgroup(obsm, "frame", |group| {
            crate::fixtures::fill_frame(group, &labels("cell", 30), |columns| {
                columns.categorical("type", &[0; 30], &["T"]);
                columns.strings("name", &["a"; 30]);
            });
        });
    }));
    let warnings = built.report.manifest.warnings.iter().map(|w| format!("{}: {}", w.place, w.message));
    assert_eq!(
        warnings.collect::<Vec<_>>(),
        [
            "obsm/X_line: has 1 column of numbers, where a picture takes two; it is left out",
            "obsm/flat: has 1 column of numbers, where a picture takes two; it is left out",
            "obsm/frame: has 0 columns of numbers, where a picture takes two; it is left out",
            "obsm/frame/name: does not hold numbers, as coordinates do; the column is left out",
            "obsm/frame/type: does not hold numbers, as coordinates do; the column is left out",
        ]
    );
}

#[test]
fn extreme_values_stay_what_they_are() {
    let rows: Vec<Vec<f32>> = vec![
        vec![f32::MAX, f32::MIN_POSITIVE, 1e-45, -0.0],
        vec![-f32::MAX, 0.0, 1e-45, 0.0],
        vec![0.0, 1.0, -1e-45, 0.0],
    ];
    let (written, built) = written_and_built(with_x(&rows, 4, Storage::Csr));
    check::content(&written.path(), &built.path());
    check::moments(&built.path());
}

#[test]
fn x_may_be_empty_or_missing() {
    let empty = vec![vec![0.0; N_VARS]; N_OBS];
    for storage in STORAGES {
        let (written, built) = written_and_built(with_x(&empty, N_VARS, storage));
        check::content(&written.path(), &built.path());
        check::moments(&built.path());
        assert_eq!(built.report.n_values, 0);
    }
    let (written, built) = written_and_built(with_columns(N_OBS, N_VARS));
    check::content(&written.path(), &built.path());
    assert!(built.report.manifest.layers.is_empty());
    let no_genes = vec![Vec::new(); N_OBS];
    let (written, built) = written_and_built(with_x(&no_genes, 0, Storage::Csr));
    check::content(&written.path(), &built.path());
    check::moments(&built.path());
}

#[test]
fn layers_and_raw_beside_x() {
    let raw = counts(N_OBS, N_VARS + 9, 5);
    let x: Vec<Vec<f32>> = log_normalized(&raw).into_iter().map(|row| row[..N_VARS].to_vec()).collect();
    let of_layer = counts(N_OBS, N_VARS, 6);
    let fixture = with_x(&x, N_VARS, Storage::Dense)
        .group("raw", |group| {
            matrix(group, "X", &raw, N_VARS + 9, Storage::Csc);
            subgroup(group, "var", |var| crate::fixtures::fill_frame(var, &labels("raw", N_VARS + 9), |_| ()));
        })
        .group("layers", |group| {
            matrix(group, "counts", &of_layer, N_VARS, Storage::Csr);
            matrix(group, "ambient", &x, N_VARS, Storage::Csc);
        });
    let (written, built) = written_and_built(fixture);
    check::content(&written.path(), &built.path());
    check::moments(&built.path());
    let names: Vec<_> = built.report.manifest.layers.iter().map(|layer| layer.name.as_str()).collect();
    assert_eq!(names, ["X", "raw/X", "layers/ambient", "layers/counts"]);
    let vars: Vec<_> = built.report.manifest.vars.iter().map(|var| (var.name.as_str(), var.n_vars)).collect();
    assert_eq!(vars, [("var", 40), ("raw/var", 49)]);
}

#[test]
fn a_raw_without_names_of_its_own() {
    for n_raw in [N_VARS, N_VARS + 3] {
        let raw = counts(N_OBS, n_raw, 5);
        let fixture = with_x(&counts(N_OBS, N_VARS, 1), N_VARS, Storage::Csr)
            .group("raw", |group| matrix(group, "X", &raw, n_raw, Storage::Csr));
        let (written, built) = written_and_built(fixture);
        check::content(&written.path(), &built.path());
        check::moments(&built.path());
        assert_eq!(built.report.manifest.layers.len(), 2);
        assert_eq!(built.report.manifest.warnings[0].place, "raw/var");
    }
}

#[test]
fn numbers_that_few_values_explain_as_counts_stay_as_they_are() {
    let mut noise = Noise::new(11);
    let rows: Vec<Vec<f32>> = (0..50)
        .map(|_| (0..30).map(|at| if at == noise.below(30) { noise.unit() as f32 } else { 0.0 }).collect())
        .collect();
    let (written, built) = written_and_built(with_x(&rows, 30, Storage::Csr));
    check::content(&written.path(), &built.path());
    assert_eq!(kinds(&built.path()), [ValueKind::Float]);
}

#[test]
fn more_cells_than_one_tile_of_expression_holds() {
    let n_obs = 70_000;
    let mut noise = Noise::new(12);
    let rows: Vec<Vec<f32>> = (0..n_obs).map(|_| (0..3).map(|_| noise.below(4) as f32).collect()).collect();
    let (written, built) = written_and_built(with_x(&rows, 3, Storage::Csr));
    check::content(&written.path(), &built.path());
    check::moments(&built.path());
    assert_eq!(Dataset::open(&built.path()).unwrap().manifest().tiles_per_gene(), 2);
}

#[test]
fn cells_by_the_block() {
    let n_obs = 8200;
    let mut noise = Noise::new(13);
    let rows: Vec<Vec<f32>> =
        (0..n_obs).map(|_| (0..7).map(|_| noise.below(9).saturating_sub(3) as f32).collect()).collect();
    let floats = |row: &Vec<f32>| row.iter().map(|&value| (value * 0.37).powi(3)).collect();
    let floats = rows.iter().map(floats).collect();
    for rows in [log_normalized(&rows), floats, rows] {
        let (written, built) = written_and_built(with_x(&rows, 7, Storage::Csr));
        check::content(&written.path(), &built.path());
        check::moments(&built.path());
        let levels = &built.report.manifest.layers[0].block_levels;
        assert_eq!(levels.iter().map(|level| level.tiles.as_ref().unwrap().count).collect::<Vec<_>>(), [5, 2]);
    }
}

#[test]
fn pairs_of_labels_need_two_columns() {
    let cube = |main_label: &str, sample_column: &str| {
        let name = |name: &str| Some(name.to_owned());
        let (main_label, sample_column) = (name(main_label), name(sample_column));
        let built = build_with(&demo(), &Options { main_label, sample_column, ..Options::default() });
        check::moments(&built.path());
        built.report.manifest.layers[0].cube.clone()
    };
    let pairs = cube("bulk_labels", "phase").unwrap();
    assert_eq!((pairs.column.as_str(), pairs.by.as_str()), ("bulk_labels", "phase"));
    assert!(pairs.codes.len() > 20 && pairs.n_cells.iter().sum::<u32>() == 700);
    assert!(cube("phase", "phase").is_none());
}

#[test]
fn of_many_pairs_of_labels_the_large_are_stored() {
    fn each_str(names: &[String]) -> Vec<&str> {
        names.iter().map(String::as_str).collect()
    }
    let large = [((3, 2), 1024), ((5, 0), 1100), ((5, 1), 1023)];
    let every_pair = (0..17i8).flat_map(|of| (0..16i8).map(move |by| (of, by)));
    let of_large = large.into_iter().flat_map(|(pair, n)| std::iter::repeat_n(pair, n - 1));
    let (types, samples): (Vec<i8>, Vec<i8>) = every_pair.chain(of_large).unzip();
    let n_obs = types.len();
    let (type_names, sample_names) = (labels("type", 17), labels("sample", 16));
    let fixture = Fixture::new()
        .frame("obs", &labels("cell", n_obs), |obs| {
            obs.categorical("cell_type", &types, &each_str(&type_names));
            obs.categorical("donor", &samples, &each_str(&sample_names));
        })
        .frame("var", &labels("gene", 6), |_| ())
        .x(&counts(n_obs, 6, 14), 6, Storage::Csr);
    let written = fixture.write();
    let built = build_with(&written.path(), &Options { allow_no_embedding: true, ..Options::default() });
    check::moments(&built.path());
    let cube = built.report.manifest.layers[0].cube.clone().unwrap();
    assert_eq!((cube.codes, cube.by_codes, cube.n_cells), (vec![3, 5], vec![2, 0], vec![1024, 1100]));
}

#[test]
fn images_of_spatial_libraries() {
    let bytes: Vec<u8> = (0..24).collect();
    let floats: Vec<f32> = (0..6).map(|at| at as f32 / 5.0).collect();
    let fixture = with_columns(N_OBS, 2).group("uns", |uns| {
        subgroup(uns, "spatial", |spatial| {
            for (name, factor) in [("left", 0.5), ("right", 0.25)] {
                subgroup(spatial, name, |library| {
                    subgroup(library, "images", |images| {
                        images.create_dataset("hires").with_u8_data(&bytes).with_shape(&[2, 4, 3]);
                        images.create_dataset("lowres").with_f32_data(&floats).with_shape(&[3, 2]);
                        images.create_dataset("odd").with_u8_data(&bytes).with_shape(&[2, 2, 6]);
                    });
                    subgroup(library, "scalefactors", |factors| {
                        factors.create_dataset("tissue_hires_scalef").with_f64_data(&[factor]);
                    });
                });
            }
        });
    });
    let (_written, built) = written_and_built(fixture);
    let dataset = Dataset::open(&built.path()).unwrap();
    let spatial = &dataset.manifest().spatial;
    assert_eq!(spatial.iter().map(|library| library.name.as_str()).collect::<Vec<_>>(), ["left", "right"]);
    assert_eq!(spatial[1].scale_factors[0].value, 0.25);
    for library in spatial {
        let images: Vec<_> = library
            .images
            .iter()
            .map(|image| {
                let tile = dataset.decode("images", image.tile, shared_fbs::tile::Image::decode).unwrap();
                assert_eq!((tile.width, tile.height), (image.width, image.height));
                (image.key.as_str(), tile.width, tile.height, tile.channels, tile.data)
            })
            .collect();
        let gray = vec![0, 51, 102, 153, 204, 255];
        assert_eq!(images, [("hires", 4, 2, 3, bytes.clone()), ("lowres", 2, 3, 1, gray)]);
    }
    assert_eq!(dataset.manifest().warnings.len(), 2);
    let (_written, without) = written_and_built(with_columns(N_OBS, 2));
    assert!(without.report.manifest.pack_named("images").is_none());
}

#[test]
fn columns_and_colors() {
    let texts: Vec<String> = (0..N_OBS).map(|cell| format!("sample {}", cell % 3)).collect();
    let texts: Vec<&str> = texts.iter().map(String::as_str).collect();
    let integers: Vec<i64> = (0..N_OBS as i64).map(|cell| (cell - 100) << 20).collect();
    let fixture = Fixture::new()
        .frame("obs", &labels("cell", N_OBS), |obs| {
            obs.strings("sample", &texts);
            obs.integers("large", &integers);
            obs.floats("odd", &[&[f64::NAN, f64::INFINITY, 1e300], &vec![0.5; N_OBS - 3][..]].concat());
            obs.floats("missing", &vec![f64::NAN; N_OBS]);
        })
        .frame("var", &labels("gene", 1), |_| ())
        .group("uns", |uns| {
            uns.create_dataset("sample_colors").with_vlen_strings(&["#ff0000", "green", "#0000ff80"]);
        });
    let (written, built) = written_and_built(fixture);
    check::content(&written.path(), &built.path());
    let warnings: Vec<_> = built.report.manifest.warnings.iter().map(|warning| warning.place.as_str()).collect();
    assert_eq!(warnings, ["obs/odd"]);
    assert_eq!(built.report.manifest.sample_column.as_deref(), Some("sample"));
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(24))]

    #[test]
    fn any_matrix_in_any_storage(
        rows in (1usize..20, 0usize..8).prop_flat_map(|(n_obs, n_vars)| {
            let value = prop_oneof![
                3 => Just(0.0f32),
                2 => (1u32..300).prop_map(|count| count as f32),
                1 => any::<f32>(),
            ];
            prop::collection::vec(prop::collection::vec(value, n_vars), n_obs)
        }),
        storage in prop::sample::select(&STORAGES[..]),
        values_in_memory in prop::sample::select(&[1u64, 10, 1 << 20][..]),
    ) {
        let n_vars = rows[0].len();
        let fixture = with_columns(rows.len(), n_vars).group("layers", |group| match storage {
            Storage::Dense => matrix(group, "values", &rows, n_vars, storage),
            _ => subgroup(group, "values", |group| fill_sparse(group, &rows, n_vars, storage)),
        });
        let written = fixture.write();
        let options = Options { values_in_memory, ..Options::default() };
        let built = build_with(&written.path(), &options);
        check::content(&written.path(), &built.path());
        check::moments(&built.path());
    }
}
