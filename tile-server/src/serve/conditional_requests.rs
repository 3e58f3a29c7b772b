//! Validators and conditional requests (RFC 9110, sections 8.8 and 13).
//!
//! Three kinds of strong entity tag are made here; none of them reads the file.
//! - A pack carries a hash of its bytes in its name: `"<hash>-<length>"`, both in hexadecimal.
//! - A manifest keeps its name when its bytes change: `"m<modified>-<length>-<state>"`, the time in
//!   nanoseconds since 1970, the state a hash of the file's number and of the time of its last change. It costs one
//!   `stat`; two writes to one file within the clock's tick that leave the same length would share a tag, which the
//!   builder's write-then-rename cannot do.
//! - What is put together or coded by the server: a hash of what names it.

use std::time::{Duration, SystemTime, UNIX_EPOCH};

use headers::{
    ETag, Header, HeaderMapExt, IfMatch, IfModifiedSince, IfNoneMatch, IfRange, IfUnmodifiedSince, LastModified,
};
use http::HeaderMap;
use xxhash_rust::xxh64::xxh64;

use crate::file_stamp::FileStamp;

/// A strong entity tag, quotes included.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct EntityTag(String);

impl EntityTag {
    /// The tag of a pack, by the hash in its name.
    pub(super) fn of_pack(hash: &str, len: u64) -> Self {
        Self(format!("\"{hash}-{len:x}\""))
    }

    /// The tag of a file whose name outlives its bytes.
    pub(super) fn of_mutable(stamp: &FileStamp) -> Self {
        let FileStamp { n_bytes, modified, number, changed: (seconds, nanos) } = stamp;
        let modified = modified.and_then(|time| time.duration_since(UNIX_EPOCH).ok()).unwrap_or_default();
        let state = xxh64(format!("{number} {seconds} {nanos}").as_bytes(), 0);
        Self(format!("\"m{:x}-{n_bytes:x}-{state:x}\"", modified.as_nanos()))
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

    fn typed(&self) -> ETag {
        self.0.parse().expect("a tag is made of hexadecimal digits and ASCII names")
    }
}

/// What one representation is compared by.
#[derive(Clone, Debug)]
pub(super) struct Validators {
    /// The representation's tag.
    tag: ETag,
    /// When it last changed, to whole seconds.
    modified: Option<SystemTime>,
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
    pub(super) fn tagged(tag: &EntityTag) -> Self {
        Self { tag: tag.typed(), modified: None }
    }

    /// A tag and the file's date, cut to seconds and never in the future.
    pub(super) fn dated(tag: &EntityTag, modified: Option<SystemTime>) -> Self {
        let modified = modified
            .map(|time| time.min(SystemTime::now()))
            .and_then(|time| time.duration_since(UNIX_EPOCH).ok())
            .map(|since| UNIX_EPOCH + Duration::from_secs(since.as_secs()));
        Self { tag: tag.typed(), modified }
    }

    /// Puts `ETag` and `Last-Modified` among the headers of a response.
    pub(super) fn write(&self, headers: &mut HeaderMap) {
        headers.typed_insert(self.tag.clone());
        if let Some(modified) = self.modified {
            headers.typed_insert(LastModified::from(modified));
        }
    }

    /// The preconditions of a GET or HEAD in the order of section 13.2.2. One that cannot be read is as if absent.
    pub(super) fn evaluate(&self, request: &HeaderMap) -> Precondition {
        let tag = &self.tag;
        let is_met = if let Some(condition) = request.typed_get::<IfMatch>() {
            condition.precondition_passes(tag)
        } else if let (Some(since), Some(modified)) = (request.typed_get::<IfUnmodifiedSince>(), self.modified) {
            since.precondition_passes(modified)
        } else {
            true
        };
        if !is_met {
            return Precondition::Failed;
        }
        let is_new = if let Some(condition) = request.typed_get::<IfNoneMatch>() {
            condition.precondition_passes(tag)
        } else if let (Some(since), Some(modified)) = (request.typed_get::<IfModifiedSince>(), self.modified) {
            since.is_modified(modified)
        } else {
            true
        };
        if is_new { Precondition::Holds } else { Precondition::NotModified }
    }

    /// Whether `Range` counts: `If-Range` is absent, or names just this representation. A date is a
    /// strong validator only once it is a second old (section 8.8.2.2).
    ///
    /// `IfRange::is_modified` also takes later dates, where section 13.1.5 asks for the very same one.
    pub(super) fn range_counts(&self, request: &HeaderMap) -> bool {
        if !request.contains_key(IfRange::name()) {
            return true;
        }
        let Some(condition) = request.typed_get::<IfRange>() else {
            return false;
        };
        let is_settled =
            |modified: SystemTime| SystemTime::now().duration_since(modified).is_ok_and(|age| age.as_secs() >= 1);
        condition == IfRange::etag(self.tag.clone())
            || self.modified.is_some_and(|modified| is_settled(modified) && condition == IfRange::date(modified))
    }
}

#[cfg(test)]
mod tests {
    use http::{HeaderName, header};
    use proptest::prelude::*;

    use super::*;

    const MODIFIED: &str = "Sun, 06 Nov 1994 08:49:37 GMT";
    const LATER: &str = "Sun, 06 Nov 1994 08:49:38 GMT";
    const EARLIER: &str = "Sun, 06 Nov 1994 08:49:36 GMT";

    fn validators() -> Validators {
        Validators {
            tag: EntityTag("\"a,b\"".to_owned()).typed(),
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
        fn any_condition_is_read_without_panic(value in "[W/\", a*\\PC]{0,40}") {
            if let Ok(value) = http::HeaderValue::from_str(&value) {
                for name in [header::IF_MATCH, header::IF_NONE_MATCH, header::IF_RANGE, header::IF_MODIFIED_SINCE] {
                    let request = HeaderMap::from_iter([(name, value.clone())]);
                    let _ = (validators().evaluate(&request), validators().range_counts(&request));
                }
            }
        }
    }
}
