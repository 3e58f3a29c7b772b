//! What there is to say of a dataset or a collection, as a document that needs no program: for people without the
//! Explorer, and for search engines.

use std::collections::BTreeMap;

use explorer_core::{
    format::{bytes, integer, plural},
    names::visible,
};
use maud::{Markup, html};
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};
use serde_json::json;
use shared_fbs::{
    api::{Endpoint, PosterName},
    path::{MANIFEST, OBS_CSV, OBS_PLAIN_CSV},
};

use super::{
    CatalogEntry, Collection, DatasetFacts, Download, SiteUrl,
    document_page::{Document, Head, ROOT, page},
    linked_data::{bibtex, doi_address, json_ld},
    snippets::{Snippet, snippets},
};

/// The document on a dataset, at [`Endpoint::About`]; `directory` is the name of the dataset's directory, by which its
/// collection speaks of it.
pub fn about_dataset(entry: &CatalogEntry<'_>, directory: &str, site: Option<&SiteUrl>) -> Document {
    let CatalogEntry { id, facts, collection } = *entry;
    let note = collection.and_then(|collection| collection.datasets.get(directory));
    let title = visible(&facts.title).into_owned();
    if let Some(reason) = collection.and_then(|collection| collection.withdrawal(directory)) {
        return withdrawn(&title, reason, collection, Endpoint::About { id: id.into() });
    }
    let description = note.and_then(|note| note.description.as_deref());
    let description = description.or(collection.and_then(|collection| collection.description.as_deref()));
    let explore = format!("{ROOT}{}", Endpoint::Page { id: id.into() }.address());
    let download = note.and_then(|note| note.file.as_ref());
    let body = html! {
        @if let Some(collection) = collection { (part_of(collection)) }
        h1 { bdi { (title) } }
        p.dim { (plural(facts.n_obs as usize, "cell", "cells")) ", " (plural(facts.n_vars as usize, "gene", "genes")) }
        a.go href=(explore) { "Explore" }
        @if facts.has_poster { (poster(id)) }
        @if let Some(description) = description { (paragraphs(description)) }
        (cells(facts))
        (downloads(id, facts.n_bytes, download))
        (snippets_of(id, download, site))
        @if let Some(collection) = collection { (about_collection(collection)) }
    };
    let linked = json_ld(&title, description, collection, None);
    let endpoint = Endpoint::About { id: id.into() };
    let image = facts.has_poster.then(|| poster_of(id, PosterName::Light));
    let head = Head { title: &title, description, collection, linked: Some(&linked), site, endpoint, image };
    page(&head, &body)
}

/// The picture of a dataset.
fn poster(id: &str) -> Markup {
    let address = |name| format!("{ROOT}{}", poster_of(id, name).address());
    html! {
        picture.poster {
            source media="(prefers-color-scheme: dark)" srcset=(address(PosterName::Dark));
            img src=(address(PosterName::Light)) alt="The cells as the Explorer first shows them";
        }
    }
}

/// What the cells are, as far as that is known.
fn cells(facts: &DatasetFacts) -> Markup {
    html! {
        @if !facts.labels.is_empty() || facts.genes_per_cell.is_some() {
            h2 { "Cells" }
            dl {
                @for (facet, labels) in &facts.labels {
                    dt { (facet.title()) }
                    dd { (texts(labels)) }
                }
                @if let Some(genes) = facts.genes_per_cell {
                    dt { "Genes per cell" }
                    dd { (integer(genes.round() as u64)) " on average" }
                }
            }
        }
    }
}

fn downloads(id: &str, n_bytes: u64, download: Option<&Download>) -> Markup {
    let file = |file: &str| format!("{ROOT}{}", Endpoint::File { id: id.into(), file: file.into() }.address());
    html! {
        h2 id="download" { "Download" }
        ul {
            @match download {
                Some(Download::Here(name)) => { li { a href=(file(name)) download { (name) } ", the original file" } }
                Some(Download::Elsewhere(url)) => {
                    li { a href=(url) rel="noreferrer" { bdi { (url) } } ", the original file" }
                }
                None => {}
            }
            li {
                a href=(file(OBS_CSV)) download=(format!("{id}.csv")) { "Metadata of cells" } ", as CSV for spreadsheets; "
                a href=(file(OBS_PLAIN_CSV)) download=(format!("{id}-plain.csv")) { "the same" } " for programs"
            }
            li {
                "The tiles that the Explorer reads, " (bytes(n_bytes)) ": their " a href=(file(MANIFEST)) { "manifest" }
                " names the files beside it"
            }
        }
    }
}

