//! What the schema asks of columns and keys, as data.

use crate::allowed::{
    ASSAYS, CELL_LINES, CELL_TYPES, CELL_TYPES_OF_CULTURES, CELL_TYPES_OF_LINES, CONDITIONS, DISEASES, ETHNICITIES,
    ONLY_NA, ORGANOIDS, SEXES, SEXES_OF_WORMS, SEXES_OR_NA, STAGES_OF_FLIES, STAGES_OF_HUMANS, STAGES_OF_MICE,
    STAGES_OF_OTHERS, STAGES_OF_TISSUES, STAGES_OF_WORMS, STAGES_OF_ZEBRAFISH, TISSUES, Terms,
};
pub(crate) use crate::allowed::{ATAC, BEADS, NA, NOT_COUNTED, RNA, UNKNOWN, VISIUM, VISIUM_11};

/// The version of the schema.
pub const VERSION: &str = "7.1.0";

/// Where the schema's text stands.
pub const REFERENCE: &str = "https://github.com/chanzuckerberg/single-cell-curation/blob/main/schema/7.1.0/schema.md";

pub(crate) const DELIMITER: &str = " || ";

pub(crate) const ORGANISM: &str = "organism_ontology_term_id";
pub(crate) const ASSAY: &str = "assay_ontology_term_id";
pub(crate) const CELL_TYPE: &str = "cell_type_ontology_term_id";
pub(crate) const TISSUE: &str = "tissue_ontology_term_id";
pub(crate) const TISSUE_TYPE: &str = "tissue_type";
pub(crate) const CONDITION: &str = "experimental_condition_ontology_term_id";
pub(crate) const PERTURBATION_ID: &str = "genetic_perturbation_id";
pub(crate) const STRATEGY: &str = "genetic_perturbation_strategy";
pub(crate) const PERTURBATIONS: &str = "genetic_perturbations";
pub(crate) const IN_TISSUE: &str = "in_tissue";
pub(crate) const IS_FILTERED: &str = "feature_is_filtered";
pub(crate) const PRIMARY: &str = "is_primary_data";
pub(crate) const EMBEDDING: &str = "default_embedding";

/// The organisms whose genes need not be the dataset's: a virus and spike-ins.
pub(crate) const EXEMPT_ORGANISMS: [&str; 2] = ["NCBITaxon:2697049", "NCBITaxon:32630"];

/// The organisms whose genetic perturbations are supported.
pub(crate) const PERTURBED_ORGANISMS: [&str; 3] = ["NCBITaxon:7955", "NCBITaxon:9606", "NCBITaxon:10090"];

/// Columns and keys of Discover, and of older schemas.
pub(crate) const RESERVED_UNS: [&str; 4] = ["schema_version", "schema_reference", "citation", "is_pre_analysis"];
pub(crate) const DEPRECATED_UNS: [&str; 11] = [
    "X_normalization",
    "default_field",
    "layer_descriptions",
    "tags",
    "version",
    "contributors",
    "preprint_doi",
    "project_description",
    "project_links",
    "project_name",
    "publication_doi",
];
pub(crate) const RESERVED_OBS: [&str; 3] = ["observation_joinid", "experimental_condition", "perturbation_types"];
pub(crate) const DEPRECATED_OBS: [&str; 4] =
    ["ethnicity", "ethnicity_ontology_term_id", "organism", "organism_ontology_term_id"];
pub(crate) const RESERVED_PERTURBATION: [&str; 2] = ["derived_genomic_regions", "derived_features"];
pub(crate) const GENE_LABELS: [&str; 5] =
    ["feature_name", "feature_reference", "feature_biotype", "feature_length", "feature_type"];

/// What is asked of a column, or of some of its rows.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Check {
    pub(crate) kind: Kind,
    /// The list of values.
    pub(crate) values: &'static [&'static str],
    pub(crate) forbidden: &'static [&'static str],
    /// Whether categories must be texts, and not blank.
    pub(crate) is_text: bool,
    pub(crate) not_all_na: bool,
    /// What follows every message.
    pub(crate) suffix: Option<&'static str>,
}

