//! Answers about some cells: what they are, which genes go with which, scores of gene sets. The same as the terminal's.

use anyhow::{Context as _, Result, ensure};
use e2e::{Graphics, N_CELLS, Page, Visit, count, data_lines, expect_same_lines};
use explorer_core::state::{About, ColorBy, Inquiry, SetValue};
use serde_json::json;

#[tokio::test]
async fn what_a_selection_is_is_told_in_one_card() -> Result<()> {
    Visit::start(Graphics::WebGpu, "portrait").await?.run(portrait).await
}

async fn portrait(visit: &Visit) -> Result<()> {
    let page = visit.open("f.louvain=0").await?;
    page.click("filters-describe").await?;
    page.until_text("answer-title", |title| title == "What the cells are").await?;
    let expected = visit.terminal("describe", &["--label", "louvain=0"])?;
    expect_saved(&page, "What the cells are.csv", &expected).await?;
    page.expect_accessible("what cells are").await?;
    visit.browser.shoot("card")?;

    // The first label, marker and likeness are those of the file.
    let first = |kind: &str| -> Result<Vec<&str>> {
        let line = expected.lines().find(|line| line.starts_with(kind)).context("a line of the kind")?;
        Ok(line.split(',').collect())
    };
    let (label, marker, like) = (first("label,")?, first("marker,")?, first("nearest label,")?);
    let text = page.text("answer-body").await?;
    let share: f64 = label[4].parse()?;
    let share = format!("{:.1}%", 100.0 * share);
    for told in [label[2], label[3], &share, marker[2], like[2]] {
        ensure!(text.contains(told), "the card does not tell {told}: {text}");
    }

    // It is in the link, and a key asks for it.
    let shown = page.view().await?.shown_inquiry().cloned().context("no question is open")?;
    ensure!(shown.about == About::Cells && shown.cells == page.view().await?.analysis.query, "{shown:?}");
    page.reload().await?;
    page.until_drawn(N_CELLS).await?;
    expect_saved(&page, "What the cells are.csv", &expected).await?;
    page.click("answer-close").await?;
    page.until_gone("answer-view").await?;
    page.type_keys("D").await?;
    page.element("answer-body").await?;

    // A marker colors, by the keyboard too; a label compares, or selects.
    page.evaluate("document.querySelector('[data-gene]').focus()", json!(null)).await?;
    page.type_keys("\u{e007}").await?;
    page.legend(marker[2]).await?;
    let pressed = "document.querySelector('[data-gene]').ariaPressed";
    page.until_value("the button", pressed, json!(null), |pressed| *pressed == json!("true")).await?;
    page.evaluate("document.querySelector('[data-do=compare]').click()", json!(null)).await?;
    page.until_gone("answer-view").await?;
    let comparison = page.view().await?.shown_comparison().cloned().context("no comparison is open")?;
    ensure!(comparison.group == "louvain 0", "{comparison:?}");
    page.click("undo").await?;
    page.type_keys("D").await?;
    page.element("answer-body").await?;
    page.evaluate("document.querySelector('[data-do=select]').click()", json!(null)).await?;
    page.until_selected(label[3].parse()?, N_CELLS).await?;
    Ok(())
}

#[tokio::test]
async fn genes_that_go_with_another_are_those_of_the_terminal() -> Result<()> {
    Visit::start(Graphics::WebGpu, "correlation").await?.run(correlation).await
}

async fn correlation(visit: &Visit) -> Result<()> {
    let page = visit.open("c=gene:raw/X:LYZ&f.louvain=1").await?;
    page.type_keys("G").await?;
    page.until_text("answer-title", |title| title == "Correlation with LYZ").await?;
    let expected = visit.terminal("correlate", &["--gene", "LYZ"])?;
    expect_saved(&page, "Correlation with LYZ.csv", &expected).await?;
    page.expect_accessible("a correlation").await?;
    visit.browser.shoot("correlation")?;
    let best = data_lines(&expected)[1].split(',').next().context("a gene")?.to_owned();
    page.evaluate("document.querySelector('[data-gene]').click()", json!(null)).await?;
    page.legend(&best).await?;

    // Over the selected cells, and restored.
    page.choose("answer-cells", "selected").await?;
    let expected = visit.terminal("correlate", &["--gene", "LYZ", "--label", "louvain=1"])?;
    page.until_text("answer-facts", |facts| facts.contains("louvain")).await?;
    expect_saved(&page, "Correlation with LYZ.csv", &expected).await?;
    page.reload().await?;
    page.until_drawn(N_CELLS).await?;
    expect_saved(&page, "Correlation with LYZ.csv", &expected).await?;

    // With a column of numbers.
    let shown = page.view().await?.shown_inquiry().cloned();
    ensure!(matches!(&shown, Some(Inquiry { about: About::Gene(gene), .. }) if gene == "LYZ"), "open: {shown:?}");
    let page = visit.open("ask=obs:percent_mito").await?;
    let expected = visit.terminal("correlate", &["--column", "percent_mito"])?;
    expect_saved(&page, "Correlation with percent_mito.csv", &expected).await
}

