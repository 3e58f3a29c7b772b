//! Posters show what the Explorer shows first.

#![allow(clippy::unwrap_used, reason = "a test's helpers fail the test")]

use std::{fs, io::Cursor, path::Path};

use builder::{
    Environment, Options, Quiet,
    memory::{Files, MemoryOutput, MemoryScratch},
};
use explorer_core::color::{Ground, label_colors, opaque};
use h5ad::H5ad;
use shared_fbs::{
    frame,
    manifest::{DirectoryPlace, Manifest, Poster, PosterTheme},
    path::{is_poster_file, poster_file},
    tile::Categories,
};
use xxhash_rust::xxh64::xxh64;

const SOURCE: &str = "pbmc68k_reduced.h5ad";

/// Red, green and blue of every pixel, row by row.
type Pixels = Vec<[u8; 3]>;

fn demo() -> (Manifest, Files) {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../data").join(SOURCE);
    let file = H5ad::from_bytes(fs::read(path).unwrap(), SOURCE).unwrap();
    let (output, progress) = (MemoryOutput::default(), Quiet::default());
    let environment = Environment { output: &output, scratch: &MemoryScratch, progress: &progress };
    let manifest = builder::build(file, SOURCE, &Options::default(), &environment).unwrap();
    (manifest, output.into_files())
}

fn pixels(poster: &Poster, files: &Files) -> Pixels {
    let mut decoder = png::Decoder::new(Cursor::new(files[&poster.file].as_slice()));
    decoder.set_transformations(png::Transformations::EXPAND);
    let mut reader = decoder.read_info().unwrap();
    let mut bytes = vec![0; reader.output_buffer_size().unwrap()];
    reader.next_frame(&mut bytes).unwrap();
    assert_eq!([reader.info().width, reader.info().height], [poster.width, poster.height]);
    bytes.as_chunks::<3>().0.to_vec()
}

fn ground(poster: &Poster) -> Ground {
    if poster.theme == PosterTheme::Dark { Ground::Dark } else { Ground::Light }
}

#[test]
fn every_embedding_has_posters_in_both_themes_and_two_sizes() {
    let (manifest, files) = demo();
    assert!(!manifest.embeddings.is_empty());
    for embedding in 0..manifest.embeddings.len() as u32 {
        for theme in [PosterTheme::Light, PosterTheme::Dark] {
            let of_it = |poster: &&Poster| poster.embedding == embedding && poster.theme == theme;
            let posters: Vec<&Poster> = manifest.all_posters().iter().filter(of_it).collect();
            assert_eq!(posters.len(), 2);
            assert!(posters[0].width > posters[1].width && posters[1].width <= 640 && posters[1].height <= 480);
            assert!(posters[0].width <= 1280 && posters[0].height <= 960);
        }
    }
    for poster in manifest.all_posters() {
        let bytes = &files[&poster.file];
        assert!(bytes.len() <= 60_000 && bytes.len() == poster.n_bytes as usize, "{poster:?}");
        assert_eq!(poster.file, poster_file(xxh64(bytes, 0)));
    }
    let n_files = files.keys().filter(|name| is_poster_file(name)).count();
    assert_eq!(n_files, manifest.all_posters().len());
}

/// The colors of the main label, as the Explorer has them.
fn main_colors(manifest: &Manifest, files: &Files) -> Vec<[u8; 3]> {
    let (first, _) = manifest.column(manifest.main_label.as_deref().unwrap()).unwrap().label_tiles().unwrap();
    let pack = manifest.pack_named("obs").unwrap();
    let Some(DirectoryPlace::Inline(slots)) = pack.directory_of(first) else { panic!("the pack is small") };
    let range = slots.get(first).unwrap().range();
    let tile = frame::inflate(&files[&pack.file][range.start as usize..range.end as usize]).unwrap();
    let Categories { labels, colors, .. } = Categories::decode(&tile).unwrap();
    label_colors(labels.len(), colors.as_deref()).into_iter().map(opaque).collect()
}

#[test]
fn a_poster_has_the_colors_of_the_main_label_on_the_background_of_its_theme() {
    let (manifest, files) = demo();
    let colors = main_colors(&manifest, &files);
    for poster in manifest.all_posters().iter().filter(|poster| poster.width > 640) {
        let pixels = pixels(poster, &files);
        let count = |color: [u8; 3]| pixels.iter().filter(|&&pixel| pixel == color).count();
        assert!(count(ground(poster).background()) > pixels.len() / 3, "{poster:?}");
        let n_seen = colors.iter().filter(|&&color| count(color) > 100).count();
        assert_eq!(n_seen, colors.len(), "{poster:?}");
    }
}

#[test]
fn the_box_of_all_cells_takes_96_percent_of_a_poster() {
    let (manifest, files) = demo();
    for poster in manifest.all_posters() {
        let (pixels, background) = (pixels(poster, &files), ground(poster).background());
        let width = poster.width as usize;
        let drawn = || pixels.iter().enumerate().filter(|(_, pixel)| **pixel != background).map(|(at, _)| at);
        for (places, extent) in [
            (drawn().map(|at| at % width).collect::<Vec<_>>(), poster.width),
            (drawn().map(|at| at / width).collect(), poster.height),
        ] {
            let (least, most) = (places.iter().min().unwrap(), places.iter().max().unwrap());
            let margin = f64::from(extent) * 0.02;
            // The outermost dots reach half their diameter into the margin.
            let reach = f64::from(extent.min(poster.width)) / 720.0 * 8.0 / 2.0 + 3.0;
            for found in [*least as f64, f64::from(extent) - 1.0 - *most as f64] {
                assert!((margin - reach..=margin + 1.0).contains(&found), "{poster:?}: {found} of {margin}");
            }
        }
    }
}
