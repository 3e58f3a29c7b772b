//! The Explorer in pages of another site: what its host may do, and what others may not.

mod answers;
mod storage;
mod waiting;

use std::collections::HashMap;

use anyhow::{Context as _, Result, ensure};
use e2e::{DATASET, Graphics, HostFile, HostSite, N_CELLS, Page, Visit};
use explorer_core::embed::MAX_REQUESTS_PER_SECOND;
use fantoccini::elements::{Element, ElementRef};
use serde_json::{Value, json};

/// Cells of the label `Dendritic`.
const N_DENDRITIC: usize = 240;

#[tokio::test(flavor = "multi_thread")]
async fn a_host_drives_the_explorer_and_others_get_nothing() -> Result<()> {
    let mut site = HostSite::listen().await?;
    let arguments = ["--embed-origin", "--cors-origin"].into_iter().flat_map(|name| [name.to_owned(), site.origin()]);
    let arguments = arguments.collect();
    let visit = Visit::with_arguments(arguments, Graphics::WebGpu, "embed").await?;
    site.serve(files(visit.server.address()));
    visit
        .run(async |visit| {
            let host = Host { page: visit.page(), site: &site };
            host.visit("/host.html").await?;
            opens_as_its_attributes_say(&host).await.context("opening")?;
            methods_change_what_is_shown(&host).await.context("methods")?;
            visit.browser.shoot("driven")?;
            what_cannot_be_done_is_told_by_a_code(&host).await.context("failures")?;
            results_and_pictures_come_back(&host).await.context("results")?;
            answers::cells_are_selected_one_by_one(&host, &visit.truth()?.cell_ids()?[..3]).await.context("cells")?;
            answers::every_question_is_answered(&host).await.context("answers")?;
            attributes_are_live(&host).await.context("attributes")?;
            users_are_heard(&host).await.context("users")?;
            the_html_of_a_view_is_copied(&host).await.context("copying")?;
            a_suspended_explorer_draws_again(&host).await.context("suspending")?;
            the_wheel_is_the_hosts_without_a_key(visit, &host).await.context("wheel")?;
            a_moved_element_keeps_its_view(&host).await.context("moving")?;
            a_group_shares_its_color(&host).await.context("group")?;
            visit.browser.shoot("group")?;
            only_addresses_of_the_web_are_framed(&host).await.context("addresses")?;
            host.visit("/bytes.html").await?;
            a_host_supplies_the_bytes(&host).await.context("bytes")?;
            waiting::the_datasets_poster_waits_for_a_press(&host).await.context("poster")?;
            waiting::a_picture_of_the_pages_own_goes_with_the_first_cells(&host).await.context("slot")?;
            answers::the_button_stays_beside_a_fallback(&host).await.context("fallback")?;
            answers::a_hostile_frame_raises_only_what_is_documented(&host).await.context("hostile frame")?;
            waiting::two_elements_are_two_explorers(&host).await.context("two elements")?;
            waiting::another_page_opens_in_the_same_frame(&host).await.context("another page")?;
            waiting::a_storm_of_sources_and_pauses_is_weathered(&host).await.context("storm")?;
            host.visit("/plain.html").await?;
            only_the_right_answer_to_hello_opens_the_port(&host).await.context("handshake")?;
            large_and_many_messages_are_refused(&host).await.context("limits")?;
            strangers_are_not_spoken_to(visit, &host).await.context("strangers")
        })
        .await
}

