//! The table of terms that facets of the catalog roll up by, out of a pinned package of ontologies.
//!
//! `cellxgene-ontology-guide` holds every ontology as JSON with the ancestors of each term, and the lists of terms that
//! CELLxGENE's curators have chosen to look by. Kept are the terms in use, and the terms right above each.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, bail};
use serde_json::Value;

use crate::process::{Show, announce};
use crate::setup::PythonPackage;
use crate::workspace::Workspace;

/// The ontologies of the schema, as JSON.
pub const PACKAGE: PythonPackage<'_> = PythonPackage {
    requirement: "cellxgene-ontology-guide==1.11.1",
    hashes: &["621276831bc021aab348f4d6119fad033282dff3126a8f2dbe8b293fbce68aca"],
};

/// The ontologies of cell types, of tissues and stages, and of the stages of people and mice.
const ONTOLOGIES: [&str; 4] = [
    "CL-ontology-v2026-03-26",
    "UBERON-ontology-v2026-04-01",
    "HsapDv-ontology-v2025-01-23",
    "MmusDv-ontology-v2025-01-23",
];

/// Lists of terms to look by: classes and groups.
const CURATED: [(&str, u8); 5] = [
    ("uberon_development_stage_list", 1),
    ("organ_list", 1),
    ("cell_subclass_list", 1),
    ("system_list", 2),
    ("cell_class_list", 2),
];

/// What the stages of people and mice all stand under.
const LIFE: [&str; 2] = ["life cycle", "life cycle stage"];

const TABLE: &str = "tile-server/ontology/terms.tsv.zst";
const LEVEL: i32 = 19;

struct Term {
    label: String,
    above: BTreeSet<String>,
}

/// Writes the table anew.
pub fn run(workspace: &Workspace) -> Result<()> {
    let folder = installed(workspace)?;
    let mut terms = BTreeMap::new();
    for ontology in ONTOLOGIES {
        read_terms(&folder.join(ontology).with_extension("json.zst"), &mut terms)?;
    }
    let mut levels = BTreeMap::new();
    for (list, level) in CURATED {
        let path = folder.join(list).with_extension("json");
        let ids: Vec<String> = serde_json::from_slice(&read(&path)?).with_context(|| path.display().to_string())?;
        levels.extend(ids.into_iter().map(|id| (id, level)));
    }
    let table = table_of(&terms, &levels)?;
    let path = workspace.path(TABLE);
    fs::create_dir_all(path.parent().context("the table lies in a folder")?)?;
    let bytes = zstd::bulk::compress(table.as_bytes(), LEVEL)?;
    fs::write(&path, &bytes).with_context(|| format!("cannot write {}", path.display()))?;
    announce(&format!("{} terms, {} bytes in {TABLE}", terms.len(), bytes.len()));
    Ok(())
}

/// The folder of the package's data; pip checks what it fetches.
fn installed(workspace: &Workspace) -> Result<PathBuf> {
    let folder = workspace.target_dir().join("ontology");
    let data = folder.join("cellxgene_ontology_guide/data");
    if data.join(ONTOLOGIES[0]).with_extension("json.zst").is_file() {
        return Ok(data);
    }
    announce("Fetching the ontologies (98 MB)");
    PACKAGE.install(&folder, Show::Output)?;
    Ok(data)
}

fn read(path: &Path) -> Result<Vec<u8>> {
    fs::read(path).with_context(|| format!("cannot read {}", path.display()))
}

fn read_terms(path: &Path, terms: &mut BTreeMap<String, Term>) -> Result<()> {
    let json = zstd::decode_all(read(path)?.as_slice())?;
    let ontology: BTreeMap<String, Value> =
        serde_json::from_slice(&json).with_context(|| path.display().to_string())?;
    for (id, term) in ontology {
        if term["deprecated"] == true {
            continue;
        }
        let (Some(label), Some(ancestors)) = (term["label"].as_str(), term["ancestors"].as_object()) else {
            bail!("{}: {id} has no label or no ancestors", path.display());
        };
        let above = ancestors.keys().cloned().collect();
        terms.insert(id, Term { label: label.to_owned(), above });
    }
    Ok(())
}

/// A line for each term: id, label, level, and the lines of the terms right above it.
fn table_of(terms: &BTreeMap<String, Term>, levels: &BTreeMap<String, u8>) -> Result<String> {
    let line_of: BTreeMap<&str, usize> = terms.keys().enumerate().map(|(at, id)| (id.as_str(), at)).collect();
    let mut table = String::new();
    for (id, Term { label, above }) in terms {
        if label.contains(['\t', '\n']) {
            bail!("the label of {id} cannot stand in a table");
        }
        let is_above = |low: &String, high: &String| terms.get(low).is_some_and(|term| term.above.contains(high));
        let parents = above.iter().filter(|high| !above.iter().any(|low| low != *high && is_above(low, high)));
        let parents: Vec<String> =
            parents.filter_map(|parent| line_of.get(parent.as_str()).map(ToString::to_string)).collect();
        let level = levels.get(id).copied().unwrap_or_else(|| level_of_stage(id, label, above, terms));
        table += &format!("{id}\t{label}\t{level}\t{}\n", parents.join(" "));
    }
    Ok(table)
}

/// Of the stages of people and mice, curators have no list: those that divide a life are classes, what divides these is
/// a group.
fn level_of_stage(id: &str, label: &str, above: &BTreeSet<String>, terms: &BTreeMap<String, Term>) -> u8 {
    let is_stage = ["HsapDv:", "MmusDv:"].iter().any(|prefix| id.starts_with(prefix));
    let is_life = |id: &str| terms.get(id).is_some_and(|term| LIFE.contains(&term.label.as_str()));
    let is_below_life_alone = |above: &BTreeSet<String>| above.iter().all(|id| is_life(id));
    let is_class = |id: &str| terms.get(id).is_some_and(|term| is_below_life_alone(&term.above));
    match is_stage && !LIFE.contains(&label) {
        true if is_below_life_alone(above) => 2,
        true if above.iter().all(|id| is_life(id) || is_class(id)) => 1,
        _ => 0,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_term_has_the_terms_right_above_it() {
        let term = |label: &str, above: &[&str]| Term {
            label: label.to_owned(),
            above: above.iter().map(|&id| id.to_owned()).collect(),
        };
        let terms = [
            ("A:1", term("cell", &[])),
            ("A:2", term("leukocyte", &["A:1"])),
            ("A:3", term("T cell", &["A:1", "A:2"])),
            ("HsapDv:1", term("life cycle", &[])),
            ("HsapDv:2", term("postnatal", &["HsapDv:1"])),
            ("HsapDv:3", term("adult", &["HsapDv:1", "HsapDv:2"])),
            ("HsapDv:4", term("80-year-old", &["HsapDv:1", "HsapDv:2", "HsapDv:3"])),
        ];
        let terms = terms.map(|(id, term)| (id.to_owned(), term)).into();
        let table = table_of(&terms, &[("A:2".to_owned(), 1)].into()).unwrap();
        let expected = "A:1\tcell\t0\t\nA:2\tleukocyte\t1\t0\nA:3\tT cell\t0\t1\n\
                        HsapDv:1\tlife cycle\t0\t\nHsapDv:2\tpostnatal\t2\t3\n\
                        HsapDv:3\tadult\t1\t4\nHsapDv:4\t80-year-old\t0\t5\n";
        assert_eq!(table, expected);
    }
}
