use expression::{MarkerOptions, Measure};

use super::AnswerTable;
use crate::{Gene, GeneMarker, Manifest, MarkedRow, MarkerQuery, Query, RowMarkers};

impl RowMarkers {
    /// A row for each marker of each cell type, best first.
    pub fn to_table(rows: &[Self], query: &MarkerQuery, manifest: &Manifest) -> AnswerTable {
        let mut table = AnswerTable::of(manifest, &query.organism, &[("filter", &query.filters)]);
        table.fact("tissue", &query.tissue);
        table.marker_options(query.options);
        table.sources(manifest, &query.organism);
        let all: Vec<(&Self, &GeneMarker)> =
            rows.iter().flat_map(|row| row.markers.iter().map(move |marker| (row, marker))).collect();
        table.terms("cell_type", all.iter().map(|(row, _)| Some(&row.cell_type)));
        table.markers(all.iter().map(|&(row, marker)| (row.n_cells, marker)));
        table
    }
}

impl MarkedRow {
    /// A row for each row that each gene is a marker of, those of the largest score first.
    pub fn to_table(
        genes: &[(Gene, Vec<Self>)],
        (query, options): (&Query, MarkerOptions),
        manifest: &Manifest,
    ) -> AnswerTable {
        let mut table = AnswerTable::of(manifest, &query.organism, &[("filter", &query.filters)]);
        table.marker_options(options);
        table.sources(manifest, &query.organism);
        let all: Vec<&Self> = genes.iter().flat_map(|(_, rows)| rows).collect();
        table.terms("tissue", all.iter().map(|row| Some(&row.tissue)));
        table.terms("cell_type", all.iter().map(|row| Some(&row.cell_type)));
        table.markers(all.iter().map(|row| (row.n_cells, &row.marker)));
        table
    }
}

impl AnswerTable {
    fn marker_options(&mut self, options: MarkerOptions) {
        let measure = match options.measure {
            Measure::CohensD => "Cohen's d over all cells that measured the gene",
            Measure::WelchT => "t of Welch's test",
        };
        self.fact("effect", measure);
        self.fact("score", &format!("percentile {} over other types, of bootstrap samples", options.percentile));
        self.fact("score of markers over", &options.least_score.to_string());
        self.fact("cells that express a marker, at least", &options.least_expressing.to_string());
    }

    fn markers<'a>(&mut self, markers: impl Iterator<Item = (u64, &'a GeneMarker)> + Clone) {
        self.genes(markers.clone().map(|(_, marker)| &marker.gene));
        self.numbers("score", markers.clone().map(|(_, marker)| marker.score));
        self.numbers("specificity", markers.clone().map(|(_, marker)| marker.specificity));
        self.integers("n_cells", markers.clone().map(|(n_cells, _)| n_cells));
        self.integers("n_cells_measured", markers.clone().map(|(_, marker)| marker.n_measured));
        self.integers("n_expressing", markers.clone().map(|(_, marker)| marker.n_expressing));
        self.numbers("mean", markers.map(|(_, marker)| marker.mean));
    }
}
