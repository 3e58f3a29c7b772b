//! Validators and conditional requests (RFC 9110, sections 8.8 and 13).
//!
//! Three kinds of strong entity tag are made here; none of them reads the file.
//! - A pack carries a hash of its bytes in its name: `"<hash>-<length>"`, both in hexadecimal.
//! - A manifest keeps its name when its bytes change: `"m<modified>-<length>"`, the time in
//!   nanoseconds since 1970. It costs one `stat`; two writes within the clock's tick that leave the
//!   same length would share a tag, which the builder's write-then-rename cannot do.
//! - What is put together or coded by the server: a hash of what names it.

use std::{
    fs::Metadata,
    time::{Duration, SystemTime, UNIX_EPOCH},
};

use http::{HeaderMap, HeaderName, HeaderValue, header};
use xxhash_rust::xxh64::xxh64;

/// A strong entity tag, quotes included.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct EntityTag(String);

impl EntityTag {
    /// The tag of a pack, by the hash in its name.
    pub(super) fn of_pack(hash: &str, len: u64) -> Self {
        Self(format!("\"{hash}-{len:x}\""))
    }

    /// The tag of a file whose name outlives its bytes.
    pub(super) fn of_mutable(metadata: &Metadata) -> Self {
        let modified =
            metadata.modified().ok().and_then(|time| time.duration_since(UNIX_EPOCH).ok()).unwrap_or_default();
        Self(format!("\"m{:x}-{:x}\"", modified.as_nanos(), metadata.len()))
    }

    /// The tag of bytes that `name` determines.
    pub(super) fn of_name(name: &str) -> Self {
        Self(format!("\"{:016x}\"", xxh64(name.as_bytes(), 0)))
    }

    /// The tag of these bytes.
    pub(super) fn of_bytes(bytes: &[u8]) -> Self {
        Self(format!("\"{:016x}\"", xxh64(bytes, 0)))
    }

    /// The tag of the same thing in another coding.
    pub(super) fn coded(&self, coding: &str) -> Self {
        Self(format!("\"{}-{coding}\"", self.0.trim_matches('"')))
    }

    /// The tag as a header.
    pub(super) fn header(&self) -> HeaderValue {
        HeaderValue::from_str(&self.0).expect("a tag is made of hexadecimal digits and ASCII names")
    }

    fn listed_in(&self, list: &str, comparison: Comparison) -> bool {
        list.trim() == "*" || tags(list).any(|tag| comparison.equal(tag, &self.0))
    }
}

#[derive(Clone, Copy)]
enum Comparison {
    Strong,
    Weak,
}

impl Comparison {
    /// Ours are all strong, so a weak tag of theirs is equal only weakly.
    fn equal(self, theirs: &str, ours: &str) -> bool {
        match self {
            Self::Strong => theirs == ours,
            Self::Weak => theirs.strip_prefix("W/").unwrap_or(theirs) == ours,
        }
    }
}

/// The tags of a list. Commas are allowed within quotes, so the list is read tag by tag; what follows
/// a broken tag is not read.
fn tags(list: &str) -> impl Iterator<Item = &str> {
    let mut rest = list;
    std::iter::from_fn(move || {
        rest = rest.trim_start_matches([',', ' ', '\t']);
        let open = if rest.starts_with("W/\"") { 3 } else { 1 };
        if !rest.starts_with('"') && open == 1 {
            return None;
        }
        let end = open + rest.get(open..)?.find('"')? + 1;
        let (tag, after) = rest.split_at(end);
        rest = after;
        Some(tag)
    })
}

/// What one representation is compared by.
#[derive(Clone, Debug)]
pub(super) struct Validators {
    /// The representation's tag.
    pub(super) tag: EntityTag,
    /// When it last changed, to whole seconds.
    pub(super) modified: Option<SystemTime>,
}

/// What the preconditions of a request say.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Precondition {
    /// Answer as usual.
    Holds,
    /// 304: the client has it already.
    NotModified,
    /// 412.
    Failed,
}

impl Validators {
    /// A tag with no date.
    pub(super) fn tagged(tag: EntityTag) -> Self {
        Self { tag, modified: None }
    }

    /// A tag and the file's date, cut to seconds and never in the future.
    pub(super) fn dated(tag: EntityTag, metadata: &Metadata) -> Self {
        let modified = metadata
            .modified()
            .ok()
            .map(|time| time.min(SystemTime::now()))
            .and_then(|time| time.duration_since(UNIX_EPOCH).ok())
            .map(|since| UNIX_EPOCH + Duration::from_secs(since.as_secs()));
        Self { tag, modified }
    }

    /// Puts `ETag` and `Last-Modified` among the headers of a response.
    pub(super) fn write(&self, headers: &mut HeaderMap) {
        headers.insert(header::ETAG, self.tag.header());
        if let Some(modified) = self.modified {
            let date = httpdate::fmt_http_date(modified);
            let date = HeaderValue::from_str(&date).expect("an HTTP date is ASCII");
            headers.insert(header::LAST_MODIFIED, date);
        }
    }

