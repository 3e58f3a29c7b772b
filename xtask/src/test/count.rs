//! How many tests passed and failed, read from what the test harnesses print.

use std::ops::AddAssign;

/// Numbers of tests.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Counts {
    /// Tests that passed.
    pub passed: u64,
    /// Tests that failed.
    pub failed: u64,
}

impl Counts {
    /// The counts in a line such as `test result: ok. 3 passed; 0 failed; …`, printed alike by
    /// Rust's own harness and by wasm-bindgen's; nothing for any other line.
    pub fn in_line(line: &str) -> Option<Self> {
        let result = line.strip_prefix("test result: ")?;
        let (_, numbers) = result.split_once(". ")?;
        Some(Self { passed: number_before(numbers, " passed")?, failed: number_before(numbers, " failed")? })
    }
}

impl AddAssign for Counts {
    fn add_assign(&mut self, other: Self) {
        self.passed += other.passed;
        self.failed += other.failed;
    }
}

fn number_before(text: &str, word: &str) -> Option<u64> {
    let (before, _) = text.split_once(word)?;
    before.rsplit([' ', ';']).next()?.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn both_harnesses_are_understood() {
        let native = "test result: ok. 12 passed; 0 failed; 1 ignored; 0 measured; \
                      0 filtered out; finished in 0.31s";
        assert_eq!(Counts::in_line(native), Some(Counts { passed: 12, failed: 0 }));
        let wasm = "test result: FAILED. 2 passed; 1 failed; 0 ignored; 0 filtered out";
        assert_eq!(Counts::in_line(wasm), Some(Counts { passed: 2, failed: 1 }));
    }

    #[test]
    fn other_lines_count_nothing() {
        assert_eq!(Counts::in_line("test reads_a_tile ... ok"), None);
        assert_eq!(Counts::in_line("running 12 tests"), None);
        assert_eq!(Counts::in_line("test result: strange"), None);
    }
}
