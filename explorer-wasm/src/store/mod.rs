//! The store: the state in one signal, the data beside it, and the only hands that write either.
//!
//! Components dispatch actions and read signals. What is large (columns, masks, positions) lies
//! beside the signals; counters tell those who read it that it has changed. After every action and
//! every arrival `Store::settle` brings data, filter and colours in line with the state.

mod centroids;
mod compare;
mod engine;
mod link;
mod load;
mod loaded;
mod painter;
mod roads;
mod session;

use std::{cell::RefCell, rc::Rc, sync::Arc};

use explorer_core::{
    data::{CellIdx, Column},
    format,
    state::{Action, AppState, ColorBy, Comparison, DimensionKey, History},
};
use leptos::prelude::*;
use shared_fbs::{
    manifest::{Embedding, Manifest},
    tile::Categories,
};

use crate::{
    bridge::{Paint, Plane, Scene},
    fetch::{Address, FetchError},
};

pub use centroids::LabelCentroid;
use compare::Desk;
pub use compare::{CompareStatus, DeResult};
pub use engine::{BinCounts, GroupCounts};
pub use link::{link_text, view_of_link};
pub use loaded::{GeneTable, Slot};
pub use painter::{Colors, Standing};
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
    /// Whether something failed.
    pub is_error: bool,
    /// The message, in a sentence.
    pub text: String,
    /// Whether trying again may help.
    pub can_retry: bool,
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
    tip: RwSignal<Option<(CellIdx, String)>>,
    inner: StoredValue<Inner, LocalStorage>,
}

struct Inner {
    address: Address,
    /// The address of the page's root, ending in `/`.
    root: String,
    session: Rc<RefCell<Option<Session>>>,
    desk: Rc<RefCell<Desk>>,
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
            tip: RwSignal::default(),
            inner: StoredValue::new_local(Inner { address, root, session: Rc::default(), desk: Rc::default() }),
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

