//! Datasets of a few cells, answered from memory in place of a host.

use std::collections::HashMap;

use js_sys::{Function, Promise, Reflect, Uint8Array};
use shared_fbs::{
    frame,
    manifest::{Bounds, Embedding, FORMAT_VERSION, Manifest, NumberKind, Pack, TileRange},
    order::Levels,
    path::{MANIFEST, pack_file},
    tile::Points,
};
use wasm_bindgen::{JsCast, prelude::*};
use web_sys::{Headers, RequestInit};

/// Where the datasets seem to lie.
pub const HOST: &str = "https://datasets.test/";

/// The files of a dataset of cells along a line, by their addresses.
pub fn tiny_dataset(id: &str, n_obs: u32) -> Vec<(String, Vec<u8>)> {
    let line: Vec<u16> = (0..n_obs).map(|cell| (cell * 900) as u16).collect();
    let levels = Levels::for_n_obs(n_obs);
    let mut pack = Vec::new();
    let (mut lengths, mut checksums) = (Vec::new(), Vec::new());
    for tile in levels.tiles() {
        let at: Vec<u16> = tile.iter().map(|cell| line[cell as usize]).collect();
        let content = Points { xs: at.clone(), ys: at, zs: None }.encode();
        let bytes = frame::deflate(&content, 3);
        lengths.push(bytes.len() as u32);
        checksums.push(frame::checksum(&content));
        pack.extend(bytes);
    }
    // Packs of other content have other names: tiles are kept by these.
    let file = pack_file("points", u64::from(n_obs));
    let n_tiles = lengths.len() as u32;
    let embedding = Embedding {
        key: "X_umap".to_owned(),
        n_dims: 2,
        n_positioned: n_obs,
        number: NumberKind::Float32,
        step: 1.0,
        tiles: Some(TileRange { first: 0, count: n_tiles }),
        bounds: vec![Bounds { max_x: u16::MAX - 1, max_y: u16::MAX - 1, ..Bounds::default() }; n_tiles as usize],
        ..Embedding::default()
    };
    let points = Pack {
        name: "points".to_owned(),
        file: file.clone(),
        n_bytes: pack.len() as u64,
        n_tiles,
        lengths,
        checksums,
        ..Pack::default()
    };
    let mut manifest = Manifest {
        format_version: FORMAT_VERSION,
        title: Some(format!("Dataset {id}")),
        n_obs,
        level_ranks: levels.boundaries(),
        embeddings: vec![embedding],
        packs: vec![points],
        ..Manifest::default()
    };
    manifest.content_id = manifest.content_id_of();
    vec![(format!("{HOST}{id}/{MANIFEST}"), manifest.encode()), (format!("{HOST}{id}/{file}"), pack)]
}

/// Answers requests for these files from now on, as a static host does; all others go on to the network.
pub fn serve(files: HashMap<String, Vec<u8>>) {
    let window: JsValue = gloo_utils::window().into();
    let fetch: Function = Reflect::get(&window, &"fetch".into()).unwrap().unchecked_into();
    let answer = Closure::<dyn Fn(String, RequestInit) -> Promise>::new(move |url: String, init: RequestInit| {
        match files.get(&url) {
            Some(file) => Promise::resolve(&response(file, &init)),
            None => fetch.call2(&JsValue::UNDEFINED, &url.into(), &init).unwrap().unchecked_into(),
        }
    });
    Reflect::set(&window, &"fetch".into(), &answer.into_js_value()).unwrap();
}

/// The file, or the bytes of it that are asked for.
fn response(file: &[u8], init: &RequestInit) -> JsValue {
    let asked: Headers = Reflect::get(init, &"headers".into()).unwrap().unchecked_into();
    let range = asked.get("range").unwrap();
    let (bytes, status, content_range) =
        match range.as_deref().and_then(|range| range.strip_prefix("bytes=")?.split_once('-')) {
            None => (file, 200, String::new()),
            Some((first, last)) => {
                let (first, last): (usize, usize) = (first.parse().unwrap(), last.parse().unwrap());
                (&file[first..=last], 206, format!("bytes {first}-{last}/{}", file.len()))
            }
        };
    let answer = Function::new_with_args(
        "bytes, status, range",
        "const headers = { 'content-length': bytes.length, ...(range && { 'content-range': range }) };
         return new Response(bytes, { status, headers });",
    );
    answer.call3(&JsValue::UNDEFINED, &Uint8Array::from(bytes), &status.into(), &content_range.into()).unwrap()
}
