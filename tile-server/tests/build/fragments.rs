//! Files of ATAC fragments: checked, sorted and indexed by the program.

use std::{
    collections::BTreeSet,
    env,
    fs::{self, File},
    io::{Read as _, Write as _},
    path::{Path, PathBuf},
    process::{Command, Output},
};

use flate2::{Compression, read::MultiGzDecoder, write::GzEncoder};
use hdf5_pure::AttrValue;
use serde_json::Value;

use crate::fixtures::{Fixture, Written, encoding};

const BARCODES: [&str; 3] = ["AAA-1", "CCC-1", "GGG-1"];

/// Three cells of an assay of an organism.
fn cells(assay: &str, organism: &str, is_primary: bool) -> Written {
    let index = BARCODES.map(str::to_owned);
    let columns = |columns: &mut crate::fixtures::Columns| {
        columns.categorical("assay_ontology_term_id", &[0; 3], &[assay]);
        columns.booleans("is_primary_data", &[true, true, is_primary]);
    };
    let fixture = Fixture::new().frame("obs", &index, columns).frame("var", &["gene".to_owned()], |_| ());
    fixture
        .group("uns", |group| {
            encoding(group, "dict");
            let organism = group.create_dataset("organism_ontology_term_id").with_vlen_strings(&[organism]);
            organism.with_shape(&[]).set_attr("encoding-type", AttrValue::VarLenString("string".to_owned()));
        })
        .write()
}

fn human() -> Written {
    cells("EFO:0030007", "NCBITaxon:9606", true)
}

fn gzipped(directory: &Path, text: &str) -> PathBuf {
    let path = directory.join("fragments.tsv.gz");
    let mut encoder = GzEncoder::new(File::create(&path).unwrap(), Compression::fast());
    encoder.write_all(text.as_bytes()).unwrap();
    encoder.finish().unwrap();
    path
}

fn run(fragments: &Path, data: &Path, more: &[&str]) -> Output {
    let mut command = Command::new(env!("CARGO_BIN_EXE_tile-server"));
    command.arg("fragments").arg(fragments).arg(data).args(more).output().unwrap()
}

fn report(fragments: &Path, data: &Path) -> (i32, Value) {
    let output = run(fragments, data, &["--json"]);
    let report = serde_json::from_slice(&output.stdout);
    (output.status.code().unwrap(), report.unwrap_or_else(|_| panic!("{output:?}")))
}

fn rules(report: &Value) -> Vec<&str> {
    report["findings"].as_array().unwrap().iter().map(|finding| finding["rule"].as_str().unwrap()).collect()
}

#[test]
fn valid_fragments_are_sorted_compressed_and_indexed() {
    let directory = tempfile::tempdir().unwrap();
    let fragments = gzipped(
        directory.path(),
        "KI270711.1\t1\t42210\tAAA-1\t3\nchr2\t5\t55\tGGG-1\t1\nchr10\t5\t55\tGGG-1\t1\n\
         chr1\t15\t90\tCCC-1\t2\nchr1\t9\t60\tAAA-1\t1\n",
    );
    let data = human();
    let out = directory.path().join("new.tsv.bgz");
    let output = run(&fragments, &data.path(), &["--out", out.to_str().unwrap()]);
    assert_eq!(output.status.code(), Some(0), "{output:?}");
    let mut sorted = String::new();
    MultiGzDecoder::new(File::open(&out).unwrap()).read_to_string(&mut sorted).unwrap();
    assert_eq!(
        sorted,
        "KI270711.1\t1\t42210\tAAA-1\t3\nchr1\t9\t60\tAAA-1\t1\nchr1\t15\t90\tCCC-1\t2\n\
         chr10\t5\t55\tGGG-1\t1\nchr2\t5\t55\tGGG-1\t1\n"
    );
    // A block of BGZF says its size, and the last one is empty.
    let bytes = fs::read(&out).unwrap();
    assert_eq!(bytes[12..14], *b"BC");
    assert_eq!(bytes[bytes.len() - 28..][..4], [0x1f, 0x8b, 8, 4]);
    let mut index = Vec::new();
    let path = directory.path().join("new.tsv.bgz.tbi");
    MultiGzDecoder::new(File::open(&path).unwrap()).read_to_end(&mut index).unwrap();
    // Four names; columns of BED, which counts from 0.
    let word = |at: usize| u32::from_le_bytes(index[4 * at..4 * at + 4].try_into().unwrap());
    assert_eq!((&index[..4], word(1), word(2), word(3), word(4), word(5)), (&b"TBI\x01"[..], 4, 0x1_0000, 1, 2, 3));
    assert_eq!(&index[36..59], b"KI270711.1\0chr1\0chr10\0c");

    let again = run(&fragments, &data.path(), &["--out", out.to_str().unwrap()]);
    assert_eq!(again.status.code(), Some(2));
    assert!(String::from_utf8_lossy(&again.stderr).contains("exists; name a new file by --out"));
}

