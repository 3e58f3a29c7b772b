//! Files of the user's own: opened without a server, kept on the device, told of where they cannot be opened.

use std::{
    env, fs,
    io::Write as _,
    ops::ControlFlow,
    os::unix::fs::symlink,
    path::{Path, PathBuf},
    process::Command,
    time::Duration,
};

use anyhow::{Context as _, Result, ensure};
use base64::{Engine as _, engine::general_purpose::STANDARD};
use e2e::{Environment, Graphics, N_CELLS, Network, Page, Proxy, Ranges, Seen, StaticHost, Visit};
use fantoccini::Locator;
use serde_json::{Value, json};
use shared_fbs::{manifest::Manifest, path::MANIFEST};
use synthetic::{
    Model, Spec,
    h5ad::{self, Compression, Layout, Options, Raw, Views},
};
use tokio::time::sleep;
use zip::{CompressionMethod, ZipWriter, write::SimpleFileOptions};

use crate::de::{expect_rows, save_set, terminal};

/// The field behind the button that opens a file.
const FIELD: &str = "[data-testid=device-file]";

/// Cells of a made-up file.
const N_MANY_CELLS: usize = 30_000;

/// Whether the page is kept for when there is no network.
const IS_KEPT: &str = "caches.keys().then(async names => { \
                       for (const name of names) \
                       if (await (await caches.open(name)).match(document.baseURI)) return true; \
                       return false; })";

/// The key of the dataset on this device that the page shows.
const KEY_OF: &str = "new URLSearchParams(location.search).get('data').split('/')[1]";

/// The manifest of the dataset on this device that the page shows.
const MANIFEST_OF: &str = "fetch(new URL(new URLSearchParams(location.search).get('data') + '/manifest.tsm', \
                           document.baseURI)).then(answer => answer.arrayBuffer()) \
                           .then(bytes => btoa(String.fromCharCode(...new Uint8Array(bytes))))";

#[tokio::test(flavor = "multi_thread")]
async fn a_file_is_opened_on_the_device_and_stays_there() -> Result<()> {
    Visit::start(Graphics::WebGpu, "device").await?.run(opened).await
}

