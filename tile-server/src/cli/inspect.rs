use std::process::ExitCode;

use anyhow::Result;
use clap::Args;
use explorer_core::{
    data::{FileColumn, Number},
    format,
};
use serde_json::{Value, json};
use shared_fbs::manifest::{
    Column, ColumnKind, Layer, Manifest, NumberKind, Poster, PosterTheme, SchemaVerdict, ValueKind, Var,
};
use tessera::dataset::{Dataset, DatasetError};

use super::{
    dataset_argument::{DatasetArgument, Freshness},
    inspect_corpus,
    remote_inputs::DATASET_PLACES,
    terminal,
};

/// The arguments of `tile-server inspect`.
#[derive(Args)]
#[command(after_help = DATASET_PLACES)]
pub struct Arguments {
    #[command(flatten)]
    dataset: DatasetArgument,
    /// Print JSON
    #[arg(long)]
    json: bool,
}

/// Prints what a dataset, or a corpus, holds.
pub fn run(arguments: &Arguments) -> Result<ExitCode> {
    if let Some((corpus, _)) = arguments.dataset.corpus(Freshness::Kept)? {
        if arguments.json {
            terminal::print_json(&inspect_corpus::to_json(&corpus)?)?;
        } else {
            terminal::print_lines(inspect_corpus::to_lines(&corpus)?)?;
        }
        return Ok(ExitCode::SUCCESS);
    }
    let (dataset, _) = arguments.dataset.open(Freshness::Kept)?;
    let manifest = dataset.manifest();
    let of_cells = |column| ColumnSummary::new(column, || dataset.file_column(&column.name));
    let columns = manifest.columns.iter().map(of_cells).collect::<Result<Vec<_>, _>>()?;
    let of_genes = manifest.vars.iter().enumerate().map(|(at, var)| gene_columns(&dataset, at, var));
    let of_genes = of_genes.collect::<Result<Vec<_>, _>>()?;
    if arguments.json {
        terminal::print_json(&to_json(manifest, &columns, &of_genes))?;
    } else {
        terminal::print_lines(to_lines(manifest, &columns, &of_genes))?;
    }
    Ok(ExitCode::SUCCESS)
}

/// A column with its least and largest finite number, both in full.
struct ColumnSummary<'a> {
    column: &'a Column,
    extremes: Option<(Number, Number)>,
}

impl<'a> ColumnSummary<'a> {
    /// Where the manifest has the numbers of a column rounded, it is read.
    fn new(column: &'a Column, read: impl FnOnce() -> Result<FileColumn, DatasetError>) -> Result<Self, DatasetError> {
        let number = |value| Number::from_f32(column.number, value);
        let of_manifest = || number(column.min).zip(number(column.max));
        let extremes = match column.has_exact().then(read).transpose()? {
            Some(FileColumn::Numbers(numbers)) => numbers.extremes(),
            Some(_) | None => of_manifest().filter(|_| column.kind == ColumnKind::Continuous),
        };
        Ok(Self { column, extremes })
    }

    fn json(&self) -> Value {
        let Self { column, extremes } = self;
        json!({
            "name": column.name,
            "kind": column_kind(column),
            "number": number_kind(column.number),
            "exact": column.has_exact(),
            "n_categories": (column.kind == ColumnKind::Categorical).then_some(column.n_categories),
            "ordered": column.ordered,
            "n_missing": column.n_missing,
            "min": extremes.map(|(min, _)| number_json(min)),
            "max": extremes.map(|(_, max)| number_json(max)),
            "hidden": column.hidden,
        })
    }

    fn line(&self) -> String {
        let Self { column, extremes } = self;
        let detail = match column.kind {
            ColumnKind::Categorical => plural(column.n_categories, "label", "labels"),
            ColumnKind::Continuous => match extremes {
                Some((min, max)) => format!("{min} to {max}"),
                None => "no finite number".to_owned(),
            },
            _ => String::new(),
        };
        let number = number_kind(column.number).unwrap_or_default();
        let missing = if column.n_missing > 0 { format!(", {} missing", column.n_missing) } else { String::new() };
        format!("  {:24} {:12} {number:8} {detail}{missing}", column.name, column_kind(column))
    }
}

fn number_json(number: Number) -> Value {
    match number {
        Number::Int(value) => json!(value),
        Number::Uint(value) => json!(value),
        // The shortest digits of the 32-bit number, not those of the 64-bit one that is equal to it.
        Number::Float32(value) => json!(value.to_string().parse::<f64>().ok()),
        Number::Float64(value) => json!(value),
    }
}

