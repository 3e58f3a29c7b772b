//! Which crate may not appear below which.

use std::collections::{BTreeMap, BTreeSet};
use std::process::Command;

use anyhow::{Context, Result};
use serde_json::Value;

use crate::process::capture;
use crate::setup::host_target;
use crate::workspace::Workspace;

/// A crate of the workspace and those it may use directly.
struct Room {
    package: &'static str,
    may_use: &'static [&'static str],
    reason: &'static str,
}

const ROOMS: [Room; 29] = [
    Room { package: "shared-fbs", may_use: &[], reason: "the format stands below everything else" },
    Room { package: "h5ad", may_use: &[], reason: "AnnData files can be read without knowing tiles" },
    Room {
        package: "explorer-core",
        may_use: &["shared-fbs"],
        reason: "the core knows datasets, not where they come from",
    },
    Room {
        package: "builder",
        may_use: &["shared-fbs", "explorer-core", "explorer-points", "h5ad"],
        reason: "the builder turns AnnData into datasets, natively and in a browser",
    },
    Room {
        package: "corpus",
        may_use: &["shared-fbs", "explorer-core", "expression", "h5ad", "builder", "tessera"],
        reason: "sums over many datasets are made natively, and read wherever tiles are",
    },
    Room {
        package: "builder-wasm",
        may_use: &["shared-fbs", "h5ad", "builder", "file-slices"],
        reason: "a worker that few visits need is a bundle of its own",
    },
    Room {
        package: "device-wasm",
        may_use: &["shared-fbs", "explorer-core"],
        reason: "what opens files of the user's own leaves building to a worker and showing to the Explorer",
    },
    Room {
        package: "value-filter",
        may_use: &["shared-fbs", "explorer-core"],
        reason: "filters are read and evaluated over columns, wherever these come from",
    },
    Room {
        package: "tessera",
        may_use: &["shared-fbs", "explorer-core", "value-filter"],
        reason: "the native library reads datasets and no AnnData",
    },
    Room {
        package: "dataset-place",
        may_use: &["shared-fbs", "tessera", "remote-files"],
        reason: "server, command line and Python package read datasets of other hosts alike",
    },
    Room {
        package: "tessera-python",
        may_use: &["shared-fbs", "explorer-core", "value-filter", "tessera", "dataset-place", "remote-files", "schema"],
        reason: "the Python package is a thin layer over the native library",
    },
    Room {
        package: "fragments",
        may_use: &[],
        reason: "rows of fragments are text, and their cells a list of barcodes",
    },
    Room {
        package: "expression",
        may_use: &["explorer-core"],
        reason: "expression over many datasets is computed from sums, wherever these come from",
    },
    Room { package: "remote-files", may_use: &[], reason: "files of other hosts are bytes, whatever is in them" },
    Room {
        package: "explorer-points",
        may_use: &[],
        reason: "what draws without a GPU knows points and colors, no biology and no page",
    },
    Room {
        package: "explorer-render",
        may_use: &["explorer-points"],
        reason: "the renderer knows points and colors, no biology and no page",
    },
    Room {
        package: "explorer-wasm",
        may_use: &["shared-fbs", "explorer-core", "explorer-render", "corpus", "expression"],
        reason: "the page's own bundle stays small: what builds or validates is a bundle of its own",
    },
    Room {
        package: "subset",
        may_use: &["shared-fbs", "explorer-core", "h5ad"],
        reason: "cells are written as AnnData natively and in a browser alike",
    },
    Room {
        package: "subset-wasm",
        may_use: &["explorer-core", "explorer-wasm", "subset"],
        reason: "a worker that few visits need is a bundle of its own",
    },
    Room {
        package: "plots",
        may_use: &["shared-fbs", "explorer-core", "corpus", "expression"],
        reason: "figures are drawn from numbers, natively and in a browser alike",
    },
    Room {
        package: "plots-wasm",
        may_use: &["shared-fbs", "explorer-core", "explorer-wasm", "corpus", "expression", "plots"],
        reason: "a worker that few visits need is a bundle of its own",
    },
    Room {
        package: "tile-server",
        may_use: &[
            "shared-fbs",
            "explorer-core",
            "h5ad",
            "builder",
            "corpus",
            "expression",
            "fragments",
            "schema",
            "subset",
            "plots",
            "tessera",
            "value-filter",
            "dataset-place",
            "remote-files",
        ],
        reason: "the program serves and offers commands; it draws no cells",
    },
    Room { package: "synthetic", may_use: &[], reason: "what makes test data shares nothing with what is tested" },
    Room {
        package: "bench",
        may_use: &["shared-fbs", "explorer-core", "builder", "tessera", "synthetic", "e2e"],
        reason: "what is measured is data and statistics, which no page draws",
    },
    Room {
        package: "e2e",
        may_use: &["shared-fbs", "explorer-core", "tessera", "synthetic"],
        reason: "the tests drive the real programs and know what must come out",
    },
    Room { package: "xtask", may_use: &[], reason: "a bare machine compiles xtask before anything else" },
    Room { package: "schema", may_use: &["h5ad"], reason: "the schema is about AnnData files, not about tiles" },
    Room {
        package: "file-slices",
        may_use: &["h5ad"],
        reason: "files of the user's own are read alike in every worker",
    },
    Room {
        package: "schema-wasm",
        may_use: &["h5ad", "schema", "file-slices"],
        reason: "a worker that few visits need is a bundle of its own",
    },
];

