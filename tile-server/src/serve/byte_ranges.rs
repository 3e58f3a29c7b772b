//! The `Range` header (RFC 9110, section 14): parsed, printed, and resolved against a length.

use std::{fmt, ops::Range, str::FromStr};

/// More ranges than this in one request are refused: the page coalesces neighbors, and a long list
/// of crumbs costs the server more than it brings the client.
pub(super) const MAX_RANGES: usize = 256;

/// One `ranges-specifier` of unit `bytes`, as it was asked for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct RangeSet(Vec<RangeSpec>);

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum RangeSpec {
    /// `first-last`, both included.
    Between(u64, u64),
    /// `first-`.
    From(u64),
    /// `-length`: the last bytes.
    Last(u64),
}

/// The header is not a list of byte ranges; RFC 9110 lets the server answer as if it were absent.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct NotByteRanges;

/// No range overlaps the file, or the request asks for more than the whole file holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Unsatisfiable;

impl RangeSet {
    /// Byte ranges within a file of `len` bytes, in the order asked, never empty.
    ///
    /// # Errors
    /// [`Unsatisfiable`] when no range overlaps the file, when there are more than [`MAX_RANGES`], or
    /// when overlapping ranges ask for more bytes than the file has (section 14.2 warns of those).
    pub(super) fn resolve(&self, len: u64) -> Result<Vec<Range<u64>>, Unsatisfiable> {
        if self.0.len() > MAX_RANGES {
            return Err(Unsatisfiable);
        }
        let ranges: Vec<_> = self.0.iter().filter_map(|spec| spec.resolve(len)).collect();
        let total = ranges.iter().fold(0u64, |sum, range| sum.saturating_add(range.end - range.start));
        if ranges.is_empty() || total > len {
            return Err(Unsatisfiable);
        }
        Ok(ranges)
    }
}

impl RangeSpec {
    fn resolve(self, len: u64) -> Option<Range<u64>> {
        let range = match self {
            Self::Between(first, last) => first..last.saturating_add(1).min(len),
            Self::From(first) => first..len,
            Self::Last(length) => len.saturating_sub(length)..len,
        };
        (range.start < range.end).then_some(range)
    }
}

impl FromStr for RangeSet {
    type Err = NotByteRanges;

    fn from_str(header: &str) -> Result<Self, NotByteRanges> {
        let (unit, list) = header.split_once('=').ok_or(NotByteRanges)?;
        if !unit.trim().eq_ignore_ascii_case("bytes") {
            return Err(NotByteRanges);
        }
        // Empty elements are allowed in HTTP lists (section 5.6.1.2).
        let specs = list
            .split(',')
            .map(|item| item.trim_matches([' ', '\t']))
            .filter(|item| !item.is_empty())
            .map(str::parse)
            .collect::<Result<Vec<_>, _>>()?;
        if specs.is_empty() {
            return Err(NotByteRanges);
        }
        Ok(Self(specs))
    }
}

impl FromStr for RangeSpec {
    type Err = NotByteRanges;

    fn from_str(item: &str) -> Result<Self, NotByteRanges> {
        let (first, last) = item.split_once('-').ok_or(NotByteRanges)?;
        match (first, last) {
            ("", length) => position(length).map(Self::Last),
            (first, "") => position(first).map(Self::From),
            (first, last) => {
                let (first, last) = (position(first)?, position(last)?);
                if last < first {
                    return Err(NotByteRanges);
                }
                Ok(Self::Between(first, last))
            }
        }
    }
}

/// A run of digits; numbers past `u64` mean "beyond any file".
fn position(digits: &str) -> Result<u64, NotByteRanges> {
    if digits.is_empty() || !digits.bytes().all(|byte| byte.is_ascii_digit()) {
        return Err(NotByteRanges);
    }
    Ok(digits.parse().unwrap_or(u64::MAX))
}