/// The files of the site. Its page with the element allows itself as little as it can, and isolates itself.
fn files(server: &str) -> HashMap<&'static str, HostFile> {
    let page = |script: &str| {
        format!(
            "<!doctype html><html lang=\"en\"><title>A consortium</title><link rel=\"stylesheet\" href=\"/host.css\">\
             <body data-explorer=\"{server} {DATASET}\"><main></main><script type=\"module\" src=\"{script}\"></script>"
        )
    };
    let policy = format!(
        "default-src 'none'; script-src 'self' {server}; style-src 'self'; frame-src {server}; base-uri 'none'; \
         require-trusted-types-for 'script'"
    );
    let file = |media_type, content: String| HostFile { media_type, content, ..HostFile::default() };
    HashMap::from([
        (
            "/host.html",
            HostFile {
                headers: vec![
                    ("content-security-policy", policy),
                    ("cross-origin-embedder-policy", "require-corp".to_owned()),
                    ("cross-origin-opener-policy", "same-origin".to_owned()),
                ],
                ..file("text/html", page("/host.js"))
            },
        ),
        ("/bytes.html", file("text/html", page("/host.js"))),
        ("/plain.html", file("text/html", page("/plain.js"))),
        ("/hostile.html", file("text/html", page("/hostile.js"))),
        ("/hostile.js", file("text/javascript", include_str!("host/hostile.js").to_owned())),
        ("/host.js", file("text/javascript", include_str!("host/host.js").to_owned())),
        ("/plain.js", file("text/javascript", include_str!("host/plain.js").to_owned())),
        ("/host.css", file("text/css", include_str!("host/host.css").to_owned())),
    ])
}

/// A page of the site in the browser.
struct Host<'a> {
    page: Page<'a>,
    site: &'a HostSite,
}

impl Host<'_> {
    async fn visit(&self, path: &str) -> Result<()> {
        self.page.goto(&format!("{}{path}", self.site.origin())).await?;
        self.page.until_value("the page's script", "window.isLoaded === true", Value::Null, |it| *it == true).await?;
        Ok(())
    }

    /// What a promise of the page's comes to, in which `a` is the argument.
    async fn get(&self, expression: &str, argument: Value) -> Result<Value> {
        self.page.evaluate(expression, argument).await
    }

    /// What a method of the element `one` comes to. What was heard before is forgotten.
    async fn call(&self, method: &str, arguments: Value) -> Result<Value> {
        let outcome = self.get(&format!("(events.length = 0, outcome(one.{method}(...a)))"), arguments.clone()).await?;
        ensure!(outcome["code"].is_null(), "{method}({arguments}) failed: {outcome}");
        Ok(outcome["value"].clone())
    }

    /// The code that a method fails with.
    async fn code(&self, method: &str, arguments: Value) -> Result<String> {
        let outcome = self.get(&format!("outcome(one.{method}(...a))"), arguments).await?;
        Ok(outcome["code"].as_str().unwrap_or_default().to_owned())
    }

    /// The last event of a type of the element `one` that is as asked, in which `event` is the event, once it has come.
    async fn until_heard(&self, kind: &str, is_so: &str) -> Result<Value> {
        let expression = format!("heard('one', a, (event) => {is_so})");
        self.page
            .until_value(&format!("`{kind}` with {is_so}"), &expression, kind.into(), |event| !event.is_null())
            .await
    }

    /// Acts inside of a frame, by an expression for it.
    async fn inside(&self, frame: &str, act: impl AsyncFnOnce(&Page<'_>) -> Result<()>) -> Result<()> {
        let client = self.page.client();
        let frame = self.get(frame, Value::Null).await?;
        let reference = frame.as_object().and_then(|frame| frame.values().next()?.as_str()).context("no frame")?;
        Element::from_element_id(client.clone(), ElementRef::from(reference.to_owned())).enter_frame().await?;
        let done = act(&self.page).await;
        client.clone().enter_parent_frame().await?;
        done
    }
}

async fn opens_as_its_attributes_say(host: &Host<'_>) -> Result<()> {
    host.get("(add('one', a), 0)", json!({ "color-by": "obs:louvain", "ui": "compact", "label": "Blood cells" }))
        .await?;
    let dataset = host.get("one.ready", Value::Null).await?;
    ensure!(
        dataset["n_obs"] == N_CELLS && dataset["embeddings"].as_array().is_some_and(|keys| !keys.is_empty()),
        "{dataset}"
    );
    host.until_heard("load", "true").await?;
    host.until_heard("progress", &format!("event.n === {N_CELLS} && event.total === {N_CELLS}")).await?;
    host.until_heard("visibility", "event.visible").await?;
    let view = host.call("getView", json!([])).await?;
    ensure!(view["analysis"]["color"] == json!({ "obs": "louvain" }), "the view is {view}");
    ensure!(
        host.get("[one.dataset.content === a.content, one.visible, frameOf('one').title]", dataset).await?
            == json!([true, true, "Blood cells"])
    );
    Ok(())
}

