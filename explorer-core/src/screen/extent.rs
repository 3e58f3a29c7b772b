//! Where the axes of plots of genes end.

use crate::de::DeTable;

/// Genes with an adjusted p-value up to this are what the axis of effects is for.
const LOG10_ALPHA: f64 = -1.301_029_995_663_981_2;
/// The axis of effects ends at the latest this many times beyond where all but a hundredth of those
/// genes are that both sets express.
pub(super) const EFFECT_ROOM: f64 = 1.5;
/// The least effect that the axis reaches, if any gene does.
pub(super) const LEAST_EFFECT: f64 = 1.0;

/// The end of an axis that holds all of these.
pub(super) fn extent_of(values: &[f64]) -> f64 {
    let greatest = values.iter().map(|value| value.abs()).filter(|value| value.is_finite()).fold(0.0, f64::max);
    if greatest > 0.0 { greatest * 1.04 } else { 1.0 }
}

/// The end of the axis of effects: where the significant genes lie, or all where none is. Genes that one set does not
/// express at all have effects that tell of the pseudocount alone; they would squeeze all others into the middle.
pub(super) fn effect_extent(table: &DeTable) -> f64 {
    let is_in_both = |gene: &usize| {
        let expressed = |pct: &[f64]| pct.get(*gene).is_some_and(|&pct| pct > 0.0);
        expressed(&table.pct_group) && expressed(&table.pct_reference)
    };
    let in_both: Vec<usize> = (0..table.effect.len()).filter(is_in_both).collect();
    let effects = |is_shown: &dyn Fn(usize) -> bool| -> Vec<f64> {
        let shown = in_both.iter().filter(|gene| is_shown(**gene)).map(|&gene| table.effect[gene].abs());
        shown.filter(|effect| effect.is_finite()).collect()
    };
    let all = extent_of(&table.effect);
    let mut effects = match effects(&|gene| table.log10_pval_adj[gene] <= LOG10_ALPHA) {
        none if none.is_empty() => effects(&|_| true),
        significant => significant,
    };
    if effects.is_empty() {
        return all;
    }
    let rank = (effects.len() - 1) * 99 / 100;
    let (_, &mut most, _) = effects.select_nth_unstable_by(rank, f64::total_cmp);
    all.min((most * EFFECT_ROOM).max(LEAST_EFFECT))
}
