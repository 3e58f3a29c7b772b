//! A view as one HTML file: the picture with its legend, and what is known of each cell in it.

use std::collections::HashMap;

use explorer_core::{
    data::{CellIdx, CellRow},
    dataset::{Dataset, Priority, Tiles},
    filter::CellMask,
    format::integer,
    session::{HtmlView, MISSING_LABEL},
};
use serde_json::{Value, json};

/// The page around them.
const PAGE: &str = include_str!("html/page.html");
const STYLE: &str = include_str!("html/style.css");
const SCRIPT: &str = include_str!("html/script.js");

/// What ids are called where the file has no name for them.
const INDEX_NAME: &str = "cell";

/// The HTML file of a view whose cells these are.
///
/// # Errors
/// When the dataset cannot be read.
pub async fn html<T: Tiles>(dataset: &Dataset<T>, cells: &CellMask, view: &HtmlView) -> Result<String, T::Error> {
    let cells: Vec<CellIdx> = cells.iter().collect();
    let mut columns = vec![ids(dataset, &cells).await?];
    for name in &view.columns {
        let values = dataset.file_column(name).await?;
        columns.push(coded(name, cells.iter().map(|cell| values.text(cell.0 as usize))));
    }
    if !view.own_columns.is_empty() {
        let rows = dataset.rows(Priority::Soon).await?;
        let of_cells: Vec<Option<CellRow>> = cells.iter().map(|&cell| rows.row_of(cell)).collect();
        for column in &view.own_columns {
            let label = |row: &Option<CellRow>| {
                let found =
                    column.labels().iter().find(|label| row.is_some_and(|row| label.cells.rows().contains(row.0)));
                found.map(|label| label.name.clone())
            };
            columns.push(coded(column.name(), of_cells.iter().map(label)));
        }
    }
    for (name, values) in &view.numbers {
        columns.push(coded(name, values.iter().map(|value| value.map(|value| value.to_string()))));
    }
    let data = json!({
        "ratio": view.ratio,
        "size": view.size_px,
        "places": view.places,
        "columns": columns,
    });
    Ok(page(view, cells.len(), &data))
}

async fn ids<T: Tiles>(dataset: &Dataset<T>, cells: &[CellIdx]) -> Result<Value, T::Error> {
    let rows = dataset.rows(Priority::Soon).await?;
    let ids = dataset.cell_ids().await?;
    let name = dataset.manifest().index_name.as_deref().unwrap_or(INDEX_NAME);
    let id = |&cell: &CellIdx| match ids.get(cell.0 as usize) {
        Some(Some(id)) => Some(id.clone()),
        Some(None) | None => rows.row_of(cell).map(|row| row.0.to_string()),
    };
    Ok(coded(name, cells.iter().map(id)))
}

/// A column: each text once, and which of them every cell has.
fn coded(name: &str, values: impl Iterator<Item = Option<String>>) -> Value {
    let mut texts: Vec<String> = Vec::new();
    let mut known: HashMap<String, usize> = HashMap::new();
    let codes: Vec<usize> = values
        .map(|value| {
            let text = value.unwrap_or_else(|| MISSING_LABEL.to_owned());
            *known.entry(text).or_insert_with_key(|text| {
                texts.push(text.clone());
                texts.len() - 1
            })
        })
        .collect();
    json!({ "name": name, "texts": texts, "codes": codes })
}

/// Fills the page in; the parts are put in at once, so that none is looked into for the names of others.
fn page(view: &HtmlView, n_cells: usize, data: &Value) -> String {
    let count = format!("{} {}", integer(n_cells as u64), view.unit);
    let note = if view.filter.is_empty() { String::new() } else { format!(": {}", view.filter) };
    let parts = [
        ("TITLE", escaped(&view.title)),
        ("STYLE", STYLE.to_owned()),
        ("COUNT", escaped(&count)),
        ("NOTE", escaped(&note)),
        ("LINK", escaped(&view.link)),
        ("IMAGE", escaped(&view.image)),
        // Within an element of script nothing else is escaped.
        ("DATA", data.to_string().replace('<', "\\u003c")),
        ("SCRIPT", SCRIPT.to_owned()),
    ];
    let mut html = String::with_capacity(PAGE.len() + parts.iter().map(|(_, part)| part.len()).sum::<usize>());
    let mut pieces = PAGE.split("{{");
    html.push_str(pieces.next().unwrap_or_default());
    for piece in pieces {
        let (name, rest) = piece.split_once("}}").unwrap_or((piece, ""));
        html.extend(parts.iter().find(|(known, _)| *known == name).map(|(_, part)| part.as_str()));
        html.push_str(rest);
    }
    html
}

fn escaped(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;").replace('"', "&quot;")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_column_has_each_text_once() {
        let values = ["B", "T", "B"].map(|text| Some(text.to_owned())).into_iter().chain([None]);
        let expected = json!({ "name": "kind", "texts": ["B", "T", "missing"], "codes": [0, 1, 0, 2] });
        assert_eq!(coded("kind", values), expected);
    }

    #[test]
    fn what_files_call_their_own_ends_no_element_and_names_no_part() {
        let view = HtmlView {
            title: "<b>{{DATA}}\"".to_owned(),
            unit: "cells".to_owned(),
            filter: "a & b".to_owned(),
            link: "https://host/d/x#c=1&v=\"".to_owned(),
            image: "data:image/png;base64,AAAA".to_owned(),
            ..HtmlView::default()
        };
        let data = json!({ "columns": ["</script><script>alert(1)"] });
        let html = page(&view, 1_700, &data);
        assert!(html.contains("<h1>&lt;b&gt;{{DATA}}&quot;</h1>"), "{html}");
        assert!(html.contains("1,700 cells") && html.contains(": a &amp; b"), "{html}");
        assert!(html.contains("href=\"https://host/d/x#c=1&amp;v=&quot;\""), "{html}");
        assert_eq!(html.matches("</script>").count(), 2, "{html}");
        let after = html.split("id=\"data\">").nth(1).unwrap();
        let found: Value = serde_json::from_str(after.split("</script>").next().unwrap()).unwrap();
        assert_eq!(found, data);
    }
}
