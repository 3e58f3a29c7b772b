//! What is found in small files that these tests make, each a valid one with something wrong.

#![allow(clippy::unwrap_used, reason = "what fails here fails a test")]

mod fixtures;

use std::borrow::Cow;
use std::cell::Cell;
use std::sync::OnceLock;

use fixtures::{COUNTS, GENES, bare, categorical, changed, same, texts, valid, with, with_counts};
use h5ad::{Frame, FrameColumn, H5adWriter, MatrixLocation, Patches, RawFile, Revision, UnsValue};
use hdf5_pure::{AttrValue, DatasetBuilder, FileBuilder};
use proptest::prelude::*;
use schema::reference::{Reference, Tables};
use schema::{
    At, Event, Fix, Labels, Options, Report, Severity, State, Unwatched, Watch, changes, labels, unopened, validate,
};

fn reference() -> &'static Reference {
    static REFERENCE: OnceLock<Reference> = OnceLock::new();
    REFERENCE.get_or_init(Reference::embedded)
}

fn report_with(bytes: Vec<u8>, options: Options) -> Report {
    let file = RawFile::from_bytes(bytes, "test.h5ad").unwrap();
    validate(&file, reference(), options, &Unwatched).unwrap()
}

fn report(change: impl FnOnce(&mut Revision<Patches>)) -> Report {
    report_with(changed(&valid(), change), Options::default())
}

/// Rules of errors and of stricter findings, each once.
fn keys(report: &Report) -> Vec<String> {
    let mut keys: Vec<String> = report
        .findings
        .iter()
        .filter(|finding| finding.severity != Severity::Warning)
        .map(schema::Finding::key)
        .collect();
    keys.dedup();
    keys
}

fn set(name: &'static str, column: FrameColumn) -> impl FnOnce(&mut Revision<Patches>) {
    move |revision| revision.set_column("obs", name, &column).unwrap()
}

#[test]
fn a_valid_file_is_valid() {
    let report = report(|_| ());
    assert!(report.is_valid(), "{:?}", report.findings);
    assert_eq!(report.state, State::ToSubmit);
    assert_eq!(keys(&report), Vec::<String>::new());
}

#[test]
fn a_term_of_another_ontology_is_told_with_its_cells_and_what_it_is() {
    let report = report(set("tissue_ontology_term_id", categorical(&[0, 1, 0], &["UBERON:0002048", "CL:0000066"])));
    assert_eq!(keys(&report), ["R58", "R55:tissue_ontology_term_id"]);
    let finding = report.findings.iter().find(|finding| finding.rule.number() == 55).unwrap();
    assert_eq!((finding.rows.n, finding.rows.first.as_slice()), (1, texts(&["CCC-1"]).as_slice()));
    assert!(finding.suggestion.as_ref().unwrap().contains("epithelial cell"), "{finding:?}");
}

#[test]
fn what_was_meant_is_found_by_label_case_and_separator() {
    let suggestion = |id: &str| {
        let report = report(set("cell_type_ontology_term_id", same(id)));
        let finding = report.findings.into_iter().find(|finding| finding.rule.number() == 55).unwrap();
        (finding.suggestion.unwrap(), finding.fix)
    };
    let fix = |from: &str, to: &str| {
        let at = At::Obs("cell_type_ontology_term_id".to_owned());
        Some(Fix::Replace { at, from: from.to_owned(), to: to.to_owned() })
    };
    assert_eq!(suggestion("cl:0000066").1, fix("cl:0000066", "CL:0000066"));
    assert_eq!(suggestion("CL_0000066").1, fix("CL_0000066", "CL:0000066"));
    assert_eq!(suggestion("CL:0000066 ").1, fix("CL:0000066 ", "CL:0000066"));
    let (text, fix) = suggestion("Epithelial cell");
    assert!(text.contains("CL:0000066 (epithelial cell)"), "{text}");
    assert_eq!(fix, None, "a label names a term, but a person decides");
}

/// The suggestion to the one finding of this rule.
fn suggestion(report: &Report, rule: u16) -> String {
    let found = report.findings.iter().find(|finding| finding.rule.number() == rule);
    found.and_then(|finding| finding.suggestion.clone()).unwrap_or_else(|| panic!("{:?}", report.findings))
}

#[test]
fn only_terms_that_the_organism_may_have_are_suggested() {
    let of = |column: &'static str, id: &str| report(set(column, same(id)));
    let cells = suggestion(&of("cell_type_ontology_term_id", "monocytes"), 55);
    assert_eq!(cells, "write the identifier: CL:0000576 (monocyte)");
    let sex = suggestion(&of("sex_ontology_term_id", "M"), 55);
    assert_eq!(
        sex,
        "write PATO:0000383 (female), PATO:0000384 (male), PATO:0001340 (hermaphrodite), `unknown` or `na`"
    );
    let fish = suggestion(&of("tissue_ontology_term_id", "zfa:0000001"), 55);
    assert!(fish.contains("write a term of UBERON") && !fish.contains("FBbt"), "{fish}");
    let assay = suggestion(&of("assay_ontology_term_id", "EFO:0000001"), 57);
    assert!(assay.ends_with("write a term of EFO"), "{assay}");
}

