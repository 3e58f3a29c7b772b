//! Which terms a column of ids may have: lists, branches and exceptions.

use crate::reference::{Ontology, Reference, Term};

pub(crate) const VISIUM: &str = "EFO:0010961";
pub(crate) const VISIUM_11: &str = "EFO:0022860";
pub(crate) const BEADS: &str = "EFO:0920001";
pub(crate) const ATAC: &str = "EFO:0010891";
pub(crate) const RNA: &str = "EFO:0008913";
/// Assays whose raw matrix need not be counts: ATAC-seq, Methyl-seq, methylation profiling, snmC-seq.
pub(crate) const NOT_COUNTED: [&str; 4] = ["EFO:0007045", "EFO:0008804", "EFO:0000751", "EFO:0008939"];

pub(crate) const NA: &str = "na";
pub(crate) const UNKNOWN: &str = "unknown";

/// Whether several identifiers may stand in one value.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum List {
    No,
    Sorted,
    /// Sorted; and where there are several, all of this ontology.
    SortedOf(&'static str),
}

/// What identifiers of terms a column may hold.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Terms {
    /// The ontologies; none where only `exceptions` are allowed.
    pub(crate) ontologies: &'static [&'static str],
    /// Words that are allowed besides.
    pub(crate) exceptions: &'static [&'static str],
    /// Terms that are allowed.
    pub(crate) terms: &'static [&'static str],
    /// Ontologies all of whose terms are allowed.
    pub(crate) whole: &'static [&'static str],
    /// Terms below these are allowed.
    pub(crate) below: &'static [&'static str],
    /// Whether any term of the ontologies is allowed.
    pub(crate) any: bool,
    pub(crate) forbidden: &'static [&'static str],
    pub(crate) forbidden_below: &'static [&'static str],
    pub(crate) list: List,
    /// What may stand before an identifier.
    pub(crate) prefix: Option<&'static str>,
}

const ANY: Terms = Terms {
    ontologies: &[],
    exceptions: &[],
    terms: &[],
    whole: &[],
    below: &[],
    any: false,
    forbidden: &[],
    forbidden_below: &[],
    list: List::No,
    prefix: None,
};

/// Anatomies of one organism each, whose terms only that organism may have.
const OF_ORGANISMS: [(&str, &str); 3] =
    [("WBbt", "NCBITaxon:6239"), ("ZFA", "NCBITaxon:7955"), ("FBbt", "NCBITaxon:7227")];

/// The anatomy that cell types and tissues of this organism may be of besides that of all.
pub(crate) fn anatomy_of(organism: &str) -> Option<&'static str> {
    OF_ORGANISMS.iter().find(|(_, known)| *known == organism).map(|(ontology, _)| *ontology)
}

impl Terms {
    /// The ontologies that a dataset of this organism may have terms of.
    pub(crate) fn ontologies_of(&self, organism: &str) -> impl Iterator<Item = &'static str> {
        let own = anatomy_of(organism);
        let is_of_another = move |name: &str| own != Some(name) && OF_ORGANISMS.iter().any(|(known, _)| *known == name);
        self.ontologies.iter().copied().filter(move |name| !is_of_another(name))
    }

    /// Whether a term of the ontologies is in an allowed list or branch, exceptions aside.
    pub(crate) fn includes(&self, reference: &Reference, id: &str) -> bool {
        let is_whole = || Ontology::of(id).is_some_and(|ontology| self.whole.contains(&ontology.name()));
        self.any || self.terms.contains(&id) || is_whole() || reference.is_below(id, self.below)
    }

    /// Whether a dataset of this organism may have this term.
    pub(crate) fn allow(&self, reference: &Reference, organism: &str, id: &str) -> bool {
        let is_usable = |term: Term| {
            self.ontologies_of(organism).any(|name| name == term.ontology.name()) && !Reference::is_deprecated(term)
        };
        reference.term(id).is_some_and(is_usable)
            && !self.forbidden.contains(&id)
            && reference.first_above(id, self.forbidden_below).is_none()
            && self.includes(reference, id)
    }
}

/// `na` alone.
pub(crate) static ONLY_NA: Terms = Terms { exceptions: &[NA], ..ANY };

/// The organism of a dataset.
pub(crate) static ORGANISMS: Terms = Terms {
    ontologies: &["NCBITaxon"],
    terms: &[
        "NCBITaxon:9606",
        "NCBITaxon:10090",
        "NCBITaxon:7227",
        "NCBITaxon:7955",
        "NCBITaxon:6239",
        "NCBITaxon:9541",
        "NCBITaxon:9986",
        "NCBITaxon:9483",
        "NCBITaxon:9595",
        "NCBITaxon:9544",
        "NCBITaxon:9598",
        "NCBITaxon:9823",
        "NCBITaxon:30608",
        "NCBITaxon:10116",
    ],
    below: &[
        "NCBITaxon:9541",
        "NCBITaxon:9544",
        "NCBITaxon:10090",
        "NCBITaxon:9986",
        "NCBITaxon:9598",
        "NCBITaxon:10116",
        "NCBITaxon:9823",
    ],
    forbidden: &["NCBITaxon:2697049", "NCBITaxon:32630"],
    ..ANY
};

pub(crate) static CELL_TYPES: Terms = Terms {
    ontologies: &["CL", "ZFA", "FBbt", "WBbt"],
    exceptions: &[UNKNOWN],
    terms: &["CL:0000000"],
    below: &["ZFA:0009000", "FBbt:00007002", "WBbt:0004017", "CL:0000000"],
    forbidden: &["CL:0000255", "CL:0000257", "CL:0000548", "WBbt:0006803"],
    forbidden_below: &["WBbt:0006803"],
    ..ANY
};
pub(crate) static CELL_TYPES_OF_LINES: Terms = Terms { exceptions: &[UNKNOWN, NA], ..CELL_TYPES };
pub(crate) static CELL_TYPES_OF_CULTURES: Terms = Terms { terms: &[], ..CELL_TYPES };

