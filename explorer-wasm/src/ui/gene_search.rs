//! Finding genes by symbol or id, one at a time or by a pasted list.

use std::sync::Arc;

use explorer_core::{screen::gene_names, state::GeneKey};
use leptos::{
    ev::{ClipboardEvent, KeyboardEvent},
    html,
    prelude::*,
};

use super::{GeneHit, Glyph, Icon, IconButton, Show, control::unique_id};
use crate::view::{effect, view};

/// A field that suggests genes while one types.
#[component]
pub fn GeneSearch(
    /// What was found for the last query, best first.
    #[prop(into)]
    hits: Signal<Arc<[GeneHit]>>,
    /// What to tell of names of a pasted list that stand for no gene; mostly empty.
    #[prop(into)]
    unresolved: Signal<String>,
    /// Moves the focus to the field whenever it changes.
    #[prop(optional, into)]
    focus: Signal<u32>,
    /// Called with what is typed.
    #[prop(into)]
    on_query: Callback<String>,
    /// Called with the gene chosen.
    #[prop(into)]
    on_pick: Callback<GeneKey>,
    /// Called with the gene that the pointer is over, and with `None` when it leaves.
    #[prop(optional, into)]
    on_point: Option<Callback<Option<GeneKey>>>,
    /// Called with the names of a pasted list.
    #[prop(into)]
    on_list: Callback<Vec<String>>,
    /// Called when that has been read.
    #[prop(into)]
    on_dismiss: Callback<()>,
) -> impl IntoView {
    let field = NodeRef::<html::Input>::new();
    let query = RwSignal::new(String::new());
    let open = RwSignal::new(false);
    let active = RwSignal::new(0_usize);
    Effect::new(move |before: Option<u32>| {
        let now = focus.get();
        if let (true, Some(field)) = (before.is_some_and(|before| before != now), field.get_untracked()) {
            let _ = field.focus();
            field.select();
        }
        now
    });
    let ask = move |text: String| {
        open.set(!text.trim().is_empty());
        active.set(0);
        query.set(text.clone());
        on_query.run(text);
    };
    let pick = move |gene: GeneKey| {
        on_pick.run(gene);
        ask(String::new());
    };
    let key = move |event: KeyboardEvent| {
        let count = hits.with_untracked(|hits| hits.len());
        match event.key().as_str() {
            "ArrowDown" if count > 0 => active.update(|active| *active = (*active + 1) % count),
            "ArrowUp" if count > 0 => active.update(|active| *active = (*active + count - 1) % count),
            "Enter" => {
                let names = gene_names(&query.get_untracked());
                let hit = hits.with_untracked(|hits| hits.get(active.get_untracked()).map(|hit| hit.key.clone()));
                match hit {
                    _ if names.len() > 1 => {
                        on_list.run(names);
                        ask(String::new());
                    }
                    Some(gene) if open.get_untracked() => pick(gene),
                    _ => return,
                }
            }
            "Escape" if open.get_untracked() => ask(String::new()),
            _ => return,
        }
        event.prevent_default();
        event.stop_propagation();
    };
    // A field of one line would run the lines of a list together.
    let paste = move |event: ClipboardEvent| {
        let text = event.clipboard_data().and_then(|data| data.get_data("text/plain").ok()).unwrap_or_default();
        let names = gene_names(&text);
        if names.len() > 1 {
            event.prevent_default();
            on_list.run(names);
        }
    };
    let list_id = StoredValue::new(unique_id("gene-hits"));
    let empty = move || hits.with(|hits| hits.is_empty());
    let options = move || {
        hits.get()
            .iter()
            .cloned()
            .enumerate()
            .map(|(index, hit)| view! { <HitRow hit list_id index active on_pick=pick on_point /> })
            .collect_view()
    };
    view! {
        <div class="gene-search">
            <div class="field-search">
                <Icon glyph=Glyph::Search />
                <input
                    class="field"
                    type="search"
                    role="combobox"
                    placeholder="Find a gene, or paste a list"
                    autocomplete="off"
                    spellcheck="false"
                    aria-label="Find a gene"
                    aria-autocomplete="list"
                    aria-controls=list_id.get_value()
                    aria-expanded=move || open.get().to_string()
                    aria-activedescendant=move || (open.get() && !empty()).then(|| hit_id(list_id, active.get()))
                    data-testid="gene-search"
                    node_ref=field
                    prop:value=move || query.get()
                    on:input:target=move |event| ask(event.target().value())
                    on:keydown=key
                    on:paste=paste
                    on:blur=move |_| open.set(false)
                    on:focus=move |_| open.set(!query.with_untracked(|query| query.trim().is_empty()))
                />
            </div>
            <Show when=move || open.get()>
                <ul class="gene-hits" id=list_id.get_value() role="listbox" aria-label="Genes found">
                    {options}
                    <Show when=empty>
                        <li class="gene-hits-none note">"No gene matches."</li>
                    </Show>
                </ul>
            </Show>
            <Show when=move || unresolved.with(|unresolved| !unresolved.is_empty())>
                <div class="gene-unknown" role="status" data-testid="gene-unknown">
                    <p class="note">{unresolved}</p>
                    <IconButton glyph=Glyph::Close label="Dismiss" test_id="gene-unknown-dismiss" on_press=on_dismiss />
                </div>
            </Show>
        </div>
    }
}

/// The id of a row in the list of that id.
fn hit_id(list_id: StoredValue<String>, index: usize) -> String {
    list_id.with_value(|list_id| format!("{list_id}-{index}"))
}

#[component]
fn HitRow(
    hit: GeneHit,
    list_id: StoredValue<String>,
    index: usize,
    active: RwSignal<usize>,
    #[prop(into)] on_pick: Callback<GeneKey>,
    on_point: Option<Callback<Option<GeneKey>>>,
) -> impl IntoView {
    let row = NodeRef::<html::Li>::new();
    let chosen = move || active.get() == index;
    effect(move || {
        if let (true, Some(row)) = (chosen(), row.get()) {
            row.scroll_into_view_with_bool(false);
        }
    });
    let GeneHit { key, name, detail, label, matched } = hit;
    let letters = name
        .chars()
        .zip(0..)
        .map(|(letter, at)| {
            if matched.contains(&at) {
                view! { <mark>{letter.to_string()}</mark> }.into_any()
            } else {
                letter.to_string().into_any()
            }
        })
        .collect_view();
    let test_id = format!("gene-hit-{label}");
    let pointed = key.clone();
    let point = move |gene| {
        if let Some(on_point) = on_point {
            on_point.run(gene);
        }
    };
    view! {
        <li
            class="gene-hit"
            role="option"
            id=hit_id(list_id, index)
            data-testid=test_id
            aria-selected=move || chosen().to_string()
            node_ref=row
            on:pointerenter=move |_| point(Some(pointed.clone()))
            on:pointerleave=move |_| point(None)
            on:pointermove=move |_| active.set(index)
            // Before the field loses the focus and the list closes.
            on:pointerdown=|event| event.prevent_default()
            on:click=move |_| on_pick.run(key.clone())
        >
            <span>{letters}</span>
            <span class="gene-hit-detail ellipsis">{detail}</span>
        </li>
    }
}
