//! The HTML that shows a view in another page.

use shared_fbs::path::{EMBED_MOVING, EMBED_ROUTE};

/// The HTML that shows a view: `base` is the address of the viewer's files, ending in `/`, `page` that of the dataset's
/// page, `link` the view as the text of a link, `title` what the dataset is called.
pub fn snippet(base: &str, page: &str, link: &str, title: &str) -> String {
    let attribute = |name: &str, value: &str| match value {
        "" => String::new(),
        value => format!(" {name}=\"{}\"", escaped(value)),
    };
    format!(
        "<script type=\"module\" src=\"{}{EMBED_ROUTE}/{EMBED_MOVING}.js\"></script>\n<tessera-explorer{}{}{}></tessera-explorer>\n",
        escaped(base),
        attribute("src", page),
        attribute("view", link),
        attribute("label", title),
    )
}

/// A text as an attribute in double quotes holds it.
fn escaped(text: &str) -> String {
    text.replace('&', "&amp;").replace('"', "&quot;").replace('<', "&lt;")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_cannot_leave_their_attribute() {
        let html = snippet("https://a.org/x/", "https://a.org/x/d/1", "c=obs:a&v=1", "\"><script>");
        assert_eq!(
            html,
            "<script type=\"module\" src=\"https://a.org/x/embed/v1.js\"></script>\n\
             <tessera-explorer src=\"https://a.org/x/d/1\" view=\"c=obs:a&amp;v=1\" label=\"&quot;>&lt;script>\">\
             </tessera-explorer>\n"
        );
    }

    #[test]
    fn what_is_empty_is_left_out() {
        assert!(!snippet("https://a.org/", "https://a.org/d/1", "", "").contains("view"));
    }
}
