//! The test of the comparison that is open, and how it goes while another is on its way.

use explorer_core::{
    de::Adjustment,
    format::bytes,
    state::{Comparison, TestMode},
};
use leptos::prelude::*;

use super::{Button, ButtonKind, Choice, Progress, Select};
use crate::view::view;

/// The tests to choose from; those that read all genes say how many bytes that is.
pub(super) fn test_choices(has_samples: bool, genes_bytes: u64) -> Vec<Choice> {
    let offered = TestMode::ALL.into_iter().filter(|mode| has_samples || *mode != TestMode::Samples);
    let choice = |mode: TestMode| {
        let reads = if mode.ranks().is_some() { format!(" (reads {})", bytes(genes_bytes)) } else { String::new() };
        Choice::new(mode.name(), format!("{}{reads}", mode.title()))
    };
    offered.map(choice).collect()
}

/// How far the answer is that has been asked for and is not shown yet: the share, where it is known, and words.
pub type Awaited = Option<(Option<f64>, String)>;

/// What tests an open comparison may take.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct TestOffer {
    /// Whether samples can be compared.
    pub has_samples: bool,
    /// Bytes of all genes of the layer.
    pub genes_bytes: u64,
}

/// The test and the adjustment of p-values, to be chosen. While another answer than the shown one is awaited, how far it
/// is.
#[component]
pub(super) fn TestChoice(
    /// What is asked.
    asked: Signal<Option<Comparison>>,
    offer: TestOffer,
    awaited: Signal<Awaited>,
    /// Called with what is asked instead.
    on_change: Callback<Comparison>,
    /// Called to go back to what is shown.
    on_cancel: Callback<()>,
) -> impl IntoView {
    let of = move |name: fn(&Comparison) -> &'static str| {
        Signal::derive(move || asked.with(|asked| asked.as_ref().map(name)).unwrap_or_default().to_owned())
    };
    let change = move |change: &dyn Fn(&mut Comparison)| {
        if let Some(mut comparison) = asked.get_untracked() {
            change(&mut comparison);
            on_change.run(comparison);
        }
    };
    let adjustments: Vec<_> =
        Adjustment::ALL.iter().map(|adjustment| Choice::new(adjustment.name(), adjustment.title())).collect();
    view! {
        <div class="de-test">
            <Select
                choices=test_choices(offer.has_samples, offer.genes_bytes)
                value=of(|asked| asked.mode.name())
                label="Test"
                test_id="de-test"
                on_choose=move |name: String| change(&|next| next.mode = TestMode::from_name(&name).unwrap_or_default())
            />
            <Select
                choices=adjustments
                value=of(|asked| asked.adjustment.name())
                label="Adjustment of p-values"
                test_id="de-adjust"
                on_choose=move |name: String| {
                    change(&|next| next.adjustment = Adjustment::from_name(&name).unwrap_or_default());
                }
            />
        </div>
        {move || awaited.get().map(|(fraction, text)| view! {
            <div class="de-awaited" role="status" data-testid="de-awaited">
                <Progress fraction label=text.clone() />
                <span class="note">{text}</span>
                <Button label="Cancel" test_id="de-cancel" kind=ButtonKind::Quiet on_press=on_cancel />
            </div>
        })}
    }
}
