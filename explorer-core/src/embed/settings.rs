//! How the Explorer in a frame presents itself: what the host's element has as attributes.

use std::collections::BTreeMap;

use serde::{
    Deserialize, Serialize,
    de::{
        IntoDeserializer as _,
        value::{Error, StrDeserializer},
    },
};

use super::{ErrorCode, Failure};
use crate::state::Theme;

/// How much of the Explorer is shown.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Ui {
    /// All of it.
    #[default]
    Full,
    /// Without the bar across the top and without sidebars.
    Compact,
    /// The picture and its legend alone.
    Picture,
}

/// A part of the Explorer that is shown or not.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Panel {
    /// The sidebar of columns.
    Left,
    /// The sidebar of genes and sets.
    Right,
    /// What the colors mean.
    Legend,
    /// The tools over the picture.
    Toolbar,
    /// Results of comparisons and markers.
    Results,
}

impl Panel {
    /// Every panel.
    pub const ALL: [Self; 5] = [Self::Left, Self::Right, Self::Legend, Self::Toolbar, Self::Results];

    /// Its name in an attribute.
    pub fn name(self) -> &'static str {
        match self {
            Self::Left => "left",
            Self::Right => "right",
            Self::Legend => "legend",
            Self::Toolbar => "toolbar",
            Self::Results => "results",
        }
    }
}

/// Whose the wheel and a single finger are over the picture.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Gestures {
    /// The host's page scrolls by them; with Ctrl or Cmd, or two fingers, they move the picture.
    #[default]
    Cooperative,
    /// They move the picture.
    Greedy,
}

/// What stays in the browser after a visit.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Storage {
    /// Tiles, so that the next visit needs not fetch them.
    #[default]
    Local,
    /// Nothing.
    None,
}

impl Storage {
    /// Its name in an attribute.
    pub fn name(self) -> &'static str {
        match self {
            Self::Local => "local",
            Self::None => "none",
        }
    }

    /// The storage of that name.
    pub fn from_name(name: &str) -> Option<Self> {
        [Self::Local, Self::None].into_iter().find(|storage| storage.name() == name)
    }
}

/// Light or dark, as a host says it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ThemeChoice {
    /// As the user's system.
    #[default]
    Auto,
    /// Light.
    Light,
    /// Dark.
    Dark,
}

impl From<ThemeChoice> for Theme {
    fn from(choice: ThemeChoice) -> Self {
        match choice {
            ThemeChoice::Auto => Self::System,
            ThemeChoice::Light => Self::Light,
            ThemeChoice::Dark => Self::Dark,
        }
    }
}

/// How the Explorer in a frame presents itself.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Settings {
    /// How much of it is shown.
    pub ui: Ui,
    /// The parts that are shown; `None` leaves that to `ui`.
    pub panels: Option<Vec<Panel>>,
    /// Whose the wheel is.
    pub gestures: Gestures,
    /// What stays in the browser.
    pub storage: Storage,
    /// What a link to a view begins with, in place of the frame's own address: `{link}` in it stands for the view; where
    /// it has none, the view follows after `#`.
    pub link_base: Option<String>,
}

/// Some settings, by the names of the element's attributes; those that are missing stay. An empty text is the default.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct SettingsChange(pub BTreeMap<String, String>);

impl Settings {
    /// The names that [`SettingsChange`] may have.
    pub const NAMES: [&str; 6] = ["ui", "panels", "gestures", "storage", "theme", "link-base"];

    /// Takes over a change; the theme, which is state, is returned where it is among them.
    ///
    /// # Errors
    /// [`ErrorCode::Invalid`] names the first that is none; then nothing is changed.
    pub fn change(&mut self, change: &SettingsChange) -> Result<Option<ThemeChoice>, Failure> {
        let mut changed = self.clone();
        let mut theme = None;
        for (name, value) in &change.0 {
            match name.as_str() {
                "ui" => changed.ui = one_of_or_default(name, value)?,
                "panels" => {
                    let names = value.split_whitespace().filter(|name| *name != "none");
                    let panels = names.map(|panel| one_of(name, panel)).collect::<Result<Vec<_>, _>>()?;
                    changed.panels = (!value.is_empty()).then_some(panels);
                }
                "gestures" => changed.gestures = one_of_or_default(name, value)?,
                "storage" => changed.storage = one_of_or_default(name, value)?,
                "theme" => theme = Some(one_of_or_default(name, value)?),
                "link-base" if !is_web_address(value) => {
                    let message = format!("`{value}` is no value of `{name}`: it is an address by http: or https:");
                    return Err(Failure { code: ErrorCode::Invalid, message });
                }
                "link-base" => changed.link_base = Some(value.clone()).filter(|base| !base.is_empty()),
                // A newer host may have more of them.
                _ => {}
            }
        }
        *self = changed;
        Ok(theme)
    }

