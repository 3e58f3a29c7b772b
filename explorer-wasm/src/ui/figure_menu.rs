//! What figures are saved as.

use leptos::prelude::*;

use super::{Glyph, Menu, MenuItem, Show};
use crate::view::view;

/// Scales of a PNG file that are offered.
const SCALES: [u32; 4] = [1, 2, 4, 8];

/// What a plot is saved as.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PlotFile {
    /// Its numbers.
    Csv,
    /// The picture, of shapes.
    Svg,
    /// The picture, with so many pixels for each of the screen's along a side.
    Png(u32),
}

/// What a figure may be saved as.
#[component]
pub fn FigureMenu(
    /// What the `data-testid`s begin with.
    name: &'static str,
    /// What its button is called.
    #[prop(default = "Save the picture")]
    label: &'static str,
    /// Whether its numbers are offered, too.
    #[prop(optional, into)]
    has_numbers: Signal<bool>,
    /// Called to save it.
    on_save: Callback<PlotFile>,
) -> impl IntoView {
    let save = move |file| Callback::new(move |()| on_save.run(file));
    view! {
        <Menu glyph=Glyph::Download label test_id=format!("{name}-save")>
            <MenuItem label="SVG" test_id=format!("{name}-svg") on_choose=save(PlotFile::Svg) />
            {SCALES
                .map(|scale| {
                    view! {
                        <MenuItem
                            label=format!("PNG, {scale}×")
                            test_id=format!("{name}-png-{scale}")
                            on_choose=save(PlotFile::Png(scale))
                        />
                    }
                })
                .collect_view()}
            <Show when=move || has_numbers.get()>
                <MenuItem label="CSV" test_id=format!("{name}-csv") on_choose=save(PlotFile::Csv) />
            </Show>
        </Menu>
    }
}
