//! The labels over the picture: each in the middle of its cells, the largest populations first.

use std::sync::Arc;

use explorer_core::{
    names::visible,
    screen::{LABEL_HALF_HEIGHT_PX, fitted, unobstructed},
    session::LabelCentroid,
    sorting::sort_by_key,
    state::{Hover, Label, PanelIdx},
};
use leptos::prelude::*;

use super::text_canvas::TextCanvas;
use crate::{bridge::View, store::Store, view::view};

/// Size of the text, in CSS pixels, as in the style sheet.
pub(super) const TEXT_PX: f64 = 12.0;
pub(super) const TEXT_WEIGHT: u32 = 600;
/// Width of the stroke that rims it.
pub(super) const RIM_PX: f64 = 4.0;
/// The widest a label may be.
const MOST_PX: f64 = 168.0;
/// The space kept at its ends.
const SPACE_PX: f64 = 4.0;

/// A label as it is written.
#[derive(Clone, Debug, PartialEq)]
struct Written {
    centroid: LabelCentroid,
    text: String,
    half_width_px: f64,
}

/// The labels of a column, the largest population first, and where they are.
#[derive(Clone, Copy)]
pub(super) struct Labels {
    written: Memo<Arc<[Written]>>,
    /// The middle of each in CSS pixels; `None` for those out of sight or beneath a larger one.
    places: Memo<Vec<Option<[f64; 2]>>>,
}

impl Labels {
    pub fn new(store: Store, panel: PanelIdx, view: Memo<Option<View>>) -> Self {
        let centroids = store.label_centroids(panel);
        let written = Memo::new(move |_| -> Arc<[Written]> {
            let canvas = store.host().and_then(|host| TextCanvas::new(host.root(), 1, 1).ok());
            let Some(canvas) = canvas else { return [].into() };
            canvas.set_font(TEXT_WEIGHT, TEXT_PX);
            let write = |centroid: &LabelCentroid| {
                let text = fitted(&visible(&centroid.label), MOST_PX, |text| canvas.width(text));
                Written { half_width_px: canvas.width(&text) / 2.0 + SPACE_PX, text, centroid: centroid.clone() }
            };
            let mut written: Vec<Written> = centroids.with(|centroids| centroids.iter().map(write).collect());
            sort_by_key(&mut written, |label| std::cmp::Reverse(label.centroid.n_cells));
            written.into()
        });
        let places = Memo::new(move |_| {
            let Some(view) = view.get() else { return Vec::new() };
            written.with(|written| {
                let place = |label: &Written| {
                    let LabelCentroid { x, y, z, .. } = label.centroid;
                    (view.px_in_space([x, y, z]), label.half_width_px)
                };
                unobstructed(written.iter().map(place), view.size_px())
            })
        });
        Self { written, places }
    }

    /// The labels in sight: their texts and the middles of those, in CSS pixels.
    pub fn in_sight(self) -> Vec<(String, [f64; 2])> {
        let places = self.places.get_untracked();
        self.written.with_untracked(|written| {
            let labels = written.iter().zip(places);
            labels.filter_map(|(label, place)| Some((label.text.clone(), place?))).collect()
        })
    }

    /// The label at a place, as something that the pointer is over.
    pub fn at(self, [x, y]: [f64; 2]) -> Option<Hover> {
        let places = self.places.get_untracked();
        self.written.with_untracked(|written| {
            let (label, _) = written.iter().zip(places).find(|(label, place)| {
                place.is_some_and(|at| {
                    (at[0] - x).abs() <= label.half_width_px && (at[1] - y).abs() <= LABEL_HALF_HEIGHT_PX
                })
            })?;
            let LabelCentroid { column, label, .. } = label.centroid.clone();
            Some(Hover::Label { column, label: Label::Named(label) })
        })
    }
}

/// The labels, over the canvas. They take no pointer: the picture asks [`Labels::at`].
#[component]
pub(super) fn LabelLayer(labels: Labels) -> impl IntoView {
    let texts = move || {
        let written = labels.written.get();
        let text = |(at, label): (usize, &Written)| {
            let place = Memo::new(move |_| labels.places.with(|places| places.get(at).copied().flatten()));
            let transform = move || place.get().map(|[x, y]| format!("translate({x:.1} {y:.1})"));
            view! {
                <text
                    class="label"
                    class:hidden=move || place.with(Option::is_none)
                    data-testid=format!("label-{}", label.centroid.label)
                    transform=transform
                >
                    {label.text.clone()}
                </text>
            }
        };
        written.iter().enumerate().map(text).collect_view()
    };
    view! { <svg class="picture-labels" aria-hidden="true" data-testid="labels">{texts}</svg> }
}
