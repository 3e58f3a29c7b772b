//! Packs that are hosted in pieces: for hosts that answer no ranges, or limit the size of files.
//!
//! A segment is a file of consecutive bytes of a pack. No frame is cut, so that a reader fetches a whole segment and
//! takes its tiles out.

use std::ops::Range;

use crate::{
    manifest::{Pack, Segment},
    path,
};

/// Where the segments of a pack lie.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Segments {
    pack: String,
    hashes: Vec<u64>,
    /// Where each begins in the pack, and the end of the last.
    borders: Vec<u64>,
}

/// One segment of a pack.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SegmentPlace {
    /// The name of its file.
    pub file: String,
    /// Its bytes in the pack.
    pub range: Range<u64>,
}

impl Segments {
    /// The segments of a pack; `None` where the pack is one file.
    pub fn of(pack: &Pack) -> Option<Self> {
        let segments = pack.segments.as_deref()?;
        let mut borders = Vec::with_capacity(segments.len() + 1);
        borders.push(0);
        borders.extend(segments.iter().scan(0_u64, |end, segment| {
            *end = end.saturating_add(u64::from(segment.n_bytes));
            Some(*end)
        }));
        let hashes = segments.iter().map(|segment| segment.hash).collect();
        // Who reads several datasets or parts at once may have given the pack another name; its files keep theirs.
        let name = path::pack_of_file(&pack.file).unwrap_or(&pack.name);
        Some(Self { pack: name.to_owned(), hashes, borders })
    }

    /// The segment that holds all of these bytes of the pack; `None` where no single one does.
    pub fn holding(&self, bytes: &Range<u64>) -> Option<SegmentPlace> {
        let number = self.borders.partition_point(|&border| border <= bytes.start).checked_sub(1)?;
        let place = self.get(number)?;
        (bytes.end <= place.range.end).then_some(place)
    }

    /// Every segment, in order.
    pub fn iter(&self) -> impl Iterator<Item = SegmentPlace> {
        (0..self.hashes.len()).filter_map(|number| self.get(number))
    }

    fn get(&self, number: usize) -> Option<SegmentPlace> {
        let file = path::segment_file(&self.pack, *self.hashes.get(number)?);
        Some(SegmentPlace { file, range: self.borders[number]..self.borders[number + 1] })
    }
}

/// Whether segments are pieces of a pack of so many bytes, and all of it.
pub(crate) fn are_all_of(segments: &[Segment], n_bytes: u64) -> bool {
    let sum: u64 = segments.iter().map(|segment| u64::from(segment.n_bytes)).sum();
    sum == n_bytes && segments.iter().all(|segment| segment.n_bytes > 0)
}

#[cfg(test)]
mod tests {
    use proptest::{collection::vec, prelude::*};

    use super::*;

    fn pack(n_bytes: &[u32]) -> Pack {
        let segments = n_bytes.iter().zip(7..).map(|(&n_bytes, hash)| Segment { hash, n_bytes }).collect();
        Pack { name: "obs".to_owned(), segments: Some(segments), ..Pack::default() }
    }

    #[test]
    fn a_pack_in_one_file_has_no_segments() {
        assert_eq!(Segments::of(&Pack::default()), None);
    }

    #[test]
    fn files_keep_their_names_whatever_the_pack_is_called() {
        let file = path::pack_file("tables", 1);
        let renamed = Pack { name: file.clone(), file, ..pack(&[10]) };
        let files: Vec<String> = Segments::of(&renamed).unwrap().iter().map(|place| place.file).collect();
        assert_eq!(files, ["tables-0000000000000007.segment"]);
    }

    #[test]
    fn bytes_are_found_in_the_segment_that_holds_them_all() {
        let segments = Segments::of(&pack(&[10, 5])).unwrap();
        let first = SegmentPlace { file: "obs-0000000000000007.segment".to_owned(), range: 0..10 };
        let second = SegmentPlace { file: "obs-0000000000000008.segment".to_owned(), range: 10..15 };
        assert_eq!(segments.iter().collect::<Vec<_>>(), [first.clone(), second.clone()]);
        for (bytes, expected) in [
            (0..10, Some(&first)),
            (3..4, Some(&first)),
            (10..15, Some(&second)),
            (9..11, None),
            (14..16, None),
            (15..16, None),
        ] {
            assert_eq!(segments.holding(&bytes).as_ref(), expected, "{bytes:?}");
        }
        assert_eq!(Segments::of(&pack(&[])).unwrap().holding(&(0..1)), None);
    }

    proptest! {
        #[test]
        fn any_list_of_segments_answers_for_any_bytes(
            n_bytes in vec(prop_oneof![0..40u32, any::<u32>()], 0..8),
            start in prop_oneof![0..100u64, any::<u64>()],
            length in prop_oneof![1..20u64, any::<u64>()],
        ) {
            let segments = Segments::of(&pack(&n_bytes)).unwrap();
            let bytes = start..start.saturating_add(length);
            let expected = segments.iter().find(|place| place.range.start <= bytes.start && bytes.end <= place.range.end);
            if !bytes.is_empty() {
                prop_assert_eq!(segments.holding(&bytes), expected);
            }
        }
    }

    #[test]
    fn segments_make_up_their_pack() {
        let are_all = |n_bytes: &[u32]| are_all_of(pack(n_bytes).segments.as_deref().unwrap(), 15);
        assert!(are_all(&[10, 5]) && are_all(&[15]));
        assert!(!are_all(&[10]) && !are_all(&[10, 0, 5]) && !are_all(&[]));
    }
}
