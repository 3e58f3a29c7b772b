//! Manifests that are encoded and decoded, and those that are refused.

use super::*;

fn manifest() -> Manifest {
    let mut manifest = Manifest {
        format_version: FORMAT_VERSION,
        generator: "a program".to_owned(),
        level_ranks: order::Levels::for_n_obs(1).boundaries(),
        n_obs: 1,
        ..Manifest::default()
    };
    manifest.content_id = manifest.content_id_of();
    manifest
}

#[test]
fn a_manifest_round_trips() {
    assert_eq!(Manifest::decode(&manifest().encode()), Ok(manifest()));
}

#[test]
fn the_content_id_is_of_what_the_dataset_holds() {
    let id = manifest().content_id_of();
    let told = Manifest {
        title: Some("a title".to_owned()),
        source: Some("a.h5ad".to_owned()),
        generator: "another program".to_owned(),
        warnings: vec![Warning { place: "obs".to_owned(), message: "was mended".to_owned() }],
        content_id: id.clone(),
        ..manifest()
    };
    assert_eq!(told.content_id_of(), id);
    let pack = Pack { name: "obs".to_owned(), file: "obs-1.tsp".to_owned(), ..Pack::default() };
    let others = [
        Manifest { n_obs: 2, ..manifest() },
        Manifest { packs: vec![pack], ..manifest() },
        Manifest { main_label: Some("cell_type".to_owned()), ..manifest() },
    ];
    assert!(others.iter().all(|other| other.content_id_of() != id));
}

#[test]
fn segments_make_up_their_pack_and_do_not_change_the_content_id() {
    let of_segments = |segments: Option<Vec<Segment>>| {
        let pack = Pack {
            name: "obs".to_owned(),
            file: "obs-1.pack".to_owned(),
            n_bytes: 9,
            n_tiles: 1,
            lengths: vec![9],
            checksums: vec![0],
            segments,
            ..Pack::default()
        };
        Manifest { packs: vec![pack], ..manifest() }
    };
    let whole = of_segments(None);
    let cut = of_segments(Some(vec![Segment { hash: 1, n_bytes: 9 }]));
    assert_eq!(cut.content_id_of(), whole.content_id_of());
    assert_eq!(Manifest::decode(&cut.encode()), Ok(cut));
    let short = of_segments(Some(vec![Segment { hash: 1, n_bytes: 8 }]));
    assert!(matches!(Manifest::decode(&short.encode()), Err(DecodeError::Inconsistent { .. })));
}

#[test]
fn posters_are_checked_and_do_not_change_the_content_id() {
    let poster = |file: &str, width| Poster { file: file.to_owned(), width, height: width, ..Poster::default() };
    let of_posters = |posters: Vec<Poster>| Manifest {
        embeddings: vec![Embedding { n_dims: 2, step: 1.0, number: NumberKind::Float32, ..Embedding::default() }],
        posters: Some(posters),
        ..manifest()
    };
    let name = path::poster_file(1);
    let good = of_posters(vec![poster(&name, 640), poster(&name, 320)]);
    assert_eq!(good.content_id_of(), of_posters(Vec::new()).content_id_of());
    let widths = [640, 400, 320, 1].map(|least| good.poster(PosterTheme::Light, least).map(|found| found.width));
    assert_eq!(widths, [Some(640), Some(640), Some(320), Some(320)]);
    assert_eq!(good.poster(PosterTheme::Light, 5000).map(|found| found.width), Some(640));
    assert_eq!(good.poster(PosterTheme::Dark, 1), None);
    let points = Pack { name: "points".to_owned(), file: "points.pack".to_owned(), ..Pack::default() };
    let refused = |posters| {
        let manifest = Manifest { packs: vec![points.clone()], ..of_posters(posters) };
        Manifest::decode(&manifest.encode()).err().is_some_and(|error| error.to_string().contains("poster"))
    };
    assert!(!refused(vec![poster(&name, 1)]));
    for bad in [poster("../x.png", 1), poster(&name, 0), Poster { embedding: 1, ..poster(&name, 1) }] {
        assert!(refused(vec![bad]));
    }
}

#[test]
fn another_version_is_told_before_its_schema_matters() {
    // As format 2 had it: a root table with the version and none of the fields that this schema requires.
    let of_version = |version: u32| {
        let mut builder = flatbuffers::FlatBufferBuilder::new();
        let table = builder.start_table();
        builder.push_slot(4, version, 0);
        let root = builder.end_table(table);
        builder.finish(root, Some(wire::MANIFEST_IDENTIFIER));
        Manifest::decode(&frame::deflate(builder.finished_data(), 1)).expect_err("it is of another version")
    };
    let old = of_version(2);
    assert_eq!(old, DecodeError::TooOld { what: WHAT, found: 2, expected: FORMAT_VERSION, remedy: REMEDY });
    assert!(old.to_string().contains("build the dataset again"), "{old}");
    assert_eq!(of_version(4), DecodeError::TooNew { what: WHAT, found: 4, expected: FORMAT_VERSION });
    assert!(matches!(of_version(FORMAT_VERSION), DecodeError::Invalid { .. }));
}

#[test]
fn a_layer_of_normalized_counts_without_all_divisors_is_refused() {
    let pack = |name: &str, n_tiles: usize| Pack {
        name: name.to_owned(),
        file: format!("{name}.pack"),
        n_tiles: n_tiles as u32,
        lengths: vec![1; n_tiles],
        checksums: vec![0; n_tiles],
        ..Pack::default()
    };
    let of_layer = |divisor: Option<TileRange>, corrections: Option<TileRange>| {
        let layer = Layer {
            name: "X".to_owned(),
            kind: ValueKind::LogNormalizedCounts,
            pack: "genes0".to_owned(),
            divisor,
            corrections,
            ..Layer::default()
        };
        let manifest = Manifest {
            vars: vec![Var { name: "var".to_owned(), ..Var::default() }],
            layers: vec![layer],
            packs: vec![pack("obs", 3), pack("genes0", 0)],
            ..manifest()
        };
        Manifest::decode(&manifest.encode()).map(drop)
    };
    let tiles = |first, count| Some(TileRange { first, count });
    assert_eq!(of_layer(tiles(0, 1), None), Ok(()));
    assert_eq!(of_layer(tiles(0, 1), tiles(1, 1)), Ok(()));
    for (divisor, corrections) in [(None, None), (tiles(0, 2), None), (tiles(0, 1), tiles(1, 2))] {
        let refused = of_layer(divisor, corrections).expect_err("it does not hold all");
        assert!(refused.to_string().contains("divisors"), "{refused}");
    }
}

#[test]
fn a_column_of_another_number_of_tiles_is_refused() {
    let ranges = vec![ValueRange { min: 0.0, max: 1.0 }];
    let column = Column { kind: ColumnKind::Continuous, ranges, ..Column::default() };
    let manifest = Manifest { columns: vec![column], ..manifest() };
    assert!(matches!(Manifest::decode(&manifest.encode()), Err(DecodeError::Inconsistent { .. })));
}

#[test]
fn the_tile_that_has_a_byte_is_found() {
    // The second has no bytes.
    let slots = Slots::new(7, 100, &[10, 0, 5], &[1, 2, 3]);
    let tile = |offset| slots.at(offset).map(|slot| slot.checksum);
    assert_eq!([99, 100, 109, 110, 114, 115].map(tile), [None, Some(1), Some(1), Some(3), Some(3), None]);
    assert_eq!(slots.at(110), slots.get(9));
}
