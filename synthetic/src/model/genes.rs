//! Which gene is which.

use crate::catalog::{CELL_TYPES, FEMALE, G2M_PHASE, HOUSEKEEPING, MALE, MITOCHONDRIAL, S_PHASE};
use crate::random::{Random, Stream};

use super::Spec;

/// A gene.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Gene {
    /// The symbol: a real one where the gene's part in the model is known, `SYN00042` otherwise.
    pub symbol: String,
    /// What it does in the model.
    pub(crate) role: Role,
}

/// What a gene does in the model.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Role {
    /// Nothing that its name tells.
    Plain,
    /// In the mitochondrion.
    Mitochondrial,
    /// Strong everywhere, by rank.
    Housekeeping(usize),
    /// Tells one cell type.
    Marker(usize),
    /// Expressed while DNA is copied.
    SPhase,
    /// Expressed before division.
    G2mPhase,
    /// Lies on the Y chromosome.
    Male,
    /// Silences the second X chromosome.
    Female,
}

/// Names the genes and puts them in random order, the named ones scattered among the others.
///
/// Of few genes, at most two thirds are named, the most telling first.
pub fn name_genes(spec: Spec, n_types: usize) -> Vec<Gene> {
    let markers = |nth: usize| (0..n_types).map(move |t| (CELL_TYPES[t].markers[nth], Role::Marker(t)));
    let housekeeping = || HOUSEKEEPING.into_iter().enumerate().map(|(rank, name)| (name, Role::Housekeeping(rank)));
    let named = markers(0)
        .chain(MITOCHONDRIAL.map(|name| (name, Role::Mitochondrial)))
        .chain(housekeeping().take(8))
        .chain(S_PHASE.map(|name| (name, Role::SPhase)))
        .chain(G2M_PHASE.map(|name| (name, Role::G2mPhase)))
        .chain(FEMALE.map(|name| (name, Role::Female)))
        .chain(MALE.map(|name| (name, Role::Male)))
        .chain(markers(1))
        .chain(markers(2))
        .chain(housekeeping().skip(8));
    let mut genes: Vec<Gene> =
        named.take(spec.n_genes * 2 / 3).map(|(name, role)| Gene { symbol: name.to_owned(), role }).collect();
    let plain = spec.n_genes - genes.len();
    genes.extend((1..=plain).map(|number| Gene { symbol: format!("SYN{number:05}"), role: Role::Plain }));
    Random::new(spec.seed, Stream::Genes, 0).shuffle(&mut genes);
    genes
}
