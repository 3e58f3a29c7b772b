//! Figures of answers: gene sets against a comparison, the genes that go with a number, what some cells are.

use explorer_core::{
    color::Ground,
    data::{GeneIdx, GeneNames},
    de::{DeRecord, DeTable, Effect, Marker},
    format::{integer, p_value, percent, plural, signed, significant},
    names::visible,
    sorting::order_by,
    state::GeneSet,
    statistics::{AnswerRecord, Correlations, Enriched, LabelShare, NearestLabel, Portrait, PrerankOptions},
};

use crate::{
    answer::{of_sign, r_text},
    comparison::{source_of, title},
    figure::{Figure, HEADING_PX, Paint},
    number_rows::{self, NumberRow, NumberRows, RowForm, labels_px},
};

/// Gene sets that are drawn, those of the lowest p-values.
const MOST_SETS: usize = 30;

/// Genes of either sign that are drawn.
const MOST_GENES: usize = 15;

/// Sets with an adjusted p-value up to this stand out, and genes.
const ALPHA: f64 = 0.05;

/// Draws the sets of the lowest p-values: of over-represented ones the evidence, of ranked ones the normalized score.
/// `table` is that of the comparison.
pub fn draw_sets(found: &Enriched, sets: &[GeneSet], table: &DeTable, record: &DeRecord, ground: Ground) -> Figure {
    let name = |set: usize| visible(&sets[set].name).into_owned();
    let method = match found {
        Enriched::Chosen { chosen, .. } => format!("Over-representation (hypergeometric) of genes chosen: {chosen}"),
        Enriched::Ranking { options: PrerankOptions { n_permutations, .. }, .. } => {
            format!("GSEA preranked by score, {} random sets", integer((*n_permutations).into()))
        }
    };
    let (what, title_of_scale, threshold, rows, n_all) = match found {
        Enriched::Chosen { found, .. } => {
            // A set that none of the chosen is in tells nothing.
            let with_hits: Vec<usize> = (0..found.len()).filter(|&set| !found[set].hits.is_empty()).collect();
            let pval = |at: usize| found[with_hits[at]].log10_pval;
            let order = order_by(with_hits.len(), |a, b| pval(a).total_cmp(&pval(b)));
            let row = |at: usize| {
                let (set, test) = (with_hits[at], &found[with_hits[at]]);
                let fold = test.fold().map(|fold| format!(", {}×", significant(fold, 3))).unwrap_or_default();
                let n_hits = format!("{} of {}", integer(test.hits.len() as u64), integer(test.n_genes as u64));
                NumberRow {
                    label: name(set),
                    value: -test.log10_pval_adj,
                    interval: None,
                    note: format!("{n_hits}{fold}"),
                    tip: format!("{}: {n_hits} genes{fold}, adjusted p {}", name(set), p_value(test.log10_pval_adj)),
                    paint: if test.log10_pval_adj <= ALPHA.log10() { Paint::Higher } else { Paint::Rest },
                }
            };
            let rows: Vec<NumberRow> = order.into_iter().take(MOST_SETS).map(row).collect();
            ("Over-represented gene sets", "−log₁₀ adjusted p", Some(-ALPHA.log10()), rows, found.len())
        }
        Enriched::Ranking { found, .. } => {
            let order = order_by(found.len(), |a, b| {
                let [a, b] = [&found[a], &found[b]];
                a.pval.total_cmp(&b.pval).then(b.normalized_score.abs().total_cmp(&a.normalized_score.abs()))
            });
            let row = |at: usize| {
                let test = &found[at];
                let p = p_value(test.pval_adj.log10());
                let n_genes = plural(test.n_genes, "gene", "genes");
                NumberRow {
                    label: name(test.set),
                    value: test.normalized_score,
                    interval: None,
                    note: format!("p {p}"),
                    tip: format!(
                        "{}: NES {}, adjusted p {p}, {n_genes}",
                        name(test.set),
                        signed(test.normalized_score)
                    ),
                    paint: of_evidence(test.normalized_score, test.pval_adj),
                }
            };
            let mut rows: Vec<NumberRow> = order.into_iter().take(MOST_SETS).map(row).collect();
            rows.sort_by(|a, b| b.value.total_cmp(&a.value));
            ("Ranked gene sets", "normalized enrichment score (NES)", None, rows, found.len())
        }
    };
    let shown = match rows.len() {
        n if n < n_all => {
            format!("The {} of {} sets with the lowest p-values", integer(n as u64), integer(n_all as u64))
        }
        n => plural(n, "set", "sets"),
    };
    let shown = match threshold {
        Some(_) if !rows.is_empty() => format!("{shown}; dashed: adjusted p of {ALPHA}"),
        _ => shown,
    };
    let of = title(record);
    let part = NumberRows {
        heading: String::new(),
        title: title_of_scale.to_owned(),
        form: RowForm::Bars,
        threshold: threshold.filter(|_| !rows.is_empty()),
        rows,
    };
    let mut figure = Figure::new(format!("{what}: {of}"), ground);
    number_rows::draw(&mut figure, &part, (HEADING_PX + 8.0, labels_px([&part]), 0));
    let heading = format!("{what}, {of}");
    figure.frame(&heading, [shown, method].into_iter().chain(source_of(record, table.method())));
    figure
}

