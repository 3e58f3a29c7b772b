//! What the colours mean: for the legend, for the label under the pointer, for a cell.

use explorer_core::{
    color::{MAX_LABEL_COLORS, MISSING, MISSING_GREY},
    state::{ColorBy, Hover, Label},
};
use leptos::prelude::*;

use crate::{
    picture::PictureHandle,
    store::{Colors, Standing, Store},
    ui::{CellTip, LegendEntry, LegendModel, Rgb},
};

/// Colours of a legend's gradient.
const LEGEND_STOPS: usize = 24;

/// The colour index of the label that the pointer is over, where that column colours the cells.
pub(super) fn highlight(store: Store) -> Signal<Option<u8>> {
    let hover = store.part(|state| state.transient.hover.clone());
    let colors = store.colors();
    Memo::new(move |_| {
        let Some(Hover::Label { column, label }) = hover.get() else { return None };
        let is_colored = colors.with(|colors| matches!(colors, Colors::Labels { column: by, .. } if *by == column));
        if !is_colored {
            return None;
        }
        match label {
            Label::Missing => Some(MISSING),
            Label::Named(label) => {
                let code = store.label_code(&column, &label)?;
                Some((code as usize % MAX_LABEL_COLORS) as u8)
            }
        }
    })
    .into()
}

fn opaque([red, green, blue, _]: [u8; 4]) -> Rgb {
    [red, green, blue]
}

/// Whether what is to colour the cells is on its way.
pub(super) fn legend_is_loading(store: Store) -> Signal<bool> {
    let standing = store.color_standing();
    Signal::derive(move || matches!(standing.get(), Standing::Awaited | Standing::Partly))
}

/// Why the legend is not of what was asked for.
pub(super) fn legend_note(store: Store) -> Signal<String> {
    let standing = store.color_standing();
    let asked = store.part(|state| match &state.view.analysis.color {
        ColorBy::None => String::new(),
        ColorBy::Obs(name) => name.clone(),
        ColorBy::Gene(key) => key.gene.clone(),
        ColorBy::GeneSet { set, .. } => set.clone(),
    });
    Signal::derive(move || match standing.get() {
        Standing::Failed => format!("{} could not be loaded.", asked.get()),
        Standing::Shown | Standing::Partly | Standing::Awaited => String::new(),
    })
}

/// What the colours mean.
pub(super) fn legend(colors: &Colors) -> LegendModel {
    match colors {
        Colors::Plain => LegendModel::Plain,
        Colors::Labels { column, labels, colors } => LegendModel::Categorical {
            title: column.clone(),
            entries: labels
                .iter()
                .zip(colors.iter())
                .map(|(label, &color)| LegendEntry { label: label.clone(), color: opaque(color) })
                .collect(),
        },
        Colors::Numbers { name, subtitle, scale, has_missing } => LegendModel::Continuous {
            title: name.clone(),
            subtitle: subtitle.clone(),
            min: f64::from(scale.domain.min),
            middle: scale.value_at(0.5),
            max: f64::from(scale.domain.max),
            stops: (0..LEGEND_STOPS)
                .map(|stop| opaque(scale.colormap.color(stop as f64 / (LEGEND_STOPS - 1) as f64)))
                .collect(),
            missing: has_missing
                .then(|| LegendEntry { label: scale.missing_name().to_owned(), color: opaque(MISSING_GREY) }),
        },
    }
}

/// What the tooltip tells of the cell under the pointer.
pub(super) fn tip(store: Store, handle: PictureHandle) -> Option<CellTip> {
    let (cell, id) = store.tip().get()?;
    let view = handle.view.get()?;
    let place = store.with_scene(|scene| Some((scene.px_of(cell, &view)?, scene.color_of(cell)?)));
    let ([left_px, top_px], color) = place.flatten()?;
    let value = store.value_of(cell).map(|value| {
        let name = store.peek(|state| match &state.view.analysis.color {
            ColorBy::None => String::new(),
            ColorBy::Obs(name) => name.clone(),
            ColorBy::Gene(key) => key.gene.clone(),
            ColorBy::GeneSet { set, .. } => set.clone(),
        });
        (name, value)
    });
    Some(CellTip {
        left_px,
        top_px,
        picture_width_px: view.size_px()[0],
        id,
        color,
        values: value.into_iter().collect(),
    })
}
