//! A phone: everything is there, and nothing sticks out.

use anyhow::{Result, ensure};
use e2e::{DATASET, Graphics, N_CELLS, Screen, Visit};

#[tokio::test]
async fn a_phone_shows_everything() -> Result<()> {
    Visit::start(Graphics::WebGpu, "phone").await?.run(steps).await
}

async fn steps(visit: &Visit) -> Result<()> {
    let page = visit.page();
    visit.browser.resize(Screen::PHONE)?;
    page.goto(visit.server.address()).await?;
    page.card_of(DATASET).await?;
    page.expect_no_overflow("the start page").await?;
    page.expect_accessible("the start page").await?;
    visit.browser.shoot("start")?;

    page.click(&page.card_of(DATASET).await?).await?;
    page.until_drawn(N_CELLS).await?;
    page.expect_no_overflow("the picture").await?;
    let picture = page.rect("picture").await?;
    ensure!(picture.width >= 380.0 && picture.height >= 400.0, "the picture is {picture:?}");
    let pixels = page.pixels().await?;
    ensure!(pixels.width >= 760, "the picture is {} device pixels wide", pixels.width);
    visit.browser.shoot("picture")?;

    // The left drawer: color and filter.
    page.click("drawer-left").await?;
    page.click("category-color-louvain").await?;
    page.legend("louvain").await?;
    page.unfold("louvain").await?;
    page.expect_no_overflow("the left drawer").await?;
    page.expect_accessible("the left drawer").await?;
    visit.browser.shoot("left")?;
    page.click_in("value-louvain-0", "input").await?;
    page.until_text("count-text", |text| !text.starts_with("700")).await?;
    page.click("drawer-left").await?;

    // The right one: a gene, a set, a comparison.
    page.click("drawer-right").await?;
    page.write("gene-search", "CD3D").await?;
    page.click("gene-hit-CD3D").await?;
    page.click("save-set").await?;
    page.write("cell-set-name", "\n").await?;
    page.expect_no_overflow("the right drawer").await?;
    page.expect_accessible("the right drawer").await?;
    visit.browser.shoot("right")?;
    page.click("compare-run").await?;
    page.element("de-view").await?;
    page.expect_no_overflow("the result").await?;
    page.expect_accessible("the result").await?;
    visit.browser.shoot("result")?;
    page.click("de-show-volcano").await?;
    page.element("de-volcano").await?;
    page.expect_no_overflow("the plot").await?;
    page.expect_accessible("the plot").await?;
    visit.browser.shoot("volcano")?;
    Ok(())
}
