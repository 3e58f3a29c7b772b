//! The volcano plot: fold change against evidence, a dot a gene.

use std::sync::Arc;

use explorer_core::{
    data::{GeneIdx, GeneNames},
    de::{self, DeFilter, DeTable},
    format::{p_value, plural, short},
    screen::{MARGIN_PX, Rect, VolcanoLabel, VolcanoLayout, ticks},
};
use leptos::{ev::PointerEvent, html, prelude::*};

use super::{Button, ButtonKind, Glyph, Show, control::watch_size};
use crate::{
    owner::Alive,
    platform,
    view::{effect, view},
};

/// Plots narrower than this have short titles.
const NARROW_PX: f64 = 320.0;
/// Genes with an adjusted p-value up to this stand out, where the filters do not say otherwise.
const ALPHA: f64 = 0.05;
/// A pointer that moves farther than this draws a rectangle.
const DRAG_PX: f64 = 4.0;

/// What a pointer that is down has done so far: where it went down, and the corner it is at once it draws.
#[derive(Clone, Copy, Debug, PartialEq)]
struct Drag {
    from: (f64, f64),
    to: Option<(f64, f64)>,
}

/// What is drawn for the genes: dots and arrowheads of the rest, of those down, and of those up, in this order; and
/// the labels.
#[derive(Clone, Debug, Default, PartialEq)]
struct Drawing {
    paths: [(String, String); 3],
    labels: Vec<VolcanoLabel>,
}

