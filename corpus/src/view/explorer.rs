//! From a corpus back to the Explorer on one of its datasets.

use std::collections::BTreeSet;

use explorer_core::{
    dataset::Tiles,
    state::{Analysis, CellQuery, ColorBy, Filters as CellFilters, GeneKey, Label, LabelFilter, ObsFilter, ViewSpec},
};
use expression::Ontology;

use crate::{Corpus, Dimension, Filters as CorpusFilters, Profile, Query, Source, query::passing};

impl<T: Tiles> Corpus<T> {
    /// The link of the Explorer's view of a dataset in which the cells that filters leave are selected, by the labels of the
    /// columns that the CELLxGENE schema has, and all colored by a question's first gene. Of a dataset that the corpus has not
    /// taken whole, only primary data and what its profile takes are selected; cells of few genes are, too, since no column
    /// tells them. A dataset has other columns where it was summarized by these: the Explorer tells then.
    ///
    /// # Errors
    /// When a tile cannot be read.
    pub async fn explorer_link(&self, query: &Query, dataset: &str, ontology: &Ontology) -> Result<String, T::Error> {
        let mut filters = CellFilters::default();
        for part in self.parts_of(&query.organism) {
            let values = self.values(part).await?;
            let Some(of_dataset) = values[Dimension::Dataset as usize].code(dataset) else { continue };
            let groups = self.groups(part, 0).await?;
            let datasets = groups.codes_of(Dimension::Dataset).unwrap_or_default();
            let is_whole = |source: &Source| source.id != dataset || source.n_cells == source.n_obs;
            let taken = match self.manifest().sources.iter().all(is_whole) {
                true => Vec::new(),
                false => narrowed_by(&self.manifest().profile),
            };
            if !taken.is_empty() && self.manifest().profile.primary_data_only {
                let primary = LabelFilter::Only([Label::Named(TRUE.to_owned())].into());
                filters.obs.insert(PRIMARY.to_owned(), ObsFilter::Labels(primary));
            }
            let asked = query.filters.iter().map(|(&dimension, ids)| (dimension, Some(ids)));
            for (dimension, ids) in asked.chain(taken.into_iter().map(|dimension| (dimension, None))) {
                let Some((_, column)) = narrowing(dimension).columns() else { continue };
                let of_dimension = ids.map(|ids| CorpusFilters::from([(dimension, ids.clone())])).unwrap_or_default();
                let is_taken = passing(&[&of_dimension], groups, values, ontology);
                let codes = groups.codes_of(narrowing(dimension)).unwrap_or_default();
                let terms = &values[narrowing(dimension) as usize].terms;
                let labels: BTreeSet<Label> = (0..groups.len())
                    .filter(|&group| is_taken[group] && datasets[group] == of_dataset)
                    .map(|group| Label::Named(terms[codes[group] as usize].label.clone()))
                    .collect();
                let only = LabelFilter::Only(labels);
                // Tissues go by one column, however they are named.
                let only = match filters.obs.get(column).and_then(ObsFilter::labels) {
                    Some(others) => others.and(&only),
                    None => only,
                };
                filters.obs.insert(column.to_owned(), ObsFilter::Labels(only));
            }
        }
        let color = query.genes.first().map_or(ColorBy::None, |gene| ColorBy::Gene(GeneKey::new(gene.clone())));
        let query = CellQuery { subset: Vec::new(), filters };
        let view = ViewSpec { analysis: Analysis { color, query, ..Analysis::default() }, ..ViewSpec::default() };
        Ok(view.to_link())
    }
}

/// The column of files that follow the CELLxGENE schema that says which cells are in no other dataset, and what it says.
const PRIMARY: &str = "is_primary_data";
const TRUE: &str = "True";

/// The dimensions by which a profile takes cells.
fn narrowed_by(profile: &Profile) -> Vec<Dimension> {
    let tissues = (!profile.left_out_tissues.is_empty()).then_some(Dimension::TissueOriginal);
    let types = profile.known_cell_types_only.then_some(Dimension::CellType);
    let assays = profile.assays.is_some().then_some(Dimension::Assay);
    [tissues, types, assays].into_iter().flatten().collect()
}

/// The dimension whose column of a file narrows cells as another does: the general tissue is in no file.
fn narrowing(dimension: Dimension) -> Dimension {
    match dimension {
        Dimension::Tissue => Dimension::TissueOriginal,
        Dimension::TissueOriginal
        | Dimension::CellType
        | Dimension::Dataset
        | Dimension::Donor
        | Dimension::Disease
        | Dimension::Ethnicity
        | Dimension::Sex
        | Dimension::Publication
        | Dimension::Assay
        | Dimension::DevelopmentStage => dimension,
    }
}
