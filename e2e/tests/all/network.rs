//! Networks that are slow, fail or fall silent, and what is asked of them and when.

use std::{collections::BTreeSet, ops::Range, time::Duration};

use anyhow::{Context as _, Result, ensure};
use e2e::{
    Asked, DATASET, Exchange, Fault, Graphics, Held, LARGE, N_CELLS, N_LARGE_CELLS, Network, Page, Proxy, Seen, Visit,
    data_lines, large_visit,
};
use explorer_core::state::{Action, AppState, Camera, PanelIdx, reduce};
use serde_json::{Value, json};
use shared_fbs::{order, path::TileList};

/// What the browser writes to the console when an answer fails, whatever the page makes of it.
const FAILED_ANSWERS: [&str; 5] =
    ["status of 503", "status of 404", "ERR_CONTENT_LENGTH_MISMATCH", "ERR_EMPTY_RESPONSE", "ERR_CONNECTION_RESET"];

#[tokio::test(flavor = "multi_thread")]
async fn one_failing_request_in_twenty_changes_nothing() -> Result<()> {
    Visit::start(Graphics::WebGpu, "network-failing").await?.run(failing).await
}

async fn failing(visit: &Visit) -> Result<()> {
    let truth = visit.truth()?;
    let proxy = Proxy::start(visit.server.address(), Network::unreliable(18)).await?;
    let page = visit.page();
    page.goto(&format!("{}/d/{DATASET}", proxy.address())).await?;
    page.until_drawn(N_CELLS).await?;
    page.legend("bulk_labels").await?;
    for gene in 0..20 {
        let gene = truth.gene_name(gene)?;
        color_by_gene(&page, &gene).await?;
        page.legend(&gene).await?;
    }
    page.unfold("bulk_labels").await?;
    page.only("bulk_labels", "Dendritic").await?;
    page.until_selected(240, N_CELLS).await?;

    // By a lasso, so that the workers fetch whole cells.
    page.click("clear-filters").await?;
    let picture = page.rect("picture").await?;
    let [left, right] = [0.4, 0.8].map(|share| picture.width * share);
    let [top, bottom] = [0.2, 0.7].map(|share| picture.height * share);
    page.drag("picture", &[[left, top], [right, top], [right, bottom], [left, bottom]], Held::Nothing).await?;
    page.until_text("count-text", |text| !text.starts_with("700")).await?;
    save_set(&page, "mine").await?;
    page.click("compare-run").await?;
    page.until_exact("mine against the rest").await?;
    page.click("de-export").await?;
    let (_, of_page) = page.download_text().await?;

    let failed = of_data(&proxy.exchanges(), |exchange| exchange.fault.is_some());
    ensure!(failed.len() >= 2, "only {failed:?} failed");
    let notices = page.notices().await?;
    ensure!(notices.is_empty(), "what was mended is told: {notices:?}");

    // On a good network the same question has the same answer.
    let link = page.link().await?;
    page.goto("about:blank").await?;
    page.goto(&visit.url(&link)).await?;
    page.until_exact("mine against the rest").await?;
    page.click("de-export").await?;
    let (_, expected) = page.download_text().await?;
    ensure!(data_lines(&of_page).len() > 700, "the table has {} lines", data_lines(&of_page).len());
    ensure!(data_lines(&of_page) == data_lines(&expected), "the tables differ");
    visit.browser.expect_complaints(&FAILED_ANSWERS)
}

#[tokio::test(flavor = "multi_thread")]
async fn an_answer_that_stops_half_way_is_given_up_and_asked_for_again() -> Result<()> {
    Visit::start(Graphics::WebGpu, "network-stalled").await?.run(stalled).await
}

