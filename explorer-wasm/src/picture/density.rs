//! Contours of the cells' density over the picture, and of where cells are that an outline in another panel selects.

use explorer_core::{
    screen::{Contour, closed_path},
    session::Session,
    state::{DimensionFilter, DimensionKey, PanelIdx, Selection},
};
use gloo_timers::callback::Timeout;
use leptos::prelude::*;

use crate::{
    bridge::View,
    store::Store,
    ui::Show,
    view::{effect, view},
};

/// How long camera and selection rest before the contours are drawn anew.
const REST_MILLIS: u32 = 120;

/// Contours as they were drawn last: in the pixels of that view, around so many cells.
#[derive(Clone)]
struct Drawn {
    view: View,
    n_cells: usize,
    /// Each as a path, the outermost first.
    paths: Vec<String>,
}

impl Drawn {
    fn of(store: Store, panel: PanelIdx, view: View) -> Option<Self> {
        let counted = store.with_scene(panel, |scene| scene.density(&view))?;
        // Closer, each cell is seen by itself.
        let contours = if counted.is_dense() { counted.contours() } else { Vec::new() };
        let paths = contours.into_iter().map(path_of).collect();
        Some(Self { n_cells: counted.n_points() as usize, paths, view })
    }

    /// A line around the cells of each selection that was drawn in something else than the panel shows.
    fn traces_of(store: Store, panel: PanelIdx, view: View) -> Option<Self> {
        let shown = store.projection(panel)?;
        let selections = store.peek(|state| state.view.analysis.query.filters.selections.clone());
        let mut traces = Self { n_cells: 0, paths: Vec::new(), view };
        let is_elsewhere = |key: &String, selection: &Selection| {
            selection.outlines().any(|outline| outline.embedding().unwrap_or(key) != shown)
        };
        for (key, selection) in selections.iter().filter(|(key, selection)| is_elsewhere(key, selection)) {
            let key = DimensionKey::Selection(key.clone());
            let cells =
                |session: &Session| session.loaded().dimension_mask(&key, DimensionFilter::Selection(selection));
            let Some(cells) = store.with_session(cells).flatten() else { continue };
            let counted = store.with_scene(panel, |scene| scene.density_of(&view, &cells))?;
            traces.n_cells += counted.n_points() as usize;
            // The first is around 95% of them: what lies far off is left out.
            traces.paths.extend(counted.contours().into_iter().next().map(path_of));
        }
        Some(traces)
    }

    /// Where another view has them.
    fn transform(&self, view: &View) -> String {
        let [x, y] = view.px(self.view.coordinates([0.0; 2]));
        format!("translate({x} {y}) scale({})", self.view.units_per_px() / view.units_per_px())
    }
}

/// The contours of a view as paths in its pixels, the outermost first; none where they are not asked for.
pub(super) fn contours(store: Store, panel: PanelIdx, view: View) -> Vec<String> {
    let is_on = store.peek(|state| state.view.layout.density);
    is_on.then(|| Drawn::of(store, panel, view)).flatten().map(|drawn| drawn.paths).unwrap_or_default()
}

/// The contours, where they are asked for. They follow the camera at once, and are drawn anew when it rests.
#[component]
pub(super) fn DensityLayer(store: Store, panel: PanelIdx, view: Memo<Option<View>>) -> impl IntoView {
    let is_on = store.part(|state| state.view.layout.density);
    let drawn = drawn_at_rest(store, view, is_on, move |view| Drawn::of(store, panel, view));
    let transform = move || view.with(|view| drawn.with(|drawn| Some(drawn.as_ref()?.transform(view.as_ref()?))));
    let paths = move || {
        let paths = drawn.with(|drawn| drawn.as_ref().map(|drawn| drawn.paths.clone()).unwrap_or_default());
        paths.into_iter().map(|d| view! { <path d=d /> }).collect_view()
    };
    let unit = store.unit();
    let note = move || {
        drawn.with(|drawn| {
            let drawn = drawn.as_ref()?;
            let n_cells = unit.get().count(drawn.n_cells as u64);
            Some(match drawn.paths.is_empty() {
                false => format!("Lines around 25, 50, 75 and 95% of {n_cells} in sight"),
                true => format!("No lines: {n_cells} in sight lie further apart than one per 1,000 pixels. Zoom out."),
            })
        })
    };
    view! {
        <Show when=move || is_on.get()>
            <svg class="picture-density" aria-hidden="true" data-testid="density">
                <g transform=transform>{paths}</g>
            </svg>
            <p class="picture-density-note" role="status" data-testid="density-note">{note}</p>
        </Show>
    }
}

/// Where the cells are that outlines in what other panels show select.
#[component]
pub(super) fn TraceLayer(store: Store, panel: PanelIdx, view: Memo<Option<View>>) -> impl IntoView {
    let is_on =
        store.part(|state| state.view.panels.count() > 1 && !state.view.analysis.query.filters.selections.is_empty());
    let drawn = drawn_at_rest(store, view, is_on, move |view| Drawn::traces_of(store, panel, view));
    let transform = move || view.with(|view| drawn.with(|drawn| Some(drawn.as_ref()?.transform(view.as_ref()?))));
    let paths = move || {
        let paths = drawn.with(|drawn| drawn.as_ref().map(|drawn| drawn.paths.clone()).unwrap_or_default());
        paths.into_iter().map(|d| view! { <path d=d /> }).collect_view()
    };
    view! {
        <Show when=move || is_on.get()>
            <svg class="picture-density picture-trace" aria-hidden="true" data-testid="trace">
                <g transform=transform>{paths}</g>
            </svg>
        </Show>
    }
}

/// What is drawn anew whenever camera and selection rest, while it is on.
fn drawn_at_rest(
    store: Store,
    view: Memo<Option<View>>,
    is_on: Memo<bool>,
    draw: impl Fn(View) -> Option<Drawn> + Copy + 'static,
) -> RwSignal<Option<Drawn>, LocalStorage> {
    let drawn = RwSignal::new_local(None::<Drawn>);
    let pending = StoredValue::new_local(None::<Timeout>);
    let (painted, placing) = (store.painted(), store.placing());
    effect(move || {
        painted.track();
        placing.track();
        let Some(view) = view.get().filter(|_| is_on.get()) else {
            pending.set_value(None);
            drawn.set(None);
            return;
        };
        // This cancels the one before.
        pending.set_value(Some(Timeout::new(REST_MILLIS, move || {
            if !drawn.is_disposed() {
                drawn.set(draw(view));
            }
        })));
    });
    drawn
}

fn path_of(Contour { outlines, .. }: Contour) -> String {
    outlines.into_iter().map(|outline| closed_path(outline.into_iter())).collect()
}
