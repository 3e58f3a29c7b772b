//! The volcano plot: fold change against evidence, a dot a gene.

use std::{fmt::Write as _, sync::Arc};

use explorer_core::{
    de::{DeTable, Effect},
    format::p_value,
};
use leptos::{ev::MouseEvent, html, prelude::*};

use super::{
    control::watch_size,
    text::{plural, short},
};

/// Space for the axes, in CSS pixels: left, top, right, bottom.
const MARGIN_PX: [f64; 4] = [44.0, 12.0, 12.0, 36.0];
/// Plots narrower than this have short titles.
const NARROW_PX: f64 = 320.0;
/// A dot is found from this far.
const REACH_PX: f64 = 14.0;
/// Genes with an adjusted p-value up to this stand out.
const ALPHA: f64 = 0.05;

/// The axis of effects ends at the latest this many times beyond where all but a hundredth of the
/// genes are that both sets express.
const EFFECT_ROOM: f64 = 1.5;
/// The least effect that the axis reaches, if any gene does.
const LEAST_EFFECT: f64 = 1.0;

/// Where every gene lies, in CSS pixels.
#[derive(Clone, Debug, PartialEq)]
struct Layout {
    size_px: (f64, f64),
    /// The greatest |effect| and the greatest −log10 p on the axes.
    extent: (f64, f64),
    points: Vec<(f64, f64)>,
    /// Genes whose effect lies beyond the axis, in order; they are drawn at its ends.
    beyond: Vec<usize>,
}

impl Layout {
    fn new(table: &DeTable, size_px: (f64, f64)) -> Self {
        let extent = (effect_extent(table), extent_of(&table.log10_pval));
        let beyond = table.effect.iter().zip(0..).filter(|(effect, _)| effect.abs() > extent.0).map(|(_, gene)| gene);
        let mut layout = Self { size_px, extent, points: Vec::new(), beyond: beyond.collect() };
        layout.points = table
            .effect
            .iter()
            .zip(&table.log10_pval)
            .map(|(&effect, &log10_pval)| (layout.x(effect), layout.y(-log10_pval)))
            .collect();
        layout
    }

    /// What lies beyond an axis is drawn at its end.
    fn x(&self, effect: f64) -> f64 {
        let [left, _, right, _] = MARGIN_PX;
        let middle = (left + self.size_px.0 - right) / 2.0;
        let half = (self.size_px.0 - left - right) / 2.0;
        middle + (effect / self.extent.0).clamp(-1.0, 1.0) * half
    }

    fn y(&self, evidence: f64) -> f64 {
        let [_, top, _, bottom] = MARGIN_PX;
        let height = self.size_px.1 - top - bottom;
        self.size_px.1 - bottom - (evidence / self.extent.1).clamp(0.0, 1.0) * height
    }

    /// The gene nearest to a place, if one is within reach.
    fn nearest(&self, (x, y): (f64, f64)) -> Option<u32> {
        let distance = |&(px, py): &(f64, f64)| (px - x).powi(2) + (py - y).powi(2);
        let (gene, point) = self
            .points
            .iter()
            .zip(0_u32..)
            .map(|(point, gene)| (gene, point))
            .min_by(|a, b| distance(a.1).total_cmp(&distance(b.1)))?;
        (distance(point) <= REACH_PX * REACH_PX).then_some(gene)
    }

    fn is_beyond(&self, gene: usize) -> bool {
        self.beyond.binary_search(&gene).is_ok()
    }

    /// One path for any number of genes on the axis: dots are strokes of no length, which round caps
    /// make discs.
    fn dots(&self, genes: &[usize]) -> String {
        let mut path = String::new();
        for (x, y) in genes.iter().filter(|gene| !self.is_beyond(**gene)).filter_map(|&gene| self.points.get(gene)) {
            let _ = write!(path, "M{x:.1} {y:.1}h0");
        }
        path
    }

    /// The same for those beyond it: heads of arrows that point there.
    fn arrows(&self, genes: &[usize]) -> String {
        let mut path = String::new();
        let middle = self.x(0.0);
        for (x, y) in genes.iter().filter(|gene| self.is_beyond(**gene)).filter_map(|&gene| self.points.get(gene)) {
            let back = if *x < middle { 5.0 } else { -5.0 };
            let (tail, above, below) = (x + back, y - 4.0, y + 4.0);
            let _ = write!(path, "M{tail:.1} {above:.1}L{x:.1} {y:.1}L{tail:.1} {below:.1}");
        }
        path
    }
}

/// The end of an axis that holds all of these.
fn extent_of(values: &[f64]) -> f64 {
    let greatest = values.iter().map(|value| value.abs()).filter(|value| value.is_finite()).fold(0.0, f64::max);
    if greatest > 0.0 { greatest * 1.04 } else { 1.0 }
}

