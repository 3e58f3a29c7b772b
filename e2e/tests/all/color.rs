//! Coloring by labels and by a gene: the color is where the cells are.

use anyhow::{Context as _, Result, ensure};
use e2e::{Graphics, N_CELLS, Page, Pixels, Projection, Rgb, Truth, Visit, distance};
use explorer_core::state::{ColorBy, GeneKey};
use serde_json::{Value, json};

/// A gene of monocytes and NK cells: some cells have much of it, most have none.
const GENE: &str = "FCGR3A";

/// How the server answers for the pictures of each embedding, on light and on dark.
const PICTURES_OF_EMBEDDINGS: &str = "(async () => {\
    const answer = async image => (await fetch(image.src)).status;\
    const answers = option => Promise.all([...option.querySelectorAll('img')].map(answer));\
    const options = [...$('embedding-select').options];\
    return Object.fromEntries(await Promise.all(options.map(async option => [option.value, await answers(option)])));\
})()";

/// Blending at a dot's edge and rounding may shift a color by this much.
const SAME_COLOR: f64 = 40.0;

#[tokio::test]
async fn colors_are_where_the_cells_are() -> Result<()> {
    Visit::start(Graphics::WebGpu, "color").await?.run(steps).await
}

async fn steps(visit: &Visit) -> Result<()> {
    let page = visit.open("").await?;
    let truth = visit.truth()?;
    let embedding = truth.default_embedding();
    let projection = page.learn_projection(&embedding).await?;
    let cells = Cells::of(&truth, &embedding, projection)?;
    let picture = page.rect("picture").await?;
    ensure!(
        cells.px.iter().flatten().all(|[x, y]| (0.0..picture.width).contains(x) && (0.0..picture.height).contains(y)),
        "a fitted embedding has cells outside the picture"
    );

    // Labels: every lonely cell has its label's color of the legend, and so have most of the others.
    page.click("category-color-louvain").await?;
    let legend = page.legend("louvain").await?;
    let labels = truth.labels("louvain")?;
    let expected = |cell: usize| legend.iter().find(|(label, _)| *label == labels[cell]).map(|&(_, color)| color);
    page.until_pixels("labels' colors where their cells are", |pixels| {
        let alone = cells.share_of(&cells.lonely(&labels), pixels, expected)?;
        let all = cells.share_of(&cells.all(), pixels, expected)?;
        ensure!(alone > 0.95 && all > 0.7, "{alone} of lonely cells and {all} of all have their label's color");
        Ok(())
    })
    .await?;

    // The tooltip tells the cell under the pointer and its label.
    let lonely = cells.lonely(&labels);
    let cell = *lonely.first().context("some cell is alone")?;
    page.point("picture", cells.px[cell].context("it has a place")?).await?;
    let id = &truth.cell_ids()?[cell];
    let label = &labels[cell];
    page.until_text("cell-tooltip", |text| text.contains(id.as_str()) && text.contains(label.as_str())).await?;
    visit.browser.shoot("tooltip")?;
    page.point("gene-search", [5.0, 5.0]).await?;
    page.until_gone("cell-tooltip").await?;

    // A gene, found by letters in order, in any case.
    page.write("gene-search", "fcr3a").await?;
    page.click(&format!("gene-hit-{GENE}")).await?;
    page.element(&format!("gene-row-{GENE}")).await?;
    let color = page.view().await?.analysis.color;
    ensure!(color == ColorBy::Gene(GeneKey::new(GENE)), "colored by {color:?}");
    let values = truth.gene(GENE)?;
    let extreme = |pick: fn(f32, f32) -> f32| values.iter().copied().reduce(pick).context("there are cells");
    let (least, most) = (extreme(f32::min)?, extreme(f32::max)?);
    let scale = Scale::read(&page, GENE).await?;
    // The scale spans the values; where some are negative, as here, zero is in its middle.
    let reach = f64::from(most.max(-least));
    ensure!(least < 0.0, "{GENE} is scaled in this layer");
    ensure!(
        (scale.max - reach).abs() < 0.01 * reach && (scale.min + reach).abs() < 0.01 * reach,
        "{GENE} goes from {least} to {most}, the legend from {} to {}",
        scale.min,
        scale.max
    );

    // Each cell has the color of its value, the highest above all others.
    let expected = |cell: usize| Some(scale.color(f64::from(values[cell])));
    let highest: Vec<usize> = (0..N_CELLS).filter(|&cell| values[cell] > 0.4 * most).collect();
    page.until_pixels("the gene's colors where its cells are", |pixels| {
        let alone = cells.share_of(&cells.lonely(&labels), pixels, expected)?;
        let high = cells.share_of(&highest, pixels, expected)?;
        ensure!(alone > 0.9 && high > 0.9, "{alone} of lonely cells and {high} of high ones have their value's color");
        Ok(())
    })
    .await?;
    visit.browser.shoot("gene")?;

    // Pressed again, nothing colors the cells.
    page.click(&format!("gene-color-{GENE}")).await?;
    page.until_gone("legend").await?;

    // Another embedding shows the same cells elsewhere, of which the list has a picture.
    let pictures = page.evaluate(PICTURES_OF_EMBEDDINGS, Value::Null).await?;
    ensure!(pictures == json!({ "X_umap": [200, 200], "X_pca": [200, 200] }), "the server answers {pictures}");
    let before = page.pixels().await?;
    page.choose("embedding-select", "pca: 700 cells").await?;
    page.until_pixels("another embedding", |pixels| {
        let (mean, _) = before.blocks(8).differences(&pixels.blocks(8))?;
        ensure!(mean > 2.0, "the picture differs by {mean} on average");
        Ok(())
    })
    .await?;
    page.until_drawn(N_CELLS).await
}

