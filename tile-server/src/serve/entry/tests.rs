use std::{fs, ops::Range};

use shared_fbs::{api::DatasetDescription, path::MANIFEST};
use tessera::files::Files;

use super::*;
use crate::serve::{PackDescription, Posters, TileIndex};

struct NoPacks;

impl TileIndex for NoPacks {
    fn packs(&self) -> Vec<PackDescription> {
        Vec::new()
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
        let description = DatasetDescription { title, ..DatasetDescription::default() };
        Ok(OpenDataset {
            description,
            content_id: String::new(),
            sent_manifest: None,
            index: Arc::new(NoPacks),
            posters: Posters::default(),
            facts: None,
            moments: None,
        })
    }
}

#[test]
fn a_manifest_is_known_for_a_while_after_it_was_looked_at_unless_it_is_another_than_was_read() {
    let directory = tempfile::tempdir().unwrap();
    let write = |text: &str| fs::write(directory.path().join(MANIFEST), text).unwrap();
    let reading = Reading {
        reader: Arc::new(Reader),
        kept: KeptOpen::at_most(1),
        recent: Arc::default(),
        remote_period: Duration::ZERO,
        secrets: Arc::default(),
    };
    let entry = Entry::new("a".to_owned(), directory.path().to_owned().into(), Arc::new(reading));
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