async fn methods_change_what_is_shown(host: &Host<'_>) -> Result<()> {
    host.call("colorBy", json!(["obs:bulk_labels"])).await?;
    let change = host.until_heard("viewchange", "event.patch.analysis?.color?.obs === 'bulk_labels'").await?;
    ensure!(
        change["cause"] == "host" && change["patch"] == json!({ "analysis": { "color": { "obs": "bulk_labels" } } }),
        "{change}"
    );

    let labels = json!({ "labels": { "column": "bulk_labels", "labels": ["Dendritic"] } });
    host.call("select", json!([labels])).await?;
    let change = host.until_heard("selectionchange", &format!("event.n === {N_DENDRITIC}")).await?;
    ensure!(change["total"] == N_CELLS && change["cause"] == "host", "{change}");
    ensure!(change["description"] == "bulk_labels: Dendritic", "{change}");
    let rows = host
        .get("one.getSelection({ ids: true }).then(({ n, rows }) => [n, rows.length, new Set(rows).size])", Value::Null)
        .await?;
    ensure!(rows == json!([N_DENDRITIC, N_DENDRITIC, N_DENDRITIC]), "the rows are {rows}");
    let few = host.get("one.getSelection({ ids: true, max: 7 }).then(({ rows }) => rows.length)", Value::Null).await?;
    ensure!(few == 7, "{few} rows");

    host.call("undo", json!([])).await?;
    host.until_heard("selectionchange", &format!("event.n === {N_CELLS}")).await?;
    host.call("redo", json!([])).await?;
    host.until_heard("selectionchange", &format!("event.n === {N_DENDRITIC}")).await?;
    host.call("setFilter", json!(["f.bulk_labels=Dendritic&f.phase=S"])).await?;
    host.until_heard("selectionchange", "event.description.includes('phase: S')").await?;
    host.call("run", json!(["clear_filters"])).await?;
    host.until_heard("selectionchange", "event.description === ''").await?;
    host.call("select", json!([{ "rect": [[-100, -100], [100, 100]] }])).await?;
    host.until_heard("viewchange", "'X_umap' in event.view.analysis.query.filters.selections").await?;
    host.call("run", json!(["clear_filters"])).await?;

    host.call("flyTo", json!([{ "x": 1.0, "y": 2.0, "width": 5.0 }])).await?;
    host.until_heard("viewchange", "event.view.panels[0].camera?.width === 5").await?;
    host.call("flyTo", json!([])).await?;
    host.until_heard("viewchange", "event.view.panels[0].camera === null").await?;
    host.call("setView", json!([{ "tool": "pan" }, { "history": "replace" }])).await?;
    host.until_heard("viewchange", "event.patch.tool === 'pan'").await?;
    host.get("(one.addEventListener('hover', ({ detail }) => window.over = detail.over), 0)", Value::Null).await?;
    let target = json!({ "label": { "column": "bulk_labels", "label": "Dendritic" } });
    host.call("highlight", json!([target])).await?;
    host.page.until_value("what is emphasized", "window.over ?? null", Value::Null, |over| *over == target).await?;
    host.call("highlight", json!([])).await?;
    Ok(())
}

async fn what_cannot_be_done_is_told_by_a_code(host: &Host<'_>) -> Result<()> {
    let before = host.call("getView", json!([])).await?;
    for (method, arguments, code) in [
        ("colorBy", json!(["obs:nope"]), "unknown_name"),
        ("colorBy", json!(["louvain"]), "invalid"),
        ("run", json!(["explode"]), "invalid"),
        ("markers", json!(["nope"]), "unknown_name"),
        ("compare", json!(["nope"]), "unknown_name"),
        ("setView", json!([{ "panels": [] }]), "invalid"),
        ("select", json!([{ "polygon": [[0, 0], [1, 1], [2, 2]] }]), "invalid"),
    ] {
        let failed = host.code(method, arguments.clone()).await?;
        ensure!(failed == code, "{method}({arguments}) fails by `{failed}`, not `{code}`");
    }
    ensure!(host.call("getView", json!([])).await? == before, "what failed has changed the view");
    Ok(())
}