/// Cells and their places on the screen.
struct Cells {
    px: Vec<Option<[f64; 2]>>,
}

impl Cells {
    fn of(truth: &Truth, embedding: &str, projection: Projection) -> Result<Self> {
        let positions = truth.positions(embedding)?;
        Ok(Self { px: positions.into_iter().map(|position| Some(projection.px(position?))).collect() })
    }

    fn all(&self) -> Vec<usize> {
        (0..self.px.len()).collect()
    }

    /// Cells with none of another label near.
    fn lonely(&self, labels: &[String]) -> Vec<usize> {
        const NEAR_PX: f64 = 14.0;
        let near = |a: usize, b: usize| match (self.px[a], self.px[b]) {
            (Some(a), Some(b)) => (a[0] - b[0]).hypot(a[1] - b[1]) < NEAR_PX,
            _ => false,
        };
        let is_lonely = |&cell: &usize| {
            self.px[cell].is_some()
                && self.all().into_iter().all(|other| labels[other] == labels[cell] || !near(cell, other))
        };
        self.all().into_iter().filter(is_lonely).collect()
    }

    fn color(&self, pixels: &Pixels, cell: usize) -> Option<Rgb> {
        self.px[cell].map(|px| pixels.at(px))
    }

    /// The share of these cells that have the color expected of them.
    fn share_of(&self, cells: &[usize], pixels: &Pixels, expected: impl Fn(usize) -> Option<Rgb>) -> Result<f64> {
        ensure!(cells.len() > 20, "only {} cells to look at", cells.len());
        let is_so = |&&cell: &&usize| match (self.color(pixels, cell), expected(cell)) {
            (Some(color), Some(expected)) => distance(color, expected) < SAME_COLOR,
            _ => false,
        };
        Ok(cells.iter().filter(is_so).count() as f64 / cells.len() as f64)
    }
}

/// A legend of numbers.
struct Scale {
    min: f64,
    max: f64,
    colors: Vec<Rgb>,
}

impl Scale {
    async fn read(page: &Page<'_>, title: &str) -> Result<Self> {
        page.legend(title).await?;
        let read = "({ ticks: [...document.querySelectorAll('.legend-ticks span')].map(tick => \
             Number(tick.textContent.replace('−', '-'))), \
             image: getComputedStyle(document.querySelector('.legend-colors')).backgroundImage })";
        let read = page.evaluate(read, Value::Null).await?;
        let tick = |at: usize| read["ticks"][at].as_f64().context("a tick is a number");
        let colors = gradient(read["image"].as_str().unwrap_or_default());
        ensure!(colors.len() >= 2, "the legend has the colors {colors:?}");
        Ok(Self { min: tick(0)?, max: tick(2)?, colors })
    }

    /// The color of a value: between two of the legend's.
    fn color(&self, value: f64) -> Rgb {
        let at = ((value - self.min) / (self.max - self.min)).clamp(0.0, 1.0) * (self.colors.len() - 1) as f64;
        let (below, above) = (self.colors[at.floor() as usize], self.colors[at.ceil() as usize]);
        let mixed = |channel: usize| {
            f64::from(below[channel]) + (f64::from(above[channel]) - f64::from(below[channel])) * at.fract()
        };
        [0, 1, 2].map(|channel| mixed(channel).round() as u8)
    }
}

/// The colors of a computed `linear-gradient(…)`.
fn gradient(text: &str) -> Vec<Rgb> {
    let channels = |piece: &str| -> Option<Rgb> {
        let inner = piece.split(')').next()?;
        let channels: Vec<u8> = inner.split(',').filter_map(|channel| channel.trim().parse().ok()).collect();
        channels.try_into().ok()
    };
    text.split("rgb(").skip(1).filter_map(channels).collect()
}
