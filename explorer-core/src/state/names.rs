//! Layers and genes by what the dataset calls them, whatever a person wrote.

use std::collections::HashSet;

use super::{
    About, Analysis, Axis, CellQuery, CellSet, CellSource, ColorBy, Comparison, Filters, GeneKey, GeneMean, GeneSet,
    Inquiry, Markers, PanelKind, Plot, ResultPanel, Scatter, ViewSpec,
};
use crate::sorting::map_of;

/// What a dataset calls its layers and genes. Names that it does not know, or not yet, stay as they are.
pub trait Names {
    /// The place of the layer of a name: `layers/counts` for `counts`.
    fn layer_place(&self, name: String) -> String;

    /// How the state names the layer of a name: not at all where it is the default one.
    fn layer_key(&self, name: &str) -> Option<String>;

    /// The key of the embedding that is shown where none is named.
    fn default_embedding(&self) -> Option<String>;

    /// The id of the gene of a name, in a layer as the state names it.
    fn gene_id(&self, layer: Option<&str>, name: String) -> String;
}

impl ViewSpec {
    /// The same view with every layer by its place and every gene by its id: a link may be written by hand, with
    /// symbols.
    #[must_use]
    pub fn named(mut self, names: &impl Names) -> Self {
        self.analysis = self.analysis.named(names);
        for panel in &mut self.panels {
            if let PanelKind::Scatter(scatter) = &panel.kind {
                panel.kind = PanelKind::Scatter(scatter.clone().named(names));
            }
        }
        self.name_default_embedding(names);
        self.layout.result = self.layout.result.map(|result| match result {
            ResultPanel::Comparison(comparison) => ResultPanel::Comparison(comparison.named(names)),
            ResultPanel::Markers(markers) => {
                ResultPanel::Markers(Markers { universe: named_levels(markers.universe, names), ..markers })
            }
            ResultPanel::Plot(plot) => ResultPanel::Plot(plot.named(names)),
            ResultPanel::Inquiry(inquiry) => ResultPanel::Inquiry(inquiry.named(names)),
        });
        let layer = self.layout.result.as_ref().and_then(ResultPanel::comparison);
        let layer = layer.and_then(|comparison| names.layer_key(comparison.layer.as_deref()?));
        let gene = self.layout.comparison.gene.take();
        self.layout.comparison.gene = gene.map(|gene| names.gene_id(layer.as_deref(), gene));
        self
    }
}

impl ViewSpec {
    /// Panels that show the same are known by it: where one names the default embedding and another shows it unnamed, none
    /// names it.
    fn name_default_embedding(&mut self, names: &impl Names) {
        let unnamed = PanelKind::Embedding(None);
        if !self.panels.iter().any(|panel| panel.kind == unnamed) {
            return;
        }
        let Some(named) = names.default_embedding().map(|key| PanelKind::Embedding(Some(key))) else { return };
        for panel in self.panels.iter_mut().filter(|panel| panel.kind == named) {
            panel.kind = unnamed.clone();
        }
    }
}

impl Analysis {
    fn named(mut self, names: &impl Names) -> Self {
        self.layer = layer(names, self.layer);
        self.color = match self.color {
            ColorBy::Gene(gene) => ColorBy::Gene(gene.named(names)),
            ColorBy::GeneSet { set, layer: of, value } => ColorBy::GeneSet { set, layer: layer(names, of), value },
            ColorBy::TwoGenes { genes, layer: of } => {
                let layer = layer(names, of);
                ColorBy::TwoGenes { genes: genes.map(|gene| names.gene_id(layer.as_deref(), gene)), layer }
            }
            color @ (ColorBy::None | ColorBy::Obs(_)) => color,
        };
        self.query = self.query.named(names);
        let key = self.layer.as_deref();
        self.genes = genes(names, key, self.genes);
        let of_set = |set: GeneSet| GeneSet { genes: genes(names, key, set.genes), ..set };
        self.gene_sets = self.gene_sets.into_iter().map(of_set).collect();
        let of_cells = |set: CellSet| CellSet {
            source: match set.source {
                CellSource::Query(query) => CellSource::Query(query.named(names)),
                cells @ CellSource::Cells(_) => cells,
            },
            ..set
        };
        self.cell_sets = self.cell_sets.into_iter().map(of_cells).collect();
        self.comparisons = self.comparisons.into_iter().map(|comparison| comparison.named(names)).collect();
        self
    }
}

impl CellQuery {
    fn named(self, names: &impl Names) -> Self {
        Self { subset: named_levels(self.subset, names), filters: self.filters.named(names) }
    }
}

impl Filters {
    fn named(self, names: &impl Names) -> Self {
        let genes = map_of(self.genes.into_iter().map(|(gene, range)| (gene.named(names), range)));
        let means = map_of(self.means.into_iter().map(|(mean, range)| (mean.named(names), range)));
        let key_of = |key: String| Scatter::from_key(&key).map_or(key, |scatter| scatter.named(names).key());
        let selections = self
            .selections
            .into_iter()
            .map(|(key, selection)| (key_of(key), selection.map_outlines(|outline| outline.named(key_of))));
        let selections = map_of(selections);
        Self { genes, means, selections, ..self }
    }
}

impl Scatter {
    fn named(self, names: &impl Names) -> Self {
        let named = |axis| match axis {
            Axis::Obs(column) => Axis::Obs(column),
            Axis::Gene(gene) => Axis::Gene(gene.named(names)),
        };
        Self { x: named(self.x), y: named(self.y) }
    }
}

