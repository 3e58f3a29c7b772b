//! What answers mean: no network here.

use explorer_core::dataset::fetch::{AnswerHead, AskedRange, LARGEST_WHOLE_BYTES};
use reqwest::{Version, header};
use shared_fbs::{frame, manifest::Slot};

use super::{findings::Finding, fixes, http::Answer};

/// The longest that a file may be kept unasked whose content changes under its name, in seconds: what a user will wait for.
const LONGEST_STALE_SECONDS: u64 = 3600;

/// The shortest that a file is kept which never changes, in seconds: a day.
const SHORTEST_KEPT_SECONDS: u64 = 24 * 3600;

/// Sizes below which compression makes no difference, in bytes.
const WORTH_COMPRESSING_BYTES: usize = 1500;

/// Whether a file is there.
pub fn status(answer: &Answer) -> Result<(), Finding> {
    if answer.status == 200 || answer.status == 206 {
        return Ok(());
    }
    Err(Finding::problem(&answer.url, format!("the host answers {}", answer.status), &[]))
}

/// A tile of a pack of so many bytes, as the page asks for it.
pub fn range(answer: &Answer, slot: &Slot, file_bytes: u64) -> Finding {
    let url = answer.url.as_str();
    let asked = AskedRange { bytes: slot.range(), file_bytes };
    if let Err(finding) = status(answer) {
        return finding;
    }
    if answer.status == 200 && answer.body.len() as u64 != asked.n_bytes() {
        let text = "the host answers no ranges: it sends the whole file";
        if file_bytes <= LARGEST_WHOLE_BYTES {
            return Finding::advice(url, format!("{text}, which is small enough to be fetched whole"), fixes::RANGES);
        }
        return Finding::problem(url, text, fixes::RANGES);
    }
    let head = AnswerHead {
        status: answer.status,
        content_range: answer.header(header::CONTENT_RANGE),
        content_encoding: answer.coding(),
        content_length: answer.header(header::CONTENT_LENGTH).and_then(|length| length.parse().ok()),
    };
    if let Some(coding) = head.content_encoding {
        let text = format!("the host sends a range of the compressed file (Content-Encoding: {coding})");
        return Finding::problem(url, text, fixes::NOT_ENCODED);
    }
    if let Err(error) = asked.most_bytes(&head) {
        return Finding::problem(url, format!("the range is of no use: {error}"), fixes::SAME_DATASET);
    }
    let is_tile = frame::inflate(&answer.body).is_ok_and(|tile| frame::verify(&tile, slot.checksum).is_ok());
    if !is_tile {
        return Finding::problem(url, "the bytes are not those of the pack", fixes::SAME_DATASET);
    }
    Finding::good(url, format!("{} bytes of {file_bytes} by range, status {}", asked.n_bytes(), answer.status))
}

/// A segment, whole; `is_same` says whether its content is the one that its name tells.
pub fn segment(answer: &Answer, is_same: bool) -> Finding {
    if let Err(finding) = status(answer) {
        return finding;
    }
    if !is_same {
        return Finding::problem(&answer.url, "the bytes are not those of the segment", fixes::SAME_DATASET);
    }
    Finding::good(&answer.url, format!("a segment of {} bytes", answer.body.len()))
}

/// Whether pages of other sites, or those of the origin that it is about, may load a script of the site.
pub fn loadable(answer: &Answer, origin: Option<&str>) -> Finding {
    let url = answer.url.as_str();
    match answer.header(header::ACCESS_CONTROL_ALLOW_ORIGIN) {
        Some(allowed) if allowed == "*" || Some(allowed) == origin => Finding::good(url, "pages elsewhere may load it"),
        Some(_) | None => match origin {
            Some(origin) => Finding::problem(url, format!("pages of {origin} may not load it"), fixes::EMBED),
            None => Finding::advice(url, "pages of other sites may not load it", fixes::EMBED),
        },
    }
}

/// Whether pages of an origin may read an answer, and see what range it is.
pub fn cross_origin(answer: &Answer, origin: &str) -> Finding {
    let url = answer.url.as_str();
    let allowed = answer.header(header::ACCESS_CONTROL_ALLOW_ORIGIN);
    if !allowed.is_some_and(|allowed| allowed == "*" || allowed == origin) {
        let says = allowed.map_or("no Access-Control-Allow-Origin".to_owned(), |allowed| {
            format!("Access-Control-Allow-Origin: {allowed}")
        });
        return Finding::problem(url, format!("pages of {origin} may not read it ({says})"), fixes::CORS);
    }
    let exposed = answer.header(header::ACCESS_CONTROL_EXPOSE_HEADERS).unwrap_or_default().to_ascii_lowercase();
    let is_exposed = exposed.split(',').any(|name| matches!(name.trim(), "content-range" | "*"));
    if answer.status == 206 && !is_exposed {
        let text = format!("pages of {origin} may read it, but do not see which range comes, nor of how large a file");
        return Finding::advice(url, text, fixes::EXPOSE);
    }
    Finding::good(url, format!("pages of {origin} may read it"))
}

