//! What `docs/embedding.md` tells, against the schema and the commands.

use std::collections::BTreeSet;

use serde_json::Value;

use crate::state::Command;

const SCHEMA: &str = include_str!("../../../www/embed/embed.schema.json");
const GUIDE: &str = include_str!("../../../docs/embedding.md");

/// Names in the code of the guide: in lines between fences, and between back quotes.
fn told() -> BTreeSet<String> {
    let code: String = GUIDE.split("```").enumerate().fold(String::new(), |mut code, (at, text)| {
        let quoted = text.split('`').skip(1).step_by(2).collect::<Vec<_>>().join(" ");
        code += if at % 2 == 1 { text } else { &quoted };
        code + " "
    });
    let is_name = |c: char| c.is_alphanumeric() || c == '_' || c == '-';
    code.split(|c| !is_name(c)).map(str::to_owned).collect()
}

/// Names of members, and texts that members may have, in a part of the schema.
fn names(part: &Value, found: &mut BTreeSet<String>) {
    let texts = |values: &Value| {
        let values = values.as_array().into_iter().flatten().filter_map(Value::as_str);
        values.filter(|text| !text.is_empty()).map(str::to_owned).collect::<Vec<_>>()
    };
    match part {
        Value::Object(members) => {
            for (key, value) in members {
                match key.as_str() {
                    "properties" => found.extend(value.as_object().into_iter().flatten().map(|(name, _)| name.clone())),
                    "enum" => found.extend(texts(value)),
                    "const" => found.extend(value.as_str().map(str::to_owned)),
                    _ => {}
                }
                names(value, found);
            }
        }
        Value::Array(parts) => parts.iter().for_each(|part| names(part, found)),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => {}
    }
}

#[test]
fn the_guide_tells_every_name_of_the_schema() {
    let schema: Value = serde_json::from_str(SCHEMA).unwrap();
    let mut all = BTreeSet::new();
    for definition in ["init", "request", "event", "settings", "labels", "set", "target", "gene", "code", "failure"] {
        names(&schema["$defs"][definition], &mut all);
    }
    assert!(all.len() > 60, "{all:?}");
    let told = told();
    let missing: Vec<&String> = all.difference(&told).collect();
    assert!(missing.is_empty(), "docs/embedding.md does not tell {missing:?}");
}

#[test]
fn the_guide_lists_every_command() {
    let list = GUIDE.split("### Commands").nth(1).and_then(|rest| rest.split("###").next()).unwrap();
    let listed: BTreeSet<&str> = list.split('`').skip(1).step_by(2).filter(|name| *name != "?").collect();
    let names: Vec<Value> = Command::ALL.iter().map(|command| serde_json::to_value(command).unwrap()).collect();
    assert_eq!(listed, names.iter().filter_map(Value::as_str).collect());
}
