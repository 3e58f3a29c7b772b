//! What a build decides before it writes, and the order in which it writes.

use std::io::{self, Write as _};

use explorer_core::format;
use h5ad::{H5ad, MatrixLocation, ObsmInfo};
use shared_fbs::{
    manifest::{FORMAT_VERSION, Layer, Manifest, Pack, SchemaVerdict, UNKNOWN_CONTENT, Warning},
    order::Levels,
    path as dataset_path,
};

use crate::{
    BuildError, Environment, Options, Output, Progress,
    cell_order::CellOrder,
    columns::{self, ColumnPacks, TableColumn, TableValues},
    embeddings::{self, Coordinates, Digitized},
    genes::{GeneTables, NumberedGenes},
    images, labels,
    layer::{self, CellSets, Context, Cube, LayerPlace, MomentsColumn, WholeCells},
    obsm::ObsmWriter,
    pack::{LayerPacks, PackWriter},
    poster::{self, MainLabel},
};

/// Columns with more labels than this get no moments of their own: nobody compares so many labels,
/// and each takes a tile.
const MAX_LABELS_WITH_MOMENTS: usize = 256;

/// Everything decided before the first byte is written.
pub struct Plan {
    file: H5ad,
    source: String,
    n_obs: u32,
    cell_ids: Vec<String>,
    index_name: Option<String>,
    columns: Vec<TableColumn>,
    main_label: Option<usize>,
    sample_column: Option<usize>,
    /// Entries of `obsm` and the positions that they are.
    embeddings: Vec<(ObsmInfo, Digitized)>,
    default_embedding: usize,
    /// The column of var that gene symbols are taken from, where one was asked for.
    symbols: Option<String>,
    warnings: Vec<Warning>,
    values_in_memory: u64,
    schema: Option<SchemaVerdict>,
}

impl Plan {
    /// Reads everything but matrices and images. `source` is the file's name for the manifest.
    pub fn read(file: H5ad, source: &str, options: &Options, progress: &dyn Progress) -> Result<Self, BuildError> {
        let stage = progress.stage("reading cells".to_owned(), file.n_obs() as u64);
        let n_obs = within_u32("obs", file.n_obs())?;
        within_u32("var", file.n_vars())?;
        if n_obs == 0 {
            return Err(BuildError::NoCells { file: file.name().to_owned() });
        }
        let mut warnings = Vec::new();
        let mut obs = file.obs()?;
        columns::make_unique(&mut obs.index, "obs", &mut warnings);
        let cell_ids = std::mem::take(&mut obs.index);
        let index_name = obs.index_name.take();
        let columns = columns::plan(obs.columns, "obs", &mut warnings);
        let find = |name: &Option<String>| name.as_deref().map(|name| labels::named(&columns, name)).transpose();
        let main_label = find(&options.main_label)?.or_else(|| labels::main_label(&columns));
        let sample_column = find(&options.sample_column)?.or_else(|| labels::sample_column(&columns));
        let embeddings = read_embeddings(&file, &mut warnings)?;
        if embeddings.is_empty() && !options.allow_no_embedding {
            return Err(BuildError::NoEmbedding { file: file.name().to_owned(), found: obsm_summary(&file) });
        }
        let keys: Vec<&str> = embeddings.iter().map(|embedding| embedding.0.key.as_str()).collect();
        let default_embedding = embeddings::default_of(&keys, file.uns().default_embedding.as_deref());
        stage.advance(u64::from(n_obs));
        Ok(Self {
            source: source.to_owned(),
            file,
            n_obs,
            cell_ids,
            index_name,
            columns,
            main_label,
            sample_column,
            embeddings,
            default_embedding,
            symbols: options.symbols.clone(),
            warnings,
            values_in_memory: options.values_in_memory,
            schema: options.schema.clone(),
        })
    }

