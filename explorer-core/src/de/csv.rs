//! The table as CSV, with scanpy's headers and a record of how it was made.

use std::fmt::Write as _;

use serde::{Deserialize, Serialize};

use super::{DeOptions, DeTable, Design, Effect, Marker, MarkerRank, Method, PseudobulkTable, Test, Ties};
use crate::{
    csv::{push_comment, push_fact, push_field, push_number},
    data::{GeneIdx, GeneNames},
    format::plural,
    sorting::order_by,
};

/// What was compared, for the lines that begin with `#`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct DeRecord {
    /// Title of the dataset.
    pub dataset: String,
    /// The group.
    pub group: CellSetRecord,
    /// The reference.
    pub reference: CellSetRecord,
    /// The layer, by its place in the file (`X`, `raw/X`, …).
    pub layer: String,
    /// The filters outside of which no cell is in either set; empty where there are none.
    pub within: String,
    /// Why the numbers are not all that the file would give, as the layer has it.
    pub cautions: Vec<String>,
}

/// A set of cells, by name.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct CellSetRecord {
    /// Its name, or how it was chosen.
    pub name: String,
    /// Cells in it.
    pub n_cells: u64,
}

/// The table in rank order (see [`DeTable::ranked`]). The column `names` holds labels, `gene_ids` the file's ids.
///
/// `pandas.read_csv(path, comment="#")` reads it.
/// Percentages are 0 to 100, `ci_low` and `ci_high` the ends of the 95 % confidence interval of the effect; numbers read
/// back to the same bits.
pub fn to_csv(table: &DeTable, names: &GeneNames, record: &DeRecord) -> String {
    let mut out = String::with_capacity(512 + 200 * table.len());
    push_record(&mut out, record, &test_facts(table));
    out.push_str("names,scores,");
    out.push_str(effect_header(table.options.effect));
    out.push_str(
        ",pvals,pvals_adj,mean_group,mean_reference,pct_group,pct_reference,df,log10_pvals,ci_low,ci_high,gene_ids\n",
    );
    for gene in table.ranked() {
        let (row, gene) = (gene as usize, GeneIdx(gene));
        push_field(&mut out, names.label(gene));
        for column in [
            &table.score,
            &table.effect,
            &table.pval,
            &table.pval_adj,
            &table.mean_group,
            &table.mean_reference,
            &table.pct_group,
            &table.pct_reference,
            &table.df,
            &table.log10_pval,
        ] {
            out.push(',');
            push_number(&mut out, column[row]);
        }
        for end in table.interval(row) {
            out.push(',');
            push_number(&mut out, end);
        }
        end_row(&mut out, names.id(gene));
    }
    out
}

/// Markers of labels, label after label, as they are ranked. `dataset`, `layer` and `cautions` as in [`DeRecord`], `column`
/// is the labels' column, `within` the filters outside of which no cell counts.
pub fn markers_to_csv(
    markers: &[(String, Vec<Marker>)],
    names: &GeneNames,
    (options, test): (DeOptions, Test),
    rank: MarkerRank,
    [dataset, column, layer, within]: [&str; 4],
    cautions: &[String],
) -> String {
    let mut out = String::new();
    let ranked = match (rank, test) {
        (MarkerRank::Score, Test::T) => "t against all other cells".to_owned(),
        (MarkerRank::Score, Test::Wilcoxon(_)) => "z against all other cells".to_owned(),
        (MarkerRank::EffectPercentile(percentile), _) => {
            format!("percentile {percentile} of Cohen's d against each other label, bootstrap mean")
        }
    };
    for (what, value) in [
        ("dataset", dataset),
        ("markers of every label of", column),
        ("within", within),
        ("layer", layer),
        ("method", method_name(test, options.method)),
        ("adjustment", options.adjustment.title()),
        ("ranked by", &ranked),
        ("tessera", env!("CARGO_PKG_VERSION")),
    ] {
        push_fact(&mut out, what, value);
    }
    push_cautions(&mut out, cautions);
    out.push_str("label,names,rank_by,scores,");
    out.push_str(effect_header(options.effect));
    out.push_str(",pvals_adj,log10_pvals,pct_group,pct_reference,gene_ids\n");
    for (label, markers) in markers {
        for marker in markers {
            push_field(&mut out, label);
            out.push(',');
            let gene = GeneIdx(marker.gene);
            push_field(&mut out, names.label(gene));
            for number in [
                marker.rank,
                marker.score,
                marker.effect,
                marker.pval_adj,
                marker.log10_pval,
                marker.pct_group,
                marker.pct_reference,
            ] {
                out.push(',');
                push_number(&mut out, number);
            }
            end_row(&mut out, names.id(gene));
        }
    }
    out
}

/// A comparison of samples, by t, largest first.
pub fn pseudobulk_to_csv(table: &PseudobulkTable, names: &GeneNames, record: &DeRecord, by: &str) -> String {
    let mut out = String::new();
    let (n_group, n) = (table.n_group, table.samples.len());
    let method = match table.design {
        Design::Paired => format!("paired t-test over {} of {by}", plural(n, "sample", "samples")),
        Design::Unpaired => {
            format!("Welch's t-test over {n_group} against {} of {by}", plural(n - n_group, "sample", "samples"))
        }
    };
    let samples = table.samples.join("; ");
    push_record(
        &mut out,
        record,
        &[("method", &method), ("adjustment", table.adjustment.title()), ("samples", &samples)],
    );
    if let Some(caution) = table.caution() {
        push_comment(&mut out, "left out", &caution);
    }
    out.push_str("names,scores,mean_difference,pvals,pvals_adj,df,log10_pvals");
    out.push_str(if table.n_agreeing.is_empty() { ",gene_ids\n" } else { ",samples_agreeing,gene_ids\n" });
    for row in order_by(table.score.len(), |a, b| table.score[b].total_cmp(&table.score[a])) {
        let gene = GeneIdx(row as u32);
        push_field(&mut out, names.label(gene));
        for column in [&table.score, &table.difference, &table.pval, &table.pval_adj, &table.df, &table.log10_pval] {
            out.push(',');
            push_number(&mut out, column[row]);
        }
        if let Some(n_agreeing) = table.n_agreeing.get(row) {
            let _ = write!(out, ",{n_agreeing}");
        }
        end_row(&mut out, names.id(gene));
    }
    out
}

