//! Random numbers that are the same on every machine: SplitMix64 (Steele, Lea and Flood 2014).

/// A generator.
#[derive(Clone, Debug)]
pub(super) struct Random(u64);

impl Random {
    /// The same seed gives the same numbers.
    pub(super) fn new(seed: u64) -> Self {
        Self(seed)
    }

    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mixed = (self.0 ^ (self.0 >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ (mixed >> 31)
    }

    /// A number below `n`, which is not 0: the high half of a product, whose bias is below n / 2⁶⁴.
    fn below(&mut self, n: usize) -> usize {
        ((u128::from(self.next()) * n as u128) >> 64) as usize
    }

    /// `n_some` of the numbers below `n_all`, ascending, each once, every choice as probable as any other (Floyd's
    /// algorithm).
    pub(super) fn some_of(&mut self, n_some: usize, n_all: usize) -> Vec<u32> {
        let mut is_taken = fixedbitset::FixedBitSet::with_capacity(n_all);
        for last in n_all - n_some.min(n_all)..n_all {
            let pick = self.below(last + 1);
            let pick = if is_taken.contains(pick) { last } else { pick };
            is_taken.insert(pick);
        }
        is_taken.ones().map(|number| number as u32).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_number_is_drawn_as_often_as_any_other() {
        let mut random = Random::new(1);
        let mut counts = [0_u32; 12];
        for _ in 0..12_000 {
            let some = random.some_of(5, 12);
            assert!(some.len() == 5 && some.is_sorted_by(|a, b| a < b));
            some.iter().for_each(|&number| counts[number as usize] += 1);
        }
        // 5 000 expected of each, with a standard deviation of 54.
        assert!(counts.iter().all(|&count| count.abs_diff(5000) < 270), "{counts:?}");
        assert_eq!(random.some_of(9, 4), [0, 1, 2, 3]);
    }
}
