//! The donors behind a dot.

use corpus::{Behind, DonorDot, DonorQuery, QueryError, view::RowId};
use explorer_core::{
    dataset::Tiles,
    format::{integer, percent, plural, significant},
    screen::xml_escaped,
};
use expression::DonorInterval;

use super::{Asked, CorpusAnswer, markers::ids};
use crate::table::html_table;

impl<T: Tiles> Asked<'_, T> {
    /// Each donor's part of a dot, and what donors come to when each counts once.
    pub(super) async fn donors(&self, row: &RowId, gene: &str) -> Result<CorpusAnswer, QueryError<T::Error>> {
        let asked = DonorQuery {
            organism: self.query.organism.clone(),
            gene: gene.to_owned(),
            filters: self.query.filters.clone(),
            row: row.filters(),
        };
        let Behind { gene, donors, n_without_donor, mean, expression, share } =
            self.corpus.donors_behind(&asked, self.ontology).await?;
        let name = self.name(row).await?;
        let mut html = format!("<section><h3>{} in {}</h3>", xml_escaped(&gene.symbol), xml_escaped(&name));
        let number = |value: f64| significant(value, 3);
        let quantities: [(&str, Option<DonorInterval>, fn(f64) -> String); 3] =
            [("mean of all cells", mean, number), ("expression", expression, number), ("share expressing", share, percent)];
        let line = |(what, of, text): &(&str, Option<DonorInterval>, fn(f64) -> String)| {
            let Some(of) = of else { return vec![(*what).to_owned(), String::new(), String::new(), "0".to_owned()] };
            let interval = of.interval.map(|[low, high]| format!("{} to {}", text(low), text(high)));
            vec![
                (*what).to_owned(),
                text(of.mean),
                interval.unwrap_or_else(|| "one donor has none".to_owned()),
                integer(of.n_donors as u64),
            ]
        };
        let caption = "Over donors, each counting once";
        html += &html_table(caption, &["", "mean", "95 % interval", "donors"], quantities.iter().map(line));
        let line = |DonorDot { donor, dot }: &DonorDot| {
            vec![
                xml_escaped(&donor.id),
                xml_escaped(&donor.of),
                number(dot.mean()),
                dot.expression().map(number).unwrap_or_default(),
                percent(dot.share()),
                integer(dot.n_cells),
            ]
        };
        let unknown = match n_without_donor {
            0 => String::new(),
            n => format!("; {} cells are of no known donor", integer(n)),
        };
        let caption = format!("{}{unknown}", plural(donors.len(), "donor", "donors"));
        let header = ["donor", "of", "mean", "expression", "expressing", "cells"];
        html += &html_table(&caption, &header, donors.iter().map(line));
        html += "</section>";
        let rows = donors.iter().map(|DonorDot { donor, dot }| {
            let numbers = [dot.mean(), dot.expression().unwrap_or(f64::NAN), dot.share()].map(Into::into);
            let counts = [dot.n_expressing, dot.n_cells].map(Into::into);
            [&donor.id, &donor.of].into_iter().map(Into::into).chain(numbers).chain(counts).collect()
        });
        let facts = [
            ("gene", format!("{} ({})", gene.symbol, gene.id)),
            ("cells of", format!("{name} ({})", ids(row))),
            ("cells of no known donor", n_without_donor.to_string()),
        ];
        let header = "donor,publication_or_dataset,mean,mean_expressing,fraction,n_expressing,n_cells";
        Ok(CorpusAnswer { html, figure: None, csv: self.csv(&facts, header, rows) })
    }
}
