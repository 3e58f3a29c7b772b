//! Ours, or as the original.

use explorer_core::de::{Pooling, Summary};

/// By which rules numbers are computed.
///
/// `docs/gene-expression-methods.md` lists how they differ, with an example of each, which `tests/modes.rs` holds.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Mode {
    /// Every cell counts in a denominator; variances are unbiased.
    #[default]
    Exact,
    /// As CELLxGENE's Gene Expression and Differential Expression compute, its defects included: to compare with.
    Compatible,
}

impl Mode {
    /// How the variances of two sets become one in Cohen's d.
    pub fn pooling(self) -> Pooling {
        match self {
            Self::Exact => Pooling::Unbiased,
            Self::Compatible => Pooling::Cellxgene,
        }
    }

    /// A summary as this mode tests it: with the variance over n where that is the original's.
    pub(crate) fn summary(self, summary: Summary) -> Summary {
        let n = summary.n_cells as f64;
        match self {
            Self::Exact => summary,
            Self::Compatible if summary.n_cells == 0 => summary,
            Self::Compatible => Summary { variance: summary.variance * ((n - 1.0) / n), ..summary },
        }
    }
}
