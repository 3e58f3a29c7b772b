//! The steps of a visit, each timed by the page itself.

use std::{
    f64::consts::TAU,
    time::{Duration, Instant},
};

use anyhow::{Context as _, Result, ensure};
use e2e::Browser;
use fantoccini::{
    actions::{InputSource as _, KeyAction, KeyActions, MOUSE_BUTTON_LEFT, MouseActions, PointerAction},
    key::Key,
};

use super::{
    measures::{Measures, frame_times, median, percentile},
    memory, reactions,
    viewer::{Act, Mode, Viewer},
    visit::Visit,
};

/// Steps of the pointer in one turn, and the time between two.
const STEPS: u32 = 40;
const STEP: Duration = Duration::from_millis(16);

/// Panning goes on, turn by turn, until the viewer has drawn so many frames or this time is over.
const FRAMES: f64 = 40.0;
const LONGEST_PAN: Duration = Duration::from_secs(40);

/// Corners of the lasso, and its radius.
const CORNERS: u32 = 24;
const RADIUS: f64 = 150.0;

/// How often a column is recolored by after the first time.
const RECOLORS: usize = 4;

/// Opens a viewer's page `loads` times, works it, and measures.
///
/// # Errors
/// When the page does not come up at all; whatever else fails is noted.
pub async fn measure(browser: &Browser, viewer: &Viewer, loads: usize) -> Result<Measures> {
    let started = Instant::now();
    let tell = |what: &str| eprintln!("  {what} ({:.0} s)", started.elapsed().as_secs_f64());
    let visit = Visit::begin(browser, viewer).await?;
    tell("loading");
    let mut measures = Measures::default();
    load(&visit, loads, &mut measures).await?;
    let note = |measures: &mut Measures, what: &str, done: Result<()>| {
        if let Err(error) = done {
            measures.notes.push(format!("{what}: {error:#}"));
        }
    };
    tell("recoloring");
    reactions::begin(&visit).await?;
    let done = recolor(&visit, &mut measures).await;
    note(&mut measures, "recoloring", done);
    reactions::end(&visit, "color", &mut measures).await?;
    tell("panning");
    let done = pan(&visit, &mut measures).await;
    note(&mut measures, "panning", done);
    reactions::end(&visit, "pan", &mut measures).await?;
    tell("brushing");
    let done = brush(&visit, &mut measures).await;
    note(&mut measures, "brushing", done);
    reactions::end(&visit, "brush", &mut measures).await?;
    tell("drawing a lasso");
    let done = lasso(&visit, &mut measures).await;
    note(&mut measures, "the lasso", done);
    reactions::end(&visit, "lasso", &mut measures).await?;
    tell("switching panels");
    let done = act_all(&visit, &viewer.panels).await;
    note(&mut measures, "panels", done);
    reactions::end(&visit, "switch panels", &mut measures).await?;
    tell("coloring by everything");
    let done = color_by_all(&visit, &mut measures).await;
    note(&mut measures, "coloring by everything", done);
    reactions::end(&visit, "color by all", &mut measures).await?;
    measures.server_memory = viewer.server.id().and_then(memory::peak_of);
    Ok(measures)
}

async fn load(visit: &Visit<'_>, loads: usize, measures: &mut Measures) -> Result<()> {
    let (mut first, mut complete) = (Vec::new(), Vec::new());
    for _ in 0..loads {
        let seen = visit.load().await?;
        first.extend(seen.first.map(|millis| millis / 1e3));
        complete.extend(seen.last.map(|millis| millis / 1e3));
    }
    measures.first_picture = median(&first);
    measures.complete_picture = median(&complete);
    measures.transferred = visit.evaluate("p.bytes()").await?.as_f64();
    visit.collect_garbage()?;
    measures.page_memory = memory::of_page();
    measures.graphics_memory = memory::of_graphics();
    Ok(())
}

