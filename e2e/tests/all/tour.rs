//! The tour: offered once, on the dataset at hand.

use anyhow::{Result, ensure};
use e2e::{Graphics, Held, Page, Screen, Visit};
use explorer_core::state::ColorBy;

#[tokio::test]
async fn the_tour_is_offered_once_and_shows_the_dataset() -> Result<()> {
    Visit::start(Graphics::WebGpu, "tour").await?.run(steps).await
}

async fn steps(visit: &Visit) -> Result<()> {
    let page = visit.open("").await?;
    page.element("tour-offer").await?;
    page.expect_accessible("the offer of the tour").await?;
    visit.browser.shoot("offer")?;
    page.click("tour-take").await?;
    page.until_text("tour-step", |text| text == "1 of 5").await?;
    let before = page.view().await?.analysis.color;
    page.click("tour-try").await?;
    page.until("another color", async || {
        let color = page.view().await?.analysis.color;
        let is_other = color != before && matches!(color, ColorBy::Obs(_));
        Ok(if is_other { e2e::Seen::Yes(()) } else { e2e::Seen::NotYet(color) })
    })
    .await?;
    visit.browser.shoot("color")?;
    for step in 2..=5 {
        page.click("tour-next").await?;
        page.until_text("tour-step", |text| text == format!("{step} of 5")).await?;
        visit.browser.shoot(&format!("step-{step}"))?;
    }
    page.expect_accessible("the tour").await?;
    page.click("tour-next").await?;
    page.until_gone("tour").await?;

    // Not once more, unless it is asked for; on a phone, too.
    page.goto("about:blank").await?;
    visit.browser.resize(Screen::PHONE)?;
    let page = visit.open("").await?;
    ensure!(!page.has("tour-offer").await?, "the tour is offered again");
    ask_for_tour(&page).await?;
    page.expect_no_overflow("the tour on a phone").await?;
    visit.browser.shoot("phone")?;
    page.click("tour-close").await?;
    page.until_gone("tour").await?;

    // Escape closes it, too, and nothing below.
    ask_for_tour(&page).await?;
    page.type_keys("\u{E00C}").await?;
    page.until_gone("tour").await
}

async fn ask_for_tour(page: &Page<'_>) -> Result<()> {
    page.press_control('k', Held::Nothing).await?;
    page.until_focused("palette-query").await?;
    page.type_keys("tour").await?;
    page.until_text("palette-hit-0", |text| text.starts_with("Tour")).await?;
    page.type_keys("\u{E007}").await?;
    page.until_text("tour-step", |text| text == "1 of 5").await?;
    Ok(())
}
