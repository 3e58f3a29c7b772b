//! Markers of a row, and the rows that a gene is a marker of.

use corpus::{
    Dimension, Filters, MarkedRow, MarkerQuery, Query, QueryError, RowMarkers,
    view::{Panel, RowId, View},
};
use explorer_core::{
    dataset::Tiles,
    format::{integer, percent, plural, significant},
    screen::xml_escaped,
};
use expression::{MarkerOptions, N_SHOWN};

use super::{Asked, CorpusAnswer, button, gene_button, genes_together, panel_button};
use crate::table::html_table;

impl<T: Tiles> Asked<'_, T> {
    /// The markers of a row, among the cells that filters leave.
    pub(super) async fn markers(&self, row: &RowId) -> Result<CorpusAnswer, QueryError<T::Error>> {
        let Query { organism, filters, .. } = &self.query;
        let asked = MarkerQuery {
            organism: organism.clone(),
            tissue: row.tissue.clone(),
            filters: narrowed(filters, row),
            cell_type: row.cell_type.clone(),
            options: MarkerOptions::default(),
        };
        let name = self.name(row).await?;
        let mut html = format!("<section><h3>{}</h3>", xml_escaped(&name));
        let found = self.corpus.markers(&asked, self.ontology).await?;
        for RowMarkers { n_cells, markers, .. } in &found {
            let shown = markers.iter().take(N_SHOWN);
            let within = if self.query.filters.is_empty() { "" } else { ", among the cells that filters leave" };
            html += &format!("<p class=\"note\">{} cells{within}</p>", integer(*n_cells));
            html += &genes_together(shown.clone().map(|marker| &marker.gene));
            html += "<p class=\"answer-does\">";
            html += &panel_button(
                Panel::Specific(row.clone()),
                "Genes that are high here and low in every other cell type of the tissue",
                "High here, low elsewhere",
            );
            html += "</p>";
            if markers.is_empty() {
                html += "<p>No gene tells these cells from the other cell types of the tissue well enough.</p>";
                continue;
            }
            let line = |marker: &corpus::GeneMarker| {
                let about = Panel::Gene(marker.gene.id.clone());
                vec![
                    gene_button(&marker.gene),
                    significant(marker.score, 3),
                    significant(marker.specificity, 2),
                    percent(marker.n_expressing as f64 / marker.n_measured as f64),
                    significant(marker.mean, 3),
                    panel_button(about, "What the corpus knows of the gene", "about"),
                ]
            };
            let caption = format!("The first {} of {}", shown.len(), plural(markers.len(), "marker", "markers"));
            let header = ["gene", "effect", "specificity", "expressing", "mean", ""];
            html += &html_table(&caption, &header, shown.map(line));
        }
        html += "</section>";
        let csv = RowMarkers::to_table(&found, &asked, self.manifest()).to_csv();
        Ok(CorpusAnswer { html, figure: None, csv })
    }

    /// The rows that a gene is a marker of.
    pub(super) async fn marker_of(&self, gene: &str) -> Result<CorpusAnswer, QueryError<T::Error>> {
        let query = Query { genes: vec![gene.to_owned()], ..self.query.clone() };
        let options = MarkerOptions::default();
        let found = self.corpus.marked_rows(&query, options, self.ontology).await?;
        let (of, rows) = found
            .genes
            .first()
            .ok_or_else(|| QueryError::Gene { organism: query.organism.clone(), gene: gene.to_owned() })?;
        let about = panel_button(Panel::Gene(of.id.clone()), "What the corpus knows of the gene", &of.symbol);
        let mut html = format!("<section><h3>{about}</h3>");
        if rows.is_empty() {
            html += "<p>It is a marker of no cell type of any tissue, among the cells that filters leave.</p>";
        } else {
            let line = |row: &MarkedRow| {
                let id =
                    RowId { tissue: row.tissue.id.clone(), cell_type: Some(row.cell_type.id.clone()), option: None };
                let markers = View { panel: Some(Panel::Markers(id)), ..View::default() };
                vec![
                    button(&markers, "Its markers", &row.cell_type.label),
                    xml_escaped(&row.tissue.label),
                    significant(row.marker.score, 3),
                    significant(row.marker.specificity, 2),
                    integer(row.n_cells),
                ]
            };
            let caption = format!("A marker of {}", plural(rows.len(), "cell type", "cell types"));
            let header = ["cell type", "tissue", "effect", "specificity", "cells"];
            html += &html_table(&caption, &header, rows.iter().map(line));
        }
        html += "</section>";
        let csv = MarkedRow::to_table(&found.genes, (&query, options), self.manifest()).to_csv();
        Ok(CorpusAnswer { html, figure: None, csv })
    }
}

/// Filters, with what the cells of a row have beside its tissue and cell type.
pub(super) fn narrowed(filters: &Filters, row: &RowId) -> Filters {
    let mut filters = filters.clone();
    if let Some((dimension, id)) = &row.option {
        filters.insert(*dimension, [id.clone()].into());
    }
    filters.remove(&Dimension::Tissue);
    filters
}
