//! Text that has to fit, names that have to be free, lists as people paste them.

use std::collections::HashSet;

/// The text, cut in its middle where it is wider than `most_px`: names differ at their ends as often as at their
/// beginnings.
pub fn fitted(text: &str, most_px: f64, width: impl Fn(&str) -> f64) -> String {
    if width(text) <= most_px {
        return text.to_owned();
    }
    let letters: Vec<char> = text.chars().collect();
    let mut n_kept = letters.len();
    loop {
        n_kept = n_kept.saturating_sub(1);
        let (head, tail) = (&letters[..n_kept.div_ceil(2)], &letters[letters.len() - n_kept / 2..]);
        let [head, tail] = [head, tail].map(|part| part.iter().collect::<String>());
        let cut = format!("{}…{}", head.trim_end(), tail.trim_start());
        if n_kept == 0 || width(&cut) <= most_px {
            return cut;
        }
    }
}

/// The names in a list, between commas, semicolons, tabs, blanks or lines; each once, in order. What stands in quotation
/// marks is one name, and a name keeps what follows it in parentheses, as labels of genes have it: `TBCE (ENSG03)`.
pub fn gene_names(text: &str) -> Vec<String> {
    let mut names: Vec<String> = Vec::new();
    let mut known = HashSet::new();
    let is_between = |c: char| c.is_whitespace() || matches!(c, ',' | ';');
    let mut rest = text;
    loop {
        rest = rest.trim_start_matches(is_between);
        let Some(first) = rest.chars().next() else { return names };
        let quoted = matches!(first, '"' | '\'').then(|| rest[1..].find(first)).flatten();
        let end = match quoted {
            Some(length) => length + 2,
            None => {
                let end = rest.find(is_between).unwrap_or(rest.len());
                let in_parentheses = rest[end..].starts_with(" (").then(|| rest[end..].find(')')).flatten();
                in_parentheses.map_or(end, |length| end + length + 1)
            }
        };
        let name = rest[..end].trim_matches(['"', '\'']).trim();
        rest = &rest[end..];
        if !name.is_empty() && known.insert(name) {
            names.push(name.to_owned());
        }
    }
}

/// `stem` with the least number that no other name has: `Set 1`, `Set 2`, ….
pub fn free_name(stem: &str, taken: &[String]) -> String {
    let numbered = (1..).map(|number| format!("{stem} {number}"));
    let mut free = numbered.filter(|name| !taken.contains(name));
    free.next().expect("of infinitely many names finitely many are taken")
}

/// Why something new (a `set`) cannot have a name; `None` where it can.
pub fn wrong_name(what: &str, name: &str, taken: &[String]) -> Option<String> {
    match name.trim() {
        "" => Some(format!("A {what} needs a name.")),
        name if taken.iter().any(|other| other == name) => Some(format!("There is a {what} called “{name}” already.")),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_too_wide_is_cut() {
        let width = |text: &str| text.chars().count() as f64;
        assert_eq!(fitted("CD4 T", 5.0, width), "CD4 T");
        assert_eq!(fitted("CD4 T cell", 6.0, width), "CD4…ll");
        assert_eq!(fitted("CD4", 0.5, width), "…");
    }

    #[test]
    fn lists_are_read_however_they_are_written() {
        for list in ["CD3D\nLYZ\r\nMS4A1", "CD3D, LYZ,MS4A1,", " CD3D LYZ  MS4A1 ", "\"CD3D\";'LYZ';\tMS4A1;CD3D"] {
            assert_eq!(gene_names(list), ["CD3D", "LYZ", "MS4A1"], "{list:?}");
        }
        assert_eq!(gene_names("HLA-DRA"), ["HLA-DRA"]);
        assert_eq!(gene_names("CD3D LYZ, MS4A1"), ["CD3D", "LYZ", "MS4A1"]);
        assert_eq!(gene_names("\"gene one\" TBCE (ENSG03) 5'NT"), ["gene one", "TBCE (ENSG03)", "5'NT"]);
        assert_eq!(gene_names("\"open"), ["open"]);
        assert!(gene_names(" \n ").is_empty());
    }

    #[test]
    fn a_name_that_cannot_be_is_refused_in_words() {
        let taken = ["B".to_owned()];
        assert_eq!(wrong_name("set", "T", &taken), None);
        assert_eq!(wrong_name("set", " B ", &taken).as_deref(), Some("There is a set called “B” already."));
        assert_eq!(wrong_name("column", "  ", &taken).as_deref(), Some("A column needs a name."));
    }

    #[test]
    fn the_least_free_number_is_suggested() {
        let taken = ["Set 1", "Set 3", "T cells"].map(str::to_owned);
        assert_eq!(free_name("Set", &taken), "Set 2");
        assert_eq!(free_name("Set", &[]), "Set 1");
    }
}
