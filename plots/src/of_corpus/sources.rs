//! The datasets that the cells of a view come from.

use corpus::{QueryError, ShownSource, Source};
use explorer_core::{
    dataset::Tiles,
    format::{integer, plural},
    screen::xml_escaped,
};
use shared_fbs::dataset_id::name_of;

use super::{Asked, CorpusAnswer};

impl<T: Tiles> Asked<'_, T> {
    /// Every dataset of the organism: its cells that filters leave, those that the corpus took, what it is and how to cite it.
    pub(super) async fn sources(&self) -> Result<CorpusAnswer, QueryError<T::Error>> {
        let options = self.corpus.options(&self.query, self.ontology).await?;
        let sources = ShownSource::all(&self.query, &options, self.manifest());
        let n_left: u64 = sources.iter().map(|shown| shown.n_shown).sum();
        let n_with_cells = sources.iter().filter(|shown| shown.n_shown > 0).count();
        let least_genes = self.manifest().profile.least_genes;
        let is_served = sources.iter().any(|shown| self.served.contains_key(name_of(&shown.source.id)));
        let explorer = if is_served && least_genes > 0 {
            format!(
                " Titles lead to the Explorer with these cells selected; cells with counts of fewer than {least_genes} genes, \
                 which the corpus leaves out, are selected there, too."
            )
        } else {
            String::new()
        };
        let mut html = format!(
            "<p class=\"note\">{} of {}, of {} of {} in the corpus.{explorer}</p><ul class=\"sources\">",
            plural(n_left as usize, "cell", "cells"),
            plural(n_with_cells, "dataset", "datasets"),
            sources.len(),
            corpus::organism_label(&self.query.organism),
        );
        for ShownSource { source, n_shown } in &sources {
            html += &item(&self.dataset(&source.id, None).await?, *n_shown, source);
        }
        html += "</ul>";
        let csv = ShownSource::to_table(&sources, &self.query, self.manifest()).to_csv();
        Ok(CorpusAnswer { html, figure: None, csv })
    }
}

/// A dataset of which some cells are left.
fn item(title: &str, n_shown: u64, source: &Source) -> String {
    let mut html = format!("<li><h3>{title}</h3><dl>");
    let numbers = [
        ("Cells shown", n_shown),
        ("Cells in the corpus", source.n_cells.into()),
        ("Cells in the file", source.n_obs.into()),
    ];
    for (name, number) in numbers {
        html += &format!("<div><dt>{name}</dt><dd>{}</dd></div>", integer(number));
    }
    html += &format!("<div><dt>File</dt><dd class=\"ellipsis\">{}</dd></div></dl>", xml_escaped(&source.file));
    if let Some(citation) = &source.citation {
        html += &format!("<p class=\"note\">{}</p>", linked(citation));
    }
    html + "</li>"
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
        let (doi, page) = (
            link("https://doi.org/10.1000/a.b", "doi:10.1000/a.b"),
            link("https://example.org/x", "https://example.org/x"),
        );
        assert_eq!(cited, format!("A &lt;b&gt; et al. (2024), {doi}. See {page}."));
        assert_eq!(linked("javascript:alert(1) 10.5 \"'"), "javascript:alert(1) 10.5 &quot;'");
    }
}
