//! How the picture is saved.

use std::collections::BTreeSet;

use explorer_core::color::Ground;
use leptos::prelude::*;

use super::{Button, ButtonKind, Checkbox, Choice, Glyph, SelectField, Show, control::Dialog};
use crate::view::view;

/// How many device pixels a saved picture may have for each that the screen has, along a side.
const SCALES: [u32; 6] = [1, 2, 3, 4, 6, 8];

/// As what a picture is saved.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum PictureFormat {
    /// As pixels.
    #[default]
    Png,
    /// The points as an image, all else as text and shapes.
    Svg,
    /// A page of its own: the picture, and what the hover card says of each cell.
    Html,
}

/// Which panels are saved.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum PanelExtent {
    /// All, in their grid.
    #[default]
    All,
    /// The one that commands are about.
    Active,
}

/// What is drawn with the points.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum PicturePart {
    /// The dataset's title, above.
    Title,
    /// What the colors mean, beside.
    Legend,
    /// The labels that the screen shows.
    Labels,
}

impl PicturePart {
    const ALL: [(Self, &str, &str); 3] =
        [(Self::Title, "title", "title"), (Self::Legend, "legend", "legend"), (Self::Labels, "labels", "labels shown")];
}

/// How the picture is to be saved.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SaveOptions {
    /// Pixels for each of the screen's, along a side.
    pub scale: u32,
    /// What it stands on; `None` for what it stands on now.
    pub ground: Option<Ground>,
    /// As what it is saved.
    pub format: PictureFormat,
    /// What is drawn with the points.
    pub parts: BTreeSet<PicturePart>,
    /// Which panels.
    pub panels: PanelExtent,
}

impl SaveOptions {
    /// At a scale, with legend and labels.
    pub fn at_scale(scale: u32) -> Self {
        let parts = BTreeSet::from([PicturePart::Legend, PicturePart::Labels]);
        Self { scale, ground: None, format: PictureFormat::Png, parts, panels: PanelExtent::default() }
    }
}

/// The dialog that asks how the picture is to be saved.
#[component]
pub fn SaveDialog(
    /// Whether it is open.
    open: RwSignal<bool>,
    /// How many panels there are.
    #[prop(into)]
    n_panels: Signal<usize>,
    /// What an HTML file holds.
    #[prop(into)]
    html: Signal<String>,
    /// Called with how to save.
    #[prop(into)]
    on_save: Callback<SaveOptions>,
) -> impl IntoView {
    let options = RwSignal::new(SaveOptions::at_scale(SCALES[0]));
    let save = move |format| {
        open.set(false);
        on_save.run(SaveOptions { format, ..options.get_untracked() });
    };
    let ground = move || match options.get().ground {
        None => "",
        Some(Ground::Light) => "light",
        Some(Ground::Dark) => "dark",
    };
    view! {
        <Dialog
            open
            title="Save picture"
            class="save"
            test_id="save-dialog"
            close_id="save-close"
            on_close=move || open.set(false)
        >
            <div class="save-body">
                <SelectField
                    name="Scale"
                    choices=SCALES.map(|scale| Choice::new(scale.to_string(), format!("{scale} × the screen"))).to_vec()
                    value=Signal::derive(move || options.get().scale.to_string())
                    label="Scale"
                    test_id="save-scale"
                    on_choose=move |scale: String| {
                        options.update(|options| options.scale = scale.parse().unwrap_or(SCALES[0]));
                    }
                />
                <SelectField
                    name="Background"
                    choices=vec![
                        Choice::new("", "as on the screen"),
                        Choice::new("light", "white"),
                        Choice::new("dark", "black"),
                    ]
                    value=Signal::derive(move || ground().to_owned())
                    label="Background"
                    test_id="save-background"
                    on_choose=move |ground: String| {
                        options.update(|options| options.ground = match ground.as_str() {
                            "light" => Some(Ground::Light),
                            "dark" => Some(Ground::Dark),
                            _ => None,
                        });
                    }
                />
                <Show when=move || { n_panels.get() > 1 }>
                    <SelectField
                        name="Panels"
                        choices=vec![Choice::new("all", "all, in their grid"), Choice::new("active", "the active one")]
                        value=Signal::derive(move || match options.with(|options| options.panels) {
                            PanelExtent::All => "all".to_owned(),
                            PanelExtent::Active => "active".to_owned(),
                        })
                        label="Panels to save"
                        test_id="save-panels"
                        on_choose=move |panels: String| options.update(|options| {
                            options.panels = if panels == "active" { PanelExtent::Active } else { PanelExtent::All };
                        })
                    />
                </Show>
                <div class="save-parts" role="group" aria-label="With the points">
                    {PicturePart::ALL.map(|(part, id, label)| view! {
                        <label class="save-check">
                            <Checkbox
                                check=Signal::derive(move || options.with(|options| options.parts.contains(&part)).into())
                                label=label
                                test_id=format!("save-part-{id}")
                                on_check=move |on: bool| options.update(|options| {
                                    if on { options.parts.insert(part) } else { options.parts.remove(&part) };
                                })
                            />
                            <span>{label}</span>
                        </label>
                    }).into_iter().collect_view()}
                </div>
                <div class="finder-buttons">
                    <Button
                        label="Save as PNG"
                        test_id="save-run"
                        kind=ButtonKind::Primary
                        glyph=Glyph::Download
                        on_press=move || save(PictureFormat::Png)
                    />
                    <Button
                        label="Save as SVG"
                        test_id="save-svg"
                        glyph=Glyph::Download
                        on_press=move || save(PictureFormat::Svg)
                    />
                    <Button
                        label="Save as HTML"
                        test_id="save-html"
                        glyph=Glyph::Download
                        on_press=move || save(PictureFormat::Html)
                    />
                </div>
                <p class="note" data-testid="save-html-text">{html}</p>
            </div>
        </Dialog>
    }
}
