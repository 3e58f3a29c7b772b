//! Indices whose labels are each there once.

use std::collections::{BTreeSet, HashMap};

use explorer_core::format;
use shared_fbs::manifest::Warning;

/// Makes labels of an index unique the way anndata does: the second `a` becomes `a-1`.
pub fn make_unique(index: &mut [String], place: &str, warnings: &mut Vec<Warning>) {
    let mut seen: HashMap<String, u32> = HashMap::with_capacity(index.len());
    let taken: BTreeSet<String> = {
        let mut counts: HashMap<&str, u32> = HashMap::with_capacity(index.len());
        for label in index.iter() {
            *counts.entry(label).or_default() += 1;
        }
        if counts.len() == index.len() {
            return;
        }
        index.iter().cloned().collect()
    };
    let mut mended = Vec::new();
    for label in index.iter_mut() {
        let Some(repeats) = seen.get_mut(label.as_str()) else {
            seen.insert(label.clone(), 0);
            continue;
        };
        let unique = loop {
            *repeats += 1;
            let candidate = format!("{label}-{repeats}");
            if !taken.contains(&candidate) {
                break candidate;
            }
        };
        mended.push(std::mem::replace(label, unique));
    }
    let message = match &mended[..] {
        [one] => format!("the label `{one}` occurs twice; a number was added to the second"),
        several => format!(
            "{} labels repeat others (`{}` is one); a number was added to each",
            format::integer(several.len() as u64),
            several[0]
        ),
    };
    warnings.push(Warning { place: place.to_owned(), message });
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn repeated_labels_become_unique() {
        let mut warnings = Vec::new();
        let mut index = ["a", "b", "a", "a-1", "a"].map(str::to_owned);
        make_unique(&mut index, "obs", &mut warnings);
        assert_eq!(index, ["a", "b", "a-2", "a-1", "a-3"]);
        assert_eq!(warnings.len(), 1);
        assert!(warnings[0].message.starts_with("2 labels"), "{}", warnings[0].message);
    }
}
