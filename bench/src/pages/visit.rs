//! A visit to a viewer's page: what is done there, and what is read off it.

use std::time::{Duration, Instant};

use anyhow::{Context as _, Result, bail, ensure};
use e2e::{Browser, Screen};
use fantoccini::{Client, Locator};
use serde::Deserialize;
use serde_json::{Value, json};

use super::viewer::{Act, Viewer};

/// Pixels of the picture's sides, all viewers'.
pub const SIDE: f64 = 800.0;

/// The share of pixels that differ from the background once there is a picture.
const LIT: f64 = 0.001;

/// How long a picture may take to be whole.
const PATIENCE: Duration = Duration::from_secs(240);

/// How long nothing changes before that is taken for the end.
const QUIET_MILLIS: f64 = 1_500.0;

const PAUSE: Duration = Duration::from_millis(100);

/// The script that notes what a page draws.
pub const PROBE: &str = include_str!("probe.js");

/// A browser at a viewer's page.
pub struct Visit<'a> {
    browser: &'a Browser,
    /// The viewer.
    pub viewer: &'a Viewer,
}

/// What a page has drawn since it was last asked to forget; milliseconds since navigation.
#[derive(Clone, Debug, Deserialize)]
pub struct Seen {
    /// Now.
    pub now: f64,
    /// Whether the page takes its picture for whole.
    pub is_whole: bool,
    /// The first picture.
    pub first: Option<f64>,
    /// The last change of the picture.
    pub last: Option<f64>,
    /// What a script of the page has thrown.
    pub failure: Option<String>,
}

impl<'a> Visit<'a> {
    /// Sizes the browser's window so that the viewer's picture is as large as all others'; the page is left.
    ///
    /// # Errors
    /// When the page does not come up, or its picture cannot have that size.
    pub async fn begin(browser: &'a Browser, viewer: &'a Viewer) -> Result<Self> {
        let visit = Self { browser, viewer };
        let mut screen = Screen { width: 1440, height: 900, ratio: 1.0, mobile: false };
        browser.resize(screen)?;
        visit.client().goto(&viewer.url).await?;
        visit.until_whole().await?;
        for _ in 0..3 {
            let [_, _, width, height] = visit.rect(viewer.pictures).await?;
            if width == SIDE && height == SIDE {
                visit.client().goto("about:blank").await?;
                return Ok(visit);
            }
            let grown = |side: u32, by: f64| (f64::from(side) + by).round() as u32;
            screen = Screen {
                width: grown(screen.width, SIDE - width),
                height: grown(screen.height, SIDE - height),
                ..screen
            };
            browser.resize(screen)?;
            tokio::time::sleep(3 * PAUSE).await;
        }
        bail!("the picture cannot be made {SIDE} pixels wide and high")
    }

    /// The WebDriver session.
    pub fn client(&self) -> &Client {
        &self.browser.client
    }

    /// Opens the page with an empty cache and waits for the whole picture.
    ///
    /// # Errors
    /// When it does not come.
    pub async fn load(&self) -> Result<Seen> {
        self.client().goto("about:blank").await?;
        self.browser.devtools("Network.clearBrowserCache", &json!({}))?;
        self.client().goto(&self.viewer.url).await?;
        self.until_whole().await
    }

    /// Frees what the page no longer needs.
    ///
    /// # Errors
    /// When the browser refuses.
    pub fn collect_garbage(&self) -> Result<()> {
        self.browser.devtools("HeapProfiler.collectGarbage", &json!({}))?;
        Ok(())
    }

    /// Evaluates an expression of JavaScript; `p` is what the probe has noted.
    ///
    /// # Errors
    /// When it throws.
    pub async fn evaluate(&self, expression: &str) -> Result<Value> {
        let script = format!("const p = window.__probe; return {expression};");
        self.client().execute(&script, Vec::new()).await.with_context(|| expression.to_owned())
    }

    /// Numbers that an expression gives.
    ///
    /// # Errors
    /// When it throws, or gives something else.
    pub async fn numbers(&self, expression: &str) -> Result<Vec<f64>> {
        serde_json::from_value(self.evaluate(expression).await?).with_context(|| expression.to_owned())
    }

