//! The Explorer of one dataset: the frame, the picture in it, and every command.

use std::time::Duration;

use explorer_core::{
    embed::{Gestures, Panel, Ui},
    names::with_isolated_quotes,
    session::legend,
    state::{Action, Command, PanelIdx, Side},
};
use leptos::prelude::*;

use super::{
    center::Center,
    commands::{listen_to_keys, run},
    dialogs::dialogs,
    legend::highlight,
    parts::{Page, title},
    program::Parts,
    results::{Announcement, results},
    sidebar::{GeneSetSection, Genes, ObsColumns, Sets},
};
use crate::{
    host::platform_of_user,
    owner::Alive,
    picture::{PictureHandle, Pictures},
    store::{Phase, Store, Tone},
    ui::{NoticeItem, NoticeKind, Notices, Root, Shell, Show, TopBar},
    view::{effect, view},
};

/// How long what stands beside the picture waits for it.
const SIDEBARS_WAIT: Duration = Duration::from_millis(500);

/// The number of the notice that the server cannot be reached; no message has it.
const OFFLINE: u32 = u32::MAX;

/// Begins to speak with the page around the frame that an Explorer is in. It gets what carries out a command, and gives
/// back what the Explorer's own buttons and keys call: that page may take over some commands.
pub(super) type Speak = fn(Store, PictureHandle, Callback<Command>) -> Callback<Command>;

/// The Explorer.
#[component]
pub(super) fn Explorer(store: Store, parts: Parts, speak: Speak) -> impl IntoView {
    let host = store.host();
    let home = host.as_ref().map_or_else(String::new, |host| host.base().to_owned());
    if let Some(host) = host {
        Root::provide(host.root().clone());
    }
    let colors = store.colors();
    let title = title(store);
    let page = Page {
        title,
        focus_search: RwSignal::new(0),
        asked: RwSignal::new(None),
        naming: RwSignal::new(false),
        labeling: RwSignal::new(false),
        last_label: RwSignal::default(),
        legend: Signal::derive(move || colors.with(legend)),
        typing_rectangle: RwSignal::new(false),
        plotting: RwSignal::new(false),
        finding_cells: RwSignal::new(false),
        saving_cells: RwSignal::new(false),
        palette: RwSignal::new(false),
        saving: RwSignal::new(false),
        choosing_card: RwSignal::new(false),
        touring: RwSignal::new(false),
        shortcuts: RwSignal::new(false),
    };
    let handle = PictureHandle::new(store, PanelIdx::FIRST, highlight(store));
    let pictures = Pictures::new(handle);
    let platform = platform_of_user();
    let carry_out = Callback::new(move |command| run(store, pictures, page, command));
    let on_command = speak(store, handle, carry_out);
    listen_to_keys(store, page, on_command, platform);
    follow_theme(store);
    follow_settings(store);
    store.follow_network();
    effect(move || {
        let title = title.get();
        if let Some(host) = store.host() {
            host.set_title(&title);
        }
    });

    let phase = store.phase();
    // Beside a dataset that cannot be opened there is nothing to list.
    let has_failed = Memo::new(move |_| phase.with(|phase| matches!(phase, Phase::Failed(_))));
    let settings = store.settings();
    let is_open = move |side: Memo<bool>, panel| {
        Signal::derive(move || side.get() && !has_failed.get() && settings.with(|settings| settings.shows(panel)))
    };
    let left_open = is_open(store.part(|state| state.view.layout.left), Panel::Left);
    let right_open = is_open(store.part(|state| state.view.layout.right), Panel::Right);
    let undo = store.can_undo_redo();
    let numbers = store.numbers();
    let is_ready = move || phase.with(|phase| *phase == Phase::Ready);
    let all_datasets = home.clone();
    let top_bar = move || {
        let home = home.clone();
        view! {
            <TopBar
                title
                is_counted=Signal::derive(is_ready)
                unit=store.unit()
                n_selected=Signal::derive(move || numbers.get().0)
                n_visible=Signal::derive(move || numbers.get().1)
                n_obs=Signal::derive(move || numbers.get().2)
                can_undo=Signal::derive(move || undo.get().0)
                can_redo=Signal::derive(move || undo.get().1)
                theme=store.part(|state| state.view.layout.theme)
                left_open
                right_open
                bare=has_failed
                platform
                home
                on_command
            />
        }
    };
    let has_sidebars = after_the_picture(store);
    let left = move || view! { <Show when=move || has_sidebars.get()><ObsColumns store page /></Show> };
    let has_genes = move || store.with_manifest(|manifest| !manifest.layers.is_empty()) == Some(true);
    let right = move || {
        view! {
            <Show when=move || has_sidebars.get()>
                <Show when=has_genes>
                    <Genes store page />
                    <GeneSetSection store />
                </Show>
                <Sets store page has_genes=has_genes() />
            </Show>
        }
    };
    let picture = move || view! { <Center store pictures page platform home=all_datasets.clone() on_command /> };
    let results = move || {
        view! {
            {results(store, parts.results)}
            <Announcement store />
        }
    };
    view! {
        <Shell
            top_bar
            left
            picture
            right
            results
            left_open
            right_open
            bare=has_failed
            widths_px=store.part(|state| [Side::Left, Side::Right].map(|side| state.view.layout.width_px(side)))
            on_width=Callback::new(move |(side, width_px)| store.dispatch(Action::SetSidebarWidth { side, width_px }))
            drawer=store.part(|state| state.transient.drawer)
            on_drawer=Callback::new(move |drawer| store.dispatch(Action::SetDrawer(drawer)))
        />
        {dialogs(store, parts.dialogs, pictures, page, platform, on_command)}
        <Notices
            notices=Signal::derive(move || notices(store))
            on_action=Callback::new(move |_| store.retry())
            on_dismiss=Callback::new(move |id| if id == OFFLINE { store.dismiss_offline() } else { store.dismiss(id) })
        />
    }
}

