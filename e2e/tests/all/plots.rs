//! Plots of cells by group: opened, read, saved, restored from their links, to the numbers of the terminal.

use anyhow::{Context as _, Result, ensure};
use e2e::{Graphics, N_CELLS, Page, Visit, expect_same_lines};
use explorer_core::{
    format::significant,
    state::{Plot, PlotKind, PlotScale},
};
use serde_json::json;

#[tokio::test]
async fn a_dot_plot_is_opened_read_saved_and_restored() -> Result<()> {
    Visit::start(Graphics::WebGpu, "dot_plot").await?.run(dot_plot).await
}

async fn dot_plot(visit: &Visit) -> Result<()> {
    let page = visit.open("genes=CD79A,LYZ,NKG7&c=obs:louvain").await?;
    page.click("genes-plot").await?;
    page.until_text("plot-title", |title| title == "Dot plot by louvain").await?;
    page.element("plot-picture").await?;
    let expected = terminal(visit, &["--genes", "CD79A,LYZ,NKG7"])?;
    expect_saved(&page, "Dot plot by louvain.csv", &expected).await?;
    ensure!(n_marks(&page).await? == 33, "{} marks of 3 genes in 11 groups", n_marks(&page).await?);

    // A mark tells its numbers to the keyboard.
    page.evaluate("$('plot-picture').focus()", json!(null)).await?;
    page.type_keys("\u{e014}\u{e014}").await?;
    let told = page.until_text("plot-told", |told| told.starts_with("LYZ in 0: mean ")).await?;
    let lyz = expected.lines().find(|line| line.starts_with("0,LYZ,")).context("no line of LYZ")?;
    let mean: f64 = lyz.split(',').nth(6).context("no mean")?.parse()?;
    ensure!(told.contains(&format!("mean {},", significant(mean, 3))), "{told}, and the file has {lyz}");
    visit.browser.shoot("dots")?;

    // What is changed about it is in the link, and the numbers follow.
    page.choose("plot-color", "mean, scaled by gene").await?;
    let scaled = terminal(visit, &["--genes", "CD79A,LYZ,NKG7", "--scale-genes"])?;
    expect_saved(&page, "Dot plot by louvain.csv", &scaled).await?;
    let shown = page.view().await?.shown_plot().cloned();
    let genes = ["CD79A", "LYZ", "NKG7"].map(str::to_owned).to_vec();
    let by = "louvain".to_owned();
    let plot = Plot { by, genes, scale: PlotScale::PerGene, ..Plot::default() };
    ensure!(shown.as_ref() == Some(&plot), "open: {shown:?}");
    page.reload().await?;
    page.until_drawn(N_CELLS).await?;
    expect_saved(&page, "Dot plot by louvain.csv", &scaled).await?;

    page.click("plot-save").await?;
    page.click("plot-svg").await?;
    let (name, svg) = page.download_text().await?;
    ensure!(name.ends_with("Dot plot by louvain.svg") && svg.starts_with("<svg "), "{name}: {svg}");
    page.click("plot-save").await?;
    page.click("plot-png-2").await?;
    let (name, png) = page.download().await?;
    ensure!(name.ends_with(".png") && png.starts_with(b"\x89PNG"), "{name}");
    let width = u32::from_be_bytes(png[16..20].try_into()?);
    let in_svg = svg.split('"').nth(3).context("no width")?;
    ensure!(in_svg.parse::<u32>()? * 2 == width, "{width} pixels of a picture of {in_svg}");

    page.click("plot-close").await?;
    page.until_gone("plot-view").await
}

#[tokio::test]
async fn every_kind_of_plot_shows_the_numbers_of_the_terminal() -> Result<()> {
    Visit::start(Graphics::WebGpu, "plots").await?.run(kinds).await
}

