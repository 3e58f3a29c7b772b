//! What is asked of a host, in what order.

use std::fmt::Display;

use anyhow::Result;
use reqwest::Url;
use shared_fbs::{
    api::{CORPORA_META, CORPUS_ROUTE, DatasetDescription, EXPRESSION_ROUTE, Endpoint, PAGE_ROUTE},
    corpus::{Corpus, Part},
    manifest::{DirectoryPlace, Manifest, Pack, Slot},
    path::{CORPUS, DATA_ROUTE, EMBED_MOVING, EMBED_ROUTE, MANIFEST},
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

/// Some page elsewhere.
const ANY_ORIGIN: &str = "https://example.org";

/// A text is no address of a host.
#[derive(Debug, thiserror::Error)]
#[error("`{0}` is no address; write one like https://example.org/cells/")]
pub struct NoAddress(String);

/// What lies in a directory: a manifest and the packs that it names.
#[derive(Clone, Copy)]
enum Kind {
    Dataset,
    Corpus,
}

impl Kind {
    /// The file that names the packs.
    fn manifest(self) -> &'static str {
        match self {
            Self::Dataset => MANIFEST,
            Self::Corpus => CORPUS,
        }
    }

    /// The packs that a manifest names, or what is wrong with it.
    fn packs(self, manifest: &[u8]) -> Result<Vec<Pack>, String> {
        let broken = |error: &dyn Display| format!("the manifest is broken: {error}");
        match self {
            Self::Dataset => Ok(Manifest::decode(manifest).map_err(|error| broken(&error))?.packs),
            Self::Corpus => {
                let corpus = Corpus::decode(manifest).map_err(|error| broken(&error))?;
                Ok(corpus.parts.iter().flat_map(Part::dataset_packs).collect())
            }
        }
    }
}

/// Looks at what an address leads to: a site, a page of it, or the directory of a dataset or a corpus.
///
/// # Errors
/// When the address is none, or the host cannot be reached.
pub async fn look(client: &Client, address: &str, all: bool) -> Result<Vec<Finding>> {
    let no_address = || NoAddress(address.to_owned());
    let mut url = Url::parse(address).ok().filter(Url::has_host).ok_or_else(no_address)?;
    for kind in [Kind::Dataset, Kind::Corpus] {
        if let Some(directory) = url.path().strip_suffix(kind.manifest()).map(str::to_owned) {
            url.set_path(&directory);
            return packed(client, &url, kind).await;
        }
    }
    let page = client.get(url.as_str(), Accepts::Identity).await?;
    let html = String::from_utf8_lossy(&page.body);
    if page.status == 410 {
        let text = "the dataset was withdrawn; its page says why";
        return Ok(vec![Finding::problem(&page.url, text, &[])]);
    }
    if !html.contains(OF_TESSERA) {
        return unnamed(client, &directory(url)).await;
    }
    let mut findings = Vec::new();
    let at = Url::parse(&page.url)?;
    let root = at.join(attribute(&html, "<base", "href").unwrap_or("./"))?;
    findings.extend(page_files(client, &root, &page, &html).await?);
    findings.extend(embed_files(client, &root).await?);
    let own = attribute(&html, "<meta name=\"tessera-data\"", "content").filter(|data| !data.is_empty());
    let own = own.map(str::to_owned).or_else(|| data_of_page(&root, &at));
    let corpora = match corpus_of_page(&root, &at) {
        Some(corpus) => vec![root.join(&corpus)?],
        None => corpora(&root, &html)?,
    };
    let datasets = match own {
        Some(data) => vec![root.join(&data)?],
        // The page of a corpus is of no dataset.
        None if corpus_of_page(&root, &at).is_some() => Vec::new(),
        None => listed(client, &root, &mut findings).await?,
    };
    for (kind, directories) in [(Kind::Dataset, datasets), (Kind::Corpus, corpora)] {
        let n = if all { directories.len() } else { 1 };
        for directory in directories.iter().take(n) {
            findings.extend(packed(client, directory, kind).await?);
        }
    }
    Ok(findings)
}

/// The directories of the corpora that a page leads to.
fn corpora(root: &Url, html: &str) -> Result<Vec<Url>> {
    let pages = attribute(html, &format!("<meta name=\"{CORPORA_META}\""), "content").unwrap_or_default();
    let corpora = pages.split_whitespace().filter_map(|page| corpus_of_page(root, &root.join(page).ok()?));
    corpora.map(|corpus| Ok(root.join(&corpus)?)).collect()
}

/// Where the data of the page at this address is, as seen from the site's root, if it is the page of one dataset: a tile
/// server's page says so by its address alone.
fn data_of_page(root: &Url, page: &Url) -> Option<String> {
    Some(format!("{DATA_ROUTE}/{}/", name_in_page(root, page, PAGE_ROUTE)?))
}

