//! What is asked of a host, in what order.

use anyhow::Result;
use reqwest::Url;
use shared_fbs::{
    api::{DatasetDescription, Endpoint},
    manifest::{DirectoryPlace, Manifest, Pack, Slot},
    path::MANIFEST,
    segments::Segments,
};
use xxhash_rust::xxh64::xxh64;

use super::{
    findings::Finding,
    fixes,
    http::{Accepts, Answer, Client},
    rules,
};

/// By what a page of this program is known.
const OF_TESSERA: &str = "name=\"tessera-data-origins\"";

/// A text is no address of a host.
#[derive(Debug, thiserror::Error)]
#[error("`{0}` is no address; write one like https://example.org/cells/")]
pub struct NoAddress(String);

/// Looks at what an address leads to: a site, a page of it, or the directory of a dataset.
///
/// # Errors
/// When the address is none, or the host cannot be reached.
pub async fn look(client: &Client, address: &str, all: bool) -> Result<Vec<Finding>> {
    let no_address = || NoAddress(address.to_owned());
    let mut url = Url::parse(address).ok().filter(Url::has_host).ok_or_else(no_address)?;
    if let Some(directory) = url.path().strip_suffix(MANIFEST).map(str::to_owned) {
        url.set_path(&directory);
        return dataset(client, &url).await;
    }
    let page = client.get(url.as_str(), Accepts::Identity).await?;
    let html = String::from_utf8_lossy(&page.body);
    if !html.contains(OF_TESSERA) {
        return dataset(client, &directory(url)).await;
    }
    let mut findings = Vec::new();
    let at = Url::parse(&page.url)?;
    let root = at.join(attribute(&html, "<base", "href").unwrap_or("./"))?;
    findings.extend(page_files(client, &root, &page, &html).await?);
    let own = attribute(&html, "<meta name=\"tessera-data\"", "content").filter(|data| !data.is_empty());
    let datasets = match own {
        Some(data) => vec![root.join(data)?],
        None => listed(client, &root, &mut findings).await?,
    };
    let n = if all { datasets.len() } else { 1 };
    for directory in datasets.iter().take(n) {
        findings.extend(dataset(client, directory).await?);
    }
    Ok(findings)
}

/// The address of a directory, which ends in `/`.
fn directory(mut url: Url) -> Url {
    url.set_query(None);
    url.set_fragment(None);
    if !url.path().ends_with('/') {
        url.set_path(&format!("{}/", url.path()));
    }
    url
}

/// The page's document, first script, style sheet and a program.
async fn page_files(client: &Client, root: &Url, page: &Answer, html: &str) -> Result<Vec<Finding>> {
    let mut findings = vec![rules::version(page), rules::media_type(page, "text/html"), rules::fresh(page)];
    let script = attribute(html, "<script type=\"module\"", "src");
    let style = attribute(html, "<link rel=\"stylesheet\"", "href");
    let mut program = None;
    for (file, media_type) in [(script, "text/javascript"), (style, "text/css")] {
        let Some(file) = file else { continue };
        let answer = client.get(root.join(file)?.as_str(), Accepts::Identity).await?;
        program = program.or_else(|| program_in(&String::from_utf8_lossy(&answer.body)));
        findings.extend(page_file(client, &root.join(file)?, media_type).await?);
    }
    if let Some(program) = program {
        findings.extend(page_file(client, &root.join(&program)?, "application/wasm").await?);
    }
    Ok(findings)
}

/// A file of the page whose name tells its content.
async fn page_file(client: &Client, url: &Url, media_type: &str) -> Result<Vec<Finding>> {
    let answer = client.get(url.as_str(), Accepts::Compressed).await?;
    if let Err(finding) = rules::status(&answer) {
        return Ok(vec![finding]);
    }
    let mut findings = vec![rules::media_type(&answer, media_type), rules::kept(&answer)];
    findings.extend(rules::compression(&answer));
    Ok(findings)
}

