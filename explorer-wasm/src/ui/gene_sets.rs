//! Named sets of genes: to color and filter by their mean, to edit, to keep as a file.

use std::sync::Arc;

use explorer_core::{
    format::plural,
    screen::{free_name, gene_names, wrong_name},
    session::NameClash,
    state::{GeneMean, Range},
};
use leptos::{ev::KeyboardEvent, html, prelude::*};

use super::{
    Bars, BrushChange, BrushHistogram, Button, ButtonKind, CountScale, Cut, Each, Glyph, HistogramAsk, Icon,
    IconButton, Menu, MenuItem, Show,
    cell_sets::{MoreRows, ROWS_AT_A_TIME},
    control::{FileButton, FileDrop, Wrong, unique_id},
    name_clash::NameClashQuestion,
    rename::NameField,
};
use crate::view::{effect, view};

/// A gene set.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct GeneSetItem {
    /// Its name, which no other set has.
    pub name: String,
    /// What it is for; may be empty.
    pub description: String,
    /// Its genes.
    pub genes: Vec<SetGene>,
    /// The mean of its genes in the layer; `None` where it has none.
    pub mean: Option<GeneMean>,
}

/// A gene of a set.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct SetGene {
    /// Its id.
    pub id: String,
    /// What it is shown as.
    pub label: String,
    /// Whether the layer has it.
    pub is_known: bool,
}

/// A filter on a mean that no set has any more, or that is of another layer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MeanItem {
    /// The mean.
    pub mean: GeneMean,
    /// What it is called: `T cells in raw/X`, `Mean of 3 genes`.
    pub title: String,
}

/// What the user asks to be done.
#[derive(Clone, Debug)]
pub enum GeneSetChange {
    /// A new set: its name, and names or ids of its genes.
    Create(String, Vec<String>),
    /// A set's old name and the new.
    Rename(String, String),
    /// What a set is for.
    Describe(String, String),
    /// Genes for a set, by name or id.
    Add(String, Vec<String>),
    /// A gene out of a set, by id.
    RemoveGene(String, String),
    /// A set's end.
    Delete(String),
    /// Color by a set's mean, or, when it is so colored, stop.
    Color(String),
    /// Color by a set's score over control genes, or, when it is so colored, stop.
    Score(String),
    /// List a set's genes one by one.
    List(String),
    /// Plot a set's genes by group.
    Plot(String),
    /// Color by one gene, by its id.
    ShowGene(String),
    /// The set is looked at: its histogram is wanted.
    Open(GeneMean),
    /// The range of a mean that passes.
    Brush(GeneMean, BrushChange),
    /// What else the histogram of a mean asks for.
    Ask(GeneMean, HistogramAsk),
    /// The sets of a CSV file.
    Load(web_sys::File),
    /// What becomes of the sets of that file whose names are taken; `None` to leave the file.
    Settle(Option<NameClash>),
    /// All sets as a CSV file.
    Save,
    /// What was told of names was read.
    Dismiss,
}

/// What a histogram shows of a mean.
#[derive(Clone, Copy)]
struct Means {
    bars_of: Callback<GeneMean, Signal<Option<Arc<Bars>>>>,
    range_of: Callback<GeneMean, Signal<Option<Range>>>,
}

