//! The page as a person meets it: what is written on it, what can be pressed.

use std::{
    fmt::Debug,
    time::{Duration, Instant},
};

use anyhow::{Context as _, Result, bail, ensure};
use fantoccini::{Client, Locator, elements::Element};
use serde_json::{Value, json};

use crate::{Browser, Pixels, ready::Ready};

/// How long a fact may take to come about. It only ends what hangs: on a machine that is busy with something else a fact
/// takes as long as it takes.
pub(crate) const PATIENCE: Duration = Duration::from_secs(300);

/// Between two looks at the page.
const PAUSE: Duration = Duration::from_millis(60);

/// A rectangle on the page, in CSS pixels.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Rect {
    /// Left edge.
    pub left: f64,
    /// Upper edge.
    pub top: f64,
    /// Width.
    pub width: f64,
    /// Height.
    pub height: f64,
}

/// The page in a browser.
#[derive(Clone, Copy)]
pub struct Page<'a> {
    browser: &'a Browser,
}

impl<'a> Page<'a> {
    /// The page that a browser shows.
    pub fn new(browser: &'a Browser) -> Self {
        Self { browser }
    }

    /// The WebDriver session.
    pub fn client(&self) -> &'a Client {
        &self.browser.client
    }

    /// Looks until there is something to see.
    ///
    /// # Errors
    /// When there is nothing within five minutes, with what was seen last.
    pub async fn until<T, S: Debug>(&self, what: &str, look: impl AsyncFn() -> Result<Seen<T, S>>) -> Result<T> {
        let deadline = Instant::now() + PATIENCE;
        loop {
            let seen = match look().await {
                Ok(Seen::Yes(found)) => return Ok(found),
                Ok(Seen::NotYet(seen)) => format!("{seen:?}"),
                // The element may just be replaced.
                Err(error) => format!("{error:#}"),
            };
            if Instant::now() > deadline {
                bail!("waited {PATIENCE:?} for {what}; last seen: {seen}");
            }
            tokio::time::sleep(PAUSE).await;
        }
    }

    /// Evaluates an expression of JavaScript in the page, in which `$` finds an element by its
    /// `data-testid`, and `a` is `argument`.
    ///
    /// # Errors
    /// When it throws.
    pub async fn evaluate(&self, expression: &str, argument: Value) -> Result<Value> {
        let script = format!(
            "const a = arguments[0];\
             const $ = id => document.querySelector(`[data-testid=\"${{CSS.escape(id)}}\"]`);\
             return {expression};"
        );
        self.client().execute(&script, vec![argument]).await.with_context(|| expression.to_owned())
    }

    /// The `data-testid` of the card of the dataset of this name, once it is there: with a code on a tile server, without one
    /// on a static site.
    ///
    /// # Errors
    /// As [`Self::until`].
    pub async fn card_of(&self, name: &str) -> Result<String> {
        const CARD: &str = "document.querySelector(`[data-testid^=\"dataset-${CSS.escape(a)}-\"], \
                            [data-testid=\"dataset-${CSS.escape(a)}\"]`)?.dataset.testid";
        let card = self.until_value("the dataset's card", CARD, name.into(), Value::is_string).await?;
        Ok(card.as_str().unwrap_or_default().to_owned())
    }

    /// Evaluates until the result is as asked.
    ///
    /// # Errors
    /// As [`Self::until`].
    pub async fn until_value(
        &self,
        what: &str,
        expression: &str,
        argument: Value,
        is_so: impl Fn(&Value) -> bool,
    ) -> Result<Value> {
        self.until(what, async || {
            let value = self.evaluate(expression, argument.clone()).await?;
            Ok(if is_so(&value) { Seen::Yes(value) } else { Seen::NotYet(value) })
        })
        .await
    }

    /// Opens an address and waits for nothing.
    ///
    /// # Errors
    /// When the browser cannot.
    pub async fn goto(&self, url: &str) -> Result<()> {
        Ok(self.client().goto(url).await?)
    }

    /// The element of a `data-testid`, once it is there.
    ///
    /// # Errors
    /// When it does not come.
    pub async fn element(&self, test_id: &str) -> Result<Element> {
        self.until(&format!("`{test_id}`"), async || {
            Ok(Seen::<_, ()>::Yes(self.client().find(Locator::Css(&selector(test_id))).await?))
        })
        .await
    }

    /// Whether there is an element of that `data-testid` now.
    ///
    /// # Errors
    /// When the browser cannot say.
    pub async fn has(&self, test_id: &str) -> Result<bool> {
        Ok(self.evaluate("$(a) !== null", json!(test_id)).await? == json!(true))
    }

    /// Waits until there is none of that `data-testid`.
    ///
    /// # Errors
    /// When it stays.
    pub async fn until_gone(&self, test_id: &str) -> Result<()> {
        self.until_value(&format!("`{test_id}` to go"), "$(a) === null", json!(test_id), |gone| *gone == json!(true))
            .await?;
        Ok(())
    }

    /// Presses something, once it is there, still, in sight, enabled and not covered.
    ///
    /// # Errors
    /// When it does not come to that.
    pub async fn click(&self, test_id: &str) -> Result<()> {
        self.press(&selector(test_id)).await
    }

    /// Presses something within an element, by a selector.
    ///
    /// # Errors
    /// As [`Self::click`].
    pub async fn click_in(&self, test_id: &str, within: &str) -> Result<()> {
        self.press(&format!("{} {within}", selector(test_id))).await
    }

    async fn press(&self, selector: &str) -> Result<()> {
        self.once_ready(selector, Ready::ToPress, async |_| {
            Ok(self.client().find(Locator::Css(selector)).await?.click().await?)
        })
        .await
    }

    /// Lets one label of a listed column pass alone. The button for it shows under the pointer.
    ///
    /// # Errors
    /// When there is no such label.
    pub async fn only(&self, column: &str, label: &str) -> Result<()> {
        let row = format!("value-{column}-{label}");
        let rect = self.rect(&row).await?;
        self.point(&row, [rect.width / 2.0, rect.height / 2.0]).await?;
        self.click_in(&row, ".value-only").await
    }

    /// Chooses an option of a list by its label, once the list can be pressed and has it.
    ///
    /// # Errors
    /// When it does not come to that.
    pub async fn choose(&self, test_id: &str, label: &str) -> Result<()> {
        let selector = selector(test_id);
        self.once_ready(&selector, Ready::ToPress, async |_| {
            Ok(self.client().find(Locator::Css(&selector)).await?.select_by_label(label).await?)
        })
        .await
    }

    /// Types into a field, once it could be pressed.
    ///
    /// # Errors
    /// When it does not come to that.
    pub async fn write(&self, test_id: &str, text: &str) -> Result<()> {
        let selector = selector(test_id);
        self.once_ready(&selector, Ready::ToPress, async |_| {
            Ok(self.client().find(Locator::Css(&selector)).await?.send_keys(text).await?)
        })
        .await
    }

    /// The text within an element, as it is in the document; empty without one.
    ///
    /// # Errors
    /// When the browser cannot say.
    pub async fn text(&self, test_id: &str) -> Result<String> {
        let text = self.evaluate("$(a)?.textContent ?? ''", json!(test_id)).await?;
        Ok(text.as_str().unwrap_or_default().trim().to_owned())
    }

    /// Waits for an element whose text is as asked, and returns that.
    ///
    /// # Errors
    /// As [`Self::until`].
    pub async fn until_text(&self, test_id: &str, is_so: impl Fn(&str) -> bool) -> Result<String> {
        self.until(&format!("the text of `{test_id}`"), async || {
            let text = self.text(test_id).await?;
            Ok(if is_so(&text) { Seen::Yes(text) } else { Seen::NotYet(text) })
        })
        .await
    }

    /// Waits until the top bar says how many cells are selected.
    ///
    /// # Errors
    /// As [`Self::until`].
    pub async fn until_selected(&self, n_selected: usize, n_visible: usize) -> Result<()> {
        let expected = format!("{n_selected} of {n_visible} cells");
        self.until_text("count-text", |text| text.replace(',', "").replace("spots", "cells") == expected)
            .await
            .with_context(|| expected.clone())?;
        Ok(())
    }

    /// How many cells the top bar says are selected.
    ///
    /// # Errors
    /// When it says something else.
    pub async fn n_selected(&self) -> Result<usize> {
        let text = self.text("count-text").await?;
        let (selected, _) = text.split_once(" of ").with_context(|| format!("the count is `{text}`"))?;
        selected.replace(',', "").parse().with_context(|| format!("the count is `{text}`"))
    }

    /// Waits until the picture shows every cell.
    ///
    /// # Errors
    /// As [`Self::until`].
    pub async fn until_drawn(&self, n_cells: usize) -> Result<()> {
        let facts = "{ state: $('canvas')?.dataset.state, nDrawn: Number($('canvas')?.dataset.nDrawn) }";
        let whole = json!({ "state": "ready", "nDrawn": n_cells });
        self.until_value("the picture", facts, Value::Null, |now| *now == whole).await?;
        Ok(())
    }

    /// What the picture is drawn with: `webgpu` or `webgl2`.
    ///
    /// # Errors
    /// When the browser cannot say.
    pub async fn renderer(&self) -> Result<String> {
        let name = self.evaluate("$('canvas')?.dataset.renderer ?? ''", Value::Null).await?;
        Ok(name.as_str().unwrap_or_default().to_owned())
    }

    /// Where an element is, once it is there, in sight and still.
    ///
    /// # Errors
    /// When it does not come to that.
    pub async fn rect(&self, test_id: &str) -> Result<Rect> {
        self.once_ready(&selector(test_id), Ready::InPlace, async |place| Ok(place)).await
    }

    /// Where the histogram of a column is, once it is there, in sight, and counted.
    ///
    /// # Errors
    /// When it does not come.
    pub async fn histogram(&self, column: &str) -> Result<Rect> {
        let test_id = format!("histogram-brush-{column}");
        self.rect(&test_id).await?;
        self.until_value("the histogram", "$(a).ariaBusy", json!(test_id), Value::is_null).await?;
        self.rect(&test_id).await
    }

    /// What the embedding looks like once it stays so, all that lies over it included: the screen follows the document a
    /// little later.
    ///
    /// # Errors
    /// When no screenshot can be taken, or no two are alike.
    pub async fn pixels(&self) -> Result<Pixels> {
        let png = self
            .until("a picture that stays", async || {
                let (before, now) = (self.screenshot().await?, self.screenshot().await?);
                Ok(if before == now { Seen::Yes(now) } else { Seen::NotYet("it changes") })
            })
            .await?;
        Pixels::decode(&png)
    }

    async fn screenshot(&self) -> Result<Vec<u8>> {
        Ok(self.element("picture").await?.screenshot().await?)
    }

    /// Looks at the embedding until it is as asked.
    ///
    /// # Errors
    /// As [`Self::until`], with what `judge` finds wrong.
    pub async fn until_pixels(&self, what: &str, judge: impl Fn(&Pixels) -> Result<()>) -> Result<Pixels> {
        self.until(what, async || {
            let pixels = Pixels::decode(&self.screenshot().await?)?;
            Ok(match judge(&pixels) {
                Ok(()) => Seen::Yes(pixels),
                Err(wrong) => Seen::NotYet(wrong),
            })
        })
        .await
    }

    /// The file of text that the page saves: its name and its text.
    ///
    /// # Errors
    /// When none comes, or it is no text.
    pub async fn download_text(&self) -> Result<(String, String)> {
        let (name, bytes) = self.download().await?;
        Ok((name, String::from_utf8(bytes)?))
    }

    /// The file that the page saves: its name and its bytes.
    ///
    /// # Errors
    /// When none comes.
    pub async fn download(&self) -> Result<(String, Vec<u8>)> {
        self.until("a saved file", async || Ok(self.browser.downloaded()?.map_or(Seen::NotYet("no file"), Seen::Yes)))
            .await
    }

    /// Fails when the page can be scrolled sideways.
    ///
    /// # Errors
    /// Naming what sticks out.
    pub async fn expect_no_overflow(&self, what: &str) -> Result<()> {
        let wide = "document.documentElement.scrollWidth <= innerWidth ? [] : \
             [document.documentElement.scrollWidth, innerWidth, ...[...document.querySelectorAll('body *')]\
             .filter(e => e.getBoundingClientRect().right > innerWidth + 1)\
             .slice(0, 8).map(e => `${e.tagName} ${e.className} ${e.dataset?.testid ?? ''}`)]";
        let wide = self.evaluate(wide, Value::Null).await?;
        ensure!(wide.as_array().is_some_and(Vec::is_empty), "{what} is wider than the screen: {wide}");
        Ok(())
    }
}

/// What a look at the page gave.
#[derive(Clone, Debug)]
pub enum Seen<T, S> {
    /// What was looked for.
    Yes(T),
    /// Something else, for the message of a failure.
    NotYet(S),
}

/// The selector of a `data-testid`.
fn selector(test_id: &str) -> String {
    format!("[data-testid=\"{}\"]", test_id.replace('\\', "\\\\").replace('"', "\\\""))
}
