use expression::{DonorInterval, Dot, Quantity};

use super::{AnswerTable, unmeasured};
use crate::{Behind, DonorQuery, Gene, Manifest, Query, RankedRow, Ranking, SpecificGenes, SpecificQuery};

impl Ranking {
    /// A row for each row that expresses each gene, the largest first.
    pub fn to_table(rankings: &[Self], (query, by): (&Query, Quantity), manifest: &Manifest) -> AnswerTable {
        let mut table = AnswerTable::of(manifest, &query.organism, &[("filter", &query.filters)]);
        let by = match by {
            Quantity::Mean => "mean over all cells that measured the gene",
            Quantity::Expression => "mean over cells that express the gene",
            Quantity::Share => "share of cells that express the gene, of those that measured it",
        };
        table.fact("ranked by", by);
        table.sources(manifest, &query.organism);
        let all: Vec<(&Gene, &RankedRow)> =
            rankings.iter().flat_map(|of| of.rows.iter().map(move |row| (&of.gene, row))).collect();
        table.genes(all.iter().map(|(gene, _)| *gene));
        table.terms("tissue", all.iter().map(|(_, row)| Some(&row.tissue)));
        table.terms("cell_type", all.iter().map(|(_, row)| Some(&row.cell_type)));
        table.dots(&all.iter().map(|(_, row)| row.dot).collect::<Vec<Dot>>());
        table
    }
}

impl SpecificGenes {
    /// A row for each gene, that of the largest least effect first.
    pub fn to_table(&self, query: &SpecificQuery, manifest: &Manifest) -> AnswerTable {
        let filters = [("here", &query.here), ("there", &query.there)];
        let mut table = AnswerTable::of(manifest, &query.organism, &filters);
        let asked = query.asked;
        table.fact("cells here", &self.n_here.to_string());
        let there =
            format!("{}; {} with fewer than {} cells left out", self.there.len(), self.n_left_out, query.least_cells);
        table.fact("tissues and cell types there", &there);
        table.fact("share here, at least", &asked.least_share_here.to_string());
        table.fact("share there, at most", &asked.most_share_there.to_string());
        table.fact("Cohen's d, at least", &asked.least_effect.to_string());
        table.fact("genes left out", &unmeasured(self.n_unmeasured, "no tissue and cell type there has measured"));
        table.sources(manifest, &query.organism);
        let genes = || self.genes.iter();
        table.genes(genes().map(|found| &found.gene));
        table.numbers("effect_size", genes().map(|found| found.of.effect));
        table.numbers("fraction_here", genes().map(|found| found.of.share_here));
        table.numbers("fraction_there", genes().map(|found| found.of.share_there));
        table.numbers("mean_here", genes().map(|found| found.of.mean_here));
        table.numbers("mean_there", genes().map(|found| found.of.mean_there));
        table.integers("n_cells_measured_here", genes().map(|found| found.n_measured_here));
        table.integers("n_rows_measured_there", genes().map(|found| found.n_rows_measured as u64));
        table
    }
}

impl Behind {
    /// A row for each donor.
    pub fn to_table(&self, query: &DonorQuery, manifest: &Manifest) -> AnswerTable {
        let filters = [("filter", &query.filters), ("row", &query.row)];
        let mut table = AnswerTable::of(manifest, &query.organism, &filters);
        table.fact("gene", &format!("{} ({})", self.gene.symbol, self.gene.id));
        table.interval("mean over donors", self.mean.as_ref());
        table.interval("mean over donors of cells that express the gene", self.expression.as_ref());
        table.interval("share over donors", self.share.as_ref());
        table.fact("cells of no known donor", &self.n_without_donor.to_string());
        table.sources(manifest, &query.organism);
        table.texts("donor_of", self.donors.iter().map(|donor| donor.donor.of.as_str()));
        table.texts("donor_id", self.donors.iter().map(|donor| donor.donor.id.as_str()));
        let dots = self.donors.iter().map(|donor| &donor.dot);
        table.cells_of(dots.clone());
        table.means_of(dots);
        table
    }
}

impl AnswerTable {
    fn interval(&mut self, name: &str, of: Option<&DonorInterval>) {
        let Some(DonorInterval { n_donors, n_left_out, mean, interval }) = of else { return };
        let ends = interval.map_or_else(String::new, |[low, high]| format!(" (95 % interval {low} to {high})"));
        let left_out = format!("{n_donors} donors; {n_left_out} with too few cells left out");
        self.fact(name, &format!("{mean}{ends}; {left_out}"));
    }
}
