//! What datasets are told apart by.

/// A facet.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Facet {
    /// Of labels.
    Labels(LabelFacet),
    /// Of numbers.
    Number(NumberFacet),
    /// Of the day of publication.
    Published,
}

impl Facet {
    /// All, in the order shown.
    pub const ALL: [Self; 15] = [
        Self::Labels(LabelFacet::Assay),
        Self::Number(NumberFacet::Cells),
        Self::Labels(LabelFacet::CellType),
        Self::Labels(LabelFacet::Consortium),
        Self::Labels(LabelFacet::DevelopmentStage),
        Self::Labels(LabelFacet::Disease),
        Self::Labels(LabelFacet::Ethnicity),
        Self::Number(NumberFacet::GenesPerCell),
        Self::Labels(LabelFacet::Organism),
        Self::Labels(LabelFacet::Publication),
        Self::Published,
        Self::Labels(LabelFacet::Schema),
        Self::Labels(LabelFacet::Sex),
        Self::Labels(LabelFacet::SuspensionType),
        Self::Labels(LabelFacet::Tissue),
    ];

    /// Its heading.
    pub fn title(self) -> &'static str {
        match self {
            Self::Labels(facet) => facet.title(),
            Self::Number(facet) => facet.title(),
            Self::Published => "Publication date",
        }
    }

    /// Its name in tests and ids.
    pub fn name(self) -> &'static str {
        match self {
            Self::Labels(facet) => facet.name(),
            Self::Number(facet) => facet.name(),
            Self::Published => "published",
        }
    }
}

/// A facet of labels: a dataset may have several, or none.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum LabelFacet {
    /// How cells were measured.
    Assay,
    /// What the cells are.
    CellType,
    /// Whose project it is.
    Consortium,
    /// How old the organisms were.
    DevelopmentStage,
    /// What they suffered from.
    Disease,
    /// What donors call themselves; of people only.
    Ethnicity,
    /// The species.
    Organism,
    /// Where it was published.
    Publication,
    /// Whether its file was found to follow the CELLxGENE schema.
    Schema,
    /// The organisms' sex.
    Sex,
    /// Whether cells or nuclei were suspended.
    SuspensionType,
    /// Where the cells are from.
    Tissue,
}

impl LabelFacet {
    /// All, in the order shown.
    pub const ALL: [Self; 12] = [
        Self::Assay,
        Self::CellType,
        Self::Consortium,
        Self::DevelopmentStage,
        Self::Disease,
        Self::Ethnicity,
        Self::Organism,
        Self::Publication,
        Self::Schema,
        Self::Sex,
        Self::SuspensionType,
        Self::Tissue,
    ];