#[test]
fn what_depends_on_a_wrong_organism_says_so() {
    let human = UnsValue::Text("human".to_owned());
    let report = report(|revision| revision.set_uns(&["organism_ontology_term_id"], &human).unwrap());
    let of_stage = report.findings.iter().find(|finding| finding.place == "obs.development_stage_ontology_term_id");
    let suggestion = of_stage.and_then(|finding| finding.suggestion.as_ref()).unwrap();
    assert!(suggestion.contains("uns.organism_ontology_term_id, which is wrong"), "{suggestion}");
}

#[test]
fn a_deprecated_term_and_one_outside_its_branch_are_told_apart() {
    let of = |id: &str| keys(&report(set("assay_ontology_term_id", same(id))));
    assert_eq!(of("EFO:0009310"), ["R54:assay_ontology_term_id"]);
    assert_eq!(of("EFO:0000001"), ["R57:assay_ontology_term_id"]);
}

#[test]
fn values_are_held_against_lists_and_conditions() {
    let line = |revision: &mut Revision<Patches>| {
        for (name, value) in [
            ("tissue_type", "cell line"),
            ("tissue_ontology_term_id", "CVCL_0001"),
            ("sex_ontology_term_id", "na"),
            ("development_stage_ontology_term_id", "na"),
            ("self_reported_ethnicity_ontology_term_id", "na"),
            ("donor_id", "na"),
        ] {
            revision.set_column("obs", name, &same(value)).unwrap();
        }
    };
    assert_eq!(keys(&report(line)), Vec::<String>::new());
    let donor = |revision: &mut Revision<Patches>| {
        line(revision);
        revision.set_column("obs", "donor_id", &same("me")).unwrap();
    };
    assert_eq!(keys(&report(donor)), ["R46:obs.donor_id"]);
    assert_eq!(keys(&report(set("suspension_type", same("na")))), ["R46:obs.suspension_type"]);
    assert_eq!(keys(&report(set("is_primary_data", same("True")))), ["R40:obs.is_primary_data"]);
}

#[test]
fn a_column_that_is_missing_or_reserved_is_told() {
    let removed = report(|revision| revision.remove_column("obs", "donor_id").unwrap());
    assert_eq!(keys(&removed), ["R37:obs.donor_id"]);
    assert_eq!(keys(&report(set("cell_type", same("x")))), ["R11"]);
    let without = report(|revision| revision.remove_column("obs", "cell_type_ontology_term_id").unwrap());
    assert_eq!(keys(&without), ["T201"]);
    assert!(without.is_valid(), "the original accepts it");
}

#[test]
fn genes_are_known_by_their_lists() {
    let ids = |ids: [&str; 4]| {
        let labels = texts(&ids);
        report(|revision| {
            revision.set_index("var", labels.clone()).unwrap();
            revision.set_index("raw/var", labels).unwrap();
        })
    };
    let named = ids(["TP53", "ENSG00000012048.7", "ENSG00000139618", "ERCC-00002"]);
    assert_eq!(keys(&named), ["R61:var.index", "R61:raw.var.index"]);
    let fixes = named.fixes();
    assert!(fixes.iter().any(|fix| fix.to_string() == "gene `TP53` becomes `ENSG00000141510`"), "{fixes:?}");
    let of_mouse = ids(["ENSMUSG00000059552", "ENSG00000012048", "ENSG00000139618", "ERCC-00002"]);
    assert_eq!(keys(&of_mouse), ["R62:var.index"]);
}

/// The file with other names of genes, and a column of identifiers in `var` beside them.
fn with_genes(names: [&str; 4], ids: [&str; 4]) -> Vec<u8> {
    changed(&valid(), |revision| {
        revision.set_index("var", texts(&names)).unwrap();
        revision.set_index("raw/var", texts(&names)).unwrap();
        let ids = ids.map(|id| (!id.is_empty()).then(|| id.to_owned())).to_vec();
        revision.set_column("var", "gene_ids", &FrameColumn::Strings(ids)).unwrap();
    })
}

/// The names of genes that the file has once it is mended, and what is left to a person.
fn mended_genes(bytes: &[u8]) -> (Vec<String>, String) {
    let found = report_with(bytes.to_vec(), Options::default());
    let changes = mended(bytes.to_vec());
    let left = changes.lines(&found, true);
    let left: Vec<String> = left.into_iter().filter(|line| line.starts_with('!')).collect();
    let after = changed(bytes, |revision| changes.apply(revision, &mut |_| ()).unwrap());
    let file = RawFile::from_bytes(after, "test.h5ad").unwrap();
    let [var, raw_var] = ["var", "raw/var"].map(|place| file.frame(place).unwrap().index);
    assert_eq!(var, raw_var, "raw.var has no column of identifiers, and names of the same genes");
    (var, left.join("\n"))
}

