//! The hypergeometric distribution in logarithms, and the tests that rest on it.

/// How many marked ones are among `n_drawn` out of `n_all`, of which `n_marked` are marked.
#[derive(Clone, Copy, Debug)]
pub struct Hypergeometric {
    n_all: u64,
    n_marked: u64,
    n_drawn: u64,
}

/// Probabilities that differ by less than this share of them count as equal in a two-sided test, as in scipy and R.
const SAME: f64 = 1e-7;

impl Hypergeometric {
    /// `None` where more are marked or drawn than there are.
    pub fn new(n_all: u64, n_marked: u64, n_drawn: u64) -> Option<Self> {
        (n_marked <= n_all && n_drawn <= n_all).then_some(Self { n_all, n_marked, n_drawn })
    }

    /// The fewest and the most marked ones that can be drawn.
    fn range(self) -> (u64, u64) {
        let n_unmarked = self.n_all - self.n_marked;
        (self.n_drawn.saturating_sub(n_unmarked), self.n_marked.min(self.n_drawn))
    }

    /// Natural logarithm of the probability of exactly `k`.
    fn ln_probability(self, k: u64) -> f64 {
        let Self { n_all, n_marked, n_drawn } = self;
        ln_choose(n_marked, k) + ln_choose(n_all - n_marked, n_drawn - k) - ln_choose(n_all, n_drawn)
    }

    /// The probability of `k + 1` over that of `k`.
    fn ratio(self, k: u64) -> f64 {
        let n_unmarked = self.n_all - self.n_marked;
        let up = (self.n_marked - k) as f64 * (self.n_drawn - k) as f64;
        up / ((k + 1) as f64 * (n_unmarked + k + 1 - self.n_drawn) as f64)
    }

    /// The most probable number, or one of two neighbors that are.
    fn mode(self) -> u64 {
        let mode = (self.n_marked + 1) as f64 * (self.n_drawn + 1) as f64 / (self.n_all + 2) as f64;
        let (least, most) = self.range();
        (mode as u64).clamp(least, most)
    }

    /// Natural logarithm of the probability of `k` or more.
    pub fn ln_at_least(self, k: u64) -> f64 {
        let (least, most) = self.range();
        if k <= least {
            0.0
        } else if k > most {
            f64::NEG_INFINITY
        } else if k > self.mode() {
            self.ln_tail_up(k)
        } else {
            ln_complement(self.ln_tail_down(k - 1))
        }
    }

    /// Natural logarithm of the two-sided p-value of `k`: of all numbers that are no more probable. Fisher's exact test.
    ///
    /// # Panics
    /// When `k` cannot be drawn.
    pub fn ln_two_sided(self, k: u64) -> f64 {
        let (least, most) = self.range();
        assert!((least..=most).contains(&k), "a number that cannot be drawn");
        let bound = self.ln_probability(k) + SAME;
        let mode = self.mode();
        // The probabilities rise up to the mode and fall from there.
        let n_below = (mode - least) as usize;
        let below = partition(n_below, |at| self.ln_probability(least + at as u64) <= bound);
        let n_above = (most - mode) as usize;
        let above = partition(n_above, |at| self.ln_probability(most - at as u64) <= bound);
        if self.ln_probability(mode) <= bound {
            return 0.0;
        }
        let down = if below == 0 { f64::NEG_INFINITY } else { self.ln_tail_down(least + below as u64 - 1) };
        let up = if above == 0 { f64::NEG_INFINITY } else { self.ln_tail_up(most + 1 - above as u64) };
        let larger = down.max(up);
        (larger + libm::log1p(libm::exp(down.min(up) - larger))).min(0.0)
    }

    /// Of `k` or more, beyond the mode, where probabilities fall.
    fn ln_tail_up(self, k: u64) -> f64 {
        let (_, most) = self.range();
        let (mut sum, mut term) = (1.0, 1.0);
        for at in k..most {
            term *= self.ratio(at);
            sum += term;
            if term < sum * f64::EPSILON / 16.0 {
                break;
            }
        }
        self.ln_probability(k) + libm::log(sum)
    }

    /// Of `k` or fewer, below the mode.
    fn ln_tail_down(self, k: u64) -> f64 {
        let (least, _) = self.range();
        let (mut sum, mut term) = (1.0, 1.0);
        for at in (least..k).rev() {
            term /= self.ratio(at);
            sum += term;
            if term < sum * f64::EPSILON / 16.0 {
                break;
            }
        }
        self.ln_probability(k) + libm::log(sum)
    }
}

/// How many of the first of `n` things hold, all those before one that does not.
fn partition(n: usize, holds: impl Fn(usize) -> bool) -> usize {
    let (mut low, mut high) = (0, n);
    while low < high {
        let middle = low.midpoint(high);
        if holds(middle) {
            low = middle + 1;
        } else {
            high = middle;
        }
    }
    low
}

fn ln_complement(ln_p: f64) -> f64 {
    libm::log1p(-libm::exp(ln_p.min(0.0)))
}

fn ln_choose(n: u64, k: u64) -> f64 {
    if k == 0 || k == n {
        return 0.0;
    }
    let ln_factorial = |n: u64| libm::lgamma(n as f64 + 1.0);
    ln_factorial(n) - ln_factorial(k) - ln_factorial(n - k)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn of(n_all: u64, n_marked: u64, n_drawn: u64) -> Hypergeometric {
        Hypergeometric::new(n_all, n_marked, n_drawn).unwrap()
    }

    #[test]
    fn tails_reach_further_than_numbers_do() {
        // All of 1 000 marked ones among 1 000 drawn of 60 000: 1 over as many ways as there are.
        let ln_p = of(60_000, 1000, 1000).ln_at_least(1000);
        assert!((ln_p + ln_choose(60_000, 1000)).abs() < 1e-6, "{ln_p}");
        assert_eq!(of(10, 3, 4).ln_at_least(4), f64::NEG_INFINITY);
        assert_eq!(of(10, 3, 4).ln_at_least(0), 0.0);
        assert!(Hypergeometric::new(3, 4, 1).is_none());
    }

    proptest! {
        #[test]
        fn tails_are_sums(n_all in 1u64..60, marked in 0.0f64..1.0, drawn in 0.0f64..1.0) {
            let (n_marked, n_drawn) = ((n_all as f64 * marked) as u64, (n_all as f64 * drawn) as u64);
            let it = of(n_all, n_marked, n_drawn);
            let (least, most) = it.range();
            let p = |k: u64| it.ln_probability(k).exp();
            let total: f64 = (least..=most).map(p).sum();
            prop_assert!((total - 1.0).abs() < 1e-12);
            for k in least..=most {
                let expected: f64 = (k..=most).map(p).sum();
                prop_assert!((it.ln_at_least(k).exp() - expected).abs() < 1e-11 * expected.max(1e-3), "{k}");
                let expected: f64 = (least..=most).map(p).filter(|&other| other <= p(k) * (1.0 + SAME)).sum();
                let found = it.ln_two_sided(k).exp();
                prop_assert!((found - expected).abs() < 1e-11 * expected, "{k}: {found} {expected}");
                // The other way round, marked and drawn are the same.
                prop_assert!((of(n_all, n_drawn, n_marked).ln_two_sided(k) - it.ln_two_sided(k)).abs() < 1e-9);
            }
        }
    }
}
