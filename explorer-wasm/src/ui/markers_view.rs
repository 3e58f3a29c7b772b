//! Markers: the best genes of every label of a column, side by side.

use std::sync::Arc;

use explorer_core::{
    color::css_color,
    format::{integer, plural, signed},
    state::MarkerOrder,
};
use leptos::{ev::KeyboardEvent, html, prelude::*};
use wasm_bindgen::JsCast;
use web_sys::Element;

use super::{
    Button, ButtonKind, Choice, Cut, Each, Glyph, Icon, IconButton, MarkedLabel, MarkerGene, MarkersSummary,
    ResultState, SelectField, Show, control::focus, de_view::Caution, result_edge::ResultEdge, result_facts::Facts,
    result_wait::ResultWait,
};
use crate::view::view;

/// How many genes of each label can be shown.
const TOPS: [usize; 4] = [10, 25, 50, 100];

/// The markers, in the place of a comparison's result.
#[component]
pub fn MarkersView(
    /// What was asked.
    #[prop(into)]
    summary: Signal<MarkersSummary>,
    /// How it stands.
    #[prop(into)]
    state: Signal<ResultState>,
    /// The labels with their genes.
    #[prop(into)]
    labels: Signal<Arc<[MarkedLabel]>>,
    /// What genes are ranked by.
    #[prop(into)]
    rank: Signal<MarkerOrder>,
    /// The id of the gene that cells are colored by.
    #[prop(into)]
    colored: Signal<Option<String>>,
    /// Called with what to rank by.
    #[prop(into)]
    on_rank: Callback<MarkerOrder>,
    /// Called with the id of the gene to color by.
    #[prop(into)]
    on_gene: Callback<String>,
    /// Called with the id of the gene that the pointer is over, and with `None` when it leaves.
    #[prop(optional, into)]
    on_point: Option<Callback<Option<String>>>,
    /// Called with a label and the ids of the genes that a set is to be made of.
    #[prop(into)]
    on_gene_set: Callback<(String, Vec<String>)>,
    /// Called to open a dot plot of the best markers.
    #[prop(into)]
    on_plot: Callback<()>,
    /// Called to save all markers as CSV.
    #[prop(into)]
    on_export: Callback<()>,
    /// Called to try again.
    #[prop(into)]
    on_retry: Callback<()>,
    /// Called to close the view, or to give up.
    #[prop(into)]
    on_close: Callback<()>,
) -> impl IntoView {
    let query = RwSignal::new(String::new());
    let n_top = RwSignal::new(TOPS[1]);
    let panel = NodeRef::<html::Section>::new();
    let height_px = RwSignal::new(None::<f64>);
    let is_done = Memo::new(move |_| state.with(|state| *state == ResultState::Done));
    let ranks = vec![Choice::new("score", "t against the rest"), Choice::new("effect", "effect against each label")];
    let rank_name = move || match rank.get() {
        MarkerOrder::Score => "score".to_owned(),
        MarkerOrder::Effect => "effect".to_owned(),
    };
    let explained = move || match rank.get() {
        MarkerOrder::Score => "A gene ranks by Welch's t of the label's cells against all other cells.",
        MarkerOrder::Effect => {
            "A gene ranks by the 10th percentile of its effect sizes (Cohen's d) against each other label: it counts \
             as much as it does against the labels most like this one."
        }
    };
    let columns = move || {
        let labels = labels.get();
        (0..labels.len())
            .map(|at| view! { <Column labels=Arc::clone(&labels) at summary rank query n_top colored on_gene on_point on_gene_set /> })
            .collect_view()
    };
    view! {
        <section
            class="de markers"
            tabindex="-1"
            aria-label=move || summary.get().title
            data-testid="markers-view"
            node_ref=panel
            style:height=move || height_px.get().map(|height_px| format!("{height_px}px"))
        >
            <ResultEdge panel height_px />
            <header class="de-head">
                <h2 data-testid="markers-title"><Cut text=Signal::derive(move || summary.get().title) /></h2>
                <div class="de-actions">
                    <Button
                        label="Dot plot"
                        test_id="markers-plot"
                        kind=ButtonKind::Quiet
                        disabled=Signal::derive(move || !is_done.get())
                        on_press=on_plot
                    />
                    <Button
                        label="CSV"
                        test_id="markers-export"
                        kind=ButtonKind::Quiet
                        glyph=Glyph::Download
                        disabled=Signal::derive(move || !is_done.get())
                        on_press=on_export
                    />
                    <IconButton glyph=Glyph::Close label="Close" test_id="markers-close" on_press=on_close />
                </div>
                <Facts facts=Signal::derive(move || summary.get().facts) test_id="markers-facts" />
            </header>
            <Caution caution=Signal::derive(move || summary.get().caution) />
            <div class="de-tools markers-tools">
                <SelectField
                    name="Rank by"
                    choices=ranks
                    value=Signal::derive(rank_name)
                    label="Rank by"
                    test_id="markers-rank"
                    on_choose=move |name: String| {
                        on_rank.run(if name == "effect" { MarkerOrder::Effect } else { MarkerOrder::Score });
                    }
                />
                <SelectField
                    name="Show"
                    choices=TOPS.map(|n_top| Choice::new(n_top.to_string(), format!("top {n_top}"))).to_vec()
                    value=Signal::derive(move || n_top.get().to_string())
                    label="Genes of each label"
                    test_id="markers-top"
                    on_choose=move |text: String| n_top.set(text.parse().unwrap_or(TOPS[1]))
                />
                <div class="field-search">
                    <Icon glyph=Glyph::Search />
                    <input
                        class="field"
                        type="search"
                        placeholder="Find a gene"
                        aria-label="Find a gene among the markers"
                        data-testid="markers-search"
                        on:input:target=move |event| query.set(event.target().value().trim().to_lowercase())
                    />
                </div>
                <p class="markers-explained note">{explained}</p>
            </div>
            <ResultWait state name="markers" label="Finding markers" on_cancel=on_close on_retry />
            <Show when=move || is_done.get()>
                <div class="markers-body" role="list" aria-label="Labels" on:keydown=move_in_columns>
                    {columns}
                </div>
            </Show>
        </section>
    }
}

