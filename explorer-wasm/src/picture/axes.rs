//! The axes of a scatter plot, along the left and lower edges of its picture.

use explorer_core::{
    names::visible,
    screen::{AxisMarks, AxisPlace, AxisText},
    state::{PanelIdx, Scatter},
};
use leptos::prelude::*;

use super::PictureHandle;
use crate::{bridge::View, store::Store, ui::Show, view::view};

/// The axes of what a panel shows, where that is a scatter plot.
pub(super) fn axis_marks(store: Store, panel: PanelIdx, view: &View) -> Option<AxisMarks> {
    let plot = Scatter::from_key(&store.projection(panel)?)?;
    let titles =
        store.with_session(|session| plot.axes().map(|axis| visible(&session.axis_name(axis)).into_owned()))?;
    let [width, height] = view.size_px();
    let ((left, top), (right, bottom)) = (view.values([0.0; 2]), view.values([width, height]));
    Some(AxisMarks::new([width, height], [(left, right), (bottom, top)], titles, view.foot_px()))
}

/// The axes; nothing over an embedding.
#[component]
pub(super) fn Axes(store: Store, handle: PictureHandle) -> impl IntoView {
    let view = handle.view;
    let arrived = store.painted();
    let marks = Memo::new(move |_| {
        arrived.track();
        axis_marks(store, handle.panel, &view.get()?)
    });
    let n_missing = Memo::new(move |_| {
        marks.with(Option::is_some).then_some(())?;
        let key = store.projection(handle.panel)?;
        store.read_loaded(|session| session.plot_ranges(&key).map(|ranges| ranges.n_missing)).flatten()
    });
    let drawn = move || {
        let AxisMarks { strips, lines, texts } = marks.get()?;
        let strips =
            strips.into_iter().map(|[x, y, width, height]| view! { <rect x=x y=y width=width height=height /> });
        let lines = lines.into_iter().map(|[x1, y1, x2, y2]| view! { <line x1=x1 y1=y1 x2=x2 y2=y2 /> });
        Some((strips.collect_view(), lines.collect_view(), texts.into_iter().map(text).collect_view()))
    };
    let unit = store.unit();
    let told = move || match n_missing.get() {
        None | Some(0) => None,
        Some(1) => Some(format!("{} has no value here.", unit.get().count(1))),
        Some(n_cells) => Some(format!("{} have no value here.", unit.get().count(u64::from(n_cells)))),
    };
    view! {
        <Show when=move || marks.with(Option::is_some)>
            <svg class="picture-axes" data-testid="axes">{drawn}</svg>
            {move || told().map(|text| view! { <p class="picture-missing note" data-testid="plot-missing">{text}</p> })}
        </Show>
    }
}

fn text(AxisText { x, y, text, whole, place }: AxisText) -> impl IntoView {
    let (anchor, baseline) = match place {
        AxisPlace::Below | AxisPlace::TitleX => ("middle", "auto"),
        AxisPlace::Beside => ("end", "central"),
        AxisPlace::TitleY => ("middle", "central"),
    };
    let (class, test_id, turn) = match place {
        AxisPlace::Below | AxisPlace::Beside => ("", None, None),
        AxisPlace::TitleX => ("axis-title", Some("axis-x"), None),
        AxisPlace::TitleY => ("axis-title", Some("axis-y"), Some(format!("rotate(-90 {x} {y})"))),
    };
    view! {
        <text class=class data-testid=test_id x=x y=y text-anchor=anchor dominant-baseline=baseline transform=turn>
            {whole.map(|whole| view! { <title>{whole}</title> })}
            {text}
        </text>
    }
}
