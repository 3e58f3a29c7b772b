//! Donors, the samples taken from them, and what each does to its cells.

use crate::alias::AliasTable;
use crate::catalog::TISSUES;
use crate::random::{Random, Stream};

use super::Spec;
use super::genes::{Gene, Role};

/// All samples; cells lie in their order, as in datasets put together from several files.
pub struct Samples {
    pub list: Vec<Sample>,
    pub donors: Vec<Donor>,
    /// The first cell of each sample.
    starts: Vec<usize>,
}

/// What was measured in one go.
pub struct Sample {
    /// Index of the donor.
    pub donor: usize,
    /// Index into [`TISSUES`].
    pub tissue: usize,
    /// Index of the protocol.
    pub assay: usize,
    /// How many cell types there are of each.
    pub types: AliasTable,
    /// Chance of each gene's molecules to be seen, in 1/256: the batch effect.
    pub efficiency: Vec<u8>,
    /// Molecules a cell, relative to other samples.
    pub library_scale: f64,
    /// Mean share of mitochondrial molecules.
    pub mitochondrial: f64,
}

/// Who gave samples.
pub struct Donor {
    pub is_female: bool,
    /// In years.
    pub age: i64,
    /// Index of the disease, 0 for none.
    pub disease: usize,
}

/// Number of protocols that samples are measured by.
pub const N_ASSAYS: usize = 4;
/// Number of states of health.
pub const N_DISEASES: usize = 4;

impl Samples {
    pub fn new(spec: Spec, type_sizes: &[f64], genes: &[Gene]) -> Self {
        let most_samples = spec.n_cells / 40 + 2;
        let n_donors = (libm::pow(spec.n_cells as f64, 0.27).round() as usize).clamp(2, 60.min(most_samples));
        let donors: Vec<Donor> = (0..n_donors).map(|donor| Donor::new(spec, donor)).collect();
        let mut random = Random::new(spec.seed, Stream::Samples, 0);
        let n_samples = (n_donors * 3).min(most_samples);
        let n_tissues = (2 + n_samples / 6).min(TISSUES.len());
        let list = (0..n_samples)
            .map(|sample| {
                let donor = sample * n_donors / n_samples;
                let tissue = random.below(n_tissues);
                let assay = if random.chance(0.7) { 0 } else { 1 + random.below(N_ASSAYS - 1) };
                Sample {
                    donor,
                    tissue,
                    assay,
                    types: composition(spec, sample, tissue, type_sizes),
                    efficiency: efficiency(spec, sample, donor, donors[donor].is_female, genes),
                    library_scale: random.log_normal(0.2),
                    mitochondrial: 0.04 * random.log_normal(0.4),
                }
            })
            .collect();
        let sizes: Vec<f64> = (0..n_samples).map(|_| random.log_normal(0.6)).collect();
        Self { list, donors, starts: starts(spec.n_cells, &sizes) }
    }

    /// The sample of a cell.
    pub fn of(&self, cell: usize) -> usize {
        self.starts.partition_point(|&start| start <= cell) - 1
    }
}

impl Donor {
    fn new(spec: Spec, donor: usize) -> Self {
        let mut random = Random::new(spec.seed, Stream::Samples, 1 + donor as u64);
        let disease = if random.chance(0.6) { 0 } else { 1 + random.below(N_DISEASES - 1) };
        // Both sexes are there, however few the donors.
        Self { is_female: donor.is_multiple_of(2), age: 4 + random.below(85) as i64, disease }
    }
}

/// Deals cells out to samples: everyone gets one, then by size.
fn starts(n_cells: usize, sizes: &[f64]) -> Vec<usize> {
    let total: f64 = sizes.iter().sum();
    let spare = (n_cells - sizes.len()) as f64;
    let mut before = 0.0;
    let mut starts = Vec::with_capacity(sizes.len());
    for (sample, size) in sizes.iter().enumerate() {
        starts.push(sample + (spare * before / total) as usize);
        before += size;
    }
    starts
}

/// Tissues differ in what they are made of, samples of a tissue less so.
fn composition(spec: Spec, sample: usize, tissue: usize, type_sizes: &[f64]) -> AliasTable {
    let mut of_tissue = Random::new(spec.seed, Stream::SampleTypes, tissue as u64);
    let mut of_sample = Random::new(spec.seed, Stream::SampleTypes, (TISSUES.len() + sample) as u64);
    let weights: Vec<f64> =
        type_sizes.iter().map(|size| size * of_tissue.log_normal(0.9) * of_sample.log_normal(0.3)).collect();
    AliasTable::new(&weights)
}

/// Genes differ in how well they are caught, and do so from donor to donor and sample to sample.
fn efficiency(spec: Spec, sample: usize, donor: usize, is_female: bool, genes: &[Gene]) -> Vec<u8> {
    let mut of_sample = Random::new(spec.seed, Stream::SampleEfficiency, 2 * sample as u64);
    let mut of_donor = Random::new(spec.seed, Stream::SampleEfficiency, 2 * donor as u64 + 1);
    genes
        .iter()
        .map(|gene| {
            let chance = 180.0 * of_donor.log_normal(0.2) * of_sample.log_normal(0.2);
            match gene.role {
                Role::Male if is_female => 0,
                Role::Female if !is_female => 0,
                _ => chance.clamp(20.0, 255.0) as u8,
            }
        })
        .collect()
}
