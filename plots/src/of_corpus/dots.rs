//! The dots of a corpus: genes across, tissues and their cell types down.

use corpus::{
    Manifest, Query,
    view::{RowKind, Table, TableRow, measured_in},
};
use explorer_core::{
    color::Ground,
    format::{integer, percent, short, significant},
    names::visible,
    screen::xml_escaped,
};
use expression::{Dot, Scaling, diameter_px};

use crate::{
    MOST_MARKS,
    figure::{Align, Figure, LINE_PX, Mark, Paint, Shape},
    grid::MARGIN_PX,
    legend,
    palette::Palette,
    table::html_table,
    text,
};

/// The height of a row and the width of a gene.
const PLACE_PX: f64 = 24.0;

/// How far a label stands in for each row that it is below.
const INDENT_PX: f64 = 12.0;

/// Room between labels and what they are of.
const GAP_PX: f64 = 8.0;

/// The longest name of a row; those of cell types are long.
const MOST_LABEL_PX: f64 = 340.0;

/// How far a cross reaches from its middle.
const CROSS_PX: f64 = 2.5;

/// Shares whose dots the legend has.
const SHARES: [f64; 4] = [0.1, 0.25, 0.5, 1.0];

/// More dots than anybody could read.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error(
    "{n_genes} genes in {n_rows} rows are too many to draw; take fewer genes, close tissues, or save the numbers instead"
)]
pub struct TooManyDots {
    /// Genes.
    n_genes: usize,
    /// Rows.
    n_rows: usize,
}

/// Draws a table as the page shows it, whole.
///
/// # Errors
/// [`TooManyDots`].
pub fn draw(
    table: &Table,
    query: &Query,
    scaling: Scaling,
    manifest: &Manifest,
    ground: Ground,
) -> Result<Figure, TooManyDots> {
    bounded(table)?;
    let (n_genes, n_rows) = (table.genes.len(), table.rows.len());
    let mut figure = Figure::new("Gene expression by tissue and cell type".to_owned(), ground);
    let symbols: Vec<String> = table.genes.iter().map(|gene| text::label(&gene.symbol)).collect();
    let labels: Vec<String> = table.rows.iter().map(|row| text::cut(&visible(row.label()), MOST_LABEL_PX)).collect();
    let cells: Vec<String> = table.rows.iter().map(|row| integer(row.n_cells)).collect();
    let indent = |row: &TableRow| row.depth as f64 * INDENT_PX;
    // Headings are a little wider.
    let wide = table.rows.iter().zip(&labels).map(|(row, label)| indent(row) + 1.06 * text::width(label));
    let cells_px = text::widest(&cells).max(text::width("Cells"));
    let left = MARGIN_PX + wide.fold(text::width("Tissue, cell type"), f64::max) + 2.0 * GAP_PX + cells_px + GAP_PX;
    let top = MARGIN_PX + text::widest(&symbols).max(LINE_PX) + GAP_PX;
    let size = [n_genes as f64 * PLACE_PX, n_rows as f64 * PLACE_PX];
    let middle = |row: usize, gene: usize| [left + (gene as f64 + 0.5) * PLACE_PX, top + (row as f64 + 0.5) * PLACE_PX];
    figure.text([MARGIN_PX, top - LINE_PX / 2.0], "Tissue, cell type", Align::Start, Paint::Muted);
    figure.text([left - GAP_PX, top - LINE_PX / 2.0], "Cells", Align::End, Paint::Muted);
    for (gene, symbol) in symbols.into_iter().enumerate() {
        figure.text_up([middle(0, gene)[0], top - GAP_PX], symbol, Align::Start);
    }
    for (at, ((row, label), cells)) in table.rows.iter().zip(labels).zip(cells).enumerate() {
        let [_, y] = middle(at, 0);
        let place = [MARGIN_PX + indent(row), y];
        match row.kind {
            RowKind::Tissue { .. } => {
                let line = y - PLACE_PX / 2.0;
                figure.line([MARGIN_PX, line], [left + size[0], line], Paint::Line);
                figure.heading(place, label, Align::Start);
            }
            RowKind::CellType => figure.text(place, label, Align::Start, Paint::Text),
            RowKind::Option => figure.text(place, label, Align::Start, Paint::Muted),
        }
        figure.text([left - GAP_PX, y], cells, Align::End, Paint::Muted);
    }
    figure.size = [left + size[0] + MARGIN_PX, top + size[1] + MARGIN_PX];
    for (at, row) in table.rows.iter().enumerate() {
        for gene in 0..n_genes {
            let [x, y] = middle(at, gene);
            let shape = match (row.dots[gene].share(), table.place(at, gene)) {
                (Some(share), Some(place)) => Shape::Circle {
                    at: [x, y],
                    radius: diameter_px(share) / 2.0,
                    fill: Paint::Color(Palette::Magma(ground).color(place)),
                    edge: Paint::Muted,
                },
                (None, _) => cross([x, y]),
                (Some(_), None) => continue,
            };
            figure.mark(Mark {
                row: at,
                column: gene,
                tip: tip(table, at, gene),
                area: [x - PLACE_PX / 2.0, y - PLACE_PX / 2.0, PLACE_PX, PLACE_PX],
                shapes: vec![shape],
            });
        }
    }
    let x = left + size[0] + 2.0 * MARGIN_PX;
    let dots = SHARES.map(|share| (share, diameter_px(share) / 2.0));
    let below = legend::dots(&mut figure, [x, MARGIN_PX], "Cells that express it (%)", &dots);
    let (title, domain) = match scaling {
        Scaling::Global => ("Expression, ln(CPTT + 1)", table.range(0).unwrap_or_default()),
        Scaling::PerGene => ("Expression, scaled by gene", [0.0, 1.0]),
    };
    legend::colors(&mut figure, [x, below], title, Palette::Magma(ground), domain);
    if table.has_unmeasured() {
        figure.say_below("×: no cell of the row measured the gene, whose datasets do not have it".to_owned());
    }
    for line in notes(query, manifest) {
        figure.say_below(line);
    }
    Ok(figure)
}

