//! Names from files as they are shown: told where nothing is to be seen, kept apart from the text around them, cut in
//! the middle.

use std::borrow::Cow;

use crate::format::integer;

/// What cells without a label are called.
pub const MISSING_LABEL: &str = "missing";

/// Characters of a name's end that stay where it is cut, at most.
const TAIL_CHARS: usize = 12;
/// Shorter names are cut at their end.
const LEAST_CHARS: usize = 20;

/// Longer names, in bytes, are shown by their first [`MOST_CHARS`] characters: a browser that lays out a million of them
/// does nothing else.
const MOST_BYTES: usize = 4_000;
const MOST_CHARS: usize = 400;

/// A name, or, where there is nothing to see of it, that it is so. One that nobody could read is cut.
pub fn visible(name: &str) -> Cow<'_, str> {
    let is_unseen = |c: char| c.is_whitespace() || c.is_control() || is_direction_mark(c) || c == '\u{200b}';
    match name {
        "" => "(empty)".into(),
        name if name.len() > MOST_BYTES => {
            let first: String = name.chars().take(MOST_CHARS).collect();
            format!("{first}… ({} characters)", integer(name.chars().count() as u64)).into()
        }
        name if name.chars().all(is_unseen) => "(blank)".into(),
        name => name.into(),
    }
}

/// The same within a sentence: a name that is written from right to left, or that turns the writing round, leaves the
/// words around it where they are.
pub fn isolated(name: &str) -> Cow<'_, str> {
    let name = visible(name);
    if !name.chars().any(|c| is_direction_mark(c) || is_right_to_left(c)) {
        return name;
    }
    // An isolate that the name closes would be ours.
    let own: String = name.chars().filter(|c| !('\u{2066}'..='\u{2069}').contains(c)).collect();
    format!("\u{2068}{own}\u{2069}").into()
}

/// A sentence with what it puts in quotation marks “like this” [`isolated`].
pub fn with_isolated_quotes(sentence: &str) -> String {
    let mut parts = sentence.split('“');
    let mut told = parts.next().unwrap_or_default().to_owned();
    for part in parts {
        let (name, rest) = part.rsplit_once('”').map_or((part, None), |(name, rest)| (name, Some(rest)));
        told.extend(["“", &isolated(name)]);
        told.extend(rest.into_iter().flat_map(|rest| ["”", rest]));
    }
    told
}

/// A name in two parts: where room is short, the first loses its end, and the second stays whole. Short names are all
/// first part.
pub fn cut_in_the_middle(name: &str) -> (&str, &str) {
    let n_chars = name.chars().count();
    if n_chars < LEAST_CHARS {
        return (name, "");
    }
    let from_end = |chars: usize| name.char_indices().nth(n_chars - chars).map_or(name.len(), |(at, _)| at);
    let longest = &name[from_end(TAIL_CHARS)..];
    // Never before a mark that belongs to a letter.
    let is_mark =
        |c: char| matches!(c, '\u{300}'..='\u{36f}' | '\u{200d}' | '\u{fe00}'..='\u{fe0f}' | '\u{1f3fb}'..='\u{1f3ff}');
    let mut letters = longest.char_indices().zip(std::iter::once(' ').chain(longest.chars()));
    let start = letters.find(|&((_, c), before)| !is_mark(c) && before != '\u{200d}');
    let at = start.map_or(longest.len(), |((at, _), _)| at);
    name.split_at(name.len() - longest.len() + at)
}

fn is_direction_mark(c: char) -> bool {
    matches!(c, '\u{61c}' | '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
}

fn is_right_to_left(c: char) -> bool {
    matches!(c, '\u{590}'..='\u{8ff}' | '\u{fb1d}'..='\u{fdff}' | '\u{fe70}'..='\u{feff}'
        | '\u{10800}'..='\u{10fff}' | '\u{1e800}'..='\u{1efff}')
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn what_cannot_be_seen_is_told() {
        let shown = ["", " \t", "\u{200b}\u{202e}", "B", " B "].map(|name| visible(name).into_owned());
        assert_eq!(shown, ["(empty)", "(blank)", "(blank)", "B", " B "]);
        let long = visible(&"é".repeat(2_000_000)).into_owned();
        assert!(long.len() < 1000 && long.ends_with("… (2,000,000 characters)"), "{long}");
    }

    #[test]
    fn long_names_keep_both_ends() {
        assert_eq!(
            cut_in_the_middle("CD4-positive, alpha-beta memory T cell"),
            ("CD4-positive, alpha-beta m", "emory T cell")
        );
        assert_eq!(cut_in_the_middle("ENSG00000141510.18_PAR_Y"), ("ENSG00000141", "510.18_PAR_Y"));
        assert_eq!(cut_in_the_middle("AAACATACAACCACTGAAACATAC"), ("AAACATACAACC", "ACTGAAACATAC"));
        assert_eq!(cut_in_the_middle("0123456789e\u{301}ABCDEFGHIJK"), ("0123456789e\u{301}", "ABCDEFGHIJK"));
        assert_eq!(cut_in_the_middle("CD14+ Monocyte"), ("CD14+ Monocyte", ""));
    }

    #[test]
    fn a_name_that_turns_the_writing_round_is_kept_to_itself() {
        assert_eq!(isolated("B cell"), "B cell");
        assert_eq!(isolated("a\u{202e}b"), "\u{2068}a\u{202e}b\u{2069}");
        assert_eq!(isolated("תא B"), "\u{2068}תא B\u{2069}");
        assert_eq!(with_isolated_quotes("“\u{202e}a” and “b”."), "“\u{2068}\u{202e}a\u{2069}” and “b”.");
        assert_eq!(isolated("a\u{2069}\u{202e}b"), "\u{2068}a\u{202e}b\u{2069}");
    }

    proptest! {
        #[test]
        fn the_parts_are_the_name(name in "(\\PC|[ 🧬é\u{301}\u{200d}-]){0,40}") {
            let (head, tail) = cut_in_the_middle(&name);
            prop_assert_eq!([head, tail].concat(), name.as_str());
            prop_assert!(tail.chars().count() <= TAIL_CHARS);
        }

        #[test]
        fn no_name_ends_the_isolate_that_holds_it(name: String) {
            let isolated = isolated(&name);
            let is_isolate = |c: &char| ('\u{2066}'..='\u{2069}').contains(c);
            let inner = isolated.strip_prefix('\u{2068}').and_then(|text| text.strip_suffix('\u{2069}'));
            prop_assert!(!inner.unwrap_or(&isolated).chars().any(|c| is_isolate(&c)));
        }
    }
}
