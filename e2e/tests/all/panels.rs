//! Panels side by side: each selects by what it shows, whether an embedding or two numbers of each cell.

use std::f64::consts::TAU;

use anyhow::{Result, ensure};
use e2e::{Graphics, Held, N_CELLS, Page, Visit, count, inside};
use explorer_core::state::{Axis, GeneKey, PanelKind, Scatter, Selection, SelectionStep};
use serde_json::{Value, json};

/// WebDriver's Enter.
const ENTER: &str = "\u{E007}";

#[tokio::test]
async fn a_lasso_in_the_second_panel_selects_what_it_surrounds_there() -> Result<()> {
    Visit::start(Graphics::WebGpu, "panels").await?.run(two).await
}

async fn two(visit: &Visit) -> Result<()> {
    let page = visit.open("c=obs:louvain").await?;
    page.until_drawn(N_CELLS).await?;
    page.click("panels-menu").await?;
    page.click("add-panel").await?;
    until_panel_drawn(&page, 1).await?;
    let view = page.view().await?;
    let shown: Vec<_> = view.panels.iter().map(|panel| panel.embedding().map(str::to_owned)).collect();
    ensure!(shown == [None, Some("X_pca".to_owned())], "the panels show {shown:?}");
    visit.browser.shoot("two")?;

    page.drag("panel-1", &circle(&page, 1, [0.5, 0.5], 90.0).await?, Held::Nothing).await?;
    let outline = only_outline(&page.selection("X_pca").await?)?;
    let positions = visit.truth()?.positions("X_pca")?;
    let expected = count(&positions, |at| at.is_some_and(|at| inside(at, &outline)));
    ensure!((10..N_CELLS).contains(&expected), "the outline surrounds {expected} cells");
    page.until_selected(expected, N_CELLS).await?;
    ensure!(page.view().await?.analysis.query.filters.selections.len() == 1, "another embedding has a selection");

    // A camera moves alone, and with the others when they are linked.
    page.type_keys("+").await?;
    page.until_value("the second camera", "location.hash.includes('p1.cam')", Value::Null, |moved| *moved == true)
        .await?;
    let view = page.view().await?;
    let moved: Vec<bool> = view.panels.iter().map(|panel| panel.camera.is_some()).collect();
    ensure!(moved == [false, true], "the second panel alone was to be moved");

    // Closed, undone and opened again from the link, it is the same.
    page.click_in("panel-1", "[data-testid=panel-close]").await?;
    page.until_gone("panel-1").await?;
    page.until_selected(expected, N_CELLS).await?;
    page.click("undo").await?;
    until_panel_drawn(&page, 1).await?;
    let view = page.view().await?;
    page.goto("about:blank").await?;
    let again = visit.open(&view.to_link()).await?;
    until_panel_drawn(&again, 1).await?;
    again.until_selected(expected, N_CELLS).await?;
    ensure!(again.view().await?.panels == view.panels, "the link has other panels");
    Ok(())
}

#[tokio::test]
async fn a_lasso_in_a_scatter_plot_selects_by_the_values_of_its_axes() -> Result<()> {
    Visit::start(Graphics::WebGpu, "scatter").await?.run(scatter).await
}

