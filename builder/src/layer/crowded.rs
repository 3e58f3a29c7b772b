//! Genes whose values lie so close together, for their size, that 32-bit floats hardly tell them apart.

use explorer_core::format;

use super::odd::named;

/// How much of the range of a gene's values rounding may move one by before it is said: t then moves by as much.
const MOST_MOVED: f64 = 1e-3;

/// The least and the largest value of a gene, of those that are stored and finite.
#[derive(Clone, Copy, Debug)]
pub struct Span {
    least: f32,
    largest: f32,
}

impl Span {
    /// Of no value.
    pub const EMPTY: Self = Self { least: f32::INFINITY, largest: f32::NEG_INFINITY };

    /// Takes in a value.
    pub fn insert(&mut self, value: f32) {
        if value.is_finite() {
            self.least = self.least.min(value);
            self.largest = self.largest.max(value);
        }
    }

    /// Takes in the values of another.
    pub fn merge(&mut self, other: &Self) {
        self.least = self.least.min(other.least);
        self.largest = self.largest.max(other.largest);
    }

    /// By how much of their range rounding may have moved these values and, where some are not stored, zero; 1 where no
    /// range is left of them. `None` for no value.
    fn moved(&self, has_zeros: bool) -> Option<f64> {
        let zero = if has_zeros { self.with(0.0) } else { *self };
        let range = f64::from(zero.largest) - f64::from(zero.least);
        let largest = self.least.abs().max(self.largest.abs());
        (self.least <= self.largest).then(|| (half_step(largest) / range).min(1.0))
    }

    fn with(mut self, value: f32) -> Self {
        self.insert(value);
        self
    }
}

/// Half the distance between a 32-bit float of this magnitude and the next.
fn half_step(magnitude: f32) -> f64 {
    let (below, above) = (magnitude.next_down(), magnitude.next_up());
    let step = if above.is_finite() { above - magnitude } else { magnitude - below };
    f64::from(step) / 2.0
}

/// What is said of the genes of a matrix whose numbers were rounded; `None` where there is none to name. `spans`,
/// `n_stored` and `ids` are by column.
pub fn message(spans: &[Span], n_stored: &[u32], ids: &[String], n_obs: u64) -> Option<String> {
    let mut worst = 0.0_f64;
    let crowded = spans.iter().zip(n_stored).zip(ids).filter_map(|((span, &n_stored), id)| {
        let moved = span.moved(u64::from(n_stored) < n_obs).filter(|&moved| moved > MOST_MOVED)?;
        worst = worst.max(moved);
        Some(id.as_str())
    });
    let genes: Vec<&str> = crowded.collect();
    (!genes.is_empty()).then(|| {
        let share = format::significant(worst * 100.0, 2);
        format!(
            "rounding to 32-bit floats moves values {} by up to {share} % of their range, since they lie close together \
             for their size; comparisons of such genes are not those of the file, unless a constant is subtracted first",
            named(genes.into_iter())
        )
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn span(values: &[f32]) -> Span {
        values.iter().fold(Span::EMPTY, |span, &value| span.with(value))
    }

    #[test]
    fn values_far_from_zero_are_crowded_and_others_are_not() {
        let ids = ["far", "near", "none", "one"].map(str::to_owned);
        let spans = [span(&[1e9, 1e9]), span(&[0.7, 2.5]), Span::EMPTY, span(&[1.1, f32::NAN])];
        let said = message(&spans, &[9, 9, 0, 1], &ids, 9).unwrap();
        assert!(
            said.starts_with("rounding to 32-bit floats moves values of the gene `far` by up to 100 % of"),
            "{said}"
        );
        // Beside zeros, that there is a value counts, not which.
        assert_eq!(message(&spans, &[8, 8, 0, 1], &ids, 9), None);
    }

    #[test]
    fn half_a_step_is_the_most_that_rounding_moves_a_value() {
        for value in [1.0, 1.999_999_9, 1e9, 3e-20, 16_777_215.5, 3.4e38, 1e-40] {
            let moved = (f64::from(value as f32) - value).abs();
            assert!(moved <= half_step(value as f32), "{value}");
        }
        assert_eq!(half_step(1.0), 2f64.powi(-24));
        assert_eq!(span(&[1e6, 1_000_000.1]).moved(false), Some(half_step(1e6) / 0.125));
    }
}
