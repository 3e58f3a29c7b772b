//! What a host answers when it is asked for a range of a file, and whether that is the range.
//!
//! Static hosts and the caches before them go wrong in known ways: they compress what they send, answer for another
//! version of the file, send the range with status 200, or know no ranges and send the whole file.

use std::ops::Range;

/// The largest file that is fetched whole where a host knows no ranges, in bytes.
pub const LARGEST_WHOLE_BYTES: u64 = 8 << 20;

/// A range of a file, as it was asked for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AskedRange {
    /// The bytes; not empty.
    pub bytes: Range<u64>,
    /// Size of the file in bytes, as the manifest says.
    pub file_bytes: u64,
}

/// The head of an answer, as far as it is to be seen: a host of another origin may hide its headers.
#[derive(Clone, Copy, Debug, Default)]
pub struct AnswerHead<'a> {
    /// The HTTP status, a successful one.
    pub status: u16,
    /// `Content-Range`.
    pub content_range: Option<&'a str>,
    /// `Content-Encoding`.
    pub content_encoding: Option<&'a str>,
    /// `Content-Length`.
    pub content_length: Option<u64>,
}

/// Why an answer cannot be the range asked for. To ask again would change nothing.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum RangeError {
    /// A range of the compressed file is none of the file.
    #[error("it sends a range of a compressed file (Content-Encoding: {0})")]
    Encoded(String),
    /// The file is not the one that the manifest names.
    #[error("its file has {found} bytes, and the manifest says {expected}")]
    FileSize {
        /// As the host says.
        found: u64,
        /// As the manifest says.
        expected: u64,
    },
    /// It is another range.
    #[error("it sends another range than was asked for ({0})")]
    Other(String),
    /// There is more of it than was asked for.
    #[error("it sends more bytes than were asked for")]
    TooLong,
    /// There is less of it than was asked for.
    #[error("it sends {found} bytes where {expected} were asked for")]
    TooShort {
        /// As the host says.
        found: u64,
        /// Bytes asked for.
        expected: u64,
    },
    /// The host knows no ranges, and the file is large.
    #[error(
        "it answers no ranges, and the whole file is too large to fetch; host the dataset where ranges are answered, or \
         export it in segments (tile-server export --segments 512K)"
    )]
    NoRanges,
}

impl AskedRange {
    /// Bytes asked for.
    pub fn n_bytes(&self) -> u64 {
        self.bytes.end - self.bytes.start
    }

    /// The most bytes that the body of an answer may have, from its head; a longer one is
    /// [`Self::too_long`].
    ///
    /// # Errors
    /// When the answer cannot be the range.
    pub fn most_bytes(&self, head: &AnswerHead<'_>) -> Result<u64, RangeError> {
        let encoding = head.content_encoding.filter(|coding| !coding.eq_ignore_ascii_case("identity"));
        if head.status != 206 {
            // What the length of an encoded body is once it is decoded, nobody says.
            return match head.content_length.filter(|_| encoding.is_none()) {
                Some(n_bytes) if n_bytes > LARGEST_WHOLE_BYTES.max(self.n_bytes()) => Err(RangeError::NoRanges),
                Some(n_bytes) => Ok(n_bytes),
                None => Ok(LARGEST_WHOLE_BYTES.max(self.n_bytes())),
            };
        }
        if let Some(coding) = encoding {
            return Err(RangeError::Encoded(coding.to_owned()));
        }
        if let Some(content_range) = head.content_range {
            let other = || RangeError::Other(content_range.to_owned());
            let (bytes, file_bytes) = parsed(content_range).ok_or_else(other)?;
            if let Some(found) = file_bytes.filter(|&found| found != self.file_bytes) {
                return Err(RangeError::FileSize { found, expected: self.file_bytes });
            }
            if bytes != self.bytes {
                return Err(other());
            }
        }
        match head.content_length {
            Some(found) if found > self.n_bytes() => Err(RangeError::TooLong),
            Some(found) if found < self.n_bytes() => Err(RangeError::TooShort { found, expected: self.n_bytes() }),
            Some(_) | None => Ok(self.n_bytes()),
        }
    }

    /// What a body that is longer than it may be says of the host.
    pub fn too_long(status: u16) -> RangeError {
        if status == 206 { RangeError::TooLong } else { RangeError::NoRanges }
    }

    /// The bytes asked for, out of the body of an answer. With status 200 they are all of it, or it is the whole file.
    /// `None` when the body broke off.
    pub fn cut(&self, status: u16, mut body: Vec<u8>) -> Option<Vec<u8>> {
        let n_bytes = usize::try_from(self.n_bytes()).ok()?;
        if body.len() == n_bytes {
            return Some(body);
        }
        let end = usize::try_from(self.bytes.end).ok()?;
        if status == 206 || body.len() < end {
            return None;
        }
        body.truncate(end);
        body.drain(..end - n_bytes);
        Some(body)
    }
}

