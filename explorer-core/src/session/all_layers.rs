//! One namespace of genes over all layers: which layer has a gene, and what becomes of those that one has not.

use std::sync::Arc;

use shared_fbs::manifest::Layer;

use super::{GeneHit, GeneTable, ResolvedGenes, Session};
use crate::{
    dataset::lookup,
    search::{Fit, NoGene},
    state::{ColorBy, DataKey, GeneKey, GeneMean, ViewSpec},
};

impl Session {
    /// The genes of a layer, or of the default one, when they are there.
    pub fn gene_table(&self, layer: Option<&str>) -> Option<&Arc<GeneTable>> {
        self.loaded().gene_table(lookup::gene_table(self.manifest(), self.layer(layer)?))
    }

    /// One layer for each table of genes, the chosen one's first, as the state names them.
    fn tables(&self, layer: Option<&str>) -> Vec<(Option<String>, &Arc<GeneTable>)> {
        let mut tables: Vec<(Option<String>, &Arc<GeneTable>)> = Vec::new();
        let others = self.manifest().layers.iter().map(|layer| self.layer_key(&layer.name));
        for layer in std::iter::once(layer.map(str::to_owned)).chain(others) {
            if let Some(table) = self.gene_table(layer.as_deref())
                && !tables.iter().any(|(_, known)| Arc::ptr_eq(known, table))
            {
                tables.push((layer, table));
            }
        }
        tables
    }

    /// The genes of every layer; `None` before all are there.
    pub(super) fn gene_tables(&self) -> Option<Vec<&GeneTable>> {
        let tables = self
            .manifest()
            .layers
            .iter()
            .map(|layer| Some(self.loaded().gene_table(lookup::gene_table(self.manifest(), layer))?.as_ref()));
        tables.collect()
    }

    /// The genes of all layers that a search finds, at most so many, best first; of those that several layers have, the
    /// chosen layer's.
    pub fn gene_hits(&self, query: &str, layer: Option<&str>, most: usize) -> Vec<GeneHit> {
        let tables = self.tables(layer);
        let mut hits: Vec<(Fit, GeneHit)> = Vec::new();
        for (at, (layer, table)) in tables.iter().enumerate() {
            let is_new = |id: &str| tables[..at].iter().all(|(_, before)| before.find(id) == Err(NoGene::Unknown));
            for (fit, mut hit) in table.hits(query, layer.as_deref(), most) {
                if !is_new(&hit.key.gene) {
                    continue;
                }
                if at > 0 {
                    let name = self.layer_name(layer.as_deref());
                    hit.detail = if hit.detail.is_empty() { name } else { format!("{}, {name}", hit.detail) };
                }
                let place = hits.partition_point(|(other, _)| *other <= fit);
                hits.insert(place, (fit, hit));
            }
        }
        hits.truncate(most);
        hits.into_iter().map(|(_, hit)| hit).collect()
    }

    /// The genes of all layers that names stand for, the chosen layer's first. Before tables are there, names stay as
    /// they are; they are resolved when these come.
    pub fn resolve_genes(&self, names: &[String], layer: Option<&str>) -> ResolvedGenes {
        let tables = self.tables(layer);
        let tables: Vec<&GeneTable> = tables.iter().map(|(_, table)| table.as_ref()).collect();
        ResolvedGenes::of(names, &tables)
    }

    /// Whether a layer has a gene; `None` before its genes are known.
    pub fn has_gene(&self, key: &GeneKey) -> Option<bool> {
        let table = self.gene_table(key.layer.as_deref())?;
        Some(table.find(&key.gene) != Err(NoGene::Unknown))
    }

    /// Whether a layer has a gene of a mean; `None` before its genes are known.
    pub fn has_mean(&self, mean: &GeneMean) -> Option<bool> {
        let table = self.gene_table(mean.layer())?;
        Some(mean.genes().iter().any(|gene| table.find(gene).is_ok()))
    }

    /// Whether it is known that data are of no gene of their layer: these are not asked for.
    pub(super) fn is_of_no_gene(&self, key: &DataKey) -> bool {
        match key {
            DataKey::Gene(gene) => self.has_gene(gene) == Some(false),
            DataKey::Mean(mean) => self.has_mean(mean) == Some(false),
            DataKey::Column(_)
            | DataKey::Embedding(_)
            | DataKey::Categories(_)
            | DataKey::GeneTable(_)
            | DataKey::Rows => false,
        }
    }

