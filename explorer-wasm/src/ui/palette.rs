//! The command palette: one field for all that has a name.

use explorer_core::{
    session::{PaletteHit, PaletteItem},
    state::Platform,
};
use leptos::{ev::KeyboardEvent, html, prelude::*};

use super::{
    Cut, Glyph, Icon, Show,
    command_button::{command_glyph, command_key},
    control::{Dialog, unique_id},
};
use crate::view::{effect, view};

/// The dialog of the palette.
#[component]
pub fn Palette(
    /// Whether it is open.
    open: RwSignal<bool>,
    /// What is typed.
    query: RwSignal<String>,
    /// What was found, the best first.
    #[prop(into)]
    hits: Signal<Vec<PaletteHit>>,
    /// Whose keys are shown.
    platform: Platform,
    /// Called with what was chosen.
    #[prop(into)]
    on_choose: Callback<PaletteItem>,
) -> impl IntoView {
    let active = RwSignal::new(0_usize);
    effect(move || {
        if open.get() {
            query.set(String::new());
        }
    });
    effect(move || {
        query.track();
        active.set(0);
    });
    let choose = move |at: usize| {
        let Some(item) = hits.with_untracked(|hits| hits.get(at).map(|hit| hit.item.clone())) else { return };
        open.set(false);
        on_choose.run(item);
    };
    let key = move |event: KeyboardEvent| {
        let count = hits.with_untracked(Vec::len).max(1);
        match event.key().as_str() {
            "ArrowDown" => active.update(|active| *active = (*active + 1) % count),
            "ArrowUp" => active.update(|active| *active = (*active + count - 1) % count),
            "Enter" => choose(active.get_untracked()),
            _ => return,
        }
        event.prevent_default();
    };
    let list_id = StoredValue::new(unique_id("palette"));
    let row_id = move |at: usize| list_id.with_value(|id| format!("{id}-{at}"));
    let rows = move || {
        let row = |(at, hit)| view! { <Row hit at id=row_id(at) active platform on_choose=Callback::new(choose) /> };
        hits.get().into_iter().enumerate().map(row).collect_view()
    };
    view! {
        <Dialog
            open
            title="Command palette"
            class="palette"
            test_id="palette-dialog"
            close_id="palette-close"
            on_close=move || open.set(false)
        >
            <div class="palette-body">
                <input
                    class="field"
                    type="text"
                    role="combobox"
                    data-first=""
                    autocomplete="off"
                    spellcheck="false"
                    placeholder="A command, gene, column, label, cell set or dataset"
                    aria-label="Search for anything"
                    aria-autocomplete="list"
                    aria-expanded="true"
                    aria-controls=list_id.get_value()
                    aria-activedescendant=move || hits.with(|hits| (active.get() < hits.len()).then(|| row_id(active.get())))
                    data-testid="palette-query"
                    prop:value=move || query.get()
                    on:input:target=move |event| query.set(event.target().value())
                    on:keydown=key
                />
                <ul class="palette-hits" id=list_id.get_value() role="listbox" aria-label="Found">
                    {rows}
                </ul>
                <Show when=move || hits.with(Vec::is_empty)>
                    <p class="note">"Nothing of that name."</p>
                </Show>
            </div>
        </Dialog>
    }
}

#[component]
fn Row(
    hit: PaletteHit,
    at: usize,
    id: String,
    active: RwSignal<usize>,
    platform: Platform,
    on_choose: Callback<usize>,
) -> impl IntoView {
    let row = NodeRef::<html::Li>::new();
    let chosen = move || active.get() == at;
    effect(move || {
        if let (true, Some(row)) = (chosen(), row.get()) {
            row.scroll_into_view_with_bool(false);
        }
    });
    let PaletteHit { item, name, detail } = hit;
    let (glyph, aside) = match item {
        PaletteItem::Command(command) if detail.is_empty() => (command_glyph(command), command_key(command, platform)),
        PaletteItem::Command(command) => (command_glyph(command), detail),
        PaletteItem::Gene(_) => (Glyph::Genes, detail),
        PaletteItem::Column(_) => (Glyph::Drop, detail),
        PaletteItem::Label { .. } => (Glyph::Label, detail),
        PaletteItem::CellSet(_) => (Glyph::Check, detail),
        PaletteItem::Dataset(_) => (Glyph::Link, detail),
    };
    view! {
        <li
            class="palette-hit"
            role="option"
            id=id
            data-testid=format!("palette-hit-{at}")
            aria-selected=move || chosen().to_string()
            node_ref=row
            on:pointermove=move |_| active.set(at)
            on:click=move |_| on_choose.run(at)
        >
            <Icon glyph />
            <Cut text=name />
            <span class="palette-aside ellipsis">{aside}</span>
        </li>
    }
}
