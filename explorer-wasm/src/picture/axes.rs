//! The axes of a scatter plot, along the left and lower edges of its picture.

use explorer_core::{color::linear_ticks, names::visible, state::Scatter};
use leptos::prelude::*;

use super::PictureHandle;
use crate::{store::Store, ui::Show, view::view};

/// CSS pixels between ticks, about.
const TICK_PX: f64 = 90.0;

/// A tick: where it is along its axis in CSS pixels, and how it is written.
type Placed = (f64, String);

/// The axes; nothing over an embedding.
#[component]
pub(super) fn Axes(store: Store, handle: PictureHandle) -> impl IntoView {
    let view = handle.view;
    let plot = Memo::new(move |_| {
        view.track();
        Scatter::from_key(&store.projection(handle.panel)?)
    });
    let names = Memo::new(move |_| {
        let plot = plot.get()?;
        store.read_loaded(|session| plot.axes().map(|axis| visible(&session.axis_name(axis)).into_owned()))
    });
    let n_missing = Memo::new(move |_| {
        let key = plot.get()?.key();
        store.read_loaded(|session| session.plot_ranges(&key).map(|ranges| ranges.n_missing)).flatten()
    });
    let ticks = Memo::new(move |_| -> [Vec<Placed>; 2] {
        let (Some(view), Some(_)) = (view.get(), plot.get()) else { return Default::default() };
        let [width, height] = view.size_px();
        let ((left, top), (right, bottom)) = (view.values([0.0; 2]), view.values([width, height]));
        let along = |min: f64, max: f64, px: f64| linear_ticks(min, max, (px / TICK_PX) as usize);
        let across = along(left, right, width).into_iter().map(|tick| (tick.place * width, tick.label));
        let upward = along(bottom, top, height).into_iter().map(|tick| ((1.0 - tick.place) * height, tick.label));
        [across.collect(), upward.collect()]
    });
    let size = move || view.get().map_or([0.0; 2], |view| view.size_px());
    let lines = move || {
        let ([across, upward], [width, height]) = (ticks.get(), size());
        let across = across.into_iter().filter(|(x, _)| (40.0..width - 20.0).contains(x)).map(|(x, label)| {
            view! {
                <line x1=x x2=x y1=height - 20.0 y2=height - 15.0 />
                <text x=x y=height - 4.0 text-anchor="middle">{label}</text>
            }
        });
        let upward = upward.into_iter().filter(|(y, _)| (40.0..height - 26.0).contains(y)).map(|(y, label)| {
            view! {
                <line x1="0" x2="5" y1=y y2=y />
                <text x="8" y=y dominant-baseline="central">{label}</text>
            }
        });
        (across.collect_view(), upward.collect_view())
    };
    let titles = move || {
        let ([x, y], [width, height]) = (names.get()?, size());
        let up = format!("translate(14 {}) rotate(-90)", height / 2.0);
        Some(view! {
            <text class="axis-title" data-testid="axis-x" x=width / 2.0 y=height - 22.0 text-anchor="middle">{x}</text>
            <text class="axis-title" data-testid="axis-y" transform=up text-anchor="middle" dy="26">{y}</text>
        })
    };
    let told = move || match n_missing.get() {
        None | Some(0) => None,
        Some(1) => Some("1 cell has no value here.".to_owned()),
        Some(n_cells) => Some(format!("{n_cells} cells have no value here.")),
    };
    view! {
        <Show when=move || plot.with(Option::is_some)>
            <svg class="picture-axes" data-testid="axes">{lines}{titles}</svg>
            {move || told().map(|text| view! { <p class="picture-missing note" data-testid="plot-missing">{text}</p> })}
        </Show>
    }
}
