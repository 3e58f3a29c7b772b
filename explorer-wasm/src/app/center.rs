//! The picture with all that floats over it, or what stands in its place.

use explorer_core::{
    dataset::Tissue,
    screen::{LegendEntry, LegendModel},
    session::{Colors, SubsetStep, Unit, legend, why_empty},
    state::{Action, ColorOptions, Command, PanelIdx, Platform, Range},
};
use leptos::{html, prelude::*};

use super::{
    legend::{ask_of_legend, legend_is_loading, legend_note, passing_entries},
    panels::{PanelGrid, projection_choices, show},
    parts::{Page, title},
};
use crate::{
    fetch::FetchError,
    picture::{PictureFailure, PictureHandle, Pictures},
    store::{Phase, Store},
    ui::{
        Breadcrumbs, BrushChange, Button, ButtonKind, Checkbox, Choice, ColoredBy, DisplayPanel, EmptyView, ErrorView,
        FilterChips, Glyph, LabelCounts, Legend, LoadingView, PanelsMenu, Show, Toolbar,
    },
    view::{effect, view},
};

/// The picture with all that floats over it, or what stands in its place.
#[component]
pub(super) fn Center(
    store: Store,
    pictures: Pictures,
    page: Page,
    platform: Platform,
    home: String,
    on_command: Callback<Command>,
) -> impl IntoView {
    let phase = store.phase();
    let placing = store.placing();
    let handle = pictures.first;
    let plane = store.plane(PanelIdx::FIRST);
    let title = title(store);
    let is_ready = Memo::new(move |_| phase.with(|phase| *phase == Phase::Ready));
    let failure = Memo::new(move |_| {
        phase.with(|phase| match phase {
            Phase::Failed(error) => Some(error.clone()),
            Phase::Opening | Phase::Ready => None,
        })
    });
    let waits = Memo::new(move |_| {
        let waits_for_points = plane.with(Option::is_some) && placing.with(|placing| placing.n_placed == 0);
        failure.with(Option::is_none) && (!is_ready.get() || waits_for_points)
    });
    let cannot_draw = move || handle.failure.get();
    let color_options = store.part(|state| state.view.analysis.color_options.clone());
    let poster_place = NodeRef::<html::Div>::new();
    effect(move || {
        if failure.with(Option::is_some) {
            handle.poster.remove();
        } else if let Some(place) = poster_place.get() {
            handle.poster.move_to(&place);
        }
    });
    let query = store.part(|state| state.view.analysis.query.clone());
    let layer = store.part(|state| state.view.analysis.layer.clone());
    let filters = Memo::new(move |_| {
        let layer = layer.get();
        query
            .with(|query| store.read_loaded(|session| session.active_filters(query, layer.as_deref())))
            .unwrap_or_default()
    });
    let steps = {
        let levels = store.part(|state| state.view.analysis.query.subset.clone());
        Memo::new(move |_| {
            levels.with(|levels| store.read_loaded(|session| session.subset_steps(levels))).unwrap_or_default()
        })
    };
    let is_empty = Memo::new(move |_| {
        let is_whole = placing.with(|placing| placing.n_placed == placing.n_points);
        let window = handle.view.get().filter(|_| is_whole)?.window();
        store.painted().track();
        store.with_scene(PanelIdx::FIRST, |scene| !scene.shows_any(&window))
    });
    let (numbers, unit) = (store.numbers(), store.unit());
    let emptiness = Memo::new(move |_| {
        let (n_selected, n_visible, n_obs) = numbers.get();
        match (waits.get(), query.with(|query| (query.filters.is_empty(), query.subset.is_empty()))) {
            (true, _) => None,
            (false, (_, false)) if n_visible == 0 && n_obs > 0 => Some(Emptiness::Subset),
            (false, (false, _)) if n_selected == 0 && n_visible > 0 => Some(Emptiness::Filters),
            (false, _) => (is_empty.get() == Some(true)).then_some(Emptiness::Window),
        }
    });
    view! {
        <Show when=move || handle.poster.is_shown()>
            <div class="poster-place" node_ref=poster_place></div>
        </Show>
        <Show when=move || is_ready.get() && plane.with(Option::is_some) && !handle.suspended.get()>
            <PanelGrid store pictures />
            <EmbeddingBar store pictures platform on_command />
            <Legend
                model=page.legend
                passing=passing_entries(store)
                range=Signal::derive(move || Some(color_options.get().range).filter(|range| *range != Range::ALL))
                on_range=Callback::new(move |change: BrushChange| {
                    let range = change.range.unwrap_or(Range::ALL);
                    let options = ColorOptions { range, ..color_options.get_untracked() };
                    store.dispatch(Action::SetColorOptions(options));
                    store.dispatch(Action::EndDrag);
                })
                on_ask=Callback::new(move |ask| ask_of_legend(store, ask))
                loading=legend_is_loading(store)
                note=legend_note(store)
            />
        </Show>
        <div class="picture-notes">
            <Breadcrumbs
                n_obs=Signal::derive(move || numbers.get().2)
                steps
                on_back=Callback::new(move |n_levels| store.dispatch(Action::UnsubsetTo(n_levels)))
            />
            <FilterChips
                filters=filters
                on_remove=Callback::new(move |key| store.dispatch(Action::ClearFilter(key)))
                on_describe=Callback::new(move |()| on_command.run(Command::DescribeCells))
            />
        </div>
        <div
            class="picture-empty note"
            role="status"
            data-testid="picture-empty"
            hidden=move || emptiness.with(Option::is_none)
        >
            {move || emptiness.get().map(|why| {
                let (sentence, label, test_id, command) = steps.with(|steps| why.told(unit.get(), steps));
                view! {
                    {sentence}
                    <Button label test_id on_press=move || on_command.run(command) />
                }
            })}
        </div>
        <Show when=move || is_ready.get() && plane.with(Option::is_none)>
            <div class="picture-cover">
                <EmptyView
                    title="No embedding"
                    text="The dataset has no two-dimensional coordinates to draw. All else works."
                />
            </div>
        </Show>
        <Show when=move || waits.get() && cannot_draw().is_none()>
            <div class="picture-cover" class:over-poster=move || handle.poster.is_shown()>
                <LoadingView
                    title
                    text=Signal::derive(move || {
                        if is_ready.get() { "Loading the embedding" } else { "Opening the dataset" }.to_owned()
                    })
                    fraction=Signal::derive(move || None)
                />
            </div>
        </Show>
        {move || failure.get().map(|error| view! { <CannotOpen store error home=home.clone() /> })}
        {move || cannot_draw().map(|failure| view! { <CannotDraw store handle failure /> })}
    }
}