/// The end of the axis of effects. Genes that one set does not express at all have effects that tell
/// of the pseudocount alone; they would squeeze all others into the middle.
fn effect_extent(table: &DeTable) -> f64 {
    let is_in_both = |gene: &usize| {
        let expressed = |pct: &[f64]| pct.get(*gene).is_some_and(|&pct| pct > 0.0);
        expressed(&table.pct_group) && expressed(&table.pct_reference)
    };
    let in_both = (0..table.effect.len()).filter(is_in_both).map(|gene| table.effect[gene].abs());
    let mut effects: Vec<f64> = in_both.filter(|effect| effect.is_finite()).collect();
    let all = extent_of(&table.effect);
    if effects.is_empty() {
        return all;
    }
    let rank = (effects.len() - 1) * 99 / 100;
    let (_, &mut most, _) = effects.select_nth_unstable_by(rank, f64::total_cmp);
    all.min((most * EFFECT_ROOM).max(LEAST_EFFECT))
}

/// Round numbers from 0 up to `extent`, at most `most` of them beyond 0.
fn ticks(extent: f64, most: usize) -> Vec<f64> {
    let rough = extent / most.max(1) as f64;
    let power = 10_f64.powf(rough.log10().floor());
    let step =
        [1.0, 2.0, 5.0, 10.0].into_iter().map(|factor| factor * power).find(|&step| step >= rough).unwrap_or(rough);
    (0..).map(|index| f64::from(index) * step).take_while(|&tick| tick <= extent).collect()
}

/// The plot. Genes that the filters hide, and those without evidence, are grey.
#[component]
pub(crate) fn Volcano(
    table: Signal<Option<Arc<DeTable>>>,
    names: Signal<Arc<[String]>>,
    #[prop(into)] rows: Signal<Arc<[u32]>>,
    colored: Signal<Option<String>>,
    on_gene: Callback<String>,
) -> impl IntoView {
    let plot = NodeRef::<html::Div>::new();
    let size_px = RwSignal::new(None::<(f64, f64)>);
    let hovered = RwSignal::new(None::<u32>);
    watch_size(plot, move || {
        let size = plot.get_untracked().map(|plot| (f64::from(plot.client_width()), f64::from(plot.client_height())));
        let room = size.filter(|&(width, height)| width > 120.0 && height > 80.0);
        if size_px.get_untracked() != room {
            size_px.set(room);
        }
    });
    let layout = Memo::new(move |_| table.with(|table| Some(Layout::new(table.as_ref()?, size_px.get()?))));
    // Dots and arrowheads of the rest, of those down, and of those up, drawn in this order.
    let paths = Memo::new(move |_| {
        let (layout, table) = (layout.get()?, table.get()?);
        let mut shown = vec![false; table.len()];
        rows.with(|rows| {
            rows.iter().filter(|&&gene| (gene as usize) < table.len()).for_each(|&gene| shown[gene as usize] = true);
        });
        let stands_out = |gene: &usize| shown[*gene] && table.pval_adj[*gene] <= ALPHA && table.effect[*gene] != 0.0;
        let (out, rest): (Vec<usize>, Vec<usize>) = (0..table.len()).partition(stands_out);
        let (up, down): (Vec<usize>, Vec<usize>) = out.into_iter().partition(|&gene| table.effect[gene] > 0.0);
        Some([rest, down, up].map(|genes| (layout.dots(&genes), layout.arrows(&genes))))
    });
    let at = move |event: &MouseEvent| (f64::from(event.offset_x()), f64::from(event.offset_y()));
    let marked = move || {
        let colored = colored.get()?;
        names.with(|names| names.iter().position(|name| *name == colored))
    };
    let mark = move |gene: usize, class: &'static str| {
        layout.with(|layout| {
            let (x, y) = *layout.as_ref()?.points.get(gene)?;
            Some(view! { <circle class=class cx=x cy=y r="5" /> })
        })
    };
    let tip = move || {
        let gene = hovered.get()? as usize;
        let table = table.get()?;
        let (x, y) = layout.with(|layout| layout.as_ref()?.points.get(gene).copied())?;
        let name = names.with(|names| names.get(gene).cloned())?;
        let mut text = format!("{} · p {}", short(*table.effect.get(gene)?, 3), p_value(*table.log10_pval.get(gene)?));
        if layout.with(|layout| layout.as_ref().is_some_and(|layout| layout.is_beyond(gene))) {
            text.push_str(" · beyond the axis");
        }
        let flipped = size_px.get().is_some_and(|(width, _)| x > width / 2.0);
        Some(view! {
            <div class="volcano-tip" class:flipped=flipped style:left=format!("{x}px") style:top=format!("{y}px")>
                <strong>{name}</strong>
                {text}
            </div>
        })
    };
    view! {
        <div
            class="volcano"
            role="img"
            aria-label="Volcano plot: size of the effect against evidence. The table holds the same values."
            data-testid="de-volcano"
            node_ref=plot
            on:mousemove=move |event| {
                hovered.set(layout.with_untracked(|layout| layout.as_ref()?.nearest(at(&event))));
            }
            on:mouseleave=move |_| hovered.set(None)
            on:click=move |event| {
                let gene = layout.with_untracked(|layout| layout.as_ref()?.nearest(at(&event)));
                if let Some(name) = gene.and_then(|gene| names.with_untracked(|names| names.get(gene as usize).cloned())) {
                    on_gene.run(name);
                }
            }
        >
            <svg class="volcano-plot">
                {move || layout.get().map(|layout| view! { <Axes layout effect=table.with(|table| table.as_ref().map_or(Effect::default(), |table| table.options.effect)) /> })}
                {["volcano-rest", "volcano-down", "volcano-up"]
                    .into_iter()
                    .enumerate()
                    .map(|(at, class)| {
                        let dots = move || paths.with(|paths| paths.as_ref().map(|paths| paths[at].0.clone()));
                        let arrows = move || paths.with(|paths| paths.as_ref().map(|paths| paths[at].1.clone()));
                        view! {
                            <path class=class d=dots />
                            <path class=format!("{class} volcano-beyond") d=arrows />
                        }
                    })
                    .collect_view()}
                {move || marked().and_then(|gene| mark(gene, "volcano-marked"))}
                {move || hovered.get().and_then(|gene| mark(gene as usize, "volcano-hovered"))}
            </svg>
            {tip}
        </div>
    }
}