    /// The view without what the dataset cannot show (columns, labels, names of own columns, scatter plots, a layer, a color,
    /// genes), and
    /// what to tell of that, a sentence for each kind; `None` where there is nothing to mend.
    pub fn mended(&self, view: &ViewSpec) -> Option<(ViewSpec, Vec<String>)> {
        let mends = [
            Self::without_unknown_columns,
            Self::without_impossible_labels,
            Self::without_taken_names,
            Self::without_impossible_plots,
            Self::without_unknown_layer,
            Self::without_impossible_color,
            Self::without_unknown_genes,
        ];
        let mut found: Option<(ViewSpec, Vec<String>)> = None;
        for mend in mends {
            let present = found.as_ref().map_or(view, |(mended, _)| mended);
            if let Some((mended, sentence)) = mend(self, present) {
                let mut told = found.map(|(_, told)| told).unwrap_or_default();
                told.push(sentence);
                found = Some((mended, told));
            }
        }
        found
    }

    fn without_unknown_layer(&self, view: &ViewSpec) -> Option<(ViewSpec, String)> {
        let layer = view.analysis.layer.as_ref().filter(|layer| self.layer(Some(layer)).is_none())?;
        let mut mended = view.clone();
        mended.analysis.layer = None;
        Some((mended, format!("The dataset has no layer “{layer}”: the default one is shown.")))
    }

    fn without_impossible_color(&self, view: &ViewSpec) -> Option<(ViewSpec, String)> {
        let (layer, is_there) = match &view.analysis.color {
            ColorBy::Gene(gene) => (gene.layer.as_deref(), self.has_gene(gene)?),
            ColorBy::GeneSet { layer, .. } => (layer.as_deref(), self.has_mean(&view.analysis.color_mean()?)?),
            color @ ColorBy::TwoGenes { layer, .. } => {
                let known = color.pair()?.map(|key| self.has_gene(&key));
                (layer.as_deref(), if known.contains(&Some(false)) { false } else { known[0]? && known[1]? })
            }
            ColorBy::None | ColorBy::Obs(_) => return None,
        };
        if is_there {
            return None;
        }
        let what = match &view.analysis.color {
            ColorBy::Gene(gene) => format!("gene {}", self.label_in_any_layer(gene)),
            color @ (ColorBy::None | ColorBy::Obs(_) | ColorBy::GeneSet { .. } | ColorBy::TwoGenes { .. }) => {
                format!("gene of “{}”", self.color_name(color))
            }
        };
        let text = format!("Layer {} has no {what}, so that nothing colors the cells now.", self.layer_name(layer));
        let mut mended = view.clone();
        mended.analysis.uncolor();
        Some((mended, text))
    }

    /// What a gene is shown as, by its own layer or the first other one that has it.
    pub fn label_in_any_layer(&self, key: &GeneKey) -> String {
        let tables = self.tables(key.layer.as_deref());
        let table = tables.iter().find(|(_, table)| table.find(&key.gene).is_ok());
        table.map_or(key.gene.as_str(), |(_, table)| table.label_of(&key.gene)).to_owned()
    }

    /// The symbol of a gene by its id, by the first layer that has it; the id where it has none.
    pub fn symbol_in_any_layer(&self, id: &str) -> String {
        let tables = self.tables(None);
        let table = tables.iter().find(|(_, table)| table.find(id).is_ok());
        table.map_or(id, |(_, table)| table.symbol_of(id)).to_owned()
    }

    /// Whether a layer has a gene of this name.
    pub fn is_gene_anywhere(&self, name: &str) -> bool {
        self.tables(None).iter().any(|(_, table)| table.find(name).is_ok())
    }

    /// The layer, as data keys name it, whose table of genes is that of a layer.
    pub(super) fn table_key(&self, layer: &Layer) -> DataKey {
        DataKey::GeneTable(lookup::gene_table(self.manifest(), layer).to_owned())
    }
}

#[cfg(test)]
mod tests {
    use shared_fbs::{
        manifest::{Layer, Manifest},
        order::Levels,
        tile::Genes,
    };

    use super::*;
    use crate::{session::Slot, state::Analysis};

    /// Layers `X` and `layers/counts` over two genes, `raw/X` over three, of which one is new.
    fn session() -> Session {
        let layer = |name: &str, var| Layer { name: name.to_owned(), var, ..Layer::default() };
        let layers = vec![layer("X", 0), layer("layers/counts", 0), layer("raw/X", 1)];
        let mut session = Session::new(Arc::new(Manifest {
            layers,
            level_ranks: Levels::for_n_obs(0).boundaries(),
            ..Manifest::default()
        }));
        let texts = |texts: &[&str]| texts.iter().map(|&text| text.to_owned()).collect::<Vec<String>>();
        let genes = |ids: &[&str], symbols: &[&str]| Genes {
            ids: texts(ids),
            symbols: Some(texts(symbols)),
            ..Genes::default()
        };
        let mut arrive = |key: &str, genes: Genes| {
            session.arrive(DataKey::GeneTable(key.to_owned()), Slot::Ready(GeneTable::new(genes).into()));
        };
        arrive("X", genes(&["E1", "E2"], &["LYZ", "CD3D"]));
        arrive("raw/X", genes(&["E1", "E3", "E2"], &["LYZ", "CD79A", "CD3D"]));
        session
    }

