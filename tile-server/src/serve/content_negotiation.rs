//! Content negotiation (RFC 9110, section 12): the weights of `Accept` and `Accept-Encoding`.

use http::{HeaderMap, HeaderName, header};

/// How the frames of tiles go out.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum TileCoding {
    /// As they are, `Content-Encoding: zstd`: the client's HTTP library inflates.
    ContentEncoding,
    /// As they are, `Content-Type: application/zstd`: the page inflates.
    MediaType,
    /// Inflated here.
    Identity,
}

/// How a file of the page goes out.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(super) enum PageCoding {
    /// `Content-Encoding: zstd`.
    Zstd,
    /// `Content-Encoding: gzip`.
    Gzip,
    /// As it is.
    Identity,
}

impl TileCoding {
    /// The best coding that the request's headers allow, or none.
    ///
    /// Without `Accept-Encoding` any coding would be allowed, but a client that does not speak of
    /// zstd rarely inflates it, so such a client gets zstd only when it lists the media type itself;
    /// `*/*` is not taken for that.
    pub(super) fn choose(headers: &HeaderMap) -> Option<Self> {
        let codings = Weights::read(headers, &header::ACCEPT_ENCODING);
        if codings.prefers("zstd") {
            return Some(Self::ContentEncoding);
        }
        if !codings.takes_identity() {
            return None;
        }
        let types = Weights::read(headers, &header::ACCEPT);
        let frames = types.listed("application/zstd").is_some_and(|weight| weight > 0);
        Some(if frames { Self::MediaType } else { Self::Identity })
    }
}

impl PageCoding {
    /// The best coding that the request's headers allow; identity when nothing else is.
    pub(super) fn choose(headers: &HeaderMap) -> Self {
        let codings = Weights::read(headers, &header::ACCEPT_ENCODING);
        let weight = |coding| codings.prefers(coding).then(|| codings.weight(coding));
        match (weight("zstd"), weight("gzip")) {
            (Some(zstd), gzip) if gzip.is_none_or(|gzip| zstd >= gzip) => Self::Zstd,
            (_, Some(_)) => Self::Gzip,
            _ => Self::Identity,
        }
    }
}

/// A weighted list: names in lower case with their weights in thousandths.
struct Weights(Vec<(String, u16)>);

impl Weights {
    fn read(headers: &HeaderMap, name: &HeaderName) -> Self {
        let items = headers
            .get_all(name)
            .iter()
            .filter_map(|value| value.to_str().ok())
            .flat_map(|value| value.split(','))
            .filter_map(weighted)
            .collect();
        Self(items)
    }

    /// The weight given to just this name.
    fn listed(&self, name: &str) -> Option<u16> {
        self.0.iter().find(|item| item.0 == name).map(|item| item.1)
    }

    /// The weight of a coding: its own, or that of `*`, or none.
    fn weight(&self, coding: &str) -> u16 {
        self.listed(coding).or_else(|| self.listed("*")).unwrap_or(0)
    }

    /// Whether `coding` is allowed, and at least as welcome as no coding at all. Identity that is not
    /// listed is allowed, but never preferred.
    fn prefers(&self, coding: &str) -> bool {
        let weight = self.weight(coding);
        weight > 0 && self.listed("identity").is_none_or(|identity| weight >= identity)
    }

    /// Identity is allowed unless it, or all that is not listed, has weight 0.
    fn takes_identity(&self) -> bool {
        self.listed("identity").or_else(|| self.listed("*")) != Some(0)
    }
}

/// `name;q=0.5` as name and thousandths; a weight that cannot be read counts as refusal.
fn weighted(item: &str) -> Option<(String, u16)> {
    let mut parts = item.split(';').map(str::trim);
    let name = parts.next().filter(|name| !name.is_empty())?.to_ascii_lowercase();
    let weight = parts
        .filter_map(|parameter| parameter.split_once('='))
        .find(|(key, _)| key.trim_end().eq_ignore_ascii_case("q"))
        .map_or(1000, |(_, value)| thousandths(value.trim_start()).unwrap_or(0));
    Some((name, weight))
}

