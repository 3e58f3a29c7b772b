//! Selections that no lasso makes: typed and clicked rectangles, what is inside of what was selected, cells by their
//! ids, sets of sets.

use anyhow::{Context as _, Result, ensure};
use e2e::{Graphics, Held, N_CELLS, Page, Visit, inside};
use explorer_core::state::{CellSource, SelectMode, SelectionStep};
use serde_json::{Value, json};

#[tokio::test]
async fn a_rectangle_is_typed_clicked_and_narrowed() -> Result<()> {
    Visit::start(Graphics::WebGpu, "rectangle").await?.run(rectangles).await
}

#[tokio::test]
async fn cells_are_found_by_their_ids_and_sets_are_combined() -> Result<()> {
    Visit::start(Graphics::WebGpu, "ids").await?.run(ids).await
}

async fn rectangles(visit: &Visit) -> Result<()> {
    let page = visit.open("c=obs:louvain").await?;
    let truth = visit.truth()?;
    let embedding = truth.default_embedding();
    let positions = truth.positions(&embedding)?;
    let projection = page.learn_projection(&embedding).await?;
    page.until_selected(N_CELLS, N_CELLS).await?;
    let (mut xs, mut ys): (Vec<f64>, Vec<f64>) = positions.iter().flatten().copied().unzip();
    xs.sort_by(f64::total_cmp);
    ys.sort_by(f64::total_cmp);
    let quarter = |sorted: &[f64], quarters: usize| sorted[sorted.len() * quarters / 4];

    // By keys alone: from the first to the third quartile of both axes.
    page.click("type-rectangle").await?;
    let bounds = [
        ("rectangle-x-from", quarter(&xs, 1)),
        ("rectangle-x-to", quarter(&xs, 3)),
        ("rectangle-y-from", quarter(&ys, 1)),
        ("rectangle-y-to", quarter(&ys, 3)),
    ];
    for (field, bound) in bounds {
        fill(&page, field, &format!("{bound:.3}")).await?;
    }
    page.type_keys("\u{E007}").await?;
    let typed = outline_of(&page, &embedding).await?;
    let n_typed = positions.iter().flatten().filter(|&&at| inside(at, &typed)).count();
    ensure!((50..N_CELLS).contains(&n_typed), "the rectangle has {n_typed} cells");
    page.until_selected(n_typed, N_CELLS).await?;
    let corner = typed.iter().fold([f64::INFINITY; 2], |[x, y], at| [x.min(at.0), y.min(at.1)]);
    let is_near = |a: f64, b: f64| (a - b).abs() < 0.01 * (quarter(&xs, 3) - quarter(&xs, 1));
    ensure!(is_near(corner[0], bounds[0].1) && is_near(corner[1], bounds[2].1), "{bounds:?} became {typed:?}");

    // What was chosen holds for outlines without a key.
    page.click("mode-intersect").await?;
    let [x, y] = projection.px((quarter(&xs, 2), quarter(&ys, 2)));
    let square = [[x - 40.0, y - 40.0], [x + 40.0, y - 40.0], [x + 40.0, y + 40.0], [x - 40.0, y + 40.0]];
    page.drag("picture", &square, Held::Nothing).await?;
    let inner = outline_of(&page, &embedding).await?;
    let is_in_both = |at: &&(f64, f64)| inside(**at, &typed) && inside(**at, &inner);
    let n_both = positions.iter().flatten().filter(is_in_both).count();
    ensure!(n_both < n_typed, "{n_both} of {n_typed} cells are in both");
    page.until_selected(n_both, N_CELLS).await?;
    page.click("undo").await?;
    page.click("mode-replace").await?;
    page.drag("picture", &square, Held::ShiftAlt).await?;
    page.until_selected(n_both, N_CELLS).await?;

    // Two clicks; without a selection the mode has no say.
    page.click("clear-filters").await?;
    page.until_gone("mode-intersect").await?;
    page.click("tool-rectangle").await?;
    page.drag("picture", &square[..1], Held::Nothing).await?;
    page.drag("picture", &square[2..3], Held::Nothing).await?;
    let clicked = outline_of(&page, &embedding).await?;
    let n_clicked = positions.iter().flatten().filter(|&&at| inside(at, &clicked)).count();
    page.until_selected(n_clicked, N_CELLS).await?;
    for at in clicked {
        let [left, top] = projection.px(at);
        let is_corner = |corner: &[f64; 2]| (corner[0] - left).hypot(corner[1] - top) < 2.0;
        ensure!(square.iter().any(is_corner), "a corner is at {left}, {top}");
    }
    Ok(())
}

