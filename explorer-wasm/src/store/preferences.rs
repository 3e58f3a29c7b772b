//! The user's preferences, in the browser: in a page of one's own alone.

use explorer_core::{
    embed::Cause,
    state::{AppState, OpenedBy, Preferences},
};
use leptos::prelude::*;

use super::Store;
use crate::{host::Host, json};

/// What the browser keeps them under.
const KEY: &str = "tessera.preferences";

/// Begins a state with what the user preferred at the last visit.
pub fn begin_with_preferences(host: &dyn Host, state: &mut AppState) {
    if host.is_by_itself() {
        let opened_by = if host.link().is_empty() { OpenedBy::Address } else { OpenedBy::Link };
        kept(host).begin(state, opened_by);
    }
}

fn kept(host: &dyn Host) -> Preferences {
    let text = host.kept(KEY).into_iter().find_map(|(key, text)| (key == KEY).then_some(text));
    text.as_deref().and_then(json::parsed).unwrap_or_default()
}

/// Something that is told once.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Hint {
    /// That there is a tour.
    Tour,
    /// What a drag over the picture does.
    Lasso,
}

impl Hint {
    /// What the browser keeps it under that it was given.
    fn key(self) -> &'static str {
        match self {
            Self::Tour => "tessera.given.tour",
            Self::Lasso => "tessera.given.lasso",
        }
    }
}

impl Store {
    /// Whether a hint is to be given: once, in a page of one's own.
    pub fn is_due(self, hint: Hint) -> bool {
        let is_due = |host: &dyn Host| host.is_by_itself() && host.kept(hint.key()).is_empty();
        self.host().is_some_and(|host| is_due(&*host))
    }

    /// A hint was given.
    pub fn note_given(self, hint: Hint) {
        if let Some(host) = self.host() {
            // A browser that keeps nothing gives it again.
            let _ = host.keep(hint.key(), Some("1"));
        }
    }

    /// Lets the browser keep what the user chooses from now on. Call within an owner that lives as long as the Explorer
    /// does.
    pub fn follow_preferences(self) {
        let chosen = self.part(Preferences::of);
        Effect::new(move |before: Option<Preferences>| {
            let now = chosen.get();
            let Some(host) = self.host().filter(|host| host.is_by_itself()) else { return now };
            if let Some(before) = before.filter(|before| *before != now)
                && self.cause() == Cause::User
            {
                let mut preferences = kept(&*host);
                preferences.follow(&before, &now);
                if let Some(text) = json::text_of(&preferences) {
                    // A browser that keeps nothing shows the usual page next time.
                    let _ = host.keep(KEY, Some(&text));
                }
            }
            now
        });
    }
}
