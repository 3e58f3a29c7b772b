//! Comparisons and markers, timed, and held against each other bit by bit.

use anyhow::{Result, ensure};
use explorer_core::de::{CELLXGENE_PERCENTILE, DeOptions, DeTable, FixedPoints, MarkerRank, Moments, Test, compare};
use explorer_core::format;
use tessera::{
    compare::{follow, moments_of, planned_moments},
    markers::markers,
};

use crate::{
    clock::{Times, timed},
    questions::{AnsweredBy, Question, Questions},
    table::{self, Table},
};

/// How often a comparison is timed, and one that reads everything.
const REPEATS: usize = 7;
const LONG_REPEATS: usize = 3;

/// Bytes a second at 100 Mb/s and at 1 Gb/s.
const NETWORKS: [f64; 2] = [12.5e6, 125e6];

/// Answers every question, checks every answer against a gather over all genes, and prints what each took.
pub fn print(questions: &Questions<'_>, unit: f64) -> Result<()> {
    let n_genes_tiles = genes_pack(questions);
    let mut answers = Table::new([
        "comparison",
        "cells",
        "by",
        "tiles",
        "bytes",
        "wall min",
        "median",
        "CPU min",
        "×",
        "100 Mb/s",
        "1 Gb/s",
    ]);
    for question in &questions.all {
        let (_, times) = answer(questions, question)?;
        let (n_tiles, n_bytes) = match question.by {
            AnsweredBy::Genes => n_genes_tiles,
            _ => (question.plan.moments.len() + question.plan.cells.len(), question.plan.n_bytes),
        };
        let (group, reference) = question.masks();
        let cells = |n: usize| format::integer(n as u64);
        answers.push([
            question.name.clone(),
            format!("{} / {}", cells(group.count()), cells(reference.count())),
            by(question),
            n_tiles.to_string(),
            table::bytes(n_bytes),
            table::time(times.wall_min()),
            table::time(times.wall_median()),
            table::time(times.cpu_min()),
            table::ratio(times.cpu_min() / unit),
            table::time(n_bytes as f64 / NETWORKS[0]),
            table::time(n_bytes as f64 / NETWORKS[1]),
        ]);
    }
    answers.print();
    println!("Moments of every comparison are bit for bit those of a gather over all genes of all cells.\n");
    Ok(())
}

/// The table of a question, and what it took; its moments are checked.
pub fn answer(questions: &Questions<'_>, question: &Question) -> Result<(DeTable, Times)> {
    let Questions { dataset, layer, .. } = questions;
    let (group, reference) = question.masks();
    let moments = || -> Result<([Moments; 2], FixedPoints)> {
        Ok(match question.by {
            AnsweredBy::Stored => follow(dataset, layer, &question.plan)?,
            AnsweredBy::Planned => planned_moments(dataset, layer, question.sets())?,
            AnsweredBy::Genes => moments_of(dataset, layer, &group, &reference)?,
        })
    };
    let repeats = if question.by == AnsweredBy::Genes { LONG_REPEATS } else { REPEATS };
    let (table, times) = timed(repeats, || -> Result<DeTable> {
        let ([group, reference], fixed) = moments()?;
        Ok(compare(&group, &reference, &fixed, DeOptions::default())?)
    })?;
    if question.by != AnsweredBy::Genes {
        let (expected, _) = moments_of(dataset, layer, &group, &reference)?;
        ensure!(moments()?.0 == expected, "{}: the route changes the moments", question.name);
    }
    Ok((table, times))
}

/// Prints what the markers of all labels take.
pub fn print_markers(questions: &Questions<'_>, unit: f64) -> Result<()> {
    let mut rows = Table::new(["markers of every label", "labels", "wall min", "median", "CPU min", "×"]);
    let ranks = [
        ("by t against the rest", MarkerRank::Score),
        ("by percentile of effect sizes", MarkerRank::EffectPercentile(CELLXGENE_PERCENTILE)),
    ];
    for (name, rank) in ranks {
        let (n_labels, times) = rank_markers(questions, rank, 100)?;
        rows.push([
            name.to_owned(),
            n_labels.to_string(),
            table::time(times.wall_min()),
            table::time(times.wall_median()),
            table::time(times.cpu_min()),
            table::ratio(times.cpu_min() / unit),
        ]);
    }
    rows.print();
    Ok(())
}

/// Ranks the `n_top` best markers of every label: how many labels, and what it took.
pub fn rank_markers(questions: &Questions<'_>, rank: MarkerRank, n_top: usize) -> Result<(usize, Times)> {
    let Questions { dataset, layer, column, .. } = questions;
    let (found, times) =
        timed(REPEATS, || markers(dataset, layer, column, (DeOptions::default(), Test::T), rank, n_top))?;
    Ok((found.len(), times))
}

fn by(question: &Question) -> String {
    let plan = &question.plan;
    match question.by {
        AnsweredBy::Genes => "genes".to_owned(),
        AnsweredBy::Stored if plan.cells.is_empty() => "stored sums".to_owned(),
        AnsweredBy::Stored | AnsweredBy::Planned => {
            format!("{} sums, {} tiles of cells", plan.moments.len(), plan.cells.len())
        }
    }
}

/// Tiles and bytes of all genes of the layer.
fn genes_pack(questions: &Questions<'_>) -> (usize, u64) {
    let pack = questions.dataset.manifest().pack_named(&questions.layer.pack);
    pack.map_or((0, 0), |pack| (pack.n_tiles as usize, pack.n_bytes))
}