    /// Writes all packs, then the manifest.
    pub fn write(mut self, environment: &Environment<'_>) -> Result<Manifest, BuildError> {
        let output = |source| environment.output_error(source);
        let files = environment.output;
        let labels = self.main_label.and_then(|column| match &self.columns[column].values {
            TableValues::Labels { codes, .. } => Some(codes.as_slice()),
            _ => None,
        });
        let sorting = self.embeddings.get(self.default_embedding);
        let order = CellOrder::new(self.n_obs as usize, labels, sorting.map(|embedding| &embedding.1.plane));
        let levels = Levels::for_n_obs(self.n_obs);
        let mut obs_pack = PackWriter::create_watched(files, "obs").map_err(output)?;
        let mut manifest = Manifest {
            format_version: FORMAT_VERSION,
            generator: concat!("tessera ", env!("CARGO_PKG_VERSION")).to_owned(),
            title: self.file.uns().title.clone(),
            source: Some(self.source.clone()),
            n_obs: self.n_obs,
            sorted_by_column: self.main_label.map(|column| self.columns[column].name.clone()),
            sorted_by_embedding: sorting.map(|embedding| embedding.0.key.clone()),
            main_label: self.main_label.map(|column| self.columns[column].name.clone()),
            sample_column: self.sample_column.map(|column| self.columns[column].name.clone()),
            level_ranks: levels.boundaries(),
            default_embedding: self.default_embedding as u32,
            index_name: self.index_name.clone(),
            schema: self.schema.clone().map(Box::new),
            ..Manifest::default()
        };
        self.write_embeddings(environment, &order, &levels, &mut manifest)?;
        let label_colors = self.write_obs(files, &order, &mut obs_pack, &mut manifest).map_err(output)?;
        let (spatial, images) = images::write(&self.file, environment)?;
        manifest.spatial = spatial;
        self.write_look(files, &manifest, &mut obs_pack, images.as_slice()).map_err(output)?;
        self.write_posters(environment, &order, label_colors.as_deref(), &mut manifest)?;
        let moments_columns = self.moments_columns(&order);
        let cube = self.cube(&order);
        let sets = CellSets::new(self.n_obs as usize, &moments_columns, cube.as_ref());
        drop(moments_columns);
        let context = Context {
            environment,
            order: &order,
            sets: &sets,
            cube: cube.as_ref(),
            log_base: self.file.uns().log_base,
            values_in_memory: self.values_in_memory,
        };
        self.write_layers(&context, &mut obs_pack, &mut manifest)?;
        manifest.packs.insert(0, obs_pack.finish().map_err(output)?);
        manifest.packs.extend(images);
        let read_warnings = self.file.warnings().into_iter();
        manifest.warnings =
            read_warnings.map(|warning| Warning { place: warning.place, message: warning.message }).collect();
        manifest.warnings.append(&mut self.warnings);
        manifest.warnings.extend(images::warnings(&manifest));
        manifest.warnings.sort_by(|a, b| (&a.place, &a.message).cmp(&(&b.place, &b.message)));
        manifest.content_id = manifest.content_id_of();
        environment.check()?;
        write_manifest(files, &manifest, dataset_path::MANIFEST).map_err(output)?;
        Ok(manifest)
    }

    /// Writes the dataset as far as it goes without a matrix, where somebody watches. It has no content id, since it is not
    /// what the file holds.
    fn write_look(
        &self,
        output: &dyn Output,
        manifest: &Manifest,
        obs_pack: &mut PackWriter,
        images: &[Pack],
    ) -> io::Result<()> {
        let Some(obs) = obs_pack.so_far()? else { return Ok(()) };
        let mut look = manifest.clone();
        UNKNOWN_CONTENT.clone_into(&mut look.content_id);
        look.packs.insert(0, obs);
        look.packs.extend_from_slice(images);
        look.warnings.clone_from(&self.warnings);
        write_manifest(output, &look, dataset_path::LOOK_MANIFEST)
    }

    fn write_embeddings(
        &self,
        environment: &Environment<'_>,
        order: &CellOrder,
        levels: &Levels,
        manifest: &mut Manifest,
    ) -> Result<(), BuildError> {
        let output = |source| environment.output_error(source);
        let mut points = PackWriter::create(environment.output, "points").map_err(output)?;
        let mut whole = PackWriter::create(environment.output, "obsm").map_err(output)?;
        let writer = ObsmWriter { file: &self.file, order, values_in_memory: self.values_in_memory, environment };
        for (info, digitized) in &self.embeddings {
            let mut entry = embeddings::write(&info.key, digitized, order, levels, &mut points).map_err(output)?;
            writer.write(info, &mut entry, &mut whole)?;
            manifest.embeddings.push(entry);
        }
        manifest.packs.push(points.finish().map_err(output)?);
        manifest.packs.push(whole.finish().map_err(output)?);
        Ok(())
    }

    /// Gives the file's colors of the main label.
    fn write_obs(
        &mut self,
        output: &dyn Output,
        order: &CellOrder,
        obs_pack: &mut PackWriter,
        manifest: &mut Manifest,
    ) -> io::Result<Option<Vec<u32>>> {
        let mut postings = PackWriter::create(output, "postings")?;
        let mut packs = ColumnPacks { values: obs_pack, postings: Some(&mut postings) };
        let mut label_colors = None;
        for (index, column) in self.columns.iter().enumerate() {
            let hidden = labels::is_hidden(&column.name, &self.columns);
            let colors = labels::colors(column, self.file.uns(), &mut self.warnings);
            if self.main_label == Some(index) {
                label_colors.clone_from(&colors);
            }
            manifest.columns.push(columns::write(column, &order.rows, colors, hidden, &mut packs)?);
        }
        let ids: Vec<Option<String>> = std::mem::take(&mut self.cell_ids).into_iter().map(Some).collect();
        manifest.cell_ids = Some(columns::write_text(&ids, &order.rows, packs.values)?);
        manifest.row = Some(columns::write_rows(&order.rows, packs.values)?);
        manifest.packs.push(postings.finish()?);
        Ok(label_colors)
    }

    /// `label_colors` are the file's colors of the main label.
    fn write_posters(
        &self,
        environment: &Environment<'_>,
        order: &CellOrder,
        label_colors: Option<&[u32]>,
        manifest: &mut Manifest,
    ) -> Result<(), BuildError> {
        let stage = environment.progress.stage("drawing posters".to_owned(), self.embeddings.len() as u64);
        let main_label = self.main_label.map(|index| MainLabel { column: &self.columns[index], colors: label_colors });
        let embeddings = self.embeddings.iter().map(|(_, digitized)| digitized).inspect(|_| stage.advance(1));
        poster::write(embeddings, main_label, order, environment, manifest)
    }

