//! `tile-server mend`: changes that need no decision.

use std::fs::File;
use std::ops::ControlFlow;
use std::path::PathBuf;
use std::process::ExitCode;

use anyhow::{Result, bail};
use clap::Args;
use h5ad::{MatrixLocation, RawFile, RawMatrix, RawSlab, Revision, Storage, UnsValue};
use schema::reference::Reference;
use schema::{Changes, Options, Unwatched, changes, validate};

use super::{exit, revised, terminal, validate::lines};

/// How many entries of a matrix that is turned are held in memory.
const TURNED_ENTRIES: u64 = 16 << 20;

/// The arguments of `tile-server mend`.
#[derive(Args)]
#[command(after_help = "\
Changed is only what has one right answer: lists are sorted, blanks and versions of genes removed, identifiers written in
the right case, names of genes replaced by the one identifier that they name, columns that submission writes and
categories without a cell left out, texts made categorical, matrices written as CSR, and numbers as float32 where that
loses nothing. All else stays; what is still wrong afterwards is told.")]
pub struct Arguments {
    /// The .h5ad file
    file: PathBuf,
    /// The copy, where nothing may be
    #[arg(long, value_name = "NEW.h5ad", required_unless_present = "dry_run")]
    out: Option<PathBuf>,
    /// Tell the changes, and write nothing
    #[arg(long)]
    dry_run: bool,
}

/// Tells the changes, and writes the copy.
pub fn run(arguments: &Arguments) -> Result<ExitCode> {
    let Arguments { file: path, out, dry_run } = arguments;
    let out = out.as_ref().filter(|_| !dry_run);
    if let Some(out) = out {
        revised::must_be_free(out)?;
    }
    let file = RawFile::open(path)?;
    let reference = Reference::embedded();
    let Ok(report) = validate(&file, &reference, Options::default(), &Unwatched) else {
        return Ok(ExitCode::from(exit::INTERRUPTED));
    };
    let mut changes = changes(&file, &report.fixes())?;
    leave_inexact(&file, &mut changes)?;
    let told = changes.done.iter().map(|line| format!("- {line}"));
    let skipped = changes.skipped.iter().map(|line| format!("! left as it is: {line}"));
    terminal::print_lines(told.chain(skipped).collect::<Vec<_>>())?;
    if changes.is_empty() {
        terminal::say(&format!("{}: nothing to change that needs no decision", path.display()));
        return Ok(ExitCode::SUCCESS);
    }
    let Some(out) = out else { return Ok(ExitCode::SUCCESS) };
    let mut after = None;
    revised::write(
        path,
        out,
        |revision| apply(&file, &changes, revision),
        |copy| {
            let copy = RawFile::open(copy)?;
            after = validate(&copy, &reference, Options::default(), &Unwatched).ok();
            Ok(())
        },
    )?;
    if let Some(mut after) = after {
        after.file = out.display().to_string();
        terminal::print_lines(lines(&after))?;
    }
    Ok(ExitCode::SUCCESS)
}

/// Takes out matrices whose values would be rounded.
fn leave_inexact(file: &RawFile, changes: &mut Changes) -> Result<()> {
    let mut inexact = Vec::new();
    for matrix in &changes.matrices {
        let Some(values) = file.matrix(&matrix.place)? else { continue };
        let mut is_exact = values.storage().is_some();
        values.each_slab(|slab| {
            let (RawSlab::Dense { values, .. } | RawSlab::Sparse { values, .. }) = slab;
            is_exact &= values.iter().all(|value| f64::from(*value as f32) == *value || value.is_nan());
            if is_exact { ControlFlow::Continue(()) } else { ControlFlow::Break(()) }
        })?;
        if !is_exact {
            inexact.push(matrix.clone());
        }
    }
    for matrix in inexact {
        let place = &matrix.place;
        changes.done.retain(|line| !line.starts_with(&format!("{place}: ")));
        changes.skipped.push(format!("{place}: its values are no float32 without loss"));
        changes.matrices.remove(&matrix);
    }
    Ok(())
}

fn apply(file: &RawFile, changes: &Changes, revision: &mut Revision<File>) -> Result<()> {
    for ((frame, name), column) in &changes.columns {
        match column {
            Some(column) => revision.set_column(frame, name, column)?,
            None => revision.remove_column(frame, name)?,
        }
    }
    for (frame, names) in &changes.indexes {
        revision.set_index(frame, names.clone())?;
    }
    for (key, value) in &changes.uns {
        match value {
            Some(text) => revision.set_uns(&[key], &UnsValue::Text(text.clone()))?,
            None => revision.remove(&format!("uns/{key}"))?,
        }
    }
    for matrix in &changes.matrices {
        let location = match matrix.place.as_str() {
            "X" => MatrixLocation::X,
            "raw/X" => MatrixLocation::Raw,
            place => MatrixLocation::Layer(place.strip_prefix("layers/").unwrap_or(place).to_owned()),
        };
        let Some(values) = file.matrix(&matrix.place)? else { continue };
        let [n_rows, n_vars] = values.shape[..] else {
            bail!("{}: {} is no matrix of two dimensions", file.name(), matrix.place)
        };
        match values.storage() {
            Some(Storage::Csc) => turned(&values, revision, &location, (n_rows, n_vars))?,
            Some(Storage::Dense) if !matrix.to_csr => dense(&values, revision, &location, n_vars)?,
            Some(Storage::Dense | Storage::Csr) | None => sparse(&values, revision, &location, n_vars)?,
        }
    }
    Ok(())
}

