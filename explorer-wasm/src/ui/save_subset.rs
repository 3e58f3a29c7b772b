//! Cells saved as an AnnData file: what it takes, how far it is.

use explorer_core::{
    dataset::LEFT_OUT,
    session::{Progress as JobProgress, SaveExtent},
};
use leptos::prelude::*;

use super::{Button, Glyph, Progress, Show};
use crate::view::view;

/// What is known of a file before it is made.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct SubsetOffer {
    /// What it takes, or why it cannot be made.
    pub text: String,
    /// Whether the browser can make it.
    pub fits: bool,
}

/// What becomes of a file.
#[derive(Clone, Debug, Default, PartialEq)]
pub enum SubsetStatus {
    /// None is asked for.
    #[default]
    Idle,
    /// It is being made.
    Running(JobProgress),
    /// It is saved, and differs from the input so, a line each; empty where it does not.
    Saved(String),
    /// It could not be made.
    Failed(String),
}

/// What the page does about files of cells.
#[derive(Clone, Copy)]
pub struct SubsetJob {
    /// What a file takes.
    pub offer: Callback<SaveExtent, SubsetOffer>,
    /// What becomes of the one asked for.
    pub status: RwSignal<SubsetStatus>,
    /// Called with the cells to save.
    pub on_save: Callback<SaveExtent>,
    /// Called to stop.
    pub on_cancel: Callback<()>,
}

/// The part of a dialog that offers the file.
#[component]
pub fn SaveSubset(
    /// Which cells.
    #[prop(into)]
    extent: Signal<SaveExtent>,
    /// What the page does.
    job: SubsetJob,
) -> impl IntoView {
    let offer = Memo::new(move |_| job.offer.run(extent.get()));
    let running = move || match job.status.get() {
        SubsetStatus::Running(progress) => Some(progress),
        SubsetStatus::Idle | SubsetStatus::Saved(_) | SubsetStatus::Failed(_) => None,
    };
    let is_running = Memo::new(move |_| running().is_some());
    let text = move || match job.status.get() {
        SubsetStatus::Idle | SubsetStatus::Saved(_) => offer.get().text,
        SubsetStatus::Running(progress) => progress.text(),
        SubsetStatus::Failed(sentence) => format!("The file could not be made: {sentence}"),
    };
    let differences = move || match job.status.get() {
        SubsetStatus::Saved(differences) if !differences.is_empty() => {
            format!("The file that was saved differs from the input:\n{differences}")
        }
        SubsetStatus::Saved(_) | SubsetStatus::Idle | SubsetStatus::Running(_) | SubsetStatus::Failed(_) => {
            String::new()
        }
    };
    view! {
        <div class="save-subset" role="group" aria-label="AnnData file">
            <p data-testid="save-h5ad-text" role="status">{text}</p>
            <p class="note" data-testid="save-h5ad-left-out">
                {format!("Without {LEFT_OUT}: the dataset does not have these.")}
            </p>
            <p class="note save-subset-differences" data-testid="save-h5ad-differences" role="status">{differences}</p>
            <Show when=move || is_running.get()>
                <Progress
                    fraction=Signal::derive(move || running().and_then(JobProgress::fraction))
                    label="Writing the AnnData file"
                />
                <Button label="Cancel" test_id="save-h5ad-cancel" on_press=move || job.on_cancel.run(()) />
            </Show>
            <Show when=move || !is_running.get()>
                <Button
                    label="Save as .h5ad"
                    test_id="save-cells-h5ad"
                    glyph=Glyph::Download
                    disabled=Signal::derive(move || !offer.get().fits)
                    on_press=move || job.on_save.run(extent.get_untracked())
                />
            </Show>
        </div>
    }
}
