//! Samples instead of cells: the same table as the terminal's, by stored sums and cell by cell.

use std::{path::Path, process::Command};

use anyhow::{Result, ensure};
use e2e::{DATASET, Environment, Graphics, N_CELLS, Page, Visit, expect_same_lines};
use explorer_core::state::TestMode;

/// A column of the demo dataset that stands in for samples.
const SAMPLES: &str = "phase";

#[tokio::test]
async fn samples_are_compared_as_in_the_terminal() -> Result<()> {
    let environment = Environment::read()?;
    let folder = tempfile::tempdir()?;
    let dataset = folder.path().join(DATASET);
    let build = Command::new(&environment.server)
        .arg("build")
        .arg(environment.demo_file())
        .arg("--out")
        .arg(&dataset)
        .args(["--sample-column", SAMPLES, "--quiet"])
        .output()?;
    ensure!(build.status.success(), "`tile-server build` fails: {}", String::from_utf8_lossy(&build.stderr));
    let visit = Visit::of(environment, &dataset, Graphics::WebGpu, "samples").await?;
    visit.run(async |visit| steps(visit, &dataset).await).await
}

async fn steps(visit: &Visit, dataset: &Path) -> Result<()> {
    // By a label: the sums of pairs of labels answer.
    let page = visit.open("set0=zero&set0.f.louvain=0&de0=zero&shown=0").await?;
    page.until_exact("zero against the rest").await?;
    page.click("de-samples").await?;
    page.until_text("samples-title", |title| title == "zero against the rest, by samples").await?;
    let expected = terminal(visit, dataset, "louvain=0")?;
    expect_saved(&page, &expected).await?;
    page.until_text("samples-facts", |facts| facts.contains("paired t-test")).await?;
    page.element("samples-pairs").await?;
    page.expect_accessible("the comparison of samples").await?;
    visit.browser.shoot("result")?;

    // The first row is the gene of the least p; a press colors by a gene and plots it.
    page.write("samples-search", "CD79A").await?;
    page.click("samples-row-CD79A").await?;
    page.legend("CD79A").await?;
    page.until_text("samples-pairs", |text| text.contains("CD79A")).await?;
    let comparison = page.view().await?.shown_comparison().cloned();
    ensure!(comparison.is_some_and(|shown| shown.mode == TestMode::Samples), "the link does not say by samples");
    page.reload().await?;
    page.until_drawn(N_CELLS).await?;
    page.until_text("samples-title", |title| title == "zero against the rest, by samples").await?;
    page.click("samples-close").await?;
    page.until_gone("samples-view").await?;

    // By two filters: no stored sum is the rest's, so cells are read.
    page.goto("about:blank").await?;
    let page = visit.open("set0=two&set0.f.louvain=0,1&set0.r.n_genes=0..inf&de0=two&de0.mode=samples&shown=0").await?;
    page.until_text("samples-title", |title| title == "two against the rest, by samples").await?;
    let expected = terminal(visit, dataset, "louvain=0;louvain=1")?;
    expect_saved(&page, &expected).await
}

/// The file that the page saves has the terminal's lines.
async fn expect_saved(page: &Page<'_>, expected: &str) -> Result<()> {
    page.click("samples-export").await?;
    let (name, saved) = page.download_text().await?;
    ensure!(name.ends_with(".csv"), "the file is called {name}");
    expect_same_lines(&saved, expected)
}

/// What `tile-server de --samples` writes for labels, between semicolons, against the rest.
fn terminal(visit: &Visit, dataset: &Path, groups: &str) -> Result<String> {
    let groups = groups.split(';').flat_map(|group| ["--group", group]);
    visit.terminal_of(dataset, "de", &groups.chain(["--samples", SAMPLES]).collect::<Vec<_>>())
}
