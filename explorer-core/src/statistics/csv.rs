//! The answers as CSV, each with a record of how it was made. `pandas.read_csv(path, comment="#")` reads them.

use std::fmt::Write as _;

use serde::{Deserialize, Serialize};

use super::{
    Correlations, GroupTest, NamedComposition, OverRepresentation, Portrait, PrerankOptions, RankedEnrichment,
    SampleComparison,
};
use crate::{
    csv::{push_fact, push_field, push_number},
    data::{CellIdx, GeneIdx, GeneNames},
    de::{Adjustment, DeRecord, DeTable, Design, push_cautions, push_record, test_facts},
    format::plural,
    sorting::order_by,
    state::GeneSet,
};

/// What an answer is about, for the lines that begin with `#`.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct AnswerRecord {
    /// Title of the dataset.
    pub dataset: String,
    /// The cells, and how many; empty where they are all.
    pub cells: String,
    /// The layer, where values are read.
    pub layer: String,
    /// Why the numbers are not all that the file would give.
    pub cautions: Vec<String>,
}

impl AnswerRecord {
    fn push(&self, out: &mut String, facts: &[(&str, &str)]) {
        push_fact(out, "dataset", &self.dataset);
        push_fact(out, "cells", &self.cells);
        push_fact(out, "layer", &self.layer);
        facts.iter().for_each(|(what, value)| push_fact(out, what, value));
        push_fact(out, "tessera", env!("CARGO_PKG_VERSION"));
        push_cautions(out, &self.cautions);
    }
}

/// Over-represented sets of a comparison, by p-value. `chosen` says which genes were chosen.
pub fn over_representation_to_csv(
    found: &[OverRepresentation],
    sets: &[GeneSet],
    (table, chosen): (&DeTable, &str),
    names: &GeneNames,
    record: &DeRecord,
) -> String {
    let mut out = String::new();
    let mut facts = test_facts(table).to_vec();
    let adjustment = Adjustment::BenjaminiHochberg.title();
    let method = format!("over-representation (hypergeometric; universe: genes tested; sets adjusted by {adjustment})");
    facts.extend([("enrichment", method.as_str()), ("genes chosen", chosen)]);
    push_record(&mut out, record, &facts);
    out.push_str("gene_set,n_genes,n_hits,expected,fold,pvals,pvals_adj,log10_pvals,hits\n");
    for at in order_by(found.len(), |a, b| found[a].log10_pval.total_cmp(&found[b].log10_pval)) {
        let set = &found[at];
        push_field(&mut out, &sets[at].name);
        let _ = write!(out, ",{},{}", set.n_genes, set.hits.len());
        for number in [Some(set.expected), set.fold(), Some(set.pval), Some(set.pval_adj), Some(set.log10_pval)] {
            push_optional(&mut out, number);
        }
        push_genes(&mut out, &set.hits, names);
    }
    out
}

/// Sets against the ranking of a comparison, in their order.
pub fn prerank_to_csv(
    found: &[RankedEnrichment],
    sets: &[GeneSet],
    (table, options): (&DeTable, PrerankOptions),
    names: &GeneNames,
    record: &DeRecord,
) -> String {
    let mut out = String::new();
    let PrerankOptions { least_genes, most_genes, n_permutations } = options;
    let method = format!(
        "GSEA preranked by score (weight 1; {n_permutations} random sets; sets of {least_genes} to {most_genes} genes; \
         adjusted by {})",
        Adjustment::BenjaminiHochberg.title()
    );
    let mut facts = test_facts(table).to_vec();
    facts.push(("enrichment", &method));
    push_record(&mut out, record, &facts);
    out.push_str("gene_set,n_genes,es,nes,pvals,pvals_adj,leading_edge\n");
    for set in found {
        push_field(&mut out, &sets[set.set].name);
        let _ = write!(out, ",{}", set.n_genes);
        for number in [set.score, set.normalized_score, set.pval, set.pval_adj] {
            push_optional(&mut out, Some(number));
        }
        push_genes(&mut out, &set.leading_edge, names);
    }
    out
}

/// Correlated genes that were tested, by r, largest first. `with` is what they were correlated with.
pub fn correlations_to_csv(table: &Correlations, with: &str, names: &GeneNames, record: &AnswerRecord) -> String {
    let mut out = String::new();
    let cells = plural(table.n_cells as usize, "cell", "cells");
    let tested = table.tested();
    let n_tested = format!(
        "{} of {}, the others being the same in all cells or what is correlated with",
        tested.len(),
        table.r.len()
    );
    let facts = [
        ("method", "Pearson's correlation"),
        ("with", with),
        ("over", &cells),
        ("genes tested", &n_tested),
        ("adjustment", Adjustment::BenjaminiHochberg.title()),
    ];
    record.push(&mut out, &facts);
    out.push_str("names,r,pvals,pvals_adj,log10_pvals,gene_ids\n");
    for row in order_by(tested.len(), |a, b| table.r[tested[b]].total_cmp(&table.r[tested[a]]))
        .into_iter()
        .map(|at| tested[at])
    {
        let gene = GeneIdx(row as u32);
        push_field(&mut out, names.label(gene));
        for column in [&table.r, &table.pval, &table.pval_adj, &table.log10_pval] {
            push_optional(&mut out, Some(column[row]));
        }
        out.push(',');
        push_field(&mut out, names.id(gene));
        out.push('\n');
    }
    out
}

