//! What numbers lose when they become 32-bit floats.

/// What some numbers lost when they became 32-bit floats.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Loss {
    /// Numbers that were rounded, but to zero.
    pub n_rounded: u64,
    /// The largest difference that this made, as a share of the number in the file.
    pub largest_relative: f64,
    /// Numbers that are too small for a 32-bit float; they became zero.
    pub n_vanished: u64,
    /// The columns of finite numbers beyond the range of 32-bit floats, one each; they became infinite.
    pub columns_beyond: Vec<u32>,
    /// The largest magnitude among these; 0 where there is none.
    pub largest_beyond: f64,
}

impl Loss {
    /// Adds what other numbers lost.
    pub fn merge(&mut self, other: &Self) {
        self.n_rounded += other.n_rounded;
        self.n_vanished += other.n_vanished;
        self.largest_relative = self.largest_relative.max(other.largest_relative);
        self.columns_beyond.extend_from_slice(&other.columns_beyond);
        self.largest_beyond = self.largest_beyond.max(other.largest_beyond);
    }
}
