//! The store: the state in one signal, the data next to it, and the only hands that write either.
//!
//! Components dispatch actions and read signals. What is large (columns, masks, positions) lies
//! outside the signals; counters tell those who read it that it has changed. After every action and
//! every arrival `Store::settle` brings data, filter and colors in line with the state: what follows is decided by
//! `explorer_core::session`, and what it takes from the browser is done here.

mod access;
mod answers;
mod cell_table;
mod cells;
mod compare;
mod figures;
mod hover;
mod inquiries;
mod job_runner;
mod kept;
mod link;
mod load;
mod markers;
mod offline;
mod opened;
mod own_columns;
mod place;
mod plots;
mod preferences;
mod read;
mod routes;
mod samples;
mod selection;
mod tissue;

use std::{
    cell::{Cell, RefCell},
    collections::BTreeSet,
    rc::Rc,
    sync::atomic::{AtomicU32, Ordering},
};

use explorer_core::{
    color::{Ground, Rgb},
    embed::{Cause, Failure, Settings, SettingsChange},
    session::{JobStatus, Progress, Question, Window},
    state::{Action, AppState, CellSet, History, Inquiry, OwnColumn, PanelIdx, Touches, ViewSpec},
};
use futures_util::future::AbortHandle;
use leptos::prelude::*;

use crate::{
    bridge::Scene,
    fetch::{Address, FetchError},
    host::Host,
    owner::Alive,
    platform,
};

use access::DataAccess;
use answers::{AnswerSignals, Answers};
pub use answers::{AskedSets, OtherStatus, SetsStatus, SpreadAnswer, SpreadStatus};
use compare::LastSides;
pub use explorer_core::session::{DeResult, MarkersResult};
pub use figures::{AskedFigure, FigureFile};
use hover::PointedCell;
pub use hover::{HoveredCell, Pointed};
pub use inquiries::Answered;
use job_runner::JobRunner;
use kept::Kept;
pub use link::view_of_link;
use opened::Opened;
pub use plots::{AskedPlot, DrawnPlot};
pub use preferences::{Hint, begin_with_preferences};
use routes::RouteStats;

/// How the comparison that is open stands.
pub type CompareStatus = JobStatus<DeResult, Progress>;

/// How the markers that are open stand.
pub type MarkersStatus = JobStatus<MarkersResult, Progress>;

/// How the plot that is open stands.
pub type PlotStatus = JobStatus<DrawnPlot, Progress>;

/// How the question about some cells that is open stands.
pub type InquiryStatus = JobStatus<Answered, Progress>;

/// Results kept of each kind, the latest first: a table of 60 000 genes takes 6 MB.
const MOST_RESULTS: usize = 8;
/// How long it is told that something was done.
const DONE_MILLIS: u32 = 8_000;

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
    /// Own columns of a link or a file whose names are taken.
    offered: RwSignal<Vec<OwnColumn>>,
    tip: RwSignal<Option<HoveredCell>>,
    comparing: RwSignal<CompareStatus>,
    marking: RwSignal<MarkersStatus>,
    plotting: RwSignal<PlotStatus>,
    asking: RwSignal<InquiryStatus>,
    answers: AnswerSignals,
    /// Whether to say that the server cannot be reached.
    is_offline: RwSignal<bool>,
    /// How the Explorer presents itself.
    settings: RwSignal<Settings>,
    alive: Alive,
    inner: StoredValue<Rc<Inner>, LocalStorage>,
}

struct Inner {
    host: Rc<dyn Host>,
    address: Address,
    opened: RefCell<Option<Opened>>,
    comparisons: Rc<JobRunner<Question, DeResult>>,
    markers: Rc<JobRunner<explorer_core::state::Markers, MarkersResult>>,
    plots: Rc<JobRunner<AskedPlot, DrawnPlot>>,
    inquiries: Rc<JobRunner<Inquiry, Answered>>,
    answers: Answers,
    /// What is known of the sets that were compared last.
    last_sides: [RefCell<LastSides>; 2],
    /// What has been learned of the routes to moments.
    routes: RefCell<RouteStats>,
    /// What the picture shows of the embedding.
    window: Cell<Option<Window>>,
    /// Ends the fetching of what the pointer was over.
    prefetch: Cell<Option<AbortHandle>>,
    /// The cell of the picture that the pointer is over.
    pointed_cell: Cell<Option<PointedCell>>,
    /// What has been told of the names in a link, as long as the view is the link's.
    told_of_link: RefCell<Option<BTreeSet<String>>>,
    /// Own columns as the browser keeps them.
    kept_columns: RefCell<Kept<OwnColumn>>,
    /// Cell sets as the browser keeps them.
    kept_sets: RefCell<Kept<CellSet>>,
    /// Whether the server could not be reached, and is tried from time to time.
    is_lost: Cell<bool>,
    /// Bytes that had come when it was last found so.
    fetched_when_lost: Cell<u64>,
    /// For whom the store acts at this moment.
    acts_for: Cell<Cause>,
    /// Who changed the state last.
    cause: Cell<Cause>,
}