/// The plot. Genes that the filters hide, and those without evidence, are gray. A drag narrows the filters to a
/// rectangle.
#[component]
pub(crate) fn Volcano(
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
    let layout = Memo::new(move |_| table.with(|table| Some(VolcanoLayout::new(table.as_ref()?, size_px.get()?))));
    let alpha =
        Memo::new(move |_| filter.with(|filter| if filter.max_pval_adj < 1.0 { filter.max_pval_adj } else { ALPHA }));
    let min_abs_effect = Memo::new(move |_| filter.with(|filter| filter.min_abs_effect));
    let draw = move || {
        let table = table.get()?;
        let log10_alpha = alpha.get().log10();
        let mut shown = vec![false; table.len()];
        rows.with(|rows| {
            rows.iter().filter(|&&gene| (gene as usize) < table.len()).for_each(|&gene| shown[gene as usize] = true);
        });
        let stands_out =
            |gene: &usize| shown[*gene] && table.log10_pval_adj[*gene] <= log10_alpha && table.effect[*gene] != 0.0;
        let (out, rest): (Vec<usize>, Vec<usize>) = (0..table.len()).partition(stands_out);
        layout.with(|layout| {
            let layout = layout.as_ref()?;
            let labels = names.with(|names| layout.labels(&out, names.labels()));
            let (up, down): (Vec<usize>, Vec<usize>) = out.iter().partition(|&&gene| table.effect[gene] > 0.0);
            let paths = [rest, down, up].map(|genes| (layout.dots(&genes), layout.arrows(&genes)));
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
                Some(Drag { from, to: Some(to) }) => Some(layout.rect(layout.region(Rect::between(from, to)))),
                _ => region.map(|region| layout.rect(region)),
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
            let (x, y) = *layout.as_ref()?.points.get(gene)?;
            Some(view! { <circle class=class cx=x cy=y r="5" /> })
        })
    };
    let labels = move || {
        let labels = drawing.with(|drawing| drawing.as_ref().map(|drawing| drawing.labels.clone())).unwrap_or_default();
        names.with(|names| {
            let label = |label: VolcanoLabel| {
                let name = names.labels().get(label.gene)?.clone();
                Some(view! { <text class="volcano-label" x=label.at.0 y=label.at.1>{name}</text> })
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
        let flipped = size_px.get().is_some_and(|(width, _)| x > width / 2.0);
        Some(view! {
            <div class="volcano-tip" class:flipped=flipped style:left=format!("{x}px") style:top=format!("{y}px")>
                <strong>{name}</strong>
                {text}
            </div>
        })
    };
    let effect = move || table.with(|table| table.as_ref().map_or(de::Effect::default(), |table| table.options.effect));
    view! {
        <div class="volcano">
            <div
                class="volcano-field"
                role="img"
                aria-label="Volcano plot: size of the effect against evidence. The table holds the same values."
                data-testid="de-volcano"
                node_ref=plot
                on:pointerdown=press
                on:pointermove=pull
                on:pointerup=release
                on:pointercancel=move |_| drag.set(None)
                on:pointerleave=move |_| hovered.set(None)
            >
                <svg class="volcano-plot">
                    {move || layout.get().map(|layout| view! { <Axes layout effect=effect() /> })}
                    {["volcano-rest", "volcano-down", "volcano-up"]
                        .into_iter()
                        .enumerate()
                        .map(|(at, class)| {
                            let dots = move || drawing.with(|drawing| Some(drawing.as_ref()?.paths[at].0.clone()));
                            let arrows = move || drawing.with(|drawing| Some(drawing.as_ref()?.paths[at].1.clone()));
                            view! {
                                <path class=class d=dots />
                                <path class=format!("{class} volcano-beyond") d=arrows />
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

/// Lines where genes begin to stand out: the adjusted p-value, and the size of the effect where the filters ask for one.
#[component]
fn Thresholds(layout: VolcanoLayout, alpha: f64, min_abs_effect: f64) -> impl IntoView {
    let Rect([left, top, right, bottom]) = layout.plot();
    let evidence = -alpha.log10();
    let across = (evidence <= layout.extent.1).then(|| {
        let y = layout.y(evidence);
        view! { <line class="volcano-threshold" x1=left x2=right y1=y y2=y /> }
    });
    let upright = [-min_abs_effect, min_abs_effect]
        .into_iter()
        .filter(|effect| *effect != 0.0 && effect.abs() <= layout.extent.0)
        .map(|effect| {
            let x = layout.x(effect);
            view! { <line class="volcano-threshold" x1=x x2=x y1=top y2=bottom /> }
        })
        .collect_view();
    view! {
        {across}
        {upright}
    }
}

#[component]
fn Axes(layout: VolcanoLayout, effect: de::Effect) -> impl IntoView {
    let [left, top, right, bottom] = MARGIN_PX;
    let (width, height) = layout.size_px;
    let (foot, end) = (height - bottom, width - right);
    let across: Vec<f64> = ticks(layout.extent.0, 3);
    let across = across.iter().skip(1).rev().map(|tick| -tick).chain(across.iter().copied());
    let is_narrow = width < NARROW_PX;
    let title = match (effect, layout.n_beyond()) {
        (de::Effect::Log2FoldChange, 0) => "log₂ fold change".to_owned(),
        (de::Effect::MeanDifference, 0) => "mean difference".to_owned(),
        (de::Effect::Log2FoldChange, beyond) if is_narrow => format!("log₂ FC, ‹ › {beyond} off the axis"),
        (de::Effect::MeanDifference, beyond) if is_narrow => format!("difference, ‹ › {beyond} off the axis"),
        (de::Effect::Log2FoldChange, beyond) => {
            format!("log₂ fold change, ‹ › {} off the axis", plural(beyond, "gene", "genes"))
        }
        (de::Effect::MeanDifference, beyond) => {
            format!("mean difference, ‹ › {} off the axis", plural(beyond, "gene", "genes"))
        }
    };
    let number = |value: f64| short(value, 3);
    let x_ticks = across
        .map(|tick| {
            let x = layout.x(tick);
            view! {
                <line class="volcano-grid" class:zero=tick == 0.0 x1=x x2=x y1=top y2=foot />
                <text x=x y=foot + 14.0 text-anchor="middle">{number(tick)}</text>
            }
        })
        .collect_view();
    let y_ticks = ticks(layout.extent.1, 4)
        .into_iter()
        .map(|tick| {
            let y = layout.y(tick);
            view! {
                <line class="volcano-grid" class:zero=tick == 0.0 x1=left x2=end y1=y y2=y />
                <text x=left - 6.0 y=y + 4.0 text-anchor="end">{number(tick)}</text>
            }
        })
        .collect_view();
    view! {
        {x_ticks}
        {y_ticks}
        <text class="volcano-title" x=(left + end) / 2.0 y=height - 6.0 text-anchor="middle">{title}</text>
        <text
            class="volcano-title"
            text-anchor="middle"
            transform=format!("translate(11 {}) rotate(-90)", (top + foot) / 2.0)
        >
            "−log₁₀ adj. p"
        </text>
    }
}
