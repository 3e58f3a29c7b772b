//! Two groups of cells compared.

use corpus::{CorpusComparison, QueryError, view::Compared};
use explorer_core::{
    color::Ground,
    dataset::Tiles,
    de::{Design, PseudobulkTable},
    format::{integer, p_value, plural, signed},
    screen::xml_escaped,
    sorting::order_by,
};
use expression::Overlap;

use super::{Asked, CorpusAnswer, gene_button, volcano};
use crate::table::html_table;

/// Genes that are shown of either sign; the file has all.
const MOST_GENES: usize = 100;

/// The adjusted p-value of a difference that is told, at most.
pub(super) const MOST_PVAL: f64 = 0.05;

/// A comparison with the numbers that it is ordered by.
pub(super) struct Outcome<'a> {
    pub(super) of: &'a CorpusComparison,
    /// Tested over donors, where that was asked for and can be.
    donors: Option<&'a PseudobulkTable>,
}

impl<'a> Outcome<'a> {
    pub(super) fn of(found: &'a CorpusComparison) -> Self {
        Self { of: found, donors: found.donors.as_ref().and_then(|donors| donors.as_ref().ok()) }
    }

    /// The decimal logarithms of the p-value and the adjusted one: of the test over donors where there is one.
    pub(super) fn log10_pvals(&self, gene: usize) -> Option<[f64; 2]> {
        match self.donors {
            Some(table) => Some([table.log10_pval[gene], table.log10_pval_adj[gene]]).filter(|p| !p[0].is_nan()),
            None => self.of.cells.tests[gene].map(|test| [test.log10_pval, test.log10_pval_adj]),
        }
    }

    /// Cohen's d over cells.
    pub(super) fn effect(&self, gene: usize) -> f64 {
        self.of.cells.effect_size[gene]
    }

    /// The 95 % confidence interval of the difference between cells, in words; a dash where there is none.
    pub(super) fn interval_text(&self, gene: usize) -> String {
        self.of.cells.interval[gene].map_or_else(|| "–".to_owned(), |ends| ends.map(signed).join(" to "))
    }

    /// Whether the difference is told from none.
    pub(super) fn is_told(&self, gene: usize) -> bool {
        self.log10_pvals(gene).is_some_and(|[_, adjusted]| adjusted <= MOST_PVAL.log10())
    }

    /// Genes that are higher (1) or lower (-1) in the first group, told ones first, by Cohen's d.
    pub(super) fn order(&self, sign: f64) -> Vec<usize> {
        let genes: Vec<usize> = (0..self.of.genes.len()).filter(|&gene| self.effect(gene) * sign > 0.0).collect();
        let order = order_by(genes.len(), |a, b| {
            let [a, b] = [a, b].map(|at| (self.is_told(genes[at]), self.effect(genes[at]) * sign));
            b.0.cmp(&a.0).then(b.1.total_cmp(&a.1))
        });
        order.into_iter().map(|at| genes[at]).collect()
    }
}

