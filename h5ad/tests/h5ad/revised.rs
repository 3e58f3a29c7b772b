//! Copies with changes: what changes is read as written, by this crate and by a reader that shares no code with it, and
//! all else stays.

use std::fs;
use std::path::Path;

use h5ad::{
    CategoryKind, Frame, FrameColumn, H5ad, MatrixLocation, Patches, Piece, Revision, Source, Target, UnsValue,
    WriteError, revise_file,
};
use hdf5_pure::AttrValue;
use proptest::prelude::*;

use crate::fixtures::{Fixture, Written, column, encoding, labels};

/// A file in memory.
struct Memory(Vec<u8>);

impl Source for Memory {
    fn size(&self) -> u64 {
        self.0.len() as u64
    }

    fn read_at(&self, offset: u64, buf: &mut [u8]) -> std::io::Result<()> {
        buf.copy_from_slice(&self.0[offset as usize..offset as usize + buf.len()]);
        Ok(())
    }
}

/// The demo file, which h5py wrote in the oldest form.
fn demo() -> Vec<u8> {
    fs::read(Path::new(env!("CARGO_MANIFEST_DIR")).join("../data/pbmc68k_reduced.h5ad")).unwrap()
}

/// A file of today's form, with a dense matrix in chunks.
fn modern() -> Vec<u8> {
    let mut fixture = Fixture::new()
        .frame("obs", &labels("cell", 40), |columns| {
            columns.categorical("kind", &[0, 1, -1, 1].repeat(10), &["a", "b"]);
            columns.floats("depth", &[0.5; 40]);
        })
        .frame("var", &labels("gene", 30), |columns| columns.strings("symbol", &["S"; 30]));
    let x: Vec<f64> = (0..1200).map(f64::from).collect();
    fixture.file.create_dataset("X").with_f64_data(&x).with_shape(&[40, 30]).with_chunks(&[7, 30]).with_deflate(1);
    fs::read(fixture.write().path()).unwrap()
}

fn revised(bytes: &[u8], revise: impl FnOnce(&mut Revision<Vec<u8>>) -> Result<(), WriteError>) -> Vec<u8> {
    let mut revision = Revision::new(Memory(bytes.to_vec()), "test.h5ad", bytes.to_vec()).unwrap();
    revise(&mut revision).unwrap();
    revision.finish().unwrap()
}

fn opened(bytes: &[u8]) -> H5ad {
    H5ad::from_bytes(bytes.to_vec(), "copy.h5ad").unwrap()
}

fn categorical(codes: Vec<i32>, categories: &[&str]) -> FrameColumn {
    let categories = categories.iter().map(|&label| label.to_owned()).collect();
    FrameColumn::Categorical { codes, categories, ordered: false, kind: CategoryKind::Text }
}

fn values(file: &H5ad, location: &MatrixLocation) -> Vec<h5ad::SparseSlab> {
    let matrix = file.matrix(location).unwrap();
    matrix.slabs(5_000).into_iter().map(|range| matrix.read(range).unwrap()).collect()
}

#[test]
fn without_changes_a_copy_is_the_file() {
    for bytes in [demo(), modern()] {
        assert!(revised(&bytes, |_| Ok(())) == bytes);
    }
}

#[test]
fn what_does_not_change_keeps_its_bytes() {
    for bytes in [demo(), modern()] {
        let copy = revised(&bytes, |revision| revision.set_uns(&["made"], &UnsValue::Text("here".to_owned())));
        // All but the superblock, which has another root and end.
        assert!(copy[128..bytes.len()] == bytes[128..]);
        same_but_new(&opened(&bytes), &opened(&copy));
    }
}

/// Both have the same but for columns of obs called `new`.
fn same_but_new(old: &H5ad, new: &H5ad) {
    // As text, since numbers that are none are equal here.
    let shown = |frame: Frame| {
        let columns = frame.columns.into_iter().filter(|(name, _)| name != "new").collect::<Vec<_>>();
        format!("{:?} {columns:?}", frame.index)
    };
    assert_eq!(shown(new.obs().unwrap()), shown(old.obs().unwrap()));
    assert_eq!(shown(new.var().unwrap()), shown(old.var().unwrap()));
    assert_eq!(new.uns(), old.uns());
    assert_eq!(new.matrices(), old.matrices());
    for info in old.matrices() {
        assert_eq!(format!("{:?}", values(new, &info.location)), format!("{:?}", values(old, &info.location)));
    }
}

