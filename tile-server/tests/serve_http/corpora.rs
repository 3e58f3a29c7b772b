//! Corpora: what commands answer, read from directories, buckets and static sites; and what is served and exported of them.

use std::{
    fs,
    ops::ControlFlow,
    path::{Path, PathBuf},
    process::{Command, Output},
    sync::LazyLock,
    thread::sleep,
    time::{Duration, Instant},
};

use shared_fbs::path::{CORPUS, is_pack_file};
use synthetic::{
    Model, Spec,
    h5ad::{Compression, Layout, Options, Raw, Views},
};
use tempfile::TempDir;

use crate::{
    host::Host,
    remote_command::{start, with_keys},
    support::TestServer,
};

const LUNG: &str = "UBERON:0002048";

const MONOCYTE: &str = "CL:0000860";

/// A page, as far as sites fill it in.
const PAGE: &str = "<head><base href=\"/\" /><meta name=\"tessera-data-origins\" content=\"\" />\
                    <meta name=\"tessera-corpora\" content=\"\" /></head>";

/// What is asked of a corpus.
const QUESTIONS: [&[&str]; 7] = [
    &["expression", "--genes", "LYZ,MS4A1"],
    &["corpus", "markers", "--tissue", LUNG],
    &["corpus", "markers", "--genes", "LYZ"],
    &["corpus", "compare", "--group", "cell_type=CL:0000860"],
    &["corpus", "rank", "--genes", "LYZ"],
    &["corpus", "specific", "--here", "cell_type=CL:0000860"],
    &["corpus", "donors", "--gene", "LYZ"],
];

fn run(arguments: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_tile-server")).args(arguments).output().unwrap()
}

fn done(arguments: &[&str]) -> String {
    let Output { status, stdout, stderr } = run(arguments);
    assert!(status.success(), "{arguments:?}: {}", String::from_utf8_lossy(&stderr));
    String::from_utf8(stdout).unwrap()
}

/// A corpus of a made-up dataset.
fn atlas() -> PathBuf {
    made_up().join("atlas")
}

/// A directory with `cells.h5ad` and `atlas`, a corpus of it.
fn made_up() -> &'static Path {
    static MADE_UP: LazyLock<TempDir> = LazyLock::new(|| {
        let directory = tempfile::tempdir().unwrap();
        let [file, summary, atlas] = ["cells.h5ad", "cells.summary", "atlas"].map(|name| directory.path().join(name));
        let model = Model::new(Spec { n_cells: 1500, n_genes: 600, seed: 3 }).unwrap();
        let (layout, compression) = (Layout::Csr, Compression::None);
        let options = Options { layout, compression, raw: Raw::Counts, views: Views::Flat };
        synthetic::h5ad::write(&model, &file, options, |_| ControlFlow::Continue(())).unwrap();
        let [file, summary, atlas] = [&file, &summary, &atlas].map(|path| path.to_str().unwrap());
        let organism = ["--organism", "NCBITaxon:9606", "--least-genes", "120", "--quiet"];
        done(&[&["summarize", file, "--out", summary][..], &organism].concat());
        done(&["corpus", "build", summary, "--out", atlas, "--quiet"]);
        directory
    });
    MADE_UP.path()
}

fn ask(question: &[&str], place: &str) -> String {
    done(&[question, &[place]].concat())
}

fn copy(from: &Path, to: &Path) {
    fs::create_dir_all(to).unwrap();
    for entry in fs::read_dir(from).unwrap().map(Result::unwrap) {
        fs::copy(entry.path(), to.join(entry.file_name())).unwrap();
    }
}

/// The first line of a table that is no comment and no header.
fn first_row(csv: &str) -> &str {
    csv.lines().filter(|line| !line.starts_with('#')).nth(1).unwrap_or_default()
}

