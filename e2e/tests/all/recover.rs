//! A lost graphics device: the picture comes back by itself.

use anyhow::{Result, ensure};
use e2e::{Graphics, N_CELLS, Visit};
use serde_json::{Value, json};

/// Keeps every device that the page gets, so that the test can take one away.
const KEEP_DEVICES: &str = "window.devices = []; \
     if (window.GPUAdapter) { \
       const request = GPUAdapter.prototype.requestDevice; \
       GPUAdapter.prototype.requestDevice = async function (...all) { \
         const device = await request.apply(this, all); window.devices.push(device); return device; }; }";

#[tokio::test]
async fn a_lost_webgpu_device_is_replaced() -> Result<()> {
    Visit::start(Graphics::WebGpu, "lost-webgpu").await?.run(webgpu).await
}

async fn webgpu(visit: &Visit) -> Result<()> {
    visit.browser.before_pages(KEEP_DEVICES)?;
    let page = visit.open("c=obs:louvain").await?;
    ensure!(page.renderer().await? == "webgpu");
    page.legend("louvain").await?;
    let before = page.pixels().await?.coverage();
    // The renderer draws with the device that the page's first script opened, and opens none itself.
    ensure!(page.evaluate("devices.length", Value::Null).await? == json!(1));
    page.evaluate("devices[0].destroy()", Value::Null).await?;
    page.until_value("another device", "devices.length", Value::Null, |n| *n == json!(2)).await?;
    page.until_drawn(N_CELLS).await?;
    // The page's first script opened the first device, the renderer the second: both ask for the same.
    let limits = "devices.map(({ limits }) => \
         Object.fromEntries(Object.keys(Object.getPrototypeOf(limits)).map(name => [name, limits[name]])))";
    let limits = page.evaluate(limits, Value::Null).await?;
    ensure!(limits[0].as_object().is_some_and(|limits| limits.len() > 20), "a device has the limits {limits}");
    ensure!(limits[0] == limits[1], "the first device has the limits {}, the second {}", limits[0], limits[1]);
    page.until_pixels("the same picture", |pixels| {
        let now = pixels.coverage();
        ensure!((now - before).abs() < 0.02 * before, "{before} of the picture were covered before, {now} now");
        Ok(())
    })
    .await?;
    // It can be worked with as before.
    page.unfold("louvain").await?;
    page.only("louvain", "0").await?;
    page.until_text("count-text", |text| !text.starts_with("700")).await?;
    Ok(())
}

#[tokio::test]
async fn a_lost_webgl2_context_is_replaced() -> Result<()> {
    Visit::start(Graphics::WebGl2, "lost-webgl2").await?.run(webgl2).await
}

async fn webgl2(visit: &Visit) -> Result<()> {
    let page = visit.open("c=obs:louvain").await?;
    ensure!(page.renderer().await? == "webgl2");
    page.legend("louvain").await?;
    let before = page.pixels().await?.coverage();
    page.evaluate(
        "(window.lost = $('canvas'), lost.getContext('webgl2').getExtension('WEBGL_lose_context').loseContext())",
        Value::Null,
    )
    .await?;
    page.until_value("another canvas", "$('canvas') !== lost", Value::Null, |is_new| *is_new == json!(true)).await?;
    page.until_drawn(N_CELLS).await?;
    page.until_pixels("the same picture", |pixels| {
        let now = pixels.coverage();
        ensure!((now - before).abs() < 0.02 * before, "{before} of the picture were covered before, {now} now");
        Ok(())
    })
    .await?;
    // What the browser itself says of the loss is no complaint of the page.
    visit.browser.expect_complaints(&["CONTEXT_LOST_WEBGL", "context lost", "loseContext"])
}
