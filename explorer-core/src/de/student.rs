//! The tail of Student's t distribution, in logarithms: real comparisons go far past the smallest
//! `f64`.

use std::f64::consts::{PI, SQRT_2};

/// From this `a` on the asymptotic series is exact to the last digits; below it the continued
/// fraction is short.
const LARGE_A: f64 = 20.0;

/// Below this `x` the continued fraction is short whatever `a`.
const SMALL_X: f64 = 0.7;

/// Natural logarithm of the two-sided p-value of `t` with `df` degrees of freedom.
///
/// `p = I_x(df/2, 1/2)` at `x = df / (df + t²)`, the regularised incomplete beta function, by
/// whichever of three methods converges fast: its complement's continued fraction near t = 0, its
/// own where x is small, and between them, for many degrees of freedom, the series in complementary
/// error functions of DiDonato & Morris (1992, ACM TOMS 18, eq. 9: BGRAT). Relative error of the
/// logarithm at most 1e-12 against mpmath for df from 1 to 1e7 and log10 p down to −10 000
/// (`tests/de/student.rs`).
pub fn two_sided_ln_p(t: f64, df: f64) -> f64 {
    let a = df / 2.0;
    let ratio = t * (t / df);
    if ratio == 0.0 {
        return 0.0;
    }
    if ratio.is_infinite() {
        return f64::NEG_INFINITY;
    }
    // x, ln x, 1 − x and ln(1 − x), none by a difference.
    let (x, ln_x) = (1.0 / (1.0 + ratio), -libm::log1p(ratio));
    let (y, ln_y) = (ratio / (1.0 + ratio), libm::log(ratio) - libm::log1p(ratio));
    // x^a · y^½ / B(a, ½)
    let ln_front = a * ln_x + 0.5 * ln_y + ln_gamma_step(a) - 0.5 * libm::log(PI);
    if x > (a + 1.0) / (a + 2.5) {
        let complement = libm::exp(ln_front) * beta_fraction(0.5, a, y) / 0.5;
        return libm::log1p(-complement);
    }
    if x < SMALL_X || a < LARGE_A {
        return ln_front + libm::log(beta_fraction(a, 0.5, x) / a);
    }
    ln_beta_large_a(a, ln_x)
}

/// Natural logarithm of the two-sided p-value of a standard normal deviate.
pub fn normal_two_sided_ln_p(z: f64) -> f64 {
    let x = z.abs() / SQRT_2;
    // Near 0 the complement is the exact one, far out the scaled function does not underflow.
    if x < 0.5 { libm::log1p(-libm::erf(x)) } else { libm::log(scaled_erfc(x)) - x * x }
}

/// The t whose two-sided p-value, of `df` (1 or more) degrees of freedom, is `p` (above 0, below 1).
pub fn t_quantile(p: f64, df: f64) -> f64 {
    let ln_p = |t: f64| if df.is_infinite() { normal_two_sided_ln_p(t) } else { two_sided_ln_p(t, df) };
    let ln_density = |t: f64| {
        if df.is_infinite() {
            -0.5 * t * t - 0.5 * libm::log(2.0 * PI)
        } else {
            ln_gamma_step(df / 2.0) - 0.5 * libm::log(df * PI) - (df + 1.0) / 2.0 * libm::log1p(t * t / df)
        }
    };
    // By Newton's method between the logarithms of t and p, a curve without turns.
    let (mut t, wanted) = (2.0_f64, libm::log(p));
    for _ in 0..50 {
        let found = ln_p(t);
        let slope = -2.0 * t * libm::exp(ln_density(t) - found);
        let step = (found - wanted) / slope;
        t *= libm::exp(-step.clamp(-2.0, 2.0));
        if step.abs() < 1e-14 {
            break;
        }
    }
    t
}

