//! A view as the text of an address, and back: `gene=ENSG…&disease=MONDO:…&by=sex&open=UBERON:…`. Every value stands by
//! itself under its name, so that an id may have any characters.

use expression::Scaling;
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, percent_decode_str, utf8_percent_encode};

use super::{GeneOrder, LEAST_CELLS, RowOrder, View};
use crate::{Dimension, view::Edit};

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
        parts.join("&")
    }

    /// What an address asks for. What it says of what nobody knows, and what cannot be read, is passed over.
    pub fn of_address(text: &str) -> Self {
        let mut view = Self::default();
        for (name, value) in text.split('&').filter_map(|part| part.split_once('=')) {
            let Ok(value) = percent_decode_str(&value.replace('+', " ")).decode_utf8().map(String::from) else {
                continue;
            };
            match name {
                ORGANISM => view.organism = Some(value),
                GENE => view.apply(Edit::AddGenes(vec![value])),
                BY => view.group_by = value.parse().ok(),
                OPEN => {
                    view.expanded.insert(value);
                }
                SCALE if value == PER_GENE => view.scaling = Scaling::PerGene,
                ROWS if value == HIERARCHICAL => view.rows = RowOrder::Hierarchical,
                ROWS_BY => view.rows = RowOrder::Gene(value),
                GENES if value == HIERARCHICAL => view.gene_order = GeneOrder::Hierarchical,
                LEAST => view.least_cells = value.parse().unwrap_or(LEAST_CELLS),
                _ => {
                    if let Ok(dimension) = name.parse::<Dimension>() {
                        view.filters.entry(dimension).or_default().insert(value);
                    }
                }
            }
        }
        view
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
        (asked, orders).prop_map(
            |((organism, genes, filters, group_by, expanded), (rows, per_gene, alike, least_cells))| View {
                organism,
                genes: genes.into_iter().collect(),
                filters,
                group_by,
                expanded,
                scaling: if per_gene { Scaling::PerGene } else { Scaling::Global },
                rows,
                gene_order: if alike { GeneOrder::Hierarchical } else { GeneOrder::Entered },
                least_cells,
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
