//! What a manifest calls by name, with its index.

use shared_fbs::{
    LayerNameError,
    manifest::{Embedding, Layer, Manifest},
};

/// The layer of a name, or the default one.
pub(crate) fn layer<'a>(manifest: &'a Manifest, name: Option<&str>) -> Result<(usize, &'a Layer), LayerNameError> {
    let default = || {
        let index = manifest.default_layer as usize;
        manifest.layers.get(index).map(|layer| (index, layer)).ok_or(LayerNameError::NoLayer)
    };
    name.map_or_else(default, |name| manifest.layer_named(name))
}

/// The name of a layer, or that name where there is no such layer; empty where the dataset has none.
pub(crate) fn layer_name(manifest: &Manifest, name: Option<&str>) -> String {
    layer(manifest, name).map_or(name.unwrap_or_default(), |(_, layer)| &layer.name).to_owned()
}

/// The name of a layer where it has to be told: not of the only one.
pub(crate) fn layer_to_tell(manifest: &Manifest, name: Option<&str>) -> Option<String> {
    (manifest.layers.len() > 1).then(|| layer_name(manifest, name))
}

/// The layer whose name the table of a layer's genes goes by: the first one over the same genes.
pub(crate) fn gene_table<'a>(manifest: &'a Manifest, layer: &'a Layer) -> &'a str {
    manifest.layers.iter().find(|other| other.var == layer.var).map_or(&layer.name, |first| &first.name)
}

/// The embedding of a key, or the default one; `None` when there is none.
pub(crate) fn embedding<'a>(manifest: &'a Manifest, key: Option<&str>) -> Option<(usize, &'a Embedding)> {
    let index = match key {
        Some(key) => manifest.embeddings.iter().position(|embedding| embedding.key == key)?,
        None => manifest.default_embedding as usize,
    };
    manifest.embeddings.get(index).map(|embedding| (index, embedding))
}

/// The embedding to show: that of the key, or the default one where there is none such.
pub(crate) fn embedding_to_show<'a>(manifest: &'a Manifest, key: Option<&str>) -> Option<(usize, &'a Embedding)> {
    embedding(manifest, key).or_else(|| embedding(manifest, None))
}
