//! Which cells count, and what a count of theirs becomes.

use std::borrow::Cow;

use explorer_core::de::NORMALIZED_TOTAL;

use crate::is_left_out;

/// Genes that a cell has to express to count.
pub const LEAST_GENES: u32 = 500;

/// Counts per ten thousand below which a value counts as none.
pub const LEAST_CPTT: f64 = 3.0;

/// The assays of the paper (CZI Cell Science Program, *Nucleic Acids Research* 2025): sci-RNA-seq, 10x 3' v1, 10x 5' v1,
/// 10x 3' v2, 10x 5' v2, 10x 3' v3, 10x 3' and 10x 5' of no version, Seq-Well, 10x technology, Drop-seq and CEL-seq2.
pub const ASSAYS_OF_PAPER: [&str; 12] = [
    "EFO:0010550",
    "EFO:0009901",
    "EFO:0011025",
    "EFO:0009899",
    "EFO:0009900",
    "EFO:0009922",
    "EFO:0030003",
    "EFO:0030004",
    "EFO:0008919",
    "EFO:0008995",
    "EFO:0008722",
    "EFO:0010010",
];

/// The assays whose counts grow with the length of a gene: Smart-seq, Smart-seq2, Smart-seq v4.
pub const ASSAYS_BY_LENGTH: [&str; 3] = ["EFO:0008930", "EFO:0008931", "EFO:0700016"];

/// Which cells of datasets a corpus takes, and how their counts are normalized. A corpus has one, and states it.
#[derive(Clone, Debug, PartialEq)]
pub struct Profile {
    /// What it is called.
    pub name: Cow<'static, str>,
    /// Assays taken.
    pub assays: Assays,
    /// Assays whose counts are divided by the lengths of genes first.
    pub assays_by_length: Vec<Cow<'static, str>>,
    /// Genes that a cell has to express.
    pub least_genes: u32,
    /// Counts per ten thousand below which a value counts as none; 0 keeps all.
    pub least_cptt: f64,
}

/// Assays, by identifier.
#[derive(Clone, Debug, PartialEq)]
pub enum Assays {
    /// Every assay of RNA.
    All,
    /// These, and none below them.
    These(Vec<Cow<'static, str>>),
}

impl Profile {
    /// As the paper describes: twelve assays, in which each count is a molecule.
    pub fn paper() -> Self {
        let assays = Assays::These(ASSAYS_OF_PAPER.map(Cow::Borrowed).into());
        Self { name: "paper".into(), assays, assays_by_length: Vec::new(), ..Self::current() }
    }

    /// As CELLxGENE's code has it today: every assay, counts of Smart-seq over the lengths of genes.
    pub fn current() -> Self {
        Self {
            name: "current".into(),
            assays: Assays::All,
            assays_by_length: ASSAYS_BY_LENGTH.map(Cow::Borrowed).into(),
            least_genes: LEAST_GENES,
            least_cptt: LEAST_CPTT,
        }
    }

    /// The profile of this name.
    pub fn named(name: &str) -> Option<Self> {
        [Self::paper(), Self::current()].into_iter().find(|profile| profile.name == name)
    }

    /// Whether an assay is taken.
    pub fn takes_assay(&self, assay: &str) -> bool {
        match &self.assays {
            Assays::All => true,
            Assays::These(assays) => assays.iter().any(|known| known == assay),
        }
    }

    /// Whether counts of an assay are divided by the lengths of genes before anything else.
    pub fn divides_by_length(&self, assay: &str) -> bool {
        self.assays_by_length.iter().any(|known| known == assay)
    }

    /// Whether a cell counts: primary data, of an assay taken, with enough genes expressed, and of a known type, in a
    /// [general tissue](crate::general_tissue) that is not left out.
    pub fn takes(&self, is_primary: bool, assay: &str, n_genes: u32, cell_type: &str, general_tissue: &str) -> bool {
        is_primary
            && self.takes_assay(assay)
            && n_genes >= self.least_genes
            && !matches!(cell_type, "" | "unknown" | "na")
            && !is_left_out(general_tissue)
    }

    /// The value of a count in a cell with this total, ln(CPTT + 1); 0 where it is below the noise threshold. Where counts
    /// are [divided by lengths](Self::divides_by_length), count and total are those after it.
    pub fn value(&self, count: f64, total: f64) -> f64 {
        if cptt(count, total) < self.least_cptt { 0.0 } else { ln_cptt(count, total) }
    }
}

/// Counts per ten thousand. A cell without counts has none.
pub fn cptt(count: f64, total: f64) -> f64 {
    if total > 0.0 { count * NORMALIZED_TOTAL / total } else { 0.0 }
}

/// ln(CPTT + 1).
pub fn ln_cptt(count: f64, total: f64) -> f64 {
    libm::log1p(cptt(count, total))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn single_counts_pass_the_threshold_in_cells_of_at_most_3333() {
        let profile = Profile::current();
        assert!((profile.value(1.0, 3333.0) - 4.0003_f64.ln()).abs() < 1e-8);
        assert_eq!(profile.value(1.0, 3334.0), 0.0);
        assert!(profile.value(2.0, 6666.0) > 0.0);
        assert_eq!((profile.value(0.0, 0.0), profile.value(0.0, 10.0)), (0.0, 0.0));
        let all = Profile { least_cptt: 0.0, ..profile };
        assert!((all.value(1.0, 10_000.0) - 2f64.ln()).abs() < 1e-15);
    }

    #[test]
    fn profiles_differ_by_assays() {
        let (paper, current) = (Profile::paper(), Profile::current());
        let takes = |profile: &Profile, assay| profile.takes(true, assay, 500, "CL:0000236", "UBERON:0002048");
        assert!(takes(&paper, "EFO:0009899") && takes(&current, "EFO:0009899"));
        assert!(!takes(&paper, "EFO:0008931") && takes(&current, "EFO:0008931"));
        assert!(!paper.divides_by_length("EFO:0008931") && current.divides_by_length("EFO:0008931"));
        assert_eq!(Profile::named("paper"), Some(paper));
        assert_eq!(Profile::named("mine"), None);
    }

    #[test]
    fn cells_that_say_too_little_are_left_out() {
        let takes = |is_primary, n_genes, cell_type, tissue| {
            Profile::current().takes(is_primary, "EFO:0009899", n_genes, cell_type, tissue)
        };
        assert!(takes(true, 500, "CL:0000236", "UBERON:0002048"));
        assert!(!takes(false, 500, "CL:0000236", "UBERON:0002048"));
        assert!(!takes(true, 499, "CL:0000236", "UBERON:0002048"));
        assert!(!takes(true, 500, "unknown", "UBERON:0002048"));
        assert!(!takes(true, 500, "CL:0000236", "UBERON:0002405"));
    }
}