async fn results_and_pictures_come_back(host: &Host<'_>) -> Result<()> {
    let group = json!({ "column": "bulk_labels", "labels": ["Dendritic"] });
    host.call("compare", json!([group, "rest"])).await?;
    let result = host.until_heard("result", "event.kind === 'comparison'").await?;
    ensure!(
        result["n"] == json!([N_DENDRITIC, N_CELLS - N_DENDRITIC]) && result["reference"].is_null(),
        "the comparison is {result}"
    );
    let genes = result["genes"].as_array().into_iter().flatten();
    let scores: Vec<f64> = genes.filter_map(|gene| gene["score"].as_f64()).collect();
    ensure!(scores.len() > 20 && scores.is_sorted_by(|a, b| a >= b), "the scores are {scores:?}");
    host.call("markers", json!(["louvain"])).await?;
    let result = host.until_heard("result", "event.kind === 'markers'").await?;
    let has_genes = result["labels"][0]["genes"].as_array().is_some_and(|genes| !genes.is_empty());
    ensure!(result["column"] == "louvain" && has_genes, "the markers are {result}");
    host.call("run", json!(["close"])).await?;
    let take = "one.picture({ width: 1600 })\
                .then(async (blob) => [blob.type, (await createImageBitmap(blob)).width])";
    let picture = host.get(take, Value::Null).await?;
    ensure!(picture[0] == "image/png" && picture[1].as_u64() >= Some(1600), "the picture is {picture}");
    Ok(())
}

async fn attributes_are_live(host: &Host<'_>) -> Result<()> {
    let set = async |name: &str, value: Option<&str>| {
        let set = "(events.length = 0, a[1] === null ? one.removeAttribute(a[0]) : one.setAttribute(...a), 0)";
        host.get(set, json!([name, value])).await.map(drop)
    };
    set("color-by", Some("obs:phase")).await?;
    host.until_heard("viewchange", "event.view.analysis.color.obs === 'phase'").await?;
    set("filter", Some("f.phase=S")).await?;
    host.until_heard("selectionchange", "event.description === 'phase: S'").await?;
    set("filter", None).await?;
    host.until_heard("selectionchange", &format!("event.n === {N_CELLS}")).await?;
    set("theme", Some("dark")).await?;
    host.until_heard("viewchange", "event.view.layout.theme === 'dark'").await?;
    set("view", Some("c=obs:louvain&tool=rectangle")).await?;
    host.until_heard("viewchange", "event.view.tool === 'rectangle'").await?;
    set("color-by", Some("obs:nope")).await?;
    host.until_heard("error", "event.code === 'unknown_name'").await?;
    set("ui", Some("picture")).await?;
    set("panels", Some("left legend")).await?;
    host.inside("frameOf('one')", async |page| {
        let shown = "['.top-bar', '.sidebar-left', '.toolbar', '.legend'].map((part) =>\
                     document.querySelector(part)?.checkVisibility({ visibilityProperty: true }) ?? false)";
        let expected = json!([false, true, false, true]);
        page.until_value("what is shown", shown, Value::Null, |shown| *shown == expected).await?;
        Ok(())
    })
    .await?;
    set("panels", None).await?;
    set("ui", None).await?;
    set("link-base", Some("https://example.org/cells?view={link}")).await
}

async fn users_are_heard(host: &Host<'_>) -> Result<()> {
    host.inside("frameOf('one')", async |page| page.click("category-color-phase").await).await?;
    let change = host.until_heard("viewchange", "event.patch.analysis?.color?.obs === 'phase'").await?;
    ensure!(change["cause"] == "user", "{change}");
    let take_over = "(one.addEventListener('share', (event) => event.preventDefault(), { once: true }), 0)";
    host.get(take_over, Value::Null).await?;
    host.inside("frameOf('one')", async |page| page.click("copy-link").await).await?;
    let share = host.until_heard("share", "true").await?;
    let url = share["url"].as_str().unwrap_or_default();
    ensure!(url.starts_with("https://example.org/cells?view=") && url.contains("c=obs:phase"), "{share}");
    Ok(())
}

