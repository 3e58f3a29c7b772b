//! Names that an HDF5 file can hold.

use std::collections::BTreeSet;

use h5ad::is_member;

/// What stands where a name holds what HDF5 takes for the way to a group.
const STAND_IN: &str = "_";

/// The names of the members of one place in a file.
pub(crate) struct MemberNames {
    written: Vec<String>,
    renamed: Vec<String>,
}

impl MemberNames {
    /// Of these names, in order. Those that HDF5 cannot hold get `_` for every `/` and NUL; where that is another's name, ` (2)`
    /// or the first number that is free stands behind it. All others stay as they are.
    pub(crate) fn new<'a>(place: &str, names: impl Iterator<Item = &'a str> + Clone) -> Self {
        let mut taken = BTreeSet::new();
        taken.extend(names.clone().filter(|name| is_member(name)).map(str::to_owned));
        let (mut written, mut renamed) = (Vec::new(), Vec::new());
        for name in names {
            if is_member(name) {
                written.push(name.to_owned());
                continue;
            }
            let plain = name.replace(['/', '\0'], STAND_IN);
            let plain = if is_member(&plain) { plain } else { format!("{plain}{STAND_IN}") };
            let numbered = (2..).map(|number| format!("{plain} ({number})"));
            let free = [plain.clone()].into_iter().chain(numbered).find(|name| !taken.contains(name)).unwrap_or(plain);
            renamed.push(format!(
                "{place}: `{name}` is written as `{free}`, since HDF5 cannot hold a member of that name"
            ));
            taken.insert(free.clone());
            written.push(free);
        }
        Self { written, renamed }
    }

    /// The names, in order, as they are written.
    pub(crate) fn written(&self) -> &[String] {
        &self.written
    }

    /// What is to be said of names that are written otherwise.
    pub(crate) fn into_renamed(self) -> Vec<String> {
        self.renamed
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_that_hdf5_cannot_hold_get_others_that_no_name_has() {
        let names = ["CD4+/CD8-", "type", "CD4+_CD8-", "", "a/b", "a_b", "a_b (2)", "..", "_", "a/b "];
        let found = MemberNames::new("obs", names.into_iter());
        let expected = ["CD4+_CD8- (2)", "type", "CD4+_CD8-", "_ (2)", "a_b (3)", "a_b", "a_b (2)", ".._", "_", "a_b "];
        assert_eq!(found.written(), expected);
        let renamed = found.into_renamed();
        assert_eq!(renamed.len(), 5);
        assert!(renamed[0].starts_with("obs: `CD4+/CD8-` is written as `CD4+_CD8- (2)`, since HDF5"), "{renamed:?}");
    }
}
