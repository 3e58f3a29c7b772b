//! The changes that need no decision, as what to write instead.

use std::collections::{BTreeMap, BTreeSet};
use std::ops::ControlFlow;

use h5ad::{
    CategoryKind, FrameColumn, H5adError, MatrixLocation, RawFile, RawFrame, RawSlab, Revision, Target, UnsValue,
    WriteError,
};

use crate::definition::IS_FILTERED;
use crate::finding::{At, Fix};
use crate::labels::{sorted, trimmed_column};
use crate::matrices::{NO_SINGLES, is_single, is_wide_integer};
use crate::report::Report;
use crate::validate::{Event, Watch};

/// What to write into a copy of a file.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Changes {
    /// Columns by data frame (`obs`, `var`, `raw/var`) and name; none where the column is left out.
    pub columns: BTreeMap<(String, String), Option<FrameColumn>>,
    /// The names of genes by data frame.
    pub indexes: BTreeMap<String, Vec<String>>,
    /// Texts of `uns` by key, and colors; none where the entry is left out.
    pub uns: BTreeMap<String, Option<UnsValue>>,
    /// Matrices by place, which are written anew.
    pub matrices: BTreeSet<Matrix>,
    /// What is done.
    pub done: Vec<Change>,
    /// What could not be done, and why.
    pub skipped: Vec<String>,
}

/// A change that is made, as it is told.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Change {
    /// What a finding asked for.
    Fix(Fix),
    /// Colors that follow the categories of their column, or are left out with it.
    Colors {
        /// Their key in `uns`.
        key: String,
        /// Whether they are left out.
        is_left_out: bool,
    },
    /// Genes that get their identifiers.
    Genes {
        /// `var` or `raw/var`.
        frame: &'static str,
        /// The names that they have, and the identifiers.
        renamed: Vec<(String, String)>,
    },
}

impl std::fmt::Display for Change {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Fix(fix) => write!(f, "{fix}"),
            Self::Colors { key, is_left_out: true } => write!(f, "uns: `{key}` is left out with its column"),
            Self::Colors { key, is_left_out: false } => write!(f, "uns: `{key}` follows its categories"),
            Self::Genes { frame, renamed } => match renamed.len() {
                1 => write!(f, "{frame}: 1 gene gets its identifier"),
                n => write!(f, "{frame}: {n} genes get their identifiers"),
            },
        }
    }
}

/// A matrix that is written anew.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Matrix {
    /// Where it lies.
    pub place: String,
    /// What it becomes.
    pub form: Form,
}

/// What a matrix becomes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Form {
    /// CSR of 32-bit floats.
    Csr,
    /// CSR of 64-bit floats, where 32-bit ones would not have every value.
    CsrOfDoubles,
    /// 32-bit floats, sparse or dense as it is.
    Singles,
}

impl Changes {
    /// Whether nothing changes.
    pub fn is_empty(&self) -> bool {
        self.done.is_empty()
    }

    /// The changes, and what of the findings in the report is left to a person, in lines for people: all of them, or of
    /// each list the first.
    pub fn lines(&self, report: &Report, is_whole: bool) -> Vec<String> {
        const N_SHOWN: usize = 20;
        let shown = |lines: Vec<String>| {
            let n_more = if is_whole { 0 } else { lines.len().saturating_sub(N_SHOWN) };
            let n_shown = lines.len() - n_more;
            let more = (n_more > 0).then(|| format!("  … and {n_more} more; `--dry-run` lists each"));
            lines.into_iter().take(n_shown).chain(more)
        };
        let (mut fixes, mut genes) = (Vec::new(), Vec::new());
        let mut told: Option<&Vec<(String, String)>> = None;
        for change in &self.done {
            match change {
                Change::Fix(_) | Change::Colors { .. } => fixes.push(format!("- {change}")),
                Change::Genes { frame, renamed } if told == Some(renamed) => {
                    genes.push(format!("- {frame}: the same {} get their identifiers", renamed.len()));
                }
                Change::Genes { renamed, .. } => {
                    genes.push(format!("- {change}"));
                    genes.extend(shown(renamed.iter().map(|(from, to)| format!("    {from} → {to}")).collect()));
                    told = Some(renamed);
                }
            }
        }
        let left = self.skipped.iter().cloned().chain(report.left_to_decide());
        let left = left.map(|line| format!("! left as it is: {line}")).collect();
        shown(fixes).chain(genes).chain(shown(left)).collect()
    }

