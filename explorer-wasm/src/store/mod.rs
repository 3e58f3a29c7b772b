//! The store: the state in one signal, the data beside it, and the only hands that write either.
//!
//! Components dispatch actions and read signals. What is large (columns, masks, positions) lies
//! beside the signals; counters tell those who read it that it has changed. After every action and
//! every arrival `Store::settle` brings data, filter and colours in line with the state.

mod centroids;
mod compare;
mod engine;
mod gene;
mod gene_sets;
mod hover;
mod keep;
mod link;
mod load;
mod loaded;
mod markers;
mod painter;
mod place;
mod read;
mod roads;
mod samples;
mod session;
mod sight;

use std::{
    cell::{Cell, RefCell},
    rc::Rc,
};

use explorer_core::{
    data::CellIdx,
    state::{Action, AppState, History},
};
use futures_util::future::AbortHandle;
use leptos::prelude::*;

use crate::{
    bridge::{Scene, Window},
    fetch::{Address, FetchError},
};

pub use centroids::LabelCentroid;
use compare::Desk;
pub use compare::{Answer, CompareStatus, DeResult};
pub use engine::{BinCounts, GroupCounts};
pub use hover::Pointed;
pub use link::{link_text, view_of_link};
pub use loaded::{GeneTable, Slot};
use markers::MarkersDesk;
pub use markers::{LabelMarkers, MarkersResult, MarkersStatus};
use painter::Repaint;
pub use painter::{Colors, Standing};
pub use samples::{SampleAnswer, SampleMeans};
pub use session::Session;

/// How the dataset stands.
#[derive(Clone, Debug, Default, PartialEq)]
pub enum Phase {
    /// The manifest is on its way.
    #[default]
    Opening,
    /// It is open.
    Ready,
    /// It could not be opened.
    Failed(FetchError),
}

/// How far the picture is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Placing {
    /// Cells whose positions have arrived.
    pub n_placed: u32,
    /// Cells in all.
    pub n_points: u32,
}

/// Something to tell the user.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Message {
    /// Which one it is.
    pub id: u32,
    /// The message, in a sentence.
    pub text: String,
    /// How much it matters.
    pub tone: Tone,
}

/// How much a message matters.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Tone {
    /// Something was done.
    Done,
    /// Something is not as asked.
    Warning,
    /// Something failed.
    Error,
    /// Something failed, and trying again may help.
    Retry,
}

/// The store. Copies are handles of the same.
#[derive(Clone, Copy)]
pub struct Store {
    history: RwSignal<History>,
    phase: RwSignal<Phase>,
    /// Counts arrivals and failures of data.
    arrived: RwSignal<u32>,
    /// Counts changes of what is selected.
    filtered: RwSignal<u32>,
    /// Counts changes of what the picture shows, apart from the camera.
    painted: RwSignal<u32>,
    placing: RwSignal<Placing>,
    messages: RwSignal<Vec<Message>>,
    comparing: RwSignal<CompareStatus>,
    marking: RwSignal<MarkersStatus>,
    tip: RwSignal<Option<(CellIdx, String)>>,
    inner: StoredValue<Inner, LocalStorage>,
}

struct Inner {
    address: Address,
    /// The address of the page's root, ending in `/`.
    root: String,
    session: Rc<RefCell<Option<Session>>>,
    desk: Rc<RefCell<Desk>>,
    marker_desk: Rc<RefCell<MarkersDesk>>,
    /// What the picture shows of the embedding.
    window: Cell<Option<Window>>,
    /// Ends the fetching of what the pointer was over.
    prefetch: Cell<Option<AbortHandle>>,
}