/// Of all forms that files have: real ones, where they are at hand.
#[test]
fn real_files_get_a_column_and_keep_the_rest() {
    for path in crate::real::files() {
        let (old, bytes) = (H5ad::open(&path).unwrap(), fs::read(&path).unwrap());
        let new = categorical((0..old.n_obs() as i32).map(|row| row % 3 - 1).collect(), &["a", "b"]);
        let mut revision = Revision::new(Memory(bytes.clone()), path.display().to_string(), bytes).unwrap();
        match revision.set_column("obs", "new", &new) {
            Ok(()) => {}
            Err(WriteError::Form { reason, .. }) => {
                assert!(reason.contains("anndata 0.6"), "{path:?}: {reason}");
                continue;
            }
            Err(error) => panic!("{path:?}: {error}"),
        }
        let copy = opened(&revision.finish().unwrap());
        assert_eq!(column(&copy.obs().unwrap(), "new"), &new, "{path:?}");
        same_but_new(&old, &copy);
    }
}

#[test]
fn columns_are_added_replaced_and_removed_in_their_order() {
    let bytes = modern();
    let ordered = FrameColumn::Categorical {
        codes: [2, 0, -1, 1].repeat(10),
        categories: vec!["low".to_owned(), "mid".to_owned(), "hîgh".to_owned()],
        ordered: true,
        kind: CategoryKind::Text,
    };
    let copy = revised(&bytes, |revision| {
        revision.set_column("obs", "kind", &ordered)?;
        revision.set_column("obs", "new", &FrameColumn::Booleans(vec![Some(true); 40]))?;
        revision.remove_column("obs", "depth")?;
        revision.set_index("var", labels("ENSG", 30))
    });
    let file = opened(&copy);
    let names: Vec<String> = file.obs().unwrap().columns.into_iter().map(|(name, _)| name).collect();
    assert_eq!(names, ["kind", "new"]);
    assert_eq!(column(&file.obs().unwrap(), "kind"), &ordered);
    assert_eq!(file.var().unwrap().index, labels("ENSG", 30));
    assert_eq!(file.warnings(), []);
    let other = hdf5_pure::File::from_bytes(copy).unwrap();
    assert_eq!(other.dataset("obs/kind/codes").unwrap().read_i8().unwrap(), [2, 0, -1, 1].repeat(10));
    assert_eq!(other.dataset("obs/kind/categories").unwrap().read_string().unwrap(), ["low", "mid", "hîgh"]);
    assert_eq!(other.dataset("var/_index").unwrap().read_string().unwrap(), labels("ENSG", 30));
    assert!(other.dataset("obs/depth").is_err());
}

/// As anndata writes an index of the name of a column: once.
#[test]
fn a_column_that_is_the_index_too_stays() {
    let fixture = Fixture::new().frame("var", &labels("gene", 3), |_| ()).group("obs", |obs| {
        encoding(obs, "dataframe");
        obs.set_attr("_index", AttrValue::VarLenString("barcode".to_owned()));
        let order = ["depth", "barcode"].map(str::to_owned).to_vec();
        obs.set_attr("column-order", AttrValue::VarLenStringArray(order));
        obs.create_dataset("barcode").with_vlen_strings(&["AA", "CC"]);
        obs.create_dataset("depth").with_f64_data(&[1.0, 2.0]);
    });
    let bytes = fixture.file.finish().unwrap();
    let order = |bytes: Vec<u8>| {
        let file = hdf5_pure::File::from_bytes(bytes).unwrap();
        assert_eq!(file.dataset("obs/barcode").unwrap().read_string().unwrap(), ["AA", "CC"]);
        match &file.group("obs").unwrap().attrs().unwrap()["column-order"] {
            AttrValue::VarLenStringArray(names) => names.clone(),
            other => panic!("{other:?}"),
        }
    };
    let new = FrameColumn::Doubles(vec![0.0; 2]);
    let copy = revised(&bytes, |revision| {
        revision.set_column("obs", "new", &new)?;
        revision.remove_column("obs", "depth")
    });
    assert_eq!(order(copy), ["barcode", "new"]);
    let copy = revised(&bytes, |revision| revision.remove_column("obs", "barcode"));
    assert_eq!(order(copy), ["depth"]);
}

/// A reference leads to an object wherever its name goes.
#[test]
fn values_that_a_reference_leads_to_stay() {
    let values: Vec<f64> = (0..2_000).map(f64::from).collect();
    for is_referred in [false, true] {
        let mut fixture = Fixture::with_axes(1, 1).group("uns", |uns| {
            uns.create_dataset("old").with_f64_data(&values);
        });
        if is_referred {
            fixture.file.create_dataset("reference").with_path_references(&["/uns/old"]);
        }
        let bytes = fixture.file.finish().unwrap();
        let copy = revised(&bytes, |revision| {
            revision.remove("uns/old")?;
            revision.set_uns(&["new"], &UnsValue::Numbers(vec![-1.0; 1_900]))
        });
        assert_eq!(copy.len() > bytes.len() + 12_000, is_referred);
    }
}

