//! The plots of the open comparison: one at a time, beside its table.

use std::sync::Arc;

use explorer_core::{
    data::GeneNames,
    de::{DeFilter, DeTable, GeneAxes},
    screen::{Agreement, OtherEffects},
    session::StandingOut,
    state::{ComparisonPlot, ComparisonView},
};
use leptos::prelude::*;

use super::{
    Choice, FigureMenu, PlotFile, Select, Show,
    gene_plot::{GenePlot, standing_out},
};
use crate::view::view;

/// A gene in both sets.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Spread {
    /// What the gene is called.
    pub gene: String,
    /// The picture; empty before there is one.
    pub svg: String,
    /// Its numbers, as a table in HTML.
    pub table: String,
    /// What is to be said of it: that it is on its way, or why it is not there.
    pub note: String,
}

/// What the plots show beside the comparison itself.
#[derive(Clone, Copy)]
pub struct PlotParts {
    /// What is shown.
    pub shown: Signal<ComparisonView>,
    /// The other comparisons, by their places in the list.
    pub others: Signal<Vec<Choice>>,
    /// The effects in the one that this one is held against.
    pub other: Signal<Option<Arc<OtherEffects>>>,
    /// How both agree.
    pub agreement: Signal<Option<Agreement>>,
    /// What is to be said while that is not known.
    pub other_note: Signal<String>,
    /// The gene in both sets.
    pub spread: Signal<Spread>,
    /// The ids of genes that have their names in any case.
    pub chosen: Signal<Vec<String>>,
    /// Called with what is to be shown.
    pub on_show: Callback<ComparisonView>,
    /// Called to save the numbers of the plot as CSV.
    pub on_csv: Callback<()>,
    /// Called to save the picture.
    pub on_figure: Callback<FigureToSave>,
}

/// A picture that is to be saved.
#[derive(Clone, Debug)]
pub struct FigureToSave {
    /// As what.
    pub file: PlotFile,
    /// The genes that may stand out.
    pub rows: Arc<[u32]>,
    /// Which of them do.
    pub standing_out: StandingOut,
}

