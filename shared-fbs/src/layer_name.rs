//! Finding a layer by its name: its place in the file, or the last part of that.

use crate::manifest::{Layer, Manifest};

/// The place of the matrix that `raw` holds.
const RAW_LAYER: &str = "raw/X";

/// What the places of layers begin with.
const LAYERS: &str = "layers/";

/// Why a name leads to no layer.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum LayerNameError {
    /// No layer has the name.
    #[error("the dataset has no layer `{name}`; its layers are: {known}")]
    Unknown {
        /// The name asked for.
        name: String,
        /// The places of all layers, with commas between.
        known: String,
    },
    /// The name is the last part of several places.
    #[error("the dataset has several layers `{name}`; give one of these names: {choices}")]
    Ambiguous {
        /// The name asked for.
        name: String,
        /// The places that it may stand for, with commas between.
        choices: String,
    },
    /// There is no layer at all.
    #[error("the dataset has no layer: its input had no X, raw or layers")]
    NoLayer,
}

impl Manifest {
    /// The layer of a name, with its index. A name is a layer's place in the file, `layers/counts`, or the last part
    /// of that, `counts`, where no other layer goes by it; `raw` stands for `raw/X`.
    ///
    /// # Errors
    /// [`LayerNameError`].
    pub fn layer_named(&self, name: &str) -> Result<(usize, &Layer), LayerNameError> {
        let layers = || self.layers.iter().enumerate();
        if let Some(found) = layers().find(|(_, layer)| layer.name == name) {
            return Ok(found);
        }
        let places = |layers: &[(usize, &Layer)]| {
            layers.iter().map(|(_, layer)| layer.name.as_str()).collect::<Vec<_>>().join(", ")
        };
        let found: Vec<_> = layers().filter(|(_, layer)| last_part(&layer.name) == name).collect();
        match found[..] {
            [only] => Ok(only),
            [] if self.layers.is_empty() => Err(LayerNameError::NoLayer),
            [] => {
                let known = places(&layers().collect::<Vec<_>>());
                Err(LayerNameError::Unknown { name: name.to_owned(), known })
            }
            [..] => Err(LayerNameError::Ambiguous { name: name.to_owned(), choices: places(&found) }),
        }
    }

    /// The layer to compute statistics on, with its index: that of a name, or, without one, the default layer; `raw/X`
    /// where that one is scaled, since fold changes of scaled values mean nothing.
    ///
    /// # Errors
    /// [`LayerNameError`].
    pub fn statistics_layer_named(&self, name: Option<&str>) -> Result<(usize, &Layer), LayerNameError> {
        if let Some(name) = name {
            return self.layer_named(name);
        }
        let index = self.default_layer as usize;
        let default = self.layers.get(index).ok_or(LayerNameError::NoLayer)?;
        let mut layers = self.layers.iter().enumerate();
        let raw = layers.find(|(_, layer)| default.has_negative && layer.name == RAW_LAYER && !layer.has_negative);
        Ok(raw.unwrap_or((index, default)))
    }

    /// The layer to compute statistics on unless the user says otherwise; `None` where there is no layer.
    pub fn statistics_layer(&self) -> Option<&Layer> {
        self.statistics_layer_named(None).ok().map(|(_, layer)| layer)
    }
}

/// What a place is called for short: `counts` for `layers/counts`, `raw` for `raw/X`.
fn last_part(place: &str) -> &str {
    match place {
        RAW_LAYER => "raw",
        place => place.strip_prefix(LAYERS).unwrap_or(place),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn manifest(places: &[&str]) -> Manifest {
        let layer = |&place: &&str| Layer { name: place.to_owned(), ..Layer::default() };
        Manifest { layers: places.iter().map(layer).collect(), ..Manifest::default() }
    }

    #[test]
    fn every_layer_is_found_by_its_place_and_by_the_last_part_where_that_is_its_own() {
        let manifest = manifest(&["X", "raw/X", "layers/X", "layers/raw", "layers/counts", "layers/a/b"]);
        let found = |name| manifest.layer_named(name).map(|(index, _)| index);
        for (index, layer) in manifest.layers.iter().enumerate() {
            assert_eq!(found(&layer.name), Ok(index));
        }
        assert_eq!([found("counts"), found("a/b")], [Ok(4), Ok(5)]);
        let error = found("raw").unwrap_err().to_string();
        assert!(error.ends_with("several layers `raw`; give one of these names: raw/X, layers/raw"), "{error}");
        let error = found("b").unwrap_err().to_string();
        assert!(error.contains("no layer `b`; its layers are: X, raw/X, layers/X,"), "{error}");
        assert_eq!(self::manifest(&["X", "raw/X"]).layer_named("raw").map(|(index, _)| index), Ok(1));
        assert_eq!(self::manifest(&[]).layer_named("X").map(|_| ()), Err(LayerNameError::NoLayer));
    }

    #[test]
    fn statistics_are_made_on_raw_where_the_default_is_scaled() {
        let mut manifest = manifest(&["X", "layers/raw", "raw/X"]);
        let place = |manifest: &Manifest| manifest.statistics_layer().map(|layer| layer.name.clone());
        assert_eq!(place(&manifest).as_deref(), Some("X"));
        manifest.layers[0].has_negative = true;
        assert_eq!(place(&manifest).as_deref(), Some("raw/X"));
        manifest.layers[2].has_negative = true;
        assert_eq!(place(&manifest).as_deref(), Some("X"));
        assert_eq!(place(&Manifest::default()), None);
    }
}
