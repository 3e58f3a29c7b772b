//! The table of datasets. On narrow screens each row is a card.

use std::sync::Arc;

use explorer_core::{
    catalog::{CatalogEdit, Collection, DatasetEntry, LabelFacet, SortDirection, SortKey},
    format::{MISSING, first_of, integer},
    names::visible,
};
use leptos::prelude::*;
use shared_fbs::api::{Endpoint, PosterName};

use super::Listing;
use crate::{
    ui::{Button, Glyph, Icon, Show, VirtualList},
    view::view,
};

/// Columns of labels.
const LABELS: [LabelFacet; 4] = [LabelFacet::Tissue, LabelFacet::Disease, LabelFacet::Assay, LabelFacet::Organism];

/// Labels of a dataset that are named in a row.
const NAMED: usize = 2;

/// Cell types of a gene that are named in a row.
const NAMED_TYPES: usize = 3;

/// The datasets found.
#[component]
pub fn CatalogTable(
    /// What is shown.
    #[prop(into)]
    listing: Signal<Arc<Listing>>,
    /// The address of the page's root.
    base: String,
    /// Called with what the user asks for.
    on_edit: Callback<CatalogEdit>,
) -> impl IntoView {
    let n_found = Memo::new(move |_| listing.with(|listing| listing.answer.found.len()));
    // A new question begins at the top of its answer.
    let query = Memo::new(move |_| listing.with(|listing| listing.query.clone()));
    let base = StoredValue::new(base);
    let row = Callback::new(move |at: usize| view! { <DatasetRow at listing base /> }.into_any());
    let awaits_genes = Memo::new(move |_| listing.with(|listing| listing.awaits_genes()));
    let none = move || if awaits_genes.get() { "No dataset matches yet" } else { "No dataset matches" };
    let advice = move || match awaits_genes.get() {
        true => "Genes of the datasets are still being read; those that have this one will be listed.",
        false => "Take away a filter, or search for other words.",
    };
    let head = move || {
        view! {
            <div class="catalog-headings" role="row">
                <Heading label="Dataset" key=SortKey::Title listing on_edit />
                {LABELS.into_iter().map(|facet| view! { <div role="columnheader">{facet.title()}</div> }).collect_view()}
                <Heading label="Published" key=SortKey::Published listing on_edit />
                <Heading label="Cells" key=SortKey::Cells listing on_edit />
                <Heading label="Genes per cell" key=SortKey::GenesPerCell listing on_edit />
                <div role="columnheader"><span class="visually-hidden">"Open"</span></div>
            </div>
        }
    };
    view! {
        <div class="catalog-table">
            <Show when=move || awaits_genes.get() && n_found.get() != 0>
                <p class="note catalog-awaits" role="status" data-testid="catalog-awaits">{advice}</p>
            </Show>
            <div
                class="catalog-rows"
                role="table"
                aria-label="Datasets"
                aria-rowcount=move || (n_found.get() + 1).to_string()
                data-testid="catalog-table"
            >
                <VirtualList
                    count=n_found
                    row_height="--catalog-row"
                    role="rowgroup"
                    label="Datasets"
                    head
                    show_row=Signal::derive(move || query.with(|_| Some(0)))
                    row
                />
            </div>
            <Show when=move || n_found.get() == 0>
                <div class="catalog-none" data-testid="catalog-none">
                    <h2>{none}</h2>
                    <p class="note" role="status">{advice}</p>
                    <Button label="Clear all" on_press=move |()| on_edit.run(CatalogEdit::Clear) />
                </div>
            </Show>
        </div>
    }
}

#[component]
fn Heading(
    label: &'static str,
    key: SortKey,
    listing: Signal<Arc<Listing>>,
    on_edit: Callback<CatalogEdit>,
) -> impl IntoView {
    let sorted = move || {
        let sort = listing.with(|listing| listing.query.sort);
        (sort.key == key).then_some(match sort.direction {
            SortDirection::Ascending => "ascending",
            SortDirection::Descending => "descending",
        })
    };
    view! {
        <div role="columnheader" class="sort-heading" aria-sort=move || sorted().unwrap_or("none")>
            <button
                type="button"
                data-testid=format!("catalog-sort-{}", key.name())
                on:click=move |_| on_edit.run(CatalogEdit::Sort(key))
            >
                <span>{label}</span>
                <Icon glyph=Glyph::ChevronDown />
            </button>
        </div>
    }
}

/// What a row says.
#[derive(Clone, Debug, PartialEq)]
struct RowText {
    id: String,
    href: String,
    about: String,
    title: String,
    /// What its collection is called, and where it is described.
    collection: Option<(String, String)>,
    /// What it has of the genes that are searched: in short and in full.
    genes: Option<(String, String)>,
    /// How its file follows the schema, where that is known.
    schema: Option<String>,
    /// Of each column of labels: in short and in full.
    labels: Vec<(String, String)>,
    published: String,
    n_obs: String,
    genes_per_cell: String,
    /// Its small poster on light and on dark, where it has any.
    poster: Option<[String; 2]>,
}