    /// What was drawn since the probe was last told to forget.
    ///
    /// # Errors
    /// When the browser cannot say.
    pub async fn seen(&self) -> Result<Seen> {
        let facts = format!(
            "{{ now: performance.now(), is_whole: Boolean({}), first: p.seen.find(seen => seen.lit >= {LIT})?.at ?? \
             null, last: p.seen.at(-1)?.at ?? null, failure: p.failure }}",
            self.viewer.is_whole
        );
        Ok(serde_json::from_value(self.evaluate(&facts).await?)?)
    }

    /// Waits until the picture is whole and changes no more.
    ///
    /// # Errors
    /// When that takes minutes.
    pub async fn until_whole(&self) -> Result<Seen> {
        self.until("a whole picture", |seen| {
            seen.is_whole && seen.first.is_some() && seen.last.is_some_and(|last| seen.now - last > QUIET_MILLIS)
        })
        .await
    }

    /// Waits until the picture has changed after `since`, if it does, and changes no more.
    ///
    /// # Errors
    /// When that takes minutes.
    pub async fn until_quiet(&self, since: f64) -> Result<Seen> {
        self.until("a picture at rest", |seen| {
            let last = seen.last.unwrap_or(since).max(since);
            let longest = if seen.last.is_some_and(|last| last > since) { QUIET_MILLIS } else { 4.0 * QUIET_MILLIS };
            seen.is_whole && seen.now - last > longest
        })
        .await
    }

    async fn until(&self, what: &str, is_so: impl Fn(&Seen) -> bool) -> Result<Seen> {
        let deadline = Instant::now() + PATIENCE;
        loop {
            let seen = self.seen().await?;
            if is_so(&seen) {
                return Ok(seen);
            }
            if let (false, Some(failure)) = (seen.is_whole, &seen.failure) {
                bail!("the page fails: {failure}");
            }
            ensure!(Instant::now() < deadline, "waited {PATIENCE:?} for {what}; last seen: {seen:?}");
            tokio::time::sleep(PAUSE).await;
        }
    }

    /// Where an element is once it is there: left, top, width, height.
    ///
    /// # Errors
    /// When it does not come.
    pub async fn rect(&self, selector: &str) -> Result<[f64; 4]> {
        self.client().wait().at_most(PATIENCE / 4).for_element(Locator::Css(selector)).await?;
        let edges = format!(
            "(element => (element.scrollIntoView({{ block: 'nearest', behavior: 'instant' }}), (r => [r.left, r.top, \
             r.width, r.height])(element.getBoundingClientRect())))(document.querySelector({}))",
            json!(selector)
        );
        let edges = self.numbers(&edges).await?;
        edges.try_into().map_err(|_| anyhow::anyhow!("`{selector}` has no rectangle"))
    }

    /// Presses something.
    ///
    /// # Errors
    /// When it is not there, or something lies over it.
    pub async fn press(&self, selector: &str) -> Result<()> {
        let found = self.client().wait().at_most(PATIENCE / 4).for_element(Locator::Css(selector)).await?;
        found.click().await.with_context(|| format!("`{selector}` cannot be pressed"))
    }

    /// Tells the page something; returns when that was, in milliseconds since navigation.
    ///
    /// # Errors
    /// When it cannot be told.
    pub async fn act(&self, act: &Act) -> Result<f64> {
        let when = match act {
            Act::Press(selector) => {
                self.press(selector).await?;
                self.evaluate("p.inputs.click").await?
            }
            Act::Type { into, text } => {
                let found = self.client().wait().at_most(PATIENCE / 4).for_element(Locator::Css(into)).await?;
                found.send_keys(text).await.with_context(|| format!("nothing can be typed into `{into}`"))?;
                self.evaluate("p.inputs.keydown").await?
            }
            Act::Call(script) => {
                let call = format!("(since => ({script}, since))(performance.now())");
                self.evaluate(&call).await?
            }
        };
        when.as_f64().context("the page does not say when it was told")
    }
}
