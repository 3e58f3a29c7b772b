//! What a dataset is of, by its own columns.

use explorer_core::{catalog::LabelFacet, names::visible, session::schema_words};
use shared_fbs::{
    api::PosterName,
    dataset_id::name_of,
    manifest::{Column, ColumnKind, Layer, Manifest, ValueKind},
    tile::Categories,
};
use tessera::dataset::{Dataset, DatasetError};

use super::ontology;

/// The pack of columns of cells.
const OBS: &str = "obs";

/// What a column of the ids of terms is called after the column of their labels.
const TERM_IDS: &str = "_ontology_term_id";

/// What there is to know of a dataset for somebody who looks for one.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct DatasetFacts {
    /// Its title.
    pub title: String,
    /// Number of cells.
    pub n_obs: u32,
    /// Number of genes.
    pub n_vars: u32,
    /// Mean number of genes with a value in a cell; `None` where that is not known.
    pub genes_per_cell: Option<f32>,
    /// Bytes of all packs.
    pub n_bytes: u64,
    /// Whether there are pictures of it.
    pub has_poster: bool,
    /// What its cells are labeled with, by facet.
    pub labels: Vec<(LabelFacet, Vec<String>)>,
}

impl DatasetFacts {
    /// Reads them from a dataset that is served under this id, a small tile per facet. A facet whose tile cannot be read
    /// is left out, and told.
    pub fn read(id: &str, dataset: &Dataset) -> (Self, Vec<DatasetError>) {
        let manifest = dataset.manifest();
        let (mut labels, mut faults) = (Vec::new(), Vec::new());
        for facet in LabelFacet::ALL.into_iter().filter(|facet| facet.is_of_dataset()) {
            if facet == LabelFacet::Schema {
                labels.extend(schema_words(manifest).map(|words| (facet, vec![words])));
                continue;
            }
            match column_of(manifest, facet).map(|column| labels_of(dataset, column)) {
                Some(Ok(found)) if !found.is_empty() => {
                    labels.push((facet, found.into_iter().map(|(_, label)| label).collect()));
                }
                Some(Ok(_)) | None => {}
                Some(Err(fault)) => faults.push(fault),
            }
        }
        let layer = manifest.layers.get(manifest.default_layer as usize);
        let n_vars = layer.and_then(|layer| manifest.vars.get(layer.var as usize)).map_or(0, |var| var.n_vars);
        let facts = Self {
            title: manifest.title.clone().unwrap_or_else(|| name_of(id).to_owned()),
            n_obs: manifest.n_obs,
            n_vars,
            genes_per_cell: genes_per_cell(manifest),
            n_bytes: manifest.packs.iter().map(|pack| pack.n_bytes).sum(),
            has_poster: PosterName::LightSmall.of(manifest).is_some(),
            labels,
        };
        (facts, faults)
    }
}

/// The column of a facet: that of labels, else that of the ids of their terms.
pub(super) fn column_of(manifest: &Manifest, facet: LabelFacet) -> Option<&Column> {
    let column = |name: &str| manifest.column(name).filter(|column| column.kind == ColumnKind::Categorical);
    column(facet.name()).or_else(|| column(&format!("{}{TERM_IDS}", facet.name())))
}

/// The labels that some cell has, with their codes. Ids of terms that are known go by their labels.
pub(super) fn labels_of(dataset: &Dataset, column: &Column) -> Result<Vec<(u32, String)>, DatasetError> {
    let Some((first, _)) = column.label_tiles() else { return Ok(Vec::new()) };
    let Categories { labels, counts, .. } = dataset.decode(OBS, first, Categories::decode)?;
    let is_of_ids = column.name.ends_with(TERM_IDS);
    let shown = |label: &str| match ontology::label_of(label).filter(|_| is_of_ids) {
        Some(label) => label.to_owned(),
        None => visible(label).into_owned(),
    };
    let labels = (0_u32..).zip(labels.iter().zip(counts)).filter(|(_, (_, n_cells))| *n_cells > 0);
    Ok(labels.map(|(code, (label, _))| (code, shown(label))).collect())
}

/// Of the layer of counts, or else of one in which a zero means that nothing was counted.
fn genes_per_cell(manifest: &Manifest) -> Option<f32> {
    let counts = manifest.layers.iter().find(|layer| layer.kind == ValueKind::Counts);
    let layer: &Layer = counts.or_else(|| manifest.layers.iter().find(|layer| !layer.has_negative))?;
    (manifest.n_obs > 0).then(|| (layer.n_nonzero as f64 / f64::from(manifest.n_obs)) as f32)
}
