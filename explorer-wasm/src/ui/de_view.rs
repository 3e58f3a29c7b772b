//! The result of a comparison: what was compared, the volcano plot, the table.

use std::sync::Arc;

use explorer_core::{
    data::{GeneIdx, GeneNames},
    de::{DeFilter, DeTable, Regulation},
    format::{integer, plural},
    screen::DeSort,
    state::{Comparison, ComparisonPlot, ComparisonView, Enrichment, TestMode},
};
use leptos::{html, prelude::*};

use super::{
    Button, ButtonKind, Choice, Cut, DeSummary, Glyph, Icon, IconButton, MenuItem, MenuItems, Popover, Segment,
    Segmented, SelectField, Show,
    de_filters::DeFilters,
    de_plots::{DePlots, PlotParts},
    de_table::DeRows,
    result_edge::ResultEdge,
    result_facts::Facts,
    set_tests::{SetAsk, SetTests, SetTestsState},
    test_choice::{Awaited, TestChoice, TestOffer},
};
use crate::{owner::Alive, view::view};

/// Gene sets larger than this are of no use, and slow.
const MAX_SET: usize = 500;
/// How many of the best genes a set may be made of.
const TOPS: [usize; 5] = [20, 50, 100, 200, MAX_SET];

/// A gene set to be made: which way its genes differ, where that was asked for, and their ids.
pub type NewGeneSet = (Option<Regulation>, Vec<String>);

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Face {
    Genes,
    Sets,
    Plot,
}

/// What stands in the place of the table while gene sets do.
#[derive(Clone, Copy)]
pub struct SetParts {
    /// How they stand.
    pub state: Signal<SetTestsState>,
    /// The table, in HTML.
    pub html: Signal<String>,
    /// The file that the sets are of.
    pub file: Signal<Option<String>>,
    /// Called with a file of sets, and with none.
    pub on_file: Callback<Option<web_sys::File>>,
    /// Called with what is asked in the table.
    pub on_ask: Callback<SetAsk>,
    /// Called to save the table as CSV.
    pub on_export: Callback<()>,
}

