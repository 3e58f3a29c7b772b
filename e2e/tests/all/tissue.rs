//! Spots of a tissue: they lie where they are on its image, as large as they are.

use anyhow::{Result, ensure};
use e2e::{Held, N_SMALL_CELLS, Page, Pixels, Rgb, VIEWS, Visit, distance, views_visit};
use explorer_core::state::SelectionStep;
use serde_json::{Value, json};
use synthetic::h5ad::Tissue;

/// The embedding's key.
const KEY: &str = "spatial";

/// How far a color of the screen may be from the image's.
const TOLERANCE: f64 = 10.0;

#[tokio::test]
async fn spots_lie_on_the_image_where_scanpy_draws_them() -> Result<()> {
    views_visit("tissue").await?.run(steps).await
}

async fn steps(visit: &Visit) -> Result<()> {
    let page = visit.page();
    page.goto(&format!("{}/d/{VIEWS}#e={KEY}&c=obs:cell_type&theme=light", visit.server.address())).await?;
    page.until_drawn(N_SMALL_CELLS).await?;
    page.until_text("count-text", |text| text.ends_with(" spots")).await?;
    // Closer, so that there is image between spots.
    for _ in 0..4 {
        page.click("zoom-in").await?;
    }
    let screen = Screen::learn(&page).await?;
    let tissue = Tissue::of(N_SMALL_CELLS);
    // Around the spot in the middle of what is seen.
    let rect = page.rect("picture").await?;
    let center = screen.coordinates([rect.width / 2.0, rect.height / 2.0]);
    let near = |spot: &usize| {
        let [x, y] = tissue.spot(*spot).map(f64::from);
        (x - center[0]).hypot(y - center[1])
    };
    let spot = (0..N_SMALL_CELLS).min_by(|a, b| near(a).total_cmp(&near(b))).unwrap_or_default();
    let [x, y] = tissue.spot(spot).map(f64::from);
    let between = [[0.0, 0.62], [0.0, -0.62], [0.85, 0.0], [-0.85, 0.0]]
        .map(|[right, down]| [x + right * Tissue::SPOT_DIAMETER, y + down * Tissue::SPOT_DIAMETER]);
    let within = [[0.0, 0.43], [0.0, -0.43], [0.43, 0.0], [-0.43, 0.0]]
        .map(|[right, down]| [x + right * Tissue::SPOT_DIAMETER, y + down * Tissue::SPOT_DIAMETER]);
    let pixels = page
        .until_pixels("the image between the spots", |pixels| expect_image(pixels, &screen, &tissue, &between))
        .await?;
    visit.browser.shoot("spots")?;
    let own = pixels.at(screen.px([x, y]));
    ensure!(distance(own, image_at(&tissue, [x, y])) > 3.0 * TOLERANCE, "the spot has the image's color {own:?}");
    for at in within {
        let color = pixels.at(screen.px(at));
        ensure!(distance(color, own) < TOLERANCE, "{color:?} within the spot of {own:?} at {at:?}");
    }

    // Without the image there is the page's background between spots.
    page.click("display").await?;
    visit.browser.shoot("display")?;
    let hide = "($(a).value = 0, $(a).dispatchEvent(new Event('input', { bubbles: true })))";
    page.evaluate(hide, json!("image-opacity")).await?;
    page.until_pixels("no image", |pixels| match expect_image(pixels, &screen, &tissue, &between[..1]) {
        Ok(()) => anyhow::bail!("the image is still there"),
        Err(_) => Ok(()),
    })
    .await?;
    let opacity = page.view().await?.panels.first().tissue.opacity;
    ensure!(opacity == 0.0, "the link says the image is {opacity} opaque");
    Ok(())
}

fn expect_image(pixels: &Pixels, screen: &Screen, tissue: &Tissue, places: &[[f64; 2]]) -> Result<()> {
    for &at in places {
        let (found, expected) = (pixels.at(screen.px(at)), image_at(tissue, at));
        ensure!(distance(found, expected) < TOLERANCE, "{found:?} where the image has {expected:?}, at {at:?}");
    }
    Ok(())
}

/// The image's color at a place in full resolution: a pixel's middle is a whole number.
fn image_at(tissue: &Tissue, at: [f64; 2]) -> Rgb {
    let size = tissue.image_size(Tissue::HIRES_SCALE);
    let share = |axis: usize| at[axis] * Tissue::HIRES_SCALE / (size[axis] - 1) as f64;
    [share(0), share(1), f64::from(Tissue::BLUE)].map(|share| (share * 255.0).round() as u8)
}

/// Where coordinates that grow downwards are on the screen.
struct Screen {
    corner: [f64; 2],
    corner_px: [f64; 2],
    px_per_unit: f64,
}

impl Screen {
    /// By a rectangle that is dragged and taken back.
    async fn learn(page: &Page<'_>) -> Result<Self> {
        let picture = page.rect("picture").await?;
        let from = [(picture.width * 0.3).round(), (picture.height * 0.3).round()];
        let to = [(picture.width * 0.7).round(), (picture.height * 0.7).round()];
        page.click("tool-rectangle").await?;
        page.drag("picture", &[from, to], Held::Nothing).await?;
        let selection = page.selection(KEY).await?;
        let Some(SelectionStep::Add(polygon)) = selection.steps().last() else {
            anyhow::bail!("a rectangle was dragged, but the link holds {selection:?}");
        };
        let corners: Vec<[f64; 2]> = polygon.points().map(|(x, y)| [x, y]).collect();
        let least = [0, 1].map(|axis| corners.iter().map(|at| at[axis]).fold(f64::INFINITY, f64::min));
        let most = [0, 1].map(|axis| corners.iter().map(|at| at[axis]).fold(f64::NEG_INFINITY, f64::max));
        page.click("undo").await?;
        // The pointer rests on no spot.
        page.evaluate("$('picture').dispatchEvent(new PointerEvent('pointerleave'))", Value::Null).await?;
        let [across, down] = [0, 1].map(|axis| (to[axis] - from[axis]) / (most[axis] - least[axis]));
        ensure!((across / down - 1.0).abs() < 0.02, "pixels a unit differ: {across} across, {down} down");
        Ok(Self { corner: least, corner_px: from, px_per_unit: f64::midpoint(across, down) })
    }

    fn px(&self, at: [f64; 2]) -> [f64; 2] {
        [0, 1].map(|axis| self.corner_px[axis] + (at[axis] - self.corner[axis]) * self.px_per_unit)
    }

    fn coordinates(&self, px: [f64; 2]) -> [f64; 2] {
        [0, 1].map(|axis| self.corner[axis] + (px[axis] - self.corner_px[axis]) / self.px_per_unit)
    }
}