/// A package and what may not appear below it, at any distance.
struct Rule {
    package: &'static str,
    never: &'static [&'static str],
    reason: &'static str,
}

const RULES: [Rule; 11] = [
    Rule {
        package: "explorer-core",
        never: &["web-sys", "js-sys", "wasm-bindgen", "gloo", "leptos"],
        reason: "the core knows no browser",
    },
    Rule { package: "explorer-core", never: &["wgpu", "naga"], reason: "the core knows no GPU" },
    Rule {
        package: "explorer-core",
        never: &["tokio", "hyper", "reqwest", "h5ad"],
        reason: "the core does no input or output",
    },
    Rule { package: "explorer-render", never: &["leptos", "tokio"], reason: "the renderer knows no page" },
    Rule {
        package: "h5ad",
        never: &["tokio", "clap", "indicatif", "tempfile", "zstd-sys"],
        reason: "AnnData is also read in a browser, from bytes that come from anywhere",
    },
    Rule {
        package: "builder",
        never: &["tokio", "clap", "hyper", "web-sys"],
        reason: "what builds knows neither the command line nor the network",
    },
    Rule { package: "value-filter", never: &["tokio", "web-sys", "h5ad"], reason: "filters do no input or output" },
    Rule {
        package: "tessera",
        never: &["tokio", "clap", "hyper", "h5ad"],
        reason: "any native program may use the library, whatever its runtime",
    },
    Rule { package: "schema", never: &["tokio", "clap"], reason: "files are also validated in a browser" },
    Rule { package: "tile-server", never: &["leptos", "wgpu"], reason: "the server draws nothing" },
    Rule {
        package: "explorer-wasm",
        never: &["h5ad", "tokio", "hyper"],
        reason: "the page is small and works without its server",
    },
];

/// All forbidden arrows in the workspace. Tests' own dependencies are free.
pub fn check(workspace: &Workspace) -> Result<Vec<String>> {
    let native = host_target()?;
    let mut complaints = foreign_arrows(&workspace.metadata(&["--no-deps"])?)?;
    for platform in [native.as_str(), crate::wasm::TARGET] {
        let metadata = workspace.metadata(&["--filter-platform", platform])?;
        let graph = Graph::new(&metadata)?;
        let is_browser = platform == crate::wasm::TARGET;
        for rule in RULES.iter().filter(|rule| rule.is_for_browser() == is_browser) {
            let compiled = if is_browser { Some(compiled_for_browsers(workspace, rule.package)?) } else { None };
            complaints.extend(rule.complaints(&graph, compiled.as_ref()));
        }
    }
    Ok(complaints)
}