/// What stands in the place of a dot that nothing is known of.
fn cross([x, y]: [f64; 2]) -> Shape {
    let (left, right, top, bottom) = (x - CROSS_PX, x + CROSS_PX, y - CROSS_PX, y + CROSS_PX);
    let d = format!("M{left} {top}L{right} {bottom}M{left} {bottom}L{right} {top}");
    Shape::Path { d, fill: None, stroke: Some((Paint::Muted, 1.0)) }
}

fn bounded(table: &Table) -> Result<(), TooManyDots> {
    let (n_genes, n_rows) = (table.genes.len(), table.rows.len());
    if n_genes * n_rows > MOST_MARKS { Err(TooManyDots { n_genes, n_rows }) } else { Ok(()) }
}

/// The same as a table of numbers, as a reader that sees no dots takes it.
///
/// # Errors
/// [`TooManyDots`].
pub fn html(table: &Table) -> Result<String, TooManyDots> {
    bounded(table)?;
    let symbols = table.genes.iter().map(|gene| gene.symbol.as_str());
    let header: Vec<&str> = ["tissue, cell type", "cells"].into_iter().chain(symbols).collect();
    let dot = |dot: &Dot| {
        let value = match (dot.expression(), dot.share()) {
            (Some(expression), Some(share)) => format!("{} ({})", significant(expression, 3), percent(share)),
            (None, Some(_)) => "none".to_owned(),
            (_, None) => return "not measured".to_owned(),
        };
        let told = [value, measured_in(dot)];
        told.into_iter().filter(|text| !text.is_empty()).collect::<Vec<_>>().join(", ")
    };
    let row = |row: &TableRow| {
        let name = [xml_escaped(&row.name()), integer(row.n_cells)];
        name.into_iter().chain(row.dots.iter().map(dot)).collect()
    };
    let caption =
        "Mean of ln(CPTT + 1) over the cells that express the gene, and their share of those that measured it";
    Ok(html_table(caption, &header, table.rows.iter().map(row)))
}

/// A dot in words and numbers.
fn tip(table: &Table, at: usize, gene: usize) -> String {
    let (row, dot) = (&table.rows[at], &table.rows[at].dots[gene]);
    let expression = dot.expression().map(|value| significant(value, 3)).unwrap_or_default();
    let expressed = dot.share().map(|share| {
        let [n_expressing, n_measured] = [dot.n_expressing, dot.n_measured].map(integer);
        format!("expression {expression}, expressed by {} ({n_expressing} of {n_measured} cells)", percent(share))
    });
    let measured = Some(measured_in(dot)).filter(|text| !text.is_empty());
    let told: Vec<String> = expressed.into_iter().chain(measured).collect();
    format!("{} in {}: {}", table.genes[gene].symbol, row.name(), told.join(", "))
}