#[test]
fn identifiers_beside_names_come_before_what_the_names_say() {
    // A name that was given to another gene since, one of several genes, and one with a number to make it unique.
    let names = ["HSPA14", "DDX11L16", "TP53", "DDX11L16-1"];
    let of_names = reference().genes_named("NCBITaxon:9606", "DDX11L16");
    assert!(of_names.len() > 1 && reference().genes_named("NCBITaxon:9606", "HSPA14") == ["ENSG00000187522"]);
    let ids = ["ENSG00000284024", &of_names[1], "ENSG00000141510", &of_names[0]];
    assert_eq!(mended_genes(&with_genes(names, ids)), (texts(&ids), String::new()));
    let found = report_with(with_genes(names, ids), Options::default());
    let of_first = found.findings.iter().find(|finding| finding.value.as_deref() == Some("HSPA14")).unwrap();
    let told = "write ENSG00000284024, which var.gene_ids says (HSPA14 is the name of ENSG00000187522 by now)";
    assert_eq!(of_first.suggestion.as_deref(), Some(told));
    // A repeated name is not to be made unique, since the identifiers are there.
    let ids = ["ENSG00000141510", "ENSG00000284024", "ENSG00000012048", "ENSG00000139618"];
    let repeated = report_with(with_genes(["TP53", "TP53", "BRCA1", "BRCA2"], ids), Options::default());
    assert_eq!(suggestion(&repeated, 32), "var.gene_ids has identifiers of genes: write these as names");
}

#[test]
fn genes_whose_identifier_is_contradicted_stay_and_are_named() {
    // Most names contradict the column: somebody has sorted it.
    let names = ["TP53", "BRCA1", "BRCA2", "MT-CO1"];
    let sorted = ["ENSG00000012048", "ENSG00000139618", "ENSG00000141510", "ENSG00000198804"];
    let (genes, left) = mended_genes(&with_genes(names, sorted));
    assert_eq!(genes, ["TP53", "BRCA1", "BRCA2", "ENSG00000198804"]);
    let told = "gene `TP53`: var.gene_ids says ENSG00000012048, but it is the name of ENSG00000141510: decide";
    assert!(left.contains(told) && left.lines().count() == 3, "{left}");
    // An identifier with a version says itself what it is.
    let names = ["ENSG00000141510.7", "BRCA1", "BRCA2", "MT-CO1"];
    let other = ["ENSG00000012048", "ENSG00000012048", "ENSG00000139618", "ENSG00000198804"];
    let (genes, left) = mended_genes(&with_genes(names, other));
    assert_eq!(genes[0], names[0]);
    assert!(left.contains("but the name says ENSG00000141510"), "{left}");
    // A column of other things says nothing.
    let (genes, left) = mended_genes(&with_genes(names, ["chr1", "chr2", "", "chr4"]));
    assert_eq!((genes[0].as_str(), left.as_str()), ("ENSG00000141510", ""));
}

#[test]
fn genes_that_would_become_the_same_stay_and_the_others_do_not() {
    let names = ["ENSG00000182378.15", "ENSG00000182378.15_PAR_Y", "ENSG00000141510.7", "BRCA1"];
    let bytes = with_genes(names, [""; 4]);
    let (genes, left) = mended_genes(&bytes);
    assert_eq!(genes, [names[0], names[1], "ENSG00000141510", "ENSG00000012048"]);
    let told = "ENSG00000182378 would be the name of 2 genes, `ENSG00000182378.15`, `ENSG00000182378.15_PAR_Y`: add";
    assert!(left.contains(told), "{left}");
    let found = report_with(bytes.clone(), Options::default());
    assert_eq!(found.fixes().len(), 2, "what is promised is what is done: {:?}", found.fixes());
    // Every gene that gets another name is listed.
    let lines = mended(bytes).lines(&found, false);
    let expected = [
        "- var: 2 genes get their identifiers",
        "    ENSG00000141510.7 → ENSG00000141510",
        "    BRCA1 → ENSG00000012048",
        "- raw/var: the same 2 get their identifiers",
    ];
    assert_eq!(lines[..4], expected);
}

#[test]
fn names_that_repeat_keep_no_other_gene_from_its_identifier() {
    let (genes, left) = mended_genes(&with_genes(["TP53", "BRCA1", "TP53", "x"], [""; 4]));
    assert_eq!(genes, ["TP53", "ENSG00000012048", "TP53", "x"]);
    assert!(left.contains("ENSG00000141510 would be the name of 2 genes"), "{left}");
    let found = report_with(with_genes(["TP53", "BRCA1", "TP53", "x"], [""; 4]), Options::default());
    assert!(suggestion(&found, 32).contains("add up the genes of one identifier"));
}

