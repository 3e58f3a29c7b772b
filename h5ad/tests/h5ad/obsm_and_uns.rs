//! Embeddings, colors, titles and spatial libraries.

use std::ops::Range;

use h5ad::{H5ad, ObsmValues};
use hdf5_pure::{AttrValue, CompoundTypeBuilder, Datatype, make_f32_type};

use crate::fixtures::{Fixture, encoding, fill_frame, labels, subgroup};

fn read(file: &H5ad, key: &str, columns: Range<usize>) -> Vec<f64> {
    file.read_obsm(key, columns).unwrap().values.into_doubles()
}

#[test]
fn arrays_frames_and_sparse_entries_of_obsm_are_read() {
    let (_written, file) = Fixture::with_axes(3, 1)
        .group("obsm", |obsm| {
            let umap = [0.0, 1.0, 9.0, f64::NAN, 3.0, 9.0, 4.0, 5.0, 9.0];
            obsm.create_dataset("X_umap").with_f64_data(&umap).with_shape(&[3, 3]).with_chunks(&[2, 2]).with_deflate(1);
            obsm.create_dataset("flat").with_i64_data(&[7, 8, 9]);
            obsm.create_dataset("short").with_f32_data(&[7.0, 8.0]).with_shape(&[2, 1]);
            obsm.create_dataset("text").with_vlen_strings(&["a", "b", "c"]);
            subgroup(obsm, "frame", |group| {
                fill_frame(group, &labels("cell", 3), |columns| {
                    columns.strings("name", &["a", "b", "c"]);
                    columns.floats("x", &[1.0, 2.0, 3.0]);
                    columns.categorical("type", &[0, 0, 0], &["T"]);
                    columns.integers("y", &[4, 5, 6]);
                });
            });
            for (key, format) in [("csc", "csc_matrix"), ("csr", "csr_matrix")] {
                subgroup(obsm, key, |group| {
                    encoding(group, format);
                    group.set_attr("shape", AttrValue::I64Array(vec![3, 3]));
                    group.create_dataset("indptr").with_i32_data(&[0, 1, 3, 3]);
                    group.create_dataset("indices").with_i32_data(&[2, 0, 1]);
                    group.create_dataset("data").with_f32_data(&[1.0, 2.0, 3.0]);
                });
            }
        })
        .open();
    let listed: Vec<_> = file.obsm().iter().map(|info| (info.key.as_str(), info.n_columns)).collect();
    assert_eq!(listed, [("X_umap", 3), ("csc", 3), ("csr", 3), ("flat", 1), ("frame", 2)]);
    let places: Vec<_> = file.warnings().into_iter().map(|warning| warning.place).collect();
    assert_eq!(places, ["obsm/frame/name", "obsm/frame/type", "obsm/short", "obsm/text"]);

    let umap = file.read_obsm("X_umap", 0..2).unwrap();
    assert_eq!((umap.n_rows, umap.n_columns), (3, 2));
    let umap = umap.values.into_singles();
    assert!(umap[2].is_nan());
    assert_eq!([&umap[..2], &umap[3..]].concat(), [0.0, 1.0, 3.0, 4.0, 5.0]);
    assert_eq!(read(&file, "flat", 0..2), [7.0, 8.0, 9.0]);
    assert_eq!(read(&file, "frame", 0..9), [1.0, 4.0, 2.0, 5.0, 3.0, 6.0]);
    // The same three entries, told by columns and by rows.
    assert_eq!(read(&file, "csc", 0..2), [0.0, 2.0, 0.0, 3.0, 1.0, 0.0]);
    assert_eq!(read(&file, "csr", 0..2), [0.0, 0.0, 2.0, 3.0, 0.0, 0.0]);
    assert_eq!(read(&file, "csc", 1..9), [2.0, 0.0, 3.0, 0.0, 0.0, 0.0]);
    assert_eq!(read(&file, "csr", 1..9), [0.0, 1.0, 3.0, 0.0, 0.0, 0.0]);
    assert_eq!(read(&file, "X_umap", 2..3).len(), 3);
    assert_eq!(read(&file, "X_umap", 3..usize::MAX), [0.0; 0]);
    let error = file.read_obsm("X_tsne", 0..2).unwrap_err().to_string();
    assert!(error.contains("obsm/X_tsne") && error.contains("X_umap"), "{error}");
}

