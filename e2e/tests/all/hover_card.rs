//! The card of a cell: chosen columns, a ring around the cell, by pointer and by finger.

use anyhow::{Context as _, Result, ensure};
use e2e::{Graphics, Projection, Screen, Truth, Visit};
use serde_json::Value;

#[tokio::test]
async fn the_card_tells_of_chosen_columns_and_a_finger_asks_for_it() -> Result<()> {
    Visit::start(Graphics::WebGpu, "card").await?.run(steps).await
}

async fn steps(visit: &Visit) -> Result<()> {
    let page = visit.open("c=obs:louvain&v=1").await?;
    let truth = visit.truth()?;
    let embedding = truth.default_embedding();
    page.type_keys("h").await?;
    for column in ["phase", "n_genes", "louvain"] {
        page.click(&format!("card-column-{column}")).await?;
    }
    page.expect_accessible("the choice of columns").await?;
    visit.browser.shoot("choice")?;
    page.click("card-close").await?;

    let projection = page.learn_projection(&embedding).await?;
    let (cell, place) = lonely(&truth, &embedding, &projection)?;
    page.point("picture", place).await?;
    let (phase, louvain) = (truth.labels("phase")?[cell].clone(), truth.labels("louvain")?[cell].clone());
    let n_genes = truth.values("n_genes")?[cell];
    let told = |text: &str| {
        let lines = [format!("louvain{louvain}"), format!("phase{phase}"), format!("n_genes{n_genes}")];
        let text: String = text.split_whitespace().collect();
        // What colors the cells stands there once.
        lines.iter().all(|line| text.contains(line.as_str())) && text.matches("louvain").count() == 1
    };
    page.until_text("cell-tooltip", told).await?;
    let ring = page.rect("hover-ring").await?;
    let picture = page.rect("picture").await?;
    let middle = [ring.left + ring.width / 2.0 - picture.left, ring.top + ring.height / 2.0 - picture.top];
    ensure!((middle[0] - place[0]).hypot(middle[1] - place[1]) < 3.0, "the ring is at {middle:?}, not at {place:?}");
    visit.browser.shoot("card")?;
    page.point("gene-search", [5.0, 5.0]).await?;
    page.until_gone("hover-ring").await?;

    // By a finger, at the next visit: the columns are the same.
    page.goto("about:blank").await?;
    visit.browser.resize(Screen::PHONE)?;
    let page = visit.open("c=obs:louvain&v=1").await?;
    let projection = page.learn_projection(&embedding).await?;
    let (cell, [x, y]) = lonely(&truth, &embedding, &projection)?;
    let picture = page.rect("picture").await?;
    visit.browser.touch("touchStart", &[[picture.left + x, picture.top + y]])?;
    visit.browser.touch("touchEnd", &[])?;
    let phase = &truth.labels("phase")?[cell];
    page.until_text("cell-tooltip", |text| text.contains("phase") && text.contains(phase.as_str())).await?;
    page.element("hover-ring").await?;
    let tooltip = page.rect("cell-tooltip").await?;
    ensure!(tooltip.left >= 0.0 && tooltip.left + tooltip.width <= 400.0, "the card is cut off: {tooltip:?}");
    let selected =
        page.evaluate("$('outlines').querySelectorAll('.outline-draft[d]:not([d=\"\"])').length", Value::Null);
    ensure!(selected.await? == 0, "a tap draws");
    visit.browser.shoot("tap")
}

/// The cell that is farthest from all others in the middle of the picture, and its place there.
fn lonely(truth: &Truth, embedding: &str, projection: &Projection) -> Result<(usize, [f64; 2])> {
    let positions = truth.positions(embedding)?;
    let px: Vec<Option<[f64; 2]>> = positions.iter().map(|at| at.map(|at| projection.px(at))).collect();
    let apart = |cell: usize| {
        let here = px[cell]?;
        let others = px.iter().enumerate().filter(|&(other, _)| other != cell).filter_map(|(_, at)| *at);
        others.map(|at| (at[0] - here[0]).hypot(at[1] - here[1])).reduce(f64::min)
    };
    let cells = (0..px.len()).filter_map(|cell| Some((cell, px[cell]?, apart(cell)?)));
    // Clear of what floats at the edges.
    let (xs, ys): (Vec<f64>, Vec<f64>) = px.iter().flatten().map(|at| (at[0], at[1])).unzip();
    let middle = |values: &[f64]| {
        let (least, most) = values.iter().fold((f64::MAX, f64::MIN), |(a, b), &value| (a.min(value), b.max(value)));
        (least + 0.25 * (most - least))..(least + 0.75 * (most - least))
    };
    let (across, down) = (middle(&xs), middle(&ys));
    let cells = cells.filter(|(_, at, _)| across.contains(&at[0]) && down.contains(&at[1]));
    let (cell, at, _) = cells.max_by(|a, b| a.2.total_cmp(&b.2)).context("there are cells")?;
    Ok((cell, at))
}
