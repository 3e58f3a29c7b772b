//! What is asked of a comparison: the cells of two groups, those that are in both, and what is one observation.

use std::{collections::BTreeSet, sync::Arc};

use corpus::{
    Options, Replicates,
    view::{Edit, Side, View},
};
use explorer_core::format::{integer, plural};
use expression::Overlap;
use leptos::prelude::*;

use super::filters::ExpressionFilters;
use crate::{
    ui::{Button, Choice, Segment, Segmented, SelectField, Show},
    view::view,
};

/// Values of the choice of what becomes of cells that are in both groups.
const OVERLAPS: [(&str, &str, Overlap); 3] = [
    ("keep", "in both", Overlap::Keep),
    ("first", "in group 1 only", Overlap::TakeFromSecond),
    ("second", "in group 2 only", Overlap::TakeFromFirst),
];

/// The two groups and how they are compared.
#[component]
pub fn ExpressionCompared(
    /// What is looked at.
    #[prop(into)]
    shown: Signal<View>,
    /// The values that cells of each group have, with their numbers.
    #[prop(into)]
    options: Signal<[Arc<Options>; 2]>,
    /// Cells of each group, as they are compared.
    #[prop(into)]
    n_cells: Signal<[u64; 2]>,
    /// Called with what the user asks for.
    on_edit: Callback<Edit>,
) -> impl IntoView {
    let side = RwSignal::new(Side::First);
    let compared = move || shown.with(|shown| shown.compared.clone().unwrap_or_default());
    let counts = move || {
        let [first, second] = n_cells.get().map(integer);
        format!("{first} against {second} cells")
    };
    let n_filters =
        Memo::new(move |_| compared().sides[side.get() as usize].values().map(BTreeSet::len).sum::<usize>());
    let overlap = Signal::derive(move || {
        let chosen = compared().overlap;
        OVERLAPS
            .iter()
            .find(|(_, _, overlap)| *overlap == chosen)
            .map(|(name, ..)| (*name).to_owned())
            .unwrap_or_default()
    });
    let choose_overlap = Callback::new(move |name: String| {
        if let Some((.., overlap)) = OVERLAPS.iter().find(|(other, ..)| *other == name) {
            on_edit.run(Edit::Overlap(*overlap));
        }
    });
    // The filters of one group at a time, as those of the dots are.
    let filters = move || {
        let of = side.get();
        let of_side =
            Signal::derive(move || View { filters: compared().sides[of as usize].clone(), ..View::default() });
        let options = Signal::derive(move || options.with(|options| Arc::clone(&options[of as usize])));
        let edit = Callback::new(move |edit: Edit| {
            if let Edit::Filter(dimension, id) = edit {
                on_edit.run(Edit::SideFilter(of, dimension, id));
            }
        });
        view! { <ExpressionFilters shown=of_side options on_edit=edit /> }
    };
    view! {
        <section class="expression-shape" aria-label="Comparison">
            <Button label="Back to the dots" test_id="compare-end" on_press=move |()| on_edit.run(Edit::Compare(false)) />
            <SelectField
                name="Shared cells"
                choices=OVERLAPS.map(|(value, label, _)| Choice::new(value, label)).to_vec()
                value=overlap
                label="Cells that are in both groups are"
                test_id="compare-overlap"
                on_choose=choose_overlap
            />
            <div class="expression-choice">
                <span>"Count"</span>
                <Segmented
                    segments=vec![
                        Segment::named(Replicates::Cells, "Cells", "compare-cells"),
                        Segment::named(Replicates::Donors, "Donors", "compare-donors"),
                    ]
                    value=Signal::derive(move || compared().replicates)
                    label="What is one observation"
                    on_choose=move |replicates| on_edit.run(Edit::Replicates(replicates))
                />
            </div>
            <div class="expression-choice">
                <span>"Choose"</span>
                <Segmented
                    segments=vec![
                        Segment::named(Side::First, "Group 1", "compare-first"),
                        Segment::named(Side::Second, "Group 2", "compare-second"),
                    ]
                    value=side
                    label="Group whose cells are chosen"
                    on_choose=move |chosen| side.set(chosen)
                />
            </div>
            <p class="note" role="status" data-testid="compare-counts">{counts}</p>
        </section>
        {filters}
        <Show when=move || n_filters.get() != 0>
            <button
                type="button"
                class="button quiet"
                data-testid="compare-clear"
                on:click=move |_| on_edit.run(Edit::ClearSide(side.get_untracked()))
            >
                {move || format!("Clear {}", plural(n_filters.get(), "filter", "filters"))}
            </button>
        </Show>
    }
}
