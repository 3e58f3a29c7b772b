//! Contours of density: around the share of the cells that they say.

use anyhow::{Result, ensure};
use e2e::{Graphics, N_CELLS, Page, Visit, count};
use serde_json::json;

/// Contours go by bins: cells at their edges may be on the other side, at most this share of all.
const TOLERANCE: f64 = 0.06;

#[tokio::test]
async fn contours_hold_the_share_of_the_cells_that_they_say() -> Result<()> {
    Visit::start(Graphics::WebGpu, "density").await?.run(steps).await
}

async fn steps(visit: &Visit) -> Result<()> {
    let page = visit.open("c=obs:louvain&v=1").await?;
    let truth = visit.truth()?;
    let embedding = truth.default_embedding();
    let projection = page.learn_projection(&embedding).await?;
    let places: Vec<_> = truth.positions(&embedding)?.into_iter().map(|at| at.map(|at| projection.px(at))).collect();
    page.click("display").await?;
    page.click("density-check").await?;
    page.type_keys("\u{E00C}").await?;
    until_note(&page, N_CELLS).await?;
    let labels = truth.labels("louvain")?;
    expect_shares(&page, &places, |_| true).await?;
    visit.browser.shoot("all")?;

    // Of the selected cells alone.
    page.unfold("louvain").await?;
    page.only("louvain", "0").await?;
    let n_zero = count(&labels, |label| label == "0");
    until_note(&page, n_zero).await?;
    expect_shares(&page, &places, |cell| labels[cell] == "0").await?;
    visit.browser.shoot("selected")?;

    // The link has it; a key ends it.
    ensure!(page.view().await?.layout.density, "the link does not say it");
    page.type_keys("v").await?;
    page.until_gone("density").await
}

async fn until_note(page: &Page<'_>, n_cells: usize) -> Result<()> {
    page.until_text("density-note", |text| text.contains(&format!("of {n_cells} cells"))).await?;
    Ok(())
}

async fn expect_shares(page: &Page<'_>, places: &[Option<[f64; 2]>], is_counted: impl Fn(usize) -> bool) -> Result<()> {
    let counted: Vec<[f64; 2]> =
        (0..places.len()).filter(|&cell| is_counted(cell)).filter_map(|cell| places[cell]).collect();
    const HELD: &str = "[...$('density').querySelectorAll('path')].map(path => \
         a.filter(([x, y]) => path.isPointInFill(new DOMPoint(x, y))).length / a.length)";
    let shares = page
        .until_value("contours of these cells", HELD, json!(counted), |shares| {
            shares.as_array().is_some_and(|shares| shares.len() == 4 && shares[0].as_f64() > Some(0.8))
        })
        .await?;
    for (held, expected) in shares.as_array().into_iter().flatten().zip([0.95, 0.75, 0.5, 0.25]) {
        let held = held.as_f64().unwrap_or_default();
        ensure!((held - expected).abs() < TOLERANCE, "a contour of {expected} holds {held}: {shares}");
    }
    Ok(())
}
