//! What `inspect` prints of a corpus or a summary.

use anyhow::Result;
use corpus::{
    Manifest,
    native::{FileCorpus, wait},
    organism_label,
};
use explorer_core::format;
use serde_json::{Value, json};
use shared_fbs::corpus::{Part, Source};

/// A part, with how many sets of datasets its genes are in.
struct PartSummary<'a> {
    part: &'a Part,
    sources: Vec<&'a Source>,
    n_patterns: usize,
}

/// Of each part what its tables tell.
fn parts(corpus: &FileCorpus) -> Result<Vec<PartSummary<'_>>> {
    let manifest = corpus.manifest();
    let summary = |(number, part)| {
        let sources = manifest.sources.iter().filter(|source| source.part as usize == number).collect();
        Ok(PartSummary { part, sources, n_patterns: wait(corpus.presence(number))?.n_patterns() })
    };
    manifest.parts.iter().enumerate().map(summary).collect()
}

/// As JSON.
///
/// # Errors
/// When a table cannot be read.
pub fn to_json(corpus: &FileCorpus) -> Result<Value> {
    let manifest = corpus.manifest();
    let part = |PartSummary { part, sources, n_patterns }: &PartSummary<'_>| {
        json!({
            "organism": part.organism,
            "n_genes": part.n_genes,
            "n_patterns": n_patterns,
            "datasets": sources.iter().map(|source| &source.id).collect::<Vec<_>>(),
            "levels": part.levels.iter().map(|level| json!({
                "dimensions": level.dimensions.iter().map(dimension_name).collect::<Vec<_>>(),
                "n_groups": level.n_groups,
            })).collect::<Vec<_>>(),
            "packs": part.packs.iter().map(|pack| json!({
                "name": pack.name, "file": pack.file, "n_bytes": pack.n_bytes, "n_tiles": pack.n_tiles,
            })).collect::<Vec<_>>(),
        })
    };
    let Manifest { profile, .. } = manifest;
    Ok(json!({
        "kind": "corpus",
        "format_version": manifest.format_version,
        "version": manifest.version,
        "content_id": manifest.content_id,
        "parent": manifest.parent,
        "generator": manifest.generator,
        "profile": {
            "name": profile.name,
            "primary_data_only": profile.primary_data_only,
            "least_genes": profile.least_genes,
            "known_cell_types_only": profile.known_cell_types_only,
            "left_out_tissues": profile.left_out_tissues,
            "assays": profile.assays,
            "length_assays": profile.length_assays,
            "least_cptt": profile.least_cptt,
        },
        "datasets": manifest.sources.iter().map(|source| json!({
            "id": source.id,
            "title": source.title,
            "citation": source.citation,
            "file": source.file,
            "content": source.content,
            "organism": source.organism,
            "n_obs": source.n_obs,
            "n_cells": source.n_cells,
            "n_nonzero": source.n_nonzero,
            "matrix": source.matrix,
            "generator": source.generator,
        })).collect::<Vec<_>>(),
        "parts": parts(corpus)?.iter().map(part).collect::<Vec<_>>(),
        "n_cell_types": manifest.ontology.len(),
    }))
}

/// As lines of text.
///
/// # Errors
/// When a table cannot be read.
pub fn to_lines(corpus: &FileCorpus) -> Result<Vec<String>> {
    let manifest = corpus.manifest();
    let Manifest { profile, .. } = manifest;
    let n_cells: u64 = manifest.sources.iter().map(|source| u64::from(source.n_cells)).sum();
    let what = if manifest.sources.len() == 1 { "summary, or corpus," } else { "corpus" };
    let mut lines = vec![
        format!("{what} of {}", format::plural(manifest.sources.len(), "dataset", "datasets")),
        format!(
            "{}, version {}, format {}, {}, content {}",
            format::plural(n_cells as usize, "cell", "cells"),
            manifest.version,
            manifest.format_version,
            manifest.generator,
            manifest.content_id
        ),
        format!(
            "profile {}: cells of {} or more, values of {} counts per ten thousand or more",
            profile.name,
            format::plural(profile.least_genes as usize, "gene", "genes"),
            profile.least_cptt
        ),
        String::new(),
        "datasets".to_owned(),
    ];
    for source in &manifest.sources {
        lines.push(format!(
            "  {:24} {} of {} cells, {}, {}, {}",
            source.id,
            format::integer(source.n_cells.into()),
            format::integer(source.n_obs.into()),
            format::plural(source.n_nonzero as usize, "value", "values"),
            organism_label(&source.organism),
            source.file
        ));
    }
    for PartSummary { part, sources, n_patterns } in parts(corpus)? {
        lines.push(format!(
            "part of {}: {}, {} in {}",
            organism_label(&part.organism),
            format::plural(sources.len(), "dataset", "datasets"),
            format::plural(part.n_genes as usize, "gene", "genes"),
            format::plural(n_patterns, "set of datasets", "sets of datasets")
        ));
        for level in &part.levels {
            let dimensions: Vec<&str> = level.dimensions.iter().map(dimension_name).collect();
            let groups = format::plural(level.n_groups as usize, "group", "groups");
            lines.push(format!("  {groups} by {}", dimensions.join(", ")));
        }
        for pack in &part.packs {
            let tiles = format::plural(pack.n_tiles as usize, "tile", "tiles");
            lines.push(format!("  {:24} {:>9} in {tiles}", pack.name, format::bytes(pack.n_bytes)));
        }
    }
    Ok(lines)
}

fn dimension_name(dimension: &shared_fbs::corpus::Dimension) -> &'static str {
    corpus::Dimension::ALL.get(usize::from(dimension.0)).map_or("", |dimension| dimension.name())
}
