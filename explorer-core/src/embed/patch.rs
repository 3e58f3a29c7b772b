//! Views that change in part: a patch names what is another, and nothing else.
//!
//! A patch has the form of a view. Of the objects listed in [`MERGED`] it names only the members that change; all else,
//! lists and what colors the cells among them, is replaced as a whole. A member that is `null` gets its default, which for
//! an entry of a map is to be gone.

use roaring::RoaringBitmap;
use serde_json::{Map, Value};

use super::{ErrorCode, Failure};
use crate::state::{CellList, ViewSpec};

/// The objects of a view whose members are patched one by one.
const MERGED: [&[&str]; 8] = [
    &[],
    &["analysis"],
    &["analysis", "color_options"],
    &["analysis", "query"],
    &["analysis", "query", "filters"],
    &["analysis", "query", "filters", "obs"],
    &["analysis", "query", "filters", "selections"],
    &["layout"],
];

/// Those of them whose members are what a dataset calls its own.
const MAPS: [&[&str]; 2] = [&["analysis", "query", "filters", "obs"], &["analysis", "query", "filters", "selections"]];

/// What turns one view into another; an empty object where they are equal.
pub fn patch_between(before: &ViewSpec, after: &ViewSpec) -> Value {
    let (before, after) = (json_of(before), json_of(after));
    difference(&before, &after, &mut Vec::new()).unwrap_or_else(|| Value::Object(Map::new()))
}

/// The view after a patch.
///
/// # Errors
/// [`ErrorCode::Invalid`] where that is no view, or names a member that no view has.
pub fn patched(view: &ViewSpec, patch: &Value) -> Result<ViewSpec, Failure> {
    check_members(patch, &[])?;
    let mut value = json_of(view);
    merge(&mut value, patch, &mut Vec::new());
    serde_json::from_value(value).map_err(|error| Failure::new(ErrorCode::Invalid, format!("this is no view: {error}")))
}

/// Whether every member of a part of a view, given with the way to it, is one that views have.
///
/// # Errors
/// [`ErrorCode::Invalid`], with the member's name.
pub(super) fn check_members(part: &Value, way: &[&str]) -> Result<(), Failure> {
    let mut view = ViewSpec::default();
    // All other members are told of whether or not they have a value.
    view.analysis.query.filters.cells = Some(CellList::new(RoaringBitmap::new()));
    let view = json_of(&view);
    let known = way.iter().try_fold(&view, |known, name| known.get(name)).unwrap_or(&Value::Null);
    match unknown_member(known, part, &mut way.to_vec()) {
        Some(name) => Err(Failure::new(ErrorCode::Invalid, format!("a view has no `{name}`"))),
        None => Ok(()),
    }
}

fn unknown_member<'a>(known: &Value, part: &'a Value, way: &mut Vec<&'a str>) -> Option<String> {
    let (Value::Object(known), Value::Object(members)) = (known, part) else { return None };
    if !MERGED.contains(&way.as_slice()) || MAPS.contains(&way.as_slice()) {
        return None;
    }
    members.iter().find_map(|(name, member)| {
        way.push(name);
        let unknown = match known.get(name) {
            Some(known) => unknown_member(known, member, way),
            None => Some(way.join(".")),
        };
        way.pop();
        unknown
    })
}

/// The form of a view in messages.
pub fn json_of(view: &ViewSpec) -> Value {
    serde_json::to_value(view).expect("a view's map keys are texts")
}

fn difference<'a>(before: &'a Value, after: &'a Value, path: &mut Vec<&'a str>) -> Option<Value> {
    let (Value::Object(old), Value::Object(new)) = (before, after) else {
        return (before != after).then(|| after.clone());
    };
    if !MERGED.contains(&path.as_slice()) {
        return (before != after).then(|| after.clone());
    }
    let mut patch = Map::new();
    for (name, value) in new {
        path.push(name);
        let changed = match old.get(name) {
            Some(was) => difference(was, value, path),
            None => Some(value.clone()),
        };
        path.pop();
        if let Some(changed) = changed {
            patch.insert(name.clone(), changed);
        }
    }
    for name in old.keys().filter(|name| !new.contains_key(*name)) {
        patch.insert(name.clone(), Value::Null);
    }
    (!patch.is_empty()).then_some(Value::Object(patch))
}

fn merge<'a>(value: &mut Value, patch: &'a Value, path: &mut Vec<&'a str>) {
    let (Value::Object(members), Value::Object(changes)) = (&mut *value, patch) else {
        *value = patch.clone();
        return;
    };
    if !MERGED.contains(&path.as_slice()) {
        *value = patch.clone();
        return;
    }
    for (name, change) in changes {
        if change.is_null() {
            members.remove(name);
            continue;
        }
        path.push(name);
        merge(members.entry(name).or_insert(Value::Null), change, path);
        path.pop();
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use serde_json::json;

    use super::*;
    use crate::state::{Action, AppState, ColorBy, GeneKey, reduce, strategies::view};

    proptest! {
        #[test]
        fn a_patch_leads_from_one_view_to_the_other(before in view(), after in view()) {
            let (before, after) = (before.canonical(), after.canonical());
            let patch = patch_between(&before, &after);
            prop_assert_eq!(patched(&before, &patch).unwrap(), after.clone(), "{}", patch);
            prop_assert_eq!(patched(&before, &json_of(&after)).unwrap().dataset, after.dataset);
        }

        #[test]
        fn a_view_does_not_differ_from_itself(view in view()) {
            prop_assert_eq!(patch_between(&view, &view), json!({}));
        }
    }

    #[test]
    fn a_patch_names_what_changes_alone() {
        let before = AppState::default();
        let after = reduce(before.clone(), Action::SetColor(ColorBy::Obs("louvain".into())));
        let patch = patch_between(&before.view, &after.view);
        assert_eq!(patch, json!({"analysis": {"color": {"obs": "louvain"}}}));
        let gene = json!({"analysis": {"color": {"gene": {"gene": "CD3D"}}}});
        let colored = patched(&after.view, &gene).unwrap();
        assert_eq!(colored.analysis.color, ColorBy::Gene(GeneKey::new("CD3D")));
    }

    #[test]
    fn what_is_no_view_is_refused() {
        let failure = patched(&ViewSpec::default(), &json!({"panels": []})).unwrap_err();
        assert_eq!(failure.code, ErrorCode::Invalid);
        assert!(failure.message.contains("at least one panel"), "{}", failure.message);
    }

    #[test]
    fn a_member_that_no_view_has_is_named() {
        for (patch, name) in [
            (json!({"colour": "x"}), "colour"),
            (json!({"analysis": {"colour": {"obs": "louvain"}}}), "analysis.colour"),
            (json!({"analysis": {"query": {"filters": {"obss": {}}}}}), "analysis.query.filters.obss"),
        ] {
            let failure = patched(&ViewSpec::default(), &patch).unwrap_err();
            assert_eq!(failure.code, ErrorCode::Invalid);
            assert_eq!(failure.message, format!("a view has no `{name}`"));
        }
        let of_dataset = json!({"analysis": {"query": {"filters": {"obs": {"any": null}, "cells": null}}}});
        assert!(patched(&ViewSpec::default(), &of_dataset).is_ok());
    }
}
