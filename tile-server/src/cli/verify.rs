use std::process::ExitCode;

use anyhow::Result;
use clap::Args;
use corpus::native::{self, OpenError};
use explorer_core::format;
use serde_json::{Value, json};
use tessera::{
    dataset::DatasetError,
    verify::{Damage, DamageKind, VerifyReport, verify},
};

use super::{
    dataset_argument::{DatasetArgument, Freshness},
    exit,
    remote_inputs::DATASET_PLACES,
    terminal,
};

/// How many tiles of a pack are named that are damaged in the same way.
const N_NAMED: usize = 3;

/// What is done about a damaged dataset, and about a damaged corpus.
const BUILD_AGAIN: &str = "build the dataset again from its .h5ad";
const SUMMARIZE_AGAIN: &str = "summarize its datasets again, and build the corpus of these summaries";

/// The arguments of `tile-server verify`.
#[derive(Args)]
#[command(after_help = DATASET_PLACES)]
pub struct Arguments {
    #[command(flatten)]
    dataset: DatasetArgument,
    /// Print JSON, which names every damaged tile
    #[arg(long)]
    json: bool,
}

/// Damage of one kind in one file.
struct DamageGroup<'a> {
    file: &'a str,
    kind: DamageKind,
    damage: Vec<&'a Damage>,
}

/// Checks every tile, and prints what is damaged.
pub fn run(arguments: &Arguments) -> Result<ExitCode> {
    let checked = match arguments.dataset.corpus(Freshness::Anew) {
        Ok(Some((corpus, files))) => Ok((native::verify(&corpus, &*files), SUMMARIZE_AGAIN)),
        Ok(None) => {
            arguments.dataset.open(Freshness::Anew).map(|(dataset, files)| (verify(&dataset, &*files), BUILD_AGAIN))
        }
        Err(error) => Err(error),
    };
    let (report, remedy) = match checked {
        // A manifest of another version is whole.
        Err(error) if is_damage(&error) => {
            if arguments.json {
                let group =
                    json!({ "file": null, "kind": "manifest", "n": 1, "tiles": [], "first": error.to_string() });
                terminal::print_json(&json!({ "is_sound": false, "n_tiles": 0, "damage": [group] }))?;
            } else {
                terminal::print_lines([format!("damaged: {error}")])?;
            }
            return Ok(ExitCode::from(exit::DAMAGE));
        }
        checked => checked?,
    };
    if arguments.json {
        terminal::print_json(&to_json(&report))?;
    } else {
        terminal::print_lines(to_lines(&report, remedy))?;
    }
    Ok(if report.damage.is_empty() { ExitCode::SUCCESS } else { ExitCode::from(exit::DAMAGE) })
}

fn is_damage(error: &anyhow::Error) -> bool {
    match (error.downcast_ref(), error.downcast_ref()) {
        (Some(error @ DatasetError::Manifest { .. }), _) => !error.is_of_another_version(),
        (_, Some(OpenError::Manifest { source, .. })) => !source.is_of_another_version(),
        (Some(_) | None, Some(_) | None) => false,
    }
}

/// Groups in the order of their first damage.
fn groups(report: &VerifyReport) -> Vec<DamageGroup<'_>> {
    let mut groups: Vec<DamageGroup<'_>> = Vec::new();
    for damage in &report.damage {
        match groups.iter_mut().find(|group| group.file == damage.file && group.kind == damage.kind) {
            Some(group) => group.damage.push(damage),
            None => groups.push(DamageGroup { file: &damage.file, kind: damage.kind, damage: vec![damage] }),
        }
    }
    groups
}

fn to_lines(report: &VerifyReport, remedy: &str) -> Vec<String> {
    let tiles = format::plural(report.n_tiles as usize, "tile", "tiles");
    if report.damage.is_empty() {
        return vec![format!("{tiles} {} sound", if report.n_tiles == 1 { "is" } else { "are" })];
    }
    let mut lines = Vec::new();
    for DamageGroup { file, kind, damage } in groups(report) {
        lines.extend(damage.iter().take(N_NAMED).map(|damage| format!("damaged: {damage}")));
        let n_more = damage.len().saturating_sub(N_NAMED);
        if n_more > 0 {
            let (more, whats) = (format::plural(n_more, "more tile", "more tiles"), what(kind));
            lines.push(format!("damaged: {more} of {file} {whats}; --json names each"));
        }
    }
    let problems = format::plural(report.damage.len(), "problem", "problems");
    lines.push(format!("{problems} in {tiles}; {remedy}"));
    lines
}

fn to_json(report: &VerifyReport) -> Value {
    let group = |DamageGroup { file, kind, damage }: DamageGroup<'_>| {
        json!({
            "file": file,
            "kind": name(kind),
            "n": damage.len(),
            "tiles": damage.iter().filter_map(|damage| damage.tile).collect::<Vec<_>>(),
            "first": damage.first().map(ToString::to_string),
        })
    };
    json!({
        "is_sound": report.damage.is_empty(),
        "n_tiles": report.n_tiles,
        "damage": groups(report).into_iter().map(group).collect::<Vec<_>>(),
    })
}

/// The end of a sentence about tiles.
fn what(kind: DamageKind) -> &'static str {
    match kind {
        DamageKind::Unreadable => "cannot be read",
        DamageKind::OtherContent => "have another content",
        DamageKind::Checksum => "do not have their checksums",
        DamageKind::Malformed => "are not of the form that they must have",
    }
}

fn name(kind: DamageKind) -> &'static str {
    match kind {
        DamageKind::Unreadable => "unreadable",
        DamageKind::OtherContent => "other_content",
        DamageKind::Checksum => "checksum",
        DamageKind::Malformed => "malformed",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn damage(file: &str, tile: Option<u32>, kind: DamageKind) -> Damage {
        let message = tile.map_or_else(|| format!("{file}: whole"), |tile| format!("tile {file}/{tile}"));
        Damage { file: file.to_owned(), tile, kind, message }
    }

    #[test]
    fn tiles_that_are_damaged_in_one_way_are_named_in_part_and_counted() {
        let mut all = vec![damage("a", None, DamageKind::OtherContent)];
        all.extend((0..1234).map(|tile| damage("a", Some(tile), DamageKind::Checksum)));
        all.extend((5..7).map(|tile| damage("b", Some(tile), DamageKind::Unreadable)));
        let report = VerifyReport { n_tiles: 2000, damage: all };
        assert_eq!(
            to_lines(&report, BUILD_AGAIN),
            [
                "damaged: a: whole",
                "damaged: tile a/0",
                "damaged: tile a/1",
                "damaged: tile a/2",
                "damaged: 1,231 more tiles of a do not have their checksums; --json names each",
                "damaged: tile b/5",
                "damaged: tile b/6",
                "1,237 problems in 2,000 tiles; build the dataset again from its .h5ad",
            ]
        );
        let json = to_json(&report);
        assert_eq!(json["is_sound"], false);
        let of = |group: usize, key: &str| json["damage"][group][key].clone();
        assert_eq!((of(0, "file"), of(0, "tiles"), of(0, "kind")), (json!("a"), json!([]), json!("other_content")));
        assert_eq!((of(1, "n"), of(1, "kind"), of(1, "first")), (json!(1234), json!("checksum"), json!("tile a/0")));
        assert_eq!(of(1, "tiles").as_array().unwrap().len(), 1234);
        assert_eq!(of(2, "tiles"), json!([5, 6]));
        assert_eq!(to_json(&VerifyReport { n_tiles: 1, damage: Vec::new() })["is_sound"], true);
    }
}