/// `qvalue`: 0 to 1 with at most three decimals.
fn thousandths(value: &str) -> Option<u16> {
    let (whole, decimals) = value.split_once('.').unwrap_or((value, ""));
    if decimals.len() > 3 || !decimals.bytes().all(|byte| byte.is_ascii_digit()) {
        return None;
    }
    let fraction: u16 = format!("{decimals:0<3}").parse().ok()?;
    match whole {
        "0" => Some(fraction),
        "1" if fraction == 0 => Some(1000),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn headers(accept_encoding: Option<&str>, accept: Option<&str>) -> HeaderMap {
        let mut headers = HeaderMap::new();
        if let Some(value) = accept_encoding {
            headers.insert(header::ACCEPT_ENCODING, value.parse().unwrap());
        }
        if let Some(value) = accept {
            headers.insert(header::ACCEPT, value.parse().unwrap());
        }
        headers
    }

    #[test]
    fn tiles_go_out_as_the_client_can_take_them() {
        use TileCoding::{ContentEncoding, Identity, MediaType};
        for (accept_encoding, accept, expected) in [
            (Some("gzip, deflate, br, zstd"), Some("*/*"), Some(ContentEncoding)),
            (Some("ZSTD"), None, Some(ContentEncoding)),
            (Some("gzip, zstd;q=0.001"), None, Some(ContentEncoding)),
            (Some("*"), None, Some(ContentEncoding)),
            (Some("zstd;q=0.5, identity;q=0.5"), None, Some(ContentEncoding)),
            (Some("zstd;q=0.5, identity"), None, Some(Identity)),
            (Some("gzip, zstd;q=0"), None, Some(Identity)),
            (Some("*, zstd; q=0.0"), None, Some(Identity)),
            (Some("zstd;q=nonsense"), None, Some(Identity)),
            (Some("gzip"), Some("application/zstd, */*;q=0.1"), Some(MediaType)),
            (Some("gzip"), Some("application/zstd;q=0, */*"), Some(Identity)),
            (Some("gzip"), Some("application/octet-stream"), Some(Identity)),
            (Some("gzip"), Some("*/*"), Some(Identity)),
            (Some(""), None, Some(Identity)),
            (None, None, Some(Identity)),
            (None, Some("application/zstd"), Some(MediaType)),
            (Some("gzip, identity;q=0"), None, None),
            (Some("gzip, *;q=0"), Some("application/zstd"), None),
        ] {
            let chosen = TileCoding::choose(&headers(accept_encoding, accept));
            assert_eq!(chosen, expected, "{accept_encoding:?} {accept:?}");
        }
    }

    #[test]
    fn pages_go_out_in_the_coding_that_weighs_most() {
        for (accept_encoding, expected) in [
            (Some("gzip, deflate, br, zstd"), PageCoding::Zstd),
            (Some("gzip, zstd;q=0.5"), PageCoding::Gzip),
            (Some("gzip;q=0.5, zstd;q=0.6"), PageCoding::Zstd),
            (Some("gzip, deflate, br"), PageCoding::Gzip),
            (Some("gzip;q=0"), PageCoding::Identity),
            (Some("gzip;q=0.5, identity"), PageCoding::Identity),
            (Some("br"), PageCoding::Identity),
            (None, PageCoding::Identity),
        ] {
            let chosen = PageCoding::choose(&headers(accept_encoding, None));
            assert_eq!(chosen, expected, "{accept_encoding:?}");
        }
    }

    #[test]
    fn weights_are_read_to_three_decimals() {
        for (text, expected) in [
            ("1", Some(1000)),
            ("1.000", Some(1000)),
            ("0.5", Some(500)),
            ("0.25", Some(250)),
            ("0.", Some(0)),
            ("0", Some(0)),
            ("1.1", None),
            ("2", None),
            ("0.1234", None),
            ("-1", None),
            ("", None),
        ] {
            assert_eq!(thousandths(text), expected, "{text:?}");
        }
    }
}