fn to_json(manifest: &Manifest, columns: &[ColumnSummary<'_>], of_genes: &[Vec<ColumnSummary<'_>>]) -> Value {
    let layers: Vec<Value> = manifest
        .layers
        .iter()
        .map(|layer| {
            json!({
                "name": layer.name,
                "var": manifest.vars[layer.var as usize].name,
                "n_vars": manifest.vars[layer.var as usize].n_vars,
                "kind": value_kind(layer),
                "description": layer.description,
                "n_nonzero": layer.n_nonzero,
                "max_abs": layer.max_abs,
                "moments_of": layer.column_moments.iter().map(|column| &column.column).collect::<Vec<_>>(),
            })
        })
        .collect();
    json!({
        "format_version": manifest.format_version,
        "content_id": manifest.content_id,
        "generator": manifest.generator,
        "title": manifest.title,
        "source": manifest.source,
        "n_obs": manifest.n_obs,
        "main_label": manifest.main_label,
        "sample_column": manifest.sample_column,
        "default_embedding": manifest.embeddings.get(manifest.default_embedding as usize).map(|e| &e.key),
        "embeddings": manifest.embeddings.iter().map(|embedding| json!({
            "key": embedding.key,
            "n_dims": embedding.n_dims,
            "n_positioned": embedding.n_positioned,
            "n_far": embedding.n_far,
            "n_columns": embedding.n_columns,
            "number": number_kind(embedding.number),
            "max_error": embedding.step / 2.0,
        })).collect::<Vec<_>>(),
        "columns": columns.iter().map(ColumnSummary::json).collect::<Vec<_>>(),
        "vars": manifest.vars.iter().zip(of_genes).map(|(var, columns)| json!({
            "name": var.name,
            "n_vars": var.n_vars,
            "index_name": var.index_name,
            "symbols": var.symbols,
            "columns": columns.iter().map(ColumnSummary::json).collect::<Vec<_>>(),
        })).collect::<Vec<_>>(),
        "layers": layers,
        "spatial": manifest.spatial.iter().map(|library| json!({
            "name": library.name,
            "images": library.images.iter().map(|image| json!({
                "key": image.key, "width": image.width, "height": image.height,
            })).collect::<Vec<_>>(),
            "scale_factors": library.scale_factors.iter()
                .map(|factor| (factor.name.clone(), json!(factor.value)))
                .collect::<serde_json::Map<_, _>>(),
        })).collect::<Vec<_>>(),
        "packs": manifest.packs.iter().map(|pack| json!({
            "name": pack.name, "file": pack.file, "n_bytes": pack.n_bytes, "n_tiles": pack.n_tiles,
        })).collect::<Vec<_>>(),
        "posters": manifest.all_posters().iter().map(|poster| json!({
            "embedding": embedding_of(manifest, poster),
            "theme": theme_name(poster),
            "width": poster.width,
            "height": poster.height,
            "file": poster.file,
            "n_bytes": poster.n_bytes,
        })).collect::<Vec<_>>(),
        "schema": manifest.schema.as_ref().map(|verdict| json!({
            "version": verdict.version,
            "n_errors": verdict.n_errors,
            "n_strict": verdict.n_strict,
            "n_warnings": verdict.n_warnings,
        })),
        "warnings": manifest.warnings.iter().map(|warning| json!({
            "place": warning.place, "message": warning.message,
        })).collect::<Vec<_>>(),
    })
}

/// The columns of a table of genes, which is the one of this index.
fn gene_columns<'a>(dataset: &Dataset, at: usize, var: &'a Var) -> Result<Vec<ColumnSummary<'a>>, DatasetError> {
    let of_genes = |column: &'a Column| ColumnSummary::new(column, || dataset.gene_column(at, &column.name));
    var.columns.iter().map(of_genes).collect()
}

