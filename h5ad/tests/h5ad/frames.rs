//! Data frames in all forms.

use h5ad::{CategoryKind, FrameColumn, H5ad};
use hdf5_pure::{AttrValue, CompoundTypeBuilder, Datatype, make_f64_type, make_i8_type};

use crate::fixtures::{Fixture, Written, boolean_type, column, encoding, labels, subgroup};

fn some<T: Clone>(values: &[T]) -> Vec<Option<T>> {
    values.iter().cloned().map(Some).collect()
}

fn texts(values: &[&str]) -> Vec<String> {
    values.iter().map(|value| (*value).to_owned()).collect()
}

#[test]
fn numbers_keep_their_type() {
    let (_written, file) = Fixture::new()
        .frame("obs", &labels("cell", 2), |columns| {
            for name in ["beyond", "within", "single"] {
                columns.add(name);
            }
            columns.group.create_dataset("beyond").with_u64_data(&[7, u64::MAX]);
            columns.group.create_dataset("within").with_u64_data(&[7, 8]);
            columns.group.create_dataset("single").with_f32_data(&[0.1, f32::MAX]);
            columns.floats("double", &[0.1, f64::MAX]);
        })
        .frame("var", &labels("gene", 1), |_| ())
        .open();
    let obs = file.obs().unwrap();
    assert_eq!(*column(&obs, "beyond"), FrameColumn::Unsigned(some(&[7, u64::MAX])));
    assert_eq!(*column(&obs, "within"), FrameColumn::Integers(some(&[7, 8])));
    assert_eq!(*column(&obs, "single"), FrameColumn::Singles(vec![0.1, f32::MAX]));
    assert_eq!(*column(&obs, "double"), FrameColumn::Doubles(vec![0.1, f64::MAX]));
}

#[test]
fn columns_of_current_files_are_read_in_their_order() {
    let (_written, file) = one_column_of_every_kind();
    let obs = file.obs().unwrap();
    assert_eq!(obs.index, ["a", "b", "c"]);
    assert_eq!(obs.index_name, None);
    let names: Vec<_> = obs.columns.iter().map(|(name, _)| name.as_str()).collect();
    assert_eq!(
        names,
        ["zeta", "type", "text", "flag", "count", "gaps", "flags", "words", "cluster", "score", "when", "gone"]
    );
    assert_eq!(*column(&obs, "text"), FrameColumn::Strings(some(&texts(&["x", "", "µ"]))));
    assert_eq!(*column(&obs, "flag"), FrameColumn::Booleans(some(&[true, false, true])));
    assert_eq!(*column(&obs, "count"), FrameColumn::Integers(some(&[-1, 0, i64::MAX])));
    assert_eq!(*column(&obs, "gaps"), FrameColumn::Integers(vec![Some(7), None, Some(9)]));
    assert_eq!(*column(&obs, "flags"), FrameColumn::Booleans(vec![None, Some(true), Some(false)]));
    assert_eq!(*column(&obs, "words"), FrameColumn::Strings(vec![Some("p".to_owned()), Some("q".to_owned()), None]));
    let FrameColumn::Doubles(zeta) = column(&obs, "zeta") else { panic!("{:?}", column(&obs, "zeta")) };
    assert!(zeta[0] == 0.5 && zeta[1].is_nan() && zeta[2] == -3.0);
    let expected = FrameColumn::Categorical {
        codes: vec![1, -1, 0],
        categories: texts(&["B", "T"]),
        ordered: true,
        kind: CategoryKind::Text,
    };
    assert_eq!(*column(&obs, "type"), expected);
    let FrameColumn::Categorical { categories, kind, .. } = column(&obs, "cluster") else { panic!() };
    assert_eq!((&categories[..], *kind), (&texts(&["10", "2"])[..], CategoryKind::Integers));
    let FrameColumn::Categorical { categories, kind, .. } = column(&obs, "score") else { panic!() };
    assert_eq!((&categories[..], *kind), (&texts(&["0.1", "1.0", "1e-05"])[..], CategoryKind::Singles));
    assert!(matches!(column(&obs, "when"), FrameColumn::Unsupported { reason } if reason.contains("mystery")));
    assert!(matches!(column(&obs, "gone"), FrameColumn::Unsupported { reason } if reason.contains("missing")));
    let places: Vec<_> = file.warnings().into_iter().map(|warning| warning.place).collect();
    assert_eq!(places, ["obs/gone", "obs/when"]);
}

