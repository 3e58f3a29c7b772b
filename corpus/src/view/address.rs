//! A view as the text of an address, and back: `gene=ENSG…&disease=MONDO:…&by=sex&open=UBERON:…`. Every value stands by
//! itself under its name, so that an id may have any characters.

use expression::{Overlap, Scaling};
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, percent_decode_str, utf8_percent_encode};

use super::{Compared, Edit, GeneOrder, LEAST_CELLS, Panel, RowId, RowOrder, Side, View};
use crate::{Dimension, Filters, Replicates};

const ORGANISM: &str = "organism";
const GENE: &str = "gene";
const BY: &str = "by";
const OPEN: &str = "open";
const SCALE: &str = "scale";
const PER_GENE: &str = "gene";
const ROWS: &str = "rows";
const ROWS_BY: &str = "rows-by";
const GENES: &str = "genes";
const HIERARCHICAL: &str = "hierarchical";
const LEAST: &str = "least";
const PANEL: &str = "panel";
const COMPARE: &str = "compare";
const OVERLAP: &str = "overlap";
const REPLICATES: &str = "replicates";
const DONORS: &str = "donors";

/// What a panel is about begins so, as what one of two groups has.
const OF_PANEL: &str = "of-";
const OF_SIDES: [&str; 2] = ["1-", "2-"];

/// What panels are called.
const TABLE: &str = "table";
const SOURCES: &str = "datasets";
const ABOUT_GENE: &str = "gene";
const MARKER_OF: &str = "marker-of";
const MARKERS: &str = "markers";
const SPECIFIC: &str = "specific";
const BEHIND: &str = "donors";
const KINDS: [&str; 7] = [TABLE, SOURCES, ABOUT_GENE, MARKER_OF, MARKERS, SPECIFIC, BEHIND];

/// What becomes of cells that are in both groups, where they are not kept.
const OVERLAPS: [(&str, Overlap); 2] = [("second", Overlap::TakeFromFirst), ("first", Overlap::TakeFromSecond)];

const OF_GENE: &str = "of-gene";
const OF_TISSUE: &str = "of-tissue";
const OF_TYPE: &str = "of-type";
const OF_OPTION: &str = "of-option";

/// What stands in an address as it is.
const PLAIN: &AsciiSet =
    &NON_ALPHANUMERIC.remove(b'-').remove(b'_').remove(b'.').remove(b'~').remove(b':').remove(b'/');

impl View {
    /// The text for an address; empty for the first view of a corpus.
    pub fn to_address(&self) -> String {
        let mut parts = Vec::new();
        let mut part = |name: &str, value: &str| parts.push(format!("{name}={}", utf8_percent_encode(value, PLAIN)));
        if let Some(organism) = &self.organism {
            part(ORGANISM, organism);
        }
        self.genes.iter().for_each(|gene| part(GENE, gene));
        for (dimension, ids) in &self.filters {
            ids.iter().for_each(|id| part(dimension.name(), id));
        }
        if let Some(by) = self.group_by {
            part(BY, by.name());
        }
        self.expanded.iter().for_each(|tissue| part(OPEN, tissue));
        match self.scaling {
            Scaling::Global => {}
            Scaling::PerGene => part(SCALE, PER_GENE),
        }
        match &self.rows {
            RowOrder::Ontology => {}
            RowOrder::Hierarchical => part(ROWS, HIERARCHICAL),
            RowOrder::Gene(gene) => part(ROWS_BY, gene),
        }
        match self.gene_order {
            GeneOrder::Entered => {}
            GeneOrder::Hierarchical => part(GENES, HIERARCHICAL),
        }
        if self.least_cells != LEAST_CELLS {
            part(LEAST, &self.least_cells.to_string());
        }
        if let Some(panel) = &self.panel {
            let of = OfPanel::from(panel);
            part(PANEL, of.kind.unwrap_or_default());
            let option = of.row.option.map(|(dimension, id)| format!("{dimension}:{id}"));
            let row = Some(of.row.tissue).filter(|_| of.has_row);
            let about = [(OF_GENE, of.gene), (OF_TISSUE, row), (OF_TYPE, of.row.cell_type), (OF_OPTION, option)];
            about.into_iter().for_each(|(name, value)| value.iter().for_each(|value| part(name, value)));
        }
        if let Some(Compared { sides, overlap, replicates }) = &self.compared {
            part(COMPARE, "");
            for (filters, prefix) in sides.iter().zip(OF_SIDES) {
                for (dimension, ids) in filters {
                    ids.iter().for_each(|id| part(&format!("{prefix}{dimension}"), id));
                }
            }
            if let Some((name, _)) = OVERLAPS.iter().find(|(_, other)| other == overlap) {
                part(OVERLAP, name);
            }
            match replicates {
                Replicates::Cells => {}
                Replicates::Donors => part(REPLICATES, DONORS),
            }
        }
        parts.join("&")
    }

