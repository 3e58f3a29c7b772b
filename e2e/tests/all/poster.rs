//! Posters: what is seen before the program, in the place of what it then draws.

use anyhow::{Context as _, Result, ensure};
use e2e::{DATASET, Graphics, N_CELLS, Screen, Visit};
use serde_json::{Value, json};

/// Where the document's poster stands, and how far it has come.
const POSTER: &str = "(() => {\
    const poster = document.querySelector('.poster:not([hidden])'), image = poster?.querySelector('img');\
    const { x, y, width, height } = poster?.getBoundingClientRect() ?? {};\
    return poster ? { x, y, width, height, isThere: image.complete && image.naturalWidth > 0 } : null;\
})()";

/// Puts the document's poster over what is drawn, as the program has it until all is.
const COVER: &str = "(window.covering ??= (async () => {\
    const html = new DOMParser().parseFromString(await (await fetch(location.pathname)).text(), 'text/html');\
    const poster = document.importNode(html.querySelector('.poster'), true), place = document.createElement('div');\
    poster.hidden = false;\
    place.className = 'poster-place';\
    place.append(poster);\
    document.querySelector('.shell-picture').prepend(place);\
    await poster.querySelector('img').decode();\
    window.isCovered = true;\
})(), window.isCovered === true)";

#[tokio::test]
async fn a_poster_shows_what_is_drawn_in_its_place() -> Result<()> {
    Visit::start(Graphics::WebGpu, "poster").await?.run(steps).await
}

async fn steps(visit: &Visit) -> Result<()> {
    let page = visit.page();
    page.goto(visit.server.address()).await?;
    let card = page.card_of(DATASET).await?;
    let id = card.strip_prefix("dataset-").context("a card is called by its dataset")?;
    let address = format!("{}/d/{id}", visit.server.address());
    for (screen, name) in [(Screen::DESK, "desk"), (Screen::PHONE, "phone")] {
        visit.browser.resize(screen)?;
        visit.browser.devtools("Network.enable", &json!({}))?;
        visit.browser.devtools("Network.setBlockedURLs", &json!({ "urls": ["*.wasm"] }))?;
        page.goto(&address).await?;
        let before = page
            .until_value("a poster without a program", POSTER, Value::Null, |poster| poster["isThere"] == true)
            .await?;
        visit.browser.shoot(&format!("alone-{name}"))?;

        visit.browser.devtools("Network.setBlockedURLs", &json!({ "urls": [] }))?;
        page.goto(&address).await?;
        page.until_drawn(N_CELLS).await?;
        page.until_value("no poster", POSTER, Value::Null, Value::is_null).await?;
        let place = page.rect("picture").await?;
        let [x, y, width, height] = ["x", "y", "width", "height"].map(|name| before[name].as_f64().unwrap_or(-1.0));
        ensure!(
            [x, y, width, height] == [place.left, place.top, place.width, place.height],
            "{before} is not {place:?}"
        );
        let drawn = page.pixels().await?;
        page.until_value("a poster over the picture", COVER, Value::Null, |it| *it == true).await?;
        let covered = page.pixels().await?;
        visit.browser.shoot(&format!("covered-{name}"))?;
        let (mean, _) = drawn.blocks(8).differences(&covered.blocks(8))?;
        ensure!(mean < 6.0, "on a {name} the poster differs from the picture by {mean}");
    }
    visit.browser.expect_complaints(&["ERR_BLOCKED_BY_CLIENT", "Failed to fetch"])?;

    // A link asks for another view: then there is no poster.
    visit.browser.resize(Screen::DESK)?;
    page.goto("about:blank").await?;
    page.goto(&format!("{address}#c=obs:louvain")).await?;
    page.until_drawn(N_CELLS).await?;
    let hidden = page.evaluate("document.querySelector('.poster')?.hidden", Value::Null).await?;
    ensure!(hidden == true, "a link shows the poster of another view");
    Ok(())
}