#[test]
fn a_name_of_many_genes_is_told_in_one_line() {
    let found = report_with(with_genes(["Y_RNA", "BRCA1", "BRCA2", "TP53"], [""; 4]), Options::default());
    let told = suggestion(&found, 61);
    assert!(told.starts_with("Y_RNA is the name of several genes: ENSG") && told.len() < 200, "{told}");
}

#[test]
fn long_values_and_long_lists_are_told_in_short() {
    let long = "x".repeat(1_000_000);
    let found = report(set("tissue_ontology_term_id", same(&long)));
    assert!(found.to_json().to_string().len() < 20_000);
    let compat = changed(&valid(), set("tissue_ontology_term_id", same(&long)));
    let compat = report_with(compat, Options { compat: true, ..Options::default() });
    assert!(compat.texts().any(|text| text.contains(&long)), "the original tells all of it");

    let n = 3000;
    let (names, codes): (Vec<String>, Vec<i32>) = (0..n).map(|at| (format!("neuron {at}"), at)).unzip();
    let column = categorical(&codes, &names.iter().map(String::as_str).collect::<Vec<_>>());
    let obs =
        Frame { index: names, index_name: None, columns: vec![("cell_type_ontology_term_id".to_owned(), column)] };
    let var = Frame { index: texts(&GENES), index_name: None, columns: Vec::new() };
    let mut bytes = Vec::new();
    H5adWriter::new(&obs, &var).unwrap().write_to(&mut bytes).unwrap();
    let found = report_with(bytes, Options::default());
    let groups = found.groups();
    let wrong = groups.iter().find(|group| group.rule.number() == 55).unwrap();
    assert_eq!((wrong.findings.len(), wrong.n_rows), (1001, n as usize));
    let others = wrong.findings.last().unwrap();
    assert_eq!((others.n_findings, others.rows.n), (2000, 2000));
    assert!(others.text.starts_with("2000 more findings of R55"), "{others:?}");
}

/// Whether what is said to need no decision is what is done.
fn is_kept(bytes: &[u8]) -> bool {
    let file = RawFile::from_bytes(bytes.to_vec(), "test.h5ad").unwrap();
    let found = report_with(bytes.to_vec(), Options::default());
    let mut changes = changes(&file, &found.fixes()).unwrap();
    changes.leave_inexact(&file, &Unwatched).unwrap();
    changes.skipped.is_empty() && changes.is_empty() == found.fixes().is_empty()
}

#[test]
fn a_matrix_of_numbers_that_no_single_floats_are_is_left_as_it_is() {
    let dense = |file: &mut FileBuilder, fill: &dyn Fn(&mut DatasetBuilder)| {
        let x = file.create_dataset("X");
        fill(x);
        x.with_shape(&[3, 4]).set_attr("encoding-type", AttrValue::VarLenString("array".to_owned()));
    };
    let with_first = |first: f64| [&[first][..], &[1.0; 11]].concat();
    let bytes = bare(|file| dense(file, &|x| _ = x.with_f64_data(&with_first(16_777_217.0))));
    let found = report_with(bytes.clone(), Options::default());
    assert!(suggestion(&found, 21).contains("are not all float32 without loss"));
    assert!(
        is_kept(&bytes) && found.fixes().iter().all(|fix| !matches!(fix, Fix::Singles { .. })),
        "{:?}",
        found.fixes()
    );
    let bytes = bare(|file| dense(file, &|x| _ = x.with_f64_data(&with_first(16_777_216.0))));
    let singles = Fix::Singles { place: "X".to_owned() };
    assert!(is_kept(&bytes) && report_with(bytes, Options::default()).fixes().contains(&&singles));
    // As a float of 64 bits, which it is read as, the number is one of 32.
    for (first, is_single) in [((1 << 53) + 1, false), (1 << 30, true)] {
        let numbers = [&[first][..], &[0; 11]].concat();
        let bytes = bare(|file| {
            dense(file, &|x| _ = x.with_f64_data(&[1.0; 12]));
            let mut layers = file.create_group("layers");
            let layer = layers.create_dataset("counts").with_i64_data(&numbers).with_shape(&[3, 4]);
            layer.set_attr("encoding-type", AttrValue::VarLenString("array".to_owned()));
            file.add_group(layers.finish());
        });
        let found = report_with(bytes.clone(), Options::default());
        let csr = Fix::Csr { place: "layers/counts".to_owned() };
        assert_eq!(found.fixes().contains(&&csr), is_single, "{first}");
        assert!(is_kept(&bytes), "{first}");
        // A change that was promised otherwise is not made either.
        let file = RawFile::from_bytes(bytes, "test.h5ad").unwrap();
        let mut changes = changes(&file, &[&csr]).unwrap();
        changes.leave_inexact(&file, &Unwatched).unwrap();
        assert_eq!(changes.is_empty(), !is_single, "{first}");
    }
}

