//! How wide text is, about: whoever opens a figure may have another typeface.

use explorer_core::{names::visible, screen::fitted};

/// Typefaces, as CSS has them.
pub const FAMILY: &str = "Inter, Helvetica, Arial, sans-serif";

/// The size of text, in CSS pixels.
pub const SIZE_PX: f64 = 12.0;

/// The longest label, in CSS pixels; longer ones are cut in the middle.
const MOST_LABEL_PX: f64 = 340.0;

/// The width of a text, in CSS pixels.
pub fn width(text: &str) -> f64 {
    text.chars().map(|c| SIZE_PX * em(c)).sum()
}

/// A label, told where there is nothing to see of it, and cut where it is too long.
pub fn label(text: &str) -> String {
    cut(&visible(text), MOST_LABEL_PX)
}

/// A text, cut where it is wider than so many CSS pixels.
pub fn cut(text: &str, most_px: f64) -> String {
    fitted(text, most_px, width)
}

/// A text in lines of so many CSS pixels at most, parted at blanks; a word that is wider is cut.
pub fn lines(text: &str, most_px: f64) -> Vec<String> {
    let mut lines: Vec<String> = Vec::new();
    for word in text.split(' ') {
        let longer = lines.last().map(|line| format!("{line} {word}")).filter(|longer| width(longer) <= most_px);
        match (longer, lines.last_mut()) {
            (Some(longer), Some(line)) => *line = longer,
            (None, _) | (Some(_), None) => lines.push(cut(word, most_px)),
        }
    }
    lines
}

/// The widest of some labels, in CSS pixels.
pub fn widest<'a>(texts: impl IntoIterator<Item = &'a String>) -> f64 {
    texts.into_iter().map(|text| width(text)).fold(0.0, f64::max)
}

fn em(c: char) -> f64 {
    match c {
        'i' | 'j' | 'l' | '\'' | '.' | ',' | ':' | ';' | '|' | '!' => 0.27,
        ' ' | 'f' | 'r' | 't' | 'I' | '(' | ')' | '[' | ']' | '/' | '-' => 0.38,
        'm' | 'w' | 'M' | 'W' | '%' | '@' => 0.9,
        '0'..='9' => 0.64,
        'A'..='Z' | '_' | '+' => 0.69,
        '\0'..='\u{2ff}' => 0.59,
        '\u{300}'..='\u{36f}' => 0.0,
        '\u{1100}'.. => 1.0,
        _ => 0.65,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_text_goes_on_in_the_next_line_and_loses_nothing() {
        let text = "Over-representation of genes chosen: 132 higher in the group; adjusted p at most 0.05";
        let found = lines(text, 200.0);
        assert!(found.len() > 2 && found.iter().all(|line| width(line) <= 200.0), "{found:?}");
        assert_eq!(found.join(" "), text);
        assert_eq!(lines("short", 200.0), ["short"]);
        assert!(lines(&"m".repeat(90), 200.0)[0].contains('…'), "a word has no blank to be parted at");
    }
}