    /// The columns whose labels get moments.
    fn moments_columns(&self, order: &CellOrder) -> Vec<MomentsColumn> {
        let shown = self.columns.iter().filter(|column| !labels::is_hidden(&column.name, &self.columns));
        let labeled = shown.filter_map(|column| MomentsColumn::of(column, order));
        labeled.filter(|column| (1..=MAX_LABELS_WITH_MOMENTS).contains(&column.n_categories)).collect()
    }

    /// The main label by sample; `None` unless there are both, and pairs of them that are worth storing.
    fn cube(&self, order: &CellOrder) -> Option<Cube> {
        let (main_label, sample) = self.main_label.zip(self.sample_column).filter(|(main, sample)| main != sample)?;
        let column = |index: usize| MomentsColumn::of(&self.columns[index], order);
        Cube::new(&column(main_label)?, &column(sample)?)
    }

    fn write_layers(
        &mut self,
        context: &Context<'_>,
        obs_pack: &mut PackWriter,
        manifest: &mut Manifest,
    ) -> Result<(), BuildError> {
        let output = |source| context.environment.output_error(source);
        let mut tables = GeneTables::new(&self.file, self.symbols.as_deref(), &mut self.warnings)?;
        let mut layers: Vec<Layer> = Vec::new();
        let mut packs = LayerPacks::default();
        let has_raw = self.file.matrices().iter().any(|info| info.location == MatrixLocation::Raw);
        for (index, info) in self.file.matrices().iter().enumerate() {
            let matrix = self.file.matrix(&info.location)?;
            let reading = layer::read(&matrix, context)?;
            drop(matrix);
            let is_raw = info.location == MatrixLocation::Raw;
            let NumberedGenes { var, rows, ids } = tables.number(is_raw, &reading.scan);
            // Comparisons are made on `raw` where the first layer is scaled.
            let whole_cells =
                if is_raw || (index == 0 && !has_raw) { WholeCells::Stored } else { WholeCells::UnlessScaled };
            let location = &info.location;
            let place = LayerPlace { location, index, var, gene_rows: rows, gene_ids: ids, whole_cells };
            layers.push(layer::write(&place, reading, obs_pack, context, &mut packs, &mut self.warnings)?);
        }
        let (vars, var_pack) = tables.write(context.environment.output).map_err(output)?;
        manifest.vars = vars;
        manifest.layers = layers;
        manifest.packs.push(var_pack);
        manifest.packs.extend(packs.into_packs());
        Ok(())
    }
}

fn write_manifest(output: &dyn Output, manifest: &Manifest, name: &str) -> io::Result<()> {
    let mut file = output.create("manifest")?;
    file.write_all(&manifest.encode())?;
    file.publish(name)
}

fn within_u32(place: &'static str, found: usize) -> Result<u32, BuildError> {
    // One is spared, since `n + 1` labels and "past the end" are numbered too.
    let limit = u32::MAX - 1;
    u32::try_from(found).ok().filter(|&n| n <= limit).ok_or(BuildError::TooLarge { place, found, limit })
}

fn read_embeddings(file: &H5ad, warnings: &mut Vec<Warning>) -> Result<Vec<(ObsmInfo, Digitized)>, BuildError> {
    let mut embeddings = Vec::new();
    for info in file.obsm() {
        let place = || format!("obsm/{}", info.key);
        if info.n_columns < 2 {
            let n_columns = format::plural(info.n_columns, "column", "columns");
            let message = format!("has {n_columns} of numbers, where a picture takes two; it is left out");
            warnings.push(Warning { place: place(), message });
            continue;
        }
        let n_dims = if info.n_columns == 3 { 3 } else { 2 };
        let values = file.read_obsm(&info.key, 0..n_dims)?.values.into_doubles();
        let Some(digitized) = embeddings::digitize(Coordinates { values: &values, n_dims }) else {
            let message = "has no cell with finite coordinates; it is left out".to_owned();
            warnings.push(Warning { place: place(), message });
            continue;
        };
        warnings.extend(digitized.far_message().map(|message| Warning { place: place(), message }));
        embeddings.push((info.clone(), digitized));
    }
    Ok(embeddings)
}

fn obsm_summary(file: &H5ad) -> String {
    if file.is_10x() {
        return " (a 10x Genomics matrix never has one)".to_owned();
    }
    let readable = file
        .obsm()
        .iter()
        .map(|info| format!("{} ({})", info.key, format::plural(info.n_columns, "column", "columns")));
    let left_out = file.warnings().into_iter().filter(|warning| warning.place.starts_with("obsm/"));
    let left_out = left_out.map(|warning| format!("{}, which {}", warning.place, warning.message));
    let entries: Vec<String> = readable.chain(left_out).collect();
    if entries.is_empty() { String::new() } else { format!(" (there is: {})", entries.join(", ")) }
}
