//! The manifest of a corpus: which datasets and values it sums up, and where its tiles lie.
//!
//! The types are those of `schemas/corpus.fbs`, which documents every field.

use crate::{DecodeError, frame, generated::corpus_generated::tessera::corpus as wire, manifest, path, segments};

pub use wire::{
    CorpusT as Corpus, Dimension, LevelT as Level, OntologyTermT as OntologyTerm, PartT as Part, ProfileT as Profile,
    SourceT as Source,
};

/// The version of the format that this crate writes and reads.
pub const FORMAT_VERSION: u32 = 2;

/// What errors call it, and what is done about an older format.
const WHAT: &str = "corpus or summary";
const REMEDY: &str = "summarize its datasets again with `tile-server summarize`, and build the corpus of these summaries with \
                      `tile-server corpus build`";

/// Bits of fraction that sums may have.
const MOST_FRAC_BITS: u8 = 51;

/// Level of compression: a manifest is written seldom and read by everybody.
const LEVEL: i32 = 12;

/// The pack of genes and groups of a part.
pub const TABLES: &str = "tables";

/// The pack of a tile for every group of a level of a part, by genes. The finest level has one, others may.
pub fn groups_pack(level: usize) -> String {
    match level {
        0 => "groups".to_owned(),
        _ => format!("groups{level}"),
    }
}

/// The pack of a tile for every gene of a part, by groups of a level.
pub fn genes_pack(level: usize) -> String {
    format!("genes{level}")
}

impl Part {
    /// Takes packs of a dataset's form as those of the part.
    pub fn set_packs(&mut self, packs: Vec<manifest::Pack>) {
        let page = |page: manifest::Page| wire::PageT {
            offset: page.offset,
            tiles_offset: page.tiles_offset,
            length: page.length,
            checksum: page.checksum,
        };
        let segment = |segment: &manifest::Segment| wire::SegmentT { hash: segment.hash, n_bytes: segment.n_bytes };
        let pack = |pack: manifest::Pack| wire::PackT {
            name: pack.name,
            file: pack.file,
            n_bytes: pack.n_bytes,
            n_tiles: pack.n_tiles,
            page_tiles: pack.page_tiles,
            pages: pack.pages.into_iter().map(page).collect(),
            lengths: pack.lengths,
            checksums: pack.checksums,
            segments: pack.segments.map(|segments| segments.iter().map(segment).collect()),
        };
        self.packs = packs.into_iter().map(pack).collect();
    }

    /// Its packs, as a dataset has them, so that they are read alike.
    pub fn dataset_packs(&self) -> Vec<manifest::Pack> {
        let page = |page: &wire::PageT| manifest::Page {
            offset: page.offset,
            tiles_offset: page.tiles_offset,
            length: page.length,
            checksum: page.checksum,
        };
        let segment = |segment: &wire::SegmentT| manifest::Segment { hash: segment.hash, n_bytes: segment.n_bytes };
        let pack = |pack: &wire::PackT| manifest::Pack {
            name: pack.name.clone(),
            file: pack.file.clone(),
            n_bytes: pack.n_bytes,
            n_tiles: pack.n_tiles,
            page_tiles: pack.page_tiles,
            pages: pack.pages.iter().map(page).collect(),
            lengths: pack.lengths.clone(),
            checksums: pack.checksums.clone(),
            segments: pack.segments.as_ref().map(|segments| segments.iter().map(segment).collect()),
        };
        self.packs.iter().map(pack).collect()
    }

    /// The tile of [`TABLES`] that has the ids of a dimension, which its labels follow.
    pub fn ids_tile(dimension: usize) -> u32 {
        1 + 2 * dimension as u32
    }

    /// The first of the tiles of [`TABLES`] that have the groups of a level, which has one more than it has dimensions. From
    /// the one after the last level on are the tile of patterns by gene, and that of the patterns.
    pub fn groups_tile(&self, level: usize) -> u32 {
        let before = self.levels[..level].iter().map(|level| level.dimensions.len() as u32 + 1);
        Self::ids_tile(Dimension::ENUM_VALUES.len()) + before.sum::<u32>()
    }

    /// The tile of [`TABLES`] that has the pattern of every gene, which the patterns follow.
    pub fn patterns_tile(&self) -> u32 {
        self.groups_tile(self.levels.len())
    }

    /// Bytes of all its packs.
    pub fn n_bytes(&self) -> u64 {
        self.packs.iter().map(|pack| pack.n_bytes).sum()
    }
}