#[test]
fn rows_are_written_as_they_are_read_and_repeats_cannot_hide() {
    let directory = tempfile::tempdir().unwrap();
    let data = human();
    let fragments = gzipped(
        directory.path(),
        "\"chr1\"\t009\t60\t\"AAA-1\"\t 1\r\nchr1\t15\t90\tCCC-1\t02\r\nchr2\t5\t055\tGGG-1\t1",
    );
    let out = directory.path().join("new.tsv.bgz");
    let output = run(&fragments, &data.path(), &["--out", out.to_str().unwrap()]);
    assert_eq!(output.status.code(), Some(0), "{output:?}");
    let mut sorted = String::new();
    MultiGzDecoder::new(File::open(&out).unwrap()).read_to_string(&mut sorted).unwrap();
    assert_eq!(sorted, "chr1\t9\t60\tAAA-1\t1\nchr1\t15\t90\tCCC-1\t2\nchr2\t5\t55\tGGG-1\t1\n");
    // By the bytes of the lines, another row would stand between the two that are the same.
    let fragments = gzipped(
        directory.path(),
        "chr1\t9\t60\tAAA-1\t02\nchr1\t9\t60\tAAA-1\t1\nchr1\t9\t60\tAAA-1\t2\nchr1\t9\t60\tCCC-1\t2\n\
         chr1\t9\t60\tGGG-1\t2\n",
    );
    let (code, found) = report(&fragments, &data.path());
    assert_eq!((code, rules(&found)), (5, vec!["repeated"]), "{found}");
    // Where the index cannot be put in its place, the sorted file is not left without it.
    let fragments = gzipped(directory.path(), "chr1\t9\t60\tAAA-1\t1\nchr1\t9\t60\tCCC-1\t1\nchr1\t9\t60\tGGG-1\t1\n");
    fs::remove_file(&out).unwrap();
    let output = run(&fragments, &data.path(), &["--out", out.to_str().unwrap()]);
    assert_eq!(output.status.code(), Some(2), "{output:?}");
    assert!(!out.exists());
}

#[test]
fn what_is_wrong_is_told_once_a_cause_and_nothing_is_written() {
    let directory = tempfile::tempdir().unwrap();
    let fragments = gzipped(
        directory.path(),
        "chr1\t0\t0\tTTT-1\t0\nchr1\t15\t90\tCCC-1\t2\nchr1\t15\t90\tCCC-1\t2\n1\t5\t\tGGG-1\t1\n\
         chr1\t15\t248956423\tAAA-1\t1\n",
    );
    let data = human();
    let (code, found) = report(&fragments, &data.path());
    assert_eq!(code, 5);
    let expected = ["missing", "start", "barcodes", "chromosome", "past_end", "stop", "support", "repeated"];
    assert_eq!(rules(&found), expected);
    assert_eq!(found["findings"][1]["first_rows"], serde_json::json!([1]));
    let out = directory.path().join("new.tsv.bgz");
    assert_eq!(run(&fragments, &data.path(), &["--out", out.to_str().unwrap()]).status.code(), Some(5));
    assert_eq!(fs::read_dir(directory.path()).unwrap().count(), 1, "only the input is there");
    let compat = String::from_utf8(run(&fragments, &data.path(), &["--compat"]).stdout).unwrap();
    let expected = "Errors found in Fragment and/or Anndata file\nStart coordinate must be greater than 0.\n";
    assert!(compat.starts_with(expected), "{compat}");
    assert!(compat.ends_with("Chromosome chr1 has 4 rows but only 3 are unique\n"), "{compat}");
}