impl GeneKey {
    fn named(self, names: &impl Names) -> Self {
        let layer = layer(names, self.layer);
        Self { gene: names.gene_id(layer.as_deref(), self.gene), layer }
    }
}

impl GeneMean {
    fn named(self, names: &impl Names) -> Self {
        let layer = layer(names, self.layer().map(str::to_owned));
        let ids = self.genes().iter().map(|gene| names.gene_id(layer.as_deref(), gene.clone()));
        let value = self.value();
        Self::new(layer.clone(), ids).map_or(self, |mean| mean.as_value(value))
    }
}

impl Comparison {
    /// No layer stands for the one of statistics here, which need not be the default one.
    fn named(self, names: &impl Names) -> Self {
        let layer = self.layer.map(|layer| names.layer_place(layer));
        Self { layer, universe: named_levels(self.universe, names), ..self }
    }
}

impl Plot {
    /// No layer stands for the one of statistics here, too. Genes that it alone has keep the names that they have.
    fn named(self, names: &impl Names) -> Self {
        let layer = self.layer.map(|layer| names.layer_place(layer));
        let key = layer.as_deref().and_then(|layer| names.layer_key(layer));
        let genes = genes(names, key.as_deref(), self.genes);
        Self { layer, genes, universe: named_levels(self.universe, names), ..self }
    }
}

impl Inquiry {
    /// As of a plot.
    fn named(self, names: &impl Names) -> Self {
        let layer = self.layer.map(|layer| names.layer_place(layer));
        let key = layer.as_deref().and_then(|layer| names.layer_key(layer));
        let about = match self.about {
            About::Gene(gene) => About::Gene(names.gene_id(key.as_deref(), gene)),
            about @ (About::Cells | About::Column(_)) => about,
        };
        Self { about, layer, cells: self.cells.named(names) }
    }
}

fn named_levels(levels: Vec<Filters>, names: &impl Names) -> Vec<Filters> {
    levels.into_iter().map(|level| level.named(names)).collect()
}

fn layer(names: &impl Names, layer: Option<String>) -> Option<String> {
    names.layer_key(&layer?)
}

/// The ids of genes, each once.
fn genes(names: &impl Names, layer: Option<&str>, genes: Vec<String>) -> Vec<String> {
    let mut ids: Vec<String> = Vec::with_capacity(genes.len());
    let mut known = HashSet::with_capacity(genes.len());
    for gene in genes {
        let id = names.gene_id(layer, gene);
        if known.insert(id.clone()) {
            ids.push(id);
        }
    }
    ids
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Two layers, `X` and `layers/counts`, and the gene `E1` with the symbol `LYZ`, in `X` alone.
    struct Two;

    impl Names for Two {
        fn layer_place(&self, name: String) -> String {
            if name == "counts" { "layers/counts".to_owned() } else { name }
        }

        fn layer_key(&self, name: &str) -> Option<String> {
            (name != "X").then(|| self.layer_place(name.to_owned()))
        }

        fn default_embedding(&self) -> Option<String> {
            Some("X_umap".to_owned())
        }

        fn gene_id(&self, layer: Option<&str>, name: String) -> String {
            if layer.is_none() && name == "LYZ" { "E1".to_owned() } else { name }
        }
    }

    #[test]
    fn a_link_written_by_hand_is_that_of_the_places_and_ids() {
        let by_hand = "c=gene:LYZ&g.X:LYZ=1..2&m.LYZ,E2=1..2&genes=LYZ,E1,E2&gs0=mine&gs0.g=LYZ&u0.g.LYZ=0..1\
                       &set0=A&set0.g.counts:LYZ=1..2&de0=A&de0.layer=counts&shown=0&v=1";
        let by_id = "c=gene:E1&g.E1=1..2&m.E1,E2=1..2&genes=E1,E2&gs0=mine&gs0.g=E1&u0.g.E1=0..1\
                     &set0=A&set0.g.layers/counts:LYZ=1..2&de0=A&de0.layer=layers/counts&shown=0&v=1";
        let [by_hand, by_id] = [by_hand, by_id].map(|link| ViewSpec::from_link(link).view);
        assert!(by_id.shown_comparison().is_some() && by_id.analysis.cell_sets.len() == 1);
        assert_eq!(by_hand.named(&Two), by_id);
        assert_eq!(by_id.clone().named(&Two), by_id);
    }

    #[test]
    fn the_default_layer_is_not_named_but_for_a_comparison() {
        let named = |link: &str| ViewSpec::from_link(link).view.named(&Two);
        let view = named("layer=X&c=gene:X:LYZ&set0=A&set0.f.a=b&de0=A&de0.layer=X&v=1");
        assert_eq!((view.analysis.layer, view.analysis.color), (None, ColorBy::Gene(GeneKey::new("E1"))));
        assert_eq!(view.analysis.comparisons[0].layer.as_deref(), Some("X"));
    }

    #[test]
    fn panels_that_show_the_same_embedding_call_it_the_same() {
        let kinds = |link: &str| -> Vec<PanelKind> {
            ViewSpec::from_link(link).view.named(&Two).panels.iter().map(|panel| panel.kind.clone()).collect()
        };
        let named = |key: &str| PanelKind::Embedding(Some(key.to_owned()));
        assert_eq!(kinds("panels=2&p1.e=X_umap&v=1"), [PanelKind::default(), PanelKind::default()]);
        assert_eq!(kinds("panels=2&p1.e=X_pca&v=1"), [PanelKind::default(), named("X_pca")]);
        assert_eq!(kinds("e=X_umap&panels=2&p1.e=X_pca&v=1"), [named("X_umap"), named("X_pca")]);
    }
}
