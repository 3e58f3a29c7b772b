//! Which crate may not appear below which.

use std::collections::{BTreeMap, BTreeSet};

use anyhow::{Context, Result};
use serde_json::Value;

use crate::setup::host_target;
use crate::workspace::Workspace;

/// One line of the table.
struct Rule {
    package: &'static str,
    never: &'static [&'static str],
    reason: &'static str,
}

const RULES: [Rule; 12] = [
    Rule {
        package: "shared-fbs",
        never: &["explorer-core", "explorer-render", "explorer-wasm", "tile-server", "e2e", "xtask"],
        reason: "the format stands below everything else",
    },
    Rule {
        package: "explorer-core",
        never: &["web-sys", "js-sys", "wasm-bindgen", "gloo", "leptos"],
        reason: "the core knows no browser",
    },
    Rule { package: "explorer-core", never: &["wgpu", "naga", "explorer-render"], reason: "the core knows no GPU" },
    Rule {
        package: "explorer-core",
        never: &["tokio", "hyper", "reqwest", "hdf5-pure", "tile-server"],
        reason: "the core does no input or output",
    },
    Rule {
        package: "explorer-render",
        never: &["shared-fbs", "explorer-core", "leptos", "tokio"],
        reason: "the renderer knows points and colours, no biology and no page",
    },
    Rule {
        package: "tile-server",
        never: &["explorer-wasm", "explorer-render", "leptos", "wgpu"],
        reason: "the server draws nothing",
    },
    Rule {
        package: "explorer-wasm",
        never: &["tile-server", "hdf5-pure", "tokio", "hyper"],
        reason: "the page is small and works without its server",
    },
    Rule {
        package: "synthetic",
        never: &[
            "shared-fbs",
            "explorer-core",
            "explorer-render",
            "explorer-wasm",
            "tile-server",
            "hdf5-pure",
            "tokio",
        ],
        reason: "what makes test data shares nothing with what is tested",
    },
    Rule { package: "explorer-core", never: &["synthetic"], reason: "made-up data is for tests and benches" },
    Rule { package: "tile-server", never: &["synthetic"], reason: "made-up data is for tests and benches" },
    Rule {
        package: "bench",
        never: &["explorer-wasm", "explorer-render", "leptos", "wgpu"],
        reason: "what is measured here is data and statistics, which no page draws",
    },
    Rule {
        package: "xtask",
        never: &["tokio", "hyper", "reqwest", "shared-fbs", "explorer-core", "synthetic", "bench"],
        reason: "a bare machine compiles xtask before anything else",
    },
];

/// All forbidden arrows in the workspace. Tests' own dependencies are free.
pub fn check(workspace: &Workspace) -> Result<Vec<String>> {
    let native = host_target()?;
    let mut complaints = Vec::new();
    for platform in [native.as_str(), crate::wasm::TARGET] {
        let metadata = workspace.metadata(&["--filter-platform", platform])?;
        let graph = Graph::new(&metadata)?;
        let rules = RULES.iter().filter(|rule| rule.is_for_browser() == (platform == crate::wasm::TARGET));
        complaints.extend(rules.flat_map(|rule| rule.complaints(&graph)));
    }
    Ok(complaints)
}

impl Rule {
    fn is_for_browser(&self) -> bool {
        self.package == "explorer-wasm"
    }

    fn complaints(&self, graph: &Graph) -> Vec<String> {
        self.never
            .iter()
            .filter_map(|target| graph.road(self.package, target))
            .map(|road| format!("forbidden arrow {} ({})", road.join(" → "), self.reason))
            .collect()
    }
}

/// Which package uses which, by name.
struct Graph {
    uses: BTreeMap<String, BTreeSet<String>>,
}

impl Graph {
    fn new(metadata: &Value) -> Result<Self> {
        let mut names = BTreeMap::new();
        for package in list(&metadata["packages"]) {
            let id = package["id"].as_str().context("a package has no id")?;
            let name = package["name"].as_str().context("a package has no name")?;
            names.insert(id, name.to_owned());
        }
        let mut uses: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
        for node in list(&metadata["resolve"]["nodes"]) {
            let Some(user) = node["id"].as_str().and_then(|id| names.get(id)) else {
                continue;
            };
            for dependency in list(&node["deps"]) {
                let is_for_tests_only = list(&dependency["dep_kinds"]).iter().all(|kind| kind["kind"] == "dev");
                let used = dependency["pkg"].as_str().and_then(|id| names.get(id));
                if let (false, Some(used)) = (is_for_tests_only, used) {
                    uses.entry(user.clone()).or_default().insert(used.clone());
                }
            }
        }
        Ok(Self { uses })
    }

    /// The shortest chain of packages from one to another.
    fn road(&self, from: &str, to: &str) -> Option<Vec<String>> {
        let mut came_from: BTreeMap<&str, &str> = BTreeMap::new();
        let mut edge = vec![from];
        while !edge.is_empty() {
            let mut next = Vec::new();
            for user in edge {
                for used in self.uses.get(user).into_iter().flatten() {
                    if used == from || came_from.contains_key(used.as_str()) {
                        continue;
                    }
                    came_from.insert(used, user);
                    next.push(used.as_str());
                }
            }
            edge = next;
        }
        let mut road = vec![to.to_owned()];
        let mut at = to;
        while at != from {
            at = came_from.get(at)?;
            road.push(at.to_owned());
        }
        road.reverse();
        Some(road)
    }
}

fn list(value: &Value) -> &[Value] {
    value.as_array().map_or(&[], Vec::as_slice)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn graph() -> Graph {
        let node = |id: &str, deps: &[(&str, Value)]| {
            let deps: Vec<Value> =
                deps.iter().map(|(used, kind)| json!({ "pkg": used, "dep_kinds": [{ "kind": kind }] })).collect();
            json!({ "id": id, "deps": deps })
        };
        let packages: Vec<Value> =
            ["core", "mid", "tokio", "proptest"].iter().map(|name| json!({ "id": name, "name": name })).collect();
        let nodes = [
            node("core", &[("mid", Value::Null), ("proptest", json!("dev"))]),
            node("mid", &[("tokio", json!("build"))]),
        ];
        Graph::new(&json!({ "packages": packages, "resolve": { "nodes": nodes } })).expect("the metadata is complete")
    }

    #[test]
    fn roads_lead_through_others() {
        let road = graph().road("core", "tokio").expect("core uses mid, mid uses tokio");
        assert_eq!(road, ["core", "mid", "tokio"]);
    }

    #[test]
    fn tests_may_use_what_they_like() {
        assert_eq!(graph().road("core", "proptest"), None);
    }

    #[test]
    fn a_complaint_gives_the_road_and_the_reason() {
        let rule = Rule { package: "core", never: &["tokio", "hyper"], reason: "no input" };
        assert_eq!(rule.complaints(&graph()), ["forbidden arrow core → mid → tokio (no input)"]);
    }
}
