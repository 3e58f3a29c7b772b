//! What a store of tiles between visits lets go.

/// Of entries with their bytes, oldest first: those to drop so that the rest fits into nine tenths of a bound; none where
/// all fit into it. What is in use goes last.
pub fn surplus<K>(oldest_first: Vec<(K, u64)>, is_used: impl Fn(&K) -> bool, limit_bytes: u64) -> Vec<K> {
    let mut bytes: u64 = oldest_first.iter().map(|(_, n_bytes)| n_bytes).sum();
    if bytes <= limit_bytes {
        return Vec::new();
    }
    let (used, unused): (Vec<_>, Vec<_>) = oldest_first.into_iter().partition(|(key, _)| is_used(key));
    let mut is_over = |n_bytes: u64| {
        let is_over = bytes > limit_bytes / 10 * 9;
        bytes -= n_bytes;
        is_over
    };
    unused.into_iter().chain(used).take_while(|(_, n_bytes)| is_over(*n_bytes)).map(|(key, _)| key).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn entries(n: u64) -> Vec<(u64, u64)> {
        (0..n).map(|key| (key, 100)).collect()
    }

    #[test]
    fn what_fits_stays() {
        assert!(surplus(entries(10), |_| false, 1000).is_empty());
    }

    #[test]
    fn the_oldest_go_until_a_tenth_is_free() {
        assert_eq!(surplus(entries(12), |_| false, 1000), [0, 1, 2]);
    }

    #[test]
    fn what_is_in_use_goes_last() {
        assert_eq!(surplus(entries(12), |&key| key < 2, 1000), [2, 3, 4]);
        assert_eq!(surplus(entries(12), |&key| key > 0, 1000), [0, 1, 2]);
    }
}