#[test]
fn what_must_be_there_is_not_taken_out_for_being_empty() {
    for title in ["", " "] {
        let bytes =
            changed(&valid(), |revision| revision.set_uns(&["title"], &UnsValue::Text(title.to_owned())).unwrap());
        let found = report_with(bytes.clone(), Options::default());
        assert!(!found.is_valid() && found.fixes().is_empty(), "{:?}", found.fixes());
        assert!(mended(bytes).is_empty());
    }
    let other = report(|revision| revision.set_uns(&["note"], &UnsValue::Text(String::new())).unwrap());
    assert_eq!(other.fixes().len(), 1);
}

#[test]
fn cell_types_are_not_taken_out_because_a_file_was_held_to_be_before_analysis() {
    let found = report_with(valid(), Options { pre_analysis: true, ..Options::default() });
    assert_eq!(keys(&found), ["R143"]);
    assert!(found.fixes().is_empty());
}

#[test]
fn columns_of_the_author_stay_where_they_are_no_labels() {
    let key = ("obs".to_owned(), "tissue".to_owned());
    let with = |value: &str| changed(&valid(), set("tissue", same(value)));
    let bytes = with("lung, left lower lobe");
    let told = suggestion(&report_with(bytes.clone(), Options::default()), 11);
    assert!(told.contains("`lung, left lower lobe`, which is no label of obs.tissue_ontology_term_id"), "{told}");
    assert_eq!(mended(bytes.clone()).columns.get(&key), None);
    assert_eq!(mended(with("lung")).columns.get(&key), Some(&None), "labels are written anew");
    let version = UnsValue::Text("5.2.0".to_owned());
    let older = changed(&bytes, |revision| revision.set_uns(&["schema_version"], &version).unwrap());
    assert_eq!(mended(older).columns.get(&key), Some(&None), "submission has written what it calls so");
    let organism = |name: &str| {
        changed(&valid(), |revision| revision.set_uns(&["organism"], &UnsValue::Text(name.to_owned())).unwrap())
    };
    assert_eq!(mended(organism("Homo sapiens")).uns.get("organism"), Some(&None));
    assert!(mended(organism("patients")).is_empty());
}

#[test]
fn suggestions_do_not_contradict_what_is_there() {
    let labels = report(|revision| {
        revision.remove_column("obs", "cell_type_ontology_term_id").unwrap();
        revision.set_column("obs", "cell_type", &same("T cell")).unwrap();
    });
    assert_eq!(suggestion(&labels, 201), "write the identifiers of what is in `cell_type` to it");
    let both = report(|revision| {
        revision.set_column("obs", "ethnicity", &same("x")).unwrap();
        revision.set_column("obs", "ethnicity_ontology_term_id", &same("x")).unwrap();
    });
    let is_there = "leave it out: obs.self_reported_ethnicity_ontology_term_id is there";
    let told: Vec<_> = both.findings.iter().filter(|finding| finding.rule.number() == 6).collect();
    assert!(told.len() == 2 && told.iter().all(|finding| finding.suggestion.as_deref() == Some(is_there)), "{told:?}");

    let keys = ["X_umap", "__z", "X_1umap", "umap"];
    let embeddings = report_with(with(COUNTS, &keys), Options::default());
    let of = |key: &str, rule: u16| {
        let found = embeddings
            .findings
            .iter()
            .find(|finding| finding.place == format!("obsm.{key}") && finding.rule.number() == rule);
        found.and_then(|finding| finding.suggestion.clone()).unwrap_or_else(|| panic!("{:?}", embeddings.findings))
    };
    assert_eq!(of("X_1umap", 70), "call it `X_umap_2`");
    assert_eq!(of("umap", 72), "call it `X_umap_2` to have it shown");
    assert_eq!(of("__z", 72), "call it `X_z` to have it shown");
}

#[test]
fn what_cannot_be_read_is_not_said_to_be_against_the_schema() {
    let error = RawFile::from_bytes(b"nothing".to_vec(), "x").err().unwrap();
    let json = unopened("x", &error).to_json();
    assert_eq!((json["is_valid"].is_null(), json["state"].as_str()), (true, Some("unknown")));
}

