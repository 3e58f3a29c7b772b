//! What stands in an element while there is no frame, and how one frame goes from page to page.

use anyhow::{Result, ensure};
use e2e::N_CELLS;
use serde_json::{Value, json};

use super::Host;

/// Whether an element's poster is seen: the address of the picture once it is there, `""` before, `null` without one.
const POSTER: &str = "(() => {\
    const [slot, image] = ['slot[name=poster]', 'img'].map(found => waiting.shadowRoot.querySelector(found));\
    return slot.hidden || image.hidden ? null : image.complete && image.naturalWidth > 0 ? image.src : ''; })()";

/// The dataset's picture waits for a press, goes for the frame, and comes back with it.
pub async fn the_datasets_poster_waits_for_a_press(host: &Host<'_>) -> Result<()> {
    host.get("(add('waiting', { reveal: 'click', theme: 'dark' }), 0)", Value::Null).await?;
    let poster = host.page.until_value("a poster", POSTER, Value::Null, |it| it.as_str() > Some("")).await?;
    ensure!(poster.as_str().is_some_and(|address| address.ends_with("/poster-dark.png")), "{poster}");
    host.get("(waiting.theme = 'light', 0)", Value::Null).await?;
    let is_light = |it: &Value| it.as_str().is_some_and(|address| address.ends_with("/poster-light.png"));
    host.page.until_value("a light poster", POSTER, Value::Null, is_light).await?;
    host.get("(waiting.shadowRoot.querySelector('button').click(), 0)", Value::Null).await?;
    let opened = host.get("waiting.ready.then(({ n_obs }) => n_obs)", Value::Null).await?;
    ensure!(opened == N_CELLS, "{opened} cells");
    host.page.until_value("no poster", POSTER, Value::Null, Value::is_null).await?;
    host.get("(waiting.remove(), 0)", Value::Null).await.map(drop)
}

/// What the page gives for a picture is seen until the cells are.
pub async fn a_picture_of_the_pages_own_goes_with_the_first_cells(host: &Host<'_>) -> Result<()> {
    let add = "(() => {\
        const own = document.createElement('p');\
        own.slot = 'poster';\
        window.seen = [];\
        const element = add('waiting', { reveal: 'manual' });\
        element.append(own);\
        seen.push(own.checkVisibility());\
        element.addEventListener('load', () => setTimeout(() => seen.push(own.checkVisibility())));\
        return element.resume().then(() => 0); })()";
    host.get(add, Value::Null).await?;
    host.page.until_value("its going", "seen", Value::Null, |seen| *seen == json!([true, false])).await?;
    host.get("(waiting.remove(), 0)", Value::Null).await.map(drop)
}

/// Another page of the same viewer is opened by a message: the frame's document stays.
pub async fn another_page_opens_in_the_same_frame(host: &Host<'_>) -> Result<()> {
    host.get("(add('waiting'), waiting.ready)", Value::Null).await?;
    host.inside("frameOf('waiting')", async |page| {
        page.evaluate("(window.isKept = true, 0)", Value::Null).await.map(drop)
    })
    .await?;
    let moved =
        "(window.frame = frameOf('waiting'), waiting.src += '?again=1', waiting.ready.then(({ n_obs }) => n_obs))";
    let n_obs = host.get(moved, Value::Null).await?;
    ensure!(n_obs == N_CELLS, "{n_obs} cells");
    let is_same = host.get("frame === frameOf('waiting')", Value::Null).await?;
    ensure!(is_same == true, "there is another frame");
    host.inside("frameOf('waiting')", async |page| {
        page.until_drawn(N_CELLS).await?;
        let kept = "[window.isKept, location.search.includes('again=1'), document.querySelectorAll('.shell').length]";
        let kept = page.evaluate(kept, Value::Null).await?;
        ensure!(kept == json!([true, true, 1]), "{kept}");
        Ok(())
    })
    .await?;
    let colored = host.get("outcome(waiting.colorBy('obs:louvain'))", Value::Null).await?;
    ensure!(colored["code"].is_null(), "{colored}");
    host.get("(waiting.remove(), 0)", Value::Null).await.map(drop)
}

/// Two elements of a page that share no group have nothing to do with each other.
pub async fn two_elements_are_two_explorers(host: &Host<'_>) -> Result<()> {
    let add = "(add('first', { 'color-by': 'obs:louvain' }), add('second', { 'color-by': 'obs:phase' }),\
               Promise.all([first.ready, second.ready]).then((both) => both.map(({ n_obs }) => n_obs)))";
    let n_obs = host.get(add, Value::Null).await?;
    ensure!(n_obs == json!([N_CELLS, N_CELLS]), "{n_obs}");
    let colors = "Promise.all([first.getView(), second.getView()])\
                  .then((views) => views.map(({ analysis }) => analysis.color.obs))";
    host.get("first.colorBy('obs:bulk_labels')", Value::Null).await?;
    let found = host.get(colors, Value::Null).await?;
    ensure!(found == json!(["bulk_labels", "phase"]), "{found}");
    host.get("(first.remove(), 0)", Value::Null).await?;
    host.inside("frameOf('second')", async |page| page.until_drawn(N_CELLS).await).await?;
    let done = host.get("outcome(second.run('toggle_labels'))", Value::Null).await?;
    ensure!(done["value"] == true, "without the other: {done}");
    host.get("(second.remove(), 0)", Value::Null).await.map(drop)
}

/// Other datasets right after one is there, and pauses in any order, leave an Explorer that works.
pub async fn a_storm_of_sources_and_pauses_is_weathered(host: &Host<'_>) -> Result<()> {
    host.get("(add('waiting'), waiting.ready)", Value::Null).await?;
    let storm = "(async () => {
        const address = waiting.src, wait = (millis) => new Promise((resolve) => setTimeout(resolve, millis));
        const group = { column: 'bulk_labels', labels: ['Dendritic'] };
        const acts = [
          () => waiting.suspend(), () => waiting.resume(), () => waiting.markers('louvain'), () => waiting.picture(),
          () => waiting.compare(group), () => waiting.colorBy('gene:CD3D'), () => waiting.getSelection({ ids: true }),
          () => (waiting.theme = 'dark'), () => waiting.undo(), () => (waiting.theme = 'light'),
        ];
        for (let i = 0; i < 8; i++) {
          waiting.src = `${address}?again=${i}`;
          await waiting.ready;
        }
        for (let i = 0; i < 60; i++) {
          if (i % 7 === 3) waiting.src = `${address}?later=${i}`;
          Promise.resolve(acts[(i * i + 3 * i) % acts.length]()).catch(() => {});
          if (i % 3) await wait((i * 37) % 90);
        }
        waiting.src = address;
        await waiting.ready;
        await waiting.resume();
        return (await waiting.colorBy('obs:louvain'), waiting.dataset.n_obs); })()";
    let n_obs = host.get(storm, Value::Null).await?;
    ensure!(n_obs == N_CELLS, "{n_obs} cells");
    host.inside("frameOf('waiting')", async |page| page.until_drawn(N_CELLS).await).await?;
    host.get("(waiting.remove(), 0)", Value::Null).await.map(drop)
}
