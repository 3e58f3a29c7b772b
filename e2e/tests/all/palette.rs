//! The command palette: whatever has a name is found there and done.

use anyhow::{Result, ensure};
use e2e::{Graphics, Held, N_CELLS, Page, Visit};
use explorer_core::state::{ColorBy, GeneKey, Tool};

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

/// Opens the palette by its key and chooses the first line, which is to be of that name.
async fn choose(page: &Page<'_>, query: &str, name: &str) -> Result<()> {
    page.press_control('k', Held::Nothing).await?;
    page.until_focused("palette-query").await?;
    page.type_keys(query).await?;
    page.until_text("palette-hit-0", |text| text.starts_with(name)).await?;
    page.type_keys(ENTER).await
}
