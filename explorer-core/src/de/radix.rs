//! Sorting of magnitudes with the group of their cells, in linear time.

/// Fewer items are sorted by comparing them.
const LEAST_FOR_RADIX: usize = 256;

/// The widest digit, in bits: its counters fill half of a first-level cache.
const MOST_DIGIT_BITS: u32 = 12;

/// The magnitude of a value (the bits of an `f32` without its sign, which have the order of the numbers) and the group
/// of its cell, in one integer.
pub(super) trait Packed: Copy + Default + Ord {
    fn pack(magnitude: u32, group: u32) -> Self;
    fn magnitude(self) -> u32;
    fn group(self) -> usize;
}

/// Of one of two groups.
impl Packed for u32 {
    #[inline]
    fn pack(magnitude: u32, group: u32) -> Self {
        (magnitude << 1) | group
    }

    #[inline]
    fn magnitude(self) -> u32 {
        self >> 1
    }

    #[inline]
    fn group(self) -> usize {
        (self & 1) as usize
    }
}

/// Of any number of groups.
impl Packed for u64 {
    #[inline]
    fn pack(magnitude: u32, group: u32) -> Self {
        (Self::from(magnitude) << 32) | Self::from(group)
    }

    #[inline]
    fn magnitude(self) -> u32 {
        (self >> 32) as u32
    }

    #[inline]
    fn group(self) -> usize {
        self as u32 as usize
    }
}

/// Sorts by magnitude; items of equal magnitude are in any order. `scratch` is for another sort of the kind to use.
pub(super) fn sort_by_magnitude<P: Packed>(items: &mut Vec<P>, scratch: &mut Vec<P>) {
    if items.len() < LEAST_FOR_RADIX {
        items.sort_unstable();
        return;
    }
    let (mut least, mut largest) = (u32::MAX, 0);
    for item in items.iter() {
        least = least.min(item.magnitude());
        largest = largest.max(item.magnitude());
    }
    let n_bits = u32::BITS - (largest - least).leading_zeros();
    if n_bits == 0 {
        return;
    }
    // No more counters than items.
    let most = (usize::BITS - 1 - items.len().leading_zeros()).min(MOST_DIGIT_BITS);
    let n_passes = n_bits.div_ceil(most);
    let digit_bits = n_bits.div_ceil(n_passes);
    let n_digits = 1_usize << digit_bits;
    let digit =
        |item: P, pass: usize| ((item.magnitude() - least) >> (pass as u32 * digit_bits)) as usize & (n_digits - 1);
    let mut counts = vec![0_u32; n_digits * n_passes as usize];
    for &item in items.iter() {
        for (pass, counts) in counts.chunks_exact_mut(n_digits).enumerate() {
            counts[digit(item, pass)] += 1;
        }
    }
    scratch.clear();
    scratch.resize(items.len(), P::default());
    for (pass, places) in counts.chunks_exact_mut(n_digits).enumerate() {
        let mut next = 0;
        for place in places.iter_mut() {
            next += std::mem::replace(place, next);
        }
        for &item in items.iter() {
            let place = &mut places[digit(item, pass)];
            scratch[*place as usize] = item;
            *place += 1;
        }
        std::mem::swap(items, scratch);
    }
}

#[cfg(test)]
mod tests {
    use proptest::{collection::vec, prelude::*};

    use super::*;

    fn check<P: Packed + std::fmt::Debug>(pairs: &[(u32, u32)]) -> Result<(), TestCaseError> {
        let mut items: Vec<P> = pairs.iter().map(|&(magnitude, group)| P::pack(magnitude, group)).collect();
        let mut expected = items.clone();
        expected.sort_unstable();
        sort_by_magnitude(&mut items, &mut Vec::new());
        prop_assert!(items.is_sorted_by_key(|item| item.magnitude()));
        items.sort_unstable();
        prop_assert_eq!(items, expected);
        Ok(())
    }

    proptest! {
        #[test]
        fn items_are_sorted_and_none_is_lost(
            shift in 0u32..31,
            n in 1usize..3000,
            seed in vec((any::<u32>(), 0u32..2), 3000),
        ) {
            let pairs: Vec<(u32, u32)> = seed.into_iter().take(n).map(|(bits, group)| ((bits >> 1) >> shift, group)).collect();
            check::<u32>(&pairs)?;
            check::<u64>(&pairs)?;
        }
    }

    #[test]
    fn packs_hold_magnitude_and_group() {
        let largest = f32::INFINITY.to_bits();
        assert_eq!((u32::pack(largest, 1).magnitude(), u32::pack(largest, 1).group()), (largest, 1));
        assert_eq!((u64::pack(largest, 70_000).magnitude(), u64::pack(largest, 70_000).group()), (largest, 70_000));
    }
}
