//! Numbers, columns of genes, whole entries of `obsm` and cells' names come through a build as they are in the file.

use std::process::Command;

use builder::Options;
use explorer_core::{
    data::{CellIdx, FileColumn, Number, Numbers},
    state::{CellList, CellSet, CellSource, ViewSpec},
};
use serde_json::{Value, json};
use shared_fbs::{manifest::Manifest, path::MANIFEST};
use tessera::{dataset::Dataset, files::Directory, verify::verify};

use crate::{
    check,
    fixtures::{Fixture, fill_frame, labels, subgroup},
    input::{Noise, Storage, build, build_with, counts, matrix, with_columns, with_x, written_and_built},
};

const N_OBS: usize = 60;

/// Coordinates 100 wide around an origin.
fn around(origin: [f64; 2], n: usize) -> Vec<f64> {
    let mut noise = Noise::new(5);
    (0..n).flat_map(|_| origin.map(|origin| origin + noise.unit() * 100.0 - 50.0)).collect()
}

#[test]
fn numbers_that_32_bits_do_not_hold_are_kept() {
    let seconds: Vec<f64> = (0..N_OBS).map(|cell| 1_700_000_000.0 + cell as f64 * 3.25).collect();
    let ids: Vec<i64> = (0..N_OBS as i64).map(|cell| i64::MAX - cell * 3).collect();
    let small: Vec<i64> = (0..N_OBS as i64).map(|cell| cell - 30).collect();
    let unsigned: Vec<u64> = (0..N_OBS as u64).map(|cell| u64::MAX - cell).collect();
    let halves: Vec<f64> = (0..N_OBS).map(|cell| if cell == 3 { f64::NAN } else { cell as f64 / 2.0 }).collect();
    let mask: Vec<bool> = (0..N_OBS).map(|cell| cell % 7 == 0).collect();
    let fixture = Fixture::new()
        .frame("obs", &labels("cell", N_OBS), |obs| {
            obs.floats("time_s", &seconds);
            obs.integers("id", &ids);
            obs.integers("small", &small);
            obs.floats("halves", &halves);
            obs.masked("gaps", "nullable-integer", &mask, |group| {
                group.create_dataset("values").with_i64_data(&ids);
            });
            let name = obs.add("hash");
            obs.group.create_dataset(name).with_u64_data(&unsigned);
        })
        .frame("var", &labels("gene", 1), |_| ());
    let (written, built) = written_and_built(fixture);
    check::content(&written.path(), &built.path());
    assert!(built.report.manifest.warnings.is_empty(), "{:?}", built.report.manifest.warnings);
    let dataset = Dataset::open(&built.path()).unwrap();
    let exact = |name: &str| dataset.manifest().column(name).unwrap().has_exact();
    assert_eq!(["time_s", "id", "gaps", "hash", "small", "halves"].map(exact), [true, true, true, true, false, false]);
    // One number, as a tooltip asks for it.
    let rows = dataset.rows().unwrap();
    let number = |name: &str, cell: u32| dataset.number(name, CellIdx(cell)).unwrap();
    for cell in 0..N_OBS as u32 {
        let row = rows.row_of(CellIdx(cell)).unwrap().0 as usize;
        assert_eq!(number("time_s", cell), Some(Number::Float64(seconds[row])));
        assert_eq!(number("small", cell), Some(Number::Int(small[row])));
        assert_eq!(number("gaps", cell), (!mask[row]).then_some(Number::Int(ids[row])));
        assert_eq!(number("hash", cell).unwrap().to_string(), unsigned[row].to_string());
    }
    assert!(verify(&dataset, &Directory(built.path())).damage.is_empty());
}

