//! The tail of the χ² distribution, in logarithms.

/// Natural logarithm of the p-value of χ²: `Q(df / 2, χ² / 2)`, the regularized upper incomplete gamma function, by its
/// series below the mean and its continued fraction beyond (DLMF 8.11.4 and 8.9.2).
pub fn chi_squared_ln_p(statistic: f64, df: f64) -> f64 {
    let (a, x) = (df / 2.0, statistic / 2.0);
    if x <= 0.0 {
        return 0.0;
    }
    let ln_front = a * libm::log(x) - x - libm::lgamma(a);
    if x < a + 1.0 {
        let (mut term, mut sum, mut n) = (1.0 / a, 1.0 / a, a);
        while term > sum * f64::EPSILON / 4.0 {
            n += 1.0;
            term *= x / n;
            sum += term;
        }
        libm::log1p(-libm::exp(ln_front + libm::log(sum)).min(1.0))
    } else {
        ln_front + libm::log(fraction(a, x))
    }
}

/// Γ(a, x) without its front, for x beyond a, by Lentz's method.
fn fraction(a: f64, x: f64) -> f64 {
    let mut b = x + 1.0 - a;
    let (mut c, mut d) = (f64::MAX.sqrt(), 1.0 / b);
    let mut fraction = d;
    for n in 1..100_000 {
        let n = f64::from(n);
        let coefficient = n * (a - n);
        b += 2.0;
        d = 1.0 / (coefficient * d + b);
        c = b + coefficient / c;
        let step = c * d;
        fraction *= step;
        if (step - 1.0).abs() < 1e-15 {
            break;
        }
    }
    fraction
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::de::normal_two_sided_ln_p;

    #[test]
    fn known_tails() {
        for x in [0.001, 0.5, 1.0, 3.0, 30.0, 900.0, 4000.0] {
            // Of one degree of freedom it is the square of a normal deviate, of two an exponential distribution.
            let z: f64 = x;
            let (found, expected) = (chi_squared_ln_p(z * z, 1.0), normal_two_sided_ln_p(z));
            assert!((found - expected).abs() <= 1e-12 * expected.abs().max(1.0), "{x}: {found} {expected}");
            assert!((chi_squared_ln_p(x, 2.0) + x / 2.0).abs() <= 1e-13 * x.max(1.0), "{x}");
        }
        assert_eq!(chi_squared_ln_p(0.0, 5.0), 0.0);
        // scipy.stats.chi2.sf(1000, 900).
        assert!((chi_squared_ln_p(1000.0, 900.0).exp() - 0.010_994_608_942_135_844).abs() < 1e-12);
    }
}
