//! `/about/{id}.html` and `/collections/{id}.html`: what there is to say of a dataset or a collection.

use std::sync::Arc;

use http::{HeaderMap, HeaderValue, Response, StatusCode, header, request};

use super::{
    body::Body,
    catalog::Described,
    conditional_requests::{EntityTag, Validators},
    dispatch::State,
    entry::NoDataset,
    responses,
};
use crate::catalog::{CatalogEntry, Document, about_dataset, collection_document};

const CONTENT_TYPE: HeaderValue = HeaderValue::from_static("text/html; charset=utf-8");

/// Documents run nothing, and load nothing but what is beside them.
const POLICY: HeaderValue = HeaderValue::from_static(
    "default-src 'none'; style-src 'unsafe-inline'; img-src 'self' data:; base-uri 'none'; form-action 'none'",
);

/// Answers with the document on a dataset.
pub(super) async fn about(state: &Arc<State>, request: &request::Parts, id: &str) -> Response<Body> {
    match state.catalog.described(id).await {
        Ok(Described { id, facts, collection, directory }) => {
            let entry = CatalogEntry { id: &id, facts: &facts, collection: collection.as_deref() };
            document(request, &about_dataset(&entry, &directory))
        }
        Err(why) => responses::no_dataset(&why),
    }
}

/// Answers with the document on a collection.
pub(super) async fn collection(state: &Arc<State>, request: &request::Parts, id: &str) -> Response<Body> {
    let Some((collection, datasets)) = state.catalog.collection(id).await else {
        return responses::no_dataset(&NoDataset::Unknown);
    };
    let entries: Vec<CatalogEntry<'_>> = datasets
        .iter()
        .map(|Described { id, facts, collection, .. }| CatalogEntry { id, facts, collection: collection.as_deref() })
        .collect();
    document(request, &collection_document(&collection, &entries))
}

fn document(request: &request::Parts, document: &Document) -> Response<Body> {
    let validators = Validators::tagged(&EntityTag::of_bytes(document.html.as_bytes()));
    let mut headers = HeaderMap::new();
    headers.insert(header::CACHE_CONTROL, responses::REVALIDATE);
    headers.insert(header::CONTENT_SECURITY_POLICY, POLICY);
    if document.is_private {
        headers.insert(ROBOTS, HeaderValue::from_static("noindex"));
        headers.insert(header::REFERRER_POLICY, HeaderValue::from_static("no-referrer"));
    }
    validators.write(&mut headers);
    if let Some(response) = responses::unless_holds(request, &validators, &headers) {
        return response;
    }
    let mut response = responses::with_type(CONTENT_TYPE, document.html.clone().into());
    if document.is_withdrawn {
        *response.status_mut() = StatusCode::GONE;
    }
    response.headers_mut().extend(headers);
    response
}

const ROBOTS: header::HeaderName = header::HeaderName::from_static("x-robots-tag");