#[tokio::test]
async fn a_set_colors_by_its_score_over_control_genes() -> Result<()> {
    Visit::start(Graphics::WebGpu, "set_score").await?.run(score).await
}

async fn score(visit: &Visit) -> Result<()> {
    let page = visit.open("gs0=B&gs0.g=CD79A,CD79B,MS4A1").await?;
    page.click("gene-set-menu-B").await?;
    page.click("gene-set-score-B").await?;
    page.legend("B").await?;
    page.until_text("legend", |text| text.contains("score over control genes")).await?;
    let color = page.view().await?.analysis.color;
    ensure!(color == ColorBy::GeneSet { set: "B".to_owned(), layer: None, value: SetValue::Score }, "{color:?}");
    visit.browser.shoot("score")?;

    // As many cells pass as have such a score in the terminal's file.
    let folder = tempfile::tempdir()?;
    let sets = folder.path().join("sets.csv");
    std::fs::write(&sets, "gene_set_name,gene_symbol\nB,CD79A\nB,CD79B\nB,MS4A1\n")?;
    let sets = sets.to_str().context("a path of text")?;
    let scored = visit.terminal("score", &["--layer", "X", "--sets", sets])?;
    let lines = data_lines(&scored);
    let scores = lines[1..].iter().map(|line| Ok(line.split(',').nth(1).context("a score")?.parse()?));
    let scores = scores.collect::<Result<Vec<f32>>>()?;
    let above = count(&scores, |score| *score >= 0.5);
    ensure!((10..N_CELLS).contains(&above), "{above} cells are above");
    let page = visit.open("gs0=B&gs0.g=CD79A,CD79B,MS4A1&c=score:B&z.CD79A,CD79B,MS4A1=0.5..inf").await?;
    page.until_selected(above, N_CELLS).await?;
    Ok(())
}

#[tokio::test]
async fn groups_of_a_plot_are_put_in_order_by_keys() -> Result<()> {
    Visit::start(Graphics::WebGpu, "group_order").await?.run(group_order).await
}

async fn group_order(visit: &Visit) -> Result<()> {
    let page = visit.open("plot=phase&plot.genes=LYZ,GNLY").await?;
    page.element("plot-picture").await?;
    page.click("group-order").await?;
    page.evaluate("$('group-order-G1').focus()", json!(null)).await?;
    page.press_alt_down().await?;
    let order = "[...document.querySelectorAll('.group-order li')].map(row => row.dataset.testid)";
    page.until_value("the order", order, json!(null), |order| {
        *order == json!(["group-order-G2M", "group-order-G1", "group-order-S"])
    })
    .await?;
    page.until_focused("group-order-G1").await?;
    visit.browser.shoot("order")?;
    page.type_keys("\u{e00c}").await?;
    let expected = visit.terminal("plot", &["--by", "phase", "--genes", "LYZ,GNLY", "--group-order", "G2M,G1,S"])?;
    page.until_gone("plot-progress").await?;
    page.click("plot-csv").await?;
    ensure!(data_lines(&page.download_text().await?.1) == data_lines(&expected), "another order than the terminal's");
    Ok(())
}

/// Saves the numbers of the answer: those of the terminal.
async fn expect_saved(page: &Page<'_>, name: &str, terminal: &str) -> Result<()> {
    page.element("answer-body").await?;
    page.until_gone("answer-progress").await?;
    page.click("answer-csv").await?;
    let (saved_as, saved) = page.download_text().await?;
    ensure!(saved_as.ends_with(name), "the file is called {saved_as}");
    expect_same_lines(&saved, terminal)
}
