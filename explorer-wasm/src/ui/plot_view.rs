//! A plot of cells by group: the picture, what is asked, and the numbers behind it.

use explorer_core::state::{Plot, PlotKind, PlotMean, PlotOrder, PlotScale};
use leptos::{
    ev::{KeyboardEvent, PointerEvent},
    html,
    prelude::*,
};
use wasm_bindgen::JsCast;
use web_sys::Element;

use super::{
    Button, ButtonKind, CellsField, Choice, Cut, FigureMenu, Glyph, IconButton, PlotFile, ResultState, SelectField,
    Show, WhichCells, de_view::Caution, group_order::GroupOrder, result_edge::ResultEdge, result_facts::Facts,
    result_wait::ResultWait,
};
use crate::view::view;

/// What stands for no second column.
const NONE: &str = "";

/// Places without a mark that an arrow key leads over.
const MOST_SKIPPED: i32 = 50;

/// The plot, in the place of a comparison's result.
#[component]
pub fn PlotView(
    /// What is asked.
    #[prop(into)]
    plot: Signal<Plot>,
    /// How it stands.
    #[prop(into)]
    state: Signal<ResultState>,
    /// What it was drawn of, a few words each.
    #[prop(into)]
    facts: Signal<Vec<String>>,
    /// Why it is to be read with care.
    #[prop(into)]
    caution: Signal<Option<String>>,
    /// The picture; empty before there is one.
    #[prop(into)]
    svg: Signal<String>,
    /// Its numbers, as a table in HTML.
    #[prop(into)]
    table: Signal<String>,
    /// Columns to group by.
    #[prop(into)]
    columns: Signal<Vec<String>>,
    /// The labels that make the groups, in order.
    #[prop(into)]
    groups: Signal<Vec<String>>,
    /// The genes, with commas between.
    #[prop(into)]
    genes: Signal<String>,
    /// Which cells count.
    #[prop(into)]
    cells: Signal<WhichCells>,
    /// Whether some cells are selected.
    #[prop(into)]
    has_selection: Signal<bool>,
    /// Called with what is asked instead.
    #[prop(into)]
    on_change: Callback<Plot>,
    /// Called with which cells are to count.
    #[prop(into)]
    on_cells: Callback<WhichCells>,
    /// Called with the genes as they were typed.
    #[prop(into)]
    on_genes: Callback<String>,
    /// Called to save it.
    #[prop(into)]
    on_save: Callback<PlotFile>,
    /// Called to try again.
    #[prop(into)]
    on_retry: Callback<()>,
    /// Called to close the view.
    #[prop(into)]
    on_close: Callback<()>,
) -> impl IntoView {
    let panel = NodeRef::<html::Section>::new();
    let height_px = RwSignal::new(None::<f64>);
    let title = Signal::derive(move || plot.get().title());
    let is_there = move || svg.with(|svg| !svg.is_empty());
    view! {
        <section
            class="de plot"
            tabindex="-1"
            aria-label=title
            data-testid="plot-view"
            node_ref=panel
            style:height=move || height_px.get().map(|height_px| format!("{height_px}px"))
        >
            <ResultEdge panel height_px />
            <header class="de-head">
                <h2 data-testid="plot-title"><Cut text=title /></h2>
                <div class="de-actions">
                    <Button
                        label="CSV"
                        test_id="plot-csv"
                        kind=ButtonKind::Quiet
                        glyph=Glyph::Download
                        disabled=Signal::derive(move || !is_there())
                        on_press=move |()| on_save.run(PlotFile::Csv)
                    />
                    <FigureMenu name="plot" on_save />
                    <IconButton glyph=Glyph::Close label="Close" test_id="plot-close" on_press=on_close />
                </div>
                <Facts facts test_id="plot-facts" />
            </header>
            <Caution caution />
            <Tools plot columns groups genes cells has_selection on_change on_cells on_genes />
            <ResultWait state name="plot" label="Drawing" on_cancel=on_close on_retry />
            <Show when=is_there>
                <Figure svg table title />
            </Show>
        </section>
    }
}

