//! The columns of obs.

use std::ops::Range;
use std::sync::Arc;

use crate::catalog::{CellType, TISSUES};
use crate::csr::Csr;
use crate::model::{Model, N_ASSAYS, N_DISEASES, Phase, Role, Samples, Traits};
use crate::random::{Random, Stream};

/// A column of obs, for some cells.
#[derive(Clone, Debug, PartialEq)]
pub struct Column {
    /// What it is called.
    pub name: &'static str,
    /// One value a cell.
    pub values: Values,
}

/// The values of a column.
#[derive(Clone, Debug, PartialEq)]
pub enum Values {
    /// Labels out of a list.
    Categorical {
        /// Index of each cell's label; -1 where it has none.
        codes: Vec<i32>,
        /// The labels.
        categories: Arc<[String]>,
        /// Whether the labels have an order.
        ordered: bool,
    },
    /// Yes or no.
    Bool(Vec<bool>),
    /// 32-bit integers.
    I32(Vec<i32>),
    /// 64-bit integers.
    I64(Vec<i64>),
    /// 64-bit integers of which some are missing.
    NullableI64 {
        /// The integers; 0 where they are missing.
        values: Vec<i64>,
        /// Whether each is missing.
        mask: Vec<bool>,
    },
    /// 32-bit floats.
    F32(Vec<f32>),
    /// 64-bit floats; NaN where there is none.
    F64(Vec<f64>),
    /// Strings.
    Text(Vec<String>),
}

/// The labels of the categorical columns.
pub struct Vocabulary {
    cell_type: Arc<[String]>,
    cell_type_ontology_term_id: Arc<[String]>,
    leiden: Arc<[String]>,
    clone_id: Arc<[String]>,
    donor_id: Arc<[String]>,
    sample: Arc<[String]>,
    tissue: Arc<[String]>,
    tissue_ontology_term_id: Arc<[String]>,
    sex: Arc<[String]>,
    assay: Arc<[String]>,
    disease: Arc<[String]>,
    age_group: Arc<[String]>,
    phase: Arc<[String]>,
}

const ASSAYS: [&str; N_ASSAYS] = ["10x 3' v3", "10x 3' v2", "10x 5' v2", "Smart-seq2"];
const DISEASES: [&str; N_DISEASES] = ["normal", "COVID-19", "influenza", "pulmonary fibrosis"];
const AGE_GROUPS: [&str; 4] = ["child", "adolescent", "adult", "aged"];

impl Vocabulary {
    pub fn new(n_cells: usize, cell_types: &[CellType], samples: &Samples) -> Self {
        let n_clones = (n_cells / 50).clamp(20, 5_000);
        Self {
            cell_type: labels(cell_types.iter().map(|cell_type| cell_type.name)),
            cell_type_ontology_term_id: labels(cell_types.iter().map(|cell_type| cell_type.ontology_id)),
            leiden: labels((0..cell_types.len()).map(|cluster| cluster.to_string())),
            clone_id: labels((1..=n_clones).map(|clone| format!("clone_{clone:04}"))),
            donor_id: labels((1..=samples.donors.len()).map(|donor| format!("D{donor:02}"))),
            sample: labels((1..=samples.list.len()).map(|sample| format!("S{sample:03}"))),
            tissue: labels(TISSUES.map(|(name, _)| name)),
            tissue_ontology_term_id: labels(TISSUES.map(|(_, id)| id)),
            sex: labels(["female", "male"]),
            assay: labels(ASSAYS),
            disease: labels(DISEASES),
            age_group: labels(AGE_GROUPS),
            phase: labels(["G1", "G2M", "S"]),
        }
    }
}

fn labels<S: Into<String>>(labels: impl IntoIterator<Item = S>) -> Arc<[String]> {
    labels.into_iter().map(Into::into).collect()
}

/// A cell in the making.
struct Cell<'a> {
    traits: Traits,
    random: Random,
    row: (&'a [u32], &'a [u32]),
    library_size: u32,
    index: usize,
}

impl Model {
    /// The names of a range of cells: barcode and sample.
    pub fn obs_names(&self, cells: Range<usize>) -> Vec<String> {
        let sample = &self.vocabulary().sample;
        cells.map(|cell| format!("{}-{}", barcode(cell), sample[self.samples().of(cell)])).collect()
    }