impl Store {
    /// A store for the dataset at an address; `root` is the address of the page's root.
    pub fn new(address: Address, root: String, state: AppState) -> Self {
        Self {
            history: RwSignal::new(History::new(state)),
            phase: RwSignal::default(),
            arrived: RwSignal::new(0),
            filtered: RwSignal::new(0),
            painted: RwSignal::new(0),
            placing: RwSignal::default(),
            messages: RwSignal::default(),
            comparing: RwSignal::default(),
            marking: RwSignal::default(),
            tip: RwSignal::default(),
            inner: StoredValue::new_local(Inner {
                address,
                root,
                session: Rc::default(),
                desk: Rc::default(),
                marker_desk: Rc::default(),
                window: Cell::default(),
                prefetch: Cell::default(),
            }),
        }
    }

    /// Carries out an action, and all that follows from it.
    pub fn dispatch(self, action: Action) {
        let is_hover = matches!(action, Action::Hover(_));
        // These move the picture or the page around it; no data hang on them.
        let is_about_view = matches!(
            action,
            Action::SetCamera(_)
                | Action::SetTool(_)
                | Action::SetTheme(_)
                | Action::ToggleLabels
                | Action::SetDrawer(_)
                | Action::ToggleSidebar(_)
                | Action::EndDrag
        );
        self.history.update(|history| history.dispatch(action));
        if is_hover {
            self.follow_hover();
        } else if !is_about_view {
            self.settle();
        }
    }

    /// Takes a message away.
    pub fn dismiss(self, id: u32) {
        self.messages.update(|messages| messages.retain(|message| message.id != id));
    }

    /// Tells the user something, unless it stands there already.
    pub fn tell(self, text: String, tone: Tone) {
        let stands = self.messages.with_untracked(|messages| messages.iter().any(|message| message.text == text));
        if !stands {
            self.messages.update(|messages| {
                let id = messages.iter().map(|message| message.id + 1).max().unwrap_or(0);
                messages.push(Message { id, text, tone });
            });
        }
    }

    /// The points, for the picture. Brings their colours up to date first.
    pub fn with_scene<T>(self, act: impl FnOnce(&mut Scene) -> T) -> Option<T> {
        self.with_session_mut(|session| {
            session.repaint();
            act(&mut session.scene)
        })
    }

    /// Forgets what failed and asks for it again.
    pub fn retry(self) {
        self.messages.update(|messages| messages.retain(|message| !matches!(message.tone, Tone::Error | Tone::Retry)));
        if matches!(self.phase.get_untracked(), Phase::Failed(_)) {
            self.open();
            return;
        }
        self.with_session_mut(|session| session.loaded.forget_failures());
        self.settle();
    }

    fn with_session<T>(self, read: impl FnOnce(&Session) -> T) -> Option<T> {
        let session = self.inner.try_with_value(|inner| Rc::clone(&inner.session))?;
        let session = session.try_borrow().ok()?;
        session.as_ref().map(read)
    }

    fn with_session_mut<T>(self, act: impl FnOnce(&mut Session) -> T) -> Option<T> {
        let session = self.inner.try_with_value(|inner| Rc::clone(&inner.session))?;
        let mut session = session.try_borrow_mut().ok()?;
        session.as_mut().map(act)
    }

    /// Brings data, filter and colours in line with the state.
    fn settle(self) {
        let view = self.peek(|state| state.view.clone());
        self.load_needs(&view);
        let changed = self.with_session_mut(|session| {
            let analysis = &view.analysis;
            let filtered = session.engine.sync(&analysis.query, &session.loaded);
            let opacity = view.points.opacity();
            let repaint = session.painter.sync(analysis, opacity, &session.loaded);
            session.needs_paint |= filtered || repaint == Repaint::Cells;
            (filtered, repaint)
        });
        let (filtered, repaint) = changed.unwrap_or((false, Repaint::Nothing));
        if filtered {
            self.filtered.update(|count| *count += 1);
        }
        if filtered || repaint != Repaint::Nothing {
            self.painted.update(|count| *count += 1);
        }
        self.follow_comparison(&view);
        self.follow_markers(&view);
    }
}