/// The continued fraction of the incomplete beta function (DLMF 8.17.22), by Lentz's method.
fn beta_fraction(a: f64, b: f64, x: f64) -> f64 {
    const TINY: f64 = 1e-300;
    let away_from_zero = |v: f64| if v.abs() < TINY { TINY } else { v };
    let mut c = 1.0;
    let mut d = 1.0 / away_from_zero(1.0 - (a + b) * x / (a + 1.0));
    let mut fraction = d;
    for m in 1..500 {
        let m = f64::from(m);
        let even = m * (b - m) * x / ((a + 2.0 * m - 1.0) * (a + 2.0 * m));
        let odd = -(a + m) * (a + b + m) * x / ((a + 2.0 * m) * (a + 2.0 * m + 1.0));
        let mut step = 1.0;
        for coefficient in [even, odd] {
            d = 1.0 / away_from_zero(1.0 + coefficient * d);
            c = away_from_zero(1.0 + coefficient / c);
            step = c * d;
            fraction *= step;
        }
        if (step - 1.0).abs() < 1e-16 {
            break;
        }
    }
    fraction
}

/// ln I_x(a, ½) for large a and x not small.
fn ln_beta_large_a(a: f64, ln_x: f64) -> f64 {
    const B: f64 = 0.5;
    let t = a + (B - 1.0) / 2.0;
    let u = -t * ln_x;
    let four_t2 = 4.0 * t * t;
    let half_ln_x2 = (ln_x / 2.0) * (ln_x / 2.0);
    // J₀ = Q(½, u) / H(½, u), H = e^-u u^½ / Γ(½), with Q(½, u) = erfc(√u).
    let root = u.sqrt();
    let mut j = PI.sqrt() * scaled_erfc(root) / root;
    let mut power = 1.0;
    let mut sum = j;
    for (n, p) in COEFFICIENTS.iter().enumerate().skip(1) {
        let m = 2.0 * (n - 1) as f64;
        j = ((B + m) * (B + m + 1.0) * j + (u + B + m + 1.0) * power) / four_t2;
        power *= half_ln_x2;
        let term = p * j;
        sum += term;
        if term.abs() < 1e-17 * sum.abs() {
            break;
        }
    }
    let ln_h = -u + 0.5 * libm::log(u) - 0.5 * libm::log(PI);
    ln_h + ln_gamma_step(a) - 0.5 * libm::log(t) + libm::log(sum)
}

/// The p_n of DiDonato & Morris for b = ½.
const COEFFICIENTS: [f64; 16] = {
    let b = 0.5;
    let mut p = [1.0; 16];
    // 1 / (2n + 1)!
    let mut inverse_factorial = [1.0; 16];
    let mut n = 1;
    while n < 16 {
        let k = n as f64;
        inverse_factorial[n] = inverse_factorial[n - 1] / (2.0 * k * (2.0 * k + 1.0));
        let mut sum = 0.0;
        let mut m = 1;
        while m < n {
            sum += (m as f64 * b - k) * inverse_factorial[m] * p[n - m];
            m += 1;
        }
        p[n] = (b - 1.0) * inverse_factorial[n] + sum / k;
        n += 1;
    }
    p
};

/// ln Γ(a + ½) − ln Γ(a), without the cancellation of two logarithms of huge numbers.
fn ln_gamma_step(a: f64) -> f64 {
    // Γ(a + ½) / Γ(a) = Γ(a + 1½) / Γ(a + 1) · a / (a + ½), until the asymptotic series holds.
    let mut shift = 1.0;
    let mut z = a;
    while z < 16.0 {
        shift *= z / (z + 0.5);
        z += 1.0;
    }
    let w = 1.0 / (z * z);
    let series = -1.0 / 8.0 + w * (1.0 / 192.0 + w * (-1.0 / 640.0 + w * (17.0 / 14336.0 - w * (31.0 / 18432.0))));
    0.5 * libm::log(z) + series / z + libm::log(shift)
}

/// e^(z²) erfc(z) for z > 0.
fn scaled_erfc(z: f64) -> f64 {
    if z < 5.0 {
        return libm::exp(z * z) * libm::erfc(z);
    }
    // Laplace's continued fraction, from its tail; 40 levels suffice from z = 5 on.
    let tail = (1..=40).rev().fold(z, |tail, k| z + f64::from(k) / 2.0 / tail);
    1.0 / (PI.sqrt() * tail)
}
