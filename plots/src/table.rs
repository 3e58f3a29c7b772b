//! A table of what a figure shows.

use std::fmt::Write as _;

use explorer_core::screen::xml_escaped;

/// A table of what a figure shows: a line for each group.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Table {
    /// What it is of.
    pub caption: String,
    /// What the columns are called.
    pub header: Vec<String>,
    /// The lines; the first of each is its name.
    pub rows: Vec<Vec<String>>,
}

impl Table {
    /// As HTML.
    pub fn to_html(&self) -> String {
        let header: Vec<&str> = self.header.iter().map(String::as_str).collect();
        let rows = self.rows.iter().map(|row| row.iter().map(|cell| xml_escaped(cell)).collect());
        html_table(&self.caption, &header, rows)
    }
}

/// A table in HTML. Its cells are HTML, the first of each row is its name; caption and header are text.
pub fn html_table(caption: &str, header: &[&str], rows: impl IntoIterator<Item = Vec<String>>) -> String {
    let mut html = format!("<table><caption>{}</caption><thead><tr>", xml_escaped(caption));
    for name in header {
        let _ = match *name {
            // A column of presses has no name, and a heading must have one.
            "" => write!(html, "<td></td>"),
            name => write!(html, "<th scope=\"col\">{}</th>", xml_escaped(name)),
        };
    }
    html.push_str("</tr></thead><tbody>");
    for row in rows {
        html.push_str("<tr>");
        for (at, cell) in row.iter().enumerate() {
            let _ = match at {
                0 => write!(html, "<th scope=\"row\">{cell}</th>"),
                _ => write!(html, "<td>{cell}</td>"),
            };
        }
        html.push_str("</tr>");
    }
    html.push_str("</tbody></table>");
    html
}