/// Whether a file of the page has the type that browsers insist on.
pub fn media_type(answer: &Answer, expected: &str) -> Finding {
    let found = answer.header(header::CONTENT_TYPE).unwrap_or("none");
    let essence = found.split(';').next().unwrap_or_default().trim();
    let is_script = expected == "text/javascript" && essence == "application/javascript";
    if essence.eq_ignore_ascii_case(expected) || is_script {
        return Finding::good(&answer.url, format!("type {essence}"));
    }
    Finding::problem(&answer.url, format!("its type is {found}, not {expected}"), fixes::TYPES)
}

/// Whether a file of the page travels compressed.
pub fn compression(answer: &Answer) -> Option<Finding> {
    match answer.coding() {
        Some(coding) => Some(Finding::good(&answer.url, format!("compressed with {coding}"))),
        None if answer.body.len() < WORTH_COMPRESSING_BYTES => None,
        None => {
            let text = format!("it is sent uncompressed ({} bytes)", answer.body.len());
            Some(Finding::advice(&answer.url, text, fixes::COMPRESSION))
        }
    }
}

/// Whether a file that never changes is kept for long.
pub fn kept(answer: &Answer) -> Finding {
    match max_age(answer) {
        Some(seconds) if seconds >= SHORTEST_KEPT_SECONDS => Finding::good(&answer.url, "browsers keep it"),
        Some(_) | None => {
            let text = format!("browsers ask for it again and again ({})", caching(answer));
            Finding::advice(&answer.url, text, fixes::IMMUTABLE)
        }
    }
}

/// Whether a file whose content changes under its name is asked for again.
pub fn fresh(answer: &Answer) -> Finding {
    match max_age(answer) {
        Some(seconds) if seconds > LONGEST_STALE_SECONDS => {
            let text = format!("browsers keep it for {seconds} s, and miss what is published meanwhile");
            Finding::advice(&answer.url, text, fixes::REVALIDATE)
        }
        Some(_) => Finding::good(&answer.url, format!("a new version shows soon ({})", caching(answer))),
        None => {
            let text =
                "browsers may keep it for a tenth of its age, and miss what is published meanwhile (no Cache-Control)";
            Finding::advice(&answer.url, text, fixes::REVALIDATE)
        }
    }
}

/// Whether requests go side by side.
pub fn version(answer: &Answer) -> Finding {
    if answer.version >= Version::HTTP_2 {
        return Finding::good(&answer.url, format!("{:?}", answer.version));
    }
    let text = format!("{:?}: at most six requests go side by side", answer.version);
    Finding::advice(&answer.url, text, fixes::HTTP2)
}

/// For how many seconds an answer may be kept unasked, as far as the host says.
fn max_age(answer: &Answer) -> Option<u64> {
    let directives = answer.header(header::CACHE_CONTROL)?.to_ascii_lowercase();
    let mut directives = directives.split(',').map(str::trim);
    if directives.clone().any(|directive| matches!(directive, "no-cache" | "no-store")) {
        return Some(0);
    }
    directives.find_map(|directive| directive.strip_prefix("max-age=")?.parse().ok())
}

fn caching(answer: &Answer) -> String {
    let said = answer.header(header::CACHE_CONTROL);
    said.map_or("no Cache-Control".to_owned(), |said| format!("Cache-Control: {said}"))
}

#[cfg(test)]
mod tests {
    use reqwest::header::{HeaderMap, HeaderName, HeaderValue};

    use super::{super::findings::Severity, *};

    fn answer(status: u16, headers: &[(&'static str, &'static str)], body: &[u8]) -> Answer {
        let header = |&(name, value): &(&'static str, &'static str)| {
            (HeaderName::from_static(name), HeaderValue::from_static(value))
        };
        Answer {
            url: "https://host/x".to_owned(),
            status,
            version: Version::HTTP_11,
            headers: headers.iter().map(header).collect::<HeaderMap>(),
            body: body.to_vec(),
        }
    }