#[test]
fn a_corpus_is_asked_by_commands() {
    let atlas = atlas();
    let place = atlas.to_str().unwrap();
    let markers = ask(&["corpus", "markers", "--tissue", LUNG, "--cell-type", MONOCYTE], place);
    assert!(markers.contains("# effect: Cohen's d over all cells that measured the gene\n"), "{markers}");
    assert!(first_row(&markers).starts_with("CL:0000860,classical monocyte,"), "{markers}");
    assert!(markers.lines().any(|line| line.contains(",CD14,")), "{markers}");
    let rank = ask(&["corpus", "rank", "--genes", "LYZ"], place);
    assert!(
        first_row(&rank).starts_with("LYZ,LYZ,UBERON:0002048,lung,CL:0000860,classical monocyte,40,40,25,0.625,"),
        "{rank}"
    );
    let compared = ask(&["corpus", "compare", "--group", "cell_type=CL:0000860"], place);
    assert!(compared.contains("they count in the group only") && compared.contains("\nLYZ,LYZ,"), "{compared}");
    let by_donor = ask(&["corpus", "compare", "--group", "cell_type=CL:0000860", "--donors"], place);
    assert!(by_donor.contains("# test: paired t-test of the donors' means\n"), "{by_donor}");
    let specific = ask(&["corpus", "specific", "--here", "cell_type=CL:0000860"], place);
    assert!(first_row(&specific).starts_with("LYZ,LYZ,"), "{specific}");
    let donors = ask(&["corpus", "donors", "--gene", "LYZ", "--json"], place);
    let donors: serde_json::Value = serde_json::from_str(&donors).unwrap();
    assert_eq!(donors["facts"]["gene"], "LYZ (LYZ)");
    let ids = donors["rows"].as_array().unwrap().iter().map(|row| row["donor_id"].as_str().unwrap());
    assert_eq!(ids.collect::<Vec<_>>(), ["D01", "D02", "D03", "D04", "D05", "D06", "D07"]);
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("rank.parquet");
    done(&["corpus", "rank", place, "--genes", "LYZ", "--out", file.to_str().unwrap()]);
    assert!(fs::read(&file).unwrap().starts_with(b"PAR1"));
}

#[test]
fn a_corpus_is_inspected_and_verified_as_a_dataset_is() {
    let folder = tempfile::tempdir().unwrap();
    let copied = folder.path().join("atlas");
    copy(&atlas(), &copied);
    let place = copied.to_str().unwrap();
    let told = done(&["inspect", place]);
    assert!(
        told.starts_with("summary, or corpus, of 1 dataset\n") && told.contains("600 genes in 1 set of datasets"),
        "{told}"
    );
    let json: serde_json::Value = serde_json::from_str(&done(&["inspect", place, "--json"])).unwrap();
    assert_eq!((&json["kind"], &json["parts"][0]["datasets"][0]), (&"corpus".into(), &"cells".into()));
    let sound = done(&["verify", place]);
    assert!(sound.ends_with("tiles are sound\n"), "{sound}");
    let verify = || {
        let output = run(&["verify", place]);
        (output.status.code(), String::from_utf8(output.stdout).unwrap())
    };
    for pack in ["tables", "genes0", "groups-"] {
        let files = || fs::read_dir(&copied).unwrap().map(|entry| entry.unwrap().path());
        let is_it = |path: &PathBuf| path.file_name().unwrap().to_str().unwrap().starts_with(pack);
        let file = files().find(is_it).unwrap();
        let whole = fs::read(&file).unwrap();
        let mut bytes = whole.clone();
        let middle = bytes.len() / 2;
        bytes[middle] ^= 1;
        fs::write(&file, bytes).unwrap();
        let (code, told) = verify();
        assert!(
            code == Some(5) && told.contains("damaged: tile ") && told.contains("summarize its datasets again"),
            "{told}"
        );
        fs::write(&file, whole).unwrap();
    }
    assert_eq!(verify().0, Some(0));
    fs::write(copied.join(CORPUS), "nonsense").unwrap();
    assert_eq!(verify().0, Some(5));
    assert_eq!(run(&["inspect", place]).status.code(), Some(3));
}