/// Why the picture shows no cell, or none that passes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Emptiness {
    /// The view is of a place without cells.
    Window,
    /// No cell in view passes.
    Filters,
    /// The subset in view has no cell.
    Subset,
}

impl Emptiness {
    /// The sentence that says so, and the button that mends it: label, `data-testid`, command.
    fn told(self, unit: Unit, steps: &[SubsetStep]) -> (String, &'static str, &'static str, Command) {
        let cells = unit.many();
        match self {
            Self::Window => (format!("No {cells} are in sight."), "Fit", "picture-empty-fit", Command::Fit),
            Self::Filters => {
                let told = format!("No {cells} pass all filters.");
                (told, "Clear filters", "picture-empty-clear", Command::ClearFilters)
            }
            Self::Subset => {
                let told = why_empty(steps, cells);
                (told, "Leave subset", "picture-empty-unsubset", Command::Unsubset)
            }
        }
    }
}

/// A dataset that is not there, or that cannot be opened.
#[component]
fn CannotOpen(store: Store, error: FetchError, home: String) -> impl IntoView {
    let is_there = !matches!(error, FetchError::Status { status: 404, .. });
    let id = store.peek(|state| state.view.dataset.clone().unwrap_or_default());
    view! {
        <div class="picture-cover">
            {if is_there {
                view! {
                    <ErrorView
                        title="The dataset could not be opened"
                        text=error.to_string()
                        link=("All datasets".to_owned(), home)
                        on_retry=Callback::new(move |()| store.retry())
                    />
                }
                .into_any()
            } else {
                view! {
                    <ErrorView title=format!("There is no dataset “{id}” here.") link=("All datasets".to_owned(), home) />
                }
                .into_any()
            }}
        </div>
    }
}

