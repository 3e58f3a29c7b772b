//! The picture: a canvas that shows the embedding, and the pointer's ways with it.

mod axes;
mod canvas;
mod density;
mod device;
mod failure;
mod flight;
mod gesture_hint;
mod handle;
mod labels;
mod lasso_hint;
mod outline;
mod pictures;
mod poster;
mod save;
mod stage;
mod text_canvas;
mod tissue;

use std::{cell::RefCell, rc::Rc};

use explorer_core::{
    embed::Gestures,
    screen::{Gesture, HeldKeys, Intent, Wheel},
    state::{Action, PanelIdx, Polygon, Tool},
};
use gloo_events::EventListener;
use leptos::{html, prelude::*};
use wasm_bindgen::{JsCast, closure::Closure};
use web_sys::{Element, PointerEvent, ResizeObserver, WheelEvent};

use self::{
    axes::Axes,
    density::{DensityLayer, TraceLayer},
    gesture_hint::GestureHint,
    labels::LabelLayer,
    lasso_hint::LassoHint,
    outline::Outline,
    stage::Stage,
};
pub use self::{
    canvas::open_ahead, device::document_device, failure::PictureFailure, handle::PictureHandle, pictures::Pictures,
    save::Wanted,
};
use crate::{
    bridge::{View, backend},
    owner::{self, Alive},
    platform,
    store::Store,
    ui::unique_id,
    view::{effect, view},
};

/// How much closer a double click brings.
const DOUBLE_CLICK_ZOOM: f64 = 2.0;

/// CSS pixels that an arrow key moves the picture.
const ARROW_PX: f64 = 60.0;

/// Presses of an arrow key with Shift that turn an embedding of three dimensions half around.
const TURNS_OF_KEYS: f64 = 12.0;

