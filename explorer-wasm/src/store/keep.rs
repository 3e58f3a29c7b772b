//! How long numbers of cells are kept: those in use always, others within a bound of bytes.

use std::collections::{BTreeSet, HashMap};

use explorer_core::{
    data::{Column, Continuous},
    state::{DimensionKey, Needs},
};

use super::{engine::Engine, loaded::Loaded};

/// Bytes of genes, means and continuous columns that are kept beyond the tiles' own cache, those in
/// use included: eleven genes of 4.3 million cells, or seven hundred of 70 000. What a page opens
/// beyond that comes back from the cache of tiles, mostly.
const LIMIT_BYTES: usize = 192 << 20;

/// Remembers when what was used last.
#[derive(Debug, Default)]
pub(super) struct Keeper {
    clock: u64,
    used: HashMap<DimensionKey, u64>,
}

impl Keeper {
    /// What is to go so that the rest fits into a bound: the longest unused, and never what is needed
    /// now. What is seen for the first time has just been used.
    fn surplus(
        &mut self,
        kept: &[(DimensionKey, usize)],
        needed: &BTreeSet<DimensionKey>,
        limit_bytes: usize,
    ) -> Vec<DimensionKey> {
        self.clock += 1;
        let clock = self.clock;
        let mut used = HashMap::with_capacity(kept.len());
        for (key, _) in kept {
            let before = self.used.get(key).copied().unwrap_or(clock);
            used.insert(key.clone(), if needed.contains(key) { clock } else { before });
        }
        self.used = used;
        let mut bytes: usize = kept.iter().map(|(_, n_bytes)| n_bytes).sum();
        let mut idle: Vec<&(DimensionKey, usize)> = kept.iter().filter(|(key, _)| !needed.contains(key)).collect();
        idle.sort_by_key(|(key, _)| (self.used.get(key), key));
        let mut is_dropped = |n_bytes: usize| {
            let is_over = bytes > limit_bytes;
            bytes -= if is_over { n_bytes } else { 0 };
            is_over
        };
        idle.into_iter().take_while(|(_, n_bytes)| is_dropped(*n_bytes)).map(|(key, _)| key.clone()).collect()
    }
}

impl Loaded {
    /// Drops what was not used for the longest time, until the rest fits.
    pub(super) fn drop_unused(&mut self, keeper: &mut Keeper, needs: &Needs, engine: &mut Engine) {
        let kept = self.numbers();
        // A histogram that has yet to be counted needs its values.
        let is_waiting =
            |(key, _): &&(DimensionKey, usize)| matches!(key, DimensionKey::Obs(_)) && !engine.is_counted(key);
        let needed = needs.genes.iter().cloned().map(DimensionKey::Gene);
        let needed = needed.chain(needs.means.iter().cloned().map(DimensionKey::Mean));
        let needed = needed.chain(needs.columns.iter().cloned().map(DimensionKey::Obs));
        let needed = needed.chain(kept.iter().filter(is_waiting).map(|(key, _)| key.clone())).collect();
        for key in keeper.surplus(&kept, &needed, LIMIT_BYTES) {
            match &key {
                DimensionKey::Obs(name) => drop(self.columns.remove(name)),
                DimensionKey::Mean(mean) => drop(self.means.remove(mean)),
                DimensionKey::Gene(gene) => {
                    self.genes.remove(gene);
                    // A gene that is not listed has no histogram; columns and means do.
                    engine.forget(&key);
                }
                DimensionKey::Selection(_) | DimensionKey::Subset(_) => {}
            }
        }
    }

    /// All numbers that are there, with their size. Labels are not among them: they are small, and
    /// counts go by them.
    fn numbers(&self) -> Vec<(DimensionKey, usize)> {
        let n_bytes = |values: &Continuous| size_of_val(values.values.as_slice());
        let genes = self.genes.iter().filter_map(|(key, slot)| Some((DimensionKey::Gene(key.clone()), slot.ready()?)));
        let means = self.means.iter().filter_map(|(key, slot)| Some((DimensionKey::Mean(key.clone()), slot.ready()?)));
        let columns = self.columns.iter().filter_map(|(name, slot)| match slot.ready()?.as_ref() {
            Column::Continuous(values) => Some((DimensionKey::Obs(name.clone()), n_bytes(values))),
            Column::Categorical(_) => None,
        });
        genes.chain(means).map(|(key, values)| (key, n_bytes(values))).chain(columns).collect()
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use explorer_core::state::GeneKey;
    use wasm_bindgen_test::wasm_bindgen_test as test;

    use super::*;
    use crate::store::Slot;

    fn gene(name: &str) -> DimensionKey {
        DimensionKey::Gene(gene_key(name))
    }

    fn gene_key(name: &str) -> GeneKey {
        GeneKey { layer: None, gene: name.to_owned() }
    }

    #[test]
    fn the_longest_unused_go_first_and_what_is_needed_stays() {
        let mut keeper = Keeper::default();
        let kept: Vec<_> = ["a", "b", "c"].map(|name| (gene(name), 100)).into();
        let needed = |names: &[&str]| names.iter().map(|name| gene(name)).collect::<BTreeSet<_>>();
        assert_eq!(keeper.surplus(&kept[..1], &needed(&["a"]), 250), []);
        assert_eq!(keeper.surplus(&kept[..2], &needed(&["b"]), 250), []);
        assert_eq!(keeper.surplus(&kept[..2], &needed(&["a"]), 250), []);
        // b was used before a.
        assert_eq!(keeper.surplus(&kept, &needed(&["c"]), 250), [gene("b")]);
        assert_eq!(keeper.surplus(&kept, &needed(&["c"]), 50), [gene("b"), gene("a")]);
        assert_eq!(keeper.surplus(&kept, &needed(&["a", "b", "c"]), 0), []);
    }

    #[test]
    fn genes_out_of_use_are_dropped_and_labels_are_not() {
        let n_obs = LIMIT_BYTES / 4 / 3;
        let mut loaded = Loaded { n_obs, ..Loaded::default() };
        let mut engine = Engine::new(0);
        let mut keeper = Keeper::default();
        for name in ["a", "b", "c", "d"] {
            let values = Continuous { values: vec![0.0; n_obs] };
            loaded.genes.insert(gene_key(name), Slot::Ready(Arc::new(values)));
            let needs = Needs { genes: [gene_key("a"), gene_key(name)].into(), ..Needs::default() };
            loaded.drop_unused(&mut keeper, &needs, &mut engine);
        }
        let mut names: Vec<&str> = loaded.genes.keys().map(|key| key.gene.as_str()).collect();
        names.sort_unstable();
        assert_eq!(names, ["a", "c", "d"]);
    }
}
