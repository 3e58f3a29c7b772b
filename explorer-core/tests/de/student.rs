//! The tail of Student's t against mpmath.

use std::f64::consts::LN_10;

use explorer_core::de::two_sided_ln_p;
use proptest::prelude::*;

/// Asked: 1e-10.
const RTOL: f64 = 1e-12;

#[test]
fn log10_p_is_that_of_mpmath() {
    let goldens = include_str!("../golden/student.txt");
    let mut worst = (0.0, "");
    for line in goldens.lines().filter(|line| !line.starts_with('#')) {
        let numbers: Vec<f64> = line.split(' ').map(|number| number.parse().unwrap()).collect();
        let [t, df, expected] = numbers[..] else { panic!("three numbers: {line}") };
        let error = (two_sided_ln_p(t, df) / LN_10 / expected - 1.0).abs();
        if error > worst.0 {
            worst = (error, line);
        }
    }
    assert!(worst.0 < RTOL, "relative error {} at {}", worst.0, worst.1);
}

#[test]
fn the_ends() {
    assert_eq!(two_sided_ln_p(0.0, 5.0), 0.0);
    assert_eq!(two_sided_ln_p(f64::INFINITY, 5.0), f64::NEG_INFINITY);
    assert_eq!(two_sided_ln_p(1e-200, 5.0), 0.0);
    // One degree of freedom is Cauchy's distribution: p = 1 − 2 atan(t) / π.
    let p = two_sided_ln_p(1.0, 1.0).exp();
    assert!((p - 0.5).abs() < 1e-15, "{p}");
}

proptest! {
    #[test]
    fn more_evidence_is_less_likely(t in 1e-3f64..200.0, more in 1.001f64..2.0, log_df in 0f64..16.0) {
        let df = log_df.exp();
        let (near, far) = (two_sided_ln_p(t, df), two_sided_ln_p(t * more, df));
        prop_assert!(far < near && near < 0.0, "{near} {far}");
        prop_assert_eq!(two_sided_ln_p(-t, df), near);
    }
}
