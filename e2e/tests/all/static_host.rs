//! A dataset on a host of plain files: parts of files, fetched side by side and kept.

use std::time::Duration;

use anyhow::{Result, ensure};
use e2e::{DATASET, Exchange, Graphics, N_CELLS, Network, Page, Proxy, Visit};
use explorer_core::state::{ColorBy, GeneSet, SetValue, ViewSpec};
use serde_json::json;

/// As many as a browser asks one host for at a time.
const N_GENES: usize = 6;

#[tokio::test(flavor = "multi_thread")]
async fn parts_of_one_file_come_side_by_side_and_stay() -> Result<()> {
    Visit::start(Graphics::WebGpu, "static_host").await?.run(steps).await
}

async fn steps(visit: &Visit) -> Result<()> {
    // The server's files, without its tiles by name.
    let proxy = Proxy::start(visit.server.address(), Network::good()).await?;
    let page = visit.page();
    let url = format!("{0}/?data={0}/data/{DATASET}", proxy.address());
    let truth = visit.truth()?;
    let genes = (0..N_GENES).map(|gene| truth.gene_name(gene)).collect::<Result<Vec<_>>>()?;

    open(&page, &url).await?;
    proxy.set(Network::good().slow(u32::MAX, Duration::from_millis(300)));
    let before = proxy.n_exchanges();
    color_by_mean(&page, &genes).await?;
    let ranges: Vec<Exchange> = proxy.exchanges().split_off(before);
    let ranges: Vec<Exchange> = ranges.into_iter().filter(|exchange| exchange.path.contains("/genes")).collect();
    ensure!(ranges.len() == N_GENES, "the genes are asked for as {ranges:?}");
    ensure!(ranges.iter().all(|exchange| exchange.status == 206), "these are no ranges: {ranges:?}");
    let most = ranges.iter().map(|exchange| exchange.n_beside).max();
    ensure!(most == Some(N_GENES - 1), "the ranges wait for one another: {ranges:?}");

    // What came stays, once the browser has put it away, which nobody waits for.
    proxy.set(Network::good());
    page.until("a visit that fetches nothing", async || {
        let before = proxy.n_exchanges();
        open(&page, &url).await?;
        color_by_mean(&page, &genes).await?;
        let fetched: Vec<Exchange> = proxy.exchanges().split_off(before);
        let fetched: Vec<Exchange> = fetched.into_iter().filter(|exchange| exchange.path.ends_with(".pack")).collect();
        Ok(if fetched.is_empty() { e2e::Seen::Yes(()) } else { e2e::Seen::NotYet(fetched) })
    })
    .await
}

async fn open(page: &Page<'_>, url: &str) -> Result<()> {
    page.goto("about:blank").await?;
    page.goto(url).await?;
    page.until_drawn(N_CELLS).await?;
    page.legend("bulk_labels").await?;
    Ok(())
}

async fn color_by_mean(page: &Page<'_>, genes: &[String]) -> Result<()> {
    let set = GeneSet { name: "six".to_owned(), description: String::new(), genes: genes.to_vec() };
    let mut view = ViewSpec::default();
    view.analysis.gene_sets.push(set);
    view.analysis.color = ColorBy::GeneSet { set: "six".to_owned(), layer: None, value: SetValue::Mean };
    page.evaluate("(location.hash = a, 0)", json!(view.to_link())).await?;
    page.legend("six").await?;
    Ok(())
}
