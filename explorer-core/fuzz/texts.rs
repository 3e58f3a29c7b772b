//! Reads damaged text, the same every time: `texts N` damages the seeds of each parser `N` times.

use std::{env, time::Instant};

use explorer_core::{
    catalog::CatalogQuery,
    embed::Incoming,
    state::{ViewSpec, gene_sets_from_csv},
};

const LINKS: [&str; 4] = [
    "c=obs:louvain&f.louvain=B,T&v=1",
    "c=gene:raw/X:CD3D&clip=1,99&e=X_umap&cam=1,2,3&v=1",
    "c=obs:n_genes&f.n_genes=200..2500&set.mine=AAAB&v=1",
    "?e=X_umap&f.louvain=B%2CT&v=1#x",
];
const ADDRESSES: [&str; 3] =
    ["tissue=lung&assay=10x+3%27+v3&q=atlas", "cells=1000..&sort=-cells&since=12", "disease=normal&disease=a%26b"];
const MESSAGES: [&str; 5] = [
    r#"{"id": 1, "type": "setView", "patch": {"layout": {"left": false}}, "history": "replace"}"#,
    r#"{"id": 9, "type": "setFilter", "filter": {"obs": {"louvain": {"labels": {"only": ["B", null]}}}}}"#,
    r#"{"id": 10, "type": "select", "polygon": [[0, 0], [1, 0], [1, 1e308]], "embedding": "X_umap", "mode": "add"}"#,
    r#"{"id": 17, "type": "flyTo", "camera": {"x": 1.0, "y": -2.0, "width": 3e-9}}"#,
    r#"{"id": 18446744073709551615, "type": "setGenes", "genes": ["CD3D", "\u202e\ud83d\ude00"]}"#,
];
const GENE_SETS: [&str; 2] = [
    "gene_set_name,gene_set_description,gene_symbol,gene_description\nT cells,\"a, b\",CD3D,\n\"x\"\"y\",,CD3E,\n",
    "# note\r\ngene_set_name,gene_symbol,gene_id\r\nB,MS4A1,ENSG00000156738\r\n",
];
/// What damage puts in: what ends, opens or repeats something in one of the forms.
const PIECES: [&str; 20] = [
    "&",
    "=",
    ",",
    "..",
    ":",
    "%",
    "%2",
    "%ff",
    "+",
    "\"",
    "\n",
    "{",
    "[",
    "null",
    "-1",
    "1e999",
    "NaN",
    "\u{202e}",
    "\0",
    "99999999999999999999",
];

fn main() {
    let n: u64 = env::args().nth(1).and_then(|n| n.parse().ok()).expect("usage: texts N");
    run("links", n, &LINKS, |text| {
        let link = ViewSpec::from_link(text).view.to_link();
        assert_eq!(ViewSpec::from_link(&link).view.to_link(), link, "{text:?}");
    });
    run("addresses of the catalog", n, &ADDRESSES, |text| {
        let query = CatalogQuery::of_address(text);
        assert_eq!(CatalogQuery::of_address(&query.to_address()), query, "{text:?}");
    });
    run("messages", n, &MESSAGES, |text| drop(Incoming::read(text)));
    let views: Vec<String> = LINKS
        .iter()
        .map(|link| serde_json::to_string(&ViewSpec::from_link(link).view).expect("a view can be written"))
        .collect();
    let views: Vec<&str> = views.iter().map(String::as_str).collect();
    run("views", n, &views, |text| {
        if let Ok(view) = serde_json::from_str::<ViewSpec>(text) {
            let written = serde_json::to_string(&view).expect("a view can be written");
            let again: ViewSpec = serde_json::from_str(&written).expect("what was written can be read");
            assert_eq!(serde_json::to_string(&again).expect("a view can be written"), written, "{text:?}");
            drop(view.to_link());
        }
    });
    run("gene sets", n, &GENE_SETS, |text| {
        let is_known = |gene: &str| gene.starts_with("ENSG");
        drop(gene_sets_from_csv(text, is_known));
    });
}

fn run(name: &str, n: u64, seeds: &[&str], read: impl Fn(&str)) {
    let mut noise = Noise(n);
    let (mut slowest, started) = (0.0_f64, Instant::now());
    for _ in 0..n {
        let text = noise.damage(seeds);
        let one = Instant::now();
        read(&text);
        slowest = slowest.max(one.elapsed().as_secs_f64());
    }
    println!("{name}: {n} in {:.1} s, the slowest in {:.1} ms", started.elapsed().as_secs_f64(), 1e3 * slowest);
}

/// A sequence without a pattern (splitmix64).
struct Noise(u64);

impl Noise {
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = self.0;
        mixed = (mixed ^ mixed >> 30).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ mixed >> 27).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ mixed >> 31
    }

    fn below(&mut self, n: usize) -> usize {
        (self.next() % n as u64) as usize
    }

    /// A seed with one to eight changes: characters taken out, a piece put in, or a part of a seed put elsewhere.
    fn damage(&mut self, seeds: &[&str]) -> String {
        let mut text: Vec<char> = seeds[self.below(seeds.len())].chars().collect();
        for _ in 0..1 + self.below(8) {
            let at = self.below(text.len() + 1);
            let end = (at + 1 + self.below(6)).min(text.len());
            match self.below(4) {
                0 => drop(text.drain(at..end)),
                1 | 2 => drop(text.splice(at..at, PIECES[self.below(PIECES.len())].chars())),
                _ => {
                    let other: Vec<char> = seeds[self.below(seeds.len())].chars().collect();
                    let from = self.below(other.len());
                    let length = 1 + self.below(40);
                    drop(text.splice(at..end, other.into_iter().skip(from).take(length)));
                }
            }
        }
        text.into_iter().collect()
    }
}
