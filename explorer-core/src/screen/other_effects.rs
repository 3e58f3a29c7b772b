//! The effects of genes in another comparison, held against those of one.

use super::extent::effect_extent;
use crate::{
    csv::{push_field, push_number},
    data::{GeneIdx, GeneNames},
    de::DeTable,
};

/// What is known of a table's genes in another comparison: one per gene of the table, not a number for those that the other
/// does not have.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct OtherEffects {
    /// The size of the effect.
    pub effect: Vec<f64>,
    /// The decimal logarithm of the adjusted p-value.
    pub log10_pval_adj: Vec<f64>,
    /// Where the axis of these effects ends, above and below 0.
    pub extent: f64,
}

/// In which of two comparisons a gene is significant.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Standing {
    /// In neither.
    Neither,
    /// In the one alone.
    This,
    /// In the other alone.
    Other,
    /// In both.
    Both,
}

/// How two comparisons agree over the genes that both have.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Agreement {
    /// Genes significant in the one alone, in the other alone, in both.
    pub n_genes: [usize; 3],
    /// Those significant in both whose effects have the same sign.
    pub n_same_sign: usize,
    /// Pearson's correlation of the effects of those significant in either; `None` where it has none.
    pub correlation: Option<f64>,
}

impl Standing {
    /// How files and the page call it.
    pub fn name(self) -> &'static str {
        match self {
            Self::Neither => "neither",
            Self::This => "this",
            Self::Other => "other",
            Self::Both => "both",
        }
    }
}

impl OtherEffects {
    /// The effects of the genes of `names` in another table, whose genes are called `other_names`; by id.
    pub fn new(names: &GeneNames, other: &DeTable, other_names: &GeneNames) -> Self {
        let place = |id: &String| other_names.position(id).filter(|&gene| gene < other.len());
        let places: Vec<Option<usize>> = names.ids().iter().map(place).collect();
        let of = |column: &[f64]| places.iter().map(|place| place.map_or(f64::NAN, |gene| column[gene])).collect();
        Self { effect: of(&other.effect), log10_pval_adj: of(&other.log10_pval_adj), extent: effect_extent(other) }
    }

    /// Where a gene of the table is significant, at an adjusted p-value of at most 10 to the power of `log10_alpha`; `None`
    /// where only one has it.
    pub fn standing(&self, table: &DeTable, gene: usize, log10_alpha: f64) -> Option<Standing> {
        let other = *self.log10_pval_adj.get(gene).filter(|log10_p| !log10_p.is_nan())?;
        Some(match (*table.log10_pval_adj.get(gene)? <= log10_alpha, other <= log10_alpha) {
            (false, false) => Standing::Neither,
            (true, false) => Standing::This,
            (false, true) => Standing::Other,
            (true, true) => Standing::Both,
        })
    }

    /// How both agree.
    pub fn agreement(&self, table: &DeTable, log10_alpha: f64) -> Agreement {
        let mut agreement = Agreement::default();
        let mut pairs = Vec::new();
        for gene in 0..table.len() {
            let (this, other) = (table.effect[gene], self.effect.get(gene).copied().unwrap_or(f64::NAN));
            match self.standing(table, gene, log10_alpha) {
                None | Some(Standing::Neither) => continue,
                Some(Standing::This) => agreement.n_genes[0] += 1,
                Some(Standing::Other) => agreement.n_genes[1] += 1,
                Some(Standing::Both) => {
                    agreement.n_genes[2] += 1;
                    agreement.n_same_sign += usize::from(this * other > 0.0);
                }
            }
            if this.is_finite() && other.is_finite() {
                pairs.push((this, other));
            }
        }
        agreement.correlation = pearson(&pairs);
        agreement
    }

    /// Both effects of each gene that both have, as CSV. `titles` are those of the comparisons.
    pub fn to_csv(&self, table: &DeTable, names: &GeneNames, titles: [&str; 2], log10_alpha: f64) -> String {
        let mut out = String::new();
        for (what, title) in ["this", "other"].into_iter().zip(titles) {
            crate::csv::push_fact(&mut out, what, title);
        }
        out.push_str("names,effect,log10_pvals_adj,effect_other,log10_pvals_adj_other,significant_in,gene_ids\n");
        for gene in 0..table.len() {
            let Some(standing) = self.standing(table, gene, log10_alpha) else { continue };
            push_field(&mut out, names.label(GeneIdx(gene as u32)));
            for number in [table.effect[gene], table.log10_pval_adj[gene], self.effect[gene], self.log10_pval_adj[gene]]
            {
                out.push(',');
                push_number(&mut out, number);
            }
            out.push(',');
            out.push_str(standing.name());
            out.push(',');
            push_field(&mut out, names.id(GeneIdx(gene as u32)));
            out.push('\n');
        }
        out
    }
}

fn pearson(pairs: &[(f64, f64)]) -> Option<f64> {
    let n = pairs.len() as f64;
    let mean = |of: fn(&(f64, f64)) -> f64| pairs.iter().map(of).sum::<f64>() / n;
    let (mean_x, mean_y) = (mean(|pair| pair.0), mean(|pair| pair.1));
    let (mut xx, mut yy, mut xy) = (0.0, 0.0, 0.0);
    for (x, y) in pairs {
        let (dx, dy) = (x - mean_x, y - mean_y);
        xx += dx * dx;
        yy += dy * dy;
        xy += dx * dy;
    }
    (pairs.len() > 2 && xx > 0.0 && yy > 0.0).then(|| xy / (xx * yy).sqrt())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn table(effect: &[f64], log10_pval_adj: &[f64]) -> DeTable {
        DeTable {
            score: effect.to_vec(),
            effect: effect.to_vec(),
            log10_pval_adj: log10_pval_adj.to_vec(),
            pct_group: vec![10.0; effect.len()],
            pct_reference: vec![10.0; effect.len()],
            ..DeTable::default()
        }
    }

    #[test]
    fn genes_are_held_against_each_other_by_id() {
        let names = |ids: [&str; 4]| GeneNames::new(ids.map(str::to_owned).to_vec(), None);
        let this = table(&[1.0, 2.0, -1.0, 0.5], &[-3.0, -3.0, -3.0, 0.0]);
        let other = table(&[4.0, -2.0, -1.0, 9.0], &[-2.0, -9.0, -4.0, -9.0]);
        let (own, others) = (names(["a", "b", "c", "d"]), names(["b", "c", "d", "elsewhere"]));
        let held = OtherEffects::new(&own, &other, &others);
        assert!(held.effect[0].is_nan() && held.effect[1..] == [4.0, -2.0, -1.0]);
        let standing = |gene| held.standing(&this, gene, -1.3);
        assert_eq!([0, 1, 3].map(standing), [None, Some(Standing::Both), Some(Standing::Other)]);
        let agreement = held.agreement(&this, -1.3);
        assert_eq!((agreement.n_genes, agreement.n_same_sign), ([0, 1, 2], 2));
        // 9 / √(4.5 · 62 / 3).
        assert!((agreement.correlation.unwrap() - 9.0 / 93_f64.sqrt()).abs() < 1e-12, "{agreement:?}");
        let csv = held.to_csv(&this, &own, ["one", "two"], -1.3);
        let lines: Vec<&str> = csv.lines().collect();
        assert_eq!((lines[0], lines.len()), ("# this: one", 6));
        assert_eq!(lines[5], "d,0.5,0,-1,-4,other,d");
    }
}
