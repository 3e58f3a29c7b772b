//! A gene along a dimension: what it adds up to over the cells of each term.

use std::collections::BTreeMap;

use explorer_core::{dataset::Tiles, de::GeneMoments};
use expression::{Dot, Ontology};

use crate::{Corpus, Dimension, Groups, Query, QueryError, Term, Values, query::passing};

impl<T: Tiles> Corpus<T> {
    /// The dots of the first gene of a question over the cells of each term of a dimension that pass its filters, the most
    /// cells that express it first; each dot's tissue is all of these cells that measured the gene.
    ///
    /// # Errors
    /// [`QueryError`]; [`QueryError::Gene`] where no dataset has the gene.
    pub async fn gene_along(
        &self,
        query: &Query,
        dimension: Dimension,
        ontology: &Ontology,
    ) -> Result<Vec<(Term, Dot)>, QueryError<T::Error>> {
        let parts = self.parts_asked(&query.organism)?;
        self.check_filters(&query.organism, &query.filters, &parts, ontology).await?;
        let found = self.genes_asked(&query.genes, &parts).await?;
        if found.genes.is_empty() {
            let gene = query.genes.first().cloned().unwrap_or_default();
            return Err(QueryError::Gene { organism: query.organism.clone(), gene });
        }
        let mut dimensions = vec![dimension];
        dimensions.extend(query.filters.keys());
        let mut sums: BTreeMap<Term, ([u64; 2], GeneMoments)> = BTreeMap::new();
        for &part in &parts {
            let level = self.level_with(part, &dimensions);
            let (groups, values) = (self.groups(part, level).await?, self.values(part).await?);
            let is_taken = passing(&[&query.filters], groups, values, ontology);
            let codes = groups.codes_of(dimension).unwrap_or_default();
            let terms = &values[dimension as usize].terms;
            let mut of_part = vec![([0_u64; 2], GeneMoments::default()); terms.len()];
            let tile = found.numbers_in(part).find(|&(gene, _)| gene == 0).map(|(_, tile)| tile);
            let classes = |groups: &Groups, values: &[Values]| -> Vec<Option<u32>> {
                let is_taken = passing(&[&query.filters], groups, values, ontology);
                let codes = groups.codes_of(dimension).unwrap_or_default();
                codes.iter().zip(is_taken).map(|(&code, is_taken)| is_taken.then_some(code)).collect()
            };
            let presence = self.presence(part).await?;
            for (code, cells) in self.cells_of(part, 0, &classes).await? {
                let n_measured =
                    tile.map_or(0, |gene| presence.n_measured(presence.pattern_of()[gene as usize], &cells));
                of_part[code as usize].0 = [cells.n(), n_measured];
            }
            for (group, moments) in self.moments(part, level, tile.as_slice()).await?.into_iter().flatten() {
                if is_taken[group as usize] {
                    let (_, sum) = &mut of_part[codes[group as usize] as usize];
                    *sum = sum.checked_add(moments).ok_or(QueryError::Overflow)?;
                }
            }
            for (term, ([n_cells, n_measured], moments)) in terms.iter().zip(of_part).filter(|(_, (n, _))| n[0] > 0) {
                let (n, sum) = sums.entry(term.clone()).or_default();
                *n = [n[0] + n_cells, n[1] + n_measured];
                *sum = sum.checked_add(moments).ok_or(QueryError::Overflow)?;
            }
        }
        let n_all = sums.values().map(|([_, n_measured], _)| n_measured).sum();
        let dot = |(term, (n, sum))| (term, Dot::of(sum, n, n_all, self.fixed_point()));
        let mut dots: Vec<(Term, Dot)> = sums.into_iter().map(dot).collect();
        dots.sort_by_key(|(_, dot)| std::cmp::Reverse(dot.n_expressing));
        Ok(dots)
    }
}