fn to_lines(manifest: &Manifest, columns: &[ColumnSummary<'_>], of_genes: &[Vec<ColumnSummary<'_>>]) -> Vec<String> {
    let mut lines = vec![
        manifest.title.clone().or_else(|| manifest.source.clone()).unwrap_or_default(),
        format!(
            "{}, format {}, {}, content {}",
            plural(manifest.n_obs, "cell", "cells"),
            manifest.format_version,
            manifest.generator,
            manifest.content_id
        ),
        manifest.schema.as_deref().map_or_else(|| "not validated against a schema".to_owned(), schema),
        String::new(),
        "embeddings".to_owned(),
    ];
    for embedding in &manifest.embeddings {
        let cells = plural(embedding.n_positioned, "cell", "cells");
        let columns = plural(embedding.n_columns, "column", "columns");
        let far =
            if embedding.n_far > 0 { format!(", {} far from all others", embedding.n_far) } else { String::new() };
        lines.push(format!(
            "  {:24} {cells}{far}, {} of {columns} drawn, error ≤ {:.2e}",
            embedding.key,
            embedding.n_dims,
            embedding.step / 2.0
        ));
    }
    lines.push("columns".to_owned());
    lines.extend(columns.iter().map(ColumnSummary::line));
    for (var, columns) in manifest.vars.iter().zip(of_genes) {
        lines.push(format!("columns of genes, {}", var.name));
        lines.extend(columns.iter().map(ColumnSummary::line));
    }
    lines.push("layers".to_owned());
    for layer in &manifest.layers {
        let values = format::plural(layer.n_nonzero as usize, "value", "values");
        let genes = plural(manifest.vars[layer.var as usize].n_vars, "gene", "genes");
        let description = layer.description.as_deref().unwrap_or_default();
        lines.push(format!("  {:24} {genes}, {values}, {description}", layer.name));
    }
    lines.push("packs".to_owned());
    for pack in &manifest.packs {
        let tiles = plural(pack.n_tiles, "tile", "tiles");
        lines.push(format!("  {:24} {:>9} in {tiles}", pack.name, format::bytes(pack.n_bytes)));
    }
    if !manifest.all_posters().is_empty() {
        lines.push("posters".to_owned());
    }
    for poster in manifest.all_posters() {
        let size = format!("{} × {}, {}", poster.width, poster.height, theme_name(poster));
        let (embedding, n_bytes) = (embedding_of(manifest, poster), format::bytes(u64::from(poster.n_bytes)));
        lines.push(format!("  {embedding:24} {n_bytes:>9}, {size}: {}", poster.file));
    }
    for warning in &manifest.warnings {
        lines.push(format!("warning: {}: {}", warning.place, warning.message));
    }
    lines
}

/// How the input followed the CELLxGENE schema when the dataset was built.
fn schema(verdict: &SchemaVerdict) -> String {
    let version = &verdict.version;
    match (verdict.n_errors, verdict.n_strict) {
        (0, 0) => format!("follows the CELLxGENE schema {version}"),
        (0, n) => format!(
            "follows the CELLxGENE schema {version}, but for {} that its own validator lets pass",
            plural(n, "finding", "findings")
        ),
        (n, _) => format!("does not follow the CELLxGENE schema {version}: {}", plural(n, "error", "errors")),
    }
}

/// The key of the embedding that a poster is of.
fn embedding_of<'a>(manifest: &'a Manifest, poster: &Poster) -> &'a str {
    manifest.embeddings.get(poster.embedding as usize).map_or("", |embedding| &embedding.key)
}

fn theme_name(poster: &Poster) -> &'static str {
    if poster.theme == PosterTheme::Dark { "dark" } else { "light" }
}

fn plural(count: u32, one: &str, many: &str) -> String {
    format::plural(count as usize, one, many)
}

fn column_kind(column: &Column) -> &'static str {
    match column.kind {
        ColumnKind::Categorical => "categorical",
        ColumnKind::Continuous => "continuous",
        _ => "text",
    }
}

/// The name that numpy has for numbers of this kind; `None` of text.
fn number_kind(number: NumberKind) -> Option<&'static str> {
    match number {
        NumberKind::Bool => Some("bool"),
        NumberKind::Int => Some("int64"),
        NumberKind::Uint => Some("uint64"),
        NumberKind::Float32 => Some("float32"),
        NumberKind::Float64 => Some("float64"),
        _ => None,
    }
}

fn value_kind(layer: &Layer) -> &'static str {
    match layer.kind {
        ValueKind::Counts => "counts",
        ValueKind::LogNormalizedCounts => "log-normalized counts",
        _ => "float",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_verdict_of_the_schema_is_told() {
        let told = |n_errors, n_strict| {
            schema(&SchemaVerdict { version: "7.1.0".to_owned(), n_errors, n_strict, ..SchemaVerdict::default() })
        };
        assert_eq!(told(0, 0), "follows the CELLxGENE schema 7.1.0");
        assert_eq!(
            told(0, 1),
            "follows the CELLxGENE schema 7.1.0, but for 1 finding that its own validator lets pass"
        );
        assert_eq!(told(2, 1), "does not follow the CELLxGENE schema 7.1.0: 2 errors");
    }
}
