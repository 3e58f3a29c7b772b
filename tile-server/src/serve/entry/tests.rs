use std::{fs, ops::Range, path::Path};

use shared_fbs::{api::DatasetDescription, path::MANIFEST};
use tessera::files::Files;

use super::*;
use crate::serve::{PackDescription, Posters, TileIndex};

/// Packs of four bytes, by their names.
struct Packs(Vec<String>);

impl TileIndex for Packs {
    fn packs(&self) -> Vec<PackDescription> {
        let pack = |file: &String| PackDescription { file: file.clone(), n_bytes: 4, n_segments: 0 };
        self.0.iter().map(pack).collect()
    }

    fn locate(&self, _: &str, _: u32) -> Result<Option<Range<u64>>, ReadError> {
        Ok(None)
    }

    fn locate_at_hand(&self, _: &str, _: u32) -> Option<Range<u64>> {
        None
    }
}

struct Reader;

impl ReadDataset for Reader {
    fn read(&self, _: &str, manifest: &[u8], _: &Arc<dyn Files>) -> Result<OpenDataset, ReadError> {
        let title = String::from_utf8(manifest.to_vec())?;
        if title == "broken" {
            return Err("broken".into());
        }
        let packs = title.split(' ').filter(|word| is_pack_file(word)).map(str::to_owned).collect();
        let description = DatasetDescription { title, ..DatasetDescription::default() };
        Ok(OpenDataset {
            description,
            content_id: String::new(),
            sent_manifest: None,
            index: Arc::new(Packs(packs)),
            posters: Posters::default(),
            facts: None,
            moments: None,
        })
    }
}

fn entry_in(directory: &Path) -> Entry {
    let reading = Reading {
        reader: Arc::new(Reader),
        kept: KeptOpen::at_most(1),
        recent: Arc::default(),
        remote_period: Duration::ZERO,
        secrets: Arc::default(),
    };
    Entry::new("a".to_owned(), directory.to_owned().into(), Arc::new(reading))
}

#[test]
fn packs_of_a_replaced_dataset_that_nobody_has_read_are_served_while_they_are_in_their_place() {
    let directory = tempfile::tempdir().unwrap();
    let write = |name: &str, text: &str| fs::write(directory.path().join(name), text).unwrap();
    let [first, gone, second] =
        ["00000000000000a1", "00000000000000a2", "00000000000000a3"].map(|hash| format!("obs-{hash}.pack"));
    let entry = entry_in(directory.path());
    write(&first, "cell");
    write(MANIFEST, &format!("{first} {gone}"));
    entry.look().unwrap();
    write(&second, "type");
    write(MANIFEST, &format!("new {second}"));
    entry.look().unwrap();
    let title = |dataset: Option<Arc<Dataset>>| dataset.map(|dataset| dataset.open.description.title.clone());
    assert!(entry.known_with_pack(&first).is_none(), "nobody has read it");
    assert_eq!(title(entry.earlier_reaching(&first)), Some(format!("{first} {gone}")));
    assert!(entry.earlier_reaching(&gone).is_none() && entry.earlier_reaching(&second).is_none());
    fs::remove_file(directory.path().join(&first)).unwrap();
    assert_eq!(title(entry.known_with_pack(&first)), Some(format!("{first} {gone}")), "it is open");
}

#[test]
fn a_manifest_is_known_for_a_while_after_it_was_looked_at_unless_it_is_another_than_was_read() {
    let directory = tempfile::tempdir().unwrap();
    let write = |text: &str| fs::write(directory.path().join(MANIFEST), text).unwrap();
    let entry = entry_in(directory.path());
    let hour = Duration::from_secs(3600);
    let known = || entry.known_since(hour).map(|dataset| dataset.open.description.title.clone());
    assert_eq!((known(), entry.condition()), (None, Condition::Broken));
    write("first");
    entry.look().unwrap();
    assert_eq!((known(), entry.condition()), (Some("first".to_owned()), Condition::Ready));
    assert!(entry.known_since(Duration::ZERO).is_none());
    write("second one");
    assert_eq!(known(), Some("first".to_owned()), "nobody has looked");
    entry.look().unwrap();
    assert_eq!(known(), Some("second one".to_owned()));
    write("broken");
    assert_eq!(entry.look().unwrap().open.description.title, "second one");
    assert_eq!((known(), entry.condition()), (None, Condition::Outdated));
}
