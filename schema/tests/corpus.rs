//! Compares verdicts, rules, texts and labels with those of the original, on the corpus that `TESSERA_SCHEMA_CASES` names:
//! a folder with `open/cases.jsonl` and the files beside it. Without it these tests say so, and compare nothing; what the
//! repository's own tests make stands alone.

#![allow(clippy::unwrap_used, reason = "what fails here fails a test")]

use std::collections::BTreeMap;
use std::env;
use std::fs;
use std::path::{Path, PathBuf};

use h5ad::{CategoryKind, FrameColumn, RawFile};
use schema::reference::Reference;
use schema::{LabelValue, Options, Report, Severity, Unwatched, labels, unopened, validate};
use serde_json::{Value, json};

struct Case {
    json: Value,
    path: PathBuf,
}

impl Case {
    fn name(&self) -> String {
        format!("{} {}", self.json["file"], self.json["test"])
    }

    fn texts(&self, key: &str) -> Vec<String> {
        let texts = self.json[key].as_array().unwrap();
        texts.iter().map(|text| text.as_str().unwrap().to_owned()).collect()
    }

    fn options(&self, compat: bool) -> Options {
        let options = self.texts("options");
        let has = |name: &str| options.iter().any(|option| option == name);
        Options { compat, ignore_labels: has("--ignore-labels"), pre_analysis: has("--pre-analysis") }
    }

    fn report(&self, reference: &Reference, compat: bool) -> Report {
        match RawFile::open(&self.path) {
            Ok(file) => validate(&file, reference, self.options(compat), &Unwatched).unwrap(),
            Err(error) => unopened("file", &error),
        }
    }
}

fn cases() -> Vec<Case> {
    let Some(folder) = env::var_os("TESSERA_SCHEMA_CASES").filter(|folder| !folder.is_empty()) else {
        eprintln!("TESSERA_SCHEMA_CASES names no corpus, so nothing is compared");
        return Vec::new();
    };
    let folder = Path::new(&folder).join("open");
    let text = fs::read_to_string(folder.join("cases.jsonl")).unwrap();
    let cases = text.lines().map(|line| {
        let json: Value = serde_json::from_str(line).unwrap();
        let path = folder.join(json["file"].as_str().unwrap());
        Case { json, path }
    });
    cases.collect()
}

/// How often each text comes.
fn counted(texts: impl IntoIterator<Item = String>) -> BTreeMap<String, i64> {
    let mut counts = BTreeMap::new();
    for text in texts {
        *counts.entry(text).or_insert(0) += 1;
    }
    counts
}

/// What one has and the other has not.
fn difference(expected: &BTreeMap<String, i64>, found: &BTreeMap<String, i64>) -> Vec<String> {
    let of = |counts: &BTreeMap<String, i64>, key: &String| counts.get(key).copied().unwrap_or_default();
    let keys = expected.keys().chain(found.keys().filter(|key| !expected.contains_key(*key)));
    keys.filter(|key| of(expected, key) != of(found, key))
        .map(|key| format!("    {:+} {key}", of(found, key) - of(expected, key)))
        .collect()
}

/// A text whose lists out of Python's sets are sorted; of what an exception says, only that it was thrown.
fn normal(text: &str) -> String {
    for (start, end) in [("feature_ids are from [", "]."), ("Found {", "}.")] {
        if let Some(at) = text.find(start).map(|at| at + start.len())
            && let Some(length) = text[at..].find(end)
        {
            let mut parts: Vec<&str> = text[at..at + length].split(", ").collect();
            parts.sort_unstable();
            return format!("{}{}{}", &text[..at], parts.join(", "), &text[at + length..]);
        }
    }
    text.to_owned()
}

fn of(report: &Report, severity: Severity) -> Vec<&schema::Finding> {
    report.findings.iter().filter(|finding| finding.severity == severity).collect()
}

#[test]
fn verdicts_and_rules_are_those_of_the_original() {
    let reference = Reference::embedded();
    let mut wrong = Vec::new();
    let cases = cases();
    for case in &cases {
        let report = case.report(&reference, true);
        let mut problems = Vec::new();
        if report.is_valid() != case.json["is_valid"].as_bool().unwrap() {
            problems.push(format!("    is_valid: {}", report.is_valid()));
        }
        for (key, severity) in [("error_rules", Severity::Error), ("warning_rules", Severity::Warning)] {
            let found = counted(of(&report, severity).iter().map(|finding| finding.key()));
            problems.extend(difference(&counted(case.texts(key)), &found));
        }
        if !problems.is_empty() {
            wrong.push(format!("{}\n{}", case.name(), problems.join("\n")));
        }
    }
    assert!(wrong.is_empty(), "{} of {} cases:\n{}", wrong.len(), cases.len(), wrong.join("\n"));
}

#[test]
fn texts_are_those_of_the_original() {
    let reference = Reference::embedded();
    let mut wrong = Vec::new();
    let cases = cases();
    // What cannot be read is told in our own words.
    for case in cases.iter().filter(|case| case.json["crash"].is_null()) {
        let report = case.report(&reference, true);
        let mut problems = Vec::new();
        for (key, severity) in [("errors", Severity::Error), ("warnings", Severity::Warning)] {
            let expected = counted(case.texts(key).iter().map(|text| normal(text)));
            let found = counted(of(&report, severity).iter().map(|finding| normal(&finding.text)));
            problems.extend(difference(&expected, &found));
        }
        if !problems.is_empty() {
            wrong.push(format!("{}\n{}", case.name(), problems.join("\n")));
        }
    }
    assert!(wrong.is_empty(), "{} of {} cases:\n{}", wrong.len(), cases.len(), wrong.join("\n"));
}

