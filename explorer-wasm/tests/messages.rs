//! What page and worker say to each other survives the way through JavaScript.
#![cfg(target_arch = "wasm32")]

use explorer_core::{
    color::Ground,
    dataset::{MarkerShare, Share},
    de::{CellsPart, MomentsPart, Sign},
    embed::Storage,
    state::MarkerOrder,
};
use explorer_wasm::{
    fetch::Address,
    worker::{MadeFile, Reply, Request},
};
use js_sys::{Array, Uint8Array};
use wasm_bindgen::{JsCast, JsValue};
use wasm_bindgen_test::{wasm_bindgen_test, wasm_bindgen_test_configure};
use web_sys::{Blob, MessageChannel};

wasm_bindgen_test_configure!(run_in_browser);

fn moments(job: u32, share: Share) -> Request {
    Request::Moments { job, layer: 1, share }
}

#[wasm_bindgen_test]
fn requests_round_trip() {
    let requests = [
        Request::Open {
            address: Address::Server("pbmc 68k".into()),
            root: "http://host/".into(),
            storage: Storage::Local,
            bytes: None,
        },
        Request::Open {
            address: Address::Directory("https://x.org/a:b/".into()),
            root: String::new(),
            storage: Storage::None,
            bytes: None,
        },
        Request::Open {
            address: Address::Host,
            root: String::new(),
            storage: Storage::None,
            bytes: MessageChannel::new().ok().map(|channel| channel.port1()),
        },
        moments(u32::MAX, Share::Genes { genes: 3..60_000, labels: [0, 1, 2, 3].into() }),
        moments(0, Share::Genes { genes: 0..0, labels: [].into() }),
        moments(1, Share::Parts { moments: Vec::new(), cells: Vec::new() }),
        moments(
            2,
            Share::Parts {
                moments: vec![
                    MomentsPart { tile: 70_000, signs: [Some(Sign::Plus), None] },
                    MomentsPart { tile: 3, signs: [Some(Sign::Minus), Some(Sign::Plus)] },
                ],
                cells: vec![CellsPart { tile: 9, plus: [u64::MAX, 1 << 63], minus: [0, 5] }],
            },
        ),
        Request::Ranks { job: 4, layer: 2, genes: 5..60_000, labels: [0, 1, 2, 3].into() },
        Request::Markers {
            job: 3,
            layer: 2,
            share: MarkerShare { tiles: 9..70_000, labels: 3..60, order: MarkerOrder::Effect, n_top: 100 },
        },
        Request::Subset { job: 8, cells: vec![0, 1, 1], additions: "{}".into() },
        Request::Correlate { job: 8, layer: 2, genes: 3..90, numbers: vec![0; 12] },
        Request::Plot { job: 9, question: "{}".into(), payload: vec![0, 1], scale: 2 },
        Request::Corpus { job: 10, asked: "panel=datasets".into(), ground: Ground::Light, scale: 0 },
        Request::Corpus { job: 11, asked: String::new(), ground: Ground::Dark, scale: 8 },
        Request::Cancel { job: 7 },
    ];
    for request in requests {
        assert_eq!(Request::from_js(&request.to_js().message), Some(request));
    }
}

#[wasm_bindgen_test]
fn replies_round_trip() {
    let replies = [
        Reply::Ready,
        Reply::Progress { job: 1, n_done: 256, n_bytes: u32::MAX },
        Reply::Moments { job: 2, group: vec![1; 1000], reference: vec![2; 10] },
        Reply::Bytes { job: 4, bytes: vec![3; 64] },
        Reply::Ranks { job: 7, ranks: vec![4; 96] },
        Reply::Plot { job: 6, texts: ["<svg/>", "<table/>", "a,b"].map(str::to_owned) },
        Reply::File {
            job: 5,
            file: MadeFile {
                file: Blob::new().expect("a document has memory for nothing"),
                differences: "obs: `a/b` is written as `a_b`".into(),
            },
        },
        Reply::Failed { job: 3, sentence: "Tile genes0/7 is damaged.".into() },
    ];
    for reply in replies {
        assert_eq!(Reply::from_js(&reply.to_js().message), Some(reply));
    }
}

#[wasm_bindgen_test]
fn large_arrays_are_transferred() {
    let request = moments(1, Share::Genes { genes: 0..1, labels: vec![1; 1 << 20].into() });
    let posted = request.to_js();
    assert_eq!(posted.transfer.length(), 1);
    let sent = posted.message.unchecked_ref::<Array>().get(5).unchecked_into::<Uint8Array>();
    assert_eq!(JsValue::from(sent.buffer()), posted.transfer.get(0));
}

#[wasm_bindgen_test]
fn foreign_messages_are_passed_over() {
    let short = Array::of1(&"genes".into());
    // Parts of a plan come in whole records.
    let cut = Array::of5(
        &"parts".into(),
        &1.into(),
        &0.into(),
        &Uint8Array::new_with_length(7),
        &Uint8Array::new_with_length(36),
    );
    let fraction = Array::of2(&"cancel".into(), &1.5.into());
    let negative = Array::of2(&"cancel".into(), &(-1).into());
    let other = Array::of2(&"something else".into(), &1.into());
    for message in
        [JsValue::NULL, "ready".into(), short.into(), cut.into(), fraction.into(), negative.into(), other.into()]
    {
        assert_eq!(Request::from_js(&message), None);
    }
    assert_eq!(Reply::from_js(&JsValue::UNDEFINED), None);
    assert_eq!(Reply::from_js(&Array::new().into()), None);
}
