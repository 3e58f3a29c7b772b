//! Where a catalog has a gene, and what its datasets have of it.

use shared_fbs::{
    DecodeError,
    genes::{CatalogGenes, GeneOfDataset, file_of, key_of, mean_of},
};

use super::{
    facet::LabelFacet,
    genes::{FoundGene, GeneSummary},
    index::{CatalogIndex, DatasetEntry, DatasetIdx},
    text::words_of,
};
use crate::sorting::sort_by;

/// Letters of a gene's name, at least and at most.
const NAME_CHARS: std::ops::RangeInclusive<usize> = 2..=24;

/// A name that may be a gene's, and the file that has it then.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct WantedGene {
    /// The name, in lower case.
    pub name: String,
    /// The number of the file.
    pub file: u32,
}

impl CatalogIndex {
    /// The words of a text that may be genes' names, and where to find them; none where the catalog tells of no genes.
    pub fn wanted_genes(&self, text: &str) -> Vec<WantedGene> {
        let Some((_, bits)) = self.gene_files() else { return Vec::new() };
        let wanted = |name: String| WantedGene { file: file_of(key_of(&name), bits), name };
        gene_names_of(text).map(wanted).collect()
    }

    /// Whether a text has words that may be genes' names while those are still being read: what has them is not found yet.
    pub fn awaits_genes_of(&self, text: &str) -> bool {
        self.awaits_genes() && gene_names_of(text).next().is_some()
    }

    /// The gene of a name, out of its file; `None` where no dataset has it.
    ///
    /// # Errors
    /// When what the file says of it is not of this catalog.
    pub fn gene(&self, name: &str, file: &CatalogGenes) -> Result<Option<FoundGene>, DecodeError> {
        let n_means = |dataset: u32| {
            let entry = ((dataset as usize) < self.len()).then(|| self.dataset(DatasetIdx(dataset)))?;
            Some(entry.labels(LabelFacet::CellType).count())
        };
        let found = file.find(key_of(name)).map(|gene| gene.datasets(n_means)).transpose()?;
        Ok(found.map(FoundGene::of))
    }
}

/// The words of a text that may be genes' names, in lower case.
fn gene_names_of(text: &str) -> impl Iterator<Item = String> {
    let is_of_name = |c: char| c.is_ascii_alphanumeric() || "-_.:/".contains(c);
    words_of(text).filter(move |word| NAME_CHARS.contains(&word.len()) && word.chars().all(is_of_name))
}

impl<'a> DatasetEntry<'a> {
    /// What it has of a gene; `None` where it has no such gene.
    pub fn gene(self, gene: &FoundGene) -> Option<GeneSummary<'a>> {
        let GeneOfDataset { n_cells, means, .. } = gene.of_dataset(self.idx().0)?;
        let labels = self.stored_labels(LabelFacet::CellType);
        let mut means: Vec<(&str, f64)> = labels.zip(means.iter().map(|&step| mean_of(step))).collect();
        sort_by(&mut means, |a, b| b.1.total_cmp(&a.1).then(a.0.cmp(b.0)));
        Some(GeneSummary { n_cells: *n_cells, means })
    }
}

#[cfg(test)]
mod tests {
    use shared_fbs::{
        catalog::Catalog,
        genes::{CatalogGene, FORMAT_VERSION, step_of},
    };

    use super::*;
    use crate::{
        catalog::{CatalogQuery, Day, FoundGenes, made_up::made_up},
        format::percent,
    };

    #[test]
    fn a_gene_finds_the_datasets_that_have_it() {
        let mut catalog = made_up(40);
        (catalog.genes, catalog.gene_bits) = (Some("genes/0".to_owned()), 2);
        let index = CatalogIndex::of(catalog).unwrap();
        let of = |dataset: u32, n_cells: u32| {
            let n = index.dataset(DatasetIdx(dataset)).labels(LabelFacet::CellType).count();
            let means =
                if n_cells == 0 { Vec::new() } else { (0..n).map(|at| step_of(1.2_f64.powi(at as i32))).collect() };
            GeneOfDataset { dataset, n_cells, means }
        };
        let genes = vec![CatalogGene::of(key_of("CD3D"), &[of(3, 0), of(7, 120)])];
        let file = CatalogGenes { format_version: FORMAT_VERSION, genes };

        let wanted = index.wanted_genes("Cd3d (x");
        assert_eq!(wanted, [WantedGene { name: "cd3d".to_owned(), file: file_of(key_of("CD3D"), 2) }]);
        let mut found = FoundGenes::default();
        assert!(index.gene("cd4", &file).unwrap().is_none());
        found.insert(wanted[0].name.clone(), index.gene("cd3d", &file).unwrap().unwrap());

        let query = CatalogQuery { text: "CD3D".to_owned(), ..CatalogQuery::default() };
        assert!(index.answer(&query, &FoundGenes::default(), Day(20_000)).found.is_empty());
        let mut answer = index.answer(&query, &found, Day(20_000)).found;
        answer.sort();
        assert_eq!(answer, [DatasetIdx(3), DatasetIdx(7)]);

        let (name, gene) = found.named("CD3D in t cells").next().unwrap();
        let [lacking, having] = [0, 7].map(|at| index.dataset(DatasetIdx(at)).gene(gene));
        let having = having.unwrap();
        assert_eq!((name, lacking, having.n_cells), ("cd3d", None, 120));
        // The labels of the file are sorted, so that the last has the largest mean.
        let last = index.dataset(DatasetIdx(7)).stored_labels(LabelFacet::CellType).last().unwrap();
        assert_eq!(having.means[0].0, last);
        assert!(having.means.is_sorted_by(|a, b| a.1 >= b.1));
        let text = GeneSummary { n_cells: 120, means: vec![("T cell", 2.0), ("B cell", 0.0)] }.text("cd3d", 480, 2);
        assert_eq!(text, format!("CD3D in 120 cells ({}), mean 2.0 in T cell", percent(0.25)));
    }

    #[test]
    fn a_catalog_without_files_of_genes_wants_none() {
        let index = CatalogIndex::of(made_up(3)).unwrap();
        assert!(index.wanted_genes("CD3D").is_empty() && !index.awaits_genes_of("CD3D"));
        let index = CatalogIndex::of(Catalog { awaits_genes: true, ..made_up(3) }).unwrap();
        assert!(index.wanted_genes("CD3D").is_empty() && index.awaits_genes_of("CD3D"));
        assert!(!index.awaits_genes_of("") && !index.awaits_genes_of("a"));
    }
}
