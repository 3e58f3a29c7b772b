//! Runs of points that are written together.

use std::ops::Range;

/// Points between two runs that cost less to write with them than another write does: 4 KiB.
const WORTH_WRITING: u32 = 1 << 10;

/// Runs of points in ascending order, those made one that touch or nearly do: each write costs the driver a call.
pub(crate) fn joined(runs: &[Range<u32>]) -> Vec<Range<u32>> {
    let mut sorted: Vec<Range<u32>> = runs.iter().filter(|run| !run.is_empty()).cloned().collect();
    sorted.sort_unstable_by_key(|run| run.start);
    let mut joined: Vec<Range<u32>> = Vec::with_capacity(sorted.len());
    for run in sorted {
        match joined.last_mut() {
            Some(last) if run.start <= last.end.saturating_add(WORTH_WRITING) => last.end = last.end.max(run.end),
            _ => joined.push(run),
        }
    }
    joined
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn runs_near_each_other_are_one_write() {
        assert_eq!(joined(&[5_000..5_010, 0..10, 500..600, 7..20, 9_000..9_000]), [0..600, 5_000..5_010]);
    }

    proptest! {
        #[test]
        fn every_point_is_written_once(runs in prop::collection::vec((0_u32..50_000, 0_u32..3_000), 0..40)) {
            let runs: Vec<Range<u32>> = runs.into_iter().map(|(start, len)| start..start + len).collect();
            let joined = joined(&runs);
            prop_assert!(joined.windows(2).all(|pair| pair[0].end < pair[1].start));
            for run in runs.iter().filter(|run| !run.is_empty()) {
                prop_assert_eq!(joined.iter().filter(|all| all.start <= run.start && run.end <= all.end).count(), 1);
            }
        }
    }
}