async fn the_html_of_a_view_is_copied(host: &Host<'_>) -> Result<()> {
    let server = host.get("one.src", Value::Null).await?;
    host.inside("frameOf('one')", async |page| {
        let catch =
            "(navigator.clipboard.writeText = (text) => { window.copied = text; return Promise.resolve(); }, 0)";
        page.evaluate(catch, Value::Null).await?;
        page.click("copy-embed").await?;
        let html = page.until_value("what is copied", "window.copied", Value::Null, Value::is_string).await?;
        let html = html.as_str().unwrap_or_default();
        let element = format!("<tessera-explorer src=\"{}\" view=\"", server.as_str().unwrap_or_default());
        ensure!(html.contains(&element) && html.contains("/embed/v1.js\"></script>"), "{html}");
        Ok(())
    })
    .await
}

async fn a_suspended_explorer_draws_again(host: &Host<'_>) -> Result<()> {
    host.call("suspend", json!([])).await?;
    host.inside("frameOf('one')", async |page| page.until_gone("canvas").await).await?;
    ensure!(host.code("picture", json!([])).await? == "failed", "what is not drawn is given as a picture");
    host.call("resume", json!([])).await?;
    host.inside("frameOf('one')", async |page| page.until_drawn(N_CELLS).await).await
}

async fn the_wheel_is_the_hosts_without_a_key(visit: &Visit, host: &Host<'_>) -> Result<()> {
    let wheel = |held: u32| {
        let event = json!({
            "type": "mouseWheel", "x": 600, "y": 300, "deltaX": 0, "deltaY": 120, "modifiers": held, "pointerType": "mouse",
        });
        visit.browser.devtools("Input.dispatchMouseEvent", &event)
    };
    host.get("(scrollTo(0, 0), 0)", Value::Null).await?;
    wheel(0)?;
    host.page.until_value("the host's page to scroll", "scrollY", Value::Null, |y| y.as_f64() > Some(50.0)).await?;
    host.inside("frameOf('one')", async |page| {
        page.until_text("gesture-hint", |text| text.contains("Ctrl")).await.map(drop)
    })
    .await?;
    let camera = host.call("getView", json!([])).await?["panels"][0]["camera"].clone();
    ensure!(camera.is_null(), "the wheel has moved the picture to {camera}");
    host.get("(scrollTo(0, 0), 0)", Value::Null).await?;
    wheel(2)?;
    host.until_heard("viewchange", "event.view.panels[0].camera !== null").await?;
    ensure!(host.get("scrollY", Value::Null).await? == 0, "the host's page has scrolled, too");
    Ok(())
}

async fn a_moved_element_keeps_its_view(host: &Host<'_>) -> Result<()> {
    host.call("colorBy", json!(["obs:bulk_labels"])).await?;
    host.until_heard("viewchange", "event.view.analysis.color.obs === 'bulk_labels'").await?;
    host.get("(events.length = 0, document.body.append(one), 0)", Value::Null).await?;
    host.until_heard("ready", "true").await?;
    let view = host.call("getView", json!([])).await?;
    ensure!(
        view["analysis"]["color"]["obs"] == "bulk_labels" && !view["panels"][0]["camera"].is_null(),
        "the view is {view}"
    );
    Ok(())
}

async fn a_group_shares_its_color(host: &Host<'_>) -> Result<()> {
    let add = "(one.setAttribute('group', 'pair'), add('two', { group: 'pair', ui: 'picture' }).ready.then(() => 0))";
    host.get(add, Value::Null).await?;
    // Who comes takes over what is there, and changes go both ways.
    let shown = "two.view?.analysis.color.obs ?? null";
    host.page.until_value("what the other takes over", shown, Value::Null, |color| *color == "bulk_labels").await?;
    host.get("two.colorBy('obs:phase')", Value::Null).await?;
    host.until_heard("viewchange", "event.view.analysis.color.obs === 'phase'").await?;
    host.call("colorBy", json!(["obs:louvain"])).await?;
    host.page.until_value("the other's color", shown, Value::Null, |color| *color == "louvain").await?;
    Ok(())
}