/// The plot that is chosen, under its name.
#[component]
pub(crate) fn DePlots(
    parts: PlotParts,
    table: Signal<Option<Arc<DeTable>>>,
    names: Signal<Arc<GeneNames>>,
    #[prop(into)] rows: Signal<Arc<[u32]>>,
    filter: RwSignal<DeFilter>,
    colored: Signal<Option<String>>,
    on_gene: Callback<String>,
) -> impl IntoView {
    let PlotParts { shown, others, other, agreement, other_note, spread, chosen, on_show, on_csv, on_figure } = parts;
    let plot = Memo::new(move |_| shown.with(|shown| shown.plot));
    let axes = Signal::derive(move || match plot.get() {
        ComparisonPlot::Volcano | ComparisonPlot::Gene => GeneAxes::Volcano,
        ComparisonPlot::Ma => GeneAxes::Ma,
        ComparisonPlot::Effects => GeneAxes::Effects,
    });
    let plots = ComparisonPlot::ALL.map(|plot| {
        let title = match plot {
            ComparisonPlot::Volcano => "Volcano",
            ComparisonPlot::Ma => "MA: mean and effect",
            ComparisonPlot::Effects => "Effects in two comparisons",
            ComparisonPlot::Gene => "One gene in both sets",
        };
        Choice::new(plot.name(), title)
    });
    let change = move |change: &dyn Fn(&mut ComparisonView)| {
        let mut next = shown.get_untracked();
        change(&mut next);
        on_show.run(next);
    };
    let show_plot = move |name: String| {
        change(&|next| {
            next.plot = ComparisonPlot::from_name(&name).unwrap_or_default();
            let first = others.with_untracked(|others| others.first().and_then(|other| other.value.parse().ok()));
            next.with = next.with.or(first).filter(|_| next.plot == ComparisonPlot::Effects);
            if next.plot == ComparisonPlot::Gene && next.gene.is_none() {
                let first = || rows.with_untracked(|rows| rows.first().copied());
                let id = |gene| names.with_untracked(|names| names.id(explorer_core::data::GeneIdx(gene)).to_owned());
                next.gene = colored.get_untracked().or_else(|| first().map(id));
            }
        });
    };
    let is_of_effects = Memo::new(move |_| plot.get() == ComparisonPlot::Effects);
    let is_of_gene = Memo::new(move |_| plot.get() == ComparisonPlot::Gene);
    let other_title = Signal::derive(move || {
        let with = shown.with(|shown| shown.with).map(|with| with.to_string());
        let title = others.with(|others| {
            others.iter().find(|other| Some(&other.value) == with.as_ref()).map(|other| other.label.clone())
        });
        title.unwrap_or_else(|| "there".to_owned())
    });
    let on_save = move |file: PlotFile| match file {
        PlotFile::Csv => on_csv.run(()),
        PlotFile::Svg | PlotFile::Png(_) => {
            let (rows, standing_out) = (rows.get_untracked(), filter.with_untracked(standing_out));
            on_figure.run(FigureToSave { file, rows, standing_out });
        }
    };
    // The numbers of the others are those of the table.
    let has_numbers = Signal::derive(move || is_of_effects.get() || is_of_gene.get());
    view! {
        <div class="de-plots" data-testid="de-plots">
            <div class="de-plots-tools">
                <Select
                    choices=plots.to_vec()
                    value=Signal::derive(move || plot.get().name().to_owned())
                    label="Plot"
                    test_id="de-plot"
                    on_choose=show_plot
                />
                <FigureMenu name="de-plot" label="Save the plot" has_numbers on_save=Callback::new(on_save) />
                <Show when=move || is_of_effects.get()>
                    <Select
                        choices=Signal::derive(move || match others.get() {
                            none if none.is_empty() => vec![Choice::new("", "no other comparison")],
                            others => others,
                        })
                        value=Signal::derive(move || shown.with(|shown| shown.with).map_or_else(String::new, |with| with.to_string()))
                        label="Comparison that it is held against"
                        test_id="de-with"
                        on_choose=move |with: String| change(&|next| next.with = with.parse().ok())
                    />
                </Show>
            </div>
            <Show when=move || is_of_effects.get()>
                <p class="note de-plots-note" role="status" data-testid="de-agreement">
                    {move || match agreement.get() {
                        Some(agreement) => view! { <Agreed agreement /> }.into_any(),
                        None => other_note.get().into_any(),
                    }}
                </p>
            </Show>
            <Show when=move || !is_of_gene.get()>
                <GenePlot axes other other_title chosen table names rows filter colored on_gene />
            </Show>
            <Show when=move || is_of_gene.get()>
                <GeneSpread spread />
            </Show>
        </div>
    }
}

/// How two comparisons agree, in the colors of the plot.
#[component]
fn Agreed(agreement: Agreement) -> impl IntoView {
    let Agreement { n_genes: [this, other, both], n_same_sign, correlation } = agreement;
    view! {
        <span class="de-key this">{format!("{this} only here")}</span>
        " · "
        <span class="de-key other">{format!("{other} only there")}</span>
        " · "
        <span class="de-key both">{format!("{both} in both, {n_same_sign} the same way")}</span>
        {correlation.map(|r| format!(" · r {r:.2}"))}
    }
}

/// The values of a gene in both sets.
#[component]
fn GeneSpread(spread: Signal<Spread>) -> impl IntoView {
    view! {
        <figure class="de-spread" data-testid="de-spread">
            <figcaption class="ellipsis">
                {move || spread.with(|spread| spread.gene.clone())}
                <span class="note">{move || spread.with(|spread| spread.note.clone())}</span>
            </figcaption>
            <div class="plot-picture" inner_html=move || spread.with(|spread| spread.svg.clone())></div>
            <details class="plot-table" data-testid="de-spread-table">
                <summary>"Table"</summary>
                <div inner_html=move || spread.with(|spread| spread.table.clone())></div>
            </details>
        </figure>
    }
}
