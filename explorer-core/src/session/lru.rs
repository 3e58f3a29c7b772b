//! What goes first when memory is short: whatever has gone unused the longest.

use std::{
    collections::{BTreeSet, HashMap},
    hash::Hash,
};

use crate::sorting::sort_by_key;

/// Remembers when what was used last.
#[derive(Debug)]
pub struct LruEviction<K> {
    clock: u64,
    used: HashMap<K, u64>,
}

impl<K> Default for LruEviction<K> {
    fn default() -> Self {
        Self { clock: 0, used: HashMap::new() }
    }
}

impl<K: Clone + Hash + Ord> LruEviction<K> {
    /// What is to go so that the rest fits into a bound: the longest unused, and never what is needed
    /// now. What is seen for the first time has just been used.
    pub fn surplus(&mut self, kept: &[(K, usize)], needed: &BTreeSet<K>, limit_bytes: usize) -> Vec<K> {
        self.clock += 1;
        let clock = self.clock;
        let mut used = HashMap::with_capacity(kept.len());
        for (key, _) in kept {
            let before = self.used.get(key).copied().unwrap_or(clock);
            used.insert(key.clone(), if needed.contains(key) { clock } else { before });
        }
        self.used = used;
        let mut bytes: usize = kept.iter().map(|(_, n_bytes)| n_bytes).sum();
        let mut idle: Vec<&(K, usize)> = kept.iter().filter(|(key, _)| !needed.contains(key)).collect();
        sort_by_key(&mut idle, |(key, _)| (self.used.get(key), key));
        let mut is_dropped = |n_bytes: usize| {
            let is_over = bytes > limit_bytes;
            bytes -= if is_over { n_bytes } else { 0 };
            is_over
        };
        idle.into_iter().take_while(|(_, n_bytes)| is_dropped(*n_bytes)).map(|(key, _)| key.clone()).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_longest_unused_go_first_and_what_is_needed_stays() {
        let mut eviction = LruEviction::default();
        let kept = ["a", "b", "c"].map(|key| (key, 100));
        let needed = |keys: &[&'static str]| keys.iter().copied().collect::<BTreeSet<_>>();
        assert!(eviction.surplus(&kept[..1], &needed(&["a"]), 250).is_empty());
        assert!(eviction.surplus(&kept[..2], &needed(&["b"]), 250).is_empty());
        assert!(eviction.surplus(&kept[..2], &needed(&["a"]), 250).is_empty());
        // b was used before a.
        assert_eq!(eviction.surplus(&kept, &needed(&["c"]), 250), ["b"]);
        assert_eq!(eviction.surplus(&kept, &needed(&["c"]), 50), ["b", "a"]);
        assert!(eviction.surplus(&kept, &needed(&["a", "b", "c"]), 0).is_empty());
    }
}
