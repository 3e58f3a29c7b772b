//! The Explorer of one dataset: the frame, the picture in it, and every command.

use explorer_core::{
    color::{MAX_LABEL_COLORS, MISSING, MISSING_GREY},
    format,
    state::{Action, ColorBy, Command, Hover, Label, Modifiers, Platform, Side, Theme},
};
use leptos::{ev, prelude::*};
use wasm_bindgen::JsCast;

use super::{genes::Genes, obs::ObsColumns, results::Results, sets::Sets};
use crate::{
    picture::{Picture, PictureHandle},
    platform,
    store::{Colors, Phase, Standing, Store},
    ui::{
        CellTip, CellTooltip, Choice, EmptyView, ErrorView, Legend, LegendEntry, LegendModel, LoadingView, NoticeItem,
        NoticeKind, Notices, Rgb, Shell, ShortcutsDialog, Toolbar, TopBar,
    },
};

/// How much closer a command brings.
const ZOOM_STEP: f64 = 1.5;

/// Colours of a legend's gradient.
const LEGEND_STOPS: usize = 24;

/// What the page holds beside the state: what is open or has the focus.
#[derive(Clone, Copy)]
pub(super) struct Page {
    /// Moves the focus to the search for genes.
    pub focus_search: RwSignal<u32>,
    /// Whether a cell set is being named.
    pub naming: RwSignal<bool>,
    shortcuts: RwSignal<bool>,
}

/// The Explorer.
#[component]
pub(super) fn Explorer(store: Store, home: String) -> impl IntoView {
    let page = Page { focus_search: RwSignal::new(0), naming: RwSignal::new(false), shortcuts: RwSignal::new(false) };
    let handle = PictureHandle::new(store, highlight(store));
    let platform = platform_of_user();
    let on_command = Callback::new(move |command| run(store, handle, page, command));
    listen_to_keys(on_command, platform);
    follow_theme(store);
    let title = title(store);
    Effect::new(move |_| document().set_title(&format!("{} – Tessera", title.get())));

    let phase = store.phase();
    let left_open = store.part(|state| state.view.panels.left);
    let right_open = store.part(|state| state.view.panels.right);
    let undo = store.can_undo_redo();
    let numbers = store.numbers();
    let top_bar = move || {
        let home = home.clone();
        view! {
            <TopBar
                title
                n_selected=Signal::derive(move || numbers.get().0)
                n_visible=Signal::derive(move || numbers.get().1)
                n_obs=Signal::derive(move || numbers.get().2)
                can_undo=Signal::derive(move || undo.get().0)
                can_redo=Signal::derive(move || undo.get().1)
                theme=store.part(|state| state.view.panels.theme)
                left_open
                right_open
                platform
                home
                on_command
            />
        }
    };
    let is_ready = move || phase.with(|phase| *phase == Phase::Ready);
    let left = move || view! { <Show when=is_ready><ObsColumns store /></Show> };
    let has_genes = move || store.with_manifest(|manifest| !manifest.layers.is_empty()) == Some(true);
    let right = move || {
        view! {
            <Show when=is_ready>
                <Show when=has_genes><Genes store page /></Show>
                <Sets store page has_genes=has_genes() />
            </Show>
        }
    };
    let picture = move || view! { <Centre store handle platform on_command /> };
    let results = move || view! { <Results store /> };
    view! {
        <Shell
            top_bar
            left
            picture
            right
            results
            left_open
            right_open
            drawer=store.part(|state| state.transient.drawer)
            on_drawer=Callback::new(move |drawer| store.dispatch(Action::SetDrawer(drawer)))
        />
        <ShortcutsDialog
            open=page.shortcuts
            platform
            on_close=Callback::new(move |()| page.shortcuts.set(false))
        />
        <Notices
            notices=Signal::derive(move || notices(store))
            on_action=Callback::new(move |_| store.retry())
            on_dismiss=Callback::new(move |id| store.dismiss(id))
        />
    }
}