#[test]
fn entries_of_uns_and_attributes_are_set_and_removed() {
    let copy = revised(&demo(), |revision| {
        revision.set_uns(&["made", "here", "n"], &UnsValue::Integer(3))?;
        revision.set_uns(&["made", "flag"], &UnsValue::Boolean(true))?;
        revision.set_uns(&["list"], &UnsValue::Texts(vec!["ä".to_owned(), String::new()]))?;
        revision.remove("uns/louvain_colors")?;
        revision.remove("uns/nothing")?;
        revision.set_attribute("uns", "note", &UnsValue::Text("n".to_owned()))?;
        revision.remove_attribute("X", "encoding-version")
    });
    assert!(opened(&demo()).uns().colors.contains_key("louvain"));
    assert!(!opened(&copy).uns().colors.contains_key("louvain"));
    let other = hdf5_pure::File::from_bytes(copy).unwrap();
    assert_eq!(other.dataset("uns/made/here/n").unwrap().read_i64().unwrap(), [3]);
    assert_eq!(other.dataset("uns/list").unwrap().read_string().unwrap(), ["ä", ""]);
    let attributes = other.group("uns").unwrap().attrs().unwrap();
    assert_eq!(attributes["note"], AttrValue::VarLenString("n".to_owned()));
    assert!(!other.dataset("X").unwrap().attrs().unwrap().contains_key("encoding-version"));
}

#[test]
fn a_matrix_is_replaced_a_slab_at_a_time_where_the_old_one_was() {
    let bytes = modern();
    let old = opened(&bytes);
    let copy = revised(&bytes, |revision| {
        let x = old.matrix(&MatrixLocation::X)?;
        let mut csr = revision.csr(&MatrixLocation::X, 30)?;
        for start in (0..40).step_by(11) {
            let slab = x.read(start..(start + 11).min(40))?;
            csr.push(slab.indptr.windows(2).map(|ends| ends[1] - ends[0]), &slab.indices, &slab.data)?;
        }
        csr.finish()?;
        let mut dense = revision.dense(&MatrixLocation::Layer("counts".to_owned()), 30)?;
        dense.push(40, &(0..1200).map(|value| value as f32).collect::<Vec<_>>())?;
        dense.finish()
    });
    let new = opened(&copy);
    let sparse = |file: &H5ad, location| {
        let slabs = values(file, &location);
        (slabs.iter().flat_map(|slab| slab.indices.clone()).collect::<Vec<_>>(), slabs.concat_data())
    };
    assert_eq!(new.matrices()[0].storage, h5ad::Storage::Csr);
    assert_eq!(sparse(&new, MatrixLocation::X), sparse(&old, MatrixLocation::X));
    assert_eq!(sparse(&new, MatrixLocation::Layer("counts".to_owned())), sparse(&old, MatrixLocation::X));
}

#[test]
fn a_matrix_of_many_chunks_is_listed_by_a_tree_of_several_levels() {
    let rows = 40_000;
    let fixture = Fixture::with_axes(rows, 1_000);
    let bytes = fs::read(fixture.write().path()).unwrap();
    // 65 000 floats a chunk and 64 chunks a node: two levels.
    let copy = revised(&bytes, |revision| {
        let mut dense = revision.dense(&MatrixLocation::X, 1_000)?;
        for row in 0..rows {
            let values: Vec<f32> = (0..1_000).map(|gene| if gene == row % 1_000 { row as f32 } else { 0.0 }).collect();
            dense.push(1, &values)?;
        }
        dense.finish()
    });
    let file = opened(&copy);
    let x = file.matrix(&MatrixLocation::X).unwrap();
    for row in [1, 65, 4_161, 20_000, 39_999] {
        let slab = x.read(row..row + 1).unwrap();
        assert_eq!((slab.indices, slab.data), (vec![row as u32 % 1_000], vec![row as f32]));
    }
    let other = hdf5_pure::File::from_bytes(copy).unwrap();
    assert_eq!(other.dataset("X").unwrap().read_f32().unwrap()[39_999 * 1_000 + 999], 39_999.0);
}

#[test]
fn files_on_disk_are_copied_and_refused_with_a_reason() {
    let copy = tempfile::NamedTempFile::new().unwrap();
    let revise = |bytes: &[u8], revise: fn(&mut Revision<fs::File>) -> Result<(), WriteError>| {
        revise_file(&Written::from_bytes(bytes).path(), copy.reopen().unwrap(), revise)
    };
    assert!(revise(b"no HDF5", |_| Ok(())).unwrap_err().to_string().contains("not an HDF5 file"));
    let column =
        |revision: &mut Revision<fs::File>| revision.set_column("obs", "a/b", &FrameColumn::Doubles(vec![0.0; 40]));
    assert!(revise(&modern(), column).unwrap_err().to_string().contains("`a/b`"));
    let old = revise(&demo(), |revision| revision.remove_column("obs", "louvain")).unwrap_err().to_string();
    assert!(old.contains("anndata 0.6") && old.contains("write_h5ad"), "{old}");
    revise(&modern(), |revision| revision.remove_column("obs", "depth")).unwrap();
    assert_eq!(H5ad::open(copy.path()).unwrap().obs().unwrap().columns.len(), 1);
}

