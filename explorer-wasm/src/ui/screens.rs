//! What fills the page when there is no picture: a choice, a wait, a failure.

use explorer_core::format::{integer, plural};
use leptos::prelude::*;

use super::{BrandMark, Button, ButtonKind, Glyph, Icon, Progress, Show};
use crate::view::view;

/// A dataset to open.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct DatasetCard {
    /// Where it opens.
    pub href: String,
    /// Its id, as in its address.
    pub id: String,
    /// Its title.
    pub title: String,
    /// Number of cells.
    pub n_obs: u64,
    /// Number of genes.
    pub n_vars: u64,
}

/// The datasets that the server serves.
#[component]
pub fn StartPage(
    /// The datasets; `None` while they are on their way.
    #[prop(into)]
    datasets: Signal<Option<Vec<DatasetCard>>>,
    /// The names of corpora of gene expression, each with the address of its page.
    corpora: StoredValue<Vec<(String, String)>>,
) -> impl IntoView {
    let cards = move || {
        datasets
            .get()
            .unwrap_or_default()
            .into_iter()
            .map(|card| {
                view! {
                    <li>
                        <a class="dataset-card" href=card.href data-testid=format!("dataset-{}", card.id)>
                            <span class="dataset-title ellipsis">{card.title}</span>
                            <span class="dataset-sizes">
                                <span><strong>{integer(card.n_obs)}</strong>" cells"</span>
                                {(card.n_vars > 0)
                                    .then(|| view! { <span><strong>{integer(card.n_vars)}</strong>" genes"</span> })}
                            </span>
                            <Icon glyph=Glyph::ChevronRight />
                        </a>
                    </li>
                }
            })
            .collect_view()
    };
    let empty = move || {
        corpora.with_value(Vec::is_empty) && datasets.with(|datasets| datasets.as_ref().is_some_and(Vec::is_empty))
    };
    view! {
        <main class="screen start" data-testid="start-page">
            <header class="start-head">
                <BrandMark />
                <h1>"Tessera"</h1>
                <p class="note">
                    {move || datasets.with(|datasets| match datasets {
                        None => String::new(),
                        Some(datasets) => plural(datasets.len(), "dataset", "datasets"),
                    })}
                </p>
                <CorpusLinks corpora />
            </header>
            <Show when=move || datasets.with(Option::is_none)>
                <div class="start-loading" aria-busy="true" aria-label="Loading the list of datasets">
                    {(0..3).map(|_| view! { <div class="skeleton"></div> }).collect_view()}
                </div>
            </Show>
            <ul class="start-cards" aria-label="Datasets">{cards}</ul>
            <Show when=empty>
                <div class="start-empty">
                    <h2>"No datasets are served yet"</h2>
                    <p>"Start the server with an AnnData file, and it is tiled and listed here:"</p>
                    <pre><code>"tile-server serve my.h5ad"</code></pre>
                </div>
            </Show>
        </main>
    }
}

/// The ways to Gene Expression over corpora.
#[component]
pub fn CorpusLinks(
    /// Their names, each with the address of its page.
    corpora: StoredValue<Vec<(String, String)>>,
) -> impl IntoView {
    let is_one = corpora.with_value(|corpora| corpora.len() == 1);
    let links = corpora.get_value().into_iter().map(|(name, address)| {
        let text = if is_one { "Gene Expression".to_owned() } else { format!("Gene Expression: {name}") };
        view! { <a class="corpus-link" href=address data-testid=format!("corpus-{name}")>{text}</a> }
    });
    links.collect_view()
}

/// A wait, with how far it is.
#[component]
pub fn LoadingView(
    /// What is awaited: the dataset's title, say.
    #[prop(into)]
    title: Signal<String>,
    /// What is being done.
    #[prop(into)]
    text: Signal<String>,
    /// How far, 0 to 1; `None` when unknown.
    #[prop(into)]
    fraction: Signal<Option<f64>>,
) -> impl IntoView {
    view! {
        <div class="screen screen-center" role="status" data-testid="loading">
            <div class="screen-box">
                <p class="screen-title ellipsis">{move || title.get()}</p>
                <Progress fraction label="Loading" />
                <p class="note">{move || text.get()}</p>
            </div>
        </div>
    }
}

/// A failure in a plain sentence, and what to do.
#[component]
pub fn ErrorView(
    /// What failed, as a heading.
    #[prop(into)]
    title: Signal<String>,
    /// Why, in a sentence, where the title does not tell.
    #[prop(optional, into)]
    text: Signal<String>,
    /// The exact cause, for a report; may be empty.
    #[prop(optional, into)]
    detail: Signal<String>,
    /// Where to go instead: what to call it, and its address.
    #[prop(optional, into)]
    link: Option<(String, String)>,
    /// Called to try again; without it there is no button.
    #[prop(optional, into)]
    on_retry: Option<Callback<()>>,
) -> impl IntoView {
    view! {
        <div class="screen screen-center" role="alert" data-testid="error">
            <div class="screen-box">
                <Icon glyph=Glyph::Warning />
                <h2 class="screen-title">{move || title.get()}</h2>
                <Show when=move || text.with(|text| !text.is_empty())>
                    <p>{move || text.get()}</p>
                </Show>
                <Show when=move || detail.with(|detail| !detail.is_empty())>
                    <details class="screen-detail" data-testid="error-detail">
                        <summary>"Technical details"</summary>
                        <pre><code>{move || detail.get()}</code></pre>
                    </details>
                </Show>
                <div class="screen-ways">
                    {on_retry
                        .map(|on_retry| {
                            view! {
                                <Button
                                    label="Try again"
                                    test_id="error-retry"
                                    kind=ButtonKind::Primary
                                    on_press=on_retry
                                />
                            }
                        })}
                    {link.map(|(label, href)| view! { <a href=href data-testid="error-link">{label}</a> })}
                </div>
            </div>
        </div>
    }
}

/// A part of the page that has nothing to show, and why.
#[component]
pub fn EmptyView(
    /// What there is not, as a heading.
    #[prop(into)]
    title: Signal<String>,
    /// Why, or what would help.
    #[prop(into)]
    text: Signal<String>,
) -> impl IntoView {
    view! {
        <div class="screen screen-center" data-testid="empty">
            <div class="screen-box">
                <h2 class="screen-title">{move || title.get()}</h2>
                <p class="note">{move || text.get()}</p>
            </div>
        </div>
    }
}
