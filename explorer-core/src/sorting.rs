//! Sorting that is compiled once. The standard library's sort is some 6 kB of program for every type and order, and a
//! page loads its program before it shows anything; here all types share one. For lists that are sorted now and then:
//! a comparison costs a call that cannot be inlined.

use std::{
    cmp::Ordering,
    collections::{BTreeMap, BTreeSet},
    mem,
};

/// The numbers below `n_items` in the order of what they stand for; equal ones in their own order.
pub fn order_by(n_items: usize, mut compare: impl FnMut(usize, usize) -> Ordering) -> Vec<usize> {
    sorted_order(n_items, &mut compare)
}

/// Sorts like [`slice::sort_by`]: equal items keep their order.
pub fn sort_by<T>(items: &mut Vec<T>, mut compare: impl FnMut(&T, &T) -> Ordering) {
    let order = sorted_order(items.len(), &mut |a, b| compare(&items[a], &items[b]));
    let mut places: Vec<Option<T>> = mem::take(items).into_iter().map(Some).collect();
    items.extend(order.into_iter().filter_map(|at| places[at].take()));
}

/// Sorts like [`slice::sort_by_key`]: equal items keep their order.
pub fn sort_by_key<T, K: Ord>(items: &mut Vec<T>, mut key: impl FnMut(&T) -> K) {
    sort_by(items, |a, b| key(a).cmp(&key(b)));
}

/// A set of some items. Collecting into one would sort them first, by a sort of their own.
pub fn set_of<T: Ord>(items: impl IntoIterator<Item = T>) -> BTreeSet<T> {
    let mut set = BTreeSet::new();
    set.extend(items);
    set
}

/// A map of some pairs, of equal keys the last. Collecting into one would sort them first, by a sort of their own.
pub fn map_of<K: Ord, V>(pairs: impl IntoIterator<Item = (K, V)>) -> BTreeMap<K, V> {
    let mut map = BTreeMap::new();
    map.extend(pairs);
    map
}

#[inline(never)]
fn sorted_order(n_items: usize, compare: &mut dyn FnMut(usize, usize) -> Ordering) -> Vec<usize> {
    let mut order: Vec<usize> = (0..n_items).collect();
    order.sort_by(|&a, &b| compare(a, b));
    order
}

#[cfg(test)]
mod tests {
    use proptest::{collection::vec, prelude::*};

    use super::*;

    proptest! {
        #[test]
        fn items_are_sorted_as_the_standard_library_does(items in vec((0_u8..9, any::<u16>()), 0..200)) {
            let mut expected = items.clone();
            expected.sort_by_key(|(key, _)| *key);
            let mut sorted = items.clone();
            sort_by_key(&mut sorted, |(key, _)| *key);
            prop_assert_eq!(&sorted, &expected);
            let order = order_by(items.len(), |a, b| items[a].0.cmp(&items[b].0));
            prop_assert_eq!(order.into_iter().map(|at| items[at]).collect::<Vec<_>>(), expected);
            prop_assert_eq!(map_of(items.clone()), items.iter().copied().collect::<BTreeMap<_, _>>());
            prop_assert_eq!(set_of(items.clone()), items.into_iter().collect::<BTreeSet<_>>());
        }
    }
}
