//! What of the page stays from one visit to the next, whatever dataset is looked at.

use serde::{Deserialize, Serialize};

use super::{AppState, Layout, LetterKeys, Theme};

/// What the user has chosen about the page.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Preferences {
    /// Light or dark.
    pub theme: Theme,
    /// The colors of numbers; `None` is the usual ones.
    pub colormap: Option<String>,
    /// Whether the left and the right sidebar are open.
    pub sidebars: [bool; 2],
    /// Their widths in CSS pixels; `None` is the usual one.
    pub widths_px: [Option<u16>; 2],
    /// Columns on the card of the cell under the pointer, of whatever dataset.
    pub card: Vec<String>,
    /// Whether keys of one character ask for commands.
    pub letter_keys: LetterKeys,
}

impl Default for Preferences {
    fn default() -> Self {
        Self::of(&AppState::default())
    }
}

/// What a page is opened with.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum OpenedBy {
    /// The address of a dataset.
    Address,
    /// A link to a view, which is shown as it is.
    Link,
}

impl Preferences {
    /// What is chosen in a state.
    pub fn of(state: &AppState) -> Self {
        let Layout { left, right, left_px, right_px, theme, .. } = state.view.layout;
        Self {
            theme,
            colormap: state.view.analysis.color_options.colormap.clone(),
            sidebars: [left, right],
            widths_px: [left_px, right_px],
            card: state.transient.card.clone(),
            letter_keys: state.transient.letter_keys,
        }
    }

    /// Begins a state with them. A link leaves no choice but that of the theme, where it says none, of the card and of keys.
    pub fn begin(&self, state: &mut AppState, opened_by: OpenedBy) {
        state.transient.card.clone_from(&self.card);
        state.transient.letter_keys = self.letter_keys;
        let layout = &mut state.view.layout;
        if layout.theme == Theme::System {
            layout.theme = self.theme;
        }
        match opened_by {
            OpenedBy::Link => {}
            OpenedBy::Address => {
                [layout.left, layout.right] = self.sidebars;
                let is_possible = |width: &u16| super::SIDEBAR_WIDTHS_PX.contains(width);
                [layout.left_px, layout.right_px] = self.widths_px.map(|width| width.filter(is_possible));
                state.view.analysis.color_options.colormap.clone_from(&self.colormap);
            }
        }
    }

    /// Takes over what has changed from one state to the next: what was not touched, a link may have brought.
    pub fn follow(&mut self, before: &Self, after: &Self) {
        fn take<T: Clone + PartialEq>(kept: &mut T, before: &T, after: &T) {
            if before != after {
                kept.clone_from(after);
            }
        }
        take(&mut self.theme, &before.theme, &after.theme);
        take(&mut self.colormap, &before.colormap, &after.colormap);
        take(&mut self.card, &before.card, &after.card);
        take(&mut self.letter_keys, &before.letter_keys, &after.letter_keys);
        for side in 0..2 {
            take(&mut self.sidebars[side], &before.sidebars[side], &after.sidebars[side]);
            take(&mut self.widths_px[side], &before.widths_px[side], &after.widths_px[side]);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::state::{Action, Modifiers, Side, ViewSpec, reduce};

    fn after(actions: impl IntoIterator<Item = Action>) -> AppState {
        actions.into_iter().fold(AppState::default(), reduce)
    }

    #[test]
    fn what_was_chosen_is_there_at_the_next_visit() {
        let before = AppState::default();
        let chosen = after([
            Action::SetTheme(Theme::Dark),
            Action::ToggleSidebar(Side::Right),
            Action::SetSidebarWidth { side: Side::Left, width_px: Some(400) },
            Action::ToggleOnCard("louvain".to_owned()),
            Action::SetLetterKeys(LetterKeys::Off),
        ]);
        let mut kept = Preferences::default();
        kept.follow(&Preferences::of(&before), &Preferences::of(&chosen));
        let text = serde_json::to_string(&kept).expect("they have a JSON");
        let again: Preferences = serde_json::from_str(&text).expect("it is that of preferences");
        assert_eq!(again, kept);
        let mut state = AppState::default();
        again.begin(&mut state, OpenedBy::Address);
        assert_eq!((state.view.layout, state.transient), (chosen.view.layout, chosen.transient));
    }

    #[test]
    fn a_link_is_shown_as_it_is_and_changes_no_preference() {
        let kept = Preferences { theme: Theme::Dark, sidebars: [false, true], ..Preferences::default() };
        let begun = |link: &str| {
            let mut state = AppState { view: ViewSpec::from_link(link).view, ..AppState::default() };
            kept.begin(&mut state, OpenedBy::Link);
            state.view.layout
        };
        assert_eq!((begun("left=1&v=1").theme, begun("v=1").left), (Theme::Dark, true));
        assert_eq!(begun("theme=light&v=1").theme, Theme::Light);
        // What the link brought is not taken over with what the user changes then.
        let linked = AppState { view: ViewSpec::from_link("theme=light&cmap=magma&v=1").view, ..AppState::default() };
        let changed = reduce(linked.clone(), Action::ToggleSidebar(Side::Right));
        let mut after = kept.clone();
        after.follow(&Preferences::of(&linked), &Preferences::of(&changed));
        assert_eq!(after, Preferences { sidebars: [false, false], ..kept });
    }

    #[test]
    fn keys_of_one_character_can_be_switched_off() {
        let with_ctrl = Modifiers { ctrl: true, ..Modifiers::default() };
        for (key, modifiers, is_allowed) in [
            ("l", Modifiers::default(), false),
            ("?", Modifiers::default(), false),
            ("k", with_ctrl, true),
            ("Escape", Modifiers::default(), true),
        ] {
            assert_eq!(LetterKeys::Off.allow(key, modifiers), is_allowed, "{key}");
            assert!(LetterKeys::On.allow(key, modifiers), "{key}");
        }
    }

    #[test]
    fn what_is_unknown_or_makes_no_sense_is_passed_over() {
        let newer: Preferences = serde_json::from_str(r#"{"theme":"dark","new":1}"#).expect("it is JSON");
        assert_eq!(newer, Preferences { theme: Theme::Dark, ..Preferences::default() });
        let wide = Preferences { widths_px: [Some(1), None], ..Preferences::default() };
        let mut state = AppState::default();
        wide.begin(&mut state, OpenedBy::Address);
        assert_eq!(state.view.layout.left_px, None);
    }
}
