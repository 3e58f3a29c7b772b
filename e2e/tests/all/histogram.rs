//! Histograms: zeros and missing values apart, logarithmic values, what the pointer is told.

use anyhow::{Result, ensure};
use e2e::{Held, N_SMALL_CELLS, SMALL, Visit, count, small_visit};
use explorer_core::state::ObsFilter;
use serde_json::{Value, json};

/// Bins of a histogram.
const N_BINS: f64 = 40.0;

#[tokio::test]
async fn zeros_and_missing_values_stand_apart_and_values_may_be_logarithmic() -> Result<()> {
    small_visit("histogram").await?.run(steps).await
}

/// At rest nothing moves, not even histograms that wait out of sight.
async fn rests(visit: &Visit) -> Result<()> {
    let motion = |wanted: &str| {
        let features = json!({ "features": [{ "name": "prefers-reduced-motion", "value": wanted }] });
        visit.browser.devtools("Emulation.setEmulatedMedia", &features)
    };
    motion("no-preference")?;
    let page = visit.page();
    let waits = "document.querySelector('.histogram.skeleton') !== null";
    page.until_value("histograms out of sight", waits, Value::Null, |waits| *waits == json!(true)).await?;
    let moves = "document.getAnimations().map(animation => animation.effect.target.getAttribute('class'))";
    page.until_value("a page at rest", moves, Value::Null, |moves| *moves == json!([])).await?;
    motion("reduce").map(drop)
}

async fn steps(visit: &Visit) -> Result<()> {
    let page = visit.page();
    let truth = visit.truth()?;
    let gene = truth.gene_name(3)?;
    page.goto(&format!("{}/d/{SMALL}#genes={gene}&v=1", visit.server.address())).await?;
    page.until_drawn(N_SMALL_CELLS).await?;
    rests(visit).await?;

    // Zeros of a gene have a bar of their own, which selects them.
    let values = truth.gene(&gene)?;
    let n_zeros = count(&values, |&value| value == 0.0);
    ensure!(n_zeros > 0 && n_zeros < N_SMALL_CELLS, "the gene is no example");
    page.click(&format!("gene-expand-{gene}")).await?;
    let aside = format!("histogram-aside-{gene}");
    page.element(&aside).await?;
    let told = page.evaluate("$(a).ariaLabel", json!(aside)).await?;
    ensure!(told.as_str().is_some_and(|told| told.replace(',', "") == format!("0: {n_zeros}")), "the bar says {told}");
    page.click(&aside).await?;
    page.until_selected(n_zeros, N_SMALL_CELLS).await?;
    visit.browser.shoot("zeros")?;
    page.click(&aside).await?;
    page.until_selected(N_SMALL_CELLS, N_SMALL_CELLS).await?;

    // Cells without a value are counted, and selected by a press.
    let days = truth.values("days_since_onset")?;
    let n_missing = count(&days, |day| day.is_nan());
    ensure!(n_missing > 0, "the column is no example");
    page.histogram("days_since_onset").await?;
    let missing = page.text("histogram-missing-days_since_onset").await?;
    ensure!(missing.replace(',', "") == format!("{n_missing} missing"), "it says {missing}");
    page.click("histogram-missing-days_since_onset").await?;
    page.until_selected(n_missing, N_SMALL_CELLS).await?;
    page.click("clear-filters").await?;
    page.until_selected(N_SMALL_CELLS, N_SMALL_CELLS).await?;

    // The pointer is told the values and cells under it.
    let plot = page.histogram("n_counts").await?;
    let counts = truth.values("n_counts")?;
    let (min, max) = extremes(&counts);
    let bin = 10.0;
    page.point("histogram-brush-n_counts", [plot.width * (bin + 0.5) / N_BINS, plot.height / 2.0]).await?;
    let bin_of = |value: f32| (((f64::from(value) - min) / ((max - min) / N_BINS)).floor()).min(N_BINS - 1.0);
    let in_bin = count(&counts, |&value| bin_of(value) == bin);
    let told = page.until_text("histogram-told-n_counts", |text| !text.is_empty()).await?;
    ensure!(told.replace(',', "").ends_with(&format!(": {in_bin}")), "over {in_bin} cells the pointer is told {told}");
    let ticks = "$('histogram-n_counts').querySelectorAll('.brush-ticks span').length";
    page.until_value("ticks", ticks, Value::Null, |n| n.as_u64().is_some_and(|n| n >= 2)).await?;

    // In equal ratios a drag asks for these.
    page.click("histogram-log-x-n_counts").await?;
    let pressed = "$('histogram-log-x-n_counts').ariaPressed";
    page.until_value("a logarithmic axis", pressed, Value::Null, |pressed| pressed == "true").await?;
    let plot = page.histogram("n_counts").await?;
    visit.browser.shoot("log x")?;
    let path: Vec<_> = [0.25, 0.35, 0.45, 0.6].map(|at| [plot.width * at, plot.height / 2.0]).to_vec();
    page.drag("histogram-brush-n_counts", &path, Held::Nothing).await?;
    let filters = page.view().await?.analysis.query.filters;
    let Some(&ObsFilter::Range(range)) = filters.obs.get("n_counts") else {
        anyhow::bail!("the link holds no range of n_counts: {filters:?}");
    };
    let positive: Vec<f32> = counts.iter().copied().filter(|&value| value > 0.0).collect();
    let (low, high) = extremes(&positive);
    let at = |fraction: f64| (low.ln() + fraction * (high.ln() - low.ln())).exp();
    let near = |bound: f32, expected: f64| (f64::from(bound) / expected).ln().abs() < 0.02 * (high / low).ln();
    ensure!(near(range.min(), at(0.25)) && near(range.max(), at(0.6)), "{range:?} is not {} to {}", at(0.25), at(0.6));
    page.until_selected(count(&counts, |&value| range.contains(value)), N_SMALL_CELLS).await?;
    page.expect_no_overflow("with histograms").await
}

fn extremes(values: &[f32]) -> (f64, f64) {
    let finite = values.iter().copied().filter(|value| value.is_finite()).map(f64::from);
    finite.fold((f64::INFINITY, f64::NEG_INFINITY), |(min, max), value| (min.min(value), max.max(value)))
}
