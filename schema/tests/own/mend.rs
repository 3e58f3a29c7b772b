//! What mending a file changes, and what it leaves to a person.

use super::*;

/// The file with other names of genes, and a column of identifiers in `var` beside them.
pub fn with_genes(names: [&str; 4], ids: [&str; 4]) -> Vec<u8> {
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
