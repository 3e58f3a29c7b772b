//! What is to be said of a comparison because of the sizes of its sets.

/// Cells under which a set is too small for its statistics to be taken at their word.
const FEW_CELLS: u64 = 10;

/// Why the numbers of a comparison of so many cells are to be read with care; `None` where there is no reason.
pub fn caution_of_sizes(n_group: u64, n_reference: u64) -> Option<String> {
    let one = match (n_group < 2, n_reference < 2) {
        (true, true) => "The group and the reference have",
        (true, false) => "The group has",
        (false, true) => "The reference has",
        (false, false) if n_group.min(n_reference) < FEW_CELLS => {
            return Some(format!(
                "One of the sets has fewer than {FEW_CELLS} cells: take the p-values as a hint, no more."
            ));
        }
        (false, false) => return None,
    };
    Some(format!("{one} fewer than two cells, so nothing can be tested: every score is 0 and every p-value 1."))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn small_sets_are_told_from_sets_that_cannot_be_tested() {
        let said = |n_group, n_reference| caution_of_sizes(n_group, n_reference).unwrap_or_default();
        assert_eq!(said(10, 10), "");
        assert!(said(9, 500).starts_with("One of the sets has fewer than 10 cells"));
        let end = " fewer than two cells, so nothing can be tested: every score is 0 and every p-value 1.";
        for (sizes, who) in
            [((1, 9), "The group has"), ((9, 1), "The reference has"), ((1, 1), "The group and the reference have")]
        {
            assert_eq!(said(sizes.0, sizes.1), format!("{who}{end}"));
        }
    }
}
