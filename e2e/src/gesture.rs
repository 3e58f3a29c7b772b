//! Pointer and keys.

use std::time::Duration;

use anyhow::{Context as _, Result, bail};
use explorer_core::state::{Selection, SelectionStep};
use fantoccini::{
    actions::{
        Actions, InputSource as _, KeyAction, KeyActions, MOUSE_BUTTON_LEFT, MouseActions, NullAction, NullActions,
        PointerAction,
    },
    key::Key,
};
use serde_json::{Value, json};

use crate::{Page, Projection};

/// Between two places of a drag; the driver would otherwise make them one.
const STEP: Duration = Duration::from_millis(8);

/// Stops of the Tab key in the whole page, at most.
const MOST_STOPS: usize = 200;

/// The `data-testid` of what has the focus, or its tag.
const FOCUSED: &str = "document.activeElement?.dataset.testid ?? document.activeElement?.tagName";

/// A key held during a drag.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Held {
    /// None.
    Nothing,
    /// Shift.
    Shift,
    /// Alt.
    Alt,
    /// Both.
    ShiftAlt,
}

impl Page<'_> {
    /// Drags the pointer along a path, given in CSS pixels from the upper left corner of an element.
    ///
    /// # Errors
    /// When the driver refuses.
    pub async fn drag(&self, test_id: &str, path: &[[f64; 2]], held: Held) -> Result<()> {
        let rect = self.rect(test_id).await?;
        let place = |[x, y]: [f64; 2]| PointerAction::MoveTo {
            duration: Some(STEP),
            x: (rect.left + x).round(),
            y: (rect.top + y).round(),
        };
        let held: &[Key] = match held {
            Held::Nothing => &[],
            Held::Shift => &[Key::Shift],
            Held::Alt => &[Key::Alt],
            Held::ShiftAlt => &[Key::Shift, Key::Alt],
        };
        let (&first, rest) = path.split_first().context("a drag goes somewhere")?;
        // The pointer's actions and the keys' go in step, tick by tick.
        let mut mouse = MouseActions::new("mouse".into())
            .then(place(first))
            .then(PointerAction::Down { button: MOUSE_BUTTON_LEFT });
        for &next in rest {
            mouse = mouse.then(place(next));
        }
        mouse = mouse.then(PointerAction::Up { button: MOUSE_BUTTON_LEFT });
        let actions = if held.is_empty() {
            Actions::from(mouse)
        } else {
            let mut keys = KeyActions::new("keys".into());
            for &key in held {
                keys = keys.then(KeyAction::Down { value: key.into() });
            }
            for _ in 0..rest.len() + 2 - held.len() {
                keys = keys.then(KeyAction::Pause { duration: Duration::ZERO });
            }
            for &key in held {
                keys = keys.then(KeyAction::Up { value: key.into() });
            }
            Actions::from(keys).and(mouse)
        };
        self.client().perform_actions(actions).await?;
        Ok(())
    }

    /// Puts the pointer somewhere in an element, in CSS pixels from its upper left corner.
    ///
    /// # Errors
    /// When the driver refuses.
    pub async fn point(&self, test_id: &str, [x, y]: [f64; 2]) -> Result<()> {
        let rect = self.rect(test_id).await?;
        let place = |by: f64| PointerAction::MoveTo {
            duration: Some(STEP),
            x: (rect.left + x + by).round(),
            y: (rect.top + y).round(),
        };
        // Twice, since a pointer that does not move does not hover.
        let mouse = MouseActions::new("mouse".into()).then(place(3.0)).then(place(0.0));
        self.client().perform_actions(mouse).await?;
        Ok(())
    }

    /// Presses keys one after another, wherever the focus is; keys that write nothing are WebDriver's code points.
    ///
    /// # Errors
    /// When the driver refuses.
    pub async fn type_keys(&self, keys: &str) -> Result<()> {
        let press =
            |actions: KeyActions, key| actions.then(KeyAction::Down { value: key }).then(KeyAction::Up { value: key });
        self.client().perform_actions(keys.chars().fold(KeyActions::new("keys".into()), press)).await?;
        Ok(())
    }

    /// Goes on by the Tab key until what has that `data-testid` has the focus.
    ///
    /// # Errors
    /// When it never does.
    pub async fn tab_to(&self, test_id: &str) -> Result<()> {
        self.walk_to(test_id, Held::Nothing).await
    }

    /// Goes back by Shift and the Tab key until what has that `data-testid` has the focus.
    ///
    /// # Errors
    /// When it never does.
    pub async fn back_to(&self, test_id: &str) -> Result<()> {
        self.walk_to(test_id, Held::Shift).await
    }

    async fn walk_to(&self, test_id: &str, held: Held) -> Result<()> {
        let tab = Key::Tab.into();
        for _ in 0..MOST_STOPS {
            if self.evaluate(FOCUSED, Value::Null).await? == json!(test_id) {
                return Ok(());
            }
            let mut keys = KeyActions::new("keys".into());
            if held == Held::Shift {
                keys = keys.then(KeyAction::Down { value: Key::Shift.into() });
            }
            keys = keys.then(KeyAction::Down { value: tab }).then(KeyAction::Up { value: tab });
            if held == Held::Shift {
                keys = keys.then(KeyAction::Up { value: Key::Shift.into() });
            }
            self.client().perform_actions(keys).await?;
        }
        bail!("{MOST_STOPS} presses of the Tab key do not lead to `{test_id}`")
    }

    /// Waits until what has that `data-testid` has the focus.
    ///
    /// # Errors
    /// When it does not come to that.
    pub async fn until_focused(&self, test_id: &str) -> Result<()> {
        self.until_value(&format!("the focus on `{test_id}`"), FOCUSED, Value::Null, |now| *now == json!(test_id))
            .await?;
        Ok(())
    }

    /// Presses the right arrow key with Shift, wherever the focus is.
    ///
    /// # Errors
    /// When the driver refuses.
    pub async fn press_shift_arrow(&self) -> Result<()> {
        self.press_arrow(Key::Shift, Key::Right).await
    }

    /// Presses the down arrow key with Alt, wherever the focus is.
    ///
    /// # Errors
    /// When the driver refuses.
    pub async fn press_alt_down(&self) -> Result<()> {
        self.press_arrow(Key::Alt, Key::Down).await
    }

    async fn press_arrow(&self, modifier: Key, arrow: Key) -> Result<()> {
        let (modifier, arrow) = (modifier.into(), arrow.into());
        let keys = KeyActions::new("keys".into())
            .then(KeyAction::Down { value: modifier })
            .then(KeyAction::Down { value: arrow })
            .then(KeyAction::Up { value: arrow })
            .then(KeyAction::Up { value: modifier });
        self.client().perform_actions(keys).await?;
        Ok(())
    }

    /// Presses a key with Control, and with Shift if so, wherever the focus is.
    ///
    /// # Errors
    /// When the driver refuses.
    pub async fn press_control(&self, key: char, held: Held) -> Result<()> {
        let modifiers: &[Key] = if held == Held::Shift { &[Key::Control, Key::Shift] } else { &[Key::Control] };
        let mut keys = KeyActions::new("keys".into());
        for &modifier in modifiers {
            keys = keys.then(KeyAction::Down { value: modifier.into() });
        }
        keys = keys.then(KeyAction::Down { value: key }).then(KeyAction::Up { value: key });
        for &modifier in modifiers {
            keys = keys.then(KeyAction::Up { value: modifier.into() });
        }
        let nothing = NullActions::new("wait".into()).then(NullAction::Pause { duration: STEP });
        self.client().perform_actions(Actions::from(keys).and(nothing)).await?;
        Ok(())
    }

    /// The steps of the selection in an embedding, as the address holds them.
    ///
    /// # Errors
    /// When it holds none.
    pub async fn selection(&self, embedding: &str) -> Result<Selection> {
        let view = self.view().await?;
        let selection = view.analysis.query.filters.selections.get(embedding);
        selection.cloned().with_context(|| format!("the link holds no selection in {embedding}: {view:?}"))
    }

    /// Learns where embedding coordinates are on the screen: drags a rectangle, reads its corners
    /// from the address, and takes it back. Leaves the lasso chosen.
    ///
    /// # Errors
    /// When the address holds no such rectangle.
    pub async fn learn_projection(&self, embedding: &str) -> Result<Projection> {
        let picture = self.rect("picture").await?;
        // Whole pixels, as the driver's pointer goes by.
        let from = [(picture.width * 0.25).round(), (picture.height * 0.25).round()];
        let to = [(picture.width * 0.75).round(), (picture.height * 0.75).round()];
        self.click("tool-rectangle").await?;
        self.drag("picture", &[from, to], Held::Nothing).await?;
        let selection = self.selection(embedding).await?;
        let Some(SelectionStep::Add(polygon)) = selection.steps().last() else {
            anyhow::bail!("a rectangle was dragged, but the link holds {selection:?}");
        };
        let corners: Vec<_> = polygon.points().collect();
        self.click("undo").await?;
        self.click("tool-lasso").await?;
        Projection::from_rectangle(from, to, &corners)
    }
}
