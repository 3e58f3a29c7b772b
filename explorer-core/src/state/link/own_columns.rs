//! Own columns as a link says them.

use std::collections::{BTreeMap, HashSet};

use super::{
    Notice,
    text::{Read, numbered},
};
use crate::state::{CellList, OwnColumn, OwnLabel};

/// An own column as far as it has been read.
#[derive(Default)]
pub(super) struct OwnColumnDraft {
    name: Option<String>,
    labels: BTreeMap<u32, (String, Option<CellList>)>,
    /// Whether a part of it was unreadable. What is left would be another column under its name.
    broken: bool,
}

impl OwnColumnDraft {
    pub fn read(&mut self, field: &str, value: &str) -> Read {
        match numbered(field, "") {
            None if field.is_empty() => self.name = Some(value.to_owned()),
            Some((at, "")) => value.clone_into(&mut self.labels.entry(at).or_default().0),
            Some((at, "cells")) => {
                let cells = CellList::from_text(value);
                self.broken |= cells.is_none();
                self.labels.entry(at).or_default().1 = Some(cells.ok_or("the cells of a label")?);
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
            let label = |(name, cells): (String, Option<CellList>)| Some(OwnLabel { name, cells: cells? });
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
