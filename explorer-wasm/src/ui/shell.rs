//! The frame of the page: top bar, two sidebars, the picture between them, results below it.

use explorer_core::state::Side;
use leptos::{html, prelude::*};
use wasm_bindgen::JsCast;

use super::{
    Button, Glyph, HintLayer, Icon, Root,
    control::{focus, focus_soon, keep_focus},
    sidebar_edge::SidebarEdge,
};
use crate::view::view;

/// The frame. On a wide screen the sidebars stand beside the picture; on a narrow one (960 px and
/// less) they are drawers over it, opened from a bar at the foot.
#[component]
pub fn Shell(
    /// The bar across the top.
    #[prop(into)]
    top_bar: ViewFn,
    /// The left sidebar: columns of `obs`.
    #[prop(into)]
    left: ViewFn,
    /// The picture and all that floats over it.
    #[prop(into)]
    picture: ViewFn,
    /// The right sidebar: genes and sets.
    #[prop(into)]
    right: ViewFn,
    /// The result of a comparison, where one is open.
    #[prop(into)]
    results: ViewFn,
    /// Whether the left sidebar is open on a wide screen.
    #[prop(into)]
    left_open: Signal<bool>,
    /// Whether the right sidebar is open on a wide screen.
    #[prop(into)]
    right_open: Signal<bool>,
    /// Widths of the left and the right sidebar on a wide screen, in CSS pixels.
    #[prop(into)]
    widths_px: Signal<[u16; 2]>,
    /// Called with a sidebar and the width that it is to have; `None` is the usual one.
    #[prop(into)]
    on_width: Callback<(Side, Option<u16>)>,
    /// The drawer that is open on a narrow screen.
    #[prop(into)]
    drawer: Signal<Option<Side>>,
    /// Called with the drawer to open, or `None` to close it.
    #[prop(into)]
    on_drawer: Callback<Option<Side>>,
    /// Whether there is nothing to list beside the picture: then there are no drawers.
    #[prop(optional, into)]
    bare: Signal<bool>,
) -> impl IntoView {
    keep_focus();
    let root = StoredValue::new_local(Root::of_component());
    view! {
        <div class="skip">
            <Button
                label="Skip to the picture"
                test_id="skip"
                on_press=move || focus_soon(root.get_value(), ".picture")
            />
        </div>
        <div
            class="shell"
            class:left-closed=move || !left_open.get()
            class:right-closed=move || !right_open.get()
            class:bare=move || bare.get()
            class:drawer-left=move || drawer.get() == Some(Side::Left)
            class:drawer-right=move || drawer.get() == Some(Side::Right)
            style=("--left-px", move || format!("{}px", widths_px.get()[0]))
            style=("--right-px", move || format!("{}px", widths_px.get()[1]))
        >
            <header class="shell-top">{top_bar.run()}</header>
            <Sidebar side=Side::Left content=left drawer on_drawer />
            <main class="shell-center">
                // Before the picture, which takes the focus of a result that is closed.
                <SidebarEdge
                    side=Side::Left
                    name=title(Side::Left)
                    width_px=Signal::derive(move || widths_px.get()[0])
                    on_width
                />
                <SidebarEdge
                    side=Side::Right
                    name=title(Side::Right)
                    width_px=Signal::derive(move || widths_px.get()[1])
                    on_width
                />
                <div class="shell-picture">{picture.run()}</div>
                {results.run()}
            </main>
            <Sidebar side=Side::Right content=right drawer on_drawer />
            <div class="shell-scrim" on:click=move |_| on_drawer.run(None)></div>
            <nav class="shell-bottom" aria-label="Panels">
                <DrawerButton side=Side::Left drawer on_drawer />
                <DrawerButton side=Side::Right drawer on_drawer />
            </nav>
        </div>
        <HintLayer />
    }
}

fn title(side: Side) -> &'static str {
    match side {
        Side::Left => "Metadata",
        Side::Right => "Genes and sets",
    }
}

#[component]
fn Sidebar(
    side: Side,
    content: ViewFn,
    drawer: Signal<Option<Side>>,
    on_drawer: Callback<Option<Side>>,
) -> impl IntoView {
    let close = NodeRef::<html::Button>::new();
    let root = StoredValue::new_local(Root::of_component());
    Effect::new(move |was_open: Option<bool>| {
        let is_open = drawer.get() == Some(side);
        if is_open {
            focus(close.get().map(JsCast::unchecked_into));
        } else if was_open == Some(true) && drawer.get().is_none() {
            focus_soon(root.get_value(), drawer_button(side).1);
        }
        is_open
    });
    let class = match side {
        Side::Left => "sidebar sidebar-left",
        Side::Right => "sidebar sidebar-right",
    };
    view! {
        <aside class=class aria-label=title(side)>
            <div class="sidebar-drawer-head">
                <h2>{title(side)}</h2>
                <button type="button" class="icon-button" aria-label="Close" node_ref=close on:click=move |_| on_drawer.run(None)>
                    <Icon glyph=Glyph::Close />
                </button>
            </div>
            <div class="sidebar-scroll">{content.run()}</div>
        </aside>
    }
}

/// The `data-testid` of the button of a drawer, and how to find it.
fn drawer_button(side: Side) -> (&'static str, &'static str) {
    match side {
        Side::Left => ("drawer-left", "[data-testid=drawer-left]"),
        Side::Right => ("drawer-right", "[data-testid=drawer-right]"),
    }
}

#[component]
fn DrawerButton(side: Side, drawer: Signal<Option<Side>>, on_drawer: Callback<Option<Side>>) -> impl IntoView {
    let glyph = match side {
        Side::Left => Glyph::Filters,
        Side::Right => Glyph::Genes,
    };
    let open = move || drawer.get() == Some(side);
    view! {
        <button
            type="button"
            class="shell-bottom-button"
            data-testid=drawer_button(side).0
            aria-expanded=move || open().to_string()
            on:click=move |_| on_drawer.run((!open()).then_some(side))
        >
            <Icon glyph />
            <span>{title(side)}</span>
        </button>
    }
}

/// A part of a sidebar under a heading that folds it away.
#[component]
pub fn SidebarSection(
    /// The heading.
    #[prop(into)]
    title: Signal<String>,
    /// Beside the heading: a count, say.
    #[prop(optional, into)]
    aside: Signal<String>,
    /// Its `data-testid`; the heading's button has it with `-toggle` after it.
    #[prop(into)]
    test_id: String,
    /// What is in it.
    children: Children,
) -> impl IntoView {
    let open = RwSignal::new(true);
    let toggle_id = format!("{test_id}-toggle");
    let toggle = move |_| open.update(|open| *open = !*open);
    view! {
        <section class="sidebar-section" data-testid=test_id>
            <h2>
                <button
                    type="button"
                    class="sidebar-section-head"
                    data-testid=toggle_id
                    aria-expanded=move || open.get().to_string()
                    on:click=toggle
                >
                    <span class="ellipsis">{move || title.get()}</span>
                    <span class="sidebar-section-aside">{move || aside.get()}</span>
                    <Icon glyph=Signal::derive(move || {
                        if open.get() { Glyph::ChevronDown } else { Glyph::ChevronRight }
                    }) />
                </button>
            </h2>
            <div class="sidebar-section-body" hidden=move || !open.get()>
                {children()}
            </div>
        </section>
    }
}
