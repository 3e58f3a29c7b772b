//! A plot as whoever draws it is asked for it: a worker of the page, or the command line.

use serde::{Deserialize, Serialize};
use shared_fbs::manifest::{Layer, Manifest};

use crate::{color::Ground, dataset::label_tiles, grouping::Grouping, state::Plot, statistics::NamedComposition};

/// What is to be said of shares of cells that express a gene, where values are scaled.
const NEGATIVE: &str = "some values are negative: cells that express a gene are those whose value is not 0";

/// How many bytes the plot reads of a dataset, about; 0 where it is not known. Labels and genes are taken to be of the
/// usual size.
pub fn plot_bytes(manifest: &Manifest, plot: &Plot) -> u64 {
    let Ok((_, layer)) = manifest.statistics_layer_named(plot.layer.as_deref()) else { return 0 };
    if let Some(tiles) = label_tiles(layer, &plot.by).filter(|_| plot.may_take_sums()) {
        let pack = layer.moments_pack.as_deref().and_then(|name| manifest.pack_named(name));
        return pack.map_or(0, |pack| pack.n_bytes * tiles.len() as u64 / u64::from(pack.n_tiles.max(1)));
    }
    let n_genes = manifest.vars.get(layer.var as usize).map_or(0, |var| var.n_vars);
    let n_read = if plot.kind.has_genes() { plot.genes.len() as u64 } else { 0 };
    manifest.pack_named(&layer.pack).map_or(0, |pack| pack.n_bytes * n_read / u64::from(n_genes.max(1)))
}

/// How many bytes all genes of a layer are, which tests by ranks read; 0 where it is not known.
pub fn genes_bytes(manifest: &Manifest, layer: Option<&str>) -> u64 {
    let layer = manifest.statistics_layer_named(layer);
    layer.ok().and_then(|(_, layer)| manifest.pack_named(&layer.pack)).map_or(0, |pack| pack.n_bytes)
}

/// A gene of a plot.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct PlotGene {
    /// Its number in the layer.
    pub index: u32,
    /// Its id.
    pub id: String,
    /// What it is shown as.
    pub label: String,
}

/// All that a plot takes but for the tiles and, where it takes single cells, the group of each.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct PlotQuestion {
    /// What was asked.
    pub plot: Plot,
    /// The groups.
    pub grouping: Grouping,
    /// The tiles of the stored sums of every group's label, where these suffice; else empty.
    pub label_tiles: Vec<u32>,
    /// The layer, by its index.
    pub layer: u32,
    /// The genes that it has.
    pub genes: Vec<PlotGene>,
    /// Cells by both columns where the shares of one column's labels are tested.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub composition: Option<NamedComposition>,
    /// What it is drawn on.
    pub ground: Ground,
    /// Title of the dataset.
    pub dataset: String,
    /// The filters outside of which no cell counts; empty where there are none.
    pub within: String,
    /// The layer, by its place in the file.
    pub layer_name: String,
    /// Why the numbers are not all that the file would give, as the layer has it.
    pub cautions: Vec<String>,
}

impl PlotQuestion {
    /// Whether it takes the group of every cell.
    pub fn takes_cells(&self) -> bool {
        self.plot.kind.has_genes() && self.label_tiles.is_empty()
    }

    /// The columns of the groups, and the layer where values are of one.
    pub fn source(&self) -> String {
        let groups = self.grouping.title();
        if self.plot.kind.has_genes() { format!("{groups} · {}", self.layer_name) } else { groups }
    }

    /// The same of a layer, with what is to be known of its values.
    #[must_use]
    pub fn of_layer(mut self, index: usize, layer: &Layer) -> Self {
        self.layer = index as u32;
        self.layer_name.clone_from(&layer.name);
        self.cautions.clone_from(&layer.cautions);
        if self.plot.kind.is_of_means() && layer.has_negative {
            self.cautions.push(NEGATIVE.to_owned());
        }
        self
    }
}

#[cfg(test)]
mod tests {
    use shared_fbs::manifest::{ColumnMoments, Pack, TileRange, Var};

    use super::*;
    use crate::state::PlotKind;

    #[test]
    fn stored_sums_are_read_where_they_suffice_and_else_the_genes() {
        let pack = |name: &str, n_bytes, n_tiles| Pack { name: name.to_owned(), n_bytes, n_tiles, ..Pack::default() };
        let tiles = Some(TileRange { first: 1, count: 5 });
        let layer = Layer {
            name: "X".to_owned(),
            pack: "genes".to_owned(),
            moments_pack: Some("moments".to_owned()),
            total_moments: Some(TileRange { first: 0, count: 1 }),
            column_moments: vec![ColumnMoments { column: "type".to_owned(), tiles }],
            ..Layer::default()
        };
        let manifest = Manifest {
            layers: vec![layer],
            vars: vec![Var { n_vars: 1_000, ..Var::default() }],
            packs: vec![pack("genes", 7_000_000, 1_000), pack("moments", 1_000_000, 10)],
            ..Manifest::default()
        };
        let genes = ["a", "b"].map(str::to_owned).to_vec();
        let plot = Plot { by: "type".to_owned(), genes, ..Plot::default() };
        assert_eq!(plot_bytes(&manifest, &plot), 500_000);
        assert_eq!(plot_bytes(&manifest, &Plot { kind: PlotKind::Violins, ..plot.clone() }), 14_000);
        assert_eq!(plot_bytes(&manifest, &Plot { kind: PlotKind::Bars, ..plot }), 0);
        let question = |kind| PlotQuestion { plot: Plot { kind, ..Plot::default() }, ..PlotQuestion::default() };
        let scaled = Layer { has_negative: true, ..manifest.layers[0].clone() };
        assert_eq!(question(PlotKind::Dots).of_layer(0, &scaled).cautions, [NEGATIVE]);
        assert!(question(PlotKind::Violins).of_layer(0, &scaled).cautions.is_empty());
        assert!(question(PlotKind::Dots).of_layer(0, &manifest.layers[0]).cautions.is_empty());
        assert_eq!((genes_bytes(&manifest, None), genes_bytes(&manifest, Some("other"))), (7_000_000, 0));
    }
}
