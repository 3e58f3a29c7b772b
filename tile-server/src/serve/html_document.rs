//! What is filled into the page's documents: where the page's root is, which other origins data may come from, and which
//! may talk to the page in a frame. A tile server fills them in as it answers, `tile-server export` as it writes a static
//! site.

use std::borrow::Cow;

use shared_fbs::api::{
    CORPORA_META, DATA_META, DATA_ORIGINS_META, EMBED_ORIGINS_META, Endpoint, HOST_META, PLAIN_FILES, PosterName,
};

use super::{content_security_policy, dataset_reader::Posters, options::Origins};

/// How the body of the page begins.
const BODY: &str = "<body data-tessera>";

/// What a document is told.
#[derive(Clone, Copy, Debug)]
pub struct Filling<'a> {
    /// The address of the directory of the page's files, ending in `/`; relative, or a path.
    pub base: &'a str,
    /// The other origins that data may come from.
    pub data_origins: &'a Origins,
    /// The origins whose pages may talk to the page in a frame of theirs.
    pub embed_origins: &'a Origins,
    /// On the page of a dataset in a static site, the address of the dataset's directory as seen from `base`; else empty.
    pub data: &'a str,
    /// On the page of a dataset that has some, its posters.
    pub poster: Option<&'a PagePoster>,
    /// On the page of a dataset, the addresses of the pages of corpora that it is in, and on the list of datasets those of
    /// all, with spaces between them.
    pub corpora: &'a str,
}

/// The posters of a page's dataset: what is seen until the program draws.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct PagePoster {
    /// Its address on light, relative to the page's root.
    pub light: String,
    /// The same on dark.
    pub dark: String,
}

impl PagePoster {
    /// Those of a dataset of this id, by the names of their files, under which they never change.
    pub fn of_dataset(id: &str, posters: &Posters) -> Option<Self> {
        let address = |name| {
            let file = posters.get(&name)?.as_str().into();
            Some(Endpoint::File { id: id.into(), file }.address())
        };
        Some(Self { light: address(PosterName::Light)?, dark: address(PosterName::Dark)? })
    }

    /// As an element. The page's first script shows it where it is what the program will draw.
    fn html(&self) -> String {
        let Self { light, dark } = self;
        format!(
            "<div class=\"poster\" hidden><picture>\
             <source media=\"(prefers-color-scheme: dark)\" srcset=\"{dark}\" />\
             <img src=\"{light}\" alt=\"\" fetchpriority=\"high\" /></picture></div>"
        )
    }
}

impl Filling<'_> {
    /// The document with its `<base>` and its `<meta>` elements filled in, as far as it has them.
    pub fn fill<'a>(&self, html: &'a str) -> Cow<'a, str> {
        let html = with_attribute(html.into(), "<base", "href", self.base);
        let html = with_meta(html, DATA_ORIGINS_META, &self.data_origins.to_string());
        let html = with_meta(html, EMBED_ORIGINS_META, &self.embed_origins.to_string());
        let html = with_meta(html, DATA_META, self.data);
        let html = with_meta(html, CORPORA_META, self.corpora);
        match self.poster {
            Some(poster) => html.replacen(BODY, &format!("{BODY}\n    {}", poster.html()), 1).into(),
            None => html,
        }
    }

    /// The same with the page's policy in the document, since a host of static files sends none, and with what that host is.
    pub fn fill_static(&self, html: &str) -> String {
        let policy = content_security_policy::of_document(self.data_origins);
        let meta = format!("<head>\n    <meta http-equiv=\"Content-Security-Policy\" content=\"{policy}\" />");
        with_meta(self.fill(html), HOST_META, PLAIN_FILES).replacen("<head>", &meta, 1)
    }
}

fn with_meta<'a>(html: Cow<'a, str>, name: &str, content: &str) -> Cow<'a, str> {
    with_attribute(html, &format!("<meta name=\"{name}\""), "content", content)
}

