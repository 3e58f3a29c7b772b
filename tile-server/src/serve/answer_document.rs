//! What there is to say of datasets and collections: `/about/{id}.html`, `/collections/{id}.html`, the list of all
//! collections, and what programs read: `/sitemap.xml` and `/about/{id}.oembed.json`.

use std::sync::Arc;

use http::{HeaderMap, HeaderValue, Response, StatusCode, header, request};
use shared_fbs::api::Endpoint;
use tokio::time::timeout;

use super::{
    body::Body,
    catalog::Described,
    conditional_requests::{EntityTag, Validators},
    dispatch::State,
    entry::NoDataset,
    responses,
};
use crate::catalog::{
    self, CatalogEntry, Document, about_dataset, collection_document, collections_document, failure_document,
};

const XML: HeaderValue = HeaderValue::from_static("application/xml");

const JSON: HeaderValue = HeaderValue::from_static("application/json");

/// Documents run nothing, and load nothing but what is beside them.
const POLICY: HeaderValue = HeaderValue::from_static(
    "default-src 'none'; style-src 'unsafe-inline'; img-src 'self' data:; base-uri 'none'; form-action 'none'",
);

/// Answers with the document on a dataset.
pub(super) async fn about(state: &Arc<State>, request: &request::Parts, id: &str) -> Response<Body> {
    match state.catalog.described(id).await {
        Ok(Described { id, facts, collection, directory }) => {
            let entry = CatalogEntry { id: &id, facts: &facts, collection: collection.as_deref() };
            document(request, &about_dataset(&entry, &directory, state.site.as_ref()))
        }
        // Why it was withdrawn is said even where it cannot be read any more.
        Err(why) => none(&state.catalog.entry(id).err().unwrap_or(why), Endpoint::About { id: id.into() }),
    }
}

/// Answers that there is no such document, and why.
fn none(why: &NoDataset, endpoint: Endpoint<'_>) -> Response<Body> {
    let (title, text) = match why {
        NoDataset::Unknown => (
            "Not found",
            "There is nothing of that name here. It may have been removed, or the address may be wrong.".into(),
        ),
        NoDataset::Withdrawn(reason) => ("Withdrawn", reason.clone()),
        NoDataset::Broken(reason) => ("This dataset cannot be read", format!("On the server, {reason}.")),
    };
    let Document { html, .. } = failure_document(title, &text, endpoint);
    let mut response = responses::with_type(responses::HTML, html.into());
    *response.status_mut() = responses::status_of(why);
    response.headers_mut().insert(header::CACHE_CONTROL, responses::NO_STORE);
    response.headers_mut().insert(header::CONTENT_SECURITY_POLICY, POLICY);
    response
}

/// Answers with the document on a collection.
pub(super) async fn collection(state: &Arc<State>, request: &request::Parts, id: &str) -> Response<Body> {
    let Some((collection, datasets)) = state.catalog.collection(id).await else {
        return none(&NoDataset::Unknown, Endpoint::Collection { id: id.into() });
    };
    let entries: Vec<CatalogEntry<'_>> = datasets
        .iter()
        .map(|Described { id, facts, collection, .. }| CatalogEntry { id, facts, collection: collection.as_deref() })
        .collect();
    document(request, &collection_document(&collection, &entries, state.site.as_ref()))
}

/// Answers with the document on all collections.
pub(super) async fn collections(state: &Arc<State>, request: &request::Parts) -> Response<Body> {
    match timeout(state.limits.answer_time, state.catalog.file()).await {
        Ok(Some(file)) => document(request, &collections_document(&file.entries(), state.site.as_ref())),
        Ok(None) | Err(_) => responses::late(),
    }
}

/// Answers with the list of all documents.
pub(super) async fn sitemap(state: &Arc<State>, request: &request::Parts) -> Response<Body> {
    let Some(site) = &state.site else { return no_site() };
    match timeout(state.limits.answer_time, state.catalog.file()).await {
        Ok(Some(file)) => text(request, XML, catalog::sitemap(site, &file.entries())),
        Ok(None) | Err(_) => responses::late(),
    }
}

/// Answers with how a dataset is embedded.
pub(super) async fn oembed(state: &Arc<State>, request: &request::Parts, id: &str) -> Response<Body> {
    let Some(site) = &state.site else { return no_site() };
    if let Err(why) = state.catalog.entry(id) {
        return responses::no_dataset(&why);
    }
    match state.catalog.described(id).await {
        Ok(Described { id, facts, collection, .. }) => {
            let entry = CatalogEntry { id: &id, facts: &facts, collection: collection.as_deref() };
            text(request, JSON, catalog::oembed(site, &entry))
        }
        Err(why) => responses::no_dataset(&why),
    }
}

fn no_site() -> Response<Body> {
    responses::not_found("The server does not know its own address; start it with --site-url to have this.")
}

fn text(request: &request::Parts, content_type: HeaderValue, text: String) -> Response<Body> {
    let validators = Validators::tagged(&EntityTag::of_bytes(text.as_bytes()));
    let mut headers = HeaderMap::new();
    headers.insert(header::CACHE_CONTROL, responses::REVALIDATE);
    validators.write(&mut headers);
    if let Some(response) = responses::unless_holds(request, &validators, &headers) {
        return response;
    }
    let mut response = responses::with_type(content_type, text.into());
    response.headers_mut().extend(headers);
    response
}

fn document(request: &request::Parts, document: &Document) -> Response<Body> {
    let validators = Validators::tagged(&EntityTag::of_bytes(document.html.as_bytes()));
    let mut headers = HeaderMap::new();
    headers.insert(header::CACHE_CONTROL, responses::REVALIDATE);
    headers.insert(header::CONTENT_SECURITY_POLICY, POLICY);
    if document.is_private {
        headers.insert(responses::ROBOTS, HeaderValue::from_static("noindex"));
        headers.insert(header::REFERRER_POLICY, HeaderValue::from_static("no-referrer"));
    }
    validators.write(&mut headers);
    if let Some(response) = responses::unless_holds(request, &validators, &headers) {
        return response;
    }
    let mut response = responses::with_type(responses::HTML, document.html.clone().into());
    if document.is_withdrawn {
        *response.status_mut() = StatusCode::GONE;
    }
    response.headers_mut().extend(headers);
    response
}