impl RowText {
    fn of(entry: DatasetEntry<'_>, listing: &Listing, base: &str) -> Self {
        let collection = entry.collection();
        let labels = LABELS.map(|facet| {
            let names: Vec<String> = entry.labels(facet).map(|name| visible(name).into_owned()).collect();
            let short = if names.is_empty() { MISSING.to_owned() } else { first_of(&names, NAMED) };
            (short, names.join(", "))
        });
        let publication = |found: Collection<'_>| {
            let name = visible(found.publication().unwrap_or_else(|| found.title())).into_owned();
            (name, format!("{base}{}", Endpoint::Collection { id: found.id().into() }.address()))
        };
        let published = collection.and_then(Collection::published);
        Self {
            id: entry.id().to_owned(),
            href: format!("{base}{}", Endpoint::Page { id: entry.id().into() }.address()),
            about: format!("{base}{}", Endpoint::About { id: entry.id().into() }.address()),
            title: visible(entry.title()).into_owned(),
            collection: collection.map(publication),
            genes: genes_of(entry, listing),
            schema: entry.labels(LabelFacet::Schema).next().map(|words| format!("schema: {}", visible(words))),
            labels: labels.into(),
            published: published.map_or_else(|| MISSING.to_owned(), |day| day.to_string()),
            n_obs: integer(u64::from(entry.n_obs())),
            genes_per_cell: entry
                .genes_per_cell()
                .map_or_else(|| MISSING.to_owned(), |genes| integer(genes.round() as u64)),
            poster: entry.has_poster().then(|| {
                let address = |name| format!("{base}{}", Endpoint::Poster { id: entry.id().into(), name }.address());
                [PosterName::LightSmall, PosterName::DarkSmall].map(address)
            }),
        }
    }
}

/// What a dataset has of the genes that are searched, if it has one: with the cell types of the largest means, and with all.
fn genes_of(entry: DatasetEntry<'_>, listing: &Listing) -> Option<(String, String)> {
    let found = listing.genes.named(&listing.query.text).filter_map(|(name, gene)| Some((name, entry.gene(gene)?)));
    let found: Vec<_> = found.collect();
    let text = |most: usize| {
        let texts: Vec<String> = found.iter().map(|(name, gene)| gene.text(name, entry.n_obs(), most)).collect();
        texts.join("; ")
    };
    (!found.is_empty()).then(|| (text(NAMED_TYPES), text(usize::MAX)))
}

#[component]
fn DatasetRow(at: usize, listing: Signal<Arc<Listing>>, base: StoredValue<String>) -> impl IntoView {
    let text = Memo::new(move |_| {
        listing.with(|listing| base.with_value(|base| listing.row(at).map(|entry| RowText::of(entry, listing, base))))
    });
    move || {
        text.get().map(|row| {
            let RowText {
                id,
                href,
                about,
                title,
                collection,
                genes,
                schema,
                labels,
                published,
                n_obs,
                genes_per_cell,
                poster,
            } = row;
            // A row has one line for both.
            let collection = collection.filter(|_| genes.is_none());
            let label = |(short, full): (String, String)| {
                view! { <div role="cell" class="catalog-labels" title=full><bdi>{short}</bdi></div> }
            };
            view! {
                <div class="catalog-row" role="row" aria-rowindex=(at + 2).to_string()>
                    <div role="cell" class="catalog-title">
                        <a class="ellipsis" href=href.clone() title=title.clone() data-testid=format!("dataset-{id}")>
                            {title.clone()}
                        </a>
                        {genes
                            .map(|(short, full)| {
                                view! { <span class="ellipsis catalog-genes-found" title=full>{short}</span> }
                            })}
                        {collection
                            .map(|(name, address)| {
                                view! { <a class="ellipsis catalog-collection" href=address><bdi>{name}</bdi></a> }
                            })}
                        {schema.map(|words| view! { <span class="catalog-schema">{words}</span> })}
                        {poster
                            .map(|[light, dark]| {
                                view! {
                                    <picture class="catalog-poster">
                                        <source media="(prefers-color-scheme: dark)" srcset=dark />
                                        <img src=light alt=format!("The cells of {title}") loading="lazy" decoding="async" />
                                    </picture>
                                }
                            })}
                    </div>
                    {labels.into_iter().map(label).collect_view()}
                    <div role="cell" class="catalog-published">{published}</div>
                    <div role="cell" class="catalog-number">{n_obs}<span class="catalog-unit">" cells"</span></div>
                    <div role="cell" class="catalog-number catalog-genes">{genes_per_cell}</div>
                    <div role="cell" class="catalog-open">
                        <a
                            class="icon-button"
                            href=format!("{about}#download")
                            aria-label=format!("Download {title}")
                            title="Download, cite"
                        >
                            <Icon glyph=Glyph::Download />
                        </a>
                        <a class="button" href=href aria-label=format!("Explore {title}")>"Explore"</a>
                    </div>
                </div>
            }
        })
    }
}