async fn scatter(visit: &Visit) -> Result<()> {
    let page = visit.open("c=obs:louvain").await?;
    page.until_drawn(N_CELLS).await?;
    page.type_keys("q").await?;
    page.write("scatter-x", "FCGR3A").await?;
    page.write("scatter-y", "no such number").await?;
    page.type_keys(ENTER).await?;
    page.until_text("scatter-dialog", |text| text.contains("is no column of numbers")).await?;
    page.evaluate("$('scatter-y').select()", Value::Null).await?;
    page.write("scatter-y", "n_genes").await?;
    page.type_keys(ENTER).await?;
    page.until_text("axis-x", |text| text == "FCGR3A in X").await?;
    page.until_text("axis-y", |text| text == "n_genes").await?;
    let plot = Scatter { x: Axis::Gene(GeneKey::new("FCGR3A")), y: Axis::Obs("n_genes".to_owned()) };
    // It stands beside what was there.
    let shown: Vec<PanelKind> = page.view().await?.panels.iter().map(|panel| panel.kind.clone()).collect();
    let expected = [PanelKind::default(), PanelKind::Scatter(plot.clone())];
    ensure!(shown == expected, "the panels show {shown:?}");
    until_panel_drawn(&page, 1).await?;
    visit.browser.shoot("scatter")?;
    page.click("save-picture").await?;
    page.click("save-svg").await?;
    let (_, svg) = page.download_text().await?;
    ensure!(svg.matches("<image ").count() == 2, "the file does not show both panels");
    ensure!(["FCGR3A in X", "n_genes"].iter().all(|axis| svg.contains(&format!(">{axis}</text>"))), "it has no axes");

    page.drag("panel-1", &circle(&page, 1, [0.4, 0.82], 120.0).await?, Held::Nothing).await?;
    let outline = only_outline(&page.selection(&plot.key()).await?)?;
    let truth = visit.truth()?;
    let (xs, ys) = (along(&truth.gene("FCGR3A")?), along(&truth.values("n_genes")?));
    let cells: Vec<(f64, f64)> = xs.into_iter().zip(ys).collect();
    let expected = count(&cells, |&at| inside(at, &outline));
    ensure!((10..N_CELLS).contains(&expected), "the outline surrounds {expected} cells");
    page.until_selected(expected, N_CELLS).await?;

    // It selects the same from a link, before the plot has been seen.
    let link = page.view().await?.to_link();
    page.goto("about:blank").await?;
    let again = visit.open(&link).await?;
    again.until_selected(expected, N_CELLS).await?;
    until_panel_drawn(&again, 1).await?;
    Ok(())
}

#[tokio::test]
async fn outlines_in_different_panels_act_on_the_same_cells() -> Result<()> {
    Visit::start(Graphics::WebGpu, "panels-algebra").await?.run(algebra).await
}

async fn algebra(visit: &Visit) -> Result<()> {
    let page = visit.open("c=obs:louvain&panels=2&p1.e=X_pca&v=1").await?;
    for panel in [0, 1] {
        until_panel_drawn(&page, panel).await?;
    }
    let truth = visit.truth()?;
    let (umap, pca) = (truth.positions("X_umap")?, truth.positions("X_pca")?);
    page.drag("panel-1", &circle(&page, 1, [0.5, 0.5], 90.0).await?, Held::Nothing).await?;
    let first = only_outline(&page.selection("X_pca").await?)?;
    let in_first: Vec<bool> = pca.iter().map(|at| at.is_some_and(|at| inside(at, &first))).collect();
    page.until_selected(count(&in_first, |&is_in| is_in), N_CELLS).await?;

    // Added in the other panel, and taken away there.
    page.drag("panel-0", &circle(&page, 0, [0.5, 0.5], 110.0).await?, Held::Shift).await?;
    page.drag("panel-0", &circle(&page, 0, [0.4, 0.5], 60.0).await?, Held::Alt).await?;
    let steps = page.selection("X_pca").await?.steps().to_vec();
    let outlines: Vec<Vec<(f64, f64)>> =
        steps.iter().filter_map(SelectionStep::outline).map(|outline| outline.points().collect()).collect();
    let [SelectionStep::Add(_), SelectionStep::Add(added), SelectionStep::Subtract(_)] = &steps[..] else {
        anyhow::bail!("the steps are {steps:?}");
    };
    ensure!(added.embedding() == Some("X_umap"), "the second outline is of {:?}", added.embedding());
    let is_selected = |cell: usize| {
        let within = |outline: &[(f64, f64)]| umap[cell].is_some_and(|at| inside(at, outline));
        (in_first[cell] || within(&outlines[1])) && !within(&outlines[2])
    };
    let expected = (0..N_CELLS).filter(|&cell| is_selected(cell)).count();
    page.until_selected(expected, N_CELLS).await?;
    visit.browser.shoot("three")?;
    page.click("invert-selection").await?;
    page.until_selected(N_CELLS - expected, N_CELLS).await
}

#[tokio::test]
async fn a_split_has_a_panel_for_each_label_with_its_cells() -> Result<()> {
    Visit::start(Graphics::WebGpu, "split").await?.run(split).await
}

