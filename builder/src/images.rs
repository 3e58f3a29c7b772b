//! Tissue images of spatial libraries, kept with the factors that relate them to coordinates.

use std::collections::BTreeMap;

use explorer_core::dataset::Tissue;
use shared_fbs::{
    manifest::{Embedding, Manifest, Pack, ScaleFactor, SpatialImage, SpatialLibrary, Warning},
    tile::Image,
};

use super::{
    BuildError, Environment,
    pack::{BULK_LEVEL, Frame, PackWriter},
};
use h5ad::H5ad;

/// Writes every image of the file; no pack when there is none.
pub fn write(file: &H5ad, environment: &Environment<'_>) -> Result<(Vec<SpatialLibrary>, Option<Pack>), BuildError> {
    let output = |source| environment.output_error(source);
    let mut pack: Option<PackWriter> = None;
    let mut libraries = Vec::new();
    for library in &file.uns().spatial {
        let mut images = Vec::new();
        for image in &library.images {
            let Some(pixels) = file.read_image(image)? else { continue };
            let (width, height) = (pixels.width, pixels.height);
            let tile = Image { width, height, channels: pixels.channels, data: pixels.data };
            let frame = Frame::new(&tile.encode(), BULK_LEVEL);
            let pack = match &mut pack {
                Some(pack) => pack,
                None => pack.insert(PackWriter::create(environment.output, "images").map_err(output)?),
            };
            let tile = pack.push(&frame).map_err(output)?;
            images.push(SpatialImage { key: image.key.clone(), width, height, tile });
        }
        libraries.push(SpatialLibrary {
            name: library.name.clone(),
            images,
            scale_factors: scale_factors(&library.scalefactors),
        });
    }
    let pack = pack.map(PackWriter::finish).transpose().map_err(output)?;
    Ok((libraries, pack))
}

/// What is wrong with the numbers that relate coordinates to images.
pub fn warnings(manifest: &Manifest) -> Vec<Warning> {
    let mut warnings = Vec::new();
    for library in &manifest.spatial {
        let is_used = |name: &str| name == "spot_diameter_fullres" || name.ends_with("_scalef");
        for ScaleFactor { name, value } in library.scale_factors.iter().filter(|factor| is_used(&factor.name)) {
            if !value.is_finite() || *value <= 0.0 {
                let message = format!("{name} is {value}, not a number above 0: what it is for is left out");
                warnings.push(Warning { place: format!("uns/spatial/{}/scalefactors", library.name), message });
            }
        }
    }
    warnings.extend(manifest.embeddings.iter().flat_map(|embedding| spots_too_wide(manifest, embedding)));
    warnings
}

/// Spots that are wider than all the places of an embedding together.
fn spots_too_wide(manifest: &Manifest, embedding: &Embedding) -> Vec<Warning> {
    let mut warnings = Vec::new();
    let read = Tissue::all_of(manifest);
    for shown in Tissue::all_under(manifest, embedding).iter().filter(|shown| shown.spot_diameter.is_none()) {
        let told = read.iter().find(|tissue| tissue.library == shown.library).and_then(|tissue| tissue.spot_diameter);
        if let Some(diameter) = told {
            let message = format!(
                "spot_diameter_fullres is {diameter}, more than obsm/{} extends over: its spots are drawn as other dots",
                embedding.key
            );
            warnings.push(Warning { place: format!("uns/spatial/{}/scalefactors", shown.library), message });
        }
    }
    warnings
}

fn scale_factors(factors: &BTreeMap<String, f64>) -> Vec<ScaleFactor> {
    factors.iter().map(|(name, &value)| ScaleFactor { name: name.clone(), value }).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_that_relate_coordinates_to_images_must_be_possible() {
        let warned = |scale: f64, diameter: f64| {
            let factors = BTreeMap::from([
                ("tissue_hires_scalef".to_owned(), scale),
                ("spot_diameter_fullres".to_owned(), diameter),
            ]);
            let image = SpatialImage { key: "hires".to_owned(), width: 20, height: 10, tile: 0 };
            let library = SpatialLibrary {
                name: "slice".to_owned(),
                images: vec![image],
                scale_factors: scale_factors(&factors),
            };
            let embedding = Embedding { key: "X_spatial".to_owned(), n_dims: 2, step: 1.0, ..Embedding::default() };
            let manifest = Manifest { spatial: vec![library], embeddings: vec![embedding], ..Manifest::default() };
            warnings(&manifest).into_iter().map(|warning| warning.message).collect::<Vec<_>>()
        };
        assert_eq!(warned(0.5, 80.0), [""; 0]);
        for (scale, diameter, what) in [
            (0.5, 1e30, "more than obsm/X_spatial extends"),
            (0.5, -1.0, "not a number above 0"),
            (f64::NAN, 80.0, "hires"),
        ] {
            let messages = warned(scale, diameter);
            assert!(messages.len() == 1 && messages[0].contains(what), "{messages:?}");
        }
    }
}
