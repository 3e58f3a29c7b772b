//! Undo and redo: every step back, and every step again.

use anyhow::{Result, ensure};
use e2e::{Graphics, Held, N_CELLS, Page, Visit};
use explorer_core::state::Analysis;
use serde_json::{Value, json};

#[tokio::test]
async fn every_step_can_be_taken_back_and_again() -> Result<()> {
    Visit::start(Graphics::WebGpu, "undo").await?.run(steps).await
}

async fn steps(visit: &Visit) -> Result<()> {
    let page = visit.open("").await?;
    page.unfold("bulk_labels").await?;
    let mut views = vec![page.view().await?.analysis];
    let mut counts = vec![N_CELLS];

    for step in 0..5 {
        match step {
            0 => page.click("category-color-louvain").await?,
            1 => page.click_in("value-bulk_labels-Dendritic", "input").await?,
            2 => {
                // A drag of many moves is one step.
                let plot = page.histogram("n_counts").await?;
                let path: Vec<_> = (2..12).map(|at| [plot.width * f64::from(at) / 20.0, plot.height / 2.0]).collect();
                page.drag("histogram-brush-n_counts", &path, Held::Nothing).await?;
            }
            3 => {
                let path = [[200.0, 120.0], [560.0, 120.0], [560.0, 520.0], [200.0, 520.0]];
                page.drag("picture", &path, Held::Nothing).await?;
            }
            _ => {
                page.write("gene-search", "CD3D").await?;
                page.click("gene-hit-CD3D").await?;
                page.legend("CD3D").await?;
            }
        }
        let view = page.view().await?.analysis;
        ensure!(views.last() != Some(&view), "step {step} has left no trace in the link: {view:?}");
        views.push(view);
        counts.push(page.n_selected().await?);
    }
    visit.browser.shoot("all")?;
    // Picking a gene lists it and colors by it: each is a step of its own.
    let n_last = undo_until(&page, &views[4]).await?;
    ensure!(n_last <= 2, "picking a gene took {n_last} steps");

    // Back by button and by key in turn. Panels that were opened stay open, so the link may differ.
    for step in (0..4).rev() {
        if step % 2 == 0 {
            page.click("undo").await?;
        } else {
            page.press_control('z', Held::Nothing).await?;
        }
        ensure!(page.view().await?.analysis == views[step], "undoing step {step} leads elsewhere");
        page.until_selected(counts[step], N_CELLS).await?;
    }
    let disabled = page.evaluate("$('undo').disabled", Value::Null).await?;
    ensure!(disabled == json!(true), "there is nothing more to undo, and yet the button can be pressed");
    page.legend("bulk_labels").await?;

    // And again.
    for step in 0..4 {
        if step % 2 == 0 {
            page.click("redo").await?;
        } else {
            page.press_control('z', Held::Shift).await?;
        }
        ensure!(page.view().await?.analysis == views[step + 1], "redoing step {step} leads elsewhere");
        page.until_selected(counts[step + 1], N_CELLS).await?;
    }
    for _ in 0..n_last {
        page.click("redo").await?;
    }
    ensure!(page.view().await?.analysis == views[5], "redoing all leads elsewhere");

    // A new step forgets the undone ones.
    page.click("undo").await?;
    page.click("clear-filters").await?;
    let disabled = page.evaluate("$('redo').disabled", Value::Null).await?;
    ensure!(disabled == json!(true), "a new step keeps what was undone before");
    Ok(())
}

/// Undoes until the view is as it was, and counts the steps.
async fn undo_until(page: &Page<'_>, view: &Analysis) -> Result<usize> {
    for n_steps in 1..4 {
        page.click("undo").await?;
        if page.view().await?.analysis == *view {
            return Ok(n_steps);
        }
    }
    anyhow::bail!("three steps back, the view is not {view:?}");
}