/// The packages that a package is compiled of for browsers, by itself: others of the workspace turn features on that it does
/// not have.
fn compiled_for_browsers(workspace: &Workspace, package: &str) -> Result<BTreeSet<String>> {
    let tree = capture(
        Command::new("cargo")
            .args(["tree", "--locked", "--package", package, "--target", crate::wasm::TARGET])
            .args(["--edges", "normal,build", "--prefix", "none", "--format", "{p}"])
            .current_dir(workspace.root()),
    )?;
    Ok(tree.lines().filter_map(|line| line.split_whitespace().next()).map(str::to_owned).collect())
}

/// Arrows between crates of the workspace that [`ROOMS`] does not name, on any platform.
fn foreign_arrows(metadata: &Value) -> Result<Vec<String>> {
    let name = |value: &Value| value["name"].as_str().map(str::to_owned).context("a package has no name");
    let packages = list(&metadata["packages"]);
    let members = packages.iter().map(name).collect::<Result<BTreeSet<_>>>()?;
    let mut complaints = Vec::new();
    for package in packages {
        let user = name(package)?;
        let Some(room) = ROOMS.iter().find(|room| room.package == user) else {
            complaints.push(format!("the table of arrows in xtask does not name the crate {user}"));
            continue;
        };
        for dependency in list(&package["dependencies"]).iter().filter(|dependency| dependency["kind"] != "dev") {
            let used = name(dependency)?;
            if members.contains(&used) && !room.may_use.contains(&used.as_str()) {
                complaints.push(format!("forbidden arrow {user} → {used} ({})", room.reason));
            }
        }
    }
    Ok(complaints)
}

impl Rule {
    fn is_for_browser(&self) -> bool {
        self.package == "explorer-wasm"
    }

    /// The roads to what may not be there, as far as it is compiled where that is known.
    fn complaints(&self, graph: &Graph, compiled: Option<&BTreeSet<String>>) -> Vec<String> {
        let is_compiled = |target: &&&str| compiled.is_none_or(|compiled| compiled.contains(**target));
        self.never
            .iter()
            .filter(is_compiled)
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
    fn an_arrow_that_the_table_does_not_name_is_forbidden() {
        let uses = |name: &str, kind: Value| json!({ "name": name, "kind": kind });
        let packages = json!([
            { "name": "h5ad", "dependencies": [uses("shared-fbs", Value::Null), uses("builder", json!("dev"))] },
            { "name": "builder", "dependencies": [uses("h5ad", Value::Null), uses("rayon", Value::Null)] },
            { "name": "shared-fbs", "dependencies": [] },
        ]);
        assert_eq!(
            foreign_arrows(&json!({ "packages": packages })).expect("the metadata is complete"),
            ["forbidden arrow h5ad → shared-fbs (AnnData files can be read without knowing tiles)"]
        );
    }

    #[test]
    fn a_crate_that_the_table_does_not_name_is_a_complaint() {
        let packages = json!([{ "name": "attic", "dependencies": [] }]);
        let complaints = foreign_arrows(&json!({ "packages": packages })).expect("the metadata is complete");
        assert_eq!(complaints, ["the table of arrows in xtask does not name the crate attic"]);
    }

    #[test]
    fn a_complaint_gives_the_road_and_the_reason() {
        let rule = Rule { package: "core", never: &["tokio", "hyper"], reason: "no input" };
        let complaints = ["forbidden arrow core → mid → tokio (no input)"];
        assert_eq!(rule.complaints(&graph(), None), complaints);
        let compiled = |name: &str| BTreeSet::from([name.to_owned()]);
        assert_eq!(rule.complaints(&graph(), Some(&compiled("tokio"))), complaints);
        assert!(rule.complaints(&graph(), Some(&compiled("mid"))).is_empty());
    }
}
