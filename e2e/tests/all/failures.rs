//! Things that break: a tile on the disk, the server in mid-session.

use std::{
    fs::{self, OpenOptions},
    io::{Read as _, Seek as _, SeekFrom, Write as _},
    path::Path,
};

use anyhow::{Context as _, Result, ensure};
use e2e::{Environment, Graphics, N_CELLS, TileServer, Truth, Visit};

/// The gene whose tile is broken.
const GENE: &str = "CD79A";

/// What the browser writes to the console when an answer fails, whatever the page makes of it.
const FAILED_ANSWERS: [&str; 5] = [
    "ERR_CONTENT_DECODING_FAILED",
    "ERR_CONNECTION_REFUSED",
    "ERR_CONNECTION_RESET",
    "ERR_EMPTY_RESPONSE",
    // A part of the page that was fetched ahead.
    "Failed to fetch",
];

#[tokio::test]
async fn a_broken_tile_is_named_and_the_rest_works() -> Result<()> {
    let environment = Environment::read()?;
    let directory = tempfile::tempdir()?;
    let dataset = directory.path().join("pbmc68k_reduced");
    {
        let whole = TileServer::start(&environment, &environment.demo_file())?;
        copy(&whole.dataset_directory()?, &dataset)?;
    }
    let tile = break_tile(&dataset)?;
    let visit = Visit::of(environment, &dataset, Graphics::WebGpu, "broken-tile").await?;
    visit.run(async |visit| broken_tile(visit, &tile).await).await
}

async fn broken_tile(visit: &Visit, tile: &str) -> Result<()> {
    let page = visit.open("").await?;
    page.write("gene-search", GENE).await?;
    page.click(&format!("gene-hit-{GENE}")).await?;
    let notice = page.until_notice(|notice| notice.contains("ile")).await?;
    ensure!(notice.contains(tile), "the notice does not name tile {tile}: {notice}");
    ensure!(notice.contains(GENE), "the notice does not say what is missing: {notice}");
    // The cells keep their colors, and the colors their legend.
    page.legend("bulk_labels").await?;
    page.until_text("legend-note", |text| text.contains(GENE)).await?;
    visit.browser.shoot("named")?;

    // Asked again, it is as broken; everything else works.
    page.click("notice-action").await?;
    page.until_notice(|notice| notice.contains(tile)).await?;
    page.write("gene-search", "CD3D").await?;
    page.click("gene-hit-CD3D").await?;
    page.legend("CD3D").await?;
    page.click("category-color-louvain").await?;
    page.legend("louvain").await?;
    page.unfold("bulk_labels").await?;
    page.only("bulk_labels", "CD19+ B").await?;
    page.until_selected(95, N_CELLS).await?;
    page.until_drawn(N_CELLS).await?;
    visit.browser.expect_complaints(&FAILED_ANSWERS)
}

#[tokio::test]
async fn a_server_that_is_gone_is_asked_again_by_itself_until_it_is_back() -> Result<()> {
    let mut visit = Visit::start(Graphics::WebGpu, "server-gone").await?;
    visit.open("").await?;
    visit.server.kill();
    let asked = async {
        let page = visit.page();
        page.write("gene-search", "CD3D").await?;
        page.click("gene-hit-CD3D").await?;
        page.until_notice(|notice| notice.contains("cannot be reached")).await?;
        // However much fails, that is said once, and the former picture stays.
        page.choose("embedding-select", "pca: 700 cells").await?;
        ensure!(page.notices().await?.len() == 1, "the notices are {:?}", page.notices().await?);
        visit.browser.shoot("gone")?;
        // What is there already works on.
        page.unfold("bulk_labels").await?;
        page.only("bulk_labels", "Dendritic").await?;
        page.until_selected(240, N_CELLS).await
    };
    let asked = asked.await;
    visit.server.restart()?;
    visit
        .run(async |visit| {
            asked?;
            let page = visit.page();
            page.legend("CD3D").await?;
            page.until_gone("notice").await?;
            page.until_drawn(N_CELLS).await?;
            // So does a comparison, which the workers fetch for.
            page.click("save-set").await?;
            page.write("cell-set-name", "\n").await?;
            page.click("compare-run").await?;
            page.element("de-view").await?;
            page.until_drawn(N_CELLS).await?;
            visit.browser.expect_complaints(&FAILED_ANSWERS)
        })
        .await
}

fn copy(from: &Path, to: &Path) -> Result<()> {
    fs::create_dir_all(to)?;
    for entry in fs::read_dir(from)? {
        let path = entry?.path();
        fs::copy(&path, to.join(path.file_name().context("a file has a name")?))?;
    }
    Ok(())
}

/// Turns bits round in the middle of a gene's tile; its name as the page would say it.
fn break_tile(dataset: &Path) -> Result<String> {
    let truth = Truth::open(dataset)?;
    let (pack, index) = (truth.default_layer().pack.clone(), truth.gene_tiles(GENE)?.first);
    let (file, slot) = truth.place_of(&pack, index)?;
    let mut file = OpenOptions::new().read(true).write(true).open(file)?;
    let middle = slot.offset + u64::from(slot.length) / 2;
    let mut bytes = [0; 4];
    file.seek(SeekFrom::Start(middle))?;
    file.read_exact(&mut bytes)?;
    file.seek(SeekFrom::Start(middle))?;
    file.write_all(&bytes.map(|byte| !byte))?;
    Ok(format!("{pack}/{index}"))
}
