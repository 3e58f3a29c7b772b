//! Counting the cells that pass, by category or by bin.

use super::Binned;
use crate::data::{Categorical, Codes};

/// Cells decided at a time: the flags of a block stay in the first-level cache.
const BLOCK: usize = 4096;

/// Anything that puts each cell into one of few groups.
#[derive(Clone, Copy, Debug)]
pub enum Groups<'a> {
    /// By label; the last group is "missing".
    Categories(&'a Categorical),
    /// By histogram bin; the last group is "missing".
    Bins(&'a Binned),
}

impl<'a> From<&'a Categorical> for Groups<'a> {
    fn from(column: &'a Categorical) -> Self {
        Self::Categories(column)
    }
}

impl<'a> From<&'a Binned> for Groups<'a> {
    fn from(binned: &'a Binned) -> Self {
        Self::Bins(binned)
    }
}

impl Groups<'_> {
    /// Number of groups, the one of missing values included.
    pub fn len(self) -> usize {
        match self {
            Self::Categories(column) => column.categories.len() + 1,
            Self::Bins(binned) => binned.n_groups(),
        }
    }

    /// Never: there is always the group of missing values.
    pub fn is_empty(self) -> bool {
        false
    }

    /// The group of one cell.
    pub(super) fn get(self, cell: usize) -> usize {
        match self {
            Self::Categories(column) => match &column.codes {
                Codes::U8(codes) => usize::from(codes[cell]),
                Codes::U16(codes) => usize::from(codes[cell]),
                Codes::U32(codes) => codes[cell] as usize,
            },
            Self::Bins(binned) => usize::from(binned.as_bytes()[cell]),
        }
    }

    fn n_obs(self) -> usize {
        match self {
            Self::Categories(column) => column.codes.len(),
            Self::Bins(binned) => binned.as_bytes().len(),
        }
    }
}

/// Which cells count: those whose failing filters are the one that is asked about, or none.
#[derive(Clone, Copy)]
pub(super) struct Passing<'a> {
    /// Failing filters of each cell.
    pub failing: &'a [u8],
    /// 1 where the filter that is left out of account fails.
    pub own: Option<&'a [u8]>,
    /// 1 where the cell is visible at all.
    pub universe: Option<&'a [u8]>,
}

impl Passing<'_> {
    /// Writes 1 for each cell from `start` on that counts, else 0.
    pub fn write(self, start: usize, flags: &mut [u8]) {
        let end = start + flags.len();
        let failing = &self.failing[start..end];
        match self.own {
            None => {
                for (flag, &failing) in flags.iter_mut().zip(failing) {
                    *flag = u8::from(failing == 0);
                }
            }
            Some(own) => {
                for ((flag, &failing), &own) in flags.iter_mut().zip(failing).zip(&own[start..end]) {
                    *flag = u8::from(failing == own);
                }
            }
        }
        if let Some(universe) = self.universe {
            for (flag, &visible) in flags.iter_mut().zip(&universe[start..end]) {
                *flag &= visible;
            }
        }
    }
}

/// Cells that count in each group; codes past the last group are left out.
///
/// # Panics
/// When the column's length is not that of the filter.
pub(super) fn count(groups: Groups<'_>, passing: Passing<'_>) -> Vec<u32> {
    assert_eq!(groups.n_obs(), passing.failing.len(), "column of another dataset");
    let n_groups = groups.len();
    match groups {
        Groups::Categories(column) => match &column.codes {
            Codes::U8(codes) => count_bytes(codes, n_groups, passing),
            Codes::U16(codes) => count_wide(codes, usize::from, n_groups, passing),
            Codes::U32(codes) => count_wide(codes, |code| code as usize, n_groups, passing),
        },
        Groups::Bins(binned) => count_bytes(binned.as_bytes(), n_groups, passing),
    }
}

/// Four tables in turn: cells of one label lie side by side, and one table would make every
/// addition wait for the last.
const TABLES: usize = 4;

fn count_bytes(codes: &[u8], n_groups: usize, passing: Passing<'_>) -> Vec<u32> {
    let mut tables = [[0u32; 256]; TABLES];
    for_each_block(codes, passing, |codes, flags| {
        let (quads, rest) = codes.as_chunks::<TABLES>();
        let (flag_quads, flag_rest) = flags.as_chunks::<TABLES>();
        for (quad, flags) in quads.iter().zip(flag_quads) {
            for (table, (&code, &flag)) in tables.iter_mut().zip(quad.iter().zip(flags)) {
                table[usize::from(code)] += u32::from(flag);
            }
        }
        for (&code, &flag) in rest.iter().zip(flag_rest) {
            tables[0][usize::from(code)] += u32::from(flag);
        }
    });
    (0..n_groups).map(|group| tables.iter().map(|table| table[group]).sum()).collect()
}

fn count_wide<T: Copy>(codes: &[T], group_of: impl Fn(T) -> usize, n_groups: usize, passing: Passing<'_>) -> Vec<u32> {
    // One slot more takes the codes that no group has.
    let stride = n_groups + 1;
    let mut tables = vec![0u32; TABLES * stride];
    for_each_block(codes, passing, |codes, flags| {
        for (place, (&code, &flag)) in codes.iter().zip(flags).enumerate() {
            let group = group_of(code).min(n_groups);
            tables[place % TABLES * stride + group] += u32::from(flag);
        }
    });
    (0..n_groups).map(|group| tables.iter().skip(group).step_by(stride).sum()).collect()
}

fn for_each_block<T>(codes: &[T], passing: Passing<'_>, mut take: impl FnMut(&[T], &[u8])) {
    let mut flags = [0u8; BLOCK];
    for (block, codes) in codes.chunks(BLOCK).enumerate() {
        let flags = &mut flags[..codes.len()];
        passing.write(block * BLOCK, flags);
        take(codes, flags);
    }
}
