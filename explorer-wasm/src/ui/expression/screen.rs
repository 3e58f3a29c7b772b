//! The whole page of Gene Expression.

use std::{collections::BTreeSet, sync::Arc};

use corpus::{
    Dimension, Gene, Options,
    view::{Edit, GeneOrder, Panel, RowKind, RowOrder, Table, View},
};
use explorer_core::{format::plural, names::visible, state::GeneKey};
use expression::Scaling;
use leptos::{ev::KeyboardEvent, prelude::*};

use super::{
    answer::{ExpressionAnswer, ShownAnswer},
    compared::ExpressionCompared,
    filters::{ExpressionFilters, title},
    grid::DotGrid,
    legend::DotLegend,
};
use crate::{
    ui::{
        BrandMark, Button, ButtonKind, Choice, FigureMenu, GeneHit, GeneSearch, Glyph, Icon, PlotFile, Segment,
        Segmented, SelectField, Show,
    },
    view::view,
};

/// What rows can be divided by.
const GROUP_BY: [Dimension; 9] = [
    Dimension::Disease,
    Dimension::Ethnicity,
    Dimension::Publication,
    Dimension::Sex,
    Dimension::Assay,
    Dimension::DevelopmentStage,
    Dimension::Dataset,
    Dimension::Donor,
    Dimension::TissueOriginal,
];

/// The value of a choice of nothing.
const NONE: &str = "";

/// Values of the choice of an order of rows.
const ONTOLOGY: &str = "ontology";
const HIERARCHICAL: &str = "hierarchical";
const BY_GENE: &str = "gene";

/// An organism of the corpus: its id and what it is called.
pub type OrganismChoice = (String, String);

