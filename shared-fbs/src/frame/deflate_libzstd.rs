//! Frames made by libzstd.

use std::cell::RefCell;

use zstd::{bulk::Compressor, zstd_safe::CParameter};

/// From this level on, libzstd keeps a salt between frames, so that what it makes of one may depend on those
/// before.
const FIRST_SALTED_LEVEL: i32 = 5;

thread_local! {
    // Each has buffers of some hundred kilobytes, which cost more to set up than a small tile to code.
    static COMPRESSORS: RefCell<Vec<(i32, Compressor<'static>)>> = const { RefCell::new(Vec::new()) };
}

pub(super) fn deflate(bytes: &[u8], level: i32) -> Vec<u8> {
    let compress = |compressor: &mut Compressor<'static>| {
        compressor.compress(bytes).expect("the output buffer is sized for the worst case")
    };
    if level >= FIRST_SALTED_LEVEL {
        return compress(&mut compressor(level));
    }
    COMPRESSORS.with_borrow_mut(|kept| {
        let at = kept.iter().position(|(of, _)| *of == level).unwrap_or_else(|| {
            kept.push((level, compressor(level)));
            kept.len() - 1
        });
        compress(&mut kept[at].1)
    })
}

fn compressor(level: i32) -> Compressor<'static> {
    let mut compressor = Compressor::new(level).expect("the levels that Tessera uses exist");
    compressor.set_parameter(CParameter::ChecksumFlag(true)).expect("libzstd knows the checksum flag");
    compressor
}
