//! Numbers for people, written alike in the page and the terminal.
//!
//! A number that is missing (NaN) is written [`MISSING`].

use std::time::Duration;

/// What stands for a missing number.
pub const MISSING: &str = "–";

/// A whole number with commas between thousands: `1,234,567`.
pub fn integer(value: u64) -> String {
    let digits = value.to_string();
    let mut text = String::with_capacity(digits.len() * 4 / 3);
    for (at, digit) in digits.chars().enumerate() {
        if at > 0 && (digits.len() - at).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

/// A whole number in at most five characters up to the billions: `999`, `12.3k`, `4.30M`.
pub fn compact(value: u64) -> String {
    if value < 1000 {
        return value.to_string();
    }
    let (digits, exponent) = rounded(value as f64, 3);
    let (unit, name) = match exponent {
        ..6 => (3, "k"),
        6..9 => (6, "M"),
        9..12 => (9, "G"),
        _ => (12, "T"),
    };
    format!("{}{name}", placed(&digits, exponent - unit))
}

/// A measured value to `digits` significant digits (at least 1): `0.0123`, `12.3`, `1.23e-7`.
///
/// From a ten-thousandth to ten millions the number is written out, never with less than its whole
/// part; beyond, in scientific notation.
pub fn significant(value: f64, digits: usize) -> String {
    if value.is_nan() {
        return MISSING.to_owned();
    }
    if value.is_infinite() {
        return if value > 0.0 { "∞" } else { "-∞" }.to_owned();
    }
    if value == 0.0 {
        return "0".to_owned();
    }
    let sign = if value < 0.0 { "-" } else { "" };
    let (mantissa, exponent) = rounded(value.abs(), digits.max(1));
    match exponent {
        -4..7 if exponent >= mantissa.len() as i32 => format!("{value:.0}"),
        -4..7 => format!("{sign}{}", placed(&mantissa, exponent)),
        _ => format!("{sign}{}e{exponent}", placed(&mantissa, 0)),
    }
}

/// A probability from its decimal logarithm, to two digits: `0.032`, `1.2e-34`, `5.0e-1234`.
///
/// Works where the probability itself is too small for `f64`; minus infinity is `0`.
pub fn p_value(log10_p: f64) -> String {
    // A thousandth; above it, a probability is easier to read written out.
    const PLAIN: f64 = -3.0;
    if log10_p.is_nan() {
        return MISSING.to_owned();
    }
    if log10_p == f64::NEG_INFINITY {
        return "0".to_owned();
    }
    if log10_p >= 0.0 {
        return "1".to_owned();
    }
    if log10_p >= PLAIN {
        return significant(libm::exp10(log10_p), 2);
    }
    let exponent = log10_p.floor();
    let mantissa = format!("{:.1}", libm::exp10(log10_p - exponent));
    match mantissa.as_str() {
        "10.0" => format!("1.0e{}", exponent + 1.0),
        mantissa => format!("{mantissa}e{exponent}"),
    }
}

/// A part of a whole as a percentage with one decimal: `12.3%`. Only nothing is `0%` and only all
/// is `100%`: what would round to either is `<0.1%` or `>99.9%`.
pub fn percent(fraction: f64) -> String {
    let percent = 100.0 * fraction;
    if percent.is_nan() {
        MISSING.to_owned()
    } else if percent == 0.0 || percent == 100.0 {
        format!("{percent:.0}%")
    } else if (0.0..0.05).contains(&percent) {
        "<0.1%".to_owned()
    } else if (99.95..100.0).contains(&percent) {
        ">99.9%".to_owned()
    } else {
        format!("{percent:.1}%")
    }
}

/// A number of bytes in decimal units, to two or three digits: `512 B`, `1.8 MB`, `184 GB`.
pub fn bytes(value: u64) -> String {
    const UNITS: [&str; 7] = ["B", "kB", "MB", "GB", "TB", "PB", "EB"];
    if value < 1000 {
        return format!("{value} B");
    }
    let (_, exponent) = rounded(value as f64, 3);
    let unit = exponent / 3;
    let scaled = value as f64 / libm::exp10(f64::from(3 * unit));
    let decimals = usize::from(scaled < 9.95);
    format!("{scaled:.decimals$} {}", UNITS[unit as usize])
}

/// A length of time to two units or digits: `12 ms`, `1.2 s`, `42 s`, `3 min 20 s`, `2 h 5 min`.
pub fn duration(value: Duration) -> String {
    let millis = (value.as_micros() + 500) / 1000;
    let tenths = (millis + 50) / 100;
    let seconds = (millis + 500) / 1000;
    let minutes = (seconds + 30) / 60;
    match (millis, tenths, seconds) {
        (0, ..) if value.is_zero() => "0 ms".to_owned(),
        (0, ..) => "<1 ms".to_owned(),
        (..1000, ..) => format!("{millis} ms"),
        (_, ..100, _) => format!("{}.{} s", tenths / 10, tenths % 10),
        (_, _, ..60) => format!("{seconds} s"),
        (_, _, ..3600) => format!("{} min {} s", seconds / 60, seconds % 60),
        _ => format!("{} h {} min", minutes / 60, minutes % 60),
    }
}

/// The `count` leading digits of a positive number, rounded, and the power of ten of the first.
fn rounded(value: f64, count: usize) -> (String, i32) {
    let text = format!("{value:.*e}", count - 1);
    let (mantissa, exponent) = text.split_once('e').expect("scientific notation has an exponent");
    let exponent = exponent.parse().expect("the exponent is an integer");
    (mantissa.replace('.', ""), exponent)
}

/// Digits with the decimal point where the first stands for `10^exponent`; `exponent` is less than
/// the number of digits.
fn placed(digits: &str, exponent: i32) -> String {
    match usize::try_from(exponent) {
        Ok(whole) if whole + 1 < digits.len() => {
            let (whole, fraction) = digits.split_at(whole + 1);
            format!("{whole}.{fraction}")
        }
        Ok(_) => digits.to_owned(),
        Err(_) => format!("0.{}{digits}", "0".repeat((-1 - exponent) as usize)),
    }
}

/// A measured value to at most `digits` significant digits, without zeros at the end: `0.02`,
/// `−1.5`, `8042`.
pub fn short(value: f64, digits: usize) -> String {
    let text = significant(value, digits).replace('-', "−");
    if text.contains('.') && !text.contains('e') {
        text.trim_end_matches('0').trim_end_matches('.').to_owned()
    } else {
        text
    }
}

/// The number with its noun: `1 gene`, `2,048 genes`.
pub fn plural(count: usize, one: &str, many: &str) -> String {
    let noun = if count == 1 { one } else { many };
    format!("{} {noun}", integer(count as u64))
}

/// What becomes of the cells without a label of a column, or of columns, in a sentence; `None` where there are none.
pub fn cells_without_label(n: u64, of: &str, what: &str) -> Option<String> {
    let are = if n == 1 { "is" } else { "are" };
    (n > 0).then(|| format!("{} without a label of {of} {are} {what}.", plural(n as usize, "cell", "cells")))
}

/// Names after one another, or that there is none: `a, b`, `none`.
pub fn listed<S: AsRef<str>>(names: impl IntoIterator<Item = S>) -> String {
    let mut text = String::new();
    for name in names {
        text.push_str(if text.is_empty() { "" } else { ", " });
        text.push_str(name.as_ref());
    }
    if text.is_empty() { "none".to_owned() } else { text }
}

/// The first names of a list and how many more there are: `a, b`, `a, b and 7 more`.
pub fn first_of<S: AsRef<str>>(names: &[S], most: usize) -> String {
    match names.len().saturating_sub(most) {
        0 => listed(names),
        more => format!("{} and {} more", listed(&names[..most]), integer(more as u64)),
    }
}

/// Two decimals and a sign that is as wide for both: `+1.20`, `−0.35`.
pub fn signed(value: f64) -> String {
    if value.is_infinite() {
        return if value > 0.0 { "+∞".to_owned() } else { "−∞".to_owned() };
    }
    let text = format!("{:.2}", value.abs());
    if text == "0.00" {
        text
    } else if value < 0.0 {
        format!("−{text}")
    } else {
        format!("+{text}")
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn check<T: Copy + std::fmt::Debug>(write: impl Fn(T) -> String, cases: &[(T, &str)]) {
        for &(value, expected) in cases {
            assert_eq!(write(value), expected, "{value:?}");
        }
    }

    #[test]
    fn integers() {
        check(
            integer,
            &[
                (0, "0"),
                (999, "999"),
                (1000, "1,000"),
                (68_579, "68,579"),
                (1_234_567, "1,234,567"),
                (u64::MAX, "18,446,744,073,709,551,615"),
            ],
        );
    }

    #[test]
    fn compact_integers() {
        check(
            compact,
            &[
                (0, "0"),
                (999, "999"),
                (1000, "1.00k"),
                (12_345, "12.3k"),
                (99_950, "100k"),
                (999_499, "999k"),
                (999_500, "1.00M"),
                (4_300_000, "4.30M"),
                (2_720_000_000, "2.72G"),
                (5_000_000_000_000, "5.00T"),
            ],
        );
    }

    #[test]
    fn measured_values() {
        check(
            |value| significant(value, 3),
            &[
                (0.0, "0"),
                (1.0, "1.00"),
                (-2.3456, "-2.35"),
                (12.345, "12.3"),
                (999.6, "1000"),
                (1234.5, "1234"),
                (-1_234_567.0, "-1234567"),
                (12_345_678.0, "1.23e7"),
                (0.012_345, "0.0123"),
                (0.000_123_4, "0.000123"),
                (0.000_012_34, "1.23e-5"),
                (0.000_099_99, "0.000100"),
                (f64::MIN_POSITIVE, "2.23e-308"),
                (f64::NAN, MISSING),
                (f64::INFINITY, "∞"),
                (f64::NEG_INFINITY, "-∞"),
            ],
        );
        assert_eq!(significant(1.26, 1), "1");
        assert_eq!(significant(2.6e-9, 0), "3e-9");
        assert_eq!(significant(f64::MAX, 1), "2e308");
    }

    #[test]
    fn p_values() {
        check(
            p_value,
            &[
                (0.0, "1"),
                (-1.0, "0.10"),
                (0.032_f64.log10(), "0.032"),
                (-3.0, "0.0010"),
                (-3.01, "9.8e-4"),
                (1.23e-34_f64.log10(), "1.2e-34"),
                (-1233.3, "5.0e-1234"),
                (9.99e-10_f64.log10(), "1.0e-9"),
                (-400_000.0, "1.0e-400000"),
                (f64::NEG_INFINITY, "0"),
                (f64::NAN, MISSING),
            ],
        );
    }

    #[test]
    fn percentages() {
        check(
            percent,
            &[
                (0.0, "0%"),
                (0.0004, "<0.1%"),
                (0.0005, "0.1%"),
                (0.1234, "12.3%"),
                (0.9994, "99.9%"),
                (0.9999, ">99.9%"),
                (1.0, "100%"),
                (f64::NAN, MISSING),
            ],
        );
    }

    #[test]
    fn byte_counts() {
        check(
            bytes,
            &[
                (0, "0 B"),
                (999, "999 B"),
                (1000, "1.0 kB"),
                (1_835_008, "1.8 MB"),
                (9_949_999, "9.9 MB"),
                (9_960_000, "10 MB"),
                (999_400_000, "999 MB"),
                (999_600_000, "1.0 GB"),
                (u64::MAX, "18 EB"),
            ],
        );
    }

    #[test]
    fn durations() {
        check(
            |micros| duration(Duration::from_micros(micros)),
            &[
                (0, "0 ms"),
                (300, "<1 ms"),
                (12_400, "12 ms"),
                (999_400, "999 ms"),
                (999_600, "1.0 s"),
                (1_249_000, "1.2 s"),
                (9_940_000, "9.9 s"),
                (9_960_000, "10 s"),
                (59_400_000, "59 s"),
                (59_600_000, "1 min 0 s"),
                (200_000_000, "3 min 20 s"),
                (3_599_600_000, "1 h 0 min"),
                (7_500_000_000, "2 h 5 min"),
            ],
        );
    }

    proptest! {
        #[test]
        fn significant_digits_hold(value in prop::num::f64::NORMAL, digits in 1..10_usize) {
            let text = significant(value, digits);
            // The largest numbers, rounded up, are no `f64` any more: they are held against their tenth.
            let (value, text) =
                if value.abs() < 1e308 { (value, text) } else { (value / 10.0, text.replace("e308", "e307")) };
            let read: f64 = text.parse().unwrap();
            let tolerance = value.abs() * 10_f64.powi(1 - digits as i32) * 0.500_001;
            prop_assert!((read - value).abs() <= tolerance, "{} {}", value, read);
        }

        #[test]
        fn p_values_hold(log10_p in -300.0..0.0_f64) {
            let read: f64 = p_value(log10_p).parse().unwrap();
            prop_assert!((read.log10() - log10_p).abs() < 0.023);
        }

        #[test]
        fn no_number_is_too_much(value in any::<u64>(), number in any::<f64>()) {
            prop_assert!(compact(value).len() <= 9);
            prop_assert!(bytes(value).len() <= 6);
            prop_assert_eq!(integer(value).replace(',', ""), value.to_string());
            p_value(number);
            percent(number);
            duration(Duration::from_micros(value));
        }
    }

    #[test]
    fn short_values_have_no_zeros_at_the_end() {
        assert_eq!(short(0.02, 4), "0.02");
        assert_eq!(short(-1.5, 3), "−1.5");
        assert_eq!(short(8042.0, 4), "8042");
    }

    #[test]
    fn a_noun_follows_its_number() {
        assert_eq!(plural(1, "gene", "genes"), "1 gene");
        assert_eq!(plural(2048, "gene", "genes"), "2,048 genes");
    }

    #[test]
    fn lists_end_and_are_never_nothing() {
        assert_eq!(listed(["a", "b"]), "a, b");
        assert_eq!(listed::<&str>([]), "none");
        assert_eq!(first_of(&["a", "b"], 2), "a, b");
        assert_eq!(first_of(&["a", "b", "c"], 2), "a, b and 1 more");
    }

    #[test]
    fn signs_stand_before_all_but_zero() {
        assert_eq!(signed(1.2), "+1.20");
        assert_eq!(signed(-0.351), "−0.35");
        assert_eq!(signed(-0.001), "0.00");
        assert_eq!(signed(f64::NEG_INFINITY), "−∞");
    }
}
