//! What to plot against what.

use leptos::prelude::*;

use super::{
    Button, ButtonKind,
    control::{Dialog, Wrong, unique_id},
    label_dialog::{Focus, TextChoice},
};
use crate::view::{effect, view};

/// The dialog that asks for the axes of a scatter plot: genes, or columns of numbers.
#[component]
pub fn ScatterDialog(
    /// Whether it is open.
    open: RwSignal<bool>,
    /// What is typed for the horizontal axis and the vertical one.
    axes: [RwSignal<String>; 2],
    /// Names that fit what is typed.
    #[prop(into)]
    choices: Callback<String, Vec<String>>,
    /// Called with what is typed; gives back what is wrong with it.
    #[prop(into)]
    on_plot: Callback<[String; 2], Result<(), String>>,
) -> impl IntoView {
    let wrong = RwSignal::new(None::<String>);
    effect(move || {
        open.track();
        axes.iter().for_each(Track::track);
        wrong.set(None);
    });
    let plot = move || match on_plot.run(axes.map(|axis| axis.get_untracked())) {
        Ok(()) => open.set(false),
        Err(why) => wrong.set(Some(why)),
    };
    let [x, y] = axes;
    let id = unique_id("wrong");
    let of = move |axis: RwSignal<String>| {
        Signal::derive(move || if open.get() { choices.run(axis.get()) } else { Vec::new() })
    };
    view! {
        <Dialog
            open
            title="Scatter plot"
            class="save"
            test_id="scatter-dialog"
            close_id="scatter-close"
            on_close=move || open.set(false)
        >
            <div class="save-body">
                <p class="note">"A gene or a column of numbers along each axis."</p>
                <TextChoice name="x" value=x choices=of(x) test_id="scatter-x" focus=Focus::OnOpening on_enter=plot />
                <TextChoice name="y" value=y choices=of(y) test_id="scatter-y" focus=Focus::ByUser on_enter=plot />
                <Wrong id text=wrong />
                <Button label="Plot" test_id="scatter-run" kind=ButtonKind::Primary on_press=plot />
            </div>
        </Dialog>
    }
}
