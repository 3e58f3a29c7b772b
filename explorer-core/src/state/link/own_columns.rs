//! Own columns as a link says them.

use std::collections::{BTreeMap, HashSet};

use super::{
    Notice,
    text::{Read, numbered},
};
use crate::state::{CellList, LabelColor, OwnColumn, OwnLabel};

/// A label of an own column as far as it has been read.
#[derive(Default)]
struct LabelDraft {
    name: String,
    cells: Option<CellList>,
    color: Option<LabelColor>,
}

/// An own column as far as it has been read.
#[derive(Default)]
pub(super) struct OwnColumnDraft {
    name: Option<String>,
    labels: BTreeMap<u32, LabelDraft>,
    /// Whether a part of it was unreadable. What is left would be another column under its name.
    broken: bool,
}

impl OwnColumnDraft {
    pub fn read(&mut self, field: &str, value: &str) -> Read {
        match numbered(field, "") {
            None if field.is_empty() => self.name = Some(value.to_owned()),
            Some((at, "")) => value.clone_into(&mut self.labels.entry(at).or_default().name),
            Some((at, "cells")) => {
                let cells = CellList::from_text(value);
                self.broken |= cells.is_none();
                self.labels.entry(at).or_default().cells = Some(cells.ok_or("the cells of a label")?);
            }
            Some((at, "color")) => {
                let color = LabelColor::from_text(&format!("#{value}")).ok_or("the color of a label")?;
                self.labels.entry(at).or_default().color = Some(color);
            }
            Some(_) | None => {}
        }
        Ok(())
    }

    /// The columns that can be made of what was read; tells of those that have no name of their own.
    pub fn finish(drafts: BTreeMap<u32, Self>, notices: &mut Vec<Notice>) -> Vec<OwnColumn> {
        let mut taken = HashSet::new();
        let mut columns = Vec::with_capacity(drafts.len());
        for (at, Self { name, labels, broken }) in drafts {
            let label = |LabelDraft { name, cells, color }| Some(OwnLabel { name, cells: cells?, color });
            match name.filter(|name| !name.is_empty() && taken.insert(name.clone())) {
                Some(name) if !broken => {
                    columns.push(OwnColumn::new(name, labels.into_values().filter_map(label)));
                }
                Some(_) => {}
                None => notices.push(Notice::UnnamedSet { key: format!("own{at}") }),
            }
        }
        columns
    }
}
