//! Changes that need no decision, applied to a copy of a file.

use std::collections::{BTreeMap, BTreeSet};

use h5ad::{CategoryKind, Frame, FrameColumn, H5ad, H5adError, MatrixLocation, Revision, Target, UnsValue, WriteError};

use crate::definition::IS_FILTERED;
use crate::finding::Fix;

/// Why a file cannot be mended.
#[derive(Debug)]
pub enum MendError {
    /// It cannot be read.
    Read(H5adError),
    /// The copy cannot be written.
    Write(WriteError),
}

impl std::fmt::Display for MendError {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Read(error) => error.fmt(f),
            Self::Write(error) => error.fmt(f),
        }
    }
}

impl std::error::Error for MendError {}

impl From<H5adError> for MendError {
    fn from(error: H5adError) -> Self {
        Self::Read(error)
    }
}

impl From<WriteError> for MendError {
    fn from(error: WriteError) -> Self {
        Self::Write(error)
    }
}

/// Applies fixes of a report on `file` to `revision`, a copy of it, and gives those that could not be applied: what they
/// are about is of a form that is not written, or the names of genes would repeat.
///
/// # Errors
/// When the file cannot be read or the copy not be written.
pub fn mend<'f, T: Target>(
    file: &H5ad,
    fixes: &[&'f Fix],
    revision: &mut Revision<T>,
) -> Result<Vec<&'f Fix>, MendError> {
    let mut left_out = Vec::new();
    let mut obs = Columns::new(file.obs()?);
    let mut genes = [("var", Some(file.var()?)), ("raw/var", file.raw_var()?)]
        .into_iter()
        .filter_map(|(place, frame)| Some(Genes::new(place, frame?)))
        .collect::<Vec<_>>();
    let mut dropped = BTreeSet::new();
    for fix in fixes {
        let is_done = match fix {
            Fix::Replace { column, from, to } => match column.split_once('.') {
                Some(("obs", name)) => obs.replace(name, from, to),
                Some(("uns", keys)) => replace_key(revision, keys, to)?,
                Some(_) | None => false,
            },
            Fix::RenameGene { from, to } => {
                genes.iter_mut().map(|genes| genes.rename(from, to)).fold(false, |any, is_done| any | is_done)
            }
            Fix::Drop { frame, name } => drop_name(revision, &frame.replace('.', "/"), name, &mut dropped)?,
            Fix::DropCategories { column } => obs.trim(name_in_obs(column)),
            Fix::Categorize { column } => obs.categorize(name_in_obs(column)),
            Fix::Flag { genes: names } => genes.first_mut().is_some_and(|genes| genes.flag(names)),
            Fix::Csr { place } => {
                revision.rewrite_as_csr(&location(place))?;
                true
            }
            Fix::Singles { place } => {
                // Where it becomes CSR it becomes so of 32-bit floats.
                if !fixes.contains(&&Fix::Csr { place: place.clone() }) {
                    revision.rewrite_as_singles(&location(place))?;
                }
                true
            }
        };
        if !is_done {
            left_out.push(*fix);
        }
    }
    obs.write(revision, &dropped)?;
    genes.into_iter().try_for_each(|genes| genes.write(revision))?;
    Ok(left_out)
}

fn name_in_obs(column: &str) -> &str {
    column.strip_prefix("obs.").unwrap_or(column)
}

/// The matrix at an HDF5 path.
fn location(place: &str) -> MatrixLocation {
    match place.split_once('/') {
        None => MatrixLocation::X,
        Some(("layers", name)) => MatrixLocation::Layer(name.to_owned()),
        Some(_) => MatrixLocation::Raw,
    }
}

/// Writes another text for a key of `uns`, or one in another.
fn replace_key<T: Target>(revision: &mut Revision<T>, keys: &str, to: &str) -> Result<bool, MendError> {
    let keys: Vec<&str> = keys.split('.').collect();
    // A key may hold a point itself, so that it cannot be told.
    if !revision.has(&format!("uns/{}", keys.join("/"))) {
        return Ok(false);
    }
    revision.set_uns(&keys, &UnsValue::Text(to.to_owned()))?;
    Ok(true)
}

/// Leaves out a column or key.
fn drop_name<'f, T: Target>(
    revision: &mut Revision<T>,
    frame: &str,
    name: &'f str,
    dropped: &mut BTreeSet<&'f str>,
) -> Result<bool, MendError> {
    match frame {
        "uns" => revision.remove(&format!("uns/{name}"))?,
        _ => revision.remove_column(frame, name)?,
    }
    if frame == "obs" {
        dropped.insert(name);
    }
    Ok(true)
}

/// Columns of `obs` that change.
struct Columns {
    frame: Frame,
    changed: BTreeSet<String>,
}

impl Columns {
    fn new(frame: Frame) -> Self {
        Self { frame, changed: BTreeSet::new() }
    }