/// A browser that cannot draw; all but the picture works. The poster shows the cells, and a table counts them.
#[component]
fn CannotDraw(store: Store, handle: PictureHandle, failure: PictureFailure) -> impl IntoView {
    let cover = NodeRef::<html::Div>::new();
    effect(move || {
        if let Some(cover) = cover.get() {
            handle.poster.move_to(&cover);
        }
    });
    let colors = store.colors();
    let column = Memo::new(move |_| {
        colors.with(|colors| match colors {
            Colors::Labels { column, .. } => Some(column.clone()),
            Colors::Plain | Colors::Numbers { .. } | Colors::TwoNumbers { .. } => None,
        })
    });
    view! {
        <div class="picture-cover picture-failed" data-testid="error-picture" node_ref=cover>
            <ErrorView title="The picture cannot be drawn" text=failure.text detail=failure.detail />
            {move || {
                column.get().map(|column| {
                    let rows = counted_labels(store, column.clone());
                    view! { <LabelCounts column rows /> }
                })
            }}
        </div>
    }
}

/// The labels that color the cells, with the cells of each that are selected and in view.
fn counted_labels(store: Store, column: String) -> Signal<Vec<(LegendEntry, Option<[u32; 2]>)>> {
    let (colors, asked) = (store.colors(), column.clone());
    let counts = store.counted(move |session| session.label_counts(&column));
    Signal::derive(move || {
        let counts = counts.get().flatten();
        colors.with(|colors| {
            let Colors::Labels { column, labels, order, .. } = colors else { return Vec::new() };
            let LegendModel::Categorical { entries, .. } = legend(colors) else { return Vec::new() };
            // The legend has labels in this order, then those without one.
            let codes = order.iter().map(|&code| code as usize).chain([labels.len()]);
            let count = |code: usize| {
                let counts = counts.as_ref().filter(|_| *column == asked)?;
                Some([*counts.selected.get(code)?, *counts.total.get(code)?])
            };
            entries.into_iter().zip(codes).map(|(entry, code)| (entry, count(code))).collect()
        })
    })
}

