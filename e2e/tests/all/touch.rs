//! Fingers on a phone: one draws or moves, two zoom, and the page itself stays as it is.

use anyhow::{Context as _, Result, ensure};
use e2e::{Graphics, Screen, Visit};
use serde_json::{Value, json};

#[tokio::test]
async fn two_fingers_zoom_the_picture() -> Result<()> {
    Visit::start(Graphics::WebGpu, "touch").await?.run(steps).await
}

async fn steps(visit: &Visit) -> Result<()> {
    visit.browser.resize(Screen::PHONE)?;
    let page = visit.open("c=obs:louvain").await?;
    page.click("tool-pan").await?;
    let picture = page.rect("picture").await?;
    let middle = [picture.left + picture.width / 2.0, picture.top + picture.height / 2.0];
    let apart = |px: f64| [[middle[0] - px, middle[1]], [middle[0] + px, middle[1]]];
    page.click("zoom-in").await?;
    let before = camera(visit).await?;

    visit.browser.touch("touchStart", &apart(40.0))?;
    for px in [50.0, 60.0, 70.0, 80.0] {
        visit.browser.touch("touchMove", &apart(px))?;
    }
    visit.browser.touch("touchEnd", &[])?;
    // Twice as far apart: half as much of the embedding is in sight, about the same place.
    page.until("the camera", async || {
        let now = camera(visit).await?;
        let is_so = (now.0 / before.0 - 0.5).abs() < 0.02;
        Ok(if is_so { e2e::Seen::Yes(()) } else { e2e::Seen::NotYet(format!("{before:?}, then {now:?}")) })
    })
    .await?;
    let now = camera(visit).await?;
    ensure!((now.1 - before.1).hypot(now.2 - before.2) < 0.02 * before.0, "{before:?} went to {now:?}");
    let scale = page.evaluate("visualViewport.scale", Value::Null).await?;
    ensure!(scale == json!(1) || scale == json!(1.0), "the page itself was zoomed: {scale}");

    // One finger moves the picture by as much as it moves.
    visit.browser.touch("touchStart", &[middle])?;
    for step in 1..=4 {
        visit.browser.touch("touchMove", &[[middle[0] + 20.0 * f64::from(step), middle[1]]])?;
    }
    visit.browser.touch("touchEnd", &[])?;
    page.until("the camera", async || {
        let moved = (now.1 - camera(visit).await?.1) / now.0 * picture.width;
        Ok(if (moved - 80.0).abs() < 3.0 { e2e::Seen::Yes(()) } else { e2e::Seen::NotYet(moved) })
    })
    .await?;
    let scrolled = page.evaluate("scrollX + scrollY", Value::Null).await?;
    ensure!(scrolled == json!(0), "the page was scrolled by {scrolled}");
    Ok(())
}

/// Width and middle of what is in sight, as the link has them.
async fn camera(visit: &Visit) -> Result<(f64, f64, f64)> {
    let camera = visit.page().view().await?.panels.first().camera.context("the link has no camera")?;
    Ok((camera.width(), camera.x(), camera.y()))
}