/// Becomes true when the first points have been drawn, or have not been for a while: to build what stands beside the
/// picture takes the browser as long as to draw it.
fn after_the_picture(store: Store) -> RwSignal<bool> {
    let (phase, placing) = (store.phase(), store.placing());
    let is_due = RwSignal::new(false);
    let (due, alive) = (move || is_due.set(true), Alive::here());
    effect(move || {
        if phase.with(|phase| *phase == Phase::Ready) {
            alive.after(SIDEBARS_WAIT, due);
        }
    });
    effect(move || {
        if placing.with(|placing| placing.n_placed > 0) {
            // The picture takes the first of these frames.
            alive.next_frame(move || alive.next_frame(due));
        }
    });
    is_due
}

/// Tells the style sheet how the Explorer presents itself: how much of it is shown, what is hidden, whose gestures are.
fn follow_settings(store: Store) {
    let settings = store.settings();
    effect(move || {
        let Some(host) = store.host() else { return };
        let attributes = settings.with(|settings| {
            let hidden = Panel::ALL.into_iter().filter(|&panel| !settings.shows(panel)).map(Panel::name);
            let ui = match settings.ui {
                Ui::Full => "full",
                Ui::Compact => "compact",
                Ui::Picture => "picture",
            };
            let gestures = match settings.gestures {
                Gestures::Cooperative => "cooperative",
                Gestures::Greedy => "greedy",
            };
            let hidden = hidden.collect::<Vec<_>>().join(" ");
            [("data-ui", ui.to_owned()), ("data-hides", hidden), ("data-gestures", gestures.to_owned())]
        });
        for (name, value) in attributes {
            // Fails only for names that no attribute can have.
            let _ = host.root().set_attribute(name, &value);
        }
    });
}

/// Shows the chosen theme.
fn follow_theme(store: Store) {
    let theme = store.part(|state| state.view.layout.theme);
    effect(move || {
        let theme = theme.get();
        if let Some(host) = store.host() {
            host.set_theme(theme);
        }
    });
}

fn notices(store: Store) -> Vec<NoticeItem> {
    let messages = store.messages().get();
    let offline = store.is_offline().get().then(|| NoticeItem {
        id: OFFLINE,
        kind: NoticeKind::Warning,
        text: "The server cannot be reached. What is here stays; the rest follows when it answers again.".to_owned(),
        action: Some("Retry now".to_owned()),
    });
    let told = messages.into_iter().map(|message| NoticeItem {
        id: message.id,
        kind: match message.tone {
            Tone::Done => NoticeKind::Done,
            Tone::Warning => NoticeKind::Warning,
            Tone::Error | Tone::Retry => NoticeKind::Error,
        },
        text: with_isolated_quotes(&message.text),
        action: (message.tone == Tone::Retry).then(|| "Retry".to_owned()),
    });
    offline.into_iter().chain(told).collect()
}
