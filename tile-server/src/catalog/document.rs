//! What there is to say of a dataset or a collection, as a document that needs no program: for people without the
//! Explorer, and for search engines.

use explorer_core::{
    format::{bytes, integer, plural},
    names::visible,
};
use maud::{DOCTYPE, Markup, PreEscaped, html};
use serde_json::{Value, json};
use shared_fbs::api::{Endpoint, PosterName};

use super::{CatalogEntry, Collection};

/// From a document to the page's root: documents lie one folder below.
const ROOT: &str = "../";

/// Colors and sizes of the Explorer, in few words.
const STYLE: &str = "\
:root{color-scheme:light dark;--line:light-dark(#e2e6e8,#262c31);--dim:light-dark(#4a565d,#a9b4bb);\
--accent:light-dark(#0b6a86,#56b8d6);--soft:light-dark(#f7f8f8,#14181b)}\
body{max-width:760px;margin:0 auto;padding:32px 16px 64px;background:light-dark(#fff,#0e1113);\
color:light-dark(#182024,#e7ebed);font:15px/24px system-ui,sans-serif;overflow-wrap:anywhere}\
h1{margin:8px 0;font-size:26px;line-height:32px}h2{margin:32px 0 8px;font-size:17px}a{color:var(--accent)}\
.dim{color:var(--dim)}.go{display:inline-block;padding:6px 16px;margin:8px 0;border-radius:6px;\
background:var(--accent);color:light-dark(#fff,#06181e);font-weight:600;text-decoration:none}\
.poster img{display:block;max-width:100%;height:auto;max-height:360px;margin:8px 0}\
.gone{padding:12px 16px;border:1px solid var(--line);border-radius:6px;background:var(--soft)}\
dl{display:grid;grid-template-columns:minmax(120px,200px) 1fr;gap:6px 16px;margin:0}dt{color:var(--dim)}dd{margin:0}\
pre{padding:12px 16px;overflow-x:auto;border-radius:6px;background:var(--soft);font-size:13px;line-height:20px}\
table{width:100%;border-collapse:collapse}th,td{padding:6px 12px 6px 0;border-bottom:1px solid var(--line);\
text-align:left}td:last-child,th:last-child{text-align:right;white-space:nowrap}";

/// A document.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Document {
    /// Its text.
    pub html: String,
    /// Whether it is to be in no list and no search engine.
    pub is_private: bool,
    /// Whether it says no more than that what it is about was withdrawn.
    pub is_withdrawn: bool,
}

/// The document on a dataset, at [`Endpoint::About`]; `directory` is the name of the dataset's directory, by which its
/// collection speaks of it.
pub fn about_dataset(entry: &CatalogEntry<'_>, directory: &str) -> Document {
    let CatalogEntry { id, facts, collection } = *entry;
    let note = collection.and_then(|collection| collection.datasets.get(directory));
    let title = visible(&facts.title).into_owned();
    if let Some(reason) = collection.and_then(|collection| collection.withdrawal(directory)) {
        return withdrawn(&title, reason, collection);
    }
    let description = note.and_then(|note| note.description.as_deref());
    let description = description.or(collection.and_then(|collection| collection.description.as_deref()));
    let explore = format!("{ROOT}{}", Endpoint::Page { id: id.into() }.address());
    let manifest =
        format!("{ROOT}{}", Endpoint::File { id: id.into(), file: shared_fbs::path::MANIFEST.into() }.address());
    let body = html! {
        @if let Some(collection) = collection { (part_of(collection)) }
        h1 { bdi { (title) } }
        p.dim { (plural(facts.n_obs as usize, "cell", "cells")) ", " (plural(facts.n_vars as usize, "gene", "genes")) }
        a.go href=(explore) { "Explore" }
        @if facts.has_poster { (poster(id)) }
        @if let Some(description) = description { (paragraphs(description)) }
        h2 { "Cells" }
        dl {
            @for (facet, labels) in &facts.labels {
                dt { (facet.title()) }
                dd { @for (at, label) in labels.iter().enumerate() { @if at > 0 { ", " } bdi { (visible(label)) } } }
            }
            @if let Some(genes) = facts.genes_per_cell {
                dt { "Genes per cell" }
                dd { (integer(genes.round() as u64)) " on average" }
            }
        }
        h2 id="download" { "Download" }
        p {
            "The tiles that the Explorer reads, " (bytes(facts.n_bytes)) ": their " a href=(manifest) { "manifest" }
            " names the files beside it."
        }
        @if let Some(collection) = collection { (about_collection(collection)) }
    };
    let linked = json_ld(&title, description, collection, None);
    let image = facts.has_poster.then(|| poster_address(id, PosterName::Light));
    page(&title, description, collection, &body, Some(&linked), image.as_deref())
}

