//! Browsers that can do less: WebGL2 alone, and nothing at all.

use anyhow::{Result, ensure};
use e2e::{Browser, Graphics, N_CELLS, Page, Pixels, Visit};
use serde_json::{Value, json};

#[tokio::test]
async fn the_picture_does_without_webgpu_and_the_page_without_a_picture() -> Result<()> {
    Visit::start(Graphics::WebGpu, "fallback-webgpu").await?.run(steps).await
}

/// The programs that the page has fetched, workers and parts of programs aside.
const PROGRAMS: &str = "performance.getEntriesByType('resource').map(({ name }) => name.split('/').at(-1)) \
     .filter(name => name.endsWith('.wasm')).map(name => name.replace(/-[0-9a-f]{16}\\.wasm$/, '')) \
     .filter(name => !/-(dialogs|results|chunk_\\d+)$/.test(name))";

#[tokio::test]
async fn the_address_may_ask_for_the_program_without_webgpu() -> Result<()> {
    Visit::start(Graphics::WebGpu, "fallback-asked").await?.run(asked).await
}

/// Whether that draws is another question: a browser that has WebGPU in software need not have WebGL2.
async fn asked(visit: &Visit) -> Result<()> {
    let page = visit.page();
    page.goto(&format!("{}?renderer=webgl2", visit.url(""))).await?;
    page.until_selected(N_CELLS, N_CELLS).await?;
    let programs = page.evaluate(PROGRAMS, Value::Null).await?;
    ensure!(programs == json!(["explorer-webgl2"]), "the page loads {programs}");
    visit.browser.expect_complaints(&["WebGL", "webgl"])
}

const LINK: &str = "c=obs:louvain&f.bulk_labels=-Dendritic&v=1";

async fn steps(visit: &Visit) -> Result<()> {
    let webgpu = colored(&visit.page(), visit, "webgpu").await?;
    {
        let browser = Browser::start(&visit.environment, Graphics::WebGl2, "fallback-webgl2").await?;
        let page = Page::new(&browser);
        let webgl2 = colored(&page, visit, "webgl2").await;
        browser.shoot("page")?;
        let webgl2 = webgl2?;
        // The same to the eye: from afar no difference, near by a few edges at most.
        let (mean, most) = webgpu.blocks(8).differences(&webgl2.blocks(8))?;
        ensure!(mean < 3.0 && most < 90.0, "the pictures differ by {mean} on average and {most} at most");
        // What needs the picture back from the GPU works as well.
        let picture = page.rect("picture").await?;
        page.click("clear-filters").await?;
        page.until_selected(N_CELLS, N_CELLS).await?;
        page.point("picture", [picture.width / 2.0, picture.height / 2.0]).await?;
        browser.expect_complaints(&[])?;
    }
    let browser = Browser::start(&visit.environment, Graphics::Nothing, "fallback-nothing").await?;
    let done = without_picture(&Page::new(&browser), visit).await;
    browser.shoot("page")?;
    done?;
    // The browser says that there is no WebGL; that is why the test is here.
    browser.expect_complaints(&["WebGL", "WebGPU", "webgl", "gpu"])
}

/// The whole picture in colors, drawn by the renderer asked for.
async fn colored(page: &Page<'_>, visit: &Visit, renderer: &str) -> Result<Pixels> {
    page.goto(&visit.url(LINK)).await?;
    page.until_drawn(N_CELLS).await?;
    let actual = page.renderer().await?;
    ensure!(actual == renderer, "drawn by {actual}, not by {renderer}");
    // By a program that can do nothing else; before an adapter is known to be missing, WebGPU's is fetched.
    let programs = page.evaluate(PROGRAMS, Value::Null).await?;
    let last = programs.as_array().and_then(|programs| programs.last());
    ensure!(last == Some(&json!(format!("explorer-{renderer}"))), "the page loads {programs}");
    page.legend("louvain").await?;
    page.until_selected(N_CELLS - 240, N_CELLS).await?;
    page.until_pixels("many colors", |pixels| {
        ensure!(pixels.n_colors() > 12 && pixels.coverage() > 0.01, "{} colors", pixels.n_colors());
        Ok(())
    })
    .await
}

/// A clear message in place of the picture; all else works.
async fn without_picture(page: &Page<'_>, visit: &Visit) -> Result<()> {
    page.goto(&visit.url("")).await?;
    let said = |text: &str| text.contains("cannot be drawn") && text.matches("hardware acceleration").count() == 1;
    page.until_text("error", said).await?;
    let folded = page.evaluate("$('error-detail').open", Value::Null).await?;
    ensure!(folded == json!(false), "what the browser says about its graphics is in the way");
    page.until_selected(N_CELLS, N_CELLS).await?;
    page.unfold("bulk_labels").await?;
    page.only("bulk_labels", "CD19+ B").await?;
    page.until_selected(95, N_CELLS).await?;
    page.click("save-set").await?;
    page.write("cell-set-name", "\n").await?;
    page.click("compare-run").await?;
    page.element("de-view").await?;
    page.element("de-row-CD79A").await?;
    Ok(())
}
