//! The table as CSV, with scanpy's headers and a record of how it was made.

use std::fmt::Write as _;

use super::{Adjustment, DeTable, Effect, Method};

/// What was compared, for the lines that begin with `#`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DeRecord {
    /// Title of the dataset.
    pub dataset: String,
    /// The group.
    pub group: CellSetRecord,
    /// The reference.
    pub reference: CellSetRecord,
    /// The layer, as the user knows it (`X`, `raw`, …).
    pub layer: String,
}

/// A set of cells, by name.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CellSetRecord {
    /// Its name, or how it was chosen.
    pub name: String,
    /// Cells in it.
    pub n_cells: u64,
}

/// The table in rank order (see [`DeTable::ranked`]); `names` holds one a gene.
///
/// `pandas.read_csv(path, comment="#")` reads it, as long as no gene's name holds a `#`.
/// Percentages are 0 to 100; numbers read back to the same bits.
///
/// # Panics
/// When there are fewer names than genes.
pub fn to_csv<S: AsRef<str>>(table: &DeTable, names: &[S], record: &DeRecord) -> String {
    let mut out = String::with_capacity(512 + 200 * table.len());
    write_record(&mut out, table, record);
    out.push_str("names,scores,");
    out.push_str(match table.options.effect {
        Effect::Log2FoldChange => "logfoldchanges",
        Effect::MeanDifference => "mean_difference",
    });
    out.push_str(",pvals,pvals_adj,mean_group,mean_reference,pct_group,pct_reference,df,log10_pvals\n");
    for gene in table.ranked() {
        let gene = gene as usize;
        push_field(&mut out, names[gene].as_ref());
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
            push_number(&mut out, column[gene]);
        }
        out.push('\n');
    }
    out
}

fn write_record(out: &mut String, table: &DeTable, record: &DeRecord) {
    let method = match table.options.method {
        Method::Welch => "Welch's t-test",
        Method::CellxgeneCompatible => "Welch's t-test, CELLxGENE-compatible (both variances over the smaller set)",
    };
    let adjustment = match table.options.adjustment {
        Adjustment::BenjaminiHochberg => "Benjamini-Hochberg",
        Adjustment::Bonferroni => "Bonferroni",
    };
    let cells = |set: &CellSetRecord| format!("{} ({} cells)", set.name, set.n_cells);
    for (what, value) in [
        ("dataset", record.dataset.clone()),
        ("group", cells(&record.group)),
        ("reference", cells(&record.reference)),
        ("layer", record.layer.clone()),
        ("method", method.to_owned()),
        ("adjustment", adjustment.to_owned()),
        ("tessera", env!("CARGO_PKG_VERSION").to_owned()),
    ] {
        // A line break in a name would end the comment.
        let value: String = value.chars().map(|c| if c.is_control() { ' ' } else { c }).collect();
        out.push_str("# ");
        out.push_str(what);
        out.push_str(": ");
        out.push_str(&value);
        out.push('\n');
    }
}

fn push_field(out: &mut String, text: &str) {
    if text.contains([',', '"', '\n', '\r']) {
        out.push('"');
        out.push_str(&text.replace('"', "\"\""));
        out.push('"');
    } else {
        out.push_str(text);
    }
}

/// The shortest digits that read back to the same number, without hundreds of zeros.
fn push_number(out: &mut String, number: f64) {
    let size = number.abs();
    let written = if size == 0.0 || (1e-4..1e15).contains(&size) || size.is_infinite() {
        write!(out, "{number}")
    } else {
        write!(out, "{number:e}")
    };
    written.expect("writing to a String cannot fail");
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::de::{DeOptions, FixedPoint, FixedPoints, GeneMoments, Moments, compare};

    #[test]
    fn csv_is_ranked_and_tells_how_it_was_made() {
        let gene = |n_nonzero, sum, sum_sq| GeneMoments { n_nonzero, sum, sum_sq };
        let one = 1i64 << 24;
        let square = |x: i64| (x * x) as u64;
        let group = Moments { n_cells: 3, genes: vec![gene(1, one, square(one)), gene(2, 3 * one, 5 * square(one))] };
        let reference = Moments { n_cells: 4, genes: vec![gene(1, one, square(one)), gene(0, 0, 0)] };
        let fixed = FixedPoints::Uniform(FixedPoint::for_log_counts(7));
        let table = compare(&group, &reference, &fixed, DeOptions::default()).unwrap();
        let set = |name: &str, n_cells| CellSetRecord { name: name.to_owned(), n_cells };
        let record = DeRecord {
            dataset: "two\nlines".to_owned(),
            group: set("mine", 3),
            reference: set("rest", 4),
            layer: "X".to_owned(),
        };
        let csv = to_csv(&table, &["A,B", "C"], &record);
        let lines: Vec<&str> = csv.lines().collect();
        assert_eq!(lines[0], "# dataset: two lines");
        assert_eq!(lines[1], "# group: mine (3 cells)");
        assert!(lines[7].starts_with("names,scores,logfoldchanges,pvals,pvals_adj,"));
        assert!(lines[8].starts_with("C,1.73205"), "{}", lines[8]);
        assert!(lines[9].starts_with("\"A,B\",0.19999"), "{}", lines[9]);
        assert_eq!(lines.len(), 10);
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