impl Store {
    /// A store for the dataset at an address, in a host.
    pub fn new(host: Rc<dyn Host>, address: Address, state: AppState) -> Self {
        let (comparing, marking, alive) = (RwSignal::default(), RwSignal::default(), Alive::here());
        let (plotting, asking, answers) = (RwSignal::default(), RwSignal::default(), AnswerSignals::default());
        Self {
            history: RwSignal::new(History::new(state)),
            phase: RwSignal::default(),
            arrived: RwSignal::new(0),
            filtered: RwSignal::new(0),
            painted: RwSignal::new(0),
            placing: RwSignal::default(),
            messages: RwSignal::default(),
            offered: RwSignal::default(),
            tip: RwSignal::default(),
            comparing,
            marking,
            plotting,
            asking,
            answers,
            is_offline: RwSignal::new(false),
            settings: RwSignal::new(host.settings()),
            alive,
            inner: StoredValue::new_local(Rc::new(Inner {
                host,
                address,
                opened: RefCell::default(),
                comparisons: JobRunner::new(MOST_RESULTS, comparing, alive),
                markers: JobRunner::new(MOST_RESULTS, marking, alive),
                plots: JobRunner::new(MOST_RESULTS, plotting, alive),
                inquiries: JobRunner::new(MOST_RESULTS, asking, alive),
                answers: Answers::new(answers, alive),
                last_sides: <_>::default(),
                routes: RefCell::default(),
                window: Cell::default(),
                prefetch: Cell::default(),
                pointed_cell: Cell::default(),
                told_of_link: RefCell::default(),
                kept_columns: RefCell::default(),
                kept_sets: RefCell::default(),
                is_lost: Cell::new(false),
                fetched_when_lost: Cell::new(0),
                acts_for: Cell::default(),
                cause: Cell::new(Cause::Link),
            })),
        }
    }

    /// What the Explorer stands in; `None` once the Explorer is gone.
    pub fn host(self) -> Option<Rc<dyn Host>> {
        Some(Rc::clone(&self.inner()?.host))
    }

    /// Runs a task, which goes no further once the Explorer is gone.
    pub fn spawn(self, task: impl Future<Output = ()> + 'static) {
        self.alive.spawn(task);
    }

    /// Whether the Explorer is there, for what goes on later.
    pub(crate) fn alive(self) -> Alive {
        self.alive
    }

    /// Carries out an action, and all that follows from it.
    pub fn dispatch(self, mut action: Action) {
        if let Action::Restore(view) = &mut action {
            self.join_kept(view);
        }
        let touches = action.touches();
        self.note_cause();
        if touches == Touches::Data {
            self.begin_link_check(matches!(action, Action::Restore(_)));
        }
        self.history.update(|history| history.dispatch(action));
        match touches {
            Touches::View => {}
            Touches::Hover => self.follow_hover(),
            Touches::Data => self.settle(),
        }
    }

    /// Puts a view in the place of the present one, which is no step that could be undone, and does all that follows.
    pub fn replace_view(self, mut view: ViewSpec) {
        self.join_kept(&mut view);
        self.note_cause();
        self.begin_link_check(true);
        self.history.update(|history| history.amend(view));
        self.settle();
    }

    /// Acts for somebody else than the user: what changes meanwhile is told as theirs.
    pub fn on_behalf_of<T>(self, cause: Cause, act: impl FnOnce() -> T) -> T {
        let Some(inner) = self.inner() else { return act() };
        let before = inner.acts_for.replace(cause);
        let done = act();
        inner.acts_for.set(before);
        done
    }

    /// Who changed the state last.
    pub fn cause(self) -> Cause {
        self.inner().map(|inner| inner.cause.get()).unwrap_or_default()
    }

    /// Changes how the Explorer presents itself.
    ///
    /// # Errors
    /// When a value is none; then nothing is changed.
    pub fn configure(self, change: &SettingsChange) -> Result<(), Failure> {
        let mut settings = self.settings.get_untracked();
        let theme = settings.change(change)?;
        self.settings.set(settings);
        if let Some(theme) = theme {
            self.dispatch(Action::SetTheme(theme.into()));
        }
        Ok(())
    }

    /// Takes a message away.
    pub fn dismiss(self, id: u32) {
        self.messages.update(|messages| messages.retain(|message| message.id != id));
    }

    /// Tells the user something, unless it stands there already. What was done is told until something else was, or a
    /// while has passed.
    pub fn tell(self, text: String, tone: Tone) {
        static NEXT: AtomicU32 = AtomicU32::new(0);
        let stands = self.messages.with_untracked(|messages| messages.iter().any(|message| message.text == text));
        if stands {
            return;
        }
        let id = NEXT.fetch_add(1, Ordering::Relaxed);
        let is_done = tone == Tone::Done;
        self.messages.update(|messages| {
            messages.retain(|message| !(is_done && message.tone == Tone::Done));
            messages.push(Message { id, text, tone });
        });
        if is_done {
            self.spawn(async move {
                platform::sleep(DONE_MILLIS).await;
                self.dismiss(id);
            });
        }
    }