/// The directories of the datasets that a site lists.
async fn listed(client: &Client, root: &Url, findings: &mut Vec<Finding>) -> Result<Vec<Url>> {
    let url = root.join(&Endpoint::Datasets.address())?;
    let answer = client.get(url.as_str(), Accepts::Identity).await?;
    if let Err(finding) = rules::status(&answer) {
        findings.push(finding);
        return Ok(Vec::new());
    }
    let Ok(datasets) = serde_json::from_slice::<Vec<DatasetDescription>>(&answer.body) else {
        findings.push(Finding::problem(url.as_str(), "this is no list of datasets", fixes::SAME_DATASET));
        return Ok(Vec::new());
    };
    findings.push(rules::fresh(&answer));
    let directory = |dataset: DatasetDescription| -> Result<Url> {
        let data = Endpoint::File { id: dataset.id.into(), file: "".into() };
        Ok(root.join(&data.address())?)
    };
    datasets.into_iter().map(directory).collect()
}

/// The manifest of a dataset, and a part of its largest pack.
async fn dataset(client: &Client, directory: &Url) -> Result<Vec<Finding>> {
    let url = directory.join(MANIFEST)?;
    let answer = client.get(url.as_str(), Accepts::Identity).await?;
    if let Err(finding) = rules::status(&answer) {
        return Ok(vec![finding]);
    }
    let manifest = match Manifest::decode(&answer.body) {
        Ok(manifest) => manifest,
        Err(error) => {
            return Ok(vec![Finding::problem(
                url.as_str(),
                format!("the manifest is broken: {error}"),
                fixes::SAME_DATASET,
            )]);
        }
    };
    let mut findings = vec![rules::version(&answer), rules::fresh(&answer)];
    findings.extend(client.origin().map(|origin| rules::cross_origin(&answer, origin)));
    if let Some(pack) = manifest.packs.iter().filter(|pack| pack.n_tiles > 0).max_by_key(|pack| pack.n_bytes) {
        findings.extend(part_of(client, directory, pack).await?);
    }
    Ok(findings)
}

/// A part of a pack: a segment, or a tile by range.
async fn part_of(client: &Client, directory: &Url, pack: &Pack) -> Result<Vec<Finding>> {
    let (answer, finding) = match Segments::of(pack).and_then(|segments| segments.iter().next()) {
        Some(segment) => {
            let answer = client.get(directory.join(&segment.file)?.as_str(), Accepts::Identity).await?;
            let hash = pack.segments.iter().flatten().next().map_or(0, |segment| segment.hash);
            let finding = rules::segment(&answer, xxh64(&answer.body, 0) == hash);
            (answer, finding)
        }
        None => {
            let Some(slot) = some_slot(pack) else { return Ok(Vec::new()) };
            let answer = client.range(directory.join(&pack.file)?.as_str(), &slot.range()).await?;
            let finding = rules::range(&answer, &slot, pack.n_bytes);
            (answer, finding)
        }
    };
    let mut findings = vec![finding];
    if rules::status(&answer).is_ok() {
        findings.push(rules::kept(&answer));
        findings.extend(client.origin().map(|origin| rules::cross_origin(&answer, origin)));
    }
    Ok(findings)
}

/// The place of some frame of a pack, with the checksum of its content.
fn some_slot(pack: &Pack) -> Option<Slot> {
    let tile = pack.n_tiles / 2;
    match pack.directory_of(tile)? {
        DirectoryPlace::Inline(slots) => slots.get(tile),
        DirectoryPlace::Page { slot, .. } => Some(slot),
    }
}

/// The value of an attribute of the first element that begins so.
fn attribute<'a>(html: &'a str, element: &str, attribute: &str) -> Option<&'a str> {
    let rest = &html[html.find(element)?..];
    let rest = &rest[..rest.find('>')?];
    let (_, value) = rest.split_once(&format!(" {attribute}=\""))?;
    value.split('"').next()
}

/// The program of the Explorer that the page's first script names, as seen from the script.
fn program_in(script: &str) -> Option<String> {
    let mut quoted = script.split('"').filter(|text| text.ends_with(".wasm"));
    quoted.find(|name| name.contains("explorer")).map(str::to_owned)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_page_names_its_files() {
        let html = "<base href=\"../../\" /><script type=\"module\" async src=\"start-1.js\"></script>";
        assert_eq!(attribute(html, "<base", "href"), Some("../../"));
        assert_eq!(attribute(html, "<script type=\"module\"", "src"), Some("start-1.js"));
        assert_eq!(attribute(html, "<link", "href"), None);
        let script = "load(\"./catalog-1.js\", \"./catalog-1.wasm\"); load(\"./explorer-2.js\", \"./explorer-2.wasm\")";
        assert_eq!(program_in(script).as_deref(), Some("./explorer-2.wasm"));
    }
}