#[test]
fn what_cannot_be_asked_is_said_with_what_there_is() {
    let atlas = atlas();
    let refused = |arguments: &[&str]| {
        let output = run(&[arguments, &[atlas.to_str().unwrap()]].concat());
        (output.status.code(), String::from_utf8(output.stderr).unwrap())
    };
    let (code, said) = refused(&["corpus", "compare", "--group", "cell_type=CL:0000001"]);
    assert!(code == Some(2) && said.contains("has the cell_type `CL:0000001`"), "{said}");
    let (code, said) = refused(&["corpus", "markers", "--tissue", "UBERON:1"]);
    assert!(code == Some(2) && said.contains("filters go by ids, such as `UBERON:"), "{said}");
    let (code, said) = refused(&["corpus", "donors", "--gene", "nope"]);
    assert!(code == Some(2) && said.contains("no dataset has a gene `nope`"), "{said}");
    let (code, said) = refused(&["corpus", "rank", "--genes", "LYZ", "--out", "x.h5ad"]);
    assert!(code == Some(2) && said.contains(".parquet (the table)"), "{said}");
}

#[test]
fn a_corpus_in_a_bucket_is_asked_and_served_as_one_in_a_directory() {
    let directory = tempfile::tempdir().unwrap();
    let (files, cache) = (directory.path().join("files"), directory.path().join("cache"));
    copy(&atlas(), &files.join("bucket/all/atlas"));
    let host = Host::start(&files);
    for question in QUESTIONS {
        let arguments = [question, &["s3://bucket/all/atlas", "--cache-dir", cache.to_str().unwrap()]].concat();
        let output = with_keys(&host, &arguments).output().unwrap();
        assert!(output.status.success(), "{question:?}: {}", String::from_utf8_lossy(&output.stderr));
        assert_eq!(String::from_utf8(output.stdout).unwrap(), ask(question, atlas().to_str().unwrap()));
    }
    let program = start(&host, "s3://bucket/all/atlas", &cache);
    assert_has_all_files(|path| program.get(path));
    assert_eq!(program.get("/corpora/atlas/genes0-0000000000000000.pack").status, 404);
}

/// The address that asks what a command asks.
fn address_of(question: &[&str]) -> String {
    let (["corpus", name, options @ ..] | [name, options @ ..]) = question else { panic!("no question") };
    let pairs = options.chunks(2).map(|pair| format!("{}={}", &pair[0][2..], pair[1].replace('=', "%3D")));
    format!("/api/corpora/atlas/{name}?{}", pairs.collect::<Vec<_>>().join("&"))
}

