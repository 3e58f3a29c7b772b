//! Embeddings of three dimensions: turned by pointer and keys, and selected from as they are seen.

use anyhow::{Context as _, Result, ensure};
use e2e::{Held, N_SMALL_CELLS, Page, VIEWS, Visit, inside, views_visit};
use explorer_core::{
    data::Orientation,
    state::{Panel, Polygon, SelectionStep},
};

/// The embedding's key.
const KEY: &str = "X_umap_3d";

#[tokio::test]
async fn a_lasso_selects_what_is_under_it_from_the_side_that_is_seen() -> Result<()> {
    views_visit("space").await?.run(steps).await
}

async fn steps(visit: &Visit) -> Result<()> {
    let page = visit.page();
    page.goto(&format!("{}/d/{VIEWS}#e={KEY}&c=obs:cell_type", visit.server.address())).await?;
    page.until_drawn(N_SMALL_CELLS).await?;
    let front = page.pixels().await?;
    visit.browser.shoot("front")?;
    let cells = visit.truth()?.positions_in_space(KEY)?;

    // From the front a lasso is that of the first two dimensions.
    page.click("tool-rectangle").await?;
    let seen_from_front = select(&page, [0.4, 0.4], [0.6, 0.6]).await?;
    ensure!(seen_from_front.orientation().is_front(), "{seen_from_front:?}");
    expect_selected(&page, &seen_from_front, &cells).await?;
    page.click("undo").await?;

    // Turned by a drag, the picture and the link are others.
    page.click("tool-orbit").await?;
    let picture = page.rect("picture").await?;
    let middle = [picture.width / 2.0, picture.height / 2.0];
    page.drag("picture", &[middle, [middle[0] + 150.0, middle[1] + 60.0]], Held::Nothing).await?;
    let turned = panel(&page).await?.orientation;
    ensure!(!turned.is_front(), "a drag turns nothing");
    page.until_pixels("another side", |now| {
        let (mean, _) = front.differences(now)?;
        ensure!(mean > 2.0, "the picture differs by {mean}");
        Ok(())
    })
    .await?;
    visit.browser.shoot("turned")?;
    page.click("tool-rectangle").await?;
    let first = select(&page, [0.35, 0.35], [0.6, 0.6]).await?;
    ensure!(first.orientation() == turned, "the outline is seen from {:?}", first.orientation());
    let n_first = expect_selected(&page, &first, &cells).await?;

    // By keys further, and what is drawn there is kept beside the first one.
    page.evaluate("$('picture').focus()", serde_json::Value::Null).await?;
    page.press_shift_arrow().await?;
    let further = panel(&page).await?.orientation;
    ensure!(further != turned && !further.is_front(), "Shift with an arrow key turns nothing");
    page.until_selected(n_first, N_SMALL_CELLS).await?;

    // A link brings the side back, with the selection.
    let link = page.client().current_url().await?;
    page.goto("about:blank").await?;
    page.goto(link.as_str()).await?;
    page.until_drawn(N_SMALL_CELLS).await?;
    ensure!(panel(&page).await?.orientation == further, "the link forgets the side");
    page.until_selected(n_first, N_SMALL_CELLS).await?;

    // The front again.
    page.click("front-view").await?;
    ensure!(panel(&page).await?.orientation.is_front(), "the front is not seen");
    Ok(())
}

async fn panel(page: &Page<'_>) -> Result<Panel> {
    Ok(page.view().await?.panels.first().clone())
}

/// Drags a rectangle between shares of the picture, and gives what the link says of it.
async fn select(page: &Page<'_>, from: [f64; 2], to: [f64; 2]) -> Result<Polygon> {
    let picture = page.rect("picture").await?;
    let place = |share: [f64; 2]| [share[0] * picture.width, share[1] * picture.height];
    page.drag("picture", &[place(from), place(to)], Held::Nothing).await?;
    let selection = page.selection(KEY).await?;
    match selection.steps().last() {
        Some(SelectionStep::Add(polygon)) => Ok(polygon.clone()),
        other => anyhow::bail!("a rectangle was dragged, but the link holds {other:?}"),
    }
}

/// Waits until as many cells are selected as lie under the outline: all of them, however deep.
async fn expect_selected(page: &Page<'_>, outline: &Polygon, cells: &[Option<[f64; 3]>]) -> Result<usize> {
    let corners: Vec<(f64, f64)> = outline.points().collect();
    let placed: Vec<[f64; 3]> = cells.iter().flatten().copied().collect();
    let n_expected = seen(&placed, outline.orientation()).filter(|&at| inside(at, &corners)).count();
    ensure!((20..placed.len() - 20).contains(&n_expected), "{n_expected} cells lie under the outline");
    page.until_selected(n_expected, cells.len()).await.context("what lies under the outline")?;
    Ok(n_expected)
}

/// Where places are seen: their differences to the center of the box around all, turned by the quaternion.
fn seen(places: &[[f64; 3]], orientation: Orientation) -> impl Iterator<Item = (f64, f64)> {
    let [x, y, z, w] = orientation.quaternion();
    let center = [0, 1, 2].map(|axis| {
        let along = || places.iter().map(|place| place[axis]);
        f64::midpoint(along().fold(f64::INFINITY, f64::min), along().fold(f64::NEG_INFINITY, f64::max))
    });
    let cross =
        |a: [f64; 3], b: [f64; 3]| [a[1] * b[2] - a[2] * b[1], a[2] * b[0] - a[0] * b[2], a[0] * b[1] - a[1] * b[0]];
    places.iter().map(move |place| {
        // v + 2w(q × v) + 2q × (q × v), for a quaternion whose length is 1.
        let offset = [0, 1, 2].map(|axis| place[axis] - center[axis]);
        let length = x * x + y * y + z * z + w * w;
        let once = cross([x, y, z], offset);
        let twice = cross([x, y, z], once);
        let turned = [0, 1].map(|axis| offset[axis] + 2.0 * (w * once[axis] + twice[axis]) / length);
        (center[0] + turned[0], center[1] + turned[1])
    })
}