async fn stalled(visit: &Visit) -> Result<()> {
    let proxy = Proxy::start(visit.server.address(), Network::good()).await?;
    let page = visit.page();
    page.goto(&format!("{}/d/{DATASET}", proxy.address())).await?;
    page.until_drawn(N_CELLS).await?;
    page.legend("bulk_labels").await?;

    // Once: it comes at the second attempt, and meanwhile all else works.
    proxy.set(Network::failing(|asked| (is_gene(asked.path) && asked.n_before == 0).then_some(Fault::Stall)));
    color_by_gene(&page, "CD3D").await?;
    until_asked(&page, &proxy, "the gene", |exchange| exchange.fault == Some(Fault::Stall)).await?;
    page.unfold("bulk_labels").await?;
    page.only("bulk_labels", "Dendritic").await?;
    page.until_selected(240, N_CELLS).await?;
    page.unfold("louvain").await?;
    page.label_counts("louvain").await?;
    page.legend("CD3D").await?;
    let stalled = of_data(&proxy.exchanges(), |exchange| exchange.fault.is_some());
    let [stalled] = stalled.as_slice() else { anyhow::bail!("{stalled:?} fell silent") };
    let n_asked = of_data(&proxy.exchanges(), |exchange| exchange.path == stalled.path).len();
    ensure!(n_asked == 2, "what fell silent once was asked for {n_asked} times");
    ensure!(page.notices().await?.is_empty(), "what was mended is told: {:?}", page.notices().await?);

    // Always: the page gives up, says so, and asks again when told to.
    proxy.set(Network::failing(|asked| is_gene(asked.path).then_some(Fault::Stall)));
    color_by_gene(&page, "LYZ").await?;
    let notice = page.until_notice(|notice| notice.contains("does not answer any more")).await?;
    ensure!(notice.contains("LYZ"), "the notice does not say what is missing: {notice}");
    visit.browser.shoot("gave-up")?;
    page.until_selected(240, N_CELLS).await?;
    proxy.set(Network::good());
    page.click("notice-action").await?;
    page.legend("LYZ").await?;
    page.until_gone("notice-action").await
}

#[tokio::test(flavor = "multi_thread")]
async fn a_part_of_the_page_that_does_not_come_is_told_and_asked_for_again() -> Result<()> {
    Visit::start(Graphics::WebGpu, "network-parts").await?.run(parts).await
}

async fn parts(visit: &Visit) -> Result<()> {
    let is_part = |path: &str| ["-dialogs-", "-results-"].iter().any(|part| path.contains(part));
    let lacking = Network::failing(move |asked| is_part(asked.path).then_some(Fault::Unavailable));
    let proxy = Proxy::start(visit.server.address(), lacking).await?;
    let page = visit.page();
    page.goto(&format!("{}/d/{DATASET}", proxy.address())).await?;
    page.until_drawn(N_CELLS).await?;
    // All else works without them, and nothing is said of what nobody asked for.
    page.until("parts", async || {
        let n_asked = proxy.exchanges().iter().filter(|exchange| is_part(&exchange.path)).count();
        Ok(if n_asked < 2 { Seen::NotYet(n_asked) } else { Seen::Yes(()) })
    })
    .await?;
    page.legend("bulk_labels").await?;
    ensure!(page.notices().await?.is_empty(), "what nobody asked for is told: {:?}", page.notices().await?);

    for (key, wanted) in [("?", "shortcuts-close"), ("j", "plot-view")] {
        page.type_keys(key).await?;
        page.until_notice(|notice| notice.contains("could not be loaded")).await?;
        page.click("notice-dismiss").await?;
        page.until_gone("notice").await?;
        ensure!(!page.has(wanted).await?, "{wanted} is there without its program");
    }
    proxy.set(Network::good());
    page.type_keys("j").await?;
    page.element("plot-view").await?;
    page.type_keys("?").await?;
    page.element("shortcuts-close").await?;
    visit.browser.expect_complaints(&["status of 503", "Failed to execute 'compile'", "wasm"])
}

#[tokio::test(flavor = "multi_thread")]
async fn on_a_slow_network_all_comes_from_coarse_to_fine() -> Result<()> {
    large_visit("network-slow").await?.run(slow).await
}

/// Keeps every number of cells that the canvas says is drawn.
const KEEP_DRAWN: &str = "window.drawn = []; \
     new MutationObserver(changes => { for (const { target } of changes) { \
       const n = Number(target.dataset?.nDrawn ?? 0); if (n > 0 && drawn.at(-1) !== n) drawn.push(n); } \
     }).observe(document, { subtree: true, attributes: true, attributeFilter: ['data-n-drawn'] });";

