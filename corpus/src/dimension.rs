use std::{fmt, str::FromStr};

use shared_fbs::corpus::Dimension as Wire;

/// What groups of cells agree in.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Dimension {
    /// The organ or system that stands for the tissue.
    Tissue,
    /// The tissue as the dataset has it.
    TissueOriginal,
    /// Cell type.
    CellType,
    /// Dataset.
    Dataset,
    /// Donor; ids are those of the dataset with its publication ([`Donor`](crate::Donor)), labels those of the dataset.
    Donor,
    /// Disease.
    Disease,
    /// Ethnicity.
    Ethnicity,
    /// Sex.
    Sex,
    /// Publication.
    Publication,
    /// Assay.
    Assay,
    /// Development stage.
    DevelopmentStage,
}

/// A name that no dimension has.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("there is no dimension `{0}`; there are {names}", names = Dimension::ALL.map(Dimension::name).join(", "))]
pub struct UnknownDimension(String);

impl Dimension {
    /// All, in the order of codes.
    pub const ALL: [Self; 11] = [
        Self::Tissue,
        Self::TissueOriginal,
        Self::CellType,
        Self::Dataset,
        Self::Donor,
        Self::Disease,
        Self::Ethnicity,
        Self::Sex,
        Self::Publication,
        Self::Assay,
        Self::DevelopmentStage,
    ];

    /// Its name in tables, commands and addresses.
    pub fn name(self) -> &'static str {
        match self {
            Self::Tissue => "tissue",
            Self::TissueOriginal => "tissue_original",
            Self::CellType => "cell_type",
            Self::Dataset => "dataset",
            Self::Donor => "donor",
            Self::Disease => "disease",
            Self::Ethnicity => "ethnicity",
            Self::Sex => "sex",
            Self::Publication => "publication",
            Self::Assay => "assay",
            Self::DevelopmentStage => "development_stage",
        }
    }

    /// The columns of `obs` that have its ids and its labels in files that follow the CELLxGENE schema; none for what is
    /// the same for all cells of a file, and for the general tissue, which follows from the tissue.
    pub fn columns(self) -> Option<(&'static str, &'static str)> {
        match self {
            Self::Tissue | Self::Dataset | Self::Publication => None,
            Self::TissueOriginal => Some(("tissue_ontology_term_id", "tissue")),
            Self::CellType => Some(("cell_type_ontology_term_id", "cell_type")),
            Self::Donor => Some(("donor_id", "donor_id")),
            Self::Disease => Some(("disease_ontology_term_id", "disease")),
            Self::Ethnicity => Some(("self_reported_ethnicity_ontology_term_id", "self_reported_ethnicity")),
            Self::Sex => Some(("sex_ontology_term_id", "sex")),
            Self::Assay => Some(("assay_ontology_term_id", "assay")),
            Self::DevelopmentStage => Some(("development_stage_ontology_term_id", "development_stage")),
        }
    }

    #[cfg(any(feature = "build", test))]
    pub(crate) fn to_wire(self) -> Wire {
        Wire::ENUM_VALUES[self as usize]
    }

    pub(crate) fn from_wire(wire: Wire) -> Option<Self> {
        Self::ALL.get(usize::from(wire.0)).copied()
    }
}

impl fmt::Display for Dimension {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

impl FromStr for Dimension {
    type Err = UnknownDimension;

    fn from_str(name: &str) -> Result<Self, Self::Err> {
        Self::ALL
            .into_iter()
            .find(|dimension| dimension.name() == name)
            .ok_or_else(|| UnknownDimension(name.to_owned()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn dimensions_are_those_of_the_format_and_go_by_their_names() {
        assert_eq!(Dimension::ALL.map(Dimension::to_wire), Wire::ENUM_VALUES);
        for dimension in Dimension::ALL {
            assert_eq!(Dimension::from_wire(dimension.to_wire()), Some(dimension));
            assert_eq!(dimension.name().parse(), Ok(dimension));
        }
        let said = "organ".parse::<Dimension>().unwrap_err().to_string();
        assert!(
            said.starts_with("there is no dimension `organ`; there are tissue, tissue_original, cell_type"),
            "{said}"
        );
    }
}