/// Arrow keys lead from gene to gene, up and down within a label, left and right between labels.
fn move_in_columns(event: KeyboardEvent) {
    let target = event.target().and_then(|target| target.dyn_into::<Element>().ok());
    let Some(row) = target.and_then(|target| target.closest("li").ok()?) else { return };
    let column = |row: &Element| row.closest(".markers-label").ok().flatten();
    let in_column = |column: Element| {
        let rows = column.query_selector("ol").ok()??.children();
        let before = std::iter::successors(row.previous_element_sibling(), Element::previous_element_sibling).count();
        rows.item((before as u32).min(rows.length().checked_sub(1)?))
    };
    let next = match event.key().as_str() {
        "ArrowDown" => row.next_element_sibling(),
        "ArrowUp" => row.previous_element_sibling(),
        "ArrowRight" => column(&row).and_then(|column| column.next_element_sibling()).and_then(in_column),
        "ArrowLeft" => column(&row).and_then(|column| column.previous_element_sibling()).and_then(in_column),
        _ => return,
    };
    event.prevent_default();
    focus(next.and_then(|row| row.first_element_child()));
}

/// The genes of one label.
#[component]
fn Column(
    labels: Arc<[MarkedLabel]>,
    at: usize,
    summary: Signal<MarkersSummary>,
    rank: Signal<MarkerOrder>,
    query: RwSignal<String>,
    n_top: RwSignal<usize>,
    colored: Signal<Option<String>>,
    on_gene: Callback<String>,
    on_point: Option<Callback<Option<String>>>,
    on_gene_set: Callback<(String, Vec<String>)>,
) -> impl IntoView {
    let point = move |gene| {
        if let Some(on_point) = on_point {
            on_point.run(gene);
        }
    };
    let MarkedLabel { label, color, n_cells, .. } = labels[at].clone();
    // A search looks through all genes of the label, the list shows the best.
    let rows = Memo::new(move |_| {
        let genes = &labels[at].genes;
        query.with(|query| match query.as_str() {
            "" => genes.iter().take(n_top.get()).cloned().collect::<Vec<_>>(),
            query => genes.iter().filter(|gene| gene.contains(query)).cloned().collect(),
        })
    });
    let name = StoredValue::new(label.clone());
    let make_set = move || {
        let genes = rows.with_untracked(|rows| rows.iter().map(|gene| gene.id.clone()).collect());
        on_gene_set.run((name.get_value(), genes));
    };
    // From the first gene on, arrow keys lead.
    let is_first = move |own: &StoredValue<String>| {
        rows.with(|rows| own.with_value(|own| rows.first().is_some_and(|first| first.id == *own)))
    };
    let row = move |MarkerGene { id, label: gene, marker }: MarkerGene| {
        let own = StoredValue::new(id);
        let chosen = move || colored.with(|colored| own.with_value(|own| colored.as_ref() == Some(own)));
        view! {
            <li>
                <button
                    type="button"
                    class="marker"
                    class:chosen=chosen
                    tabindex=move || if is_first(&own) { "0" } else { "-1" }
                    aria-pressed=move || chosen().to_string()
                    title=format!("Color by {gene}")
                    data-testid=format!("marker-{}-{gene}", name.get_value())
                    on:pointerenter=move |_| point(Some(own.get_value()))
                    on:pointerleave=move |_| point(None)
                    on:click=move |_| on_gene.run(own.get_value())
                >
                    <span class="marker-gene ellipsis">{gene.clone()}</span>
                    <span>{signed(marker.rank)}</span>
                    <span>{signed(marker.effect)}</span>
                    <span>{format!("{:.0}", marker.pct_group)}</span>
                    <span>{format!("{:.0}", marker.pct_reference)}</span>
                </button>
            </li>
        }
    };
    view! {
        <div class="markers-label" role="listitem" aria-label=label.clone() data-testid=format!("markers-label-{label}")>
            <header>
                <i class="cell-set-swatch" style:background=css_color(color)></i>
                <h3><Cut text=label.clone() /></h3>
                <span class="note">{integer(n_cells)}</span>
                <IconButton
                    glyph=Glyph::Plus
                    label=Signal::derive(move || {
                        format!("Make a gene set of {}", plural(rows.with(Vec::len), "gene", "genes"))
                    })
                    test_id=format!("markers-set-{label}")
                    disabled=Signal::derive(move || rows.with(Vec::is_empty))
                    on_press=make_set
                />
            </header>
            <div class="marker marker-head" aria-hidden="true">
                <span>"gene"</span>
                <span title="What genes are ranked by">
                    {move || match rank.get() {
                        MarkerOrder::Score => "t",
                        MarkerOrder::Effect => "d",
                    }}
                </span>
                <span title=move || summary.get().effect>
                    {move || if summary.get().effect.starts_with("log2") { "log2 FC" } else { "diff." }}
                </span>
                <span title="% of the label's cells that express it">"% in"</span>
                <span title="% of all other cells that express it">"% out"</span>
            </div>
            <ol>
                <Each each=move || rows.get() key=|gene| gene.id.clone() children=row />
            </ol>
        </div>
    }
}
