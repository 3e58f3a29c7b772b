//! The moments of sets of real cells: those that come over HTTP are, bit for bit, those of the genes.

use std::{
    fs,
    io::{BufRead, BufReader},
    path::{Path, PathBuf},
    process::{Command, Stdio},
    sync::{Arc, LazyLock},
};

use builder::{
    Options, Quiet,
    native::{self, Existing},
};
use explorer_core::{de::Moments, filter::CellMask};
use shared_fbs::{api::moments_query, frame, manifest::Layer, tile};
use tempfile::TempDir;
use tessera::{
    compare::{cells_with_label, moments_of},
    dataset::Dataset,
};
use tile_server::serve::{DatasetAddress, ManifestReader};

use crate::{moments::BYTES, support::*};

fn build_demo(out: &Path) {
    let input = Path::new(env!("CARGO_MANIFEST_DIR")).join("../data/pbmc68k_reduced.h5ad");
    native::build(&input, out, Existing::Keep, &Options::default(), &Quiet::default()).unwrap();
}

/// The demo dataset, built once for all tests that leave it as it is.
pub fn demo() -> PathBuf {
    static DEMO: LazyLock<TempDir> = LazyLock::new(|| {
        let directory = tempfile::tempdir().unwrap();
        build_demo(&directory.path().join("pbmc"));
        directory
    });
    DEMO.path().join("pbmc")
}

fn serve(directory: PathBuf) -> TestServer {
    TestServer::start_with(|options| {
        options.datasets = vec![DatasetAddress { id: "pbmc".to_owned(), place: directory.into() }];
        options.reader = Arc::new(ManifestReader::default());
    })
}

fn path(dataset: &Dataset, layer: Option<&str>) -> String {
    let query = moments_query(&dataset.manifest().content_id, layer.unwrap_or_default());
    // Without a name it is the layer that statistics are made on.
    let query = if layer.is_some() { query } else { query.replace("&layer=", "") };
    format!("/api/datasets/pbmc/moments{query}")
}

/// What the genes say, as the answer must say it.
fn expected(dataset: &Dataset, layer: &Layer, sets: [&CellMask; 2]) -> Vec<Vec<u8>> {
    let (moments, _) = moments_of(dataset, layer, sets[0], sets[1]).unwrap();
    moments.map(|moments| moments.to_tile().encode()).to_vec()
}

#[test]
fn they_are_those_of_the_genes() {
    let directory = demo();
    let dataset = Dataset::open(&directory).unwrap();
    let manifest = dataset.manifest();
    let server = serve(directory);
    let n_obs = manifest.n_obs as usize;
    let none = CellMask::none(n_obs);
    let scattered = CellMask::from_fn(n_obs, |cell| cell * 7919 % 700 < 120);
    let mut rest = scattered.clone();
    rest.invert();
    let label = cells_with_label(&dataset, "louvain", "1").unwrap().unwrap();
    let sets =
        [[&scattered, &rest], [&label, &scattered], [&label, &label], [&none, &label], [&none, &none], [&rest, &none]];
    let statistics = manifest.statistics_layer().unwrap();
    let named = manifest.layers.iter().map(|layer| (Some(layer.name.as_str()), layer));
    for (name, layer) in named.chain([(None, statistics)]) {
        for sets in sets {
            let body = sets.map(CellMask::to_portable).concat();
            for accept in ["zstd", "gzip"] {
                let answer = server.post(&path(&dataset, name), &[BYTES, ("Accept-Encoding", accept)], &body);
                assert_eq!(answer.status, 200, "{name:?}");
                let content = frame::inflate(&answer.body).unwrap();
                let tiles = frame::split_inflated(&content).unwrap();
                assert_eq!(tiles, expected(&dataset, layer, sets), "{name:?}");
                for (tile, set) in tiles.into_iter().zip(sets) {
                    let tile = tile::Moments::decode(tile).unwrap();
                    assert_eq!(tile.n_cells, set.count() as u64);
                    let n_genes = manifest.vars[layer.var as usize].n_vars as usize;
                    let n_entries = dataset.fixed_points(layer).unwrap().n_entries(n_genes);
                    Moments::from_tile(&tile, n_entries).unwrap();
                }
            }
        }
    }
}

#[test]
fn a_layer_that_is_not_there_is_named_with_those_that_are() {
    let directory = demo();
    let dataset = Dataset::open(&directory).unwrap();
    let layers = &dataset.manifest().layers;
    let none = CellMask::none(700).to_portable();
    let answer = serve(directory).post(&path(&dataset, Some("spliced")), &[BYTES], &[&none[..], &none].concat());
    assert_eq!(answer.status, 404);
    for name in ["spliced"].into_iter().chain(layers.iter().map(|layer| layer.name.as_str())) {
        assert!(answer.text().contains(name), "{}", answer.text());
    }
}

#[test]
fn broken_tiles_are_a_failure_without_paths() {
    let directory = tempfile::tempdir().unwrap();
    let out = directory.path().join("pbmc");
    build_demo(&out);
    let path = path(&Dataset::open(&out).unwrap(), None);
    let server = serve(out.clone());
    for pack in fs::read_dir(&out).unwrap().map(|entry| entry.unwrap().path()) {
        if pack.extension().is_some_and(|extension| extension == "pack") {
            let len = fs::metadata(&pack).unwrap().len();
            fs::write(&pack, vec![0x55; len as usize]).unwrap();
        }
    }
    let some = CellMask::from_fn(700, |cell| cell % 3 == 0).to_portable();
    let none = CellMask::none(700).to_portable();
    let body = [some, none].concat();
    let answer = server.post(&path, &[BYTES], &body);
    assert_eq!(answer.status, 500);
    assert!(answer.text().contains("verify the dataset") && !answer.text().contains('/'), "{}", answer.text());

    for pack in fs::read_dir(&out).unwrap().map(|entry| entry.unwrap().path()) {
        if pack.extension().is_some_and(|extension| extension == "pack") {
            fs::remove_file(&pack).unwrap();
        }
    }
    let answer = server.post(&path, &[BYTES], &body);
    assert_eq!(answer.status, 500);
    assert!(!answer.text().contains('/'), "{}", answer.text());
}

#[test]
fn the_command_offers_it_unless_told_not_to() {
    for (flags, is_offered) in [(&[][..], true), (&["--computations", "1"], true), (&["--no-compute"], false)] {
        let mut command = Command::new(env!("CARGO_BIN_EXE_tile-server"));
        command.arg("serve").arg(demo()).args(["--port", "0", "--no-open", "--quiet"]).args(flags);
        let mut child = command.stdout(Stdio::piped()).stderr(Stdio::null()).spawn().unwrap();
        let mut line = String::new();
        BufReader::new(child.stdout.take().unwrap()).read_line(&mut line).unwrap();
        let address = line.trim().strip_prefix("listening on http://").unwrap().parse().unwrap();
        let answer = ask(address, b"GET /api/datasets/pbmc HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n");
        child.kill().unwrap();
        child.wait().unwrap();
        assert_eq!(answer.text().contains("max_body_bytes"), is_offered, "{flags:?}: {}", answer.text());
    }
}
