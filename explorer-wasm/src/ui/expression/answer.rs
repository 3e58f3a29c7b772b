//! What is asked beside the dots: a text with tables that was made elsewhere, and a figure where there is one.

use corpus::view::{Panel, View};
use leptos::{ev::MouseEvent, prelude::*};
use wasm_bindgen::JsCast;
use web_sys::Element;

use crate::{
    ui::{Button, ButtonKind, FigureMenu, Glyph, IconButton, PlotFile, ResultState, Show, result_wait::ResultWait},
    view::view,
};

/// What is asked beside the dots, as far as it is there.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct ShownAnswer {
    /// How it stands.
    pub state: ResultState,
    /// The answer in HTML; empty before there is one.
    pub html: String,
    /// Its figure as SVG; empty where there is none.
    pub svg: String,
    /// Its numbers.
    pub csv: String,
}

/// What a panel is headed.
fn title(shown: &View) -> &'static str {
    match &shown.panel {
        _ if shown.compared.is_some() => "Comparison",
        None => "",
        Some(Panel::Table) => "Table of the dots",
        Some(Panel::Sources) => "Datasets",
        Some(Panel::Gene(_)) => "Gene",
        Some(Panel::MarkerOf(_)) => "Marker of",
        Some(Panel::Markers(_)) => "Marker genes",
        Some(Panel::Specific(_)) => "High here, low elsewhere",
        Some(Panel::Donors(..)) => "Donors behind a dot",
    }
}

/// An answer with what may be done with it.
#[component]
pub fn ExpressionAnswer(
    /// What is looked at.
    #[prop(into)]
    shown: Signal<View>,
    /// The answer.
    #[prop(into)]
    answer: Signal<ShownAnswer>,
    /// Why it could not be saved or copied; empty where nothing failed.
    #[prop(into)]
    saves_fail: Signal<String>,
    /// Called with what a button adds to the address of the view.
    on_view: Callback<String>,
    /// Called with a text to copy.
    on_copy: Callback<String>,
    /// Called to save it.
    on_save: Callback<PlotFile>,
    /// Called to try again.
    on_retry: Callback<()>,
    /// Called to close it, or to give up.
    #[prop(into)]
    on_close: Callback<()>,
) -> impl IntoView {
    let is_there = move || answer.with(|answer| !answer.html.is_empty());
    let has_figure = move || answer.with(|answer| !answer.svg.is_empty());
    let state = Signal::derive(move || answer.with(|answer| answer.state.clone()));
    let is_unasked =
        move || state.get() == ResultState::Done && !is_there() && shown.with(|shown| shown.compared.is_some());
    let press = move |event: MouseEvent| {
        let target = event.target().and_then(|target| target.dyn_into::<Element>().ok());
        let Some(button) = target.and_then(|target| target.closest("button").ok()?) else { return };
        if let Some(adds) = button.get_attribute("data-view") {
            on_view.run(adds);
        } else if let Some(text) = button.get_attribute("data-copy") {
            on_copy.run(text);
        }
    };
    view! {
        <header class="expression-answer-head">
            <h2 class="ellipsis" data-testid="answer-title">{move || shown.with(title)}</h2>
            <Button
                label="CSV"
                test_id="answer-csv"
                kind=ButtonKind::Quiet
                glyph=Glyph::Download
                disabled=Signal::derive(move || !is_there())
                on_press=move |()| on_save.run(PlotFile::Csv)
            />
            <Show when=has_figure>
                <FigureMenu name="answer" on_save />
            </Show>
            <IconButton glyph=Glyph::Close label="Close" test_id="answer-close" on_press=on_close />
        </header>
        <Show when=move || saves_fail.with(|told| !told.is_empty())>
            <p class="expression-failure" role="alert" data-testid="answer-save-failure">{saves_fail}</p>
        </Show>
        <ResultWait state name="answer" label="Finding the answer" on_cancel=on_close on_retry />
        <div class="expression-answer-body" tabindex="0" on:click=press>
            <Show when=is_unasked>
                <p class="expression-hint note" data-testid="compare-hint">
                    "Choose the cells of both groups at the left. A group without filters is all other cells."
                </p>
            </Show>
            <Show when=has_figure>
                <div class="expression-figure" data-testid="answer-figure" inner_html=move || answer.with(|answer| answer.svg.clone())></div>
            </Show>
            <Show when=is_there>
                <div class="answer-parts" data-testid="answer-body" inner_html=move || answer.with(|answer| answer.html.clone())></div>
            </Show>
        </div>
    }
}
