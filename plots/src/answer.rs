//! Answers about some cells, as HTML and CSV. In the HTML a gene is a button with `data-gene`, its id; a label is one with
//! `data-column` and `data-code`, the number of the label, and `data-do`, which says what it is pressed for.

use explorer_core::{
    color::Ground,
    data::{GeneIdx, GeneNames},
    dataset::{Dataset, Tiles},
    de::{Adjustment, Effect, Marker, Moments},
    format::{integer, p_value, percent, signed, significant},
    screen::xml_escaped,
    session::{CorrelationQuestion, PortraitQuestion},
    sorting::order_by,
    statistics::{Correlations, LabelShare, NearestLabel, Portrait, correlations_to_csv, portrait_to_csv},
};

use crate::{
    Figure,
    answer_figures::{draw_correlations, draw_portrait},
    table::html_table,
};

/// Genes that are shown of either sign; the file has all.
const MOST_GENES: usize = 100;

/// An answer.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Answered {
    /// As HTML.
    pub html: String,
    /// As a figure for a file, on light.
    pub figure: Figure,
    /// All numbers, with a record of how they were made.
    pub csv: String,
}

/// Why there is no answer.
#[derive(Debug, thiserror::Error)]
pub enum AnswerError<E> {
    /// The dataset cannot be read.
    #[error(transparent)]
    Read(E),
    /// What came with the question is not of this dataset.
    #[error("what came with the question is of another dataset; reload the page and ask again")]
    Payload,
}

/// What some cells are. `payload` is what comes with the [question](PortraitQuestion::new).
///
/// # Errors
/// [`AnswerError`].
pub async fn describe<T: Tiles>(
    dataset: &Dataset<T>,
    question: &PortraitQuestion,
    payload: &[u8],
) -> Result<Answered, AnswerError<T::Error>> {
    let layer = question.layer as usize;
    let read = question.read_payload(payload, dataset.n_obs());
    let ([cells, universe], [inside, rest]) = read.ok_or(AnswerError::Payload)?;
    let n_entries = dataset.n_entries(layer).await.map_err(AnswerError::Read)?;
    let spread = |tile| Moments::from_tile(tile, n_entries).map_err(|_| AnswerError::Payload);
    let moments = [spread(&inside)?, spread(&rest)?];
    let (masks, nearest_of, most) = ([&cells, &universe], question.nearest_of.as_deref(), question.most as usize);
    let found = dataset.portrait(layer, masks, &moments, nearest_of, most).await;
    let mut portrait = found.map_err(AnswerError::Read)?;
    portrait.labels.extend(question.own.iter().cloned());
    let (names, effect) = named(dataset, layer).await.map_err(AnswerError::Read)?;
    let csv = portrait_to_csv(&portrait, &names, &question.record);
    let figure = draw_portrait(&portrait, &names, effect, &question.record, Ground::Light);
    Ok(Answered { html: card(&portrait, &names, effect), figure, csv })
}

/// The genes that go with a number. `r` are their correlations, eight bytes each, the lowest first.
///
/// # Errors
/// [`AnswerError`].
pub async fn correlated<T: Tiles>(
    dataset: &Dataset<T>,
    question: &CorrelationQuestion,
    r: &[u8],
) -> Result<Answered, AnswerError<T::Error>> {
    let (names, _) = named(dataset, question.layer as usize).await.map_err(AnswerError::Read)?;
    let r: Vec<f64> = r.as_chunks::<8>().0.iter().map(|bytes| f64::from_le_bytes(*bytes)).collect();
    if r.len() != names.len() {
        return Err(AnswerError::Payload);
    }
    let table = Correlations::of(question.n_cells.into(), r, question.gene.map(GeneIdx), Adjustment::BenjaminiHochberg);
    let csv = correlations_to_csv(&table, &question.with, &names, &question.record);
    let figure = draw_correlations(&table, &question.with, &names, &question.record, Ground::Light);
    Ok(Answered { html: both_ends(&table, &names), figure, csv })
}

/// What the genes of a layer are called, and what the size of an effect is there.
async fn named<T: Tiles>(dataset: &Dataset<T>, layer: usize) -> Result<(GeneNames, Effect), T::Error> {
    let effect = Effect::of_layer(dataset.layer_entry(layer)?);
    let genes = dataset.genes(layer).await?;
    Ok((GeneNames::new(genes.ids, genes.symbols), effect))
}

fn gene_button(names: &GeneNames, gene: GeneIdx) -> String {
    let (id, label) = (xml_escaped(names.id(gene)), xml_escaped(names.label(gene)));
    format!("<button type=\"button\" data-gene=\"{id}\" title=\"Color by {label}\">{label}</button>")
}

/// A label: its name selects its cells, and another button compares with them.
fn label_buttons(column: &str, code: usize, name: &str) -> [String; 2] {
    let (column, name) = (xml_escaped(column), xml_escaped(name));
    let button = |what: &str, title: &str, text: &str| {
        format!(
            "<button type=\"button\" data-column=\"{column}\" data-code=\"{code}\" data-do=\"{what}\" \
             title=\"{title}\">{text}</button>"
        )
    };
    [
        button("select", &format!("Select the cells of {name}"), &name),
        button("compare", &format!("Compare with the cells of {name}"), "Compare"),
    ]
}

