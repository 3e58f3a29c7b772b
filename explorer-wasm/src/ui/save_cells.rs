//! Which cells are saved as a table, and what of them.

use std::collections::BTreeSet;

use explorer_core::{
    format::plural,
    session::{CellsToSave, SaveExtent, Unit, Wanted},
};
use leptos::prelude::*;

use super::{
    Button, ButtonKind, Checkbox, Choice, Each, Glyph, SaveSubset, SelectField, Show, SubsetJob, control::Dialog,
};
use crate::view::{effect, view};

/// As what cells are saved.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SaveFormat {
    /// As a table.
    Csv,
    /// Their ids alone, one a line.
    Ids,
}

/// The dialog that asks what of the cells is to be saved.
#[component]
pub fn SaveCellsDialog(
    /// Whether it is open.
    open: RwSignal<bool>,
    /// Columns that can be saved.
    #[prop(into)]
    columns: Signal<Vec<String>>,
    /// Genes listed.
    #[prop(into)]
    n_genes: Signal<usize>,
    /// The layer that their numbers are of.
    #[prop(into)]
    layer: Signal<String>,
    /// What the rows of the dataset are called.
    #[prop(into)]
    unit: Signal<Unit>,
    /// Cells selected, and cells in view.
    #[prop(into)]
    n_cells: Signal<(u64, u64)>,
    /// Called with what is to be saved.
    #[prop(into)]
    on_save: Callback<(CellsToSave, SaveFormat)>,
    /// What the page does about files of cells.
    subset: SubsetJob,
) -> impl IntoView {
    let asked = RwSignal::new(CellsToSave::default());
    // All there is but what the user takes away; what is new since the dialog was open last is chosen, too.
    let known = StoredValue::new(BTreeSet::new());
    let is_decided = StoredValue::new(false);
    effect(move || {
        if open.get() {
            let has_genes = n_genes.get() > 0;
            let is_new = |name: &&String| known.with_value(|known: &BTreeSet<String>| !known.contains(*name));
            let new: Vec<String> = columns.with(|columns| columns.iter().filter(is_new).cloned().collect());
            known.update_value(|known| known.extend(new.iter().cloned()));
            asked.update(|asked| {
                asked.columns.extend(new);
                if !is_decided.get_value() {
                    asked.genes = wanted(has_genes);
                }
            });
        }
    });
    let save = move |format| {
        open.set(false);
        on_save.run((asked.get_untracked(), format));
    };
    let extents = move || {
        let (n_selected, n_visible) = n_cells.get();
        vec![
            Choice::new("selected", format!("{} selected", unit.get().count(n_selected))),
            Choice::new("view", format!("all {} in view", unit.get().count(n_visible))),
        ]
    };
    let is_all =
        move || columns.with(|columns| asked.with(|asked| columns.iter().all(|name| asked.columns.contains(name))));
    view! {
        <Dialog
            open
            title=Signal::derive(move || format!("Save {}", unit.get().many()))
            class="finder"
            test_id="save-cells-dialog"
            close_id="save-cells-close"
            on_close=move || open.set(false)
        >
            <div class="save-body">
                <SelectField
                    name="Which"
                    choices=Signal::derive(extents)
                    value=Signal::derive(move || match asked.with(|asked| asked.extent) {
                        SaveExtent::Selected => "selected".to_owned(),
                        SaveExtent::InView => "view".to_owned(),
                    })
                    label="Cells to save"
                    test_id="save-cells-extent"
                    on_choose=move |extent: String| asked.update(|asked| {
                        asked.extent = if extent == "view" { SaveExtent::InView } else { SaveExtent::Selected };
                    })
                />
                <label class="save-check">
                    <Checkbox
                        check=Signal::derive(move || is_all().into())
                        label="All columns"
                        test_id="save-cells-all"
                        on_check=move |on| asked.update(|asked| {
                            asked.columns = if on { columns.get_untracked().into_iter().collect() } else { BTreeSet::new() };
                        })
                    />
                    <span>{move || plural(columns.with(Vec::len), "column", "columns")}</span>
                </label>
                <ul class="save-columns" aria-label="Columns">
                    <Each each=move || columns.get() key=String::clone let:name>
                        <li><ColumnCheck name asked /></li>
                    </Each>
                </ul>
                <label class="save-check">
                    <Checkbox
                        check=Signal::derive(move || asked.with(|asked| asked.genes == Wanted::Yes).into())
                        label="Listed genes"
                        test_id="save-cells-genes"
                        on_check=move |on| {
                            is_decided.set_value(true);
                            asked.update(|asked| asked.genes = wanted(on));
                        }
                    />
                    <span>
                        {move || plural(n_genes.get(), "listed gene", "listed genes")} " of the layer "
                        <bdi>{layer}</bdi>
                    </span>
                </label>
                <label class="save-check">
                    <Checkbox
                        check=Signal::derive(move || asked.with(|asked| asked.flag == Wanted::Yes).into())
                        label="Whether they are selected"
                        test_id="save-cells-flag"
                        on_check=move |on| asked.update(|asked| asked.flag = wanted(on))
                    />
                    <span>"whether they are selected"</span>
                </label>
                <div class="finder-buttons">
                    <Button
                        label="Save as CSV"
                        test_id="save-cells-csv"
                        kind=ButtonKind::Primary
                        glyph=Glyph::Download
                        on_press=move || save(SaveFormat::Csv)
                    />
                    <Button
                        label="Save ids alone"
                        test_id="save-cells-ids"
                        glyph=Glyph::Download
                        on_press=move || save(SaveFormat::Ids)
                    />
                </div>
                <Show when=move || open.get()>
                    <SaveSubset extent=Signal::derive(move || asked.with(|asked| asked.extent)) job=subset />
                </Show>
            </div>
        </Dialog>
    }
}

fn wanted(on: bool) -> Wanted {
    if on { Wanted::Yes } else { Wanted::No }
}

#[component]
fn ColumnCheck(name: String, asked: RwSignal<CellsToSave>) -> impl IntoView {
    let column = StoredValue::new(name.clone());
    let is_on = move || column.with_value(|name| asked.with(|asked| asked.columns.contains(name)));
    view! {
        <label class="save-check">
            <Checkbox
                check=Signal::derive(move || is_on().into())
                label=name.clone()
                test_id=format!("save-column-{name}")
                on_check=move |on: bool| asked.update(|asked| {
                    let name = column.get_value();
                    if on { asked.columns.insert(name) } else { asked.columns.remove(&name) };
                })
            />
            <span class="ellipsis">{name.clone()}</span>
        </label>
    }
}
