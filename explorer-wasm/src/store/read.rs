//! What components read: parts of the state, of the data and of the picture, as signals that change
//! when their part does.

use std::sync::Arc;

use explorer_core::{
    dataset::Tissue,
    embed::Settings,
    session::{ColorStatus, Colors, LabelCentroid, Session, Unit},
    state::{AppState, GeneKey, Panel, PanelIdx},
};
use gloo_timers::callback::Timeout;
use leptos::prelude::*;
use shared_fbs::{
    api::{Endpoint, SMALL_PX},
    manifest::{Manifest, PosterTheme},
};

use super::{CompareStatus, HoveredCell, InquiryStatus, MarkersStatus, Message, Phase, Placing, PlotStatus, Store};
use crate::{
    bridge::{Bounds, Plane},
    fetch::{Address, Source},
    view::effect,
};

/// How long the filters must not change before what takes a look at every cell is computed anew.
const REST_MILLIS: u32 = 100;

impl Store {
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

    /// The address of the document that describes the dataset, where the page is the site's that has it.
    pub fn about(self) -> Option<String> {
        let inner = self.inner()?;
        let is_of_site = match inner.address {
            Address::Server(_) => inner.host.is_by_itself(),
            Address::Directory(_) | Address::Host => false,
        };
        let id = self.peek(|state| state.view.dataset.clone()).filter(|_| is_of_site)?;
        Some(format!("{}{}", inner.host.base(), Endpoint::About { id: id.into() }.address()))
    }

    /// The addresses of small pictures of an embedding on light and on dark, where the dataset has them and the page may
    /// show them: those of its own site.
    pub fn pictures_of_embedding(self, key: &str) -> Option<[String; 2]> {
        let inner = self.inner()?;
        let source = Source::new(&inner.address, inner.host.base());
        let files = self.with_session(|session| {
            let manifest = session.manifest();
            let at = manifest.embeddings.iter().position(|embedding| embedding.key == key)?;
            let file = |theme| Some(manifest.poster_of(at as u32, theme, SMALL_PX)?.file.clone());
            Some([file(PosterTheme::Light)?, file(PosterTheme::Dark)?])
        })??;
        let addresses = files.map(|file| source.file(&file));
        addresses.iter().all(|address| address.starts_with(inner.host.base())).then_some(addresses)
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

    /// How the markers that are open stand.
    pub fn marking(self) -> Signal<MarkersStatus> {
        self.marking.into()
    }

    /// How the plot that is open stands.
    pub fn plotting(self) -> Signal<PlotStatus> {
        self.plotting.into()
    }

    /// How the question about some cells that is open stands.
    pub fn asking(self) -> Signal<InquiryStatus> {
        self.asking.into()
    }

    /// The cell under the pointer.
    pub fn tip(self) -> Signal<Option<HoveredCell>> {
        self.tip.into()
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

    /// Reads the open dataset once; `None` before it is open.
    pub fn with_session<T>(self, read: impl FnOnce(&Session) -> T) -> Option<T> {
        self.with_opened(|opened| read(&opened.session))
    }

    /// Reads the open dataset once, or learns that there is none yet.
    pub fn with_session_if_open<T>(self, read: impl FnOnce(Option<&Session>) -> T) -> T {
        match self.inner() {
            Some(inner) => read(inner.opened.borrow().as_ref().map(|opened| &opened.session)),
            None => read(None),
        }
    }

    /// Whether all cells are to be painted again.
    pub fn is_repaint_due(self) -> bool {
        self.with_session(Session::is_repaint_due).unwrap_or(false)
    }

    /// Reads the manifest once.
    pub fn with_manifest<T>(self, read: impl FnOnce(&Manifest) -> T) -> Option<T> {
        self.with_session(|session| read(session.manifest()))
    }

    /// The panel that commands are about.
    pub fn focused(self) -> PanelIdx {
        self.peek(AppState::focused)
    }

    /// The key of the embedding or scatter plot that the picture of a panel is of: the one asked for, or, until its first
    /// positions come, the former one.
    pub fn projection(self, panel: PanelIdx) -> Option<String> {
        let drawn = self.with_opened(|opened| opened.drawn(panel).map(str::to_owned)).flatten();
        drawn.or_else(|| self.projection_asked(panel))
    }

    /// The key of the one that is asked for.
    pub fn projection_asked(self, panel: PanelIdx) -> Option<String> {
        let key = self.peek(|state| key_of(state, panel));
        self.with_session(|session| session.projection(key?.as_deref())).flatten()
    }

    /// How the Explorer presents itself.
    pub fn settings(self) -> Signal<Settings> {
        self.settings.into()
    }

    /// Whether to say that the server cannot be reached.
    pub fn is_offline(self) -> Signal<bool> {
        self.is_offline.into()
    }

    /// How the state names a layer: not at all when it is the default.
    pub fn layer_key(self, name: &str) -> Option<String> {
        self.with_session(|session| session.layer_key(name)).unwrap_or_else(|| Some(name.to_owned()))
    }

    /// What a gene is shown as.
    pub fn gene_label(self, key: &GeneKey) -> String {
        self.with_session(|session| session.gene_label(key)).unwrap_or_else(|| key.gene.clone())
    }

    /// What colors the cells by name.
    pub fn color_name(self) -> Memo<String> {
        let color = self.part(|state| state.view.analysis.color.clone());
        Memo::new(move |_| {
            self.arrived.track();
            color.with(|color| self.with_session(|session| session.color_name(color))).unwrap_or_default()
        })
    }

    /// The same, read once.
    pub fn peek_color_name(self) -> String {
        self.peek(|state| self.with_session(|session| session.color_name(&state.view.analysis.color)))
            .unwrap_or_default()
    }

    /// What the value of the cell under the pointer is in what colors the cells.
    pub fn value_of(self, hovered: &HoveredCell) -> Option<String> {
        self.peek(|state| {
            let analysis = &state.view.analysis;
            self.with_session(|session| match (session.rounded_column(analysis), &hovered.exact) {
                (Some(rounded), Some((column, value))) => (rounded == column).then(|| value.clone()),
                (Some(_), None) => None,
                (None, _) => session.value_of(analysis, hovered.cell),
            })
            .flatten()
        })
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
            self.with_opened_mut(|opened| read(&mut opened.session))
        })
    }

