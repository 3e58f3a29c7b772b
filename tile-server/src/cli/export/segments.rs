//! Packs cut into files of their own, at the borders of frames.

use std::{
    fs::File,
    io::Read as _,
    ops::{Range, RangeInclusive},
    path::Path,
    str::FromStr,
};

use anyhow::{Context as _, Result};
use builder::{BuildError, Progress};
use shared_fbs::{
    manifest::{Pack, Segment},
    path::{content_hash, segment_file},
};
use tessera::packs::PackIndex;
use xxhash_rust::xxh64::{Xxh64, xxh64};

use super::{damaged::Damaged, site::SiteWriter};

/// The most bytes of a segment, unless a single frame takes more.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SegmentSize(u32);

/// Smaller segments would be too many files, larger ones too much to fetch for a tile.
const SIZES: RangeInclusive<u32> = 64 << 10..=8 << 20;

/// A text is no size of segments.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("`{0}` is no size between 64K and 8M; write one like 512K or 2M")]
pub struct NoSize(String);

impl FromStr for SegmentSize {
    type Err = NoSize;

    fn from_str(text: &str) -> Result<Self, NoSize> {
        let number = |digits: &str, unit: u32| digits.parse::<u32>().ok()?.checked_mul(unit);
        let upper = text.to_ascii_uppercase();
        let size = match (upper.strip_suffix('K'), upper.strip_suffix('M')) {
            (Some(digits), _) => number(digits, 1 << 10),
            (None, Some(digits)) => number(digits, 1 << 20),
            (None, None) => number(&upper, 1),
        };
        size.filter(|size| SIZES.contains(size)).map(Self).ok_or_else(|| NoSize(text.to_owned()))
    }
}

/// Writes the segments of a pack; gives the pack with its segments.
///
/// # Errors
/// When the pack is damaged, the site cannot be written, or the export is to stop.
pub fn write_segments(
    directory: &Path,
    index: &PackIndex,
    pack: &Pack,
    size: SegmentSize,
    folder: &str,
    site: &mut SiteWriter,
    progress: &dyn Progress,
) -> Result<Pack> {
    let damaged = |reason| Damaged { directory: directory.to_owned(), reason };
    let unreadable = || format!("cannot read {}", directory.join(&pack.file).display());
    let mut file = File::open(directory.join(&pack.file)).with_context(unreadable)?;
    let mut whole = Xxh64::new(0);
    let mut segments = Vec::new();
    for range in cut(&borders(index, pack).map_err(|error| damaged(error.to_string()))?, size) {
        if progress.is_stopped() {
            return Err(BuildError::Interrupted.into());
        }
        let n_bytes = u32::try_from(range.end - range.start).context("a frame takes over 4 GiB")?;
        let mut bytes = vec![0; n_bytes as usize];
        file.read_exact(&mut bytes).with_context(unreadable)?;
        whole.update(&bytes);
        let hash = xxh64(&bytes, 0);
        let path = format!("{folder}/{}", segment_file(&pack.name, hash));
        // Two may hold the same.
        if !site.has(&path) {
            site.write(&path, &bytes).with_context(|| format!("cannot write {path}"))?;
        }
        segments.push(Segment { hash, n_bytes });
    }
    if content_hash(&pack.file) != Some(format!("{:016x}", whole.digest()).as_str()) {
        return Err(damaged(format!("the content of {} is not the one that its name tells", pack.file)).into());
    }
    Ok(Pack { segments: Some(segments), ..pack.clone() })
}

/// Where frames of a pack begin or end, ascending: those of tiles and of pages of its directory.
fn borders(index: &PackIndex, pack: &Pack) -> Result<Vec<u64>, tessera::packs::ReadError> {
    let mut borders = vec![0, pack.n_bytes];
    for page in &pack.pages {
        borders.extend([page.offset, page.offset.saturating_add(u64::from(page.length))]);
    }
    for tile in 0..pack.n_tiles {
        if let Some(slot) = index.slot(tile)? {
            borders.push(slot.range().end);
        }
    }
    borders.sort_unstable();
    borders.dedup();
    match borders.last() {
        Some(&last) if last > pack.n_bytes => Err(format!("{} has tiles past its end", pack.file).into()),
        _ => Ok(borders),
    }
}

/// Ranges that begin and end at borders and together are all between the first and the last: each as long as the size
/// permits, or of two neighboring borders.
fn cut(borders: &[u64], size: SegmentSize) -> Vec<Range<u64>> {
    let mut ranges: Vec<Range<u64>> = Vec::new();
    for pair in borders.windows(2) {
        match ranges.last_mut() {
            Some(last) if pair[1] - last.start <= u64::from(size.0) => last.end = pair[1],
            _ => ranges.push(pair[0]..pair[1]),
        }
    }
    ranges
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn sizes_are_written_as_people_do() {
        for (text, expected) in [("512K", 512 << 10), ("512k", 512 << 10), ("8M", 8 << 20), ("65536", 1 << 16)] {
            assert_eq!(text.parse(), Ok(SegmentSize(expected)), "{text}");
        }
        for text in ["", "K", "63K", "9M", "8193K", "-1", "1G", "5000000000", "1.5M", "512 K"] {
            assert_eq!(text.parse::<SegmentSize>(), Err(NoSize(text.to_owned())));
        }
    }

    proptest! {
        #[test]
        fn segments_are_the_whole_pack_and_cut_no_frame(
            lengths in prop::collection::vec(1_u64..300, 0..60),
            size in 1_u32..1000,
        ) {
            let mut borders = vec![0];
            borders.extend(lengths.iter().scan(0, |end, length| { *end += length; Some(*end) }));
            let ranges = cut(&borders, SegmentSize(size));
            let mut end = 0;
            for range in &ranges {
                prop_assert_eq!(range.start, end);
                prop_assert!(borders.contains(&range.end));
                let n_frames = borders.iter().filter(|border| range.contains(*border)).count();
                prop_assert!(range.end - range.start <= u64::from(size) || n_frames == 1);
                end = range.end;
            }
            prop_assert_eq!(end, *borders.last().unwrap());
            let next_border = |at: u64| borders.iter().copied().find(|&border| border > at).unwrap();
            for pair in ranges.windows(2) {
                prop_assert!(next_border(pair[1].start) - pair[0].start > u64::from(size), "{:?} has room", pair[0]);
            }
        }
    }
}