    /// A part of the state, as a signal that changes when the part does.
    pub fn part<T: PartialEq + Send + Sync + 'static>(
        self,
        part: impl Fn(&AppState) -> T + Send + Sync + 'static,
    ) -> Memo<T> {
        Memo::new(move |_| self.history.with(|history| part(history.present())))
    }

    /// Reads the state once.
    pub fn peek<T>(self, read: impl FnOnce(&AppState) -> T) -> T {
        self.history.with_untracked(|history| read(history.present()))
    }

    /// Whether there are steps to undo, and to redo.
    pub fn can_undo_redo(self) -> Memo<(bool, bool)> {
        Memo::new(move |_| self.history.with(|history| (history.can_undo(), history.can_redo())))
    }

    /// How the dataset stands.
    pub fn phase(self) -> Signal<Phase> {
        self.phase.into()
    }

    /// How far the picture is.
    pub fn placing(self) -> Signal<Placing> {
        self.placing.into()
    }

    /// Counts changes of what the picture shows.
    pub fn painted(self) -> Signal<u32> {
        self.painted.into()
    }

    /// What to tell the user.
    pub fn messages(self) -> Signal<Vec<Message>> {
        self.messages.into()
    }

    /// How the comparison that is open stands.
    pub fn comparing(self) -> Signal<CompareStatus> {
        self.comparing.into()
    }

    /// The cell under the pointer and its id.
    pub fn tip(self) -> Signal<Option<(CellIdx, String)>> {
        self.tip.into()
    }

    /// Takes a message away.
    pub fn dismiss(self, id: u32) {
        self.messages.update(|messages| messages.retain(|message| message.id != id));
    }

    /// Tells the user something, unless it stands there already.
    pub fn tell(self, text: String, is_error: bool, can_retry: bool) {
        let stands = self.messages.with_untracked(|messages| messages.iter().any(|message| message.text == text));
        if !stands {
            self.messages.update(|messages| {
                let id = messages.iter().map(|message| message.id + 1).max().unwrap_or(0);
                messages.push(Message { id, is_error, text, can_retry });
            });
        }
    }

    /// A value of what is loaded, computed anew whenever data arrive. `None` before the dataset is
    /// open.
    pub fn loaded<T: PartialEq + Send + Sync + 'static>(
        self,
        read: impl Fn(&Session) -> T + Send + Sync + 'static,
    ) -> Memo<Option<T>> {
        Memo::new(move |_| {
            self.arrived.track();
            self.phase.track();
            self.with_session(&read)
        })
    }

    /// The same within a memo of the caller's.
    pub fn read_loaded<T>(self, read: impl FnOnce(&Session) -> T) -> Option<T> {
        self.arrived.track();
        self.phase.track();
        self.with_session(read)
    }

    /// Reads the manifest once.
    pub fn with_manifest<T>(self, read: impl FnOnce(&Manifest) -> T) -> Option<T> {
        self.with_session(|session| read(session.dataset.manifest()))
    }

    /// The key of the embedding that is shown.
    pub fn embedding_key(self) -> Option<String> {
        let key = self.peek(|state| state.view.analysis.embedding.clone());
        let read = |(_, found): (usize, &Embedding)| found.key.clone();
        self.with_session(|session| session.dataset.embedding_to_show(key.as_deref()).map(read)).flatten()
    }

    /// How the state names a layer: not at all when it is the default.
    pub fn layer_key(self, name: &str) -> Option<String> {
        let is_default =
            self.with_session(|session| session.dataset.layer(None).is_ok_and(|(_, layer)| layer.name == name));
        (is_default != Some(true)).then(|| name.to_owned())
    }

    /// The name of a layer that the state names; empty before the dataset is open.
    pub fn layer_name(self, key: Option<&str>) -> String {
        match key {
            Some(name) => name.to_owned(),
            None => self
                .with_session(|session| session.dataset.layer(None).map(|(_, layer)| layer.name.clone()))
                .and_then(Result::ok)
                .unwrap_or_default(),
        }
    }

    /// Whether the layer that genes are listed in has a gene.
    pub fn has_gene(self, name: &str) -> bool {
        let layer = self.peek(|state| state.view.analysis.layer.clone());
        let table = self.with_session(|session| session.gene_table(layer.as_deref())).flatten();
        table.is_some_and(|table| table.find(name).is_some())
    }

    /// The code of a label.
    pub fn label_code(self, column: &str, label: &str) -> Option<u32> {
        let code = self.with_session(|session| {
            let categories = session.categories(column)?;
            categories.labels.iter().position(|known| known == label)
        });
        u32::try_from(code??).ok()
    }

    /// What a cell's value is in what colours the cells.
    pub fn value_of(self, cell: CellIdx) -> Option<String> {
        let color = self.peek(|state| state.view.analysis.color.clone());
        self.with_session(|session| session.value_of(&color, cell)).flatten()
    }

    /// A value of the filter, computed anew whenever what is selected changes or data arrive.
    /// `None` before the dataset is open.
    pub fn counted<T: PartialEq + Send + Sync + 'static>(
        self,
        read: impl Fn(&mut Session) -> T + Send + Sync + 'static,
    ) -> Memo<Option<T>> {
        Memo::new(move |_| {
            self.filtered.track();
            self.arrived.track();
            self.phase.track();
            self.with_session_mut(&read)
        })
    }

    /// How cells are coloured.
    pub fn colors(self) -> Memo<Colors> {
        Memo::new(move |_| {
            self.painted.track();
            self.with_session(|session| session.colors().clone()).unwrap_or_default()
        })
    }

    /// Whether the colours are those that were asked for.
    pub fn color_standing(self) -> Memo<Standing> {
        Memo::new(move |_| {
            self.painted.track();
            self.with_session(|session| session.painter.standing()).unwrap_or_default()
        })
    }

    /// Cells selected, in view, and in all.
    pub fn numbers(self) -> Memo<(u64, u64, u64)> {
        let numbers = self.counted(|session| session.numbers());
        Memo::new(move |_| numbers.get().unwrap_or_default())
    }

    /// The embedding shown, as the camera needs to know it.
    pub fn plane(self) -> Memo<Option<Plane>> {
        let key = self.part(|state| state.view.analysis.embedding.clone());
        Memo::new(move |_| {
            self.phase.track();
            let key = key.get();
            let read = |(_, found): (usize, &Embedding)| Plane::new(found);
            self.with_session(|session| session.dataset.embedding_to_show(key.as_deref()).map(read)).flatten()
        })
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
        self.messages.update(|messages| messages.retain(|message| !message.is_error));
        if matches!(self.phase.get_untracked(), Phase::Failed(_)) {
            self.open();
            return;
        }
        self.with_session_mut(|session| session.loaded.forget_failures());
        self.settle();
    }

    /// The comparison that is open.
    pub fn shown_comparison(self) -> Memo<Option<Comparison>> {
        self.part(|state| state.view.panels.comparison.clone())
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
            let colored = session.painter.sync(&analysis.color, &analysis.color_options, opacity, &session.loaded);
            session.needs_paint |= filtered || colored;
            (filtered, colored)
        });
        let (filtered, colored) = changed.unwrap_or_default();
        if filtered {
            self.filtered.update(|count| *count += 1);
        }
        if filtered || colored {
            self.painted.update(|count| *count += 1);
        }
        self.follow_comparison(&view);
    }
}

