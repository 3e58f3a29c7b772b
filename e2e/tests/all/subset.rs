//! A subset rules what is compared, marked and counted; filters in force can be taken away one by one.

use anyhow::{Result, ensure};
use e2e::{Graphics, Held, N_CELLS, Visit, data_lines};

use crate::de::terminal;

#[tokio::test]
async fn what_is_compared_in_a_subset_is_of_the_subset() -> Result<()> {
    Visit::start(Graphics::WebGpu, "subset").await?.run(steps).await
}

async fn steps(visit: &Visit) -> Result<()> {
    let page = visit.open("u0.f.bulk_labels=CD19%2B B,Dendritic&open=bulk_labels&v=1").await?;
    page.until_selected(335, 335).await?;
    page.until_text("embedding-select", |text| text.contains("335 cells")).await?;

    // From a label's row, in one press: the rest of these two labels is the other one.
    let row = "value-bulk_labels-CD19+ B";
    let rect = page.rect(row).await?;
    page.point(row, [rect.width / 2.0, rect.height / 2.0]).await?;
    page.click_in(row, "[data-testid=value-compare]").await?;
    page.until_exact("CD19+ B against the rest of the subset").await?;
    page.until_text("de-facts", |facts| facts.contains("95 against 240 cells")).await?;
    page.until_text("compare", |text| text.contains("95 cells against 240, of 335 in view")).await?;
    page.click("de-export").await?;
    let (_, in_subset) = page.download_text().await?;
    ensure!(in_subset.contains("# within: bulk_labels: CD19+ B, Dendritic"), "the file does not say within what");
    let two = terminal(visit, &["--group", "bulk_labels=CD19+ B", "--reference", "bulk_labels=Dendritic"])?;
    ensure!(data_lines(&in_subset) == data_lines(&two), "the rest of the subset is not the other label");

    // Here, too, the test is the one that is chosen; it stays chosen.
    page.choose("compare-method", "Welch’s t-test as in CELLxGENE").await?;
    let row = "value-bulk_labels-Dendritic";
    page.point(row, [rect.width / 2.0, rect.height / 2.0]).await?;
    page.click_in(row, "[data-testid=value-compare]").await?;
    page.until_exact("Dendritic against the rest of the subset").await?;
    page.until_text("de-facts", |facts| facts.contains("CELLxGENE-compatible t-test")).await?;
    page.until_text("compare", |text| text.contains("240 cells against 95, of 335 in view")).await?;

    // The markers of a label are those genes.
    page.click("category-menu-bulk_labels").await?;
    page.click("category-markers-bulk_labels").await?;
    page.until_text("markers-title", |title| title == "Markers of bulk_labels in the subset").await?;
    page.until_text("markers-facts", |facts| facts.contains("2 labels")).await?;
    page.expect_accessible("the markers").await?;
    visit.browser.shoot("markers")?;
    page.click("markers-close").await?;

    // Filters are listed by what they are on, and go one by one; an outline of another embedding leaves its trace here.
    let picture = page.rect("picture").await?;
    let [left, right, top, bottom] =
        [picture.width * 0.1, picture.width * 0.9, picture.height * 0.3, picture.height * 0.6];
    page.drag("picture", &[[left, top], [right, top], [right, bottom], [left, bottom]], Held::Nothing).await?;
    page.until_text("filters", |text| text.contains("umap outline")).await?;
    page.choose("embedding-select", "pca: 335 cells").await?;
    page.click("filter-remove-umap").await?;
    page.until_selected(335, 335).await?;
    page.click("unsubset").await?;
    page.until_selected(335, N_CELLS).await?;
    page.until_text("filters", |text| text.contains("bulk_labels CD19+ B, Dendritic")).await?;
    visit.browser.shoot("chips")
}

#[tokio::test]
async fn a_step_of_the_subset_is_gone_back_to_by_one_press() -> Result<()> {
    Visit::start(Graphics::WebGpu, "breadcrumbs").await?.run(breadcrumbs).await
}

async fn breadcrumbs(visit: &Visit) -> Result<()> {
    let page = visit.open("open=bulk_labels,louvain&v=1").await?;
    let (bulk, louvain) = (visit.truth()?.labels("bulk_labels")?, visit.truth()?.labels("louvain")?);
    let is_dendritic = |cell: usize| bulk[cell] == "Dendritic";
    let n_dendritic = (0..N_CELLS).filter(|&cell| is_dendritic(cell)).count();
    let n_both = (0..N_CELLS).filter(|&cell| is_dendritic(cell) && louvain[cell] == "1").count();
    ensure!(!page.has("breadcrumbs").await?, "there are steps before the first");

    // Gated step by step, each named after its filter.
    page.only("bulk_labels", "Dendritic").await?;
    page.click("subset").await?;
    page.until_selected(n_dendritic, n_dendritic).await?;
    page.only("louvain", "1").await?;
    page.click("subset").await?;
    page.until_selected(n_both, n_both).await?;
    for (crumb, name, n_cells) in
        [("crumb-0", "All cells", N_CELLS), ("crumb-1", "Dendritic", n_dendritic), ("crumb-2", "louvain 1", n_both)]
    {
        page.until_text(crumb, |text| text.starts_with(name) && text.ends_with(&n_cells.to_string())).await?;
    }
    page.expect_accessible("the steps of a subset").await?;
    visit.browser.shoot("steps")?;

    // Back to the first step: its cells are in view, and what the second one was made by is selected.
    page.click("crumb-1").await?;
    page.until_selected(n_both, n_dendritic).await?;
    page.until_gone("crumb-2").await?;
    page.click("undo").await?;
    page.until_selected(n_both, n_both).await?;
    page.click("crumb-0").await?;
    page.until_selected(n_dendritic, N_CELLS).await?;
    page.until_gone("breadcrumbs").await
}