fn one_column_of_every_kind() -> (Written, H5ad) {
    Fixture::new()
        .frame("obs", &texts(&["a", "b", "c"]), |columns| {
            columns.floats("zeta", &[0.5, f64::NAN, -3.0]);
            let name = columns.add("type");
            subgroup(columns.group, name, |group| {
                encoding(group, "categorical");
                group.set_attr("ordered", AttrValue::I8(1));
                group.create_dataset("codes").with_i8_data(&[1, -1, 0]);
                group.create_dataset("categories").with_vlen_strings(&["B", "T"]);
            });
            columns.strings("text", &["x", "", "µ"]);
            columns.booleans("flag", &[true, false, true]);
            columns.integers("count", &[-1, 0, i64::MAX]);
            columns.masked("gaps", "nullable-integer", &[false, true, false], |group| {
                group.create_dataset("values").with_i32_data(&[7, 8, 9]);
            });
            columns.masked("flags", "nullable-boolean", &[true, false, false], |group| {
                group.create_dataset("values").with_raw_data(boolean_type(), vec![1, 1, 0], 3);
            });
            columns.masked("words", "nullable-string-array", &[false, false, true], |group| {
                group.create_dataset("values").with_vlen_strings(&["p", "q", "r"]);
            });
            let name = columns.add("cluster");
            subgroup(columns.group, name, |group| {
                group.create_dataset("codes").with_i16_data(&[0, 1, 1]);
                group.create_dataset("categories").with_i64_data(&[10, 2]);
            });
            let name = columns.add("score");
            subgroup(columns.group, name, |group| {
                group.create_dataset("codes").with_i8_data(&[0, 1, 2]);
                group.create_dataset("categories").with_f32_data(&[0.1, 1.0, 1e-5]);
            });
            let name = columns.add("when");
            subgroup(columns.group, name, |group| encoding(group, "mystery"));
            columns.add("gone");
        })
        .frame("var", &labels("gene", 1), |_| ())
        .open()
}

#[test]
fn anndata_0_7_keeps_categories_aside() {
    let (_written, file) = Fixture::new()
        .group("obs", |group| {
            group.set_attr("_index", AttrValue::VarLenString("cell id".to_owned()));
            group.set_attr("column-order", AttrValue::VarLenStringArray(texts(&["type", "n"])));
            group.create_dataset("cell id").with_vlen_strings(&["a", "b"]);
            group.create_dataset("type").with_i8_data(&[-1, 1]);
            group.create_dataset("n").with_i8_data(&[-1, 1]);
            subgroup(group, "__categories", |group| {
                let types = group.create_dataset("type");
                types.with_vlen_strings(&["B", "T"]).set_attr("ordered", AttrValue::I8(1));
            });
        })
        .frame("var", &labels("gene", 1), |_| ())
        .open();
    let obs = file.obs().unwrap();
    assert_eq!(obs.index_name.as_deref(), Some("cell id"));
    let expected = FrameColumn::Categorical {
        codes: vec![-1, 1],
        categories: texts(&["B", "T"]),
        ordered: true,
        kind: CategoryKind::Text,
    };
    assert_eq!(*column(&obs, "type"), expected);
    assert_eq!(*column(&obs, "n"), FrameColumn::Integers(some(&[-1, 1])));
    assert_eq!(obs.columns.len(), 2);
}

/// Records of an index of three bytes, a code, a number and a truth value, with a gap before the number.
fn records() -> (Datatype, Vec<u8>) {
    let datatype = CompoundTypeBuilder::with_size(16)
        .field("index", 0, fixed_string(3))
        .field("louvain", 3, make_i8_type())
        .field("score", 4, make_f64_type())
        .field("flag", 12, boolean_type())
        .build()
        .unwrap();
    let mut bytes = Vec::new();
    for (index, code, score, flag) in [(b"AA\0", 1, 0.5, 1), (b"CCC", 0, -2.0, 0), (b"G\0\0", 1, f64::NAN, 1)] {
        bytes.extend_from_slice(index);
        bytes.push(code);
        bytes.extend_from_slice(&f64::to_le_bytes(score));
        bytes.extend_from_slice(&[flag, 9, 9, 9]);
    }
    (datatype, bytes)
}

fn fixed_string(size: u32) -> Datatype {
    Datatype::String { size, padding: hdf5_pure::StringPadding::NullPad, charset: hdf5_pure::CharacterSet::Ascii }
}

#[test]
fn anndata_0_6_writes_records_and_keeps_categories_in_uns() {
    let mut fixture = Fixture::new().frame("var", &labels("gene", 1), |_| ()).group("uns", |group| {
        group.create_dataset("louvain_categories").with_ascii_strings(&["Mono", "NK"]).unwrap();
    });
    let (datatype, bytes) = records();
    fixture.file.create_dataset("obs").with_compound_data(datatype, bytes, 3).with_chunks(&[2]).with_deflate(4);
    let (_written, file) = fixture.open();
    assert_eq!(file.n_obs(), 3);
    let obs = file.obs().unwrap();
    assert_eq!(obs.index, ["AA", "CCC", "G"]);
    let expected = FrameColumn::Categorical {
        codes: vec![1, 0, 1],
        categories: texts(&["Mono", "NK"]),
        ordered: false,
        kind: CategoryKind::Text,
    };
    assert_eq!(*column(&obs, "louvain"), expected);
    assert_eq!(*column(&obs, "flag"), FrameColumn::Booleans(some(&[true, false, true])));
    assert!(matches!(column(&obs, "score"), FrameColumn::Doubles(v) if v[..2] == [0.5, -2.0] && v[2].is_nan()));
}

