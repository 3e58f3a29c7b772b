//! Random numbers that are a function of a key, the same on every machine.

/// Which of a cell's or a model's numbers a generator makes: streams of different purposes never meet.
#[derive(Clone, Copy)]
#[repr(u64)]
pub enum Stream {
    Genes = 1,
    TypeProfile,
    TypeSizes,
    Samples,
    SampleEfficiency,
    SampleTypes,
    Layout,
    Loadings,
    Traits,
    Counts,
    Umap,
    Pca,
    Columns,
    Shelf,
}

/// SplitMix64: a counter, mixed. Small, quick, and good enough to sample from.
pub struct Random {
    state: u64,
}

const GOLDEN: u64 = 0x9E37_79B9_7F4A_7C15;

fn mix(mut z: u64) -> u64 {
    z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
    z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
    z ^ (z >> 31)
}

impl Random {
    /// The generator for one purpose and one item, say one cell.
    pub fn new(seed: u64, stream: Stream, item: u64) -> Self {
        let key = mix(seed.wrapping_add((stream as u64).wrapping_mul(GOLDEN)));
        Self { state: mix(key ^ item.wrapping_mul(GOLDEN)) }
    }

    /// 64 random bits.
    #[inline]
    pub fn bits(&mut self) -> u64 {
        self.state = self.state.wrapping_add(GOLDEN);
        mix(self.state)
    }

    /// A number from 0 to below 1.
    #[inline]
    pub fn unit(&mut self) -> f64 {
        (self.bits() >> 11) as f64 * (1.0 / (1_u64 << 53) as f64)
    }

    /// An integer below `end`, which is positive.
    pub fn below(&mut self, end: usize) -> usize {
        ((u128::from(self.bits()) * end as u128) >> 64) as usize
    }

    /// Whether an event of this probability happens.
    pub fn chance(&mut self, probability: f64) -> bool {
        self.unit() < probability
    }

    /// A standard normal number.
    pub fn normal(&mut self) -> f64 {
        // 1 − u is never 0.
        let radius = (-2.0 * libm::log(1.0 - self.unit())).sqrt();
        radius * libm::cos(std::f64::consts::TAU * self.unit())
    }

    /// A number whose logarithm is normal with mean 0.
    pub fn log_normal(&mut self, sigma: f64) -> f64 {
        libm::exp(sigma * self.normal())
    }

    /// `x` rounded up or down at random, so that the mean is `x`.
    pub fn round(&mut self, x: f64) -> u32 {
        (x + self.unit()) as u32
    }

    /// Puts a slice in random order.
    pub fn shuffle<T>(&mut self, items: &mut [T]) {
        for end in (2..=items.len()).rev() {
            items.swap(end - 1, self.below(end));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_have_the_moments_they_should() {
        let mut random = Random::new(7, Stream::Genes, 0);
        let n = 100_000;
        let (mut unit, mut normal, mut square, mut rounded) = (0.0, 0.0, 0.0, 0.0);
        for _ in 0..n {
            unit += random.unit();
            let z = random.normal();
            normal += z;
            square += z * z;
            rounded += f64::from(random.round(2.3));
        }
        let mean = |sum: f64| sum / f64::from(n);
        assert!((mean(unit) - 0.5).abs() < 0.01);
        assert!(mean(normal).abs() < 0.02 && (mean(square) - 1.0).abs() < 0.03);
        assert!((mean(rounded) - 2.3).abs() < 0.01);
    }

    #[test]
    fn streams_and_items_differ() {
        let first = |seed, stream, item| Random::new(seed, stream, item).bits();
        let numbers = [
            first(1, Stream::Genes, 0),
            first(2, Stream::Genes, 0),
            first(1, Stream::Counts, 0),
            first(1, Stream::Genes, 1),
        ];
        for (i, number) in numbers.iter().enumerate() {
            assert!(!numbers[..i].contains(number));
        }
    }

    #[test]
    fn a_shuffle_keeps_what_there_is() {
        let mut items: Vec<u32> = (0..50).collect();
        Random::new(3, Stream::Genes, 0).shuffle(&mut items);
        assert_ne!(items, (0..50).collect::<Vec<_>>());
        items.sort_unstable();
        assert_eq!(items, (0..50).collect::<Vec<_>>());
    }
}
