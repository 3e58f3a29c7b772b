//! What the genes of a dataset come to, and the file that keeps them for all datasets.

use std::{
    collections::{BTreeMap, HashMap},
    fs::File,
    io::{self, Read, Seek, SeekFrom, Write},
};

use explorer_core::{
    catalog::LabelFacet,
    dataset::label_tiles,
    de::{FixedPoints, Moments},
};
use shared_fbs::{
    genes::{CatalogGene, CatalogGenes, FORMAT_VERSION, GeneOfDataset, MOST_BITS, file_of, key_of, step_of},
    manifest::Layer,
};
use tessera::dataset::{Dataset, DatasetError, wait};

use super::facts::{column_of, labels_of};

/// Bytes of records that a file of genes is to have, about.
const FILE_BYTES: u64 = 256 << 10;

/// Bytes of a record before its means: key and number of cells.
const HEAD_BYTES: usize = 12;

/// Records from one fence to the next.
const FENCE: usize = 256;

/// What the genes of a dataset come to.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct DatasetGenes {
    /// Means of each gene: one for every label of `cell_type`.
    n_means: usize,
    /// In the order of their keys.
    genes: Vec<(u64, GeneOfDataset)>,
}

impl DatasetGenes {
    /// Reads them from the stored moments of the layer that statistics are of; none where there is no such layer.
    ///
    /// # Errors
    /// The first tile that cannot be read.
    pub fn read(dataset: &Dataset) -> Result<Self, DatasetError> {
        let Some(layer) = dataset.manifest().statistics_layer().filter(|layer| layer.total_moments.is_some()) else {
            return Ok(Self::default());
        };
        let names = dataset.gene_names(layer)?;
        let (reader, index) = (dataset.reader(), dataset.index_of(layer)?);
        let fixed = dataset.fixed_points(layer)?;
        let total = wait(reader.total_moments(index))?;
        let means = means_of_labels(dataset, layer, &fixed, names.len())?;
        let symbols = names.symbols().unwrap_or(names.ids());
        let mut genes: BTreeMap<u64, GeneOfDataset> = BTreeMap::new();
        for (gene, (symbol, id)) in symbols.iter().zip(names.ids()).enumerate() {
            let n_cells = u32::try_from(fixed.n_nonzero(&total, gene)).unwrap_or(u32::MAX);
            let means = if n_cells == 0 { Vec::new() } else { means.iter().map(|means| means[gene]).collect() };
            let found = GeneOfDataset { dataset: 0, n_cells, means };
            // Of several genes of one name, the one that most cells have.
            let kept = genes.entry(key_of(if symbol.is_empty() { id } else { symbol })).or_default();
            if kept.n_cells <= n_cells {
                *kept = found;
            }
        }
        Ok(Self { n_means: means.len(), genes: genes.into_iter().collect() })
    }

    fn n_bytes(&self) -> u64 {
        (self.genes.len() * (HEAD_BYTES + self.n_means)) as u64
    }

    /// The records: of one length, so that each is found by its number.
    fn records(&self) -> Vec<u8> {
        let mut bytes = Vec::with_capacity(self.n_bytes() as usize);
        for (key, gene) in &self.genes {
            bytes.extend(key.to_le_bytes());
            bytes.extend(gene.n_cells.to_le_bytes());
            bytes.extend(&gene.means);
            bytes.resize(bytes.len() + self.n_means - gene.means.len(), 0);
        }
        bytes
    }
}

