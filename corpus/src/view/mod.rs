//! What a reader of a corpus looks at: the question, how its answer is laid out, and both as the text of an address.

mod address;
mod explorer;
mod panel;
mod table;

use std::collections::BTreeSet;

use expression::{Overlap, Scaling};

pub use panel::{Compared, Panel, RowId, Side};
pub use table::{RowKind, Table, TableRow, measured_in};

use crate::{Dimension, Filters, Query, Replicates, Tissues};

/// Rows with fewer cells are hidden at first.
pub const LEAST_CELLS: u64 = 10;

/// Rows of more cells have markers.
pub const LEAST_MARKED: u64 = 25;

/// Most genes of a question.
pub const MOST_GENES: usize = 500;

/// How the rows of a tissue are ordered.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum RowOrder {
    /// Depth first through the ontology of cell types.
    #[default]
    Ontology,
    /// Like ones together.
    Hierarchical,
    /// By the expression of the gene of this id, the largest first.
    Gene(String),
}

/// How genes are ordered.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum GeneOrder {
    /// As they were chosen.
    #[default]
    Entered,
    /// Like ones together.
    Hierarchical,
}

/// What is looked at. Everything goes by ids.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct View {
    /// The organism; none: the first of the corpus.
    pub organism: Option<String>,
    /// Genes, each once.
    pub genes: Vec<String>,
    /// Ids that cells may have; no dimension is there without one.
    pub filters: Filters,
    /// What rows of cell types are divided by.
    pub group_by: Option<Dimension>,
    /// Tissues whose cell types are shown.
    pub expanded: BTreeSet<String>,
    /// Over which dots colors are scaled.
    pub scaling: Scaling,
    /// The order of rows in a tissue.
    pub rows: RowOrder,
    /// The order of genes.
    pub gene_order: GeneOrder,
    /// Cells that a row of a cell type must have to be shown.
    pub least_cells: u64,
    /// What is looked at beside the dots.
    pub panel: Option<Panel>,
    /// The comparison that is looked at instead of dots.
    pub compared: Option<Compared>,
}

impl Default for View {
    fn default() -> Self {
        Self {
            organism: None,
            genes: Vec::new(),
            filters: Filters::new(),
            group_by: None,
            expanded: BTreeSet::new(),
            scaling: Scaling::Global,
            rows: RowOrder::default(),
            gene_order: GeneOrder::default(),
            least_cells: LEAST_CELLS,
            panel: None,
            compared: None,
        }
    }
}

/// What a user does to a view.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Edit {
    /// Asks another organism, of which other genes and filters apply.
    Organism(String),
    /// Adds genes at the end, as many as [`MOST_GENES`] permits.
    AddGenes(Vec<String>),
    /// Takes a gene away.
    RemoveGene(String),
    /// Takes all genes away.
    ClearGenes,
    /// Lets cells of an id pass, or no longer.
    Filter(Dimension, String),
    /// Lets all cells pass.
    ClearFilters,
    /// Divides rows, or no longer.
    GroupBy(Option<Dimension>),
    /// Shows the cell types of a tissue, or hides them.
    Tissue(String),
    /// Shows the cell types of these tissues and no others.
    Tissues(BTreeSet<String>),
    /// Scales colors.
    Scale(Scaling),
    /// Orders rows.
    Rows(RowOrder),
    /// Orders genes.
    Genes(GeneOrder),
    /// Hides rows with fewer cells.
    LeastCells(u64),
    /// Shows a panel, or none.
    Panel(Option<Panel>),
    /// Compares two groups, which both begin with the cells that filters leave; or goes back to the dots.
    Compare(bool),
    /// Lets cells of an id into a group, or no longer.
    SideFilter(Side, Dimension, String),
    /// Has all cells in a group.
    ClearSide(Side),
    /// Says what becomes of cells that are in both groups.
    Overlap(Overlap),
    /// Says what differences are tested over.
    Replicates(Replicates),
}

