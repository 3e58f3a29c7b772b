//! Differential expression: sets, the table, its order, search and export, and giving up.

use anyhow::{Context as _, Result, ensure};
use e2e::{Graphics, Held, N_CELLS, Page, Visit, data_lines, expect_same_lines, inside};
use explorer_core::state::SelectionStep;
use serde_json::{Value, json};

#[tokio::test]
async fn the_table_is_that_of_the_terminal() -> Result<()> {
    Visit::start(Graphics::WebGpu, "de").await?.run(steps).await
}

async fn steps(visit: &Visit) -> Result<()> {
    let page = visit.open("").await?;
    page.until_text("compare", |text| text.contains("Select cells")).await?;

    // A set by a label: computed from the label's exact sums.
    page.unfold("bulk_labels").await?;
    page.only("bulk_labels", "CD19+ B").await?;
    page.until_selected(95, N_CELLS).await?;
    save_set(&page, "B cells").await?;
    page.until_text("cell-set-B cells", |text| text.contains("95")).await?;
    page.click("compare-run").await?;
    page.until_exact("B cells against the rest").await?;
    let by_label = terminal(visit, &["--group", "bulk_labels=CD19+ B"])?;
    expect_rows(&page, &by_label).await?;
    visit.browser.shoot("table")?;
    page.click("de-export").await?;
    let (name, saved) = page.download_text().await?;
    ensure!(name.ends_with(".csv") && name.contains("B cells"), "the file is called {name}");
    expect_same_lines(&saved, &by_label)?;
    ensure!(saved.contains("# group: B cells (95 cells)"), "the file does not say what was compared");

    // Order by a column, both ways; search; open a gene.
    page.click("de-sort-gene").await?;
    expect_first(
        &page,
        data_lines(&by_label)[1..].iter().map(|line| gene(line)).min_by_key(|gene| gene.to_lowercase()),
    )
    .await?;
    page.click("de-sort-gene").await?;
    expect_first(
        &page,
        data_lines(&by_label)[1..].iter().map(|line| gene(line)).max_by_key(|gene| gene.to_lowercase()),
    )
    .await?;
    // A rectangle dragged over the right side of the plot leaves the genes of greater expression in the group.
    let plot = page.rect("de-volcano").await?;
    let corners = [[plot.width * 0.75, 4.0], [plot.width * 0.9, 20.0], [plot.width - 4.0, plot.height * 0.8]];
    page.drag("de-volcano", &corners, Held::Nothing).await?;
    page.until_text("de-count", |text| text.ends_with(" of 765 genes") && !text.starts_with("0 ")).await?;
    let effects =
        "[...document.querySelectorAll('.de-row .de-effect')].every(cell => cell.textContent.startsWith('+'))";
    page.until_value("effects above zero", effects, Value::Null, |all| *all == json!(true)).await?;
    visit.browser.shoot("brush")?;
    page.click("de-clear-brush").await?;
    page.until_text("de-count", |text| text == "765 genes").await?;
    page.write("de-search", "cd79").await?;
    page.until_text("de-count", |text| text.contains("of 765 genes")).await?;
    page.element("de-row-CD79A").await?;
    page.click("de-row-CD79A").await?;
    page.legend("CD79A").await?;
    page.element("gene-row-CD79A").await?;
    // The layer that was compared in is the one that colors, is listed and is named.
    page.until_text("legend", |text| text.contains("layer raw/X")).await?;
    let listed = "[$('gene-layer').value, $('gene-color-CD79A').getAttribute('aria-pressed')]";
    page.until_value("the gene's layer", listed, Value::Null, |listed| *listed == json!(["raw/X", "true"])).await?;
    // Where there is room, the plot stands beside the table.
    page.element("de-volcano").await?;
    visit.browser.shoot("search")?;
    page.click("de-close").await?;
    page.until_gone("de-view").await?;

    // A set by a lasso: computed from its cells in the workers.
    page.click("clear-filters").await?;
    let truth = visit.truth()?;
    let embedding = truth.default_embedding();
    let picture = page.rect("picture").await?;
    let (left, right, top, bottom) =
        (picture.width * 0.5, picture.width * 0.8, picture.height * 0.15, picture.height * 0.6);
    page.drag("picture", &[[left, top], [right, top], [right, bottom], [left, bottom]], Held::Nothing).await?;
    let selection = page.selection(&embedding).await?;
    let [SelectionStep::Add(outline)] = selection.steps() else { anyhow::bail!("one outline: {selection:?}") };
    let outline: Vec<_> = outline.points().collect();
    let ids = truth.cell_ids()?;
    let chosen: Vec<&str> = truth
        .positions(&embedding)?
        .into_iter()
        .zip(&ids)
        .filter(|(position, _)| position.is_some_and(|at| inside(at, &outline)))
        .map(|(_, id)| id.as_str())
        .collect();
    page.until_selected(chosen.len(), N_CELLS).await?;
    ensure!((20..N_CELLS - 20).contains(&chosen.len()), "the outline surrounds {} cells", chosen.len());
    save_set(&page, "mine").await?;
    page.choose("compare-group", "mine").await?;

    // Given up while the server does not answer: the page stays alive and can ask again.
    visit.server.hold()?;
    page.click("compare-run").await?;
    page.element("compare-cancel").await?;
    page.click("category-color-louvain").await?;
    page.click("compare-cancel").await?;
    page.element("compare-run").await?;
    visit.server.release()?;
    page.legend("louvain").await?;
    ensure!(!page.has("de-view").await?, "a comparison that was given up has a result");

    page.click("compare-run").await?;
    page.until_exact("mine against the rest").await?;
    let cells = tempfile::NamedTempFile::new()?;
    std::fs::write(cells.path(), chosen.join("\n"))?;
    let by_cells = terminal(visit, &["--cells-file", &cells.path().to_string_lossy()])?;
    expect_rows(&page, &by_cells).await?;
    page.click("de-export").await?;
    expect_same_lines(&page.download_text().await?.1, &by_cells)?;

    // Two sets against each other.
    page.click("de-close").await?;
    page.choose("compare-group", "B cells").await?;
    page.choose("compare-reference", "mine").await?;
    page.click("compare-run").await?;
    page.until_exact("B cells against mine").await?;
    // The comparisons made before are listed, and open at once.
    page.click("comparison-mine against the rest").await?;
    page.until_exact("mine against the rest").await?;
    Ok(())
}