#[test]
fn wrong_raw_values_are_told_by_their_cells() {
    let of = |counts| report_with(with_counts(counts), Options::default());
    let found = of([[1.0, 2.5, 0.5, 1.0], [0.0, 3.0, 1.0, 0.0], [2.0, -1.0, 1.0, 1.0]]);
    let finding = found.findings.iter().find(|finding| finding.rule.number() == 25).unwrap();
    assert_eq!(finding.value.as_deref(), Some("2.5 and 2 other values"));
    assert_eq!((finding.rows.n, finding.rows.first.as_slice()), (2, texts(&["AAA-1", "GGG-1"]).as_slice()));
    let found = of([[f32::NAN, f32::NAN, 0.0, 1.0], [0.0, 3.0, 1.0, 0.0], [2.0, 0.0, 1.0, 1.0]]);
    let finding = found.findings.iter().find(|finding| finding.rule.number() == 202).unwrap();
    assert_eq!((finding.value.as_deref(), finding.rows.n), (Some("2 values"), 1));
}

#[test]
fn raw_values_must_be_counts() {
    let of = |counts| keys(&report_with(with_counts(counts), Options::default()));
    assert_eq!(of([[1.0, 2.0, 0.5, 1.0], [0.0, 3.0, 1.0, 0.0], [2.0, 0.0, 1.0, 1.0]]), ["R25", "R28"]);
    assert_eq!(of([[0.0; 4], [0.0, 3.0, 1.0, 0.0], [2.0, 0.0, 1.0, 1.0]]), ["R24", "R28"]);
    assert_eq!(of([[1.0, 2.0, 0.0, 1.0], [1.0, 2.0, 0.0, 1.0], [2.0, 0.0, 1.0, 1.0]]), ["R17"]);
    assert_eq!(of([[f32::NAN, 2.0, 0.0, 1.0], [0.0, 3.0, 1.0, 0.0], [2.0, 0.0, 1.0, 1.0]]), ["T202"]);
}

#[test]
fn compat_leaves_out_what_the_original_does_not_tell() {
    let bytes = changed(
        &with_counts([[0.5, 2.0, 0.0, 1.0], [0.0, 3.0, 1.0, 0.0], [2.0, 0.0, 1.0, 1.0]]),
        set("suspension_type", same("na")),
    );
    let own = report_with(bytes.clone(), Options::default());
    assert_eq!(keys(&own), ["R46:obs.suspension_type", "R25", "R28"]);
    assert!(own.findings.iter().any(|finding| finding.rule.number() == 25 && finding.is_hidden));
    let compat = report_with(bytes, Options { compat: true, ..Options::default() });
    assert_eq!(keys(&compat), ["R46:obs.suspension_type"]);
    assert!(compat.findings.iter().any(|finding| finding.rule.number() == 31));
}

#[test]
fn a_file_with_labels_or_of_an_older_schema_is_told_as_such() {
    let version = |version: &str| {
        let version = UnsValue::Text(version.to_owned());
        report(|revision| {
            revision.set_uns(&["schema_version"], &version).unwrap();
            revision.set_column("obs", "observation_joinid", &same("x")).unwrap();
        })
    };
    assert_eq!(version("7.1.0").state, State::Labelled { version: "7.1.0".to_owned() });
    let older = version("5.2.0");
    assert_eq!(older.state, State::Older { version: Some("5.2.0".to_owned()) });
    assert!(older.note().unwrap().contains("5.2.0"));
}

#[test]
fn labels_are_made_of_identifiers() {
    let bytes = changed(&valid(), set("sex_ontology_term_id", categorical(&[0, 1, 0], &["unknown", "PATO:0000383"])));
    let file = RawFile::from_bytes(bytes, "test.h5ad").unwrap();
    let Labels { obs, var, raw_var, .. } = labels(&file, reference(), false).unwrap();
    let of = |columns: &[(String, FrameColumn)], name: &str| {
        columns.iter().find(|(known, _)| known == name).unwrap_or_else(|| panic!("{name}")).1.clone()
    };
    assert_eq!(of(&obs, "sex"), categorical(&[0, 1, 0], &["unknown", "female"]));
    assert_eq!(of(&obs, "tissue"), same("lung"));
    let names = ["BRCA1", "BRCA2", "ERCC-00002 (spike-in control)", "TP53"];
    assert_eq!(of(&var, "feature_name"), categorical(&[3, 0, 1, 2], &names));
    assert_eq!(of(&var, "feature_biotype"), categorical(&[0, 0, 0, 1], &["gene", "spike-in"]));
    assert_eq!(raw_var.as_deref(), Some(var.as_slice()));
}

/// What mending the file would change.
fn mended(bytes: Vec<u8>) -> schema::Changes {
    let file = RawFile::from_bytes(bytes, "test.h5ad").unwrap();
    let report = validate(&file, reference(), Options::default(), &Unwatched).unwrap();
    changes(&file, &report.fixes()).unwrap()
}

