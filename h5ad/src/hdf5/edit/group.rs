//! Changes to what is there.

use std::collections::HashMap;

use super::super::super::read_error::ReadError;
use super::super::super::source::SharedSource;
use super::super::attribute;
use super::super::dataset::Dataset;
use super::super::datatype;
use super::super::group::{self, Found, Link};
use super::super::header::{COUNTS_ATTRIBUTES, Header, RawHeader, RawMessage, SHARED, kind};
use super::super::reader::{Cursor, unsigned};
use super::super::superblock::ChunkTreeRank;
use super::super::{File, Target as Led};
use super::EditError;
use super::array::Array;
use super::message::{NOWHERE, attribute as new_attribute, hard_link, header, message, soft_link};
use super::object::empty_group;
use super::space::{Space, Target};

/// What changes of one group or dataset.
#[derive(Debug, Default)]
pub(crate) struct Change {
    /// Attributes and their new values; none for one that is removed.
    attributes: Vec<(String, Option<Array>)>,
    /// What changes of the members of a group.
    members: Vec<(String, Member)>,
}

#[derive(Debug)]
enum Member {
    Removed,
    /// Put in place of what was there, if something was: what is written at this address.
    Written(u64),
    Changed(Change),
}

impl Change {
    /// Sets an attribute, or removes it.
    pub(crate) fn attribute(&mut self, name: &str, value: Option<Array>) {
        put(&mut self.attributes, name, value);
    }

    /// Removes a member.
    pub(crate) fn remove(&mut self, name: &str) {
        put(&mut self.members, name, Member::Removed);
    }

    /// Puts what lies at this address in the place of a member, or adds it.
    pub(crate) fn replace(&mut self, name: &str, address: u64) {
        put(&mut self.members, name, Member::Written(address));
    }

    /// What changes of what lies at `path`, below this. Groups that are not there become empty ones.
    pub(crate) fn at(&mut self, path: &str) -> &mut Self {
        let (name, rest) = path.split_once('/').unwrap_or((path, ""));
        if name.is_empty() {
            return self;
        }
        let at = self.members.iter().position(|(known, member)| known == name && matches!(member, Member::Changed(_)));
        let at = at.unwrap_or_else(|| {
            self.members.retain(|(known, _)| known != name);
            self.members.push((name.to_owned(), Member::Changed(Self::default())));
            self.members.len() - 1
        });
        match &mut self.members[at].1 {
            Member::Changed(change) => change.at(rest),
            Member::Removed | Member::Written(_) => unreachable!("it was just made a change"),
        }
    }

    /// Whether nothing changes.
    pub(crate) fn is_empty(&self) -> bool {
        self.attributes.is_empty() && self.members.is_empty()
    }
}

fn put<T>(list: &mut Vec<(String, T)>, name: &str, value: T) {
    match list.iter_mut().find(|(known, _)| known == name) {
        Some((_, known)) => *known = value,
        None => list.push((name.to_owned(), value)),
    }
}

/// A copy of a file in which something is changed.
pub(crate) struct Edit<T> {
    file: File,
    space: Space<T>,
    /// How many hard links and references lead to each object.
    ways: HashMap<u64, u32>,
    /// Whether all references are among them.
    knows_all_ways: bool,
}

impl<T: Target> Edit<T> {
    /// Changes `target`, which has the bytes of `source`, which `file` is opened from.
    ///
    /// # Errors
    /// When the file counts addresses in a way that is not written.
    pub(crate) fn new(file: File, source: &SharedSource, target: T) -> Result<Self, EditError> {
        let widths = file.reader.widths();
        if widths.offset != 8 || widths.length != 8 {
            return Err(EditError::Form("its addresses are not of eight bytes"));
        }
        let usual = 32;
        let rank = match file.form.chunk_tree_rank() {
            ChunkTreeRank::Known(rank) => rank,
            ChunkTreeRank::InExtension(address) => {
                let extension = Header::read(&file.reader, address)?;
                // Its version comes first.
                extension.get(kind::CHUNK_TREE).and_then(|data| data.get(1..3)).map_or(usual, |at| unsigned(at) as u16)
            }
        };
        let space = Space::of_copy(target, file.form.clone(), source.size(), rank.max(1));
        let mut edit = Self { file, space, ways: HashMap::new(), knows_all_ways: true };
        edit.count()?;
        Ok(edit)
    }

    pub(crate) fn space(&mut self) -> &mut Space<T> {
        &mut self.space
    }

    /// Counts the ways that lead to the objects of the file, but soft links, which lead to names.
    fn count(&mut self) -> Result<(), ReadError> {
        let mut waiting = vec![self.file.root];
        while let Some(object) = waiting.pop() {
            let n = self.ways.entry(object).or_default();
            *n += 1;
            if *n > 1 {
                continue;
            }
            let header = Header::read(&self.file.reader, object)?;
            match referred(&self.file, &header) {
                // One that leads nowhere keeps nothing.
                Some(objects) => {
                    waiting.extend(objects.into_iter().filter(|at| Header::read(&self.file.reader, *at).is_ok()));
                }
                None => self.knows_all_ways = false,
            }
            if group::is_group(&header) {
                waiting.extend(self.file.links(object)?.values().filter_map(hard));
            }
        }
        Ok(())
    }

