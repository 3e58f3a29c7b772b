//! The link: it holds all that is seen, goes back and forward, and bears damage.

use anyhow::{Result, ensure};
use e2e::{DATASET, Graphics, Held, N_CELLS, Page, Visit};
use serde_json::{Value, json};

#[tokio::test]
async fn a_link_restores_the_view() -> Result<()> {
    Visit::start(Graphics::WebGpu, "link").await?.run(steps).await
}

async fn steps(visit: &Visit) -> Result<()> {
    let page = visit.page();
    page.goto(visit.server.address()).await?;
    page.click(&page.card_of(DATASET).await?).await?;
    page.until_drawn(N_CELLS).await?;

    // Change everything that a link holds.
    page.click("category-color-louvain").await?;
    page.unfold("phase").await?;
    page.click_in("value-phase-S", "input").await?;
    let path = [[220.0, 120.0], [640.0, 120.0], [640.0, 560.0], [220.0, 560.0]];
    page.drag("picture", &path, Held::Nothing).await?;
    page.click("save-set").await?;
    page.write("cell-set-name", "\u{e009}a\u{e000}Kept, 50% & more\n").await?;
    page.element("cell-set-Kept, 50% & more").await?;
    page.click("compare-run").await?;
    page.element("de-view").await?;
    page.click("zoom-in").await?;
    page.click("theme-toggle").await?;
    let link = page.link().await?;
    let n_selected = page.n_selected().await?;
    ensure!(n_selected > 0 && n_selected < N_CELLS, "{n_selected} cells are selected");
    let before = look(&page).await?;
    let picture = page.pixels().await?;
    visit.browser.shoot("before")?;

    // Loaded anew, everything is there.
    page.reload().await?;
    page.until_drawn(N_CELLS).await?;
    page.until_selected(n_selected, N_CELLS).await?;
    page.element("de-view").await?;
    page.legend("louvain").await?;
    ensure!(page.link().await? == link, "reloading changes the link");
    page.until_value(&format!("the page as before: {before}"), LOOKS, Value::Null, |looks| *looks == before).await?;
    page.until_pixels("the same picture", |pixels| {
        let (mean, _) = picture.blocks(8).differences(&pixels.blocks(8))?;
        ensure!(mean < 1.0, "the picture differs by {mean} on average");
        Ok(())
    })
    .await?;
    visit.browser.shoot("after")?;

    // Another link in the address bar of the open page, and back.
    page.evaluate("(location.hash = a, 0)", json!("c=obs:phase&f.bulk_labels=Dendritic&v=1")).await?;
    page.until_selected(240, N_CELLS).await?;
    page.legend("phase").await?;
    page.client().back().await?;
    page.until_selected(n_selected, N_CELLS).await?;
    page.client().forward().await?;
    page.until_selected(240, N_CELLS).await?;
    // To the list of datasets, and back.
    page.goto(visit.server.address()).await?;
    page.card_of(DATASET).await?;
    page.client().back().await?;
    page.until_drawn(N_CELLS).await?;
    page.until_selected(240, N_CELLS).await?;

    // What cannot be read is left out, and said; the rest is shown.
    let damaged = "c=obs:louvain&cam=here&s.X_umap=a!!!&r.n_genes=9..1&f.bulk_labels=Dendritic&de0=gone&v=1";
    page.goto("about:blank").await?;
    page.goto(&visit.url(damaged)).await?;
    page.until_drawn(N_CELLS).await?;
    page.until_selected(240, N_CELLS).await?;
    page.legend("louvain").await?;
    page.until_notice(|notice| notice.contains("camera")).await?;
    page.until_notice(|notice| notice.contains("compares")).await?;
    ensure!(page.notices().await?.len() == 4, "the notices are {:?}", page.notices().await?);
    visit.browser.shoot("damaged")?;
    while page.has("notice-dismiss").await? {
        page.click("notice-dismiss").await?;
    }
    Ok(())
}

#[tokio::test]
async fn back_and_forward_are_steps_of_the_analysis() -> Result<()> {
    Visit::start(Graphics::WebGpu, "link-back").await?.run(back_and_forward).await
}

async fn back_and_forward(visit: &Visit) -> Result<()> {
    let page = visit.open("c=obs:louvain&v=1").await?;
    page.legend("louvain").await?;
    let n_entries = "history.length";
    let before = page.evaluate(n_entries, Value::Null).await?.as_u64().unwrap_or_default();
    page.click("category-color-phase").await?;
    let link_has = "location.hash.includes(a)";
    page.until_value("the color in the link", link_has, json!("obs:phase"), |has| *has == true).await?;
    page.click("zoom-in").await?;
    page.until_value("the camera in the link", link_has, json!("cam="), |has| *has == true).await?;
    let after = page.evaluate(n_entries, Value::Null).await?.as_u64().unwrap_or_default();
    ensure!(after == before + 1, "a step and a camera made {before} entries {after}");
    page.client().back().await?;
    page.legend("louvain").await?;
    page.client().forward().await?;
    page.legend("phase").await?;
    page.until_value("the camera in the link", link_has, json!("cam="), |has| *has == true).await?;
    // Undone, it is a view of its own, and Back leads to what was undone.
    page.click("undo").await?;
    page.legend("louvain").await?;
    page.until_value("the color in the link", link_has, json!("obs:louvain"), |has| *has == true).await?;
    page.client().back().await?;
    page.legend("phase").await?;
    Ok(())
}

#[tokio::test]
async fn a_link_may_name_what_this_dataset_does_not_have() -> Result<()> {
    Visit::start(Graphics::WebGpu, "link-unknown").await?.run(unknown_names).await
}

async fn unknown_names(visit: &Visit) -> Result<()> {
    let page = visit.open("c=obs:nothing&f.nowhere=A&g.NOGENE=1..2&v=1").await?;
    for name in ["nothing", "nowhere", "NOGENE"] {
        page.until_notice(|notice| notice.contains(name)).await?;
    }
    page.until_selected(N_CELLS, N_CELLS).await?;
    visit.browser.shoot("names")?;
    // An embedding: the default one takes its place.
    page.goto("about:blank").await?;
    page.goto(&visit.url("e=X_none&v=1")).await?;
    page.until_notice(|notice| notice.contains("X_none")).await?;
    page.until_drawn(N_CELLS).await
}

/// What a person sees that the link does not say in words.
const LOOKS: &str = "({ colored: $('category-color-louvain')?.ariaPressed, \
     phase: [...document.querySelectorAll('[data-testid^=\"value-phase-\"] input')].map(box => box.checked), \
     outlines: [...($('outlines')?.querySelectorAll('path') ?? [])].map(path => path.getAttribute('d')), \
     sets: [...document.querySelectorAll('.cell-set')].map(set => set.textContent), \
     result: $('de-title')?.textContent, theme: document.body.dataset.theme ?? 'system', \
     embedding: $('embedding-select')?.value })";

/// That, once the labels are listed.
async fn look(page: &Page<'_>) -> Result<Value> {
    page.until_value("the page to be whole", LOOKS, Value::Null, |looks| {
        looks["phase"].as_array().is_some_and(|boxes| !boxes.is_empty())
    })
    .await
}