/// The steps of the means of every gene, by the labels of `cell_type` that some cell has, in their order as texts; zeros
/// where no moments are stored, or a mean would say little, since values are scaled.
fn means_of_labels(
    dataset: &Dataset,
    layer: &Layer,
    fixed: &FixedPoints,
    n_genes: usize,
) -> Result<Vec<Vec<u8>>, DatasetError> {
    let Some(column) = column_of(dataset.manifest(), LabelFacet::CellType) else { return Ok(Vec::new()) };
    let mut codes_of: BTreeMap<String, Vec<u32>> = BTreeMap::new();
    for (code, label) in labels_of(dataset, column)? {
        codes_of.entry(label).or_default().push(code);
    }
    let tiles = label_tiles(layer, &column.name).filter(|_| !layer.has_negative);
    let (reader, index) = (dataset.reader(), dataset.index_of(layer)?);
    let of_label = |codes: Vec<u32>| -> Result<Vec<u8>, DatasetError> {
        let Some(tiles) = &tiles else { return Ok(vec![0; n_genes]) };
        let mut sum: Option<Moments> = None;
        for tile in codes.into_iter().map(|code| tiles.start + code).filter(|tile| tiles.contains(tile)) {
            let moments = wait(reader.stored_moments(index, &[tile], |_| Ok(())))?.into_iter().next();
            match (&mut sum, moments) {
                (Some(sum), Some(moments)) => {
                    if sum.merge(&moments).is_err() {
                        // No dataset has so many cells.
                        return Ok(vec![0; n_genes]);
                    }
                }
                (sum, moments) => *sum = moments,
            }
        }
        let step = |gene: usize| sum.as_ref().map_or(0, |sum| step_of(fixed.summary(sum, gene).mean));
        Ok((0..n_genes).map(step).collect())
    };
    codes_of.into_values().map(of_label).collect()
}

/// The genes of all datasets, in a temporary file: those of thousands would not fit into memory.
pub struct GeneStore {
    file: File,
    n_bytes: u64,
    kept: HashMap<String, KeptGenes>,
}

/// Where the records of a dataset lie.
#[derive(Clone, Debug)]
struct KeptGenes {
    offset: u64,
    n_genes: usize,
    n_means: usize,
    /// The key of every so many records.
    fences: Vec<u64>,
}

impl GeneStore {
    /// An empty one.
    ///
    /// # Errors
    /// When there is no place for temporary files.
    pub fn new() -> io::Result<Self> {
        Ok(Self { file: tempfile::tempfile()?, n_bytes: 0, kept: HashMap::new() })
    }

    /// Whether it has the genes of the dataset of this content id.
    pub fn has(&self, content_id: &str) -> bool {
        self.kept.contains_key(content_id)
    }

    /// Takes up the genes of the dataset of this content id.
    ///
    /// # Errors
    /// When they cannot be written.
    pub fn insert(&mut self, content_id: String, genes: &DatasetGenes) -> io::Result<()> {
        let offset = self.n_bytes;
        self.file.seek(SeekFrom::Start(offset))?;
        self.file.write_all(&genes.records())?;
        self.n_bytes += genes.n_bytes();
        let fences = genes.genes.iter().step_by(FENCE).map(|(key, _)| *key).collect();
        self.kept.insert(content_id, KeptGenes { offset, n_genes: genes.genes.len(), n_means: genes.n_means, fences });
        Ok(())
    }

    /// How many genes these datasets have, all together.
    pub fn n_genes(&self, content_ids: &[String]) -> usize {
        content_ids.iter().filter_map(|id| self.kept.get(id)).map(|kept| kept.n_genes).sum()
    }

    /// How many bits number the files of these datasets.
    pub fn bits(&self, content_ids: &[String]) -> u8 {
        let kept = content_ids.iter().filter_map(|id| self.kept.get(id));
        let n_bytes: u64 = kept.map(|kept| (kept.n_genes * (HEAD_BYTES + kept.n_means)) as u64).sum();
        let n_files = n_bytes.div_ceil(FILE_BYTES).max(1).next_power_of_two();
        (n_files.trailing_zeros() as u8).min(MOST_BITS)
    }

