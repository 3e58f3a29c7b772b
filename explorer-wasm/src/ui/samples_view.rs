//! The result of a comparison of samples: a table of genes, and each sample's means of one of them.

use std::sync::Arc;

use explorer_core::{
    data::{GeneIdx, GeneNames},
    de::{Direction, PseudobulkTable},
    format::{p_value, plural, signed, significant},
    screen::{SampleColumn, SampleSort},
    state::Comparison,
};
use leptos::{html, prelude::*};

use super::{
    Button, ButtonKind, Cut, DeSummary, Glyph, Icon, IconButton, SamplePair, VirtualList,
    de_view::Caution,
    gene_heading::GeneHeading,
    result_edge::ResultEdge,
    result_facts::Facts,
    test_choice::{Awaited, TestChoice, TestOffer},
};
use crate::view::view;

/// The result, in the place of a comparison of cells.
#[component]
pub fn SamplesView(
    /// What was compared.
    #[prop(into)]
    summary: Signal<DeSummary>,
    /// The statistics.
    #[prop(into)]
    table: Signal<Option<Arc<PseudobulkTable>>>,
    /// What the genes are called, in the table's order.
    #[prop(into)]
    names: Signal<Arc<GeneNames>>,
    /// The id of the gene that cells are colored by.
    #[prop(into)]
    colored: Signal<Option<String>>,
    /// The means of a gene in each sample.
    #[prop(into)]
    pairs_of: Callback<u32, Vec<SamplePair>>,
    /// Called with the id of the gene to color by.
    #[prop(into)]
    on_gene: Callback<String>,
    /// Called to save the whole table as CSV.
    #[prop(into)]
    on_export: Callback<()>,
    /// Called to close the result.
    #[prop(into)]
    on_close: Callback<()>,
    /// What is asked.
    #[prop(into)]
    asked: Signal<Option<Comparison>>,
    /// What else may be.
    offer: TestOffer,
    /// How far the answer is that is not shown yet.
    #[prop(into)]
    awaited: Signal<Awaited>,
    /// Called with what is asked instead.
    #[prop(into)]
    on_change: Callback<Comparison>,
    /// Called to go back to what is shown.
    #[prop(into)]
    on_cancel: Callback<()>,
) -> impl IntoView {
    let query = RwSignal::new(String::new());
    let sort = RwSignal::new(SampleSort::default());
    let rows = Memo::new(move |_| -> Arc<[u32]> {
        let (sort, names, query) = (sort.get(), names.get(), query.get());
        table.with(|table| table.as_ref().map_or_else(Vec::new, |table| sort.order(table, &names, &query))).into()
    });
    // The gene in color, else the first.
    let shown = Memo::new(move |_| {
        let chosen = colored.with(|colored| {
            let colored = colored.as_ref()?;
            names.with(|names| names.position(colored)).map(|gene| gene as u32)
        });
        chosen.or_else(|| rows.with(|rows| rows.first().copied()))
    });
    let panel = NodeRef::<html::Section>::new();
    let height_px = RwSignal::new(None::<f64>);
    let headings = move || {
        let heading = |column: SampleColumn| {
            let aria = move || match sort.get().direction(column) {
                None => "none",
                Some(Direction::Ascending) => "ascending",
                Some(Direction::Descending) => "descending",
            };
            view! {
                <div role="columnheader" class="de-heading sort-heading" aria-sort=aria>
                    <button
                        type="button"
                        data-testid=column.test_id()
                        data-hint=column.heading().1
                        on:click=move |_| sort.update(|sort| *sort = sort.pressed(column))
                    >
                        <span>{column.heading().0}</span>
                        <Icon glyph=Glyph::ChevronDown />
                    </button>
                </div>
            }
        };
        view! { <div class="de-headings samples-row" role="row">{SampleColumn::ALL.map(heading).collect_view()}</div> }
    };
    let row = Callback::new(move |index: usize| {
        let gene = Signal::derive(move || rows.with(|rows| rows.get(index).map(|&gene| gene as usize)));
        view! { <SampleRow index gene table names colored on_gene /> }.into_any()
    });
    let count = move || plural(rows.with(|rows| rows.len()), "gene", "genes");
    view! {
        <section
            class="de samples"
            tabindex="-1"
            aria-label=move || summary.get().title
            data-testid="samples-view"
            node_ref=panel
            style:height=move || height_px.get().map(|height_px| format!("{height_px}px"))
        >
            <ResultEdge panel height_px />
            <header class="de-head">
                <h2 data-testid="samples-title"><Cut text=Signal::derive(move || summary.get().title) /></h2>
                <div class="de-actions">
                    <Button
                        label="CSV"
                        test_id="samples-export"
                        kind=ButtonKind::Quiet
                        glyph=Glyph::Download
                        on_press=on_export
                    />
                    <IconButton glyph=Glyph::Close label="Close" test_id="samples-close" on_press=on_close />
                </div>
                <Facts facts=Signal::derive(move || summary.get().facts) test_id="samples-facts" />
            </header>
            <Caution caution=Signal::derive(move || summary.get().caution) />
            <div class="de-tools">
                <TestChoice asked offer awaited on_change on_cancel />
                <div class="field-search">
                    <Icon glyph=Glyph::Search />
                    <input
                        class="field"
                        type="search"
                        placeholder="Find a gene"
                        aria-label="Find a gene in the result"
                        data-testid="samples-search"
                        on:input:target=move |event| query.set(event.target().value().trim().to_lowercase())
                    />
                </div>
                <span class="de-count note" role="status" data-testid="samples-count">{count}</span>
            </div>
            <div class="samples-body">
                {move || shown.get().map(|gene| {
                    let name = names.with(|names| names.label(GeneIdx(gene)).to_owned());
                    view! { <Pairs name pairs=pairs_of.run(gene) /> }
                })}
                <div class="de-table" role="table" aria-label="Genes" data-testid="samples-table">
                    <VirtualList
                        count=Signal::derive(move || rows.with(|rows| rows.len()))
                        role="rowgroup"
                        label="Genes"
                        head=headings
                        show_row=Signal::derive(move || rows.with(|_| Some(0)))
                        row
                    />
                </div>
            </div>
        </section>
    }
}