/// The picture. Fills its parent.
#[component]
pub fn Picture(
    /// Where cells, camera and tool come from.
    store: Store,
    /// What the page knows of the picture.
    handle: PictureHandle,
) -> impl IntoView {
    let host = NodeRef::<html::Div>::new();
    let stage = StoredValue::new_local(None::<Rc<Stage>>);
    let gesture = StoredValue::new_local(RefCell::new(Gesture::default()));

    effect(move || {
        let Some(element) = host.get() else { return };
        observe_size(&element, handle);
        let asked = store.host().and_then(|host| host.renderer());
        stage.set_value(Some(Stage::new(store, handle, element.into(), backend(asked.as_deref()))));
    });
    on_cleanup(move || stage.set_value(None));
    let with_stage = move |act: &dyn Fn(&Rc<Stage>)| {
        stage.with_value(|stage| stage.as_ref().map(act));
    };

    // Drawing is no derivation: it follows what it shows.
    let painted = store.painted();
    let panel = handle.panel;
    let look = move |view: View| handle.look(store, view);
    let points = store.part(move |state| state.view.panels.get(panel).map(|panel| panel.points));
    effect(move || {
        // Read, not tracked alone: a memo that nobody reads follows nothing.
        painted.get();
        points.get();
        // Tiles come to the first panel alone; the others are placed when all are there. Which tiles are in view is known
        // of what is not turned.
        let view = handle.view.get().filter(|view| view.orientation().is_front());
        if panel == PanelIdx::FIRST {
            store.look_at(view.map(|view| view.window().with_margin()));
        }
        handle.highlight.get();
        with_stage(&|stage| stage.request());
    });
    effect(move || {
        if let Some(wanted) = handle.wanted.get() {
            match stage.get_value() {
                Some(stage) => stage.take(wanted),
                None => wanted.give(None),
            }
        }
    });
    let library = store.part(move |state| state.view.panels.get(panel).and_then(|panel| panel.tissue.library.clone()));
    let tissue = Memo::new(move |_| {
        library.track();
        let view = handle.view.get();
        if view.is_some() { store.tissue(panel) } else { None }
    });
    let opacity = store.part(move |state| state.view.panels.get(panel).map_or(0.0, |panel| panel.tissue.opacity));
    effect(move || {
        // There is no stage before.
        host.track();
        let (tissue, is_seen) = (tissue.get(), opacity.get() > 0.0);
        with_stage(&|stage| stage.follow_tissue(tissue.clone().filter(|_| is_seen)));
    });
    let asked = store.part(move |state| state.view.panels.get(panel).map(|panel| panel.kind.clone()));
    effect(move || {
        asked.get();
        with_stage(&|stage| stage.await_embedding());
    });
    // The poster is of the view that a dataset is opened with.
    let shown = store.part(|state| {
        let analysis = &state.view.analysis;
        (state.view.panels.clone(), state.view.layout.theme, analysis.color.clone(), analysis.query.clone())
    });
    Effect::new(move |before: Option<()>| {
        shown.track();
        let is_emphasized = handle.highlight.get().is_some();
        if before.is_some() || is_emphasized {
            handle.poster.remove();
        }
    });
    let (theme, alive) = (store.part(|state| state.view.layout.theme), Alive::here());
    let follow_background = move || {
        with_stage(&|stage| {
            stage.read_background();
            stage.request();
        });
    };
    effect(move || {
        theme.get();
        // The style sheet knows the new theme once the page has put it on the root.
        alive.next_frame(follow_background);
    });
    if let Ok(Some(system)) = platform::window().match_media("(prefers-color-scheme: dark)") {
        owner::keep(EventListener::new(&system, "change", move |_| follow_background()));
    }

    let act = move |asked: Intent| {
        let view = handle.view.get_untracked();
        match (asked, view) {
            (Intent::Pan(by_px), Some(view)) => look(view.panned(by_px)),
            (Intent::Orbit(by_px), Some(view)) => handle.turn(store, &view, by_px),
            (Intent::Pinch { by_px, at_px, factor }, Some(view)) => {
                look(view.panned(by_px).zoomed(at_px, factor));
            }
            (Intent::Draft(path), _) => handle.draft.set(path),
            (Intent::Discard, _) => handle.draft.set(Vec::new()),
            (Intent::Select(path, mode), Some(view)) => {
                handle.draft.set(Vec::new());
                let path: Vec<(f64, f64)> = path.into_iter().map(|at| view.coordinates(at)).collect();
                if let Some(outline) = Polygon::from_path(&path, view.units_per_px()) {
                    handle.select(store, &view, outline, mode);
                }
            }
            (Intent::Hover(at_px), Some(_)) => {
                let pick = move |picked: Option<u32>| match picked
                    .and_then(|index| store.with_scene(panel, |scene| scene.cell_at(index)).flatten())
                {
                    Some(cell) => store.hover_cell(cell),
                    None => store.hover(None),
                };
                match handle.labels.at(at_px) {
                    Some(label) => store.hover(Some(label)),
                    None => with_stage(&|stage| stage.pick(at_px, pick)),
                }
            }
            _ => {}
        }
    };
    let on_down = move |event: PointerEvent| {
        let turns = event.button() == 2 || event.ctrl_key();
        let is_solid = untrack(|| handle.is_solid());
        if event.button() > 2 || (event.button() == 2 && !is_solid) {
            return;
        }
        if let Some(element) = host.get_untracked() {
            // Without the capture a drag ends at the picture's edge, which is all that is lost.
            let _ = element.set_pointer_capture(event.pointer_id());
        }
        focus_panel(store, panel);
        leave(store);
        handle.found.set(None);
        let held = HeldKeys { shift: event.shift_key(), alt: event.alt_key() };
        let (tool, mode) = store.peek(|state| (state.view.tool, held.mode(state.select_mode())));
        // The middle button moves the picture whatever the tool.
        let tool = match tool {
            _ if event.button() == 1 => Tool::Pan,
            Tool::Orbit if !is_solid => Tool::Pan,
            _ if turns && is_solid => Tool::Orbit,
            tool => tool,
        };
        act(gesture.with_value(|gesture| gesture.borrow_mut().down(event.pointer_id(), at(&event), tool, mode)));
    };
    let on_move = move |event: PointerEvent| {
        let asked = gesture.with_value(|gesture| gesture.borrow_mut().moved(event.pointer_id(), at(&event)));
        // A finger that passes over nothing does not hover.
        if !matches!(asked, Intent::Hover(_)) || event.pointer_type() != "touch" {
            act(asked);
        }
    };
    let on_up = move |event: PointerEvent| {
        let asked = gesture.with_value(|gesture| gesture.borrow_mut().up(event.pointer_id()));
        // A pointer that hovers has told of the cell already.
        if let Intent::Tap(at_px) = asked {
            act(Intent::Discard);
            if event.pointer_type() == "touch" {
                act(Intent::Hover(at_px));
            }
        } else {
            act(asked);
        }
    };
    let on_cancel = move |_: PointerEvent| act(gesture.with_value(|gesture| gesture.borrow_mut().cancel()));
    let hint = RwSignal::new(0_u32);
    let on_wheel = move |event: WheelEvent| {
        if is_hosts(store, &event) {
            hint.update(|count| *count += 1);
            return;
        }
        event.prevent_default();
        if let Some(view) = handle.view.get_untracked() {
            let wheel = match event.delta_mode() {
                WheelEvent::DOM_DELTA_LINE => Wheel::Lines,
                // Browsers tell of a pinch on a trackpad so, whatever keys are held.
                _ if event.ctrl_key() => Wheel::Pinch,
                _ => Wheel::Pixels,
            };
            look(view.zoomed(at(&event), wheel.zoom(event.delta_y())));
        }
    };
    let on_double = move |event: web_sys::MouseEvent| {
        if let Some(view) = handle.view.get_untracked() {
            look(view.zoomed(at(&event), DOUBLE_CLICK_ZOOM));
        }
    };
    let on_key = move |event: web_sys::KeyboardEvent| {
        let by_px = match event.key().as_str() {
            "ArrowLeft" => [ARROW_PX, 0.0],
            "ArrowRight" => [-ARROW_PX, 0.0],
            "ArrowUp" => [0.0, ARROW_PX],
            "ArrowDown" => [0.0, -ARROW_PX],
            "Escape" if gesture.with_value(|gesture| gesture.borrow().is_under_way()) => {
                event.prevent_default();
                return act(gesture.with_value(|gesture| gesture.borrow_mut().cancel()));
            }
            _ => return,
        };
        event.prevent_default();
        if let Some(view) = handle.view.get_untracked() {
            if event.shift_key() && view.projection().is_some() {
                let [width_px, height_px] = view.size_px();
                let step_px = width_px.min(height_px) / TURNS_OF_KEYS;
                handle.turn(store, &view, by_px.map(|px: f64| if px == 0.0 { 0.0 } else { -px.signum() * step_px }));
            } else {
                look(view.panned(by_px));
            }
        }
    };
    let on_menu = move |event: web_sys::MouseEvent| {
        if untrack(|| handle.is_solid()) {
            event.prevent_default();
        }
    };
    // An outline is drawn over what lies under it, which another size of the picture moves.
    Effect::new(move |before: Option<[f64; 2]>| {
        let size = handle.size_px.get();
        let is_under_way = || gesture.with_value(|gesture| gesture.borrow().is_under_way());
        if before.is_some_and(|before| before != size) && is_under_way() {
            act(gesture.with_value(|gesture| gesture.borrow_mut().cancel()));
        }
        size
    });
    // The same goes for a corner that was clicked, and for what another camera moves.
    effect(move || {
        handle.view.track();
        if gesture.with_value(|gesture| gesture.borrow().awaits_corner()) {
            act(gesture.with_value(|gesture| gesture.borrow_mut().cancel()));
        }
    });
    let tool = store.part(|state| state.view.tool);
    let keys = unique_id("picture-keys");
    view! {
        <div
            class="picture"
            class:picture-pans=move || matches!(tool.get(), Tool::Pan | Tool::Orbit)
            tabindex="0"
            role="application"
            aria-label="Embedding"
            aria-describedby=keys.clone()
            data-testid="picture"
            node_ref=host
            on:pointerdown=on_down
            on:pointermove=on_move
            on:pointerup=on_up
            on:pointercancel=on_cancel
            on:pointerleave=move |event| {
                // What a finger has tapped stays until it taps again.
                if event.pointer_type() != "touch" {
                    leave(store);
                }
            }
            on:wheel=on_wheel
            on:dblclick=on_double
            on:contextmenu=on_menu
            on:keydown=on_key
            on:focus=move |_| focus_panel(store, panel)
        >
            <DensityLayer store panel view=handle.view />
            <TraceLayer store panel view=handle.view />
            <LabelLayer labels=handle.labels />
            <Axes store handle />
            <Outline store panel view=handle.view draft=handle.draft found=handle.found />
            {(panel == PanelIdx::FIRST).then(|| view! { <LassoHint store /> })}
            <GestureHint asked=hint />
        </div>
        <p class="picture-keys" id=keys>
            "Arrow keys move, + and − zoom, F or Home fits; L, R and P choose the tool; O and Shift with arrow keys turn an embedding of three dimensions, Esc gives up an outline; ? lists all keys."
        </p>
    }
}

