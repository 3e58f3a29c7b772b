//! A button that opens a list of things to do, above everything else.

use leptos::{ev::KeyboardEvent, html, prelude::*};
use wasm_bindgen::JsCast;

use super::{
    focus,
    late::Late,
    popover::{hang, unique_id},
};
use crate::{
    ui::{Glyph, Icon},
    view::view,
};

/// An icon button with a menu of [`MenuItem`]s. The browser closes it on Escape and on a press
/// elsewhere.
#[component]
pub fn Menu(
    /// The icon of the button.
    #[prop(into)]
    glyph: Signal<Glyph>,
    /// The name of the button.
    #[prop(into)]
    label: Signal<String>,
    /// Its `data-testid`.
    #[prop(optional, into)]
    test_id: String,
    /// The items; built when it opens first.
    children: Children,
) -> impl IntoView {
    let id = unique_id("menu");
    let button = NodeRef::<html::Button>::new();
    let menu = NodeRef::<html::Div>::new();
    let late = Late::new(children);
    let place = move |_| {
        if let (Some(button), Some(menu)) = (button.get_untracked(), menu.get_untracked()) {
            late.build_in(&menu);
            hang(&menu, &button);
        }
    };
    let move_by_key = move |event| move_among(menu, &event);
    view! {
        <button
            type="button"
            class="icon-button"
            data-testid=test_id
            data-hint=move || label.get()
            aria-label=move || label.get()
            aria-haspopup="menu"
            popovertarget=id.clone()
            node_ref=button
            on:click=place
            on:keydown=move_by_key
        >
            <Icon glyph />
        </button>
        <div class="popover menu" role="menu" popover="auto" id=id node_ref=menu on:keydown=move_by_key></div>
    }
}

/// The items of a menu that stands in a panel with other things.
#[component]
pub fn MenuItems(
    /// Its name.
    label: &'static str,
    /// The items.
    children: Children,
) -> impl IntoView {
    let menu = NodeRef::<html::Div>::new();
    view! {
        <div class="menu" role="menu" aria-label=label node_ref=menu on:keydown=move |event| move_among(menu, &event)>
            {children()}
        </div>
    }
}

/// Moves the focus among the items of a menu by arrow keys, Home and End.
fn move_among(menu: NodeRef<html::Div>, event: &KeyboardEvent) {
    let Some(menu) = menu.get_untracked() else { return };
    let items = menu.children();
    let active = document().active_element();
    let at = (0..items.length()).find(|&index| items.item(index) == active);
    let last = items.length().saturating_sub(1);
    let next = match (event.key().as_str(), at) {
        ("ArrowDown", Some(at)) if at < last => at + 1,
        ("ArrowDown" | "Home", _) => 0,
        ("ArrowUp", Some(at)) if at > 0 => at - 1,
        ("ArrowUp" | "End", _) => last,
        _ => return,
    };
    event.prevent_default();
    focus(items.item(next));
}

/// One thing to do.
#[component]
pub fn MenuItem(
    /// Its name.
    #[prop(into)]
    label: Signal<String>,
    /// Its `data-testid`.
    #[prop(optional, into)]
    test_id: String,
    /// An icon before the name.
    #[prop(optional)]
    glyph: Option<Glyph>,
    /// Called when chosen; the menu closes itself.
    #[prop(into)]
    on_choose: Callback<()>,
) -> impl IntoView {
    let item = NodeRef::<html::Button>::new();
    let choose = move |_| {
        let menu = item.get_untracked().and_then(|item| item.closest("[popover]").ok()?);
        if let Some(menu) = menu.and_then(|menu| menu.dyn_into::<web_sys::HtmlElement>().ok()) {
            let _ = menu.hide_popover();
        }
        on_choose.run(());
    };
    view! {
        <button type="button" class="menu-item" role="menuitem" data-testid=test_id node_ref=item on:click=choose>
            {glyph.map(|glyph| view! { <Icon glyph /> })}
            <span class="ellipsis">{move || label.get()}</span>
        </button>
    }
}