    /// Takes out matrices of which 32-bit floats would not have every value, or, where they are to become CSR, keeps them
    /// 64-bit floats. They are read for that, until `watch` has enough.
    ///
    /// # Errors
    /// When one cannot be read.
    pub fn leave_inexact(&mut self, file: &RawFile, watch: &dyn Watch) -> Result<(), H5adError> {
        let mut inexact = Vec::new();
        for matrix in &self.matrices {
            let Some(values) = file.matrix(&matrix.place)? else { continue };
            let (mut is_exact, is_whole) = (values.storage().is_some(), is_wide_integer(&values.dtype));
            let n_columns = values.shape.last().copied().unwrap_or_default();
            watch.event(Event::Matrix { place: &matrix.place, n: values.n_majors() });
            values.each_slab(|slab| {
                let (RawSlab::Dense { values, .. } | RawSlab::Sparse { values, .. }) = slab;
                is_exact &= values.iter().all(|value| is_single(*value, is_whole));
                watch.event(Event::Read { n: slab.n_majors(n_columns) });
                if is_exact && !watch.is_stopped() { ControlFlow::Continue(()) } else { ControlFlow::Break(()) }
            })?;
            if !is_exact {
                let keeps_doubles = matrix.form == Form::Csr && values.dtype == "float64";
                inexact.push((matrix.clone(), keeps_doubles));
            }
        }
        for (matrix, keeps_doubles) in inexact {
            let (place, n_before) = (&matrix.place, self.done.len());
            self.done.retain(|change| match change {
                Change::Fix(Fix::Csr { place: of }) => of != place || keeps_doubles,
                Change::Fix(Fix::Singles { place: of }) => of != place,
                Change::Fix(
                    Fix::Replace { .. }
                    | Fix::RenameGene { .. }
                    | Fix::Drop { .. }
                    | Fix::DropCategories { .. }
                    | Fix::Flag { .. }
                    | Fix::Categorize { .. },
                )
                | Change::Colors { .. }
                | Change::Genes { .. } => true,
            });
            if self.done.len() < n_before {
                self.skipped.push(format!("{place}: {NO_SINGLES}"));
            }
            self.matrices.remove(&matrix);
            if keeps_doubles {
                self.matrices.insert(Matrix { form: Form::CsrOfDoubles, ..matrix });
            }
        }
        Ok(())
    }

    /// Makes the changes in a copy of the file. `begin` is told the place of each matrix that is written anew, and nothing
    /// once all are.
    ///
    /// # Errors
    /// When the file cannot be read, or the copy not be written.
    pub fn apply<T: Target>(
        &self,
        revision: &mut Revision<T>,
        begin: &mut dyn FnMut(Option<&str>),
    ) -> Result<(), WriteError> {
        for ((frame, name), column) in &self.columns {
            match column {
                Some(column) => revision.set_column(frame, name, column)?,
                None => revision.remove_column(frame, name)?,
            }
        }
        for (frame, names) in &self.indexes {
            revision.set_index(frame, names.clone())?;
        }
        for (key, value) in &self.uns {
            match value {
                Some(value) => revision.set_uns(&[key], value)?,
                None => revision.remove(&format!("uns/{key}"))?,
            }
        }
        for Matrix { place, form } in &self.matrices {
            let location = match place.as_str() {
                "X" => MatrixLocation::X,
                "raw/X" => MatrixLocation::Raw,
                place => MatrixLocation::Layer(place.strip_prefix("layers/").unwrap_or(place).to_owned()),
            };
            begin(Some(place));
            match form {
                Form::Csr => revision.rewrite_as_csr(&location)?,
                Form::CsrOfDoubles => revision.rewrite_as_csr_of_doubles(&location)?,
                Form::Singles => revision.rewrite_as_singles(&location)?,
            }
        }
        begin(None);
        Ok(())
    }
}