async fn recolor(visit: &Visit<'_>, measures: &mut Measures) -> Result<()> {
    let mut times = Vec::new();
    for act in visit.viewer.recolor.iter().cycle().take(1 + RECOLORS) {
        visit.evaluate("p.forget()").await?;
        let asked = visit.act(act).await?;
        let seen = visit.until_quiet(asked).await?;
        let last = seen.last.filter(|&last| last > asked).context("the picture did not change")?;
        times.push((last - asked) / 1e3);
    }
    measures.recolor_first = times.first().copied();
    measures.recolor = median(&times[1..]);
    Ok(())
}

/// Does one thing after the other, each once the picture rests.
async fn act_all(visit: &Visit<'_>, acts: &[Act]) -> Result<()> {
    for act in acts {
        let asked = visit.act(act).await?;
        visit.until_quiet(asked).await?;
    }
    Ok(())
}

async fn color_by_all(visit: &Visit<'_>, measures: &mut Measures) -> Result<()> {
    if visit.viewer.colors.is_empty() {
        return Ok(());
    }
    act_all(visit, &visit.viewer.colors).await?;
    visit.collect_garbage()?;
    measures.colored_memory = memory::of_page();
    Ok(())
}

async fn pan(visit: &Visit<'_>, measures: &mut Measures) -> Result<()> {
    choose(visit, visit.viewer.pan).await?;
    let center = center(visit).await?;
    // A circle that ends where it began, so that all is again as it was.
    let turn = circle(STEPS, 100.0);
    let start = on(center, turn[turn.len() - 1]);
    perform(visit, mouse().then(to(start, STEP)).then(down())).await?;
    visit.evaluate("(p.forget(), p.looking = false, p.tick())").await?;
    let began = Instant::now();
    loop {
        perform(visit, turn.iter().fold(mouse(), |mouse, &at| mouse.then(to(on(center, at), STEP)))).await?;
        let n_drawn = visit.evaluate("p.drawn.length").await?.as_f64().unwrap_or_default();
        if n_drawn >= FRAMES || began.elapsed() > LONGEST_PAN {
            break;
        }
    }
    perform(visit, mouse().then(up())).await?;
    let released = released(visit).await?;
    let seen = visit.until_quiet(released).await?;
    visit.evaluate("p.ticking = false").await?;
    let frames = frame_times(&visit.numbers("p.drawn").await?, &visit.numbers("p.ticks").await?, released);
    ensure!(!frames.is_empty(), "nothing was drawn while the pointer moved");
    measures.pan_median = median(&frames);
    measures.pan_p95 = percentile(&frames, 0.95);
    measures.rest = seen.last.filter(|&last| last > released).map(|last| (last - released) / 1e3);
    Ok(())
}

async fn lasso(visit: &Visit<'_>, measures: &mut Measures) -> Result<()> {
    let mode = visit.viewer.lasso;
    choose(visit, mode).await?;
    watch(visit).await?;
    let center = center(visit).await?;
    let corners: Vec<[f64; 2]> = circle(CORNERS, RADIUS).into_iter().map(|at| on(center, at)).collect();
    hold(visit, mode.keys, |value| KeyAction::Down { value }).await?;
    visit.evaluate("p.forget()").await?;
    let path =
        corners.iter().fold(mouse().then(to(corners[0], STEP)).then(down()), |mouse, &at| mouse.then(to(at, STEP)));
    perform(visit, path.then(up())).await?;
    let released = released(visit).await?;
    hold(visit, mode.keys, |value| KeyAction::Up { value }).await?;
    let seen = visit.until_quiet(released).await?;
    measures.lasso_picture = seen.last.filter(|&last| last > released).map(|last| (last - released) / 1e3);
    measures.lasso_count = counted(visit, released).await?;
    ensure!(measures.lasso_count.is_some() || measures.lasso_picture.is_some(), "it selected nothing");
    Ok(())
}

