//! Which texts are filters, and what is said of those that are not.

#![allow(clippy::unwrap_used, reason = "what fails here fails a test")]

use proptest::prelude::*;
use value_filter::{Comparison, Condition, Filter, Literal};

fn problem(text: &str) -> String {
    Filter::parse(text).unwrap_err().to_string()
}

#[test]
fn and_binds_tighter_than_or_and_not_tighter_than_both() {
    let Condition::Or(either) = Filter::parse("not a == 1 or b == 2 and c == 3").unwrap().condition().clone() else {
        panic!("`or` joins all");
    };
    assert!(matches!(&either[0], Condition::Test(test) if test.negated && test.column == "a"));
    assert!(matches!(&either[1], Condition::And(both) if both.len() == 2));
}

#[test]
fn a_negation_reaches_every_test() {
    let written = Filter::parse("not (a < 1 and (b in ['x'] or c == None))").unwrap();
    let Condition::Or(conditions) = written.condition() else { panic!("De Morgan") };
    assert!(matches!(&conditions[0], Condition::Test(test) if test.negated));
    assert!(matches!(&conditions[1], Condition::And(both)
        if both.iter().all(|condition| matches!(condition, Condition::Test(test) if test.negated))));
}

#[test]
fn a_chain_is_every_pair_and_sides_may_change_places() {
    let Condition::And(tests) = Filter::parse("0 <= n < -(+5)").unwrap().condition().clone() else { panic!("a chain") };
    let comparisons: Vec<_> = tests
        .into_iter()
        .map(|condition| match condition {
            Condition::Test(test) => (test.comparison, test.negated),
            _ => panic!("a test"),
        })
        .collect();
    assert_eq!(comparisons, [(Comparison::Less(Literal::Int(0)), true), (Comparison::Less(Literal::Int(-5)), false)]);
}

#[test]
fn columns_are_named_once_in_their_order() {
    let filter =
        Filter::parse("(attr('a.b') > val(1.5)) & (c like 'T%') | descendants(d, 'CL:1') | (c == 'x')").unwrap();
    assert_eq!(filter.columns(), ["a.b", "c", "d"]);
}

#[test]
fn texts_may_have_quotation_marks_and_escapes() {
    for (text, expected) in [
        (r#"a == "it's""#, "it's"),
        (r"a == 'it\'s'", "it's"),
        (r"a == 'x\\y\d'", r"x\y\d"),
        (r"a == '\xe9\u20ac!'", "é€!"),
    ] {
        let filter = Filter::parse(text).unwrap();
        let Condition::Test(test) = filter.condition() else { panic!("a test") };
        assert_eq!(test.comparison, Comparison::Equal(Literal::Text(expected.to_owned())), "{text}");
    }
}

#[test]
fn what_is_no_filter_is_told_with_its_place_and_what_to_write() {
    for (text, place, advice) in [
        ("", 1, "empty"),
        ("  ", 1, "empty"),
        ("a = 1", 3, "`==`"),
        ("a == 1 b == 2", 8, "`and`"),
        ("a > 1 & b < 2", 5, "(a > 1) & (b < 2)"),
        ("orig.ident == 'x'", 1, "attr(\"orig.ident\")"),
        ("a == b", 6, "'b'"),
        ("a is None", 3, "== None"),
        ("a in 'x'", 6, "['a', 'b']"),
        ("a in ('x', 'y')", 10, "brackets"),
        ("a in []", 6, "empty"),
        ("a in [b]", 7, "'b'"),
        ("'x' in a", 1, "contains(column"),
        ("a == 'x", 6, "close it by '"),
        ("a == (1", 6, "no `)`"),
        ("attr(a) > 1", 1, "attr('a column')"),
        ("attr('a', 'b') > 1", 1, "attr('a column')"),
        ("a == val()", 6, "val(1)"),
        ("f('x') == 1", 1, "like, contains and descendants"),
        ("a > 1 + 1", 7, "arithmetic"),
        ("a == leuko-cyte", 11, "quotation marks"),
        ("a > ~0", 5, "`not`"),
        ("a == b'x'", 6, "quotation marks alone"),
        ("a == 12x", 6, "no number"),
        ("a < None", 5, "`None`"),
        ("1 < 2", 1, "column"),
        ("a == 1 == 2", 1, "column"),
        ("'x'", 1, "column == value"),
        ("a @ 1", 3, "`@`"),
        ("a not 1", 3, "`in`"),
        ("(a == 1) == 2", 1, "condition"),
        ("a like 1", 8, "like 'T cell%'"),
        (r"a == '\xzz'", 7, "2 hexadecimal digits"),
    ] {
        let told = problem(text);
        // A chain's second half is the one that lacks a column.
        let place = if text == "a == 1 == 2" { 6 } else { place };
        assert!(told.contains(&format!("(character {place} of")), "{text}: {told}");
        assert!(told.contains(advice), "{text}: {told}");
    }
}

#[test]
fn the_place_is_marked_below_the_line() {
    assert_eq!(
        problem("a == 1\nand b = 2"),
        "equality is written `==` (character 14 of the filter)\n  and b = 2\n        ^"
    );
}

#[test]
fn depth_is_bounded() {
    for text in
        [format!("{}a == 1", "(".repeat(100_000)), "not ".repeat(100_000), format!("a == {}1", "-".repeat(100_000))]
    {
        assert!(problem(&text).contains("100 deep"));
    }
}

proptest! {
    #[test]
    fn no_text_is_a_panic(text: String) {
        if let Err(error) = Filter::parse(&text) {
            error.to_string();
        }
    }

    #[test]
    fn no_words_are_a_panic(words in prop::collection::vec(prop::sample::select(vec![
        "a", "and", "or", "not", "in", "==", "<", "(", ")", "[", "]", ",", "1", "'x'", "None", "attr(", "val(", "&", "-", "é", "like",
    ]), 0..12)) {
        let text = words.join(" ");
        if let Err(error) = Filter::parse(&text) {
            error.to_string();
        }
    }
}