impl fmt::Display for RangeSet {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("bytes=")?;
        for (position, spec) in self.0.iter().enumerate() {
            if position > 0 {
                f.write_str(",")?;
            }
            match spec {
                RangeSpec::Between(first, last) => write!(f, "{first}-{last}")?,
                RangeSpec::From(first) => write!(f, "{first}-")?,
                RangeSpec::Last(length) => write!(f, "-{length}")?,
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use proptest::{collection::vec, prelude::*};

    use super::*;

    /// `expected` are starts and ends.
    fn check(header: &str, len: u64, expected: &[(u64, u64)]) {
        let set: RangeSet = header.parse().unwrap();
        let ranges = set.resolve(len).unwrap();
        let found: Vec<_> = ranges.iter().map(|range| (range.start, range.end)).collect();
        assert_eq!(found, expected, "{header} of {len}");
    }

    #[test]
    fn ranges_are_resolved_against_the_length() {
        check("bytes=0-0", 10, &[(0, 1)]);
        check("bytes=2-5", 10, &[(2, 6)]);
        check("bytes=2-", 10, &[(2, 10)]);
        check("bytes=-3", 10, &[(7, 10)]);
        check("bytes=-30", 10, &[(0, 10)]);
        check("bytes=8-99999999999999999999999", 10, &[(8, 10)]);
        check("BYTES = 0-1 ,, 4-4", 10, &[(0, 2), (4, 5)]);
        check("bytes=20-30,1-1", 10, &[(1, 2)]);
    }

    #[test]
    fn what_no_byte_answers_is_unsatisfiable() {
        for (header, len) in [("bytes=10-", 10), ("bytes=-0", 10), ("bytes=0-", 0), ("bytes=0-9,0-9", 10)] {
            let set: RangeSet = header.parse().unwrap();
            assert_eq!(set.resolve(len), Err(Unsatisfiable), "{header} of {len}");
        }
        let crumbs: Vec<_> = (0..=MAX_RANGES).map(|at| format!("{0}-{0}", at * 2)).collect();
        let set: RangeSet = format!("bytes={}", crumbs.join(",")).parse().unwrap();
        assert_eq!(set.resolve(1 << 20), Err(Unsatisfiable));
    }

    #[test]
    fn what_is_not_a_byte_range_is_told_apart() {
        for header in [
            "",
            "bytes",
            "bytes=",
            "bytes=,",
            "items=0-1",
            "bytes=5-2",
            "bytes=-",
            "bytes=a-b",
            "bytes=1",
            "bytes=+1-2",
            "bytes=1-2-3",
            "bytes=1 -2",
            "0-1",
        ] {
            assert_eq!(header.parse::<RangeSet>(), Err(NotByteRanges), "{header:?}");
        }
    }

    fn any_spec() -> impl Strategy<Value = RangeSpec> {
        prop_oneof![
            (any::<u64>(), any::<u64>()).prop_map(|(a, b)| RangeSpec::Between(a.min(b), a.max(b))),
            any::<u64>().prop_map(RangeSpec::From),
            any::<u64>().prop_map(RangeSpec::Last),
        ]
    }

    proptest! {
        #[test]
        fn parse_undoes_print(specs in vec(any_spec(), 1..8)) {
            let set = RangeSet(specs);
            prop_assert_eq!(set.to_string().parse::<RangeSet>(), Ok(set));
        }

        #[test]
        fn resolved_ranges_lie_within_the_file(
            specs in vec(any_spec(), 1..8),
            len in prop_oneof![0..64u64, any::<u64>()],
        ) {
            if let Ok(ranges) = RangeSet(specs).resolve(len) {
                for range in ranges {
                    prop_assert!(range.start < range.end && range.end <= len);
                }
            }
        }

        #[test]
        fn any_text_parses_or_is_refused(header in "(bytes=)?[-0-9, a=]{0,40}|\\PC{0,40}") {
            if let Ok(set) = header.parse::<RangeSet>() {
                let _ = set.resolve(100);
            }
        }
    }
}
