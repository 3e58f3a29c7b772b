use std::{path::PathBuf, process::ExitCode};

use anyhow::Result;
use clap::Args;
use explorer_core::format;
use serde_json::{Value, json};
use shared_fbs::manifest::{Column, ColumnKind, Layer, Manifest, ValueKind};
use tessera::dataset::Dataset;

use super::terminal;

/// The arguments of `tile-server inspect`.
#[derive(Args)]
pub struct Arguments {
    /// The dataset directory
    directory: PathBuf,
    /// Print JSON
    #[arg(long)]
    json: bool,
}

/// Prints what a dataset holds.
pub fn run(arguments: &Arguments) -> Result<ExitCode> {
    let dataset = Dataset::open(&arguments.directory)?;
    if arguments.json {
        terminal::print_json(&to_json(dataset.manifest()))?;
    } else {
        terminal::print_lines(to_lines(dataset.manifest()))?;
    }
    Ok(ExitCode::SUCCESS)
}

fn to_json(manifest: &Manifest) -> Value {
    let columns: Vec<Value> = manifest
        .columns
        .iter()
        .map(|column| {
            json!({
                "name": column.name,
                "kind": column_kind(column),
                "n_categories": (column.kind == ColumnKind::Categorical).then_some(column.n_categories),
                "ordered": column.ordered,
                "n_missing": column.n_missing,
                "min": column.min.is_finite().then_some(column.min),
                "max": column.max.is_finite().then_some(column.max),
                "hidden": column.hidden,
            })
        })
        .collect();
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
                "max_rebuild_error": layer.max_rebuild_error,
                "n_exact": layer.n_exact,
                "moments_of": layer.column_moments.iter().map(|column| &column.column).collect::<Vec<_>>(),
            })
        })
        .collect();
    json!({
        "format_version": manifest.format_version,
        "generator": manifest.generator,
        "title": manifest.title,
        "source": manifest.source,
        "n_obs": manifest.n_obs,
        "main_label": manifest.main_label,
        "sample_column": manifest.sample_column,
        "default_embedding": manifest.embeddings.get(manifest.default_embedding as usize).map(|e| &e.key),
        "embeddings": manifest.embeddings.iter().map(|embedding| json!({
            "key": embedding.key,
            "n_positioned": embedding.n_positioned,
            "max_error": embedding.step / 2.0,
        })).collect::<Vec<_>>(),
        "columns": columns,
        "layers": layers,
        "vars": manifest.vars.iter().map(|var| json!({
            "name": var.name, "n_vars": var.n_vars, "index_name": var.index_name, "symbols": var.symbols,
        })).collect::<Vec<_>>(),
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
        "warnings": manifest.warnings.iter().map(|warning| json!({
            "place": warning.place, "message": warning.message,
        })).collect::<Vec<_>>(),
    })
}

fn to_lines(manifest: &Manifest) -> Vec<String> {
    let mut lines = vec![
        manifest.title.clone().or_else(|| manifest.source.clone()).unwrap_or_default(),
        format!(
            "{} cells, format {}, {}",
            format::integer(manifest.n_obs.into()),
            manifest.format_version,
            manifest.generator
        ),
        String::new(),
        "embeddings".to_owned(),
    ];
    for embedding in &manifest.embeddings {
        let cells = format::integer(embedding.n_positioned.into());
        lines.push(format!("  {:24} {cells} cells, error ≤ {:.2e}", embedding.key, embedding.step / 2.0));
    }
    lines.push("columns".to_owned());
    for column in &manifest.columns {
        let detail = match column.kind {
            ColumnKind::Categorical => format!("{} labels", column.n_categories),
            ColumnKind::Continuous => format!("{} to {}", column.min, column.max),
            _ => String::new(),
        };
        let missing = if column.n_missing > 0 { format!(", {} missing", column.n_missing) } else { String::new() };
        lines.push(format!("  {:24} {:12} {detail}{missing}", column.name, column_kind(column)));
    }
    lines.push("layers".to_owned());
    for layer in &manifest.layers {
        let values = format::integer(layer.n_nonzero);
        let genes = format::integer(manifest.vars[layer.var as usize].n_vars.into());
        let description = layer.description.as_deref().unwrap_or_default();
        lines.push(format!("  {:24} {genes} genes, {values} values, {description}", layer.name));
    }
    lines.push("packs".to_owned());
    for pack in &manifest.packs {
        lines.push(format!("  {:24} {:>9} in {} tiles", pack.name, format::bytes(pack.n_bytes), pack.n_tiles));
    }
    for warning in &manifest.warnings {
        lines.push(format!("warning: {}: {}", warning.place, warning.message));
    }
    lines
}

fn column_kind(column: &Column) -> &'static str {
    match column.kind {
        ColumnKind::Categorical => "categorical",
        ColumnKind::Continuous => "continuous",
        _ => "text",
    }
}

fn value_kind(layer: &Layer) -> &'static str {
    match layer.kind {
        ValueKind::Counts => "counts",
        ValueKind::LogNormalizedCounts => "log-normalized counts",
        _ => "float",
    }
}