async fn split(visit: &Visit) -> Result<()> {
    let page = visit.open("c=obs:louvain").await?;
    page.until_drawn(N_CELLS).await?;
    let labels = visit.truth()?.labels("louvain")?;
    page.type_keys("u").await?;
    page.until_text("split-count", |text| text == "6 of 11 labels of louvain").await?;
    for (panel, label) in ["0", "1", "2", "3", "4", "5"].into_iter().enumerate() {
        until_panel_drawn(&page, panel).await?;
        let n_cells = count(&labels, |own| own == label);
        let expected = format!("{label}: {n_cells} cells");
        let told = "document.querySelector(`[data-testid=\"panel-${a}\"] [data-testid=panel-only]`)?.textContent";
        page.until_value("the label of a panel", told, json!(panel), |text| *text == json!(expected)).await?;
    }
    visit.browser.shoot("six")?;
    // All of them look at the same place.
    page.click("zoom-in").await?;
    page.until_value("moved cameras", "location.hash.includes('p5.cam')", Value::Null, |moved| *moved == true).await?;
    let view = page.view().await?;
    let first = view.panels.first().camera;
    ensure!(first.is_some() && view.panels.iter().all(|panel| panel.camera == first), "not all moved: {view:?}");
    page.until_selected(N_CELLS, N_CELLS).await?;

    // An outline takes the cells of its panel's label alone.
    page.click("fit").await?;
    page.drag("panel-1", &circle(&page, 1, [0.5, 0.5], 120.0).await?, Held::Nothing).await?;
    let outline = only_outline(&page.selection("X_umap").await?)?;
    let positions = visit.truth()?.positions("X_umap")?;
    let is_in = |cell: usize| labels[cell] == "1" && positions[cell].is_some_and(|at| inside(at, &outline));
    let expected = (0..N_CELLS).filter(|&cell| is_in(cell)).count();
    let all = count(&positions, |at| at.is_some_and(|at| inside(at, &outline)));
    ensure!((1..all).contains(&expected), "{expected} of {all} cells inside are of the label");
    page.until_selected(expected, N_CELLS).await?;
    page.until_notice(|notice| notice.contains("alone (louvain)")).await?;
    page.click("undo").await?;
    page.until_selected(N_CELLS, N_CELLS).await?;

    page.click("split-more").await?;
    until_panel_drawn(&page, 10).await?;
    page.until_gone("split-count").await?;
    ensure!(page.view().await?.panels.count() == 11, "the panels are not those of all labels");
    visit.browser.shoot("eleven")?;
    page.type_keys("1").await?;
    page.until_gone("panel-1").await?;
    ensure!(page.view().await?.panels.first().only.is_none(), "the panel that is kept shows one label");
    Ok(())
}

/// Waits until a panel shows every cell.
async fn until_panel_drawn(page: &Page<'_>, panel: usize) -> Result<()> {
    let state = "document.querySelector(`[data-testid=\"panel-${a}\"] canvas`)?.dataset.state";
    page.until_value("the picture of a panel", state, json!(panel), |state| *state == json!("ready")).await?;
    Ok(())
}

/// A circle in a panel; its middle is in fractions of the panel's sides.
async fn circle(page: &Page<'_>, panel: usize, [x, y]: [f64; 2], radius_px: f64) -> Result<Vec<[f64; 2]>> {
    let rect = page.rect(&format!("panel-{panel}")).await?;
    let at = |turn: f64| {
        let angle = turn * TAU;
        [rect.width * x + radius_px * angle.cos(), rect.height * y + radius_px * angle.sin()]
    };
    Ok((0..24).map(|step| at(f64::from(step) / 24.0)).collect())
}

fn only_outline(selection: &Selection) -> Result<Vec<(f64, f64)>> {
    match selection.steps() {
        [SelectionStep::Add(polygon)] => Ok(polygon.points().collect()),
        steps => Err(anyhow::anyhow!("one outline was to be drawn: {steps:?}")),
    }
}

/// Values as fractions of their range, rounded as positions are.
fn along(values: &[f32]) -> Vec<f64> {
    let min = values.iter().copied().fold(f32::INFINITY, f32::min);
    let max = values.iter().copied().fold(f32::NEG_INFINITY, f32::max);
    let fraction = |value: f32| f64::from(value - min) / f64::from(max - min);
    values.iter().map(|&value| (fraction(value) * 65_534.0).round() / 65_534.0).collect()
}