/// The picture with all that floats over it, or what stands in its place.
#[component]
fn Centre(store: Store, handle: PictureHandle, platform: Platform, on_command: Callback<Command>) -> impl IntoView {
    let phase = store.phase();
    let placing = store.placing();
    let plane = store.plane();
    let title = title(store);
    let is_ready = Memo::new(move |_| phase.with(|phase| *phase == Phase::Ready));
    let failure = Memo::new(move |_| {
        phase.with(|phase| match phase {
            Phase::Failed(error) => Some(error.to_string()),
            _ => None,
        })
    });
    let waits = Memo::new(move |_| {
        let waits_for_points = plane.with(Option::is_some) && placing.with(|placing| placing.n_placed == 0);
        failure.with(Option::is_none) && (!is_ready.get() || waits_for_points)
    });
    let cannot_draw = move || handle.failure.get();
    view! {
        <Show when=move || is_ready.get() && plane.with(Option::is_some)>
            <Picture store handle />
            <EmbeddingBar store platform on_command />
            <Legend
                model=Signal::derive(move || legend(&store.colors().get()))
                loading=legend_is_loading(store)
                note=legend_note(store)
            />
            <CellTooltip tip=Signal::derive(move || tip(store, handle)) />
        </Show>
        <Show when=move || is_ready.get() && plane.with(Option::is_none)>
            <div class="picture-cover">
                <EmptyView
                    title="No embedding"
                    text="The dataset has no two-dimensional coordinates to draw. All else works."
                />
            </div>
        </Show>
        <Show when=move || waits.get() && cannot_draw().is_none()>
            <div class="picture-cover">
                <LoadingView
                    title
                    text=Signal::derive(move || {
                        if is_ready.get() { "Loading the embedding" } else { "Opening the dataset" }.to_owned()
                    })
                    fraction=Signal::derive(move || None)
                />
            </div>
        </Show>
        <Show when=move || failure.with(Option::is_some)>
            <div class="picture-cover">
                <ErrorView
                    title="The dataset could not be opened"
                    text=Signal::derive(move || failure.get().unwrap_or_default())
                    on_retry=Callback::new(move |()| store.retry())
                />
            </div>
        </Show>
        <Show when=move || cannot_draw().is_some()>
            <div class="picture-cover" data-testid="error-picture">
                <ErrorView
                    title="The picture cannot be drawn"
                    text="The browser offers no way to draw it. Turn on hardware acceleration in its settings, or use \
                          a recent Chrome, Edge, Firefox or Safari. Counts, filters and comparisons work without it."
                    detail=Signal::derive(move || cannot_draw().unwrap_or_default())
                />
            </div>
        </Show>
    }
}

#[component]
fn EmbeddingBar(store: Store, platform: Platform, on_command: Callback<Command>) -> impl IntoView {
    let embeddings = store.loaded(|session| {
        let embeddings = &session.dataset.manifest().embeddings;
        let mut choices: Vec<(String, String)> = embeddings
            .iter()
            .map(|embedding| {
                let name = embedding.key.strip_prefix("X_").unwrap_or(&embedding.key);
                let cells = format::integer(u64::from(embedding.n_positioned));
                (embedding.key.clone(), format!("{name}: {cells} cells"))
            })
            .collect();
        choices.sort_by(|a, b| a.1.cmp(&b.1));
        choices
    });
    let choices = move || {
        let embeddings = embeddings.get().unwrap_or_default();
        embeddings.into_iter().map(|(key, label)| Choice::new(key, label)).collect::<Vec<_>>()
    };
    let asked = store.part(|state| state.view.analysis.embedding.clone());
    let shown = move || {
        asked.get();
        store.phase().get();
        store.embedding_key().unwrap_or_default()
    };
    let numbers = store.numbers();
    let query = store.part(|state| state.view.analysis.query.clone());
    let can_subset = move || {
        let (selected, visible, _) = numbers.get();
        0 < selected && selected < visible
    };
    view! {
        <Toolbar
            embeddings=Signal::derive(choices)
            embedding=Signal::derive(shown)
            on_embedding=Callback::new(move |key| store.dispatch(Action::SetEmbedding(Some(key))))
            tool=store.part(|state| state.view.tool)
            can_subset=Signal::derive(can_subset)
            can_unsubset=Signal::derive(move || query.with(|query| !query.subset.is_empty()))
            can_clear=Signal::derive(move || query.with(|query| !query.filters.is_empty()))
            can_invert=Signal::derive(move || {
                let key = shown();
                query.with(|query| query.filters.selections.contains_key(&key))
            })
            platform
            on_command
        />
    }
}

