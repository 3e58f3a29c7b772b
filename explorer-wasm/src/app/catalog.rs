//! The list of datasets: fetched, kept up to date, and asked; what is asked stands in the address.

mod genes;

use std::sync::Arc;

use explorer_core::{
    catalog::{CatalogEdit, CatalogIndex, CatalogQuery, DatasetEntry, Day},
    names::visible,
};
use leptos::prelude::*;
use shared_fbs::api::Endpoint;

use self::genes::GeneSearch;
use crate::{
    fetch::{FetchError, catalog_bytes},
    host::{FullPage, Host},
    owner::{Alive, keep},
    platform,
    ui::{CatalogScreen, DatasetCard, ErrorView, Listing, Show, StartPage},
    view::view,
};

/// How often the page asks whether there are other datasets by now. What has not changed costs an empty answer.
const REFRESH_MILLIS: u32 = 5_000;

/// The same while the server still reads genes, which somebody may have searched already.
const REFRESH_SOON_MILLIS: u32 = 1_000;

/// One day.
const DAY_MILLIS: f64 = 86_400_000.0;

/// What was fetched; `None` while it is on its way.
type Fetched = Option<Result<Arc<CatalogIndex>, FetchError>>;

/// The list of datasets.
#[component]
pub fn CatalogPage(page: StoredValue<FullPage, LocalStorage>) -> impl IntoView {
    let (fetched, alive) = (RwSignal::new(None as Fetched), Alive::here());
    let base = page.with_value(|page| page.base().to_owned());
    let retry = {
        let base = base.clone();
        Callback::new(move |()| {
            fetched.set(None);
            let base = base.clone();
            alive.spawn(async move {
                fetch(&base, fetched, &mut Vec::new()).await;
            });
        })
    };

    let asked = move || page.with_value(|page| CatalogQuery::of_address(&page.link()));
    let query = RwSignal::new(asked());
    let index = Signal::derive(move || fetched.with(|fetched| Some(Arc::clone(fetched.as_ref()?.as_ref().ok()?))));
    let genes = GeneSearch::new(base.clone(), index, query);
    keep(page.with_value(|page| {
        page.on_link(Box::new(move || {
            query.set(asked());
            genes.seek();
        }))
    }));
    let is_static = page.with_value(FullPage::is_of_static_site);
    alive.spawn({
        let base = base.clone();
        async move {
            let mut bytes = Vec::new();
            fetch(&base, fetched, &mut bytes).await;
            genes.seek();
            if !is_static {
                keep_fetched(&base, fetched, bytes, genes).await;
            }
        }
    });
    let edit = Callback::new(move |edit: CatalogEdit| {
        // What is typed is one step, not one for every letter.
        let is_step = !matches!(edit, CatalogEdit::Text(_));
        query.update(|query| query.apply(edit));
        if !is_step {
            genes.seek();
        }
        let link = query.with_untracked(CatalogQuery::to_address);
        page.with_value(|page| if is_step { page.push_link(&link) } else { page.write_link(&link) });
    });

    let listing = Memo::new(move |_| Some(Arc::new(Listing::of(index.get()?, query.get(), genes.found(), today()))));
    let failure = Memo::new(move |_| fetched.with(|fetched| fetched.as_ref()?.as_ref().err().map(ToString::to_string)));
    // Among so few there is nothing to choose by.
    let is_short = Memo::new(move |_| {
        let is_short = |listing: &Arc<Listing>| listing.index.len() < 2 && listing.query.is_unfiltered();
        listing.with(|listing| listing.as_ref().is_none_or(is_short))
    });
    let cards = {
        let base = base.clone();
        Signal::derive(move || {
            let listing = listing.get()?;
            Some(listing.index.datasets().map(|entry| card(&base, entry)).collect::<Vec<_>>())
        })
    };
    let shown = Signal::derive(move || listing.get().unwrap_or_default());
    let corpora: Vec<(String, String)> = page.with_value(|page| {
        let named = |page: String| (page.rsplit('/').next().unwrap_or_default().to_owned(), format!("{base}{page}"));
        page.corpora().into_iter().map(named).collect()
    });
    let corpora = StoredValue::new(corpora);
    view! {
        <Show
            when=move || failure.with(Option::is_none)
            fallback=move || view! {
                <ErrorView
                    title="The list of datasets could not be loaded"
                    text=Signal::derive(move || failure.get().unwrap_or_default())
                    on_retry=retry
                />
            }
        >
            <Show
                when=move || is_short.get()
                fallback={
                    let base = base.clone();
                    move || view! { <CatalogScreen listing=shown base=base.clone() corpora on_edit=edit /> }
                }
            >
                <StartPage datasets=cards corpora />
            </Show>
        </Show>
    }
}

/// Fetches the catalog again and again, as long as the page is in sight; `bytes` are those of the last one.
async fn keep_fetched(base: &str, fetched: RwSignal<Fetched>, mut bytes: Vec<u8>, genes: GeneSearch) {
    loop {
        let awaits_genes = fetched.with_untracked(|fetched| matches!(fetched, Some(Ok(index)) if index.awaits_genes()));
        platform::sleep(if awaits_genes { REFRESH_SOON_MILLIS } else { REFRESH_MILLIS }).await;
        FullPage::in_sight().await;
        fetch(base, fetched, &mut bytes).await;
        genes.seek();
    }
}

/// Fetches the catalog; `bytes` are those of the last one. A list that is there already outlives a failure.
async fn fetch(base: &str, fetched: RwSignal<Fetched>, bytes: &mut Vec<u8>) {
    let outcome = match catalog_bytes(base).await {
        Ok(same) if same == *bytes && fetched.with_untracked(|fetched| matches!(fetched, Some(Ok(_)))) => return,
        Ok(other) => {
            let index = CatalogIndex::decode(&other).map_err(FetchError::Catalog);
            *bytes = other;
            index
        }
        Err(error) => Err(error),
    };
    match outcome {
        Ok(index) => fetched.set(Some(Ok(Arc::new(index)))),
        Err(error) if fetched.with_untracked(|fetched| !matches!(fetched, Some(Ok(_)))) => {
            fetched.set(Some(Err(error)));
        }
        Err(_) => {}
    }
}

fn today() -> Day {
    Day((js_sys::Date::now() / DAY_MILLIS) as u32)
}

fn card(base: &str, entry: DatasetEntry<'_>) -> DatasetCard {
    let id = entry.id();
    DatasetCard {
        href: format!("{base}{}", Endpoint::Page { id: id.into() }.address()),
        id: id.to_owned(),
        title: visible(entry.title()).into_owned(),
        n_obs: u64::from(entry.n_obs()),
        n_vars: u64::from(entry.n_vars()),
    }
}
