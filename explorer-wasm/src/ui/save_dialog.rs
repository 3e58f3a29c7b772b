//! How the picture is saved.

use explorer_core::color::Ground;
use leptos::prelude::*;

use super::{Button, ButtonKind, Choice, Glyph, SelectField, control::Dialog};

/// How many device pixels a saved picture may have for each that the screen has, along a side.
const SCALES: [u32; 3] = [1, 2, 4];

/// How the picture is to be saved.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SaveOptions {
    /// Pixels for each of the screen's, along a side.
    pub scale: u32,
    /// What it stands on; `None` for what it stands on now.
    pub ground: Option<Ground>,
}

/// The dialog that asks how the picture is to be saved.
#[component]
pub fn SaveDialog(
    /// Whether it is open.
    open: RwSignal<bool>,
    /// Called with how to save.
    #[prop(into)]
    on_save: Callback<SaveOptions>,
) -> impl IntoView {
    let options = RwSignal::new(SaveOptions { scale: SCALES[0], ground: None });
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
                <Button
                    label="Save as PNG"
                    test_id="save-run"
                    kind=ButtonKind::Primary
                    glyph=Glyph::Download
                    on_press=move || {
                        open.set(false);
                        on_save.run(options.get_untracked());
                    }
                />
            </div>
        </Dialog>
    }
}