pub(crate) static ASSAYS: Terms = Terms { ontologies: &["EFO"], below: &["EFO:0002772", "EFO:0010183"], ..ANY };

pub(crate) static DISEASES: Terms = Terms {
    ontologies: &["MONDO", "PATO"],
    terms: &["PATO:0000461", "MONDO:0021178"],
    below: &["MONDO:0000001", "MONDO:0021178"],
    list: List::SortedOf("MONDO"),
    ..ANY
};

pub(crate) static SEXES: Terms = Terms {
    ontologies: &["PATO"],
    exceptions: &[UNKNOWN],
    terms: &["PATO:0000383", "PATO:0000384", "PATO:0001340"],
    ..ANY
};
pub(crate) static SEXES_OR_NA: Terms = Terms { exceptions: &[UNKNOWN, NA], ..SEXES };
pub(crate) static SEXES_OF_WORMS: Terms = Terms { terms: &["PATO:0000384", "PATO:0001340"], ..SEXES_OR_NA };

/// What is no tissue in the anatomies of single organisms: cells, and what is not specified.
const CELLS_OF_ORGANISMS: [&str; 8] = [
    "ZFA:0009000",
    "ZFA:0001093",
    "FBbt:00007002",
    "WBbt:0007849",
    "WBbt:0007850",
    "WBbt:0008595",
    "WBbt:0004017",
    "WBbt:0006803",
];

pub(crate) static TISSUES: Terms = Terms {
    ontologies: &["UBERON", "ZFA", "FBbt", "WBbt"],
    below: &["ZFA:0100000", "FBbt:10000000", "WBbt:0005766", "UBERON:0001062"],
    forbidden: &CELLS_OF_ORGANISMS,
    forbidden_below: &["ZFA:0009000", "WBbt:0004017", "WBbt:0006803", "FBbt:00007002"],
    ..ANY
};
pub(crate) static ORGANOIDS: Terms = Terms {
    forbidden: &{
        let mut forbidden = ["UBERON:0000922"; CELLS_OF_ORGANISMS.len() + 1];
        let (cells, _) = forbidden.split_at_mut(CELLS_OF_ORGANISMS.len());
        cells.copy_from_slice(&CELLS_OF_ORGANISMS);
        forbidden
    },
    ..TISSUES
};
pub(crate) static CELL_LINES: Terms = Terms { ontologies: &["CVCL"], any: true, ..ANY };

pub(crate) static ETHNICITIES: Terms = Terms {
    ontologies: &["HANCESTRO", "AFPO"],
    exceptions: &[UNKNOWN],
    below: &["HANCESTRO:0601", "HANCESTRO:0602"],
    list: List::Sorted,
    ..ANY
};

const STAGES: Terms = Terms { exceptions: &[UNKNOWN, NA], ..ANY };
pub(crate) static STAGES_OF_HUMANS: Terms = Terms { ontologies: &["HsapDv"], below: &["HsapDv:0000001"], ..STAGES };
pub(crate) static STAGES_OF_MICE: Terms = Terms { ontologies: &["MmusDv"], below: &["MmusDv:0000001"], ..STAGES };
pub(crate) static STAGES_OF_ZEBRAFISH: Terms =
    Terms { ontologies: &["ZFA"], below: &["ZFS:0100000"], forbidden: &["ZFS:0000000"], ..STAGES };
pub(crate) static STAGES_OF_FLIES: Terms = Terms {
    ontologies: &["FBdv"],
    below: &["FBdv:00007014", "FBdv:00005259"],
    forbidden: &["FBdv:00007012"],
    ..STAGES
};
pub(crate) static STAGES_OF_WORMS: Terms =
    Terms { ontologies: &["WBls"], below: &["WBls:0000803", "WBls:0000804"], terms: &["WBls:0000669"], ..STAGES };
pub(crate) static STAGES_OF_OTHERS: Terms =
    Terms { ontologies: &["UBERON"], below: &["UBERON:0000105"], forbidden: &["UBERON:0000071"], ..STAGES };
pub(crate) static STAGES_OF_TISSUES: Terms = Terms {
    ontologies: &["UBERON", "HsapDv", "MmusDv", "ZFA", "ZFS", "FBdv", "WBls"],
    exceptions: &[UNKNOWN],
    any: true,
    forbidden: &[NA],
    ..ANY
};

pub(crate) static CONDITIONS: Terms = Terms {
    ontologies: &["CHEBI", "EFO", "UniProt"],
    exceptions: &[NA],
    terms: &["EFO:0001702", "EFO:0002755", "EFO:0002756"],
    whole: &["UniProt"],
    below: &["CHEBI:24431", "EFO:0002755"],
    forbidden: &[
        "CHEBI:23367",
        "CHEBI:24431",
        "CHEBI:24835",
        "CHEBI:24867",
        "CHEBI:24870",
        "CHEBI:25212",
        "CHEBI:25367",
        "CHEBI:25699",
        "CHEBI:33238",
        "CHEBI:33259",
        "CHEBI:33497",
        "CHEBI:33595",
        "CHEBI:33674",
        "CHEBI:33675",
        "CHEBI:36342",
        "CHEBI:36357",
        "CHEBI:36358",
        "CHEBI:36914",
        "CHEBI:37577",
        "CHEBI:50906",
    ],
    forbidden_below: &["CHEBI:36342", "CHEBI:50906"],
    list: List::Sorted,
    prefix: Some("anti-"),
    ..ANY
};
