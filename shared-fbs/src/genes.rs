//! Which datasets of a catalog have a gene, in files by the key of its name.
//!
//! The types are those of `schemas/genes.fbs`, which documents every field.

use xxhash_rust::xxh3::xxh3_64;

use crate::{DecodeError, bytes, frame, generated::genes_generated::tessera::genes as wire};

pub use wire::{GeneT as CatalogGene, GenesT as CatalogGenes};

/// The version of the format that this crate writes and reads.
pub const FORMAT_VERSION: u32 = 1;

/// At most two to this many files.
pub const MOST_BITS: u8 = 14;

/// Level of compression: files are written once for many readers, and a server writes them as it is asked.
const LEVEL: i32 = 9;

/// Steps that double a mean.
const STEPS_PER_DOUBLING: f64 = 8.0;

/// The step of a mean of 1; from it 255 steps reach from 1.5e-5 to 55 000.
const STEP_OF_ONE: f64 = 129.0;

/// What a dataset has of a gene.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct GeneOfDataset {
    /// The dataset's number in the catalog.
    pub dataset: u32,
    /// Cells with a value.
    pub n_cells: u32,
    /// The [step](step_of) of the mean of every label of `cell_type`, in the catalog's order; none where no cell has a value.
    pub means: Vec<u8>,
}

/// The key of a gene's name, whatever the case of its letters.
pub fn key_of(name: &str) -> u64 {
    xxh3_64(name.to_uppercase().as_bytes())
}

/// The number of the file that a key is in, of two to this many.
pub fn file_of(key: u64, bits: u8) -> u32 {
    key.checked_shr(64 - u32::from(bits)).unwrap_or(0) as u32
}

/// The step of a mean: 0 for none, else one to 255 in the logarithm, of 9 % each.
pub fn step_of(mean: f64) -> u8 {
    // What is no number is none.
    if mean > 0.0 { (mean.log2() * STEPS_PER_DOUBLING + STEP_OF_ONE).round().clamp(1.0, 255.0) as u8 } else { 0 }
}

/// The mean of a step, which is off by 4.5 % at most.
pub fn mean_of(step: u8) -> f64 {
    if step == 0 { 0.0 } else { ((f64::from(step) - STEP_OF_ONE) / STEPS_PER_DOUBLING).exp2() }
}

impl CatalogGene {
    /// What datasets have of the gene of this key, ascending by their numbers.
    pub fn of(key: u64, datasets: &[GeneOfDataset]) -> Self {
        let mut gene = Self { key, ..Self::default() };
        bytes::push_gaps(datasets.iter().map(|of| of.dataset), &mut gene.gaps);
        for of in datasets {
            bytes::push_varint(of.n_cells.into(), &mut gene.n_cells);
            gene.means.extend(&of.means);
        }
        gene
    }

    /// What datasets have of it. `n_means` gives the number of labels of `cell_type` of a dataset.
    ///
    /// # Errors
    /// When its parts contradict each other.
    pub fn datasets(&self, n_means: impl Fn(u32) -> Option<usize>) -> Result<Vec<GeneOfDataset>, DecodeError> {
        self.unpacked(n_means)
            .ok_or(DecodeError::Inconsistent { table: "Gene", reason: "it is not of the catalog's datasets" })
    }

    fn unpacked(&self, n_means: impl Fn(u32) -> Option<usize>) -> Option<Vec<GeneOfDataset>> {
        let (mut gaps, mut n_cells, mut means) = (self.gaps.as_slice(), self.n_cells.as_slice(), self.means.as_slice());
        let (mut next, mut datasets) = (0_u64, Vec::new());
        while !gaps.is_empty() {
            let dataset = u32::try_from(next.checked_add(bytes::take_varint(&mut gaps)?)?).ok()?;
            next = u64::from(dataset) + 1;
            let n_cells = u32::try_from(bytes::take_varint(&mut n_cells)?).ok()?;
            let n = if n_cells == 0 { 0 } else { n_means(dataset)? };
            let (of_dataset, rest) = means.split_at_checked(n)?;
            means = rest;
            datasets.push(GeneOfDataset { dataset, n_cells, means: of_dataset.to_vec() });
        }
        (n_cells.is_empty() && means.is_empty()).then_some(datasets)
    }
}