    /// Lets what is written from now on take the place of the values at `path` and below, which the caller replaces or
    /// removes. Values that can be reached in another way stay: by a second link to them or to any group above them, or by
    /// a reference.
    ///
    /// # Errors
    /// When it cannot be read what lies there.
    pub(crate) fn release(&mut self, path: &str) -> Result<(), EditError> {
        let (parent, name) = path.rsplit_once('/').unwrap_or(("", path));
        let Some(parent) = self.only_way(parent)? else { return Ok(()) };
        let mut extents = Vec::new();
        let mut waiting: Vec<u64> = self.file.links(parent)?.get(name).and_then(hard).into_iter().collect();
        while let Some(object) = waiting.pop() {
            match self.ways.get_mut(&object) {
                // What is released once must not be again, when something new may lie there.
                Some(n @ 1) => *n = 0,
                Some(_) | None => continue,
            }
            let header = Header::read(&self.file.reader, object)?;
            if group::is_group(&header) {
                waiting.extend(self.file.links(object)?.values().filter_map(hard));
            } else {
                // What is stored in an unknown way stays where it is.
                let dataset = Dataset::open(&self.file.reader, &header);
                extents.extend(dataset.and_then(|dataset| dataset.extents()).unwrap_or_default());
            }
        }
        self.space.release(extents);
        Ok(())
    }

    /// The group at `path`, if nothing else leads to it or to a group above it.
    fn only_way(&self, path: &str) -> Result<Option<u64>, ReadError> {
        let is_only = |object: &u64| self.knows_all_ways && self.ways.get(object) == Some(&1);
        let mut at = Some(self.file.root).filter(is_only);
        for name in path.split('/').filter(|name| !name.is_empty()) {
            let Some(group) = at else { return Ok(None) };
            at = self.file.links(group)?.get(name).and_then(hard).filter(is_only);
        }
        Ok(at)
    }

    /// Changes the root and ends the file.
    ///
    /// # Errors
    /// When what is changed cannot be read, or the change not written.
    pub(crate) fn finish(mut self, change: Change) -> Result<T, EditError> {
        if change.is_empty() {
            return Ok(self.space.into_target());
        }
        let root = self.rewrite(Some(self.file.root), change)?;
        Ok(self.space.finish(root)?)
    }

    /// Writes an object anew, or an empty group that was not there, with changes, and gives its address.
    fn rewrite(&mut self, object: Option<u64>, change: Change) -> Result<u64, EditError> {
        let RawHeader { flags, mut messages } = match object {
            Some(object) => RawHeader::read(&self.file.reader, object)?,
            None => RawHeader { flags: 0, messages: empty_group() },
        };
        messages.retain(|message| ![kind::NOTHING, kind::LINK_COUNT].contains(&message.kind));
        if !change.members.is_empty() {
            messages = self.relinked(object, messages, change.members)?;
        }
        if !change.attributes.is_empty() {
            messages = self.with_attributes(flags, messages, change.attributes)?;
        }
        Ok(self.space.put(&header(flags, &messages)?)?)
    }

    /// The messages of a group with changed links, all of which are in the header.
    fn relinked(
        &mut self,
        object: Option<u64>,
        mut messages: Vec<RawMessage>,
        changes: Vec<(String, Member)>,
    ) -> Result<Vec<RawMessage>, EditError> {
        const COUNTS: u8 = 1;
        const INDEXES: u8 = 2;
        let mut links: Vec<(Found, Option<Vec<u8>>)> = Vec::new();
        if let Some(object) = object {
            let old = Header::read(&self.file.reader, object)?;
            if !group::is_group(&old) {
                return Err(EditError::Form("what is to get another member is an array, not a group"));
            }
            group::visit(&self.file.reader, &old, &mut |found, data| links.push((found, data.map(<[u8]>::to_vec))))?;
            links.sort_by(|(left, _), (right, _)| (left.order, &left.name).cmp(&(right.order, &right.name)));
        }
        let info = messages.iter().find(|message| message.kind == kind::LINK_INFO);
        let info = info.map_or(&[0, 0][..], |message| &message.data);
        let flags = info.get(1).copied().unwrap_or_default() & (COUNTS | INDEXES);
        let mut next = (flags & COUNTS != 0).then(|| info.get(2..10).map_or(0, unsigned));
        for (name, member) in changes {
            let at = links.iter().position(|(found, _)| found.name == name);
            let address = match member {
                Member::Removed => {
                    links.retain(|(found, _)| found.name != name);
                    continue;
                }
                Member::Written(address) => address,
                Member::Changed(change) => {
                    let old = match at {
                        None => None,
                        Some(at) => match self.file.follow(object.unwrap_or(self.file.root), &links[at].0.link, 0)? {
                            Led::Object(member) => Some(member),
                            Led::Nowhere | Led::Broken(_) => {
                                return Err(EditError::Form("what is to be changed lies in another file, or nowhere"));
                            }
                        },
                    };
                    self.rewrite(old, change)?
                }
            };
            let link = Link::Hard(address);
            match at {
                Some(at) => {
                    links[at].0.link = link;
                    links[at].1 = None;
                }
                None => {
                    let order = next;
                    next = next.map(|next| next.saturating_add(1));
                    links.push((Found { name, order, link }, None));
                }
            }
        }
        let mut info = vec![0, flags];
        info.extend(next.into_iter().chain([NOWHERE; 2]).flat_map(u64::to_le_bytes));
        if flags & INDEXES != 0 {
            info.extend(NOWHERE.to_le_bytes());
        }
        messages.retain(|message| ![kind::SYMBOL_TABLE, kind::LINK_INFO, kind::LINK].contains(&message.kind));
        if messages.iter().all(|message| message.kind != kind::GROUP_INFO) {
            messages.insert(0, message(kind::GROUP_INFO, vec![0, 0]));
        }
        messages.insert(0, message(kind::LINK_INFO, info));
        for (found, data) in links {
            messages.push(message(kind::LINK, data.map_or_else(|| link_message(&found), Ok)?));
        }
        Ok(messages)
    }