/// The changes that these fixes, which a report on this file has, are in it.
///
/// # Errors
/// When the file cannot be read.
pub fn changes(file: &RawFile, fixes: &[&Fix]) -> Result<Changes, H5adError> {
    let mut changes = Changes::default();
    let frames: Vec<(String, RawFrame)> = ["obs", "var", "raw/var"]
        .into_iter()
        .filter_map(|place| match file.kind(place) {
            Ok(Some(_)) => Some(file.frame(place).map(|frame| (place.to_owned(), frame))),
            Ok(None) => None,
            Err(error) => Some(Err(error)),
        })
        .collect::<Result<_, _>>()?;
    let frame = |place: &str| frames.iter().find(|(known, _)| known == place).map(|(_, frame)| frame);
    let mut renamed: BTreeMap<&str, &str> = BTreeMap::new();
    for fix in fixes {
        let mut is_done = true;
        match fix {
            Fix::Replace { at: At::Uns(key), to, .. } => {
                changes.uns.insert(key.clone(), Some(UnsValue::Text(to.clone())));
            }
            Fix::Replace { at: At::Obs(name), from, to } => {
                let replaced = changes.column(frame("obs"), name).and_then(|values| replaced(&values, from, to));
                is_done = changes.put("obs", name, replaced);
            }
            Fix::RenameGene { from, to } => {
                renamed.insert(from, to);
                continue;
            }
            Fix::Drop { frame, name } if frame == "uns" => {
                changes.uns.insert(name.clone(), None);
            }
            Fix::Drop { frame, name } => {
                changes.columns.insert((frame.clone(), name.clone()), None);
            }
            Fix::DropCategories { column } => {
                let trimmed = changes.column(frame("obs"), column).and_then(|values| trimmed_column(&values));
                is_done = changes.put("obs", column, trimmed);
            }
            Fix::Flag { genes } => {
                let flagged = frame("var").and_then(|var| flagged(var, genes));
                is_done = changes.put("var", IS_FILTERED, flagged);
            }
            Fix::Categorize { column } => {
                let values = changes.column(frame("obs"), column);
                is_done = changes.put("obs", column, values.and_then(|values| categorized(&values)));
            }
            Fix::Csr { place } => {
                changes.matrices.retain(|matrix| matrix.place != *place);
                changes.matrices.insert(Matrix { place: place.clone(), form: Form::Csr });
            }
            Fix::Singles { place } => {
                if !changes.matrices.iter().any(|matrix| matrix.place == *place) {
                    changes.matrices.insert(Matrix { place: place.clone(), form: Form::Singles });
                }
            }
        }
        if is_done {
            changes.done.push(Change::Fix((*fix).clone()));
        } else {
            changes.skipped.push(fix.to_string());
        }
    }
    changes.take_colors_along(file, frame("obs"))?;
    for place in ["var", "raw/var"] {
        let Some(frame) = frame(place) else { continue };
        let new = |name: &String| renamed.get(name.as_str()).map(|new| (*new).to_owned());
        let of_genes = frame.index.iter().filter_map(|name| Some((name.clone(), new(name)?)));
        let of_genes: Vec<(String, String)> = of_genes.collect();
        if !of_genes.is_empty() {
            let names = frame.index.iter().map(|name| new(name).unwrap_or_else(|| name.clone())).collect();
            changes.indexes.insert(place.to_owned(), names);
            changes.done.push(Change::Genes { frame: place, renamed: of_genes });
        }
    }
    Ok(changes)
}

impl Changes {
    /// Leaves out the colors of categories that are left out, and those of columns.
    fn take_colors_along(&mut self, file: &RawFile, obs: Option<&RawFrame>) -> Result<(), H5adError> {
        let Some(obs) = obs else { return Ok(()) };
        for ((frame, name), changed) in &self.columns {
            let (key, before) = (format!("{name}_colors"), obs.column(name).map(|column| &column.values));
            let (Some(before), true) = (before, frame == "obs" && !self.uns.contains_key(&key)) else { continue };
            let place = format!("uns/{key}");
            if file.kind(&place)?.is_none() {
                continue;
            }
            let Some(changed) = changed else {
                self.done.push(Change::Colors { key: key.clone(), is_left_out: true });
                self.uns.insert(key, None);
                continue;
            };
            let colors = file.texts(&place)?;
            if let Some(colors) = moved(before, changed, &colors.texts).filter(|moved| *moved != colors.texts) {
                self.done.push(Change::Colors { key: key.clone(), is_left_out: false });
                self.uns.insert(key, Some(UnsValue::Texts(colors)));
            }
        }
        Ok(())
    }

    /// The values of a column of `obs` as they are by now.
    fn column(&self, obs: Option<&RawFrame>, name: &str) -> Option<FrameColumn> {
        match self.columns.get(&("obs".to_owned(), name.to_owned())) {
            Some(changed) => changed.clone(),
            None => obs?.column(name).map(|column| column.values.clone()),
        }
    }

    /// Puts a column in its place, if there is one.
    fn put(&mut self, frame: &str, name: &str, column: Option<FrameColumn>) -> bool {
        let is_there = column.is_some();
        if is_there {
            self.columns.insert((frame.to_owned(), name.to_owned()), column);
        }
        is_there
    }
}

/// The colors of categories that have changed: those that they, or the category of their first cell, had before.
fn moved(before: &FrameColumn, after: &FrameColumn, colors: &[String]) -> Option<Vec<String>> {
    let (
        FrameColumn::Categorical { codes: old_codes, categories: old, .. },
        FrameColumn::Categorical { codes, categories, .. },
    ) = (before, after)
    else {
        return None;
    };
    let of_category = |(code, name): (usize, &String)| {
        let by_name = || old.iter().position(|known| known == name);
        let first = codes.iter().position(|of_cell| usize::try_from(*of_cell) == Ok(code));
        let by_cell = first.and_then(|cell| usize::try_from(*old_codes.get(cell)?).ok());
        colors.get(by_name().or(by_cell)?).cloned()
    };
    categories.iter().enumerate().map(of_category).collect()
}

