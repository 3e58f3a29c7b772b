//! Which genes of a comparison's result are shown, and in which order.

use explorer_core::{
    de::{DeFilter, Effect},
    screen::number,
};
use leptos::prelude::*;

use super::{
    Glyph, Icon,
    control::{Wrong, unique_id},
};
use crate::view::view;

/// The fields that narrow the table down.
#[component]
pub(crate) fn DeFilters(filter: RwSignal<DeFilter>, #[prop(into)] effect: Signal<Effect>) -> impl IntoView {
    let effect_label = Signal::derive(move || match effect.get() {
        Effect::Log2FoldChange => "|log₂ FC| ≥".to_owned(),
        Effect::MeanDifference => "|difference| ≥".to_owned(),
    });
    let set_name = move |name: String| filter.update(|filter| filter.name = name);
    let set_effect = move |bound: Option<f64>| filter.update(|filter| filter.min_abs_effect = bound.unwrap_or(0.0));
    let set_pval_adj = move |bound: Option<f64>| filter.update(|filter| filter.max_pval_adj = bound.unwrap_or(1.0));
    let set_pct = move |bound: Option<f64>| filter.update(|filter| filter.min_pct = bound.unwrap_or(0.0));
    view! {
        <div class="de-filters">
            <div class="field-search de-search">
                <Icon glyph=Glyph::Search />
                <input
                    class="field"
                    type="search"
                    placeholder="Search genes"
                    aria-label="Search genes of the result"
                    autocomplete="off"
                    spellcheck="false"
                    data-testid="de-search"
                    on:input:target=move |event| set_name(event.target().value())
                />
            </div>
            <Bound
                label=effect_label
                test_id="de-filter-effect"
                on_bound=set_effect
            />
            <Bound
                label="adj. p ≤"
                test_id="de-filter-pval_adj"
                on_bound=set_pval_adj
            />
            <Bound
                label="% expressing ≥"
                test_id="de-filter-pct"
                on_bound=set_pct
            />
        </div>
    }
}

/// A number that may be left out.
#[component]
fn Bound(
    #[prop(into)] label: Signal<String>,
    test_id: &'static str,
    #[prop(into)] on_bound: Callback<Option<f64>>,
) -> impl IntoView {
    let wrong = RwSignal::new(None::<String>);
    let take = move |text: String| {
        let typed = number(&text);
        wrong.set(typed.as_ref().err().filter(|_| !text.trim().is_empty()).map(ToString::to_string));
        on_bound.run(typed.ok());
    };
    let id = unique_id("bound");
    view! {
        <label class="de-bound">
            <span>{move || label.get()}</span>
            <input
                class="field"
                type="text"
                inputmode="decimal"
                autocomplete="off"
                data-testid=test_id
                aria-invalid=move || wrong.with(Option::is_some).then_some("true")
                aria-describedby=id.clone()
                on:input:target=move |event| take(event.target().value())
            />
            <Wrong id text=wrong />
        </label>
    }
}
