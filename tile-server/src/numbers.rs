//! Numbers of the command line that have a bound.

/// A whole number of `LEAST` or more.
///
/// # Errors
/// What is wrong with it.
pub fn at_least<const LEAST: usize>(text: &str) -> Result<usize, String> {
    text.parse().ok().filter(|&n| n >= LEAST).ok_or_else(|| format!("it takes a whole number of {LEAST} or more"))
}

/// A share, from 0 to 1.
///
/// # Errors
/// What is wrong with it.
pub fn share(text: &str) -> Result<f64, String> {
    finite(text)
        .ok()
        .filter(|share| (0.0..=1.0).contains(share))
        .ok_or_else(|| "it takes a number from 0 to 1".to_owned())
}

/// A number, which is finite.
///
/// # Errors
/// What is wrong with it.
pub fn finite(text: &str) -> Result<f64, String> {
    text.parse().ok().filter(|number: &f64| number.is_finite()).ok_or_else(|| "it takes a number".to_owned())
}
