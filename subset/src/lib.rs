//! Some cells of a dataset as an AnnData file: all layers, `obs`, `var`, `obsm`, the colors of labels, and a note of what
//! the cells are. Values are bit for bit those of the tiles, cells and genes in the order of the input.

mod frame;
mod html;
mod names;

use std::io::Write;

use explorer_core::{
    data::{CellIdx, CellRow, Numbers},
    dataset::{Dataset, LEFT_OUT, MOST_IMAGE_BYTES, Priority, SubsetCells, SubsetMatrix, Tiles},
    filter::CellMask,
    format::listed,
    session::SubsetAdditions,
};
use h5ad::{Frame, H5adWriter, MatrixLocation, NewImage, NewLibrary, NewMatrix, Obsm, ObsmValues, WriteError};
use shared_fbs::{
    manifest::{Layer, Manifest, ValueKind},
    tile::Image,
};

pub use html::html;

use names::MemberNames;

/// What the file says of itself, in `uns`.
const NOTE: &str = "tessera";

/// The place of the genes of `raw`.
const RAW_VAR: &str = "raw/var";

/// Why cells cannot be written as a file.
#[derive(Debug, thiserror::Error)]
pub enum SubsetError<E> {
    /// The dataset cannot be read.
    #[error(transparent)]
    Dataset(E),
    /// There is nothing to write.
    #[error("there is no cell to write")]
    NoCells,
    /// The file cannot be written.
    #[error(transparent)]
    Write(#[from] WriteError),
}

/// How a file differs from the one that its dataset was built of.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[must_use = "whoever gets the file is told how it differs"]
pub struct Differences {
    /// Values and names that were changed, in sentences without a full stop.
    pub changes: Vec<String>,
    /// The layers whose values are floats: they have 32 bits, whatever they had.
    pub floats: Vec<String>,
}

/// Writes the cells of a mask. `report` hears how much is done, from 0 to 1; its error ends the work. Gives how the file
/// differs from the one that the dataset was built of, as its note has it.
///
/// # Errors
/// When there are no cells, the dataset cannot be read, or the file cannot be written.
pub async fn write<T: Tiles>(
    dataset: &Dataset<T>,
    cells: CellMask,
    additions: &SubsetAdditions,
    to: impl Write,
    mut report: impl FnMut(f64) -> Result<(), T::Error>,
) -> Result<Differences, SubsetError<T::Error>> {
    let rows = dataset.rows(Priority::Soon).await.map_err(SubsetError::Dataset)?;
    let cells = SubsetCells::new(cells, &rows);
    if cells.is_empty() {
        return Err(SubsetError::NoCells);
    }
    let in_order: Vec<CellRow> = cells.cells().iter().filter_map(|&cell| rows.row_of(CellIdx(cell))).collect();
    let manifest = dataset.manifest();
    let mut differences = Differences::of_build(manifest);
    let changes = &mut differences.changes;
    let taken = frame::obs(dataset, &cells, &in_order, additions).await.map_err(SubsetError::Dataset)?;
    let (mut obs, mut colors) = taken;
    let var = match manifest.vars.iter().position(|var| var.name != RAW_VAR) {
        Some(var) => frame::var(dataset, var).await.map_err(SubsetError::Dataset)?,
        None => Frame { index: Vec::new(), index_name: None, columns: Vec::new() },
    };
    let var = renamed(var, "var", &mut [], changes);
    obs = renamed(obs, "obs", &mut colors, changes);
    let mut file = H5adWriter::new(&obs, &var)?;
    drop((obs, var));
    if let Some(raw) = manifest.vars.iter().position(|var| var.name == RAW_VAR) {
        let raw = frame::var(dataset, raw).await.map_err(SubsetError::Dataset)?;
        file.raw_var(&renamed(raw, RAW_VAR, &mut [], changes))?;
    }
    for (column, colors) in colors {
        file.uns_texts(&format!("{column}_colors"), &colors)?;
    }
    let (libraries, left_out) = spatial(dataset).await.map_err(SubsetError::Dataset)?;
    file.uns_dictionary(NOTE, &note(manifest, &additions.filter, &left_out, &differences))?;
    file.uns_spatial(libraries)?;
    for embedding in 0..manifest.embeddings.len() {
        let entry = obsm(dataset, embedding, &cells).await.map_err(SubsetError::Dataset)?;
        file.obsm(&manifest.embeddings[embedding].key, &entry)?;
    }
    let n_layers = manifest.layers.len() as f64;
    for (index, layer) in manifest.layers.iter().enumerate() {
        let report = |share: f64| report((index as f64 + share) / n_layers);
        let matrix = dataset.subset_layer(index, &cells, report).await.map_err(SubsetError::Dataset)?;
        file.matrix(&location(layer), new_matrix(matrix, dataset.n_genes(index)))?;
    }
    file.write_to(to)?;
    Ok(differences)
}

impl Differences {
    fn of_build(manifest: &Manifest) -> Self {
        let cautions = |layer: &Layer| {
            layer.cautions.iter().map(|caution| format!("{}: {caution}", layer.name)).collect::<Vec<_>>()
        };
        let changes = manifest.layers.iter().flat_map(cautions).collect();
        let floats = manifest.layers.iter().filter(|layer| layer.kind != ValueKind::Counts);
        Self { changes, floats: floats.map(|layer| layer.name.clone()).collect() }
    }