/// What the dots are of.
fn notes(query: &Query, manifest: &Manifest) -> Vec<String> {
    let profile = &manifest.profile;
    let n_datasets = manifest.sources.iter().filter(|source| source.organism == query.organism).count();
    let corpus = format!(
        "Corpus {} (version {}), {}, {n_datasets} datasets, profile {}, values below {} counts per ten thousand left out",
        manifest.content_id,
        manifest.version,
        corpus::organism_label(&query.organism),
        profile.name,
        short(profile.least_cptt, 3)
    );
    let filter = |(dimension, ids): (&corpus::Dimension, &std::collections::BTreeSet<String>)| {
        format!("{dimension}: {}", ids.iter().map(String::as_str).collect::<Vec<_>>().join(", "))
    };
    let filters: Vec<String> = query.filters.iter().map(filter).collect();
    let filters = (!filters.is_empty()).then(|| text::cut(&format!("Cells of {}", filters.join("; ")), 900.0));
    [Some(corpus), filters].into_iter().flatten().collect()
}

#[cfg(test)]
mod tests {
    use corpus::{DotPlot, DotRow, Gene, Term, view::View};
    use explorer_core::de::{FixedPoint, GeneMoments};

    use super::*;
    use crate::figure::Part;

    fn table(n_rows: usize) -> Table {
        let term = |id: String| Term { label: id.to_lowercase(), id };
        let row = |at: usize| DotRow {
            tissue: term("LUNG".to_owned()),
            cell_type: (at > 0).then(|| term(format!("TYPE <{at}>"))),
            depth: 0,
            option: None,
            n_cells: 40,
            // Nothing is known of the second gene in the last row.
            n_measured: vec![40_u64.saturating_sub(at as u64), if at == 2 { 0 } else { 40 }],
            // Sums of one bit below the point; the second gene is in no cell.
            moments: vec![
                GeneMoments { n_nonzero: 10, sum: 40 + at as i64, sum_sq: 0 },
                GeneMoments { n_nonzero: 0, sum: 0, sum_sq: 0 },
            ],
        };
        let gene = |id: &str| Gene { id: id.to_owned(), symbol: id.to_lowercase() };
        let genes = vec![gene("LYZ"), gene("NONE")];
        let plot = DotPlot { genes, unknown: Vec::new(), rows: (0..n_rows).map(row).collect() };
        Table::new(&plot, &View::default(), FixedPoint::of_bits(1, 0).unwrap())
    }

    #[test]
    fn a_dot_is_as_large_as_on_the_page_and_its_numbers_are_told() {
        let query = Query { organism: "NCBITaxon:9606".to_owned(), ..Query::default() };
        let figure = draw(&table(3), &query, Scaling::Global, &Manifest::default(), Ground::Light).unwrap();
        let marks: Vec<&Mark> = figure
            .parts
            .iter()
            .filter_map(|part| match part {
                Part::Mark(mark) => Some(mark),
                Part::Shape(_) => None,
            })
            .collect();
        // None for the gene that no cell expresses, but a cross where none measured it.
        let places: Vec<_> = marks.iter().map(|mark| (mark.row, mark.column)).collect();
        assert_eq!(places, [(0, 0), (1, 0), (2, 0), (2, 1)]);
        assert!(matches!(marks[3].shapes[..], [Shape::Path { .. }]), "{:?}", marks[3]);
        assert_eq!(marks[3].tip, "none in type <2>, lung: not measured in any of 40 cells");
        assert!(matches!(marks[0].shapes[..], [Shape::Circle { radius: 4.5, .. }]), "{:?}", marks[0]);
        let tip =
            "lyz in type <1>, lung: expression 2.05, expressed by 25.6% (10 of 39 cells), measured in 39 of 40 cells";
        assert_eq!(marks[1].tip, tip);
        let svg = figure.to_svg();
        assert!(svg.contains(">type &lt;1&gt;</text>") && svg.contains("Homo sapiens"), "{svg}");
        assert!(svg.contains("no cell of the row measured the gene"), "{svg}");
        let html = html(&table(3)).unwrap();
        let row = "<th scope=\"row\">type &lt;1&gt;, lung</th><td>40</td><td>2.05 (25.6%), measured in 39 of 40 cells</td>\
                   <td>none</td>";
        assert!(html.contains(row) && html.contains("<td>not measured</td>"), "{html}");
    }

    #[test]
    fn more_than_anybody_could_read_is_refused() {
        let query = Query::default();
        let too_many = table(MOST_MARKS / 2 + 1);
        let drawn = draw(&too_many, &query, Scaling::PerGene, &Manifest::default(), Ground::Dark);
        let told = drawn.unwrap_err().to_string();
        assert!(told.contains("2 genes in 25001 rows") && told.contains("take fewer genes"), "{told}");
    }
}