impl<T: Tiles> Asked<'_, T> {
    /// The genes that differ between two groups.
    pub(super) async fn compared(&self, of: &Compared, ground: Ground) -> Result<CorpusAnswer, QueryError<T::Error>> {
        let asked = of.query(&self.query.organism);
        let found = self.corpus.compare(&asked, self.ontology).await?;
        let names = [self.side(of, 0).await?, self.side(of, 1).await?];
        let outcome = Outcome::of(&found);
        let [first, second] = found.cells.n_cells.map(integer);
        let overlap = match (found.n_shared, of.overlap) {
            (0, _) => "No cell is in both.".to_owned(),
            (n, Overlap::Keep) => format!("{} cells are in both and count in both.", integer(n)),
            (n, Overlap::TakeFromFirst) => format!("{} cells of both count in group 2 only.", integer(n)),
            (n, Overlap::TakeFromSecond) => format!("{} cells of both count in group 1 only.", integer(n)),
        };
        let unmeasured = match found.n_unmeasured {
            0 => String::new(),
            n => format!("{} left out, which no cell of one group measured. ", plural(n, "gene is", "genes are")),
        };
        let mut html = format!(
            "<section><p><b>Group 1</b>, {first} cells: {}.<br><b>Group 2</b>, {second} cells: {}.</p>\
             <p class=\"note\">{overlap} {unmeasured}{}</p></section>",
            xml_escaped(&names[0]),
            xml_escaped(&names[1]),
            xml_escaped(&tested_over(&found))
        );
        for (title, sign) in [("Higher in group 1", 1.0), ("Higher in group 2", -1.0)] {
            html += &self.higher(&outcome, title, sign);
        }
        let figure = volcano::draw(&outcome, ground);
        Ok(CorpusAnswer { html, figure: Some(figure), csv: found.to_table(&asked, self.manifest()).to_csv() })
    }

    /// What the cells of a group have.
    async fn side(&self, of: &Compared, side: usize) -> Result<String, QueryError<T::Error>> {
        let mut all = Vec::new();
        for (&dimension, ids) in &of.sides[side] {
            let mut labels = Vec::new();
            for id in ids {
                labels.push(self.label(dimension, id).await?);
            }
            all.push(format!("{} {}", dimension.name().replace('_', " "), labels.join(" or ")));
        }
        Ok(if all.is_empty() { "all".to_owned() } else { all.join(", ") })
    }

    fn higher(&self, outcome: &Outcome<'_>, title: &str, sign: f64) -> String {
        let order = outcome.order(sign);
        let n_told = order.iter().filter(|&&gene| outcome.is_told(gene)).count();
        // That of the difference between cells says nothing of donors.
        let is_over_cells = outcome.donors.is_none();
        let line = |gene: usize| {
            let cells = &outcome.of.cells;
            let [pval, adjusted] = outcome.log10_pvals(gene).unwrap_or([f64::NAN; 2]);
            let [first, second] = cells.percentages[gene];
            let mut line = vec![
                gene_button(&outcome.of.genes[gene]),
                signed(cells.effect_size[gene]),
                signed(cells.difference[gene]),
            ];
            line.extend(is_over_cells.then(|| outcome.interval_text(gene)));
            line.extend([format!("{first:.0}"), format!("{second:.0}"), p_value(pval), p_value(adjusted)]);
            line
        };
        let shown = order.iter().take(MOST_GENES);
        let caption = format!(
            "The first {} of {}, of which {} with an adjusted p of at most {MOST_PVAL}",
            shown.len(),
            plural(order.len(), "gene", "genes"),
            integer(n_told as u64)
        );
        let header: &[&str] = if is_over_cells {
            &["gene", "d", "difference", "95 % interval", "% in 1", "% in 2", "p", "adjusted p"]
        } else {
            &["gene", "d", "difference", "% in 1", "% in 2", "p", "adjusted p"]
        };
        format!("<section><h3>{title}</h3>{}</section>", html_table(&caption, header, shown.map(|&gene| line(gene))))
    }
}

/// What p-values are of.
fn tested_over(found: &CorpusComparison) -> String {
    let cells = "Welch’s test over cells, p adjusted by Benjamini-Hochberg; it counts every cell as independent, which the \
                 cells of one donor are not.";
    match &found.donors {
        None => cells.to_owned(),
        Some(Err(error)) => format!("Donors cannot be compared: {error}. {cells}"),
        Some(Ok(table)) => {
            let n_group = table.n_group;
            let design = match table.design {
                Design::Paired => format!("Paired test over {n_group} donors"),
                Design::Unpaired => {
                    format!("Welch’s test over {n_group} donors against {}", table.samples.len() - n_group)
                }
            };
            format!("{design}, p adjusted by Benjamini-Hochberg; d is over cells.")
        }
    }
}

/// What decides between the tests of a comparison.
pub(super) fn title(found: &CorpusComparison) -> &'static str {
    match &found.donors {
        Some(Ok(_)) => "−log10 p over donors",
        Some(Err(_)) | None => "−log10 p over cells",
    }
}
