//! Which terms stand over others: cell types, tissues, stages of development.
//!
//! `ontology/terms.tsv.zst` is written by `cargo xtask ontology`. A line is a term: id, label, level (0 a term, 1 a group,
//! 2 a class of those that curators have chosen to look by), and the lines of the terms right above it, from 0.

use std::{
    collections::{BTreeMap, BTreeSet, HashMap},
    sync::LazyLock,
};

use explorer_core::catalog::LabelFacet;
use shared_fbs::catalog::Level;

const TERMS: &[u8] = include_bytes!("../../ontology/terms.tsv.zst");

/// At most so many bytes of text.
const MOST_BYTES: usize = 4 << 20;

static ONTOLOGY: LazyLock<Ontology> = LazyLock::new(|| {
    let text = zstd::bulk::decompress(TERMS, MOST_BYTES).expect("the table of terms is a part of this program");
    Ontology::parse(&String::from_utf8(text).expect("the table of terms is text"))
});

/// The terms of several ontologies.
struct Ontology {
    terms: Vec<Term>,
    of_id: HashMap<String, usize>,
    of_label: HashMap<String, Vec<usize>>,
}

struct Term {
    id: String,
    label: String,
    level: Level,
    parents: Vec<usize>,
}

/// The label of a term; `None` where the id is none that is known.
pub(super) fn label_of(id: &str) -> Option<&'static str> {
    ONTOLOGY.of_id.get(id).map(|&term| ONTOLOGY.terms[term].label.as_str())
}

/// What is known of these labels of a facet: how broad each is, and which stand over it, of those that are among them or
/// that curators have chosen.
pub(super) fn known(facet: LabelFacet, labels: &BTreeSet<&str>) -> BTreeMap<String, (Level, Vec<String>)> {
    let prefixes = prefixes(facet);
    let mut known = BTreeMap::new();
    if prefixes.is_empty() {
        return known;
    }
    for &label in labels {
        let terms = ONTOLOGY.of_label.get(label).into_iter().flatten();
        let own =
            terms.copied().filter(|&term| prefixes.iter().any(|prefix| ONTOLOGY.terms[term].id.starts_with(prefix)));
        let own: Vec<usize> = own.collect();
        let Some(level) = own.iter().map(|&term| ONTOLOGY.terms[term].level).max() else { continue };
        let above = ONTOLOGY.above(&own).into_iter().map(|term| &ONTOLOGY.terms[term]);
        let above = above.filter(|term| term.label != label);
        let above: Vec<&Term> =
            above.filter(|term| term.level > Level::Term || labels.contains(term.label.as_str())).collect();
        for term in above.iter().filter(|term| !labels.contains(term.label.as_str())) {
            known.entry(term.label.clone()).or_insert((term.level, Vec::new()));
        }
        known.insert(label.to_owned(), (level, above.iter().map(|term| term.label.clone()).collect()));
    }
    known
}

/// How the ids of a facet's terms begin; none where nothing stands over its labels.
fn prefixes(facet: LabelFacet) -> &'static [&'static str] {
    match facet {
        LabelFacet::CellType => &["CL:"],
        LabelFacet::DevelopmentStage => &["HsapDv:", "MmusDv:", "UBERON:"],
        LabelFacet::Tissue => &["UBERON:"],
        LabelFacet::Assay
        | LabelFacet::Consortium
        | LabelFacet::Disease
        | LabelFacet::Ethnicity
        | LabelFacet::Organism
        | LabelFacet::Publication
        | LabelFacet::Schema
        | LabelFacet::Sex
        | LabelFacet::SuspensionType => &[],
    }
}

impl Ontology {
    fn parse(text: &str) -> Self {
        let mut ontology = Self { terms: Vec::new(), of_id: HashMap::new(), of_label: HashMap::new() };
        for (at, line) in text.lines().enumerate() {
            let mut fields = line.split('\t');
            let mut field = || fields.next().unwrap_or_default();
            let (id, label, level, parents) = (field().to_owned(), field().to_owned(), field(), field());
            let level = match level {
                "2" => Level::Class,
                "1" => Level::Group,
                _ => Level::Term,
            };
            let parents = parents.split(' ').filter_map(|parent| parent.parse().ok()).collect();
            ontology.of_id.insert(id.clone(), at);
            ontology.of_label.entry(label.clone()).or_default().push(at);
            ontology.terms.push(Term { id, label, level, parents });
        }
        ontology
    }

    /// All terms over these, themselves left out.
    fn above(&self, terms: &[usize]) -> BTreeSet<usize> {
        let mut above = BTreeSet::new();
        let mut next: Vec<usize> = terms.to_vec();
        while let Some(term) = next.pop() {
            let parents = self.terms.get(term).into_iter().flat_map(|term| &term.parents);
            next.extend(parents.copied().filter(|&parent| parent < self.terms.len() && above.insert(parent)));
        }
        above
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn known_of(facet: LabelFacet, labels: &[&str]) -> BTreeMap<String, (Level, Vec<String>)> {
        known(facet, &labels.iter().copied().collect())
    }

    #[test]
    fn a_cell_type_stands_under_its_subclass_and_class_and_under_types_that_are_there() {
        let known = known_of(LabelFacet::CellType, &["naive B cell", "mature B cell", "fibroblast", "made up"]);
        let (level, above) = &known["naive B cell"];
        assert_eq!(*level, Level::Term);
        for broad in ["mature B cell", "B cell", "lymphocyte", "leukocyte", "hematopoietic cell"] {
            assert!(above.iter().any(|label| label == broad), "{broad} of {above:?}");
        }
        // Nobody looks by that, and no dataset has it.
        assert!(!above.iter().any(|label| label == "eukaryotic cell"), "{above:?}");
        assert_eq!(known["hematopoietic cell"].0, Level::Class);
        assert_eq!((known["B cell"].0, known["fibroblast"].0), (Level::Group, Level::Group));
        assert!(!known.contains_key("made up"));
    }

    #[test]
    fn tissues_stand_under_organs_and_systems_and_stages_under_stages() {
        let known = known_of(LabelFacet::Tissue, &["alveolus of lung"]);
        let above = &known["alveolus of lung"].1;
        assert!(
            ["lung", "respiratory system"].iter().all(|broad| above.iter().any(|label| label == broad)),
            "{above:?}"
        );
        assert_eq!((known["lung"].0, known["respiratory system"].0), (Level::Group, Level::Class));
        // A cell type of the same words is none.
        assert!(known_of(LabelFacet::Tissue, &["fibroblast"]).is_empty());
        assert!(known_of(LabelFacet::Sex, &["female"]).is_empty());
        let known = known_of(LabelFacet::DevelopmentStage, &["80-year-old stage"]);
        assert!(known["80-year-old stage"].1.iter().any(|label| label.contains("adult")), "{known:?}");
    }

    #[test]
    fn ids_have_labels_and_every_parent_is_a_term() {
        assert_eq!((label_of("CL:0000236"), label_of("CL:9999999")), (Some("B cell"), None));
        let n = ONTOLOGY.terms.len();
        assert!(n > 15_000, "{n} terms");
        assert!(ONTOLOGY.terms.iter().all(|term| term.parents.iter().all(|&parent| parent < n)));
        let cycles = (0..n).filter(|&term| ONTOLOGY.above(&[term]).contains(&term)).count();
        assert_eq!(cycles, 0);
    }
}