/// The range and the file's size, where it is known, of a `Content-Range` such as `bytes 0-99/1234`.
fn parsed(content_range: &str) -> Option<(Range<u64>, Option<u64>)> {
    let (bytes, file_bytes) = content_range.trim().strip_prefix("bytes ")?.split_once('/')?;
    let (first, last) = bytes.trim().split_once('-')?;
    let file_bytes = match file_bytes.trim() {
        "*" => None,
        file_bytes => Some(file_bytes.parse().ok()?),
    };
    Some((first.parse().ok()?..last.parse::<u64>().ok()?.checked_add(1)?, file_bytes))
}

#[cfg(test)]
mod tests {
    use super::*;

    const ASKED: AskedRange = AskedRange { bytes: 4..7, file_bytes: 10 };

    fn head(status: u16) -> AnswerHead<'static> {
        AnswerHead { status, ..AnswerHead::default() }
    }

    #[test]
    fn a_range_is_taken_as_it_comes() {
        let range = AnswerHead { content_range: Some("bytes 4-6/10"), ..head(206) };
        assert_eq!(ASKED.most_bytes(&range), Ok(3));
        assert_eq!(ASKED.most_bytes(&AnswerHead { content_range: Some("bytes 4-6/*"), ..range }), Ok(3));
        assert_eq!(ASKED.most_bytes(&AnswerHead { content_encoding: Some("identity"), ..range }), Ok(3));
        // The host of another origin hides its headers.
        assert_eq!(ASKED.most_bytes(&head(206)), Ok(3));
        assert_eq!(ASKED.cut(206, vec![4, 5, 6]), Some(vec![4, 5, 6]));
    }

    #[test]
    fn a_range_of_the_compressed_file_is_refused() {
        let range = AnswerHead { content_range: Some("bytes 4-6/10"), content_encoding: Some("gzip"), ..head(206) };
        assert_eq!(ASKED.most_bytes(&range), Err(RangeError::Encoded("gzip".to_owned())));
    }

    #[test]
    fn a_range_of_a_file_of_another_size_is_refused() {
        let range = AnswerHead { content_range: Some("bytes 4-6/9"), ..head(206) };
        assert_eq!(ASKED.most_bytes(&range), Err(RangeError::FileSize { found: 9, expected: 10 }));
    }

    #[test]
    fn a_range_of_another_length_is_refused() {
        let range = |content_length| AnswerHead { content_length: Some(content_length), ..head(206) };
        assert_eq!(ASKED.most_bytes(&range(3)), Ok(3));
        assert_eq!(ASKED.most_bytes(&range(4)), Err(RangeError::TooLong));
        assert_eq!(ASKED.most_bytes(&range(2)), Err(RangeError::TooShort { found: 2, expected: 3 }));
    }

    #[test]
    fn another_range_is_refused() {
        for text in ["bytes 0-2/10", "bytes 4-9/10", "bytes */10", "4-6/10", "bytes 4-18446744073709551615/10", ""] {
            let range = AnswerHead { content_range: Some(text), ..head(206) };
            assert_eq!(ASKED.most_bytes(&range), Err(RangeError::Other(text.to_owned())), "{text}");
        }
    }

    #[test]
    fn a_whole_file_is_cut_unless_it_is_large() {
        let whole = |content_length| AnswerHead { content_length: Some(content_length), ..head(200) };
        assert_eq!(ASKED.most_bytes(&whole(10)), Ok(10));
        assert_eq!(ASKED.cut(200, (0..10).collect()), Some(vec![4, 5, 6]));
        assert_eq!(ASKED.most_bytes(&whole(LARGEST_WHOLE_BYTES + 1)), Err(RangeError::NoRanges));
        assert_eq!(ASKED.most_bytes(&head(200)), Ok(LARGEST_WHOLE_BYTES));
        let all = AskedRange { bytes: 0..10, file_bytes: 10 };
        assert_eq!(all.cut(200, (0..10).collect()), Some((0..10).collect()));
        let large = AskedRange { bytes: 0..LARGEST_WHOLE_BYTES + 5, file_bytes: 1 << 30 };
        assert_eq!(large.most_bytes(&whole(LARGEST_WHOLE_BYTES + 5)), Ok(LARGEST_WHOLE_BYTES + 5));
    }

    #[test]
    fn the_length_of_an_encoded_file_says_nothing() {
        let encoded = AnswerHead { content_length: Some(5), content_encoding: Some("br"), ..head(200) };
        assert_eq!(ASKED.most_bytes(&encoded), Ok(LARGEST_WHOLE_BYTES));
    }

    #[test]
    fn a_range_with_status_200_is_taken_by_its_length() {
        assert_eq!(ASKED.cut(200, vec![4, 5, 6]), Some(vec![4, 5, 6]));
    }

    #[test]
    fn a_body_that_broke_off_is_no_range() {
        assert_eq!(ASKED.cut(206, vec![4, 5]), None);
        assert_eq!(ASKED.cut(200, (0..6).collect()), None);
        let past_the_end = AskedRange { bytes: 4..11, file_bytes: 11 };
        assert_eq!(past_the_end.cut(200, (0..10).collect()), None);
    }
}