#[test]
fn columns_of_genes_are_stored_in_the_order_of_genes() {
    let n_vars = 30;
    let starts: Vec<i64> = (0..n_vars as i64).map(|gene| 3_000_000_000 + gene).collect();
    let biotypes: Vec<i8> = (0..n_vars as i8).map(|gene| gene % 3 - 1).collect();
    let fixture = Fixture::new()
        .frame("obs", &labels("cell", N_OBS), |obs| obs.floats("score", &[0.5; N_OBS]))
        .frame("var", &labels("gene", n_vars), |var| {
            var.integers("start", &starts);
            var.categorical("biotype", &biotypes, &["coding", "pseudo"]);
            var.floats("dispersion", &(0..n_vars).map(|gene| gene as f64 / 7.0).collect::<Vec<_>>());
            var.booleans("highly_variable", &(0..n_vars).map(|gene| gene % 2 == 0).collect::<Vec<_>>());
        })
        .x(&counts(N_OBS, n_vars, 3), n_vars, Storage::Csr)
        .group("raw", |group| {
            matrix(group, "X", &counts(N_OBS, 7, 4), 7, Storage::Csr);
            subgroup(group, "var", |var| fill_frame(var, &labels("raw", 7), |var| var.floats("mean", &[0.1; 7])));
        });
    let written = fixture.write();
    let built = build(&written.path());
    check::content(&written.path(), &built.path());
    let dataset = Dataset::open(&built.path()).unwrap();
    let (_, layer) = dataset.reader().layer(None).unwrap();
    let genes = dataset.genes(layer).unwrap();
    let FileColumn::Numbers(Numbers::Int(found)) = dataset.gene_column(layer.var as usize, "start").unwrap() else {
        panic!("whole numbers expected")
    };
    assert!(found.iter().zip(&genes.rows).all(|(start, &row)| *start == Some(starts[row as usize])));
    let names: Vec<_> = dataset.manifest().vars[0].columns.iter().map(|column| column.name.as_str()).collect();
    assert_eq!(names, ["start", "biotype", "dispersion", "highly_variable"]);
    let mut inspect = Command::new(env!("CARGO_BIN_EXE_tile-server"));
    let output = inspect.args(["inspect", "--json"]).arg(built.path()).output().unwrap();
    let told: Value = serde_json::from_slice(&output.stdout).unwrap();
    let [start, _, dispersion] = [0, 1, 2].map(|at| &told["vars"][0]["columns"][at]);
    assert_eq!([&start["min"], &start["max"]], [&json!(3_000_000_000_u64), &json!(3_000_000_029_u64)]);
    assert_eq!(dispersion["max"], json!(29.0 / 7.0));
}

#[test]
fn entries_of_obsm_are_kept_whole_in_any_band_of_columns() {
    let mut noise = Noise::new(9);
    let pca: Vec<f32> = (0..N_OBS * 9).map(|_| noise.unit() as f32 - 0.5).collect();
    let wide: Vec<f64> = (0..N_OBS * 5).map(|_| noise.unit() * 1e9).collect();
    let whole: Vec<f64> = (0..N_OBS * 3).map(|at| (at % 11) as f64).collect();
    let shape = |n_columns: u64| [N_OBS as u64, n_columns];
    let mut fixture = Fixture::with_axes(N_OBS, 2);
    let mut obsm = fixture.file.create_group("obsm");
    obsm.create_dataset("X_pca").with_f32_data(&pca).with_shape(&shape(9));
    obsm.create_dataset("X_wide").with_f64_data(&wide).with_shape(&shape(5));
    obsm.create_dataset("X_whole").with_f64_data(&whole).with_shape(&shape(3));
    fixture.file.add_group(obsm.finish());
    let written = fixture.write();
    let mut ids = Vec::new();
    for values_in_memory in [1, 130, 1 << 20] {
        let built = build_with(&written.path(), &Options { values_in_memory, ..Options::default() });
        check::content(&written.path(), &built.path());
        ids.push(built.report.manifest.content_id.clone());
        let embeddings = &built.report.manifest.embeddings;
        let dims: Vec<_> = embeddings.iter().map(|entry| (entry.key.as_str(), entry.n_dims, entry.n_columns)).collect();
        assert_eq!(dims, [("X_pca", 2, 9), ("X_whole", 3, 3), ("X_wide", 2, 5)]);
    }
    assert!(ids.iter().all(|id| *id == ids[0]), "{ids:?}");
}