#[derive(Clone, Copy, Debug)]
pub(crate) enum Kind {
    Nothing,
    Bool,
    Categorical,
    Terms(&'static Terms),
}

/// When a dependency holds for a row, or for all.
#[derive(Clone, Copy, Debug)]
pub(crate) enum When {
    Column { name: &'static str, is: Set, is_not: Set },
    Key { name: &'static str, is: Set, is_not: Set },
    NoKey(&'static str),
    NoColumn(&'static str),
}

/// Words, and terms within branches.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Set {
    pub(crate) words: &'static [&'static str],
    pub(crate) within: &'static [&'static str],
}

/// What is asked of rows for which all conditions hold.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Dependency {
    pub(crate) when: &'static [When],
    pub(crate) check: Check,
    /// Whether the column must not be there.
    pub(crate) is_forbidden: bool,
}

impl Dependency {
    /// Whether it depends on the organism.
    pub(crate) fn asks_organism(&self) -> bool {
        self.when.iter().any(|when| match when {
            When::Key { name, .. } | When::NoKey(name) => *name == ORGANISM,
            When::Column { .. } | When::NoColumn(_) => false,
        })
    }
}

/// A column of `obs`.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Column {
    pub(crate) name: &'static str,
    /// What is asked of rows that no dependency is about.
    pub(crate) check: Check,
    pub(crate) dependencies: &'static [Dependency],
    pub(crate) is_required: bool,
    /// The column that labels go to.
    pub(crate) label: Option<&'static str>,
}

impl Set {
    const NONE: Self = Self { words: &[], within: &[] };

    pub(crate) fn is_empty(&self) -> bool {
        self.words.is_empty() && self.within.is_empty()
    }
}

const fn words(words: &'static [&'static str]) -> Set {
    Set { words, within: &[] }
}

const fn column_is(name: &'static str, values: &'static [&'static str]) -> When {
    When::Column { name, is: words(values), is_not: Set::NONE }
}

const fn column_is_not(name: &'static str, values: &'static [&'static str]) -> When {
    When::Column { name, is: Set::NONE, is_not: words(values) }
}

const fn organism_is(values: &'static [&'static str]) -> When {
    When::Key { name: ORGANISM, is: words(values), is_not: Set::NONE }
}

const fn organism_is_not(values: &'static [&'static str]) -> When {
    When::Key { name: ORGANISM, is: Set::NONE, is_not: words(values) }
}

const NOTHING: Check =
    Check { kind: Kind::Nothing, values: &[], forbidden: &[], is_text: false, not_all_na: false, suffix: None };

const fn terms(terms: &'static Terms, suffix: &'static str) -> Check {
    Check { kind: Kind::Terms(terms), suffix: Some(suffix), ..NOTHING }
}

const fn one_of(values: &'static [&'static str]) -> Check {
    Check { kind: Kind::Categorical, values, ..NOTHING }
}

const fn when(conditions: &'static [When], check: Check) -> Dependency {
    Dependency { when: conditions, check, is_forbidden: false }
}

const fn forbidden_when(conditions: &'static [When]) -> Dependency {
    Dependency { when: conditions, check: NOTHING, is_forbidden: true }
}

const IS_LINE: When = column_is(TISSUE_TYPE, &["cell line"]);
const IS_NO_LINE: When = column_is_not(TISSUE_TYPE, &["cell line"]);

const CELL_TYPE_SUFFIX: &str = "cell_type_ontology_term_id must be a valid ontology term of CL or 'unknown'. WBbt, ZFA, \
and FBbt terms can be allowed depending on the organism. 'na' is allowed if tissue_type is 'cell line'.";

