//! Tissue images of spatial libraries, kept with the factors that relate them to coordinates.

use std::collections::BTreeMap;

use shared_fbs::{
    manifest::{Pack, ScaleFactor, SpatialImage, SpatialLibrary, Warning},
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
pub fn warnings(libraries: &[SpatialLibrary]) -> Vec<Warning> {
    let mut warnings = Vec::new();
    for library in libraries {
        let is_used = |name: &str| name == "spot_diameter_fullres" || name.ends_with("_scalef");
        for ScaleFactor { name, value } in library.scale_factors.iter().filter(|factor| is_used(&factor.name)) {
            if !value.is_finite() || *value <= 0.0 {
                let message = format!("{name} is {value}, not a number above 0: what it is for is left out");
                warnings.push(Warning { place: format!("uns/spatial/{}/scalefactors", library.name), message });
            }
        }
    }
    warnings
}

fn scale_factors(factors: &BTreeMap<String, f64>) -> Vec<ScaleFactor> {
    factors.iter().map(|(name, &value)| ScaleFactor { name: name.clone(), value }).collect()
}