#[test]
fn the_server_answers_as_the_commands_do() {
    let host = Host::start(made_up());
    let cache = tempfile::tempdir().unwrap();
    let (here, there) = (atlas(), host.url("atlas/"));
    for place in [here.to_str().unwrap(), &there] {
        let program = start(&host, place, cache.path());
        for question in QUESTIONS {
            let answer = program.get(&address_of(question));
            assert_eq!(answer.status, 200, "{question:?}: {}", String::from_utf8_lossy(&answer.body));
            assert_eq!(answer.header("content-type"), Some("text/csv; charset=utf-8"));
            assert!(answer.body == ask(question, here.to_str().unwrap()).as_bytes(), "{question:?} at {place}");
            let json = program.get(&format!("{}&format=json", address_of(question)));
            let json: serde_json::Value = serde_json::from_slice(&json.body).unwrap();
            assert!(json["facts"]["corpus"].is_string() && json["rows"].is_array(), "{question:?}");
        }
        let parquet = program.get(&format!("{}&format=parquet", address_of(QUESTIONS[0])));
        assert!(parquet.body.starts_with(b"PAR1"));
        let options = program.get("/api/corpora/atlas/expression?genes=LYZ&options");
        assert!(options.header("content-type") == Some("application/json") && options.body.starts_with(b"{"));
        // Why an answer is to be read with care.
        let unknown = program.get("/api/corpora/atlas/expression?genes=LYZ,NO%C3%96");
        let caution = unknown.header("x-tessera-caution").unwrap_or_default();
        assert!(caution.contains("no dataset has a gene `NO\\u{d6}`"), "{caution}");
        for (address, status, text) in [
            ("/api/corpora/other/rank?genes=LYZ", 404, "No corpus of this name"),
            ("/api/corpora/atlas/colors", 404, "There is no question `colors`"),
            ("/api/corpora/atlas/rank", 400, "--genes"),
            ("/api/corpora/atlas/rank?genes=,", 400, "names no gene"),
            ("/api/corpora/atlas/rank?genes=LYZ&filter=color%3Dred", 400, "color"),
            ("/api/corpora/atlas/rank?genes=LYZ&filter=cell_type%3Dred", 400, "No cell of NCBITaxon:9606 has the"),
            ("/api/corpora/atlas/donors?gene=NONE", 400, "No dataset has a gene `NONE`"),
        ] {
            let answer = program.get(address);
            let body = String::from_utf8(answer.body).unwrap();
            assert!(answer.status == status && body.contains(text), "{address}: {} {body}", answer.status);
        }
    }
}

fn assert_has_all_files(get: impl Fn(&str) -> crate::support::Answer) {
    for entry in fs::read_dir(atlas()).unwrap().map(Result::unwrap) {
        let name = entry.file_name().into_string().unwrap();
        if is_pack_file(&name) || name == CORPUS {
            let answer = get(&format!("/corpora/atlas/{name}"));
            assert!(answer.status == 200 && answer.body == fs::read(entry.path()).unwrap(), "{name} {}", answer.status);
        }
    }
}

#[test]
fn a_site_has_a_corpus_and_its_page_in_segments_too() {
    let directory = tempfile::tempdir().unwrap();
    let (files, page, cache) =
        (directory.path().join("files"), directory.path().join("page"), directory.path().join("cache"));
    fs::create_dir_all(&page).unwrap();
    fs::write(page.join("index.html"), PAGE).unwrap();
    let atlas = atlas();
    let export = |site: &Path, more: &[&str]| {
        let arguments = ["export", atlas.to_str().unwrap(), "--out", site.to_str().unwrap(), "--front-end"];
        done(&[&arguments[..], &[page.to_str().unwrap(), "--quiet"], more].concat());
    };
    let [whole, cut] = ["whole", "cut"].map(|name| files.join(name));
    export(&whole, &[]);
    export(&cut, &["--segments", "64K"]);
    for entry in fs::read_dir(&atlas).unwrap().map(Result::unwrap) {
        let name = entry.file_name().into_string().unwrap();
        let exported = fs::read(whole.join("corpora/atlas").join(&name)).ok();
        assert_eq!(exported, Some(fs::read(entry.path()).unwrap()), "{name}");
        assert!(name == CORPUS || !cut.join("corpora/atlas").join(&name).exists(), "{name} is cut");
    }
    for site in [&whole, &cut] {
        let page = fs::read_to_string(site.join("expression/atlas/index.html")).unwrap();
        assert!(page.contains("<base href=\"../../\" />"), "{page}");
    }
    let host = Host::start(&files);
    let cache_dir = ["--cache-dir", cache.to_str().unwrap()];
    for site in ["whole", "cut"] {
        let place = host.url(&format!("{site}/corpora/atlas/"));
        for question in QUESTIONS {
            let here = ask(question, atlas.to_str().unwrap());
            assert_eq!(done(&[question, &[&place], &cache_dir].concat()), here, "{site} {question:?}");
        }
        // A browser gets there what it needs, be it of the corpus alone or on the way from the site's list.
        let part = if site == "whole" { "by range, status 206" } else { "a segment of" };
        for address in [&place, &host.url(&format!("{site}/index.html"))] {
            // The host has no types for pages, which is told of them.
            let said = String::from_utf8(run(&["check", address]).stdout).unwrap();
            let of_corpus: Vec<&str> = said.lines().filter(|line| line.contains("/corpora/atlas/")).collect();
            assert!(of_corpus.iter().any(|line| line.contains(part)), "{address}: {said}");
            assert!(!of_corpus.iter().any(|line| line.starts_with("problem")), "{address}: {said}");
        }
        // What lies there in segments is whole here.
        let program = start(&host, &place, &cache);
        assert_has_all_files(|path| program.get(path));
    }
}

