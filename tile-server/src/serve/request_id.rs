//! A name for each request, by which what its sender saw is found in the log.

use std::{
    fmt,
    hash::{BuildHasher, RandomState},
    sync::{
        LazyLock,
        atomic::{AtomicU64, Ordering},
    },
};

use http::{HeaderMap, HeaderName, HeaderValue};

/// Says the name, in requests of those who give one and in every answer.
pub(super) const X_REQUEST_ID: HeaderName = HeaderName::from_static("x-request-id");

/// The longest name that is taken over.
const MOST_CHARACTERS: usize = 128;

/// Letters, digits, `-`, `_` and `.`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct RequestId(HeaderValue);

impl RequestId {
    /// The one that the request comes with if it is well formed, else a new one.
    pub(super) fn of(request: &HeaderMap) -> Self {
        let mut given = request.get_all(X_REQUEST_ID).iter();
        match (given.next(), given.next()) {
            (Some(given), None) if is_well_formed(given.as_bytes()) => Self(given.clone()),
            _ => Self::new(),
        }
    }

    /// The program's start and a number.
    fn new() -> Self {
        static START: LazyLock<u32> = LazyLock::new(|| RandomState::new().hash_one(0) as u32);
        static NUMBER: AtomicU64 = AtomicU64::new(0);
        let id = format!("{:08x}-{:x}", *START, NUMBER.fetch_add(1, Ordering::Relaxed));
        Self(HeaderValue::try_from(id).expect("digits can stand in a header"))
    }

    /// The value of its header.
    pub(super) fn to_header(&self) -> HeaderValue {
        self.0.clone()
    }
}

impl fmt::Display for RequestId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.0.to_str().unwrap_or_default())
    }
}

fn is_well_formed(id: &[u8]) -> bool {
    let is_plain = |byte: &u8| byte.is_ascii_alphanumeric() || b"-_.".contains(byte);
    (1..=MOST_CHARACTERS).contains(&id.len()) && id.iter().all(is_plain)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn id_of(given: &[&str]) -> String {
        let mut headers = HeaderMap::new();
        for given in given {
            headers.append(X_REQUEST_ID, given.parse().unwrap());
        }
        RequestId::of(&headers).to_string()
    }

    #[test]
    fn a_well_formed_name_is_taken_over() {
        for id in ["a", "7f9c-1", "0af7651916cd43dd8448eb211c80319c", "A_b.c", &"x".repeat(MOST_CHARACTERS)] {
            assert_eq!(id_of(&[id]), id);
        }
    }

    #[test]
    fn any_other_is_replaced_by_one_that_nobody_else_has() {
        let mut ids = std::collections::HashSet::new();
        for given in [&[][..], &[""], &["a b"], &["a\"b"], &["{}"], &["a", "a"], &[&"x".repeat(MOST_CHARACTERS + 1)]] {
            let id = id_of(given);
            assert!(is_well_formed(id.as_bytes()) && !given.contains(&&*id), "{id}");
            assert!(ids.insert(id));
        }
    }
}
