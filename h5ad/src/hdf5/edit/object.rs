//! New groups and datasets.

use super::super::header::{RawMessage, kind};
use super::EditError;
use super::array::{Array, Element};
use super::chunks::Chunks;
use super::message::{NOWHERE, attribute, dataspace, hard_link, header, message};
use super::space::{Space, Target};

/// Arrays of fewer bytes are not compressed.
const WORTH_COMPRESSING_BYTES: u64 = 1 << 14;

/// A group or dataset that is to be written.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Object {
    attributes: Vec<(String, Array)>,
    content: Content,
}

#[derive(Clone, Debug, PartialEq)]
enum Content {
    Group(Vec<(String, Member)>),
    Array(Array),
}

#[derive(Clone, Debug, PartialEq)]
enum Member {
    New(Object),
    /// Written already, at this address.
    Written(u64),
}

impl Object {
    pub(crate) fn group() -> Self {
        Self { attributes: Vec::new(), content: Content::Group(Vec::new()) }
    }

    pub(crate) fn array(array: Array) -> Self {
        Self { attributes: Vec::new(), content: Content::Array(array) }
    }

    /// The same with one more attribute.
    pub(crate) fn with(mut self, name: &str, value: Array) -> Self {
        self.attributes.push((name.to_owned(), value));
        self
    }

    /// Adds to a group.
    pub(crate) fn add(&mut self, name: &str, member: Self) {
        self.push(name, Member::New(member));
    }

    /// Adds what lies at `address` to a group.
    pub(crate) fn add_written(&mut self, name: &str, address: u64) {
        self.push(name, Member::Written(address));
    }

    fn push(&mut self, name: &str, member: Member) {
        match &mut self.content {
            Content::Group(members) => members.push((name.to_owned(), member)),
            Content::Array(_) => {}
        }
    }

    /// Writes it and gives its address.
    ///
    /// # Errors
    /// When it cannot be written, or HDF5 has no room for a part of it.
    pub(crate) fn write<T: Target>(self, space: &mut Space<T>) -> Result<u64, EditError> {
        let Self { attributes, content } = self;
        let messages = match content {
            Content::Group(members) => {
                let mut messages = empty_group();
                for (name, member) in members {
                    let address = match member {
                        Member::New(object) => object.write(space)?,
                        Member::Written(address) => address,
                    };
                    messages.push(message(kind::LINK, hard_link(&name, None, address)?));
                }
                messages
            }
            Content::Array(array) => values(array, space)?,
        };
        put(messages, attributes, space)
    }
}

/// Writes the dataset whose elements lie in `chunks`, and gives its address.
pub(crate) fn put_chunks<T: Target>(
    chunks: Chunks,
    attributes: Vec<(String, Array)>,
    space: &mut Space<T>,
) -> Result<u64, EditError> {
    let messages = chunked(chunks, space)?;
    put(messages, attributes, space)
}

fn put<T: Target>(
    mut messages: Vec<RawMessage>,
    attributes: Vec<(String, Array)>,
    space: &mut Space<T>,
) -> Result<u64, EditError> {
    for (name, value) in attributes {
        messages.push(attribute(&name, value, space)?);
    }
    Ok(space.put(&header(0, &messages)?)?)
}

/// The messages of a group before those of its links.
pub(super) fn empty_group() -> Vec<RawMessage> {
    let mut info = vec![0, 0];
    info.extend([NOWHERE; 2].into_iter().flat_map(u64::to_le_bytes));
    vec![message(kind::LINK_INFO, info), message(kind::GROUP_INFO, vec![0, 0])]
}

/// Writes the elements of an array, and gives the messages that say what and where they are.
fn values<T: Target>(array: Array, space: &mut Space<T>) -> Result<Vec<RawMessage>, EditError> {
    let (element, shape) = (array.element, array.shape.clone());
    let bytes = array.n_elements() * element.bytes() as u64;
    if bytes >= WORTH_COMPRESSING_BYTES && element != Element::Text {
        let mut chunks = Chunks::new(element, &shape[1..]);
        chunks.push(&array.into_bytes(space)?, space)?;
        return chunked(chunks, space);
    }
    let content = array.into_bytes(space)?;
    let address = if content.is_empty() { NOWHERE } else { space.put(&content)? };
    let mut layout = vec![3, 1];
    layout.extend(address.to_le_bytes());
    layout.extend(bytes.to_le_bytes());
    let mut messages = described(element, &shape);
    messages.push(message(kind::LAYOUT, layout));
    Ok(messages)
}

fn chunked<T: Target>(chunks: Chunks, space: &mut Space<T>) -> Result<Vec<RawMessage>, EditError> {
    let element = chunks.element();
    let row = chunks.row().to_vec();
    let (placed, n_rows) = chunks.finish(space)?;
    let shape: Vec<u64> = std::iter::once(n_rows).chain(row).collect();
    let mut messages = described(element, &shape);
    messages.extend(placed);
    Ok(messages)
}

/// The messages that say what the elements of a dataset are: extents, type, and that zero stands where none was written.
fn described(element: Element, shape: &[u64]) -> Vec<RawMessage> {
    const FILLS_LATE: u8 = 0x0a;
    vec![
        message(kind::DATASPACE, dataspace(shape)),
        message(kind::DATATYPE, element.message()),
        message(kind::FILL, vec![3, FILLS_LATE]),
    ]
}