async fn slow(visit: &Visit) -> Result<()> {
    let truth = visit.truth()?;
    // The server computes nothing: the page is on its own.
    let alone = |asked: Asked<'_>| asked.path.starts_with(&format!("/api/datasets/{LARGE}")).then_some(Fault::Missing);
    let slow = Network::failing(alone).slow(200_000, Duration::from_millis(100));
    // Nothing finer than a level comes while the network is so.
    let (first, tiles) = (truth.first_point_tile(&truth.default_embedding())?, truth.point_tiles());
    let up_to = |level: usize| {
        let tiles = tiles.clone();
        let is_finer = move |tile: u32| tiles.get((tile - first) as usize).is_none_or(|tile| tile.level > level);
        slow.clone()
            .crawling(move |path| tiles_of("points", path).is_some_and(|tiles| tiles.into_iter().any(&is_finer)))
    };
    let proxy = Proxy::start(visit.server.address(), Network::failing(alone)).await?;
    let page = visit.page();
    visit.browser.before_pages(KEEP_DRAWN)?;
    page.goto(proxy.address()).await?;
    page.card_of(LARGE).await?;
    proxy.set(up_to(0));
    page.click(&page.card_of(LARGE).await?).await?;

    // While cells are missing, the page can be worked with.
    page.until_value("the first cells", "drawn.length", Value::Null, |n| n.as_u64() > Some(0)).await?;
    page.click("zoom-in").await?;
    page.click("fit").await?;
    let now = page.evaluate("Number($('canvas').dataset.nDrawn)", Value::Null).await?;
    ensure!(now.as_u64() < Some(N_LARGE_CELLS as u64), "all cells were there before the first step: {now}");
    visit.browser.shoot("coarse")?;
    // A sixteenth of the cells is the first level, a quarter the first two.
    let n_cells = N_LARGE_CELLS as u64;
    let drawn = "drawn.at(-1)";
    page.until_value("the first level", drawn, Value::Null, |n| n.as_u64().is_some_and(|n| n < n_cells / 15)).await?;
    proxy.set(up_to(1));
    let is_quarter = |n: &Value| n.as_u64().is_some_and(|n| (n_cells / 5..n_cells / 3).contains(&n));
    page.until_value("the second level", drawn, Value::Null, is_quarter).await?;
    proxy.set(slow.clone());
    page.until_drawn(N_LARGE_CELLS).await?;

    // A comparison that takes a while, of cells scattered all over, is preceded by an estimate.
    proxy.set(Network::failing(alone));
    page.evaluate("(location.hash = a, 0)", json!("r.age=30..60&v=1")).await?;
    page.until_text("count-text", |text| text.contains(" of 600,000") && !text.starts_with("600,000")).await?;
    save_set(&page, "mine").await?;
    proxy.set(Network::failing(alone).slow(400_000, Duration::ZERO));
    page.click("compare-run").await?;
    let estimate = "document.querySelector('[data-estimate]')?.dataset.estimate";
    page.until_value("an estimate", estimate, Value::Null, |is| *is == json!("true")).await?;
    visit.browser.shoot("estimate")?;
    proxy.set(Network::failing(alone));
    page.until_value("the exact table", estimate, Value::Null, |is| *is == json!("false")).await?;
    page.click("de-export").await?;
    let (_, exact) = page.download_text().await?;
    ensure!(data_lines(&exact).len() == 61, "the table has {} lines", data_lines(&exact).len());
    visit.browser.expect_complaints(&FAILED_ANSWERS)
}

#[tokio::test(flavor = "multi_thread")]
async fn a_second_visit_fetches_almost_nothing() -> Result<()> {
    Visit::start(Graphics::WebGpu, "network-again").await?.run(again).await
}