/// The column with another text in the place of one; none where no row has it.
fn replaced(values: &FrameColumn, from: &str, to: &str) -> Option<FrameColumn> {
    if from == to {
        return None;
    }
    match values {
        FrameColumn::Categorical { codes, categories, ordered, kind: CategoryKind::Text } => {
            let old = categories.iter().position(|category| category == from)?;
            if !codes.contains(&(old as i32)) {
                return None;
            }
            let mut categories = categories.clone();
            let mut codes = codes.clone();
            match categories.iter().position(|category| category == to) {
                None => to.clone_into(&mut categories[old]),
                Some(known) => {
                    categories.remove(old);
                    let known = if known > old { known - 1 } else { known };
                    for code in &mut codes {
                        if *code == old as i32 {
                            *code = known as i32;
                        } else if *code > old as i32 {
                            *code -= 1;
                        }
                    }
                }
            }
            Some(FrameColumn::Categorical { codes, categories, ordered: *ordered, kind: CategoryKind::Text })
        }
        FrameColumn::Strings(values) => {
            if !values.iter().any(|value| value.as_deref() == Some(from)) {
                return None;
            }
            let value = |value: &Option<String>| match value.as_deref() {
                Some(text) if text == from => Some(to.to_owned()),
                Some(_) | None => value.clone(),
            };
            Some(FrameColumn::Strings(values.iter().map(value).collect()))
        }
        FrameColumn::Categorical { .. }
        | FrameColumn::Booleans(_)
        | FrameColumn::Integers(_)
        | FrameColumn::Unsigned(_)
        | FrameColumn::Singles(_)
        | FrameColumn::Doubles(_)
        | FrameColumn::Unsupported { .. } => None,
    }
}

fn categorized(values: &FrameColumn) -> Option<FrameColumn> {
    let FrameColumn::Strings(values) = values else { return None };
    let texts: Option<Vec<&str>> = values.iter().map(Option::as_deref).collect();
    Some(sorted(&texts?))
}

fn flagged(var: &RawFrame, genes: &[String]) -> Option<FrameColumn> {
    let mut of_genes = BTreeSet::new();
    of_genes.extend(genes.iter().map(String::as_str));
    match &var.column(IS_FILTERED)?.values {
        FrameColumn::Booleans(flags) => {
            let flags = var.index.iter().zip(flags);
            Some(FrameColumn::Booleans(
                flags.map(|(id, flag)| if of_genes.contains(id.as_str()) { Some(true) } else { *flag }).collect(),
            ))
        }
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn column(codes: &[i32], categories: &[&str]) -> FrameColumn {
        let categories = categories.iter().map(|category| (*category).to_owned()).collect();
        FrameColumn::Categorical { codes: codes.to_vec(), categories, ordered: false, kind: CategoryKind::Text }
    }

    #[test]
    fn a_category_that_becomes_another_is_merged_with_it() {
        let before = column(&[0, 1, 2, -1], &["Cell", "cell", "na"]);
        assert_eq!(replaced(&before, "Cell", "cell"), Some(column(&[0, 0, 1, -1], &["cell", "na"])));
        assert_eq!(replaced(&before, "na", "nucleus"), Some(column(&[0, 1, 2, -1], &["Cell", "cell", "nucleus"])));
        assert_eq!(replaced(&before, "x", "y"), None);
        assert_eq!(replaced(&column(&[0], &["cell", "Cell"]), "Cell", "cell"), None, "no row has it");
        let texts = FrameColumn::Strings(vec![Some("cell".to_owned()), None]);
        assert_eq!(replaced(&texts, "Cell", "cell"), None, "no row has it");
        assert_eq!(replaced(&before, "cell", "cell"), None, "what becomes itself stays");
    }

    #[test]
    fn colors_stay_with_their_categories() {
        let colors = ["#111111", "#222222", "#333333"].map(str::to_owned);
        let before = column(&[0, 2, 2], &["a", "unused", "b"]);
        let expected = |at: &[usize]| Some(at.iter().map(|at| colors[*at].clone()).collect::<Vec<_>>());
        assert_eq!(moved(&before, &column(&[0, 1, 1], &["a", "b"]), &colors), expected(&[0, 2]));
        assert_eq!(moved(&before, &column(&[0, 1, 1], &["a", "renamed"]), &colors), expected(&[0, 2]));
        assert_eq!(moved(&before, &column(&[0, 0, 0], &["b"]), &colors), expected(&[2]));
    }
}