    /// What an address asks for. What it says of what nobody knows, and what cannot be read, is passed over.
    pub fn of_address(text: &str) -> Self {
        let mut view = Self::default();
        view.add_address(text);
        view
    }

    /// Adds what an address asks for: its genes and filters come besides, all else instead.
    pub fn add_address(&mut self, text: &str) {
        let mut of_panel = OfPanel::default();
        let mut sides = [const { Filters::new() }; 2];
        let (mut overlap, mut replicates, mut is_compared) = (Overlap::Keep, Replicates::Cells, false);
        for (name, value) in text.split('&').filter_map(|part| part.split_once('=')) {
            let Ok(value) = percent_decode_str(&value.replace('+', " ")).decode_utf8().map(String::from) else {
                continue;
            };
            match name {
                ORGANISM => self.organism = Some(value),
                GENE => self.apply(Edit::AddGenes(vec![value])),
                BY => self.group_by = value.parse().ok(),
                OPEN => {
                    self.expanded.insert(value);
                }
                SCALE if value == PER_GENE => self.scaling = Scaling::PerGene,
                ROWS if value == HIERARCHICAL => self.rows = RowOrder::Hierarchical,
                ROWS_BY => self.rows = RowOrder::Gene(value),
                GENES if value == HIERARCHICAL => self.gene_order = GeneOrder::Hierarchical,
                LEAST => self.least_cells = value.parse().unwrap_or(LEAST_CELLS),
                PANEL => of_panel.kind = KINDS.into_iter().find(|kind| *kind == value),
                COMPARE => is_compared = true,
                OVERLAP => {
                    overlap = OVERLAPS.iter().find(|(name, _)| *name == value).map_or(Overlap::Keep, |&(_, kind)| kind);
                }
                REPLICATES if value == DONORS => replicates = Replicates::Donors,
                _ if name.starts_with(OF_PANEL) => of_panel.read(name, value),
                _ => {
                    let of_side = Side::BOTH.into_iter().find_map(|side| {
                        let dimension = name.strip_prefix(OF_SIDES[side as usize])?.parse::<Dimension>().ok()?;
                        Some((side, dimension))
                    });
                    if let Some((side, dimension)) = of_side {
                        sides[side as usize].entry(dimension).or_default().insert(value);
                    } else if let Ok(dimension) = name.parse::<Dimension>() {
                        self.filters.entry(dimension).or_default().insert(value);
                    }
                }
            }
        }
        if let Some(panel) = of_panel.into_panel() {
            self.panel = Some(panel);
        }
        if is_compared {
            self.compared = Some(Compared { sides, overlap, replicates });
        }
    }
}

/// What an address says of a panel.
#[derive(Default)]
struct OfPanel {
    kind: Option<&'static str>,
    gene: Option<String>,
    row: RowId,
    has_row: bool,
}

impl OfPanel {
    fn read(&mut self, name: &str, value: String) {
        match name {
            OF_GENE => self.gene = Some(value),
            OF_TISSUE => {
                self.row.tissue = value;
                self.has_row = true;
            }
            OF_TYPE => self.row.cell_type = Some(value),
            OF_OPTION => {
                let parts = value.split_once(':');
                self.row.option = parts.and_then(|(name, id)| Some((name.parse().ok()?, id.to_owned())));
            }
            _ => {}
        }
    }

    fn into_panel(self) -> Option<Panel> {
        let Self { kind, gene, row, has_row } = self;
        let row = has_row.then_some(row);
        match kind? {
            TABLE => Some(Panel::Table),
            SOURCES => Some(Panel::Sources),
            ABOUT_GENE => gene.map(Panel::Gene),
            MARKER_OF => gene.map(Panel::MarkerOf),
            MARKERS => row.map(Panel::Markers),
            SPECIFIC => row.map(Panel::Specific),
            _ => row.zip(gene).map(|(row, gene)| Panel::Donors(row, gene)),
        }
    }
}

