//! What a site of many datasets has on its shelf: titles, collections and labels, made up, but no cells.

use crate::{
    catalog::{CELL_TYPES, TISSUES},
    random::{Random, Stream},
};

/// A collection, as those who publish one describe it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Collection {
    /// Its id.
    pub id: String,
    /// Its title.
    pub title: String,
    /// Who published it, when and where.
    pub publication: String,
    /// Its digital object identifier.
    pub doi: String,
    /// Year, month and day of publication.
    pub published: (u16, u8, u8),
    /// Whose project it is.
    pub consortia: Vec<String>,
    /// Under which archives have its data.
    pub accession: String,
}

/// A dataset without its cells.
#[derive(Clone, Debug, PartialEq)]
pub struct Dataset {
    /// Its id.
    pub id: String,
    /// Its title.
    pub title: String,
    /// Number of its collection.
    pub collection: usize,
    /// Number of cells.
    pub n_obs: u32,
    /// Number of genes.
    pub n_vars: u32,
    /// Mean number of genes with a value in a cell.
    pub genes_per_cell: f32,
    /// Columns of obs of the CELLxGENE schema, with the labels that occur.
    pub labels: Vec<(&'static str, Vec<String>)>,
}

/// The collections and datasets of a site.
#[derive(Clone, Debug, PartialEq)]
pub struct Shelf {
    /// About one for eight datasets.
    pub collections: Vec<Collection>,
    /// In the order of ids.
    pub datasets: Vec<Dataset>,
}

const ASSAYS: [&str; 9] = [
    "10x 3' v3",
    "10x 3' v2",
    "10x 5' v1",
    "10x 5' v2",
    "10x multiome",
    "Smart-seq2",
    "Drop-seq",
    "sci-RNA-seq3",
    "Slide-seqV2",
];
const DISEASES: [&str; 14] = [
    "normal",
    "COVID-19",
    "Alzheimer disease",
    "breast carcinoma",
    "chronic kidney disease",
    "Crohn disease",
    "dilated cardiomyopathy",
    "glioblastoma",
    "influenza",
    "lung adenocarcinoma",
    "multiple sclerosis",
    "pulmonary fibrosis",
    "systemic lupus erythematosus",
    "type 2 diabetes mellitus",
];
const STAGES: [&str; 8] = [
    "adult stage",
    "embryonic stage",
    "fetal stage",
    "newborn stage",
    "child stage",
    "adolescent stage",
    "middle aged stage",
    "80 year-old and over stage",
];
const ETHNICITIES: [&str; 6] =
    ["European", "African American", "East Asian", "Hispanic or Latin American", "South Asian", "unknown"];
const CONSORTIA: [&str; 6] = ["HCA", "HuBMAP", "BRAIN Initiative", "Tabula Sapiens", "CZI Seed Networks", "KPMP"];
const AUTHORS: [&str; 12] = [
    "Travers",
    "Okafor",
    "Lindqvist",
    "Nakamura",
    "Gupta",
    "Moreau",
    "Castillo",
    "Ivanova",
    "Zhou",
    "Haddad",
    "Novak",
    "Ferreira",
];
const JOURNALS: [&str; 6] = ["Nature", "Cell", "Science", "Nat Med", "Cell Stem Cell", "eLife"];
const ANGLES: [&str; 8] = [
    "atlas",
    "in development",
    "in disease",
    "across ages",
    "immune cells",
    "stroma",
    "by region",
    "response to therapy",
];

impl Shelf {
    /// A shelf of so many datasets: the same for the same numbers.
    pub fn new(n_datasets: usize, seed: u64) -> Self {
        let n_collections = n_datasets.div_ceil(8);
        let collections = (0..n_collections).map(|at| collection(at, seed)).collect();
        let datasets = (0..n_datasets).map(|at| dataset(at, n_collections, seed)).collect();
        Self { collections, datasets }
    }
}

fn collection(at: usize, seed: u64) -> Collection {
    let mut random = Random::new(seed, Stream::Shelf, 2 * at as u64);
    let author = one_of(&mut random, &AUTHORS);
    let published = (2017 + random.below(9) as u16, 1 + random.below(12) as u8, 1 + random.below(28) as u8);
    let journal = one_of(&mut random, &JOURNALS);
    let tissue = TISSUES[random.below(TISSUES.len())].0;
    Collection {
        id: format!("{}-{at}", author.to_lowercase()),
        title: format!("{author} lab: the human {tissue} {}", one_of(&mut random, &ANGLES)),
        publication: format!("{author} et al. ({}) {journal}", published.0),
        doi: format!("10.{}/s{}", 1000 + random.below(9000), random.below(1 << 30)),
        published,
        consortia: some_of(&mut random, &CONSORTIA, 0, 2),
        accession: format!("GSE{}", 100_000 + random.below(180_000)),
    }
}

fn dataset(at: usize, n_collections: usize, seed: u64) -> Dataset {
    let mut random = Random::new(seed, Stream::Shelf, 2 * at as u64 + 1);
    let tissues: Vec<&str> = TISSUES.iter().map(|tissue| tissue.0).collect();
    let tissues = some_of(&mut random, &tissues, 1, 3);
    let is_human = random.chance(0.8);
    let title = format!("{} {} {}", capital(&tissues[0]), one_of(&mut random, &ANGLES), at + 1);
    let n_types = 3 + random.below(30);
    // Cell types of a tissue have names of their own.
    let mut cell_types: Vec<String> = (0..n_types)
        .map(|_| {
            let name = CELL_TYPES[random.below(CELL_TYPES.len())].name;
            if random.chance(0.5) { name.to_owned() } else { format!("{} {name}", tissues[0]) }
        })
        .collect();
    cell_types.sort_unstable();
    cell_types.dedup();
    let mut labels = vec![
        ("assay", some_of(&mut random, &ASSAYS, 1, 3)),
        ("cell_type", cell_types),
        ("development_stage", some_of(&mut random, &STAGES, 1, 3)),
        ("disease", some_of(&mut random, &DISEASES, 1, 3)),
        ("organism", vec![if is_human { "Homo sapiens" } else { "Mus musculus" }.to_owned()]),
        ("sex", some_of(&mut random, &["female", "male", "unknown"], 1, 2)),
        ("suspension_type", some_of(&mut random, &["cell", "nucleus"], 1, 2)),
    ];
    if is_human {
        labels.push(("self_reported_ethnicity", some_of(&mut random, &ETHNICITIES, 1, 4)));
    }
    labels.push(("tissue", tissues));
    Dataset {
        id: format!("dataset {:05}", at + 1),
        title,
        collection: random.below(n_collections),
        n_obs: (30_000.0 * random.log_normal(1.3)) as u32 + 200,
        n_vars: 15_000 + random.below(25_000) as u32,
        genes_per_cell: (1_800.0 * random.log_normal(0.4)) as f32,
        labels,
    }
}

fn one_of(random: &mut Random, names: &[&'static str]) -> &'static str {
    names[random.below(names.len())]
}

/// From `least` to `most` of them, early ones sooner, in their order.
fn some_of(random: &mut Random, names: &[&str], least: usize, most: usize) -> Vec<String> {
    let n = least + random.below(most - least + 1);
    let mut chosen: Vec<usize> = Vec::new();
    while chosen.len() < n {
        let at = random.below(names.len()).min(random.below(names.len()));
        if !chosen.contains(&at) {
            chosen.push(at);
        }
    }
    chosen.sort_unstable();
    chosen.into_iter().map(|at| names[at].to_owned()).collect()
}

fn capital(name: &str) -> String {
    let mut letters = name.chars();
    letters.next().map_or_else(String::new, |first| first.to_uppercase().chain(letters).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_shelf_is_the_same_for_everybody() {
        let shelf = Shelf::new(50, 1);
        assert_eq!(shelf, Shelf::new(50, 1));
        assert_ne!(shelf, Shelf::new(50, 2));
        assert!(shelf.datasets.is_sorted_by_key(|dataset| &dataset.id));
        assert!(shelf.datasets.iter().all(|dataset| dataset.collection < shelf.collections.len()));
    }
}
