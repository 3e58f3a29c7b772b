//! The bar across the top: where one is, how much is selected, and what concerns the whole page.

use explorer_core::{
    format::integer,
    session::Unit,
    state::{Command, Platform, Theme},
};
use leptos::prelude::*;

use super::{BrandMark, CommandButton, Cut, Glyph, Show};
use crate::view::view;

/// The top bar. All its buttons ask for [`Command`]s.
#[component]
pub fn TopBar(
    /// The dataset's title; empty while unknown.
    #[prop(into)]
    title: Signal<String>,
    /// Whether the cells are known: not before the dataset is open.
    #[prop(into)]
    is_counted: Signal<bool>,
    /// What the cells are called.
    #[prop(into)]
    unit: Signal<Unit>,
    /// Cells selected.
    #[prop(into)]
    n_selected: Signal<u64>,
    /// Cells in view: all, or those of the subset.
    #[prop(into)]
    n_visible: Signal<u64>,
    /// Cells of the dataset: more than `n_visible` inside a subset.
    #[prop(into)]
    n_obs: Signal<u64>,
    /// Whether there is something to undo.
    #[prop(into)]
    can_undo: Signal<bool>,
    /// Whether there is something to redo.
    #[prop(into)]
    can_redo: Signal<bool>,
    /// The theme chosen.
    #[prop(into)]
    theme: Signal<Theme>,
    /// Whether the left sidebar is open.
    #[prop(into)]
    left_open: Signal<bool>,
    /// Whether the right sidebar is open.
    #[prop(into)]
    right_open: Signal<bool>,
    /// Whose keys the hints show.
    platform: Platform,
    /// Whether there is nothing to show: then there is nothing to save, to link to or to stand beside it.
    #[prop(optional, into)]
    bare: Signal<bool>,
    /// Where the mark leads: the list of datasets.
    #[prop(into)]
    home: String,
    /// Called with the command asked for.
    #[prop(into)]
    on_command: Callback<Command>,
) -> impl IntoView {
    let theme_glyph = Signal::derive(move || match theme.get() {
        Theme::System => Glyph::System,
        Theme::Light => Glyph::Sun,
        Theme::Dark => Glyph::Moon,
    });
    let no_undo = move || !can_undo.get();
    let no_redo = move || !can_redo.get();
    view! {
        <div class="top-bar">
            <Show when=move || !bare.get()>
                <div class="top-bar-wide">
                    <CommandButton command=Command::ToggleLeftSidebar platform pressed=left_open on_command />
                </div>
            </Show>
            <a class="top-bar-home" href=home aria-label="All datasets" data-hint="All datasets" data-testid="home">
                <BrandMark />
            </a>
            <h1 class="top-bar-title" data-testid="dataset-title"><Cut text=title /></h1>
            <Show when=move || is_counted.get()>
                <p class="top-bar-count" aria-live="polite" data-testid="count-text">
                    <CountText unit n_selected n_visible />
                </p>
            </Show>
            <Show when=move || n_visible.get() < n_obs.get()>
                <span class="top-bar-subset" data-testid="subset-note">
                    {move || format!("subset of {}", integer(n_obs.get()))}
                </span>
            </Show>
            <div class="top-bar-actions">
                <Show when=move || !bare.get()>
                    <CommandButton command=Command::ShowPalette platform on_command />
                    <CommandButton command=Command::Undo platform disabled=no_undo on_command />
                    <CommandButton command=Command::Redo platform disabled=no_redo on_command />
                    <span class="top-bar-rule"></span>
                    <CommandButton command=Command::SavePicture platform on_command />
                    <CommandButton command=Command::CopyLink platform on_command />
                </Show>
                <CommandButton command=Command::ToggleTheme platform glyph=theme_glyph on_command />
                <div class="top-bar-wide">
                    <CommandButton command=Command::CopyEmbed platform on_command />
                    <CommandButton command=Command::ShowShortcuts platform on_command />
                    <Show when=move || !bare.get()>
                        <CommandButton command=Command::ToggleRightSidebar platform pressed=right_open on_command />
                    </Show>
                </div>
            </div>
        </div>
    }
}

/// "N of M cells".
#[component]
fn CountText(unit: Signal<Unit>, n_selected: Signal<u64>, n_visible: Signal<u64>) -> impl IntoView {
    view! {
        <strong>{move || integer(n_selected.get())}</strong>
        {move || format!(" of {}", unit.get().count(n_visible.get()))}
    }
}
