//! Filters by label and by value: the counts are those of the file, and move together.

use anyhow::{Result, ensure};
use e2e::{Graphics, Held, N_CELLS, Page, Seen, Visit, count};
use explorer_core::state::{ObsFilter, Range};
use serde_json::Value;

/// Counts of `bulk_labels`, from anndata 0.12: `adata.obs["bulk_labels"].value_counts()`.
const BULK_LABELS: [(&str, usize); 10] = [
    ("CD14+ Monocyte", 129),
    ("CD19+ B", 95),
    ("CD34+", 13),
    ("CD4+/CD25 T Reg", 68),
    ("CD4+/CD45RA+/CD25- Naive T", 8),
    ("CD4+/CD45RO+ Memory", 19),
    ("CD56+ NK", 31),
    ("CD8+ Cytotoxic T", 54),
    ("CD8+/CD45RA+ Naive Cytotoxic", 43),
    ("Dendritic", 240),
];

#[tokio::test]
async fn filters_count_as_the_file_does() -> Result<()> {
    Visit::start(Graphics::WebGpu, "filter").await?.run(steps).await
}

async fn steps(visit: &Visit) -> Result<()> {
    let page = visit.open("").await?;
    let truth = visit.truth()?;
    let (bulk, louvain, phase) = (truth.labels("bulk_labels")?, truth.labels("louvain")?, truth.labels("phase")?);
    let n_genes = truth.values("n_genes")?;

    // All labels of the file, each with its count.
    let mut counts = page.label_counts("bulk_labels").await?;
    counts.sort();
    let expected: Vec<_> = BULK_LABELS.iter().map(|&(label, n)| (label.to_owned(), n, n)).collect();
    ensure!(counts == expected, "bulk_labels counts {counts:?}");

    // One label unticked.
    const HIDDEN: &str = "CD14+ Monocyte";
    page.click_in(&format!("value-bulk_labels-{HIDDEN}"), "input").await?;
    page.until_selected(N_CELLS - 129, N_CELLS).await?;
    let passes_label = |cell: usize| bulk[cell] != HIDDEN;
    expect_counts(&page, "louvain", &louvain, passes_label).await?;
    expect_counts(&page, "phase", &phase, passes_label).await?;
    // A filter does not count against its own column.
    expect_counts(&page, "bulk_labels", &bulk, |_| true).await?;
    visit.browser.shoot("label")?;

    // A brush over values as well: both must pass.
    let plot = page.histogram("n_genes").await?;
    let middle = plot.height / 2.0;
    let path: Vec<_> = [0.25, 0.35, 0.45, 0.6].map(|at| [plot.width * at, middle]).to_vec();
    page.drag("histogram-brush-n_genes", &path, Held::Nothing).await?;
    let filters = page.view().await?.analysis.query.filters;
    let Some(&ObsFilter::Range(range)) = filters.obs.get("n_genes") else {
        anyhow::bail!("the link holds no range of n_genes: {filters:?}");
    };
    ensure!(roughly(range, 1001.0 + 0.25 * 1604.0, 1001.0 + 0.6 * 1604.0), "the brush asks for {range:?}");
    let passes_both = |cell: usize| passes_label(cell) && range.contains(n_genes[cell]);
    let n_both = (0..N_CELLS).filter(|&cell| passes_both(cell)).count();
    ensure!(n_both < N_CELLS - 129 && n_both > 0, "the brush changes nothing");
    page.until_selected(n_both, N_CELLS).await?;
    expect_counts(&page, "louvain", &louvain, passes_both).await?;
    expect_counts(&page, "bulk_labels", &bulk, |cell| range.contains(n_genes[cell])).await?;
    visit.browser.shoot("both")?;

    // The label back: the brush alone.
    page.click_in(&format!("value-bulk_labels-{HIDDEN}"), "input").await?;
    page.until_selected(count(&n_genes, |&value| range.contains(value)), N_CELLS).await?;

    // Exact bounds can be typed.
    page.write("histogram-min-n_genes", "\u{e009}a\u{e000}1500\n").await?;
    let at_least = |cell: usize| n_genes[cell] >= 1500.0 && n_genes[cell] <= range.max();
    page.until_selected((0..N_CELLS).filter(|&cell| at_least(cell)).count(), N_CELLS).await?;
    page.click("histogram-clear-n_genes").await?;
    page.until_selected(N_CELLS, N_CELLS).await?;

    // One label alone, then a subset of it, and back.
    page.only("bulk_labels", "Dendritic").await?;
    page.until_selected(240, N_CELLS).await?;
    page.click("subset").await?;
    page.until_selected(240, 240).await?;
    page.until_text("subset-note", |text| text.contains("700")).await?;
    page.click("unsubset").await?;
    page.until_selected(240, N_CELLS).await?;
    page.click("clear-filters").await?;
    page.until_selected(N_CELLS, N_CELLS).await?;

    // No label at all, and all again.
    page.click("category-check-bulk_labels").await?;
    page.until_selected(0, N_CELLS).await?;
    page.until_text("picture-empty", |text| text.contains("No cells pass all filters.")).await?;
    page.click("category-check-bulk_labels").await?;
    page.until_selected(N_CELLS, N_CELLS).await?;
    page.click("category-check-bulk_labels").await?;
    page.until_selected(0, N_CELLS).await?;
    page.click("picture-empty-clear").await?;
    page.until_selected(N_CELLS, N_CELLS).await?;
    page.until_value("the notice", "$('picture-empty').hidden", Value::Null, |hidden| *hidden == true).await?;
    let query = page.view().await?.analysis.query;
    ensure!(query.is_empty(), "filters are left: {query:?}");
    Ok(())
}

/// The counts of a column become those of the cells that pass, label by label.
async fn expect_counts(page: &Page<'_>, column: &str, labels: &[String], passes: impl Fn(usize) -> bool) -> Result<()> {
    let expected = |label: &String| {
        let of_label: Vec<usize> = (0..labels.len()).filter(|&cell| labels[cell] == *label).collect();
        (label.clone(), count(&of_label, |&cell| passes(cell)), of_label.len())
    };
    page.until(&format!("the counts of {column}"), async || {
        let counts = page.label_counts(column).await?;
        let sum: usize = counts.iter().map(|(_, selected, _)| selected).sum();
        let is_so = sum == (0..labels.len()).filter(|&cell| passes(cell)).count()
            && counts.iter().all(|counted| *counted == expected(&counted.0));
        Ok(if is_so { Seen::Yes(()) } else { Seen::NotYet(counts) })
    })
    .await
}

/// Whether a range is where the pointer went, within a few pixels of a narrow plot.
fn roughly(range: Range, low: f32, high: f32) -> bool {
    (range.min() - low).abs() < 40.0 && (range.max() - high).abs() < 40.0
}
