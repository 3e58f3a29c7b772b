//! Gene sets: made, edited, colored and filtered by, kept as a file and in the link.

use anyhow::{Context as _, Result, ensure};
use e2e::{Graphics, N_CELLS, Page, Truth, Visit, count};
use explorer_core::state::{ColorBy, SetValue};
use serde_json::Value;

const GENES: [&str; 3] = ["CD79A", "CD79B", "MS4A1"];

#[tokio::test]
async fn a_set_colors_filters_and_is_kept() -> Result<()> {
    Visit::start(Graphics::WebGpu, "gene_sets").await?.run(steps).await
}

async fn steps(visit: &Visit) -> Result<()> {
    let page = visit.open("").await?;
    let truth = visit.truth()?;

    // A pasted list: names that no gene has are reported and kept, and do not count.
    page.click("gene-set-create").await?;
    page.write("gene-set-name", "\u{e009}a\u{e000}B").await?;
    page.write("gene-set-genes", &format!("{}\nNOPE1", GENES.join("\n"))).await?;
    page.click("gene-set-save").await?;
    page.until_text("gene-set-B", |text| text.contains("4 genes")).await?;
    page.until_text("gene-set-unknown", |text| text.contains("1 name not found: NOPE1")).await?;
    page.click("gene-set-unknown-dismiss").await?;
    page.until_gone("gene-set-unknown").await?;

    // Its mean colors the cells, on a scale that spans it.
    page.click("gene-set-color-B").await?;
    page.legend("B").await?;
    let mean = mean(&truth, &GENES)?;
    let reach = mean.iter().fold(0f32, |reach, value| reach.max(value.abs()));
    let top = top_of_scale(&page).await?;
    ensure!((top - f64::from(reach)).abs() < 0.01 * f64::from(reach), "the mean goes to {reach}, the legend to {top}");

    // The histogram of the mean filters, and follows the set's genes.
    page.click("gene-set-expand-B").await?;
    page.click("gene-set-remove-B-NOPE1").await?;
    page.until_text("gene-set-B", |text| text.contains("3 genes")).await?;
    page.write("histogram-min-mean of B", "\u{e009}a\u{e000}0.5\n").await?;
    let above = count(&mean, |value| *value >= 0.5);
    ensure!((10..N_CELLS).contains(&above), "{above} cells are above");
    page.until_selected(above, N_CELLS).await?;
    visit.browser.shoot("filtered")?;
    page.click("gene-set-remove-B-MS4A1").await?;
    let fewer = self::mean(&truth, &GENES[..2])?;
    let above = count(&fewer, |value| *value >= 0.5);
    page.until_selected(above, N_CELLS).await?;
    page.write("gene-set-add-B", "MS4A1\n").await?;
    page.until_text("gene-set-B", |text| text.contains("3 genes")).await?;
    page.click("gene-set-remove-B-MS4A1").await?;
    page.until_selected(above, N_CELLS).await?;

    // Named and described; the color follows.
    page.write("gene-set-description-B", "of B cells, all\n").await?;
    page.click("gene-set-menu-B").await?;
    page.click("gene-set-rename-B").await?;
    page.write("gene-set-name", "\u{e009}a\u{e000}B cells\n").await?;
    page.legend("B cells").await?;

    // A file of the sets, and another one taken in.
    page.click("gene-set-export").await?;
    let (name, saved) = page.download_text().await?;
    ensure!(name.ends_with("gene sets.csv"), "the file is called {name}");
    let head = "gene_set_name,gene_set_description,gene_symbol,gene_description,gene_id";
    ensure!(
        saved
            == format!("{head}\nB cells,\"of B cells, all\",CD79A,,CD79A\nB cells,\"of B cells, all\",CD79B,,CD79B\n"),
        "the file holds {saved}"
    );
    let file = tempfile::Builder::new().suffix(".csv").tempfile()?;
    std::fs::write(file.path(), format!("{head}\nNK,killers,NKG7,,\nNK,,GZMB,,\nNK,,NOPE2,,\n"))?;
    page.write("gene-set-file", &file.path().to_string_lossy()).await?;
    page.until_text("gene-set-NK", |text| text.contains("3 genes")).await?;
    page.until_text("gene-set-unknown", |text| text.contains("NOPE2")).await?;

    // Names that are taken are asked about.
    page.write("gene-set-file", &file.path().to_string_lossy()).await?;
    page.until_focused("gene-set-clash").await?;
    page.click("gene-set-clash-merge").await?;
    page.until_value("the question", "$('gene-set-clash').hidden", Value::Null, |hidden| *hidden == true).await?;
    page.until_text("gene-set-NK", |text| text.contains("3 genes")).await?;

    // A file that is dropped on the sets is taken as well, and one name is not given twice.
    const DROP: &str = "(() => {
        const data = new DataTransfer();
        data.items.add(new File([a], 'sets.csv', { type: 'text/csv' }));
        const tell = kind => $('gene-sets').querySelector('.gene-sets')
          .dispatchEvent(new DragEvent(kind, { dataTransfer: data, bubbles: true, cancelable: true }));
        return [tell('dragover'), tell('drop')];
    })()";
    let taken = page.evaluate(DROP, format!("{head}\nT,,CD3D,,\n").into()).await?;
    ensure!(taken == serde_json::json!([false, false]), "the browser would open the file: {taken}");
    page.until_text("gene-set-T", |text| text.contains("1 gene")).await?;
    page.click("gene-set-create").await?;
    page.write("gene-set-name", "\u{e009}a\u{e000}T").await?;
    page.until_text("gene-sets", |text| text.contains("There is a set called “T” already.")).await?;
    page.click("gene-set-cancel").await?;
    page.click("gene-set-menu-T").await?;
    page.click("gene-set-delete-T").await?;
    page.until_gone("gene-set-T").await?;

    // The link holds sets, color and filter.
    let view = page.view().await?;
    let names: Vec<&str> = view.analysis.gene_sets.iter().map(|set| set.name.as_str()).collect();
    ensure!(names == ["B cells", "NK"], "the link has the sets {names:?}");
    ensure!(view.analysis.color == ColorBy::GeneSet { set: "B cells".to_owned(), layer: None, value: SetValue::Mean });
    page.reload().await?;
    page.until_drawn(N_CELLS).await?;
    page.legend("B cells").await?;
    page.until_selected(above, N_CELLS).await?;

    // The best genes either way become two sets by one press; the rows that a result shows become one.
    let link = "set0=B&set0.f.bulk_labels=CD19~%2B B&de0=B&shown=0".replace(' ', "%20").replace("~%2B", "%2B");
    page.goto("about:blank").await?;
    let page = visit.open(&link).await?;
    page.until_exact("B against the rest").await?;
    page.click("de-gene-sets").await?;
    page.until_text("gene-set-B against the rest, up", |text| text.contains("50 genes")).await?;
    page.until_text("gene-set-B against the rest, down", |text| text.contains("50 genes")).await?;
    page.write("de-search", "cd79").await?;
    page.until_text("de-count", |text| text.starts_with("2 of")).await?;
    page.click("de-gene-set").await?;
    page.click("de-set-shown").await?;
    page.until_text("gene-set-B against the rest", |text| text.contains("2 genes")).await?;
    visit.browser.shoot("from_result")?;
    Ok(())
}

/// The mean of genes, cell by cell.
fn mean(truth: &Truth, genes: &[&str]) -> Result<Vec<f32>> {
    let genes: Vec<Vec<f32>> = genes.iter().map(|gene| truth.gene(gene)).collect::<Result<_>>()?;
    let of_cell = |cell: usize| genes.iter().map(|gene| f64::from(gene[cell])).sum::<f64>() / genes.len() as f64;
    Ok((0..truth.n_obs()).map(|cell| of_cell(cell) as f32).collect())
}

/// The largest number of the legend's scale.
async fn top_of_scale(page: &Page<'_>) -> Result<f64> {
    let read =
        "[...document.querySelectorAll('.legend-ticks span')].map(tick => Number(tick.textContent.replace('−', '-')))";
    let ticks = page.evaluate(read, Value::Null).await?;
    ticks[2].as_f64().context("a tick is a number")
}
