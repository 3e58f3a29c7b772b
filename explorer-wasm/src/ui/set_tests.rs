//! Gene sets against the open comparison: how they are tested, and the table that a worker wrote.

use explorer_core::{
    session::SetColumn,
    state::{ChosenDirection, Enrichment, EnrichmentBy},
};
use leptos::{ev::MouseEvent, prelude::*};
use wasm_bindgen::JsCast;
use web_sys::Element;

use super::{Button, ButtonKind, Choice, FigureMenu, Glyph, PlotFile, Progress, Select, Show, control::FileButton};
use crate::view::view;

/// Bounds that are offered beside the one that is asked.
const PVALS: [f64; 4] = [0.001, 0.01, 0.05, 0.1];
const EFFECTS: [f64; 4] = [0.0, 0.5, 1.0, 2.0];

/// How a test of gene sets stands.
#[derive(Clone, Debug, Default, PartialEq)]
pub enum SetTestsState {
    /// It is on its way.
    #[default]
    Running,
    /// It failed, for this reason.
    Failed(String),
    /// What was tested, in words.
    Done(String),
}

/// What is asked for by a press in the table.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum SetAsk {
    /// Another order.
    Sort(SetColumn),
    /// Colors by a set; with the ids of its genes, where it is of a file.
    Color(String, Option<Vec<String>>),
    /// A gene set of some genes of a set, by id.
    Make(String, Vec<String>),
}

/// The tests, in the place of the table of genes.
#[component]
pub(crate) fn SetTests(
    enrichment: Signal<Enrichment>,
    state: Signal<SetTestsState>,
    /// The table, in HTML; that of the last answer while another is on its way.
    html: Signal<String>,
    /// The file that the sets are of; none where they are the user's own.
    file: Signal<Option<String>>,
    on_change: Callback<Enrichment>,
    /// Called with a file of sets, and with none to go back to the user's own.
    on_file: Callback<Option<web_sys::File>>,
    on_ask: Callback<SetAsk>,
    on_export: Callback<()>,
    on_figure: Callback<PlotFile>,
) -> impl IntoView {
    let change = move |change: &dyn Fn(&mut Enrichment)| {
        let mut next = enrichment.get_untracked();
        change(&mut next);
        on_change.run(next);
    };
    let by = EnrichmentBy::ALL.map(|by| {
        let title = match by {
            EnrichmentBy::Chosen => "Over-representation",
            EnrichmentBy::Ranking => "Ranked (GSEA)",
        };
        Choice::new(by.name(), title)
    });
    let directions = ChosenDirection::ALL.map(|direction| Choice::new(direction.name(), direction.text()));
    let bounds = move |offered: [f64; 4], of: fn(&Enrichment) -> f64, sign: &'static str| {
        Signal::derive(move || {
            let asked = enrichment.with(of);
            let mut bounds: Vec<f64> =
                offered.into_iter().chain((!offered.contains(&asked)).then_some(asked)).collect();
            bounds.sort_by(f64::total_cmp);
            bounds.iter().map(|bound| Choice::new(bound.to_string(), format!("{sign} {bound}"))).collect::<Vec<_>>()
        })
    };
    let is_chosen = Memo::new(move |_| enrichment.with(|asked| asked.by == EnrichmentBy::Chosen));
    let press = move |event: MouseEvent| {
        let target = event.target().and_then(|target| target.dyn_into::<Element>().ok());
        let Some(button) = target.and_then(|target| target.closest("button").ok()?) else { return };
        let genes = || {
            let genes = button.get_attribute("data-genes")?;
            Some(genes.split('\t').map(str::to_owned).collect::<Vec<_>>())
        };
        if let Some(column) = button.get_attribute("data-sort").and_then(|name| SetColumn::from_name(&name)) {
            on_ask.run(SetAsk::Sort(column));
        } else if let Some(name) = button.get_attribute("data-color") {
            on_ask.run(SetAsk::Color(name, genes()));
        } else if let Some(name) = button.get_attribute("data-make") {
            on_ask.run(SetAsk::Make(name, genes().unwrap_or_default()));
        }
    };
    let is_there = move || html.with(|html| !html.is_empty());
    view! {
        <div class="de-table sets" data-testid="sets-tests">
            <div class="sets-tools">
                <Select
                    choices=by.to_vec()
                    value=Signal::derive(move || enrichment.get().by.name().to_owned())
                    label="How gene sets are tested"
                    test_id="sets-by"
                    on_choose=move |name: String| {
                        change(&|next| next.by = EnrichmentBy::from_name(&name).unwrap_or_default());
                    }
                />
                <Show when=move || is_chosen.get()>
                    <Select
                        choices=directions.to_vec()
                        value=Signal::derive(move || enrichment.get().chosen.direction.name().to_owned())
                        label="Which genes are chosen"
                        test_id="sets-direction"
                        on_choose=move |name: String| {
                            change(&|next| {
                                next.chosen.direction = ChosenDirection::from_name(&name).unwrap_or_default();
                            });
                        }
                    />
                    <Select
                        choices=bounds(PVALS, |asked| asked.chosen.max_pval, "adj. p ≤")
                        value=Signal::derive(move || enrichment.get().chosen.max_pval.to_string())
                        label="Adjusted p-value of chosen genes"
                        test_id="sets-pval"
                        on_choose=move |bound: String| {
                            change(&|next| next.chosen.max_pval = bound.parse().unwrap_or(next.chosen.max_pval));
                        }
                    />
                    <Select
                        choices=bounds(EFFECTS, |asked| asked.chosen.min_effect, "|effect| ≥")
                        value=Signal::derive(move || enrichment.get().chosen.min_effect.to_string())
                        label="Effect of chosen genes"
                        test_id="sets-effect"
                        on_choose=move |bound: String| {
                            change(&|next| next.chosen.min_effect = bound.parse().unwrap_or(next.chosen.min_effect));
                        }
                    />
                </Show>
                <span class="note sets-source" data-testid="sets-source">
                    {move || file.get().unwrap_or_else(|| "your gene sets".to_owned())}
                </span>
                <FileButton
                    label="Test the sets of a GMT or CSV file"
                    test_id="sets-open"
                    file_id="sets-file"
                    accept=".gmt,.csv,.txt,text/csv,text/plain"
                    on_file=move |chosen| on_file.run(Some(chosen))
                />
                <Show when=move || file.with(Option::is_some)>
                    <Button
                        label="Your sets"
                        test_id="sets-own"
                        kind=ButtonKind::Quiet
                        on_press=move |()| on_file.run(None)
                    />
                </Show>
                <Button
                    label="CSV of sets"
                    test_id="sets-export"
                    kind=ButtonKind::Quiet
                    glyph=Glyph::Download
                    disabled=Signal::derive(move || !is_there())
                    on_press=on_export
                />
                <Show when=is_there>
                    <FigureMenu name="sets" label="Save a picture of the sets" on_save=on_figure />
                </Show>
            </div>
            {move || match state.get() {
                SetTestsState::Running => view! {
                    <div class="sets-state" role="status">
                        <Progress fraction=Signal::derive(|| None) label="Testing gene sets" />
                    </div>
                }
                .into_any(),
                SetTestsState::Failed(reason) => view! {
                    <p class="note sets-state" role="alert" data-testid="sets-failed">{reason}</p>
                }
                .into_any(),
                SetTestsState::Done(note) => view! {
                    <p class="note sets-state" role="status" data-testid="sets-note">{note}</p>
                }
                .into_any(),
            }}
            <div class="sets-body" data-testid="sets-table" inner_html=move || html.get() on:click=press></div>
        </div>
    }
}
