//! The genes at hand: each with its histogram, to color and filter by.

use std::sync::Arc;

use explorer_core::state::{GeneKey, Range};
use js_sys::encode_uri_component;
use leptos::prelude::*;

use super::{
    Bars, BrushChange, BrushHistogram, CountScale, Cut, Each, Glyph, Histogram, HistogramAsk, Icon, IconButton, Show,
};
use crate::view::view;

/// A gene of the list.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct GeneItem {
    /// The gene and the layer that the row shows.
    pub key: GeneKey,
    /// What the gene is shown as.
    pub label: String,
    /// Its id, where the label does not say it.
    pub detail: String,
    /// The layer, where it is not that of the list.
    pub other_layer: Option<String>,
    /// Whether the layer has it.
    pub is_known: bool,
}

impl GeneItem {
    /// What the row is called: `LYZ`, or `LYZ in raw/X`.
    fn name(&self) -> String {
        match &self.other_layer {
            None => self.label.clone(),
            Some(layer) => format!("{} in {layer}", self.label),
        }
    }
}

/// The list of genes. What a row shows is asked for once, when the row appears.
#[component]
pub fn GeneList(
    /// The genes, in order, each once.
    #[prop(into)]
    genes: Signal<Vec<GeneItem>>,
    /// The histogram of a gene; `None` while it is on its way.
    #[prop(into)]
    bars_of: Callback<GeneKey, Signal<Option<Arc<Bars>>>>,
    /// The brush of a gene.
    #[prop(into)]
    range_of: Callback<GeneKey, Signal<Option<Range>>>,
    /// The gene that cells are colored by.
    #[prop(into)]
    colored: Signal<Option<GeneKey>>,
    /// Called with the gene to color by, or, when it is so colored, to stop.
    #[prop(into)]
    on_color: Callback<GeneKey>,
    /// The gene in color, or the two.
    #[prop(into)]
    blended: Signal<Vec<GeneKey>>,
    /// Called with the gene to blend with the one in color, or to take out of the two.
    #[prop(into)]
    on_blend: Callback<GeneKey>,
    /// Called with the gene to take off the list.
    #[prop(into)]
    on_remove: Callback<GeneKey>,
    /// Called during a drag and at its end.
    #[prop(into)]
    on_brush: Callback<(GeneKey, BrushChange)>,
    /// Called with what else a histogram asks for.
    #[prop(into)]
    on_ask: Callback<(GeneKey, HistogramAsk)>,
    /// The names of corpora of gene expression that have the genes, each with the address of its view without genes.
    #[prop(into)]
    corpora: StoredValue<Vec<(String, String)>>,
) -> impl IntoView {
    view! {
        <ul class="gene-list" aria-label="Genes">
            <Each each=move || genes.get() key=|gene| gene.clone() let:gene>
                <GeneRow
                    bars=bars_of.run(gene.key.clone())
                    range=range_of.run(gene.key.clone())
                    gene
                    colored
                    on_color
                    blended
                    on_blend
                    on_remove
                    on_brush
                    on_ask
                    corpora
                />
            </Each>
        </ul>
        <Show when=move || genes.with(Vec::is_empty)>
            <p class="gene-none note">"Genes that you find are listed here, to color and filter cells by."</p>
        </Show>
    }
}

#[component]
fn GeneRow(
    gene: GeneItem,
    bars: Signal<Option<Arc<Bars>>>,
    range: Signal<Option<Range>>,
    colored: Signal<Option<GeneKey>>,
    on_color: Callback<GeneKey>,
    blended: Signal<Vec<GeneKey>>,
    on_blend: Callback<GeneKey>,
    on_remove: Callback<GeneKey>,
    on_brush: Callback<(GeneKey, BrushChange)>,
    on_ask: Callback<(GeneKey, HistogramAsk)>,
    corpora: StoredValue<Vec<(String, String)>>,
) -> impl IntoView {
    // A gene that filters cells shows how.
    let expanded = RwSignal::new(range.with_untracked(Option::is_some));
    let name = StoredValue::new(gene.name());
    let GeneItem { key, label, detail, other_layer, is_known } = gene;
    let key = StoredValue::new(key);
    let own = move || name.get_value();
    let own_key = move || key.get_value();
    let can_blend = Memo::new(move |_| {
        let own = own_key();
        is_known
            && blended.with(|blended| match blended.as_slice() {
                [] => false,
                [one] => *one != own && one.layer == own.layer,
                [first, ..] => first.layer == own.layer,
            })
    });
    let chevron = Signal::derive(move || if expanded.get() { Glyph::ChevronDown } else { Glyph::ChevronRight });
    let title = if detail.is_empty() { own() } else { format!("{} · {detail}", own()) };
    view! {
        <li class="gene-row" class:unknown=!is_known data-testid=format!("gene-row-{}", own())>
            <div class="gene-head">
                <button
                    type="button"
                    class="gene-name row-button"
                    title=title
                    data-testid=format!("gene-expand-{}", own())
                    aria-expanded=move || expanded.get().to_string()
                    on:click=move |_| expanded.update(|expanded| *expanded = !*expanded)
                >
                    <Icon glyph=chevron />
                    <Cut text=label />
                    {other_layer.map(|layer| view! { <span class="gene-layer"><Cut text=layer /></span> })}
                </button>
                <span class="gene-bars" class:brushed=move || range.get().is_some()>
                    <Histogram bars scale=CountScale::Log />
                </span>
                <IconButton
                    glyph=Glyph::Drop
                    label="Color by"
                    test_id=format!("gene-color-{}", own())
                    disabled=!is_known
                    pressed=move || colored.with(|colored| colored.as_ref() == Some(&own_key()))
                    on_press=move || on_color.run(own_key())
                />
                <Show when=move || can_blend.get()>
                    <IconButton
                        glyph=Glyph::Compare
                        label="Blend with the gene in color"
                        test_id=format!("gene-blend-{}", own())
                        pressed=move || blended.with(|blended| blended.len() == 2 && blended.contains(&own_key()))
                        on_press=move || on_blend.run(own_key())
                    />
                </Show>
                <IconButton
                    glyph=Glyph::Close
                    label="Remove"
                    test_id=format!("gene-remove-{}", own())
                    on_press=move || on_remove.run(own_key())
                />
            </div>
            <Show when=move || is_known && expanded.get()>
                <div class="gene-body">
                    <BrushHistogram
                        name=own()
                        bars
                        range
                        scale=CountScale::Log
                        on_brush=move |change| on_brush.run((own_key(), change))
                        on_ask=move |ask| on_ask.run((own_key(), ask))
                    />
                    {corpora
                        .get_value()
                        .into_iter()
                        .map(|(name, address)| {
                            let address = format!("{address}{}", encode_uri_component(&own_key().gene));
                            view! { <a class="note" href=address data-testid="gene-corpus">"In the corpus " {name}</a> }
                        })
                        .collect_view()}
                </div>
            </Show>
        </li>
    }
}