/// The gene sets. What an open row shows of its mean is asked for when it opens.
#[component]
pub fn GeneSets(
    /// The sets.
    #[prop(into)]
    sets: Signal<Vec<GeneSetItem>>,
    /// Filters on means that no row of a set shows.
    #[prop(into)]
    others: Signal<Vec<MeanItem>>,
    /// The ids of genes listed one by one, of which a new set is made when no others are given.
    #[prop(into)]
    listed: Signal<Vec<String>>,
    /// The set by whose mean cells are colored.
    #[prop(into)]
    colored: Signal<Option<String>>,
    /// What to tell of names given last that stand for no gene; mostly empty.
    #[prop(into)]
    unresolved: Signal<String>,
    /// What to ask about the sets of a file whose names are taken; mostly empty.
    #[prop(optional, into)]
    clash: Signal<String>,
    /// The histogram of a mean; `None` while it is on its way.
    #[prop(into)]
    bars_of: Callback<GeneMean, Signal<Option<Arc<Bars>>>>,
    /// The brush of a mean.
    #[prop(into)]
    range_of: Callback<GeneMean, Signal<Option<Range>>>,
    /// Called with what is to be done.
    #[prop(into)]
    on_change: Callback<GeneSetChange>,
) -> impl IntoView {
    let creating = RwSignal::new(false);
    let most = RwSignal::new(ROWS_AT_A_TIME);
    let means = Means { bars_of, range_of };
    let names = Signal::derive(move || sets.with(|sets| sets.iter().map(|set| set.name.clone()).collect::<Vec<_>>()));
    view! {
        <FileDrop
            class="gene-sets"
            test_id="gene-set-list"
            on_file=move |file| on_change.run(GeneSetChange::Load(file))
        >
            <ul aria-label="Gene sets">
                <Each
                    each=move || names.with(|names| names.iter().take(most.get()).cloned().collect::<Vec<_>>())
                    key=|name| name.clone()
                    let:name
                >
                    <GeneSetRow name sets names colored means on_change />
                </Each>
                <Each each=move || others.get() key=|item| item.mean.clone() let:item>
                    <li class="gene-row gene-mean">
                        <p class="note"><Cut text=item.title.clone() /></p>
                        <MeanHistogram name=item.title mean=item.mean means on_change />
                    </li>
                </Each>
            </ul>
            <MoreRows count=Signal::derive(move || names.with(Vec::len)) most />
            <Show when=move || unresolved.with(|unresolved| !unresolved.is_empty())>
                <div class="gene-unknown gene-set-unknown" role="status" data-testid="gene-set-unknown">
                    <p class="note">{unresolved}</p>
                    <IconButton
                        glyph=Glyph::Close
                        label="Dismiss"
                        test_id="gene-set-unknown-dismiss"
                        on_press=move || on_change.run(GeneSetChange::Dismiss)
                    />
                </div>
            </Show>
            <NameClashQuestion
                question=clash
                test_id="gene-set-clash"
                on_answer=move |how| on_change.run(GeneSetChange::Settle(how))
            />
            <Show when=move || creating.get() fallback=move || view! { <Tools sets creating on_change /> }>
                <NewSet names listed creating on_change />
            </Show>
        </FileDrop>
    }
}

/// A new set, a file of sets, all sets as a file.
#[component]
fn Tools(
    sets: Signal<Vec<GeneSetItem>>,
    creating: RwSignal<bool>,
    on_change: Callback<GeneSetChange>,
) -> impl IntoView {
    view! {
        <div class="gene-set-tools">
            <Button
                label="New gene set"
                test_id="gene-set-create"
                kind=ButtonKind::Quiet
                glyph=Glyph::Plus
                on_press=move || creating.set(true)
            />
            <FileButton
                label="Load gene sets (CSV)"
                test_id="gene-set-import"
                file_id="gene-set-file"
                on_file=move |file| on_change.run(GeneSetChange::Load(file))
            />
            <IconButton
                glyph=Glyph::Download
                label="Save gene sets (CSV)"
                test_id="gene-set-export"
                disabled=move || sets.with(Vec::is_empty)
                on_press=move || on_change.run(GeneSetChange::Save)
            />
        </div>
    }
}

/// The form of a new set.
#[component]
fn NewSet(
    names: Signal<Vec<String>>,
    listed: Signal<Vec<String>>,
    creating: RwSignal<bool>,
    on_change: Callback<GeneSetChange>,
) -> impl IntoView {
    let suggested = free_name("Gene set", &names.get_untracked());
    let name = RwSignal::new(suggested.clone());
    let genes = RwSignal::new(String::new());
    let field = NodeRef::<html::Input>::new();
    effect(move || {
        if let Some(field) = field.get() {
            let _ = field.focus();
            field.select();
        }
    });
    let wrong = Signal::derive(move || names.with(|names| name.with(|name| wrong_name("set", name, names))));
    let accepted = move || wrong.with(Option::is_none).then(|| name.with(|name| name.trim().to_owned()));
    let id = unique_id("name");
    let create = move || {
        let Some(name) = untrack(accepted) else { return };
        let given = gene_names(&genes.get_untracked());
        let genes = if given.is_empty() { listed.get_untracked() } else { given };
        creating.set(false);
        on_change.run(GeneSetChange::Create(name, genes));
    };
    let key = move |event: KeyboardEvent| {
        event.stop_propagation();
        match event.key().as_str() {
            "Enter" => create(),
            "Escape" => creating.set(false),
            _ => return,
        }
        // What has the focus next is not pressed by this key.
        event.prevent_default();
    };
    let hint = listed.with_untracked(|listed| match listed.len() {
        0 => "Paste gene names or ids".to_owned(),
        n => format!("Paste gene names or ids, or leave empty for the {} above", plural(n, "gene", "genes")),
    });
    view! {
        <div class="gene-set-new">
            <input
                class="field"
                type="text"
                autocomplete="off"
                spellcheck="false"
                maxlength="80"
                aria-label="Name of the gene set"
                data-testid="gene-set-name"
                aria-invalid=move || wrong.with(Option::is_some).then_some("true")
                aria-describedby=id.clone()
                node_ref=field
                value=suggested
                on:input:target=move |event| name.set(event.target().value())
                on:keydown=key
            />
            <Wrong id text=wrong />
            <textarea
                class="field"
                rows="3"
                spellcheck="false"
                aria-label="Genes of the set"
                placeholder=hint
                data-testid="gene-set-genes"
                on:input:target=move |event| genes.set(event.target().value())
                on:keydown=move |event: KeyboardEvent| {
                    event.stop_propagation();
                    if event.key() == "Escape" {
                        creating.set(false);
                    }
                }
            ></textarea>
            <div class="gene-set-new-foot">
                <Button
                    label="Cancel"
                    test_id="gene-set-cancel"
                    kind=ButtonKind::Quiet
                    on_press=move || creating.set(false)
                />
                <Button
                    label="Create"
                    test_id="gene-set-save"
                    kind=ButtonKind::Primary
                    disabled=Signal::derive(move || wrong.with(Option::is_some))
                    on_press=create
                />
            </div>
        </div>
    }
}

