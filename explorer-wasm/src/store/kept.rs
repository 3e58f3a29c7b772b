//! What the browser keeps of a dataset from one visit to the next: things of the user's own that have names.

use std::collections::BTreeMap;

use explorer_core::{
    screen::free_name,
    sorting::sort_by_key,
    state::{CellSet, OwnColumn},
};

use crate::host::{Host, KeepRefused};

/// Something with a name that the browser keeps as a text.
pub(super) trait Keepable: Clone + PartialEq {
    /// What it is called, in keys and in sentences.
    const KIND: &'static str;
    /// What its keys begin with, before the content id of the dataset.
    const PREFIX: &'static str;

    fn name(&self) -> &str;
    fn renamed(&self, name: &str) -> Self;
    fn to_text(&self) -> String;
    fn from_text(text: &str) -> Option<Self>;
}

impl Keepable for OwnColumn {
    const KIND: &'static str = "column";
    const PREFIX: &'static str = "tessera.column";

    fn name(&self) -> &str {
        self.name()
    }

    fn renamed(&self, name: &str) -> Self {
        self.named(name)
    }

    fn to_text(&self) -> String {
        self.to_text()
    }

    fn from_text(text: &str) -> Option<Self> {
        Self::from_text(text)
    }
}

impl Keepable for CellSet {
    const KIND: &'static str = "cell set";
    const PREFIX: &'static str = "tessera.set";

    fn name(&self) -> &str {
        &self.name
    }

    fn renamed(&self, name: &str) -> Self {
        Self { name: name.to_owned(), source: self.source.clone() }
    }

    fn to_text(&self) -> String {
        self.to_text()
    }

    fn from_text(text: &str) -> Option<Self> {
        Self::from_text(text)
    }
}

/// Things of one kind as the browser keeps them.
pub(super) struct Kept<T> {
    /// What their keys begin with; none are kept where it is `None`.
    prefix: Option<String>,
    /// The key of their names, a line each, in their order: the browser has keys in an order of its own.
    order_key: String,
    /// As they were kept last.
    items: Vec<T>,
    /// What is kept of each, by its name.
    texts: BTreeMap<String, String>,
}

impl<T> Default for Kept<T> {
    fn default() -> Self {
        Self { prefix: None, order_key: String::new(), items: Vec::new(), texts: BTreeMap::new() }
    }
}

/// What came of keeping.
#[derive(Default)]
pub(super) struct Outcome {
    /// Why the browser did not keep something.
    pub refused: Option<KeepRefused>,
    /// What another window had changed meanwhile: its name, and the one that it is kept under now.
    pub spared: Vec<(String, String)>,
}

impl<T: Keepable> Kept<T> {
    /// What is kept of the dataset with this content, and how many texts cannot be read.
    pub fn read(host: &dyn Host, content: &str) -> (Self, usize) {
        let prefix = format!("{}.{content}.", T::PREFIX);
        let mut kept = Self::default();
        let mut n_unreadable = 0;
        for (key, text) in host.kept(&prefix) {
            match T::from_text(&text) {
                Some(item) if key.strip_prefix(&prefix) == Some(item.name()) => {
                    kept.texts.insert(item.name().to_owned(), text);
                    kept.items.push(item);
                }
                // It stays, and is read by whoever can.
                Some(_) | None => n_unreadable += 1,
            }
        }
        kept.prefix = Some(prefix);
        kept.order_key = format!("{}-order.{content}", T::PREFIX);
        let order = stored(host, &kept.order_key).unwrap_or_default();
        let place = |item: &T| order.lines().position(|name| name == item.name()).unwrap_or(usize::MAX);
        sort_by_key(&mut kept.items, |item| (place(item), item.name().to_owned()));
        (kept, n_unreadable)
    }

    /// What is kept.
    pub fn items(&self) -> &[T] {
        &self.items
    }

    /// Whether anything is kept.
    pub fn is_on(&self) -> bool {
        self.prefix.is_some()
    }

    /// Lets the browser keep these from now on, and no others.
    pub fn keep(&mut self, host: &dyn Host, items: &[T]) -> Outcome {
        let mut outcome = Outcome::default();
        let Some(prefix) = self.prefix.clone().filter(|_| self.items != *items) else { return outcome };
        for item in items.iter().filter(|item| !self.items.contains(item)) {
            let text = item.to_text();
            self.spare_other_window(host, &prefix, item.name(), items, &mut outcome);
            let kept = host.keep(&format!("{prefix}{}", item.name()), Some(&text));
            outcome.refused = outcome.refused.or(kept.err());
            self.texts.insert(item.name().to_owned(), text);
        }
        let is_gone = |name: &String| items.iter().all(|item| item.name() != name);
        let gone: Vec<String> = self.texts.keys().filter(|name| is_gone(name)).cloned().collect();
        for name in gone {
            self.spare_other_window(host, &prefix, &name, items, &mut outcome);
            let removed = host.keep(&format!("{prefix}{name}"), None);
            outcome.refused = outcome.refused.or(removed.err());
            self.texts.remove(&name);
        }
        let order: Vec<&str> = items.iter().map(Keepable::name).collect();
        let ordered = host.keep(&self.order_key, (!order.is_empty()).then_some(order.join("\n")).as_deref());
        outcome.refused = outcome.refused.or(ordered.err());
        self.items = items.to_vec();
        outcome
    }

    /// Keeps what another window has made of a thing meanwhile, under another name, before it is kept anew.
    fn spare_other_window(&self, host: &dyn Host, prefix: &str, name: &str, items: &[T], outcome: &mut Outcome) {
        let key = format!("{prefix}{name}");
        let Some(theirs) = stored(host, &key).filter(|text| self.texts.get(name) != Some(text)) else { return };
        let Some(item) = T::from_text(&theirs) else { return };
        let stored = host.kept(prefix).into_iter().filter_map(|(key, _)| key.strip_prefix(prefix).map(str::to_owned));
        let taken: Vec<String> = items.iter().map(|item| item.name().to_owned()).chain(stored).collect();
        let free = free_name(name, &taken);
        if host.keep(&format!("{prefix}{free}"), Some(&item.renamed(&free).to_text())).is_ok() {
            outcome.spared.push((name.to_owned(), free));
        }
    }
}

/// The text that the browser keeps under a key.
fn stored(host: &dyn Host, key: &str) -> Option<String> {
    host.kept(key).into_iter().find_map(|(found, text)| (found == key).then_some(text))
}