    /// Its name in addresses; of a facet that columns of `obs` give, that of the column in the schema of CELLxGENE.
    pub fn name(self) -> &'static str {
        match self {
            Self::Assay => "assay",
            Self::CellType => "cell_type",
            Self::Consortium => "consortium",
            Self::DevelopmentStage => "development_stage",
            Self::Disease => "disease",
            Self::Ethnicity => "self_reported_ethnicity",
            Self::Organism => "organism",
            Self::Publication => "publication",
            Self::Schema => "schema",
            Self::Sex => "sex",
            Self::SuspensionType => "suspension_type",
            Self::Tissue => "tissue",
        }
    }

    /// Its heading.
    pub fn title(self) -> &'static str {
        match self {
            Self::Assay => "Assay",
            Self::CellType => "Cell type",
            Self::Consortium => "Consortia",
            Self::DevelopmentStage => "Development stage",
            Self::Disease => "Disease",
            Self::Ethnicity => "Self-reported ethnicity",
            Self::Organism => "Organism",
            Self::Publication => "Publication",
            Self::Schema => "Schema",
            Self::Sex => "Sex",
            Self::SuspensionType => "Suspension type",
            Self::Tissue => "Tissue",
        }
    }

    /// The heading of its labels of a level.
    pub fn level_title(self, level: LabelLevel) -> &'static str {
        match (self, level) {
            (Self::CellType, LabelLevel::Class) => "Cell classes",
            (Self::CellType, LabelLevel::Group) => "Cell subclasses",
            (Self::CellType, LabelLevel::Term) => "Cell types",
            (Self::Tissue, LabelLevel::Class) => "Systems",
            (Self::Tissue, LabelLevel::Group) => "Organs",
            (Self::Tissue, LabelLevel::Term) => "Tissues",
            (Self::DevelopmentStage, LabelLevel::Class) => "Parts of life",
            (Self::DevelopmentStage, LabelLevel::Group) => "Groups of stages",
            (Self::DevelopmentStage, LabelLevel::Term) => "Stages",
            (_, LabelLevel::Class | LabelLevel::Group) => "Groups",
            (_, LabelLevel::Term) => "All",
        }
    }

    /// Whether its labels are those of a dataset's column of `obs`, or its verdict; else they are those of its collection.
    pub fn is_of_dataset(self) -> bool {
        match self {
            Self::Consortium | Self::Publication => false,
            Self::Assay
            | Self::CellType
            | Self::DevelopmentStage
            | Self::Disease
            | Self::Ethnicity
            | Self::Organism
            | Self::Schema
            | Self::Sex
            | Self::SuspensionType
            | Self::Tissue => true,
        }
    }

    /// The label that comes before all others: that of healthy cells, of files that follow the schema.
    pub(super) fn first_label(self) -> Option<&'static str> {
        match self {
            Self::Disease => Some("normal"),
            Self::Schema => Some("valid"),
            Self::Assay
            | Self::CellType
            | Self::Consortium
            | Self::DevelopmentStage
            | Self::Ethnicity
            | Self::Organism
            | Self::Publication
            | Self::Sex
            | Self::SuspensionType
            | Self::Tissue => None,
        }
    }

    pub(super) fn of_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|facet| facet.name() == name)
    }

    pub(super) fn at(self) -> usize {
        self as usize
    }
}

/// A facet of numbers: every dataset has one, where it is known.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum NumberFacet {
    /// Number of cells.
    Cells,
    /// Mean number of genes with a value in a cell.
    GenesPerCell,
}

impl NumberFacet {
    /// All, in the order shown.
    pub const ALL: [Self; 2] = [Self::Cells, Self::GenesPerCell];

    /// Its name in addresses.
    pub fn name(self) -> &'static str {
        match self {
            Self::Cells => "cells",
            Self::GenesPerCell => "genes",
        }
    }

    /// Its heading.
    pub fn title(self) -> &'static str {
        match self {
            Self::Cells => "Cell count",
            Self::GenesPerCell => "Gene count",
        }
    }
}

/// How broad a label is among those that curators have chosen to look by.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum LabelLevel {
    /// A class of cells, a system of organs.
    Class,
    /// A subclass of cells, an organ.
    Group,
    /// As datasets have it: a cell type, a tissue.
    #[default]
    Term,
}

/// How long ago a dataset was published, at most.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Since {
    /// A month.
    OneMonth,
    /// A quarter of a year.
    ThreeMonths,
    /// Half a year.
    SixMonths,
    /// A year.
    OneYear,
    /// Two years.
    TwoYears,
    /// Three years.
    ThreeYears,
}

impl Since {
    /// All, shortest first.
    pub const ALL: [Self; 6] =
        [Self::OneMonth, Self::ThreeMonths, Self::SixMonths, Self::OneYear, Self::TwoYears, Self::ThreeYears];

    /// How many months.
    pub fn months(self) -> u32 {
        match self {
            Self::OneMonth => 1,
            Self::ThreeMonths => 3,
            Self::SixMonths => 6,
            Self::OneYear => 12,
            Self::TwoYears => 24,
            Self::ThreeYears => 36,
        }
    }

    /// What it is called.
    pub fn title(self) -> &'static str {
        match self {
            Self::OneMonth => "Last month",
            Self::ThreeMonths => "Last 3 months",
            Self::SixMonths => "Last 6 months",
            Self::OneYear => "Last 12 months",
            Self::TwoYears => "Last 2 years",
            Self::ThreeYears => "Last 3 years",
        }
    }
}
