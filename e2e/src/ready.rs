//! When an element can be acted on: not while it slides, is hidden, disabled or covered.

use anyhow::{Context as _, Result, bail};
use serde_json::{Value, json};

use crate::{Page, Rect, Seen};

/// What an element must be.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Ready {
    /// In sight and still: to measure it, or to point at a place in it.
    InPlace,
    /// And enabled, with nothing over its middle: to press it or to type into it.
    ToPress,
}

/// Looks at an element over two frames. Its result is the element's edges, or what is in the way.
///
/// A file's field is never seen, so nothing more is asked of it than to be there.
const LOOK: &str = r"
    const [selector, isToPress, done] = arguments;
    const element = document.querySelector(selector);
    if (!element) return done('there is none');
    const edges = () => (r => [r.left, r.top, r.width, r.height])(element.getBoundingClientRect());
    if (element.type === 'file') return done(edges());
    element.scrollIntoView({ block: 'nearest', inline: 'nearest', behavior: 'instant' });
    const before = edges();
    const look = () => {
      const now = edges();
      if (!element.isConnected) return 'it was replaced';
      if (now.some((edge, at) => edge !== before[at])) return 'it moves';
      if (!element.checkVisibility({ visibilityProperty: true })) return 'it is hidden';
      if (!isToPress) return now;
      if (element.matches(':disabled')) return 'it is disabled';
      const [first] = element.getClientRects();
      if (!first) return 'it has no size';
      const middle = (low, high, most) => (Math.max(low, 0) + Math.min(high, most)) / 2;
      const hit = document.elementFromPoint(
        middle(first.left, first.right, innerWidth), middle(first.top, first.bottom, innerHeight));
      return element.contains(hit) ? now : `${hit?.cloneNode(false).outerHTML ?? 'nothing'} is where it would be pressed`;
    };
    requestAnimationFrame(() => requestAnimationFrame(() => done(look())));
";

impl Page<'_> {
    /// Where an element is, if it is ready now.
    ///
    /// # Errors
    /// When it is not, with what is in the way.
    pub(crate) async fn look_at(&self, selector: &str, ready: Ready) -> Result<Rect> {
        let arguments = vec![json!(selector), json!(ready == Ready::ToPress)];
        let edges = self.client().execute_async(LOOK, arguments).await?;
        if let Value::String(wrong) = edges {
            bail!("{wrong}");
        }
        let edge = |at: usize| edges[at].as_f64().context("an edge is a number");
        Ok(Rect { left: edge(0)?, top: edge(1)?, width: edge(2)?, height: edge(3)? })
    }

    /// Acts on an element as soon as it is ready. What fails to act is tried again, since the element may just be
    /// replaced.
    ///
    /// # Errors
    /// As [`Page::until`].
    pub(crate) async fn once_ready<T>(
        &self,
        selector: &str,
        ready: Ready,
        act: impl AsyncFn(Rect) -> Result<T>,
    ) -> Result<T> {
        self.until(&format!("`{selector}` to be ready"), async || {
            let place = self.look_at(selector, ready).await?;
            Ok(Seen::<_, ()>::Yes(act(place).await?))
        })
        .await
    }
}
