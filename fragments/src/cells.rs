//! The cells that fragments are of.

use std::collections::BTreeMap;

use crate::finding::{FIRST, Finding, Rule};
use crate::genome::{GENOMES, Genome, Requirement, requirement_of_assay};

/// What an AnnData file says of its cells.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Cells {
    /// `obs` index: a barcode each.
    pub index: Vec<String>,
    /// `obs.assay_ontology_term_id`: each term that cells have, with their number; none where the column is missing.
    pub assays: Option<BTreeMap<String, u64>>,
    /// `obs.is_primary_data`.
    pub primary: Primary,
    /// `uns.organism_ontology_term_id`.
    pub organism: Option<String>,
}

/// What `obs.is_primary_data` says.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Primary {
    /// There is no such column of truth values.
    #[default]
    Unknown,
    /// So many cells are not primary data.
    AllBut(u64),
}

impl Cells {
    /// Whether a file of fragments is needed.
    ///
    /// # Errors
    /// Why the cells can have none.
    pub fn requirement(&self) -> Result<Requirement, Finding> {
        let refused = |message: String, values: Vec<String>, count, compat: &str| Finding {
            rule: Rule::Assay,
            message,
            count,
            first_rows: Vec::new(),
            values,
            compat: Some(compat.to_owned()),
        };
        let Some(assays) = &self.assays else {
            let message = "obs has no column assay_ontology_term_id: add the term of the assay of each cell".to_owned();
            return Err(refused(message, Vec::new(), 0, "'assay_ontology_term_id'"));
        };
        let others: Vec<_> = assays.iter().filter(|(term, _)| requirement_of_assay(term).is_none()).collect();
        if !others.is_empty() {
            let count = others.iter().map(|(_, n)| **n).sum();
            let values = others.iter().take(FIRST).map(|(term, _)| (*term).clone()).collect();
            let message = "cells are of assays without fragments: assay_ontology_term_id must be EFO:0010891 \
                           (scATAC-seq) or a term below it for every cell";
            let compat = "Anndata.obs.assay_ontology_term_id are not all descendants of EFO:0010891.";
            return Err(refused(message.to_owned(), values, count, compat));
        }
        let mut requirements = assays.keys().filter_map(|term| requirement_of_assay(term));
        let first = requirements.next();
        if requirements.any(|other| Some(other) != first) {
            let message = "some cells are of assays that measure gene expression as well, and some are not: put them \
                           into files of their own";
            let compat = "Anndata.obs.assay_ontology_term_id has mixed paired and unpaired assay terms.";
            return Err(refused(message.to_owned(), assays.keys().take(FIRST).cloned().collect(), 0, compat));
        }
        // Of no cells all is true.
        Ok(first.unwrap_or(Requirement::Optional))
    }

    /// The genome that the fragments lie on, or why the cells can have no fragments.
    pub(crate) fn genome(&self) -> Result<Genome, Vec<Finding>> {
        let mut findings = Vec::new();
        let genome = self.organism.as_deref().and_then(Genome::of);
        if genome.is_none() {
            let known: Vec<String> = GENOMES.iter().map(|genome| format!("'{}'", genome.organism)).collect();
            let got = self.organism.clone().unwrap_or_else(|| "None".to_owned());
            findings.push(Finding {
                rule: Rule::Organism,
                message: "uns.organism_ontology_term_id must be NCBITaxon:9606 (human) or NCBITaxon:10090 (mouse)"
                    .to_owned(),
                count: 1,
                first_rows: Vec::new(),
                compat: Some(format!(
                    "Anndata.obs.organism_ontology_term_id must be one of [{}]. Got {got}.",
                    known.join(", ")
                )),
                values: self.organism.iter().cloned().collect(),
            });
        }
        let (count, message) = match self.primary {
            Primary::AllBut(0) => (0, ""),
            Primary::AllBut(n) => (n, "is_primary_data is not True for all cells: fragments go with primary data only"),
            Primary::Unknown => (self.index.len() as u64, "obs has no column is_primary_data of truth values: add it"),
        };
        if count > 0 {
            findings.push(Finding {
                rule: Rule::Primary,
                message: message.to_owned(),
                count,
                first_rows: Vec::new(),
                values: Vec::new(),
                compat: Some("Anndata.obs.is_primary_data must all be True.".to_owned()),
            });
        }
        genome.filter(|_| findings.is_empty()).ok_or(findings)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(assays: &[&str]) -> Cells {
        Cells { assays: Some(assays.iter().map(|&term| (term.to_owned(), 2)).collect()), ..Cells::default() }
    }

    #[test]
    fn an_assay_requires_allows_or_forbids_fragments() {
        assert_eq!(of(&["EFO:0030007", "EFO:0010891"]).requirement(), Ok(Requirement::Required));
        assert_eq!(of(&["EFO:0030059"]).requirement(), Ok(Requirement::Optional));
        let wrong = of(&["EFO:0030059", "EFO:0009899"]).requirement().unwrap_err();
        assert_eq!((wrong.count, wrong.values), (2, vec!["EFO:0009899".to_owned()]));
        let mixed = of(&["EFO:0030059", "EFO:0030007"]).requirement().unwrap_err();
        assert!(mixed.compat.unwrap().contains("mixed paired and unpaired"));
    }
}
