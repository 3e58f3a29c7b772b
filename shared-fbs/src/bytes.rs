//! The two encodings that recur in tiles: byte planes and varints. Both are specified at the head
//! of `schemas/tiles.fbs`.

/// Splits numbers of `W` bytes into `W` runs: all lowest bytes, …, all highest.
pub fn to_planes<const W: usize>(numbers: impl ExactSizeIterator<Item = [u8; W]>) -> Vec<u8> {
    let n = numbers.len();
    let mut planes = vec![0; n * W];
    for (i, bytes) in numbers.enumerate() {
        for (plane, byte) in bytes.into_iter().enumerate() {
            planes[plane * n + i] = byte;
        }
    }
    planes
}

/// Undoes [`to_planes`]. `None` when the length is no multiple of `W`.
pub fn from_planes<const W: usize>(planes: &[u8]) -> Option<impl ExactSizeIterator<Item = [u8; W]>> {
    if !planes.len().is_multiple_of(W) {
        return None;
    }
    let n = planes.len() / W;
    let runs: [&[u8]; W] = std::array::from_fn(|plane| &planes[plane * n..(plane + 1) * n]);
    Some((0..n).map(move |i| std::array::from_fn(|plane| runs[plane][i])))
}

/// Appends a number as LEB128.
pub fn push_varint(mut number: u64, out: &mut Vec<u8>) {
    while number >= 0x80 {
        out.push(number as u8 | 0x80);
        number >>= 7;
    }
    out.push(number as u8);
}

/// Takes one LEB128 number off the front of `bytes`. `None` when it is cut short or above 64 bits.
#[inline]
pub fn take_varint(bytes: &mut &[u8]) -> Option<u64> {
    let (&first, rest) = bytes.split_first()?;
    *bytes = rest;
    if first < 0x80 {
        return Some(u64::from(first));
    }
    let mut number = u64::from(first & 0x7f);
    let mut shift = 7;
    loop {
        let (&byte, rest) = bytes.split_first()?;
        *bytes = rest;
        let low = u64::from(byte & 0x7f);
        if shift > 63 || (shift == 63 && low > 1) {
            return None;
        }
        number |= low << shift;
        if byte < 0x80 {
            return Some(number);
        }
        shift += 7;
    }
}

/// Appends a number of up to 128 bits as LEB128.
pub fn push_wide_varint(mut number: u128, out: &mut Vec<u8>) {
    while number > u128::from(u64::MAX) {
        out.push(number as u8 | 0x80);
        number >>= 7;
    }
    push_varint(number as u64, out);
}

/// Takes one LEB128 number off the front of `bytes`. `None` when it is cut short or above 128 bits.
///
/// Up to nine bytes, as nearly all numbers have, it computes in 64 bits: wider ones are slow in WebAssembly.
#[inline]
pub fn take_wide_varint(bytes: &mut &[u8]) -> Option<u128> {
    let mut number = 0;
    for shift in (0..63).step_by(7) {
        let (&byte, rest) = bytes.split_first()?;
        *bytes = rest;
        number |= u64::from(byte & 0x7f) << shift;
        if byte < 0x80 {
            return Some(u128::from(number));
        }
    }
    let mut number = u128::from(number);
    for shift in (63..128).step_by(7) {
        let (&byte, rest) = bytes.split_first()?;
        *bytes = rest;
        let low = u128::from(byte & 0x7f);
        number |= low << shift;
        if byte < 0x80 {
            return (low << shift >> shift == low).then_some(number);
        }
    }
    None
}

/// Maps a signed number to an unsigned one, small magnitudes to small numbers.
pub fn zigzag(number: i64) -> u64 {
    ((number << 1) ^ (number >> 63)) as u64
}

/// Undoes [`zigzag`].
pub fn unzigzag(number: u64) -> i64 {
    (number >> 1) as i64 ^ -((number & 1) as i64)
}

/// Writes ascending numbers as varints of their gaps, less one; the first counts from −1.
pub fn push_gaps(ascending: impl IntoIterator<Item = u32>, out: &mut Vec<u8>) {
    let mut next = 0;
    for number in ascending {
        debug_assert!(number >= next, "numbers must ascend");
        push_varint(u64::from(number - next), out);
        next = number + 1;
    }
}

/// Undoes [`push_gaps`]: `count` numbers below `limit`. `None` when the bytes hold anything else.
pub fn read_gaps(bytes: &[u8], count: usize, limit: u32) -> Option<Vec<u32>> {
    let mut numbers = Vec::new();
    extend_from_gaps(bytes, count, limit, &mut numbers)?;
    Some(numbers)
}

