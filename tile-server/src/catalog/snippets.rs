//! How a dataset is read by other programs.

use shared_fbs::{
    api::Endpoint,
    path::{OBS_CSV, OBS_PLAIN_CSV},
};

use super::{Download, SiteUrl};

/// What stands for the site's address where it is not known.
const UNKNOWN: &str = "https://HOST/";

/// Lines of a language.
pub struct Snippet {
    /// What language or program it is for.
    pub title: &'static str,
    /// The lines.
    pub text: String,
}

/// The address of a file of a dataset.
pub fn file_url(site: Option<&SiteUrl>, id: &str, file: &str) -> String {
    let endpoint = Endpoint::File { id: id.into(), file: file.into() };
    match site {
        Some(site) => site.of(&endpoint),
        None => format!("{UNKNOWN}{}", endpoint.address().replace('\'', "%27")),
    }
}

/// How the dataset of this id is read: its cells, and all of it where its file can be downloaded.
pub fn snippets(site: Option<&SiteUrl>, id: &str, download: Option<&Download>) -> [Snippet; 3] {
    let (cells, plain) = (file_url(site, id, OBS_CSV), file_url(site, id, OBS_PLAIN_CSV));
    let (mut python, mut r, mut curl) = (String::new(), String::new(), String::new());
    if let Some(download) = download {
        let (url, name) = (download.url(site, id), download.file_name());
        python += &format!("import scanpy as sc\n\nadata = sc.read(\"{name}\", backup_url=\"{url}\")\n\n");
        r += &format!(
            "download.file(\"{url}\", \"{name}\", mode = \"wb\")\nsce <- zellkonverter::readH5AD(\"{name}\")\n\
             seurat <- Seurat::as.Seurat(sce, counts = NULL, data = \"X\")\n\n"
        );
        curl += &format!("curl -L -o '{name}' '{url}'\n");
    }
    python += &format!(
        "import pandas as pd\n\n\
         cells = pd.read_csv(\"{plain}\", index_col=0, keep_default_na=False, na_values=[\"\"])"
    );
    r += &format!(
        "cells <- read.csv(\"{plain}\", row.names = 1, check.names = FALSE, na.strings = \"\", encoding = \"UTF-8\")"
    );
    curl += &format!("curl -L -O '{cells}'");
    [Snippet { title: "Python", text: python }, Snippet { title: "R", text: r }, Snippet { title: "curl", text: curl }]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn all_is_read_where_the_file_is_there_and_cells_always() {
        let site = SiteUrl::parse("https://example.org/x/").unwrap();
        let file = Download::parse("healthy.h5ad").unwrap();
        let [python, r, curl] = snippets(Some(&site), "lung's", Some(&file)).map(|snippet| snippet.text);
        let url = "https://example.org/x/data/lung%27s";
        assert!(python.contains(&format!("sc.read(\"healthy.h5ad\", backup_url=\"{url}/healthy.h5ad\")")), "{python}");
        assert!(r.contains("readH5AD(\"healthy.h5ad\")"), "{r}");
        assert_eq!(curl, format!("curl -L -o 'healthy.h5ad' '{url}/healthy.h5ad'\ncurl -L -O '{url}/obs.csv'"));
        let [python, ..] = snippets(None, "a", None).map(|snippet| snippet.text);
        assert!(!python.contains("scanpy") && python.contains("\"https://HOST/data/a/obs-plain.csv\""), "{python}");
        let elsewhere = Download::parse("https://zenodo.org/records/1/files/a.h5ad?download=1").unwrap();
        assert_eq!(elsewhere.file_name(), "a.h5ad");
        assert!(elsewhere.url(None, "a").starts_with("https://zenodo.org/"));
    }
}