    /// Changes a column, if it is there and `change` says that it could.
    fn change(&mut self, name: &str, change: impl FnOnce(&mut FrameColumn) -> bool) -> bool {
        let column = self.frame.columns.iter_mut().find(|(known, _)| known == name);
        let is_changed = column.is_some_and(|(_, column)| change(column));
        if is_changed {
            self.changed.insert(name.to_owned());
        }
        is_changed
    }

    /// Writes a value instead of another; a category that is there already takes the cells of the other.
    fn replace(&mut self, name: &str, from: &str, to: &str) -> bool {
        self.change(name, |column| match column {
            FrameColumn::Categorical { codes, categories, kind: CategoryKind::Text, .. } => {
                let Some(old) = categories.iter().position(|category| category == from) else { return false };
                match categories.iter().position(|category| category == to) {
                    None => to.clone_into(&mut categories[old]),
                    Some(new) => {
                        categories.remove(old);
                        for code in codes {
                            let of_new = if *code == old as i32 { new as i32 } else { *code };
                            *code = if of_new > old as i32 { of_new - 1 } else { of_new };
                        }
                    }
                }
                true
            }
            FrameColumn::Strings(values) => {
                let values = values.iter_mut().flatten().filter(|value| *value == from);
                values.map(|value| to.clone_into(value)).count() > 0
            }
            FrameColumn::Categorical { .. }
            | FrameColumn::Booleans(_)
            | FrameColumn::Integers(_)
            | FrameColumn::Unsigned(_)
            | FrameColumn::Singles(_)
            | FrameColumn::Doubles(_)
            | FrameColumn::Unsupported { .. } => false,
        })
    }

    /// Leaves out the categories that no cell has.
    fn trim(&mut self, name: &str) -> bool {
        self.change(name, |column| {
            let FrameColumn::Categorical { codes, categories, .. } = column else { return false };
            let used: BTreeSet<i32> = codes.iter().copied().collect();
            let mut new_codes = vec![-1; categories.len()];
            let mut kept = Vec::new();
            for (code, category) in std::mem::take(categories).into_iter().enumerate() {
                if used.contains(&(code as i32)) {
                    new_codes[code] = kept.len() as i32;
                    kept.push(category);
                }
            }
            *categories = kept;
            for code in codes {
                *code = usize::try_from(*code).map_or(-1, |code| new_codes[code]);
            }
            true
        })
    }

    /// Makes a column of texts a categorical one, as pandas does.
    fn categorize(&mut self, name: &str) -> bool {
        self.change(name, |column| {
            let FrameColumn::Strings(values) = column else { return false };
            let categories: BTreeSet<&String> = values.iter().flatten().collect();
            let codes: BTreeMap<&String, i32> = categories.iter().copied().zip(0..).collect();
            let of_values = values.iter().map(|value| value.as_ref().map_or(-1, |value| codes[value])).collect();
            *column = FrameColumn::Categorical {
                codes: of_values,
                categories: categories.into_iter().cloned().collect(),
                ordered: false,
                kind: CategoryKind::Text,
            };
            true
        })
    }

    fn write<T: Target>(self, revision: &mut Revision<T>, dropped: &BTreeSet<&str>) -> Result<(), WriteError> {
        let is_written = |name: &String| self.changed.contains(name) && !dropped.contains(name.as_str());
        let columns = self.frame.columns.iter().filter(|(name, _)| is_written(name));
        columns.into_iter().try_for_each(|(name, column)| revision.set_column("obs", name, column))
    }
}

/// A frame of genes that changes.
struct Genes {
    place: &'static str,
    /// The names as the file has them.
    old: BTreeMap<String, usize>,
    /// The names in the copy.
    known: BTreeSet<String>,
    frame: Frame,
    is_renamed: bool,
    is_flagged: bool,
}

impl Genes {
    fn new(place: &'static str, frame: Frame) -> Self {
        let old = frame.index.iter().cloned().zip(0..).collect();
        let known = frame.index.iter().cloned().collect();
        Self { place, old, known, frame, is_renamed: false, is_flagged: false }
    }

    /// Gives a gene another name, which no other gene may have.
    fn rename(&mut self, from: &str, to: &str) -> bool {
        let Some(at) = self.old.get(from).copied().filter(|_| !self.known.contains(to)) else { return false };
        self.known.remove(from);
        self.known.insert(to.to_owned());
        to.clone_into(&mut self.frame.index[at]);
        self.is_renamed = true;
        true
    }

    /// Flags genes as filtered.
    fn flag(&mut self, names: &[String]) -> bool {
        let column = self.frame.columns.iter_mut().find(|(name, _)| name == IS_FILTERED);
        let Some((_, FrameColumn::Booleans(values))) = column else { return false };
        for at in names.iter().filter_map(|name| self.old.get(name)) {
            values[*at] = Some(true);
        }
        self.is_flagged = true;
        true
    }