impl From<&Panel> for OfPanel {
    fn from(panel: &Panel) -> Self {
        let of = |kind, gene: Option<&String>, row: Option<&RowId>| Self {
            kind: Some(kind),
            gene: gene.cloned(),
            row: row.cloned().unwrap_or_default(),
            has_row: row.is_some(),
        };
        match panel {
            Panel::Table => of(TABLE, None, None),
            Panel::Sources => of(SOURCES, None, None),
            Panel::Gene(gene) => of(ABOUT_GENE, Some(gene), None),
            Panel::MarkerOf(gene) => of(MARKER_OF, Some(gene), None),
            Panel::Markers(row) => of(MARKERS, None, Some(row)),
            Panel::Specific(row) => of(SPECIFIC, None, Some(row)),
            Panel::Donors(row, gene) => of(BEHIND, Some(gene), Some(row)),
        }
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use proptest::prelude::*;

    use super::*;

    fn any_view() -> impl Strategy<Value = View> {
        let id = || "\\PC{0,8}";
        let dimension = || prop::sample::select(Dimension::ALL.to_vec());
        let ids = || prop::collection::btree_set("\\PC{0,8}", 1..4);
        let rows = prop_oneof![Just(RowOrder::Ontology), Just(RowOrder::Hierarchical), id().prop_map(RowOrder::Gene),];
        let orders = (rows, any::<bool>(), any::<bool>(), any::<u64>());
        let asked = (
            prop::option::of(id()),
            prop::collection::btree_set(id(), 0..5),
            prop::collection::btree_map(dimension(), ids(), 0..4),
            prop::option::of(dimension()),
            prop::collection::btree_set(id(), 0..4),
        );
        let option = prop::option::of((dimension(), id()));
        let row = (id(), prop::option::of(id()), option).prop_map(|(tissue, cell_type, option)| RowId {
            tissue,
            cell_type,
            option,
        });
        let panel = prop_oneof![
            Just(Panel::Table),
            Just(Panel::Sources),
            id().prop_map(Panel::Gene),
            id().prop_map(Panel::MarkerOf),
            row.clone().prop_map(Panel::Markers),
            row.clone().prop_map(Panel::Specific),
            (row, id()).prop_map(|(row, gene)| Panel::Donors(row, gene)),
        ];
        let sides = prop::array::uniform2(prop::collection::btree_map(dimension(), ids(), 0..3));
        let overlap = prop::sample::select(vec![Overlap::Keep, Overlap::TakeFromFirst, Overlap::TakeFromSecond]);
        let replicates = prop::sample::select(vec![Replicates::Cells, Replicates::Donors]);
        let compared = (sides, overlap, replicates).prop_map(|(sides, overlap, replicates)| Compared {
            sides,
            overlap,
            replicates,
        });
        let beside = (prop::option::of(panel), prop::option::of(compared));
        (asked, orders, beside).prop_map(
            |(
                (organism, genes, filters, group_by, expanded),
                (rows, per_gene, alike, least_cells),
                (panel, compared),
            )| View {
                organism,
                genes: genes.into_iter().collect(),
                filters,
                group_by,
                expanded,
                scaling: if per_gene { Scaling::PerGene } else { Scaling::Global },
                rows,
                gene_order: if alike { GeneOrder::Hierarchical } else { GeneOrder::Entered },
                least_cells,
                panel,
                compared,
            },
        )
    }

    proptest! {
        #[test]
        fn a_view_comes_back_from_its_address(view in any_view()) {
            prop_assert_eq!(View::of_address(&view.to_address()), view);
        }

        #[test]
        fn any_address_is_read_and_means_one_view(text: String) {
            let view = View::of_address(&text);
            prop_assert_eq!(View::of_address(&view.to_address()), view);
        }
    }

    #[test]
    fn names_may_have_commas() {
        let mut view = View::default();
        view.filters.insert(Dimension::Donor, BTreeSet::from(["CD4-positive, alpha-beta T cell&x=1".to_owned()]));
        assert_eq!(View::of_address(&view.to_address()), view);
        assert_eq!(View::of_address("x=1&by=organ&scale=all&rows=up&gene&sex=%ff"), View::default());
    }
}
