//! Tables as the product writes them.

/// The lines of a CSV file without those that record how it was made.
pub fn data_lines(csv: &str) -> Vec<&str> {
    csv.lines().filter(|line| !line.starts_with('#')).collect()
}