impl CatalogGenes {
    /// Writes them as the bytes of a file.
    pub fn encode(&self) -> Vec<u8> {
        let mut builder = flatbuffers::FlatBufferBuilder::with_capacity(1 << 14);
        let root = self.pack(&mut builder);
        wire::finish_genes_buffer(&mut builder, root);
        frame::deflate(builder.finished_data(), LEVEL)
    }

    /// Reads the bytes of a file.
    ///
    /// # Errors
    /// When they are broken, or of another format version.
    pub fn decode(bytes: &[u8]) -> Result<Self, DecodeError> {
        let content = frame::inflate(bytes)?;
        if content.get(4..8) != Some(wire::GENES_IDENTIFIER.as_bytes()) {
            let reason = "the file is none of a catalog's genes".to_owned();
            return Err(DecodeError::Invalid { table: "Genes", reason });
        }
        let options = flatbuffers::VerifierOptions { max_tables: 1 << 24, ..flatbuffers::VerifierOptions::default() };
        let genes = wire::root_as_genes_with_opts(&options, &content)
            .map_err(|error| DecodeError::invalid("Genes", &error))?
            .unpack();
        if genes.format_version != FORMAT_VERSION {
            let reason = "it is of another version than this page; reload the page";
            return Err(DecodeError::Inconsistent { table: "Genes", reason });
        }
        Ok(genes)
    }

    /// The gene of a key.
    pub fn find(&self, key: u64) -> Option<&CatalogGene> {
        self.genes.iter().find(|gene| gene.key == key)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn a_gene_comes_back(of in prop::collection::btree_map(0_u32..3000, (0_u32..1 << 20, any::<[u8; 3]>()), 0..20)) {
            let means = |n_cells: u32, means: [u8; 3]| if n_cells > 0 { means.to_vec() } else { Vec::new() };
            let datasets: Vec<GeneOfDataset> = of
                .into_iter()
                .map(|(dataset, (n_cells, steps))| GeneOfDataset { dataset, n_cells, means: means(n_cells, steps) })
                .collect();
            let genes = vec![CatalogGene::of(7, &datasets)];
            let bytes = CatalogGenes { format_version: FORMAT_VERSION, genes }.encode();
            let back = CatalogGenes::decode(&bytes).unwrap();
            prop_assert_eq!(back.find(7).unwrap().datasets(|_| Some(3)).unwrap(), datasets);
            prop_assert!(back.find(8).is_none());
        }

        #[test]
        fn broken_genes_never_panic(gaps: Vec<u8>, n_cells: Vec<u8>, means: Vec<u8>) {
            let gene = CatalogGene { key: 1, gaps, n_cells, means };
            let _ = gene.datasets(|dataset| (dataset < 100).then_some(2));
        }

        #[test]
        fn a_mean_is_kept_to_a_twentieth(mean in 2e-5_f64..5e4) {
            let back = mean_of(step_of(mean));
            prop_assert!((back / mean - 1.0).abs() < 0.045, "{mean} {back}");
        }
    }

    #[test]
    fn names_have_one_key_in_any_case() {
        assert_eq!(key_of("Cd3d"), key_of("CD3D"));
        assert_eq!((step_of(0.0), step_of(-1.0), step_of(f64::NAN), mean_of(0)), (0, 0, 0, 0.0));
        assert_eq!(mean_of(step_of(1.0)), 1.0);
    }

    #[test]
    fn keys_are_spread_over_all_files() {
        assert_eq!(file_of(u64::MAX, 0), 0);
        assert_eq!(file_of(u64::MAX, 3), 7);
        let files: std::collections::BTreeSet<u32> =
            (0..200).map(|gene| file_of(key_of(&format!("GENE{gene}")), 4)).collect();
        assert_eq!(files.len(), 16);
    }
}