impl View {
    /// Does what a user asks for.
    pub fn apply(&mut self, edit: Edit) {
        match edit {
            Edit::Organism(organism) => {
                *self = Self {
                    organism: Some(organism),
                    scaling: self.scaling,
                    group_by: self.group_by,
                    ..Self::default()
                };
            }
            Edit::AddGenes(genes) => {
                for gene in genes {
                    if self.genes.len() < MOST_GENES && !self.genes.contains(&gene) {
                        self.genes.push(gene);
                    }
                }
            }
            Edit::RemoveGene(gene) => {
                self.genes.retain(|other| *other != gene);
                self.forget_order_by(|by| *by == gene);
            }
            Edit::ClearGenes => {
                self.genes.clear();
                self.forget_order_by(|_| true);
            }
            Edit::Filter(dimension, id) => toggle_filter(&mut self.filters, dimension, id),
            Edit::ClearFilters => self.filters.clear(),
            Edit::GroupBy(dimension) => self.group_by = dimension,
            Edit::Tissue(id) => {
                if !self.expanded.remove(&id) {
                    self.expanded.insert(id);
                }
            }
            Edit::Tissues(ids) => self.expanded = ids,
            Edit::Scale(scaling) => self.scaling = scaling,
            Edit::Rows(order) => self.rows = order,
            Edit::Genes(order) => self.gene_order = order,
            Edit::LeastCells(least) => self.least_cells = least,
            Edit::Panel(panel) => self.panel = panel,
            Edit::Compare(begins) => {
                let sides = [self.filters.clone(), self.filters.clone()];
                // So a group without filters is all others.
                let overlap = Overlap::TakeFromSecond;
                self.compared = begins.then(|| Compared { sides, overlap, ..Compared::default() });
            }
            Edit::SideFilter(side, dimension, id) => {
                if let Some(compared) = &mut self.compared {
                    toggle_filter(&mut compared.sides[side as usize], dimension, id);
                }
            }
            Edit::ClearSide(side) => {
                if let Some(compared) = &mut self.compared {
                    compared.sides[side as usize].clear();
                }
            }
            Edit::Overlap(overlap) => {
                if let Some(compared) = &mut self.compared {
                    compared.overlap = overlap;
                }
            }
            Edit::Replicates(replicates) => {
                if let Some(compared) = &mut self.compared {
                    compared.replicates = replicates;
                }
            }
        }
    }

    fn forget_order_by(&mut self, is_gone: impl Fn(&String) -> bool) {
        if matches!(&self.rows, RowOrder::Gene(gene) if is_gone(gene)) {
            self.rows = RowOrder::default();
        }
    }

    /// The question to a corpus; `organism` is the one to ask where none is chosen.
    pub fn query(&self, organism: &str) -> Query {
        Query {
            organism: self.organism.clone().unwrap_or_else(|| organism.to_owned()),
            genes: self.genes.clone(),
            filters: self.filters.clone(),
            group_by: self.group_by,
            tissues: Tissues::Expanded(self.expanded.clone()),
            least_cells: self.least_cells,
        }
    }
}

fn toggle_filter(filters: &mut Filters, dimension: Dimension, id: String) {
    let ids = filters.entry(dimension).or_default();
    if !ids.remove(&id) {
        ids.insert(id);
    }
    if ids.is_empty() {
        filters.remove(&dimension);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_done_twice_is_undone() {
        let mut view = View::default();
        for edit in [Edit::Filter(Dimension::Sex, "PATO:0000383".to_owned()), Edit::Tissue("UBERON:0002048".to_owned())]
        {
            view.apply(edit.clone());
            assert_ne!(view, View::default());
            view.apply(edit);
            assert_eq!(view, View::default());
        }
    }

    #[test]
    fn genes_stand_once_and_take_their_order_with_them() {
        let mut view = View::default();
        view.apply(Edit::AddGenes(["a", "b", "a"].map(str::to_owned).into()));
        assert_eq!(view.genes, ["a", "b"]);
        view.apply(Edit::Rows(RowOrder::Gene("a".to_owned())));
        view.apply(Edit::RemoveGene("b".to_owned()));
        assert_eq!(view.rows, RowOrder::Gene("a".to_owned()));
        view.apply(Edit::RemoveGene("a".to_owned()));
        assert_eq!(view, View::default());
        view.apply(Edit::AddGenes((0..1000).map(|gene| gene.to_string()).collect()));
        assert_eq!(view.genes.len(), MOST_GENES);
    }

    #[test]
    fn another_organism_has_other_genes() {
        let mut view = View::default();
        view.apply(Edit::AddGenes(vec!["a".to_owned()]));
        view.apply(Edit::GroupBy(Some(Dimension::Disease)));
        view.apply(Edit::Organism("NCBITaxon:10090".to_owned()));
        assert_eq!((view.genes.len(), view.group_by), (0, Some(Dimension::Disease)));
        assert_eq!(view.query("NCBITaxon:9606").organism, "NCBITaxon:10090");
    }
}