    /// The preconditions of a GET or HEAD in the order of section 13.2.2.
    pub(super) fn evaluate(&self, request: &HeaderMap) -> Precondition {
        if let Some(list) = joined(request, &header::IF_MATCH) {
            if !self.tag.listed_in(&list, Comparison::Strong) {
                return Precondition::Failed;
            }
        } else if let (Some(since), Some(modified)) = (date(request, &header::IF_UNMODIFIED_SINCE), self.modified)
            && modified > since
        {
            return Precondition::Failed;
        }
        if let Some(list) = joined(request, &header::IF_NONE_MATCH) {
            if self.tag.listed_in(&list, Comparison::Weak) {
                return Precondition::NotModified;
            }
        } else if let (Some(since), Some(modified)) = (date(request, &header::IF_MODIFIED_SINCE), self.modified)
            && modified <= since
        {
            return Precondition::NotModified;
        }
        Precondition::Holds
    }

    /// Whether `Range` counts: `If-Range` is absent, or names just this representation. A date is a
    /// strong validator only once it is a second old (section 8.8.2.2).
    pub(super) fn range_counts(&self, request: &HeaderMap) -> bool {
        let Some(condition) = request.get(header::IF_RANGE) else {
            return true;
        };
        let Ok(condition) = condition.to_str() else {
            return false;
        };
        if condition.contains('"') {
            return Comparison::Strong.equal(condition.trim(), &self.tag.0);
        }
        let Some(modified) = self.modified else {
            return false;
        };
        let settled = SystemTime::now().duration_since(modified).is_ok_and(|age| age >= Duration::from_secs(1));
        settled && httpdate::parse_http_date(condition).is_ok_and(|date| date == modified)
    }
}

/// A list header that may come in several lines.
fn joined(headers: &HeaderMap, name: &HeaderName) -> Option<String> {
    let lines: Vec<_> = headers.get_all(name).iter().filter_map(|value| value.to_str().ok()).collect();
    (!lines.is_empty()).then(|| lines.join(","))
}

fn date(headers: &HeaderMap, name: &HeaderName) -> Option<SystemTime> {
    httpdate::parse_http_date(headers.get(name)?.to_str().ok()?).ok()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const MODIFIED: &str = "Sun, 06 Nov 1994 08:49:37 GMT";
    const LATER: &str = "Sun, 06 Nov 1994 08:49:38 GMT";
    const EARLIER: &str = "Sun, 06 Nov 1994 08:49:36 GMT";

    fn validators() -> Validators {
        Validators {
            tag: EntityTag("\"a,b\"".to_owned()),
            modified: Some(httpdate::parse_http_date(MODIFIED).unwrap()),
        }
    }

    fn headers(pairs: &[(HeaderName, &str)]) -> HeaderMap {
        let mut headers = HeaderMap::new();
        for (name, value) in pairs {
            headers.append(name, value.parse().unwrap());
        }
        headers
    }

    #[test]
    fn preconditions_follow_the_order_of_the_rfc() {
        use header::{IF_MATCH, IF_MODIFIED_SINCE, IF_NONE_MATCH, IF_UNMODIFIED_SINCE};
        let check = |pairs: &[(HeaderName, &str)], expected| {
            assert_eq!(validators().evaluate(&headers(pairs)), expected, "{pairs:?}");
        };
        check(&[], Precondition::Holds);
        check(&[(IF_NONE_MATCH, "\"a,b\"")], Precondition::NotModified);
        check(&[(IF_NONE_MATCH, "\"x\", W/\"a,b\"")], Precondition::NotModified);
        check(&[(IF_NONE_MATCH, "\"x\""), (IF_NONE_MATCH, "\"a,b\"")], Precondition::NotModified);
        check(&[(IF_NONE_MATCH, "*")], Precondition::NotModified);
        check(&[(IF_NONE_MATCH, "\"a\", \"b\"")], Precondition::Holds);
        check(&[(IF_NONE_MATCH, "a,b")], Precondition::Holds);
        check(&[(IF_MODIFIED_SINCE, MODIFIED)], Precondition::NotModified);
        check(&[(IF_MODIFIED_SINCE, LATER)], Precondition::NotModified);
        check(&[(IF_MODIFIED_SINCE, EARLIER)], Precondition::Holds);
        check(&[(IF_MODIFIED_SINCE, "yesterday")], Precondition::Holds);
        check(&[(IF_NONE_MATCH, "\"x\""), (IF_MODIFIED_SINCE, LATER)], Precondition::Holds);
        check(&[(IF_MATCH, "\"a,b\"")], Precondition::Holds);
        check(&[(IF_MATCH, "*")], Precondition::Holds);
        check(&[(IF_MATCH, "W/\"a,b\"")], Precondition::Failed);
        check(&[(IF_MATCH, "\"x\""), (IF_NONE_MATCH, "\"a,b\"")], Precondition::Failed);
        check(&[(IF_UNMODIFIED_SINCE, EARLIER)], Precondition::Failed);
        check(&[(IF_UNMODIFIED_SINCE, MODIFIED)], Precondition::Holds);
    }

    #[test]
    fn a_range_counts_only_for_the_very_bytes_it_was_meant_for() {
        for (condition, expected) in [
            ("\"a,b\"", true),
            ("W/\"a,b\"", false),
            ("\"x\"", false),
            (MODIFIED, true),
            (LATER, false),
            ("soon", false),
        ] {
            let request = headers(&[(header::IF_RANGE, condition)]);
            assert_eq!(validators().range_counts(&request), expected, "{condition}");
        }
        assert!(validators().range_counts(&HeaderMap::new()));
    }

    proptest! {
        #[test]
        fn any_list_of_tags_is_read_without_panic(list in "[W/\", a\\PC]{0,40}") {
            for tag in tags(&list) {
                prop_assert!(tag.ends_with('"'));
            }
        }
    }
}