    /// Whether a part is shown.
    pub fn shows(&self, panel: Panel) -> bool {
        match (&self.panels, self.ui) {
            (Some(panels), _) => panels.contains(&panel),
            (None, Ui::Full) => true,
            (None, Ui::Compact) => matches!(panel, Panel::Legend | Panel::Toolbar | Panel::Results),
            (None, Ui::Picture) => panel == Panel::Legend,
        }
    }

    /// The address of a view, where the host has said what it begins with.
    pub fn address_of(&self, link: &str) -> Option<String> {
        let base = self.link_base.as_deref()?;
        Some(match (base.contains("{link}"), link) {
            (true, link) => base.replace("{link}", link),
            (false, "") => base.to_owned(),
            (false, link) => format!("{base}#{link}"),
        })
    }
}

/// Whether an address leads to a page of the web, or to one beside the present page: what it begins links with is opened
/// by whoever gets one. Browsers pass over white space and control characters in front of a scheme and within.
fn is_web_address(address: &str) -> bool {
    let before_path = address.split(['/', '?', '#']).next().unwrap_or_default();
    let is_known = before_path
        .split_once(':')
        .is_none_or(|(scheme, _)| scheme.eq_ignore_ascii_case("http") || scheme.eq_ignore_ascii_case("https"));
    is_known && !address.chars().any(|c| c.is_control() || c.is_whitespace())
}

/// The variant of that name, or the default where there is no name.
fn one_of_or_default<T: Default + for<'de> Deserialize<'de>>(name: &str, value: &str) -> Result<T, Failure> {
    if value.is_empty() { Ok(T::default()) } else { one_of(name, value) }
}

/// The variant of that name.
fn one_of<T: for<'de> Deserialize<'de>>(name: &str, value: &str) -> Result<T, Failure> {
    let wrong = |_| Failure::new(ErrorCode::Invalid, format!("`{value}` is no value of `{name}`"));
    let named: StrDeserializer<'_, Error> = value.into_deserializer();
    T::deserialize(named).map_err(wrong)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn change(pairs: &[(&str, &str)]) -> SettingsChange {
        SettingsChange(pairs.iter().map(|&(name, value)| (name.to_owned(), value.to_owned())).collect())
    }

    #[test]
    fn what_is_shown_follows_the_panels_or_else_the_mode() {
        let mut settings = Settings::default();
        let shown = |settings: &Settings| Panel::ALL.map(|panel| settings.shows(panel));
        assert_eq!(shown(&settings), [true; 5]);
        settings.change(&change(&[("ui", "picture")])).unwrap();
        assert_eq!(shown(&settings), [false, false, true, false, false]);
        settings.change(&change(&[("panels", "left legend")])).unwrap();
        assert_eq!(shown(&settings), [true, false, true, false, false]);
        settings.change(&change(&[("panels", "none"), ("ui", "full")])).unwrap();
        assert_eq!(shown(&settings), [false; 5]);
        settings.change(&change(&[("panels", ""), ("ui", "")])).unwrap();
        assert_eq!(shown(&settings), [true; 5]);
    }

    #[test]
    fn a_wrong_value_changes_nothing_and_an_unknown_name_is_passed_over() {
        let mut settings = Settings::default();
        let failure = settings.change(&change(&[("gestures", "greedy"), ("ui", "huge")])).unwrap_err();
        assert_eq!((failure.code, failure.message.as_str()), (ErrorCode::Invalid, "`huge` is no value of `ui`"));
        assert_eq!(settings, Settings::default());
        assert_eq!(settings.change(&change(&[("later", "x"), ("theme", "dark")])), Ok(Some(ThemeChoice::Dark)));
        assert_eq!(settings, Settings::default());
    }

    #[test]
    fn links_begin_only_with_addresses_of_the_web() {
        let refused = [
            "javascript:alert(1)//{link}",
            " javascript:alert(1)",
            "java\tscript:alert(1)",
            "data:text/html,",
            "file:///x",
        ];
        for base in refused {
            let failure = Settings::default().change(&change(&[("link-base", base)])).unwrap_err();
            assert_eq!(failure.code, ErrorCode::Invalid, "{base}");
        }
        for base in ["https://a.org/?v={link}", "HTTP://a.org:80", "/cells#{link}", "?a=b:c", "{link}", ""] {
            assert!(Settings::default().change(&change(&[("link-base", base)])).is_ok(), "{base}");
        }
    }

    #[test]
    fn a_view_stands_where_the_template_has_it() {
        let of = |base: &str| Settings { link_base: Some(base.to_owned()), ..Settings::default() };
        assert_eq!(of("https://a.org/?v={link}").address_of("c=x").unwrap(), "https://a.org/?v=c=x");
        assert_eq!(of("https://a.org/x").address_of("c=x").unwrap(), "https://a.org/x#c=x");
        assert_eq!(of("https://a.org/x").address_of("").unwrap(), "https://a.org/x");
        assert_eq!(Settings::default().address_of("c=x"), None);
    }
}
