//! What is looked at beside the dots.

use expression::Overlap;

use super::View;
use crate::{CompareQuery, Dimension, Filters, Replicates};

/// A row of dots, by ids.
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub struct RowId {
    /// The tissue.
    pub tissue: String,
    /// The cell type; none: the whole tissue.
    pub cell_type: Option<String>,
    /// What its cells agree in besides, with the dimension that it is of.
    pub option: Option<(Dimension, String)>,
}

/// What a panel beside the dots is about.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Panel {
    /// The dots, as a table of numbers.
    Table,
    /// The datasets that cells come from.
    Sources,
    /// The gene of this id: the datasets that have it, and the cell types that express it most.
    Gene(String),
    /// The rows that the gene of this id is a marker of.
    MarkerOf(String),
    /// The markers of a row.
    Markers(RowId),
    /// The genes that are high in a row and low in every other of the same tissue.
    Specific(RowId),
    /// The donors behind the dot of the gene of this id.
    Donors(RowId, String),
}

/// Two groups of cells that are compared.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Compared {
    /// What the cells of each group have.
    pub sides: [Filters; 2],
    /// What becomes of cells that are in both.
    pub overlap: Overlap,
    /// What differences are tested over.
    pub replicates: Replicates,
}

/// One of two groups.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Side {
    /// The group.
    #[default]
    First,
    /// What it is compared with.
    Second,
}

impl Compared {
    /// The question to a corpus.
    pub fn query(&self, organism: &str) -> CompareQuery {
        let [group, reference] = self.sides.clone();
        // A side without filters is all others, on whichever side that is.
        let overlap = match self.overlap {
            Overlap::TakeFromSecond if group.is_empty() && !reference.is_empty() => Overlap::TakeFromFirst,
            overlap => overlap,
        };
        CompareQuery { organism: organism.to_owned(), group, reference, overlap, replicates: self.replicates }
    }
}

impl RowId {
    /// What its cells have.
    pub fn filters(&self) -> Filters {
        let one = |id: &String| std::iter::once(id.clone()).collect();
        let tissue = Some((Dimension::Tissue, one(&self.tissue)));
        let cell_type = self.cell_type.as_ref().map(|id| (Dimension::CellType, one(id)));
        let option = self.option.as_ref().map(|(dimension, id)| (*dimension, one(id)));
        [tissue, cell_type, option].into_iter().flatten().collect()
    }
}

impl Side {
    /// Both, in order.
    pub const BOTH: [Self; 2] = [Self::First, Self::Second];
}

impl View {
    /// What the panel, or the comparison, asks: all that its answer depends on and nothing else; `organism` is the one to
    /// ask where none is chosen.
    pub fn of_panel(&self, organism: &str) -> Option<Self> {
        let organism = Some(self.organism.clone().unwrap_or_else(|| organism.to_owned()));
        let asked = Self { organism, ..Self::default() };
        if let Some(compared) = &self.compared {
            // Of one group with itself there is nothing to tell.
            let is_asked = compared.sides[0] != compared.sides[1];
            return is_asked.then(|| Self { compared: Some(compared.clone()), ..asked });
        }
        let panel = self.panel.clone()?;
        if panel == Panel::Table {
            return Some(Self { organism: asked.organism, ..self.clone() });
        }
        Some(Self { filters: self.filters.clone(), least_cells: self.least_cells, panel: Some(panel), ..asked })
    }

    /// What only the dots show, without a panel; `organism` is the one to ask where none is chosen.
    pub fn of_dots(&self, organism: &str) -> Self {
        let organism = Some(self.organism.clone().unwrap_or_else(|| organism.to_owned()));
        Self { organism, panel: None, compared: None, ..self.clone() }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::view::Edit;

    #[test]
    fn a_panel_asks_for_nothing_that_only_dots_show() {
        let mut view = View::default();
        view.apply(Edit::Panel(Some(Panel::Sources)));
        let asked = view.of_panel("o").unwrap();
        view.apply(Edit::AddGenes(vec!["a".to_owned()]));
        view.apply(Edit::Tissue("t".to_owned()));
        assert_eq!(view.of_panel("o"), Some(asked.clone()));
        view.apply(Edit::Filter(Dimension::Sex, "f".to_owned()));
        assert_ne!(view.of_panel("o"), Some(asked));
        view.apply(Edit::Compare(true));
        assert_eq!(view.of_panel("o"), None);
        view.apply(Edit::SideFilter(Side::Second, Dimension::Sex, "m".to_owned()));
        let compared = view.of_panel("o").unwrap().compared.unwrap().query("o");
        assert_eq!(compared.group.values().flatten().collect::<Vec<_>>(), ["f"]);
        assert_eq!(compared.reference.values().flatten().collect::<Vec<_>>(), ["f", "m"]);
        assert_eq!(compared.overlap, Overlap::TakeFromSecond);
        view.apply(Edit::ClearSide(Side::First));
        let compared = view.of_panel("o").unwrap().compared.unwrap().query("o");
        assert_eq!((compared.group.len(), compared.overlap), (0, Overlap::TakeFromFirst));
        let dots = view.of_dots("o");
        assert_eq!((dots.panel, dots.genes.len(), View::default().of_panel("o")), (None, 1, None));
    }
}