/// Shows each slab to `see`, until it fails.
fn each_slab(values: &RawMatrix, mut see: impl FnMut(&RawSlab<'_>) -> Result<()>) -> Result<()> {
    let mut failed = Ok(());
    values.each_slab(|slab| match see(slab) {
        Ok(()) => ControlFlow::Continue(()),
        Err(error) => {
            failed = Err(error);
            ControlFlow::Break(())
        }
    })?;
    failed
}

/// Writes the values of cells as CSR.
fn sparse(values: &RawMatrix, revision: &mut Revision<File>, location: &MatrixLocation, n_vars: usize) -> Result<()> {
    let mut writer = revision.csr(location, n_vars)?;
    each_slab(values, |slab| {
        let mut cells = Cells::default();
        match slab {
            RawSlab::Dense { values, .. } => {
                for row in values.chunks_exact(n_vars.max(1)) {
                    cells.push(row.iter().enumerate().map(|(gene, value)| (gene as u32, *value)));
                }
            }
            RawSlab::Sparse { bounds, minors, values, .. } => {
                for bound in bounds.windows(2) {
                    let (minors, values) = (&minors[bound[0]..bound[1]], &values[bound[0]..bound[1]]);
                    cells.push(minors.iter().copied().zip(values.iter().copied()));
                }
            }
        }
        Ok(writer.push(cells.lengths, &cells.genes, &cells.values)?)
    })?;
    Ok(writer.finish()?)
}

/// Entries of cells, as they are written.
#[derive(Default)]
struct Cells {
    lengths: Vec<usize>,
    genes: Vec<u32>,
    values: Vec<f32>,
}

impl Cells {
    /// Adds a cell: its entries in order of genes, those of the same gene added up, zeros left out.
    fn push(&mut self, entries: impl Iterator<Item = (u32, f64)>) {
        let mut entries: Vec<(u32, f64)> = entries.filter(|(_, value)| *value != 0.0).collect();
        entries.sort_by_key(|(gene, _)| *gene);
        entries.dedup_by(|next, kept| {
            let is_same = next.0 == kept.0;
            if is_same {
                kept.1 += next.1;
            }
            is_same
        });
        self.lengths.push(entries.len());
        self.genes.extend(entries.iter().map(|(gene, _)| gene));
        self.values.extend(entries.iter().map(|(_, value)| *value as f32));
    }
}

/// Writes the values of cells as they are, dense.
fn dense(values: &RawMatrix, revision: &mut Revision<File>, location: &MatrixLocation, n_vars: usize) -> Result<()> {
    let mut writer = revision.dense(location, n_vars)?;
    each_slab(values, |slab| {
        let RawSlab::Dense { values, .. } = slab else { return Ok(()) };
        let singles: Vec<f32> = values.iter().map(|value| *value as f32).collect();
        Ok(writer.push(singles.len() / n_vars.max(1), &singles)?)
    })?;
    Ok(writer.finish()?)
}

/// Writes a CSC matrix as CSR, some cells at a time; for each such part the matrix is read once.
fn turned(
    values: &RawMatrix,
    revision: &mut Revision<File>,
    location: &MatrixLocation,
    (n_rows, n_vars): (usize, usize),
) -> Result<()> {
    let per_cell = (values.n_stored() / n_rows.max(1) as u64).max(1);
    let n_cells = usize::try_from(TURNED_ENTRIES / per_cell)?.max(1);
    let mut writer = revision.csr(location, n_vars)?;
    for first in (0..n_rows).step_by(n_cells) {
        let cells = first..(first + n_cells).min(n_rows);
        let mut entries: Vec<Vec<(u32, f64)>> = vec![Vec::new(); cells.len()];
        each_slab(values, |slab| {
            let RawSlab::Sparse { first: gene, bounds, minors, values } = slab else { return Ok(()) };
            for (at, bound) in bounds.windows(2).enumerate() {
                for (cell, value) in minors[bound[0]..bound[1]].iter().zip(&values[bound[0]..bound[1]]) {
                    if cells.contains(&(*cell as usize)) {
                        entries[*cell as usize - cells.start].push(((gene + at) as u32, *value));
                    }
                }
            }
            Ok(())
        })?;
        let mut written = Cells::default();
        for cell in entries {
            written.push(cell.into_iter());
        }
        writer.push(written.lengths, &written.genes, &written.values)?;
    }
    Ok(writer.finish()?)
}
