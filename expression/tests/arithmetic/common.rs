//! Sums of values, as a corpus has them.

use explorer_core::de::{FixedPoint, GeneMoments};

/// The fixed point of a corpus.
pub fn fixed() -> FixedPoint {
    FixedPoint::for_log_counts(1000)
}

/// What a gene adds up to over cells with these values.
pub fn moments(values: &[f64]) -> GeneMoments {
    let mut moments = GeneMoments::default();
    for value in values.iter().filter(|value| **value != 0.0) {
        let x = fixed().encode(*value as f32);
        moments.push(x, fixed().square(x));
    }
    moments
}

/// Whether two numbers are as good as equal.
pub fn is_close(found: f64, expected: f64, tolerance: f64) -> bool {
    found == expected || (found - expected).abs() <= tolerance * expected.abs().max(1.0)
}