    /// The columns of a range of cells, whose counts are `matrix`.
    ///
    /// Some columns are quality measures computed from the counts.
    pub fn obs(&self, cells: Range<usize>, matrix: &Csr) -> Vec<Column> {
        assert_eq!(cells.len(), matrix.n_obs(), "the counts must be those of the cells");
        let first = cells.start;
        let mut cells: Vec<Cell> = cells
            .map(|index| Cell {
                traits: self.traits(index),
                random: Random::new(self.spec().seed, Stream::Columns, index as u64),
                row: matrix.row(index - first),
                library_size: matrix.library_sizes[index - first],
                index,
            })
            .collect();
        let mut columns = Vec::from(self.biology(&mut cells));
        columns.extend(self.origin(&cells));
        columns.extend(self.quality(&mut cells));
        columns
    }

    /// What cells are.
    fn biology(&self, cells: &mut [Cell]) -> [Column; 6] {
        let words = self.vocabulary();
        let cell_type = |cell: &mut Cell| i32::from(cell.traits.cell_type);
        let is_lymphocyte: Vec<bool> = self
            .cell_type_names()
            .iter()
            .map(|name| name.contains("T cell") || name.contains("B cell") || name.contains("plasma cell"))
            .collect();
        let deepest = (0..self.catalog().len()).filter_map(|t| self.depth(t)).max().unwrap_or(0) as f64;
        [
            categorical("cell_type", &words.cell_type, cells, cell_type),
            categorical("cell_type_ontology_term_id", &words.cell_type_ontology_term_id, cells, cell_type),
            categorical("leiden", &words.leiden, cells, |cell| {
                // Clustering finds the types again, with some mistakes between relatives.
                let own = usize::from(cell.traits.cell_type);
                let mistaken = if cell.random.chance(0.08) { self.relative(own) } else { None };
                mistaken.unwrap_or(own) as i32
            }),
            categorical("clone_id", &words.clone_id, cells, |cell| {
                let is_typed = cell.random.chance(0.6) && is_lymphocyte[usize::from(cell.traits.cell_type)];
                // Some clones are large, most are small.
                let clone = libm::pow(cell.random.unit(), 2.5) * words.clone_id.len() as f64;
                if is_typed { clone as i32 } else { -1 }
            }),
            categorical("phase", &words.phase, cells, |cell| match cell.traits.phase {
                Phase::G1 => 0,
                Phase::G2m => 1,
                Phase::S => 2,
            }),
            Column {
                name: "pseudotime",
                values: Values::F64(cells.iter_mut().map(|cell| self.pseudotime(cell, deepest)).collect()),
            },
        ]
    }

    /// How far along its lineage a cell is, from 0 to 1.
    fn pseudotime(&self, cell: &mut Cell, deepest: f64) -> f64 {
        let own = usize::from(cell.traits.cell_type);
        let Some(depth) = self.depth(own) else {
            return f64::NAN;
        };
        let way = match cell.traits.mixture {
            Some((other, share)) if self.relative(own) == Some(usize::from(other)) => -f64::from(share),
            Some((other, share)) if self.relative(usize::from(other)) == Some(own) => f64::from(share),
            _ => 0.0,
        };
        ((depth as f64 + way + 0.5 + 0.1 * cell.random.normal()) / (deepest + 1.0)).clamp(0.0, 1.0)
    }