#[test]
fn repeated_categories_are_one() {
    let (_written, file) = Fixture::new()
        .frame("obs", &labels("cell", 5), |columns| {
            columns.categorical("sample", &[0, 1, 2, 3, -1], &["1", "2", "1", "2"]);
        })
        .frame("var", &labels("gene", 1), |_| ())
        .open();
    let expected = FrameColumn::Categorical {
        codes: vec![0, 1, 0, 1, -1],
        categories: texts(&["1", "2"]),
        ordered: false,
        kind: CategoryKind::Text,
    };
    assert_eq!(*column(&file.obs().unwrap(), "sample"), expected);
    let warnings = file.warnings();
    assert_eq!(warnings[0].place, "obs/sample");
    assert!(warnings[0].message.contains("2 categories more than once (`1` is one)"), "{warnings:?}");
}

/// Since anndata 0.7 a list of that name in `uns` is the user's own.
#[test]
fn only_old_files_keep_categories_in_uns() {
    let (_written, file) = Fixture::new()
        .frame("obs", &labels("cell", 2), |columns| columns.integers("batch", &[0, 1]))
        .frame("var", &labels("gene", 1), |_| ())
        .group("uns", |uns| {
            uns.create_dataset("batch_categories").with_vlen_strings(&["a", "b"]);
        })
        .open();
    assert_eq!(*column(&file.obs().unwrap(), "batch"), FrameColumn::Integers(some(&[0, 1])));
}

/// As many as make a cost that grows with their square show.
#[test]
fn thousands_of_columns_are_read() {
    const N: usize = 4000;
    let (_written, file) = Fixture::new()
        .frame("obs", &labels("cell", 2), |columns| {
            (0..N as i64).for_each(|number| columns.integers(&format!("column {number}"), &[number, -number]));
        })
        .frame("var", &labels("gene", 1), |_| ())
        .open();
    let obs = file.obs().unwrap();
    assert_eq!(obs.columns.len(), N);
    assert_eq!(obs.columns[N - 1].1, FrameColumn::Integers(some(&[3999, -3999])));
}

#[test]
fn codes_outside_the_categories_count_as_missing() {
    let (_written, file) = Fixture::new()
        .frame("obs", &labels("cell", 3), |columns| columns.categorical("type", &[0, 5, -2], &["B"]))
        .frame("var", &labels("gene", 1), |_| ())
        .open();
    let obs = file.obs().unwrap();
    assert!(matches!(column(&obs, "type"), FrameColumn::Categorical { codes, .. } if *codes == [0, -1, -1]));
    assert_eq!(file.warnings().len(), 1);
    assert!(file.warnings()[0].message.contains("2 codes"), "{:?}", file.warnings());
}

#[test]
fn a_column_of_another_length_is_left_out() {
    let (_written, file) = Fixture::new()
        .frame("obs", &labels("cell", 3), |columns| columns.floats("short", &[1.0]))
        .frame("var", &labels("gene", 1), |_| ())
        .open();
    let obs = file.obs().unwrap();
    let reason = "has 1 value for 3 rows".to_owned();
    assert_eq!(*column(&obs, "short"), FrameColumn::Unsupported { reason });
    assert_eq!(file.warnings()[0].place, "obs/short");
}

#[test]
fn rows_without_an_index_are_numbered() {
    let (_written, file) = Fixture::new()
        .group("obs", |group| {
            group.create_dataset("b").with_f64_data(&[1.0, 2.0]);
            group.create_dataset("a").with_f64_data(&[3.0, 4.0]);
        })
        .frame("var", &labels("gene", 1), |_| ())
        .open();
    let obs = file.obs().unwrap();
    assert_eq!(obs.index, ["0", "1"]);
    assert_eq!(obs.columns[0].0, "a", "sorted, since no order is stated");
    assert_eq!(file.warnings()[0].place, "obs");
}

#[test]
fn an_index_of_numbers_is_printed() {
    let (_written, file) = Fixture::new()
        .group("obs", |group| {
            group.create_dataset("index").with_i64_data(&[30, 10]);
        })
        .frame("var", &labels("gene", 1), |_| ())
        .open();
    assert_eq!(file.obs().unwrap().index, ["30", "10"]);
    assert_eq!(file.obs().unwrap().columns, []);
}

#[test]
fn many_strings_span_many_heap_collections() {
    let index: Vec<String> = (0..200_000).map(|cell| format!("{}-{cell}", "ACGT".repeat(cell % 7))).collect();
    let (_written, file) = Fixture::new().frame("obs", &index, |_| ()).frame("var", &labels("gene", 1), |_| ()).open();
    assert_eq!(file.obs().unwrap().index, index);
}

#[test]
fn names_with_slashes_lead_into_groups() {
    let (_written, file) = Fixture::new()
        .frame("obs", &labels("cell", 1), |columns| {
            columns.add("ratio a/b");
            subgroup(columns.group, "ratio a", |group| {
                group.create_dataset("b").with_f64_data(&[0.25]);
            });
        })
        .frame("var", &labels("gene", 1), |_| ())
        .open();
    assert_eq!(*column(&file.obs().unwrap(), "ratio a/b"), FrameColumn::Doubles(vec![0.25]));
}
