//! What is there at the next visit: cell sets of the dataset, and how the user left the page.

use anyhow::{Result, ensure};
use e2e::{Graphics, N_CELLS, Page, Visit, count};
use explorer_core::state::{Theme, Tool};
use serde_json::Value;

#[tokio::test]
async fn cell_sets_and_preferences_are_there_at_the_next_visit() -> Result<()> {
    Visit::start(Graphics::WebGpu, "kept").await?.run(steps).await
}

async fn steps(visit: &Visit) -> Result<()> {
    let page = visit.open("").await?;
    let labels = visit.truth()?.labels("louvain")?;
    let n_zero = count(&labels, |label| label == "0");
    page.unfold("louvain").await?;
    page.only("louvain", "0").await?;
    page.until_selected(n_zero, N_CELLS).await?;
    save_set(&page, "mine").await?;
    page.click("theme-toggle").await?;
    page.click("theme-toggle").await?;
    page.click("toggle-left").await?;
    ensure!(page.view().await?.layout.theme == Theme::Dark, "the theme was not chosen");
    page.click("shortcuts").await?;
    page.click("letter-keys").await?;
    page.type_keys("\u{E00C}").await?;

    // At the address of the dataset alone all of it is there, and nothing is selected.
    let page = again(visit, "").await?;
    page.until_selected(N_CELLS, N_CELLS).await?;
    page.element("cell-set-mine").await?;
    let view = page.view().await?;
    ensure!(view.layout.theme == Theme::Dark && !view.layout.left, "the page is as usual: {:?}", view.layout);
    page.type_keys("r").await?;
    ensure!(page.view().await?.tool == Tool::Lasso, "a key that is switched off chose a tool");
    visit.browser.shoot("again")?;
    page.click("cell-set-menu-mine").await?;
    page.click("cell-set-select-mine").await?;
    page.until_selected(n_zero, N_CELLS).await?;

    // A link is shown as it is; a set of its own of that name gets another, and what is kept stays what it was.
    let page = again(visit, "theme=light&set0=mine&set0.f.louvain=1&v=1").await?;
    page.element("cell-set-mine 1").await?;
    let view = page.view().await?;
    ensure!(view.layout.left && view.layout.theme == Theme::Light, "the link is shown otherwise: {:?}", view.layout);
    let n_one = count(&labels, |label| label == "1");
    for (name, n_cells) in [("mine", n_zero), ("mine 1", n_one)] {
        page.click(&format!("cell-set-menu-{name}")).await?;
        page.click(&format!("cell-set-select-{name}")).await?;
        page.until_selected(n_cells, N_CELLS).await?;
    }

    // Both stay; what is deleted does not, until that is undone.
    let page = again(visit, "").await?;
    page.element("cell-set-mine 1").await?;
    page.click("cell-set-menu-mine").await?;
    page.click("cell-set-delete-mine").await?;
    page.until_gone("cell-set-mine").await?;
    let page = again(visit, "").await?;
    page.element("cell-set-mine 1").await?;
    ensure!(!page.has("cell-set-mine").await?, "a deleted set is back");
    let theme = page.evaluate("document.body.dataset.theme", Value::Null).await?;
    ensure!(theme == "dark", "a link changed the preference: {theme}");
    Ok(())
}

/// Another visit of the same browser.
async fn again<'a>(visit: &'a Visit, link: &str) -> Result<Page<'a>> {
    visit.page().goto("about:blank").await?;
    visit.open(link).await
}

async fn save_set(page: &Page<'_>, name: &str) -> Result<()> {
    page.click("save-set").await?;
    page.write("cell-set-name", &format!("\u{e009}a\u{e000}{name}\n")).await?;
    page.element(&format!("cell-set-{name}")).await?;
    Ok(())
}
