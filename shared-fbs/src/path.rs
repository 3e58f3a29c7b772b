//! Every relative path of a dataset, on disk and on the wire, is made here; and those of what embeds the page elsewhere.

use std::{fmt, num::NonZeroU32, ops::RangeInclusive, str::FromStr, sync::Arc};

/// The file that describes the dataset; the only one whose content may change under its name.
pub const MANIFEST: &str = "manifest.tsm";

/// The manifest of a dataset that is still being built, which has no matrices yet and no content id
/// ([`Manifest::known_content_id`](crate::manifest::Manifest::known_content_id)).
pub const LOOK_MANIFEST: &str = "look.tsm";

/// The file that tells of all datasets of a server or a static site, beside its page.
pub const CATALOG: &str = "catalog.tsc";

/// The manifest of a corpus or of a summary, beside its packs; the only file there whose content may change under its name.
pub const CORPUS: &str = "corpus.tsq";

/// The columns of `obs` of a dataset as CSV, beside its packs.
pub const OBS_CSV: &str = "obs.csv";

/// The same for programs: text as it is, without the apostrophes that keep spreadsheets from running it.
pub const OBS_PLAIN_CSV: &str = "obs-plain.csv";

/// The route under which the tile server serves datasets.
pub const DATA_ROUTE: &str = "data";

/// The route under which the page's service worker answers for datasets on the device: `device/{key}/{name}/…`.
pub const DEVICE_ROUTE: &str = "device";

/// The name between a dataset and a pack in the addresses of tiles.
pub const TILES_ROUTE: &str = "tiles";

/// The folder of what other sites embed the page by: the module of the element, its types, and the schema of the
/// messages. `v1.…` moves within the first version of the protocol; a name with a program's version never changes.
pub const EMBED_ROUTE: &str = "embed";

/// The stem of the files in [`EMBED_ROUTE`] that move.
pub const EMBED_MOVING: &str = "v1";

/// A tile: its pack's name in the manifest, and its number in that pack.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct TileKey {
    /// Name of the pack.
    pub pack: Arc<str>,
    /// Number of the tile, from 0.
    pub index: u32,
}

impl fmt::Display for TileKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}", self.pack, self.index)
    }
}

/// How the name of a pack's file ends.
pub const PACK_SUFFIX: &str = ".pack";

/// The file of a pack: its name and a hash of its content, so that it never changes under its name.
pub fn pack_file(pack: &str, content_hash: u64) -> String {
    format!("{pack}-{content_hash:016x}{PACK_SUFFIX}")
}

/// The name of the pack that a file is of; `None` for a name that is not [`pack_file`]'s.
pub fn pack_of_file(file: &str) -> Option<&str> {
    let (name, hash) = file.strip_suffix(PACK_SUFFIX)?.rsplit_once('-')?;
    is_hash(hash).then_some(name)
}

/// How the name of a segment's file ends. Hosts must not know it: of types that they know, some are compressed.
pub const SEGMENT_SUFFIX: &str = ".segment";

/// The file of a segment of a pack: the pack's name and a hash of the segment's content.
pub fn segment_file(pack: &str, content_hash: u64) -> String {
    format!("{pack}-{content_hash:016x}{SEGMENT_SUFFIX}")
}

/// Whether this names a segment of a pack, as [`segment_file`] does.
pub fn is_segment_file(name: &str) -> bool {
    let hash = name.strip_suffix(SEGMENT_SUFFIX).and_then(|stem| stem.rsplit_once('-'));
    hash.is_some_and(|(_, hash)| is_hash(hash)) && !name.starts_with('.') && !name.contains(['/', '\\', ':'])
}

/// How the name of a poster's file ends.
const POSTER_SUFFIX: &str = ".png";

/// What the name of a poster's file begins with.
const POSTER: &str = "poster";

/// The file of a poster: a hash of its content, so that it never changes under its name.
pub fn poster_file(content_hash: u64) -> String {
    format!("{POSTER}-{content_hash:016x}{POSTER_SUFFIX}")
}

/// Whether a file's name is that of a poster.
pub fn is_poster_file(name: &str) -> bool {
    name.strip_suffix(POSTER_SUFFIX).and_then(|stem| stem.strip_prefix(POSTER)?.strip_prefix('-')).is_some_and(is_hash)
}

/// The hash in the name of a pack's or a poster's file, given the name or its stem: sixteen hexadecimal digits in lower case.
pub fn content_hash(name: &str) -> Option<&str> {
    let stem = name.strip_suffix(PACK_SUFFIX).or_else(|| name.strip_suffix(POSTER_SUFFIX)).unwrap_or(name);
    let (_, hash) = stem.rsplit_once('-')?;
    is_hash(hash).then_some(hash)
}

/// Sixteen hexadecimal digits in lower case.
pub fn is_hash(text: &str) -> bool {
    text.len() == 16 && text.bytes().all(|byte| matches!(byte, b'0'..=b'9' | b'a'..=b'f'))
}

/// Whether a file's name is that of a pack: plain, with a hash of its content, and with the packs' extension.
pub fn is_pack_file(name: &str) -> bool {
    name.ends_with(PACK_SUFFIX)
        && content_hash(name).is_some()
        && !name.starts_with('.')
        && !name.contains(['/', '\\', ':'])
}

/// The name of the pack of a layer's expression tiles, by the layer's index in the manifest.
pub fn genes_pack(layer: usize) -> String {
    format!("genes{layer}")
}

/// The name of the pack of a layer's whole cells, by the layer's index in the manifest.
pub fn cells_pack(layer: usize) -> String {
    format!("cells{layer}")
}