#[test]
fn our_own_report_has_every_error_of_the_original_and_its_verdict() {
    let reference = Reference::embedded();
    for case in cases() {
        let compat = case.report(&reference, true);
        let own = case.report(&reference, false);
        assert!(!own.is_valid() || compat.is_valid(), "{}", case.name());
        let texts = counted(of(&own, Severity::Error).iter().map(|finding| finding.text.clone()));
        for finding in of(&compat, Severity::Error) {
            assert!(texts.contains_key(&finding.text), "{}: {}", case.name(), finding.text);
        }
        for finding in &own.findings {
            assert!(!finding.place.is_empty() && !finding.text.is_empty(), "{}", case.name());
        }
    }
}

/// A column as the corpus has it. Of tables of many rows the first are there.
fn column_json(column: &FrameColumn) -> Value {
    match column {
        FrameColumn::Categorical { codes, categories, kind, .. } => {
            let category = |text: &String| match kind {
                CategoryKind::Integers => json!(text.parse::<i64>().unwrap()),
                _ => json!(text),
            };
            let categories: Vec<Value> = categories.iter().map(category).collect();
            json!({ "dtype": "category", "categories": categories, "codes": codes })
        }
        FrameColumn::Strings(values) => json!({ "dtype": "object", "values": values }),
        other => panic!("{other:?}"),
    }
}

fn columns_json(columns: &[(String, FrameColumn)]) -> Value {
    columns.iter().map(|(name, column)| (name.clone(), column_json(column))).collect::<serde_json::Map<_, _>>().into()
}

/// Cuts a column to what the corpus has of it.
fn shortened(mut found: Value, expected: &Value) -> Value {
    for key in ["codes", "values"] {
        let found = found.get_mut(key).and_then(Value::as_array_mut);
        if let (Some(found), Some(expected)) = (found, expected[key].as_array()) {
            found.truncate(expected.len());
        }
    }
    if let Some(rows) = expected.get("rows") {
        found["rows"] = rows.clone();
    }
    found
}

#[test]
fn labels_are_those_of_the_original() {
    let reference = Reference::embedded();
    let mut wrong = Vec::new();
    let cases: Vec<Case> = cases().into_iter().filter(|case| case.json["labels"].is_object()).collect();
    for case in &cases {
        let expected = &case.json["labels"];
        let file = RawFile::open(&case.path).unwrap();
        let labels = match labels(&file, &reference, case.options(true).pre_analysis) {
            Ok(labels) => labels,
            Err(error) => {
                wrong.push(format!("{}: {error}", case.name()));
                continue;
            }
        };
        let raw_var = match expected.get("raw.var") {
            Some(Value::String(_)) => Some(&expected["var"]),
            other => other,
        };
        let frames = [
            ("obs", Some(&expected["obs"]), Some(columns_json(&labels.obs))),
            ("var", Some(&expected["var"]), Some(columns_json(&labels.var))),
            ("raw.var", raw_var, labels.raw_var.as_deref().map(columns_json)),
        ];
        for (frame, expected, found) in frames {
            let (Some(expected), Some(found)) = (expected, &found) else {
                if expected.is_some() != found.is_some() {
                    wrong.push(format!("{} {frame}: {:?}", case.name(), found.is_some()));
                }
                continue;
            };
            let names = |columns: &Value| columns.as_object().unwrap().keys().cloned().collect::<Vec<_>>();
            let names: std::collections::BTreeSet<String> = names(expected).into_iter().chain(names(found)).collect();
            for name in names {
                // The corpus has the columns that are new.
                let place = frame.replace('.', "/");
                let is_old = file.frame(&place).unwrap().column(&name).is_some();
                let (expected, found) = (&expected[&name], &found[&name]);
                if is_old && expected.is_null() {
                    continue;
                }
                if shortened(found.clone(), expected) != *expected {
                    wrong.push(format!("{} {frame}.{name}:\n    - {expected}\n    + {found}", case.name()));
                }
            }
        }
        for (keys, value) in &labels.uns {
            let value = match value {
                LabelValue::Text(text) => json!(text),
                LabelValue::Boolean(truth) => json!(truth),
            };
            let expected = keys.iter().fold(&expected["uns"], |at, key| &at[key]);
            let is_old = file.kind(&format!("uns/{}", keys.join("/"))).unwrap().is_some();
            if *expected != value && !(is_old && expected.is_null()) {
                wrong.push(format!("{} uns.{keys:?}: {value} for {expected}", case.name()));
            }
        }
        let n_categories = |column: &FrameColumn| match column {
            FrameColumn::Categorical { categories, .. } => categories.len(),
            other => panic!("{other:?}"),
        };
        let obs = file.frame("obs").unwrap();
        let n_dropped =
            |name: &String, kept: &FrameColumn| n_categories(&obs.column(name).unwrap().values) - n_categories(kept);
        let dropped: BTreeMap<&String, usize> =
            labels.trimmed.iter().map(|(name, kept)| (name, n_dropped(name, kept))).collect();
        // A column of labels that was there is written anew, whatever categories it had.
        let is_label = |name: &String| labels.obs.iter().any(|(label, _)| label == name);
        let expected = expected["dropped_categories"].as_object().unwrap();
        let expected: BTreeMap<&String, usize> = expected
            .iter()
            .filter(|(name, _)| !is_label(name))
            .map(|(name, dropped)| (name, dropped.as_array().unwrap().len()))
            .collect();
        if dropped != expected {
            wrong.push(format!("{}: drops {dropped:?}, not {expected:?}", case.name()));
        }
    }
    assert!(wrong.is_empty(), "{} of {} cases:\n{}", wrong.len(), cases.len(), wrong.join("\n"));
}