/// A set: its name, and under it what it is for, the histogram of its mean, and its genes.
#[component]
fn GeneSetRow(
    name: String,
    sets: Signal<Vec<GeneSetItem>>,
    names: Signal<Vec<String>>,
    colored: Signal<Option<String>>,
    means: Means,
    on_change: Callback<GeneSetChange>,
) -> impl IntoView {
    let renaming = RwSignal::new(false);
    let name = StoredValue::new(name);
    let own = move || name.get_value();
    let part = move || sets.with(|sets| sets.iter().find(|set| name.with_value(|name| set.name == *name)).cloned());
    let set = Memo::new(move |_| part());
    let mean = Memo::new(move |_| set.with(|set| set.as_ref().and_then(|set| set.mean.clone())));
    // A set whose mean filters cells shows how.
    let is_brushed = mean.get_untracked().is_some_and(|mean| means.range_of.run(mean).get_untracked().is_some());
    let expanded = RwSignal::new(is_brushed);
    let n_genes = move || set.with(|set| set.as_ref().map_or(0, |set| set.genes.len()));
    let rename = move |new: Option<String>| {
        renaming.set(false);
        if let Some(new) = new.filter(|new| *new != own()) {
            on_change.run(GeneSetChange::Rename(own(), new));
        }
    };
    let chevron = Signal::derive(move || if expanded.get() { Glyph::ChevronDown } else { Glyph::ChevronRight });
    let head = move || {
        let title = move || {
            let description = set.with(|set| set.as_ref().map(|set| set.description.clone())).unwrap_or_default();
            if description.is_empty() { own() } else { format!("{}: {description}", own()) }
        };
        view! {
            <button
                type="button"
                class="gene-name row-button"
                title=title
                data-testid=format!("gene-set-expand-{}", own())
                aria-expanded=move || expanded.get().to_string()
                on:click=move |_| expanded.update(|expanded| *expanded = !*expanded)
            >
                <Icon glyph=chevron />
                <Cut text=own() />
                <span class="gene-set-count">{move || plural(n_genes(), "gene", "genes")}</span>
            </button>
        }
    };
    view! {
        <li class="gene-row" data-testid=format!("gene-set-{}", own())>
            <div class="gene-head">
                <Show when=move || renaming.get() fallback=head>
                    <NameField value=own() taken=names label="Name of the gene set" test_id="gene-set-name" on_done=rename />
                </Show>
                <IconButton
                    glyph=Glyph::Drop
                    label="Color by the mean"
                    test_id=format!("gene-set-color-{}", own())
                    pressed=move || colored.with(|colored| colored.as_ref() == Some(&own()))
                    disabled=Signal::derive(move || mean.with(Option::is_none))
                    on_press=move || on_change.run(GeneSetChange::Color(own()))
                />
                <Menu glyph=Glyph::More label="More" test_id=format!("gene-set-menu-{}", own())>
                    <MenuItem
                        label="Color by the score over control genes"
                        glyph=Glyph::Drop
                        test_id=format!("gene-set-score-{}", own())
                        on_choose=move || on_change.run(GeneSetChange::Score(own()))
                    />
                    <MenuItem
                        label="List its genes above"
                        glyph=Glyph::Genes
                        test_id=format!("gene-set-list-{}", own())
                        on_choose=move || on_change.run(GeneSetChange::List(own()))
                    />
                    <MenuItem
                        label="Plot by group"
                        glyph=Glyph::Genes
                        test_id=format!("gene-set-plot-{}", own())
                        on_choose=move || on_change.run(GeneSetChange::Plot(own()))
                    />
                    <MenuItem
                        label="Rename"
                        glyph=Glyph::Edit
                        test_id=format!("gene-set-rename-{}", own())
                        on_choose=move || renaming.set(true)
                    />
                    <MenuItem
                        label="Delete"
                        glyph=Glyph::Trash
                        test_id=format!("gene-set-delete-{}", own())
                        on_choose=move || on_change.run(GeneSetChange::Delete(own()))
                    />
                </Menu>
            </div>
            <Show when=move || expanded.get()>
                <div class="gene-set-body">
                    <input
                        class="field gene-set-description"
                        type="text"
                        autocomplete="off"
                        placeholder="What the set is for"
                        aria-label=format!("Description of {}", own())
                        data-testid=format!("gene-set-description-{}", own())
                        prop:value=move || set.with(|set| set.as_ref().map(|set| set.description.clone()))
                        on:change:target=move |event| {
                            let text = event.target().value().trim().to_owned();
                            on_change.run(GeneSetChange::Describe(own(), text));
                        }
                    />
                    {move || mean.get().map(|mean| {
                        view! { <MeanHistogram name=format!("mean of {}", own()) mean means on_change /> }
                    })}
                    <GeneChips set=own() item=set on_change />
                </div>
            </Show>
        </li>
    }
}