/// The embedding, the tools, the view and the selection.
#[component]
fn EmbeddingBar(store: Store, pictures: Pictures, platform: Platform, on_command: Callback<Command>) -> impl IntoView {
    let numbers = store.numbers();
    let focused = store.part(|state| (state.focused(), state.focused_panel().kind.clone()));
    let shown = move || {
        let (panel, _) = focused.get();
        store.phase().get();
        store.projection_asked(panel).unwrap_or_default()
    };
    let n_panels = store.part(|state| state.view.panels.count());
    let query = store.part(|state| state.view.analysis.query.clone());
    let select_mode = store.part(|state| state.transient.select_mode);
    let can_subset = move || {
        let (selected, visible, _) = numbers.get();
        0 < selected && selected < visible
    };
    let colors = store.colors();
    let can_label = Signal::derive(move || colors.with(|colors| matches!(colors, Colors::Labels { .. })));
    view! {
        <Toolbar
            embeddings=projection_choices(store, PanelIdx::FIRST)
            embedding=Signal::derive(shown)
            on_embedding=Callback::new(move |key| show(store, PanelIdx::FIRST, key))
            has_several=Signal::derive(move || n_panels.get() > 1)
            panels=move || view! {
                <PanelsMenu
                    can_split=can_label
                    has_several=Signal::derive(move || n_panels.get() > 1)
                    linked=store.part(|state| state.view.layout.linked)
                    platform
                    on_command
                />
            }
            tool=store.part(|state| state.view.tool)
            is_solid=Memo::new(move |_| {
                focused.track();
                pictures.focused(store).is_solid()
            })
            is_turned=Memo::new(move |_| {
                focused.track();
                pictures.focused(store).is_turned()
            })
            select_mode=Signal::derive(move || {
                let has_selection = query.with(|query| !query.filters.selections.is_empty());
                has_selection.then(|| select_mode.get())
            })
            on_select_mode=Callback::new(move |mode| store.dispatch(Action::SetSelectMode(mode)))
            can_subset=Signal::derive(can_subset)
            can_give=Signal::derive(move || numbers.get().0 > 0)
            can_unsubset=Signal::derive(move || query.with(|query| !query.subset.is_empty()))
            can_clear=Signal::derive(move || query.with(|query| !query.filters.is_empty()))
            labels=store.part(|state| state.view.layout.labels)
            can_label
            display=move || view! { <Display store pictures on_command /> }
            can_invert=Signal::derive(move || query.with(|query| query.filters.can_invert()))
            platform
            on_command
        />
    }
}

/// How cells are drawn.
#[component]
fn Display(store: Store, pictures: Pictures, on_command: Callback<Command>) -> impl IntoView {
    let density = store.part(|state| state.view.layout.density);
    let placing = store.placing();
    let focused = store.part(|state| (state.focused(), state.focused_panel().points));
    let chosen_px = move || {
        focused.track();
        let view = pictures.focused(store).view.get();
        view.map_or(1.0, |view| view.diameter_px(placing.get().n_points))
    };
    let colors = store.colors();
    let asked = store.part(|state| state.view.analysis.color_options.clone());
    let tissues = Memo::new(move |_| {
        // What a panel shows follows its points.
        store.painted().track();
        store.tissues(focused.get().0)
    });
    let colored_by = Memo::new(move |_| {
        colors.with(|colors| match colors {
            Colors::Plain | Colors::Labels { .. } => ColoredBy::NoNumber,
            Colors::Numbers { .. } => ColoredBy::Number,
            Colors::TwoNumbers { .. } => ColoredBy::TwoNumbers,
        })
    });
    view! {
        <DisplayPanel
            style=Signal::derive(move || focused.get().1)
            chosen_px=Signal::derive(chosen_px)
            options=asked
            colored_by
            tissues=Signal::derive(move || {
                let choice = |tissue: &Tissue| Choice::new(tissue.library.clone(), tissue.library.clone());
                tissues.with(|tissues| tissues.iter().map(choice).collect())
            })
            tissue=store.part(|state| state.focused_panel().tissue.clone())
            on_tissue=Callback::new(move |tissue| {
                store.dispatch(Action::SetTissue { panel: store.focused(), tissue });
            })
            on_style=Callback::new(move |style| {
                store.dispatch(Action::SetPointStyle { panel: store.focused(), style });
            })
            on_options=Callback::new(move |options| {
                store.dispatch(Action::SetColorOptions(options));
                store.dispatch(Action::EndDrag);
            })
            more=move || view! {
                <Button
                    label="Columns on the hover card"
                    test_id="display-card"
                    kind=ButtonKind::Quiet
                    glyph=Glyph::Label
                    on_press=move || on_command.run(Command::ChooseCard)
                />
                <label class="display-check">
                    <Checkbox
                        check=Signal::derive(move || density.get().into())
                        label="Density"
                        test_id="density-check"
                        on_check=move |_| on_command.run(Command::ToggleDensity)
                    />
                    <span>"Density with contours"</span>
                </label>
            }
        />
    }
}