/// What some cells are, in three parts.
fn card(portrait: &Portrait, names: &GeneNames, effect: Effect) -> String {
    let mut html = String::from("<div class=\"answer-parts\"><section><h3>Labels</h3>");
    for (column, labels) in portrait.tell_tale_labels() {
        let row = |label: &LabelShare| {
            let [select, compare] = label_buttons(column, label.label, &label.name);
            let fold = format!("{}×", significant(label.fold, 2));
            vec![select, integer(label.n_cells), percent(label.share), fold, compare]
        };
        html += &html_table(column, &["label", "cells", "share", "ratio to all", ""], labels.iter().map(row));
    }
    html += "</section><div><section><h3>Markers</h3>";
    let row = |marker: &Marker| {
        vec![
            gene_button(names, GeneIdx(marker.gene)),
            signed(marker.score),
            signed(marker.effect),
            format!("{:.0}", marker.pct_group),
            format!("{:.0}", marker.pct_reference),
        ]
    };
    let effect = match effect {
        Effect::Log2FoldChange => "log2 FC",
        Effect::MeanDifference => "diff.",
    };
    let header = ["gene", "t", effect, "% in", "% out"];
    html += &html_table("Higher than in all other cells", &header, portrait.markers.iter().map(row));
    html += "</section>";
    if !portrait.nearest.is_empty() {
        html += "<section><h3>Most like</h3>";
        let row = |label: &NearestLabel| {
            let [select, compare] = label_buttons(&portrait.nearest_of, label.label, &label.name);
            vec![select, r_text(label.correlation), compare]
        };
        let caption = format!("{}, by the mean of every gene", portrait.nearest_of);
        html += &html_table(&caption, &["label", "r", ""], portrait.nearest.iter().map(row));
        html += "</section>";
    }
    html + "</div></div>"
}

/// The genes that go with it (1) or against it (-1), the largest r of that sign first.
pub(crate) fn of_sign(table: &Correlations, sign: f64) -> Vec<usize> {
    let genes: Vec<usize> = table.tested().into_iter().filter(|&gene| table.r[gene] * sign > 0.0).collect();
    let order = order_by(genes.len(), |a, b| (table.r[genes[b]] * sign).total_cmp(&(table.r[genes[a]] * sign)));
    order.into_iter().map(|at| genes[at]).collect()
}

/// A correlation, with as many digits as any other.
pub(crate) fn r_text(r: f64) -> String {
    format!("{r:.3}").replace('-', "−")
}

/// The genes of the highest r and of the lowest.
fn both_ends(table: &Correlations, names: &GeneNames) -> String {
    let row = |gene: usize| {
        vec![
            gene_button(names, GeneIdx(gene as u32)),
            r_text(table.r[gene]),
            p_value(table.log10_pval[gene]),
            p_value(table.log10_pval_adj[gene]),
        ]
    };
    let header = ["gene", "r", "p", "adjusted p"];
    if table.tested().is_empty() {
        return "<p>Nothing can be correlated with it: no other gene varies in these cells.</p>".to_owned();
    }
    let part = |title: &str, caption: &str, sign: f64| {
        let genes = of_sign(table, sign);
        let rows = genes.iter().take(MOST_GENES).map(|&gene| row(gene));
        let caption =
            format!("{caption}: the first {} of {}", genes.len().min(MOST_GENES), integer(genes.len() as u64));
        format!("<section><h3>{title}</h3>{}</section>", html_table(&caption, &header, rows))
    };
    let (with, against) = (part("Go with it", "Highest r", 1.0), part("Go against it", "Lowest r", -1.0));
    format!("<div class=\"answer-parts\">{with}{against}</div>")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn names() -> GeneNames {
        GeneNames::new(["E0", "E1", "E2", "E3"].map(str::to_owned).to_vec(), None)
    }

    #[test]
    fn what_cells_are_is_told_by_labels_that_tell_something() {
        let share =
            |name: &str, fold| LabelShare { label: 0, name: name.to_owned(), n_cells: 5, share: 0.5, n_all: 9, fold };
        let portrait = Portrait {
            n_cells: 10,
            labels: vec![
                ("type".to_owned(), vec![share("T & \"B\"", 2.5)]),
                ("organism".to_owned(), vec![share("human", 1.0)]),
            ],
            ..Portrait::default()
        };
        let html = card(&portrait, &names(), Effect::MeanDifference);
        assert!(html.contains("data-column=\"type\" data-code=\"0\" data-do=\"select\""), "{html}");
        assert!(html.contains("T &amp; &quot;B&quot;</button></th><td>5</td><td>50.0%</td><td>2.5×</td>"), "{html}");
        assert!(!html.contains("human") && !html.contains("Most like"), "{html}");
    }

    #[test]
    fn genes_are_told_from_both_ends_without_the_one_asked_about() {
        let r = vec![1.0, -0.5, 0.25, 0.75];
        let table = Correlations::of(50, r, Some(GeneIdx(0)), Adjustment::BenjaminiHochberg);
        let html = both_ends(&table, &names());
        let places = ["E0", "E3", "E2", "E1"].map(|id| html.find(&format!("data-gene=\"{id}\"")));
        assert!(places[0].is_none() && places[1] < places[2] && places[2] < places[3], "{html}");
        assert!(html.contains("the first 2 of 2") && html.contains("the first 1 of 1"), "{html}");
        let none =
            Correlations::of(50, vec![1.0, f64::NAN, f64::NAN, f64::NAN], Some(GeneIdx(0)), Adjustment::Bonferroni);
        assert!(both_ends(&none, &names()).contains("no other gene varies in these cells"));
    }
}