impl Session {
    /// Cells selected, in view, and in all.
    pub fn numbers(&self) -> (u64, u64, u64) {
        (self.engine.n_selected(), self.engine.n_visible(), self.loaded.n_obs as u64)
    }

    /// How cells are coloured.
    pub fn colors(&self) -> &Colors {
        self.painter.colors()
    }

    /// Counts of the labels of a column.
    pub fn label_counts(&mut self, column: &str) -> Option<GroupCounts> {
        self.engine.label_counts(column, &self.loaded)
    }

    /// The histogram of a column or gene.
    pub fn histogram(&mut self, key: &DimensionKey) -> Option<BinCounts> {
        self.engine.histogram(key, &self.loaded)
    }

    /// Labels, counts and colours of a column, when they are there.
    pub fn categories(&self, column: &str) -> Option<Arc<Categories>> {
        self.loaded.categories.get(column)?.ready().cloned()
    }

    /// A cell's value in what colours the cells, as text.
    fn value_of(&self, color: &ColorBy, cell: CellIdx) -> Option<String> {
        let number = |value: f32| {
            if value.is_nan() { "missing".to_owned() } else { format::significant(f64::from(value), 4) }
        };
        match color {
            ColorBy::None => None,
            ColorBy::Gene(key) => self.loaded.gene(key)?.values.get(cell.0 as usize).copied().map(number),
            ColorBy::Obs(name) => match self.loaded.column(name)? {
                Column::Continuous(column) => column.values.get(cell.0 as usize).copied().map(number),
                Column::Categorical(column) => {
                    let label = column.categories.get(column.codes.get(cell) as usize);
                    Some(label.map_or_else(|| "missing".to_owned(), Clone::clone))
                }
            },
        }
    }

    /// The genes of a layer, when they are there.
    pub fn gene_table(&self, layer: Option<&str>) -> Option<Arc<GeneTable>> {
        let (layer, _) = self.dataset.layer(layer).ok()?;
        self.loaded.tables.get(&layer)?.ready().cloned()
    }

    /// Gives the points their colours, when anything about them has changed.
    fn repaint(&mut self) {
        if !std::mem::take(&mut self.needs_paint) {
            return;
        }
        let paint = Paint { indices: self.painter.indices(), by_value: self.painter.is_by_value() };
        self.scene.paint(paint, &self.engine.selected(), self.engine.visible());
        self.scene.set_lut(self.painter.table().to_vec());
    }
}
