//! The table of a comparison's result: every gene, sorted.

use std::sync::Arc;

use explorer_core::{
    data::{GeneIdx, GeneNames},
    de::{DeTable, Direction},
    format::{p_value, signed, significant},
    screen::{DeColumn, DeSort},
};
use leptos::prelude::*;

use super::{Glyph, Icon, Show, VirtualList, control::TabStop, gene_heading::GeneHeading};
use crate::view::view;

/// The logarithms of p-values below this take wider columns.
const LEAST_LOG10_P: f64 = -9_999.0;

/// The genes of `rows`, in that order.
#[component]
pub(crate) fn DeRows(
    table: Signal<Option<Arc<DeTable>>>,
    names: Signal<Arc<GeneNames>>,
    #[prop(into)] rows: Signal<Arc<[u32]>>,
    sort: RwSignal<DeSort>,
    colored: Signal<Option<String>>,
    on_gene: Callback<String>,
    on_point: Option<Callback<Option<String>>>,
    /// Called with the gene that is to be shown in both sets.
    on_spread: Callback<String>,
) -> impl IntoView {
    let kinds =
        move || table.with(|table| table.as_ref().map(|table| (table.options.effect, table.test)).unwrap_or_default());
    let heading = move |column: DeColumn| {
        let (effect, test) = kinds();
        column.heading(effect, test)
    };
    let headings = move || {
        let headings = DeColumn::ALL
            .into_iter()
            .map(|column| {
                let direction = move || (sort.get().column == column).then(|| sort.get().direction);
                let aria = move || match direction() {
                    None => "none",
                    Some(Direction::Ascending) => "ascending",
                    Some(Direction::Descending) => "descending",
                };
                let of_interval = (column == DeColumn::Effect).then(|| view! {
                    <div role="columnheader" class="de-heading de-heading-still" data-hint="95 % confidence interval of the effect">
                        "95 % CI"
                    </div>
                });
                view! {
                    <div role="columnheader" class="de-heading sort-heading" aria-sort=aria>
                        <button
                            type="button"
                            data-testid=column.test_id()
                            data-hint=move || heading(column).1
                            on:click=move |_| sort.update(|sort| *sort = sort.pressed(column))
                        >
                            <span>{move || heading(column).0}</span>
                            <Icon glyph=Glyph::ChevronDown />
                        </button>
                    </div>
                    {of_interval}
                }
            })
            .collect_view();
        view! { <div class="de-headings" role="row">{headings}</div> }
    };
    let row = Callback::new(move |index: usize| {
        let gene = Signal::derive(move || rows.with(|rows| rows.get(index).map(|&gene| gene as usize)));
        view! { <DeRow index gene table names colored on_gene on_point on_spread /> }.into_any()
    });
    let has_tiny_p = Memo::new(move |_| {
        table.with(|table| table.as_ref().is_some_and(|table| table.log10_pval_adj.iter().any(|p| *p < LEAST_LOG10_P)))
    });
    view! {
        <div
            class="de-table"
            class:tiny-p=has_tiny_p
            role="table"
            aria-label="Genes"
            aria-rowcount=move || rows.with(|rows| rows.len() + 1).to_string()
            data-testid="de-table"
        >
            <VirtualList
                count=Signal::derive(move || rows.with(|rows| rows.len()))
                role="rowgroup"
                label="Genes"
                head=headings
                // A new order or filter begins at its top.
                show_row=Signal::derive(move || rows.with(|_| Some(0)))
                row
            />
            <Show when=move || table.with(Option::is_none)>
                <div class="de-loading" aria-busy="true">
                    {(0..8).map(|_| view! { <span class="skeleton"></span> }).collect_view()}
                </div>
            </Show>
            <Show when=move || table.with(Option::is_some) && rows.with(|rows| rows.is_empty())>
                <p class="de-none note">"No gene passes these filters."</p>
            </Show>
        </div>
    }
}

