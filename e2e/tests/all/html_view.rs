//! The view as one HTML file: it opens from disk, without a server, and tells of each cell.

use anyhow::{Result, ensure};
use e2e::{Graphics, N_CELLS, Visit};
use serde_json::{Value, json};

#[tokio::test]
async fn a_view_is_one_file_that_opens_by_itself() -> Result<()> {
    Visit::start(Graphics::WebGpu, "html-view").await?.run(steps).await
}

/// Points at the first cell; what the card says, the picture's width, and the link back.
const POINT: &str = "(() => { \
    const data = JSON.parse(document.getElementById('data').textContent); \
    const picture = document.getElementById('picture'), box = picture.getBoundingClientRect(); \
    const scale = box.width / (picture.naturalWidth / data.ratio); \
    const [x, y] = data.places.map(place => place / 10 * scale); \
    document.getElementById('figure').dispatchEvent(new PointerEvent('pointermove', \
        { clientX: box.left + x, clientY: box.top + y, bubbles: true })); \
    const cells = [...document.querySelectorAll('#card dt, #card dd')].map(cell => cell.textContent); \
    return { cells, width: picture.naturalWidth, link: document.querySelector('a').href, n: data.places.length / 2 }; \
})()";

async fn steps(visit: &Visit) -> Result<()> {
    let page = visit.open("c=obs:louvain&v=1").await?;
    page.until_drawn(N_CELLS).await?;
    let labels = visit.truth()?.labels("louvain")?;
    page.click("save-picture").await?;
    page.until_text("save-html-text", |text| text.contains("50,000 cells")).await?;
    page.click("save-html").await?;
    let (name, html) = page.download_text().await?;
    ensure!(name.ends_with(".html"), "the file is called {name}");
    let folder = tempfile::tempdir()?;
    let file = folder.path().join("view.html");
    std::fs::write(&file, &html)?;
    page.goto(&format!("file://{}", file.display())).await?;
    let count = "document.getElementById('count')?.textContent";
    let expected = json!(format!("{N_CELLS} cells"));
    page.until_value("the number of cells", count, Value::Null, |told| *told == expected).await?;
    let told = page
        .until_value("the card of a cell", POINT, Value::Null, |told| {
            told["cells"].as_array().is_some_and(|cells| cells.len() >= 4) && told["width"].as_u64() > Some(200)
        })
        .await?;
    visit.browser.shoot("opened")?;
    let cells: Vec<&str> = told["cells"].as_array().into_iter().flatten().filter_map(Value::as_str).collect();
    let label = cells.iter().position(|cell| *cell == "louvain").and_then(|at| cells.get(at + 1));
    ensure!(label.is_some_and(|label| labels.iter().any(|known| known == label)), "the card says {cells:?}");
    ensure!(told["n"] == json!(N_CELLS), "{} cells have places", told["n"]);
    let link = told["link"].as_str().unwrap_or_default();
    ensure!(link.starts_with(visit.server.address()) && link.contains("c=obs:louvain"), "the link is {link}");
    Ok(())
}
