//! An answer about some cells: a card or tables, made elsewhere, whose genes and labels are buttons.

use leptos::{
    ev::{KeyboardEvent, MouseEvent},
    html,
    prelude::*,
};
use wasm_bindgen::JsCast;
use web_sys::{Element, EventTarget, HtmlElement};

use super::{
    Button, ButtonKind, CellsField, Cut, FigureMenu, Glyph, IconButton, PlotFile, ResultState, Show, WhichCells,
    control::focus, de_view::Caution, result_edge::ResultEdge, result_facts::Facts, result_wait::ResultWait,
};
use crate::view::{effect, view};

/// What was pressed in an answer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum AnswerPress {
    /// A gene, by its id.
    Gene(String),
    /// A label, by its column and number: its cells are to be selected.
    Select(String, u32),
    /// A label, by its column and number: its cells are to be compared with.
    Compare(String, u32),
}

/// The answer, in the place of a comparison's result.
#[component]
pub fn AnswerView(
    /// What was asked.
    #[prop(into)]
    title: Signal<String>,
    /// How it stands.
    #[prop(into)]
    state: Signal<ResultState>,
    /// What it is of, a few words each.
    #[prop(into)]
    facts: Signal<Vec<String>>,
    /// Why it is to be read with care.
    #[prop(into)]
    caution: Signal<Option<String>>,
    /// The answer in HTML; empty before there is one.
    #[prop(into)]
    html: Signal<String>,
    /// The id of the gene that cells are colored by.
    #[prop(into)]
    colored: Signal<Option<String>>,
    /// Which cells count; `None` where the answer is about these alone.
    #[prop(into)]
    cells: Signal<Option<WhichCells>>,
    /// Whether some cells are selected.
    #[prop(into)]
    has_selection: Signal<bool>,
    /// Called with which cells are to count.
    #[prop(into)]
    on_cells: Callback<WhichCells>,
    /// Called with what was pressed.
    #[prop(into)]
    on_press: Callback<AnswerPress>,
    /// Called to save all numbers as CSV.
    #[prop(into)]
    on_export: Callback<()>,
    /// Called to save a figure of it.
    #[prop(into)]
    on_figure: Callback<PlotFile>,
    /// Called to try again.
    #[prop(into)]
    on_retry: Callback<()>,
    /// Called to close the view, or to give up.
    #[prop(into)]
    on_close: Callback<()>,
) -> impl IntoView {
    let panel = NodeRef::<html::Section>::new();
    let body = NodeRef::<html::Div>::new();
    let height_px = RwSignal::new(None::<f64>);
    let is_there = move || html.with(|html| !html.is_empty());
    let press = move |event: MouseEvent| {
        if let Some(pressed) = button_at(event.target()).and_then(|button| pressed(&button)) {
            on_press.run(pressed);
        }
    };
    // The buttons are no components: which of them colors the cells is told to each.
    effect(move || {
        html.track();
        let colored = colored.get();
        let Some(body) = body.get() else { return };
        for button in buttons(&body) {
            if let Some(gene) = button.get_attribute("data-gene") {
                let _ = button
                    .set_attribute("aria-pressed", if colored.as_ref() == Some(&gene) { "true" } else { "false" });
            }
        }
    });
    view! {
        <section
            class="de answer"
            tabindex="-1"
            aria-label=title
            data-testid="answer-view"
            node_ref=panel
            style:height=move || height_px.get().map(|height_px| format!("{height_px}px"))
        >
            <ResultEdge panel height_px />
            <header class="de-head">
                <h2 data-testid="answer-title"><Cut text=title /></h2>
                <div class="de-actions">
                    <Button
                        label="CSV"
                        test_id="answer-csv"
                        kind=ButtonKind::Quiet
                        glyph=Glyph::Download
                        disabled=Signal::derive(move || !is_there())
                        on_press=on_export
                    />
                    <Show when=is_there>
                        <FigureMenu name="answer" label="Save a picture of the answer" on_save=on_figure />
                    </Show>
                    <IconButton glyph=Glyph::Close label="Close" test_id="answer-close" on_press=on_close />
                </div>
                <Facts facts test_id="answer-facts" />
            </header>
            <Caution caution />
            <Show when=move || cells.with(Option::is_some)>
                <div class="de-tools plot-tools">
                    <CellsField
                        cells=Signal::derive(move || cells.get().unwrap_or(WhichCells::AsAsked))
                        has_selection
                        test_id="answer-cells"
                        on_cells
                    />
                </div>
            </Show>
            <ResultWait state name="answer" label="Finding the answer" on_cancel=on_close on_retry />
            <Show when=is_there>
                <div
                    class="answer-body"
                    data-testid="answer-body"
                    node_ref=body
                    inner_html=move || html.get()
                    on:click=press
                    on:keydown=move_between_buttons
                ></div>
            </Show>
        </section>
    }
}

fn buttons(body: &Element) -> Vec<HtmlElement> {
    let Ok(found) = body.query_selector_all("button") else { return Vec::new() };
    (0..found.length()).filter_map(|at| found.item(at)?.dyn_into().ok()).collect()
}

fn button_at(target: Option<EventTarget>) -> Option<Element> {
    target?.dyn_into::<Element>().ok()?.closest("button").ok()?
}

fn pressed(button: &Element) -> Option<AnswerPress> {
    if let Some(gene) = button.get_attribute("data-gene") {
        return Some(AnswerPress::Gene(gene));
    }
    let column = button.get_attribute("data-column")?;
    let code = button.get_attribute("data-code")?.parse().ok()?;
    Some(match button.get_attribute("data-do")?.as_str() {
        "compare" => AnswerPress::Compare(column, code),
        _ => AnswerPress::Select(column, code),
    })
}

/// Up and down lead from row to row.
fn move_between_buttons(event: KeyboardEvent) {
    let step: isize = match event.key().as_str() {
        "ArrowDown" => 1,
        "ArrowUp" => -1,
        _ => return,
    };
    let Some(button) = button_at(event.target()) else { return };
    let Some(body) = button.closest(".answer-body").ok().flatten() else { return };
    // Of each row the first.
    let is_first = |button: &HtmlElement| button.parent_element().is_some_and(|cell| cell.tag_name() == "TH");
    let rows: Vec<HtmlElement> = buttons(&body).into_iter().filter(is_first).collect();
    let row = button.closest("tr").ok().flatten();
    let at = rows.iter().position(|first| first.closest("tr").ok().flatten() == row);
    if let Some(next) = at.and_then(|at| rows.get(at.checked_add_signed(step)?)) {
        event.prevent_default();
        focus(Some(next.clone().into()));
    }
}
