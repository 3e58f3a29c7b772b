//! Writing packs: tiles in, one content-addressed file and its directory out.

use std::io::{self, BufReader, BufWriter, Read, Seek, Write};

use shared_fbs::{
    frame,
    manifest::{Pack, Page, TILES_PER_PAGE, TileRange},
    path, tile,
};
use xxhash_rust::xxh64::Xxh64;

use crate::environment::{Output, OutputFile, Scratch, ScratchFile};

/// Compression of tiles of values. Gaps and counts are for the entropy coder: of 165 M values, level 3
/// makes genes and cells 3 % and 4 % larger than level 1 does, and takes 2.6 and 1.5 times as long.
pub const BULK_LEVEL: i32 = 1;

/// Compression of moments, which are nearly random bits: level 12 makes them 5 % smaller, in ten times
/// the time.
pub const MOMENTS_LEVEL: i32 = 3;

/// Compression of other tiles, which are few and asked for first.
pub const CAREFUL_LEVEL: i32 = 12;

/// A tile in its zstd frame, ready to be written.
pub struct Frame {
    bytes: Vec<u8>,
    checksum: u32,
}

impl Frame {
    /// Compresses the bytes of a tile.
    pub fn new(tile: &[u8], level: i32) -> Self {
        let bytes = frame::deflate(tile, level);
        let checksum = bytes.last_chunk().expect("a frame ends with its checksum");
        Self { checksum: u32::from_le_bytes(*checksum), bytes }
    }
}

/// Frames that wait in a temporary file until a pack has come to their place.
pub struct FrameFile {
    file: BufWriter<Box<dyn ScratchFile>>,
    /// Length and checksum of every frame.
    frames: Vec<(u32, u32)>,
}

impl FrameFile {
    /// An empty one, which is gone when it is dropped.
    pub fn create(scratch: &dyn Scratch) -> io::Result<Self> {
        Ok(Self { file: BufWriter::new(scratch.create()?), frames: Vec::new() })
    }

    /// Appends a frame.
    pub fn push(&mut self, frame: &Frame) -> io::Result<()> {
        self.frames.push((frame.bytes.len() as u32, frame.checksum));
        self.file.write_all(&frame.bytes)
    }

    /// Bytes of all frames.
    pub fn n_bytes(&self) -> u64 {
        self.frames.iter().map(|&(length, _)| u64::from(length)).sum()
    }
}

/// A pack whose file is written, but has no name yet.
struct CompletePack {
    pack: Pack,
    hash: u64,
    file: Box<dyn OutputFile>,
}

impl CompletePack {
    /// Whether another pack, whose content has this hash, holds the same tiles.
    fn is_twin(&self, hash: u64, other: &Pack) -> bool {
        let Pack { name: _, file: _, n_bytes, n_tiles, page_tiles, pages, lengths, checksums, segments: _ } = other;
        let own = &self.pack;
        self.hash == hash
            && (own.n_bytes, own.n_tiles, own.page_tiles) == (*n_bytes, *n_tiles, *page_tiles)
            && (&own.pages, &own.lengths, &own.checksums) == (pages, lengths, checksums)
    }
}

/// The packs of layers. Layers that hold the same (`X` and `raw/X`, or a matrix and the counts that it is rebuilt from)
/// share their packs.
#[derive(Default)]
pub struct LayerPacks {
    /// With the hash of its content.
    packs: Vec<(u64, Pack)>,
}

impl LayerPacks {
    /// Finishes a pack, unless one that was taken in before holds the same tiles; gives the name of the pack that does.
    pub fn take(&mut self, writer: PackWriter) -> io::Result<String> {
        let complete = writer.complete()?;
        if let Some((_, twin)) = self.packs.iter().find(|(hash, pack)| complete.is_twin(*hash, pack)) {
            return Ok(twin.name.clone());
        }
        let CompletePack { pack, hash, file } = complete;
        file.publish(&pack.file)?;
        let name = pack.name.clone();
        self.packs.push((hash, pack));
        Ok(name)
    }

    /// All packs, in the order they were taken in.
    pub fn into_packs(self) -> impl Iterator<Item = Pack> {
        self.packs.into_iter().map(|(_, pack)| pack)
    }
}

/// A pack in the making.
pub struct PackWriter {
    name: String,
    file: Box<dyn OutputFile>,
    hash: Xxh64,
    offset: u64,
    lengths: Vec<u32>,
    checksums: Vec<u32>,
    /// A second file of what is written.
    copy: Option<Box<dyn OutputFile>>,
}

impl PackWriter {
    /// Starts a pack of this name.
    pub fn create(output: &dyn Output, name: &str) -> io::Result<Self> {
        Ok(Self {
            name: name.to_owned(),
            file: output.create(name)?,
            hash: Xxh64::new(0),
            offset: 0,
            lengths: Vec::new(),
            checksums: Vec::new(),
            copy: None,
        })
    }

    /// The same, which can be [looked at](Self::so_far) before it is finished where somebody watches.
    pub fn create_watched(output: &dyn Output, name: &str) -> io::Result<Self> {
        let copy = output.is_watched().then(|| output.create(name)).transpose()?;
        Ok(Self { copy, ..Self::create(output, name)? })
    }