/// A composition: a row for each group and part with a cell, with the test of the part's share of the group against all
/// other groups, as [`NamedComposition::tests`] makes them. Shares are of the cells of the group and of all others; mean
/// shares are over the samples that were compared.
pub fn composition_to_csv(named: &NamedComposition, tests: &[(usize, GroupTest)], record: &AnswerRecord) -> String {
    let mut out = String::new();
    let composition = &named.counts;
    let overall = composition.chi_squared().filter(|_| named.samples.is_none()).map(|test| {
        let mut text = format!("chi-squared {:.6}; df {}; log10 p ", test.statistic, test.df);
        push_number(&mut text, test.log10_pval);
        text + "; of cells"
    });
    let facts = [
        ("composition", format!("{} of each {}", named.of, named.by)),
        ("method", named.method()),
        ("adjustment", format!("{} over the parts of a group", Adjustment::BenjaminiHochberg.title())),
        ("all groups and parts", overall.unwrap_or_default()),
    ];
    record.push(&mut out, &facts.each_ref().map(|(what, value)| (*what, value.as_str())));
    push_cautions(&mut out, &named.cautions(tests));
    out.push_str("group,part,n_cells,share,share_of_others,scores,df,pvals,pvals_adj,log10_pvals,design,n_samples,");
    out.push_str("mean_share,mean_share_of_others\n");
    let are_there = composition.are_there();
    for (group, tested) in tests {
        for (part, &count) in composition.of_group(*group).iter().enumerate().filter(|&(part, _)| are_there[part]) {
            let test = tested.of_part(part);
            push_field(&mut out, named.group(*group));
            out.push(',');
            push_field(&mut out, named.part(part));
            let _ = write!(out, ",{count}");
            composition.shares(*group, part).into_iter().for_each(|share| push_optional(&mut out, Some(share)));
            let of_samples = matches!(tested, GroupTest::Samples(_));
            for number in [test.map(|test| test.score), test.map(|test| test.df)] {
                push_optional(&mut out, number.filter(|_| of_samples));
            }
            for number in [test.map(|test| test.pval), test.map(|test| test.pval_adj), test.map(|test| test.log10_pval)]
            {
                push_optional(&mut out, number);
            }
            let _ = match tested {
                GroupTest::Samples(SampleComparison { design: Design::Paired, n_samples: [n, _], .. }) => {
                    write!(out, ",paired,{n}")
                }
                GroupTest::Samples(SampleComparison { design: Design::Unpaired, n_samples: [n, others], .. }) => {
                    write!(out, ",unpaired,{n} against {others}")
                }
                GroupTest::TooFew(_) => write!(out, ",too few samples,"),
                GroupTest::Cells(_) => write!(out, ",cells,"),
            };
            for at in 0..2 {
                push_optional(&mut out, test.map(|test| test.shares[at]).filter(|_| of_samples));
            }
            out.push('\n');
        }
    }
    out
}

/// Scores per cell, in the order of the input: cell ids, then one column per set, scored over controls, and its plain
/// mean. `order` gives the cells in that order.
pub fn scores_to_csv(
    ids: &[Option<String>],
    order: &[CellIdx],
    sets: &[(String, [Vec<f64>; 2])],
    record: &AnswerRecord,
    facts: &[(&str, &str)],
) -> String {
    let mut out = String::new();
    record.push(&mut out, facts);
    out.push_str("cell_id");
    for (name, _) in sets {
        for kind in ["score", "mean"] {
            out.push(',');
            push_field(&mut out, &format!("{name}_{kind}"));
        }
    }
    out.push('\n');
    for cell in order {
        let at = cell.0 as usize;
        push_field(&mut out, ids.get(at).and_then(Option::as_deref).unwrap_or_default());
        for number in sets.iter().flat_map(|(_, columns)| columns) {
            push_optional(&mut out, number.get(at).copied().filter(|number| number.is_finite()));
        }
        out.push('\n');
    }
    out
}

/// What some cells are: a row per label that they have, per marker and per label that they are like.
pub fn portrait_to_csv(portrait: &Portrait, names: &GeneNames, record: &AnswerRecord) -> String {
    let mut out = String::new();
    let method =
        "markers by Welch's t against all other cells; likeness by Pearson's correlation of means over all genes";
    record.push(&mut out, &[("method", method)]);
    out.push_str("answer,column,name,n_cells,share,fold,scores,pvals_adj,correlation,gene_ids\n");
    let mut row = |answer: &str, [column, name, id]: [&str; 3], n_cells: Option<u64>, numbers: [Option<f64>; 5]| {
        for field in [answer, column, name] {
            push_field(&mut out, field);
            out.push(',');
        }
        out.extend(n_cells.map(|n| n.to_string()));
        numbers.into_iter().for_each(|number| push_optional(&mut out, number));
        out.push(',');
        push_field(&mut out, id);
        out.push('\n');
    };
    for (column, labels) in &portrait.labels {
        for label in labels {
            let numbers = [Some(label.share), Some(label.fold), None, None, None];
            row("label", [column, &label.name, ""], Some(label.n_cells), numbers);
        }
    }
    for marker in &portrait.markers {
        let gene = GeneIdx(marker.gene);
        let numbers = [None, None, Some(marker.score), Some(marker.pval_adj), None];
        row("marker", ["", names.label(gene), names.id(gene)], None, numbers);
    }
    for label in &portrait.nearest {
        let numbers = [None, None, None, None, Some(label.correlation)];
        row("nearest label", [&portrait.nearest_of, &label.name, ""], None, numbers);
    }
    out
}

/// A comma and a number; nothing behind the comma where there is none.
fn push_optional(out: &mut String, number: Option<f64>) {
    out.push(',');
    if let Some(number) = number {
        push_number(out, number);
    }
}

/// The last field of a row: genes by label.
fn push_genes(out: &mut String, genes: &[GeneIdx], names: &GeneNames) {
    let labels: Vec<&str> = genes.iter().map(|&gene| names.label(gene)).collect();
    out.push(',');
    push_field(out, &labels.join(" "));
    out.push('\n');
}
