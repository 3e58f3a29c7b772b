//! Dots: genes across, tissues and their cell types down. Only what is in sight exists, however many there are.

use std::{f64::consts::TAU, sync::Arc};

use corpus::{
    Dimension,
    view::{Edit, LEAST_MARKED, Panel, RowKind, RowOrder, Table, TableRow, measured_in},
};
use explorer_core::{
    color::{Rgb, css_color, opaque},
    format::{integer, percent, plural, significant},
    names::visible,
    screen::{RowWindow, scroll_to_show},
};
use expression::{diameter_px, dot_color};
use leptos::{
    ev::{KeyboardEvent, PointerEvent},
    html,
    prelude::*,
};
use wasm_bindgen::JsCast;
use web_sys::{CanvasRenderingContext2d, HtmlCanvasElement};

use crate::{
    platform,
    ui::{CellTip, CellTooltip, Each, Glyph, Icon, Show, control::watch_size},
    view::{effect, view},
};

/// The height of a row and the width of a gene, in CSS pixels.
const ROW_PX: f64 = 24.0;
const GENE_PX: f64 = 24.0;

/// Rows and genes kept ready beyond each edge.
const OVERSCAN: usize = 8;

/// How far the label of a row stands in for each row that it is below, in CSS pixels; and how many of those at most.
const INDENT_PX: usize = 12;
const MOST_INDENTS: usize = 8;

/// Digits of expression that are told.
const DIGITS: usize = 3;

/// How far the cross of what was not measured reaches from its middle, in CSS pixels.
const CROSS_PX: f64 = 2.5;

/// A dot: numbers of its row and gene.
type Place = (usize, usize);