async fn only_addresses_of_the_web_are_framed(host: &Host<'_>) -> Result<()> {
    for address in ["javascript:alert(1)", "data:text/html,x", "blob:null/x", "http://", "/d/mine"] {
        let refused = "outcome(add('bad', {}, a).ready).then(({ code }) => [code, frameOf('bad'),\
                       bad.shadowRoot.querySelector('a[href^=javascript]'), bad.remove()])";
        let refused = host.get(refused, address.into()).await?;
        ensure!(refused == json!(["invalid", null, null, null]), "{address} is taken: {refused}");
    }
    // What was refused is made good by an address that is one.
    let server = host.get("one.src", Value::Null).await?;
    let mend = "(add('bad', {}, 'about:blank'), bad.src = a, bad.ready.then(({ n_obs }) => (bad.remove(), n_obs)))";
    let n_obs = host.get(mend, server).await?;
    ensure!(n_obs == N_CELLS, "{n_obs} cells");
    Ok(())
}

/// The host reads the dataset, as it might from a folder that only it knows: page and workers ask it for every byte.
async fn a_host_supplies_the_bytes(host: &Host<'_>) -> Result<()> {
    let add = "(() => {
        const [server, dataset] = document.body.dataset.explorer.split(' ');
        window.reads = [];
        const read = async (path, start, end, signal) => {
            reads.push(path);
            if (path === window.lost) throw new Error('it is lost');
            const headers = start === undefined ? {} : { range: `bytes=${start}-${end - 1}` };
            const answer = await fetch(`${server}/data/${dataset}/${path}`, { headers, signal });
            return answer.arrayBuffer();
        };
        add('one', { 'color-by': 'obs:louvain', reveal: 'manual' }, `${server}/`).byteSource = { name: 'mine', read };
        return one.resume(); })()";
    let dataset = host.get(add, Value::Null).await?;
    ensure!(dataset["n_obs"] == N_CELLS, "{dataset}");
    host.until_heard("load", "true").await?;
    host.call("markers", json!(["louvain"])).await?;
    host.until_heard("result", "event.kind === 'markers'").await?;
    host.call("select", json!([{ "rect": [[-100, -100], [6, 100]] }])).await?;
    host.until_heard("selectionchange", &format!("event.n > 0 && event.n < {N_CELLS}")).await?;
    // Of a subset nothing is summed up beforehand, so that workers read the cells.
    host.call("run", json!(["subset"])).await?;
    host.call("compare", json!([{ "column": "bulk_labels", "labels": ["Dendritic"] }])).await?;
    host.until_heard("result", "event.kind === 'comparison'").await?;
    host.inside("frameOf('one')", async |page| {
        let fetched = "performance.getEntriesByType('resource').filter(({ name }) => name.includes('/data/')).length";
        page.until_value("what the frame fetches itself", fetched, Value::Null, |n| *n == 0).await.map(drop)
    })
    .await?;
    let packs = host.get("new Set(reads).size", Value::Null).await?;
    ensure!(packs.as_u64() > Some(3), "of the host, {packs} files were asked for");
    // What it cannot read is told in its words, and another source is a new start.
    let lose = "(() => {
        window.lost = 'manifest.tsm';
        one.byteSource = { ...one.byteSource };
        return outcome(one.ready).then(({ code, message }) => [code, message.includes('it is lost')]); })()";
    let lost = host.get(lose, Value::Null).await?;
    ensure!(lost[1] == true, "the failure is {lost}");
    Ok(())
}

