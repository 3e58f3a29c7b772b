//! What an element says of questions that have no answer, and of a frame that means no good.

use anyhow::{Result, ensure};
use serde_json::{Value, json};

use super::Host;

/// Cells are selected by their ids and by their rows, of this dataset alone.
pub async fn cells_are_selected_one_by_one(host: &Host<'_>, ids: &[String]) -> Result<()> {
    let labels = json!({ "labels": { "column": "bulk_labels", "labels": ["Dendritic"] } });
    host.call("select", json!([labels])).await?;
    let selected = host.call("getSelection", json!([])).await?;
    let n_selected = selected["n"].clone();
    host.call("run", json!(["clear_filters"])).await?;
    // The host keeps rows as it likes: here as a roaring bitmap of one array.
    let by_rows = "(async () => {
        await one.select(a);
        const { content, rows } = await one.getSelection({ ids: true });
        await one.run('clear_filters');
        const data = new DataView(new ArrayBuffer(16 + 2 * rows.length));
        [12346, 1].forEach((value, i) => data.setUint32(4 * i, value, true));
        data.setUint16(10, rows.length - 1, true);
        data.setUint32(12, 16, true);
        rows.forEach((row, i) => data.setUint16(16 + 2 * i, row, true));
        await one.select({ cells: { content, rows: data.buffer } });
        const found = await one.getSelection({ ids: true });
        return [found.n, found.rows.every((row, i) => row === rows[i])]; })()";
    let found = host.get(by_rows, labels).await?;
    ensure!(found == json!([n_selected, true]), "by rows: {found}");
    host.call("run", json!(["clear_filters"])).await?;

    let content = host.get("one.dataset.content", Value::Null).await?;
    host.call("select", json!([{ "cells": { "content": content, "ids": ids } }])).await?;
    let found = host.call("getSelection", json!([])).await?;
    ensure!(found["n"] == ids.len(), "by ids: {found}");
    host.call("run", json!(["clear_filters"])).await?;
    for (cells, code) in [
        (json!({ "content": content, "ids": ["nobody"] }), "unknown_name"),
        (json!({ "content": "another", "ids": ids }), "not_ready"),
        (json!({ "content": content }), "invalid"),
    ] {
        let failed = host.code("select", json!([{ "cells": cells }])).await?;
        ensure!(failed == code, "{cells} fails by `{failed}`");
    }
    Ok(())
}

/// What would come to nothing is refused, and what was asked twice is answered twice.
pub async fn every_question_is_answered(host: &Host<'_>) -> Result<()> {
    for (method, arguments) in [
        ("markers", json!(["n_genes"])),
        ("compare", json!([{ "column": "n_genes", "labels": ["1"] }])),
        ("compare", json!([{ "column": "bulk_labels", "labels": ["Dendritic"] }, "rest", { "mode": "samples" }])),
        ("setView", json!([{ "analysis": { "colour": "none" } }])),
        ("setView", json!([])),
    ] {
        let failed = host.code(method, arguments.clone()).await?;
        ensure!(failed == "invalid", "{method}({arguments}) fails by `{failed}`");
    }
    for _ in 0..2 {
        host.call("markers", json!(["louvain"])).await?;
        host.until_heard("result", "event.kind === 'markers'").await?;
    }
    host.call("run", json!(["close"])).await?;
    // Nobody waits for a property that is set.
    host.get(
        "(window.unheard = [], addEventListener('unhandledrejection', ({ reason }) => unheard.push(`${reason}`)), 0)",
        Value::Null,
    )
    .await?;
    host.get("(events.length = 0, one.view = { colour: 'x' }, 0)", Value::Null).await?;
    host.until_heard("error", "event.code === 'invalid' && event.message.includes('colour')").await?;
    let unheard = host.get("unheard", Value::Null).await?;
    ensure!(unheard == json!([]), "{unheard}");
    Ok(())
}

/// A frame can be anybody's. Here the host's own page of another origin says hello, and then whatever it likes.
pub async fn a_hostile_frame_raises_only_what_is_documented(host: &Host<'_>) -> Result<()> {
    let hostile = "(() => {
        window.heardAll = []; window.thrown = [];
        addEventListener('error', ({ message }) => thrown.push(message));
        addEventListener('unhandledrejection', ({ reason }) => thrown.push(`${reason}`));
        const element = add('hostile', {}, a);
        for (const type of ['click', 'share', 'evil', 'constructor', 'ready', 'viewchange', 'hover'])
          element.addEventListener(type, ({ type, detail }) => heardAll.push([type, detail]));
        return element.ready.then(({ content }) => content); })()";
    let address = format!("{}/hostile.html", host.site.other_origin());
    let content = host.get(hostile, address.into()).await?;
    ensure!(content == "made up", "{content}");
    let last = "heardAll.some(([type]) => type === 'hover')";
    host.page.until_value("its last event", last, Value::Null, |is| *is == true).await?;
    let heard = host.get("[heardAll.map(([type]) => type), thrown]", Value::Null).await?;
    ensure!(heard == json!([["ready", "hover"], []]), "{heard}");
    let outcome = host.get("outcome(hostile.getView())", Value::Null).await?;
    ensure!(outcome["code"] == "failed", "{outcome}");
    host.get("(hostile.remove(), 0)", Value::Null).await.map(drop)
}

/// What the page gives in the slot `fallback` does not stand in the place of the button.
pub async fn the_button_stays_beside_a_fallback(host: &Host<'_>) -> Result<()> {
    let add = "(() => {
        const own = Object.assign(document.createElement('p'), { slot: 'fallback', textContent: 'No viewer.' });
        const element = add('waiting', { reveal: 'click' });
        element.append(own);
        const button = element.shadowRoot.querySelector('button');
        return [button?.checkVisibility(), own.checkVisibility()]; })()";
    let seen = host.get(add, Value::Null).await?;
    ensure!(seen == json!([true, false]), "the button and the fallback: {seen}");
    let given_up = "(waiting.src = 'mailto:nobody', waiting.resume(), waiting.querySelector('p').checkVisibility())";
    let is_seen = host.get(given_up, Value::Null).await?;
    ensure!(is_seen == true, "the fallback of a viewer that cannot be shown is not seen");
    host.get("(waiting.remove(), 0)", Value::Null).await.map(drop)
}
