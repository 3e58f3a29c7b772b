//! The datasets that the cells of a view come from.

use std::collections::BTreeMap;

use corpus::{Corpus, Dimension, view::View};
use explorer_core::{
    csv::{push_field, push_number},
    dataset::Tiles,
    format::{integer, plural},
    screen::xml_escaped,
};
use expression::Ontology;

use super::{CorpusAnswer, CorpusAnswerError};

/// Every dataset of the organism: its cells that filters leave, those that the corpus took, what it is and how to cite it.
pub(super) async fn answer<T: Tiles>(
    corpus: &Corpus<T>,
    ontology: &Ontology,
    view: &View,
) -> Result<CorpusAnswer, CorpusAnswerError<T::Error>> {
    let query = view.query("");
    let manifest = corpus.manifest();
    let options = corpus.options(&query, ontology).await?;
    // The options of a dimension are those that its own filter does not narrow.
    let chosen = query.filters.get(&Dimension::Dataset);
    let counted = options.get(&Dimension::Dataset).into_iter().flatten();
    let left: BTreeMap<&str, u64> = counted
        .filter(|(term, _)| chosen.is_none_or(|chosen| chosen.contains(&term.id)))
        .map(|(term, n_cells)| (term.id.as_str(), *n_cells))
        .collect();
    let of_organism = manifest.sources.iter().filter(|source| source.organism == query.organism);
    let mut sources: Vec<_> = of_organism.map(|source| (left.get(source.id.as_str()).copied(), source)).collect();
    // Stable: of equal numbers by id.
    sources.sort_by_key(|(left, _)| std::cmp::Reverse(left.unwrap_or_default()));

    let n_left: u64 = left.values().sum();
    let mut html = format!(
        "<p class=\"note\">{} of {} from {} of the organism's {}.</p><ul class=\"sources\">",
        integer(n_left),
        plural(n_left as usize, "cell", "cells"),
        left.len(),
        plural(sources.len(), "dataset", "datasets"),
    );
    let mut csv = String::new();
    corpus::provenance(&mut csv, &query, manifest);
    csv.push_str("dataset_id,title,citation,file,n_cells_shown,n_cells_of_corpus,n_cells_of_file,counts\n");
    for (left, source) in sources {
        let left = left.unwrap_or_default();
        let title = source.title.as_deref().unwrap_or(&source.id);
        let [id, title, file] = [&source.id, title, &source.file].map(xml_escaped);
        html.push_str(&format!("<li><h3><a data-dataset=\"{id}\" title=\"{id}\">{title}</a></h3><dl>"));
        let numbers = [
            ("Cells shown", u64::from(left)),
            ("Cells in the corpus", source.n_cells.into()),
            ("Cells in the file", source.n_obs.into()),
        ];
        for (name, number) in numbers {
            html.push_str(&format!("<div><dt>{name}</dt><dd>{}</dd></div>", integer(number)));
        }
        html.push_str(&format!("<div><dt>File</dt><dd class=\"ellipsis\">{file}</dd></div></dl>"));
        if let Some(citation) = &source.citation {
            html.push_str(&format!("<p class=\"note\">{}</p>", linked(citation)));
        }
        html.push_str("</li>");
        let citation = source.citation.as_deref().unwrap_or_default();
        for text in [&source.id, source.title.as_deref().unwrap_or_default(), citation, &source.file] {
            push_field(&mut csv, text);
            csv.push(',');
        }
        for number in [left, source.n_cells.into(), source.n_obs.into()] {
            push_number(&mut csv, number as f64);
            csv.push(',');
        }
        push_field(&mut csv, &source.matrix);
        csv.push('\n');
    }
    html.push_str("</ul>");
    Ok(CorpusAnswer { html, figure: None, csv })
}

/// A citation whose addresses and DOIs are links.
fn linked(citation: &str) -> String {
    let word = |word: &str| {
        // What ends a sentence is not part of an address.
        let bare = word.trim_end_matches(['.', ',', ';', ')']);
        let rest = xml_escaped(&word[bare.len()..]);
        let bare_escaped = xml_escaped(bare);
        let doi = bare.strip_prefix("doi:").unwrap_or(bare);
        let address = match () {
            () if bare.starts_with("https://") => bare_escaped.clone(),
            () if doi.starts_with("10.") && doi.contains('/') => format!("https://doi.org/{}", xml_escaped(doi)),
            () => return format!("{bare_escaped}{rest}"),
        };
        format!("<a href=\"{address}\" target=\"_blank\" rel=\"noopener noreferrer\">{bare_escaped}</a>{rest}")
    };
    citation.split(' ').map(word).collect::<Vec<_>>().join(" ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_citation_leads_to_what_it_names_and_nowhere_else() {
        let link = |address: &str, text: &str| {
            format!("<a href=\"{address}\" target=\"_blank\" rel=\"noopener noreferrer\">{text}</a>")
        };
        let cited = linked("A <b> et al. (2024), doi:10.1000/a.b. See https://example.org/x.");
        let (doi, page) = (link("https://doi.org/10.1000/a.b", "doi:10.1000/a.b"), link("https://example.org/x", "https://example.org/x"));
        assert_eq!(cited, format!("A &lt;b&gt; et al. (2024), {doi}. See {page}."));
        assert_eq!(linked("javascript:alert(1) 10.5 \"'"), "javascript:alert(1) 10.5 &quot;'");
    }
}
