//! What is about the picture itself: its dots, the labels over it, the file it is saved as.

use anyhow::{Context as _, Result, ensure};
use base64::{Engine as _, engine::general_purpose::STANDARD};
use e2e::{DATASET, Graphics, N_CELLS, Page, Pixels, Rgb, Visit, distance};
use serde_json::{Value, json};

const ENTER: &str = "\u{e007}";
const ESCAPE: &str = "\u{e00c}";

#[tokio::test]
async fn the_picture_is_saved_with_its_legend() -> Result<()> {
    Visit::start(Graphics::WebGpu, "picture-saved").await?.run(saved).await
}

async fn saved(visit: &Visit) -> Result<()> {
    for theme in ["light", "dark"] {
        let page = visit.open(&format!("c=obs:louvain&theme={theme}&v=1")).await?;
        let legend = page.legend("louvain").await?;
        let picture = page.rect("picture").await?;
        let (name, png) = save(&page).await?;
        ensure!(name == format!("{DATASET}.png"), "the file is called {name}");
        let file = Pixels::decode(&png)?;
        let screen = page.pixels().await?;
        ensure!(
            file.height == screen.height && file.width > screen.width + 40,
            "a picture of {} × {} px is saved as {} × {}",
            screen.width,
            screen.height,
            file.width,
            file.height
        );
        // The background is that of the theme; beside the picture stands every color of the legend.
        let near = |a: Rgb, b: Rgb| distance(a, b) < 6.0;
        let corner = file.at([file.width as f64 - 2.0, file.height as f64 - 2.0]);
        ensure!(near(corner, screen.at([2.0, picture.height - 3.0])), "the {theme} legend stands on {corner:?}");
        let beside: Vec<Rgb> = (screen.width..file.width)
            .flat_map(|x| (0..file.height).map(move |y| [x as f64, y as f64]))
            .map(|at| file.at(at))
            .collect();
        for (label, color) in &legend {
            let n_pixels = beside.iter().filter(|&&pixel| near(pixel, *color)).count();
            ensure!(n_pixels >= 80, "the {theme} file shows {n_pixels} pixels of label {label}'s color {color:?}");
        }
    }

    // Numbers have their scale there, and what is not colored has nothing beside it.
    let page = visit.open("c=gene:CD3D&v=1").await?;
    page.legend("CD3D").await?;
    let width = page.pixels().await?.width;
    ensure!(Pixels::decode(&save(&page).await?.1)?.width > width + 100, "a gene is saved without its scale");
    page.goto(&visit.url("left=1&v=1")).await?;
    page.until_gone("legend").await?;
    page.until_drawn(N_CELLS).await?;
    ensure!(Pixels::decode(&save(&page).await?.1)?.width == width, "there is a legend of nothing");

    // Twice as large and on white from the dark page, with a label pointed at: the file shows all labels alike.
    let page = visit.open("c=obs:louvain&open=louvain&theme=dark&v=1").await?;
    let legend = page.legend("louvain").await?;
    page.click("save-picture").await?;
    page.choose("save-scale", "2 × the screen").await?;
    page.choose("save-background", "white").await?;
    page.type_keys(ESCAPE).await?;
    page.point("value-louvain-0", [60.0, 10.0]).await?;
    page.evaluate("$('save-picture').focus()", Value::Null).await?;
    page.type_keys(ENTER).await?;
    let screen = page.rect("picture").await?;
    page.tab_to("save-run").await?;
    page.type_keys(ENTER).await?;
    let file = Pixels::decode(&page.download().await?.1)?;
    ensure!(file.height as f64 == 2.0 * screen.height, "a file of {} px at twice {}", file.height, screen.height);
    ensure!(distance(file.at([2.0, 2.0]), file.at([file.width as f64 - 2.0, 2.0])) < 1.0, "there are two backgrounds");
    ensure!(distance(file.at([2.0, 2.0]), [255; 3]) < 1.0, "white is {:?}", file.at([2.0, 2.0]));
    let n_picture = (2.0 * screen.width) as usize;
    for (label, color) in &legend {
        let pixels = (0..n_picture).flat_map(|x| (0..file.height).map(move |y| [x as f64, y as f64]));
        let n_pixels = pixels.filter(|&at| distance(file.at(at), *color) < 6.0).count();
        ensure!(n_pixels >= 40, "{n_pixels} pixels of label {label} in a file saved while another was pointed at");
    }
    Ok(())
}

