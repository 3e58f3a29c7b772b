//! Genes that the search names: their files are fetched once the typing rests.

use std::{collections::BTreeSet, sync::Arc};

use explorer_core::catalog::{CatalogIndex, CatalogQuery, FoundGenes, WantedGene};
use leptos::prelude::*;
use shared_fbs::genes::CatalogGenes;

use crate::{fetch::catalog_genes_bytes, owner::Alive, platform};

/// For how long nothing is typed before genes are looked for.
const REST_MILLIS: u32 = 250;

/// The genes that the search has named, of one state of the catalog.
#[derive(Clone, Copy)]
pub(super) struct GeneSearch {
    base: StoredValue<String>,
    index: Signal<Option<Arc<CatalogIndex>>>,
    query: RwSignal<CatalogQuery>,
    found: RwSignal<Arc<FoundGenes>>,
    /// What has been looked for, whether or not there is such a gene, and of which state.
    tried: StoredValue<(String, BTreeSet<String>)>,
    alive: Alive,
}

impl GeneSearch {
    pub(super) fn new(base: String, index: Signal<Option<Arc<CatalogIndex>>>, query: RwSignal<CatalogQuery>) -> Self {
        let (found, tried) = (RwSignal::new(Arc::default()), StoredValue::new((String::new(), BTreeSet::new())));
        Self { base: StoredValue::new(base), index, query, found, tried, alive: Alive::here() }
    }

    /// What has been found so far.
    pub(super) fn found(self) -> Arc<FoundGenes> {
        self.found.get()
    }

    /// Looks for what the search names by now, once the typing rests.
    pub(super) fn seek(self) {
        let text = self.text();
        let Some(index) = self.index() else { return };
        self.forget_other_state(&index);
        if self.untried(&index, &text).is_empty() {
            return;
        }
        self.alive.spawn(async move {
            platform::sleep(REST_MILLIS).await;
            if self.text() == text {
                self.find(&index, &text).await;
            }
        });
    }

    async fn find(self, index: &Arc<CatalogIndex>, text: &str) {
        let Some((state, _)) = index.gene_files() else { return };
        let base = self.base.get_value();
        for WantedGene { name, file } in self.untried(index, text) {
            self.tried.update_value(|(_, tried)| {
                tried.insert(name.clone());
            });
            let file = match catalog_genes_bytes(&base, state, file).await {
                Ok(bytes) => CatalogGenes::decode(&bytes).ok(),
                // The word is looked for in texts all the same.
                Err(_) => None,
            };
            let gene = file.and_then(|file| index.gene(&name, &file).ok().flatten());
            let is_current = self.index().is_some_and(|now| Arc::ptr_eq(&now, index));
            if let (Some(gene), true) = (gene, is_current) {
                self.found.update(|found| Arc::make_mut(found).insert(name, gene));
            }
        }
    }

    /// Other datasets have other numbers.
    fn forget_other_state(self, index: &CatalogIndex) {
        let state = index.gene_files().map_or_else(String::new, |(state, _)| state.to_owned());
        if self.tried.with_value(|(of, _)| *of != state) {
            self.tried.set_value((state, BTreeSet::new()));
            self.found.set(Arc::default());
        }
    }

    fn untried(self, index: &CatalogIndex, text: &str) -> Vec<WantedGene> {
        let mut wanted = index.wanted_genes(text);
        self.tried.with_value(|(_, tried)| wanted.retain(|gene| !tried.contains(&gene.name)));
        wanted
    }

    fn text(self) -> String {
        self.query.with_untracked(|query| query.text.clone())
    }

    fn index(self) -> Option<Arc<CatalogIndex>> {
        self.index.get_untracked()
    }
}