#[component]
fn Axes(layout: Layout, effect: Effect) -> impl IntoView {
    let [left, top, right, bottom] = MARGIN_PX;
    let (width, height) = layout.size_px;
    let (foot, end) = (height - bottom, width - right);
    let across: Vec<f64> = ticks(layout.extent.0, 3);
    let across = across.iter().skip(1).rev().map(|tick| -tick).chain(across.iter().copied());
    let is_narrow = width < NARROW_PX;
    let title = match (effect, layout.beyond.len()) {
        (Effect::Log2FoldChange, 0) => "log₂ fold change".to_owned(),
        (Effect::MeanDifference, 0) => "mean difference".to_owned(),
        (Effect::Log2FoldChange, beyond) if is_narrow => format!("log₂ FC, ‹ › {beyond} beyond"),
        (Effect::MeanDifference, beyond) if is_narrow => format!("difference, ‹ › {beyond} beyond"),
        (Effect::Log2FoldChange, beyond) => format!("log₂ fold change, ‹ › {} beyond", plural(beyond, "gene", "genes")),
        (Effect::MeanDifference, beyond) => format!("mean difference, ‹ › {} beyond", plural(beyond, "gene", "genes")),
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
            "−log₁₀ p"
        </text>
    }
}

#[cfg(test)]
mod tests {
    use wasm_bindgen_test::wasm_bindgen_test as test;

    use super::*;

    fn table() -> DeTable {
        DeTable {
            effect: vec![-2.0, 0.0, 1.0],
            score: vec![-3.0, 0.0, f64::INFINITY],
            log10_pval: vec![-10.0, 0.0, f64::NEG_INFINITY],
            ..DeTable::default()
        }
    }

    #[test]
    fn every_gene_lies_inside_the_axes_and_is_found_where_it_lies() {
        let layout = Layout::new(&table(), (300.0, 200.0));
        let [left, top, right, bottom] = MARGIN_PX;
        for (gene, &(x, y)) in layout.points.iter().enumerate() {
            assert!(x >= left && x <= 300.0 - right && y >= top && y <= 200.0 - bottom);
            assert_eq!(layout.nearest((x + 3.0, y - 3.0)), Some(gene as u32));
        }
        assert_eq!(layout.nearest((150.0, 60.0)), None);
    }

    #[test]
    fn a_p_of_zero_is_at_the_top() {
        assert_eq!(Layout::new(&table(), (300.0, 200.0)).points[2].1, MARGIN_PX[1]);
    }

    #[test]
    fn genes_of_one_set_alone_do_not_squeeze_the_others() {
        let mut effect: Vec<f64> = (0..200).map(|gene| f64::from(gene - 100) / 50.0).collect();
        effect.extend([-30.0, 28.0, f64::INFINITY]);
        let n_genes = effect.len();
        let pct = |absent: usize| (0..n_genes).map(|gene| if gene == absent { 0.0 } else { 10.0 }).collect::<Vec<_>>();
        let mut table = DeTable {
            log10_pval: vec![-1.0; n_genes],
            pct_group: pct(200),
            pct_reference: pct(201),
            effect,
            ..DeTable::default()
        };
        table.pct_group[202] = 0.0;
        let layout = Layout::new(&table, (300.0, 200.0));
        assert_eq!(layout.beyond, [200, 201, 202]);
        assert!((2.0..3.1).contains(&layout.extent.0), "{}", layout.extent.0);
        assert!(layout.is_beyond(201) && !layout.is_beyond(0));
        // Few genes and small effects still have an axis that says something.
        table.effect.iter_mut().for_each(|effect| *effect = effect.clamp(-0.02, 0.02));
        table.effect[0] = 40.0;
        assert_eq!(Layout::new(&table, (300.0, 200.0)).extent.0, LEAST_EFFECT);
    }

    #[test]
    fn ticks_are_round_and_few() {
        assert_eq!(ticks(2.3, 3), [0.0, 1.0, 2.0]);
        assert_eq!(ticks(87.0, 4), [0.0, 50.0]);
        assert_eq!(ticks(1.0, 2), [0.0, 0.5, 1.0]);
    }
}
