//! Markers of every label: the same as the terminal's, ranked, searched, colored by, kept.

use anyhow::{Context as _, Result, ensure};
use e2e::{Graphics, N_CELLS, Visit, data_lines, expect_same_lines};
use explorer_core::state::{MarkerOrder, Markers};
use serde_json::{Value, json};

#[tokio::test]
async fn the_markers_are_those_of_the_terminal() -> Result<()> {
    Visit::start(Graphics::WebGpu, "markers").await?.run(steps).await
}

async fn steps(visit: &Visit) -> Result<()> {
    let page = visit.open("").await?;
    page.click("category-menu-louvain").await?;
    page.click("category-markers-louvain").await?;
    page.until_text("markers-title", |title| title == "Markers of louvain").await?;
    page.element("markers-label-0").await?;
    let by_score = terminal(visit, &[])?;
    expect_shown(&page, &by_score).await?;
    visit.browser.shoot("score")?;
    page.click("markers-export").await?;
    let (name, saved) = page.download_text().await?;
    ensure!(name.ends_with("markers of louvain.csv"), "the file is called {name}");
    expect_same_lines(&saved, &by_score)?;

    // The other rank has other genes, and is a part of the link.
    page.choose("markers-rank", "effect against each label").await?;
    let by_effect = terminal(visit, &["--rank", "effect-percentile"])?;
    ensure!(by_effect != by_score, "both ranks are the same");
    expect_shown(&page, &by_effect).await?;
    page.click("markers-export").await?;
    expect_same_lines(&page.download_text().await?.1, &by_effect)?;
    let shown = page.view().await?.shown_markers().cloned();
    ensure!(
        shown == Some(Markers { column: "louvain".to_owned(), rank: MarkerOrder::Effect, universe: Vec::new() }),
        "open: {shown:?}"
    );
    page.reload().await?;
    page.until_drawn(N_CELLS).await?;
    expect_shown(&page, &by_effect).await?;

    // A press colors by the gene, in the layer of the statistics.
    let (label, gene) = first_gene(&by_effect)?;
    page.click(&format!("marker-{label}-{gene}")).await?;
    page.legend(gene).await?;
    page.until_text("legend", |text| text.contains("layer raw/X")).await?;

    // What a search leaves of a label becomes a gene set.
    page.write("markers-search", gene).await?;
    page.until_gone(&format!("marker-{label}-{}", second_gene(&by_effect)?)).await?;
    page.click(&format!("markers-set-{label}")).await?;
    page.until_text(&format!("gene-set-{label} markers"), |text| text.contains("1 gene")).await?;
    page.click("markers-close").await?;
    page.until_gone("markers-view").await?;

    // Given up while the server does not answer.
    visit.server.hold()?;
    page.click("category-menu-bulk_labels").await?;
    page.click("category-markers-bulk_labels").await?;
    page.click("markers-cancel").await?;
    page.until_gone("markers-view").await?;
    visit.server.release()?;
    page.click("category-menu-bulk_labels").await?;
    page.click("category-markers-bulk_labels").await?;
    page.element("markers-label-CD19+ B").await?;
    Ok(())
}

/// What `tile-server markers` writes for `louvain`.
fn terminal(visit: &Visit, arguments: &[&str]) -> Result<String> {
    visit.terminal("markers", &[&["--column", "louvain"], arguments].concat())
}

/// The first genes of the first label are those of the file.
async fn expect_shown(page: &e2e::Page<'_>, csv: &str) -> Result<()> {
    let (label, _) = first_gene(csv)?;
    let expected: Vec<&str> = data_lines(csv)[1..].iter().take(10).filter_map(|line| line.split(',').nth(1)).collect();
    let genes = "[...document.querySelectorAll(`[data-testid^=\"marker-${a}-\"]`)].slice(0, 10)\
         .map(row => row.dataset.testid.slice(`marker-${a}-`.length))";
    let expected = json!(expected);
    page.until_value("the markers of the first label", genes, json!(label), |genes: &Value| *genes == expected).await?;
    Ok(())
}

/// The first label and its best gene.
fn first_gene(csv: &str) -> Result<(&str, &str)> {
    let line = *data_lines(csv).get(1).context("the table has a line")?;
    line.split_once(',')
        .and_then(|(label, rest)| Some((label, rest.split(',').next()?)))
        .context("a line has a label and a gene")
}

/// Its second gene.
fn second_gene(csv: &str) -> Result<&str> {
    data_lines(csv).get(2).and_then(|line| line.split(',').nth(1)).context("the table has a second line")
}