/// One gene. A press anywhere on the row colors by it.
#[component]
fn DeRow(
    index: usize,
    gene: Signal<Option<usize>>,
    table: Signal<Option<Arc<DeTable>>>,
    names: Signal<Arc<GeneNames>>,
    colored: Signal<Option<String>>,
    on_gene: Callback<String>,
    on_point: Option<Callback<Option<String>>>,
    on_spread: Callback<String>,
) -> impl IntoView {
    let point = move |id| {
        if let Some(on_point) = on_point {
            on_point.run(id);
        }
    };
    let number = move || gene.get().map_or(GeneIdx(u32::MAX), |gene| GeneIdx(gene as u32));
    let label = Memo::new(move |_| names.with(|names| names.label(number()).to_owned()));
    let id = Memo::new(move |_| names.with(|names| names.id(number()).to_owned()));
    let cell = move |value: fn(&DeTable, usize) -> String| {
        move || {
            table.with(|table| {
                Some(value(
                    table.as_ref()?,
                    gene.get().filter(|&gene| gene < table.as_ref().map_or(0, |table| table.len()))?,
                ))
            })
        }
    };
    let chosen = move || colored.with(|colored| colored.as_ref().is_some_and(|colored| id.with(|id| id == colored)));
    let conventional = move || {
        table.with(|table| {
            table
                .as_ref()?
                .degenerate
                .get(gene.get()?)
                .copied()
                .flatten()
                .is_some()
                .then_some("Too few cells or no variance: t and p are by convention")
        })
    };
    view! {
        <div
            class="de-row"
            class:chosen=chosen
            role="row"
            aria-rowindex=(index + 2).to_string()
            data-testid=move || format!("de-row-{}", label.get())
            on:pointerenter=move |_| point(Some(id.get_untracked()))
            on:pointerleave=move |_| point(None)
            on:click=move |_| on_gene.run(id.get_untracked())
        >
            <GeneHeading index label chosen=Signal::derive(chosen)>
                <button
                    type="button"
                    class="de-spread-button"
                    tabindex=TabStop::tabindex(index)
                    aria-label=move || format!("{} in both sets", label.get())
                    title="Show its values in both sets"
                    data-testid=move || format!("de-spread-{}", label.get())
                    on:click=move |event| {
                        event.stop_propagation();
                        on_spread.run(id.get_untracked());
                    }
                >
                    <Icon glyph=Glyph::Spread />
                </button>
            </GeneHeading>
            <div
                role="cell"
                class:de-up=move || table.with(|table| is_positive(table.as_deref(), gene.get()))
                class="de-effect"
                title=cell(interval_text)
            >
                {cell(|table, gene| signed(table.effect[gene]))}
            </div>
            <div role="cell" class="de-interval" title=cell(interval_text)>
                {cell(|table, gene| table.interval_text(gene).unwrap_or_else(|| "–".to_owned()))}
            </div>
            <div role="cell" title=conventional>{cell(|table, gene| signed(table.score[gene]))}</div>
            <div role="cell">{cell(|table, gene| p_value(table.log10_pval[gene]))}</div>
            <div role="cell">{cell(|table, gene| p_value(table.log10_pval_adj[gene]))}</div>
            <div role="cell">{cell(|table, gene| format!("{:.1}", table.pct_group[gene]))}</div>
            <div role="cell">{cell(|table, gene| format!("{:.1}", table.pct_reference[gene]))}</div>
            <div role="cell">{cell(|table, gene| significant(table.mean_group[gene], 3))}</div>
            <div role="cell">{cell(|table, gene| significant(table.mean_reference[gene], 3))}</div>
        </div>
    }
}

/// The 95 % confidence interval of a gene's effect, in words.
pub(super) fn interval_text(table: &DeTable, gene: usize) -> String {
    match table.interval_text(gene) {
        Some(interval) => format!("95 % interval: {interval}"),
        None => "Without an interval: a set does not express the gene, or is one cell".to_owned(),
    }
}

fn is_positive(table: Option<&DeTable>, gene: Option<usize>) -> bool {
    table.zip(gene).and_then(|(table, gene)| table.effect.get(gene)).is_some_and(|&effect| effect > 0.0)
}
