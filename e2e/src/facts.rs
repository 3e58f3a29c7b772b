//! What is written on the page: counts, the legend, the link, messages.

use anyhow::{Result, ensure};
use explorer_core::state::{ViewSpec, link::ParsedLink};
use serde_json::{Value, json};

use crate::{Page, Rgb, Seen};

impl Page<'_> {
    /// The selected and the total count beside every label of a column, by label; lists the column
    /// first where it is folded.
    ///
    /// # Errors
    /// When the counts do not come.
    pub async fn label_counts(&self, column: &str) -> Result<Vec<(String, usize, usize)>> {
        self.unfold(column).await?;
        let rows = "[...document.querySelectorAll(`[data-testid^=\"value-${CSS.escape(a)}-\"]`)].map(row => [\
                    row.dataset.testid.slice(`value-${a}-`.length),\
                    row.querySelector('.value-selected').textContent, row.querySelector('.value-total').textContent])";
        let rows = self
            .until_value(&format!("labels of {column}"), rows, json!(column), |rows| {
                // An ellipsis stands for what is not yet counted.
                rows.as_array()
                    .is_some_and(|rows| !rows.is_empty() && rows.iter().all(|row| row[1] != "…" && row[2] != "…"))
            })
            .await?;
        let number = |text: &Value| text.as_str().unwrap_or_default().replace(',', "").parse::<usize>();
        let counts = rows
            .as_array()
            .into_iter()
            .flatten()
            .map(|row| Ok((row[0].as_str().unwrap_or_default().to_owned(), number(&row[1])?, number(&row[2])?)));
        counts.collect()
    }

    /// Lists the labels of a column, where they are not.
    ///
    /// # Errors
    /// When there is no such column.
    pub async fn unfold(&self, column: &str) -> Result<()> {
        let button = format!("category-expand-{column}");
        self.element(&button).await?;
        if self.evaluate("$(a).getAttribute('aria-expanded')", json!(button)).await? != json!("true") {
            self.click(&button).await?;
        }
        Ok(())
    }

    /// The labels and colors of the legend, once they are there.
    ///
    /// # Errors
    /// When they do not come.
    pub async fn legend(&self, title: &str) -> Result<Vec<(String, Rgb)>> {
        // By a press of the page's own: the focus stays, and a drawer may lie over it.
        const TOGGLE: &str = "$('legend-toggle').click()";
        let is_there = "$('legend')?.ariaBusy === 'false' && $('legend-toggle').textContent.trim() === a";
        self.until_value(&format!("the legend of {title}"), is_there, json!(title), |is_there| is_there == true)
            .await?;
        // A legend of labels is closed until it is opened, and has no rows as long.
        let is_closed = self.evaluate("$('legend-toggle').ariaExpanded === 'false'", Value::Null).await? == true;
        if is_closed {
            self.evaluate(TOGGLE, Value::Null).await?;
        }
        let entries = "$('legend-toggle').ariaExpanded === 'true' ? \
             [...$('legend').querySelectorAll('.legend-entry')].map(entry => \
               [entry.title, getComputedStyle(entry.querySelector('.legend-swatch')).backgroundColor]) : null";
        let entries = self.until_value("the rows of the legend", entries, Value::Null, Value::is_array).await?;
        if is_closed {
            self.evaluate(TOGGLE, Value::Null).await?;
        }
        let entries = entries.as_array().into_iter().flatten();
        entries.map(|entry| Ok((entry[0].as_str().unwrap_or_default().to_owned(), rgb(&entry[1])?))).collect()
    }

    /// What follows `#` in the address, once the page has written all that happened before.
    ///
    /// # Errors
    /// When the browser cannot say.
    pub async fn link(&self) -> Result<String> {
        // The page writes 200 ms after the last change, by a timer. One that begins later and runs longer ends later,
        // however slow the machine is; what changed meanwhile has begun another timer.
        const WRITTEN: &str = "const done = arguments[0]; let link = location.hash; \
             const look = () => { if (location.hash === link) return done(link.slice(1)); \
               link = location.hash; setTimeout(look, 250); }; \
             setTimeout(look, 250);";
        let link = self.client().execute_async(WRITTEN, Vec::new()).await?;
        Ok(link.as_str().unwrap_or_default().to_owned())
    }

    /// Loads the page anew, once its address holds all that happened before.
    ///
    /// # Errors
    /// When the browser cannot.
    pub async fn reload(&self) -> Result<()> {
        self.link().await?;
        Ok(self.client().refresh().await?)
    }

    /// The view that the address holds.
    ///
    /// # Errors
    /// When a part of it cannot be read.
    pub async fn view(&self) -> Result<ViewSpec> {
        let link = self.link().await?;
        let ParsedLink { view, notices, .. } = ViewSpec::from_link(&link);
        ensure!(notices.is_empty(), "the page wrote a link that it cannot read: {link}: {notices:?}");
        Ok(view)
    }

    /// Waits for the table of a comparison of that title, and until none of its rows is an estimate.
    ///
    /// # Errors
    /// As [`Self::until`].
    pub async fn until_exact(&self, title: &str) -> Result<()> {
        let facts = "[$('de-title')?.textContent.trim(), $('de-facts')?.dataset.estimate]";
        let exact = json!([title, "false"]);
        self.until_value(&format!("the table of {title}"), facts, Value::Null, |facts| *facts == exact).await?;
        Ok(())
    }

    /// The texts of the notices that stand.
    ///
    /// # Errors
    /// When the browser cannot say.
    pub async fn notices(&self) -> Result<Vec<String>> {
        let texts = "[...document.querySelectorAll('[data-testid=notice] p')].map(p => p.textContent)";
        let texts = self.evaluate(texts, Value::Null).await?;
        Ok(texts.as_array().into_iter().flatten().filter_map(|text| Some(text.as_str()?.to_owned())).collect())
    }

    /// Waits for a notice, and returns its text.
    ///
    /// # Errors
    /// As [`Self::until`].
    pub async fn until_notice(&self, is_so: impl Fn(&str) -> bool) -> Result<String> {
        self.until("a notice", async || {
            let notices = self.notices().await?;
            Ok(match notices.iter().find(|notice| is_so(notice)) {
                Some(found) => Seen::Yes(found.clone()),
                None => Seen::NotYet(notices),
            })
        })
        .await
    }
}

/// A computed color: `rgb(1, 2, 3)`.
fn rgb(color: &Value) -> Result<Rgb> {
    let text = color.as_str().unwrap_or_default();
    let channels = text.strip_prefix("rgb(").and_then(|text| text.strip_suffix(')'));
    let channels: Vec<u8> =
        channels.unwrap_or_default().split(',').filter_map(|channel| channel.trim().parse().ok()).collect();
    channels.try_into().map_err(|_| anyhow::anyhow!("`{text}` is no color"))
}