/// The result, in a panel below the picture on a wide screen, over all of it on a narrow one.
#[component]
pub fn DeView(
    /// What was compared.
    #[prop(into)]
    summary: Signal<DeSummary>,
    /// The statistics, one row a gene; `None` while they are on their way.
    #[prop(into)]
    table: Signal<Option<Arc<DeTable>>>,
    /// What the genes are called, in the table's order.
    #[prop(into)]
    names: Signal<Arc<GeneNames>>,
    /// The id of the gene that cells are colored by.
    #[prop(into)]
    colored: Signal<Option<String>>,
    /// Called with the id of the gene to color by.
    #[prop(into)]
    on_gene: Callback<String>,
    /// Called with the id of the gene that the pointer is over, and with `None` when it leaves.
    #[prop(optional, into)]
    on_point: Option<Callback<Option<String>>>,
    /// Called with the sets that are to be made.
    #[prop(into)]
    on_gene_sets: Callback<Vec<NewGeneSet>>,
    /// Called to save the whole table as CSV.
    #[prop(into)]
    on_export: Callback<()>,
    /// Called to close the result.
    #[prop(into)]
    on_close: Callback<()>,
    /// What is asked.
    #[prop(into)]
    asked: Signal<Option<Comparison>>,
    /// What else may be.
    offer: TestOffer,
    /// How far the answer is that is not shown yet.
    #[prop(into)]
    awaited: Signal<Awaited>,
    /// Called with what is asked instead.
    #[prop(into)]
    on_change: Callback<Comparison>,
    /// Called to go back to what is shown.
    #[prop(into)]
    on_cancel: Callback<()>,
    /// The plots.
    plots: PlotParts,
    /// The gene sets.
    sets: SetParts,
) -> impl IntoView {
    let filter = RwSignal::new(DeFilter::default());
    let sort = RwSignal::new(DeSort::default());
    let panel = NodeRef::<html::Section>::new();
    let PlotParts { shown, on_show, .. } = plots;
    let is_plot = RwSignal::new(false);
    // Where there is no room for a plot beside the table, it takes its place.
    let takes_place = move || {
        let plots = panel.get_untracked().and_then(|panel| panel.query_selector(".de-plots").ok().flatten());
        plots.is_some_and(|plots| plots.client_width() == 0)
    };
    // A link may ask for one.
    if shown.with_untracked(|shown| shown.plot != ComparisonPlot::Volcano && shown.sets.is_none()) {
        Alive::here().next_frame(move || is_plot.set(takes_place()));
    }
    let face = Signal::derive(move || match is_plot.get() {
        true => Face::Plot,
        false if shown.with(|shown| shown.sets.is_some()) => Face::Sets,
        false => Face::Genes,
    });
    let enrichment = Signal::derive(move || shown.with(|shown| shown.sets).unwrap_or_default());
    let last_sets = StoredValue::new(Enrichment::default());
    let show_face = move |chosen: Face| {
        is_plot.set(chosen == Face::Plot);
        let now = shown.get_untracked();
        if let Some(sets) = now.sets {
            last_sets.set_value(sets);
        }
        let sets = match chosen {
            Face::Genes => None,
            Face::Sets => now.sets.or_else(|| Some(last_sets.get_value())),
            Face::Plot => now.sets,
        };
        if sets != now.sets {
            on_show.run(ComparisonView { sets, ..now });
        }
    };
    let is_of_genes = Memo::new(move |_| face.get() != Face::Sets);
    // With one gene in both sets beside it, the table chooses the gene.
    let on_row = Callback::new(move |gene: String| {
        let now = shown.get_untracked();
        if now.plot == ComparisonPlot::Gene {
            on_show.run(ComparisonView { gene: Some(gene.clone()), ..now });
        }
        on_gene.run(gene);
    });
    let on_spread = Callback::new(move |gene: String| {
        is_plot.set(takes_place());
        let now = shown.get_untracked();
        on_show.run(ComparisonView { plot: ComparisonPlot::Gene, gene: Some(gene), ..now });
    });
    let order = Memo::new(move |_| {
        let names = names.get();
        table.with(|table| {
            let table = table.as_ref().filter(|table| table.len() <= names.len())?;
            Some(sort.get().order(table, &names))
        })
    });
    let rows = Memo::new(move |_| -> Arc<[u32]> {
        let mut rows = order.get().unwrap_or_default();
        table.with(|table| {
            if let Some(table) = table {
                names.with(|names| filter.with(|filter| table.retain(&mut rows, names, filter)));
            }
        });
        rows.into()
    });
    // A rectangle of one result says nothing of the next.
    let question = Memo::new(move |_| summary.with(|summary| summary.title.clone()));
    Effect::new(move |before: Option<String>| {
        let question = question.get();
        if before.is_some_and(|before| before != question) {
            filter.update(|filter| filter.region = None);
        }
        question
    });
    let n_rows = move || rows.with(|rows| rows.len());
    let n_genes = move || table.with(|table| table.as_ref().map_or(0, |table| table.len()));
    let count = move || {
        let all = n_genes();
        let shown = n_rows();
        if all == 0 {
            return String::new();
        }
        if shown == all { plural(all, "gene", "genes") } else { format!("{shown} of {}", plural(all, "gene", "genes")) }
    };
    let n_top = RwSignal::new(TOPS[1]);
    let make_sets = move |sides: &'static [Regulation]| {
        let ids = |genes: &[u32]| {
            names.with_untracked(|names| genes.iter().map(|&gene| names.id(GeneIdx(gene)).to_owned()).collect())
        };
        let Some(table) = table.get_untracked() else { return };
        let (shown, most) = (rows.get_untracked(), n_top.get_untracked());
        let sets = sides.iter().map(|&side| (Some(side), ids(&table.top(&shown, side, most))));
        let sets =
            if sides.is_empty() { vec![(None, ids(&shown[..shown.len().min(MAX_SET)]))] } else { sets.collect() };
        on_gene_sets.run(sets.into_iter().filter(|(_, genes): &NewGeneSet| !genes.is_empty()).collect());
    };
    let effect = move || table.with(|table| table.as_ref().map(|table| table.options.effect).unwrap_or_default());
    let faces = vec![
        Segment::named(Face::Genes, "Genes", "de-show-table"),
        Segment::named(Face::Sets, "Enrichment", "de-show-sets"),
        Segment::named(Face::Plot, "Plot", "de-show-volcano"),
    ];
    let height_px = RwSignal::new(None::<f64>);
    view! {
        <section
            class="de"
            class:show-plot=move || face.get() == Face::Plot
            class:wide-plot=move || shown.with(|shown| shown.plot != ComparisonPlot::Volcano)
            tabindex="-1"
            aria-label=move || summary.get().title
            data-testid="de-view"
            node_ref=panel
            style:height=move || height_px.get().map(|height_px| format!("{height_px}px"))
        >
            <ResultEdge panel height_px />
            <header class="de-head">
                <h2 data-testid="de-title"><Cut text=Signal::derive(move || summary.get().title) /></h2>
                <div class="de-actions">
                    <Button
                        label="Gene sets"
                        test_id="de-gene-sets"
                        kind=ButtonKind::Quiet
                        glyph=Glyph::Genes
                        disabled=move || table.with(Option::is_none)
                        on_press=move |()| make_sets(&[Regulation::Up, Regulation::Down])
                    />
                    <Popover glyph=Glyph::ChevronDown label="Choose the genes of a set" test_id="de-gene-set">
                        <div class="de-sets">
                            <SelectField
                                name="Best"
                                choices=TOPS.map(|top| Choice::new(top.to_string(), format!("{top} genes"))).to_vec()
                                value=Signal::derive(move || n_top.get().to_string())
                                label="Genes of a set"
                                test_id="de-set-top"
                                on_choose=move |text: String| n_top.set(text.parse().unwrap_or(TOPS[1]))
                            />
                            <MenuItems label="Genes of a set">
                            <MenuItem label="Higher in the group" test_id="de-set-up" on_choose=move || make_sets(&[Regulation::Up]) />
                            <MenuItem label="Lower in the group" test_id="de-set-down" on_choose=move || make_sets(&[Regulation::Down]) />
                            <MenuItem
                                label="Both, as two sets"
                                test_id="de-set-both"
                                on_choose=move || make_sets(&[Regulation::Up, Regulation::Down])
                            />
                            <MenuItem
                                label=Signal::derive(move || {
                                    let n_rows = n_rows();
                                    let first = if n_rows > MAX_SET { "First" } else { "All" };
                                    format!("{first} {} shown", plural(n_rows.min(MAX_SET), "gene", "genes"))
                                })
                                test_id="de-set-shown"
                                on_choose=move || make_sets(&[])
                            />
                            </MenuItems>
                        </div>
                    </Popover>
                    <Button
                        // The file holds every gene, whatever the filters hide.
                        label=Signal::derive(move || match n_genes() {
                            n_genes if n_rows() < n_genes => format!("CSV of all {}", integer(n_genes as u64)),
                            _ => "CSV".to_owned(),
                        })
                        test_id="de-export"
                        kind=ButtonKind::Quiet
                        glyph=Glyph::Download
                        disabled=move || table.with(Option::is_none)
                        on_press=on_export
                    />
                    <IconButton glyph=Glyph::Close label="Close" test_id="de-close" on_press=on_close />
                </div>
                <Facts
                    facts=Signal::derive(move || summary.get().facts)
                    detail=Signal::derive(move || summary.get().detail)
                    is_estimate=Signal::derive(move || summary.get().is_estimate)
                    test_id="de-facts"
                />
            </header>
            <Caution caution=Signal::derive(move || summary.get().caution) />
            {offer.has_samples.then(|| view! {
                <p class="de-samples note">
                    <span>
                        "Cells of one sample are alike, so p-values that count each cell as independent are too small."
                    </span>
                    <Button
                        label="Compare samples instead"
                        test_id="de-samples"
                        kind=ButtonKind::Quiet
                        on_press=move |()| {
                            if let Some(asked) = asked.get_untracked() {
                                on_change.run(Comparison { mode: TestMode::Samples, ..asked });
                            }
                        }
                    />
                </p>
            })}
            <div class="de-tools">
                <div class="de-faces">
                    <Segmented segments=faces value=face label="View" on_choose=show_face />
                </div>
                <TestChoice asked offer awaited on_change on_cancel />
                <Show when=move || is_of_genes.get()>
                    <DeFilters filter effect=Signal::derive(effect) />
                </Show>
                <span class="de-count note" role="status" data-testid="de-count">{count}</span>
            </div>
            <div class="de-body">
                <DePlots parts=plots table names rows filter colored on_gene=on_row />
                <Show when=move || is_of_genes.get()>
                    <DeRows table names rows sort colored on_gene=on_row on_point on_spread />
                </Show>
                <Show when=move || !is_of_genes.get()>
                    <SetTests
                        enrichment
                        state=sets.state
                        html=sets.html
                        file=sets.file
                        on_change=Callback::new(move |asked| {
                            on_show.run(ComparisonView { sets: Some(asked), ..shown.get_untracked() });
                        })
                        on_file=sets.on_file
                        on_ask=sets.on_ask
                        on_export=sets.on_export
                    />
                </Show>
            </div>
        </section>
    }
}

/// Why the numbers are to be read with care, where there is a reason.
#[component]
pub(super) fn Caution(
    /// The sentences.
    caution: Signal<Option<String>>,
) -> impl IntoView {
    move || {
        caution.get().map(|caution| {
            view! {
                <p class="de-caution note">
                    <Icon glyph=Glyph::Warning />
                    {caution}
                </p>
            }
        })
    }
}