/// The dots of a table.
#[component]
pub fn DotGrid(
    /// What is shown.
    #[prop(into)]
    table: Signal<Arc<Table>>,
    /// The order of the rows.
    #[prop(into)]
    order: Signal<RowOrder>,
    /// What rows are divided by.
    #[prop(into)]
    group_by: Signal<Option<Dimension>>,
    /// Whether dots are on dark.
    is_dark: Signal<bool>,
    /// Called with what the user asks for.
    on_edit: Callback<Edit>,
) -> impl IntoView {
    let scroller = NodeRef::<html::Div>::new();
    let corner = NodeRef::<html::Div>::new();
    let canvas = NodeRef::<html::Canvas>::new();
    // Of the dots alone, without labels and headings.
    let size_px = RwSignal::new([0.0_f64; 2]);
    let scroll_px = RwSignal::new([0.0_f64; 2]);
    let pointed = RwSignal::new(None::<Place>);
    let measure = move || {
        if let (Some(scroller), Some(corner)) = (scroller.get_untracked(), corner.get_untracked()) {
            let size = [
                f64::from(scroller.client_width() - corner.offset_width()).max(0.0),
                f64::from(scroller.client_height() - corner.offset_height()).max(0.0),
            ];
            if size_px.get_untracked() != size {
                size_px.set(size);
            }
        }
    };
    watch_size(scroller, measure);
    let n_rows = Memo::new(move |_| table.with(|table| table.rows.len()));
    let n_genes = Memo::new(move |_| table.with(|table| table.genes.len()));
    // What is pointed at may be gone.
    let place = Memo::new(move |_| pointed.get().filter(|&(row, gene)| row < n_rows.get() && gene < n_genes.get()));
    let rows = Memo::new(move |_| RowWindow::of(n_rows.get(), ROW_PX, size_px.get()[1], scroll_px.get()[1], OVERSCAN));
    let genes =
        Memo::new(move |_| RowWindow::of(n_genes.get(), GENE_PX, size_px.get()[0], scroll_px.get()[0], OVERSCAN));
    effect(move || {
        if let Some(canvas) = canvas.get() {
            table.with(|table| {
                let window = [rows.get(), genes.get()];
                draw(&canvas, table, window, size_px.get(), scroll_px.get(), place.get(), is_dark.get());
            });
        }
    });

    let point = move |event: PointerEvent| {
        let [left, top] = scroll_px.get_untracked();
        let row = ((f64::from(event.offset_y()) + top) / ROW_PX) as usize;
        let gene = ((f64::from(event.offset_x()) + left) / GENE_PX) as usize;
        pointed.set((row < n_rows.get_untracked() && gene < n_genes.get_untracked()).then_some((row, gene)));
    };
    let show = move |(row, gene): Place| {
        pointed.set(Some((row, gene)));
        let ([width, height], [left, top]) = (size_px.get_untracked(), scroll_px.get_untracked());
        if let Some(scroller) = scroller.get_untracked() {
            scroller.set_scroll_left(scroll_to_show(gene, GENE_PX, width, left).round() as i32);
            scroller.set_scroll_top(scroll_to_show(row, ROW_PX, height, top).round() as i32);
        }
    };
    let toggle = move |(row, gene): Place| {
        let edit = table.with_untracked(|table| {
            let of = table.rows.get(row)?;
            match of.kind {
                RowKind::Tissue { .. } => Some(Edit::Tissue(of.tissue.id.clone())),
                RowKind::CellType | RowKind::Option => donors_behind(table, (row, gene), group_by.get_untracked()),
            }
        });
        if let Some(edit) = edit {
            on_edit.run(edit);
        }
    };
    let press = move |_| {
        let place = place.get_untracked();
        let edit = table.with_untracked(|table| donors_behind(table, place?, group_by.get_untracked()));
        if let Some(edit) = edit {
            on_edit.run(edit);
        }
    };
    let key = move |event: KeyboardEvent| {
        let (n_rows, n_genes) = (n_rows.get_untracked(), n_genes.get_untracked());
        if n_rows == 0 || n_genes == 0 {
            return;
        }
        let (row, gene) = place.get_untracked().unwrap_or_default();
        let page = ((size_px.get_untracked()[1] / ROW_PX) as usize).max(1);
        let next = match event.key().as_str() {
            // The first press shows where one is.
            "ArrowDown" | "ArrowUp" | "ArrowLeft" | "ArrowRight" if place.get_untracked().is_none() => (row, gene),
            "ArrowDown" => (row + 1, gene),
            "ArrowUp" => (row.saturating_sub(1), gene),
            "ArrowRight" => (row, gene + 1),
            "ArrowLeft" => (row, gene.saturating_sub(1)),
            "PageDown" => (row + page, gene),
            "PageUp" => (row.saturating_sub(page), gene),
            "Home" => (if event.ctrl_key() { 0 } else { row }, 0),
            "End" => (if event.ctrl_key() { n_rows } else { row }, n_genes),
            "Enter" | " " => {
                toggle((row, gene));
                event.prevent_default();
                return;
            }
            "Escape" if place.get_untracked().is_some() => {
                pointed.set(None);
                event.stop_propagation();
                return;
            }
            _ => return,
        };
        event.prevent_default();
        show((next.0.min(n_rows - 1), next.1.min(n_genes - 1)));
    };

    let tip = Signal::derive(move || {
        let (row, gene) = place.get()?;
        let [left, top] = scroll_px.get();
        table.with(|table| tip_of(table, (row, gene), [left, top], size_px.get()[0], is_dark.get()))
    });
    let told = move || place.get().and_then(|place| table.with(|table| told_of(table, place))).unwrap_or_default();
    let name = move || {
        format!(
            "Dots of {} in {}. Arrow keys lead from dot to dot; Enter opens a tissue, and tells the donors behind a dot of a cell type.",
            plural(n_genes.get(), "gene", "genes"),
            plural(n_rows.get(), "row", "rows")
        )
    };
    let in_window = |window: Memo<RowWindow>| {
        move || {
            let window = window.get();
            window.start..window.end
        }
    };
    view! {
        <div
            class="dots"
            data-testid="dots"
            node_ref=scroller
            on:scroll:target=move |event| {
                let target = event.target();
                scroll_px.set([f64::from(target.scroll_left()), f64::from(target.scroll_top())]);
            }
        >
            <div
                class="dots-all"
                style:width=move || format!("calc(var(--dots-label) + {}px)", n_genes.get() as f64 * GENE_PX)
                style:height=move || format!("calc(var(--dots-head) + {}px)", n_rows.get() as f64 * ROW_PX)
            >
                <div class="dots-corner" node_ref=corner>
                    <span>"Tissue, cell type"</span>
                    <span>"Cells"</span>
                </div>
                <div class="dots-genes" role="group" aria-label="Genes">
                    <Each each=in_window(genes) key=|&gene| gene let:gene>
                        <GeneHeading gene table order on_edit />
                    </Each>
                </div>
                <ul class="dots-rows" aria-label="Tissues and cell types">
                    <Each each=in_window(rows) key=|&row| row let:row>
                        <RowLabel row table on_edit />
                    </Each>
                </ul>
                <div class="dots-picture">
                    <canvas
                        node_ref=canvas
                        tabindex="0"
                        role="application"
                        aria-roledescription="dot plot"
                        aria-label=name
                        data-testid="dots-canvas"
                        on:pointermove=point
                        on:pointerdown=point
                        on:click=press
                        on:pointerleave=move |_| pointed.set(None)
                        on:keydown=key
                    ></canvas>
                    <CellTooltip tip />
                </div>
            </div>
            <p class="visually-hidden" role="status" data-testid="dots-told">{told}</p>
        </div>
    }
}