    #[test]
    fn a_range_is_good_or_says_what_is_wrong() {
        let tile = b"a tile";
        let pack: &'static [u8] = frame::deflate(tile, 3).leak();
        let slot = Slot { offset: 0, length: pack.len() as u32, checksum: frame::checksum(tile) };
        let total: &'static str = format!("bytes 0-{}/99", pack.len() - 1).leak();
        let judge = |status, headers: &[(&'static str, &'static str)], body: &[u8], file_bytes| {
            range(&answer(status, headers, body), &slot, file_bytes)
        };
        let total = ("content-range", total);
        assert_eq!(judge(206, &[total], pack, 99).severity, Severity::Good);
        assert_eq!(judge(200, &[], pack, 99).severity, Severity::Good);
        assert_eq!(judge(200, &[], &[0; 99], 99).severity, Severity::Advice);
        let other: Vec<u8> = pack.iter().map(|byte| byte ^ 1).collect();
        for (found, part) in [
            (judge(403, &[], b"", 99), "403"),
            (judge(200, &[], &[0; 99], LARGEST_WHOLE_BYTES + 1), "no ranges"),
            (judge(206, &[total, ("content-encoding", "gzip")], pack, 99), "Content-Encoding: gzip"),
            (judge(206, &[total], pack, 98), "99 bytes"),
            (judge(206, &[total], &other, 99), "not those"),
        ] {
            assert!(found.severity == Severity::Problem && found.text.contains(part), "{found:?}");
        }
    }

    #[test]
    fn a_segment_is_what_its_name_tells() {
        let severity = |status, is_same| segment(&answer(status, &[], b""), is_same).severity;
        assert_eq!(
            [severity(200, true), severity(200, false), severity(404, true)].map(|found| found == Severity::Good),
            [true, false, false]
        );
    }

    #[test]
    fn an_origin_is_let_in_by_name_or_by_a_star() {
        let judge = |status, headers: &[(&'static str, &'static str)]| {
            cross_origin(&answer(status, headers, b""), "https://a.org").severity
        };
        let expose = ("access-control-expose-headers", "ETag, Content-Range");
        for allowed in ["*", "https://a.org"] {
            let allow = ("access-control-allow-origin", allowed);
            assert_eq!(judge(206, &[allow, expose]), Severity::Good);
            assert_eq!(judge(206, &[allow]), Severity::Advice);
            assert_eq!(judge(200, &[allow]), Severity::Good);
        }
        assert_eq!(judge(206, &[("access-control-allow-origin", "https://b.org"), expose]), Severity::Problem);
        assert_eq!(judge(206, &[]), Severity::Problem);
    }

    #[test]
    fn a_script_for_pages_elsewhere_is_loadable_by_them() {
        let open = answer(200, &[("access-control-allow-origin", "*")], b"");
        assert_eq!(loadable(&open, None).severity, Severity::Good);
        let closed = answer(200, &[], b"");
        assert_eq!(loadable(&closed, None).severity, Severity::Advice);
        assert_eq!(loadable(&closed, Some("https://a.org")).severity, Severity::Problem);
    }

    #[test]
    fn what_changes_is_asked_for_again_and_what_does_not_is_kept() {
        let of = |said: &'static str| answer(200, &[("cache-control", said)], b"");
        assert_eq!(kept(&of("public, max-age=31536000, immutable")).severity, Severity::Good);
        assert_eq!(kept(&of("max-age=600")).severity, Severity::Advice);
        assert_eq!(kept(&answer(200, &[], b"")).severity, Severity::Advice);
        assert_eq!(fresh(&of("no-cache")).severity, Severity::Good);
        assert_eq!(fresh(&of("max-age=600")).severity, Severity::Good);
        assert_eq!(fresh(&of("max-age=86400")).severity, Severity::Advice);
        assert_eq!(fresh(&answer(200, &[], b"")).severity, Severity::Advice);
    }

    #[test]
    fn types_and_compression_are_told() {
        let wasm = answer(200, &[("content-type", "application/wasm")], &[0; 2000]);
        assert_eq!(media_type(&wasm, "application/wasm").severity, Severity::Good);
        assert_eq!(media_type(&answer(200, &[], b""), "application/wasm").severity, Severity::Problem);
        assert_eq!(compression(&wasm).map(|finding| finding.severity), Some(Severity::Advice));
        assert_eq!(compression(&answer(200, &[], b"small")), None);
        let coded = answer(200, &[("content-encoding", "br")], b"");
        assert_eq!(compression(&coded).map(|finding| finding.severity), Some(Severity::Good));
    }
}
