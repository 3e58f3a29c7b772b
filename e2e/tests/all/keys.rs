//! The keyboard alone: everything is reached, keys work wherever the focus is, and the focus is never lost.

use anyhow::{Result, ensure};
use e2e::{Graphics, N_CELLS, Visit, count};
use serde_json::{Value, json};

#[tokio::test]
async fn an_analysis_takes_no_pointer() -> Result<()> {
    Visit::start(Graphics::WebGpu, "keys").await?.run(steps).await
}

const TAB: &str = "\u{e004}";
const ENTER: &str = "\u{e007}";
const ESCAPE: &str = "\u{e00c}";
const DOWN: &str = "\u{e015}";

async fn steps(visit: &Visit) -> Result<()> {
    let page = visit.open("open=louvain&theme=light&v=1").await?;
    page.element("compare-run").await?;

    // The first stop leads to the picture, which shows that it has the focus, and its keys.
    page.type_keys(TAB).await?;
    page.until_focused("skip").await?;
    page.type_keys(ENTER).await?;
    page.until_focused("picture").await?;
    let shows_keys = "getComputedStyle(document.querySelector('.picture-keys')).display === 'block'";
    page.until_value("the picture's keys", shows_keys, Value::Null, |shown| *shown == json!(true)).await?;
    visit.browser.shoot("picture")?;
    page.expect_accessible("the Explorer").await?;

    // Color, by a gene and by labels; then a typed range selects.
    page.type_keys("g").await?;
    page.until_focused("gene-search").await?;
    page.type_keys("CD3D").await?;
    page.element("gene-hit-CD3D").await?;
    page.type_keys(ENTER).await?;
    page.legend("CD3D").await?;
    page.type_keys(ESCAPE).await?;
    page.until_focused("picture").await?;
    page.tab_to("category-color-louvain").await?;
    page.type_keys(ENTER).await?;
    page.legend("louvain").await?;
    page.tab_to("histogram-min-n_genes").await?;
    page.type_keys("1300").await?;
    page.type_keys(ENTER).await?;
    let n_selected = count(&visit.truth()?.values("n_genes")?, |value| *value >= 1300.0);
    page.until_selected(n_selected, N_CELLS).await?;

    // Escape takes back what is typed, then the range, which can be typed once more; what is no number is told.
    let text = "$('histogram-min-n_genes').value";
    page.type_keys("9").await?;
    page.type_keys(ESCAPE).await?;
    page.until_value("the bound", text, Value::Null, |text| *text == json!("1300")).await?;
    page.until_selected(n_selected, N_CELLS).await?;
    page.type_keys(ESCAPE).await?;
    page.until_selected(N_CELLS, N_CELLS).await?;
    page.type_keys("1300").await?;
    page.type_keys(ENTER).await?;
    page.until_selected(n_selected, N_CELLS).await?;
    page.type_keys("many").await?;
    page.type_keys(ENTER).await?;
    page.until_text("histogram-n_genes", |text| text.contains("“1300many” is not a number.")).await?;
    page.type_keys(TAB).await?;
    page.until_value("the bound", text, Value::Null, |text| *text == json!("1300")).await?;

    // A field takes what is typed; a box, a list and what is not a field do not.
    page.tab_to("histogram-log-n_genes").await?;
    page.type_keys("r").await?;
    page.until_value("the tool", "$('tool-rectangle').ariaChecked", Value::Null, |on| *on == json!("true")).await?;

    // Named, and the button that was pressed for it has the focus again.
    page.type_keys("n").await?;
    page.until_focused("cell-set-name").await?;
    page.type_keys("ln").await?;
    page.type_keys(ENTER).await?;
    page.element("cell-set-ln").await?;
    page.until_focused("save-set").await?;

    // Compared: the answer is read out and takes the focus.
    page.type_keys("d").await?;
    page.until_focused("compare-group").await?;
    page.type_keys("l").await?;
    page.until_value("the tool", "$('tool-lasso').ariaChecked", Value::Null, |on| *on == json!("true")).await?;
    page.tab_to("compare-run").await?;
    page.type_keys(ENTER).await?;
    page.until_exact("ln against the rest").await?;
    page.until_focused("de-view").await?;
    page.until_text("announcement", |text| text.starts_with("ln against the rest")).await?;
    page.expect_accessible("the result").await?;

    // The table by arrow keys: one stop, and from there from row to row.
    page.tab_to("de-sort-mean_reference").await?;
    page.type_keys(TAB).await?;
    let row = "document.activeElement.closest('[data-row]')?.dataset.row";
    page.until_value("the first row", row, Value::Null, |row| *row == json!("0")).await?;
    page.type_keys(&DOWN.repeat(2)).await?;
    page.until_value("the third row", row, Value::Null, |row| *row == json!("2")).await?;
    let gene = page.evaluate("document.activeElement.textContent.trim()", Value::Null).await?;
    page.type_keys(ENTER).await?;
    page.legend(gene.as_str().unwrap_or_default()).await?;
    page.type_keys("\u{e010}").await?;
    let last = "Number(document.activeElement.closest('[data-row]')?.dataset.row) === $('de-table').ariaRowCount - 2";
    page.until_value("the last row", last, Value::Null, |is_last| *is_last == json!(true)).await?;

    // Exported; sorted, and the heading keeps the focus.
    page.back_to("de-export").await?;
    page.type_keys(ENTER).await?;
    let (name, _) = page.download_text().await?;
    ensure!(name.ends_with("ln against the rest.csv"), "the file is called {name}");
    page.tab_to("de-sort-score").await?;
    page.type_keys(ENTER).await?;
    page.until_focused("de-sort-score").await?;

    // Escape closes the list of keys, then the result; the focus goes on.
    page.type_keys("?").await?;
    page.element("shortcuts-close").await?;
    page.type_keys(ESCAPE).await?;
    page.until_value("the dialog", "$('shortcuts-dialog').open", Value::Null, |open| *open == json!(false)).await?;
    page.until_focused("de-sort-score").await?;
    page.type_keys(ESCAPE).await?;
    page.until_gone("de-view").await?;
    page.until_focused("picture").await?;

    // What is removed leaves the focus to its neighbor.
    page.tab_to("filter-remove-n_genes").await?;
    page.type_keys(ENTER).await?;
    page.until_selected(N_CELLS, N_CELLS).await?;
    let focused = page.evaluate("document.activeElement.tagName", Value::Null).await?;
    ensure!(focused != json!("BODY"), "the focus is lost with the chip");

    page.goto(&visit.url("open=louvain&c=obs:louvain&theme=dark&v=1")).await?;
    page.reload().await?;
    page.until_drawn(N_CELLS).await?;
    page.element("compare-run").await?;
    page.expect_accessible("the dark Explorer").await
}
