//! Where a site is, and what it says of itself to programs: a list of its documents, and how a dataset is embedded.

use serde_json::json;
use shared_fbs::api::{EMBED_QUERY, Endpoint};

use super::CatalogEntry;
use explorer_core::names::visible;

/// The size of an embedded Explorer, in CSS pixels, unless its host says otherwise.
const EMBEDDED: (u32, u32) = (960, 600);

/// The address of a site's root, with a slash at its end.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SiteUrl(String);

/// An address that is none of a site.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("`{0}` is no address of a site, such as https://example.org/cells/: without `?` and `#`, and with a host")]
pub struct SiteUrlError(String);

impl SiteUrl {
    /// Reads an address of http or https.
    ///
    /// # Errors
    /// [`SiteUrlError`].
    pub fn parse(text: &str) -> Result<Self, SiteUrlError> {
        let uri: Option<http::Uri> = text.parse().ok();
        let is_site = uri.is_some_and(|uri| {
            matches!(uri.scheme_str(), Some("http" | "https")) && uri.host().is_some() && uri.query().is_none()
        });
        if !is_site || text.contains(['#', '"', '<', '>', '\'', '`', '$', '\\']) {
            return Err(SiteUrlError(text.to_owned()));
        }
        Ok(Self(format!("{}/", text.trim_end_matches('/'))))
    }

    /// The address of something that the site answers.
    pub fn of(&self, endpoint: &Endpoint<'_>) -> String {
        // In quotation marks of any kind it stays what it is.
        format!("{}{}", self.0, endpoint.address().replace('\'', "%27"))
    }

    /// The address of its root.
    pub fn root(&self) -> &str {
        &self.0
    }
}

/// A list of all documents for search engines: <https://www.sitemaps.org/protocol.html>.
pub fn sitemap(site: &SiteUrl, datasets: &[CatalogEntry<'_>]) -> String {
    let mut collections: Vec<&str> = datasets.iter().filter_map(|entry| Some(entry.collection?.id.as_str())).collect();
    collections.sort_unstable();
    collections.dedup();
    let mut addresses = vec![site.root().to_owned()];
    if !collections.is_empty() {
        addresses.push(site.of(&Endpoint::Collections));
    }
    addresses.extend(collections.into_iter().map(|id| site.of(&Endpoint::Collection { id: id.into() })));
    addresses.extend(datasets.iter().map(|entry| site.of(&Endpoint::About { id: entry.id.into() })));
    let mut xml = "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n\
                   <urlset xmlns=\"http://www.sitemaps.org/schemas/sitemap/0.9\">\n"
        .to_owned();
    for address in addresses {
        xml += &format!("  <url><loc>{}</loc></url>\n", address.replace('&', "&amp;"));
    }
    xml + "</urlset>\n"
}

/// How a dataset is embedded: <https://oembed.com>.
pub fn oembed(site: &SiteUrl, entry: &CatalogEntry<'_>) -> String {
    let page = site.of(&Endpoint::Page { id: entry.id.into() });
    let (width, height) = EMBEDDED;
    // The address has nothing that would end the attribute.
    let html = format!(
        "<iframe src=\"{page}?{EMBED_QUERY}=1\" width=\"{width}\" height=\"{height}\" allow=\"fullscreen; clipboard-write\" \
         loading=\"lazy\" style=\"border:0\"></iframe>"
    );
    json!({
        "version": "1.0",
        "type": "rich",
        "title": visible(&entry.facts.title),
        "provider_name": "Tessera",
        "provider_url": site.root(),
        "width": width,
        "height": height,
        "html": html,
    })
    .to_string()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::catalog::{Collection, DatasetFacts};

    #[test]
    fn an_address_of_a_site_ends_with_a_slash_and_nothing_else_is_one() {
        for (text, root) in
            [("https://example.org", "https://example.org/"), ("http://localhost:8787/x/", "http://localhost:8787/x/")]
        {
            assert_eq!(SiteUrl::parse(text).unwrap().root(), root);
        }
        for text in
            ["", "example.org", "ftp://example.org", "https://example.org/?a", "https://a/#b", "https://a/\"x", "/x/"]
        {
            assert!(SiteUrl::parse(text).is_err(), "{text}");
        }
    }

    #[test]
    fn a_sitemap_has_every_document_and_an_embedding_the_page() {
        let site = SiteUrl::parse("https://example.org/x").unwrap();
        let collection = Collection { id: "lungs".to_owned(), ..Collection::default() };
        let facts = DatasetFacts { title: "It's <b>".to_owned(), ..DatasetFacts::default() };
        let entry = CatalogEntry { id: "it's & so", facts: &facts, collection: Some(&collection) };
        let xml = sitemap(&site, &[entry]);
        for address in ["", "collections/", "collections/lungs.html", "about/it%27s%20%26%20so.html"] {
            assert!(xml.contains(&format!("<loc>https://example.org/x/{address}</loc>")), "{address} of {xml}");
        }
        let oembed: serde_json::Value = serde_json::from_str(&oembed(&site, &entry)).unwrap();
        assert_eq!(oembed["title"], "It's <b>");
        let html = oembed["html"].as_str().unwrap();
        assert!(html.contains("src=\"https://example.org/x/d/it%27s%20%26%20so?embed=1\""), "{html}");
    }
}
