//! Values that a layer cannot keep as they are in the file: how many there were, of which genes, and what is said of
//! them.

use explorer_core::format;
use h5ad::{Loss, SparseSlab};

/// How many genes a message names.
const MOST_NAMED: usize = 3;

/// What became of values that a layer could not keep as they were.
#[derive(Default)]
pub struct OddValues {
    /// Values that count as zero, by column of the matrix; empty where there is none.
    by_column: Vec<Unkept>,
    /// What the others lost.
    loss: Loss,
}

/// Values of a gene that count as zero.
#[derive(Clone, Copy, Default)]
struct Unkept {
    n_nan: u64,
    /// Infinite as 32-bit floats, in the file or not.
    n_infinite: u64,
    /// Finite in the file, but not as 32-bit floats.
    n_beyond: u64,
}

impl OddValues {
    /// Takes in a value of one of `n_columns` columns that is not finite.
    pub fn take(&mut self, column: u32, value: f32, n_columns: usize) {
        self.by_column.resize(n_columns, Unkept::default());
        let unkept = &mut self.by_column[column as usize];
        if value.is_nan() {
            unkept.n_nan += 1;
        } else {
            unkept.n_infinite += 1;
        }
    }

    /// Takes in what the values of a slab lost.
    pub fn take_loss(&mut self, slab: &SparseSlab, n_columns: usize) {
        self.loss.merge(&slab.loss);
        // Here they are counted.
        self.loss.columns_beyond.clear();
        if !slab.loss.columns_beyond.is_empty() {
            self.by_column.resize(n_columns, Unkept::default());
        }
        for &column in &slab.loss.columns_beyond {
            self.by_column[column as usize].n_beyond += 1;
        }
    }

    /// Adds what was taken in elsewhere.
    pub fn merge(&mut self, other: &Self) {
        self.loss.merge(&other.loss);
        if self.by_column.len() < other.by_column.len() {
            self.by_column.resize(other.by_column.len(), Unkept::default());
        }
        for (mine, theirs) in self.by_column.iter_mut().zip(&other.by_column) {
            mine.n_nan += theirs.n_nan;
            mine.n_infinite += theirs.n_infinite;
            mine.n_beyond += theirs.n_beyond;
        }
    }

    /// Whether any value counts as zero.
    pub fn any_unkept(&self) -> bool {
        self.by_column.iter().any(|unkept| unkept.n_nan + unkept.n_infinite > 0)
    }

    /// Whether any value was rounded.
    pub fn any_rounded(&self) -> bool {
        self.loss.n_rounded > 0
    }

    /// What is said of values that count as zero; `ids` are those of the genes, by column.
    pub fn unkept_messages(&self, ids: &[String]) -> Vec<String> {
        let mut messages = Vec::new();
        let mut note = |count: fn(&Unkept) -> u64, what: &str| {
            let counts = || self.by_column.iter().map(count);
            let n: u64 = counts().sum();
            if n > 0 {
                let genes = named(counts().zip(ids).filter(|(n, _)| *n > 0).map(|(_, id)| id.as_str()));
                let (are, they_are) = if n == 1 { ("is", "it counts") } else { ("are", "they count") };
                let values = format::plural(n as usize, "value", "values");
                messages.push(format!("{values} {are} {what}, {genes}; {they_are} as zero"));
            }
        };
        note(|unkept| unkept.n_nan, "not a number (NaN)");
        note(|unkept| unkept.n_infinite.saturating_sub(unkept.n_beyond), "infinite");
        let beyond = format!("beyond the range of 32-bit floats, up to {:e}", self.loss.largest_beyond);
        note(|unkept| unkept.n_beyond, &beyond);
        if self.loss.n_vanished > 0 {
            let (are, they_count) = if self.loss.n_vanished == 1 { ("is", "it counts") } else { ("are", "they count") };
            let values = format::plural(self.loss.n_vanished as usize, "value", "values");
            messages.push(format!("{values} {are} smaller than a 32-bit float can be; {they_count} as zero"));
        }
        messages
    }

    /// What is said of values that were rounded; `None` where none was.
    pub fn rounded_message(&self) -> Option<String> {
        let (n, share) = (self.loss.n_rounded as usize, self.loss.largest_relative);
        (n > 0).then(|| {
            let (are, of) = if n == 1 { ("is", "by") } else { ("are", "each by at most") };
            let values = format::plural(n, "value", "values");
            let share = format::significant(share, 2);
            format!("{values} {are} rounded to 32-bit floats, {of} {share} of itself")
        })
    }
}

/// "of the gene `a`", or "of the genes `a`, `b`, `c` and 2 more".
pub(super) fn named<'a>(genes: impl Iterator<Item = &'a str>) -> String {
    let genes: Vec<String> = genes.map(|id| format!("`{id}`")).collect();
    let noun = if genes.len() == 1 { "gene" } else { "genes" };
    format!("of the {noun} {}", format::first_of(&genes, MOST_NAMED))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn said(odd: &OddValues) -> Vec<String> {
        let unkept = odd.unkept_messages(&["a", "b", "c", "d"].map(str::to_owned));
        unkept.into_iter().chain(odd.rounded_message()).collect()
    }

    #[test]
    fn one_value_and_many_are_told_with_their_genes() {
        let mut odd = OddValues::default();
        assert_eq!((said(&odd).len(), odd.any_unkept()), (0, false));
        odd.take(1, f32::NAN, 4);
        (0..4).for_each(|column| odd.take(column, f32::INFINITY, 4));
        let loss = Loss {
            columns_beyond: vec![3],
            largest_beyond: 1e300,
            n_vanished: 1,
            n_rounded: 1,
            largest_relative: 5e-8,
        };
        odd.take_loss(&SparseSlab { loss, ..SparseSlab::default() }, 4);
        assert_eq!(
            said(&odd),
            [
                "1 value is not a number (NaN), of the gene `b`; it counts as zero",
                "3 values are infinite, of the genes `a`, `b`, `c`; they count as zero",
                "1 value is beyond the range of 32-bit floats, up to 1e300, of the gene `d`; it counts as zero",
                "1 value is smaller than a 32-bit float can be; it counts as zero",
                "1 value is rounded to 32-bit floats, by 5.0e-8 of itself",
            ]
        );
    }

    #[test]
    fn parts_add_up() {
        let part = |columns: &[u32]| {
            let mut odd = OddValues::default();
            columns.iter().for_each(|&column| odd.take(column, f32::NEG_INFINITY, 4));
            let loss = Loss { n_rounded: 1000, largest_relative: 5.9e-8, ..Loss::default() };
            odd.take_loss(&SparseSlab { loss, ..SparseSlab::default() }, 4);
            odd
        };
        let mut sum = part(&[]);
        for columns in [&[3, 3, 2][..], &[], &[1, 0]] {
            sum.merge(&part(columns));
        }
        assert!(sum.any_unkept());
        assert_eq!(
            said(&sum),
            [
                "5 values are infinite, of the genes `a`, `b`, `c` and 1 more; they count as zero",
                "4,000 values are rounded to 32-bit floats, each by at most 5.9e-8 of itself",
            ]
        );
    }
}
