//! The closed form of the bootstrap against samples at random.

use explorer_core::de::BootstrapPercentile;

const N_SAMPLES: usize = 1_000_000;

/// SplitMix64, from a seed.
struct Random(u64);

impl Random {
    fn below(&mut self, n: usize) -> usize {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mixed = (self.0 ^ (self.0 >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        ((u128::from(mixed ^ (mixed >> 31)) * n as u128) >> 64) as usize
    }
}

#[test]
fn the_closed_form_is_the_mean_of_samples_at_random() {
    let mut random = Random(18);
    // Numbers of types with which 10 % is rounded down, up, and, at 25, to even.
    for n in [1, 2, 6, 25, 61, 137] {
        let mut values: Vec<f64> = (0..n).map(|_| random.below(4000) as f64 / 1000.0 - 1.5).collect();
        let k = ((0.1 * n as f64).round_ties_even() as usize).min(n - 1);
        let (mut sum, mut sum_sq) = (0.0, 0.0);
        let mut sample = vec![0.0; n];
        for _ in 0..N_SAMPLES {
            sample.iter_mut().for_each(|value| *value = values[random.below(n)]);
            let (_, &mut percentile, _) = sample.select_nth_unstable_by(k, f64::total_cmp);
            sum += percentile;
            sum_sq += percentile * percentile;
        }
        let mean = sum / N_SAMPLES as f64;
        let error = ((sum_sq / N_SAMPLES as f64 - mean * mean).max(0.0) / N_SAMPLES as f64).sqrt();
        let exact = BootstrapPercentile::new(n, 10.0).mean(&mut values);
        assert!((exact - mean).abs() <= 4.0 * error + 1e-9, "{n} values: {exact}, at random {mean} ± {error}");
    }
}
