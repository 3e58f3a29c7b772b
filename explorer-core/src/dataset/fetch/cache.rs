//! Inflated tiles, kept while they fit.

use std::{collections::HashMap, rc::Rc};

use shared_fbs::TileKey;

use crate::sorting::sort_by_key;

/// Least-recently-used tiles within a bound of bytes.
#[derive(Debug)]
pub struct TileCache {
    limit_bytes: usize,
    bytes: usize,
    clock: u64,
    tiles: HashMap<TileKey, Entry>,
}

#[derive(Debug)]
struct Entry {
    tile: Rc<[u8]>,
    used: u64,
}

impl TileCache {
    /// Nothing yet, of at most so many bytes.
    pub fn new(limit_bytes: usize) -> Self {
        Self { limit_bytes, bytes: 0, clock: 0, tiles: HashMap::new() }
    }

    /// Lets go of all.
    pub fn clear(&mut self) {
        self.tiles.clear();
        self.bytes = 0;
    }

    /// A tile, if it is kept; it counts as used just now.
    pub fn get(&mut self, key: &TileKey) -> Option<Rc<[u8]>> {
        self.clock += 1;
        let entry = self.tiles.get_mut(key)?;
        entry.used = self.clock;
        Some(Rc::clone(&entry.tile))
    }

    /// Keeps a tile, unless it alone is over a quarter of the bound.
    pub fn insert(&mut self, key: TileKey, tile: Rc<[u8]>) {
        if tile.len() > self.limit_bytes / 4 {
            return;
        }
        self.clock += 1;
        self.bytes += tile.len();
        let entry = Entry { tile, used: self.clock };
        if let Some(old) = self.tiles.insert(key, entry) {
            self.bytes -= old.tile.len();
        }
        if self.bytes > self.limit_bytes {
            self.shrink();
        }
    }

    /// Drops the longest unused tiles until a tenth of the bound is free, so that this is rare.
    fn shrink(&mut self) {
        let mut by_age: Vec<(u64, TileKey)> = self.tiles.iter().map(|(key, entry)| (entry.used, key.clone())).collect();
        sort_by_key(&mut by_age, |(used, _)| *used);
        for (_, key) in by_age {
            if self.bytes <= self.limit_bytes / 10 * 9 {
                break;
            }
            if let Some(entry) = self.tiles.remove(&key) {
                self.bytes -= entry.tile.len();
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn key(index: u32) -> TileKey {
        TileKey { pack: "obs".into(), index }
    }

    fn tile(length: usize) -> Rc<[u8]> {
        vec![7; length].into()
    }

    #[test]
    fn the_longest_unused_tiles_go_first() {
        let mut cache = TileCache::new(1000);
        for index in 0..10 {
            cache.insert(key(index), tile(100));
        }
        assert!(cache.get(&key(0)).is_some());
        cache.insert(key(10), tile(100));
        assert!(cache.bytes <= 1000);
        assert!(cache.get(&key(0)).is_some());
        assert!(cache.get(&key(1)).is_none());
        assert!(cache.get(&key(10)).is_some());
    }

    #[test]
    fn replaced_and_oversized_tiles_are_accounted_for() {
        let mut cache = TileCache::new(1000);
        cache.insert(key(0), tile(100));
        cache.insert(key(0), tile(200));
        assert_eq!(cache.bytes, 200);
        cache.insert(key(1), tile(251));
        assert!(cache.get(&key(1)).is_none());
    }
}