async fn brush(visit: &Visit<'_>, measures: &mut Measures) -> Result<()> {
    let Some(histogram) = &visit.viewer.histogram else { return Ok(()) };
    // It is counted when it is in sight.
    visit.rect(histogram.brush).await?;
    let counted_histogram = format!("{}:not([aria-busy])", histogram.brush);
    let [left, top, width, height] = visit.rect(&counted_histogram).await?;
    let at = |share: f64| [(left + width * share).round(), (top + height / 2.0).round()];
    watch(visit).await?;
    perform(visit, mouse().then(to(at(0.2), STEP)).then(down()).then(to(at(0.25), STEP))).await?;
    visit.until_quiet(0.0).await?;
    visit.evaluate("p.forget()").await?;
    perform(visit, mouse().then(to(at(0.5), STEP))).await?;
    let moved = visit.evaluate("p.inputs.pointermove").await?.as_f64().context("the pointer did not move")?;
    visit.until_quiet(moved).await?;
    measures.brush_count = counted(visit, moved).await?;
    perform(visit, mouse().then(up())).await?;
    visit.press(histogram.clear).await?;
    visit.until_quiet(moved).await?;
    ensure!(measures.brush_count.is_some(), "it selected nothing");
    Ok(())
}

/// Seconds from `since` to the first count of the selection after it.
async fn counted(visit: &Visit<'_>, since: f64) -> Result<Option<f64>> {
    let counts = visit.numbers("p.counts.map(count => count.at)").await?;
    Ok(counts.into_iter().find(|&at| at > since).map(|at| (at - since) / 1e3))
}

/// Has the probe note what the page says of the selection.
async fn watch(visit: &Visit<'_>) -> Result<()> {
    if let Some(selector) = visit.viewer.count {
        visit.evaluate(&format!("p.watch(document.querySelector({}))", serde_json::json!(selector))).await?;
    }
    Ok(())
}

/// When the pointer was last released.
async fn released(visit: &Visit<'_>) -> Result<f64> {
    visit.evaluate("p.inputs.pointerup").await?.as_f64().context("the page did not see the pointer's release")
}

async fn choose(visit: &Visit<'_>, mode: Mode) -> Result<()> {
    match mode.button {
        Some(button) => visit.press(button).await,
        None => Ok(()),
    }
}

async fn hold(visit: &Visit<'_>, keys: &[Key], action: impl Fn(char) -> KeyAction) -> Result<()> {
    if !keys.is_empty() {
        let keys = keys.iter().fold(KeyActions::new("keys".into()), |done, &key| done.then(action(key.into())));
        visit.client().perform_actions(keys).await?;
    }
    Ok(())
}

async fn center(visit: &Visit<'_>) -> Result<[f64; 2]> {
    let [left, top, width, height] = visit.rect(visit.viewer.picture).await?;
    Ok([left + width / 2.0, top + height / 2.0])
}

async fn perform(visit: &Visit<'_>, mouse: MouseActions) -> Result<()> {
    Ok(visit.client().perform_actions(mouse).await?)
}

fn mouse() -> MouseActions {
    MouseActions::new("mouse".into())
}

fn to([x, y]: [f64; 2], duration: Duration) -> PointerAction {
    PointerAction::MoveTo { duration: Some(duration), x: x.round(), y: y.round() }
}

fn down() -> PointerAction {
    PointerAction::Down { button: MOUSE_BUTTON_LEFT }
}

fn up() -> PointerAction {
    PointerAction::Up { button: MOUSE_BUTTON_LEFT }
}

fn on(center: [f64; 2], [x, y]: [f64; 2]) -> [f64; 2] {
    [center[0] + x, center[1] + y]
}

/// Corners about the origin, once around.
fn circle(corners: u32, radius: f64) -> Vec<[f64; 2]> {
    let corner = |corner: u32| {
        let (sin, cos) = (f64::from(corner + 1) * TAU / f64::from(corners)).sin_cos();
        [radius * cos, radius * sin]
    };
    (0..corners).map(corner).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_turn_ends_where_the_next_begins() {
        let turn = circle(STEPS, 100.0);
        assert_eq!(turn.len(), 40);
        let [x, y] = turn[39];
        assert!((x - 100.0).abs() < 1e-9 && y.abs() < 1e-9);
    }
}
