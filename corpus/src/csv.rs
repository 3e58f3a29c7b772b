//! Answers as tables.

use std::fmt::Write as _;

use explorer_core::csv::{push_comment, push_fact, push_field, push_number};

use crate::{Dimension, DotPlot, Manifest, Query, sum, sum_sq};

/// A dot plot as CSV, a line for each gene of each row. Lines that begin with `#` say what was asked, and of what.
pub fn dot_plot_csv(plot: &DotPlot, query: &Query, manifest: &Manifest) -> String {
    let mut out = String::new();
    provenance(&mut out, query, manifest);
    push_fact(&mut out, "unknown genes", &plot.unknown.join(", "));
    out.push_str("tissue_id,tissue,cell_type_id,cell_type,");
    if let Some(by) = query.group_by {
        let _ = write!(out, "{by}_id,{by},");
    }
    out.push_str(
        "gene_id,gene,n_cells,n_expressing,fraction,fraction_of_tissue,mean_expressing,mean,sum,sum_of_squares\n",
    );
    let mut n_tissue = 0;
    for row in &plot.rows {
        if row.cell_type.is_none() {
            n_tissue = row.n_cells;
        }
        for (gene, moments) in plot.genes.iter().zip(&row.moments) {
            let mut terms = vec![Some(&row.tissue), row.cell_type.as_ref()];
            terms.extend(query.group_by.map(|_| row.option.as_ref()));
            for term in terms {
                for text in term.map_or(["", ""], |term| [&term.id, &term.label]) {
                    push_field(&mut out, text);
                    out.push(',');
                }
            }
            for text in [&gene.id, &gene.symbol] {
                push_field(&mut out, text);
                out.push(',');
            }
            let _ = write!(out, "{},{}", row.n_cells, moments.n_nonzero);
            let (n, sum) = (f64::from(moments.n_nonzero), sum(moments));
            // What has no value is empty.
            let numbers = [
                n / row.n_cells as f64,
                n / n_tissue as f64,
                if moments.n_nonzero == 0 { f64::NAN } else { sum / n },
                sum / row.n_cells as f64,
                sum,
                sum_sq(moments),
            ];
            for number in numbers {
                out.push(',');
                if !number.is_nan() {
                    push_number(&mut out, number);
                }
            }
            out.push('\n');
        }
    }
    out
}

/// Writes what was asked, and of what, as lines that begin with `#`.
pub fn provenance(out: &mut String, query: &Query, manifest: &Manifest) {
    let profile = &manifest.profile;
    push_comment(out, "corpus", &format!("{} (version {})", manifest.content_id, manifest.version));
    push_comment(out, "profile", &profile.name);
    push_comment(out, "values", "ln(1 + counts per ten thousand)");
    push_comment(out, "noise threshold in counts per ten thousand", &profile.least_cptt.to_string());
    push_comment(out, "organism", &query.organism);
    for (dimension, ids) in &query.filters {
        let ids: Vec<&str> = ids.iter().map(String::as_str).collect();
        push_comment(out, &format!("filter {dimension}"), &ids.join(", "));
    }
    push_fact(out, "grouped by", query.group_by.map_or("", Dimension::name));
    for source in manifest.sources.iter().filter(|source| source.organism == query.organism) {
        let about = source.citation.as_deref().or(source.title.as_deref()).unwrap_or(&source.file);
        push_comment(out, &format!("dataset {}", source.id), &format!("{} cells; {about}", source.n_cells));
    }
}
