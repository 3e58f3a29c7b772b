use std::{cmp::Reverse, collections::BTreeMap};

use super::AnswerTable;
use crate::{Dimension, Manifest, Options, Query, Source};

/// A dataset of a corpus.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct ShownSource<'a> {
    /// What it is.
    pub source: &'a Source,
    /// Its cells that pass the filters of a question.
    pub n_shown: u64,
}

impl<'a> ShownSource<'a> {
    /// The datasets of a question's organism, those with the most cells that pass its filters first. `options` are those of
    /// the question.
    pub fn all(query: &Query, options: &Options, manifest: &'a Manifest) -> Vec<Self> {
        // The options of a dimension are those that its own filter does not narrow.
        let chosen = query.filters.get(&Dimension::Dataset);
        let counted = options.get(&Dimension::Dataset).into_iter().flatten();
        let left: BTreeMap<&str, u64> = counted
            .filter(|(term, _)| chosen.is_none_or(|chosen| chosen.contains(&term.id)))
            .map(|(term, n_cells)| (term.id.as_str(), *n_cells))
            .collect();
        let of_organism = manifest.sources.iter().filter(|source| source.organism == query.organism);
        let shown =
            |source: &'a Source| Self { n_shown: left.get(source.id.as_str()).copied().unwrap_or_default(), source };
        let mut all: Vec<Self> = of_organism.map(shown).collect();
        all.sort_by_key(|shown| Reverse(shown.n_shown));
        all
    }

    /// A row for each dataset.
    pub fn to_table(all: &[Self], query: &Query, manifest: &Manifest) -> AnswerTable {
        let mut table = AnswerTable::of(manifest, &query.organism, &[("filter", &query.filters)]);
        let text = |text: &'a Option<String>| text.as_deref().unwrap_or_default();
        table.texts("dataset_id", all.iter().map(|of| of.source.id.as_str()));
        table.texts("title", all.iter().map(|of| text(&of.source.title)));
        table.texts("citation", all.iter().map(|of| text(&of.source.citation)));
        table.texts("file", all.iter().map(|of| of.source.file.as_str()));
        table.integers("n_cells_shown", all.iter().map(|of| of.n_shown));
        table.integers("n_cells_of_corpus", all.iter().map(|of| of.source.n_cells.into()));
        table.integers("n_cells_of_file", all.iter().map(|of| of.source.n_obs.into()));
        table.texts("counts", all.iter().map(|of| of.source.matrix.as_str()));
        table
    }
}