/// The name of a gene over its dots; a press orders the rows by it.
#[component]
fn GeneHeading(
    gene: usize,
    table: Signal<Arc<Table>>,
    order: Signal<RowOrder>,
    on_edit: Callback<Edit>,
) -> impl IntoView {
    let of = Memo::new(move |_| table.with(|table| table.genes.get(gene).cloned()));
    let symbol = move || of.get().map(|gene| visible(&gene.symbol).into_owned()).unwrap_or_default();
    let id = move || of.get().map(|gene| gene.id).unwrap_or_default();
    let is_ordered = move || order.with(|order| matches!(order, RowOrder::Gene(by) if *by == id()));
    let press = move |_| {
        let order = if is_ordered() { RowOrder::Ontology } else { RowOrder::Gene(id()) };
        on_edit.run(Edit::Rows(order));
    };
    let hint = move || {
        let ask = if is_ordered() { "press for the order of the ontology" } else { "press to order rows by it" };
        format!("{} ({}): {ask}", symbol(), id())
    };
    view! {
        <button
            type="button"
            class="dots-gene"
            class:is-ordered=is_ordered
            style:left=format!("{}px", gene as f64 * GENE_PX)
            aria-pressed=move || is_ordered().to_string()
            title=hint
            data-testid=move || format!("dots-gene-{}", symbol())
            on:click=press
        >
            <span>{symbol}</span>
        </button>
    }
}