/// The columns of `obs`, in the order in which the schema has them.
pub(crate) static OBS: [Column; 14] = [
    Column {
        name: CELL_TYPE,
        check: terms(&CELL_TYPES, CELL_TYPE_SUFFIX),
        dependencies: &[when(&[IS_LINE], Check { kind: Kind::Terms(&CELL_TYPES_OF_LINES), ..NOTHING })],
        is_required: false,
        label: Some("cell_type"),
    },
    Column {
        name: ASSAY,
        check: terms(
            &ASSAYS,
            "Only descendant terms of either 'EFO:0002772' or 'EFO:0010183' are allowed for assay_ontology_term_id",
        ),
        dependencies: &[],
        is_required: true,
        label: Some("assay"),
    },
    Column {
        name: "disease_ontology_term_id",
        check: terms(
            &DISEASES,
            "Individual terms 'PATO:0000461' (normal), 'MONDO:0021178' (injury) or descendant terms thereof, or \
descendant terms of 'MONDO:0000001' (disease) are allowed. Multiple terms are supported if in ascending lexical order \
with the delimiter ` || ` if all terms are valid MONDO terms.",
        ),
        dependencies: &[],
        is_required: true,
        label: Some("disease"),
    },
    Column {
        name: "sex_ontology_term_id",
        check: NOTHING,
        dependencies: &[
            when(
                &[organism_is(&["NCBITaxon:6239"])],
                terms(
                    &SEXES_OF_WORMS,
                    "When 'organism_ontology_term_id' is 'NCBITaxon:6239' (Caenorhabditis elegans), \
'sex_ontology_term_id' MUST be 'PATO:0000384' for male, 'PATO:0001340' for hermaphrodite, 'na' or 'unknown'.",
                ),
            ),
            when(
                &[organism_is_not(&["NCBITaxon:6239"])],
                terms(
                    &SEXES_OR_NA,
                    "Only 'PATO:0000383', 'PATO:0000384', 'PATO:0001340', 'na' or 'unknown' are allowed.",
                ),
            ),
            when(
                &[IS_LINE],
                terms(&ONLY_NA, "When 'tissue_type' is 'cell line', 'sex_ontology_term_id' MUST be 'na'."),
            ),
            when(
                &[IS_NO_LINE],
                terms(&SEXES, "When 'tissue_type' is not 'cell line', 'sex_ontology_term_id' cannot be 'na'."),
            ),
        ],
        is_required: true,
        label: Some("sex"),
    },
    Column {
        name: TISSUE,
        check: NOTHING,
        dependencies: &[
            when(
                &[column_is(TISSUE_TYPE, &["tissue"])],
                terms(
                    &TISSUES,
                    "When 'tissue_type' is 'tissue', 'tissue_ontology_term_id' must be a valid UBERON, ZFA, FBbt, or \
WBbt term.",
                ),
            ),
            when(
                &[column_is(TISSUE_TYPE, &["organoid"])],
                terms(
                    &ORGANOIDS,
                    "When 'tissue_type' is 'organoid', 'tissue_ontology_term_id' must be a valid UBERON, ZFA, FBbt, \
or WBbt term.",
                ),
            ),
            when(
                &[column_is(TISSUE_TYPE, &["primary cell culture"])],
                terms(
                    &CELL_TYPES_OF_CULTURES,
                    "When 'tissue_type' is 'primary cell culture', 'tissue_ontology_term_id' MUST follow the \
validation rules for cell_type_ontology_term_id.",
                ),
            ),
            when(
                &[IS_LINE],
                terms(
                    &CELL_LINES,
                    "When 'tissue_type' is 'cell line', 'tissue_ontology_term_id' must be a valid CVCL term.",
                ),
            ),
        ],
        is_required: true,
        label: Some("tissue"),
    },
    Column {
        name: "self_reported_ethnicity_ontology_term_id",
        check: NOTHING,
        dependencies: &[
            when(
                &[organism_is(&["NCBITaxon:9606"]), IS_NO_LINE],
                terms(
                    &ETHNICITIES,
                    "When 'organism_ontology_term_id' is 'NCBITaxon:9606' (Homo sapiens) and 'tissue_type' is not \
'cell line', self_reported_ethnicity_ontology_term_id MUST be formatted as one or more AfPO or HANCESTRO terms that are \
descendants of 'HANCESTRO:0601' for ethnicity category or 'HANCESTRO:0602' for geography-based population category, in \
ascending lexical order with the delimiter ` || `, or 'unknown' if unavailable.",
                ),
            ),
            when(
                &[organism_is_not(&["NCBITaxon:9606"])],
                terms(
                    &ONLY_NA,
                    "When 'organism_ontology_term_id' is NOT 'NCBITaxon:9606' (Homo sapiens), \
self_reported_ethnicity_ontology_term_id MUST be 'na'.",
                ),
            ),
            when(
                &[IS_LINE],
                terms(
                    &ONLY_NA,
                    "When 'tissue_type' is 'cell line', 'self_reported_ethnicity_ontology_term_id' MUST be 'na'.",
                ),
            ),
        ],
        is_required: true,
        label: Some("self_reported_ethnicity"),
    },
    Column {
        name: "development_stage_ontology_term_id",
        check: NOTHING,
        dependencies: &[
            when(
                &[organism_is(&["NCBITaxon:9606"])],
                terms(
                    &STAGES_OF_HUMANS,
                    "When 'organism_ontology_term_id' is 'NCBITaxon:9606' (Homo sapiens), \
'development_stage_ontology_term_id' MUST be the most accurate descendant of 'HsapDv:0000001', 'na', or unknown.",
                ),
            ),
            when(
                &[When::Key {
                    name: ORGANISM,
                    is: Set { words: &[], within: &["NCBITaxon:10090"] },
                    is_not: Set::NONE,
                }],
                terms(
                    &STAGES_OF_MICE,
                    "When 'organism_ontology_term_id' is 'NCBITaxon:10090' (Mus musculus) or one of its descendants, \
'development_stage_ontology_term_id' MUST be the most accurate descendant of 'MmusDv:0000001', 'na', or unknown.",
                ),
            ),
            when(
                &[organism_is(&["NCBITaxon:7955"])],
                terms(
                    &STAGES_OF_ZEBRAFISH,
                    "When 'organism_ontology_term_id' is 'NCBITaxon:7955' (Danio rerio), \
'development_stage_ontology_term_id' MUST be the most accurate descendant of 'ZFS:0100000' and it MUST NOT be \
'ZFS:0000000' for Unknown. The str 'unknown' or 'na' is acceptable.",
                ),
            ),
            when(
                &[organism_is(&["NCBITaxon:7227"])],
                terms(
                    &STAGES_OF_FLIES,
                    "When 'organism_ontology_term_id' is 'NCBITaxon:7227' (Drosophila melanogaster), \
'development_stage_ontology_term_id' MUST be either the most accurate descendant of FBdv:00007014 for adult age in days \
or the most accurate descendant of FBdv:00005259 for developmental stage excluding FBdv:00007012 for life stage. The str \
'unknown' or 'na' is acceptable.",
                ),
            ),
            when(
                &[organism_is(&["NCBITaxon:6239"])],
                terms(
                    &STAGES_OF_WORMS,
                    "When 'organism_ontology_term_id' is 'NCBITaxon:6239' (Caenorhabditis elegans), \
'development_stage_ontology_term_id' MUST be WBls:0000669 for unfertilized egg Ce, the most accurate descendant of \
WBls:0000803 for C. elegans life stage occurring during embryogenesis, or the most accurate descendant of WBls:0000804 \
for C. elegans life stage occurring post embryogenesis. The str 'unknown' or 'na' is acceptable.",
                ),
            ),
            when(
                &[When::Key {
                    name: ORGANISM,
                    is: Set::NONE,
                    is_not: Set {
                        words: &["NCBITaxon:6239", "NCBITaxon:7955", "NCBITaxon:7227", "NCBITaxon:9606"],
                        within: &["NCBITaxon:10090"],
                    },
                }],
                terms(
                    &STAGES_OF_OTHERS,
                    "When 'organism_ontology_term_id'-specific requirements are not defined in the schema definition, \
'development_stage_ontology_term_id' MUST be a descendant term id of 'UBERON:0000105' excluding 'UBERON:0000071', 'na', \
or unknown.",
                ),
            ),
            when(
                &[IS_LINE],
                terms(
                    &ONLY_NA,
                    "When 'tissue_type' is 'cell line', 'development_stage_ontology_term_id' MUST be 'na'.",
                ),
            ),
            when(
                &[IS_NO_LINE],
                terms(
                    &STAGES_OF_TISSUES,
                    "When 'tissue_type' is not 'cell line', 'development_stage_ontology_term_id' cannot be 'na'.",
                ),
            ),
        ],
        is_required: true,
        label: Some("development_stage"),
    },
    Column {
        name: PERTURBATION_ID,
        check: Check {
            kind: Kind::Categorical,
            is_text: true,
            not_all_na: true,
            suffix: Some(
                "The value MUST be either 'na' or one or more genetic perturbation identifiers in ascending lexical \
order separated by the delimiter ` || ` with no duplication of identifiers. Each identifier MUST match a key in \
uns['genetic_perturbations'].",
            ),
            ..NOTHING
        },
        dependencies: &[
            when(&[When::Key { name: PERTURBATIONS, is: Set::NONE, is_not: Set::NONE }], NOTHING),
            forbidden_when(&[When::NoKey(PERTURBATIONS)]),
            when(&[organism_is(&PERTURBED_ORGANISMS)], Check { kind: Kind::Categorical, is_text: true, ..NOTHING }),
        ],
        is_required: true,
        label: None,
    },
    Column {
        name: CONDITION,
        check: Check {
            not_all_na: true,
            ..terms(
                &CONDITIONS,
                "The value MUST be \"na\" or one or more term identifiers in ascending lexical order separated by \
\" || \" with no duplication. Allowed: descendants of CHEBI:24431 (excluding listed forbidden CHEBI terms), EFO:0001702 \
(temperature) or EFO:0002755 (diet) or its descendants or EFO:0002756 (fasting), uniprot: terms, anti-uniprot: terms.",
            )
        },
        dependencies: &[],
        is_required: false,
        label: Some("experimental_condition"),
    },
    Column {
        name: PRIMARY,
        check: Check { kind: Kind::Bool, ..NOTHING },
        dependencies: &[],
        is_required: true,
        label: None,
    },
    Column {
        name: STRATEGY,
        check: Check {
            is_text: true,
            ..one_of(&[
                "no perturbations",
                "control",
                "CRISPR activation screen",
                "CRISPR interference screen",
                "CRISPR knockout mutant",
                "CRISPR knockout screen",
            ])
        },
        dependencies: &[
            forbidden_when(&[When::NoColumn(PERTURBATION_ID)]),
            when(&[column_is(PERTURBATION_ID, &[NA])], one_of(&["no perturbations"])),
            when(
                &[column_is_not(PERTURBATION_ID, &[NA])],
                one_of(&[
                    "control",
                    "CRISPR activation screen",
                    "CRISPR interference screen",
                    "CRISPR knockout mutant",
                    "CRISPR knockout screen",
                ]),
            ),
            when(&[column_is(STRATEGY, &["control"])], Check { kind: Kind::Categorical, is_text: true, ..NOTHING }),
        ],
        is_required: true,
        label: None,
    },
    Column {
        name: "donor_id",
        check: Check { kind: Kind::Categorical, forbidden: &[NA], is_text: true, ..NOTHING },
        dependencies: &[when(
            &[IS_LINE],
            Check { is_text: true, suffix: Some("when 'tissue_type' is 'cell line'."), ..one_of(&[NA]) },
        )],
        is_required: true,
        label: None,
    },
    Column {
        name: "suspension_type",
        check: Check {
            suffix: Some("when 'assay_ontology_term_id' does not match one of the assays in the schema definition."),
            ..one_of(&["cell", "nucleus", NA])
        },
        dependencies: &[
            when(
                &[When::Column {
                    name: ASSAY,
                    is: Set {
                        within: &["EFO:0030080", "EFO:0010184", "EFO:0010010", "EFO:0009919"],
                        words: &[
                            "EFO:0008722",
                            "EFO:0008780",
                            "EFO:0700010",
                            "EFO:0700011",
                            "EFO:0030060",
                            "EFO:0022490",
                            "EFO:0030028",
                        ],
                    },
                    is_not: Set::NONE,
                }],
                one_of(&["cell", "nucleus"]),
            ),
            when(
                &[When::Column {
                    name: ASSAY,
                    is: Set { within: &["EFO:0007045", "EFO:0002761"], words: &["EFO:0008720", "EFO:0030026"] },
                    is_not: Set::NONE,
                }],
                one_of(&["nucleus"]),
            ),
            when(
                &[When::Column {
                    name: ASSAY,
                    is: Set {
                        within: &["EFO:0008919", "EFO:0008853", "EFO:0008953"],
                        words: &[
                            "EFO:0030002",
                            "EFO:0008796",
                            "EFO:0700003",
                            "EFO:0700004",
                            "EFO:0008679",
                            "EFO:0008877",
                        ],
                    },
                    is_not: Set::NONE,
                }],
                one_of(&["cell"]),
            ),
            when(
                &[When::Column {
                    name: ASSAY,
                    is: Set { within: &["EFO:0008994"], words: &["EFO:0008992"] },
                    is_not: Set::NONE,
                }],
                one_of(&[NA]),
            ),
        ],
        is_required: true,
        label: None,
    },
    Column {
        name: TISSUE_TYPE,
        check: one_of(&["primary cell culture", "organoid", "tissue", "cell line"]),
        dependencies: &[],
        is_required: true,
        label: None,
    },
];

