//! A query as the text of an address, and back: `tissue=lung&tissue=liver&cells=1000-&since=12&q=covid&sort=-cells`.

use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, percent_decode_str, utf8_percent_encode};

use super::{
    facet::{LabelFacet, NumberFacet, Since},
    query::{CatalogQuery, NumberRange},
    sort::{Sort, SortDirection, SortKey},
};

const TEXT: &str = "q";
const SINCE: &str = "since";
const SORT: &str = "sort";

/// Labels that are read of an address. Each is shown, and nobody chooses so many.
const MOST_LABELS: usize = 100;

/// What stands in an address as it is.
const PLAIN: &AsciiSet =
    &NON_ALPHANUMERIC.remove(b'-').remove(b'_').remove(b'.').remove(b'~').remove(b',').remove(b':').remove(b'/');

impl CatalogQuery {
    /// The text for an address; empty where nothing is asked for.
    pub fn to_address(&self) -> String {
        let mut parts = Vec::new();
        let mut part = |name: &str, value: &str| parts.push(format!("{name}={}", utf8_percent_encode(value, PLAIN)));
        for (facet, labels) in &self.labels {
            labels.iter().for_each(|label| part(facet.name(), label));
        }
        for (facet, range) in &self.numbers {
            let end = |end: Option<u32>| end.map(|end| end.to_string()).unwrap_or_default();
            part(facet.name(), &format!("{}-{}", end(range.min), end(range.max)));
        }
        if let Some(since) = self.since {
            part(SINCE, &since.months().to_string());
        }
        if !self.text.is_empty() {
            part(TEXT, &self.text);
        }
        if self.sort != Sort::default() {
            let sign = if self.sort.direction == SortDirection::Descending { "-" } else { "" };
            part(SORT, &format!("{sign}{}", self.sort.key.name()));
        }
        parts.join("&")
    }

    /// What an address asks for. What it says of unknown facets, and what cannot be read, is passed
    /// over, and so are labels after the first hundred.
    pub fn of_address(text: &str) -> Self {
        let mut query = Self::default();
        let mut n_labels = 0;
        for (name, value) in text.split('&').filter_map(|part| part.split_once('=')) {
            let Ok(value) = percent_decode_str(&value.replace('+', " ")).decode_utf8().map(String::from) else {
                continue;
            };
            if let Some(facet) = LabelFacet::of_name(name) {
                if n_labels < MOST_LABELS {
                    n_labels += usize::from(query.labels.entry(facet).or_default().insert(value));
                }
            } else if let Some(facet) = NumberFacet::ALL.into_iter().find(|facet| facet.name() == name) {
                query.set_range(facet, range_of(&value).unwrap_or_default());
            } else if name == SINCE {
                query.since = Since::ALL.into_iter().find(|since| since.months().to_string() == value);
            } else if name == TEXT {
                query.text = value;
            } else if name == SORT {
                query.sort = sort_of(&value).unwrap_or_default();
            }
        }
        query
    }
}

fn range_of(text: &str) -> Option<NumberRange> {
    let (min, max) = text.split_once('-')?;
    let end = |text: &str| if text.is_empty() { Some(None) } else { text.parse().ok().map(Some) };
    Some(NumberRange { min: end(min)?, max: end(max)? })
}

fn sort_of(text: &str) -> Option<Sort> {
    let (name, direction) = match text.strip_prefix('-') {
        Some(name) => (name, SortDirection::Descending),
        None => (text, SortDirection::Ascending),
    };
    let key = SortKey::ALL.into_iter().find(|key| key.name() == name)?;
    Some(Sort { key, direction })
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    prop_compose! {
        fn any_query()(
            labels in prop::collection::btree_map(
                prop::sample::select(LabelFacet::ALL.to_vec()),
                prop::collection::btree_set("\\PC{0,8}", 1..4),
                0..4,
            ),
            numbers in prop::collection::btree_map(
                prop::sample::select(NumberFacet::ALL.to_vec()),
                any::<(Option<u32>, Option<u32>)>()
                    .prop_map(|(min, max)| NumberRange { min, max })
                    .prop_filter("one that bounds", |range| !range.is_open()),
                0..3,
            ),
            since in prop::option::of(prop::sample::select(Since::ALL.to_vec())),
            text in "\\PC{0,12}",
            key in prop::sample::select(SortKey::ALL.to_vec()),
            is_ascending: bool,
        ) -> CatalogQuery {
            let direction = if is_ascending { SortDirection::Ascending } else { SortDirection::Descending };
            CatalogQuery { labels, numbers, since, text, sort: Sort { key, direction } }
        }
    }

    proptest! {
        #[test]
        fn a_query_comes_back_from_its_address(query in any_query()) {
            prop_assert_eq!(CatalogQuery::of_address(&query.to_address()), query);
        }

        #[test]
        fn any_address_is_read_and_means_one_query(text: String) {
            let query = CatalogQuery::of_address(&text);
            prop_assert_eq!(CatalogQuery::of_address(&query.to_address()), query);
        }
    }

    #[test]
    fn addresses_are_short_and_can_be_read() {
        let text = "disease=COVID-19&tissue=lung&tissue=liver&cells=1000-&since=12&q=10x%203%27&sort=-cells";
        let query = CatalogQuery::of_address(text);
        assert_eq!(query.to_address().len(), text.len());
        assert!(query.has(LabelFacet::Tissue, "liver") && query.since == Some(Since::OneYear));
        let many: String = (0..20_000).map(|at| format!("tissue=t{at}&")).collect();
        assert_eq!(CatalogQuery::of_address(&many).labels[&LabelFacet::Tissue].len(), 100);
        assert_eq!(CatalogQuery::default().to_address(), "");
        let odd = CatalogQuery::of_address("tissue&x=1&cells=a-b&since=5&sort=x&&q=%ff");
        assert_eq!(odd, CatalogQuery::default());
    }
}