pub async fn save_set(page: &Page<'_>, name: &str) -> Result<()> {
    page.click("save-set").await?;
    page.write("cell-set-name", &format!("\u{e009}a\u{e000}{name}\n")).await?;
    page.element(&format!("cell-set-{name}")).await?;
    Ok(())
}

/// What `tile-server de` writes for the same question.
pub fn terminal(visit: &Visit, arguments: &[&str]) -> Result<String> {
    visit.terminal("de", arguments)
}

fn gene(line: &str) -> &str {
    line.split(',').next().unwrap_or_default()
}

/// The first rows on the page are those of the file, with its t to two decimals.
pub async fn expect_rows(page: &Page<'_>, csv: &str) -> Result<()> {
    let rows = first_rows(page).await?;
    for ((own, score), line) in rows.iter().zip(data_lines(csv)[1..].iter()).take(10) {
        let expected: f64 = line.split(',').nth(1).context("a score")?.parse()?;
        ensure!(own == gene(line), "the page ranks {own} where the terminal has {}", gene(line));
        ensure!((score - expected).abs() <= 0.005_001, "{own} has t = {score}, the terminal {expected}");
    }
    ensure!(rows.len() >= 5, "only {} rows are in sight", rows.len());
    Ok(())
}

/// Waits until the first row is that of a gene.
async fn expect_first(page: &Page<'_>, expected: Option<&str>) -> Result<()> {
    let expected = expected.context("the table has genes")?;
    let first = "document.querySelector('[data-testid^=\"de-row-\"]')?.dataset.testid";
    page.until_value("the first row", first, Value::Null, |row| *row == json!(format!("de-row-{expected}"))).await?;
    Ok(())
}

/// The genes in sight, from the top, and their t.
async fn first_rows(page: &Page<'_>) -> Result<Vec<(String, f64)>> {
    let rows = "[...document.querySelectorAll('[data-testid^=\"de-row-\"]')]\
         .sort((a, b) => a.getBoundingClientRect().top - b.getBoundingClientRect().top)\
         .map(row => [row.dataset.testid.slice('de-row-'.length), row.children[3].textContent])";
    let rows = page
        .until_value("rows of the table", rows, Value::Null, |rows| rows.as_array().is_some_and(|rows| rows.len() >= 5))
        .await?;
    let rows = rows.as_array().into_iter().flatten().map(|row| {
        let score = row[1].as_str().unwrap_or_default().replace('−', "-").replace('+', "");
        Ok((row[0].as_str().unwrap_or_default().to_owned(), score.parse().with_context(|| format!("t is `{score}`"))?))
    });
    rows.collect()
}