/// What is asked, to be changed.
#[component]
fn Tools(
    plot: Signal<Plot>,
    columns: Signal<Vec<String>>,
    groups: Signal<Vec<String>>,
    genes: Signal<String>,
    cells: Signal<WhichCells>,
    has_selection: Signal<bool>,
    on_change: Callback<Plot>,
    on_cells: Callback<WhichCells>,
    on_genes: Callback<String>,
) -> impl IntoView {
    let change = move |change: &dyn Fn(&mut Plot)| {
        let mut asked = plot.get_untracked();
        change(&mut asked);
        on_change.run(asked);
    };
    let kinds = PlotKind::ALL.map(|kind| Choice::new(kind.name(), kind.title())).to_vec();
    let column = |name: String| Choice::new(name.clone(), name);
    let by = move || columns.get().into_iter().map(column).collect::<Vec<_>>();
    let then = move || {
        let others = by().into_iter().filter(|choice| plot.with(|plot| plot.by != choice.value));
        [Choice::new(NONE, "none")].into_iter().chain(others).collect::<Vec<_>>()
    };
    let colors = vec![
        Choice::new("all", "mean of all cells"),
        Choice::new("expressing", "mean of expressing cells"),
        Choice::new("all-scaled", "mean, scaled by gene"),
        Choice::new("expressing-scaled", "expressing, scaled by gene"),
    ];
    let color = move || {
        plot.with(|plot| match (plot.mean, plot.scale) {
            (PlotMean::All, PlotScale::Values) => "all",
            (PlotMean::Expressing, PlotScale::Values) => "expressing",
            (PlotMean::All, PlotScale::PerGene) => "all-scaled",
            (PlotMean::Expressing, PlotScale::PerGene) => "expressing-scaled",
        })
        .to_owned()
    };
    let set_color = move |name: String| {
        change(&|plot| {
            plot.mean = if name.starts_with("all") { PlotMean::All } else { PlotMean::Expressing };
            plot.scale = if name.ends_with("scaled") { PlotScale::PerGene } else { PlotScale::Values };
        });
    };
    let order = move || match plot.with(|plot| plot.order) {
        PlotOrder::Given => "given".to_owned(),
        PlotOrder::Clustered => "clustered".to_owned(),
    };
    let set_order = move |name: String| {
        change(&|plot| plot.order = if name == "given" { PlotOrder::Given } else { PlotOrder::Clustered });
    };
    let is_of_means = Memo::new(move |_| plot.with(|plot| plot.kind.is_of_means()));
    let is_scaled = move || plot.with(|plot| plot.scale == PlotScale::PerGene);
    let is_of_cells = Memo::new(move |_| plot.with(|plot| plot.kind == PlotKind::Heatmap));
    let tests_shares = Memo::new(move |_| plot.with(Plot::tests_shares));
    let samples = move || {
        // What is compared is no replicate of itself.
        let is_compared = |name: &String| plot.with(|plot| plot.by == *name || plot.then.as_ref() == Some(name));
        let others = columns.get().into_iter().filter(|name| !is_compared(name)).map(column);
        [Choice::new(NONE, "none: cells")].into_iter().chain(others).collect::<Vec<_>>()
    };
    let put_groups = Callback::new(move |groups: Vec<String>| {
        change(&|plot| {
            plot.groups.clone_from(&groups);
            plot.order = PlotOrder::Given;
        });
    });
    let has_genes = Memo::new(move |_| plot.with(|plot| plot.kind.has_genes()));
    view! {
        <div class="de-tools plot-tools">
            <SelectField
                name="Plot"
                choices=kinds
                value=Signal::derive(move || plot.with(|plot| plot.kind.name().to_owned()))
                label="Kind of plot"
                test_id="plot-kind"
                on_choose=move |name: String| {
                    change(&|plot| plot.kind = PlotKind::from_name(&name).unwrap_or_default());
                }
            />
            <SelectField
                name="By"
                choices=Signal::derive(by)
                value=Signal::derive(move || plot.with(|plot| plot.by.clone()))
                label="Groups by"
                test_id="plot-by"
                on_choose=move |name: String| change(&|plot| plot.by.clone_from(&name))
            />
            <SelectField
                name="and"
                choices=Signal::derive(then)
                value=Signal::derive(move || plot.with(|plot| plot.then.clone().unwrap_or_default()))
                label="Divided by"
                test_id="plot-then"
                on_choose=move |name: String| change(&|plot| plot.then = (name != NONE).then(|| name.clone()))
            />
            <CellsField cells has_selection test_id="plot-cells" on_cells />
            <Show when=move || is_of_means.get()>
                <SelectField
                    name="Color"
                    choices=colors.clone()
                    value=Signal::derive(color)
                    label="Colors are of"
                    test_id="plot-color"
                    on_choose=set_color
                />
                <SelectField
                    name="Order"
                    choices=vec![Choice::new("given", "as given"), Choice::new("clustered", "clustered")]
                    value=Signal::derive(order)
                    label="Order of groups and genes"
                    test_id="plot-order"
                    on_choose=set_order
                />
            </Show>
            <Show when=move || is_of_cells.get()>
                <SelectField
                    name="Color"
                    choices=vec![Choice::new("values", "values"), Choice::new("scaled", "scaled by gene")]
                    value=Signal::derive(move || if is_scaled() { "scaled" } else { "values" }.to_owned())
                    label="Colors are of"
                    test_id="plot-scale"
                    on_choose=move |name: String| {
                        let scale = if name == "scaled" { PlotScale::PerGene } else { PlotScale::Values };
                        change(&|plot| plot.scale = scale);
                    }
                />
            </Show>
            <Show when=move || tests_shares.get()>
                <SelectField
                    name="Samples"
                    choices=Signal::derive(samples)
                    value=Signal::derive(move || plot.with(|plot| plot.samples.clone().unwrap_or_default()))
                    label="Samples that are replicates in the test of shares"
                    test_id="plot-samples"
                    on_choose=move |name: String| {
                        change(&|plot| plot.samples = (name != NONE).then(|| name.clone()));
                    }
                />
            </Show>
            <GroupOrder
                groups
                on_order=put_groups
            />
            <Show when=move || has_genes.get()>
                <input
                    class="field plot-genes"
                    type="text"
                    placeholder="Genes, with commas between"
                    aria-label="Genes, with commas between"
                    data-testid="plot-genes"
                    prop:value=move || genes.get()
                    on:change:target=move |event| on_genes.run(event.target().value())
                />
            </Show>
        </div>
    }
}