/// The histogram of a mean, to brush.
#[component]
fn MeanHistogram(name: String, mean: GeneMean, means: Means, on_change: Callback<GeneSetChange>) -> impl IntoView {
    let bars = means.bars_of.run(mean.clone());
    let range = means.range_of.run(mean.clone());
    on_change.run(GeneSetChange::Open(mean.clone()));
    let asked = mean.clone();
    view! {
        <BrushHistogram
            name
            bars
            range
            scale=CountScale::Log
            on_brush=move |change| on_change.run(GeneSetChange::Brush(mean.clone(), change))
            on_ask=move |ask| on_change.run(GeneSetChange::Ask(asked.clone(), ask))
        />
    }
}

/// The genes of a set, and a field for more.
#[component]
fn GeneChips(set: String, item: Memo<Option<GeneSetItem>>, on_change: Callback<GeneSetChange>) -> impl IntoView {
    let set = StoredValue::new(set);
    let own = move || set.get_value();
    let genes = Memo::new(move |_| item.with(|item| item.as_ref().map(|item| item.genes.clone()).unwrap_or_default()));
    let add = move |field: web_sys::HtmlInputElement| {
        let names = gene_names(&field.value());
        field.set_value("");
        if !names.is_empty() {
            on_change.run(GeneSetChange::Add(own(), names));
        }
    };
    let field = NodeRef::<html::Input>::new();
    let chip = move |SetGene { id, label, is_known }: SetGene| {
        let remove = format!("Remove {label}");
        let title = if is_known { format!("Color by {label}") } else { format!("The layer has no gene {label}") };
        let asked = id.clone();
        let ids = [&own(), &label].map(String::as_str).join("-");
        view! {
            <li class="gene-chip" class:unknown=!is_known>
                <button
                    type="button"
                    class="ellipsis"
                    title=title
                    disabled=!is_known
                    data-testid=format!("gene-set-gene-{ids}")
                    on:click=move |_| on_change.run(GeneSetChange::ShowGene(asked.clone()))
                >
                    {label}
                </button>
                <button
                    type="button"
                    class="gene-chip-remove"
                    aria-label=remove
                    data-testid=format!("gene-set-remove-{ids}")
                    on:click=move |_| on_change.run(GeneSetChange::RemoveGene(own(), id.clone()))
                >
                    <Icon glyph=Glyph::Close />
                </button>
            </li>
        }
    };
    view! {
        <ul class="gene-set-genes" aria-label=format!("Genes of {}", own())>
            <Each each=move || genes.get() key=|gene| gene.clone() children=chip />
        </ul>
        <input
            class="field"
            type="text"
            autocomplete="off"
            spellcheck="false"
            placeholder="Add genes"
            aria-label=format!("Add genes to {}", own())
            data-testid=format!("gene-set-add-{}", own())
            node_ref=field
            on:keydown=move |event: KeyboardEvent| {
                if let ("Enter", Some(field)) = (event.key().as_str(), field.get_untracked()) {
                    add(field);
                }
            }
        />
    }
}
