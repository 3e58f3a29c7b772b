//! Drawing from a discrete distribution in constant time (Walker's alias method, Vose's construction).

use crate::random::Random;

/// A distribution over `0..len`.
pub struct AliasTable {
    /// Threshold in 24 bits above, alias in the low 32 bits: one load a draw.
    slots: Vec<u64>,
}

const THRESHOLD_BITS: u32 = 24;

impl AliasTable {
    /// The distribution proportional to `weights`: not empty, none negative, not all zero.
    pub fn new(weights: &[f64]) -> Self {
        let n = weights.len();
        let total: f64 = weights.iter().sum();
        assert!(total > 0.0 && total.is_finite(), "the weights of a distribution add up to {total}");
        let mut scaled: Vec<f64> = weights.iter().map(|weight| weight * n as f64 / total).collect();
        let (mut small, mut large): (Vec<usize>, Vec<usize>) = (0..n).partition(|&i| scaled[i] < 1.0);
        // What rounding leaves over keeps itself, but for what must never be drawn.
        let heaviest = (0..n).fold(0, |best, i| if weights[i] > weights[best] { i } else { best });
        let unpaired = |i: usize| if weights[i] > 0.0 { slot(1.0, i) } else { slot(0.0, heaviest) };
        let mut slots: Vec<u64> = (0..n).map(unpaired).collect();
        while let (Some(less), Some(&more)) = (small.pop(), large.last()) {
            slots[less] = slot(scaled[less], more);
            scaled[more] -= 1.0 - scaled[less];
            if scaled[more] < 1.0 {
                large.pop();
                small.push(more);
            }
        }
        Self { slots }
    }

    /// Draws an index, from 64 random bits of which it leaves the lowest 8 unused.
    #[inline]
    pub fn pick(&self, bits: u64) -> usize {
        let i = (((bits >> 32) * self.slots.len() as u64) >> 32) as usize;
        let slot = self.slots[i];
        let threshold = (slot >> 32) as u32;
        if ((bits as u32) >> 8) < threshold { i } else { slot as u32 as usize }
    }

    /// Draws an index.
    pub fn draw(&self, random: &mut Random) -> usize {
        self.pick(random.bits())
    }
}

fn slot(keep: f64, alias: usize) -> u64 {
    let threshold = (keep.clamp(0.0, 1.0) * f64::from(1_u32 << THRESHOLD_BITS)) as u64;
    (threshold << 32) | alias as u64
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::random::Stream;

    proptest! {
        #[test]
        fn draws_follow_the_weights(weights in prop::collection::vec(0.0_f64..10.0, 1..20), seed: u64) {
            let total: f64 = weights.iter().sum();
            prop_assume!(total > 0.1);
            let table = AliasTable::new(&weights);
            let mut random = Random::new(seed, Stream::Counts, 0);
            let mut seen = vec![0.0; weights.len()];
            let draws = 20_000;
            for _ in 0..draws {
                seen[table.draw(&mut random)] += 1.0 / f64::from(draws);
            }
            for (weight, seen) in weights.iter().zip(&seen) {
                let p = weight / total;
                // Six standard deviations of a binomial count, and the table's resolution.
                prop_assert!((p - seen).abs() <= 6.0 * (p * (1.0 - p) / f64::from(draws)).sqrt() + 1e-3);
                prop_assert!(*weight > 0.0 || *seen == 0.0);
            }
        }
    }
}
