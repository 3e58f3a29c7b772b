//! The command palette: whatever has a name is found there and done.

use std::path::Path;

use anyhow::{Result, ensure};
use e2e::{Environment, Graphics, Held, N_CELLS, Page, Truth, Visit};
use explorer_core::{
    format::bytes,
    state::{ColorBy, GeneKey, Tool},
};

use crate::catalog::build;

/// WebDriver's Enter.
const ENTER: &str = "\u{E007}";

#[tokio::test]
async fn the_palette_finds_commands_columns_labels_and_genes() -> Result<()> {
    Visit::start(Graphics::WebGpu, "palette").await?.run(steps).await
}

async fn steps(visit: &Visit) -> Result<()> {
    let page = visit.open("").await?;
    page.element("category-expand-louvain").await?;
    page.until_selected(N_CELLS, N_CELLS).await?;

    choose(&page, "rectangle", "Rectangle").await?;
    ensure!(page.view().await?.tool == Tool::Rectangle, "the rectangle is not in hand");

    choose(&page, "louv", "louvain").await?;
    page.legend("louvain").await?;

    choose(&page, "cd19", "CD19+ B").await?;
    page.until_selected(95, N_CELLS).await?;

    choose(&page, "fcgr3a", "FCGR3A").await?;
    page.legend("FCGR3A").await?;
    let color = page.view().await?.analysis.color;
    ensure!(color == ColorBy::Gene(GeneKey::new("FCGR3A")), "colored by {color:?}");

    // Escape closes it and changes nothing.
    let before = page.view().await?;
    page.press_control('k', Held::Nothing).await?;
    page.until_focused("palette-query").await?;
    page.type_keys("\u{E00C}").await?;
    page.until_value("a closed palette", "$('palette-dialog').open", serde_json::Value::Null, |open| *open == false)
        .await?;
    ensure!(page.view().await? == before, "Escape changed the view");
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn the_palette_opens_another_dataset_and_the_panel_tells_of_it() -> Result<()> {
    let environment = Environment::read()?;
    let folder = tempfile::tempdir()?;
    build(&environment, folder.path(), "kidneys", 300)?;
    build(&environment, folder.path(), "livers", 400)?;
    let visit = Visit::of(environment, folder.path(), Graphics::WebGpu, "palette-datasets").await?;
    visit.run(async |visit| datasets(visit, &folder.path().join("livers")).await).await
}

async fn datasets(visit: &Visit, livers: &Path) -> Result<()> {
    let page = visit.page();
    page.goto(&format!("{}/d/kidneys", visit.server.address())).await?;
    page.until_drawn(300).await?;
    page.until_text("dataset-info", |text| text.contains("Cells300")).await?;
    // The one at hand is not among the others.
    page.press_control('k', Held::Nothing).await?;
    page.until_focused("palette-query").await?;
    page.type_keys("Synthetic: 300 cells").await?;
    page.until_gone("palette-hit-0").await?;
    page.type_keys("\u{E00C}").await?;
    choose(&page, "synthetic: 400", "Synthetic: 400 cells").await?;
    page.until_drawn(400).await?;

    // Sizes and layers are those of the dataset; its description is a document.
    let truth = Truth::open(livers)?;
    let layer = truth.default_layer().name.clone();
    let expected = ["Cells400".to_owned(), "Genes60".to_owned(), "Formatversion 3".to_owned(), layer];
    let text = page.until_text("dataset-info", |text| expected.iter().all(|told| text.contains(told))).await?;
    let n_bytes: u64 = truth.manifest().packs.iter().map(|pack| pack.n_bytes).sum();
    ensure!(text.contains(&format!("Size{}", bytes(n_bytes))), "the size is not told: {text}");
    ensure!(text.contains(&truth.manifest().content_id), "the content id is not told: {text}");
    page.expect_accessible("the dataset's panel").await?;
    visit.browser.shoot("panel")?;
    page.click("dataset-about").await?;
    page.until_value("the document", "document.title", serde_json::Value::Null, |title| {
        title.as_str().is_some_and(|title| title.contains("Synthetic: 400 cells"))
    })
    .await?;
    Ok(())
}

/// Opens the palette by its key and chooses the first line, which is to be of that name.
async fn choose(page: &Page<'_>, query: &str, name: &str) -> Result<()> {
    page.press_control('k', Held::Nothing).await?;
    page.until_focused("palette-query").await?;
    page.type_keys(query).await?;
    page.until_text("palette-hit-0", |text| text.starts_with(name)).await?;
    page.type_keys(ENTER).await
}
