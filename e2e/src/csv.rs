//! Tables as the product writes them.

use anyhow::{Result, ensure};

/// The lines of a CSV file without those that record how it was made.
pub fn data_lines(csv: &str) -> Vec<&str> {
    csv.lines().filter(|line| !line.starts_with('#')).collect()
}

/// That two CSV files, what the page saves and what the terminal writes, have the same lines but for how they were made.
///
/// # Errors
/// When they have not: the first line that differs, or how many there are.
pub fn expect_same_lines(page: &str, terminal: &str) -> Result<()> {
    let (page, terminal) = (data_lines(page), data_lines(terminal));
    for (own, expected) in page.iter().zip(&terminal) {
        ensure!(own == expected, "the page saves `{own}` where the terminal has `{expected}`");
    }
    ensure!(page.len() == terminal.len(), "{} lines instead of {}", page.len(), terminal.len());
    Ok(())
}
