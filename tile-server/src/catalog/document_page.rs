//! What all documents have around their text: head, style, and the way to all datasets.

use maud::{DOCTYPE, Markup, PreEscaped, html};
use serde_json::Value;
use shared_fbs::api::Endpoint;

use super::{Collection, SiteUrl, linked_data::script_text};

/// From a document to the page's root: documents lie one folder below.
pub(super) const ROOT: &str = "../";

/// Colors and sizes of the Explorer, in few words.
const STYLE: &str = "\
:root{color-scheme:light dark;--line:light-dark(#e2e6e8,#262c31);--dim:light-dark(#4a565d,#a9b4bb);\
--accent:light-dark(#0b6a86,#56b8d6);--soft:light-dark(#f7f8f8,#14181b)}\
body{max-width:760px;margin:0 auto;padding:32px 16px 64px;background:light-dark(#fff,#0e1113);\
color:light-dark(#182024,#e7ebed);font:15px/24px system-ui,sans-serif;overflow-wrap:anywhere}\
h1{margin:8px 0;font-size:26px;line-height:32px}h2{margin:32px 0 8px;font-size:17px}\
h3{margin:16px 0 4px;font-size:15px}ul{padding-left:20px;margin:0}a{color:var(--accent)}\
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

/// What stands in the head of a document.
pub(super) struct Head<'a> {
    pub(super) title: &'a str,
    pub(super) description: Option<&'a str>,
    pub(super) collection: Option<&'a Collection>,
    /// What search engines for data read.
    pub(super) linked: Option<&'a Value>,
    pub(super) site: Option<&'a SiteUrl>,
    /// Where the document is.
    pub(super) endpoint: Endpoint<'a>,
    /// The picture that stands for it elsewhere.
    pub(super) image: Option<Endpoint<'a>>,
}

/// A document of this body.
pub(super) fn page(head: &Head<'_>, body: &Markup) -> Document {
    let &Head { title, description, collection, linked, site, ref endpoint, ref image } = head;
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
                meta property="og:site_name" content="Tessera";
                @if let Some(description) = description { meta property="og:description" content=(description); }
                // A private address is told to nobody.
                @if let (Some(site), false) = (site, is_private) { (addresses(site, endpoint, title)) }
                @if let Some(image) = image {
                    meta property="og:image" content=(site.map_or_else(|| format!("{ROOT}{}", image.address()), |site| site.of(image)));
                }
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

/// Where the document is, and for a dataset how it is embedded.
fn addresses(site: &SiteUrl, endpoint: &Endpoint<'_>, title: &str) -> Markup {
    let oembed = match endpoint {
        Endpoint::About { id } => Some(site.of(&Endpoint::Oembed { id: id.clone() })),
        _ => None,
    };
    html! {
        link rel="canonical" href=(site.of(endpoint));
        meta property="og:url" content=(site.of(endpoint));
        @if let Some(oembed) = oembed { link rel="alternate" type="application/json+oembed" href=(oembed) title=(title); }
    }
}
