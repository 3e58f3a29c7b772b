//! Whether summaries fit together, and whether sums of an engine are theirs.

use std::{collections::BTreeMap, path::Path};

use explorer_core::de::GeneMoments;

use super::{FileCorpus, merge_error::MergeError};
use crate::{Entry, Manifest, Profile, Source};

/// Refuses summaries that take other cells or values.
///
/// # Errors
/// [`MergeError::Profiles`].
pub fn check_profile(one: &FileCorpus, first: &Path, other: &FileCorpus, second: &Path) -> Result<(), MergeError> {
    let (ours, theirs) = (facts(one.manifest()), facts(other.manifest()));
    let differences: Vec<String> = ours
        .into_iter()
        .zip(theirs)
        .filter(|(ours, theirs)| ours != theirs)
        .map(|((what, ours), (_, theirs))| format!("{what} ({ours} and {theirs})"))
        .collect();
    if differences.is_empty() {
        return Ok(());
    }
    Err(MergeError::Profiles {
        first: first.display().to_string(),
        second: second.display().to_string(),
        differences: differences.join(", "),
    })
}

/// Which cells and values a corpus takes, by what it is called.
fn facts(manifest: &Manifest) -> [(&'static str, String); 10] {
    let Profile {
        name,
        primary_data_only,
        least_genes,
        known_cell_types_only,
        left_out_tissues,
        assays,
        length_assays,
        least_cptt,
    } = &*manifest.profile;
    let ids = |ids: &[String]| if ids.is_empty() { "none".to_owned() } else { ids.join(" ") };
    [
        ("profile", name.clone()),
        ("least genes of a cell", least_genes.to_string()),
        ("least counts per ten thousand", least_cptt.to_string()),
        ("primary data only", primary_data_only.to_string()),
        ("known cell types only", known_cell_types_only.to_string()),
        ("tissues left out", ids(left_out_tissues)),
        ("assays", assays.as_deref().map_or_else(|| "every one".to_owned(), ids)),
        ("assays by the length of genes", ids(length_assays)),
        ("bits of fraction", manifest.frac_bits.to_string()),
        ("bits that squares lose", manifest.square_shift.to_string()),
    ]
}

/// Takes the datasets of a summary to those that there are, by ascending id.
///
/// # Errors
/// [`MergeError::Twice`], [`MergeError::SameContent`].
pub fn take_sources(sources: &mut Vec<Source>, manifest: &Manifest, place: &Path) -> Result<(), MergeError> {
    for source in &manifest.sources {
        // A file of two organisms has a summary of each.
        let is_same = |known: &&Source| known.content == source.content && known.organism == source.organism;
        if let Some(known) = sources.iter().find(is_same).filter(|known| known.id != source.id) {
            return Err(MergeError::SameContent {
                first: known.id.clone(),
                second: source.id.clone(),
                place: place.display().to_string(),
                content: source.content.clone(),
            });
        }
        match sources.binary_search_by(|known| known.id.cmp(&source.id)) {
            Ok(_) => return Err(MergeError::Twice { id: source.id.clone(), place: place.display().to_string() }),
            Err(at) => sources.insert(at, source.clone()),
        }
    }
    Ok(())
}

/// Sums that an engine has added up, held against those of the summaries.
pub struct SumsCheck<'a> {
    sums: &'a Path,
    /// Dataset of every group.
    datasets: &'a [u32],
    /// Values of every dataset.
    n_nonzero: BTreeMap<u32, u64>,
}

impl<'a> SumsCheck<'a> {
    /// Of a file, by the dataset of every group.
    pub fn new(sums: &'a Path, datasets: &'a [u32]) -> Self {
        Self { sums, datasets, n_nonzero: BTreeMap::new() }
    }

    /// Takes in the sums of a gene, which add up to `expected` in the summaries.
    ///
    /// # Errors
    /// [`MergeError::Values`] where they add up to something else.
    pub fn check_gene(&mut self, gene: &str, entries: &[Entry], expected: GeneMoments) -> Result<(), MergeError> {
        let mut found = GeneMoments::default();
        for &(group, moments) in entries {
            // What leaves the range is another sum than that of the summaries.
            found = found.checked_add(moments).unwrap_or_default();
            *self.n_nonzero.entry(self.datasets[group as usize]).or_default() += u64::from(moments.n_nonzero);
        }
        let told = |sum: GeneMoments| format!("{} values, sum_x {} and sum_sq {}", sum.n_nonzero, sum.sum, sum.sum_sq);
        self.check(&format!("gene {gene}"), told(found), told(expected))
    }

    /// Holds the values of each dataset, by its code, against those that its summary has.
    ///
    /// # Errors
    /// [`MergeError::Values`] where they are others.
    pub fn check_datasets<'b>(&self, sources: impl Iterator<Item = (u32, &'b Source)>) -> Result<(), MergeError> {
        for (dataset, source) in sources {
            let told = |n: u64| format!("{n} values");
            let found = self.n_nonzero.get(&dataset).copied().unwrap_or_default();
            self.check(&format!("dataset {}", source.id), told(found), told(source.n_nonzero))?;
        }
        Ok(())
    }

    fn check(&self, of: &str, found: String, expected: String) -> Result<(), MergeError> {
        if found == expected {
            return Ok(());
        }
        Err(MergeError::Values { sums: self.sums.display().to_string(), of: of.to_owned(), found, expected })
    }
}
