//! How numbers become colors: typed ends, percentiles, what is on top, two genes; and a legend that selects.

use anyhow::{Context as _, Result, ensure};
use e2e::{Graphics, N_CELLS, Page, Visit, distance};
use explorer_core::{
    color::{Blend, Ground, MISSING},
    data::Continuous,
    state::{CellOrder, Clip, ColorBy, ColorOptions, Range},
};
use serde_json::{Value, json};

/// Genes of different cells: T cells and monocytes.
const GENES: [&str; 2] = ["CD3D", "LYZ"];

/// Blending at a dot's edge and rounding may shift a color by this much.
const SAME_COLOR: f64 = 40.0;

#[tokio::test]
async fn a_scale_is_what_was_asked_for() -> Result<()> {
    Visit::start(Graphics::WebGpu, "scale").await?.run(one_number).await
}

#[tokio::test]
async fn two_genes_are_blended() -> Result<()> {
    Visit::start(Graphics::WebGpu, "blend").await?.run(two_genes).await
}

#[tokio::test]
async fn the_legend_selects_and_hides_labels() -> Result<()> {
    Visit::start(Graphics::WebGpu, "legend").await?.run(legend).await
}

async fn one_number(visit: &Visit) -> Result<()> {
    let page = visit.open("c=obs:n_genes").await?;
    let values = visit.truth()?.values("n_genes")?;
    page.legend("n_genes").await?;

    // Typed ends; undo takes them back as one step.
    page.write("legend-max-color", "2000\u{E007}").await?;
    page.until_value("the upper end", LAST_TICK, Value::Null, |tick| *tick == json!("2000")).await?;
    ensure!(options(&page).await?.range == Range::new(f32::NEG_INFINITY, 2000.0).context("a range")?, "another range");
    page.click("undo").await?;
    page.until_value("the data's end", LAST_TICK, Value::Null, |tick| *tick != json!("2000")).await?;

    // Percentiles clip the scale and the histograms.
    page.click("display").await?;
    page.evaluate("$(a).select()", json!("clip-upper")).await?;
    page.write("clip-upper", "90\u{E007}").await?;
    let mut sorted: Vec<f32> = values.iter().copied().filter(|value| value.is_finite()).collect();
    sorted.sort_by(f32::total_cmp);
    let rank = 0.9 * (sorted.len() - 1) as f64;
    let below = f64::from(sorted[rank as usize]);
    let limit = below + (f64::from(sorted[rank as usize + 1]) - below) * rank.fract();
    let largest = sorted.iter().copied().filter(|&value| f64::from(value) <= limit).fold(f32::NEG_INFINITY, f32::max);
    ensure!(options(&page).await?.clip == Clip::new(0.0, 90.0).context("percentiles")?, "other percentiles");
    let end = "Number($('histogram-max-n_genes').placeholder.replace(',', ''))";
    page.until_value("a clipped histogram", end, Value::Null, |end| {
        end.as_f64().is_some_and(|end| (end - f64::from(largest)).abs() < 1.0)
    })
    .await?;

    page.choose("color-order", "low values").await?;
    let order = options(&page).await?.order;
    ensure!(order == CellOrder::Lowest, "{order:?} is on top");
    Ok(())
}

async fn two_genes(visit: &Visit) -> Result<()> {
    let page = visit.open(&format!("genes={}&c=gene:{}", GENES.join(","), GENES[0])).await?;
    let truth = visit.truth()?;
    let embedding = truth.default_embedding();
    let projection = page.learn_projection(&embedding).await?;
    page.click(&format!("gene-blend-{}", GENES[1])).await?;
    page.element("legend-plane").await?;
    // Open, it covers cells.
    page.click("legend-toggle").await?;
    let color = page.view().await?.analysis.color;
    ensure!(color == ColorBy::TwoGenes { genes: GENES.map(str::to_owned), layer: None }, "colored by {color:?}");

    let [first, second] = GENES.map(|gene| truth.gene(gene).map(|values| Continuous { values }));
    let (first, second) = (first?, second?);
    let blend = Blend::fit([&first, &second], None, &ColorOptions::default());
    let (indices, colors) = (blend.indices([&first, &second]), Blend::colors(Ground::Light));
    // Those that nothing lies above: no other cell is near that stands higher.
    let px: Vec<_> = truth.positions(&embedding)?.into_iter().map(|at| at.map(|at| projection.px(at))).collect();
    let near = |a: usize, b: usize| match (px[a], px[b]) {
        (Some(a), Some(b)) => (a[0] - b[0]).hypot(a[1] - b[1]) < 14.0,
        _ => false,
    };
    let is_clear = |&cell: &usize| {
        px[cell].is_some()
            && indices[cell] != MISSING
            && (0..N_CELLS).all(|other| other == cell || indices[other] == indices[cell] || !near(cell, other))
    };
    let clear: Vec<usize> = (0..N_CELLS).filter(is_clear).collect();
    ensure!(clear.len() > 10, "only {} cells to look at", clear.len());
    page.until_pixels("blended colors", |pixels| {
        let is_so = |&&cell: &&usize| {
            px[cell].is_some_and(|at| distance(pixels.at(at), colors[usize::from(indices[cell])]) < SAME_COLOR)
        };
        let n_right = clear.iter().filter(is_so).count();
        ensure!(n_right * 10 > clear.len() * 9, "{n_right} of {} cells have their color", clear.len());
        Ok(())
    })
    .await?;
    page.click("legend-toggle").await?;
    visit.browser.shoot("two")?;
    // Pressed again, the other one is left.
    page.click(&format!("gene-blend-{}", GENES[1])).await?;
    page.legend(GENES[0]).await?;
    Ok(())
}

async fn legend(visit: &Visit) -> Result<()> {
    let page = visit.open("c=obs:louvain").await?;
    let labels = visit.truth()?.labels("louvain")?;
    let n_of = |label: &str| labels.iter().filter(|own| *own == label).count();
    page.legend("louvain").await?;
    page.click("legend-toggle").await?;
    page.click("legend-only-0").await?;
    page.until_selected(n_of("0"), N_CELLS).await?;
    page.click("legend-only-0").await?;
    page.until_selected(N_CELLS, N_CELLS).await?;
    page.click("legend-show-1").await?;
    page.until_selected(N_CELLS - n_of("1"), N_CELLS).await?;
    visit.browser.shoot("labels")?;
    page.click("undo").await?;
    page.until_selected(N_CELLS, N_CELLS).await
}

/// What the legend says of the upper end of the scale.
const LAST_TICK: &str = "[...document.querySelectorAll('.legend-ticks span')].at(-1)?.textContent";

async fn options(page: &Page<'_>) -> Result<ColorOptions> {
    Ok(page.view().await?.analysis.color_options)
}