#[test]
fn what_needs_a_decision_is_left_alone() {
    // No list has what stands alone, and which of its terms is meant nobody knows.
    for (column, list) in [
        ("disease_ontology_term_id", "MONDO:0100096 || PATO:0000461"),
        ("self_reported_ethnicity_ontology_term_id", "HANCESTRO:0019 || unknown"),
    ] {
        let bytes =
            changed(&valid(), set(column, categorical(&[0, 1, 1], &[list, list.split(" || ").nth(1).unwrap()])));
        let found = report_with(bytes.clone(), Options::default());
        assert!(!found.is_valid() && found.fixes().is_empty(), "{list}: {:?}", found.fixes());
        let alone =
            |finding: &schema::Finding| finding.suggestion.as_ref().is_some_and(|text| text.contains("stands alone"));
        assert!(found.findings.iter().any(alone), "{list}: {found:?}");
        assert!(mended(bytes).is_empty(), "{list}");
    }
    // Labels without the identifiers that they are of.
    let bytes = changed(&valid(), |revision| {
        revision.remove_column("obs", "cell_type_ontology_term_id").unwrap();
        revision.set_column("obs", "cell_type", &same("T cell")).unwrap();
    });
    assert!(mended(bytes).columns.is_empty(), "cell types are left out");
    let bytes = changed(&valid(), set("cell_type", same("epithelial cell")));
    let key = ("obs".to_owned(), "cell_type".to_owned());
    assert_eq!(mended(bytes).columns.get(&key), Some(&None), "labels beside identifiers stay");
}

#[test]
fn a_list_gets_one_fix_that_puts_all_of_it_right() {
    let column = "disease_ontology_term_id";
    let lists = [
        "MONDO:0100096 || mondo:0005148 || MONDO_0004979",
        "MONDO:0100096 || MONDO:0100096",
        "MONDO:0005148 || MONDO:0004979 || MONDO:0005148",
    ];
    let bytes = changed(&valid(), set(column, categorical(&[0, 1, 2], &lists)));
    let before = report_with(bytes.clone(), Options::default());
    let fixes: Vec<String> = before.fixes().iter().map(ToString::to_string).collect();
    assert_eq!(fixes.len(), lists.len(), "{fixes:?}");
    assert!(fixes.iter().any(|fix| fix.ends_with("becomes `MONDO:0004979 || MONDO:0005148 || MONDO:0100096`")));
    let changes = mended(bytes.clone());
    assert_eq!(changes.skipped, Vec::<String>::new());
    let after = changed(&bytes, |revision| changes.apply(revision, &mut |_| ()).unwrap());
    assert_eq!(keys(&report_with(after.clone(), Options::default())), Vec::<String>::new());
    assert!(mended(after).is_empty(), "nothing is left to mend");
}

#[test]
fn many_wrong_values_have_their_own_cells_and_no_search_each() {
    let n = 400;
    let names: Vec<String> = (0..n).map(|at| format!("neuron {at}")).collect();
    let codes: Vec<i32> = (0..n).collect();
    let index: Vec<String> = (0..n).map(|at| format!("cell-{at}")).collect();
    let obs = Frame {
        index,
        index_name: None,
        columns: vec![(
            "cell_type_ontology_term_id".to_owned(),
            categorical(&codes, &names.iter().map(String::as_str).collect::<Vec<_>>()),
        )],
    };
    let var = Frame { index: texts(&GENES), index_name: None, columns: Vec::new() };
    let mut bytes = Vec::new();
    H5adWriter::new(&obs, &var).unwrap().write_to(&mut bytes).unwrap();
    let report = report_with(bytes, Options::default());
    let wrong = report.findings.iter().filter(|finding| finding.rule.number() == 55).collect::<Vec<_>>();
    assert_eq!(wrong.len(), n as usize);
    for (at, finding) in wrong.iter().enumerate() {
        assert_eq!(finding.rows.first, [format!("cell-{at}")]);
    }
}

#[test]
fn colors_go_with_their_categories() {
    let bytes = changed(&valid(), |revision| {
        revision.set_column("obs", "cluster", &categorical(&[0, 2, 2], &["a", "unused", "b"])).unwrap();
        let colors = UnsValue::Texts(texts(&["#111111", "#222222", "#333333"]));
        revision.set_uns(&["cluster_colors"], &colors).unwrap();
    });
    let changes = mended(bytes);
    let expected = UnsValue::Texts(texts(&["#111111", "#333333"]));
    assert_eq!(changes.uns.get("cluster_colors"), Some(&Some(expected)), "{changes:?}");
}