trait ConcatData {
    fn concat_data(&self) -> Vec<f32>;
}

impl ConcatData for Vec<h5ad::SparseSlab> {
    fn concat_data(&self) -> Vec<f32> {
        self.iter().flat_map(|slab| slab.data.clone()).collect()
    }
}

/// A change of a frame of 40 rows.
#[derive(Clone, Debug)]
enum Step {
    Set(String, FrameColumn),
    Remove(String),
}

fn steps() -> impl Strategy<Value = Vec<Step>> {
    let name = prop::sample::select(vec!["kind", "depth", "n", "ünï", "long name"]).prop_map(str::to_owned);
    let text = "[a-zé ]{0,9}";
    let values = prop_oneof![
        prop::collection::vec(any::<Option<i64>>(), 40).prop_map(FrameColumn::Integers),
        prop::collection::vec(-1e9..1e9, 40).prop_map(FrameColumn::Doubles),
        prop::collection::vec(any::<Option<bool>>(), 40).prop_map(FrameColumn::Booleans),
        prop::collection::vec(text.prop_map(Some), 40).prop_map(FrameColumn::Strings),
        prop::collection::vec(-1..2, 40).prop_map(|codes| categorical(codes, &["x", "y"])),
    ];
    let step =
        prop_oneof![3 => (name.clone(), values).prop_map(|(n, v)| Step::Set(n, v)), 1 => name.prop_map(Step::Remove)];
    prop::collection::vec(step, 0..8)
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    /// Whatever is done to columns ends in what a list of columns would be; pieces make the same file as writing into it.
    #[test]
    fn columns_change_as_a_list_does(steps in steps()) {
        let bytes = modern();
        let mut expected = opened(&bytes).obs().unwrap().columns;
        for step in &steps {
            match step {
                Step::Set(name, values) => match expected.iter_mut().find(|(known, _)| known == name) {
                    Some((_, known)) => *known = values.clone(),
                    None => expected.push((name.clone(), values.clone())),
                },
                Step::Remove(name) => expected.retain(|(known, _)| known != name),
            }
        }
        fn apply<T: Target>(revision: &mut Revision<T>, steps: &[Step]) -> Result<(), WriteError> {
            steps.iter().try_for_each(|step| match step {
                Step::Set(name, values) => revision.set_column("obs", name, values),
                Step::Remove(name) => revision.remove_column("obs", name),
            })
        }
        let copy = revised(&bytes, |revision| apply(revision, &steps));
        prop_assert_eq!(opened(&copy).obs().unwrap().columns, expected);
        let mut revision = Revision::new(Memory(bytes.clone()), "test.h5ad", Patches::default()).unwrap();
        apply(&mut revision, &steps).unwrap();
        let patches = revision.finish().unwrap();
        prop_assert!(joined(&bytes, &patches) == copy);
    }

    /// A file whose bytes are wrong is refused or changed, and never a panic.
    #[test]
    fn wrong_bytes_never_panic(at in 0_usize..20_000, value: u8) {
        let mut bytes = modern();
        let at = at % bytes.len();
        bytes[at] = value;
        if let Ok(mut revision) = Revision::new(Memory(bytes.clone()), "test.h5ad", bytes) {
            let column = categorical(vec![0; 40], &["x"]);
            if revision.set_column("obs", "new", &column).is_ok() && revision.remove("X").is_ok() {
                drop(revision.finish());
            }
        }
    }

    /// Patches keep apart what was written over.
    #[test]
    fn patches_are_as_if_written_in_place(
        writes in prop::collection::vec((0_u64..60, prop::collection::vec(any::<u8>(), 1..20)), 1..12),
    ) {
        let old = vec![7; 40];
        let (mut whole, mut patches) = (old.clone(), Patches::default());
        for (offset, bytes) in &writes {
            // Nobody leaves a gap behind the end.
            let offset = (*offset).min(whole.len() as u64);
            whole.write_at(offset, bytes).unwrap();
            patches.write_at(offset, bytes).unwrap();
        }
        prop_assert_eq!(joined(&old, &patches), whole);
    }
}

/// The copy that patches of `old` make.
fn joined(old: &[u8], patches: &Patches) -> Vec<u8> {
    let pieces = patches.pieces(old.len() as u64);
    let bytes = |piece: &Piece<'_>| match piece {
        Piece::Old(range) => old[range.start as usize..range.end as usize].to_vec(),
        Piece::New(new) => new.to_vec(),
    };
    pieces.iter().flat_map(bytes).collect()
}
