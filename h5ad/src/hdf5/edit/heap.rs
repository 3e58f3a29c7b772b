//! The global heap, where texts lie.

/// Signature, version and size of a collection; also what each object in one begins with.
const HEAD_BYTES: usize = 16;
/// The smallest collection that HDF5 takes.
const LEAST_BYTES: usize = 4096;
/// Collections are no larger than this, unless for one text.
const USUAL_BYTES: usize = 1 << 16;

/// The collection that takes texts, and its address.
#[derive(Default)]
pub(super) struct Heap(pub(super) Option<(u64, Collection)>);

impl Heap {
    /// Whether one more text goes into the collection.
    pub(super) fn has_room(&self, text: &str) -> bool {
        self.0.as_ref().is_some_and(|(_, collection)| collection.has_room(text))
    }
}

/// Texts that lie together.
pub(super) struct Collection {
    bytes: Vec<u8>,
    capacity: usize,
    n_objects: u16,
}

impl Collection {
    /// Room for texts of so many bytes, as far as one collection takes them.
    pub(super) fn new(text_bytes: usize) -> Self {
        let mut bytes = b"GCOL\x01\0\0\0".to_vec();
        bytes.resize(HEAD_BYTES, 0);
        let first = text_bytes.min(USUAL_BYTES).saturating_add(2 * HEAD_BYTES).next_multiple_of(8);
        Self { bytes, capacity: first.max(LEAST_BYTES), n_objects: 0 }
    }

    /// Room for one text, however long.
    pub(super) fn of_one(text: &str) -> Self {
        let mut collection = Self::new(0);
        collection.capacity = (HEAD_BYTES + object_bytes(text)).max(LEAST_BYTES);
        collection
    }

    pub(super) fn has_room(&self, text: &str) -> bool {
        self.n_objects < u16::MAX && self.bytes.len() + object_bytes(text) <= self.capacity
    }

    /// Adds a text, for which there is room, and gives its number.
    pub(super) fn add(&mut self, text: &str) -> u32 {
        self.n_objects += 1;
        self.bytes.extend(self.n_objects.to_le_bytes());
        // One reference leads to it.
        self.bytes.extend([1, 0, 0, 0, 0, 0]);
        self.bytes.extend((text.len() as u64).to_le_bytes());
        self.bytes.extend(text.as_bytes());
        self.bytes.resize(self.bytes.len().next_multiple_of(8), 0);
        self.n_objects.into()
    }

    /// The collection as it lies in the file: with its size, and an object that stands for the room at its end.
    pub(super) fn closed(&self) -> Vec<u8> {
        let mut bytes = self.bytes.clone();
        bytes[8..16].copy_from_slice(&(self.capacity as u64).to_le_bytes());
        let room = self.capacity - bytes.len();
        if room >= HEAD_BYTES {
            bytes.extend([0; 8]);
            bytes.extend((room as u64).to_le_bytes());
        }
        bytes.resize(self.capacity, 0);
        bytes
    }
}

fn object_bytes(text: &str) -> usize {
    HEAD_BYTES + text.len().next_multiple_of(8)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_collection_takes_as_many_texts_as_it_has_room_for() {
        let mut collection = Collection::new(0);
        let mut n = 0;
        while collection.has_room("0123456789") {
            collection.add("0123456789");
            n += 1;
        }
        assert_eq!(n, (LEAST_BYTES - HEAD_BYTES) / 32);
        assert_eq!(collection.closed().len(), LEAST_BYTES);
        let long = "x".repeat(70_001);
        assert!(Collection::of_one(&long).has_room(&long));
    }
}