/// Carries out a command: those that the state alone cannot, here.
fn run(store: Store, handle: PictureHandle, page: Page, command: Command) {
    if let Some(action) = store.peek(|state| command.action(state)) {
        store.dispatch(action);
        return;
    }
    match command {
        Command::ZoomIn => handle.zoom(store, ZOOM_STEP),
        Command::ZoomOut => handle.zoom(store, 1.0 / ZOOM_STEP),
        Command::InvertSelection => {
            if let Some(embedding) = store.embedding_key() {
                store.dispatch(Action::InvertSelection { embedding });
            }
        }
        Command::SaveCellSet => page.naming.set(true),
        Command::SearchGene => page.focus_search.update(|count| *count += 1),
        Command::ShowShortcuts => page.shortcuts.set(true),
        Command::CopyLink => copy_link(store),
        Command::SavePicture => {
            let title = document().title();
            handle.save(format!("{}.png", title.trim_end_matches(" – Tessera")));
        }
        Command::CompareSets => {
            // The form lies in the right sidebar.
            if store.peek(|state| !state.view.panels.right) {
                store.dispatch(Action::ToggleSidebar(Side::Right));
            }
            store.dispatch(Action::SetDrawer(Some(Side::Right)));
        }
        _ => {}
    }
}

fn copy_link(store: Store) {
    let location = platform::window().location();
    let address = location.href().unwrap_or_default();
    let before_hash = address.split('#').next().unwrap_or_default();
    let link = store.peek(|state| crate::store::link_text(&state.view));
    let address = if link.is_empty() { before_hash.to_owned() } else { format!("{before_hash}#{link}") };
    let copied = platform::window().navigator().clipboard().write_text(&address);
    wasm_bindgen_futures::spawn_local(async move {
        match wasm_bindgen_futures::JsFuture::from(copied).await {
            Ok(_) => store.tell("The link to this view is copied.".to_owned(), false, false),
            Err(_) => {
                store.tell("The browser did not allow copying; the address bar has the link.".to_owned(), true, false);
            }
        }
    });
}

fn listen_to_keys(on_command: Callback<Command>, platform: Platform) {
    let listener = window_event_listener(ev::keydown, move |event| {
        let target = event.target().and_then(|target| target.dyn_into::<web_sys::HtmlElement>().ok());
        let types = target.is_some_and(|target| {
            target.is_content_editable() || matches!(target.tag_name().as_str(), "INPUT" | "TEXTAREA" | "SELECT")
        });
        let modifiers = Modifiers {
            ctrl: event.ctrl_key(),
            meta: event.meta_key(),
            alt: event.alt_key(),
            shift: event.shift_key(),
        };
        if types || event.default_prevented() {
            return;
        }
        if let Some(command) = Command::from_key(&event.key(), modifiers, platform) {
            event.prevent_default();
            on_command.run(command);
        }
    });
    on_cleanup(move || listener.remove());
}

fn platform_of_user() -> Platform {
    let agent = platform::window().navigator().user_agent().unwrap_or_default();
    if agent.contains("Mac") || agent.contains("iPad") || agent.contains("iPhone") {
        Platform::Mac
    } else {
        Platform::Other
    }
}

/// Puts the chosen theme on the root element, where the style sheets look for it.
fn follow_theme(store: Store) {
    let theme = store.part(|state| state.view.panels.theme);
    Effect::new(move |_| {
        let Some(root) = document().document_element() else { return };
        // Both fail only for names that no attribute can have.
        let _ = match theme.get() {
            Theme::System => root.remove_attribute("data-theme"),
            Theme::Light => root.set_attribute("data-theme", "light"),
            Theme::Dark => root.set_attribute("data-theme", "dark"),
        };
    });
}

