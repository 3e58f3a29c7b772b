use explorer_core::de::{Design, PseudobulkTable};
use expression::Overlap;

use super::{AnswerTable, unmeasured};
use crate::{CompareQuery, CorpusComparison, Manifest};

impl CorpusComparison {
    /// A row for each gene, the largest t first; over donors where these are compared, else over cells.
    pub fn to_table(&self, query: &CompareQuery, manifest: &Manifest) -> AnswerTable {
        let filters = [("group", &query.group), ("reference", &query.reference)];
        let mut table = AnswerTable::of(manifest, &query.organism, &filters);
        for (name, n_cells) in ["group", "reference"].into_iter().zip(self.cells.n_cells) {
            table.fact(&format!("cells in the {name}"), &n_cells.to_string());
        }
        let overlap = match query.overlap {
            Overlap::Keep => "count in both",
            Overlap::TakeFromFirst => "count in the reference only",
            Overlap::TakeFromSecond => "count in the group only",
        };
        table.fact("cells in both", &format!("{}; they {overlap}", self.n_shared));
        let by_donor = self.donors.as_ref().and_then(|donors| donors.as_ref().ok());
        match by_donor {
            None => table.fact("test", "Welch's t-test between cells"),
            Some(donors) => table.donors(donors),
        }
        table.fact("adjustment", "Benjamini-Hochberg");
        table.fact("genes left out", &unmeasured(self.n_unmeasured, "one of the two has not measured"));
        table.sources(manifest, &query.organism);
        let t = |gene: usize| match by_donor {
            // Too few donors may have measured it.
            Some(donors) => Some(donors.score[gene]).filter(|t| !t.is_nan()).unwrap_or_default(),
            None => self.cells.tests[gene].map_or(0.0, |test| test.t),
        };
        let mut order: Vec<usize> = (0..self.genes.len()).collect();
        order.sort_by(|&a, &b| t(b).total_cmp(&t(a)));
        let order = || order.iter().copied();
        let cells = &self.cells;
        table.genes(order().map(|gene| &self.genes[gene]));
        let tested = |value: fn(&expression::Tested) -> f64| {
            order()
                .map(move |gene| cells.tests[gene].as_ref().map_or(f64::NAN, value))
                .collect::<Vec<f64>>()
                .into_iter()
        };
        match by_donor {
            Some(donors) => {
                for (name, column) in [
                    ("score", &donors.score),
                    ("mean_difference", &donors.difference),
                    ("pval", &donors.pval),
                    ("pval_adj", &donors.pval_adj),
                    ("df", &donors.df),
                    ("log10_pval", &donors.log10_pval),
                ] {
                    table.numbers(name, order().map(|gene| column[gene]));
                }
                if donors.design == Design::Paired {
                    table.integers("donors_agreeing", order().map(|gene| donors.n_agreeing[gene].into()));
                }
            }
            None => {
                table.numbers("score", tested(|test| test.t));
                table.numbers("mean_difference", order().map(|gene| cells.difference[gene]));
                table.numbers("pval", tested(|test| test.pval));
                table.numbers("pval_adj", tested(|test| test.pval_adj));
                table.numbers("df", tested(|test| test.df));
                table.numbers("log10_pval", tested(|test| test.log10_pval));
                for (at, name) in ["ci_low", "ci_high"].into_iter().enumerate() {
                    table.numbers(name, order().map(|gene| cells.interval[gene].map_or(f64::NAN, |ends| ends[at])));
                }
            }
        }
        table.numbers("effect_size", order().map(|gene| cells.effect_size[gene]));
        table.numbers("log2_fold_change", order().map(|gene| cells.log2_fold_change(gene)));
        for (side, name) in ["group", "reference"].into_iter().enumerate() {
            table.integers(&format!("n_cells_measured_{name}"), order().map(|gene| cells.n_measured[gene][side]));
            table.numbers(&format!("mean_{name}"), order().map(|gene| cells.means[gene][side]));
            table.numbers(&format!("pct_{name}"), order().map(|gene| cells.percentages[gene][side]));
        }
        table
    }
}

impl AnswerTable {
    fn donors(&mut self, donors: &PseudobulkTable) {
        let (of_group, of_reference) = donors.samples.split_at(donors.n_group);
        match donors.design {
            Design::Paired => {
                self.fact("test", "paired t-test of the donors' means");
                self.fact("donors", &of_group.join(", "));
            }
            Design::Unpaired => {
                self.fact("test", "Welch's t-test between the donors' means");
                self.fact("donors in the group", &of_group.join(", "));
                self.fact("donors in the reference", &of_reference.join(", "));
            }
        }
        self.fact("left out", &donors.caution().unwrap_or_default());
    }
}
