//! Roll-up over the real Cell Ontology and the real anatomy.

#![expect(clippy::unwrap_used, reason = "a helper of a test may panic as the test may")]

use std::collections::{BTreeSet, HashMap, HashSet};

use expression::{
    ASSAYS_BY_LENGTH, ASSAYS_OF_PAPER, GENERAL_TISSUES, Hierarchy, Ontology, SYSTEMS_LEFT_OUT, general_tissue,
};
use proptest::prelude::*;
use schema::reference::{Ontology as Named, Reference};

type Terms = Vec<(String, String, Vec<String>)>;

fn terms(name: &str) -> Terms {
    Reference::embedded().all_terms(Named::named(name).unwrap())
}

/// Every annotated term that a walk down from a term meets, itself first: by the parents alone, each term asked again.
fn walked_down(terms: &Terms, term: &str) -> BTreeSet<String> {
    let mut met = BTreeSet::from([term.to_owned()]);
    loop {
        let more =
            terms.iter().filter(|(id, _, parents)| !met.contains(id) && parents.iter().any(|id| met.contains(id)));
        let more: Vec<String> = more.map(|(id, ..)| id.clone()).collect();
        if more.is_empty() {
            return met;
        }
        met.extend(more);
    }
}

#[test]
fn rolled_up_sums_are_those_of_brute_force() {
    let terms = terms("CL");
    assert!(terms.len() > 3000, "{}", terms.len());
    let several = terms.iter().filter(|(.., parents)| parents.len() > 1).count();
    assert!(several > 1000, "{several} terms have several parents");
    // Every fifth term is annotated, with a power of two as far as they go round, so that a cell too many would show.
    let annotated: Vec<&str> = terms.iter().step_by(5).map(|(id, ..)| id.as_str()).collect();
    let own: Vec<u64> = (0..annotated.len()).map(|term| 1 << (term % 50)).collect();
    let hierarchy = Hierarchy::new(&Ontology::new(terms.clone()).unwrap(), &annotated);
    let rolled = hierarchy.roll_up(&own);
    let mut parents_of_several = 0;
    for (term, id) in annotated.iter().enumerate() {
        let below = walked_down(&terms, id);
        let expected = annotated.iter().zip(&own).filter(|(id, _)| below.contains(**id)).map(|(_, n)| n);
        assert_eq!(rolled[term], expected.sum::<u64>(), "{id}");
        parents_of_several += usize::from(hierarchy.ancestors(term).len() > 1);
    }
    assert!(parents_of_several > 100);
}

#[test]
fn rows_of_the_whole_ontology_begin_with_the_cell_and_go_down_from_there() {
    let terms = terms("CL");
    let labels: HashMap<&str, &str> = terms.iter().map(|(id, label, _)| (id.as_str(), label.as_str())).collect();
    let ids: Vec<&str> = terms.iter().map(|(id, ..)| id.as_str()).collect();
    let hierarchy = Hierarchy::new(&Ontology::new(terms.clone()).unwrap(), &ids);
    let rolled = hierarchy.roll_up(&vec![1_u64; ids.len()]);
    let rows = hierarchy.rows(&rolled, 1);
    assert_eq!(rows.len(), ids.len(), "each term with a cell of its own has a row");
    assert_eq!((hierarchy.id(rows[0].term), rows[0].depth), ("CL:0000000", 0));
    let met: HashSet<usize> = rows.iter().map(|row| row.term).collect();
    assert_eq!(met.len(), rows.len());
    // On the way down to a row, each is above the next, and siblings are in order.
    let mut way: Vec<usize> = Vec::new();
    for pair in rows.windows(2) {
        way.truncate(pair[0].depth);
        way.push(pair[0].term);
        assert!(pair[1].depth <= way.len());
        if let Some(&above) = pair[1].depth.checked_sub(1).and_then(|depth| way.get(depth)) {
            let (above, below) = (hierarchy.id(above), hierarchy.id(pair[1].term));
            assert!(
                hierarchy.ancestors(pair[1].term).iter().any(|&term| hierarchy.id(term) == above),
                "{above} {below}"
            );
        }
    }
    let blood_cells: Vec<&str> = rows.iter().map(|row| labels[hierarchy.id(row.term)]).collect();
    let place = |label: &str| blood_cells.iter().position(|&other| other == label).unwrap();
    assert!(place("B cell") < place("T cell") && place("mature B cell") > place("B cell"));
}

