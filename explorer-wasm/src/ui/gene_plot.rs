//! Plots of a comparison's genes, a dot each: volcano, mean against fold change, fold changes of two comparisons.

use std::sync::Arc;

use explorer_core::{
    data::{GeneIdx, GeneNames},
    de::{self, DeFilter, DeTable, GeneAxes},
    format::{p_value, plural, short},
    screen::{GeneLabel, GeneLayout, GeneTick, MARGIN_PX, OtherEffects, Point, Rect},
    session::StandingOut,
};
use leptos::{ev::PointerEvent, html, prelude::*};

use super::{Button, ButtonKind, Glyph, Show, control::watch_size, de_table::interval_text};
use crate::{
    owner::Alive,
    platform,
    view::{effect, view},
};

/// Plots narrower than this have short titles.
const NARROW_PX: f64 = 320.0;
/// A pointer that moves farther than this draws a rectangle.
const DRAG_PX: f64 = 4.0;

/// What a pointer that is down has done so far: where it went down, and the corner it is at once it draws.
#[derive(Clone, Copy, Debug, PartialEq)]
struct Drag {
    from: (f64, f64),
    to: Option<(f64, f64)>,
}

/// What is drawn for the genes: dots and arrowheads of each class, the rest first; and the labels, with whether the gene
/// was chosen.
#[derive(Clone, Debug, Default, PartialEq)]
struct Drawing {
    paths: [(String, String); 4],
    labels: Vec<(GeneLabel, bool)>,
}

/// The classes of genes, in the order of a drawing.
fn classes(axes: GeneAxes) -> [&'static str; 4] {
    match axes {
        GeneAxes::Volcano | GeneAxes::Ma => ["volcano-rest", "volcano-down", "volcano-up", "volcano-both"],
        GeneAxes::Effects => ["volcano-rest", "volcano-this", "volcano-other", "volcano-both"],
    }
}