    /// All of it, a line each; empty where the file does not differ.
    pub fn text(&self) -> String {
        let floats = (!self.floats.is_empty())
            .then(|| format!("{}: 32-bit floats, to which wider ones were rounded", listed(&self.floats)));
        self.changes.iter().cloned().chain(floats).collect::<Vec<_>>().join("\n")
    }
}

/// A frame whose columns have names that HDF5 can hold, and the names of columns with colors made the same.
fn renamed(mut frame: Frame, place: &str, colors: &mut [(String, Vec<String>)], changes: &mut Vec<String>) -> Frame {
    let names = MemberNames::new(place, frame.columns.iter().map(|(name, _)| name.as_str()));
    for ((name, _), written) in frame.columns.iter_mut().zip(names.written()) {
        if let Some((colored, _)) = colors.iter_mut().find(|(colored, _)| colored == name) {
            colored.clone_from(written);
        }
        name.clone_from(written);
    }
    changes.extend(names.into_renamed());
    frame
}

/// What the file is, for who finds it later.
fn note(
    manifest: &Manifest,
    filter: &str,
    images_left_out: &[String],
    differences: &Differences,
) -> Vec<(&'static str, String)> {
    let mut note = vec![
        ("filter", filter.to_owned()),
        ("n_obs", manifest.n_obs.to_string()),
        ("content_id", manifest.content_id.clone()),
        ("generator", manifest.generator.clone()),
        ("left_out", listed([LEFT_OUT].into_iter().chain(images_left_out.iter().map(String::as_str)))),
    ];
    note.extend(Some(differences.text()).filter(|text| !text.is_empty()).map(|text| ("changes", text)));
    note.extend(manifest.title.clone().map(|title| ("title", title)));
    note.extend(manifest.source.clone().map(|source| ("source", source)));
    note
}

/// The libraries of images, and which images are left out since they are large.
async fn spatial<T: Tiles>(dataset: &Dataset<T>) -> Result<(Vec<NewLibrary>, Vec<String>), T::Error> {
    let (mut libraries, mut left_out) = (Vec::new(), Vec::new());
    for library in &dataset.manifest().spatial {
        let mut images = Vec::new();
        for image in &library.images {
            let n_bytes = 4 * u64::from(image.width) * u64::from(image.height);
            let pixels = if n_bytes <= MOST_IMAGE_BYTES { dataset.library_image(image).await? } else { None };
            match pixels {
                Some(Image { height, width, channels, data, .. }) => images.push(NewImage {
                    key: image.key.clone(),
                    shape: match channels {
                        1 => vec![u64::from(height), u64::from(width)],
                        channels => vec![u64::from(height), u64::from(width), u64::from(channels)],
                    },
                    bytes: data,
                }),
                None => left_out.push(format!("spatial/{}/images/{}", library.name, image.key)),
            }
        }
        let scale_factors = library.scale_factors.iter().map(|factor| (factor.name.clone(), factor.value)).collect();
        libraries.push(NewLibrary { name: library.name.clone(), images, scale_factors });
    }
    Ok((libraries, left_out))
}

fn location(layer: &Layer) -> MatrixLocation {
    match layer.name.as_str() {
        "X" => MatrixLocation::X,
        "raw/X" => MatrixLocation::Raw,
        name => MatrixLocation::Layer(name.strip_prefix("layers/").unwrap_or(name).to_owned()),
    }
}

fn new_matrix(matrix: SubsetMatrix, n_vars: usize) -> NewMatrix {
    match matrix {
        SubsetMatrix::Sparse { indptr, indices, data } => NewMatrix::Csr { indptr, indices, data, n_vars },
        SubsetMatrix::Dense(data) => NewMatrix::Dense { data, n_vars },
    }
}

/// A whole entry of `obsm`, column after column, so that no more than one column of all cells is held.
async fn obsm<T: Tiles>(dataset: &Dataset<T>, embedding: usize, cells: &SubsetCells) -> Result<Obsm, T::Error> {
    let n_columns = dataset.manifest().embeddings[embedding].n_columns as usize;
    let mut columns = Vec::with_capacity(n_columns);
    for column in 0..n_columns as u32 {
        columns.push(dataset.obsm_column(embedding, column).await?.arranged(cells.cells()));
    }
    fn by_row<V: Copy>(columns: &[&[V]], n_rows: usize) -> Vec<V> {
        (0..n_rows).flat_map(|row| columns.iter().map(move |column| column[row])).collect()
    }
    let singles: Option<Vec<&[f32]>> = columns.iter().map(as_singles).collect();
    let values = match singles {
        Some(singles) => ObsmValues::Singles(by_row(&singles, cells.len())),
        None => {
            let doubles: Vec<Vec<f64>> = columns.iter().map(to_doubles).collect();
            ObsmValues::Doubles(by_row(&doubles.iter().map(Vec::as_slice).collect::<Vec<_>>(), cells.len()))
        }
    };
    Ok(Obsm { n_rows: cells.len(), n_columns, values })
}

fn as_singles(column: &Numbers) -> Option<&[f32]> {
    match column {
        Numbers::Float32(values) => Some(values),
        Numbers::Int(_) | Numbers::Uint(_) | Numbers::Float64(_) => None,
    }
}

fn to_doubles(column: &Numbers) -> Vec<f64> {
    match column {
        Numbers::Float64(values) => values.clone(),
        Numbers::Int(_) | Numbers::Uint(_) | Numbers::Float32(_) => {
            column.to_f32().into_iter().map(f64::from).collect()
        }
    }
}