    /// Says what the cells are drawn on.
    pub fn set_background(self, background: Rgb) {
        self.with_opened_mut(|opened| opened.session.set_ground(Ground::like(background)));
        self.settle();
    }

    /// The points of a panel, for its picture. Brings the colors of all up to date first.
    pub fn with_scene<T>(self, panel: PanelIdx, act: impl FnOnce(&mut Scene) -> T) -> Option<T> {
        self.with_opened_mut(|opened| opened.painted(panel).map(act)).flatten()
    }

    /// Forgets what failed and asks for it again.
    pub fn retry(self) {
        self.messages.update(|messages| messages.retain(|message| !matches!(message.tone, Tone::Error | Tone::Retry)));
        self.is_offline.set(false);
        if matches!(self.phase.get_untracked(), Phase::Failed(_)) {
            self.open();
            return;
        }
        self.with_opened_mut(|opened| opened.session.forget_failures());
        self.settle();
    }

    /// Asks the open comparison again, after a failure.
    pub fn retry_comparison(self) {
        if let Some(inner) = self.inner() {
            inner.comparisons.retry();
        }
        self.settle();
    }

    /// Asks for the open markers again, after a failure.
    pub fn retry_markers(self) {
        if let Some(inner) = self.inner() {
            inner.markers.retry();
        }
        self.settle();
    }

    /// Asks for the open plot again, after a failure.
    pub fn retry_plot(self) {
        if let Some(inner) = self.inner() {
            inner.plots.retry();
        }
        self.settle();
    }

    /// Asks the open question about some cells again, after a failure.
    pub fn retry_inquiry(self) {
        if let Some(inner) = self.inner() {
            inner.inquiries.retry();
        }
        self.settle();
    }

    /// Forgets the answers that go by a column that is another by now.
    fn forget_answers(self) {
        let renewed = self.with_opened_mut(|opened| opened.session.take_renewed()).unwrap_or_default();
        if let Some(inner) = self.inner().filter(|_| !renewed.is_empty()) {
            inner.last_sides.iter().for_each(|last| drop(last.take()));
            inner.answers.forget(|uses| renewed.iter().any(|column| uses(column)));
            inner.comparisons.forget(|asked| renewed.iter().any(|column| asked.uses_column(column)));
            inner.markers.forget(|asked| renewed.iter().any(|column| asked.uses_column(column)));
            inner.plots.forget(|asked| renewed.iter().any(|column| asked.plot.uses_column(column)));
            inner.inquiries.forget(|asked| renewed.iter().any(|column| asked.uses_column(column)));
        }
    }

    fn note_cause(self) {
        if let Some(inner) = self.inner() {
            inner.cause.set(inner.acts_for.get());
        }
    }

    /// What lies outside the signals; `None` once the page is gone.
    fn inner(self) -> Option<Rc<Inner>> {
        self.inner.try_get_value()
    }

    /// The open dataset, for a job; `None` before there is one.
    fn access(self) -> Option<DataAccess> {
        let inner = self.inner()?;
        let (dataset, pool) = self.with_opened(|opened| (opened.dataset.clone(), Rc::clone(&opened.pool)))?;
        Some(DataAccess { inner, dataset, pool })
    }

    /// Reads the open dataset; `None` before there is one. Within `read` nothing may write it: that is a mistake of the
    /// page's own and ends it.
    fn with_opened<T>(self, read: impl FnOnce(&Opened) -> T) -> Option<T> {
        self.inner()?.opened.borrow().as_ref().map(read)
    }

    /// Changes the open dataset; `None` before there is one. Within `act` nothing else may read or write it.
    fn with_opened_mut<T>(self, act: impl FnOnce(&mut Opened) -> T) -> Option<T> {
        self.inner()?.opened.borrow_mut().as_mut().map(act)
    }

    /// Brings data, filter and colors in line with the state.
    fn settle(self) {
        // A link may be written by hand; a host page may name genes as people do.
        if let Some(named) = self.peek(|state| self.with_session(|session| session.named(&state.view))).flatten() {
            self.history.update(|history| history.amend(named));
        }
        if let Some((mended, told)) =
            self.peek(|state| self.with_session(|session| session.mended(&state.view))).flatten()
        {
            self.history.update(|history| history.amend(mended));
            told.into_iter().for_each(|told| self.tell(told, Tone::Warning));
        }
        self.check_names();
        let view = self.peek(|state| state.view.clone());
        self.load_next(&view);
        let changes =
            self.with_opened_mut(|opened| opened.session.follow(&view.analysis, view.panels.first().points.opacity()));
        let changes = changes.unwrap_or_default();
        let has_other_panels = self.with_opened_mut(|opened| opened.follow_panels(&view)) == Some(true);
        if changes.selection {
            self.filtered.update(|count| *count += 1);
        }
        if changes.picture || has_other_panels {
            self.painted.update(|count| *count += 1);
        }
        self.keep(&view);
        self.forget_answers();
        self.follow_comparison(&view);
        self.follow_markers(&view);
        self.follow_plot(&view);
        self.follow_inquiry(&view);
        self.follow_answers(&view);
    }
}