/// The plot. Genes that the filters hide, and those without evidence, are gray. A drag narrows the filters to a
/// rectangle, but for that of two comparisons.
#[component]
pub(crate) fn GenePlot(
    axes: Signal<GeneAxes>,
    /// The effects in another comparison, for axes of these.
    other: Signal<Option<Arc<OtherEffects>>>,
    /// What the axis of the other comparison is called.
    other_title: Signal<String>,
    /// The ids of genes that have their names in any case.
    chosen: Signal<Vec<String>>,
    table: Signal<Option<Arc<DeTable>>>,
    names: Signal<Arc<GeneNames>>,
    #[prop(into)] rows: Signal<Arc<[u32]>>,
    filter: RwSignal<DeFilter>,
    colored: Signal<Option<String>>,
    on_gene: Callback<String>,
) -> impl IntoView {
    let plot = NodeRef::<html::Div>::new();
    let size_px = RwSignal::new(None::<(f64, f64)>);
    let hovered = RwSignal::new(None::<u32>);
    let drag = RwSignal::new(None::<Drag>);
    watch_size(plot, move || {
        let size = plot.get_untracked().map(|plot| (f64::from(plot.client_width()), f64::from(plot.client_height())));
        let room = size.filter(|&(width, height)| width > 120.0 && height > 80.0);
        if size_px.get_untracked() != room {
            size_px.set(room);
        }
    });
    let layout = Memo::new(move |_| {
        let other = other.get();
        table.with(|table| Some(GeneLayout::new(axes.get(), table.as_ref()?, other.as_deref(), size_px.get()?)))
    });
    let alpha = Memo::new(move |_| filter.with(standing_out).max_pval_adj);
    let min_abs_effect = Memo::new(move |_| filter.with(standing_out).min_abs_effect);
    let draw = move || {
        let table = table.get()?;
        let log10_alpha = alpha.get().log10();
        let mut shown = vec![false; table.len()];
        rows.with(|rows| {
            rows.iter().filter(|&&gene| (gene as usize) < table.len()).for_each(|&gene| shown[gene as usize] = true);
        });
        let other = other.get();
        layout.with(|layout| {
            let layout = layout.as_ref()?;
            let genes = layout.classes(&table, other.as_deref(), &shown, log10_alpha);
            let out = genes[1..].concat();
            let labels = names.with(|names| {
                let chosen: Vec<usize> =
                    chosen.with(|chosen| chosen.iter().filter_map(|id| names.position(id)).collect());
                let labels = layout.labels(&chosen, &out, names.labels()).into_iter();
                labels.map(|label| (chosen.contains(&label.gene), label)).map(|(is, label)| (label, is)).collect()
            });
            let paths = genes.map(|genes| (layout.dots(&genes), layout.arrows(&genes)));
            Some(Drawing { paths, labels })
        })
    };
    // Tens of thousands of genes take a while: in a task of their own, and once for all that changes together.
    let drawing = RwSignal::new(None::<Drawing>);
    let (changes, alive) = (StoredValue::new(0_u32), Alive::here());
    effect(move || {
        table.track();
        rows.track();
        names.track();
        layout.track();
        alpha.track();
        chosen.track();
        changes.update_value(|changes| *changes += 1);
        let before = changes.get_value();
        alive.spawn(async move {
            platform::breathe().await;
            if changes.get_value() == before {
                drawing.set(untrack(draw));
            }
        });
    });
    let at = move |event: &PointerEvent| (f64::from(event.offset_x()), f64::from(event.offset_y()));
    let nearest = move |place| layout.with_untracked(|layout| layout.as_ref()?.nearest(place));
    let press = move |event: PointerEvent| {
        if event.button() == 0 {
            if let Some(plot) = plot.get_untracked() {
                let _ = plot.set_pointer_capture(event.pointer_id());
            }
            drag.set(Some(Drag { from: at(&event), to: None }));
        }
    };
    let pull = move |event: PointerEvent| {
        let place = at(&event);
        let Some(held) = drag.get_untracked() else {
            hovered.set(nearest(place));
            return;
        };
        if held.to.is_some() || (place.0 - held.from.0).hypot(place.1 - held.from.1) > DRAG_PX {
            hovered.set(None);
            drag.set(Some(Drag { to: Some(place), ..held }));
        }
    };
    let release = move |event: PointerEvent| {
        let Some(Drag { from, to }) = drag.get_untracked() else { return };
        drag.set(None);
        if let Some(to) = to {
            if axes.get_untracked() == GeneAxes::Effects {
                return;
            }
            let region = layout.with_untracked(|layout| Some(layout.as_ref()?.region(Rect::between(from, to))));
            filter.update(|filter| filter.region = region);
        } else if let Some(gene) = nearest(at(&event)) {
            on_gene.run(names.with_untracked(|names| names.id(GeneIdx(gene)).to_owned()));
        } else if filter.with_untracked(|filter| filter.region.is_some()) {
            filter.update(|filter| filter.region = None);
        }
    };
    let brush = move || {
        let region = filter.with(|filter| filter.region);
        let rect = layout.with(|layout| {
            let layout = layout.as_ref()?;
            match drag.get() {
                Some(Drag { from, to: Some(to) }) if layout.axes != GeneAxes::Effects => {
                    layout.rect(layout.region(Rect::between(from, to)))
                }
                Some(_) | None => region.and_then(|region| layout.rect(region)),
            }
        });
        rect.map(|Rect([left, top, right, bottom])| {
            view! {
                <rect class="volcano-brush" data-testid="de-brush" x=left y=top width=right - left height=bottom - top />
            }
        })
    };
    let marked = move || {
        let colored = colored.get()?;
        names.with(|names| names.position(&colored))
    };
    let mark = move |gene: usize, class: &'static str| {
        layout.with(|layout| {
            let (x, y) = *layout.as_ref()?.points.get(gene).filter(|(x, y)| x.is_finite() && y.is_finite())?;
            Some(view! { <circle class=class cx=x cy=y r="5" /> })
        })
    };
    let labels = move || {
        let labels = drawing.with(|drawing| drawing.as_ref().map(|drawing| drawing.labels.clone())).unwrap_or_default();
        names.with(|names| {
            let label = |(label, is_chosen): (GeneLabel, bool)| {
                let name = names.labels().get(label.gene)?.clone();
                let (x, y) = label.at;
                Some(view! { <text class="volcano-label" class:chosen=is_chosen x=x y=y>{name}</text> })
            };
            labels.into_iter().filter_map(label).collect_view()
        })
    };
    let tip = move || {
        let gene = hovered.get()? as usize;
        let table = table.get()?;
        let (x, y) = layout.with(|layout| layout.as_ref()?.points.get(gene).copied())?;
        let name = names.with(|names| names.labels().get(gene).cloned())?;
        let (effect, log10_pval_adj) = (*table.effect.get(gene)?, *table.log10_pval_adj.get(gene)?);
        let mut text = format!("{} · adj. p {}", short(effect, 3), p_value(log10_pval_adj));
        if layout.with(|layout| layout.as_ref().is_some_and(|layout| layout.is_beyond(gene))) {
            text.push_str(" · off the axis");
        }
        let interval = match (axes.get(), other.get()) {
            (GeneAxes::Effects, Some(other)) => format!(
                "there {} · adj. p {}",
                short(*other.effect.get(gene)?, 3),
                p_value(*other.log10_pval_adj.get(gene)?)
            ),
            (GeneAxes::Ma, _) => format!("mean {} · {}", short(table.mean(gene), 3), interval_text(&table, gene)),
            (GeneAxes::Effects | GeneAxes::Volcano, _) => interval_text(&table, gene),
        };
        let flipped = size_px.get().is_some_and(|(width, _)| x > width / 2.0);
        Some(view! {
            <div class="volcano-tip" class:flipped=flipped style:left=format!("{x}px") style:top=format!("{y}px")>
                <strong>{name}</strong>
                {text}
                <br />
                {interval}
            </div>
        })
    };
    let effect = move || table.with(|table| table.as_ref().map_or(de::Effect::default(), |table| table.options.effect));
    view! {
        <div class="volcano">
            <div
                class="volcano-field"
                role="img"
                aria-label=move || match axes.get() {
                    GeneAxes::Volcano => "Volcano plot: size of the effect against evidence. The table holds the same values.",
                    GeneAxes::Ma => "MA plot: mean expression against size of the effect. The table holds the same values.",
                    GeneAxes::Effects => "Effects in two comparisons. The CSV file of the plot holds the values.",
                }
                data-testid="de-volcano"
                node_ref=plot
                on:pointerdown=press
                on:pointermove=pull
                on:pointerup=release
                on:pointercancel=move |_| drag.set(None)
                on:pointerleave=move |_| hovered.set(None)
            >
                <svg class="volcano-plot">
                    {move || {
                        layout.get().map(|layout| view! { <Axes layout effect=effect() other_title=other_title.get() /> })
                    }}
                    {(0..4)
                        .map(|at| {
                            let class = move || classes(axes.get())[at];
                            let dots = move || drawing.with(|drawing| Some(drawing.as_ref()?.paths[at].0.clone()));
                            let arrows = move || drawing.with(|drawing| Some(drawing.as_ref()?.paths[at].1.clone()));
                            view! {
                                <path class=class d=dots />
                                <path class=move || format!("{} volcano-beyond", class()) d=arrows />
                            }
                        })
                        .collect_view()}
                    {move || {
                        layout
                            .get()
                            .map(|layout| {
                                view! { <Thresholds layout alpha=alpha.get() min_abs_effect=min_abs_effect.get() /> }
                            })
                    }}
                    {labels}
                    {move || marked().and_then(|gene| mark(gene, "volcano-marked"))}
                    {move || hovered.get().and_then(|gene| mark(gene as usize, "volcano-hovered"))}
                    {brush}
                </svg>
                {tip}
            </div>
            <Show when=move || filter.with(|filter| filter.region.is_some())>
                <div class="volcano-clear">
                    <Button
                        label="Clear brush"
                        test_id="de-clear-brush"
                        kind=ButtonKind::Quiet
                        glyph=Glyph::Close
                        on_press=move || filter.update(|filter| filter.region = None)
                    />
                </div>
            </Show>
        </div>
    }
}