/// Draws the genes of the highest r and of the lowest. `with` is what they were correlated with.
pub fn draw_correlations(
    table: &Correlations,
    with: &str,
    names: &GeneNames,
    record: &AnswerRecord,
    ground: Ground,
) -> Figure {
    let mut genes = of_sign(table, 1.0);
    genes.truncate(MOST_GENES);
    let mut against = of_sign(table, -1.0);
    against.truncate(MOST_GENES);
    genes.extend(against.into_iter().rev());
    let row = |gene: usize| {
        let (name, r, p) =
            (names.label(GeneIdx(gene as u32)), r_text(table.r[gene]), p_value(table.log10_pval_adj[gene]));
        NumberRow {
            label: name.to_owned(),
            value: table.r[gene],
            interval: None,
            tip: format!("{name}: r {r}, adjusted p {p}"),
            note: r,
            paint: of_evidence(table.r[gene], table.pval_adj[gene]),
        }
    };
    let part = NumberRows {
        heading: String::new(),
        title: "Pearson’s r".to_owned(),
        form: RowForm::Bars,
        threshold: None,
        rows: genes.into_iter().map(row).collect(),
    };
    let heading = format!("Genes that go with {}", visible(with));
    let mut figure = Figure::new(heading.clone(), ground);
    number_rows::draw(&mut figure, &part, (HEADING_PX + 8.0, labels_px([&part]), 0));
    let n_cells = plural(table.n_cells as usize, "cell", "cells");
    let shown =
        format!("The highest r and the lowest of {}, over {n_cells}", plural(table.tested().len(), "gene", "genes"));
    figure.frame(&heading, [shown].into_iter().chain(source_of_cells(record)));
    figure
}

/// Draws what some cells are: the labels of each column with their shares, markers, and labels that they are like.
pub fn draw_portrait(
    portrait: &Portrait,
    names: &GeneNames,
    effect: Effect,
    record: &AnswerRecord,
    ground: Ground,
) -> Figure {
    let bars = |heading: String, title: &str, rows: Vec<NumberRow>| NumberRows {
        heading,
        title: title.to_owned(),
        form: RowForm::Bars,
        threshold: None,
        rows,
    };
    let mut parts = Vec::new();
    for (column, labels) in portrait.tell_tale_labels() {
        let row = |label: &LabelShare| {
            let (share, fold) = (percent(label.share), format!("{}×", significant(label.fold, 2)));
            let name = visible(&label.name).into_owned();
            NumberRow {
                value: label.share * 100.0,
                interval: None,
                note: format!("{share}, {fold}"),
                tip: format!("{name}: {share}, {} cells, {fold} the share of all", integer(label.n_cells)),
                paint: if label.fold > 1.0 { Paint::Higher } else { Paint::Rest },
                label: name,
            }
        };
        parts.push(bars(column.clone(), "% of the cells", labels.iter().map(row).collect()));
    }
    let marker = |marker: &Marker| {
        let name = names.label(GeneIdx(marker.gene)).to_owned();
        let (score, of_effect) = (signed(marker.score), signed(marker.effect));
        let p = p_value(marker.log10_pval);
        NumberRow {
            value: marker.score,
            interval: None,
            note: format!("{:.0}% against {:.0}%", marker.pct_group, marker.pct_reference),
            tip: format!("{name}: t {score}, {} {of_effect}, p {p}", effect.title()),
            paint: Paint::Higher,
            label: name,
        }
    };
    let like = |label: &NearestLabel| {
        let (name, r) = (visible(&label.name).into_owned(), r_text(label.correlation));
        NumberRow {
            value: label.correlation,
            interval: None,
            tip: format!("{name}: r {r}"),
            note: r,
            paint: Paint::Lower,
            label: name,
        }
    };
    parts.push(bars("Markers".to_owned(), "t against all other cells", portrait.markers.iter().map(marker).collect()));
    let like = portrait.nearest.iter().map(like).collect();
    parts.push(bars(format!("Most like: {}", portrait.nearest_of), "r of the mean of every gene", like));
    parts.retain(|part| !part.rows.is_empty());
    let cells = plural(portrait.n_cells as usize, "cell", "cells");
    let heading = format!("What {cells} {}", if portrait.n_cells == 1 { "is" } else { "are" });
    let mut figure = Figure::new(heading.clone(), ground);
    let (labels_px, mut top, mut row) = (labels_px(&parts), HEADING_PX + 4.0, 0);
    for part in &parts {
        top = number_rows::draw(&mut figure, part, (top, labels_px, row)) + 10.0;
        row += part.rows.len();
    }
    figure.frame(&heading, source_of_cells(record));
    figure
}

/// The color of what lies on a side of 0.
fn of_evidence(number: f64, pval_adj: f64) -> Paint {
    match number > 0.0 {
        _ if pval_adj > ALPHA => Paint::Rest,
        true => Paint::Higher,
        false => Paint::Lower,
    }
}

/// What an answer about some cells is of, and why it is to be read with care.
fn source_of_cells(record: &AnswerRecord) -> Vec<String> {
    let of = [&record.dataset, &record.layer, &record.cells].map(String::as_str);
    let of: Vec<_> = of.into_iter().filter(|of| !of.is_empty()).map(visible).collect();
    let mut lines = vec![of.join(" · ")];
    lines.extend(record.cautions.iter().map(|caution| format!("With care: {caution}")));
    lines
}