    /// What was written until now, as a pack with a file of its own; once, and only where somebody watches.
    pub fn so_far(&mut self) -> io::Result<Option<Pack>> {
        let Some(file) = self.copy.take() else { return Ok(None) };
        let Self { name, file: _, hash, offset, lengths, checksums, copy: _ } = self;
        let so_far = Self {
            name: name.clone(),
            file,
            hash: hash.clone(),
            offset: *offset,
            lengths: lengths.clone(),
            checksums: checksums.clone(),
            copy: None,
        };
        so_far.finish().map(Some)
    }

    /// Appends a tile and gives its number.
    pub fn push(&mut self, frame: &Frame) -> io::Result<u32> {
        self.write(&frame.bytes)?;
        self.lengths.push(frame.bytes.len() as u32);
        self.checksums.push(frame.checksum);
        Ok(self.lengths.len() as u32 - 1)
    }

    /// Appends tiles and gives their range.
    pub fn extend<'a>(&mut self, frames: impl IntoIterator<Item = &'a Frame>) -> io::Result<TileRange> {
        let first = self.lengths.len() as u32;
        for frame in frames {
            self.push(frame)?;
        }
        Ok(TileRange { first, count: self.lengths.len() as u32 - first })
    }

    /// Appends frames that waited in a file and gives their range.
    pub fn append(&mut self, frames: FrameFile) -> io::Result<TileRange> {
        let mut file = frames.file.into_inner().map_err(io::IntoInnerError::into_error)?;
        file.rewind()?;
        let mut file = BufReader::new(file);
        let first = self.lengths.len() as u32;
        let mut frame = Frame { bytes: Vec::new(), checksum: 0 };
        for (length, checksum) in frames.frames {
            frame.checksum = checksum;
            frame.bytes.resize(length as usize, 0);
            file.read_exact(&mut frame.bytes)?;
            self.push(&frame)?;
        }
        Ok(TileRange { first, count: self.lengths.len() as u32 - first })
    }

    /// Writes the directory, where it is too large for the manifest, and gives the file its name.
    pub fn finish(self) -> io::Result<Pack> {
        let CompletePack { pack, file, .. } = self.complete()?;
        file.publish(&pack.file)?;
        Ok(pack)
    }

    fn complete(mut self) -> io::Result<CompletePack> {
        let n_tiles = self.lengths.len() as u32;
        let (mut pages, mut page_tiles) = (Vec::new(), 0);
        if n_tiles > TILES_PER_PAGE {
            page_tiles = TILES_PER_PAGE;
            let lengths = std::mem::take(&mut self.lengths);
            let checksums = std::mem::take(&mut self.checksums);
            let mut tiles_offset = 0;
            let size = TILES_PER_PAGE as usize;
            for (lengths, checksums) in lengths.chunks(size).zip(checksums.chunks(size)) {
                let page = tile::Directory { lengths: lengths.to_vec(), checksums: checksums.to_vec() };
                let frame = Frame::new(&page.encode(), CAREFUL_LEVEL);
                pages.push(Page {
                    offset: self.offset,
                    tiles_offset,
                    length: frame.bytes.len() as u32,
                    checksum: frame.checksum,
                });
                tiles_offset += lengths.iter().map(|&length| u64::from(length)).sum::<u64>();
                self.write(&frame.bytes)?;
            }
        }
        let hash = self.hash.digest();
        let pack = Pack {
            file: path::pack_file(&self.name, hash),
            name: self.name,
            n_bytes: self.offset,
            n_tiles,
            page_tiles,
            pages,
            lengths: self.lengths,
            checksums: self.checksums,
            segments: None,
        };
        Ok(CompletePack { pack, hash, file: self.file })
    }

    fn write(&mut self, bytes: &[u8]) -> io::Result<()> {
        self.hash.update(bytes);
        self.offset += bytes.len() as u64;
        if let Some(copy) = &mut self.copy {
            copy.write_all(bytes)?;
        }
        self.file.write_all(bytes)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::memory::MemoryOutput;
    use proptest::prelude::*;

    #[test]
    fn packs_of_the_same_tiles_are_one_file() {
        let output = MemoryOutput::default();
        let mut packs = LayerPacks::default();
        let mut take = |name: &str, tiles: &[&[u8]]| {
            let mut writer = PackWriter::create(&output, name).unwrap();
            writer.extend(&tiles.iter().map(|tile| Frame::new(tile, BULK_LEVEL)).collect::<Vec<_>>()).unwrap();
            packs.take(writer).unwrap()
        };
        let names = [take("genes0", &[b"a", b"b"]), take("genes1", &[b"a", b"b"]), take("genes2", &[b"b", b"a"])];
        assert_eq!(names, ["genes0", "genes0", "genes2"]);
        let files: Vec<String> = packs.into_packs().map(|pack| pack.file).collect();
        assert!(output.into_files().into_keys().eq(files));
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(64))]

        #[test]
        fn a_frame_does_not_depend_on_those_before(
            tiles in prop::collection::vec(
                prop::collection::vec(prop_oneof![4 => 0u8..4, 1 => any::<u8>()], 0..20_000),
                1..5,
            ),
            level in prop::sample::select(&[BULK_LEVEL, BULK_LEVEL, MOMENTS_LEVEL][..]),
        ) {
            for tile in &tiles {
                let made = Frame::new(tile, level);
                prop_assert_eq!(&made.bytes, &frame::deflate(tile, level));
                prop_assert_eq!(made.checksum, frame::checksum(tile));
            }
        }
    }
}
