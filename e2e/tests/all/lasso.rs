//! The lasso: what it surrounds is what is selected, cell by cell.

use std::f64::consts::TAU;

use anyhow::{Context as _, Result, ensure};
use e2e::{Graphics, Held, N_CELLS, Page, Projection, Visit, inside};
use explorer_core::state::{Selection, SelectionStep};
use serde_json::Value;

#[tokio::test]
async fn a_lasso_selects_what_it_surrounds() -> Result<()> {
    Visit::start(Graphics::WebGpu, "lasso").await?.run(steps).await
}

async fn steps(visit: &Visit) -> Result<()> {
    let page = visit.open("c=obs:louvain").await?;
    let truth = visit.truth()?;
    let embedding = truth.default_embedding();
    let positions = truth.positions(&embedding)?;
    let labels = truth.labels("louvain")?;
    let projection = page.learn_projection(&embedding).await?;
    // The rectangle that was taken back has left no trace.
    page.until_selected(N_CELLS, N_CELLS).await?;
    let expected = |selection: &Selection| positions.iter().flatten().filter(|&&at| is_selected(at, selection)).count();
    let center = |label: &str| {
        let mut xs: Vec<f64> = Vec::new();
        let mut ys: Vec<f64> = Vec::new();
        for (position, own) in positions.iter().zip(&labels) {
            if let (Some((x, y)), true) = (position, own == label) {
                xs.push(*x);
                ys.push(*y);
            }
        }
        xs.sort_by(f64::total_cmp);
        ys.sort_by(f64::total_cmp);
        (xs[xs.len() / 2], ys[ys.len() / 2])
    };

    // Around a cluster.
    let first = around(projection, center("0"), 70.0);
    page.drag("picture", &first, Held::Nothing).await?;
    let selection = page.selection(&embedding).await?;
    ensure!(selection.steps().len() == 1, "one outline was drawn: {selection:?}");
    follows(&selection, projection, &first)?;
    let n_first = expected(&selection);
    ensure!((10..N_CELLS).contains(&n_first), "the outline surrounds {n_first} cells");
    page.until_selected(n_first, N_CELLS).await?;
    page.element("outlines").await?;
    visit.browser.shoot("one")?;

    // Shift adds.
    let second = around(projection, center("4"), 50.0);
    page.drag("picture", &second, Held::Shift).await?;
    let selection = page.selection(&embedding).await?;
    let n_both = expected(&selection);
    ensure!(selection.steps().len() == 2 && n_both > n_first, "shift makes {selection:?}");
    page.until_selected(n_both, N_CELLS).await?;

    // Alt takes away.
    let hole = around(projection, center("0"), 25.0);
    page.drag("picture", &hole, Held::Alt).await?;
    let selection = page.selection(&embedding).await?;
    let n_less = expected(&selection);
    ensure!(selection.steps().len() == 3 && n_less < n_both, "alt makes {selection:?}");
    page.until_selected(n_less, N_CELLS).await?;
    visit.browser.shoot("three")?;

    // The rest, and back.
    page.click("invert-selection").await?;
    page.until_selected(N_CELLS - n_less, N_CELLS).await?;
    page.click("invert-selection").await?;
    page.until_selected(n_less, N_CELLS).await?;

    // The outline stays with its cells when the picture moves.
    page.click("zoom-in").await?;
    page.until_selected(n_less, N_CELLS).await?;
    let zoomed = page.selection(&embedding).await?;
    ensure!(zoomed == selection, "zooming changed the selection");
    page.click("fit").await?;

    // And with other filters: both must pass.
    page.unfold("louvain").await?;
    page.only("louvain", "0").await?;
    let both = |(position, label): (&Option<(f64, f64)>, &String)| {
        label == "0" && position.is_some_and(|at| is_selected(at, &selection))
    };
    page.until_selected(positions.iter().zip(&labels).filter(|&pair| both(pair)).count(), N_CELLS).await?;

    // A lasso without a key begins anew; a click selects nothing.
    page.click("clear-filters").await?;
    page.until_selected(N_CELLS, N_CELLS).await?;
    page.drag("picture", &second, Held::Nothing).await?;
    let selection = page.selection(&embedding).await?;
    ensure!(selection.steps().len() == 1, "a lasso without a key begins anew: {selection:?}");
    page.until_selected(expected(&selection), N_CELLS).await?;
    page.drag("picture", &[[200.0, 200.0]], Held::Nothing).await?;
    ensure!(page.selection(&embedding).await? == selection, "a click changed the selection");

    panning_selects_nothing(&page).await
}

async fn panning_selects_nothing(page: &Page<'_>) -> Result<()> {
    page.click("clear-filters").await?;
    page.click("tool-pan").await?;
    page.drag("picture", &[[300.0, 300.0], [330.0, 310.0], [360.0, 330.0]], Held::Nothing).await?;
    let view = page.view().await?;
    ensure!(view.panels.first().camera.is_some() && view.analysis.query.is_empty(), "panning makes {view:?}");
    page.until_selected(N_CELLS, N_CELLS).await?;
    // Once it rests, the picture is whole and has all the pixels of its place.
    page.until_drawn(N_CELLS).await?;
    let sizes = "(rect => [[$('canvas').width, $('canvas').height], \
         [rect.width, rect.height].map(px => Math.round(px * devicePixelRatio))])($('canvas').getBoundingClientRect())";
    let sizes = page.evaluate(sizes, Value::Null).await?;
    ensure!(sizes[0] == sizes[1], "the canvas has {} pixels in place of {}", sizes[0], sizes[1]);
    Ok(())
}

/// Whether a selection holds a point: outlines are added and taken away in their order.
fn is_selected(at: (f64, f64), selection: &Selection) -> bool {
    let starts_full = matches!(selection.steps().first(), Some(SelectionStep::Subtract(_)));
    selection.steps().iter().fold(starts_full, |held, step| match step {
        SelectionStep::Add(polygon) => held || inside(at, &polygon.points().collect::<Vec<_>>()),
        SelectionStep::Subtract(polygon) => held && !inside(at, &polygon.points().collect::<Vec<_>>()),
        SelectionStep::Intersect(polygon) => held && inside(at, &polygon.points().collect::<Vec<_>>()),
        SelectionStep::Invert => !held,
    })
}

/// A circle on the screen about a place of the embedding.
fn around(projection: Projection, center: (f64, f64), radius_px: f64) -> Vec<[f64; 2]> {
    let [x, y] = projection.px(center);
    let corner = |at: i32| {
        let angle = f64::from(at) * TAU / 24.0;
        [(x + radius_px * angle.cos()).round(), (y + radius_px * angle.sin()).round()]
    };
    (0..24).map(corner).collect()
}

/// The outline in the link is the one that was drawn, within two pixels.
fn follows(selection: &Selection, projection: Projection, drawn: &[[f64; 2]]) -> Result<()> {
    let Some(SelectionStep::Add(polygon)) = selection.steps().first() else {
        anyhow::bail!("an outline was drawn: {selection:?}");
    };
    for corner in polygon.points() {
        let [x, y] = projection.px(corner);
        let nearest = drawn.iter().map(|at| (at[0] - x).hypot(at[1] - y)).min_by(f64::total_cmp);
        let nearest = nearest.context("something was drawn")?;
        ensure!(nearest < 2.0, "a corner of the outline is {nearest} pixels from what was drawn");
    }
    Ok(())
}