#[test]
fn cells_of_another_kind_have_no_fragments() {
    let directory = tempfile::tempdir().unwrap();
    let fragments = gzipped(directory.path(), "chr1\t10\t60\tAAA-1\t1\n");
    for (data, expected) in [
        (cells("EFO:0009922", "NCBITaxon:9606", true), vec!["assay"]),
        (cells("EFO:0030007", "NCBITaxon:7955", false), vec!["organism", "primary"]),
    ] {
        let (code, found) = report(&fragments, &data.path());
        assert_eq!((code, rules(&found)), (5, expected));
    }
}

#[test]
fn files_of_another_form_are_told_as_such() {
    let directory = tempfile::tempdir().unwrap();
    let data = human();
    for (text, expected) in
        [("", "empty"), ("# a comment\nchr1\t10\t60\tAAA-1\t1\n", "columns"), ("chr1\t10.0\t60\tAAA-1\t1\n", "number")]
    {
        let (code, found) = report(&gzipped(directory.path(), text), &data.path());
        assert_eq!((code, rules(&found)), (5, vec![expected]));
    }
    let path = gzipped(directory.path(), &"chr1\t10\t60\tAAA-1\t1\n".repeat(2_000));
    let whole = fs::read(&path).unwrap();
    for bytes in [&whole[..whole.len() / 2], b"chr1\t10\t60\tAAA-1\t1\n"] {
        fs::write(&path, bytes).unwrap();
        let (code, found) = report(&path, &data.path());
        assert_eq!((code, rules(&found)), (5, vec!["gzip"]));
    }
    assert_eq!(run(&directory.path().join("absent"), &data.path(), &[]).status.code(), Some(4));
}

/// Verdicts and texts are those of the original, on the corpus that `TESSERA_SCHEMA_CASES` names.
#[test]
fn the_original_says_the_same() {
    let Some(folder) = env::var_os("TESSERA_SCHEMA_CASES").filter(|folder| !folder.is_empty()).map(PathBuf::from)
    else {
        eprintln!("TESSERA_SCHEMA_CASES names no corpus, so nothing is compared");
        return;
    };
    let mut n = 0;
    for list in fs::read_dir(&folder).unwrap().map(|entry| entry.unwrap().path().join("fragments.jsonl")) {
        let Ok(cases) = fs::read_to_string(&list) else { continue };
        let at = |path: &Value| list.with_file_name("").join(path.as_str().unwrap());
        for case in cases.lines().map(|line| serde_json::from_str::<Value>(line).unwrap()) {
            n += 1;
            compare(&case, &at);
        }
    }
    assert!(n > 0, "no cases of fragments in {}", folder.display());
}

/// Chromosomes come from sets, so lines are compared as such.
fn lines(text: &str) -> BTreeSet<String> {
    text.lines().map(|line| line.trim().to_owned()).filter(|line| !line.is_empty()).collect()
}

fn compare(case: &Value, at: &dyn Fn(&Value) -> PathBuf) {
    let name = &case["name"];
    let data = at(&case["h5ad"]);
    if case["kind"] == "requires_fragment" {
        let fragments = data.with_file_name("valid.tsv.gz");
        let (_, found) = report(&fragments, &data);
        let answer = found["requirement"].as_str().unwrap_or("refused");
        assert_eq!(answer, case["answer"], "{name}");
        if let Some(message) = case["message"].as_str() {
            assert_eq!(found["findings"][0]["compat"], message, "{name}");
        }
        return;
    }
    let output = run(&at(&case["fragment"]), &data, &["--compat"]);
    let is_valid = output.status.code() == Some(0);
    assert_eq!(is_valid, case["is_valid"], "{name}");
    if case["crash"].is_null() {
        let expected: Vec<&str> =
            case["errors"].as_array().unwrap().iter().map(|error| error.as_str().unwrap()).collect();
        // The program shows a tab as such, since a terminal would not.
        let said = String::from_utf8_lossy(&output.stdout).replace("\\t", "\t");
        assert_eq!(lines(&said), lines(&expected.join("\n")), "{name}");
    }
}
