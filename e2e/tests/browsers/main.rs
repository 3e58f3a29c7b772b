//! The page in browsers other than Chromium: that it opens, colors, selects, compares, and is shown in another page.

use std::{collections::HashMap, f64::consts::TAU};

use anyhow::{Context as _, Result, ensure};
use e2e::{DATASET, Held, HostFile, HostSite, N_CELLS, Page, Visit, distance};
use serde_json::{Value, json};

/// Cells of the label `Dendritic`.
const N_DENDRITIC: usize = 240;

/// Labels of `louvain`.
const N_LOUVAIN: usize = 11;

/// Blending and rounding may shift a color by this much.
const SAME_COLOR: f64 = 40.0;

#[tokio::test(flavor = "multi_thread")]
async fn firefox_shows_what_chromium_shows() -> Result<()> {
    let mut site = HostSite::listen().await?;
    let visit = Visit::in_firefox(allowing(&site), "firefox").await?;
    site.serve(files(visit.server.address()));
    visit.run(async |visit| steps(visit, &site).await).await
}

#[tokio::test(flavor = "multi_thread")]
async fn webkit_shows_what_chromium_shows() -> Result<()> {
    let mut site = HostSite::listen().await?;
    let visit = Visit::in_webkit(allowing(&site), "webkit").await?;
    site.serve(files(visit.server.address()));
    visit.run(async |visit| steps(visit, &site).await).await
}

/// Arguments of a server that lets the site show the viewer and read the data.
fn allowing(site: &HostSite) -> Vec<String> {
    ["--embed-origin", "--cors-origin"].into_iter().flat_map(|name| [name.to_owned(), site.origin()]).collect()
}

async fn steps(visit: &Visit, site: &HostSite) -> Result<()> {
    let page = visit.open("").await.context("opening")?;
    let renderer = page.renderer().await?;
    ensure!(["webgl2", "webgpu"].contains(&&*renderer), "it draws with {renderer}");
    colors(&page).await.context("colors")?;
    visit.browser.shoot("colored")?;
    selects_by_a_lasso(&page).await.context("lasso")?;
    visit.browser.shoot("selected")?;
    compares(&page).await.context("comparison")?;
    visit.browser.shoot("compared")?;
    is_shown_in_another_page(&page, site).await.context("embedding")?;
    visit.browser.shoot("embedded")
}

async fn colors(page: &Page<'_>) -> Result<()> {
    page.click("category-color-louvain").await?;
    let legend = page.legend("louvain").await?;
    ensure!(legend.len() == N_LOUVAIN, "the legend is {legend:?}");
    let picture = page.rect("picture").await?;
    let places = || (0..picture.width as u32).flat_map(|x| (0..picture.height as u32).map(move |y| [x, y]));
    page.until_pixels("every label's color", |pixels| {
        for (label, color) in &legend {
            let n = places().filter(|&[x, y]| distance(pixels.at([x.into(), y.into()]), *color) < SAME_COLOR).count();
            ensure!(n > 20, "{n} pixels have the color of {label}");
        }
        Ok(())
    })
    .await?;
    Ok(())
}

async fn selects_by_a_lasso(page: &Page<'_>) -> Result<()> {
    let picture = page.rect("picture").await?;
    page.click("tool-lasso").await?;
    let around = |step: u32| {
        let angle = TAU * f64::from(step) / 24.0;
        [picture.width * (0.5 + 0.3 * angle.cos()), picture.height * (0.5 + 0.3 * angle.sin())]
    };
    page.drag("picture", &(0..=24).map(around).collect::<Vec<_>>(), Held::Nothing).await?;
    let n = page.until_text("count-text", |text| !text.starts_with(&N_CELLS.to_string())).await?;
    ensure!((10..N_CELLS).contains(&page.n_selected().await?), "the outline surrounds {n}");
    page.click("undo").await?;
    page.until_selected(N_CELLS, N_CELLS).await
}

async fn compares(page: &Page<'_>) -> Result<()> {
    page.unfold("bulk_labels").await?;
    page.only("bulk_labels", "CD19+ B").await?;
    page.until_selected(95, N_CELLS).await?;
    page.click("compare-selection").await?;
    page.until_exact("CD19+ B against the rest").await?;
    page.until_text("de-count", |text| text == "765 genes").await?;
    // The marker of B cells leads.
    page.element("de-row-CD79A").await?;
    Ok(())
}

async fn is_shown_in_another_page(page: &Page<'_>, site: &HostSite) -> Result<()> {
    page.goto(&format!("{}/host.html", site.origin())).await?;
    page.until_value("the page's script", "window.isLoaded === true", Value::Null, |it| *it == true).await?;
    page.evaluate("(add('one', a), 0)", json!({ "color-by": "obs:louvain" })).await?;
    let dataset = page.evaluate("one.ready", Value::Null).await?;
    ensure!(dataset["n_obs"] == N_CELLS, "{dataset}");
    let drawn = format!("heard('one', 'progress', (event) => event.n === {N_CELLS})");
    page.until_value("all cells", &drawn, Value::Null, |event| !event.is_null()).await?;
    let labels = json!({ "labels": { "column": "bulk_labels", "labels": ["Dendritic"] } });
    page.evaluate("outcome(one.select(a))", labels).await?;
    let selected = format!("heard('one', 'selectionchange', (event) => event.n === {N_DENDRITIC})");
    page.until_value("the selection", &selected, Value::Null, |event| !event.is_null()).await?;
    Ok(())
}

fn files(server: &str) -> HashMap<&'static str, HostFile> {
    let page = format!(
        "<!doctype html><html lang=\"en\"><title>A consortium</title><link rel=\"stylesheet\" href=\"/host.css\">\
         <body data-explorer=\"{server} {DATASET}\"><main></main><script type=\"module\" src=\"/host.js\"></script>"
    );
    let file = |media_type, content: String| HostFile { media_type, content, ..HostFile::default() };
    HashMap::from([
        ("/host.html", file("text/html", page)),
        ("/host.js", file("text/javascript", include_str!("../all/host/host.js").to_owned())),
        ("/host.css", file("text/css", include_str!("../all/host/host.css").to_owned())),
    ])
}
