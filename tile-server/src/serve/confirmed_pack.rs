//! Packs that lie elsewhere: what is sent of them are frames that their checksums confirm.
//!
//! A read takes the whole frame that has its first byte, so a piece of an answer never comes from bytes that were not
//! looked at. Frames that were confirmed stay in memory for a while, since an answer takes several pieces of each.

use std::{
    collections::BTreeMap,
    io,
    ops::Range,
    sync::{Arc, Mutex, PoisonError},
};

use bytes::Bytes;

use super::{
    dataset_reader::{PlacedFrame, TileIndex},
    file_reading::Patience,
};

/// The bytes of confirmed frames in memory, of all packs.
const MOST_BYTES: usize = 64 << 20;

/// What is asked for ahead of a long answer, at one time.
const AHEAD_BYTES: u64 = 8 << 20;

/// A pack that lies elsewhere.
pub(super) struct ConfirmedPack {
    /// Its file's name without the ending, as the index knows it.
    pub(super) stem: String,
    /// Tells its packs apart from those of the same name.
    pub(super) place: Arc<str>,
    pub(super) index: Arc<dyn TileIndex>,
    pub(super) recent: Arc<RecentFrames>,
}

/// Frames that were read lately.
#[derive(Default)]
pub(super) struct RecentFrames(Mutex<Recent>);

#[derive(Default)]
struct Recent {
    /// By place, pack and offset: ordered, so that the frame that has a byte is found.
    frames: BTreeMap<(Arc<str>, String, u64), (Bytes, u64)>,
    /// By the number of the last use.
    uses: BTreeMap<u64, (Arc<str>, String, u64)>,
    n_uses: u64,
    n_bytes: usize,
}

impl ConfirmedPack {
    /// Reads at least one byte at an offset, which lies in the pack.
    ///
    /// # Errors
    /// [`io::ErrorKind::WouldBlock`] where it is not in memory and may not be waited for; what the place says; that no
    /// checksum confirms what it sends.
    pub(super) fn read_at(&self, buffer: &mut [u8], offset: u64, patience: Patience) -> io::Result<usize> {
        let frame = self.frame_at(offset, patience)?;
        let start = usize::try_from(offset - frame.offset).unwrap_or(usize::MAX);
        let rest = frame.bytes.get(start..).unwrap_or_default();
        let n = rest.len().min(buffer.len());
        buffer[..n].copy_from_slice(&rest[..n]);
        Ok(n)
    }

    /// The confirmed frame that has the byte at an offset.
    fn frame_at(&self, offset: u64, patience: Patience) -> io::Result<PlacedFrame> {
        match (self.recent.holding(&self.place, &self.stem, offset), patience) {
            (Some(frame), _) => Ok(frame),
            (None, Patience::AtHand) => Err(io::ErrorKind::WouldBlock.into()),
            (None, Patience::MayWait) => {
                let frame = self.index.confirmed(&self.stem, offset).map_err(io::Error::other)?;
                let unconfirmed =
                    || io::Error::new(io::ErrorKind::InvalidData, "no checksum confirms this part of the pack");
                let frame = frame.ok_or_else(unconfirmed)?;
                self.recent.keep(&self.place, &self.stem, &frame);
                Ok(frame)
            }
        }
    }

    /// Is told what will be read, so that it is asked for at one time.
    ///
    /// # Errors
    /// When no read would come to anything now.
    pub(super) fn prepare(&self, ranges: &[Range<u64>]) -> io::Result<()> {
        let mut left = AHEAD_BYTES;
        let ahead = ranges.iter().map_while(|range| {
            let end = range.end.min(range.start.saturating_add(left));
            left -= end.saturating_sub(range.start);
            (range.start < end).then_some(range.start..end)
        });
        self.index.prepare(&self.stem, &ahead.collect::<Vec<_>>())
    }