#[test]
fn tissues_are_shown_under_general_ones() {
    let anatomy = Ontology::new(terms("UBERON")).unwrap();
    let general = |tissue| general_tissue(&anatomy, tissue);
    assert!(GENERAL_TISSUES.iter().all(|tissue| anatomy.label(tissue).is_some()));
    assert_eq!(GENERAL_TISSUES.iter().collect::<HashSet<_>>().len(), 81);
    assert!(SYSTEMS_LEFT_OUT.iter().all(|system| GENERAL_TISSUES.contains(system)));
    let labels = |ids: [&'static str; 6]| ids.map(|id| anatomy.label(general(id)).unwrap());
    let [lung, heart, brain, blood, colon, skin] = labels([
        "UBERON:0002167", // right lung
        "UBERON:0002098", // apex of heart
        "UBERON:0001890", // forebrain
        "UBERON:0013756", // venous blood
        "UBERON:0001157", // transverse colon
        "UBERON:0001416", // skin of abdomen
    ]);
    assert_eq!([lung, heart, brain, blood, colon], ["lung", "heart", "brain", "blood", "colon"]);
    assert_eq!(skin, "skin of body", "it comes before the skin of the abdomen in the list, though it is no better");
    assert_eq!(general("UBERON:0002048 (cell culture)"), "UBERON:0002048 (cell culture)");
    assert_eq!(general("UBERON:0002405"), "UBERON:0002405");
}

#[test]
fn assays_are_those_that_are_meant() {
    let reference = Reference::embedded();
    let label = |id: &&str| reference.label(reference.term(id).unwrap()).unwrap().to_owned();
    assert_eq!(
        ASSAYS_OF_PAPER.iter().map(label).collect::<Vec<_>>(),
        [
            "sci-RNA-seq",
            "10x 3' v1",
            "10x 5' v1",
            "10x 3' v2",
            "10x 5' v2",
            "10x 3' v3",
            "10x 3' transcription profiling",
            "10x 5' transcription profiling",
            "Seq-Well",
            "10x technology",
            "Drop-seq",
            "CEL-seq2"
        ]
    );
    assert_eq!(ASSAYS_BY_LENGTH.iter().map(label).collect::<Vec<_>>(), ["Smart-seq", "Smart-seq2", "Smart-seq v4"]);
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(40))]

    #[test]
    fn any_choice_of_terms_rolls_up_alike(
        edges in prop::collection::vec((0usize..30, 0usize..30), 0..60),
        own in prop::collection::vec(0u64..1000, 30),
        is_annotated in prop::collection::vec(any::<bool>(), 30),
    ) {
        // Parents have lower numbers, so that nothing goes round.
        let id = |term: usize| if term == 0 { "CL:0000000".to_owned() } else { format!("CL:{term}") };
        let terms: Terms = (0..30).map(|term| {
            let parents = edges.iter().filter(|(a, b)| a.max(b) == &term && a != b).map(|(a, b)| id(*a.min(b)));
            (id(term), format!("cell {term}"), parents.collect())
        }).collect();
        let chosen: Vec<usize> = (0..30).filter(|&term| is_annotated[term]).collect();
        let ids: Vec<String> = chosen.iter().map(|&term| id(term)).collect();
        let hierarchy = Hierarchy::new(&Ontology::new(terms.clone()).unwrap(), &ids);
        let own: Vec<u64> = chosen.iter().map(|&term| own[term]).collect();
        let rolled = hierarchy.roll_up(&own);
        for (term, id) in ids.iter().enumerate() {
            let below = walked_down(&terms, id);
            let expected: u64 = ids.iter().zip(&own).filter(|(id, _)| below.contains(*id)).map(|(_, n)| n).sum();
            prop_assert_eq!(rolled[term], expected);
            for (other, other_id) in ids.iter().enumerate() {
                let is_colinear = below.contains(other_id) || walked_down(&terms, other_id).contains(id);
                prop_assert_eq!(hierarchy.are_colinear(term, other), is_colinear);
            }
        }
        // Every term with cells that is not redundant has one row, and only those.
        let mut rows: Vec<usize> = hierarchy.rows(&rolled, 1).iter().map(|row| row.term).collect();
        rows.sort_unstable();
        let redundant = hierarchy.redundant(&rolled);
        let expected: Vec<usize> = (0..ids.len()).filter(|&term| rolled[term] > 0 && !redundant[term]).collect();
        prop_assert_eq!(rows, expected);
    }
}