async fn again(visit: &Visit) -> Result<()> {
    let proxy = Proxy::start(visit.server.address(), Network::good()).await?;
    let page = visit.page();
    let url = format!("{}/d/{DATASET}", proxy.address());
    let visit_once = async || -> Result<Vec<Exchange>> {
        let before = proxy.n_exchanges();
        page.goto("about:blank").await?;
        page.goto(&url).await?;
        page.until_drawn(N_CELLS).await?;
        page.legend("bulk_labels").await?;
        color_by_gene(&page, "CD3D").await?;
        page.legend("CD3D").await?;
        // The histograms in sight are the last to come.
        let histograms = "[...document.querySelectorAll('[data-testid^=histogram-brush-]')]\
            .filter(plot => plot.getBoundingClientRect().top < innerHeight).map(plot => plot.ariaBusy)";
        let all_there = |busy: &Value| busy.as_array().is_some_and(|busy| busy.iter().all(Value::is_null));
        page.until_value("the histograms", histograms, Value::Null, all_there).await?;
        Ok(proxy.exchanges().split_off(before))
    };
    let first = visit_once().await?;
    let second = visit_once().await?;
    let n_bytes = |exchanges: &[Exchange]| exchanges.iter().map(|exchange| exchange.n_bytes).sum::<usize>();
    ensure!(
        !of_data(&first, |exchange| exchange.path.contains("/tiles/")).is_empty(),
        "the first visit asks for no tiles"
    );
    for exchange in of_data(&second, |_| true) {
        ensure!(
            exchange.path.ends_with("manifest.tsm") && exchange.status == 304,
            "the second visit asks for {exchange:?}"
        );
    }
    ensure!(
        n_bytes(&second) * 50 < n_bytes(&first),
        "{} bytes at first, {} at the second visit: {second:?}",
        n_bytes(&first),
        n_bytes(&second)
    );
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_in_view_comes_first() -> Result<()> {
    large_visit("network-in-view").await?.run(in_view).await
}

async fn in_view(visit: &Visit) -> Result<()> {
    let truth = visit.truth()?;
    let embedding = truth.default_embedding();
    let positions = truth.positions(&embedding)?;
    // Close to where the last cells in storage order are.
    let last = N_LARGE_CELLS - 200;
    let (x, y) = positions[last..].iter().flatten().copied().next().context("some cell has a place")?;
    let width = 0.2;
    let look = Action::SetCamera { panel: PanelIdx::FIRST, camera: Camera::new(x, y, width) };
    let view = reduce(AppState::default(), look).view;
    let proxy = Proxy::start(visit.server.address(), Network::good()).await?;
    visit.browser.before_pages(NOTE_REQUESTS)?;
    let page = visit.page();
    page.goto(&format!("{}/d/{LARGE}#{}", proxy.address(), view.to_link())).await?;
    page.until_drawn(N_LARGE_CELLS).await?;
    visit.browser.shoot("close")?;

    // Of the first level, which the page goes by, none is near the picture on any side.
    let tiles = truth.point_tiles();
    let first_ranks = tiles[0].ranks.clone();
    let is_far = |cells: Range<u32>| {
        let mut sample = cells.filter(|&cell| first_ranks.contains(&order::rank(cell)));
        let is_near = |(px, py): (f64, f64)| (px - x).abs() < 2.0 * width && (py - y).abs() < 2.0 * width;
        !sample.any(|cell| positions[cell as usize].is_some_and(is_near))
    };
    let finest: Vec<usize> =
        (0..tiles.len()).filter(|&tile| tiles[tile].level == tiles[tiles.len() - 1].level).collect();
    let far: BTreeSet<u32> =
        finest.iter().filter(|&&tile| is_far(tiles[tile].cells.clone())).map(|&tile| tile as u32).collect();
    ensure!(!far.is_empty() && far.len() < finest.len(), "{far:?} of {finest:?} are far away from {x}, {y}");
    let first = truth.first_point_tile(&embedding)?;
    let asked: Vec<Vec<u32>> = tiles_asked_by(&page, "points")
        .await?
        .into_iter()
        .map(|tiles| tiles.into_iter().map(|tile| tile - first).collect::<Vec<u32>>())
        .collect();
    let place = |tile: u32| asked.iter().position(|tiles| tiles.contains(&tile));
    let nearest = *finest.last().context("there are tiles")? as u32;
    for &tile in &far {
        ensure!(place(nearest) < place(tile), "{nearest} is in view and {tile} is not: asked for {asked:?}");
    }
    ensure!(asked.concat().len() == tiles.len(), "each tile is asked for once: {asked:?}");

    // So do the chunks of a gene.
    let gene = truth.gene_name(3)?;
    color_by_gene(&page, &gene).await?;
    page.legend(&gene).await?;
    let first = truth.gene_tiles(&gene)?.first;
    let pack = &truth.default_layer().pack;
    let asked = tiles_asked_by(&page, pack).await?;
    let n_chunks = truth.gene_tiles(&gene)?.count;
    let own: Vec<&Vec<u32>> = asked.iter().filter(|tiles| tiles[0] >= first && tiles[0] < first + n_chunks).collect();
    ensure!(own.len() == 2, "the gene was asked for as {own:?}");
    ensure!(own[0].contains(&(first + n_chunks - 1)) && own[0].len() < n_chunks as usize, "asked for as {own:?}");
    ensure!(own.iter().map(|tiles| tiles.len()).sum::<usize>() == n_chunks as usize, "asked for as {own:?}");

    // With all in view, they come together.
    page.click("fit").await?;
    let gene = truth.gene_name(5)?;
    color_by_gene(&page, &gene).await?;
    page.legend(&gene).await?;
    let first = truth.gene_tiles(&gene)?.first;
    let asked = tiles_asked_by(&page, pack).await?;
    ensure!(
        asked.iter().any(|tiles| tiles[0] == first && tiles.len() == n_chunks as usize),
        "a whole gene was asked for as {asked:?}"
    );
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn what_the_pointer_rests_on_is_fetched_before_it_is_pressed() -> Result<()> {
    Visit::start(Graphics::WebGpu, "network-hover").await?.run(hover).await
}

async fn hover(visit: &Visit) -> Result<()> {
    let proxy = Proxy::start(visit.server.address(), Network::good()).await?;
    let page = visit.page();
    page.goto(&format!("{}/d/{DATASET}", proxy.address())).await?;
    page.until_drawn(N_CELLS).await?;
    page.legend("bulk_labels").await?;
    page.write("gene-search", "LYZ").await?;
    page.element("gene-hit-LYZ").await?;
    ensure!(of_data(&proxy.exchanges(), |exchange| is_gene(&exchange.path)).is_empty(), "a gene is asked for unasked");
    page.point("gene-hit-LYZ", [20.0, 8.0]).await?;
    until_asked(&page, &proxy, "the gene pointed at", |exchange| is_gene(&exchange.path)).await?;
    page.click("gene-hit-LYZ").await?;
    page.legend("LYZ").await?;
    let asked = of_data(&proxy.exchanges(), |exchange| is_gene(&exchange.path));
    ensure!(asked.len() == 1, "the gene is asked for as {asked:?}");
    Ok(())
}

/// Whether a path is of expression tiles.
fn is_gene(path: &str) -> bool {
    path.contains("/tiles/genes")
}

fn of_data(exchanges: &[Exchange], is_so: impl Fn(&Exchange) -> bool) -> Vec<Exchange> {
    exchanges.iter().filter(|exchange| exchange.path.starts_with("/data/") && is_so(exchange)).cloned().collect()
}

/// Keeps the paths that the page asks for, in its order: requests on different connections overtake each other.
const NOTE_REQUESTS: &str = "window.asked = []; const ask = window.fetch; window.fetch = (what, ...how) => { \
    asked.push(new URL(what.url ?? what, document.baseURI).pathname); return ask(what, ...how); };";

/// The tiles of a pack that each of the page's requests asked for, in order.
async fn tiles_asked_by(page: &Page<'_>, pack: &str) -> Result<Vec<Vec<u32>>> {
    let asked: Vec<String> = serde_json::from_value(page.evaluate("window.asked", Value::Null).await?)?;
    Ok(asked.iter().filter_map(|path| tiles_of(pack, path)).collect())
}

/// The tiles of a pack that a path asks for, if it does.
fn tiles_of(pack: &str, path: &str) -> Option<Vec<u32>> {
    let mut parts = path.rsplit('/');
    let (list, stem) = (parts.next()?, parts.next()?);
    stem.rsplit_once('-').filter(|(name, _)| *name == pack)?;
    Some(list.parse::<TileList>().ok()?.iter().collect())
}

async fn until_asked(page: &Page<'_>, proxy: &Proxy, what: &str, is_so: impl Fn(&Exchange) -> bool) -> Result<()> {
    page.until(what, async || {
        let asked = of_data(&proxy.exchanges(), &is_so);
        Ok(if asked.is_empty() { Seen::NotYet(proxy.n_exchanges()) } else { Seen::Yes(()) })
    })
    .await
}

/// By keys alone: the pointer would have it fetched before.
async fn color_by_gene(page: &Page<'_>, gene: &str) -> Result<()> {
    page.write("gene-search", gene).await?;
    page.element(&format!("gene-hit-{gene}")).await?;
    page.write("gene-search", "\n").await
}

async fn save_set(page: &Page<'_>, name: &str) -> Result<()> {
    page.click("save-set").await?;
    page.write("cell-set-name", &format!("\u{e009}a\u{e000}{name}\n")).await?;
    page.element(&format!("cell-set-{name}")).await?;
    Ok(())
}
