//! Named sets of genes: to colour by their mean, to list, to keep.

use leptos::{html, prelude::*};

use super::{
    Button, ButtonKind, Glyph, Icon, IconButton, Menu, MenuItem,
    rename::{NameField, free_name},
    text::plural,
};

/// A gene set.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct GeneSetItem {
    /// Its name, which no other set has.
    pub name: String,
    /// What it is, in the words of who made it; may be empty.
    pub description: String,
    /// Its genes.
    pub genes: Vec<String>,
}

/// The gene sets.
#[component]
pub fn GeneSets(
    /// The sets.
    #[prop(into)]
    sets: Signal<Vec<GeneSetItem>>,
    /// Genes listed above, of which a new set is made.
    #[prop(into)]
    n_listed: Signal<usize>,
    /// The set by whose mean cells are coloured.
    #[prop(into)]
    colored: Signal<Option<String>>,
    /// Called with the name of a new set, to be made of the genes listed.
    #[prop(into)]
    on_create: Callback<String>,
    /// Called with the old name and the new.
    #[prop(into)]
    on_rename: Callback<(String, String)>,
    /// Called with the set to delete.
    #[prop(into)]
    on_delete: Callback<String>,
    /// Called with the set to colour by, or, when it is so coloured, to stop.
    #[prop(into)]
    on_color: Callback<String>,
    /// Called with the set whose genes are to be listed above.
    #[prop(into)]
    on_list: Callback<String>,
    /// Called with the set and the gene to take out of it.
    #[prop(into)]
    on_remove_gene: Callback<(String, String)>,
    /// Called with a CSV file of gene sets.
    #[prop(into)]
    on_import: Callback<web_sys::File>,
    /// Called to save all sets as CSV.
    #[prop(into)]
    on_export: Callback<()>,
) -> impl IntoView {
    let naming = RwSignal::new(false);
    let names = Signal::derive(move || sets.with(|sets| sets.iter().map(|set| set.name.clone()).collect::<Vec<_>>()));
    let file = NodeRef::<html::Input>::new();
    let choose_file = move || {
        if let Some(file) = file.get_untracked() {
            file.click();
        }
    };
    let take_file = move |_| {
        let Some(field) = file.get_untracked() else { return };
        if let Some(chosen) = field.files().and_then(|files| files.get(0)) {
            on_import.run(chosen);
        }
        // So that the same file can be chosen again.
        field.set_value("");
    };
    let create = move |name: Option<String>| {
        naming.set(false);
        if let Some(name) = name {
            on_create.run(name);
        }
    };
    view! {
        <div class="gene-sets">
            <ul aria-label="Gene sets">
                <For each=move || sets.get() key=|set| set.clone() let:set>
                    <GeneSetRow set names colored on_rename on_delete on_color on_list on_remove_gene />
                </For>
            </ul>
            <Show when=move || naming.get()>
                <div class="gene-set-new">
                    <NameField
                        value=free_name("Gene set", &names.get_untracked())
                        taken=names
                        label="Name of the gene set"
                        test_id="gene-set-name"
                        on_done=create
                    />
                </div>
            </Show>
            <div class="gene-set-tools">
                <Button
                    label="New set"
                    test_id="gene-set-create"
                    kind=ButtonKind::Quiet
                    glyph=Glyph::Plus
                    disabled=move || n_listed.get() == 0
                    on_press=move || naming.set(true)
                />
                <span class="note ellipsis">
                    {move || match n_listed.get() {
                        0 => "of the genes listed".to_owned(),
                        n => format!("of {}", plural(n, "listed gene", "listed genes")),
                    }}
                </span>
                <IconButton glyph=Glyph::Upload label="Load gene sets (CSV)" test_id="gene-set-import" on_press=choose_file />
                <IconButton
                    glyph=Glyph::Download
                    label="Save gene sets (CSV)"
                    test_id="gene-set-export"
                    disabled=move || sets.with(Vec::is_empty)
                    on_press=on_export
                />
                <input
                    class="visually-hidden"
                    type="file"
                    accept=".csv,text/csv"
                    tabindex="-1"
                    aria-hidden="true"
                    data-testid="gene-set-file"
                    node_ref=file
                    on:change=take_file
                />
            </div>
        </div>
    }
}

#[component]
fn GeneSetRow(
    set: GeneSetItem,
    names: Signal<Vec<String>>,
    colored: Signal<Option<String>>,
    on_rename: Callback<(String, String)>,
    on_delete: Callback<String>,
    on_color: Callback<String>,
    on_list: Callback<String>,
    on_remove_gene: Callback<(String, String)>,
) -> impl IntoView {
    let expanded = RwSignal::new(false);
    let renaming = RwSignal::new(false);
    let count = plural(set.genes.len(), "gene", "genes");
    let title =
        if set.description.is_empty() { set.name.clone() } else { format!("{}: {}", set.name, set.description) };
    let genes = StoredValue::new(set.genes);
    let name = StoredValue::new(set.name);
    let own = move || name.get_value();
    let rename = move |new: Option<String>| {
        renaming.set(false);
        if let Some(new) = new.filter(|new| *new != own()) {
            on_rename.run((own(), new));
        }
    };
    let chevron = Signal::derive(move || if expanded.get() { Glyph::ChevronDown } else { Glyph::ChevronRight });
    let head = move || {
        view! {
            <button
                type="button"
                class="gene-name"
                title=title.clone()
                data-testid=format!("gene-set-expand-{}", own())
                aria-expanded=move || expanded.get().to_string()
                on:click=move |_| expanded.update(|expanded| *expanded = !*expanded)
            >
                <Icon glyph=chevron />
                <span class="ellipsis">{own()}</span>
                <span class="gene-set-count">{count.clone()}</span>
            </button>
        }
    };
    view! {
        <li class="gene-row" data-testid=format!("gene-set-{}", own())>
            <div class="gene-head">
                {move || {
                    if renaming.get() {
                        view! {
                            <NameField
                                value=own()
                                taken=names
                                label="Name of the gene set"
                                test_id="gene-set-name"
                                on_done=rename
                            />
                        }
                            .into_any()
                    } else {
                        head().into_any()
                    }
                }}
                <IconButton
                    glyph=Glyph::Drop
                    label="Colour by mean"
                    test_id=format!("gene-set-color-{}", own())
                    pressed=move || colored.with(|colored| colored.as_ref() == Some(&own()))
                    on_press=move || on_color.run(own())
                />
                <Menu glyph=Glyph::More label="More" test_id=format!("gene-set-menu-{}", own())>
                    <MenuItem label="List its genes" glyph=Glyph::Genes on_choose=move || on_list.run(own()) />
                    <MenuItem label="Rename" glyph=Glyph::Edit on_choose=move || renaming.set(true) />
                    <MenuItem label="Delete" glyph=Glyph::Trash on_choose=move || on_delete.run(own()) />
                </Menu>
            </div>
            <Show when=move || expanded.get()>
                <ul class="gene-set-genes">
                    {move || {
                        genes
                            .get_value()
                            .into_iter()
                            .map(|gene| {
                                let label = format!("Remove {gene}");
                                let shown = gene.clone();
                                view! {
                                    <li class="gene-chip">
                                        <span class="ellipsis">{shown}</span>
                                        <button
                                            type="button"
                                            aria-label=label
                                            on:click=move |_| on_remove_gene.run((own(), gene.clone()))
                                        >
                                            <Icon glyph=Glyph::Close />
                                        </button>
                                    </li>
                                }
                            })
                            .collect_view()
                    }}
                </ul>
            </Show>
        </li>
    }
}
