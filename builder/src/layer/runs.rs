//! Runs: the values of one row of a sparse matrix as few bytes, for temporary files. About two bytes a
//! count, five a float.
//!
//! A run is its row's number, the number of its values, and the bytes of its gaps as varints; the gaps
//! (`shared_fbs::bytes`); the bytes of a value; the values, little-endian.

use shared_fbs::bytes::{extend_from_gaps, push_gaps, push_varint, take_varint};

/// What the spool gives back is what was put in.
const INTACT: &str = "runs come back as they were written";

/// Writes runs.
#[derive(Default)]
pub struct RunWriter {
    gaps: Vec<u8>,
}

impl RunWriter {
    /// Appends a run: `columns` ascend, `bits` are as many.
    pub fn push(&mut self, row: u32, columns: impl Iterator<Item = u32>, bits: &[u32], out: &mut Vec<u8>) {
        self.gaps.clear();
        push_gaps(columns, &mut self.gaps);
        for number in [row as usize, bits.len(), self.gaps.len()] {
            push_varint(number as u64, out);
        }
        out.extend_from_slice(&self.gaps);
        match bits.iter().fold(0, |all, bits| all | bits) {
            0..=0xff => {
                out.push(1);
                out.extend(bits.iter().map(|&bits| bits as u8));
            }
            0x100..=0xffff => {
                out.push(2);
                out.extend(bits.iter().flat_map(|&bits| (bits as u16).to_le_bytes()));
            }
            _ => {
                out.push(4);
                out.extend(bits.iter().flat_map(|bits| bits.to_le_bytes()));
            }
        }
    }
}

/// A run as it lies in a buffer.
#[derive(Clone, Copy)]
pub struct Run<'a> {
    /// Number of its row.
    pub row: u32,
    n_values: usize,
    gaps: &'a [u8],
    width: u8,
    values: &'a [u8],
}

impl<'a> Run<'a> {
    /// Takes the first run off the front of `bytes`.
    pub fn take(bytes: &mut &'a [u8]) -> Self {
        let mut number = || take_varint(bytes).expect(INTACT) as usize;
        let (row, n_values, n_gap_bytes) = (number() as u32, number(), number());
        let (gaps, rest) = bytes.split_at(n_gap_bytes);
        let (&width, rest) = rest.split_first().expect(INTACT);
        let (values, rest) = rest.split_at(n_values * usize::from(width));
        *bytes = rest;
        Self { row, n_values, gaps, width, values }
    }

    /// Appends the columns.
    pub fn columns(&self, columns: &mut Vec<u32>) {
        extend_from_gaps(self.gaps, self.n_values, u32::MAX, columns).expect(INTACT);
    }

    /// Appends the values' bits.
    pub fn bits(&self, bits: &mut Vec<u32>) {
        match self.width {
            1 => bits.extend(self.values.iter().map(|&value| u32::from(value))),
            2 => bits.extend(self.values.as_chunks().0.iter().map(|&value| u32::from(u16::from_le_bytes(value)))),
            _ => bits.extend(self.values.as_chunks().0.iter().map(|&value| u32::from_le_bytes(value))),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn runs_round_trip(
            rows in prop::collection::vec(
                prop::collection::btree_map(0u32..100_000, prop_oneof![1u32..9, 1u32..300, 1u32..70_000, any::<u32>()], 0..50),
                0..20,
            ),
        ) {
            let rows: Vec<(Vec<u32>, Vec<u32>)> = rows.into_iter().map(|row| row.into_iter().unzip()).collect();
            let (mut writer, mut written) = (RunWriter::default(), Vec::new());
            for (row, (columns, bits)) in rows.iter().enumerate() {
                writer.push(row as u32 * 3, columns.iter().copied(), bits, &mut written);
            }
            let mut rest = &written[..];
            for (row, (columns, bits)) in rows.iter().enumerate() {
                let run = Run::take(&mut rest);
                let (mut found_columns, mut found_bits) = (Vec::new(), Vec::new());
                run.columns(&mut found_columns);
                run.bits(&mut found_bits);
                prop_assert_eq!(run.row, row as u32 * 3);
                prop_assert_eq!((&found_columns, &found_bits), (columns, bits));
            }
            prop_assert!(rest.is_empty());
        }
    }
}