    /// Reads the frames of a range, or the first of them where they are many, so that what is wrong with them is known
    /// before an answer begins.
    ///
    /// # Errors
    /// As [`Self::read_at`].
    pub(super) fn confirm(&self, range: &Range<u64>) -> io::Result<()> {
        let end = range.end.min(range.start.saturating_add(AHEAD_BYTES));
        let mut offset = range.start;
        while offset < end {
            offset = self.frame_at(offset, Patience::MayWait)?.end().max(offset + 1);
        }
        Ok(())
    }
}

impl PlacedFrame {
    fn end(&self) -> u64 {
        self.offset + self.bytes.len() as u64
    }
}

impl RecentFrames {
    fn holding(&self, place: &Arc<str>, stem: &str, offset: u64) -> Option<PlacedFrame> {
        let mut recent = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let recent = &mut *recent;
        let most = (Arc::clone(place), stem.to_owned(), offset);
        let (key, (bytes, last_use)) = recent.frames.range_mut(..=most).next_back()?;
        let holds = key.0 == *place && key.1 == stem && offset - key.2 < bytes.len() as u64;
        if !holds {
            return None;
        }
        recent.n_uses += 1;
        recent.uses.remove(last_use);
        *last_use = recent.n_uses;
        recent.uses.insert(*last_use, key.clone());
        Some(PlacedFrame { offset: key.2, bytes: bytes.clone() })
    }

    fn keep(&self, place: &Arc<str>, stem: &str, frame: &PlacedFrame) {
        let mut recent = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        recent.n_uses += 1;
        let (key, last_use) = ((Arc::clone(place), stem.to_owned(), frame.offset), recent.n_uses);
        recent.n_bytes += frame.bytes.len();
        if let Some((bytes, last_use)) = recent.frames.insert(key.clone(), (frame.bytes.clone(), last_use)) {
            recent.n_bytes -= bytes.len();
            recent.uses.remove(&last_use);
        }
        recent.uses.insert(last_use, key);
        while recent.n_bytes > MOST_BYTES {
            let Some((_, key)) = recent.uses.pop_first() else { break };
            if let Some((bytes, _)) = recent.frames.remove(&key) {
                recent.n_bytes -= bytes.len();
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn frame(offset: u64, n_bytes: usize) -> PlacedFrame {
        PlacedFrame { offset, bytes: vec![offset as u8; n_bytes].into() }
    }

    #[test]
    fn the_frame_that_has_a_byte_is_found() {
        let recent = RecentFrames::default();
        let place: Arc<str> = "s3://a/b".into();
        recent.keep(&place, "obs", &frame(10, 5));
        recent.keep(&place, "obs", &frame(20, 5));
        let found = |place: &Arc<str>, stem, offset| Some(recent.holding(place, stem, offset)?.offset);
        assert_eq!(found(&place, "obs", 9), None);
        assert_eq!(found(&place, "obs", 10), Some(10));
        assert_eq!(found(&place, "obs", 14), Some(10));
        assert_eq!(found(&place, "obs", 15), None);
        assert_eq!(found(&place, "obs", 24), Some(20));
        assert_eq!(found(&place, "obt", 24), None);
        assert_eq!(found(&"s3://a/c".into(), "obs", 24), None);
    }

    #[test]
    fn frames_have_a_bound_and_the_least_used_go() {
        let recent = RecentFrames::default();
        let place: Arc<str> = "s3://a/b".into();
        const EACH: usize = MOST_BYTES / 4;
        for number in 0..12 {
            recent.keep(&place, "obs", &frame(number * EACH as u64, EACH));
            assert!(recent.holding(&place, "obs", 0).is_some(), "used again and again");
            assert!(recent.0.lock().unwrap().n_bytes <= MOST_BYTES);
        }
        assert!(recent.holding(&place, "obs", 5 * EACH as u64).is_none());
        // The same once more takes no more.
        recent.keep(&place, "obs", &frame(0, EACH));
        let recent = recent.0.lock().unwrap();
        assert_eq!((recent.frames.len(), recent.uses.len(), recent.n_bytes), (4, 4, MOST_BYTES));
    }
}