#[tokio::test]
async fn a_picture_as_svg_has_its_words_as_text() -> Result<()> {
    Visit::start(Graphics::WebGpu, "picture-svg").await?.run(as_svg).await
}

async fn as_svg(visit: &Visit) -> Result<()> {
    let page = visit.open("c=obs:louvain&open=louvain&v=1").await?;
    let legend = page.legend("louvain").await?;
    let screen = page.rect("picture").await?;
    page.click("save-picture").await?;
    page.choose("save-scale", "3 × the screen").await?;
    page.choose("save-background", "white").await?;
    page.click("save-part-title").await?;
    visit.browser.shoot("dialog")?;
    page.click("save-svg").await?;
    let (name, svg) = page.download_text().await?;
    ensure!(name.ends_with(".svg") && svg.starts_with("<svg "), "{name} begins {svg:.40}");
    for (label, [red, green, blue]) in &legend {
        let color = format!("fill=\"#{red:02x}{green:02x}{blue:02x}\"");
        ensure!(svg.contains(&format!(">{label}</text>")) && svg.contains(&color), "{label} is not in the legend");
    }
    ensure!(svg.contains(&format!(">{DATASET}</text>")) && svg.contains("<title>"), "the picture has no title");
    // The points are an image as fine as asked for.
    let encoded = svg.split("base64,").nth(1).and_then(|rest| rest.split('"').next()).unwrap_or_default();
    let points = Pixels::decode(&STANDARD.decode(encoded)?)?;
    ensure!(points.height as f64 == 3.0 * screen.height, "the points are {} px high", points.height);
    for (label, color) in &legend {
        let pixels = (0..points.width).flat_map(|x| (0..points.height).map(move |y| [x as f64, y as f64]));
        let n_pixels = pixels.filter(|&at| distance(points.at(at), *color) < 6.0).count();
        ensure!(n_pixels >= 40, "the image shows {n_pixels} pixels of label {label}");
    }
    // The browser reads it as a picture of that size.
    let parsed = "(() => { const svg = new DOMParser().parseFromString(a, 'image/svg+xml'); \
                  return [svg.querySelector('parsererror') === null, svg.documentElement.getAttribute('height')]; })()";
    let parsed = page.evaluate(parsed, json!(svg)).await?;
    ensure!(parsed == json!([true, (screen.height + 40.0).to_string()]), "the browser takes it for {parsed}");
    Ok(())
}

async fn save(page: &Page<'_>) -> Result<(String, Vec<u8>)> {
    page.click("save-picture").await?;
    page.click("save-run").await?;
    page.download().await
}

#[tokio::test]
async fn labels_stand_over_their_cells_and_follow_the_camera() -> Result<()> {
    Visit::start(Graphics::WebGpu, "picture-labels").await?.run(labels).await
}

/// The texts in sight and their middles in CSS pixels.
const IN_SIGHT: &str = "[...document.querySelectorAll('.label:not(.hidden)')].map(label => { \
     const box = label.getBoundingClientRect(), picture = $('picture').getBoundingClientRect(); \
     return [label.textContent, (box.left + box.right) / 2 - picture.left, (box.top + box.bottom) / 2 - picture.top, \
     box.width, box.height]; })";

