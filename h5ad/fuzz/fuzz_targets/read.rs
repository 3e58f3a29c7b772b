//! Any bytes as a file: an error or data, never a panic and never memory that the bytes do not support. Checksums of HDF5
//! would stop a fuzzer, so the reader does not check them here.
#![no_main]

#[path = "../read_all.rs"]
mod read_all;

use libfuzzer_sys::fuzz_target;

fuzz_target!(|input: &[u8]| {
    read_all::read_all(input.to_vec());
});