/// What a row is called, and its cells.
#[component]
fn RowLabel(row: usize, table: Signal<Arc<Table>>, on_edit: Callback<Edit>) -> impl IntoView {
    let of = move |read: fn(&TableRow) -> String| table.with(|table| table.rows.get(row).map(read).unwrap_or_default());
    let label = Memo::new(move |_| of(|row| visible(row.label()).into_owned()));
    let cells = Memo::new(move |_| of(|row| integer(row.n_cells)));
    let tissue = Memo::new(move |_| of(|row| row.tissue.id.clone()));
    let shape = Memo::new(move |_| table.with(|table| table.rows.get(row).map(|row| (row.kind, row.depth))));
    let is_tissue = move || matches!(shape.get(), Some((RowKind::Tissue { .. }, _)));
    let is_open = move || matches!(shape.get(), Some((RowKind::Tissue { is_open: true }, _)));
    // Fewer cells tell little.
    let has_markers = move || {
        let of_type = matches!(shape.get(), Some((RowKind::CellType, _)));
        of_type && table.with(|table| table.rows.get(row).is_some_and(|row| row.n_cells > LEAST_MARKED))
    };
    let ask_markers = move |_| {
        let id = table.with_untracked(|table| table.rows.get(row).map(|row| row.id(None)));
        if let Some(id) = id {
            on_edit.run(Edit::Panel(Some(Panel::Markers(id))));
        }
    };
    let is_option = move || matches!(shape.get(), Some((RowKind::Option, _)));
    let indent = move || shape.get().map_or(0, |(_, depth)| depth.min(MOST_INDENTS) * INDENT_PX);
    let text = move || {
        view! {
            <bdi class="ellipsis">{label}</bdi>
            <span class="dots-cells">{cells}</span>
        }
    };
    let named = move || {
        view! {
            <Show when=has_markers fallback=text>
                <button
                    type="button"
                    title=move || format!("{}: press for its marker genes", label.get())
                    data-testid=move || format!("markers-{}", label.get())
                    on:click=ask_markers
                >
                    {text()}
                </button>
            </Show>
        }
    };
    view! {
        <li
            class="dots-row"
            class:is-tissue=is_tissue
            class:is-option=is_option
            style:top=format!("{}px", row as f64 * ROW_PX)
            style:padding-inline-start=move || format!("calc(var(--space-3) + {}px)", indent())
            title=label
        >
            <Show when=is_tissue fallback=named>
                <button
                    type="button"
                    aria-expanded=move || is_open().to_string()
                    data-testid=move || format!("tissue-{}", tissue.get())
                    on:click=move |_| on_edit.run(Edit::Tissue(tissue.get_untracked()))
                >
                    <Icon glyph=Glyph::ChevronRight />
                    {text()}
                </button>
            </Show>
        </li>
    }
}

/// Asks for the donors behind a dot that there is.
fn donors_behind(table: &Table, (row, gene): Place, group_by: Option<Dimension>) -> Option<Edit> {
    let of = table.rows.get(row)?;
    of.dots.get(gene)?.expression()?;
    Some(Edit::Panel(Some(Panel::Donors(of.id(group_by), table.genes.get(gene)?.id.clone()))))
}

/// What is known of a dot, by name.
fn values_of(table: &Table, (row, gene): Place) -> Option<Vec<(String, String)>> {
    let (of_row, dot) = (table.rows.get(row)?, table.rows.get(row)?.dots.get(gene)?);
    let (Some(share), Some(of_tissue)) = (dot.share(), dot.tissue_composition()) else {
        return Some(vec![("Expressing".to_owned(), measured_in(dot))]);
    };
    let n_expressing = format!("{} of {} cells", integer(dot.n_expressing), integer(dot.n_measured));
    let mut values = vec![("Expressing".to_owned(), format!("{} ({n_expressing})", percent(share)))];
    if dot.n_measured < dot.n_cells {
        values.push(("Known".to_owned(), measured_in(dot)));
    }
    if let (Some(expression), Some(place)) = (dot.expression(), table.place(row, gene)) {
        values.push(("Expression".to_owned(), significant(expression, DIGITS)));
        values.push(("Scaled".to_owned(), significant(place, DIGITS)));
    }
    if !matches!(of_row.kind, RowKind::Tissue { .. }) {
        values.push(("Of the tissue".to_owned(), percent(of_tissue)));
    }
    Some(values)
}

fn tip_of(table: &Table, (row, gene): Place, [left, top]: [f64; 2], width_px: f64, is_dark: bool) -> Option<CellTip> {
    Some(CellTip {
        left_px: (gene as f64 + 0.5) * GENE_PX - left,
        top_px: (row as f64 + 0.5) * ROW_PX - top,
        picture_width_px: width_px,
        id: format!("{} in {}", visible(&table.genes.get(gene)?.symbol), table.rows.get(row)?.name()),
        color: table.place(row, gene).map(|place| color_of(place, is_dark)),
        values: values_of(table, (row, gene))?,
    })
}