async fn labels(visit: &Visit) -> Result<()> {
    let page = visit.open("").await?;
    ensure!(in_sight(&page).await?.is_empty(), "there are labels unasked");
    page.click("toggle-labels").await?;
    page.until_value("labels", IN_SIGHT, Value::Null, |labels| labels.as_array().is_some_and(|all| all.len() > 4))
        .await?;
    visit.browser.shoot("labels")?;
    let before = in_sight(&page).await?;
    for (at, a) in before.iter().enumerate() {
        for b in &before[at + 1..] {
            let apart = (a.at[0] - b.at[0]).abs() >= (a.size[0] + b.size[0]) / 2.0 || (a.at[1] - b.at[1]).abs() >= 15.0;
            ensure!(apart, "{} and {} overlap", a.text, b.text);
        }
    }

    // Each at the median of its cells.
    let truth = visit.truth()?;
    let embedding = truth.default_embedding();
    let projection = page.learn_projection(&embedding).await?;
    let (bulk, positions) = (truth.labels("bulk_labels")?, truth.positions(&embedding)?);
    for label in before.iter().filter(|label| !label.text.contains('…')) {
        let cells = || positions.iter().zip(&bulk).filter(|(_, of)| **of == label.text).filter_map(|(at, _)| *at);
        let middle = |mut values: Vec<f64>| {
            values.sort_by(f64::total_cmp);
            (values[(values.len() - 1) / 2] + values[values.len() / 2]) / 2.0
        };
        let expected =
            projection.px((middle(cells().map(|at| at.0).collect()), middle(cells().map(|at| at.1).collect())));
        let off = (expected[0] - label.at[0]).hypot(expected[1] - label.at[1]);
        ensure!(off < 4.0, "{} stands {off} px from the middle of its cells", label.text);
    }

    // They follow the camera, and the link keeps them.
    let first = before.first().context("there is a label")?;
    page.click("zoom-in").await?;
    let picture = page.rect("picture").await?;
    let expected = [0, 1].map(|axis| {
        let middle = [picture.width, picture.height][axis] / 2.0;
        middle + (first.at[axis] - middle) * 1.5
    });
    page.until(&format!("{} to move to {expected:?}", first.text), async || {
        let now = in_sight(&page).await?;
        let moved = now.iter().any(|label| {
            label.text == first.text && (label.at[0] - expected[0]).hypot(label.at[1] - expected[1]) < 3.0
        });
        let outside =
            expected[0] < 0.0 || expected[0] > picture.width || expected[1] < 0.0 || expected[1] > picture.height;
        Ok(if moved || outside { e2e::Seen::Yes(()) } else { e2e::Seen::NotYet(format!("{now:?}")) })
    })
    .await?;
    ensure!(page.view().await?.layout.labels, "the link forgets the labels");
    // No label colors the cells: nothing to write.
    page.click("category-color-bulk_labels").await?;
    page.until_value("no labels", IN_SIGHT, Value::Null, |labels| *labels == json!([])).await?;
    Ok(())
}

#[derive(Debug)]
struct Written {
    text: String,
    at: [f64; 2],
    size: [f64; 2],
}

async fn in_sight(page: &Page<'_>) -> Result<Vec<Written>> {
    let labels = page.evaluate(IN_SIGHT, Value::Null).await?;
    let number = |value: &Value| value.as_f64().context("a place is a number");
    let written = labels.as_array().into_iter().flatten().map(|label| {
        Ok(Written {
            text: label[0].as_str().unwrap_or_default().to_owned(),
            at: [number(&label[1])?, number(&label[2])?],
            size: [number(&label[3])?, number(&label[4])?],
        })
    });
    written.collect()
}

#[tokio::test]
async fn dots_and_colors_are_set_in_sight() -> Result<()> {
    Visit::start(Graphics::WebGpu, "picture-display").await?.run(display).await
}

async fn display(visit: &Visit) -> Result<()> {
    let page = visit.open("c=gene:raw/X:CD3D&layer=raw/X&v=1").await?;
    page.legend("CD3D").await?;
    page.click("display").await?;
    page.element("display-panel").await?;
    visit.browser.shoot("panel")?;
    let small = page.pixels().await?.coverage();
    let drag = "($(a).value = 4, $(a).dispatchEvent(new Event('input', { bubbles: true })))";
    page.evaluate(drag, json!("point-size")).await?;
    page.until_pixels("larger dots", |pixels| {
        let now = pixels.coverage();
        ensure!(now > 1.3 * small, "{small} of the picture were covered before, {now} now");
        Ok(())
    })
    .await?;
    let points = page.view().await?.panels.first().points;
    ensure!(points.size_px() == Some(16.0), "the link has {points:?}");
    page.choose("color-map", "magma").await?;
    page.click("color-zeros").await?;
    let options = page.view().await?.analysis.color_options;
    ensure!(options.colormap.as_deref() == Some("magma") && options.zeros_gray, "the link has {options:?}");
    page.until_text("legend", |text| text.contains("zero, or no value")).await?;
    visit.browser.shoot("set")
}