impl DeTable {
    /// What was tested, in words.
    pub fn method(&self) -> &'static str {
        method_name(self.test, self.options.method)
    }
}

fn method_name(test: Test, method: Method) -> &'static str {
    match (test, method) {
        (Test::T, Method::Welch) => "Welch's t-test",
        (Test::T, Method::CellxgeneCompatible) => {
            "Welch's t-test, CELLxGENE-compatible (both variances over the smaller set)"
        }
        (Test::T, Method::OverestimatedVariance) => {
            "Welch's t-test with overestimated variance (both variances over the group)"
        }
        (Test::Wilcoxon(Ties::Corrected), _) => "Wilcoxon rank-sum test, corrected for ties",
        (Test::Wilcoxon(Ties::Ignored), _) => "Wilcoxon rank-sum test, not corrected for ties",
    }
}

fn effect_header(effect: Effect) -> &'static str {
    match effect {
        Effect::Log2FoldChange => "logfoldchanges",
        Effect::MeanDifference => "mean_difference",
    }
}

fn cells_text(set: &CellSetRecord) -> String {
    // Without commas, for programs that read it.
    format!("{} ({} {})", set.name, set.n_cells, if set.n_cells == 1 { "cell" } else { "cells" })
}

/// The lines that say what was compared, and how: `facts` are further ones, by name.
pub(crate) fn push_record(out: &mut String, record: &DeRecord, facts: &[(&str, &str)]) {
    let sets = [("group", cells_text(&record.group)), ("reference", cells_text(&record.reference))];
    push_fact(out, "dataset", &record.dataset);
    sets.iter().for_each(|(what, cells)| push_fact(out, what, cells));
    push_fact(out, "within", &record.within);
    push_fact(out, "layer", &record.layer);
    facts.iter().for_each(|(what, value)| push_fact(out, what, value));
    push_fact(out, "tessera", env!("CARGO_PKG_VERSION"));
    push_cautions(out, &record.cautions);
}

/// The facts of a table of genes.
pub(crate) fn test_facts(table: &DeTable) -> [(&'static str, &'static str); 2] {
    [("method", table.method()), ("adjustment", table.options.adjustment.title())]
}

/// A line for each reason to read the numbers with care.
pub(crate) fn push_cautions(out: &mut String, cautions: &[String]) {
    cautions.iter().for_each(|caution| push_comment(out, "caution", caution));
}

/// The last field of a row: the gene's id.
fn end_row(out: &mut String, id: &str) {
    out.push(',');
    push_field(out, id);
    out.push('\n');
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::de::{DeOptions, FixedPoint, FixedPoints, GeneMoments, Moments, compare};

    #[test]
    fn csv_is_ranked_and_tells_how_it_was_made() {
        let gene = |n_nonzero, sum, sum_sq| GeneMoments { n_nonzero, sum, sum_sq };
        let fixed = FixedPoint::for_log_counts(7);
        let one = fixed.encode(1.0);
        let square = |x: i64| (x * x) as u128 >> fixed.square_shift();
        let group = Moments { n_cells: 3, entries: vec![gene(1, one, square(one)), gene(2, 3 * one, 5 * square(one))] };
        let reference = Moments { n_cells: 4, entries: vec![gene(1, one, square(one)), gene(0, 0, 0)] };
        let fixed = FixedPoints::Uniform(fixed);
        let table = compare(&group, &reference, &fixed, DeOptions::default()).unwrap();
        let set = |name: &str, n_cells| CellSetRecord { name: name.to_owned(), n_cells };
        let record = DeRecord {
            dataset: "two\nlines".to_owned(),
            group: set("mine", 3),
            reference: set("rest", 4),
            layer: "X".to_owned(),
            within: String::new(),
            cautions: vec!["3 values count\nas zero".to_owned()],
        };
        let texts = |texts: [&str; 2]| texts.map(str::to_owned).to_vec();
        let names = GeneNames::new(texts(["E1", "E2"]), Some(texts(["A,B", "C#1"])));
        let csv = to_csv(&table, &names, &record);
        let lines: Vec<&str> = csv.lines().collect();
        assert_eq!(lines[0], "# dataset: two lines");
        assert_eq!(lines[1], "# group: mine (3 cells)");
        assert_eq!(lines[7], "# caution: 3 values count as zero");
        assert!(lines[8].starts_with("names,scores,logfoldchanges,pvals,pvals_adj,"));
        assert!(lines[8].ends_with(",gene_ids"));
        assert!(lines[9].starts_with("\"C#1\",1.73205") && lines[9].ends_with(",E2"), "{}", lines[9]);
        assert!(lines[10].starts_with("\"A,B\",0.19999") && lines[10].ends_with(",E1"), "{}", lines[10]);
        assert_eq!(lines.len(), 11);
    }

    #[test]
    fn numbers_read_back() {
        for number in [0.0, -1.5, 1e-300, 123456.789, 1e300, f64::INFINITY, -9_999.25] {
            let mut text = String::new();
            push_number(&mut text, number);
            assert_eq!(text.parse::<f64>().unwrap(), number);
            assert!(text.len() < 24, "{text}");
        }
    }
}
