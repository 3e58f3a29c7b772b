//! The donors behind a dot.

use corpus::{Behind, DonorDot, DonorQuery, QueryError, view::RowId};
use explorer_core::{
    dataset::Tiles,
    de::LEAST_CELLS,
    format::{integer, percent, plural, significant},
    screen::xml_escaped,
};
use expression::DonorInterval;

use super::{
    Asked, CorpusAnswer,
    gene::{measured, share_of},
};
use crate::table::html_table;

/// What a quantity over donors is called, its mean and interval, and how it is written.
type Quantity = (&'static str, Option<DonorInterval>, fn(f64) -> String);

impl<T: Tiles> Asked<'_, T> {
    /// Each donor's part of a dot, and what donors come to when each counts once.
    pub(super) async fn donors(&self, row: &RowId, gene: &str) -> Result<CorpusAnswer, QueryError<T::Error>> {
        let asked = DonorQuery {
            organism: self.query.organism.clone(),
            gene: gene.to_owned(),
            filters: self.query.filters.clone(),
            row: row.filters(),
        };
        let found = self.corpus.donors_behind(&asked, self.ontology).await?;
        let csv = found.to_table(&asked, self.manifest()).to_csv();
        let Behind { gene, donors, n_without_donor, mean, expression, share } = found;
        let name = self.name(row).await?;
        let mut html = format!("<section><h3>{} in {}</h3>", xml_escaped(&gene.symbol), xml_escaped(&name));
        let number = |value: f64| significant(value, 3);
        let quantities: [Quantity; 3] = [
            ("mean of all cells", mean, number),
            ("expression", expression, number),
            ("share expressing", share, percent),
        ];
        let line = |(what, of, text): &Quantity| {
            let Some(of) = of else { return vec![(*what).to_owned(), String::new(), String::new(), "0".to_owned()] };
            let interval = of.interval.map(|[low, high]| format!("{} to {}", text(low), text(high)));
            vec![
                (*what).to_owned(),
                text(of.mean),
                interval.unwrap_or_else(|| "one donor has none".to_owned()),
                integer(of.n_donors as u64),
            ]
        };
        let caption = format!("Over donors of {LEAST_CELLS} cells or more that measured the gene, each counting once");
        html += &html_table(&caption, &["", "mean", "95 % interval", "donors"], quantities.iter().map(line));
        let line = |DonorDot { donor, dot }: &DonorDot| {
            vec![
                xml_escaped(&donor.id),
                xml_escaped(&donor.of),
                dot.mean().map(number).unwrap_or_default(),
                dot.expression().map(number).unwrap_or_default(),
                share_of(dot),
                measured(dot),
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
        Ok(CorpusAnswer { html, figure: None, csv })
    }
}