impl Corpus {
    /// What the corpus holds as 32 hexadecimal digits: XXH3-128 of the manifest without its version, its parent, its segments and the
    /// programs that wrote it. The manifest names every pack by its content, so packs that differ give another id.
    pub fn content_id_of(&self) -> String {
        let mut content = self.clone().without_segments();
        (content.version, content.parent) = (0, None);
        content.content_id.clear();
        content.generator.clear();
        content.sources.iter_mut().for_each(|source| source.generator.clear());
        format!("{:032x}", xxhash_rust::xxh3::xxh3_128(&content.to_buffer()))
    }

    /// The same corpus, none of whose packs is in segments.
    #[must_use]
    pub fn without_segments(mut self) -> Self {
        self.parts.iter_mut().flat_map(|part| &mut part.packs).for_each(|pack| pack.segments = None);
        self
    }

    fn to_buffer(&self) -> Vec<u8> {
        let mut builder = flatbuffers::FlatBufferBuilder::with_capacity(1 << 14);
        let root = self.pack(&mut builder);
        wire::finish_corpus_buffer(&mut builder, root);
        builder.finished_data().to_vec()
    }

    /// Writes the manifest as the bytes of its file.
    pub fn encode(&self) -> Vec<u8> {
        frame::deflate(&self.to_buffer(), LEVEL)
    }

    /// Reads the bytes of a corpus's manifest.
    ///
    /// # Errors
    /// When they are broken, of another format version, or contradict themselves.
    pub fn decode(bytes: &[u8]) -> Result<Self, DecodeError> {
        let content = frame::inflate(bytes)?;
        if content.get(4..8) != Some(wire::CORPUS_IDENTIFIER.as_bytes()) {
            let reason = "the file is not the manifest of a corpus".to_owned();
            return Err(DecodeError::Invalid { table: "Corpus", reason });
        }
        let options = flatbuffers::VerifierOptions { max_tables: 1 << 24, ..flatbuffers::VerifierOptions::default() };
        let corpus = wire::root_as_corpus_with_opts(&options, &content)
            .map_err(|error| DecodeError::invalid("Corpus", &error))?
            .unpack();
        match corpus.format_version {
            found if found < FORMAT_VERSION => {
                Err(DecodeError::TooOld { what: WHAT, found, expected: FORMAT_VERSION, remedy: REMEDY })
            }
            found if found > FORMAT_VERSION => Err(DecodeError::TooNew { what: WHAT, found, expected: FORMAT_VERSION }),
            _ => corpus.check().map(|()| corpus),
        }
    }