    /// The messages of an object with changed attributes, all of which are in the header.
    fn with_attributes(
        &mut self,
        flags: u8,
        messages: Vec<RawMessage>,
        changes: Vec<(String, Option<Array>)>,
    ) -> Result<Vec<RawMessage>, EditError> {
        let reader = &self.file.reader;
        let (mut attributes, mut others): (Vec<_>, Vec<_>) =
            messages.into_iter().partition(|message| message.kind == kind::ATTRIBUTE);
        for message in &mut others {
            if message.kind == kind::ATTRIBUTE_INFO {
                attribute::visit_dense(reader, &message.data, &mut |data, order| {
                    let data = data.to_vec();
                    attributes.push(RawMessage { kind: kind::ATTRIBUTE, flags: 0, order: order as u16, data });
                    Ok(())
                })?;
                message.data = compact_info(&message.data);
            }
        }
        if attributes.iter().any(|message| message.flags & SHARED != 0) {
            return Err(EditError::Form("its attributes are shared with other objects"));
        }
        let mut next = attributes.iter().map(|message| message.order.saturating_add(1)).max().unwrap_or_default();
        for (name, value) in changes {
            let at = attributes.iter().position(|message| attribute::name(&message.data) == Some(name.as_bytes()));
            let Some(value) = value else {
                at.map(|at| attributes.remove(at));
                continue;
            };
            let mut new = new_attribute(&name, value, &mut self.space)?;
            match at {
                Some(at) => {
                    new.order = attributes[at].order;
                    attributes[at] = new;
                }
                None => {
                    new.order = next;
                    next = next.saturating_add(1);
                    attributes.push(new);
                }
            }
        }
        if flags & COUNTS_ATTRIBUTES != 0 {
            for message in others.iter_mut().filter(|message| message.kind == kind::ATTRIBUTE_INFO) {
                message.data.splice(2..4, next.to_le_bytes());
            }
        }
        others.extend(attributes);
        Ok(others)
    }
}

/// The objects that one with this header refers to, but by links; none where that cannot be told.
fn referred(file: &File, header: &Header) -> Option<Vec<u64>> {
    if let Some(data) = header.get(kind::DATATYPE) {
        let element = datatype::read(&mut Cursor::new(data, file.reader.widths())).ok()?;
        if datatype::may_refer(&element) {
            return None;
        }
    }
    attribute::referred(&file.reader, header).ok()?
}

fn hard(link: &Link) -> Option<u64> {
    match link {
        Link::Hard(address) => Some(*address),
        Link::Soft(_) | Link::External { .. } | Link::Unknown(_) => None,
    }
}

fn link_message(Found { name, order, link }: &Found) -> Result<Vec<u8>, EditError> {
    if name.contains(char::REPLACEMENT_CHARACTER) {
        return Err(EditError::Form("a name in it is not UTF-8"));
    }
    match link {
        Link::Hard(address) => hard_link(name, *order, *address),
        Link::Soft(path) => soft_link(name, *order, path),
        // Only links of today's form can be such, and they are kept as they are.
        Link::External { .. } | Link::Unknown(_) => Err(EditError::Form("a link in it is of an unknown kind")),
    }
}

/// The message about an object's attributes once they are all in the header.
fn compact_info(info: &[u8]) -> Vec<u8> {
    const COUNTS: u8 = 1;
    const INDEXES: u8 = 2;
    let flags = info.get(1).copied().unwrap_or_default();
    let mut compact = vec![0, flags];
    if flags & COUNTS != 0 {
        compact.extend(info.get(2..4).unwrap_or(&[0, 0]));
    }
    let n = if flags & INDEXES == 0 { 2 } else { 3 };
    compact.extend(std::iter::repeat_n(NOWHERE, n).flat_map(u64::to_le_bytes));
    compact
}