/// The name of the pack of a layer's moments, by the layer's index in the manifest.
pub fn moments_pack(layer: usize) -> String {
    format!("moments{layer}")
}

/// The address of some tiles of a pack on the tile server, below that of their dataset.
pub fn tiles_below(pack_file: &str, tiles: &TileList) -> String {
    let stem = pack_file.strip_suffix(PACK_SUFFIX).unwrap_or(pack_file);
    format!("{TILES_ROUTE}/{stem}/{tiles}")
}

/// Tiles of one pack as a request names them: numbers and inclusive ranges, such as `5-9,12`.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct TileList(Vec<RangeInclusive<u32>>);

impl TileList {
    /// The most tiles that one request may name.
    pub const MAX_TILES: u32 = 4096;

    /// The tiles in the order named.
    pub fn iter(&self) -> impl Iterator<Item = u32> {
        self.0.iter().cloned().flatten()
    }

    /// How many tiles are named; `None` when they are over [`Self::MAX_TILES`].
    pub fn count(&self) -> Option<NonZeroU32> {
        let count = self.0.iter().map(|run| u64::from(run.end() - run.start()) + 1).sum::<u64>();
        u32::try_from(count).ok().filter(|&count| count <= Self::MAX_TILES).and_then(NonZeroU32::new)
    }
}

impl FromIterator<u32> for TileList {
    fn from_iter<I: IntoIterator<Item = u32>>(tiles: I) -> Self {
        let mut runs: Vec<RangeInclusive<u32>> = Vec::new();
        for tile in tiles {
            match runs.last_mut() {
                Some(run) if run.end().checked_add(1) == Some(tile) => *run = *run.start()..=tile,
                _ => runs.push(tile..=tile),
            }
        }
        Self(runs)
    }
}

impl fmt::Display for TileList {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (i, run) in self.0.iter().enumerate() {
            let comma = if i == 0 { "" } else { "," };
            if run.start() == run.end() {
                write!(f, "{comma}{}", run.start())?;
            } else {
                write!(f, "{comma}{}-{}", run.start(), run.end())?;
            }
        }
        Ok(())
    }
}

/// A list of tiles that cannot be read.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum TileListError {
    /// A part is neither a number nor a range.
    #[error("`{0}` is neither a tile number nor a range such as 5-9")]
    Part(String),
    /// Nothing, or too much, is asked for.
    #[error("a request names between 1 and {} tiles", TileList::MAX_TILES)]
    Count,
}

impl FromStr for TileList {
    type Err = TileListError;

    fn from_str(text: &str) -> Result<Self, TileListError> {
        let part = |part: &str| -> Option<RangeInclusive<u32>> {
            let (start, end) = part.split_once('-').unwrap_or((part, part));
            let number =
                |digits: &str| digits.bytes().all(|byte| byte.is_ascii_digit()).then(|| digits.parse::<u32>().ok())?;
            let (start, end) = (number(start)?, number(end)?);
            (start <= end).then_some(start..=end)
        };
        let runs = text
            .split(',')
            .map(|text| part(text).ok_or_else(|| TileListError::Part(text.chars().take(32).collect())))
            .collect::<Result<Vec<_>, _>>()?;
        let list = Self(runs);
        list.count().map(|_| list.clone()).ok_or(TileListError::Count)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn a_list_round_trips(tiles in prop::collection::vec(0u32..200, 1..100)) {
            let list: TileList = tiles.iter().copied().collect();
            let back: TileList = list.to_string().parse().unwrap();
            prop_assert_eq!(&back, &list);
            prop_assert!(back.iter().eq(tiles));
        }

        #[test]
        fn parsing_never_panics(text in "[-0-9,]{0,30}") {
            if let Ok(list) = text.parse::<TileList>() {
                prop_assert!(list.iter().count() as u32 <= TileList::MAX_TILES);
            }
        }
    }

    #[test]
    fn only_sixteen_digits_at_the_end_are_a_content_hash() {
        let hash = "0123456789abcdef";
        for (name, expected) in [
            ("obs-0123456789abcdef.pack", Some(hash)),
            ("obs-0123456789abcdef", Some(hash)),
            ("obs-1-0123456789abcdef.pack", Some(hash)),
            ("obs-0123456789ABCDEF.pack", None),
            ("obs-0123456789abcde.pack", None),
            ("0123456789abcdef.pack", None),
            ("manifest.tsm", None),
        ] {
            assert_eq!(content_hash(name), expected, "{name}");
            let is_named = expected.is_some() && name.ends_with(".pack");
            assert_eq!(is_pack_file(name), is_named, "{name}");
        }
        assert_eq!(content_hash(&pack_file("obs", 1)), Some("0000000000000001"));
        assert_eq!(content_hash(&poster_file(1)), Some("0000000000000001"));
        assert!(is_poster_file(&poster_file(1)) && !is_pack_file(&poster_file(1)));
        for other in ["poster-1.png", "poster0123456789abcdef.png", "../poster-0123456789abcdef.png", "poster.png"] {
            assert!(!is_poster_file(other), "{other}");
        }
        for hidden in [".obs-0123456789abcdef.pack", "a/obs-0123456789abcdef.pack"] {
            assert!(!is_pack_file(hidden), "{hidden}");
        }
    }

    #[test]
    fn nonsense_is_refused() {
        for text in ["", ",", "1,", "a", "3-1", "+1", "1--2", "0-4294967295", "0-4096", "99999999999"] {
            assert!(text.parse::<TileList>().is_err(), "{text}");
        }
    }
}