#[test]
fn obsm_of_records_is_read() {
    let pair = Datatype::Array { base_type: Box::new(make_f32_type()), dimensions: vec![2] };
    let datatype = CompoundTypeBuilder::new().field("X_pca", pair.clone()).field("X_umap", pair).build().unwrap();
    let values: Vec<u8> = (0..8).flat_map(|value| f32::to_le_bytes(value as f32)).collect();
    let mut fixture = Fixture::with_axes(2, 1);
    fixture.file.create_dataset("obsm").with_compound_data(datatype, values, 2);
    let (_written, file) = fixture.open();
    assert_eq!(file.obsm().len(), 2);
    assert_eq!(read(&file, "X_umap", 0..2), [2.0, 3.0, 6.0, 7.0]);
    assert_eq!(read(&file, "X_pca", 0..1), [0.0, 4.0]);
}

#[test]
fn obsm_keeps_the_digits_that_the_file_has() {
    let (_written, file) = Fixture::with_axes(1, 1)
        .group("obsm", |obsm| {
            obsm.create_dataset("mercator").with_f64_data(&[1_287_654.123_456, 6.0]).with_shape(&[1, 2]);
            obsm.create_dataset("nanometers").with_i64_data(&[1 << 40 | 1]).with_shape(&[1, 1]);
            obsm.create_dataset("single").with_f32_data(&[0.1]).with_shape(&[1, 1]);
            subgroup(obsm, "sparse", |group| {
                encoding(group, "csr_matrix");
                group.set_attr("shape", AttrValue::I64Array(vec![1, 3]));
                group.create_dataset("indptr").with_i32_data(&[0, 3]);
                group.create_dataset("indices").with_i32_data(&[2, 0, 2]);
                group.create_dataset("data").with_f64_data(&[0.1, 1e300, 0.2]);
            });
        })
        .open();
    let values = |key| file.read_obsm(key, 0..9).unwrap().values;
    assert_eq!(values("mercator"), ObsmValues::Doubles(vec![1_287_654.123_456, 6.0]));
    assert_eq!(values("nanometers"), ObsmValues::Doubles(vec![(1_u64 << 40 | 1) as f64]));
    assert_eq!(values("single"), ObsmValues::Singles(vec![0.1]));
    assert_eq!(values("sparse"), ObsmValues::Doubles(vec![1e300, 0.0, 0.1 + 0.2]));
}

#[test]
fn uns_gives_title_colors_and_spatial_libraries() {
    let (_written, file) = Fixture::with_axes(1, 1)
        .group("uns", |uns| {
            uns.create_dataset("title").with_vlen_strings(&["Gut"]);
            uns.create_dataset("default_embedding").with_ascii_strings(&["X_umap"]).unwrap();
            uns.create_dataset("type_colors").with_vlen_strings(&["#ff0000", "blue"]);
            uns.create_dataset("rgb_colors").with_f64_data(&[1.0, 0.5, 0.0, 0.0, 0.0, 1.0]).with_shape(&[2, 3]);
            let rgba = [1.0, 0.5, 0.0, 0.5, 0.0, 0.0, 1.0, 1.0];
            uns.create_dataset("rgba_colors").with_f64_data(&rgba).with_shape(&[2, 4]);
            uns.create_dataset("odd_colors").with_f64_data(&[1.0, 0.5]);
            subgroup(uns, "spatial", |spatial| {
                spatial.create_dataset("is_single").with_u8_data(&[1]);
                subgroup(spatial, "slide", |slide| {
                    subgroup(slide, "images", |images| {
                        images.create_dataset("hires").with_u8_data(&[0; 24]).with_shape(&[4, 2, 3]);
                    });
                    subgroup(slide, "scalefactors", |factors| {
                        factors.create_dataset("tissue_hires_scalef").with_f64_data(&[0.25]);
                        factors.create_dataset("spot_diameter_fullres").with_i64_data(&[89]);
                    });
                });
            });
        })
        .open();
    let uns = file.uns();
    assert_eq!(uns.title.as_deref(), Some("Gut"));
    assert_eq!(uns.default_embedding.as_deref(), Some("X_umap"));
    assert_eq!(uns.colors["type"], ["#ff0000", "blue"]);
    assert_eq!(uns.colors["rgb"], ["#ff8000", "#0000ff"]);
    assert_eq!(uns.colors["rgba"], ["#ff800080", "#0000ffff"]);
    assert_eq!(uns.colors.len(), 3);
    assert_eq!(uns.spatial.len(), 1);
    let slide = &uns.spatial[0];
    assert_eq!(slide.name, "slide");
    assert_eq!(slide.images[0].place, "uns/spatial/slide/images/hires");
    assert_eq!(slide.images[0].shape, [4, 2, 3]);
    assert_eq!(slide.scalefactors["tissue_hires_scalef"], 0.25);
    assert_eq!(slide.scalefactors["spot_diameter_fullres"], 89.0);
    assert_eq!(file.warnings()[0].place, "uns/odd_colors");
}

