//! What is found in small files that these tests make, each a valid one with something wrong.

#![allow(clippy::unwrap_used, reason = "what fails here fails a test")]

mod fixtures;

use std::borrow::Cow;
use std::cell::Cell;
use std::sync::OnceLock;

use fixtures::{GENES, categorical, changed, same, texts, valid, with_counts};
use h5ad::{Frame, FrameColumn, H5adWriter, MatrixLocation, Patches, RawFile, Revision, UnsValue};
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
        revision.set_column("obs", "cell_type", &same("x")).unwrap();
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
