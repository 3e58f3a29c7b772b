//! What the server tells Prometheus: answers, counted as they are sent, and what is looked up at each scrape.

mod answers;
mod endpoint;
mod kind;
mod process;

use std::{
    fmt,
    sync::{Arc, atomic::Ordering},
};

use prometheus_client::{
    encoding::text,
    metrics::{counter::Counter, family::Family, gauge::Gauge, info::Info},
    registry::Registry,
};

use self::process::Process;
pub(super) use self::{
    answers::{Answers, SentAnswer},
    endpoint::MetricsEndpoint,
    kind::AnswerKind,
};
use super::{
    connections::{Connections, WhyClosed},
    dispatch::App,
    entry::Condition,
    limits::Limits,
    pack_files::PackUses,
    shares::{Resource, most},
};

/// The name and the value of a label.
type Label = (&'static str, &'static str);
type Gauges = Family<[Label; 1], Gauge>;
type Counters = Family<[Label; 1], Counter>;

/// All metrics, with what they are taken from.
pub(super) struct Metrics {
    registry: Registry,
    found: Found,
    process: Process,
    connections: Arc<Connections>,
    app: Arc<App>,
}

/// What is looked up at each scrape.
#[derive(Default)]
struct Found {
    in_use: Gauges,
    refused: Counters,
    accepted: Counter,
    closed: Counters,
    datasets: Gauges,
    open_packs: Gauge,
    pack_uses: Counters,
}

impl Metrics {
    /// Those of this server.
    pub(super) fn of(connections: Arc<Connections>, app: Arc<App>, limits: &Limits) -> Self {
        let mut registry = Registry::default();
        let process = Process::register(&mut registry);
        let ours = registry.sub_registry_with_prefix("tessera");
        ours.register("build", "The program", Info::new([("version", env!("CARGO_PKG_VERSION"))]));
        connections.answers().register(ours);
        let limit = Gauges::default();
        for resource in Resource::ALL {
            let most = i64::try_from(most(limits, resource)).unwrap_or(i64::MAX);
            limit.get_or_create(&[("resource", resource.name())]).set(most);
        }
        ours.register("limit", "What all clients together may take", limit);
        let found = Found::register(ours);
        Self { registry, found, process, connections, app }
    }

    /// All of them, as OpenMetrics text.
    pub(super) fn text(&self) -> Result<String, fmt::Error> {
        self.process.look();
        self.found.look(&self.connections, &self.app);
        let mut text = String::new();
        text::encode(&mut text, &self.registry)?;
        Ok(text)
    }
}

impl Found {
    fn register(registry: &mut Registry) -> Self {
        let found = Self::default();
        let Self { in_use, refused, accepted, closed, datasets, open_packs, pack_uses } = &found;
        registry.register("in_use", "What clients take of what is limited", in_use.clone());
        registry.register("refused", "How often there was not enough of it for a client", refused.clone());
        registry.register("connections", "Connections accepted", accepted.clone());
        registry.register("closed_connections", "Connections that the server closed by itself", closed.clone());
        registry.register("datasets", "Datasets by condition", datasets.clone());
        registry.register("open_packs", "Packs that are kept open", open_packs.clone());
        registry.register("pack_uses", "Uses of packs, which were open or had to be opened", pack_uses.clone());
        found
    }

    fn look(&self, connections: &Connections, app: &App) {
        for resource in Resource::ALL {
            let label = [("resource", resource.name())];
            set(&self.in_use.get_or_create(&label), connections.in_use(resource));
            reach(&self.refused.get_or_create(&label), connections.refused(resource));
        }
        reach(&self.accepted, connections.accepted());
        for why in WhyClosed::ALL {
            reach(&self.closed.get_or_create(&[("why", why.name())]), connections.closed(why));
        }
        let conditions = app.catalog().conditions();
        for condition in Condition::ALL {
            let n_datasets = conditions.iter().filter(|&&other| other == condition).count();
            set(&self.datasets.get_or_create(&[("condition", condition.name())]), n_datasets as u64);
        }
        let PackUses { now_open, uses, openings } = app.catalog().pack_uses();
        set(&self.open_packs, now_open);
        reach(&self.pack_uses.get_or_create(&[("found", "open")]), uses.saturating_sub(openings));
        reach(&self.pack_uses.get_or_create(&[("found", "closed")]), openings);
    }
}

fn set(gauge: &Gauge, value: u64) {
    gauge.set(i64::try_from(value).unwrap_or(i64::MAX));
}

/// A counter never goes back.
fn reach(counter: &Counter, value: u64) {
    counter.inner().fetch_max(value, Ordering::Relaxed);
}