fn snippets_of(id: &str, download: Option<&Download>, site: Option<&SiteUrl>) -> Markup {
    html! {
        h2 { "Read it elsewhere" }
        @if site.is_none() { p.dim { "HOST stands for the address of this site." } }
        @for Snippet { title, text } in snippets(site, id, download) { h3 { (title) } pre tabindex="0" { (text) } }
    }
}

fn poster_of(id: &str, name: PosterName) -> Endpoint<'_> {
    Endpoint::Poster { id: id.into(), name }
}

/// The document on a collection of these datasets, at [`Endpoint::Collection`].
pub fn collection_document(collection: &Collection, datasets: &[CatalogEntry<'_>], site: Option<&SiteUrl>) -> Document {
    let title = visible(&collection.title).into_owned();
    if let Some(reason) = &collection.withdrawn {
        let endpoint = Endpoint::Collection { id: collection.id.as_str().into() };
        return withdrawn(&title, reason, Some(collection), endpoint);
    }
    let description = collection.description.as_deref();
    let about = |id: &str| format!("{ROOT}{}", Endpoint::About { id: id.into() }.address());
    let body = html! {
        p.dim { a href={ (ROOT) (Endpoint::Collections.address()) } { "Collections" } }
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
        datasets.iter().find(|entry| entry.facts.has_poster).map(|entry| poster_of(entry.id, PosterName::Light));
    let endpoint = Endpoint::Collection { id: collection.id.as_str().into() };
    page(
        &Head {
            title: &title,
            description,
            collection: Some(collection),
            linked: Some(&linked),
            site,
            endpoint,
            image,
        },
        &body,
    )
}

/// The document on all collections that these datasets are in, at [`Endpoint::Collections`].
pub fn collections_document(datasets: &[CatalogEntry<'_>], site: Option<&SiteUrl>) -> Document {
    let mut collections: BTreeMap<&str, (&Collection, usize, u64)> = BTreeMap::new();
    for CatalogEntry { facts, collection, .. } in datasets {
        let Some(collection) = collection else { continue };
        let (_, n, n_obs) = collections.entry(&collection.id).or_insert((collection, 0, 0));
        *n += 1;
        *n_obs += u64::from(facts.n_obs);
    }
    let mut collections: Vec<(&Collection, usize, u64)> = collections.into_values().collect();
    // Newest first.
    collections.sort_by(|(a, ..), (b, ..)| b.published.cmp(&a.published).then_with(|| a.title.cmp(&b.title)));
    let address = |collection: &Collection| {
        format!("{ROOT}{}", Endpoint::Collection { id: collection.id.as_str().into() }.address())
    };
    let body = html! {
        h1 { (plural(collections.len(), "collection", "collections")) }
        @if collections.is_empty() {
            p { "No dataset here is in a collection." }
        } @else {
            table {
                tr { th { "Collection" } th { "Datasets" } th { "Cells" } }
                @for (collection, n, n_obs) in &collections {
                    tr {
                        td {
                            a href=(address(collection)) { bdi { (visible(&collection.title)) } }
                            @if let Some(publication) = &collection.publication { br; span.dim { (text(publication)) } }
                        }
                        td { (integer(*n as u64)) }
                        td { (integer(*n_obs)) }
                    }
                }
            }
        }
    };
    let endpoint = Endpoint::Collections;
    page(
        &Head { title: "Collections", description: None, collection: None, linked: None, site, endpoint, image: None },
        &body,
    )
}

fn withdrawn(title: &str, reason: &str, collection: Option<&Collection>, endpoint: Endpoint<'_>) -> Document {
    let body = html! {
        h1 { bdi { (title) } }
        p.gone { strong { "This was withdrawn. " } (text(reason)) }
        @if let Some(collection) = collection { (versions(collection)) }
    };
    let head = Head { title, description: None, collection, linked: None, site: None, endpoint, image: None };
    Document { is_withdrawn: true, ..page(&head, &body) }
}

/// The document in place of one that is not there: what is wrong, in a sentence.
pub fn failure_document(title: &str, text: &str, endpoint: Endpoint<'_>) -> Document {
    let body = html! {
        h1 { (title) }
        p.gone { bdi { (visible(text)) } }
    };
    page(&Head { title, description: None, collection: None, linked: None, site: None, endpoint, image: None }, &body)
}

fn part_of(collection: &Collection) -> Markup {
    let address = format!("{ROOT}{}", Endpoint::Collection { id: collection.id.as_str().into() }.address());
    html! { p.dim { "Part of " a href=(address) { bdi { (visible(&collection.title)) } } } }
}

fn about_collection(collection: &Collection) -> Markup {
    html! {
        @if has_facts(collection) { h2 { "About" } (facts_of(collection)) }
        (versions(collection))
        h2 { "Cite" }
        pre tabindex="0" { (bibtex(collection)) }
    }
}

/// Whether there is anything to list.
fn has_facts(collection: &Collection) -> bool {
    let Collection { publication, doi, published, consortia, accessions, license, contact, links, .. } = collection;
    let has_texts = publication.is_some() || doi.is_some() || published.is_some() || license.is_some();
    let has_lists = !consortia.is_empty() || !accessions.is_empty() || !links.is_empty();
    has_texts || has_lists || contact.is_some()
}

fn facts_of(collection: &Collection) -> Markup {
    html! {
        dl {
            @if let Some(publication) = &collection.publication { dt { "Publication" } dd { (text(publication)) } }
            @if let Some(doi) = &collection.doi {
                dt { "DOI" }
                dd { @if let Some(address) = doi_address(doi) { a href=(address) { (text(doi)) } } @else { (text(doi)) } }
            }
            @if let Some(day) = collection.published { dt { "Published" } dd { (day.to_string()) } }
            @if !collection.consortia.is_empty() { dt { "Consortia" } dd { (texts(&collection.consortia)) } }
            @if !collection.accessions.is_empty() { dt { "Accessions" } dd { (texts(&collection.accessions)) } }
            @if let Some(license) = &collection.license { dt { "License" } dd { (text(license)) } }
            @if let Some(contact) = &collection.contact {
                dt { "Contact" }
                dd {
                    (text(&contact.name))
                    @if let Some(email) = &contact.email { " " a href=(mail_address(email)) { (text(email)) } }
                }
            }
            @for link in &collection.links {
                dt { (text(&link.label)) }
                dd { a href=(link.url) rel="noreferrer" { (text(&link.url)) } }
            }
        }
    }
}

/// A text of a file, which leaves the words around it where they are.
fn text(text: &str) -> Markup {
    html! { bdi { (visible(text)) } }
}

/// The same of several, each by itself.
fn texts(all: &[String]) -> Markup {
    html! { @for (at, one) in all.iter().enumerate() { @if at > 0 { ", " } (text(one)) } }
}

/// What writes to an address, and says nothing else of the letter.
fn mail_address(email: &str) -> String {
    const PLAIN: &AsciiSet = &NON_ALPHANUMERIC.remove(b'@').remove(b'.').remove(b'-').remove(b'_').remove(b'+');
    format!("mailto:{}", utf8_percent_encode(email.trim(), PLAIN))
}

fn versions(collection: &Collection) -> Markup {
    html! {
        @if !collection.versions.is_empty() {
            h2 { "Versions" }
            dl {
                @for version in &collection.versions {
                    dt { (text(&version.version)) @if let Some(date) = version.date { ", " (date.to_string()) } }
                    dd {
                        @if let Some(note) = &version.note { (text(note)) " " }
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

#[cfg(test)]
mod tests {
    use explorer_core::catalog::LabelFacet;
    use serde_json::Value;

    use super::*;
    use crate::catalog::{Contact, DatasetNote, Visibility};

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
        let site = SiteUrl::parse("https://example.org").unwrap();
        let about = |name: &str| about_dataset(&entry, name, Some(&site));
        for document in [about("a"), collection_document(&collection, &[entry], Some(&site))] {
            assert!(!document.html.contains("<script>alert"), "{}", document.html);
            assert_eq!(document.html.matches("<script").count(), 1);
            let (_, linked) = document.html.split_once("ld+json\">").unwrap();
            let linked: Value = serde_json::from_str(linked.split_once("</script>").unwrap().0).unwrap();
            assert_eq!((&linked["@type"], &linked["name"]), (&json!("Dataset"), &json!(HOSTILE)));
        }
        let html = about("a").html;
        assert!(html.contains("href=\"../d/a%20b\"") && html.contains("https://example.org/data/a%20b/obs-plain.csv"));
        assert!(html.contains("href=\"https://example.org/about/a%20b.oembed.json\""), "{html}");
        let list = collections_document(&[entry], None).html;
        assert!(collections_document(&[], None).html.contains("No dataset here is in a collection."));
        assert!(!list.contains("<script") && list.contains("../collections/lungs.html"), "{list}");
    }

    #[test]
    fn each_text_of_a_collection_stands_by_itself_and_leads_nowhere_else() {
        let turned = "\u{202e}gnul".to_owned();
        let collection = Collection {
            doi: Some("javascript:alert(1)".to_owned()),
            consortia: vec![turned.clone(), "HCA".to_owned()],
            accessions: vec![turned.clone(), " ".to_owned()],
            license: Some(turned.clone()),
            publication: Some(turned.clone()),
            contact: Some(Contact {
                name: turned.clone(),
                email: Some("a+b@example.org?cc=all@example.org&body=x".to_owned()),
            }),
            ..collection()
        };
        let html = collection_document(&collection, &[], None).html;
        let (_, facts) = html.split_once("<dl>").unwrap();
        let (facts, _) = facts.split_once("</dl>").unwrap();
        assert_eq!(facts.matches(&turned).count(), facts.matches(&format!("<bdi>{turned}</bdi>")).count());
        assert_eq!(facts.matches(&turned).count(), 5, "{facts}");
        assert!(facts.contains("<bdi>HCA</bdi>") && facts.contains("<bdi>(blank)</bdi>"), "{facts}");
        assert!(facts.contains("href=\"mailto:a+b@example.org%3Fcc%3Dall@example.org%26body%3Dx\""), "{facts}");
        assert!(facts.contains("<bdi>javascript:alert(1)</bdi>") && !html.contains("doi.org"), "{facts}");
    }

    #[test]
    fn a_withdrawn_dataset_leaves_a_document_that_says_so() {
        let note = DatasetNote { withdrawn: Some("cells were mixed up".to_owned()), ..DatasetNote::default() };
        let collection = Collection { datasets: [("a".to_owned(), note)].into(), ..collection() };
        let facts = facts();
        let entry = CatalogEntry { id: "a", facts: &facts, collection: Some(&collection) };
        let document = about_dataset(&entry, "a", None);
        assert!(document.is_withdrawn && document.html.contains("cells were mixed up"));
        assert!(!document.html.contains("Explore</a>") && !about_dataset(&entry, "b", None).is_withdrawn);
    }

    #[test]
    fn a_private_collection_tells_search_engines_to_go() {
        let collection = Collection { visibility: Some(Visibility::Private), ..collection() };
        let site = SiteUrl::parse("https://example.org").unwrap();
        let document = collection_document(&collection, &[], Some(&site));
        assert!(document.is_private && document.html.contains("noindex"));
        assert!(!document.html.contains("canonical"), "{}", document.html);
    }

    #[test]
    fn what_there_is_nothing_to_say_of_has_no_heading() {
        let collection = Collection { id: "a".to_owned(), title: "A".to_owned(), ..Collection::default() };
        let html = collection_document(&collection, &[], None).html;
        assert!(!html.contains("About") && !html.contains("<dl></dl>"), "{html}");
        let collection = Collection { doi: Some("10.1/x".to_owned()), ..collection };
        assert!(collection_document(&collection, &[], None).html.contains("About"));
    }
}