/// The dataset's title: its own, or the id until that is known.
pub(super) fn title(store: Store) -> Memo<String> {
    let id = store.part(|state| state.view.dataset.clone().unwrap_or_default());
    let title = store.loaded(|session| session.dataset.manifest().title.clone());
    Memo::new(move |_| title.get().flatten().filter(|title| !title.is_empty()).unwrap_or_else(|| id.get()))
}

fn notices(store: Store) -> Vec<NoticeItem> {
    let messages = store.messages().get();
    messages
        .into_iter()
        .map(|message| NoticeItem {
            id: message.id,
            kind: if message.is_error { NoticeKind::Error } else { NoticeKind::Warning },
            text: message.text,
            action: message.can_retry.then(|| "Retry".to_owned()),
        })
        .collect()
}

/// The colour index of the label that the pointer is over, where that column colours the cells.
fn highlight(store: Store) -> Signal<Option<u8>> {
    let hover = store.part(|state| state.transient.hover.clone());
    let colors = store.colors();
    Memo::new(move |_| {
        let Some(Hover::Label { column, label }) = hover.get() else { return None };
        let is_colored = colors.with(|colors| matches!(colors, Colors::Labels { column: by, .. } if *by == column));
        if !is_colored {
            return None;
        }
        match label {
            Label::Missing => Some(MISSING),
            Label::Named(label) => {
                let code = store.label_code(&column, &label)?;
                Some((code as usize % MAX_LABEL_COLORS) as u8)
            }
        }
    })
    .into()
}

fn opaque([red, green, blue, _]: [u8; 4]) -> Rgb {
    [red, green, blue]
}

fn legend_is_loading(store: Store) -> Signal<bool> {
    let standing = store.color_standing();
    Signal::derive(move || standing.get() == Standing::Awaited)
}

/// Why the legend is not of what was asked for.
fn legend_note(store: Store) -> Signal<String> {
    let standing = store.color_standing();
    let asked = store.part(|state| match &state.view.analysis.color {
        ColorBy::None => String::new(),
        ColorBy::Obs(name) => name.clone(),
        ColorBy::Gene(key) => key.gene.clone(),
    });
    Signal::derive(move || match standing.get() {
        Standing::Failed => format!("{} could not be loaded.", asked.get()),
        Standing::Shown | Standing::Awaited => String::new(),
    })
}

fn legend(colors: &Colors) -> LegendModel {
    match colors {
        Colors::Plain => LegendModel::Plain,
        Colors::Labels { column, labels, colors } => LegendModel::Categorical {
            title: column.clone(),
            entries: labels
                .iter()
                .zip(colors.iter())
                .map(|(label, &color)| LegendEntry { label: label.clone(), color: opaque(color) })
                .collect(),
        },
        Colors::Numbers { name, subtitle, scale, has_missing } => LegendModel::Continuous {
            title: name.clone(),
            subtitle: subtitle.clone(),
            min: f64::from(scale.domain.min),
            max: f64::from(scale.domain.max),
            stops: (0..LEGEND_STOPS)
                .map(|stop| opaque(scale.colormap.color(stop as f64 / (LEGEND_STOPS - 1) as f64)))
                .collect(),
            missing: has_missing.then_some(opaque(MISSING_GREY)),
        },
    }
}

fn tip(store: Store, handle: PictureHandle) -> Option<CellTip> {
    let (cell, id) = store.tip().get()?;
    let view = handle.view.get()?;
    let place = store.with_scene(|scene| Some((scene.px_of(cell, &view)?, scene.color_of(cell)?)));
    let ([left_px, top_px], color) = place.flatten()?;
    let value = store.value_of(cell).map(|value| {
        let name = store.peek(|state| match &state.view.analysis.color {
            ColorBy::None => String::new(),
            ColorBy::Obs(name) => name.clone(),
            ColorBy::Gene(key) => key.gene.clone(),
        });
        (name, value)
    });
    Some(CellTip {
        left_px,
        top_px,
        picture_width_px: view.size_px()[0],
        id,
        color,
        values: value.into_iter().collect(),
    })
}