/// The same in a sentence.
fn told_of(table: &Table, (row, gene): Place) -> Option<String> {
    let values = values_of(table, (row, gene))?;
    let values: Vec<String> = values.into_iter().map(|(name, value)| format!("{name}: {value}")).collect();
    let symbol = visible(&table.genes.get(gene)?.symbol).into_owned();
    Some(format!("{symbol} in {}. {}", table.rows.get(row)?.name(), values.join(". ")))
}

fn context_of(canvas: &HtmlCanvasElement) -> Option<CanvasRenderingContext2d> {
    canvas.get_context("2d").ok()??.dyn_into().ok()
}

/// The color of a place on the scale: high ones stand out of the ground, whichever it is.
pub(super) fn color_of(place: f64, is_dark: bool) -> Rgb {
    opaque(dot_color(if is_dark { 1.0 - place } else { place }))
}

/// Draws the dots in sight.
fn draw(
    canvas: &HtmlCanvasElement,
    table: &Table,
    [rows, genes]: [RowWindow; 2],
    [width, height]: [f64; 2],
    [left, top]: [f64; 2],
    place: Option<Place>,
    is_dark: bool,
) {
    let Some(context) = context_of(canvas) else { return };
    let ratio = platform::window().device_pixel_ratio();
    let [width_dpx, height_dpx] = [width, height].map(|size| (size * ratio).round() as u32);
    if canvas.width() != width_dpx || canvas.height() != height_dpx {
        canvas.set_width(width_dpx);
        canvas.set_height(height_dpx);
        let style = web_sys::HtmlElement::style(canvas);
        // Fail only for what is no property.
        let _ = style.set_property("width", &format!("{width}px"));
        let _ = style.set_property("height", &format!("{height}px"));
    }
    // Fails for numbers that are none alone.
    let _ = context.set_transform(ratio, 0.0, 0.0, ratio, 0.0, 0.0);
    context.clear_rect(0.0, 0.0, width, height);
    let wash = if is_dark { "rgb(255 255 255 / 7%)" } else { "rgb(20 28 32 / 5%)" };
    context.set_fill_style_str(wash);
    for row in rows.start..rows.end {
        if matches!(table.rows[row].kind, RowKind::Tissue { .. }) {
            context.fill_rect(0.0, row as f64 * ROW_PX - top, width, ROW_PX);
        }
    }
    if let Some((row, gene)) = place {
        context.fill_rect(0.0, row as f64 * ROW_PX - top, width, ROW_PX);
        context.fill_rect(gene as f64 * GENE_PX - left, 0.0, GENE_PX, height);
    }
    context.set_stroke_style_str(if is_dark { "rgb(255 255 255 / 45%)" } else { "rgb(20 28 32 / 35%)" });
    context.set_line_width(0.75);
    for row in rows.start..rows.end {
        for gene in genes.start..genes.end {
            let (x, y) = ((gene as f64 + 0.5) * GENE_PX - left, (row as f64 + 0.5) * ROW_PX - top);
            let Some(share) = table.rows[row].dots[gene].share() else {
                context.begin_path();
                for (from, to) in [(-CROSS_PX, CROSS_PX), (CROSS_PX, -CROSS_PX)] {
                    context.move_to(x - CROSS_PX, y + from);
                    context.line_to(x + CROSS_PX, y + to);
                }
                context.stroke();
                continue;
            };
            // No dot stands for none: the least of the sizes is for few.
            let Some(scaled) = table.place(row, gene) else { continue };
            let radius = diameter_px(share) / 2.0;
            context.set_fill_style_str(&css_color(color_of(scaled, is_dark)));
            context.begin_path();
            // Fails for negative radii alone.
            let _ = context.arc(x, y, radius, 0.0, TAU);
            context.fill();
            context.stroke();
        }
    }
}