/// [`read_gaps`] into a vector that may hold something already, of numbers that `limit` fits.
/// Nearly all gaps take one byte, so that case is kept tight.
pub fn extend_from_gaps<N: FromGap>(mut bytes: &[u8], count: usize, limit: u32, numbers: &mut Vec<N>) -> Option<()> {
    if count > bytes.len() {
        return None;
    }
    numbers.reserve(count);
    let (before, limit) = (numbers.len(), u64::from(limit));
    let mut next = 0u64;
    while let Some((&first, rest)) = bytes.split_first() {
        let number = if first < 0x80 {
            bytes = rest;
            next + u64::from(first)
        } else {
            next.checked_add(take_varint(&mut bytes)?)?
        };
        if number >= limit {
            return None;
        }
        numbers.push(N::from_gap(number));
        next = number + 1;
    }
    (numbers.len() - before == count).then_some(())
}

/// What [`extend_from_gaps`] makes numbers of.
pub trait FromGap {
    /// The number, which the caller's limit keeps within the type.
    fn from_gap(number: u64) -> Self;
}

impl FromGap for u16 {
    fn from_gap(number: u64) -> Self {
        number as u16
    }
}

impl FromGap for u32 {
    fn from_gap(number: u64) -> Self {
        number as u32
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn planes_round_trip(numbers: Vec<u32>) {
            let planes = to_planes(numbers.iter().map(|n| n.to_le_bytes()));
            let back: Vec<u32> = from_planes::<4>(&planes).unwrap().map(u32::from_le_bytes).collect();
            prop_assert_eq!(back, numbers);
        }

        #[test]
        fn varint_round_trips(number: u64, tail: Vec<u8>) {
            let mut bytes = Vec::new();
            push_varint(number, &mut bytes);
            bytes.extend(&tail);
            let mut rest = &bytes[..];
            prop_assert_eq!(take_varint(&mut rest), Some(number));
            prop_assert_eq!(rest, &tail[..]);
        }

        #[test]
        fn wide_varint_round_trips(number: u128, dropped_bits in 0u32..128, tail: Vec<u8>) {
            let number = number >> dropped_bits;
            let mut bytes = Vec::new();
            push_wide_varint(number, &mut bytes);
            if let Ok(narrow) = u64::try_from(number) {
                prop_assert_eq!(take_varint(&mut &bytes[..]), Some(narrow));
            }
            bytes.extend(&tail);
            let mut rest = &bytes[..];
            prop_assert_eq!(take_wide_varint(&mut rest), Some(number));
            prop_assert_eq!(rest, &tail[..]);
        }

        #[test]
        fn varint_never_panics(bytes: Vec<u8>) {
            let mut rest = &bytes[..];
            while take_varint(&mut rest).is_some() {}
            let mut rest = &bytes[..];
            while take_wide_varint(&mut rest).is_some() {}
        }

        #[test]
        fn zigzag_round_trips(number: i64) {
            prop_assert_eq!(unzigzag(zigzag(number)), number);
        }

        #[test]
        fn gaps_round_trip(numbers in prop::collection::btree_set(0u32..100_000, 0..200)) {
            let mut bytes = Vec::new();
            push_gaps(numbers.iter().copied(), &mut bytes);
            prop_assert_eq!(read_gaps(&bytes, numbers.len(), 100_000), Some(numbers.into_iter().collect()));
        }

        #[test]
        fn gaps_never_panic(bytes: Vec<u8>, count in 0usize..1000, limit: u32) {
            if let Some(numbers) = read_gaps(&bytes, count, limit) {
                prop_assert!(numbers.is_sorted() && numbers.iter().all(|&n| n < limit));
            }
        }
    }

    #[test]
    fn varint_refuses_more_than_64_bits() {
        let mut bytes = &[0xff; 10][..];
        assert_eq!(take_varint(&mut bytes), None);
        let mut bytes = &[0x80, 0x80][..];
        assert_eq!(take_varint(&mut bytes), None);
    }

    #[test]
    fn wide_varint_refuses_more_than_128_bits() {
        let with_last = |byte: u8| [vec![0xff; 18], vec![byte]].concat();
        assert_eq!(take_wide_varint(&mut &with_last(0x03)[..]), Some(u128::MAX));
        assert_eq!(take_wide_varint(&mut &with_last(0x04)[..]), None);
        assert_eq!(take_wide_varint(&mut &with_last(0xff)[..]), None);
        assert_eq!(take_wide_varint(&mut &[0x80; 10][..]), None);
    }
}
