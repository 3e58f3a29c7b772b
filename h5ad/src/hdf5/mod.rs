//! HDF5 files, as far as AnnData uses them: every version of superblocks, headers, groups, layouts and chunk indexes, and
//! the filters that people compress with.
//!
//! What is read is held against the file's length before memory is taken for it. Written after the HDF5 File Format
//! Specification 3.0 and the forms that HDF5 2.0 adds.

mod array_index;
mod attribute;
mod btree_v1;
mod btree_v2;
mod chunk_index;
mod dataset;
mod dataspace;
mod datatype;
#[cfg(feature = "write")]
pub(super) mod edit;
mod filters;
mod fractal_heap;
mod global_heap;
mod group;
mod header;
mod layout;
mod reader;
mod superblock;

use std::collections::{BTreeMap, HashMap};
use std::sync::{Arc, Mutex, PoisonError};

use super::container::{Container, Elements, Kind, Member};
use super::read_error::ReadError;
use super::source::SharedSource;
use super::values::{TextHeap, Values};
use dataset::Dataset;
use global_heap::GlobalHeap;
use group::Link;
use header::{Header, kind};
use reader::Reader;
use superblock::Superblock;

pub(super) use superblock::Unopened;

/// Longer chains of links are taken for circles.
const MAX_LINKS: usize = 16;

/// An open file.
pub(super) struct File {
    reader: Reader,
    heap: GlobalHeap,
    root: u64,
    #[cfg(feature = "write")]
    form: superblock::Form,
    /// Links by the address of their group.
    groups: Mutex<HashMap<u64, Arc<BTreeMap<String, Link>>>>,
}

/// What a path leads to.
enum Target {
    Object(u64),
    /// Nothing: the name does not exist, or links lead in a circle.
    Nowhere,
    /// Something that is not followed; the sentence says what.
    Broken(String),
}

impl Container for File {
    fn members(&self, path: &str) -> Result<BTreeMap<String, Member>, ReadError> {
        let group = self.object(path)?;
        let links = self.links(group)?;
        let mut members = BTreeMap::new();
        for (name, link) in links.iter() {
            let member = match self.follow(group, link, 0)? {
                Target::Nowhere => match link {
                    Link::Soft(path) => Member::Broken(format!("is a soft link to `{path}`, which leads nowhere")),
                    Link::Hard(_) | Link::External { .. } | Link::Unknown(_) => {
                        Member::Broken("leads nowhere".to_owned())
                    }
                },
                Target::Broken(reason) => Member::Broken(reason),
                Target::Object(address) => {
                    let header = Header::read(&self.reader, address)?;
                    if group::is_group(&header) {
                        Member::Known(Kind::Group)
                    } else if header.get(kind::LAYOUT).is_some() {
                        Member::Known(Kind::Dataset)
                    } else {
                        // A type with a name of its own.
                        continue;
                    }
                }
            };
            members.insert(name.clone(), member);
        }
        Ok(members)
    }

    fn attributes(&self, path: &str) -> Result<HashMap<String, Values>, ReadError> {
        attribute::read(&self.reader, &Header::read(&self.reader, self.object(path)?)?, &self.heap)
    }

    fn array(&self, path: &str) -> Result<Box<dyn Elements>, ReadError> {
        let header = Header::read(&self.reader, self.object(path)?)?;
        Ok(Box::new(Dataset::open(&self.reader, &header)?))
    }

    fn heap(&self) -> Option<&dyn TextHeap> {
        Some(&self.heap)
    }
}

impl File {
    /// Opens the file whose bytes come from `source`.
    pub(super) fn open(source: &SharedSource) -> Result<Self, Unopened> {
        let superblock = Superblock::read(source)?;
        let Superblock { reader, root, .. } = superblock;
        Ok(Self {
            heap: GlobalHeap::new(reader.clone()),
            reader,
            root,
            #[cfg(feature = "write")]
            form: superblock.form,
            groups: Mutex::default(),
        })
    }

    /// Address of the object at `path`.
    fn object(&self, path: &str) -> Result<u64, ReadError> {
        match self.walk(self.root, path, 0)? {
            Target::Object(address) => Ok(address),
            Target::Nowhere => Err(ReadError::damaged("there is nothing")),
            Target::Broken(reason) => Err(ReadError::Damaged(reason)),
        }
    }

    fn walk(&self, from: u64, path: &str, depth: usize) -> Result<Target, ReadError> {
        let mut at = if path.starts_with('/') { self.root } else { from };
        for name in path.split('/').filter(|name| !matches!(*name, "" | ".")) {
            let links = self.links(at)?;
            let Some(link) = links.get(name) else { return Ok(Target::Nowhere) };
            match self.follow(at, link, depth)? {
                Target::Object(address) => at = address,
                lost @ (Target::Nowhere | Target::Broken(_)) => return Ok(lost),
            }
        }
        Ok(Target::Object(at))
    }

    /// Where a link of the group at `group` leads.
    fn follow(&self, group: u64, link: &Link, depth: usize) -> Result<Target, ReadError> {
        Ok(match link {
            Link::Hard(address) => Target::Object(*address),
            Link::Soft(_) if depth >= MAX_LINKS => Target::Nowhere,
            Link::Soft(path) => match self.walk(group, path, depth + 1)? {
                Target::Broken(reason) => Target::Broken(format!("is a soft link to `{path}`, which {reason}")),
                found @ (Target::Object(_) | Target::Nowhere) => found,
            },
            Link::External { file, path } => Target::Broken(format!(
                "is an external link to `{path}` in another file, `{file}`, which is not followed: write one file with \
                 `anndata.read_h5ad(…).write_h5ad(…)` where both are at hand"
            )),
            Link::Unknown(link_type) => Target::Broken(format!("is a link of the unknown type {link_type}")),
        })
    }

    fn links(&self, group: u64) -> Result<Arc<BTreeMap<String, Link>>, ReadError> {
        let known = self.groups.lock().unwrap_or_else(PoisonError::into_inner).get(&group).cloned();
        if let Some(links) = known {
            return Ok(links);
        }
        let links = Arc::new(group::links(&self.reader, &Header::read(&self.reader, group)?)?);
        self.groups.lock().unwrap_or_else(PoisonError::into_inner).insert(group, Arc::clone(&links));
        Ok(links)
    }
}
