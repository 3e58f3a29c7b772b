//! Opening a dataset: from the start page to the whole picture, in color.

use anyhow::{Result, ensure};
use e2e::{DATASET, Graphics, N_CELLS, Screen, Visit};
use serde_json::{Value, json};

#[tokio::test]
async fn a_dataset_opens_from_the_start_page() -> Result<()> {
    Visit::start(Graphics::WebGpu, "open").await?.run(steps).await
}

#[tokio::test]
async fn a_dataset_that_is_not_there_is_told_in_a_sentence() -> Result<()> {
    Visit::start(Graphics::WebGpu, "open-nothing").await?.run(nothing).await
}

async fn nothing(visit: &Visit) -> Result<()> {
    let page = visit.page();
    page.goto(&format!("{}/d/nowhere", visit.server.address())).await?;
    let text = page.until_text("error", |text| !text.is_empty()).await?;
    ensure!(text == "There is no dataset “nowhere” here.All datasets", "the page says `{text}`");
    let count = page.text("count-text").await?;
    ensure!(count.is_empty(), "of no dataset the page counts `{count}`");
    visit.browser.shoot("nothing")?;
    // On a phone there are no drawers of it either.
    visit.browser.resize(Screen::PHONE)?;
    let shown = "['drawer-left', 'drawer-right'].map(id => $(id).checkVisibility())";
    page.until_value("no drawers", shown, Value::Null, |shown| *shown == json!([false, false])).await?;
    visit.browser.shoot("nothing-phone")?;
    visit.browser.resize(Screen::DESK)?;
    page.click("error-link").await?;
    page.card_of(DATASET).await?;
    visit.browser.expect_complaints(&["404"])
}

async fn steps(visit: &Visit) -> Result<()> {
    let page = visit.page();

    // The start page lists what is served.
    page.goto(visit.server.address()).await?;
    let card = page.card_of(DATASET).await?;
    let text = page.until_text(&card, |text| text.contains("cells")).await?;
    ensure!(text.contains("700") && text.contains("765"), "the card says `{text}`");
    visit.browser.shoot("start")?;

    // A press opens it.
    page.click(&card).await?;
    page.until_drawn(N_CELLS).await?;
    page.until_selected(N_CELLS, N_CELLS).await?;
    ensure!(page.renderer().await? == "webgpu", "drawn with `{}`", page.renderer().await?);
    let path = page.evaluate("location.pathname", Value::Null).await?;
    let is_its_page = path.as_str().is_some_and(|path| path.starts_with(&format!("/d/{DATASET}-")));
    ensure!(is_its_page, "the address is {path}");
    let title = page.evaluate("document.title", Value::Null).await?;
    ensure!(title.as_str().is_some_and(|title| title.contains(DATASET)), "the title is {title}");

    // All that stands beside the picture is there.
    for section in ["categories", "values", "dataset", "genes", "cell-sets", "compare"] {
        page.element(section).await?;
    }
    // The first view is colored by the main label.
    page.legend("bulk_labels").await?;
    let colored = page
        .until_pixels("cells in colors", |pixels| {
            let (coverage, n_colors) = (pixels.coverage(), pixels.n_colors());
            ensure!((0.01..0.6).contains(&coverage), "{coverage} of the picture is covered");
            ensure!(n_colors >= 24, "only {n_colors} colors");
            Ok(())
        })
        .await?;
    visit.browser.shoot("colored")?;

    // Without coloring there are fewer.
    page.click("category-color-bulk_labels").await?;
    page.until_gone("legend").await?;
    page.until_pixels("one color", |pixels| {
        let (before, now) = (colored.n_colors(), pixels.n_colors());
        ensure!(now < before && pixels.coverage() > 0.01, "{before} colors before, {now} now");
        Ok(())
    })
    .await?;
    visit.browser.shoot("plain")?;

    // The mark leads back.
    page.click("home").await?;
    page.element(&card).await?;
    Ok(())
}
