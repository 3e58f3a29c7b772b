//! Tables in Markdown, numbers for people.

/// A table: a head, and rows of as many cells.
pub struct Table {
    rows: Vec<Vec<String>>,
}

impl Table {
    /// A table without rows.
    pub fn new<const N: usize>(head: [&str; N]) -> Self {
        Self::with_head(head.map(str::to_owned).to_vec())
    }

    /// A table without rows whose columns are known only now.
    pub fn with_head(head: Vec<String>) -> Self {
        Self { rows: vec![head] }
    }

    /// Adds a row.
    pub fn push<const N: usize>(&mut self, row: [String; N]) {
        self.push_row(Vec::from(row));
    }

    /// Adds a row of as many cells as the head has.
    pub fn push_row(&mut self, row: Vec<String>) {
        self.rows.push(row);
    }

    /// Prints it, with columns aligned: the first to the left, the others to the right.
    pub fn print(&self) {
        let n_columns = self.rows[0].len();
        let width = |column: usize| self.rows.iter().map(|row| row[column].chars().count()).max().unwrap_or(0).max(3);
        let widths: Vec<usize> = (0..n_columns).map(width).collect();
        for (number, row) in self.rows.iter().enumerate() {
            let cells = row.iter().zip(&widths).enumerate().map(|(column, (cell, &width))| {
                if column == 0 { format!("{cell:<width$}") } else { format!("{cell:>width$}") }
            });
            println!("| {} |", cells.collect::<Vec<_>>().join(" | "));
            if number == 0 {
                let rules = widths.iter().enumerate().map(|(column, &width)| {
                    if column == 0 { "-".repeat(width) } else { format!("{}:", "-".repeat(width - 1)) }
                });
                println!("| {} |", rules.collect::<Vec<_>>().join(" | "));
            }
        }
        println!();
    }
}

/// A duration: `1.23 ms`, `45 ms`, `1.23 s`.
pub fn time(seconds: f64) -> String {
    if seconds < 1.0 { format!("{} ms", digits(seconds * 1e3)) } else { format!("{} s", digits(seconds)) }
}

/// Bytes: `1.23 kB`, `45 MB`.
pub fn bytes(n_bytes: u64) -> String {
    large(n_bytes as f64, "B")
}

/// Something large: `1.23 M/s`.
pub fn large(number: f64, unit: &str) -> String {
    let (scaled, prefix) = match number {
        1e9.. => (number / 1e9, "G"),
        1e6.. => (number / 1e6, "M"),
        1e3.. => (number / 1e3, "k"),
        _ => (number, ""),
    };
    format!("{} {prefix}{unit}", digits(scaled))
}

/// Two digits, however small.
pub fn ratio(number: f64) -> String {
    match number.abs() {
        10.0.. => format!("{number:.0}"),
        1.0.. => format!("{number:.1}"),
        0.1.. => format!("{number:.2}"),
        0.01.. => format!("{number:.3}"),
        _ => format!("{number:.4}"),
    }
}

/// Three digits, or all of those before the point.
pub fn digits(number: f64) -> String {
    match number.abs() {
        100.0.. => format!("{number:.0}"),
        10.0.. => format!("{number:.1}"),
        _ => format!("{number:.2}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_short() {
        assert_eq!(time(0.001_234), "1.23 ms");
        assert_eq!(time(12.34), "12.3 s");
        assert_eq!(bytes(45_678_901), "45.7 MB");
        assert_eq!(large(1.5e9, "/s"), "1.50 G/s");
        assert_eq!(digits(1234.5), "1234");
        assert_eq!([0.0123, 0.123, 1.23, 123.4].map(ratio), ["0.012", "0.12", "1.2", "123"]);
    }
}