/// One gene. A press anywhere on the row colors by it.
#[component]
fn SampleRow(
    index: usize,
    gene: Signal<Option<usize>>,
    table: Signal<Option<Arc<PseudobulkTable>>>,
    names: Signal<Arc<GeneNames>>,
    colored: Signal<Option<String>>,
    on_gene: Callback<String>,
) -> impl IntoView {
    let number = move || gene.get().map_or(GeneIdx(u32::MAX), |gene| GeneIdx(gene as u32));
    let label = Memo::new(move |_| names.with(|names| names.label(number()).to_owned()));
    let id = Memo::new(move |_| names.with(|names| names.id(number()).to_owned()));
    let cell = move |value: fn(&PseudobulkTable, usize) -> String| {
        move || table.with(|table| gene.get().zip(table.as_ref()).map(|(gene, table)| value(table, gene)))
    };
    let chosen = move || colored.with(|colored| colored.as_ref().is_some_and(|colored| id.with(|id| id == colored)));
    let agreeing = |table: &PseudobulkTable, gene: usize| match table.n_agreeing.get(gene) {
        Some(n_agreeing) => format!("{n_agreeing} of {}", table.samples.len()),
        None => "–".to_owned(),
    };
    view! {
        <div
            class="de-row samples-row"
            class:chosen=chosen
            role="row"
            aria-rowindex=(index + 2).to_string()
            data-testid=move || format!("samples-row-{}", label.get())
            on:click=move |_| on_gene.run(id.get_untracked())
        >
            <GeneHeading index label chosen=Signal::derive(chosen) />
            <div role="cell">{cell(|table, gene| signed(table.difference[gene]))}</div>
            <div role="cell">{cell(|table, gene| signed(table.score[gene]))}</div>
            <div role="cell">{cell(|table, gene| p_value(table.log10_pval[gene]))}</div>
            <div role="cell">{cell(|table, gene| p_value(table.log10_pval_adj[gene]))}</div>
            <div role="cell">{cell(agreeing)}</div>
        </div>
    }
}

/// Size of the plot, in its own units, and where the two sides stand.
const PLOT: [f64; 2] = [220.0, 160.0];
const SIDES: [f64; 2] = [70.0, 150.0];
const MARGIN: f64 = 16.0;

/// The means of one gene: a dot a sample on each side, joined.
#[component]
fn Pairs(name: String, pairs: Vec<SamplePair>) -> impl IntoView {
    let values = || pairs.iter().flat_map(|pair| [pair.reference, pair.group]).flatten();
    let (least, most) = (values().fold(0f32, f32::min), values().fold(0f32, f32::max));
    let span = if most > least { most - least } else { 1.0 };
    let y = move |value: f32| PLOT[1] - MARGIN - f64::from((value - least) / span) * (PLOT[1] - 2.0 * MARGIN);
    let marks = pairs
        .iter()
        .map(|pair| {
            let sides = [pair.reference, pair.group];
            let dots = sides
                .iter()
                .zip(SIDES)
                .filter_map(|(value, x)| Some(view! { <circle cx=x cy=y((*value)?) r="3.5" /> }))
                .collect_view();
            let line = pair.reference.zip(pair.group).map(|(reference, group)| {
                view! { <line x1=SIDES[0] y1=y(reference) x2=SIDES[1] y2=y(group) /> }
            });
            let text =
                |value: Option<f32>| value.map_or_else(|| "–".to_owned(), |value| significant(f64::from(value), 3));
            let title =
                format!("{}: {} in the group, {} in the reference", pair.name, text(pair.group), text(pair.reference));
            let is_up = pair.group > pair.reference;
            view! { <g class="samples-pair" class:up=is_up><title>{title}</title>{line}{dots}</g> }
        })
        .collect_view();
    let view_box = format!("0 0 {} {}", PLOT[0], PLOT[1] + 12.0);
    view! {
        <figure class="samples-pairs" data-testid="samples-pairs">
            <figcaption class="ellipsis">{name.clone()}<span class="note">" mean of each sample"</span></figcaption>
            <svg viewBox=view_box role="img" aria-label=format!("Means of {name} in each sample")>
                <line class="samples-axis" x1="40" x2="40" y1=MARGIN y2=PLOT[1] - MARGIN />
                <text x="36" y=y(most) text-anchor="end" dominant-baseline="middle">{significant(f64::from(most), 3)}</text>
                <text x="36" y=y(least) text-anchor="end" dominant-baseline="middle">{significant(f64::from(least), 3)}</text>
                {marks}
                <text x=SIDES[0] y=PLOT[1] + 6.0 text-anchor="middle">"reference"</text>
                <text x=SIDES[1] y=PLOT[1] + 6.0 text-anchor="middle">"group"</text>
            </svg>
        </figure>
    }
}
