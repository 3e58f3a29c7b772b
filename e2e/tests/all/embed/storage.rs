//! A viewer that may keep nothing: since its host says so, or since the browser refuses.

use anyhow::{Result, ensure};
use e2e::{Graphics, HostSite, N_CELLS, Visit};
use serde_json::{Value, json};

use super::{Host, N_DENDRITIC, files};

#[tokio::test(flavor = "multi_thread")]
async fn nothing_stays_where_nothing_may_be_kept() -> Result<()> {
    let mut site = HostSite::listen().await?;
    let visit = Visit::with_arguments(allowing(&site), Graphics::WebGpu, "embed_storage").await?;
    site.serve(files(visit.server.address()));
    visit
        .run(async |visit| {
            let host = Host { page: visit.page(), site: &site };
            host.visit("/bytes.html").await?;
            host.get("(add('one', { storage: 'none' }), one.ready)", Value::Null).await?;
            host.call("colorBy", json!(["gene:CD3D"])).await?;
            host.inside("frameOf('one')", async |page| {
                page.until_drawn(N_CELLS).await?;
                let kept = "Promise.all([Object.keys(localStorage), caches.keys(), \
                            indexedDB.databases().then((all) => all.map(({ name }) => name))])";
                let kept = page.evaluate(kept, Value::Null).await?;
                ensure!(kept == json!([[], [], []]), "the browser has kept {kept}");
                Ok(())
            })
            .await
        })
        .await
}

#[tokio::test(flavor = "multi_thread")]
async fn a_browser_that_refuses_storage_shows_all_and_is_told_of() -> Result<()> {
    let mut site = HostSite::listen().await?;
    let visit = Visit::without_storage(allowing(&site), "embed_refused").await?;
    site.serve(files(visit.server.address()));
    visit
        .run(async |visit| {
            let host = Host { page: visit.page(), site: &site };
            host.visit("/bytes.html").await?;
            host.get("(add('one'), one.ready)", Value::Null).await?;
            host.call("colorBy", json!(["gene:CD3D"])).await?;
            let labels = json!({ "labels": { "column": "bulk_labels", "labels": ["Dendritic"] } });
            host.call("select", json!([labels])).await?;
            host.until_heard("selectionchange", &format!("event.n === {N_DENDRITIC}")).await?;
            host.inside("frameOf('one')", async |page| {
                let refused = "(() => { try { return localStorage.length } catch ({ name }) { return name } })()";
                let refused = page.evaluate(refused, Value::Null).await?;
                ensure!(refused == "SecurityError", "the browser has storage: {refused}");
                page.until_drawn(N_CELLS).await?;
                page.click("save-set").await?;
                page.write("cell-set-name", "\u{e009}a\u{e000}mine\n").await?;
                page.element("cell-set-mine").await?;
                page.until_notice(|text| text.contains("keeps nothing of this page, so no cell set")).await?;
                Ok(())
            })
            .await?;
            visit.browser.shoot("refused")
        })
        .await
}

/// Arguments of a server that lets the site show the viewer and read the data.
fn allowing(site: &HostSite) -> Vec<String> {
    ["--embed-origin", "--cors-origin"].into_iter().flat_map(|name| [name.to_owned(), site.origin()]).collect()
}
