//! Collections that have one id.

use std::{collections::BTreeMap, path::Path, sync::Arc};

use super::{Collection, FoundDataset};

/// Of one id: each collection and the folder where it was found, the public ones first.
type Sharing<'a> = Vec<(&'a Arc<Collection>, String)>;

/// Says which collections have one id, as sentences without those of private ones. Public ones are shown as one. Where an id
/// is that of a public and of a private collection, everybody can read the address of the private one, whose datasets are
/// therefore taken out.
pub fn take_out_shared_ids(found: &mut Vec<FoundDataset>) -> Vec<String> {
    let mut of_ids: BTreeMap<&str, Sharing<'_>> = BTreeMap::new();
    for (collection, dataset) in found.iter().filter_map(|dataset| Some((dataset.collection.as_ref()?, dataset))) {
        let sharing = of_ids.entry(&collection.id).or_default();
        if !sharing.iter().any(|(other, _)| Arc::ptr_eq(other, collection)) {
            sharing.push((collection, folder_of(dataset)));
        }
    }
    let (mut sentences, mut taken_out) = (Vec::new(), Vec::new());
    for (id, mut sharing) in of_ids.into_iter().filter(|(_, sharing)| sharing.len() > 1) {
        sharing.sort_by_key(|(collection, _)| collection.is_private());
        let (first, first_folder) = &sharing[0];
        for (other, folder) in &sharing[1..] {
            sentences.push(match (first.is_private(), other.is_private()) {
                (false, false) => format!(
                    "the collections in {first_folder} and {folder} have one id, `{id}`, and are shown as one, as the \
                     former is described; give one of them an `id` of its own"
                ),
                (true, _) => format!(
                    "the private collections in {first_folder} and {folder} have one id and are shown as one, as the \
                     former is described; give one of them an `id` of its own"
                ),
                (false, true) => {
                    taken_out.push(Arc::clone(other));
                    format!(
                        "the private collection in {folder} is not served, since the public one in {first_folder} has \
                         its id, which everybody can read; give it another"
                    )
                }
            });
        }
    }
    let is_taken_out = |collection: &Arc<Collection>| taken_out.iter().any(|other| Arc::ptr_eq(other, collection));
    found.retain(|dataset| !dataset.collection.as_ref().is_some_and(is_taken_out));
    sentences
}

fn folder_of(dataset: &FoundDataset) -> String {
    let place = dataset.place.to_string();
    Path::new(&place).parent().map_or_else(String::new, |folder| folder.display().to_string())
}

#[cfg(test)]
mod tests {
    use std::path::PathBuf;

    use super::*;
    use crate::catalog::Visibility;

    fn found(folder: &str, id: &str, visibility: Visibility) -> FoundDataset {
        let collection = Collection { id: id.to_owned(), visibility: Some(visibility), ..Collection::default() };
        let place = PathBuf::from(format!("{folder}/healthy")).into();
        FoundDataset { id: folder.to_owned(), place, collection: Some(Arc::new(collection)) }
    }

    #[test]
    fn collections_of_one_id_are_told_and_no_private_one_is_shown_by_a_public_id() {
        use Visibility::{Private, Public};
        let ids = |found: &[FoundDataset]| found.iter().map(|dataset| dataset.id.clone()).collect::<Vec<_>>();
        let mut alone = vec![found("/a", "x", Public), found("/b", "y", Private)];
        assert_eq!(take_out_shared_ids(&mut alone), [""; 0]);
        assert_eq!(ids(&alone), ["/a", "/b"]);

        let mut public = vec![found("/a", "x", Public), found("/b", "x", Public)];
        let told = take_out_shared_ids(&mut public);
        assert!(told.len() == 1 && told[0].contains("in /a and /b have one id, `x`"), "{told:?}");
        assert_eq!(ids(&public), ["/a", "/b"]);

        let mut mixed = vec![found("/a", "x", Private), found("/b", "x", Public), found("/c", "y", Private)];
        let told = take_out_shared_ids(&mut mixed);
        assert!(told.len() == 1 && told[0].contains("in /a is not served") && !told[0].contains("`x`"), "{told:?}");
        assert_eq!(ids(&mixed), ["/b", "/c"]);

        let mut private = vec![found("/a", "x", Private), found("/b", "x", Private)];
        let told = take_out_shared_ids(&mut private);
        assert!(told.len() == 1 && !told[0].contains("`x`"), "{told:?}");
    }
}
