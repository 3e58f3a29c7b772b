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
        let fixed = fixed_point(manifest);
        let mut rows: Vec<(&DotRow, &Gene, &GeneMoments)> = Vec::new();
        let mut dots: Vec<Dot> = Vec::new();
        for of_tissue in self.rows.chunk_by(|a, b| a.tissue.id == b.tissue.id) {
            for row in of_tissue {
                rows.extend(self.genes.iter().zip(&row.moments).map(|(gene, moments)| (row, gene, moments)));
                dots.extend((0..self.genes.len()).map(|gene| row.dot(gene, &of_tissue[0], fixed)));
            }
        }
        table.terms("tissue", rows.iter().map(|(row, ..)| Some(&row.tissue)));
        table.terms("cell_type", rows.iter().map(|(row, ..)| row.cell_type.as_ref()));
        if let Some(by) = query.group_by {
            table.terms(by.name(), rows.iter().map(|(row, ..)| row.option.as_ref()));
        }
        table.genes(rows.iter().map(|(_, gene, _)| *gene));
        table.dots(&dots);
        table.numbers("sum", dots.iter().map(|dot| dot.sum));
        table.numbers("sum_of_squares", rows.iter().map(|(_, _, moments)| sum_sq(moments, fixed)));
        table
    }
}