#[test]
fn the_base_of_logarithms_is_what_uns_states() {
    let base = |fill: fn(&mut hdf5_pure::GroupBuilder)| {
        let (_written, file) = Fixture::with_axes(1, 1).group("uns", |uns| subgroup(uns, "log1p", fill)).open();
        file.uns().log_base
    };
    let stated = |log1p: &mut hdf5_pure::GroupBuilder| {
        log1p.create_dataset("base").with_f64_data(&[2.0]).with_shape(&[]);
    };
    assert_eq!(base(stated), Some(2.0));
    let whole = |log1p: &mut hdf5_pure::GroupBuilder| {
        log1p.create_dataset("base").with_i64_data(&[10]);
    };
    assert_eq!(base(whole), Some(10.0));
    // As scanpy and anndata write for the natural logarithm.
    assert_eq!(base(|_| ()), None);
    let none = |log1p: &mut hdf5_pure::GroupBuilder| {
        let base = log1p.create_dataset("base").with_f32_data(&[]);
        base.set_attr("encoding-type", AttrValue::VarLenString("null".to_owned()));
    };
    assert_eq!(base(none), None);
    let text = |log1p: &mut hdf5_pure::GroupBuilder| {
        log1p.create_dataset("base").with_vlen_strings(&["None"]);
    };
    assert_eq!(base(text), None);
    assert_eq!(Fixture::with_axes(1, 1).open().1.uns().log_base, None);
}

#[test]
fn a_base_that_is_none_is_named_with_its_value() {
    let said = |fill: &dyn Fn(&mut hdf5_pure::GroupBuilder)| {
        let (_written, file) = Fixture::with_axes(1, 1).group("uns", |uns| subgroup(uns, "log1p", fill)).open();
        assert_eq!(file.uns().log_base, None);
        let [warning] = &file.warnings()[..] else { panic!("{:?}", file.warnings()) };
        assert_eq!(warning.place, "uns/log1p/base");
        assert!(warning.message.ends_with("natural logarithms are assumed"), "{}", warning.message);
        warning.message.split(',').next().unwrap().to_owned()
    };
    for (base, text) in
        [(-2.0, "-2.0"), (0.0, "0.0"), (1.0, "1.0"), (0.5, "0.5"), (f64::NAN, "nan"), (f64::INFINITY, "inf")]
    {
        let found = said(&|log1p| {
            log1p.create_dataset("base").with_f64_data(&[base]).with_shape(&[]);
        });
        assert_eq!(found, format!("is `{text}`"));
    }
    assert_eq!(
        said(&|log1p| {
            log1p.create_dataset("base").with_i64_data(&[-10]);
        }),
        "is `-10`"
    );
    assert_eq!(
        said(&|log1p| {
            log1p.create_dataset("base").with_vlen_strings(&["two"]);
        }),
        "is `two`"
    );
    assert_eq!(
        said(&|log1p| {
            log1p.create_dataset("base").with_f64_data(&[]);
        }),
        "holds no number"
    );
    assert_eq!(said(&|log1p| subgroup(log1p, "base", |_| ())), "holds no number");
}

#[test]
fn long_rows_are_read_in_parts() {
    const WIDTH: usize = 3 << 19;
    let values: Vec<u8> = (0..2 * WIDTH).map(|at| (at % 251) as u8).collect();
    let (written, _file) = Fixture::with_axes(2, 1)
        .group("obsm", |obsm| {
            obsm.create_dataset("wide").with_u8_data(&values).with_shape(&[2, WIDTH as u64 / 3, 3]);
        })
        .open();
    let (mut seen, mut most) = (Vec::new(), 0);
    let see = |part: &[f64]| {
        most = most.max(part.len());
        seen.extend(part.iter().map(|value| *value as u8));
    };
    h5ad::RawFile::open(&written.path()).unwrap().each_number("obsm/wide", see).unwrap();
    assert!(most <= 1 << 20, "{most}");
    assert!(seen == values);
}
