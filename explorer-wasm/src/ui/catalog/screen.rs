//! The whole list of datasets.

use std::sync::Arc;

use explorer_core::{
    catalog::CatalogEdit,
    format::{integer, plural},
};
use leptos::{ev::KeyboardEvent, prelude::*};
use shared_fbs::api::Endpoint;

use super::{Listing, chips::CatalogChips, facets::CatalogFacets, table::CatalogTable};
use crate::{
    ui::{BrandMark, Button, ButtonKind, CorpusLinks, Glyph, SearchField, Show},
    view::view,
};

/// The list of datasets, with what narrows it.
#[component]
pub fn CatalogScreen(
    /// What is shown.
    #[prop(into)]
    listing: Signal<Arc<Listing>>,
    /// The address of the page's root.
    base: String,
    /// The names of corpora of gene expression, each with the address of its page.
    corpora: StoredValue<Vec<(String, String)>>,
    /// Called with what the user asks for.
    on_edit: Callback<CatalogEdit>,
) -> impl IntoView {
    // On narrow screens facets come over the table.
    let are_facets_open = RwSignal::new(false);
    let count = move || {
        listing.with(|listing| {
            let (n_found, n_all) = (listing.answer.found.len(), listing.index.len());
            if n_found == n_all {
                plural(n_all, "dataset", "datasets")
            } else {
                format!("{} of {}", integer(n_found as u64), plural(n_all, "dataset", "datasets"))
            }
        })
    };
    let n_collections = Memo::new(move |_| listing.with(|listing| listing.index.collections().count()));
    let collections = format!("{base}{}", Endpoint::Collections.address());
    let text = Memo::new(move |_| listing.with(|listing| listing.query.text.clone()));
    let is_filtered = move || listing.with(|listing| !listing.query.is_unfiltered());
    let close = move |event: KeyboardEvent| {
        if event.key() == "Escape" && are_facets_open.get_untracked() {
            are_facets_open.set(false);
            event.stop_propagation();
        }
    };
    view! {
        <main class="catalog" data-testid="catalog" on:keydown=close>
            <header class="catalog-head">
                <BrandMark />
                <h1>"Tessera"</h1>
                <div class="catalog-search">
                    <SearchField
                        query=text
                        on_query=move |text| on_edit.run(CatalogEdit::Text(text))
                        placeholder="Search titles, publications, cell types, genes, accessions"
                        label="Search datasets"
                        test_id="catalog-search"
                    />
                </div>
                <p class="note" role="status" data-testid="catalog-count">{count}</p>
                <Show when=move || { n_collections.get() > 0 }>
                    <a class="catalog-collections" href=collections.clone() data-testid="catalog-collections">
                        {move || plural(n_collections.get(), "collection", "collections")}
                    </a>
                </Show>
                <CorpusLinks corpora />
                <div class="catalog-filters-button">
                    <Button
                        label=Signal::derive(move || {
                            if is_filtered() { "Filters •".to_owned() } else { "Filters".to_owned() }
                        })
                        test_id="catalog-filters"
                        glyph=Glyph::Filters
                        on_press=move |()| are_facets_open.update(|is_open| *is_open = !*is_open)
                    />
                </div>
            </header>
            <aside class="catalog-side" class:is-open=move || are_facets_open.get() aria-label="Filters">
                <CatalogFacets listing on_edit />
                <div class="catalog-show">
                    <Button
                        label=Signal::derive(move || format!("Show {}", count()))
                        test_id="catalog-show"
                        kind=ButtonKind::Primary
                        on_press=move |()| are_facets_open.set(false)
                    />
                </div>
            </aside>
            <section class="catalog-main" aria-label="Datasets">
                <CatalogChips listing on_edit />
                <CatalogTable listing base on_edit />
            </section>
        </main>
    }
}