/// Gene Expression over a corpus.
#[component]
pub fn ExpressionScreen(
    /// What is looked at.
    #[prop(into)]
    shown: Signal<View>,
    /// The answer, laid out.
    #[prop(into)]
    table: Signal<Arc<Table>>,
    /// The values that cells have, with their numbers.
    #[prop(into)]
    options: Signal<Arc<Options>>,
    /// What there is to ask of.
    organisms: Vec<OrganismChoice>,
    /// The organism asked.
    #[prop(into)]
    organism: Signal<String>,
    /// The genes chosen.
    #[prop(into)]
    genes: Signal<Vec<Gene>>,
    /// Genes found for what is typed.
    #[prop(into)]
    hits: Signal<Arc<[GeneHit]>>,
    /// What to tell of names that stand for no gene.
    #[prop(into)]
    unresolved: Signal<String>,
    /// What the corpus is made of.
    about: String,
    /// What is taken for noise.
    noise: String,
    /// Whether an answer is on its way.
    #[prop(into)]
    is_busy: Signal<bool>,
    /// Why there is none; empty where there is.
    #[prop(into)]
    failure: Signal<String>,
    /// Why a picture could not be saved; empty where none failed.
    #[prop(into)]
    saves_fail: Signal<String>,
    /// What is asked beside the dots.
    #[prop(into)]
    answer: Signal<ShownAnswer>,
    /// The values that cells of each of two compared groups have, with their numbers.
    #[prop(into)]
    side_options: Signal<[Arc<Options>; 2]>,
    /// Cells of each of these groups, as they are compared.
    #[prop(into)]
    n_compared: Signal<[u64; 2]>,
    /// Whether all is on dark.
    is_dark: Signal<bool>,
    /// The address of the list of datasets.
    home: String,
    /// Called with what is typed for a gene.
    #[prop(into)]
    on_query: Callback<String>,
    /// Called with names of genes.
    #[prop(into)]
    on_names: Callback<Vec<String>>,
    /// Called when what was told of names has been read.
    #[prop(into)]
    on_dismiss: Callback<()>,
    /// Called with what the user asks for.
    #[prop(into)]
    on_edit: Callback<Edit>,
    /// Called when dots or their numbers are to be saved.
    #[prop(into)]
    on_save: Callback<PlotFile>,
    /// Called when what is asked beside them is to be saved.
    #[prop(into)]
    on_save_answer: Callback<PlotFile>,
    /// Called with what is added to the address of the view.
    #[prop(into)]
    on_view: Callback<String>,
    /// Called with a text to copy.
    #[prop(into)]
    on_copy: Callback<String>,
    /// Called when what is beside the dots is to be asked again.
    #[prop(into)]
    on_ask_again: Callback<()>,
    /// Called when the question is to be asked again.
    #[prop(into)]
    on_retry: Callback<()>,
) -> impl IntoView {
    let is_comparing = Memo::new(move |_| shown.with(|shown| shown.compared.is_some()));
    // A comparison stands in place of dots and panel.
    let has_panel = Memo::new(move |_| shown.with(|shown| shown.panel.is_some() && shown.compared.is_none()));
    // On narrow screens what is asked comes over the dots.
    let is_side_open = RwSignal::new(false);
    let close = move |event: KeyboardEvent| {
        if event.key() != "Escape" {
            return;
        }
        if is_side_open.get_untracked() {
            is_side_open.set(false);
        } else if has_panel.get_untracked() {
            on_edit.run(Edit::Panel(None));
        } else {
            return;
        }
        event.stop_propagation();
    };
    let tissues = Memo::new(move |_| {
        table.with(|table| {
            let tissues = table.rows.iter().filter(|row| matches!(row.kind, RowKind::Tissue { .. }));
            tissues.map(|row| row.tissue.id.clone()).collect::<BTreeSet<_>>()
        })
    });
    let all_open = Memo::new(move |_| {
        shown.with(|shown| tissues.with(|tissues| !tissues.is_empty() && tissues.is_subset(&shown.expanded)))
    });
    let n_filters = Memo::new(move |_| shown.with(|shown| shown.filters.values().map(BTreeSet::len).sum::<usize>()));
    let count = move || {
        let tissues = plural(tissues.with(BTreeSet::len), "tissue", "tissues");
        match shown.with(|shown| shown.least_cells) {
            0 | 1 => tissues,
            least => format!("{tissues}; cell types of fewer than {least} cells are hidden"),
        }
    };
    let groups = {
        let choice = |dimension: Dimension| Choice::new(dimension.name(), title(dimension));
        let groups: Vec<Choice> = [Choice::new(NONE, "None")].into_iter().chain(GROUP_BY.map(choice)).collect();
        Signal::stored(groups)
    };
    let group = Signal::derive(move || shown.with(|shown| shown.group_by.map_or(NONE, Dimension::name).to_owned()));
    let orders = Signal::derive(move || {
        let mut orders = vec![Choice::new(ONTOLOGY, "Ontology"), Choice::new(HIERARCHICAL, "By likeness")];
        if let RowOrder::Gene(id) = shown.with(|shown| shown.rows.clone()) {
            let symbol = genes.with(|genes| genes.iter().find(|gene| gene.id == id).map(|gene| gene.symbol.clone()));
            orders.push(Choice::new(BY_GENE, format!("By {}", symbol.unwrap_or(id))));
        }
        orders
    });
    let order = Signal::derive(move || {
        let value = shown.with(|shown| match shown.rows {
            RowOrder::Ontology => ONTOLOGY,
            RowOrder::Hierarchical => HIERARCHICAL,
            RowOrder::Gene(_) => BY_GENE,
        });
        value.to_owned()
    });
    let choose_order = Callback::new(move |value: String| match value.as_str() {
        ONTOLOGY => on_edit.run(Edit::Rows(RowOrder::Ontology)),
        HIERARCHICAL => on_edit.run(Edit::Rows(RowOrder::Hierarchical)),
        // The gene is the one it is by.
        _ => {}
    });
    let scaling = Signal::derive(move || shown.with(|shown| shown.scaling));
    let gene_order = Signal::derive(move || shown.with(|shown| shown.gene_order));
    let row_order = Signal::derive(move || shown.with(|shown| shown.rows.clone()));
    let no_genes = Signal::derive(move || genes.with(Vec::is_empty));
    let has_many = organisms.len() > 1;
    let organisms =
        Signal::stored(organisms.into_iter().map(|(id, name)| Choice::new(id, name)).collect::<Vec<Choice>>());
    let group_by = Signal::derive(move || shown.with(|shown| shown.group_by));
    let panel = move |panel: Panel| {
        move |()| {
            let is_shown = shown.with_untracked(|shown| shown.panel.as_ref() == Some(&panel));
            on_edit.run(Edit::Panel((!is_shown).then(|| panel.clone())));
        }
    };
    let chip = move |gene: Gene| {
        let (name, id) = (visible(&gene.symbol).into_owned(), gene.id);
        let (remove, title) = (format!("Remove {name}"), format!("{id}: press for what the corpus knows of it"));
        let about = Panel::Gene(id.clone());
        view! {
            <li class="gene-chip" title=title>
                <button
                    type="button"
                    class="gene-chip-name"
                    data-testid=format!("about-{name}")
                    on:click=move |_| panel(about.clone())(())
                >
                    <bdi class="ellipsis">{name.clone()}</bdi>
                </button>
                <button
                    type="button"
                    class="gene-chip-remove"
                    aria-label=remove
                    on:click=move |_| on_edit.run(Edit::RemoveGene(id.clone()))
                >
                    <Icon glyph=Glyph::Close />
                </button>
            </li>
        }
    };
    let beside = move |close: Edit| {
        let on_close = move |()| on_edit.run(close.clone());
        view! {
            <ExpressionAnswer shown answer saves_fail on_view on_copy on_save=on_save_answer on_retry=on_ask_again on_close />
        }
    };
    view! {
        <main
            class="expression"
            class:has-answer=has_panel
            data-testid="expression"
            on:keydown=close
        >
            <header class="expression-head">
                <a href=home class="expression-home" aria-label="All datasets"><BrandMark /></a>
                <h1>"Gene Expression"</h1>
                <p class="note ellipsis" data-testid="expression-about">{about}</p>
                <div class="expression-views">
                    <Button
                        label="Datasets"
                        test_id="show-datasets"
                        kind=ButtonKind::Quiet
                        disabled=is_comparing
                        on_press=Callback::new(panel(Panel::Sources))
                    />
                    <Button
                        label="Compare groups"
                        test_id="compare"
                        kind=ButtonKind::Quiet
                        on_press=move |()| on_edit.run(Edit::Compare(!is_comparing.get_untracked()))
                    />
                </div>
                <div class="expression-ask">
                    <Button
                        label="Genes, filters"
                        test_id="expression-ask"
                        glyph=Glyph::Filters
                        on_press=move |()| is_side_open.update(|is_open| *is_open = !*is_open)
                    />
                </div>
            </header>
            <aside class="expression-side" class:is-open=move || is_side_open.get() aria-label="What is asked">
                <Show when=move || has_many>
                    <SelectField
                        name="Organism"
                        choices=organisms
                        value=organism
                        label="Organism"
                        test_id="organism"
                        on_choose=move |id| on_edit.run(Edit::Organism(id))
                    />
                </Show>
                <Show when=move || is_comparing.get()>
                    <ExpressionCompared shown options=side_options n_cells=n_compared on_edit />
                </Show>
                <div hidden=move || is_comparing.get()>
                    <section class="expression-genes" aria-label="Genes">
                        <GeneSearch
                            hits
                            unresolved
                            on_query
                            on_pick=move |gene: GeneKey| on_edit.run(Edit::AddGenes(vec![gene.gene]))
                            on_list=on_names
                            on_dismiss
                        />
                        <Show when=move || genes.with(|genes| !genes.is_empty())>
                            <ul class="expression-chips" data-testid="genes">
                                {move || genes.get().into_iter().map(chip).collect_view()}
                                <li>
                                    <button
                                        type="button"
                                        class="button quiet"
                                        data-testid="genes-clear"
                                        on:click=move |_| on_edit.run(Edit::ClearGenes)
                                    >
                                        "Clear all"
                                    </button>
                                </li>
                            </ul>
                        </Show>
                    </section>
                    <section class="expression-shape" aria-label="Rows and colors">
                        <SelectField
                            name="Group by"
                            choices=groups
                            value=group
                            label="Group by"
                            test_id="group-by"
                            on_choose=move |name: String| on_edit.run(Edit::GroupBy(name.parse().ok()))
                        />
                        <SelectField name="Rows" choices=orders value=order label="Rows" test_id="row-order" on_choose=choose_order />
                        <div class="expression-choice">
                            <span>"Genes"</span>
                            <Segmented
                                segments=vec![
                                    Segment::named(GeneOrder::Entered, "As entered", "genes-entered"),
                                    Segment::named(GeneOrder::Hierarchical, "By likeness", "genes-alike"),
                                ]
                                value=gene_order
                                label="Order of genes"
                                on_choose=move |order| on_edit.run(Edit::Genes(order))
                            />
                        </div>
                        <div class="expression-choice">
                            <span>"Colors"</span>
                            <Segmented
                                segments=vec![
                                    Segment::named(Scaling::Global, "All genes", "scale-all"),
                                    Segment::named(Scaling::PerGene, "Each gene", "scale-gene"),
                                ]
                                value=scaling
                                label="Scale of colors"
                                on_choose=move |scaling| on_edit.run(Edit::Scale(scaling))
                            />
                        </div>
                        <label class="expression-choice">
                            <span>"Least cells"</span>
                            <input
                                class="field"
                                type="number"
                                min="0"
                                inputmode="numeric"
                                data-testid="least-cells"
                                prop:value=move || shown.with(|shown| shown.least_cells.to_string())
                                on:change:target=move |event| {
                                    if let Ok(least) = event.target().value().trim().parse() {
                                        on_edit.run(Edit::LeastCells(least));
                                    }
                                }
                            />
                        </label>
                    </section>
                    <ExpressionFilters shown options on_edit />
                    <Show when=move || n_filters.get() != 0>
                        <button
                            type="button"
                            class="button quiet"
                            data-testid="filters-clear"
                            on:click=move |_| on_edit.run(Edit::ClearFilters)
                        >
                            {move || format!("Clear {}", plural(n_filters.get(), "filter", "filters"))}
                        </button>
                    </Show>
                </div>
                <div class="expression-show">
                    <Button
                        label="Show dots"
                        test_id="expression-show"
                        kind=ButtonKind::Primary
                        on_press=move |()| is_side_open.set(false)
                    />
                </div>
            </aside>
            <Show when=move || is_comparing.get()>
                <section class="expression-main expression-comparison" aria-label="Comparison">
                    {beside(Edit::Compare(false))}
                </section>
            </Show>
            <section
                class="expression-main"
                hidden=move || is_comparing.get()
                aria-label="Dots"
                aria-busy=move || is_busy.get().to_string()
            >
                <div class="expression-bar">
                    <button
                        type="button"
                        class="button quiet"
                        data-testid="open-all"
                        on:click=move |_| {
                            let all = if all_open.get_untracked() { BTreeSet::new() } else { tissues.get_untracked() };
                            on_edit.run(Edit::Tissues(all));
                        }
                    >
                        {move || if all_open.get() { "Close all tissues" } else { "Open all tissues" }}
                    </button>
                    <p class="note" role="status" data-testid="expression-count">{count}</p>
                    <DotLegend table scaling noise=Signal::stored(noise) />
                    <div class="expression-files">
                        <Button
                            label="Table"
                            test_id="show-table"
                            kind=ButtonKind::Quiet
                            disabled=no_genes
                            on_press=Callback::new(panel(Panel::Table))
                        />
                        <Button
                            label="CSV"
                            test_id="save-numbers"
                            kind=ButtonKind::Quiet
                            glyph=Glyph::Download
                            disabled=no_genes
                            on_press=move |()| on_save.run(PlotFile::Csv)
                        />
                        <FigureMenu name="dots" on_save />
                    </div>
                </div>
                <Show when=move || saves_fail.with(|told| !told.is_empty()) && !is_comparing.get() && !has_panel.get()>
                    <p class="expression-failure" role="alert" data-testid="save-failure">{saves_fail}</p>
                </Show>
                <Show when=move || failure.with(|failure| !failure.is_empty())>
                    <div class="expression-failure" role="alert" data-testid="expression-failure">
                        <p>{failure}</p>
                        <Button label="Try again" on_press=on_retry />
                    </div>
                </Show>
                <Show when=move || genes.with(Vec::is_empty)>
                    <p class="expression-hint note" data-testid="expression-hint">
                        "Find genes at the left, or paste a list, to see where they are expressed."
                    </p>
                </Show>
                <DotGrid table order=row_order group_by is_dark on_edit />
            </section>
            <Show when=move || has_panel.get()>
                <aside class="expression-answer" aria-label="Answer" data-testid="answer">
                    {beside(Edit::Panel(None))}
                </aside>
            </Show>
        </main>
    }
}