/// The picture of a dataset.
fn poster(id: &str) -> Markup {
    let address = |name| poster_address(id, name);
    html! {
        picture.poster {
            source media="(prefers-color-scheme: dark)" srcset=(address(PosterName::Dark));
            img src=(address(PosterName::Light)) alt="The cells as the Explorer first shows them";
        }
    }
}

fn poster_address(id: &str, name: PosterName) -> String {
    format!("{ROOT}{}", Endpoint::Poster { id: id.into(), name }.address())
}

/// The document on a collection of these datasets, at [`Endpoint::Collection`].
pub fn collection_document(collection: &Collection, datasets: &[CatalogEntry<'_>]) -> Document {
    let title = visible(&collection.title).into_owned();
    if let Some(reason) = &collection.withdrawn {
        return withdrawn(&title, reason, Some(collection));
    }
    let description = collection.description.as_deref();
    let about = |id: &str| format!("{ROOT}{}", Endpoint::About { id: id.into() }.address());
    let body = html! {
        p.dim { "Collection" }
        h1 { bdi { (title) } }
        @if let Some(description) = description { (paragraphs(description)) }
        h2 { (plural(datasets.len(), "dataset", "datasets")) }
        table {
            tr { th { "Dataset" } th { "Cells" } }
            @for entry in datasets {
                tr {
                    td { a href=(about(entry.id)) { bdi { (visible(&entry.facts.title)) } } }
                    td { (integer(u64::from(entry.facts.n_obs))) }
                }
            }
        }
        (about_collection(collection))
    };
    let parts = datasets.iter().map(|entry| json!({ "@type": "Dataset", "name": entry.facts.title })).collect();
    let linked = json_ld(&title, description, Some(collection), Some(parts));
    let image =
        datasets.iter().find(|entry| entry.facts.has_poster).map(|entry| poster_address(entry.id, PosterName::Light));
    page(&title, description, Some(collection), &body, Some(&linked), image.as_deref())
}

fn withdrawn(title: &str, reason: &str, collection: Option<&Collection>) -> Document {
    let body = html! {
        h1 { bdi { (title) } }
        p.gone { strong { "This was withdrawn. " } bdi { (reason) } }
        @if let Some(collection) = collection { (versions(collection)) }
    };
    Document { is_withdrawn: true, ..page(title, None, collection, &body, None, None) }
}

fn part_of(collection: &Collection) -> Markup {
    let address = format!("{ROOT}{}", Endpoint::Collection { id: collection.id.as_str().into() }.address());
    html! { p.dim { "Part of " a href=(address) { bdi { (visible(&collection.title)) } } } }
}

fn about_collection(collection: &Collection) -> Markup {
    html! {
        h2 { "About" }
        dl {
            @if let Some(publication) = &collection.publication { dt { "Publication" } dd { bdi { (publication) } } }
            @if let Some(doi) = &collection.doi {
                dt { "DOI" }
                dd { a href={ "https://doi.org/" (doi) } { (doi) } }
            }
            @if let Some(day) = collection.published { dt { "Published" } dd { (day.to_string()) } }
            @if !collection.consortia.is_empty() { dt { "Consortia" } dd { bdi { (collection.consortia.join(", ")) } } }
            @if !collection.accessions.is_empty() { dt { "Accessions" } dd { bdi { (collection.accessions.join(", ")) } } }
            @if let Some(license) = &collection.license { dt { "License" } dd { bdi { (license) } } }
            @if let Some(contact) = &collection.contact {
                dt { "Contact" }
                dd {
                    bdi { (contact.name) }
                    @if let Some(email) = &contact.email { " " a href={ "mailto:" (email) } { (email) } }
                }
            }
            @for link in &collection.links { dt { bdi { (link.label) } } dd { a href=(link.url) rel="noreferrer" { (link.url) } } }
        }
        (versions(collection))
        h2 { "Cite" }
        pre { (bibtex(collection)) }
    }
}

fn versions(collection: &Collection) -> Markup {
    html! {
        @if !collection.versions.is_empty() {
            h2 { "Versions" }
            dl {
                @for version in &collection.versions {
                    dt { bdi { (version.version) } @if let Some(date) = version.date { ", " (date.to_string()) } }
                    dd {
                        @if let Some(note) = &version.note { bdi { (note) } " " }
                        @if let Some(url) = &version.url { a href=(url) rel="noreferrer" { "open" } }
                    }
                }
            }
        }
    }
}

fn paragraphs(text: &str) -> Markup {
    let paragraphs = text.split("\n\n").map(str::trim).filter(|paragraph| !paragraph.is_empty());
    html! { @for paragraph in paragraphs { p { bdi { (paragraph) } } } }
}

fn page(
    title: &str,
    description: Option<&str>,
    collection: Option<&Collection>,
    body: &Markup,
    linked: Option<&Value>,
    image: Option<&str>,
) -> Document {
    let is_private = collection.is_some_and(Collection::is_private);
    let html = html! {
        (DOCTYPE)
        html lang="en" {
            head {
                meta charset="utf-8";
                meta name="viewport" content="width=device-width, initial-scale=1";
                title { (title) " – Tessera" }
                @if let Some(description) = description { meta name="description" content=(description); }
                @if is_private { meta name="robots" content="noindex"; }
                // None: browsers would else look for one at the root of the host.
                link rel="icon" href="data:,";
                meta property="og:title" content=(title);
                meta property="og:type" content="website";
                @if let Some(description) = description { meta property="og:description" content=(description); }
                @if let Some(image) = image { meta property="og:image" content=(image); }
                style { (PreEscaped(STYLE)) }
                @if let Some(linked) = linked {
                    script type="application/ld+json" { (PreEscaped(script_text(linked))) }
                }
            }
            body {
                nav { a.dim href=(ROOT) { "All datasets" } }
                main { (body) }
            }
        }
    };
    Document { html: html.into_string(), is_private, is_withdrawn: false }
}

/// What search engines for data read: <https://schema.org/Dataset>.
fn json_ld(
    title: &str,
    description: Option<&str>,
    collection: Option<&Collection>,
    parts: Option<Vec<Value>>,
) -> Value {
    let mut linked = json!({
        "@context": "https://schema.org/",
        "@type": "Dataset",
        "name": title,
        "description": description.unwrap_or(title),
        "isAccessibleForFree": true,
    });
    let mut add = |name: &str, value: Option<Value>| {
        if let Some(value) = value {
            linked[name] = value;
        }
    };
    add("hasPart", parts.map(Value::Array));
    if let Some(collection) = collection {
        add("license", collection.license.as_ref().map(|license| json!(license)));
        add("datePublished", collection.published.map(|day| json!(day.to_string())));
        add("citation", collection.publication.as_ref().map(|publication| json!(publication)));
        add("identifier", collection.doi.as_ref().map(|doi| json!(format!("https://doi.org/{doi}"))));
        add("version", collection.versions.first().map(|version| json!(version.version)));
        let creators = collection.consortia.iter().map(|name| json!({ "@type": "Organization", "name": name }));
        add("creator", (!collection.consortia.is_empty()).then(|| creators.collect()));
    }
    linked
}

/// JSON that no text in it can end as a script.
fn script_text(value: &Value) -> String {
    value.to_string().replace('<', "\\u003c")
}

/// A citation. What would end a field is left out.
fn bibtex(collection: &Collection) -> String {
    let plain = |text: &str| text.chars().filter(|c| !"{}\\%".contains(*c)).collect::<String>();
    let mut fields = vec![("title", plain(&collection.title))];
    fields.extend(collection.publication.iter().map(|publication| ("note", plain(publication))));
    fields.extend(collection.published.map(|day| ("year", day.date().0.to_string())));
    fields.extend(collection.doi.iter().map(|doi| ("doi", plain(doi))));
    let fields: Vec<String> = fields.into_iter().map(|(name, value)| format!("  {name} = {{{value}}}")).collect();
    format!("@misc{{{},\n{}\n}}", collection.id, fields.join(",\n"))
}

#[cfg(test)]
mod tests {
    use explorer_core::catalog::LabelFacet;

    use super::*;
    use crate::catalog::{DatasetFacts, DatasetNote, Visibility};

    const HOSTILE: &str = "</script><script>alert(1)</script>";

    fn facts() -> DatasetFacts {
        DatasetFacts {
            title: HOSTILE.to_owned(),
            n_obs: 1200,
            labels: vec![(LabelFacet::Tissue, vec![HOSTILE.to_owned(), "lung".to_owned()])],
            ..DatasetFacts::default()
        }
    }

    fn collection() -> Collection {
        Collection {
            id: "lungs".to_owned(),
            title: HOSTILE.to_owned(),
            description: Some(format!("One.\n\n{HOSTILE}")),
            doi: Some("10.1/x".to_owned()),
            consortia: vec![HOSTILE.to_owned()],
            ..Collection::default()
        }
    }

    #[test]
    fn nothing_from_files_becomes_part_of_the_document() {
        let (facts, collection) = (facts(), collection());
        let entry = CatalogEntry { id: "a b", facts: &facts, collection: Some(&collection) };
        for document in [about_dataset(&entry, "a"), collection_document(&collection, &[entry])] {
            assert!(!document.html.contains("<script>alert"), "{}", document.html);
            assert_eq!(document.html.matches("<script").count(), 1);
            let (_, linked) = document.html.split_once("ld+json\">").unwrap();
            let linked: Value = serde_json::from_str(linked.split_once("</script>").unwrap().0).unwrap();
            assert_eq!((&linked["@type"], &linked["name"]), (&json!("Dataset"), &json!(HOSTILE)));
        }
        assert!(about_dataset(&entry, "a").html.contains("href=\"../d/a%20b\""));
    }

    #[test]
    fn a_withdrawn_dataset_leaves_a_document_that_says_so() {
        let note = DatasetNote { withdrawn: Some("cells were mixed up".to_owned()), ..DatasetNote::default() };
        let collection = Collection { datasets: [("a".to_owned(), note)].into(), ..collection() };
        let facts = facts();
        let entry = CatalogEntry { id: "a", facts: &facts, collection: Some(&collection) };
        let document = about_dataset(&entry, "a");
        assert!(document.is_withdrawn && document.html.contains("cells were mixed up"));
        assert!(!document.html.contains("Explore</a>") && !about_dataset(&entry, "b").is_withdrawn);
    }

    #[test]
    fn a_private_collection_tells_search_engines_to_go() {
        let collection = Collection { visibility: Visibility::Private, ..collection() };
        let document = collection_document(&collection, &[]);
        assert!(document.is_private && document.html.contains("noindex"));
    }

    #[test]
    fn a_citation_cannot_be_broken_out_of() {
        let collection = Collection { title: "a} , b = {c%\\d".to_owned(), ..collection() };
        assert_eq!(bibtex(&collection), "@misc{lungs,\n  title = {a , b = cd},\n  doi = {10.1/x}\n}");
    }
}