/// Whether the wheel is the page's around the frame, which scrolls by it.
fn is_hosts(store: Store, event: &WheelEvent) -> bool {
    let is_cooperative = store.settings().with_untracked(|settings| settings.gestures == Gestures::Cooperative);
    let is_full_screen = || store.host().is_some_and(|host| host.is_full_screen());
    is_cooperative && !event.ctrl_key() && !event.meta_key() && !is_full_screen()
}

/// Commands are about this panel from now on.
fn focus_panel(store: Store, panel: PanelIdx) {
    if store.focused() != panel {
        store.dispatch(Action::FocusPanel(panel));
    }
}

/// The pointer is over no cell.
fn leave(store: Store) {
    store.hover(None);
}

/// Where the pointer is in the picture, in CSS pixels.
fn at(event: &web_sys::MouseEvent) -> [f64; 2] {
    let target = event.current_target().and_then(|target| target.dyn_into::<Element>().ok());
    let corner = target.map(|element| element.get_bounding_client_rect());
    let (left, top) = corner.map_or((0.0, 0.0), |rect| (rect.left(), rect.top()));
    [f64::from(event.client_x()) - left, f64::from(event.client_y()) - top]
}

/// Keeps the handle's size that of the element, crisp at any ratio of device pixels.
fn observe_size(element: &web_sys::HtmlDivElement, handle: PictureHandle) {
    let observed = element.clone();
    let read = move || {
        let rect = observed.get_bounding_client_rect();
        handle.ratio.set(platform::window().device_pixel_ratio());
        handle.size_px.set([rect.width(), rect.height()]);
    };
    read();
    let callback = Closure::<dyn Fn()>::new(read);
    if let Ok(observer) = ResizeObserver::new(callback.as_ref().unchecked_ref()) {
        observer.observe(element);
        let kept = StoredValue::new_local(Some((observer, callback)));
        on_cleanup(move || {
            if let Some((observer, _)) = kept.try_update_value(Option::take).flatten() {
                observer.disconnect();
            }
        });
    }
}