async fn only_the_right_answer_to_hello_opens_the_port(host: &Host<'_>) -> Result<()> {
    let open = "openFrame(location.origin)\
                .then(async ({ frame, said }) => (window.frame = frame, window.said = await said))";
    let hello = host.get(open, Value::Null).await?;
    let is_long = hello["nonce"].as_str().is_some_and(|nonce| nonce.len() >= 32);
    ensure!(hello["tessera"] == 1 && is_long, "hello is {hello}");
    let offers = "(() => {\
         const { nonce } = said, init = { tessera: 1, version: 1, nonce };\
         const child = document.body.appendChild(document.createElement('iframe')).contentWindow;\
         const wrong = nonce.replace(/^./, (digit) => (digit === '0' ? '1' : '0'));\
         offer('nonce', window, frame, { ...init, nonce: wrong });\
         offer('version', window, frame, { ...init, version: 2 });\
         offer('source', child, frame, init);\
         window.port = offer('right', window, frame, init);\
         offer('again', window, frame, init);\
         return 0; })()";
    host.get(offers, Value::Null).await?;
    let answered = "heard.right.some((data) => data.id === 1)";
    host.page.until_value("an answer", answered, Value::Null, |is| *is == true).await?;
    let others = "['nonce', 'version', 'source', 'again'].map((name) => heard[name].length)";
    let others = host.get(others, Value::Null).await?;
    ensure!(others == json!([0, 0, 0, 0]), "others have heard something: {others}");
    Ok(())
}

async fn large_and_many_messages_are_refused(host: &Host<'_>) -> Result<()> {
    let is_open = "heard.right.some((data) => data.event === 'ready')";
    host.page.until_value("the dataset", is_open, Value::Null, |is| *is == true).await?;
    let send = "(port.postMessage({ id: 100, type: 'fly' }), port.postMessage({ id: 101, type: 'setGenes', genes: Array(5000)\
                .fill('ENSG00000000001') }), 0)";
    host.get(send, Value::Null).await?;
    let codes = "[100, 101].map((id) => heard.right.find((data) => data.id === id)?.error.code ?? null)";
    let expected = json!(["unsupported", "too_large"]);
    host.page.until_value("both failures", codes, Value::Null, |codes| *codes == expected).await?;
    // So many at once that a second has not room for them.
    let n_sent = 4 * MAX_REQUESTS_PER_SECOND;
    let send = "(Array.from({ length: a }, (_, i) => port.postMessage({ id: 1000 + i, type: 'getView' })), 0)";
    host.get(send, json!(n_sent)).await?;
    let answered = "(() => { const of = heard.right.filter(({ id }) => id >= 1000);\
         const codes = [...new Set(of.map(({ error }) => error?.code))].filter(Boolean);\
         return { n: of.length, ok: of.filter(({ ok }) => ok).length, codes,\
         last: of.some(({ id, ok }) => id === 999 + a && ok) }; })()";
    let answered = host.page.until_value("every answer", answered, json!(n_sent), |all| all["n"] == n_sent).await?;
    let n_done = answered["ok"].as_u64().unwrap_or_default() as usize;
    ensure!(answered["last"] == true && answered["codes"] == json!(["superseded"]), "{answered}");
    ensure!(n_done < n_sent, "all of {n_sent} requests were carried out");
    Ok(())
}

/// The same page by another name, which the server does not name.
async fn strangers_are_not_spoken_to(visit: &Visit, host: &Host<'_>) -> Result<()> {
    let silent = "openFrame(a).then(({ frame, said }) => {\
         Object.assign(window, { silentFrame: frame, said: null });\
         said.then((hello) => window.said = hello);\
         return new Promise((resolve) => frame.addEventListener('load', () => resolve(0))); })";
    // A page that may be the host asks in the name of another: the frame shows, and speaks to nobody.
    host.get(silent, host.site.other_origin().into()).await?;
    host.inside("silentFrame", async |page| page.until_drawn(N_CELLS).await).await?;
    ensure!(host.get("said", Value::Null).await?.is_null(), "the frame speaks to whom its address does not name");
    host.page.goto(&format!("{}/plain.html", host.site.other_origin())).await?;
    host.page.until_value("the page's script", "window.isLoaded === true", Value::Null, |it| *it == true).await?;
    host.get(silent, host.site.origin().into()).await?;
    ensure!(host.get("said", Value::Null).await?.is_null(), "a stranger is spoken to");
    visit.browser.expect_complaints(&["frame-ancestors"])
}
