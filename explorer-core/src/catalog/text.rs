//! Texts as words.

/// What stands between spaces and brackets, in lower case. Marks within a word belong to it: `10x`, `3'`, `CD4+`,
/// `10.1038/s41586`.
pub(super) fn words_of(text: &str) -> impl Iterator<Item = String> {
    let lower = text.to_lowercase();
    let is_between = |c: char| c.is_whitespace() || "()[]{}\"“”,;".contains(c);
    let words: Vec<String> = lower
        .split(is_between)
        .map(|word| word.trim_end_matches(['.', ':']))
        .filter(|word| !word.is_empty())
        .map(str::to_owned)
        .collect();
    words.into_iter()
}