    /// The bytes of a file of the genes of these datasets, which are in the catalog's order.
    ///
    /// # Errors
    /// When they cannot be read.
    pub fn file(&mut self, content_ids: &[String], bits: u8, file: u32) -> io::Result<Vec<u8>> {
        let mut genes: BTreeMap<u64, Vec<GeneOfDataset>> = BTreeMap::new();
        for (dataset, id) in (0_u32..).zip(content_ids) {
            let Some(kept) = self.kept.get(id).cloned() else { continue };
            let width = HEAD_BYTES + kept.n_means;
            let range = kept.range(bits, file);
            let mut bytes = vec![0; range.len() * width];
            self.file.seek(SeekFrom::Start(kept.offset + (range.start * width) as u64))?;
            self.file.read_exact(&mut bytes)?;
            for record in bytes.chunks_exact(width) {
                let (head, means) = record.split_at(HEAD_BYTES);
                let (key, n_cells) = head.split_at(8);
                let key = u64::from_le_bytes(key.try_into().expect("it has eight bytes"));
                let n_cells = u32::from_le_bytes(n_cells.try_into().expect("it has four bytes"));
                let means = if n_cells == 0 { Vec::new() } else { means.to_vec() };
                if file_of(key, bits) == file {
                    genes.entry(key).or_default().push(GeneOfDataset { dataset, n_cells, means });
                }
            }
        }
        let genes = genes.iter().map(|(key, datasets)| CatalogGene::of(*key, datasets)).collect();
        Ok(CatalogGenes { format_version: FORMAT_VERSION, genes }.encode())
    }
}

impl KeptGenes {
    /// The records between the fences around a file's keys.
    fn range(&self, bits: u8, file: u32) -> std::ops::Range<usize> {
        let first = self.fences.partition_point(|&key| file_of(key, bits) < file).saturating_sub(1);
        let end = self.fences.partition_point(|&key| file_of(key, bits) <= file);
        (first * FENCE).min(self.n_genes)..(end * FENCE).min(self.n_genes)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// So many made-up genes, of which the last is in no cell.
    fn made_up(n_genes: u32, n_means: usize) -> DatasetGenes {
        let gene = |at: u32| {
            let n_cells = n_genes - 1 - at;
            let means =
                if n_cells == 0 { Vec::new() } else { (0..n_means).map(|mean| (at as usize + mean) as u8).collect() };
            (key_of(&format!("GENE{at}")), GeneOfDataset { dataset: 0, n_cells, means })
        };
        let genes: BTreeMap<u64, GeneOfDataset> = (0..n_genes).map(gene).collect();
        DatasetGenes { n_means, genes: genes.into_iter().collect() }
    }

    #[test]
    fn every_gene_is_in_its_file_with_all_its_datasets() {
        let ids = ["a", "b", "none"].map(str::to_owned);
        let datasets = [made_up(3000, 5), made_up(700, 0)];
        let mut store = GeneStore::new().unwrap();
        for (id, genes) in ids.iter().zip(&datasets) {
            assert!(!store.has(id));
            store.insert(id.clone(), genes).unwrap();
        }
        let n_means = |dataset: u32| [5, 0].get(dataset as usize).copied();
        for bits in [0, 3, 9] {
            let mut found: [Vec<(u64, GeneOfDataset)>; 2] = Default::default();
            for file in 0..1 << bits {
                let file = CatalogGenes::decode(&store.file(&ids, bits, file).unwrap()).unwrap();
                for gene in &file.genes {
                    for of in gene.datasets(n_means).unwrap() {
                        found[of.dataset as usize].push((gene.key, GeneOfDataset { dataset: 0, ..of }));
                    }
                }
            }
            assert_eq!(found, [datasets[0].genes.clone(), datasets[1].genes.clone()]);
        }
        assert_eq!(store.bits(&ids), 0);
    }

    #[test]
    fn a_file_of_many_datasets_is_small() {
        // As many genes of a file as 2 000 datasets of 30 000 genes and 15 cell types have in one of 4 096.
        let mut store = GeneStore::new().unwrap();
        let ids: Vec<String> = (0..2000).map(|at| at.to_string()).collect();
        let genes = made_up(30_000 / 4096 + 1, 15);
        ids.iter().for_each(|id| store.insert(id.clone(), &genes).unwrap());
        let bytes = store.file(&ids, 0, 0).unwrap();
        assert!(bytes.len() < 256 << 10, "{} bytes", bytes.len());
    }
}