/// The picture, what the pointer or the keyboard is at, and the table.
#[component]
fn Figure(svg: Signal<String>, table: Signal<String>, title: Signal<String>) -> impl IntoView {
    let told = RwSignal::new(String::new());
    let body = NodeRef::<html::Div>::new();
    let point = move |mark: Option<Element>| {
        let Some(body) = body.get_untracked() else { return };
        if let Ok(Some(before)) = body.query_selector(".mark.at") {
            let _ = before.class_list().remove_1("at");
        }
        let tip = mark.and_then(|mark| {
            let _ = mark.class_list().add_1("at");
            mark.query_selector("title").ok()??.text_content()
        });
        told.set(tip.unwrap_or_default());
    };
    let over = move |event: PointerEvent| {
        let target = event.target().and_then(|target| target.dyn_into::<Element>().ok());
        point(target.and_then(|target| target.closest(".mark").ok()?));
    };
    let walk = move |event: KeyboardEvent| {
        let step = match event.key().as_str() {
            "ArrowRight" => [0, 1],
            "ArrowLeft" => [0, -1],
            "ArrowDown" => [1, 0],
            "ArrowUp" => [-1, 0],
            _ => return,
        };
        let Some(body) = body.get_untracked() else { return };
        event.prevent_default();
        let find = |selector: &str| body.query_selector(selector).ok().flatten();
        let place = |mark: &Element| {
            let number = |name: &str| mark.get_attribute(name)?.parse::<i32>().ok();
            Some([number("data-row")?, number("data-column")?])
        };
        let next = match find(".mark.at").as_ref().and_then(place) {
            // Where there is no mark, a bar without cells for example, the next one is looked for.
            Some([row, column]) => (1..=MOST_SKIPPED).find_map(|n| {
                let [row, column] = [row + n * step[0], column + n * step[1]];
                find(&format!(".mark[data-row=\"{row}\"][data-column=\"{column}\"]"))
            }),
            None => find(".mark"),
        };
        if let Some(next) = next {
            next.scroll_into_view_with_bool(false);
            point(Some(next));
        }
    };
    view! {
        <p class="plot-told note" role="status" data-testid="plot-told">
            {move || match told.get() {
                told if told.is_empty() => "Point at a mark, or use the arrow keys, to read its numbers.".to_owned(),
                told => told,
            }}
        </p>
        <div class="plot-body">
            <div
                class="plot-picture"
                role="application"
                aria-roledescription="plot"
                tabindex="0"
                aria-label=move || format!("{}; its numbers are in the table below", title.get())
                data-testid="plot-picture"
                node_ref=body
                inner_html=move || svg.get()
                on:pointermove=over
                on:pointerleave=move |_| point(None)
                on:keydown=walk
            ></div>
            <details class="plot-table" data-testid="plot-table">
                <summary>"Table"</summary>
                <div inner_html=move || table.get()></div>
            </details>
        </div>
    }
}
