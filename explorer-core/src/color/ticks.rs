//! Round numbers along an axis or a legend.

/// A mark on a scale.
#[derive(Clone, Debug, PartialEq)]
pub struct Tick {
    /// The value.
    pub value: f64,
    /// Where it lies on the scale, 0 to 1.
    pub place: f64,
    /// How it is written.
    pub label: String,
}

/// At most about `count` multiples of 1, 2 or 5 times a power of ten, from `min` to `max` (both
/// finite). Where they are equal, that one value.
pub fn linear_ticks(min: f64, max: f64, count: usize) -> Vec<Tick> {
    let span = max - min;
    if span.is_nan() || span <= 0.0 || span.is_infinite() {
        return vec![Tick { value: min, place: 0.0, label: label(min, 3) }];
    }
    let (digit, exponent) = nice_step(span / count.max(1) as f64);
    let step = f64::from(digit) * power_of_ten(exponent);
    let (first, last) = (libm::ceil(min / step - 1e-9), libm::floor(max / step + 1e-9));
    // Values far from zero with a tiny span have no round number between them.
    if first > last || last - first > 1e3 {
        return vec![Tick { value: min, place: 0.0, label: label(min, 3) }];
    }
    let n = (last - first) as usize;
    (0..=n)
        .map(|index| {
            let multiple = first + index as f64;
            let value = multiple * f64::from(digit);
            let value = if exponent < 0 { value / power_of_ten(-exponent) } else { value * power_of_ten(exponent) };
            // Zero, not minus zero.
            let value = value + 0.0;
            Tick {
                value,
                place: ((value - min) / span).clamp(0.0, 1.0),
                label: label(value, exponent.min(0).unsigned_abs()),
            }
        })
        .collect()
}

/// Powers of ten from `min` to `max` (both positive and finite), with 2 and 5 times them where there are
/// few; at most about `count`.
pub fn log_ticks(min: f64, max: f64, count: usize) -> Vec<Tick> {
    let span = libm::log10(max) - libm::log10(min);
    if span.is_nan() || span <= 0.0 {
        return vec![Tick { value: min, place: 0.0, label: label(min, 3) }];
    }
    let every = (libm::ceil(span / count.max(1) as f64) as usize).max(1);
    let digits: &[u8] = if span * 3.0 <= count as f64 { &[1, 2, 5] } else { &[1] };
    let first = libm::floor(libm::log10(min)) as i32 + i32::from(every > 1);
    let last = libm::ceil(libm::log10(max)) as i32;
    let ticks: Vec<Tick> = (first..=last)
        .step_by(every)
        .flat_map(|exponent| digits.iter().map(move |&digit| (digit, exponent)))
        .filter_map(|(digit, exponent)| {
            let value = f64::from(digit) * power_of_ten(exponent);
            let place = (libm::log10(value) - libm::log10(min)) / span;
            let is_within = (-1e-9..=1.0 + 1e-9).contains(&place);
            is_within.then(|| Tick {
                value,
                place: place.clamp(0.0, 1.0),
                label: label(value, exponent.min(0).unsigned_abs()),
            })
        })
        .collect();
    // Less than a decade may hold none of them.
    if ticks.len() < 2 && span < 1.0 { as_log(linear_ticks(min, max, count), min, span) } else { ticks }
}

fn as_log(ticks: Vec<Tick>, min: f64, span: f64) -> Vec<Tick> {
    let place = |value: f64| ((libm::log10(value) - libm::log10(min)) / span).clamp(0.0, 1.0);
    let placed = |tick: Tick| Tick { place: place(tick.value), ..tick };
    ticks.into_iter().map(placed).collect()
}

/// The least 1, 2 or 5 times a power of ten that is no less than `step`.
fn nice_step(step: f64) -> (u8, i32) {
    let exponent = libm::floor(libm::log10(step)) as i32;
    let unit = power_of_ten(exponent);
    let digit = [1u8, 2, 5].into_iter().find(|&digit| f64::from(digit) * unit >= step * (1.0 - 1e-9));
    digit.map_or((1, exponent + 1), |digit| (digit, exponent))
}

fn power_of_ten(exponent: i32) -> f64 {
    libm::pow(10.0, f64::from(exponent))
}

/// A number with `decimals` digits after the point, or in scientific notation when it is very
/// large or small.
fn label(value: f64, decimals: u32) -> String {
    let size = value.abs();
    if value < 0.0 {
        // A minus, as elsewhere, and no hyphen.
        return format!("−{}", label(size, decimals));
    }
    if size != 0.0 && !(1e-4..1e6).contains(&size) {
        // Enough digits to tell neighbors apart, no noise from the last ones.
        let text = format!("{value:.3e}");
        let (mantissa, exponent) = text.split_once('e').unwrap_or((&text, "0"));
        let mantissa =
            if mantissa.contains('.') { mantissa.trim_end_matches('0').trim_end_matches('.') } else { mantissa };
        return format!("{mantissa}e{exponent}");
    }
    format!("{value:.0$}", decimals as usize)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn labels(ticks: &[Tick]) -> Vec<&str> {
        ticks.iter().map(|tick| tick.label.as_str()).collect()
    }

    #[test]
    fn ticks_are_round() {
        assert_eq!(labels(&linear_ticks(0.0, 5.3, 6)), ["0", "1", "2", "3", "4", "5"]);
        assert_eq!(labels(&linear_ticks(-0.31, 0.42, 5)), ["−0.2", "0.0", "0.2", "0.4"]);
        assert_eq!(labels(&linear_ticks(0.0, 30_000.0, 4)), ["0", "10000", "20000", "30000"]);
        assert_eq!(labels(&linear_ticks(0.0, 3e-7, 3)), ["0.0000000", "1e-7", "2e-7", "3e-7"]);
        assert_eq!(labels(&linear_ticks(2.5, 2.5, 5)), ["2.500"]);
        assert_eq!(labels(&log_ticks(1.0, 1000.0, 5)), ["1", "10", "100", "1000"]);
        assert_eq!(labels(&log_ticks(0.5, 12.0, 6)), ["0.5", "1", "2", "5", "10"]);
        assert_eq!(labels(&log_ticks(3.0, 4.0, 3)), ["3.0", "3.5", "4.0"]);
    }

    proptest! {
        #[test]
        fn ticks_lie_on_the_scale(min in -1e9f64..1e9, span in 1e-3f64..1e9, count in 1usize..12) {
            let max = min + span;
            let ticks = linear_ticks(min, max, count);
            prop_assert!(!ticks.is_empty() && ticks.len() <= count + 1);
            for tick in &ticks {
                prop_assert!(tick.value >= min - span * 1e-6 && tick.value <= max + span * 1e-6);
                prop_assert!((0.0..=1.0).contains(&tick.place));
            }
            prop_assert!(ticks.is_sorted_by(|a, b| a.value < b.value));
        }

        #[test]
        fn log_ticks_lie_on_the_scale(log_min in -20f64..20.0, log_span in 1e-3f64..30.0, count in 1usize..12) {
            let (min, max) = (log_min.exp(), (log_min + log_span).exp());
            let ticks = log_ticks(min, max, count);
            prop_assert!(!ticks.is_empty() && ticks.len() <= 2 * count + 3);
            for tick in &ticks {
                prop_assert!(tick.value >= min * 0.999 && tick.value <= max * 1.001, "{:?}", tick);
                prop_assert!((0.0..=1.0).contains(&tick.place));
            }
        }
    }
}
