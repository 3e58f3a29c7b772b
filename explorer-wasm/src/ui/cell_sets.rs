//! Named sets of cells.

use explorer_core::{
    color::css_color,
    format::{integer, plural},
    screen::free_name,
    session::SetOperation,
    state::Command,
};
use leptos::prelude::*;

use super::{
    Button, ButtonKind, CombineSets, Cut, Each, Glyph, Menu, MenuItem, Rgb, Show, command_button::command_test_id,
    rename::NameField,
};
use crate::view::view;

/// Rows of sets that are made at a time: a link may hold thousands.
pub(super) const ROWS_AT_A_TIME: usize = 100;

/// A cell set.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct CellSetItem {
    /// Its name, which no other set has.
    pub name: String,
    /// Number of cells; `None` while it is being worked out.
    pub n_cells: Option<u64>,
    /// Its color wherever it is shown.
    pub color: Rgb,
}

/// The cell sets, and the button that saves the selection as one.
#[component]
pub fn CellSets(
    /// The sets.
    #[prop(into)]
    sets: Signal<Vec<CellSetItem>>,
    /// Cells selected, which a new set would hold.
    #[prop(into)]
    n_selected: Signal<u64>,
    /// Cells in view: where all are selected, none was chosen.
    #[prop(into)]
    n_visible: Signal<u64>,
    /// Whether these can be compared with the rest of what is in view.
    #[prop(optional, into)]
    can_compare: Signal<bool>,
    /// What a new set may be called; may be empty or taken.
    #[prop(optional, into)]
    suggested: Signal<String>,
    /// Whether a new set is being named; set it to begin.
    naming: RwSignal<bool>,
    /// Called with the name of the set to make of the selection.
    #[prop(into)]
    on_save: Callback<String>,
    /// Called to compare the selection with the rest.
    #[prop(into)]
    on_compare: Callback<()>,
    /// Called with the old name and the new.
    #[prop(into)]
    on_rename: Callback<(String, String)>,
    /// Called with the set to delete.
    #[prop(into)]
    on_delete: Callback<String>,
    /// Called with the set whose cells are to be selected.
    #[prop(into)]
    on_select: Callback<String>,
    /// Called with two sets and what to make of them.
    #[prop(into)]
    on_combine: Callback<(String, SetOperation, String)>,
    /// What else makes a selection.
    #[prop(into)]
    more: ViewFn,
) -> impl IntoView {
    let names = Signal::derive(move || sets.with(|sets| sets.iter().map(|set| set.name.clone()).collect::<Vec<_>>()));
    let has_several = Memo::new(move |_| sets.with(|sets| sets.len() > 1));
    let most = RwSignal::new(ROWS_AT_A_TIME);
    let save = move |name: Option<String>| {
        naming.set(false);
        if let Some(name) = name {
            on_save.run(name);
        }
    };
    let button = move || {
        view! {
            <Button
                label=Signal::derive(move || {
                    let n_selected = n_selected.get();
                    if n_selected > 1 && n_selected == n_visible.get() {
                        format!("Save all {} cells as a set", integer(n_selected))
                    } else {
                        format!("Save {} as a set", plural(n_selected as usize, "selected cell", "selected cells"))
                    }
                })
                test_id=command_test_id(Command::SaveCellSet)
                glyph=Glyph::Plus
                disabled=move || n_selected.get() == 0
                on_press=move || naming.set(true)
            />
            <Button
                label="Compare selection with the rest"
                test_id="compare-selection"
                glyph=Glyph::Compare
                disabled=move || !can_compare.get()
                on_press=on_compare
            />
            <div class="cell-set-more">{more.run()}</div>
        }
    };
    view! {
        <div class="cell-sets">
            // Above the sets: one more moves none of these from under the pointer.
            <div class="cell-set-new">
                <Show when=move || naming.get() fallback=button>
                    <NameField
                        value=new_name(suggested.get_untracked(), &names.get_untracked())
                        taken=names
                        label="Name of the cell set"
                        test_id="cell-set-name"
                        on_done=save
                    />
                </Show>
            </div>
            <ul aria-label="Cell sets">
                <Each
                    each=move || sets.with(|sets| sets.iter().take(most.get()).cloned().collect::<Vec<_>>())
                    key=|set| set.clone()
                    let:set
                >
                    <CellSetRow set names on_rename on_delete on_select />
                </Each>
            </ul>
            <MoreRows count=Signal::derive(move || sets.with(Vec::len)) most />
            <Show when=move || has_several.get()>
                <CombineSets names on_combine />
            </Show>
        </div>
    }
}

/// A button for more rows, where not all are made.
#[component]
pub(super) fn MoreRows(count: Signal<usize>, most: RwSignal<usize>) -> impl IntoView {
    view! {
        <div class="cell-set-new" hidden=move || count.get() <= most.get()>
            <Button
                label="Show more sets"
                kind=ButtonKind::Quiet
                on_press=move || most.update(|most| *most += ROWS_AT_A_TIME)
            />
        </div>
    }
}

/// The name that is suggested, if it can be: one that no set has.
fn new_name(suggested: String, taken: &[String]) -> String {
    match suggested.as_str() {
        "" => free_name("Set", taken),
        name if taken.iter().any(|other| other == name) => free_name(name, taken),
        _ => suggested,
    }
}

#[component]
fn CellSetRow(
    set: CellSetItem,
    names: Signal<Vec<String>>,
    on_rename: Callback<(String, String)>,
    on_delete: Callback<String>,
    on_select: Callback<String>,
) -> impl IntoView {
    let CellSetItem { name, n_cells, color } = set;
    let renaming = RwSignal::new(false);
    let name = StoredValue::new(name);
    let own = move || name.get_value();
    let rename = move |new: Option<String>| {
        renaming.set(false);
        if let Some(new) = new.filter(|new| *new != own()) {
            on_rename.run((own(), new));
        }
    };
    let face = move || {
        view! {
            <button
                type="button"
                class="row-button"
                title=format!("Select the cells of {}", own())
                on:click=move |_| on_select.run(own())
            >
                <i class="cell-set-swatch" style:background=css_color(color)></i>
                <Cut text=own() />
                <span class="cell-set-count">{n_cells.map_or_else(|| "…".to_owned(), integer)}</span>
            </button>
        }
    };
    view! {
        <li class="cell-set" data-testid=format!("cell-set-{}", own())>
            <Show
                when=move || renaming.get()
                fallback=face
            >
                <NameField value=own() taken=names label="Name of the cell set" test_id="cell-set-name" on_done=rename />
            </Show>
            <Menu glyph=Glyph::More label="More" test_id=format!("cell-set-menu-{}", own())>
                <MenuItem
                    label="Select its cells"
                    glyph=Glyph::Check
                    test_id=format!("cell-set-select-{}", own())
                    on_choose=move || on_select.run(own())
                />
                <MenuItem
                    label="Rename"
                    glyph=Glyph::Edit
                    test_id=format!("cell-set-rename-{}", own())
                    on_choose=move || renaming.set(true)
                />
                <MenuItem
                    label="Delete"
                    glyph=Glyph::Trash
                    test_id=format!("cell-set-delete-{}", own())
                    on_choose=move || on_delete.run(own())
                />
            </Menu>
        </li>
    }
}
