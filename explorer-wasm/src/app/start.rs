//! The start page: the datasets that the server has.

use leptos::prelude::*;
use shared_fbs::api::{DatasetDescription, Endpoint};
use wasm_bindgen_futures::spawn_local;

use crate::{
    fetch::{FetchError, list_datasets},
    ui::{DatasetCard, ErrorView, StartPage},
};

type Listed = Option<Result<Vec<DatasetCard>, FetchError>>;

/// The start page.
#[component]
pub fn Start(base: String) -> impl IntoView {
    let listed = RwSignal::new(None as Listed);
    let ask = Callback::new(move |()| {
        listed.set(None);
        let base = base.clone();
        spawn_local(async move {
            let datasets = list_datasets(&base).await;
            listed.set(Some(datasets.map(|entries| entries.into_iter().map(|entry| card(&base, entry)).collect())));
        });
    });
    ask.run(());
    let failure = Memo::new(move |_| listed.with(|listed| listed.as_ref()?.as_ref().err().map(ToString::to_string)));
    let datasets = move || listed.with(|listed| listed.as_ref()?.as_ref().ok().cloned());
    view! {
        <Show
            when=move || failure.with(Option::is_none)
            fallback=move || view! {
                <ErrorView
                    title="The list of datasets could not be loaded"
                    text=Signal::derive(move || failure.get().unwrap_or_default())
                    on_retry=ask
                />
            }
        >
            <StartPage datasets=Signal::derive(datasets) />
        </Show>
    }
}

fn card(base: &str, entry: DatasetDescription) -> DatasetCard {
    DatasetCard {
        href: format!("{base}{}", Endpoint::Page { id: entry.id.as_str().into() }.address()),
        id: entry.id,
        title: entry.title,
        n_obs: entry.n_obs,
        n_vars: entry.n_vars,
    }
}
