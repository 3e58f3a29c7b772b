//! Any bytes to any decoder: an error or a value, never a panic. What decodes is encoded and decoded
//! again, and must be the same; checksums would stop a fuzzer, so frames are fed apart from tiles.
#![no_main]

use std::fmt::Debug;

use libfuzzer_sys::fuzz_target;
use shared_fbs::{
    DecodeError, frame,
    manifest::Manifest,
    path::TileList,
    tile::{Categories, Cells, Codes, Directory, Expression, Genes, Image, Moments, Numbers, Points, Posting, Strings, Values},
};

/// Decodes; what comes out must survive a round trip.
fn round_trip<T: Debug>(
    bytes: &[u8],
    decode: impl Fn(&[u8]) -> Result<T, DecodeError>,
    encode: impl Fn(&T) -> Vec<u8>,
) {
    if let Ok(value) = decode(bytes) {
        let again = decode(&encode(&value)).expect("what was decoded can be encoded");
        // As text, since NaN differs from itself.
        assert_eq!(format!("{value:?}"), format!("{again:?}"));
    }
}

/// Asks a manifest what readers ask.
fn visit(manifest: &Manifest) {
    let _ = manifest.levels().tiles().len();
    let _ = manifest.statistics_layer();
    for pack in &manifest.packs {
        for index in [0, pack.n_tiles / 2, pack.n_tiles.wrapping_sub(1), u32::MAX] {
            let _ = pack.directory_of(index);
        }
        let _ = pack.read_page(0, &[]);
    }
}

fuzz_target!(|input: &[u8]| {
    let Some((&kind, bytes)) = input.split_first() else { return };
    match kind % 19 {
        0 => round_trip(bytes, Categories::decode, Categories::encode),
        1 => round_trip(bytes, Codes::decode, Codes::encode),
        2 => round_trip(bytes, Directory::decode, Directory::encode),
        3 => round_trip(bytes, Expression::decode_counts, Expression::encode),
        4 => round_trip(bytes, Expression::decode_floats, Expression::encode),
        5 => round_trip(bytes, Genes::decode, Genes::encode),
        6 => round_trip(bytes, Image::decode, Image::encode),
        7 => round_trip(bytes, Moments::decode, Moments::encode),
        8 => round_trip(bytes, Points::decode, Points::encode),
        9 => round_trip(bytes, Posting::decode, Posting::encode),
        10 => round_trip(bytes, Strings::decode, Strings::encode),
        11 => round_trip(bytes, Values::decode, Values::encode),
        12 => {
            let _ = frame::inflate(bytes);
        }
        13 => {
            let _ = frame::split_inflated(bytes);
        }
        14 => round_trip(bytes, |bytes| Cells::decode_counts(bytes, u64::MAX, u32::MAX), Cells::encode),
        15 => round_trip(bytes, |bytes| Cells::decode_floats(bytes, u64::MAX, u32::MAX), Cells::encode),
        16 => {
            if let Ok(manifest) = Manifest::decode(bytes) {
                visit(&manifest);
                let again = Manifest::decode(&manifest.encode()).expect("what was decoded can be encoded");
                assert_eq!(format!("{manifest:?}"), format!("{again:?}"));
            }
        }
        17 => round_trip(bytes, Numbers::decode, Numbers::encode),
        _ => {
            if let Ok(list) = str::from_utf8(bytes).unwrap_or_default().parse::<TileList>() {
                assert!(list.count().is_some_and(|count| list.iter().count() == count.get() as usize));
                assert_eq!(list.to_string().parse(), Ok(list));
            }
        }
    }
});
