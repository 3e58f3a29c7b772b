//! Which tiles to ask for together.

use std::ops::Range;

use shared_fbs::{manifest::Slot, segments::Segments};

/// A gap between tiles that costs less to fetch than another request does.
const LARGEST_GAP_BYTES: u64 = 32 << 10;

/// The most that one request brings, so that progress shows and a canceled request wastes little.
const LARGEST_REQUEST_BYTES: u64 = 4 << 20;

/// The most tiles a request names, so that its address stays short.
const MOST_TILES: usize = 512;

/// A tile to fetch: its number in the pack, and where it lies.
pub type Wanted = (u32, Slot);

/// Tiles of one pack that one range request brings.
#[derive(Debug, PartialEq, Eq)]
pub struct RangeRequest {
    /// The bytes of the pack.
    pub range: Range<u64>,
    /// The tiles within, ascending.
    pub tiles: Vec<Wanted>,
}

/// Cuts tiles, ascending, into range requests: neighbors together.
pub fn ranges(tiles: &[Wanted]) -> Vec<RangeRequest> {
    let mut requests: Vec<RangeRequest> = Vec::new();
    for &(index, slot) in tiles {
        let bytes = slot.range();
        if let Some(last) = requests.last_mut()
            && bytes.start >= last.range.end
            && bytes.start - last.range.end <= LARGEST_GAP_BYTES
            && bytes.end - last.range.start <= LARGEST_REQUEST_BYTES
        {
            last.range.end = bytes.end;
            last.tiles.push((index, slot));
        } else {
            requests.push(RangeRequest { range: bytes, tiles: vec![(index, slot)] });
        }
    }
    requests
}

/// Sorts tiles, ascending, into requests for the segments that hold them, each of which comes whole. A tile that no segment
/// holds has a request of its own.
pub fn whole_segments(tiles: &[Wanted], segments: &Segments) -> Vec<RangeRequest> {
    let mut requests: Vec<RangeRequest> = Vec::new();
    for &(index, slot) in tiles {
        let bytes = slot.range();
        match requests.last_mut() {
            Some(last) if bytes.start >= last.range.start && bytes.end <= last.range.end => {
                last.tiles.push((index, slot));
            }
            _ => {
                let range = segments.holding(&bytes).map_or(bytes, |segment| segment.range);
                requests.push(RangeRequest { range, tiles: vec![(index, slot)] });
            }
        }
    }
    requests
}

/// Cuts tiles into lists to ask a tile server for by name; gaps cost nothing there.
pub fn lists(tiles: &[Wanted]) -> Vec<Vec<Wanted>> {
    let mut lists: Vec<Vec<Wanted>> = Vec::new();
    let mut bytes = 0;
    for &(index, slot) in tiles {
        let length = u64::from(slot.length);
        match lists.last_mut() {
            Some(last) if bytes + length <= LARGEST_REQUEST_BYTES && last.len() < MOST_TILES => {
                bytes += length;
                last.push((index, slot));
            }
            _ => {
                bytes = length;
                lists.push(vec![(index, slot)]);
            }
        }
    }
    lists
}

#[cfg(test)]
mod tests {
    use shared_fbs::manifest::{Pack, Segment};

    use super::*;

    fn at(index: u32, offset: u64, length: u32) -> Wanted {
        (index, Slot { offset, length, checksum: 0 })
    }

    #[test]
    fn neighbors_come_together_and_far_tiles_apart() {
        let tiles = [at(0, 0, 100), at(1, 100, 50), at(3, 400, 10), at(9, 10_000_000, 5)];
        let requests = ranges(&tiles);
        assert_eq!(requests.len(), 2);
        assert_eq!(requests[0].range, 0..410);
        assert_eq!(requests[0].tiles, tiles[..3]);
        assert_eq!(requests[1].range, 10_000_000..10_000_005);
        assert_eq!(ranges(&[]), []);
    }

    #[test]
    fn a_request_stays_within_its_bounds_unless_one_tile_is_larger() {
        let megabyte = 1 << 20;
        let tiles: Vec<Wanted> =
            (0..10).map(|tile| at(tile, u64::from(tile) * u64::from(megabyte), megabyte)).collect();
        for request in ranges(&tiles) {
            assert!(request.range.end - request.range.start <= LARGEST_REQUEST_BYTES);
        }
        assert_eq!(lists(&tiles).concat(), tiles);
        assert!(lists(&tiles).iter().all(|list| list.len() <= 4));
        let large = [at(0, 0, 100 << 20)];
        assert_eq!(ranges(&large).len(), 1);
        assert_eq!(lists(&large).len(), 1);
        let many: Vec<Wanted> = (0..2000).map(|tile| at(tile, u64::from(tile), 1)).collect();
        assert!(lists(&many).iter().all(|list| list.len() <= MOST_TILES));
    }

    #[test]
    fn tiles_of_one_segment_come_with_the_whole_of_it() {
        let segments = [100, 100].map(|n_bytes| Segment { hash: 0, n_bytes }).to_vec();
        let segments = Segments::of(&Pack { segments: Some(segments), ..Pack::default() }).expect("it has segments");
        let tiles = [at(0, 0, 10), at(7, 90, 10), at(8, 100, 50), at(9, 190, 20)];
        let requests = whole_segments(&tiles, &segments);
        let ranges: Vec<_> = requests.iter().map(|request| request.range.clone()).collect();
        assert_eq!(ranges, [0..100, 100..200, 190..210]);
        assert_eq!(requests[0].tiles, tiles[..2]);
        assert_eq!(whole_segments(&[], &segments), []);
    }
}