#[test]
fn mended_files_have_less_to_complain_about() {
    let bytes = changed(&valid(), |revision| {
        revision.set_column("obs", "suspension_type", &same("Cell")).unwrap();
        revision.set_column("obs", "cell_type", &same("epithelial cell")).unwrap();
        revision.set_uns(&["title"], &UnsValue::Text(" A  title".to_owned())).unwrap();
    });
    let file = RawFile::from_bytes(bytes.clone(), "test.h5ad").unwrap();
    let before = report_with(bytes.clone(), Options::default());
    let changes = changes(&file, &before.fixes()).unwrap();
    assert_eq!(changes.skipped, Vec::<String>::new());
    let after = changed(&bytes, |revision| changes.apply(revision, &mut |_| ()).unwrap());
    assert!(!before.is_valid());
    assert_eq!(keys(&report_with(after, Options::default())), Vec::<String>::new());
}

/// Numbers of cells and genes in the attribute of a sparse matrix.
fn claim(revision: &mut Revision<Patches>, place: &str, shape: [f64; 2]) {
    revision.set_attribute(place, "shape", &UnsValue::Numbers(shape.to_vec())).unwrap();
}

#[test]
fn extents_that_nothing_confirms_take_no_memory() {
    let huge = 2_f64.powi(50);
    let text = |report: Report| report.findings.into_iter().map(|finding| finding.text).collect::<Vec<_>>().join("\n");
    let raw = report(|revision| claim(revision, "raw/X", [3.0, huge]));
    assert_eq!(keys(&raw), ["R2"]);
    assert!(text(raw).contains("raw/var has 4 genes"));
    let var = report(|revision| {
        revision.remove("var").unwrap();
        claim(revision, "X", [3.0, 2_f64.powi(40)]);
    });
    assert_eq!(keys(&var), ["R2"]);
    assert!(text(var).contains("claims 1099511627776 rows"));
    // By genes, the number of cells is what stands there.
    let by_genes = report(|revision| {
        let mut csc = revision.csr(&MatrixLocation::Raw, 3).unwrap();
        csc.push([1; 4], &[0, 1, 2, 0], &[1.0; 4]).unwrap();
        csc.finish().unwrap();
    });
    assert_eq!(keys(&by_genes), ["R2"], "it has four cells and three genes");
    let bytes = changed(&valid(), |revision| {
        let mut csc = revision.csr(&MatrixLocation::Raw, 3).unwrap();
        csc.push([1; 4], &[0, 1, 2, 0], &[1.0; 4]).unwrap();
        csc.finish().unwrap();
    });
    let bytes = changed(&bytes, |revision| {
        revision.set_attribute("raw/X", "encoding-type", &UnsValue::Text("csc_matrix".to_owned())).unwrap();
        claim(revision, "raw/X", [2_f64.powi(31), 4.0]);
    });
    let found = report_with(bytes, Options::default());
    assert_eq!(keys(&found), ["R14", "R3"], "{:?}", found.findings);
}

/// Tables none of which can be obtained.
struct Nowhere;

impl Tables for Nowhere {
    fn bytes(&self, _: &str) -> Option<Cow<'static, [u8]>> {
        None
    }
}

/// Stops as soon as a table is missing, and counts matrices that are read.
struct Impatient<'r> {
    reference: &'r Reference,
    n_matrices: Cell<usize>,
}

impl Watch for Impatient<'_> {
    fn event(&self, event: Event<'_>) {
        match event {
            Event::Matrix { .. } => self.n_matrices.set(self.n_matrices.get() + 1),
            Event::Metadata(_) | Event::Read { .. } => {}
        }
    }

    fn is_stopped(&self) -> bool {
        !self.reference.missing().is_empty()
    }
}

#[test]
fn no_matrix_is_read_once_the_validation_is_stopped() {
    let reference = Reference::new(Nowhere);
    let watch = Impatient { reference: &reference, n_matrices: Cell::new(0) };
    let file = RawFile::from_bytes(valid(), "test.h5ad").unwrap();
    assert_eq!(validate(&file, &reference, Options::default(), &watch), Err(schema::Stopped));
    assert_eq!(watch.n_matrices.get(), 0);
}

/// A file of any bytes gets a verdict.
fn verdict(bytes: &[u8]) {
    for compat in [true, false] {
        let report = match RawFile::from_bytes(bytes.to_vec(), "test.h5ad") {
            Ok(file) => validate(&file, reference(), Options { compat, ..Options::default() }, &Unwatched).unwrap(),
            Err(error) => unopened("test.h5ad", &error),
        };
        assert!(report.findings.iter().all(|finding| !finding.text.is_empty() && !finding.place.is_empty()));
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(256))]

    #[test]
    fn damaged_files_get_a_verdict(
        damage in prop::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 1..8),
        cut in prop::option::of(any::<prop::sample::Index>()),
    ) {
        static VALID: OnceLock<Vec<u8>> = OnceLock::new();
        let mut bytes = VALID.get_or_init(valid).clone();
        for (at, byte) in damage {
            let at = at.index(bytes.len());
            bytes[at] = byte;
        }
        if let Some(cut) = cut {
            bytes.truncate(cut.index(bytes.len()));
        }
        verdict(&bytes);
    }
}
