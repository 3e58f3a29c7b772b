//! Keys and how they are written.

/// The kind of keyboard the user has.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Platform {
    /// A Mac or iPad, where the Command key leads shortcuts.
    Mac,
    /// Any other, where the Control key does.
    Other,
}

/// Modifier keys held during a key press, as a `KeyboardEvent` tells them.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Modifiers {
    /// Control.
    pub ctrl: bool,
    /// Command or the Windows key.
    pub meta: bool,
    /// Alt or Option.
    pub alt: bool,
    /// Shift.
    pub shift: bool,
}

/// A combination of keys.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Shortcut {
    /// The key as `KeyboardEvent.key` names it, letters in lower case.
    pub key: &'static str,
    /// Whether the platform's leading key (Control or Command) is held.
    pub primary: bool,
    /// Whether Shift is held. It says nothing about symbols, which some keyboards have on it.
    pub shift: bool,
}

impl Shortcut {
    /// The key alone.
    pub const fn key(key: &'static str) -> Self {
        Self { key, primary: false, shift: false }
    }

    /// With Control or Command.
    pub const fn primary(self) -> Self {
        Self { primary: true, ..self }
    }

    /// With Shift.
    pub const fn shift(self) -> Self {
        Self { shift: true, ..self }
    }

    /// Whether a key press (`KeyboardEvent.key` and modifiers) is this combination.
    pub fn matches(self, key: &str, modifiers: Modifiers, platform: Platform) -> bool {
        let Modifiers { ctrl, meta, alt, shift } = modifiers;
        if is_symbol(self.key) {
            // Where a symbol sits under AltGr, browsers report Alt, on Windows with Control.
            let (ctrl, meta) = if alt { (false, meta) } else { (ctrl, meta) };
            return key == self.key && !self.primary && !ctrl && !meta;
        }
        let (primary, other) = match platform {
            Platform::Mac => (meta, ctrl),
            Platform::Other => (ctrl, meta),
        };
        key.to_lowercase() == self.key.to_lowercase()
            && primary == self.primary
            && shift == self.shift
            && !other
            && !alt
    }

    /// The combination as people read it: `Ctrl+Shift+Z`, or `⇧⌘Z` on a Mac.
    pub fn text(self, platform: Platform) -> String {
        let key = match self.key {
            "Escape" => "Esc".to_owned(),
            key if key.chars().count() == 1 => key.to_uppercase(),
            key => key.to_owned(),
        };
        let (shift, primary) = match platform {
            Platform::Mac => ("⇧", "⌘"),
            Platform::Other => ("Shift+", "Ctrl+"),
        };
        let shift = if self.shift { shift } else { "" };
        let primary = if self.primary { primary } else { "" };
        match platform {
            Platform::Mac => format!("{shift}{primary}{key}"),
            Platform::Other => format!("{primary}{shift}{key}"),
        }
    }
}

/// Whether a key types one character that is neither letter nor digit.
fn is_symbol(key: &str) -> bool {
    let mut chars = key.chars();
    matches!((chars.next(), chars.next()), (Some(first), None) if !first.is_alphanumeric())
}