    /// Where cells come from.
    fn origin(&self, cells: &[Cell]) -> Vec<Column> {
        let words = self.vocabulary();
        let samples = self.samples();
        let samples_of = || cells.iter().map(|cell| &samples.list[usize::from(cell.traits.sample)]);
        let donors_of = || samples_of().map(|sample| &samples.donors[sample.donor]);
        let column = |name, categories: &Arc<[String]>, codes: Vec<i32>| labeled(name, categories, codes, false);
        let tissues: Vec<i32> = samples_of().map(|sample| sample.tissue as i32).collect();
        let age_group = |age: i64| match age {
            ..13 => 0,
            13..20 => 1,
            20..65 => 2,
            _ => 3,
        };
        let ages: Vec<i64> = donors_of().map(|donor| donor.age).collect();
        // The healthy have no day on which they fell ill.
        let days: Vec<i64> = donors_of().map(|donor| if donor.disease > 0 { 1 + donor.age % 14 } else { 0 }).collect();
        vec![
            column("donor_id", &words.donor_id, samples_of().map(|sample| sample.donor as i32).collect()),
            column("sample", &words.sample, cells.iter().map(|cell| i32::from(cell.traits.sample)).collect()),
            column("tissue", &words.tissue, tissues.clone()),
            column("tissue_ontology_term_id", &words.tissue_ontology_term_id, tissues),
            column("sex", &words.sex, donors_of().map(|donor| i32::from(!donor.is_female)).collect()),
            column("assay", &words.assay, samples_of().map(|sample| sample.assay as i32).collect()),
            column("disease", &words.disease, donors_of().map(|donor| donor.disease as i32).collect()),
            labeled("age_group", &words.age_group, ages.iter().map(|&age| age_group(age)).collect(), true),
            Column { name: "age", values: Values::I64(ages) },
            Column {
                name: "days_since_onset",
                values: Values::NullableI64 { mask: days.iter().map(|&day| day == 0).collect(), values: days },
            },
            Column {
                name: "is_primary_data",
                values: Values::Bool(samples_of().map(|sample| sample.assay != N_ASSAYS - 1).collect()),
            },
        ]
    }

    /// How well cells were measured.
    fn quality(&self, cells: &mut [Cell]) -> [Column; 6] {
        let is_mitochondrial = |gene: &u32| self.genes()[*gene as usize].role == Role::Mitochondrial;
        let mitochondrial: Vec<u32> = (0..self.genes().len() as u32).filter(is_mitochondrial).collect();
        let percent = |cell: &Cell| {
            let (genes, counts) = cell.row;
            let found = mitochondrial.iter().filter_map(|gene| genes.binary_search(gene).ok());
            let molecules: u32 = found.map(|at| counts[at]).sum();
            100.0 * molecules as f32 / cell.library_size.max(1) as f32
        };
        let scores: Vec<f32> = cells.iter_mut().map(doublet_score).collect();
        [
            Column { name: "n_counts", values: Values::I64(cells.iter().map(|c| i64::from(c.library_size)).collect()) },
            Column { name: "n_genes", values: Values::I32(cells.iter().map(|c| c.row.0.len() as i32).collect()) },
            Column { name: "pct_counts_mt", values: Values::F32(cells.iter().map(percent).collect()) },
            Column { name: "predicted_doublet", values: Values::Bool(scores.iter().map(|&s| s > 0.3).collect()) },
            Column { name: "doublet_score", values: Values::F32(scores) },
            Column { name: "barcode", values: Values::Text(cells.iter().map(|cell| barcode(cell.index)).collect()) },
        ]
    }
}

fn categorical(
    name: &'static str,
    categories: &Arc<[String]>,
    cells: &mut [Cell],
    code: impl FnMut(&mut Cell) -> i32,
) -> Column {
    labeled(name, categories, cells.iter_mut().map(code).collect(), false)
}

fn labeled(name: &'static str, categories: &Arc<[String]>, codes: Vec<i32>, ordered: bool) -> Column {
    Column { name, values: Values::Categorical { codes, categories: Arc::clone(categories), ordered } }
}

fn doublet_score(cell: &mut Cell) -> f32 {
    let score =
        if cell.traits.is_doublet { 0.45 + 0.15 * cell.random.normal() } else { 0.07 * cell.random.log_normal(0.6) };
    score.clamp(0.0, 1.0) as f32
}

/// 16 bases that no other cell has.
fn barcode(cell: usize) -> String {
    // A bijection of 32 bits: odd multiplications and shifts can be undone.
    let mut bits = (cell as u32).wrapping_add(0x7FEB_352D).wrapping_mul(0x9E37_79B1);
    bits ^= bits >> 15;
    bits = bits.wrapping_mul(0x85EB_CA77);
    bits ^= bits >> 13;
    (0..16).map(|base| char::from(b"ACGT"[(bits >> (2 * base) & 3) as usize])).collect()
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn barcodes_differ() {
        let barcodes: BTreeSet<String> = (0..50_000).map(barcode).collect();
        assert_eq!(barcodes.len(), 50_000);
    }
}
