//! The ontology that a corpus is annotated by, as far as it matters there.

#[cfg(any(feature = "build", test))]
use std::collections::{BTreeMap, BTreeSet};

use expression::Ontology;
use shared_fbs::corpus::OntologyTerm;

use crate::Manifest;

/// Looks a term up: its label, and the ids of the terms right above it; `None` of what is no term.
pub type LookUp<'a> = dyn Fn(&str) -> Option<(String, Vec<String>)> + 'a;

/// The terms of these ids and all above them, by ascending id. What is no term is left out.
#[cfg(any(feature = "build", test))]
pub(crate) fn terms_above(ids: impl IntoIterator<Item = String>, look_up: &LookUp<'_>) -> Vec<OntologyTerm> {
    let mut found: BTreeMap<String, (String, Vec<String>)> = BTreeMap::new();
    let mut waiting: Vec<String> = ids.into_iter().collect();
    while let Some(id) = waiting.pop() {
        if !found.contains_key(&id)
            && let Some((label, parents)) = look_up(&id)
        {
            waiting.extend(parents.iter().cloned());
            found.insert(id, (label, parents));
        }
    }
    let ids: BTreeSet<&String> = found.keys().collect();
    let number: BTreeMap<&String, u32> = ids.into_iter().zip(0..).collect();
    let numbers = |parents: &[String]| parents.iter().filter_map(|parent| number.get(parent).copied()).collect();
    let term = |(id, (label, parents)): (&String, &(String, Vec<String>))| OntologyTerm {
        id: id.clone(),
        label: label.clone(),
        parents: Some(numbers(parents)),
    };
    found.iter().map(term).collect()
}

/// The ontology of a corpus's cell types. One that is no ontology is none: its cell types have their own cells only.
pub fn ontology(manifest: &Manifest) -> Ontology {
    let terms = &manifest.ontology;
    let parents = |term: &OntologyTerm| -> Vec<String> {
        let parents = term.parents.iter().flatten();
        parents.filter_map(|&parent| Some(terms.get(parent as usize)?.id.clone())).collect()
    };
    Ontology::new(terms.iter().map(|term| (term.id.clone(), term.label.clone(), parents(term)))).unwrap_or_default()
}

/// What the organism of an id is called; its id where nobody knows.
pub fn organism_label(id: &str) -> &str {
    match id {
        "NCBITaxon:9606" => "Homo sapiens",
        "NCBITaxon:10090" => "Mus musculus",
        "NCBITaxon:9544" => "Macaca mulatta",
        "NCBITaxon:9541" => "Macaca fascicularis",
        "NCBITaxon:9483" => "Callithrix jacchus",
        "NCBITaxon:9598" => "Pan troglodytes",
        "NCBITaxon:7955" => "Danio rerio",
        "NCBITaxon:7227" => "Drosophila melanogaster",
        "NCBITaxon:6239" => "Caenorhabditis elegans",
        "NCBITaxon:10116" => "Rattus norvegicus",
        "NCBITaxon:9823" => "Sus scrofa",
        _ => id,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn look_up(id: &str) -> Option<(String, Vec<String>)> {
        let parents: &[&str] = match id {
            "CL:0000084" => &["CL:0000542"],
            "CL:0000542" => &["CL:0000000", "CL:0000738"],
            "CL:0000738" => &["CL:0000000"],
            "CL:0000000" => &[],
            _ => return None,
        };
        Some((format!("the {id}"), parents.iter().map(|&parent| parent.to_owned()).collect()))
    }

    #[test]
    fn a_corpus_keeps_what_is_above_its_cell_types() {
        let terms = terms_above(["CL:0000084", "unknown"].map(str::to_owned), &look_up);
        assert_eq!(
            terms.iter().map(|term| term.id.as_str()).collect::<Vec<_>>(),
            ["CL:0000000", "CL:0000084", "CL:0000542", "CL:0000738"]
        );
        let ontology = ontology(&Manifest { ontology: terms, ..Manifest::default() });
        let above: Vec<&str> = ontology.ancestors("CL:0000084").into_iter().collect();
        assert_eq!(above, ["CL:0000000", "CL:0000542", "CL:0000738"]);
        assert_eq!(ontology.ancestors("unknown").len(), 0);
        assert_eq!((organism_label("NCBITaxon:9606"), organism_label("NCBITaxon:1")), ("Homo sapiens", "NCBITaxon:1"));
    }
}
