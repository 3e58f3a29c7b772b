//! A dataset exported as a static site: on hosts that know nothing of it, the same as from the tile server.

use std::{
    path::{Path, PathBuf},
    process::Command,
};

use anyhow::{Context as _, Result, ensure};
use e2e::{DATASET, Exchange, Graphics, N_CELLS, Network, Page, Pixels, Proxy, Ranges, StaticHost, Visit, data_lines};

/// Where the site lies on its host.
const SUB_PATH: &str = "lab/cells";

/// What a dataset shows and says, wherever it comes from.
struct Seen {
    picture: Pixels,
    colored: Pixels,
    /// Its lines, as saved.
    table: Vec<String>,
}

#[tokio::test(flavor = "multi_thread")]
async fn a_site_shows_what_the_tile_server_shows() -> Result<()> {
    Visit::start(Graphics::WebGpu, "static_site").await?.run(steps).await
}

async fn steps(visit: &Visit) -> Result<()> {
    let page = visit.page();
    page.goto(visit.server.address()).await?;
    page.click(&page.card_of(DATASET).await?).await?;
    let expected = look(&page).await?;

    let directory = tempfile::tempdir()?;
    for (ranges, more) in [(Ranges::Answered, &[][..]), (Ranges::Unknown, &["--segments", "64K"][..])] {
        let root = export(visit, &directory.path().join(format!("{ranges:?}")), more)?;
        let host = StaticHost::start(&root, ranges).await?;
        let proxy = Proxy::start(host.address(), Network::good()).await?;
        page.goto(&format!("{}/{SUB_PATH}/", proxy.address())).await?;
        page.click(&page.card_of(DATASET).await?).await?;
        let seen = look(&page).await.with_context(|| format!("with ranges {ranges:?}"))?;
        visit.browser.shoot(&format!("{ranges:?}"))?;
        ensure!(seen.picture == expected.picture, "the picture is another with ranges {ranges:?}");
        ensure!(seen.colored == expected.colored, "the colors are others with ranges {ranges:?}");
        ensure!(seen.table == expected.table, "the comparison is another with ranges {ranges:?}");
        expect_plain(&proxy.exchanges(), ranges)?;
    }
    Ok(())
}

/// Exports the demo to a sub-path of a directory; gives the directory.
fn export(visit: &Visit, root: &Path, more: &[&str]) -> Result<PathBuf> {
    let mut command = Command::new(&visit.environment.server);
    command.arg("export").arg(visit.environment.demo_file()).arg("--out").arg(root.join(SUB_PATH));
    command.arg("--cache").arg(root.join("cache")).arg("--front-end").arg(&visit.environment.dist).args(more);
    let output = command.output().context("`tile-server export` does not start")?;
    ensure!(output.status.success(), "`tile-server export` fails: {}", String::from_utf8_lossy(&output.stderr));
    Ok(root.to_owned())
}

/// The picture of labels, that of a gene, and the table of a comparison.
async fn look(page: &Page<'_>) -> Result<Seen> {
    page.until_drawn(N_CELLS).await?;
    page.legend("bulk_labels").await?;
    let is_drawn = |pixels: &Pixels| {
        ensure!(pixels.coverage() > 0.02, "only a share of {} is covered", pixels.coverage());
        Ok(())
    };
    page.until_pixels("a picture", is_drawn).await?;
    let picture = page.pixels().await?;
    page.write("gene-search", "CD3D").await?;
    page.element("gene-hit-CD3D").await?;
    page.write("gene-search", "\n").await?;
    page.legend("CD3D").await?;
    let is_another = |pixels: &Pixels| {
        ensure!(*pixels != picture, "it is the picture of labels still");
        is_drawn(pixels)
    };
    page.until_pixels("the colors of a gene", is_another).await?;
    let colored = page.pixels().await?;

    page.unfold("bulk_labels").await?;
    page.only("bulk_labels", "CD19+ B").await?;
    page.until_selected(95, N_CELLS).await?;
    page.click("save-set").await?;
    page.write("cell-set-name", "\u{e009}a\u{e000}B cells\n").await?;
    page.element("cell-set-B cells").await?;
    page.click("compare-run").await?;
    page.until_exact("B cells against the rest").await?;
    page.click("de-export").await?;
    let (_, table) = page.download_text().await?;
    let table = data_lines(&table).into_iter().map(str::to_owned).collect();
    Ok(Seen { picture, colored, table })
}

/// Only files were asked for, and each as the host can send it.
fn expect_plain(exchanges: &[Exchange], ranges: Ranges) -> Result<()> {
    let root = format!("/{SUB_PATH}");
    let foreign: Vec<&Exchange> = exchanges
        .iter()
        .filter(|exchange| !exchange.path.starts_with(&root) || exchange.path.contains("/tiles/"))
        .collect();
    ensure!(foreign.is_empty(), "the page asks a host of files for {foreign:?}");
    // What was given up before it was answered has no status.
    let asked = |end: &str| {
        let of_end = exchanges.iter().filter(|exchange| exchange.path.ends_with(end) && exchange.status != 0);
        of_end.collect::<Vec<_>>()
    };
    let api: Vec<_> = exchanges.iter().filter(|exchange| exchange.path.contains("/api/")).collect();
    ensure!(
        api.iter().all(|exchange| exchange.path.ends_with("/api/datasets")),
        "a tile server is looked for: {api:?}"
    );
    let (packs, segments) = (asked(".pack"), asked(".segment"));
    match ranges {
        Ranges::Answered => {
            ensure!(!packs.is_empty() && segments.is_empty(), "{packs:?} {segments:?}");
            ensure!(packs.iter().all(|exchange| exchange.status == 206), "these are no ranges: {packs:?}");
        }
        Ranges::Unknown => {
            ensure!(packs.is_empty() && !segments.is_empty(), "{packs:?} {segments:?}");
            // Workers find them in the browser's cache.
            ensure!(segments.iter().all(|exchange| matches!(exchange.status, 200 | 304)), "{segments:?}");
        }
    }
    Ok(())
}