    /// What takes a look at every cell, computed anew also when what colors the cells changes, only while it `is_asked`,
    /// and once the filters rest: not at each step of a drag.
    pub fn counted_and_colored<T: PartialEq + Send + Sync + 'static>(
        self,
        read: impl Fn(&Session) -> T + Send + Sync + 'static,
        is_asked: Memo<bool>,
    ) -> Memo<Option<T>> {
        let (rested, colors) = (RwSignal::new(()), self.colors());
        let pending = StoredValue::new_local(None::<Timeout>);
        effect(move || {
            self.filtered.track();
            // This cancels the one before.
            pending.set_value(Some(Timeout::new(REST_MILLIS, move || {
                // The row may be gone.
                let _ = rested.try_set(());
            })));
        });
        Memo::new(move |_| {
            rested.track();
            self.arrived.track();
            colors.track();
            if is_asked.get() { self.with_session(&read) } else { None }
        })
    }

    /// How cells are colored.
    pub fn colors(self) -> Memo<Colors> {
        Memo::new(move |_| {
            self.painted.track();
            self.with_session(|session| session.colors().clone()).unwrap_or_default()
        })
    }

    /// Whether the colors are those that were asked for.
    pub fn color_status(self) -> Memo<ColorStatus> {
        Memo::new(move |_| {
            self.painted.track();
            self.with_session(Session::color_status).unwrap_or_default()
        })
    }

    /// Cells selected, in view, and in all.
    pub fn numbers(self) -> Memo<(u64, u64, u64)> {
        let numbers = self.counted(|session| session.numbers());
        Memo::new(move |_| numbers.get().unwrap_or_default())
    }

    /// What a panel shows, as the camera needs to know it.
    pub fn plane(self, panel: PanelIdx) -> Memo<Option<Plane>> {
        let asked = self.part(move |state| {
            let shown = state.view.panels.get(panel)?;
            let has_camera = shown.camera.is_some();
            let n_panels = state.view.panels.count();
            Some((shown.kind.clone(), shown.orientation, shown.tissue.library.clone(), has_camera, n_panels))
        });
        let (subset, numbers) = (self.part(|state| state.view.analysis.query.subset.clone()), self.numbers());
        // What decides where the cells of the subset lie: to look at all of them takes a while.
        let decisive = Memo::new(move |_| {
            self.painted.track();
            let (_, orientation, _, has_camera, _) = asked.get()?;
            let is_whole = self.placing.with(|placing| placing.n_placed == placing.n_points);
            let is_part = is_whole && !has_camera && subset.with(|subset| !subset.is_empty());
            is_part.then(|| (subset.get(), numbers.get().1, self.projection(panel), orientation))
        });
        let part = Memo::new(move |_| decisive.with(Option::is_some).then(|| self.bounds(panel)).flatten());
        Memo::new(move |_| {
            self.phase.track();
            self.placing.track();
            self.painted.track();
            let (_, orientation, _, _, n_panels) = asked.get()?;
            // Read before: the store may not be entered twice.
            let (shown, tissue) = (self.projection(panel)?, self.tissue(panel));
            let plane = |session: &Session| match session.manifest().embeddings.iter().find(|entry| entry.key == shown)
            {
                Some(entry) => Plane::new(entry, orientation, tissue.as_ref()),
                None => Plane::of_plot(session.plot_ranges(&shown).copied(), n_panels),
            };
            let part = part.get();
            self.with_session(plane).map(|plane| plane.with_part(part))
        })
    }

    /// The box around the cells of the subset in view, as a panel shows them.
    pub fn bounds(self, panel: PanelIdx) -> Option<Bounds> {
        self.with_scene(panel, |scene| scene.bounds()).flatten()
    }

    /// What the rows of the dataset are called.
    pub fn unit(self) -> Memo<Unit> {
        Memo::new(move |_| {
            self.phase.track();
            self.with_manifest(Unit::of).unwrap_or_default()
        })
    }

    /// The tissues whose images can lie under what a panel shows.
    pub fn tissues(self, panel: PanelIdx) -> Vec<Tissue> {
        let Some(shown) = self.projection(panel) else { return Vec::new() };
        let tissues = |session: &Session| {
            let entry = session.manifest().embeddings.iter().find(|entry| entry.key == shown)?;
            Some(Tissue::all_under(session.manifest(), entry))
        };
        self.with_session(tissues).flatten().unwrap_or_default()
    }

    /// The one that is chosen, or else the first.
    pub fn tissue(self, panel: PanelIdx) -> Option<Tissue> {
        let library = self.peek(|state| state.view.panels.get(panel).and_then(|panel| panel.tissue.library.clone()));
        let tissues = self.tissues(panel);
        let chosen = tissues.iter().find(|tissue| Some(&tissue.library) == library.as_ref());
        chosen.or(tissues.first()).cloned()
    }

    /// The labels to write over the picture of a panel: none unless they are asked for, and color the cells.
    pub fn label_centroids(self, panel: PanelIdx) -> Memo<Arc<[LabelCentroid]>> {
        let asked = self.part(move |state| (state.view.layout.labels, key_of(state, panel).flatten()));
        let basis = Memo::new(move |_| {
            self.painted.track();
            self.arrived.track();
            let (labels, embedding) = asked.get();
            let basis = |session: &Session| session.centroid_basis(embedding.as_deref());
            if labels { self.with_session(basis).flatten() } else { None }
        });
        Memo::new(move |_| {
            let centroids = basis.with(|basis| {
                let basis = basis.as_ref()?;
                self.with_session(|session| session.label_centroids(basis))
            });
            centroids.unwrap_or_default().into()
        })
    }
}

/// The key of what a panel is to show, `None` within of the default embedding; `None` where there is no such panel.
fn key_of(state: &AppState, panel: PanelIdx) -> Option<Option<String>> {
    state.view.panels.get(panel).map(Panel::key)
}
