//! From bytes or a directory to a store of AnnData, or a sentence on what it is instead.

#[cfg(feature = "native")]
use std::path::Path;

use super::container::{Container, Kind};
use super::error::H5adError;
use super::foreign;
use super::hdf5::{self, Unopened};
use super::read_error::ReadError;
use super::source::SharedSource;
use super::store::Store;
use super::tenx::{Found, TenX};
use super::zarr;

/// Opens the AnnData object in `source`, or the one called `modality` if it is MuData.
pub(super) fn source(source: &SharedSource, file: String, modality: Option<&str>) -> Result<Store, H5adError> {
    store(container(source, &file)?, file, modality)
}

/// Opens the HDF5 file or the zipped Zarr store in `source`, whatever is in it.
pub(super) fn container(source: &SharedSource, file: &str) -> Result<Box<dyn Container>, H5adError> {
    let file = file.to_owned();
    let failed = |error| failed(file.clone(), error);
    let zip = zarr::Zip::of(source.clone(), &zarr::MARKS).map_err(ReadError::from).map_err(failed)?;
    if let Some(zip) = zip {
        let hierarchy = zarr::Hierarchy::open(zip).map_err(failed)?;
        let hint = || H5adError::NotHdf5 {
            file: file.clone(),
            bytes: source.size(),
            hint: "it is a ZIP file, and neither a Zarr store nor a dataset that was built is in it".to_owned(),
        };
        return Ok(Box::new(hierarchy.ok_or_else(hint)?));
    }
    match hdf5::File::open(source) {
        Ok(container) => Ok(Box::new(container)),
        Err(Unopened::NotHdf5) => {
            let hint = foreign::not_hdf5(source);
            Err(H5adError::NotHdf5 { file, bytes: source.size(), hint })
        }
        Err(Unopened::InUse) => Err(H5adError::InUse { file }),
        Err(Unopened::CutShort { stated }) => Err(H5adError::CutShort { file, bytes: source.size(), stated }),
        Err(Unopened::Failed(error)) => Err(failed(error)),
    }
}

/// Opens the Zarr store in the directory at `path`.
#[cfg(feature = "native")]
pub(super) fn directory(path: &Path, file: String, modality: Option<&str>) -> Result<Store, H5adError> {
    files(zarr::Directory::new(path), file, modality)
}

/// Opens the Zarr store of these files.
pub(super) fn files(
    files: impl zarr::Files + 'static,
    file: String,
    modality: Option<&str>,
) -> Result<Store, H5adError> {
    match zarr::Hierarchy::open(files) {
        Ok(Some(hierarchy)) => store(Box::new(hierarchy), file, modality),
        Ok(None) => {
            let reason = "it is a directory, but no Zarr store: it has neither `zarr.json` nor `.zgroup`".to_owned();
            Err(H5adError::NotAnnData { file, reason })
        }
        Err(error) => Err(failed(file, error)),
    }
}

/// Takes `container` for AnnData, if it is, or for a part of it.
fn store(container: Box<dyn Container>, file: String, modality: Option<&str>) -> Result<Store, H5adError> {
    let container = match TenX::find(container).map_err(|error| failed(file.clone(), error))? {
        Found::Matrix(matrix) => Box::new(matrix),
        Found::Other(container) => container,
        Found::Genomes(names) => {
            let reason = format!(
                "it is a 10x Genomics file with a matrix for each of the genomes {}; write the one you want with \
                 `scanpy.read_10x_h5(…, genome=\"{}\").write_h5ad(…)`",
                names.join(", "),
                names[0]
            );
            return Err(H5adError::NotAnnData { file, reason });
        }
    };
    let store = Store::new(container, String::new(), file);
    let is_mudata = store.kind("mod")? == Some(Kind::Group)
        && (store.attributes("")?.text("encoding-type") == Some("MuData") || store.kind("X")?.is_none());
    let names: Vec<String> = if is_mudata { store.members("mod")?.groups().cloned().collect() } else { Vec::new() };
    match modality {
        Some(name) if names.iter().any(|known| known == name) => Ok(store.into_group(&format!("mod/{name}"))),
        None if !is_mudata => Ok(store),
        _ => Err(H5adError::Modality {
            file: store.name().to_owned(),
            wanted: modality.map(str::to_owned),
            known: is_mudata.then_some(names),
        }),
    }
}

fn failed(file: String, error: ReadError) -> H5adError {
    match error {
        ReadError::Io(source) => H5adError::Io { file, source },
        error => H5adError::unreadable("/", error),
    }
}