/// The same of the page of a corpus.
fn corpus_of_page(root: &Url, page: &Url) -> Option<String> {
    Some(format!("{CORPUS_ROUTE}/{}/", name_in_page(root, page, EXPRESSION_ROUTE)?))
}

/// What a page is of, as its address has it, if it is one of those at a route.
fn name_in_page(root: &Url, page: &Url, route: &str) -> Option<String> {
    let below = page.path().strip_prefix(root.path())?;
    let id = below.strip_prefix(route)?.strip_prefix('/')?.trim_end_matches('/');
    let is_id = root.origin() == page.origin() && !id.is_empty() && !id.contains('/');
    is_id.then(|| id.to_owned())
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

/// What pages of other sites load to show the Explorer in them.
async fn embed_files(client: &Client, root: &Url) -> Result<Vec<Finding>> {
    let url = root.join(&format!("{EMBED_ROUTE}/{EMBED_MOVING}.js"))?;
    let answer = client.get_from(client.origin().unwrap_or(ANY_ORIGIN), url.as_str()).await?;
    if rules::status(&answer).is_err() {
        let text = format!("the host answers {}: no page elsewhere can show the Explorer in it", answer.status);
        return Ok(vec![Finding::advice(url.as_str(), text, fixes::EMBED)]);
    }
    let loadable = rules::loadable(&answer, client.origin());
    Ok(vec![rules::media_type(&answer, "text/javascript"), loadable, rules::fresh(&answer)])
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

/// What lies in a directory whose kind its address does not tell: a corpus where there is the manifest of one, and else a
/// dataset.
async fn unnamed(client: &Client, directory: &Url) -> Result<Vec<Finding>> {
    let dataset = manifest(client, directory, Kind::Dataset).await?;
    if rules::status(&dataset).is_err() {
        let corpus = manifest(client, directory, Kind::Corpus).await?;
        if rules::status(&corpus).is_ok() {
            return named_by(client, directory, Kind::Corpus, &corpus).await;
        }
    }
    named_by(client, directory, Kind::Dataset, &dataset).await
}

/// The manifest in a directory, and a part of the largest pack that it names.
async fn packed(client: &Client, directory: &Url, kind: Kind) -> Result<Vec<Finding>> {
    let answer = manifest(client, directory, kind).await?;
    named_by(client, directory, kind, &answer).await
}

async fn manifest(client: &Client, directory: &Url, kind: Kind) -> Result<Answer> {
    Ok(client.get(directory.join(kind.manifest())?.as_str(), Accepts::Identity).await?)
}

/// A manifest that the host has sent, and a part of the largest pack that it names.
async fn named_by(client: &Client, directory: &Url, kind: Kind, answer: &Answer) -> Result<Vec<Finding>> {
    if let Err(finding) = rules::status(answer) {
        return Ok(vec![finding]);
    }
    let packs = match kind.packs(&answer.body) {
        Ok(packs) => packs,
        Err(text) => return Ok(vec![Finding::problem(&answer.url, text, fixes::SAME_DATASET)]),
    };
    let mut findings = vec![rules::version(answer), rules::fresh(answer)];
    findings.extend(client.origin().map(|origin| rules::cross_origin(answer, origin)));
    if let Some(pack) = packs.iter().filter(|pack| pack.n_tiles > 0).max_by_key(|pack| pack.n_bytes) {
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
    fn a_page_of_a_dataset_is_told_by_its_address() {
        let root = Url::parse("https://a.org/x/").unwrap();
        let data = |page: &str| data_of_page(&root, &Url::parse(page).unwrap());
        assert_eq!(data("https://a.org/x/d/a%20b?embed=1").as_deref(), Some("data/a%20b/"));
        assert_eq!(data("https://a.org/x/d/pbmc/").as_deref(), Some("data/pbmc/"));
        let corpus = |page: &str| corpus_of_page(&root, &Url::parse(page).unwrap());
        assert_eq!(corpus("https://a.org/x/expression/a%20b/").as_deref(), Some("corpora/a%20b/"));
        assert_eq!(corpus("https://a.org/x/d/pbmc/"), None);
        for page in ["https://a.org/x/", "https://a.org/x/d/", "https://a.org/d/pbmc", "https://b.org/x/d/pbmc"] {
            assert_eq!(data(page), None, "{page}");
        }
    }

    #[test]
    fn a_page_leads_to_corpora() {
        let root = Url::parse("https://a.org/x/").unwrap();
        let html = "<meta name=\"tessera-corpora\" content=\"expression/atlas/ expression/b%20c\">";
        let found: Vec<String> = corpora(&root, html).unwrap().into_iter().map(String::from).collect();
        assert_eq!(found, ["https://a.org/x/corpora/atlas/", "https://a.org/x/corpora/b%20c/"]);
        assert_eq!(corpora(&root, "<meta name=\"tessera-corpora\" content=\"\">").unwrap(), []);
    }

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
