//! A categorical column of `obs`: its labels with their counts, to filter and color by.

use std::sync::Arc;

use explorer_core::{
    format::integer,
    screen::{RowOrder, Rows},
};
use leptos::prelude::*;

use super::{
    Breakdown, CategoryLabels, Check, Checkbox, Cut, Glyph, Icon, IconButton, Menu, MenuItem, OwnCategory,
    OwnCategoryChange, Show, ValueCount,
    category_values::{CategoryValues, LoadingRows},
    own_columns::OwnCategoryItems,
    rename::NameField,
};
use crate::view::view;

/// The panel of one categorical column. Labels are known by their codes.
#[component]
pub fn CategoryPanel(
    /// The column's name.
    #[prop(into)]
    name: String,
    /// How many labels it has, known before they are.
    #[prop(into)]
    n_labels: Signal<usize>,
    /// The labels; `None` while they are on their way.
    #[prop(into)]
    labels: Signal<Option<Arc<CategoryLabels>>>,
    /// Cells of each label, by code.
    #[prop(into)]
    counts: Signal<Arc<[ValueCount]>>,
    /// Which labels pass, by code; those beyond its end do.
    #[prop(into)]
    checked: Signal<Arc<[bool]>>,
    /// What the cells of each label are made of, where something else colors them.
    #[prop(optional, into)]
    breakdown: Signal<Option<Arc<Breakdown>>>,
    /// What colors the cells, by name.
    #[prop(optional, into)]
    color_name: Signal<String>,
    /// Whether the labels are listed.
    #[prop(into)]
    expanded: Signal<bool>,
    /// Whether cells are colored by it.
    #[prop(into)]
    colored: Signal<bool>,
    /// Called to list the labels or to fold them away.
    #[prop(into)]
    on_expand: Callback<bool>,
    /// Called to color by it, or, when it is so colored, to stop.
    #[prop(into)]
    on_color: Callback<()>,
    /// Called to let labels pass, or not: those that a search found, or all where there is none.
    #[prop(into)]
    on_check_all: Callback<(Option<Vec<u32>>, bool)>,
    /// Called to let a label pass, or not.
    #[prop(into)]
    on_check: Callback<(u32, bool)>,
    /// Called to let these labels alone pass.
    #[prop(into)]
    on_only: Callback<Vec<u32>>,
    /// Called to compare the cells of one label with the rest, where cells can be compared.
    on_compare: Option<Callback<u32>>,
    /// Called with the label that the pointer is over.
    #[prop(into)]
    on_hover: Callback<Option<u32>>,
    /// Called with whether the pointer is over its head.
    #[prop(optional, into)]
    on_point: Option<Callback<bool>>,
    /// Called to find the markers of every label, where that can be done.
    on_markers: Option<Callback<()>>,
    /// Called to plot cells by its labels.
    #[prop(into)]
    on_plot: Callback<()>,
    /// Called to show its labels as the numbers that they are, where they are.
    on_numbers: Option<Callback<()>>,
    /// Called to make a column of the user's own of it, where it is the file's.
    #[prop(optional_no_strip)]
    on_copy: Option<Callback<()>>,
    /// What it has beside, where it is the user's own.
    #[prop(optional_no_strip)]
    own: Option<OwnCategory>,
) -> impl IntoView {
    let query = RwSignal::new(String::new());
    let order = RwSignal::new(RowOrder::Label);
    // Counts and means change at every step of a drag; the order of the labels needs them only when sorted so.
    let codes = Memo::new(move |_| {
        let sort = order.get();
        let counts = if sort == RowOrder::Count { counts.get() } else { Arc::from([]) };
        let breakdown = if sort == RowOrder::Mean { breakdown.get() } else { None };
        let means = breakdown.as_ref().map_or(&[][..], |breakdown| &breakdown.means);
        labels
            .with(|labels| {
                let labels = labels.as_deref()?;
                Some(Rows { labels, counts: &counts, means }.found(sort, &query.read()))
            })
            .unwrap_or_default()
    });
    let found = Memo::new(move |_| {
        let is_searched = expanded.get() && query.with(|query| !query.trim().is_empty());
        is_searched.then(|| codes.get())
    });
    let check = Signal::derive(move || {
        checked.with(|checked| {
            let is_on = |code: &u32| checked.get(*code as usize).copied().unwrap_or(true);
            match found.get() {
                Some(found) => Check::of(found.iter().filter(|code| is_on(code)).count(), found.len()),
                None => {
                    let off = checked.iter().filter(|&&on| !on).count();
                    Check::of(n_labels.get().saturating_sub(off), n_labels.get())
                }
            }
        })
    });
    let name = StoredValue::new(name);
    let column = move || name.get_value();
    let point = move |is_over| {
        if let Some(on_point) = on_point {
            on_point.run(is_over);
        }
    };
    let has_means = Memo::new(move |_| breakdown.with(|all| all.as_ref().is_some_and(|all| !all.means.is_empty())));
    let sort = move |by: RowOrder| {
        let can_be = move || order.get() != by && (by != RowOrder::Mean || has_means.get());
        let (label, test_id) = match by {
            RowOrder::Label => (Signal::derive(|| "Sort by label".to_owned()), "category-sort-label"),
            RowOrder::Count => (Signal::derive(|| "Sort by number of cells".to_owned()), "category-sort-count"),
            RowOrder::Mean => {
                (Signal::derive(move || format!("Sort by mean of {}", color_name.get())), "category-sort-mean")
            }
        };
        view! {
            <Show when=can_be>
                <MenuItem label glyph=Glyph::Sort test_id=format!("{test_id}-{}", column()) on_choose=move || order.set(by) />
            </Show>
        }
    };
    let chevron = Signal::derive(move || if expanded.get() { Glyph::ChevronDown } else { Glyph::ChevronRight });
    let list = move || {
        view! {
            <CategoryValues
                column=column()
                codes
                query
                labels
                counts
                checked
                breakdown
                colored
                on_check
                on_only
                on_compare
                on_hover
                own
            />
        }
    };
    let renaming = RwSignal::new(false);
    let rename = move |name: Option<String>| {
        renaming.set(false);
        if let (Some(name), Some(own)) = (name.filter(|name| *name != column()), own) {
            own.on_change.run(OwnCategoryChange::Rename(name));
        }
    };
    let name_field = move || {
        own.map(|own| view! {
            <NameField value=column() taken=own.taken what="column" label="Name of the column" test_id="own-name" on_done=rename />
        })
    };
    view! {
        <section class="category" data-testid=format!("category-{}", column()) aria-label=column()>
            <div
                class="category-head"
                on:pointerenter=move |_| point(true)
                on:pointerleave=move |_| point(false)
            >
                <Checkbox
                    check
                    label=Signal::derive(move || {
                        let which = if found.with(Option::is_some) { "All found of" } else { "All of" };
                        format!("{which} {}", column())
                    })
                    test_id=format!("category-check-{}", column())
                    on_check=move |all| on_check_all.run((found.get_untracked(), all))
                />
                {move || renaming.get().then(name_field)}
                <h3 class="category-title" hidden=move || renaming.get()>
                    <button
                        type="button"
                        data-testid=format!("category-expand-{}", column())
                        aria-expanded=move || expanded.get().to_string()
                        on:click=move |_| on_expand.run(!expanded.get_untracked())
                    >
                        <Cut text=column() />
                        {own.map(|_| view! { <span class="category-own">"own"</span> })}
                        <span class="category-n">{move || integer(n_labels.get() as u64)}</span>
                        <Icon glyph=chevron />
                    </button>
                </h3>
                <IconButton
                    glyph=Glyph::Drop
                    label="Color by"
                    test_id=format!("category-color-{}", column())
                    pressed=colored
                    on_press=on_color
                />
                <Menu glyph=Glyph::More label="More" test_id=format!("category-menu-{}", column())>
                    {own.map(|own| view! { <OwnCategoryItems column=column() own renaming /> })}
                    {on_markers.map(|on_markers| view! {
                        <MenuItem
                            label="Markers of every label"
                            glyph=Glyph::Genes
                            test_id=format!("category-markers-{}", column())
                            on_choose=on_markers
                        />
                    })}
                    <MenuItem
                        label="Plot by its labels"
                        glyph=Glyph::Genes
                        test_id=format!("category-plot-{}", column())
                        on_choose=on_plot
                    />
                    {[RowOrder::Label, RowOrder::Count, RowOrder::Mean].map(sort)}
                    {on_copy.map(|on_copy| view! {
                        <MenuItem
                            label="Copy to a column of your own"
                            glyph=Glyph::Edit
                            test_id=format!("category-copy-{}", column())
                            on_choose=on_copy
                        />
                    })}
                    {on_numbers.map(|on_numbers| view! {
                        <MenuItem
                            label="Show as numbers"
                            glyph=Glyph::Label
                            test_id=format!("category-numbers-{}", column())
                            on_choose=on_numbers
                        />
                    })}
                </Menu>
            </div>
            <Show when=move || expanded.get()>
                <Show
                    when=move || labels.with(Option::is_some)
                    fallback=move || view! { <LoadingRows count=n_labels.get_untracked() /> }
                >
                    {list()}
                </Show>
            </Show>
        </section>
    }
}