async fn opened(visit: &Visit) -> Result<()> {
    let proxy = Proxy::start(visit.server.address(), Network::good()).await?;
    let page = visit.page();
    page.goto(proxy.address()).await?;
    page.element("device-open").await?;
    visit.browser.shoot("start")?;
    choose(&page, &visit.environment.demo_file()).await?;
    page.until_drawn(N_CELLS).await?;
    until_complete(&page).await?;
    visit.browser.shoot("opened")?;

    // It is what the command line makes of the file, to the byte. Its tiles are on the device once.
    let own = manifest(&page).await?;
    let expected = fs::read(visit.server.dataset_directory()?.join(MANIFEST))?;
    ensure!(own == expected, "the manifest is not that of the command line");
    let twice = page.evaluate("caches.keys().then(names => names.includes('tessera-tiles-1'))", Value::Null).await?;
    ensure!(twice == json!(false), "tiles of the device are kept as those of hosts");

    // And all of the Explorer works on it.
    page.unfold("bulk_labels").await?;
    page.only("bulk_labels", "CD19+ B").await?;
    page.until_selected(95, N_CELLS).await?;
    save_set(&page, "B cells").await?;
    page.click("compare-run").await?;
    page.until_exact("B cells against the rest").await?;
    expect_rows(&page, &terminal(visit, &["--group", "bulk_labels=CD19+ B"])?).await?;
    visit.browser.shoot("compared")?;

    // Without a network the list still has it, and the view is there as it was left.
    page.until_value("the page to be kept", IS_KEPT, Value::Null, |kept| *kept == json!(true)).await?;
    let link = page.evaluate("location.href", Value::Null).await?;
    let start = proxy.address().to_owned();
    drop(proxy);
    page.goto("about:blank").await?;
    page.goto(&start).await?;
    let first = "document.querySelector('.device-list a')?.textContent";
    page.until_value("the dataset in the list", first, Value::Null, |name| *name == json!("pbmc68k_reduced.h5ad"))
        .await?;
    visit.browser.shoot("offline")?;
    page.goto(link.as_str().context("an address is a text")?).await?;
    page.until_drawn(N_CELLS).await?;
    page.until_selected(95, N_CELLS).await?;
    // The page that validates is there as well.
    page.goto(&start).await?;
    page.click("device-validate").await?;
    page.until("the field for files", async || {
        let field = page.client().find(Locator::Css("[data-testid=validate-input]")).await?;
        Ok(Seen::<_, ()>::Yes(field.send_keys(&visit.environment.demo_file().canonicalize()?.to_string_lossy()).await?))
    })
    .await?;
    page.until_text("validate-verdict", |text| text.starts_with("Does not follow schema")).await?;
    visit.browser.shoot("validate offline")?;
    // What it is for is on the device; what it is not for was asked for in vain.
    visit.browser.complaints()?;
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn a_file_of_a_host_is_read_by_ranges() -> Result<()> {
    Visit::start(Graphics::WebGpu, "device-remote").await?.run(remote).await
}

async fn remote(visit: &Visit) -> Result<()> {
    // A static host of the page and of a file.
    let folder = tempfile::tempdir()?;
    for entry in fs::read_dir(&visit.environment.dist)? {
        let entry = entry?;
        symlink(entry.path().canonicalize()?, folder.path().join(entry.file_name()))?;
    }
    symlink(visit.environment.demo_file().canonicalize()?, folder.path().join("pbmc68k_reduced.h5ad"))?;
    let host = StaticHost::start(folder.path(), Ranges::Answered).await?;
    let page = visit.page();
    page.goto(&format!("{}/?url=pbmc68k_reduced.h5ad", host.address())).await?;
    page.until_drawn(N_CELLS).await?;
    until_complete(&page).await?;
    let expected = fs::read(visit.server.dataset_directory()?.join(MANIFEST))?;
    ensure!(manifest(&page).await? == expected, "the manifest is not that of the command line");

    // A new version of the page takes over as a whole, once the one page of the old one is opened again.
    let version = "document.querySelector('link[rel=stylesheet]').getAttribute('href')";
    page.until_value("the page to be kept", IS_KEPT, Value::Null, |kept| *kept == json!(true)).await?;
    publish_new_version(folder.path())?;
    let waits = "navigator.serviceWorker.getRegistration().then(async of => (await of.update(), !!of.waiting))";
    page.until_value("the new version", waits, Value::Null, |is_waiting| *is_waiting == json!(true)).await?;
    ensure!(page.evaluate(version, Value::Null).await? != json!(NEW_STYLE), "it took over a page that was open");
    let link = page.evaluate("location.href", Value::Null).await?;
    page.reload().await?;
    // Where the old worker does not come to rest beneath the page that was loaded again, Chrome lets it be for five minutes,
    // or until that page is left.
    if !is_soon(&page, version, &json!(NEW_STYLE)).await? {
        page.goto("about:blank").await?;
        page.goto(link.as_str().context("an address is a text")?).await?;
    }
    page.until_value("its style sheet", version, Value::Null, |style| *style == json!(NEW_STYLE)).await?;
    page.until_drawn(N_CELLS).await?;
    let kept = "caches.keys().then(names => names.filter(name => name.startsWith('page ')).length)";
    ensure!(page.evaluate(kept, Value::Null).await? == json!(1), "the old version is kept as well");

    // A host that the document does not name is not asked.
    page.goto(&format!("{}/?url=https://example.org/cells.h5ad", host.address())).await?;
    page.until_text("device-error", |text| text.contains("may not show data of https://example.org")).await?;
    Ok(())
}

/// Whether an expression has this value within a few seconds, whatever page is there meanwhile.
async fn is_soon(page: &Page<'_>, expression: &str, value: &Value) -> Result<bool> {
    for _ in 0..20 {
        if page.evaluate(expression, Value::Null).await.is_ok_and(|found| found == *value) {
            return Ok(true);
        }
        sleep(Duration::from_millis(500)).await;
    }
    Ok(false)
}

/// A style sheet that only a new version of the page has.
const NEW_STYLE: &str = "style-0123456789abcdef.css";

/// Puts another version of the page in the place of the one that a host has.
fn publish_new_version(folder: &Path) -> Result<()> {
    let index = fs::read_to_string(folder.join("index.html"))?;
    let mut names = index.split('"').filter(|name| name.starts_with("style-") && name.ends_with(".css"));
    let style = names.next_back().context("the page has no style sheet")?.to_owned();
    fs::copy(folder.join(&style), folder.join(NEW_STYLE))?;
    for name in ["index.html", "sw.js"] {
        let text = fs::read_to_string(folder.join(name))?.replace(&style, NEW_STYLE);
        fs::remove_file(folder.join(name))?;
        fs::write(folder.join(name), text)?;
    }
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn a_build_outlives_a_reload_and_happens_in_one_tab() -> Result<()> {
    Visit::start(Graphics::WebGpu, "device-reload").await?.run(reloaded).await
}

async fn reloaded(visit: &Visit) -> Result<()> {
    let folder = tempfile::tempdir()?;
    let file = made_up(folder.path())?;
    let page = visit.page();
    page.goto(visit.server.address()).await?;
    choose(&page, &file).await?;

    // The cells are there while their genes are still being read.
    page.element("device-banner").await?;
    page.until_drawn(N_MANY_CELLS).await?;
    ensure!(page.has("device-banner").await?, "all of it was there at once");
    visit.browser.shoot("look")?;

    // Where the browser has let go of the file, its cells are there after a reload all the same, and a press reads the rest.
    let key = page.evaluate(KEY_OF, Value::Null).await?;
    let forget = "(navigator.serviceWorker.controller.postMessage({ kind: 'forget', key: a }), 0)";
    page.evaluate(forget, key).await?;
    page.reload().await?;
    page.until_text("device-unfinished", |text| text.contains("genes are not read")).await?;
    page.until_drawn(N_MANY_CELLS).await?;
    ensure!(page.text("device-choose").await? == "Read them", "there is no button that reads them");
    visit.browser.shoot("unfinished")?;
    choose(&page, &file).await?;
    page.until_text("device-again", |text| text.contains("not finished")).await?;

    // Where the file is at hand, it begins again by itself.
    page.element("device-banner").await?;
    page.reload().await?;
    page.until_text("device-again", |text| text.contains("not finished")).await?;
    page.until_drawn(N_MANY_CELLS).await?;
    until_complete(&page).await?;
    expect_built_as(&page, &visit.environment, &file).await?;
    visit.browser.shoot("reloaded")?;

    // What one tab shows, another does not delete.
    let address = page.evaluate("location.href", Value::Null).await?;
    let address = address.as_str().context("an address is a text")?;
    let first = page.client().window().await?;
    let other = page.client().new_window(true).await?.handle;
    page.client().switch_to_window(other.clone()).await?;
    page.goto(visit.server.address()).await?;
    let delete = "document.querySelector('.device-list button')?.dataset.testid";
    let delete = page.until_value("the button that deletes", delete, Value::Null, Value::is_string).await?;
    let delete = delete.as_str().unwrap_or_default();
    page.click(delete).await?;
    page.until_text("device-question", |text| text.contains("Delete made-up.h5ad from this device?")).await?;
    visit.browser.shoot("deleting")?;
    page.click("device-answer-0").await?;
    page.until_gone("device-question").await?;
    page.click(delete).await?;
    page.click("device-answer-1").await?;
    page.until_text("device-note", |text| text.contains("open in another tab")).await?;
    page.client().switch_to_window(first.clone()).await?;
    page.goto("about:blank").await?;
    page.client().switch_to_window(other.clone()).await?;
    page.click(delete).await?;
    page.click("device-answer-1").await?;
    page.until_gone(delete).await?;

    // One tab builds, and others wait for it. Who comes without the file is asked for it.
    let key = delete.trim_start_matches("device-delete-");
    let hold = "(navigator.locks.request(`tessera-build-${a}`, () => new Promise(() => {})), 0)";
    page.evaluate(hold, json!(key)).await?;
    page.client().switch_to_window(first.clone()).await?;
    page.goto(address).await?;
    page.element("device-waiting").await?;
    visit.browser.shoot("waiting")?;
    page.client().switch_to_window(other).await?;
    page.client().close_window().await?;
    page.client().switch_to_window(first).await?;
    page.until_text("device-choose", |text| text == "Open made-up.h5ad…").await?;
    visit.browser.shoot("asked")?;

    // Another file does not end the build of this one unasked. Who cancels is back at the list, and nothing of it stays.
    choose(&page, &file).await?;
    page.element("device-cancel").await?;
    drop_files(&page, &["other.h5ad"]).await?;
    page.until_text("device-question", |text| text.contains("made-up.h5ad is still being read")).await?;
    visit.browser.shoot("another")?;
    page.click("device-answer-0").await?;
    page.until_gone("device-question").await?;
    page.click("device-cancel").await?;
    page.until_text("device-note", |text| text == "Files stay on this device.").await?;

    // Of several files that are dropped, the user says which is opened.
    drop_files(&page, &["one.h5ad", "two.h5ad"]).await?;
    page.until_text("device-question", |text| text.contains("Open which of the 2?")).await?;
    visit.browser.shoot("several")?;
    page.click("device-answer-1").await?;
    page.until_text("device-error", |text| text.contains("two.h5ad")).await?;
    Ok(())
}

/// Drops files of one word.
async fn drop_files(page: &Page<'_>, names: &[&str]) -> Result<()> {
    let drop = "(() => { \
                const dataTransfer = new DataTransfer(); \
                for (const name of a) dataTransfer.items.add(new File(['nothing'], name)); \
                dispatchEvent(new DragEvent('drop', { dataTransfer, cancelable: true })); \
                return true; })()";
    page.evaluate(drop, json!(names)).await?;
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn a_file_that_is_too_large_or_changes_is_told_with_the_way_out() -> Result<()> {
    Visit::start(Graphics::WebGpu, "device-limits").await?.run(limited).await
}

async fn limited(visit: &Visit) -> Result<()> {
    let folder = tempfile::tempdir()?;
    let file = made_up(folder.path())?;
    let page = visit.page();
    let address = visit.server.address();

    // It is told before anything is built, with the command that does it.
    let quota = |bytes: Option<u32>| match bytes {
        Some(bytes) => json!({ "origin": address, "quotaSize": bytes }),
        None => json!({ "origin": address }),
    };
    visit.browser.devtools("Storage.overrideQuotaForOrigin", &quota(Some(2_000_000)))?;
    // Chromium tells pages of more than they would get.
    visit.browser.before_pages("StorageManager.prototype.estimate = async () => ({ quota: 2_000_000, usage: 0 });")?;
    page.goto(address).await?;
    choose(&page, &file).await?;
    page.until_text("device-needs", |text| text.contains("of storage")).await?;
    let command = page.text("device-command").await?;
    ensure!(command == "tile-server serve made-up.h5ad", "the command is `{command}`");
    visit.browser.shoot("needs")?;

    // Who tries all the same is told how it ended, and nothing of it stays.
    page.click("device-anyway").await?;
    page.until_text("device-error", |text| text.contains("no more room")).await?;
    visit.browser.shoot("full")?;
    visit.browser.devtools("Storage.overrideQuotaForOrigin", &quota(None))?;
    page.goto(address).await?;
    page.until_text("device-note", |text| text == "Files stay on this device.").await?;

    // A file that another program writes to meanwhile is not built from two halves.
    choose(&page, &file).await?;
    page.click("device-anyway").await?;
    page.until_drawn(N_MANY_CELLS).await?;
    ensure!(page.has("device-banner").await?, "all of it was there at once");
    let n_bytes = fs::metadata(&file)?.len();
    fs::File::options().write(true).open(&file)?.set_len(n_bytes - 1)?;
    let changed = "made-up.h5ad changed while it was read; try again once no program writes to it";
    page.until_text("device-error", |text| text == changed).await?;
    visit.browser.shoot("changed")?;

    // A browser that lets the page keep nothing says so, with the command that does it.
    let refuse =
        "StorageManager.prototype.getDirectory = () => Promise.reject(new DOMException('private', 'SecurityError'));";
    visit.browser.before_pages(refuse)?;
    page.goto(address).await?;
    choose(&page, &file).await?;
    page.until_text("device-error", |text| text.contains("keep nothing on the device")).await?;
    let command = page.text("device-command").await?;
    ensure!(command == "tile-server serve made-up.h5ad", "the command is `{command}`");
    visit.browser.shoot("private")?;
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn every_file_has_the_verdict_of_the_command_line() -> Result<()> {
    Visit::start(Graphics::WebGpu, "device-verdicts").await?.run(verdicts).await
}

/// Files that cannot be built, a dataset that was built, and what is in the folders that `TESSERA_CASES` names, with colons
/// between them.
async fn verdicts(visit: &Visit) -> Result<()> {
    let folder = tempfile::tempdir()?;
    let demo = fs::read(visit.environment.demo_file())?;
    let without_picture = renamed(&demo, b"obsm", b"obsn");
    let made: [(&str, &[u8]); 5] = [
        (WITHOUT_PICTURE, &without_picture),
        ("empty.h5ad", b""),
        ("page.h5ad", b"<!doctype html><title>404</title>"),
        ("cut short.h5ad", &demo[..demo.len() / 2]),
        ("whole.h5ad", &demo),
    ];
    for (name, bytes) in made {
        fs::write(folder.path().join(name), bytes)?;
    }
    let mut files = files_of(folder.path())?;
    match env::var_os("TESSERA_CASES") {
        Some(folders) => {
            for folder in env::split_paths(&folders) {
                files.extend(files_of(&folder)?);
            }
        }
        None => eprintln!("note: TESSERA_CASES names no folder, so only made-up files are opened"),
    }
    let page = visit.page();
    let mut differing = Vec::new();
    for file in &files {
        page.goto(visit.server.address()).await?;
        page.element("device-open").await?;
        if file.is_dir() {
            choose_folder(&page, file).await?;
        } else {
            choose(&page, file).await?;
        }
        let (own, expected) = (verdict(&page).await?, verdict_of_terminal(&visit.environment, file)?);
        if own != expected {
            differing.push(format!("{}: the page says `{own}`, the command line `{expected}`", file.display()));
        }
    }
    // A dataset that was built is opened as it is.
    page.goto(visit.server.address()).await?;
    page.element("device-open-folder").await?;
    let built = visit.server.dataset_directory()?;
    choose_folder(&page, &built).await?;
    page.until_drawn(N_CELLS).await?;
    ensure!(manifest(&page).await? == fs::read(built.join(MANIFEST))?, "the manifest is not that of the folder");
    // So is one in a ZIP file, in a folder of its own or not.
    let zipped = folder.path().join("built.zip");
    zip(&built, &zipped)?;
    page.goto(visit.server.address()).await?;
    choose(&page, &zipped).await?;
    page.until_drawn(N_CELLS).await?;
    ensure!(manifest(&page).await? == fs::read(built.join(MANIFEST))?, "the manifest is not that of the ZIP file");
    page.until_value("a gene to color by", "$('gene-search') !== null", Value::Null, |has| *has == json!(true)).await?;
    // One without an embedding is opened where that is wanted.
    page.goto(visit.server.address()).await?;
    choose(&page, &folder.path().join(WITHOUT_PICTURE)).await?;
    page.click("device-without-picture").await?;
    page.until_value("a gene to look for", "$('gene-search') !== null", Value::Null, |has| *has == json!(true)).await?;
    visit.browser.shoot("without a picture")?;
    visit.browser.complaints()?;
    ensure!(differing.is_empty(), "{} of {} differ:\n{}", differing.len(), files.len(), differing.join("\n"));
    eprintln!("{} files have the verdict of the command line", files.len());
    Ok(())
}

/// A file whose cells have no embedding.
const WITHOUT_PICTURE: &str = "no picture.h5ad";

/// Bytes in which a word is another of its length.
fn renamed(bytes: &[u8], from: &[u8; 4], to: &[u8; 4]) -> Vec<u8> {
    let mut renamed = bytes.to_vec();
    for at in 0..bytes.len() - from.len() {
        if bytes[at..].starts_with(from) {
            renamed[at..at + to.len()].copy_from_slice(to);
        }
    }
    renamed
}

/// Writes a folder as a ZIP file, as a file manager does.
fn zip(folder: &Path, to: &Path) -> Result<()> {
    let mut writer = ZipWriter::new(fs::File::create(to)?);
    let options = SimpleFileOptions::default().compression_method(CompressionMethod::Deflated);
    for file in files_below(folder)? {
        let path = file.strip_prefix(folder.parent().context("a folder lies somewhere")?)?;
        writer.start_file(path.to_string_lossy(), options)?;
        writer.write_all(&fs::read(&file)?)?;
    }
    writer.finish()?;
    Ok(())
}

fn files_of(folder: &Path) -> Result<Vec<PathBuf>> {
    let entries = fs::read_dir(folder).with_context(|| folder.display().to_string())?;
    let paths = entries.map(|entry| Ok(entry?.path())).collect::<Result<Vec<_>>>()?;
    // Beside them lies what is to be expected of them.
    let is_about = |path: &PathBuf| path.extension().is_none_or(|extension| extension == "json" || extension == "md");
    let mut files: Vec<PathBuf> = paths.into_iter().filter(|path| !is_about(path)).collect();
    files.sort();
    Ok(files)
}

/// The content id of what the page has built, or what it says instead.
async fn verdict(page: &Page<'_>) -> Result<String> {
    let outcome = "$('device-error')?.textContent ?? (new URLSearchParams(location.search).has('data') \
                   && !$('device-banner') && !$('device-screen') && $('canvas')?.dataset.state === 'ready' ? '' \
                   : null)";
    let outcome = page.until_value("a verdict", outcome, Value::Null, Value::is_string).await?;
    match outcome.as_str() {
        Some("") => Ok(Manifest::decode(&manifest(page).await?)?.content_id),
        message => Ok(message.unwrap_or_default().to_owned()),
    }
}

fn verdict_of_terminal(environment: &Environment, file: &Path) -> Result<String> {
    let folder = tempfile::tempdir()?;
    let out = folder.path().join("dataset");
    let output = Command::new(&environment.server).args(["build", "--quiet", "--out"]).arg(&out).arg(file).output()?;
    if output.status.success() {
        return Ok(Manifest::decode(&fs::read(out.join(MANIFEST))?)?.content_id);
    }
    let message = String::from_utf8(output.stderr)?;
    let message = message.trim().trim_start_matches("error: ");
    // The page knows the file's name alone.
    let name = file.file_name().unwrap_or_default().to_string_lossy();
    Ok(message.replace(&*file.to_string_lossy(), &name))
}

async fn expect_built_as(page: &Page<'_>, environment: &Environment, file: &Path) -> Result<()> {
    let own = Manifest::decode(&manifest(page).await?)?.content_id;
    let expected = verdict_of_terminal(environment, file)?;
    ensure!(own == expected, "its content id is {own}, and that of the command line {expected}");
    Ok(())
}

/// Chooses a file, as by the button.
async fn choose(page: &Page<'_>, file: &Path) -> Result<()> {
    let path = file.canonicalize()?;
    page.until("the field for files", async || {
        let field = page.client().find(Locator::Css(FIELD)).await?;
        Ok(Seen::<_, ()>::Yes(field.send_keys(&path.to_string_lossy()).await?))
    })
    .await
}

/// Chooses a folder, as by the button. No dialog of the browser's can be driven, so this one answers with a folder of the
/// browser's own storage that has the same files.
async fn choose_folder(page: &Page<'_>, folder: &Path) -> Result<()> {
    let put = "(async () => { \
               let directory = await (await navigator.storage.getDirectory()).getDirectoryHandle('picked', { create: true }); \
               const names = a.path.split('/'); \
               for (const name of names.slice(0, -1)) \
               directory = await directory.getDirectoryHandle(name, { create: true }); \
               const file = await directory.getFileHandle(names.at(-1), { create: true }); \
               const writable = await file.createWritable(); \
               await writable.write(Uint8Array.from(atob(a.bytes), letter => letter.charCodeAt(0))); \
               await writable.close(); \
               return true; })()";
    let parent = folder.parent().context("a folder lies somewhere")?;
    for file in files_below(folder)? {
        let path = file.strip_prefix(parent)?.to_string_lossy().into_owned();
        page.evaluate(put, json!({ "path": path, "bytes": STANDARD.encode(fs::read(&file)?) })).await?;
    }
    let name = folder.file_name().unwrap_or_default().to_string_lossy();
    let pick = "(window.showDirectoryPicker = async () => \
                (await (await navigator.storage.getDirectory()).getDirectoryHandle('picked')).getDirectoryHandle(a), 0)";
    page.evaluate(pick, json!(name)).await?;
    page.click("device-open-folder").await
}

fn files_below(folder: &Path) -> Result<Vec<PathBuf>> {
    let mut files = Vec::new();
    for entry in fs::read_dir(folder)? {
        let path = entry?.path();
        if path.is_dir() {
            files.extend(files_below(&path)?);
        } else {
            files.push(path);
        }
    }
    Ok(files)
}

/// Waits until the genes are there as well; where nobody has touched the page, it opens anew by itself.
async fn until_complete(page: &Page<'_>) -> Result<()> {
    page.until_gone("device-banner").await?;
    page.until_value("a gene to color by", "$('gene-search') !== null", Value::Null, |has| *has == json!(true)).await?;
    Ok(())
}

async fn manifest(page: &Page<'_>) -> Result<Vec<u8>> {
    let text = page.evaluate(MANIFEST_OF, Value::Null).await?;
    Ok(STANDARD.decode(text.as_str().context("bytes are sent as text")?)?)
}

/// A made-up file whose genes take some seconds to build.
fn made_up(folder: &Path) -> Result<PathBuf> {
    let file = folder.join("made-up.h5ad");
    let options = Options { layout: Layout::Csr, compression: Compression::None, raw: Raw::Absent, views: Views::Flat };
    let model = Model::new(Spec { n_cells: N_MANY_CELLS, n_genes: 4_000, seed: 7 })?;
    h5ad::write(&model, &file, options, |_| ControlFlow::Continue(()))?;
    Ok(file)
}