    fn write<T: Target>(self, revision: &mut Revision<T>) -> Result<(), WriteError> {
        if self.is_flagged
            && let Some((name, column)) = self.frame.columns.iter().find(|(name, _)| name == IS_FILTERED)
        {
            revision.set_column(self.place, name, column)?;
        }
        if self.is_renamed {
            revision.set_index(self.place, self.frame.index)?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use h5ad::H5adWriter;

    use super::*;

    fn texts(labels: &[&str]) -> Vec<String> {
        labels.iter().map(|&label| label.to_owned()).collect()
    }

    fn categorical(codes: &[i32], labels: &[&str]) -> FrameColumn {
        let (codes, categories) = (codes.to_vec(), texts(labels));
        FrameColumn::Categorical { codes, categories, ordered: false, kind: CategoryKind::Text }
    }

    /// Four cells of three genes.
    fn file() -> Vec<u8> {
        let strings =
            |values: &[&str]| FrameColumn::Strings(values.iter().map(|&value| Some(value.to_owned())).collect());
        let obs = Frame {
            index: texts(&["c1", "c2", "c3", "c4"]),
            index_name: None,
            columns: vec![
                ("disease".to_owned(), categorical(&[0, 2, -1, 1], &["b", "a || b", "b || a", "none"])),
                ("donor".to_owned(), strings(&["y", "x", "y", "x"])),
                ("sex".to_owned(), strings(&["s", "s", "s", "s"])),
            ],
        };
        let filtered = FrameColumn::Booleans(vec![Some(false); 3]);
        let var = Frame {
            index: texts(&["ENSG1.2", "ENSG2", "ENSG3.1"]),
            index_name: None,
            columns: vec![(IS_FILTERED.to_owned(), filtered)],
        };
        let mut writer = H5adWriter::new(&obs, &var).expect("its names are possible");
        writer.uns_dictionary("more", &[("title", " a".to_owned())]).expect("its names are possible");
        let mut bytes = Vec::new();
        writer.write_to(&mut bytes).expect("there is memory");
        bytes
    }

    struct Memory(Vec<u8>);

    impl h5ad::Source for Memory {
        fn size(&self) -> u64 {
            self.0.len() as u64
        }

        fn read_at(&self, offset: u64, buf: &mut [u8]) -> std::io::Result<()> {
            buf.copy_from_slice(&self.0[offset as usize..offset as usize + buf.len()]);
            Ok(())
        }
    }

    fn mended(fixes: &[Fix]) -> (H5ad, Vec<Fix>) {
        let bytes = file();
        let before = H5ad::from_bytes(bytes.clone(), "x").expect("it was just written");
        let mut revision = Revision::new(Memory(bytes.clone()), "x", bytes).expect("it was just written");
        let left_out = mend(&before, &fixes.iter().collect::<Vec<_>>(), &mut revision).expect("there is memory");
        let left_out = left_out.into_iter().cloned().collect();
        let after = revision.finish().expect("there is memory");
        (H5ad::from_bytes(after, "x").expect("the copy is whole"), left_out)
    }

    fn replace(column: &str, from: &str, to: &str) -> Fix {
        Fix::Replace { column: column.to_owned(), from: from.to_owned(), to: to.to_owned() }
    }

    #[test]
    fn columns_are_mended_and_the_rest_stays() {
        let (after, left_out) = mended(&[
            replace("obs.disease", "b || a", "a || b"),
            replace("obs.donor", "y", "z"),
            Fix::Drop { frame: "obs".to_owned(), name: "sex".to_owned() },
            Fix::DropCategories { column: "disease".to_owned() },
            Fix::Categorize { column: "donor".to_owned() },
        ]);
        assert_eq!(left_out, []);
        let expected = [
            ("disease".to_owned(), categorical(&[0, 1, -1, 1], &["b", "a || b"])),
            ("donor".to_owned(), categorical(&[1, 0, 1, 0], &["x", "z"])),
        ];
        assert_eq!(after.obs().expect("it is whole").columns, expected);
    }

    #[test]
    fn genes_are_renamed_unless_names_would_repeat() {
        let rename = |from: &str, to: &str| Fix::RenameGene { from: from.to_owned(), to: to.to_owned() };
        let (after, left_out) =
            mended(&[rename("ENSG1.2", "ENSG1"), rename("ENSG3.1", "ENSG2"), Fix::Flag { genes: texts(&["ENSG1.2"]) }]);
        assert_eq!(left_out, [rename("ENSG3.1", "ENSG2")]);
        let var = after.var().expect("it is whole");
        assert_eq!(var.index, ["ENSG1", "ENSG2", "ENSG3.1"]);
        assert_eq!(var.columns[0].1, FrameColumn::Booleans(vec![Some(true), Some(false), Some(false)]));
    }

    #[test]
    fn what_is_not_there_is_left_out() {
        let fixes = [replace("uns.title", "a", "b"), replace("obs.age", "a", "b")];
        assert_eq!(mended(&fixes).1, fixes);
        assert_eq!(mended(&[replace("uns.more.title", " a", "a")]).1, []);
    }
}