#[test]
fn corpora_come_to_a_served_folder_and_go() {
    let folder = tempfile::tempdir().unwrap();
    let server = TestServer::start_with(|options| options.corpus_folders = vec![folder.path().to_owned()]);
    let status = || server.get(&format!("/corpora/late/{CORPUS}"), &[]).status;
    let until = |expected: u16| {
        let end = Instant::now() + Duration::from_secs(60);
        while status() != expected {
            assert!(Instant::now() < end, "it stays {}", status());
            sleep(Duration::from_millis(100));
        }
    };
    assert_eq!(status(), 404);
    let late = folder.path().join("late");
    copy(&atlas(), &late);
    until(200);
    fs::remove_dir_all(&late).unwrap();
    until(404);
}

/// Cuts the last byte off a pack of a directory.
fn cut_a_pack(directory: &Path) {
    let mut files = fs::read_dir(directory).unwrap().map(|entry| entry.unwrap().path());
    let pack = files.find(|path| is_pack_file(path.file_name().unwrap().to_str().unwrap())).unwrap();
    let mut bytes = fs::read(&pack).unwrap();
    bytes.pop();
    fs::write(&pack, bytes).unwrap();
}

#[test]
fn what_is_damaged_is_left_out_of_a_site_and_said_once() {
    let directory = tempfile::tempdir().unwrap();
    let [page, site, cells, cut, broken] =
        ["page", "site", "cells", "cut", "broken"].map(|name| directory.path().join(name));
    fs::create_dir_all(&page).unwrap();
    fs::write(page.join("index.html"), "<head><base href=\"/\" /></head>").unwrap();
    let file = made_up().join("cells.h5ad");
    done(&["build", file.to_str().unwrap(), "--out", cells.to_str().unwrap(), "--quiet"]);
    cut_a_pack(&cells);
    let atlas = atlas();
    for damaged in [&cut, &broken] {
        copy(&atlas, damaged);
    }
    cut_a_pack(&cut);
    fs::write(broken.join(CORPUS), "nonsense").unwrap();
    let export = |places: &[&Path]| {
        let places: Vec<&str> = places.iter().map(|place| place.to_str().unwrap()).collect();
        let more = ["--out", site.to_str().unwrap(), "--front-end", page.to_str().unwrap(), "--force"];
        let Output { status, stderr, .. } = run(&[&["export"][..], &places, &more].concat());
        (status.code(), String::from_utf8(stderr).unwrap())
    };
    for alone in [&cells, &cut, &broken] {
        let (code, said) = export(&[alone]);
        assert!(code == Some(3) && said.matches("error: ").count() == 1, "{alone:?}: {code:?} {said}");
        assert!(!site.exists());
    }
    let (code, said) = export(&[&cells, &cut, &atlas, &broken]);
    assert_eq!(code, Some(3), "{said}");
    for name in ["cells", "cut", "broken"] {
        assert_eq!(said.matches(&format!("error: {name} is left out: ")).count(), 1, "{said}");
        assert!(!site.join("corpora").join(name).exists() && !site.join("data").join(name).exists(), "{name}");
    }
    assert!(
        said.contains("0 datasets, 1 corpus") && said.contains("; 3 left out, since they cannot be read"),
        "{said}"
    );
    assert!(site.join("expression/atlas/index.html").exists());
}
