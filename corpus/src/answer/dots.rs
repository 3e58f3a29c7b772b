use explorer_core::de::GeneMoments;
use expression::Dot;

use super::{AnswerTable, name_of};
use crate::{
    DotPlot, DotRow, Gene, Manifest, Query,
    value::{fixed_point, sum_sq},
};

impl DotPlot {
    /// A row for each gene of each row.
    pub fn to_table(&self, query: &Query, manifest: &Manifest) -> AnswerTable {
        let mut table = AnswerTable::of(manifest, &query.organism, &[("filter", &query.filters)]);
        table.fact("grouped by", name_of(query.group_by));
        table.sources(manifest, &query.organism);
        table.fact("unknown genes", &self.unknown.join(", "));
        let mut n_tissue = 0;
        let mut rows: Vec<(&DotRow, &Gene, &GeneMoments, u64)> = Vec::new();
        for row in &self.rows {
            if row.cell_type.is_none() {
                n_tissue = row.n_cells;
            }
            let of_gene = |(gene, moments)| (row, gene, moments, n_tissue);
            rows.extend(self.genes.iter().zip(&row.moments).map(of_gene));
        }
        table.terms("tissue", rows.iter().map(|(row, ..)| Some(&row.tissue)));
        table.terms("cell_type", rows.iter().map(|(row, ..)| row.cell_type.as_ref()));
        if let Some(by) = query.group_by {
            table.terms(by.name(), rows.iter().map(|(row, ..)| row.option.as_ref()));
        }
        table.genes(rows.iter().map(|(_, gene, ..)| *gene));
        let fixed = fixed_point(manifest);
        let dots: Vec<Dot> =
            rows.iter().map(|&(row, _, moments, n)| Dot::of(*moments, row.n_cells, n, fixed)).collect();
        table.dots(&dots);
        table.numbers("sum", dots.iter().map(|dot| dot.sum));
        table.numbers("sum_of_squares", rows.iter().map(|(_, _, moments, _)| sum_sq(moments, fixed)));
        table
    }
}