async fn ids(visit: &Visit) -> Result<()> {
    let page = visit.open("c=obs:louvain").await?;
    let truth = visit.truth()?;
    let (ids, labels) = (truth.cell_ids()?, truth.labels("louvain")?);
    let n_of = |label: &str| labels.iter().filter(|own| *own == label).count();

    page.click("find-cells").await?;
    let asked = format!("{}, nowhere {} {}", ids[3], ids[500], ids[20]);
    page.write("finder-ids", &asked).await?;
    page.click("finder-run").await?;
    page.until_text("finder-status", |text| text == "3 cells found; 1 id is not in this dataset.").await?;
    ensure!(page.text("finder-unknown").await? == "nowhere", "the unknown id is not listed");
    visit.browser.shoot("finder")?;
    page.click("finder-select").await?;
    page.until_selected(3, N_CELLS).await?;
    page.until_text("cell-set-Listed cells", |text| text.contains('3')).await?;
    let view = page.view().await?;
    let listed = view.analysis.cell_set("Listed cells").context("there is no set of the list")?;
    ensure!(matches!(&listed.source, CellSource::Cells(list) if list.rows().len() == 3), "{listed:?}");
    ensure!(view.analysis.query.filters.cells.is_some(), "the list does not filter: {view:?}");

    // One cell is shown: the camera is on it, and a ring around it.
    page.click("find-cells").await?;
    fill(&page, "finder-ids", &ids[20]).await?;
    page.click("finder-run").await?;
    page.until_text("finder-status", |text| text == "1 cell found.").await?;
    page.click("finder-show").await?;
    page.element("cell-ring").await?;
    let camera = page.view().await?.panels.first().camera.context("the camera did not move")?;
    let (x, y) = truth.positions(&truth.default_embedding())?[20].context("the cell has a position")?;
    ensure!((camera.x() - x).hypot(camera.y() - y) < 0.01 * camera.width(), "{camera:?} is not on {x}, {y}");
    visit.browser.shoot("ring")?;

    // Sets of sets.
    page.click("clear-filters").await?;
    page.unfold("louvain").await?;
    page.only("louvain", "0").await?;
    page.until_selected(n_of("0"), N_CELLS).await?;
    page.click("save-set").await?;
    fill(&page, "cell-set-name", "zero").await?;
    page.type_keys("\u{E007}").await?;
    let in_zero = [3, 20, 500].into_iter().filter(|&cell: &usize| labels[cell] == "0").count();
    for (operation, name, n_cells) in [
        ("∪ union", "Listed cells ∪ zero", 3 + n_of("0") - in_zero),
        ("− difference", "Listed cells − zero", 3 - in_zero),
    ] {
        page.choose("combine-operation", operation).await?;
        page.click("combine-run").await?;
        page.click(&format!("cell-set-menu-{name}")).await?;
        page.click(&format!("cell-set-select-{name}")).await?;
        page.until_selected(n_cells, N_CELLS).await?;
    }
    Ok(())
}

/// The last outline of the selection.
async fn outline_of(page: &Page<'_>, embedding: &str) -> Result<Vec<(f64, f64)>> {
    match page.selection(embedding).await?.steps().last() {
        Some(SelectionStep::Add(polygon) | SelectionStep::Intersect(polygon)) => Ok(polygon.points().collect()),
        other => anyhow::bail!("{:?} made {other:?}", SelectMode::Replace),
    }
}

/// Types into a field in the place of what stands there.
async fn fill(page: &Page<'_>, field: &str, text: &str) -> Result<()> {
    page.click(field).await?;
    page.evaluate("$(a).select()", json!(field)).await.map(|_: Value| ())?;
    page.write(field, text).await
}
