//! Numbers of the command line that have a bound.

/// A whole number of `LEAST` or more.
///
/// # Errors
/// What is wrong with it.
pub fn at_least<const LEAST: usize>(text: &str) -> Result<usize, String> {
    text.parse().ok().filter(|&n| n >= LEAST).ok_or_else(|| format!("it takes a whole number of {LEAST} or more"))
}