/// Which genes stand out, as the filters have it.
pub(super) fn standing_out(filter: &DeFilter) -> StandingOut {
    let usual = StandingOut::default();
    // A filter that lets all through says nothing.
    let max_pval_adj = if filter.max_pval_adj < 1.0 { filter.max_pval_adj } else { usual.max_pval_adj };
    StandingOut { max_pval_adj, min_abs_effect: filter.min_abs_effect }
}

/// Lines where genes begin to stand out: the adjusted p-value, and the size of the effect where the filters ask for one.
#[component]
fn Thresholds(layout: GeneLayout, alpha: f64, min_abs_effect: f64) -> impl IntoView {
    let line = |[from, to]: [Point; 2]| {
        view! { <line class="volcano-threshold" x1=from.0 x2=to.0 y1=from.1 y2=to.1 /> }
    };
    layout.thresholds(alpha, min_abs_effect).into_iter().map(line).collect_view()
}

/// What an axis of effects is called.
fn effect_title(effect: de::Effect, is_narrow: bool) -> &'static str {
    match (effect, is_narrow) {
        (effect, false) => effect.title(),
        (de::Effect::Log2FoldChange, true) => "log₂ FC",
        (de::Effect::MeanDifference, true) => "difference",
    }
}

#[component]
fn Axes(layout: GeneLayout, effect: de::Effect, other_title: String) -> impl IntoView {
    let [left, top, right, bottom] = MARGIN_PX;
    let (width, height) = layout.size_px;
    let (foot, end) = (height - bottom, width - right);
    let is_narrow = width < NARROW_PX;
    let arrows = if layout.axes == GeneAxes::Ma { "" } else { "‹ › " };
    let beyond = match layout.n_beyond() {
        0 => String::new(),
        beyond if is_narrow => format!(", {arrows}{beyond} off the axis"),
        beyond => format!(", {arrows}{} off the axis", plural(beyond, "gene", "genes")),
    };
    let of_effect = effect_title(effect, is_narrow && !beyond.is_empty());
    let (x_title, y_title) = match layout.axes {
        GeneAxes::Volcano => (format!("{of_effect}{beyond}"), "−log₁₀ adj. p".to_owned()),
        GeneAxes::Ma => (format!("mean of both means{beyond}"), effect_title(effect, height < NARROW_PX).to_owned()),
        GeneAxes::Effects => (format!("{of_effect} here{beyond}"), other_title),
    };
    let x_ticks = layout
        .x_ticks(3)
        .into_iter()
        .map(|GeneTick { value, at_px: x, text }| {
            view! {
                <line class="volcano-grid" class:zero=value == 0.0 x1=x x2=x y1=top y2=foot />
                <text x=x y=foot + 14.0 text-anchor="middle">{text}</text>
            }
        })
        .collect_view();
    let y_ticks = layout
        .y_ticks(if layout.y_ends[0] < 0.0 { 2 } else { 4 })
        .into_iter()
        .map(|GeneTick { value, at_px: y, text }| {
            view! {
                <line class="volcano-grid" class:zero=value == 0.0 x1=left x2=end y1=y y2=y />
                <text x=left - 6.0 y=y + 4.0 text-anchor="end">{text}</text>
            }
        })
        .collect_view();
    view! {
        {x_ticks}
        {y_ticks}
        <text class="volcano-title" x=(left + end) / 2.0 y=height - 6.0 text-anchor="middle">{x_title}</text>
        <text
            class="volcano-title"
            text-anchor="middle"
            transform=format!("translate(11 {}) rotate(-90)", (top + foot) / 2.0)
        >
            {y_title}
        </text>
    }
}
