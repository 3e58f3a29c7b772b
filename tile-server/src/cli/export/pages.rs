//! The page's files in a site, and a page for each dataset.

use std::io;

use anyhow::Result;
use shared_fbs::api::{EXPRESSION_ROUTE, Endpoint};
use tile_server::serve::{BasePath, CorpusDatasets, Filling, FrontEnd, Origins, PagePoster};

use super::{datasets::Told, site::SiteWriter};

/// The page of a directory, by every host's custom.
const INDEX: &str = "index.html";

/// The page that validates files of a visitor's own.
const VALIDATE: &str = "validate.html";

/// What tells GitHub Pages that the files are to be hosted as they are.
const NO_JEKYLL: &str = ".nojekyll";

/// The page, and what its documents are told.
pub struct Pages<'a> {
    /// The page.
    pub front_end: &'a dyn FrontEnd,
    /// Where the site will be, if that is known.
    pub base_path: Option<&'a BasePath>,
    /// The other origins that data may come from.
    pub data_origins: &'a Origins,
    /// The origins whose pages may talk to the page in a frame of theirs.
    pub embed_origins: &'a Origins,
}

impl Pages<'_> {
    /// Writes the page's files and the pages of these datasets and corpora.
    ///
    /// # Errors
    /// When the page cannot be read, or the site not be written.
    pub fn write(&self, datasets: &[Told<'_>], corpora: &[CorpusDatasets], site: &mut SiteWriter) -> Result<()> {
        for path in self.front_end.paths()? {
            let asset = self.front_end.get(&path).ok_or_else(|| missing(&path))?;
            if path == INDEX || path == VALIDATE {
                let all = if path == INDEX { CorpusDatasets::pages_of(corpora.iter()) } else { String::new() };
                let of_site = PageOf { corpora: all, ..PageOf::default() };
                site.write(&path, self.document(&asset.bytes, "./", &of_site).as_bytes())?;
            } else {
                site.write(&path, &asset.bytes)?;
            }
        }
        let index = self.front_end.get(INDEX).ok_or_else(|| missing(INDEX))?;
        for told in datasets.iter().filter(|told| !told.dataset().is_withdrawn()) {
            let dataset = told.dataset();
            let data = Endpoint::File { id: dataset.name.as_str().into(), file: "".into() }.address();
            let of_dataset = PageOf {
                data,
                poster: told.page_poster.as_ref(),
                corpora: CorpusDatasets::pages_with(corpora.iter(), &dataset.name),
            };
            let document = self.document(&index.bytes, "../../", &of_dataset);
            for address in dataset.addresses() {
                let path = format!("{}/{INDEX}", dataset_page(address));
                if !site.has(&path) {
                    site.write(&path, document.as_bytes())?;
                }
            }
        }
        for CorpusDatasets { id, .. } in corpora {
            let path = format!("{EXPRESSION_ROUTE}/{id}/{INDEX}");
            site.write(&path, self.document(&index.bytes, "../../", &PageOf::default()).as_bytes())?;
        }
        Ok(site.write(NO_JEKYLL, b"")?)
    }

    /// The document as the page at `root`, as seen from which the page's files are.
    fn document(&self, html: &[u8], root: &str, of: &PageOf<'_>) -> String {
        let base = self.base_path.map_or_else(|| root.to_owned(), ToString::to_string);
        let Self { data_origins, embed_origins, .. } = *self;
        let PageOf { data, poster, corpora } = of;
        Filling { base: &base, data_origins, embed_origins, data, poster: *poster, corpora }
            .fill_static(&String::from_utf8_lossy(html))
    }
}

/// What a page is told of its dataset.
#[derive(Default)]
struct PageOf<'a> {
    /// The address of the dataset's directory.
    data: String,
    poster: Option<&'a PagePoster>,
    /// The addresses of the pages of corpora that it is in.
    corpora: String,
}

/// The directory of a dataset's page: its address, with the name as it is.
fn dataset_page(id: &str) -> String {
    format!("{}/{id}", shared_fbs::api::PAGE_ROUTE)
}

fn missing(path: &str) -> io::Error {
    io::Error::new(io::ErrorKind::NotFound, format!("the page has no {path}"))
}