async fn kinds(visit: &Visit) -> Result<()> {
    let page = visit.open("plot=louvain&plot.genes=LYZ,GNLY&plot.kind=matrix").await?;
    for (kind, title) in [
        (PlotKind::Matrix, "Matrix plot by louvain"),
        (PlotKind::Heatmap, "Heat map by louvain"),
        (PlotKind::Violins, "Violin plot by louvain"),
        (PlotKind::Ridges, "Ridgeline plot by louvain"),
    ] {
        page.choose("plot-kind", kind.title()).await?;
        let expected = terminal(visit, &["--genes", "LYZ,GNLY", "--kind", kind.name()])?;
        expect_saved(&page, &format!("{title}.csv"), &expected).await?;
        ensure!(n_marks(&page).await? == 22, "{} marks of 2 genes in 11 groups", n_marks(&page).await?);
        visit.browser.shoot(kind.name())?;
    }
    page.choose("plot-kind", PlotKind::Bars.title()).await?;
    page.choose("plot-then", "phase").await?;
    let expected = terminal(visit, &["--kind", "bars", "--then", "phase"])?;
    expect_saved(&page, "Composition by louvain and phase.csv", &expected).await?;
    visit.browser.shoot("bars")?;

    // The shares are tested: by cells, which is said, or by samples.
    page.until_text("plot-view", |text| text.contains("p-values in the table count every cell")).await?;
    let composition =
        |samples: &[&str]| visit.terminal("composition", &[&["--of", "phase", "--by", "louvain"], samples].concat());
    expect_saved(&page, "Composition by louvain and phase.csv", &composition(&[])?).await?;
    page.choose("plot-samples", "bulk_labels").await?;
    page.until_text("plot-view", |text| !text.contains("count every cell")).await?;
    let by_samples = composition(&["--samples", "bulk_labels"])?;
    expect_saved(&page, "Composition by louvain and phase.csv", &by_samples).await?;
    page.reload().await?;
    page.until_drawn(N_CELLS).await?;
    page.element("plot-table").await?;
    expect_saved(&page, "Composition by louvain and phase.csv", &by_samples).await?;
    page.evaluate("$('plot-table').open = true", json!(null)).await?;
    page.until_text("plot-table", |text| text.contains("t-test of logit shares of the samples of bulk_labels")).await?;
    visit.browser.shoot("tests")?;
    page.expect_accessible("a plot").await?;

    // The cells that are selected, by their own filter.
    page.choose("plot-kind", PlotKind::Dots.title()).await?;
    page.unfold("phase").await?;
    page.only("phase", "S").await?;
    page.choose("plot-cells", "selected").await?;
    page.choose("plot-then", "none").await?;
    let expected = terminal(visit, &["--genes", "LYZ,GNLY", "--where", "phase=S"])?;
    expect_saved(&page, "Dot plot by louvain.csv", &expected).await
}

#[tokio::test]
async fn markers_open_as_a_dot_plot_in_one_press() -> Result<()> {
    Visit::start(Graphics::WebGpu, "marker_plot").await?.run(of_markers).await
}

async fn of_markers(visit: &Visit) -> Result<()> {
    let page = visit.open("markers=louvain").await?;
    page.element("markers-label-0").await?;
    page.click("markers-plot").await?;
    page.until_text("plot-title", |title| title == "Dot plot by louvain").await?;
    page.element("plot-picture").await?;
    let shown = page.view().await?.shown_plot().cloned().context("no plot is open")?;
    ensure!((11..=33).contains(&shown.genes.len()), "{:?}", shown.genes);
    ensure!(n_marks(&page).await? == 11 * shown.genes.len(), "{} marks", n_marks(&page).await?);
    Ok(())
}

async fn n_marks(page: &Page<'_>) -> Result<usize> {
    let marks = page.evaluate("document.querySelectorAll('.plot-picture .mark').length", json!(null)).await?;
    Ok(marks.as_u64().context("no number of marks")? as usize)
}

/// Saves the numbers of the plot until they are those of the terminal: it may still be drawn.
async fn expect_saved(page: &Page<'_>, name: &str, terminal: &str) -> Result<()> {
    page.until_gone("plot-progress").await?;
    page.click("plot-csv").await?;
    let (saved_as, saved) = page.download_text().await?;
    ensure!(saved_as.ends_with(name), "the file is called {saved_as}");
    expect_same_lines(&saved, terminal)
}

/// What `tile-server plot --by louvain` writes.
fn terminal(visit: &Visit, arguments: &[&str]) -> Result<String> {
    visit.terminal("plot", &[&["--by", "louvain"], arguments].concat())
}
