//! What the lists of genes and gene sets show.

use crate::state::{Analysis, GeneKey, GeneMean};

/// The genes to list: those that were asked for, in the layer chosen, and those that filter cells in
/// another layer, since a filter must be seen to be taken away.
pub fn listed_genes(analysis: &Analysis) -> Vec<GeneKey> {
    let of_layer = |gene: &String| GeneKey { layer: analysis.layer.clone(), gene: gene.clone() };
    let mut keys: Vec<GeneKey> = analysis.genes.iter().map(of_layer).collect();
    let filtering = analysis.query.filters.genes.keys().filter(|key| key.layer != analysis.layer);
    for key in filtering {
        let after = keys.iter().rposition(|listed| listed.gene == key.gene).map_or(keys.len(), |at| at + 1);
        keys.insert(after, key.clone());
    }
    keys
}

/// Filters on means that no set has in the layer chosen, each with the set that it is of.
pub fn unlisted_means(analysis: &Analysis) -> Vec<(GeneMean, Option<String>)> {
    let set_of = |mean: &GeneMean| {
        let layer = mean.layer().map(str::to_owned);
        analysis.gene_sets.iter().find(|set| set.mean(layer.clone()).as_ref() == Some(mean)).map(|set| set.name.clone())
    };
    let means = analysis.query.filters.means.keys().map(|mean| (mean.clone(), set_of(mean)));
    means.filter(|(mean, set)| set.is_none() || mean.layer() != analysis.layer.as_deref()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::state::{GeneSet, Range};

    #[test]
    fn a_filter_in_another_layer_is_listed_after_its_gene() {
        let key = |layer: Option<&str>, gene: &str| GeneKey { layer: layer.map(str::to_owned), gene: gene.to_owned() };
        let mut analysis = Analysis {
            genes: ["LYZ", "CD3D"].map(str::to_owned).into(),
            layer: Some("raw".to_owned()),
            ..Analysis::default()
        };
        for filtering in [key(None, "LYZ"), key(Some("raw"), "CD3D"), key(None, "NKG7")] {
            analysis.query.filters.genes.insert(filtering, Range::ALL);
        }
        let raw = |gene| key(Some("raw"), gene);
        assert_eq!(listed_genes(&analysis), [raw("LYZ"), key(None, "LYZ"), raw("CD3D"), key(None, "NKG7")]);
    }

    #[test]
    fn filters_that_no_set_shows_are_listed() {
        let mean =
            |layer: Option<&str>, gene: &str| GeneMean::new(layer.map(str::to_owned), [gene.to_owned()]).unwrap();
        let set = GeneSet { name: "T".to_owned(), description: String::new(), genes: vec!["CD3D".to_owned()] };
        let mut analysis = Analysis { gene_sets: vec![set], ..Analysis::default() };
        for filtering in [mean(None, "CD3D"), mean(Some("raw"), "CD3D"), mean(None, "LYZ")] {
            analysis.query.filters.means.insert(filtering, Range::ALL);
        }
        let expected = [(mean(None, "LYZ"), None), (mean(Some("raw"), "CD3D"), Some("T".to_owned()))];
        assert_eq!(unlisted_means(&analysis), expected);
    }
}