    /// Refuses what would lead a reader astray.
    fn check(&self) -> Result<(), DecodeError> {
        let wrong = |reason| Err(DecodeError::Inconsistent { table: "Corpus", reason });
        if self.frac_bits > MOST_FRAC_BITS || u32::from(self.square_shift) >= u32::BITS {
            return wrong("its sums have more bits than numbers have");
        }
        if !self.sources.is_sorted_by(|a, b| a.id < b.id) {
            return wrong("its sources are not in the order of their ids");
        }
        if self.sources.iter().any(|source| source.part as usize >= self.parts.len()) {
            return wrong("a source is of a part that does not exist");
        }
        let is_term = |parent: &u32| (*parent as usize) < self.ontology.len();
        if !self.ontology.iter().flat_map(|term| term.parents.iter().flatten()).all(is_term) {
            return wrong("a term of the ontology is below one that does not exist");
        }
        for part in &self.parts {
            if part.levels.is_empty()
                || part.levels.iter().any(|level| !level.dimensions.is_sorted_by(|a, b| a.0 < b.0))
            {
                return wrong("a part has no level, or a level's dimensions do not ascend");
            }
            if part.levels[0].dimensions != Dimension::ENUM_VALUES {
                return wrong("the first level of a part does not have every dimension");
            }
            let n_tiles = |name: &str| part.packs.iter().find(|pack| pack.name == name).map(|pack| pack.n_tiles);
            let has_every_gene = |level: usize| n_tiles(&genes_pack(level)) == Some(part.n_genes);
            let groups_of = |level: usize| n_tiles(&groups_pack(level));
            let has_every_group = |level: usize| groups_of(level).is_none_or(|n| n == part.levels[level].n_groups);
            let is_whole = |level: usize| has_every_gene(level) && has_every_group(level);
            if !(0..part.levels.len()).all(is_whole) || groups_of(0).is_none() {
                return wrong("a pack does not have a tile for every gene or group");
            }
            if n_tiles(TABLES) != Some(part.patterns_tile() + 2) {
                return wrong("the pack of tables does not have a tile for every table");
            }
            for pack in part.dataset_packs() {
                if !path::is_pack_file(&pack.file) {
                    return wrong("a pack's file name is not a plain name");
                }
                pack.check_directory().or_else(wrong)?;
                if pack.segments.as_ref().is_some_and(|segments| !segments::are_all_of(segments, pack.n_bytes)) {
                    return wrong("the segments of a pack do not make it up");
                }
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn corpus() -> Corpus {
        let pack = |name: &str, n_tiles: usize| manifest::Pack {
            name: name.to_owned(),
            file: path::pack_file(name, 7),
            n_bytes: 10,
            n_tiles: n_tiles as u32,
            lengths: vec![5; n_tiles],
            checksums: vec![1; n_tiles],
            ..manifest::Pack::default()
        };
        let level = Level { dimensions: Dimension::ENUM_VALUES.to_vec(), n_groups: 3 };
        let mut part =
            Part { organism: "NCBITaxon:9606".to_owned(), n_genes: 2, levels: vec![level], ..Part::default() };
        let n_tables = part.patterns_tile() as usize + 2;
        part.set_packs(vec![pack(TABLES, n_tables), pack("genes0", 2), pack(&groups_pack(0), 3)]);
        let source = |id: &str| Source { id: id.to_owned(), ..Source::default() };
        let sources = vec![source("a"), source("b")];
        let mut corpus = Corpus { format_version: FORMAT_VERSION, sources, parts: vec![part], ..Corpus::default() };
        corpus.content_id = corpus.content_id_of();
        corpus
    }

    #[test]
    fn a_manifest_comes_back() {
        let corpus = corpus();
        assert_eq!(Corpus::decode(&corpus.encode()), Ok(corpus));
    }

    #[test]
    fn one_of_an_older_format_says_what_to_do() {
        let old = Corpus { format_version: 1, ..corpus() };
        let error = Corpus::decode(&old.encode()).unwrap_err().to_string();
        let begins =
            "the corpus or summary has format 1, and this program reads format 2; summarize its datasets again";
        assert!(error.starts_with(begins), "{error}");
    }

    #[test]
    fn the_content_id_is_of_what_a_corpus_holds() {
        let corpus = corpus();
        let later = Corpus { version: 7, parent: Some("x".to_owned()), generator: "y".to_owned(), ..corpus.clone() };
        assert_eq!(later.content_id_of(), corpus.content_id);
        let mut hosted = corpus.clone();
        hosted.parts[0].packs[0].segments = Some(vec![wire::SegmentT { hash: 1, n_bytes: 10 }]);
        assert_eq!((hosted.content_id_of(), Corpus::decode(&hosted.encode())), (corpus.content_id.clone(), Ok(hosted)));
        let mut other = corpus.clone();
        other.sources[0].n_cells = 1;
        assert_ne!(other.content_id_of(), corpus.content_id);
    }

    #[test]
    fn what_would_lead_astray_is_refused() {
        let changes: [fn(&mut Corpus); 12] = [
            |corpus| corpus.parts[0].packs[0].segments = Some(Vec::new()),
            |corpus| corpus.frac_bits = 52,
            |corpus| corpus.square_shift = 32,
            |corpus| corpus.format_version += 1,
            |corpus| corpus.sources.reverse(),
            |corpus| corpus.sources[0].part = 1,
            |corpus| corpus.ontology.push(OntologyTerm { parents: Some(vec![1]), ..OntologyTerm::default() }),
            |corpus| corpus.parts[0].levels.clear(),
            |corpus| corpus.parts[0].n_genes = 3,
            |corpus| {
                let tables = &mut corpus.parts[0].packs[0];
                tables.n_tiles -= 1;
                tables.lengths.pop();
                tables.checksums.pop();
            },
            |corpus| corpus.parts[0].packs[0].file = "../x".to_owned(),
            |corpus| corpus.parts[0].packs[0].lengths.push(1),
        ];
        for change in changes {
            let mut corpus = corpus();
            change(&mut corpus);
            Corpus::decode(&corpus.encode()).unwrap_err();
        }
    }
}
