//! Embeddings of three dimensions and images of tissues come through a build as the file has them.

#![allow(clippy::unwrap_used, reason = "a test's helpers fail the test")]

use std::{fs, ops::ControlFlow};

use builder::{
    Environment, Options, Quiet,
    memory::{Files, MemoryOutput, MemoryScratch},
};
use explorer_core::{
    data::{Orientation, Projection},
    dataset::{RgbaImage, Tissue, frame, space},
};
use h5ad::H5ad;
use shared_fbs::{
    frame as zstd_frame,
    manifest::{DirectoryPlace, Embedding, Manifest},
    tile::{Image, Points},
};
use synthetic::{
    Model, Spec,
    h5ad::{Compression, Layout, Raw, Tissue as MadeTissue, Views},
};

const N_CELLS: usize = 400;

fn built() -> (Model, Manifest, Files) {
    let model = Model::new(Spec { n_cells: N_CELLS, n_genes: 60, seed: 9 }).unwrap();
    let options = synthetic::h5ad::Options {
        layout: Layout::Csr,
        compression: Compression::None,
        raw: Raw::Absent,
        views: Views::SpaceAndTissue,
    };
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("views.h5ad");
    synthetic::h5ad::write(&model, &path, options, |_| ControlFlow::Continue(())).unwrap();
    let file = H5ad::from_bytes(fs::read(&path).unwrap(), "views.h5ad").unwrap();
    let (output, progress) = (MemoryOutput::default(), Quiet::default());
    let environment = Environment { output: &output, scratch: &MemoryScratch, progress: &progress };
    let manifest = builder::build(file, "views.h5ad", &Options::default(), &environment).unwrap();
    (model, manifest, output.into_files())
}

fn tile(manifest: &Manifest, files: &Files, pack: &str, index: u32) -> Vec<u8> {
    let pack = manifest.pack_named(pack).unwrap();
    let Some(DirectoryPlace::Inline(slots)) = pack.directory_of(index) else { panic!("the pack is small") };
    let range = slots.get(index).unwrap().range();
    zstd_frame::inflate(&files[&pack.file][range.start as usize..range.end as usize]).unwrap()
}

fn embedding<'a>(manifest: &'a Manifest, key: &str) -> &'a Embedding {
    manifest.embeddings.iter().find(|embedding| embedding.key == key).unwrap()
}

/// The units of all cells of an embedding, in no order.
fn units(manifest: &Manifest, files: &Files, embedding: &Embedding) -> Vec<[u16; 3]> {
    let tiles = embedding.tiles.as_ref().unwrap().iter();
    let points = tiles.map(|index| Points::decode(&tile(manifest, files, "points", index)).unwrap());
    let cells = points.flat_map(|Points { xs, ys, zs }| {
        let zs = zs.unwrap_or_else(|| vec![0; xs.len()]);
        xs.into_iter().zip(ys).zip(zs).map(|((x, y), z)| [x, y, z]).collect::<Vec<_>>()
    });
    cells.collect()
}

#[test]
fn the_image_of_a_tissue_lies_under_its_spots() {
    let (_, manifest, files) = built();
    let spatial = embedding(&manifest, "spatial");
    let tissues = Tissue::all_under(&manifest, spatial);
    assert!(Tissue::all_under(&manifest, embedding(&manifest, "X_umap")).is_empty());
    let [tissue] = &tissues[..] else { panic!("there is one library: {tissues:?}") };
    let made = MadeTissue::of(N_CELLS);
    assert_eq!((tissue.library.as_str(), tissue.scale), ("synthetic_tissue", MadeTissue::HIRES_SCALE));
    assert_eq!(tissue.spot_diameter, Some(MadeTissue::SPOT_DIAMETER));
    assert_eq!(tissue.size.map(u64::from), made.image_size(MadeTissue::HIRES_SCALE));

    let stored = &manifest.spatial[0].images;
    let hires = stored.iter().find(|image| image.key == "hires").unwrap();
    let image = RgbaImage::of(&Image::decode(&tile(&manifest, &files, "images", hires.tile)).unwrap());
    // The image tells its own places: red grows to the right and green downwards. Under each spot it has those of the spot.
    let [[left, top], [right, bottom]] = tissue.edges();
    let frame = frame(spatial);
    for [x, y, _] in units(&manifest, &files, spatial) {
        // Tiles have y upwards as the file's numbers go; a frame that is turned over reads them from the top.
        let (x, y) = frame.coordinates(f64::from(x), f64::from(65_534 - y));
        let share = [(x - left) / (right - left), (y - top) / (bottom - top)];
        let pixel = [0, 1].map(|axis| (share[axis] * f64::from(tissue.size[axis])) as usize);
        let at = 4 * (pixel[1] * tissue.size[0] as usize + pixel[0]);
        let expected = [0, 1].map(|axis| {
            let full = [x, y][axis] * MadeTissue::HIRES_SCALE;
            full / f64::from(tissue.size[axis] - 1) * 255.0
        });
        for axis in [0, 1] {
            let found = f64::from(image.bytes[at + axis]);
            assert!((found - expected[axis]).abs() < 2.5, "{found} at {pixel:?}, where {} lies", expected[axis]);
        }
    }
}

#[test]
fn a_third_dimension_comes_through_and_two_weigh_what_they_did() {
    let (model, manifest, files) = built();
    let (flat, solid) = (embedding(&manifest, "X_umap"), embedding(&manifest, "X_umap_3d"));
    assert_eq!((flat.n_dims, solid.n_dims), (2, 3));
    assert!(space(flat).is_none());
    for index in flat.tiles.as_ref().unwrap().iter() {
        assert_eq!(Points::decode(&tile(&manifest, &files, "points", index)).unwrap().zs, None);
    }
    let space = space(solid).unwrap();
    let found: Vec<[f64; 3]> =
        units(&manifest, &files, solid).into_iter().map(|at| space.coordinates(at.map(f64::from))).collect();
    let (plane, components) = (model.umap(0..N_CELLS), model.pca(0..N_CELLS));
    let half = [space.frame.step, space.frame.step, space.step_z].map(|step| step * 0.51 + 1e-5);
    for ([x, y], components) in plane.iter().zip(&components) {
        let expected = [*x, *y, components[2]].map(f64::from);
        let is_near = |at: &&[f64; 3]| (0..3).all(|axis| (at[axis] - expected[axis]).abs() <= half[axis]);
        assert!(found.iter().any(|at| is_near(&at)), "no cell lies at {expected:?}");
    }
    // Every side shows every cell within the square that it is drawn in.
    let back = Orientation::about([0.3, 1.0, 0.2], 2.5).unwrap();
    let projection = Projection::new(space, back);
    for at in units(&manifest, &files, solid) {
        let seen = projection.project(at.map(f64::from));
        assert!(seen.iter().all(|unit| (0.0..=65_534.0).contains(unit)), "{seen:?}");
    }
}
