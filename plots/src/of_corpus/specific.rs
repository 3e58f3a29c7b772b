//! Genes that are high in a row and low in every other of its tissue.

use corpus::{Dimension, Filters, QueryError, SpecificFound, SpecificGenes, SpecificQuery, view::RowId};
use explorer_core::{
    dataset::Tiles,
    format::{integer, percent, plural, significant},
    screen::xml_escaped,
};
use expression::Specificity;

use super::{Asked, CorpusAnswer, gene_button, genes_together, markers::narrowed};
use crate::table::html_table;

/// Genes that are shown; the file has all.
const MOST_GENES: usize = 50;

impl<T: Tiles> Asked<'_, T> {
    /// The genes that are high in a row, and low in every other cell type of its tissue.
    pub(super) async fn specific(&self, row: &RowId) -> Result<CorpusAnswer, QueryError<T::Error>> {
        let mut there = narrowed(&self.query.filters, row);
        there.remove(&Dimension::CellType);
        let tissue = Filters::from([(Dimension::Tissue, [row.tissue.clone()].into())]);
        there.extend(tissue);
        let mut here = there.clone();
        here.extend(row.filters());
        let asked = SpecificQuery {
            organism: self.query.organism.clone(),
            here,
            there,
            least_cells: self.query.least_cells,
            asked: Specificity::default(),
        };
        let found = self.corpus.specific_genes(&asked, self.ontology).await?;
        let csv = found.to_table(&asked, self.manifest()).to_csv();
        let SpecificGenes { n_here, there, n_left_out, genes, n_unmeasured } = found;
        let name = self.name(row).await?;
        let Specificity { least_share_here, most_share_there, least_effect } = asked.asked;
        let left_out = match n_left_out {
            0 => String::new(),
            n => format!("; {} with fewer cells left out", integer(n as u64)),
        };
        let unmeasured = match n_unmeasured {
            0 => String::new(),
            n => format!(" {} left out, which none of these measured.", plural(n, "gene is", "genes are")),
        };
        let mut html = format!(
            "<section><h3>{}</h3><p class=\"note\">Expressed by {} or more of its {} cells, by at most {} of the cells of \
             each of {} of the tissue, Cohen’s d {least_effect} or more against each{left_out}.{unmeasured}</p>",
            xml_escaped(&name),
            percent(least_share_here),
            integer(n_here),
            percent(most_share_there),
            plural(there.len(), "other cell type", "other cell types"),
        );
        let shown = genes.iter().take(MOST_GENES);
        if genes.is_empty() {
            html += "<p>There is no such gene.</p>";
        } else {
            html += &genes_together(shown.clone().map(|found| &found.gene));
            let n_there = there.len();
            let line = |SpecificFound { gene, of, n_rows_measured, .. }: &SpecificFound| {
                vec![
                    gene_button(gene),
                    significant(of.effect, 3),
                    percent(of.share_here),
                    percent(of.share_there),
                    significant(of.mean_here, 3),
                    significant(of.mean_there, 3),
                    format!("{n_rows_measured} of {n_there}"),
                ]
            };
            let caption = format!("The first {} of {}", shown.len(), plural(genes.len(), "gene", "genes"));
            let header =
                ["gene", "least d", "here", "most there", "mean here", "most there", "cell types that measured it"];
            html += &html_table(&caption, &header, shown.map(line));
        }
        html += "</section>";
        Ok(CorpusAnswer { html, figure: None, csv })
    }
}
