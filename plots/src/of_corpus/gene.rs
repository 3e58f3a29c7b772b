//! What a corpus knows of a gene: the cell types that express it most, over all tissues, and its datasets.

use corpus::{
    Dimension, Gene, Least, Query, QueryError, RankedRow, Ranking,
    view::{Panel, RowId, View, measured_in},
};
use explorer_core::{
    dataset::Tiles,
    format::{integer, percent, plural, significant},
    screen::xml_escaped,
};
use expression::{Dot, Quantity};

use super::{Asked, CorpusAnswer, button, panel_button};
use crate::table::html_table;

/// Cell types that are shown; the file has all.
const MOST_ROWS: usize = 50;

impl<T: Tiles> Asked<'_, T> {
    /// The cell types of all tissues that express a gene most, and the datasets whose cells express it.
    pub(super) async fn gene(&self, gene: &str) -> Result<CorpusAnswer, QueryError<T::Error>> {
        let query = Query { genes: vec![gene.to_owned()], ..self.query.clone() };
        let least = Least { cells: query.least_cells, ..Least::default() };
        let ranking = self.corpus.rankings(&query, Quantity::Mean, least, self.ontology).await?.genes.pop();
        let ranking =
            ranking.ok_or_else(|| QueryError::Gene { organism: query.organism.clone(), gene: gene.to_owned() })?;
        let datasets = self.corpus.gene_along(&query, Dimension::Dataset, self.ontology).await?;
        let of = &ranking.gene;
        let mut html = heading(of);
        let row = |ranked: &RankedRow| {
            let RankedRow { tissue, cell_type, dot, value } = ranked;
            let id = RowId { tissue: tissue.id.clone(), cell_type: Some(cell_type.id.clone()), option: None };
            let opens = View { expanded: [tissue.id.clone()].into(), genes: vec![of.id.clone()], ..View::default() };
            vec![
                button(&opens, "Show the tissue's dots", &cell_type.label),
                xml_escaped(&tissue.label),
                significant(*value, 3),
                share_of(dot),
                measured(dot),
                panel_button(Panel::Donors(id, of.id.clone()), "The donors behind it", "donors"),
            ]
        };
        let n_rows = ranking.rows.len();
        let caption = format!(
            "Highest mean over all cells that measured it: the first {} of {} (rows of {} cells or more, {} of which express it)",
            n_rows.min(MOST_ROWS),
            plural(n_rows, "row", "rows"),
            least.cells,
            least.expressing
        );
        let header = ["cell type", "tissue", "mean", "expressing", "cells", ""];
        html += "<section><h3>Where it is expressed most</h3>";
        html += &html_table(&caption, &header, ranking.rows.iter().take(MOST_ROWS).map(row));
        html += "</section><section><h3>Datasets</h3>";
        let mut lines = Vec::new();
        for (dataset, dot) in &datasets {
            lines.push(vec![
                self.dataset(&dataset.id, Some(of)).await?,
                integer(dot.n_expressing),
                share_of(dot),
                measured(dot),
            ]);
        }
        let caption = "Cells that filters leave, and those that express it";
        html += &html_table(caption, &["dataset", "expressing", "share", "cells"], lines);
        html += "</section>";
        let csv = Ranking::to_table(std::slice::from_ref(&ranking), (&query, Quantity::Mean), self.manifest()).to_csv();
        Ok(CorpusAnswer { html, figure: None, csv })
    }
}

/// The share of cells that express a gene.
pub(super) fn share_of(dot: &Dot) -> String {
    dot.share().map_or_else(|| "not measured".to_owned(), percent)
}

/// How many cells there are, and how many of them measured the gene where not all did.
pub(super) fn measured(dot: &Dot) -> String {
    match measured_in(dot) {
        told if told.is_empty() => integer(dot.n_cells),
        told => told,
    }
}

/// The gene, with what else is asked of it.
fn heading(gene: &Gene) -> String {
    let [id, symbol] = [&gene.id, &gene.symbol].map(|text| xml_escaped(text));
    let ensembl = if gene.id.starts_with("ENS") {
        format!("<a href=\"https://www.ensembl.org/id/{id}\" target=\"_blank\" rel=\"noopener noreferrer\">{id}</a>")
    } else {
        id.clone()
    };
    let marker_of = panel_button(
        Panel::MarkerOf(gene.id.clone()),
        "The cell types that it is a marker of",
        "Cell types it is a marker of",
    );
    let adds = View { genes: vec![gene.id.clone()], ..View::default() };
    let add = button(&adds, &format!("{}: press to add it to the dots", gene.id), "Add to the dots");
    format!(
        "<section><h3>{symbol}</h3><p class=\"note\">{ensembl}</p><p class=\"answer-does\">{add}{marker_of}</p></section>"
    )
}
