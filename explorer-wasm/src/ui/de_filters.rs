//! Which genes of a comparison's result are shown, and in which order.

use explorer_core::de::{DeFilter, DeTable, Direction, Effect, SortKey};
use leptos::prelude::*;

use super::{Glyph, Icon};

/// A column of the table of results.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum DeColumn {
    Gene,
    Effect,
    Score,
    Pval,
    PvalAdj,
    PctGroup,
    PctReference,
    MeanGroup,
    MeanReference,
}

impl DeColumn {
    pub(crate) const ALL: [Self; 9] = [
        Self::Gene,
        Self::Effect,
        Self::Score,
        Self::Pval,
        Self::PvalAdj,
        Self::PctGroup,
        Self::PctReference,
        Self::MeanGroup,
        Self::MeanReference,
    ];

    /// The heading, and what it means.
    pub(crate) fn heading(self, effect: Effect) -> (&'static str, &'static str) {
        match self {
            Self::Gene => ("Gene", "Name of the gene"),
            Self::Effect => match effect {
                Effect::Log2FoldChange => ("log₂ FC", "Log2 fold change of the mean expression"),
                Effect::MeanDifference => ("Mean diff.", "Difference of the means, group less reference"),
            },
            Self::Score => ("t", "Welch’s t"),
            Self::Pval => ("p", "Two-sided p-value"),
            Self::PvalAdj => ("adj. p", "p-value, adjusted for the number of genes"),
            Self::PctGroup => ("% in", "Cells of the group that express the gene"),
            Self::PctReference => ("% ref", "Cells of the reference that express the gene"),
            Self::MeanGroup => ("mean in", "Mean over the group, zeros included"),
            Self::MeanReference => ("mean ref", "Mean over the reference, zeros included"),
        }
    }

    pub(crate) fn test_id(self) -> &'static str {
        match self {
            Self::Gene => "de-sort-gene",
            Self::Effect => "de-sort-effect",
            Self::Score => "de-sort-score",
            Self::Pval => "de-sort-pval",
            Self::PvalAdj => "de-sort-pval_adj",
            Self::PctGroup => "de-sort-pct_group",
            Self::PctReference => "de-sort-pct_reference",
            Self::MeanGroup => "de-sort-mean_group",
            Self::MeanReference => "de-sort-mean_reference",
        }
    }

    /// The direction in which one most likely wants it first.
    fn first_direction(self) -> Direction {
        match self {
            Self::Gene | Self::Pval | Self::PvalAdj => Direction::Ascending,
            _ => Direction::Descending,
        }
    }
}

/// The order of the table.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct DeSort {
    pub(crate) column: DeColumn,
    pub(crate) direction: Direction,
}

impl Default for DeSort {
    fn default() -> Self {
        Self { column: DeColumn::Score, direction: Direction::Descending }
    }
}

impl DeSort {
    /// The order after a press on a column's heading.
    pub(crate) fn pressed(self, column: DeColumn) -> Self {
        let direction = match self.direction {
            _ if self.column != column => column.first_direction(),
            Direction::Ascending => Direction::Descending,
            Direction::Descending => Direction::Ascending,
        };
        Self { column, direction }
    }

    /// The genes in this order.
    pub(crate) fn order(self, table: &DeTable, names: &[String]) -> Vec<u32> {
        let key = match self.column {
            DeColumn::Gene => return table.order_by_name(names, self.direction),
            DeColumn::Effect => SortKey::Effect,
            DeColumn::Score => SortKey::Score,
            DeColumn::Pval => SortKey::Pval,
            DeColumn::PvalAdj => SortKey::PvalAdj,
            DeColumn::PctGroup => SortKey::PctGroup,
            DeColumn::PctReference => SortKey::PctReference,
            DeColumn::MeanGroup => SortKey::MeanGroup,
            DeColumn::MeanReference => SortKey::MeanReference,
        };
        table.order(key, self.direction)
    }
}

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
    let invalid = RwSignal::new(false);
    let take = move |text: String| {
        let text = text.trim();
        let bound = text.parse::<f64>().ok().filter(|bound| !bound.is_nan());
        invalid.set(bound.is_none() && !text.is_empty());
        on_bound.run(bound);
    };
    view! {
        <label class="de-bound">
            <span>{move || label.get()}</span>
            <input
                class="field"
                type="text"
                inputmode="decimal"
                autocomplete="off"
                data-testid=test_id
                aria-invalid=move || invalid.get().then_some("true")
                on:input:target=move |event| take(event.target().value())
            />
        </label>
    }
}

#[cfg(test)]
mod tests {
    use wasm_bindgen_test::wasm_bindgen_test as test;

    use super::*;

    #[test]
    fn a_heading_pressed_again_turns_the_order_round() {
        let sort = DeSort::default().pressed(DeColumn::PvalAdj);
        assert_eq!(sort, DeSort { column: DeColumn::PvalAdj, direction: Direction::Ascending });
        assert_eq!(sort.pressed(DeColumn::PvalAdj).direction, Direction::Descending);
        assert_eq!(sort.pressed(DeColumn::Effect).direction, Direction::Descending);
    }
}