#[test]
fn coordinates_far_from_zero_keep_their_cells_apart_and_marks_are_told() {
    let mercator = around([1.49e6, 6.89e6], N_OBS);
    let stage: Vec<f64> = (0..N_OBS).flat_map(|cell| [1e9 + cell as f64, 3e9]).collect();
    let mut marked = around([0.0, 0.0], N_OBS);
    marked[10..16].fill(-9999.0);
    let mut fixture = Fixture::with_axes(N_OBS, 1);
    let mut obsm = fixture.file.create_group("obsm");
    for (key, values) in [("X_mercator", &mercator), ("X_stage", &stage), ("X_marked", &marked)] {
        obsm.create_dataset(key).with_f64_data(values).with_shape(&[N_OBS as u64, 2]);
    }
    fixture.file.add_group(obsm.finish());
    let (written, built) = written_and_built(fixture);
    check::content(&written.path(), &built.path());
    let dataset = Dataset::open(&built.path()).unwrap();
    for key in ["X_mercator", "X_stage"] {
        let embedding = dataset.embedding(Some(key)).unwrap();
        let mut places: Vec<_> = embedding.xs.iter().zip(&embedding.ys).collect();
        places.sort_unstable();
        places.dedup();
        assert_eq!(places.len(), N_OBS, "{key}");
    }
    let entry = dataset.manifest().embeddings.iter().find(|entry| entry.key == "X_marked").unwrap();
    assert_eq!((entry.n_far, entry.n_positioned), (3, N_OBS as u32 - 3));
    let told: Vec<_> =
        dataset.manifest().warnings.iter().map(|told| (told.place.as_str(), told.message.as_str())).collect();
    let message = "3 cells lie far from all others, at (-9999, -9999); they have no position";
    assert_eq!(told, [("obsm/X_marked", message)]);
}

#[test]
fn a_list_of_cells_in_a_link_is_the_same_cells_after_a_rebuild_in_another_order() {
    let written = with_columns(210, 3).write();
    let by = |main_label: &str| {
        let built =
            build_with(&written.path(), &Options { main_label: Some(main_label.to_owned()), ..Options::default() });
        let dataset = Dataset::open(&built.path()).unwrap();
        (built, dataset)
    };
    let ((_first, first), (_second, second)) = (by("cell_type"), by("donor"));
    assert_ne!(first.rows().unwrap(), second.rows().unwrap());
    assert_ne!(first.manifest().content_id, second.manifest().content_id);
    let picked = (0..210).filter(|cell| cell % 13 == 4).map(CellIdx);
    let list = CellList::new(first.rows().unwrap().rows_of(picked.clone()));
    let mut view = ViewSpec::default();
    view.analysis.cell_sets.push(CellSet { name: "mine".to_owned(), source: CellSource::Cells(list) });
    let read = ViewSpec::from_link(&view.to_link_for(first.manifest().short_id()));
    assert!(read.notice_for(first.manifest().short_id()).is_none());
    assert!(read.notice_for(second.manifest().short_id()).is_some());
    let CellSource::Cells(list) = &read.view.analysis.cell_sets[0].source else { panic!("a list expected") };
    let ids = |dataset: &Dataset, cells: Vec<CellIdx>| {
        let ids = dataset.cell_ids().unwrap();
        let mut ids: Vec<_> = cells.into_iter().map(|CellIdx(cell)| ids[cell as usize].clone().unwrap()).collect();
        ids.sort_unstable();
        ids
    };
    let rows = second.rows().unwrap();
    assert_eq!(ids(&second, rows.cells_of(list.rows()).collect()), ids(&first, picked.collect()));
}

#[test]
fn the_content_id_is_of_the_content_and_verified() {
    let written = with_x(&counts(N_OBS, 4, 1), 4, Storage::Csr).write();
    let (first, second) = (build(&written.path()), build(&written.path()));
    assert_eq!(first.report.manifest.content_id, second.report.manifest.content_id);
    assert!(verify(&Dataset::open(&first.path()).unwrap(), &Directory(first.path())).damage.is_empty());
    let other = with_x(&counts(N_OBS, 4, 2), 4, Storage::Csr).write();
    assert_ne!(build(&other.path()).report.manifest.content_id, first.report.manifest.content_id);
    let told = Manifest { title: Some("told".to_owned()), ..first.report.manifest.clone() };
    assert_eq!(told.content_id_of(), told.content_id);
    let changed = Manifest { main_label: None, ..first.report.manifest.clone() };
    std::fs::write(first.path().join(MANIFEST), changed.encode()).unwrap();
    let damage = verify(&Dataset::open(&first.path()).unwrap(), &Directory(first.path())).damage;
    assert!(damage.len() == 1 && damage[0].message.contains("content id"), "{damage:?}");
}