/// What is said where the assay of some cells is not in the table of suspension types.
pub(crate) const UNKNOWN_SUSPENSION: &str = "Data contains assay(s) that are not represented in the 'suspension_type' \
schema definition table. Ensure you have selected the most appropriate value for the assay(s) between 'cell', 'nucleus', \
and 'na'. Please contact cellxgene@chanzuckerberg.com during submission so that the assay(s) can be added to the schema \
definition document.";

/// All columns that labels of `obs` go to.
pub(crate) fn label_columns() -> impl Iterator<Item = &'static str> {
    OBS.iter().filter_map(|column| column.label)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::reference::bit;

    #[test]
    fn every_ancestor_that_rules_name_is_in_the_tables() {
        let of_check = |check: &Check| match check.kind {
            Kind::Terms(terms) => [terms.below, terms.forbidden_below].concat(),
            Kind::Nothing | Kind::Bool | Kind::Categorical => Vec::new(),
        };
        let of_when = |when: &When| match when {
            When::Column { is, is_not, .. } | When::Key { is, is_not, .. } => [is.within, is_not.within].concat(),
            When::NoKey(_) | When::NoColumn(_) => Vec::new(),
        };
        let mut named =
            [&[VISIUM, VISIUM_11, BEADS, ATAC, RNA][..], &NOT_COUNTED, crate::allowed::ORGANISMS.below].concat();
        for column in &OBS {
            named.extend(of_check(&column.check));
            for dependency in column.dependencies {
                named.extend(of_check(&dependency.check));
                named.extend(dependency.when.iter().flat_map(of_when));
            }
        }
        let missing: Vec<&str> = named.into_iter().filter(|ancestor| bit(ancestor).is_none()).collect();
        assert!(missing.is_empty(), "add to reference/ancestors.txt: {missing:?}");
    }
}
