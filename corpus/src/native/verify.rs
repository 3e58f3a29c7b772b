//! Checks a corpus: every pack against its name, every tile against its checksum and its schema, and tables against each other.

use rayon::prelude::*;
use shared_fbs::{
    DecodeError,
    corpus::{Part, TABLES},
    manifest::Pack,
    path::CORPUS,
    tile::{Categories, Codes, Genes, Moments, Strings},
};
use tessera::{
    dataset::{DatasetError, wait},
    files::Files,
    verify::{Damage, DamageKind, VerifyReport, damaged_packs},
};

use super::FileCorpus;
use crate::Dimension;

/// Checks every pack and every tile of a corpus or a summary, which are among these files.
pub fn verify(corpus: &FileCorpus, files: &dyn Files) -> VerifyReport {
    let manifest = corpus.manifest();
    let packs: Vec<(usize, Pack)> = (0..)
        .zip(&manifest.parts)
        .flat_map(|(number, part)| part.dataset_packs().into_iter().map(move |pack| (number, pack)))
        .collect();
    let mut damage = damaged_packs(&packs.iter().map(|(_, pack)| pack).collect::<Vec<_>>(), files);
    if manifest.content_id_of() != manifest.content_id {
        let what = "its content id is not the one of what it names";
        damage.push(Damage::of_file(CORPUS, DamageKind::OtherContent, what));
    }
    let tiles: Vec<(usize, &Pack, u32)> =
        packs.iter().flat_map(|(part, pack)| (0..pack.n_tiles).map(move |tile| (*part, pack, tile))).collect();
    let of_tile = |&(part, pack, tile): &(usize, &Pack, u32)| {
        let error = check(corpus, part, &pack.name, tile).err()?;
        Some(Damage::of_tile(&pack.file, tile, &error))
    };
    let of_tiles: Vec<Damage> = tiles.par_iter().filter_map(of_tile).collect();
    let is_sound = of_tiles.is_empty();
    damage.extend(of_tiles);
    // What each tile is by itself says nothing of them together.
    for part in 0..manifest.parts.len() {
        if let (true, Err(error)) = (is_sound, tables(corpus, part)) {
            let file = packs.iter().find(|(of, pack)| *of == part && pack.name == TABLES);
            let file = file.map_or(TABLES, |(_, pack)| &pack.file);
            damage.push(Damage::of_file(file, DamageKind::Malformed, &error));
        }
    }
    VerifyReport { n_tiles: tiles.len() as u64, damage }
}

/// Reads and decodes a tile.
fn check(corpus: &FileCorpus, part: usize, pack: &str, tile: u32) -> Result<(), DatasetError> {
    let of_part = &corpus.manifest().parts[part];
    let limit = match pack {
        TABLES => return wait(corpus.read(part, pack, &[tile], |bytes| decode_table(of_part, tile, bytes))).map(drop),
        // Entries of genes are groups of the level, and those of groups are genes.
        _ => match pack.strip_prefix("genes").and_then(|level| of_part.levels.get(level.parse::<usize>().ok()?)) {
            Some(level) => level.n_groups,
            None => of_part.n_genes,
        },
    };
    let decode = |bytes: &[u8]| match Moments::decode(bytes)?.entries.last() {
        Some(&last) if last >= limit => {
            let reason = "an entry leads to no group or gene";
            Err(DecodeError::Inconsistent { table: "Moments", reason })
        }
        Some(_) | None => Ok(()),
    };
    wait(corpus.read(part, pack, &[tile], decode)).map(drop)
}

/// Decodes a tile of tables as what its place says.
fn decode_table(part: &Part, tile: u32, bytes: &[u8]) -> Result<(), DecodeError> {
    let (first_ids, first_codes) = (Part::ids_tile(0), part.groups_tile(0));
    match tile {
        0 => Genes::decode(bytes).map(drop),
        _ if tile >= first_codes => Codes::decode(bytes).map(drop),
        _ if (tile - first_ids).is_multiple_of(2) => Categories::decode(bytes).map(drop),
        _ => Strings::decode(bytes).map(drop),
    }
}

/// Reads the tables of a part, which refuses those that contradict each other.
fn tables(corpus: &FileCorpus, part: usize) -> Result<(), String> {
    let told = |error: DatasetError| error.to_string();
    wait(corpus.genes(part)).map_err(told)?;
    for level in 0..corpus.manifest().parts[part].levels.len() {
        wait(corpus.groups(part, level)).map_err(told)?;
    }
    wait(corpus.presence(part)).map_err(told)?;
    let values = &wait(corpus.values(part)).map_err(told)?[Dimension::Dataset as usize];
    let sources = corpus.manifest().sources.iter().filter(|source| source.part as usize == part);
    let ids: Vec<&str> = sources.map(|source| source.id.as_str()).collect();
    if values.terms.iter().map(|term| term.id.as_str()).ne(ids) {
        return Err("its datasets are not those that the manifest says".to_owned());
    }
    Ok(())
}