    #[test]
    fn layers_over_the_same_genes_share_their_table() {
        let mut session = Session::new(Arc::new(session().manifest().clone()));
        let wanted = session.load_next(&Analysis::default(), &[].into());
        let tables: Vec<DataKey> = wanted.into_iter().map(|(key, _)| key).collect();
        assert_eq!(tables, ["X", "raw/X"].map(|name| DataKey::GeneTable(name.to_owned())));
    }

    #[test]
    fn a_search_finds_a_gene_in_whatever_layer_has_it_and_names_that() {
        let session = session();
        let hits = session.gene_hits("cd", None, 10);
        let found: Vec<_> = hits.iter().map(|hit| (hit.key.layer.as_deref(), hit.key.gene.as_str())).collect();
        assert_eq!(found, [(None, "E2"), (Some("raw/X"), "E3")]);
        assert_eq!(hits[1].detail, "E3, raw/X");
        // In the other layer both are at home.
        let hits = session.gene_hits("cd", Some("raw/X"), 10);
        assert!(hits.len() == 2 && hits.iter().all(|hit| !hit.detail.contains("raw/X")));
        let names = ["cd79a", "LYZ", "nope"].map(str::to_owned);
        let resolved = session.resolve_genes(&names, None);
        assert_eq!((resolved.ids, resolved.all.len()), (vec!["E3".to_owned(), "E1".to_owned()], 3));
    }

    #[test]
    fn a_layer_without_the_gene_in_color_leaves_no_stale_color() {
        let mut session = session();
        let in_layer = |layer: Option<&str>, gene: &str| {
            ColorBy::Gene(GeneKey { layer: layer.map(str::to_owned), gene: gene.to_owned() })
        };
        let mut view = ViewSpec::default();
        view.analysis.genes = ["E1", "E3"].map(str::to_owned).to_vec();
        view.analysis.color = in_layer(Some("raw/X"), "E3");
        assert_eq!(session.mended(&view), None);
        view.analysis.color = in_layer(None, "E3");
        let (mended, told) = session.mended(&view).expect("X has no such gene");
        assert_eq!(mended.analysis.color, ColorBy::None);
        assert_eq!(mended.analysis.genes, view.analysis.genes);
        assert_eq!(told, ["Layer X has no gene CD79A, so that nothing colors the cells now."]);
        // What no layer can give is not asked for.
        let wanted = session.load_next(&view.analysis, &view.needs());
        assert!(wanted.iter().all(|(key, _)| *key != DataKey::Gene(GeneKey::new("E3"))));
        assert!(wanted.iter().any(|(key, _)| *key == DataKey::Gene(GeneKey::new("E1"))));
    }

    #[test]
    fn names_of_a_link_that_the_dataset_does_not_have_are_dropped_and_told_at_once() {
        let mut session = session();
        let names = |n: usize| (0..n).map(|at| format!("nope{at}")).collect::<Vec<_>>().join(",");
        for (key, kind) in [("genes", "gene"), ("open", "column"), ("aslabels", "column")] {
            let view = ViewSpec::from_link(&format!("{key}={}", names(400))).view;
            let (mended, told) = session.mended(&view).expect("there are none of these");
            assert_eq!((mended.needs().len(), told.len()), (0, 1));
            assert_eq!(
                told[0],
                format!("The dataset has no {kind} “nope0”, “nope1”, “nope10”, “nope100”, “nope101” and 395 more.")
            );
            assert!(session.unknown_names(&mended).is_empty() && session.mended(&mended).is_none());
            assert!(session.load_next(&mended.analysis, &mended.needs()).iter().all(|(key, _)| key.column().is_none()));
        }
    }

    #[test]
    fn a_link_is_told_what_the_dataset_does_not_have() {
        let session = session();
        let view = ViewSpec::from_link("layer=layers/counts&genes=E1,E3&g.NOPE=1..2&v=1").view;
        let expected = ["gene “CD79A” of layer layers/counts", "gene “NOPE” of layer X"];
        assert_eq!(session.unknown_names(&view), expected);
        let view = ViewSpec::from_link("layer=velocity&v=1").view;
        let (mended, told) = session.mended(&view).expect("there is no such layer");
        assert!(mended.analysis.layer.is_none() && told[0].contains("“velocity”"));
    }
}