/// The document with this value for an attribute of the first element that begins so. Values are origins and
/// addresses, which hold nothing that HTML would need escaped.
fn with_attribute<'a>(html: Cow<'a, str>, element: &str, attribute: &str, value: &str) -> Cow<'a, str> {
    let range = || {
        let start = html.find(element)?;
        let end = start + html[start..].find('>')?;
        let name = format!(" {attribute}=\"");
        let from = start + html[start..end].find(&name)? + name.len();
        Some(from..from + html[from..end].find('"')?)
    };
    match range() {
        Some(range) if html[range.clone()] != *value => {
            let mut filled = html.into_owned();
            filled.replace_range(range, value);
            filled.into()
        }
        Some(_) | None => html,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const HTML: &str = "<head><base href=\"/\" /><meta name=\"tessera-data-origins\" content=\"\" />\
                        <meta name=\"tessera-embed-origins\" content=\"\" />\
                        <meta name=\"tessera-data\" content=\"\" /><meta name=\"tessera-host\" content=\"\" /></head>";

    fn origins(origins: &[&str]) -> Origins {
        Origins::parse(&origins.iter().map(|&origin| origin.to_owned()).collect::<Vec<_>>()).unwrap()
    }

    #[test]
    fn a_document_is_told_its_root_its_origins_and_its_data() {
        let (data_origins, embed_origins) =
            (origins(&["https://a.org", "http://b.org:81"]), origins(&["https://c.org"]));
        let (data_origins, embed_origins) = (&data_origins, &embed_origins);
        let filling =
            Filling { base: "/x/", data_origins, embed_origins, data: "data/a%20b/", poster: None, corpora: "" };
        assert_eq!(
            filling.fill(HTML),
            "<head><base href=\"/x/\" /><meta name=\"tessera-data-origins\" content=\"https://a.org http://b.org:81\" />\
             <meta name=\"tessera-embed-origins\" content=\"https://c.org\" />\
             <meta name=\"tessera-data\" content=\"data/a%20b/\" /><meta name=\"tessera-host\" content=\"\" /></head>"
        );
    }

    #[test]
    fn a_page_begins_with_the_poster_of_its_dataset() {
        let files = [(PosterName::Light, "poster-1.png"), (PosterName::Dark, "poster-2.png")];
        let files: Posters = files.map(|(name, file)| (name, file.to_owned())).into();
        let poster = PagePoster::of_dataset("a \"b", &files).unwrap();
        assert_eq!(PagePoster::of_dataset("a", &Posters::default()), None);
        let none = Origins::default();
        let corpora = "expression/a%20b expression/c";
        let (data_origins, embed_origins) = (&none, &none);
        let filling = Filling { base: "/", data_origins, embed_origins, data: "", poster: Some(&poster), corpora };
        let filled = filling.fill(include_str!("../../../www/index.html"));
        let at = |text: &str| filled.find(text).unwrap_or_else(|| panic!("no {text} in {filled}"));
        assert!(at("<body data-tessera>") < at("srcset=\"data/a%20%22b/poster-2.png\""));
        assert!(at("src=\"data/a%20%22b/poster-1.png\"") < at("</body>"));
        assert!(at("<meta name=\"tessera-corpora\" content=\"expression/a%20b expression/c\"") < at("</head>"));
    }

    #[test]
    fn a_document_of_a_static_site_has_its_policy_before_all_else() {
        let (data_origins, embed_origins) = (&origins(&["https://a.org"]), &Origins::default());
        let filled = Filling { base: "../../", data_origins, embed_origins, data: "", poster: None, corpora: "" }
            .fill_static(HTML);
        let policy = filled.find("http-equiv=\"Content-Security-Policy\"").unwrap();
        assert!(policy < filled.find("<base").unwrap(), "{filled}");
        assert!(filled.contains("connect-src 'self' https://a.org;"), "{filled}");
        assert!(filled.contains("tessera-host\" content=\"files\""), "{filled}");
        // Browsers ignore it in a document, and say so.
        assert!(!filled.contains("frame-ancestors"), "{filled}");
    }

    #[test]
    fn a_document_without_such_elements_stays_as_it_is() {
        let none = Origins::default();
        let filling =
            Filling { base: "/", data_origins: &none, embed_origins: &none, data: "", poster: None, corpora: "" };
        for html in [HTML, "", "<base", "<base>", "<base href=\"/", "<base target=\"_top\">", "<p>href=\"x\"</p>"] {
            let filled = filling.fill(html);
            assert!(matches!(filled, Cow::Borrowed(same) if same == html), "{html}");
        }
    }
}
