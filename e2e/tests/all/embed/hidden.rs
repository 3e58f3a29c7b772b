//! A viewer in a tab that nobody sees.

use anyhow::{Context as _, Result, ensure};
use e2e::{Rgb, Visit};
use serde_json::{Value, json};

use super::Host;

/// The frames that the viewer has drawn so far.
const FRAMES: &str = "Number($('canvas').dataset.frame)";

/// How many pixels of the viewer's picture have each of the colors `a`, but for rounding.
const COUNT: &str = "one.picture().then(async (blob) => {\
                       const bitmap = await createImageBitmap(blob);\
                       const { width, height } = bitmap;\
                       const context = new OffscreenCanvas(width, height).getContext('2d');\
                       context.drawImage(bitmap, 0, 0);\
                       const { data } = context.getImageData(0, 0, width, height);\
                       return a.map((color) => {\
                         let n = 0;\
                         for (let at = 0; at < data.length; at += 4)\
                           n += color.every((value, channel) => Math.abs(data[at + channel] - value) < 24);\
                         return n;\
                       });\
                     })";

pub(super) async fn a_hidden_tab_draws_nothing_until_it_is_seen_again(visit: &Visit, host: &Host<'_>) -> Result<()> {
    let client = host.page.client();
    host.call("colorBy", json!(["obs:louvain"])).await?;
    host.until_heard("viewchange", "event.view.analysis.color.obs === 'louvain'").await?;
    let tab = client.window().await?;
    let other = client.new_window(true).await?.handle;
    client.switch_to_window(other.clone()).await?;
    visit.browser.devtools("Page.bringToFront", &json!({}))?;
    client.switch_to_window(tab.clone()).await?;
    let state = "document.visibilityState";
    host.page.until_value("the tab to be hidden", state, Value::Null, |state| *state == "hidden").await?;

    let before = frames(host).await?;
    for color in ["obs:bulk_labels", "obs:phase"] {
        host.call("colorBy", json!([color])).await?;
        let told = format!("event.view.analysis.color.obs === '{}'", color.trim_start_matches("obs:"));
        host.until_heard("viewchange", &told).await?;
    }
    let hidden = frames(host).await?;
    ensure!(hidden == before, "{} frames were drawn that nobody sees", hidden - before);

    visit.browser.devtools("Page.bringToFront", &json!({}))?;
    host.page.until_value("the tab to be seen", state, Value::Null, |state| *state == "visible").await?;
    host.inside("frameOf('one')", async |page| {
        page.until_value("another frame", FRAMES, Value::Null, |n| n.as_f64() > Some(before)).await?;
        Ok(())
    })
    .await?;
    let mut colors: Vec<Rgb> = Vec::new();
    host.inside("frameOf('one')", async |page| {
        colors = page.legend("phase").await?.into_iter().map(|(_, color)| color).collect();
        Ok(())
    })
    .await?;
    ensure!(colors.len() == 3, "the legend has {colors:?}");
    let counts = host.get(COUNT, json!(colors)).await?;
    let all_are_drawn = counts.as_array().is_some_and(|counts| counts.iter().all(|n| n.as_u64() > Some(20)));
    ensure!(all_are_drawn, "so many pixels have the color of a phase: {counts}");
    client.switch_to_window(other).await?;
    client.close_window().await?;
    Ok(client.switch_to_window(tab).await?)
}

async fn frames(host: &Host<'_>) -> Result<f64> {
    let mut frames = None;
    host.inside("frameOf('one')", async |page| {
        frames = page.evaluate(FRAMES, Value::Null).await?.as_f64();
        Ok(())
    })
    .await?;
    frames.context("the viewer says not how many frames it has drawn")
}
